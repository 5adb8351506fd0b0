/* A start under glibc's ld.so, in its order: preloads, then breadth first over
 * DT_NEEDED, then versions, then relocation (elf/rtld.c, elf/dl-deps.c). */
#include "replay/glibc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "replay/memo.h"
#include "replay/opens.h"

/* ---- names and identity ---- */

static void add_name(struct glibc *glibc, int index, const char *name)
{
    enum { INLINE_NAMES = sizeof glibc->maps.at->names / sizeof *glibc->maps.at->names };
    struct link_map *map = &glibc->maps.at[index];
    if (glibc_name_matches(glibc, index, name))
        return;
    if (map->name_count < INLINE_NAMES)
        map->names[map->name_count++] = name;
    else
        *vec_push(&map->more_names) = name;
}

bool glibc_name_matches(const struct glibc *glibc, int index, const char *name)
{
    const struct link_map *map = &glibc->maps.at[index];
    const char *path = glibc->replay->objects.at[index].path;
    if (map->absent)
        return false;
    if (index == glibc->program && *name == 0)
        return true; /* l_name of a program is empty */
    if (index != glibc->program && path != NULL && *path == *name && strcmp(path, name) == 0)
        return true;
    for (size_t i = 0; i < map->name_count; i++)
        if (strcmp(map->names[i], name) == 0)
            return true;
    for (size_t i = 0; i < map->more_names.count; i++)
        if (strcmp(map->more_names.at[i], name) == 0)
            return true;
    return false;
}

int glibc_nth(const struct glibc *glibc, size_t place)
{
    if (place >= glibc->host_end)
        return (int)place;
    return place + 1 == glibc->host_end ? 0 : (int)place + 1;
}

/* The loaded object that `name` means; -1: none. DT_SONAME is compared, too,
 * and becomes one of the object's names. */
static int find_loaded(struct glibc *glibc, const char *name)
{
    for (size_t i = 0; i < glibc->maps.count; i++) {
        int index = glibc_nth(glibc, i);
        const struct elf_facts *elf = glibc->replay->objects.at[index].elf;
        if (glibc->maps.at[index].faked || glibc->maps.at[index].absent)
            continue;
        if (glibc_name_matches(glibc, index, name))
            return index;
        if (elf != NULL && elf->soname != NULL && strcmp(elf->soname, name) == 0) {
            add_name(glibc, index, elf->soname);
            return index;
        }
    }
    return -1;
}

/* The program and ld.so itself were mapped by the kernel: ld.so does not know
 * their device and inode, and never takes another name for them. */
static int find_same_file(const struct glibc *glibc, const struct node *node)
{
    for (size_t i = 0; i < glibc->maps.count; i++) {
        const struct link_map *map = &glibc->maps.at[i];
        const struct node *other = glibc->replay->objects.at[i].node;
        if ((int)i != glibc->program && !map->builtin && !map->absent && other != NULL &&
            other->content != 0 && other->content == node->content)
            return (int)i;
    }
    return -1;
}

/* ---- objects ---- */

int glibc_add_object(struct glibc *glibc, const struct loaded *object)
{
    *vec_push(&glibc->replay->objects) = *object;
    struct link_map *map = vec_push(&glibc->maps);
    memset(map, 0, sizeof *map);
    return (int)glibc->maps.count - 1;
}

/* Folder of a path that was found, as elf/dl-object.c makes l_origin. */
const char *glibc_origin(struct glibc *glibc, const char *path)
{
    const char *full = path;
    if (*path != '/') {
        const char *cwd =
            glibc->process->cwd != NULL ? node_path(glibc->process->cwd, glibc->arena) : "/";
        full = arena_format(glibc->arena, "%s%s%s", cwd, strcmp(cwd, "/") == 0 ? "" : "/", path);
    }
    const char *slash = strrchr(full, '/');
    size_t length = slash == full ? 1 : (size_t)(slash - full);
    return arena_copy(glibc->arena, full, length);
}

