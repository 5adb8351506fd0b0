"""Debian packages of any suite and machine, by way of the machine's own apt.

Nothing of the machine's apt is touched: each suite and machine has lists, status
and archive folders of its own in the cache. Packages are downloaded with their
dependencies and laid into a root with tar; no maintainer script runs, so that
foreign machines and libc-less roots are made in the same way.
"""

import os
import subprocess
import urllib.parse
from pathlib import Path

ARCHIVE_SECURITY = "security"


def archive_uri():
    """The Debian archive that this machine's own apt uses."""
    out = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI) $(ORIGIN) $(LABEL)"],
        stdout=subprocess.PIPE, text=True, check=True).stdout
    found = [line.split() for line in out.splitlines()]
    for words in found:
        if words[1:] == ["Debian", "Debian"]:
            return words[0]
    return archive_uri_from_sources()


def archive_uri_from_sources():
    """The same from /etc/apt where no list was downloaded yet."""
    for name in sorted(Path("/etc/apt").rglob("*")):
        if name.suffix not in (".sources", ".list") or not name.is_file():
            continue
        for word in name.read_text(errors="replace").split():
            path = urllib.parse.urlparse(word)
            if path.scheme in ("http", "https", "mirror+file") and ARCHIVE_SECURITY not in word \
                    and path.path.rstrip("/").endswith("/debian"):
                return word
    raise SystemExit("no Debian archive in this machine's apt sources: /etc/apt/sources.list(.d)")


class Suite:
    """One release for one machine, with an apt of its own below `cache`."""

    def __init__(self, cache, suite, arch):
        self.suite, self.arch = suite, arch
        self.base = Path(cache) / "apt" / f"{suite}-{arch}"
        self.debs = self.base / "cache" / "archives"

    def options(self):
        base = self.base
        pairs = {
            "Dir::State": base / "state", "Dir::State::status": base / "status",
            "Dir::Cache": base / "cache", "Dir::Etc::sourcelist": base / "sources.list",
            "Dir::Etc::sourceparts": "-", "Dir::Etc::preferences": "/dev/null",
            "Dir::Etc::preferencesparts": "-", "APT::Architecture": self.arch,
            "APT::Architectures": self.arch, "APT::Sandbox::User": "root",
            "APT::Install-Recommends": "false", "Acquire::Languages": "none",
            "Acquire::Check-Valid-Until": "false", "Debug::NoLocking": "true",
            "Acquire::Retries": "4", "Acquire::http::Timeout": "30", "Acquire::https::Timeout": "30",
            "APT::Update::Error-Mode": "any",
        }
        return [word for key, value in pairs.items() for word in ("-o", f"{key}={value}")]

    def apt(self, *words):
        return subprocess.run(["apt-get", "-q", "-y", *self.options(), *words], text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)

    def update(self):
        if (self.base / "updated").exists():
            return
        for name in ("state/lists/partial", "cache/archives/partial", "none/partial"):
            (self.base / name).mkdir(parents=True, exist_ok=True)
        (self.base / "status").touch()
        (self.base / "sources.list").write_text(f"deb {archive_uri()} {self.suite} main\n")
        done = self.apt("update")
        if done.returncode != 0:
            raise self.failure("its lists could not be downloaded", done)
        (self.base / "updated").touch()

    def failure(self, what, done):
        """What stops the rig: the mirror, nearly always; apt's last words tell."""
        said = "\n".join(f"  {line}" for line in done.stdout.splitlines()[-8:])
        return SystemExit(f"Debian {self.suite} {self.arch} from {archive_uri()}: {what} "
                          f"(is the mirror reachable?); apt-get said:\n{said}")

    def closure(self, wanted):
        """Download `wanted` with all they depend on; the files, in apt's order."""
        self.update()
        listed = self.apt("-o", f"Dir::Cache::archives={self.base}/none", "install", "--print-uris",
                          *wanted)
        if listed.returncode != 0:
            raise self.failure(f"{' '.join(wanted)} cannot be had", listed)
        got = self.apt("install", "--download-only", *wanted)
        if got.returncode != 0:
            raise self.failure(f"{' '.join(wanted)} could not be downloaded", got)
        return [self.debs / line.split()[1] for line in listed.stdout.splitlines()
                if line.startswith("'")]

    def all_named(self, names):
        """Download exactly the packages `names`; the files."""
        self.update()
        self.debs.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(["apt-get", "-q", *self.options(), "download", *names],
                              cwd=self.debs, text=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if done.returncode != 0:
            raise self.failure(f"{' '.join(names)} could not be downloaded", done)
        return [sorted(self.debs.glob(f"{name}_*.deb"))[-1] for name in names]


def lay(deb, root):
    """Lay a package's files into `root`, through links such as /lib -> usr/lib."""
    unpack = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(deb)], stdout=subprocess.PIPE)
    done = subprocess.run(["tar", "-x", "-p", "--keep-directory-symlink", "--numeric-owner",
                           "-C", str(root), "--exclude=./usr/share/doc/*",
                           "--exclude=./usr/share/man/*", "--exclude=./usr/share/locale/*"],
                          stdin=unpack.stdout, check=False)
    unpack.stdout.close()
    if unpack.wait() != 0 or done.returncode != 0:
        raise SystemExit(f"{deb} could not be laid into {root}")


def merge_usr(root):
    """The links /bin -> usr/bin … that every release since bookworm has."""
    for name in ("bin", "sbin", "lib", "lib64"):
        (Path(root) / "usr" / name).mkdir(parents=True, exist_ok=True)
        os.symlink(f"usr/{name}", Path(root) / name)
