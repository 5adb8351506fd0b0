#!/usr/bin/env python3
"""Every command that README.md, the manual pages and --help show, run in a folder that has what it
names: its exit status and its words are those that the text tells.

What a text shows and no row below knows is a failure, and so is a row that no text shows. Docker is
played by a function of the shell: what it would write comes from a file.

usage: example_cases.py WILLRUN [-k WORD]
"""
import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / "source"))
from images import Image, docker_files, f, layout_files, tar_of, write, write_archive, write_folder  # noqa: E402

SERVER_FAILS = ["exec /app/server: no such file or directory", "interp-missing"]

# command (its words, joined by single spaces): exit status, what it prints. Of the examples of README.md
# that show what is printed, it is that text, whole; what is here comes on top.
RUN = {
    "willrun check --root base:alpine:3.20 ./server": (1, ["✗ /server  cannot be executed: interpreter missing"]),
    "willrun check --root base:debian:11-slim ./server": (1, []),
    "willrun check --root base:debian:13-slim --stage builder=builder --copy builder:/usr/bin/sqlite3:/app/": (1, []),
    "willrun check --dockerfile Dockerfile --stage builder=builder": (1, []),
    "willrun tree --root base:debian:12-slim ./app": (1, []),
    "willrun diff base:debian:11-slim base:debian:13-slim ./server": (0, []),
    "willrun explain --root base:alpine:3.20 --copy :server:/app/ 'exec /app/server: no such file or directory'": (0, []),
    "willrun plan --stage builder=builder /usr/bin/sqlite3 --on debian:13-slim --format dockerfile": (0, []),
    "willrun inspect ./server": (0, ["glibc         2.34 or later (GLIBC_2.34 of libc.so.6: __libc_start_main)"]),
    "willrun explain shebang-crlf": (0, []),

    "willrun bundle /usr/bin/git --to out": (0, ["/usr/bin/git ", "libpcre2-8.so.0.", "1 runs"]),
    "willrun check --root ./rootfs --host /opt/node/bin/node /app/addon.node": (0, ["✓ /app/addon.node"]),
    "willrun check --root base:alpine:3.20 /bin/sh": (0, ["✓ /bin/sh"]),
    "docker logs app 2>&1 | willrun explain": (0, SERVER_FAILS),
    "docker save app:1.4 | willrun check --root -": (1, ["✗ /app/server", SERVER_FAILS[0]]),
    "docker buildx build -o type=tar,dest=- . | willrun check --root - /app/server": (0, ["✓ /app/server"]),
    "docker buildx build -o type=oci,dest=- . | willrun check --root -": (1, ["✗ /app/server"]),
    "willrun check --roots images.list --shard 0/4 --format jsonl -o 0.jsonl": (1, ['0.jsonl: "root":"image.tar"', '0.jsonl: "root":"oci:layout"']),

    "willrun check --root base:debian:12 --stage b=b.tar --copy b:/out:/bin/": (0, ["✓ /usr/bin/tool", "✓ /usr/bin/other"]),
    "willrun check --root ./rootfs --env LD_LIBRARY_PATH=/opt/lib /usr/bin/app": (0, ["✓ /usr/bin/app"]),
    "willrun check --root oci:./layout --all --format jsonl -o all.jsonl": (1, ['all.jsonl: "path":"/app/server"', 'all.jsonl: "verdict":"fails"']),
    "willrun check --root ./rootfs --host /usr/bin/node /app/build/addon.node": (0, ["✓ /app/build/addon.node"]),
    "willrun check --root ./rootfs --why libz.so.1 /usr/bin/git": (0, ["libz.so.1"]),
    "willrun check --root ./rootfs --all --cache ~/.cache/willrun": (1, ["✓ /usr/bin/git", "✗ /usr/bin/app"]),
    "willrun tree /usr/bin/git": (0, ["/usr/bin/git", "└── "]),
    "willrun tree --root ./rootfs ./git": (0, ["/git", "libz.so.1 → "]),
    "willrun tree --format dot /usr/bin/git | dot -Tsvg -o git.svg": (0, ["git.svg: </svg>", "git.svg: libc.so.6"]),
    "willrun tree --format mermaid /usr/bin/git": (0, ["flowchart", "libc.so.6"]),
    "willrun inspect -v ./fast-1.0-cp312-cp312-linux_x86_64.whl": (0, ["whl/fast/fast.so: dynamic shared object", "glibc  ", "manylinux"]),
    "willrun inspect --root oci:./layout / --format json -o facts.json": (0, ['facts.json: "path": "/app/server"']),
    "willrun plan ./server": (0, ["debian:12-slim", "COPY ./server /server"]),
    "willrun plan --stage builder=./build /usr/local/bin/app": (0, ["COPY --from=builder", "libgreet.so"]),
    "willrun plan --stage builder=b.tar /app --on debian:12-slim --format dockerfile >>Dockerfile":
        (0, ["Dockerfile: FROM build AS first", "Dockerfile: FROM debian:12-slim\nCOPY --from=builder /app /app"]),
    "willrun plan --dockerfile Dockerfile --stage build=build.tar": (0, ["debian:12-slim", "COPY --from=build"]),
    "willrun bundle --root app.tar /app/server --with ca-certificates --with time-zones --to app-min.tar":
        (0, ["/etc/ssl/certs/ca-certificates.crt", "1 runs"]),
    "willrun explain 'exec /app/server: no such file or directory'": (0, SERVER_FAILS),
    "willrun explain --root image.tar 'exec /app/server: no such file or directory'": (0, ["certain: interp-missing"]),
    "willrun explain --root image.tar --exit-code 127": (0, ["certain: interp-missing", "/app/server is a glibc program"]),
    "willrun explain interpreter-missing": (0, ["interpreter-missing  error"]),
    "willrun diff base:debian:11-slim base:debian:12-slim ./server": (0, ["✓ /server  starts to work"]),
    "willrun diff ./rootfs.old ./rootfs.new --format markdown": (1, ["| /usr/bin/app | starts to fail |"]),
    "willrun snapshot ./rootfs -o rootfs.profile.tar.zst": (0, []),
    "willrun snapshot ./rootfs --origin 'image registry.example/app:7' --date 2026-11-23 -o app.tar.zst": (0, []),
    "willrun bases": (0, ["base:alpine:3.20", "base:debian:12-slim"]),
    "willrun config": (0, ["fail-on: degraded", 'reason: "the container runtime of the GPU hosts brings it"']),
    "willrun config --fail-on degraded": (0, ["fail-on: degraded"]),
}

