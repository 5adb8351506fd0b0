#!/usr/bin/env python3
"""What a program meets when it runs, held to real runs.

    later_cases.py WILLRUN

Each case is a program that is built here, and two roots: one that lacks something, and the same
with it. In the first the program must fail when it runs (it prints other words, or ends otherwise)
and willrun must tell of it by the rule that is declared, as a warning or as a note; in the second
it must do its work, and willrun must be silent about it.
"""
import json
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

sys.dont_write_bytecode = True
willrun = str(Path(sys.argv[1]).resolve())
work = Path(tempfile.mkdtemp(prefix="willrun-later-"))
MULTI = "/lib/x86_64-linux-gnu/"
MUSL = "/lib/ld-musl-x86_64.so.1"
WARNS, NOTES = "warning", "note"
RULES = {"dlopen-missing", "dlopen-optional", "time-zone-unknown", "locale-missing",
         "name-service-missing", "unwinder-missing", "temporary-folder-missing",
         "character-sets-missing", "terminals-missing", "static-glibc", "host-library",
         "certificates-missing", "users-missing", "shell-missing", "time-zones-missing"}

# each prints what it found, "no" where that is nothing
C = {
    "exit": """#include <pthread.h>
#include <stdio.h>
static void *ends(void *x) { pthread_exit(x); }
int main(void) { pthread_t t; pthread_create(&t, 0, ends, 0); pthread_join(t, 0); puts("ended"); return 0; }""",
    "zone": """#include <stdio.h>
#include <time.h>
int main(void) { time_t t = 0; printf("%d\\n", localtime(&t)->tm_hour); return 0; }""",
    "locale": """#include <locale.h>
#include <stdio.h>
int main(void) { puts(setlocale(LC_ALL, "") ? "set" : "no"); return 0; }""",
    "shell": """#include <stdio.h>
#include <stdlib.h>
int main(void) { puts(system("exit 0") == 0 ? "done" : "no"); return 0; }""",
    "words": """#include <iconv.h>
#include <stdio.h>
int main(void) { puts(iconv_open("UTF-8", "EUC-JP") != (iconv_t)-1 ? "opened" : "no"); return 0; }""",
    "user": """#include <pwd.h>
#include <stdio.h>
int main(void) { puts(getpwnam("root") ? "found" : "no"); return 0; }""",
    "temporary": """#include <stdio.h>
int main(void) { puts(tmpfile() ? "made" : "no"); return 0; }""",
    "terminal": """#include <stdio.h>
int setupterm(const char *, int, int *);
int main(void) { int e; puts(setupterm("xterm", 1, &e) == 0 ? "known" : "no"); return 0; }""",
    "opens": """#include <dlfcn.h>
#include <stdio.h>
int main(void) { puts(dlopen("libplug.so.2", RTLD_NOW) ? "opened" : "no"); return 0; }""",
    "noted": """#include <dlfcn.h>
#include <stdio.h>
#define NOTE "[{\\"soname\\":[\\"libplug.so.2\\",\\"libplug.so.1\\"],\\"feature\\":\\"plug\\",\\"priority\\":\\"PRIORITY\\"}]"
__attribute__((used, section(".note.dlopen"), aligned(4))) static const struct
{ int name, size, type; char owner[4]; char text[sizeof NOTE]; } note = {4, sizeof NOTE, 0x407c0c0a, "FDO", NOTE};
int main(void) {
    char name[] = "libplug.so.0"; /* does not stand in it */
    for (name[11] = '2'; name[11] > '0'; name[11]--)
        if (dlopen(name, RTLD_NOW)) { puts("opened"); return 0; }
    puts("no"); return 0;
}""",
    "tls": """#include <stdio.h>
#include <stdlib.h>
#include <netinet/in.h>
#include <arpa/inet.h>
void *TLS_client_method(void), *SSL_CTX_new(void *), *SSL_new(void *);
int SSL_CTX_set_default_verify_paths(void *), SSL_set_fd(void *, int), SSL_connect(void *);
void SSL_CTX_set_verify(void *, int, void *);
int main(void) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(getenv("PORT"))), .sin_addr = {htonl(0x7f000001)}};
    int s = socket(AF_INET, SOCK_STREAM, 0);
    void *all = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_default_verify_paths(all); SSL_CTX_set_verify(all, 1, 0);
    void *one = SSL_new(all);
    if (connect(s, (void *)&to, sizeof to)) return 1;
    SSL_set_fd(one, s);
    puts(SSL_connect(one) == 1 ? "verified" : "no"); return 0;
}""",
}
GO = """package main
import ("crypto/tls"; "fmt"; "os"; "time")
func main() {
\tif os.Getenv("PORT") == "" { fmt.Println(time.Unix(0, 0).Hour()); return }
\tif _, err := tls.Dial("tcp", "127.0.0.1:"+os.Getenv("PORT"), nil); err != nil { fmt.Println("no"); return }
\tfmt.Println("verified")
}
"""


