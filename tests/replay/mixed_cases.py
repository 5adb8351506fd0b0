#!/usr/bin/env python3
"""Two libcs, or two versions of one library, in one process: programs and libraries that gcc and musl-gcc build here, laid into a
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

# name; who builds the library and the program; what is linked, in order; the loader; does it run? and
# what is told of the mix
CASES = [
    ("a glibc program with a library of glibc", "gcc", "gcc", ["-lwork"], GLIBC_LOADER, True,
     None),
    ("a glibc program with a library of musl, whose libc comes last", "musl-gcc", "gcc", ["-lwork"],
     GLIBC_LOADER, True, "two-libcs"),
    ("a glibc program that names musl's libc before its own", "gcc", "gcc",
     ["-lwork", "-lmusl"], GLIBC_LOADER, False, None),
    ("a program of musl started by glibc's loader", "musl-gcc", "musl-gcc", ["-lwork"],
     GLIBC_LOADER, False, None),
    ("a program of musl with a library of musl", "musl-gcc", "musl-gcc", ["-lwork"], MUSL_LOADER,
     True, None),
    ("a program of musl with a library of glibc, whose libc musl takes for itself", "gcc",
     "musl-gcc", ["-lwork"], MUSL_LOADER, True, "foreign-build"),
]


# Which version of libversion answers, of which two are in the process: "12" where each user gets its
# own, "11" where the first answers both.
VERSION = "int version(void) {{ return {0}; }}\n"
SCRIPT = "V_{0} {{ global: version; local: *; }};\n"
USER = "int version(void);\nint user_{0}(void) {{ return version(); }}\n"
ASKER = ("#include <stdio.h>\nint user_1(void), user_2(void);\n"
         "int main(void) { printf(\"%d%d\", user_1(), user_2()); return 0; }\n")
VERSION_CASES = [
    ("glibc keeps two versions of a library apart", "gcc", GLIBC_LOADER, True, "12", None),
    ("musl takes the first of two versions of a library for both", "musl-gcc", MUSL_LOADER, True,
     "11", "version-ignored"),
    ("libraries without versions are one to both loaders: glibc", "gcc", GLIBC_LOADER, False, "11",
     "two-versions"),
    ("libraries without versions are one to both loaders: musl", "musl-gcc", MUSL_LOADER, False,
     "11", "two-versions"),
]


def run(*command, cwd):
    subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.DEVNULL)


def lay_libcs(root):
    for path, source in ((GLIBC, GLIBC), (GLIBC_LOADER, GLIBC_LOADER), (MUSL_LOADER, MUSL),
                         ("/opt/libc.so", MUSL)):
        to = root / path[1:]
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(os.path.realpath(source), to)


def in_root(root):
    return subprocess.run(["/app"], preexec_fn=lambda: os.chroot(root), cwd="/", env={},
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=False, timeout=60)


def ask(willrun, root):
    asked = subprocess.run([willrun, "check", "--root", root, "/app", "--format", "json"],
                           stdout=subprocess.PIPE, check=False)
    return json.loads(asked.stdout)["targets"][0]["subjects"][0]


def build_versions(work, compiler, loader, versioned):
    root, folder = work / "root", work / "folder"
    folder.mkdir()
    lay_libcs(root)
    for number in (1, 2):
        (work / "version.c").write_text(VERSION.format(number))
        (work / "version.map").write_text(SCRIPT.format(number))
        (work / "user.c").write_text(USER.format(number))
        script = ["-Wl,--version-script=version.map"] if versioned else []
        run(compiler, "-shared", "-fPIC", *script, f"-Wl,-soname,libversion.so.{number}", "-o",
            folder / f"libversion.so.{number}", "version.c", cwd=work)
        run(compiler, "-shared", "-fPIC", "-Wl,-rpath,/opt", "-o", folder / f"libuser{number}.so",
            "user.c", folder / f"libversion.so.{number}", cwd=work)
    shutil.copytree(folder, root / "opt", dirs_exist_ok=True)
    (work / "main.c").write_text(ASKER)
    run(compiler, "-o", root / "app", "main.c", f"-L{folder}", "-luser1", "-luser2",
        "-Wl,--allow-shlib-undefined", "-Wl,-rpath,/opt", f"-Wl,--dynamic-linker={loader}", cwd=work)
    return root


def wrong_version(willrun, work, compiler, loader, versioned, prints, rule):
    root = build_versions(work, compiler, loader, versioned)
    done = in_root(root)
    if done.returncode != 0 or done.stdout.decode() != prints:
        return f"the case is not true: status {done.returncode}, {done.stdout} {done.stderr}"
    subject = ask(willrun, root)
    rules = [finding["rule"] for finding in subject["findings"]]
    if subject["verdict"] != ("degraded" if rule else "runs") or set(rules) != ({rule} if rule else set()):
        return f"it says {subject['verdict']}: {subject['findings']}"
    return None


def build(work, library, program, links, loader):
    root = work / "root"
    lay_libcs(root)
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


def wrong(willrun, work, library, program, links, loader, runs, rule):
    root = build(work, library, program, links, loader)
    done = in_root(root)
    if (done.returncode == 0) != runs:
        return f"the case is not true: status {done.returncode}, {done.stdout} {done.stderr}"
    subject = ask(willrun, root)
    if (subject["verdict"] == "runs") != runs:
        return f"it says {subject['verdict']}: {subject['findings']}, and the status is {done.returncode}"
    if runs and [finding["rule"] for finding in subject["findings"]] != ([rule] if rule else []):
        return f"it tells {subject['findings']}"
    if not runs and (subject["predicted"]["stderr"] or subject["predicted"]["exit_status"] is not None):
        return f"it was to print {subject['predicted']}; a signal ended it"
    return None


CXX_LIBRARY = "#include <string>\nint length(const std::string &text) { return text.size(); }\n"
CXX_PROGRAM = ("#include <string>\nint length(const std::string &text);\n"
               "int main() { return length(\"four\") != 4; }\n")


def wrong_strings(willrun, work, library, program):
    """Two settings of libstdc++'s strings: the loader finds no such function."""
    root = work / "root"
    root.mkdir()
    (work / "library.cc").write_text(CXX_LIBRARY)
    (work / "main.cc").write_text(CXX_PROGRAM)
    for setting in (program, library): # the program is linked with its own, and meets the other
        run("g++", f"-D_GLIBCXX_USE_CXX11_ABI={setting}", "-shared", "-fPIC", "-Wl,-soname,liblength.so",
            "-o", "liblength.so", "library.cc", cwd=work)
        if not (root / "app").exists():
            run("g++", f"-D_GLIBCXX_USE_CXX11_ABI={program}", "-o", root / "app", "main.cc",
                "liblength.so", "-Wl,-z,now", cwd=work)
    for name in ("libc.so.6", "libm.so.6", "libstdc++.so.6", "libgcc_s.so.1", "liblength.so"):
        source = work / name if (work / name).exists() else Path(f"/lib/x86_64-linux-gnu/{name}")
        source = source if source.exists() else Path(f"/usr/lib/x86_64-linux-gnu/{name}")
        (root / "lib/x86_64-linux-gnu").mkdir(parents=True, exist_ok=True)
        shutil.copy(source.resolve(), root / "lib/x86_64-linux-gnu" / name)
    (root / "lib64").mkdir()
    shutil.copy(os.path.realpath(GLIBC_LOADER), root / "lib64")
    os.rename(root / "lib64" / os.path.basename(os.path.realpath(GLIBC_LOADER)), root / GLIBC_LOADER[1:])
    done, subject = in_root(root), ask(willrun, root)
    if (done.returncode == 0) != (library == program) or (subject["verdict"] == "runs") != (library == program):
        return f"status {done.returncode}, {done.stderr}; it says {subject['verdict']}"
    if done.returncode and (subject["predicted"]["stderr"] != done.stderr.decode().splitlines() or
                            "_GLIBCXX_USE_CXX11_ABI" not in subject["findings"][0]["fix"]):
        return f"it printed {done.stderr}, and was to print {subject['predicted']}: {subject['findings']}"
    return None


def main():
    willrun, failures = Path(sys.argv[1]).resolve(), 0
    with tempfile.TemporaryDirectory() as top:
        cases = ([(wrong, case) for case in CASES] +
                 [(wrong_version, case) for case in VERSION_CASES] +
                 [(wrong_strings, (f"strings of libstdc++: {library} and {program}", library, program))
                  for library in (0, 1) for program in (0, 1)])
        for number, (judge, (name, *facts)) in enumerate(cases):
            work = Path(top) / str(number)
            work.mkdir()
            trouble = judge(willrun, work, *facts)
            if trouble is not None:
                failures += 1
                print(f"FAILED: {name}: {trouble}")
    print(f"{len(cases) - failures} of {len(cases)} cases hold")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
