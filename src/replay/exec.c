/* execve as Linux does it: fs/exec.c, fs/binfmt_script.c, fs/binfmt_elf.c. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "replay/env.h"

enum {
    SCRIPTS = 5,           /* exec_binprm: the sixth script is opened, then ELOOP */
    PHDRS_SIZE = 65536,    /* load_elf_phdrs */
    PAGE = 4096,           /* the least page of any machine of the table */
    LEAST_ADDRESS = 65536, /* vm.mmap_min_addr, which containers cannot go below */
};

/* One execve under way. */
struct attempt {
    struct facts *facts;
    const struct process *process;
    struct arena *arena;
    struct exec_result *result;
    const struct platform *handler; /* that took the program */
    const char *const *arguments;   /* behind argv[0], NULL at the end; none: NULL */
};

static bool refuse(struct attempt *attempt, enum exec_reason reason, int error, const char *culprit)
{
    attempt->result->reason = reason;
    attempt->result->error = error;
    attempt->result->culprit = culprit;
    return false;
}

/* do_open_execat and may_open: 0 or the errno. Without a node in `node` the
 * path itself cannot be walked. */
static int open_exec(const struct attempt *attempt, const char *path, const struct node **node)
{
    const struct process *process = attempt->process;
    int error = 0;
    *node = root_lookup(facts_root(attempt->facts), process->cwd, path, &process->cred,
                        LOOKUP_FOLLOW, &error);
    if (*node == NULL)
        return error;
    if ((*node)->type != NODE_FILE || !node_allows(*node, &process->cred, ACCESS_EXEC))
        return EACCES;
    return 0;
}

/* The same for a name from inside a file. There an empty one is the working
 * directory (getname_kernel), which is no program. */
static int open_named(const struct attempt *attempt, const char *name, const struct node **node)
{
    if (*name != '\0')
        return open_exec(attempt, name, node);
    *node = attempt->process->cwd != NULL ? attempt->process->cwd
                                          : root_top(facts_root(attempt->facts));
    return EACCES;
}

static uint64_t header_size(bool wide)
{
    return wide ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr);
}

/* load_elf_phdrs */
static bool phdrs_fit(const struct elf_facts *elf)
{
    uint64_t size = elf->wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
    return elf->phdrs != NULL && elf->phentsize == size && elf->phnum != 0 &&
           elf->phnum * size <= PHDRS_SIZE;
}

/* TASK_SIZE: no segment ends behind it. */
static uint64_t address_end(const struct elf_facts *elf)
{
    if (!elf->wide)
        return 0xffffe000U;
    return (UINT64_C(1) << (elf->machine == EM_X86_64 ? 47 : 48)) - PAGE;
}

/* elf_load of one PT_LOAD, and the checks of its caller. */
static bool segment_maps(const struct elf_facts *elf, const Elf64_Phdr *segment)
{
    uint64_t end = address_end(elf);
    if (segment->p_filesz > segment->p_memsz || segment->p_vaddr >= end ||
        segment->p_memsz > end - segment->p_vaddr)
        return false;
    if (elf->type == ET_EXEC && segment->p_vaddr < LEAST_ADDRESS)
        return false;
    if (segment->p_filesz == 0)
        return true;
    uint64_t room = (elf->file_size + PAGE - 1) / PAGE * PAGE;
    if ((segment->p_offset - segment->p_vaddr) % PAGE != 0)
        return false;
    /* Pages behind the end of the file can be mapped, but not touched: SIGBUS. */
    return segment->p_offset <= room && segment->p_filesz <= room - segment->p_offset;
}

/* Is the program's first instruction, where no loader comes before it, in a
 * segment that may be executed? A ppc64 entry may be a descriptor in data; in
 * 32-bit programs without PT_GNU_STACK all that can be read can be executed. */
