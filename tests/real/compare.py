"""Holds willrun's answers to the truth, subject by subject.

Each disagreement is a Difference of one kind. What excuses one is a Rule of EXPLAINED
alone: a fact about the question that was asked, never the name of a subject.
"""

import re
from dataclasses import dataclass

import loaders

UNDEFINED = re.compile(r"^undefined symbol: (?P<symbol>[^,\t]+)(?:, version (?P<version>\S+))?\s*"
                       r"\((?P<object>.*)\)$")
UNDEFINED_NAME = re.compile(r"^undefined symbol: (?P<symbol>[^,\t]+)")
MUSL_UNDEFINED = re.compile(r"^Error relocating (?P<object>.*): (?P<symbol>\S+): symbol not found$")
LOOKUP_ERROR = re.compile(r": symbol lookup error: .*: undefined symbol: (?P<symbol>[^,]+)")
DLOPEN_UNDEFINED = re.compile(r": undefined symbol: (?P<symbol>[^,]+)(, version .*)?$|"
                              r"^Error relocating .*: (?P<of_musl>\S+): symbol not found$")

LIBC = "libc.so.6"

# Questions that the truth answers in part only: printed with the table.
NO_LOADER = "not asked: the root has no loader that could be asked about the file"
MISSING_OBJECT = "a missing object: the listing binds on without it (glibc's with versions read past their " \
    "table): what willrun blames itself is among its lines"
NO_LISTING = "a fatal refusal: ld.so lists no objects, so the words and the verdict alone are held"
NO_ENTRY = "under qemu: starts that the listing shows to go well are not made"
NO_DLOPEN = "the host of dlopen ended without a word, in the loader or in a constructor: it may be either"
HOST_DECIDES = "dlopen lacks a symbol that a host may define: willrun must name it, and may not say runs"


@dataclass
class Difference:
    kind: str
    path: str
    real: object
    told: object
    explained: str = None    # the name of a Rule


@dataclass
class Rule:
    name: str
    why: str
    holds: object            # of truth, answer and difference


@dataclass
class Expected:
    """What the truth says willrun has to say; None where it says nothing."""
    verdicts: set = None
    errno: str = None
    objects: list = None
    status: int = None
    stderr: list = None
    undefined: set = None      # (symbol, version) that nothing defines, lazy ones as well
    among: set = None          # … where only names are known, and more of them than there are
    missing: str = None        # a symbol that has to be among those told
    partly: tuple = ()         # which of the questions could be asked in part only, and why


def expected(truth, arch):
    if truth.get("exec"):
        return Expected({"fails"}, errno=truth["exec"])
    if truth["arch"] not in (None, arch) and truth["loader"] is None and not truth["program"]:
        return Expected({"fails", "unknown"})
    if truth["loader"] == "env":
        return of_env(truth)
    if "lazy" not in truth:
        return of_unlinked(truth, arch)
    return of_program(truth) if truth["program"] else of_object(truth)


def of_unlinked(truth, arch):
    """A static program that the kernel starts, or what no loader here reads."""
    alone = truth.get("static") if "script" in truth else \
        truth["program"] and truth["loader"] is None and truth["arch"] in (arch, *loaders.NATIVE)
    return Expected({"runs", "degraded"}) if alone else Expected(partly=(NO_LOADER,))


def of_program(truth):
    listing, start = truth["lazy"], truth.get("run", {})
    told = Expected(objects=objects(listing, truth["loader"]))
    told.partly = (NO_LISTING,) if told.objects is None else ()
    hold_symbols(told, truth["now"])
    if not start or start.get("timeout"):
        told.partly += (NO_ENTRY,)
    if start and not start.get("entered") and not start.get("timeout"):
        told.verdicts = {"fails"}
        if not start["signal"]:
            told.status, told.stderr = start["status"], start["stderr"]
        return told
    told.verdicts = {"degraded"} if told.undefined else {"runs", "degraded"}
    told.stderr = start["stderr"] if start.get("entered") else warnings(listing)
    return told


def of_env(truth):
    """A script whose `env` finds no such program."""
    return Expected({"fails"}, status=truth["run"]["status"], stderr=truth["run"]["stderr"])


