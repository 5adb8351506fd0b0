#!/usr/bin/env python3
"""Stages that `willrun plan` writes are built by buildah, and what they start runs.

    plan_cases.py WILLRUN

The builder is a root with this machine's own libc and programs that are built here; the bases are
roots of the same machine's libraries. Each case: artifacts, the base, and what the program prints.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

willrun = str(Path(sys.argv[1]).resolve())
schema = Path(__file__).resolve().parents[2] / "data" / "plan.schema.json"
work = Path(tempfile.mkdtemp(prefix="willrun-plan-"))
os.environ["STORAGE_DRIVER"] = "vfs"
failures = []


def run(*command, **more):
    return subprocess.run([str(word) for word in command], check=True, text=True, capture_output=True, **more)


def compile_(name, source, *flags, compiler="gcc", suffix="c"):
    path = work / f"{name.replace('/', '_')}.{suffix}"
    path.write_text(source)
    target = work / "builder" / name
    target.parent.mkdir(parents=True, exist_ok=True)
    run(compiler, "-o", target, path, *flags)


def copy_libraries(root, *programs):
    """The libraries that ld.so finds for `programs` of this machine, at their paths."""
    for program in programs:
        for line in run("ldd", program).stdout.split("\n"):
            for word in line.split():
                if word.startswith("/") and Path(word).exists():
                    target = root / word.lstrip("/")
                    target.parent.mkdir(parents=True, exist_ok=True)
                    if not target.exists():
                        shutil.copy2(Path(word).resolve(), target)


def make_builder():
    builder = work / "builder"
    compile_("opt/lib/libgreet.so.1", 'const char *greet(void) { return "greetings"; }',
             "-shared", "-fPIC", "-Wl,-soname,libgreet.so.1")
    os.rename(builder / "opt/lib/libgreet.so.1", builder / "opt/lib/libgreet.so.1.2")
    os.symlink("libgreet.so.1.2", builder / "opt/lib/libgreet.so.1")
    main = 'int puts(const char *); const char *greet(void); int main(void) { puts(greet()); return 0; }'
    library = builder / "opt/lib/libgreet.so.1"
    compile_("app/by-rpath", main, library, "-Wl,-rpath,/opt/lib")
    compile_("app/by-origin", main, library, "-Wl,-rpath,$ORIGIN/../opt/lib")
    compile_("app/plain", 'int puts(const char *); int main(void) { puts("plain"); return 0; }')
    compile_("out/still", 'int puts(const char *); int main(void) { puts("still"); return 0; }', "-static")
    compile_("app/cxx", '#include <iostream>\nint main() { std::cout << "c++" << std::endl; }',
             compiler="g++", suffix="cc")
    compile_("app/musl", 'int puts(const char *); int main(void) { puts("musl"); return 0; }', "-static",
             compiler="musl-gcc")
    compile_("app/with space", 'int puts(const char *); int main(void) { puts("spaced"); return 0; }')
    compile_("app/closed", 'int puts(const char *); int main(void) { puts("closed"); return 0; }')
    (builder / "app/closed").chmod(0o700)
    (builder / "app/start").write_text("#!/bin/sh\necho started\n")
    (builder / "app/start").chmod(0o755)
    compile_("app/tells", """#include <stdio.h>
#include <stdlib.h>
int main(void) { puts(getenv("TEXT")); return 0; }""")
    compile_("app/certificates", """#include <stdio.h>
