/* willrun_snapshot: a source opened, its libc found, its profile written. */
#include "check/context.h"
#include "check/subject.h"
#include "platform/platform.h"
#include "snapshot/snapshot.h"
#include "source/source_open.h"
#include "willrun/willrun.h"

static bool make(struct root *root, const char *platform, const struct willrun_origin *origin,
                 FILE *out, struct err *err)
{
    struct facts *facts = facts_new(root, true);
    struct target target = {.facts = facts,
                            .platform = platform != NULL ? platform_by_name(platform) : NULL};
    target_find_platform(&target);
    if (target.libc.unread != NULL) {
        facts_free(facts);
        return err_set(err, WILLRUN_EINPUT,
                       "%s in the root cannot be read, so it has no profile: %s",
                       target.libc.unread, err_text(target.libc.error));
    }
    bool has_libc = target.libc.node != NULL;
    struct profile profile = {.origin = origin->origin,
                              .date = origin->date,
                              .platform = target.platform != NULL ? target.platform->name : NULL,
                              .libc = has_libc ? willrun_libc_name(target.libc.kind) : NULL,
                              .libc_version = target.libc.version,
                              .absent = origin->absent,
                              .absent_count = origin->absent_count};
    bool made = snapshot_write(root, &profile, out, err);
    facts_free(facts);
    return made;
}

static void snapshot(struct willrun *willrun, const char *source,
                     const struct willrun_origin *origin, FILE *out)
{
    struct err *err = &willrun->err;
    struct source *opened = source_open(source, context_platform(willrun), err);
    if (opened == NULL)
        return;
    const char *platform = context_platform(willrun);
    if (platform == NULL && opened->image != NULL)
        platform = opened->image->platform;
    struct root *root = root_new(opened);
    if (make(root, platform, origin, out, err))
        root_hold(root, err);
    root_free(root);
}

enum willrun_err willrun_snapshot(struct willrun *willrun, const char *source,
                                  const struct willrun_origin *origin, FILE *out)
{
    struct meter *before = context_enter(willrun);
    snapshot(willrun, source, origin, out);
    context_leave(before);
    context_cancelled(willrun);
    return willrun->err.code;
}
