/* willrun_bundle: subjects checked, what they open gathered, written, and checked again there. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bundle/closure.h"
#include "bundle/extras.h"
#include "bundle/writer.h"
#include "check/context.h"

enum { ROUNDS = 8 }; /* programs that start programs: a kernel allows five */

struct owned_bundle {
    struct willrun_bundle bundle; /* first: what the caller sees */
    struct arena arena;
    struct willrun_result *check;
};

struct bundling {
    struct willrun *willrun; /* that of the caller, for its settings and errors */
    const struct willrun_bundle_request *request;
    struct owned_bundle *owned;
    struct willrun_result *before; /* the subjects in the root */
    struct closure closure;
    const struct unfinished *temporary; /* what was written; NULL: nothing */
    struct err *err;
};

/* Standard input is read once. */
static bool is_stream(const struct bundling *bundling)
{
    return strcmp(bundling->willrun->root, "-") == 0;
}

/* ---- the subjects, and the programs that they start first ---- */

static bool has_subject(const struct willrun_result *result, const char *path)
{
    const struct willrun_target *target = &result->targets[0];
    for (size_t i = 0; i < target->subject_count; i++)
        if (strcmp(target->subjects[i].path, path) == 0)
            return true;
    return false;
}

/* Add what `subject` starts and is no subject yet; how many. */
static size_t add_starts(struct bundling *bundling, const struct willrun_subject *subject)
{
    size_t added = 0;
    for (size_t i = 0; i < subject->start_count; i++)
        if (!has_subject(bundling->before, subject->starts[i])) {
            willrun_add_subject(bundling->willrun, subject->starts[i]);
            added++;
        }
    return added;
}

static bool check_before(struct bundling *bundling)
{
    size_t added = 1;
    if (bundling->willrun->host != NULL && *bundling->willrun->host == '/')
        willrun_add_subject(bundling->willrun, bundling->willrun->host);
    for (unsigned round = 0; added != 0 && round < ROUNDS; round++) {
        willrun_result_free(bundling->before);
        if (willrun_check(bundling->willrun, &bundling->before) != WILLRUN_OK)
            return false;
        if (bundling->before->target_count != 1)
            return err_set(bundling->err, WILLRUN_EUSAGE,
                           "%s is for %zu platforms: say with --platform for which one",
                           bundling->willrun->root, bundling->before->target_count);
        const struct willrun_target *target = &bundling->before->targets[0];
        added = 0;
        for (size_t i = 0; i < target->subject_count; i++)
            added += add_starts(bundling, &target->subjects[i]);
        if (added != 0 && is_stream(bundling))
            return err_set(bundling->err, WILLRUN_EUSAGE,
                           "the programs that scripts start must be looked at again, and standard "
                           "input is read once: give the archive as a file");
    }
    return true;
}

/* ---- what is taken ---- */

/* The folder of the libc that the subjects load, with its slash; NULL: none. */
static const char *libc_folder(struct bundling *bundling)
{
    const struct willrun_target *target = &bundling->before->targets[0];
    for (size_t i = 0; i < target->subject_count; i++)
        for (size_t k = 0; k < target->subjects[i].object_count; k++) {
            const char *path = target->subjects[i].objects[k].path;
            const char *slash = path != NULL ? strrchr(path, '/') : NULL;
            if (slash != NULL && strcmp(slash + 1, "libc.so.6") == 0)
                return arena_copy(&bundling->owned->arena, path, (size_t)(slash + 1 - path));
        }
    return NULL;
}

/* The files of a row, those that the root has; false: it has none. */
static bool add_row(struct bundling *bundling, const struct willrun_bundle_extra *row)
{
    const char *folder = libc_folder(bundling);
    bool any = false;
    for (const char *at = row->paths; *at != 0; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ");
        const char *path = arena_copy(&bundling->owned->arena, at, length);
        if (*path != '/' && folder != NULL)
            path = arena_format(&bundling->owned->arena, "%s%s", folder, path);
        if (*path == '/')
            any |= closure_add_existing(&bundling->closure, path);
        at += length;
    }
    return any;
}

