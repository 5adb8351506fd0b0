"""Layers, images and archives, declared in a few lines and written in every form."""
import gzip
import hashlib
import io
import json
import lzma
import os
import subprocess
import tarfile

PAX, GNU, USTAR = tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT


class Entry:
    """One member of a tar archive."""

    def __init__(self, kind, name, mode=0o644, text="", target="", uid=0, gid=0, device=(0, 0), size=None):
        self.kind, self.name, self.mode, self.text, self.target = kind, name, mode, text, target
        self.uid, self.gid, self.device, self.size = uid, gid, device, size

    def member(self, prefix=""):
        kinds = {"f": tarfile.REGTYPE, "d": tarfile.DIRTYPE, "l": tarfile.SYMTYPE, "h": tarfile.LNKTYPE,
                 "p": tarfile.FIFOTYPE, "c": tarfile.CHRTYPE, "b": tarfile.BLKTYPE}
        info = tarfile.TarInfo(place(self.name, prefix))
        info.type, info.mode, info.uid, info.gid = kinds[self.kind], self.mode, self.uid, self.gid
        info.linkname = place(self.target, prefix) if self.kind == "h" else self.target.replace("@", prefix)
        info.devmajor, info.devminor = self.device
        data = self.text.encode() if isinstance(self.text, str) else self.text
        info.size = len(data) if self.kind == "f" else 0
        return info, io.BytesIO(data)


def place(name, prefix):
    """`name` in the folder of its case, whatever it begins with."""
    if not prefix:
        return name
    for start in ("./", "/", "../../"):
        if name.startswith(start):
            return start + prefix + "/" + name[len(start):]
    return prefix + "/" + name


def f(name, text="", mode=0o644, **facts):
    return Entry("f", name, mode, text, **facts)


def d(name, mode=0o755, **facts):
    return Entry("d", name, mode, **facts)


def l(name, target):
    return Entry("l", name, 0o777, target=target)


def h(name, target):
    return Entry("h", name, target=target)


def tar_of(entries, form=PAX, prefix=""):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as tar:
        for entry in entries:
            tar.addfile(*entry.member(prefix))
    return out.getvalue()


def pack(data, how):
    if how == "gzip":
        return gzip.compress(data, 6, mtime=0)
    if how == "zstd":
        return subprocess.run(["zstd", "-q", "-c"], input=data, stdout=subprocess.PIPE, check=True).stdout
    if how == "xz":
        return lzma.compress(data)
    return data


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def as_json(value):
    return json.dumps(value).encode()


class Image:
    """Layers (tar bytes) and a configuration; `packing` of the layers in an OCI layout."""

    TYPES = {"none": "", "gzip": "+gzip", "zstd": "+zstd"}

    def __init__(self, layers, config=None, architecture="amd64", variant=None, packing="none", name="t:1"):
        self.layers, self.packing, self.name = layers, packing, name
        self.platform = {"os": "linux", "architecture": architecture}
        if variant:
            self.platform["variant"] = variant
        self.config = dict(self.platform, config=config or {},
                           rootfs={"type": "layers", "diff_ids": [digest(layer) for layer in layers]})

    def blobs(self):
        """digest → bytes; the descriptor of the manifest."""
        blobs = {}

        def add(data, kind):
            blobs[digest(data)] = data
            return {"mediaType": "application/vnd.oci.image." + kind, "digest": digest(data), "size": len(data)}
        layers = [add(pack(layer, self.packing), "layer.v1.tar" + self.TYPES[self.packing])
                  for layer in self.layers]
        config = add(as_json(self.config), "config.v1+json")
        manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                    "config": config, "layers": layers}
        return blobs, add(as_json(manifest), "manifest.v1+json")


def index_of(descriptors):
    return {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
            "manifests": descriptors}


def layout_files(images, nested=False):
    """The files of an OCI layout: path → bytes."""
    files = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}'}
    descriptors = []
    for image in images:
        blobs, descriptor = image.blobs()
        files.update({"blobs/sha256/" + name[7:]: data for name, data in blobs.items()})
        descriptor["platform"] = image.platform
        if not nested:
            descriptor["annotations"] = {"org.opencontainers.image.ref.name": image.name.split(":")[-1]}
        descriptors.append(descriptor)
    for _ in range(2 if nested else 0):  # an index in an index
        data = as_json(index_of(descriptors))
        files["blobs/sha256/" + digest(data)[7:]] = data
        descriptors = [{"mediaType": "application/vnd.oci.image.index.v1+json", "digest": digest(data),
                        "size": len(data)}]
    files["index.json"] = as_json(index_of(descriptors))
    return files


def docker_files(images):
    files, manifest = {}, []
    for image in images:
        config = as_json(image.config)
        name = digest(config)[7:] + ".json"
        files[name] = config
        layers = []
        for layer in image.layers:
            path = digest(layer)[7:] + "/layer.tar"
            files[path] = layer
            layers.append(path)
        manifest.append({"Config": name, "RepoTags": [image.name], "Layers": layers})
    files["manifest.json"] = as_json(manifest)
    return files


def write_folder(path, files):
    for name, data in files.items():
        os.makedirs(os.path.dirname(os.path.join(path, name)), exist_ok=True)
        with open(os.path.join(path, name), "wb") as out:
            out.write(data)
    return path


def write(path, data):
    with open(path, "wb") as out:
        out.write(data)
    return path


def write_archive(path, files, how="none"):
    return write(path, pack(tar_of([f(name, data) for name, data in files.items()]), how))
