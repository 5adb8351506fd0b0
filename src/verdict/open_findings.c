/* Libraries that are opened once a process runs, and are not there or do not load. */
#include "verdict/findings.h"

#include <string.h>

#include "platform/injected.h"

/* Names that lead to the same library: "libssl" of "libssl.so.3". */
static size_t stem_of(const char *name)
{
    const char *so = strstr(name, ".so");
    return so != NULL ? (size_t)(so - name) : strlen(name);
}

/* Is a library of another release of it found, which the subject tries as well? */
static bool has_other_release(const struct replay *replay, const struct event *event)
{
    size_t stem = stem_of(event->name);
    for (size_t i = 0; i < replay->events.count; i++) {
        const struct event *other = &replay->events.at[i];
        if (other->kind == EV_OPENS && other->path != NULL && other->symbol == NULL &&
            stem_of(other->name) == stem && strncmp(other->name, event->name, stem) == 0)
            return true;
    }
    for (size_t i = 0; i < replay->objects.count; i++)
        if (replay->objects.at[i].elf != NULL && stem_of(replay->objects.at[i].name) == stem &&
            strncmp(replay->objects.at[i].name, event->name, stem) == 0)
            return true;
    return false;
}

/* Of releases that are tried one after the other only the first is told of. */
static bool is_told(const struct replay *replay, size_t index)
{
    const struct event *event = &replay->events.at[index];
    size_t stem = stem_of(event->name);
    for (size_t i = 0; i < index; i++) {
        const struct event *other = &replay->events.at[i];
        if (other->kind == EV_OPENS && other->number >= event->number &&
            stem_of(other->name) == stem && strncmp(other->name, event->name, stem) == 0)
            return true;
    }
    return false;
}

static const char *fix_absent(const struct findings *findings, const char *name, bool wide)
{
    for (size_t i = 0; i < findings->supplies.count; i++)
        if (strcmp(findings->supplies.at[i].name, name) == 0)
            return findings->supplies.at[i].fix;
    return advice_library(findings->advice, name, NULL, wide, findings->arena);
}

static void judge_opened(struct findings *findings, const struct replay *replay,
                         const struct event *event)
{
    static const char *const priorities[] = {[OPEN_SUGGESTED] = "suggested",
                                             [OPEN_RECOMMENDED] = "recommended",
                                             [OPEN_REQUIRED] = "required"};
    const struct loaded *by = &replay->objects.at[event->by];
    const char *program = by->path != NULL ? by->path : by->name, *purpose = "";
    enum rule rule = event->number >= OPEN_RECOMMENDED ? RULE_DLOPEN_MISSING : RULE_DLOPEN_OPTIONAL;
    struct arena *arena = findings->arena;
    if (event->number != OPEN_UNKNOWN)
        purpose = arena_format(arena, " (%s%s%s)", event->origin != NULL ? event->origin : "",
                               event->origin != NULL ? "; " : "", priorities[event->number]);
    struct willrun_finding *finding =
        finding_add(findings, rule, "%s %s %s when it runs%s, and it %s%s", program,
                    event->number == OPEN_UNKNOWN ? "may open" : "opens", event->name, purpose,
                    event->path == NULL ? "is nowhere in the search path" : "does not load: ",
                    event->path == NULL ? "" : event->symbol);
    finding->object = event->name;
    finding->needed_by = program;
    finding->fix = event->path == NULL
                       ? fix_absent(findings, event->name, by->elf->wide)
                       : "Put the build of it for this target, with all that it needs, in its "
                         "place.";
}

void findings_of_opens(struct findings *findings, const struct replay *replay)
{
    for (size_t i = 0; i < replay->events.count; i++) {
        const struct event *event = &replay->events.at[i];
        bool missing = event->kind == EV_OPENS && (event->path == NULL || event->symbol != NULL);
        if (!missing || injected_by_host(event->name) || is_told(replay, i) ||
            strcmp(event->name, "libgcc_s.so.1") == 0) /* told of by what needs it */
            continue;
        if (event->number == OPEN_UNKNOWN && has_other_release(replay, event))
            continue;
        judge_opened(findings, replay, event);
    }
}
