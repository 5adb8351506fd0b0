#include "check/copies.h"

#include <string.h>

#include "check/user.h"
#include "root/glob.h"
#include "root/mode.h"
#include "source/files.h"
#include "source/source_open.h"

struct copying {
    struct assembly *assembly;
    struct built *built;
    const struct step *step;
    struct copy copy;
    struct err *err;
};

static bool fail(struct copying *copying, const char *sentence)
{
    return dockerfile_fail(copying->assembly->file, copying->step->instruction->range.begin,
                           copying->err, "%s", sentence);
}

/* Where a copy goes, as far as it can be told without its source. */
static const char *place_of(struct copying *copying)
{
    return path_clean(copying->step->workdir, copying->step->to, &copying->assembly->arena);
}

/* --parents: the path of a source below the destination, with all its folders or those behind a
 * pivot `/./`. */
static const char *path_with_parents(struct copying *copying, const char *source)
{
    const char *pivot = strstr(source, "/./");
    return path_clean("/", pivot != NULL ? pivot + 2 : source, &copying->assembly->arena);
}

/* The file that a source would become, by its name. */
static const char *shown_of(struct copying *copying, const char *source)
{
    const char *slash = strrchr(source, '/');
    const char *place = place_of(copying);
    if (copying->step->parents && !glob_has_wildcard(source, strlen(source)))
        return arena_format(&copying->assembly->arena, "%s%s", place[1] != '\0' ? place : "",
                            path_with_parents(copying, source));
    bool folder = path_names_folder(copying->copy.to);
    const char *name = slash != NULL ? slash + 1 : source;
    if (!folder || *name == '\0' || strcmp(name, ".") == 0 || glob_has_wildcard(name, strlen(name)))
        return place;
    return arena_format(&copying->assembly->arena, "%s/%s", place[1] != '\0' ? place : "", name);
}

static struct gap *leave_gap(struct copying *copying, enum gap_kind kind, const char *source)
{
    struct built *built = copying->built;
    const char *shown = source != NULL ? shown_of(copying, source) : NULL;
    struct gap *last = built->gaps.count != 0 ? &built->gaps.at[built->gaps.count - 1] : NULL;
    if (last != NULL && last->at == copying->step->instruction && last->kind == kind &&
        last->serial == root_copy_count(built->root) && last->shown != NULL && shown != NULL &&
        strcmp(last->shown, shown) == 0) /* a source that is named twice */
        return last;
    struct gap *gap =
        built_add_gap(copying->built, kind, place_of(copying), copying->step->instruction);
    gap->shown = shown;
    return gap;
}

/* The same of one file alone. */
static struct gap *leave_file_gap(struct copying *copying, enum gap_kind kind, const char *source)
{
    struct gap *gap = leave_gap(copying, kind, source);
    gap->path = gap->shown;
    gap->file = true;
    return gap;
}

static bool lay(struct copying *copying, const char *source)
{
    struct err err = {0};
    copying->copy.source = source;
    bool laid = root_copy(copying->built->root, &copying->copy, &err);
    while (copying->built->copies.count < root_copy_count(copying->built->root))
        *vec_push(&copying->built->copies) = copying->step->instruction;
    if (copying->step->floats && *copying->step->to != '/')
        *vec_push(&copying->built->floating) = root_copy_count(copying->built->root);
    return laid || fail(copying, err.text);
}

/* --parents with a pattern: of the folder before the pivot (else /) what matches the rest, with the
 * folders above it. That nothing does is no error. */
static bool lay_matches(struct copying *copying, const char *source)
{
    struct arena *arena = &copying->assembly->arena;
    const char *pivot = strstr(source, "/./"), *to = copying->copy.to;
    const char *folder = pivot != NULL ? arena_copy(arena, source, (size_t)(pivot - source)) : "/";
    struct ignore_pattern pattern = {.text = path_with_parents(copying, source) + 1};
    const struct ignore only = {.at = &pattern, .count = 1};
    struct err err = {0}, *told = copying->err;
    copying->copy.only = &only;
    copying->copy.to = arena_format(arena, "%s/", to);
    copying->err = &err;
    if (!lay(copying, folder)) /* the part before the pivot matches nothing, say */
        leave_gap(copying, GAP_COPY, NULL);
    copying->err = told;
    copying->copy.to = to;
    copying->copy.only = NULL;
    return true;
}

