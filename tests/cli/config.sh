#!/usr/bin/env bash
# Settings from a file, the environment and the command line; findings that are accepted.
data=$(cd "$(dirname "$0")/../../data" && pwd)
source "$(dirname "$0")/expect.bash"
unset "${!WILLRUN_@}"
cp root/bin/broken root/bin/other
check=("$willrun" check --color never)

# ---- where settings come from ----
cat >.willrun.yaml <<'END'
# what this project checks
root: root
env:
  - A=1
fail-on: degraded
to: elsewhere      # of another command
END
expect 1 'the file gives the root' "${check[@]}" /bin/broken
says out 'root root'
WILLRUN_FAIL_ON=never expect 0 'a variable outweighs the file' "${check[@]}" /bin/broken
WILLRUN_FAIL_ON=never expect 1 'the command line outweighs both' "${check[@]}" --fail-on fails /bin/broken
expect 2 'no file is read' "${check[@]}" --config none /bin/broken
says err '--root is missing'
expect 1 'of another command' "$willrun" check --format jsonl /bin/broken

export WILLRUN_ENV=$'B=2\nC=3'
expect 0 'config' "$willrun" config --fail-on fails --env D=4
unset WILLRUN_ENV
for line in 'root: root .*# \.willrun\.yaml:2' 'fail-on: fails .*# the command line' '  - "A=1" .*# \.willrun\.yaml:4' \
    '  - "B=2" .*# WILLRUN_ENV' '  - "C=3" .*# WILLRUN_ENV' '  - "D=4" .*# the command line' 'format: text .*# default'; do
    grep -q "^$line\$" out || fail "config does not print: $line"
done
cp out again.yaml
expect 0 'what it prints is read' "$willrun" config --config again.yaml
grep -q '^  - "C=3" .*# again.yaml:' out || fail 'what config prints is not what it reads'
expect 0 'a settings file of another name' env WILLRUN_CONFIG=again.yaml "$willrun" config
says out '# again.yaml:'

cat >own.yaml <<'END'
root: "a \"b\"\\\u0001"
accept:
  - {rule: shebang-missing, path: "/bin/*", reason: "of a volume"}
END
expect 0 'acceptances' "$willrun" config --config own.yaml
has 'root: "a \"b\"\\\x01"' '  - rule: "shebang-missing"' '# own.yaml:3' '    path: "/bin/*"' '    reason: "of a volume"'
cp out again.yaml
expect 0 'and read again' "$willrun" config --config again.yaml
has 'root: "a \"b\"\\\x01"' '    reason: "of a volume"'
expect 2 'config takes no path' "$willrun" config /bin/broken
says err 'it takes the options of check, and no PATH'