static bool add_extras(struct bundling *bundling)
{
    const struct willrun_bundle_request *request = bundling->request;
    for (size_t i = 0; i < request->extra_count; i++) {
        const char *extra = request->extras[i];
        const struct willrun_bundle_extra *row = bundle_extra(extra);
        if (row == NULL && *extra != '/')
            return err_set(bundling->err, WILLRUN_EUSAGE,
                           "%s is nothing to take along: expected an absolute path or a name that "
                           "the help lists",
                           extra);
        int error = row == NULL ? closure_add_tree(&bundling->closure, extra) : 0;
        if (error != 0 && !request->partial)
            return err_set(bundling->err, WILLRUN_EINPUT, "%s in %s: %s", extra,
                           bundling->willrun->root, err_text(error));
        if (row != NULL && !add_row(bundling, row) && !request->partial)
            return err_set(bundling->err, WILLRUN_EINPUT, "no %s in %s: it has none of %s", extra,
                           bundling->willrun->root, row->paths);
    }
    return true;
}

/* What loaders and runtimes read beside the files that they load. */
static void add_settings(struct bundling *bundling)
{
    const struct willrun_target *target = &bundling->before->targets[0];
    const struct image_facts *image = result_image(bundling->before);
    const char *user = bundling->willrun->user;
    if (user == NULL && image != NULL)
        user = image->user;
    if (user != NULL && strspn(user, "0123456789:") != strlen(user))
        add_row(bundling, bundle_extra("users"));
    if (target->libc == WILLRUN_LIBC_GLIBC)
        closure_add_existing(&bundling->closure, "/etc/ld.so.preload");
    const char *name = target->loader != NULL ? strrchr(target->loader, '/') + 1 : "";
    size_t stem = strcspn(name, ".");
    if (target->libc == WILLRUN_LIBC_MUSL) /* /etc/ld-musl-x86_64.path (ldso/dynlink.c) */
        closure_add_existing(&bundling->closure, arena_format(&bundling->owned->arena,
                                                              "/etc/%.*s.path", (int)stem, name));
}

/* A profile's files are no files to run. */
static bool are_whole(const struct bundling *bundling)
{
    for (size_t i = 0; i < bundling->closure.entries.count; i++) {
        const struct closure_entry *entry = &bundling->closure.entries.at[i];
        const char *profile = entry->node->type == NODE_FILE && entry->node->size != 0
                                  ? node_profile(entry->node)
                                  : NULL;
        if (profile != NULL)
            return err_set(bundling->err, WILLRUN_EINPUT,
                           "%s is not whole in %s, a profile: give the root filesystem itself, as "
                           "docker export and docker save write it",
                           entry->path, profile);
    }
    return true;
}

/* What was not read may be what a program needs. */
static bool is_seen(struct bundling *bundling, const struct willrun_result *result,
                    const char *name)
{
    const char *path;
    int error = root_trouble(facts_root(result_facts(result)), &path);
    return error == 0 || err_set(bundling->err, WILLRUN_EINPUT, "%s in %s cannot be read: %s", path,
                                 name, err_text(error));
}

static bool is_seen_before(struct bundling *bundling, const struct willrun_result *result)
{
    return bundling->request->partial || is_seen(bundling, result, bundling->willrun->root);
}

static bool gather(struct bundling *bundling)
{
    const struct willrun_target *target = &bundling->before->targets[0];
    bundling->closure.root = facts_root(result_facts(bundling->before));
    for (size_t i = 0; i < target->subject_count; i++)
        closure_add_subject(&bundling->closure, &target->subjects[i]);
    add_settings(bundling);
    return add_extras(bundling) && are_whole(bundling);
}

/* ---- writing and checking ---- */

static bool is_tar(const char *to)
{
    size_t length = strlen(to);
    return length > 4 && strcmp(to + length - 4, ".tar") == 0;
}

