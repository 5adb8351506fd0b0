"""A Dockerfile with its build context, and what is expected of it."""
import io
import re
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "replay"))

from handmade import EXEC, elf  # noqa: E402

HELLO = '#include <stdio.h>\nint main(void) { puts("started"); return 0; }\n'
COMPILED = {}


@dataclass
class Scenario:
    name: str
    dockerfile: str
    files: dict = field(default_factory=dict)   # name → text, bytes, (text, mode), or a Program, an Archive
    starts: bool = True
    at: str = ""                # what the line begins with that the error is to be in
    before: tuple = ()          # rules that are found before anything is built
    open: bool = False          # a RUN of the final stage decides: unknown is right, too
    fast: bool = False          # of the slice for every test run
    which: str = "start"        # or "healthcheck"
    plugins: bool = False       # libraries that the program opens are a part of it
    words: bool = True          # willrun tells them, too

    def stages(self):
        names = [match[1] for match in re.finditer(r"(?mi)^FROM .* AS (\S+)", self.dockerfile)]
        last = re.findall(r"(?mi)^FROM .*$", self.dockerfile)[-1]
        return [name for name in names if not last.lower().endswith(f" as {name}")]

    def images(self):
        names = re.findall(r"(?mi)^FROM (?:--\S+ )?(\S+)", self.dockerfile) + \
            re.findall(r"(?mi)^COPY --from=(\S+)", self.dockerfile)
        known = set(re.findall(r"(?mi)^FROM .* AS (\S+)", self.dockerfile)) | {"scratch"}
        return sorted({name for name in names if name not in known and not name.isdigit()})

    def line(self):
        for number, line in enumerate(self.dockerfile.splitlines(), 1):
            if line.startswith(self.at):
                return number
        raise ValueError(f"{self.name}: no line begins with {self.at}")

    def write(self, folder):
        Path(folder, "Dockerfile").write_text(self.dockerfile, encoding="utf-8")
        for name, content in self.files.items():
            path, mode = Path(folder, name), 0o644
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, (Program, Archive)):
                content = content.content()
            if isinstance(content, tuple):
                content, mode = content
            path.write_bytes(content.encode() if isinstance(content, str) else content)
            path.chmod(mode)


@dataclass(frozen=True)
class Program:
    """What this machine's own compiler makes of a source, when it is asked for."""
    flags: tuple
    source: str
    compiler: str
    suffix: str
    mode: int

    def content(self):
        key = (self.compiler, self.flags, self.source)
        if key not in COMPILED:
            with tempfile.TemporaryDirectory() as work:
                Path(work, "a" + self.suffix).write_text(self.source, encoding="utf-8")
                subprocess.run([*self.compiler.split(), "-o", f"{work}/a.out", f"{work}/a{self.suffix}", *self.flags],
                               check=True, cwd=work, capture_output=True)
                COMPILED[key] = Path(work, "a.out").read_bytes()
        return COMPILED[key], self.mode


def compiled(*flags, source=HELLO, cc="gcc", suffix=".c", mode=0o755):
    return Program(flags, source, cc, suffix, mode)


@dataclass(frozen=True)
class Archive:
    """A tar with one program."""
    name: str
    program: Program

    def content(self):
        data, mode = self.program.content()
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as tar:
            info = tarfile.TarInfo(self.name)
            info.size, info.mode = len(data), mode
            tar.addfile(info, io.BytesIO(data))
        return out.getvalue(), 0o644


def foreign():
    """A program of another machine."""
    return elf(of="linux/arm64", type=EXEC), 0o755