static int add_missing(struct glibc *glibc, int by, const char *name, const struct found *found)
{
    int index = glibc_add_object(glibc, &(struct loaded){.name = name, .by = by});
    glibc->maps.at[index].faked = true;
    add_name(glibc, index, name);
    struct event *event = replay_event(glibc->replay, EV_NOT_FOUND);
    event->by = by;
    event->object = index;
    event->name = name;
    event->error = found->error;
    event->refusal = found->other_class ? REFUSED_CLASS : REFUSED_ERRNO;
    return index;
}

struct event *glibc_refuse(struct glibc *glibc, int index, enum refusal refusal)
{
    const struct loaded *object = &glibc->replay->objects.at[index];
    struct event *event = replay_event(glibc->replay, EV_REFUSED);
    event->object = index;
    event->by = object->by;
    event->name = object->name;
    event->path = object->path;
    event->refusal = refusal;
    return event;
}

/* Does ld.so add the base to the addresses of a dynamic section that is mapped read-only
 * (elf_get_dynamic_info)? From 2.35 on it looks whether PT_DYNAMIC says that it may. */
static bool writes_readonly(const struct glibc *glibc, const struct elf_facts *elf)
{
    enum { FIRST_THAT_LOOKS = 35 };
    if (elf->type != ET_DYN || elf_maps_last(elf, PT_DYNAMIC, PF_W))
        return false;
    bool keeps = elf->machine == EM_MIPS || elf->machine == EM_RISCV; /* DL_RO_DYN_SECTION */
    bool looks = glibc->loader->minor >= FIRST_THAT_LOOKS;
    return !keeps && !(looks && (elf_last_header(elf, PT_DYNAMIC)->p_flags & PF_W) == 0);
}

/* It zeroes the page where a segment's bytes end (_dl_map_segments) and reads the dynamic section
 * (elf_get_dynamic_info); a page that lies wholly behind the end of the file gives SIGBUS. Then it
 * looks for notes among the headers. */
enum crash glibc_mapping_crash(const struct glibc *glibc, const struct elf_facts *elf)
{
    enum { PAGE = 4096 };
    if (!elf_maps_last(elf, PT_PHDR, 0))
        return CRASH_HEADERS;
    if (writes_readonly(glibc, elf))
        return CRASH_READONLY;
    for (uint16_t i = 0; elf->state == ELF_BAD_DYNAMIC && i < elf->phnum; i++) {
        const Elf64_Phdr *segment = &elf->phdrs[i];
        uint64_t at = segment->p_offset;
        if (segment->p_type == PT_LOAD && segment->p_memsz > segment->p_filesz &&
            (segment->p_vaddr + segment->p_filesz) % PAGE != 0)
            at += segment->p_filesz;
        else if (segment->p_type != PT_DYNAMIC)
            continue;
        if (at - at % PAGE >= elf->file_size)
            return CRASH_END;
    }
    return CRASH_NONE;
}

static int add_found(struct glibc *glibc, int by, const char *name, const struct found *found)
{
    int same = found->refusal == REFUSED_NONE ? find_same_file(glibc, found->node) : -1;
    if (same >= 0) {
        add_name(glibc, same, name);
        return same;
    }
    int index = glibc_add_object(glibc, &(struct loaded){.name = name,
                                                         .path = found->path,
                                                         .origin = glibc_origin(glibc, found->path),
                                                         .node = found->node,
                                                         .elf = found->elf,
                                                         .by = by,
                                                         .via = found->via});
    add_name(glibc, index, name);
    if (found->refusal != REFUSED_NONE) {
        struct event *event = replay_event(glibc->replay, EV_REFUSED);
        event->by = by;
        event->object = index;
        event->name = name;
        event->path = found->path;
        event->refusal = found->refusal;
        event->error = found->error;
        glibc->replay->objects.at[index].elf = NULL;
        glibc->maps.at[index].broken = true;
        return index;
    }
    enum crash crash = glibc_mapping_crash(glibc, found->elf);
    if (crash != CRASH_NONE) {
        glibc_refuse(glibc, index, REFUSED_MALFORMED)->crash = crash;
        glibc->maps.at[index].crashed = true;
    }
    return index;
}

/* _dl_map_object: the object for a needed name, loaded where it is new. */
int glibc_map_object(struct glibc *glibc, int by, const char *name)
{
    int loaded = find_loaded(glibc, name);
    if (loaded >= 0)
        return loaded;
    struct found found;
    if (!glibc_search(glibc, by, name, &found))
        return add_missing(glibc, by, name, &found);
    return add_found(glibc, by, name, &found);
}

