#include "check/host_postgres.h"

#include <string.h>

static unsigned number_at(const unsigned char *at)
{
    return at[0] | (unsigned)at[1] << 8 | (unsigned)at[2] << 16 | (unsigned)at[3] << 24;
}

/* The server's major version, 1500 for 15, of the Pg_magic_struct in a file (src/include/fmgr.h):
 * its length, the version, then the limits that every build has but for those that are patched, in
 * numbers of 32 bits and little ends. */
static void find_version(struct span file, struct arena *arena, void *to)
{
    (void)arena;
    static const unsigned char limits[] = {100, 0, 0, 0, 32, 0, 0, 0, 64, 0, 0, 0};
    enum { BEFORE = 8, SHORT = 24, LONG = 56, FIRST = 800, LAST = 9900 };
    const unsigned char *at = file.data, *end = file.data + file.size;
    while ((at = span_find((struct span){at, (size_t)(end - at)}, limits, sizeof limits, 0)) !=
           NULL) {
        unsigned length = at - file.data >= BEFORE ? number_at(at - 8) : 0;
        unsigned version = length != 0 ? number_at(at - 4) : 0;
        if ((length == SHORT || length == LONG) && version >= FIRST && version <= LAST) {
            *(unsigned *)to = version;
            return;
        }
        at++;
    }
}

static unsigned read_version(const struct host_judging *judging, const struct node *node)
{
    unsigned version;
    host_build(judging, node, find_version, &version, sizeof version);
    return version;
}

/* From 10 on the major version is one number. */
static const char *release_text(unsigned version, struct arena *arena)
{
    enum { ONE_NUMBER = 1000 };
    return version >= ONE_NUMBER ? arena_format(arena, "%u", version / 100)
                                 : arena_format(arena, "%u.%u", version / 100, version % 100);
}

void host_postgres_judge(const struct host_judging *judging)
{
    struct arena *arena = judging->findings->arena;
    const char *path = judging->replay->argv0, *server = judging->host->exec.program;
    unsigned own = read_version(judging, judging->replay->objects.at[0].node);
    unsigned host = own != 0 ? read_version(judging, judging->host->exec.node) : 0;
    if (host == 0 || own == host)
        return;
    struct willrun_finding *finding = host_refuses(
        judging, arena_format(arena, "%s was built for PostgreSQL %s, and %s is %s", path,
                              release_text(own, arena), server, release_text(host, arena)));
    finding->fix =
        arena_format(arena, "Take the build of it for PostgreSQL %s (postgresql-%s-NAME).",
                     release_text(host, arena), release_text(host, arena));
}
