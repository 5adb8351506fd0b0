"""One rule of glibc's ld.so a case, held to the machine's own ld.so."""
import os
import struct
import subprocess
import sys

from releases import DEFAULT, path_of, releases
from tiny import copy_of, exe, folder, lib, link, real_glibc, run_cases, text

CASES = []


def case(name, files, **options):
    CASES.append((name, files, options))


def ldconfig(*arguments):
    def prepare(root):
        os.makedirs(root + "/etc", exist_ok=True)
        open(root + "/etc/ld.so.conf", "a").close()
        subprocess.run(["ldconfig", "-r", root, *arguments], check=True, stderr=subprocess.DEVNULL)
    return prepare


def missing(name, app="/app"):
    return (f"{app}: error while loading shared libraries: {name}: "
            "cannot open shared object file: No such file or directory")


# ---- default directories ----
case("a program without needs runs", {"/app": exe()})
case("a needed library in the first default directory", {"/app": exe(["liba.so"]), DEFAULT + "/liba.so": lib()})
for where in ("/usr/lib/x86_64-linux-gnu", "/lib", "/usr/lib"):
    case(f"a needed library in {where}", {"/app": exe(["liba.so"]), where + "/liba.so": lib()})
for where in ("/lib64", "/usr/lib64", "/usr/local/lib", "/opt"):
    case(f"{where} is no default directory here",
         {"/app": exe(["liba.so"]), where + "/liba.so": lib()}, says=missing("liba.so"))
case("the first default directory wins",
     {"/app": exe(["liba.so"]), DEFAULT + "/liba.so": lib(), "/usr/lib/liba.so": lib()})
case("the first missing library in load order is the one that is named",
     {"/app": exe(["liba.so", "libb.so"]), "/lib/liba.so": lib(needs=["libc1.so"])}, says=missing("libb.so"))
case("a library's own missing need", {"/app": exe(["liba.so"]), "/lib/liba.so": lib(needs=["libb.so"])},
     says=missing("libb.so"))
case("breadth first, not depth first",
     {"/app": exe(["liba.so", "libb.so"]), "/lib/liba.so": lib(needs=["libc1.so"]),
      "/lib/libb.so": lib(needs=["libd.so"]), "/lib/libc1.so": lib(), "/lib/libd.so": lib()})


def shortened(path, size):
    """The library without what stands behind its first `size` bytes."""
    def prepare(root):
        os.truncate(root + path, size)
    return prepare


case("a library cut before its dynamic section ends ld.so before a need of an earlier one is sought",
     {"/app": exe(["liba.so", "libb.so"]), "/lib/liba.so": lib(needs=["libc1.so"]), "/lib/libb.so": lib()},
     prepare=shortened("/lib/libb.so", 0x1000))
case("a library that is missing is told before one cut behind it is mapped",
     {"/app": exe(["libz.so", "libb.so"]), "/lib/libb.so": lib()},
     prepare=shortened("/lib/libb.so", 0x1000), says=missing("libz.so"))

# ---- RPATH and RUNPATH ----
case("RPATH of the program", {"/app": exe(["liba.so"], rpath="/opt/a"), "/opt/a/liba.so": lib()})
case("RUNPATH of the program", {"/app": exe(["liba.so"], runpath="/opt/a"), "/opt/a/liba.so": lib()})
case("RPATH is inherited by the libraries' own needs",
     {"/app": exe(["liba.so"], rpath="/opt/a:/opt/b"), "/opt/a/liba.so": lib(needs=["libb.so"]),
      "/opt/b/libb.so": lib()})
case("RUNPATH is not inherited",
     {"/app": exe(["liba.so"], runpath="/opt/a:/opt/b"), "/opt/a/liba.so": lib(needs=["libb.so"]),
      "/opt/b/libb.so": lib()}, says=missing("libb.so"))
case("a library's RUNPATH switches the inherited RPATH off",
     {"/app": exe(["liba.so"], rpath="/opt/a:/opt/b"),
      "/opt/a/liba.so": lib(needs=["libb.so"], runpath="/nowhere"), "/opt/b/libb.so": lib()},
     says=missing("libb.so"))
case("an object with RUNPATH in the chain is skipped, the chain goes on",
     {"/app": exe(["liba.so"], rpath="/opt/a:/opt/b:/opt/c"),
      "/opt/a/liba.so": lib(needs=["libb.so"], runpath="/opt/b"),
      "/opt/b/libb.so": lib(needs=["libc1.so"]), "/opt/c/libc1.so": lib()})
case("the library's own RPATH comes before the program's",
     {"/app": exe(["liba.so"], rpath="/opt/a:/opt/x"), "/opt/a/liba.so": lib(needs=["libb.so"], rpath="/opt/y"),
      "/opt/x/libb.so": lib(), "/opt/y/libb.so": lib()})
case("RPATH before LD_LIBRARY_PATH",
     {"/app": exe(["liba.so"], rpath="/opt/a"), "/opt/a/liba.so": lib(), "/opt/e/liba.so": lib()},
     env={"LD_LIBRARY_PATH": "/opt/e"})
case("LD_LIBRARY_PATH before RUNPATH",
     {"/app": exe(["liba.so"], runpath="/opt/a"), "/opt/a/liba.so": lib(), "/opt/e/liba.so": lib()},
     env={"LD_LIBRARY_PATH": "/opt/e"})
case("RUNPATH before the default directories",
     {"/app": exe(["liba.so"], runpath="/opt/a"), "/opt/a/liba.so": lib(), "/lib/liba.so": lib()})
case("several elements, one missing", {"/app": exe(["liba.so"], runpath="/no:/opt/a"), "/opt/a/liba.so": lib()})
case("a trailing slash is taken off", {"/app": exe(["liba.so"], runpath="/opt/a///"), "/opt/a/liba.so": lib()})
case("doubled slashes inside stay", {"/app": exe(["liba.so"], runpath="/opt//a"), "/opt/a/liba.so": lib()})
case("an empty element is the working directory", {"/app": exe(["liba.so"], runpath="/no:"), "/liba.so": lib()})
case("a relative element", {"/app": exe(["liba.so"], runpath="opt/a"), "/opt/a/liba.so": lib()})
case("a semicolon does not separate in RUNPATH",
     {"/app": exe(["liba.so"], runpath="/no;/opt/a"), "/opt/a/liba.so": lib()}, says=missing("liba.so"))

# ---- LD_LIBRARY_PATH ----
case("LD_LIBRARY_PATH with colon",
     {"/app": exe(["liba.so"]), "/opt/a/liba.so": lib()}, env={"LD_LIBRARY_PATH": "/no:/opt/a"})
case("LD_LIBRARY_PATH with semicolon",
     {"/app": exe(["liba.so"]), "/opt/a/liba.so": lib()}, env={"LD_LIBRARY_PATH": "/no;/opt/a"})
