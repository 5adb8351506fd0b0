#include "cli/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/temporary.h"
#include "cli/options.h"
#include "cli/sanitized.h"
#include "source/base.h"

/* ---- files: landlock(7) ---- */

#define READING (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITING                                                                                    \
    (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR |   \
     LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR)
#define NEVER                                                                                      \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_SOCK |    \
     LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK)
/* What a file, not a folder, can be allowed. */
#define OF_FILE (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | truncating)

#ifdef LANDLOCK_ACCESS_FS_REFER
static const __u64 referring = LANDLOCK_ACCESS_FS_REFER; /* from version 2 on */
#else
static const __u64 referring = 0;
#endif
#ifdef LANDLOCK_ACCESS_FS_TRUNCATE
static const __u64 truncating = LANDLOCK_ACCESS_FS_TRUNCATE; /* from version 3 on */
#else
static const __u64 truncating = 0;
#endif

struct ruleset {
    int fd;
    __u64 handled;
    struct sandbox *sandbox;
    bool all; /* may be read already */
};

/* What does not exist needs no rule, nor what is beneath / where that may be read. */
static void allow(struct ruleset *ruleset, const char *path, __u64 access)
{
    struct stat status;
    if (ruleset->all && (access & WRITING) == 0)
        return;
    struct landlock_path_beneath_attr rule = {.allowed_access = access & ruleset->handled,
                                              .parent_fd =
                                                  *path != 0 ? open(path, O_PATH | O_CLOEXEC) : -1};
    if (rule.parent_fd < 0)
        return;
    if (fstat(rule.parent_fd, &status) == 0) {
        if (!S_ISDIR(status.st_mode))
            rule.allowed_access &= OF_FILE;
        if (syscall(SYS_landlock_add_rule, ruleset->fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) ==
            0) {
            ++*((access & WRITING) != 0 ? &ruleset->sandbox->writes : &ruleset->sandbox->reads);
            ruleset->all |= strcmp(path, "/") == 0;
        }
    }
    close(rule.parent_fd);
}

static void allow_folder_of(struct ruleset *ruleset, const char *path, __u64 access)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        allow(ruleset, ".", access);
    else if ((size_t)(slash - path) < sizeof folder) {
        snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path), path);
        allow(ruleset, folder, access);
    }
}

enum { COLONS_MOST = 8 }; /* that a path of this machine is looked for at */

/* What the first part of `path`, which ends at `length`, allows: a pattern's matches are all in the
 * folder before it. */
static void allow_part(struct ruleset *ruleset, char *path, size_t length)
{
    path[length] = 0;
    if (path[strcspn(path, "*?[")] == 0) {
        allow(ruleset, path, READING);
        return;
    }
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%.*s", (int)strcspn(path, "*?["), path);
    allow_folder_of(ruleset, folder, READING);
}

/* `text` may be PATH, PREFIX:PATH, PATH:REFERENCE or :PATH:PATH, where \: is a colon of a path.
 * Whatever of it is a path of this machine may be read: the user names it. */
static void allow_source(struct ruleset *ruleset, const char *text)
{
    char path[PATH_MAX];
    size_t length = strlen(text);
    unsigned colons = 0;
    if (length >= sizeof path)
        return;
    for (size_t from = 0; from < length && colons < COLONS_MOST; from++) {
        size_t put = 0;
        if (from != 0 && text[from - 1] != ':')
            continue;
        colons++;
        for (size_t to = from; to < length; to++) {
            if (text[to] == ':')
                allow_part(ruleset, path, put);
            if (text[to] != '\\' || text[to + 1] != ':')
                path[put++] = text[to];
        }
        allow_part(ruleset, path, put);
    }
}

static void allow_named(struct ruleset *ruleset, const struct options *options)
{
    for (size_t i = 0; i < options->settings.count; i++) {
        const struct setting *setting = &options->settings.at[i];
        const char *equals = strchr(setting->value, '=');
        if (setting->option->argument == NULL || strcmp(setting->option->name, "env") == 0)
            continue;
        allow_source(ruleset, setting->value);
        if (equals != NULL)
            allow_source(ruleset, equals + 1);
    }
    for (size_t i = 0; i < options->paths.count; i++)
        allow_source(ruleset, options->paths.at[i]);
    for (size_t i = 0; i < options->root_list.count; i++)
        allow_source(ruleset, options->root_list.at[i]);
    if (options->dockerfile != NULL) {
        allow_folder_of(ruleset, options->dockerfile, READING);
        if (options->context == NULL)
            allow(ruleset, ".", READING);
    }
}

/* What willrun itself reads: its profiles, libmagic's database, the terminal. */
static void allow_own(struct ruleset *ruleset)
{
    static const char *const places[] = {
        "/usr/share/misc", "/usr/lib/file", "/usr/share/file", "/etc/magic",
        "/etc/magic.mgc",  "/dev/null",     "/proc/self",      "/sys/devices/system/cpu"};
    struct arena arena = {0};
    const char *folder;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        allow(ruleset, places[i], READING);
    for (size_t i = 0; (folder = base_data_folder(i, &arena)) != NULL; i++)
        allow(ruleset, folder, READING);
    arena_free(&arena);
}

/* A file is written beside its final place and then renamed; what is behind a link is replaced. */
static void allow_output(struct ruleset *ruleset, const char *path)
{
    char target[PATH_MAX];
    if (path == NULL || *path == 0)
        return;
    allow(ruleset, path, READING | WRITING | truncating | referring);
    allow_folder_of(ruleset, realpath(path, target) != NULL ? target : path,
                    READING | WRITING | truncating | referring);
}

static void allow_writing(struct ruleset *ruleset, const struct options *options)
{
    allow_output(ruleset, options->output);
    allow_output(ruleset, options->to);
    if (options->cache != NULL)
        allow(ruleset, options->cache, READING | WRITING | truncating | referring);
    allow_output(ruleset, getenv("GITHUB_STEP_SUMMARY"));
}

static void restrict_files(struct sandbox *sandbox, const struct options *options, bool all)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 1)
        return;
    struct landlock_ruleset_attr attributes = {
        .handled_access_fs = READING | WRITING | NEVER | (version >= 2 ? referring : 0) |
                             (version >= 3 ? truncating : 0)};
    struct ruleset ruleset = {.handled = attributes.handled_access_fs, .sandbox = sandbox};
    ruleset.fd = (int)syscall(SYS_landlock_create_ruleset, &attributes,
                              sizeof attributes.handled_access_fs, 0);
    if (ruleset.fd < 0)
        return;
    allow_named(&ruleset, options);
    if (all)
        allow(&ruleset, "/", READING);
    allow_own(&ruleset);
    allow_writing(&ruleset, options);
