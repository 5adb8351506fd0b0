#!/usr/bin/env python3
"""Holds willrun to what a Java virtual machine says of libraries in jars.

    run_jvm.py --willrun build/release/willrun [--cache DIR]

The native parts of Debian's packages for Java lie in jars, in a root with its OpenJDK and only some of
the libraries that they need. The real System.load loads each, unpacked, in a chroot; willrun is asked
about the jars. The same for libraries that no jar has: behind links, of other machines (OpenJDK tells
of these what it sees in the header), cut short, of musl. Exit status 1 on any difference.
"""

import collections
import json
import os
import shutil
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

sys.dont_write_bytecode = True

import debian
import elf
import jail
import plugin_roots
import roots
from run_real import cpu_level

HERE = Path(__file__).resolve().parent
HOME = "/usr/lib/jvm/java-17-openjdk-amd64"
PATH = f"/usr/local/bin:/usr/bin:/bin:{HOME}/bin"
UNPACKED = "/opt/unpacked"
LEAST = 60

# Of each without what it depends on; the root has only LIBRARIES.
JARS = """libjna-jni libsnappy-jni libnetty-tcnative-jni libxerial-sqlite-jdbc-jni liblz4-jni libjffi-jni
libzmq-jni libjunixsocket-jni libdb5.3-java-jni libhdf5-jni libgluegen2-jni libjogl2-jni libxapian-jni
libnative-platform-jni libservice-wrapper-jni libbrlapi-jni libjinput-jni libpulse-jni libz3-jni
libsis-base-jni libmecab-jni libopenjfx-jni libswt-gtk-4-jni libgkl-jni""".split()
LIBRARIES = ("libc-bin", "openjdk-17-jdk-headless", "libsnappy1v5", "liblz4-1", "libffi8", "libxapian30", "libdb5.3",
             "libasound2")
# Machine, class and byte order in a header.
MACHINES = {"386": (3, 1, 1), "x32": (62, 1, 1), "arm": (40, 1, 1), "arm64": (183, 2, 1), "riscv64": (243, 2, 1),
            "ppc64le": (21, 2, 1), "loong64": (258, 2, 1), "mips": (8, 1, 2), "mipsle": (8, 2, 1), "sparc": (2, 1, 2),
            "ppc": (20, 1, 2), "ia64": (50, 2, 1), "alpha": (0x9026, 2, 1), "parisc": (15, 1, 2), "m68k": (4, 1, 2),
            "strange": (0x99, 2, 1), "s390x": (22, 2, 2), "sparc64": (43, 2, 2), "swapped": (62, 2, 2)}
FINE, LACKS = "int JNI_OnLoad(void *vm, void *x) { return 0x10006; }", "int gone(void); int f(void) { return gone(); }"


def make_root(rig, root):
    roots.small_root("bookworm", "amd64", LIBRARIES)(rig, root)
    for name in ("proc", "dev", "tmp", "app", "lib"):
        (root / name).mkdir(exist_ok=True)
    for deb in rig.suite("bookworm", "amd64").all_named(JARS):
        make_jar(deb, root, deb.name.split("_")[0])
    make_plain(rig, root)


def make_jar(deb, root, name):
    """The libraries of a package in /app/NAME.jar, and unpacked as a JVM unpacks them."""
    work = root.parent / f"{root.name}.unpacked"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    debian.lay(deb, work)
    with zipfile.ZipFile(root / f"app/{name}.jar", "w", zipfile.ZIP_DEFLATED) as jar:
        for path in sorted(work.rglob("*.so*")):
            if path.is_symlink() or not elf.is_elf(path):
                continue
            inside = f"native/{path.name}"
            jar.write(path, inside)
            there = root / f"{UNPACKED[1:]}/{name}.jar!/{inside}"
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, there)
    shutil.rmtree(work)


def make_plain(rig, root):
    """Libraries in /opt/jni that no jar has."""
    folder = root / "opt/jni"
    folder.mkdir(parents=True)

    def build(compiler, name, source, *words):
        subprocess.run([compiler, "-shared", "-fPIC", "-o", folder / name, "-x", "c", "-", *words], check=True,
                       input=source, text=True)
    build("gcc", "libfine.so", FINE)
    build("gcc", "libgone.so", "int gone(void) { return 0; }", "-Wl,-soname,libgone.so")
    build("gcc", "liblacks.so", LACKS, "-x", "none", folder / "libgone.so")
    build("gcc", "liblater.so", FINE + LACKS)
    build("gcc", "libnow.so", FINE + LACKS, "-Wl,-z,now")
    build("musl-gcc", "libmusl.so", FINE)
    (folder / "libgone.so").unlink()
    os.symlink("liblacks.so", folder / "liblink.so")
    (folder / "libcut.so").write_bytes((folder / "libfine.so").read_bytes()[:200])
    for name, facts in MACHINES.items():
        (folder / f"lib{name}.so").write_bytes(header(*facts).ljust(4096, b"\0"))


