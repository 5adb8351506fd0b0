#!/usr/bin/env python3
"""What is told of all that a Dockerfile starts or copies: one row a rule of COPY and ADD, and of what decides or leaves
open where not all is known.

usage: dockerfile_cases.py WILLRUN [-k WORD]
"""
import io
import json
import re
import subprocess
import sys
import tarfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "dockerfile"))

import rows  # noqa: E402: beside the other tests of Dockerfiles

SOURCE = ".globl _start\n_start: mov $60, %eax\nxor %edi, %edi\nsyscall\n"
RUNS, FAILS, OPEN = "runs", "fails", "unknown"
BASE, ALPINE, STRANGE = "FROM debian:12-slim\n", "FROM alpine:3.20\n", "FROM corp/base:1\n"
BUILD = "FROM golang:1.24 AS build\nRUN make\n"
CASES = []


def case(name, text, judged, *told):
    """`judged`: path to verdict of all that is judged, or the sentence with which willrun ends; `told`: words about
    it, "!" before those that must not be there."""
    CASES.append((name, text, judged, told))


def only(verdict, path="/x/app"):
    return {path: verdict}


# ---- where a COPY puts it ----
case("into a folder", BASE + "COPY app /x/", only(RUNS))
case("under another name", BASE + "COPY app /x/other", only(RUNS, "/x/other"))
case("into the working directory", BASE + "WORKDIR /x\nCOPY app .", only(RUNS))
case("below the working directory", BASE + "WORKDIR /x\nCOPY app y/", only(RUNS, "/x/y/app"))
case("two files", BASE + "COPY app data /x/\nCMD [\"/x/data\"]", {"/x/app": RUNS, "/x/data": FAILS}, "--chmod=755")
case("two files under a name without a slash", BASE + "COPY app dir /x", {"/x/app": RUNS, "/x/tool": RUNS})
case("a pattern", BASE + "COPY a* /x/", only(RUNS), "!not-in-context")
case("a pattern of nothing", BASE + "COPY q* /x/\nCMD [\"/x/app\"]", {"/x/app": OPEN}, "q* is not in the build context")
case("a folder's contents", BASE + "COPY dir /x", only(RUNS, "/x/tool"))
case("a name that is not there", BASE + "COPY gone /x/\nCMD [\"/x/gone\"]", only(OPEN, "/x/gone"), "gone is not in the build context")
case("twice the same that is not there", BASE + "COPY gone gone /x/", only(OPEN, "/x/gone"))
case("a folder that is not there", BASE + "COPY gone/ /x/\nCMD [\"/x/app\"]", only(OPEN))
case("the mode", BASE + "COPY --chmod=600 app /x/\nCMD [\"/x/app\"]", only(FAILS), "mode 0600")
case("the mode by letters", BASE + "COPY --chmod=a-x app /x/\nCMD [\"/x/app\"]", only(FAILS))
case("the mode by letters that add", BASE + "COPY --chmod=u=rwX,go+rx data /x/\nCMD [\"/x/data\"]", only(RUNS, "/x/data"))
case("a mode that is none", BASE + "COPY --chmod=rwx app /x/", "--chmod=rwx: expected an octal number, or changes as u+x,go=rX")
case("the owner", BASE + "COPY --chown=7 --chmod=700 app /x/\nUSER 7\nCMD [\"/x/app\"]", only(RUNS))
case("another owner", BASE + "COPY --chown=8 --chmod=700 app /x/\nUSER 7\nCMD [\"/x/app\"]", only(FAILS))
case("an owner that nobody is", BASE + "COPY --chown=stranger --chmod=700 app /x/\nUSER 7\nCMD [\"/x/app\"]", only(FAILS))
case("a text", BASE + "COPY --chmod=755 <<END /x/run\n#!/bin/sh\nEND\nCMD [\"/x/run\"]", only(RUNS, "/x/run"))
case("a text without execute permission", BASE + "COPY <<END /x/run\n#!/bin/sh\nEND\nCMD [\"/x/run\"]", only(FAILS, "/x/run"), "mode 0644")
case("texts into a folder", BASE + "COPY --chmod=755 <<one <<two /x/\n#!/bin/sh\none\n#!/bin/none\ntwo\nCMD [\"/x/one\"]",
     {"/x/one": RUNS, "/x/two": FAILS})

