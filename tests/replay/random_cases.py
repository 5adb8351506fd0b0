"""Roots drawn at random from a small pool of programs and libraries, each started by the real
loaders and replayed. A number gives the same root each time, and RANDOM_POOL another pool.

random_cases.py WILLRUN [FIRST [COUNT [glibc|dlopen|musl|musl-dlopen]…]]"""
import os
import random
import sys

import dlopen_cases
from glibc_cases import DEFAULT, MACHINE_LEVEL, cpu, ldconfig
from musl_cases import LIBC, LOADER, PATH_FILE, real_musl
from releases import releases
from tiny import copy_of, exe, folder, lib, link, real_glibc, run_cases, text

INTERP = "/lib64/ld-linux-x86-64.so.2"
NAMES = ["liba.so", "libb.so", "libc1.so", "libd.so", "libe.so"]
PLACES = ["/opt/a", "/opt/b", "/opt/b/sub"]
SEARCHES = ["/opt/a", "/opt/b", "/opt/a:/opt/b", "/opt/b:/opt/a", "$ORIGIN", "$ORIGIN/../b", "${ORIGIN}/sub",
            "$ORIGIN/sub:/opt/a", "/opt/$LIB:/opt/a", "/nowhere:/opt/b", "opt/a", ":/opt/b", "/opt/b/",
            "/opt//a:/opt/b/sub", "$ORIGINAL/a:/opt/a", "/opt/l:/opt/b", "$PLATFORM:/opt/a", "/opt/a::", "//opt/b"]
MUSL = {"libc.so": {None: ["dlopen", "dlerror", "puts", "fflush", "_exit", "__libc_start_main"]}}
FILTERS = 0.2  # of libraries have filtees
LEVELS = ["x86-64-v2", "x86-64-v3", "x86-64-v4"]


def function(name, number=""):
    return "f_" + name[3] + str(number)


def draw_defines(chance, name):
    """Versions that a library defines, and their symbols."""
    f = function(name)
    return chance.choice([{}, {}, {"V1": [f]}, {"V2": [f]}, {"V1": [f], "V2": []}, {"V1": [], "V2": [f]}])


def draw_wants(chance, needs):
    """What is called of each needed library, in which version."""
    calls, wanted, data = [], {}, []
    for name in needs:
        if "/" in name or chance.random() < 0.5:
            continue
        f = function(name)
        wanted[name] = chance.choice([{None: [f]}, {None: [f]}, {"V1": [f]}, {"V2": [f]}])
        chance.choice([calls, calls, data]).append(f)
    return calls, data, wanted


def draw_facts(chance, needs):
    calls, data, wanted = draw_wants(chance, needs)
    facts = {"calls": calls, "data": data, "versions": wanted, "now": chance.random() < 0.6}
    how = chance.choice(["rpath", "runpath", "rpath", "runpath", None])
    if how:
        facts[how] = chance.choice(SEARCHES)
    flags = []
    if chance.random() < 0.1:
        flags.append("-Wl,-z,nodefaultlib")
    if chance.random() < 0.1:
        flags.append("-Wl,-Bsymbolic")
    facts["flags"] = flags
    facts["source"] = chance.choice(
        ["", "", "", "extern int weak_one(void) __attribute__((weak)); int (*weak_at)(void) = weak_one;",
         "extern __thread int t_one; int *t_of(void) { return &t_one; }",
         '__attribute__((tls_model("initial-exec"))) extern __thread int t_one; int *t_of(void) { return &t_one; }',
         "extern int o_one; int *o_of(void) { return &o_one; }"])
    return facts


def draw_needs(chance, names, most):
    needs = chance.sample(names, chance.randrange(0, most + 1))
    if chance.random() < 0.06:
        needs.append(chance.choice(["/opt/a/liba.so", "opt/b/libb.so", "$ORIGIN/libe.so", "libz9.so"]))
    return needs


def draw_lib(chance, name):
    others = [other for other in NAMES if other != name]
    needs = draw_needs(chance, others, 2)
    facts = draw_facts(chance, needs)
    soname = chance.choice([name, name, name, name, "", chance.choice(NAMES), "libother.so"])
    source = facts.pop("source") + chance.choice(["", "", "__thread int t_one = 1;", "int o_one = 1;", "int weak_one(void) { return 1; }"])
    if "extern" in source and source.count("_one") > 3:
        source = ""
    facts["flags"] = facts["flags"] + chance.choice([[], [], [], ["-Wl,-z,initfirst"], ["-Wl,-z,interpose"], ["-Wl,-z,nodelete"]])
    if chance.random() < FILTERS:
        facts["flags"] = facts["flags"] + [f"-Wl,-{tag}," + chance.choice([*NAMES, "libz9.so", "$ORIGIN/" + name])
                                           for tag in chance.choice(["F", "f", "Ff", "ff"])]
    patch = chance.choice([None] * 14 + [[(18, b"\xb7\0")], [(4, b"\1")], [(16, b"\1\0")], [(7, b"\x09")], [(8, b"\1")], [(0, b"XXXX")]])
    defs = chance.choice([[function(name)]] * 5 + [[]])
    defines = draw_defines(chance, name) if defs else {}
    return lib(defs, needs, soname=soname, source=source, defines=defines, patch=patch,
               **{key: facts[key] for key in facts if key != "calls"}, calls=facts["calls"])