static bool entry_maps(const struct elf_facts *elf)
{
    bool strict = elf->wide && elf->machine != EM_PPC64;
    if (elf->entry == 0)
        return false;
    for (size_t i = 0; i < elf->phnum; i++) {
        const Elf64_Phdr *segment = &elf->phdrs[i];
        if (segment->p_type != PT_LOAD || (strict && (segment->p_flags & PF_X) == 0))
            continue;
        uint64_t start = segment->p_vaddr / PAGE * PAGE;
        if (elf->entry >= start && elf->entry - start < segment->p_vaddr - start + segment->p_memsz)
            return true;
    }
    return false;
}

/* What comes behind the point of no return of load_elf_binary: false where it
 * kills the process. A program without any segment is let through where it has
 * an interpreter, but no loader survives it. */
static bool image_maps(const struct elf_facts *elf)
{
    size_t loads = 0;
    for (size_t i = 0; i < elf->phnum; i++) {
        if (elf->phdrs[i].p_type != PT_LOAD)
            continue;
        loads++;
        if (!segment_maps(elf, &elf->phdrs[i]))
            return false;
    }
    return loads != 0;
}

static const Elf64_Phdr *first_interp(const struct elf_facts *elf)
{
    for (size_t i = 0; i < elf->phnum; i++)
        if (elf->phdrs[i].p_type == PT_INTERP)
            return &elf->phdrs[i];
    return NULL;
}

/* The errno of reading PT_INTERP's text, 0 where the kernel takes it. */
static int interp_text(const struct elf_facts *elf, const Elf64_Phdr *segment)
{
    if (segment->p_filesz < 2 || segment->p_filesz > PATH_MAX)
        return ENOEXEC;
    if (segment->p_offset > INT64_MAX || segment->p_filesz > INT64_MAX - segment->p_offset)
        return EINVAL; /* rw_verify_area */
    if (segment->p_offset > elf->file_size ||
        segment->p_filesz > elf->file_size - segment->p_offset)
        return EIO;
    return elf->interp_ended && elf->interp != NULL ? 0 : ENOEXEC;
}

/* Checks of the interpreter's file before the point of no return. */
static bool check_interp(struct attempt *attempt, const char *name, const struct node *node)
{
    const struct file_facts *file = facts_of(attempt->facts, node);
    if (file->kind == FILE_UNREADABLE)
        return refuse(attempt, EXEC_UNREADABLE, file->error, name);
    if (file->size < header_size(attempt->handler->wide))
        return refuse(attempt, EXEC_INTERP_REFUSED, EIO, name);
    if (file->kind != FILE_ELF || !platform_accepts(attempt->handler, file->elf) ||
        !phdrs_fit(file->elf))
        return refuse(attempt, EXEC_INTERP_REFUSED, ELIBBAD, name);
    attempt->result->interp = node;
    attempt->result->interp_elf = file->elf;
    return true;
}

static bool open_interp(struct attempt *attempt, const char *path, const struct elf_facts *elf,
                        const Elf64_Phdr *segment)
{
    int error = interp_text(elf, segment);
    if (error != 0)
        return refuse(attempt, EXEC_MALFORMED, error, path);
    const struct node *node;
    const char *name = elf->interp;
    error = open_named(attempt, name, &node);
    if (error != 0)
        return refuse(attempt, node == NULL ? EXEC_INTERP_MISSING : EXEC_INTERP_REFUSED, error,
                      name);
    return check_interp(attempt, name, node);
}

/* load_elf_interp: the interpreter's type is only looked at here. */
static bool interp_maps(const struct elf_facts *elf)
{
    return (elf->type == ET_EXEC || elf->type == ET_DYN) && image_maps(elf);
}

static bool map_images(struct attempt *attempt, const char *path, const struct elf_facts *elf)
{
    const struct elf_facts *interp = attempt->result->interp_elf;
    if (!image_maps(elf))
        return refuse(attempt, EXEC_KILLED, 0, path);
    if (interp != NULL && !interp_maps(interp))
        return refuse(attempt, EXEC_KILLED, 0, elf->interp);
    if (!entry_maps(interp != NULL ? interp : elf))
        return refuse(attempt, EXEC_KILLED, 0, interp != NULL ? elf->interp : path);
    return true;
}

