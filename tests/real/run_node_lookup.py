#!/usr/bin/env python3
"""Hold willrun to where the loaders of npm's packages look for an addon.

    run_node_lookup.py --willrun build/release/willrun [--cache DIR] [--only PLACE]…

Packages whose addons are found by the real @mapbox/node-pre-gyp or by the real bindings have builds for
this platform and for others at the places that those name, and at others. A real node requires each
package in a chroot. Where that goes well willrun must have nothing in its tree fail, and where it does
not, something.
"""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter

sys.dont_write_bytecode = True

import jail
import roots
import run_node
from run_node import ENV, LOADED, NODE, Place, installed, unpacked

BUILDS = {"gnu": "@node-rs/crc32-linux-x64-gnu", "musl": "@node-rs/crc32-linux-x64-musl",
          "arm": "@node-rs/crc32-linux-arm64-gnu"}
# Releases that Node.js 12 takes, too.
VERSIONS = {"@mapbox/node-pre-gyp": "@mapbox/node-pre-gyp@1.0.11", "bindings": "bindings@1.5.0"}
PLACES = (Place("lookup-node20", "amd64", "bookworm", "20.20.2"), Place("lookup-node12", "amd64", "bookworm", "12.22.12"),
          Place("lookup-node22", "amd64", "bookworm", "22.23.3"))
PRE_GYP = """const path = require('@mapbox/node-pre-gyp').find(require('path').resolve(__dirname, 'package.json'));
module.exports = require(path);"""
BINDINGS = "module.exports = require('bindings')('thing');"
SCRIPT = """require(process.argv[1] + '/node_modules/thing');
require('fs').writeSync(1, 'loaded\\n'); process.reallyExit(0)"""

# Templates of module_path with versions of Node-API, and folders that the package has a build in.
TEMPLATES = {
    ("./lib/binding/napi-v{napi_build_version}-{platform}-{libc}-{arch}", (3, 6)): (
        "napi-v6-linux-glibc-x64=gnu", "napi-v6-linux-musl-x64=musl", "napi-v3-linux-glibc-x64=gnu",
        "napi-v6-linux-glibc-arm64=arm", "napi-v6-linux-glibc-x64=musl",
        "napi-v6-linux-glibc-x64=gnu napi-v6-linux-musl-x64=musl napi-v6-linux-glibc-arm64=arm"),
    ("./lib/binding/napi-v{napi_build_version}", (1, 3, 9)): (
        "napi-v9=gnu", "napi-v3=gnu", "napi-v1=gnu", "napi-v3=gnu napi-v9=gnu", "napi-v3=arm napi-v9=gnu",
        "napi-v3=gnu napi-v9=musl"),
    ("./lib/binding/{node_abi}-{platform}-{arch}/", ()): (
        "node-v115-linux-x64=gnu", "node-v72-linux-x64=gnu", "node-v127-linux-x64=gnu",
        "node-v72-linux-x64=gnu node-v115-linux-x64=gnu node-v127-linux-x64=gnu", "node-v115-linux-arm64=arm"),
    ("lib/binding", ()): (".=gnu", ".=musl", ".=arm", "x=gnu"),
    ("./lib/binding/{node_napi_label}/{target_platform}-{target_arch}", (4,)): (
        "napi-v4/linux-x64=gnu", "napi-v4/linux-arm64=arm napi-v4/linux-x64=gnu", "node-v115/linux-x64=gnu"),
    ("./lib/binding/{configuration}/{module_name}-{version}", ()): (
        "Release/thing-1.2.3=gnu", "Debug/thing-1.2.3=gnu", "Release/thing-1.2.3=musl"),
}
# Of bindings, below the package itself.
FOLDERS = ("build=gnu", "build/Release=gnu", "build/Release=musl", "build/Release=arm", "build/Debug=musl build/Release=gnu",
           "build/Debug=gnu build/Release=arm", "out/Release=gnu", "Release=gnu Debug=arm", "build/default=gnu",
           "addon-build/release/install-root=gnu", "lib/binding/node-v115-linux-x64=gnu",
           "lib/binding/node-v115-linux-x64=gnu lib/binding/node-v72-linux-x64=gnu",
           "lib/binding/node-v72-linux-arm64=arm", "lib/binding/node-v127-linux-x64=gnu build/Release=gnu",
           "build/Release=gnu lib/binding/node-v115-linux-x64=arm")