case("an empty LD_LIBRARY_PATH is none", {"/app": exe(["liba.so"]), "/liba.so": lib()},
     env={"LD_LIBRARY_PATH": ""}, says=missing("liba.so"))
case("an empty element of LD_LIBRARY_PATH is the working directory",
     {"/app": exe(["liba.so"]), "/liba.so": lib()}, env={"LD_LIBRARY_PATH": "/no:"})
case("LD_LIBRARY_PATH serves the libraries' needs",
     {"/app": exe(["liba.so"]), "/opt/a/liba.so": lib(needs=["libb.so"]), "/opt/a/libb.so": lib()},
     env={"LD_LIBRARY_PATH": "/opt/a"})
case("LD_LIBRARY_PATH expands tokens", {"/bin/app": exe(["liba.so"]), "/lib2/liba.so": lib()},
     path="/bin/app", env={"LD_LIBRARY_PATH": "$ORIGIN/../lib2"})

# ---- tokens ----
case("$ORIGIN in RUNPATH", {"/opt/bin/app": exe(["liba.so"], runpath="$ORIGIN/../lib"), "/opt/lib/liba.so": lib()},
     path="/opt/bin/app")
case("${ORIGIN} in RPATH", {"/opt/bin/app": exe(["liba.so"], rpath="${ORIGIN}/../lib"), "/opt/lib/liba.so": lib()},
     path="/opt/bin/app")
case("$ORIGIN of a program behind a link is its real folder",
     {"/opt/bin/app": exe(["liba.so"], runpath="$ORIGIN/../lib"), "/opt/lib/liba.so": lib(), "/app": link("opt/bin/app")})
case("$ORIGIN of a library is the folder it was found in, links not resolved",
     {"/app": exe(["liba.so"], runpath="/l"), "/l/liba.so": link("/real/liba.so"),
      "/real/liba.so": lib(needs=["libb.so"], runpath="$ORIGIN"), "/l/libb.so": lib()})
case("$LIB is lib/TRIPLET here", {"/app": exe(["liba.so"], runpath="/opt/$LIB"),
                                  "/opt/lib/x86_64-linux-gnu/liba.so": lib()})
case("an unknown token stays as text", {"/app": exe(["liba.so"], runpath="/opt/$FOO"), "/opt/$FOO/liba.so": lib()})
case("$ORIGINAL is no $ORIGIN", {"/app": exe(["liba.so"], runpath="$ORIGINAL:/opt/a"), "/opt/a/liba.so": lib()})
case("$ORIGIN in DT_NEEDED", {"/app": exe(["$ORIGIN/liba.so"]), "/liba.so": lib(soname="")})

# ---- names with a slash ----
case("a needed path is opened as it is", {"/app": exe(["/opt/liba.so"]), "/opt/liba.so": lib(soname="")})
case("a needed path that is missing", {"/app": exe(["/opt/liba.so"])}, says=missing("/opt/liba.so"))
case("a relative needed path", {"/app": exe(["opt/liba.so"]), "/opt/liba.so": lib(soname="")})

# ---- identity ----
case("a library needed by two is loaded once",
     {"/app": exe(["liba.so", "libb.so"]), "/lib/liba.so": lib(needs=["libb.so"]), "/lib/libb.so": lib()})
case("the soname of a loaded object answers",
     {"/app": exe(["libold.so", "libb.so"]), "/lib/libold.so": lib(soname="libnew.so"),
      "/lib/libb.so": lib(needs=["libnew.so"])})
case("two names of one file are one object",
     {"/app": exe(["liba.so", "libb.so"]), "/lib/liba.so": lib(soname=""), "/lib/libb.so": link("liba.so")})
case("a loop of needs", {"/app": exe(["liba.so"]), "/lib/liba.so": lib(needs=["libb.so"]),
                         "/lib/libb.so": lib(needs=["liba.so"])})

# ---- candidates ----
case("an empty file is fatal", {"/app": exe(["liba.so"]), "/lib/liba.so": text("")})
case("garbage is fatal", {"/app": exe(["liba.so"]), "/lib/liba.so": text("x" * 200)})
case("garbage first in the path is fatal",
     {"/app": exe(["liba.so"]), DEFAULT + "/liba.so": text("x" * 200), "/usr/lib/liba.so": lib()})
case("a folder of that name is fatal", {"/app": exe(["liba.so"]), "/lib/liba.so": folder()})
case("a dangling link is passed over",
     {"/app": exe(["liba.so"]), DEFAULT + "/liba.so": link("nowhere"), "/usr/lib/liba.so": lib()})
case("only a dangling link", {"/app": exe(["liba.so"]), "/lib/liba.so": link("nowhere")}, says=missing("liba.so"))
case("a loop of links abandons the directory list",
     {"/app": exe(["liba.so"], runpath="/l:/opt/a"), "/l/liba.so": link("liba.so"), "/opt/a/liba.so": lib()})
case("another class is passed over",
     {"/app": exe(["liba.so"]), DEFAULT + "/liba.so": lib(patch=((4, b"\1"),)), "/usr/lib/liba.so": lib()})
case("only another class", {"/app": exe(["liba.so"]), "/lib/liba.so": lib(patch=((4, b"\1"),))})
case("another machine is passed over",
     {"/app": exe(["liba.so"]), DEFAULT + "/liba.so": lib(patch=((18, b"\xb7"),)), "/usr/lib/liba.so": lib()})
case("only another machine", {"/app": exe(["liba.so"]), "/lib/liba.so": lib(patch=((18, b"\xb7"),))},
     says=missing("liba.so"))
case("a machine of another byte order is passed over, too",
     {"/app": exe(["liba.so"]), DEFAULT + "/liba.so": lib(patch=((5, b"\2"), (18, b"\0\x16"))),
      "/usr/lib/liba.so": lib()})
case("another machine is passed over, whatever its OS ABI",
     {"/app": exe(["liba.so"]), DEFAULT + "/liba.so": lib(patch=((7, b"\x09"), (18, b"\xb7"))),
      "/usr/lib/liba.so": lib()})