def run(*command, **more):
    subprocess.run([str(word) for word in command], check=True, capture_output=True, **more)


def build(name, *flags, compiler="gcc", source=None):
    """A program of C, built once."""
    target = work / "built" / "-".join([name, compiler, *(str(flag).replace("/", "_") for flag in flags)])
    if not target.exists():
        target.parent.mkdir(exist_ok=True)
        path = work / f"{name}.c"
        path.write_text(source or C[name])
        run(compiler, "-w", "-o", target, path, *flags)
    return target


def go():
    target = work / "built/go"
    if not target.exists():
        (work / "go").mkdir()
        (work / "go/main.go").write_text(GO)
        (work / "go/go.mod").write_text("module example.org/case\ngo 1.19\n")
        run("go", "build", "-o", target, ".", cwd=work / "go",
            env={**os.environ, "CGO_ENABLED": "0", "GOPROXY": "off", "GOFLAGS": "-mod=mod"})
    return target


def library(name, *flags):
    return build(name, "-shared", "-fPIC", *flags, source="int plug(void) { return 1; }")


def give(root, path, source=None):
    """`source`, a file or a text; without it what this machine has there."""
    to = root / path.lstrip("/")
    to.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(source, str):
        to.write_text(source)
    elif Path(source or path).is_dir():
        shutil.copytree(source or path, to, symlinks=True)
    else:
        shutil.copy(Path(source or path).resolve(), to)


LIBC = ["/lib64/ld-linux-x86-64.so.2", MULTI + "libc.so.6"]
CASES = []


def case(name, program, rule, severity, gives, files=(), env=None, **more):
    """`gives`: what the second root has more, {path: source} or {path: None} for this machine's."""
    CASES.append((name, program, rule, severity, gives, list(files), env or {}, more))


PLUG = ["-Wl,--no-as-needed"]
case("a thread that ends needs the unwinder", lambda: build("exit"), "unwinder-missing", WARNS,
     {MULTI + "libgcc_s.so.1": None}, LIBC)
case("TZ without its zone", lambda: build("zone"), "time-zone-unknown", WARNS,
     {"/usr/share/zoneinfo/Asia/Tokyo": None}, LIBC, {"TZ": "Asia/Tokyo"})
case("TZ without its zone, in musl", lambda: build("zone", compiler="musl-gcc"), "time-zone-unknown",
     WARNS, {"/usr/share/zoneinfo/Asia/Tokyo": None}, [MUSL], {"TZ": "Asia/Tokyo"})
case("TZ without its zone, in Go", go, "time-zone-unknown", WARNS,
     {"/usr/share/zoneinfo/Asia/Tokyo": None}, (), {"TZ": "Asia/Tokyo", "SSL_CERT_FILE": "/none"})
case("TZ that is a rule needs no file", lambda: build("zone"), None, None, {}, LIBC, {"TZ": "JST-9"})
for zone in ("UTC", "Etc/UTC", "GMT0", "<+09>-9", "JST-9JDT,M3.2.0,M11.1.0", ""):
    case(f"nor does TZ={zone}", lambda: build("zone"), None, None, {}, LIBC, {"TZ": zone})
TOKYO = Path("/usr/share/zoneinfo/Asia/Tokyo")
case("TZ behind a colon", lambda: build("zone"), "time-zone-unknown", WARNS, {str(TOKYO): None}, LIBC, {"TZ": ":Asia/Tokyo"})
case("TZ that is a path", lambda: build("zone"), "time-zone-unknown", WARNS, {"/zones/tokyo": TOKYO}, LIBC,
     {"TZ": "/zones/tokyo"})
case("TZ in a folder of its own", lambda: build("zone"), "time-zone-unknown", WARNS, {"/zones/Asia/Tokyo": TOKYO}, LIBC,
     {"TZ": "Asia/Tokyo", "TZDIR": "/zones"})
case("a locale that is not there", lambda: build("locale"), "locale-missing", WARNS,
     {"/usr/lib/locale/xx_YY.utf8": Path("/usr/lib/locale/C.utf8")}, LIBC, {"LC_ALL": "xx_YY.UTF-8"})
case("C.UTF-8 has files, too", lambda: build("locale"), "locale-missing", WARNS,
     {"/usr/lib/locale/C.utf8": None}, LIBC, {"LANG": "C.UTF-8"})
