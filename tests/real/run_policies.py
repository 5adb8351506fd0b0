#!/usr/bin/env python3
"""Hold data/policies.def to the policy tables of a released auditwheel, as Debian packages it.

    run_policies.py [--cache DIR]

Exit status 1 where scripts/make-policies does not write all of its lines from them; policies that are new
there are told of alone.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True

import debian

TOP = Path(__file__).resolve().parents[2]
SUITE, PACKAGE, SHOWN, LEAST = "sid", "python3-auditwheel", 20, 150


def main():
    given = sys.argv[2] if sys.argv[1:2] == ["--cache"] else os.environ.get("WILLRUN_RIG")
    cache = Path(given or TOP / "build" / "rig").resolve()
    folder = cache / "auditwheel"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    package = debian.Suite(cache, SUITE, "amd64").all_named([PACKAGE])[0]
    subprocess.run(["dpkg-deb", "-x", package, folder], check=True)
    tables = next(folder.rglob("manylinux-policy.json")).parent
    made = subprocess.run([sys.executable, TOP / "scripts/make-policies", tables], text=True, stdout=subprocess.PIPE,
                          check=True).stdout.splitlines()
    ours = (TOP / "data/policies.def").read_text().splitlines()
    gone, new = [line for line in ours if line not in made], [line for line in made if line not in ours]
    for what, lines in (("not of it", gone), ("new in it", new)):
        for line in lines[:SHOWN]:
            print(f"{what}: {line[:200]}")
    print(f"policies: {len(ours)} lines, {len(gone)} not of {package.name}, {len(new)} new in it")
    return 1 if gone or len(ours) < LEAST else 0


if __name__ == "__main__":
    sys.exit(main())
