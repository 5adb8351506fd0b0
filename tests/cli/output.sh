#!/usr/bin/env bash
# Output reaches its place whole, or the exit status is 2 and a sentence tells why.
source "$(dirname "$0")/expect.bash"

in_shell() {
    local status=$1 name=$2 line=$3
    expect "$status" "$name" bash -c "$line" "$willrun"
}

# expect opens its own files: what is tested is done by an inner shell.
for what in 'check --root / /bin/sh' 'check --root / --format json /bin/sh' \
    'check --root / --format jsonl /bin/sh' 'tree /bin/sh' 'tree --format dot /bin/sh' \
    '--help' 'check --help' '--version'; do
    if [[ -e /dev/full ]]; then
        in_shell 2 "full disk: $what" "\"\$0\" $what >/dev/full"
        says err 'cannot write to standard output: No space left on device'
    fi
    in_shell 2 "closed pipe: $what" "{ sleep 0.2; \"\$0\" $what; echo \$? >status; } | head -c 0; exit \$(<status)"
    says err 'cannot write to standard output: Broken pipe'
    in_shell 2 "closed output: $what" "\"\$0\" $what >&-"
    says err 'cannot write to standard output: Bad file descriptor'
done
in_shell 2 'closed standard error' '"$0" check --root 2>&-'

# -o FILE
expect 1 'to a file' "$willrun" check --root root /bin/broken -o report
silent out
says report '✗ /bin/broken'
if grep -q $'\e' report; then fail 'colour in a file'; fi
(umask 027 && "$willrun" check --root / /bin/sh -o masked)
[[ $(stat -c %a masked) == 640 ]] || fail "the umask is not heeded: $(stat -c %a masked)"
chmod 604 masked
"$willrun" check --root / /bin/sh -o masked
[[ $(stat -c %a masked) == 604 ]] || fail 'the mode of a replaced file is not kept'

echo old >kept
expect 2 'bad input leaves the old file' "$willrun" check --root root /bin/none --output=kept
[[ $(<kept) == old ]] || fail 'the old file is gone'
expect 2 'no such folder' "$willrun" check --root root /bin/broken -o no/such/file
says err 'cannot write to no/such/file: No such file or directory'
expect 2 'a folder' "$willrun" check --root root /bin/broken -o root
says err 'Is a directory'
expect 2 'no file for bad input' "$willrun" check --root root /bin/none -o none
[[ ! -e none ]] || fail 'a file for bad input'

ln -s target link
echo old >target
expect 0 'through a link' "$willrun" check --root / /bin/sh -o link
[[ -L link && $(<target) == *'/bin/sh'* ]] || fail 'a link was replaced'
name=$(printf 'n%.0s' {1..250})
expect 0 'a long name' "$willrun" check --root / /bin/sh -o "$name"
[[ -s $name ]] || fail 'no file of a long name'

# What is no regular file is written, never replaced.
if [[ -e /dev/full ]]; then
    expect 2 'a full device' "$willrun" check --root / /bin/sh -o /dev/full
    says err 'cannot write to /dev/full: No space left on device'
    [[ -c /dev/full ]] || fail '/dev/full was replaced'
fi
mkfifo fifo
cat fifo >read &
expect 0 'a fifo' "$willrun" check --root / /bin/sh -o fifo
wait
says read '/bin/sh'
[[ -p fifo ]] || fail 'a fifo was replaced'
expect 0 'standard output by its name' "$willrun" check --root / /bin/sh -o -
says out '/bin/sh'

# A full filesystem leaves nothing behind.
if mkdir small && mount -t tmpfs -o size=16k tmpfs small 2>/dev/null; then
    head -c 12288 /dev/zero >small/most
    mapfile -t paths < <(yes /bin/broken | head -n 200)
    expect 2 'a full filesystem' "$willrun" check --root root --format json -o small/report "${paths[@]}"
    says err 'No space left on device'
    [[ $(ls -A small) == most ]] || fail "left behind: $(ls -A small)"
    umount small
fi
if compgen -G '.*.??????' >/dev/null; then fail 'a temporary file was left'; fi