def pool_of(seed, interp):
    chance = random.Random(f"pool {seed}")
    libs = {name: [draw_lib(chance, name) for _ in range(12)] for name in NAMES}
    programs = []
    for _ in range(24):
        needs = draw_needs(chance, NAMES, 3) or ["liba.so"]
        facts = draw_facts(chance, needs)
        programs.append(exe(needs, interp=interp, **facts))
    return programs, libs


def draw_tree(chance, libs, defaults, glibc):
    files = {}
    places = PLACES + defaults
    for name in NAMES:
        for _ in range(chance.choice([0, 1, 1, 1, 2, 2, 3])):
            place = chance.choice(places)
            if glibc and chance.random() < 0.15:
                place += "/" + chance.choice([f"glibc-hwcaps/{level}" for level in LEVELS] + ["tls", "x86_64", "haswell"])
            path = f"{place}/{name}"
            if path in files:
                continue
            kind = chance.random()
            if kind < 0.8:
                files[path] = chance.choice(libs[name])
            elif kind < 0.84:
                files[path] = link(chance.choice([f"../a/{name}", f"/opt/b/{name}", f"{chance.choice(NAMES)}", name, "/nowhere"]))
            elif kind < 0.88:
                files[path] = text("")
            elif kind < 0.91:
                files[path] = text("not an ELF file, but long enough to have a header of one, were it one: " * 3)
            elif kind < 0.93:
                files[path] = folder()
            elif kind < 0.96:
                files[path] = chance.choice(libs[chance.choice(NAMES)])
            else:
                files[path + ".1"] = chance.choice(libs[name])
                files[path] = link(name + ".1")
    if chance.random() < 0.2:
        files["/opt/l"] = link("a")
        files.setdefault("/opt/a", folder())
    return files


def draw_environment(chance):
    env = {}
    if chance.random() < 0.3:
        env["LD_LIBRARY_PATH"] = chance.choice(["/opt/a", "/opt/b", "/opt/b:/opt/a", ":/opt/a", "$ORIGIN/opt/a", "/opt/b/sub", "opt/b"])
    if chance.random() < 0.2:
        env["LD_PRELOAD"] = chance.choice(["liba.so", "/opt/a/libb.so", "/opt/b/libe.so libd.so", "libz9.so:libc1.so"])
    if chance.random() < 0.2:
        env["LD_BIND_NOW"] = "1"
    return env


def spoil(chance, files):
    """Cut a file, or put one in the place of another, once the cache is made."""
    paths = sorted(path for path, spec in files.items() if spec.kind == "lib")
    return (chance.choice(["cut", "remove"]), chance.choice(paths), chance.randrange(0, 5000)) if paths and chance.random() < 0.15 else None


def prepare_of(configured, spoiled):
    def prepare(root):
        if configured:
            ldconfig(*configured)(root)
        if spoiled:
            how, path, size = spoiled
            if how == "remove":
                os.unlink(root + path)
            else:
                os.truncate(root + path, min(size, os.path.getsize(root + path)))
    return prepare


def draw_level(chance):
    """A CPU of one level, from the lowest on: options of a case."""
    return cpu(f"x86-64-v{min(chance.choice([1, 2, 3]), MACHINE_LEVEL)}")


def glibc_case(number, pool):
    chance = random.Random(f"root {number}")
    programs, libs = pool
    app = chance.choice(["/app", "/opt/a/app", "/opt/b/app"])
    files = {app: chance.choice(programs), **draw_tree(chance, libs, [DEFAULT, "/lib", "/usr/lib"], True)}
    configured = None
    if chance.random() < 0.4:
        files["/etc/ld.so.conf"] = text(chance.choice(["/opt/a\n", "/opt/b\n", "/opt/b\n/opt/a\n"]))
        configured = chance.choice([["-X"], []])
    if chance.random() < 0.08:
        files["/etc/ld.so.preload"] = text(chance.choice(["/opt/a/liba.so\n", "libd.so:libz9.so"]))
    level, env = draw_level(chance), draw_environment(chance)
    options = {"env": {**env, **level["env"]}, "extra": level["extra"], "path": app,
               "prepare": prepare_of(configured, spoil(chance, files))}
    return f"glibc {number}", files, options


