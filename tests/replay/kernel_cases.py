"""One rule of execve, of shebang lines or of the container runtime a case, held
to the running kernel (x86-64) and to runc."""
import os
import sys

from handmade import (BASE, CORE, DYN, EXEC, MACHINES, NAME, NONE, NULL, REL, SIZE, elf, name_segment,
                      segment)
from starts import run_starts
from tiny import copy_of, exe, folder, link, text

CASES = []
USER = "1000:1000"
LD = elf(type=DYN)
PROGRAM = elf()


def case(name, files, **options):
    CASES.append((name, files, options))


def file(content=PROGRAM, mode=0o755):
    return text(content, mode)


def script(line, mode=0o755):
    return text(line, mode)


# A started program whose loader is a bare program: willrun says that it does not know that loader.
def unmodelled(name, files, **options):
    case(name, files, verdict="unknown", rule="loader-unknown", **options)


# ---- types, machines, classes ----
case("a static program at a fixed address runs", {"/app": file()})
case("a static program at any address runs", {"/app": file(elf(type=DYN))})
case("an object file is no program", {"/app": file(elf(type=REL))}, rule="not-a-program", tells=["object file"])
case("a core dump is no program", {"/app": file(elf(type=CORE))}, tells=["core dump"])
case("a file of type none is no program", {"/app": file(elf(type=NONE))})
for name in MACHINES:
    if name not in ("linux/amd64", "linux/386"):
        case(f"an amd64 kernel does not run {name}", {"/app": file(elf(of=name))}, runc=name == "linux/arm64",
             rule="platform-mismatch", tells=[name, "the target is linux/amd64"])
case("an amd64 kernel runs 386", {"/app": file(elf(of="linux/386"))}, rule="platform-compat",
     emulated=True)
unmodelled("386 with an interpreter of its own", {
    "/app": file(elf(of="linux/386", interp="/ld", segments=[segment(address=0x10000000), name_segment(4)],
                     entry=0x10000200)),
    "/ld": file(elf(of="linux/386"))}, emulated=True)
case("386 with an interpreter of amd64", {"/app": file(elf(of="linux/386", interp="/ld")), "/ld": file(LD)},
     rule="interpreter-refused", tells=["linux/amd64"], emulated=True)
case("386 without its interpreter", {"/app": file(elf(of="linux/386", interp="/lib/ld-linux.so.2"))},
     rule="interpreter-missing", emulated=True)
case("x32 is not built into this kernel", {"/app": file(elf(of="linux/386", machine=62))}, tells=["x32"])
case("an unknown machine", {"/app": file(elf(machine=0xfff0))}, rule="platform-mismatch")
case("no machine", {"/app": file(elf(machine=0))})
case("the kernel does not look at EI_CLASS", {"/app": file(elf(ident={4: 1}))})
case("the kernel does not look at EI_DATA", {"/app": file(elf(ident={5: 2}))})
case("a 386 file that says it has 64 bits", {"/app": file(elf(of="linux/386", ident={4: 2}))},
     emulated=True)
case("the kernel does not look at EI_VERSION and EI_OSABI", {"/app": file(elf(ident={6: 9, 7: 6}))})

# ---- headers ----
case("the magic alone", {"/app": file(b"\x7fELF")}, rule="elf-malformed")
case("half a header", {"/app": file(elf(cut=40))}, tells=["ends inside its ELF header"])
case("a header alone", {"/app": file(elf(cut=64))}, tells=["program headers outside of the file"])
case("program headers cut off", {"/app": file(elf(cut=100))})
case("e_phentsize too small", {"/app": file(elf(phentsize=55))}, tells=["of a size"])
case("e_phentsize of the other class", {"/app": file(elf(phentsize=32))}, runc=False)
case("e_phnum of none", {"/app": file(elf(phnum=0))}, tells=["no program headers"])
case("e_phnum behind the end of the file", {"/app": file(elf(phnum=200))}, runc=False)
case("e_phnum past 64 KiB", {"/app": file(elf(phnum=1171))}, tells=["64 KiB"])
case("e_phnum of 65535", {"/app": file(elf(phnum=0xffff))}, runc=False)
case("e_phoff behind the end of the file", {"/app": file(elf(phoff=0x100000))}, runc=False)