/* ---- preloads ---- */

static void preload(struct glibc *glibc, const char *name, const char *origin)
{
    bool by_env = strcmp(origin, "LD_PRELOAD") == 0;
    if ((glibc->secure && by_env && strchr(name, '/') != NULL) || find_loaded(glibc, name) >= 0)
        return;
    struct found found;
    bool done = glibc_search(glibc, glibc->program, name, &found);
    if (done && found.refusal == REFUSED_NONE) {
        size_t before = glibc->maps.count;
        int index = add_found(glibc, glibc->program, name, &found);
        if (glibc->maps.count == before)
            return;
        glibc->replay->objects.at[index].by = -1;
        glibc->replay->objects.at[index].via = WILLRUN_VIA_PRELOAD;
        *vec_push(&glibc->scope) = index;
        return;
    }
    struct event *event = replay_event(glibc->replay, EV_PRELOAD_IGNORED);
    event->name = name;
    event->origin = origin;
    event->path = found.path;
    event->error = found.error;
    event->refusal = done ? found.refusal : found.other_class ? REFUSED_CLASS : REFUSED_ERRNO;
}

static void preload_list(struct glibc *glibc, const char *text, const char *separators,
                         const char *origin)
{
    while (*text != 0) {
        text += strspn(text, separators);
        size_t length = strcspn(text, separators);
        if (length != 0)
            preload(glibc, arena_copy(glibc->arena, text, length), origin);
        text += length;
    }
}

void glibc_unread(struct glibc *glibc, const char *path, int error)
{
    if (error == 0)
        return;
    struct event *event = replay_event(glibc->replay, EV_UNREAD);
    event->path = path;
    event->error = error;
}

void glibc_load_preloads(struct glibc *glibc)
{
    enum { LARGEST = 1 << 20 };
    const char *list = process_env(glibc->process, "LD_PRELOAD");
    int error;
    struct span text;
    glibc->preloading = true;
    if (list != NULL)
        preload_list(glibc, list, " :", "LD_PRELOAD");
    const struct node *node =
        root_lookup(glibc->root, NULL, "/etc/ld.so.preload", NULL, LOOKUP_FOLLOW, &error);
    bool there = node != NULL && node->type == NODE_FILE;
    if (there)
        error = facts_text(glibc->facts, node, LARGEST, glibc->arena, &text);
    else if (!root_is_refusal(error))
        error = 0;
    if (there && error == 0)
        preload_list(glibc, arena_copy(glibc->arena, (const char *)text.data, text.size), ": \t\n",
                     "/etc/ld.so.preload");
    glibc_unread(glibc, "/etc/ld.so.preload", error);
    glibc->preloading = false;
}

/* ---- breadth first over DT_NEEDED ---- */

bool glibc_in_scope(const struct glibc *glibc, int index)
{
    for (size_t i = 0; i < glibc->scope.count; i++)
        if (glibc->scope.at[i] == index)
            return true;
    return false;
}

/* The search list while it grows (elf/dl-deps.c, _dl_map_object_deps): `done` is beside the scope,
 * set where the object was asked for what it needs. */
struct listing {
    struct glibc *glibc;
    struct VEC(bool) done;
    bool endless;    /* objects filter each other */
    size_t at_first; /* events before a filtee went before the first object; SIZE_MAX: none did */
};

static void list_at(struct listing *listing, size_t place, int index)
{
    struct glibc *glibc = listing->glibc;
    *vec_push(&glibc->scope) = 0;
    *vec_push(&listing->done) = false;
    size_t behind = glibc->scope.count - place - 1;
    memmove(glibc->scope.at + place + 1, glibc->scope.at + place, behind * sizeof *glibc->scope.at);
    memmove(listing->done.at + place + 1, listing->done.at + place,
            behind * sizeof *listing->done.at);
    glibc->scope.at[place] = index;
    listing->done.at[place] = false;
}