def draw_path_file(chance, files):
    if chance.random() < 0.2:
        files[PATH_FILE] = text(chance.choice(["/opt/a\n/lib\n", "/opt/b:/usr/lib", "/lib\n"]))


def musl_case(number, pool):
    chance = random.Random(f"root {number}")
    programs, libs = pool
    app = chance.choice(["/app", "/opt/a/app", "/opt/b/app"])
    files = {app: chance.choice(programs), **draw_tree(chance, libs, ["/lib", "/usr/local/lib", "/usr/lib"], False)}
    draw_path_file(chance, files)
    return f"musl {number}", files, {"env": draw_environment(chance), "path": app, "prepare": prepare_of(None, spoil(chance, files))}


def opened(chance, libs, files, host):
    """A plugin of the pool beside what was drawn, and its host: its path, and the files."""
    plugin = chance.choice(["/plugin.so", "/opt/a/plugin.so", "/opt/b/liba.so"])
    files = {path: spec for path, spec in files.items() if path != plugin}
    spoiled = spoil(chance, files)
    files[dlopen_cases.HOST] = host
    files[plugin] = chance.choice([spec for spec in libs[chance.choice(NAMES)] if not spec.facts.get("patch")])
    return files, {"path": plugin, "extra": ["--host", dlopen_cases.HOST], "prepare": prepare_of(None, spoiled)}


def dlopen_case(number, pool):
    """A plugin, and a host that has some of the other libraries loaded."""
    chance = random.Random(f"root {number}")
    _, libs = pool
    needs = chance.choice([[], [], ["liba.so"], ["libb.so", "libc1.so"]])
    host = dlopen_cases.host(needs) if needs else dlopen_cases.BARE
    files, options = opened(chance, libs, draw_tree(chance, libs, [DEFAULT, "/lib", "/usr/lib"], True), host)
    level = draw_level(chance)
    return f"dlopen {number}", files, {**options, "compare": same_opened, "env": level["env"],
                                       "extra": options["extra"] + level["extra"]}


def musl_dlopen_case(number, pool):
    """The same of musl, where the environment has a say."""
    chance = random.Random(f"root {number}")
    _, libs = pool
    needs = chance.choice([[], [], ["liba.so"], ["libb.so", "libc1.so"]])
    host = exe([*needs, *MUSL], whole=dlopen_cases.SOURCE % "", flags=["-Wl,--export-dynamic"], versions=MUSL, interp=LOADER)
    files, options = opened(chance, libs, draw_tree(chance, libs, ["/lib", "/usr/local/lib", "/usr/lib"], False), host)
    draw_path_file(chance, files)
    return f"musl dlopen {number}", files, {**options, "compare": same_opened, "env": draw_environment(chance)}


def musl_opened(root, path, env):
    """What real musl says; the files that it loaded for the plugin, which come behind it."""
    real = dlopen_cases.dlopen(root, path, env)
    if real.paths is not None:
        real.paths = real.paths[real.paths.index(path) + 1:] if path in real.paths else None
    return real


def same_opened(subject, real):
    """What a host says that does not start itself is told of where that is judged."""
    wrong = dlopen_cases.same(subject, real)
    preloads = any(line.startswith("Error loading") and "needed by" not in line for line in real.lines)
    starts = not preloads and real.status >= 0 and not any(dlopen_cases.HOST in line for line in real.lines)
    return wrong if starts else [line for line in wrong if line.startswith("verdict")]


def main():
    first, count = (int(sys.argv[i]) if len(sys.argv) > i else default for i, default in ((2, 0), (3, 8)))
    which = sys.argv[4:] or ["glibc", "dlopen", "musl", "musl-dlopen"]
    every = {"glibc": (glibc_case, INTERP, real_glibc, {"releases": list(releases())}),
             "dlopen": (dlopen_case, INTERP, dlopen_cases.dlopen, {"releases": list(releases())}),
             "musl": (musl_case, LOADER, real_musl, {"common": {LOADER: copy_of(LIBC)}}),
             "musl-dlopen": (musl_dlopen_case, LOADER, musl_opened, {"common": {LOADER: copy_of(LIBC)}})}
    failed = 0
    for kind in which:
        draw, interp, real, options = every[kind]
        pool = pool_of(os.environ.get("RANDOM_POOL", "1"), interp)
        failed += run_cases([draw(n, pool) for n in range(first, first + count)], real, sys.argv[:2], **options)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
