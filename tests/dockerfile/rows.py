"""The command line of a test that judges a table of Dockerfiles in one context."""
import argparse
import concurrent.futures
import os
import tempfile
from pathlib import Path


def run(cases, make_context, judge):
    """`judge` tells of a program, the context's folder, a number of its own and a case what is wrong; nothing: all is
    right. The first of a case is its name."""
    parser = argparse.ArgumentParser()
    parser.add_argument("willrun")
    parser.add_argument("-k", dest="word", default="")
    given = parser.parse_args()
    program, chosen = os.path.abspath(given.willrun), [case for case in cases if given.word in case[0]]
    with tempfile.TemporaryDirectory(prefix="willrun-rows-") as work:
        make_context(Path(work))
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            answers = pool.map(lambda pair: judge(program, Path(work), *pair), enumerate(chosen))
            wrong = [answer for answer in answers if answer]
    for answer in wrong:
        print(f"FAILED: {answer}")
    print(f"{len(chosen)} Dockerfiles, {len(wrong)} wrong")
    return 1 if wrong or not chosen else 0
