"""Fixtures that are held against the answers that BuildKit gave for them once."""
import argparse
import hashlib
import json
import os
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


def digest(text):
    return hashlib.sha256(text).hexdigest()[:16]


def answers_of(name):
    """Fixture -> answer, of a file with one document a line."""
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        return {answer["file"]: answer for answer in map(json.loads, file)}


def write(folder, files):
    for name, content in files.items():
        with open(os.path.join(folder, name), "wb") as file:
            file.write(content)


def run(files, asked, answers_file, judge, summary):
    """The command line of a test: `files` are the fixtures as --write writes them, `asked` as
    willrun reads them; `judge` tells of a program, a name, its path and its answer what is wrong."""
    parser = argparse.ArgumentParser()
    parser.add_argument("program", nargs="?")
    parser.add_argument("-k", dest="word", default="")
    parser.add_argument("--write", metavar="FOLDER")
    options = parser.parse_args()
    if options.write:
        write(options.write, files)
        return 0
    answers = answers_of(answers_file)
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        write(folder, asked)
        for name in asked:
            if options.word not in name:
                continue
            answer = answers.get(name)
            if answer is None or answer["hash"] != digest(files[name]):
                wrong = f"{answers_file} has no answer of BuildKit for it"
            else:
                wrong = judge(options.program, name, os.path.join(folder, name), answer)
            if wrong:
                failed += 1
                print(f"FAILED {name}: {wrong}")
    stale = answers.keys() - files.keys()
    if stale:
        failed += 1
        print(f"FAILED: answers without a fixture: {sorted(stale)}")
    print(f"{summary}, {failed} wrong")
    return failed != 0
