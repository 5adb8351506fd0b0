#!/usr/bin/env bash
# What inspect tells of files, folders and archives.
source "$(dirname "$0")/expect.bash"

# value EXPRESSION: of the JSON document in the file out, called `d`.
value() {
    /usr/bin/python3 -c 'import json, sys; d = json.load(open("out")); print(eval(sys.argv[1]))' "$1"
}

# is EXPRESSION TEXT
is() {
    local got
    got=$(value "$1") || got="an error"
    [[ $got == "$2" ]] || fail "$1 is $got, not $2"
}

cat >main.c <<'END'
#include <stdio.h>
int main(void) { return puts("x") < 0; }
END
gcc -o dynamic main.c
gcc -static -o static main.c
gcc -shared -fPIC -Wl,-soname,libown.so.1 -o libown.so main.c
gcc -Wl,-z,execstack -Wl,-rpath,/opt/lib -o odd main.c
strip static

expect 0 'a program of the local disk' "$willrun" inspect dynamic --format json
is 'd["subjects"][0]["linkage"]' dynamic
is 'd["subjects"][0]["libc"]' glibc
is 'd["subjects"][0]["needs_libc_only"]' True
is 'd["subjects"][0]["scratch"]["answer"]' 'not static'
is '[t["name"] for t in d["subjects"][0]["toolchain"]]' "['gcc']"
is 'd["subjects"][0]["stripped"]' False
expect 0 'a static program' "$willrun" inspect "$work/static" --format json
is 'd["subjects"][0]["linkage"]' static
is 'd["subjects"][0]["static_libc"]' glibc
is 'd["subjects"][0]["scratch"]["ready"]' True
is 'd["subjects"][0]["requires"]["glibc"]' None
is 'd["subjects"][0]["stripped"]' True
expect 0 'a stack that may be executed' "$willrun" inspect odd --format json
is 'd["subjects"][0]["executable_stack"]' True
is 'd["subjects"][0]["runpath"] or d["subjects"][0]["rpath"]' /opt/lib
expect 0 'text' "$willrun" inspect dynamic
says out 'needs         libc.so.6'
expect 0 'a script' "$willrun" inspect root/bin/broken --format json
is 'd["subjects"][0]["interpreter"]' /no/such/interpreter
is 'd["subjects"][0]["kind"]' script

# Folders: ELF files in them, and in their wheels and jars, in a fixed order.
mkdir -p tree/pkg tree/dist
cp dynamic libown.so tree/pkg
echo text >tree/pkg/readme
(cd tree && /usr/bin/python3 - <<'END'
import shutil, zipfile
with zipfile.ZipFile("dist/own-1.0.whl", "w", zipfile.ZIP_DEFLATED) as wheel:
    wheel.write("pkg/libown.so", "own/libown.so")
    wheel.write("pkg/readme", "own/readme")
with zipfile.ZipFile("dist/stored.jar", "w", zipfile.ZIP_STORED) as jar:
    jar.write("pkg/libown.so", "native/libown.so")
with zipfile.ZipFile("dist/app.war", "w", zipfile.ZIP_DEFLATED) as war:
    war.write("dist/stored.jar", "WEB-INF/lib/stored.jar")
END
)
expect 0 'a folder' "$willrun" inspect tree --format json
is '[(s["archive"] or "") + ":" + s["path"] for s in d["subjects"]]' \
    "['tree/dist/app.war/WEB-INF/lib/stored.jar:native/libown.so', 'tree/dist/own-1.0.whl:own/libown.so', 'tree/dist/stored.jar:native/libown.so', ':tree/pkg/dynamic', ':tree/pkg/libown.so']"
is 'len({json.dumps({k: v for k, v in s.items() if k not in ("path", "archive")}) for s in d["subjects"] if s["kind"] == "shared-object"})' 1
expect 0 'the same root by --root' "$willrun" inspect --root tree /pkg --format json
is '[s["path"] for s in d["subjects"]]' "['/pkg/dynamic', '/pkg/libown.so']"
expect 0 'one thread, the same order' "$willrun" inspect -j1 tree --format json
cp out one
expect 0 'many threads, the same order' "$willrun" inspect -j8 tree --format json
cmp -s out one || fail 'threads change what is told'

