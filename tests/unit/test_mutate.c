/* 10,000 mutants of 20 real ELF files: facts are read from each in bounded
 * time, without a read beyond the file (each mutant has its own heap block, so
 * AddressSanitizer sees one byte too far) and without a pointer left into it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fuzz/elf_walk.h"

enum { FILES = 20, MUTANTS = 500, BOUND_SECONDS = 5 };
enum { LARGEST = 1 << 20 }; /* bytes; 10,000 copies of larger files only take time */

/* Part of a file that readers follow. */
struct place {
    size_t offset, size;
};

struct sample {
    char path[256];
    unsigned char *bytes;
    size_t size;
    struct place places[64]; /* header, program headers, dynamic section, its tables, notes */
    size_t place_count;
};

/* Programs and libraries of many kinds and machines first, then whatever there is. */
static const char *const patterns[] = {
    "/proc/self/exe",
    "/usr/bin/bash",
    "/usr/bin/git",
    "/usr/bin/gcc",
    "/usr/bin/python3",
    "/usr/lib/*/libc.so.6",
    "/usr/lib/*/ld-linux*.so.*",
    "/usr/lib/*-linux-musl/libc.so",
    "/usr/lib32/libc.so.6",
    "/usr/libx32/libm.so.6",
    "/usr/lib/*/libstdc++.so.6",
    "/usr/lib/*/libcrypto.so.*",
    "/usr/lib/*/libz.so.1",
    "/usr/lib/*/libpthread.so.0",
    "/usr/lib/*/libsystemd.so.0",
    "/usr/lib/*/libgcc_s.so.1",
    "/usr/lib/*/libelf.so.1",
    "/usr/lib/*/crt1.o",
    "/usr/bin/ld*",
    "/usr/lib/*/lib*.so.*",
    "/usr/bin/*",
};

/* xorshift64*: the same mutants in every run. */
static uint64_t random_next(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}

static size_t random_below(uint64_t *state, size_t bound)
{
    return bound == 0 ? 0 : (size_t)(random_next(state) % bound);
}

static bool read_sample(const char *path, struct sample *sample)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat info;
    if (fd < 0)
        return false;
    bool fits = fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size >= EI_NIDENT &&
                info.st_size <= LARGEST;
    if (fits) {
        sample->size = (size_t)info.st_size;
        sample->bytes = malloc(sample->size);
        assert_non_null(sample->bytes);
        fits = pread(fd, sample->bytes, sample->size, 0) == (ssize_t)sample->size &&
               memcmp(sample->bytes, ELFMAG, SELFMAG) == 0;
        if (!fits)
            free(sample->bytes);
    }
    close(fd);
    snprintf(sample->path, sizeof sample->path, "%s", path);
    return fits;
}

/* Several names may lead to one file. */
static bool already_taken(const struct sample *samples, size_t count)
{
    const struct sample *last = &samples[count];
    for (size_t i = 0; i < count; i++)
        if (samples[i].size == last->size && memcmp(samples[i].bytes, last->bytes, last->size) == 0)
            return true;
    return false;
}

static size_t gather(struct sample *samples)
{
    size_t count = 0;
    for (size_t p = 0; p < sizeof patterns / sizeof *patterns; p++) {
        glob_t found;
        if (glob(patterns[p], 0, NULL, &found) != 0)
            continue;
        for (size_t i = 0; i < found.gl_pathc && count < FILES; i++) {
            if (!read_sample(found.gl_pathv[i], &samples[count]))
                continue;
            if (already_taken(samples, count))
                free(samples[count].bytes);
            else
                count++;
        }
        globfree(&found);
    }
    return count;
}

static void add_place(struct sample *sample, uint64_t offset, uint64_t size)
{
    if (sample->place_count == sizeof sample->places / sizeof *sample->places ||
        offset >= sample->size || size == 0)
        return;
    if (size > sample->size - offset)
        size = sample->size - offset;
    sample->places[sample->place_count++] = (struct place){(size_t)offset, (size_t)size};
}

/* A word of `size` bytes in the machine's own order; the samples of another are
 * mutated in header, program headers and dynamic section alone. */
static uint64_t word_at(const struct sample *sample, size_t offset, size_t size)
{
    uint64_t value = 0;
    if (offset <= sample->size && size <= sample->size - offset)
        memcpy(&value, sample->bytes + offset, size);
    return value;
}

static uint64_t offset_of(const struct elf_facts *facts, uint64_t address)
{
    for (size_t i = 0; i < facts->phnum; i++) {
        const Elf64_Phdr *segment = &facts->phdrs[i];
        if (segment->p_type == PT_LOAD && address >= segment->p_vaddr &&
            address - segment->p_vaddr < segment->p_filesz)
            return segment->p_offset + (address - segment->p_vaddr);
    }
    return UINT64_MAX;
}

static void add_tables(struct sample *sample, const struct elf_facts *facts, struct place dynamic)
{
    size_t word = facts->wide ? 8 : 4;
    for (size_t at = dynamic.offset; at + 2 * word <= dynamic.offset + dynamic.size;
         at += 2 * word) {
        switch (word_at(sample, at, word)) {
        case DT_HASH:
        case DT_STRTAB:
        case DT_SYMTAB:
        case DT_RELA:
        case DT_REL:
        case DT_JMPREL:
        case DT_GNU_HASH &UINT32_MAX:
        case DT_VERSYM &UINT32_MAX:
        case DT_VERDEF &UINT32_MAX:
        case DT_VERNEED &UINT32_MAX:
            add_place(sample, offset_of(facts, word_at(sample, at + word, word)), 256);
            break;
        default:
            break;
        }
    }
}

