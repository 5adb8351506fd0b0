"""One rule of musl's loader a case, held to the machine's own musl, and to those
that WILLRUN_MUSL names (paths of other releases' loaders, parted by colons)."""
import os
import re
import struct
import subprocess
import sys
import tempfile

from tiny import Outcome, copy_of, exe, folder, in_chroot, lib, link, run_cases, text

LOADER = "/lib/ld-musl-x86_64.so.1"
LIBC = "/lib/x86_64-linux-musl/libc.so"
PATH_FILE = "/etc/ld-musl-x86_64.path"
CASES, DLOPEN_CASES, HOST_CASES, USER_CASES, HANG_CASES = [], [], [], [], []
NOBODY = "65534:65534"


def app(*args, **facts):
    return exe(*args, interp=facts.pop("interp", LOADER), **facts)


def case(name, files, **options):
    CASES.append((name, files, options))


def opened(name, files, **options):
    """A library that a running program opens: /lib/libp.so."""
    DLOPEN_CASES.append((name, files, {"path": "/lib/libp.so", **options}))


def hosted(name, files, **options):
    """The same in a program of its own: /host, which needs /opt/h/libown.so and has /opt/h in its RUNPATH."""
    HOST_CASES.append((name, files, {"path": "/lib/libp.so", **options}))


def as_nobody(name, files, **options):
    USER_CASES.append((name, files, options))


def hangs(name, files, **options):
    HANG_CASES.append((name, files, options))


# ---- changes that no linker makes ----
DT_HASH, DT_SONAME, DT_RPATH, DT_RUNPATH, DT_GNU_HASH, DT_UNKNOWN = 4, 14, 15, 29, 0x6ffffef5, 0x70000001
PT_LOAD, PT_DYNAMIC = 1, 2


def changed(path, change):
    """A case's option: `change` is called with the bytes of the file."""
    def prepare(root):
        with open(root + path, "r+b") as file:
            data = bytearray(file.read())
            change(data)
            file.seek(0)
            file.write(data)
            file.truncate()
    return {"prepare": prepare}


def segments(data, kind):
    """Where the program headers of one kind stand."""
    start, = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    places = [start + i * size for i in range(count)]
    return [at for at in places if struct.unpack_from("<I", data, at)[0] == kind]


def readonly(data):
    """The last segment, where the dynamic section is."""
    struct.pack_into("<I", data, segments(data, PT_LOAD)[-1] + 4, 4)


def without_dynamic(data):
    for at in segments(data, PT_DYNAMIC):
        struct.pack_into("<I", data, at, 0)


def retagged(*pairs):
    """The first entry of each old tag in the dynamic section gets a new one."""
    def change(data):
        offset, = struct.unpack_from("<Q", data, segments(data, PT_DYNAMIC)[0] + 8)
        for old, new in pairs:
            at = offset
            while struct.unpack_from("<Q", data, at)[0] != old:
                at += 16
            struct.pack_into("<Q", data, at, new)
    return change


WITHOUT_HASH = retagged((DT_HASH, DT_UNKNOWN), (DT_GNU_HASH, DT_UNKNOWN))


def cut(size):
    def change(data):
        del data[size:]
    return change


def replaced(old, new):
    def change(data):
        at = data.index(old)
        data[at:at + len(old)] = new
    return change


def node(path, mode, device=0):
    """A case's option: a device, a socket or a fifo."""
    def prepare(root):
        os.makedirs(os.path.dirname(root + path), exist_ok=True)
        os.mknod(root + path, mode, device)
    return {"prepare": prepare}


def missing(name, error="No such file or directory", by="/app"):
    return f"Error loading shared library {name}: {error} (needed by {by})"


def unbound(symbol, by="/app"):
    return f"Error relocating {by}: {symbol}: symbol not found"


def real_musl(root, path, env):
    done = in_chroot(root, [path], env)
    paths = None
    if done.returncode == 0:
        # listing, the loader cannot ask the kernel where the program's file lies
        program = os.path.realpath(root + path).removeprefix(root)
        listed = in_chroot(root, [LOADER, "--list", program], env).stdout.decode("utf-8", "replace")
        paths = re.findall(r"^\t.* => (\S.*) \((?:0x)?[0-9a-f]+\)$", listed, re.MULTILINE)
    return Outcome(done.stderr.decode("utf-8", "replace").splitlines(), done.returncode, paths)


def real_as_nobody(root, path, env):
    done = in_chroot(root, [path], env, user=NOBODY)
    return Outcome(done.stderr.decode("utf-8", "replace").splitlines(), done.returncode)


def real_hang(root, path, env):
    """What it has said by the time that it hangs in open."""
    try:
        done = in_chroot(root, [path], env, timeout=2)
    except subprocess.TimeoutExpired as hung:
        return Outcome((hung.stderr or b"").decode("utf-8", "replace").splitlines(), None)
    return Outcome(done.stderr.decode("utf-8", "replace").splitlines(), done.returncode)


def real_dlopen(root, path, env):
    done = in_chroot(root, ["/host", path], env)
    return Outcome(done.stderr.decode("utf-8", "replace").splitlines(),
                   0 if done.returncode == 0 else None)


# ---- where it looks ----
case("a program without needs runs", {"/app": app()})
for where in ("/lib", "/usr/local/lib", "/usr/lib"):
    case(f"{where} is a default directory", {"/app": app(["liba.so"]), where + "/liba.so": lib()})
for where in ("/lib64", "/usr/lib64", "/lib/x86_64-linux-gnu", "/opt"):
    case(f"{where} is none", {"/app": app(["liba.so"]), where + "/liba.so": lib()}, says=missing("liba.so"))
case("/lib comes before /usr/local/lib and /usr/lib",
     {"/app": app(["liba.so"]), "/usr/lib/liba.so": lib(), "/usr/local/lib/liba.so": lib(), "/lib/liba.so": lib()})
case("every missing library is told of, in load order",
     {"/app": app(["liba.so", "libb.so"]), "/lib/libb.so": lib(needs=["libq1.so", "libq2.so"])})
case("a library's own missing need", {"/app": app(["liba.so"]), "/lib/liba.so": lib(needs=["libb.so"])},
     says=missing("libb.so", by="/lib/liba.so"))
