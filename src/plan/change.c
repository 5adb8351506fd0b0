#include "plan/change.h"

#include <string.h>

#include "inspect/describe.h"
#include "plan/relevant.h"
#include "verdict/findings.h"

/* The file of the subject among the artifacts, as inspect sees it. */
static void look_at(const struct trials *trials, const struct willrun_subject *subject,
                    struct willrun_inspected *file)
{
    struct artifacts *artifacts = trials->artifacts;
    struct file_bytes bytes;
    *file = (struct willrun_inspected){.path = subject->path};
    for (size_t i = 0; i < artifacts->list.count; i++) {
        const struct artifact *artifact = &artifacts->list.at[i];
        size_t length = strlen(artifact->to);
        int error;
        if (artifact->node == NULL || strncmp(subject->path, artifact->to, length) != 0)
            continue;
        const struct node *node = artifact->node;
        if (artifact->folder)
            node = root_lookup(artifact->root, node,
                               subject->path + length + strspn(subject->path + length, "/"), NULL,
                               LOOKUP_FOLLOW, &error);
        if (node == NULL || node->type != NODE_FILE ||
            root_bytes(artifact->root, node, &bytes) != 0)
            continue;
        struct arena scratch = {0};
        describe(&(struct place){.path = subject->path, .mode = 0755}, bytes.span, &scratch, file);
        const char *toolchain = file->toolchain_count != 0 ? file->toolchains[0].name : NULL;
        for (size_t k = 1; k < file->toolchain_count; k++)
            if (strcmp(file->toolchains[k].name, "go") == 0 ||
                strcmp(file->toolchains[k].name, "rust") == 0)
                toolchain = file->toolchains[k].name;
        struct willrun_toolchain *kept = arena_array(trials->arena, 1, sizeof *kept);
        kept->name = arena_string(trials->arena, toolchain);
        const char *fix = arena_string(trials->arena, file->scratch.fix);
        *file = (struct willrun_inspected){.path = subject->path,
                                           .toolchains = kept,
                                           .toolchain_count = toolchain != NULL,
                                           .linkage = file->linkage};
        file->scratch.fix = fix;
        arena_free(&scratch);
        file_bytes_release(&bytes);
        return;
    }
}

/* ---- what it is to be built on ---- */

/* The image to build in for a base: of the same release, with packages. */
static const char *builder_for(const struct willrun_candidate *base, struct arena *arena)
{
    static const char *const releases[][2] = {{"debian12", "debian:12"}, {"debian13", "debian:13"}};
    for (size_t i = 0; i < sizeof releases / sizeof *releases; i++)
        if (strstr(base->image, releases[i][0]) != NULL)
            return releases[i][1];
    const char *slim = strstr(base->image, "-slim");
    return slim != NULL ? arena_copy(arena, base->image, (size_t)(slim - base->image))
                        : base->image;
}

static const char *libc_of(const struct willrun_candidate *base, struct arena *arena)
{
    return arena_format(arena, "%s %s", base->libc == WILLRUN_LIBC_MUSL ? "musl" : "glibc",
                        base->libc_version != NULL ? base->libc_version : "");
}

/* The base to come nearest to: the one that was asked for, else the newest libc of the subject's
 * family. */
static const struct trial *nearest(const struct trial *tried, size_t count, bool asked)
{
    enum willrun_libc libc = tried[0].check->targets[0].subjects[0].libc;
    const struct trial *best = NULL;
    for (size_t i = 0; !asked && i < count; i++) {
        const struct willrun_candidate *candidate = &tried[i].candidate;
        if (candidate->libc != libc || candidate->libc_version == NULL)
            continue;
        if (best == NULL ||
            version_compare(candidate->libc_version, best->candidate.libc_version) > 0)
            best = &tried[i];
    }
    return best != NULL ? best : &tried[0];
}

/* ---- by what is wrong ---- */

struct change {
    const struct trials *trials;
    const struct willrun_candidate *base;
    const struct willrun_subject *subject;
    const struct willrun_finding *finding;
    struct willrun_inspected file;
};

static bool is_rule(const struct change *change, const char *rule)
{
    return strcmp(change->finding->rule, rule) == 0;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), own = strlen(end);
    return length >= own && strcmp(text + length - own, end) == 0;
}

/* "node_modules/@scope/name" of the addon's path; NULL: it is in none. */
static const char *npm_package(const char *path, struct arena *arena)
{
    static const char folder[] = "node_modules/";
    const char *at = NULL;
    for (const char *next = strstr(path, folder); next != NULL; next = strstr(next + 1, folder))
        at = next + sizeof folder - 1;
    if (at == NULL)
        return NULL;
    size_t length = strcspn(at, "/");
    if (*at == '@' && at[length] == '/')
        length += 1 + strcspn(at + length + 1, "/");
    return arena_copy(arena, at, length);
}