static void find_places(struct sample *sample)
{
    struct elf_facts *facts = elf_facts_read((struct span){sample->bytes, sample->size}, false);
    add_place(sample, 0, facts->ehsize);
    add_place(sample, facts->phoff, (uint64_t)facts->phnum * facts->phentsize);
    for (size_t i = 0; facts->phdrs != NULL && i < facts->phnum; i++) {
        const Elf64_Phdr *segment = &facts->phdrs[i];
        if (segment->p_type != PT_DYNAMIC && segment->p_type != PT_NOTE &&
            segment->p_type != PT_INTERP && segment->p_type != PT_GNU_PROPERTY)
            continue;
        size_t index = sample->place_count;
        add_place(sample, segment->p_offset, segment->p_filesz);
        if (segment->p_type == PT_DYNAMIC && index < sample->place_count)
            add_tables(sample, facts, sample->places[index]);
    }
    elf_facts_free(facts);
}

static void flip_bit(unsigned char *bytes, size_t at, uint64_t *state)
{
    bytes[at] ^= (unsigned char)(1u << random_below(state, 8));
}

static void set_extreme(unsigned char *bytes, size_t size, size_t at, uint64_t *state)
{
    static const uint64_t extremes[] = {
        0,
        1,
        2,
        0x7f,
        0xff,
        0x7fff,
        0xffff,
        0x10000,
        0x7fffffff,
        0x80000000,
        0xfffffff0,
        0xffffffff,
        INT64_MAX,
        UINT64_MAX,
        UINT64_MAX - 7,
        (uint64_t)INT64_MAX + 1,
        UINT64_C(1) << 32,
    };
    static const size_t widths[] = {2, 4, 8};
    uint64_t value = extremes[random_below(state, sizeof extremes / sizeof *extremes)];
    if (random_below(state, 4) == 0) /* or near the end of the file */
        value = size - 8 + random_below(state, 16);
    size_t width = widths[random_below(state, 3)];
    at &= ~(width - 1);
    if (at < SELFMAG) /* callers look at the magic themselves */
        at = 8;
    if (at <= size && width <= size - at)
        memcpy(bytes + at, &value, width);
}

/* One change of the `size` bytes; returns the size from then on. */
static size_t mutate(const struct sample *sample, unsigned char *bytes, size_t size,
                     uint64_t *state)
{
    const struct place *place = &sample->places[random_below(state, sample->place_count)];
    size_t at = place->offset + random_below(state, place->size);
    if (at < SELFMAG)
        at = SELFMAG;
    switch (random_below(state, 16)) {
    case 0: /* cut anywhere */
        return SELFMAG + random_below(state, size - SELFMAG);
    case 1: /* cut in the middle of something */
        return at < size ? at : size;
    case 2: /* anywhere at all */
        flip_bit(bytes, SELFMAG + random_below(state, size - SELFMAG), state);
        return size;
    case 3:
    case 4:
    case 5:
    case 6:
        if (at < size)
            flip_bit(bytes, at, state);
        return size;
    case 7:
        if (at < size)
            bytes[at] = (unsigned char)random_next(state);
        return size;
    default:
        set_extreme(bytes, size, at, state);
        return size;
    }
}

/* The mutant in a heap block of exactly its size. */
static unsigned char *make_mutant(const struct sample *sample, uint64_t seed, size_t *size)
{
    uint64_t state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    unsigned char *bytes = malloc(sample->size);
    assert_non_null(bytes);
    memcpy(bytes, sample->bytes, sample->size);
    *size = sample->size;
    for (size_t left = 1 + random_below(&state, 4); left > 0 && *size > EI_NIDENT; left--)
        *size = mutate(sample, bytes, *size, &state);
    if (*size < sample->size)
        bytes = realloc(bytes, *size);
    assert_non_null(bytes);
    return bytes;
}

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec * 1e-9;
}

/* Which mutant it is, for where a sanitizer, a broken promise or a hang ends the process. */
static char current[320];

static void say_current(void)
{
    (void)!write(STDERR_FILENO, current, strlen(current));
}

static void on_signal(int number)
{
    say_current();
    signal(number, SIG_DFL);
    raise(number);
}

void __asan_set_death_callback(void (*callback)(void)) __attribute__((weak));

static void announce_deaths(void)
{
    signal(SIGABRT, on_signal);
    signal(SIGALRM, on_signal);
    if (__asan_set_death_callback != NULL)
        __asan_set_death_callback(say_current);
}

static void read_mutant(const struct sample *sample, unsigned mutant, uint64_t seed)
{
    size_t size;
    unsigned char *bytes = make_mutant(sample, seed, &size);
    snprintf(current, sizeof current, "%.255s, mutant %u\n", sample->path, mutant);
    alarm(4 * BOUND_SECONDS);
    double start = now();
    struct elf_facts *facts = elf_facts_read((struct span){bytes, size}, true);
    double took = now() - start;
    free(bytes);
    assert_non_null(facts);
    assert_int_equal(facts->file_size, size);
    volatile size_t sum = walk_elf_facts(facts);
    (void)sum;
    elf_facts_free(facts);
    if (took > BOUND_SECONDS)
        fail_msg("%s, mutant %u: %.1f s", sample->path, mutant, took);
}

static void mutants_of_real_files_are_read_safely(void **context)
{
    (void)context;
    static struct sample samples[FILES];
    announce_deaths();
    size_t count = gather(samples);
    assert_int_equal(count, FILES);
    for (size_t i = 0; i < count; i++) {
        find_places(&samples[i]);
        assert_true(samples[i].place_count > 0);
        for (unsigned mutant = 0; mutant < MUTANTS; mutant++)
            read_mutant(&samples[i], mutant, (uint64_t)i * MUTANTS + mutant);
        free(samples[i].bytes);
    }
    alarm(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mutants_of_real_files_are_read_safely),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
