#include "plan/relevant.h"

#include <string.h>

#include "platform/platform.h"

/* Did the subject come with a folder, and was not named itself? */
static bool came_along(const struct artifacts *artifacts, const char *path)
{
    bool along = false;
    for (size_t i = 0; i < artifacts->list.count; i++) {
        const struct artifact *artifact = &artifacts->list.at[i];
        size_t length = strlen(artifact->to);
        if (strcmp(artifact->to, path) == 0)
            return false;
        along |= artifact->folder && strncmp(artifact->to, path, length) == 0 &&
                 (path[length] == '/' || artifact->to[length - 1] == '/');
    }
    return along;
}

static bool is_for_target(const struct willrun_subject *subject,
                          const struct willrun_target *target)
{
    const struct platform *own =
        subject->platform != NULL ? platform_by_name(subject->platform) : NULL;
    const struct platform *asked =
        target->platform != NULL ? platform_by_name(target->platform) : NULL;
    return own == NULL || asked == NULL ||
           (own->machine == asked->machine && own->wide == asked->wide && own->big == asked->big);
}

/* A path without what tells builds for one libc from those for another: "linux-x64-gnu",
 * "linuxmusl-x64", "node.napi.glibc.node". */
static const char *without_libc(const char *path, struct arena *arena)
{
    static const char *const words[] = {"musl", "glibc", "gnu"};
    char *text = arena_alloc(arena, strlen(path) + 1), *end = text;
    for (const char *at = path; *at != 0;) {
        size_t length = 0;
        for (size_t i = 0; length == 0 && i < sizeof words / sizeof *words; i++)
            if (strncmp(at, words[i], strlen(words[i])) == 0)
                length = strlen(words[i]);
        if (length == 0) {
            *end++ = *at++;
            continue;
        }
        at += length;
        if (end > text && (end[-1] == '-' || end[-1] == '.' || end[-1] == '_'))
            end--;
    }
    *end = 0;
    return text;
}

/* Is there another build of the same plugin, which runs? */
static bool has_twin(const struct willrun_target *target, size_t at)
{
    struct arena arena = {0};
    const struct willrun_subject *subject = &target->subjects[at];
    const char *plain = without_libc(subject->path, &arena);
    bool found = false;
    for (size_t i = 0; !found && i < target->subject_count; i++) {
        const struct willrun_subject *other = &target->subjects[i];
        found = i != at && other->verdict < subject->verdict &&
                other->verdict <= WILLRUN_DEGRADED && is_for_target(other, target) &&
                strcmp(without_libc(other->path, &arena), plain) == 0;
    }
    arena_free(&arena);
    return found;
}

/* Could willrun itself not look there? In a folder of the base, what was copied lies, too. */
static bool is_unread(const struct willrun_subject *subject)
{
    for (size_t i = 0; i < subject->finding_count; i++)
        if (strcmp(subject->findings[i].rule, "unreadable") == 0 &&
            subject->findings[i].object != NULL &&
            strcmp(subject->findings[i].object, subject->path) == 0)
            return true;
    return false;
}

bool relevant(const struct artifacts *artifacts, const struct willrun_target *target, size_t at)
{
    const struct willrun_subject *subject = &target->subjects[at];
    if (!came_along(artifacts, subject->path))
        return true;
    if (subject->origin_path == NULL) /* it was there: the artifact went into the base's folder */
        return is_unread(subject);
    return subject->kind != WILLRUN_KIND_SCRIPT && is_for_target(subject, target) &&
           !has_twin(target, at);
}

const struct willrun_subject *relevant_worst(const struct artifacts *artifacts,
                                             const struct willrun_target *target)
{
    const struct willrun_subject *worst = NULL;
    for (size_t i = 0; i < target->subject_count; i++)
        if ((worst == NULL || target->subjects[i].verdict > worst->verdict) &&
            relevant(artifacts, target, i))
            worst = &target->subjects[i];
    return worst != NULL ? worst : &target->subjects[0];
}
