#include "verdict/advice.h"

#include <stdlib.h>
#include <string.h>

#include "file/os_release.h"
#include "source/base.h"
#include "verdict/packages.h"

/* ---- versions ---- */

size_t version_family(const char *version)
{
    const char *line = strrchr(version, '_');
    return line != NULL && line[1] >= '0' && line[1] <= '9' ? (size_t)(line - version) + 1 : 0;
}

int version_order(const char *a, const char *b, enum version_short rule)
{
    const int longer = rule == SHORT_IS_FIRST ? 1 : -1;
    for (;;) {
        char *next_a, *next_b;
        unsigned long left = strtoul(a, &next_a, 10), right = strtoul(b, &next_b, 10);
        if (left != right)
            return left < right ? -1 : 1;
        if (*next_a != '.' || *next_b != '.')
            return longer * ((*next_a == '.') - (*next_b == '.'));
        a = next_a + 1;
        b = next_b + 1;
    }
}

int version_compare(const char *a, const char *b)
{
    return version_order(a, b, SHORT_IS_FIRST);
}

/* ---- base images ---- */

static const char *level(const struct distribution *row, const char *version, size_t family)
{
    if (strncmp(version, "GLIBC_", family) == 0)
        return row->glibc;
    if (strncmp(version, "GLIBCXX_", family) == 0)
        return row->glibcxx;
    return strncmp(version, "CXXABI_", family) == 0 ? row->cxxabi : NULL;
}

/* The first image of each family that has `version`: "debian:12, ubuntu:22.04";
 * NULL where the table has none. */
static const char *images_with(const char *version, struct arena *arena)
{
    size_t family = version_family(version);
    const char *list = NULL, *last = "";
    for (const struct distribution *row = distributions; row->family != NULL; row++) {
        const char *own = level(row, version, family);
        if (own == NULL || !row->advised || strcmp(last, row->family) == 0 ||
            version_compare(own, version + family) < 0)
            continue;
        last = row->family;
        list = list == NULL ? row->image : arena_format(arena, "%s, %s", list, row->image);
    }
    return list;
}

static const char *in_brackets(const char *list, struct arena *arena)
{
    return list != NULL ? arena_format(arena, " (%s)", list) : "";
}

static const char *advice_glibc(const struct advice *advice, const char *version,
                                struct arena *arena)
{
    const char *own = advice->libc_version;
    if (version_family(version) == 0) /* GLIBC_PRIVATE */
        return "Take libc, its loader and its other libraries from one build of glibc: copy none "
               "of them from the builder.";
    return arena_format(arena,
                        "Use a runtime with glibc %s or newer%s, or build on a release that has "
                        "the runtime's glibc%s%s.",
                        version + strlen("GLIBC_"), in_brackets(images_with(version, arena), arena),
                        own != NULL ? " " : "", own != NULL ? own : "");
}

const char *advice_version(const struct advice *advice, const char *version, const char *library,
                           struct arena *arena)
{
    static const struct {
        const char *marker, *release;
    } abi_markers[] = {/* glibc's Versions files: what a release must be told to have */
                       {"GLIBC_ABI_DT_RELR", "GLIBC_2.36"},
                       {"GLIBC_ABI_DT_X86_64_PLT", "GLIBC_2.42"},
                       {"GLIBC_ABI_GNU2_TLS", "GLIBC_2.42"},
                       {"GLIBC_ABI_GNU_TLS", "GLIBC_2.42"}};
    for (size_t i = 0; i < sizeof abi_markers / sizeof *abi_markers; i++)
        if (strcmp(version, abi_markers[i].marker) == 0)
            return advice_glibc(advice, abi_markers[i].release, arena);
    if (strncmp(version, "GLIBC_", 6) == 0)
        return advice_glibc(advice, version, arena);
    const char *images = version_family(version) != 0 ? images_with(version, arena) : NULL;
    if (images != NULL)
        return arena_format(arena,
                            "Use a runtime whose %s has %s (%s), or build with the compiler of "
                            "the runtime's release.",
                            library, version, images);
    return arena_format(arena, "Put the builder's %s, or a newer one, in the target.", library);
}

/* ---- packages ---- */

static bool has_word(const char *words, const char *word)
{
    size_t length = strlen(word);
    while (words != NULL) {
        if (strncmp(words, word, length) == 0 && (words[length] == 0 || words[length] == ' '))
            return true;
        words = strchr(words, ' ');
        words = words != NULL ? words + 1 : NULL;
    }
    return false;
}

/* How packages come into a root. */
struct installing {
    struct os_release os;
    enum installer installer; /* what its distribution installs packages with */
    bool present;             /* it is in the root: distroless images have none */
};

