#include "source/parts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/sha256.h"
#include "source/witness.h"

/* ---- files ---- */

/* Part by part, so that no link leads out of the folder. An fd, or -1 with errno. */
static int open_below(int dir, const char *path)
{
    char name[NAME_MAX + 1];
    int at = dir;
    for (;;) {
        size_t length = strcspn(path, "/");
        bool last = path[length] == 0;
        if (length == 0 || length > NAME_MAX) {
            errno = ENOENT;
            break;
        }
        memcpy(name, path, length);
        name[length] = 0;
        if (strcmp(name, "..") == 0) {
            errno = ENOENT;
            break;
        }
        int flags = last ? O_RDONLY | O_NONBLOCK | O_NOCTTY : O_PATH | O_DIRECTORY;
        int fd = openat(at, name, flags | O_NOFOLLOW | O_CLOEXEC);
        int error = errno;
        if (at != dir)
            close(at);
        if (fd < 0 || last) {
            errno = error;
            return fd;
        }
        at = fd;
        path += length + 1;
    }
    if (at != dir)
        close(at);
    return -1;
}

/* In a folder; 0 or an errno. */
static int find_file(const struct parts *parts, const char *path, struct range *range)
{
    struct stat stat;
    witness_file_in(parts->name, path);
    int fd = open_below(parts->dir, path);
    if (fd < 0)
        return errno;
    if (fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode)) {
        close(fd);
        return EINVAL;
    }
    *range = (struct range){store_keep(parts->store, fd), 0, (uint64_t)stat.st_size};
    return 0;
}

/* In an archive; 0 or an errno. */
static int find_entry(const struct parts *parts, const char *path, struct range *range)
{
    int error = 0;
    uint32_t id = tree_lookup(parts->tree, path, true, false, &error);
    if (id == ENTRY_NONE)
        return error;
    if (tree_at(parts->tree, id)->type != NODE_FILE)
        return EINVAL;
    const struct content *content = &parts->tree->contents.at[tree_at(parts->tree, id)->value];
    *range = content->kept;
    return content->kept.size == content->size ? 0 : EFBIG;
}

bool parts_have(const struct parts *parts, const char *path)
{
    struct stat stat;
    int error;
    if (parts->tree != NULL)
        return tree_lookup(parts->tree, path, true, false, &error) != ENTRY_NONE;
    witness_file_in(parts->name, path);
    return fstatat(parts->dir, path, &stat, AT_SYMLINK_NOFOLLOW) == 0;
}

bool parts_find(const struct parts *parts, const struct part *part, struct range *range,
                struct err *err)
{
    *range = (struct range){0};
    int error = parts->tree != NULL ? find_entry(parts, part->path, range)
                                    : find_file(parts, part->path, range);
    if (error == EFBIG)
        return err_set(err, WILLRUN_EINPUT,
                       "%s: %s lies where no part of an image does, so that it was not kept of the "
                       "stream: save the image to a file, and name that",
                       parts->name, part->path);
    if (error != 0)
        return err_set(err, WILLRUN_EINPUT, "%s: %s, which the image names, cannot be read: %s",
                       parts->name, part->path,
                       error == EINVAL ? "it is no file" : err_text(error));
    if (part->size >= 0 && (uint64_t)part->size != range->size)
        return err_set(err, WILLRUN_EINPUT,
                       "%s: %s has %llu bytes, and the image says that it has %lld", parts->name,
                       part->path, (unsigned long long)range->size, (long long)part->size);
    return true;
}

const char *parts_blob_path(const struct parts *parts, const char *digest, struct arena *arena,
                            struct err *err)
{
    static const char prefix[] = "sha256:";
    const char *hex = digest + strlen(prefix);
    if (strncmp(digest, prefix, strlen(prefix)) == 0 && strlen(hex) == SHA256_HEX &&
        strspn(hex, "0123456789abcdef") == SHA256_HEX)
        return arena_format(arena, "blobs/sha256/%s", hex);
    err_set(err, WILLRUN_EINPUT, "%s: \"%.100s\" is no digest: expected sha256: and 64 digits",
            parts->name, digest);
    return NULL;
}

/* ---- JSON ---- */

