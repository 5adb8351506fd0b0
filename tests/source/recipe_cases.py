#!/usr/bin/env python3
"""The recipes of data/recipes/ and of the README, each tried for real: the steps of the CI files are run
by bash, the Dockerfiles are built by buildah, the hook is called by pre-commit, and a loop plays the
indices of the Job.

usage: recipe_cases.py WILLRUN [-k WORD]
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

from images import Image, f, layout_files, tar_of, write_folder

PROJECT = Path(__file__).resolve().parents[2]
RECIPES = PROJECT / "data/recipes"
FAILS = "interpreter-missing"  # the rule that the broken server meets, in the words of every format
CASES = []


def case(function):
    CASES.append(function)
    return function


def read(name):
    return yaml.safe_load((RECIPES / name).read_text())


class Bench:
    """A folder with two servers, one that starts in a root of nothing and one that does not, and willrun
    in PATH."""

    def __init__(self, work, program):
        self.work, self.program = Path(work), str(Path(program).resolve())
        (self.work / "server.c").write_text("int main(void) { return 0; }\n")
        for name, words in (("good", ["musl-gcc", "-static"]), ("broken", ["gcc"])):
            self.made([*words, "-o", name, "server.c"])
        (self.work / "bin").mkdir()
        (self.work / "bin/willrun").symlink_to(self.program)
        self.env = {name: value for name, value in os.environ.items()
                    if not name.startswith(("WILLRUN_", "GITHUB_"))}
        self.env.update(PATH=f"{self.work}/bin:{os.environ['PATH']}", STORAGE_DRIVER="vfs",
                        BUILDAH_ISOLATION="chroot", CONTAINERS_STORAGE_CONF=f"{work}/storage.conf",
                        PRE_COMMIT_HOME=f"{work}/pre-commit", GIT_CONFIG_GLOBAL="/dev/null")
        (self.work / "storage.conf").write_text(
            f'[storage]\ndriver = "vfs"\ngraphroot = "{work}/storage"\nrunroot = "{work}/storage-run"\n')

    def run(self, words, where=None, **env):
        return subprocess.run([str(word) for word in words], cwd=where or self.work, env={**self.env, **env}, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False)

    def made(self, words, where=None):
        done = subprocess.run([str(word) for word in words], cwd=where or self.work, text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=getattr(self, "env", None))
        if done.returncode != 0:
            raise AssertionError(f"{' '.join(map(str, words))}:\n{done.stdout}")
        return done.stdout

    def folder(self, name, server=None):
        """A new folder, with a root in `rootfs` that has that server."""
        folder = self.work / name
        (folder / "rootfs/app").mkdir(parents=True)
        if server:
            shutil.copy(self.work / server, folder / "rootfs/app/server")
        return folder

    def static_program(self):
        """A folder with a `willrun` that needs nothing else: where the one at hand is not static, a
        starter beside the files that it needs."""
        folder = self.work / "program"
        if folder.exists():
            return folder
        facts = json.loads(self.made([self.program, "inspect", "--format", "json", self.program]))["subjects"][0]
        if facts["linkage"] != "dynamic":
            folder.mkdir()
            shutil.copy(self.program, folder / "willrun")
            return folder
        self.made([self.program, "bundle", self.program, "--to", folder])
        files = [path for path in folder.rglob("*.so*") if not path.is_symlink()]
        libraries = sorted({f"%1$s/{path.parent.relative_to(folder)}" for path in files})
        loader = next(path for path in files if path.name == Path(facts["interpreter"]).name).relative_to(folder)
        (self.work / "start.c").write_text(f"""
            #include <stdio.h>
            #include <stdlib.h>
            #include <string.h>
            #include <unistd.h>
            int main(int count, char **words)
            {{
                char here[4096] = "", loader[8192], libraries[65536], program[8192];
                char *all[64] = {{loader, "--library-path", libraries, program}};
                if (readlink("/proc/self/exe", here, sizeof here - 1) < 0 || count > 32)
                    return 99;
                *strrchr(here, '/') = 0;
                snprintf(loader, sizeof loader, "%s/{loader}", here);
                snprintf(libraries, sizeof libraries, "{':'.join(libraries)}", here);
                snprintf(program, sizeof program, "%s{self.program}", here);
                memcpy(all + 4, words + 1, sizeof *words * (size_t)count);
                setenv("ASAN_OPTIONS", "detect_leaks=0", 1); /* it would have to be traced */
                execv(loader, all);
                return 98;
            }}
            """)
        self.made(["musl-gcc", "-static", "-o", folder / "willrun", "start.c"])
        return folder

    def base_image(self, name):
        """An image with nothing but a folder in it, under that name."""
        if self.run(["buildah", "inspect", "--type", "image", f"localhost/{name}"]).returncode != 0:
            container = self.made(["buildah", "from", "scratch"]).strip()
            self.made(["buildah", "config", "--workingdir", "/srv", container])
            self.made(["buildah", "commit", "-q", container, f"localhost/{name}"])

    def build(self, dockerfile, context, *options):
        return self.run(["buildah", "bud", "--pull=never", "--layers=false", *options, "-f", dockerfile, context])


def want(condition, what, done):
    if not condition:
        raise AssertionError(f"{what}\n{getattr(done, 'stdout', done)}")


# ---- the action

@case
def the_action_is_one_by_the_rules_of_github(bench):
    kept = Path(bench.program).parent / "npm/action-validator"
    if not kept.exists():
        bench.made(["npm", "install", "--silent", "--prefix", kept, "@action-validator/cli@0.6.0", "@action-validator/core@0.6.0"])
    validator = ["node", kept / "node_modules/@action-validator/cli/cli.mjs"]
    bench.made([*validator, RECIPES / "action.yml"])
    (bench.work / "action.yml").write_text((RECIPES / "action.yml").read_text().replace("shell: bash", "shells: bash"))
    done = bench.run([*validator, "action.yml"])
    want(done.returncode != 0, "anything is an action", done)


def workflow(bench, folder, inputs):
    """What the composite action does with `inputs`: the last step's process, and the outputs."""
    action = read("action.yml")
    known = {f"inputs.{name}": facts.get("default") for name, facts in action["inputs"].items()}
    known.update({f"inputs.{name}": value for name, value in inputs.items()})
    known["github.action_path"] = str(RECIPES)
    missing = [name for name, facts in action["inputs"].items() if facts.get("required") and name not in inputs]
    want(not missing, "a required input is not given", missing)

    def resolve(text):
        return re.sub(r"\$\{\{ *([^ }]+) *\}\}", lambda match: known[match[1]], text)
    done = None
    for step in action["runs"]["steps"]:
        want(step["shell"] == "bash", "a step for another shell", step)
        output = folder / "github-output"
        output.write_text("")
        done = bench.run(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]], folder,
                         GITHUB_OUTPUT=str(output), GITHUB_STEP_SUMMARY=str(folder / "summary.md"),
                         **{name: resolve(value) for name, value in step["env"].items()})
        for line in output.read_text().splitlines():
            name, value = line.split("=", 1)
            known[f"steps.{step['id']}.outputs.{name}"] = value
        if done.returncode != 0:
            break
    return done, {name: resolve(facts["value"]) for name, facts in action["outputs"].items()}


