#include "explain/symbols.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "platform/injected.h"
#include "verdict/packages.h"

/* ---- symbols ---- */

/* The names stand in the rows themselves: pointers to them would all be relocated at each start,
 * whether anybody looks at them or not. */
enum { NAME_SIZE = 48, LONG_NAME_SIZE = 192, VERSION_SIZE = 16 };
#define GLIBC_ONLY(name) _Static_assert(sizeof name <= NAME_SIZE, "a longer name");
#define LIBSTDCXX(name, version)                                                                   \
    _Static_assert(sizeof name <= LONG_NAME_SIZE && sizeof version <= VERSION_SIZE, "a longer "    \
                                                                                    "row");
#include "libc-symbols.def"
#undef GLIBC_ONLY
#undef LIBSTDCXX

static const char glibc_only[][NAME_SIZE] = {
#define GLIBC_ONLY(name) name,
#define LIBSTDCXX(name, version)
#include "libc-symbols.def"
#undef GLIBC_ONLY
#undef LIBSTDCXX
};

struct symbol {
    const char *name, *version;
};

static const struct late_row {
    char name[LONG_NAME_SIZE], version[VERSION_SIZE];
} late_libstdcxx[] = {
#define GLIBC_ONLY(name)
#define LIBSTDCXX(name, version) {name, version},
#include "libc-symbols.def"
#undef GLIBC_ONLY
#undef LIBSTDCXX
};

static const struct symbol late_musl[] = {
#define MUSL_SYMBOL(name, release) {name, release},
#include "musl-symbols.def"
#undef MUSL_SYMBOL
};

/* Both kinds of row begin with their name. */
static int by_name(const void *name, const void *row)
{
    return strcmp(name, row);
}

bool symbol_is_glibc_only(const char *name)
{
    return bsearch(name, glibc_only, sizeof glibc_only / sizeof *glibc_only, sizeof *glibc_only,
                   by_name) != NULL;
}

const char *symbol_late_libstdcxx(const char *name)
{
    const struct late_row *row =
        bsearch(name, late_libstdcxx, sizeof late_libstdcxx / sizeof *late_libstdcxx,
                sizeof *late_libstdcxx, by_name);
    return row != NULL ? row->version : NULL;
}

const char *symbol_late_musl(const char *name)
{
    for (size_t i = 0; i < sizeof late_musl / sizeof *late_musl; i++)
        if (strcmp(late_musl[i].name, name) == 0)
            return late_musl[i].version;
    return NULL;
}