/* At most that many values can be in the text. */
static bool is_modest(struct span text)
{
    size_t values = 0;
    for (size_t i = 0; i < text.size; i++)
        values += text.data[i] == ',' || text.data[i] == '[' || text.data[i] == '{';
    return values <= limit_of(LIMIT_JSON_VALUES);
}

static bool hold_digest(const struct parts *parts, const struct part *part, struct span text,
                        struct err *err)
{
    struct sha256 hash;
    char hex[SHA256_HEX + 1];
    if (part->digest == NULL)
        return true;
    sha256_begin(&hash);
    sha256_add(&hash, text.data, text.size);
    sha256_end(&hash, hex);
    return strcmp(part->digest + strlen("sha256:"), hex) == 0 ||
           err_set(err, WILLRUN_EINPUT,
                   "%s: %s is not what its digest %s says: its own is sha256:%s", parts->name,
                   part->path, part->digest, hex);
}

json_t *parts_json(const struct parts *parts, const struct part *part, struct err *err)
{
    struct range range;
    struct file_bytes bytes;
    json_error_t wrong;
    json_t *json = NULL;
    if (!parts_find(parts, part, &range, err))
        return NULL;
    if (range.size > limit_of(LIMIT_JSON)) {
        err_set(err, WILLRUN_EINPUT, "%s: %s has %llu bytes; willrun reads up to %s of JSON%s",
                parts->name, part->path, (unsigned long long)range.size,
                limit_bytes(LIMIT_JSON).text, limit_hint(LIMIT_JSON));
        return NULL;
    }
    file_bytes_init(&bytes);
    int error = store_bytes(parts->store, range, &bytes);
    if (error != 0)
        err_set(err, WILLRUN_EINPUT, "%s: %s cannot be read: %s", parts->name, part->path,
                err_text(error));
    else if (!is_modest(bytes.span))
        err_set(err, WILLRUN_EINPUT, "%s: %s has more than %llu values: willrun reads no more%s",
                parts->name, part->path, (unsigned long long)limit_of(LIMIT_JSON_VALUES),
                limit_hint(LIMIT_JSON_VALUES));
    else if (hold_digest(parts, part, bytes.span, err) &&
             (json = json_loadb((const char *)bytes.span.data, bytes.span.size, 0, &wrong)) == NULL)
        err_set(err, WILLRUN_EINPUT, "%s: %s is no JSON text: line %d: %s", parts->name, part->path,
                wrong.line, wrong.text);
    file_bytes_release(&bytes);
    return json;
}

/* ---- members ---- */

static bool is_wrong(const char *key, const char *what, const char *expected, struct err *err)
{
    return err_set(err, WILLRUN_EINPUT, "%s: \"%s\" is not %s, as it must be", what, key, expected);
}

bool member_text(const json_t *object, const char *key, const char *what, const char **text,
                 struct err *err)
{
    const json_t *member = json_object_get(object, key);
    *text = json_string_value(member);
    return *text != NULL || member == NULL || json_is_null(member) ||
           is_wrong(key, what, "a text", err);
}

bool member_texts(const json_t *object, const char *key, const char *what, struct arena *arena,
                  const char *const **texts, struct err *err)
{
    const json_t *array;
    *texts = NULL;
    if (!member_array(object, key, what, &array, err) || array == NULL)
        return err->code == WILLRUN_OK;
    size_t count = json_array_size(array);
    const char **list = arena_array(arena, count + 1, sizeof *list);
    for (size_t i = 0; i < count; i++) {
        const char *text = json_string_value(json_array_get(array, i));
        if (text == NULL)
            return is_wrong(key, what, "a list of texts", err);
        list[i] = arena_string(arena, text);
    }
    *texts = list;
    return true;
}

bool member_array(const json_t *object, const char *key, const char *what, const json_t **array,
                  struct err *err)
{
    const json_t *member = json_object_get(object, key);
    *array = json_is_array(member) ? member : NULL;
    return *array != NULL || member == NULL || json_is_null(member) ||
           is_wrong(key, what, "a list", err);
}

bool member_object(const json_t *object, const char *key, const char *what, const json_t **member,
                   struct err *err)
{
    const json_t *found = json_object_get(object, key);
    *member = json_is_object(found) ? found : NULL;
    return *member != NULL || found == NULL || json_is_null(found) ||
           is_wrong(key, what, "an object", err);
}
