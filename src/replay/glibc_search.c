/* Where ld.so looks for a library: glibc elf/dl-load.c. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "replay/glibc.h"

/* ---- files ---- */

static bool same_float_abi(const struct elf_facts *a, const struct elf_facts *b)
{
    if (a->machine == EM_ARM) {
        uint32_t wrong =
            b->flags & EF_ARM_ABI_FLOAT_SOFT ? EF_ARM_ABI_FLOAT_HARD : EF_ARM_ABI_FLOAT_SOFT;
        return (a->flags & EF_ARM_EABIMASK) != EF_ARM_EABI_VER5 || (a->flags & wrong) == 0;
    }
    if (a->machine == EM_RISCV)
        return (a->flags & 6) == (b->flags & 6); /* EF_RISCV_FLOAT_ABI */
    return true;
}

/* Is e_machine, read in the loader's own byte order, another? */
static bool other_machine(const struct elf_facts *elf, const struct elf_facts *loader)
{
    uint16_t swapped = (uint16_t)(elf->machine << 8 | elf->machine >> 8);
    return elf->state != ELF_BAD_HEADER &&
           (elf->big != loader->big ? swapped : elf->machine) != loader->machine;
}

static enum refusal verify_rest_of_ident(const struct elf_facts *elf,
                                         const struct elf_facts *loader)
{
    enum { ABI_VERSIONS = 4 }; /* LIBC_ABI_MAX */
    const uint8_t *ident = elf->ident;
    uint8_t osabi = ident[EI_OSABI], abi = ident[EI_ABIVERSION];
    if (ident[EI_DATA] != (loader->big ? ELFDATA2MSB : ELFDATA2LSB))
        return REFUSED_DATA;
    if (ident[EI_VERSION] != EV_CURRENT)
        return REFUSED_IDENT_VERSION;
    if (osabi != ELFOSABI_SYSV && osabi != ELFOSABI_GNU)
        return REFUSED_OSABI;
    if (abi != 0 && !(osabi == ELFOSABI_GNU && abi < ABI_VERSIONS))
        return REFUSED_ABIVERSION;
    for (size_t i = EI_PAD; i < EI_NIDENT; i++)
        if (ident[i] != 0)
            return REFUSED_PADDING;
    return REFUSED_NONE;
}

/* open_verify's looks at e_ident, in its order. Of another machine no more is said than of one
 * whose e_ident is in order: it is passed over. */
static enum refusal verify_ident(const struct elf_facts *elf, const struct elf_facts *loader,
                                 bool *skip, bool *other_class)
{
    if (elf->ident[EI_CLASS] != (loader->wide ? ELFCLASS64 : ELFCLASS32)) {
        *skip = *other_class = true;
        return REFUSED_CLASS;
    }
    enum refusal refusal = verify_rest_of_ident(elf, loader);
    if (refusal == REFUSED_NONE || !other_machine(elf, loader))
        return refusal;
    *skip = true;
    return REFUSED_MACHINE;
}

static enum refusal verify_header(const struct elf_facts *elf, const struct elf_facts *loader,
                                  bool *skip)
{
    if (elf->version != EV_CURRENT)
        return REFUSED_VERSION;
    if (elf->machine != loader->machine || !same_float_abi(elf, loader)) {
        *skip = true;
        return REFUSED_MACHINE;
    }
    if (elf->type != ET_DYN && elf->type != ET_EXEC)
        return REFUSED_TYPE;
    if (elf->phentsize != (loader->wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr)))
        return REFUSED_PHENTSIZE;
    return REFUSED_NONE;
}

/* Before 2.37 a file whose ABI note names another system was passed over. */
static bool is_of_other_system(const struct glibc *glibc, const struct elf_facts *elf)
{
    enum { FIRST_WITHOUT = 37 };
    return glibc->loader->minor < FIRST_WITHOUT && elf->abi_os != UINT32_MAX &&
           elf->abi_os != ELF_NOTE_OS_LINUX;
}

/* From 2.41 on dlopen does not make the stack executable any more. */
static bool wants_exec_stack(const struct glibc *glibc, const struct elf_facts *elf)
{
    enum { FIRST_RELEASE = 41 };
    if (!glibc->opening || glibc->stack_exec || glibc->loader->minor < FIRST_RELEASE)
        return false;
    return glibc_stack_exec(elf);
}

