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

cp "$root/app/plain.jar" local.jar
jar local.jar libneeds.so=needs.so
expect 1 'a jar of the local disk' check ./local.jar
says out '/local.jar!/libneeds.so'
end
