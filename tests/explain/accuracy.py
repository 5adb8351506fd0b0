#!/usr/bin/env python3
"""How often `willrun explain` names the cause and the subject that a reader gave a message.

    accuracy.py PROGRAM FILE.jsonl [--each N] [--least CAUSE AMONG SUBJECT] [-v]

FILE has a JSON object a line, with `error` (the message), `cause_class` and `subject`
(null: the message names none). Prints the shares of messages whose cause is the first, or among
the first three, and whose subject is named; -v each message that went wrong; --each N asks only
each Nth. With --least the exit status is 1 where a share in percent is below.
"""

import argparse
import concurrent.futures
import json
import os
import subprocess
import sys


def explain(program, message):
    said = subprocess.run([program, "explain", "--format", "json", "-"], input=message,
                          capture_output=True, text=True)
    if said.returncode not in (0, 1):
        sys.exit(f"{message!r}: {said.stderr}")
    return json.loads(said.stdout)["causes"]


def same_subject(expected, given):
    """A library may be told with its folder or without."""
    return given is not None and (expected == given or
                                  expected.rsplit("/", 1)[-1] == given.rsplit("/", 1)[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("file")
    parser.add_argument("--least", nargs=3, type=float,
                        metavar=("CAUSE", "AMONG", "SUBJECT"))
    parser.add_argument("--each", type=int, default=1, metavar="N")
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    with open(options.file) as file:
        rows = [json.loads(line) for line in file][::options.each]
    first = among = named = subjects = exact = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        answers = list(pool.map(lambda row: explain(options.program, row["error"]), rows))
    for row, causes in zip(rows, answers):
        classes = [cause["cause_class"] for cause in causes]
        right = classes[:1] == [row["cause_class"]]
        first += right
        among += row["cause_class"] in classes[:3]
        good = True
        if row.get("subject") is not None:
            given = causes[0]["subject"] if causes else None
            good = same_subject(row["subject"], given)
            named += 1
            subjects += good
            exact += row["subject"] == given
        if options.verbose and not (right and good):
            print(f"{row['cause_class']} {row.get('subject')}: {classes[:3]} "
                  f"{causes[0]['subject'] if causes else None}\n    {row['error']}")
    shares = [100 * first / len(rows), 100 * among / len(rows), 100 * subjects / max(named, 1)]
    print(f"cause: {first} of {len(rows)} first ({shares[0]:.1f} %), {among} among three "
          f"({shares[1]:.1f} %); subject: {subjects} of {named} ({shares[2]:.1f} %), "
          f"{exact} to the letter")
    if options.least and any(map(float.__lt__, shares, options.least)):
        sys.exit(1)


if __name__ == "__main__":
    main()
