#!/usr/bin/env python3
"""What willrun makes of the commands of a RUN: one row a rule. What a RUN surely does decides; what it may do
leaves open whatever that may reach, and nothing else. effects_cases.py holds the same to a real shell.

usage: run_cases.py WILLRUN [-k WORD]
"""
import argparse
import concurrent.futures
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

APP, DATA, NEW = "/opt/app/app", "/opt/app/data", "/srv/new"  # a program; one that is not executable; nothing
URL = "https://example.org/new"
# RUN; what is started; by whom; what is told of it
CASES = [
    # modes
    ("true", APP, "", "runs"), ("true", DATA, "", "fails"), ("true", NEW, "", "fails"),
    ("chmod 644 /opt/app/app", APP, "", "fails"), ("chmod +x /opt/app/data", DATA, "", "runs"),
    ("chmod -R a-x /opt/app", APP, "", "fails"), ("chmod -v --recursive 755 /opt", DATA, "", "runs"),
    ("chmod 755 /opt/app/d*", DATA, "", "runs"), ("chmod 755 /opt/app/[a-c]*", DATA, "", "fails"),
    ("chmod 755 /opt/*/data", DATA, "", "unknown"), ("chmod 755 /opt/app/{data,x}", DATA, "", "unknown"),
    ("chmod --reference=/opt/app/app /opt/app/data", DATA, "", "unknown"), ("chmod 755 /srv/none", DATA, "", "fails"),
    ("chmod 755 $FILES", DATA, "", "unknown"), ("cd /opt/app && chmod 755 data", DATA, "", "runs"),
    ("cd $HOME && chmod 755 data", DATA, "", "unknown"), ("cd && chmod 755 data", DATA, "", "unknown"),
    # owners
    ("chmod 700 /opt/app/app", APP, "1000", "fails"), ("chmod 700 /opt/app/app && chown 1000 /opt/app/app", APP, "1000", "runs"),
    ("chmod 700 /opt/app/app && chown app: /opt/app/app", APP, "1000", "runs"),
    ("chmod 700 /opt/app/app && chown stranger /opt/app/app", APP, "1000", "fails"),
    ("chmod 750 /opt/app/app && chgrp 1000 /opt/app/app", APP, "5:1000", "runs"),
    ("chmod 750 /opt/app/app && chown -R 0:1000 /opt", APP, "5:1000", "runs"),
    ("chmod 750 /opt/app/app && chown 0 /opt/app/app", APP, "5:1000", "fails"), ("chown", APP, "", "runs"),
    # users and groups, by their numbers
    *((f"{run} && chown u /opt/app/app && chmod 700 /opt/app/app", APP, user, verdict) for run, user, verdict in (
        ("useradd u", "1001", "runs"), ("useradd u", "1000", "fails"), ("useradd -m -u 1500 u", "1500", "runs"), ("useradd --uid=1500 u", "u", "runs"),
        ("useradd -r u", "999", "runs"), ("useradd --system u", "999", "runs"), ("groupadd -g 999 x && useradd -r u", "998", "runs"),
        ("adduser -D u", "1001", "runs"), ("adduser -S u", "100", "runs"), ("adduser --system u", "100", "runs"),
        ("addgroup -g 100 x && adduser -S u", "101", "runs"), ("adduser -u 1500 -D u", "1500", "runs"),
        ("echo x >> /etc/passwd && echo x:x >> /etc/passwd && useradd u", "1001", "runs"), ("useradd u v", "u", "unknown"))),
    *((f"{run} && chgrp g /opt/app/app && chmod 710 /opt/app/app", APP, user, verdict) for run, user, verdict in (
        ("groupadd g", "5:1001", "runs"), ("groupadd g", "5:1000", "fails"), ("groupadd --gid 70 g", "5:70", "runs"), ("groupadd -r g", "5:999", "runs"),
        ("addgroup -S g", "5:100", "runs"), ("addgroup g", "5:1001", "runs"), ("groupadd -g 70 g && useradd -g g u", "u", "runs"),
        ("groupadd -g 70 g && useradd --gid=70 u", "u", "runs"), ("addgroup -g 70 g && adduser -S -G g u", "u", "runs"),
        ("addgroup -g 70 g && adduser -S --ingroup g u", "u", "runs"), ("useradd g && useradd u", "u", "fails"),
        ("groupadd -g 70 g && useradd -g none u", "u", "fails"), ("groupadd -g 70 g && addgroup app g", "app", "unknown"), ("groupadd -g 70 g && adduser app g", "app", "unknown"),
        ("groupadd -g 70 g && usermod -aG g app", "app", "unknown"), ("echo g:x:70:app >> /etc/group", "app", "runs"))),
    # what goes
    ("rm /opt/app/app", APP, "", "fails"), ("rm -rf /opt/app", APP, "", "fails"), ("rm -f /opt/app/a*", APP, "", "fails"),
    ("rm -f /opt/app/x*", APP, "", "runs"), ("rm -f /srv/none", APP, "", "runs"), ("rm -rf /", APP, "", "runs"),
    ("rm /usr/local/bin/link", APP, "", "runs"), ("cd /opt; rm app/app", APP, "", "fails"),
    # links
    ("ln -s /opt/app/app /srv/new", NEW, "", "runs"), ("ln -s ../opt/app/app /srv/new", NEW, "", "runs"),
    ("ln -s nothing /srv/new", NEW, "", "fails"), ("ln -s /opt/app/app /usr/local/bin", "app", "", "runs"),
    ("ln -s app /opt/app/new && ln -s /opt/app/new /srv", NEW, "", "runs"), ("ln -sn /opt/app/app /srv/new", NEW, "", "runs"),
    ("ln /opt/app/app /srv/new", NEW, "", "unknown"), ("cd /srv && ln -s /opt/app/new", NEW, "", "unknown"),
    ("ln -s /opt/app/app /opt/app/data /srv/new", NEW, "", "unknown"), ("ln /opt/app/app /srv/other", NEW, "", "fails"),
    # folders, and modes that are kept from others
    ("mkdir -p /srv/a/b && ln -s /opt/app/app /srv/a/b/new", "/srv/a/b/new", "1000", "runs"),
    ("mkdir -m 700 /srv/a && ln -s /opt/app/app /srv/a/new", "/srv/a/new", "1000", "fails"),
    ("mkdir --mode=755 /srv/a && ln -s /opt/app/app /srv/a/new", "/srv/a/new", "1000", "runs"),
    ("umask 077 && mkdir /srv/a && ln -s /opt/app/app /srv/a/new", "/srv/a/new", "1000", "fails"),
    ("umask 022 && mkdir /srv/a && ln -s /opt/app/app /srv/a/new", "/srv/a/new", "1000", "runs"),
    ("umask u=rwx,go= && mkdir /srv/a", DATA, "", "unknown"), ("umask", DATA, "", "unknown"),
    ("touch /srv/new && chmod 755 /srv/new", NEW, "", "fails"), ("touch /opt/app/app", APP, "", "runs"),
    # words into files
    ("echo '#!/opt/app/app' > /srv/new && chmod 755 /srv/new", NEW, "", "runs"),
    ("echo -n '#!/opt/app/app' > /srv/new && chmod 755 /srv/new", NEW, "", "runs"),
    ("echo '#!/nothing' > /srv/new && chmod 755 /srv/new", NEW, "", "fails"),
    ("echo '#!/opt/app' > /srv/new && echo app >> /srv/new && chmod 755 /srv/new", NEW, "", "fails"),
    ("echo -n '#!/opt/app' > /srv/new && echo /app >> /srv/new && chmod 755 /srv/new", NEW, "", "runs"),
    ("umask 0 && echo '#!/opt/app/app' > /srv/new && chmod u+x /srv/new", NEW, "1000", "fails"),
    ("echo 'a\\nb' > /srv/new", NEW, "", "unknown"), ("echo -e a > /srv/new", NEW, "", "unknown"), ("echo $A > /srv/new", NEW, "", "unknown"),
    ("printf x > /srv/new", NEW, "", "unknown"), ("echo a > $FILE", NEW, "", "unknown"), ("echo a > $FILE", APP, "", "unknown"), ("echo a > /srv", NEW, "", "unknown"),
    ("cp /opt/app/app /srv/new && echo a >> /srv/new", NEW, "", "unknown"), ("echo a", NEW, "", "fails"),
    # packages
    ("apt-get update && apt-get install -y tool", "tool", "", "unknown"), ("apt-get install -y tool", DATA, "", "fails"),
    ("apk add --virtual .deps tool=1.0 && apk del .deps", "tool", "", "fails"), ("apk add tool && apk del tool", "tool", "", "fails"),
    ("apk add so:libtool.so.1", "tool", "", "unknown"), ("apk del tool", APP, "", "unknown"), ("apt-get purge tool", DATA, "", "unknown"),
    ("apt-get update", "tool", "", "fails"), ("apt-get", "tool", "", "fails"), ("pip install tool", "tool", "", "unknown"),
    ("pip install tool", DATA, "", "fails"),
    # what is known by its place alone
    ("cp /opt/app/app /srv/new", NEW, "", "unknown"), ("cp /opt/app/app /srv/other", NEW, "", "fails"),
    ("cp -t /srv /opt/app/app", NEW, "", "unknown"), ("cp --target-directory=/srv /opt/app/app", NEW, "", "unknown"),
    ("mv /opt/app/app /srv/other", APP, "", "unknown"), ("install -d /srv/new /srv/b", NEW, "", "unknown"),
    ("install -m 755 /opt/app/data /srv/new", NEW, "", "unknown"), ("install -d /usr/a /usr/b", NEW, "", "fails"),
    ("strip /opt/app/app", APP, "", "unknown"), ("sed -i s/a/b/ /opt/app/app", APP, "", "unknown"),
    ("sed -i -e s/a/b/ /opt/app/app", APP, "", "unknown"), ("sed -i s/a/b/ /srv/other", APP, "", "runs"),
    (f"curl -o /srv/new {URL}", NEW, "", "unknown"), (f"curl -fsSLo/srv/new {URL}", NEW, "", "unknown"),
    (f"curl --output /srv/new {URL}", NEW, "", "unknown"), (f"curl -o /srv/other {URL}", NEW, "", "fails"),
    (f"curl -O --output-dir /srv {URL}", NEW, "", "unknown"), (f"cd /srv && curl -O {URL}", NEW, "", "unknown"),
    (f"curl -o /usr/a {URL} -o /srv/new {URL}", NEW, "", "unknown"), (f"wget -P /srv {URL}", NEW, "", "unknown"),
    (f"wget -qO /srv/new {URL}", NEW, "", "unknown"), (f"wget --output-document=/usr/a {URL}", NEW, "", "fails"),
    (f"cd /srv && wget {URL}", NEW, "", "unknown"), ("tar -xzf /usr/a.tgz -C /srv", NEW, "", "unknown"),
    ("tar -xzf /usr/a.tgz -C /usr", NEW, "", "fails"), ("tar xzfC /usr/a.tgz /srv", NEW, "", "unknown"),
    ("tar xzf /usr/a.tgz", NEW, "", "unknown"), ("cd /usr && tar xzf a.tgz", NEW, "", "fails"),
    ("cd /usr && tar -xPf a.tar", NEW, "", "unknown"), ("unzip -d /srv /usr/a.zip", NEW, "", "unknown"),
    ("unzip /usr/a.zip -d /usr", NEW, "", "fails"),
    # commands of other commands
    ("env A=b chmod 755 /opt/app/data", DATA, "", "runs"), ("command chmod 755 /opt/app/data", DATA, "", "runs"),
    ("env -i chmod 755 /opt/app/data", DATA, "", "unknown"), ("env", DATA, "", "fails"), ("command -v chmod", DATA, "", "fails"),
    ("/bin/chmod 755 /opt/app/data", DATA, "", "runs"), ("true > /srv/new", NEW, "", "unknown"), ("true > $FILE", NEW, "", "unknown"),
    ("make install", NEW, "", "unknown"), ("make install", DATA, "", "unknown"),
    ("> /opt/app/app", APP, "", "unknown"), (": > /opt/app/app", APP, "", "unknown"),
    # commands whose output is a word
    ("echo $(rm /opt/app/app)", APP, "", "unknown"), ("A=$(rm /opt/app/app)", APP, "", "unknown"),
    ('test -z "$(rm /opt/app/app)"', APP, "", "unknown"), ("echo `rm /opt/app/app`", APP, "", "unknown"),
    ('echo "`rm /opt/app/app`"', APP, "", "unknown"), ("echo $(echo $(rm /opt/app/app))", APP, "", "unknown"),
    (": ${A:=$(rm /opt/app/app)}", APP, "", "unknown"), ("echo $(echo a > /opt/app/app)", APP, "", "unknown"),
    ("A=$(dpkg --print-architecture); echo $A", APP, "", "runs"), ("A=$(cd /srv && pwd)", APP, "", "runs"),
    ("chmod 755 $(pwd)/data", DATA, "", "unknown"), ("echo $((1 + (2)))", APP, "", "runs"),
    ("A=$(cd /srv && umask 0) && cd /opt/app && chmod 755 data", DATA, "", "runs"),
    # what may not come about
    ("test -f /nope && A=$(date) && chmod 755 /opt/app/data; true", DATA, "", "unknown"),
    ("A=$(false) && chmod 755 /opt/app/data; true", DATA, "", "unknown"),
    ("A=$(date) && chmod 755 /opt/app/data", DATA, "", "runs"), ("A=$(date); chmod 755 /opt/app/data; true", DATA, "", "runs"),
    ("test -f /nope && chmod 755 /opt/app/data; true", DATA, "", "unknown"), ("false || chmod 755 /opt/app/data", DATA, "", "unknown"),
    ("true && chmod 755 /opt/app/data", DATA, "", "runs"), ("if x; then rm /opt/app/app; fi", APP, "", "unknown"),
    ("test -f /nope && apt-get install -y other || true", DATA, "", "fails"), ("true < /etc/passwd && chmod 755 /opt/app/data", DATA, "", "runs"),
]
SOURCE = ".globl _start\n_start: mov $60, %eax\nxor %edi, %edi\nsyscall\n"


