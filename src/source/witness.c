#include "source/witness.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/vec.h"
#include "source/source.h"

enum {
    RACY = 2, /* seconds */
    DEVICES = 32,
    LARGEST = 64 << 20 /* bytes of a file that is read to know it */
};

/* Records: a kind, a name and the digest of the answer, each text with its NUL. */
struct notes VEC(unsigned char);

struct top {
    const char *path;
    struct notes notes;
};

static struct {
    atomic_bool on;
    pthread_mutex_t lock; /* guards all below */
    struct arena arena;
    struct VEC(struct top) tops;
    struct notes others;
    const char *why; /* nothing can be kept; NULL: all holds so far */
    time_t begun;
    struct {
        dev_t device;
        bool timed;
    } devices[DEVICES];
    unsigned device_count;
} witness = {.lock = PTHREAD_MUTEX_INITIALIZER};

bool witness_on(void)
{
    return atomic_load_explicit(&witness.on, memory_order_relaxed);
}

static void put_text(struct notes *notes, const char *text)
{
    vec_append(notes, text, strlen(text) + 1);
}

static void put(struct notes *notes, enum witness_kind kind, const char *name, const char *digest)
{
    *vec_push(notes) = (unsigned char)kind;
    put_text(notes, name);
    put_text(notes, digest);
}

void witness_begin(void)
{
    witness.why = NULL;
    witness.device_count = 0;
    witness.begun = time(NULL);
    atomic_store(&witness.on, true);
}

static void take_all(struct notes *all, struct notes *part)
{
    vec_append(all, part->at, part->count);
    vec_free(part);
}

unsigned char *witness_end(size_t *size, const char **why)
{
    struct notes all = {0};
    atomic_store(&witness.on, false);
    *why = witness.why;
    take_all(&all, &witness.others);
    for (size_t i = 0; i < witness.tops.count; i++) {
        struct top *top = &witness.tops.at[i];
        put(&all, WITNESS_TOP, top->path, "");
        take_all(&all, &top->notes);
    }
    vec_free(&witness.tops);
    arena_free(&witness.arena);
    *size = all.count;
    if (*why == NULL)
        return all.at;
    free(all.at);
    return NULL;
}

/* Under the lock. The first reason is told. */
static void refuse(const char *why)
{
    if (witness.why == NULL)
        witness.why = why;
}

void witness_refuse(const char *why)
{
    if (!witness_on())
        return;
    pthread_mutex_lock(&witness.lock);
    refuse(why);
    pthread_mutex_unlock(&witness.lock);
}

/* ---- facts ---- */

/* Does the filesystem keep times itself? See the header. */
static bool is_timed(long type)
{
    static const uint32_t types[] = {0xef53 /* ext2, ext3, ext4 */,
                                     0x58465342 /* xfs */,
                                     0x9123683e /* btrfs */,
                                     0xf2f52010 /* f2fs */,
                                     0xca451a4e /* bcachefs */,
                                     0x2fc12fc1 /* zfs */,
                                     0x794c7630 /* overlayfs */};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if ((uint32_t)type == types[i])
            return true;
    return false;
}

/* Under the lock: asked once of each device. */
static bool device_is_timed(dev_t device, int dir, const char *name, int flags)
{
    for (unsigned i = 0; i < witness.device_count; i++)
        if (witness.devices[i].device == device)
            return witness.devices[i].timed;
    struct statfs facts;
    int fd = openat(dir, name, O_PATH | O_CLOEXEC | flags);
    bool timed = fd >= 0 && fstatfs(fd, &facts) == 0 && is_timed((long)facts.f_type);
    if (fd >= 0)
        close(fd);
    if (witness.device_count < DEVICES) {
        witness.devices[witness.device_count].device = device;
        witness.devices[witness.device_count++].timed = timed;
    }
    return timed;
}

/* Why the facts of the regular file do not stand for its bytes; NULL: they do. */
static const char *weigh(const struct stat *facts, int dir, const char *name, int flags)
{
    if (facts->st_ctim.tv_sec > witness.begun - RACY)
        return "a file was changed a moment ago";
    pthread_mutex_lock(&witness.lock);
    bool timed = facts->st_ctim.tv_nsec != 0 && device_is_timed(facts->st_dev, dir, name, flags);
    pthread_mutex_unlock(&witness.lock);
    return timed ? NULL : "a filesystem does not tell when files change";
}

