#!/usr/bin/env bash
# diff tells what starts to fail or to work from one root to another, and why.
data=$(cd "$(dirname "$0")/../../data" && pwd)
source "$(dirname "$0")/expect.bash"

accepts() {
    /usr/bin/python3 - "$data/diff.schema.json" "$1" <<'END'
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

# Two roots: in the new one a library is gone, another defines fewer versions,
# folders are merged, and what did not work does.
printf 'void used(void) {}\n' >used.c
printf 'ONE { used; };\nTWO { } ONE;\n' >two.map
printf 'ONE { used; };\n' >one.map
printf 'void used(void); int main(void) { used(); return 0; }\n' >main.c
mkdir -p build old new
gcc -shared -fPIC -Wl,-soname,libgone.so.1 used.c -o build/libgone.so.1
gcc -shared -fPIC -Wl,-soname,libkept.so.1,--version-script,two.map used.c -o build/libkept.so.1.2.0
gcc -shared -fPIC -Wl,-soname,libkept.so.1,--version-script,one.map used.c -o build/libkept.so.1.3.0
gcc main.c -o build/breaks build/libgone.so.1
gcc main.c -o build/stays build/libkept.so.1.2.0
for root in old new; do
    mkdir -p $root/usr/bin $root/usr/lib $root/lib64
    for library in $(ldd build/stays | grep -o '/[^ ]*'); do
        mkdir -p "$root$(dirname "$library")"
        cp -L "$library" "$root$library"
    done
    cp build/breaks build/stays $root/usr/bin
done
mkdir -p old/bin && mv old/usr/bin/stays old/bin/stays
ln -s usr/bin new/bin
cp build/libgone.so.1 old/usr/lib
cp build/libkept.so.1.2.0 old/usr/lib && ln -s libkept.so.1.2.0 old/usr/lib/libkept.so.1
cp build/libkept.so.1.3.0 new/usr/lib && ln -s libkept.so.1.3.0 new/usr/lib/libkept.so.1
printf '#!/usr/bin/later\n' >script && chmod 755 script
cp script old/usr/bin/script
cp script new/usr/bin/script && cp new/usr/bin/stays new/usr/bin/later

expect 1 'something starts to fail' "$willrun" diff old new
silent err
says out '/usr/bin/breaks  starts to fail'
says out 'now: libgone.so.1, needed by /usr/bin/breaks, is nowhere'
says out '/usr/bin/script  starts to work (runs)'
says out 'libgone.so.1  is missing, needed by /usr/bin/breaks'
says out 'libkept.so.1  1.2.0 → 1.3.0; gone: TWO'
says out '1 breaks, 1 mends'
if grep -q 'stays  ' out; then fail 'a subject in a folder that became a link is taken for another'; fi

expect 0 'the other way round nothing starts to fail' "$willrun" diff new old /usr/bin/breaks
says out '/usr/bin/breaks  starts to work (runs)'
expect 2 'a subject that neither has' "$willrun" diff old new /usr/bin/nothing
says err 'the subject /usr/bin/nothing is neither in old nor in new'
expect 0 'never' "$willrun" diff old new --fail-on never
expect 0 'only what is named' "$willrun" diff old new /bin/stays
says out '1 as before'
expect 0 'a subject of one root' "$willrun" diff old new /usr/bin/later -v
says out '/usr/bin/later  is new'
expect 1 'a file of the disk is laid over both' "$willrun" diff old new ./build/breaks
says out '/breaks  starts to fail'
expect 0 'the same root' "$willrun" diff old dir:old
says out 'as before'

expect 1 'JSON' "$willrun" diff old new --format json
cp out document
accepts document || fail 'not as diff.schema.json says'
says document '"schema": "willrun/diff/1"'
says document '"change": "breaks"'
says document '"versions_gone": ["TWO"]'
sed -i 's/"change": "breaks"/"change": "perhaps"/' document
if accepts document 2>/dev/null; then fail 'a wrong change passes for valid'; fi

expect 1 'Markdown' "$willrun" diff old new --format markdown
says out '### willrun: **old**'
says out '| /usr/bin/breaks | starts to fail | libgone.so.1, needed by /usr/bin/breaks'
says out '| libkept.so.1 | 1.2.0 → 1.3.0 | TWO |'
printf '#!/no/such|`cell`<b>\n' >new/usr/bin/stays && chmod 755 new/usr/bin/stays
expect 1 'markup in names is text' "$willrun" diff old new --format markdown
if grep -q '<b>\|such|' out; then fail 'a name of the root is markup'; fi

# Libraries whose names do not tell their version, what gets worse without failing, and failures of another reason.
mkdir -p a/bin a/lib b/bin b/lib
printf 'void %s(void) {}\n' own more >own.c
printf 'OWN_1.2 { own; };\nOWN_1.10 { more; } OWN_1.2;\n' >newer.map
printf 'OWN_1.2 { own; more; };\n' >older.map
library() { # ROOT NAME OPTION...: with both functions
    gcc -shared -fPIC "-Wl,-soname,$2" -o "$1/lib/$2" own.c "${@:3}"
}
library a libown.so.1 -Wl,--version-script,older.map
library b libown.so.1 -Wl,--version-script,newer.map
library a libid.so.1 -Wl,--build-id=0x1111111111
library b libid.so.1 -Wl,--build-id=0x2222222222
library a libnone.so.1 -Wl,--build-id=none # needed in b, which has it not
for name in libquit.so.1 libstay.so.1; do library a $name; done
cp a/lib/libstay.so.1 b/lib
printf 'void %s(void);\n' own more >call.c
echo 'int main(int count, char **words) { own(); if (count > 1) more(); return words == 0; }' >>call.c
for name in own id none quit stay; do gcc -Wl,-z,lazy call.c -o a/bin/$name a/lib/lib$name.so.1; done
for i in 1 2 3 4 5 6 7 8 9; do cp a/bin/own a/bin/own$i; done
cp a/bin/own* a/bin/id a/bin/none b/bin
printf '#!/no/such/first\n' >a/bin/script
printf '#!/no/such/second\n' >b/bin/script
cp b/bin/script b/bin/stay
chmod 755 a/bin/* b/bin/*
for root in a b; do
    for library in $(ldd build/stays | grep -o '/[^ ]*'); do
        mkdir -p "$root$(dirname "$library")"
        cp -L "$library" "$root$library" 2>/dev/null
    done
done
expect 1 'what is worse, and what fails still' "$willrun" diff a b
has '/bin/own9  gets worse (degraded)' '/bin/script  fails for another reason' '/no/such/first' \
    'libid.so.1  build 11111111 → build 22222222' 'libown.so.1  OWN_1.2 → OWN_1.10' 'libquit.so.1  vanishes' \
    'libnone.so.1  is missing' '2 breaks, 10 worse, 1 otherwise, 3 vanishes'
if grep -q libstay out; then fail 'a library that is there and no longer needed has changed'; fi
expect 0 'what is better' "$willrun" diff b a
has '/bin/own  gets better (runs)' 'libown.so.1  OWN_1.10 → OWN_1.2; gone: OWN_1.10' 'libnone.so.1  is new (?)' '2 mends, 10 better'
expect 1 'users of a library' "$willrun" diff a b --format json
has '"change": "worse"' '"user_count": 10'
if grep -q '"/bin/own9"\],\?$' out; then fail 'more users are named than are told'; fi

expect 2 'one root' "$willrun" diff old
says err 'name two roots'
expect 2 'no such root' "$willrun" diff old no/such
says err 'no/such'

end