# ---- what is wrong in it ----
wrong() {
    printf '%b' "$2" >bad.yaml
    expect 2 "$1" "${check[@]}" --config bad.yaml /bin/broken
    says err "willrun: bad.yaml:$3"
    [[ $(wc -l <err) == 1 ]] || fail "$1: not one sentence"
}
wrong 'an unknown key' 'root: root\nrot: x\n' '2: no option is called "rot"; did you mean root?'
wrong 'a key twice' 'root: root\nroot: x\n' '2:1: "root" stands twice'
wrong 'no mapping' '- root\n' '1:1: expected options by their names'
wrong 'no YAML' 'root: [a\n' '2:1: no YAML: '
wrong 'a wrong choice' 'root: root\nfail-on: fals\n' '2: --fail-on takes fails, degraded or never'
wrong 'a mapping for a text' 'root: {a: b}\n' '1:7: "root" takes a text or a list of texts'
wrong 'a flag' 'root: root\nquiet: perhaps\n' '2: --quiet takes true or false'
wrong 'no reason' 'root: root\naccept:\n  - rule: shebang-missing\n' '3:5: an acceptance needs a reason'
wrong 'no rule' 'root: root\naccept:\n  - reason: x\n' '3:5: an acceptance needs a rule'
wrong 'an unknown member' 'accept:\n  - rule: a\n    why: x\n' '3:5: an acceptance has rule, path, object, reason and expires, not "why"'
wrong 'an unknown rule' 'root: root\naccept:\n  - {rule: shebang-gone, reason: x}\n' '3: no rule is called "shebang-gone"'
wrong 'no day' 'root: root\naccept:\n  - {rule: shebang-missing, reason: x, expires: 2026-02-30}\n' '3: "2026-02-30" is no day'
wrong 'a list for a reason' 'accept:\n  - rule: shebang-missing\n    reason: [a]\n' '3:13: "reason" takes a text'
wrong 'a member twice' 'accept:\n  - {rule: a, rule: b, reason: x}\n' '2:15: "rule" stands twice in one acceptance'
wrong 'an empty member' 'accept:\n  - {rule: "", reason: x}\n' '2:12: "rule" takes a text'
wrong 'a member whose name is no text' 'accept:\n  - {[a]: b}\n' '2:6: an acceptance has rule, path, object, reason and expires, not ""'
wrong 'an acceptance that is a text' 'accept: [a]\n' '1:10: expected an acceptance: rule, path'
wrong 'one acceptance, and no list' 'accept: {rule: a, reason: x}\n' '1:9: "accept" takes a list of acceptances'
wrong 'a list with a mapping' 'env: [A=1, {b: c}]\n' '1:12: "env" takes a text or a list of texts'
wrong 'a name that is no text' '[root]: root\n' "1:1: expected an option's name"
wrong 'a NUL' 'root: "a\\0b"\n' '1:7: "root" takes a text or a list of texts'
echo '# nothing yet' >comments.yaml
expect 1 'nothing but comments' "${check[@]}" --config comments.yaml --root root /bin/broken
expect 2 'a file that is not there' "${check[@]}" --config nowhere.yaml /bin/broken
says err 'the configuration nowhere.yaml: No such file or directory'
expect 2 'a folder' "${check[@]}" --config root /bin/broken
says err 'the configuration root: Is a directory'
head -c 1048577 /dev/zero | tr '\0' '#' >large.yaml
expect 2 'a large one' "${check[@]}" --config large.yaml /bin/broken
says err 'is larger than 1 MiB'
# a few lines that would be billions of texts where aliases are expanded
{ echo 'a: &a [x,x,x,x,x,x,x,x,x]'; for c in b c d e f g h i; do
    p=$(printf '%b' "\\x$(printf %x $(($(printf %d "'$c") - 1)))"); echo "$c: &$c [*$p,*$p,*$p,*$p,*$p,*$p,*$p,*$p,*$p]"
done; } >bomb.yaml
expect 2 'aliases of aliases' "${check[@]}" --config bomb.yaml /bin/broken

# ---- accepted findings ----
rm .willrun.yaml
expect 0 'a rule' "${check[@]}" --root root --ignore shebang-missing /bin/broken
says out '1 subject: 1 fails (1 accepted)'
expect 0 'a pattern of rules' "${check[@]}" --root root --ignore 'shebang-*' /bin/broken
expect 1 'another path' "${check[@]}" --root root --ignore 'shebang-missing:/bin/o*' /bin/broken /bin/other
says out '/bin/broken  cannot be executed'
if grep -q /bin/other out; then fail 'what is accepted is told'; fi
expect 2 'no rule' "${check[@]}" --root root --ignore nothing-such /bin/broken
says err 'no rule is called "nothing-such"'

cat >.willrun.yaml <<'END'
root: root
accept:
  - rule: shebang-missing
    path: /bin/*
    object: /no/such/*
    reason: its interpreter comes with a volume
    expires: 2999-12-31
END
expect 0 'a reason' "${check[@]}" /bin/broken
expect 0 'and it is told where all is asked for' "${check[@]}" -v /bin/broken
says out 'accepted: its interpreter comes with a volume (until 2999-12-31)'
expect 0 'in JSON' "$willrun" check --format json /bin/broken
/usr/bin/python3 - out "$data/check.schema.json" <<'END' || fail 'the JSON is not as the schema says'
import json, sys
import jsonschema
document, schema = (json.load(open(name)) for name in sys.argv[1:])
jsonschema.Draft202012Validator(schema).validate(document)
subject = document["targets"][0]["subjects"][0]
assert subject["verdict"] == "fails" and subject["accepted"] is True
finding, = [f for f in subject["findings"] if f["severity"] == "error"]
assert finding["accepted"]["reason"] == "its interpreter comes with a volume"
assert finding["accepted"]["origin"] == ".willrun.yaml:3"
assert document["summary"]["accepted"] == 1
END
expect 0 'in JUnit it is skipped' "$willrun" check --format junit /bin/broken
says out 'failures="0" errors="0" skipped="1"'
says out '<skipped message="its interpreter comes with a volume">'
expect 0 'in SARIF it is suppressed' "$willrun" check --format sarif -v /bin/broken
says out '"justification": "its interpreter comes with a volume"'
expect 0 'as lines' "$willrun" check --format jsonl -q /bin/broken
[[ $(wc -l <out) == 1 ]] || fail 'a line of what is accepted, though quiet'

sed -i 's/2999-12-31/2020-01-31/' .willrun.yaml
expect 1 'an acceptance that has expired' "${check[@]}" /bin/broken
says err '.willrun.yaml:3: the acceptance of shebang-missing for /bin/* expired on 2020-01-31: 1 finding counts again'
printf '#!/bin/broken\n' >root/bin/fine
expect 1 'and one that nothing needs' "${check[@]}" --ignore 'shebang-bad' -v /bin/fine
says err 'the acceptance of shebang-bad for * is for no finding'
rm .willrun.yaml

# ---- a baseline ----
for format in json jsonl; do
    "$willrun" check --root root --format $format /bin/broken >base.$format
    expect 0 "nothing new ($format)" "${check[@]}" --root root --baseline base.$format /bin/broken
    expect 1 "something new ($format)" "${check[@]}" --root root --baseline base.$format /bin/broken /bin/other
    says out '/bin/other  cannot be executed'
    if grep -q /bin/broken out; then fail 'what is known is told'; fi
done
echo '{"schema": "willrun/tree/1"}' >tree.json
expect 2 'no report of a check' "${check[@]}" --root root --baseline tree.json /bin/broken
says err 'the baseline tree.json is no report of a check'
head -c 300 base.json >cut.json
expect 2 'a report that is cut' "${check[@]}" --root root --baseline cut.json /bin/broken
says err 'the baseline cut.json, line '
: >empty.json
expect 2 'an empty one' "${check[@]}" --root root --baseline empty.json /bin/broken
expect 2 'none at all' "${check[@]}" --root root --baseline nowhere.json /bin/broken
says err 'the baseline nowhere.json: No such file or directory'
end
