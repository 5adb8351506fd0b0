#include "cli/cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/unfinished.h"
#include "base/vec.h"
#include "cli/complain.h"
#include "cli/config_file.h"
#include "file/magic.h"
#include "source/witness.h"

/* With the folders above it; 0 or an errno. */
static int make_folder(char *path)
{
    struct stat facts;
    int error = 0;
    for (char *at = path; error == 0 && *at != 0;) {
        at += strspn(at, "/");
        at += strcspn(at, "/");
        char rest = *at;
        *at = 0;
        error = mkdir(path, 0777) == 0 || errno == EEXIST ? 0 : errno;
        *at = rest;
    }
    if (error == 0 || error == EROFS || error == EACCES) /* it may be there all the same */
        error = stat(path, &facts) != 0 ? errno : S_ISDIR(facts.st_mode) ? 0 : ENOTDIR;
    return error;
}

bool cache_prepare(const struct options *options)
{
    struct arena arena = {0};
    if (options->cache == NULL)
        return true;
    int error = make_folder(arena_string(&arena, options->cache));
    arena_free(&arena);
    if (error != 0)
        complain("the folder %s cannot be made for --cache: %s", options->cache, strerror(error));
    return error == 0;
}

/* ---- the name of a question ---- */

static void add_bytes(struct sha256 *hash, const void *bytes, size_t size)
{
    uint64_t length = size; /* so that no two lists of texts are one */
    sha256_add(hash, &length, sizeof length);
    sha256_add(hash, bytes, size);
}

static void add_text(struct sha256 *hash, const char *text)
{
    if (text != NULL)
        add_bytes(hash, text, strlen(text) + 1);
    else
        add_bytes(hash, "", 0);
}

/* The program or a library of it: another build is another file. */
static int add_object(struct dl_phdr_info *info, size_t size, void *hash)
{
    (void)size;
    struct stat facts = {0};
    const char *path = *info->dlpi_name != 0 ? info->dlpi_name : "/proc/self/exe";
    if (stat(path, &facts) != 0) /* that of the kernel is no file */
        return 0;
    uint64_t words[] = {facts.st_dev,
                        facts.st_ino,
                        (uint64_t)facts.st_size,
                        (uint64_t)facts.st_mtim.tv_sec,
                        (uint64_t)facts.st_mtim.tv_nsec,
                        (uint64_t)facts.st_ctim.tv_sec,
                        (uint64_t)facts.st_ctim.tv_nsec};
    add_bytes(hash, words, sizeof words);
    return 0;
}

/* Whose rights decide what can be read, and where relative paths begin. */
static void add_place(struct sha256 *hash)
{
    char folder[PATH_MAX];
    struct utsname machine = {0};
    gid_t groups[NGROUPS_MAX > 1024 ? 1024 : NGROUPS_MAX];
    int count = getgroups(sizeof groups / sizeof *groups, groups);
    uint32_t ids[] = {getuid(), geteuid(), getgid(), getegid()};
    add_bytes(hash, ids, sizeof ids);
    add_bytes(hash, groups, count > 0 ? (size_t)count * sizeof *groups : 0);
    add_text(hash, getcwd(folder, sizeof folder));
    uname(&machine);
    add_text(hash, machine.machine);
    add_text(hash, getenv("WILLRUN_DATA"));
    time_t now = time(NULL);
    uint64_t day = (uint64_t)now / 86400; /* acceptances expire by it */
    add_bytes(hash, &day, sizeof day);
}

/* What does not change the answer, or is told by something else. */
static bool is_beside(const struct option *option)
{
    static const char *const names[] = {"cache",      "cache-size", "output", "jobs",  "progress",
                                        "no-sandbox", "roots",      "shard",  "config"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(option->name, names[i]) == 0)
            return true;
    return false;
}

static void add_options(struct sha256 *hash, const struct options *options)
{
    for (size_t i = 0; i < options->settings.count; i++) {
        const struct setting *setting = &options->settings.at[i];
        if (is_beside(setting->option))
            continue;
        add_text(hash, setting->option->name);
        add_text(hash, setting->value);
    }
    add_text(hash, "--");
    for (size_t i = 0; i < options->paths.count; i++)
        add_text(hash, options->paths.at[i]);
    for (size_t i = 0; options->file != NULL && i < options->file->acceptances.count; i++) {
        const struct willrun_acceptance *of = &options->file->acceptances.at[i];
        const char *const texts[] = {of->rule,   of->path,    of->object,
                                     of->reason, of->expires, of->origin};
        for (size_t j = 0; j < sizeof texts / sizeof *texts; j++)
            add_text(hash, texts[j]);
    }
}

