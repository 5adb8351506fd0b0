/* What one ELF file says: facts for the loaders' replay, made once per content.
 *
 * Facts are read the way a loader reads them: from the program headers and the
 * dynamic section, never from section headers. The header is decoded by the
 * layout that the machine uses, even where e_ident lies (the kernel does not
 * look at EI_CLASS and EI_DATA; ld.so does, so e_ident is kept as it is).
 * Sources: gabi, elf(5), LSB (symbol versions), glibc elf/elf.h. */
#ifndef WILLRUN_ELF_ELF_FACTS_H
#define WILLRUN_ELF_ELF_FACTS_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"

/* How far the file could be read. What a loader makes of it is the loader's to say. */
enum elf_state {
    ELF_WHOLE,
    ELF_SHORT_HEADER, /* magic, but not even a whole header */
    ELF_BAD_HEADER,   /* layout of no known class or byte order */
    ELF_BAD_PHDRS,    /* program headers outside of the file, or of a wrong size */
    ELF_BAD_DYNAMIC,  /* dynamic section or a table it names is outside of the file */
};

/* A version that an object needs of another (Elf_Verneed, Elf_Vernaux). */
struct elf_need_version {
    const char *name; /* "GLIBC_2.34" */
    uint64_t key;     /* hash_bytes of name */
    uint32_t hash;    /* vna_hash as in the file (SysV hash) */
    uint16_t index;   /* vna_other & 0x7fff: what versym refers to */
    bool weak;        /* VER_FLG_WEAK */
    bool hidden;      /* vna_other bit 15 */
};
struct elf_need {
    const char *file; /* name of the providing library, as DT_NEEDED has it */
    const struct elf_need_version *versions;
    size_t count;
};

/* A version that an object defines (Elf_Verdef). */
struct elf_def_version {
    const char *name;
    uint64_t key;
    uint32_t hash;  /* vd_hash */
    uint16_t index; /* vd_ndx */
    uint16_t form;  /* vd_version: VER_DEF_CURRENT is the only known one */
    bool base;      /* VER_FLG_BASE: the object's own name */
};

/* A symbol that other objects may find in this one: it stands in the hash
 * table (DT_GNU_HASH where there is one, else DT_HASH) where a loader looks. */
struct elf_def {
    uint64_t key;       /* hash_bytes of the name */
    uint32_t size;      /* st_size; UINT32_MAX: that much or more */
    uint32_t next;      /* 1 + index of the next definition of that name; 0: none */
    uint16_t versym;    /* as in the file: bit 15 hidden; 1 where there is no versym table */
    uint8_t type, bind; /* STT_, STB_ */
    bool zero : 1;      /* st_value is 0 */
    bool undefined : 1; /* SHN_UNDEF: counts only for references that are not calls */
    bool absolute : 1;  /* SHN_ABS */
    bool guarded : 1;   /* STV_PROTECTED */
    bool internal : 1;  /* STV_HIDDEN or STV_INTERNAL: glibc looks on in other objects */
};

/* When a reference is bound. */
enum elf_when {
    BIND_EAGER = 1, /* data, GLOB_DAT, COPY, TLS …: at start, always */
    BIND_LAZY = 2,  /* jump slots of DT_JMPREL: at the first call, or at start where asked for */
};

/* A symbol that relocations of this object refer to; once per dynsym entry.
 * Local symbols, and those that their visibility binds to the object itself
 * (STV_HIDDEN, STV_INTERNAL), need no lookup and do not stand here. */
struct elf_ref {
    const char *name;
    uint64_t key;          /* hash_bytes of name */
    uint32_t size;         /* st_size in this object (copy relocations compare it), as in elf_def */
    uint16_t version;      /* index of its elf_version */
    uint8_t when;          /* set of enum elf_when */
    uint8_t type, bind;    /* STT_, STB_ of the reference */
    bool call : 1;         /* some relocation is a jump slot */
    bool other : 1;        /* some relocation is neither jump slot nor copy */
    bool copy : 1;         /* some relocation is a copy */
    bool tls : 1;          /* some relocation is a TLS one (module id, offset, descriptor) */
    bool tls_static : 1;   /* some relocation is an initial-exec TLS offset */
    bool defined : 1;      /* st_shndx is not SHN_UNDEF: the object defines it too */
    bool is_protected : 1; /* STV_PROTECTED */
    bool canonical : 1;    /* not defined, and with a value: its PLT entry stands for it */
    uint32_t gnu_hash;     /* of name; 0: not computed */
};

