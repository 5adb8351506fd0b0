"""Builds the small program that asks dlopen, for glibc and for musl."""

import subprocess
from pathlib import Path

HOST = Path(__file__).resolve().parent / "dlopen_host.c"

# Symbols without versions: each glibc binds them to its own default version.
START = """
extern int main(int argc, char **argv);
extern int __libc_start_main(int (*)(int, char **), int, char **, void *, void *, void *, void *);
__asm__(".globl _start\\n_start: xor %ebp, %ebp\\n mov %rsp, %rdi\\n and $-16, %rsp\\n call start_c\\n");
void start_c(long *stack) { __libc_start_main(main, (int)stack[0], (char **)(stack + 1), 0, 0, 0, stack); }
"""
STUB = "".join(f"void {name}(void) {{}}\n" for name in
               ("dlopen", "dlerror", "puts", "fflush", "_exit", "__libc_start_main"))


def build(rig):
    """The folder with dlopen-glibc and dlopen-musl."""
    folder, work = rig.cache / "helper", rig.cache / "helper-build"
    folder.mkdir(exist_ok=True)
    work.mkdir(exist_ok=True)
    if not (folder / "dlopen-glibc").exists():
        build_glibc(work, folder / "dlopen-glibc")
    if not (folder / "dlopen-musl").exists():
        subprocess.run(["musl-gcc", "-O1", "-fno-builtin", "-o", str(folder / "dlopen-musl"), str(HOST)],
                       check=True)
    return folder


def build_glibc(work, out):
    (work / "start.c").write_text(START)
    (work / "stub.c").write_text(STUB)
    for soname in ("libc.so.6", "libdl.so.2"):
        subprocess.run(["gcc", "-shared", "-fPIC", "-nostdlib", "-fno-builtin", f"-Wl,-soname,{soname}",
                        "-o", str(work / soname), str(work / "stub.c")], check=True)
    subprocess.run(["gcc", "-O1", "-fno-builtin", "-fno-stack-protector", "-nostdlib", "-nostartfiles",
                    "-fPIE", "-pie", "-Wl,-dynamic-linker,/lib64/ld-linux-x86-64.so.2", "-Wl,--no-as-needed",
                    "-o", str(out), str(work / "start.c"), str(HOST), str(work / "libdl.so.2"),
                    str(work / "libc.so.6")], check=True)
