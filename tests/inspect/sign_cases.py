#!/usr/bin/env python3
"""By which signs inspect tells compilers, C libraries and floors: one row a sign, each in a small file of its own
that is built here, also of compilers that are not installed.

usage: sign_cases.py WILLRUN [-k WORD]
"""
import concurrent.futures
import io
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parents[1] / "replay"))

from tiny import Builder, exe, lib  # noqa: E402: small files, declared in a line

CASES, ARCHIVES = [], []


def case(name, spec, **told):
    """`told`: what is told of the file, by the keys of `facts`."""
    CASES.append((name, spec, told))


def facts(subject):
    """What rows claim of a file, out of the JSON."""
    tools = subject["toolchain"]
    return {"tools": [" ".join(filter(None, (tool["name"], tool["version"]))) for tool in tools],
            "settings": {name: value for tool in tools for name, value in tool["settings"].items()},
            "modules": [module for tool in tools for module in tool["modules"]],
            "libc": subject["libc"], "evidence": subject["libc_evidence"],
            "troubles": subject["policy_troubles"], "policies": subject["policies"], "fits": bool(subject["policies"]),
            **{"floor_" + name: level for name, level in subject["requires"].items()}}


# ---- compilers, by what they leave in .comment ----
def ident(*texts):
    words = "".join(f'__asm__(".ident \\"{text}\\"");\n' for text in texts)
    return lib(flags=["-fno-ident"], source=words)


for text, tool in (
        ("rustc version 1.75.0 (82e1608df 2023-12-21)", "rust 1.75.0"), ("Ubuntu clang version 14.0.0-1ubuntu1", "clang 14.0.0-1ubuntu1"),
        ("GHC 9.4.7", "ghc 9.4.7"), ("ldc version 1.36.0", "ldc 1.36.0"), ("GDC: 12.2.0", "gdc 12.2.0"), ("zig 0.11.0", "zig 0.11.0"),
        ("Linker: LLD 16.0.6", "lld 16.0.6"), ("mold 2.30.0 (compatible with GNU ld)", "mold 2.30.0"),
        ("GCC: (Own 9.9) 12.2.0", "gcc 12.2.0"), ("GCC: 4.1.2", "gcc 4.1.2"), ("GCC: (Own)", "gcc"), ("clang version of own", "clang")):
    case(f"the mark {text}", ident(text), tools=[tool])
for text in ("own 1.0", "the mold 2.30.0", "is rustc version 1.75.0"):
    case(f"the mark {text}, which is none", ident(text), tools=[])
case("two releases of one compiler", ident("GCC: (A) 12.1.0", "GCC: (B) 12.1.0", "GCC: (A) 13.1.0"), tools=["gcc 12.1.0", "gcc 13.1.0"])
case("a release, and the same compiler without one", ident("GCC: (A) 12.1.0", "GCC: (A)"), tools=["gcc 12.1.0"])


# ---- languages, by marks in what they link in ----
def holds(text, kind=exe, **more):
    """A program that has the text among its constants."""
    return kind(flags=["-fno-ident", *more.pop("flags", [])], source=f'const char own_text[] = "{text}";\n', **more)


COMMIT = "82e1608dfa6e0b5569232559e3d385fea5a93112"
case("paths of rustc", holds(f"/rustc/{COMMIT}/library/std"), tools=["rust"], settings={"commit": COMMIT})
case("paths of Debian's rustc", holds("/usr/src/rustc-1.63.0/library/std"), tools=["rust 1.63.0"])
for text in ("/rustc/82e1608d/library", f"/rustc/{COMMIT}0", "/usr/src/rustc-/library", "/usr/src/rustc-1.63.0-own/library"):
    case(f"{text} is none of them", holds(text), tools=[])
case("a library that unwinds", holds(f"/rustc/{COMMIT}/", lib, calls=["_Unwind_Backtrace"]), tools=["rust"])
case("a library that does not", holds(f"/rustc/{COMMIT}/", lib), tools=[])
case("rustc by both of its marks", exe(flags=["-fno-ident"], source=f'__asm__(".ident \\"rustc version 1.75.0\\"");\n'
                                       f'const char own[] = "/rustc/{COMMIT}/";\n'), tools=["rust 1.75.0"])
for section, tool in ((".svm_heap", "graalvm-native-image"), ("__managedcode", "dotnet-native-aot"),
                      (".swift1_autolink_entries", "swift"), ("swift5_protocols", "swift")):
    case(f"the section {section}", exe(flags=["-fno-ident"], source=f'__asm__(".pushsection {section},\\"a\\"; .quad 1; .popsection");\n'), tools=[tool])