# ---- with its parents, and without some ----
case("with its parents", BASE + "COPY --parents dir/tool /x/", only(RUNS, "/x/dir/tool"))
case("behind the pivot", BASE + "COPY --parents deep/./dir/tool /x/", only(RUNS, "/x/dir/tool"))
case("a folder with its parents", BASE + "COPY --parents deep/dir /x/", only(RUNS, "/x/deep/dir/tool"))
case("a pattern with its parents", BASE + "COPY --parents deep/*/tool /x/", only(RUNS, "/x/deep/dir/tool"))
case("a pattern behind the pivot", BASE + "COPY --parents deep/./*/tool /x/", only(RUNS, "/x/dir/tool"))
case("a pattern behind a pivot that is not there", BASE + "COPY --parents gone/./*/tool /x/\nCMD [\"/x/dir/tool\"]", only(OPEN, "/x/dir/tool"))
case("what is not there, with its parents", BASE + "COPY --parents gone/tool /x/\nCMD [\"/x/gone/tool\"]", only(OPEN, "/x/gone/tool"))
case("without some", BASE + "COPY --exclude=tool dir /x/\nCMD [\"/x/tool\"]", only(FAILS, "/x/tool"))
case("without others", BASE + "COPY --exclude=*.md dir /x/", only(RUNS, "/x/tool"))
case("without some, with parents", BASE + "COPY --parents --exclude=**/tool deep /x/\nCMD [\"/x/deep/dir/tool\"]", only(FAILS, "/x/deep/dir/tool"))
for pattern in ("/tool", "!tool", "#tool", "../tool"):
    case(f"without {pattern}, which is not followed", BASE + f"COPY --exclude={pattern} dir /x/\nCMD [\"/x/tool\"]", only(OPEN, "/x/tool"))
case("a file that is named and left out", BASE + "COPY --exclude=app app /x/", only(OPEN))

# ---- what ADD unpacks, or fetches ----
for kind in ("tar", "tar.gz", "tar.bz2", "tar.xz", "tar.zst"):
    case(f"a {kind}", BASE + f"ADD own.{kind} /x/", only(RUNS))
    case(f"a {kind} that is copied", BASE + f"COPY own.{kind} /x/\nCMD [\"/x/app\"]", only(FAILS))
case("archives by a pattern", BASE + "ADD own.tar.?z* /x/", only(RUNS))
case("a compressed file that is no archive", BASE + "ADD plain.gz /x/\nCMD [\"/x/plain.gz\"]", only(FAILS, "/x/plain.gz"))
case("a folder that is added", BASE + "ADD dir /x/", only(RUNS, "/x/tool"))
case("a program that is added", BASE + "ADD app /x/", only(RUNS))
case("a name that is not there, added", BASE + "ADD gone.tar /x/\nCMD [\"/x/app\"]", {"/x/app": OPEN, "/x/gone.tar": OPEN})
case("an archive, without some", BASE + "ADD --exclude=app own.tar /x/", only(RUNS))
for address in ("https://x.example/a/app", "https://x.example/app?a=/b", "http://x.example/app#b", "https://x.example/app/"):
    case(f"fetched from {address}", BASE + f"ADD --chmod=755 {address} /x/", only(OPEN), f"ADD in line 2 fetches {address}")
case("fetched under no name", BASE + "ADD https://x.example /x/\nCMD [\"/x/__unnamed__\"]", only(FAILS, "/x/__unnamed__"))
case("fetched under another name", BASE + "ADD https://x.example/app /x/own\nCMD [\"/x/own\"]", only(FAILS, "/x/own"), "mode 0600")
for address in ("https://x.example/a.git", "https://x.example/a.git#v1:dir", "git@x.example:a", "git://x.example/a", "ssh://git@x.example/a"):
    case(f"cloned from {address}", BASE + f"ADD {address} /x/\nCMD [\"/x/app\"]", only(OPEN), f"fetches {address}")
case("fetched and unpacked", BASE + "ADD --unpack=true https://x.example/a.tar /x/\nCMD [\"/x/app\"]", only(OPEN))
case("an address that is copied is a name", BASE + "COPY https://x.example/app /x/\nCMD [\"/x/app\"]", only(OPEN), "is not in the build context")