static bool take_machine(struct attempt *attempt, const struct elf_facts *elf)
{
    const struct platform *host = attempt->process->platform;
    if (host == NULL)
        host = platform_of_elf(elf);
    attempt->handler = host != NULL ? platform_handler(host, elf) : NULL;
    return attempt->handler != NULL;
}

/* load_elf_binary */
static bool load_elf(struct attempt *attempt, const char *path, const struct node *node,
                     const struct elf_facts *elf)
{
    attempt->result->program = path;
    attempt->result->node = node;
    attempt->result->elf = elf;
    if (elf->state == ELF_SHORT_HEADER || elf->state == ELF_BAD_HEADER)
        return refuse(attempt, EXEC_MALFORMED, ENOEXEC, path);
    if (elf->type != ET_EXEC && elf->type != ET_DYN)
        return refuse(attempt, EXEC_TYPE, ENOEXEC, path);
    if (!take_machine(attempt, elf))
        return refuse(attempt, EXEC_MACHINE, ENOEXEC, path);
    if (!phdrs_fit(elf))
        return refuse(attempt, EXEC_MALFORMED, ENOEXEC, path);
    const Elf64_Phdr *interp = first_interp(elf);
    if (interp != NULL && !open_interp(attempt, path, elf, interp))
        return false;
    return map_images(attempt, path, elf);
}

/* Why the program that a shebang line names cannot be opened. */
static bool refuse_named(struct attempt *attempt, const struct script_facts *script, int error,
                         bool found)
{
    size_t length = strlen(script->interpreter);
    enum exec_reason reason = EXEC_SHEBANG_MISSING;
    if (found)
        reason = EXEC_SHEBANG_REFUSED;
    else if (length != 0 && script->interpreter[length - 1] == '\r')
        reason = EXEC_SHEBANG_CRLF;
    return refuse(attempt, reason, error, script->interpreter);
}

static size_t count_of(const char *const *words)
{
    size_t count = 0;
    while (words != NULL && words[count] != NULL)
        count++;
    return count;
}

/* The interpreter's name takes the place of argv[0]; its argument and the
 * script come behind it, before what was there. */
static void pass_script(struct attempt *attempt, const char *path,
                        const struct script_facts *script)
{
    struct exec_result *result = attempt->result;
    size_t count = count_of(attempt->arguments), at = 0;
    const char **arguments = arena_array(attempt->arena, count + 3, sizeof *arguments);
    const char **chain = arena_array(attempt->arena, result->chain_count + 1, sizeof *chain);
    if (script->argument != NULL)
        arguments[at++] = script->argument;
    arguments[at++] = path;
    for (size_t i = 0; i < count; i++)
        arguments[at++] = attempt->arguments[i];
    for (size_t i = 0; i < result->chain_count; i++)
        chain[i] = result->chain[i];
    chain[result->chain_count++] = path;
    result->chain = chain;
    result->argv0 = script->interpreter;
    attempt->arguments = arguments;
}

/* A file that no handler takes: the command itself, or what a script names. */
static bool refuse_format(struct attempt *attempt, const struct file_facts *file, const char *path)
{
    if (attempt->result->chain_count != 0)
        return refuse(attempt, EXEC_SHEBANG_REFUSED, ENOEXEC, path);
    return refuse(attempt, file->kind == FILE_EMPTY ? EXEC_EMPTY : EXEC_NO_FORMAT, ENOEXEC, path);
}

/* exec_binprm: from script to script to the program. `node` is open. */
static bool load(struct attempt *attempt, const char *path, const struct node *node)
{
    for (;;) {
        const struct file_facts *file = facts_of(attempt->facts, node);
        if (file->kind == FILE_UNREADABLE)
            return refuse(attempt, EXEC_UNREADABLE, file->error, path);
        if (file->kind == FILE_ELF)
            return load_elf(attempt, path, node, file->elf);
        if (file->kind != FILE_SCRIPT)
            return refuse_format(attempt, file, path);
        const struct script_facts *script = &file->script;
        if (script->error != 0)
            return refuse(attempt, EXEC_SHEBANG_BAD, script->error, path);
        int error = open_named(attempt, script->interpreter, &node);
        if (error != 0)
            return refuse_named(attempt, script, error, node != NULL);
        pass_script(attempt, path, script);
        if (attempt->result->chain_count > SCRIPTS)
            return refuse(attempt, EXEC_SHEBANG_LOOP, ELOOP, path);
        path = script->interpreter;
    }
}