for symbol, tool in (("NimMain", "nim"), ("caml_startup__code_begin", "ocaml")):
    case(f"the symbol {symbol}", exe(flags=["-fno-ident"], source=f"void {symbol}(void) {{}}\n"), tools=[tool])
    case(f"the symbol {symbol} in a library", lib(flags=["-fno-ident"], source=f"void {symbol}(void) {{}}\n"), tools=[])
DOTNET = bytes.fromhex("8b1202b96a6120387 27b930214d7a03213f5b9e6efae33 18ee3b2dce24b36aae".replace(" ", ""))


def data(name, content, section=".data", align=16):
    """The bytes, in a section that is written."""
    numbers = ",".join(map(str, content))
    return f'__asm__(".pushsection {section},\\"aw\\"; .balign {align}; {name}: .byte {numbers}; .popsection");\n'


for bundle in (0, 4096):
    case(f"a host of .NET, its files at {bundle}", exe(["libc.so.6"], flags=["-fno-ident"], source=data("own", struct.pack("<Q", bundle) + DOTNET)),
         tools=["dotnet"], settings={"PublishSingleFile": "true" if bundle else "false"})
case("the mark of its host in a static program", exe(static=True, flags=["-fno-ident"], source=data("own", bytes(8) + DOTNET)), tools=[])

# ---- Go, by its build info ----
MAGIC = b"\xff Go buildinf:"
LINES = "path\texample.org/own\nmod\texample.org/own\tv1.0.0\th1:a=\ndep\texample.org/dep\tv2.0.0\th1:b=\n=>\texample.org/fork\tv3.0.0\t\n" \
        "dep\texample.org/local\n=>\t./local\nbuild\tCGO_ENABLED=0\nbuild\tGOAMD64=v3\nnobody\tknows\n"
MODULES = [{"path": "example.org/own", "version": "v1.0.0", "sum": "h1:a=", "replaced_by": None},
           {"path": "example.org/dep", "version": "v2.0.0", "sum": "h1:b=", "replaced_by": "example.org/fork v3.0.0"},
           {"path": "example.org/local", "version": None, "sum": None, "replaced_by": "./local"}]
PLACE = 0x300000  # below the program, so that it is the first segment that is written


def build(lines=LINES, sentinel="x" * 16):
    return (sentinel + lines + sentinel).encode()


def varint(number):
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + varint(number >> 7)


def inlined(*texts):
    """As Go 1.18 and later: each text behind its length."""
    return MAGIC + bytes([8, 2]) + bytes(16) + b"".join(varint(len(text)) + text for text in texts)


def pointed(size, big, version, lines, moved=0):
    """As before: two pointers to strings, each an address and a length."""
    def word(number):
        return number.to_bytes(size, "big" if big else "little")
    texts = PLACE + 32 + 4 * size + moved
    strings = word(texts) + word(len(version)) + word(texts + len(version)) + word(len(lines))
    pointers = word(PLACE + 32 + moved) + word(PLACE + 32 + moved + 2 * size)
    return MAGIC + bytes([size, big]) + pointers.ljust(16, b"\0") + strings + version + lines


def go(info, section=".go.buildinfo", **more):
    return exe(static=True, flags=["-fno-ident", f"-Wl,--section-start={section}={PLACE:#x}"],
               source=data("own_info", info, section), **more)


WITHOUT_SECTIONS = [(40, bytes(8)), (58, bytes(6))]
case("Go", go(inlined(b"go1.20.1", build())), tools=["go go1.20.1"], modules=MODULES, floor_isa_level="x86-64-v3",
     settings={"path": "example.org/own", "CGO_ENABLED": "0", "GOAMD64": "v3"})
for level, floor in (("v1", "x86-64-v1"), ("v4", "x86-64-v4"), ("v5", None), ("v22", None), ("x", None)):
    case(f"Go for {level}", go(inlined(b"go1.20", build(f"build\tGOAMD64={level}\n"))), tools=["go go1.20"], floor_isa_level=floor)
case("Go without its sections", go(inlined(b"go1.20.1", build()), patch=WITHOUT_SECTIONS), tools=["go go1.20.1"], modules=MODULES)
for size, big in ((8, 0), (8, 1), (4, 0), (4, 1)):
    case(f"Go before 1.18, by words of {size} bytes{', the highest first' * big}", go(pointed(size, big, b"go1.16", build())),
         tools=["go go1.16"], modules=MODULES)
