#!/usr/bin/env bash
# A profile is a plain tar.zst that checks as its root does, the same bytes each
# time, and holds nothing of the files that no check reads.
source "$(dirname "$0")/expect.bash"

mkdir -p root/usr/bin root/usr/lib root/lib64 root/tmp root/data
ln -s usr/lib root/lib
echo 'hunter2 is the password' >root/etc/secret
chmod 600 root/etc/secret
printf 'root:x:0:0:root:/root:/bin/sh\n' >root/etc/passwd
printf 'ID=debian\nVERSION_ID="12"\n' >root/usr/lib/os-release
ln -s ../usr/lib/os-release root/etc/os-release
# the loader and libraries of this machine's own ls, at their paths
cp /bin/ls root/usr/bin/ls
cp /bin/ls root/usr/bin/broken-ls && chmod 755 root/usr/bin/broken-ls
ln root/usr/bin/ls root/usr/bin/same-ls
for library in $(ldd /bin/ls | grep -o '/[^ ]*'); do
    mkdir -p "root$(dirname "$library")"
    cp -L "$library" "root$library"
done
chmod 1777 root/tmp
mkfifo root/data/fifo
printf '\177ELFnot really' >root/data/short
: >root/data/empty
name=$(printf 'long%.0s' {1..70})
mkdir -p "root/data/${name:0:200}/${name:0:200}"
printf '#!/bin/sh\nexec true\n' >"root/data/${name:0:200}/${name:0:200}/${name:0:120}"
chmod 755 "root/data/${name:0:200}/${name:0:200}/${name:0:120}"
ln -s "/data/${name:0:200}/${name:0:200}/${name:0:120}" root/data/link

expect 0 'a profile is written' "$willrun" snapshot root -o one.tar.zst
silent out
silent err
expect 0 'a profile is written again' "$willrun" snapshot dir:root -o two.tar.zst --origin root
cmp -s one.tar.zst two.tar.zst || fail 'the same root makes other bytes'

# Origin, for readers.
expect 0 'the first member tells the origin' tar -xOf one.tar.zst .willrun-profile.json
for text in '"schema": "willrun/profile/1"' '"origin": "root"' '"date": null' '"kind": "glibc"' \
    '"generator": "willrun '; do
    says out "$text"
done
expect 0 'origin and date' "$willrun" snapshot root -o dated.tar.zst --origin 'image x:1' --date 2026-11-23
expect 0 'they are in the member' tar -xOf dated.tar.zst .willrun-profile.json
says out '"origin": "image x:1"'
says out '"date": "2026-11-23"'

# GNU's tar and Python's know the format; the check is the same.
check() {
    "$willrun" check --root "$1" --all --format json | sed "s|\"root\": \"$1\"|\"root\": null|"
}
check root >wanted
grep -q '"verdict": "runs"' wanted || fail 'nothing runs in the root'
grep -q '"verdict": "fails"' wanted || fail 'nothing fails in the root'
mkdir tar && tar -xf one.tar.zst -C tar || fail 'tar cannot unpack it'
check tar >got
cmp got wanted || fail 'the check of what tar unpacked differs'
zstd -dqc one.tar.zst >one.tar
python3 -c 'import sys, tarfile; tarfile.open("one.tar").extractall("python")' 2>err ||
    fail 'Python cannot unpack it'
check python >got
cmp got wanted || fail 'the check of what Python unpacked differs'
find root -printf '%P %y %m %l\n' | grep -v '^ ' | sort >nodes
find tar -printf '%P %y %m %l\n' | grep -v '^ \|^.willrun-profile.json ' | sort | diff nodes - ||
    fail 'nodes differ'
[[ tar/usr/bin/ls -ef tar/usr/bin/same-ls ]] || fail 'a hard link became a copy'
readelf -d tar/usr/bin/ls >out 2>err || fail 'readelf cannot read it'
says out 'Shared library: [libc.so.6]'

# A profile of what a profile unpacked to is that profile.
expect 0 'a profile of a profile' "$willrun" snapshot tar -o three.tar.zst --origin root
cmp -s one.tar.zst three.tar.zst || fail 'the profile of a profile differs'

# Nothing of other files goes along.
if grep -qa hunter2 one.tar; then fail 'the profile holds a secret'; fi
[[ $(du -sb root | cut -f1) -gt $((8 * $(stat -c %s one.tar.zst))) ]] || fail 'it is not small'

# A file of the original that the root has not.
expect 0 'a name alone' "$willrun" snapshot root -o absent.tar.zst --absent /opt/new/libx.so.1
expect 0 'its folders are made' "$willrun" check --root absent.tar.zst --format json /opt/new/libx.so.1
says out '"verdict": "unknown"'
tar -tf absent.tar.zst 2>/dev/null | grep -q '^opt/new/libx.so.1$' || fail 'it is not in the profile'
expect 2 'a relative one' "$willrun" snapshot root -o x.tar.zst --absent lib/libx.so.1
says err 'lib/libx.so.1'

# What cannot be done.
expect 2 'no source' "$willrun" snapshot -o x.tar.zst
says err 'name one SOURCE'
expect 2 'no file' "$willrun" snapshot root
says err '-o FILE is missing'
expect 2 'no such root' "$willrun" snapshot no/such -o x.tar.zst
says err 'no/such'
[[ ! -e x.tar.zst ]] || fail 'a file was left'
expect 2 'a full disk' "$willrun" snapshot root -o /dev/full
says err 'cannot be written'

end
