#!/usr/bin/env python3
"""Dockerfiles that are large, deep or endless: a document or one clear sentence, in bounded time.

Each is evaluated, and then checked as users check it.

usage: bounds_cases.py EVALUATE_DOCKERFILE WILLRUN [-k WORD]
"""
import argparse
import os
import re
import resource
import subprocess
import sys
import tempfile
import time

SECONDS = 20  # of the processor, with sanitizers; most take a hundredth of it

LINE = 64 * 1024 - 1  # bytes that BuildKit takes for a line


def repeat(count, line):
    return "".join(line.format(i) for i in range(count))


# name -> (Dockerfile, what the evaluation says: None for success, else (line, a part of the sentence))
CASES = {
    "5000-lines": ("FROM alpine\n" + repeat(4999, "RUN echo {0} && \\\n") + "true\n", None),
    "5000-instructions": ("FROM alpine\n" + repeat(5000, "ENV V{0}=${{V{0}:-{0}}}\n"), None),
    "5000-stages": ("FROM alpine\n" + repeat(5000, "FROM alpine AS s{0}\nCOPY --from=0 /a /b\n"), None),
    "5000-stages-on-each-other": (
        "FROM alpine AS s0\n" + "".join(f"FROM s{i} AS s{i + 1}\n" for i in range(5000)), None),
    "5000-copies-in-a-row": (
        "FROM alpine AS s0\n" + "".join(f"FROM scratch AS s{i + 1}\nCOPY --from=s{i} / /\n"
                                        for i in range(5000)), None),
    "5000-stages-in-a-circle": (
        "".join(f"FROM scratch AS s{i}\nCOPY --from=s{(i + 1) % 5000} / /\n" for i in range(5000)),
        (2, "circular dependency detected on stage: s0")),
    "heredoc-of-50-MB": ("FROM alpine\nCOPY <<EOF /x\n" + ("x" * 99 + "\n") * 500_000 + "EOF\n", None),
    "heredoc-of-10-MB-of-empty-lines": ("FROM alpine\nRUN <<EOF\n" + "\n" * 10_000_000 + "EOF\n", None),
    "heredoc-of-a-million-comments": ("FROM alpine\nRUN <<EOF\ntrue\n" + "# a\n" * 1_000_000 + "EOF\n", None),
    "heredoc-without-end": ("FROM alpine\nRUN true\nRUN <<EOF\n" + "x\n" * 1_000_000,
                            (3, "unterminated heredoc")),
    "heredocs-without-end": ("FROM alpine\nRUN " + "<<A " * 10_000 + "\n" + "A\n" * 9_999,
                             (2, "unterminated heredoc")),
    "arg-of-itself": ("ARG A=$A\nARG A=${A:-$A}x\nFROM alpine:$A\n", None),
    "args-of-each-other": ("ARG A=$B\nARG B=$A\nARG A=$B\nFROM ${A:-scratch}\n", None),
    "arg-that-doubles": ("ARG A=xxxxxxxx\n" + "ARG A=$A$A\n" * 64 + "FROM alpine:$A\n",
                         (17, "it expands to more than an environment can hold")),
    "env-that-doubles": ("FROM alpine\nENV A=xxxxxxxx\n" + "ENV A=$A$A\n" * 64,
                         (18, "it expands to more than an environment can hold")),
    "env-that-fills-memory": (
        "FROM alpine\nENV A=" + "x" * 60000 + "\n" + repeat(5000, "ENV V{0}=$A$A$A\n"),
        (375, "the variables take more than 64 MiB")),
    "a-run-behind-each-of-many-large-variables": (
        "FROM alpine\n" + repeat(1000, "ENV V{0}=" + "x" * 20_000 + "\nRUN true\n"), None),
    "many-words-of-a-run": ("FROM alpine\nRUN [" + '"aaaaaaaaaaaaaaaa",' * 3000 + '"a"]\n' + ("RUN [" + '"aaaaaaaaaaaaaaaa",' * 3000 + '"a"]\n') * 100, None),
    "deep-substitution": ("FROM alpine\nENV A=" + "${A:-" * 10_000 + "}" * 10_000 + "\n",
                          (2, "substitutions are nested too deeply")),
    "deep-enough-substitution": ("FROM alpine\nENV A=" + "${A:-" * 150 + "}" * 150 + "\n", None),
    "deep-json": ("FROM alpine\nCMD " + "[" * 30_000 + "]" * 30_000 + "\n", None),
    "onbuild-of-onbuild": ("FROM alpine\n" + "ONBUILD " * 8000 + "RUN x\n",
                           (2, "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed")),
    "slow-pattern": ("FROM alpine\nENV A=" + "a" * 60000 + "\nENV B=${A//" + "*a" * 500 + "b/x}\n",
                     (3, "are too long for each other")),
    "many-words-on-a-line": ("FROM alpine\nCOPY " + "a " * 32_000 + "/\n", None),
    "many-words-on-joined-lines": (
        "FROM alpine\nCOPY " + ("a " * 1000 + "\\\n") * 300 + "/\n", None),
    "many-flags": ("FROM alpine\nCOPY " + "--exclude=a " * 5000 + "a b\n", None),
    "many-continued-pieces": ("FROM alpine\nENV " + "A=1 \\\n" * 20_000 + "B=2\n", None),
    "a-million-comments": ("FROM alpine\nRUN a \\\n" + "# c\n" * 1_000_000 + "b\n", None),
    "a-million-comments-above": ("# c\n" * 1_000_000 + "FROM alpine\n", None),
    "a-million-empty-lines": ("FROM alpine\n" + "\n" * 1_000_000 + "RUN a \\\n" + "\n" * 1_000_000, None),
    "many-quotes": ("FROM alpine\nENV A=" + "'\"'" * 20_000 + "\n", None),
    "many-mounts": ("FROM alpine\nRUN " + "--mount=from=x,target=/x " * 2500 + "true\n", None),
    "line-of-the-greatest-length": ("FROM alpine\nRUN " + "x" * (LINE - 4) + "\n", None),
    "line-of-200-MB": ("FROM alpine\nRUN " + "x" * 200_000_000 + "\n",
                       (2, f"dockerfile line greater than max allowed size of {LINE}")),
    "comment-of-1-MB": ("FROM alpine\n# " + "x" * 1_000_000 + "\n",
                        (2, f"dockerfile line greater than max allowed size of {LINE}")),
    "more-than-256-MB": ("FROM alpine\n" + ("#" * 60_000 + "\n") * 4600,
                         (0, "cannot read the Dockerfile")),
    "zeros": ("\0" * 1000, (1, "a NUL byte in an instruction")),
    "zeros-behind": ("FROM alpine\nRUN a\n" + "\0" * 1000, (3, "a NUL byte in an instruction")),
    "zeros-in-a-heredoc": ("FROM alpine\nRUN <<EOF\na\0b\nEOF\n", None),
    "zeros-in-a-heredoc-to-expand": ("FROM alpine\nCOPY <<EOF /x\na\0$b\nEOF\n", (3, "a NUL byte in a heredoc")),
    "escapes-only": ("FROM alpine\n" + "\\\n" * 100_000, (2, "unknown instruction: ")),
    "missing-stage": ("FROM alpine AS a\nCOPY --from=1 / /\n", (2, "invalid stage index 1")),
    "huge-stage-index": ("FROM alpine\nCOPY --from=99999999999999999999 / /\n", None),
    "binary": (bytes(range(1, 256)).decode("latin-1") * 20, None),
}
# What a check says of those that can be evaluated.
CHECKED = {
    "5000-copies-in-a-row": (9598, "the stages copy from one another more than 200 deep: give one of them with --stage"),
}
SANITIZED = 3  # of so many Dockerfiles one is evaluated with sanitizers, too, which takes thirty times as long
# What these bytes mean is not of interest, only that it is told.
EITHER = {"binary"}


