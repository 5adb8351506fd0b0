#!/usr/bin/env bash
# plan: the change that is least where nothing fits, outputs of a stage where they usually are, what starts, and
# what the stage's text takes over.
source "$(dirname "$0")/expect.bash"

program() { # FILE [COMPILER [FLAG...]]
    mkdir -p "$(dirname "$1")"
    echo 'int main(void) { return 0; }' | "${2:-gcc}" "${@:3}" -x c -o "$1" -
}
library() { # FILE C
    mkdir -p "$(dirname "$1")"
    echo "$2" | gcc -w -shared -fPIC -nostdlib -x c -o "$1" -
}
plan() { # STATUS ARGUMENT...
    expect "$1" "plan ${*:2}" "$willrun" plan "${@:2}"
}

# ---- what is changed least ----
change() { # BASE PATH TEXT...: the least change where PATH of the stage is to run on BASE
    plan 1 --stage b=b --on "$1" "$2" "${more[@]}"
    tr -s ' \n' ' ' <out >flat && mv flat out
    has 'nothing fits. The least change: ' "${@:3}"
}
more=()
program b/glibc
program b/musl musl-gcc
change alpine:3.20 /glibc 'Build it in a stage of the base'"'"'s release (FROM alpine:3.20, musl 1.2.5). Or: Link with -static'
change debian:12-slim /musl '(FROM debian:12, glibc 2.36)'
change gcr.io/distroless/base-debian12 /musl '(FROM debian:12, glibc 2.36)'
change gcr.io/distroless/base-debian13 /musl '(FROM debian:13, glibc 2.41)'
change ubuntu:24.04 /musl '(FROM ubuntu:24.04, glibc 2.39)'
change scratch /glibc 'Link with -static, best against musl' 'or copy the loader and the libraries too'
# what was built for another machine: by its toolchain
cp b/glibc b/foreign
printf '\xb7' | dd of=b/foreign bs=1 seek=18 conv=notrunc status=none
more=(--platform linux/amd64)
change debian:12-slim /foreign 'Build it for linux/amd64: docker buildx build --platform linux/amd64, or cross-compile.'
mkdir go
printf 'package main\nfunc main() {}\n' >go/main.go
(cd go && CGO_ENABLED=0 GOARCH=arm64 GOFLAGS=-mod=mod GOPROXY=off go build -o ../b/go main.go) || fail 'go builds nothing'
change debian:12-slim /go 'cross-compile (GOOS=linux GOARCH=... go build).'
more=()

# Addons and extension modules are built anew, where a process of the base can load any.
root() { # NAME PROGRAM [COMPILER]: a base of this machine's libc, or musl's, and a program
    program "$1/usr/bin/$2" "${3:-gcc}" -rdynamic
    if [[ ${3:-gcc} == gcc ]]; then
        cp -L --parents /lib64/ld-linux-x86-64.so.2 /lib/x86_64-linux-gnu/libc.so.6 "$1"
    else
        mkdir -p "$1/lib" && cp -L /lib/ld-musl-x86_64.so.1 "$1/lib/"
    fi
}
root on-node node
root on-alpine node musl-gcc
root on-python python3.11
root on-musl-python python3.11 musl-gcc
echo 'v { global: later; };' >map
echo 'int later(void) { return 0; }' | gcc -shared -fPIC -nostdlib -Wl,-soname,libc.so.6,--version-script=map -x c -o libc.so.6 -
later() { # FILE: a library that asks for a version which no libc has
    mkdir -p "$(dirname "$1")"
    sed -i 's/^v /GLIBC_2.99 /' map
    gcc -shared -fPIC -nostdlib -Wl,-soname,libc.so.6,--version-script=map -x c -o libc.so.6 - <<<'int later(void) { return 0; }'
    gcc -shared -fPIC -nostdlib -x c -o "$1" - -x none libc.so.6 <<<'int later(void); int napi_register_module_v1(void) { return later(); }'
}
later b/app/node_modules/@own/addon/build/Release/a.node
later b/app/node_modules/own/node_modules/inner/a.node
later b/app/own.node
later b/app/own.cpython-311-x86_64-linux-gnu.so
later b/app/own.abi3.so
library b/app/mixed.node 'int __fprintf_chk(void); int napi_register_module_v1(void) { return 0; } int (*f)(void) = __fprintf_chk;'
addon=/app/node_modules
change on-node $addon/@own/addon/build/Release/a.node 'Run npm ci, or npm rebuild' '(FROM node on'
change on-node /app/own.node 'Run npm ci, or npm rebuild, in a stage of'
change on-alpine /app/mixed.node 'or npm rebuild, in an Alpine stage (FROM node:22-alpine)' 'npm ci --os=linux --libc=musl.'
change on-python /app/own.cpython-311-x86_64-linux-gnu.so 'Run pip install in a stage of the base'"'"'s release and Python (FROM python on'
library b/app/mixed.cpython-311-x86_64-linux-gnu.so 'int __fprintf_chk(void); int PyInit_mixed(void) { return 0; } int (*f)(void) = __fprintf_chk;'
change on-musl-python /app/mixed.cpython-311-x86_64-linux-gnu.so 'Run pip install in an Alpine stage (FROM python:3-alpine)'
change scratch /app/own.node 'no dynamic loader'
! grep -q 'FROM node on' out || fail 'an addon on nothing'

