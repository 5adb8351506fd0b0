#!/usr/bin/env python3
"""Holds `willrun inspect` to readelf and to `go version -m`.

    run_inspect.py --willrun build/release/willrun [--cache DIR] [--only ROOT]… [--folder DIR]…
                   [--policies FOLDER]

Of every ELF file of a root that inspect tells of, the least levels and the symbols
that set them, libraries, search paths, soname, interpreter, build id, stack, text
relocations and page size must be what readelf's output amounts to; of Go programs
version, settings and modules what `go version -m` prints. With the tables that auditwheel
publishes (FOLDER has its manylinux-policy.json), the platform tags of shared objects of glibc must
be those whose rows allow each version, library and symbol that readelf shows.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True

import roots

HERE = Path(__file__).resolve().parent
SHOWN = 20      # differences in full
AT_ONCE = 200   # files given to one readelf

FAMILIES = {"GLIBC": "glibc", "GLIBCXX": "libstdcxx", "CXXABI": "cxxabi", "GCC": "libgcc",
            "OPENSSL": "openssl"}
ABILITIES = {"GLIBC_ABI_DT_RELR": "2.36"}


def options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--willrun", type=Path, required=True, help="the program under test")
    parser.add_argument("--cache", type=Path,
                        default=os.environ.get("WILLRUN_RIG") or HERE.parents[1] / "build" / "rig",
                        help="where roots are kept")
    parser.add_argument("--only", action="append", metavar="ROOT", help="one root by name")
    parser.add_argument("--policies", type=Path, metavar="FOLDER", help="auditwheel's tables")
    parser.add_argument("--folder", action="append", type=Path, help="a folder of one's own")
    return parser.parse_args()


# ---- what readelf says ----

def readelf(paths):
    """The output of readelf of each file, by path."""
    texts = {}
    for first in range(0, len(paths), AT_ONCE):
        part = paths[first:first + AT_ONCE]
        # of several files each gets a headline
        done = subprocess.run(["readelf", "-W", "-h", "-l", "-d", "-V", "-n", "--dyn-syms", *part,
                               "/dev/null"],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False,
                              env={**os.environ, "LC_ALL": "C"})
        for text in re.split(r"(?m)^File: (?=/)", done.stdout.decode(errors="replace"))[1:]:
            path, _, rest = text.partition("\n")
            texts[path] = rest
    return texts


def number(level):
    return [int(part) for part in re.findall(r"\d+", level)]


NEED = re.compile(r"^\s+0x[0-9a-f]+:\s+Name: (\S+)\s+Flags: (.*?)\s+Version: (\d+)$")
NEED_FILE = re.compile(r"^\s+(?:0x)?[0-9a-f]+: Version: 1\s+File: (\S+)\s+Cnt: \d+$")
SYMBOL = re.compile(r"^\s*\d+: [0-9a-f]+\s+\S+ \S+\s+(\S+)\s+\S+\s+(?:\[.*\]\s+)?UND (\S+?)@(\S+) \((\d+)\)$")


def needs_of(text):
    """(library, version, weak) of each version index, and the symbols of each."""
    needs, symbols, library = {}, {}, None
    for line in text.splitlines():
        if match := NEED_FILE.match(line):
            library = match[1]
        elif (match := NEED.match(line)) and library:
            needs[int(match[3])] = (library, match[1], "WEAK" in match[2])
        elif match := SYMBOL.match(line):
            symbols.setdefault(int(match[4]), set()).add(match[2])
    return needs, symbols


def level_of(version):
    if version in ABILITIES:
        return "glibc", ABILITIES[version]
    family, _, rest = version.partition("_")
    if family in FAMILIES and rest[:1].isdigit():
        return FAMILIES[family], rest.replace("_", ".")
    return None, None


def floors_of(text):
    needs, symbols = needs_of(text)
    floors = {}
    for index, (library, version, weak) in needs.items():
        of, level = level_of(version)
        if of is None or weak:
            continue
        floors.setdefault(of, []).append(
            (number(level), level, version, library, sorted(symbols.get(index, ()))))
    return {of: sorted(row[1:] for row in rows if row[0] == max(row[0] for row in rows))
            for of, rows in floors.items()}


def headers_of(text):
    rows = re.findall(r"(?m)^  ([A-Z_]+)\s+0x([0-9a-f]+) 0x([0-9a-f]+) 0x[0-9a-f]+ 0x([0-9a-f]+) "
                      r"0x[0-9a-f]+ ([R ][W ][E ]) (?:0x)?([0-9a-f]+)$", text)
    return [(kind, int(offset, 16), int(address, 16), flags, int(align, 16))
            for kind, offset, address, _, flags, align in rows]


def page_of(headers):
    """The largest power of two that offsets and addresses agree modulo, and p_align is a multiple of."""
    page = None
    for kind, offset, address, _, align in headers:
        if kind == "LOAD":
            own = (address - offset) | align
            own &= -own
            page = own if page is None else min(page, own)
    return page


def truth_of(text):
    headers = headers_of(text)
    stacks = [flags for kind, _, _, flags, _ in headers if kind == "GNU_STACK"]
    x86 = re.search(r"Machine: +(Advanced Micro Devices X86-64|Intel 80386)", text) is not None

    def tag(name):
        found = re.findall(rf"\({name}\) +[^\[\n]*\[(.*)\]", text)
        return found[-1] if found else None

    interp = re.search(r"Requesting program interpreter: (.*)\]", text)
    build = re.search(r"Build ID: ([0-9a-f]+)", text)
    abi = re.search(r"OS: Linux, ABI: (\d+\.\d+\.\d+)", text)
    flags = re.findall(r"\(FLAGS\) +(.*)", text)
    return {
        "needed": re.findall(r"\(NEEDED\) +Shared library: \[(.*)\]", text),
        "soname": tag("SONAME"), "rpath": tag("RPATH"), "runpath": tag("RUNPATH"),
        "interpreter": interp[1] if interp else None,
        "build_id": build[1] if build else None,
        "kernel": abi[1] if abi else None,
        "page_size": page_of(headers),
        "executable_stack": "E" in stacks[-1] if stacks else x86,
        "text_relocations": "(TEXTREL)" in text or any("TEXTREL" in row for row in flags),
        "relr": "(RELR)" in text,
        "floors": floors_of(text),
    }


def told(subject):
    """The same facts as inspect tells them."""
    floors = {}
    for floor in subject["floors"]:
        if floor["version"] is not None:
            floors.setdefault(floor["of"], []).append(
                (floor["level"], floor["version"], floor["library"], sorted(floor["symbols"])))
    facts = {key: subject[key] for key in ("needed", "soname", "rpath", "runpath", "interpreter",
                                           "build_id", "page_size", "executable_stack",
                                           "text_relocations")}
    facts["kernel"] = subject["requires"]["kernel"]
    facts["floors"] = {of: sorted(rows) for of, rows in floors.items()}
    return facts


def differences(subject, text):
    truth, facts = truth_of(text), told(subject)
    levels = {of: rows[0][0] for of, rows in truth["floors"].items()}
    # glibc 2.36 is the first that takes DT_RELR: a lower version need sets nothing then
    if truth.pop("relr") and subject["libc"] == "glibc" and number(levels.get("glibc", "0")) < [2, 36]:
        truth["floors"].pop("glibc", None)
        levels["glibc"] = "2.36"
    for of in FAMILIES.values():
        if subject["requires"][of] != levels.get(of):
            yield f"{of}: {subject['requires'][of]}, and readelf's version needs say {levels.get(of)}"
    for key, wanted in truth.items():
        if facts[key] != wanted:
            yield f"{key}: {facts[key]}, and readelf says {wanted}"


# ---- what auditwheel's tables say ----

LOADER = re.compile(r"ld-linux|ld64\.so\.[12]$")
UNDEFINED = re.compile(r"(?m)^\s*\d+: [0-9a-f]+\s+\S+ \S+\s+GLOBAL\s+\S+\s+(?:\[.*\]\s+)?UND (\S+?)(?:@|\s|$)")
TAG_MACHINES = {"Advanced Micro Devices X86-64": "x86_64", "Intel 80386": "i686", "AArch64": "aarch64"}


def fits(policy, versions, text):
    """By auditwheel's policy/__init__.py: does a row of the table allow the file?"""
    for library, version in versions:
        family, _, rest = version.partition("_")
        if not LOADER.match(library) and family in policy["levels"] and rest not in policy["levels"][family]:
            return False
    needed = re.findall(r"\(NEEDED\) +Shared library: \[(.*)\]", text)
    if any(not LOADER.match(name) and name not in policy["lib_whitelist"] for name in needed):
        return False
    private = {symbol for library, symbols in policy["blacklist"].items() if library in needed
               for symbol in symbols}
    return not private or private.isdisjoint(UNDEFINED.findall(text))


