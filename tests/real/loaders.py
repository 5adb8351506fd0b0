"""What the real kernel and the real loaders say about each subject of a question set.

The truth of one subject is one line of JSON:
  path, arch, program, dynamic
  exec      errno of execve ("ENOENT"), null where the kernel starts it, absent where
            it could not be asked (another machine)
  loader    "glibc" or "musl": who was asked; null: nobody (static, or no loader)
  lazy, now the loader's listing without and with immediate binding:
            {status, objects: [[name, path or null]…], stderr: […]}
  host_libc where an object's own search meets another libc than a host of it has loaded: the
            host's, which then is in the listing, too
  script    the words of a script's shebang line; static: its program needs no loader
  found     the program that an `env` script's PATH search ends at
  run       a real start up to the program's entry point, to which the loader jumps when all is
            bound: {entered, status, signal, stderr: […]}. Under qemu, which knows no such
            stop, only of what the listing shows to fail before it
  dlopen    a real dlopen with RTLD_NOW: {status: 0 or 1, signal, timeout, error: its words}
"""

import errno
import json
import os
import re
import shutil
import stat

import elf
import helpers
import jail
import roots

GLIBC_LOADERS = {"amd64": "/lib64/ld-linux-x86-64.so.2", "i386": "/lib/ld-linux.so.2",
                 "arm64": "/lib/ld-linux-aarch64.so.1", "armhf": "/lib/ld-linux-armhf.so.3",
                 "riscv64": "/lib/ld-linux-riscv64-lp64d.so.1", "s390x": "/lib/ld64.so.1"}
MUSL_LOADERS = {"amd64": "/lib/ld-musl-x86_64.so.1"}

# Machines that this kernel starts by itself.
NATIVE = ("amd64", "i386")

# The PATH of a container whose image sets none.
DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

TRACE = {"LD_TRACE_LOADED_OBJECTS": "1", "LD_WARN": "1"}

LISTED = re.compile(r"^\t(?:(?P<name>.*) => )?(?P<path>.*) \(0x[0-9a-f]+\)$")
NOT_FOUND = re.compile(r"^\t(?P<name>.*) => not found$")
MUSL_NOT_LOADED = re.compile(r"^Error loading shared library (?P<name>.*?): .* \(needed by .*\)$")
VDSO = ("linux-vdso", "linux-gate")


def subjects(root, under, links):
    """Every ELF file below the folders `under` and every script in a bin folder, each file once."""
    seen, found = set(), []
    for folder in under:
        for place, folders, names in os.walk(os.path.join(root, folder.lstrip("/"))):
            folders.sort()
            for name in sorted(names):
                path = os.path.join(place, name)
                if os.path.islink(path):
                    if links and is_program_link(root, path):
                        found.append(path)
                    continue
                if not elf.is_elf(path) and not elf.is_script(path):
                    continue
                about = os.stat(path)
                if (about.st_dev, about.st_ino) not in seen:
                    seen.add((about.st_dev, about.st_ino))
                    found.append(path)
    return ["/" + os.path.relpath(path, root) for path in found]


def is_program_link(root, path):
    """A link in a bin folder to a file beside it (absolute ones would leave the root)."""
    if os.path.basename(os.path.dirname(path)) not in ("bin", "sbin"):
        return False
    target = os.readlink(path)
    beside = os.path.join(os.path.dirname(path), target)
    return "/" not in target and elf.is_elf(beside)