@case
def the_action_passes_and_fails_a_change(bench):
    for server, status in (("good", 0), ("broken", 1)):
        folder = bench.folder(f"action-{server}", server)
        done, outputs = workflow(bench, folder, {
            "arguments": "--root\nrootfs\n\n/app/server\n", "sarif": "willrun.sarif"})
        want(done.returncode == status and outputs == {"status": str(status)}, f"{server}: status {outputs}", done)
        want(("::error" in done.stdout and FAILS in done.stdout) == (status == 1), f"{server}: annotations", done)
        want("/app/server" in (folder / "summary.md").read_text() or status == 0, f"{server}: summary", done)
        results = json.loads((folder / "willrun.sarif").read_text())["runs"][0]["results"]
        want([result["ruleId"] for result in results if result["level"] == "error"] == [FAILS] * status,
             f"{server}: SARIF", results)


@case
def the_action_takes_a_program_and_tells_of_wrong_input(bench):
    folder = bench.folder("action-program", "good")
    (folder / "a folder").mkdir()
    (folder / "a folder/willrun").symlink_to(bench.program)
    done, outputs = workflow(bench, folder, {"arguments": "--root\nno such root", "program": "a folder/willrun"})
    want(done.returncode == 2 and outputs["status"] == "2" and "no such root: No such file" in done.stdout, "status", done)


# ---- GitLab