#ifdef WILLRUN_COUNTS
    allow(&ruleset, WILLRUN_COUNTS, READING | WRITING);
#endif
    if (syscall(SYS_landlock_restrict_self, ruleset.fd, 0) == 0)
        sandbox->landlock = (int)version;
    close(ruleset.fd);
}

/* ---- calls: seccomp(2) ---- */

/* What no part of willrun ever does, in no order. Rows that a machine has not are left out. */
static const int forbidden[] = {
    SYS_execve,
    SYS_execveat,
    SYS_socket,
    SYS_socketpair,
    SYS_connect,
    SYS_bind,
    SYS_listen,
    SYS_accept4,
    SYS_sendto,
    SYS_sendmsg,
    SYS_sendmmsg,
    SYS_recvfrom,
    SYS_recvmsg,
    SYS_recvmmsg,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_setns,
    SYS_unshare,
    SYS_reboot,
    SYS_swapon,
    SYS_swapoff,
    SYS_kexec_load,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_bpf,
    SYS_perf_event_open,
    SYS_add_key,
    SYS_request_key,
    SYS_keyctl,
    SYS_userfaultfd,
    SYS_io_uring_setup,
    SYS_io_uring_enter,
    SYS_io_uring_register,
    SYS_open_by_handle_at,
    SYS_name_to_handle_at,
    SYS_mknodat,
    SYS_setuid,
    SYS_setgid,
    SYS_setreuid,
    SYS_setregid,
    SYS_setresuid,
    SYS_setresgid,
    SYS_setgroups,
    SYS_capset,
    SYS_personality,
    SYS_acct,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_sethostname,
    SYS_quotactl,
    SYS_pidfd_getfd,
    SYS_move_mount,
    SYS_open_tree,
    SYS_fsopen,
    SYS_fsmount,
    SYS_kcmp,
#ifdef SYS_accept
    SYS_accept,
#endif
#ifdef SYS_fork
    SYS_fork,
    SYS_vfork,
#endif
#ifdef SYS_mknod
    SYS_mknod,
#endif
#ifdef SYS_ioperm
    SYS_ioperm,
    SYS_iopl,
    SYS_modify_ldt,
#endif
#ifdef SYS_kexec_file_load
    SYS_kexec_file_load,
#endif
#if !SANITIZED /* LeakSanitizer stops the process that ends */
    SYS_ptrace,
#endif
};
enum { FORBIDDEN = sizeof forbidden / sizeof *forbidden };

