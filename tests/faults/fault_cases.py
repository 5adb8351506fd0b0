#!/usr/bin/env python3
"""Every call that can fail made to fail in turn: no crash, no leak, no file half-written or left, no
other verdict.

usage: fault_cases.py FAULTS WILLRUN [--most N] [--fail KIND,...] [-k WORD]

FAULTS is the program of faults.c. N calls of each kind are tried at most of each command (default: all).
"""
import argparse
import collections
import glob
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import zipfile

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path += [os.path.join(TESTS, "source"), os.path.join(TESTS, "fuzz")]
import make_seeds  # noqa: E402
from images import Image, docker_files, write_archive  # noqa: E402

DOCKERFILE = """FROM scratch AS build
COPY root/ /
FROM scratch
COPY --from=build / /
ENTRYPOINT ["/bin/app"]
"""
MESSAGE = "/bin/app: error while loading shared libraries: libz.so.1: cannot open shared object file: No such file or directory"
ROOT = ["--root", "root", "--jobs", "1"]
# name → arguments; "@/" is where it writes
COMMANDS = {
    "check of a folder": ["check", *ROOT, "--all"],
    "check of a tar, to a file": ["check", "--root", "root.tar", "--jobs", "1", "--all", "-o", "@/report", "--format", "json"],
    "check of a docker-archive": ["check", "--root", "docker-archive:docker.tar", "--jobs", "1"],
    "check on a base": ["check", "--root", "base:debian:12-slim", "--jobs", "1", "./root/bin/app"],
    "check with settings": ["check", "--config", "settings.yaml", "--baseline", "report.json"],
    "check that is kept": ["check", *ROOT, "--all", "--cache", "@/kept"],
    "check that was kept": ["check", *ROOT, "--all", "--cache", "kept"],
    "check of a Dockerfile": ["check", "--dockerfile", "Dockerfile", "--jobs", "1"],
    "snapshot": ["snapshot", "root", "-o", "@/profile.tar.zst"],
    "bundle to a folder": ["bundle", *ROOT, "/bin/app", "--to", "@/bundle"],
    "bundle to a tar": ["bundle", *ROOT, "/bin/app", "--to", "@/bundle.tar"],
    "diff": ["diff", "root.tar", "root"],
    "tree": ["tree", "--root", "root", "/bin/app"],
    "explain": ["explain", MESSAGE],
    "explain of a log": ["explain", "log", "--format", "json"],
    "explain by a root": ["explain", *ROOT[:2], "log"],
    "config": ["config", "--config", "settings.yaml"],
    "inspect": ["inspect", "./root/bin/app"],
    "inspect of packages": ["inspect", "app.whl", "app.tar.gz", "--jobs", "1"],
    "plan on a base": ["plan", "--on", "root", "--stage", "build=root.tar", "--copy", "build:/bin/app:/app/", "--jobs", "1"],
    "plan of a Dockerfile": ["plan", "--dockerfile", "Dockerfile", "--stage", "build=root.tar", "--on", "root", "--jobs", "1"],
}
# of each row: calls that could fail, those tried, and how these runs ended
COUNTS = ("calls", "tried", "as without", "status 2", "told", "bad")
FAULTS = [("alloc", "once"), ("alloc", "on"), ("open", "once"), ("open", "on"), ("read", "once"), ("stat", "once"),
          ("mmap", "once"), ("write", "once"), ("write", "on"), ("short", "once"), ("short", "on"), ("interrupt", "once"),
          ("signal", "once")]


def make_inputs(folder, willrun):
    seeds = dict(make_seeds.check_seeds(make_seeds.tiny_objects()))
    data = seeds.get("glibc-cache", seeds["no-loader"])
    with open(os.path.join(folder, "root.tar"), "wb") as out:
        out.write(data)
    with tarfile.open(os.path.join(folder, "root.tar")) as tar:
        tar.extractall(os.path.join(folder, "root"))
    os.chmod(os.path.join(folder, "root/bin/app"), 0o755)  # its hard link had another mode
    app = os.path.join(folder, "root/bin/app")
    os.utime(app)  # a wheel knows no time before 1980
    with zipfile.ZipFile(os.path.join(folder, "app.whl"), "w", zipfile.ZIP_DEFLATED) as wheel:
        wheel.write(app, "own/app.so")
    with tarfile.open(os.path.join(folder, "app.tar.gz"), "w:gz") as packed:
        packed.add(app, "own/app")
    image = Image([data], {"Entrypoint": ["/bin/app"]}, packing="none")
    write_archive(os.path.join(folder, "docker.tar"), docker_files([image]))
    with open(os.path.join(folder, "Dockerfile"), "w") as out:
        out.write(DOCKERFILE)
    with open(os.path.join(folder, "log"), "w") as out:
        out.write("".join(f"INFO handled request {number}\n" for number in range(100)) + f"{MESSAGE}\n")
    with open(os.path.join(folder, "settings.yaml"), "w") as out:
        out.write("root: root\nall: true\njobs: 1\nenv:\n  - A=1\n")
    subprocess.run([willrun, "check", *ROOT, "--all", "--format", "json", "-o", "report.json"], cwd=folder)