case("the same missing library is told of for each that needs it",
     {"/app": app(["liba.so", "libq.so"]), "/lib/liba.so": lib(needs=["libq.so"])})
case("the path file is read instead of the default",
     {"/app": app(["liba.so"]), PATH_FILE: text("/opt/a\n/opt/b\n"), "/opt/b/liba.so": lib()})
case("the path file takes colons, too",
     {"/app": app(["liba.so"]), PATH_FILE: text("/opt/a:/opt/b"), "/opt/b/liba.so": lib()})
case("with a path file the default is not searched",
     {"/app": app(["liba.so"]), PATH_FILE: text("/opt/a\n"), "/lib/liba.so": lib(), "/opt": folder()},
     says=missing("liba.so"))
case("an empty path file leaves nothing to search, and no error", {"/app": app(["liba.so"]), PATH_FILE: text("")},
     says=missing("liba.so", "No error information"))
case("a path file that is a folder leaves nothing to search", {"/app": app(["liba.so"]), PATH_FILE: folder()},
     says=missing("liba.so", "Is a directory"))
case("a dangling path file is none", {"/app": app(["liba.so"]), PATH_FILE: link("/nowhere"), "/lib/liba.so": lib()})
case("a path file that is a loop of links", {"/app": app(["liba.so"]), PATH_FILE: link(PATH_FILE), "/lib/liba.so": lib()},
     says=missing("liba.so", "Symbolic link loop"))
case("the path file stands behind what the loader's name has before its second-last slash",
     {"/app": app(["liba.so"], interp="/usr/lib/ld.so"), "/usr/lib/ld.so": copy_of(LIBC),
      "/usr" + PATH_FILE: text("/opt/a"), "/opt/a/liba.so": lib()})
case("an empty line in the path file is passed over",
     {"/app": app(["liba.so"]), PATH_FILE: text("\n\n:/opt/a\n"), "/opt/a/liba.so": lib()})

# ---- RPATH, RUNPATH, the environment ----
case("RPATH", {"/app": app(["liba.so"], rpath="/opt/a"), "/opt/a/liba.so": lib()})
case("RUNPATH", {"/app": app(["liba.so"], runpath="/opt/a"), "/opt/a/liba.so": lib()})
case("RUNPATH is inherited as RPATH is",
     {"/app": app(["liba.so"], runpath="/opt/a:/opt/b"), "/opt/a/liba.so": lib(needs=["libb.so"]),
      "/opt/b/libb.so": lib()})
case("a library's own RUNPATH comes before the program's",
     {"/app": app(["liba.so"], runpath="/opt/a:/opt/x"), "/opt/a/liba.so": lib(needs=["libb.so"], runpath="/opt/y"),
      "/opt/x/libb.so": lib(), "/opt/y/libb.so": lib()})
case("the chain goes on behind a library's own RUNPATH",
     {"/app": app(["liba.so"], runpath="/opt/a:/opt/x"), "/opt/a/liba.so": lib(needs=["libb.so"], runpath="/opt/y"),
      "/opt/x/libb.so": lib()})
case("inheritance follows the first that asked",
     {"/app": app(["liba.so", "libb.so"]), "/lib/liba.so": lib(needs=["libc1.so"], rpath="/opt/a"),
      "/opt/a/libc1.so": lib(needs=["libd.so"]), "/lib/libb.so": lib(), "/opt/a/libd.so": lib()})
case("LD_LIBRARY_PATH comes before RPATH",
     {"/app": app(["liba.so"], rpath="/opt/a"), "/opt/a/liba.so": lib(), "/opt/e/liba.so": lib()},
     env={"LD_LIBRARY_PATH": "/opt/e"})
case("LD_LIBRARY_PATH comes before the default",
     {"/app": app(["liba.so"]), "/lib/liba.so": lib(), "/opt/e/liba.so": lib()}, env={"LD_LIBRARY_PATH": "/no:/opt/e"})
case("a semicolon parts nothing", {"/app": app(["liba.so"]), "/opt/e/liba.so": lib(), "/opt/f": folder()},
     env={"LD_LIBRARY_PATH": "/opt/f;/opt/e"}, says=missing("liba.so"))
case("an empty LD_LIBRARY_PATH is none", {"/app": app(["liba.so"]), "/lib/liba.so": lib()}, env={"LD_LIBRARY_PATH": ""})
case("an empty element is passed over, not the working directory",
     {"/app": app(["liba.so"]), "/liba.so": lib()}, env={"LD_LIBRARY_PATH": ":"}, says=missing("liba.so"))
case("a relative element", {"/app": app(["liba.so"], runpath="opt/a"), "/opt/a/liba.so": lib()})
case("a trailing slash stays in the path", {"/app": app(["liba.so"], runpath="/opt/a/"), "/opt/a/liba.so": lib()})
case("a loop of links ends the whole search",
     {"/app": app(["liba.so"]), "/opt/e": link("/opt/e"), "/lib/liba.so": lib()},
     env={"LD_LIBRARY_PATH": "/opt/e"}, says=missing("liba.so", "Symbolic link loop"))
case("a file in the way does not",
     {"/app": app(["liba.so"]), "/opt/e": text("x"), "/lib/liba.so": lib()}, env={"LD_LIBRARY_PATH": "/opt/e"})
case("the errno of the last search is told",
     {"/app": app(["liba.so"]), PATH_FILE: text("/opt/e\n"), "/opt/e": text("x")},
     says=missing("liba.so", "Not a directory"))
case("an errno lasts", {"/app": app(["/opt/e/x", "liba.so"]), PATH_FILE: text(""), "/opt/e": text("x")})

case("a newline separates elements of LD_LIBRARY_PATH", {"/app": app(["liba.so"]), "/opt/a/liba.so": lib()},
     env={"LD_LIBRARY_PATH": "/no\n/opt/a"})
case("an element that is too long for the buffer is passed over", {"/app": app(["liba.so"]), "/opt/a/liba.so": lib()},
     env={"LD_LIBRARY_PATH": "/" + "x" * 600 + ":/opt/a"})
for length in (502, 503, 504):
    case(f"the buffer's end: {length} bytes before the name", {"/app": app(["liba.so"]), "/liba.so": lib()},
         env={"LD_LIBRARY_PATH": "/" * length})
