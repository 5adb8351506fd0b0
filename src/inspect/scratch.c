#include "inspect/scratch.h"

#include <string.h>

#include "inspect/go.h"
#include "inspect/kept.h"
#include "inspect/toolchain.h"
#include "platform/platform.h"

struct asking {
    const struct elf_details *details;
    const struct willrun_inspected *file;
    const struct willrun_toolchain *go; /* NULL: not made by Go */
    struct arena *arena;
    struct VEC(struct willrun_scratch_file) files;
    struct VEC(const char *) blockers;
};

static void want(struct asking *asking, const char *from, const char *to, const char *why)
{
    *vec_push(&asking->files) = (struct willrun_scratch_file){
        .path = to,
        .why = why,
        .copy = arena_format(asking->arena, "COPY --from=build %s %s", from, to)};
}

static const char certificates[] = "/etc/ssl/certs/ca-certificates.crt";

/* ---- Go ---- */

static bool has(const struct asking *asking, const char *function)
{
    return go_has_function(asking->details, function);
}

/* What its standard library opens, by the functions that are linked in. */
static void ask_go(struct asking *asking)
{
    if (has(asking, "crypto/x509.loadSystemRoots") &&
        !has(asking, "golang.org/x/crypto/x509roots/fallback.init.0"))
        want(asking, certificates, certificates,
             "crypto/x509 verifies certificates, and has none of its own");
    if (has(asking, "time.LoadLocation") && !has(asking, "time/tzdata.loadFromEmbeddedTZData"))
        want(asking, "/usr/share/zoneinfo", "/usr/share/zoneinfo",
             "time.LoadLocation is used (a build with -tags timetzdata has them in itself)");
    if (has(asking, "os/user.Lookup") || has(asking, "os/user.LookupId") ||
        has(asking, "os/user.LookupGroup") || has(asking, "os/user.LookupGroupId"))
        want(asking, "/etc/passwd", "/etc/passwd", "os/user looks users up");
}

/* ---- OpenSSL, and what reads its variables ---- */

/* The file of certificates that OpenSSL was configured with, "/usr/lib/ssl/cert.pem"
 * (X509_CERT_FILE of its include/internal/cryptlib.h); NULL: it is not in there. */
static const char *configured_file(const struct asking *asking)
{
    static const char end[] = "/cert.pem";
    enum { LONGEST = 200 };
    struct span bytes = {(const unsigned char *)end, sizeof end};
    const unsigned char *at = elf_mapped_bytes(asking->details, false, bytes);
    if (at == NULL)
        return NULL;
    const unsigned char *start = at;
    while (start > asking->details->file.data && at - start < LONGEST && start[-1] > ' ' &&
           start[-1] < 0x7f)
        start--;
    if (start == asking->details->file.data || start[-1] != 0 || *start != '/')
        return NULL;
    return arena_string(asking->arena, (const char *)start);
}

static void ask_tls(struct asking *asking)
{
    char variable[] = "?SL_CERT_FILE";
    variable[0] = 'S'; /* only here, so that willrun does not find it in itself */
    if (!elf_has_text(asking->details, variable))
        return;
    const char *to = configured_file(asking);
    want(asking, certificates, to != NULL ? to : certificates,
         "it has code that looks for certificates there, or where $SSL_CERT_FILE says");
}

/* ---- a libc that is linked in ---- */

/* Functions that open files, by their names in .symtab. */
static const char *const functions[] = {
    "getpwnam", "getpwuid",      "getgrnam",   "getgrgid", "iconv_open", "system",
    "popen",    "__libc_system", "getpwuid_r", "glob",     "wordexp",
};
enum { USERS = 0xf, ICONV = 0x10, SHELL = 0xe0, REENTRANT = 0x100, TILDES = 0x600 };

/* Up to glibc 2.33 the services of nsswitch.conf are in libraries alone; from 2.34 on "files" and
 * "dns" are in libc itself, and with them the names of the files (nss/nss_files_data.c). */
static bool loads_services(const struct asking *asking)
{
    return elf_has_text(asking->details, "/etc/nsswitch.conf") &&
           !elf_has_text(asking->details, "/etc/passwd");
}

/* What shows without .symtab: system() asks a shell with "exit 0" whether there is one. */
static void ask_stripped(struct asking *asking, uint64_t *bits)
{
    if (elf_has_text(asking->details, "/bin/sh") && elf_has_text(asking->details, "exit 0"))
        *bits |= SHELL;
    if (elf_has_text(asking->details, "/etc/nsswitch.conf"))
        want(asking, "/etc/passwd", "/etc/passwd",
             "it has code that looks hosts or users up; which of them does not show, for it is "
             "stripped");
}

