#include "check/host_perl.h"

#include <ctype.h>
#include <string.h>

/* Versions of Perl, "v5.36.0", that a file has as texts: modules give Perl_xs_handshake that of the
 * API (PERL_API_VERSION_STRING), and Perl compares it. Perl has its own release beside it. */
enum { LONGEST_VERSION = 16, VERSIONS = 4 };
struct versions {
    char texts[VERSIONS][LONGEST_VERSION]; /* the last ones "": no more were found */
};

/* "v5.", a number, a dot, a number, as a whole text. */
static bool is_version(const unsigned char *at, size_t left)
{
    size_t length = strnlen((const char *)at, left), dots = 0;
    if (length == left || length >= LONGEST_VERSION)
        return false;
    for (size_t i = 1; i < length; i++)
        if (at[i] == '.')
            dots++;
        else if (!isdigit(at[i]))
            return false;
    return dots == 2 && at[length - 1] != '.';
}

static void find_versions(struct span file, struct arena *arena, void *to)
{
    (void)arena;
    enum { V = 1 };
    static const char start[] = "\0v5.";
    struct versions *versions = to;
    const unsigned char *at = file.data, *end = file.data + file.size;
    size_t count = 0;
    while (count < VERSIONS && (at = span_find((struct span){at, (size_t)(end - at)}, start,
                                               sizeof start - 1, V)) != NULL) {
        at++;
        if (is_version(at, (size_t)(end - at)))
            strcpy(versions->texts[count++], (const char *)at);
    }
}

/* Is it one of them? */
static bool has_version(const struct versions *versions, const char *text)
{
    for (size_t i = 0; i < VERSIONS; i++)
        if (strcmp(versions->texts[i], text) == 0)
            return true;
    return false;
}

static bool are_alike(const struct versions *own, const struct versions *host)
{
    for (size_t i = 0; i < VERSIONS && own->texts[i][0] != 0; i++)
        if (has_version(host, own->texts[i]))
            return true;
    return false;
}

static bool calls_handshake(const struct elf_facts *elf)
{
    for (size_t i = 0; elf != NULL && i < elf->ref_count; i++)
        if (strcmp(elf->refs[i].name, "Perl_xs_handshake") == 0)
            return true;
    return false;
}

/* Those of the program, or of the libperl.so that it loads. */
static void read_host(const struct host_judging *judging, struct versions *versions)
{
    static const char library[] = "libperl.so";
    const struct replay *replay = judging->replay;
    host_build(judging, judging->host->exec.node, find_versions, versions, sizeof *versions);
    for (size_t i = 0; i < replay->objects.count; i++)
        if (replay->objects.at[i].name != NULL &&
            strncmp(replay->objects.at[i].name, library, sizeof library - 1) == 0)
            host_build(judging, replay->objects.at[i].node, find_versions, versions,
                       sizeof *versions);
}

void host_perl_judge(const struct host_judging *judging)
{
    const struct loaded *object = &judging->replay->objects.at[0];
    const char *path = judging->replay->argv0;
    struct versions own, host;
    if (!calls_handshake(object->elf))
        return;
    host_build(judging, object->node, find_versions, &own, sizeof own);
    if (own.texts[0][0] == 0)
        return;
    read_host(judging, &host);
    if (host.texts[0][0] == 0 || are_alike(&own, &host))
        return;
    struct willrun_finding *finding = host_refuses(
        judging, arena_format(judging->findings->arena, "%s was built for Perl %s, and %s is %s",
                              path, own.texts[0], judging->host->exec.program, host.texts[0]));
    finding->fix =
        "Build it with the Perl of the runtime image (cpanm in a stage of that image), or "
        "install that release's package of it.";
}