case("RUNPATH wins where both stand, RPATH first",
     {"/app": app(["liba.so"]), "/lib/liba.so": lib(needs=["libb.so"], soname="/opt/r", runpath="/opt/p"),
      "/opt/r/libb.so": lib(), "/opt/p/libb.so": lib()}, **changed("/lib/liba.so", retagged((DT_SONAME, DT_RPATH))))
case("RUNPATH wins where both stand, RUNPATH first",
     {"/app": app(["liba.so"]), "/lib/liba.so": lib(needs=["libb.so"], soname="/opt/r", rpath="/opt/p"),
      "/opt/r/libb.so": lib(), "/opt/p/libb.so": lib()}, **changed("/lib/liba.so", retagged((DT_SONAME, DT_RUNPATH))))
case("a path file that is an empty device leaves nothing to search", {"/app": app(["liba.so"]), "/lib/liba.so": lib()},
     **node(PATH_FILE, 0o20666, os.makedev(1, 3)), says=missing("liba.so", "No error information"))
case("a file in the place of /etc", {"/app": app(["liba.so"]), "/lib/liba.so": lib(), "/etc": text("x")},
     says=missing("liba.so", "Not a directory"))
case("a path file ends at a NUL", {"/app": app(["liba.so"]), PATH_FILE: text("/opt/a\0:/opt/b"), "/opt/b/liba.so": lib()},
     says=missing("liba.so"))
case("the path file of a loader three folders down", {"/app": app(["liba.so"], interp="/opt/x/lib/ld.so"),
     "/opt/x/lib/ld.so": copy_of(LIBC), "/opt/x" + PATH_FILE: text("/opt/a"), "/opt/a/liba.so": lib()})
case("the path file of a loader in the root", {"/app": app(["liba.so"], interp="/ld.so"), "/ld.so": copy_of(LIBC),
     PATH_FILE: text("/opt/a"), "/opt/a/liba.so": lib()})
case("the path file of a loader by a relative path", {"/app": app(["liba.so"], interp="lib/ld-musl-x86_64.so.1"),
     "/lib/liba.so": lib(), PATH_FILE: text("/opt/a"), "/opt/a/liba.so": lib(needs=["libq.so"])})

# ---- $ORIGIN ----
for token in ("$ORIGIN", "${ORIGIN}"):
    case(f"{token} of the program", {"/d/app": app(["liba.so"], runpath=token + "/../l"), "/l/liba.so": lib()},
         path="/d/app")
case("$ORIGIN of a program in the root", {"/app": app(["liba.so"], runpath="$ORIGIN/l"), "/l/liba.so": lib()})
case("$ORIGIN of a program behind a link is that of its file",
     {"/d/app": app(["liba.so"], runpath="$ORIGIN/l"), "/app": link("d/app"), "/d/l/liba.so": lib()})
case("$ORIGIN of a library is its name as it was found",
     {"/app": app(["liba.so"], runpath="/opt/a"), "/opt/real/liba.so": lib(needs=["libb.so"], runpath="$ORIGIN/l"),
      "/opt/a/liba.so": link("../real/liba.so"), "/opt/a/l/libb.so": lib()})
case("$ORIGIN twice", {"/d/app": app(["liba.so"], runpath="$ORIGIN/x:$ORIGIN/y"), "/d/y/liba.so": lib()}, path="/d/app")
case("$LIB makes the whole path worthless",
     {"/app": app(["liba.so"], runpath="/opt/a:$LIB"), "/opt/a/liba.so": lib()}, says=missing("liba.so"))
case("no token in LD_LIBRARY_PATH", {"/app": app(["liba.so"]), "/opt/liba.so": lib()},
     env={"LD_LIBRARY_PATH": "$ORIGIN/opt"}, says=missing("liba.so"))

case("$ORIGIN of a library in the root is empty",
     {"/app": app(["/liba.so"]), "/liba.so": lib(needs=["libb.so"], runpath="$ORIGIN/x"), "/x/libb.so": lib()})
case("$ORIGIN alone of a library in the root is no element",
     {"/app": app(["/liba.so"]), "/liba.so": lib(needs=["libb.so"], runpath="$ORIGIN"), "/libb.so": lib()},
     says=missing("libb.so", by="/liba.so"))
case("$ORIGIN of a library by a relative path", {"/app": app(["opt/liba.so"]),
     "/opt/liba.so": lib(needs=["libb.so"], runpath="$ORIGIN/x"), "/opt/x/libb.so": lib()})
case("$ORIGIN is a prefix of a longer word", {"/d/app": app(["liba.so"], runpath="$ORIGINAL/x"), "/dAL/x/liba.so": lib()},
     path="/d/app")
case("${ORIGIN without its end is another token", {"/d/app": app(["liba.so"], runpath="${ORIGIN/x"), "/d/x/liba.so": lib()},
     path="/d/app", says=missing("liba.so", by="/d/app"))

# ---- names ----
case("a need with a slash is a path", {"/app": app(["/opt/liba.so"]), "/opt/liba.so": lib(soname="/opt/liba.so")})
case("a missing need with a slash", {"/app": app(["/opt/liba.so"])}, says=missing("/opt/liba.so"))
for name in ("libc.so.6", "libc.so", "libm.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1", "libutil.so.1",
             "libxnet.so", "libc.musl-x86_64.so.1"):
    case(f"{name} is the loader itself", {"/app": app([name])})
for name in ("libcrypt.so.1", "libresolv.so.2", "libnsl.so.1", "libstdc++.so.6", "ld-linux-x86-64.so.2", "libma.so"):
    case(f"{name} is not", {"/app": app([name])}, says=missing(name))
case("the loader is listed once for each of its names' kinds",
     {"/app": app(["libc.so.6", "libm.so.6", "liba.so"]), "/lib/liba.so": lib(needs=["libc.musl-x86_64.so.1", "libm.so.1"])})
case("the loader by its own path", {"/app": app([LOADER, "liba.so"]), "/lib/liba.so": lib()})
case("a library by name and by a link to it is one",
     {"/app": app(["liba.so", "libb.so"]), "/lib/liba.so": lib(), "/lib/libb.so": link("liba.so")})