void cache_ask(struct cache *cache, const struct options *options, const char *command,
               const char *root, const struct willrun_style *style)
{
    struct sha256 hash;
    uint32_t looks[] = {style->color, style->unicode, style->width};
    *cache = (struct cache){.options = options};
    /* annotations are written to a file of the step's, too */
    if (options->cache == NULL || options->format->value == WILLRUN_FORMAT_GITHUB)
        return;
    sha256_begin(&hash);
    add_text(&hash, "willrun answer 1 " WILLRUN_VERSION);
    dl_iterate_phdr(add_object, &hash);
    add_place(&hash);
    add_text(&hash, command);
    add_text(&hash, root);
    add_bytes(&hash, looks, sizeof looks);
    add_options(&hash, options);
    sha256_end(&hash, cache->name);
}

/* ---- files ---- */

struct header {
    char magic[16];
    char name[SHA256_HEX];   /* of the question */
    uint64_t notes, written; /* bytes that follow */
    uint64_t status;
};

static const char magic[16] = "willrun answer";

static void digest(struct span first, struct span second, struct span third,
                   char hex[SHA256_HEX + 1])
{
    struct sha256 hash;
    sha256_begin(&hash);
    sha256_add(&hash, first.data, first.size);
    sha256_add(&hash, second.data, second.size);
    sha256_add(&hash, third.data, third.size);
    sha256_end(&hash, hex);
}

static bool read_whole(int fd, unsigned char *to, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t part = read(fd, to + done, size - done);
        if (part < 0 && errno == EINTR)
            continue;
        if (part <= 0)
            return false;
        done += (size_t)part;
    }
    return true;
}

static bool write_whole(int fd, const void *from, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t part = write(fd, (const char *)from + done, size - done);
        if (part < 0 && errno == EINTR)
            continue;
        if (part <= 0)
            return false;
        done += (size_t)part;
    }
    return true;
}

/* The parts of a file that is whole; false: it is not. */
static bool take_apart(const char *name, unsigned char *file, size_t size, struct header *header,
                       struct span *notes, struct span *written)
{
    char hex[SHA256_HEX + 1];
    if (size < sizeof *header + SHA256_HEX)
        return false;
    size_t inside = size - sizeof *header - SHA256_HEX;
    memcpy(header, file, sizeof *header);
    if (memcmp(header->magic, magic, sizeof magic) != 0 ||
        memcmp(header->name, name, SHA256_HEX) != 0 || header->notes > inside ||
        header->written != inside - header->notes || header->status > EXIT_NOT_MET)
        return false;
    *notes = (struct span){file + sizeof *header, (size_t)header->notes};
    *written = (struct span){notes->data + notes->size, (size_t)header->written};
    digest((struct span){file, sizeof *header}, *notes, *written, hex);
    return memcmp(hex, file + size - SHA256_HEX, SHA256_HEX) == 0;
}

/* `name` of the folder, if it is a file to be believed; its size in `*size`. */
static unsigned char *load(const char *path, size_t *size)
{
    struct stat facts;
    unsigned char *file = NULL;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    bool own = fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode) &&
               (facts.st_uid == geteuid() || facts.st_uid == 0);
    if (own && (uint64_t)facts.st_size <= (uint64_t)NUMBER_MOST << 20)
        file = malloc((size_t)facts.st_size + 1);
    *size = (size_t)facts.st_size;
    if (file != NULL && !read_whole(fd, file, *size)) {
        free(file);
        file = NULL;
    }
    if (file != NULL)
        futimens(fd, NULL); /* those that are not asked for go first */
    close(fd);
    return file;
}

static void tell(const struct cache *cache, const char *what, const char *why)
{
    if (cache->options->verbose)
        complain("cache: %s%s", what, why);
}

bool cache_find(struct cache *cache, struct span *written, int *status)
{
    struct arena arena = {0};
    struct header header;
    struct span notes;
    size_t size = 0;
    if (*cache->name == 0)
        return false;
    cache->file = load(arena_format(&arena, "%s/%s", cache->options->cache, cache->name), &size);
    arena_free(&arena);
    if (cache->file == NULL)
        return false;
    unsigned threads = cache->options->threads;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    if (!take_apart(cache->name, cache->file, size, &header, &notes, written)) {
        tell(cache, "a file that is not whole was passed over", "");
        return false;
    }
    if (!witness_holds(notes, threads != 0 ? threads : processors > 0 ? (unsigned)processors : 1)) {
        tell(cache, "what the answer rested on has changed", "");
        return false;
    }
    tell(cache, "the answer was there", "");
    *status = (int)header.status;
    return true;
}

