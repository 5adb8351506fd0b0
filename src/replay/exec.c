/* execve as Linux does it: fs/exec.c, fs/binfmt_script.c, fs/binfmt_elf.c. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "replay/env.h"
#include "replay/interpreter.h"

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
};

static bool refuse(struct attempt *attempt, enum exec_reason reason, int error, const char *culprit,
                   const struct node *node, const char *detail)
{
    attempt->result->reason = reason;
    attempt->result->error = error;
    attempt->result->culprit = culprit;
    attempt->result->culprit_node = node;
    attempt->result->detail = detail;
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

/* load_elf_phdrs; NULL where it takes them. */
static const char *phdrs_trouble(const struct elf_facts *elf)
{
    uint64_t size = elf->wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
    if (elf->phentsize != size)
        return "has program headers of a size that is not the machine's";
    if (elf->phnum == 0)
        return "has no program headers";
    if (elf->phnum * size > PHDRS_SIZE)
        return "has more program headers than the kernel reads (64 KiB)";
    return elf->phdrs == NULL ? "has program headers outside of the file" : NULL;
}

/* TASK_SIZE: no segment ends behind it. */
static uint64_t address_end(const struct elf_facts *elf)
{
    if (!elf->wide)
        return 0xffffe000U;
    return (UINT64_C(1) << (elf->machine == EM_X86_64 ? 47 : 48)) - PAGE;
}

/* elf_load of one PT_LOAD, and the checks of its caller; NULL where it is mapped. */
static const char *segment_trouble(const struct elf_facts *elf, const Elf64_Phdr *segment)
{
    uint64_t end = address_end(elf);
    if (segment->p_filesz > segment->p_memsz)
        return "has a segment with more bytes in the file than in memory";
    if (segment->p_vaddr >= end || segment->p_memsz > end - segment->p_vaddr)
        return "has a segment outside of the addresses that a process has";
    if (elf->type == ET_EXEC && segment->p_vaddr < LEAST_ADDRESS)
        return "has a segment below the least address that may be mapped (64 KiB)";
    /* maximum_alignment: the load address is rounded down to it, here to 0 */
    uint64_t align = segment->p_align;
    if (elf->type == ET_DYN && (align & (align - 1)) == 0 &&
        align >= (elf->wide ? end + PAGE : (uint64_t)1 << 31))
        return "has a segment with an alignment beyond the addresses that a process has";
    if (segment->p_filesz == 0)
        return NULL;
    uint64_t room = (elf->file_size + PAGE - 1) / PAGE * PAGE;
    if ((segment->p_offset - segment->p_vaddr) % PAGE != 0)
        return "has a segment whose place in the file and address differ within a page";
    /* Pages behind the end of the file can be mapped, but not touched: SIGBUS. */
    if (segment->p_offset > room || segment->p_filesz > room - segment->p_offset)
        return "has a segment behind the end of the file";
    return NULL;
}

/* What a segment needs for its bytes to be executed. A ppc64 entry may be a
 * descriptor in data; in 32-bit programs without PT_GNU_STACK all that can be
 * read can be executed. */
static uint32_t executable_flags(const struct elf_facts *elf)
{
    bool marked = elf->has_stack && (elf->machine == EM_386 || elf->machine == EM_ARM);
    return (elf->wide && elf->machine != EM_PPC64) || marked ? PF_X : PF_X | PF_R;
}

bool exec_entry_maps(const struct elf_facts *elf)
{
    if (elf->entry == 0)
        return false;
    for (size_t i = 0; i < elf->phnum; i++) {
        const Elf64_Phdr *segment = &elf->phdrs[i];
        if (segment->p_type != PT_LOAD || segment->p_filesz == 0 ||
            (segment->p_flags & executable_flags(elf)) == 0)
            continue;
        uint64_t start = segment->p_vaddr / PAGE * PAGE;
        uint64_t size = segment->p_vaddr - start + segment->p_filesz;
        if (elf->entry >= start && elf->entry - start < (size + PAGE - 1) / PAGE * PAGE)
            return true;
    }
    return false;
}

/* What comes behind the point of no return of load_elf_binary: NULL where it
 * goes well, else why the process is killed. A program without any segment is
 * let through where it has an interpreter, but no loader survives it. */
static const char *image_trouble(const struct elf_facts *elf)
{
    size_t loads = 0;
    for (size_t i = 0; i < elf->phnum; i++) {
        if (elf->phdrs[i].p_type != PT_LOAD)
            continue;
        const char *trouble = segment_trouble(elf, &elf->phdrs[i]);
        if (trouble != NULL)
            return trouble;
        loads++;
    }
    return loads == 0 ? "has no segment to load" : NULL;
}

