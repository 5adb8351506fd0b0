"""The scenarios: for each way in which a multi-stage build breaks, the file that breaks and the mended one."""
from scenario import HELLO, Archive, Scenario, compiled, foreign

SCENARIOS = []
TO_SCRATCH = 'FROM scratch AS build\nCOPY server /out/server\n'
START = 'COPY --from=build /out/server /app/server\nENTRYPOINT ["/app/server"]\n'
LIBRARY = "int greet(void) { return 0; }\n"
CALLER = "int greet(void);\nint main(void) { return greet(); }\n"
GO = 'package main\nfunc main() { println("started") }\n'
CGO = 'package main\n// int one(void) { return 1; }\nimport "C"\nfunc main() { println(C.one()) }\n'
RUST = 'fn main() { println!("started"); }\n'
NEW = "#include <string.h>\nsize_t strlcpy(char *, const char *, size_t);\n" \
      "int main(int n, char **v) { char b[9]; return strlcpy(b, v[0], 9) == 0; }\n"


def both(name, broken, mended, **facts):
    """`facts` of both; those of the broken one alone are a dictionary under `breaks`."""
    breaks, mends = facts.pop("breaks", {}), facts.pop("mends", {})
    SCENARIOS.append(Scenario(f"{name}: breaks", broken, **{**facts, **breaks}, starts=False))
    SCENARIOS.append(Scenario(f"{name}: mended", mended, **{**facts, **mends}, starts=True))


# ---- prebuilt programs: the slice of every test run, and what is like it ----
both("a glibc program on Alpine", TO_SCRATCH + "FROM alpine:3.20\n" + START, TO_SCRATCH + "FROM alpine:3.20\n" + START,
     breaks={"files": {"server": compiled()}, "at": "COPY --from"}, mends={"files": {"server": compiled(cc="musl-gcc")}},
     fast=True)
both("a musl program on Debian", TO_SCRATCH + "FROM debian:12-slim\n" + START, TO_SCRATCH + "FROM alpine:3.20\n" + START,
     files={"server": compiled(cc="musl-gcc")}, breaks={"at": "COPY --from"})
both("a dynamic program on scratch", TO_SCRATCH + "FROM scratch\n" + START, TO_SCRATCH + "FROM scratch\n" + START,
     breaks={"files": {"server": compiled()}, "at": "COPY --from"}, mends={"files": {"server": compiled("-static")}},
     fast=True)
both("a dynamic program on distroless static", TO_SCRATCH + "FROM gcr.io/distroless/static-debian12\n" + START,
     TO_SCRATCH + "FROM gcr.io/distroless/base-debian12\n" + START, files={"server": compiled()},
     breaks={"at": "COPY --from"})
both("another machine's program", TO_SCRATCH + "FROM debian:12-slim\n" + START, TO_SCRATCH + "FROM debian:12-slim\n" + START,
     breaks={"files": {"server": foreign()}, "at": "COPY --from"}, mends={"files": {"server": compiled()}})
both("no execute permission", TO_SCRATCH + "FROM debian:12-slim\n" + START,
     TO_SCRATCH + "FROM debian:12-slim\n" + START.replace("--from", "--chmod=755 --from"),
     files={"server": compiled(mode=0o644)}, breaks={"at": "COPY --from"}, fast=True)
both("no execute permission, mended by RUN", "FROM debian:12-slim\nCOPY server /\nENTRYPOINT [\"/server\"]\n",
     "FROM debian:12-slim\nCOPY server /\nRUN chmod +x /server\nENTRYPOINT [\"/server\"]\n",
     files={"server": compiled(mode=0o644)}, breaks={"at": "COPY"})
both("a USER who may not start it",
     "FROM debian:12-slim\nCOPY --chmod=700 server /server\nUSER 1000\nENTRYPOINT [\"/server\"]\n",
     "FROM debian:12-slim\nCOPY --chmod=700 --chown=1000 server /server\nUSER 1000\nENTRYPOINT [\"/server\"]\n",
     files={"server": compiled()}, breaks={"at": "COPY"})
