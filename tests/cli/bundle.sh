#!/usr/bin/env bash
# A bundle starts as in the root it is from, in a real chroot too; it is written whole or not at
# all, and the same each time.
data=$(cd "$(dirname "$0")/../../data" && pwd)
source "$(dirname "$0")/expect.bash"

# A program, its library where ld.so.cache alone leads, and one that it finds by itself.
mkdir -p lib/etc lib/opt/odd lib/app/lib lib/tmp lib/srv/data/deep
cat >greet.c <<'END'
const char *greet(void) { return "greetings"; }
END
cat >odd.c <<'END'
const char *odd(void) { return "odd"; }
END
cat >app.c <<'END'
#include <stdio.h>
const char *greet(void), *odd(void);
int main(void) { return puts(greet()) < 0 || puts(odd()) < 0; }
END
gcc -shared -fPIC -Wl,-soname,libodd.so.1 -o lib/opt/odd/libodd.so.1.4 odd.c
ln -s libodd.so.1.4 lib/opt/odd/libodd.so.1
gcc -shared -fPIC -o lib/app/lib/libgreet.so greet.c
gcc -o lib/app/app app.c -Llib/app/lib -lgreet lib/opt/odd/libodd.so.1 -Wl,--disable-new-dtags,-rpath,/app/lib
for library in $(ldd /bin/sh | grep -o '/[^ ]*'); do
    mkdir -p "lib$(dirname "$library")"
    cp -L "$library" "lib$library"
done
mkdir -p lib/usr/bin && ln -s usr/bin lib/bin
cp -L /bin/sh lib/usr/bin/sh && cp -L /usr/bin/env lib/usr/bin/env
printf '#!/usr/bin/env sh\n/app/app\n' >lib/app/start && chmod 755 lib/app/start
echo /opt/odd >lib/etc/ld.so.conf
/sbin/ldconfig -r lib || fail 'ldconfig'
echo data >lib/srv/data/deep/file && ln -s ../../app/app lib/srv/data/link && ln lib/srv/data/deep/file lib/srv/data/twin
printf 'root:x:0:0::/:/bin/sh\napp:x:7:8::/:/bin/sh\n' >lib/etc/passwd

starts() { # starts FOLDER COMMAND...: in a chroot; where that is not allowed, nothing is told
    local folder=$1
    shift
    if [[ $EUID == 0 ]]; then
        [[ $(chroot "$folder" "$@" 2>&1) == $'greetings\nodd' ]] || fail "$* does not start in $folder"
    fi
}

starts lib /app/app
expect 0 'a program' "$willrun" bundle --root lib /app/app --to made
says out '/opt/odd/libodd.so.1 → libodd.so.1.4'
says out '/etc/ld.so.cache' # there is no other way to /opt/odd
says out '✓ /app/app'
silent err
starts made /app/app
[[ ! -e made/usr/bin/env && ! -e made/srv ]] || fail 'more than is needed'

# no cache where the loader finds all without it
expect 0 'without a cache' "$willrun" bundle --root lib /usr/bin/env --to plain --format json
if grep -q ld.so.cache out; then fail 'a cache that nothing needs'; fi

# a script brings what its line names, and what env starts
expect 0 'a script' "$willrun" bundle --root lib /app/start --with /srv/data --to script --format json
for path in /app/start /usr/bin/env /usr/bin/sh /bin /srv/data/deep/file; do
    says out "\"path\": \"$path\""
done
/usr/bin/python3 - "$data/bundle.schema.json" out <<'END' || fail 'not as bundle.schema.json says'
import json, sys
import jsonschema
schema, document = (json.load(open(name)) for name in sys.argv[1:])
jsonschema.Draft202012Validator(schema).validate(document)
END
[[ -e script/app/app ]] || fail 'what a link of a named folder leads to is left out'
[[ script/srv/data/twin -ef script/srv/data/deep/file ]] || fail 'a hard link became two files'
# the script starts /app/app, whose libraries nobody asked for
expect 0 'a script and what it starts' "$willrun" bundle --root lib /app/start /app/app --to both
starts both /app/start

