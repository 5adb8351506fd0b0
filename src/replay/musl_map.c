/* What musl makes of an open file: map_library of ldso/dynlink.c. */
#include <errno.h>
#include <string.h>

#include "replay/musl_parts.h"

enum { PAGE = 4096 };

static uint64_t page_down(uint64_t at)
{
    return at & ~(uint64_t)(PAGE - 1);
}

static uint64_t page_up(uint64_t at)
{
    return page_down(at + PAGE - 1);
}

/* Nothing but e_type is asked of a file's first bytes, so one without the magic
 * number may serve as well. */
static const struct elf_facts *facts_without_magic(struct musl *musl, const struct node *node)
{
    struct file_bytes bytes;
    const struct elf_facts *elf = NULL;
    if (root_bytes(facts_root(musl->facts), node, &bytes) != 0)
        return NULL;
    if (bytes.span.size >= sizeof(Elf64_Ehdr)) {
        const unsigned char *type = bytes.span.data + EI_NIDENT;
        unsigned low = type[musl->libc->big ? 1 : 0], high = type[musl->libc->big ? 0 : 1];
        if (high == 0 && (low == ET_DYN || low == ET_EXEC))
            elf = elf_facts_read_in(musl->arena, bytes.span, true, false);
    }
    file_bytes_release(&bytes);
    return elf;
}

/* Pages behind the end of the file are mapped, and touched: the end of a
 * writable segment is cleared up to its page's end, the dynamic section read. */
static bool faults(const struct elf_facts *elf)
{
    uint64_t end = page_up(elf->file_size);
    for (size_t i = 0; i < elf->phnum; i++) {
        const Elf64_Phdr *segment = &elf->phdrs[i];
        uint64_t edge = segment->p_offset + segment->p_filesz;
        bool cleared = segment->p_type == PT_LOAD && (segment->p_flags & PF_W) != 0 &&
                       segment->p_memsz > segment->p_filesz && edge % PAGE != 0;
        if ((cleared && page_down(edge) >= end) ||
            (segment->p_type == PT_DYNAMIC && page_down(segment->p_offset) >= end))
            return true;
    }
    return false;
}

/* Where an object that cannot be moved lies; size 0: it can be. */
struct place {
    uint64_t start, size;
};

static struct place place_of(const struct elf_facts *elf)
{
    uint64_t low = UINT64_MAX, high = 0;
    for (size_t i = 0; elf->type == ET_EXEC && i < elf->phnum; i++) {
        const Elf64_Phdr *segment = &elf->phdrs[i];
        if (segment->p_type != PT_LOAD)
            continue;
        if (segment->p_vaddr < low)
            low = segment->p_vaddr;
        if (segment->p_vaddr + segment->p_memsz > high)
            high = segment->p_vaddr + segment->p_memsz;
    }
    return low < high ? (struct place){page_down(low), page_up(high) - page_down(low)}
                      : (struct place){0};
}

/* Two objects that want the same addresses: the second is "Resource busy". */
static bool is_taken(const struct musl *musl, const struct elf_facts *elf)
{
    struct place place = place_of(elf);
    for (size_t i = 0; place.size != 0 && place.start != 0 && i < musl->replay->objects.count;
         i++) {
        const struct loaded *object = &musl->replay->objects.at[i];
        bool itself = i == 0 && musl->dlopen && object->elf == elf;
        if (object->elf == NULL || object->builtin || object->elf->phdrs == NULL || itself)
            continue;
        struct place other = place_of(object->elf);
        if (place.start < other.start + other.size && other.start < place.start + place.size)
            return true;
    }
    return false;
}

/* Neither the magic number nor the machine is looked at, but another class or
 * byte order shows as nonsense. */
static enum refusal refusal_of(const struct musl *musl, const struct elf_facts *elf)
{
    if (elf == NULL || elf->state == ELF_SHORT_HEADER ||
        (elf->type != ET_DYN && elf->type != ET_EXEC) || elf->phdrs == NULL || !elf->has_dynamic ||
        elf->wide != musl->libc->wide || elf->big != musl->libc->big)
        return REFUSED_NOEXEC;
    if (faults(elf))
        return REFUSED_MALFORMED;
    return elf->has_hash || elf->has_gnu_hash ? REFUSED_NONE : REFUSED_NO_HASH;
}

enum refusal musl_map(struct musl *musl, const struct node *node, const struct elf_facts **elf)
{
    *elf = NULL;
    if (node->type == NODE_FIFO)
        return REFUSED_FIFO;
    if (node->type == NODE_DIR) {
        musl->error = EISDIR;
        return REFUSED_ERRNO;
    }
    if (node->type == NODE_FILE) {
        const struct file_facts *file = facts_of(musl->facts, node);
        if (file->kind == FILE_UNREADABLE) {
            musl->error = file->error;
            return REFUSED_ERRNO;
        }
        *elf = file->kind == FILE_OTHER ? facts_without_magic(musl, node) : file->elf;
    }
    enum refusal refusal = refusal_of(musl, *elf);
    if (refusal == REFUSED_NOEXEC) {
        musl->error = ENOEXEC;
    } else if (refusal == REFUSED_NONE && is_taken(musl, *elf)) {
        musl->error = EBUSY;
        refusal = REFUSED_ERRNO;
    }
    return refusal;
}
