"""The programs that ask dlopen.

On this machine's own architectures a small one with nothing but libc beside it, for
glibc and for musl. On the foreign ones the root's own Python: no compiler is needed.
"""

import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
HOST = HERE / "dlopen_host.c"
FOREIGN_HOST = HERE / "dlopen_host.py"

# Symbols without versions: each glibc binds them to its own default version.
START = """
extern int main(int argc, char **argv);
extern int __libc_start_main(int (*)(int, char **), int, char **, void *, void *, void *, void *);
__asm__(".globl _start\\n_start: %s");
void start_c(long *stack) { __libc_start_main(main, (int)stack[0], (char **)(stack + 1), 0, 0, 0, stack); }
"""
STUB = "".join(f"void {name}(void) {{}}\n" for name in
               ("dlopen", "dlerror", "puts", "fflush", "_exit", "__libc_start_main"))

# For each machine: gcc's option, glibc's loader, and how _start hands the stack to C.
GLIBC = {
    "amd64": ("-m64", "/lib64/ld-linux-x86-64.so.2",
              "xor %ebp, %ebp\\n mov %rsp, %rdi\\n and $-16, %rsp\\n call start_c\\n"),
    "i386": ("-m32", "/lib/ld-linux.so.2",
             "xor %ebp, %ebp\\n mov %esp, %eax\\n and $-16, %esp\\n sub $12, %esp\\n push %eax\\n"
             "call start_c\\n"),
}


def build(rig, libc, arch):
    """The host program for a libc and a machine as bytes; None where there is none."""
    work = rig.cache / "helper-build" / f"{libc}-{arch}"
    work.mkdir(parents=True, exist_ok=True)
    if libc == "glibc" and arch in GLIBC:
        build_glibc(work, *GLIBC[arch])
    elif (libc, arch) == ("musl", "amd64"):
        subprocess.run(["musl-gcc", "-O1", "-fno-builtin", "-o", str(work / "dlopen"), str(HOST)], check=True)
    else:
        return None
    return (work / "dlopen").read_bytes()


def build_glibc(work, machine, loader, start):
    (work / "start.c").write_text(START % start)
    (work / "stub.c").write_text(STUB)
    gcc = ["gcc", machine, "-O1", "-fno-builtin", "-fno-stack-protector", "-nostdlib"]
    for soname in ("libc.so.6", "libdl.so.2"):
        subprocess.run([*gcc, "-shared", "-fPIC", f"-Wl,-soname,{soname}", "-o", str(work / soname),
                        str(work / "stub.c")], check=True)
    subprocess.run([*gcc, "-nostartfiles", "-fPIE", "-pie", f"-Wl,-dynamic-linker,{loader}",
                    "-Wl,--no-as-needed", "-o", str(work / "dlopen"), str(work / "start.c"), str(HOST),
                    str(work / "libdl.so.2"), str(work / "libc.so.6")], check=True)
