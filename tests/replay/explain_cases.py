"""Situations that do not start, really run; what was printed is given to `willrun explain --root`,
which must name the cause by the files of the root. One situation a case."""
import concurrent.futures
import json
import os
import shutil
import subprocess
import sys
import tempfile

from handmade import elf
from starts import ask_runc
from tiny import ENV_SOURCE, Builder, copy_of, exe, folder, in_chroot, install, lib, link, text

GLIBC = "/lib64/ld-linux-x86-64.so.2"
LIBC = "/lib/x86_64-linux-gnu/libc.so.6"
MUSL = "/lib/ld-musl-x86_64.so.1"
NOBODY = "1000:1000"
CASES = []

ON_GLIBC = {GLIBC: copy_of(GLIBC), "/lib/libc.so.6": copy_of(LIBC)}
ON_MUSL = {MUSL: copy_of("/lib/x86_64-linux-musl/libc.so")}
SHELL = {"/bin/busybox": copy_of("/bin/busybox"),
         **{f"/bin/{name}": link("busybox") for name in ("sh", "env", "su", "chown", "whoami", "nohup")},
         "/usr/bin/env": link("/bin/busybox")}
BASH = {"/bin/bash": copy_of("/bin/bash"), "/lib/libtinfo.so.6": copy_of("/lib/x86_64-linux-gnu/libtinfo.so.6"),
        **ON_GLIBC}


# ---- how a situation is run: what is printed ----

def by_runc(work, number, root, command="/app", user="0:0", wrap="{}"):
    """`wrap`: what the tools above the runtime put around its line."""
    return wrap.format(ask_runc(work, number, root, command, {"user": user}))


def by_chroot(_work, _number, root, *command, user="0:0", **env):
    done = in_chroot(root, list(command) or ["/app"], env, user)
    return (done.stdout + done.stderr).decode("utf-8", "replace")


def by_host(_work, _number, root, *command, **env):
    """A program of this machine that starts or looks into something of the root."""
    done = subprocess.run([word.replace("ROOT", root) for word in command], capture_output=True,
                          env={**os.environ, "LC_ALL": "C", **{k: v.replace("ROOT", root) for k, v in env.items()}},
                          check=False, timeout=60)
    return (done.stdout + done.stderr).decode("utf-8", "replace")


def case(name, cause, subject, files, run, *args, told=(), **options):
    """`subject` None: the message names nothing. `told`: further options of explain."""
    CASES.append((name, cause, subject, files, run, args, told, options))


def script(content):
    return text(content, 0o755)


def program(**facts):
    return text(elf(**facts), 0o755)


def musl_app(*args, **facts):
    return exe(*args, interp=MUSL, **facts)


DOCKER = ("docker: Error response from daemon: failed to create task for container: failed to create shim task: OCI "
          "runtime create failed: runc create failed: unable to start container process: {}: unknown.")
KUBERNETES = ('  Warning  Failed  3s  kubelet  Error: failed to create containerd task: failed to create shim task: OCI '
              'runtime create failed: runc create failed: unable to start container process: {}: unknown')
COMPOSE = "web-1  | {}\nweb-1 exited with code 127"
STAMPED = "2026-11-20T10:11:12.131415Z stderr F {}"

# ---- the kernel and runc ----
case("a glibc program without glibc", "interp-missing", "/app", {"/app": exe()}, by_runc)
case("a musl program without musl", "interp-missing", "/app", {"/app": musl_app()}, by_runc, wrap=STAMPED)
case("a loader behind a dangling link", "interp-missing", "/app",
     {"/app": program(interp="/ld"), "/ld": link("nowhere")}, by_runc)
case("a script with CR LF", "shebang-crlf", "/app", {"/app": script("#!/bin/sh\r\necho\r\n"), **SHELL}, by_runc,
     wrap=COMPOSE)
case("a script for bash where there is none", "shebang-missing-interp", "/app",
     {"/app": script("#!/bin/bash\necho\n"), **SHELL}, by_runc)
case("a script of a virtual environment that is elsewhere", "shebang-missing-interp", "/opt/venv/bin/tool",
     {"/opt/venv/bin/tool": script("#!/build/venv/bin/python3\n")}, by_runc, "/opt/venv/bin/tool")
