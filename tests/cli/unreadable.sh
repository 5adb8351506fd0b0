#!/usr/bin/env bash
# What willrun itself may not read must not vanish from --all.
# shellcheck source=tests/cli/expect.bash
. "$(dirname "$0")/expect.bash"

chmod 755 .
cp "$willrun" program
mkdir -p root/closed root/unsearched
cp root/bin/broken root/closed/hidden
cp root/bin/broken root/unsearched/hidden
cp root/bin/broken root/bin/secret
as_somebody=()
if [[ $(id -u) == 0 ]]; then
    as_somebody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
fi
chmod 711 root/bin/secret
chmod 000 root/closed
chmod 444 root/unsearched

# leaks are looked for with ptrace, which another user may not
export ASAN_OPTIONS=detect_leaks=0
expect 1 'a root with a folder that cannot be listed' "${as_somebody[@]}" ./program check --root root --all --format json
for path in /closed /unsearched /bin/secret; do
    says out "willrun cannot read $path"
done
says out '"path": "/bin/broken"'
says out '"unknown": 3'
expect 0 'nothing else in it' "${as_somebody[@]}" ./program check --root root /closed /bin/secret
says out 'cannot read /closed'
# Nor from inspect, which looks into a part of the files only.
expect 1 'an inspection of it' "${as_somebody[@]}" ./program inspect root --format json
for path in root/closed root/unsearched root/bin/secret; do
    says out "$path cannot be read: Permission denied"
done
# Nor from diff: what seems to vanish may only be hidden, and what cannot be read does not work for that.
cp -a root whole && chmod 755 whole/closed whole/unsearched whole/bin/secret
for format in text markdown; do
    expect 0 "a diff, $format" "${as_somebody[@]}" ./program diff whole root --format $format
    for path in /closed /unsearched /bin/secret; do
        says out "willrun cannot read $path"
    done
    says out 'gets better'
    if grep -q 'starts to work' out; then fail 'what cannot be read is said to work'; fi
done
chmod 755 root/closed root/unsearched

# What the loader reads, and may name a library that is not there.
for file in /bin/true $(ldd /bin/true | grep -o '/[^ ]*'); do
    mkdir -p "own${file%/*}" && cp "$file" "own$file"
done
mkdir -p own/etc
loader=$(ldd /bin/true | grep -o '/[^ ]*ld-[^ ]*')
echo 'int f(void) { return 0; }' | gcc -shared -fPIC -o own/lib/libf.so -x c -
chmod 711 "own$loader"
expect 0 'a loader is kept from willrun' "${as_somebody[@]}" ./program check --root own /lib/libf.so
says out "willrun cannot read $loader"
says out '1 subject: 1 unknown'
chmod 755 "own$loader"
expect 0 'a root that can be read' "${as_somebody[@]}" ./program check --root own /bin/true
says out '1 subject: 1 runs'
# Folders on the way that willrun may not search, and a container's root may.
mkdir own/closed
for folder in "${loader%/*}" "$(ldd /bin/true | grep -o '/[^ ]*/libc.so.6' | xargs dirname)" /closed; do
    chmod 000 "own$folder"
    expect 0 "$folder is kept from willrun" \
        "${as_somebody[@]}" ./program check --root own --env LD_LIBRARY_PATH=/closed /bin/true
    says out "willrun cannot read $folder/"
    says out '1 subject: 1 unknown'
    chmod 755 "own$folder"
done
# What is there and cannot be seen may be what a message misses, and what a bundle needs.
app=/closed/app
cp own/bin/true own$app && chmod 000 own/closed
expect 0 'a message about what willrun may not see' "${as_somebody[@]}" \
    ./program explain --root own "$app: error while loading shared libraries: libz.so.1: cannot open shared object file: No such file or directory"