# ---- PT_INTERP ----
unmodelled("an interpreter that is any program", {"/app": file(elf(type=DYN, interp="/ld")), "/ld": file(LD)})
case("a missing interpreter", {"/app": file(elf(interp="/lib64/ld-linux-x86-64.so.2"))},
     rule="interpreter-missing", tells=["/lib64/ld-linux-x86-64.so.2"])
case("an interpreter that is a dangling link", {"/app": file(elf(interp="/ld")), "/ld": link("nowhere")},
     tells=["is a link to nowhere"])
case("an interpreter that is a loop of links", {"/app": file(elf(interp="/ld")), "/ld": link("ld")}, tells=["loop"])
case("an interpreter below a file", {"/app": file(elf(interp="/app/ld"))}, tells=["no folder"])
unmodelled("an interpreter behind a link", {"/app": file(elf(type=DYN, interp="/l")), "/l": link("ld"), "/ld": file(LD)})
unmodelled("a relative interpreter", {"/app": file(elf(type=DYN, interp="d/ld")), "/d/ld": file(LD)})
unmodelled("a relative interpreter in the working directory",
           {"/app": file(elf(type=DYN, interp="ld")), "/d/ld": file(LD)}, workdir="/d")
case("a relative interpreter elsewhere", {"/app": file(elf(interp="ld")), "/d/ld": file(LD)},
     tells=["looked for in the working directory"])
case("an interpreter without x bit", {"/app": file(elf(interp="/ld")), "/ld": file(LD, 0o644)},
     rule="interpreter-refused", tells=["has no execute permission"])
case("an interpreter with an x bit for others alone", {"/app": file(elf(interp="/ld")), "/ld": file(LD, 0o744)},
     user=USER, tells=["user 1000:1000"])
case("an interpreter in a folder that the user may not search",
     {"/app": file(elf(interp="/d/ld")), "/d": folder(0o700), "/d/ld": file(LD)}, user=USER, tells=["may not search"])
case("an interpreter that is a folder", {"/app": file(elf(interp="/d")), "/d": folder()}, tells=["is a folder"])
case("an interpreter that is empty", {"/app": file(elf(interp="/ld")), "/ld": file(b"")}, tells=["is empty"])
case("an interpreter shorter than a header", {"/app": file(elf(interp="/ld")), "/ld": file(elf(cut=40))},
     tells=["shorter than an ELF header"])
case("an interpreter that is a script", {"/app": file(elf(interp="/ld")), "/ld": script("#!/app\n" + "#" * 80)},
     tells=["is a script"])
case("an interpreter that is text", {"/app": file(elf(interp="/ld")), "/ld": file("x" * 100 + "\n")},
     tells=["is no ELF file, but ASCII text"])
case("an interpreter of another machine", {"/app": file(elf(interp="/ld")), "/ld": file(elf(of="linux/arm64"))},
     tells=["linux/arm64"])
case("an interpreter of 386", {"/app": file(elf(interp="/ld")), "/ld": file(elf(of="linux/386"))}, runc=False)
unmodelled("an interpreter at a fixed address", {
    "/app": file(elf(type=DYN, interp="/ld")), "/ld": file(elf())})
case("an interpreter that is an object file kills", {"/app": file(elf(interp="/ld")), "/ld": file(elf(type=REL))},
     tells=["kills"])
case("an interpreter without program headers", {"/app": file(elf(interp="/ld")), "/ld": file(elf(phnum=0))})
case("an interpreter without segments kills",
     {"/app": file(elf(interp="/ld")), "/ld": file(elf(type=DYN, segments=[segment(NULL)]))})
unmodelled("an interpreter with an interpreter: its own is not looked at", {
    "/app": file(elf(type=DYN, interp="/ld")), "/ld": file(elf(type=DYN, interp="/nowhere"))})
case("an empty PT_INTERP", {"/app": file(elf(segments=[segment(address=BASE), name_segment(0)]))}, tells=["empty"])
case("a PT_INTERP of one byte", {"/app": file(elf(segments=[segment(address=BASE), name_segment(1)]))}, runc=False)
case("a PT_INTERP of NULs alone is the working directory",
     {"/app": file(elf(segments=[segment(address=BASE), name_segment(2)]))}, rule="interpreter-refused")
