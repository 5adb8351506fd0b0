#!/usr/bin/env bash
# base:NAME is a root without any image; of other images versions are known.
data=$(cd "$(dirname "$0")/../../data" && pwd)
source "$(dirname "$0")/expect.bash"
export WILLRUN_DATA=$data

expect 0 'bases are listed' "$willrun" bases
silent err
says out 'base:debian:12-slim'
says out 'base:alpine:3.20'
says out 'base:ubuntu:22.04'
if grep -q 'not installed' out; then fail 'a profile of the table is not there'; fi
expect 0 'with where they came from' "$willrun" bases -v
says out 'by name only: '
expect 0 'as JSON' "$willrun" bases --format json
python3 - out "$data/bases" <<'END' || fail 'the list is not as it should be'
import json, os, sys
document = json.load(open(sys.argv[1]))
files = set()
assert document["schema"] == "willrun/bases/1"
for base in document["bases"]:
    assert [p["platform"] for p in base["profiles"]] == ["linux/amd64", "linux/arm64"], base["name"]
    for profile in base["profiles"]:
        assert profile["date"][:2] == "20" and profile["origin"] and profile["generator"], base
        files.add(profile["arch"])
assert len({name for base in document["bases"] for name in base["names"]}) == \
    sum(len(base["names"]) for base in document["bases"]), "a name stands for two bases"
assert all(row["glibc"] and row["source"] for row in document["versions_only"])
shipped = os.listdir(sys.argv[2])
assert len(shipped) == 2 * len(document["bases"]), "a file that no row is for"
size = sum(os.path.getsize(os.path.join(sys.argv[2], name)) for name in shipped)
assert size < 25 << 20, f"{size} bytes of profiles"
END

# Their own programs run in them, and tags of point releases and registries are understood.
check() {
    local status=$1 root=$2
    shift 2
    expect "$status" "$root $*" "$willrun" check --format json --platform linux/amd64 --root "$root" "$@"
    silent err
}
check 0 base:debian:12-slim /bin/bash /usr/bin/env
says out '"kind": "glibc", "version": "2.36"'
check 0 base:docker.io/library/debian:bookworm-slim /bin/bash
check 0 base:debian:12.5-slim@sha256:0123 /bin/bash
check 0 base:gcr.io/distroless/python3-debian12:nonroot /usr/bin/python3.11
check 0 base:alpine:3.20.3 /bin/busybox
says out '"kind": "musl", "version": "1.2.5"'
check 0 base:alpine:3.15 /bin/busybox
says out '"kind": "musl", "version": "1.2.2"'
check 0 base:alpine:3.23.4 /bin/busybox
says out '"kind": "musl", "version": "1.2.5"'
for name in alpine alpine:latest alpine:3 alpine:3.24; do
    check 0 base:$name /bin/busybox
    says out '"kind": "musl", "version": "1.2.6"'
done
# alpine:3 is among the names of the newest one, but another release is no point release of that
for release in 3.14 3.2 3.99; do
    expect 2 "alpine $release" "$willrun" check --root base:alpine:$release /bin/busybox
    says err "base:alpine:$release is no base image that willrun has a profile of"
done
# What the programs of an image need, they need elsewhere: those of Alpine its musl, busybox of no variant glibc.
elsewhere() {
    local status=$1 from=$2 to=$3
    printf 'FROM %s AS from\nFROM %s\nCOPY --from=from /bin/busybox /new/busybox\nCMD ["/new/busybox"]\n' "$from" "$to" >Dockerfile
    expect "$status" "busybox of $from in $to" "$willrun" check --dockerfile Dockerfile
}
for release in 3.15 3.20 3.21 3.24; do
    elsewhere 1 alpine:$release debian:12-slim
    says out 'interpreter-missing'
    elsewhere 0 alpine:$release alpine:$release
done
elsewhere 1 busybox scratch
elsewhere 1 busybox:1.37 gcr.io/distroless/static-debian12
elsewhere 0 busybox debian:13-slim
elsewhere 0 busybox:1.37.0-uclibc scratch
elsewhere 0 busybox:1.35.0-uclibc gcr.io/distroless/base-debian12
elsewhere 0 busybox:1.33.1 scratch
elsewhere 0 busybox:musl debian:12-slim
# without a suffix distroless images are of the newest Debian, of which there is no java17 here
expect 2 'distroless of no release' "$willrun" check --root base:gcr.io/distroless/java17 /usr/bin/java
says err 'base:gcr.io/distroless/java17 is no base image that willrun has a profile of'
for platform in linux/arm64 linux/amd64; do
    expect 0 "debian for $platform" "$willrun" check --platform $platform --root base:debian:13 /bin/bash
    says out "$platform, glibc 2.41"
done
# every one of a profile's own files, but for scripts that nothing was there to run
for name in debian:11-slim debian:12-slim debian:13-slim gcr.io/distroless/cc-debian13 alpine:3.16 alpine:3.20 busybox \
    busybox:uclibc; do
    check 0 base:$name --all --fail-on never
    grep '"rule": "\(library\|version\|symbol\)-missing"' out >lacks &&
        fail "$name lacks something of its own"
done

# A program of this machine, in one line.
printf '#include <stdio.h>\nint main(void) { return puts("") < 0; }\n' >main.c
gcc main.c -o server
check 1 base:alpine:3.20 ./server
says out 'interpreter-missing'
check 0 base:debian:13-slim ./server
gcc -static main.c -o static
check 0 base:scratch ./static
check 0 scratch ./static
check 0 base:gcr.io/distroless/static ./static
check 1 base:gcr.io/distroless/static ./server

