"""Measure willrun beside its peers, and print the ratios.

Whole processes on a warm cache; the programs of a group take turns, so that
what else the machine does falls on all of them alike. A figure is the median
of the runs; a ratio is that of the medians, in the table of sources the median
of the ratios of each turn.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "real"))

import archives  # noqa: E402: beside this file

ELF_TYPES = {2, 3}  # ET_EXEC, ET_DYN
LIBC_FOLDERS = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}  # by Docker's word


@dataclass
class Peer:
    """One program of a group, and what was measured of it."""
    name: str
    command: list
    env: dict = field(default_factory=dict)
    repeat: int = 1            # runs a turn: short programs are run more often
    samples: list = field(default_factory=list)

    def median(self, column):
        return statistics.median(sample[column] for sample in self.samples)

    def result(self):
        return {"name": self.name, "runs": len(self.samples), "wall_s": self.median(0),
                "cpu_s": statistics.median(s[1] + s[2] for s in self.samples),
                "peak_kib": max(int(sample[3]) for sample in self.samples)}


@dataclass
class Line:
    """A row of the table of sources: a program of a group, beside another or a time."""
    what: str
    peer: str
    beside: str = ""           # another program of the group
    most: float = 0            # wanted ratio to it, or seconds where there is none


@dataclass
class Group:
    """Programs that do comparable work; the first is willrun."""
    title: str
    peers: list
    limits: dict = field(default_factory=dict)  # peer's name: (wanted ratio, the later goal)
    memory_mib: float = 0                       # what willrun may take at its peak; 0: not asked
    wall_s: float = 0                           # what it may take of time; 0: not asked
    lines: list = field(default_factory=list)   # of the table of sources


def options():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__.split("\n")[0])
    parser.add_argument("--root", type=Path, help="a builder root that is there already")
    parser.add_argument("--cache", type=Path, default=Path("build/real"),
                        help="where else the root is made and kept (default %(default)s)")
    parser.add_argument("--runs", type=int, default=7, help="turns of each group (default 7)")
    parser.add_argument("--program", default="/usr/bin/git",
                        help="program of this machine that is checked alone (default git)")
    parser.add_argument("--files", type=int, default=100000,
                        help="small files of the folder that is walked; 0: none (default 100000)")
    parser.add_argument("--no-archives", action="store_true",
                        help="leave images out, of which some gigabytes are written to the cache")
    parser.add_argument("--sources", action="store_true",
                        help="images and base images alone")
    parser.add_argument("--growth", action="store_true",
                        help="also how time grows with files, ELF files and threads")
    parser.add_argument("--json", action="store_true", help="JSON instead of a table")
    parser.add_argument("--willrun", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--programs", type=Path, required=True, help=argparse.SUPPRESS)
    return parser.parse_args()


# ---- the roots ----

def builder_root(args):
    if args.root:
        return args.root.resolve()
    from roots import Rig
    return Rig(args.cache, say=lambda text: print(text, file=sys.stderr)).make("builder")


def elf_files(root, machine):
    """Paths inside the root of the machine's programs and shared objects, by their first bytes."""
    for folder, folders, names in os.walk(root):
        if Path(folder) == root:
            folders[:] = [name for name in folders if name not in ("proc", "sys", "dev")]
        for name in names:
            path = os.path.join(folder, name)
            if os.path.islink(path) or not os.path.isfile(path):
                continue
            with open(path, "rb") as file:
                head = file.read(20)
            if head[:4] == b"\x7fELF" and head[4:6] + head[18:] == machine and is_loadable(head):
                yield "/" + os.path.relpath(path, root)


def is_loadable(head):
    little = head[5] == 1
    return int.from_bytes(head[16:18], "little" if little else "big") in ELF_TYPES


def machine_of(root):
    """Class, byte order and machine of the root's loader."""
    with open(str(root) + loader_of(root), "rb") as file:
        head = file.read(20)
    return head[4:6] + head[18:]


def loader_of(root):
    found = sorted(root.glob("lib*/ld-linux*.so.*")) + sorted(root.glob("lib*/ld64.so.*"))
    if not found:
        raise SystemExit(f"bench: {root} has no glibc loader: expected a builder root")
    return "/" + str(found[0].relative_to(root))


def make_files(folder, count):
    """`count` files of a few bytes, a thousand a folder."""
    for first in range(0, count, 1000):
        there = folder / f"d{first // 1000}"
        there.mkdir()
        for index in range(first, min(first + 1000, count)):
            with open(there / f"file{index}.txt", "wb") as file:
                file.write(b"some text of a small file\n")


