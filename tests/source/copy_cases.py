#!/usr/bin/env python3
"""COPY, case by case: buildah builds each for real, and willrun's overlay is held to it.

usage: copy_cases.py OVERLAY [-k WORD] [--each N] [--keep]

Every case has a folder of its own, /NNN, in one base; one Dockerfile copies for all of them. A
case that must fail is built alone. Where BuildKit does something else than buildah, the case says
what (`buildkit`, node by node) and why, by BuildKit's sources: Docker's users run BuildKit, so
willrun follows it. Such a case also holds buildah to doing something else.
"""
import argparse
import json
import os
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile

# ---- what is copied from: the stage `b`, and, the same, the build context

BUILDER = [
    ("d", "bin", 0o755), ("f", "bin/app", 0o755, "app"), ("f", "bin/tool", 0o700, "tool", 1000, 1001),
    ("f", "bin/suid", 0o4755, "suid"),
    ("d", "etc", 0o755), ("f", "etc/conf", 0o644, "conf"),
    ("d", "lib", 0o755), ("f", "lib/libz.so.1.2", 0o755, "libz"),
    ("l", "lib/libz.so.1", "libz.so.1.2"), ("l", "lib/libz.so", "libz.so.1"),
    ("l", "lib/abs.so", "/lib/libz.so.1.2"), ("l", "lib/up", "../../../etc/conf"),
    ("l", "lib64", "lib"), ("l", "abslib", "/lib"), ("l", "dangling", "nowhere"),
    ("l", "loop1", "loop2"), ("l", "loop2", "loop1"),
    ("d", "tree", 0o750, 5, 6), ("f", "tree/a", 0o640, "a", 7, 8), ("d", "tree/sub", 0o700, 9, 10),
    ("f", "tree/sub/b", 0o600, "b"), ("l", "tree/link", "a"), ("l", "tree/dirlink", "sub"),
    ("l", "tree/abs", "/etc/passwd"), ("d", "tree/empty", 0o711), ("f", "tree/hard1", 0o644, "hard"),
    ("h", "tree/hard2", "tree/hard1"), ("d", "tree/sticky", 0o1777), ("p", "tree/fifo", 0o622),
    ("d", "shape", 0o755), ("d", "shape/x", 0o755), ("f", "shape/x/y", 0o644, "xy"),
    ("d", "flat", 0o755), ("f", "flat/x", 0o644, "flat x"),
    ("d", "linked", 0o755), ("l", "linked/x", "y"),
    ("d", "names", 0o755), ("f", "names/arr[0].txt", 0o644, "arr"), ("f", "names/a b", 0o644, "a b"),
    ("f", "names/star*", 0o644, "star"), ("f", "names/star-x", 0o644, "not star"),
    ("f", "names/.hidden", 0o644, "hidden"), ("f", "names/\u00e91", 0o644, "e1"),
    ("f", "names/back\\slash", 0o644, "back"), ("f", "names/co:lon", 0o644, "colon"),
    ("d", "glob", 0o755), ("f", "glob/a1", 0o644, "a1"), ("f", "glob/a2", 0o600, "a2"),
    ("f", "glob/b1", 0o644, "b1"), ("d", "glob/d1", 0o755), ("f", "glob/d1/f", 0o644, "d1f"),
    ("d", "glob/d2", 0o700), ("f", "glob/d2/f", 0o644, "d2f"), ("f", "glob/d2/g", 0o644, "d2g"),
    ("l", "glob/dlink", "d1"), ("l", "glob/alink", "a1"),
    ("d", "void", 0o755),
]

# ---- what is copied to: the folder of each case, at first

BASE = [
    ("d", "dir", 0o700, 50, 60), ("f", "dir/old", 0o600, "old", 50, 60), ("d", "dir/sub", 0o711, 51, 61),
    ("f", "dir/sub/kept", 0o644, "kept"), ("f", "file", 0o600, "a file", 50, 60),
    ("d", "target", 0o755), ("l", "rel", "target"), ("l", "abs", "/@/target"), ("l", "chain", "rel"),
    ("l", "tofile", "file"), ("l", "dead", "not/yet/there"), ("l", "deadabs", "/@/made"),
    ("l", "up", "../../../../@/target"), ("d", "dirx", 0o755), ("d", "dirx/x", 0o755),
    ("f", "dirx/x/z", 0o644, "xz"), ("d", "filex", 0o755), ("f", "filex/x", 0o644, "a file x"),
    ("d", "linkx", 0o755), ("l", "linkx/x", "../target"), ("d", "inlink", 0o755),
    ("l", "inlink/app", "../file"), ("l", "inlink/libz.so.1", "elsewhere"),
]

