"""One rule of glibc's dlopen (RTLD_NOW) a case: a host opens /plugin.so, for real and in willrun.

Each case is asked with `--host /host`, and where the host is a bare one, without a host, too."""
import sys

from glibc_cases import FLAGS, LOAD, READ, headed
from releases import DEFAULT, releases
from tiny import Outcome, exe, folder, in_chroot, lib, link, run_cases, text

CASES = []
HOST, PLUGIN = "/host", "/plugin.so"

# Opens its argument, and prints the files that this loads, or why it cannot be. Symbols without
# versions: each glibc binds them to its own default version.
SOURCE = """
struct map { unsigned long address; char *name; void *dynamic; struct map *next, *before; };
extern struct map *dlopen(const char *path, int flags);
extern char *dlerror(void);
extern int puts(const char *text), fflush(void *stream);
extern void _exit(int status);
extern int __libc_start_main(int (*)(int, char **), int, char **, void *, void *, void *, void *);
%s
int main(int argc, char **argv)
{
    struct map *map = dlopen(argv[1], 2), *first = map;
    if (map == 0)
        puts(dlerror());
    while (first != 0 && first->before != 0)
        first = first->before;
    for (struct map *at = first; at != 0; at = at->next)
        puts(at->name);
    fflush(0);
    _exit(map == 0);
}
__asm__(".globl _start\\n_start: xor %%ebp, %%ebp\\n mov %%rsp, %%rdi\\n and $-16, %%rsp\\n call start_c\\n");
void start_c(long *stack) { __libc_start_main(main, (int)stack[0], (char **)(stack + 1), 0, 0, 0, stack); }
"""
LIBC = {"libdl.so.2": {None: ["dlopen", "dlerror"]},
        "libc.so.6": {None: ["puts", "fflush", "_exit", "__libc_start_main"]}}


def host(needs=(), source="", flags=(), versions=None, **facts):
    """The program that opens; `source` defines what it offers to what it opens."""
    return exe([*needs, *LIBC], whole=SOURCE % source, flags=["-Wl,--export-dynamic", *flags],
               versions={**LIBC, **(versions or {})}, **facts)


BARE = host()


def dlopen(root, path, env):
    """What a real host, and its ld.so, print; the files that the process has at the end."""
    done = in_chroot(root, [HOST, path], env)
    lines = (done.stdout + done.stderr).decode("utf-8", "replace").splitlines()
    if done.returncode == 0:
        return Outcome([], 0, [line for line in lines if line.startswith("/")])
    return Outcome(lines, done.returncode)


def same(subject, real):
    """The differences between the real dlopen and willrun's word."""
    wrong = []
    if (subject["verdict"] in ("runs", "degraded")) != (real.status == 0):
        wrong.append(f"verdict {subject['verdict']}, real exit {real.status} {real.lines}")
    if subject["predicted"]["stderr"] != real.lines:
        wrong.append("says %r\n      real %r" % (subject["predicted"]["stderr"], real.lines))
    if real.paths is not None:
        objects = [o for o in subject["objects"] if o["path"]]
        old = [subject["path"], *(o["path"] for o in objects if o["via"] == "loaded"),
               *(f"{DEFAULT}/{name}" for name in ("libc.so.6", "libdl.so.2"))]
        mine, theirs = ([path for path in paths if path not in old and "/ld-" not in path and "libh" not in path]
                        for paths in ([o["path"] for o in objects], real.paths))
        if mine != theirs:
            wrong.append(f"loads {mine}, real {theirs}")
    return wrong


def case(name, files, alone=None, **options):
    """`alone`: the verdict without --host; None: the same as with it."""
    bare = HOST not in files
    files = {HOST: BARE, **files}
    common = {"path": PLUGIN, "compare": same, **options}
    CASES.append((name, files, {**common, "extra": ["--host", HOST]}))
    if bare and alone is None:
        CASES.append((f"{name}, no host named", files, common))
    elif alone is not None:
        CASES.append((f"{name}, no host named", files, {
            **common, "compare": lambda subject, real: [] if subject["verdict"] == alone
            else [f"verdict {subject['verdict']}, not {alone}"]}))


def missing(name):
    return f"{name}: cannot open shared object file: No such file or directory"


# ---- what it needs ----
case("a plugin without needs", {PLUGIN: lib(["f"])})
case("a needed library", {PLUGIN: lib(needs=["liba.so"]), "/lib/liba.so": lib()})
case("a missing library", {PLUGIN: lib(needs=["liba.so"])}, says=missing("liba.so"))
case("a library's own missing need",
     {PLUGIN: lib(needs=["liba.so"]), "/lib/liba.so": lib(needs=["libb.so"])}, says=missing("libb.so"))
