#!/usr/bin/env python3
"""Holds willrun to what Python does with the extension modules of real packages.

    run_python.py --willrun build/release/willrun [--fast] [--cache DIR] [--only ROOT]…

Each module of a root is opened and imported by the root's own Python, in a chroot. The verdicts must
be equal, and the words as Python prints them. The exit status is 1 on any difference, and where a
root yields fewer modules than it is known to hold.
"""

import collections
import json
import os
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True

import elf
import jail
import plugin_roots
import roots
from run_real import cpu_level

HERE = Path(__file__).resolve().parent
IMPORTER = HERE / "import_modules.py"
PATH = "/usr/local/bin:/usr/bin:/bin"
SHOWN = 15      # differences in full

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


def ask_python(root, paths, out):
    """What the root's Python says of each path."""
    handle = os.open(out, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)

    def job():
        Path("/dev/import.py").write_bytes(importer)
        Path("/dev/modules").write_text("\n".join(paths), errors="surrogateescape")
        done = jail.start("/usr/bin/python3", ["python3", "/dev/import.py", "/dev/modules"], {"PATH": PATH},
                          timeout=900)
        os.write(handle, done.out.encode("utf-8", "surrogateescape"))
        if done.status != 0:
            print(f"python3 ended with {done}", file=sys.stderr)

    importer = IMPORTER.read_bytes()
    if not jail.run_inside(root, job):
        raise SystemExit(f"{root}: its Python could not be asked")
    os.close(handle)
    return [json.loads(line) for line in out.read_text(errors="surrogateescape").splitlines()]


def ask_willrun(args, root, paths):
    command = [str(args.willrun.resolve()), "check", "--root", str(root), "--format", "jsonl", "--fail-on",
               "never", "--cpu", cpu_level(), "--env", f"PATH={PATH}"]
    told = {}
    for start in range(0, len(paths), 400):
        done = subprocess.run([*command, *paths[start:start + 400]], text=True, stdout=subprocess.PIPE,
                              check=True)
        for line in done.stdout.splitlines():
            subject = json.loads(line).get("subject")
            if subject:
                told[subject["path"]] = subject
    return told


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
    truths = ask_python(root, paths, rig.cache / "truth" / f"{name}.imports")
    told = ask_willrun(args, root, paths)
    counts, shown = collections.Counter(), 0
    for truth in truths:
        truth["module"] = is_module(root, truth["path"])
        kinds = differences(truth, told.get(truth["path"]))
        verdicts, _ = expected(truth)
        counts["crash" if verdicts is None else "fail" if verdicts == {"fails"} else
               "not taken" if verdicts == {"unknown"} else "run"] += 1
        counts["differ"] += bool(kinds)
        counts["false runs"] += "false runs" in kinds
        for kind in kinds:
            if shown < SHOWN:
                print(f"  {truth['path']}: {kind}; python: {truth['loaded']['error'] or truth['found']}")
            shown += 1
    print(f"{name}: {len(truths)} objects; " + ", ".join(f"{count} {what}" for what, count in counts.items()),
          flush=True)
    if len(truths) < least or len(truths) != len(paths):
        print(f"{name}: {len(truths)} of {len(paths)} objects were asked about, at least {least} are known")
        return False
    return not counts["differ"]


def main():
    args = plugin_roots.options(__doc__)
    rig = roots.Rig(args.cache)
    plugin_roots.register()
    chosen = plugin_roots.chosen(args, FAST, FULL)
    return 0 if all([hold(args, rig, name, least) for name, least in chosen.items()]) else 1


sys.exit(main())
