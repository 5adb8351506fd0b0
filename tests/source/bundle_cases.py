#!/usr/bin/env python3
"""What a bundle takes along: of images, of stages, and for what its programs reach once they run.

usage: bundle_cases.py WILLRUN [-k WORD]
"""
import argparse
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from images import Image, docker_files, layout_files, write_archive

PROGRAMS = {
    "ends": "#include <pthread.h>\nstatic void *ends(void *x) { pthread_exit(x); }\n"
            "int main(void) { pthread_t t; return pthread_create(&t, 0, ends, 0) || pthread_join(t, 0); }\n",
    "clock": "#include <time.h>\nint main(void) { time_t t = 0; return localtime(&t)->tm_hour; }\n",
    "odd": "int odd(void);\nint main(void) { return odd(); }\n",
}
CONFIG = {"Env": ["LD_LIBRARY_PATH=/opt/odd", "A=b"], "User": "app", "WorkingDir": "/srv"}
STAGE = ["--root", "bare", "--stage", "build=glibc", "--copy", "build:/lib64:/lib64", "--copy", "build:/usr:/usr", "--copy", "build:/app:/app"]
# name; what is asked; status; what is in the bundle ("!": is not), or what is said of it
CASES = [
    ("an image's environment and user", ["--root", "docker-archive:image.tar", "/app/odd"], 0, ["/opt/odd/libodd.so.1", "/etc/passwd"]),
    ("others in their place", ["--root", "docker-archive:image.tar", "--env", "LD_LIBRARY_PATH=/usr/odd", "--user", "7:7", "--workdir", "/",
                               "/app/odd"], 0, ["/usr/odd/libodd.so.1", "!/etc/passwd", "!/opt"]),
    ("an environment in which it does not start", ["--root", "docker-archive:image.tar", "--env", "LD_LIBRARY_PATH=", "/app/odd"], 1, "is nowhere"),
    ("several platforms", ["--root", "oci:platforms", "/app/odd"], 2, "is for 2 platforms: say with --platform"),
    ("one of them", ["--root", "oci:platforms", "--platform", "linux/amd64", "/app/odd"], 0, ["/app/odd"]),
    ("standard input", ["--root", "-", "/app/clock"], 0, ["/app/clock", "!/app/odd"]),
    ("standard input, and what scripts start", ["--root", "-", "/app/run"], 2, "standard input is read once"),
    ("what it opens later", ["--root", "glibc", "/app/ends"], 0, ["/usr/lib/libgcc_s.so.1"]),
    ("of a stage, too", [*STAGE, "/app/ends"], 0, ["/usr/lib/libgcc_s.so.1", "!/opt"]),
    ("what it would not open", ["--root", "glibc", "/app/clock"], 0, ["!/usr/lib/libgcc_s.so.1"]),
    ("what tells local times", ["--root", "glibc", "--env", "TZ=Here/There", "/app/clock"], 0, ["/usr/share/zoneinfo/Here/There"]),
    ("in no zone", ["--root", "glibc", "/app/clock"], 0, ["!/usr/share"]),
    ("a program that loads a plugin", ["--root", "glibc", "--host", "/app/clock", "/opt/odd/libodd.so.1"], 0, ["/app/clock", "/opt/odd/libodd.so.1"]),
    ("the paths of musl's loader", ["--root", "musl", "/app/main"], 0, ["/etc/ld-musl-x86_64.path", "/lib/ld-musl-x86_64.so.1"]),
    ("preloads of a loader", ["--root", "preloads", "/app/clock"], 0, ["/etc/ld.so.preload", "/opt/odd/libodd.so.1"]),
    ("what is not there, in part", ["--root", "glibc", "--partial", "--with", "/none", "--with", "terminals", "/app/clock"], 0, ["/app/clock", "!/none"]),
    ("what is there by its name", ["--root", "glibc", "--with", "time-zones", "/app/clock"], 0, ["/usr/share/zoneinfo/Here/There"]),
    ("a link that leads around", ["--root", "glibc", "--with", "/srv/round", "/app/clock"], 2, "/srv/round in glibc"),
    ("a link out of the root", ["--root", "glibc", "--with", "/srv/up", "/app/clock"], 0, ["/srv/up", "/app/odd"]),
    ("a time that is none", ["--root", "glibc", "/app/clock", "EPOCH=-1"], 2, "SOURCE_DATE_EPOCH is -1: expected seconds since 1970"),
    ("a time with more behind it", ["--root", "glibc", "/app/clock", "EPOCH=1x"], 2, "SOURCE_DATE_EPOCH is 1x"),
    ("no time", ["--root", "glibc", "/app/clock", "EPOCH="], 0, ["/app/clock"]),
]


def compile_to(path, text, *flags, compiler="gcc"):
    path.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run([compiler, "-o", path, "-x", "c", "-", "-x", "none", *flags], input=text.encode(), check=True)


