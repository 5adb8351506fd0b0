/* As auditwheel judges (src/auditwheel/policy/__init__.py): versions of the families that a policy
 * knows, libraries that every system has, symbols that are none of a program's business. */
#include "inspect/policy.h"

#include <string.h>

#include "inspect/family.h"
#include "inspect/kept.h"
#include "verdict/advice.h"

enum { FAMILIES = 6 };
static const char *const families[FAMILIES] = {"GLIBC_", "GLIBCXX_", "CXXABI_",
                                               "GCC_",   "ZLIB_",    "LIBATOMIC_"};

/* The texts stand in the rows: pointers to them would all be relocated at each start. */
enum { TEXT_SIZE = 16, LEVEL_SIZE = 8, NAMED_SIZE = 288 };
#define POLICY(name, alias, machine, glibc, glibcxx, cxxabi, gcc, zlib, libatomic, named)          \
    _Static_assert(sizeof name <= TEXT_SIZE && sizeof alias <= TEXT_SIZE &&                        \
                       sizeof machine <= TEXT_SIZE && sizeof glibc <= LEVEL_SIZE &&                \
                       sizeof glibcxx <= LEVEL_SIZE && sizeof cxxabi <= LEVEL_SIZE &&              \
                       sizeof gcc <= LEVEL_SIZE && sizeof zlib <= LEVEL_SIZE &&                    \
                       sizeof libatomic <= LEVEL_SIZE && sizeof named <= NAMED_SIZE,               \
                   "a longer row");
#define POLICY_LIBRARIES(name, libraries)
#define POLICY_PRIVATE(name, library, symbols)
#include "policies.def"
#undef POLICY
#undef POLICY_LIBRARIES
#undef POLICY_PRIVATE

static const struct policy {
    char name[TEXT_SIZE], alias[TEXT_SIZE], machine[TEXT_SIZE];
    char levels[FAMILIES][LEVEL_SIZE];
    char named[NAMED_SIZE];
} policies[] = {
#define POLICY(name, alias, machine, glibc, glibcxx, cxxabi, gcc, zlib, libatomic, named)          \
    {name, alias, machine, {glibc, glibcxx, cxxabi, gcc, zlib, libatomic}, named},
#define POLICY_LIBRARIES(name, libraries)
#define POLICY_PRIVATE(name, library, symbols)
#include "policies.def"
#undef POLICY
#undef POLICY_LIBRARIES
#undef POLICY_PRIVATE
};

static const struct {
    const char *name, *libraries;
} allowed[] = {
#define POLICY(name, alias, machine, glibc, glibcxx, cxxabi, gcc, zlib, libatomic, named)
#define POLICY_LIBRARIES(name, libraries) {name, libraries},
#define POLICY_PRIVATE(name, library, symbols)
#include "policies.def"
#undef POLICY
#undef POLICY_LIBRARIES
#undef POLICY_PRIVATE
};

static const struct {
    const char *name, *library, *symbols;
} private_symbols[] = {
#define POLICY(name, alias, machine, glibc, glibcxx, cxxabi, gcc, zlib, libatomic, named)
#define POLICY_LIBRARIES(name, libraries)
#define POLICY_PRIVATE(name, library, symbols) {name, library, symbols},
#include "policies.def"
#undef POLICY
#undef POLICY_LIBRARIES
#undef POLICY_PRIVATE
};

/* The machines of wheels' tags. */
static const char *machine_of(const struct elf_facts *facts)
{
    static const struct {
        uint16_t machine;
        bool wide, big;
        const char *name;
    } rows[] = {
        {EM_X86_64, true, false, "x86_64"},
        {EM_386, false, false, "i686"},
        {EM_AARCH64, true, false, "aarch64"},
        {EM_ARM, false, false, "armv7l"},
        {EM_PPC64, true, false, "ppc64le"},
        {EM_PPC64, true, true, "ppc64"},
        {EM_S390, true, true, "s390x"},
        {EM_RISCV, true, false, "riscv64"},
        {258 /* LoongArch */, true, false, "loongarch64"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].machine == facts->machine && rows[i].wide == facts->wide &&
            rows[i].big == facts->big)
            return rows[i].name;
    return NULL;
}

static bool has_word(const char *words, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = words; *at != 0; at += strcspn(at, " "), at += *at == ' ')
        if (strncmp(at, word, length) == 0 && (at[length] == 0 || at[length] == ' '))
            return true;
    return false;
}

struct fitting {
    const struct elf_details *details;
    const struct policy *policy;
    policy_beside *beside;
    const void *context;
    struct arena *arena;
    struct VEC(const char *) troubles; /* of this policy */
};

__attribute__((format(printf, 2, 3))) static void trouble(struct fitting *fitting,
                                                          const char *format, ...)
{
    va_list args;
    va_start(args, format);
    *vec_push(&fitting->troubles) = arena_vformat(fitting->arena, format, args);
    va_end(args);
}

