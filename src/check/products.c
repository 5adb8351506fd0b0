#include "check/products.h"

#include <ctype.h>
#include <string.h>

#include "platform/platform.h"
#include "verdict/advice.h"

/* ---- words ---- */

/* Where `word` stands in the text, one of letters as no end of another: "go build" is not in "cargo
 * build"; NULL: nowhere. */
static const char *find_word(const char *text, const char *word)
{
    const char *at = strstr(text, word);
    while (at != NULL && at != text && isalnum((unsigned char)*word) &&
           isalnum((unsigned char)at[-1]))
        at = strstr(at + 1, word);
    return at;
}

/* Does any RUN of the stage, or a variable that it sees, have the word? */
static bool has(const struct built *built, const char *word)
{
    for (size_t i = 0; i < built->runs.count; i++) {
        if (find_word(built->runs.at[i].text, word) != NULL)
            return true;
        for (const char *const *at = built->runs.at[i].exports; at != NULL && *at != NULL; at++)
            if (find_word(*at, word) != NULL)
                return true;
    }
    return false;
}

bool runs_any(const struct built *built, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++)
        if (has(built, words[i]))
            return true;
    return false;
}

/* The value of a variable for a command of the RUN: of an assignment in its text, else of what it
 * sees; NULL: it has none. */
static const char *value_in(const struct run *run, const char *name, struct arena *arena)
{
    size_t length = strlen(name);
    const char *value = NULL;
    for (const char *const *at = run->exports; at != NULL && *at != NULL; at++)
        if (strncmp(*at, name, length) == 0 && (*at)[length] == '=')
            value = *at + length + 1;
    for (const char *at = strstr(run->text, name); at != NULL; at = strstr(at + 1, name)) {
        bool starts = at == run->text || strchr(" \t\n;&(", at[-1]) != NULL;
        if (starts && at[length] == '=')
            value = at + length + 1;
    }
    return value != NULL ? arena_copy(arena, value, strcspn(value, " \t\n;&)\"'")) : NULL;
}

/* ---- Go ---- */

static const char *const go_builds[] = {"go build", "go install", NULL};

/* golang's Alpine images have no C compiler, and from 1.20 on Go does without where there is none.
 */
static bool has_no_cgo(const struct built *built)
{
    static const char *const compilers[] = {"gcc",        "build-base",    "clang",
                                            "alpine-sdk", "CGO_ENABLED=1", NULL};
    struct arena scratch = {0};
    bool alpine = false;
    if (built->image != NULL && built->base.libc == WILLRUN_LIBC_MUSL) {
        struct image_name name = image_name_read(built->image, &scratch);
        alpine = strcmp(name.repository, "golang") == 0 &&
                 (*name.tag < '0' || *name.tag > '9' || version_compare(name.tag, "1.20") >= 0);
    }
    arena_free(&scratch);
    return alpine && !runs_any(built, compilers);
}

/* Static where each RUN that builds says so. A build for another machine does without cgo, unless
 * it is asked for. */
static enum linking go_links(const struct built *built, struct arena *arena)
{
    static const char *const stays[] = {"-static", "-extldflags", NULL};
    bool all = true;
    if (has_no_cgo(built) || runs_any(built, stays))
        return LINKS_STATIC;
    for (size_t i = 0; i < built->runs.count; i++) {
        const struct run *run = &built->runs.at[i];
        const char *cgo = value_in(run, "CGO_ENABLED", arena);
        if (find_word(run->text, go_builds[0]) != NULL ||
            find_word(run->text, go_builds[1]) != NULL)
            all &= cgo != NULL && strcmp(cgo, "0") == 0;
    }
    return all ? LINKS_STATIC : LINKS_EITHER;
}

static void take_goarch(const struct built *built, struct arena *arena, struct product *product)
{
    for (size_t i = 0; i < built->runs.count; i++) {
        const struct run *run = &built->runs.at[i];
        const char *at = strstr(run->text, "GOARCH=");
        const char *arch = value_in(run, "GOARCH", arena);
        if (arch == NULL || *arch == '\0' || strchr(arch, '$') != NULL || at == NULL ||
            strstr(at + 1, "GOARCH=") != NULL || find_word(run->text, go_builds[0]) == NULL)
            continue;
        product->platform = arena_format(arena, "linux/%s", arch);
        product->machine_told = arena_format(arena, "GOARCH=%s", arch);
        product->at = run->at;
    }
}

/* ---- targets of Rust ---- */

