#!/usr/bin/env bash
# Libraries inside jars, which a JVM unpacks and loads when it runs.
source "$(dirname "$0")/expect.bash"

root=$work/root
glibc=/lib/x86_64-linux-gnu
mkdir -p "$root/lib64" "$root$glibc" "$root/app" "$root/usr/bin"
cp /lib64/ld-linux-x86-64.so.2 "$root/lib64/"
cp $glibc/libc.so.6 "$root$glibc/"
echo 'int main(void) { return 0; }' | gcc -x c -o "$root/usr/bin/java" -
echo 'int JNI_OnLoad(void) { return 0; }' >fine.c
echo 'int gone(void); int JNI_OnLoad(void) { return gone(); }' >needs.c
gcc -shared -fPIC -o fine.so fine.c
echo 'int gone(void) { return 0; }' | gcc -shared -fPIC -Wl,-soname,libgone.so -x c -o libgone.so -
gcc -shared -fPIC -o needs.so needs.c libgone.so
musl-gcc -shared -fPIC -o musl.so fine.c
printf '\177ELF' >head

# jar FILE NAME=FILE...
jar() {
    python3 - "$@" <<'END'
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as jar:
    for word in sys.argv[2:]:
        name, _, path = word.partition("=")
        jar.write(path, name)
END
}
check() { "$willrun" check --root "$root" --env PATH=/usr/bin "$@"; }

jar "$root/app/a.jar" A.class=fine.c META-INF/native/libfine.so=fine.so META-INF/native/libneeds.so=needs.so x/head.so=head
expect 1 'libraries of a jar' check --format json /app/a.jar
says out '"path": "/app/a.jar!/META-INF/native/libfine.so"'
says out '"plugin": "jni-library"'
says out '"host": "/usr/bin/java"'
says out 'java.lang.UnsatisfiedLinkError: /app/a.jar!/META-INF/native/libneeds.so: libgone.so: cannot open shared object file: No such file or directory'
says out '"runs": 1'
jar "$root/app/fat.war" WEB-INF/lib/a.jar="$root/app/a.jar"
rm "$root/app/a.jar"
expect 1 'a jar in a war, found in a folder' check --format json /app
says out '"path": "/app/fat.war!/WEB-INF/lib/a.jar!/META-INF/native/libfine.so"'
rm "$root/app/fat.war"

jar "$root/app/both.jar" Linux/x86_64/libdb.so=fine.so Linux-Musl/x86_64/libdb.so=musl.so
expect 0 'builds for two libcs' check --format json /app
says out '"path": "/app/both.jar!/Linux/x86_64/libdb.so"'
if grep -q Musl out; then fail "the build for musl is taken, too"; fi
jar "$root/app/both.jar" Linux-Musl/x86_64/libdb.so=musl.so
expect 1 'a build for another libc alone' check --format json /app
says out 'both.jar!/Linux-Musl/x86_64/libdb.so'

jar "$root/app/plain.jar" A.class=fine.c
rm "$root/app/both.jar"
cp fine.so "$root/app/"
expect 0 'a jar without libraries in a folder' check --format json /app
if grep -q plain.jar out; then fail 'a jar without libraries is a subject'; fi
head -c 40 "$root/app/plain.jar" >"$root/app/cut.jar"
expect 0 'a jar that is cut off' check /app

mkdir "$root/app/jni"
cp fine.so "$root/app/jni/libarm.so"
printf '\xb7' | dd of="$root/app/jni/libarm.so" bs=1 seek=18 conv=notrunc status=none
cp needs.so "$root/app/jni/libfile.so.1"
ln -s libfile.so.1 "$root/app/jni/libneeds.so"
check() { "$willrun" check --root "$root" --env PATH=/usr/bin --format json "$@"; }
expect 1 'of another machine, in words of HotSpot' check --platform linux/amd64 /app/jni/libarm.so
says out "java.lang.UnsatisfiedLinkError: /app/jni/libarm.so: /app/jni/libarm.so: cannot open shared object file: No such file or directory (Possible cause: can't load AARCH64 .so on a AMD 64 platform)"
expect 1 'by its canonical path' check /app/jni/libneeds.so
says out 'java.lang.UnsatisfiedLinkError: /app/jni/libfile.so.1: libgone.so: cannot open'
rm -r "$root/app/jni"

# cause RELEASE MACHINE CLASS ORDER WORDS: what a JVM of the release puts behind its loader's words on a library whose header says so.
mkdir -p "$root/jvm/bin" "$root/app/jni"
cp "$root/usr/bin/java" "$root/jvm/bin/"
cause() {
    printf 'IMPLEMENTOR="N/A"\nJAVA_VERSION="%s"\n' "$1" >"$root/jvm/release"
    [[ $1 != none ]] || rm "$root/jvm/release"
    python3 - fine.so "$root/app/jni/libown.so" "$2" "$3" "$4" <<'END'
import sys
source, target, machine, width, order = sys.argv[1:]
data = bytearray(open(source, "rb").read())
if width == "32":  # e_phentsize at its place in each layout
    data[54:56], data[42:44] = bytes(2), (32).to_bytes(2, "little")
data[18:20] = int(machine).to_bytes(2, "little")
if order == "big":
    for at, size in ((16, 2), (18, 2), (20, 4), (24, 8), (32, 8), (40, 8), (48, 4), *((at, 2) for at in range(52, 64, 2))):
        data[at:at + size] = data[at:at + size][::-1]
data[4:6] = int(width) // 32, 1 + (order == "big")
open(target, "wb").write(data)
END
    expect 1 "Java $1 and $2" "$willrun" check --root "$root" --host /jvm/bin/java --format json --platform linux/amd64 /app/jni/libown.so
    if [[ $5 == none ]]; then
        ! grep -q 'Possible cause' out || fail "Java $1 and $2: a cause"
    else
        says out "(Possible cause: $5)"
    fi
}
for release in 1.8.0_402 16; do
    cause $release 183 64 little "can't load AARCH64-bit .so on a AMD 64-bit platform"
    cause $release 22 64 big 'endianness mismatch'
    cause $release 40 32 little 'architecture word width mismatch'
    cause $release 999 64 little "can't load this .so (machine code=0x3e7) on a AMD 64-bit platform"
    cause $release 243 64 little "can't load RISC-V-bit .so on a AMD 64-bit platform"
    cause $release 21 64 little "can't load Power PC 64 LE-bit .so on a AMD 64-bit platform"
done
cause 18.0.1 243 64 little "can't load RISC-V .so on a AMD 64 platform"
for release in 19 none; do
    cause $release 243 64 little "can't load RISCV64 .so on a AMD 64 platform"
    cause $release 40 32 little "can't load ARM .so on a AMD 64 platform"
    cause $release 999 64 little "can't load this .so (machine code=0x3e7) on a AMD 64 platform"
    cause $release 62 64 big 'endianness mismatch'
    cause $release 62 32 little "architecture word width mismatch, can't load 32-bit .so on a 64-bit platform"
done
rm -r "$root/app/jni" "$root/jvm"

cp "$root/app/plain.jar" local.jar
jar local.jar libneeds.so=needs.so
expect 1 'a jar of the local disk' check ./local.jar
says out '/local.jar!/libneeds.so'
end