# ---- from stages and images ----
case("from a stage that makes it", BUILD + BASE + "COPY --from=build /x/app /x/", only(OPEN), "where RUN in line 2 makes it")
case("from a stage that copies it", "FROM debian:12 AS build\nCOPY app /y/\n" + BASE + "COPY --from=build /y/app /x/", only(RUNS))
case("from a stage, by its number", "FROM debian:12\nCOPY app /y/\n" + BASE + "COPY --from=0 /y/app /x/", only(RUNS))
case("a folder from a stage", "FROM debian:12 AS build\nCOPY app /y/\n" + BASE + "COPY --from=build /y /x", only(RUNS))
case("a pattern from a stage", "FROM scratch AS build\nCOPY app /y/\n" + BASE + "COPY --from=build /y/a* /x/", only(RUNS))
case("a pattern from a stage of which not all is known", "FROM debian:12 AS build\nCOPY app /y/\n" + BASE + "COPY --from=build /y/a* /x/", only(OPEN, "/x"))
case("a pattern from a stage that makes it", BUILD + BASE + "COPY --from=build /y/*.so /x/\nCMD [\"/x/app\"]", only(OPEN), "comes from the stage build")
case("a pattern of all", BUILD + BASE + "COPY --from=build /* /x/\nCMD [\"/x/app\"]", only(OPEN))
case("a folder to which a RUN adds", "FROM debian:12 AS build\nCOPY app /y/\nRUN curl -o /y/more https://x.example/more\n" + BASE +
     "COPY --from=build /y /x\nCMD [\"/x/more\"]", {"/x/app": OPEN, "/x/more": OPEN}, "where RUN in line 3 makes it")
case("what a later RUN may change", "FROM debian:12 AS build\nCOPY app /y/\nRUN make\n" + BASE + "COPY --from=build /y/app /x/", only(OPEN))
case("the RUN that names it", "FROM debian:12 AS build\nRUN first\nRUN make /y/app\nRUN last\n" + BASE + "COPY --from=build /y/app /x/", only(OPEN),
     "where RUN in line 3 makes it")
for text in ("make /y/app;", "make '/y/app'", "make \"/y/app\" x", "make /y/app/z", "make /y/app|cat", "(make /y/app)"):
    case(f"the RUN that names it: {text}", f"FROM debian:12 AS build\nRUN first\nRUN {text}\nRUN last\n" + BASE + "COPY --from=build /y/app /x/", only(OPEN),
         "where RUN in line 3 makes it")
case("a RUN that names another", "FROM debian:12 AS build\nRUN first\nRUN make /y/apple\nRUN last\n" + BASE + "COPY --from=build /y/app /x/", only(OPEN),
     "one of the RUNs in lines 2 to 4 makes it")
case("by packages", "FROM debian:12 AS build\nRUN apt-get install -y tool\n" + BASE + "COPY --from=build /usr/bin/tool /x/", only(OPEN, "/x/tool"),
     "where RUN in line 2 makes it")
case("from an image", ALPINE + "COPY --from=debian:12-slim /bin/dash /x/", only(FAILS, "/x/dash"), "interpreter-missing")
case("what its profile lacks", BASE + "COPY --from=debian:12 /x/app /x/", only(OPEN), "debian:12")
case("from an image that is not known", BASE + "COPY --from=corp/tool:1 /x/app /x/", only(OPEN), "image-not-known")
case("from one after another", "FROM debian:12 AS a\nRUN make\nFROM scratch AS b\nCOPY --from=a /o/app /y/\n" + BASE + "COPY --from=b /y/app /x/", only(OPEN),
     "comes from the stage b")
case("from an image, through a stage", "FROM corp/tool:1 AS a\n" + BASE + "COPY --from=a /o/app /x/", only(OPEN), "comes from the stage a")
case("from nothing", "FROM scratch AS a\n" + BASE + "COPY --from=a /o/app /x/", "the copy of /o/app from stage a to /x/: /o/app in the stage: No such file or directory")