#include <stdlib.h>
int main(void) { const char *name = getenv("SSL_CERT_FILE");
puts(fopen(name ? name : "/etc/ssl/certs/ca-certificates.crt", "r") ? "there" : "none"); return 0; }""", "-static")
    (builder / "etc/ssl/certs").mkdir(parents=True)
    (builder / "etc/ssl/certs/ca-certificates.crt").write_text("certificates")
    (builder / "srv/site").mkdir(parents=True)
    (builder / "srv/site/package.json").write_text('{"main": "lib/start"}')
    (builder / "srv/site/lib").mkdir()
    (builder / "srv/site/lib/start.js").write_text("// runs")
    (builder / "srv/site/node_modules/x").mkdir(parents=True)
    (builder / "srv/site/node_modules/x/install").write_text("#!/no/such/shell\n")
    (builder / "srv/site/node_modules/x/install").chmod(0o755)
    (builder / "etc/os-release").write_text("ID=debian\nVERSION_ID=12\nVERSION_CODENAME=bookworm\n")
    (builder / "var/lib/dpkg/info").mkdir(parents=True)
    (builder / "var/lib/dpkg/info/libgreet1.list").write_text("/opt/lib/libgreet.so.1.2\n/opt/lib/libgreet.so.1\n")
    copy_libraries(builder, "/bin/sh", builder / "app/cxx", builder / "app/plain")


def make_base(name, programs, shell):
    base = work / name
    base.mkdir()
    copy_libraries(base, *programs)
    if shell:
        (base / "bin").mkdir(exist_ok=True)
        shutil.copy2(Path("/bin/sh").resolve(), base / "bin/sh")
        copy_libraries(base, "/bin/sh")


def make_more_bases():
    """One that runs applications, and one that installs packages."""
    node = work / "node/usr/local/bin/node"
    compile_("../node/usr/local/bin/node", """#include <stdio.h>
int main(int count, char **words) { printf("node runs %s\\n", words[count - 1]); return 0; }""")
    copy_libraries(work / "node", node)
    make_base("apt", [work / "builder/app/plain"], shell=True)
    (work / "apt/usr/bin").mkdir(parents=True)
    (work / "apt/usr/bin/apt-get").write_text("")
    (work / "apt/etc").mkdir()
    (work / "apt/etc/os-release").write_text((work / "builder/etc/os-release").read_text())


def image_of(folder, image):
    container = run("buildah", "from", "scratch").stdout.strip()
    mounted = run("buildah", "mount", container).stdout.strip()
    run("cp", "-a", f"{folder}/.", mounted)
    run("buildah", "umount", container)
    run("buildah", "commit", "-q", container, image)
    run("buildah", "rm", container)


def plan(*arguments):
    return subprocess.run([willrun, "plan", "--stage", f"builder={work}/builder", *arguments],
                          text=True, capture_output=True, cwd=work)


def built(text, image):
    dockerfile = work / "Dockerfile"
    dockerfile.write_text(f"FROM localhost/builder AS builder\n{text}")
    return run("buildah", "bud", "-q", "--isolation", "chroot", "-t", image, "-f", dockerfile, work).stdout.strip()


def output_of(image):
    """What the image's entry point prints, as its user, in a chroot with /proc."""
    container = run("buildah", "from", image).stdout.strip()
    config = json.loads(run("buildah", "inspect", container).stdout)["OCIv1"]["config"]
    root = run("buildah", "mount", container).stdout.strip()
    (Path(root) / "proc").mkdir(exist_ok=True)
    run("mount", "-t", "proc", "proc", f"{root}/proc")
    try:
        env = dict(word.split("=", 1) for word in config.get("Env", []))
        return run("chroot", f"--userspec={config['User']}", root, *config["Entrypoint"],
                   env={"PATH": os.environ["PATH"], **env}).stdout.strip()
    finally:
        run("umount", f"{root}/proc")
        run("buildah", "umount", container)
        run("buildah", "rm", container)


def accepted(text, image, artifact):
    """Does check take the stage, as it takes any? Of an application scripts that nobody starts may lack
    their interpreters."""
    subjects = ["/usr/local/bin/node"] if artifact == "/srv/site" else []
    (work / "Dockerfile.check").write_text(f"FROM scratch AS builder\n{text}")
    more = [] if image == "scratch" else ["--base", f"{image}={work}/{image.split('/')[-1]}"]
    done = subprocess.run([willrun, "check", "--dockerfile", "Dockerfile.check", "--stage",
                           f"builder={work}/builder", *more, *subjects], text=True, capture_output=True, cwd=work)
    return None if done.returncode == 0 else f"check refuses it: {done.stdout}{done.stderr}"


