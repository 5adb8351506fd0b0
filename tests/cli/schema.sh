#!/usr/bin/env bash
# The JSON of each command is what its schema in data/ says, to two validators that are not ours.
here=$(cd "$(dirname "$0")" && pwd)
data=$(cd "$here/../../data" && pwd)
source "$here/expect.bash"
source "$here/npm.bash"

# accepts SCHEMA: is the document in the file out valid? As ajv says, too: it is asked at the end.
accepts() {
    asked "${expected:-valid}" document "$data/$1.schema.json" out
    /usr/bin/python3 - "$data/$1.schema.json" out <<'END'
import json, sys
import jsonschema
schema, document = (json.load(open(name)) for name in sys.argv[1:])
jsonschema.Draft202012Validator.check_schema(schema)
errors = list(jsonschema.Draft202012Validator(schema).iter_errors(document))
for error in errors[:5]:
    print("/".join(map(str, error.absolute_path)), error.message, file=sys.stderr)
sys.exit(bool(errors))
END
}

cp /bin/ls root/bin/ls
printf 'x' >root/bin/odd && chmod 755 root/bin/odd
for root in root /; do
    for subject in /bin/broken /bin/ls /bin/odd; do
        [[ -e ${root%/}$subject ]] || continue
        "$willrun" check --root $root --format json "$subject" --why libc.so.6 >out
        accepts check || fail "check $root $subject: not as check.schema.json says"
        "$willrun" tree --root $root --format json "$subject" >out
        accepts tree || fail "tree $root $subject: not as tree.schema.json says"
    done
done

"$willrun" inspect /bin/ls "$willrun" root/bin/broken --format json >out
accepts inspect || fail "inspect: not as inspect.schema.json says"
sed -i 's/"kind": "[a-z-]*"/"kind": "maybe"/' out
if expected=refused accepts inspect 2>/dev/null; then fail 'a wrong kind passes for valid'; fi

"$willrun" bases --format json >out
accepts bases || fail 'bases: not as bases.schema.json says'
printf 'x' >root/bin/fails && chmod 755 root/bin/fails
"$willrun" check --root root --format jsonl /bin >lines
[[ $(wc -l <lines) -gt 2 ]] || fail 'no line a subject'
asked valid lines "$data/check.schema.json#/\$defs/line" lines
/usr/bin/python3 - "$data/check.schema.json" lines <<'END' || fail 'a line is not as $defs/line of check.schema.json says'
import json, sys
import jsonschema
schema = json.load(open(sys.argv[1]))
line = {"$defs": schema["$defs"], "properties": {"summary": schema["properties"]["summary"]}, "allOf": [{"$ref": "#/$defs/line"}]}
lines = [json.loads(text) for text in open(sys.argv[2])]
for document in lines:
    jsonschema.Draft202012Validator(line).validate(document)
assert "summary" in lines[-1] and not any("summary" in document for document in lines[:-1])
END
for rule in interpreter-missing --list; do
    "$willrun" explain $rule --format json >out
    accepts rules || fail "explain $rule: not as rules.schema.json says"
done
"$willrun" tree --root / --format json /bin/ls >out

# The validator itself refuses what is wrong.
sed -i 's/"verdict": "[a-z]*"/"verdict": "maybe"/' out
if expected=refused accepts tree 2>/dev/null; then fail 'a wrong verdict passes for valid'; fi

# What the others write; their own tests look into it.
"$willrun" diff root / --format json /bin/ls >out
accepts diff || fail 'diff: not as diff.schema.json says'
"$willrun" bundle --root / /bin/ls --to least --format json >out
accepts bundle || fail 'bundle: not as bundle.schema.json says'
"$willrun" plan --on base:debian:12-slim ./root/bin/ls --format json >out
accepts plan || fail 'plan: not as plan.schema.json says'
"$willrun" explain --root root --format json 'exec /bin/broken: no such file or directory' >out
accepts explain || fail 'explain: not as explain.schema.json says'

for schema in "$data"/*.schema.json; do
    grep -q "^valid .* $schema " ajv.list || fail "no document of ${schema##*/}"
done
ajv_agrees
end