case("a library by path is known by its name only once a search finds it",
     {"/app": app(["/lib/liba.so", "liba.so"]), "/lib/liba.so": lib(soname="/lib/liba.so")})
case("a SONAME counts for nothing",
     {"/app": app(["liba.so", "libother.so"]), "/lib/liba.so": lib(soname="libother.so")}, says=missing("libother.so"))
case("a name that is too long is not looked for", {"/app": app(["liba.so"]), "/lib/liba.so": lib(needs=["x" * 300])})
case("glibc's own libc by path is the loader instead",
     {"/app": app(["/opt/libc.so.6"]), "/opt/libc.so.6": copy_of("/lib/x86_64-linux-gnu/libc.so.6")})
case("musl's libc under another path is the loader instead",
     {"/app": app(["/opt/libmine.so"]), "/opt/libmine.so": copy_of(LIBC)})

case("an empty name", {"/app": app(["liba.so"]), "/lib/liba.so": lib()}, **changed("/app", replaced(b"liba.so\0", b"\0iba.so\0")),
     says=missing("", "Invalid argument"))
case("a relative need is told of as it stands", {"/app": app(["opt/liba.so"]), "/opt/liba.so": lib(needs=["libb.so"])},
     says=missing("libb.so", by="opt/liba.so"))
case("a need with a slash that is too long", {"/app": app(["liba.so"]), "/lib/liba.so": lib(needs=["opt/" + "x" * 300])})
case("a circle of needs", {"/app": app(["liba.so"]), "/lib/liba.so": lib(needs=["libb.so"]), "/lib/libb.so": lib(needs=["liba.so"])})
case("the program as its own library is loaded once more", {"/app": app(["/lib/liba.so"]), "/lib/liba.so": link("/app")})
case("the kernel's object is none of a start", {"/app": app(["linux-gate.so.1"])}, says=missing("linux-gate.so.1"))

# ---- files that it cannot map ----
case("a text file is no library", {"/app": app(["liba.so"]), "/lib/liba.so": text("hello\n" * 40)},
     says=missing("liba.so", "Exec format error"))
case("an empty file", {"/app": app(["liba.so"]), "/lib/liba.so": text("")}, says=missing("liba.so", "Exec format error"))
case("a folder", {"/app": app(["liba.so"]), "/lib/liba.so": folder(), "/usr/lib/liba.so": lib()},
     says=missing("liba.so", "Is a directory"))
case("what cannot be mapped ends the search",
     {"/app": app(["liba.so"]), "/lib/liba.so": text("x" * 400), "/usr/lib/liba.so": lib()},
     says=missing("liba.so", "Exec format error"))
case("another ELF class", {"/app": app(["liba.so"]), "/lib/liba.so": lib(flags=["-m32"])},
     says=missing("liba.so", "Exec format error"))
case("an object file", {"/app": app(["liba.so"]), "/lib/liba.so": lib(patch=((16, b"\1\0"),))},
     says=missing("liba.so", "Exec format error"))
case("the machine is not looked at", {"/app": app(["liba.so"]), "/lib/liba.so": lib(["f"], patch=((18, b"\xb7\0"),))})
case("a relocation of another machine", {"/app": app(["liba.so"]),
     "/lib/liba.so": lib(source="int f(void){return 0;} int g(void) __attribute__((ifunc(\"r\"))); void *r(void){return f;} int (*p)(void) = g;")})
case("a dangling link", {"/app": app(["liba.so"]), "/lib/liba.so": link("nowhere"), "/usr/lib/liba.so": lib()})

case("the magic number is not looked at", {"/app": app(["liba.so"]), "/lib/liba.so": lib(["f"], patch=((0, b"X"),))})
case("nor are class and byte order of e_ident", {"/app": app(["liba.so"]), "/lib/liba.so": lib(["f"], patch=((4, b"\1\2"),))})
case("a file that ends in its header", {"/app": app(["liba.so"]), "/lib/liba.so": lib(["f"])}, **changed("/lib/liba.so", cut(40)),
     says=missing("liba.so", "Exec format error"))
case("a file that ends in its program headers", {"/app": app(["liba.so"]), "/lib/liba.so": lib(["f"])},
     **changed("/lib/liba.so", cut(100)), says=missing("liba.so", "Exec format error"))
for size in (0x1000, 0x1800, 0x2800):
    case(f"a file of which {size:#x} bytes are left", {"/app": app(["liba.so", "libq.so"]), "/lib/liba.so": lib(["f"])},
         **changed("/lib/liba.so", cut(size)))
case("a read-only dynamic section of a library", {"/app": app(["liba.so"]), "/lib/liba.so": lib(["f"])},
     **changed("/lib/liba.so", readonly))
case("one of the program, where the loader leaves a word for debuggers", {"/app": app(["liba.so"]), "/lib/liba.so": lib(["f"])},
     **changed("/app", readonly))
case("no dynamic section", {"/app": app(["liba.so"]), "/lib/liba.so": lib(["f"])}, **changed("/lib/liba.so", without_dynamic),
     says=missing("liba.so", "Exec format error"))
case("a program without one crashes the loader", {"/app": app(["liba.so"]), "/lib/liba.so": lib()},
     **changed("/app", without_dynamic))
case("a program with fixed addresses serves as a library", {"/app": app(["liba.so"]),
     "/lib/liba.so": app(["libz.so"], flags=["-no-pie"]), "/lib/libz.so": lib()})
case("but not where something lies", {"/app": app(["liba.so"], flags=["-no-pie"]),
     "/lib/liba.so": app(["libz.so"], flags=["-no-pie"]), "/lib/libz.so": lib()}, says=missing("liba.so", "Resource busy"))
case("nor two of them", {"/app": app(["liba.so", "libb.so"]), "/lib/liba.so": app(["libz.so"], flags=["-no-pie"]),
     "/lib/libb.so": app(["libz.so"], flags=["-no-pie"]), "/lib/libz.so": lib()}, says=missing("libb.so", "Resource busy"))
case("a library that is a loop of links ends the search",
     {"/app": app(["liba.so"]), "/lib/liba.so": link("liba.so"), "/usr/lib/liba.so": lib()},
     says=missing("liba.so", "Symbolic link loop"))
