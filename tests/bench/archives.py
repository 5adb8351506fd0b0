"""Images for the measurements: a root as `docker save` writes it, in layers."""

import hashlib
import io
import json
import os
import subprocess
import tarfile
from pathlib import Path

LAYERS = 4
BLOCK = 1 << 20


def tops(root):
    """What stands two levels deep, with its size: the parts that layers are made of."""
    for first in sorted(os.listdir(root)):
        path = root / first
        inner = sorted(os.listdir(path)) if path.is_dir() and not path.is_symlink() else []
        for name in [f"{first}/{second}" for second in inner] or [first]:
            said = subprocess.run(["du", "-s", "--apparent-size", root / name], check=True,
                                  stdout=subprocess.PIPE, text=True).stdout
            yield name, int(said.split()[0])


def split(root):
    """The parts in LAYERS heaps of about the same size, the largest first."""
    heaps = [[0, []] for _ in range(LAYERS)]
    for name, size in sorted(tops(root), key=lambda part: -part[1]):
        heap = min(heaps, key=lambda heap: heap[0])
        heap[0] += size
        heap[1].append(name)
    return [sorted(names) for _, names in heaps if names]


def digest(path):
    found = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(BLOCK):
            found.update(block)
    return found.hexdigest()


def make_layers(root, folder):
    """Layers as plain tars, and the digests of them."""
    made = []
    for number, names in enumerate(split(root)):
        path = folder / f"layer{number}.tar"
        subprocess.run(["tar", "--sort=name", "--numeric-owner", "-C", root, "-cf", path, *names],
                       check=True)
        made.append((path, digest(path)))
    return made


def packed(layers, folder):
    """The same, each compressed."""
    made = []
    for path, _ in layers:
        out = folder / f"{path.name}.gz"
        with open(out, "wb") as file:
            subprocess.run(["gzip", "-6nc", path], check=True, stdout=file)
        made.append(out)
    return made


def save(out, layers, diff_ids, arch):
    """The archive: its configuration, its layers, manifest.json."""
    config = json.dumps({"architecture": arch, "os": "linux", "config": {},
                         "rootfs": {"type": "layers",
                                    "diff_ids": [f"sha256:{name}" for name in diff_ids]}}).encode()
    config_name = f"{hashlib.sha256(config).hexdigest()}.json"
    names = [f"{name}/layer.tar" for name in diff_ids]
    manifest = json.dumps([{"Config": config_name, "RepoTags": ["bench:latest"],
                            "Layers": names}]).encode()
    temporary = out.with_suffix(".part")
    with tarfile.open(temporary, "w") as tar:
        for name, path in zip(names, layers):
            tar.add(path, arcname=name)
        for name, text in ((config_name, config), ("manifest.json", manifest)):
            info = tarfile.TarInfo(name)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text))
    temporary.rename(out)


def make(root, cache, arch):
    """(a plain archive, one with gzip layers, those layers), made once for a root."""
    folder = Path(cache) / "archives" / root.name
    plain, zipped = folder / "plain.tar", folder / "gzip.tar"
    if not zipped.exists():
        folder.mkdir(parents=True, exist_ok=True)
        layers = make_layers(root, folder)
        diff_ids = [name for _, name in layers]
        save(plain, [path for path, _ in layers], diff_ids, arch)
        save(zipped, packed(layers, folder), diff_ids, arch)
        for path, _ in layers:
            path.unlink()
    return plain, zipped, sorted(folder.glob("layer*.gz"))