case("another byte order is fatal", {"/app": exe(["liba.so"]), "/lib/liba.so": lib(patch=((5, b"\2"),))})
case("another OS ABI is fatal", {"/app": exe(["liba.so"]), "/lib/liba.so": lib(patch=((7, b"\x09"),))})
case("the GNU OS ABI is fine", {"/app": exe(["liba.so"]), "/lib/liba.so": lib(patch=((7, b"\x03"),))})
case("another ABI version is fatal", {"/app": exe(["liba.so"]), "/lib/liba.so": lib(patch=((8, b"\x09"),))})
case("padding in e_ident is fatal", {"/app": exe(["liba.so"]), "/lib/liba.so": lib(patch=((12, b"\x09"),))})
case("another ident version is fatal", {"/app": exe(["liba.so"]), "/lib/liba.so": lib(patch=((6, b"\x09"),))})
case("another e_version is fatal", {"/app": exe(["liba.so"]), "/lib/liba.so": lib(patch=((20, b"\x09"),))})
case("an object file is fatal", {"/app": exe(["liba.so"]), "/lib/liba.so": lib(patch=((16, b"\1"),))})
case("another size of program headers is fatal", {"/app": exe(["liba.so"]), "/lib/liba.so": lib(patch=((54, b"\x39"),))})
case("program headers outside of the file", {"/app": exe(["liba.so"]), "/lib/liba.so": lib(patch=((34, b"\x10"),))})
case("no program headers at all", {"/app": exe(["liba.so"]), "/lib/liba.so": lib(patch=((56, b"\0\0"),))})
case("a position-independent program is no library", {"/app": exe(["other"]), "/lib/other": exe()})
case("a fixed program is no library", {"/app": exe(["other"]), "/lib/other": exe(static=True)})
case("a library without permission to execute is fine",
     {"/app": exe(["liba.so"]), "/lib/liba.so": lib(mode=0o644)})

# ---- the cache ----
case("a directory of ld.so.conf without ldconfig does not count",
     {"/app": exe(["liba.so"]), "/opt/a/liba.so": lib(), "/etc/ld.so.conf": text("/opt/a\n")}, says=missing("liba.so"))
case("a directory of ld.so.conf after ldconfig",
     {"/app": exe(["liba.so"]), "/opt/a/liba.so": lib(), "/etc/ld.so.conf": text("/opt/a\n")}, prepare=ldconfig())
for form in ("old", "new", "compat"):
    case(f"a cache of the {form} form",
         {"/app": exe(["liba.so"]), "/opt/a/liba.so": lib(), "/etc/ld.so.conf": text("/opt/a\n")},
         prepare=ldconfig("-c", form))


def stale(root):
    ldconfig()(root)
    os.rename(root + "/opt/a/liba.so", root + "/lib/liba.so")


def broken(root):
    ldconfig()(root)
    with open(root + "/etc/ld.so.cache", "r+b") as file:
        file.write(b"xx")


def cut(root):
    ldconfig()(root)
    with open(root + "/etc/ld.so.cache", "r+b") as file:
        file.truncate(60)


CONF = {"/app": exe(["liba.so"]), "/opt/a/liba.so": lib(), "/etc/ld.so.conf": text("/opt/a\n")}
case("a cache entry whose file is gone: the search goes on", {**CONF, "/lib": folder()}, prepare=stale)
case("a cache of wrong magic is ignored", CONF, prepare=broken, says=missing("liba.so"))
case("a truncated cache is ignored", CONF, prepare=cut)
case("the cache comes before the default directories", {**CONF, "/lib/liba.so": lib()}, prepare=ldconfig())
case("RUNPATH comes before the cache",
     {**CONF, "/app": exe(["liba.so"], runpath="/opt/r"), "/opt/r/liba.so": lib()}, prepare=ldconfig())
NODEFLIB = ["-Wl,-z,nodefaultlib"]
case("NODEFLIB passes the default directories over",
     {"/app": exe(["liba.so"], flags=NODEFLIB), "/lib/liba.so": lib()})
case("NODEFLIB passes cache entries of the default directories over",
     {"/app": exe(["liba.so"], flags=NODEFLIB), "/lib/liba.so": lib()}, prepare=ldconfig())
case("NODEFLIB takes other cache entries", {**CONF, "/app": exe(["liba.so"], flags=NODEFLIB)}, prepare=ldconfig())

# ---- subfolders for better CPUs ----
# What this CPU has is taken away by a tunable of the real loader; --cpu tells willrun the same.
LEVELS = {"x86-64-v1": "-AVX512F,-AVX2,-SSE4_2", "x86-64-v2": "-AVX512F,-AVX2", "x86-64-v3": "-AVX512F",
          "x86-64-v4": ""}
V2_DIR, V3_DIR, V4_DIR = (f"glibc-hwcaps/x86-64-v{level}" for level in (2, 3, 4))


def cpu(level):
    return {"env": {"GLIBC_TUNABLES": f"glibc.cpu.hwcaps={LEVELS[level]}"}, "extra": ["--cpu", level]}


def at_each_level(name, files, levels=LEVELS, **options):
    for level in levels:
        if int(level[-1]) <= MACHINE_LEVEL:
            case(f"{name}, {level}", files, **cpu(level), **options)


def machine_level():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        flags = next((line for line in file if line.startswith("flags")), "").split()
    return 1 + sum(all(level in flags for level in seen) for seen in
                   (["sse4_2"], ["sse4_2", "avx2"], ["sse4_2", "avx2", "avx512f"]))


MACHINE_LEVEL = machine_level()
at_each_level("the best level of glibc-hwcaps",
              {"/app": exe(["liba.so"]), "/lib/liba.so": lib(),
               **{f"/lib/{where}/liba.so": lib() for where in (V2_DIR, V3_DIR, V4_DIR)}})
at_each_level("glibc-hwcaps of a RUNPATH",
              {"/app": exe(["liba.so"], runpath="/no:/opt"), "/opt/liba.so": lib(), f"/opt/{V3_DIR}/liba.so": lib()})
at_each_level("only below glibc-hwcaps", {"/app": exe(["liba.so"]), f"/lib/{V2_DIR}/liba.so": lib()})
at_each_level("glibc-hwcaps of a later directory",
              {"/app": exe(["liba.so"]), DEFAULT + "/liba.so": lib(), f"/usr/lib/{V3_DIR}/liba.so": lib()})
at_each_level("a level in the cache",
              {"/app": exe(["liba.so"]), "/opt/a/liba.so": lib(), f"/opt/a/{V3_DIR}/liba.so": lib(),
               "/etc/ld.so.conf": text("/opt/a\n")}, prepare=ldconfig())
case("what a better CPU would take is told of",
     {"/app": exe(["liba.so"]), "/lib/liba.so": lib(), f"/lib/{V3_DIR}/liba.so": lib()},
     **cpu("x86-64-v2"), rules=["cpu-level-decides"], releases=["2.36", "2.41"])
case("a level of the cache that a better CPU would take is told of",
     {"/app": exe(["liba.so"]), "/opt/a/liba.so": lib(), f"/opt/a/{V3_DIR}/liba.so": lib(),
      "/etc/ld.so.conf": text("/opt/a\n")}, prepare=ldconfig(),
     **cpu("x86-64-v2"), rules=["cpu-level-decides"], releases=["2.36", "2.41"])
for where in ("tls/x86_64", "tls", "x86_64/x86_64", "x86_64", "tls/x86_64/x86_64", "x86_64/tls", "haswell2"):
    case(f"the older subfolder {where}",
         {"/app": exe(["liba.so"], runpath="/opt"), "/opt/liba.so": lib(), f"/opt/{where}/liba.so": lib()})