static void unlist(struct listing *listing, size_t place)
{
    struct glibc *glibc = listing->glibc;
    size_t behind = glibc->scope.count - place - 1;
    memmove(glibc->scope.at + place, glibc->scope.at + place + 1, behind * sizeof *glibc->scope.at);
    memmove(listing->done.at + place, listing->done.at + place + 1,
            behind * sizeof *listing->done.at);
    glibc->scope.count--;
    listing->done.count--;
}

/* The object that `name` means to `by`; -1: an optional one that is not there. */
static int load_filtee(struct glibc *glibc, int by, const char *name, bool optional)
{
    struct found found;
    int index = find_loaded(glibc, name);
    if (index >= 0)
        return index;
    bool done = glibc_search(glibc, by, name, &found);
    if (optional && (!done || found.refusal != REFUSED_NONE))
        return -1;
    return done ? add_found(glibc, by, name, &found) : add_missing(glibc, by, name, &found);
}

/* A filtee stands before the object at `*place` that it filters, which moves on; one that stands
 * there already stays, one behind it comes forward. */
static void list_filtee(struct listing *listing, size_t *place, const char *name, bool optional)
{
    struct glibc *glibc = listing->glibc;
    int by = glibc->scope.at[*place];
    int index = load_filtee(glibc, by, name, optional);
    if (index < 0)
        return;
    *vec_push(&glibc->maps.at[by].needs) = index;
    size_t at = 0;
    while (at < glibc->scope.count && glibc->scope.at[at] != index)
        at++;
    if (at <= *place)
        return;
    if (at < glibc->scope.count) {
        listing->endless |= listing->done.at[at];
        unlist(listing, at);
    }
    if (*place == 0 && !glibc->maps.at[index].faked)
        listing->at_first = glibc->replay->events.count;
    list_at(listing, *place, index);
    (*place)++;
}

static void load_needs(struct listing *listing, size_t place)
{
    struct glibc *glibc = listing->glibc;
    int by = glibc->scope.at[place];
    const struct elf_facts *elf = glibc->replay->objects.at[by].elf;
    if (elf == NULL)
        return;
    glibc->maps.at[by].needs.count = 0; /* of a host's object they are asked for again */
    for (size_t i = 0; i < elf->needed_count; i++) {
        int index = glibc_map_object(glibc, by, elf->needed[i]);
        *vec_push(&glibc->maps.at[by].needs) = index;
        glibc->maps.at[index].hosted = false;
        if (!glibc_in_scope(glibc, index))
            list_at(listing, glibc->scope.count, index);
    }
    for (size_t i = 0; i < elf->filter_count; i++)
        list_filtee(listing, &place, elf->filters[i], false);
    for (size_t i = 0; i < elf->auxiliary_count; i++)
        list_filtee(listing, &place, elf->auxiliaries[i], true);
}

/* Of two that filter each other each goes before the other, with a new entry on the stack. */
static void run_out_of_stack(struct glibc *glibc)
{
    struct event *event = replay_event(glibc->replay, EV_FATAL);
    event->by = glibc->scope.at[0];
    event->number = UINT32_MAX; /* killed, as by other crashes */
    event->symbol = "libraries filter each other (DT_FILTER), and ld.so never ends to sort them";
}

size_t glibc_load_all(struct glibc *glibc)
{
    struct listing listing = {.glibc = glibc, .at_first = SIZE_MAX};
    while (listing.done.count < glibc->scope.count)
        *vec_push(&listing.done) = false;
    for (size_t at = 0; at < glibc->scope.count && !listing.endless;)
        if (listing.done.at[at]) {
            at++;
        } else {
            listing.done.at[at] = true;
            load_needs(&listing, at); /* a filtee may stand at `at` behind this: it is next */
        }
    if (listing.endless)
        run_out_of_stack(glibc);
    vec_free(&listing.done);
    return listing.at_first;
}

