#include "check/host_perl.h"

#include <ctype.h>
#include <string.h>

/* The version of Perl's API, as modules give it to Perl_xs_handshake and Perl compares it:
 * "v5.36.0". */
enum { LONGEST_VERSION = 16 };
struct version {
    char text[LONGEST_VERSION]; /* "": not found */
};

/* "v5.", a number, a dot, a number, as a whole text. */
static bool take_version(const unsigned char *at, size_t left, struct version *version)
{
    size_t length = strnlen((const char *)at, left), dots = 0;
    if (length == left || length >= LONGEST_VERSION)
        return false;
    for (size_t i = 1; i < length; i++)
        if (at[i] == '.')
            dots++;
        else if (!isdigit(at[i]))
            return false;
    if (dots != 2 || at[length - 1] == '.')
        return false;
    memcpy(version->text, at, length + 1);
    return true;
}

static void find_version(struct span file, struct version *version)
{
    static const char start[] = "\0v5.";
    const unsigned char *at = file.data, *end = file.data + file.size;
    version->text[0] = 0;
    while (at < end && (at = memmem(at, (size_t)(end - at), start, sizeof start - 1)) != NULL &&
           !take_version(at + 1, (size_t)(end - at - 1), version))
        at++;
}

static void read_version(const struct host_judging *judging, const struct node *node,
                         struct version *version)
{
    struct file_bytes bytes;
    version->text[0] = 0;
    if (!host_bytes(judging, node, &bytes))
        return;
    find_version(bytes.span, version);
    file_bytes_release(&bytes);
}

static bool calls_handshake(const struct elf_facts *elf)
{
    for (size_t i = 0; elf != NULL && i < elf->ref_count; i++)
        if (strcmp(elf->refs[i].name, "Perl_xs_handshake") == 0)
            return true;
    return false;
}

/* That of the program, or of the libperl.so that it loads. */
static void read_host(const struct host_judging *judging, struct version *version)
{
    static const char library[] = "libperl.so";
    const struct replay *replay = judging->replay;
    read_version(judging, judging->host->exec.node, version);
    for (size_t i = 0; i < replay->objects.count; i++)
        if (replay->objects.at[i].name != NULL &&
            strncmp(replay->objects.at[i].name, library, sizeof library - 1) == 0)
            read_version(judging, replay->objects.at[i].node, version);
}

void host_perl_judge(const struct host_judging *judging)
{
    const struct loaded *object = &judging->replay->objects.at[0];
    const char *path = judging->replay->argv0;
    struct version own, host;
    if (!calls_handshake(object->elf))
        return;
    read_version(judging, object->node, &own);
    if (own.text[0] == 0)
        return;
    read_host(judging, &host);
    if (host.text[0] == 0 || strcmp(own.text, host.text) == 0)
        return;
    struct willrun_finding *finding =
        finding_add(judging->findings, RULE_HOST_REFUSES, "%s was built for Perl %s, and %s is %s",
                    path, own.text, judging->host->exec.program, host.text);
    finding->object = path;
    finding->needed_by = judging->host->exec.program;
    finding->fix =
        "Build it with the Perl of the runtime image (cpanm in a stage of that image), or "
        "install that release's package of it.";
    judging->words->phase = WILLRUN_PHASE_LOAD;
}