case("older subfolders come behind glibc-hwcaps",
     {"/app": exe(["liba.so"], runpath="/opt"), "/opt/liba.so": lib(), "/opt/tls/liba.so": lib(),
      f"/opt/{V2_DIR}/liba.so": lib()}, **cpu("x86-64-v2"))
ISA = '__asm__(".section .note.gnu.property,\\"a\\",@note; .p2align 3; .long 4, 16, 5; .string \\"GNU\\"; ' \
      '.long 0xc0008002, 4, %d, 0; .previous");'
OWN_CPU = ["--cpu", f"x86-64-v{MACHINE_LEVEL}"]
case("a level that this CPU has",
     {"/app": exe(["liba.so"], source=ISA % 1), "/lib/liba.so": lib(source=ISA % (2 ** MACHINE_LEVEL - 1))}, extra=OWN_CPU)
case("a program of a level that no CPU has", {"/app": exe(source=ISA % 31)}, extra=OWN_CPU)
case("a library of a level that no CPU has",
     {"/app": exe(["liba.so"]), "/lib/liba.so": lib(source=ISA % 31)}, extra=OWN_CPU)
case("libraries of a level that no CPU has: which is told of first",
     {"/app": exe(["liba.so", "libb.so"]), "/lib/liba.so": lib(source=ISA % 31, needs=["libc1.so"]),
      "/lib/libb.so": lib(source=ISA % 31), "/lib/libc1.so": lib(source=ISA % 31)}, extra=OWN_CPU)

# ---- preloads ----
case("LD_PRELOAD by path", {"/app": exe(["liba.so"]), "/lib/liba.so": lib(), "/p.so": lib()}, env={"LD_PRELOAD": "/p.so"})
case("LD_PRELOAD by name, colon and space",
     {"/app": exe(), "/lib/p.so": lib(), "/lib/q.so": lib()}, env={"LD_PRELOAD": "p.so q.so"})
case("a missing preload is only told of", {"/app": exe()}, env={"LD_PRELOAD": "/p.so:q.so"})
case("a broken preload is only told of", {"/app": exe(), "/p.so": text("x" * 200)}, env={"LD_PRELOAD": "/p.so"})
case("a preload of another class", {"/app": exe(), "/p.so": lib(patch=((4, b"\1"),))}, env={"LD_PRELOAD": "/p.so"})
case("a preload's missing need is fatal", {"/app": exe(), "/p.so": lib(needs=["libz1.so"])}, env={"LD_PRELOAD": "/p.so"},
     says=missing("libz1.so"))
case("/etc/ld.so.preload", {"/app": exe(), "/p.so": lib(), "/etc/ld.so.preload": text("/p.so\n")})
case("a missing library in /etc/ld.so.preload", {"/app": exe(), "/etc/ld.so.preload": text("/p.so")})
case("a preload defines what nothing else does",
     {"/app": exe(["libx.so"], calls=["f"], now=True, versions={"libx.so": {None: ["f"]}}), "/lib/libx.so": lib(),
      "/p.so": lib(["f"])},
     env={"LD_PRELOAD": "/p.so"})
case("a preload is also needed by name", {"/app": exe(["liba.so"]), "/lib/liba.so": lib()}, env={"LD_PRELOAD": "liba.so"})

# ---- versions ----
V1, V2 = {"V1": ["f"]}, {"V2": ["g"]}
case("a version that is defined",
     {"/app": exe(["liba.so"], calls=["f"], versions={"liba.so": V1}), "/lib/liba.so": lib(["f"], defines=V1)})
case("a version that is not defined",
     {"/app": exe(["liba.so"], calls=["g"], versions={"liba.so": V2}), "/lib/liba.so": lib(["f"], defines=V1)},
     says="/app: /lib/liba.so: version `V2' not found (required by /app)")
case("every missing version is told",
     {"/app": exe(["liba.so"], calls=["g", "h"], versions={"liba.so": {"V2": ["g"], "V3": ["h"]}}),
      "/lib/liba.so": lib(["f"], defines=V1)})
case("missing versions of several objects",
     {"/app": exe(["liba.so", "libb.so"], calls=["g"], versions={"liba.so": V2}),
      "/lib/liba.so": lib(["f"], defines=V1),
      "/lib/libb.so": lib(calls=["h"], needs=["liba.so"], versions={"liba.so": {"V4": ["h"]}})})
case("a provider without versions is only told of",
     {"/app": exe(["liba.so"], calls=["g"], versions={"liba.so": V2}), "/lib/liba.so": lib(["f", "g"])})
case("a missing library comes before a missing version",
     {"/app": exe(["liba.so", "libb.so"], calls=["g"], versions={"liba.so": V2}), "/lib/liba.so": lib(["f"], defines=V1)},
     says=missing("libb.so"))
case("the version is there and the symbol is not",
     {"/app": exe(["liba.so"], calls=["g"], versions={"liba.so": V2}, now=True), "/lib/liba.so": lib(["f"], defines={"V2": ["f"]})},
     says="/app: symbol lookup error: /app: undefined symbol: g, version V2")
case("an unversioned reference finds a versioned definition",
     {"/app": exe(["liba.so"], calls=["f"], now=True, versions={"liba.so": {None: ["f"]}}), "/lib/liba.so": lib(["f"], defines=V1)})

# ---- symbols ----
# libx.so had the symbol when the program was linked, and has it no more
GONE = {"versions": {"libx.so": {None: ["nope"]}}}
NOPE = {"/lib/libx.so": lib(), "/app": exe(["libx.so"], calls=["nope"], **GONE)}
case("an eager function that nothing defines",
     {**NOPE, "/app": exe(["libx.so"], calls=["nope"], now=True, **GONE)},
     says="/app: symbol lookup error: /app: undefined symbol: nope")
case("a lazy function that nothing defines", NOPE)
case("a lazy function that nothing defines, under LD_BIND_NOW", NOPE, env={"LD_BIND_NOW": "1"})
case("LD_BIND_NOW=0 binds now, too", NOPE, env={"LD_BIND_NOW": "0"})
case("an empty LD_BIND_NOW does not", NOPE, env={"LD_BIND_NOW": ""})
case("an object that nothing defines", {"/lib/libx.so": lib(), "/app": exe(["libx.so"], data=["nope"], **GONE)},
     says="/app: symbol lookup error: /app: undefined symbol: nope")
case("an object that a library needs and nothing defines",
     {"/app": exe(["liba.so"]), "/lib/liba.so": lib(data=["nope"])},
     says="/app: symbol lookup error: /lib/liba.so: undefined symbol: nope")
case("an object that a later library defines",
     {"/app": exe(["liba.so", "libb.so"]), "/lib/liba.so": lib(calls=["f"], now=True), "/lib/libb.so": lib(["f"])})
