"""One rule of musl's loader a case, held to the machine's own musl."""
import os
import re
import subprocess
import sys
import tempfile

from tiny import Outcome, copy_of, exe, folder, in_chroot, lib, link, run_cases, text

LOADER = "/lib/ld-musl-x86_64.so.1"
LIBC = "/lib/x86_64-linux-musl/libc.so"
PATH_FILE = "/etc/ld-musl-x86_64.path"
CASES, DLOPEN_CASES = [], []


def app(*args, **facts):
    return exe(*args, interp=facts.pop("interp", LOADER), **facts)


def case(name, files, **options):
    CASES.append((name, files, options))


def opened(name, files, **options):
    """A library that a running program opens: /lib/libp.so."""
    DLOPEN_CASES.append((name, files, {"path": "/lib/libp.so", **options}))


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
        paths = re.findall(r"^\t.* => (\S.*) \(0x[0-9a-f]+\)$", listed, re.MULTILINE)
    return Outcome(done.stderr.decode("utf-8", "replace").splitlines(), done.returncode, paths)


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
opened("a file that cannot be mapped", {"/lib/libp.so": lib(needs=["liba.so"]), "/lib/liba.so": text("x" * 300)},
       says=missing("liba.so", "Exec format error", by="/lib/libp.so"))

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


def main():
    status = run_cases(CASES, real_musl, sys.argv, common={LOADER: copy_of(LIBC)})
    with tempfile.TemporaryDirectory() as work:
        host = os.path.join(work, "host")
        subprocess.run(["musl-gcc", "-x", "c", "-o", host, "-"], input=HOST, text=True, check=True)
        common = {LOADER: copy_of(LIBC), "/host": copy_of(host)}
        return run_cases(DLOPEN_CASES, real_dlopen, sys.argv, common=common) or status


if __name__ == "__main__":
    sys.exit(main())