PASSWD = "root:x:0:0::/:/bin/sh\nuser:x:1234:5678::/:/bin/sh\n"
GROUP = "root:x:0:\nstaff:x:4321:\n"


class Case:
    """`copies`: (source, destination[, settings]); `@` is the case's folder. `stage` None: context.

    `fails`: what willrun says. `why`: buildah does something else, and BuildKit this: `buildkit`
    has the paths in question, (type, mode, uid, gid, text) or None; `alone`: buildah refuses it.
    """

    def __init__(self, name, *copies, stage="b", workdir=None, fails=None, buildkit=None, why=None,
                 alone=False):
        self.name, self.copies, self.stage, self.workdir = name, copies, stage, workdir
        self.fails, self.buildkit, self.why, self.alone = fails, buildkit or {}, why, alone


def case(*arguments, **options):
    CASES.append(Case(*arguments, **options))


CASES = []

# ---- files
case("a file to a new name", ("/bin/app", "@/new"))
case("a file to a folder with a slash", ("/bin/app", "@/new/"))
case("a file to a folder that is there", ("/bin/app", "@/dir"))
case("a file to a folder that is there, with a slash", ("/bin/app", "@/dir/"))
case("a file over a file", ("/bin/app", "@/file"))
case("a file far below what is missing", ("/bin/app", "@/p/q/r/new"))
case("a file into a folder far below what is missing", ("/bin/app", "@/p/q/r/"))
case("a folder written with a dot", ("/bin/app", "@/p/."),
     why="fsutil's Copy makes the folder where the last name is a dot",
     buildkit={"p": ("d", "0755", 0, 0, None), "p/app": ("f", "0755", 0, 0, "app")})
case("owner and mode of a stage's file are kept", ("/bin/tool", "@/tool"))
case("set-user-id is kept", ("/bin/suid", "@/suid"))
case("a source with a slash at its end", ("/bin/app/", "@/new"))
case("a source with dots", ("/bin/../etc/./conf", "@/conf"))
case("a source above the top", ("../../etc/conf", "@/conf"))
case("a source without a slash starts at the top", ("etc/conf", "@/conf"))
case("a destination with dots", ("/etc/conf", "@/dir/../dir/./conf"))
case("a destination above the top", ("/etc/conf", "/../../@/conf"))
case("slashes in a row", ("//etc///conf", "@//dir///conf"))
case("a fifo in a folder", ("/tree", "@/t"))

# ---- links in the source
case("a link to a file is followed", ("/lib/libz.so.1", "@/new"))
case("a link keeps its name in a folder", ("/lib/libz.so.1", "@/dir/"))
case("a chain of links is followed", ("/lib/libz.so", "@/dir/"))
case("an absolute link is followed in the stage", ("/lib/abs.so", "@/dir/"))
case("a link above the top stays in the stage", ("/lib/up", "@/dir/"))
case("a path through a link to a folder", ("/lib64/libz.so.1.2", "@/dir/"))
case("a path through an absolute link to a folder", ("/abslib/libz.so.1", "@/dir/"))
case("a link to a folder brings the contents", ("/lib64", "@/new"))
case("an absolute link to a folder brings the contents", ("/abslib/", "@/new/"))
case("links in a folder are kept", ("/lib", "@/lib"))

# ---- folders
case("a folder to a new name", ("/tree", "@/new"))
case("a folder to a new name with a slash", ("/tree", "@/new/"))
case("a folder into one that is there: its contents", ("/tree", "@/dir"))
case("a folder with a slash into one with a slash", ("/tree/", "@/dir/"))
case("a folder far below what is missing", ("/tree", "@/p/q/r"))
case("an empty folder", ("/void", "@/new"))
case("an empty folder into one that is there", ("/void", "@/dir"))
case("the whole stage", ("/", "@/all/"))
case("a dot is the whole stage", (".", "@/all"))
case("a folder's dot", ("/tree/.", "@/new"))
case("folders merge, and take the source's modes", ("/shape", "@/dirx"))
case("hard links stay together in one copy", ("/tree", "@/t/"))
case("two copies are two files", ("/bin/app", "@/one"), ("/bin/app", "@/two"))