# ---- groups ----

def willrun(args, *words):
    return [str(args.willrun), "check", *map(str, words)]


def four_bytes(args, folder):
    script = 'find "$1" -type f -print0 | "$2"'
    return ["sh", "-c", script, "sh", str(folder), str(args.programs / "first_bytes")]


def whole_root(args, root, files, work):
    """Every ELF file of a root, versions and symbols bound."""
    listed = work / "files"
    listed.write_text("".join(f"{path}\n" for path in files))
    peers = [Peer("willrun check --all", willrun(args, "--root", root, "--all")),
             Peer("willrun check --all -j1", willrun(args, "--root", root, "--all", "-j1")),
             Peer("scanelf -R (NEEDED)", ["scanelf", "-qRF", "%n %F", str(root)]),
             Peer("find + four bytes", four_bytes(args, root)),
             Peer("the floor, one thread", [str(args.programs / "floor"), str(root)])]
    if os.geteuid() == 0:  # chroot needs it
        peers.append(Peer("ld.so, one by one", [str(args.programs / "ldso_loop"), str(root),
                                                loader_of(root), str(listed)]))
    return Group(f"a root with {len(files)} ELF files", peers,
                 {"ld.so, one by one": (1 / 3, 0.15), "scanelf -R (NEEDED)": (None, 0.5)}, 200)


def inspection(args, root):
    """What each file of a root is, beside the verdicts on all of them."""
    peers = [Peer("willrun inspect", [str(args.willrun), "inspect", str(root)]),
             Peer("willrun check --all", willrun(args, "--root", root, "--all"))]
    return Group("inspect of the same root", peers, {"willrun check --all": (1.0, None)})


def again(args, root, work):
    """The root once more, with nothing changed: the turn that warms the cache keeps the answer."""
    command = willrun(args, "--root", root, "--all")
    peers = [Peer("willrun check --all --cache", [*command, "--cache", str(work / "cache")]),
             Peer("willrun check --all", command)]
    return Group("the same root again", peers, {"willrun check --all": (None, 0.4)})


def closure(program):
    """A program of this machine, and the files that its loader opens."""
    listed = subprocess.run(["ldd", program], check=True, stdout=subprocess.PIPE, text=True).stdout
    return [program, *(word for word in listed.split() if word.startswith("/"))]


def one_program(args):
    """A program of this machine with its closure."""
    peers = [Peer("willrun check", willrun(args, "--root", "/", args.program), repeat=20),
             Peer("libtree", ["libtree", args.program], repeat=20),
             Peer("the floor", [str(args.programs / "floor"), *closure(args.program)], repeat=20),
             Peer("ldd", ["ldd", args.program], repeat=5),
             Peer("lddtree", ["lddtree", args.program])]
    return Group(f"one program, {args.program}", peers, {"libtree": (1.5, 1.0)})


def small_files(args, folder, count):
    folder.mkdir()
    make_files(folder, count)
    peers = [Peer("willrun check --all", willrun(args, "--root", folder, "--all")),
             Peer("find + four bytes", four_bytes(args, folder))]
    return Group(f"a folder of {count} small files", peers, {"find + four bytes": (None, 1.5)})


def images(args, root):
    """The root once more, as `docker save` writes it: in layers, and in a single one."""
    for shares, what in ((archives.SHARES, f"{len(archives.SHARES)} layers"), ((1,), "one layer")):
        yield from image(args, root, archives.make(root, args.cache, platform_of(root), shares),
                         what)


def image(args, root, made, what):
    """Its layers plain, and compressed."""
    plain, zipped, layers = made
    title = f"a docker-archive of {plain.stat().st_size / 1e9:.1f} GB, {what}"
    both = 'tar -tf "$1" && exec "$2" check --root "$3" --all'
    all_of_it, trusting = "willrun check --all", "the same, unverified:"
    listing, expanding = "tar -tf + the folder's check", "igzip -dc of its layers"
    yield Group(f"{title}, not compressed",
                [Peer(all_of_it, willrun(args, "--root", plain, "--all")),
                 Peer(trusting, willrun(args, "--root", f"unverified:{plain}", "--all")),
                 Peer(listing, ["sh", "-c", both, "sh", str(plain), str(args.willrun), str(root)]),
                 Peer("its digest alone, by openssl", ["openssl", "dgst", "-sha256", str(plain)])],
                {listing: (1.3, 1.0)}, 300,
                lines=[Line(title, all_of_it, listing, 1.3),
                       Line(f"{title}, unverified:", trusting, listing, 1.3)])
    yield Group(f"the same with gzip layers, {zipped.stat().st_size / 1e9:.1f} GB",
                [Peer(all_of_it, willrun(args, "--root", zipped, "--all")),
                 Peer(expanding, ["igzip", "-dc", *map(str, layers)])],
                {expanding: (1.2, 1.0)}, 300,
                lines=[Line(f"{title}, gzip", all_of_it, expanding, 1.2)])


