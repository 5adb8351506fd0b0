#!/usr/bin/env python3
"""Variables, stages and what a target needs: willrun's evaluation, and BuildKit's.

usage: scope_cases.py EVALUATE_DOCKERFILE [-k WORD]
       scope_cases.py --write FOLDER      each fixture to a file of its own

BuildKit 0.14.1 (dockerfile2llb) converted each fixture once: the history of the image that it
would make, the images that it asked for, the environment, or its error, are kept in evaluated.json
with the hash of the fixture. The same must come out, and an error of the same words on a line of the
same instruction, but where `OURS` says why not.
"""
import json
import os
import re
import subprocess
import sys

import answers
from answers import HERE
from reader_cases import first_difference, plain

# Lines of the history that have variables replaced, in words that are easily compared.
COMPARED = ("ARG ", "ENV ", "LABEL ", "USER ", "VOLUME ", "STOPSIGNAL ", "COPY ", "ADD ")

# Where willrun says something else: (line, sentence).
OURS = {
    # what BuildKit v0.14, which was asked, does not know yet
    "error-from-variable": (5, "variable expansion is not supported for --from, define a new stage with"
                               " FROM using ARG from global scope as a workaround"),
    "error-from-variable-in-unneeded": (2, "variable expansion is not supported for --from, define a new"
                                           " stage with FROM using ARG from global scope as a workaround"),
    "error-env-colon-hash": (2, 'failed to process "${X:#y}": unsupported modifier (:#) in substitution'),
    # it names the line of the FROM that triggers, counted in the trigger's own text
    "error-onbuild-triggered": (2, "unknown flag: --bogus"),
    # its words are those of its library of platforms
    "error-platform-malformed": (1, 'failed to parse platform linux/a/b/c/d: "linux/a/b/c/d": a platform'
                                    ' is OS/ARCHITECTURE or OS/ARCHITECTURE/VARIANT'),
    "error-platform-signs": (1, 'failed to parse platform linux/$: "linux/$": a platform is'
                                ' OS/ARCHITECTURE or OS/ARCHITECTURE/VARIANT'),
}
# Its words for a brace that is not closed, and a person's.
OPEN_BRACE = ("unsupported modifier (\ufffd) in substitution", "syntax error: missing '}'")


def fixtures():
    """name -> (request, Dockerfile)"""
    with open(os.path.join(HERE, "scope.dockerfiles"), encoding="utf-8") as file:
        parts = re.split(r"^@@@ (.+)\n", file.read(), flags=re.M)
    found = {}
    for head, text in zip(parts[1::2], parts[2::2]):
        name, *options = head.split()
        request = {"target": "", "platform": "linux/amd64", "args": {}}
        for option in options:
            key, value = option.split("=", 1)
            if key.startswith("args:"):
                request["args"][key[5:]] = value
            else:
                assert key in request, head
                request[key] = value
        assert name not in found, name
        found[name] = (request, text)
    return found


def file_of(request, text):
    return (json.dumps(request) + "\n" + text).encode()


def normal_image(line):
    """docker.io/library/nginx:latest, as BuildKit asks for it."""
    name, platform = line.rsplit(" ", 1)
    first = name.split("/")[0]
    if "/" not in name:
        name = "docker.io/library/" + name
    elif "." not in first and ":" not in first and first != "localhost":
        name = "docker.io/" + name
    if "@" not in name and ":" not in name.split("/")[-1]:
        name += ":latest"
    return f"{name} {platform}"


def ask(program, request, path):
    arguments = [f"{name}={value}" for name, value in request["args"].items()]
    run = subprocess.run([program, path, request["platform"], request["target"], *arguments],
                         capture_output=True, timeout=60)
    if run.returncode == 0:
        document = json.loads(run.stdout)
        return {"history": [line for line in document["history"] if line.startswith(COMPARED)],
                "images": sorted(set(map(normal_image, document["images"]))),
                "env": document["env"]}, None
    said = run.stderr.decode("utf-8", "replace").rstrip("\n")
    match = re.fullmatch(re.escape(path) + r":(?:(\d+):(\d+):)? (.*)", said)
    if run.returncode != 1 or not match:
        return None, (0, f"status {run.returncode}: {said}")
    return None, (int(match[1] or 0), match[3])


def judge(name, document, error, answer):
    if "error" not in answer and name not in OURS:
        if error:
            return f"refused: {error}"
        theirs = {"history": [line for line in answer["history"] if line.startswith(COMPARED)],
                  "images": sorted(set(answer["images"])), "env": answer["env"]}
        return first_difference(document, theirs)
    if not error:
        return f"it is to be refused: {answer.get('error', OURS.get(name))}"
    if name in OURS:
        first, wanted = OURS[name]
        last = first
    else:
        first, last, wanted = answer["line"], answer["last"], plain(answer["error"]).replace(*OPEN_BRACE)
    line, sentence = error
    if first and not first <= line <= last:
        return f"line {line}, and not {first} to {last}: {sentence}"
    if plain(sentence) != wanted:
        return f"{sentence!r}, BuildKit: {wanted!r}"
    return None


def main():
    cases = fixtures()
    return answers.run({name: file_of(*case) for name, case in cases.items()},
                       {name: text.encode() for name, (_, text) in cases.items()}, "evaluated.json",
                       lambda program, name, path, answer: judge(
                           name, *ask(program, cases[name][0], path), answer),
                       f"{len(cases)} evaluations")


if __name__ == "__main__":
    sys.exit(main())