# Archives that are named.
tar -C tree -czf npm.tgz pkg
tar -C tree -cJf data.tar.xz pkg
tar -C tree -czf control.tar.gz pkg/readme
echo 2.0 >debian-binary
ar rc own.deb debian-binary control.tar.gz data.tar.xz
tar -C tree -cf plain.tar pkg
# an .apk is two or three gzip members one after the other, of one tar in all
(tar -C tree -cf - pkg/readme | head -c 1024 | gzip -n; tar -C tree -cf - pkg | gzip) >own.apk
for archive in npm.tgz plain.tar own.apk; do
    expect 0 "$archive" "$willrun" inspect $archive --format json
    is 'sorted(s["path"] for s in d["subjects"])' "['pkg/dynamic', 'pkg/libown.so']"
    is 'd["subjects"][0]["archive"]' $archive
done
expect 0 'own.deb' "$willrun" inspect own.deb --format json
is 'sorted(s["archive"] + ":" + s["path"] for s in d["subjects"])' \
    "['own.deb/data.tar.xz:pkg/dynamic', 'own.deb/data.tar.xz:pkg/libown.so']"

# Archives that are damaged are told, and do not pass for empty ones.
head -c 3000 npm.tgz >cut.tgz
expect 1 'a cut archive' "$willrun" inspect cut.tgz --format json
is 'len(d["troubles"])' 1
head -c 2000 tree/dist/own-1.0.whl >cut.whl
expect 1 'a cut wheel' "$willrun" inspect cut.whl --format json
is 'len(d["troubles"])' 1

# A profile has no more of a file than a loader reads: what is missing is not taken for absent.
expect 0 'a profile' "$willrun" snapshot tree -o tree.profile
expect 0 'a file of a profile' "$willrun" inspect --root tree.profile /pkg/dynamic --format json
is '"profile" in d["subjects"][0]["trouble"]' True
is 'd["subjects"][0]["requires"]["glibc"] is not None' True
is 'd["subjects"][0]["scratch"]' None

# For people: what is told of one file only where there is something to tell.
told() { # FILE TEXT...
    expect 0 "$1, for people" "$willrun" inspect "$1"
    has "${@:2}"
}
mkdir -p go/dep
printf 'module example.org/own\ngo 1.19\nrequire example.org/dep v1.2.3\nreplace example.org/dep => ./dep\n' >go/go.mod
printf 'module example.org/dep\n' >go/dep/go.mod
printf 'package dep\nfunc F() string { return "x" }\n' >go/dep/dep.go
printf 'package main\nimport "example.org/dep"\nfunc main() { println(dep.F()) }\n' >go/main.go
(cd go && CGO_ENABLED=0 GOPROXY=off GOFLAGS=-mod=mod go build -o ../of-go .) || fail 'go builds nothing'
told of-go 'static executable' 'none: it needs none' 'every release' '(Go build info); ' 'CGO_ENABLED=0' \
    'modules       example.org/own' 'example.org/dep v1.2.3, replaced by ./dep' 'scratch       ready'
! grep -q 'pages' out || fail 'the pages of an amd64 program, which nobody asked for'
expect 0 'all of it' "$willrun" inspect -v of-go
says out 'pages         no larger than 4096 bytes'
printf '#include <iconv.h>\nint main(void) { return iconv_open("a", "b") != 0; }\n' | gcc -static -x c -o converts -
told converts 'glibc is linked in' 'scratch       ready with files' 'iconv of glibc knows ASCII'
printf '.globl f\n.text\nf: .quad g\n' | gcc -shared -Wl,-z,notext,-z,execstack -x assembler -o relocates.so -
told relocates.so 'stack         executable' 'code          relocated in place' 'it does not say where its symbols come from'
echo 'int __libc_early_init(int); int main(void) { return __libc_early_init(1); }' | gcc -x c -o private -
told private 'only the very build that it came with (GLIBC_PRIVATE)'
head -c 3000 dynamic >cut-program
told cut-program 'trouble       it is damaged: at offset'
head -c 40 dynamic >cut-header
told cut-header 'other, an unknown machine, 40 bytes' 'there should be a whole ELF header'
expect 1 'a cut archive, for people' "$willrun" inspect cut.tgz
says out 'trouble'
expect 0 'a folder, for people' "$willrun" inspect tree
says out ', set by '
expect 0 'no file of it' "$willrun" inspect -q tree
! grep -q 'dynamic shared object' out || fail 'each file is told of'

expect 2 'no such file' "$willrun" inspect nothing
says err 'nothing: No such file or directory'
expect 2 'no operand' "$willrun" inspect

end
