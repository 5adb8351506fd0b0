#!/usr/bin/env python3
"""The judge judged: what compare.py calls a difference, and what its rules excuse."""

import sys
import unittest

sys.dont_write_bytecode = True

import compare

MISSING = "/app: error while loading shared libraries: liba.so: cannot open shared object file: " \
    "No such file or directory"
AT_CALL = "/app: symbol lookup error: /lib/liba.so: undefined symbol: late"


def listing(*objects, stderr=(), status=0):
    return {"objects": [list(pair) for pair in objects], "status": status, "signal": None, "stderr": [*stderr]}


def program(lazy, now=None, **run):
    return {"path": "/app", "arch": "amd64", "program": True, "dynamic": True, "loader": "glibc", "exec": None,
            "lazy": lazy, "now": now or lazy, "run": {"status": None, "signal": None, "stderr": [], **run}}


def answer(verdict, objects=(), stderr=(), status=None, findings=()):
    return {"verdict": verdict, "objects": [{"name": name, "path": path} for name, path in objects],
            "findings": [*findings],
            "predicted": {"errno": None, "exit_status": status, "stderr": [*stderr]}}


FOUND = ("liba.so", "/lib/liba.so")
LATE = {"rule": "symbol-missing-lazy", "severity": "warning", "symbol": "late", "version": None}
UNBOUND = listing(FOUND, stderr=["undefined symbol: late\t(/lib/liba.so)"])


class Judged(unittest.TestCase):
    def kinds(self, truth, told):
        return {found.kind: found.explained
                for found in compare.differences(truth, told, compare.expected(truth, "amd64"))}

    def test_what_is_equal_has_no_difference(self):
        truth = program(listing(FOUND), entered=True)
        self.assertEqual(self.kinds(truth, answer("runs", [FOUND])), {})

    def test_runs_for_a_start_that_fails_is_a_false_runs(self):
        truth = program(listing(("liba.so", None)), status=127, stderr=[MISSING])
        self.assertEqual(self.kinds(truth, answer("runs", [("liba.so", None)])),
                         {"false-runs": None, "exit-status": None, "stderr": None})

    def test_another_path_another_line_and_another_status_are_differences(self):
        truth = program(listing(("liba.so", None)), status=127, stderr=[MISSING])
        told = answer("fails", [FOUND], [MISSING + "."], 1)
        self.assertEqual(self.kinds(truth, told), {"objects": None, "exit-status": None, "stderr": None})

    def test_a_symbol_that_nothing_defines_has_to_be_named(self):
        truth = program(listing(FOUND), UNBOUND, entered=True)
        self.assertEqual(self.kinds(truth, answer("degraded", [FOUND])), {"symbols": None})
        self.assertEqual(self.kinds(truth, answer("degraded", [FOUND], findings=[LATE])), {})

    def test_a_symbol_that_is_defined_may_not_be_named(self):
        truth = program(listing(FOUND), entered=True)
        self.assertEqual(self.kinds(truth, answer("degraded", [FOUND], findings=[LATE])), {"symbols": None})

    def test_a_constructor_may_end_the_process(self):
        truth = program(listing(FOUND), status=3, stderr=["no such device"])
        found = self.kinds(truth, answer("runs", [FOUND]))
        self.assertEqual(set(found.values()), {"constructor-ends"})

    def test_a_constructor_may_call_what_only_a_call_looks_up(self):
        truth = program(listing(FOUND), UNBOUND, status=127, stderr=[AT_CALL])
        found = self.kinds(truth, answer("degraded", [FOUND], findings=[LATE]))
        self.assertEqual(set(found.values()), {"constructor-ends"})

    def test_a_refusal_by_the_loader_is_not_a_constructor(self):
        for line in (MISSING, AT_CALL):
            truth = program(listing(FOUND), status=127, stderr=[line])
            self.assertIn(None, self.kinds(truth, answer("runs", [FOUND])).values())

    def test_a_constructor_may_write_before_main(self):
        truth = program(listing(FOUND), entered=True, stderr=["hello"])
        self.assertEqual(self.kinds(truth, answer("runs", [FOUND])), {"stderr": "constructor-speaks"})
        self.assertEqual(self.kinds(truth, answer("runs", [FOUND], ["bye"])), {"stderr": None})


if __name__ == "__main__":
    unittest.main()
