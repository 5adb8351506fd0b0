#!/usr/bin/env python3
"""Bundles of programs of real roots, started where nothing else is.

    run_bundle.py --willrun PROGRAM [--cache DIR] [--every]

Programs of Debian's packages for several machines, and of musl, are bundled from a folder and from an
image of it; each starts in its bundle (a chroot; under qemu where it is of another machine) and must
print there what it prints in its whole root. The same input must make the same bytes, and what is
not whole must be refused.
"""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "source"))
import roots  # noqa: E402
from images import Image, docker_files, write_archive  # noqa: E402

QEMU = {"amd64": None, "arm64": "qemu-aarch64-static", "s390x": "qemu-s390x-static"}
ROOTS = [("bullseye", "amd64"), ("small-arm64", "arm64")]
MORE = [("trixie", "amd64"), ("small-s390x", "s390x")]
PROGRAMS = [["bash", "-c", "echo $((6 * 7))"], ["dpkg", "--version"], ["tar", "--version"], ["grep", "--version"],
            ["find", "--version"], ["date", "-u", "-d", "@0"], ["sha256sum", "--version"],
            ["sed", "--version"], ["env", "--version"]]
FEW = 5
OF_MUSL = "int puts(const char *); int own(void); int main(void) { return own() != 7 || puts(\"musl\") < 0; }"


def run(*command, **more):
    return subprocess.run([str(word) for word in command], capture_output=True, check=False, timeout=120, **more)


class Bench:
    def __init__(self, args, work):
        self.willrun, self.work, self.failures, self.held = args.willrun.resolve(), Path(work), [], 0

    def bundle(self, source, path, to, *more, **env):
        done = run(self.willrun, "bundle", "--root", source, path, "--to", to, *more,
                   env={**os.environ, **env})
        return None if done.returncode == 0 else f"exit status {done.returncode}: {(done.stdout + done.stderr).decode()[-400:]}"

    def hold(self, what, trouble):
        self.held += not trouble
        if trouble:
            self.failures.append(f"{what}: {trouble}")


def in_bundle(folder, path, arguments, arch):
    """The program in a chroot to the bundle, with nothing but its interpreter of machine code."""
    command = [path, *arguments]
    if QEMU[arch]:
        shutil.copy(shutil.which(QEMU[arch]), folder / ".qemu")
        command = ["/.qemu", path, *arguments]
    return run("chroot", folder, *command, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})


def in_root(root, path, arguments, arch):
    if not QEMU[arch]:
        return run("chroot", root, path, *arguments, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
    real = os.path.realpath(f"{root}{path}")
    return run(shutil.which(QEMU[arch]), "-0", path, "-L", root, real, *arguments, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})


def starts_alike(bench, root, arch, path, arguments):
    folder = bench.work / "bundle"
    shutil.rmtree(folder, ignore_errors=True)
    if trouble := bench.bundle(root, path, folder):
        return trouble
    whole, alone = in_root(root, path, arguments, arch), in_bundle(folder, path, arguments, arch)
    if whole.returncode != 0 or not whole.stdout:
        return f"it does not start in its root: {whole}"
    if (alone.returncode, alone.stdout) != (whole.returncode, whole.stdout):
        return f"it prints {alone.stdout[:200]} {alone.stderr[:300]}, and in its root {whole.stdout[:200]}"
    return None


def image_of(bench, root):
    """An archive of docker save, of one layer."""
    layer = subprocess.run(["tar", "-c", "-C", root, "--sort=name", "--numeric-owner", "."], check=True,
                           capture_output=True).stdout
    return write_archive(str(bench.work / "image.tar"), docker_files([Image([layer], architecture="arm64")]))


def same_bytes(bench, root, path):
    """From the folder, again, and from the image of it."""
    archive, made = image_of(bench, root), []
    for source in (root, root, f"docker-archive:{archive}"):
        to = bench.work / f"{len(made)}.tar"
        if trouble := bench.bundle(source, path, to, SOURCE_DATE_EPOCH="86400"):
            return trouble
        made.append(to.read_bytes())
    if len(set(made)) != 1:
        return "the same root makes other bytes"
    times = run("tar", "-tvf", bench.work / "0.tar", "--utc").stdout.decode()
    return None if times.count("1970-01-02 00:00") == times.count("\n") else f"times: {times[:300]}"


