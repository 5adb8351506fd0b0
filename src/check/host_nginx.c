#include "check/host_nginx.h"

#include <string.h>

enum { LONGEST_SIGNATURE = 64 };

/* What a build of nginx writes in each of its modules (NGX_MODULE_V1 of src/core/ngx_module.h). */
struct build {
    uint64_t version;                  /* 1022001 is 1.22.1; 0: not found */
    char signature[LONGEST_SIGNATURE]; /* "8,4,8,0000111111010111"; "": not found */
};

static uint64_t number_at(const unsigned char *at)
{
    uint64_t number = 0;
    for (size_t i = 8; i-- > 0;)
        number = number << 8 | at[i];
    return number;
}

/* Two numbers that are not set, no name, two spare numbers, the version: of 64 bits and little
 * ends. */
static void find_version(struct span file, struct build *build)
{
    static const unsigned char start[40] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                            0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    enum { LEAST = 1009000, MOST = 2000000 };
    const unsigned char *at = file.data, *end = file.data + file.size;
    while (at < end && (at = memmem(at, (size_t)(end - at), start, sizeof start)) != NULL) {
        uint64_t number = end - at >= 48 ? number_at(at + sizeof start) : 0;
        if (number >= LEAST && number < MOST) {
            build->version = number;
            return;
        }
        at++;
    }
}

static void find_signature(struct span file, struct build *build)
{
    static const char start[] = "8,4,8,";
    const unsigned char *at = memmem(file.data, file.size, start, sizeof start - 1);
    size_t left = at != NULL ? (size_t)(file.data + file.size - at) : 0;
    size_t length = at != NULL ? strnlen((const char *)at, left) : 0;
    if (length != 0 && length < left && length < LONGEST_SIGNATURE &&
        strspn((const char *)at, "0123456789,") == length)
        memcpy(build->signature, at, length + 1);
}

static void find_build(struct span file, struct arena *arena, void *build)
{
    (void)arena;
    find_version(file, build);
    find_signature(file, build);
}

static const char *release_text(uint64_t version, struct arena *arena)
{
    return arena_format(arena, "%u.%u.%u", (unsigned)(version / 1000000),
                        (unsigned)(version / 1000 % 1000), (unsigned)(version % 1000));
}

static void refuse(const struct host_judging *judging, const struct build *own,
                   const struct build *host)
{
    struct arena *arena = judging->findings->arena;
    const char *path = judging->replay->argv0;
    bool version = own->version != host->version;
    struct willrun_finding *finding = host_refuses(
        judging, arena_format(arena, "%s was built for %snginx %s, and %s is %s", path,
                              version ? "" : "another build of ", release_text(own->version, arena),
                              judging->host->exec.program, release_text(host->version, arena)));
    finding->fix = "Take the module's package of that very release, or build it with the "
                   "configuration that nginx -V tells (--with-compat).";
    words_add(judging->words,
              version ? arena_format(arena, "module \"%s\" version %llu instead of %llu", path,
                                     (unsigned long long)own->version,
                                     (unsigned long long)host->version)
                      : arena_format(arena, "module \"%s\" is not binary compatible", path),
              arena);
}

void host_nginx_judge(const struct host_judging *judging)
{
    struct build own, host;
    host_build(judging, judging->replay->objects.at[0].node, find_build, &own, sizeof own);
    if (own.version == 0)
        return;
    host_build(judging, judging->host->exec.node, find_build, &host, sizeof host);
    if (host.version == 0)
        return;
    bool alike = own.signature[0] == 0 || host.signature[0] == 0 ||
                 strcmp(own.signature, host.signature) == 0;
    if (own.version != host.version || !alike)
        refuse(judging, &own, &host);
}
