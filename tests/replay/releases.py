"""The loader and the C library of other releases of glibc, from Debian's packages."""
import fcntl
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "real"))

import debian  # noqa: E402

from tiny import copy_of  # noqa: E402

SUITES = {"2.31": "bullseye", "2.36": "bookworm", "2.41": "trixie"}
DEFAULT = "/lib/x86_64-linux-gnu"
LOADER = "/lib64/ld-linux-x86-64.so.2"


def cache_folder():
    return Path(os.environ.get("WILLRUN_RIG") or HERE.parents[1] / "build" / "rig") / "releases"


def fetch(suite, arch="amd64"):
    """A folder with the files of the release's libc6; downloaded once."""
    cache = cache_folder()
    cache.mkdir(parents=True, exist_ok=True)
    folder = cache / f"{suite}-{arch}"
    with open(cache / f"{suite}-{arch}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two tests may want it at once
        if not folder.exists():
            new = cache / f"{suite}-{arch}.new"
            subprocess.run(["rm", "-rf", str(new)], check=True)
            new.mkdir()
            deb = debian.Suite(cache, suite, arch).all_named(["libc6"])[0]
            debian.merge_usr(new)
            debian.lay(deb, new)
            new.rename(folder)
    return folder


def path_of(release, name):
    """The file `name` of a release, as a path of this machine."""
    return str(fetch(SUITES.get(release, release)) / ("usr" + DEFAULT) / name)


def releases(files=()):
    """What each release puts into every root: its loader, and beside it libc.so.6, which no case
    needs but by which older releases are told apart; and `files`. TINY_RELEASES chooses: releases,
    or suites of Debian."""
    for label in os.environ.get("TINY_RELEASES", " ".join(SUITES)).split():
        common = {LOADER: copy_of(path_of(label, os.path.basename(LOADER)))}
        for name in ("libc.so.6", *files):
            common[f"{DEFAULT}/{name}"] = copy_of(path_of(label, name))
        yield label, common
