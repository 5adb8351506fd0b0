#!/usr/bin/env python3
"""Holds a root to the same report in whatever form it comes.

    run_forms.py --willrun build/release/willrun [--cache DIR] [--every] [--only ROOT]… [--folder DIR]…

Of each root a flat tar is made, the same compressed, a docker-archive and OCI
layouts, whose layers lie one over the other. The check of every ELF file and
script must give the same JSON from each of them, but for the root's name, as
from the folder: verdicts, objects, messages.
"""

import hashlib
import io
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True

import roots
import run_snapshots

BLOCK = 1 << 20


def digest(path):
    found = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(BLOCK):
            found.update(block)
    return found.hexdigest()


def run(*command, **options):
    subprocess.run([str(word) for word in command], check=True, **options)


def packed(path, *command):
    out = path.with_name(path.name + {"gzip": ".gz", "zstd": ".zst"}[command[0]])
    with open(out, "wb") as file:
        run(*command, path, stdout=file)
    return out


def make_layers(root, work):
    """The root in two layers; the upper one replaces folders and files of the lower."""
    lower, upper = work / "lower.tar", work / "upper.tar"
    names = sorted(entry.name for entry in root.iterdir() if entry.name != ".willrun")
    again = [name for name in names if name in ("etc", "bin", "lib64")] or names[:1]
    for path, what in ((lower, names), (upper, again)):
        run("tar", "--numeric-owner", "-C", root, "-cf", path, "--", *what)
    return [lower, upper]


def config_of(layers, platform):
    os_name, arch, *variant = platform.split("/")
    config = {"os": os_name, "architecture": arch, "config": {},
              "rootfs": {"type": "layers", "diff_ids": ["sha256:" + digest(path) for path in layers]}}
    if variant:
        config["variant"] = variant[0]
    return json.dumps(config).encode()


def add_bytes(tar, name, data):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    tar.addfile(info, io.BytesIO(data))


def docker_archive(layers, config, out):
    name = hashlib.sha256(config).hexdigest() + ".json"
    paths = [f"{number}/layer.tar" for number in range(len(layers))]
    with tarfile.open(out, "w") as tar:
        for path, layer in zip(paths, layers):
            tar.add(layer, arcname=path)
        add_bytes(tar, name, config)
        add_bytes(tar, "manifest.json", json.dumps(
            [{"Config": name, "RepoTags": ["rig:1"], "Layers": paths}]).encode())
    return out


def layout(layers, config, folder):
    """An OCI layout as a folder: one layer compressed by gzip, the other by zstd."""
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)

    def put(data, kind):
        name = hashlib.sha256(data).hexdigest()
        (blobs / name).write_bytes(data)
        return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": f"sha256:{name}",
                "size": len(data)}

    def move(path, kind):
        name = digest(path)
        size = path.stat().st_size
        path.rename(blobs / name)
        return {"mediaType": f"application/vnd.oci.image.layer.v1.tar+{kind}",
                "digest": f"sha256:{name}", "size": size}

    lower, upper = layers
    described = [move(packed(lower, "gzip", "-1nc"), "gzip"),
                 move(packed(upper, "zstd", "-qc", "-1"), "zstd")]
    manifest = put(json.dumps({"schemaVersion": 2, "config": put(config, "config.v1+json"),
                               "mediaType": "application/vnd.oci.image.manifest.v1+json",
                               "layers": described}).encode(), "manifest.v1+json")
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (folder / "index.json").write_text(json.dumps(
        {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
         "manifests": [manifest]}))
    return folder


def check(willrun, source, stdin=None):
    done = subprocess.run([willrun, "check", "--root", source, "--all", "--format", "json"],
                          stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(f"check --root {source}: {done.stderr.decode(errors='replace')}")
    document = json.loads(done.stdout)
    for target in document["targets"]:
        target["root"] = None
    return document


def piped(willrun, path, form):
    """From standard input, which cannot seek."""
    with subprocess.Popen(["cat", path], stdout=subprocess.PIPE) as cat:
        return check(willrun, form, stdin=cat.stdout)


def reports(willrun, root, work, platform):
    """What each form is called, and its report."""
    flat = work / "flat.tar"
    run("tar", "--numeric-owner", "-C", root, "-cf", flat, ".")
    yield "a flat tar", check(willrun, flat)
    yield "a flat tar on standard input", piped(willrun, flat, "-")
    for packing in (("gzip", "-1nc"), ("zstd", "-qc", "-1")):
        path = packed(flat, *packing)
        yield f"a flat tar by {packing[0]}", check(willrun, path)
        if packing[0] == "gzip":
            yield "the same on standard input", piped(willrun, path, "-")
        path.unlink()
    flat.unlink()
    layers = make_layers(root, work)
    config = config_of(layers, platform)
    path = docker_archive(layers, config, work / "docker.tar")
    yield "a docker-archive", check(willrun, f"docker-archive:{path}")
    yield "a docker-archive on standard input", piped(willrun, path, "-")
    path.unlink()
    folder = layout(layers, config, work / "oci")
    yield "an OCI folder", check(willrun, f"oci:{folder}")
    run("tar", "-C", folder, "-cf", work / "oci.tar", ".")
    yield "an OCI archive", check(willrun, f"oci-archive:{work / 'oci.tar'}")


def hold(willrun, name, root):
    wanted, held, forms = check(willrun, root), True, 0
    target = wanted["targets"][0]
    if not target["subjects"] or not target["platform"]:
        print(f"{name}: the root has no subject or no platform, so nothing is held to anything")
        return False
    with tempfile.TemporaryDirectory() as work:
        for form, got in reports(willrun, root, Path(work), target["platform"]):
            held &= run_snapshots.same(name, form, wanted, got)
            forms += 1
    print(f"{name}: {len(target['subjects'])} subjects, {forms} forms, "
          f"{'the same' if held else 'DIFFERENT'}", flush=True)
    return held


def main():
    args = run_snapshots.options(__doc__)
    willrun, held = args.willrun.resolve(), True
    for folder in args.folder or []:
        held &= hold(willrun, folder.name, folder.resolve())
    rig = None if args.folder else roots.Rig(args.cache)
    for name in rig and run_snapshots.wanted_roots(args) or []:
        held &= hold(willrun, name, rig.make(name))
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