case("Go without modules", go(inlined(b"go1.20", b"")), tools=["go go1.20"], modules=[])
case("Go with a text that has no sentinels", go(inlined(b"go1.20", b"path\tx\n" + bytes(40))), tools=["go go1.20"], modules=[], settings={})
case("Go whose second text is cut", go(inlined(b"go1.20") + b"\x7fabc"), tools=["go go1.20"], modules=[])
case("Go with a replacement of nothing", go(inlined(b"go1.20", build("=>\t./own\n"))), tools=["go go1.20"], modules=[])
for wrong, info in (("no release", inlined(b"")), ("a text that is cut", MAGIC + bytes([8, 2]) + bytes(16) + b"\x7fgo1.20"),
                    ("a length that never ends", MAGIC + bytes([8, 2]) + bytes(16) + b"\xff" * 4), ("nothing behind its head", inlined()),
                    ("words of 3 bytes", pointed(3, 0, b"go1.16", build())), ("another mark", b"\xff Go buildinf;" + inlined(b"go1.20")[14:]),
                    ("pointers to nowhere", pointed(8, 0, b"go1.16", build(), 1 << 20))):
    case(f"Go's build info with {wrong}", go(info), tools=[])

# ---- the C library ----
for interp, libc in (("/lib/ld-musl-x86_64.so.1", "musl"), ("/lib/ld64-uClibc.so.0", "uclibc"), ("/system/bin/linker64", "bionic"),
                     ("/lib64/ld-linux-x86-64.so.2", "glibc"), ("/lib64/ld64.so.2", "glibc"), ("/lib/ld.so.1", "glibc")):
    case(f"the interpreter {interp}", exe(interp=interp), libc=libc, evidence=f"its interpreter is {interp}")
for needed, libc in (("libc.so.6", "glibc"), ("libm.so.6", "glibc"), ("librt.so.1", "glibc"), ("libc.musl-x86_64.so.1", "musl"), ("libc.so", "musl"),
                     ("libc.so.0", "uclibc")):
    case(f"a library that needs {needed}", lib([], [needed]), libc=libc, evidence=f"it needs {needed}")
    if needed != "libc.so":
        case(f"{needed} itself", lib(soname=needed), libc=libc, evidence=f"it is {needed} itself")
case("a version of glibc", lib(needs=["libown.so"], calls=["f"], versions={"libown.so": {"GLIBC_2.4": ["f"]}}), libc="glibc")
case("bionic's version", lib(needs=["libc.so"], calls=["f"], versions={"libc.so": {"LIBC": ["f"]}}), libc="bionic")
case("the same name of another library", lib(needs=["libown.so"], calls=["f"], versions={"libown.so": {"LIBC": ["f"]}}), libc="unknown")
case("neither", lib(calls=["f"]), libc="unknown")
case("nothing at all", lib(), libc="none")


# ---- floors ----
def versioned(library, version, symbol="f", beside=(), **more):
    return lib(needs=[library, *beside], calls=[symbol], versions={library: {version: [symbol]}}, **more)


RELATIVE = "static int own; int *own_place = &own;\n"
PACKED = ["-Wl,-z,pack-relative-relocs"]
for version, floor, level in (
        ("GLIBC_2.17", "glibc", "2.17"), ("GLIBC_ABI_DT_RELR", "glibc", "2.36"), ("GLIBC_ABI_GNU2_TLS", "glibc", "2.43"),
        ("GLIBC_OWN", "glibc", None), ("OPENSSL_1_1_0", "openssl", "1.1.0"), ("GLIBCXX_3.4.29", "libstdcxx", "3.4.29"),
        ("CXXABI_1.3", "cxxabi", "1.3"), ("GCC_4.0.0", "libgcc", "4.0.0"), ("OWN_1.0", "glibc", None)):
    case(f"the version {version}", versioned("libown.so", version), **{"floor_" + floor: level})
case("the highest of two versions", lib(needs=["libown.so"], calls=["f", "g"], versions={"libown.so": {"GLIBC_2.9": ["f"], "GLIBC_2.10": ["g"]}}),
     floor_glibc="2.10")