static bool lay_with_parents(struct copying *copying, const char *source)
{
    struct arena *arena = &copying->assembly->arena;
    const char *path = path_with_parents(copying, source);
    const char *folder = arena_copy(arena, path, (size_t)(strrchr(path, '/') - path));
    int error;
    const struct node *node = root_lookup(copying->copy.from, NULL, path_clean("/", source, arena),
                                          NULL, LOOKUP_FOLLOW, &error);
    if (glob_has_wildcard(source, strlen(source)) ||
        (copying->copy.without != NULL && node != NULL))
        return lay_matches(copying, source);
    const char *to = copying->copy.to;
    copying->copy.to = arena_format(arena, "%s%s/", to, folder);
    if (node != NULL && node->type == NODE_DIR) /* the folder itself, not its contents */
        copying->copy.to = arena_format(arena, "%s%s/", to, path);
    bool laid = lay(copying, source);
    copying->copy.to = to;
    return laid;
}

/* By its first bytes, as ADD tells it: tar's own mark, or that of a compression. */
static bool is_archive(struct copying *copying, const char *source)
{
    static const struct {
        size_t at;
        const char *mark;
    } marks[] = {{257, "ustar"},
                 {0, "\x1f\x8b"},
                 {0, "BZh"},
                 {0, "\xfd"
                     "7zXZ"},
                 {0, "(\xb5/\xfd"}};
    struct file_bytes bytes;
    int error;
    const char *path = path_clean("/", source, &copying->assembly->arena);
    const struct node *node =
        root_lookup(copying->copy.from, NULL, path, NULL, LOOKUP_FOLLOW, &error);
    bool is = false;
    if (node == NULL || node->type != NODE_FILE ||
        root_bytes(copying->copy.from, node, &bytes) != 0)
        return false;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        struct span part;
        size_t length = strlen(marks[i].mark);
        is |= span_at(bytes.span, marks[i].at, length, &part) &&
              memcmp(part.data, marks[i].mark, length) == 0;
    }
    file_bytes_release(&bytes);
    return is;
}

/* An archive of the context is unpacked by ADD. */
static bool lay_archive(struct copying *copying, const char *source, bool *unpacked)
{
    struct assembly *assembly = copying->assembly;
    struct arena *arena = &assembly->arena;
    *unpacked = is_archive(copying, source);
    if (!*unpacked)
        return true;
    struct err err = {0};
    const char *path =
        arena_format(arena, "tar:%s%s", assembly->context_path, path_clean("/", source, arena));
    struct root *root = assembly_keep(assembly, source_open(path, NULL, &err));
    if (root == NULL) { /* compressed, and no archive: it is copied */
        *unpacked = false;
        return true;
    }
    struct copy copy = copying->copy;
    copying->copy.from = root;
    copying->copy.without = NULL; /* --exclude is not asked of what is unpacked */
    copying->copy.to = arena_format(arena, "%s/", copying->step->to);
    bool laid = lay(copying, "/");
    copying->copy = copy;
    return laid;
}

/* One path that is no pattern. What --exclude does with a file that is named, or that a pattern of
 * the instruction matches, BuildKit's documentation and its code tell apart (moby/buildkit#5489).
 */
static bool lay_path(struct copying *copying, const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    const struct ignore *without = copying->copy.without;
    bool unpacked = false;
    int error;
    if (copying->step->unpack && !lay_archive(copying, path, &unpacked))
        return false;
    if (!unpacked && !lay(copying, path))
        return false;
    const char *clean = path_clean("/", path, &copying->assembly->arena);
    const struct node *node =
        root_lookup(copying->copy.from, NULL, clean, NULL, LOOKUP_FOLLOW, &error);
    bool file = node != NULL && node->type != NODE_DIR;
    if (!unpacked && without != NULL && file &&
        (ignore_leaves_out(without, name) || ignore_leaves_out(without, clean + 1)))
        leave_file_gap(copying, GAP_COPY, path);
    return true;
}