case("a device", {"/app": app(["liba.so"]), "/usr/lib/liba.so": lib()}, **node("/lib/liba.so", 0o20666, os.makedev(1, 3)),
     says=missing("liba.so", "Exec format error"))
case("a socket", {"/app": app(["liba.so"]), "/usr/lib/liba.so": lib()}, **node("/lib/liba.so", 0o140666),
     says=missing("liba.so", "No such device or address"))
case("a library without a hash table crashes the loader", {"/app": app(["libq.so", "liba.so"]), "/lib/liba.so": lib(["f"])},
     **changed("/lib/liba.so", WITHOUT_HASH), says=missing("libq.so"))
case("a program without one crashes it at the first lookup",
     {"/app": app(["libq.so", "liba.so"]), "/lib/liba.so": lib(calls=["zz"])}, **changed("/app", WITHOUT_HASH), says=missing("libq.so"))
case("at the latest when all else went well", {"/app": app(["liba.so"]), "/lib/liba.so": lib(["f"])}, **changed("/app", WITHOUT_HASH))
case("which it never gets to where something is missing", {"/app": app(["libq.so"])}, **changed("/app", WITHOUT_HASH),
     says=missing("libq.so"))
for style in ("sysv", "gnu"):
    case(f"a table of the {style} kind", {"/app": app(["liba.so"], calls=["f"], versions={"liba.so": {None: ["f"]}}),
         "/lib/liba.so": lib(["f"], flags=[f"-Wl,--hash-style={style}"])})

# ---- preloads ----
case("LD_PRELOAD by path", {"/app": app(["liba.so"]), "/lib/liba.so": lib(), "/p.so": lib()}, env={"LD_PRELOAD": "/p.so"})
case("LD_PRELOAD by name, with space and colon",
     {"/app": app(), "/lib/p.so": lib(), "/lib/q.so": lib()}, env={"LD_PRELOAD": "p.so: q.so"})
case("a missing preload is passed over without a word", {"/app": app()}, env={"LD_PRELOAD": "/p.so q.so"})
case("a broken preload likewise", {"/app": app(), "/p.so": text("x" * 200)}, env={"LD_PRELOAD": "/p.so"})
case("a preload's missing need is told of", {"/app": app(), "/p.so": lib(needs=["libz1.so"])}, env={"LD_PRELOAD": "/p.so"},
     says=missing("libz1.so", by="/p.so"))
case("a preload is not searched for in the program's RPATH",
     {"/app": app(rpath="/opt/a"), "/opt/a/p.so": lib()}, env={"LD_PRELOAD": "p.so"})
case("a failed preload leaves its errno", {"/app": app(["liba.so"]), PATH_FILE: text(""), "/f": text("x")},
     env={"LD_PRELOAD": "/f/p.so"}, says=missing("liba.so", "Not a directory"))
case("blanks behind the last preload leave theirs", {"/app": app(["liba.so"]), PATH_FILE: text("")},
     env={"LD_PRELOAD": "/p.so "}, says=missing("liba.so", "Invalid argument"))
case("a preload defines what nothing else does",
     {"/app": app(["libx.so"], calls=["f"], versions={"libx.so": {None: ["f"]}}), "/lib/libx.so": lib(), "/p.so": lib(["f"])},
     env={"LD_PRELOAD": "/p.so"})
case("/etc/ld.so.preload is glibc's", {"/app": app(), "/p.so": text("x"), "/etc/ld.so.preload": text("/p.so")})

case("every blank separates preloads", {"/app": app(), "/lib/p.so": lib(), "/lib/q.so": lib(), "/lib/r.so": lib()},
     env={"LD_PRELOAD": "\np.so\tq.so\v:r.so"})
case("a preload twice is one", {"/app": app(), "/lib/p.so": lib()}, env={"LD_PRELOAD": "p.so /lib/p.so p.so"})
case("a need that is preloaded by name", {"/app": app(["p.so"]), "/opt/p.so": lib()}, env={"LD_PRELOAD": "p.so", "LD_LIBRARY_PATH": "/opt"})
case("a need that is preloaded by path is looked for", {"/app": app(["p.so"]), "/opt/p.so": lib()}, env={"LD_PRELOAD": "/opt/p.so"},
     says=missing("p.so"))
for name in ("libc.so", LOADER):
    case(f"{name} preloaded gives its symbols",
         {"/app": app(["libx.so"], calls=["malloc"], versions={"libx.so": {None: ["malloc"]}}), "/lib/libx.so": lib()},
         env={"LD_PRELOAD": name})

# ---- symbols ----
GONE = {"versions": {"libx.so": {None: ["nope"]}}}
case("a function that nothing defines is told of at once", {"/lib/libx.so": lib(), "/app": app(["libx.so"], calls=["nope"], **GONE)},
     says=unbound("nope"))
case("every one of them is told of",
     {"/lib/libx.so": lib(), "/app": app(["libx.so"], calls=["nope", "nada"], versions={"libx.so": {None: ["nope", "nada"]}})})
case("an object that nothing defines", {"/lib/libx.so": lib(), "/app": app(["libx.so"], data=["nope"], **GONE)},
     says=unbound("nope"))
case("functions come before objects", {"/app": app(["liba.so"]), "/lib/liba.so": lib(calls=["f1"], data=["d1"])})
case("libraries in load order, the program last",
     {"/app": app(["liba.so", "libb.so"], data=["x1"], versions={"liba.so": {None: ["x1"]}}),
      "/lib/liba.so": lib(data=["x2"]), "/lib/libb.so": lib(data=["x3"])})
case("missing libraries come before missing symbols",
     {"/app": app(["libq.so", "libx.so"], calls=["nope"], **GONE), "/lib/libx.so": lib()})
case("a weak reference may stay unbound",
     {"/app": app(source="extern int nope __attribute__((weak)); int *p = &nope;")})
case("versions do not count",
     {"/app": app(["liba.so"], calls=["g"], versions={"liba.so": {"V2": ["g"]}}), "/lib/liba.so": lib(["g"], defines={"V1": ["g"]})})