def make_roots():
    root = Path("glibc")
    compile_to(root / "opt/odd/libodd.so.1", "int odd(void) { return 0; }\n", "-shared", "-fPIC", "-Wl,-soname,libodd.so.1")
    for name, text in PROGRAMS.items():
        compile_to(root / "app" / name, text, *([root / "opt/odd/libodd.so.1"] if name == "odd" else []))
    (root / "app/run").write_text("#!/app/clock\n")
    (root / "app/start").write_text("#!/app/run\n")
    os.chmod(root / "app/run", 0o755)
    unwinder = subprocess.run(["gcc", "-print-file-name=libgcc_s.so.1"], capture_output=True, check=True, text=True).stdout.strip()
    (root / "usr/lib").mkdir(parents=True)
    shutil.copy(os.path.realpath(unwinder), root / "usr/lib/libgcc_s.so.1")
    for path in subprocess.run(["ldd", root / "app/clock"], capture_output=True, check=True, text=True).stdout.split():
        if path.startswith("/"):
            to = root / ("lib64" if "/ld-" in path else "usr/lib") / os.path.basename(path)
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(os.path.realpath(path), to)
    for name, text in (("etc/passwd", "root:x:0:0::/:/bin/sh\napp:x:7:8::/:/bin/sh\n"), ("etc/group", "app:x:8:\n"),
                       ("etc/nsswitch.conf", "hosts: files dns\n"), ("usr/share/zoneinfo/Here/There", "TZif")):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (root / "srv").mkdir()
    os.symlink("round", root / "srv/round")
    os.symlink("../../../app/odd", root / "srv/up")
    shutil.copytree(root / "opt/odd", root / "usr/odd")
    shutil.copytree(root, "preloads", symlinks=True)
    Path("preloads/etc/ld.so.preload").write_text("/opt/odd/libodd.so.1\n")
    Path("bare").mkdir()
    compile_to(Path("musl/app/main"), "int main(void) { return 0; }\n", compiler="musl-gcc")
    for name, data in (("lib/ld-musl-x86_64.so.1", Path("/lib/ld-musl-x86_64.so.1").read_bytes()), ("etc/ld-musl-x86_64.path", b"/lib\n")):
        Path("musl", name).parent.mkdir(parents=True, exist_ok=True)
        Path("musl", name).write_bytes(data)
        os.chmod(Path("musl", name), 0o755)


def make_images():
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tar:
        tar.add("glibc", arcname=".")
    Path("root.tar").write_bytes(layer.getvalue())
    write_archive("image.tar", docker_files([Image([layer.getvalue()], CONFIG)]))
    images = [Image([layer.getvalue()], CONFIG, architecture=name) for name in ("amd64", "arm64")]
    for name, data in layout_files(images, nested=True).items():
        Path("platforms", name).parent.mkdir(parents=True, exist_ok=True)
        Path("platforms", name).write_bytes(data)


def trouble(willrun, number, case):
    name, words, status, wanted = case
    env = dict(os.environ)
    for word in [word for word in words if word.startswith("EPOCH=")]:
        env["SOURCE_DATE_EPOCH"] = word[6:]
    words = [word for word in words if not word.startswith("EPOCH=")]
    to = f"made{number}" + (".tar" if number % 2 else "")
    with open("root.tar", "rb") as given:
        done = subprocess.run([willrun, "bundle", *words, "--to", to, "--format", "json" if status == 0 else "text"], env=env, stdin=given,
                              capture_output=True, check=False, timeout=120)
    said = (done.stdout + done.stderr).decode()
    if done.returncode != status or re.search(r"Sanitizer|runtime error", said):
        return f"status {done.returncode}, not {status}: {said}"
    if status != 0:
        return None if wanted in re.sub(r"\s+", " ", said) and not os.path.exists(to) else f"{wanted!r} is not in {said!r}, or {to} is there"
    paths = {entry["path"] for entry in json.loads(done.stdout)["entries"]}
    for path in wanted:
        if (path.lstrip("!") in paths) == path.startswith("!"):
            return f"{path} of {sorted(paths)}"
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("willrun")
    parser.add_argument("-k", dest="word", default="")
    given = parser.parse_args()
    willrun, wrong, tried = os.path.abspath(given.willrun), 0, 0
    with tempfile.TemporaryDirectory(prefix="willrun-bundle-") as work:
        os.chdir(work)
        make_roots()
        make_images()
        for number, case in enumerate(CASES):
            if given.word not in case[0]:
                continue
            tried += 1
            said = trouble(willrun, number, case)
            if said:
                wrong += 1
                print(f"FAILED: {case[0]}: {said}")
        os.chdir("/")
    print(f"{tried} bundles, {wrong} wrong")
    return 1 if wrong or not tried else 0


if __name__ == "__main__":
    sys.exit(main())
