#!/usr/bin/env python3
"""Archives and images that are broken or lie: one clear sentence or finding each, in bounded time and
memory, and exit status 2 where the input cannot be trusted.

usage: hostile_cases.py WILLRUN [-k WORD] [-v]
"""
import argparse
import gzip
import os
import re
import resource
import subprocess
import sys
import tarfile
import tempfile
import threading
import time

from images import (Image, as_json, d, digest, docker_files, f, h, index_of, l, layout_files, pack, tar_of, write,
                    write_archive, write_folder)

SECONDS, MEMORY = 30, 300 << 20
CASES = []


def case(name, says, status=2, arguments=("--all",)):
    """The function makes the source in a folder and returns how it is called."""
    def keep(make):
        CASES.append((name, says, status, arguments, make))
        return make
    return keep


SCRIPT = f("bin/script", "#!/bin/nothing\n", 0o755)


def image(**facts):
    return Image([tar_of([SCRIPT])], {"Entrypoint": ["/bin/script"]}, **facts)


def docker(work, change):
    """A docker-archive after `change` of its manifest.json."""
    files = docker_files([image()])
    import json
    manifest = json.loads(files["manifest.json"])
    manifest = change(manifest, files) or manifest
    files["manifest.json"] = manifest if isinstance(manifest, bytes) else as_json(manifest)
    return write_archive(work + "/d.tar", files)


# ---- no archive, or half of one

@case("an empty file", "is empty: expected a tar archive")
def _(work):
    return write(work + "/x.tar", b"")


@case("a text", "is no tar archive")
def _(work):
    return write(work + "/x.tar", b"hello\n" * 1000)


@case("a file that does not exist", "No such file or directory: expected a folder, a tar archive or an image")
def _(work):
    return work + "/nowhere.tar"


@case("a prefix and a folder", "is a folder: expected a tar archive")
def _(work):
    return "tar:" + work


@case("a fifo that nobody writes to is a stream", "is no tar archive")
def _(work):
    os.mkfifo(work + "/fifo")
    threading.Thread(target=lambda: write(work + "/fifo", b"x" * 2000)).start()
    return work + "/fifo"


@case("cut in a member", "Truncated tar archive")
def _(work):
    return write(work + "/x.tar", tar_of([f("a", "a" * 5000), SCRIPT])[:3000])


@case("cut in a member, on its way through gzip", "ends too soon|truncated gzip input")
def _(work):
    data = pack(tar_of([f("a", os.urandom(50000)), SCRIPT]), "gzip")
    return write(work + "/x.tar.gz", data[:30000])


@case("cut in a member, on its way through zstd", "Truncated|truncated")
def _(work):
    data = pack(tar_of([f("a", os.urandom(50000)), SCRIPT]), "zstd")
    return write(work + "/x.tar.zst", data[:30000])


@case("cut in the middle of gzip's checksum", "ends too soon|truncated gzip input")
def _(work):
    return write(work + "/x.tar.gz", pack(tar_of([SCRIPT]), "gzip")[:-2])


@case("a wrong checksum in gzip", "broken|crc|CRC")
def _(work):
    data = bytearray(pack(tar_of([f("a", "a" * 5000), SCRIPT]), "gzip"))
    data[-8] ^= 1
    return write(work + "/x.tar.gz", bytes(data))


@case("garbage between members", "cannot be read to its end, behind a: Damaged tar archive")
def _(work):
    return write(work + "/x.tar", tar_of([f("a", "text")])[:1024] + b"garbage!" * 128 + tar_of([SCRIPT]))


# ---- bombs

@case("a sparse member of 1 TiB", "1 fails", 1)
def _(work):
    with open(work + "/big", "wb") as file:
        file.truncate(1 << 40)
    os.makedirs(work + "/bin")
    write(work + "/bin/script", b"#!/bin/nothing\n")
    os.chmod(work + "/bin/script", 0o755)
    subprocess.run(["tar", "--sparse", "-C", work, "-cf", work + "/x.tar", "big", "bin"], check=True)
    return work + "/x.tar"