def policies_of(tables, text):
    machine = TAG_MACHINES.get(re.search(r"Machine: +(.*)", text)[1])
    versions = {(library, version) for library, version, _ in needs_of(text)[0].values()}
    rows = [{**table, "levels": table["symbol_versions"][machine]} for table in tables
            if machine in table["symbol_versions"]]
    return [f"{row['name']}_{machine}" for row in rows if fits(row, versions, text)]


def policy_differences(tables, subject, text):
    if not tables or subject["kind"] != "shared-object" or subject["libc"] != "glibc" \
            or subject["platform"] not in ("linux/amd64", "linux/386", "linux/arm64"):
        return
    wanted = policies_of(tables, text)
    if sorted(subject["policies"]) != sorted(wanted):
        yield f"policies: {subject['policies']}, and auditwheel's tables say {wanted}"


# ---- what go says ----

def go_facts(paths):
    """By path: version, settings, modules as inspect writes them."""
    done = subprocess.run(["go", "version", "-m", *paths], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True, check=False)
    found, current = {}, None
    for line in done.stdout.splitlines():
        if not line.startswith("\t"):
            path, _, version = line.rpartition(": ")
            current = found[path] = {"version": version, "settings": {}, "modules": []}
            continue
        kind, *rest = line[1:].split("\t")
        rest += [None] * 3
        rest = [part or None for part in rest]
        if kind in ("mod", "dep"):
            current["modules"].append({"path": rest[0], "version": rest[1], "sum": rest[2],
                                       "replaced_by": None})
        elif kind == "=>":
            current["modules"][-1]["replaced_by"] = " ".join(part for part in rest[:2] if part)
        elif kind == "path":
            current["settings"]["path"] = rest[0]
        elif kind == "build":
            key, _, value = rest[0].partition("=")
            current["settings"][key] = value
    return found


