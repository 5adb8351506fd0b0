#!/usr/bin/env python3
"""Hold willrun to how a real program of .NET starts.

    run_dotnet.py --willrun build/release/willrun [--cache DIR]

A single-file program that a package of npm brings is started in roots of Debian with and without ICU, in
environments that say that none is needed, or not. Where it is aborted willrun has to say `degraded`, else
`runs`; and the same of ICU that lies where the loader does not look, or is not whole.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True

import jail
import roots

PACKAGE, PROGRAM = "@azure/mcp-linux-x64@2.0.5", "package/dist"
LIBRARIES = ("libc-bin", "libc6", "libstdc++6", "libgcc-s1")
INVARIANT = "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"
ENVIRONMENTS = ({}, {INVARIANT: "1"}, {INVARIANT: "True"}, {INVARIANT: "0"}, {INVARIANT: "yes"})
ICU = {"bookworm": "libicu72", "trixie": "libicu76"}


def unpacked(rig):
    folder = rig.cache / "dotnet"
    if not folder.exists():
        part = folder.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        subprocess.run(["tar", "-xzf", str(roots.npm_archive(rig, PACKAGE)), "-C", str(part), "--no-same-owner"],
                       check=True)
        part.rename(folder)
    return folder / PROGRAM


def without(name):
    def change(root):
        for path in (root / "usr/lib/x86_64-linux-gnu").glob(name):
            path.unlink()
        roots.run_ldconfig(root, "amd64")
    return change


def elsewhere(root):
    (root / "opt/icu").mkdir(parents=True)
    for path in list((root / "usr/lib/x86_64-linux-gnu").glob("libicu*")):
        path.rename(root / "opt/icu" / path.name)
    roots.run_ldconfig(root, "amd64")


CHANGES = {"without ICU": None, "with ICU": lambda root: None, "without its data": without("libicudata*"),
           "elsewhere": elsewhere}


def make(rig, suite, change):
    root = rig.cache / "dotnet-root"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    roots.small_root(suite, "amd64", (*LIBRARIES, *([ICU[suite]] if change else [])))(rig, root)
    for name in ("proc", "dev", "tmp", "home"):
        (root / name).mkdir(exist_ok=True)
    roots.link_tree(unpacked(rig), root / "app")
    if change:
        change(root)
    return root


def ask(root, environments):
    starts = [("/app/azmcp", ["azmcp", "--help"], {"HOME": "/home", **env}) for env in environments]
    return jail.ask_starts(root, starts, timeout=120,       # it unpacks libraries there
                           prepare=lambda: jail.mount("tmpfs", "/home", "tmpfs", 0, "size=900m"))


def verdict(args, root, env):
    words = [word for name, value in {"HOME": "/home", **env}.items() for word in ("--env", f"{name}={value}")]
    done = subprocess.run([args.willrun.resolve(), "check", "--root", root, "--copy", f":{root}/app:/app", *words,
                           "--format", "json", "--fail-on", "never", "/app/azmcp"], stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)["targets"][0]["subjects"][0]["verdict"]


def options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--willrun", type=Path, required=True, help="the program under test")
    parser.add_argument("--cache", type=Path,
                        default=os.environ.get("WILLRUN_RIG") or Path(__file__).resolve().parents[2] / "build" / "rig")
    return parser.parse_args()


def main():
    args = options()
    rig = roots.Rig(args.cache)
    counts = {"runs": 0, "degraded": 0}
    held = True
    for suite in ICU:
        for what, change in CHANGES.items():
            environments = [env | extra for env in ENVIRONMENTS
                            for extra in ({}, *([{"LD_LIBRARY_PATH": "/opt/icu"}] if what == "elsewhere" else []))]
            root = make(rig, suite, change)
            for env, real in zip(environments, ask(root, environments)):
                wanted = "degraded" if real.signal else "runs"
                if real.status != 0 and "ICU" not in real.err:
                    raise SystemExit(f"{suite} {what} {env}: {real}")
                told = verdict(args, root, env)
                counts[wanted] += 1
                if told != wanted:
                    held = False
                    print(f"{suite} {what} {env}: {told}, and it ends with {real.status or real.signal}: {real.err[:200]}")
            shutil.rmtree(root)
    print(f"dotnet: {counts['runs']} starts go well, {counts['degraded']} do not")
    return 0 if held and all(counts.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