def of_object(truth):
    """A library: what it misses itself makes it fail, what a host may define does not."""
    now, opened = truth["now"], truth.get("dlopen")
    told = Expected(objects=objects(now, truth["loader"]))
    told.partly = (NO_LISTING,) if told.objects is None else ()
    hold_symbols(told, now)
    if broken(now) or refused_by_dlopen(truth):
        told.verdicts = {"fails"}
    elif told.undefined:
        told.verdicts = {"unknown", "fails"}
    else:
        told.verdicts = {"runs", "degraded"}
    if opened and opened["status"] == 0:
        told.stderr = []
    elif opened and opened["error"]:
        of_dlerror(told, opened["error"])
    elif opened:
        told.partly += (NO_DLOPEN,)
        told.verdicts = told.verdicts | {"fails"}
    return told


def of_dlerror(told, error):
    match = DLOPEN_UNDEFINED.search(error)
    if not match:
        told.stderr = error.splitlines()
        return
    told.missing = match["symbol"] or match["of_musl"]
    told.partly += (HOST_DECIDES,)


def hold_symbols(told, listing):
    """The listing's undefined symbols. It cannot tell them where it crashed; where it bound on
    without a missing object it names those of that object as well, with versions of nothing."""
    if listing["signal"] is not None:
        return
    if any(path is None for _, path in listing["objects"]):
        told.among = {match["symbol"] for line in listing["stderr"]
                      if (match := UNDEFINED_NAME.match(line) or MUSL_UNDEFINED.match(line))}
        told.partly += (MISSING_OBJECT,)
    elif told.objects is not None:
        told.undefined = undefined(listing)


def refused_by_dlopen(truth):
    """A refusal of a real dlopen that no host could have prevented."""
    asked = truth.get("dlopen")
    return asked is not None and asked["error"] != "" and not DLOPEN_UNDEFINED.search(asked["error"])


def broken(listing):
    """Does the loader itself refuse the object, whatever its host defines?"""
    if any(path is None for _, path in listing["objects"]):
        return True
    rest = [line for line in listing["stderr"]
            if not loaders.is_warning(line) and not UNDEFINED.match(line)
            and not MUSL_UNDEFINED.match(line)]
    return bool(rest) or listing["status"] not in (0, 127)


def objects(listing, loader):
    """The listing's objects; None where a fatal error kept glibc from printing any."""
    if loader == "glibc" and listing["status"] != 0 and not listing["objects"]:
        return None
    return [tuple(pair) for pair in listing["objects"]]


def undefined(listing):
    found = set()
    for line in listing["stderr"]:
        match = UNDEFINED.match(line) or MUSL_UNDEFINED.match(line)
        if match:
            found.add((match["symbol"], match.groupdict().get("version")))
    return found


def warnings(listing):
    return [line for line in listing["stderr"] if loaders.is_warning(line)]


def differences(truth, answer, want):
    """Every point in which willrun's `answer` departs from what the truth `want`s of it."""
    if answer is None:
        return [Difference("no-answer", truth["path"], truth, None)]
    found = [Difference(kind, truth["path"], real, told)
             for check in (verdict_apart, errno_apart, objects_apart, words_apart, symbols_apart)
             for kind, real, told in check(truth, answer, want)]
    for difference in found:
        difference.explained = next((rule.name for rule in EXPLAINED
                                     if rule.holds(truth, answer, difference)), None)
    return found


def verdict_apart(_truth, answer, want):
    verdict = answer["verdict"]
    if want.verdicts and verdict not in want.verdicts:
        kind = "false-runs" if verdict in ("runs", "degraded") and "fails" in want.verdicts \
            else "missed-degraded" if want.verdicts == {"degraded"} and verdict == "runs" else "verdict"
        yield kind, sorted(want.verdicts), [verdict, *rules(answer)]


def errno_apart(_truth, answer, want):
    told = answer["predicted"]["errno"]
    if want.errno != told and (want.errno or want.verdicts):
        yield "errno", want.errno, told


def objects_apart(truth, answer, want):
    if want.objects is None:
        return
    told = told_objects(answer)
    real = same_shape(want.objects, truth["loader"], told)
    if "host_libc" in truth:
        real = hosted_first([(LIBC, path) if path == truth["host_libc"] else (name, path)
                             for name, path in real])
        told = hosted_first(told)
    if told != real:
        yield ("objects", *first_departure(real, told))


