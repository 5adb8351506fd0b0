"""The example of each page of the manual (data/rules/): its root is built, willrun must find what the
page is about, and print the page's message, which the real kernel, loader or runc must print, too.

The lines of an example: PATH KIND SETTING..., and those of a Dockerfile behind "Dockerfile: ", then the commands behind "$ "; the last one is the check.
"""
import argparse
import concurrent.futures
import json
import os
import shlex
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "source"))

from handmade import DYN, EXEC, REL, elf  # noqa: E402
from images import Image, d, docker_files, f, h, l, tar_of, write, write_archive  # noqa: E402
from starts import ask_runc  # noqa: E402
from tiny import ENV_SOURCE, Builder, Spec, copy_of, exe, folder, in_chroot, install, lib, link, text  # noqa: E402

PAGES = HERE.parents[1] / "data" / "rules"
GLIBC = {"/lib64/ld-linux-x86-64.so.2": "/lib64/ld-linux-x86-64.so.2",
         "/lib/x86_64-linux-gnu/libc.so.6": "/lib/x86_64-linux-gnu/libc.so.6"}
MUSL = {"/lib/ld-musl-x86_64.so.1": "/lib/x86_64-linux-musl/libc.so"}
DOCKERFILE = "Dockerfile: "
SAID_BY_DOCKER = {"user-missing"}  # by its engine, before runc; it is not here to be asked


class Page:
    """One text: its title, and what its indented blocks of a section hold."""

    def __init__(self, path):
        self.rule, self.sections, section = path.stem, {}, ""
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("#"):
                section = line.lstrip("# ")
            elif line.startswith("    "):
                self.sections.setdefault(section, []).append(line[4:])
        self.files = [line for line in self.sections.get("Example", []) if not line.startswith(("$ ", DOCKERFILE))]
        self.dockerfile = [line[len(DOCKERFILE):] for line in self.sections.get("Example", [])
                           if line.startswith(DOCKERFILE)]
        self.commands = [line[2:] for line in self.sections.get("Example", []) if line.startswith("$ ")]
        self.message = self.sections.get("Message")


# ---- what the lines of an example mean ----
ISA = ('__asm__(".section .note.gnu.property,\\"a\\",@note; .p2align 3; .long 4, 16, 5; .string \\"GNU\\"; '
       '.long 0xc0008002, 4, %d, 0; .previous");')
COPIER = "extern int %s[]; int *volatile where; void use(void) { where = %s; }"
FIXED = ["-no-pie", "-fno-pic", "-fno-pie", "-mcmodel=small"]
TYPES = {"dyn": DYN, "exec": EXEC, "rel": REL}


def listed(value):
    return value.split(",") if value else []


def versions_of(value):
    """"liba.so:V2:g": the version V2 of g in liba.so; no version where it is empty."""
    versions = {}
    for item in listed(value):
        name, version, symbol = item.split(":")
        versions.setdefault(name, {}).setdefault(version or None, []).append(symbol)
    return versions


def object_facts(settings):
    """What Builder takes, of the settings that programs and libraries have."""
    facts = {key: settings[key] for key in ("interp", "rpath", "runpath", "soname") if key in settings}
    facts.update({key: listed(settings.get(key)) for key in ("needs", "calls", "data")})
    facts["versions"] = versions_of(settings.get("from"))
    facts["source"] = settings.get("c", "")
    facts["flags"] = []
    facts["mode"] = int(settings.get("mode", "755"), 8)
    for flag in ("now", "static"):
        facts[flag] = flag in settings
    if "weak-versions" in settings:
        facts["weak_versions"] = True
    if "marked-for-cpu" in settings:
        facts["source"] += ISA % (2 ** int(settings["marked-for-cpu"].lstrip("v")) - 1)
    if "packed-relocations" in settings:
        facts["source"] += "static int x; int *p[4] = {&x, &x, &x, &x};"
        facts["flags"].append("-Wl,-z,pack-relative-relocs")
    if "copies" in settings:
        name, size = settings["copies"].split(":")
        facts["source"] += COPIER % (name, name)
        facts["flags"] += FIXED
        facts["stub"] = f"int {name}[{size}] = {{1}};"
    return facts


def library(settings):
    """A version's functions are named in `defines`, plain ones in `defs`."""
    defines = {}
    for item in listed(settings.get("defines")):
        version, symbol = item.split(":")
        defines.setdefault(version, []).append(symbol)
    functions = listed(settings.get("defs")) + [name for names in defines.values() for name in names]
    return lib(functions, defines=defines, **object_facts(settings))


def content(word):
    return word.encode().decode("unicode_escape")