/* What a symbol's version index stands for. */
struct elf_version {
    const char *name; /* NULL: no version */
    const char *file; /* of the version need it belongs to; NULL: own definition */
    uint64_t key;     /* hash_bytes of name; 0: none */
    uint32_t hash;    /* what the file says is elf_hash of name; 0: glibc takes it for none */
    bool hidden;      /* its version need is marked hidden (vna_other bit 15) */
};

/* A relocation type the machine's loader does not know or that a loader
 * refuses; kept only while few. */
struct elf_odd_reloc {
    uint32_t type;
    bool plt;  /* in DT_JMPREL */
    bool lazy; /* only where calls are bound as they are made */
};

struct elf_facts {
    enum elf_state state;
    uint64_t trouble_at; /* offset in the file of what stopped reading; 0: nothing did */
    const char *trouble; /* what was expected there, one phrase; NULL: nothing */
    uint64_t file_size;

    /* header */
    uint8_t ident[EI_NIDENT]; /* as in the file */
    bool wide;                /* 64-bit layout */
    bool big;                 /* big-endian */
    uint16_t type, machine;   /* ET_, EM_ */
    uint32_t version;         /* e_version */
    uint32_t flags;           /* e_flags */
    uint16_t ehsize, phentsize, phnum;
    uint64_t entry, phoff;
    const Elf64_Phdr *phdrs; /* phnum of them, widened; NULL where BAD_PHDRS */

    /* program headers */
    const char *interp;           /* first PT_INTERP's text up to its NUL; NULL: none */
    uint64_t interp_size;         /* its p_filesz; 0: none */
    bool interp_ended;            /* the last byte of the segment is NUL, as the kernel wants */
    bool has_dynamic;             /* PT_DYNAMIC is there */
    bool has_strtab;              /* … and DT_STRTAB in it */
    uint64_t dynamic_size;        /* its p_filesz */
    uint64_t tls_size, tls_align; /* PT_TLS p_memsz, p_align */
    uint64_t tls_first;           /* p_vaddr modulo p_align: where the first byte lies */
    bool has_tls;
    bool has_stack, stack_exec; /* PT_GNU_STACK, and PF_X in it */
    uint64_t load_align;        /* largest p_align of a PT_LOAD; 0: no PT_LOAD */

    /* dynamic section */
    const char *const *needed;
    size_t needed_count;
    const char *soname;          /* NULL: none */
    const char *rpath, *runpath; /* NULL: none; "" is a value */
    const char *musl_path;       /* what musl uses: RUNPATH where there is one, else RPATH */
    const char *const *filters;
    size_t filter_count; /* DT_FILTER */
    const char *const *auxiliaries;
    size_t auxiliary_count;        /* DT_AUXILIARY */
    uint32_t dt_flags, dt_flags_1; /* DF_, DF_1_ */
    bool symbolic;                 /* DT_SYMBOLIC or DF_SYMBOLIC */
    bool bind_now;                 /* DT_BIND_NOW, DF_BIND_NOW or DF_1_NOW */
    bool textrel;                  /* DT_TEXTREL or DF_TEXTREL */
    bool static_tls;               /* DF_STATIC_TLS */
    bool own_static_tls;           /* some initial-exec TLS offset is of its own block */
    bool bound_static_tls;         /* … of a symbol that is looked up: elf_ref's tls_static */
    bool has_relr;                 /* DT_RELR with entries */
    bool relr_init;                /* … one of which is an address in DT_INIT_ARRAY */
    bool has_hash, has_gnu_hash;   /* DT_HASH, DT_GNU_HASH */
    bool has_versym;               /* DT_VERSYM */
    bool has_verdef;               /* DT_VERDEF */
    bool has_debug;                /* DT_DEBUG */
    bool lacks_got;                /* DT_JMPREL, and no DT_PLTGOT that may be written to */

    /* versions */
    const struct elf_need *needs;
    size_t need_count;
    const struct elf_def_version *versions;
    size_t version_count;

    /* symbols; look a name up with elf_first_def */
    const struct elf_def *defs;
    size_t def_count;
    const uint32_t *def_slots;
    size_t def_room; /* hash slots: 1 + index of a def, 0 empty */
    /* A Bloom filter over the keys: most lookups are in objects that do not
     * define the name, and end here. A power of two of words. */
    const uint64_t *def_bloom;
    size_t def_bloom_words;
    struct elf_lazy
        *lazy; /* of a file that stays: the file itself instead of all that; else NULL */
    const struct elf_version *version_of; /* by index, to the highest; [0] is no version */
    size_t version_of_count;
    const struct elf_ref *refs;
    size_t ref_count;
    /* The ref (index) of each relocation that looks a symbol up, in file order:
     * DT_REL and DT_RELA, and DT_JMPREL. */
    const uint32_t *bindings;
    size_t binding_count;
    const uint32_t *plt_bindings;
    size_t plt_binding_count;
    const struct elf_odd_reloc *odd_relocs;
    size_t odd_reloc_count;
    bool odd_for_musl; /* some relocation is of a type that musl's loader does not know */
    bool symbols_read; /* false: made without symbols */