case("a PT_INTERP without NUL", {"/app": file(elf(interp="/ld", nul=False)), "/ld": file(LD)}, tells=["NUL"])
unmodelled("a PT_INTERP with a NUL in it", {
    "/app": file(elf(type=DYN, interp="/ld\0x")), "/ld": file(LD)})
case("a PT_INTERP longer than PATH_MAX",
     {"/app": file(elf(interp="/ld", segments=[segment(address=BASE), name_segment(4097)])), "/ld": file(LD)},
     tells=["longer than any path"])
case("a PT_INTERP behind the end of the file",
     {"/app": file(elf(segments=[segment(address=BASE), name_segment(4, 0x100000)]))}, tells=["outside of the file"])
unmodelled("the first of two PT_INTERPs counts", {
    "/app": file(elf(type=DYN, interp="/ld", segments=[segment(), name_segment(4), name_segment(4, 0x500)])),
    "/ld": file(LD)})
case("the first of two PT_INTERPs counts, the bad one",
     {"/app": file(elf(interp="/ld", segments=[segment(address=BASE), name_segment(1), name_segment(4)])),
      "/ld": file(LD)}, runc=False)

# ---- PT_LOAD: what comes behind the point of no return kills ----
case("no PT_LOAD kills", {"/app": file(elf(segments=[segment(NULL)]))}, tells=["no segment to load"])
case("more bytes in the file than in memory kill",
     {"/app": file(elf(segments=[segment(address=BASE, memsz=0x100)]))}, tells=["more bytes in the file"])
case("an offset that does not fit the address kills",
     {"/app": file(elf(segments=[segment(address=BASE, offset=8, filesz=SIZE - 8)]))}, tells=["differ within a page"])
case("a segment behind the end of the file kills", {"/app": file(elf(segments=[segment(address=BASE, offset=0x100000)]))},
     tells=["behind the end of the file"])
case("a segment in the kernel's addresses kills",
     {"/app": file(elf(segments=[segment(address=0xffffffff80000000)]))}, runc=False)
case("an entry point of zero kills", {"/app": file(elf(entry=0))}, tells=["entry point"])
case("an entry point outside of all segments kills", {"/app": file(elf(entry=0x900000))}, runc=False)
case("an entry point in a segment that may not be executed kills",
     {"/app": file(elf(segments=[segment(address=BASE, flags=4)]))}, runc=False)
case("more memory than file is fine", {"/app": file(elf(segments=[segment(address=BASE, flags=7, memsz=0x9000)]))},
     runc=False)

# ---- permissions ----
case("no x bit, for root too", {"/app": file(mode=0o644)}, rule="not-executable", tells=["mode 0644"])
case("one x bit is enough for root", {"/app": file(mode=0o010)})
case("x for the owner alone, who it is", {"/app": file(mode=0o700)}, user=USER, owners={"/app": (1000, 1000)})
case("x for the owner alone, who it is not", {"/app": file(mode=0o700)}, user=USER, tells=["user 1000:1000", "0:0"])
case("x for the group alone, who it is", {"/app": file(mode=0o010)}, user=USER, owners={"/app": (0, 1000)})
case("x for the group alone, who it is not", {"/app": file(mode=0o010)}, user=USER)
case("x for others alone is nothing for the owner", {"/app": file(mode=0o001)}, user=USER, owners={"/app": (1000, 0)})
case("x for others alone is nothing for the group", {"/app": file(mode=0o001)}, user=USER, owners={"/app": (0, 1000)})
PEOPLE = {"/etc/passwd": text("root:x:0:0::/root:/bin/sh\nann:x:1000:1001::/:/bin/sh\n"),
          "/etc/group": text("root:x:0:\nann:x:1001:\nstaff:x:50:bob,ann\nwheel:x:10:bob\n")}
case("a user by name has the group of /etc/passwd", {**PEOPLE, "/app": file(mode=0o710)}, user="ann",
     ids=[1000, 1001], owners={"/app": (0, 1001)})
case("a user by number has it too", {**PEOPLE, "/app": file(mode=0o710)}, user="1000", ids=[1000, 1001],
     owners={"/app": (0, 1001)})
case("a user that /etc/passwd does not have is in group 0", {**PEOPLE, "/app": file(mode=0o710)}, user="2000",
     ids=[2000, 0])