bool glibc_stack_exec(const struct elf_facts *elf)
{
    static const uint16_t executable[] = {EM_X86_64, EM_386, EM_ARM, EM_S390, EM_MIPS};
    if (elf->has_stack)
        return elf->stack_exec;
    for (size_t i = 0; i < sizeof executable / sizeof *executable; i++)
        if (executable[i] == elf->machine)
            return true;
    return false;
}

enum { PAGE = 4096 };

/* Where segments do not follow one another page by page, the last one must begin behind the first
 * (_dl_map_segments, elf/dl-map-segments.h). */
static bool overlaps_first(const struct elf_facts *elf)
{
    const uint64_t mask = PAGE - 1;
    uint64_t first_end = 0, end = 0, start = 0;
    size_t loads = 0;
    bool holes = false;
    for (size_t i = 0; i < elf->phnum; i++) {
        const Elf64_Phdr *segment = &elf->phdrs[i];
        if (segment->p_type != PT_LOAD)
            continue;
        start = segment->p_vaddr & ~mask;
        holes |= loads != 0 && end != start;
        end = (segment->p_vaddr + segment->p_filesz + mask) & ~mask;
        if (loads++ == 0)
            first_end = end;
    }
    return holes && start < first_end;
}

/* The program headers, as _dl_map_object_from_fd reads them. */
static enum refusal verify_segments(const struct glibc *glibc, const struct elf_facts *elf)
{
    bool loads = false, empty_dynamic = false;
    bool split = glibc->loader->minor < 35; /* 2.35 dropped the check of p_align against the page */
    for (size_t i = 0; elf->phdrs != NULL && i < elf->phnum; i++) {
        const Elf64_Phdr *segment = &elf->phdrs[i];
        if (segment->p_type == PT_DYNAMIC && segment->p_filesz == 0)
            empty_dynamic = true;
        if (segment->p_type != PT_LOAD)
            continue;
        loads = true;
        if (split && (segment->p_align & (PAGE - 1)) != 0)
            return REFUSED_ALIGN_PAGE;
        if (((segment->p_vaddr - segment->p_offset) & (PAGE - 1)) != 0)
            return REFUSED_ALIGN_OFFSET;
        if (split && segment->p_align != 0 &&
            ((segment->p_vaddr - segment->p_offset) & (segment->p_align - 1)) != 0)
            return REFUSED_ALIGN_OFFSET;
    }
    if (!loads)
        return REFUSED_NO_SEGMENTS;
    if (elf->type != ET_DYN)
        return REFUSED_EXEC;
    if (!elf->has_dynamic || empty_dynamic || elf->dynamic_size == 0)
        return REFUSED_NO_DYNAMIC;
    if (overlaps_first(elf))
        return REFUSED_ALIGN_OFFSET;
    if (elf->dt_flags_1 & DF_1_PIE)
        return REFUSED_PIE;
    if (glibc->opening && (elf->dt_flags_1 & DF_1_NOOPEN) != 0)
        return REFUSED_NOOPEN;
    return wants_exec_stack(glibc, elf) ? REFUSED_EXEC_STACK : REFUSED_NONE;
}

enum refusal glibc_verify(const struct glibc *glibc, const struct file_facts *file, bool *skip,
                          int *error, bool *other_class)
{
    const struct elf_facts *loader = glibc->loader->elf;
    size_t header = loader->wide ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr);
    *skip = false;
    *error = 0;
    if (file->kind == FILE_UNREADABLE) {
        *error = file->error;
        return REFUSED_ERRNO;
    }
    if (file->size < header)
        return REFUSED_SHORT;
    if (file->kind != FILE_ELF)
        return REFUSED_MAGIC;
    enum refusal refusal = verify_ident(file->elf, loader, skip, other_class);
    if (refusal == REFUSED_NONE)
        refusal = verify_header(file->elf, loader, skip);
    if (refusal != REFUSED_NONE)
        return refusal;
    if (file->elf->state == ELF_BAD_PHDRS || file->elf->state == ELF_SHORT_HEADER)
        return REFUSED_PHDRS;
    if (is_of_other_system(glibc, file->elf)) {
        *skip = true;
        return REFUSED_ABI_NOTE;
    }
    refusal = verify_segments(glibc, file->elf);
    if (refusal == REFUSED_EXEC_STACK)
        *error = EINVAL;
    return refusal;
}

