"""What the rigs about plugins share: their main loop, and how willrun is asked."""

import collections
import json
import subprocess

import plugin_roots
import roots
from run_real import cpu_level

SHOWN = 15      # differences in full


class Tally:
    """Counts of one root's objects, and where willrun and the truth differ."""

    def __init__(self):
        self.counts, self.kinds = collections.Counter(), collections.Counter()
        self.differences = self.false_runs = 0

    def add(self, what, path, differences, kind=None):
        self.counts[what] += 1
        if kind is not None:
            self.kinds[kind] += 1
        for difference in differences:
            self.differences += 1
            self.false_runs += difference.startswith("false runs")
            if self.differences <= SHOWN:
                print(f"  {path}: {difference}"[:600])

    def held(self, name, wanted, least):
        """Say what came of it: was each of the `wanted` objects asked about, were there enough, and
        did none differ?"""
        asked = sum(self.counts.values())
        print(f"{name}: {asked} objects; " + ", ".join(f"{count} {what}" for what, count in self.counts.items())
              + f"; {self.differences} differences, {self.false_runs} false runs", flush=True)
        if self.kinds:
            print("    " + ", ".join(f"{count} {kind}" for kind, count in sorted(self.kinds.items())), flush=True)
        if asked != wanted or asked < least:
            print(f"{name}: {asked} of {wanted} objects were asked about, at least {least} are known")
            return False
        return self.differences == 0


def ask_willrun(args, root, path, *words):
    """What willrun says of each subject, with PATH=`path`."""
    done = subprocess.run([str(args.willrun.resolve()), "check", "--root", str(root), "--format", "jsonl", "--fail-on",
                           "never", "--cpu", cpu_level(), "--env", f"PATH={path}", *words],
                          text=True, stdout=subprocess.PIPE, check=True)
    told = [json.loads(line).get("subject") for line in done.stdout.splitlines()]
    return [subject for subject in told if subject]


def main(doc, fast, full, hold, register=plugin_roots.register):
    """Hold each root that was chosen; `hold(args, rig, name, least)` tells whether it is as it should be."""
    args = plugin_roots.options(doc)
    rig = roots.Rig(args.cache)
    register()
    chosen = plugin_roots.chosen(args, fast, full)
    return 0 if all([hold(args, rig, name, least) for name, least in chosen.items()]) else 1