case("a version that is weak", versioned("libown.so", "GLIBC_2.17", weak_versions=True), floor_glibc=None)
case("what is glibc's own", versioned("libown.so", "GLIBC_PRIVATE"), floor_private_glibc=True)
case("what is glibc's own, and weak", versioned("libown.so", "GLIBC_PRIVATE", weak_versions=True), floor_private_glibc=False)
case("packed relocations on glibc", lib(needs=["libc.so.6"], source=RELATIVE, flags=PACKED), floor_glibc="2.36")
case("packed relocations on musl", lib(needs=["libc.so"], source=RELATIVE, flags=PACKED), floor_musl="1.2.4")
case("a symbol of later musl", lib(needs=["libc.so"], calls=["statx"]), floor_musl="1.2.5")
case("a symbol of every musl", lib(needs=["libc.so"], calls=["malloc"]), floor_musl=None)
for symbol, level in (("__clock_gettime64", "1.2.0"), ("__own64", None), ("clock_gettime64", None)):
    case(f"{symbol} of a 32-bit musl", lib(calls=[symbol], soname="libc.musl-x86.so.1", flags=["-m32"]), floor_musl=level)
    case(f"{symbol} of a 64-bit one", lib(calls=[symbol], soname="libc.musl-x86_64.so.1"), floor_musl=None)
for level in (2, 3):
    case(f"a processor of level {level}", lib(flags=[f"-Wl,-z,x86-64-v{level}"]), floor_isa_level=f"x86-64-v{level}")

# ---- wheels' platform tags ----
FITS = {"fits": True, "troubles": []}
GLIBC = ["libc.so.6"]
case("a tag by its versions", versioned("libc.so.6", "GLIBC_2.5"), **FITS)
case("a version of no tag", versioned("libc.so.6", "GLIBC_2.99"), policies=[], troubles=["it needs GLIBC_2.99 of libc.so.6"])
case("a version without a number", versioned("libstdc++.so.6", "CXXABI_OWN", beside=GLIBC), policies=[], troubles=["it needs CXXABI_OWN of libstdc++.so.6"])
case("a version without a number that is known", versioned("libstdc++.so.6", "CXXABI_TM_1", beside=GLIBC), fits=True)
case("a version of another family", versioned("libX11.so.6", "OWN_9", beside=GLIBC), **FITS)
case("a library that no system surely has", lib(needs=["libc.so.6", "libown.so.3"]), policies=[],
     troubles=["it needs libown.so.3, which is not on every system"])
case("musl's own library", lib(needs=["libc.musl-x86_64.so.1"]), **FITS)
case("the loader", lib(needs=["libc.so.6", "ld-linux-x86-64.so.2"]), **FITS)
case("symbols of later musl", lib(needs=["libc.so"], calls=["statx"]), policies=["musllinux_1_2_x86_64"])
case("symbols of every musl", lib(needs=["libc.so"], calls=["malloc"]), policies=["musllinux_1_1_x86_64", "musllinux_1_2_x86_64"])
case("a private symbol", lib(needs=["libz.so.1", "libc.so.6"], calls=["_tr_init"]), policies=[], troubles=["it uses _tr_init, which not every libz.so.1 has"])
case("a private symbol, weak", lib(needs=["libz.so.1", "libc.so.6"], source="extern int _tr_init(void) __attribute__((weak));\n"
                                   "int own(void) { return _tr_init(); }\n"), **FITS)
case("a private symbol of a library that is not needed", lib(needs=["libc.so.6"], calls=["_tr_init"]), **FITS)


# ---- archives ----
def archive(name, make, *paths, trouble=False):
    """`paths`: what is told of the archive that `make` makes of a library and one that needs it."""
    ARCHIVES.append((name, make, list(paths), trouble))


def zipped(change=None, limit=None, **members):
    """A wheel. `limit`: sizes and counts above it are kept as those of large archives; `change`: of its bytes."""
    def make(own, user):
        out, kept = io.BytesIO(), (zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT)
        if limit is not None:
            zipfile.ZIP64_LIMIT = zipfile.ZIP_FILECOUNT_LIMIT = limit
        try:
            with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as wheel:
                for name, content in (members or {"libown.so": own, "own/user.so": user}).items():
                    wheel.writestr(name, content)
        finally:
            zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT = kept
        return change(bytearray(out.getvalue())) if change else out.getvalue()
    return make


def entry(number):
    """A change: the flags of the first entry in the directory."""
    def change(content):
        struct.pack_into("<H", content, content.index(b"PK\1\2") + 8, number)
        return bytes(content)
    return change


def replaced(old, new, at=0):
    def change(content):
        place = content.index(old, at)
        content[place:place + len(old)] = new
        return bytes(content)
    return change


