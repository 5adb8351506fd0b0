#!/usr/bin/env python3
"""Dockerfiles that break, and what mends them: built by buildah, started by runc, and held against
what `willrun check --dockerfile` says of them, with the stages given and before any build.

    run_scenarios.py WILLRUN [--fast] [-k WORD] [--cache DIR]

With the stages and images given, willrun's verdict must be what happened, and its words those of the
runtime or of the loader; before the build it must not say the opposite.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "replay"))

import starts  # noqa: E402
from images import IMAGES, Store  # noqa: E402
from scenarios import SCENARIOS  # noqa: E402


class Outcome:
    """How a start went: `words` are the runtime's line or the lines of the program."""

    def __init__(self, started, words, said_by):
        self.started, self.words, self.said_by = started, words, said_by

    def __str__(self):
        return f"{'starts' if self.started else 'fails'}: {self.words}"


def field(root, name, key, wanted):
    """Field `wanted` of the line of /etc/passwd or group whose first field, or number, is `key`."""
    path = Path(root) / "etc" / name
    for line in path.read_text().splitlines() if path.exists() else []:
        words = line.split(":")
        if key in (words[0], words[2]):
            return words[wanted]
    return None


def ids_of(root, user):
    """Numbers of a USER as Docker finds them; None where there is no such name."""
    name, _, group = (user or "0").partition(":")
    uid = field(root, "passwd", name, 2) or (name if name.isdigit() else None)
    gid = field(root, "passwd", name, 3) or "0"
    if group:
        gid = field(root, "group", group, 2) or (group if group.isdigit() else None)
    return None if uid is None or gid is None else (int(uid), int(gid))


def start(work, root, config, argv):
    """Start it as Docker would, by runc."""
    ids = ids_of(root, config.get("User"))
    if ids is None:
        return Outcome(False, None, "engine")
    cwd = config.get("WorkingDir") or "/"
    (Path(root) / cwd.lstrip("/")).mkdir(parents=True, exist_ok=True)
    (Path(root) / "proc").mkdir(exist_ok=True)
    env = dict(item.split("=", 1) for item in config.get("Env") or [])
    shape = starts.runc_config(root, argv[0], {"env": env, "user": f"{ids[0]}:{ids[1]}", "workdir": cwd})
    shape["process"]["args"] = argv
    bundle = tempfile.mkdtemp(dir=work)
    Path(bundle, "config.json").write_text(json.dumps(shape), encoding="utf-8")
    done = subprocess.run([starts.RUNC, "--root", f"{work}/runc", "--log", f"{bundle}/log", "--log-format", "json",
                           "run", "--bundle", bundle, f"scenario-{os.path.basename(bundle)}"],
                          capture_output=True, timeout=120, check=False, stdin=subprocess.DEVNULL)
    lines = done.stderr.decode("utf-8", "replace").splitlines()
    for line in reversed(Path(bundle, "log").read_text(encoding="utf-8").splitlines()):
        message = json.loads(line)
        if message["level"] == "error":
            at = message["msg"].find(starts.PREFIX)
            return Outcome(False, [message["msg"][at + len(starts.PREFIX):] if at >= 0 else message["msg"]], "runtime")
    if lines and lines[0].startswith("exec "):
        return Outcome(False, lines[:1], "runtime")
    return Outcome(done.returncode == 0, lines, "program")


def argv_of(config, which):
    if which == "healthcheck":
        test = config["Healthcheck"]["Test"]
        return test[1:] if test[0] == "CMD" else ["/bin/sh", "-c", *test[1:]]
    return [*(config.get("Entrypoint") or []), *(config.get("Cmd") or [])]


