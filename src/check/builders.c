#include "check/builders.h"

#include <stdio.h>
#include <string.h>

#include "check/builder_edits.h"
#include "check/places.h"
#include "check/products.h"
#include "platform/platform.h"
#include "verdict/advice.h"

struct judging {
    const struct assembly *assembly;
    const struct target *target;
    struct findings *findings;
    struct arena *arena;
};

/* ---- families and releases ---- */

static const char *name_of(enum willrun_libc libc)
{
    return libc == WILLRUN_LIBC_MUSL ? "musl" : libc == WILLRUN_LIBC_GLIBC ? "glibc" : "no libc";
}

static const char *image_of(const struct assembly *assembly)
{
    return assembly->target.image != NULL ? assembly->target.image : assembly->target.name;
}

static const char *glibc_of_target(const struct judging *judging)
{
    const struct image_base *base = &judging->assembly->target.base;
    if (judging->target->libc.version != NULL)
        return judging->target->libc.version;
    return base->versions != NULL ? base->versions->glibc : NULL;
}

/* What is told of the stage: its image, or for what it builds where that is said. */
static const char *told_of(const struct judging *judging, const struct gap *gap,
                           const struct product *product)
{
    const struct built *from = gap->from;
    if (product->told != NULL)
        return arena_format(judging->arena, "the stage %s builds for %s (%s), and %s", from->name,
                            name_of(product->libc), product->told, image_of(judging->assembly));
    return arena_format(judging->arena, "the stage %s builds on %s with %s, and %s", from->name,
                        from->image, name_of(product->libc), image_of(judging->assembly));
}

static void families(struct judging *judging, const struct gap *gap, const struct product *product)
{
    const struct assembly *assembly = judging->assembly;
    const struct built *from = gap->from;
    enum willrun_libc builder = product->libc, own = judging->target->libc.kind;
    if (own == WILLRUN_LIBC_UNKNOWN) /* its name may tell */
        own = assembly->target.base.libc;
    if ((builder != WILLRUN_LIBC_MUSL && builder != WILLRUN_LIBC_GLIBC) || builder == own ||
        (own != WILLRUN_LIBC_MUSL && own != WILLRUN_LIBC_GLIBC && own != WILLRUN_LIBC_NONE))
        return;
    struct willrun_finding *finding = finding_add(
        judging->findings, RULE_LIBC_FAMILIES,
        product->linking == LINKS_DYNAMIC
            ? "%s has %s: what is linked there dynamically finds no loader here"
            : "%s has %s: what is linked there dynamically, or is loaded as a plugin, finds no "
              "loader here",
        told_of(judging, gap, product), name_of(own));
    finding->object = gap->shown;
    finding->fix = own == WILLRUN_LIBC_NONE
                       ? "Link it statically (CGO_ENABLED=0, -static), or take a base with the "
                         "builder's libc."
                       : "Build and run on the same family (both -alpine, or both Debian), or link "
                         "statically (CGO_ENABLED=0, -static).";
    place_at(assembly, gap->at, finding);
    if (product->libc == from->base.libc)
        edit_together(assembly, from, own,
                      own == WILLRUN_LIBC_GLIBC ? glibc_of_target(judging) : NULL, judging->arena,
                      finding);
}

static void releases(struct judging *judging, const struct gap *gap)
{
    const struct assembly *assembly = judging->assembly;
    const struct built *from = gap->from;
    const char *own = glibc_of_target(judging);
    const char *newer = from->base.versions != NULL ? from->base.versions->glibc : NULL;
    if (from->base.libc != WILLRUN_LIBC_GLIBC || judging->target->libc.kind != WILLRUN_LIBC_GLIBC ||
        own == NULL || newer == NULL || version_compare(newer, own) <= 0)
        return;
    struct willrun_finding *finding =
        finding_add(judging->findings, RULE_BUILDER_NEWER,
                    "the stage %s builds on %s with glibc %s (%s), and %s has glibc %s: what is "
                    "linked there may need versions that are not here",
                    from->name, from->image, newer, from->base.release, image_of(assembly), own);
    finding->object = gap->shown;
    finding->version = newer;
    finding->fix = "Build on the release that it runs on, or run on that of the builder.";
    place_at(assembly, gap->at, finding);
    edit_together(assembly, from, WILLRUN_LIBC_GLIBC, own, judging->arena, finding);
}

