#!/usr/bin/env python3
"""Holds willrun to what the hosts of plugins do with the plugins of real packages.

    run_plugins.py --willrun build/release/willrun [--fast] [--cache DIR] [--only ROOT]…

Each plugin that willrun finds in a root is opened in a process of its real host, in a chroot, by an
object that is preloaded into it: the host's own symbols and libraries are there, and dlopen's words
are the loader's own. PHP, Ruby, Perl, nginx, Apache and Lua load theirs by their own means besides.
The exit status is 1 on any difference, and where a kind has fewer plugins than it is known to have.
"""

import fnmatch
import os
import re
import struct
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True

import jail
from plugin_rig import Tally, ask_willrun, main

HERE = Path(__file__).resolve().parent
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ANY_HOST = "/bin/cat"
LAZY, NOW = "1", "2"

# For each kind: the program that has to be found for it, and how that opens.
HOSTS = {"php-extension": ("/usr/bin/php*", LAZY), "ruby-extension": ("/usr/bin/ruby*", LAZY),
         "perl-xs": ("/usr/bin/perl", LAZY), "mod-perl": ("/usr/sbin/apache2", LAZY),
         "lua-module": ("/usr/bin/lua*", NOW), "nginx-module": ("/usr/sbin/nginx", NOW),
         "apache-module": ("/usr/sbin/apache2", NOW), "jni-library": ("*/bin/java", LAZY),
         "postgresql-module": ("/usr/lib/postgresql/*/bin/postgres", NOW),
         "python-extension": ("/usr/bin/python3*", NOW), "python-library": ("/usr/bin/python3*", NOW),
         "pam-module": (None, NOW), "nss-module": (None, NOW), "gconv-module": (None, NOW),
         "qt-plugin": (None, LAZY), "gstreamer-plugin": (None, NOW), "odbc-driver": (None, LAZY),
         "sqlite-extension": (None, NOW), "apr-driver": ("/usr/sbin/apache2", NOW),
         "uwsgi-plugin": ("/usr/bin/uwsgi*", NOW), "inspircd-module": ("*/inspircd", NOW),
         "kamailio-module": ("*/kamailio", NOW), "collectd-plugin": ("*/collectd", NOW),
         "freeradius-module": ("*/freeradius", NOW), "znc-module": ("*/znc", NOW),
         "strongswan-plugin": ("*/charon", LAZY), "rsyslog-module": ("*/rsyslogd", NOW), "nbdkit-plugin": ("*/nbdkit", NOW),
         "openldap-module": ("*/slapd", LAZY), "proftpd-module": ("*/proftpd", LAZY),
         "lighttpd-module": ("*/lighttpd", LAZY), "zsh-module": ("*/zsh", LAZY), "varnish-module": ("*/varnishd", NOW),
         "mariadb-plugin": ("*/mariadbd", NOW), "postfix-map": ("*/postmap", NOW), "winbind-module": ("*/winbindd", NOW),
         "samba-module": ("*/smbd", NOW), "xorg-module": ("*/Xorg", LAZY), "erlang-nif": ("*/beam.smp", NOW),
         "bind-plugin": ("*/named", LAZY), "powerdns-backend": ("*/pdns_server", NOW), "irssi-module": ("*/irssi", LAZY),
         "irssi-perl": ("*/irssi", LAZY), "tc-module": ("*/tc", LAZY)}

# Roots, and the least number of plugins that each is known to hold.
FULL = {"plugins-bookworm": 850, "plugins-trixie": 850, "bare-plugins-bookworm": 850, "more-plugins-bookworm": 1200,
        "plugins-bookworm+trixie": 1200, "plugins-trixie+bookworm": 1200}
FAST = {"few-plugins": 60}


def opener(rig):
    """The object that is preloaded, as bytes."""
    work = rig.cache / "helper-build" / "opener"
    work.mkdir(parents=True, exist_ok=True)
    names = ("dlopen", "dlerror", "getenv", "puts", "fflush", "_exit")
    (work / "stub.c").write_text("".join(f"void {name}(void) {{}}\n" for name in names))
    gcc = ["gcc", "-O1", "-fPIC", "-shared", "-nostdlib", "-fno-builtin", "-fno-stack-protector"]
    subprocess.run([*gcc, "-Wl,-soname,libc.so.6", "-o", work / "libc.so.6", work / "stub.c"], check=True)
    subprocess.run([*gcc, "-o", work / "opener.so", HERE / "opener.c", work / "libc.so.6"], check=True)
    return (work / "opener.so").read_bytes()


def plugins(args, root):
    """What willrun says of each plugin of the root."""
    return [subject for subject in ask_willrun(args, root, PATH, "--all")
            if subject.get("plugin") in HOSTS and subject["platform"] == "linux/amd64"]


COMPANIONS = re.compile(r" needs (.*?) loaded before it")
REQUIRED = re.compile(r" needs the module (\S+) loaded as well")     # PHP's, which is asked without any other