# ---- errors that what is not known may cure, and those that it cannot ----
START = "\nCMD [\"/x/app\"]"
case("an empty program", BASE + "COPY --chmod=755 empty /x/app" + START, only(FAILS), "is empty")
case("an empty program, and a RUN in its folder", BASE + "COPY --chmod=755 empty /x/app\nWORKDIR /x\nRUN make" + START, only(OPEN))
case("an empty program, and a RUN elsewhere", BASE + "COPY --chmod=755 empty /x/app\nRUN mkdir /y" + START, only(FAILS))
case("an empty program, handed to an ENTRYPOINT", STRANGE + "COPY --chmod=755 empty /x/app" + START, only(OPEN), "image-not-known")
case("an empty program, and an ENTRYPOINT", STRANGE + "COPY --chmod=755 empty /x/app\nENTRYPOINT [\"/x/app\"]", only(FAILS))
case("another machine's program", BASE + "COPY --chmod=755 foreign /x/app" + START, only(FAILS), "platform-mismatch")
case("another machine's program, and a RUN", BASE + "COPY --chmod=755 foreign /x/app\nRUN make" + START, only(FAILS))
case("another machine's program, and a RUN that names it", BASE + "COPY --chmod=755 foreign /x/app\nRUN convert /x/app" + START, only(OPEN))
case("another machine's program, and a RUN before it", BASE + "RUN make\nCOPY --chmod=755 foreign /x/app" + START, only(FAILS))
case("a loop of scripts", BASE + "COPY --chmod=755 <<END /x/app\n#!/x/app\nEND" + START, only(FAILS))
case("glibc's program on musl", ALPINE + "COPY glibc /x/app" + START, only(FAILS), "interpreter-missing")
case("glibc's program on musl, and a RUN", ALPINE + "COPY glibc /x/app\nRUN make" + START, only(FAILS))
for run in ("./install-glibc.sh", "ln -s $A /lib64/ld-linux-x86-64.so.2", "./add-compat"):
    case(f"glibc's program on musl, and {run}", ALPINE + f"COPY glibc /x/app\nRUN {run}" + START, only(OPEN))
case("glibc's program on musl, and its compatibility", ALPINE + "COPY glibc /x/app\nRUN apk add gcompat" + START, only(OPEN), "gcompat")
case("glibc's program on musl, and another package", ALPINE + "COPY glibc /x/app\nRUN apk add curl" + START, only(FAILS))
case("glibc's program on an image of musl", "FROM node:20-alpine\nCOPY glibc /x/app\nENTRYPOINT [\"/x/app\"]", only(FAILS))
case("glibc's program on an unknown image", STRANGE + "COPY glibc /x/app\nENTRYPOINT [\"/x/app\"]", only(OPEN), "image-not-known")
case("a later glibc's program", "FROM debian:11-slim\nCOPY later /x/app" + START, only(FAILS), "version-missing")
case("a later glibc's program, and a RUN", "FROM debian:11-slim\nCOPY later /x/app\nRUN make" + START, only(FAILS))
case("a library that nothing brings", BASE + "COPY needs /x/app" + START, only(FAILS), "library-missing")
case("a library, and a RUN", BASE + "COPY needs /x/app\nRUN make" + START, only(OPEN))
case("a library, and a RUN in another folder", BASE + "COPY needs /x/app\nRUN curl -o /srv/a https://x.example/a" + START, only(FAILS))
case("a library, and a RUN in a folder that is searched", BASE + "COPY needs /x/app\nRUN cp -t /usr/lib /y/a" + START, only(OPEN))
case("a library, and a RUN in a folder that is not", BASE + "COPY needs /x/app\nRUN cp -t /srv /y/a" + START, only(FAILS))
case("a library in an unknown image", STRANGE + "COPY needs /x/app\nENTRYPOINT [\"/x/app\"]", only(OPEN))
case("a library in a known image", "FROM node:20-slim\nCOPY needs /x/app\nENTRYPOINT [\"/x/app\"]", only(OPEN))
case("a library from the stage, too", BUILD + BASE + "COPY needs /x/app\nCOPY --from=build /o/ /usr/local/lib/" + START, {"/x/app": FAILS, "/usr/local/lib": OPEN})
case("a library from the stage, in a folder that is searched", BUILD + BASE + "COPY needs /x/app\nCOPY --from=build /o/ /usr/lib/" + START, {"/x/app": OPEN, "/usr/lib": OPEN}, "comes from the stage build")
OWN = BASE + "COPY needs /x/app\nCOPY libown.so.1 /usr/local/lib/\n"
BOTH = {"/x/app": RUNS, "/usr/local/lib/libown.so.1": RUNS}
for run in ("ldconfig", "ldconfig -v", "ldconfig --verbose -i", "ldconfig -X", "/sbin/ldconfig"):
    case(f"a library that {run} may find", OWN + f"RUN {run}" + START, {**BOTH, "/x/app": OPEN})
for run in ("true", "ldconfig -p", "ldconfig -V", "ldconfig -N", "ldconfig -n /usr/local/lib"):
    case(f"a library that {run} does not find", OWN + f"RUN {run}" + START, {**BOTH, "/x/app": FAILS}, "library-missing")
