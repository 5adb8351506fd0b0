#!/usr/bin/env python3
"""Show where the time of a whole check goes: a table of system calls and of the folders of src/.

usage: where.py WILLRUN ROOT [-j N]

WILLRUN is a program with debug information and frame pointers (scripts/bench --where builds one).
`perf` takes samples of it by the clock, since not every machine counts cycles; of each sample the
innermost function counts, of one in the kernel the system call that led there.
"""
import argparse
import collections
import re
import subprocess
import sys
import tempfile

FREQUENCY = 4000  # samples a second
LEAST = 0.005     # of all samples, for a row of its own
OWN_ENTRY = re.compile(r"^(?:__x64|__arm64|__do)_sys_(\w+)")


def samples(program, root, jobs):
    """Of each sample its frames, innermost first: function, and whether that is the kernel's."""
    with tempfile.NamedTemporaryFile() as data:
        check = [program, "check", "--root", root, "--all", f"-j{jobs}", "-o", "/dev/null"]
        done = subprocess.run(["perf", "record", "-q", "-F", str(FREQUENCY), "-e", "cpu-clock", "-g", "-o", data.name,
                               *check], stderr=subprocess.PIPE, text=True)
        if done.returncode not in (0, 1):
            sys.exit(f"where: perf record failed: {done.stderr.strip()}")
        script = subprocess.run(["perf", "script", "-i", data.name, "-F", "ip,sym,dso"], check=True,
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    for block in script.split("\n\n"):
        frames = [line.split() for line in block.splitlines() if line.strip()]
        if frames:
            yield [(frame[1], "kernel" in frame[-1]) for frame in frames if len(frame) > 2]


def kernel_place(frames):
    """What the kernel was asked for."""
    names = [name for name, kernel in frames if kernel]
    if any("page_fault" in name for name in names):
        return "page faults"
    for name in names:
        entry = OWN_ENTRY.match(name)
        if entry:
            return entry[1]
    return "entering and leaving the kernel"


def folders(program, functions):
    """The folder of src/ in which each function was written; of others none is told."""
    listed = subprocess.run(["nm", "--defined-only", program], check=True, stdout=subprocess.PIPE, text=True).stdout
    rows = (line.split() for line in listed.splitlines())
    address = {row[2]: row[0] for row in rows if len(row) == 3}
    known = [name for name in functions if name in address]
    lines = subprocess.run(["addr2line", "-e", program, *(address[name] for name in known)], check=True,
                           stdout=subprocess.PIPE, text=True).stdout.splitlines()
    places = (re.search(r"/(src/\w+)/", line) for line in lines)
    return {name: place[1] for name, place in zip(known, places) if place}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("willrun")
    parser.add_argument("root")
    parser.add_argument("-j", type=int, default=1)
    options = parser.parse_args()
    own, kernel = collections.Counter(), collections.Counter()
    for frames in samples(options.willrun, options.root, options.j):
        if frames and frames[0][1]:
            kernel[kernel_place(frames)] += 1
        elif frames:
            own[frames[0][0]] += 1
    folder = folders(options.willrun, own)
    shares = collections.Counter()
    for function, count in own.items():
        shares[folder.get(function, "the C library")] += count
    total = sum(shares.values()) + sum(kernel.values())
    if total == 0:
        sys.exit("where: perf took no samples")
    print(f"| where | share of the time, -j{options.j} |\n|---|---:|")
    for title, table in ((None, shares), ("kernel: ", kernel)):
        for name, count in table.most_common():
            if count >= LEAST * total:
                print(f"| {title or ''}{name} | {count / total:.1%} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