# What does not run here, and who tries it. A text that ends in * stands for all that begin so.
ELSEWHERE = {
    "scripts/*": "this project's own scripts: builds and whole test runs, of which this test is a part",
    "cmake *": "the build that this test is of; cli.install installs it",
    "pkg-config --cflags --libs willrun": "cli.install",
    "docker save": "the name of what writes a form of archive; docker save app:1.4 is run",
    "docker export": "the same",
    "docker build -o type=tar": "the same; docker buildx build -o type=tar is run",
    "docker build --target NAME -o": "the same, of a stage",
    "docker build --target builder -o builder .": "docker is not here; builder/ is as it would write it",
    "npm ci --os=linux --cpu=x64 --libc=musl": "npm's own, which a finding names",
    "willrun explain RULE": "a form; willrun explain shebang-crlf is run",
    "willrun snapshot SOURCE -o FILE.tar.zst": "a form; those of willrun-snapshot(1) are run",
    "willrun check --help": "read by this test",
}

DOCKER = """
    docker() {
        case "$*" in
        'save app:1.4') cat image.tar ;;
        'logs app') echo 'exec /app/server: no such file or directory' >&2 ;;
        'buildx build -o type=tar,dest=- .') cat app.tar ;;
        'buildx build -o type=oci,dest=- .') tar -C layout -cf - . ;;
        *) return 125 ;;
        esac
    }
    set -o pipefail
    """


# ---- what the texts show ----

def words_of(command):
    return " ".join(command.split())


class Example:
    def __init__(self, place, command, shown=None):
        self.place, self.command, self.shown = place, words_of(command), shown


def blocks_of(text):
    """The indented blocks of a Markdown text, without their indentation."""
    block = []
    for line in text.splitlines() + ["end"]:
        if line.startswith("    ") or (not line and block):
            block.append(line[4:])
        elif block:
            yield "\n".join(block).strip("\n")
            block = []


def joined(lines):
    """Lines that end in a backslash go on."""
    return "\n".join(lines).replace("\\\n", " ").split("\n")