def gitlab_job(bench, folder, variables):
    """The script of the template's job, as a runner's shell does it: one line after the other."""
    job = read("gitlab-ci.yml")[".willrun"]
    done = bench.run(["bash", "-eo", "pipefail", "-c", "\n".join(job["script"])], folder, **{**job["variables"], **variables})
    reports = job["artifacts"]["reports"]
    want(job["artifacts"]["when"] == "always", "reports of a job that fails", job)
    return done, json.loads((folder / reports["codequality"]).read_text()), (folder / reports["junit"]).read_text()


@case
def the_template_of_gitlab_reports_before_it_fails(bench):
    for server, status in (("good", 0), ("broken", 1)):
        folder = bench.folder(f"gitlab-{server}", server)
        done, quality, junit = gitlab_job(bench, folder, {"WILLRUN_ROOT": "rootfs", "WILLRUN_PATHS": "/app/server"})
        want(done.returncode == status, f"{server}: exit status {done.returncode}", done)
        want((FAILS in done.stdout) == (status == 1), f"{server}: words", done)
        want([issue["check_name"] for issue in quality] == [FAILS] * status, f"{server}: code quality", quality)
        want("<testcase" in junit and ("<failure" in junit) == (status == 1), f"{server}: JUnit", junit)


# ---- Dockerfiles

@case
def a_verification_stage_stops_the_build(bench):
    bench.base_image("debian:12-slim")
    for server, status in (("good", 0), ("broken", 1)):
        folder = bench.folder(f"verify-{server}")
        shutil.copy(bench.work / server, folder / "server")
        done = bench.build(RECIPES / "verify.Dockerfile", folder, "--build-context", f"willrun={bench.static_program()}", "-t", server)
        want((done.returncode != 0) == (status == 1), f"{server}: exit status {done.returncode}", done)
        if status == 1:
            want("error[interpreter-missing]: the interpreter" in done.stdout, "its words", done)
        else:
            want("1 subject: 1 runs" in done.stdout, "its words", done)


@case
def the_image_of_the_program_serves_the_stage(bench):
    bench.base_image("debian:12-slim")
    for target in ("program", "ci"):
        done = bench.build(RECIPES / "Dockerfile", bench.static_program(), "--target", target, "-t", f"willrun-{target}")
        want(done.returncode == 0, target, done)
    config = json.loads(bench.made(["buildah", "inspect", "--type", "image", "willrun-program"]))["OCIv1"]["config"]
    want(config["Entrypoint"] == ["/willrun"], "what it starts", config)
    container = bench.made(["buildah", "from", "--pull=never", "willrun-ci"]).strip()
    mounted = Path(bench.made(["buildah", "mount", container]).strip())
    want(os.access(mounted / "usr/local/bin/willrun", os.X_OK), "the program in PATH", list(mounted.iterdir()))
    bench.made(["buildah", "rm", container])


def readme_lines(word):
    return [line.strip() for line in (PROJECT / "README.md").read_text().splitlines() if line.startswith("    ") and word in line]


@case
def what_a_build_writes_is_piped_into_a_check(bench):
    bench.base_image("debian:12-slim")
    lines = readme_lines("docker buildx build -o")
    want(len(lines) == 2, "the pipes of the README", lines)
    # this buildah writes tar alone by itself
    stand_in = """
        docker() {
            local build=(buildah bud -q --pull=never --layers=false)
            if [[ $4 == type=oci,* ]]; then
                "${build[@]}" -t piped "$5" >/dev/null && buildah push -q piped oci-archive:piped.tar && cat piped.tar
            else
                "${build[@]}" "${@:3}"
            fi 2>/dev/null
        }
        set -o pipefail
        """
    for line in lines:
        for server, status in (("good", 0), ("broken", 1)):
            folder = bench.folder(f"pipe-{lines.index(line)}-{server}")
            shutil.copy(bench.work / server, folder / "server")
            (folder / "Dockerfile").write_text('FROM debian:12-slim\nCOPY server /app/server\nENTRYPOINT ["/app/server"]\n')
            done = bench.run(["bash", "-c", stand_in + line], folder)
            want(done.returncode == status, f"{line}: {server}: exit status {done.returncode}", done)
            want((FAILS if status else "1 runs") in done.stdout, f"{line}: {server}: words", done)


# ---- the Job