void glibc_load_from(struct glibc *glibc, int index)
{
    enum { FIRST_WITHOUT_ASSERTION = 32 };
    struct replay *replay = glibc->replay;
    glibc->last_error = 0; /* _dl_map_object_deps starts so */
    size_t before = glibc_load_all(glibc);
    if (before == SIZE_MAX || glibc->loader->minor >= FIRST_WITHOUT_ASSERTION)
        return;
    struct event event = *replay_event(replay, EV_FATAL);
    event.by = index;
    event.number = 127;
    event.name = "Inconsistency detected by ld.so: dl-deps.c: 553: _dl_map_object_deps: Assertion "
                 "`map->l_searchlist.r_list[0] == map' failed!";
    /* it comes before the word of what was not found since */
    memmove(replay->events.at + before + 1, replay->events.at + before,
            (replay->events.count - before - 1) * sizeof event);
    replay->events.at[before] = event;
}

/* ---- the machine's own demands ---- */

/* x86 property bits to the level that has them: baseline is level 1; no CPU has bits
 * beyond those of level 4. */
static int isa_level(uint32_t bits)
{
    int level = 0;
    for (int i = 0; i < 32; i++)
        if (bits & 1U << i)
            level = i + 1;
    return level;
}

/* dl_isa_level_check of sysdeps/x86/dl-prop.h: in the order of initialization, those
 * that are initialized already and ld.so apart. */
static void check_isa(struct glibc *glibc)
{
    enum { FIRST_RELEASE = 33 };
    if (glibc->loader->minor < FIRST_RELEASE)
        return;
    int *order = arena_array(glibc->arena, glibc->scope.count + 1, sizeof *order);
    size_t count;
    glibc_relocation_order(glibc, order, &count);
    for (size_t i = 0; i < count; i++) {
        int index = order[i];
        const struct elf_facts *elf = glibc->replay->objects.at[index].elf;
        if (elf == NULL || glibc->maps.at[index].builtin || glibc_checked_before(glibc, index) ||
            isa_level(elf->isa_needed) <= glibc->process->cpu_level)
            continue;
        glibc_refuse(glibc, index, REFUSED_ISA)->number = (uint32_t)isa_level(elf->isa_needed);
    }
}

/* ---- the whole start ---- */

static void keep_needs(struct glibc *glibc)
{
    int *order = arena_array(glibc->arena, glibc->scope.count + 1, sizeof *order);
    for (size_t i = 0; i < glibc->scope.count; i++) {
        /* ld.so is put behind the last object that was found before it */
        size_t at = i;
        while (glibc->maps.at[glibc->scope.at[i]].builtin && at > 0 &&
               glibc->maps.at[order[at - 1]].faked) {
            order[at] = order[at - 1];
            at--;
        }
        order[at] = glibc->scope.at[i];
    }
    glibc->replay->order = order;
    glibc->replay->order_count = glibc->scope.count;
    for (size_t i = 0; i < glibc->maps.count; i++) {
        struct link_map *map = &glibc->maps.at[i];
        int *needs = arena_array(glibc->arena, map->needs.count + 1, sizeof *needs);
        for (size_t j = 0; j < map->needs.count; j++)
            needs[j] = map->needs.at[j];
        glibc->replay->objects.at[i].needs = needs;
        glibc->replay->objects.at[i].need_count = map->needs.count;
        glibc->replay->objects.at[i].builtin = map->builtin;
        vec_free(&map->needs);
        vec_free(&map->more_names);
    }
    vec_free(&glibc->maps);
    vec_free(&glibc->scope);
    vec_free(&glibc->global);
    vec_free(&glibc->missed);
}

/* ld.so is in the process before any search, under PT_INTERP's path. */
int glibc_add_loader(struct glibc *glibc, const char *path)
{
    int index = glibc_add_object(glibc, &(struct loaded){.name = path,
                                                         .path = path,
                                                         .origin = glibc_origin(glibc, path),
                                                         .node = glibc->loader->node,
                                                         .elf = glibc->loader->elf,
                                                         .by = -1,
                                                         .via = WILLRUN_VIA_LOADED});
    glibc->maps.at[index].builtin = true;
    add_name(glibc, index, path);
    return index;
}

/* Tables outside of the file, and none of strings: relocation crashes on them, when all is loaded
 * and every version is checked. What is malformed in the program is told of with its header. */
