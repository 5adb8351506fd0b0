"""Tiny roots, declared in a few lines, built by the compiler, and asked twice:
the real kernel and loader in a chroot, and willrun. Both must say the same."""
import concurrent.futures
import hashlib
import json
import os
import re
import shutil
import struct
import subprocess
import tempfile
import threading

SAID_BY = "2.36"  # the release whose words a case's `says` claims
CC = os.environ.get("CC_TINY", "gcc")
START = """
void _start(void);
%s
void _start(void)
{
    %s
    __asm__ volatile("mov $60, %%eax\\n xor %%edi, %%edi\\n syscall");
}
"""


class Spec:
    """One file of a root."""

    def __init__(self, kind, **facts):
        self.kind, self.facts = kind, facts


def exe(needs=(), calls=(), data=(), **facts):
    """A program: `calls` functions it calls, `data` objects it refers to."""
    return Spec("exe", needs=list(needs), calls=list(calls), data=list(data), **facts)


def lib(defs=(), needs=(), calls=(), data=(), **facts):
    """A shared object that defines the functions `defs`."""
    return Spec("lib", defs=list(defs), needs=list(needs), calls=list(calls), data=list(data), **facts)


def text(content, mode=0o644):
    return Spec("text", content=content, mode=mode)


def link(target):
    return Spec("link", target=target)


def folder(mode=0o755):
    return Spec("folder", mode=mode)


def copy_of(path):
    return Spec("copy", path=path)


def set_dynamic(path, tag, new_tag, value=None):
    """Give the entry `tag` of a 64-bit file's dynamic section another tag, or value."""
    with open(path, "r+b") as file:
        data = bytearray(file.read())
        at, size, count = struct.unpack_from("<QxxxxxxxxxxxxxxHH", data, 32)
        for i in range(count):
            kind, _, offset, _, _, length = struct.unpack_from("<IIQQQQ", data, at + i * size)
            for entry in range(offset, offset + length, 16) if kind == 2 else ():
                if struct.unpack_from("<Q", data, entry)[0] == tag:
                    old = struct.unpack_from("<Q", data, entry + 8)[0]
                    struct.pack_into("<QQ", data, entry, new_tag, old if value is None else value)
        file.seek(0)
        file.write(data)


def weaken_versions(path):
    """Mark every version that a small 64-bit file needs as weak (VER_FLG_WEAK): where addresses
    are offsets."""
    with open(path, "r+b") as file:
        data = bytearray(file.read())
        at, size, count = struct.unpack_from("<QxxxxxxxxxxxxxxHH", data, 32)
        heads = [struct.unpack_from("<IIQQQQ", data, at + i * size) for i in range(count)]
        dynamic = next(head for head in heads if head[0] == 2)
        tags = dict(struct.unpack_from("<QQ", data, dynamic[2] + offset) for offset in range(0, dynamic[5], 16))
        need = tags[0x6ffffffe]
        aux = need + struct.unpack_from("<I", data, need + 8)[0]
        struct.pack_into("<H", data, aux + 4, 2)
        file.seek(0)
        file.write(data)