/* A RUN that names a machine, which is not the one that the image is for. */
static void machines(struct judging *judging, const struct gap *gap, const struct product *product)
{
    const struct assembly *assembly = judging->assembly;
    const char *fixed = assembly->scope->starts[assembly->bottom].platform;
    const char *asked = fixed != NULL ? fixed : assembly->request.target_platform;
    if (product->platform == NULL || platform_by_name(product->platform) == platform_by_name(asked))
        return;
    struct willrun_finding *finding =
        finding_add(judging->findings, RULE_CROSS_BUILD,
                    "the stage %s builds for %s (%s), and the image is for %s: its programs do not "
                    "run there (exec format error)",
                    gap->from->name, product->platform, product->machine_told, asked);
    finding->object = gap->shown;
    finding->fix = "Build for what TARGETARCH says, or name the other machine with --platform.";
    place_at(assembly, product->at, finding);
}

/* Each stage once, for the first file that comes from it. */
static bool is_first(const struct built *target, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (target->gaps.at[i].from == target->gaps.at[index].from)
            return false;
    return true;
}

static void judge_gaps(struct judging *judging)
{
    const struct built *target = &judging->assembly->target;
    for (size_t i = 0; i < target->gaps.count; i++) {
        const struct gap *gap = &target->gaps.at[i];
        if (gap->kind != GAP_STAGE || gap->from == NULL || gap->from->image == NULL ||
            !is_first(target, i))
            continue;
        const struct product product = product_of(gap, judging->arena);
        machines(judging, gap, &product);
        if (product.linking == LINKS_STATIC || product.linking == LINKS_NOTHING)
            continue;
        families(judging, gap, &product);
        if (product.libc == gap->from->base.libc) /* else of tools that are not known */
            releases(judging, gap);
    }
}

/* ---- what programs look for ---- */

/* Does anything bring a file to `path`, or may it? */
static bool may_have(const struct built *target, const char *path)
{
    int error;
    return root_lookup(target->root, NULL, path, NULL, LOOKUP_FOLLOW, &error) != NULL ||
           built_gap(target, path, 0, true) != NULL;
}

static const struct {
    enum rule rule;
    const char *path, *what, *lacks, *fix;
} looked_for[] = {
    {RULE_CERTIFICATES_MISSING, "/etc/ssl/certs/ca-certificates.crt", "CA certificates",
     "trusts no server that it asks by TLS",
     "Where it asks others by TLS: COPY --from=%s /etc/ssl/certs/ca-certificates.crt "
     "/etc/ssl/certs/, in a stage that has the package ca-certificates."},
    {RULE_TIME_ZONES_MISSING, "/usr/share/zoneinfo", "time zones", "knows no time zone but UTC",
     "Where it tells local times: COPY --from=%s /usr/share/zoneinfo /usr/share/zoneinfo, in a "
     "stage that has the package tzdata."},
};

/* A program for scratch that is not built yet, in a language whose programs ask for such files. */
static void judge_looked_for(struct judging *judging)
{
    static const char *const languages[] = {"go build",      "go install", "cargo build",
                                            "cargo install", "libcurl",    NULL};
    const struct assembly *assembly = judging->assembly;
    const struct built *target = &assembly->target;
    if (target->image == NULL || strcmp(target->image, "scratch") != 0)
        return;
    for (size_t i = 0; i < target->gaps.count; i++) {
        const struct gap *gap = &target->gaps.at[i];
        if (gap->kind != GAP_STAGE || gap->from == NULL || !is_first(target, i) ||
            !runs_any(gap->from, languages))
            continue;
        for (size_t k = 0; k < sizeof looked_for / sizeof *looked_for; k++) {
            if (may_have(target, looked_for[k].path))
                continue;
            struct willrun_finding *finding =
                finding_add(judging->findings, looked_for[k].rule,
                            "scratch has no %s, and nothing brings any: "
                            "what the stage %s builds %s",
                            looked_for[k].what, gap->from->name, looked_for[k].lacks);
            finding->object = looked_for[k].path;
            finding->fix = arena_format(judging->arena, looked_for[k].fix, gap->from->name);
            place_at(assembly, gap->at, finding);
        }
        return;
    }
}

