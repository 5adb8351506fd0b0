"""Holds willrun's answers to the truth, subject by subject.

Each disagreement is a Difference of one kind. A kind never excuses: what is
explained is in EXPLAINED alone, by a fact about the question that was asked.
"""

import re
from dataclasses import dataclass

import loaders

UNDEFINED = re.compile(r"^undefined symbol: (?P<symbol>[^,\t]+)(?:, version (?P<version>\S+))?\s*"
                       r"\((?P<object>.*)\)$")
MUSL_UNDEFINED = re.compile(r"^Error relocating (?P<object>.*): (?P<symbol>\S+): symbol not found$")

# Why a difference of this kind on this subject is not a bug of willrun:
# (kind, test of truth and answer, the fact).
EXPLAINED = []


@dataclass
class Difference:
    kind: str
    path: str
    real: object
    told: object
    explained: str = None


@dataclass
class Expected:
    """What the truth says willrun has to say; None where it says nothing."""
    verdicts: set = None
    errno: str = None
    objects: list = None
    status: int = None
    stderr: list = None
    undefined: set = None      # (symbol, version) that nothing defines, lazy ones as well


def expected(truth, arch):
    if truth.get("exec"):
        return Expected({"fails"}, errno=truth["exec"])
    if "script" in truth and "lazy" not in truth:
        if truth["loader"] == "env":
            return of_env(truth)
        return Expected({"runs", "degraded"} if truth.get("static") else None)
    if truth["arch"] not in (None, arch) and truth["loader"] is None and not truth["program"]:
        return Expected({"fails", "unknown"})
    if "lazy" not in truth:
        alone = truth["program"] and truth["loader"] is None and truth["arch"] in (arch, *loaders.NATIVE)
        return Expected({"runs", "degraded"} if alone else None)     # static, and the kernel starts it
    if truth["program"]:
        return of_program(truth)
    return of_object(truth)


def of_program(truth):
    told = Expected(objects=objects(truth["lazy"], truth["loader"]))
    if "run" in truth and truth["run"]["status"] != 0:
        told.verdicts = {"fails"}
        told.status, told.stderr = truth["run"]["status"], truth["run"]["stderr"]
        if truth["run"]["signal"]:
            told.status = told.stderr = None
        return told
    told.undefined = unbound(truth["now"])
    told.verdicts = {"degraded"} if told.undefined else {"runs", "degraded"}
    told.stderr = warnings(truth["lazy"])
    return told


def of_env(truth):
    """A script whose `env` finds no such program."""
    return Expected({"fails"}, status=truth["run"]["status"], stderr=truth["run"]["stderr"])


def of_object(truth):
    """A library: what it misses itself makes it fail, what a host may define does not."""
    now = truth["now"]
    told = Expected(objects=objects(now, truth["loader"]))
    told.undefined = unbound(now)
    if broken(now) or refused_by_dlopen(truth):
        told.verdicts = {"fails"}
    elif told.undefined:
        told.verdicts = {"unknown", "fails"}
    else:
        told.verdicts = {"runs", "degraded"}
    return told


def refused_by_dlopen(truth):
    """A refusal of a real dlopen that no host could have prevented."""
    asked = truth.get("dlopen")
    return asked is not None and asked["status"] == 1 \
        and not any(words in asked["error"] for words in ("undefined symbol", "symbol not found"))


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


def unbound(listing):
    """What nothing defines; None where the listing cannot tell: it crashed, or it bound
    on without a missing object and, with it, without the versions of that object."""
    if listing["signal"] is not None or any(path is None for _, path in listing["objects"]):
        return None
    return undefined(listing)


def undefined(listing):
    found = set()
    for line in listing["stderr"]:
        match = UNDEFINED.match(line) or MUSL_UNDEFINED.match(line)
        if match:
            found.add((match["symbol"], match.groupdict().get("version")))
    return found


def warnings(listing):
    return [line for line in listing["stderr"] if loaders.is_warning(line)]


def differences(truth, answer, arch):
    """Every point in which willrun's `answer` departs from the truth of a subject."""
    if answer is None:
        return [Difference("no-answer", truth["path"], truth, None)]
    want, found = expected(truth, arch), []

    def differ(kind, real, told):
        difference = Difference(kind, truth["path"], real, told)
        difference.explained = next((why for which, test, why in EXPLAINED
                                     if which == kind and test(truth, answer)), None)
        found.append(difference)

    verdict = answer["verdict"]
    if want.verdicts and verdict not in want.verdicts:
        kind = "false-runs" if verdict in ("runs", "degraded") and "fails" in want.verdicts \
            else "missed-degraded" if want.verdicts == {"degraded"} and verdict == "runs" else "verdict"
        differ(kind, sorted(want.verdicts), [verdict, *rules(answer)])
    predicted = answer["predicted"]
    if want.errno != predicted["errno"] and (want.errno or want.verdicts):
        differ("errno", want.errno, predicted["errno"])
    if want.objects is not None:
        told = told_objects(answer)
        if truth["loader"] == "musl":        # its `--list` is silent of what is missing
            told = [pair for pair in told if pair[1]]
        real = same_shape(want.objects, truth["loader"], told)
        if told != real:
            differ("objects", *first_departure(real, told))
    if want.status is not None and predicted["exit_status"] != want.status:
        differ("exit-status", want.status, predicted["exit_status"])
    if want.stderr is not None and predicted["stderr"] != want.stderr:
        differ("stderr", *first_departure(want.stderr, predicted["stderr"]))
    if want.undefined:
        told = {(f["symbol"], f.get("version")) for f in answer["findings"] if f["symbol"]}
        if told != want.undefined:
            differ("symbols", sorted(map(str, want.undefined - told)),
                   sorted(map(str, told - want.undefined)))
    return found


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


def of_name(name, path):
    """A listing names the loader itself by its path, never by the name that needed it."""
    base = (path or "").rsplit("/", 1)[-1]
    return path if base.startswith(("ld-linux", "ld64.so", "ld-musl")) else name


def first_departure(real, told):
    """The two lists from where they part, cut to what a reader needs."""
    at = next((n for n, (a, b) in enumerate(zip(real, told)) if a != b), min(len(real), len(told)))
    return [f"at {at} of {len(real)}", *real[at:at + 3]], [f"at {at} of {len(told)}", *told[at:at + 3]]
