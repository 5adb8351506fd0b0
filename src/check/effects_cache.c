#include <string.h>

#include "check/effecting.h"
#include "check/subject.h"
#include "platform/platform.h"
#include "replay/ldconfig.h"
#include "root/change.h"

static const char cache_path[] = "/etc/ld.so.cache";

/* How it is called. */
struct call {
    const char **named; /* folders, NULL at the end */
    bool alone, links, cache;
    bool followed; /* all options are known */
    bool prints;   /* and does nothing else */
};

static void read_letters(const char *letters, struct call *call)
{
    for (; *letters != '\0'; letters++) {
        call->alone |= *letters == 'n';
        call->cache &= strchr("nN", *letters) == NULL;
        call->links &= *letters != 'X';
        call->prints |= strchr("pV?", *letters) != NULL;
        call->followed &= strchr("nNXpV?vi", *letters) != NULL;
    }
}

static struct call read_call(command run, struct arena *arena)
{
    struct call call = {.links = true, .cache = true, .followed = run->known};
    size_t count = 0;
    call.named = arena_array(arena, run->argc + 1, sizeof *call.named);
    for (size_t i = 1; i < run->argc; i++) {
        const char *word = run->argv[i];
        if (word[0] != '-')
            call.named[count++] = word;
        else if (word[1] != '-')
            read_letters(word + 1, &call);
        else if (strcmp(word, "--verbose") != 0 && strcmp(word, "--ignore-aux-cache") != 0)
            call.followed = false;
    }
    return call;
}

/* May there be something that it finds, and that is not known? What is only added to an image was
 * in its own cache already. */
static bool is_open(struct effecting *effecting, const struct ldconfig *ldconfig)
{
    const struct built *built = effecting->built;
    for (size_t i = 0; i < built->gaps.count; i++) {
        const struct gap *gap = &built->gaps.at[i];
        bool meets = paths_overlap(gap->path, "/etc/ld.so.conf");
        for (size_t k = 0; k < ldconfig->folders.count; k++)
            meets |= paths_overlap(gap->path, ldconfig->folders.at[k]);
        if (meets && gap->kind != GAP_ADDS)
            return true;
    }
    return ldconfig->open != NULL;
}

static void make_link(struct effecting *effecting, const struct ldconfig_link *link)
{
    int error;
    struct root *root = effecting->built->root;
    const struct node *now = root_lookup(root, NULL, link->path, NULL, LOOKUP_NOFOLLOW, &error);
    if (now != NULL)
        root_remove(root, now);
    effect_put(effecting, link->path, (struct made_file){.target = link->target, .mode = 0777});
}

/* What it finds is not known; or what else it may find (`adds`). */
static void open_cache(struct effecting *effecting, bool adds)
{
    size_t count = effecting->built->gaps.count;
    effect_gap(effecting, GAP_RUN, cache_path);
    if (effecting->built->gaps.count != count)
        effecting->built->gaps.at[count].adds = adds;
}

/* Has a profile not the text of the configuration? As it cuts it, its bytes are 0. */
static bool is_unread(struct effecting *effecting)
{
    enum { LARGEST = 1 << 20 };
    const struct node *node = effect_node(effecting, "/etc/ld.so.conf");
    const char *text = node != NULL ? facts_text_at(effecting->built->facts, "/etc/ld.so.conf",
                                                    LARGEST, effecting->arena)
                                    : NULL;
    return text != NULL && *text == '\0' && node->size != 0;
}

static void follow(struct effecting *effecting, const struct call *call,
                   const struct elf_facts *loader)
{
    struct ldconfig ldconfig;
    ldconfig_follow(effecting->built->facts, loader, call->named, call->alone, effecting->arena,
                    &ldconfig);
    bool open = is_open(effecting, &ldconfig);
    for (size_t i = 0; call->links && i < ldconfig.links.count; i++)
        make_link(effecting, &ldconfig.links.at[i]);
    if (call->cache)
        effect_put(effecting, cache_path, (struct made_file){.text = ldconfig.cache, .mode = 0644});
    if (open || (call->cache && is_unread(effecting)))
        open_cache(effecting, !open);
    ldconfig_free(&ldconfig);
}

/* On musl it is a script that makes links in the folders that are named. */
void effect_ldconfig(struct effecting *effecting, command run)
{
    struct call call = read_call(run, effecting->arena);
    struct target target = {.facts = effecting->built->facts,
                            .platform = platform_by_name(effecting->assembly->platform)};
    target_find_platform(&target);
    if (call.followed && call.prints)
        return;
    if (call.followed && target.libc.kind == WILLRUN_LIBC_GLIBC && target.libc.elf != NULL) {
        follow(effecting, &call, target.libc.elf);
        return;
    }
    for (size_t i = 0; call.named[i] != NULL; i++)
        effect_unknown(effecting, call.named[i]);
    if (target.libc.kind != WILLRUN_LIBC_MUSL)
        effect_gap(effecting, GAP_RUN, cache_path);
    if (!call.followed)
        effect_gap(effecting, GAP_RUN, "/");
}