case("a user is in the groups that list it", {**PEOPLE, "/app": file(mode=0o710)}, user="ann", ids=[1000, 1001, 50],
     owners={"/app": (0, 50)})
case("with a group of its own it is not", {**PEOPLE, "/app": file(mode=0o710)}, user="ann:wheel", ids=[1000, 10],
     owners={"/app": (0, 50)})
case("a group by name", {**PEOPLE, "/app": file(mode=0o710)}, user="1000:wheel", ids=[1000, 10], owners={"/app": (0, 10)})
case("x for others", {"/app": file(mode=0o001)}, user=USER)
case("x without r is enough for a program", {"/app": file(mode=0o711)}, user=USER)
case("a folder that the user may not search", {"/d/app": file(), "/d": folder(0o700)}, path="/d/app", user=USER,
     modes={"/d": 0o700}, tells=["may not search"])
case("a folder that root searches without any x", {"/d/app": file(), "/d": folder(0o000)}, path="/d/app",
     modes={"/d": 0o000})
case("a folder that may be searched and not read", {"/d/app": file(), "/d": folder()}, path="/d/app", user=USER,
     modes={"/d": 0o711})
case("a folder is no program", {"/d": folder()}, command="/d", path="/d", tells=["is a folder"])

# ---- links ----
case("a program behind a link", {"/app": link("real"), "/real": file()})
case("a program behind an absolute link stays in the root", {"/app": link("/../../real"), "/real": file()})
case("a dangling link", {"/app": link("nowhere")}, command="/app", tells=["is a link to nowhere"])
case("a loop of links", {"/app": link("b"), "/b": link("app")}, command="/app", rule="command-not-found", tells=["loop"])
case("nothing there", {"/d": folder()}, command="/app", tells=["does not exist"])
case("below a file", {"/app": file()}, command="/app/x", path="/app/x")
case("a slash behind a file", {"/app": file()}, command="/app/", path="/app/")
case("quotation marks in a name", {"/d": folder()}, command='/a"b\\\t', path='/a"b\\\t')

# ---- scripts ----
case("a script", {"/app": script("#!/prog\n"), "/prog": file()})
case("blanks and tabs around the interpreter", {"/app": script("#! \t /prog \t \n"), "/prog": file()})
case("a script without any newline", {"/app": script("#!/prog"), "/prog": file()})
case("a script of nothing but #! names the working directory", {"/app": script("#!")}, rule="shebang-refused",
     tells=["is a folder"])
case("#! and a newline", {"/app": script("#!\n")}, rule="shebang-bad")
case("#! and blanks", {"/app": script("#!  \t\n")})
case("a script to nowhere", {"/app": script("#!/nowhere\n")}, rule="shebang-missing", tells=["/nowhere"])
case("CR LF", {"/app": script("#!/prog\r\nx\r\n"), "/prog": file()}, rule="shebang-crlf")
case("CR LF behind an argument reaches the program", {"/app": script("#!/prog -e\r\n"), "/prog": file()})
case("a NUL in the line", {"/app": script(b"#!/prog\0x\n"), "/prog": file()})
case("a byte order mark", {"/app": script(b"\xef\xbb\xbf#!/prog\n"), "/prog": file()}, tells=["byte order mark"])
case("a blank line before #!", {"/app": script("\n#!/prog\n"), "/prog": file()}, rule="not-a-program")
case("a relative interpreter of a script", {"/app": script("#!d/prog\n"), "/d/prog": file()})
case("a relative interpreter of a script, from elsewhere", {"/app": script("#!prog\n"), "/prog": file(), "/d": folder()},
     workdir="/d", tells=["looked for in the working directory"])
case("an interpreter's name that ends at the 256th byte",
     {"/app": script("#!" + "/" * 249 + "prog\n"), "/prog": file()})
case("an interpreter's name that goes past the 256th byte",
     {"/app": script("#!" + "/" * 250 + "prog\n"), "/prog": file()}, tells=["longer than the 256 bytes"])
case("an argument that goes past the 256th byte is cut", {"/app": script("#!/prog " + "a" * 300 + "\n"), "/prog": file()})
case("a script whose interpreter is a folder", {"/app": script("#!/d\n"), "/d": folder()}, rule="shebang-refused",
     tells=["is a folder"])