case("a folder that ldconfig is told", OWN.replace("/usr/local/lib", "/srv/own") + "RUN ldconfig /srv/own" + START,
     {"/x/app": RUNS, "/srv/own/libown.so.1": RUNS})
LINKED = {"/x/app": RUNS, "/srv/own/libown.so.1.2": RUNS}
for run in ("ldconfig /srv/own", "ln -s none /srv/own/libown.so.1 && ldconfig /srv/own", "ldconfig -n /srv/own && ldconfig /srv/own"):
    case(f"a link that {run} makes", OWN.replace("/usr/local/lib/", "/srv/own/libown.so.1.2") + f"RUN {run}" + START, LINKED)
case("a link that nothing makes", OWN.replace("/usr/local/lib/", "/srv/own/libown.so.1.2") + "RUN true" + START, {**LINKED, "/x/app": FAILS})
case("ldconfig with an option that is not followed", OWN + "RUN ldconfig --format=new" + START, {path: OPEN for path in BOTH})
case("ldconfig, and what a RUN has put there", OWN.replace("/usr/local/lib", "/srv/own") + "RUN curl -o /srv/own/a https://x.example/a\nRUN ldconfig /srv/own" + START,
     {"/x/app": OPEN, "/srv/own/libown.so.1": OPEN})
case("ldconfig of musl makes links alone", ALPINE + "COPY app /x/app\nRUN ldconfig" + START, only(RUNS))
case("ldconfig of musl, in a folder", ALPINE + "COPY app /x/app\nRUN ldconfig /x" + START, only(OPEN))
case("a command that nothing brings", BASE + "CMD [\"tool\"]", only(FAILS, "tool"), "command-not-found")
case("a command, and a folder of PATH", BASE + "RUN cp -t /usr/local/bin /y/tool\nCMD [\"tool\"]", only(OPEN, "tool"))
case("a command, and a folder of another PATH", BASE + "ENV PATH=/y:/z\nRUN cp -t /z /y/tool\nCMD [\"tool\"]", only(OPEN, "tool"))
case("a command, and no folder of PATH", BASE + "RUN cp -t /srv /y/tool\nCMD [\"tool\"]", only(FAILS, "tool"))
case("a command of its package", BASE + "RUN apt-get install -y tool\nCMD [\"tool\"]", only(OPEN, "tool"), "installs the package tool")
case("a command of another package", BASE + "RUN apt-get install -y gadget\nCMD [\"tool\"]", only(OPEN, "tool"), "of which one may bring it")
case("a command that no package brings there", BASE + "RUN apt-get install -y tool\nCMD [\"/x/tool\"]", only(FAILS, "/x/tool"))
case("a command of a package by its path", BASE + "RUN apt-get install -y tool\nCMD [\"/usr/bin/tool\"]", only(OPEN, "/usr/bin/tool"))
case("an interpreter of a package", BASE + "RUN apt-get install -y perl6\nCOPY --chmod=755 <<END /x/app\n#!/usr/bin/perl6\nEND" + START, only(OPEN), "perl6")
SHOULD = "which should have it"
for packages in ("pq", "libpq", "libpq-libs pq-libs", "so:libpq.so.5", "ca-certificates libpq"):
    case(f"a library of the package {packages}", ALPINE + f"COPY pq /x/app\nRUN apk add {packages}" + START, only(OPEN),
         f"RUN in line 3 installs the package {packages.split()[-1]}, {SHOULD}")
case("a library of another package", ALPINE + "COPY pq /x/app\nRUN apk add mpq" + START, only(OPEN), "of which one may bring it")
case("a library whose package has another name", ALPINE + "COPY bz2 /x/app\nRUN apk add libbz2" + START, only(OPEN), SHOULD)
case("a library by its own name, whose package has another", ALPINE + "COPY bz2 /x/app\nRUN apk add so:libbz2.so.1" + START, only(OPEN), SHOULD)
case("a package that is called as the library, whose package has another name", ALPINE + "COPY bz2 /x/app\nRUN apk add bz2" + START, only(OPEN), "!" + SHOULD)
case("a package without libraries", ALPINE + "COPY pq /x/app\nRUN apk add tzdata" + START, only(FAILS), "library-missing")
case("a package without libraries, and a command", ALPINE + "RUN apk add tzdata\nCMD [\"tool\"]", only(FAILS, "tool"))
case("a library of a package of another release", BASE + "COPY xml /x/app\nRUN apt-get install -y libxml2" + START, only(OPEN), SHOULD)
case("a library that another package has", BASE + "COPY xml /x/app\nRUN apt-get install -y libxml3" + START, only(OPEN), "of which one may bring it")
case("a package of the release from which the library is built", "FROM python:3.12 AS build\n" + BASE + "COPY xml /x/app\nRUN apt-get install -y libxml2" + START,
     only(OPEN), SHOULD)