static bool lay_one(struct copying *copying, const char *source)
{
    const struct step *step = copying->step;
    bool pattern = glob_has_wildcard(source, strlen(source));
    const char *const *paths;
    size_t count;
    struct err err = {0};
    if (step->parents)
        return lay_with_parents(copying, source);
    if (!pattern)
        return lay_path(copying, source);
    if (!step->unpack && step->excludes == NULL)
        return lay(copying, source);
    if (!root_matches(copying->copy.from, path_clean("/", source, &copying->assembly->arena),
                      &copying->assembly->arena, &paths, &count, &err))
        return fail(copying, err.text);
    copying->copy.literal = true;
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++)
        ok = lay_path(copying, paths[i]);
    copying->copy.literal = false;
    return ok;
}

static bool lay_heredoc(struct copying *copying, const struct copy_source *source)
{
    const struct made_file file = {.path = source->path, .text = source->content, .mode = 0644};
    struct copy copy = copying->copy;
    copying->copy.from = assembly_files(copying->assembly, &file, 1, copying->err);
    bool laid = copying->copy.from != NULL &&
                lay(copying, arena_format(&copying->assembly->arena, "/%s", source->path));
    copying->copy = copy;
    return laid;
}

/* ---- what lies on the network ---- */

static bool is_http(const char *source)
{
    return strncmp(source, "http://", 7) == 0 || strncmp(source, "https://", 8) == 0;
}

/* ParseGitRef: a repository, whose files are copied. */
static bool is_git(const char *source)
{
    size_t path = strcspn(source, "#?");
    if (is_http(source))
        return path > 4 && strncmp(source + path - 4, ".git", 4) == 0;
    return strncmp(source, "git@", 4) == 0 || strncmp(source, "git://", 6) == 0 ||
           strncmp(source, "ssh://", 6) == 0;
}

/* The name of the file that comes from an address: path.Base of its path. */
static const char *name_of_address(const char *address, struct arena *arena)
{
    const char *path = strstr(address, "://") + 3;
    path += strcspn(path, "/?#");
    size_t length = strcspn(path, "?#"), start;
    while (length != 0 && path[length - 1] == '/')
        length--;
    for (start = length; start != 0 && path[start - 1] != '/';)
        start--;
    return start < length ? arena_copy(arena, path + start, length - start) : "__unnamed__";
}

/* A file is known by its name and mode, 0600 (source/http of BuildKit), and by nothing else. */
static bool lay_remote(struct copying *copying, const char *source)
{
    struct arena *arena = &copying->assembly->arena;
    const struct flag *unpack = instruction_flag(copying->step->instruction, "unpack");
    if (is_git(source) || unpack != NULL) {
        leave_gap(copying, GAP_REMOTE, NULL)->name = source;
        return true;
    }
    const struct made_file file = {.path = name_of_address(source, arena), .mode = 0600};
    struct copy copy = copying->copy;
    copying->copy.from = assembly_files(copying->assembly, &file, 1, copying->err);
    copying->copy.literal = true;
    copying->copy.without = NULL;
    const char *path = arena_format(arena, "/%s", file.path);
    bool laid = copying->copy.from != NULL && lay(copying, path);
    copying->copy = copy;
    struct gap *gap = leave_file_gap(copying, GAP_REMOTE, path);
    gap->name = source;
    gap->mode_known = true;
    return laid;
}

/* ---- the build context ---- */

static bool is_there(struct copying *copying, struct root *root, const char *source)
{
    int error;
    if (glob_has_wildcard(source, strlen(source)))
        return true;
    return root_lookup(root, NULL, path_clean("/", source, &copying->assembly->arena), NULL,
                       LOOKUP_FOLLOW, &error) != NULL;
}

/* The files may be elsewhere (--context), unless they are only kept from willrun. */
static bool leave_context_gap(struct copying *copying, struct root *context, const char *source)
{
    const char *path;
    int error = root_trouble(context, &path);
    if (error != 0)
        return fail(copying, arena_format(&copying->assembly->arena,
                                          "%s in the build context cannot be read: %s", path,
                                          err_text(error)));
    leave_gap(copying, GAP_CONTEXT, source)->name = source;
    return true;
}

