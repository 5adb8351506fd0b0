"""Starts of programs, asked three times: the real kernel, the real runc, and
willrun. All must end alike: by the same errno, the same words, the same status."""
import concurrent.futures
import errno
import json
import os
import shutil
import subprocess
import sys
import tempfile

from handmade import STATUS, elf
from tiny import Builder, install, text

RUNC = shutil.which("runc") or "/usr/sbin/runc"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"  # Docker's
CAPABILITIES = ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL",
                "CAP_SETGID", "CAP_SETUID", "CAP_SETPCAP"]
PREFIX = "unable to start container process: "


class Start:
    """How a start ended. `error`: name of execve's errno, None: it went well."""

    def __init__(self, error, status, signal, lines):
        self.error, self.status, self.signal, self.lines = error, status, signal, lines


def environment(options):
    return {"PATH": PATH, **options.get("env", {})}


def ids_of(options):
    """The user's and group's number, and those of further groups, where `user`
    is a name of the root's /etc/passwd."""
    return options.get("ids") or [*map(int, options.get("user", "0:0").split(":"))]


def ask_kernel(helper, root, path, options):
    uid, *gids = ids_of(options)
    env = [f"{k}={v}" for k, v in environment(options).items()]
    done = subprocess.run([helper, root, str(uid), ",".join(map(str, gids)), options.get("workdir", "/"), path,
                           options.get("command", path), *env],
                          capture_output=True, timeout=30, check=True, stdin=subprocess.DEVNULL)
    number, status, signal = map(int, done.stdout.split())
    lines = done.stderr.decode("utf-8", "replace").splitlines()
    return Start(errno.errorcode[number] if number else None, status, signal, lines)


def runc_config(root, command, options):
    uid, gid, *more = ids_of(options)
    held = CAPABILITIES if uid == 0 else []
    process = {"terminal": False, "user": {"uid": uid, "gid": gid, "additionalGids": more}, "args": [command],
               "env": [f"{k}={v}" for k, v in environment(options).items()],
               "cwd": options.get("workdir", "/"), "noNewPrivileges": True,
               "capabilities": {"bounding": CAPABILITIES, "effective": held, "permitted": held}}
    return {"ociVersion": "1.0.2", "process": process, "root": {"path": root},
            "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"}],
            "linux": {"namespaces": [{"type": t} for t in ("pid", "ipc", "uts", "mount")]}}


def ask_runc(work, number, root, command, options):
    """The line with which runc gives up; None where the program starts."""
    bundle = os.path.join(work, f"bundle{number}")
    os.makedirs(bundle)
    with open(bundle + "/config.json", "w", encoding="utf-8") as file:
        json.dump(runc_config(root, command, options), file)
    done = subprocess.run(
        [RUNC, "--root", work + "/runc", "--log", bundle + "/log", "--log-format", "json", "run",
         "--bundle", bundle, f"willrun-{os.getpid()}-{number}"],
        capture_output=True, timeout=60, check=False, stdin=subprocess.DEVNULL)
    for line in reversed(open(bundle + "/log", encoding="utf-8").read().splitlines()):
        message = json.loads(line)["msg"]
        if json.loads(line)["level"] == "error":
            at = message.find(PREFIX)
            return message[at + len(PREFIX):] if at >= 0 else message
    for line in done.stderr.decode("utf-8", "replace").splitlines():
        if line.startswith("exec "):
            return line
    return None


def ask_willrun(program, root, path, options):
    env = [f"{k}={v}" for k, v in options.get("env", {}).items()]
    user, workdir = options.get("user", "0:0"), options.get("workdir", "/")
    platform = options.get("platform", "linux/amd64")
    if "command" in options:
        command = [os.environ["START_COMMAND"], root, platform, user, workdir, options["command"], *env]
    else:
        command = [program, "check", "--root", root, "--format", "json", "--platform", platform,
                   "--user", user, "--workdir", workdir, *[f"--env={e}" for e in env], path]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{command}: {done.stderr.decode()}")
    return json.loads(done.stdout)["targets"][0]["subjects"][0]


def compare_kernel(subject, real, options):
    predicted, wrong = subject["predicted"], []
    if predicted["errno"] != real.error:
        wrong.append(f"errno {predicted['errno']}, the kernel's {real.error}")
    started = real.error is None and not real.signal and real.status in (STATUS, 0)
    expected = options.get("verdict", "runs" if started else "fails")
    if subject["verdict"] != expected or started != (expected in ("runs", "unknown")):
        wrong.append(f"verdict {subject['verdict']}, expected {expected}; really: errno {real.error}, "
                     f"status {real.status}, signal {real.signal} {real.lines}")
    if expected == "fails" and real.error is None and not real.signal and options.get("words", True):
        if (predicted["exit_status"], predicted["stderr"]) != (real.status, real.lines):
            wrong.append(f"ends {predicted['exit_status']} {predicted['stderr']}\n"
                         f"      real {real.status} {real.lines}")
    return wrong