@case
def the_pods_of_the_job_check_the_whole_list(bench):
    job = read("job.yaml")
    spec, container = job["spec"], job["spec"]["template"]["spec"]["containers"][0]
    shards = spec["completions"]
    want(spec["completionMode"] == "Indexed" and "command" not in container, "an Indexed Job of the image's program", spec)
    want(container["env"] == [{"name": "SHARD", "valueFrom": {"fieldRef": {
        "fieldPath": "metadata.annotations['batch.kubernetes.io/job-completion-index']"}}}], "where the index is from", container)
    volume = bench.folder("job")
    (volume / "results").mkdir()
    images = []
    for i in range(2 * shards + 1):
        images.append(f"image{i}")
        server = (bench.work / ("broken" if i % 3 == 0 else "good")).read_bytes()
        layer = tar_of([f("app/server", server, 0o755)])
        write_folder(volume / images[i], layout_files([Image([layer], {"Entrypoint": ["/app/server"]})]))
    (volume / "list").write_text("".join(image + "\n" for image in images))

    def pod(shard, arguments):
        """As the kubelet starts it: $(SHARD) is put in place, and no shell is there."""
        words = [word.replace("$(SHARD)", str(shard)).replace("/images", str(volume)) for word in arguments]
        return subprocess.Popen([bench.program, *words], cwd=volume, env=bench.env, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True)
    for again in range(3):  # the second time the images are older than a moment, the third time nothing has changed
        time.sleep(3 if again == 1 else 0)
        pods = [pod(shard, container["args"]) for shard in range(shards)]
        for shard, process in enumerate(pods):
            said = process.communicate()[0]
            want(process.returncode == 0, f"pod {shard}: exit status {process.returncode}", said)
    parts = [(volume / f"results/{shard}.jsonl").read_text().splitlines() for shard in range(shards)]
    whole = bench.made([bench.program, "check", "--roots", volume / "list", "--format", "jsonl", "--fail-on", "never"], volume)
    want(sorted(line for part in parts for line in part) == sorted(whole.splitlines()), "the pods together are not the list", parts)
    want((volume / "cache").is_dir(), "the folder that the pods share", list(volume.iterdir()))
    want(min(map(len, parts)) >= 2 and FAILS in whole, "a pod without work", parts)


# ---- the hook

@case
def the_hook_checks_each_dockerfile(bench):
    bench.made(["pre-commit", "validate-manifest", PROJECT / ".pre-commit-hooks.yaml"])
    hooks = bench.folder("hooks")
    for name in (".pre-commit-hooks.yaml", "data/recipes/pre-commit"):
        (hooks / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / name, hooks / name)
    clients = bench.folder("client")
    (clients / "good.Dockerfile").write_text("FROM scratch\nCOPY good /app/server\n")
    (clients / "Dockerfile").write_text('FROM alpine:3.20\nCOPY broken /app/server\nCMD ["/app/server"]\n')
    (clients / "Dockerfile-notes.md").write_text("not a Dockerfile\n")
    for server in ("good", "broken"):
        shutil.copy(bench.work / server, clients / server)
    for repository in (hooks, clients):
        for words in (["init", "-q"], ["add", "."],
                      ["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-q", "-m", "all"]):
            bench.made(["git", *words], repository)
    call = ["pre-commit", "try-repo", "--color=never", hooks, "willrun", "--files"]
    done = bench.run([*call, "good.Dockerfile"], clients)
    want(done.returncode == 0 and "Passed" in done.stdout, "a Dockerfile that is fine", done)
    done = bench.run([*call, "good.Dockerfile", "Dockerfile"], clients)
    want(done.returncode == 1 and "Dockerfile:2" in done.stdout and FAILS in done.stdout, "one that is not", done)
    done = bench.run([*call, "Dockerfile-notes.md"], clients)
    want(done.returncode == 0 and "Skipped" in done.stdout, "another file", done)
    (bench.work / "bin/willrun").unlink()
    done = bench.run([RECIPES / "pre-commit", "Dockerfile"], clients)
    (bench.work / "bin/willrun").symlink_to(bench.program)
    want(done.returncode == 2 and "willrun is not in PATH" in done.stdout, "without willrun", done)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("willrun")
    parser.add_argument("-k", default="")
    options = parser.parse_args()
    failures = tried = 0
    with tempfile.TemporaryDirectory() as work:
        bench = Bench(work, options.willrun)
        for function in CASES:
            if options.k not in function.__name__:
                continue
            tried += 1
            try:
                function(bench)
            except AssertionError as trouble:
                failures += 1
                print(f"FAILED: {function.__name__.replace('_', ' ')}: {trouble}")
    print(f"{tried} recipes tried, {failures} failed")
    return 1 if failures or not tried else 0


if __name__ == "__main__":
    sys.exit(main())
