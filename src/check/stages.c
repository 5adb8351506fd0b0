#include "check/stages.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check/user.h"
#include "root/mode.h"
#include "source/source_open.h"
#include "source/witness.h"

/* ---- texts ---- */

bool stage_parse(const char *text, struct arena *arena, const char **name, const char **source,
                 struct err *err)
{
    size_t length = strcspn(text, "=");
    if (length == 0 || text[length] == '\0' || text[length + 1] == '\0')
        return err_set(err, WILLRUN_EUSAGE,
                       "%s is no stage: expected NAME=SOURCE, as in builder=./rootfs", text);
    if (memchr(text, ':', length) != NULL)
        return err_set(err, WILLRUN_EUSAGE, "the stage %.*s has a colon in its name", (int)length,
                       text);
    *name = arena_copy(arena, text, length);
    *source = arena_string(arena, text + length + 1);
    return true;
}

/* The next part of `*text`, up to a colon without a backslash, which is passed over; `more`: there
 * was one. */
static char *next_part(const char **text, struct arena *arena, bool *more)
{
    char *part = arena_alloc(arena, strlen(*text) + 1), *end = part;
    const char *at = *text;
    for (; *at != '\0' && *at != ':'; at++) {
        if (at[0] == '\\' && at[1] == ':')
            at++;
        *end++ = *at;
    }
    *more = *at == ':';
    *text = at + *more;
    return part;
}

static bool parse_mode(const char *text, struct copy_request *request, struct err *err)
{
    if (!mode_parse(text, &request->mode))
        return err_set(err, WILLRUN_EUSAGE,
                       "chmod=%s: expected an octal number from 0 to 7777, or changes as u+x,go=rX",
                       text);
    request->changes = request->mode < 0 ? text : NULL;
    return true;
}

static bool parse_setting(const char *setting, struct copy_request *request, struct err *err)
{
    if (strncmp(setting, "chmod=", 6) == 0)
        return parse_mode(setting + 6, request, err);
    if (strncmp(setting, "chown=", 6) != 0 || setting[6] == '\0')
        return err_set(err, WILLRUN_EUSAGE,
                       "%s is no setting of a copy: expected chmod=MODE or chown=USER[:GROUP]",
                       setting);
    request->owner = setting + 6;
    return true;
}

/* Where a setting ends: at a comma behind which another one starts, for modes have commas too. */
static size_t setting_length(const char *settings)
{
    size_t length = strcspn(settings, ",");
    while (strncmp(settings, "chmod=", 6) == 0 && settings[length] == ',' &&
           strncmp(settings + length + 1, "chown=", 6) != 0)
        length += 1 + strcspn(settings + length + 1, ",");
    return length;
}

static bool parse_settings(const char *settings, struct arena *arena, struct copy_request *request,
                           struct err *err)
{
    while (*settings != '\0') {
        size_t length = setting_length(settings);
        if (length != 0 && !parse_setting(arena_copy(arena, settings, length), request, err))
            return false;
        settings += length + (settings[length] == ',');
    }
    return true;
}

bool copy_parse(const char *text, struct arena *arena, struct copy_request *request,
                struct err *err)
{
    const char *rest = text;
    bool more[3] = {false, false, false};
    const char *name = next_part(&rest, arena, &more[0]);
    *request = (struct copy_request){.stage = *name != '\0' ? name : NULL, .mode = -1};
    request->source = next_part(&rest, arena, &more[1]);
    request->to = next_part(&rest, arena, &more[2]);
    if (!more[1] || *request->source == '\0' || *request->to == '\0')
        return err_set(err, WILLRUN_EUSAGE,
                       "%s is no copy: expected NAME:SRC:DST, or :SRC:DST for the local disk, with "
                       ":chmod=MODE,chown=USER:GROUP behind it where wanted",
                       text);
    return !more[2] || parse_settings(rest, arena, request, err);
}

/* ---- stages ---- */

static struct stage *find_stage(struct stages *stages, const char *name)
{
    for (size_t i = 0; i < stages->list.count; i++)
        if (strcmp(stages->list.at[i].name, name) == 0)
            return &stages->list.at[i];
    return NULL;
}