def make_context(folder):
    root = folder / "root"
    for name in ("bin", "etc", "opt/app", "srv", "usr/local/bin"):
        (root / name).mkdir(parents=True)
    app = root / "opt/app/app"
    subprocess.run(["gcc", "-nostdlib", "-static", "-x", "assembler", "-", "-o", app], input=SOURCE.encode(), check=True)
    for name, mode in (("opt/app/data", 0o644), ("bin/sh", 0o755)):
        (root / name).write_bytes(app.read_bytes())
        (root / name).chmod(mode)
    (root / "usr/local/bin/link").symlink_to("../../../opt/app/app")
    (root / "etc/passwd").write_text("root:x:0:0::/:/bin/sh\napp:x:1000:1000::/:/bin/sh\n")


def told(willrun, folder, number, case):
    text, started, user, _ = case
    lines = ["FROM base", f"RUN {text}", *([f"USER {user}"] if user else []), f"CMD {json.dumps([started])}"]
    file = folder / f"Dockerfile.{number}"
    file.write_text("\n".join(lines) + "\n")
    done = subprocess.run([willrun, "check", "--dockerfile", file.name, "--base", "base=root", "--platform", "linux/amd64",
                           "--format", "json", "--jobs", "1"], cwd=folder, capture_output=True, check=False, timeout=60)
    if done.returncode not in (0, 1) or re.search(rb"Sanitizer|runtime error", done.stderr):
        return f"status {done.returncode}: {done.stderr.decode()}"
    subjects = json.loads(done.stdout)["targets"][0]["subjects"]
    verdicts = [s["verdict"] for s in subjects if s["path"] == started or s["path"].endswith("/" + started)]
    return verdicts[0] if verdicts else f"no word of it: {[s['path'] for s in subjects]}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("willrun")
    parser.add_argument("-k", dest="word", default="")
    given = parser.parse_args()
    willrun, wrong = os.path.abspath(given.willrun), 0
    cases = [case for case in CASES if given.word in case[0]]
    with tempfile.TemporaryDirectory(prefix="willrun-run-") as work:
        folder = Path(work)
        make_context(folder)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            answers = pool.map(lambda pair: told(willrun, folder, *pair), enumerate(cases))
            for (text, started, user, wanted), answer in zip(cases, answers):
                if answer != wanted:
                    wrong += 1
                    print(f"FAILED: {started}{' of ' + user if user else ''} after {text!r}: {answer}, not {wanted}")
    print(f"{len(cases)} RUNs, {wrong} wrong")
    return 1 if wrong or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