def compiled(command, source, suffix):
    """A whole program, by a compiler of its language."""
    with tempfile.TemporaryDirectory() as work:
        write(f"{work}/program{suffix}", source.encode())
        subprocess.run([*command, "-o", f"{work}/program", f"{work}/program{suffix}"], check=True, capture_output=True,
                       env={**os.environ, "CGO_ENABLED": "0"}, cwd=work)
        return text(Path(f"{work}/program").read_bytes(), 0o755)


KINDS = {
    "program": lambda words, settings: exe(**object_facts(settings)),
    "library": lambda words, settings: library(settings),
    "file": lambda words, settings: text(content(words[0]), int(settings.get("mode", "644"), 8)),
    "script": lambda words, settings: text(content(words[0]), int(settings.get("mode", "755"), 8)),
    "link": lambda words, settings: link(words[0]),
    "hardlink": lambda words, settings: Spec("hardlink", target=words[0]),
    "folder": lambda words, settings: folder(int(settings.get("mode", "755"), 8)),
    "copy": lambda words, settings: copy_of(words[0]),
    "elf": lambda words, settings: text(elf(
        of=settings.get("of", "linux/amd64"), type=TYPES[settings.get("type", "exec")], interp=settings.get("interp"),
        **({"cut": int(settings["cut"])} if "cut" in settings else {})), 0o755),
    "c-program": lambda words, settings: compiled(["gcc", "-static"], content(words[0]), ".c"),
    "c-dynamic": lambda words, settings: compiled(["gcc"], content(words[0]), ".c"),
    "go-program": lambda words, settings: compiled(["go", "build"], words[0], ".go"),
}


def read_line(line):
    """The path, the kind, its words, its settings."""
    path, kind, *rest = shlex.split(line)
    words, settings = [], {}
    for word in rest:
        key, sign, value = word.partition("=")
        if sign and key.replace("-", "").isalpha():
            settings[key] = value
        elif kind in ("program", "library"):
            settings[word] = ""
        else:
            words.append(word)
    return path, kind, words, settings


class Example:
    """Its files, and how they are given to willrun: a folder, an archive or an image."""

    def __init__(self, page):
        self.files, self.form, self.config, self.bad_relocation = {}, "root", {}, None
        for line in page.files:
            if line.strip() == "archive":
                self.form = "root.tar"
            elif line.startswith("image "):
                self.form = "image.tar"
                self.config = dict(word.split("=", 1) for word in shlex.split(line)[1:])
            elif line.strip():
                self.add(*read_line(line))
        if "Cmd" in self.config:
            self.config["Cmd"] = self.config["Cmd"].split()
        if "Env" in self.config:
            self.config["Env"] = self.config["Env"].split()

    def add(self, path, kind, words, settings):
        if kind in ("glibc", "musl"):
            files = GLIBC if kind == "glibc" else MUSL
            self.files.update({inside: copy_of(real) for inside, real in files.items()})
            return
        if "bad-relocation" in settings:
            self.bad_relocation = path
        self.files[path] = KINDS[kind](words, settings)

    def build(self, work, builder):
        root = work + "/root"
        os.makedirs(root)
        os.chmod(root, 0o755)
        inside = {path: spec for path, spec in self.files.items() if path.startswith("/") and spec.kind != "hardlink"}
        if self.form != "root":  # an archive may hold what no folder can
            inside = {path: spec for path, spec in inside.items() if os.path.dirname(path) not in self.files}
        install(root, builder, inside)
        if self.bad_relocation is not None:
            spoil_relocation(root + self.bad_relocation)
        if self.form != "root":
            self.pack(work, root)

    def pack(self, work, root):
        members = []
        for path, spec in self.files.items():
            name = path.lstrip("/")
            if spec.kind == "hardlink":
                members.append(h(name, spec.facts["target"]))
            elif spec.kind == "link":
                members.append(l(name, spec.facts["target"]))
            elif spec.kind == "folder":
                members.append(d(name))
            elif os.path.isfile(root + path):
                members.append(f(name, Path(root + path).read_bytes(), os.stat(root + path).st_mode & 0o7777))
            else:
                members.append(f(name, spec.facts["content"]))
        packed = tar_of(members)
        if self.form == "root.tar":
            write(f"{work}/root.tar", packed)
        else:
            write_archive(f"{work}/image.tar", docker_files([Image([packed], self.config)]))


