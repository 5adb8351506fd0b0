#!/usr/bin/env python3
"""Holds willrun to musl's own loader about plugins in musl hosts.

    run_musl.py --willrun build/release/willrun [--fast] [--cache DIR] [--only ROOT]…

No interpreter for musl is to be had from these archives. So there are programs in their places, linked
against musl, that define all that Debian's own define (python3.11, php8.2, ruby3.1, perl, lua5.4, nginx,
apache2), and open a plugin as those do. Debian's plugins, which are built for glibc, are opened by
them, alone and with the libraries that they need, and modules built for musl. Musl's dlopen says what
loads, and its words are those that willrun has to predict.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True

import jail
import plugin_roots
import roots
from plugin_rig import Tally, ask_willrun, main
from roots import Recipe, lay_elf_tree, lay_libraries, musl_root

PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin"
BIG = ("plugins-bookworm", "python-bookworm")   # hosts and plugins; modules of Python
SMALL = ("few-plugins", "few-modules")
LIBRARIES = "usr/lib/x86_64-linux-gnu"

# By its place in both roots: flags of dlopen, and libraries that define what plugins need, too.
HOSTS = {"usr/bin/python3.11": ("RTLD_NOW", []), "usr/bin/php8.2": ("RTLD_LAZY|RTLD_GLOBAL", []),
         "usr/bin/ruby3.1": ("RTLD_LAZY", ["libruby-3.1.so.3.1"]), "usr/bin/perl": ("RTLD_LAZY", []),
         "usr/bin/lua5.4": ("RTLD_NOW", []), "usr/sbin/nginx": ("RTLD_NOW|RTLD_GLOBAL", []),
         "usr/sbin/apache2": ("RTLD_NOW|RTLD_GLOBAL", ["libapr-1.so.0", "libaprutil-1.so.0"])}
KINDS = {"python-extension", "php-extension", "ruby-extension", "perl-xs", "lua-module", "nginx-module",
         "apache-module"}

HOST = """
#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>
int main(int argc, char **argv)
{
    if (dlopen(argv[argc - 1], %s))
        _exit(0);
    puts(dlerror());
    fflush(stdout);
    _exit(1);
}
"""

# Modules for musl: what they are made of, and how they are linked.
MODULES = {
    "plain": ("int PyModule_Create2(void); int PyInit_plain(void) { return PyModule_Create2(); }", []),
    "gone": ("int PyGone_Call(void); int PyInit_gone(void) { return PyGone_Call(); }", []),
    "gone_lazily": ("int PyGone_Call(void); int PyInit_gone_lazily(void) { return PyGone_Call(); }", ["-Wl,-z,lazy"]),
    "gone_data": ("extern int PyGone_Type; int *p = &PyGone_Type; int PyInit_gone_data(void) { return 1; }", []),
    "weak": ("__attribute__((weak)) int PyGone_Call(void); int PyInit_weak(void) { return PyGone_Call != 0; }", []),
    "tls": ("__thread int t = 3; int PyInit_tls(void) { return t++; }", []),
    "tls_gone": ("extern __thread int gone; int PyInit_tls_gone(void) { return gone; }", []),
    "libm": ("double cos(double); int PyInit_libm(void) { return cos(1); }", ["-lm"]),
    "two": ("int PyGone_One(void), PyGone_Two(void); int PyInit_two(void) { return PyGone_One() + PyGone_Two(); }",
            ["-Wl,-z,now"]),
    "beside": ("int beside(void); int PyInit_beside(void) { return beside(); }",
               ["-L.", "-lbeside", "-Wl,-rpath,$ORIGIN/libs"]),
    "beside_not": ("int beside(void); int PyInit_beside_not(void) { return beside(); }", ["-L.", "-lbeside"]),
    "other_origin": ("int beside(void); int PyInit_other_origin(void) { return beside(); }",
                     ["-L.", "-lbeside", "-Wl,-rpath,$LIB/x:$ORIGIN/libs"]),
    "abi3": ("int PyModule_Create2(void); int PyInit_abi3(void) { return PyModule_Create2(); }", []),
    "no_hash": ("int PyInit_no_hash(void) { return 1; }", ["-Wl,--hash-style=sysv"]),
    "relr": ("int PyInit_relr(void) { return 1; } void *p[] = {PyInit_relr, p, p + 1};", ["-Wl,-z,pack-relative-relocs"]),
    "exec_stack": ("int PyInit_exec_stack(void) { return 1; }", ["-Wl,-z,execstack"]),
    "soname": ("int beside(void); int PyInit_soname(void) { return beside(); }", ["-L.", "-lbeside", "-Wl,-rpath,/opt"]),
    "glibc_name": ("int puts(const char *); int PyInit_glibc_name(void) { return puts(\"\"); }",
                   ["-L.", "-Wl,--no-as-needed", "-l:libc.so.6"]),
}


# ---- the roots ----

def defined(path):
    """(name, is it a function) of what an object defines for others."""
    listed = subprocess.run(["nm", "-D", "--defined-only", "--format=posix", str(path)], stdout=subprocess.PIPE,
                            text=True, check=True).stdout
    return {line.split()[0].split("@")[0]: line.split()[1] in "TWi" for line in listed.splitlines()}


def build_host(rig, source, name):
    """A musl program that defines what Debian's does."""
    flags, libraries = HOSTS[name]
    work = rig.cache / "musl-hosts" / os.path.basename(name)
    work.mkdir(parents=True, exist_ok=True)
    names = defined(source / name)
    for library in libraries:
        names |= defined(source / LIBRARIES / library)
    own = defined(musl_libc())
    lines = [".text"]
    for symbol, function in sorted(names.items()):
        if symbol not in own and symbol not in ("main", "_start", "_init", "_fini", "__progname"):
            lines += [f".globl {symbol}", f".type {symbol}, @{'function' if function else 'object'}", f"{symbol}:"]
    (work / "names.s").write_text("\n".join([*lines, "ret", '.section .note.GNU-stack,"",@progbits', ""]))
    (work / "main.c").write_text(HOST % flags)
    subprocess.run(["musl-gcc", "-O1", "-rdynamic", "-o", str(work / "host"), str(work / "main.c"),
                    str(work / "names.s")], check=True, stderr=subprocess.DEVNULL)
    return work / "host"