# ---- links in the destination
case("a link to a folder is followed", ("/bin/app", "@/rel/"))
case("a link to a folder without a slash is followed", ("/bin/app", "@/rel"))
case("an absolute link is followed in the target", ("/bin/app", "@/abs/"))
case("a chain of links to a folder", ("/bin/app", "@/chain/x/"))
case("a link above the top is followed in the target", ("/bin/app", "@/up/"))
case("a path through a link", ("/bin/app", "@/rel/p/q"))
case("a folder through a link", ("/tree", "@/rel"))
case("a folder through an absolute link", ("/tree", "@/abs/"))
case("a link to a file: the file is written", ("/bin/app", "@/tofile"),
     why="RootPath resolves the whole destination, its last name too",
     buildkit={"file": ("f", "0755", 0, 0, "app"), "tofile": ("l", "0777", 0, 0, "file")})
case("a link in the folder gives way to a file", ("/bin/app", "@/inlink/"))
case("a dead link in the folder gives way to a file", ("/lib/libz.so.1", "@/inlink/"))
case("a dead link to an absolute path, as a folder", ("/bin/app", "@/deadabs/"))
case("a dead link to an absolute path, as a file", ("/bin/app", "@/deadabs"),
     why="RootPath resolves the whole destination, and no slash says that it is a folder",
     buildkit={"made": ("f", "0755", 0, 0, "app"), "made/app": None})
case("a file over a link in a folder", ("/flat", "@/linkx"))
case("a link over a file in a folder", ("/linked", "@/filex"))
case("a file over a file in a folder", ("/flat", "@/filex"))
case("a folder over a dead link", ("/shape", "@/deadabs"))
case("a dead link far away, as a folder", ("/bin/app", "@/dead/"))

# ---- patterns
case("a star", ("/glob/a*", "@/new/"))
case("a star takes folders' contents", ("/glob/d*", "@/new/"))
case("a star takes hidden files", ("/names/*hidden", "@/new/"))
case("a question mark", ("/glob/?1", "@/new/"))
case("a question mark is a character, not a byte", ("/names/?1", "@/new/"))
case("brackets", ("/glob/[ab]1", "@/new/"))
case("a range", ("/glob/[a-b][1-1]", "@/new/"))
case("brackets that exclude", ("/glob/[^b]1", "@/new/"))
case("a bracket in brackets", ("/names/arr[[]0].txt", "@/new/"), alone=True,
     why="a match is a path, and no pattern any more; Docker's manual has this very example",
     buildkit={"new": ("d", "0755", 0, 0, None), "new/arr[0].txt": ("f", "0644", 0, 0, "arr")})
case("a pattern does not go through links", ("/glob/d*/f", "@/new/"),
     why="resolveWildcards walks with filepath.Walk, which enters no link",
     buildkit={"new/f": ("f", "0644", 0, 0, "d2f")})
case("a pattern of files and a folder to a name", ("/glob/*1", "@/new"),
     why="docopy copies match by match, each over the one before",
     fails="cannot copy to non-directory: /@/new")
case("a pattern of files to a name: the last one", ("/glob/[ab][12]", "@/new"))
case("a star in a folder's name", ("/glo*/a1", "@/new/"))
case("stars at two levels", ("/*/d?/f", "@/new/"))
case("a link that a pattern matches is followed", ("/lib/libz.so*", "@/new/"))
case("a pattern through a link to a folder", ("/lib64/libz.so.1.*", "@/new/"))
case("a pattern of one match to a name", ("/glob/b*", "@/new"))
case("a pattern of one match over a file", ("/glob/b*", "@/file"))
case("a pattern into a folder that is there", ("/glob/*1", "@/dir"))
case("a name with a blank", ("/names/a b", "@/new/"))
case("a name with a colon", ("/names/co:lon", "@/new/"))
case("a pattern of everything", ("/glob/*", "@/new/"))