def what_fails(fault, mode):
    return fault if mode == "once" else f"{fault}, and all later ones"


def run_faults(options, folder, name, fault, mode, sums):
    """True where all runs ended well; prints a row, and adds it to that of `sums`."""
    out = os.path.join(folder, "out")
    os.makedirs(out, exist_ok=True)
    # LeakSanitizer needs what the sandbox would then not open for it
    extra = ["--no-sandbox"] if fault in ("open", "stat") else []
    done = subprocess.run([options.faults, fault, mode, str(options.most), out, "--", *COMMANDS[name], *extra], cwd=folder,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    *troubles, last = done.stdout.decode(errors="replace").splitlines() or [""]
    numbers = last.split()
    if len(numbers) != 6:
        troubles, numbers = troubles + [last], ["-"] * 6
    else:
        sums[what_fails(fault, mode)].update(dict(zip(COUNTS, map(int, numbers))))
    print(f"| {name} | {what_fails(fault, mode)} | " + " | ".join(numbers) + " |", flush=True)
    for line in troubles:
        print("    " + line)
    return done.returncode == 0


def print_sums(sums):
    print("\n| what fails | " + " | ".join(COUNTS) + " |\n|---|" + "--:|" * len(COUNTS))
    for name, counts in sums.items():
        print(f"| {name} | " + " | ".join(f"{counts[count]:,}" for count in COUNTS) + " |")


def ends(done, status, words):
    return done.returncode == status and words in done.stderr.decode(errors="replace")


def full_disk(options, folder):
    for arguments in (COMMANDS["check of a folder"], ["snapshot", "root"], ["inspect", "./root/bin/app", "--format", "json"]):
        if not ends(subprocess.run([options.willrun, *arguments, "-o", "/dev/full"], cwd=folder, stderr=subprocess.PIPE),
                    2, "No space left on device"):
            return False
    with open("/dev/full", "w") as full:
        return ends(subprocess.run([options.willrun, *COMMANDS["check of a folder"]], cwd=folder, stdout=full,
                                   stderr=subprocess.PIPE), 2, "No space left on device")


def limited_size(options, folder):
    """ulimit -f: a file may grow to so many bytes, and no more."""
    out = os.path.join(folder, "limited")
    os.makedirs(out, exist_ok=True)
    for size in (1, 1 << 10, 8 << 10):
        done = subprocess.run([options.willrun, "bases", "--format", "json", "-o", os.path.join(out, "bases")], stderr=subprocess.PIPE,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)))
        if not ends(done, 2, "File too large") or os.listdir(out):
            print(f"    {size} bytes: status {done.returncode}, left {os.listdir(out)}: {done.stderr.decode(errors='replace')}")
            return False
    return True