/* ---- platforms ---- */

/* FROM --platform=linux/arm64, where the build is for another machine. */
static void judge_platform(struct judging *judging)
{
    const struct assembly *assembly = judging->assembly;
    const char *fixed = assembly->scope->starts[assembly->bottom].platform;
    const char *asked = assembly->request.target_platform;
    const struct instruction *from = assembly->file->stages[assembly->bottom].from;
    if (fixed == NULL || platform_by_name(fixed) == platform_by_name(asked))
        return;
    struct willrun_finding *finding =
        finding_add(judging->findings, RULE_PLATFORM_FIXED,
                    "FROM takes the image for %s, and the build is for %s: its programs do not run "
                    "there (exec format error)",
                    fixed, asked);
    finding->fix = "Leave --platform out of the FROM of the stage that runs.";
    place_at(assembly, from, finding);
    edit_without_flag(assembly, from, "platform", finding);
}

/* A stage on the builder's own machine that never asks for which one it builds. */
static void judge_cross(struct judging *judging)
{
    const struct assembly *assembly = judging->assembly;
    static const char *const asks[] = {"TARGETARCH", "TARGETPLATFORM", "GOARCH", "--target",
                                       "xx-",        "--host=",        "CROSS",  "-gnu-gcc",
                                       NULL};
    const struct built *target = &assembly->target;
    for (size_t i = 0; i < target->gaps.count; i++) {
        const struct gap *gap = &target->gaps.at[i];
        if (gap->kind != GAP_STAGE || gap->from == NULL || gap->from->from == NULL ||
            !is_first(target, i))
            continue;
        const struct flag *flag = instruction_flag(gap->from->from, "platform");
        bool fixed = flag != NULL && flag->value != NULL && strstr(flag->value, "TARGET") == NULL;
        bool written = false;
        for (size_t k = 0; k < gap->from->runs.count; k++)
            for (size_t w = 0; asks[w] != NULL; w++)
                written |= strstr(gap->from->runs.at[k].text, asks[w]) != NULL;
        if (!fixed || written || product_of(gap, judging->arena).linking == LINKS_NOTHING)
            continue;
        struct willrun_finding *finding = finding_add(
            judging->findings, RULE_CROSS_BUILD,
            "the stage %s runs on a machine of its own (--platform=%s), and no RUN of it asks for "
            "TARGETARCH: built for another platform, its programs are for the wrong machine",
            gap->from->name, flag->value);
        finding->fix = "Add ARG TARGETARCH and build for it (GOARCH=$TARGETARCH, --target), or "
                       "leave --platform out.";
        place_at(assembly, gap->from->from, finding);
    }
}

/* ---- tags ---- */

static void judge_tag(struct judging *judging, const struct built *built)
{
    if (built->image == NULL || built->from == NULL || built->given || !built->base.floats ||
        built->base.release == NULL)
        return;
    struct willrun_finding *finding =
        finding_add(judging->findings, RULE_TAG_MOVES,
                    "%s names no release: it stood on %s on %s, and moves to a newer one some day",
                    built->image, built->base.release, image_base_date());
    finding->fix = "Name the release in the tag, as in golang:1.24-bookworm or node:22-alpine3.22.";
    place_at(judging->assembly, built->from, finding);
}

void builders_judge(const struct assembly *assembly, const struct target *target,
                    struct findings *findings)
{
    struct judging judging = {assembly, target, findings, findings->arena};
    judge_gaps(&judging);
    judge_looked_for(&judging);
    judge_platform(&judging);
    judge_cross(&judging);
    judge_tag(&judging, &assembly->target);
    for (size_t i = 0; i < assembly->file->stage_count; i++)
        if (assembly->built[i] != NULL && assembly->built[i] != &assembly->target)
            judge_tag(&judging, assembly->built[i]);
}