# Progress goes to standard error alone.
expect 0 'progress' "$willrun" check --root / --progress always --format json /bin/sh
says err 'willrun: '
if grep -q 'checking' out; then fail 'progress on standard output'; fi
tar -C root -czf root.tgz .
size=$(stat -c %s root.tgz)
expect 1 'progress of bytes' "$willrun" check --root root.tgz --platform linux/amd64 --progress always /bin/broken
says err "willrun: reading: $size of $size bytes"
expect 1 'silence' "$willrun" check --root root.tgz --platform linux/amd64 /bin/broken
silent err
# a terminal is told after a while, on one line that is gone in the end
mkfifo slow
(head -c 100 root.tgz; sleep 1; tail -c +101 root.tgz) >slow &
script -qefc "$willrun check --root - --platform linux/amd64 /bin/broken >told <slow" /dev/null </dev/null >seen
grep -q $'\r\033\\[Kreading: [0-9]* bytes' seen || fail "a terminal is not told: $(cat -v seen)"
[[ $(tail -c 4 seen) == $'\r\033[K' ]] || fail "the line stays: $(cat -v seen)"

# What is looked for at the same places is told so.
gcc -nostdlib -shared -fPIC -x c /dev/null -o liba.so -Wl,-soname,liba.so
gcc -nostdlib -shared -fPIC -x c /dev/null -o libb.so -Wl,-soname,libb.so
printf 'void _start(void) {}' >app.c
gcc -nostdlib -o root/bin/app app.c -Wl,--no-as-needed liba.so libb.so -Wl,--dynamic-linker=/lib64/ld-linux-x86-64.so.2
mkdir -p root/lib64 && cp -L /lib64/ld-linux-x86-64.so.2 root/lib64/
expect 1 'two that are missing' "$willrun" check --root root /bin/app
says out '/lib/: no such folder'
says out 'looked for at the same places'
[[ $(grep -c 'looked for at:' out) == 1 ]] || fail 'the places are told twice'

# Many that run do not hide the one that does not.
mkdir -p many/bin
for i in $(seq 30); do gcc -static -nostdlib -o many/bin/fine$i app.c 2>/dev/null || fail 'no static program'; done
cp root/bin/broken many/bin/
expect 1 'many' "$willrun" check --root many /bin
says out '✓ 30 that run (-v lists them)'
says out '✗ /bin/broken'
if grep -q fine out; then fail 'they are listed'; fi
expect 1 'many, all of them' "$willrun" check --root many /bin -v
says out '✓ /bin/fine30'
expect 1 'many, quietly' "$willrun" check --root many /bin -q
if grep -q 'that run' out; then fail 'quiet tells of what runs'; fi

# What is to be done comes before where it was looked for; what is long is cut, and short advice comes first.
mkdir -p stage/usr/lib stage/lib64 && cp -L /lib64/ld-linux-x86-64.so.2 stage/lib64/
needs=()
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
    gcc -nostdlib -shared -o stage/usr/lib/lib-of-a-long-name-that-is-needed-$i.so -Wl,-soname,lib-of-a-long-name-that-is-needed-$i.so -x c /dev/null
    needs+=("stage/usr/lib/lib-of-a-long-name-that-is-needed-$i.so")
done
gcc -nostdlib -shared -Wl,--no-as-needed -o stage/usr/lib/libcurl.so.4 -Wl,-soname,libcurl.so.4 -x c /dev/null -x none "${needs[@]}"
printf 'void _start(void) {}' >start.c
gcc -nostdlib -Wl,--no-as-needed -o stage/app start.c stage/usr/lib/libcurl.so.4 -Wl,--allow-shlib-undefined
args=(check --root base:debian:12-slim --stage b=stage --copy b:/app:/)
expect 1 'a long fix' "$willrun" "${args[@]}"
[[ $(grep -nE 'fix:|looked for at:' out | cut -d: -f2 | tr -d ' \n') == fixlookedforat ]] || fail 'where it was looked for comes first'
says out '(-v shows all)'
grep -qE 'fix: Install its package \(apt-get install -y libcurl4\); or the stage b has' out || fail 'the short advice is not the first'
if grep -q 'is-needed-12.so' out; then fail 'all of it is shown'; fi
expect 1 'a long fix, all of it' "$willrun" "${args[@]}" -v
says out 'is-needed-12.so'
end