class Builder:
    """Compiles specs, each once."""

    def __init__(self, cache):
        self.cache, self.lock = cache, threading.RLock()
        os.makedirs(cache, exist_ok=True)

    def stub(self, name, versions):
        """A library to link with, so that DT_NEEDED has `name`."""
        symbols = {symbol: version for version, symbols in versions.items() for symbol in symbols}
        source = "\n".join(f"int {symbol}(void) {{ return 0; }}" for symbol in symbols)
        return self.compile("stub:" + name, source, ["-shared", f"-Wl,-soname,{name}"],
                            self.version_script(versions))

    @staticmethod
    def version_script(versions):
        if not versions:
            return None
        text = ""
        for version, symbols in versions.items():
            if version is not None:
                text += "%s {%s };\n" % (version, " global: " + " ".join(s + ";" for s in symbols) if symbols else "")
        return text

    def compile(self, label, source, flags, script=None, patch=None, retag=(), weak_versions=False):
        key = hashlib.sha256(repr((label, source, flags, script, patch, retag, weak_versions)).encode()).hexdigest()[:24]
        out = os.path.join(self.cache, key)
        with self.lock:
            if not os.path.exists(out):
                self.run_compiler(out, source, flags, script, patch, retag, weak_versions)
        return out

    @staticmethod
    def run_compiler(out, source, flags, script, patch, retag, weak_versions):
        source_file = out + ".c"
        with open(source_file, "w", encoding="utf-8") as file:
            file.write(source)
        command = [CC, "-w", "-O1", "-fPIC", "-fno-stack-protector", "-fcf-protection=none",
                   "-nostdlib", "-Wl,--build-id=none", "-Wl,-z,undefs",
                   "-Wl,--allow-shlib-undefined", "-Wl,--no-as-needed", "-Wl,--hash-style=both"]
        if script:
            with open(out + ".map", "w", encoding="utf-8") as file:
                file.write(script)
            command.append(f"-Wl,--version-script,{out}.map")
        # objects before the libraries that they are linked with
        stubs = [f for f in flags if f.startswith("/")]
        command += [f for f in flags if not f.startswith("/")]
        command += ["-o", out + ".tmp", source_file] + stubs
        subprocess.run(command, check=True)
        if weak_versions:
            weaken_versions(out + ".tmp")
        for change in retag:
            set_dynamic(out + ".tmp", *change)
        for offset, data in patch or ():
            with open(out + ".tmp", "r+b") as file:
                file.seek(offset, 2 if offset < 0 else 0)
                file.write(data)
        os.rename(out + ".tmp", out)

    def flags(self, facts):
        flags = []
        if facts.get("rpath") is not None:
            flags += ["-Wl,--disable-new-dtags", f"-Wl,-rpath,{facts['rpath']}"]
        if facts.get("runpath") is not None:
            flags += ["-Wl,--enable-new-dtags", f"-Wl,-rpath,{facts['runpath']}"]
        flags.append("-Wl,-z,now" if facts.get("now") else "-Wl,-z,lazy")
        flags += facts.get("flags", [])
        wanted = facts.get("versions", {})
        for need in facts["needs"]:
            if "stub" in facts:
                flags.append(self.compile("stub:" + need, facts["stub"], ["-shared", f"-Wl,-soname,{need}"]))
            else:
                flags.append(self.stub(need, wanted.get(need, {})))
        return flags

    def build(self, path, spec):
        facts = spec.facts
        declared = "".join(f"extern int {name}(void);\n" for name in facts["calls"])
        declared += "".join(f"extern int {name};\nint *ref_{name} = &{name};\n" for name in facts["data"])
        declared += facts.get("source", "")
        calls = "".join(f"{name}();" for name in facts["calls"])
        if spec.kind == "exe":
            # called behind a condition that is never true: bound, not run
            declared += "volatile int never;\n"
            calls = "".join(f"if (never) {name}();" for name in facts["calls"])
            flags = ["-pie", "-Wl,--dynamic-linker," +
                     facts.get("interp", "/lib64/ld-linux-x86-64.so.2")]
            if facts.get("static"):
                flags = ["-static", "-no-pie"]
            source = facts.get("whole") or START % (declared, calls)
        else:
            flags = ["-shared"]
            soname = facts.get("soname", os.path.basename(path))
            if soname:
                flags.append(f"-Wl,-soname,{soname}")
            source = declared + "".join(f"int {name}(void) {{ return 0; }}\n" for name in facts["defs"])
            if calls:
                source += "int call_%d(void) { %s return 0; }\n" % (len(calls), calls)
        return self.compile(path, source, flags + self.flags(facts),
                            self.version_script(facts.get("defines", {})), facts.get("patch"),
                            facts.get("retag", ()), facts.get("weak_versions", False))


