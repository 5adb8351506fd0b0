#!/usr/bin/env python3
"""What layers add up to, case by case: buildah unpacks them for real, and willrun must see the same
nodes, in every form in which an image is kept.

usage: source_cases.py LIST_SOURCE [-k WORD]

Every case has a folder of its own in one image. `alone`: it is an image of its own, for buildah
refuses it, and `sees` has the nodes that willrun must see.
"""
import argparse
import hashlib
import os
import shutil
import stat
import subprocess
import sys
import tempfile

from images import (GNU, PAX, USTAR, Entry, Image, d, docker_files, f, h, l, layout_files, pack, tar_of, write,
                    write_archive, write_folder)

LONG = "/".join(["a-folder-with-a-long-name"] * 12) + "/file"


class Case:
    def __init__(self, name, *layers, form=PAX, alone=False, sees=None, notes=(), why=None):
        self.name, self.layers, self.form, self.alone = name, layers, form, alone
        self.sees, self.notes, self.why = sees, notes, why


CASES = [
    Case("a file, a folder, links and modes",
         [d("bin", 0o711, uid=3, gid=4), f("bin/app", "app", 0o755, uid=1000, gid=1001), f("bin/su", "su", 0o4755),
          l("sh", "bin/app"), l("abs", "/etc/passwd"), d("tmp", 0o1777), f("empty")]),
    Case("a whiteout removes a file", [f("a", "a"), f("b", "b")], [f(".wh.a")]),
    Case("a whiteout removes a folder with all in it", [d("x"), f("x/a"), d("x/y"), f("x/y/b")], [f(".wh.x")]),
    Case("what was removed comes back in a later layer", [f("a", "old")], [f(".wh.a")], [f("a", "new")]),
    Case("a folder is removed and made again in one layer",
         [d("x"), f("x/a", "old")], [f(".wh.x"), d("x", 0o700), f("x/b", "new")]),
    Case("an opaque folder hides what lies below it",
         [d("x"), f("x/a"), d("x/y"), f("x/y/b")], [d("x"), f("x/.wh..wh..opq"), f("x/c", "c")]),
    Case("the mark of an opaque folder may come last",
         [d("x"), f("x/a"), d("x/y"), f("x/y/b")], [d("x"), f("x/c", "c"), d("x/y"), f("x/y/d"), f("x/.wh..wh..opq")]),
    Case("a file takes the place of a folder", [d("x"), f("x/a")], [f("x", "file")]),
    Case("a folder takes the place of a file", [f("x", "file")], [d("x", 0o750), f("x/a")]),
    Case("a folder stays and changes its mode", [d("x", 0o755), f("x/a")], [d("x", 0o700, uid=5)]),
    Case("a link takes the place of a file", [f("x", "file")], [l("x", "y")]),
    Case("a folder takes the place of a link to one", [d("y"), f("y/a"), l("x", "y")], [d("x"), f("x/b")]),
    Case("what lies behind a link to a folder goes there",
         [d("usr"), d("usr/lib"), l("lib", "usr/lib")], [f("lib/libz.so", "z")]),
    Case("an absolute link on the way stays inside",
         [d("data"), d("data/x"), l("way", "/@/data/x")], [f("way/file", "here")]),
    Case("hard links in one layer", [f("a", "text"), h("b", "a"), h("c", "b")]),
    Case("the file of a hard link is replaced", [f("a", "old"), h("b", "a")], [f("a", "new")]),
    Case("a hard link to a link", [f("a", "text"), l("s", "a"), h("t", "s")]),
    Case("names with ./", [d("./x"), f("./x/./a", "a"), f("./b", "b")]),
    Case("absolute names", [d("/x"), f("/x/a", "a")]),
    Case("folders that no entry names", [f("deep/er/file", "text")]),
    Case("device nodes and fifos", [Entry("c", "null", 0o666, device=(1, 3)), Entry("b", "disk", 0o660, device=(8, 0)),
                                    Entry("p", "fifo", 0o600)]),
    Case("pax long names", [f(LONG, "far"), l("long-link", LONG)], form=PAX),
    Case("GNU long names", [f(LONG, "far"), l("long-link", LONG), h("hard", LONG)], form=GNU),
    Case("names split in two as ustar has them", [f("/".join(["part"] * 25) + "/file", "far")], form=USTAR),
    Case("names beyond ASCII", [f("h\u00e9l\u00e8ne/\u65e5\u672c", "text"), l("\u00fc", "h\u00e9l\u00e8ne")], form=PAX),
    Case("names beyond ASCII, as bytes", [f("h\u00e9l\u00e8ne/\u65e5\u672c", "text"), l("\u00fc", "h\u00e9")], form=GNU),
    Case("names with blanks, stars and newlines", [f("a b", "1"), f("*", "2"), f("c\nd", "3"), f("\\", "4")]),
    Case("a name that only looks like a whiteout", [f("a.wh.b", "a"), f(".w", "b")]),
    Case("programs and other files, large and small",
         [f("elf", b"\x7fELF" + b"x" * 300000, 0o755), f("text", "t" * 300000), f("small", "s" * 300)]),
    Case("the last of several entries counts", [f("a", "one"), f("a", "two", 0o600), f("a", "three", 0o640)],
         alone=True, sees={"/a": ("f", 0o640, 0, 0, "three")}, why="buildah fails"),
    Case("a whiteout of nothing is nothing", [f("a", "a")], [f(".wh.b"), d("x"), f("x/.wh.c")], alone=True,
         sees={"/a": ("f", 0o644, 0, 0, "a"), "/x": ("d", 0o755, 0, 0, None)}, why="buildah fails"),
    Case("a hard link to a file of a lower layer", [f("a", "text", 0o600)], [h("b", "a")], alone=True,
         sees={"/a": ("f", 0o600, 0, 0, "text"), "/b": ("f", 0o600, 0, 0, "text")}, why="buildah fails"),
    Case("a hard link outlives the file it was made of", [f("a", "text")], [h("b", "a")], [f(".wh.a")], alone=True,
         sees={"/b": ("f", 0o644, 0, 0, "text")}, why="buildah fails"),
    Case("a whiteout hides only what lies below its layer", [f("a", "old")], [f("a", "new"), f(".wh.a")], alone=True,
         sees={"/a": ("f", 0o644, 0, 0, "new")}, why="the specification says so; buildah removes both"),
    Case("a hard link to a file that its own layer removes", [f("a", "text")], [f(".wh.a"), h("b", "a")], alone=True,
         sees={"/b": ("f", 0o644, 0, 0, "text")}, why="buildah goes by the order of the entries"),
    Case("a hard link before its file", [h("b", "a"), f("a", "text")], alone=True,
         sees={"/a": ("f", 0o644, 0, 0, "text"), "/b": ("f", 0o644, 0, 0, "text")}, why="buildah fails"),
    Case("a hard link to nothing", [f("a", "text"), h("b", "nowhere")], alone=True, notes=["link"],
         sees={"/a": ("f", 0o644, 0, 0, "text")}, why="buildah fails"),
    Case("names that lead out", [f("../../etc/passwd", "out"), f("x/../../y", "y")], alone=True,
         notes=["outside", "outside"],
         sees={"/etc": ("d", 0o755, 0, 0, None), "/etc/passwd": ("f", 0o644, 0, 0, "out"),
               "/y": ("f", 0o644, 0, 0, "y")}, why="buildah fails"),
    Case("a link that leads out", [l("x", "../../../.."), f("x/y", "y")], alone=True,
         sees={"/x": ("l", 0, 0, 0, "../../../.."), "/y": ("f", 0o644, 0, 0, "y")}, why="buildah fails"),
    Case("links in a circle", [l("a", "b"), l("b", "a"), f("a/file", "x")], alone=True, notes=["unpacking"],
         sees={"/a": ("l", 0, 0, 0, "b"), "/b": ("l", 0, 0, 0, "a")}, why="buildah fails"),
    Case("a file in the way", [f("a", "file"), f("a/b", "x")], alone=True, notes=["unpacking"],
         sees={"/a": ("f", 0o644, 0, 0, "file")}, why="buildah fails"),
    Case("a name that is too long", [f("n" * 300, "x"), f("ok", "ok")], alone=True, notes=["unpacking"],
         sees={"/ok": ("f", 0o644, 0, 0, "ok")}, why="buildah fails"),
]