# ---- several sources
case("two files into a folder", ("/bin/app", "@/new/"), ("/etc/conf", "@/new/"))
case("a file and a folder into one folder", ("/bin/app", "@/dir/"), ("/shape", "@/dir/"))
case("the last one holds", ("/glob/a1", "@/new/f"), ("/glob/b1", "@/new/f"))
case("a folder merges what came before", ("/shape", "@/new"), ("/tree", "@/new/x"))
case("a file over what came before", ("/shape", "@/new"), ("/flat/x", "@/new/x/y"))

# ---- the context
case("a context's file is root's", ("bin/tool", "@/tool"), stage=None)
case("a context's folder is root's", ("tree", "@/new"), stage=None)
case("a context's folder into one that is there", ("tree/sub", "@/dir/sub"), stage=None)
case("the whole context", (".", "@/all/"), stage=None,
     why="buildah takes set-user-id from what comes out of the context",
     buildkit={"all/bin/suid": ("f", "4755", 0, 0, "suid")})
case("a pattern of the context", ("glob/a?", "@/new/"), stage=None)
case("a link of the context is followed", ("lib/libz.so", "@/new/"), stage=None)
case("a context's path above its top", ("./lib/../etc/conf", "@/new/"), stage=None)

# ---- working directory
case("a relative destination", ("/bin/app", "new"), workdir="@/dir")
case("a relative folder", ("/bin/app", "p/q/"), workdir="@/dir")
case("a dot is the working directory", ("/bin/app", "."), workdir="@/dir")
case("a dot with a slash", ("/shape", "./"), workdir="@/made/here")
case("a relative destination above", ("/bin/app", "../target/new"), workdir="@/dir")

# ---- settings
case("chown of a file", ("/bin/app", "@/new", "chown=1000:1001"))
case("chown of a folder", ("/tree", "@/new", "chown=1000:1001"))
case("chown of what is made above", ("/bin/app", "@/p/q/new", "chown=1000:1001"))
case("chown by names", ("/bin/app", "@/new", "chown=user:staff"))
case("chown by a user's name", ("/bin/app", "@/new", "chown=user"))
case("chown by name and number", ("/bin/app", "@/new", "chown=user:7"))
case("chown leaves what is there", ("/shape", "@/dir", "chown=1000:1001"))
case("chmod of a file", ("/bin/app", "@/new", "chmod=640"))
case("chmod of a folder's contents", ("/tree", "@/dir", "chmod=0711"))
case("chmod and chown", ("/bin/app", "@/dir/", "chmod=4750,chown=3:4"))
case("chmod of a link is that of its file", ("/lib/libz.so", "@/dir/", "chmod=600"))
case("chmod of a context's file", ("bin/app", "@/dir/", "chmod=600"), stage=None)

case("chown by a user's number: its group is the same", ("/bin/app", "@/new", "chown=1000"))
case("chmod of what is made above", ("/bin/app", "@/p/q/new", "chmod=700"),
     why="Copy and prepareTargetDir make folders with the mode that is given",
     buildkit={"p": ("d", "0700", 0, 0, None), "p/q": ("d", "0700", 0, 0, None)})
case("chmod of a folder that is made", ("/tree", "@/new", "chmod=4711"),
     why="prepareTargetDir makes it with the mode that is given, of which os.Mkdir takes 0777",
     buildkit={"new": ("d", "0711", 0, 0, None)})

case("chmod by changes, each from its own mode", ("/tree", "@/dir", "chmod=go=rX,u+w"), alone=True,
     why="this buildah knows numbers alone",
     buildkit={"dir/a": ("f", "0644", 7, 8, "a"), "dir/abs": ("l", "0777", 0, 0, "/etc/passwd"),
               "dir/dirlink": ("l", "0777", 0, 0, "sub"), "dir/empty": ("d", "0755", 0, 0, None),
               "dir/fifo": ("p", "0644", 0, 0, None), "dir/hard1": ("f", "0644", 0, 0, "hard"),
               "dir/hard2": ("f", "0644", 0, 0, "hard"), "dir/link": ("l", "0777", 0, 0, "a"),
               "dir/sticky": ("d", "1755", 0, 0, None), "dir/sub": ("d", "0755", 9, 10, None),
               "dir/sub/b": ("f", "0644", 0, 0, "b")})