case("a script whose interpreter has no x bit", {"/app": script("#!/prog\n"), "/prog": file(mode=0o644)},
     tells=["has no execute permission"])
case("a script whose interpreter is not for this user", {"/app": script("#!/prog\n"), "/prog": file(mode=0o700)},
     user=USER, tells=["user 1000:1000"])
case("a script whose interpreter is empty", {"/app": script("#!/prog\n"), "/prog": file(b"")}, tells=["is empty"])
case("a script whose interpreter is no program", {"/app": script("#!/prog\n"), "/prog": file("echo\n")},
     tells=["ASCII text"])
case("a script whose interpreter is of another machine",
     {"/app": script("#!/prog\n"), "/prog": file(elf(of="linux/arm64"))}, rule="platform-mismatch", tells=["/prog"])
case("a script whose interpreter lacks its own", {"/app": script("#!/prog\n"), "/prog": file(elf(interp="/nowhere"))},
     rule="interpreter-missing", tells=["/prog"])
case("a script whose interpreter is a loop of links", {"/app": script("#!/l\n"), "/l": link("l")}, tells=["loop"])
case("a script whose interpreter is a dangling link", {"/app": script("#!/l\n"), "/l": link("x")},
     tells=["is a link to x"])
case("a script that may not be executed", {"/app": script("#!/prog\n", 0o644), "/prog": file()})
CHAIN = {f"/s{i}": script(f"#!/s{i - 1}\n") for i in range(2, 9)}
CHAIN.update({"/s1": script("#!/prog\n"), "/prog": file()})
case("five scripts one after another", {**CHAIN, "/app": link("s5")})
case("six scripts one after another", {**CHAIN, "/app": link("s6")}, rule="shebang-loop")
case("a script that names itself", {"/app": script("#!/app\n")}, rule="shebang-loop", tells=["more than five"])
case("a sixth script that names nothing is opened first",
     {**CHAIN, "/app": link("s6"), "/s1": script("#!/nowhere\n")}, rule="shebang-missing")
case("a seventh is not", {**CHAIN, "/app": link("s7"), "/s1": script("#!/nowhere\n")}, rule="shebang-loop")

# ---- no format ----
case("an empty file", {"/app": file(b"")}, rule="empty-file")
case("text without #!: runtimes do not start a shell", {"/app": file("echo hello\n")}, tells=["ASCII text"])
case("NUL bytes alone", {"/app": file(bytes(512))}, rule="not-a-program")
case("a zip archive", {"/app": file(b"PK\x03\x04\x14\0\0\0\x08\0" + bytes(60))}, tells=["Zip archive"])
case("a program for Windows", {"/app": file(
    b"MZ" + bytes(58) + b"\x80\0\0\0" + bytes(64) + b"PE\0\0\x64\x86" + bytes(20) + b"\x0b\x02" + bytes(200))},
     tells=["MS Windows"])
case("a program for macOS", {"/app": file(bytes.fromhex("cffaedfe0c000001000000000200000010000000") + bytes(80))},
     tells=["Mach-O"])

# ---- scripts that their user may not read ----
LIBC = {"/lib64/ld-linux-x86-64.so.2": copy_of("/lib64/ld-linux-x86-64.so.2"),
        "/lib/x86_64-linux-gnu/libc.so.6": copy_of("/lib/x86_64-linux-gnu/libc.so.6")}
DASH = {**LIBC, "/bin/dash": copy_of("/bin/dash"), "/bin/sh": link("dash")}
BASH = {**LIBC, "/bin/bash": copy_of("/bin/bash"),
        "/lib/x86_64-linux-gnu/libtinfo.so.6": copy_of("/lib/x86_64-linux-gnu/libtinfo.so.6")}
BUSYBOX = {"/bin/busybox": copy_of("/bin/busybox"), "/bin/sh": link("busybox")}
ENV = {**LIBC, "/usr/bin/env": copy_of("/usr/bin/env")}
SECRET = dict(user=USER, rule="script-unreadable", runc=False)
case("a script that may be executed and not read: dash", {**DASH, "/app": script("#!/bin/sh\n", 0o711)}, **SECRET)
case("a script that may be executed and not read: bash", {**BASH, "/app": script("#!/bin/bash\n", 0o711)}, **SECRET)
case("a script that may be executed and not read: busybox", {**BUSYBOX, "/app": script("#!/bin/sh\n", 0o711)}, **SECRET)
case("a script that may be executed and not read: busybox sh",
     {**BUSYBOX, "/app": script("#!/bin/busybox ash\n", 0o711)}, **SECRET)