static bool start(struct attempt *attempt, const char *path)
{
    const struct node *node;
    int error = open_exec(attempt, path, &node);
    if (node == NULL)
        return refuse(attempt, EXEC_NOT_FOUND, error, path);
    if (error != 0)
        return refuse(attempt, node->type != NODE_FILE ? EXEC_NOT_REGULAR : EXEC_NO_PERMISSION,
                      error, path);
    return load(attempt, path, node);
}

void exec_replay_nested(struct facts *facts, const struct process *process, const char *path,
                        unsigned depth, struct arena *arena, struct exec_result *result)
{
    *result = (struct exec_result){.argv0 = path};
    struct attempt attempt = {.facts = facts, .process = process, .arena = arena, .result = result};
    if (start(&attempt, path) && env_is(result, attempt.arguments))
        env_replay(facts, process, attempt.arguments, depth, arena, result);
}

void exec_replay(struct facts *facts, const struct process *process, const char *path,
                 struct arena *arena, struct exec_result *result)
{
    exec_replay_nested(facts, process, path, 0, arena, result);
}

/* What runtimes take for a program: anything but a folder with some x bit
 * (findExecutable of Go's os/exec, which runc asks as the container's user).
 * Whether this user may run it is left to execve, as by runc before Go 1.20. */
static bool find_at(struct attempt *attempt, const char *path)
{
    const struct process *process = attempt->process;
    int error = 0;
    const struct node *node = root_lookup(facts_root(attempt->facts), process->cwd, path,
                                          &process->cred, LOOKUP_FOLLOW, &error);
    if (node == NULL)
        return refuse(attempt, EXEC_NOT_FOUND, error, path);
    if (node->type == NODE_DIR)
        return refuse(attempt, EXEC_NOT_REGULAR, EACCES, path);
    if ((node->mode & 0111) == 0)
        return refuse(attempt, EXEC_NO_PERMISSION, EACCES, path);
    return true;
}

/* The PATH of a container whose image sets none. */
static const char default_path[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/* `command` in the folder of `length` bytes at `folder`, as Go joins them. */
static const char *join_path(struct arena *arena, const char *folder, size_t length,
                             const char *command)
{
    while (length > 0 && folder[length - 1] == '/')
        length--;
    return arena_format(arena, "%.*s/%s", (int)length, folder, command);
}

static const char *find_in_path(struct attempt *attempt, const char *command)
{
    const char *path = process_env(attempt->process, "PATH");
    if (path == NULL)
        path = default_path;
    for (const char *end; *path != '\0'; path = *end != '\0' ? end + 1 : end) {
        end = strchrnul(path, ':');
        /* Go refuses what it finds through a relative folder (exec.ErrDot). */
        bool relative = *path != '/';
        const char *file = command;
        if (end != path)
            file = join_path(attempt->arena, path, (size_t)(end - path), command);
        if (!find_at(attempt, file))
            continue;
        if (relative)
            break;
        *attempt->result = (struct exec_result){.argv0 = command};
        return file;
    }
    refuse(attempt, EXEC_NOT_IN_PATH, ENOENT, command);
    return NULL;
}

const char *exec_find(struct facts *facts, const struct process *process, const char *command,
                      struct arena *arena, struct exec_result *result)
{
    *result = (struct exec_result){.argv0 = command};
    struct attempt attempt = {.facts = facts, .process = process, .arena = arena, .result = result};
    if (strchr(command, '/') == NULL)
        return find_in_path(&attempt, command);
    return find_at(&attempt, command) ? command : NULL;
}