both("a script that its USER may not read",
     "FROM debian:12-slim\nCOPY --chmod=711 run /run.sh\nUSER 1000\nENTRYPOINT [\"/run.sh\"]\n",
     "FROM debian:12-slim\nCOPY --chmod=755 run /run.sh\nUSER 1000\nENTRYPOINT [\"/run.sh\"]\n",
     files={"run": "#!/bin/sh\ntrue\n"}, breaks={"at": "COPY"})
both("a USER by name on scratch", "FROM scratch\nCOPY server /server\nUSER app\nENTRYPOINT [\"/server\"]\n",
     "FROM scratch\nCOPY server /server\nUSER 65532:65532\nENTRYPOINT [\"/server\"]\n",
     files={"server": compiled("-static")}, breaks={"at": "USER"}, fast=True)
both("a USER that a RUN makes", "FROM debian:12-slim\nCOPY server /server\nUSER app\nENTRYPOINT [\"/server\"]\n",
     "FROM debian:12-slim\nRUN useradd -u 1234 app\nCOPY server /server\nUSER app\nENTRYPOINT [\"/server\"]\n",
     files={"server": compiled()}, breaks={"at": "USER"})
both("a USER that a RUN makes, and who may start it",
     "FROM debian:12-slim\nCOPY --chmod=700 server /server\nRUN useradd -u 1234 app\nUSER app\nENTRYPOINT [\"/server\"]\n",
     "FROM debian:12-slim\nRUN useradd -u 1234 app\nCOPY --chmod=700 --chown=app server /server\nUSER app\n"
     "ENTRYPOINT [\"/server\"]\n", files={"server": compiled()}, breaks={"at": "COPY"})
both("a shell form without a shell", TO_SCRATCH + "FROM gcr.io/distroless/base-debian12\n"
     "COPY --from=build /out/server /app/server\nENTRYPOINT /app/server\n",
     TO_SCRATCH + "FROM gcr.io/distroless/base-debian12\n" + START, files={"server": compiled()},
     breaks={"at": "ENTRYPOINT", "before": ("command-not-found",)}, fast=True)
both("a CMD in shell form on scratch", "FROM scratch\nCOPY server /server\nCMD /server\n",
     "FROM scratch\nCOPY server /server\nCMD [\"/server\"]\n", files={"server": compiled("-static")},
     breaks={"at": "CMD", "before": ("command-not-found",)})
both("bash on Alpine", "FROM alpine:3.20\nCOPY --chmod=755 run /run.sh\nENTRYPOINT [\"/run.sh\"]\n",
     "FROM alpine:3.20\nCOPY --chmod=755 run /run.sh\nENTRYPOINT [\"/run.sh\"]\n",
     breaks={"files": {"run": "#!/bin/bash\ntrue\n"}, "at": "COPY"}, mends={"files": {"run": "#!/bin/sh\ntrue\n"}},
     fast=True)
both("CRLF in a script", "FROM debian:12-slim\nCOPY --chmod=755 run /run.sh\nENTRYPOINT [\"/run.sh\"]\n",
     "FROM debian:12-slim\nCOPY --chmod=755 run /run.sh\nENTRYPOINT [\"/run.sh\"]\n",
     breaks={"files": {"run": "#!/bin/sh\r\ntrue\r\n"}, "at": "COPY"}, mends={"files": {"run": "#!/bin/sh\ntrue\n"}})
both("an archive that ADD unpacks", "FROM debian:12-slim\nCOPY app.tar /opt/\nCMD [\"/opt/server\"]\n",
     "FROM debian:12-slim\nADD app.tar /opt/\nCMD [\"/opt/server\"]\n",
     files={"app.tar": Archive("server", compiled())}, breaks={"at": "CMD"})
both("a script that hands over to what is not there",
     "FROM debian:12-slim\nCOPY --chmod=755 run /run.sh\nENTRYPOINT [\"/run.sh\"]\nCMD [\"/app/server\"]\n",
     "FROM debian:12-slim\nCOPY --chmod=755 run /run.sh\nCOPY server /app/server\nENTRYPOINT [\"/run.sh\"]\n"
     "CMD [\"/app/server\"]\n",
     files={"run": "#!/bin/sh\nexec \"$@\"\n", "server": compiled()}, breaks={"at": "CMD", "words": False})
