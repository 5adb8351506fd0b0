#!/usr/bin/env python3
"""The first inputs of the fuzz targets, of real files of this machine and of cases that are broken by
hand.

usage: make_seeds.py FOLDER     makes FOLDER/TARGET/NAME, and what earlier runs fell for
"""
import glob
import io
import json
import os
import shutil
import struct
import sys
import tarfile
import tempfile
import zipfile

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path += [os.path.join(TESTS, "source"), os.path.join(TESTS, "dockerfile")]
import reader_cases  # noqa: E402
from images import Image, as_json, d, docker_files, f, h, l, layout_files, pack, tar_of  # noqa: E402
from tiny_roots import compile_to, tiny_roots  # noqa: E402

LARGEST = 300 << 10  # bytes of a real file


def read(path):
    with open(path, "rb") as file:
        return file.read()


def broken_ways(name, data):
    """Cut, with a byte flipped in each of its first parts, and with all ones where sizes stand."""
    yield name, data
    for size in (1, 15, len(data) // 2, max(len(data) - 1, 0)):
        yield f"{name}-cut{size}", data[:size]
    for at in range(0, min(len(data) - 4, 160), 16):
        yield f"{name}-ones{at}", data[:at] + b"\xff" * 4 + data[at + 4:]


def tiny_objects():
    """A program, a library with versions that it needs, a plugin and an object: name → bytes."""
    with tempfile.TemporaryDirectory() as folder:
        script = os.path.join(folder, "map")
        with open(script, "w") as file:
            file.write("V1 { global: one; local: *; };\nV2 { global: two; } V1;\n")
        library = compile_to(folder, "libtiny.so.1", "int one(void){return 1;} int two(void){return 2;}", "-shared",
                             "-Wl,-soname,libtiny.so.1", "-Wl,--version-script=" + script, "-Wl,--hash-style=both")
        program = compile_to(folder, "app", "int one(void),two(void); __thread int t; int _start(void)"
                             "{return one()+two()+t;}", os.path.join(folder, "libtiny.so.1"),
                             "-Wl,-rpath,$ORIGIN/../lib", "-Wl,--dynamic-linker=/lib64/ld-linux-x86-64.so.2")
        plugin = compile_to(folder, "addon.node", "int napi_create_object(void); int napi_register_module_v1(void)"
                            "{return napi_create_object();}", "-shared")
        lone = compile_to(folder, "static", "int _start(void){return 0;}", "-static")
    return {"libtiny.so.1": library, "app": program, "addon.node": plugin, "static": lone}


def elf_seeds(tiny):
    for name, data in tiny.items():
        yield from broken_ways(name, data)
    for pattern in ("/usr/lib/*/crt1.o", "/usr/lib/*/libdl.so.2", "/usr/bin/true", "/usr/lib32/libdl.so.2",
                    "/usr/lib/*/libgcc_s.so.1"):
        for path in glob.glob(pattern)[:2]:
            if os.path.getsize(path) <= LARGEST:
                yield os.path.basename(path), read(path)


def node_seeds(tiny):
    """Addons of both forms: one that registers itself by its structure, one of Node-API."""
    yield from broken_ways("addon.node", tiny["addon.node"])
    with tempfile.TemporaryDirectory() as folder:
        source = read(os.path.join(TESTS, "unit/addon.c")).decode()
        yield from broken_ways("addon", compile_to(folder, "addon", source, "-shared"))


def cache_seeds(_):
    """Real ones and a small one of each form (elf/dl-cache.h)."""
    yield from broken_ways("real", read("/etc/ld.so.cache"))
    strings = b"libc.so.6\0/lib/libc.so.6\0libx.so\0/opt/libx.so\0"
    entries = [(0x0303, 0, 10, 0), (0x0303, 26, 34, 0), (0x0003, 26, 34, 1 << 62)]
    base = 48 + 24 * len(entries)
    new = b"glibc-ld.so.cache1.1" + struct.pack("<II", len(entries), len(strings)) + bytes([2]) + bytes(19)
    for flags, key, value, hwcap in entries:
        new += struct.pack("<iIIIQ", flags, base + key, base + value, 0, hwcap)
    new += strings
    yield from broken_ways("new", new)
    old = b"ld.so-1.7.0\0" + struct.pack("<I", 2)
    for flags, key, value, _hwcap in entries[:2]:
        old += struct.pack("<iII", flags, key, value)
    old += strings
    yield from broken_ways("old", old)
    yield "both", old + bytes(-len(old) % 8) + new


def entries_of(tiny):
    return [d("bin"), f("bin/app", tiny["app"], 0o755), f("lib/libtiny.so.1", tiny["libtiny.so.1"], 0o755),
            l("bin/link", "../bin/app"), h("bin/hard", "bin/app"), f("bin/run", "#!/bin/app x\n", 0o755),
            f("lib/" + "long/" * 30 + "name", "text"), l("loop", "loop")]


def source_seeds(tiny):
    entries = entries_of(tiny)
    for how in ("none", "gzip", "zstd", "xz"):
        yield "flat-" + how, pack(tar_of(entries), how)
    yield "gnu", tar_of(entries, tarfile.GNU_FORMAT)
    above = [f("bin/.wh.run"), f("lib/.wh..wh..opq"), f("bin/app", "#!/bin/run\n", 0o755), f("a/../../b", "x")]
    image = Image([tar_of(entries), tar_of(above)], {"Entrypoint": ["/bin/app"], "Env": ["A=1"], "User": "1:2"})
    packed = Image([tar_of(entries), tar_of(above)], {"Cmd": ["app"], "WorkingDir": "/bin"}, packing="gzip", name="t:2")
    for name, files in (("docker", docker_files([image])), ("docker-two", docker_files([image, packed])),
                        ("oci", layout_files([image])), ("oci-gzip", layout_files([packed])),
                        ("oci-nested", layout_files([image, packed], nested=True))):
        yield name, tar_of([f(path, data) for path, data in files.items()])
    files = docker_files([image])
    manifest = json.loads(files["manifest.json"])
    for name, change in (("none", []), ("twice", manifest * 2), ("no-layer", [dict(manifest[0], Layers=["x"])]),
                         ("more", [dict(manifest[0], Layers=manifest[0]["Layers"] * 3)]), ("text", "x")):
        yield "docker-" + name, tar_of([f(path, data) for path, data in
                                        dict(files, **{"manifest.json": as_json(change)}).items()])


def check_seeds(tiny):
    """Roots with the real loaders of this machine, and tiny ones."""
    yield from tiny_roots()
    texts = [f("etc/ld.so.conf", "include /etc/ld.so.conf.d/*.conf\n/opt/lib\n"), f("etc/ld.so.preload", "/lib/libtiny.so.1\n"),
             f("etc/passwd", "root:x:0:0::/root:/bin/run\n"), f("etc/os-release", "ID=debian\nVERSION_ID=12\n"),
             f("bin/env-script", "#!/usr/bin/env -S app --x\n", 0o755),
             f("app/node_modules/a/package.json", '{"name":"a","os":["linux"],"cpu":["x64"],"libc":["glibc"]}'),
             f("app/node_modules/a/addon.node", tiny["addon.node"]), f("bin/static", tiny["static"], 0o755)]
    loader = "/lib64/ld-linux-x86-64.so.2"
    cache = dict(cache_seeds(tiny))["new"]
    yield "no-loader", tar_of(entries_of(tiny) + texts)
    if os.path.exists(loader):
        root = [f(loader[1:], read(loader), 0o755)] + entries_of(tiny) + texts
        yield "glibc", tar_of(root)
        yield "glibc-cache", tar_of(root + [f("etc/ld.so.cache", cache)])
    for path in glob.glob("/lib/ld-musl-*.so.1")[:1]:
        program = tiny["app"].replace(b"/lib64/ld-linux-x86-64.so.2\0", b"/lib/ld-musl-x86_64.so.1\0\0\0\0")
        yield "musl", tar_of([f(path[1:], read(path), 0o755), f("bin/app", program, 0o755),
                              f("lib/libtiny.so.1", tiny["libtiny.so.1"]), f("etc/ld-musl-x86_64.path", "/lib:/opt\n")])


def config_seeds(_):
    yield "whole", b"""# what a project checks
root: root
env:
  - A=1
  - "B=\\u0041"
fail-on: degraded
to: elsewhere
all: true
jobs: 2
accept:
  - rule: LIBRARY_MISSING
    path: /bin/app
    object: libz.so.1
    until: 2030-01-01
    reason: it is known
"""
    yield "anchors", b"a: &a [1, 2]\nb: *a\n"
    yield "tabs", b"root:\n\t- x\n"
    yield "documents", b"root: a\n---\nroot: b\n...\n"
    yield "deep", b"a: " + b"[" * 200
    yield "flow", b"{root: x, env: [A=1, B=2], accept: [{rule: X}]}"
    yield "null", b"root: ~\nenv: []\n"
    yield "utf16", "root: x\n".encode("utf-16")


def baseline_seeds(_):
    finding = {"rule": "LIBRARY_MISSING", "severity": "error", "message": "x", "object": "libz.so.1"}
    subject = {"path": "/bin/app", "verdict": "fails", "findings": [finding]}
    target = {"source": "root", "subjects": [subject], "findings": [finding]}
    yield "report", json.dumps({"schema": 1, "targets": [target]}).encode()
    yield "lines", b"\n".join(json.dumps(dict(subject, target={"source": "root"})).encode() for _ in range(3)) + b"\n"
    yield "deep", b"[" * 3000
    yield "numbers", b'{"targets":[{"subjects":1e999}]}'
    yield "bytes", b'{"targets":[{"subjects":[{"path":"\xff\xfe\\u0000","findings":[{"rule":7}]}]}]}'


def package_seeds(_):
    yield "npm", json.dumps({"name": "@a/b", "version": "1.0.0", "os": ["linux", "!win32"], "cpu": ["x64"],
                             "libc": "glibc", "optionalDependencies": {"@a/b-linux-x64": "1.0.0"}}).encode()
    yield "wheel", b"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: cp311-cp311-manylinux_2_17_x86_64\n" \
                   b"Tag: cp311-abi3-musllinux_1_2_aarch64.manylinux1_x86_64\n"
    yield "metadata", b"Metadata-Version: 2.1\nName: a\nVersion: 1.0\n\ntext\n"
    yield "record", b'a/b.so,sha256=AAAA,12\n"a/c ""d"".so",,\na/../../b.so,sha256=,\na-1.0.dist-info/RECORD,,\n'
    yield "all", b"Tag: x\na/b.so,,\n{}\n"


def explain_seeds(_):
    for number, words in enumerate((
            "/bin/app: error while loading shared libraries: libz.so.1: cannot open shared object file: No such file",
            "/bin/app: /lib/libc.so.6: version `GLIBC_2.38' not found (required by /bin/app)",
            "Error relocating /bin/app: gnu_get_libc_version: symbol not found",
            "exec /bin/app: exec format error\nexited with code 255", "sh: app: not found",
            "ImportError: dynamic module does not define module export function (PyInit_x)")):
        yield f"words{number}", words.encode()


def inspect_seeds(tiny):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as wheel:
        wheel.writestr("a/b.so", tiny["libtiny.so.1"])
        wheel.writestr("a-1.dist-info/WHEEL", "Tag: py3-none-any\n")
    yield from broken_ways("wheel", out.getvalue())
    yield "tar", tar_of(entries_of(tiny))
    yield from broken_ways("app", tiny["app"])
    deb = b"!<arch>\n"
    for name, data in (("debian-binary", b"2.0\n"), ("data.tar.gz", pack(tar_of(entries_of(tiny)), "gzip"))):
        deb += b"%-16s%-12d%-6d%-6d%-8o%-10d`\n" % (name.encode(), 0, 0, 0, 0o644, len(data)) + data + b"\n" * (len(data) % 2)
    yield from broken_ways("deb", deb)


def dockerfile_seeds(_):
    for fixtures in reader_cases.fixtures():
        yield from fixtures.items()
    yield "stages", b"# syntax=docker/dockerfile:1\nARG V=12\nFROM debian:${V:-12} AS build\nRUN --mount=type=cache,target=/x " \
                    b"<<EOF\nmake\nEOF\nFROM scratch\nCOPY --from=build --chmod=755 /a /b\nENTRYPOINT [\"/b\"]\n"


SEEDS = {"elf": elf_seeds, "node": node_seeds, "ldcache": cache_seeds, "source": source_seeds, "check": check_seeds,
         "config": config_seeds, "baseline": baseline_seeds, "package": package_seeds, "explain": explain_seeds,
         "inspect": inspect_seeds, "dockerfile": dockerfile_seeds}


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    tiny = tiny_objects()
    for target, seeds in SEEDS.items():
        folder = os.path.join(sys.argv[1], target)
        os.makedirs(folder, exist_ok=True)
        for name, data in seeds(tiny):
            with open(os.path.join(folder, name.replace("/", "-").replace(" ", "-")[:100]), "wb") as out:
                out.write(data)
        for path in glob.glob(os.path.join(TESTS, "fuzz/regress", target, "*")):
            shutil.copy(path, folder)


if __name__ == "__main__":
    main()