case("glibc's program on musl, and the other compatibility", ALPINE + "COPY glibc /x/app\nRUN apk add curl libc6-compat" + START, only(OPEN), "libc6-compat")
case("a user that nobody is", BASE + "COPY app /x/app\nUSER nobody-at-all" + START, only(FAILS), "user-missing")
case("a user, and a RUN", BASE + "COPY app /x/app\nRUN ./users\nUSER somebody" + START, only(OPEN))
case("a user, and a RUN that writes them", BASE + "COPY app /x/app\nRUN cat users >> /etc/passwd\nUSER somebody" + START, only(OPEN))
case("a user of an unknown image", STRANGE + "COPY app /x/app\nUSER somebody\nENTRYPOINT [\"/x/app\"]", only(OPEN))
case("a file that nobody may execute", BASE + "COPY data /x/app" + START, only(FAILS), "not-executable")
case("the same, and a RUN that makes it so", BASE + "COPY data /x/app\nRUN chmod +x /x/app" + START, only(RUNS))
case("the same, and a RUN that may", BASE + "COPY data /x/app\nRUN find /x -exec chmod +x {} +" + START, only(OPEN))
case("the same, handed to an ENTRYPOINT", "FROM node:20\nCOPY data /x/app" + START, only(OPEN))
case("the same, and the image has none", "FROM python:3.12-slim\nCOPY data /x/app" + START, only(FAILS))
case("a script's interpreter that nobody may execute", BASE + "COPY data /x/data\nCOPY --chmod=755 <<END /x/app\n#!/x/data\nEND" + START, {"/x/app": FAILS, "/x/data": FAILS}, "shebang-refused")
case("a script that is handed to python", "FROM python:3.12-slim\nCMD [\"python3\", \"/x/app.py\"]", {"/x/app.py": FAILS, "python3": OPEN})
case("a script that a RUN may make", "FROM python:3.12-slim\nRUN make\nCMD [\"python3\", \"/x/app.py\"]", {"/x/app.py": OPEN, "python3": OPEN})
case("a loader's own error on nothing", "FROM scratch\nCOPY glibc /x/app" + START, only(FAILS), "debian:13-slim")

# ---- programs that start another, which is judged, too ----
for words in ("tini -- /x/gone", "tini -s -g -- /x/gone", "dumb-init -v /x/gone", "gosu 7 /x/gone", "su-exec 7:8 /x/gone", "env /x/gone", "env A=b C=d /x/gone"):
    started = f"/usr/bin/{words.split()[0]}"
    case(f"what {words} starts", BASE + f"COPY app {started}\nCMD {json.dumps(words.split())}", {started: RUNS, "/x/gone": FAILS})
case("what an env below tini starts", BASE + "COPY app /usr/bin/tini\nCMD [\"tini\", \"--\", \"env\", \"A=b\", \"/x/gone\"]",
     {"/usr/bin/tini": RUNS, "/usr/bin/env": RUNS, "/x/gone": FAILS})
for words in ("tini", "tini --", "tini -v", "gosu", "gosu 7", "env A=b", "env -i /x/gone"):
    started = f"/usr/bin/{words.split()[0]}"
    case(f"{words} starts nothing that is told", BASE + f"COPY app {started}\nCMD {json.dumps(words.split())}", only(RUNS, started))

# ---- what a stage that is not given builds, by its RUNs: for which libc and machine, and how it links ----
FAMILIES, CROSS = "libc-families", "cross-build"
MUSL_RUST, ARM_RUST = "x86_64-unknown-linux-musl", "aarch64-unknown-linux-gnu"


def built(run, *told, image="golang:1.24", final=ALPINE, copied="/o/app"):
    name = f"{run!r} on {image} for {final.split()[-1]}"
    case(name if copied == "/o/app" else f"{name}, {copied}", f"FROM {image} AS build\n{run}\n{final}COPY --from=build {copied} /x/app", only(OPEN), *told)