static const Elf64_Phdr *first_interp(const struct elf_facts *elf)
{
    for (size_t i = 0; i < elf->phnum; i++)
        if (elf->phdrs[i].p_type == PT_INTERP)
            return &elf->phdrs[i];
    return NULL;
}

/* The errno of reading PT_INTERP's text with what is wrong with it; 0 where the
 * kernel takes it. */
static int interp_text(const struct elf_facts *elf, const Elf64_Phdr *segment, const char **trouble)
{
    *trouble = "has an interpreter segment (PT_INTERP) outside of the file";
    if (segment->p_filesz >= 2 && segment->p_filesz <= PATH_MAX) {
        if (segment->p_offset > INT64_MAX || segment->p_filesz > INT64_MAX - segment->p_offset)
            return EINVAL; /* rw_verify_area */
        if (segment->p_offset > elf->file_size ||
            segment->p_filesz > elf->file_size - segment->p_offset)
            return EIO;
        *trouble = "has an interpreter's name (PT_INTERP) without a NUL at its end";
        return elf->interp_ended && elf->interp != NULL ? 0 : ENOEXEC;
    }
    *trouble = segment->p_filesz < 2 ? "has an empty interpreter's name (PT_INTERP)"
                                     : "has an interpreter's name (PT_INTERP) longer than any path";
    return ENOEXEC;
}

static const char *type_name(enum node_type type)
{
    switch (type) {
    case NODE_DIR:
        return "is a folder";
    case NODE_FIFO:
        return "is a named pipe";
    case NODE_SOCKET:
        return "is a socket";
    default:
        return "is a device";
    }
}

/* Why the kernel does not open what exists, for EACCES of open_exec. */
static const char *open_trouble(struct attempt *attempt, const struct node *node)
{
    const struct cred *cred = &attempt->process->cred;
    if (node->type != NODE_FILE)
        return type_name(node->type);
    if ((node->mode & 0111) == 0)
        return arena_format(attempt->arena, "has no execute permission (mode %04o)", node->mode);
    return arena_format(attempt->arena,
                        "has no execute permission for the user %u:%u it runs as (mode %04o, of "
                        "%u:%u)",
                        cred->uid, cred->gid, node->mode, node->uid, node->gid);
}

static const char *machine_trouble(struct attempt *attempt, const struct elf_facts *elf)
{
    const struct platform *own = platform_of_elf(elf);
    const char *machine = platform_machine_name(elf->machine, elf->wide, elf->big);
    if (own == NULL)
        return arena_format(attempt->arena, "is for %s", machine);
    return arena_format(attempt->arena, "is for %s (%s)", machine, own->name);
}

/* Checks of the interpreter's file before the point of no return. */
static bool check_interp(struct attempt *attempt, const char *name, const struct node *node)
{
    const struct file_facts *file = facts_of(attempt->facts, node);
    const char *trouble = NULL;
    if (file->kind == FILE_UNREADABLE)
        return refuse(attempt, EXEC_UNREADABLE, file->error, name, node, NULL);
    if (file->size < header_size(attempt->handler->wide))
        return refuse(attempt, EXEC_INTERP_REFUSED, EIO, name, node,
                      file->size == 0 ? "is empty" : "is shorter than an ELF header");
    if (file->kind != FILE_ELF)
        trouble = file->kind == FILE_SCRIPT ? "is a script" : "is no ELF file";
    else if (!platform_accepts(attempt->handler, file->elf))
        trouble = machine_trouble(attempt, file->elf);
    else
        trouble = phdrs_trouble(file->elf);
    if (trouble != NULL)
        return refuse(attempt, EXEC_INTERP_REFUSED, ELIBBAD, name, node, trouble);
    attempt->result->interp = node;
    attempt->result->interp_elf = file->elf;
    return true;
}

static bool open_interp(struct attempt *attempt, const char *path, const struct elf_facts *elf,
                        const Elf64_Phdr *segment)
{
    const char *trouble;
    int error = interp_text(elf, segment, &trouble);
    if (error != 0)
        return refuse(attempt, EXEC_MALFORMED, error, path, attempt->result->node, trouble);
    const struct node *node;
    const char *name = elf->interp;
    error = open_named(attempt, name, &node);
    if (error != 0)
        return refuse(attempt, node == NULL ? EXEC_INTERP_MISSING : EXEC_INTERP_REFUSED, error,
                      name, node, node != NULL ? open_trouble(attempt, node) : NULL);
    return check_interp(attempt, name, node);
}

/* load_elf_interp: the interpreter's type is only looked at here. */
static const char *interp_trouble(const struct elf_facts *elf)
{
    if (elf->type != ET_EXEC && elf->type != ET_DYN)
        return "is no program or shared object";
    return image_trouble(elf);
}

static bool kill(struct attempt *attempt, const char *culprit, const struct node *node,
                 const char *trouble)
{
    return refuse(attempt, EXEC_KILLED, 0, culprit, node, trouble);
}

