"""A worker inside a root: own mounts, own pids, no network, read-only, few rights.

What runs in it is the real loader of the root on the root's own files. A program
is never let into its main: it is asked about through the loader's own listing, and
its real start ends at its entry point, to which the loader jumps when all is bound.
"""

import ctypes
import json
import os
import resource
import signal
import struct
import time
from dataclasses import dataclass

CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWPID, CLONE_NEWNET = 0x20000, 0x8000000, 0x20000000, 0x40000000
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18
PTRACE_TRACEME, PTRACE_PEEKUSER, PTRACE_CONT = 0, 3, 7
AT_ENTRY = 9
BREAKPOINT = 0xCC
PROGRAM_COUNTER = 16 * 8        # of struct user_regs_struct, of 386 programs as well
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 24, 38
KEPT_CAPABILITIES = (1, 2)      # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH: root reads every file
EXEC_FAILED = 255

LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.ptrace.argtypes = (ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p)
LIBC.ptrace.restype = ctypes.c_long


@dataclass
class Outcome:
    """How a started process ended."""
    status: int = None     # exit status
    signal: int = None     # … or the signal that killed it
    errno: int = None      # … or the errno of its execve
    timeout: bool = False
    started: bool = False  # execve succeeded
    entered: bool = False  # … and the loader came to the program's entry (asked with until="entry")
    out: str = ""
    err: str = ""


def call(name, *words):
    if getattr(LIBC, name)(*words) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}{words}: {os.strerror(number)}")


def mount(source, target, kind, flags, data=None):
    call("mount", source and source.encode(), target.encode(), kind and kind.encode(), flags,
         data and data.encode())


def run_inside(root, job):
    """Run `job()` in a child that is chrooted into `root`; True where it ended well."""
    pid = os.fork()
    if pid == 0:
        try:
            call("unshare", CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET)
            os._exit(0 if run_as_init(root, job) else 1)
        except BaseException:
            import traceback
            traceback.print_exc()
            os._exit(1)
    return os.waitpid(pid, 0)[1] == 0


def ask(root, job):
    """The facts that `job(tell)` tells, one after the other, inside the root."""
    out = os.memfd_create("facts")

    def inside():
        job(lambda fact: os.write(out, (json.dumps(fact) + "\n").encode("utf-8", "surrogateescape")))

    if not run_inside(root, inside):
        raise SystemExit(f"{root}: its programs could not be asked")
    with os.fdopen(out, "rb") as file:
        file.seek(0)
        return [json.loads(line) for line in file.read().decode(errors="surrogateescape").splitlines()]


def ask_starts(root, starts, prepare=lambda: None, **words):
    """How each of `starts` (a program, its arguments, its environment) ends inside the root; `words`
    are those of start(). `prepare()` comes before them."""
    def job(tell):
        prepare()
        for program, argv, env in starts:
            tell(vars(start(program, argv, env, **words)))

    return [Outcome(**facts) for facts in ask(root, job)]


def run_as_init(root, job):
    pid = os.fork()
    if pid == 0:
        enter(str(root))
        try:
            job()
        except BaseException:
            import traceback
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return os.waitpid(pid, 0)[1] == 0


def enter(root):
    """The root read-only, /proc, a /dev with what programs expect; then chroot."""
    mount(None, "/", None, MS_REC | MS_PRIVATE)
    mount(root, root, None, MS_BIND)
    mount(None, root, None, MS_BIND | MS_REMOUNT | MS_RDONLY)
    mount("proc", f"{root}/proc", "proc", 0)
    if os.path.isdir(f"{root}/dev"):
        mount("tmpfs", f"{root}/dev", "tmpfs", 0, "size=1m")
        for name, minor in (("null", 3), ("zero", 5), ("urandom", 9)):
            os.mknod(f"{root}/dev/{name}", 0o20666, os.makedev(1, minor))
    if os.path.isdir(f"{root}/tmp"):
        mount("tmpfs", f"{root}/tmp", "tmpfs", 0, "size=16m")
    os.chroot(root)
    os.chdir("/")
    LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    for number in range(64):
        if number not in KEPT_CAPABILITIES:
            LIBC.prctl(PR_CAPBSET_DROP, number, 0, 0, 0)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])


