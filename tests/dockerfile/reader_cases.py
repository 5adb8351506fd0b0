#!/usr/bin/env python3
"""Dockerfiles, read by willrun and by BuildKit.

usage: reader_cases.py LIST_DOCKERFILE [-k WORD]
       reader_cases.py --write FOLDER      each fixture to a file of its own

BuildKit's own parser (frontend/dockerfile/parser of August 2026) was asked once, and what it said of
each fixture is kept in truth.json: the same stages, instructions, flags, arguments and heredocs must come out, and an error
in the same words on the same line, but where `OURS` below says why not. A fixture without an answer
is a failure. truth.json also keeps the hash of each fixture, so that no answer outlives its question.
"""
import json
import os
import re
import subprocess
import sys

import answers
from answers import HERE, digest

# Bytes that a text file does not keep, or that an editor would mend.
SPECIAL_GOOD = {
    "crlf": b"# escape=`\r\nFROM alpine AS x\r\nRUN a `\r\n  b\r\nCOPY <<EOF /x\r\none\r\ntwo\r\nEOF\r\nCMD [\"a\"]\r\n",
    "crlf-blank-lines": b"FROM alpine\r\n\r\nRUN a \\\r\n\r\n b\r\n\r\nENV A=1\r\n",
    "byte-order-mark": b"\xef\xbb\xbfFROM alpine\nRUN a\n",
    "byte-order-mark-directive": b"\xef\xbb\xbf# escape=`\nFROM alpine\nRUN a `\n b\n",
    "no-line-end": b"FROM alpine\nRUN a",
    "no-line-end-heredoc": b"FROM alpine\nRUN <<EOF\na\nEOF",
    "no-break-spaces": "FROM alpine\n\u00a0RUN\tx\u00a0y\nENV A=1\u00a0B=2\nCMD a\u00a0\nCOPY a\u00a0b c\n".encode(),
    "wide-spaces": "FROM alpine\n\u3000RUN a\u3000\\\n\u2003\n b\nLABEL a=b\u2028c=d\nARG x\u2003y\n".encode(),
    "vertical-tabs": b"FROM alpine\nRUN\x0ba\x0cb\nENV A\x0bb\nCOPY a\x0cb\nENV C=1\x0bD=2\n",
    "stray-returns": b"FROM alpine\nRUN a\rb\nENV A=1\r B=2\nCOPY a\rb c\n",
    "nul-in-a-comment": b"# a\x00b\n#\nFROM alpine\nRUN a \\\n# \x00\n b\n",
    "latin-1-flag": "FROM alpine\nCOPY --chown=\u00fc:x --exclude=\u00e4* a b\n".encode(),
    "longest-line": b"FROM alpine\nRUN " + b"x" * (64 * 1024 - 5) + b"\nRUN y\n",
    "long-joined-line": b"FROM alpine\n" + b"RUN " + b"abcdefg \\\n" * 20000 + b"h\n",
    "trailing-blank-before-return": b"FROM alpine\nRUN a \\ \r\n b\nCMD x \t \r\n",
}
SPECIAL_BAD = {
    "empty": b"",
    "only-blank": b"\n\n  \n\t\n",
    "only-comments": b"# a\n# b\n",
    "line-too-long": b"FROM alpine\nRUN a\nRUN " + b"x" * (64 * 1024) + b"\nRUN y\n",
    "line-too-long-at-the-end": b"FROM alpine\nRUN " + b"x" * (64 * 1024 - 4),
    "nul-in-an-instruction": b"FROM alpine\nRUN a\x00b\n",
    "utf-16": "FROM alpine\nRUN x\n".encode("utf-16"),
    "crlf-unknown": b"FROM alpine\r\n\r\nRUNN x\r\n",
}

# Where willrun says something else, and why.
OURS = {
    "nul-in-an-instruction": (2, "a NUL byte in an instruction", "no argument of a program can have one"),
    "utf-16": (1, "a NUL byte in an instruction", "BuildKit calls it an unknown instruction"),
}
# BuildKit counts the lines of some errors from 0, or not at all; of these the line is the one where
# a person would look.
LINES = {
    "empty": 1, "only-blank": 1, "only-comments": 1, "no-from": 1, "only-args": 1,
    "line-too-long": 3, "line-too-long-at-the-end": 2,
    "escape-twice": 2, "escape-wrong": 1, "escape-empty-quotes": 1, "syntax-twice": 3, "check-twice": 2,
}


def catalogue(path):
    """The fixtures of a text file, by name."""
    with open(path, encoding="utf-8", newline="") as file:
        parts = re.split(r"^@@@ (\S+)\n", file.read(), flags=re.M)
    names = parts[1::2]
    assert len(set(names)) == len(names), "a name stands twice"
    return {name: text.encode() for name, text in zip(names, parts[2::2])}


def fixtures():
    good = {**catalogue(os.path.join(HERE, "good.dockerfiles")), **SPECIAL_GOOD}
    bad = {**catalogue(os.path.join(HERE, "bad.dockerfiles")), **SPECIAL_BAD}
    assert not good.keys() & bad.keys()
    return good, bad


