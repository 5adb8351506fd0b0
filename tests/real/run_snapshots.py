#!/usr/bin/env python3
"""Holds profiles to the roots that they were made of.

    run_snapshots.py --willrun build/release/willrun [--cache DIR] [--every] [--only ROOT]… [--folder DIR]…

Of each root `willrun snapshot` makes a profile. The check of every ELF file and
script in it must give the same JSON as that of the root, but for the root's
name: read from the profile itself, and from what tar unpacks of it. Made again,
the profile must have the same bytes.
"""

import argparse
import difflib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True

import roots

HERE = Path(__file__).resolve().parent
SHOWN = 20      # lines of a difference


def options(about):
    parser = argparse.ArgumentParser(description=about.split("\n")[0])
    parser.add_argument("--willrun", type=Path, required=True, help="the program under test")
    parser.add_argument("--cache", type=Path,
                        default=os.environ.get("WILLRUN_RIG") or HERE.parents[1] / "build" / "rig",
                        help="where roots are kept")
    parser.add_argument("--only", action="append", metavar="ROOT", help="one root by name")
    parser.add_argument("--every", action="store_true", help="every root, not the fast ones alone")
    parser.add_argument("--folder", action="append", type=Path, help="a root filesystem of one's own")
    return parser.parse_args()


def check(willrun, root):
    """The JSON of all subjects of a root, without the root's own name."""
    done = subprocess.run([willrun, "check", "--root", root, "--all", "--format", "json"],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(f"check --root {root}: {done.stderr}")
    document = json.loads(done.stdout)
    for target in document["targets"]:
        target["root"] = None
    return document


def snapshot(willrun, root, out):
    subprocess.run([willrun, "snapshot", root, "-o", out, "--origin", "the rig"], check=True)
    return out.stat().st_size


def same(name, what, wanted, got):
    if wanted == got:
        return True
    print(f"{name}: the check of {what} differs from that of the root")
    lines = [json.dumps(document, indent=1, sort_keys=True).splitlines()
             for document in (wanted, got)]
    for line in list(difflib.unified_diff(*lines, "root", what, lineterm="", n=4))[:SHOWN]:
        print(f"    {line}")
    return False


def hold(willrun, name, root, work):
    profile, again, unpacked = work / "one.tar.zst", work / "two.tar.zst", work / "unpacked"
    size = snapshot(willrun, root, profile)
    snapshot(willrun, root, again)
    subprocess.run(["rm", "-rf", unpacked], check=True)
    unpacked.mkdir()
    subprocess.run(["tar", "-xf", profile, "-C", unpacked], check=True)
    wanted = check(willrun, root)
    subjects = sum(len(target["subjects"]) for target in wanted["targets"])
    held = same(name, "the profile", wanted, check(willrun, profile))
    held &= same(name, "the unpacked profile", wanted, check(willrun, unpacked))
    if profile.read_bytes() != again.read_bytes():
        print(f"{name}: made again, the profile has other bytes")
        held = False
    if subjects == 0:
        print(f"{name}: the root has no subject, so nothing was held to anything")
        held = False
    print(f"{name}: {subjects} subjects, {size} bytes, {'the same' if held else 'DIFFERENT'}",
          flush=True)
    return held


def wanted_roots(args):
    asked = (q.root for q in roots.QUESTIONS if args.every or q.name in roots.FAST)
    return args.only or dict.fromkeys(asked)


def main():
    args = options(__doc__)
    os.environ.pop("WILLRUN_DATA", None)
    willrun, held = args.willrun.resolve(), True
    with tempfile.TemporaryDirectory() as work:
        for folder in args.folder or []:
            held &= hold(willrun, folder.name, folder.resolve(), Path(work))
        rig = None if args.folder else roots.Rig(args.cache)
        for name in rig and wanted_roots(args) or []:
            held &= hold(willrun, name, rig.make(name), Path(work))
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
