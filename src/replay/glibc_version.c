/* Version needs held against version definitions: glibc elf/dl-version.c. */
#include <string.h>

#include "replay/glibc.h"

/* The object that ld.so takes for the file name of a version need; -1: none. */
static int find_needed(const struct glibc *glibc, const char *file)
{
    for (size_t i = 0; i < glibc->maps.count; i++)
        if (glibc_name_matches(glibc, (int)i, file))
            return (int)i;
    return -1;
}

static bool defines_version(const struct elf_facts *elf, const struct elf_need_version *version)
{
    for (size_t i = 0; i < elf->version_count; i++)
        if (elf->versions[i].hash == version->hash && elf->versions[i].key == version->key)
            return true;
    return false;
}

static void missing(struct glibc *glibc, enum event_kind kind, int object, int by,
                    const struct elf_need_version *version)
{
    struct event *event = replay_event(glibc->replay, kind);
    event->object = object;
    event->by = by;
    event->version = version->name;
    event->weak = version->weak;
}

static void check_need(struct glibc *glibc, int by, const struct elf_need *need)
{
    int object = find_needed(glibc, need->file);
    if (object < 0) {
        struct event *event = replay_event(glibc->replay, EV_VERSION_ASSERT);
        event->by = by;
        event->name = need->file;
        return;
    }
    const struct elf_facts *elf = glibc->replay->objects.at[object].elf;
    if (glibc->maps.at[object].faked || elf == NULL)
        return; /* the missing file is its own finding */
    for (size_t i = 0; i < need->count; i++) {
        if (!elf->has_verdef)
            missing(glibc, EV_VERSION_NO_INFO, object, by, &need->versions[i]);
        else if (!defines_version(elf, &need->versions[i]))
            missing(glibc, EV_VERSION_MISSING, object, by, &need->versions[i]);
    }
}

void glibc_check_versions(struct glibc *glibc)
{
    for (size_t i = 0; i < glibc->maps.count; i++) {
        const struct elf_facts *elf = glibc->replay->objects.at[i].elf;
        if (elf == NULL || glibc->maps.at[i].builtin || glibc->maps.at[i].hosted)
            continue;
        for (size_t j = 0; j < elf->need_count; j++)
            check_need(glibc, (int)i, &elf->needs[j]);
    }
}