class Asker:
    """Asks the loaders of the root that this process is chrooted into."""

    def __init__(self, questions, arch, qemu, hosts):
        self.questions, self.arch, self.qemu, self.hosts = questions, arch, qemu, hosts
        self.kinds, self.libcs = {}, {}

    def ask(self, path):
        facts = elf.read(path)
        truth = {"path": path}
        if facts is None:
            truth.update(arch=None, program=True, dynamic=False, loader=None)
            self.ask_script(truth)
            return truth
        truth.update(arch=facts.arch, program=is_program(path, facts), dynamic=facts.dynamic, loader=None)
        if truth["program"]:
            self.ask_kernel(truth)
        if not self.runs_here(facts.arch) or not facts.dynamic:
            return truth
        if truth["program"]:
            if facts.interp and truth.get("exec") is None:
                self.ask_program(truth, facts.interp)
        elif facts.loadable:
            self.ask_object(truth)
        return truth

    def runs_here(self, arch):
        return arch == self.arch or (self.qemu is None and arch in NATIVE)

    def ask_kernel(self, truth):
        """Does execve succeed? The process is killed before its first instruction.
        A foreign machine's kernel is not here: of its rules only the x bit is asked."""
        if self.qemu is not None:
            if not os.access(truth["path"], os.X_OK):
                truth["exec"] = "EACCES"
            return
        done = self.spawn([truth["path"]], until="exec")
        truth["exec"] = errno.errorcode[done.errno] if done.errno else None
        if done.signal:
            truth["exec_signal"] = done.signal

    def kind(self, loader):
        """Whose loader the file `loader` is; None where there is none."""
        if loader not in self.kinds:
            self.kinds[loader] = loader_kind(loader)
        return self.kinds[loader]

    def ask_program(self, truth, interp):
        truth["loader"] = kind = self.kind(interp)
        program = truth.get("found") or truth.get("script", [truth["path"]])[0]
        if kind == "glibc":
            self.ask_glibc(truth, [truth["path"] if self.qemu is None else program])
        elif kind == "musl":
            self.ask_musl(truth, interp, program)
        elif kind is None and self.qemu is not None:
            truth["exec"] = "ENOENT"
            return
        if self.qemu is None:
            truth["run"] = ended(self.spawn([truth.get("name", truth["path"])], program=truth["path"],
                                            timeout=10, until="entry"))
        elif kind and fails_at_start(truth):
            truth["run"] = ended(self.spawn([truth.get("name", program)], program=program, timeout=10))

    def ask_script(self, truth):
        """A script starts as its shebang's program does; `env X` looks X up besides."""
        truth["script"] = words = elf.shebang(truth["path"])
        self.ask_kernel(truth)
        if truth.get("exec") or not words:
            return
        if self.qemu is not None and not os.access(words[0], os.X_OK):
            truth["exec"] = "EACCES" if os.path.exists(words[0]) else "ENOENT"
            return
        facts = elf.read(words[0])
        if facts is None or not self.runs_here(facts.arch):
            return
        if not facts.interp:
            truth["static"] = True
        elif os.path.basename(words[0]) != "env":
            self.ask_program(truth, facts.interp)
        elif len(words) == 2 and "=" not in words[1] and not words[1].startswith("-"):
            self.ask_env(truth, words)

    def ask_env(self, truth, words):
        """`env` ends where it finds nothing; else it starts what its PATH search ends at."""
        found = shutil.which(words[1], path=DEFAULT_PATH)
        if found is None:
            truth["loader"] = "env"
            truth["run"] = ended(self.spawn([truth["path"] if self.qemu is None else words[0], words[1]],
                                            timeout=10))
            return
        of_env = {"path": words[0]}
        self.ask_program(of_env, elf.read(words[0]).interp)
        if fails_at_start(of_env):
            truth.update((key, of_env[key]) for key in of_env.keys() - {"path"})
            return
        facts = elf.read(found)
        if facts is not None and facts.interp and self.runs_here(facts.arch):
            truth["found"] = found
            of_found = {"path": found, "name": words[1]}
            self.ask_program(of_found, facts.interp)
            truth.update((key, of_found[key]) for key in of_found.keys() - {"path", "name"})

    def ask_object(self, truth):
        table = GLIBC_LOADERS if self.questions.libc == "glibc" else MUSL_LOADERS
        loader = table.get(truth["arch"])
        truth["loader"] = kind = self.kind(loader) if loader else None
        if kind == "glibc":
            self.ask_glibc(truth, [loader, truth["path"]])
            self.ask_glibc_with_libc(truth, loader)
        elif kind == "musl":
            self.ask_musl(truth, loader, truth["path"])
            self.ask_musl_with_libc(truth, loader)
            name_musl(truth, loader)
        if kind in self.hosts.get(truth["arch"], ()):
            self.ask_dlopen(truth, kind, loader)

    def ask_glibc(self, truth, command, preload=None):
        listing = {**TRACE, **({"LD_PRELOAD": preload} if preload else {})}
        truth["lazy"] = listed(self.spawn(command, listing))
        truth["now"] = listed(self.spawn(command, {**listing, "LD_BIND_NOW": "1"}))

    def ask_glibc_with_libc(self, truth, loader):
        """An object that finds a libc of its own, or the host's under another path, or none
        though it lacks symbols, is asked about again beside the libc that any host has loaded."""
        libc, objects = self.libc_of_host(loader), truth["now"]["objects"]
        found = dict(objects).get("libc.so.6")
        if not libc or found == libc or truth["now"]["status"] != 0 \
                or (found is None and not truth["now"]["stderr"]) \
                or os.path.samefile(truth["path"], found or libc):
            return
        self.ask_glibc(truth, [loader, truth["path"]], preload=libc)
        if found:
            truth["host_libc"] = libc
        else:                                   # its place is in no DT_NEEDED
            truth["now"]["objects"] = truth["lazy"]["objects"] = objects

    def libc_of_host(self, loader):
        """The libc of the program that asks dlopen; None where there is no such program."""
        if loader not in self.libcs:
            arch = next(arch for arch, path in GLIBC_LOADERS.items() if path == loader)
            host = FOREIGN_PYTHON if self.qemu is not None else f"{HOST_FOLDER}/dlopen-glibc-{arch}"
            listing = listed(self.spawn([loader, host], TRACE))
            self.libcs[loader] = dict(listing["objects"]).get("libc.so.6")
        return self.libcs[loader]

    def ask_musl(self, truth, loader, path):
        done = self.spawn([loader, "--list", path], together=True)
        truth["now"] = truth["lazy"] = listed(done)

    def ask_musl_with_libc(self, truth, loader):
        """An object that needs no libc is listed in a process without it, which no host
        is: there it is asked about again beside a preloaded libc, whose line is dropped."""
        listed_here = truth["now"]["objects"]
        if truth["now"]["status"] is None or any(path == listed_here[0][1] for _, path in listed_here[1:]):
            return
        done = listed(self.spawn([loader, "--list", truth["path"]], {"LD_PRELOAD": "libc.so"},
                                 together=True))
        del done["objects"][1:2]
        truth["now"] = truth["lazy"] = done

    def ask_dlopen(self, truth, kind, loader):
        """A host with nothing but libc opens the object, constructors and all."""
        done = self.spawn([loader, f"{HOST_FOLDER}/dlopen-{kind}-{truth['arch']}", truth["path"]],
                          timeout=10)
        truth["dlopen"] = {"status": done.status, "signal": done.signal, "timeout": done.timeout,
                           "error": done.out.rstrip("\n")}

    def ask_foreign_dlopen(self, truths):
        """The root's own Python opens the objects, all in one qemu process and its children."""
        asked = {truth["path"]: truth for truth in truths if truth["loader"] and not truth["program"]}
        if self.qemu is None or not asked or not os.path.exists(FOREIGN_PYTHON):
            return
        listed_in = f"{HOST_FOLDER}/objects"
        with open(listed_in, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.writelines(f"{path}\n" for path in asked)
        done = self.spawn([FOREIGN_PYTHON, f"{HOST_FOLDER}/dlopen.py", listed_in], timeout=900)
        for line in done.out.splitlines():
            told = json.loads(line)
            asked[told.pop("path")]["dlopen"] = told

    def spawn(self, argv, env=None, program=None, **words):
        env = {"PATH": DEFAULT_PATH, **self.questions.env, **(env or {})}
        if self.qemu is None:
            return jail.start(program or argv[0], argv, env, **words)
        words["timeout"] = max(words.get("timeout", 0), 60)
        return jail.start(self.qemu, ["qemu", "-0", argv[0], program or argv[0], *argv[1:]], env, **words)


def is_program(path, facts):
    """Is it to be started? A library may name an interpreter as well (libcap.so.2 does);
    without x bit it is asked about as what loads it sees it. What nothing can load, an
    object file, is asked about as the kernel sees it."""
    if not facts.loadable:
        return True
    library = facts.type == elf.ET_DYN and not facts.pie and (facts.soname or facts.emptied)
    return facts.program and (os.access(path, os.X_OK) or not library)


HOST_FOLDER = "/dev"   # a tmpfs inside the jail
FOREIGN_PYTHON = "/usr/bin/python3"


def loader_kind(path):
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return None
        with open(path, "rb") as file:
            content = file.read()
    except OSError:
        return None
    if b"GLIBC_PRIVATE" in content:
        return "glibc"
    return "musl" if b"musl libc" in content else "other"


def listed(done):
    """A loader's listing as data. musl tells of a missing object on its error
    output alone, which stands between the lines of its listing (`together`)."""
    objects, rest = [], done.err.splitlines()
    for line in done.out.splitlines():
        missing, found = NOT_FOUND.match(line), LISTED.match(line)
        unloaded = MUSL_NOT_LOADED.match(line)
        if missing or unloaded:
            objects.append([(missing or unloaded)["name"], None])
        elif found and not (found["name"] or found["path"]).startswith(VDSO):
            objects.append([found["name"] or found["path"], found["path"]])
        if not line.startswith("\t"):
            rest.append(line)
    return {"objects": objects, **ended(done), "stderr": rest}


def ended(done):
    return {"status": done.status, "signal": done.signal, "stderr": done.err.splitlines(),
            **({"entered": True} if done.entered else {}),
            **({"timeout": True} if done.timeout else {})}


def name_musl(truth, loader):
    """musl takes its own name from an interpreter that the object names; a host has the usual one."""
    objects = truth["now"]["objects"]
    told = objects[0][1] if objects else loader
    for pair in objects:
        pair[:] = [loader if word == told else word for word in pair]


def fails_at_start(truth):
    """Has the listing shown that the start cannot reach main?

    A version warning or an undefined symbol prints a line, and a missing object
    shows in the listing; whatever else ends the listing early has a status.
    """
    lazy = truth["lazy"]
    if lazy["status"] != 0 or any(path is None for _, path in lazy["objects"]):
        return True
    return any(not is_warning(line) for line in lazy["stderr"])


def is_warning(line):
    """A line after which the loader goes on."""
    return "no version information available" in line or "cannot be preloaded" in line \
        or "consider re-linking" in line or "weak version `" in line


def ask_all(rig, questions, paths, say, workers=1):
    """The truth of every path, in the order of `paths`."""
    root = rig.root(questions.root)
    arch = roots.RECIPES[questions.root].arch
    parts = [rig.cache / "truth" / f"{questions.name}.{os.getpid()}.part{n}" for n in range(workers)]
    hosts = host_programs(rig, questions.libc, arch)
    children = []
    try:
        for index, part in enumerate(parts):
            pid = os.fork()
            if pid == 0:
                os._exit(0 if ask_part(root, questions, arch, paths[index::workers], part, hosts) else 1)
            children.append(pid)
        ends = [os.waitpid(pid, 0)[1] for pid in children]
        if any(ends):
            raise SystemExit(f"{questions.name}: the loaders could not be asked in {root}")
        found = {}
        for part in parts:
            for line in part.read_text(errors="surrogateescape").splitlines():
                truth = json.loads(line)
                found[truth["path"]] = truth
    finally:
        for part in parts:
            part.unlink(missing_ok=True)
    say(f"{questions.name}: asked the real loaders about {len(found)} files")
    return [found[path] for path in paths]


def host_programs(rig, libc, arch):
    """For each machine that this kernel runs in a root of `arch`: libc → program that asks dlopen."""
    if roots.QEMU[arch]:
        return {}
    hosts = {}
    for machine in NATIVE:
        program = helpers.build(rig, libc, machine)
        if program is not None:
            hosts[machine] = {libc: program}
    return hosts


def lay_hosts(hosts):
    for arch, programs in hosts.items():
        for libc, content in programs.items():
            name = f"{HOST_FOLDER}/dlopen-{libc}-{arch}"
            with open(name, "wb") as file:
                file.write(content)
            os.chmod(name, 0o755)


def ask_part(root, questions, arch, paths, part, hosts):
    qemu = roots.QEMU[arch]
    handle = os.open(shutil.which(qemu), os.O_RDONLY | os.O_CLOEXEC) if qemu else None
    foreign_host = helpers.FOREIGN_HOST.read_bytes()

    def job():
        lay_hosts(hosts)
        with open(f"{HOST_FOLDER}/dlopen.py", "wb") as file:
            file.write(foreign_host)
        asker = Asker(questions, arch, handle, hosts)
        truths = [asker.ask(path) for path in paths]
        asker.ask_foreign_dlopen(truths)
        with open(report, "w", encoding="utf-8", errors="surrogateescape") as out:
            out.writelines(json.dumps(truth) + "\n" for truth in truths)

    report = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    return jail.run_inside(root, job)