# What musl 1.2.5 added is not in the profiles of musl 1.2.4, nor in that of a state behind it.
printf 'int statx(void) { return 0; }\n' >libstatx.c
printf 'int statx(void); int main(void) { return statx(); }\n' >statx.c
musl-gcc -shared -fPIC -Wl,-soname,libc.musl-x86_64.so.1 libstatx.c -o libstatx.so
musl-gcc -Wl,-z,now statx.c -o statx ./libstatx.so
for release in 3.18 3.19; do
    check 1 base:alpine:$release ./statx
    says out '"kind": "musl", "version": "1.2.4"'
    says out 'Error relocating /statx: statx: symbol not found'
done
check 0 base:alpine:3.20 ./statx

# Alpine's musl has packed relative relocations since 3.15, before musl itself.
printf 'static int x; int *const volatile at[] = {&x, &x}; int main(void) { return *at[0]; }\n' >packed.c
musl-gcc -fPIE -pie -Wl,-z,pack-relative-relocs packed.c -o packed
readelf -dW packed | grep -q RELR || fail 'no packed relocations'
for release in 3.15 3.17 3.20; do check 0 base:alpine:$release ./packed; done

# Libraries of the image that only their names are known of decide nothing.
printf 'int zlibVersion(void); int main(void) { return zlibVersion(); }\n' >zlib.c
printf 'int zlibVersion(void) { return 0; }\n' >libz.c
musl-gcc -shared -fPIC -Wl,-soname,libz.so.1 libz.c -o libz.so.1
musl-gcc zlib.c -o zlib ./libz.so.1
check 0 base:alpine:3.22 ./zlib
says out '"verdict": "unknown"'
says out 'the image has /usr/lib/libz.so.1, but its profile has no more than that name'
expect 1 'it does not surely run' "$willrun" check --fail-on degraded --root base:alpine:3.22 ./zlib

# … those that its profile has do.
check 0 base:alpine:3.20 ./zlib
says out '"path": "/lib/libz.so.1"'

# Versions alone: the libc question is answered, a library of the image is not known.
check 0 base:ubuntu:24.04 ./server ./static
says out '"runs": 2'
check 1 base:centos:7 ./server
says out 'needs version GLIBC_2.34 of libc.so.6, and that of centos:7 ends at GLIBC_2.17'
printf 'int main() { throw 1; }\n' >main.cc
g++ main.cc -o thrower
check 0 base:ubuntu:24.04 ./thrower
says out 'whether libstdc++.so.6 is there decides: willrun knows the versions of ubuntu:24.04 only'
printf '#!/bin/sh\n' >script && chmod 755 script
check 0 base:ubuntu:22.04 ./script
says out 'whether /bin/sh is there decides'
musl-gcc main.c -o muslprogram
check 1 base:ubuntu:22.04 ./muslprogram
gcc -Wl,--dynamic-linker=/opt/other/ld.so main.c -o oddloader
check 0 base:ubuntu:22.04 ./oddloader
says out 'whether /opt/other/ld.so is there decides'
check 0 base:ubi9 ./thrower
says out 'built for CPUs of x86-64-v2 or better'

# Of what is built anew each day the versions are the least that it has.
check 0 base:wolfi ./server
says out '/server'
cat >later.c <<'END'
__asm__(".symver newest,newest@GLIBC_2.99");
int newest(void);
int main(void)
{
    return newest();
}
END
printf 'GLIBC_2.99 { global: newest; };\n' >later.map
echo 'int newest(void) { return 0; }' | gcc -shared -fPIC -x c - -o libc.so.6.stub \
    -Wl,--version-script=later.map,-soname,libc.so.6
gcc -nostdlib -Wl,-e,main later.c -o later ./libc.so.6.stub
check 0 base:wolfi ./later
says out 'whether libc.so.6 has GLIBC_2.99 by now decides'
check 1 base:ubuntu:26.04 ./later

# What is not there is said.
mkdir -p alone/bin
cp "$willrun" alone/bin/
alone() { env -u WILLRUN_DATA alone/bin/willrun "$@"; }
if alone bases | grep -q 'debian:12-slim .*not installed'; then
    expect 2 'a program without its profiles' alone plan --platform linux/amd64 ./server
    says err 'no profile is installed for linux/amd64; looked in'
    says err 'alone/bin/../share/willrun/bases'
    expect 2 'and one of them' alone check --root base:debian:12-slim ./server
    says err 'alone/bin/../share/willrun/bases'
else
    echo 'left out: the profiles of this system, or in this program, are found by any copy of it'
fi
expect 2 'no such base' "$willrun" check --root base:plan9:4 ./server
says err "'willrun bases' lists them"
expect 2 'no such platform' "$willrun" check --platform linux/s390x --root base:debian:12 ./server
says err 'linux/s390x'
mkdir -p broken/bases
profile=debian-12-slim_amd64.tar.zst
for size in 0 100 5000 300000; do
    head -c $size "$data/bases/$profile" >broken/bases/$profile
    expect 2 "a profile cut at $size" env WILLRUN_DATA="$work/broken" "$willrun" check \
        --platform linux/amd64 --root base:debian:12 ./server
    says err "$profile"
done
zstd -dqc "$data/bases/$profile" | head -c 2000000 | zstd -qc >broken/bases/$profile
expect 2 'a profile whose tar is cut' env WILLRUN_DATA="$work/broken" "$willrun" check \
    --platform linux/amd64 --root base:debian:12 ./server
says err 'cannot be read to its end'
expect 2 'no operand' "$willrun" bases debian

end