static const struct {
    const char *id;
    enum installer installer;
    const char *programs[2];
} installers[] = {{"debian", INSTALLER_APT, {"/usr/bin/apt-get"}},
                  {"ubuntu", INSTALLER_APT, {"/usr/bin/apt-get"}},
                  {"alpine", INSTALLER_APK, {"/sbin/apk", "/usr/bin/apk"}},
                  {"wolfi", INSTALLER_APK, {"/sbin/apk", "/usr/bin/apk"}},
                  {"fedora", INSTALLER_DNF, {"/usr/bin/dnf", "/usr/bin/microdnf"}},
                  {"rhel", INSTALLER_DNF, {"/usr/bin/dnf", "/usr/bin/microdnf"}},
                  {"amzn", INSTALLER_DNF, {"/usr/bin/dnf", "/usr/bin/microdnf"}}};

/* Only asked for when something fails: a check of what runs is quick. */
static void look_at_root(struct facts *facts, struct arena *arena, struct installing *installing)
{
    *installing = (struct installing){0};
    os_release_read(facts, arena, &installing->os);
    for (size_t i = 0; i < sizeof installers / sizeof *installers; i++) {
        if (!has_word(installing->os.id, installers[i].id) &&
            !has_word(installing->os.id_like, installers[i].id))
            continue;
        installing->installer = installers[i].installer;
        for (size_t k = 0; k < 2 && installers[i].programs[k] != NULL; k++) {
            int error;
            installing->present |= root_lookup(facts_root(facts), NULL, installers[i].programs[k],
                                               NULL, LOOKUP_FOLLOW, &error) != NULL;
        }
        return;
    }
}

bool advice_is_library(const struct advice *advice, const char *path, const struct elf_facts *elf)
{
    int error;
    const struct node *node =
        root_lookup(facts_root(advice->facts), NULL, path, NULL, LOOKUP_FOLLOW, &error);
    if (node == NULL || node->type != NODE_FILE)
        return false;
    const struct file_facts *file = facts_of(advice->facts, node);
    return file->kind == FILE_ELF && file->elf->machine == elf->machine &&
           file->elf->wide == elf->wide && file->elf->big == elf->big;
}

/* Debian's release whose packages the root's are like. */
static const char *debian_release(const struct os_release *os)
{
    static const char *const like[][2] = {
        {"focal", "bullseye"}, {"jammy", "bookworm"}, {"noble", "trixie"}};
    for (size_t i = 0; os->codename != NULL && i < sizeof like / sizeof *like; i++)
        if (strcmp(os->codename, like[i][0]) == 0)
            return like[i][1];
    return os->codename;
}

/* The command that installs `soname`, or NULL. */
static const char *install_command(const struct installing *installing, const char *soname,
                                   bool wide, struct arena *arena)
{
    const char *package = NULL;
    switch (installing->installer) {
    case INSTALLER_APT:
        if (debian_release(&installing->os) != NULL)
            package = package_of_library(soname, debian_release(&installing->os), arena);
        return package != NULL ? arena_format(arena, "apt-get install -y %s", package) : NULL;
    case INSTALLER_APK: /* packages provide their sonames by this name */
        return arena_format(arena, "apk add so:%s", soname);
    case INSTALLER_DNF: /* likewise */
        return arena_format(arena, "dnf install '%s()%s'", soname, wide ? "(64bit)" : "");
    default:
        return NULL;
    }
}

const char *advice_install(const struct advice *advice, const char *soname, bool wide,
                           enum installer of, const char *package, struct arena *arena)
{
    struct installing installing;
    look_at_root(advice->facts, arena, &installing);
    if (package == NULL || (installing.installer != INSTALLER_NONE && installing.installer != of))
        return install_command(&installing, soname, wide, arena);
    return arena_format(arena, "%s %s", of == INSTALLER_APT ? "apt-get install -y" : "apk add",
                        package);
}

const char *advice_library(const struct advice *advice, const char *soname, const char *folder,
                           bool wide, struct arena *arena)
{
    const char *copy = arena_format(arena, "COPY %s from the builder into %s", soname,
                                    folder != NULL ? folder : "a folder that the loader searches");
    struct installing installing;
    look_at_root(advice->facts, arena, &installing);
    const char *command = install_command(&installing, soname, wide, arena);
    if (command != NULL && installing.present)
        return arena_format(arena, "Install it in the runtime image (%s), or %s.", command, copy);
    if (command != NULL)
        return arena_format(
            arena, "The image has no package manager: in a stage that has one run %s, and %s.",
            command, copy);
    const char *release =
        installing.installer == INSTALLER_APT ? release_with_library(soname, arena) : NULL;
    if (release != NULL)
        return arena_format(arena,
                            "No package of this release has it (Debian %s does): %s, or build on "
                            "the release of the runtime.",
                            release, copy);
    return arena_format(arena, "%s, or install the package that ships it.", copy);
}
