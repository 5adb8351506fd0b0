#include "check/wheel.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "plugin/python.h"

static const size_t LARGEST = 8 << 20; /* bytes of a text of .dist-info */

/* ---- .dist-info ---- */

/* Has a RECORD (a line "PATH,HASH,SIZE" a file) the file? */
static bool records(const char *record, const char *below)
{
    size_t length = strlen(below);
    for (const char *line = record; line != NULL && *line != 0;) {
        if (strncmp(line, below, length) == 0 && line[length] == ',')
            return true;
        line = strchr(line, '\n');
        line = line != NULL ? line + 1 : NULL;
    }
    return false;
}

static void read_tags(const char *text, struct arena *arena, struct wheel *wheel)
{
    struct VEC(const char *) tags = {0};
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, "Tag: ", 5) == 0)
            *vec_push(&tags) = arena_copy(arena, line + 5, strcspn(line + 5, "\r\n"));
    }
    const char **kept = arena_array(arena, tags.count + 1, sizeof *kept);
    if (tags.count != 0)
        memcpy(kept, tags.at, tags.count * sizeof *kept);
    wheel->tags = kept;
    wheel->tag_count = tags.count;
    vec_free(&tags);
}

/* The length of NAME-VERSION in the name of a .dist-info folder; 0: it is none. */
static size_t dist_info(const char *name)
{
    static const char ending[] = ".dist-info";
    size_t length = strlen(name), end = strlen(ending);
    return length > end && strcmp(name + length - end, ending) == 0 ? length - end : 0;
}

bool wheel_find(struct facts *facts, const char *path, struct arena *arena, struct wheel *wheel)
{
    const char *below = python_below_path(facts, path, arena);
    const char *site = arena_copy(arena, path, (size_t)(below - path));
    const struct node **nodes;
    size_t count = 0;
    int error;
    const struct node *folder =
        root_lookup(facts_root(facts), NULL, site, NULL, LOOKUP_FOLLOW, &error);
    if (folder == NULL || folder->type != NODE_DIR ||
        root_list(facts_root(facts), folder, arena, &nodes, &count) != 0)
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *name = nodes[i]->name, *dash = strchr(name, '-');
        size_t length = dist_info(name);
        if (length == 0 || dash == NULL || nodes[i]->type != NODE_DIR)
            continue;
        const char *record =
            facts_text_at(facts, arena_format(arena, "%s%s/RECORD", site, name), LARGEST, arena);
        if (record == NULL || !records(record, below))
            continue;
        *wheel = (struct wheel){
            .name = arena_copy(arena, name, (size_t)(dash - name)),
            .version = arena_copy(arena, dash + 1, length - (size_t)(dash + 1 - name))};
        read_tags(
            facts_text_at(facts, arena_format(arena, "%s%s/WHEEL", site, name), LARGEST, arena),
            arena, wheel);
        return wheel->tag_count != 0;
    }
    return false;
}

/* ---- tags ---- */

/* The parts of a tag; false: it has not three. */
static bool split(const char *tag, char python[32], char abi[32], char platform[128])
{
    return sscanf(tag, "%31[^-]-%31[^-]-%127s", python, abi, platform) == 3;
}

static bool fits_python(const char *python, const char *abi, const struct wheel_target *target)
{
    if (strncmp(python, "py", 2) == 0)
        return strncmp(python, "py2", 3) != 0 || strstr(python, "py3") != NULL;
    if (strncmp(python, "cp3", 3) != 0)
        return false;
    unsigned long minor = strtoul(python + 3, NULL, 10);
    if (strcmp(abi, "abi3") == 0)
        return !target->threaded && minor <= target->minor;
    bool threaded = *abi != 0 && abi[strlen(abi) - 1] == 't';
    return minor == target->minor && threaded == target->threaded;
}

/* The second number of a libc's version: of glibc 2.36 and musl 1.2.5 what tags tell. */
static unsigned second_number(const char *version)
{
    const char *dot = version != NULL ? strchr(version, '.') : NULL;
    return dot != NULL ? (unsigned)strtoul(dot + 1, NULL, 10) : 0;
}

/* The number N of "PREFIXN_…"; 0: it is another text. */
static unsigned number_after(const char *text, const char *prefix)
{
    size_t length = strlen(prefix);
    if (strncmp(text, prefix, length) != 0)
        return 0;
    char *end;
    unsigned long number = strtoul(text + length, &end, 10);
    return *end == '_' && number < UINT_MAX ? (unsigned)number : 0;
}

/* The least second number of glibc's version that the platform names; 0: it names none. */
static unsigned glibc_of(const char *platform)
{
    static const struct {
        const char *name;
        unsigned glibc;
    } old[] = {{"manylinux1_", 5}, {"manylinux2010_", 12}, {"manylinux2014_", 17}};
    for (size_t i = 0; i < sizeof old / sizeof *old; i++)
        if (strncmp(platform, old[i].name, strlen(old[i].name)) == 0)
            return old[i].glibc;
    return number_after(platform, "manylinux_2_");
}

static bool ends_with(const char *text, const char *ending)
{
    size_t length = strlen(text), end = strlen(ending);
    return length >= end && strcmp(text + length - end, ending) == 0;
}

static bool fits_platform(const char *platform, const struct wheel_target *target)
{
    unsigned own = second_number(target->libc_version);
    unsigned musl = number_after(platform, "musllinux_1_");
    if (strcmp(platform, "any") == 0)
        return true;
    if (target->machine != NULL && !ends_with(platform, target->machine))
        return false;
    if (strncmp(platform, "manylinux", 9) == 0)
        return target->libc == WILLRUN_LIBC_GLIBC && (own == 0 || glibc_of(platform) <= own);
    if (musl != 0)
        return target->libc == WILLRUN_LIBC_MUSL && (own == 0 || musl <= own);
    return strncmp(platform, "linux_", 6) == 0; /* of this or any other machine's libc */
}

bool wheel_fits(const struct wheel *wheel, const struct wheel_target *target)
{
    for (size_t i = 0; i < wheel->tag_count; i++) {
        char python[32], abi[32], platform[128];
        if (split(wheel->tags[i], python, abi, platform) && fits_python(python, abi, target) &&
            fits_platform(platform, target))
            return true;
    }
    return false;
}

const char *wheel_platform(const struct wheel_target *target, struct arena *arena)
{
    if (target->machine == NULL)
        return NULL;
    if (target->libc == WILLRUN_LIBC_MUSL)
        return arena_format(
            arena, "musllinux_1_%u_%s",
            second_number(target->libc_version) < 2 && target->libc_version != NULL ? 1U : 2U,
            target->machine);
    return target->libc == WILLRUN_LIBC_GLIBC
               ? arena_format(arena, "manylinux2014_%s", target->machine)
               : NULL;
}