case("a script without a #! line", "not-elf-not-script", "/app", {"/app": script("echo\n")}, by_runc)
case("a script behind a byte order mark", "not-elf-not-script", "/app",
     {"/app": script(b"\xef\xbb\xbf#!/bin/sh\n"), **SHELL}, by_runc)
case("an empty program", "not-elf-not-script", "/app", {"/app": script("")}, by_runc)
case("a program of Windows", "not-elf-not-script", "/app", {"/app": script(b"MZ\x90\0" + b"\0" * 60)}, by_runc)
case("a program of another machine", "arch-mismatch", "/app", {"/app": program(of="linux/arm64")}, by_runc,
     told=("--platform", "linux/amd64"))
case("a program without an x bit", "exec-permission", "/app", {"/app": text(elf())}, by_runc, wrap=DOCKER)
case("a folder in place of the program", "exec-permission", "/app", {"/app": folder()}, by_runc)
case("a program that the user may not execute", "exec-permission", "/app", {"/app": text(elf(), 0o700)}, by_runc,
     user=NOBODY, told=("--user", NOBODY))
case("a script whose interpreter has no x bit", "exec-permission", "/app",
     {"/app": script("#!/ld\n"), "/ld": text(elf())}, by_runc)
case("a program that is not there", "path-lookup", "/usr/local/bin/serve", {"/app": program()}, by_runc,
     "/usr/local/bin/serve", wrap=KUBERNETES)
case("a command that is not in PATH", "path-lookup", "serve", {"/app": program()}, by_runc, "serve", wrap=DOCKER)

# ---- shells ----
case("a glibc program, by ash", "interp-missing", "/app", {"/app": exe(), **SHELL}, by_chroot,
     "/bin/sh", "-c", "/app; true")
case("a script with CR LF, by ash", "shebang-crlf", "/run", {"/run": script("#!/bin/sh\r\n"), **SHELL}, by_chroot,
     "/bin/sh", "-c", "/run; true")
case("a script for bash, by ash", "shebang-missing-interp", "/run", {"/run": script("#!/bin/bash\n"), **SHELL},
     by_chroot, "/bin/sh", "-c", "/run; true")
case("no x bit, by ash", "exec-permission", "/app", {"/app": text(elf()), **SHELL}, by_chroot,
     "/bin/sh", "-c", "/app; true")
case("an unknown command, by ash", "path-lookup", "serve", {**SHELL}, by_chroot, "/bin/sh", "-c", "serve; true",
     PATH="/bin")
case("a musl program, by bash", "interp-missing", "/app", {"/app": musl_app(), **BASH}, by_chroot,
     "/bin/bash", "-c", "/app; true")
case("a script with CR LF, by bash", "shebang-crlf", "/run", {"/run": script("#!/bin/sh\r\n"), **BASH},
     by_chroot, "/bin/bash", "-c", "/run; true")
case("a program of another machine, by bash", "arch-mismatch", "/app", {"/app": program(of="linux/arm64"), **BASH},
     by_chroot, "/bin/bash", "-c", "/app; true", told=("--platform", "linux/amd64"))
case("an unknown command, by bash", "path-lookup", "serve", {**BASH}, by_chroot, "/bin/bash", "-c", "serve; true",
     PATH="/bin")
case("env without the interpreter", "shebang-missing-interp", "python3",
     {"/run": script("#!/usr/bin/env python3\n"), **SHELL}, by_chroot, "/run", PATH="/bin")
case("env and CR LF", "shebang-crlf", "sh^M", {"/run": script("#!/usr/bin/env sh\r\n"), **SHELL}, by_chroot, "/run",
     PATH="/bin")
case("a program started by chroot", "interp-missing", "/app", {"/app": exe()}, by_host, "chroot", "ROOT", "/app")

# ---- glibc's loader ----
case("a library that is nowhere", "lib-missing", "libmine.so.1", {"/app": exe(["libmine.so.1"]), **ON_GLIBC}, by_chroot)
case("a library of another major version", "soname-mismatch", "libmine.so.1",
     {"/app": exe(["libmine.so.1"]), "/lib/libmine.so.2": lib(), **ON_GLIBC}, by_chroot)
case("a library in a folder of its own", "rpath-broken", "libmine.so.1",
     {"/app": exe(["libmine.so.1"]), "/opt/mine/libmine.so.1": lib(), **ON_GLIBC}, by_chroot)
