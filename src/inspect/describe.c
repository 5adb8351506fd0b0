#include "inspect/describe.h"

#include <string.h>

#include "file/script.h"
#include "inspect/family.h"
#include "inspect/floors.h"
#include "inspect/releases.h"
#include "inspect/scratch.h"
#include "inspect/toolchain.h"
#include "platform/platform.h"

/* Files of debug information keep the headers and none of the bytes; guile and eBPF keep code for
 * machines of their own in ELF files. */
static bool is_loadable(const struct elf_facts *facts)
{
    bool bytes = false;
    for (size_t i = 0; facts->phdrs != NULL && i < facts->phnum; i++)
        bytes |= facts->phdrs[i].p_type == PT_LOAD && facts->phdrs[i].p_filesz != 0;
    return bytes && !(facts->has_dynamic && facts->dynamic_size == 0) &&
           facts->machine != EM_NONE && facts->machine != EM_BPF;
}

/* The largest page of a kernel for which each segment can be mapped: its offset and its address
 * are the same modulo a page (Linux fs/binfmt_elf.c), and p_align is as much (glibc
 * elf/dl-load.c). */
static uint64_t page_size_of(const struct elf_facts *facts)
{
    uint64_t most = 0;
    for (size_t i = 0; is_loadable(facts) && i < facts->phnum; i++) {
        const Elf64_Phdr *segment = &facts->phdrs[i];
        if (segment->p_type != PT_LOAD)
            continue;
        uint64_t apart = (segment->p_vaddr - segment->p_offset) | segment->p_align;
        uint64_t page = apart & -apart; /* the lowest bit */
        if (page == 0)
            continue;
        most = most == 0 || page < most ? page : most;
    }
    return most;
}

/* Without PT_GNU_STACK, x86 gives a stack that may be executed (glibc sysdeps/x86/stackinfo.h). */
static bool has_exec_stack(const struct elf_facts *facts)
{
    bool x86 = facts->machine == EM_386 || facts->machine == EM_X86_64;
    return facts->has_stack ? facts->stack_exec : x86 && facts->phnum != 0;
}

/* A library may have an interpreter, too (libc.so.6): with execute permission it is a program. */
static enum willrun_kind kind_of(const struct elf_details *details, unsigned mode)
{
    const struct elf_facts *facts = details->facts;
    bool program = facts->type == ET_EXEC || (facts->dt_flags_1 & DF_1_PIE) != 0;
    if (facts->type != ET_EXEC && facts->type != ET_DYN)
        return WILLRUN_KIND_OTHER;
    if (facts->interp != NULL)
        program |= facts->soname == NULL || (mode & 0111) != 0;
    else /* static-pie of linkers that do not set DF_1_PIE */
        program |= facts->needed_count == 0 && facts->soname == NULL && facts->entry != 0 &&
                   details->import_count == 0 && (mode & 0111) != 0;
    return program ? WILLRUN_KIND_EXECUTABLE : WILLRUN_KIND_SHARED_OBJECT;
}

static enum willrun_linkage linkage_of(const struct elf_details *details,
                                       const struct willrun_inspected *file)
{
    const struct elf_facts *facts = details->facts;
    if (file->kind != WILLRUN_KIND_EXECUTABLE || facts->interp != NULL ||
        facts->needed_count != 0 || facts->soname != NULL)
        return file->kind == WILLRUN_KIND_OTHER ? WILLRUN_LINKAGE_NONE : WILLRUN_DYNAMIC;
    return facts->type == ET_DYN ? WILLRUN_STATIC_PIE : WILLRUN_STATIC;
}

static void read_dynamic(const struct elf_facts *facts, struct willrun_inspected *file)
{
    file->interpreter = facts->interp;
    file->needed = facts->needed;
    file->needed_count = facts->needed_count;
    file->soname = facts->soname;
    file->rpath = facts->rpath;
    file->runpath = facts->runpath;
    file->libc_only = file->linkage == WILLRUN_DYNAMIC && facts->needed_count != 0;
    for (size_t i = 0; i < facts->needed_count; i++)
        file->libc_only &= family_has(file->libc, facts->needed[i]);
}

static void describe_elf(const struct place *place, struct span bytes, struct arena *arena,
                         struct willrun_inspected *file)
{
    struct elf_details details;
    elf_details_read(arena, bytes, &details);
    const struct elf_facts *facts = details.facts;
    const struct platform *platform = platform_of_elf(facts);
    if (facts->state != ELF_WHOLE)
        file->trouble = arena_format(arena, "it is damaged: at offset %llu there should be %s",
                                     (unsigned long long)facts->trouble_at, facts->trouble);
    else if (place->profile != NULL)
        file->trouble = arena_format(arena,
                                     "it is not whole in %s, a profile: what made it and what it "
                                     "looks for later does not show",
                                     place->profile);
    file->kind = kind_of(&details, place->mode);
    file->machine = platform_machine_name(facts->machine, facts->wide, facts->big);
    file->platform = platform != NULL ? platform->name : NULL;
    if (file->kind == WILLRUN_KIND_OTHER)
        return;
    file->libc = family_of(&details, arena, &file->libc_evidence);
    file->static_libc = family_inside(&details);
    file->linkage = linkage_of(&details, file);
    read_dynamic(facts, file);
    file->page_size = page_size_of(facts);
    file->exec_stack = has_exec_stack(facts);
    file->text_relocations = facts->textrel;
    file->stripped = !details.has_symtab;
    file->debug_info = details.has_dwarf;
    file->build_id = facts->build_id;
    file->package_note = facts->package_note;
    file->dlopen_note = facts->dlopen_note;
    toolchains_read(&details, arena, file);
    floors_read(&details, arena, file);
    releases_read(&details, arena, file);
    policies_read(&details, place->beside, place->context, arena, file);
    scratch_read(&details, arena, file);
}

void describe(const struct place *place, struct span bytes, struct arena *arena,
              struct willrun_inspected *file)
{
    struct script_facts script = {0};
    *file = (struct willrun_inspected){.path = place->path,
                                       .archive = place->archive,
                                       .kind = WILLRUN_KIND_OTHER,
                                       .size = bytes.size};
    if (bytes.size >= SELFMAG && memcmp(bytes.data, ELFMAG, SELFMAG) == 0) {
        describe_elf(place, bytes, arena, file);
    } else if (bytes.size >= 2 && memcmp(bytes.data, "#!", 2) == 0) {
        script_parse(bytes, arena, &script);
        file->kind = WILLRUN_KIND_SCRIPT;
        file->interpreter = script.interpreter;
        file->trouble = script.trouble;
    }
}

bool describe_wants(const struct willrun_inspected *file)
{
    return file->trouble != NULL ||
           (file->machine != NULL && file->kind != WILLRUN_KIND_OTHER && file->page_size != 0);
}