both("an init that is not there", "FROM debian:12-slim\nCOPY server /server\nENTRYPOINT [\"tini\", \"--\", \"/server\"]\n",
     "FROM debian:12-slim\nCOPY server /server\nENTRYPOINT [\"/server\"]\n", files={"server": compiled()},
     breaks={"at": "ENTRYPOINT"})
both("PATH was set in the builder alone",
     "FROM scratch AS build\nENV PATH=/out:/bin\nCOPY server /out/server\nFROM debian:12-slim\n"
     "COPY --from=build /out/server /app/bin/\nCMD [\"server\"]\n",
     "FROM scratch AS build\nCOPY server /out/server\nFROM debian:12-slim\nENV PATH=/app/bin:$PATH\n"
     "COPY --from=build /out/server /app/bin/\nCMD [\"server\"]\n", files={"server": compiled()}, breaks={"at": "CMD"})
both("a relative command and WORKDIR", "FROM debian:12-slim\nWORKDIR /srv\nCOPY server /app/\nCMD [\"./server\"]\n",
     "FROM debian:12-slim\nWORKDIR /app\nCOPY server .\nCMD [\"./server\"]\n", files={"server": compiled()},
     breaks={"at": "CMD"})
both("a HEALTHCHECK by curl", "FROM debian:12-slim\nCOPY server /server\nHEALTHCHECK CMD [\"curl\", \"-f\", \"localhost\"]\n"
     "CMD [\"/server\"]\n",
     "FROM debian:12-slim\nCOPY server /server\nHEALTHCHECK CMD [\"/server\", \"--health\"]\nCMD [\"/server\"]\n",
     files={"server": compiled()}, which="healthcheck", breaks={"at": "HEALTHCHECK"})
both("a link without its target",
     "FROM debian:12-slim AS build\nCOPY server /opt/tool-1.2\nRUN mkdir -p /opt/bin && ln -s /opt/tool-1.2 /opt/bin/tool\n"
     "FROM debian:12-slim\nCOPY --from=build /opt/bin /usr/local/bin\nCMD [\"tool\"]\n",
     "FROM debian:12-slim AS build\nCOPY server /opt/tool-1.2\nRUN mkdir -p /opt/bin && ln -s /opt/tool-1.2 /opt/bin/tool\n"
     "FROM debian:12-slim\nCOPY --from=build /opt/bin/tool /usr/local/bin/tool\nCMD [\"tool\"]\n",
     files={"server": compiled()}, breaks={"at": "CMD"})
both("Go with cgo on scratch", TO_SCRATCH + "FROM scratch\n" + START, TO_SCRATCH + "FROM scratch\n" + START,
     breaks={"files": {"server": compiled(source=CGO, cc="go build", suffix=".go")}, "at": "COPY --from"},
     mends={"files": {"server": compiled(source=GO, cc="env CGO_ENABLED=0 go build", suffix=".go")}})
both("Go with cgo on Alpine", TO_SCRATCH + "FROM alpine:3.20\n" + START, TO_SCRATCH + "FROM debian:12-slim\n" + START,
     files={"server": compiled(source=CGO, cc="go build", suffix=".go")}, breaks={"at": "COPY --from"})
both("Rust on Alpine", TO_SCRATCH + "FROM alpine:3.20\n" + START, TO_SCRATCH + "FROM alpine:3.20\n" + START,
     breaks={"files": {"server": compiled(source=RUST, cc="rustc", suffix=".rs")}, "at": "COPY --from"},
     mends={"files": {"server": compiled("-C", "target-feature=+crt-static", source=RUST, cc="rustc", suffix=".rs")}})

both("an entry point in PATH without permission",
     "FROM debian:12-slim\nCOPY run /usr/local/bin/run.sh\nENTRYPOINT [\"run.sh\"]\n",
     "FROM debian:12-slim\nCOPY --chmod=755 run /usr/local/bin/run.sh\nENTRYPOINT [\"run.sh\"]\n",
     files={"run": "#!/bin/sh\ntrue\n"}, breaks={"at": "COPY"})