bool stages_add(struct stages *stages, const char *text, const char *platform, struct err *err)
{
    const char *name, *source;
    if (!stage_parse(text, &stages->arena, &name, &source, err))
        return false;
    /* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): stage_parse set it */
    if (find_stage(stages, name) != NULL)
        return err_set(err, WILLRUN_EUSAGE, "the stage %s is given twice", name);
    struct source *opened = source_open(source, platform, err);
    if (opened == NULL)
        return false;
    const struct image_facts *image = opened->image;
    struct root *root = root_new(opened);
    *vec_push(&stages->list) = (struct stage){name, root, facts_new(root, true), NULL, image};
    return true;
}

struct root *stages_local(struct stages *stages, struct err *err)
{
    struct source *disk = stages->local == NULL ? source_open("dir:/", NULL, err) : NULL;
    if (disk != NULL)
        stages->local = root_new(disk);
    return stages->local;
}

const struct owners *stage_owners(struct stages *stages, struct stage *stage)
{
    pthread_mutex_lock(&stages->owners_lock);
    if (stage->owners == NULL)
        stage->owners = owners_read(stage->facts);
    pthread_mutex_unlock(&stages->owners_lock);
    return stage->owners;
}

void stages_init(struct stages *stages)
{
    *stages = (struct stages){0};
    pthread_mutex_init(&stages->owners_lock, NULL);
}

void stages_free(struct stages *stages)
{
    for (size_t i = 0; i < stages->list.count; i++) {
        owners_free(stages->list.at[i].owners);
        facts_free(stages->list.at[i].facts);
        root_free(stages->list.at[i].root);
    }
    vec_free(&stages->list);
    root_free(stages->local);
    pthread_mutex_destroy(&stages->owners_lock);
    arena_free(&stages->arena);
}

/* ---- copies ---- */

static bool from_stage(struct stages *stages, const char *name, struct copy *copy, struct err *err)
{
    const struct stage *stage = find_stage(stages, name);
    if (stage == NULL)
        return err_set(err, WILLRUN_EUSAGE,
                       "there is no stage %s to copy from: give it with "
                       "--stage %s=SOURCE",
                       name, name);
    copy->from = stage->root;
    copy->stage = name;
    return true;
}

/* What comes from the local disk is root's, as what comes from a build context. */
static bool from_disk(struct stages *stages, struct copy *copy, struct err *err)
{
    char folder[PATH_MAX];
    if (getcwd(folder, sizeof folder) == NULL)
        return err_set(err, WILLRUN_EINPUT, "the current folder cannot be told: %s",
                       err_text(errno));
    copy->base = arena_string(&stages->arena, folder);
    copy->from = stages_local(stages, err);
    copy->owned = true;
    return copy->from != NULL;
}

bool stages_copy(struct stages *stages, struct facts *facts, const char *text, const char *workdir,
                 struct err *err)
{
    struct copy_request request;
    if (!copy_parse(text, &stages->arena, &request, err))
        return false;
    struct copy copy = {.source = request.source,
                        .to = request.to,
                        .workdir = workdir,
                        .mode = request.mode,
                        .changes = request.changes};
    bool ok = request.stage != NULL ? from_stage(stages, request.stage, &copy, err)
                                    : from_disk(stages, &copy, err);
    if (ok && request.owner != NULL) {
        copy.owned = true;
        ok = user_owner(facts, request.owner, &copy.uid, &copy.gid, err) == USER_FOUND;
    }
    return ok && root_copy(facts_root(facts), &copy, err);
}

/* The name that `path` gets: its own, or that of the folder that it stands for. */
static const char *name_of(const char *path, const char *real, struct arena *arena)
{
    size_t end = strlen(path);
    while (end != 0 && path[end - 1] == '/')
        end--;
    const char *given = arena_copy(arena, path, end);
    const char *slash = strrchr(given, '/');
    const char *name = slash != NULL ? slash + 1 : given;
    if (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        name = strrchr(real, '/') + 1;
    return *name != '\0' ? name : "root";
}

bool stages_lay(struct stages *stages, struct root *root, const char *path, const char **inside,
                struct err *err)
{
    struct copy copy = {.literal = true, .replaces = true, .owned = true, .mode = -1};
    witness_real(path);
    char *real = realpath(path, NULL);
    if (real == NULL)
        return err_set(err, WILLRUN_EINPUT, "%s: %s", path, err_text(errno));
    *inside = arena_format(&stages->arena, "/%s", name_of(path, real, &stages->arena));
    copy.from = stages_local(stages, err);
    copy.source = real;
    copy.to = *inside;
    bool laid = copy.from != NULL && root_copy(root, &copy, err);
    free(real);
    return laid;
}