/* ---- room ---- */

struct kept {
    char *path;
    off_t size;
    time_t used;
};

static int by_use(const void *a, const void *b)
{
    const struct kept *left = a, *right = b;
    return (left->used > right->used) - (left->used < right->used);
}

static bool is_temporary(const char *name)
{
    return strncmp(name, ".willrun.", 9) == 0;
}

static bool is_answer(const char *name)
{
    return strspn(name, "0123456789abcdef") == SHA256_HEX && name[SHA256_HEX] == 0;
}

/* Those that were not asked for longest go, and what a process left that was ended. */
static void make_room(const struct cache *cache)
{
    enum { LEFT = 3600 /* seconds */ };
    struct arena arena = {0};
    struct VEC(struct kept) files = {0};
    DIR *dir = opendir(cache->options->cache);
    const struct dirent *entry;
    time_t now = time(NULL);
    uint64_t sum = 0;
    uint64_t most = cache->options->cache_size != 0 ? cache->options->cache_size : CACHE_SIZE;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        struct stat facts;
        if ((!is_answer(entry->d_name) && !is_temporary(entry->d_name)) ||
            fstatat(dirfd(dir), entry->d_name, &facts, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        if (is_temporary(entry->d_name) && now - facts.st_mtime > LEFT)
            unlinkat(dirfd(dir), entry->d_name, 0);
        if (is_temporary(entry->d_name))
            continue;
        sum += (uint64_t)facts.st_size;
        *vec_push(&files) =
            (struct kept){arena_string(&arena, entry->d_name), facts.st_size, facts.st_mtime};
    }
    if (sum > most << 20)
        qsort(files.at, files.count, sizeof *files.at, by_use);
    for (size_t i = 0; i < files.count && sum > most << 20; i++)
        if (unlinkat(dirfd(dir), files.at[i].path, 0) == 0)
            sum -= (uint64_t)files.at[i].size;
    if (dir != NULL)
        closedir(dir);
    vec_free(&files);
    arena_free(&arena);
}

/* ---- keeping ---- */

void cache_begin(const struct cache *cache)
{
    if (*cache->name == 0)
        return;
    witness_begin();
    magic_witness();
}

static bool write_file(const char *path, struct span notes, struct span written, int status)
{
    struct header header = {
        .notes = notes.size, .written = written.size, .status = (uint64_t)status};
    char hex[SHA256_HEX + 1];
    struct arena arena = {0};
    const char *slash = strrchr(path, '/');
    char *temporary = arena_format(&arena, "%.*s/.willrun.XXXXXX", (int)(slash - path), path);
    memcpy(header.magic, magic, sizeof magic);
    memcpy(header.name, slash + 1, SHA256_HEX);
    digest((struct span){(const unsigned char *)&header, sizeof header}, notes, written, hex);
    const struct unfinished unfinished = {.top = temporary};
    unfinished_begin(&unfinished);
    int fd = mkostemp(temporary, O_CLOEXEC);
    bool kept = fd >= 0 && write_whole(fd, &header, sizeof header) &&
                write_whole(fd, notes.data, notes.size) &&
                write_whole(fd, written.data, written.size) && write_whole(fd, hex, SHA256_HEX);
    if (fd >= 0 && close(fd) != 0)
        kept = false;
    kept = kept && rename(temporary, path) == 0;
    if (fd >= 0 && !kept)
        unlink(temporary);
    unfinished_end(&unfinished);
    arena_free(&arena);
    return kept;
}

void cache_keep(const struct cache *cache, struct span written, int status)
{
    struct arena arena = {0};
    struct span notes = {0};
    const char *why;
    if (*cache->name == 0)
        return;
    unsigned char *noted = witness_end(&notes.size, &why);
    notes.data = noted;
    if (noted == NULL)
        tell(cache, "the answer was not kept: ", why);
    else if (write_file(arena_format(&arena, "%s/%s", cache->options->cache, cache->name), notes,
                        written, status))
        make_room(cache);
    else
        tell(cache, "the answer was not kept: ", strerror(errno));
    free(noted);
    arena_free(&arena);
}

void cache_give_up(const struct cache *cache)
{
    size_t size;
    const char *why;
    if (*cache->name != 0)
        free(witness_end(&size, &why));
}

void cache_done(struct cache *cache)
{
    free(cache->file);
    cache->file = NULL;
}
