#!/usr/bin/env python3
"""Addons of Node.js in node_modules, one situation a case: what node says of each release's addons, and which
of several builds of a package is judged.

usage: node_cases.py WILLRUN [-k WORD]
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "data"
MULTI = "/lib/x86_64-linux-gnu/"
API_ROW = re.compile(r'^NODE_API_SYMBOL\((\d+), "(\w+)"\)', re.M)


# ---- programs and addons: texts of C ----

def node(abi=115, api=10, asks=True, more=""):
    """A program that tells of itself and exports as node does: functions up to a version of Node-API."""
    names = ["napi_create_function", "node_module_register"]
    names += [name for version, name in API_ROW.findall((DATA / "node-api.def").read_text()) if int(version) <= api]
    text = "".join(f"void {name}(void) {{}}\n" for name in names)
    text += f'const char own[] = "node_register_module_v{abi}";\n' if abi else ""
    text += 'const char asked[] = "node_api_module_get_api_version_v1";\n' if asks else ""
    return text + more + "int main(void) { return 0; }\n"


def api_addon(version=None, body="napi_create_function"):
    asked = f"int node_api_module_get_api_version_v1(void) {{ {version} }}\n" if version else ""
    return f"void {body}(void); {asked}void napi_register_module_v1(void) {{ {body}(); }}\n"


def returns(number):
    return f"return {number};"


def v8_addon(abi):
    return f"void node_register_module_v{abi}(void) {{}}\n"


def own_addon(version):
    """One that registers itself as it is loaded."""
    return f"""void node_module_register(void *);
static void begin(void) {{}}
static struct {{ int version; unsigned flags; void *dso; const char *file; void (*begin)(void); void (*context)(void);
    const char *name; }} module = {{{version}, 0, 0, "own.cc", begin, 0, "own"}};