def install(root, builder, files):
    for path, spec in files.items():
        full = root + path
        os.makedirs(os.path.dirname(full), exist_ok=True)
        if spec.kind in ("exe", "lib"):
            shutil.copyfile(builder.build(path, spec), full)
            os.chmod(full, spec.facts.get("mode", 0o755))
        elif spec.kind == "text":
            content = spec.facts["content"]
            with open(full, "wb") as file:
                file.write(content if isinstance(content, bytes) else content.encode())
            os.chmod(full, spec.facts["mode"])
        elif spec.kind == "link":
            os.symlink(spec.facts["target"], full)
        elif spec.kind == "folder":
            os.makedirs(full, exist_ok=True)
            os.chmod(full, spec.facts["mode"])
        elif spec.kind == "copy":
            shutil.copyfile(os.path.realpath(spec.facts["path"]), full)
            os.chmod(full, 0o755)


class Outcome:
    """What a start prints, how it ends, and which files it loads."""

    def __init__(self, lines, status, paths=None):
        self.lines, self.status, self.paths = lines, status, paths


def in_chroot(root, command, env, user="0:0", timeout=20):
    """Run `command` in the root, with /proc."""
    os.makedirs(root + "/proc", exist_ok=True)
    script = ('mount -t proc proc "$0/proc" && exec chroot --userspec="$USERSPEC" "$0" /.env -i "$@"')
    return subprocess.run(
        ["unshare", "-m", "sh", "-c", script, root] + [f"{k}={v}" for k, v in env.items()] + command,
        capture_output=True, timeout=timeout, check=False, env={**os.environ, "USERSPEC": user})


def real_glibc(root, path, env, user="0:0", listed=True):
    """`listed` False: no list of files, which ld.so does not give where AT_SECURE is set."""
    done = in_chroot(root, [path], env, user)
    lines = done.stderr.decode("utf-8", "replace").splitlines()
    paths = None
    if done.returncode == 0 and listed:
        traced = in_chroot(root, [path], {**env, "LD_TRACE_LOADED_OBJECTS": "1"}, user)
        output = traced.stdout.decode("utf-8", "replace")
        paths = None if "statically linked" in output else []
        for line in output.splitlines():
            match = re.match(r"\t(?:.* => )?(\S.*) \(0x[0-9a-f]+\)$", line)
            if match and not match.group(1).startswith("linux-vdso"):
                paths.append(match.group(1))
    return Outcome(lines, done.returncode, paths)


def willrun(program, root, path, env, extra=()):
    command = [program, "check", "--root", root, "--format", "json", *extra]
    for key, value in env.items():
        command += ["--env", f"{key}={value}"]
    done = subprocess.run(command + [path], capture_output=True, timeout=60, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stderr.decode())
    return json.loads(done.stdout)["targets"][0]["subjects"][0]


def compare(subject, real):
    """The differences between willrun's word and the real loader's."""
    wrong = []
    starts = subject["verdict"] in ("runs", "degraded")
    if starts != (real.status == 0):
        wrong.append(f"verdict {subject['verdict']}, real exit {real.status} {real.lines}")
    if subject["verdict"] == "fails" and subject["predicted"]["errno"] is None:
        # a process that is killed has no exit status
        if subject["predicted"]["exit_status"] != (real.status if (real.status or 0) >= 0 else None):
            wrong.append(f"exit {subject['predicted']['exit_status']}, real {real.status}")
    if subject["predicted"]["errno"] is None and subject["predicted"]["stderr"] != real.lines:
        wrong.append("says %r\n      real %r" % (subject["predicted"]["stderr"], real.lines))
    if real.paths is not None:
        mine = [o["path"] for o in subject["objects"] if o["path"]]
        theirs = [p for p in real.paths if p in mine or "ld-linux" not in p and "ld-musl" not in p]
        if mine != theirs:
            wrong.append(f"loads {mine}, real {theirs}")
    return wrong


