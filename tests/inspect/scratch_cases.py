#!/usr/bin/env python3
"""Readiness for scratch, held to real runs in a root with nothing else in it.

    scratch_cases.py WILLRUN

Each case is a program that is built here. What inspect answers must be what is
declared, and what happens: a program that is ready runs in the empty root; one
that is ready with files fails there, and runs with the files that inspect names
and no other; one that is not static does not start.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True

C = {
    "hello": "#include <stdio.h>\nint main(void) { return puts(\"hi\") < 0; }\n",
    "user": "#include <pwd.h>\nint main(void) { return getpwnam(\"root\") == 0; }\n",
    "host": "#include <netdb.h>\nint main(void) { struct addrinfo *all;\n"
            "return getaddrinfo(\"127.0.0.1\", \"80\", 0, &all) != 0; }\n",
    "shell": "#include <stdlib.h>\nint main(void) { return system(\"exit 0\") != 0; }\n",
    "words": "#include <iconv.h>\nint main(void) { return iconv_open(\"UTF-8\", \"EUC-JP\") == (iconv_t)-1; }\n",
    "glob": "#include <glob.h>\nint main(void) { glob_t all; return glob(\"/*\", 0, 0, &all) != 0; }\n",
}

GO = {
    "hello": "package main\nimport \"fmt\"\nfunc main() { fmt.Println(\"hi\") }\n",
    "zone": "package main\nimport (\"os\"; \"time\")\nfunc main() {\n"
            "if _, err := time.LoadLocation(\"Europe/Rome\"); err != nil { os.Exit(1) } }\n",
    "user": "package main\nimport (\"os\"; \"os/user\")\nfunc main() {\n"
            "if _, err := user.Lookup(\"root\"); err != nil { os.Exit(1) } }\n",
    "pool": "package main\nimport (\"crypto/x509\"; \"os\")\nfunc main() {\n"
            "all, err := x509.SystemCertPool()\n"
            "if err != nil || len(all.Subjects()) == 0 { os.Exit(1) } }\n",
    "c": "package main\n// #include <stdlib.h>\nimport \"C\"\nimport (\"net\"; \"os\")\n"
         "func main() {\nif _, err := net.LookupHost(\"127.0.0.1\"); err != nil { os.Exit(1) }\n"
         "os.Exit(int(C.abs(0))) }\n",
    "net": "package main\nimport (\"net\"; \"os\")\nfunc main() {\n"
           "if _, err := net.LookupHost(\"127.0.0.1\"); err != nil { os.Exit(1) } }\n",
}

RUST = "fn main() { println!(\"hi\"); }\n"

PASSWD, ZONES = "/etc/passwd", "/usr/share/zoneinfo"
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"


class Case:
    """name; how it is built; the answer; files that it names; blockers besides them"""

    def __init__(self, name, build, answer, files=(), blocked=False, tools=()):
        self.name, self.build, self.answer = name, build, answer
        self.files, self.blocked, self.tools = list(files), blocked, tools


def run(*command, cwd, **env):
    subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.PIPE, env={**os.environ, **env})


def c(source, *flags, compiler="gcc", strip=False):
    def build(work):
        (work / "main.c").write_text(C[source])
        run(compiler, "-w", *flags, "-o", "program", "main.c", cwd=work)
        if strip:
            run("strip", "program", cwd=work)
    return build


def go(source, *flags, cgo="0"):
    def build(work):
        (work / "main.go").write_text(GO[source])
        (work / "go.mod").write_text("module example.org/case\ngo 1.19\n")
        run("go", "build", *flags, "-o", "program", ".", cwd=work, CGO_ENABLED=cgo,
            GOFLAGS="-mod=mod", GOPROXY="off", GOCACHE=str(work.parent / "go-cache"))
    return build


def rust(*flags):
    def build(work):
        (work / "main.rs").write_text(RUST)
        run("rustc", *flags, "-o", "program", "main.rs", cwd=work)
    return build


READY, FILES, NOT = "ready", "ready with files", "not static"
CASES = [
    Case("a static C program", c("hello", "-static"), READY),
    Case("a static-pie C program", c("hello", "-static-pie"), READY),
    Case("a static C program, stripped", c("hello", "-static", strip=True), READY),
    Case("a dynamic C program", c("hello"), NOT),
    Case("a static C program that looks a user up", c("user", "-static"), FILES, [PASSWD]),
    Case("the same, stripped", c("user", "-static", strip=True), FILES, [PASSWD]),
    Case("a static C program that parses an address", c("host", "-static"), READY),
    Case("a static C program that lists names", c("glob", "-static"), READY),
    Case("a static C program with system()", c("shell", "-static"), FILES, ["/bin/sh"]),
    Case("the same, stripped", c("shell", "-static", strip=True), FILES, ["/bin/sh"]),
    Case("a static C program with iconv", c("words", "-static"), FILES, blocked=True),
    Case("a static program of musl", c("hello", "-static", compiler="musl-gcc"), READY,
         tools=["musl-gcc"]),
    Case("a static program of musl that looks a user up",
         c("user", "-static", compiler="musl-gcc"), FILES, [PASSWD], tools=["musl-gcc"]),
    Case("a static program of musl with iconv", c("words", "-static", compiler="musl-gcc"), READY,
         tools=["musl-gcc"]),
    Case("a dynamic program of musl", c("hello", compiler="musl-gcc"), NOT, tools=["musl-gcc"]),
    Case("Go without cgo", go("hello"), READY, tools=["go"]),
    Case("Go without cgo, stripped", go("hello", "-ldflags", "-s -w", "-trimpath"), READY,
         tools=["go"]),
    Case("Go without cgo, as a PIE", go("hello", "-buildmode=pie"), NOT, tools=["go"]),
    Case("Go with cgo and net", go("net", cgo="1"), NOT, tools=["go"]),
    Case("Go with cgo and net, linked as inspect says",
         go("c", "-tags", "netgo,osusergo", "-ldflags", "-linkmode external -extldflags -static",
            cgo="1"), READY, tools=["go"]),
    Case("Go with net", go("net"), READY, tools=["go"]),
    Case("Go with time zones", go("zone"), FILES, [ZONES], tools=["go"]),
    Case("Go with time zones, stripped", go("zone", "-ldflags", "-s -w"), FILES, [ZONES],
         tools=["go"]),
    Case("Go with time zones of its own", go("zone", "-tags", "timetzdata"), READY, tools=["go"]),
    Case("Go with certificates", go("pool"), FILES, [CERTIFICATES], tools=["go"]),
    Case("Go that looks a user up", go("user"), FILES, [PASSWD], tools=["go"]),
    Case("Rust", rust(), NOT, tools=["rustc"]),
    Case("Rust with its libc linked in", rust("-C", "target-feature=+crt-static"), READY,
         tools=["rustc"]),
]


def give(root, path):
    """The file as the machine has it; a shell that is static."""
    to = root / path[1:]
    to.parent.mkdir(parents=True, exist_ok=True)
    source = Path("/bin/busybox" if path == "/bin/sh" else path)
    if source.is_dir():
        shutil.copytree(source, to, symlinks=True)
    else:
        shutil.copy(source.resolve(), to)


def starts(root):
    """Does the program end well in the root?"""
    try:
        done = subprocess.run(["/program"], preexec_fn=lambda: os.chroot(root), cwd="/",
                              env={}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, check=False, timeout=60)
    except FileNotFoundError:
        return False
    return done.returncode == 0


NOTES = {PASSWD: "users-missing", ZONES: "time-zones-missing", "/bin/sh": "shell-missing",
         CERTIFICATES: "certificates-missing"}


def wrong_notes(case, willrun, root, files):
    """Does check note the files that the root lacks, and nothing else of the kind?"""
    done = subprocess.run([willrun, "check", "--root", root, "./program", "--format", "json"],
                          stdout=subprocess.PIPE, check=False, cwd=root)
    subject = json.loads(done.stdout)["targets"][0]["subjects"][0]
    noted = [finding["rule"] for finding in subject["findings"]
             if finding["rule"] in NOTES.values()]
    if subject["verdict"] != ("fails" if case.answer == NOT else "runs"):
        return f"check says {subject['verdict']}"
    if noted != [NOTES[file] for file in files]:
        return f"check notes {noted} without {files}"
    return None


def wrong(case, willrun, work):
    """What is not as it should be; None: nothing."""
    case.build(work)
    done = subprocess.run([willrun, "inspect", "program", "--format", "json"], cwd=work,
                          stdout=subprocess.PIPE, check=True)
    scratch = json.loads(done.stdout)["subjects"][0]["scratch"]
    if scratch["answer"] != case.answer:
        return f"it is {scratch['answer']}, not {case.answer}: {scratch}"
    files = [file["path"] for file in scratch["files"]]
    if files != case.files:
        return f"files {files}, not {case.files}"
    if (case.answer == NOT or case.blocked) != bool(scratch["blockers"]):
        return f"blockers {scratch['blockers']}"
    root = work / "root"
    root.mkdir()
    shutil.copy(work / "program", root)
    if trouble := wrong_notes(case, willrun, root, files):
        return trouble
    if starts(root) != (case.answer == READY):
        return f"it is {case.answer}, and in the empty root the opposite happens"
    for file in files:
        give(root, file)
    if files and not starts(root):
        return f"it fails with all of {files}"
    if files and (trouble := wrong_notes(case, willrun, root, [])):
        return trouble
    return None


def main():
    willrun = Path(sys.argv[1]).resolve()
    if os.geteuid() != 0:
        raise SystemExit("chroot needs root")
    failures = held = 0
    with tempfile.TemporaryDirectory() as top:
        for number, case in enumerate(CASES):
            missing = [tool for tool in case.tools if not shutil.which(tool)]
            lacking = [path for path in case.files if path != "/bin/sh" and not os.path.exists(path)]
            if missing or lacking:
                failures += 1
                print(f"FAILED: {case.name}: {', '.join(missing + lacking)} is not here: "
                      "scripts/setup --test installs it")
                continue
            work = Path(top) / str(number)
            work.mkdir()
            try:
                trouble = wrong(case, willrun, work)
            except subprocess.CalledProcessError as error:
                trouble = f"{error} {error.stderr.decode(errors='replace')[-300:]}"
            held += trouble is None
            if trouble is not None:
                failures += 1
                print(f"FAILED: {case.name}: {trouble}")
    print(f"{held} of {held + failures} cases hold")
    return 1 if failures or not held else 0


if __name__ == "__main__":
    sys.exit(main())