static void add_facts(struct sha256 *hash, const struct stat *facts, int error)
{
    uint64_t words[10] = {(uint64_t)error};
    if (error == 0) {
        words[1] = facts->st_dev;
        words[2] = facts->st_ino;
        words[3] = facts->st_mode;
        words[4] = (uint64_t)facts->st_uid << 32 | facts->st_gid;
    }
    if (error == 0 && S_ISREG(facts->st_mode)) {
        words[5] = (uint64_t)facts->st_size;
        words[6] = (uint64_t)facts->st_mtim.tv_sec;
        words[7] = (uint64_t)facts->st_mtim.tv_nsec;
        words[8] = (uint64_t)facts->st_ctim.tv_sec;
        words[9] = (uint64_t)facts->st_ctim.tv_nsec;
    }
    sha256_add(hash, words, sizeof words);
}

void witness_tell(struct sha256 *hash, int dir, const char *name, const struct stat *facts,
                  int error, const char *target)
{
    const char *why = witness_on() && error == 0 && S_ISREG(facts->st_mode)
                          ? weigh(facts, dir, name, O_NOFOLLOW)
                          : NULL;
    if (why != NULL)
        witness_refuse(why);
    sha256_add(hash, name, strlen(name) + 1);
    add_facts(hash, facts, error);
    if (error == 0 && target != NULL)
        sha256_add(hash, target, strlen(target) + 1);
}

/* ---- questions that are no source's ---- */

typedef void digest_of(const char *name, struct sha256 *hash);

static void digest_file(const char *path, struct sha256 *hash)
{
    struct stat facts = {0};
    int error = stat(path, &facts) == 0 ? 0 : errno;
    add_facts(hash, &facts, error);
}

static void digest_bytes(const char *path, struct sha256 *hash)
{
    unsigned char bytes[1 << 14];
    ssize_t count = -1;
    digest_file(path, hash);
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    while (fd >= 0 && (count = read(fd, bytes, sizeof bytes)) > 0)
        sha256_add(hash, bytes, (size_t)count);
    if (count < 0)
        sha256_add(hash, "unreadable", sizeof "unreadable");
    if (fd >= 0)
        close(fd);
}

static void digest_real(const char *path, struct sha256 *hash)
{
    char real[PATH_MAX];
    const char *answer = realpath(path, real) != NULL ? real : strerror(errno);
    sha256_add(hash, answer, strlen(answer) + 1);
}

static void digest_variable(const char *name, struct sha256 *hash)
{
    const char *value = getenv(name);
    if (value != NULL)
        sha256_add(hash, value, strlen(value) + 1);
}

static digest_of *digester(enum witness_kind kind)
{
    return kind == WITNESS_FILE       ? digest_file
           : kind == WITNESS_BYTES    ? digest_bytes
           : kind == WITNESS_REAL     ? digest_real
           : kind == WITNESS_VARIABLE ? digest_variable
                                      : NULL;
}

static void note(enum witness_kind kind, const char *name)
{
    char digest[SHA256_HEX + 1];
    struct sha256 hash;
    if (!witness_on())
        return;
    sha256_begin(&hash);
    digester(kind)(name, &hash);
    sha256_end(&hash, digest);
    pthread_mutex_lock(&witness.lock);
    put(&witness.others, kind, name, digest);
    pthread_mutex_unlock(&witness.lock);
}

void witness_file(const char *path)
{
    struct stat facts;
    if (!witness_on())
        return;
    const char *why =
        stat(path, &facts) == 0 && S_ISREG(facts.st_mode) ? weigh(&facts, AT_FDCWD, path, 0) : NULL;
    if (why != NULL && facts.st_size > LARGEST)
        witness_refuse(why);
    note(why != NULL ? WITNESS_BYTES : WITNESS_FILE, path);
}

void witness_file_in(const char *folder, const char *path)
{
    struct arena arena = {0};
    if (witness_on() && folder != NULL && *folder != 0)
        witness_file(arena_format(&arena, "%s/%s", folder, path));
    arena_free(&arena);
}

