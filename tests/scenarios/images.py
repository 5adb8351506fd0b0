"""The base images of the scenarios: roots of Debian's packages, under the names that Dockerfiles use."""
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "real"))

import roots  # noqa: E402

LAYOUT = 1  # raised when the roots change
SMALL = "base-files base-passwd dash coreutils grep sed libc-bin passwd libc6".split()
COMPILER = [*SMALL, "gcc", "libc6-dev", "make", "musl-tools", "findutils"]
PYTHON = [*SMALL, "python3"]
PSYCOPG = [*PYTHON, "python3-psycopg2"]
NODE = [*SMALL, "nodejs"]


def debian(suite, packages):
    def make(rig, root):
        roots.small_root(suite, "amd64", packages)(rig, root)
        for name in ("passwd", "group"):
            shutil.copyfile(root / f"usr/share/base-passwd/{name}.master", root / "etc" / name)
        if not (root / "usr/bin/sh").exists():
            os.symlink("dash", root / "usr/bin/sh")
        (root / "tmp").mkdir(exist_ok=True)
        (root / "tmp").chmod(0o1777)
    return make


def alpine(rig, root):
    roots.musl_root("trixie", False)(rig, root)
    for name in ("mkdir", "chmod", "ln", "rm", "adduser", "addgroup", "touch", "true", "cp", "echo", "sed", "id"):
        os.symlink("busybox", root / "bin" / name)
    (root / "etc/group").write_text("root:x:0:\n")
    (root / "etc/os-release").write_text('ID=alpine\nVERSION_ID=3.20.0\n')


def musl_compiler(rig, root):
    """Alpine's layout for programs, with musl's gcc of Debian under the name of gcc."""
    debian("bookworm", COMPILER)(rig, root)
    for name in ("gcc", "cc"):
        (root / "usr/bin" / name).unlink(missing_ok=True)
        os.symlink("musl-gcc", root / "usr/bin" / name)
    (root / "usr/bin/musl-gcc").write_text(
        '#!/bin/sh\nexec x86_64-linux-gnu-gcc-12 "$@" -specs "/usr/lib/x86_64-linux-musl/musl-gcc.specs"\n')


def distroless(rig, root):
    roots.distroless_root("bookworm", "amd64", roots.DISTROLESS_PACKAGES)(rig, root)
    (root / "etc/passwd").write_text("root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532::/home/nonroot:/sbin/nologin\n")
    (root / "etc/group").write_text("root:x:0:\nnonroot:x:65532:\n")


def distroless_static(rig, root):
    roots.distroless_root("bookworm", "amd64", ["base-files", "netbase", "tzdata", "ca-certificates"])(rig, root)
    (root / "etc/passwd").write_text("root:x:0:0:root:/root:/sbin/nologin\n")


IMAGES = {
    "debian:11-slim": debian("bullseye", SMALL),
    "debian:12-slim": debian("bookworm", SMALL),
    "debian:13-slim": debian("trixie", SMALL),
    "alpine:3.20": alpine,
    "gcr.io/distroless/base-debian12": distroless,
    "gcr.io/distroless/static-debian12": distroless_static,
    "gcc:12": debian("bookworm", COMPILER),
    "gcc:14": debian("trixie", COMPILER),
    "alpine-build:3.20": musl_compiler,
    "python:3.11-slim": debian("bookworm", PYTHON),
    "python-psycopg2:3.11": debian("bookworm", PSYCOPG),
    "node:18-slim": debian("bookworm", NODE),
}


def run(*words, **options):
    done = subprocess.run([str(word) for word in words], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, check=False, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, words))}:\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


class Store:
    """buildah's images in a folder of their own."""

    def __init__(self, cache, work):
        self.rig = roots.Rig(cache, say=lambda text: None)
        self.work = Path(work)
        self.env = {**os.environ, "STORAGE_DRIVER": "vfs", "BUILDAH_ISOLATION": "chroot",
                    "CONTAINERS_STORAGE_CONF": f"{work}/storage.conf"}
        (self.work / "storage.conf").write_text(
            f'[storage]\ndriver = "vfs"\ngraphroot = "{work}/storage"\nrunroot = "{work}/storage-run"\n')
        self.imported = set()

    def buildah(self, *words):
        return run("buildah", *words, env=self.env)

    def root(self, image):
        """The folder with the image's files, made once."""
        name = "scenario-" + "".join(c if c.isalnum() else "-" for c in image)
        folder, mark = self.rig.cache / "roots" / name, self.rig.cache / "roots" / f"{name}.made"
        if not mark.exists() or mark.read_text() != str(LAYOUT):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            folder.chmod(0o755)
            IMAGES[image](self.rig, folder)
            mark.write_text(str(LAYOUT))
        return folder

    def load(self, image):
        if image in self.imported:
            return
        container = self.buildah("from", "scratch")
        mounted = self.buildah("mount", container)
        run("cp", "-a", f"{self.root(image)}/.", mounted)
        self.buildah("umount", container)
        self.buildah("commit", "-q", container, image if "/" in image else f"localhost/{image}")
        self.buildah("rm", container)
        self.imported.add(image)

    def build(self, context, image, *options):
        self.buildah("bud", "-q", "--pull=never", "--isolation", "chroot", "--layers=false", "--format=docker", "-t", image, *options,
                     "-f", f"{context}/Dockerfile", context)

    def mount(self, image):
        container = self.buildah("from", "--pull=never", image)
        return container, self.buildah("mount", container)

    def drop(self, container, image=None):
        self.buildah("rm", container)
        if image:
            self.buildah("rmi", "-f", image)

    def config(self, image):
        facts = json.loads(self.buildah("inspect", "--type", "image", image))
        return facts["Docker"]["config"]