__attribute__((constructor)) static void now(void) {{ node_module_register(&module); }}
"""


STRANGER = "int f(void) { return 1; }\n"
HIDDEN = "void node_module_register(void *); void *get(void);\n__attribute__((constructor)) static void now(void) { node_module_register(get()); }\n" \
         "void *get(void) { return 0; }\n"
UNTOLD = "volatile int n; return n;"
V20, SELF = "Node.js 20 (NODE_MODULE_VERSION 115)", "Module did not self-register"
# what node is; the addon; verdict; what is told of it, in words, findings and fixes
RELEASES = [
    ("an addon of its release", node(), v8_addon(115), "runs", ()),
    ("of an older one", node(), v8_addon(108), "fails", ("was built for Node.js 18 (NODE_MODULE_VERSION 108)", V20, SELF, "FROM node:18")),
    ("of an older one, that registers itself", node(), own_addon(108), "fails",
     ("was compiled against a different Node.js version", "NODE_MODULE_VERSION 108. This version of Node.js requires", "NODE_MODULE_VERSION 115. Please")),
    ("of its release, that registers itself", node(), own_addon(115), "runs", ()),
    ("of a release that no table has", node(), own_addon(99), "fails",
     ("a Node.js of NODE_MODULE_VERSION 99", "Run npm rebuild or npm ci with the Node.js of the runtime image.")),
    ("of one that cannot be read", node(), HIDDEN, "unknown", ("for which one cannot be read from it",)),
    ("no addon at all", node(), STRANGER, "fails", ("has no initialiser", "build/Release/NAME.node", SELF)),
    ("a node that does not tell its release", node(abi=0), v8_addon(108), "unknown", ("and that of /usr/bin/node cannot be read from it",)),
    ("a node of a later release than any table has", node(abi=199), v8_addon(115), "fails", ("a Node.js of NODE_MODULE_VERSION 199",)),
    ("Node-API is of no release", node(abi=0), api_addon(), "runs", ()),
    ("a version of Node-API that it has", node(api=9), api_addon(returns(9)), "runs", ()),
    ("one that every node has", node(api=7), api_addon(returns(8)), "runs", ()),
    ("one that it does not have", node(api=8), api_addon(returns(9)), "fails",
     ("asks for Node-API 9, and /usr/bin/node knows 8 at most", "Node.js has Node-API 9 since 18.17, 20.3, 21")),
    ("one that no table has", node(api=10), api_addon(returns(99)), "fails", ("Use a newer release of Node.js",)),
    ("one that no table has, of a node that none has", node(abi=199, api=10), api_addon(returns(99)), "unknown",
     ("it asks for a version of Node-API that is not known here",)),
    ("the experimental one", node(api=8), api_addon(returns(0x7fffffff)), "runs", ()),
    ("one that cannot be read", node(api=8), api_addon(UNTOLD), "unknown", ("which version of Node-API it asks for cannot be read from it",)),
    ("one that cannot be read, of a node that has all", node(api=10), api_addon(UNTOLD), "runs", ()),
    ("one that a node does not tell whether it asks for", node(abi=0, api=8), api_addon(returns(9)), "unknown",
     ("whether /usr/bin/node asks for it cannot be read from it",)),
    ("one that a node does not ask for", node(api=8, asks=False), api_addon(returns(9)), "runs", ()),
    ("one that cannot be read, of a node that does not ask", node(api=8, asks=False), api_addon(UNTOLD), "runs", ()),
    ("a function of a later Node-API", node(api=9), api_addon(body="node_api_create_buffer_from_arraybuffer"), "fails",
     ("undefined symbol: node_api_create_buffer_from_arraybuffer", "It is of Node-API 10, which Node.js has since 22.14, 23.6, 24", "ERR_DLOPEN_FAILED")),
    ("a function that no table has", node(), api_addon(body="napi_of_nobody"), "fails", ("/usr/bin/node does not have it, for it is of another release",)),
    ("a function of libuv", node(), api_addon(body="uv_of_nobody"), "fails", ("/usr/bin/node does not have it, for it is of another release",)),
    ("a function of V8", node(), v8_addon(115) + api_addon(body="_ZN2v86NobodyEv"), "fails", ("for it is of another release",)),
    ("a function of nobody's", node(), api_addon(body="of_nobody"), "fails", ("undefined symbol: of_nobody",)),
    ("before errors had codes", node(abi=79), api_addon(body="of_nobody"), "fails", ("undefined symbol: of_nobody", "!ERR_DLOPEN_FAILED")),
]


class Root:
    """A root with this machine's libc, or Alpine's, and what is compiled into it."""

    def __init__(self, folder, number):
        self.path, self.cache = folder / str(number), folder

    def give(self, path, text):
        to = self.path / path.lstrip("/")
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_text(text)

    def copy(self, path):
        to = self.path / path.lstrip("/")
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(Path(path).resolve().read_bytes())
        to.chmod(0o755)

    def compile(self, path, source, *flags, compiler="gcc"):
        key = self.cache / f"built-{abs(hash((source, flags, compiler)))}"
        if not key.exists():
            subprocess.run([compiler, "-w", "-O2", "-x", "c", "-", "-o", key, *flags], input=source.encode(), check=True)
        to = self.path / path.lstrip("/")
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(key.read_bytes())
        to.chmod(0o755)

    def libc(self, musl=False):
        for path in ("/lib/ld-musl-x86_64.so.1",) if musl else ("/lib64/ld-linux-x86-64.so.2", MULTI + "libc.so.6"):
            self.copy(path)

    def addon(self, path, source=None, musl=False):
        self.compile(path, source or api_addon(), "-shared", "-fPIC", "-Wl,-z,now", compiler="musl-gcc" if musl else "gcc")

    def check(self, willrun, *what):
        done = subprocess.run([willrun, "check", "--root", self.path, "--format", "json", "--jobs", "1", *what], capture_output=True,
                              check=False, timeout=120)
        if done.returncode not in (0, 1) or re.search(rb"Sanitizer|runtime error", done.stderr):
            raise RuntimeError(f"status {done.returncode}: {done.stderr.decode()}")
        return json.loads(done.stdout)["targets"][0]["subjects"]


def told(subject):
    """All sentences about a subject."""
    texts = [subject["predicted"]["runtime"], *subject["predicted"]["stderr"]]
    for finding in subject["findings"]:
        texts += [finding["rule"], finding["message"], finding["fix"]]
    return "\n".join(text for text in texts if text)


def differences(subject, verdict, wanted):
    said = told(subject)
    if subject["verdict"] != verdict:
        yield f"{subject['verdict']}, not {verdict}: {said}"
    for text in wanted:
        if (text.lstrip("!") in said) == text.startswith("!"):
            yield f"expected {text!r} in: {said}"


def wrong_release(willrun, folder, number, case):
    _, host, addon, verdict, wanted = case
    root = Root(folder, number)
    root.libc()
    root.compile("/usr/bin/node", host, "-rdynamic")
    root.addon("/app/own.node", addon)
    return list(differences(root.check(willrun, "/app/own.node")[0], verdict, wanted))


# ---- several builds ----

def package(**facts):
    return json.dumps(facts)


LINUX, DARWIN = package(os=["linux"], cpu=["x64"]), package(os=["darwin"], cpu=["x64"])
MUSL, ARM = package(os=["linux"], cpu=["x64"], libc=["musl"]), package(os=["linux"], cpu=["arm64"])
M, P = "/app/node_modules", "/app/node_modules/own/prebuilds"
OWNER = package(name="own", optionalDependencies={"@own/linux-x64": "1", "@own/darwin-x64": "1", "@own/linux-arm64": "1"})
WASM = package(name="own", optionalDependencies={"@own/darwin-x64": "1", "@own/wasm32-wasi": "1"})
STORE = M + "/.pnpm"
# a case's files (None: an addon that starts); what is judged there, with its verdict; what is told, of the only one that fails;
# `musl`: on Alpine; `env`; `node`: none is there
BUILDS = [
    ("the one for this platform", {f"{P}/linux-x64/own.node": None, f"{P}/darwin-x64/own.node": None, f"{P}/linux-arm64/own.node": None},
     {f"{P}/linux-x64/own.node": "runs"}, (), {}),
    ("none for this platform", {f"{P}/darwin-x64/own.node": None, f"{P}/linux-arm64/own.node": None},
     {f"{P}/darwin-x64/own.node": "fails"}, ("prebuild-missing", "own has no build for linux-x64 with glibc", "npm rebuild own"), {}),
    ("none, but one that node-gyp made here", {f"{P}/darwin-x64/own.node": None, f"{M}/own/build/Release/own.node": None},
     {f"{M}/own/build/Release/own.node": "runs"}, (), {}),
    ("none, but one for debugging", {f"{P}/darwin-x64/own.node": None, f"{M}/own/build/Debug/own.node": None},
     {f"{M}/own/build/Debug/own.node": "runs"}, (), {}),
    ("one for another runtime", {f"{P}/linux-x64/own.node": None, f"{P}/linux-x64/own.bare": None}, {f"{P}/linux-x64/own.node": "runs"}, (), {}),
    ("one for each libc", {f"{P}/linux-x64/own.musl.node": None, f"{P}/linux-x64/own.glibc.node": None},
     {f"{P}/linux-x64/own.glibc.node": "runs"}, (), {}),
    ("one for each libc, and LIBC says musl", {f"{P}/linux-x64/own.musl.node": None, f"{P}/linux-x64/own.glibc.node": None},
     {f"{P}/linux-x64/own.musl.node": "fails"}, ("libc.so: ",), {"env": "LIBC=musl"}),
    ("one for each libc, and LIBC says nothing", {f"{P}/linux-x64/own.musl.node": None, f"{P}/linux-x64/own.glibc.node": None},
     {f"{P}/linux-x64/own.glibc.node": "runs"}, (), {"env": "LIBC="}),
    ("one for each libc, on Alpine", {f"{P}/linux-x64/own.musl.node": None, f"{P}/linux-x64/own.glibc.node": None, "/etc/alpine-release": "3.20.0\n"},
     {f"{P}/linux-x64/own.musl.node": "runs"}, (), {"musl": True}),
    ("one for each release", {f"{P}/linux-x64/node.abi108.node": None, f"{P}/linux-x64/node.abi115.node": None},
     {f"{P}/linux-x64/node.abi115.node": "runs"}, (), {}),
    ("one of each of two addons", {f"{P}/linux-x64/a.node": None, f"{P}/darwin-x64/b.node": None},
     {f"{P}/linux-x64/a.node": "runs", f"{P}/darwin-x64/b.node": "fails"}, ("is for darwin-x64",), {}),
    ("beside its package.json", {f"{M}/own/own.linux-x64-gnu.node": None, f"{M}/own/own.linux-x64-musl.node": None, f"{M}/own/package.json": "{}"},
     {f"{M}/own/own.linux-x64-gnu.node": "runs"}, (), {}),
    ("a file of another kind", {f"{M}/own/lib/win32.so": None, f"{M}/own/own.node": None},
     {f"{M}/own/lib/win32.so": "runs", f"{M}/own/own.node": "runs"}, (), {}),
    ("no node is there", {f"{P}/linux-x64/own.node": None, f"{P}/darwin-x64/own.node": None}, {f"{P}/linux-x64/own.node": "unknown"}, (), {"node": False}),
    # packages that are for one platform each
    ("the package for this platform", {f"{M}/own/package.json": OWNER, f"{M}/@own/linux-x64/package.json": LINUX, f"{M}/@own/linux-x64/own.node": None,
                                       f"{M}/@own/darwin-x64/package.json": DARWIN, f"{M}/@own/darwin-x64/own.node": None},
     {f"{M}/@own/linux-x64/own.node": "runs"}, (), {}),
    ("only that for another one", {f"{M}/own/package.json": OWNER, f"{M}/@own/darwin-x64/package.json": DARWIN, f"{M}/@own/darwin-x64/own.node": None,
                                   f"{M}/@own/darwin-x64/more.node": None},
     {f"{M}/@own/darwin-x64/more.node": "fails"},
     ("package-missing", "@own/darwin-x64 is for darwin-x64, and on linux-x64 with glibc own takes @own/linux-x64, which is not there",
      "npm ci --os=linux --cpu=x64 --libc=glibc"), {}),
    ("only that for another libc", {f"{M}/own/package.json": package(optionalDependencies={"own-linux-x64-musl": "1"}),
                                    f"{M}/own-linux-x64-musl/package.json": MUSL, f"{M}/own-linux-x64-musl/own.node": None},
     {f"{M}/own-linux-x64-musl/own.node": "fails"}, ("takes another one, which is not there",), {}),
    ("the most exact one is wanted", {f"{M}/own/package.json": package(optionalDependencies={"own-linux": "1", "own-linux-x64-gnu": "1", "own-linux-x64": "1",
                                                                                             "own-darwin-x64": "1", "other-linux-x64-gnu": "1"}),
                                      f"{M}/own-darwin-x64/package.json": DARWIN, f"{M}/own-darwin-x64/own.node": None},
     {f"{M}/own-darwin-x64/own.node": "fails"}, ("own takes own-linux-x64-gnu, which is not there",), {}),
    ("one that nobody takes by choice", {f"{M}/own/package.json": "{}", f"{M}/own-darwin-x64/package.json": DARWIN, f"{M}/own-darwin-x64/own.node": None},
     {f"{M}/own-darwin-x64/own.node": "runs"}, (), {}),
    ("one whose owner is for another platform, too", {f"{M}/own/package.json": package(os=["darwin"], optionalDependencies={"own-darwin-x64": "1"}),
                                                      f"{M}/own-darwin-x64/package.json": DARWIN, f"{M}/own-darwin-x64/own.node": None},
     {f"{M}/own-darwin-x64/own.node": "runs"}, (), {}),
    ("one for WebAssembly in its place", {f"{M}/own/package.json": WASM, f"{M}/@own/darwin-x64/package.json": DARWIN, f"{M}/@own/darwin-x64/own.node": None,
                                          f"{M}/@own/wasm32-wasi/package.json": package(cpu=["wasm32"])}, {}, (), {}),
    ("a store of pnpm's", {f"{STORE}/own@1.0.0/node_modules/own/package.json": OWNER,
                           f"{STORE}/@own+darwin-x64@1.0.0/node_modules/@own/darwin-x64/package.json": DARWIN,
                           f"{STORE}/@own+darwin-x64@1.0.0/node_modules/@own/darwin-x64/own.node": None,
                           f"{STORE}/@own+linux-x64@1.0.0/node_modules/@own/linux-x64/package.json": LINUX,
                           f"{STORE}/@own+linux-x64@1.0.0/node_modules/@own/linux-x64/own.node": None, f"{STORE}/node_modules/.modules.yaml": ""},
     {f"{STORE}/@own+linux-x64@1.0.0/node_modules/@own/linux-x64/own.node": "runs"}, (), {}),
    ("a store that lacks it", {f"{STORE}/own@1.0.0/node_modules/own/package.json": OWNER, f"{STORE}/lock.yaml": "",
                               f"{STORE}/@own+linux-arm64@1.0.0/node_modules/@own/linux-arm64/package.json": ARM,
                               f"{STORE}/@own+linux-arm64@1.0.0/node_modules/@own/linux-arm64/own.node": None},
     {f"{STORE}/@own+linux-arm64@1.0.0/node_modules/@own/linux-arm64/own.node": "fails"}, ("own takes @own/linux-x64, which is not there",), {}),
    ("a file of no package", {f"{M}/own.node": None, f"{M}/.bin/own": "#!/usr/bin/node\n"}, {f"{M}/own.node": "runs"}, (), {}),
]


def wrong_builds(willrun, folder, number, case):
    _, files, judged, wanted, facts = case
    root, musl = Root(folder, number), facts.get("musl", False)
    root.libc(musl)
    if facts.get("node", True):
        root.compile("/usr/bin/node", node(), "-rdynamic", compiler="musl-gcc" if musl else "gcc")
    for path, text in files.items():
        if text is None:
            root.addon(path, musl=musl or "musl" in path.rsplit("/", 1)[1])
        else:
            root.give(path, text)
    subjects = root.check(willrun, *(["--env", facts["env"]] if "env" in facts else []), "/app")
    verdicts = {subject["path"]: subject["verdict"] for subject in subjects if not subject["path"].startswith(M + "/.bin")}
    if verdicts != judged:
        return [f"judged {verdicts}, not {judged}"]
    return [text for subject in subjects if subject["verdict"] == "fails" for text in differences(subject, "fails", wanted)]


def libc_of_the_addon(willrun, folder, number):
    """A file that an install script made for the other libc."""
    root = Root(folder, number)
    root.libc()
    root.compile("/usr/bin/node", node(), "-rdynamic")
    wrong = []
    for path, advised in ((f"{M}/own/build/Release/own.node", True), (f"{M}/own/lib/binding/own.node", True), (f"{M}/own/own.node", False),
                          ("/app/build/own.node", False)):
        root.addon(path, musl=True)
        said = "Run npm rebuild own in a stage of the runtime image: its install script made this file"
        wrong += differences(root.check(willrun, path)[0], "fails", [("" if advised else "!") + said])
    return wrong


def lazy_and_not(willrun, folder, number):
    """In musl, one relocation of a symbol waits for the first call, and another one does not."""
    root = Root(folder, number)
    root.libc(musl=True)
    root.compile("/usr/bin/node", node(), "-rdynamic", compiler="musl-gcc")
    called = api_addon(body="of_nobody")
    root.compile("/app/waits.node", called, "-shared", "-fPIC", compiler="musl-gcc")
    root.compile("/app/does-not.node", called + "void of_nobody(void), (*own)(void) = of_nobody;\n", "-shared", "-fPIC", compiler="musl-gcc")
    said = "Error relocating /app/does-not.node: of_nobody: symbol not found"
    return [*differences(root.check(willrun, "/app/waits.node")[0], "degraded", ("symbol-missing-lazy",)),
            *differences(root.check(willrun, "/app/does-not.node")[0], "fails", (said, "symbol-missing", "!symbol-missing-lazy"))]


OTHERS = [("an addon for the other libc", libc_of_the_addon), ("a symbol that is called, and taken the address of", lazy_and_not)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("willrun")
    parser.add_argument("-k", dest="word", default="")
    given = parser.parse_args()
    willrun, count, failed = os.path.abspath(given.willrun), 0, 0
    kinds = [(wrong_release, RELEASES), (wrong_builds, BUILDS), (lambda program, folder, number, case: case[1](program, folder, number), OTHERS)]
    with tempfile.TemporaryDirectory(prefix="willrun-node-") as work:
        for judge, cases in kinds:
            for case in cases:
                if given.word not in case[0]:
                    continue
                count += 1
                wrong = judge(willrun, Path(work), count, case)
                failed += bool(wrong)
                for text in wrong:
                    print(f"FAILED: {case[0]}: {text}")
    print(f"{count} cases, {failed} wrong")
    return 1 if failed or not count else 0


if __name__ == "__main__":
    sys.exit(main())