static bool map_images(struct attempt *attempt, const char *path, const struct elf_facts *elf)
{
    const struct node *node = attempt->result->node, *interp_node = attempt->result->interp;
    const struct elf_facts *interp = attempt->result->interp_elf;
    const char *trouble = image_trouble(elf);
    if (trouble != NULL)
        return kill(attempt, path, node, trouble);
    trouble = interp != NULL ? interp_trouble(interp) : NULL;
    if (trouble != NULL)
        return kill(attempt, elf->interp, interp_node, trouble);
    if (exec_entry_maps(interp != NULL ? interp : elf))
        return true;
    return kill(attempt, interp != NULL ? elf->interp : path, interp != NULL ? interp_node : node,
                "has an entry point outside of its executable segments");
}

static bool take_machine(struct attempt *attempt, const struct elf_facts *elf)
{
    const struct platform *host = attempt->process->platform;
    if (host == NULL)
        host = platform_of_elf(elf);
    attempt->handler = host != NULL ? platform_handler(host, elf) : NULL;
    return attempt->handler != NULL;
}

static const char *elf_type_name(uint16_t type)
{
    switch (type) {
    case ET_REL:
        return "is an object file or a kernel module, not a linked program";
    case ET_CORE:
        return "is a core dump, not a program";
    default:
        return "is an ELF file of a type that is no program's";
    }
}

/* load_elf_binary */
static bool load_elf(struct attempt *attempt, const char *path, const struct node *node,
                     const struct elf_facts *elf)
{
    attempt->result->program = path;
    attempt->result->node = node;
    attempt->result->elf = elf;
    if (elf->state == ELF_SHORT_HEADER || elf->state == ELF_BAD_HEADER)
        return refuse(attempt, EXEC_MALFORMED, ENOEXEC, path, node, "ends inside its ELF header");
    if (elf->type != ET_EXEC && elf->type != ET_DYN)
        return refuse(attempt, EXEC_TYPE, ENOEXEC, path, node, elf_type_name(elf->type));
    if (!take_machine(attempt, elf))
        return refuse(attempt, EXEC_MACHINE, ENOEXEC, path, node, machine_trouble(attempt, elf));
    const char *trouble = phdrs_trouble(elf);
    if (trouble != NULL)
        return refuse(attempt, EXEC_MALFORMED, ENOEXEC, path, node, trouble);
    const Elf64_Phdr *interp = first_interp(elf);
    if (interp != NULL && !open_interp(attempt, path, elf, interp))
        return false;
    return map_images(attempt, path, elf);
}

/* Why the program that a shebang line names cannot be opened. */
static bool refuse_named(struct attempt *attempt, const struct script_facts *script, int error,
                         const struct node *node)
{
    size_t length = strlen(script->interpreter);
    enum exec_reason reason = EXEC_SHEBANG_MISSING;
    if (node != NULL)
        reason = EXEC_SHEBANG_REFUSED;
    else if (length != 0 && script->interpreter[length - 1] == '\r')
        reason = EXEC_SHEBANG_CRLF;
    return refuse(attempt, reason, error, script->interpreter, node,
                  node != NULL ? open_trouble(attempt, node) : NULL);
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
    size_t count = count_of(result->arguments), at = 0;
    const char **arguments = arena_array(attempt->arena, count + 3, sizeof *arguments);
    const char **chain = arena_array(attempt->arena, result->chain_count + 1, sizeof *chain);
    if (script->argument != NULL)
        arguments[at++] = script->argument;
    arguments[at++] = path;
    for (size_t i = 0; i < count; i++)
        arguments[at++] = result->arguments[i];
    for (size_t i = 0; i < result->chain_count; i++)
        chain[i] = result->chain[i];
    chain[result->chain_count++] = path;
    result->chain = chain;
    result->argv0 = script->interpreter;
    result->arguments = arguments;
}

/* A file that no handler takes: the command itself, or what a script names. */
static bool refuse_format(struct attempt *attempt, const struct file_facts *file, const char *path,
                          const struct node *node)
{
    bool empty = file->kind == FILE_EMPTY;
    enum exec_reason reason = empty ? EXEC_EMPTY : EXEC_NO_FORMAT;
    if (attempt->result->chain_count != 0)
        reason = EXEC_SHEBANG_REFUSED;
    return refuse(attempt, reason, ENOEXEC, path, node,
                  empty ? "is empty" : "is neither an ELF program nor a script");
}