static const char *change_addon(const struct change *change)
{
    struct arena *arena = change->trials->arena;
    const char *package = npm_package(change->subject->path, arena);
    const char *what =
        package != NULL ? arena_format(arena, "npm rebuild %s", package) : "npm rebuild";
    if (change->base->libc == WILLRUN_LIBC_MUSL)
        return arena_format(
            arena,
            "Run npm ci, or %s, in an Alpine stage (FROM node:22-alpine), or install "
            "for it: npm ci --os=linux --libc=musl.",
            what);
    return arena_format(
        arena, "Run npm ci, or %s, in a stage of the base's release (FROM node on %s, %s).", what,
        builder_for(change->base, arena), libc_of(change->base, arena));
}

static const char *change_extension(const struct change *change)
{
    struct arena *arena = change->trials->arena;
    if (change->base->libc == WILLRUN_LIBC_MUSL)
        return "Run pip install in an Alpine stage (FROM python:3-alpine), which takes musllinux "
               "wheels or builds them.";
    return arena_format(arena,
                        "Run pip install in a stage of the base's release and Python (FROM python "
                        "on %s, %s).",
                        builder_for(change->base, arena), libc_of(change->base, arena));
}

static const char *change_static(const struct change *change)
{
    return change->file.scratch.fix != NULL
               ? change->file.scratch.fix
               : "Link with -static, best against musl (musl-gcc -static, or in Alpine).";
}

/* Its own libc is not there, or too old. */
static const char *change_libc(const struct change *change)
{
    struct arena *arena = change->trials->arena;
    if (change->base->libc == WILLRUN_LIBC_NONE)
        return change_static(change);
    return arena_format(arena, "Build it in a stage of the base's release (FROM %s, %s). Or: %s",
                        builder_for(change->base, arena), libc_of(change->base, arena),
                        change_static(change));
}

static const char *change_platform(const struct change *change)
{
    const char *platform = change->trials->platform;
    const char *toolchain =
        change->file.toolchain_count != 0 ? change->file.toolchains[0].name : "";
    if (platform == NULL)
        platform = "the base's platform";
    const char *own = strcmp(toolchain, "go") == 0     ? " (GOOS=linux GOARCH=... go build)"
                      : strcmp(toolchain, "rust") == 0 ? " (cargo build --target)"
                                                       : "";
    return arena_format(change->trials->arena,
                        "Build it for %s: docker buildx build --platform %s, or cross-compile%s.",
                        platform, platform, own);
}

static const char *change_command(const struct change *change)
{
    return arena_format(
        change->trials->arena,
        "No base here has %s: name an image that has with --base IMAGE=SOURCE (%s).",
        change->subject->path,
        strcmp(change->subject->path, "node") == 0 ? "node:22-slim, as an archive of "
                                                     "docker save"
                                                   : "as an archive of docker save");
}

/* Does a library or a program for another libc, or for a later one, fail so? */
static bool is_of_libc(const struct change *change)
{
    const char *object = change->finding->object;
    if (is_rule(change, "library-missing"))
        return object != NULL &&
               (strncmp(object, "ld-linux", 8) == 0 || strncmp(object, "libc.", 5) == 0);
    return is_rule(change, "version-missing") || is_rule(change, "interpreter-missing") ||
           is_rule(change, "symbol-missing") || is_rule(change, "library-refused");
}

const char *change_least(const struct trials *trials, const struct trial *tried, size_t count,
                         bool asked)
{
    const struct trial *trial = nearest(tried, count, asked);
    struct change change = {.trials = trials,
                            .base = &trial->candidate,
                            .subject =
                                relevant_worst(trials->artifacts, &trial->check->targets[0])};
    change.finding = finding_deciding(change.subject);
    if (change.finding == NULL)
        return NULL;
    look_at(trials, change.subject, &change.file);
    if (is_rule(&change, "command-not-found"))
        return change_command(&change);
    if (is_rule(&change, "platform-mismatch"))
        return change_platform(&change);
    bool of_libc = change.base->libc != WILLRUN_LIBC_NONE && is_of_libc(&change);
    if (of_libc && ends_with(change.subject->path, ".node"))
        return change_addon(&change);
    if (of_libc && (strstr(change.subject->path, ".cpython-") != NULL ||
                    strstr(change.subject->path, ".abi3.so") != NULL))
        return change_extension(&change);
    if (is_rule(&change, "version-missing") || is_rule(&change, "interpreter-missing"))
        return change_libc(&change);
    return change.finding->fix;
}