built("RUN go build", FAMILIES, "or is loaded as a plugin")
built("RUN CGO_ENABLED=0 go build", "!" + FAMILIES)
built("ENV CGO_ENABLED=0\nRUN go install .", "!" + FAMILIES)
built("RUN export CGO_ENABLED=0 && go build", "!" + FAMILIES)
built("ENV CGO_ENABLED=0\nRUN CGO_ENABLED=1 go build", FAMILIES)
built("RUN CGO_ENABLED=0 go build a\nRUN go build b", FAMILIES)
built("RUN go build -ldflags '-extldflags -static'", "!" + FAMILIES)
built("RUN go build", "!" + FAMILIES, image="golang:1.24-alpine", final=BASE)
built("RUN go build", "!" + FAMILIES, image="golang:alpine", final=BASE)
built("RUN go build", FAMILIES, image="golang:1.19-alpine", final=BASE)
built("RUN apk add gcc && go build", FAMILIES, image="golang:1.24-alpine", final=BASE)
built("ENV CGO_ENABLED=1\nRUN go build", FAMILIES, image="golang:1.24-alpine", final=BASE)
built("RUN GOARCH=arm64 go build", CROSS, "GOARCH=arm64")
built("RUN GOARCH=amd64 go build", "!" + CROSS)
built("RUN GOARCH=$TARGETARCH go build", "!" + CROSS)
built("RUN GOARCH=arm64 go build a && GOARCH=amd64 go build b", "!" + CROSS)
built("ENV GOARCH=arm64\nRUN go build", "!" + CROSS)
built("RUN cargo build", FAMILIES, "!or is loaded as a plugin", image="rust:1.80")
built(f"RUN cargo build --target {MUSL_RUST}", "!" + FAMILIES, image="rust:1.80")
built(f"RUN cargo build --target={MUSL_RUST}", "!" + FAMILIES, image="rust:1.80", final=BASE)
built(f"ENV CARGO_BUILD_TARGET={MUSL_RUST}\nRUN rustup target add x\nRUN cargo build", "!" + FAMILIES, image="rust:1.80", final=BASE)
built(f"RUN RUSTFLAGS=-Ctarget-feature=-crt-static cargo build --target {MUSL_RUST}", FAMILIES, MUSL_RUST, image="rust:1.80", final=BASE)
built("RUN RUSTFLAGS=-Ctarget-feature=+crt-static cargo build", "!" + FAMILIES, image="rust:1.80")
built(f"RUN cargo build --target {ARM_RUST}", CROSS, ARM_RUST, image="rust:1.80")
built(f"RUN cargo build --target {ARM_RUST}\nRUN cargo build --target {MUSL_RUST}", "!" + CROSS, image="rust:1.80")
built(f"RUN cargo build --target {ARM_RUST} && cargo build --target {MUSL_RUST}", "!" + CROSS, image="rust:1.80")
built("RUN cargo build --target $ARCH-unknown-linux-musl && cargo build --target x-linux-gnu", "!" + CROSS, image="rust:1.80")
built(f"RUN cargo build --target {ARM_RUST}\nRUN cargo build --target {MUSL_RUST}", "!" + CROSS, "!" + FAMILIES, image="rust:1.80",
      copied=f"/o/{MUSL_RUST}/release/app")
built("RUN cargo build", CROSS, image="rust:1.80", copied=f"/o/{ARM_RUST}/release/app")
built("RUN gcc -o /o/app a.c", FAMILIES, "!or is loaded as a plugin", image="gcc:13")
built("RUN gcc -static -o /o/app a.c", FAMILIES, "or is loaded as a plugin", image="gcc:13")
built("RUN make", FAMILIES, "or is loaded as a plugin", image="gcc:13")
built("RUN ./build.sh", "!" + FAMILIES, image="gcc:13")
built("RUN gcc -o /o/app a.c", "builder-newer", "!" + FAMILIES, image="debian:13", final="FROM debian:11-slim\n")
built("RUN gcc -o /o/app a.c", "!builder-newer", image="debian:12", final=BASE)
built("RUN go build", "certificates-missing", "time-zones-missing", FAMILIES, final="FROM scratch\n")
case("certificates of the stage", "FROM golang:1.24 AS build\nRUN go build\nFROM scratch\nCOPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/\nCOPY --from=build /o/app /x/app",
     {"/x/app": OPEN, "/etc/ssl/certs/ca-certificates.crt": OPEN}, "!certificates-missing", "time-zones-missing")
built("RUN make", "!certificates-missing", final="FROM scratch\n")
for ask in ("go build", "TARGETARCH=x go build"):
    built(f"RUN {ask}", ("" if ask == "go build" else "!") + "no RUN of it asks for TARGETARCH", image="--platform=$BUILDPLATFORM golang:1.24")
