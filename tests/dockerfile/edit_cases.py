#!/usr/bin/env python3
"""The edit of a Dockerfile that a finding offers: what it says, and that the image starts with it.

usage: edit_cases.py WILLRUN [-k WORD]
"""
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import rows

PLAIN = ".globl _start\n_start: mov $60, %eax\nxor %edi, %edi\nsyscall\n"
MAIN = "int main(void) { return 0; }\n"
OWN = "int own(void) { return 0; }\n"
CALLER = "int own(void);\nint main(void) { return own(); }\n"
NEWEST = "#include <unistd.h>\n#include <stdio.h>\nint main(void) { return printf(\"%d\", getpid()) < 0; }\n"
# name; the Dockerfile; the edit: the lines that it replaces, and by what (None: there is none); what is told then
CASES = [
    ("the shell form of a command", "FROM scratch\nCOPY plain /plain\nCMD /plain  --flag", (3, 3, 'CMD ["/plain", "--flag"]'), "runs"),
    ("of an entrypoint", "FROM scratch\nCOPY plain /plain\nentrypoint /plain", (3, 3, 'entrypoint ["/plain"]'), "runs"),
    ("on several lines", "FROM scratch\nCOPY plain /plain\nCMD /plain \\\n  --flag", (3, 4, 'CMD ["/plain", "--flag"]'), "runs"),
    ("that asks for a shell", "FROM scratch\nCOPY plain /plain\nCMD /plain $HOME", None, None),
    ("a file that is not executable", "FROM scratch\nCOPY data /app/data\nCMD [\"/app/data\"]", (2, 2, "COPY --chmod=755 data /app/data"), "runs"),
    ("added so", "FROM scratch\nADD data /app/\nCMD [\"/app/data\"]", (2, 2, "ADD --chmod=755 data /app/"), "runs"),
    ("by a flag", "FROM scratch\nCOPY --chown=1:1 --chmod=0644 data /app/data\nCMD [\"/app/data\"]",
     (2, 2, "COPY --chown=1:1 --chmod=755 data /app/data"), "runs"),
    ("by letters of two bytes", "FROM scratch\nCOPY [\"d\u00e4ta\", \"/app/d\u00e4ta\"]\nCMD [\"/app/d\u00e4ta\"]",
     (2, 2, "COPY --chmod=755 [\"d\u00e4ta\", \"/app/d\u00e4ta\"]"), "runs"),
    ("a user that is not there", "FROM scratch\nCOPY plain /plain\nUSER app\nCMD [\"/plain\"]", (3, 3, "USER 65532:65532"), "runs"),
    ("bash on Alpine", "FROM alpine:3.20\nCOPY bash.sh /run.sh\nCMD [\"/run.sh\"]", (1, 1, "FROM alpine:3.20\nRUN apk add --no-cache bash"), "unknown"),
    ("bash where it can be installed", "FROM base\nCOPY bash.sh /run.sh\nCMD [\"/run.sh\"]",
     (1, 1, "FROM base\nRUN apt-get update && apt-get install -y --no-install-recommends bash"), "unknown"),
    ("bash where nothing can be installed", "FROM gcr.io/distroless/base-debian12\nCOPY bash.sh /run.sh\nCMD [\"/run.sh\"]", None, None),
    ("another interpreter", "FROM debian:12-slim\nCOPY nosh.sh /run.sh\nCMD [\"/run.sh\"]", None, None),
    ("ends of lines", "FROM base\nCOPY crlf.sh /run.sh\nCMD [\"/run.sh\"]", (2, 2, "COPY crlf.sh /run.sh\nRUN sed -i 's/\\r$//' /run.sh"), "unknown"),
    ("ends of lines, and no shell", "FROM scratch\nCOPY crlf.sh /run.sh\nCMD [\"/run.sh\"]", None, None),
    ("glibc on Alpine", "FROM alpine:3.20\nCOPY main /main\nCMD [\"/main\"]", (1, 1, "FROM debian:13-slim"), "runs"),
    ("glibc on nothing", "FROM scratch\nCOPY main /main\nCMD [\"/main\"]", (1, 1, "FROM debian:13-slim"), "runs"),
    ("musl on nothing", "FROM scratch AS run\nCOPY musl /main\nCMD [\"/main\"]", (1, 1, "FROM alpine:3.22 AS run"), "runs"),
    ("glibc on Node's Alpine", "FROM node:20-alpine\nCOPY main /main\nENTRYPOINT [\"/main\"]", (1, 1, "FROM node:20-trixie-slim"), None),
    ("glibc on distroless static", "FROM gcr.io/distroless/static-debian12\nCOPY main /main\nCMD [\"/main\"]", (1, 1, "FROM debian:13-slim"), "runs"),
    ("a stage's release", "FROM debian:12 AS build\nFROM build AS more\nFROM debian:11-slim\nCOPY --from=more /newest /\nCMD [\"/newest\"]",
     (3, 3, "FROM debian:12-slim"), "runs"),
    ("the release of distroless images", "FROM debian:13 AS more\nFROM gcr.io/distroless/base-debian12\nCOPY --from=more /future /\nCMD [\"/future\"]",
     (2, 2, "FROM gcr.io/distroless/base-debian13"), "runs"),
    ("a library of a stage", "FROM debian:12 AS more\nFROM debian:12-slim\nCOPY --from=more /usr/bin/caller /app/\nCMD [\"/app/caller\"]",
     (3, 3, "COPY --from=more /usr/bin/caller /app/\nCOPY --from=more /usr/lib/libown.so.1 /usr/lib/"), "runs"),
    ("a library beside the program", "FROM debian:12-slim\nCOPY caller libown.so.1 /app/\nCMD [\"/app/caller\"]",
     (2, 2, "COPY caller libown.so.1 /app/\nENV LD_LIBRARY_PATH=/app"), "runs"),
    ("a library below it", "FROM debian:12-slim\nCOPY libown.so.1 /app/lib/\nCOPY caller /app/\nCMD [\"/app/caller\"]",
     (3, 3, "COPY caller /app/\nENV LD_LIBRARY_PATH=/app/lib"), "runs"),
    ("a library that is nowhere", "FROM debian:12-slim\nCOPY caller /app/\nCMD [\"/app/caller\"]", None, None),
]