case("C has none", lambda: build("locale"), None, None, {}, LIBC, {"LANG": "C"})
case("POSIX has none, either", lambda: build("locale"), None, None, {}, LIBC, {"LC_ALL": "POSIX", "LANG": "xx_YY.UTF-8"})
case("a variable that is empty says nothing", lambda: build("locale"), None, None, {}, LIBC, {"LC_ALL": "", "LANG": "C"})
case("a locale in a folder of its own", lambda: build("locale"), "locale-missing", WARNS,
     {"/own/xx_YY.utf8": Path("/usr/lib/locale/C.utf8")}, LIBC, {"LC_ALL": "xx_YY.UTF-8", "LOCPATH": "/own"})
case("musl has every locale", lambda: build("locale", compiler="musl-gcc"), None, None, {}, [MUSL],
     {"LC_ALL": "xx_YY.UTF-8"})
case("system() without a shell", lambda: build("shell"), "shell-missing", NOTES,
     {"/bin/sh": Path("/bin/busybox")}, LIBC)
case("iconv without its modules", lambda: build("words"), "character-sets-missing", NOTES,
     {"/usr" + MULTI + "gconv": None}, LIBC)
case("musl needs none", lambda: build("words", compiler="musl-gcc"), None, None, {}, [MUSL])
case("a user, and no /etc/passwd", lambda: build("user"), "users-missing", NOTES,
     {"/etc/passwd": "root:x:0:0::/:/bin/sh\n"}, LIBC)
case("a service of names that is not there", lambda: build("user"), "name-service-missing", WARNS,
     {"/etc/nsswitch.conf": "passwd: nowhere [NOTFOUND=continue] files\n"}, LIBC,
     before={"/etc/nsswitch.conf": "passwd: nowhere\n# passwd: files\n",
             "/etc/passwd": "root:x:0:0::/:/bin/sh\n"})
case("a service of names that is asked first alone", lambda: build("user"), "users-missing", NOTES,
     {"/etc/passwd": "root:x:0:0::/:/bin/sh\n"}, LIBC, before={"/etc/nsswitch.conf": "passwd: files [NOTFOUND=return] nowhere\n"})
case("services of other names", lambda: build("user"), "users-missing", NOTES, {"/etc/passwd": "root:x:0:0::/:/bin/sh\n"}, LIBC,
     before={"/etc/nsswitch.conf": "hosts: nowhere\n"})
case("nowhere for temporary files", lambda: build("temporary"), "temporary-folder-missing", NOTES,
     {"/tmp/.keep": ""}, LIBC)
case("terminals that are not described", lambda: build("terminal", MULTI + "libtinfo.so.6"),
     "terminals-missing", NOTES, {"/lib/terminfo/x/xterm": None}, LIBC + [MULTI + "libtinfo.so.6"])
case("a name that dlopen is given", lambda: build("opens"), "dlopen-optional", NOTES,
     {MULTI + "libplug.so.2": lambda: library("plug")}, LIBC)
case("the same in musl", lambda: build("opens", compiler="musl-gcc"), "dlopen-optional", NOTES,
     {"/usr/lib/libplug.so.2": lambda: build("plug", "-shared", "-fPIC", compiler="musl-gcc",
                                             source="int plug(void) { return 1; }")}, [MUSL])
for priority, rule, severity in (("required", "dlopen-missing", WARNS),
                                 ("recommended", "dlopen-missing", WARNS),
                                 ("suggested", "dlopen-optional", NOTES)):
    case(f"a note of a library, {priority}",
         lambda priority=priority: build(
             "noted-" + priority, source=C["noted"].replace("PRIORITY", priority)), rule, severity,
         {MULTI + "libplug.so.1": lambda: library("plug")}, LIBC)
case("a noted library that lacks another", lambda: build(
    "noted-required", source=C["noted"].replace("PRIORITY", "required")), "dlopen-missing", WARNS,
     {MULTI + "libz.so.1": None}, LIBC,
     before={MULTI + "libplug.so.1": lambda: library("plug-z", *PLUG, MULTI + "libz.so.1")})
case("a noted library of musl's beside glibc", lambda: build(
    "noted-required", source=C["noted"].replace("PRIORITY", "required")), "dlopen-missing", WARNS,
     {MULTI + "libplug.so.2": lambda: library("plug")}, LIBC,
     before={MULTI + "libplug.so.2": lambda: build("plug-musl", "-shared", "-fPIC", compiler="musl-gcc",
                                                   source="int plug(void) { return 1; }")})
case("OpenSSL without certificates", lambda: build("tls", MULTI + "libssl.so.3", MULTI + "libcrypto.so.3"),
     "certificates-missing", NOTES, {"/usr/lib/ssl/cert.pem": lambda: work / "ca.pem"},
     LIBC + [MULTI + "libssl.so.3", MULTI + "libcrypto.so.3"], server=True)
