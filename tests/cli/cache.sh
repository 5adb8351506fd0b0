#!/usr/bin/env bash
# Answers that are kept: the same bytes, as long as nothing that they rest on has changed; shared by
# processes; never believed where they are not whole.
here=$(cd "$(dirname "$0")" && pwd)
source "$here/expect.bash"
# beside the program: a temporary folder may be of memory, where nothing tells when files change
bed=$(mktemp -d "$(dirname "$willrun")/cache-test.XXXXXX")
trap 'rm -rf "$work" "$bed"' EXIT
cd "$bed" || exit 2

# fresh: time for what was just made to be older than a moment
fresh() { sleep 3; }

mkdir -p root/bin root/lib64 root/lib root/opt
cp -L /lib64/ld-linux-x86-64.so.2 root/lib64/
printf 'void f(void) {}' >lib.c
printf 'void f(void); void _start(void) { f(); }' >app.c
gcc -nostdlib -shared -fPIC -Wl,-soname,libone.so -o root/lib/libone.so lib.c
gcc -nostdlib -pie -fPIC -Wl,--dynamic-linker=/lib64/ld-linux-x86-64.so.2 -o root/bin/app app.c root/lib/libone.so
printf '#!/bin/app\n' >root/bin/script && chmod 755 root/bin/script
cp -a root/bin/app local
fresh

# told WORDS COMMAND...: what the program says of its cache (-v is a part of the question)
told() {
    local words=$1
    shift
    "$@" -v --cache kept >out 2>err </dev/null
    says err "cache: $words"
}
question=("$willrun" check --root root --all)

# twice COMMAND...: the second answer is the first one's, and that without a cache
twice() {
    "$@" -v --cache kept >first 2>err
    told 'the answer was there' "$@"
    cmp -s out first || fail "$*: another answer"
    "$@" -v >out 2>err
    cmp -s out first || fail "$*: another answer than without"
}
expect 0 'a first answer' "${question[@]}" --cache kept
if ! compgen -G 'kept/*' >/dev/null; then
    told 'the answer was not kept: a filesystem does not tell' "${question[@]}"
    echo 'the filesystem of the build folder does not tell when files change: no more can be tried'
    end
    exit
fi
expect 0 'a folder in folders' "${question[@]}" --cache new/cache/of/answers
compgen -G 'new/cache/of/answers/*' >/dev/null || fail 'no folder was made'
for format in text json jsonl sarif junit gitlab markdown html dot; do
    twice "${question[@]}" --format $format
done
expect 0 'into a file' "${question[@]}" --cache kept --format json -o told
"${question[@]}" --format json >out
cmp -s told out || fail 'another answer in a file'

# without --cache nothing is kept
find kept -type f | sort >names
"${question[@]}" --format sarif -q >out
find kept -type f | sort | cmp -s - names || fail 'something was kept unasked'

# a file of the local disk, a tree, an archive, a Dockerfile
tar -C root -cf root.tar .
printf 'FROM base\nARG WHAT=bin\nCOPY local /bin/new\nCMD ["/bin/new"]\n' >Dockerfile
fresh
twice "${question[@]}"
cp "$willrun" other
./other check --root root --all -v --cache kept >out 2>err
if grep -q 'the answer was there' err; then fail 'an answer of another program'; fi
twice "$willrun" check --root root ./local
twice "$willrun" tree --root root /bin/app
twice "$willrun" check --root root.tar --all
twice "$willrun" check --root base:debian:12-slim ./local
twice "$willrun" check --dockerfile Dockerfile --base base=root

# What it rests on changes; sizes and times of day may stay.
changes() {
    local name=$1 status=$2 was=0
    shift 2
    told 'what the answer rested on has changed' "$@"
    cp out changed
    "$@" -v >out 2>err || was=$?
    [[ $was == "$status" ]] || fail "$name: exit status $was, not $status"
    cmp -s out changed || fail "$name: another answer than without"
    fresh
    twice "$@"
}
mv root/lib/libone.so away
changes 'a library is gone' 1 "${question[@]}"
mv away root/lib/libone.so
changes 'and is back' 0 "${question[@]}"
at=$(grep -abo libone.so root/bin/app | head -1 | cut -d: -f1)
cp -p root/bin/app before
printf libtwo.so | dd of=root/bin/app bs=1 seek="$at" conv=notrunc status=none # of the same size, in place …
touch -r before root/bin/app                                                   # … and of the same age
changes 'other bytes' 1 "${question[@]}"
printf libone.so | dd of=root/bin/app bs=1 seek="$at" conv=notrunc status=none
changes 'the bytes of before' 0 "${question[@]}"
chmod 0 root/bin/script
changes 'a mode' 0 "${question[@]}"
ln -s /lib/libone.so root/opt/libone.so
changes 'a new name' 0 "${question[@]}"
ln -sfn /lib/libtwo.so root/opt/libone.so
changes 'where a link leads' 0 "${question[@]}"
sed -i 's/libone.so/libtwo.so/' local
changes 'a file of the local disk' 1 "$willrun" check --root root ./local
sed -i 's/CMD.*/CMD ["\/bin\/nothing"]/' Dockerfile
changes 'a Dockerfile' 1 "$willrun" check --dockerfile Dockerfile --base base=root

