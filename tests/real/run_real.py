#!/usr/bin/env python3
"""Holds willrun to the real kernel and the real loaders on real roots.

    run_real.py --willrun build/release/willrun [--fast] [--each N] [--reuse] [--only NAME]…

Roots and truths are kept in the cache folder (--cache or $WILLRUN_RIG, else a
folder `rig` in the build folder). A truth is asked for again when its root was
made anew, or without --reuse. The exit status is 1 on any unexplained difference,
and where a set yields fewer pairs than its root is known to hold.
"""

import argparse
import collections
import json
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

sys.dont_write_bytecode = True

import compare
import loaders
import roots

HERE = Path(__file__).resolve().parent
SHOWN = 12              # differences shown in full for each question set
LISTED = 400            # paths given to one willrun process
LEAST_PAIRS = 8000      # of all sets together


def options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--willrun", type=Path, help="the program under test")
    parser.add_argument("--cache", type=Path,
                        default=os.environ.get("WILLRUN_RIG") or HERE.parents[1] / "build" / "rig",
                        help="where roots and truths are kept")
    parser.add_argument("--fast", action="store_true", help="the slice for every test run")
    parser.add_argument("--each", type=int, default=1, metavar="N", help="ask about each Nth file only")
    parser.add_argument("--only", action="append", metavar="NAME", help="one question set by name")
    parser.add_argument("--reuse", action="store_true", help="take kept truths where there are any")
    parser.add_argument("--ask-only", action="store_true", help="make roots and truths, no comparison")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--report", type=Path, help="every difference, a line of JSON each")
    parser.add_argument("--list", action="store_true", help="name the question sets")
    return parser.parse_args()


def chosen(args):
    names = args.only or (roots.FAST if args.fast else [q.name for q in roots.QUESTIONS])
    unknown = set(names) - {q.name for q in roots.QUESTIONS}
    if unknown:
        raise SystemExit(f"no such question set: {', '.join(sorted(unknown))} (--list names them)")
    return [q for q in roots.QUESTIONS if q.name in names]


def cpu_level():
    """The x86-64 level of this machine, as glibc's hwcaps folders count it."""
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        flags = set(next((line for line in file if line.startswith("flags")), "").split())
    level = 1
    for number, needed in ((2, "cx16 lahf_lm popcnt sse4_1 sse4_2 ssse3"),
                           (3, "avx avx2 bmi1 bmi2 f16c fma abm movbe xsave"),
                           (4, "avx512f avx512bw avx512cd avx512dq avx512vl")):
        if level != number - 1 or not set(needed.split()) <= flags:
            break
        level = number
    return f"x86-64-v{level}"


def truths(rig, questions, args):
    """The truth of a question set: kept from an earlier run, or asked now."""
    root = rig.make(questions.root)
    part = "" if args.each == 1 else f".each-{args.each}"
    kept = rig.cache / "truth" / f"{questions.name}{part}.jsonl"
    made = rig.cache / "roots" / f"{questions.root}.made"
    if args.reuse and kept.exists() and kept.stat().st_mtime > made.stat().st_mtime:
        return [json.loads(line) for line in kept.read_text().splitlines()]
    paths = loaders.subjects(root, questions.under, questions.links)[::args.each]
    found = loaders.ask_all(rig, questions, paths, rig.say, args.workers)
    whole = kept.with_suffix(f".{os.getpid()}")
    whole.write_text("".join(json.dumps(truth) + "\n" for truth in found))
    whole.rename(kept)
    return found