def platform_of(root):
    """Docker's word for the machine of the root's loader."""
    known = {62: "amd64", 183: "arm64"}
    number = int.from_bytes(machine_of(root)[2:4], "little")
    if number not in known:
        raise SystemExit(f"bench: no image is made for ELF machine {number}")
    return known[number]


def base_images(args):
    """One small program of this machine in roots that ship as profiles."""
    env = {"WILLRUN_DATA": str(Path(__file__).resolve().parents[2] / "data")}
    program = os.path.relpath(shutil.which("true"))
    names = ("debian:12-slim", "debian:11-slim", "debian:13-slim", "alpine:3.24")
    peers = [Peer(f"willrun check --root base:{name}",
                  willrun(args, "--root", f"base:{name}", program), env, 10) for name in names]
    return Group("one program in a base image's profile", peers, wall_s=0.04,
                 lines=[Line(f"base:{name}, one program", peer.name, most=0.04)
                        for name, peer in zip(names, peers)])


def growth(args, root, files, work):
    """The same work in growing pieces; the ratios are to the first row."""
    yield Group("growth with threads",
                [Peer(f"-j{count}", willrun(args, "--root", root, "--all", f"-j{count}"))
                 for count in (1, 2, 4) if count <= 2 * (os.cpu_count() or 1)])
    for title, counts, make in (("ELF files", (100, 1000, 5000, 20000), make_programs),
                                ("symbols of one library", (1000, 10000, 100000), make_symbols),
                                ("small files", (1000, 10000, 100000, args.files), make_texts)):
        peers = []
        for count in sorted(set(counts)):
            folder = work / f"{make.__name__}{count}"
            make(folder, root, count)
            peers.append(Peer(f"{count} {title}", willrun(args, "--root", folder, "--all")))
        yield Group(f"growth with {title}", peers)
        for peer in peers:
            shutil.rmtree(peer.command[3])


def make_programs(folder, root, count):
    """A root with that many copies of a program, each a file of its own."""
    bare_root(folder, root)
    program = folder / "program0"
    compile_text("#include <stdio.h>\nint main(void) { return puts(\"\") < 0; }\n", program)
    for index in range(1, count):
        shutil.copy(program, folder / f"program{index}")


def compile_text(text, output, *options):
    subprocess.run(["cc", "-x", "c", "-", "-x", "none", *map(str, options), "-o", str(output)],
                   input=text, text=True, check=True)


def bare_root(folder, root):
    """The loader and the C library of `root`, and nothing else."""
    for name in (loader_of(root), "/lib/" + LIBC_FOLDERS[platform_of(root)] + "/libc.so.6"):
        target = Path(str(folder) + name)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(os.path.realpath(str(root) + name), target)


def make_symbols(folder, root, count):
    """A program that takes that many symbols of a library."""
    bare_root(folder, root)
    names = [f"symbol_{index}" for index in range(count)]
    tables = "int *const all[] = {" + ",".join("&" + name for name in names) + "};\n"
    library, fast = folder / "lib/libmany.so", ("-O0", "-fPIC", "-nostdlib")
    compile_text("".join(f"int {name};\n" for name in names), library, "-shared", *fast)
    compile_text("".join(f"extern int {name};\n" for name in names) + tables +
                 "int _start(void) { return 0; }\n", folder / "program", "-pie", *fast,
                 "-L", library.parent, "-lmany")


def make_texts(folder, _, count):
    folder.mkdir()
    make_files(folder, count)


# ---- measuring ----

def run(args, peer, count):
    made = subprocess.run([str(args.programs / "timed"), str(count), *peer.command], check=True,
                          env={**os.environ, **peer.env}, stdout=subprocess.PIPE, text=True)
    return [tuple(map(float, line.split())) for line in made.stdout.splitlines()]