static void refuse_malformed(struct glibc *glibc)
{
    for (size_t i = 0; i < glibc->maps.count; i++) {
        const struct elf_facts *elf = glibc->replay->objects.at[i].elf;
        bool told = i == 0 && !glibc->dlopen;
        if (elf == NULL || glibc->maps.at[i].crashed || glibc_checked_before(glibc, (int)i) ||
            (elf->has_strtab && (told || elf->state == ELF_WHOLE)))
            continue;
        glibc_refuse(glibc, (int)i, REFUSED_MALFORMED)->crash =
            elf->has_strtab ? CRASH_NONE : CRASH_STRINGS;
    }
}

/* What ld.so dies of before it loads anything for the program. */
static enum crash start_crash(const struct glibc *glibc, const struct elf_facts *elf)
{
    if (!elf_tells_base(elf))
        return CRASH_BASE;
    if (!elf_maps_last(elf, PT_INTERP, 0))
        return CRASH_INTERP;
    return writes_readonly(glibc, elf) || elf_spoils_debug(elf) ? CRASH_READONLY : CRASH_NONE;
}

/* AT_SECURE, as the kernel sets it: bits of the file that give other rights. */
static bool is_secure(const struct node *node, const struct cred *cred)
{
    bool executable = (node->mode & 0010) != 0;
    return ((node->mode & SET_USER) != 0 && node->uid != cred->uid) ||
           ((node->mode & SET_GROUP) != 0 && executable && node->gid != cred->gid);
}

static void start(struct glibc *glibc, const struct exec_result *exec)
{
    glibc->secure = is_secure(exec->node, &glibc->process->cred);
    char *path = node_path(exec->node, glibc->arena);
    *vec_push(&glibc->scope) =
        glibc_add_object(glibc, &(struct loaded){.name = exec->program,
                                                 .path = path,
                                                 .origin = glibc_origin(glibc, path),
                                                 .node = exec->node,
                                                 .elf = exec->elf,
                                                 .by = -1});
    enum crash crash = start_crash(glibc, exec->elf);
    if (crash != CRASH_NONE)
        glibc_refuse(glibc, 0, REFUSED_MALFORMED)->crash = crash;
    glibc_add_loader(glibc, exec->elf->interp);
    glibc_load_preloads(glibc);
    glibc_load_from(glibc, 0);
}

/* What dlopen of `name` by object `by` finds: what is loaded under that name, else a file. */
static const char *search_opened(void *loader, int by, const char *name)
{
    struct glibc *glibc = loader;
    struct found found = {0};
    for (size_t i = 0; i < glibc->maps.count; i++)
        if (glibc->replay->objects.at[i].elf != NULL && glibc_name_matches(glibc, (int)i, name))
            return glibc->replay->objects.at[i].path;
    size_t events = glibc->replay->events.count;
    bool there = glibc_search(glibc, by, name, &found);
    glibc->replay->events.count = events; /* a start does not search for it */
    return there ? found.path : NULL;
}

void glibc_replay(struct facts *facts, const struct process *process,
                  const struct exec_result *exec, bool dlopen, struct replay *replay)
{
    struct glibc glibc = {.facts = facts,
                          .root = facts_root(facts),
                          .process = process,
                          .replay = replay,
                          .arena = replay->arena,
                          .dlopen = dlopen};
    glibc.loader =
        memo_glibc_loader(process->memo, facts, exec->interp, exec->interp_elf, process->cpu_level);
    const char *now = process_env(process, "LD_BIND_NOW");
    glibc.bind_now = (dlopen && !process->opens_lazily) ||
                     (now != NULL && *now != 0); /* "0" is something, too */
    replay->loader = LIBC_GLIBC;
    replay->wide = exec->interp_elf->wide;
    replay->big = exec->interp_elf->big;
    replay->starts = true;
    replay->argv0 = exec->argv0;
    if (dlopen)
        glibc_open(&glibc, exec);
    else
        start(&glibc, exec);
    glibc_check_versions(&glibc);
    refuse_malformed(&glibc);
    check_isa(&glibc);
    glibc_bind(&glibc);
    glibc_finish(&glibc);
    if (!dlopen && !exec_entry_maps(exec->elf))
        glibc_refuse(&glibc, 0, REFUSED_MALFORMED)->crash = CRASH_ENTRY;
    opens_replay(replay, process, dlopen, search_opened, &glibc);
    keep_needs(&glibc);
}
