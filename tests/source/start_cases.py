#!/usr/bin/env python3
"""What an image says of its process, and images for several platforms: which subjects willrun judges
where no PATH is given, and with which environment, user, folder and platform.

usage: start_cases.py WILLRUN [-k WORD]
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile

from images import Image, d, docker_files, f, l, layout_files, pack, tar_of, write, write_archive, write_folder

SOURCE = 'void _start(void){__asm__ volatile("mov $60, %eax\\n xor %edi, %edi\\n syscall");}'
CASES = []


def case(name, config, *extra, sees, arguments=()):
    """`sees`: subject → verdict, in order, or with the rule of its first finding behind a blank."""
    CASES.append((name, config, extra, sees, arguments))


def script(text):
    return "#!/bin/sh\n" + text


case("exec form, by its path", {"Entrypoint": ["/app/server", "--port"]}, sees=["/app/server runs"])
case("exec form, by PATH of the image", {"Env": ["PATH=/nowhere:/app"], "Cmd": ["server"]}, sees=["/app/server runs"])
case("--env counts more than the image", {"Env": ["PATH=/app"], "Cmd": ["server"]}, arguments=["--env", "PATH=/bin"],
     sees=["server fails command-not-found"])
case("exec form, relative to WORKDIR", {"WorkingDir": "/app", "Cmd": ["./server"]}, sees=["./server runs"])
case("--workdir counts more than the image", {"WorkingDir": "/app", "Cmd": ["./server"]}, arguments=["--workdir", "/"],
     sees=["./server fails command-not-found"])
case("a WORKDIR that is not there is made", {"WorkingDir": "/new/folder", "Cmd": ["/app/server"]},
     sees=["/app/server runs"])
case("ENTRYPOINT comes first", {"Entrypoint": ["/app/server"], "Cmd": ["/nowhere"]}, sees=["/app/server runs"])
case("shell form", {"Cmd": ["/bin/sh", "-c", "cd /app && exec ./server --port $PORT"]},
     sees=["/bin/sh runs", "/app/./server runs"])
case("shell form with settings before", {"Cmd": ["/bin/sh", "-ec", "export A=b; A=c server; other"],
                                         "Env": ["PATH=/app"]}, sees=["/bin/sh runs", "/app/server runs"])
case("shell form that cannot be told", {"Cmd": ["/bin/sh", "-c", "$SERVER"]}, sees=["/bin/sh runs"])
case("shell form that decides first", {"Cmd": ["/bin/sh", "-c", "test -x /nowhere && /nowhere || /app/server"]},
     sees=["/bin/sh runs"])
case("shell form without a shell", {"Cmd": ["/bin/bash", "-c", "/app/server"]},
     sees=["/bin/bash fails command-not-found", "/app/server runs"])
case("a script hands over to CMD", {"Entrypoint": ["/entry.sh"], "Cmd": ["server", "-v"], "Env": ["PATH=/app:/bin"]},
     f("entry.sh", script('set -e\nif [ "$1" = x ]; then\n  echo\nfi\nexec "$@"\n'), 0o755),
     sees=["/entry.sh runs", "/app/server runs"])
case("a script hands over to a program", {"Entrypoint": ["/entry.sh"]},
     f("entry.sh", script("# exec nothing\nexec 3>/dev/null\n  exec /nowhere/server \"$@\"\n"), 0o755),
     sees=["/entry.sh runs", "/nowhere/server fails command-not-found"])
case("a script whose interpreter is not there", {"Entrypoint": ["/entry.py"]},
     f("entry.py", "#!/usr/bin/python3\nexec('x')\n", 0o755), sees=["/entry.py fails shebang-missing"])
case("an init starts another program", {"Entrypoint": ["/bin/tini", "-g", "--"], "Cmd": ["/nowhere"]},
     l("bin/tini", "/app/server"), sees=["/bin/tini runs", "/nowhere fails command-not-found"])
case("a healthcheck", {"Cmd": ["/app/server"], "Healthcheck": {"Test": ["CMD", "/bin/curl", "localhost"]}},
     sees=["/app/server runs", "/bin/curl fails command-not-found"])
case("a healthcheck in a shell", {"Cmd": ["/app/server"], "Healthcheck": {"Test": ["CMD-SHELL", "curl -f localhost"]}},
     sees=["/app/server runs", "/bin/sh runs", "curl fails command-not-found"])
case("a healthcheck in the image's own shell",
     {"Cmd": ["/app/server"], "Shell": ["/bin/ash", "-c"], "Healthcheck": {"Test": ["CMD-SHELL", "/app/server"]}},
     sees=["/app/server runs", "/bin/ash fails command-not-found"])
case("no healthcheck", {"Cmd": ["/app/server"], "Healthcheck": {"Test": ["NONE"]}}, sees=["/app/server runs"])
case("a USER who may not run it", {"Cmd": ["/app/private"], "User": "web"}, sees=["/app/private fails not-executable"])
case("a USER by number who may", {"Cmd": ["/app/private"], "User": "7:7"}, sees=["/app/private runs"])
case("a USER that nobody knows", {"Cmd": ["/app/server"], "User": "nobody"}, sees=["/app/server fails user-missing"])
case("--user counts more than the image", {"Cmd": ["/app/private"], "User": "web"}, arguments=["--user", "0"],
     sees=["/app/private runs"])
case("a PATH counts alone", {"Cmd": ["/nowhere"]}, arguments=["/app/server"], sees=["/app/server runs"])
case("a WORKDIR that is a file", {"Cmd": ["/app/server"], "WorkingDir": "/app/server"},
     sees=["/app/server fails workdir-refused"])


class Tests:
    def __init__(self, program, work):
        self.program, self.work, self.failed, self.count = program, work, 0, 0
        write(work + "/server.c", SOURCE.encode())
        subprocess.run([os.environ.get("CC_TINY", "gcc"), "-static", "-nostdlib", "-o", work + "/server",
                        work + "/server.c"], check=True)
        with open(work + "/server", "rb") as file:
            self.server = file.read()

    def tell(self, name, problems):
        self.count += 1
        self.failed += bool(problems)
        if problems:
            print("FAILED: " + name + "".join("\n    " + problem for problem in problems))

    def entries(self, extra=()):
        return [d("app"), f("app/server", self.server, 0o755), f("app/private", self.server, 0o700, uid=7, gid=7),
                d("bin"), f("bin/sh", self.server, 0o755), d("etc"), f("etc/passwd", "web:x:1000:1000::/:/bin/sh\n"),
                *extra]

    def check(self, source, *arguments, stdin=None):
        with open(stdin or os.devnull, "rb") as given:
            run = subprocess.run([self.program, "check", "--root", source, "--format", "json", *arguments], stdin=given,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
        return (json.loads(run.stdout) if run.stdout else None), run.stderr.strip(), run.stdout

    def start(self, name, config, extra, sees, arguments):
        image = Image([tar_of(self.entries(extra))], config)
        source = write_archive(self.work + "/d.tar", docker_files([image]))
        result, error, _ = self.check(source, *arguments)
        if result is None:
            self.tell(name, [error])
            return
        got = []
        for subject in result["targets"][0]["subjects"]:
            rules = [finding["rule"] for finding in subject["findings"] if finding["severity"] == "error"]
            got.append(" ".join([subject["path"], subject["verdict"], *rules[:1]]))
        self.tell(name, [] if got == sees else [f"expected {sees}", f"got      {got}"])

    def same(self):
        """The same report from every form, but for the root's name."""
        windows = b"MZ" + bytes(58) + b"\x80" + bytes(67) + b"PE\0\0\x64\x86" + b"\1" * 200000
        entries = self.entries([f("lib/libx.so", b"\x7fELF", 0o644), l("app/link", "server"), f("run", script(""), 0o755),
                                f("app/windows", windows, 0o755)])
        work, layer = self.work, tar_of(entries)
        folder = work + "/folder"
        os.makedirs(folder)
        subprocess.run(["tar", "-xpf", write(work + "/flat.tar", layer), "-C", folder], check=True)
        # a folder without a libc does not say; what is no program is told by its first bytes
        asked = ["--all", "/app/windows", "--platform", "linux/amd64"]
        want = self.check(folder, *asked)[2].replace(json.dumps(folder), '"R"')
        self.tell("a program for Windows", [] if "for MS Windows" in want else ["it is not told as one"])
        image = Image([layer])
        forms = [("flat tar", work + "/flat.tar", None), ("tar:", "tar:" + work + "/flat.tar", None),
                 ("dir:", "dir:" + folder, None), ("a tar on standard input", "-", work + "/flat.tar")]
        for how in ("gzip", "zstd", "xz"):
            packed = write(work + "/flat." + how, pack(layer, how))
            forms += [(how, packed, None), (how + " on standard input", "-", packed)]
        whole = write_archive(work + "/docker.tar", docker_files([image]))
        forms += [("docker-archive", whole, None), ("docker-archive on standard input", "-", whole)]
        for how in ("none", "gzip", "zstd"):
            image.packing = how
            whole = write_archive(f"{work}/oci-{how}.tar", layout_files([image]))
            forms += [("OCI folder, " + how, write_folder(work + "/oci-" + how, layout_files([image])), None),
                      ("OCI archive, " + how, whole, None), (f"OCI archive, {how}, on standard input", "-", whole)]
        for name, source, stdin in forms:
            result, error, text = self.check(source, *asked, stdin=stdin)
            same = result is not None and text.replace(json.dumps(source), '"R"') == want
            self.tell("the same from: " + name, [] if same else [error or "the reports differ"])

    def platforms(self):
        config = {"Cmd": ["/app/server"]}
        layer = tar_of(self.entries())
        images = [Image([layer], config), Image([layer], config, architecture="arm64", variant="v8"),
                  Image([layer], config, architecture="arm", variant="v6"),
                  Image([layer], config, architecture="arm", variant="v7")]
        for nested in (False, True):
            files = layout_files(images, nested)
            layout = write_folder(f"{self.work}/many-{nested}", files)
            which = "an index in an index: " if nested else "an index: "
            for asked, expected in ((None, ["linux/amd64", "linux/arm64", "linux/arm/v6", "linux/arm/v7"]),
                                    ("linux/amd64", ["linux/amd64"]), ("linux/arm64", ["linux/arm64"]),
                                    ("linux/arm64/v8", ["linux/arm64"]), ("linux/arm/v7", ["linux/arm/v7"])):
                arguments = ["--platform", asked] if asked else ["--all-platforms"]
                result, error, _ = self.check("oci:" + layout, *arguments)
                got = [target["platform"] for target in result["targets"]] if result else error
                self.tell(which + str(asked), [] if got == expected else [f"expected {expected}, got {got}"])
            self.mislabelled(which, layout)

    def mislabelled(self, which, layout):
        """amd64 programs in an image that says it is for arm64."""
        result, error, _ = self.check(layout, "--platform", "linux/arm64")
        target = result["targets"][0] if result else {}
        rules = [finding["rule"] for finding in target.get("findings", [])]
        subject = target["subjects"][0] if result else {"verdict": error}
        problems = []
        if rules != ["platform-mismatch"]:
            problems.append(f"findings of the target: {rules}")
        if subject["verdict"] != "fails" or subject["findings"][0]["rule"] != "platform-mismatch":
            problems.append(f"the subject: {subject}")
        self.tell(which + "a label that is wrong", problems)

    def attestations(self):
        """What buildx adds to an index is no image; an index need not say a platform."""
        image = Image([tar_of(self.entries())], {"Cmd": ["/app/server"]})
        files = layout_files([image])
        index = json.loads(files["index.json"])
        one = index["manifests"][0]
        index["manifests"] += [dict(one, platform={"os": "unknown", "architecture": "unknown"})]
        for name, change in (("an attestation is passed over", lambda: None),
                             ("an index without a platform", lambda: one.pop("platform"))):
            change()
            files["index.json"] = json.dumps(index).encode()
            layout = write_folder(f"{self.work}/{name}", files)
            for arguments in ([], ["--platform", "linux/amd64"], ["--all-platforms"]):
                result, error, _ = self.check("oci:" + layout, *arguments)
                got = [target["platform"] for target in result["targets"]] if result else error
                self.tell(f"{name} {arguments}", [] if got == ["linux/amd64"] else [f"got {got}"])

    def once(self):
        """What is copied in and what the image starts, each once."""
        for start in ("/new/server", "server", "./server", "/way/server"):
            config = {"Entrypoint": [start], "Env": ["PATH=/new:/bin"], "WorkingDir": "/new",
                      "Healthcheck": {"Test": ["CMD", "/app/server"]}}
            source = write_archive(self.work + "/once.tar", docker_files(
                [Image([tar_of(self.entries([l("way", "new")]))], config)]))
            stage = write_folder(self.work + "/stage", {"server": self.server, "other": self.server})
            for name in ("server", "other"):
                os.chmod(f"{stage}/{name}", 0o755)
            result, error, _ = self.check(source, "--stage", f"b={stage}", "--copy", "b:/:/new/")
            subjects = result["targets"][0]["subjects"] if result else []
            origins = sorted((subject.get("origin") or {}).get("path", "-") for subject in subjects)
            self.tell(f"copied in and started by {start}", [] if origins == ["-", "/other", "/server"]
                      else [error or f"origins: {origins}"])

    def references(self):
        config = {"Cmd": ["/app/server"]}
        layer = tar_of(self.entries())
        images = [Image([layer], config, name="docker.io/library/one:latest"),
                  Image([layer], config, name="registry.example:5000/team/two:1.0", variant="v2")]
        archive = write_archive(self.work + "/two:images.tar", docker_files(images))
        for name in ("one", "one:latest", "docker.io/library/one", "registry.example:5000/team/two:1.0", "1.0"):
            for prefix in ("docker-archive:", ""):
                result, error, _ = self.check(f"{prefix}{archive}:{name}")
                self.tell(f"{prefix}FILE:{name}", [] if result else [error])
        result, error, _ = self.check(archive + ":two:1.0")
        self.tell("another registry is another image", ["it was found"] if result else [])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("-k", dest="word", default="")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="willrun-start-") as work:
        tests = Tests(options.program, work)
        for name, config, extra, sees, arguments in CASES:
            if options.word in name:
                tests.start(name, config, extra, sees, arguments)
        if not options.word:
            tests.same()
            tests.platforms()
            tests.attestations()
            tests.once()
            tests.references()
    print(f"{tests.count - tests.failed} of {tests.count} hold")
    return 1 if tests.failed else 0


if __name__ == "__main__":
    sys.exit(main())
