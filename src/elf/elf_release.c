/* What a libc or a loader says of itself in its strings. Looked for only in
 * files that look like one, for it reads the whole file. */
#include <string.h>

#include "base/hash.h"
#include "base/vec.h"
#include "elf/elf_image.h"

static bool defines(const struct elf_facts *facts, const char *name)
{
    return elf_first_def(facts, name, hash_bytes(name, strlen(name))) != NULL;
}

static bool starts_with(const char *text, const char *prefix)
{
    return text != NULL && strncmp(text, prefix, strlen(prefix)) == 0;
}

/* The parts of a file in the order in which texts are looked for: texts lie where nothing is
 * written or executed, mostly behind the code; at last the whole file. Counts `*at` up from 0;
 * false: no more. */
struct parts {
    size_t at;
    size_t left; /* bytes of segments, which may overlap: no byte is worth two looks */
};

static bool next_part(const struct elf_image *image, struct parts *parts, struct span *part)
{
    const struct elf_facts *facts = image->facts;
    size_t count = facts->phdrs != NULL ? facts->phnum : 0;
    if (parts->at == 0)
        parts->left = image->file.size;
    while (parts->at < count) {
        const Elf64_Phdr *segment = &facts->phdrs[count - ++parts->at];
        if (segment->p_type != PT_LOAD || (segment->p_flags & (PF_W | PF_X)) != 0 ||
            !span_at(image->file, segment->p_offset, segment->p_filesz, part) ||
            part->size > parts->left)
            continue;
        parts->left -= part->size;
        return true;
    }
    *part = image->file;
    return parts->at++ == count;
}

/* Where `words` stand in the file; NULL: nowhere. */
static const unsigned char *find_words(const struct elf_image *image, const char *words)
{
    struct parts parts = {0};
    struct span part;
    const unsigned char *at = NULL;
    while (at == NULL && next_part(image, &parts, &part))
        at = memmem(part.data, part.size, words, strlen(words));
    return at;
}

/* The "N.N[.N]" after `words`. */
static const char *release_after(struct elf_image *image, const char *words)
{
    struct span file = image->file;
    const unsigned char *at = find_words(image, words);
    if (at == NULL)
        return NULL;
    const char *number = (const char *)at + strlen(words);
    size_t left = file.size - (size_t)((const unsigned char *)number - file.data);
    size_t length = 0;
    while (length < left && length < 16 && memchr("0123456789.", number[length], 11) != NULL)
        length++;
    elf_note(image, at, strlen(words) + length);
    while (length > 0 && number[length - 1] == '.')
        length--;
    return length > 0 ? arena_copy(&image->facts->arena, number, length) : NULL;
}

/* ld.so keeps its default directories as one run of NUL-ended strings, each
 * with a slash at both ends (elf/dl-load.c, system_dirs). */
static size_t directory_at(struct span file, size_t at)
{
    enum { LONGEST = 128 };
    size_t end = at;
    if (file.data[at] != '/')
        return 0;
    while (end < file.size && end - at < LONGEST && file.data[end] > ' ' && file.data[end] < 0x7f)
        end++;
    if (end >= file.size || file.data[end] != 0 || end - at < 5 || file.data[end - 1] != '/')
        return 0;
    struct span text = {file.data + at, end - at};
    return memmem(text.data, text.size, "lib", 3) != NULL ? text.size : 0;
}

struct dirs VEC(const char *);

/* The first run of them in `part`. */
static void find_dirs(struct elf_image *image, struct span part, struct dirs *dirs)
{
    for (size_t at = 0; at + 1 < part.size && dirs->count == 0; at++) {
        const unsigned char *slash = memchr(part.data + at, '/', part.size - at);
        if (slash == NULL)
            return;
        at = (size_t)(slash - part.data);
        if (at != 0 && part.data[at - 1] != 0)
            continue;
        for (size_t next = at, length; next < part.size && (length = directory_at(part, next)) != 0;
             next += length + 1) {
            elf_note(image, part.data + next, length + 1);
            *vec_push(dirs) =
                arena_copy(&image->facts->arena, (const char *)part.data + next, length - 1);
        }
    }
}