def limit():
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def run(program, path, arguments):
    began = time.monotonic()
    with open(os.devnull, "wb") as nowhere:
        done = subprocess.run([program, path, *arguments], stdout=nowhere, stderr=subprocess.PIPE,
                              preexec_fn=limit, timeout=600)
    return done.returncode, done.stderr.decode("utf-8", "replace"), time.monotonic() - began


def judge(name, wanted, status, said, refused=1):
    if status not in (0, refused) or len(said) > 2000 or said.count("\n") > 1:
        return f"status {status}: {said[:500]}"
    if name in EITHER:
        return None
    if wanted is None:
        return None if status == 0 else f"refused: {said[:300]}"
    line, sentence = wanted
    match = re.search(r":(\d+):\d+: ", said)
    if status != refused or sentence not in said or (line and (not match or int(match[1]) != line)):
        return f"status {status}, {said[:300]!r}; wanted line {line}: {sentence}"
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("evaluate_dockerfile")
    parser.add_argument("willrun")
    parser.add_argument("-k", dest="word", default="")
    options = parser.parse_args()
    failed = 0
    slowest = (0, "")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "Dockerfile")
        for number, (name, (text, wanted)) in enumerate(CASES.items()):
            if options.word not in name:
                continue
            with open(path, "wb") as file:
                file.write(text.encode("latin-1"))
            wrong = []
            if number % SANITIZED == 0:
                status, said, took = run(options.evaluate_dockerfile, path, ["linux/amd64", ""])
                slowest = max(slowest, (took, name))
                wrong = [judge(name, wanted, status, said)]
            status, said, took = run(options.willrun, "check", ["--dockerfile", path])
            slowest = max(slowest, (took, name))
            wrong.append(judge(name, CHECKED.get(name, wanted), status, said, refused=2))
            for sentence in filter(None, wrong):
                failed += 1
                print(f"FAILED {name}: {sentence}")
    print(f"{len(CASES)} Dockerfiles, {failed} wrong; the slowest: {slowest[1]}, {slowest[0]:.1f} s")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