both("a program into a folder of PATH", "FROM debian:12-slim\nCOPY server /usr/local/bin/app/\nCMD [\"server\"]\n",
     "FROM debian:12-slim\nRUN mkdir -p /usr/local/bin\nCOPY server /usr/local/bin\nCMD [\"server\"]\n",
     files={"server": compiled()}, breaks={"at": "CMD"})
both("what a test keeps from being run",
     "FROM debian:12-slim\nCOPY server /server\nRUN test -f /is-prepared && chmod 755 /server || true\nCMD [\"/server\"]\n",
     "FROM debian:12-slim\nCOPY server /server\nRUN test -f /server && chmod 755 /server\nCMD [\"/server\"]\n",
     files={"server": compiled(mode=0o644)}, breaks={"at": "COPY", "open": True})
both("a script that is copied to another place",
     "FROM debian:12-slim\nWORKDIR /app\nCOPY run /srv/start.sh\nCMD [\"sh\", \"start.sh\"]\n",
     "FROM debian:12-slim\nWORKDIR /srv\nCOPY run /srv/start.sh\nCMD [\"sh\", \"start.sh\"]\n",
     files={"run": "true\n"}, breaks={"at": "CMD", "words": False})
both("a server's file that is not in the folder",
     "FROM node:18-slim\nWORKDIR /app\nCOPY server.js .\nCMD [\"node\", \"dist/server.js\"]\n",
     "FROM node:18-slim\nWORKDIR /app\nCOPY server.js dist/\nCMD [\"node\", \"dist/server\"]\n",
     files={"server.js": "\n"}, breaks={"at": "CMD", "words": False})

# ---- built in the builder's stage ----
GCC = "FROM gcc:12 AS build\nWORKDIR /src\nCOPY . .\n"
MAIN = {"main.c": HELLO}
TWO = {"greet.c": LIBRARY, "main.c": CALLER}
SHARED = "RUN gcc -shared -fPIC -o libgreet.so greet.c && gcc -o /out main.c -L. -lgreet"

both("built on Debian for Alpine", GCC + "RUN gcc -o /out main.c\nFROM alpine:3.20\nCOPY --from=build /out /server\n"
     "CMD [\"/server\"]\n",
     "FROM alpine-build:3.20 AS build\nCOPY . .\nRUN gcc -o /out main.c\nFROM alpine:3.20\nCOPY --from=build /out /server\n"
     "CMD [\"/server\"]\n", files=MAIN, breaks={"at": "COPY --from", "before": ("libc-families",)})
both("built on Alpine for Debian",
     "FROM alpine-build:3.20 AS build\nCOPY . .\nRUN gcc -o /out main.c\nFROM debian:12-slim\nCOPY --from=build /out /server\n"
     "CMD [\"/server\"]\n",
     GCC + "RUN gcc -o /out main.c\nFROM debian:12-slim\nCOPY --from=build /out /server\nCMD [\"/server\"]\n",
     files=MAIN, breaks={"at": "COPY --from", "before": ("libc-families",)})
both("built for scratch", GCC + "RUN gcc -o /out main.c\nFROM scratch\nCOPY --from=build /out /server\nCMD [\"/server\"]\n",
     GCC + "RUN gcc -static -o /out main.c\nFROM scratch\nCOPY --from=build /out /server\nCMD [\"/server\"]\n",
     files=MAIN, breaks={"at": "COPY --from", "before": ("libc-families",)})
both("built on a newer Debian",
     "FROM gcc:14 AS build\nCOPY . .\nRUN gcc -o /out main.c\nFROM debian:12-slim\nCOPY --from=build /out /server\n"
     "CMD [\"/server\"]\n",
     "FROM gcc:14 AS build\nCOPY . .\nRUN gcc -o /out main.c\nFROM debian:13-slim\nCOPY --from=build /out /server\n"
     "CMD [\"/server\"]\n", files={"main.c": NEW}, breaks={"at": "COPY --from", "before": ("builder-newer",)})