# ---- refusals
case("a file over a folder", ("/flat/x", "@/dirx/"), fails="the directory /@/dirx/x with a file",
     why="ensureEmptyFileTarget takes no folder, and buildah removes what is there")
case("a file over a folder in a folder", ("/flat", "@/dirx"), fails="the directory /@/dirx/x with",
     why="ensureEmptyFileTarget takes no folder, and buildah removes what is there")
case("a link over a folder in a folder", ("/linked", "@/dirx"), fails="the directory /@/dirx/x with",
     why="ensureEmptyFileTarget takes no folder, and buildah removes what is there")
case("a folder over a link to a folder in a folder", ("/shape", "@/linkx"),
     fails="non-directory: /@/linkx/x",
     why="copyDirectoryOnly takes a folder alone, and buildah removes what is there")
case("a dead link is no source", ("/dangling", "@/new"), fails="/dangling in the stage: No such")
case("a pattern that matches a dead link", ("/dang*", "@/new/"), fails="/dangling in the stage: No")
case("an escape without a wildcard is a backslash", ("/names/star\\*", "@/new"),
     fails="/names/star\\* in the stage: No such")
case("a file that is not there", ("/nothing", "@/new"), fails="/nothing in the stage: No such file")
case("a pattern that matches nothing", ("/glob/z*", "@/new/"), fails="nothing matches the pattern")
case("a folder over a file", ("/tree", "@/file"), fails="cannot copy to non-directory: /@/file")
case("a folder in a folder over a file", ("/shape", "@/filex"), fails="non-directory: /@/filex/x",
     why="copyDirectoryOnly takes a folder alone, and buildah removes what is there")
case("a file below a file", ("/bin/app", "@/file/new"), fails="mkdir /@/file: Not a directory")
case("a file into a file", ("/bin/app", "@/file/"), fails="mkdir /@/file: Not a directory")
case("a loop of links", ("/loop1", "@/new"), fails="/loop1 in the stage: Too many levels")
case("a path through a file", ("/etc/conf/x", "@/new"), fails="/etc/conf/x in the stage: Not a dir")
case("a bad pattern", ("/glob/[", "@/new/"), fails="syntax error in the pattern")
case("an owner who is not there", ("/bin/app", "@/new", "chown=nobody"), fails="the user nobody")


# ---- trees

def make_tree(top, nodes, mark=""):
    for node in nodes:
        kind, path, rest = node[0], os.path.join(top, node[1]), node[2:]
        if kind == "l":
            os.symlink(rest[0].replace("@", mark), path)
            continue
        if kind == "h":
            os.link(os.path.join(top, rest[0]), path)
            continue
        owner = rest[1:] if kind in "dp" else rest[2:]
        if kind == "d":
            os.mkdir(path)
        elif kind == "p":
            os.mkfifo(path)
        else:
            with open(path, "w", encoding="utf-8") as file:
                file.write(rest[1])
        os.chown(path, *(owner or (0, 0)))
        os.chmod(path, rest[0])


def make_base(top):
    os.mkdir(top)
    os.chmod(top, 0o755)
    os.mkdir(os.path.join(top, "etc"))
    for name, text in (("passwd", PASSWD), ("group", GROUP)):
        with open(os.path.join(top, "etc", name), "w", encoding="utf-8") as file:
            file.write(text)
    for number, _ in enumerate(CASES):
        folder = os.path.join(top, f"{number:03}")
        os.mkdir(folder)
        make_tree(folder, BASE, f"{number:03}")


def archive(folder, path):
    with tarfile.open(path, "w") as tar:
        for name in sorted(os.listdir(folder)):
            tar.add(os.path.join(folder, name), name)


def hash_of_bytes(content):
    value = 14695981039346656037
    for byte in content:
        value = (value ^ byte) * 1099511628211 % 2**64
    return f"{value:016x}"


def hash_of(path):
    with open(path, "rb") as file:
        return hash_of_bytes(file.read())


TYPES = {stat.S_IFREG: "f", stat.S_IFDIR: "d", stat.S_IFLNK: "l", stat.S_IFIFO: "p", stat.S_IFSOCK: "s"}