#if defined(__x86_64__) && !defined(__ILP32__)
#define MACHINE AUDIT_ARCH_X86_64
#elif defined(__aarch64__) && defined(__AARCH64EL__)
#define MACHINE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define MACHINE AUDIT_ARCH_RISCV64
#elif defined(__s390x__)
#define MACHINE AUDIT_ARCH_S390X
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define MACHINE AUDIT_ARCH_PPC64LE
#endif

#ifdef MACHINE
#define FIELD(name) ((__u32)offsetof(struct seccomp_data, name))
#ifdef __s390x__
#define CLONE_FLAGS (FIELD(args[1]) + 4) /* the low word of the second argument */
#else
#define CLONE_FLAGS FIELD(args[0])
#endif

/* Which machine, then the call's number against each row; behind them clone, which may make threads
 * and no processes; last the end that rows jump to. */
/* Numbers of calls, one behind the other, that are forbidden. */
struct run {
    __u32 first, last;
};

static int by_number(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

/* All of them in order; how many runs. */
static size_t find_runs(struct run runs[FORBIDDEN])
{
    int sorted[FORBIDDEN];
    size_t count = 0;
    memcpy(sorted, forbidden, sizeof forbidden);
    qsort(sorted, FORBIDDEN, sizeof *sorted, by_number);
    for (size_t i = 0; i < FORBIDDEN; i++) {
        __u32 number = (__u32)sorted[i];
        if (count != 0 && number <= runs[count - 1].last + 1)
            runs[count - 1].last = number;
        else
            runs[count++] = (struct run){number, number};
    }
    return count;
}

/* Find the call's number by halves among `count` runs, of which it is behind the first one's start:
 * the kernel asks the filter of every number there is when it takes it. Jumps to `end` and, where
 * it is forbidden, to `kill`; returns where the next instruction goes. */
static size_t put_search(struct sock_filter *filter, size_t at, const struct run *runs,
                         size_t count, size_t end, size_t kill)
{
    if (count == 1) {
        filter[at] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, runs->last,
                                                  (unsigned char)(end - at - 1),
                                                  (unsigned char)(kill - at - 1));
        return at + 1;
    }
    size_t half = count / 2;
    size_t upper = put_search(filter, at + 1, runs, half, end, kill);
    filter[at] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, runs[half].first,
                                              (unsigned char)(upper - at - 1), 0);
    return put_search(filter, upper, runs + half, count - half, end, kill);
}

static bool forbid_calls(void)
{
    static const struct sock_filter head[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, FIELD(arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MACHINE, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, FIELD(nr)),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1), /* x32's numbers */
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        /* the flags of clone3 cannot be seen from here: the C library falls back to clone */
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
    };
    static const struct sock_filter tail[] = {
#if SANITIZED
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
#else
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, CLONE_FLAGS),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
#endif
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    enum { HEAD = sizeof head / sizeof *head, TAIL = sizeof tail / sizeof *tail };
    struct run runs[FORBIDDEN];
    size_t count = find_runs(runs), end = HEAD + 2 * count; /* where the tail begins */
    struct sock_filter filter[HEAD + 2 * FORBIDDEN + TAIL];
    memcpy(filter, head, sizeof head);
    filter[HEAD] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, runs->first, 0,
                                                (unsigned char)(end - HEAD - 1));
    put_search(filter, HEAD + 1, runs, count, end, end + TAIL - 1);
    memcpy(filter + end, tail, sizeof tail);
    struct sock_fprog program = {.len = (unsigned short)(end + TAIL), .filter = filter};
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}
#else
static bool forbid_calls(void)
{
    return false;
}
#endif

/* Does nothing but a folder lie under what is asked for, and of that not all? */
static bool is_small(const struct options *options)
{
    struct stat status;
    char layout[PATH_MAX];
    return options->root != NULL && !options->all && options->stages.count == 0 &&
           options->bases.count == 0 && options->root_list.count == 0 &&
           (size_t)snprintf(layout, sizeof layout, "%s/oci-layout", options->root) <
               sizeof layout &&
           stat(options->root, &status) == 0 && S_ISDIR(status.st_mode) &&
           stat(layout, &status) != 0;
}

struct sandbox sandbox_enter(const struct options *options, bool own_root)
{
    struct sandbox sandbox = {0};
    /* what comes as a stream is kept there */
    if (!is_small(options))
        temporary_reserve(TEMPORARY_FILES *
                          (unsigned)(1 + options->stages.count + options->bases.count +
                                     options->root_list.count));
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return sandbox;
    restrict_files(&sandbox, options, own_root && options->root == NULL);
    sandbox.seccomp = forbid_calls();
    return sandbox;
}