def packed(content):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        member = tarfile.TarInfo("large.so")
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
        for kind, name in ((tarfile.DIRTYPE, "folder"), (tarfile.SYMTYPE, "link.so")):
            tar.addfile(type("Info", (tarfile.TarInfo,), {})(name), None)
            member = tarfile.TarInfo(name + "-again")
            member.type, member.linkname = kind, "large.so"
            tar.addfile(member)
    return out.getvalue()


NOISE = random.Random(1).randbytes(300000)
archive("own.whl", zipped(), "libown.so", "own/user.so")
archive("large.whl", zipped(limit=10), "libown.so", "own/user.so")
archive("encrypted.whl", zipped(entry(1)), "own/user.so")
archive("unknown.whl", zipped(lambda content: bytes(content).replace(b"PK\1\2\x14\3\x14\0\0\0\x08\0", b"PK\1\2\x14\3\x14\0\0\0\x0c\0", 1)), "own/user.so")
archive("no-directory.whl", zipped(replaced(b"PK\1\2", b"PK\1\3")), trouble=True)
archive("no-header.whl", zipped(replaced(b"PK\3\4", b"PK\3\5", 1)), "libown.so")
archive("empty.whl", lambda own, user: b"PK\5\6" + bytes(18))
archive("end-alone.whl", lambda own, user: b"PK\3\4", trouble=True)
archive("long.tgz", lambda own, user: packed(own + NOISE), "large.so")
archive("long.whl", lambda own, user: zipped(**{"large.so": own + NOISE, "text": NOISE})(own, user), "large.so")


def told_apart(spec_told, subject):
    got = facts(subject)
    return [f"{key} is {got[key]!r}, not {value!r}" for key, value in spec_told.items() if got[key] != value]


def inspect(program, paths):
    done = subprocess.run([program, "inspect", "--format", "json", *paths], capture_output=True, timeout=120, check=False)
    if done.returncode not in (0, 1) or not done.stdout:
        raise SystemExit(f"inspect: status {done.returncode}: {done.stderr.decode()}")
    return json.loads(done.stdout)


def judge_files(program, work, builder, cases):
    folder = work / "files"
    folder.mkdir()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        built = list(pool.map(lambda number: builder.build(f"/libcase{number}.so", cases[number][1]), range(len(cases))))
    for number, path in enumerate(built):
        shutil.copy(path, folder / str(number))
    subjects = inspect(program, [str(folder / str(number)) for number in range(len(cases))])["subjects"] if cases else []
    by_path = {os.path.basename(subject["path"]): subject for subject in subjects}
    for number, (name, _, told) in enumerate(cases):
        subject = by_path.get(str(number))
        yield name, told_apart(told, subject) if subject else ["nothing is told of it"]


def judge_archives(program, work, builder, archives):
    own = Path(builder.build("/libown.so.1", lib(defs=["f"]))).read_bytes()
    user = Path(builder.build("/user.so", lib(needs=["libown.so", "libc.so.6"], calls=["f"]))).read_bytes()
    for name, make, paths, trouble in archives:
        (work / name).write_bytes(make(own, user))
        document = inspect(program, [str(work / name)])
        found = sorted(subject["path"] for subject in document["subjects"])
        wrong = [] if found == sorted(paths) else [f"it tells of {found}, not of {paths}"]
        if bool(document["troubles"]) != trouble:
            wrong.append(f"troubles: {document['troubles']}")
        # what lies beside it in the same wheel need not be on the system
        wrong += [f"{subject['path']}: {subject['policy_troubles']}" for subject in document["subjects"]
                  if subject["path"] == "own/user.so" and "libown.so" in paths and subject["policy_troubles"]]
        yield name, wrong


def main():
    program, word = os.path.abspath(sys.argv[1]), sys.argv[3] if len(sys.argv) > 3 else ""
    failed = count = 0
    with tempfile.TemporaryDirectory() as top:
        work, builder = Path(top), Builder(os.path.join(top, "cache"))
        for rows, judge in ((CASES, judge_files), (ARCHIVES, judge_archives)):
            for name, wrong in judge(program, work, builder, [row for row in rows if word in row[0]]):
                count += 1
                if wrong:
                    failed += 1
                    print(f"FAILED: {name}: " + "; ".join(wrong))
    print(f"{count - failed} of {count} cases hold")
    return 1 if failed or not count else 0


if __name__ == "__main__":
    sys.exit(main())
