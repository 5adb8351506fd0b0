#!/usr/bin/env bash
# The JSON of check, tree and inspect is what the schemas of data/ say.
data=$(cd "$(dirname "$0")/../../data" && pwd)
source "$(dirname "$0")/expect.bash"

# accepts SCHEMA: is the document in the file out valid?
accepts() {
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
if accepts inspect 2>/dev/null; then fail 'a wrong kind passes for valid'; fi

"$willrun" bases --format json >out
accepts bases || fail 'bases: not as bases.schema.json says'
printf 'x' >root/bin/fails && chmod 755 root/bin/fails
"$willrun" check --root root --format jsonl /bin >lines
[[ $(wc -l <lines) -gt 2 ]] || fail 'no line a subject'
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
if accepts tree 2>/dev/null; then fail 'a wrong verdict passes for valid'; fi

end