static void ask_libc(struct asking *asking)
{
    const struct elf_details *details = asking->details;
    bool glibc = asking->file->static_libc == WILLRUN_LIBC_GLIBC;
    uint64_t bits = elf_named(details, functions, sizeof functions / sizeof *functions);
    if ((bits & (REENTRANT | TILDES)) == REENTRANT) /* those bring it along for a tilde */
        bits |= USERS;
    if (glibc && !details->has_symtab)
        ask_stripped(asking, &bits);
    if (glibc && loads_services(asking))
        *vec_push(&asking->blockers) =
            "its glibc looks names of hosts and users up by libnss_files.so.2 and libnss_dns.so.2 "
            "of the very same glibc, and those need its libc.so.6 and loader";
    if (glibc && (bits & ICONV) != 0)
        *vec_push(&asking->blockers) =
            "iconv of glibc knows ASCII, UTF-8 and UCS without files; any other character set "
            "needs the gconv modules of the very same glibc, and its libc.so.6";
    if ((bits & USERS) != 0)
        want(asking, "/etc/passwd", "/etc/passwd", "it looks users or groups up");
    if ((bits & SHELL) != 0)
        want(asking, "/bin/busybox", "/bin/sh",
             "system() or popen() is linked in, and starts /bin/sh (a static one is needed)");
}

/* ---- what is not static ---- */

static const char *target_of(const struct asking *asking)
{
    switch (asking->details->facts->machine) {
    case EM_X86_64:
        return "x86_64";
    case EM_AARCH64:
        return "aarch64";
    default:
        return "ARCH";
    }
}

/* How each toolchain links everything in. */
static const struct {
    const char *name, *fix;
} recipes[] = {
    {"rust", "Build with --target %s-unknown-linux-musl."},
    {"ghc", "Build in Alpine with -optl-static -optl-pthread, for %s."},
    {"graalvm-native-image", "Build with native-image --static --libc=musl, for %s."},
    {"dotnet-native-aot",
     "Publish with StaticExecutable=true for linux-musl on %s, or use an image that has its libc."},
    {"dotnet", "It cannot be made static for %s: use an image of dotnet/runtime-deps."},
    {"zig", "Build with -target %s-linux-musl."},
    {"nim", "Build with --gcc.exe:musl-gcc --gcc.linkerexe:musl-gcc --passL:-static, for %s."},
    {"swift", "Build with --static-swift-stdlib and -Xlinker -static, for %s."},
};

static const char *go_fix(const struct asking *asking)
{
    const char *cgo = go_setting(asking->go, "CGO_ENABLED");
    if (cgo != NULL && strcmp(cgo, "0") == 0)
        return "Build without -buildmode=pie: CGO_ENABLED=0 go build -buildmode=exe.";
    return "Build with CGO_ENABLED=0 go build; where cgo is needed, with -tags netgo,osusergo "
           "-ldflags '-linkmode external -extldflags -static'.";
}

static const char *how_to_link(const struct asking *asking)
{
    if (asking->go != NULL)
        return go_fix(asking);
    for (size_t i = 0; i < sizeof recipes / sizeof *recipes; i++)
        if (toolchain_of(asking->file, recipes[i].name) != NULL) {
            const char *rest = strstr(recipes[i].fix, "%s");
            return arena_format(asking->arena, "%.*s%s%s", (int)(rest - recipes[i].fix),
                                recipes[i].fix, target_of(asking), rest + 2);
        }
    return "Link with -static, best against musl (musl-gcc -static, or in Alpine), or copy the "
           "loader and the libraries too: willrun bundle does.";
}

static void ask_dynamic(struct asking *asking)
{
    const struct elf_facts *facts = asking->details->facts;
    if (facts->interp != NULL)
        *vec_push(&asking->blockers) = arena_format(
            asking->arena, "the kernel starts it by its interpreter %s", facts->interp);
    const char *list = NULL;
    for (size_t i = 0; i < facts->needed_count; i++)
        list = list == NULL ? facts->needed[i]
                            : arena_format(asking->arena, "%s, %s", list, facts->needed[i]);
    if (list != NULL)
        *vec_push(&asking->blockers) = arena_format(asking->arena, "it links %s", list);
}

void scratch_read(const struct elf_details *details, struct arena *arena,
                  struct willrun_inspected *file)
{
    struct asking asking = {.details = details, .file = file, .arena = arena};
    struct willrun_scratch *scratch = &file->scratch;
    asking.go = toolchain_of(file, "go");
    if (file->kind != WILLRUN_KIND_EXECUTABLE || file->trouble != NULL)
        return;
    if (file->linkage == WILLRUN_DYNAMIC) {
        ask_dynamic(&asking);
        scratch->fix = how_to_link(&asking);
    }
    if (file->linkage != WILLRUN_DYNAMIC && file->static_libc != WILLRUN_LIBC_NONE)
        ask_libc(&asking);
    if (asking.go != NULL)
        ask_go(&asking);
    else if (file->linkage != WILLRUN_DYNAMIC)
        ask_tls(&asking);
    scratch->answer = file->linkage == WILLRUN_DYNAMIC ? WILLRUN_SCRATCH_NOT_STATIC
                      : asking.files.count != 0 || asking.blockers.count != 0
                          ? WILLRUN_SCRATCH_WITH_FILES
                          : WILLRUN_SCRATCH_READY;
    scratch->files = vec_kept(arena, &asking.files, &scratch->file_count);
    scratch->blockers = vec_kept(arena, &asking.blockers, &scratch->blocker_count);
}