def run_case(work, builder, release, case, real, program, extra):
    """The differences of one case: (name, files, options) with one release's files."""
    name, files, options = case
    label, common = release
    root = tempfile.mkdtemp(prefix="root-", dir=work)
    os.chmod(root, 0o755)
    shutil.copyfile(os.path.join(work, "env"), root + "/.env")
    os.chmod(root + "/.env", 0o755)
    install(root, builder, {**common, **files})
    if "prepare" in options:
        options["prepare"](root)
    env, path = options.get("env", {}), options.get("path", "/app")
    outcome = real(root, path, env, *options.get("real", ()))
    subject = willrun(program, root, path, options.get("told_env", env), [*extra, *options.get("extra", ())])
    if options.get("crash") and outcome.status < 0:
        outcome.lines = []  # what the C library may say as it crashes
    wrong = options.get("compare", compare)(subject, outcome)
    expected = options.get("says")
    if expected is not None and [expected] != outcome.lines and label in ("", options.get("said_by", SAID_BY)):
        wrong.append("the case claims %r\n      real %r" % (expected, outcome.lines))
    for rule in options.get("rules", ()):
        if rule not in [finding["rule"] for finding in subject["findings"]]:
            wrong.append(f"no finding {rule}")
    if not os.environ.get("TINY_KEEP"):
        shutil.rmtree(root)
    elif wrong:
        wrong.append(f"kept in {root}")
    return f"{label + ': ' if label else ''}{name}", wrong


def run_cases(cases, real, argv, common=None, extra=(), releases=None):
    """Each case: (name, files, options), under each release: (label, files common to all its
    roots). Prints a line for each that differs. Roots are kept where TINY_KEEP is set."""
    program = os.path.abspath(argv[1])
    only = argv[2] if len(argv) > 2 else ""
    work = tempfile.mkdtemp(prefix="willrun-tiny-")
    builder = Builder(os.path.join(work, "cache"))
    shutil.copyfile(builder.compile("env", ENV_SOURCE, ["-static", "-no-pie"]), os.path.join(work, "env"))
    jobs = [(release, case) for release in releases or [("", common or {})] for case in cases
            if only in f"{release[0]}: {case[0]}" and release[0] in case[2].get("releases", [release[0]])]
    failed = 0
    try:
        with concurrent.futures.ThreadPoolExecutor(max(2, len(os.sched_getaffinity(0)))) as pool:
            for name, wrong in pool.map(
                    lambda job: run_case(work, builder, *job, real, program, extra), jobs):
                if wrong:
                    failed += 1
                    print(f"not ok: {name}\n   " + "\n   ".join(wrong))
    finally:
        if not os.environ.get("TINY_KEEP"):
            shutil.rmtree(work)
    print(f"{len(jobs) - failed} passed, {failed} failed")
    return 1 if failed or not jobs else 0


# A static `env -i`: no libc of the machine is wanted inside the root.
ENV_SOURCE = r"""
static long call(long n, long a, long b, long c)
{
    long r;
    __asm__ volatile("syscall" : "=a"(r) : "a"(n), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return r;
}
__attribute__((used)) static void start(long *stack)
{
    long argc = stack[0];
    char **argv = (char **)(stack + 1), *env[64];
    long i = 2, count = 0;
    for (; i < argc && count < 63; i++) {
        char *at = argv[i];
        while (*at != 0 && *at != '=' && *at != '/')
            at++;
        if (*at != '=')
            break;
        env[count++] = argv[i];
    }
    env[count] = 0;
    long error;
    do /* another thread's child may still hold the file that was just written: ETXTBSY */
        error = call(59, (long)argv[i], (long)(argv + i), (long)env);
    while (error == -26);
    call(60, 200 + (-error & 31), 0, 0);
}
__asm__(".globl _start\n_start: mov %rsp, %rdi\n and $-16, %rsp\n call start\n");
"""
