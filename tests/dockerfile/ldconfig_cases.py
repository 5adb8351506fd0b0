#!/usr/bin/env python3
"""What `RUN ldconfig` makes of a root: willrun's, and that of the machine's own ldconfig.

usage: ldconfig_cases.py FOLLOW_LDCONFIG [-k WORD] [--root FOLDER]

Each root is made twice; ldconfig -r runs in one. The cache must have the same lines in the same
order, and the same links must be there.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

LOADER = "/lib64/ld-linux-x86-64.so.2"
CONFIGURED = {"etc/ld.so.conf": "include /etc/ld.so.conf.d/*.conf\n",
              "etc/ld.so.conf.d/libc.conf": "# libc default configuration\n/usr/local/lib\n"}


class Library(str):
    """A shared library with this soname; "": with none."""


class Link(str):
    """A link to this."""


CASES = {
    # name: (files of the root, arguments)
    "nothing is configured": ({"usr/local/lib/liba.so": Library("liba.so")}, []),
    "a folder of ld.so.conf.d": ({**CONFIGURED, "usr/local/lib/liba.so": Library("liba.so")}, []),
    "a folder that is named": ({"opt/x/liba.so": Library("liba.so")}, ["/opt/x"]),
    "a folder alone gets links": ({**CONFIGURED, "opt/x/liba.so.1.2": Library("liba.so.1")}, ["-n", "/opt/x"]),
    "a soname that the file has not": ({**CONFIGURED, "usr/local/lib/liba.so.1.2.3": Library("liba.so.1")}, []),
    "no soname": ({**CONFIGURED, "usr/local/lib/liba.so.1.2.3": Library("")}, []),
    "two files of one soname": ({**CONFIGURED, "usr/local/lib/liba.so.1.9": Library("liba.so.1"),
                                 "usr/local/lib/liba.so.1.10": Library("liba.so.1")}, []),
    "a link to an older file": ({**CONFIGURED, "usr/local/lib/liba.so.1.2": Library("liba.so.1"),
                                 "usr/local/lib/liba.so.1.3": Library("liba.so.1"),
                                 "usr/local/lib/liba.so.1": Link("liba.so.1.2")}, []),
    "a file that is called as the soname of another":
        ({**CONFIGURED, "usr/local/lib/liba.so.1": Library("liba.so.1"),
          "usr/local/lib/liba.so.1.3": Library("liba.so.1")}, []),
    "links for the linker": ({**CONFIGURED, "usr/local/lib/liba.so.1.2": Library("liba.so.1"),
                              "usr/local/lib/liba.so.1": Link("liba.so.1.2"),
                              "usr/local/lib/liba.so": Link("liba.so.1")}, []),
    "a link of another name": ({**CONFIGURED, "usr/local/lib/liba.so.1.2": Library("liba.so.1"),
                                "usr/local/lib/libz.so": Link("liba.so.1.2")}, []),
    "a link to another folder": ({**CONFIGURED, "opt/liba.so.1": Library("liba.so.1"),
                                  "usr/local/lib/liba.so": Link("/opt/liba.so.1"),
                                  "usr/local/lib/libb.so.1": Link("../../../opt/liba.so.1")}, []),
    "a link to nothing": ({**CONFIGURED, "usr/local/lib/liba.so.1": Link("liba.so.1.2")}, []),
    "one library in two folders":
        ({**CONFIGURED, "etc/ld.so.conf.d/a.conf": "/opt/x\n", "opt/x/liba.so.1": Library("liba.so.1"),
          "usr/local/lib/liba.so.1": Library("liba.so.1"), "lib/liba.so.1": Library("liba.so.1")}, []),
    "a named folder comes first":
        ({**CONFIGURED, "opt/x/liba.so.1": Library("liba.so.1"), "usr/local/lib/liba.so.1": Library("liba.so.1")},
         ["/opt/x/"]),
    "a folder under two names":
        ({**CONFIGURED, "opt/x/liba.so.1": Library("liba.so.1"), "opt/y": Link("x"),
          "etc/ld.so.conf.d/a.conf": "/opt/y\n/opt/x\n"}, []),
    "blanks, comments, types and directives":
        ({"etc/ld.so.conf": "\t/opt/a # x\n\n#/opt/b\n/opt/c=libc6 \n/opt/d///\nhwcap 0 nosegneg\n  include conf.d/*.conf\n",
          "etc/conf.d/1.conf": "/opt/e", "etc/conf.d/.2.conf": "/opt/f\n", "etc/conf.d/3.txt": "/opt/g\n",
          **{f"opt/{name}/lib{name}.so": Library("") for name in "abcdefg"}}, []),
    "names that are no library's":
        ({**CONFIGURED, "usr/local/lib/plugin.so": Library(""), "usr/local/lib/libtext.so": "INPUT(-lc)\n",
          "usr/local/lib/libx.a": "!<arch>\n", "usr/local/lib/libx.so.#prelink#": Library(""),
          "usr/local/lib/ld-mine.so.1": Library("ld-mine.so.1")}, []),
    "a file where a folder is named": ({**CONFIGURED, "usr/local/lib": "x\n"}, []),
    "numbers in names":
        ({**CONFIGURED, **{f"usr/local/lib/{name}": Library("") for name in
                           ("liba10.so", "liba9.so", "liba.so", "libab.so", "liba1.so.2", "liba1.so.10", "libA.so")}}, []),
}


def library(path, soname, cache):
    if soname not in cache:
        made = path.parent / "made"
        flags = [f"-Wl,-soname,{soname}"] if soname else []
        subprocess.run(["gcc", "-shared", "-fPIC", "-o", made, "-x", "c", "/dev/null", *flags], check=True)
        cache[soname] = made.read_bytes()
        made.unlink()
    path.write_bytes(cache[soname])


def make(root, files, cache):
    for name, content in {**files, LOADER.lstrip("/"): None}.items():
        path = Path(root, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            shutil.copy(os.path.realpath(LOADER), path)
        elif isinstance(content, Library):
            library(path, str(content), cache)
        elif isinstance(content, Link):
            path.symlink_to(str(content))
        else:
            path.write_text(content, encoding="utf-8")


def links_of(root):
    found = {}
    for folder, folders, files in os.walk(root):
        for name in folders + files:
            path = os.path.join(folder, name)
            if os.path.islink(path):
                found["/" + os.path.relpath(path, root)] = os.readlink(path)
    return found


def plain(root, path):
    """The path without links in its folders."""
    folder, name = os.path.split(path)
    real = os.path.realpath(f"{root}/{folder}")
    return "/" + os.path.relpath(os.path.join(real, name), os.path.realpath(root))


def theirs(root, arguments):
    """The lines of the cache and the links that are new or changed."""
    before = links_of(root)
    subprocess.run(["ldconfig", "-r", root, *arguments], capture_output=True, check=True)
    after = links_of(root)
    links = sorted(f"{path} -> {target}" for path, target in after.items() if before.get(path) != target)
    lines = []
    if os.path.exists(f"{root}/etc/ld.so.cache"):
        printed = subprocess.run(["ldconfig", "-r", root, "-p"], capture_output=True, check=True, text=True).stdout
        lines = [f"{match[1]} => {match[2]}" for match in
                 re.finditer(r"^\t(\S+) \(libc6,x86-64[^)]*\) => (.*)$", printed, re.M)]
    return lines, links


def ours(program, root, arguments):
    run = subprocess.run([program, root, LOADER, *arguments], capture_output=True, check=True, text=True)
    lines = run.stdout.splitlines()
    links = [line.split(" -> ") for line in lines if " -> " in line]
    return ([line for line in lines if " => " in line and "-n" not in arguments],
            sorted(f"{plain(root, path)} -> {target}" for path, target in links),
            [line for line in lines if line.startswith("open")])


def compare(program, mine, other, arguments):
    lines, links, opens = ours(program, mine, arguments)
    real_lines, real_links = theirs(other, arguments)
    wrong = []
    if lines != real_lines:
        wrong.append(f"the cache has {lines}\n    ldconfig's     {real_lines}")
    if links != real_links:
        wrong.append(f"links {links}\n    ldconfig's {real_links}")
    return wrong + opens


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("-k", dest="word", default="")
    parser.add_argument("--root", help="a root that is there already; it is copied")
    options = parser.parse_args()
    failed, libraries = 0, {}
    cases = {options.root: (None, [])} if options.root else CASES
    for name, (files, arguments) in cases.items():
        if options.word not in name:
            continue
        with tempfile.TemporaryDirectory() as work:
            roots = [os.path.join(work, place) for place in ("mine", "other")]
            for root in roots:
                if files is None:
                    subprocess.run(["cp", "-a", options.root, root], check=True)
                    Path(root, "etc/ld.so.cache").unlink(missing_ok=True)
                else:
                    os.mkdir(root)
                    Path(root, "etc").mkdir()
                    make(root, files, libraries)
            wrong = compare(options.program, *roots, arguments)
        if wrong:
            failed += 1
            print(f"FAILED {name}: " + "\n    ".join(wrong))
    print(f"{len(cases)} roots, {failed} wrong")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