@case("a sparse program of 1 TiB", "cannot read /big .File too large.", 0)
def _(work):
    with open(work + "/big", "wb") as file:
        file.write(b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x02\0\x3e\0\x01" + bytes(43))
        file.truncate(1 << 40)
    os.chmod(work + "/big", 0o755)
    subprocess.run(["tar", "--sparse", "--format=pax", "-C", work, "-czf", work + "/x.tar.gz", "big"], check=True)
    return work + "/x.tar.gz"


@case("a member of 9 GiB", "1 fails", 1)
def _(work):
    info = tarfile.TarInfo("big")
    info.size = 9 << 30
    with open(work + "/x.tar", "wb") as file:
        file.write(info.tobuf(tarfile.GNU_FORMAT))
        file.seek(info.size, 1)
        file.write(tar_of([SCRIPT]))
    return work + "/x.tar"


@case("a million entries", "1 fails", 1, ("/s",))
def _(work):
    with open(work + "/x.tar", "wb") as file:
        file.write(tar_of([f("s", "#!/bin/nothing\n", 0o755)])[:1024])
        for number in range(1000000):
            info = tarfile.TarInfo(f"{number % 1000}/{number}")
            file.write(info.tobuf(tarfile.USTAR_FORMAT))
        file.write(bytes(1024))
    return work + "/x.tar"


@case("2 GiB of zeros in gzip", "1 fails", 1)
def _(work):
    info = tarfile.TarInfo("zeros")
    info.size = 2 << 30
    with gzip.open(work + "/x.tar.gz", "wb", compresslevel=1) as file:
        file.write(info.tobuf(tarfile.GNU_FORMAT))
        for _ in range(info.size >> 20):
            file.write(bytes(1 << 20))
        file.write(tar_of([SCRIPT]))
    return work + "/x.tar.gz"


@case("32 GiB of zeros in zstd", "willrun takes it for a decompression bomb")
def _(work):
    info = tarfile.TarInfo("zeros")
    info.size = 32 << 30
    header = info.tobuf(tarfile.GNU_FORMAT)
    zeros = subprocess.run(["zstd", "-q", "-c"], input=bytes(1 << 28), stdout=subprocess.PIPE, check=True).stdout
    return write(work + "/x.tar.zst", pack(header, "zstd") + zeros * 128 + pack(tar_of([SCRIPT]), "zstd"))


@case("10,000 layers", "the image has 10000 layers, and no runtime stacks more than 500")
def _(work):
    made = image()
    made.layers = made.layers * 10000
    made.config["rootfs"]["diff_ids"] *= 10000
    files = {}
    config = as_json(made.config)
    files["c.json"] = config
    files["l/layer.tar"] = made.layers[0]
    files["manifest.json"] = as_json([{"Config": "c.json", "RepoTags": ["t:1"], "Layers": ["l/layer.tar"] * 10000}])
    return write_archive(work + "/d.tar", files)


@case("indexes 100 deep in one another", "indexes lie more than 8 deep in indexes")
def _(work):
    files = layout_files([image()])
    blobs, descriptor = image().blobs()
    for _ in range(100):
        data = as_json(index_of([descriptor]))
        files["blobs/sha256/" + digest(data)[7:]] = data
        descriptor = {"mediaType": "application/vnd.oci.image.index.v1+json", "digest": digest(data), "size": len(data)}
    files["index.json"] = as_json(index_of([descriptor]))
    return write_folder(work + "/oci", files)


@case("100 indexes, each of which lists the next a hundred times", "list more than 1000 manifests")
def _(work):
    files = layout_files([image()])
    _, descriptor = image().blobs()
    for _ in range(5):
        data = as_json(index_of([descriptor] * 100))
        files["blobs/sha256/" + digest(data)[7:]] = data
        descriptor = {"mediaType": "application/vnd.oci.image.index.v1+json", "digest": digest(data), "size": len(data)}
    files["index.json"] = as_json(index_of([descriptor]))
    return write_folder(work + "/oci", files)


@case("folders 2,000 deep", "1 fails", 1)
def _(work):
    deep = "/".join(["d"] * 2000)
    return write(work + "/x.tar", tar_of([f(deep + "/script", "#!/bin/nothing\n", 0o755)]))


# ---- digests

@case("a layer that is not what its diff_id says", "layer-digest-mismatch: .*layer.tar is sha256:")
def _(work):
    made = image()
    made.config["rootfs"]["diff_ids"] = ["sha256:" + "0" * 64]
    return write_archive(work + "/d.tar", docker_files([made]))


@case("a gzip layer that is not what its diff_id says", "layer-digest-mismatch: ")
def _(work):
    made = image(packing="gzip")
    made.config["rootfs"]["diff_ids"] = ["sha256:" + "0" * 64]
    return write_folder(work + "/oci", layout_files([made]))


def spoilt(work, which, packing):
    made = image(packing=packing)
    blobs, _ = made.blobs()
    files = layout_files([made])
    names = sorted(blobs, key=lambda name: len(blobs[name]))
    kinds = {"layer": lambda data: not data.startswith(b"{"), "config": lambda data: b"diff_ids" in data,
             "manifest": lambda data: b"layers\": [{" in data}
    name = next(name for name in names if kinds[which](blobs[name]))
    data = bytearray(blobs[name])
    data[-600 if which == "layer" and packing == "none" else -9] ^= 1
    files["blobs/sha256/" + name[7:]] = bytes(data)
    return write_folder(work + "/oci", files)


@case("a changed layer", "layer-digest-mismatch: ")
def _(work):
    return spoilt(work, "layer", "none")


@case("a layer that is not what its diff_id says, and is not to be verified", "subject", 1, ["--all"])
def _(work):
    made = image()
    made.config["rootfs"]["diff_ids"] = ["sha256:" + "0" * 64]
    return "unverified:docker-archive:" + write_archive(work + "/d.tar", docker_files([made]))


@case("a gzip layer that is not what its diff_id says, and is not to be verified", "subject", 1, ["--all"])
def _(work):
    made = image(packing="gzip")
    made.config["rootfs"]["diff_ids"] = ["sha256:" + "0" * 64]
    return "unverified:" + write_folder(work + "/oci", layout_files([made]))


@case("a changed gzip layer", "layer-digest-mismatch: ")
def _(work):
    return spoilt(work, "layer", "gzip")


# a large one and a small one, whose end comes first
LAYERS = [tar_of([SCRIPT]), tar_of([f("large", os.urandom(30 << 20))]), tar_of([f("small", "x")])]


@case("the lowest of two layers that are not what they shall be", "layer-digest-mismatch: .*" + digest(LAYERS[1])[7:])
def _(work):
    made = Image(LAYERS, {"Entrypoint": ["/bin/script"]})
    made.config["rootfs"]["diff_ids"][1:] = ["sha256:" + "0" * 64] * 2
    return write_archive(work + "/d.tar", docker_files([made]))


@case("the lowest of two gzip layers that are not what they shall be",
      "layer-digest-mismatch: .* is " + digest(LAYERS[1]))
def _(work):
    made = Image(LAYERS, {"Entrypoint": ["/bin/script"]}, packing="gzip")
    made.config["rootfs"]["diff_ids"][1:] = ["sha256:" + "0" * 64] * 2
    return write_folder(work + "/oci", layout_files([made]))


@case("the lowest of two layers that cannot be read", "the gzip data ends too soon")
def _(work):
    made = Image(LAYERS, {"Entrypoint": ["/bin/script"]})
    files = docker_files([made])
    names = [digest(layer)[7:] + "/layer.tar" for layer in LAYERS]
    files[names[1]] = gzip.compress(LAYERS[1], 1)[:-40]
    files[names[2]] = b"no tar archive" * 1000
    return write_archive(work + "/d.tar", files)


@case("a changed configuration", "is not what its digest sha256:")
def _(work):
    return spoilt(work, "config", "none")


@case("a changed manifest", "is not what its digest sha256:")
def _(work):
    return spoilt(work, "manifest", "none")


@case("a blob of another size", r"has \d+ bytes, and the image says that it has")
def _(work):
    made = image()
    files = layout_files([made])
    name = "blobs/sha256/" + digest(made.layers[0])[7:]
    files[name] += b"x"
    return write_folder(work + "/oci", files)


@case("a digest that is none", "is no digest: expected sha256:")
def _(work):
    files = layout_files([image()])
    files["index.json"] = as_json(index_of([{"digest": "sha256:../../../etc/passwd", "size": 3}]))
    return write_folder(work + "/oci", files)


# ---- JSON that lies

@case("a manifest of 100 MB", "willrun reads up to 4 MiB of JSON")
def _(work):
    return "docker-archive:" + docker(work, lambda manifest, files: b"[" + b" " * (100 << 20) + b"]")


@case("a manifest of a million values", "more than 200000 values")
def _(work):
    return "docker-archive:" + docker(work, lambda manifest, files: b"[" + b"[]," * 1000000 + b"[]]")


@case("JSON 100,000 deep", "is no JSON text")
def _(work):
    return "docker-archive:" + docker(work, lambda manifest, files: b"[" * 100000 + b"]" * 100000)


@case("a manifest that is no JSON", "manifest.json is no JSON text: line 1")
def _(work):
    return "docker-archive:" + docker(work, lambda manifest, files: b"hello")


@case("a manifest that is no list", "is no list of images")
def _(work):
    return "docker-archive:" + docker(work, lambda manifest, files: b'{"Config": 1}')


@case("an empty list of images", "lists no image")
def _(work):
    return "docker-archive:" + docker(work, lambda manifest, files: b"[]")


def lie(key, value, says):
    def make(work):
        def change(manifest, files):
            manifest[0][key] = value
        return "docker-archive:" + docker(work, change)
    CASES.append((f"{key} is {value!r}", says, 2, ("--all",), make))


lie("Config", 5, '"Config" is not a text')
lie("Config", "nowhere.json", "nowhere.json, which the image names, cannot be read: No such file")
lie("Config", "../../../etc/passwd", "etc/passwd, which the image names, cannot be read: No such file")
lie("Layers", "x", '"Layers" is not a list')
lie("Layers", [5], '"Layers" is not a list of texts')
lie("Layers", ["nowhere/layer.tar"], "nowhere/layer.tar, which the image names, cannot be read: No such file")
lie("Layers", [], "the image has 0 layers, and its configuration .* lists 1")
lie("RepoTags", {"a": 1}, '"RepoTags" is not a list')


def lie_in_config(key, value, says, inner=True):
    def make(work):
        made = image()
        (made.config["config"] if inner else made.config)[key] = value
        return write_archive(work + "/d.tar", docker_files([made]))
    CASES.append((f"the configuration's {key} is {value!r}", says, 2, (), make))


lie_in_config("Env", "A=b", '"Env" is not a list')
lie_in_config("Env", [{}], '"Env" is not a list of texts')
lie_in_config("Entrypoint", "/bin/sh", '"Entrypoint" is not a list')
lie_in_config("User", 0, '"User" is not a text')
lie_in_config("WorkingDir", [], '"WorkingDir" is not a text')
lie_in_config("Healthcheck", "x", '"Healthcheck" is not an object')
lie_in_config("config", [], '"config" is not an object', False)
lie_in_config("architecture", 64, '"architecture" is not a text', False)
lie_in_config("rootfs", None, "the image has 1 layers, and its configuration .* lists 0", False)


@case("a missing blob", "which the image names, cannot be read: No such file")
def _(work):
    made = image()
    files = layout_files([made])
    del files["blobs/sha256/" + digest(made.layers[0])[7:]]
    return write_folder(work + "/oci", files)


@case("blobs that lead out of the folder", "which the image names, cannot be read: ")
def _(work):
    write_folder(work + "/oci", layout_files([image()]))
    os.rename(work + "/oci/blobs", work + "/outside")
    os.symlink(work + "/outside", work + "/oci/blobs")
    return "oci:" + work + "/oci"


@case("an image that is not there", "has no image other:2; it has: t:1")
def _(work):
    return "docker-archive:" + write_archive(work + "/d.tar", docker_files([image()])) + ":other:2"


@case("two images and no name", "has 2 images: say which one, as in docker-archive:FILE:NAME: t:1, u:2")
def _(work):
    return write_archive(work + "/d.tar", docker_files([image(), image(name="u:2", variant="v2")]))


@case("a platform that the index does not have", "has no image for linux/s390x; it has: linux/amd64, linux/arm64",
      arguments=("--all", "--platform", "linux/s390x"))
def _(work):
    return write_folder(work + "/oci", layout_files([image(), image(architecture="arm64")], nested=True))


@case("an image without a command", "has neither ENTRYPOINT nor CMD", arguments=())
def _(work):
    made = image()
    made.config["config"] = {}
    return write_archive(work + "/d.tar", docker_files([made]))


# ---- findings

@case("names that lead out are told of", r"archive-name-outside", 1)
def _(work):
    return write(work + "/x.tar", tar_of([SCRIPT, f("../../etc/passwd", "x")]))


@case("a hard link to nothing is told of", r"archive-link-broken", 1)
def _(work):
    return write(work + "/x.tar", tar_of([SCRIPT, h("a", "nowhere")]))


@case("an entry that cannot be unpacked is told of", r"archive-entry-refused", 1)
def _(work):
    return write(work + "/x.tar", tar_of([SCRIPT, l("a", "b"), l("b", "a"), f("a/x", "x")]))


@case("a program behind links that lead in a circle", r"Too many levels of symbolic links", arguments=("/a",))
def _(work):
    return write(work + "/x.tar", tar_of([l("a", "b"), l("b", "a"), SCRIPT]))


@case("a USER that the root does not know", r"unable to find user web: no matching entries in passwd file", 1, ())
def _(work):
    made = image()
    made.config["config"]["User"] = "web"
    return write_archive(work + "/d.tar", docker_files([made]))


# ---- running

def is_sanitized(program):
    with open(program, "rb") as file:
        content = file.read()
    return b"__asan_init" in content or b"__tsan_init" in content


def run(program, source, arguments):
    """Status, what it printed, seconds, bytes of memory."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.monotonic()
        child = subprocess.Popen([program, "check", "--root", source, *arguments], stdin=subprocess.DEVNULL, stdout=out,
                                 stderr=err)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - start
        out.seek(0)
        err.seek(0)
        return child.returncode, out.read().decode(), err.read().decode(), seconds, usage.ru_maxrss << 10


def problems_of(says, status, got, out, err, seconds, memory, bounded):
    if got != status:
        yield f"exit status {got}, expected {status}"
    if not re.search(says, re.sub(r"\s+", " ", err if status == 2 else out)):
        yield f"expected: {says}"
    if status == 2 and (out or not re.fullmatch(r"willrun: [^\n]+\n", err)):
        yield "expected one sentence on standard error alone"
    if bounded and seconds > SECONDS:
        yield f"{seconds:.1f} seconds"
    if bounded and memory > MEMORY:
        yield f"{memory >> 20} MiB of memory"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("-k", dest="word", default="")
    parser.add_argument("-v", dest="verbose", action="store_true")
    options = parser.parse_args()
    bounded, failed, count = not is_sanitized(options.program), 0, 0
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for name, says, status, arguments, make in CASES:
        if options.word not in name:
            continue
        with tempfile.TemporaryDirectory(prefix="willrun-hostile-") as work:
            source = make(work)
            got, out, err, seconds, memory = run(options.program, source, arguments)
        problems = list(problems_of(says, status, got, out, err, seconds, memory, bounded))
        count += 1
        failed += bool(problems)
        if options.verbose:
            print(f"{seconds:6.2f} s {memory >> 20:4} MiB  {name}: {err.strip()[:150]}")
        if problems:
            print("FAILED: " + name)
            for problem in problems + [out[:600], err[:600]]:
                print("    " + problem)
    print(f"{count - failed} of {count} hold")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