def go_differences(subject, truth):
    told_go = next((tool for tool in subject["toolchain"] if tool["name"] == "go"), None)
    if told_go is None or truth is None:
        if (told_go is None) != (truth is None):
            yield f"Go: {told_go}, and go says {truth}"
        return
    for key, wanted in truth.items():
        if told_go[key] != wanted:
            yield f"Go's {key}: {told_go[key]}, and go says {wanted}"


def hold(willrun, name, root, tables):
    done = subprocess.run([willrun, "inspect", root, "--format", "json"], stdout=subprocess.PIPE,
                          check=False)
    subjects = [s for s in json.loads(done.stdout)["subjects"]
                if s["archive"] is None and s["machine"] and s["trouble"] is None]
    texts = readelf([s["path"] for s in subjects])
    if not shutil.which("go"):
        raise SystemExit("go is not here: scripts/setup --test installs it")
    go = go_facts([s["path"] for s in subjects])
    wrong = []
    for subject in subjects:
        path = subject["path"]
        found = list(differences(subject, texts[path]))
        found += go_differences(subject, go.get(path))
        found += policy_differences(tables, subject, texts[path])
        wrong += [f"{path}: {line}" for line in found]
    print(f"{name}: {len(subjects)} files, {len(go)} of Go, {len(wrong)} differences",
          flush=True)
    for line in wrong[:SHOWN]:
        print("  ", line[:600])
    return bool(subjects) and not wrong


def main():
    args = options()
    willrun, held, tables = args.willrun.resolve(), True, []
    if args.policies:
        tables = json.loads((args.policies / "manylinux-policy.json").read_text())
    for folder in args.folder or []:
        held &= hold(willrun, folder.name, folder.resolve(), tables)
    rig = None if args.folder else roots.Rig(args.cache)
    fast = dict.fromkeys(q.root for q in roots.QUESTIONS if q.name in roots.FAST)
    for name in rig and (args.only or fast) or []:
        held &= hold(willrun, name, rig.make(name), tables)
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