case("the first missing library is told of",
     {PLUGIN: lib(needs=["liba.so", "libb.so"])}, says=missing("liba.so"))
case("a plugin that needs libc", {PLUGIN: lib(needs=["libc.so.6"], calls=["puts"], versions=LIBC)})
case("a plugin that calls libc and does not need it", {PLUGIN: lib(calls=["puts"])})
case("a loop of needs",
     {PLUGIN: lib(needs=["liba.so"]), "/lib/liba.so": lib(needs=["libb.so"]), "/lib/libb.so": lib(needs=["liba.so"])})
case("breadth first", {PLUGIN: lib(needs=["liba.so", "libb.so"]), "/lib/liba.so": lib(needs=["libc1.so"]),
                       "/lib/libb.so": lib(), "/lib/libc1.so": lib()})
case("a needed file of garbage", {PLUGIN: lib(needs=["liba.so"]), "/lib/liba.so": text("x" * 200)})
case("a needed folder", {PLUGIN: lib(needs=["liba.so"]), "/lib/liba.so": folder()})
case("a read-only dynamic section, to which ld.so writes", {PLUGIN: lib()}, crash=True, prepare=headed(PLUGIN, LOAD, (FLAGS, READ)))
case("a missing need comes before an undefined symbol",
     {PLUGIN: lib(needs=["liba.so", "libb.so"], data=["nope"]), "/lib/liba.so": lib(data=["nope2"])},
     says=missing("libb.so"))
case("LD_PRELOAD is in the host", {PLUGIN: lib(calls=["f"]), "/libhp.so": lib(["f"])}, env={"LD_PRELOAD": "/libhp.so"})

# ---- versions ----
V1, V2 = {"V1": ["f"]}, {"V2": ["g"]}
case("a version that is defined",
     {PLUGIN: lib(needs=["liba.so"], calls=["f"], versions={"liba.so": V1}), "/lib/liba.so": lib(["f"], defines=V1)})
case("a version that is not defined: the first is told of",
     {PLUGIN: lib(needs=["liba.so"], calls=["g", "h"], versions={"liba.so": {"V2": ["g"], "V3": ["h"]}}),
      "/lib/liba.so": lib(["f"], defines=V1)})
case("a version of libc that is not defined",
     {PLUGIN: lib(needs=["libc.so.6"], calls=["g"], versions={"libc.so.6": {"GLIBC_2.99": ["g"]}})},
     says=f"{DEFAULT}/libc.so.6: version `GLIBC_2.99' not found (required by {PLUGIN})")
case("a provider without versions", {PLUGIN: lib(needs=["liba.so"], calls=["g"], versions={"liba.so": V2}),
                                     "/lib/liba.so": lib(["g"])})
case("the version is there and the symbol is not",
     {PLUGIN: lib(needs=["liba.so"], calls=["g"], versions={"liba.so": V2}), "/lib/liba.so": lib(["f"], defines={"V2": ["f"]})})
case("a version missing in a library that the host has",
     {HOST: host(["liba.so"]), "/lib/liba.so": lib(["f"], defines=V1),
      PLUGIN: lib(needs=["liba.so"], calls=["g"], versions={"liba.so": V2})})

# ---- symbols ----
case("a function that nothing defines", {PLUGIN: lib(calls=["nope"])}, alone="unknown",
     says=f"{PLUGIN}: undefined symbol: nope")
case("an object that nothing defines", {PLUGIN: lib(data=["nope"])}, alone="unknown")
case("a weak reference", {PLUGIN: lib(source="extern int nope __attribute__((weak)); int *p = &nope;")})
case("the host defines a function", {HOST: host(source="int f(void) { return 0; }"), PLUGIN: lib(calls=["f"])},
     alone="unknown")
case("the host defines a function and does not export it",
     {HOST: host(source='__attribute__((visibility("hidden"))) int f(void) { return 0; }'), PLUGIN: lib(calls=["f"])},
     alone="unknown")
case("a library of the host defines it",
     {HOST: host(["libh.so"]), "/lib/libh.so": lib(["f"]), PLUGIN: lib(calls=["f"])}, alone="unknown")
case("a need of a library of the host defines it",
     {HOST: host(["libh.so"]), "/lib/libh.so": lib(needs=["libh2.so"]), "/lib/libh2.so": lib(["f"]),
      PLUGIN: lib(calls=["f"])}, alone="unknown")
case("the plugin's library is bound to the plugin",
     {PLUGIN: lib(["f"], needs=["liba.so"]), "/lib/liba.so": lib(calls=["f"])})
case("the plugin is bound to a library that comes later",
     {PLUGIN: lib(needs=["liba.so", "libb.so"]), "/lib/liba.so": lib(calls=["f"]), "/lib/libb.so": lib(["f"])})
