"""The few facts of an ELF file (and of a script) that decide which question the rig asks."""

import os
import struct
from dataclasses import dataclass

ET_EXEC, ET_DYN = 2, 3
PT_DYNAMIC, PT_INTERP = 2, 3
DT_SONAME, DT_FLAGS_1, DF_1_PIE = 14, 0x6FFFFFFB, 0x08000000

MACHINES = {3: "i386", 40: "armhf", 62: "amd64", 183: "arm64", 243: "riscv64", 22: "s390x"}


@dataclass
class Facts:
    arch: str            # Debian's name, or "machine N"
    type: int
    interp: str = None   # PT_INTERP
    dynamic: bool = False
    pie: bool = False
    soname: bool = False
    emptied: bool = False    # a PT_DYNAMIC without content: the separate debug file of something

    @property
    def program(self):
        """Something that the kernel starts, in distinction to a library."""
        return self.type == ET_EXEC or self.interp is not None or self.pie

    @property
    def loadable(self):
        return self.type in (ET_EXEC, ET_DYN)


def is_elf(path):
    try:
        if not os.path.isfile(path) or os.path.islink(path):
            return False
        with open(path, "rb") as file:
            return file.read(4) == b"\x7fELF"
    except OSError:
        return False


def is_script(path):
    """A script that something may start: executable, and in a bin folder."""
    try:
        if os.path.basename(os.path.dirname(path)) not in ("bin", "sbin") \
                or not os.stat(path).st_mode & 0o111 or not os.path.isfile(path):
            return False
        with open(path, "rb") as file:
            return file.read(2) == b"#!"
    except OSError:
        return False


def shebang(path):
    """The interpreter and its one argument, by the kernel's rules for a plain line."""
    with open(path, "rb") as file:
        line = file.read(256).split(b"\n")[0][2:]
    return [word.decode("utf-8", "surrogateescape") for word in line.strip(b" \t").split(None, 1)]


def read(path):
    """The facts of `path`; None where it is no whole ELF file."""
    try:
        with open(path, "rb") as file:
            return parse(file)
    except (OSError, struct.error, IndexError, UnicodeDecodeError):
        return None


def parse(file):
    head = file.read(64)
    if head[:4] != b"\x7fELF" or head[4] not in (1, 2) or head[5] not in (1, 2):
        return None
    wide, order = head[4] == 2, "<" if head[5] == 1 else ">"
    kind, machine = struct.unpack_from(order + "HH", head, 16)
    phoff, = struct.unpack_from(order + ("Q" if wide else "I"), head, 32 if wide else 28)
    size, count = struct.unpack_from(order + "HH", head, 54 if wide else 42)
    facts = Facts(MACHINES.get(machine, f"machine {machine}"), kind)
    for index in range(count):
        file.seek(phoff + index * size)
        entry = file.read(size)
        tag, = struct.unpack_from(order + "I", entry, 0)
        offset, = struct.unpack_from(order + ("Q" if wide else "I"), entry, 8 if wide else 4)
        length, = struct.unpack_from(order + ("Q" if wide else "I"), entry, 32 if wide else 16)
        if tag == PT_INTERP and facts.interp is None:
            file.seek(offset)
            facts.interp = file.read(length).split(b"\0")[0].decode()
        elif tag == PT_DYNAMIC:
            facts.dynamic, facts.emptied = True, length == 0
            file.seek(offset)
            tags = dynamic_tags(file.read(length), order, wide)
            facts.pie = bool(tags.get(DT_FLAGS_1, 0) & DF_1_PIE)
            facts.soname = DT_SONAME in tags
    return facts


def dynamic_tags(table, order, wide):
    """The tags of a dynamic section; of one that occurs twice the last."""
    entry = struct.Struct(order + ("QQ" if wide else "II"))
    return dict(entry.iter_unpack(table[: len(table) // entry.size * entry.size]))