case("a weak reference may stay unbound",
     {"/app": exe(source="extern int nope __attribute__((weak)); int *p = &nope;")})
case("a hidden symbol of a library does not count",
     {"/app": exe(["liba.so"], calls=["f"], now=True, versions={"liba.so": {None: ["f"]}}),
      "/lib/liba.so": lib(source='__attribute__((visibility("hidden"))) int f(void) { return 0; }')})
case("two objects fail: the deeper library is told of first",
     {"/app": exe(["liba.so"], data=["x1"], versions={"liba.so": {None: ["x1"]}}), "/lib/liba.so": lib(needs=["libb.so"], data=["x2"]), "/lib/libb.so": lib(data=["x3"])})
case("siblings fail: which is told of first",
     {"/app": exe(["liba.so", "libb.so"]), "/lib/liba.so": lib(data=["x2"]), "/lib/libb.so": lib(data=["x3"])})
case("siblings that need each other fail",
     {"/app": exe(["liba.so", "libb.so"]), "/lib/liba.so": lib(needs=["libb.so"], data=["x2"]),
      "/lib/libb.so": lib(needs=["liba.so"], data=["x3"])})
case("a diamond of failing libraries",
     {"/app": exe(["liba.so", "libb.so"]), "/lib/liba.so": lib(needs=["libc1.so"], data=["x2"]),
      "/lib/libb.so": lib(needs=["libc1.so"], data=["x3"]), "/lib/libc1.so": lib(data=["x4"])})

# ---- copies, protected, unique and symbolic symbols ----
DATA = "int shared[4] = {1}; int *get(void) { return shared; }"


def copier(size=4, **facts):
    """A program at a fixed address that copies `shared` of liba.so, as it was `size` words long."""
    return exe(["liba.so"], source=f"extern int shared[]; int *volatile where; void use(void) {{ where = shared; }}",
               flags=["-no-pie", "-fno-pic", "-fno-pie", "-mcmodel=small"], stub=f"int shared[{size}] = {{1}};", **facts)


case("a copy of an object", {"/app": copier(), "/lib/liba.so": lib(source=DATA)})
case("a copy of an object that is larger now", {"/app": copier(2), "/lib/liba.so": lib(source=DATA)})
case("a copy of an object that is smaller now", {"/app": copier(8), "/lib/liba.so": lib(source=DATA)})
case("a copy of an object that is gone", {"/app": copier(), "/lib/liba.so": lib()})
case("a copy of an object that is protected",
     {"/app": copier(), "/lib/liba.so": lib(source='__attribute__((visibility("protected"))) ' + DATA)})
case("a copy finds what a preload defines",
     {"/app": copier(), "/lib/liba.so": lib(), "/p.so": lib(source=DATA)}, env={"LD_PRELOAD": "/p.so"})
case("a copy of a weak object", {"/app": copier(), "/lib/liba.so": lib(source="__attribute__((weak)) " + DATA)})
INDIRECT = ('__asm__(".section .note.gnu.property,\\"a\\",@note; .p2align 3; .long 4, 16, 5; .string \\"GNU\\"; '
            '.long 0xb0008000, 4, 1, 0; .previous");')
case("a copy of a protected object that must not be copied",
     {"/app": copier(), "/lib/liba.so": lib(source=INDIRECT + '__attribute__((visibility("protected"))) ' + DATA)})
POINTER = ["-no-pie", "-fno-pic", "-fno-pie", "-mcmodel=small"]
for now in (True, False):
    case(f"the address of a protected function, {'now' if now else 'lazily'}",
         {"/app": exe(["liba.so"], source="extern int f(void); int (*volatile where)(void); volatile int never2; "
                      "void use(void) { where = f; if (never2) f(); }", flags=POINTER, stub="int f(void) { return 0; }", now=now),
          "/lib/liba.so": lib(source='__attribute__((visibility("protected"))) int f(void) { return 0; }')})
PROTECTED = '__attribute__((visibility("protected"))) int f(void) { return 0; }'
case("a protected function serves others",
     {"/app": exe(["liba.so"], calls=["f"], now=True, versions={"liba.so": {None: ["f"]}}), "/lib/liba.so": lib(source=PROTECTED)})
UNIQUE = '__asm__(".data; .globl u; .type u, @gnu_unique_object; .size u, 4; u: .long 0; .text"); extern int u; int *p = &u;'
case("a unique symbol of two libraries",
     {"/app": exe(["liba.so", "libb.so"]), "/lib/liba.so": lib(source=UNIQUE), "/lib/libb.so": lib(source=UNIQUE)})
case("a unique symbol serves others", {"/app": exe(["liba.so"], data=["u"], versions={"liba.so": {None: ["u"]}}), "/lib/liba.so": lib(source=UNIQUE)})
case("DF_SYMBOLIC", {"/app": exe(["liba.so"]), "/lib/liba.so": lib(["f"], calls=["f"], flags=["-Wl,-Bsymbolic"], now=True)})
case("DT_SYMBOLIC and a symbol that is elsewhere",
     {"/app": exe(["liba.so", "libb.so"]), "/lib/liba.so": lib(calls=["g"], flags=["-Wl,-Bsymbolic"], now=True), "/lib/libb.so": lib(["g"])})
case("segments that share their only page", {"/app": exe(["liba.so"]), "/lib/liba.so": lib(
    flags=["-Wl,-z,max-page-size=2048"])})
case("a common symbol", {"/app": exe(["liba.so"], data=["c"], versions={"liba.so": {None: ["c"]}}),
                         "/lib/liba.so": lib(source="int c;", flags=["-fcommon"])})
case("a thread-local symbol for a function",
     {"/app": exe(["liba.so"], calls=["f"], now=True, versions={"liba.so": {None: ["f"]}}), "/lib/liba.so": lib(source="__thread int f = 1;")})
case("a symbol of a section serves",
     {"/app": exe(["liba.so"], calls=["f"], now=True, versions={"liba.so": {None: ["f"]}}),
      "/lib/liba.so": lib(source='__asm__(".globl f; .set f, 0x1234");')})
case("an absolute symbol of value 0 serves",
     {"/app": exe(["liba.so"], data=["f"], versions={"liba.so": {None: ["f"]}}), "/lib/liba.so": lib(source='__asm__(".globl f; .set f, 0");')})
case("a version that is hidden serves who asks for it",
     {"/app": exe(["liba.so"], calls=["f"], now=True, versions={"liba.so": V1}),
      "/lib/liba.so": lib(source='int f1(void) { return 0; } __asm__(".symver f1, f@V1");', defines={"V1": [], "V2": []})})