# archives: the same bytes, and the same files
expect 0 'an archive' "$willrun" bundle --root lib /app/app --to one.tar
expect 0 'again' "$willrun" bundle --root lib /app/app --to two.tar
cmp -s one.tar two.tar || fail 'the same input makes other bytes'
touch lib/app/app
expect 0 'again, later' env SOURCE_DATE_EPOCH=86400 "$willrun" bundle --root lib /app/app --to two.tar
mkdir unpacked && tar -xf two.tar -C unpacked || fail 'tar cannot unpack it'
diff -r --no-dereference made unpacked || fail 'folder and archive differ'
[[ $(stat -c %Y unpacked/app/app) == 86400 && $(stat -c %Y made/app/app) == 0 ]] || fail 'times'
expect 0 'it is a root' "$willrun" check --root two.tar /app/app

# one that is written twice, as nobody may who cannot take from its folders
mkdir open && chmod 777 open && chmod 755 . && cp -a lib closed && chmod 555 closed/opt/odd
cp "$willrun" program
as_somebody=()
if [[ $EUID == 0 ]]; then as_somebody=(setpriv --reuid 65534 --regid 65534 --clear-groups); fi
ASAN_OPTIONS=detect_leaks=0 expect 0 'closed folders' "${as_somebody[@]}" ./program bundle --root closed /app/app --to open/made
[[ $(stat -c %a open/made/opt/odd) == 555 && $(ls -A open) == made ]] || fail "left behind: $(ls -A open)"
chmod -R u+w open closed

# users
expect 0 'a user by name' "$willrun" bundle --root lib --user app /app/app --to user.tar
expect 0 'is known there' "$willrun" check --root user.tar --user app /app/app
expect 0 'named things' "$willrun" bundle --root lib --with users /usr/bin/env --to users
[[ -s users/etc/passwd && ! -e users/etc/group ]] || fail 'what the root has of users'

# a local file, and a copy of a stage
expect 0 'a local file' "$willrun" bundle --root lib lib/app/lib/libgreet.so /app/app --to local
[[ -e local/libgreet.so ]] || fail 'the local file is not there'
mkdir empty
expect 0 'a stage' "$willrun" bundle --root empty --stage b=lib --copy b:/usr:/usr --copy b:/lib64:/lib64 \
    --copy b:/lib:/lib /usr/bin/env --to staged
[[ -x staged/usr/bin/env ]] || fail 'the copy is not there'

# what does not run is not written
rm lib/app/lib/libgreet.so
expect 1 'a library is missing' "$willrun" bundle --root lib /app/app --to none
says out 'libgreet.so, needed by /app/app, is nowhere'
says out 'nothing was written to none'
[[ ! -e none ]] || fail 'something was written'
expect 0 'partial' "$willrun" bundle --root lib /app/app --partial --to part
[[ -e part/app/app ]] || fail 'nothing was written'

refused() {
    local sentence=$1
    shift
    expect 2 "$sentence" "$willrun" bundle --root lib "$@"
    silent out
    says err "$sentence"
}
mkdir full && echo mine >full/mine
refused '--to is missing' /usr/bin/env
refused 'full is not empty' /usr/bin/env --to full
[[ $(cat full/mine) == mine ]] || fail 'a folder with files was touched'
refused 'is no folder' /usr/bin/env --to greet.c
refused 'No such file or directory' /usr/bin/env --to no/such/folder
refused 'nothing to take along' /usr/bin/env --with everything --to x
refused 'no time-zones in lib' /usr/bin/env --with time-zones --to x
refused '/srv/nothing in lib: No such file' /usr/bin/env --with /srv/nothing --to x
refused '/no/such in lib' /no/such --to x
expect 2 'a profile is no root to run' "$willrun" bundle --root base:debian:12-slim /bin/cat --to x
says err 'is not whole in base:debian:12-slim'
expect 2 'a full disk' "$willrun" bundle --root lib /usr/bin/env --to /dev/full
[[ ! -e x ]] || fail 'a refused bundle was written'
left=$(find . -maxdepth 1 -name '.*.??????' | wc -l)
[[ $left == 0 ]] || fail 'a temporary was left behind'
end