case("a RUNPATH of the builder's", "rpath-broken", "libmine.so.1",
     {"/app": exe(["libmine.so.1"], runpath="/build/out"), "/srv/out/libmine.so.1": lib(), **ON_GLIBC}, by_chroot)
case("a folder of ld.so.conf without ldconfig", "ldcache-stale", "libmine.so.1",
     {"/app": exe(["libmine.so.1"]), "/usr/local/lib/libmine.so.1": lib(),
      "/etc/ld.so.conf": text("include /etc/ld.so.conf.d/*.conf\n"),
      "/etc/ld.so.conf.d/local.conf": text("/usr/local/lib\n"), **ON_GLIBC}, by_chroot)
case("musl's libc for a glibc process", "musl-glibc-mix", "libc.musl-x86_64.so.1",
     {"/app": exe(["libmine.so.1"]), "/lib/libmine.so.1": lib(needs=["libc.musl-x86_64.so.1"]), **ON_GLIBC}, by_chroot)
case("a library of 32 bits", "lib-wrong-class", "libmine.so.1",
     {"/app": exe(["libmine.so.1"]), "/lib/libmine.so.1": program(of="linux/386", type=3), **ON_GLIBC}, by_chroot)
case("a library of another machine", "arch-mismatch", "libmine.so.1",
     {"/app": exe(["libmine.so.1"]), "/lib/libmine.so.1": program(of="linux/arm64", type=3), **ON_GLIBC}, by_chroot)
case("a linker script in place of a library", "lib-invalid", "libmine.so.1",
     {"/app": exe(["libmine.so.1"]), "/lib/libmine.so.1": text("INPUT(-lmine)\n" * 9), **ON_GLIBC}, by_chroot)
case("an empty library", "lib-invalid", "libmine.so.1",
     {"/app": exe(["libmine.so.1"]), "/lib/libmine.so.1": text(""), **ON_GLIBC}, by_chroot)
case("a library that the user may not read", "exec-permission", "libmine.so.1",
     {"/app": exe(["libmine.so.1"]), "/lib/libmine.so.1": lib(mode=0o600), **ON_GLIBC}, by_chroot, user=NOBODY,
     told=("--user", NOBODY))
case("segments for smaller pages", "page-size", "libmine.so.1",
     {"/app": exe(["libmine.so.1"]), "/lib/libmine.so.1": lib(flags=["-Wl,-z,max-page-size=2048"]), **ON_GLIBC},
     by_chroot)
case("a version that glibc does not have", "symbol-version-missing", "GLIBC_2.99",
     {"/app": exe(["libc.so.6"], calls=["newer"], versions={"libc.so.6": {"GLIBC_2.99": ["newer"]}}), **ON_GLIBC},
     by_chroot)
case("a version that a library does not have", "symbol-version-missing", "MINE_2",
     {"/app": exe(["libmine.so.1"], calls=["f"], versions={"libmine.so.1": {"MINE_2": ["f"]}}),
      "/lib/libmine.so.1": lib(["f"], defines={"MINE_1": ["f"]}), **ON_GLIBC}, by_chroot)
case("a symbol that nothing defines", "symbol-missing", "gone",
     {"/app": exe(["libmine.so.1"], calls=["gone"], now=True, versions={"libmine.so.1": {None: ["gone"]}}), "/lib/libmine.so.1": lib(), **ON_GLIBC}, by_chroot)

# ---- musl's loader ----
case("a library that is nowhere, on musl", "lib-missing", "libmine.so.1",
     {"/app": musl_app(["libmine.so.1"]), **ON_MUSL}, by_chroot)
case("a library of another major version, on musl", "soname-mismatch", "libmine.so.1",
     {"/app": musl_app(["libmine.so.1"]), "/usr/lib/libmine.so.3": lib(), **ON_MUSL}, by_chroot)
case("a library in a folder of its own, on musl", "rpath-broken", "libmine.so.1",
     {"/app": musl_app(["libmine.so.1"]), "/usr/lib64/libmine.so.1": lib(), **ON_MUSL}, by_chroot)
case("glibc's loader for a musl process", "musl-glibc-mix", "ld-linux-x86-64.so.2",
     {"/app": musl_app(["libmine.so.1"]), "/lib/libmine.so.1": lib(needs=["ld-linux-x86-64.so.2"]), **ON_MUSL},
     by_chroot)