/* exec_binprm: from script to script to the program. `node` is open. */
static bool load(struct attempt *attempt, const char *path, const struct node *node)
{
    for (;;) {
        const struct file_facts *file = facts_of(attempt->facts, node);
        if (file->kind == FILE_UNREADABLE)
            return refuse(attempt, EXEC_UNREADABLE, file->error, path, node, NULL);
        if (file->kind == FILE_ELF)
            return load_elf(attempt, path, node, file->elf);
        if (file->kind != FILE_SCRIPT)
            return refuse_format(attempt, file, path, node);
        const struct script_facts *script = &file->script;
        if (script->error != 0)
            return refuse(attempt, EXEC_SHEBANG_BAD, script->error, path, node, script->trouble);
        const struct node *named;
        int error = open_named(attempt, script->interpreter, &named);
        if (error != 0)
            return refuse_named(attempt, script, error, named);
        pass_script(attempt, path, script);
        if (attempt->result->chain_count > SCRIPTS)
            return refuse(attempt, EXEC_SHEBANG_LOOP, ELOOP, path, node, NULL);
        path = script->interpreter;
        node = named;
    }
}

static bool start(struct attempt *attempt, const char *path)
{
    const struct node *node;
    int error = open_exec(attempt, path, &node);
    if (node == NULL)
        return refuse(attempt, EXEC_NOT_FOUND, error, path, NULL, NULL);
    if (error != 0)
        return refuse(attempt, node->type != NODE_FILE ? EXEC_NOT_REGULAR : EXEC_NO_PERMISSION,
                      error, path, node, open_trouble(attempt, node));
    return load(attempt, path, node);
}

void exec_replay_nested(struct facts *facts, const struct process *process, const char *path,
                        const char *const *argv, unsigned depth, struct arena *arena,
                        struct exec_result *result)
{
    *result = (struct exec_result){.execfn = path, .argv0 = argv[0], .arguments = argv + 1};
    struct attempt attempt = {.facts = facts, .process = process, .arena = arena, .result = result};
    if (start(&attempt, path) && env_is(result))
        env_replay(facts, process, depth, arena, result);
}

void exec_replay(struct facts *facts, const struct process *process, const char *path,
                 struct arena *arena, struct exec_result *result)
{
    const char **argv = arena_array(arena, 2, sizeof *argv);
    argv[0] = path;
    exec_replay_nested(facts, process, path, argv, 0, arena, result);
    interpreter_replay(facts, process, arena, result);
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
        return refuse(attempt, EXEC_NOT_FOUND, error, path, NULL, NULL);
    if (node->type == NODE_DIR)
        return refuse(attempt, EXEC_NOT_REGULAR, EACCES, path, node, open_trouble(attempt, node));
    if ((node->mode & 0111) == 0)
        return refuse(attempt, EXEC_NO_PERMISSION, EACCES, path, node, open_trouble(attempt, node));
    return true;
}

/* What Docker and its kin set where neither the image nor the command line gives
 * a PATH. */
static const char default_path[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/* Go's filepath.Join of a folder of `length` bytes, which may be empty, and a
 * name: without double slashes, `.` and `..`, whatever links there are. */
static const char *join_path(struct arena *arena, const char *folder, size_t length,
                             const char *name)
{
    const char *text = arena_format(arena, "%.*s/%s", (int)length, folder, name);
    bool rooted = length != 0 && *folder == '/';
    char *path = arena_copy(arena, text, strlen(text));
    size_t end = rooted, least = rooted; /* nothing before `least` is taken back */
    for (const char *at = text; *at != '\0';) {
        size_t part = strcspn(at, "/");
        bool up = part == 2 && at[0] == '.' && at[1] == '.';
        if (up && end > least) {
            while (end > least && path[--end] != '/')
                ;
        } else if (part != 0 && !(part == 1 && *at == '.') && !(up && rooted)) {
            if (end > rooted)
                path[end++] = '/';
            memmove(path + end, at, part);
            end += part;
            least = up ? end : least;
        }
        at += part + (at[part] == '/');
    }
    path[end] = '\0';
    return end != 0 ? path : ".";
}

static const char *find_in_path(struct attempt *attempt, const char *command)
{
    const char *path = process_env(attempt->process, "PATH");
    enum exec_reason reason = EXEC_NOT_IN_PATH;
    const struct node *passed_over = NULL;
    if (path == NULL)
        path = default_path;
    bool more = *path != '\0'; /* an empty PATH has no element, `:` has two */
    for (const char *end; more; path = end + 1) {
        end = strchrnul(path, ':');
        more = *end != '\0';
        const char *file = join_path(attempt->arena, path, (size_t)(end - path), command);
        if (!find_at(attempt, file)) {
            if (passed_over == NULL && attempt->result->reason == EXEC_NO_PERMISSION)
                passed_over = attempt->result->culprit_node;
            continue;
        }
        *attempt->result = (struct exec_result){.argv0 = command};
        if (*file == '/')
            return file;
        reason = EXEC_PATH_RELATIVE; /* exec.ErrDot */
        break;
    }
    refuse(attempt, reason, ENOENT, command, passed_over, NULL);
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