both("built for an older Debian", GCC + "RUN gcc -o /out main.c\nFROM debian:11-slim\nCOPY --from=build /out /server\n"
     "CMD [\"/server\"]\n",
     GCC + "RUN gcc -o /out main.c\nFROM debian:13-slim\nCOPY --from=build /out /server\nCMD [\"/server\"]\n",
     files=MAIN, breaks={"at": "COPY --from", "before": ("builder-newer",)})
both("a library left behind", GCC + SHARED + "\nFROM debian:12-slim\nCOPY --from=build /out /server\nCMD [\"/server\"]\n",
     GCC + SHARED + "\nFROM debian:12-slim\nCOPY --from=build /out /server\n"
     "COPY --from=build /src/libgreet.so /usr/lib/x86_64-linux-gnu/\nCMD [\"/server\"]\n",
     files=TWO, breaks={"at": "COPY --from"})
both("LD_LIBRARY_PATH of the builder",
     GCC + SHARED + "\nENV LD_LIBRARY_PATH=/app/lib\nFROM debian:12-slim\nCOPY --from=build /out /app/server\n"
     "COPY --from=build /src/libgreet.so /app/lib/\nCMD [\"/app/server\"]\n",
     GCC + SHARED + "\nFROM debian:12-slim\nENV LD_LIBRARY_PATH=/app/lib\nCOPY --from=build /out /app/server\n"
     "COPY --from=build /src/libgreet.so /app/lib/\nCMD [\"/app/server\"]\n",
     files=TWO, breaks={"at": "COPY --from"})
both("a library where ld.so looks only by its cache",
     GCC + SHARED + "\nFROM debian:12-slim\nCOPY --from=build /out /server\n"
     "COPY --from=build /src/libgreet.so /usr/local/lib/\nCMD [\"/server\"]\n",
     GCC + SHARED + "\nFROM debian:12-slim\nCOPY --from=build /out /server\n"
     "COPY --from=build /src/libgreet.so /usr/local/lib/\nRUN ldconfig\nCMD [\"/server\"]\n",
     files=TWO, breaks={"at": "COPY --from"})
VERSIONED = "RUN gcc -shared -fPIC -Wl,-soname,libgreet.so.1 -o libgreet.so.1.2 greet.c && " \
    "ln -s libgreet.so.1.2 libgreet.so && gcc -o /out main.c -L. -lgreet"
both("ldconfig before the library comes",
     GCC + VERSIONED + "\nFROM debian:12-slim\nRUN ldconfig\nCOPY --from=build /out /server\n"
     "COPY --from=build /src/libgreet.so.1.2 /usr/local/lib/\nCMD [\"/server\"]\n",
     GCC + VERSIONED + "\nFROM debian:12-slim\nCOPY --from=build /out /server\n"
     "COPY --from=build /src/libgreet.so.1.2 /usr/local/lib/\nRUN chmod 644 /usr/local/lib/* && ldconfig -v\nCMD [\"/server\"]\n",
     files=TWO, breaks={"at": "COPY --from"})
both("a folder that ld.so.conf does not name",
     GCC + VERSIONED + "\nFROM debian:12-slim\nCOPY --from=build /out /server\n"
     "COPY --from=build /src/libgreet.so.1.2 /opt/greet/lib/\nRUN ldconfig\nCMD [\"/server\"]\n",
     GCC + VERSIONED + "\nFROM debian:12-slim\nCOPY --from=build /out /server\n"
     "COPY --from=build /src/libgreet.so.1.2 /opt/greet/lib/\n"
     "RUN echo \"/opt/greet/lib\" > /etc/ld.so.conf.d/greet.conf && ldconfig\nCMD [\"/server\"]\n",
     files=TWO, breaks={"at": "COPY --from"})