def companions(root, subject):
    """The plugins that willrun says are to be loaded first."""
    for finding in subject["findings"]:
        if finding["rule"] == "plugin-order" and REQUIRED.search(finding["message"]) is None:
            folder = Path(subject["path"]).parent
            return [str(next(place / name for place in (folder, folder.parent)
                             if (root / str(place)[1:] / name).exists()))
                    for name in COMPANIONS.search(finding["message"])[1].split(" and ")]
    return []


BROUGHT = {"mod-perl": "/usr/lib/apache2/modules/mod_perl.so",
           "irssi-perl": "/usr/lib/x86_64-linux-gnu/irssi/modules/libperl_core.so"}


def brought(root, subject):
    """What the host opens before any plugin."""
    if subject["plugin"] in BROUGHT:
        return [BROUGHT[subject["plugin"]]]
    if subject["plugin"] != "jni-library" or not subject.get("host"):
        return []
    home = Path(os.path.realpath(f"{root}{subject['host']}")).parent.parent
    with_awt = b"\0libawt.so\0" in (root / subject["path"][1:]).read_bytes()    # Java's code loads that first
    names = ["server/libjvm.so", *(["libawt_headless.so"] if with_awt else [])]
    return [str(home / "lib" / name)[len(str(root)):] for name in names]


def open_inside(subject, first):
    """What dlopen says in the host's process: its words, None for none."""
    flags = HOSTS[subject["plugin"]][1]
    host = subject.get("host") or ANY_HOST
    done = jail.start(host, [host], {"PATH": PATH, "LD_PRELOAD": ":".join(["/dev/opener.so", *first]),
                                     "OPEN_PLUGIN": subject["path"], "OPEN_FLAGS": flags}, timeout=20)
    if done.signal or done.timeout or done.status not in (0, 1):
        return {"crash": True}
    return {"error": done.out.strip() or None}


BOOT = """my $library = DynaLoader::dl_load_file($ARGV[0], 0) or die 'no library: ' . DynaLoader::dl_error();
my $boot = DynaLoader::dl_find_symbol($library, $ARGV[1]) or exit; alarm 10;
my $start = DynaLoader::dl_install_xsub('Boot::start', $boot); &$start('Boot')"""


def boot_of(path):
    return "boot_" + os.path.dirname(path).partition("/auto/")[2].replace("/", "__")


# How hosts load plugins by their own means: the command, and whether it tells of a failure of dlopen.
OWN = {
    "php-extension": lambda host, path: ([host, "-n", "-d", f"extension={path}", "-r", ""], "Unable to load dynamic"),
    "ruby-extension": lambda host, path: ([host, "--disable-gems", "-e", f"require '{path}'"],
                                         f" - {path} (LoadError)"),
    "perl-xs": lambda host, path: ([host, "-MDynaLoader", "-e", BOOT, path, boot_of(path)], "no library: "),
    "lua-module": lambda host, path: ([host, "-e", f"local f, why, what = package.loadlib('{path}', 'x'); "
                                       "if what == 'open' then error('not loaded: ' .. why) end"], "not loaded"),
    "nginx-module": lambda host, path: ([host, "-t", "-c", "/dev/null", "-g", f"load_module {path};"], "dlopen() "),
    "apache-module": lambda host, path: ([host, "-t", "-f", "/dev/null", "-C", f"LoadModule x_module {path}"],
                                         "into server"),
    "uwsgi-plugin": lambda host, path: ([host, "--need-plugin", path], "unable to load plugin"),
}


# What hosts say of a plugin that dlopen has loaded and they do not take.
REFUSALS = {"php-extension": "These options need to match", "nginx-module": 'module "',
            "perl-xs": r"perl binaries are mismatched|Perl API version \S+ of \S+ does not match"}


def load_by_host(subject):
    """Whether the host itself says that dlopen failed, with its words; None: it was not asked."""
    if subject["plugin"] not in OWN or subject.get("host") is None:
        return None
    command, mark = OWN[subject["plugin"]](subject.get("host"), subject["path"])
    done = jail.start(command[0], command, {"PATH": PATH, "LC_ALL": "C"}, timeout=20, together=True)
    if done.signal or done.timeout or "Can't locate API module structure" in done.out:
        return {"failed": False, "words": "", "refused": False}
    refusal = REFUSALS.get(subject["plugin"])
    return {"failed": mark in done.out, "words": done.out, "refused": refusal is not None and re.search(refusal, done.out)
            is not None}


def magic_of(path):
    """PostgreSQL's number of its major version in a module or in the server (Pg_magic_struct)."""
    data = path.read_bytes()
    for match in re.finditer(rb"PostgreSQL\0", data):
        length, version, arguments, keys = struct.unpack("<4i", data[max(match.start() - 24, 0):][:16])
        if (length, arguments, keys) == (56, 100, 32):
            return version
    return None