static bool write(struct bundling *bundling)
{
    const char *to = bundling->request->to;
    closure_sort(&bundling->closure);
    bundling->temporary = (is_tar(to) ? bundle_write_tar : bundle_write_dir)(
        &bundling->closure, to, bundling->request->time, &bundling->owned->arena, bundling->err);
    return bundling->temporary != NULL;
}

/* The environment and the user of the image go with it: a bundle has no configuration. */
static void set_process(struct bundling *bundling, struct willrun *again)
{
    const struct image_facts *image = result_image(bundling->before);
    if (image == NULL)
        return;
    for (size_t i = 0; image->env != NULL && image->env[i] != NULL; i++) {
        struct arena arena = {0};
        const char *name = arena_copy(&arena, image->env[i], strcspn(image->env[i], "="));
        if (!context_has_env(again, name))
            willrun_add_env(again, image->env[i]);
        arena_free(&arena);
    }
    if (again->user == NULL && image->user != NULL && *image->user != 0)
        willrun_set_user(again, image->user);
    if (again->workdir == NULL && image->workdir != NULL)
        willrun_set_workdir(again, image->workdir);
}

static bool check_after(struct bundling *bundling)
{
    const struct willrun_target *target = &bundling->before->targets[0];
    struct willrun *again = context_like(bundling->willrun);
    struct arena arena = {0};
    const char *kind = is_tar(bundling->request->to) ? "tar" : "dir";
    set_process(bundling, again);
    willrun_set_root(again, arena_format(&arena, "%s:%s", kind, bundling->temporary->top));
    if (again->platform_name == NULL && target->platform != NULL)
        willrun_set_platform(again, target->platform);
    for (size_t i = 0; i < target->subject_count; i++)
        willrun_add_subject(again, target->subjects[i].path);
    willrun_result_free(bundling->owned->check);
    bool done = willrun_check(again, &bundling->owned->check) == WILLRUN_OK ||
                err_set(bundling->err, again->err.code, "the bundle: %s", again->err.text);
    willrun_free(again);
    arena_free(&arena);
    return done;
}

static bool same_object(const struct willrun_object *a, const struct willrun_object *b)
{
    return strcmp(a->name, b->name) == 0 && (a->path == NULL) == (b->path == NULL) &&
           (a->path == NULL || strcmp(a->path, b->path) == 0);
}

/* Does it load the same files there, and fare no worse? */
static bool same_start(const struct willrun_subject *before, const struct willrun_subject *after)
{
    bool same = after->verdict <= before->verdict && before->object_count == after->object_count;
    for (size_t i = 0; same && i < before->object_count; i++)
        same = same_object(&before->objects[i], &after->objects[i]);
    return same;
}

/* The first subject that starts otherwise in the bundle; NULL: none. */
static const struct willrun_subject *first_other(const struct bundling *bundling)
{
    const struct willrun_target *before = &bundling->before->targets[0];
    const struct willrun_target *after = &bundling->owned->check->targets[0];
    for (size_t i = 0; i < before->subject_count && i < after->subject_count; i++)
        if (!same_start(&before->subjects[i], &after->subjects[i]))
            return &after->subjects[i];
    return NULL;
}

static void drop(struct bundling *bundling)
{
    if (bundling->temporary != NULL)
        unfinished_remove(bundling->temporary);
    bundling->temporary = NULL;
}

/* Does a finding of this rule stand in the bundle alone? NULL: no. */
static const struct willrun_finding *new_finding(const struct willrun_subject *before,
                                                 const struct willrun_subject *after,
                                                 const char *rule)
{
    for (size_t i = 0; i < before->finding_count; i++)
        if (strcmp(before->findings[i].rule, rule) == 0)
            return NULL;
    for (size_t i = 0; i < after->finding_count; i++)
        if (strcmp(after->findings[i].rule, rule) == 0)
            return &after->findings[i];
    return NULL;
}

/* Libraries that the subject opens when it runs, with all that they need: as a start in the root
 * finds them that has them as preloads. */
