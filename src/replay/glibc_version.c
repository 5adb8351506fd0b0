/* Version needs held against version definitions: glibc elf/dl-version.c. */
#include <elf.h>
#include <string.h>

#include "replay/glibc.h"

/* The object that ld.so takes for the file name of a version need; -1: none. */
static int find_needed(const struct glibc *glibc, const char *file)
{
    for (size_t i = 0; i < glibc->maps.count; i++)
        if (glibc_name_matches(glibc, glibc_nth(glibc, i), file))
            return glibc_nth(glibc, i);
    return -1;
}

static struct event *missing(struct glibc *glibc, enum event_kind kind, int object, int by,
                             const struct elf_need_version *version)
{
    struct event *event = replay_event(glibc->replay, kind);
    event->object = object;
    event->by = by;
    event->version = version->name;
    event->weak = version->weak;
    return event;
}

/* Profiles do not keep it. */
static bool knows_form(const struct loaded *object, size_t at)
{
    uint16_t form = object->elf->versions[at].form;
    return form == VER_DEF_CURRENT || (form == 0 && node_profile(object->node) != NULL);
}

/* match_symbol: it goes through the definitions up to the version, and stops at one of a form that
 * it does not know. */
static void find_version(struct glibc *glibc, int object, int by,
                         const struct elf_need_version *version)
{
    const struct loaded *provider = &glibc->replay->objects.at[object];
    const struct elf_facts *elf = provider->elf;
    for (size_t i = 0; i < elf->version_count; i++) {
        if (!knows_form(provider, i)) {
            struct event *event = missing(glibc, EV_VERSION_MISSING, object, by, version);
            event->refusal = REFUSED_MALFORMED;
            event->number = elf->versions[i].form;
            event->weak = false;
            return;
        }
        if (elf->versions[i].hash == version->hash && elf->versions[i].key == version->key)
            return;
    }
    missing(glibc, EV_VERSION_MISSING, object, by, version);
}

static void check_need(struct glibc *glibc, int by, const struct elf_need *need)
{
    int object = find_needed(glibc, need->file);
    if (object < 0) {
        struct event *event = replay_event(glibc->replay, EV_VERSION_ASSERT);
        event->by = by;
        event->name = need->file;
        event->path = glibc_assertion(glibc, ASSERT_NEEDED);
        return;
    }
    const struct elf_facts *elf = glibc->replay->objects.at[object].elf;
    if (glibc->maps.at[object].faked || elf == NULL)
        return; /* the missing file is its own finding */
    for (size_t i = 0; i < need->count; i++) {
        if (!elf->has_verdef)
            missing(glibc, EV_VERSION_NO_INFO, object, by, &need->versions[i]);
        else
            find_version(glibc, object, by, &need->versions[i]);
    }
}

/* Line of each assertion in elf/dl-version.c and elf/dl-lookup.c, by release: the first
 * that has them so. */
static const struct {
    unsigned minor, needed, match;
} assertions[] = {{39, 204, 106}, {36, 204, 107}, {35, 204, 106}, {32, 205, 105},
                  {28, 205, 111}, {27, 205, 110}, {0, 224, 127}};

const char *glibc_assertion(const struct glibc *glibc, enum glibc_assertion which)
{
    size_t i = 0;
    while (assertions[i].minor > glibc->loader->minor)
        i++;
    if (which == ASSERT_NEEDED)
        return arena_format(glibc->arena,
                            "dl-version.c: %u: _dl_check_map_versions: Assertion `needed != NULL' "
                            "failed!",
                            assertions[i].needed);
    return arena_format(glibc->arena,
                        "dl-lookup.c: %u: check_match: Assertion `version->filename == NULL || ! "
                        "_dl_name_match_p (version->filename, map)' failed!",
                        assertions[i].match);
}

/* From 2.36 on who needs versions, and libc, must ask for DT_RELR by its marker version. */
static void check_relr(struct glibc *glibc, int index, const struct elf_facts *elf)
{
    enum { FIRST_RELEASE = 36 };
    bool needs_libc = false, marked = false;
    if (!elf->has_relr)
        return;
    for (size_t i = 0; i < elf->needed_count; i++)
        needs_libc |= strncmp(elf->needed[i], "libc.so.", strlen("libc.so.")) == 0;
    for (size_t i = 0; i < elf->need_count; i++)
        for (size_t j = 0; j < elf->needs[i].count; j++)
            marked |= strcmp(elf->needs[i].versions[j].name, "GLIBC_ABI_DT_RELR") == 0;
    bool older = glibc->loader->minor < FIRST_RELEASE;
    if (marked || (!older && (!needs_libc || elf->need_count == 0)))
        return;
    struct event *event = replay_event(glibc->replay, EV_REFUSED);
    event->object = index;
    event->by = glibc->replay->objects.at[index].by;
    event->name = glibc->replay->objects.at[index].name;
    event->path = glibc->replay->objects.at[index].path;
    bool crashes = index == glibc->program || elf->relr_init;
    event->refusal = !older ? REFUSED_RELR_MARKER : crashes ? REFUSED_RELR : REFUSED_RELR_DATA;
}

void glibc_check_versions(struct glibc *glibc)
{
    for (size_t i = 0; i < glibc->maps.count; i++) {
        const struct elf_facts *elf = glibc->replay->objects.at[i].elf;
        if (elf == NULL || glibc->maps.at[i].builtin || glibc_checked_before(glibc, (int)i))
            continue;
        for (size_t j = 0; j < elf->need_count; j++)
            check_need(glibc, (int)i, &elf->needs[j]);
        check_relr(glibc, (int)i, elf);
    }
}