static void consider(struct glibc *glibc, int by, const char *name, const char *path,
                     enum willrun_via via, enum refusal refusal, int error)
{
    if (!glibc->process->trail)
        return;
    struct event *event = replay_event(glibc->replay, EV_CONSIDERED);
    event->by = by;
    event->name = arena_string(glibc->arena, name);
    event->path = arena_string(glibc->arena, path);
    event->via = via;
    event->refusal = refusal;
    event->error = error;
}

/* What is at `path` for an open; NULL with errno in last_error. */
static const struct node *open_node(struct glibc *glibc, const char *path)
{
    const struct process *process = glibc->process;
    const struct node *node = root_lookup(glibc->root, process->cwd, path, &process->cred,
                                          LOOKUP_FOLLOW, &glibc->last_error);
    if (node == NULL)
        return NULL;
    if (!node_allows(node, &process->cred, ACCESS_READ)) {
        glibc->last_error = EACCES;
        return NULL;
    }
    if (node->type == NODE_SOCKET) {
        glibc->last_error = ENXIO;
        return NULL;
    }
    glibc->last_error = 0;
    return node;
}

/* Try to open `path`. True: it ends the search (it serves, or it is fatal).
 * False: passed over; last_error is errno. */
static bool try_file(struct glibc *glibc, int by, const char *name, const char *path,
                     enum willrun_via via, struct found *found)
{
    const struct node *node = open_node(glibc, path);
    if (node == NULL) {
        consider(glibc, by, name, path, via, REFUSED_ERRNO, glibc->last_error);
        return false;
    }
    bool skip = false;
    enum refusal refusal;
    int error = 0;
    if (glibc->secure && glibc->preloading && via != WILLRUN_VIA_PATH &&
        (node->mode & SET_USER) == 0) { /* open_path wants the bit of what it preloads */
        glibc->last_error = ENOENT;
        return false;
    }
    if (node->type == NODE_DIR) {
        refusal = REFUSED_READ;
        error = EISDIR;
    } else if (node->type != NODE_FILE) {
        refusal = node->type == NODE_FIFO ? REFUSED_FIFO : REFUSED_SHORT;
    } else {
        const struct file_facts *file = facts_of(glibc->facts, node);
        refusal = glibc_verify(glibc, file, &skip, &error, &found->other_class);
        found->elf = file->elf;
    }
    if (refusal != REFUSED_NONE)
        consider(glibc, by, name, path, via, refusal, error);
    if (skip) {
        glibc->last_error = ENOENT; /* open_verify sets it so */
        return false;
    }
    found->node = node;
    found->path = arena_string(glibc->arena, path);
    found->via = via;
    found->refusal = refusal;
    found->error = error;
    return true;
}

/* ---- directories ---- */

static bool dir_exists(struct glibc *glibc, const char *dir)
{
    int error;
    const struct node *node = root_lookup(glibc->root, glibc->process->cwd, dir,
                                          &glibc->process->cred, LOOKUP_FOLLOW, &error);
    return node != NULL && node->type == NODE_DIR;
}

static const uint32_t DEAD_LEVELS = (uint32_t)1 << 31;

/* A directory that does not exist is found out by one failing open, and passed
 * over from then on. So is the working directory under the empty name, where
 * the first library is not in it: stat("") fails. */
static bool is_dead(struct glibc *glibc, uint32_t *dead, uint32_t bit, const char *path)
{
    if (*dead & bit)
        return true;
    if (*path == 0 || dir_exists(glibc, path))
        return false;
    *dead |= bit;
    return true;
}

static void note_better(struct glibc *glibc, int by, const char *name, const char *path)
{
    struct event *event = replay_event(glibc->replay, EV_BETTER_CPU);
    event->by = by;
    event->name = arena_string(glibc->arena, name);
    event->path = arena_string(glibc->arena, path);
}

/* What a better CPU would find in a directory; true: something. */
static bool better_in_dir(struct glibc *glibc, int by, const char *name, const char *dir,
                          uint32_t *dead)
{
    const char *names[HWCAPS_LEVELS];
    size_t count = hwcaps_levels(&glibc->loader->cpu, false, names);
    int error = glibc->last_error;
    if (count == 0 ||
        is_dead(glibc, dead, DEAD_LEVELS, arena_format(glibc->arena, "%sglibc-hwcaps", dir)))
        count = 0;
    for (size_t i = 0; i < count; i++) {
        const char *path = arena_format(glibc->arena, "%sglibc-hwcaps/%s/%s", dir, names[i], name);
        const struct node *node = open_node(glibc, path);
        glibc->last_error = error;
        if (node == NULL || node->type != NODE_FILE)
            continue;
        note_better(glibc, by, name, path);
        return true;
    }
    return false;
}