both("a folder that ldconfig is told of",
     GCC + VERSIONED + "\nFROM debian:12-slim\nCOPY --from=build /out /server\n"
     "COPY --from=build /src/libgreet.so.1.2 /opt/greet/lib/\nRUN ldconfig -n /opt/greet/lib\nCMD [\"/server\"]\n",
     GCC + VERSIONED + "\nFROM debian:12-slim\nCOPY --from=build /out /server\n"
     "COPY --from=build /src/libgreet.so.1.2 /opt/greet/lib/\nRUN ldconfig /opt/greet/lib\nCMD [\"/server\"]\n",
     files=TWO, breaks={"at": "COPY --from"})
both("a RUNPATH that goes from the program's place",
     GCC + SHARED + " -Wl,-rpath,'$ORIGIN/lib'\nFROM debian:12-slim\nCOPY --from=build /out /app/server\n"
     "COPY --from=build /src/libgreet.so /app/\nCMD [\"/app/server\"]\n",
     GCC + SHARED + " -Wl,-rpath,'$ORIGIN/lib'\nFROM debian:12-slim\nCOPY --from=build /out /app/server\n"
     "COPY --from=build /src/libgreet.so /app/lib/\nCMD [\"/app/server\"]\n",
     files=TWO, breaks={"at": "COPY --from"})
both("another image's program", "FROM debian:12-slim\nCOPY --from=debian:13-slim /usr/bin/sha256sum /usr/local/bin/sum\n"
     "CMD [\"sum\", \"/etc/passwd\"]\n",
     "FROM debian:12-slim\nCOPY --from=debian:12-slim /usr/bin/sha256sum /usr/local/bin/sum\nCMD [\"sum\", \"/etc/passwd\"]\n",
     breaks={"at": "COPY --from"})
both("a monolith that becomes slim", "FROM python:3.11-slim AS build\nCOPY app.py /app/app.py\nFROM debian:12-slim\n"
     "COPY --from=build /app /app\nCMD [\"python3\", \"/app/app.py\"]\n",
     "FROM python:3.11-slim\nCOPY app.py /app/app.py\nCMD [\"python3\", \"/app/app.py\"]\n",
     files={"app.py": "print('started')\n"}, breaks={"at": "CMD"})

# ---- plugins: what an interpreter opens ----
ADDON = "void *napi_register_module_v1(void *env, void *exports) { return exports; }\n"
INSTALLED = "FROM python-psycopg2:3.11 AS build\nRUN mkdir -p /install && cp -r /usr/lib/python3/dist-packages/psycopg2 /install/\n"
IMPORT = "COPY --from=build /install/psycopg2 /usr/lib/python3/dist-packages/psycopg2\nCMD [\"python3\", \"-c\", \"import psycopg2\"]\n"

both("psycopg2 without libpq", INSTALLED + "FROM python:3.11-slim\n" + IMPORT,
     INSTALLED + "FROM python-psycopg2:3.11\n" + IMPORT, plugins=True, breaks={"at": "COPY --from"})
both("a Node addon that was built on Alpine",
     "FROM alpine-build:3.20 AS build\nCOPY . .\nRUN gcc -shared -fPIC -o /app.node addon.c\nFROM node:18-slim\n"
     "COPY --from=build /app.node /app/app.node\nCMD [\"node\", \"-e\", \"require('/app/app.node')\"]\n",
     "FROM gcc:12 AS build\nCOPY . .\nRUN gcc -shared -fPIC -o /app.node addon.c\nFROM node:18-slim\n"
     "COPY --from=build /app.node /app/app.node\nCMD [\"node\", \"-e\", \"require('/app/app.node')\"]\n",
     files={"addon.c": ADDON}, plugins=True, breaks={"at": "COPY --from", "before": ("libc-families",)})
DIST = "FROM node:18-slim AS build\nWORKDIR /build\nCOPY server.js dist/\nCOPY left.js node_modules/left/index.js\n"
COPIES = "WORKDIR /app\nCOPY --from=build /build/dist ./dist\nCOPY --from=build /build/node_modules ./node_modules\n" \
    "CMD [\"node\", \"dist/server.js\"]\n"
both("dist and node_modules without Node", DIST + "FROM debian:12-slim\n" + COPIES, DIST + "FROM node:18-slim\n" + COPIES,
     files={"server.js": "require('left')\n", "left.js": "\n"}, breaks={"at": "CMD"})