static bool add_opened(struct bundling *bundling, const struct willrun_subject *subject,
                       const char *names)
{
    if (is_stream(bundling))
        return false;
    struct willrun *like = context_like(bundling->willrun);
    struct willrun_result *result = NULL;
    struct arena arena = {0};
    set_process(bundling, like);
    willrun_set_root(like, bundling->willrun->root);
    willrun_set_platform(like, bundling->before->targets[0].platform);
    for (size_t i = 0; i < bundling->willrun->stages.count; i++)
        willrun_add_stage(like, bundling->willrun->stages.at[i]);
    for (size_t i = 0; i < bundling->willrun->copies.count; i++)
        willrun_add_copy(like, bundling->willrun->copies.at[i]);
    willrun_add_env(like, arena_format(&arena, "LD_PRELOAD=%s", names));
    willrun_add_subject(like, subject->path);
    bool found = (willrun_check(like, &result) == WILLRUN_OK ||
                  err_set(bundling->err, like->err.code, "%s", like->err.text)) &&
                 is_seen_before(bundling, result);
    if (found)
        closure_add_subject(&bundling->closure, &result->targets[0].subjects[0]);
    willrun_result_free(result);
    willrun_free(like);
    arena_free(&arena);
    return found;
}

/* What the subject reaches later in the root, and not in the bundle; false: nothing that can be
 * taken. */
static bool add_later(struct bundling *bundling, const struct willrun_subject *before,
                      const struct willrun_subject *after)
{
    static const char *const opened[] = {"dlopen-missing", "unwinder-missing"};
    static const char *const files[] = {"time-zone-unknown", "locale-missing"};
    const struct willrun_finding *finding;
    bool added = false;
    for (size_t i = 0; i < sizeof opened / sizeof *opened; i++)
        if ((finding = new_finding(before, after, opened[i])) != NULL)
            added |= add_opened(bundling, before, finding->object);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if ((finding = new_finding(before, after, files[i])) != NULL)
            added |= closure_add_existing(&bundling->closure, finding->object);
    if (new_finding(before, after, "name-service-missing") != NULL) {
        add_row(bundling, bundle_extra("name-service"));
        added |= add_opened(bundling, before, "libnss_files.so.2:libnss_dns.so.2");
    }
    return added;
}

static bool add_all_later(struct bundling *bundling)
{
    const struct willrun_target *before = &bundling->before->targets[0];
    const struct willrun_target *after = &bundling->owned->check->targets[0];
    bool added = false;
    for (size_t i = 0; i < before->subject_count && i < after->subject_count; i++)
        added |= add_later(bundling, &before->subjects[i], &after->subjects[i]);
    return added;
}

static bool write_and_check(struct bundling *bundling)
{
    drop(bundling);
    return write(bundling) && check_after(bundling) &&
           is_seen(bundling, bundling->owned->check, "the bundle");
}

/* ld.so.cache is taken only where a library is not found without it: it tells of all that the root
 * had. */
static bool write_checked(struct bundling *bundling)
{
    if (!write_and_check(bundling))
        return false;
    for (unsigned round = 0; round < ROUNDS && add_all_later(bundling); round++)
        if (!write_and_check(bundling))
            return false;
    if (first_other(bundling) == NULL)
        return true;
    if (closure_add_existing(&bundling->closure, "/etc/ld.so.cache") && !write_and_check(bundling))
        return false;
    const struct willrun_subject *other = first_other(bundling);
    if (other == NULL || bundling->request->partial)
        return true;
    return is_seen_before(bundling, bundling->before) &&
           err_set(bundling->err, WILLRUN_EINPUT,
                   "%s would not start in the bundle as it does in %s%s%s", other->path,
                   bundling->willrun->root, other->finding_count != 0 ? ": " : "",
                   other->finding_count != 0 ? other->findings[0].message : "");
}