/* `name` in `dir`, which does not exist: tried once, whichever list the directory is in, and passed
 * over without a call from then on (fillin_rpath shares the directories, open_path what is known).
 */
static void miss(struct glibc *glibc, const char *dir, const char *name)
{
    for (size_t i = 0; i < glibc->missed.count; i++)
        if (strcmp(glibc->missed.at[i], dir) == 0)
            return;
    int error;
    *vec_push(&glibc->missed) = arena_string(glibc->arena, dir);
    open_node(glibc, arena_format(glibc->arena, "%s%s", dir, name));
    if (root_lookup(glibc->root, glibc->process->cwd, dir, &glibc->process->cred, LOOKUP_FOLLOW,
                    &error) == NULL)
        glibc->last_error = error;
}

/* One directory with its subfolders; true ends the search. */
static bool search_dir(struct glibc *glibc, int by, const char *name,
                       const struct search_list *list, size_t index, bool *exists,
                       struct found *found)
{
    char path[4096 + 256];
    const struct glibc_loader *loader = glibc->loader;
    uint32_t *dead = &list->dead[index];
    if (!found->better)
        found->better = better_in_dir(glibc, by, name, list->dirs[index], dead);
    for (size_t i = 0; i < loader->folder_count; i++) {
        bool whole = i + 1 == loader->folder_count;
        int length = snprintf(path, sizeof path, "%s%s", list->dirs[index], loader->folders[i]);
        if (length < 0 || (size_t)length + strlen(name) >= sizeof path)
            continue;
        if (is_dead(glibc, dead, (uint32_t)1 << i, path)) {
            if (!whole)
                continue;
            miss(glibc, path, name);
            consider(glibc, by, name, path, list->via, REFUSED_ERRNO, ENOENT);
            continue;
        }
        *exists = true;
        memcpy(path + length, name, strlen(name) + 1);
        if (try_file(glibc, by, name, path, list->via, found))
            return true;
        if (whole && length == 0)
            *dead |= (uint32_t)1 << i;
    }
    return false;
}

/* open_path: true ends the search. */
static bool search_dirs(struct glibc *glibc, int by, const char *name,
                        const struct search_list *list, struct found *found)
{
    for (size_t i = 0; i < list->count; i++) {
        bool exists = false;
        if (search_dir(glibc, by, name, list, i, &exists, found))
            return true;
        /* any other errno abandons the rest of this list */
        int error = glibc->last_error;
        if (exists && error != ENOENT && error != EACCES && error != ENOTDIR)
            return false;
    }
    return false;
}

/* ---- dynamic string tokens ---- */

struct token {
    const char *name;
    const char *value; /* NULL: not known */
};

/* Length of the token's name and braces at `text` (behind the $); 0: another word. */
static size_t token_length(const char *text, const char *name)
{
    bool curly = *text == '{';
    const char *at = text + curly;
    size_t length = strlen(name);
    if (strncmp(at, name, length) != 0)
        return 0;
    char next = at[length];
    if (curly)
        return next == '}' ? length + 2 : 0;
    bool identifier = (next >= 'A' && next <= 'Z') || (next >= 'a' && next <= 'z') ||
                      (next >= '0' && next <= '9') || next == '_';
    return identifier ? 0 : length;
}

/* Is the path below a default directory, when "." and ".." are worked out? */
static bool is_trusted(const struct glibc *glibc, const char *path)
{
    char plain[4096] = "";
    size_t length = 0;
    while (*path != 0) {
        size_t part = strcspn(path, "/");
        if (part == 2 && memcmp(path, "..", 2) == 0) {
            while (length > 0 && plain[--length] != '/')
                ;
        } else if (part != 0 && !(part == 1 && *path == '.')) {
            if (length + part + 2 > sizeof plain)
                return false;
            plain[length++] = '/';
            memcpy(plain + length, path, part);
            length += part;
        }
        path += part + (path[part] == '/');
    }
    plain[length] = 0;
    for (size_t i = 0; i < glibc->loader->dir_count; i++) {
        size_t dir = strlen(glibc->loader->dirs[i]);
        if (strncmp(plain, glibc->loader->dirs[i], dir) == 0 &&
            (plain[dir] == '/' || plain[dir] == 0))
            return true;
    }
    return false;
}