def short(value):
    """Long texts as truth.json keeps them."""
    if isinstance(value, dict):
        return {key: short(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [short(inner) for inner in value]
    if not isinstance(value, str) or len(value.encode()) < 1000:
        return value
    return f"{len(value.encode())} bytes, sha256 {digest(value.encode())}"


def ask(program, path):
    """(document, None) or (None, (line, column, sentence)) of willrun."""
    run = subprocess.run([program, path], capture_output=True, timeout=60)
    if run.returncode == 0:
        document = json.loads(run.stdout)
        document.pop("empty_continuations")
        with open(path, encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            lines = [line.rstrip("\r") for line in file.read().split("\n")]
        wrong = misplaced(document, lines)
        if wrong:
            return None, (0, 0, wrong)
        return short(document), None
    said = run.stderr.decode("utf-8", "replace").rstrip("\n")
    match = re.fullmatch(re.escape(path) + r":(\d+):(\d+): (.*)", said)
    if run.returncode != 1 or not match:
        return None, (0, 0, f"status {run.returncode}: {said}")
    return None, (int(match[1]), int(match[2]), match[3])


def text_between(lines, begin_line, begin, end_line, end):
    """What stands at a place; lines and columns count from 1, columns in characters."""
    if begin_line == end_line:
        return lines[begin_line - 1][begin - 1:end - 1]
    inner = lines[begin_line:end_line - 1]
    return "\n".join([lines[begin_line - 1][begin - 1:], *inner, lines[end_line - 1][:end - 1]])


def wrong_place(kind, text, stands):
    """Is `text` what stands at the place of a part?"""
    if kind == "source" and "\0" in stands:  # up to which it is printed
        return not stands.startswith(text)
    if kind == "source":
        return stands != text.replace("\r\n", "\n")
    if kind == "heredoc":
        return not stands.startswith(text.replace("\r\n", "\n"))
    if "\n" in stands:  # parts that go on in the next line have escapes, and perhaps comments, in them
        return stands[:1] != text[:1] and stands[:2] not in ("--", "\\\n", "`\n") and stands[:1] not in "\"["
    if kind == "flag":
        return stands.strip("'\"")[:2] != "--" or (text not in stands and stands.isascii())
    if kind == "json":
        return json.loads(stands) != text
    if kind == "pair":
        return not stands.startswith(text) or stands != stands.strip()
    return stands != text


def misplaced(node, lines):
    """The first part of a document whose place is wrong; the places are taken out."""
    if isinstance(node, list):
        return next((wrong for inner in node if (wrong := misplaced(inner, lines))), None)
    if not isinstance(node, dict):
        return None
    found = None
    for kind, text, *place in node.pop("places", ()):
        stands = text_between(lines, *place)
        if wrong_place(kind, text, stands):
            found = found or f"{kind} {text!r} is said to be at {place}, where {stands!r} stands"
    inner = [misplaced(value, lines) for value in node.values()]
    return found or next(filter(None, inner), None)


def first_difference(ours, theirs, path="$"):
    if type(ours) is not type(theirs):
        return f"{path}: {ours!r}, BuildKit: {theirs!r}"
    if isinstance(ours, dict):
        if ours.keys() != theirs.keys():
            return f"{path}: {sorted(ours)}, BuildKit: {sorted(theirs)}"
        pairs = [(key, ours[key], theirs[key]) for key in ours]
    elif isinstance(ours, list):
        if len(ours) != len(theirs):
            return f"{path}: {ours!r}, BuildKit: {theirs!r}"
        pairs = [(number, a, b) for number, (a, b) in enumerate(zip(ours, theirs))]
    else:
        return None if ours == theirs else f"{path}: {ours!r}, BuildKit: {theirs!r}"
    for key, a, b in pairs:
        wrong = first_difference(a, b, f"{path}.{key}")
        if wrong:
            return wrong
    return None


def judge_good(document, error, answer):
    if error:
        return f"refused: {error}"
    theirs = {key: value for key, value in answer.items() if key not in ("file", "hash")}
    if "error" in theirs:
        return f"BuildKit refuses it: {theirs['error']}"
    return first_difference(document, theirs)


def plain(sentence):
    """BuildKit's sentence without what it was wrapped in; ours without a reason behind it."""
    sentence = re.sub(r"^dockerfile parse error on line \d+: ", "", sentence)
    sentence = re.sub(r"(failed to parse csv mounts: )parse error on line 1, column \d+: ", r"\1", sentence)
    sentence = sentence.replace('\\"', '"').replace("\n", "\\n")
    return re.sub(r" \(did you mean [^)]*\?\)$", "", sentence)


def judge_bad(name, document, error, answer):
    if document is not None:
        return "taken for a good one"
    if "error" not in answer and name not in OURS:
        return f"BuildKit takes it; willrun says {error}"
    line, column, sentence = error
    if column < 1:
        return f"column {column}: {sentence}"
    if name in OURS:
        first, wanted, _ = OURS[name]
        last = first
    else:
        first, wanted = LINES.get(name, answer["line"]), plain(answer["error"])
        last = LINES.get(name, answer["last"])  # of a continued instruction: any line of it
    if not first <= line <= last:
        return f"line {line}, and not {first} to {last}: {sentence}"
    if not plain(sentence).startswith(wanted):
        return f"{sentence!r}, BuildKit: {wanted!r}"
    return None


def judge(program, good, name, path, answer):
    document, error = ask(program, path)
    return judge_good(document, error, answer) if name in good else judge_bad(name, document, error, answer)


def main():
    good, bad = fixtures()
    files = {**good, **bad}
    return answers.run(files, files, "truth.json",
                       lambda program, *case: judge(program, good, *case),
                       f"{len(good)} Dockerfiles and {len(bad)} malformed ones")


if __name__ == "__main__":
    sys.exit(main())