case("a missing version is none",
     {"/app": app(["liba.so"], calls=["f"], versions={"liba.so": {"V9": ["f"]}}), "/lib/liba.so": lib(["f"])})
case("a symbol of a hidden version does not count",
     {"/app": app(["liba.so"], calls=["g"], versions={"liba.so": {None: ["g"]}}),
      "/lib/liba.so": lib(source='int real(void){return 0;} __asm__(".symver real, g@V1");', defines={"V1": ["real"]})},
     says=unbound("g"))
case("a function chosen by a resolver does not count",
     {"/app": app(["liba.so"], calls=["g"], versions={"liba.so": {None: ["g"]}}),
      "/lib/liba.so": lib(source='static int f(void){return 0;} void *r(void){return f;} int g(void) __attribute__((ifunc("r")));')},
     says=unbound("g"))
case("the loader's symbols count once something needs it",
     {"/app": app(["libc.so"], calls=["malloc"], versions={"libc.so": {None: ["malloc"]}})})
case("and do not where nothing does",
     {"/app": app(["libx.so"], calls=["malloc"], versions={"libx.so": {None: ["malloc"]}}), "/lib/libx.so": lib()},
     says=unbound("malloc"))
for symbol in ("__printf_chk", "fopen64", "fcntl64", "secure_getenv", "__isoc99_sscanf", "gnu_get_libc_version"):
    case(f"{symbol} of this release", {"/app": app(["libc.so"], calls=[symbol], versions={"libc.so": {None: [symbol]}})})
case("a copied object is not looked for in the program",
     {"/app": app(["liba.so"], source="extern int d; int get(void) { return d; }", flags=["-no-pie", "-fno-pic"],
                  versions={"liba.so": {None: ["d"]}}), "/lib/liba.so": lib(source="int d = 1;")})
case("thread-local storage of a library that is gone",
     {"/app": app(["liba.so"], source="extern __thread int t; int get(void) { return t; }"), "/lib/liba.so": lib()})
case("packed relative relocations", {"/app": app(["liba.so"]), "/lib/liba.so": lib(
    source="static int a, b, c; int *p[] = {&a, &b, &c, &a, &b, &c};", flags=["-Wl,-z,nopack-relative-relocs"])})

case("what the program defines serves its libraries",
     {"/app": app(["liba.so"], source="int d = 4; int g(void) { return 1; }", flags=["-rdynamic"]),
      "/lib/liba.so": lib(calls=["g"], data=["d"])})
case("an absolute symbol of value 0 does not count",
     {"/app": app(["liba.so", "libb.so"]), "/lib/liba.so": lib(source="extern char z[]; char *p = z;"),
      "/lib/libb.so": lib(source='__asm__(".globl z\\n z = 0");')}, says=unbound("z", by="/lib/liba.so"))
case("one of another value does",
     {"/app": app(["liba.so", "libb.so"]), "/lib/liba.so": lib(source="extern char z[]; char *p = z;"),
      "/lib/libb.so": lib(source='__asm__(".globl z\\n z = 16");')})
case("a thread-local symbol at offset 0 counts",
     {"/app": app(["libc.so", "liba.so", "libb.so"]), "/lib/liba.so": lib(source="extern __thread int z; int *p(void) { return &z; }"),
      "/lib/libb.so": lib(source="__thread int z;")})
case("a unique symbol counts", {"/app": app(["liba.so", "libb.so"]), "/lib/liba.so": lib(data=["u"]), "/lib/libb.so": lib(source=
     '__asm__(".data\\n.globl u\\n.type u,@gnu_unique_object\\n.size u,4\\nu: .long 1\\n.text");')})
case("the address of a function in a program with fixed addresses counts, for data alone",
     {"/app": app(["liba.so"], flags=["-no-pie", "-fno-pic"], versions={"liba.so": {None: ["f"]}},
                  source="extern int f(void); int (*volatile p)(void); int t(void) { p = f; return f(); }"),
      "/lib/liba.so": lib(data=["f"])}, says=unbound("f"))
case("and not for calls",
     {"/app": app(["liba.so"], flags=["-no-pie", "-fno-pic"], versions={"liba.so": {None: ["f"]}},
                  source="extern int f(void); int (*volatile p)(void); int t(void) { p = f; return f(); }"),
      "/lib/liba.so": lib(calls=["f"])})
WEAK = "extern __thread int t __attribute__((weak%s)); int *p(void) { return &t; }"
for model, attribute, flags in (("dynamic", "", []), ("static", ', tls_model("initial-exec")', []), ("described", "", ["-mtls-dialect=gnu2"])):
    case(f"a weak {model} thread-local symbol that is nowhere crashes the loader",
         {"/app": app(["libc.so", "liba.so"]), "/lib/liba.so": lib(source=WEAK % attribute, flags=flags)})
case("after what it has to say by then", {"/app": app(["libq.so", "liba.so"]), "/lib/liba.so": lib(source=WEAK % "")})
case("a program whose function is chosen by a resolver",
     {"/app": app(source='int f(void) { return 0; } void *r(void) { return f; } '
                         'int g(void) __attribute__((ifunc("r"))); int (*p)(void) = g;')})
for symbol in ("readdir64_r", "posix_fallocate64", "fstatat64", "__fxstat64", "alphasort64", "fseeko64", "x64"):
    case(f"{symbol} of this release", {"/app": app(["libc.so"], calls=[symbol], versions={"libc.so": {None: [symbol]}})})
case("large-file names are the loader's even where nothing needs it",
     {"/app": app(["libx.so"], calls=["fopen64"], versions={"libx.so": {None: ["fopen64"]}}), "/lib/libx.so": lib()})
PACKED = ["-Wl,-z,pack-relative-relocs"]
POINTERS = "static int a, b, c; int *p[] = {&a, &b, &c, &a, &b, &c};"
case("packed relative relocations of a library's data", {"/app": app(["liba.so"]), "/lib/liba.so": lib(source=POINTERS, flags=PACKED)})
case("packed relative relocations of the program's data", {"/app": app(source=POINTERS, flags=PACKED)})