def header(machine, width, order):
    """That of a shared object."""
    size, entry, address = (52, 32, "I") if width == 1 else (64, 56, "Q")
    return bytes([0x7f, 0x45, 0x4c, 0x46, width, order, 1]).ljust(16, b"\0") + struct.pack(
        f"{'<' if order == 1 else '>'}HHI3{address}I6H", 3, machine, 1, 0, size, 0, 0, size, entry, 0, 0, 0, 0)


def ask_java(root, paths):
    """What System.load says of each: "loaded", its words, or None where the loader ends the process."""
    source = (HERE / "Load.java").read_bytes()

    def job(tell):
        Path("/dev/Load.java").write_bytes(source)
        done = jail.start(f"{HOME}/bin/javac", ["javac", "-d", "/dev", "/dev/Load.java"], {"PATH": PATH}, timeout=120)
        if done.status != 0:
            raise SystemExit(f"javac: {done}")
        left, told = list(paths), {}
        while left:
            done = jail.start(f"{HOME}/bin/java", ["java", "-Xshare:auto", "-Xlog:disable", "-cp", "/dev", "Load", *left],
                              {"PATH": PATH}, timeout=120)
            for line in done.out.splitlines():      # what crashes in its own code is loaded
                path, tab, words = line.partition("\t")
                if tab and path in left:
                    told[path] = words or (None if "symbol lookup error" in done.err else "loaded")
            left = [path for path in left if path not in told]
            if not done.out:
                raise SystemExit(f"java: {done}")
        tell(told)

    return jail.ask(root, job)[0]


def ask_willrun(args, root, paths):
    done = subprocess.run([args.willrun.resolve(), "check", "--root", root, "--format", "jsonl", "--fail-on", "never",
                           "--cpu", cpu_level(), "--env", f"PATH={PATH}", "--platform", "linux/amd64", *paths],
                          text=True, stdout=subprocess.PIPE, check=True)
    subjects = [json.loads(line).get("subject") for line in done.stdout.splitlines()]
    return {subject["path"]: subject for subject in subjects if subject}


def differs(subject, real):
    """How the two differ; None: they agree."""
    if subject is None:
        return "no answer"
    verdict, words = subject["verdict"], subject["predicted"]["stderr"]
    if real is None:
        return "false runs: it kills the process" if verdict == "runs" else None
    if real == "loaded" or "unsupported JNI version" in real:
        return None if verdict in ("runs", "degraded") else f"{verdict}, and it loads"
    if verdict in ("runs", "degraded"):
        return f"false runs: {real}"
    return None if verdict == "fails" and words == [real] else f"{verdict} {words}, not {real}"


def main():
    args = plugin_roots.options(__doc__)
    rig = roots.Rig(args.cache)
    recipe = roots.Recipe("jvm-bookworm", "amd64", make_root)
    roots.RECIPES["jvm-bookworm"] = recipe
    roots.STAMPS["jvm-bookworm"] = roots.recipe_stamp(recipe)
    root = rig.make("jvm-bookworm")
    unpacked = {"/" + str(path.relative_to(root)) for path in (root / UNPACKED[1:]).rglob("*.so*")}
    plain = sorted("/" + str(path.relative_to(root)) for path in (root / "opt/jni").iterdir())
    truth = ask_java(root, sorted(unpacked) + plain)
    told = ask_willrun(args, root, ["/app", *plain])
    counts = collections.Counter()
    for path, real in truth.items():
        inside = path.replace(UNPACKED, "/app", 1)
        wanted = real and real.replace(UNPACKED, "/app")
        difference = differs(told.get(inside), wanted)
        counts["dies" if real is None else "loads" if real == "loaded" else "fails"] += 1
        if difference:
            counts["differ"] += 1
            print(f"  {inside}: {difference}")
    print(f"jvm-bookworm: {len(truth)} libraries, {len(unpacked)} of them in jars: "
          + ", ".join(f"{count} {what}" for what, count in sorted(counts.items())))
    return 0 if len(truth) >= LEAST and counts["loads"] and counts["fails"] and not counts["differ"] else 1


if __name__ == "__main__":
    sys.exit(main())