/* $ORIGIN of a process with more rights than its user: only as the first part of an
 * element, and the program's only below a default directory (_dl_dst_substitute). */
static bool origin_allowed(const struct glibc *glibc, const char *text, bool program,
                           const char *origin)
{
    size_t length = *text == '$' ? token_length(text + 1, "ORIGIN") : 0;
    if (!glibc->secure || strstr(text, "ORIGIN") == NULL)
        return true;
    const char *rest = length != 0 ? text + 1 + length : text;
    if (length == 0 || (*rest != 0 && *rest != '/') || strstr(rest, "ORIGIN") != NULL ||
        origin == NULL)
        return false;
    return !program || is_trusted(glibc, arena_format(glibc->arena, "%s%s", origin, rest));
}

/* Replace tokens in `text`; NULL where a value is not known. `program`: it is of the
 * program itself. */
static char *expand(struct glibc *glibc, const char *text, const char *origin, bool program)
{
    if (!origin_allowed(glibc, text, program, origin))
        return NULL;
    const struct platform *platform = platform_of_elf(glibc->loader->elf);
    const struct token tokens[] = {
        {"ORIGIN", origin},
        {"PLATFORM", platform != NULL ? platform->at_platform : NULL},
        {"LIB", glibc->loader->lib},
    };
    char *result = arena_string(glibc->arena, "");
    while (*text != 0) {
        size_t plain = strcspn(text, "$");
        result = arena_format(glibc->arena, "%s%.*s", result, (int)plain, text);
        text += plain;
        if (*text == 0)
            break;
        text++;
        size_t length = 0;
        for (size_t i = 0; i < sizeof tokens / sizeof *tokens && length == 0; i++) {
            length = token_length(text, tokens[i].name);
            if (length == 0)
                continue;
            if (tokens[i].value == NULL)
                return NULL;
            result = arena_format(glibc->arena, "%s%s", result, tokens[i].value);
        }
        if (length == 0)
            result = arena_format(glibc->arena, "%s$", result);
        text += length;
    }
    return result;
}

/* fillin_rpath: split, expand, end each with one slash, drop doubles. */
static void make_list(struct glibc *glibc, struct search_list *list, const char *text,
                      const char *separators, const char *origin, bool program,
                      enum willrun_via via)
{
    list->made = true;
    list->via = via;
    if (text == NULL || *text == 0)
        return;
    struct VEC(const char *) dirs = {0};
    for (const char *at = text;; at++) {
        size_t length = strcspn(at, separators);
        char *part = arena_copy(glibc->arena, at, length);
        char *dir = length != 0 ? expand(glibc, part, origin, program) : part;
        at += length;
        if (dir != NULL) {
            size_t end = strlen(dir);
            while (end > 1 && dir[end - 1] == '/')
                end--;
            if (end != 0) /* the working directory has the empty name */
                dir = arena_format(glibc->arena, "%.*s%s", (int)end, dir,
                                   dir[end - 1] == '/' ? "" : "/");
            bool known = false;
            for (size_t i = 0; i < dirs.count; i++)
                known |= strcmp(dirs.at[i], dir) == 0;
            if (!known)
                *vec_push(&dirs) = dir;
        }
        if (*at == 0)
            break;
    }
    list->dirs = arena_array(glibc->arena, dirs.count + 1, sizeof *list->dirs);
    for (size_t i = 0; i < dirs.count; i++)
        list->dirs[i] = dirs.at[i];
    list->dead = arena_array(glibc->arena, dirs.count + 1, sizeof *list->dead);
    list->count = dirs.count;
    vec_free(&dirs);
}

static const struct search_list *rpath_of(struct glibc *glibc, int index)
{
    struct link_map *map = &glibc->maps.at[index];
    const struct loaded *object = &glibc->replay->objects.at[index];
    if (!map->rpath.made)
        make_list(glibc, &map->rpath,
                  object->elf != NULL && object->elf->runpath == NULL ? object->elf->rpath : NULL,
                  ":", object->origin, index == glibc->program, WILLRUN_VIA_RPATH);
    return &map->rpath;
}

static const struct search_list *runpath_of(struct glibc *glibc, int index)
{
    struct link_map *map = &glibc->maps.at[index];
    const struct loaded *object = &glibc->replay->objects.at[index];
    if (!map->runpath.made)
        make_list(glibc, &map->runpath, object->elf != NULL ? object->elf->runpath : NULL, ":",
                  object->origin, index == glibc->program, WILLRUN_VIA_RUNPATH);
    return &map->runpath;
}