def answers(args, rig, questions, paths):
    """willrun's answer to each path, and the processor seconds it took."""
    arch = roots.RECIPES[questions.root].arch
    command = [str(args.willrun.resolve()), "check", "--root", str(rig.root(questions.root)), "--format",
               "jsonl", "--platform", roots.PLATFORMS[arch], "--fail-on", "never", "--cpu", cpu_level(),
               "--host", "none"]  # the rig opens shared objects by a program of its own
    for name, value in {"PATH": loaders.DEFAULT_PATH, **questions.env}.items():
        command += ["--env", f"{name}={value}"]
    found, before = {}, os.times()
    for start in range(0, len(paths), LISTED):
        done = subprocess.run([*command, *paths[start:start + LISTED]], text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode != 0:
            print(f"willrun ended with {done.returncode} on {questions.name} from "
                  f"{paths[start]}: {done.stderr[-2000:]}")
        for line in done.stdout.splitlines():
            subject = json.loads(line).get("subject")
            if subject:
                found[subject["path"]] = subject
    after = os.times()
    return found, after.children_user + after.children_system \
        - before.children_user - before.children_system


def hold(rig, questions, args):
    """One row of the table, every difference, and what could be asked in part only."""
    asked = truths(rig, questions, args)
    if args.ask_only:
        return None, [], collections.Counter()
    told, seconds = answers(args, rig, questions, [truth["path"] for truth in asked])
    arch = roots.RECIPES[questions.root].arch
    row, found, partly = collections.Counter(), [], collections.Counter()
    for truth in asked:
        want = compare.expected(truth, arch)
        partly.update(want.partly)
        if want.verdicts is None:
            continue
        apart = compare.differences(truth, told.get(truth["path"]), want)
        row["pairs"] += 1
        row["fails"] += want.verdicts == {"fails"}
        row["equal"] += not apart
        row["excused"] += bool(apart) and all(d.explained for d in apart)
        row["differ"] += any(not d.explained for d in apart)
        row["false runs"] += any(d.kind == "false-runs" and not d.explained for d in apart)
        found += apart
    row["sec"] = round(seconds, 1)
    return row, found, partly


def show(questions, found):
    open_ones = [d for d in found if not d.explained]
    kinds = collections.Counter(d.kind for d in open_ones)
    if kinds:
        print(f"\n{questions.name}: " + ", ".join(f"{n} {kind}" for kind, n in kinds.most_common()))
    shown = collections.Counter()
    for difference in open_ones:
        shown[difference.kind] += 1
        if shown[difference.kind] <= max(2, SHOWN // len(kinds)):
            print(f"  {difference.kind} {difference.path}\n    real {str(difference.real)[:600]}"
                  f"\n    told {str(difference.told)[:600]}")


# The table's columns of numbers, and their widths.
COLUMNS = {"pairs": 5, "fails": 5, "equal": 5, "excused": 7, "differ": 6, "false runs": 10, "sec": 4}


def line(name, arch, cells):
    print(f"| {name:33} | {arch:7} |"
          + "".join(f" {cell:>{width}} |" for width, cell in zip(COLUMNS.values(), cells)))


def table(rows):
    """The table of all question sets; its sum."""
    total = collections.Counter()
    for _, _, row in rows:
        total.update(row)
    total["sec"] = round(total["sec"], 1)
    print()
    line("question set", "machine", COLUMNS)
    print(f"|{'-' * 35}|{'-' * 9}|" + "".join(f"{'-' * (width + 1)}:|" for width in COLUMNS.values()))
    for questions, arch, row in rows:
        line(questions.name, arch, [row[name] for name in COLUMNS])
    line("all", "", [total[name] for name in COLUMNS])
    print("\npairs: a file in a root. fails: the real kernel or loader refuses it. equal: verdict, errno, exit"
          "\nstatus, every path, every line and every symbol are the real ones. excused: by a rule below."
          "\nsec: willrun's own processor time.")
    return total


def reasons(found, partly):
    """Why a difference is excused, and what a truth cannot tell: by rule."""
    counts = collections.Counter(d.explained for d in found if d.explained)
    if counts:
        print("\nexcused differences:")
        for rule in compare.EXPLAINED:
            if counts[rule.name]:
                print(f"{counts[rule.name]:7}  {rule.name}: {rule.why}")
    if partly:
        print("\nasked in part:")
        for why, count in partly.most_common():
            print(textwrap.fill(why, 100, initial_indent=f"{count:7}  ", subsequent_indent=" " * 9))


def too_few(rows, args):
    """Sets that yielded fewer pairs than their roots are known to hold."""
    few = [f"{questions.name}: {row['pairs']} pairs, at least {questions.least // args.each} are expected"
           for questions, _, row in rows if row["pairs"] < questions.least // args.each]
    pairs = sum(row["pairs"] for _, _, row in rows)
    if not args.only and not args.fast and pairs < LEAST_PAIRS // args.each:
        few.append(f"all: {pairs} pairs, at least {LEAST_PAIRS // args.each} are expected")
    return few


def main():
    args = options()
    if args.list:
        print("\n".join(q.name for q in roots.QUESTIONS))
        return 0
    if os.geteuid() != 0:
        raise SystemExit("the rig enters roots with chroot: it needs root")
    if not args.ask_only and not args.willrun:
        raise SystemExit("--willrun PROGRAM: which program is to be tested?")
    rig = roots.Rig(args.cache, say=lambda text: print(text, flush=True))
    began, rows, apart, partly = time.monotonic(), [], [], collections.Counter()
    for questions in chosen(args):
        row, found, in_part = hold(rig, questions, args)
        if row is not None:
            rows.append((questions, roots.RECIPES[questions.root].arch, row))
            show(questions, found)
            apart += [(questions.name, difference) for difference in found]
            partly.update(in_part)
    if args.ask_only:
        return 0
    if args.report:
        args.report.write_text("".join(json.dumps({"set": name, **vars(d)}, default=str) + "\n"
                                       for name, d in apart))
    total = table(rows)
    reasons([difference for _, difference in apart], partly)
    few = too_few(rows, args)
    print("".join(f"\n{sentence}" for sentence in few))
    print(f"{total['pairs']} pairs in {time.monotonic() - began:.0f} s: {total['equal']} equal, "
          f"{total['excused']} excused, {total['differ']} different, "
          f"{total['false runs']} false runs")
    return 1 if total["differ"] or few else 0


if __name__ == "__main__":
    sys.exit(main())
