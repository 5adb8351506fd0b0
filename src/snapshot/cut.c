#include "snapshot/cut.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "elf/elf_cut.h"
#include "replay/marks.h"

enum {
    SCRIPT_KEPT = 4096, /* the shebang line, and the first commands behind it */
    NAMED = 1 << 16,    /* what libmagic names an executable by that is no program */
    SHORTEST = 64,      /* of what is no program only this counts: a whole ELF header or less */
    LOCALE_HEAD = 28,   /* of an archive of locales, up to where its names lie */
    NEAR = 1024,        /* at least two blocks: runs with fewer zeros between them are one */
};

/* Texts that some pass reads whole: replay/memo.c and glibc.c, check/user.c,
 * file/os_release.c. */
static const char *const texts[] = {"/etc/ld.so.cache", "/etc/ld.so.preload",
                                    "/etc/passwd",      "/etc/group",
                                    "/etc/os-release",  "/usr/lib/os-release"};

void kept_texts_find(struct root *root, struct kept_texts *kept)
{
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        int error;
        const struct node *node = root_lookup(root, NULL, texts[i], NULL, LOOKUP_FOLLOW, &error);
        if (node != NULL && node->type == NODE_FILE)
            *vec_push(kept) = node->content;
    }
}

/* musl's path file lies beside its loader's folder, in etc (musl_search.c). */
static bool is_musl_path(const struct node *node)
{
    static const char start[] = "ld-musl-", end[] = ".path";
    size_t length = strlen(node->name);
    return length >= sizeof start + sizeof end - 2 && strcmp(node->parent->name, "etc") == 0 &&
           strncmp(node->name, start, sizeof start - 1) == 0 &&
           strcmp(node->name + length - (sizeof end - 1), end) == 0;
}

static bool is_text(const struct node *node, const struct kept_texts *kept)
{
    for (size_t i = 0; i < kept->count; i++)
        if (kept->at[i] == node->content)
            return true;
    return is_musl_path(node);
}

/* replay/env.c looks for the names of locales in it. */
static bool is_locale_archive(const struct node *node)
{
    return strcmp(node->name, "locale-archive") == 0 && strcmp(node->parent->name, "locale") == 0;
}

static bool is_executable(const struct node *node)
{
    return (node->mode & 0111) != 0;
}

static bool is_elf(struct span file)
{
    return file.size >= SELFMAG && memcmp(file.data, ELFMAG, SELFMAG) == 0;
}

static bool is_script(struct span file)
{
    return file.size >= 2 && memcmp(file.data, "#!", 2) == 0;
}

/* musl maps what has another magic number too, where e_type says that it is a
 * program or a library (replay/musl_map.c). */
static bool is_elf_to_musl(struct span file)
{
    if (file.size < sizeof(Elf64_Ehdr))
        return is_elf(file);
    unsigned low = file.data[EI_NIDENT], high = file.data[EI_NIDENT + 1];
    unsigned type = low != 0 ? low : high;
    return is_elf(file) || ((low == 0 || high == 0) && (type == ET_DYN || type == ET_EXEC));
}

enum file_want cut_wants(struct span head)
{
    return is_elf_to_musl(head) || is_script(head) ? WANT_ALL : WANT_HEAD;
}

bool cut_wants_node(const struct node *node, const struct kept_texts *kept)
{
    return is_executable(node) || is_text(node, kept) || is_locale_archive(node);
}

/* The words by which the replay knows programs, each from the NUL before it. */
static void mark_words(struct span file, unsigned char *seen)
{
    static const struct {
        const char *text;
        size_t size;
    } marks[] = {
#define MARK(text) {text, sizeof(text) - 1},
        MARKS(MARK)
#undef MARK
    };
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        const unsigned char *at = memmem(file.data, file.size, marks[i].text, marks[i].size);
        if (at == NULL)
            continue;
        size_t start = (size_t)(at - file.data), end = start + marks[i].size;
        while (start > 0 && file.data[start - 1] != 0)
            start--;
        memset(seen + start, 1, end - start + (end < file.size));
    }
}