def expected(one, number, nodes):
    """`nodes` with what BuildKit does instead."""
    nodes = dict(nodes)
    for name, want in one.buildkit.items():
        path = f"/{number:03}/{name}"
        nodes.pop(path, None)
        if want is None:
            continue
        kind, mode, uid, gid, text = want
        size, extra = "-", text or "-"
        if kind == "f":
            size, extra = str(len(text)), hash_of_bytes(text.encode())
        same = -int(extra, 16) if kind == "f" else 0  # what has one text is one file
        nodes[path] = [kind, mode, str(uid), str(gid), size, extra, same]
    return nodes


def list_disk(top):
    """What overlay.c prints, of a real folder: path -> fields."""
    nodes = {}
    for folder, folders, files in os.walk(top):
        for name in folders + files:
            path = os.path.join(folder, name)
            info = os.lstat(path)
            kind = TYPES[stat.S_IFMT(info.st_mode)]
            size, extra = "-", "-"
            if kind == "f":
                size, extra = str(info.st_size), hash_of(path)
            elif kind == "l":
                extra = os.readlink(path)
            nodes["/" + os.path.relpath(path, top)] = [
                kind, f"{stat.S_IMODE(info.st_mode):04o}", str(info.st_uid), str(info.st_gid), size,
                extra, info.st_ino if kind == "f" else 0]
    return nodes


def parse_listing(text):
    nodes = {}
    for line in text.splitlines():
        fields = line.split("\t", 7)
        nodes[fields[7]] = fields[:6] + [int(fields[6])]
    return nodes


def groups(nodes):
    """Which paths are one file."""
    by_id = {}
    for path, fields in nodes.items():
        if fields[0] == "f":
            by_id.setdefault(fields[6], []).append(path)
    return {path: tuple(sorted(paths)) for paths in by_id.values() for path in paths}


# ---- the two sides

def at(text, number):
    return text.replace("@/", f"/{number:03}/").replace("//", "/") if text.startswith("@") else \
        text.replace("@", f"{number:03}")


def dockerfile_lines(number):
    one = CASES[number]
    lines = ["WORKDIR " + (at(one.workdir, number) if one.workdir else "/")]
    for source, to, *settings in one.copies:
        flags = ["--from=b"] if one.stage else []
        flags += ["--" + setting for setting in (settings[0].split(",") if settings else [])]
        lines.append(" ".join(["COPY", *flags, json.dumps([source, at(to, number)])]))
    return lines


def overlay_arguments(number):
    one = CASES[number]
    found = ["--workdir", at(one.workdir, number) if one.workdir else "/"]
    for source, to, *settings in one.copies:
        parts = [one.stage or "", source.replace(":", "\\:"), at(to, number), *settings]
        found += ["--copy", ":".join(parts)]
    return found


def run(command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          check=False, **options)


class Bench:
    def __init__(self, work, overlay):
        self.work, self.overlay, self.container = work, overlay, None
        self.base, self.builder = os.path.join(work, "base"), os.path.join(work, "builder")
        os.mkdir(self.builder)
        make_tree(self.builder, BUILDER)
        make_base(self.base)
        archive(self.builder, os.path.join(work, "builder.tar"))
        archive(self.base, os.path.join(work, "base.tar"))
        self.store = ["buildah", "--root", os.path.join(work, "store"), "--runroot",
                      os.path.join(work, "run"), "--storage-driver", "vfs"]

    def prepare(self):
        """Images of the stage and of the base."""
        for name in ("builder", "base"):
            container = run([*self.store, "from", "scratch"]).stdout.strip()
            for step in (["add", container, os.path.join(self.work, name + ".tar"), "/"],
                         ["commit", container, "localhost/" + name]):
                done = run([*self.store, *step])
                if done.returncode != 0:
                    sys.exit(done.stderr)

    def build_all(self, numbers):
        lines = ["FROM localhost/builder AS b", "FROM localhost/base"]
        for number in numbers:
            lines += dockerfile_lines(number)
        path = os.path.join(self.work, "Dockerfile")
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        done = run([*self.store, "bud", "--isolation", "chroot", "--layers=false", "-t", "all", "-f",
                    path, self.builder])
        if done.returncode != 0:
            sys.exit("buildah: " + done.stderr[-2000:])
        container = run([*self.store, "from", "localhost/all"]).stdout.strip()
        return list_disk(run([*self.store, "mount", container]).stdout.strip())

    def refused(self, number):
        """Does buildah refuse a copy of this case? One container serves them all."""
        if self.container is None:
            self.container = run([*self.store, "from", "localhost/base"]).stdout.strip()
        for source, to, *settings in CASES[number].copies:
            flags = ["--from", "localhost/builder"]
            flags += ["--" + setting for setting in (settings[0].split(",") if settings else [])]
            done = run([*self.store, "copy", *flags, self.container, source, at(to, number)])
            if done.returncode != 0:
                return True
        return False

    def overlay_list(self, numbers):
        command = [self.overlay, self.base, "--stage", "b=" + self.builder]
        for number in numbers:
            command += overlay_arguments(number)
        return run(command, cwd=self.builder)