def of_block(block):
    """The commands of a block: one behind "$ " with what it prints, or a command a line."""
    if not block.startswith("$ "):
        for line in joined(block.split("\n")):
            yield from ([Example("README.md", line.split("    ")[0])] if re.match(r"(willrun|docker|cmake|scripts/)", line) else [])
        return
    lines = block[2:].split("\n")
    end = next(i for i, line in enumerate(lines) if not line.endswith("\\")) + 1
    yield Example("README.md", joined(lines[:end])[0], "\n".join(lines[end:]))


def of_readme():
    text = (PROJECT / "README.md").read_text()
    for block in blocks_of(text):
        yield from of_block(block)
    for span in re.findall(r"`([^`]+)`", re.sub(r"(?m)^    .*$", "", text)):
        if re.match(r"(willrun|docker|npm|cmake|pkg-config) .|scripts/.", span):
            yield Example("README.md", re.sub(r"\\(.)", r"\1", span))


def of_help(program, commands):
    for command in [[], *([name] for name in commands)]:
        text = subprocess.run([program, *command, "--help"], check=True, stdout=subprocess.PIPE, text=True).stdout
        shown = re.search(r"\nExamples:\n(.*?)(\n\n|\Z)", text, re.S).group(1)
        indent = " " * (6 if command else 2)
        for line in joined(shown.split("\n")):
            if re.match(indent + r"\S", line):
                yield Example(" ".join(["willrun", *command, "--help"]), line)


def of_manual(pages):
    for page in sorted(pages.glob("*.1")):
        text = subprocess.run(f"mandoc -T utf8 -O width=300 {shlex.quote(str(page))} | col -bx", shell=True, check=True,
                              stdout=subprocess.PIPE, text=True, env=dict(os.environ, LC_ALL="C.UTF-8")).stdout
        shown = re.search(r"\nEXAMPLES\n(.*?)\n\S", text, re.S)
        for line in shown.group(1).split("\n") if shown else ():
            if re.match(r" {11}", line):
                yield Example(page.name, line)


# ---- what the examples name ----