def closed_pipe(options, folder):
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([options.willrun, *COMMANDS["check of a folder"]], cwd=folder, stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    return ends(done, 2, "Broken pipe")


def shrinking(options, folder):
    """A file is cut to nothing once it is mapped, each mapping in turn: faults.c does it."""
    well = True
    for source in ("root", "root.tar"):
        for call in range(1, 40):
            work = tempfile.mkdtemp(dir=folder)
            path = os.path.join(work, source)
            (shutil.copytree if os.path.isdir(os.path.join(folder, source)) else shutil.copy)(
                os.path.join(folder, source), path, **({"symlinks": True} if source == "root" else {}))
            done = subprocess.run([options.faults, "shrink", f"at{call}", "1", work, "--", "check", "--no-sandbox", "--root",
                                   path, "--all", "--jobs", "1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            text = done.stdout.decode(errors="replace")
            shutil.rmtree(work)
            if done.returncode == 3:
                break  # there is no such mapping
            if done.returncode < 0 or done.returncode > 2 or "Sanitizer" in done.stderr.decode(errors="replace"):
                print(f"    {source}, mapping {call}: status {done.returncode}\n{text[-1500:]}{done.stderr.decode()[-1500:]}")
                well = False
    return well


def scribble(paths, over):
    """Damage some bytes of one of the files, and mend them, again and again."""
    chance = random.Random(0)
    files = []
    for path in paths:
        with open(path, "rb") as file:
            files.append((os.open(path, os.O_WRONLY), file.read()))
    while not over.is_set():
        fd, whole = chance.choice(files)
        at = chance.randrange(min(len(whole), 64 << 10))  # tables are at the beginning
        os.pwrite(fd, (chance.choice((b"\xff", b"\0", b"A", b"\x7f")) * chance.choice((1, 4, 8, 512)))[: len(whole) - at], at)
        os.pwrite(fd, whole[at : at + 512], at)
    for fd, _ in files:
        os.close(fd)


def large_root(folder):
    """A root of files that are mapped, not read, and those of them that may be written to; an archive of it."""
    root = os.path.join(folder, "large")
    shutil.copytree(os.path.join(folder, "root"), root, symlinks=True)
    large = []
    for pattern in ("/lib/*/libc.so.6", "/lib/*/libm.so.6", "/usr/lib/*/libstdc++.so.6", "/lib/*/libcrypto.so.3"):
        for path in glob.glob(pattern)[:1]:
            large.append(shutil.copy(path, os.path.join(root, "bin")))
    with tarfile.open(root + ".tar", "w") as tar:
        tar.add(root, ".")
    return root, large


def changing(options, folder):
    """Bytes of files change, and are mended, while they are read: no crash, and no hang."""
    root, large = large_root(folder)
    for source, paths in ((root, large), (root + ".tar", [root + ".tar"])):
        over = threading.Event()
        writer = threading.Thread(target=scribble, args=(paths, over))
        writer.start()
        try:
            for _ in range(min(options.most, 100)):
                done = subprocess.run([options.willrun, "check", "--root", source, "--all"], stdout=subprocess.DEVNULL,
                                      stderr=subprocess.PIPE, timeout=60)
                if done.returncode not in (0, 1, 2) or b"Sanitizer" in done.stderr:
                    print(f"    {source}: status {done.returncode}\n{done.stderr.decode(errors='replace')[:3000]}")
                    return False
        finally:
            over.set()
            writer.join()
    return True


def interrupted(options, folder):
    """A signal while it writes: nothing is left of what it wrote."""
    out = os.path.join(folder, "interrupted")
    os.makedirs(out, exist_ok=True)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGXCPU):
        fifo = os.path.join(folder, "fifo")
        os.mkfifo(fifo)
        run = subprocess.Popen([options.willrun, "snapshot", fifo, "-o", os.path.join(out, "profile")], stderr=subprocess.DEVNULL,
                               preexec_fn=lambda: signal.signal(number, signal.SIG_DFL))  # nohup ignores one
        with open(fifo, "wb"):  # it has opened its output, and waits for its input
            for _ in range(200):
                if os.listdir(out):
                    break
                time.sleep(0.02)
            wrote = os.listdir(out)
            run.send_signal(number)
            run.wait()
        os.unlink(fifo)
        if not wrote or os.listdir(out) or run.returncode != -number:
            print(f"    signal {number}: status {run.returncode}, wrote {wrote}, left {os.listdir(out)}")
            return False
    return True


OTHERS = {"a full disk": full_disk, "a limit of a file's size": limited_size, "a closed pipe": closed_pipe,
          "files that shrink": shrinking, "files that change": changing, "a signal while it writes": interrupted}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("faults")
    parser.add_argument("willrun")
    parser.add_argument("--most", type=int, default=1 << 30)
    parser.add_argument("--fail", default="", metavar="KIND,...", help="what fails, alone: alloc, open, read, stat, mmap, write, short, …")
    parser.add_argument("-k", dest="word", default="")
    options = parser.parse_args()
    options.faults, options.willrun = os.path.abspath(options.faults), os.path.abspath(options.willrun)
    os.environ["WILLRUN_DATA"] = os.path.join(os.path.dirname(TESTS), "data")
    well = True
    with tempfile.TemporaryDirectory() as folder:
        make_inputs(folder, options.willrun)
        print("| command | what fails | " + " | ".join(COUNTS) + " |\n|---|---|" + "--:|" * len(COUNTS))
        sums = collections.defaultdict(collections.Counter)
        for name in COMMANDS:
            for fault, mode in FAULTS if options.word in name else ():
                if options.fail and fault not in options.fail.split(","):
                    continue
                well = run_faults(options, folder, name, fault, mode, sums) and well
        for name, test in OTHERS.items():
            if options.word in name:
                good = test(options, folder)
                print(f"| {name} | | | | | | | {0 if good else 1} |", flush=True)
                well = well and good
        print_sums(sums)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
