#!/usr/bin/env python3
"""What a RUN does to an image, as willrun follows it, held to a real shell: the text runs in a copy of a
root of Debian's packages, what the image starts is started there, and willrun must not say the
opposite. Unknown is right wherever it is said; how often it is, is told.

usage: effects_cases.py WILLRUN [-k WORD] [--random COUNT] [--seed N] [--cache DIR]

It asks for root's rights: an overlay is mounted.
"""
import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "scenarios"))

from images import Store  # noqa: E402

GREET = "int greet(void) { return 0; }\n"
CALLER = "int greet(void);\nint main(void) { return greet(); }\n"
PLAIN = "int main(void) { return 0; }\n"

# Placed by COPY, before the RUN: file of the context, and where it goes.
COPIES = [("server", "/opt/app/server"), ("plain", "/opt/app/plain"), ("libgreet.so.1.2", "/opt/lib/"),
          ("libgreet.so.1.2", "/usr/local/lib/"), ("run.sh", "/opt/app/run.sh"), ("data", "/opt/app/data")]
COMMANDS = [["/opt/app/server"], ["/opt/app/plain"], ["/opt/app/run.sh"], ["plain"], ["/srv/app"], ["server"],
            ["sh", "/opt/app/run.sh"], ["/opt/app/data"]]
USERS = ["", "", "1000", "app"]