def spoil_relocation(path):
    """Give the first relocation (DT_RELA) of a 64-bit file a type that no machine has."""
    data = bytearray(Path(path).read_bytes())
    at, size, count = struct.unpack_from("<QxxxxxxxxxxxxxxHH", data, 32)
    heads = [struct.unpack_from("<IIQQQQ", data, at + i * size) for i in range(count)]
    dynamic = next(head for head in heads if head[0] == 2)
    tags = dict(struct.unpack_from("<QQ", data, dynamic[2] + offset) for offset in range(0, dynamic[5], 16))
    inside = next(head for head in heads if head[0] == 1 and head[3] <= tags[7] < head[3] + head[5])
    struct.pack_into("<I", data, inside[2] + tags[7] - inside[3] + 8, 0x64)
    Path(path).write_bytes(data)


# ---- asking ----
def asked(program, work, commands):
    """The report of the last command, as JSON; the commands before it prepare."""
    os.makedirs(work + "/bin")
    os.symlink(program, work + "/bin/willrun")
    script = "\n".join(["set -e", *commands[:-1], commands[-1] + " --format json"])
    done = subprocess.run(["bash", "-c", script], cwd=work, capture_output=True, timeout=120, check=False,
                          env={**os.environ, "PATH": f"{work}/bin:{os.environ['PATH']}"})
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stderr.decode())
    return json.loads(done.stdout)["targets"][0]


def options_of(command, config):
    """The process that the check's options, or the image, ask for."""
    words = shlex.split(command)
    pairs = list(zip(words, words[1:]))
    env = [value for key, value in pairs if key == "--env"] + config.get("Env", [])
    return {"env": dict(item.split("=", 1) for item in env),
            "user": next((value for key, value in pairs if key == "--user"), "0:0"),
            "workdir": config.get("WorkingDir", "/"),
            "command": config["Cmd"][0] if config else words[-1]}


def really_said(work, number, subject, options):
    """The lines that the real runc, or the process itself in a chroot, prints."""
    root = work + "/root"
    if subject["predicted"]["runtime"] is not None:
        line = ask_runc(work, number, root, options["command"], options)
        return [line] if line is not None else []
    done = in_chroot(root, [options["command"]], options["env"], options["user"])
    return done.stderr.decode("utf-8", "replace").splitlines()


def compare(page, example, target, work, number):
    wrong = []
    subject = target["subjects"][0]
    found = [finding["rule"] for part in [target, *target["subjects"]] for finding in part.get("findings", [])]
    if page.rule not in found:
        wrong.append(f"no finding {page.rule}: {found}")
    if page.message is None:
        return wrong
    predicted = subject["predicted"]
    said = [predicted["runtime"]] if predicted["runtime"] is not None else predicted["stderr"]
    if said != page.message:
        wrong.append(f"willrun says {said}\n      the page   {page.message}")
    if page.rule not in SAID_BY_DOCKER:
        real = really_said(work, number, subject, options_of(page.commands[-1], example.config))
        if real != page.message:
            wrong.append(f"really said  {real}\n      the page   {page.message}")
    return wrong


def run_page(program, top, builder, number, path):
    page = Page(path)
    work = f"{top}/{page.rule}"
    os.makedirs(work)
    if not page.commands:
        return page.rule, ["no example"]
    try:
        example = Example(page)
        example.build(work, builder)
        if page.dockerfile:
            Path(f"{work}/Dockerfile").write_text("\n".join(page.dockerfile) + "\n", encoding="utf-8")
        target = asked(program, work, page.commands)
        shutil.copyfile(f"{top}/env", f"{work}/root/.env")
        os.chmod(f"{work}/root/.env", 0o755)
        return page.rule, compare(page, example, target, work, number)
    except (RuntimeError, subprocess.CalledProcessError, OSError, KeyError, ValueError, StopIteration) as error:
        return page.rule, [f"{type(error).__name__}: {error}"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("willrun")
    parser.add_argument("only", nargs="?", default="")
    given = parser.parse_args()
    pages = [path for path in sorted(PAGES.glob("*.md")) if given.only in path.stem]
    failed = 0
    with tempfile.TemporaryDirectory(prefix="willrun-manual-") as top:
        os.chmod(top, 0o755)
        builder = Builder(f"{top}/cache")
        shutil.copyfile(builder.compile("env", ENV_SOURCE, ["-static", "-no-pie"]), f"{top}/env")
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            running = [pool.submit(run_page, os.path.abspath(given.willrun), top, builder, *case)
                       for case in enumerate(pages)]
            for done in running:
                rule, wrong = done.result()
                failed += bool(wrong)
                if wrong:
                    print(f"not ok: {rule}\n   " + "\n   ".join(wrong))
    print(f"{len(pages) - failed} passed, {failed} failed")
    return 1 if failed or not pages else 0


if __name__ == "__main__":
    sys.exit(main())