def compare_findings(subject, options):
    """Every failure has its reason and its remedy; a case may say which."""
    errors = [f for f in subject["findings"] if f["severity"] == "error"]
    wrong = []
    if (subject["verdict"] == "fails") != bool(errors):
        wrong.append(f"verdict {subject['verdict']} with {len(errors)} errors")
    wrong += [f"no fix: {f['message']}" for f in errors if not f["fix"]]
    told = [f["message"] for f in subject["findings"]]
    for text in options.get("tells", ()):
        if not any(text in message for message in told):
            wrong.append(f"no finding tells {text!r}: {told}")
    rule = options.get("rule")
    if rule is not None and rule not in [f["rule"] for f in subject["findings"]]:
        wrong.append(f"no finding {rule}: {[f['rule'] for f in subject['findings']]}")
    return wrong


class Bench:
    def __init__(self, program, work):
        self.program, self.work = program, work
        self.builder = Builder(os.path.join(work, "cache"))
        self.helper = os.path.join(work, "start_for_real")
        source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "start_for_real.c")
        subprocess.run([os.environ.get("CC_TINY", "gcc"), "-O1", "-static", "-o", self.helper, source],
                       check=True)
        self.emulates = self.ask_386()

    def ask_386(self):
        """Built or started without its IA-32 emulation, an amd64 kernel runs no 386 program."""
        root = os.path.join(self.work, "root386")
        os.makedirs(root)
        install(root, self.builder, {"/app": text(elf(of="linux/386"), 0o755)})
        runs = ask_kernel(self.helper, root, "/app", {}).error is None
        if not runs:
            print("this kernel runs no 386 program: it must refuse each of them")
        return runs

    def compare_real(self, number, root, path, subject, options):
        wrong = []
        if options.get("kernel", True):
            real = ask_kernel(self.helper, root, options.get("file", path), options)
            if options.get("emulated") and not self.emulates:
                return [] if real.error == "ENOEXEC" else [f"the kernel's {real.error}, expected ENOEXEC"]
            wrong += compare_kernel(subject, real, options)
        if options.get("runc", True):
            line = ask_runc(self.work, number, root, options.get("command", path), options)
            if subject["predicted"]["runtime"] != line:
                wrong.append(f"runtime {subject['predicted']['runtime']!r}\n      runc {line!r}")
        return wrong

    def run(self, number, name, files, options):
        root = os.path.join(self.work, f"root{number}")
        os.makedirs(root)
        os.chmod(root, 0o755)
        install(root, self.builder, files)
        for path, owner in options.get("owners", {}).items():
            os.lchown(root + path, *owner)
        for path, mode in options.get("modes", {}).items():
            os.chmod(root + path, mode)
        path = options.get("path", "/app")
        subject = ask_willrun(self.program, root, path, options)
        wrong = compare_findings(subject, options)
        wrong += self.compare_real(number, root, path, subject, options)
        shutil.rmtree(root)
        return name, wrong


def check_runc(bench, files):
    """A runc that starts nothing, or that is not there, must not pass for one that refuses."""
    root = os.path.join(bench.work, "canary")
    os.makedirs(root)
    install(root, bench.builder, files)
    try:
        line = ask_runc(bench.work, "canary", root, "/app", {})
    except OSError as error:
        return f"runc cannot be started ({error}); scripts/setup --test installs it"
    return None if line is None else f"runc starts no container here: {line}"


def run_starts(cases, canary, argv):
    only = argv[2] if len(argv) > 2 else ""
    work = tempfile.mkdtemp(prefix="willrun-starts-")
    os.chmod(work, 0o755)
    chosen = [case for case in cases if only in case[0]]
    failed = 0
    try:
        bench = Bench(os.path.abspath(argv[1]), work)
        trouble = check_runc(bench, canary)
        if trouble is not None:
            print(trouble)
            return 1
        with concurrent.futures.ThreadPoolExecutor(max_workers=6) as pool:
            running = [pool.submit(bench.run, i, *case) for i, case in enumerate(chosen)]
            for done in running:
                name, wrong = done.result()
                failed += bool(wrong)
                if wrong:
                    print(f"not ok: {name}\n   " + "\n   ".join(wrong))
    finally:
        shutil.rmtree(work)
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return 1 if failed or not chosen else 0