static bool copy_from_context(struct copying *copying, const struct copy_source *source)
{
    if (source->heredoc != NULL)
        return lay_heredoc(copying, source);
    if (copying->step->instruction->kind == INSTRUCTION_ADD &&
        (is_http(source->path) || is_git(source->path)))
        return lay_remote(copying, source->path);
    struct root *context = assembly_context(copying->assembly, copying->err);
    if (context == NULL)
        return false;
    copying->copy.from = context;
    copying->copy.stage = NULL;
    struct err err = {0}, *told = copying->err;
    copying->err = &err;
    bool laid = is_there(copying, context, source->path) && lay_one(copying, source->path);
    copying->err = told;
    return laid || leave_context_gap(copying, context, source->path);
}

/* Is `path` in the text, as a whole? */
static bool mentions(const char *text, const char *path)
{
    size_t length = strlen(path);
    for (const char *at = strstr(text, path); at != NULL; at = strstr(at + 1, path)) {
        char next = at[length];
        if (next == '\0' || strchr(" \t\n\"'/;&|)", next) != NULL)
            return true;
    }
    return false;
}

/* May the RUN make what is at `path`: for all that is told of it? */
static bool may_make(const struct built *from, const struct instruction *run, const char *path)
{
    for (size_t i = 0; i < from->gaps.count; i++)
        if (from->gaps.at[i].at == run && gap_covers(from->gaps.at[i].path, path))
            return true;
    return false;
}

/* The RUN of the stage that makes what is at `path`: the first that names it, else one of those
 * that may. */
static void find_maker(const struct built *from, const char *path, struct gap *made)
{
    for (size_t i = 0; i < from->runs.count; i++)
        if (path[1] != '\0' && mentions(from->runs.at[i].text, path)) {
            made->cause = from->runs.at[i].at;
            return;
        }
    const struct instruction *first = NULL, *last = NULL;
    for (size_t i = 0; i < from->runs.count; i++) {
        const struct instruction *run = from->runs.at[i].at;
        if (may_make(from, run, path)) {
            first = first != NULL ? first : run;
            last = run;
        }
    }
    if (first == NULL && made->cause == NULL && from->runs.count != 0) { /* by packages */
        first = from->runs.at[0].at;
        last = from->runs.at[from->runs.count - 1].at;
    }
    if (first != NULL) {
        made->cause = first;
        made->until = last != first ? last : NULL;
    }
}

/* The cause in the stage becomes that of the gap here. */
static struct gap *pass_gap_on(struct copying *copying, const struct built *from,
                               const struct gap *gap, const char *source)
{
    bool image = gap->kind == GAP_IMAGE || gap->kind == GAP_ADDS;
    struct gap *made = leave_gap(copying, image ? GAP_IMAGE : GAP_STAGE, source);
    made->name = image && from->from == NULL ? from->image : from->name;
    if (from->from != NULL)
        made->kind = GAP_STAGE;
    made->cause = gap->at;
    made->from = from;
    if (from->from != NULL && (gap->path[1] == '\0' || gap->at == NULL))
        find_maker(from, path_clean("/", source, &copying->assembly->arena), made);
    return made;
}

/* The folder that everything which a pattern matches is in: "/out" of "/out/lib*.so". */
static const char *folder_of_pattern(const char *path, struct arena *arena)
{
    size_t length = strcspn(path, "*?[\\");
    while (length > 1 && path[length - 1] != '/')
        length--;
    return arena_copy(arena, path, length > 1 ? length - 1 : 1);
}