says out 'the files of own do not decide it'
says out "willrun cannot read $app"
chmod 755 own/closed
mkdir -p own/etc/ssl && chmod 000 own/etc/ssl
expect 0 'certificates that willrun may not see' "${as_somebody[@]}" \
    ./program explain --root own 'x509: certificate signed by unknown authority'
says out 'willrun cannot read /etc/ssl/'
if grep -q '^certain' out; then fail 'what cannot be seen is said to be missing'; fi
chmod 755 own/etc/ssl
mkdir -m 777 written
echo 'print()' >own/closed/part && chmod 600 own/closed/part
expect 2 'a bundle of a file that willrun may not read' "${as_somebody[@]}" \
    ./program bundle --root own /bin/true --with /closed --to written/bundle
says err '/closed/part'
chmod 700 own/closed
expect 2 'a bundle of a program that willrun may not see' "${as_somebody[@]}" \
    ./program bundle --root own /bin/true --env LD_LIBRARY_PATH=/closed --to written/bundle
says err '/closed/glibc-hwcaps in own cannot be read'
[[ -z $(ls written) ]] || fail 'something is left of a bundle'
rm own/closed/part
printf 'FROM scratch\nCOPY own/closed/app /bin/true\nENTRYPOINT ["/bin/true"]\n' >Dockerfile
expect 2 'a build context that willrun may not see' "${as_somebody[@]}" ./program check --dockerfile Dockerfile
says err 'Dockerfile:2:1: '
says err '/own/closed/app in the build context cannot be read'
chmod 755 own/closed

# Who the process is, and who is given what.
echo 'app:x:1000:0::/:/bin/sh' >own/etc/passwd
echo 'app:x:1000:' >own/etc/group
printf 'FROM app\nCOPY --chown=app --chmod=500 own/bin/true /bin/own\n' >copied
printf 'FROM app\nRUN chown app /bin/true\nUSER app\nENTRYPOINT ["/bin/true"]\n' >changed
printf 'FROM app\nRUN groupadd more\nUSER app\nENTRYPOINT ["/bin/true"]\n' >added
printf 'FROM app\nUSER app\nENTRYPOINT ["/bin/true"]\n' >asked
printf 'FROM app\nUSER 1000:0\nENTRYPOINT ["/bin/true"]\n' >numbers
for file in copied changed added asked numbers; do
    expect 0 "$file, and all can be read" "${as_somebody[@]}" ./program check --dockerfile $file --base app=own
    says out '1 subject: 1 runs'
done
for file in passwd group; do
    chmod 600 own/etc/$file
    for user in app 1000; do
        expect 2 "$file is kept from willrun, and $user is asked for" \
            "${as_somebody[@]}" ./program check --root own --user $user /bin/true
        says err "willrun cannot read the target's /etc/$file: Permission denied"
    done
    for dockerfile in changed added asked; do
        expect 0 "$file is kept from willrun: $dockerfile" \
            "${as_somebody[@]}" ./program check --dockerfile $dockerfile --base app=own
        says out "the image's USER is app, and willrun cannot read"
        says out '1 subject: 1 unknown'
    done
    expect 0 "$file is kept from willrun, and numbers do not need it" \
        "${as_somebody[@]}" ./program check --dockerfile numbers --base app=own
    says out '1 subject: 1 runs'
    chmod 644 own/etc/$file
done
chmod 600 own/etc/passwd
expect 2 'passwd is kept from willrun, and a copy needs it' \
    "${as_somebody[@]}" ./program check --dockerfile copied --base app=own
says err 'copied:2:1: '
says err "willrun cannot read the target's /etc/passwd"
rm -f own/etc/passwd own/etc/group

for file in ld.so.preload ld.so.cache; do
    echo /nowhere.so >own/etc/$file && chmod 600 own/etc/$file
    expect 0 "$file is kept from willrun" "${as_somebody[@]}" ./program check --root own /bin/true
    says out "willrun cannot read /etc/$file"
    says out '1 subject: 1 unknown'
    rm own/etc/$file
done
end