TEXT = 'a $HOME "b" \\ c'
CASES = [  # artifact, base, what it prints, more options
    ("/app/plain", "glibc", "plain"),
    ("/app/by-rpath", "glibc", "greetings"),
    ("/app/by-origin", "glibc", "greetings"),
    ("/app/cxx", "glibc", "c++"),
    ("/app/with space", "glibc", "spaced"),
    ("/app/closed", "glibc", "closed"),
    ("/app/start", "shell", "started"),
    ("/out/still", "scratch", "still"),
    ("/app/musl", "scratch", "musl"),
    (None, "scratch", "still"),  # found where builds leave programs
    ("/app/tells", "glibc", TEXT, "--env", f"TEXT={TEXT}", "--workdir", "/srv"),
    ("/app/certificates", "scratch", "there"),
    ("/srv/site", "node", "node runs /srv/site/lib/start.js"),
]


def hold(artifact, base, wanted, *options):
    image = "scratch" if base == "scratch" else f"localhost/{base}"
    more = [] if base == "scratch" else ["--base", f"{image}={work}/{base}"]
    answer = plan(*([artifact] if artifact else []), *more, *options, "--on", image, "--format", "dockerfile")
    if answer.returncode != 0:
        return f"exit status {answer.returncode}: {answer.stderr}"
    if trouble := accepted(answer.stdout, image, artifact):
        return f"{trouble}\n{answer.stdout}"
    built(answer.stdout, "localhost/planned")
    got = output_of("localhost/planned")
    return None if got == wanted else f"printed {got!r}, not {wanted!r}:\n{answer.stdout}"


def hold_refusals():
    answer = plan("/app/plain", "--on", "scratch", "--format", "dockerfile")
    if answer.returncode != 1 or answer.stdout or "no base fits: on scratch" not in answer.stderr:
        failures.append(f"a glibc program on scratch: {answer}")
    for wanted, *arguments in [("is in no stage", "/no/such"), ("is no base image: expected IMAGE=SOURCE", "/app/plain", "--base", "x"),
                               ("No such file or directory", "/app/plain", "--on", "no/such")]:
        answer = plan(*arguments)
        if answer.returncode != 2 or answer.stdout or wanted not in answer.stderr:
            failures.append(f"{arguments}: {answer}")


def hold_packages():
    apt = ["/app/by-rpath", "--base", f"localhost/apt={work}/apt", "--on", "localhost/apt", "--format", "dockerfile"]
    line = "RUN apt-get update && apt-get install -y --no-install-recommends libgreet1 && rm -rf /var/lib/apt/lists/*\n"
    copy = "COPY --from=builder /opt/lib/libgreet.so.1 /opt/lib/libgreet.so.1.2 /opt/lib/\n"
    if line not in (text := plan(*apt, "--packages").stdout) or copy in text:
        failures.append(f"--packages: {text}")
    if copy not in (text := plan(*apt).stdout) or "RUN" in text:
        failures.append(f"without --packages: {text}")
    (work / "apt/etc/os-release").write_text("ID=debian\nVERSION_ID=11\n")
    if copy not in (text := plan(*apt, "--packages").stdout):
        failures.append(f"--packages of another release: {text}")


def hold_changes():
    """What is said where nothing fits."""
    for artifact, base, *words in [
            ("/app/plain", "alpine:3.20", "FROM alpine:3.20, musl 1.2.5", "Link with -static"),
            ("/app/plain", "debian:11-slim", "FROM debian:11, glibc 2.31"),
            ("/app/plain", "scratch", "Link with -static"),
            ("/srv/site", "alpine:3.20", "No base here has node", "--base IMAGE=SOURCE")]:
        answer = plan(artifact, "--on", base, "--format", "json")
        change = json.loads(answer.stdout)["change"]
        if answer.returncode != 1 or not all(word in change for word in words):
            failures.append(f"{artifact} on {base}: {change}")