case("a script that may be executed and not read: dash with options",
     {**DASH, "/app": script("#!/bin/sh -e\n", 0o711)}, words=False, **SECRET)
case("a script that may be executed and not read, through env",
     {**DASH, **ENV, "/app": script("#!/usr/bin/env dash\n", 0o711)}, **SECRET)
case("a script that may be executed and not read, by a script that may",
     {**DASH, "/app": script("#!/mid\n", 0o711), "/mid": script("#!/bin/sh\nexit 42\n")}, user=USER)
case("a script in between that may not be read",
     {**DASH, "/app": script("#!/mid\n"), "/mid": script("#!/bin/sh\n", 0o711)}, **SECRET)
case("a script that its program does not read", {"/app": script("#!/prog\n", 0o711), "/prog": file()},
     verdict="unknown", **SECRET)
case("a script that root reads whatever its mode", {**DASH, "/app": script("#!/bin/sh\nexit 42\n", 0o111)})

# ---- env ----
NOWHERE = {"env": {"PATH": "/bin"}}
case("env finds the program", {**ENV, "/app": script("#!/usr/bin/env prog\n"), "/bin/prog": file()})
case("env does not find it", {**ENV, "/app": script("#!/usr/bin/env prog\n")}, rule="env-missing", runc=False)
case("env with CR LF", {**ENV, "/app": script("#!/usr/bin/env prog\r\n"), "/bin/prog": file()}, rule="shebang-crlf",
     runc=False)
case("env gets all the rest as one argument", {**ENV, "/app": script("#!/usr/bin/env prog -x\n"), "/bin/prog": file()},
     rule="env-missing", tells=["one argument"], runc=False)
case("env -S splits", {**ENV, "/app": script("#!/usr/bin/env -S prog -x\n"), "/bin/prog": file()})
case("env -S with variables", {**ENV, "/app": script("#!/usr/bin/env -S A=b PATH=/opt prog\n"), "/opt/prog": file()})
case("env -S with variables, and the program elsewhere",
     {**ENV, "/app": script("#!/usr/bin/env -S PATH=/opt prog\n"), "/bin/prog": file()}, runc=False)
case("env -S of a missing program", {**ENV, "/app": script("#!/usr/bin/env -S prog -x\n")}, rule="env-missing", runc=False)
case("env of env", {**ENV, "/app": script("#!/usr/bin/env -S env prog\n")}, rule="env-missing", runc=False)
case("env without -S and with a variable starts the script again",
     {**ENV, "/app": script("#!/usr/bin/env A=b\n")}, rule="shebang-loop", tells=["without an end"], kernel=False,
     runc=False)
case("env itself missing", {"/app": script("#!/usr/bin/env prog\n"), "/bin/prog": file()}, rule="shebang-missing")
case("env without its libc", {"/usr/bin/env": copy_of("/usr/bin/env"), "/app": script("#!/usr/bin/env prog\n")},
     rule="interpreter-missing")
case("env finds a program without x bit", {**ENV, "/app": script("#!/usr/bin/env prog\n"), "/bin/prog": file(mode=0o644)},
     runc=False)
case("env finds a program of another machine",
     {**ENV, "/app": script("#!/usr/bin/env prog\n"), "/bin/prog": file(elf(of="linux/arm64"))}, words=False, runc=False)
case("busybox' env does not find it", {**BUSYBOX, "/usr/bin/env": link("/bin/busybox"),
                                      "/app": script("#!/usr/bin/env prog\n")}, runc=False)
case("busybox' env has no -S", {**BUSYBOX, "/usr/bin/env": link("/bin/busybox"),
                                "/app": script("#!/usr/bin/env -S prog\n"), "/bin/prog": file()}, words=False, runc=False)


# ---- commands, as runtimes find them ----
def command(name, files, words, env=None, file=None, **options):
    case(name, files, command=words, env=env or {}, file=file, kernel=file is not None, **options)