def compile_to(path, text, *flags, compiler="gcc"):
    subprocess.run([compiler, "-o", path, "-x", "assembler" if ".globl" in text else "c", "-", "-x", "none", *flags], input=text.encode(), check=True)


def make_context(folder):
    compile_to(folder / "plain", PLAIN, "-nostdlib", "-static")
    compile_to(folder / "main", MAIN)
    compile_to(folder / "musl", MAIN, compiler="musl-gcc")
    stage = folder / "stage"
    for name in ("usr/lib", "usr/bin"):
        (stage / name).mkdir(parents=True)
    compile_to(stage / "usr/lib/libown.so.1", OWN, "-shared", "-fPIC", "-Wl,-soname,libown.so.1")
    compile_to(stage / "usr/bin/caller", CALLER, stage / "usr/lib/libown.so.1")
    for name in ("usr/lib/libown.so.1", "usr/bin/caller"):
        (folder / os.path.basename(name)).write_bytes((stage / name).read_bytes())
        (folder / os.path.basename(name)).chmod(0o755)
    needs_version(stage / "newest", "GLIBC_2.34", "__libc_start_main")  # in Debian 12's, not in Debian 11's
    needs_version(stage / "future", "GLIBC_2.38", "__isoc23_strtol")  # in Debian 13's, not in Debian 12's
    for name in ("data", "d\u00e4ta"):
        (folder / name).write_bytes((folder / "plain").read_bytes())
    for name, line in (("bash.sh", "#!/bin/bash\n"), ("nosh.sh", "#!/opt/nosh\n"), ("crlf.sh", "#!/bin/sh\r\n")):
        (folder / name).write_text(line, newline="")
        (folder / name).chmod(0o755)
    for name in ("bin/sh", "usr/bin/apt-get"):
        (folder / "base" / name).parent.mkdir(parents=True)
        (folder / "base" / name).write_bytes((folder / "plain").read_bytes())
        (folder / "base" / name).chmod(0o755)
    with open("/proc/self/maps") as maps:  # a stage in which its programs start
        for path in sorted({line.split()[-1] for line in maps if re.search(r"/(libc\.so\.6|ld-linux-x86-64\.so\.2)$", line)}):
            to = stage / ("lib64" if "ld-linux" in path else "usr/lib") / os.path.basename(path)
            to.parent.mkdir(exist_ok=True)
            to.write_bytes(Path(path).read_bytes())
            to.chmod(0o755)


def needs_version(path, version, symbol):
    """A program that asks libc.so.6 for a version: a library of that name, made for the link alone, defines it."""
    libc = path.parent / "libc.so.6"
    script = path.parent / "map"
    script.write_text(f"{version} {{ global: {symbol}; local: *; }};\n")
    compile_to(libc, f"int {symbol}(void) {{ return 0; }}\n", "-shared", "-fPIC", "-nostdlib", "-Wl,-soname,libc.so.6", f"-Wl,--version-script={script}")
    compile_to(path, f"int {symbol}(void);\nvoid start(void) {{ {symbol}(); }}\n", "-nostdlib", "-Wl,-e,start", libc)
    libc.unlink()
    script.unlink()


def check(willrun, folder, name, text):
    file = folder / f"Dockerfile.{name.replace(' ', '-')}"
    file.write_text(text + "\n")
    bases = ["--base", "base=base", "--base", "debian:13=stage"] if "FROM debian:13 AS more" in text else ["--base", "base=base"]
    stages = ["--stage", "more=stage"] if "AS more" in text else []
    done = subprocess.run([willrun, "check", "--dockerfile", file.name, *bases, *stages, "--platform", "linux/amd64", "--format", "json",
                           "--jobs", "1"], cwd=folder, capture_output=True, check=False, timeout=120)
    if done.returncode not in (0, 1) or re.search(rb"Sanitizer|runtime error", done.stderr):
        raise RuntimeError(f"{name}: status {done.returncode}: {done.stderr.decode()}")
    return json.loads(done.stdout)["targets"][0]["subjects"]


def edit_of(subjects):
    for subject in subjects:
        for finding in subject["findings"]:
            if finding.get("edit"):
                edit = finding["edit"]
                return edit["first_line"], edit["last_line"], edit["text"]
    return None


def trouble(willrun, folder, case):
    name, text, wanted, then = case
    subjects = check(willrun, folder, name, text)
    edit = edit_of(subjects)
    if edit != wanted:
        return f"{name}: the edit is {edit}, not {wanted}"
    if then is None:
        return None
    lines = text.split("\n")
    lines[edit[0] - 1:edit[1]] = [edit[2]]
    verdicts = {s["verdict"] for s in check(willrun, folder, name, "\n".join(lines))}
    return None if verdicts == {then} else f"{name}: with the edit it is {verdicts}, not {then}"


if __name__ == "__main__":
    sys.exit(rows.run(CASES, make_context, lambda willrun, folder, _, case: trouble(willrun, folder, case)))
