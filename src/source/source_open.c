#include "source/source_open.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source/archive_source.h"
#include "source/base.h"
#include "source/formats.h"
#include "source/unpack.h"
#include "source/witness.h"

/* What is asked for. */
struct request {
    const char *spec;
    const char *path;      /* behind the prefix, without the reference */
    const char *reference; /* NULL: none */
    const char *platform;
    bool unverified; /* digests of layers are not looked at */
    struct source_list *list;
    struct err *err;
};

static bool keep(struct request *request, struct source *source)
{
    if (source != NULL)
        *vec_push(request->list) = source;
    return source != NULL;
}

static struct image_choice choice_of(const struct request *request)
{
    return (struct image_choice){request->spec, request->reference, request->platform};
}

/* ---- archives ---- */

enum archive_kind { ARCHIVE_ANY, ARCHIVE_FLAT, ARCHIVE_DOCKER, ARCHIVE_OCI };

/* An open file with an archive in it. */
struct archive_file {
    const char *label;
    int fd;
    bool seekable;
    uint64_t size; /* seekable: bytes */
};

static bool is_image(enum archive_kind kind, const struct parts *parts)
{
    return kind == ARCHIVE_DOCKER || kind == ARCHIVE_OCI ||
           (kind == ARCHIVE_ANY && (docker_archive_is(parts) || oci_layout_is(parts)));
}

static bool open_image(struct request *request, enum archive_kind kind, const struct parts *parts)
{
    struct image_choice choice = choice_of(request);
    if (kind == ARCHIVE_OCI || (kind == ARCHIVE_ANY && !docker_archive_is(parts)))
        return oci_layout_is(parts)
                   ? oci_layout_open(parts, &choice, request->list, request->err)
                   : err_set(request->err, WILLRUN_EINPUT,
                             "%s is no OCI image: it has no oci-layout or no index.json",
                             parts->name);
    return parts_have(parts, "manifest.json")
               ? docker_archive_open(parts, &choice, request->list, request->err)
               : err_set(request->err, WILLRUN_EINPUT,
                         "%s is not what docker save writes: it has no manifest.json", parts->name);
}

static bool read_outer(struct request *request, enum archive_kind kind,
                       const struct archive_file *file, struct archive_source *outer)
{
    struct unpacking unpacking = {.label = file->label,
                                  .tree = &outer->tree,
                                  .notes = &outer->notes,
                                  .profile = &outer->source.profile};
    struct tar_input input = {
        .label = file->label, .store = outer->store, .parts = kind != ARCHIVE_FLAT};
    struct stream *stream = file->seekable ? stream_of_range(file->fd, 0, file->size, file->label)
                                           : stream_of_pipe(file->fd, file->label);
    struct file_bytes bytes;
    struct span head;
    file_bytes_init(&bytes);
    input.range = (struct range){0, 0, file->size};
    bool read = file->seekable ? store_head(outer->store, input.range, &bytes) == 0
                               : stream_peek(stream, CODING_HEAD, &head, request->err);
    if (file->seekable)
        head = bytes.span;
    if (!read || head.size == 0) {
        stream_close(stream);
        return err_set(request->err, WILLRUN_EINPUT, "%s %s", file->label,
                       read ? "is empty: expected a tar archive" : "cannot be read");
    }
    enum coding coding = coding_of(head);
    if (coding != CODING_NONE)
        stream = stream_decoded(stream, coding, NULL);
    if (coding != CODING_NONE || !file->seekable)
        input.stream = stream;
    read = unpack_tar(&unpacking, &input, request->err);
    stream_close(stream);
    return read;
}