/* ---- versions ---- */

static bool version_fits(const struct policy *policy, const char *version)
{
    for (size_t i = 0; i < FAMILIES; i++) {
        size_t length = strlen(families[i]);
        if (strncmp(version, families[i], length) != 0)
            continue;
        if (strchr("0123456789", version[length]) == NULL)
            return has_word(policy->named, version);
        return *policy->levels[i] != 0 && version_compare(version + length, policy->levels[i]) <= 0;
    }
    return true; /* not a family that it says anything of */
}

static bool is_loader(const char *library)
{
    return strncmp(library, "ld-linux", 8) == 0 || strncmp(library, "ld64.so.", 8) == 0 ||
           strncmp(library, "ld-musl-", 8) == 0;
}

static void check_versions(struct fitting *fitting)
{
    const struct elf_facts *facts = fitting->details->facts;
    for (size_t i = 0; i < facts->need_count; i++)
        for (size_t j = 0; !is_loader(facts->needs[i].file) && j < facts->needs[i].count; j++)
            if (!version_fits(fitting->policy, facts->needs[i].versions[j].name))
                trouble(fitting, "it needs %s of %s", facts->needs[i].versions[j].name,
                        facts->needs[i].file);
}

/* ---- libraries and symbols ---- */

static const char *libraries_of(const struct policy *policy)
{
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
        if (strcmp(allowed[i].name, policy->name) == 0)
            return allowed[i].libraries;
    return "";
}

static void check_libraries(struct fitting *fitting)
{
    const struct elf_facts *facts = fitting->details->facts;
    const char *libraries = libraries_of(fitting->policy);
    for (size_t i = 0; i < facts->needed_count; i++) {
        const char *library = facts->needed[i];
        bool musl = family_has(WILLRUN_LIBC_MUSL, library) && has_word(libraries, "libc.so");
        if (!is_loader(library) && !musl && !has_word(libraries, library) &&
            (fitting->beside == NULL || !fitting->beside(fitting->context, library)))
            trouble(fitting, "it needs %s, which is not on every system", library);
    }
}

static void check_symbols(struct fitting *fitting)
{
    const struct elf_details *details = fitting->details;
    for (size_t p = 0; p < sizeof private_symbols / sizeof *private_symbols; p++) {
        if (strcmp(private_symbols[p].name, fitting->policy->name) != 0)
            continue;
        bool needed = false;
        for (size_t i = 0; i < details->facts->needed_count; i++)
            needed |= strcmp(details->facts->needed[i], private_symbols[p].library) == 0;
        for (size_t i = 0; needed && i < details->import_count; i++)
            if (!details->imports[i].weak &&
                has_word(private_symbols[p].symbols, details->imports[i].name))
                trouble(fitting, "it uses %s, which not every %s has", details->imports[i].name,
                        private_symbols[p].library);
    }
}

/* musllinux_X_Y is for musl X.Y and later (PEP 656). */
static void check_musl(struct fitting *fitting, const struct willrun_inspected *file)
{
    const char *level = file->floors[WILLRUN_FLOOR_MUSL].level;
    const char *own = strchr(fitting->policy->name, '_') + 1;
    const char least[] = {own[0], '.', own[2], 0};
    if (level != NULL && strncmp(level, least, 3) > 0)
        trouble(fitting, "it needs musl %s", level);
}

static bool is_for(const struct policy *policy, enum willrun_libc libc)
{
    bool musl = strncmp(policy->name, "musllinux", 9) == 0;
    return musl ? libc == WILLRUN_LIBC_MUSL || libc == WILLRUN_LIBC_NONE
                : libc == WILLRUN_LIBC_GLIBC || libc == WILLRUN_LIBC_NONE;
}

void policies_read(const struct elf_details *details, policy_beside *beside, const void *context,
                   struct arena *arena, struct willrun_inspected *file)
{
    struct VEC(const char *) fits = {0};
    const char *machine = machine_of(details->facts);
    if (file->kind != WILLRUN_KIND_SHARED_OBJECT || machine == NULL)
        return;
    for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
        if (strcmp(policies[i].machine, machine) != 0 || !is_for(&policies[i], file->libc))
            continue;
        struct fitting fitting = {details, &policies[i], beside, context, arena, {0}};
        check_versions(&fitting);
        check_libraries(&fitting);
        check_symbols(&fitting);
        if (file->libc == WILLRUN_LIBC_MUSL)
            check_musl(&fitting, file);
        if (fitting.troubles.count == 0)
            *vec_push(&fits) = arena_format(arena, "%s_%s", policies[i].name, machine);
        else if (fits.count == 0) /* in the end: of the last one that it does not fit */
            file->policy_troubles = vec_kept(arena, &fitting.troubles, &file->policy_trouble_count);
        vec_free(&fitting.troubles);
    }
    file->policies = vec_kept(arena, &fits, &file->policy_count);
}