static bool copy_from_built(struct copying *copying, const struct built *from, const char *source)
{
    struct arena *arena = &copying->assembly->arena;
    const char *path = path_clean("/", source, arena);
    int error;
    bool pattern = glob_has_wildcard(path, strlen(path));
    if (pattern)
        path = folder_of_pattern(path, arena);
    const struct node *node = root_lookup(from->root, NULL, path, NULL, LOOKUP_FOLLOW, &error);
    const struct gap *gap = pattern ? built_gap(from, path, 0, true) : NULL;
    if (gap == NULL)
        gap = built_gap_around(from, path, node);
    if (pattern)
        node = NULL; /* what matches need not be there */
    bool profile = !from->given && from->image != NULL && strcmp(from->image, "scratch") != 0;
    struct gap missing = {.kind = GAP_IMAGE, .path = "/"};
    if (gap == NULL && node == NULL && profile)
        gap = &missing; /* a profile need not have every file of the image */
    copying->copy.from = from->root;
    copying->copy.stage = from->name;
    if (node != NULL || gap == NULL)
        if (!lay_one(copying, source))
            return false;
    const struct gap *adds = gap == NULL && node != NULL && node->type == NODE_DIR
                                 ? built_gap(from, path, 0, true)
                                 : NULL;
    if (gap != NULL)
        pass_gap_on(copying, from, gap, source);
    else if (adds != NULL && adds->only == NULL) /* a folder in which more may be */
        pass_gap_on(copying, from, adds, source)->adds = true;
    return true;
}

/* What an instruction copies from; NULL with an error. */
static struct built *find_from(struct copying *copying)
{
    const struct build_origin *from = &copying->step->from;
    return from->kind == ORIGIN_STAGE
               ? assembly_stage(copying->assembly, from->stage, copying->err)
               : assembly_image(copying->assembly, from->image, copying->err);
}

static bool set_mode(struct copying *copying)
{
    const char *mode = copying->step->mode;
    copying->copy.mode = -1;
    if (mode == NULL)
        return true;
    if (!mode_parse(mode, &copying->copy.mode))
        return fail(copying, arena_format(&copying->assembly->arena,
                                          "--chmod=%s: expected an octal number, or changes as "
                                          "u+x,go=rX",
                                          mode));
    copying->copy.changes = copying->copy.mode < 0 ? mode : NULL;
    return true;
}

/* An owner that is not there yet, because of a gap, is one whom nobody is. */
static bool set_owner(struct copying *copying)
{
    struct err err = {0};
    struct copy *copy = &copying->copy;
    const char *owner = copying->step->owner;
    copy->owned = copying->step->from_context || owner != NULL;
    enum user_answer answer =
        owner != NULL ? user_owner(copying->built->facts, owner, &copy->uid, &copy->gid, &err)
                      : USER_FOUND;
    if (answer == USER_MISSING)
        copy->uid = copy->gid = INT32_MAX;
    return answer != USER_UNREAD || fail(copying, err.text);
}

/* The patterns of --exclude, as patternmatcher takes them. False: one is not followed. */
static bool read_excludes(struct copying *copying, struct ignore *without)
{
    struct arena *arena = &copying->assembly->arena;
    const char *lines = "";
    for (const char *const *at = copying->step->excludes; *at != NULL; at++) {
        if (**at == '/' || **at == '#' || **at == '!' || strchr(*at, '\n') != NULL ||
            strstr(*at, "..") != NULL)
            return false;
        lines = arena_format(arena, "%s%s\n", lines, *at);
    }
    ignore_read((struct span){(const unsigned char *)lines, strlen(lines)}, arena, without);
    return true;
}

bool copies_apply(struct assembly *assembly, struct built *built, const struct step *step,
                  struct err *err)
{
    struct copying copying = {.assembly = assembly, .built = built, .step = step, .err = err};
    copying.copy = (struct copy){.to = step->to, .workdir = step->workdir};
    if (step->source_count > 1 && step->to[strlen(step->to) - 1] != '/')
        copying.copy.to = arena_format(&assembly->arena, "%s/", step->to);
    if (!set_mode(&copying) || !set_owner(&copying))
        return false;
    struct ignore without = {0};
    copying.copy.without =
        step->excludes != NULL && read_excludes(&copying, &without) ? &without : NULL;
    struct built *from = NULL;
    bool done = step->from_context || (from = find_from(&copying)) != NULL;
    for (size_t i = 0; done && i < step->source_count; i++) {
        const struct copy_source *source = &step->sources[i];
        done = from == NULL || source->heredoc != NULL
                   ? copy_from_context(&copying, source)
                   : copy_from_built(&copying, from, source->path);
    }
    if (done && step->excludes != NULL && copying.copy.without == NULL)
        leave_gap(&copying, GAP_COPY, NULL); /* behind what it lays, which may not be there */
    vec_free(&without);
    return done;
}
