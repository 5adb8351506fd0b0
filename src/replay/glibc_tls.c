/* Static TLS of a running process: what a start laid out, and how much of it
 * dlopen may still give away. glibc elf/dl-tls.c (_dl_determine_tlsoffset) and
 * elf/dl-reloc.c (_dl_try_allocate_static_tls). */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "replay/glibc.h"

enum {
    SURPLUS = 1664,      /* by default, in every release since 2.3 */
    RSEQ_RELEASE = 41,   /* 2.41 lays the area of rseq behind the last block */
    RSEQ_AREA = 32,      /* its size and alignment */
    ALIGNED_RELEASE = 35 /* 2.35 aligns struct pthread for rseq on every machine */
};

/* How a machine lays out the block: sysdeps/MACHINE/nptl/tls.h. */
static const struct layout {
    uint16_t machine;
    bool below;     /* TLS_TCB_AT_TP: the blocks lie below the thread pointer */
    uint64_t tcb;   /* TLS_TCB_SIZE where they lie behind it */
    uint64_t align; /* of struct pthread; 0: as the release says */
} layouts[] = {{EM_X86_64, true, 0, 64}, {EM_386, true, 0, 64},    {EM_S390, true, 0, 0},
               {EM_SPARC, true, 0, 0},   {EM_SPARCV9, true, 0, 0}, {EM_AARCH64, false, 16, 0},
               {EM_ARM, false, 8, 0}};

static const struct layout *layout_of(uint16_t machine)
{
    static const struct layout other = {0};
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++)
        if (layouts[i].machine == machine)
            return &layouts[i];
    return &other;
}

static uint64_t round_up(uint64_t value, uint64_t align)
{
    return align > 1 ? (value + align - 1) / align * align : value;
}

static uint64_t align_of(const struct elf_facts *elf)
{
    return elf->tls_align > 1 ? elf->tls_align : 1;
}

/* One block of the start; the gaps that it leaves are for blocks of the start alone. */
static uint64_t place(const struct tls_room *room, const struct elf_facts *elf)
{
    uint64_t align = align_of(elf), first = -elf->tls_first & (align - 1);
    if (room->below)
        return round_up(room->used + elf->tls_size - first, align) + first;
    uint64_t at = round_up(room->used, align);
    if (at - room->used < first)
        at += align;
    return at + elf->tls_size - first;
}

void glibc_tls_begin(const struct glibc *glibc, struct tls_room *room)
{
    const struct layout *layout = layout_of(glibc->loader->elf->machine);
    bool newer = glibc->loader->minor >= ALIGNED_RELEASE;
    *room = (struct tls_room){.below = layout->below, .used = layout->tcb};
    room->align = layout->align != 0 ? layout->align : newer ? 32 : 16;
    room->taken = arena_array(glibc->arena, glibc->maps.count + 1, sizeof *room->taken);
    for (size_t i = 0; i < glibc->maps.count; i++) {
        const struct elf_facts *elf = glibc->replay->objects.at[i].elf;
        room->taken[i] = glibc_of_host(glibc, (int)i);
        if (elf == NULL || !elf->has_tls || !room->taken[i])
            continue;
        room->used = place(room, elf);
        if (room->align < align_of(elf))
            room->align = align_of(elf);
    }
    if (glibc->loader->minor >= RSEQ_RELEASE)
        room->used = round_up(room->used, RSEQ_AREA) + RSEQ_AREA;
    room->size = round_up(room->used + SURPLUS, room->align);
}

/* Move `used` to what the object needs; false: it does not fit. */
static bool take(struct tls_room *room, const struct elf_facts *elf)
{
    uint64_t align = align_of(elf), left = room->size - room->used;
    if (align > room->align || elf->tls_size > left)
        return false;
    if (room->below) {
        uint64_t needed = elf->tls_size + elf->tls_first;
        if (needed > left)
            return false;
        room->used += left - (left - needed) / align * align - elf->tls_first;
        return true;
    }
    uint64_t used = round_up(room->used - elf->tls_first, align) + elf->tls_first + elf->tls_size;
    if (used > room->size)
        return false;
    room->used = used;
    return true;
}

static void give(struct glibc *glibc, struct tls_room *room, int by, int index)
{
    const struct loaded *object = &glibc->replay->objects.at[index];
    if (index < 0 || room->taken[index] || object->elf == NULL || !object->elf->has_tls)
        return;
    room->taken[index] = true;
    if (take(room, object->elf))
        return;
    struct event *event = replay_event(glibc->replay, EV_REFUSED);
    event->object = index;
    event->by = by;
    event->name = object->name;
    event->path = object->path;
    event->refusal = REFUSED_STATIC_TLS;
}

void glibc_tls_take(struct glibc *glibc, struct tls_room *room, int index)
{
    const struct elf_facts *elf = glibc->replay->objects.at[index].elf;
    if (elf->own_static_tls)
        give(glibc, room, index, index);
    for (size_t i = 0; elf->bound_static_tls && i < elf->ref_count; i++)
        if (elf->refs[i].tls_static)
            give(glibc, room, index, glibc_definer(glibc, elf, &elf->refs[i], NULL));
}