class Bench:
    """A folder with all that the examples name."""

    def __init__(self, work, program):
        self.work, self.program = work, program
        self.all = work / "all"
        self.all.mkdir()
        self.programs()
        self.stages()
        self.rootfs()
        self.archives()
        self.texts()
        self.names = set(os.listdir(self.all))

    def made(self, *command, **more):
        subprocess.run(command, check=True, cwd=self.all, stdout=subprocess.DEVNULL, **more)

    def source(self, name, text):
        (self.work / name).write_text(text)
        return str(self.work / name)

    def library(self, path, *options, text="int a_function(void) { return 0; }"):
        (self.all / path).parent.mkdir(parents=True, exist_ok=True)
        self.made("gcc", "-shared", "-fPIC", "-o", path, f"-Wl,-soname,{Path(path).name}", *options, self.source("library.c", text))

    def program_of(self, path, *options, text="int main(void) { return 0; }"):
        (self.all / path).parent.mkdir(parents=True, exist_ok=True)
        self.made("gcc", "-o", path, self.source("program.c", text), "-Wl,--no-as-needed", *options)

    def copy(self, source, target):
        (self.all / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(self.all / source, self.all / target)

    def programs(self):
        self.program_of("server")
        self.library("lib/libgreet.so")
        self.library("lib/liblzma.so.5")
        self.program_of("app", "lib/libgreet.so", "lib/liblzma.so.5", "-Wl,-rpath,$ORIGIN/lib")
        self.copy("/usr/bin/git", "git")

    def stages(self):
        """Builder stages: what they built, and the libc below it."""
        for name in ("builder", "build"):
            self.made(self.program, "bundle", "./server", "--to", name)
        multiarch = "usr/lib/x86_64-linux-gnu"
        self.library(f"builder/{multiarch}/libreadline.so.8")
        folder = self.all / "builder" / multiarch
        (folder / "libreadline.so.8").rename(folder / "libreadline.so.8.2")
        (folder / "libreadline.so.8").symlink_to("libreadline.so.8.2")
        self.program_of("builder/usr/bin/sqlite3", str(folder / "libreadline.so.8"))
        self.copy("server", "builder/out/server")
        self.copy("lib/libgreet.so", "build/usr/local/lib/libgreet.so")
        self.program_of("build/usr/local/bin/app", "build/usr/local/lib/libgreet.so", "-Wl,-rpath,/usr/local/lib")

    def rootfs(self):
        """Of this machine: git with what it loads, and beside it programs and addons made here."""
        self.made(self.program, "bundle", "/usr/bin/git", "--to", "rootfs")
        self.library("rootfs/opt/lib/libown.so")
        self.program_of("rootfs/usr/bin/app", "rootfs/opt/lib/libown.so")
        host = "int napi_create_function(void) { return 0; } int main(void) { return 0; }"
        addon = "int napi_create_function(void); int napi_register_module_v1(void) { return napi_create_function(); }"
        self.program_of("rootfs/usr/bin/node", "-rdynamic", text=host)
        self.copy("rootfs/usr/bin/node", "rootfs/opt/node/bin/node")
        self.library("rootfs/app/addon.node", text=addon)
        self.copy("rootfs/app/addon.node", "rootfs/app/build/addon.node")
        for name in ("old", "new"):
            self.made("cp", "-a", "rootfs", f"rootfs.{name}")
        (self.all / "rootfs.old/usr/lib").mkdir(exist_ok=True)
        self.copy("rootfs/opt/lib/libown.so", "rootfs.old/usr/lib/libown.so")

    def archives(self):
        server = (self.all / "server").read_bytes()
        musl = Path("/lib/x86_64-linux-musl/libc.so").read_bytes()
        layer = tar_of([f("app/server", server, 0o755), f("lib/ld-musl-x86_64.so.1", musl, 0o755)])
        image = Image([layer], {"Entrypoint": ["/app/server"]}, name="app:1.4")
        write_archive(self.all / "image.tar", docker_files([image]))
        write_folder(self.all / "layout", layout_files([image]))
        self.made(self.program, "bundle", "server", "--to", "min", "--root", "/", "--with", "ca-certificates", "--with", "time-zones")
        self.copy("server", "min/app/server")
        self.made("tar", "-C", "min", "-cf", "app.tar", ".")
        shutil.rmtree(self.all / "min")
        app = (self.all / "build/usr/local/bin/app").read_bytes()
        write(self.all / "b.tar", tar_of([f("out/tool", server, 0o755), f("out/other", server, 0o755), f("app", server, 0o755)]))
        write(self.all / "build.tar", tar_of([f("usr/local/bin/app", app, 0o755), f("usr/local/lib/libgreet.so", (self.all / "lib/libgreet.so").read_bytes())]))
        self.library("wheel/fast/fast.so", "-Wl,-z,now", text="#include <stdio.h>\nint a_function(void) { return puts(\"\"); }")
        self.made("python3", "-m", "zipfile", "-c", "fast-1.0-cp312-cp312-linux_x86_64.whl", "wheel/fast")

    def texts(self):
        (self.all / "images.list").write_text("image.tar\n" + "oci:layout\n" * 4)
        settings = next(block for block in blocks_of((PROJECT / "README.md").read_text()) if block.startswith("root: "))
        (self.all / "settings.yaml").write_text(settings + "\n")

    def folder(self, command):
        """The folder without what the one before wrote, and with the Dockerfile and the settings that the
        command is meant for."""
        folder = self.all
        for name in set(os.listdir(folder)) - self.names:
            path = folder / name
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        dockerfile = ["# a service", "FROM debian:13-slim AS builder", "COPY . /src", "RUN make -C /src", "", "FROM alpine:3.20",
                      "COPY --from=builder /out/server /app/server", 'ENTRYPOINT ["/app/server"]']
        if "build.tar" in command:
            dockerfile = ["FROM debian:12 AS build", "RUN make", "FROM debian:12", "COPY --from=build /usr/local /usr/local",
                          'ENTRYPOINT ["/usr/local/bin/app"]']
        elif ">>Dockerfile" in command:
            dockerfile = ["FROM build AS first"]
        (folder / "Dockerfile").write_text("\n".join(dockerfile) + "\n")
        if command == "willrun config":
            shutil.copy(folder / "settings.yaml", folder / ".willrun.yaml")
        return folder

    def run(self, command):
        folder = self.folder(command)
        env = dict(os.environ, HOME=str(folder), PATH=f"{Path(self.program).parent}:{os.environ['PATH']}", LC_ALL="C.UTF-8", COLUMNS="80")
        for name in ("NO_COLOR", "CLICOLOR_FORCE", "LD_LIBRARY_PATH", "LD_PRELOAD"):
            env.pop(name, None)
        done = subprocess.run(["bash", "-c", DOCKER + command], cwd=folder, env=env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, timeout=120)
        return folder, done


# ---- is it so? ----

def told_alike(shown):
    """A pattern for what a text shows: sizes, identities and releases of compilers are this machine's."""
    pattern = re.escape(shown.rstrip("\n"))
    pattern = re.sub(r"\d+\\ bytes", r"\\d+\\ bytes", pattern)
    pattern = re.sub(r"[0-9a-f]{40}", "[0-9a-f]{40}", pattern)
    pattern = re.sub(r"gcc\\ \d+\\\.\d+\\\.\d+", r"gcc\\ [0-9.]+", pattern)
    return re.sub(r"\n\\\.\\\.\\\.$", r"\n.*", pattern) + "\n*"


def complaints(example, folder, done):
    status, words = RUN[example.command]
    if done.returncode != status:
        yield f"exit status {done.returncode}, not {status}"
    for text in words:
        name, colon, rest = text.partition(": ")
        named = colon and (folder / name).is_file()
        if (rest if named else text) not in ((folder / name).read_text() if named else done.stdout):
            yield f"does not say: {text}"
    if example.shown is not None and not re.fullmatch(told_alike(example.shown), done.stdout, re.S):
        yield "does not print what the text shows:\n" + example.shown
    if done.stderr and " -v " not in example.command:
        yield "speaks on standard error"
    if re.search("Sanitizer|runtime error", done.stderr):
        yield "a sanitizer speaks"
    told_file = re.search(r"willrun.* (?:-o|--to) (\S+)", example.command)
    if told_file and not (folder / told_file.group(1)).exists():
        yield f"did not write {told_file.group(1)}"


def elsewhere(command):
    return any(command == known or (known.endswith("*") and command.startswith(known[:-1])) for known in ELSEWHERE)


def rules_shown(pages):
    """Commands of willrun-rules(7) that are not of a page of data/rules/, whose examples replay.manual_cases runs."""
    text = subprocess.run(["mandoc", "-T", "utf8", "-O", "width=1000", str(pages / "willrun-rules.7")], check=True,
                          stdout=subprocess.PIPE, text=True, env=dict(os.environ, LC_ALL="C.UTF-8")).stdout
    known = "".join(page.read_text() for page in (PROJECT / "data/rules").glob("*.md"))
    shown = [line.strip() for line in re.sub(".\b", "", text).split("\n") if line.strip().startswith("$ ")]
    return len(shown), [line for line in shown if line not in known]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", type=lambda path: str(Path(path).resolve()))
    parser.add_argument("-k", default="", metavar="WORD", help="only those that have WORD in them")
    arguments = parser.parse_args()
    pages = Path(arguments.program).parent / "docs"
    usage = subprocess.run([arguments.program, "--help"], check=True, stdout=subprocess.PIPE, text=True).stdout
    commands = re.findall(r"(?m)^  (\w+) ", usage.split("\nCommands:\n")[1].split("\n\n")[0])
    examples = {}
    for example in [*of_readme(), *of_help(arguments.program, commands), *of_manual(pages)]:
        first = examples.setdefault(example.command, example)
        first.shown = first.shown or example.shown
    failed = 0

    def fail(text):
        nonlocal failed
        failed += 1
        print("FAILED: " + text, flush=True)

    for example in examples.values():
        if example.command not in RUN and not elsewhere(example.command):
            fail(f"{example.place} shows what no row of this test knows: {example.command}")
    for command in [*RUN, *ELSEWHERE]:
        if not any(command == shown or (command.endswith("*") and shown.startswith(command[:-1])) for shown in examples):
            fail(f"no text shows it any more: {command}")
    count, strange = rules_shown(pages)
    for line in strange if count else ["no example at all"]:
        fail(f"willrun-rules(7): {line}")
    with tempfile.TemporaryDirectory() as work:
        bench = Bench(Path(work), arguments.program)
        for example in examples.values():
            if example.command in RUN and arguments.k in example.command:
                folder, done = bench.run(example.command)
                wrong = list(complaints(example, folder, done))
                if wrong:
                    fail("\n".join([f"{example.place}: {example.command}", *wrong, f"status {done.returncode}", done.stdout + done.stderr]))
    print(f"{len(examples)} examples, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