static const struct search_list *library_path(struct glibc *glibc)
{
    if (!glibc->library_path.made)
        make_list(glibc, &glibc->library_path,
                  glibc->secure ? NULL : process_env(glibc->process, "LD_LIBRARY_PATH"), ":;",
                  glibc->program >= 0 ? glibc->replay->objects.at[glibc->program].origin : NULL,
                  true, WILLRUN_VIA_LD_LIBRARY_PATH);
    return &glibc->library_path;
}

static const struct search_list *default_dirs(struct glibc *glibc)
{
    struct search_list *list = &glibc->defaults;
    if (list->made)
        return list;
    *list = (struct search_list){
        .made = true, .via = WILLRUN_VIA_DEFAULT, .count = glibc->loader->dir_count};
    list->dirs = arena_array(glibc->arena, list->count + 1, sizeof *list->dirs);
    list->dead = arena_array(glibc->arena, list->count + 1, sizeof *list->dead);
    for (size_t i = 0; i < list->count; i++)
        list->dirs[i] = arena_format(glibc->arena, "%s/", glibc->loader->dirs[i]);
    return list;
}

/* ---- the search ---- */

/* The RPATH of the object that asks, then of whoever had it loaded, up to the
 * program. An object with RUNPATH adds nothing, but the chain goes on. */
static bool search_rpaths(struct glibc *glibc, int by, const char *name, struct found *found)
{
    const struct loaded *objects = glibc->replay->objects.at;
    if (by >= 0 && objects[by].elf != NULL && objects[by].elf->runpath != NULL)
        return false;
    bool did_main = false;
    for (int at = by; at >= 0; at = glibc->replay->objects.at[at].by) {
        did_main |= at == glibc->program;
        if (search_dirs(glibc, by, name, rpath_of(glibc, at), found))
            return true;
    }
    return !did_main && glibc->program >= 0 &&
           search_dirs(glibc, by, name, rpath_of(glibc, glibc->program), found);
}

static bool in_default_dirs(struct glibc *glibc, const char *path)
{
    const struct search_list *list = default_dirs(glibc);
    for (size_t i = 0; i < list->count; i++)
        if (strncmp(path, list->dirs[i], strlen(list->dirs[i])) == 0)
            return true;
    return false;
}

static bool search_name(struct glibc *glibc, int by, const char *name, struct found *found)
{
    int user = by >= 0 ? by : glibc->program;
    const struct elf_facts *asker = user >= 0 ? glibc->replay->objects.at[user].elf : NULL;
    bool no_default = asker != NULL && (asker->dt_flags_1 & DF_1_NODEFLIB) != 0;
    if (search_rpaths(glibc, by, name, found) ||
        search_dirs(glibc, by, name, library_path(glibc), found))
        return true;
    if (by >= 0 && search_dirs(glibc, by, name, runpath_of(glibc, by), found))
        return true;
    if (!glibc->cache_asked && !glibc->loader->has_cache)
        glibc->last_error = ENOENT; /* ld.so tries to open it once */
    if (!glibc->cache_asked)
        glibc_unread(glibc, "/etc/ld.so.cache", glibc->loader->cache_error);
    glibc->cache_asked = true;
    bool guarded = glibc->secure && glibc->preloading;
    const char *cached = guarded ? NULL : ldcache_find(glibc->loader->cache, name);
    const char *better = ldcache_find_better(glibc->loader->cache, name);
    if (better != NULL && !found->better) {
        note_better(glibc, by, name, better);
        found->better = true;
    }
    if (cached != NULL && !(no_default && in_default_dirs(glibc, cached)) &&
        try_file(glibc, by, name, cached, WILLRUN_VIA_LD_SO_CACHE, found))
        return true;
    return !no_default && search_dirs(glibc, by, name, default_dirs(glibc), found);
}

bool glibc_search(struct glibc *glibc, int by, const char *name, struct found *found)
{
    *found = (struct found){0};
    bool done;
    if (strchr(name, '/') == NULL) {
        done = search_name(glibc, by, name, found);
    } else {
        const char *path =
            expand(glibc, name, by >= 0 ? glibc->replay->objects.at[by].origin : NULL,
                   by == glibc->program);
        done = path != NULL && try_file(glibc, by, name, path, WILLRUN_VIA_PATH, found);
    }
    if (!done)
        found->error = glibc->last_error;
    return done;
}
