"""Roots that start, with bytes changed in the headers and tables of one file: what the real loaders refuse, or die of,
willrun does not call good. (What happens to work, though the file is malformed, it may refuse.)

flipped_cases.py WILLRUN [FIRST [COUNT [glibc|musl]]]; RANDOM_POOL names the pool of programs and libraries."""
import os
import random
import struct
import sys

from musl_cases import LIBC, LOADER, real_musl
from random_cases import INTERP, NAMES, pool_of
from releases import releases
from tiny import copy_of, real_glibc, run_cases

HEADER, PHDR, SHDR = 64, 56, 64
# SHT_: hash, dynamic, note, relocations, symbols, constructors, GNU's hash and versions
TABLES = (4, 5, 6, 7, 11, 14, 15, 0x6ffffff6, 0x6ffffffd, 0x6ffffffe, 0x6fffffff)
STRINGS, ALLOCATED = 3, 2


def places(data):
    """[start, end) of the headers and tables; program headers, relocations, symbols and the dynamic section twice."""
    phoff, phnum = struct.unpack_from("<Q", data, 32)[0], struct.unpack_from("<H", data, 56)[0]
    shoff, shnum = struct.unpack_from("<Q", data, 40)[0], struct.unpack_from("<H", data, 60)[0]
    found = [(0, HEADER)] + [(phoff, phoff + PHDR * phnum)] * 2
    for i in range(shnum):
        _, kind, flags, _, offset, size = struct.unpack_from("<IIQQQQ", data, shoff + SHDR * i)
        if kind in TABLES or (kind == STRINGS and flags & ALLOCATED):
            found += [(offset, offset + size)] * (2 if kind in (4, 6, 11) else 1)
    return [(start, end) for start, end in found if start < end <= len(data)]


def change(chance, data, at):
    how = chance.choice(["byte", "byte", "near", "word"])
    if how == "byte":
        data[at] = chance.choice([0, 1, 0xff, 0x7f, data[at] ^ 1 << chance.randrange(8), chance.randrange(256)])
    elif how == "near" and at // 8 * 8 + 8 <= len(data):
        value = struct.unpack_from("<Q", data, at // 8 * 8)[0] + chance.choice([-1, 1, 8, -8, 0x1000, -0x1000, 1 << 32])
        struct.pack_into("<Q", data, at // 8 * 8, value % (1 << 64))
    elif at // 4 * 4 + 4 <= len(data):
        struct.pack_into("<I", data, at // 4 * 4, chance.choice([0, 1, 2, 5, 0xffffffff, 0x7fffffff, chance.randrange(1 << 32)]))


def flip(chance, path):
    seed, count = chance.random(), chance.choice([1, 1, 1, 2])

    def prepare(root):
        drawn = random.Random(seed)
        with open(root + path, "r+b") as file:
            data = bytearray(file.read())
            for start, end in [drawn.choice(places(data)) for _ in range(count)]:
                change(drawn, data, drawn.randrange(start, end))
            file.seek(0)
            file.write(data)
    return prepare


def good(specs, name):
    """Those of a pool's libraries that any loader takes for `name`."""
    return [spec for spec in specs if not spec.facts.get("patch") and spec.facts.get("soname") in (name, "")
            and not any(flag.startswith(("-Wl,-F", "-Wl,-f")) for flag in spec.facts["flags"])] or specs


def not_said_to_run(subject, real):
    says = subject["verdict"] in ("runs", "degraded")
    return [f"{subject['verdict']}, real exit {real.status} {real.lines}"] if says and real.status != 0 else []


def flipped_case(kind, number, pool):
    chance = random.Random(f"{kind} {number}")
    programs, libs = pool
    files = {"/app": chance.choice(programs), **{"/lib/" + name: chance.choice(good(libs[name], name)) for name in NAMES}}
    path = chance.choice(sorted(files))
    return (f"{kind} {number}: {path}", files,
            {"env": chance.choice([{}, {}, {"LD_BIND_NOW": "1"}]), "prepare": flip(chance, path), "compare": not_said_to_run})


def main():
    first, count = (int(sys.argv[i]) if len(sys.argv) > i else default for i, default in ((2, 0), (3, 20)))
    which, pool, failed = sys.argv[4:] or ["glibc", "musl"], os.environ.get("RANDOM_POOL", "1"), 0
    for kind in which:
        drawn = pool_of(pool, INTERP if kind == "glibc" else LOADER)
        cases = [flipped_case(kind, number, drawn) for number in range(first, first + count)]
        failed += (run_cases(cases, real_glibc, sys.argv[:2], releases=list(releases())[1:2]) if kind == "glibc"
                   else run_cases(cases, real_musl, sys.argv[:2], {LOADER: copy_of(LIBC)}))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