/* The string table of an archive of locales: glibc locale/locarchive.h. */
static bool find_locale_names(struct span file, struct tar_run *run)
{
    /* magic, serial, three of the names' hash, the strings' offset and size */
    uint32_t words[LOCALE_HEAD / sizeof(uint32_t)];
    struct span head, names;
    if (!span_at(file, 0, sizeof words, &head))
        return false;
    memcpy(words, head.data, sizeof words);
    if (words[0] != 0xde020109 || words[5] < TAR_BLOCK ||
        !span_at(file, words[5], words[6], &names))
        return false;
    *run = (struct tar_run){words[5], words[6]};
    return true;
}

/* The blocks of [offset, offset + size), as far as the file has them. */
static void add_run(struct cut *cut, size_t offset, size_t size)
{
    size_t start = offset / TAR_BLOCK * TAR_BLOCK, end = offset + size;
    if (size == 0)
        return;
    end = end < cut->size / TAR_BLOCK * TAR_BLOCK ? (end + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK
                                                  : cut->size;
    *vec_push(&cut->runs) = (struct tar_run){start, end - start};
}

/* Runs of what was seen; few zeros between two cost less than a run more. */
static void add_seen(struct cut *cut, const unsigned char *seen, size_t size)
{
    size_t start = 0, end = 0; /* of the open run */
    for (size_t at = 0; at < size;) {
        const unsigned char *first = memchr(seen + at, 1, size - at);
        if (first == NULL)
            break;
        size_t from = (size_t)(first - seen);
        const unsigned char *last = memchr(first, 0, size - from);
        if (from - end >= NEAR) {
            add_run(cut, start, end - start);
            start = from;
        }
        at = end = last != NULL ? (size_t)(last - seen) : size;
    }
    add_run(cut, start, end - start);
}

static void keep_first(struct cut *cut, struct span file, size_t size)
{
    cut->size = size;
    cut->bytes = file;
    add_run(cut, 0, size);
}

/* The map of what was seen becomes the bytes that were. */
static void cut_elf(struct span file, struct cut *cut)
{
    unsigned char *seen = calloc(file.size, 1);
    if (seen == NULL) { /* a huge file on a small machine: kept whole */
        keep_first(cut, file, file.size);
        return;
    }
    mark_words(file, seen);
    elf_cut(file, seen);
    cut->size = file.size;
    add_seen(cut, seen, file.size);
    for (size_t i = 0; i < cut->runs.count; i++) {
        const struct tar_run *run = &cut->runs.at[i];
        for (size_t at = run->offset; at < run->offset + run->size; at++)
            seen[at] = seen[at] != 0 ? file.data[at] : 0;
    }
    cut->bytes = (struct span){seen, file.size};
    cut->heap = seen;
}

static size_t least(uint64_t a, size_t b)
{
    return a < b ? (size_t)a : b;
}

void cut_file(const struct node *node, const struct kept_texts *kept, struct span file,
              uint64_t size, struct cut *cut)
{
    struct tar_run names;
    *cut = (struct cut){0};
    if (is_elf(file)) {
        cut_elf(file, cut);
    } else if (is_text(node, kept)) {
        keep_first(cut, file, file.size);
    } else if (is_script(file)) {
        keep_first(cut, file, least(file.size, SCRIPT_KEPT));
    } else if (is_locale_archive(node) && find_locale_names(file, &names)) {
        cut->size = file.size;
        cut->bytes = file;
        add_run(cut, 0, LOCALE_HEAD);
        add_run(cut, names.offset, names.size);
    } else if (is_elf_to_musl(file)) {
        cut_elf(file, cut);
    } else if (is_executable(node)) {
        keep_first(cut, file, least(file.size, NAMED));
    } else {
        cut->size = least(size, SHORTEST);
    }
}

void cut_free(struct cut *cut)
{
    free(cut->heap);
    vec_free(&cut->runs);
}