case("a version that is hidden does not serve who asks for none",
     {"/app": exe(["liba.so"], calls=["f"], now=True, versions={"liba.so": {None: ["f"]}}),
      "/lib/liba.so": lib(source='int f1(void) { return 0; } __asm__(".symver f1, f@V2");', defines={"V1": ["g"], "V2": []})})
case("the oldest version serves who asks for none",
     {"/app": exe(["liba.so"], calls=["f"], now=True, versions={"liba.so": {None: ["f"]}}),
      "/lib/liba.so": lib(source='int f1(void) { return 0; } int f2(void) { return 0; } __asm__(".symver f1, f@V1; .symver f2, f@@V2");',
                          defines={"V1": [], "V2": []})})

# ---- versions that mark an ABI ----
RELR = {"libc.so.6": {"GLIBC_ABI_DT_RELR": ["marker"]}}
case("the marker of DT_RELR", {"/app": exe(["libc.so.6"], calls=["marker"], versions=RELR)})
case("a marker that no release has", {"/app": exe(["libc.so.6"], calls=["marker"], versions={"libc.so.6": {"GLIBC_ABI_NOTHING": ["marker"]}})})
PACKED = ["-Wl,-z,pack-relative-relocs"]
case("DT_RELR without libc", {"/app": exe(["liba.so"]), "/lib/liba.so": lib(source="int x; int *p[4] = {&x, &x, &x, &x};", flags=PACKED + ["-fvisibility=hidden"])},
     releases=["2.36", "2.41"])
WEAK = {"/app": exe(["liba.so"], calls=["f"], versions={"liba.so": {"V9": ["f"]}}, weak_versions=True), "/lib/liba.so": lib(["f"], defines=V1)}
case("a weak version that is missing", WEAK)



LOAD, DYNAMIC, INTERPRETER, NOTE, PHDR, TLS, RELRO = 1, 2, 3, 4, 6, 7, 0x6474e552
TYPE, FLAGS, ADDRESS, FILE_SIZE, MEMORY = (0, "<I"), (4, "<I"), (16, "<Q"), (32, "<Q"), (40, "<Q")  # of a program header


def changed(path, tag, offset, content):
    """Other bytes at `offset` of the table that the dynamic section's `tag` names."""
    def prepare(root):
        with open(root + path, "r+b") as file:
            data = file.read()
            phoff, count = struct.unpack_from("<Q", data, 32)[0], struct.unpack_from("<H", data, 56)[0]
            segments = [struct.unpack_from("<IIQQQQQQ", data, phoff + 56 * i) for i in range(count)]
            dynamic = next(s for s in segments if s[0] == DYNAMIC)
            tags = dict(struct.unpack_from("<QQ", data, at) for at in range(dynamic[2], dynamic[2] + dynamic[5] - 16, 16))
            load = next(s for s in segments if s[0] == LOAD and s[3] <= tags[tag] < s[3] + s[5])
            file.seek(tags[tag] - load[3] + load[2] + offset)
            file.write(content)
    return prepare


def headed(path, kind, *fields):
    """The last program header of that type tells something else."""
    def prepare(root):
        with open(root + path, "r+b") as file:
            data = bytearray(file.read())
            at, count = struct.unpack_from("<Q", data, 32)[0], struct.unpack_from("<H", data, 56)[0]
            header = [at + 56 * i for i in range(count) if struct.unpack_from("<I", data, at + 56 * i)[0] == kind][-1]
            for (offset, form), value in fields:
                struct.pack_into(form, data, header + offset, value)
            file.seek(0)
            file.write(data)
    return prepare


def each(*changes):
    def prepare(root):
        for change in changes:
            change(root)
    return prepare


def retyped(path, kind):
    """The first relocation of DT_JMPREL gets another type."""
    return changed(path, 23, 8, struct.pack("<I", kind))


# ---- what may stand among the relocations of calls ----
CALLS = {"/app": exe(["liba.so"], calls=["f"]), "/lib/liba.so": lib(["f"])}
for kind, what in ((0, "NONE"), (6, "GLOB_DAT"), (8, "RELATIVE"), (99, "unknown")):
    case(f"{what} in DT_JMPREL, bound at the first call", CALLS, prepare=retyped("/app", kind))
    case(f"{what} in DT_JMPREL, bound at start", CALLS, prepare=retyped("/app", kind), env={"LD_BIND_NOW": "1"})

UNUSED = 0x6ffffef0
# ---- tables of another form ----
DEFINED, NEEDED = 0x6ffffffc, 0x6ffffffe  # DT_VERDEF, DT_VERNEED
TWO = {"V1": ["f"], "V2": ["g"]}
VERSIONED = {"/app": exe(["liba.so"], calls=["g"], versions={"liba.so": {"V2": ["g"]}}, now=True),
             "/lib/liba.so": lib(["f", "g"], defines=TWO)}
case("a version definition of a form that is not known", VERSIONED, prepare=changed("/lib/liba.so", DEFINED, 28, b"\2\0"))
case("one behind the version that is asked for", VERSIONED, prepare=changed("/lib/liba.so", DEFINED, 56, b"\2\0"))
case("a version definition under another hash", VERSIONED, prepare=changed("/lib/liba.so", DEFINED, 64, b"\1"))
WEAKLY = {**VERSIONED, "/app": exe(["liba.so"], calls=["g"], versions={"liba.so": {"V2": ["g"]}}, now=True, weak_versions=True)}
case("a version definition under another hash, weakly needed", WEAKLY, prepare=changed("/lib/liba.so", DEFINED, 64, b"\1"))
case("a version definition without a hash, weakly needed", WEAKLY, prepare=changed("/lib/liba.so", DEFINED, 64, bytes(4)))
case("a version need without a hash, weak", WEAKLY, prepare=changed("/app", NEEDED, 16, bytes(4)))
case("a version definition and its need under another hash", VERSIONED,
     prepare=each(changed("/lib/liba.so", DEFINED, 64, b"\1"), changed("/app", NEEDED, 16, b"\1")))
case("a symbol of a version that is far outside of the file's", VERSIONED, crash=True,
     prepare=changed("/lib/liba.so", 0x6ffffff0, 2, struct.pack("<6H", *[0x7f03] * 6)))
case("a program without PT_DYNAMIC", {"/app": exe()}, prepare=headed("/app", DYNAMIC, (TYPE, 0xff)))
case("a program without DT_STRTAB", {"/app": exe(retag=[(4, UNUSED), (5, UNUSED), (6, UNUSED), (0x6ffffef5, UNUSED)])})
case("a library without DT_STRTAB",
     {"/app": exe(["liba.so"]), "/lib/liba.so": lib(soname="", retag=[(4, UNUSED), (5, UNUSED), (6, UNUSED), (0x6ffffef5, UNUSED)])})