void witness_real(const char *path)
{
    note(WITNESS_REAL, path);
}

void witness_variable(const char *name)
{
    note(WITNESS_VARIABLE, name);
}

/* ---- sources ---- */

int witness_folder(const char *top)
{
    if (!witness_on())
        return -1;
    pthread_mutex_lock(&witness.lock);
    struct top *new = vec_push(&witness.tops);
    *new = (struct top){.path = arena_string(&witness.arena, top)};
    int number = (int)(witness.tops.count - 1);
    pthread_mutex_unlock(&witness.lock);
    return number;
}

void witness_found(int folder, enum witness_kind kind, const char *path, struct sha256 *hash)
{
    char digest[SHA256_HEX + 1];
    if (folder < 0 || !witness_on())
        return;
    sha256_end(hash, digest);
    pthread_mutex_lock(&witness.lock);
    put(&witness.tops.at[folder].notes, kind, path, digest);
    pthread_mutex_unlock(&witness.lock);
}

/* ---- is it still so? ---- */

struct record {
    struct source *top; /* NULL: a question that is no source's */
    enum witness_kind kind;
    const char *name, *digest;
};

struct asking {
    struct VEC(struct record) records;
    struct VEC(struct source *) sources;
    atomic_size_t next;
    atomic_bool changed;
};

static bool take_record(struct asking *asking, struct span notes, size_t *at, struct source **top)
{
    const char *name = (const char *)notes.data + *at + 1;
    size_t length = strnlen(name, notes.size - *at - 1);
    if (length == notes.size - *at - 1)
        return false;
    const char *digest = name + length + 1;
    size_t rest = notes.size - *at - 2 - length, size = strnlen(digest, rest);
    if (size == rest)
        return false;
    enum witness_kind kind = notes.data[*at];
    *at += 3 + length + size;
    if (kind != WITNESS_TOP) {
        *vec_push(&asking->records) = (struct record){*top, kind, name, digest};
        bool in_top = kind == WITNESS_LOOK || kind == WITNESS_LIST;
        return size == SHA256_HEX && (in_top ? *top != NULL : digester(kind) != NULL);
    }
    struct err err = {0};
    *top = source_open_dir(name, &err);
    if (*top != NULL)
        *vec_push(&asking->sources) = *top;
    return *top != NULL;
}

static void *ask(void *context)
{
    struct asking *asking = context;
    while (!atomic_load(&asking->changed)) {
        size_t at = atomic_fetch_add(&asking->next, 1);
        if (at >= asking->records.count)
            break;
        const struct record *record = &asking->records.at[at];
        char digest[SHA256_HEX + 1];
        struct sha256 hash;
        sha256_begin(&hash);
        if (digester(record->kind) != NULL)
            digester(record->kind)(record->name, &hash);
        else
            source_dir_digest(record->top, record->kind == WITNESS_LIST, record->name, &hash);
        sha256_end(&hash, digest);
        if (strcmp(digest, record->digest) != 0)
            atomic_store(&asking->changed, true);
    }
    return NULL;
}

static void ask_all(struct asking *asking, unsigned threads)
{
    enum { MOST = 64, FEW = 64 /* records: no thread is worth it */ };
    pthread_t others[MOST];
    unsigned count = 0, wanted = threads < MOST ? threads : MOST;
    if (asking->records.count < FEW)
        wanted = 1;
    while (count + 1 < wanted && pthread_create(&others[count], NULL, ask, asking) == 0)
        count++;
    ask(asking);
    while (count > 0)
        pthread_join(others[--count], NULL);
}

bool witness_holds(struct span notes, unsigned threads)
{
    struct asking asking = {0};
    struct source *top = NULL;
    bool holds = true;
    for (size_t at = 0; holds && at < notes.size;)
        holds = take_record(&asking, notes, &at, &top);
    if (holds) {
        ask_all(&asking, threads);
        holds = !atomic_load(&asking.changed);
    }
    for (size_t i = 0; i < asking.sources.count; i++)
        asking.sources.at[i]->ops->close(asking.sources.at[i]);
    vec_free(&asking.sources);
    vec_free(&asking.records);
    return holds;
}