# ---- nodes

def content(text):
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()


def listed(program, source, stdin=None, platform=()):
    """Nodes by path, groups of hard links, notes, and the error's sentence."""
    run = subprocess.run([program, source, *platform], stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         env=dict(os.environ, LC_ALL="C"), timeout=120)
    nodes, groups, notes, targets = {}, {}, [], []
    for line in run.stdout.decode("utf-8", "surrogateescape").split("\0"):
        if line.startswith("target "):
            targets.append(line[7:])
        elif line.startswith("note "):
            notes.append(line.split(" ")[1])
        elif line:
            kind, mode, uid, gid, size, rest, number, path = line.split("\t")
            mode = 0 if kind == "l" else int(mode, 8)
            nodes[path] = (kind, mode, int(uid), int(gid), size, rest)
            if kind == "f":
                groups.setdefault(number, set()).add(path)
    groups = {frozenset(group) for group in groups.values() if len(group) > 1}
    return nodes, groups, notes, targets, run.stderr.decode().strip(), run.returncode


def walked(top):
    nodes, inodes = {}, {}
    for folder, folders, files in os.walk(top):
        for name in folders + files:
            real = os.path.join(folder, name)
            path = "/" + os.path.relpath(real, top)
            st = os.lstat(real)
            kinds = [(stat.S_ISREG, "f"), (stat.S_ISDIR, "d"), (stat.S_ISLNK, "l"), (stat.S_ISFIFO, "p"),
                     (stat.S_ISCHR, "c"), (stat.S_ISBLK, "b"), (stat.S_ISSOCK, "s")]
            kind = next(letter for test, letter in kinds if test(st.st_mode))
            mode = 0 if kind == "l" else stat.S_IMODE(st.st_mode)
            rest = os.readlink(real) if kind == "l" else "-"
            if kind == "f":
                with open(real, "rb") as file:
                    rest = content(file.read())
                inodes.setdefault(st.st_ino, set()).add(path)
            nodes[path] = (kind, mode, st.st_uid, st.st_gid, str(st.st_size) if kind == "f" else "-", rest)
    return nodes, {frozenset(group) for group in inodes.values() if len(group) > 1}


