"""ELF files made byte by byte, so that each field can be as no linker would have it."""
import struct

EXEC, DYN, REL, CORE, NONE = 2, 3, 1, 4, 0
LOAD, INTERP, NULL = 1, 3, 0
BASE, CODE, NAME, SIZE, STATUS = 0x400000, 0x200, 0x400, 0x2000, 42
EXIT_64 = b"\xb8\x3c\0\0\0\xbf" + bytes([STATUS]) + b"\0\0\0\x0f\x05"
EXIT_32 = b"\xb8\1\0\0\0\xbb" + bytes([STATUS]) + b"\0\0\0\xcd\x80"

# What a machine's files look like: EM_, 64 bits, big-endian, e_flags.
MACHINES = {
    "linux/amd64": (62, True, False, 0),
    "linux/386": (3, False, False, 0),
    "linux/arm64": (183, True, False, 0),
    "linux/arm/v7": (40, False, False, 0x05000400),
    "linux/arm/v5": (40, False, False, 0x05000200),
    "linux/riscv64": (243, True, False, 5),
    "linux/ppc64le": (21, True, False, 2),
    "linux/ppc64": (21, True, True, 1),
    "linux/s390x": (22, True, True, 0),
    "linux/mips": (8, False, True, 0x70001007),
    "linux/mipsle": (8, False, False, 0x70001007),
    "linux/mips64": (8, True, True, 0x80000007),
    "linux/mips64le": (8, True, False, 0x80000007),
    "linux/loong64": (258, True, False, 0x43),
}


def segment(kind=LOAD, flags=5, offset=0, address=0, filesz=SIZE, memsz=None, align=0x1000):
    return {"kind": kind, "flags": flags, "offset": offset, "address": address, "filesz": filesz,
            "memsz": filesz if memsz is None else memsz, "align": align}


def name_segment(filesz, offset=NAME):
    return segment(INTERP, 4, offset, 0, filesz, align=1)


def elf(of="linux/amd64", type=EXEC, interp=None, segments=None, code=None, **fields):
    """A program that exits with STATUS, unless it is made not to. `fields`:
    ident (offset to byte), machine, entry, phoff, phentsize, phnum, cut, nul."""
    machine, wide, big, flags = MACHINES[of]
    order = ">" if big else "<"
    base = (BASE if wide else 0x8000000) if type == EXEC else 0
    if segments is None:
        segments = [segment(address=base)]
        if interp is not None:
            size = len(interp) + (1 if fields.get("nul", True) else 0)
            segments.append(name_segment(size))
    header = "HHIQQQIHHHHHH" if wide else "HHIIIIIHHHHHH"
    start = 64 if wide else 52
    entry_size = 56 if wide else 32
    ident = bytearray(b"\x7fELF" + bytes([2 if wide else 1, 2 if big else 1, 1]) + bytes(9))
    for offset, byte in fields.get("ident", {}).items():
        ident[offset] = byte
    image = bytearray(SIZE)
    image[:start] = bytes(ident) + struct.pack(
        order + header, type, fields.get("machine", machine), 1, fields.get("entry", base + CODE),
        fields.get("phoff", start), 0, flags, start, fields.get("phentsize", entry_size),
        fields.get("phnum", len(segments)), 0, 0, 0)
    at = start
    for s in segments:
        if wide:
            packed = struct.pack(order + "IIQQQQQQ", s["kind"], s["flags"], s["offset"], s["address"],
                                 s["address"], s["filesz"], s["memsz"], s["align"])
        else:
            packed = struct.pack(order + "IIIIIIII", s["kind"], s["offset"], s["address"], s["address"],
                                 s["filesz"], s["memsz"], s["flags"], s["align"])
        image[at:at + entry_size] = packed
        at += entry_size
    program = code if code is not None else EXIT_64 if wide else EXIT_32
    image[CODE:CODE + len(program)] = program
    if interp is not None:
        text = interp.encode()
        image[NAME:NAME + len(text)] = text
    return bytes(image[:fields.get("cut", SIZE)])
