#include "check/host_apache.h"

#include <string.h>

/* What a build of Apache writes in each of its modules (STANDARD20_MODULE_STUFF of
 * include/http_config.h). */
struct build {
    uint32_t cookie;  /* "AP24" as a number; 0: not found */
    uint32_t version; /* MODULE_MAGIC_NUMBER_MAJOR */
};

static uint64_t number_at(const unsigned char *at, size_t size)
{
    uint64_t number = 0;
    while (size-- > 0)
        number = number << 8 | at[size];
    return number;
}

/* Of every Apache 2.4, and so of those in profiles, whose bytes are cut down. */
static const struct build build_of_2_4 = {0x41503234, 20120211};

/* The versions, an index that is not set, and behind three pointers the cookie: of 64 bits and
 * little ends. */
static void find_build(struct span file, struct arena *arena, void *to)
{
    (void)arena;
    struct build *build = to;
    enum { INDEX = 8, COOKIE = 40, SIZE = 48, SERIES = 0x4150 /* "AP" */ };
    static const unsigned char not_set[] = {0xff, 0xff, 0xff, 0xff};
    const unsigned char *at = file.data, *end = file.data + file.size;
    while (at < end && (at = memmem(at, (size_t)(end - at), not_set, sizeof not_set)) != NULL) {
        const unsigned char *start = at - INDEX;
        bool whole = at - file.data >= INDEX && end - at >= SIZE - INDEX;
        uint64_t cookie = whole ? number_at(start + COOKIE, 8) : 0;
        if (cookie >> 16 == SERIES) {
            *build = (struct build){(uint32_t)cookie, (uint32_t)number_at(start, 4)};
            return;
        }
        at++;
    }
}

/* "2.4" of a cookie */
static const char *release_text(const struct build *build, struct arena *arena)
{
    return arena_format(arena, "%c.%c", (char)(build->cookie >> 8), (char)build->cookie);
}

void host_apache_judge(const struct host_judging *judging)
{
    struct build own, host;
    struct arena *arena = judging->findings->arena;
    const char *path = judging->replay->argv0, *program = judging->host->exec.program;
    host_build(judging, judging->replay->objects.at[0].node, find_build, &own, sizeof own);
    if (own.cookie == 0)
        return;
    if (node_profile(judging->host->exec.node) != NULL)
        host = build_of_2_4;
    else
        host_build(judging, judging->host->exec.node, find_build, &host, sizeof host);
    if (host.cookie == 0 || (own.cookie == host.cookie && own.version == host.version))
        return;
    struct willrun_finding *finding = host_refuses(
        judging,
        arena_format(arena,
                     "%s was built for Apache %s (module magic number %u), and %s is %s (%u)", path,
                     release_text(&own, arena), own.version, program, release_text(&host, arena),
                     host.version));
    finding->fix = "Take the module's package of that very release, or build it with its apxs.";
    if (own.cookie == host.cookie)
        words_add(judging->words,
                  arena_format(arena,
                               "is not compatible with this version of Apache (found %u, need %u).",
                               own.version, host.version),
                  arena);
}