case("OpenSSL, and a bundle where it does not look",
     lambda: build("tls", MULTI + "libssl.so.3", MULTI + "libcrypto.so.3"), "certificates-missing",
     NOTES, {"/usr/lib/ssl/cert.pem": lambda: work / "ca.pem"},
     LIBC + [MULTI + "libssl.so.3", MULTI + "libcrypto.so.3"], server=True,
     before={"/etc/ssl/certs/ca-certificates.crt": lambda: work / "ca.pem"})
case("Go without certificates", go, "certificates-missing", NOTES,
     {"/etc/ssl/certs/ca-certificates.crt": lambda: work / "ca.pem"}, (), server=True)
case("static glibc, and iconv", lambda: build("words", "-static"), "static-glibc", NOTES,
     {"/usr" + MULTI + "gconv": None, MULTI + "ld-linux-x86-64.so.2": None,
      MULTI + "libc.so.6": None}, (),
     always_told=True)


# ---- a server of TLS, whose certificate is of an authority of its own ----

def make_server():
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", work / "ca.key", "-out",
        work / "ca.pem", "-days", "2", "-subj", "/CN=authority")
    run("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", work / "key.pem", "-out",
        work / "request.pem", "-subj", "/CN=127.0.0.1")
    (work / "names").write_text("subjectAltName=IP:127.0.0.1\n")
    run("openssl", "x509", "-req", "-in", work / "request.pem", "-CA", work / "ca.pem", "-CAkey",
        work / "ca.key", "-CAcreateserial", "-out", work / "cert.pem", "-days", "2", "-extfile",
        work / "names")
    import socket
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(work / "cert.pem", work / "key.pem")
    listening = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                context.wrap_socket(listening.accept()[0], server_side=True).close()
            except OSError:
                pass
    threading.Thread(target=serve, daemon=True).start()
    return str(listening.getsockname()[1])


# ---- judging ----

def starts(root, env):
    return subprocess.run(["/program"], preexec_fn=lambda: os.chroot(root), cwd="/", env=env,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                          timeout=60)


def told(root, env):
    """The verdict, and the rules that are told of with their severity."""
    words = [word for key, value in env.items() for word in ("--env", f"{key}={value}")]
    done = subprocess.run([willrun, "check", "--root", root, "./program", "--format", "json", *words],
                          stdout=subprocess.PIPE, check=False, cwd=root)
    subject = json.loads(done.stdout)["targets"][0]["subjects"][0]
    return subject["verdict"], [(finding["rule"], finding["severity"]) for finding in subject["findings"]
                                if finding["rule"] in RULES]


def give_all(root, files):
    for path, source in files.items():
        give(root, path, source() if callable(source) else source)


def wrong(number, port, facts):
    name, program, rule, severity, gives, files, env, more = facts
    root = work / str(number)
    root.mkdir()
    give_all(root, {path: None for path in files})
    give_all(root, more.get("before", {}))
    give(root, "/program", program())
    if "server" in more:
        env = {**env, "PORT": port}
    lacking, verdict = starts(root, env), told(root, env)
    wanted = ("degraded" if severity == WARNS else "runs", [(rule, severity)] if rule else [])
    if verdict != wanted:
        return f"willrun says {verdict}, not {wanted}; it printed {lacking.stdout!r}"
    if rule is None:
        return f"it fails: {lacking}" if lacking.returncode or lacking.stdout == "no\n" else None
    give_all(root, gives)
    mended, verdict = starts(root, env), told(root, env)
    if mended.returncode or mended.stdout == "no\n" or mended.stdout == lacking.stdout:
        return f"it printed {lacking.stdout!r}, and with {list(gives)} {mended.stdout!r} {mended.stderr}"
    if verdict != ("runs", [(rule, severity)] if "always_told" in more else []):
        return f"with all that it needs willrun says {verdict}"
    return None


def main():
    if os.geteuid() != 0 or os.uname().machine != "x86_64":
        raise SystemExit("root on an amd64 machine is needed")
    failed = 0
    try:
        port = make_server()
        for number, facts in enumerate(CASES):
            try:
                trouble = wrong(number, port, facts)
            except (subprocess.CalledProcessError, OSError) as error:
                trouble = f"{error} {getattr(error, 'stderr', b'')[-300:]}"
            failed += trouble is not None
            if trouble is not None:
                print(f"FAILED: {facts[0]}: {trouble}")
    finally:
        shutil.rmtree(work)
    print(f"{len(CASES) - failed} of {len(CASES)} cases hold")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