def measure(args, group):
    group.peers = [peer for peer in group.peers if shutil.which(peer.command[0])]
    for turn in range(args.runs + 1):  # the first warms the cache
        for peer in group.peers:
            samples = run(args, peer, peer.repeat)
            if turn:
                peer.samples += samples


def summary(group):
    first, *others = [peer.result() for peer in group.peers]
    first["ratio"] = 1.0
    for other in others:
        other["ratio"] = first["wall_s"] / other["wall_s"]
        wanted = group.limits.get(other["name"])
        if wanted:
            other["wanted"], other["later"] = wanted
    made = {"title": group.title, "rows": [first, *others]}
    if group.memory_mib:
        made["peak_mib"], made["peak_wanted_mib"] = first["peak_kib"] / 1024, group.memory_mib
    if group.wall_s:
        made["wall_wanted_s"] = group.wall_s
    return made


def table(group):
    """The group's rows of the table of sources."""
    peers = {peer.name: peer for peer in group.peers}
    for line in group.lines:
        if line.peer not in peers or (line.beside and line.beside not in peers):
            continue
        peer = peers[line.peer]
        row = {"source": line.what, "most": line.most, **peer.result()}
        if line.beside:
            other = peers[line.beside]
            row["beside"], row["beside_wall_s"] = other.name, other.median(0)
            row["ratio"] = statistics.median(
                own[0] / its[0] for own, its in zip(peer.samples, other.samples))
        yield row


# ---- the table ----

def time_text(seconds):
    return f"{seconds:.3f} s" if seconds >= 0.1 else f"{seconds * 1000:.2f} ms"


def goal_text(row):
    goals = [f"{goal:.2f}" for goal in (row.get("wanted"), row.get("later")) if goal]
    return ", later ".join(goals)


def show(group):
    print(f"\n### {group['title']}\n")
    print("| program | wall | user+sys | peak | runs | first row / this | at most |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for row in group["rows"]:
        print(f"| {row['name']} | {time_text(row['wall_s'])} | {time_text(row['cpu_s'])} | "
              f"{row['peak_kib'] / 1024:.1f} MiB | {row['runs']} | {row['ratio']:.2f} | "
              f"{goal_text(row)} |")
    if "peak_mib" in group:
        print(f"\nPeak memory: {group['peak_mib']:.0f} MiB of {group['peak_wanted_mib']} allowed.")
    if "wall_wanted_s" in group:
        print(f"\nWall time: the first row's may be {time_text(group['wall_wanted_s'])}.")


def show_table(rows):
    if not rows:
        return
    print("\n### Sources\n")
    print("| source | wall | user+sys | peak | beside | its wall | ratio | at most |")
    print("|---|---:|---:|---:|---|---:|---:|---:|")
    for row in rows:
        shown = [row["source"], time_text(row["wall_s"]), time_text(row["cpu_s"]),
                 f"{row['peak_kib'] / 1024:.0f} MiB"]
        shown += [row["beside"], time_text(row["beside_wall_s"]), f"{row['ratio']:.2f}",
                  f"{row['most']:.2f}"] if "beside" in row else \
                 ["", "", "", time_text(row["most"])]
        print("| " + " | ".join(shown) + " |")


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        models = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return {"cpu": models[0] if models else platform.machine(), "cpus": os.cpu_count(),
            "kernel": platform.release()}


def groups(args, root, files, work):
    if not args.sources:
        yield whole_root(args, root, files, work)
        yield inspection(args, root)
        yield again(args, root, work)
        yield one_program(args)
    yield base_images(args)
    if not args.no_archives:
        yield from images(args, root)
    if args.files and not args.sources:
        yield small_files(args, work / "small", args.files)
    if args.growth and not args.sources:
        yield from growth(args, root, files, work)


def main():
    args = options()
    root = builder_root(args)
    files = sorted(elf_files(root, machine_of(root)))
    results = {"machine": machine(), "groups": [], "sources": []}
    with tempfile.TemporaryDirectory() as work:
        for group in groups(args, root, files, Path(work)):
            measure(args, group)
            results["groups"].append(summary(group))
            results["sources"] += table(group)
            if not args.json:
                show(results["groups"][-1])
                sys.stdout.flush()
    if args.json:
        json.dump(results, sys.stdout, indent=2)
        print()
    else:
        show_table(results["sources"])
        print("\n{cpu}, {cpus} CPUs, Linux {kernel}".format(**results["machine"]))


if __name__ == "__main__":
    main()