TEXTS = [
    "true", "ldconfig", "ldconfig -v", "ldconfig -n /usr/local/lib", "ldconfig /opt/lib", "ldconfig -N", "ldconfig -X",
    "/sbin/ldconfig", "ldconfig -p >/dev/null", "ldconfig -f /dev/null",
    "echo /opt/lib > /etc/ld.so.conf.d/opt.conf", "echo /opt/lib > /etc/ld.so.conf.d/opt", "echo /opt/lib >> /etc/ld.so.conf",
    "echo '/opt/lib' '# x' > /etc/ld.so.conf.d/a.conf", "echo -n /opt/lib > /etc/ld.so.conf.d/n.conf",
    "printf '/opt/lib\\n' > /etc/ld.so.conf.d/p.conf", "rm -f /etc/ld.so.cache", "rm /usr/local/lib/libgreet*",
    "rm -rf /usr/local/lib", "rm -f /usr/local/lib/*.so", "rm -f /usr/local/lib/libgreet.so.1", "chmod 644 /usr/local/lib/*",
    "chmod 000 /usr/local/lib/libgreet.so.1.2", "chmod -R a-x /opt/app", "chmod +x /opt/app/*", "chmod u+x /opt/app/run.sh",
    "chmod 755 /opt/app/run.sh", "chmod -x /opt/app/plain", "chmod 700 /opt/app/plain", "chmod 4755 /opt/app/plain",
    "chown 1000 /opt/app/plain", "chown -R 1000:1000 /opt/app", "chown -R app /opt/app", "chmod 750 /opt/app", "chmod 711 /opt/app",
    "mkdir -p /srv", "mkdir -m 700 /srv", "mkdir /opt/app/plain.d", "ln -s /opt/app/plain /srv/app", "ln -s ../opt/app/plain /srv/app",
    "ln -sf /opt/app/server /srv/app", "ln -s libgreet.so.1.2 /usr/local/lib/libgreet.so.1",
    "ln -s /opt/lib/libgreet.so.1.2 /usr/lib/libgreet.so.1", "ln -s /opt/app/plain /usr/local/bin", "ln -s /opt/app/plain /usr/local/bin/",
    "ln /opt/app/plain /srv/app", "ln -sfn /opt/app /srv", "cp /opt/app/plain /srv/app", "cp /opt/app/plain /usr/local/bin/",
    "cp -r /opt/app /srv", "cp /opt/lib/libgreet.so.1.2 /usr/lib/libgreet.so.1", "mv /opt/app/plain /srv/app", "mv /opt/lib/* /usr/lib/",
    "install -m 755 /opt/app/run.sh /srv/app", "install -D /opt/app/plain /srv/app", "touch /srv/app", "touch /opt/app/plain",
    "rm /opt/app/plain", "rm -rf /opt/app", "rm -f /opt/app/p*", "rm /opt/app/[a-o]*", "rm -rf /lib64",
    "echo '#!/bin/sh' > /srv/app", "echo '#!/bin/sh' > /opt/app/run.sh", "echo exit 1 >> /opt/app/run.sh", "echo x > /opt/app/plain",
    "echo '#!/bin/bash' > /opt/app/data", "chmod +x /srv/app", "chmod 755 /opt/app/data",
    "useradd -u 1000 app", "useradd app", "useradd -r app", "groupadd -g 2000 app", "useradd -m -s /bin/sh -u 1000 app",
    "cd /opt/app", "cd /usr/local/lib", "umask 077", "umask 022", "set -e", "export A=1", "false", "test -f /opt/app/plain",
    "test -f /nope", "[ -e /srv/app ]", "sed -i 's/sh/nosh/' /opt/app/run.sh", "cat /etc/passwd > /dev/null",
    "mv /usr/local/lib/libgreet.so.1.2 /usr/lib/", "find /opt -type f -delete", "sh -c 'rm /opt/app/plain'", "env A=b rm /opt/app/plain",
    "A=b chmod 755 /opt/app/run.sh", "command chmod 755 /opt/app/run.sh", "(chmod 755 /opt/app/run.sh)", "{ chmod 755 /opt/app/run.sh; }",
    "if true; then chmod -x /opt/app/plain; fi", "for f in /opt/app/*; do chmod 755 $f; done", "chmod 755 /opt/app/run.sh &",
    "chmod 755 $(ls /opt/app/run.sh)", "chmod 755 \"/opt/app/run.sh\"", "chmod 755 /opt/app/run.s\\h", "F=/opt/app/run.sh; chmod 755 $F",
    "chmod 755 ${F:-/opt/app/run.sh}", "! chmod 755 /opt/app/run.sh", "time true", "echo rm /opt/app/plain | sh", "true | chmod 755 /opt/app/run.sh",
    "tee /srv/app < /opt/app/plain > /dev/null", "cat /opt/app/plain > /srv/app", "dd if=/opt/app/plain of=/srv/app", "exit 0",
    "chmod --reference=/opt/app/plain /opt/app/run.sh", "chmod a=rx /opt/app/run.sh", "chmod g+s,u+x /opt/app/run.sh", "chown nobody /opt/app",
    "ln -s nothing /opt/app/plain.link", "rmdir /opt/lib", "unlink /opt/app/plain", "truncate -s 0 /opt/app/plain", ": > /opt/app/plain",
    "mkdir -p /opt/app/x/y && cd /opt/app/x/y", "rm -r ../lib", "cd ..", "cd /opt; rm app/plain", "ln -s plain /opt/app/other",
]
GLUE = [" && ", " && ", " && ", "; ", "\n", " || ", " &&\\\n  "]
FIXED = [  # text, command
    ("ldconfig", 0), ("true", 0), ("[ -e /nope ] && ldconfig || true", 0), ("false || ldconfig", 0), ("true || ldconfig", 0),
    ("test -f /nope && chmod 755 /opt/app/run.sh; true", 2), ("echo /opt/lib > /etc/ld.so.conf && ldconfig", 0),
    ("ldconfig && rm /usr/local/lib/libgreet.so.1", 0), ("ldconfig && rm -f /etc/ld.so.cache", 0),
    ("cd /usr/local/lib && ln -s libgreet.so.1.2 libgreet.so.1", 0), ("ldconfig && chmod 000 /usr/local/lib/*", 0),
    ("ldconfig && mv /usr/local/lib/libgreet.so.1.2 /usr/local/lib/x.so", 0), ("false; chmod 755 /opt/app/run.sh", 2),
    ("false && chmod -x /opt/app/plain; true", 1), ("chmod -x /opt/app/plain; chmod +x /opt/app/plain", 1),
    ("test -f /nope && rm /opt/app/plain; true", 1), ("true && rm /opt/app/plain", 1), ("true; rm /opt/app/plain || true", 1),
    ("mkdir -p /srv && ln -s /opt/app/plain /srv/app", 4), ("mkdir -p /srv && cp /opt/app/plain /srv/app", 4),
    ("cp /opt/app/plain /usr/local/bin/", 3), ("ls /nope && chmod 755 /opt/app/run.sh || true", 2),
    ("command -v nothing && chmod 755 /opt/app/run.sh || true", 2), ("grep -q nobody /etc/passwd && chmod 755 /opt/app/run.sh || true", 2),
]


