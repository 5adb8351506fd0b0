#!/usr/bin/env python3
"""Holds willrun to the order in which hosts load their plugins by their own configuration.

    run_load_order.py --willrun build/release/willrun [--cache DIR] [--only HOST]…

Debian's apache2, nginx and php read a configuration in a chroot that loads some of their plugins, in
the order of their packages, in another, and with some left out. Of each plugin that the configuration
names willrun must say that it fails where the host says that it cannot be loaded, with dlopen's words,
and that it runs where it does not.
"""

import argparse
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True

import debian
import jail
import roots
from roots import Recipe, small_root

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ENV = {"PATH": PATH, "LC_ALL": "C"}
SHOWN = 15
WITH_LIBRARIES = """libc-bin perl-base coreutils php8.2-cli php8.2-mysql php8.2-xml php8.2-curl php8.2-mbstring
php-igbinary php-msgpack php-redis php-memcached apache2-bin nginx libnginx-mod-http-lua
libnginx-mod-http-image-filter libnginx-mod-stream libnginx-mod-stream-geoip2 libnginx-mod-mail
libcairo-gobject-perl libglib-object-introspection-perl libapache2-mod-perl2 libxml-libxslt-perl libdbd-pg-perl
libnginx-mod-http-geoip2 libnginx-mod-http-fancyindex libnginx-mod-http-js libnginx-mod-stream-js""".split()
FILES_ALONE = ["apache2", "apache2-data"]