# ---- outputs where they usually are ----
found() { # TEXT...: of the stage s; removed behind it
    plan 0 --stage s=s --on debian:12-slim --format dockerfile
    has "$@"
    rm -rf s
}
for folder in /out /app/target/release /src/own/build/bin /workspace /go/bin /opt/own/bin; do
    mkdir -p "s$folder"
    cp b/glibc "s$folder/own"
    found "COPY --from=s $folder/own $folder/own" "ENTRYPOINT [\"$folder/own\"]"
done
mkdir -p s/usr/local/bin s/out
cp b/glibc s/usr/local/bin/own
for tool in node python3.12 docker-entrypoint npm gcc; do cp b/glibc "s/usr/local/bin/$tool"; done
touch s/out/notes
found 'COPY --from=s /usr/local/bin/own /usr/local/bin/own'
mkdir s
plan 2 --stage s=s --on debian:12-slim
says err 'the stage s has neither a program nor an application'
plan 2 --on debian:12-slim
says err 'name at least one PATH, or a --stage that has the programs'
plan 2 --stage s=s --on debian:12-slim /gone
says err '/gone is in no stage'
plan 2 --on debian:12-slim /gone
says err '/gone is a path in a stage, and there is none'
plan 2 --on debian:12-slim ./gone
rm -r s

# ---- what starts an application ----
program node/usr/bin/node
cp -L --parents /lib64/ld-linux-x86-64.so.2 /lib/x86_64-linux-gnu/libc.so.6 node
starts() { # PACKAGE FILE START
    mkdir -p "s/app/$(dirname "$2")"
    [[ -z $1 ]] || echo "$1" >s/app/package.json
    touch "s/app/$2"
    plan 0 --stage s=s --base node=node --on node --format dockerfile
    has "ENTRYPOINT [\"node\", \"/app/$3\"]"
    rm -r s
}
starts '{"main": "lib/start.js"}' lib/start.js lib/start.js
starts '{"main": "lib/start"}' lib/start.js lib/start.js
starts '{"main": "lib/gone"}' dist/main.js dist/main.js
starts '{"main": "/app/x.js"}' server.js server.js
starts '{"main": 5}' index.mjs index.mjs
starts 'no JSON' index.js index.js
starts '' app.js app.js
mkdir -p s/app
touch s/app/main.py
plan 1 --stage s=s --on debian:12-slim
tr -s ' \n' ' ' <out >flat && mv flat out
has 'No base here has python3: name an image that has with --base IMAGE=SOURCE (as an archive of docker save)'
mv s/app/main.py s/app/index.js
plan 1 --stage s=s --on debian:12-slim
tr -s ' \n' ' ' <out >flat && mv flat out
has 'No base here has node: name an image that has with --base IMAGE=SOURCE (node:22-slim'
rm -r s
mkdir -p s/venv/bin s/srv
cp b/glibc s/venv/bin/python3
touch s/srv/main.py s/venv/pyvenv.cfg
plan 0 --stage s=s --on debian:12-slim --format dockerfile /venv /srv
has 'ENTRYPOINT ["/venv/bin/python3", "/srv/main.py"]'
printf '#!/bin/sh\n' >s/srv/own.py
chmod 755 s/srv/own.py
plan 0 --stage s=s --on debian:12-slim --format dockerfile /srv/own.py
has 'ENTRYPOINT ["/srv/own.py"]'

# ---- what the text takes over ----
mkdir -p 'local/with space'
cp b/glibc 'local/with space/own'
plan 0 --on debian:12-slim --format dockerfile --env 'A=one "two" $three \four' --workdir /srv \
    --copy ':local/with space/own:/srv/own:chmod=750,chown=65532:7' --copy ':b/glibc:/srv/glibc:chmod=u=rwx,go=rx'
has 'ENV A="one \"two\" \$three \\four"' 'WORKDIR /srv' 'COPY --chmod=750 --chown=65532:7 ["local/with space/own", "/srv/own"]' \
    'COPY --chmod=u=rwx,go=rx b/glibc /srv/glibc'
plan 2 --on debian:12-slim --format dockerfile --env $'A=one\ntwo' --copy :b/glibc:/srv/
plan 0 --on debian:12-slim --user 7:8 --format dockerfile --copy :b/glibc:/srv/
has 'USER 7:8'
end