built("RUN true", "!no RUN of it asks", image="--platform=linux/amd64 golang:1.24")
built("RUN go build", "!no RUN of it asks", image="--platform=$TARGETPLATFORM golang:1.24")
case("a platform that is fixed", "FROM --platform=linux/arm64 debian:12-slim\nCOPY app /x/app", only(RUNS), "platform-fixed", "Leave --platform out")


def make_context(folder):
    def program(name, *flags, text=SOURCE, compiler="gcc"):
        to = folder / name
        to.parent.mkdir(parents=True, exist_ok=True)
        kind = "assembler" if text is SOURCE else "c"
        subprocess.run([compiler, "-x", kind, "-", "-x", "none", "-o", to, *flags], input=text.encode(), check=True)
        return to.read_bytes()
    static = ["-nostdlib", "-static"]
    plain = program("app", *static)
    program("data", *static)
    (folder / "data").chmod(0o644)
    for name in ("dir/tool", "deep/dir/tool"):
        program(name, *static)
    (folder / "dir/read.md").write_text("#\n")
    (folder / "foreign").write_bytes(plain[:18] + b"\xb7\0" + plain[20:])
    (folder / "empty").write_text("")
    main = "int main(void) { return 0; }\n"
    program("glibc", text=main)
    own = folder / "libown.so.1"
    program(own.name, "-shared", "-fPIC", "-Wl,-soname,libown.so.1", text=main)
    program("needs", "-Wl,--no-as-needed", own, text=main)
    for name, soname, compiler in (("pq", "libpq.so.5", "musl-gcc"), ("bz2", "libbz2.so.1", "musl-gcc"), ("xml", "libxml2.so.2", "gcc")):
        program(soname, "-shared", "-fPIC", f"-Wl,-soname,{soname}", text=main, compiler=compiler)
        program(name, "-Wl,--no-as-needed", folder / soname, text=main, compiler=compiler)
    program("later", text="#include <unistd.h>\nint close_range(unsigned, unsigned, int);\nint main(void) { return close_range(9, 9, 0); }\n")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        tar.add(folder / "app", "app")
    for end, how in (("", ["cat"]), (".gz", ["gzip"]), (".bz2", ["bzip2"]), (".xz", ["xz"]), (".zst", ["zstd", "-q"])):
        (folder / f"own.tar{end}").write_bytes(subprocess.run([*how, "-c"] if end else how, input=packed.getvalue(), capture_output=True, check=True).stdout)
    (folder / "plain.gz").write_bytes(subprocess.run(["gzip", "-c"], input=b"no archive\n" * 99, capture_output=True, check=True).stdout)


def told_of(target):
    """What is said of the target and of all in it."""
    texts = []
    for subject in [target, *target["subjects"]]:
        for finding in subject.get("findings", []):
            texts += [finding["rule"], finding["message"], finding["fix"], (finding.get("edit") or {}).get("text")]
    return "\n".join(text for text in texts if text)


def wrong(willrun, folder, number, row):
    name, text, judged, told = row
    file = folder / "files" / f"Dockerfile.{number}"
    file.write_text(text + "\n")
    done = subprocess.run([willrun, "check", "--dockerfile", file, "--context", folder, "--platform", "linux/amd64", "--format", "json",
                           "--jobs", "1"], capture_output=True, text=True, check=False, timeout=120)
    if re.search("Sanitizer|runtime error", done.stderr):
        return f"{name}: {done.stderr}"
    if isinstance(judged, str):
        return None if done.returncode == 2 and judged in done.stderr else f"{name}: status {done.returncode}: {done.stderr}{done.stdout[:2000]}"
    if done.returncode not in (0, 1):
        return f"{name}: status {done.returncode}: {done.stderr}"
    target = json.loads(done.stdout)["targets"][0]
    verdicts = {subject["path"]: subject["verdict"] for subject in target["subjects"]}
    said = told_of(target)
    missed = [words for words in told if (words.lstrip("!") in said) == words.startswith("!")]
    if verdicts == judged and not missed:
        return None
    return f"{name}: {verdicts}, not {judged}; lacks {missed}\n    " + said.replace("\n", "\n    ")


def make_files(folder):
    (folder / "files").mkdir()
    make_context(folder)


if __name__ == "__main__":
    sys.exit(rows.run(CASES, make_files, wrong))