case("PT_PHDR a page further on", {"/app": exe()}, prepare=headed("/app", PHDR, (ADDRESS, 0x1040)))
FIXED = {"/app": exe(["liba.so"], flags=["-no-pie"]), "/lib/liba.so": lib()}
case("PT_PHDR a page further on, of a program at a fixed address", FIXED,
     prepare=headed("/app", PHDR, (ADDRESS, 0x401040)))
case("a program without PT_PHDR", {"/app": exe()}, prepare=headed("/app", PHDR, (TYPE, NOTE)))
case("a program at a fixed address without PT_PHDR", FIXED, prepare=headed("/app", PHDR, (TYPE, NOTE)))
case("versions of symbols without their names",
     {"/app": exe(["liba.so"]), "/lib/liba.so": lib(["f"], source="extern int weak_one(void) __attribute__((weak)); int (*weak_at)(void) = weak_one;",
                                                    defines={"V1": ["f"]}, retag=[(0x6ffffffc, UNUSED)])})
case("a version need without an index, of a symbol that is bound at start",
     {**VERSIONED, "/app": exe(["liba.so"], data=["g"], versions={"liba.so": {"V2": ["g"]}})},
     prepare=changed("/app", NEEDED, 22, b"\0"))
case("RELRO that reaches over all that is mapped behind it", {"/app": exe(["liba.so"]), "/lib/liba.so": lib()}, crash=True,
     prepare=headed("/lib/liba.so", RELRO, (MEMORY, 1 << 32)))
case("an offset into thread-local data of which nothing is left",
     {"/app": exe(["liba.so"]), "/lib/liba.so": lib(source='static __attribute__((tls_model("initial-exec"))) __thread int t; int *t_of(void) { return &t; }')},
     crash=True, prepare=headed("/lib/liba.so", TLS, (MEMORY, 0)))
case("an offset into thread-local data of a symbol that is none",
     {"/app": exe(["liba.so", "libb.so"]), "/lib/liba.so": lib(["f"]),
      "/lib/libb.so": lib(source='__attribute__((tls_model("initial-exec"))) extern __thread int f; int *t_of(void) { return &f; }')},
     crash=True)
case("calls bound as they are made, without DT_PLTGOT", {"/app": exe(["liba.so"], calls=["f"], retag=[(3, UNUSED)],
                                                                       versions={"liba.so": {None: ["f"]}}), "/lib/liba.so": lib(["f"])})
case("calls bound at start, without DT_PLTGOT", {"/app": exe(["liba.so"], calls=["f"], retag=[(3, UNUSED)], now=True,
                                                                versions={"liba.so": {None: ["f"]}}), "/lib/liba.so": lib(["f"])})
READ = 4
for path in ("/app", "/lib/liba.so"):
    files = {"/app": exe(["liba.so"]), "/lib/liba.so": lib(), "/lib/libb.so": lib()}
    case(f"a dynamic section in read-only memory, of {path}", files, crash=True, prepare=headed(path, LOAD, (FLAGS, READ)))
    case(f"one that is told to be so, of {path}", files, crash=True,
         prepare=each(headed(path, LOAD, (FLAGS, READ)), headed(path, DYNAMIC, (FLAGS, READ))))
case("one that is told to be so, of a program at a fixed address", {"/app": exe(["liba.so"], flags=["-no-pie"]), "/lib/liba.so": lib()},
     crash=True, prepare=each(headed("/app", LOAD, (FLAGS, READ)), headed("/app", DYNAMIC, (FLAGS, READ))))
case("a segment with more bytes than memory, over the library behind it",
     {"/app": exe(["liba.so", "libb.so"]), "/lib/liba.so": lib(),
      "/lib/libb.so": lib(source="extern int weak_one(void) __attribute__((weak)); int (*weak_at)(void) = weak_one;")},
     crash=True, prepare=headed("/lib/libb.so", LOAD, (FILE_SIZE, 0x3000)))
case("PT_INTERP in no memory", {"/app": exe()}, prepare=headed("/app", INTERPRETER, (ADDRESS, 1 << 32)))
case("a GNU hash table without a filter", {"/app": exe(["liba.so"], calls=["of_a"], versions={"liba.so": {"V1": ["of_a"]}}, now=True),
      "/lib/liba.so": lib(["of_a"], defines={"V1": ["of_a"]})}, crash=True,
     prepare=changed("/lib/liba.so", 0x6ffffef5, 8, b"\0"))
case("a program that starts in its data", {"/app": exe(flags=["-Wl,-e,never"])})
case("an empty need is the program", {"/app": exe(["liba.so"])}, prepare=changed("/app", 5, 1, b"\0" * 8))

# ---- filters ----
case("a missing auxiliary filtee is passed over",
     {"/app": exe(["liba.so"]), "/lib/liba.so": lib(flags=["-Wl,-f,libaux.so"])})
case("a missing filtee is fatal", {"/app": exe(["liba.so"]), "/lib/liba.so": lib(flags=["-Wl,-F,libfil.so"])})
case("a filtee is loaded", {"/app": exe(["liba.so"]), "/lib/liba.so": lib(flags=["-Wl,-F,libfil.so"]), "/lib/libfil.so": lib()})

FILTER, AUX = "-Wl,-F,libfil.so", "-Wl,-f,libaux.so"
case("a filtee misses a library",
     {"/app": exe(["liba.so"]), "/lib/liba.so": lib(flags=[FILTER]), "/lib/libfil.so": lib(needs=["libnone.so"])})
case("an auxiliary filtee misses a library",
     {"/app": exe(["liba.so"]), "/lib/liba.so": lib(flags=[AUX]), "/lib/libaux.so": lib(needs=["libnone.so"])})
case("a filtee misses a symbol of its library",
     {"/app": exe(["liba.so"]), "/lib/liba.so": lib(flags=[FILTER]), "/lib/libfil.so": lib(needs=["libb.so"], data=["f"]),
      "/lib/libb.so": lib()})
case("two filtees, each with a library, and one behind them",
     {"/app": exe(["liba.so", "libz.so"]), "/lib/liba.so": lib(needs=["liby.so"], flags=[FILTER, AUX, "-Wl,-f,libaux2.so"]),
      "/lib/libfil.so": lib(needs=["libb.so"], data=["x1"]), "/lib/libaux.so": lib(needs=["libc1.so"], data=["x2"]),
      "/lib/libaux2.so": lib(data=["x3"]), "/lib/libb.so": lib(data=["x4"]), "/lib/libc1.so": lib(data=["x5"]),
      "/lib/liby.so": lib(data=["x6"]), "/lib/libz.so": lib(data=["x7"])})
case("a filtee that is needed later comes forward",
     {"/app": exe(["liba.so", "libb.so", "libfil.so"]), "/lib/liba.so": lib(flags=[FILTER]), "/lib/libb.so": lib(data=["x1"]),
      "/lib/libfil.so": lib(needs=["libc1.so"], data=["x2"]), "/lib/libc1.so": lib(data=["x3"])})