static bool open_archive(struct request *request, enum archive_kind kind,
                         const struct archive_file *file, struct store *store)
{
    struct archive_source *outer = archive_source_new(store, request->spec);
    struct parts parts = {.name = file->label,
                          .store = store,
                          .tree = &outer->tree,
                          .dir = -1,
                          .unverified = request->unverified};
    bool opened = read_outer(request, kind, file, outer);
    struct source *source = archive_source_finish(outer);
    if (opened && !is_image(kind, &parts)) {
        if (request->reference == NULL)
            return keep(request, source);
        opened = err_set(request->err, WILLRUN_EINPUT, "%s is no image, so there is no %s in it",
                         file->label, request->reference);
    }
    opened = opened && open_image(request, kind, &parts);
    source->ops->close(source);
    return opened;
}

/* `fd` is closed in any case. */
static bool open_descriptor(struct request *request, enum archive_kind kind, int fd,
                            const char *label)
{
    struct archive_file file = {.label = label, .fd = fd};
    struct stat stat;
    if (fd < 0 || fstat(fd, &stat) != 0) {
        int error = errno;
        if (fd >= 0)
            close(fd);
        return err_set(request->err, WILLRUN_EINPUT, "%s cannot be opened: %s", label,
                       err_text(error));
    }
    struct store *store = store_new();
    store_keep(store, fd);
    /* what is handed over open may stand somewhere in a file: it is read from there */
    file.seekable = S_ISREG(stat.st_mode) && lseek(fd, 0, SEEK_CUR) == 0;
    file.size = file.seekable ? (uint64_t)stat.st_size : 0;
    bool opened = !S_ISDIR(stat.st_mode)
                      ? open_archive(request, kind, &file, store)
                      : err_set(request->err, WILLRUN_EINPUT,
                                "%s is a folder: expected a tar archive", file.label);
    store_release(store);
    return opened;
}

static bool open_file(struct request *request, enum archive_kind kind)
{
    bool standard = strcmp(request->path, "-") == 0;
    if (standard)
        witness_refuse("standard input is read once");
    else
        witness_file(request->path);
    int fd = standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)
                      : open(request->path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
    return open_descriptor(request, kind, fd, standard ? "standard input" : request->path);
}

/* ---- folders ---- */

static bool open_layout(struct request *request)
{
    int dir = open(request->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return err_set(request->err, WILLRUN_EINPUT, "the folder %s cannot be opened: %s",
                       request->path, err_text(errno));
    struct store *store = store_new();
    struct parts parts = {
        .name = request->path, .store = store, .dir = dir, .unverified = request->unverified};
    store_keep(store, dir);
    bool opened = open_image(request, ARCHIVE_OCI, &parts);
    store_release(store);
    return opened;
}

static bool is_layout(const char *path)
{
    int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return false;
    struct parts parts = {.name = path, .dir = dir};
    bool is = oci_layout_is(&parts) && parts_have(&parts, "blobs");
    close(dir);
    return is;
}

/* ---- kinds, by prefix and by content ---- */

static bool open_dir(struct request *request)
{
    return keep(request, source_open_dir(request->path, request->err));
}

static bool open_flat(struct request *request)
{
    return open_file(request, ARCHIVE_FLAT);
}

static bool open_docker(struct request *request)
{
    return open_file(request, ARCHIVE_DOCKER);
}

static bool open_oci_archive(struct request *request)
{
    return open_file(request, ARCHIVE_OCI);
}

/* oci: is a folder; a file is taken, too. */
static bool open_oci(struct request *request)
{
    struct stat status;
    witness_file(request->path);
    bool folder = stat(request->path, &status) != 0 || S_ISDIR(status.st_mode);
    return folder ? open_layout(request) : open_file(request, ARCHIVE_OCI);
}

static bool open_any(struct request *request)
{
    struct stat status;
    if (strcmp(request->path, "-") == 0)
        return open_file(request, ARCHIVE_ANY);
    witness_file(request->path);
    if (stat(request->path, &status) != 0)
        return err_set(request->err, WILLRUN_EINPUT,
                       "%s: %s: expected a folder, a tar archive or an image", request->path,
                       err_text(errno));
    if (!S_ISDIR(status.st_mode))
        return open_file(request, ARCHIVE_ANY);
    return request->reference != NULL || is_layout(request->path) ? open_layout(request)
                                                                  : open_dir(request);
}

static bool open_scratch(struct request *request)
{
    return keep(request, source_open_empty(request->spec));
}

static bool open_base(struct request *request)
{
    return keep(request, source_open_base(request->spec, request->platform, request->err));
}

static const struct kind {
    const char *prefix;
    bool (*open)(struct request *request);
    bool reference; /* FILE:REFERENCE */
} kinds[] = {
    {"dir:", open_dir, false},
    {"base:", open_base, false},
    {"tar:", open_flat, false},
    {"docker-archive:", open_docker, true},
    {"oci-archive:", open_oci_archive, true},
    {"oci-dir:", open_oci, true},
    {"oci:", open_oci, true},
    {"", open_any, true}, /* the last */
};

static const struct kind *kind_of(const char *spec)
{
    const struct kind *kind = kinds;
    while (strncmp(spec, kind->prefix, strlen(kind->prefix)) != 0)
        kind++;
    return kind;
}

/* A path may have colons of its own: the longest that exists is meant. */
static const char *split(const char *text, struct arena *arena, const char **reference)
{
    struct stat status;
    *reference = NULL;
    witness_file(text);
    if (stat(text, &status) == 0)
        return text;
    for (size_t end = strlen(text); end-- > 1;) {
        if (text[end] != ':')
            continue;
        const char *path = arena_copy(arena, text, end);
        witness_file(path);
        if ((strcmp(path, "-") == 0 || stat(path, &status) == 0) && text[end + 1] != 0) {
            *reference = text + end + 1;
            return path;
        }
    }
    return text;
}

static void close_from(struct source_list *list, size_t first)
{
    while (list->count > first) {
        struct source *source = list->at[--list->count];
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): a list holds sources */
        source->ops->close(source);
    }
}