# ---- what the kernel decides ----
case("an interpreter that does not exist", {"/app": app(interp="/lib/ld-musl-nope.so.1")})
case("a link to the loader under glibc's name",
     {"/app": app(["liba.so"], interp="/lib64/ld-linux-x86-64.so.2"), "/lib64/ld-linux-x86-64.so.2": link("../lib/ld-musl-x86_64.so.1"),
      "/lib/liba.so": lib()})
case("which is a name of the loader, too",
     {"/app": app(["/lib64/ld-linux-x86-64.so.2"], interp="/lib64/ld-linux-x86-64.so.2"),
      "/lib64/ld-linux-x86-64.so.2": link("../lib/ld-musl-x86_64.so.1")})
case("a script: its own path names the program",
     {"/app": app(["libq.so"]), "/s": text("#!/app\n", 0o755)}, path="/s", says=missing("libq.so", by="/s"))

case("a script of a script: the first one's path", {"/app": app(["libq.so"]), "/t": text("#!/app\n", 0o755),
     "/s": text("#!/t\n", 0o755)}, path="/s", says=missing("libq.so", by="/s"))
ENV = {"/bin/busybox": copy_of("/bin/busybox"), "/usr/bin/env": link("/bin/busybox"),
       "/s": text("#!/usr/bin/env app\n", 0o755)}
for folder_of_path in ("/bin", "bin"):
    case(f"a script of env: what env found in {folder_of_path}", {**ENV, "/bin/app": app(["libq.so"])}, path="/s",
         env={"PATH": folder_of_path}, says=missing("libq.so", by=folder_of_path + "/app"))
case("a script of env that finds a script: the found one's path",
     {**ENV, "/opt/app": app(["libq.so"]), "/bin/app": text("#!/opt/app\n", 0o755)}, path="/s", env={"PATH": "/bin"},
     says=missing("libq.so", by="/bin/app"))

# ---- dlopen ----
opened("a library without needs", {"/lib/libp.so": lib(["f"])})
opened("the libc is there", {"/lib/libp.so": lib(calls=["malloc", "printf"])})
opened("a missing need", {"/lib/libp.so": lib(needs=["libq.so", "libr.so"])}, says=missing("libq.so", by="/lib/libp.so"))
opened("a need of a need", {"/lib/libp.so": lib(needs=["liba.so"]), "/lib/liba.so": lib(needs=["libq.so"])},
       says=missing("libq.so", by="/lib/liba.so"))
opened("a symbol of an unknown version need",
       {"/lib/libp.so": lib(needs=["libx.so"], calls=["nope"], **{"versions": {"libx.so": {"V1": ["nope"]}}}), "/lib/libx.so": lib()},
       says=unbound("nope", by="/lib/libp.so"))
opened("only the first error is told",
       {"/lib/libp.so": lib(needs=["libx.so"], data=["n1", "n2"], versions={"libx.so": {"V1": ["n1", "n2"]}}), "/lib/libx.so": lib()})
opened("the library is relocated before its needs",
       {"/lib/libp.so": lib(needs=["libx.so"], data=["n1"], versions={"libx.so": {"V1": ["n1"]}}),
        "/lib/libx.so": lib(needs=["liby.so"], data=["n2"], versions={"liby.so": {"V1": ["n2"]}}), "/lib/liby.so": lib()})
opened("its own RUNPATH", {"/lib/libp.so": lib(needs=["liba.so"], runpath="$ORIGIN/p"), "/lib/p/liba.so": lib()})
opened("static TLS of its own",
       {"/lib/libp.so": lib(source='__thread int t __attribute__((tls_model("initial-exec"))); int get(void) { return t; }')})
opened("static TLS of a need",
       {"/lib/libp.so": lib(needs=["liba.so"], source='extern __thread int t __attribute__((tls_model("initial-exec"))); int get(void) { return t; }'),
        "/lib/liba.so": lib(source="__thread int t;")})
opened("dynamic TLS", {"/lib/libp.so": lib(source="__thread int t[900]; int get(void) { return t[1]; }", needs=["libc.so"])})
opened("packed relative relocations of its data", {"/lib/libp.so": lib(source=POINTERS, flags=PACKED)})
opened("packed relative relocations of its constructors",
       {"/lib/libp.so": lib(flags=PACKED, source="static void i(void) {} "
                            '__attribute__((section(".init_array"), used)) static void (*p[])(void) = {i, i};')})
opened("packed relative relocations of a need's constructors",
       {"/lib/libp.so": lib(needs=["liba.so"]), "/lib/liba.so": lib(flags=PACKED, source="static void i(void) {} "
                            '__attribute__((section(".init_array"), used)) static void (*p[])(void) = {i, i};')})
opened("a weak thread-local symbol that is nowhere", {"/lib/libp.so": lib(source=WEAK % "")})
opened("a need of itself", {"/lib/libp.so": lib(needs=["libp.so"])})
opened("the kernel's object is there", {"/lib/libp.so": lib(needs=["linux-gate.so.1"])})
opened("$ORIGIN of a library behind a link", {"/lib/libreal.so": lib(needs=["libb.so"], runpath="$ORIGIN/x"),
       "/opt/libp.so": link("../lib/libreal.so"), "/opt/x/libb.so": lib()}, path="/opt/libp.so")
opened("a preload of the process defines what it lacks", {"/lib/libp.so": lib(calls=["zork"]), "/lib/z.so": lib(["zork"])},
       env={"LD_PRELOAD": "z.so"})
opened("no dynamic section", {"/lib/libp.so": lib(["f"])}, **changed("/lib/libp.so", without_dynamic))
opened("no hash table", {"/lib/libp.so": lib(["f"])}, **changed("/lib/libp.so", WITHOUT_HASH))
opened("a loop of links in LD_LIBRARY_PATH", {"/lib/libp.so": lib(needs=["libb.so"]), "/opt/e": link("/opt/e"), "/lib/libb.so": lib()},
       env={"LD_LIBRARY_PATH": "/opt/e"}, says=missing("libb.so", "Symbolic link loop", by="/lib/libp.so"))
opened("an errno of the process' start does not last", {"/lib/libp.so": lib(needs=["libq.so"]), PATH_FILE: text("")},
       env={"LD_PRELOAD": "/nope/p.so"}, says=missing("libq.so", "No error information", by="/lib/libp.so"))