def make_root(rig, root):
    small_root("bookworm", "amd64", WITH_LIBRARIES)(rig, root)
    for name in ("proc", "dev", "tmp"):
        (root / name).mkdir(exist_ok=True)
    for deb in rig.suite("bookworm", "amd64").all_named(FILES_ALONE):
        debian.lay(deb, root)
    (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\nwww-data:x:33:33::/:/bin/sh\n")
    (root / "etc/group").write_text("root:x:0:\nwww-data:x:33:\n")


def fresh(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


# ---- Apache ----

def apache_modules(root):
    """By the name of each .load file: its text, and the names that it says it depends on."""
    found = {}
    for path in sorted((root / "etc/apache2/mods-available").glob("*.load")):
        text = path.read_text()
        depends = re.search(r"(?m)^# Depends: (.*)$", text)
        if "LoadModule" in text:
            found[path.stem] = (text, depends[1].split() if depends else [])
    return found


def closure(modules, name):
    """The module behind all that it depends on."""
    for other in modules[name][1]:
        if other in modules:
            yield from closure(modules, other)
    yield name


def apache(root):
    """(what it is, how its configuration is written) of each scenario."""
    modules = apache_modules(root)
    enabled = root / "etc/apache2/mods-enabled"

    def links(names):
        fresh(enabled)
        for name in names:
            os.symlink(f"../mods-available/{name}.load", enabled / f"{name}.load")

    def lines(names, wrap="{}"):
        fresh(enabled)
        (enabled / "all.load").write_text(wrap.format("".join(modules[name][0] for name in names)))

    for name, (_, depends) in modules.items():
        order = list(dict.fromkeys(closure(modules, name)))
        yield f"{name} as a2enmod does", lambda order=order: links(order)
        if depends:
            yield f"{name} alone", lambda name=name: links([name])
            yield f"{name} in order", lambda order=order: lines(order)
            yield f"{name} first", lambda order=order: lines(order[::-1])
            yield f"{name} with a line that goes on", lambda order=order: lines(
                order, "<IfModule !mod_none.c>\n</IfModule>\nServerName a\\\nb\n{}")


def apache_named(root):
    folder = root / "etc/apache2/mods-enabled"
    return [match for path in sorted(folder.iterdir())
            for match in re.findall(r"(?m)^\s*LoadModule \S+ (\S+)", path.read_text())]


APACHE_ENV = {f"APACHE_{name}": "/tmp" for name in ("LOG_DIR", "LOCK_DIR", "RUN_DIR", "PID_FILE")} | {
    "APACHE_RUN_USER": "root", "APACHE_RUN_GROUP": "root"}


def apache_says(out):
    return dict(re.findall(r"Cannot load (\S+) into server: (.*)", out))


# ---- nginx ----

def nginx(root):
    folder, enabled = root / "usr/share/nginx/modules-available", root / "etc/nginx/modules-enabled"
    texts = {path.stem.removeprefix("mod-"): path.read_text() for path in sorted(folder.glob("*.conf"))}
    ranks = {"http-ndk": 10, "stream": 50, "stream-geoip2": 70, "stream-js": 70}

    def links(names):
        fresh(enabled)
        for rank, name in names:
            (enabled / f"{rank:02}-mod-{name}.conf").write_text("# a comment; {\n" + texts[name])

    yield "all of Debian's", lambda: links((ranks.get(name, 50), name) for name in texts)
    for first, second in itertools.permutations(sorted(texts), 2):
        yield f"{first}, then {second}", lambda pair=(first, second): links(enumerate(pair))
    for name in texts:
        yield f"{name} alone", lambda name=name: links([(1, name)])


def nginx_named(root):
    folder = root / "etc/nginx/modules-enabled"
    return ["/usr/share/nginx/" + match for path in sorted(folder.iterdir())
            for match in re.findall(r"(?m)^load_module (\S+);", path.read_text())]


def nginx_says(out):
    return {path: words for path, words in re.findall(r'dlopen\(\) "(\S+)" failed \((.*)\)', out)}


# ---- PHP ----

API = "20220829"


def php(root):
    folder = root / "etc/php/8.2/cli/conf.d"
    names = sorted(path.stem for path in (root / f"usr/lib/php/{API}").glob("*.so"))
    zend = {"opcache"}
    first = ["mysqlnd", "pdo", "xml", "igbinary", "msgpack"]

    def write(order, form="{}.so"):
        fresh(folder)
        for rank, name in enumerate(order):
            key = "zend_extension" if name in zend else "extension"
            (folder / f"{rank:03}-{name}.ini").write_text(
                f"; priority\n[PHP]\n{key} = {form.format(name)} ; {name}\n")

    rest = [name for name in names if name not in first]
    yield "as phpenmod does", lambda: write(first + rest)
    yield "by names alone", lambda: write(first + rest, "{}")
    yield "by paths", lambda: write(first + rest, f'"/usr/lib/php/{API}/' + '{}.so"')
    yield "the needed ones last", lambda: write(rest + first)
    yield "by the alphabet", lambda: write(names)
    for left_out in first:
        yield f"without {left_out}", lambda out=left_out: write([n for n in first + rest if n != out])
    for name in rest:
        yield f"{name} alone", lambda name=name: write([name])


def php_named(root):
    folder = root / "etc/php/8.2/cli/conf.d"
    return [f"/usr/lib/php/{API}/{path.stem.split('-', 1)[1]}.so" for path in sorted(folder.iterdir())]


def php_says(out):
    """By path dlopen's words of the first file that it tried and that is there, or PHP's own."""
    said = {}
    for line in out.splitlines():
        if match := re.search(r"(?:Unable to load dynamic library|Failed loading) .*?(/usr/lib/php/\S+?\.so): (.*)", line):
            said[match[1]] = match[2].split("), ")[0].split(") in Unknown")[0]
        if match := re.search(r'(Cannot load module "(\S+)" because .*) in Unknown', line):
            said.setdefault(f"/usr/lib/php/{API}/{match[2].lower()}.so", match[1])
    return said


# ---- Perl ----

def perl_modules(root):
    """The XS objects that have a module, by the module's name. Those of mod_perl are opened inside
    Apache alone: Apache2::XSLoader does nothing elsewhere."""
    found = {}
    for path in sorted((root / "usr/lib").rglob("auto/**/*.so")):
        top, _, module = str(path.parent).partition("/auto/")
        texts = [file.read_text(errors="replace") for file in (Path(top, module + ".pm"),
                                                               root / "usr/share/perl5" / (module + ".pm"))
                 if file.exists()]
        if texts and not any("Apache2::XSLoader" in text for text in texts):
            found[module.replace("/", "::")] = "/" + str(path.relative_to(root))
    return found


def ask_perl(root, names):
    """What `use` of each module says."""
    starts = [("/usr/bin/perl", ["perl", f"-M{name}", "-e1"], ENV) for name in names]
    return [done.out for done in jail.ask_starts(root, starts, together=True)]


def hold_perl(args, root):
    """Modules load what they need by their own lines."""
    modules, wrong, failed = perl_modules(root), [], 0
    subjects = ask_willrun(args, root, list(modules.values()))
    for subject, (name, path), out in zip(subjects, modules.items(), ask_perl(root, list(modules))):
        said = re.search(rf"Can't load '{re.escape(path)}' for module \S+: (.*) at ", out)
        runs = subject["verdict"] in ("runs", "degraded")
        failed += said is not None
        if subject["verdict"] != "unknown" and subject["plugin"] == "perl-xs" and runs != (said is None):
            wrong.append(f"{name}: {subject['verdict']}, and perl says {said and said[1]}")
    unknown = sum(subject["verdict"] == "unknown" for subject in subjects)
    print(f"perl: {len(modules)} modules used, {failed} not loaded, {unknown} unknown, {len(wrong)} differences",
          flush=True)
    for line in wrong[:SHOWN]:
        print("  ", line[:500])
    return not wrong and len(modules) >= 40 and not unknown


HOSTS = {
    "perl": (None,),
    "apache": (apache, apache_named, apache_says, ["/usr/sbin/apache2", "-t"], APACHE_ENV, 200),
    "nginx": (nginx, nginx_named, nginx_says, ["/usr/sbin/nginx", "-t"], {}, 80),
    "php": (php, php_named, php_says, ["/usr/bin/php8.2", "-r", ""], {}, 25),
}


def ask_willrun(args, root, paths):
    done = subprocess.run([args.willrun.resolve(), "check", "--root", root, "--format", "json", "--fail-on", "never",
                           "--env", f"PATH={PATH}", *paths], text=True, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)["targets"][0]["subjects"]


def real_path(root, path):
    return "/" + os.path.relpath(os.path.realpath(f"{root}{path}"), os.path.realpath(root))


def judge(name, root, paths, said, subjects):
    """Differences; hosts but PHP stop at the first that they cannot load."""
    said = {real_path(root, path): words.replace("/usr/share/nginx/modules", "/usr/lib/nginx/modules")
            for path, words in said.items()}
    for path, subject in zip(paths, subjects):
        words = said.get(real_path(root, path))
        told = "\n".join(subject["predicted"]["stderr"])
        runs = subject["verdict"] in ("runs", "degraded")
        if words is None and not runs:
            yield f"{path}: {subject['verdict']}, and {name} loads it: {told or subject['findings']}"
        elif words is not None and runs:
            yield f"{path}: false runs: {words}"
        elif words is not None and words not in told.replace("/usr/share/nginx/modules", "/usr/lib/nginx/modules"):
            yield f"{path}: says {told or subject['findings']}, and {name} {words}"
        if words is not None and name != "php":
            return


def hold(args, root, name):
    if name == "perl":
        return hold_perl(args, root)
    scenarios, named, says, command, env, least = HOSTS[name]
    asked, failed, wrong = 0, 0, []
    count = 0
    for what, write in scenarios(root):
        write()
        count += 1
        paths = [path for path in named(root) if os.path.exists(root / real_path(root, path)[1:])]
        if not paths:
            continue        # of a package that is not here
        said = says(jail.ask_starts(root, [(command[0], command, ENV | env)], together=True)[0].out)
        found = list(judge(name, root, paths, said, ask_willrun(args, root, paths)))
        asked, failed = asked + len(paths), failed + len(said)
        wrong += [f"{what}: {line}" for line in found]
    print(f"{name}: {count} configurations, {asked} plugins loaded or not, {failed} not, {len(wrong)} differences",
          flush=True)
    for line in wrong[:SHOWN]:
        print("  ", line[:500])
    return not wrong and count >= least and failed > 0


def options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--willrun", type=Path, required=True, help="the program under test")
    parser.add_argument("--cache", type=Path,
                        default=os.environ.get("WILLRUN_RIG") or Path(__file__).resolve().parents[2] / "build" / "rig",
                        help="where roots are kept")
    parser.add_argument("--only", action="append", choices=HOSTS, help="one host")
    return parser.parse_args()


def main():
    args = options()
    rig = roots.Rig(args.cache)
    recipe = Recipe("load-order", "amd64", make_root)
    roots.RECIPES[recipe.name], roots.STAMPS[recipe.name] = recipe, roots.recipe_stamp(recipe)
    root = rig.make(recipe.name)
    return 0 if all([hold(args, root, name) for name in args.only or HOSTS]) else 1


if __name__ == "__main__":
    sys.exit(main())