def with_musl(bench):
    """A library that only the path file of musl's loader leads to."""
    root, folder = bench.work / "musl", bench.work / "bundle-musl"
    (root / "opt/own").mkdir(parents=True)
    for name, source, flags in (("opt/own/libown.so", "int own(void) { return 7; }", ["-shared", "-fPIC"]),
                                ("app", OF_MUSL, [str(root / "opt/own/libown.so"), "-Wl,-soname,app"])):
        (bench.work / "musl.c").write_text(source)
        done = run("musl-gcc", "-o", root / name, bench.work / "musl.c",
                   *(flags if name != "app" else [f"-L{root}/opt/own", "-lown"]))
        if done.returncode != 0:
            return done.stderr.decode()
    (root / "lib").mkdir()
    shutil.copy(os.path.realpath("/lib/ld-musl-x86_64.so.1"), root / "lib/ld-musl-x86_64.so.1")
    (root / "etc").mkdir()
    (root / "etc/ld-musl-x86_64.path").write_text("/lib\n/opt/own\n")
    if trouble := bench.bundle(root, "/app", folder):
        return trouble
    done = in_bundle(folder, "/app", [], "amd64")
    return None if done.stdout == b"musl\n" else f"it prints {done}"


def refuses(bench, root):
    """What is not whole, and what is not there."""
    broken, to = bench.work / "broken", bench.work / "refused"
    for source, path, words in (("base:debian:12-slim", "/bin/cat", b"is not whole in base:debian:12-slim"),
                                ("base:alpine:3.20", "/bin/busybox", b"is not whole in base:alpine:3.20")):
        done = run(bench.willrun, "bundle", "--root", source, path, "--to", to)
        if done.returncode != 2 or words not in done.stderr or to.exists():
            return f"{source}: {done}"
    (broken / "usr").mkdir(parents=True)
    shutil.copytree(Path(root) / "usr/bin", broken / "usr/bin", symlinks=True)
    os.symlink("usr/bin", broken / "bin")
    done = run(bench.willrun, "bundle", "--root", broken, "/usr/bin/find", "--to", to)
    if done.returncode != 1 or b"nothing was written" not in done.stdout or to.exists():
        return f"a root without libraries: {done}"
    return bench.bundle(broken, "/usr/bin/find", to, "--partial")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--willrun", type=Path, required=True)
    parser.add_argument("--cache", type=Path, default=os.environ.get("WILLRUN_RIG") or HERE.parents[1] / "build" / "rig")
    parser.add_argument("--every", action="store_true", help="more machines, and all programs")
    args = parser.parse_args()
    rig = roots.Rig(args.cache, say=lambda text: print(text, flush=True))
    with tempfile.TemporaryDirectory(prefix="willrun-bundle-") as work:
        bench = Bench(args, work)
        for name, arch in ROOTS + (MORE if args.every else []):
            root = rig.make(name)
            for program, *arguments in PROGRAMS if args.every else PROGRAMS[:FEW]:
                found = [f"/{folder}/{program}" for folder in ("usr/bin", "bin") if (root / folder / program).exists()]
                if found:
                    bench.hold(f"{name}: {program}", starts_alike(bench, str(root), arch, found[0], arguments))
        bench.hold("the same bytes", same_bytes(bench, str(rig.make("small-arm64")), "/usr/bin/bash"))
        bench.hold("musl and its path file", with_musl(bench))
        bench.hold("refusals", refuses(bench, rig.make("bullseye")))
        if bench.held < FEW * len(ROOTS):
            bench.failures.append("too few programs were started")
    for failure in bench.failures:
        print("FAILED:", failure)
    print(f"{bench.held} of {bench.held + len(bench.failures)} bundles hold")
    return 1 if bench.failures else 0


if __name__ == "__main__":
    sys.exit(main())
