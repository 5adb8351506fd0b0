#!/usr/bin/env python3
"""Libraries that the target lacks and a stage has: what willrun says, and that it helps.

Each case has a stage, a target and a subject. The fix must name the files that the case says; the
COPY lines in it are then carried out, links followed as COPY does, and the real loader must start
the subject in the result.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "replay"))
import tiny  # pylint: disable=wrong-import-position
from tiny import copy_of, exe, lib, link, text  # pylint: disable=wrong-import-position

GLIBC = {"/lib64/ld-linux-x86-64.so.2": copy_of("/lib64/ld-linux-x86-64.so.2")}
MUSL_LOADER = "/lib/ld-musl-x86_64.so.1"
MUSL = {MUSL_LOADER: copy_of(MUSL_LOADER)}
MULTI = "/lib/x86_64-linux-gnu/"
DEBIAN = text("ID=debian\nVERSION_CODENAME=bookworm\n")
CASES = []


def case(name, **facts):
    CASES.append((name, facts))


def dpkg(package, *paths):
    return {f"/var/lib/dpkg/info/{package}.list": text("\n".join(("/.", *paths)) + "\n")}


WITH_ONE = {"versions": {"libone.so.1": {None: ["one"]}}}
APP = exe(["libone.so.1"], ["one"], **WITH_ONE)
ONE = {MULTI + "libone.so.1": link("libone.so.1.2"),
       MULTI + "libone.so.1.2": lib(["one"], soname="libone.so.1")}

case("a link and its file", stage={"/src/app": APP, **ONE}, copy="b:/src/app:/app",
     fix=f"The stage b has it: COPY --from=b {MULTI}libone.so.1 {MULTI}libone.so.1.2 {MULTI}.")
case("dpkg knows the package", copy="b:/src/app:/app",
     stage={"/src/app": APP, **ONE, **dpkg("libone1:amd64", "/usr" + MULTI + "libone.so.1.2"),
            **dpkg("other", "/usr/bin/other")},
     fix=f"The stage b has it: COPY --from=b {MULTI}libone.so.1 {MULTI}libone.so.1.2 {MULTI}; or "
         "install its package (apt-get install -y libone1).")
case("apk knows the package", copy="b:/src/app:/app",
     stage={"/src/app": APP, **ONE, "/lib/apk/db/installed": text(
         "P:other\nF:usr/lib\nR:libother.so.1\n\nC:Q1x=\nP:one-libs\nV:1.2-r0\nF:lib\nF:lib/"
         "x86_64-linux-gnu\nR:libone.so.1\na:0:0:777\nR:libone.so.1.2\n\n")},
     fix=f"The stage b has it: COPY --from=b {MULTI}libone.so.1 {MULTI}libone.so.1.2 {MULTI}; or "
         "install its package (apk add one-libs).")
case("a target of another kind of packages gets no name of the stage's", copy="b:/src/app:/app",
     stage={"/src/app": APP, **ONE, **dpkg("libone1", MULTI + "libone.so.1")},
     target={"/etc/os-release": text("ID=fedora\n")},
     fix=f"The stage b has it: COPY --from=b {MULTI}libone.so.1 {MULTI}libone.so.1.2 {MULTI}; or "
         "install its package (dnf install 'libone.so.1()(64bit)').")
case("what the library needs comes along, but for what is there", copy="b:/src/app:/app",
     stage={"/src/app": APP, MULTI + "libone.so.1": lib(["one"], ["libtwo.so", "libthree.so"]),
            MULTI + "libtwo.so": lib(["two"], ["libfour.so"]), MULTI + "libthree.so": lib(["three"]),
            MULTI + "libfour.so": link("libfour.so.4"),
            MULTI + "libfour.so.4": lib(["four"], soname="libfour.so")},
     target={MULTI + "libthree.so": lib(["three"])},
     fix=f"The stage b has it: COPY --from=b {MULTI}libone.so.1 {MULTI}, and for what it needs COPY "
         f"--from=b {MULTI}libtwo.so {MULTI}libfour.so {MULTI}libfour.so.4 {MULTI}.")
case("links in other folders go where they are", copy="b:/src/app:/app",
     stage={"/src/app": APP, MULTI + "libone.so.1": link("/etc/alternatives/one"),
            "/etc/alternatives/one": link("../.." + MULTI + "impl/libone.so.1"),
            MULTI + "impl/libone.so.1": lib(["one"])},
     fix=f"The stage b has it: COPY --from=b {MULTI}libone.so.1 {MULTI}, COPY --from=b "
         f"/etc/alternatives/one /etc/alternatives/, COPY --from=b {MULTI}impl/libone.so.1 "
         f"{MULTI}impl/.")
case("a RUNPATH that goes from the program's place", copy="b:/src/bin/app:/opt/bin/",
     subject="/opt/bin/app",
     stage={"/src/bin/app": exe(["libone.so.1"], ["one"], runpath="$ORIGIN/../lib", **WITH_ONE),
            "/src/lib/libone.so.1": lib(["one"])},
     fix="The stage b has it: COPY --from=b /src/lib/libone.so.1 /opt/lib/.")
case("what lies beside the library goes beside it", copy="b:/src/bin/app:/opt/bin/",
     subject="/opt/bin/app",
     stage={"/src/bin/app": exe(["libone.so.1"], ["one"], runpath="$ORIGIN/../lib", **WITH_ONE),
            "/src/lib/libone.so.1": lib(["one"], ["libtwo.so"], runpath="$ORIGIN"),
            "/src/lib/libtwo.so": lib(["two"])},
     fix="The stage b has it: COPY --from=b /src/lib/libone.so.1 /opt/lib/, and for what it needs "
         "COPY --from=b /src/lib/libtwo.so /opt/lib/.")
case("ld.so.cache of the stage", copy="b:/src/app:/app",
     stage={"/src/app": APP, "/opt/one/lib/libone.so.1": lib(["one"]),
            "/etc/ld.so.conf": text("/opt/one/lib\n")}, ldconfig=True,
     fix=f"The stage b has it: COPY --from=b /opt/one/lib/libone.so.1 {MULTI}.")
case("a subject of the target, which the stage has not got", stage=ONE, target={"/app": APP},
     subject="/app",
     fix=f"The stage b has it: COPY --from=b {MULTI}libone.so.1 {MULTI}libone.so.1.2 {MULTI}.")
case("a shared object", stage=ONE, target={"/plugin.so": lib(["plug"], ["libone.so.1"])},
     subject="/plugin.so", starts=False,
     fix=f"The stage b has it: COPY --from=b {MULTI}libone.so.1 {MULTI}libone.so.1.2 {MULTI}.")
case("two are missing, and one is there", copy="b:/src/app:/app",
     stage={"/src/app": exe(["libone.so.1", "libnone.so"], ["one"], **WITH_ONE), **ONE},
     fix=f"The stage b has it: COPY --from=b {MULTI}libone.so.1 {MULTI}libone.so.1.2 {MULTI}.",
     starts=False)
case("the library of another machine is none", copy="b:/src/app:/app",
     stage={"/src/app": APP, MULTI + "libone.so.1": lib(["one"], patch=[(18, b"\xb7\x00")])},
     fix="Put the build", starts=False, no_copy=True, target={})
case("no stage has it", copy="b:/src/app:/app", stage={"/src/app": APP}, fix="COPY libone.so.1 from",
     starts=False, no_copy=True)
if os.path.exists(MUSL_LOADER):
    case("musl", common=MUSL, copy="b:/src/app:/app",
         stage={"/src/app": exe(["libone.so.1"], ["one"], interp=MUSL_LOADER, **WITH_ONE),
                "/usr/lib/libone.so.1": link("libone.so.1.2"),
                "/usr/lib/libone.so.1.2": lib(["one"], soname="libone.so.1")},
         fix="The stage b has it: COPY --from=b /usr/lib/libone.so.1 /usr/lib/libone.so.1.2 "
             "/usr/lib/.")


def check(program, target, facts, stage):
    command = [program, "check", "--root", target, "--format", "json", "--stage", "b=" + stage]
    if "copy" in facts:
        command += ["--copy", facts["copy"]]
    done = subprocess.run(command + [facts.get("subject", "/app")], capture_output=True, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stderr.decode())
    return json.loads(done.stdout)["targets"][0]["subjects"][0]


def inside(root, path):
    """Where `path` is on the disk, links followed in `root`."""
    for _ in range(40):
        done = subprocess.run(["readlink", "-m", root + path], capture_output=True, check=True)
        full = root + path
        parent = os.path.dirname(path)
        if os.path.islink(full):
            path = os.path.normpath(os.path.join(parent, os.readlink(full)))
        else:
            return done.stdout.decode().strip()
    raise RuntimeError(path)


def carry_out(fix, stage, target):
    for sources, folder in re.findall(r"COPY --from=b ((?:/\S+ )+)(/\S*/)(?=[.,;]|$)", fix):
        os.makedirs(target + folder, exist_ok=True)
        for source in sources.split():
            shutil.copy(inside(stage, source), target + folder + os.path.basename(source))


def judge(program, builder, work, number, facts):
    stage, target = (os.path.join(work, f"{kind}{number}") for kind in ("stage", "target"))
    common = facts.get("common", GLIBC)
    for root, files in ((stage, facts["stage"]), (target, facts.get("target", {}))):
        os.makedirs(root)
        tiny.install(root, builder, {**common, **files})
    if facts.get("ldconfig"):
        subprocess.run(["ldconfig", "-r", stage], check=True, capture_output=True)
    subject = check(program, target, facts, stage)
    fixes = [finding["fix"] for finding in subject["findings"] if finding["rule"] == "library-missing"]
    wrong = []
    if facts.get("no_copy"):
        wrong += [f"says {fix}" for fix in fixes if "The stage" in fix]
        return wrong + ([] if fixes else ["says nothing"])
    if facts["fix"] not in fixes:
        wrong.append(f"says {fixes}")
    if "copy" in facts:
        _, source, to = facts["copy"].split(":")
        to += os.path.basename(source) if to.endswith("/") else ""
        if subject["origin"] != {"stage": "b", "path": source}:
            wrong.append(f"origin {subject['origin']}")
        os.makedirs(target + os.path.dirname(to), exist_ok=True)
        shutil.copy(stage + source, target + to)
    if not facts.get("starts", True):
        return wrong
    carry_out(facts["fix"], stage, target)
    shutil.copyfile(builder.compile("env", tiny.ENV_SOURCE, ["-static", "-no-pie"]), target + "/.env")
    os.chmod(target + "/.env", 0o755)
    done = tiny.in_chroot(target, [facts.get("subject", "/app")], {})
    if done.returncode != 0:
        wrong.append(f"does not help: {done.stderr.decode()}")
    return wrong


def main():
    if os.geteuid() != 0 or os.uname().machine != "x86_64":
        print("FAILED: root on an amd64 machine is needed")
        return 1
    program = os.path.abspath(sys.argv[1])
    work = tempfile.mkdtemp(prefix="willrun-supply-")
    builder = tiny.Builder(os.path.join(work, "cache"))
    failed = 0
    try:
        for number, (name, facts) in enumerate(CASES):
            wrong = judge(program, builder, work, number, facts)
            failed += bool(wrong)
            print("FAIL" if wrong else "ok  ", name, *("\n      " + line for line in wrong))
    finally:
        shutil.rmtree(work)
    print(f"{len(CASES) - failed} of {len(CASES)} cases hold")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
