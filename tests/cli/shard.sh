#!/usr/bin/env bash
# Lists of roots, and shards of them: together they are the whole list, each root once.
source "$(dirname "$0")/expect.bash"
for i in 0 1 2 3 4 5 6; do
    mkdir -p images/$i/bin && printf '#!/bin/ls\n' >images/$i/bin/fine && chmod 755 images/$i/bin/fine
    cp root/bin/broken images/$i/bin/
done
printf '# images\n\n' >list
printf 'images/%s\n' 0 1 2 3 4 5 6 >>list
all=("$willrun" check --roots list --all --format jsonl)

expect 1 'a list' "${all[@]}"
[[ $(grep -c '"summary"' out) == 7 ]] || fail 'not a summary a root'
sort out >whole
: >parts
for k in 0 1 2; do
    expect 1 "shard $k" "${all[@]}" --shard $k/3
    cat out >>parts
done
sort parts | cmp -s - whole || fail 'the shards together are not the list'
expect 0 'a shard of nothing' "${all[@]}" --shard 8/9
silent out
expect 1 'as text' "$willrun" check --roots list --all --shard 1/7
says out 'root images/1'
expect 1 'from standard input' bash -c '"$0" check --roots - --all <list' "$willrun"

printf 'images/0\nnowhere\nimages/1\n' >list
expect 2 'a root that is not there' "${all[@]}"
[[ $(grep -c '"summary"' out) == 2 ]] || fail 'one root hides others'
says err 'nowhere: No such file or directory'

for shard in 3/3 x/3 1 1/ /2 -1/2 1/2x; do
    expect 2 "--shard $shard" "${all[@]}" --shard "$shard"
    says err '--shard takes K/N'
done
expect 2 'no list' "$willrun" check --roots nowhere --all
says err 'the list of roots nowhere: No such file or directory'
: >empty
expect 2 'an empty list' "$willrun" check --roots empty --all
expect 2 'a root besides' "${all[@]}" --root root
expect 2 'a shard of no list' "$willrun" check --root root --shard 0/2 --all
expect 2 'another format' "$willrun" check --roots list --all --format sarif
end