def words_apart(_truth, answer, want):
    predicted = answer["predicted"]
    if want.status is not None and predicted["exit_status"] != want.status:
        yield "exit-status", want.status, predicted["exit_status"]
    if want.stderr is not None and predicted["stderr"] != want.stderr:
        yield ("stderr", *first_departure(want.stderr, predicted["stderr"]))


def symbols_apart(_truth, answer, want):
    told = {(f["symbol"], f.get("version")) for f in answer["findings"] if f["rule"].startswith("symbol-")}
    names = {symbol for symbol, _ in told}
    if want.undefined is not None and told != want.undefined:
        yield "symbols", sorted(map(str, want.undefined - told)), sorted(map(str, told - want.undefined))
    if want.among is not None:
        blamed = {f["symbol"] for f in answer["findings"] if f["rule"].startswith("symbol-missing")}
        if not blamed <= want.among:
            yield "symbols", "not among those the listing names", sorted(blamed - want.among)
    if want.missing and want.missing not in names:
        yield "symbols", want.missing, sorted(names)[:10]


def rules(answer):
    return [f["rule"] for f in answer["findings"] if f["severity"] != "note"]


def told_objects(answer):
    return [(of_name(o["name"], o["path"]), o["path"]) for o in answer["objects"]]


def same_shape(pairs, loader, told):
    """The listing without what no DT_NEEDED asks for: musl's `--list` names its
    loader first, glibc's trace names it last where nothing needs it."""
    listed = [(of_name(name, path), path) for name, path in pairs]
    if loader == "musl":
        return listed[1:]
    if listed and listed[-1] not in told and of_name("", listed[-1][1]) == listed[-1][1]:
        return listed[:-1]
    return listed


def hosted_first(pairs):
    """libc and ld.so before the rest: a listing has a preloaded libc, and what it needs, in
    front, where DT_NEEDED has them later."""
    hosted = [pair for pair in pairs if pair[0] == LIBC or pair[0] == pair[1]]
    return sorted(hosted) + [pair for pair in pairs if pair not in hosted]


def of_name(name, path):
    """A listing names the loader itself by its path, never by the name that needed it."""
    base = (path or "").rsplit("/", 1)[-1]
    return path if base.startswith(("ld-linux", "ld64.so", "ld-musl")) else name


def first_departure(real, told):
    """The two lists from where they part, cut to what a reader needs."""
    at = next((n for n, (a, b) in enumerate(zip(real, told)) if a != b), min(len(real), len(told)))
    return [f"at {at} of {len(real)}", *real[at:at + 3]], [f"at {at} of {len(told)}", *told[at:at + 3]]


def ended_by_a_constructor(truth, _answer, difference):
    """The listing went well and the start did not, for no reason that the loader gave,
    or for a function that only a constructor can have called before main."""
    start = truth.get("run", {})
    if difference.kind not in ("false-runs", "exit-status", "stderr") or "lazy" not in truth \
            or truth["loader"] != "glibc" or start.get("entered") or not start \
            or loaders.fails_at_start(truth):
        return False
    called = [match["symbol"] for match in map(LOOKUP_ERROR.search, start["stderr"]) if match]
    at_call = {symbol for symbol, _ in undefined(truth["now"]) - undefined(truth["lazy"])}
    by_loader = any("error while loading shared libraries" in line or "Inconsistency detected" in line
                    for line in start["stderr"])
    return set(called) <= at_call and not by_loader


def said_by_a_constructor(truth, answer, difference):
    """Before main come lines that the listing, which runs no constructor, does not have."""
    start = truth.get("run", {})
    if difference.kind != "stderr" or not start.get("entered") or truth["loader"] != "glibc":
        return False
    said = warnings(truth["lazy"])
    return answer["predicted"]["stderr"] == said == [line for line in start["stderr"] if line in said]


# Why a difference is no bug of willrun.
EXPLAINED = [
    Rule("constructor-ends", "a library's constructor, which is code and not facts, ended the process",
         ended_by_a_constructor),
    Rule("constructor-speaks", "a library's constructor wrote lines of its own before main",
         said_by_a_constructor),
]
