#!/usr/bin/env python3
"""Count the instructions of fixed pieces of work under valgrind, and hold them to what was recorded.

usage: instructions.py WILLRUN [--record]

WILLRUN is the program of the preset release. Exit status 1: a count is over 5 % away from that of
instructions.json, which --record writes anew: do so in the commit that means to change it, and say why.
"""
import argparse
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
RECORDED = os.path.join(HERE, "instructions.json")
BAND = 0.05
# name → arguments; "@" is the folder with the inputs
WORK = {
    "one program and its libraries": ["check", "--root", "base:debian:12-slim", "-j", "1", "/bin/bash"],
    "all of a glibc root": ["check", "--root", "base:debian:12-slim", "-j", "1", "--all"],
    "all of a musl root": ["check", "--root", "base:alpine:3.20", "-j", "1", "--all"],
    "20,000 small files in a tar": ["check", "--root", "@/files.tar", "-j", "1", "--all"],
    "inspect of a library": ["inspect", "-j", "1", "--root", "base:debian:12-slim", "/lib/x86_64-linux-gnu/libc.so.6"],
    "a log of 1 MB": ["explain", "@/log"],
    "a Dockerfile of 2,000 lines": ["check", "--dockerfile", "@/Dockerfile", "-j", "1"],
}
LOG = ("2026-03-01T10:00:{:02}Z worker[{}] INFO handled request /items/{} in {} ms\n",
       "2026-03-01T10:00:{:02}Z worker[{}] WARN cannot open cache {}: not found, retry {}\n")


def make_inputs(folder):
    with tarfile.open(os.path.join(folder, "files.tar"), "w") as tar:
        for number in range(20000):
            text = f"#!/bin/sh\necho {number}\n".encode() if number % 10 == 0 else b"text\n" * (number % 50)
            member = tarfile.TarInfo(f"usr/share/{number % 97}/file{number}")
            member.size, member.mode = len(text), 0o755 if number % 10 == 0 else 0o644
            tar.addfile(member, io.BytesIO(text))
    with open(os.path.join(folder, "log"), "w") as log:
        for number in range(13000):
            log.write(LOG[number % 7 == 0].format(number % 60, number % 8, number, number % 31))
        log.write("/app/server: error while loading shared libraries: libpq.so.5: cannot open shared object file: "
                  "No such file or directory\n")
    with open(os.path.join(folder, "Dockerfile"), "w") as file:
        file.write("FROM debian:12-slim AS build\n")
        file.writelines(f"ENV V{number}=${{V{number - 1}:-x}}{number % 10}\nRUN echo $V{number} >/tmp/{number}\n"
                        for number in range(1, 1000))
        file.write("FROM debian:12-slim\nCOPY --from=build /bin/bash /bin/app\nENTRYPOINT [\"/bin/app\"]\n")


def count(program, arguments, folder):
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program]
    command += [argument.replace("@", folder) for argument in arguments] + ["--no-sandbox", "-o", "/dev/null"]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=folder,
                          env=dict(os.environ, LC_ALL="C"))
    told = re.search(rb"Collected : (\d+)", done.stderr)
    if told is None or done.returncode > 1:
        sys.exit(f"instructions: {' '.join(command)}: status {done.returncode}\n{done.stderr.decode(errors='replace')}")
    return int(told[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("willrun")
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        make_inputs(folder)
        counts = {name: count(os.path.abspath(options.willrun), WORK[name], folder) for name in WORK}
    if options.record:
        with open(RECORDED, "w") as file:
            json.dump(counts, file, indent=4)
            file.write("\n")
    with open(RECORDED) as file:
        recorded = json.load(file)
    drifted = 0
    print("| work | million instructions | against the record |\n|---|---:|---:|")
    for name, number in counts.items():
        change = number / recorded[name] - 1
        drifted += abs(change) > BAND
        print(f"| {name} | {number / 1e6:.1f} | {change:+.1%}{' (!)' if abs(change) > BAND else ''} |")
    if drifted:
        print(f"instructions: {drifted} of {len(counts)} are over {BAND:.0%} away; where that is meant: --record")
    return 1 if drifted else 0


if __name__ == "__main__":
    sys.exit(main())