def musl_libc():
    return next(path for path in (Path("/usr/lib/x86_64-linux-musl/libc.so"), Path("/lib/ld-musl-x86_64.so.1"))
                if path.exists())


def build_modules(rig, folder):
    work = rig.cache / "musl-hosts" / "modules"
    work.mkdir(parents=True, exist_ok=True)
    (folder / "libs").mkdir(parents=True)

    def link(name, source, *words):
        (work / f"{name}.c").write_text(source)
        subprocess.run(["musl-gcc", "-O1", "-shared", "-fPIC", "-o", name, f"{name}.c", *words], cwd=work, check=True,
                       stderr=subprocess.DEVNULL)

    link("libbeside.so", "int beside(void) { return 1; }")
    link("libc.so.6", "", "-nostdlib", "-Wl,-soname,libc.so.6")
    shutil.copy(work / "libbeside.so", folder / "libs")
    suffixes = {"abi3": ".abi3.so", "plain": ".cpython-311-x86_64-linux-musl.so"}
    for name, (source, words) in MODULES.items():
        link(f"{name}.so", source, *words)
        shutil.copy(work / f"{name}.so", folder / f"{name}{suffixes.get(name, '.so')}")


def musl_hosts(suite, debian, libraries):
    """Debian's plugins at their places, and modules for musl, where musl's hosts look for them; with
    `libraries`, Debian's, too."""
    def make(rig, root):
        source, modules = map(rig.root, debian)
        musl_root(suite, False)(rig, root)
        for name in HOSTS:
            there = next((place for place in (source, modules) if (place / name).exists()), None)
            if there is not None:
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(build_host(rig, there, name), root / name)
        for folder in ("php", "ruby", "nginx/modules", "apache2/modules", "x86_64-linux-gnu/perl",
                       "x86_64-linux-gnu/perl5", "x86_64-linux-gnu/ruby", "x86_64-linux-gnu/lua"):
            if (source / "usr/lib" / folder).exists():
                lay_elf_tree(source / "usr/lib" / folder, root / "usr/lib" / folder)
        packages = root / "usr/lib/python3/dist-packages"
        plugin_roots.lay_untagged(modules, packages)
        dynload = root / "usr/lib/python3.11/lib-dynload"
        dynload.mkdir(parents=True)
        (dynload / "_none.cpython-311-x86_64-linux-musl.so").touch()
        build_modules(rig, packages / "made")
        if libraries:
            lay_libraries(source / LIBRARIES, root / "usr/local/lib")
    return make


FAST = {"musl-few-hosts": 60}
FULL = {f"musl-{version}-hosts{kind}": 700 for version in ("1.2.3", "1.2.5") for kind in ("", "+libraries")}


def recipes():
    yield Recipe("musl-few-hosts", "amd64", musl_hosts("trixie", SMALL, False), SMALL)
    for version, suite in (("1.2.3", "bookworm"), ("1.2.5", "trixie")):
        for kind in ("", "+libraries"):
            yield Recipe(f"musl-{version}-hosts{kind}", "amd64", musl_hosts(suite, BIG, bool(kind)), BIG)


def register():
    plugin_roots.register()
    for recipe in recipes():
        roots.RECIPES[recipe.name], roots.STAMPS[recipe.name] = recipe, roots.recipe_stamp(recipe)


# ---- the asking ----

def plugins(args, root):
    return [subject for subject in ask_willrun(args, root, PATH, "--all")
            if subject.get("plugin") in KINDS and subject.get("host")]


def ask_loader(root, subjects):
    def job(tell):
        for subject in subjects:
            tell(vars(jail.start(subject["host"], [subject["host"], subject["path"]], {"PATH": PATH}, timeout=20)))

    return jail.ask(root, job)


def judge(subject, truth):
    """What came of it in truth, and a sentence where willrun says something else."""
    verdict = subject["verdict"]
    rules = [finding["rule"] for finding in subject["findings"]]
    if truth["signal"] or truth["timeout"] or truth["status"] not in (0, 1):
        died = f"signal {truth['signal']}, status {truth['status']}"
        return "die", f"false runs: {died}" if verdict == "runs" else None
    if "module-not-importable" in rules or "module-not-taken" in rules:
        return "not taken", None
    if truth["status"] == 0:
        return "load", f"{verdict}, and it loads" if verdict not in ("runs", "degraded") else None
    words = truth["out"].strip()
    if verdict in ("runs", "degraded"):
        return "fail", f"false runs: {words}"
    if verdict == "unknown":
        return "fail", None if "plugin-order" in rules else f"unknown: {words}"
    told = "\n".join(subject["predicted"]["stderr"])
    return "fail", None if words in told else f"words: {told}, not {words}"


def hold(args, rig, name, least):
    root = rig.make(name)
    subjects, tally = plugins(args, root), Tally()
    for subject, truth in zip(subjects, ask_loader(root, subjects)):
        what, why = judge(subject, truth)
        tally.add(what, subject["path"], [why] if why is not None else [], subject["plugin"])
    return tally.held(name, len(subjects), least) and tally.counts["load"] > 0


sys.exit(main(__doc__, FAST, FULL, hold, register))
