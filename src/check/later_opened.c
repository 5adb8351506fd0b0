/* Libraries that a process opens when it runs: their names, and whether they load. */
#include "check/later.h"

#include <string.h>

#include "base/vec.h"
#include "inspect/kept.h"
#include "replay/musl.h"
#include "root/copy.h"
#include "verdict/words.h"

/* ---- names that the subject has in it ---- */

enum { MOST_NAMES = 64, SHORTEST = 6, LONGEST = 200 };

struct names VEC(const char *);

static bool in_name(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c != 0 && strchr("_.+-/", c) != NULL);
}

/* "libssl.so.3", "/opt/lib/libx.so": what a program would give to dlopen. */
static bool is_library_name(const char *name)
{
    const char *slash = strrchr(name, '/');
    const char *last = slash != NULL ? slash + 1 : name, *so = strstr(last, ".so");
    if ((slash != NULL && *name != '/') || strncmp(last, "lib", 3) != 0 || so == NULL)
        return false;
    return so[strspn(so + 3, ".0123456789") + 3] == 0 && so[strlen(so) - 1] != '.';
}

static bool has_name(const struct names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->at[i], name) == 0)
            return true;
    return false;
}

/* Whole strings of one read-only part. */
static void find_names(struct span part, struct arena *arena, struct names *names)
{
    static const char mark[] = ".so";
    const unsigned char *end = part.data + part.size, *at = part.data;
    while (names->count < MOST_NAMES &&
           (at = memmem(at, (size_t)(end - at), mark, sizeof mark - 1)) != NULL) {
        const unsigned char *start = at, *stop = at;
        while (start > part.data && at - start < LONGEST && in_name(start[-1]))
            start--;
        while (stop < end && stop - at < LONGEST && in_name(*stop))
            stop++;
        at = stop;
        if (stop == end || *stop != 0 || stop - start < SHORTEST ||
            (start > part.data && start[-1] != 0))
            continue;
        const char *name = arena_copy(arena, (const char *)start, (size_t)(stop - start));
        if (is_library_name(name) && !has_name(names, name))
            *vec_push(names) = name;
    }
}

static void find_in_file(struct span file, const struct elf_facts *elf, struct arena *arena,
                         struct names *names)
{
    size_t left = file.size; /* segments may overlap: no byte is worth two looks */
    for (size_t i = 0; elf->phdrs != NULL && i < elf->phnum; i++) {
        struct span part;
        if (elf->phdrs[i].p_type != PT_LOAD || (elf->phdrs[i].p_flags & PF_W) != 0 ||
            !span_at(file, elf->phdrs[i].p_offset, elf->phdrs[i].p_filesz, &part) ||
            part.size > left)
            continue;
        left -= part.size;
        find_names(part, arena, names);
    }
}

static void add_name(void *context, const char *name)
{
    struct names *names = context;
    *vec_push(names) = name;
}

const char *const *later_opens(const struct target *target, const struct exec_result *exec,
                               bool own, struct arena *arena)
{
    struct names names = {0};
    struct file_bytes bytes;
    size_t count;
    if (exec->elf == NULL || target->versions != NULL)
        return NULL;
    if (exec->elf->interp != NULL &&
        later_import(exec->elf, "pthread_exit pthread_cancel", arena) != NULL)
        *vec_push(&names) = "libgcc_s.so.1";
    if (own && node_profile(exec->node) == NULL &&
        later_import(exec->elf, "dlopen dlmopen __libc_dlopen_mode", arena) != NULL &&
        root_bytes(facts_root(target->facts), exec->node, &bytes) == 0) {
        find_in_file(bytes.span, exec->elf, arena, &names);
        later_dotnet_opens(bytes.span, exec->elf, arena, add_name, &names);
        file_bytes_release(&bytes);
    }
    if (names.count == 0)
        return NULL;
    *vec_push(&names) = NULL;
    return vec_kept(arena, &names, &count);
}

/* ---- do they load? ---- */

/* The process as it stands when the library is opened. */
static bool prepare(const struct later *later, const struct event *event, struct process *process,
                    struct exec_result *library)
{
    int error;
    *library = (struct exec_result){.program = event->path,
                                    .argv0 = event->path,
                                    .interp = later->exec->interp,
                                    .interp_elf = later->exec->interp_elf};
    library->node = root_lookup(facts_root(later->target->facts), process->cwd, event->path, NULL,
                                LOOKUP_FOLLOW, &error);
    if (library->node == NULL || library->node->type != NODE_FILE)
        return false;
    library->elf = facts_of(later->target->facts, library->node)->elf;
    if (!later->dlopen)
        process->host = later->exec;
    process->opens = NULL;
    process->trail = false;
    return true;
}

/* What dlopen says of it; NULL: it loads. */
static const char *refused(const struct later *later, const struct event *event)
{
    struct arena *arena = later->replay->arena;
    struct process process = *later->process;
    struct exec_result library;
    if (!prepare(later, event, &process, &library))
        return NULL;
    if (library.node == later->exec->interp)
        return NULL; /* musl's libc, which is there */
    if (library.elf == NULL)
        return arena_format(arena, "%s: invalid ELF header", event->path);
    struct replay replay = {.arena = arena};
    struct words words;
    (later->replay->loader == LIBC_MUSL ? musl_replay : glibc_replay)(
        later->target->facts, &process, &library, true, &replay);
    words_of_start(&replay, true, &words);
    bool unsure = words.phase == WILLRUN_PHASE_RELOCATE && process.host == NULL;
    const char *line = words.phase == WILLRUN_PHASE_NONE || unsure ? NULL
                       : words.lines.count != 0                    ? words.lines.at[0]
                                                                   : "it cannot be loaded";
    words_free(&words);
    replay_free(&replay);
    return line;
}

void later_try_opened(const struct later *later, struct replay *replay)
{
    for (size_t i = 0; i < replay->events.count; i++) {
        struct event *event = &replay->events.at[i];
        if (event->kind != EV_OPENS || event->path == NULL)
            continue;
        bool loaded = false;
        for (size_t k = 0; k < replay->objects.count; k++)
            loaded |= replay->objects.at[k].path != NULL &&
                      strcmp(replay->objects.at[k].path, event->path) == 0;
        if (!loaded)
            event->symbol = refused(later, event);
    }
}