def is_of_other_server(root, subject):
    """A server says "incompatible library: version mismatch" of a module of another major version."""
    return subject["plugin"] == "postgresql-module" and subject.get("host") is not None and \
        magic_of(root / subject["path"][1:]) not in (None, magic_of(root / subject["host"][1:]))


def used_by_module(subject):
    """Does Perl load it where its module is used, which loads others by its own lines?"""
    name = os.path.dirname(subject["path"]).partition("/auto/")[2].replace("/", "::")
    script = 'open(F, "/proc/self/maps"); print grep { index($_, $ARGV[0]) >= 0 } <F>'
    done = jail.start(subject["host"], ["perl", f"-M{name}", "-e", script, subject["path"]],
                      {"PATH": PATH, "LC_ALL": "C"})
    return subject["path"] in done.out


def ask(rig, root, subjects):
    """The truth of each plugin."""
    library = opener(rig)
    firsts = [(brought(root, subject), companions(root, subject)) for subject in subjects]

    def job(tell):
        Path("/dev/opener.so").write_bytes(library)
        for subject, (first, more) in zip(subjects, firsts):
            truth = {"alone": open_inside(subject, first), "host": load_by_host(subject)}
            if subject["plugin"] == "perl-xs" and truth["alone"].get("error") and used_by_module(subject):
                truth = {"alone": {"error": None}, "host": None}
            if subject["plugin"] == "uwsgi-plugin" and truth["host"] and not truth["host"]["failed"]:
                truth = {"alone": {"error": None}, "host": None}    # it loads what the plugin requires first
            if more:
                truth["after"] = open_inside(subject, first + more)
            tell(truth)

    truths = jail.ask(root, job)
    for subject, truth in zip(subjects, truths):
        truth["other server"] = is_of_other_server(root, subject)
        truth["no host"] = has_no_host(root, subject)
    return truths


def has_no_host(root, subject):
    """Is the program for its kind of no package of the root?"""
    wanted = HOSTS[subject["plugin"]][0]
    return wanted is not None and not any(root.glob(f"usr/*bin/{os.path.basename(wanted)}"))


def differences(subject, truth):
    kinds, verdict = [], subject["verdict"]
    if truth["no host"] and subject.get("host") is None:
        return [] if verdict == "unknown" else [f"{verdict}, and no program opens it"]
    wanted = HOSTS[subject["plugin"]][0]
    if wanted is not None and not fnmatch.fnmatch(subject.get("host") or "", wanted):
        return [f"its host is {subject.get('host')}, not {wanted}"]
    if "module-not-taken" in [finding["rule"] for finding in subject["findings"]]:
        return []
    if "module-not-importable" in [finding["rule"] for finding in subject["findings"]]:
        return []
    if "crash" in truth["alone"]:
        return []
    error = truth["alone"]["error"]
    if error is None and truth["other server"]:
        return [] if verdict == "fails" else [f"false runs: {verdict}, and it is of another PostgreSQL"]
    if error is None and truth["host"] is not None and truth["host"]["refused"]:
        told = "\n".join(subject["predicted"]["stderr"])
        told_enough = told in truth["host"]["words"] and (told or subject["plugin"] == "perl-xs")
        return [] if verdict == "fails" and told_enough else \
            [f"{'false runs' if verdict in ('runs', 'degraded') else verdict}: {told}, the host {truth['host']}"]
    required = [match[1] for finding in subject["findings"] if (match := REQUIRED.search(finding["message"]))]
    if error is None and verdict == "unknown" and required:
        told = f'because required module "{required[0]}" is not loaded'
        return [] if told in truth["host"]["words"] else [f"unknown: {told}, and {truth['host']}"]
    if error is None and verdict not in ("runs", "degraded"):
        kinds.append(f"{verdict}, and it loads")
    if error is not None and verdict in ("runs", "degraded"):
        kinds.append(f"false runs: {error}")
    if error is not None and verdict == "unknown" and truth.get("after", {}).get("error", error) is not None:
        kinds.append(f"unknown: {error}, and with those before it {truth.get('after')}")
    if error is not None and verdict == "fails":
        kinds += words(subject, truth, error)
    if truth["host"] is not None and truth["host"]["failed"] != (error is not None):
        kinds.append(f"the host itself says {truth['host']}, dlopen {error}")
    return kinds


def words(subject, truth, error):
    told = "\n".join(subject["predicted"]["stderr"])
    if error not in told:
        return [f"words: {told}, not {error}"]
    by_host = truth["host"]
    if by_host is not None and by_host["failed"] and not subject["plugin"].startswith("python") \
            and told not in by_host["words"]:
        return [f"words: {told}, the host {by_host['words']}"]
    return []


def hold(args, rig, name, least):
    root = rig.make(name)
    subjects, tally = plugins(args, root), Tally()
    for subject, truth in zip(subjects, ask(rig, root, subjects)):
        tally.add(subject["verdict"], subject["path"], differences(subject, truth), subject["plugin"])
    return tally.held(name, len(subjects), least)


sys.exit(main(__doc__, FAST, FULL, hold))