opened("a program", {"/lib/libp.so": app()})
opened("described thread-local storage",
       {"/lib/libp.so": lib(source="__thread int t[9]; int get(void) { return t[1]; }", flags=["-mtls-dialect=gnu2"])})
opened("the loader itself by another path", {"/lib/libp.so": copy_of(LIBC)})
opened("a file that cannot be mapped", {"/lib/libp.so": lib(needs=["liba.so"]), "/lib/liba.so": text("x" * 300)},
       says=missing("liba.so", "Exec format error", by="/lib/libp.so"))

# ---- dlopen by a program that is known ----
hosted("the program's symbols", {"/lib/libp.so": lib(calls=["host_api"])})
hosted("the symbols of what it needs", {"/lib/libp.so": lib(calls=["own"])})
hosted("its RUNPATH serves what it opens", {"/lib/libp.so": lib(needs=["liba.so"]), "/opt/h/liba.so": lib()})
hosted("and what that needs", {"/lib/libp.so": lib(needs=["liba.so"]), "/opt/h/liba.so": lib(needs=["libb.so"]), "/opt/h/libb.so": lib()})
hosted("what is nowhere else", {"/lib/libp.so": lib(calls=["nobody"])}, says=unbound("nobody", by="/lib/libp.so"))
hosted("static TLS of what the program needs",
       {"/lib/libp.so": lib(source='extern __thread int own_tls __attribute__((tls_model("initial-exec"))); '
                                   "int get(void) { return own_tls; }")})
hosted("a library that is loaded already", {}, path="/opt/h/libown.so")
hosted("a need that is loaded already", {"/lib/libp.so": lib(needs=["libown.so"])})
hosted("a preload of the program", {"/lib/libp.so": lib(calls=["zork"]), "/lib/z.so": lib(["zork"])}, env={"LD_PRELOAD": "z.so"})
hosted("a missing need", {"/lib/libp.so": lib(needs=["libq.so"])}, says=missing("libq.so", by="/lib/libp.so"))

# ---- permissions ----
as_nobody("a library that may not be read is passed over",
          {"/app": app(["liba.so"]), "/lib/liba.so": lib(mode=0o700), "/usr/lib/liba.so": lib()})
as_nobody("its errno is told", {"/app": app(["liba.so"]), "/usr/lib/liba.so": lib(mode=0o700)},
          says=missing("liba.so", "Permission denied"))
as_nobody("a folder that may not be entered", {"/app": app(["liba.so"], runpath="/opt/a"), "/opt/a": folder(0o700),
          "/opt/a/x": text("x"), "/lib/liba.so": lib()})
as_nobody("a path file that may not be read leaves nothing to search",
          {"/app": app(["liba.so"]), PATH_FILE: text("/lib", 0o600), "/lib/liba.so": lib()}, says=missing("liba.so", "Permission denied"))
for bit, name in ((0o4755, "set-user-id"), (0o2755, "set-group-id")):
    as_nobody(f"a {name} program does not look at the environment",
              {"/app": app(["liba.so"], mode=bit), "/opt/liba.so": lib()}, env={"LD_LIBRARY_PATH": "/opt"}, says=missing("liba.so"))
as_nobody("nor at $ORIGIN", {"/d/app": app(["liba.so"], runpath="$ORIGIN/l", mode=0o4755), "/d/l/liba.so": lib()}, path="/d/app",
          says=missing("liba.so", by="/d/app"))
as_nobody("its libraries do", {"/d/app": app(["/d/liba.so"], mode=0o4755), "/d/liba.so": lib(needs=["libb.so"], runpath="$ORIGIN/l"),
          "/d/l/libb.so": lib()}, path="/d/app")
as_nobody("unless they were found by a relative path", {"/app": app(["d/liba.so"], mode=0o4755),
          "/d/liba.so": lib(needs=["libb.so"], runpath="$ORIGIN/l"), "/d/l/libb.so": lib()}, says=missing("libb.so", by="d/liba.so"))

# ---- open that does not return ----
hangs("a fifo in the place of a library", {"/app": app(["libq.so", "liba.so"])}, **node("/lib/liba.so", 0o10666),
      says=missing("libq.so"))
hangs("a fifo in the place of the path file", {"/app": app(["liba.so"]), "/lib/liba.so": lib()}, **node(PATH_FILE, 0o10666))

HOST = r"""
#include <dlfcn.h>
#include <stdio.h>
int main(int argc, char **argv)
{
    if (dlopen(argv[1], RTLD_NOW) != NULL)
        return 0;
    fprintf(stderr, "%s\n", dlerror());
    return 1;
}
"""


OWN = "__thread int own_tls; int own(void) { return own_tls; }"


def compiled(work, name, source, *flags):
    path = os.path.join(work, name)
    subprocess.run(["musl-gcc", "-x", "c", "-o", path, "-", "-x", "none", *flags], input=source, text=True, check=True)
    return path


def run_against(libc, work):
    """All cases against one release of the loader; how many of the lists failed."""
    host = compiled(work, "host", HOST)
    own = compiled(work, "libown.so", OWN, "-shared", "-fPIC", "-Wl,-soname,libown.so")
    owner = compiled(work, "owner", HOST + "int host_api(void) { return 1; }", "-rdynamic", "-Wl,-rpath,/opt/h",
                     "-Wl,--no-as-needed", own)
    loader = {LOADER: copy_of(libc)}
    hosts = {**loader, "/host": copy_of(owner), "/opt/h/libown.so": copy_of(own)}
    return sum((run_cases(CASES, real_musl, sys.argv, common=loader),
                run_cases(DLOPEN_CASES, real_dlopen, sys.argv, common={**loader, "/host": copy_of(host)}),
                run_cases(HOST_CASES, real_dlopen, sys.argv, common=hosts, extra=("--host", "/host")),
                run_cases(USER_CASES, real_as_nobody, sys.argv, common=loader, extra=("--user", NOBODY)),
                run_cases(HANG_CASES, real_hang, sys.argv, common=loader)))


def main():
    failed = 0
    for libc in [LIBC, *filter(None, os.environ.get("WILLRUN_MUSL", "").split(":"))]:
        with tempfile.TemporaryDirectory() as work:
            print(libc)
            failed += run_against(libc, work)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
