#!/usr/bin/env bash
# Exit statuses 0 and 1, formats, and the ways to write a command line.
source "$(dirname "$0")/expect.bash"

expect 0 'a program that runs' "$willrun" check --root / /bin/sh
says out '✓ /bin/sh'
expect 1 'a script that does not' "$willrun" check --root root /bin/broken
says out '✗ /bin/broken'
says out 'error['
silent err
expect 0 'never fails' "$willrun" check --root root --fail-on never /bin/broken
expect 1 'degraded includes fails' "$willrun" check --root=root --fail-on=degraded /bin/broken
expect 0 'degraded, of what runs' "$willrun" check --root / --fail-on degraded /bin/sh
expect 1 'all' "$willrun" check --root dir:root --all
expect 1 'options behind operands' "$willrun" check /bin/broken --root root -q
expect 1 'the end of options' "$willrun" check --root root -- /bin/broken

mkdir root/nothing
expect 0 'a folder without programs' "$willrun" check --root root /nothing
says err 'nothing was checked'

expect 0 'quiet, of what runs' "$willrun" check --root / -q /bin/sh
silent out
silent err

expect 1 'json' "$willrun" check --root root --format json /bin/broken
silent err
if command -v python3 >/dev/null; then
    python3 -c 'import json,sys; d=json.load(open("out")); s=d["targets"][0]["subjects"][0]
sys.exit((d["schema"],s["verdict"],s["phase"],d["summary"]["fails"])!=("willrun/check/1","fails","exec",1))' ||
        fail 'json says something else'
fi
expect 1 'jsonl' "$willrun" check --root root --format jsonl /bin/broken /bin/broken
[[ $(wc -l <out) == 3 ]] || fail 'jsonl: not a line a subject and one for the summary'

expect 0 'tree' "$willrun" tree /bin/sh
says out '/bin/sh'
expect 1 'tree of what does not run' "$willrun" tree --root root /bin/broken
for format in json dot mermaid; do
    expect 0 "tree as $format" "$willrun" tree --format $format /bin/sh
    silent err
done

# A name that would harm the terminal.
evil=$'root/bin/evil\e[31m\n\xff'
cp root/bin/broken "$evil"
for format in text json jsonl; do
    expect 1 "a hostile name as $format" "$willrun" check --root root --all --format $format
    if LC_ALL=C grep -q $'[\e\xff]' out; then fail "a hostile name reaches the terminal as $format"; fi
done

# Locale and colour.
expect 0 'C locale' env LC_ALL=C "$willrun" check --root / /bin/sh
if LC_ALL=C grep -q $'[\x80-\xff]' out; then fail 'marks beyond ASCII in the C locale'; fi
expect 0 'no colour where no terminal is' "$willrun" check --root / /bin/sh
if grep -q $'\e' out; then fail 'colour without a terminal'; fi
for setting in "--color always" "--color=always"; do
    # shellcheck disable=SC2086
    expect 0 "$setting" env NO_COLOR=1 "$willrun" check --root / $setting /bin/sh
    grep -q $'\e' out || fail "no colour with $setting"
done
expect 0 'CLICOLOR_FORCE' env CLICOLOR_FORCE=1 "$willrun" check --root / /bin/sh
grep -q $'\e' out || fail 'no colour with CLICOLOR_FORCE'
expect 0 'NO_COLOR is stronger' env CLICOLOR_FORCE=1 NO_COLOR=1 "$willrun" check --root / /bin/sh
if grep -q $'\e' out; then fail 'colour with NO_COLOR'; fi

mkdir -p app && cp root/bin/broken app/
expect 1 'a folder that is laid over the root, and all' "$willrun" check --root root --all ./app
[[ $(grep -c '/app/broken  ' out) == 1 ]] || fail 'a subject is told twice'
end