def differences(want, got):
    lines = []
    for path in sorted(set(want) | set(got)):
        if want.get(path) != got.get(path):
            lines.append(f"{path}: expected {want.get(path)}, willrun sees {got.get(path)}")
    return lines


# ---- truth

def unpacked(layout, work):
    """What buildah unpacks of the OCI layout, in a storage of its own."""
    def buildah(*arguments):
        return subprocess.run(["buildah", "--storage-driver", "vfs", "--root", work + "/storage", "--runroot",
                               work + "/run", *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    container = buildah("from", "--pull", "--quiet", "oci:" + layout + ":1")
    return walked(buildah("mount", container))


class Tests:
    def __init__(self, program, work):
        self.program, self.work, self.failed, self.count = program, work, 0, 0

    def tell(self, name, problems):
        self.count += 1
        if problems:
            self.failed += 1
            print("FAILED: " + name)
            for problem in problems[:12]:
                print("    " + problem)

    def forms(self, image):
        """The same image in every form: name → how it is called, and what it has on standard input."""
        work = self.work
        archive = write_archive(work + "/docker.tar", docker_files([image]))
        layout = write_folder(work + "/oci", layout_files([image]))
        whole = write_archive(work + "/oci.tar", layout_files([image]))
        yield "docker-archive", "docker-archive:" + archive, None
        yield "docker-archive, by content", archive, None
        yield "docker-archive, gzip, by content", write(archive + ".gz", pack(open(archive, "rb").read(), "gzip")), None
        yield "docker-archive on standard input", "-", archive
        yield "OCI folder", "oci:" + layout, None
        yield "OCI folder, by content", layout, None
        yield "OCI archive", "oci-archive:" + whole + ":1", None
        yield "OCI archive on standard input", "-", whole
        for how in ("gzip", "zstd"):
            image.packing = how
            yield "OCI folder, " + how, write_folder(work + "/oci-" + how, layout_files([image])), None
            yield f"OCI archive, {how}, on standard input", "-", write_archive(work + "/o.tar", layout_files([image]))
        image.packing = "none"

    def see(self, source, stdin):
        with open(stdin or os.devnull, "rb") as given:
            return listed(self.program, source, given)

    def check_together(self, cases):
        """One image of all cases, held to buildah."""
        depth = max(len(case.layers) for case in cases)
        layers = []
        for number in range(depth):
            parts = [tar_of(case.layers[number], case.form, f"{index:03}")[:-1024]
                     for index, case in enumerate(cases) if number < len(case.layers)]
            # each part ends in a record's padding, which would end the archive
            layers.append(b"".join(cut_end(part) for part in parts) + b"\0" * 1024)
        image = Image(layers)
        layout = write_folder(self.work + "/truth", layout_files([image]))
        want, want_groups = unpacked(layout, self.work)
        for form, source, stdin in self.forms(image):
            got, groups, _, _, error, _ = self.see(source, stdin)
            if error:
                self.tell(form, [error])
                continue
            kept = form_keeps_all(form)
            for index, case in enumerate(cases):
                top = f"/{index:03}"
                mine = {path: node for path, node in want.items() if path == top or path.startswith(top + "/")}
                seen = {path: node for path, node in got.items() if path == top or path.startswith(top + "/")}
                if not kept:
                    seen = {path: restored(node, mine.get(path)) for path, node in seen.items()}
                problems = differences(mine, seen) + ([] if mine else ["buildah unpacked nothing of it"])
                for group in want_groups ^ groups:
                    if any(path.startswith(top + "/") for path in group):
                        problems.append(f"hard links differ: {sorted(group)}")
                self.tell(f"{form}: {case.name}", problems)

    def check_alone(self, case):
        image = Image([tar_of(layer, case.form) for layer in case.layers])
        for form, source, stdin in self.forms(image):
            got, _, notes, _, error, _ = self.see(source, stdin)
            problems = [error] if error else []
            want = {}
            for path, (kind, mode, uid, gid, text) in case.sees.items():
                rest = content(text) if kind == "f" else text or "-"
                want[path] = (kind, mode, uid, gid, str(len(text)) if kind == "f" else "-", rest)
            problems += differences(want, got)
            if notes != list(case.notes):
                problems.append(f"notes: expected {case.notes}, got {notes}")
            self.tell(f"{form}: {case.name}", problems)


def cut_end(part):
    """Without the blocks of zeros at the end."""
    while part.endswith(b"\0" * 512):
        part = part[:-512]
    return part


def form_keeps_all(form):
    return "gzip" not in form and "zstd" not in form and "standard input" not in form


def restored(node, want):
    """Of a large file that is no program, a stream keeps the first bytes: no digest can be told."""
    if node[0] == "f" and node[5] == "File too large" and want is not None and int(node[4]) > 65536:
        return node[:5] + (want[5],)
    return node


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("-k", dest="word", default="")
    options = parser.parse_args()
    if shutil.which("buildah") is None or os.geteuid() != 0:
        print("FAILED: buildah and root are needed (scripts/setup --test)")
        return 1
    cases = [case for case in CASES if options.word in case.name]
    # buildah makes an image's name of the folder's: no capitals, no "_"
    work = os.path.join(tempfile.gettempdir(), f"willrun-source-{os.getpid()}")
    os.mkdir(work)
    try:
        tests = Tests(options.program, work)
        together = [case for case in cases if not case.alone]
        if together:
            tests.check_together(together)
        for case in cases:
            if case.alone:
                tests.check_alone(case)
    finally:
        shutil.rmtree(work)
    print(f"{tests.count - tests.failed} of {tests.count} hold")
    return 1 if tests.failed else 0


if __name__ == "__main__":
    sys.exit(main())