case("a library of the host is not bound again",
     {HOST: host(["libh.so"]), "/lib/libh.so": lib(calls=["later"]), PLUGIN: lib(needs=["libh.so"])})
case("two objects fail: the deeper one is told of first",
     {PLUGIN: lib(needs=["liba.so"], data=["x1"]), "/lib/liba.so": lib(needs=["libb.so"], data=["x2"]),
      "/lib/libb.so": lib(data=["x3"])}, alone="unknown")
case("siblings fail", {PLUGIN: lib(needs=["liba.so", "libb.so"]), "/lib/liba.so": lib(data=["x2"]),
                       "/lib/libb.so": lib(data=["x3"])}, alone="unknown")
case("a version of a symbol that the host defines without one",
     {HOST: host(source="int g(void) { return 0; }"), "/lib/liba.so": lib(["f"], defines={"V2": ["f"]}),
      PLUGIN: lib(needs=["liba.so"], calls=["g"], versions={"liba.so": V2})})
case("an IFUNC",
     {PLUGIN: lib(source="static int one(void) { return 1; } static void *pick(void) { return one; } "
                         'int f(void) __attribute__((ifunc("pick")));', calls=["f"])})
case("DF_SYMBOLIC", {PLUGIN: lib(["f"], calls=["f"], flags=["-Wl,-Bsymbolic"])})
case("a protected function of its own",
     {PLUGIN: lib(source='__attribute__((visibility("protected"))) int f(void) { return 0; } int (*p)(void) = f;')})
case("a unique symbol",
     {PLUGIN: lib(source='__asm__(".data\\n.globl u\\n.type u, @gnu_unique_object\\n.size u, 4\\nu: .long 0\\n"); extern int u; int *p = &u;')})

# ---- where it is looked for ----
case("RUNPATH of the plugin", {PLUGIN: lib(needs=["liba.so"], runpath="/opt/a"), "/opt/a/liba.so": lib()})
case("RPATH of the plugin is for its libraries, too",
     {PLUGIN: lib(needs=["liba.so"], rpath="/opt/a"), "/opt/a/liba.so": lib(needs=["libb.so"]), "/opt/a/libb.so": lib()})
case("RUNPATH of the plugin is not", {PLUGIN: lib(needs=["liba.so"], runpath="/opt/a"),
                                     "/opt/a/liba.so": lib(needs=["libb.so"]), "/opt/a/libb.so": lib()})
case("RPATH of the host is for the plugin's needs",
     {HOST: host(rpath="/opt/h"), PLUGIN: lib(needs=["liba.so"]), "/opt/h/liba.so": lib()}, alone="fails")
case("RUNPATH of the host is not",
     {HOST: host(runpath="/opt/h"), PLUGIN: lib(needs=["liba.so"]), "/opt/h/liba.so": lib()})
case("a plugin's RUNPATH switches the host's RPATH off",
     {HOST: host(rpath="/opt/h"), PLUGIN: lib(needs=["liba.so"], runpath="/no"), "/opt/h/liba.so": lib()})
case("what the host has is not looked for",
     {HOST: host(["liba.so"], runpath="/opt/h"), PLUGIN: lib(needs=["liba.so"], runpath="/opt/p"),
      "/opt/h/liba.so": lib(), "/opt/p/liba.so": lib()})
case("what the host has under another name",
     {HOST: host(["libold.so"], runpath="/opt/h"), PLUGIN: lib(needs=["libnew.so"], runpath="/opt/p"),
      "/opt/h/libold.so": lib(soname="libnew.so"), "/opt/p/libnew.so": lib()})
case("the same file under another name is what the host has",
     {HOST: host(["liba.so"]), "/lib/liba.so": lib(soname=""), "/lib/libb.so": link("liba.so"),
      PLUGIN: lib(needs=["libb.so"])})
case("$ORIGIN of the plugin", {"/opt/p/plugin.so": lib(needs=["liba.so"], runpath="$ORIGIN/../l"),
                               "/opt/l/liba.so": lib()}, path="/opt/p/plugin.so")
case("$ORIGIN in the host's RPATH",
     {"/opt/bin/host": BARE, HOST: host(rpath="$ORIGIN/l"), "/l/liba.so": lib(), PLUGIN: lib(needs=["liba.so"])})
case("LD_LIBRARY_PATH", {PLUGIN: lib(needs=["liba.so"]), "/opt/e/liba.so": lib()}, env={"LD_LIBRARY_PATH": "/opt/e"})
case("a plugin that the host needs itself",
     {HOST: host([PLUGIN]), PLUGIN: lib(["f"], soname="")})