case("a function of glibc's alone", "musl-glibc-mix", "__fprintf_chk",
     {"/app": musl_app(["libmine.so.1"]), "/lib/libmine.so.1": lib(data=["__fprintf_chk"]), **ON_MUSL}, by_chroot)
case("a symbol that nothing defines, on musl", "symbol-missing", "gone",
     {"/app": musl_app(["libmine.so.1"], calls=["gone"], versions={"libmine.so.1": {None: ["gone"]}}),
      "/lib/libmine.so.1": lib(), **ON_MUSL}, by_chroot)
case("a text in place of a library, on musl", "lib-invalid", "libmine.so.1",
     {"/app": musl_app(["libmine.so.1"]), "/lib/libmine.so.1": text("none\n" * 99), **ON_MUSL}, by_chroot)

# ---- an emulator, and what is met later ----
case("a foreign program under emulation", "interp-arch", "/lib/ld-linux-aarch64.so.1",
     {"/app": program(of="linux/arm64", interp="/lib/ld-linux-aarch64.so.1"), **ON_GLIBC}, by_host,
     "qemu-aarch64-static", "ROOT/app", told=("--platform", "linux/arm64"))
case("a user that is nobody", "passwd-missing", "web", {"/etc/passwd": text("root:x:0:0::/:/bin/sh\n"), **SHELL},
     by_chroot, "/bin/su", "web")
case("an owner that is nobody", "passwd-missing", "web", {"/etc/passwd": text("root:x:0:0::/:/bin/sh\n"), **SHELL},
     by_chroot, "/bin/chown", "web", "/bin")
case("a number without a name", "passwd-missing", "1000", {"/etc/passwd": text("root:x:0:0::/:/bin/sh\n"), **SHELL},
     by_chroot, "/bin/whoami", user=NOBODY)
case("a time zone without a database", "tzdata-missing", "Europe/Paris", {"/etc/hostname": text("h\n")}, by_host,
     "python3", "-c", "import zoneinfo; zoneinfo.reset_tzpath(['ROOT/usr/share/zoneinfo']); "
     "import sys; sys.modules['tzdata'] = None; zoneinfo.ZoneInfo('Europe/Paris')")


def explain(willrun, root, message, told):
    done = subprocess.run([willrun, "explain", "--root", root, "--format", "json", *told, "-"], input=message,
                          capture_output=True, text=True, check=False, timeout=60)
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)


def judge(answer, cause, subject):
    """What is wrong with the answer."""
    if not answer["causes"]:
        return ["not recognised"]
    first, wrong = answer["causes"][0], []
    if first["cause_class"] != cause:
        wrong.append(f"{first['cause_class']}, not {cause}")
    if first["subject"] != subject:
        wrong.append(f"subject {first['subject']!r}, not {subject!r}")
    if not answer["decided"] or first["confidence"] != "certain":
        wrong.append(f"decided: {answer['decided']}, {first['confidence']}")
    if not first["evidence"]:
        wrong.append("no evidence")
    return wrong


def run(willrun, work, env, builder, number, situation):
    name, cause, subject, files, ask, args, told, options = situation
    root = os.path.join(work, f"root{number}")
    os.makedirs(root)
    os.chmod(root, 0o755)
    install(root, builder, files)
    shutil.copyfile(env, root + "/.env")
    os.chmod(root + "/.env", 0o755)
    message = ask(work, number, root, *args, **options)
    wrong = judge(explain(willrun, root, message, told), cause, subject)
    shutil.rmtree(root, ignore_errors=True)
    return name, wrong, message


def main():
    willrun, only = os.path.abspath(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""
    failed, work = 0, tempfile.mkdtemp(prefix="willrun-explain-")
    os.chmod(work, 0o755)
    chosen = [situation for situation in CASES if only in situation[0]]
    try:
        builder = Builder(os.path.join(work, "cache"))
        env = builder.compile("env", ENV_SOURCE, ["-static", "-no-pie"])
        with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
            running = [pool.submit(run, willrun, work, env, builder, i, one) for i, one in enumerate(chosen)]
            for done in running:
                name, wrong, message = done.result()
                failed += bool(wrong)
                if wrong:
                    print(f"not ok: {name}: {'; '.join(wrong)}\n    {message.strip()}")
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