case("a filtee that stands before stays",
     {"/app": exe(["libfil.so", "liba.so"]), "/lib/liba.so": lib(flags=[FILTER], data=["x1"]), "/lib/libfil.so": lib(data=["x2"])})
case("a filtee with a filtee",
     {"/app": exe(["liba.so"]), "/lib/liba.so": lib(flags=[FILTER], data=["x1"]),
      "/lib/libfil.so": lib(needs=["libb.so"], flags=["-Wl,-F,libfil2.so"], data=["x2"]),
      "/lib/libfil2.so": lib(needs=["libnone.so"], data=["x3"]), "/lib/libb.so": lib(data=["x4"])})
case("two that filter each other",
     {"/app": exe(["liba.so"]), "/lib/liba.so": lib(flags=[FILTER], data=["x1"]),
      "/lib/libfil.so": lib(flags=["-Wl,-F,liba.so"], data=["x2"])})
case("a filter of itself", {"/app": exe(["liba.so"]), "/lib/liba.so": lib(flags=["-Wl,-F,liba.so"], data=["x1"])})
case("a filter as program", {"/app": exe(["libfil.so"], retag=[(1, 0x7fffffff)]), "/lib/libfil.so": lib()})
case("a filter as program, with a library that is missing",
     {"/app": exe(["libfil.so", "libnone.so"], retag=[(1, 0x7fffffff)]), "/lib/libfil.so": lib()})
case("a filter as program, with libraries",
     {"/app": exe(["libfil.so", "liba.so"], retag=[(1, 0x7fffffff)]), "/lib/libfil.so": lib(data=["x1"]), "/lib/liba.so": lib(data=["x2"])})

# ---- what only mistakes make: each ends a real start ----
V2S = {"versions": {"liba.so": V2}}
case("a provider without versions, bound at start",
     {"/app": exe(["liba.so"], calls=["g"], now=True, **V2S), "/lib/liba.so": lib(["f", "g"])})
case("a provider without versions, a data reference",
     {"/app": exe(["liba.so"]), "/lib/liba.so": lib(needs=["libb.so"], data=["g"], versions={"libb.so": V2}), "/lib/libb.so": lib(["g"])})
case("another object without versions gives the symbol",
     {"/app": exe(["libb.so", "liba.so"], calls=["g"], now=True, **V2S), "/lib/liba.so": lib(["f"], defines={"V2": ["f"]}),
      "/lib/libb.so": lib(["g"])})
case("a version of a library that is not needed",
     {"/app": exe(["liba.so"], calls=["g"], now=True, **V2S), "/lib/liba.so": lib(["g"], soname="libb.so", defines=V2)})
HIDE = '__asm__(".globl h\n.hidden h\n");'
case("a relocation that writes into text",
     {"/app": exe(["liba.so"]), "/lib/liba.so": lib(source='int x; __asm__(".text; .quad x");', flags=["-Wl,-z,notext"])})
case("a relocation that writes into text, and nothing says so",
     {"/app": exe(["liba.so"]),
      "/lib/liba.so": lib(source='int x; __asm__(".text; .quad x");', flags=["-Wl,-z,notext"], retag=[(22, UNUSED), (30, UNUSED)])})

# ---- ld.so and libc ----
case("a program that needs ld.so alone", {"/app": exe(["ld-linux-x86-64.so.2"])})
case("a program that needs ld.so and libc", {"/app": exe(["ld-linux-x86-64.so.2", "libc.so.6"])})
case("a program that needs libc", {"/app": exe(["libc.so.6"])})
case("a library that calls itself libc", {"/app": exe(["liba.so"]), "/lib/liba.so": lib(soname="libc.so.6")})
case("a program that calls itself libc", {"/app": exe(flags=["-Wl,-soname,libc.so.6"])})
LIBC_FILE = f"{DEFAULT}/libc.so.6"
for other, of in (("2.31", ["2.36", "2.41"]), ("2.36", ["2.31", "2.41"]), ("2.41", ["2.31", "2.36"])):
    case(f"libc of glibc {other}",
         {"/app": exe(["libc.so.6"]), LIBC_FILE: copy_of(path_of(other, "libc.so.6"))}, releases=of, crash=True)

# ---- programs with more rights than their user (AT_SECURE) ----
USER = {"real": ["1000:1000", False], "extra": ["--user", "1000:1000"]}


def suid(*needs, **facts):
    return exe(list(needs), mode=0o4755, **facts)


case("LD_LIBRARY_PATH of a setuid program, as root", {"/app": suid("liba.so"), "/opt/e/liba.so": lib()},
     env={"LD_LIBRARY_PATH": "/opt/e"})
case("LD_LIBRARY_PATH of a setuid program", {"/app": suid("liba.so"), "/opt/e/liba.so": lib()},
     env={"LD_LIBRARY_PATH": "/opt/e"}, says=missing("liba.so"), **USER)
case("LD_LIBRARY_PATH of a setgid program", {"/app": exe(["liba.so"], mode=0o2755), "/opt/e/liba.so": lib()},
     env={"LD_LIBRARY_PATH": "/opt/e"}, says=missing("liba.so"), **USER)
case("LD_PRELOAD by path of a setuid program", {"/app": suid(), "/lib/p.so": lib()}, env={"LD_PRELOAD": "/lib/p.so:/q.so"}, **USER)
case("LD_PRELOAD by name of a setuid program", {"/app": suid(), "/lib/p.so": lib()}, env={"LD_PRELOAD": "p.so"}, **USER)
case("LD_PRELOAD of a setuid library of a setuid program", {"/app": suid(), "/lib/p.so": lib(mode=0o4755)},
     env={"LD_PRELOAD": "p.so"}, **USER)
case("/etc/ld.so.preload of a setuid program", {"/app": suid(), "/p.so": lib(), "/etc/ld.so.preload": text("/p.so\n")}, **USER)
for where in ("/opt/bin/app", "/usr/lib/bin/app"):
    case(f"$ORIGIN of a setuid program {where}",
         {where: suid("liba.so", runpath="$ORIGIN/../a"), "/opt/a/liba.so": lib(), "/usr/lib/a/liba.so": lib()}, path=where, **USER)
case("$ORIGIN behind something of a setuid program",
     {"/app": suid("liba.so", runpath="/usr/lib/$ORIGIN:/opt/a"), "/opt/a/liba.so": lib()}, **USER)
case("RUNPATH of a setuid program", {"/app": suid("liba.so", runpath="/opt/a"), "/opt/a/liba.so": lib()}, **USER)

# ---- scripts and other things that end before ld.so ----
case("an interpreter that does not exist", {"/app": exe(interp="/lib/nope.so")})
case("a static program", {"/app": exe(static=True)})


if __name__ == "__main__":
    sys.exit(run_cases(CASES, real_glibc, sys.argv, releases=list(releases())))