def scenarios():
    """(what it is, package.json, index.js, builds by folder)"""
    for (template, apis), rows in TEMPLATES.items():
        binary = {"module_name": "thing", "module_path": template, "host": "https://example.org"}
        if apis:
            binary |= {"napi_versions": apis, "package_name": "{napi_build_version}-{node_napi_label}.tar.gz"}
        for row in rows:
            yield (f"{template}: {row}", {"dependencies": {"@mapbox/node-pre-gyp": "*"}, "binary": binary}, PRE_GYP,
                   {f"lib/binding/{folder}": build for folder, build in (word.split("=") for word in row.split())})
    for row in FOLDERS:
        yield (f"bindings: {row}", {"dependencies": {"bindings": "*"}}, BINDINGS,
               dict(word.split("=") for word in row.split()))


def addon(rig, build):
    return next(unpacked(rig, BUILDS[build]).rglob("*.node"))


def lay(rig, root):
    """Each scenario in a tree of its own; (what it is, folder)."""
    for number, (what, package, script, builds) in enumerate(scenarios()):
        folder = root / f"app/{number}"
        loader = VERSIONS[next(iter(package["dependencies"]))]
        folder.mkdir(parents=True)
        roots.link_tree(installed(rig, loader, "x64-glibc"), folder)
        thing = folder / "node_modules/thing"
        thing.mkdir(parents=True)
        (thing / "package.json").write_text(json.dumps({"name": "thing", "version": "1.2.3", "main": "index.js", **package}))
        (thing / "index.js").write_text(script)
        for place, build in builds.items():
            (thing / place).mkdir(parents=True, exist_ok=True)
            shutil.copy(addon(rig, build), thing / place / "thing.node")
        yield what, f"/app/{number}"


def hold(args, rig, place):
    root = place.make(rig, [])
    trees = list(lay(rig, root))
    starts = [(NODE, ["node", "-e", SCRIPT, folder], ENV) for _, folder in trees]
    counts, held = Counter(), True
    for (what, folder), real in zip(trees, jail.ask_starts(root, starts)):
        done = subprocess.run([str(args.willrun.resolve()), "check", "--root", str(root), "--platform", "linux/amd64",
                               "--format", "json", folder], stdout=subprocess.PIPE, check=False)
        subjects = [subject for subject in json.loads(done.stdout)["targets"][0]["subjects"]
                    if subject["kind"] != "script"]
        verdicts = {subject["verdict"] for subject in subjects}
        loads = real.out == LOADED
        wrong = "unknown" in verdicts or ("fails" in verdicts) == loads or not verdicts
        counts["wrong" if wrong else "load" if loads else "fail"] += 1
        if wrong:
            held = False
            said = [line for line in real.err.splitlines() if "Error" in line]
            print(f"  {place.name}: {what}: {[(s['path'], s['verdict']) for s in subjects]}, and node says "
                  f"{real.out + (said[0] if said else real.err[-300:])}")
    print(f"{place.name}: {len(trees)} packages: {', '.join(f'{n} {word}' for word, n in sorted(counts.items()))}",
          flush=True)
    shutil.rmtree(root)
    return held and counts["load"] > 5 and counts["fail"] > 5


def main():
    args = run_node.options()
    rig = roots.Rig(args.cache)
    places = [place for place in PLACES if not args.only or place.name in args.only]
    return 0 if places and all([hold(args, rig, place) for place in places]) else 1


if __name__ == "__main__":
    sys.exit(main())