command("a command in PATH", {"/bin/prog": file()}, "prog", file="/bin/prog")
command("a command nowhere in PATH", {"/d": folder()}, "prog", rule="command-not-found")
command("a command without x bit is passed over", {"/sbin/prog": file(mode=0o644), "/bin/prog": file()}, "prog",
        file="/bin/prog")
command("a command without any x bit", {"/bin/prog": file(mode=0o644)}, "prog")
command("a folder of that name is passed over", {"/sbin/prog": folder(), "/bin/prog": file()}, "prog", file="/bin/prog")
command("a command that is not for this user is taken, and refused",
        {"/sbin/prog": file(mode=0o700), "/bin/prog": file()}, "prog", file="/sbin/prog", user=USER)
command("a folder of PATH that may not be searched is passed over",
        {"/sbin": folder(), "/sbin/prog": file(), "/bin/prog": file()}, "prog", file="/bin/prog", user=USER,
        modes={"/sbin": 0o700})
command("a PATH of its own", {"/opt/prog": file()}, "prog", {"PATH": "/nowhere:/opt"}, file="/opt/prog")
command("a file in PATH", {"/opt/prog": file()}, "prog", {"PATH": "/opt/prog:/opt"}, file="/opt/prog")
command("slashes and dots in PATH are cleaned, links or not", {"/l": link("/a/b"), "/a/b": folder(), "/opt/prog": file("x")},
        "prog", {"PATH": "/l/../opt//./"}, file="/opt/prog")
command("an empty element of PATH that serves is refused", {"/prog": file()}, "prog", {"PATH": ":/bin"},
        tells=["relative or an empty element"])
command("an empty element that does not serve", {"/bin/prog": file()}, "prog", {"PATH": ":/bin"}, file="/bin/prog")
command("an empty element at the end of PATH counts", {"/prog": file()}, "prog", {"PATH": "/bin:"})
command("a relative folder of PATH that serves is refused", {"/d/prog": file()}, "prog", {"PATH": "d:/bin"})
command("an empty PATH", {"/prog": file()}, "prog", {"PATH": ""})
command("a dangling link is passed over", {"/sbin/prog": link("x"), "/bin/prog": file()}, "prog", file="/bin/prog")
command("a found command prints its whole path", {"/bin/prog": file("text\n")}, "prog", file="/bin/prog")
command("a found script whose interpreter is missing", {"/bin/prog": script("#!/x\n")}, "prog", file="/bin/prog")
command("a command with a slash is relative to the working directory", {"/d/prog": file()}, "./prog", workdir="/d",
        file="./prog")
command("a command with a slash is not looked for in PATH", {"/bin/d/prog": file()}, "d/prog")
command("an empty command", {"/bin/prog": file()}, "")
command("a dot", {"/bin/prog": file()}, ".")
command("the loader calls the program by the command's name",
        {**LIBC, "/bin/prog": exe(["libmissing.so"])}, "prog", file="/bin/prog")
case("a working directory that is not there is made", {"/app": file()}, workdir="/no/where", kernel=False)
command("a relative command in a working directory that is not there", {"/prog": file()}, "./prog", workdir="/no/where")
command("a relative command above a working directory that is not there", {"/no/prog": file()}, "../prog",
        workdir="/no/where")

# ---- other platforms: what runc and the kernel here cannot tell ----
OTHER = dict(kernel=False, runc=False)
case("386 does not run amd64", {"/app": file()}, platform="linux/386", rule="platform-mismatch", **OTHER)
case("arm64 runs arm/v7", {"/app": file(elf(of="linux/arm/v7"))}, platform="linux/arm64/v8", rule="platform-compat",
     **OTHER)
case("arm/v7 does not run arm64", {"/app": file(elf(of="linux/arm64"))}, platform="linux/arm/v7",
     rule="platform-mismatch", **OTHER)
for name in MACHINES:
    if name != "linux/amd64":
        case(f"{name} does not run amd64", {"/app": file()}, platform=name, rule="platform-mismatch", **OTHER)
        case(f"{name} runs its own", {"/app": file(elf(of=name))}, platform=name, **OTHER)

if __name__ == "__main__":
    sys.exit(run_starts(CASES, {"/app": file()}, sys.argv))