case("the plugin's soname is that of a library of its own",
     {PLUGIN: lib(needs=["liba.so", "libp.so"], soname="libp.so"), "/lib/liba.so": lib(soname="libp.so")})

# ---- refusals ----
NODELETE, NOOPEN = ["-Wl,-z,nodelete"], ["-Wl,-z,nodlopen"]
case("DF_1_NODELETE does not matter", {PLUGIN: lib(flags=NODELETE)})
case("DF_1_NOOPEN", {PLUGIN: lib(flags=NOOPEN)}, says=f"{PLUGIN}: shared object cannot be dlopen()ed")
case("a needed library with DF_1_NOOPEN", {PLUGIN: lib(needs=["liba.so"]), "/lib/liba.so": lib(flags=NOOPEN)})
case("DF_1_NOOPEN of a library of the host",
     {HOST: host(["liba.so"]), PLUGIN: lib(needs=["liba.so"]), "/lib/liba.so": lib(flags=NOOPEN)})
case("a needed position-independent program", {PLUGIN: lib(needs=["prog"]), "/lib/prog": exe()})
case("a needed fixed program", {PLUGIN: lib(needs=["prog"]), "/lib/prog": exe(static=True)})
case("a needed object file", {PLUGIN: lib(needs=["liba.so"]), "/lib/liba.so": lib(patch=((16, b"\1"),))})
STACK = ["-Wl,-z,execstack"]
case("an executable stack", {PLUGIN: lib(flags=STACK)})
case("a needed library with an executable stack", {PLUGIN: lib(needs=["liba.so"]), "/lib/liba.so": lib(flags=STACK)})
case("an executable stack, and the host has one", {HOST: host(flags=STACK), PLUGIN: lib(flags=STACK)})
case("an executable stack, and a library of the host has one",
     {HOST: host(["libh.so"]), "/lib/libh.so": lib(flags=STACK), PLUGIN: lib(flags=STACK)})

# ---- filters ----
FILTER, AUX = "-Wl,-F,libfil.so", "-Wl,-f,libaux.so"
case("a missing filtee", {PLUGIN: lib(flags=[FILTER])})
case("a missing auxiliary filtee", {PLUGIN: lib(flags=[AUX])})
case("a filtee", {PLUGIN: lib(flags=[FILTER]), "/lib/libfil.so": lib()})
case("a filtee with a library", {PLUGIN: lib(flags=[FILTER]), "/lib/libfil.so": lib(needs=["libb.so"]), "/lib/libb.so": lib()})
case("a filtee misses a library", {PLUGIN: lib(flags=[FILTER]), "/lib/libfil.so": lib(needs=["libnone.so"])})
case("an auxiliary filtee misses a library", {PLUGIN: lib(flags=[AUX]), "/lib/libaux.so": lib(needs=["libnone.so"])})
case("the filtee of a library misses a symbol",
     {PLUGIN: lib(needs=["liba.so"]), "/lib/liba.so": lib(flags=[FILTER]), "/lib/libfil.so": lib(needs=["libb.so"], data=["f"]),
      "/lib/libb.so": lib()}, alone="unknown")
case("a filtee that the host has",
     {HOST: host(["libfil.so"]), PLUGIN: lib(flags=[FILTER]), "/lib/libfil.so": lib(needs=["libb.so"]), "/lib/libb.so": lib()})


# ---- static TLS ----
def tls(size, align=1, model="initial-exec"):
    return (f"__thread char room[{size}] __attribute__((aligned({align}), tls_model(\"{model}\"))) = {{1}}; "
            f"char *at(void) {{ return room; }}")


for size in (16, 512, 1600, 1664, 1712, 1728, 1800, 4096):
    case(f"{size} bytes of static TLS", {PLUGIN: lib(source=tls(size))})
case("static TLS of a large alignment", {PLUGIN: lib(source=tls(16, 4096))})
case("much dynamic TLS", {PLUGIN: lib(source=tls(100000, 1, "global-dynamic"))})
case("static TLS of two libraries",
     {PLUGIN: lib(source=tls(900), needs=["liba.so"]),
      "/lib/liba.so": lib(source=tls(900).replace("room", "rest").replace("at(", "at2("))})
case("static TLS beside a host that has much itself",
     {HOST: host(source=tls(3000)), PLUGIN: lib(source=tls(1600))})
case("static TLS that a library of the host defines",
     {HOST: host(["libh.so"]), "/lib/libh.so": lib(source="__thread int room[4000] = {1};"),
      PLUGIN: lib(source='extern __thread int room[4000] __attribute__((tls_model("initial-exec"))); int *at(void) { return room; }')},
     alone="unknown")

if __name__ == "__main__":
    sys.exit(run_cases(CASES, dlopen, sys.argv, releases=list(releases(["libdl.so.2"]))))