static const struct {
    const char *rust, *platform;
} rust_machines[] = {
    {"x86_64-", "linux/amd64"},        {"aarch64-", "linux/arm64"},     {"i686-", "linux/386"},
    {"armv7-", "linux/arm/v7"},        {"riscv64gc-", "linux/riscv64"}, {"s390x-", "linux/s390x"},
    {"powerpc64le-", "linux/ppc64le"},
};

/* The word around `at` in which no blank, quote, slash or equals sign stands. */
static const char *word_around(const char *text, const char *at, struct arena *arena)
{
    static const char ends[] = " \t\n\"'/=;&|,";
    while (at != text && strchr(ends, at[-1]) == NULL)
        at--;
    return arena_copy(arena, at, strcspn(at, ends));
}

/* The target in a text of cargo, rustc, or of a folder that they write to:
 * "x86_64-unknown-linux-musl"; NULL: none, or several. */
static const char *target_in(const char *text, struct arena *arena)
{
    static const char *const words[] = {"-linux-musl", "-linux-gnu"};
    const char *found = NULL;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        for (const char *at = strstr(text, words[i]); at != NULL; at = strstr(at + 1, words[i])) {
            const char *word = word_around(text, at, arena);
            if (strstr(word, "-unknown-") == NULL || strchr(word, '$') != NULL)
                continue;
            if (found != NULL && strcmp(found, word) != 0)
                return NULL;
            found = word;
        }
    return found;
}

static void take_target(const char *target, const struct instruction *at, struct product *product)
{
    product->libc = strstr(target, "-musl") != NULL ? WILLRUN_LIBC_MUSL : WILLRUN_LIBC_GLIBC;
    product->told = product->machine_told = target;
    product->at = at;
    for (size_t i = 0; i < sizeof rust_machines / sizeof *rust_machines; i++)
        if (strncmp(target, rust_machines[i].rust, strlen(rust_machines[i].rust)) == 0)
            product->platform = rust_machines[i].platform;
}

/* rustup target add, and builds: what is copied names it best. */
static void take_rust(const struct gap *gap, struct arena *arena, struct product *product)
{
    const struct built *from = gap->from;
    const char *target = target_in(gap->at->line, arena), *one = NULL;
    const struct instruction *at = gap->at;
    for (size_t i = 0; i < from->runs.count && target == NULL; i++) {
        const struct run *run = &from->runs.at[i];
        const char *set = value_in(run, "CARGO_BUILD_TARGET", arena);
        if (strstr(run->text, "cargo ") == NULL && strstr(run->text, "rustc ") == NULL)
            continue;
        const char *own = target_in(run->text, arena);
        if (own == NULL && set != NULL)
            own = target_in(set, arena);
        if (own != NULL && one != NULL && strcmp(own, one) != 0)
            return;
        if (own != NULL) {
            one = own;
            at = run->at;
        }
    }
    if (target == NULL)
        target = one;
    if (target != NULL)
        take_target(target, at, product);
}

static enum linking rust_links(const struct built *built, const struct product *product)
{
    if (has(built, "-crt-static"))
        return LINKS_DYNAMIC;
    return product->libc == WILLRUN_LIBC_MUSL || has(built, "+crt-static") ? LINKS_STATIC
                                                                           : LINKS_DYNAMIC;
}

/* ---- all ---- */

struct product product_of(const struct gap *gap, struct arena *arena)
{
    static const char *const rust[] = {"cargo build", "cargo install", "rustc", NULL};
    static const char *const c[] = {"gcc ", "g++ ", "clang ", "clang++ ", "cc ", NULL};
    static const char *const stays[] = {"-static", "-linux-musl", NULL};
    static const char *const other[] = {"make",    "cmake",    "configure", "meson", "npm ",
                                        "yarn ",   "pnpm ",    "pip ",      "pip3 ", "bundle ",
                                        "dotnet ", "node-gyp", "swift ",    "ghc",   "cabal ",
                                        "stack ",  "uv ",      "poetry ",   NULL};
    const struct built *built = gap->from;
    struct product product = {.libc = built->base.libc, .linking = LINKS_NOTHING};
    if (runs_any(built, go_builds)) {
        take_goarch(built, arena, &product);
        product.linking = go_links(built, arena);
    } else if (runs_any(built, rust)) {
        take_rust(gap, arena, &product);
        product.linking = rust_links(built, &product);
    } else if (runs_any(built, c)) {
        product.linking = runs_any(built, stays) ? LINKS_EITHER : LINKS_DYNAMIC;
    } else if (runs_any(built, other)) {
        product.linking = LINKS_EITHER;
    }
    return product;
}