static bool begins(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool begins_with_one(const char *text, const char *const *prefixes)
{
    for (; *prefixes != NULL; prefixes++)
        if (begins(text, *prefixes))
            return true;
    return false;
}

bool symbol_is_libstdcxx(const char *name)
{
    /* namespace std and __cxxabiv1 of the Itanium ABI's mangling, operators new and delete, and
     * what unwinding is made of */
    static const char *const prefixes[] = {"_ZSt",
                                           "_ZNSt",
                                           "_ZNKSt",
                                           "_ZNSs",
                                           "_ZNKSs",
                                           "_ZNSi",
                                           "_ZNSo",
                                           "_ZTVSt",
                                           "_ZTISt",
                                           "_ZTVN10__cxxabiv1",
                                           "_ZTIN10__cxxabiv1",
                                           "_Znwm",
                                           "_Znam",
                                           "_Znwj",
                                           "_Znaj",
                                           "_ZdlPv",
                                           "_ZdaPv",
                                           "__cxa_",
                                           "__gxx_personality",
                                           "_Unwind_",
                                           "_ZGVNSt",
                                           "_ZTTNSt",
                                           "__gcc_personality",
                                           "__divti3",
                                           "__popcountdi2",
                                           NULL};
    return begins_with_one(name, prefixes);
}

/* ---- sonames ---- */

static const char newest[] = "trixie"; /* of data/library-packages.tsv */

bool soname_is_glibc_only(const char *soname)
{
    /* musl's own names for libc, libm, libpthread, … stand in for glibc's (ldso/dynlink.c) */
    static const char *const names[] = {
        "ld-linux",         "libcrypt.so.1",       "ld64.so.",    "libresolv.so.2",
        "libnsl.so.1",      "libanl.so.",          "libmvec.so.", "libnss_",
        "libthread_db.so.", "libBrokenLocale.so.", NULL};
    return begins_with_one(soname, names);
}

/* Is it of a package that the table does not list: one in a folder of its own or under a name
 * without a version, Alpine's own, and those of CUDA and Swift? */
static bool is_unlisted(const char *soname)
{
    static const char *const unlisted[] = {
        "libnspr4.so",   "libplc4.so",     "libplds4.so", "libnssutil3.so", "libsmime3.so",
        "libssl3.so",    "libopenblas",    "libblas.so",  "liblapack",      "libfdk-aac",
        "libfaac.so",    "libexecinfo.so", "libucontext", "libfts.so",      "libobstack.so",
        "libgcompat.so", "libtermcap.so",  "libcudart",   "libcudnn",       "libcublas",
        "libcufft",      "libcurand",      "libcusolver", "libcusparse",    "libcupti",
        "libnvrtc",      "libnvJitLink",   "libnvinfer",  "libnvToolsExt",  "libnvonnxparser",
        "libnccl",       "libnppc",        "libnppi",     "libswift",       NULL};
    return begins_with_one(soname, unlisted) || soname_is_glibc_only(soname) ||
           injected_by_host(soname);
}

bool soname_is_old(const char *soname)
{
    /* in Debian still, and gone from Fedora, RHEL 9, Arch and Amazon Linux 2023, where it is met:
     * their packages libxcrypt-compat, ncurses-compat-libs, libnsl; and libraries whose successors
     * have another name */
    static const char *const compat[] = {"libcrypt.so.1",
                                         "libtinfo.so.5",
                                         "libncurses.so.5",
                                         "libncursesw.so.5",
                                         "libnsl.so.1",
                                         "libpng12.so.0",
                                         "libmysqlclient.so",
                                         "libmariadbclient.so",
                                         "libgcrypt.so.11",
                                         "libldap-2.4.so",
                                         "libldap_r-2.4.so",
                                         "libprotobuf-lite.so",
                                         NULL};
    /* three ABIs are in use side by side: an image that lacks one has another */
    static const char *const parallel[] = {"libssl.so.", "libcrypto.so.", NULL};
    /* of CUDA's toolkit, of which an image has one release */
    static const char *const toolkit[] = {"libcudart.so.",   "libcublas.so.", "libcublasLt.so.",
                                          "libcufft.so.",    "libcurand.so.", "libcusolver.so.",
                                          "libcusparse.so.", "libnvrtc.so.",  NULL};
    struct arena scratch = {0};
    if (begins_with_one(soname, compat) || begins_with_one(soname, parallel) ||
        begins_with_one(soname, toolkit))
        return true;
    bool old = !is_unlisted(soname) && package_of_library(soname, newest, &scratch) == NULL &&
               package_has_other_version(soname, newest);
    arena_free(&scratch);
    return old;
}

/* Those of which reports tell that a program wants another version than the system has; of the
 * others, as of libaravis, they tell that it was not installed or found at all. */
bool soname_is_common(const char *soname)
{
    static const char *const common[] = {
        "libssl.",     "libcrypto.",   "libcrypt.",   "libtinfo",    "libncurses",  "libreadline",
        "libffi.",     "libjpeg.",     "libpng",      "libtiff.",    "libwebp",     "libicu",
        "libprotobuf", "libboost_",    "libmysql",    "libmariadb",  "libldap",     "libnsl.",
        "libgcrypt.",  "libidn.",      "libgfortran", "libpython",   "libruby",     "libcudart",
        "libcublas",   "libcufft",     "libcurand",   "libcusolver", "libcusparse", "libnvrtc",
        "libxml2.",    "libavcodec.",  "libavformat", "libavutil.",  "libswscale.", "libpoppler.",
        "libgdal.",    "libhunspell-", "libLLVM",     "libre2.",     "libjsoncpp.", "libhdf5",
        "libnetcdf.",  "libxcb-util.", "libtbb.",     "libgit2.",    "libpcre.",    "libcurl-",
        NULL};
    return begins_with_one(soname, common);
}

/* Boost's libraries have its whole release in their names. */
bool soname_is_of_no_release(const char *soname)
{
    static const char boost[] = "libboost_", suffix[] = ".so.1.";
    static const unsigned packaged[] = {42, 46, 48, 49, 50, 53, 54, 55, 57, 58,
                                        60, 61, 62, 63, 65, 67, 71, 74, 81};
    enum { NEWEST = 83 };
    const char *minor = begins(soname, boost) ? strstr(soname, suffix) : NULL;
    if (minor == NULL)
        return false;
    unsigned long release = strtoul(minor + strlen(suffix), NULL, 10);
    for (size_t i = 0; i < sizeof packaged / sizeof *packaged; i++)
        if (release == packaged[i])
            return false;
    return release > packaged[0] && release < NEWEST;
}

bool soname_is_of_no_package(const char *soname)
{
    return begins(soname, "lib") && strstr(soname, ".so") != NULL && !is_unlisted(soname) &&
           !package_is_known(soname);
}

/* "liblzma-c9407571.so.5": auditwheel calls so what it puts into a folder of the wheel. */
static bool is_of_wheel(const char *soname)
{
    const char *suffix = strstr(soname, ".so");
    size_t digits = 0;
    while (suffix != NULL && digits < (size_t)(suffix - soname) &&
           isxdigit((unsigned char)suffix[-1 - (ptrdiff_t)digits]))
        digits++;
    return digits == 8 && suffix - soname > 8 && suffix[-9] == '-';
}

bool soname_is_private(const char *soname)
{
    static const char *const names[] = {"libjvm.so",
                                        "libjli.so",
                                        "libjava.so",
                                        "libverify.so",
                                        "libpython",
                                        "libswift_",
                                        "libFoundation.so",
                                        "libdispatch.so",
                                        "libBlocksRuntime.so",
                                        "libR.so",
                                        "libperl.so",
                                        "libtorch",
                                        "libc10",
                                        "libtensorflow_framework.so",
                                        "libhostfxr.so",
                                        "libhostpolicy.so",
                                        "libcoreclr.so",
                                        "libmozglue.so",
                                        "libxul.so",
                                        "libpypy",
                                        "libclntsh.so.",
                                        "libclntshcore.so",
                                        "libocci.so",
                                        "libnnz",
                                        "libmql1.so",
                                        "libmkl_",
                                        NULL};
    return begins_with_one(soname, names) || is_of_wheel(soname);
}