# A file that changes while the time of a tick is not over is not kept.
cp root/bin/app root/bin/other
told 'the answer was not kept: a file was changed a moment ago' "${question[@]}"
rm root/bin/other
# Nor is what is read once, or what cannot be answered.
told 'the answer was not kept: standard input' bash -c '"$@" <root.tar' - "$willrun" check --root - --all
expect 2 'no such root' "$willrun" check --root nowhere --all --cache kept
expect 2 'no such root' "$willrun" check --root nowhere --all --cache kept
expect 2 'no folder' "$willrun" check --root root --all --cache Dockerfile
says err 'the folder Dockerfile cannot be made for --cache: Not a directory'
silent out

# Of memory nothing tells when a mapping is written to.
if [[ $(stat -f -c %T /dev/shm) == tmpfs && -w /dev/shm ]]; then
    memory=$(mktemp -d /dev/shm/willrun.XXXXXX)
    cp -a root "$memory/"
    fresh
    for again in 1 2; do
        told 'the answer was not kept: a filesystem does not tell' "$willrun" check --root "$memory/root" --all
    done
    rm -rf "$memory"
fi

# Files that are not whole.
rm -rf kept && fresh
twice "${question[@]}"
cp out whole
answer=$(ls kept)
cp "kept/$answer" good
for at in 0 8 20 60 200 $(($(stat -c %s good) / 2)) $(($(stat -c %s good) - 70)) $(($(stat -c %s good) - 1)); do
    cp good "kept/$answer"
    printf '\x5a' | dd of="kept/$answer" bs=1 seek="$at" conv=notrunc status=none
    told 'a file that is not whole was passed over' "${question[@]}"
    cmp -s out whole || fail "changed at $at: another answer"
    cp good "kept/$answer"
    truncate -s "$at" "kept/$answer"
    told 'a file that is not whole was passed over' "${question[@]}"
    cmp -s out whole || fail "cut at $at: another answer"
    told 'the answer was there' "${question[@]}"
done

# Eight processes at once, of which some meet files that are not whole.
mkdir outs
"${question[@]}" >whole
for i in 1 2 3 4 5 6 7 8; do
    (
        for j in 1 2 3; do
            [[ $i$j != 12 && $i$j != 53 ]] || truncate -s 1000 kept/*
            "${question[@]}" --cache kept >outs/$i.$j 2>outs/$i.$j.err || echo "status $?" >>outs/$i.$j.err
        done
    ) &
done
wait
for told in outs/*.[123]; do
    cmp -s "$told" whole || fail "$told: another answer"
    [[ ! -s $told.err ]] || fail "$told: $(cat "$told.err")"
done
if compgen -G 'kept/.willrun.*' >/dev/null; then fail 'a file was left behind'; fi

# No more is kept than may be; what was asked for last stays.
for i in 1 2 3 4; do
    head -c 400000 /dev/zero >"kept/$(printf %064d "$i")"
    touch -d "2020-01-0$i" "kept/$(printf %064d "$i")"
done
head -c 100 /dev/zero >kept/.willrun.old && touch -d 2020-01-01 kept/.willrun.old
echo mine >kept/mine
expect 0 'another question' "$willrun" check --root root /bin/app --cache kept --cache-size 1
[[ ! -e kept/$(printf %064d 1) && ! -e kept/$(printf %064d 2) ]] || fail 'the oldest are still there'
[[ -e kept/$(printf %064d 4) && -e kept/mine && -e kept/$answer && ! -e kept/.willrun.old ]] || fail "what is left: $(ls -a kept)"
end