# ---- comparing

def below(nodes, number):
    prefix = f"/{number:03}/"
    return {path: fields for path, fields in nodes.items() if path.startswith(prefix)}


def differences(want, have):
    found = []
    for path in sorted(set(want) | set(have)):
        left, right = want.get(path), have.get(path)
        if left is None or right is None or left[:6] != right[:6]:
            found.append(f"{path}: {left and left[:6]} | {right and right[:6]}")
    left, right = groups(want), groups(have)
    for path in sorted(set(left) & set(right)):
        if left[path] != right[path]:
            found.append(f"{path} is one file with {left[path]} | {right[path]}")
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("overlay")
    parser.add_argument("-k", default="", help="only the cases with this in their names")
    parser.add_argument("--each", type=int, default=1, help="one of so many cases")
    parser.add_argument("--keep", action="store_true")
    arguments = parser.parse_args()
    if shutil.which("buildah") is None or os.geteuid() != 0:
        print("FAILED: buildah and root are needed (scripts/setup --test)")
        return 1
    os.umask(0)
    work = tempfile.mkdtemp(prefix="willrun-copy-")
    bench = Bench(work, os.path.abspath(arguments.overlay))
    try:
        return judge(bench, [i for i, one in enumerate(CASES) if arguments.k in one.name][::arguments.each])
    finally:
        if not arguments.keep:
            shutil.rmtree(work, ignore_errors=True)


def judge_refusal(bench, number):
    one = CASES[number]
    alone = bench.overlay_list([number])
    found = []
    if alone.returncode != 1 or at(one.fails, number) not in alone.stderr:
        found.append(f"willrun: {alone.stderr.strip() or 'copies it'}")
    if bench.refused(number) == (one.why is not None):
        found.append("buildah does not do as the case says")
    return found


def judge_copy(number, real, ours):
    """`real`: what buildah made; what was there before where it refuses."""
    one = CASES[number]
    real, ours = below(real, number), below(ours, number)
    found = differences(expected(one, number, real), ours)
    if one.why and not differences(real, ours):
        found.append("buildah does it too")
    return found


def overlay_all(bench, numbers):
    """The listing of them all, and who is to blame where there is none."""
    done = bench.overlay_list(numbers)
    if done.returncode == 0:
        return parse_listing(done.stdout), {}
    alone = {number: bench.overlay_list([number]) for number in numbers}
    return {}, {number: one.stderr.strip() for number, one in alone.items() if one.returncode != 0}


def judge(bench, numbers):
    bench.prepare()
    copied = [number for number in numbers if not CASES[number].fails]
    real = bench.build_all([number for number in copied if not CASES[number].alone])
    base = list_disk(bench.base)
    ours, blamed = overlay_all(bench, copied)
    failed = 0
    for number in numbers:
        one = CASES[number]
        if one.fails:
            found = judge_refusal(bench, number)
        elif number in blamed:
            found = ["willrun: " + blamed[number]]
        else:
            found = judge_copy(number, base if one.alone else real, ours)
            if one.alone and not bench.refused(number):
                found.append("buildah does it too")
        failed += bool(found)
        print("FAIL" if found else "ok  ", one.name, *("\n      " + line for line in found))
    print(f"{len(numbers) - failed} of {len(numbers)} cases hold")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