DOCKERFILE = """FROM debian:12 AS builder
RUN make
FROM debian:12 AS settings
ENV TEXT="from the file"
FROM settings
ARG NAME=tells
WORKDIR /srv
COPY --from=builder --chmod=755 /app/${NAME} bin/
ENTRYPOINT ["/srv/bin/tells"]
CMD ["x"]
"""
PLANNED = """FROM localhost/glibc
COPY --from=builder --chmod=755 /app/tells /srv/bin/tells
ENV TEXT="from the file"
WORKDIR /srv
USER 65532:65532
ENTRYPOINT ["/srv/bin/tells"]
CMD ["x"]
"""


def hold_dockerfile():
    """The stage that a Dockerfile builds, planned anew."""
    (work / "Dockerfile.old").write_text(DOCKERFILE)
    glibc = ["--base", f"localhost/glibc={work}/glibc", "--on", "localhost/glibc", "--format", "dockerfile"]
    answer = plan("--dockerfile", "Dockerfile.old", *glibc)
    if answer.stdout != PLANNED:
        failures.append(f"--dockerfile: {answer.stdout}{answer.stderr}")
    elif trouble := accepted(answer.stdout, "localhost/glibc", None):
        failures.append(f"--dockerfile: {trouble}")
    else:
        built(answer.stdout, "localhost/planned")
        if (got := output_of("localhost/planned")) != "from the file":
            failures.append(f"--dockerfile: it prints {got}")
    for words, text in (("Dockerfile.old:8:1: --exclude", DOCKERFILE.replace("--chmod=755", "--exclude=x")),
                        ("/app/none in the stage builder", DOCKERFILE.replace("NAME=tells", "NAME=none")),
                        ("the stage other, whose files are not given", "FROM scratch AS other\n" +
                         DOCKERFILE.replace("--from=builder", "--from=other")),
                        ("copies nothing from another stage", "FROM debian:12 AS builder\nENTRYPOINT [\"/x\"]\n")):
        (work / "Dockerfile.old").write_text(text)
        answer = plan("--dockerfile", "Dockerfile.old", *glibc)
        if answer.returncode != 2 or answer.stdout or words not in answer.stderr:
            failures.append(f"{words}: {answer}")


def hold_json():
    import jsonschema
    answer = plan("/app/by-rpath", "--base", f"localhost/glibc={work}/glibc", "--format", "json")
    document = json.loads(answer.stdout)
    jsonschema.Draft202012Validator(json.loads(schema.read_text())).validate(document)
    fits = [row["base"] for row in document["candidates"] if row["fits"]]
    if document["chosen"] not in fits or "localhost/glibc" not in fits:
        failures.append(f"chosen {document['chosen']} of {fits}")
    if any(row["base"].startswith("alpine") for row in document["candidates"] if row["fits"]):
        failures.append("a glibc program fits Alpine")
    copied = next(row for row in document["candidates"] if row["base"] == "localhost/glibc")["copies"]
    if copied != [{"stage": "builder", "sources": ["/opt/lib/libgreet.so.1", "/opt/lib/libgreet.so.1.2"], "to": "/opt/lib/"}]:
        failures.append(f"copies {copied}")


try:
    make_builder()
    make_base("glibc", [work / "builder/app/plain"], shell=False)
    for libm in (work / "builder").glob("lib/*/libm.so.6"):  # a part of glibc, which comes whole
        shutil.copy2(libm, work / "glibc" / libm.relative_to(work / "builder"))
    make_base("shell", ["/bin/sh"], shell=True)
    make_more_bases()
    for folder in ("builder", "glibc", "shell", "node"):
        image_of(work / folder, f"localhost/{folder}")
    for case in CASES:
        trouble = hold(*case)
        if trouble:
            failures.append(f"{case}: {trouble}")
    hold_refusals()
    hold_json()
    hold_packages()
    hold_changes()
    hold_dockerfile()
except subprocess.CalledProcessError as error:
    failures.append(f"{error.cmd}: {error.stderr}")
finally:
    for image in ("planned", "builder", "glibc", "shell", "node"):
        subprocess.run(["buildah", "rmi", "-f", f"localhost/{image}"], capture_output=True)
    shutil.rmtree(work)
for failure in failures:
    print("FAILED:", failure)
print(f"{len(CASES) + 5 - len(failures)} of {len(CASES) + 5} hold")
sys.exit(bool(failures))