def start(program, argv, env, timeout=20.0, until=None, together=False):
    """Start `program` (a path, or an open file) and wait for its end.

    `until="exec"`: it is killed before its first instruction; only whether the kernel
    starts it is asked. `until="entry"`: it is killed at its entry point. With
    `together` both of its outputs come as one, in the order of their writing.
    """
    out, err, failed = (os.memfd_create(name, os.MFD_CLOEXEC) for name in ("out", "err", "failed"))
    pid = os.fork()
    if pid == 0:
        become(program, argv, env, out, out if together else err, failed, traced=until is not None)
    outcome = wait_for(pid, timeout, failed, until)
    outcome.out, outcome.err = content(out), content(err)
    os.close(failed)
    return outcome


def become(program, argv, env, out, err, failed, traced):
    try:
        os.setsid()
        os.dup2(os.open("/proc/sys/kernel/ostype", os.O_RDONLY), 0)
        os.dup2(out, 1)
        os.dup2(err, 2)
        for what, limit in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_CPU, 60),
                            (resource.RLIMIT_FSIZE, 64 << 20)):
            resource.setrlimit(what, (limit, limit))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
        if traced:
            LIBC.ptrace(PTRACE_TRACEME, 0, 0, 0)
        os.execve(program, argv, env)
    except OSError as error:
        os.pwrite(failed, str(error.errno).encode(), 0)
    finally:
        os._exit(EXEC_FAILED)


def wait_for(pid, timeout, failed, until):
    deadline = time.monotonic() + timeout
    entry = None
    while True:
        done, status = os.waitpid(pid, os.WNOHANG | os.WUNTRACED)
        if done == pid and not os.WIFSTOPPED(status):
            break
        if done == pid:
            if until == "exec" or entry == program_counter(pid) - 1:
                end(pid)
                return Outcome(started=True, entered=until == "entry")
            if entry is None:
                entry = break_at_entry(pid)
                LIBC.ptrace(PTRACE_CONT, pid, 0, 0)
            else:
                number = os.WSTOPSIG(status)
                LIBC.ptrace(PTRACE_CONT, pid, 0, 0 if number == signal.SIGTRAP else number)
            continue
        left = deadline - time.monotonic()
        if left <= 0:
            end(pid)
            return Outcome(timeout=True)
        signal.sigtimedwait([signal.SIGCHLD], left)
    end_group(pid)
    if os.WIFSIGNALED(status):
        return Outcome(signal=os.WTERMSIG(status))
    number = os.pread(failed, 16, 0)
    if os.WEXITSTATUS(status) == EXEC_FAILED and number:
        return Outcome(errno=int(number))
    return Outcome(status=os.WEXITSTATUS(status), started=True)


def break_at_entry(pid):
    """Lay a breakpoint on the entry point of the program that was just mapped; its address."""
    with open(f"/proc/{pid}/exe", "rb") as file:
        word = "Q" if file.read(5)[4] == 2 else "I"
    with open(f"/proc/{pid}/auxv", "rb") as file:
        entry = dict(struct.iter_unpack(f"={word}{word}", file.read()))[AT_ENTRY]
    with open(f"/proc/{pid}/mem", "r+b", buffering=0) as memory:
        memory.seek(entry)
        memory.write(bytes([BREAKPOINT]))
    return entry


def program_counter(pid):
    return LIBC.ptrace(PTRACE_PEEKUSER, pid, PROGRAM_COUNTER, 0)


def end(pid):
    end_group(pid)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def end_group(pid):
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def content(handle):
    size = min(os.fstat(handle).st_size, 4 << 20)
    text = os.pread(handle, size, 0).decode("utf-8", "surrogateescape")
    os.close(handle)
    return text
