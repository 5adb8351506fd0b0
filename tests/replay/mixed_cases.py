#!/usr/bin/env python3
"""Two libcs in one process: programs and libraries that gcc and musl-gcc build here, laid into a
root, and started there. What willrun says of each must be what happens.

    mixed_cases.py WILLRUN
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

LIBRARY = """
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int work(void)
{
    char *text = malloc(100000);
    FILE *file = fopen("/none", "r");
    memset(text, 'x', 100000);
    free(text);
    return file != 0 || printf("worked %d\\n", 1) < 0 || fflush(stdout) != 0;
}
"""
PROGRAM = "#include <stdio.h>\nint work(void);\nint main(void) { puts(\"main\"); return work(); }\n"
GLIBC = "/lib/x86_64-linux-gnu/libc.so.6"
GLIBC_LOADER = "/lib64/ld-linux-x86-64.so.2"
MUSL = "/usr/lib/x86_64-linux-musl/libc.so"
MUSL_LOADER = "/lib/ld-musl-x86_64.so.1"

# name; who builds the library and the program; what is linked, in order; the loader; does it run?
CASES = [
    ("a glibc program with a library of glibc", "gcc", "gcc", ["-lwork"], GLIBC_LOADER, True),
    ("a glibc program with a library of musl, whose libc comes last", "musl-gcc", "gcc", ["-lwork"],
     GLIBC_LOADER, True),
    ("a glibc program that names musl's libc before its own", "gcc", "gcc",
     ["-lwork", "-lmusl"], GLIBC_LOADER, False),
    ("a program of musl started by glibc's loader", "musl-gcc", "musl-gcc", ["-lwork"],
     GLIBC_LOADER, False),
    ("a program of musl with a library of musl", "musl-gcc", "musl-gcc", ["-lwork"], MUSL_LOADER,
     True),
    ("a program of musl with a library of glibc, whose libc musl takes for itself", "gcc",
     "musl-gcc", ["-lwork"], MUSL_LOADER, True),
]


def run(*command, cwd):
    subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.DEVNULL)


def build(work, library, program, links, loader):
    root = work / "root"
    for path, source in ((GLIBC, GLIBC), (GLIBC_LOADER, GLIBC_LOADER), (MUSL_LOADER, MUSL),
                         ("/opt/libc.so", MUSL)):
        to = root / path[1:]
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(os.path.realpath(source), to)
    (work / "work.c").write_text(LIBRARY)
    (work / "main.c").write_text(PROGRAM)
    folder = work / "folder" # without libc.so, which would be taken for -lc
    folder.mkdir()
    run(library, "-shared", "-fPIC", "-Wl,-soname,libwork.so", "-o", folder / "libwork.so",
        "work.c", cwd=work)
    shutil.copy(MUSL, folder / "libmusl.so")
    shutil.copytree(folder, root / "opt", dirs_exist_ok=True)
    run(program, "-o", root / "app", "main.c", f"-L{folder}", "-Wl,--no-as-needed", "-Wl,--disable-new-dtags",
        "-Wl,--allow-shlib-undefined", *links, "-Wl,-rpath,/opt",
        f"-Wl,--dynamic-linker={loader}", cwd=work)
    return root


def wrong(willrun, work, library, program, links, loader, runs):
    root = build(work, library, program, links, loader)
    done = subprocess.run(["/app"], preexec_fn=lambda: os.chroot(root), cwd="/", env={},
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=False, timeout=60)
    if (done.returncode == 0) != runs:
        return f"the case is not true: status {done.returncode}, {done.stdout} {done.stderr}"
    asked = subprocess.run([willrun, "check", "--root", root, "/app", "--format", "json"],
                           stdout=subprocess.PIPE, check=False)
    subject = json.loads(asked.stdout)["targets"][0]["subjects"][0]
    if (subject["verdict"] == "runs") != runs:
        return f"it says {subject['verdict']}: {subject['findings']}, and the status is {done.returncode}"
    if not runs and (subject["predicted"]["stderr"] or subject["predicted"]["exit_status"] is not None):
        return f"it was to print {subject['predicted']}; a signal ended it"
    return None


def main():
    willrun, failures = Path(sys.argv[1]).resolve(), 0
    with tempfile.TemporaryDirectory() as top:
        for number, (name, *facts) in enumerate(CASES):
            work = Path(top) / str(number)
            work.mkdir()
            trouble = wrong(willrun, work, *facts)
            if trouble is not None:
                failures += 1
                print(f"FAILED: {name}: {trouble}")
    print(f"{len(CASES) - failures} of {len(CASES)} cases hold")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