static bool give_name(struct bundling *bundling)
{
    const char *to = bundling->request->to;
    if (rename(bundling->temporary->top, to) == 0) {
        unfinished_end(bundling->temporary);
        bundling->temporary = NULL;
        return true;
    }
    if (errno == ENOTEMPTY || errno == EEXIST)
        return err_set(bundling->err, WILLRUN_EOUTPUT,
                       "%s is not empty: a bundle is written to a new or an empty folder", to);
    return err_set(bundling->err, WILLRUN_EOUTPUT, "%s cannot be written: %s", to, err_text(errno));
}

/* ---- the answer ---- */

static void list_entries(struct bundling *bundling)
{
    static const enum willrun_bundle_type types[] = {[NODE_DIR] = WILLRUN_BUNDLE_FOLDER,
                                                     [NODE_FILE] = WILLRUN_BUNDLE_FILE,
                                                     [NODE_LINK] = WILLRUN_BUNDLE_LINK};
    struct owned_bundle *owned = bundling->owned;
    size_t count = bundling->closure.entries.count;
    struct willrun_bundle_entry *entries = arena_array(&owned->arena, count + 1, sizeof *entries);
    for (size_t i = 0; i < count; i++) {
        const struct closure_entry *from = &bundling->closure.entries.at[i];
        entries[i] = (struct willrun_bundle_entry){
            .path = arena_string(&owned->arena, from->path),
            .type = types[from->node->type],
            .target = arena_string(&owned->arena, from->node->target),
            .size = from->node->type == NODE_FILE ? from->node->size : 0};
        if (from->first == i)
            owned->bundle.size += entries[i].size;
    }
    owned->bundle.entries = entries;
    owned->bundle.entry_count = count;
    owned->bundle.written = true;
    ((struct willrun_target *)owned->check->targets)->root = owned->bundle.to;
}

/* Where nothing is to be there yet, before any work is done. */
static bool to_is_free(const struct bundling *bundling)
{
    const char *to = bundling->request->to;
    struct stat status;
    if (stat(to, &status) != 0)
        return errno == ENOENT ||
               err_set(bundling->err, WILLRUN_EOUTPUT, "%s: %s", to, err_text(errno));
    if (is_tar(to) ? S_ISREG(status.st_mode) : S_ISDIR(status.st_mode))
        return true;
    return err_set(bundling->err, WILLRUN_EOUTPUT, "%s is no %s", to,
                   is_tar(to) ? "regular file" : "folder; a name that ends in .tar is an archive");
}

static bool make(struct bundling *bundling)
{
    if (!to_is_free(bundling) || !check_before(bundling))
        return false;
    if (bundling->before->fails != 0 && !bundling->request->partial) {
        bundling->owned->check = bundling->before;
        bundling->before = NULL;
        return true;
    }
    bool made = gather(bundling) && write_checked(bundling) &&
                is_seen_before(bundling, bundling->before) &&
                bundling->err->code == WILLRUN_OK && /* what was met while more was looked for */
                !context_cancelled(bundling->willrun) && give_name(bundling);
    if (made)
        list_entries(bundling);
    return made;
}

enum willrun_err willrun_bundle(struct willrun *willrun,
                                const struct willrun_bundle_request *request,
                                struct willrun_bundle **bundle)
{
    struct owned_bundle *owned = must_alloc(sizeof *owned);
    *owned = (struct owned_bundle){0};
    owned->bundle.to = arena_string(&owned->arena, request->to);
    *bundle = NULL;
    struct meter *before = context_enter(willrun);
    struct bundling bundling = {
        .willrun = willrun, .request = request, .owned = owned, .err = &willrun->err};
    bool made = make(&bundling);
    context_leave(before);
    drop(&bundling);
    closure_free(&bundling.closure);
    willrun_result_free(bundling.before);
    owned->bundle.check = owned->check;
    if (made)
        *bundle = &owned->bundle;
    else
        willrun_bundle_free(&owned->bundle);
    return willrun->err.code;
}

void willrun_bundle_free(struct willrun_bundle *bundle)
{
    if (bundle == NULL)
        return;
    struct owned_bundle *owned = (struct owned_bundle *)bundle;
    willrun_result_free(owned->check);
    arena_free(&owned->arena);
    free(owned);
}