class Rig:
    def __init__(self, willrun, cache, work):
        self.willrun, self.work = willrun, work
        self.store = Store(cache, work)

    def check(self, context, *options):
        done = subprocess.run([self.willrun, "check", "--dockerfile", "Dockerfile", "--format", "json", *options],
                              cwd=context, text=True, capture_output=True, check=False)
        if done.returncode not in (0, 1):
            raise RuntimeError(f"willrun: {done.stderr}")
        return json.loads(done.stdout)["targets"][0]

    def really(self, scenario, context):
        """Build it, and start what it builds; and the options that give the stages and images."""
        options = []
        for image in scenario.images():
            self.store.load(image)
            options.append(f"--base={image}={self.store.root(image)}")
        mounted = []
        for stage in scenario.stages():
            self.store.build(context, f"stage-{stage}", "--target", stage)
            container, root = self.store.mount(f"stage-{stage}")
            mounted.append((container, f"stage-{stage}"))
            kept = f"{self.work}/stage-{stage}"
            shutil.rmtree(kept, ignore_errors=True)
            subprocess.run(["cp", "-a", root, kept], check=True)
            options.append(f"--stage={stage}={kept}")
        self.store.build(context, "scenario")
        container, root = self.store.mount("scenario")
        mounted.append((container, "scenario"))
        config = self.store.config("scenario")
        outcome = start(self.work, root, config, argv_of(config, scenario.which))
        for container, image in mounted:
            self.store.drop(container, image)
        return outcome, options

    def run(self, scenario):
        with tempfile.TemporaryDirectory(dir=self.work) as context:
            scenario.write(context)
            outcome, options = self.really(scenario, context)
            wrong = []
            if outcome.started != scenario.starts:
                wrong.append(f"it should {'start' if scenario.starts else 'fail'}, and really {outcome}")
            wrong += compare_given(scenario, self.check(context, *options), outcome)
            for when, more in (("before the build", []), ("by names alone", None)):
                bases = [option for option in options if option.startswith("--base=")] if more == [] else []
                wrong += compare_before(scenario, when, self.check(context, *bases), outcome)
            return wrong


def subjects_of(scenario, target):
    """What is started; and the libraries that were copied, where the program opens them itself."""
    return [subject for subject in target["subjects"] if scenario.plugins or subject["kind"] != "shared-object"]


def worst(scenario, target):
    order = ["runs", "degraded", "unknown", "fails"]
    return max((subject["verdict"] for subject in subjects_of(scenario, target)), key=order.index, default="unknown")


def said(scenario, target):
    for subject in subjects_of(scenario, target):
        if subject["verdict"] == "fails":
            predicted = subject["predicted"]
            return [predicted["runtime"]] if predicted["runtime"] is not None else predicted["stderr"]
    return []


def agrees(scenario, target, outcome):
    """The same lines; what a plugin's host prints has dlerror's words in it."""
    words = said(scenario, target)
    if scenario.plugins:
        return bool(words) and any(words[0] in line for line in outcome.words)
    return words == outcome.words


def findings_of(target):
    return [finding for subject in target["subjects"] for finding in subject["findings"]] + target.get("findings", [])


def compare_given(scenario, target, outcome):
    wrong, verdict = [], worst(scenario, target)
    wanted = ("runs", "degraded") if outcome.started else ("fails",)
    if scenario.open:
        wanted += ("unknown",)
    if verdict not in wanted:
        wrong.append(f"given: {verdict}, and really {outcome}; {[f['message'] for f in findings_of(target)]}")
    if verdict == "fails" and scenario.words and outcome.said_by != "engine" and not agrees(scenario, target, outcome):
        wrong.append(f"given: it says {said(scenario, target)}\n      really      {outcome.words}")
    for finding in findings_of(target):
        if finding["severity"] != "note" and "location" not in finding:
            wrong.append(f"given: no place: {finding['message']}")
    if verdict == "fails" and scenario.at and not any(
            finding.get("location", {}).get("line") == scenario.line() for finding in findings_of(target)
            if finding["severity"] == "error"):
        wrong.append(f"given: no error in line {scenario.line()}: "
                     f"{[(f['rule'], f.get('location')) for f in findings_of(target)]}")
    return wrong


def compare_before(scenario, when, target, outcome):
    wrong, verdict = [], worst(scenario, target)
    if verdict == ("fails" if outcome.started else "runs"):
        wrong.append(f"{when}: {verdict}, and really {outcome}; {[f['message'] for f in findings_of(target)]}")
    rules = {finding["rule"] for finding in findings_of(target)}
    for rule in scenario.before:
        if rule not in rules:
            wrong.append(f"{when}: no finding {rule}: {sorted(rules)}")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("willrun")
    parser.add_argument("--fast", action="store_true", help="the slice for every test run")
    parser.add_argument("-k", dest="word", default="")
    parser.add_argument("--cache", type=Path, default=os.environ.get("WILLRUN_RIG") or HERE.parents[1] / "build" / "rig")
    given = parser.parse_args()
    chosen = [s for s in SCENARIOS if given.word in s.name and (s.fast or not given.fast)]
    failed = 0
    with tempfile.TemporaryDirectory(prefix="willrun-scenarios-") as work:
        os.chmod(work, 0o755)
        rig = Rig(os.path.abspath(given.willrun), given.cache, work)
        for scenario in chosen:
            try:
                wrong = rig.run(scenario)
            except RuntimeError as error:
                wrong = [str(error)]
            failed += bool(wrong)
            if wrong:
                print(f"not ok: {scenario.name}\n    " + "\n    ".join(wrong), flush=True)
    assert set(IMAGES) >= {image for s in SCENARIOS for image in s.images()}
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
