#!/usr/bin/env python3
"""Holds willrun to what Python does with the extension modules of real packages.

    run_python.py --willrun build/release/willrun [--fast] [--cache DIR] [--only ROOT]…

Each module of a root is opened and imported by the root's own Python, in a chroot. The verdicts must
be equal, and the words as Python prints them. The exit status is 1 on any difference, and where a
root yields fewer modules than it is known to hold.
"""

import json
import os
import sys
from pathlib import Path

sys.dont_write_bytecode = True

import elf
import jail
from plugin_rig import Tally, ask_willrun, main

HERE = Path(__file__).resolve().parent
IMPORTER = HERE / "import_modules.py"
PATH = "/usr/local/bin:/usr/bin:/bin"
AT_ONCE = 400   # paths given to one willrun process

# Roots, and the least number of modules that each is known to hold.
FULL = {"python-bookworm": 400, "python-trixie": 400, "bare-python-bookworm": 400,
        "bare-python-trixie": 400, "bookworm-python+trixie": 700, "trixie-python+bookworm": 700}
FAST = {"few-modules": 60, "few-modules+trixie": 60}


def modules(root):
    """The ELF objects of the folders that Python looks for modules in."""
    found = []
    for path in sorted(root.rglob("*.so*")):
        parts = path.relative_to(root).parts
        if any(part.startswith("python3") or part == "untagged" for part in parts) \
                and path.is_file() and not path.is_symlink() and elf.is_elf(path):
            found.append("/" + "/".join(parts))
    return found


def ask_python(root, paths):
    """What the root's Python says of each path."""
    importer = IMPORTER.read_bytes()

    def job(tell):
        Path("/dev/import.py").write_bytes(importer)
        Path("/dev/modules").write_text("\n".join(paths), errors="surrogateescape")
        done = jail.start("/usr/bin/python3", ["python3", "/dev/import.py", "/dev/modules"], {"PATH": PATH},
                          timeout=900)
        for line in done.out.splitlines():
            tell(json.loads(line))
        if done.status != 0:
            print(f"python3 ended with {done}", file=sys.stderr)

    return jail.ask(root, job)


def ask_of(args, root, paths):
    return {subject["path"]: subject for start in range(0, len(paths), AT_ONCE)
            for subject in ask_willrun(args, root, PATH, *paths[start:start + AT_ONCE])}


def is_module(root, path):
    """Has it the function that Python calls of a module?"""
    name = os.path.basename(path).split(".")[0]
    return f"PyInit_{name}\0".encode() in (root / path[1:]).read_bytes()


def expected(truth):
    """Verdicts that are right, and the words; None for words that are not told."""
    loaded = truth["loaded"]
    if loaded["signal"]:
        return None, None
    if truth["module"] and truth["found"] is None:
        return {"fails"}, f"ModuleNotFoundError: No module named '{truth['name']}'"
    if truth["module"] and truth["found"] != truth["path"]:
        return {"unknown"}, None
    if loaded["error"] is None:
        return {"runs", "degraded"}, None
    words = loaded["error"].removeprefix("OSError: ")
    return {"fails"}, f"ImportError: {words}" if truth["module"] else words


def differences(truth, told):
    verdicts, words = expected(truth)
    if verdicts is None:
        return []
    if told is None:
        return ["no answer"]
    kinds = []
    verdict = told["verdict"]
    if verdict not in verdicts:
        kinds.append("false runs" if verdicts != {"runs", "degraded"} and verdict in ("runs", "degraded")
                     else f"{verdict}, not {'/'.join(sorted(verdicts))}")
    elif words is not None and told["predicted"]["stderr"] != [words]:
        kinds.append(f"words: {told['predicted']['stderr']}, not {[words]}")
    return kinds


def hold(args, rig, name, least):
    root = rig.make(name)
    paths = modules(root)
    told, tally = ask_of(args, root, paths), Tally()
    for truth in ask_python(root, paths):
        truth["module"] = is_module(root, truth["path"])
        verdicts, _ = expected(truth)
        what = "crash" if verdicts is None else "fail" if verdicts == {"fails"} \
            else "not taken" if verdicts == {"unknown"} else "run"
        tally.add(what, truth["path"], [f"{kind}; python: {truth['loaded']['error'] or truth['found']}"
                                        for kind in differences(truth, told.get(truth["path"]))])
    return tally.held(name, len(paths), least)


sys.exit(main(__doc__, FAST, FULL, hold))