/* A prefix of any other: for an archive that was just saved, and is trusted to be whole. */
#define UNVERIFIED "unverified:"

bool sources_open(const char *spec, const char *platform, struct source_list *list, struct err *err)
{
    struct arena arena = {0};
    bool unverified = strncmp(spec, UNVERIFIED, strlen(UNVERIFIED)) == 0;
    const char *plain = spec + (unverified ? strlen(UNVERIFIED) : 0);
    const struct kind *kind = kind_of(plain);
    struct request request = {
        .spec = spec, .platform = platform, .unverified = unverified, .list = list, .err = err};
    size_t first = list->count;
    request.path = plain + strlen(kind->prefix);
    if (kind->reference)
        request.path = split(request.path, &arena, &request.reference);
    bool opened;
    if (*request.path == 0)
        opened = err_set(err, WILLRUN_EUSAGE, "the source \"%s\" names nothing", spec);
    else
        opened = strcmp(plain, "scratch") == 0 ? open_scratch(&request) : kind->open(&request);
    if (!opened)
        close_from(list, first);
    arena_free(&arena);
    return opened;
}

/* The one source of a list, which it ends; NULL with a sentence where there is none. */
static struct source *only_one(struct source_list *list, const char *spec, struct err *err)
{
    struct source *source = list->count == 1 ? list->at[0] : NULL;
    if (list->count > 1)
        err_set(err, WILLRUN_EINPUT, "%s is for %zu platforms: say for which one", spec,
                list->count);
    if (source == NULL)
        close_from(list, 0);
    vec_free(list);
    return source;
}

struct source *source_open_tar(int fd, const char *path, const char *name, struct err *err)
{
    struct source_list list = {0};
    struct request request = {.spec = name, .path = path, .list = &list, .err = err};
    open_descriptor(&request, ARCHIVE_FLAT, fd, path);
    return only_one(&list, name, err);
}

struct source *source_open(const char *spec, const char *platform, struct err *err)
{
    struct source_list list = {0};
    sources_open(spec, platform, &list, err);
    return only_one(&list, spec, err);
}