static void read_system_dirs(struct elf_image *image)
{
    struct elf_facts *facts = image->facts;
    struct dirs dirs = {0};
    struct parts parts = {0};
    struct span part;
    while (dirs.count == 0 && next_part(image, &parts, &part))
        find_dirs(image, part, &dirs);
    const char **kept = arena_array(&facts->arena, dirs.count + 1, sizeof *kept);
    if (dirs.count != 0)
        memcpy(kept, dirs.at, dirs.count * sizeof *kept);
    facts->system_dirs = kept;
    facts->system_dir_count = dirs.count;
    vec_free(&dirs);
}

/* The length of the release at the start of musl's version: "1.2.3" (src/internal/version.c), where
 * it was built of a state between two releases with that behind it, "1.2.4_git20230717" or
 * "1.2.4-git-25-g0123456". 0: it is none. */
static size_t release_length(const char *text)
{
    enum { SHORTEST = 5 };
    size_t length = strspn(text, "0123456789.");
    bool ends = text[length] == 0 || starts_with(text + length, "_git") ||
                starts_with(text + length, "-git");
    return length >= SHORTEST && ends && strchr(text + 2, '.') != NULL ? length : 0;
}

static bool is_digit_or_dot(unsigned char byte)
{
    return byte == '.' || (byte >= '0' && byte <= '9');
}

/* musl's version is a text of its own; what lies before it need not be one, and may end without a
 * zero. */
static const char *musl_version(struct elf_image *image)
{
    enum { LONGEST = 64 };
    static const char start[] = "1.";
    struct span file = image->file;
    for (size_t at = 0; at < file.size; at++) {
        const unsigned char *found =
            memmem(file.data + at, file.size - at, start, sizeof start - 1);
        if (found == NULL)
            return NULL;
        at = (size_t)(found - file.data);
        const char *text = (const char *)found;
        size_t room = file.size - at < LONGEST ? file.size - at : LONGEST;
        if (memchr(text, 0, room) == NULL || (at != 0 && is_digit_or_dot(found[-1])))
            continue;
        size_t length = release_length(text);
        if (length != 0) {
            elf_note(image, text, strlen(text) + 1);
            return arena_copy(&image->facts->arena, text, length);
        }
    }
    return NULL;
}

/* The names of large-file functions that only musl's loader still knows (1.2.4
 * and later) are one run of strings that an empty one ends (ldso/dynlink.c). */
static void read_lfs64(struct elf_image *image)
{
    static const char start[] = "aio_cancel\0aio_error\0aio_fsync";
    struct elf_facts *facts = image->facts;
    const unsigned char *at = memmem(image->file.data, image->file.size, start, sizeof start);
    struct VEC(const char *) names = {0};
    for (uint64_t next = at != NULL ? (uint64_t)(at - image->file.data) : image->file.size;;) {
        const char *name = span_text(image->file, next);
        if (name == NULL || *name == 0)
            break;
        elf_note(image, name, strlen(name) + 1);
        *vec_push(&names) = arena_string(&facts->arena, name);
        next += strlen(name) + 1;
    }
    const char **kept = arena_array(&facts->arena, names.count + 1, sizeof *kept);
    if (names.count != 0)
        memcpy(kept, names.at, names.count * sizeof *kept);
    facts->lfs64 = kept;
    facts->lfs64_count = names.count;
    vec_free(&names);
}

/* musl's libc is its own loader: a shared object that needs nothing. */
static bool is_musl(const struct elf_facts *facts)
{
    return facts->needed_count == 0 && defines(facts, "__libc_start_main") &&
           defines(facts, "stdin");
}

void elf_read_release(struct elf_image *image)
{
    struct elf_facts *facts = image->facts;
    if (starts_with(facts->soname, "ld-linux") || starts_with(facts->soname, "ld64.so") ||
        starts_with(facts->soname, "ld.so.1") || defines(facts, "__rtld_version_placeholder")) {
        facts->glibc_release = release_after(image, "stable release version ");
        read_system_dirs(image);
    } else if (starts_with(facts->soname, "libc.so.6")) {
        facts->glibc_release = release_after(image, "stable release version ");
    } else if (is_musl(facts)) {
        facts->musl_release = musl_version(image);
        read_lfs64(image);
    }
}