    /* notes */
    uint32_t abi_os;        /* NT_GNU_ABI_TAG: 0 Linux; UINT32_MAX: no note */
    uint32_t abi_kernel[3]; /* least kernel of the ABI tag */
    uint32_t isa_needed;    /* GNU_PROPERTY_X86_ISA_1_NEEDED bits; 0: none */
    uint32_t isa_used;
    bool indirect_access; /* GNU_PROPERTY_1_NEEDED_INDIRECT_EXTERN_ACCESS: no copies of its objects
                           */
    const char *build_id; /* hex; NULL: none */
    const char *package_note; /* JSON text of the FDO package note; NULL: none */
    const char *dlopen_note;  /* JSON text of the FDO dlopen note; NULL: none */

    /* words of the file that a loader's binary says of itself; NULL: none.
     * Only looked for in files that define what a libc defines. */
    const char *glibc_release; /* "2.36" of a libc.so.6 or ld.so */
    const char *musl_release;  /* "1.2.3" of a musl libc.so */
    const char *const *lfs64;  /* names that musl's loader also answers with "64" behind them */
    size_t lfs64_count;
    const char *const *system_dirs;
    size_t system_dir_count; /* glibc ld.so's default directories,
                                without the slash at the end */

    struct arena arena; /* owns all of the above, but for elf_facts_read_in */
};

/* Facts of the ELF file in `file` (which starts with the ELF magic). With
 * `symbols` false the symbol tables and relocations are not read. Owned by the
 * caller: elf_facts_free. The bytes may be released afterwards. Never fails:
 * what cannot be read is in `state`. */
struct elf_facts *elf_facts_read(struct span file, bool symbols);
void elf_facts_free(struct elf_facts *facts);

/* Can a loader tell where the kernel has mapped the program? It takes how far AT_PHDR is from the
 * address in PT_PHDR (the last one), and 0 where there is none (glibc elf/rtld.c, musl
 * ldso/dynlink.c). */
bool elf_tells_base(const struct elf_facts *facts);

/* The segment that has `size` bytes of memory at `address`, with all of `flags`
 * (PF_W …); NULL: none. */
const Elf64_Phdr *elf_segment(const struct elf_facts *facts, uint64_t address, uint64_t size,
                              uint32_t flags);

/* The last program header of `type`, which is the one that loaders keep; NULL: none. */
const Elf64_Phdr *elf_last_header(const struct elf_facts *facts, Elf64_Word type);

/* Does what the last program header of `type` names lie in memory, with all of `flags`? True where
 * there is none. ld.so reads a library's headers where PT_PHDR, and its own name where the
 * program's PT_INTERP says, and writes to what PT_DYNAMIC names. */
bool elf_maps_last(const struct elf_facts *facts, Elf64_Word type, uint32_t flags);

/* Does a loader that starts the program leave a word for debuggers in a dynamic section that may
 * not be written to? In DT_DEBUG, but for MIPS (glibc elf/rtld.c, musl ldso/dynlink.c). */
bool elf_spoils_debug(const struct elf_facts *facts);

/* The same, owned by `arena`. `stays`: the bytes of the file live as long as the
 * facts, and one thread alone uses them; definitions are then looked up in the
 * file, one at a time, instead of all being indexed. */
const struct elf_facts *elf_facts_read_in(struct arena *arena, struct span file, bool symbols,
                                          bool stays);

/* The first definition of `name`, whose key is `key`; NULL: none. The next:
 * elf_next_def. Of files that stay it is valid until the next lookup in the same one. */
const struct elf_def *elf_first_def(const struct elf_facts *facts, const char *name, uint64_t key);

/* The same for the name of a reference. */
const struct elf_def *elf_first_def_of(const struct elf_facts *facts, const struct elf_ref *ref);
const struct elf_def *elf_next_def(const struct elf_facts *facts, const struct elf_def *def);

/* The version of a reference, and that of a definition; never NULL. */
const struct elf_version *elf_ref_version(const struct elf_facts *facts, const struct elf_ref *ref);
const struct elf_version *elf_def_version(const struct elf_facts *facts, const struct elf_def *def);

#endif
