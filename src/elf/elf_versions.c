/* Version needs and definitions (LSB core, "Symbol Versioning"). */
#include <string.h>

#include "base/hash.h"
#include "base/vec.h"
#include "elf/elf_image.h"

/* Layout of the records, the same for both classes. */
enum { VERNEED_SIZE = 16, VERNAUX_SIZE = 16, VERDEF_SIZE = 20, VERDAUX_SIZE = 8 };
enum { MOST_VERSIONS = 0x8000 }; /* indices have 15 bits */

static const char *name_at(struct elf_image *image, uint32_t offset)
{
    const char *name = elf_string(image, offset);
    if (name == NULL)
        elf_trouble(image, ELF_BAD_DYNAMIC, offset, "a version name inside DT_STRTAB");
    return name != NULL ? arena_string(&image->facts->arena, name) : "";
}

/* The version needs of one library, from the chain of Elf_Vernaux at `at`. */
static void read_need(struct elf_image *image, struct span table, uint64_t at,
                      struct elf_need *need)
{
    struct VEC(struct elf_need_version) versions = {0};
    while (versions.count < MOST_VERSIONS) { /* ld.so does not look at vn_cnt */
        struct span record;
        if (!span_at(table, at, VERNAUX_SIZE, &record)) {
            elf_trouble(image, ELF_BAD_DYNAMIC, at, "a version need inside its segment");
            break;
        }
        struct elf_need_version *version = vec_push(&versions);
        version->hash = elf_u32(image, record, 0);
        version->weak = (elf_u16(image, record, 4) & VER_FLG_WEAK) != 0;
        version->index = elf_u16(image, record, 6) & 0x7fff;
        version->hidden = (elf_u16(image, record, 6) & 0x8000) != 0;
        version->name = name_at(image, elf_u32(image, record, 8));
        version->key = hash_bytes(version->name, strlen(version->name));
        uint32_t next = elf_u32(image, record, 12);
        if (next == 0)
            break;
        at += next;
    }
    struct elf_need_version *kept =
        arena_array(&image->facts->arena, versions.count + 1, sizeof *kept);
    if (versions.count != 0)
        memcpy(kept, versions.at, versions.count * sizeof *kept);
    need->versions = kept;
    need->count = versions.count;
    vec_free(&versions);
}

static void read_needs(struct elf_image *image)
{
    struct span table;
    if (image->tables.verneed == 0)
        return;
    if (!elf_at(image, image->tables.verneed, &table)) {
        elf_trouble(image, ELF_BAD_DYNAMIC, image->tables.verneed, "DT_VERNEED in a segment");
        return;
    }
    struct VEC(struct elf_need) needs = {0};
    for (uint64_t at = 0; needs.count < MOST_VERSIONS;) {
        struct span record;
        if (!span_at(table, at, VERNEED_SIZE, &record)) {
            elf_trouble(image, ELF_BAD_DYNAMIC, at, "a version need inside its segment");
            break;
        }
        struct elf_need *need = vec_push(&needs);
        *need = (struct elf_need){.file = name_at(image, elf_u32(image, record, 4))};
        if (elf_u16(image, record, 0) != VER_NEED_CURRENT)
            elf_trouble(image, ELF_BAD_DYNAMIC, at, "a version need of the known form");
        read_need(image, table, at + elf_u32(image, record, 8), need);
        uint32_t next = elf_u32(image, record, 12);
        if (next == 0)
            break;
        at += next;
    }
    struct elf_need *kept = arena_array(&image->facts->arena, needs.count, sizeof *kept);
    if (needs.count != 0)
        memcpy(kept, needs.at, needs.count * sizeof *kept);
    image->facts->needs = kept;
    image->facts->need_count = needs.count;
    vec_free(&needs);
}

static void read_defs(struct elf_image *image)
{
    struct span table;
    if (!image->facts->has_verdef)
        return;
    if (!elf_at(image, image->tables.verdef, &table)) {
        elf_trouble(image, ELF_BAD_DYNAMIC, image->tables.verdef, "DT_VERDEF in a segment");
        return;
    }
    struct VEC(struct elf_def_version) versions = {0};
    for (uint64_t at = 0; versions.count < MOST_VERSIONS;) {
        struct span record;
        if (!span_at(table, at, VERDEF_SIZE, &record)) {
            elf_trouble(image, ELF_BAD_DYNAMIC, at, "a version definition inside its segment");
            break;
        }
        struct elf_def_version *version = vec_push(&versions);
        version->base = (elf_u16(image, record, 2) & VER_FLG_BASE) != 0;
        version->index = elf_u16(image, record, 4) & 0x7fff;
        version->form = elf_u16(image, record, 0);
        version->hash = elf_u32(image, record, 8);
        version->name = "";
        version->key = 0;
        struct span aux;
        if (!span_at(table, at + elf_u32(image, record, 12), VERDAUX_SIZE, &aux)) {
            elf_trouble(image, ELF_BAD_DYNAMIC, at, "the name of a version inside its segment");
            break;
        }
        uint32_t name = elf_u32(image, aux, 0);
        version->name = name_at(image, name);
        version->key = hash_bytes(version->name, strlen(version->name));
        uint32_t next = elf_u32(image, record, 16);
        if (next == 0)
            break;
        at += next;
    }
    struct elf_def_version *kept = arena_array(&image->facts->arena, versions.count, sizeof *kept);
    if (versions.count != 0)
        memcpy(kept, versions.at, versions.count * sizeof *kept);
    image->facts->versions = kept;
    image->facts->version_count = versions.count;
    vec_free(&versions);
}

void elf_read_versions(struct elf_image *image)
{
    read_needs(image);
    read_defs(image);
}