class Rig:
    def __init__(self, willrun, root, work):
        self.willrun, self.root, self.work, self.number = willrun, os.path.abspath(root), work, 0
        self.context = Path(work, "context")
        self.context.mkdir()
        for name, source, flags in (("libgreet.so.1.2", GREET, ["-shared", "-fPIC", "-Wl,-soname,libgreet.so.1"]),
                                    ("plain", PLAIN, []), ("server", CALLER, [f"{work}/context/libgreet.so.1.2"])):
            subprocess.run(["gcc", "-o", self.context / name, "-x", "c", "-", "-x", "none", *flags], input=source.encode(), check=True)
        (self.context / "run.sh").write_text("#!/bin/sh\nexit 0\n")
        (self.context / "data").write_text("data\n")

    def really(self, text, command, user):
        """Does it start, in a shell's own copy of the root; None: the RUN fails, and the build with it."""
        self.number += 1
        place = f"{self.work}/{self.number}"
        for name in ("up", "work", "root"):
            os.makedirs(f"{place}/{name}")
        script = ["set -e", f"mount -t overlay overlay -o lowerdir={self.root},upperdir={place}/up,workdir={place}/work {place}/root"]
        for name, to in COPIES:
            whole = to + name if to.endswith("/") else to
            script += [f"mkdir -p {place}/root{os.path.dirname(whole)}", f"cp {self.context}/{name} {place}/root{whole}"]
        script.append(f"chroot {place}/root /bin/sh -c \"$TEXT\" >/dev/null 2>&1 </dev/null || exit 200")
        ids = f"--userspec={user}:" if user == "app" else f"--userspec={user or 0}:0"
        script.append("[ -z \"$NAMED\" ] || grep -q '^app:' " + f"{place}/root/etc/passwd || exit 201")
        script.append(f"chroot {ids} {place}/root \"$@\" >/dev/null 2>&1 </dev/null || exit 201")
        done = subprocess.run(["unshare", "-m", "sh", "-c", "\n".join(script), "sh", *command], check=False, timeout=60,
                              capture_output=True,
                              env={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TEXT": text,
                                   "NAMED": "1" if user == "app" else ""})
        subprocess.run(["rm", "-rf", place], check=True)
        if done.returncode not in (0, 200, 201):
            raise RuntimeError(f"{done.returncode}: {done.stderr.decode()}")
        return None if done.returncode == 200 else done.returncode == 0

    def told(self, text, command, user):
        lines = ["FROM debian:12-slim", *(f"COPY {name} {to}" for name, to in COPIES), "RUN <<END", text, "END",
                 *([f"USER {user}"] if user else []), f"CMD {json.dumps(command)}"]
        (self.context / "Dockerfile").write_text("\n".join(lines) + "\n")
        done = subprocess.run([self.willrun, "check", "--dockerfile", "Dockerfile", f"--base=debian:12-slim={self.root}",
                               "--format", "json"], cwd=self.context, capture_output=True, check=False, timeout=60)
        if done.returncode not in (0, 1):
            raise RuntimeError(done.stderr.decode())
        subjects = json.loads(done.stdout)["targets"][0]["subjects"]
        started = {command[0], *(f"{folder}/{command[0]}" for folder in ("/usr/local/bin", "/usr/bin", "/bin"))}
        started |= {command[1]} if command[0] == "sh" else set()
        order = ["runs", "degraded", "unknown", "fails"]
        return max((s["verdict"] for s in subjects if s["path"] in started or s["path"].lstrip("/") == command[0]),
                   key=order.index, default="unknown")

    def compare(self, text, command, user):
        really = self.really(text, command, user)
        if really is None:
            return "build", None
        told = self.told(text, command, user)
        wrong = told == ("fails" if really else "runs")
        return told, f"{told}, and really it {'starts' if really else 'fails'}: {command} {user!r} of\n{text}" if wrong else None


def drawn(count, seed):
    draw = random.Random(seed)
    for _ in range(count):
        text = draw.choice(TEXTS)
        for _ in range(draw.choice((0, 1, 1, 2, 3))):
            text += draw.choice(GLUE) + draw.choice(TEXTS)
        yield text, draw.choice(COMMANDS), draw.choice(USERS)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("willrun")
    parser.add_argument("-k", dest="word", default="")
    parser.add_argument("--random", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cache", type=Path, default=os.environ.get("WILLRUN_RIG") or HERE.parents[1] / "build" / "rig")
    given = parser.parse_args()
    counts, wrong = {}, []
    with tempfile.TemporaryDirectory(prefix="willrun-effects-") as work:
        os.chmod(work, 0o755)
        rig = Rig(os.path.abspath(given.willrun), Store(given.cache, work).root("debian:12-slim"), work)
        cases = [(text, COMMANDS[command], "") for text, command in FIXED] + list(drawn(given.random, given.seed))
        for case in cases:
            if given.word not in case[0]:
                continue
            told, sentence = rig.compare(*case)
            counts[told] = counts.get(told, 0) + 1
            if sentence:
                wrong.append(sentence)
                print(f"FAILED {sentence}\n", flush=True)
    print(f"{sum(counts.values())} texts, {len(wrong)} wrong; {counts}")
    return 1 if wrong or not counts else 0


if __name__ == "__main__":
    sys.exit(main())
