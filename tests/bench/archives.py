"""Images for the measurements: a root as `docker save` writes it, in layers."""

import hashlib
import io
import json
import os
import subprocess
import tarfile
from pathlib import Path

# Shares of a root's bytes that go into each layer, the lowest first: what Debian's essential
# packages and six RUN lines that install a sixth of the builder's packages each come to, MiB.
SHARES = (108, 801, 638, 374, 230, 543, 235)
BLOCK = 1 << 20


def names(root):
    """All that is in the root but folders, in order, with the bytes of it."""
    for folder, folders, files in os.walk(root):
        folders.sort()
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        for name in sorted(files + links):
            path = os.path.join(folder, name)
            yield os.path.relpath(path, root), os.lstat(path).st_size


def split(root, shares):
    """What is in the root in as many runs of names as there are shares, of sizes like them."""
    listed = list(names(root))
    whole, left, runs = sum(size for _, size in listed), 0, [[] for _ in shares]
    ends = [whole * sum(shares[:end + 1]) / sum(shares) for end in range(len(shares))]
    for name, size in listed:
        runs[next((at for at, end in enumerate(ends) if left < end), -1)].append(name)
        left += size
    return [run for run in runs if run]


def digest(path):
    found = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(BLOCK):
            found.update(block)
    return found.hexdigest()


def make_layers(root, folder, shares):
    """Layers as plain tars, and the digests of them."""
    made = []
    for number, run in enumerate(split(root, shares)):
        path = folder / f"layer{number}.tar"
        subprocess.run(["tar", "--numeric-owner", "--no-recursion", "--null", "-C", root, "-cf",
                        path, "-T", "-"], input="\0".join(run).encode(errors="surrogateescape"),
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


def make(root, cache, arch, shares=SHARES):
    """(a plain archive, one with gzip layers, those layers), made once for a root."""
    folder = Path(cache) / "archives" / f"{root.name}-{len(shares)}"
    plain, zipped = folder / "plain.tar", folder / "gzip.tar"
    if not zipped.exists():
        folder.mkdir(parents=True, exist_ok=True)
        layers = make_layers(root, folder, shares)
        diff_ids = [name for _, name in layers]
        save(plain, [path for path, _ in layers], diff_ids, arch)
        save(zipped, packed(layers, folder), diff_ids, arch)
        for path, _ in layers:
            path.unlink()
    return plain, zipped, sorted(folder.glob("layer*.gz"))
