#!/usr/bin/env bash
# The HTML report, used in a real browser.
here=$(cd "$(dirname "$0")" && pwd)
source "$here/expect.bash"
kept=$(dirname "$willrun")/npm

build() { gcc -nostdlib -nostartfiles -fPIC -Wl,--no-as-needed -Wl,-z,undefs "$@"; }
printf 'void f(void) {}' >lib.c
printf 'void _start(void) {}' >app.c
mkdir -p root/lib root/lib64 link
cp -L /lib64/ld-linux-x86-64.so.2 root/lib64/
build -shared -o link/libgone.so -Wl,-soname,libgone.so lib.c
build -shared -o root/lib/libfine.so -Wl,-soname,libfine.so lib.c
build -shared -o root/lib/libmid.so -Wl,-soname,libmid.so lib.c link/libgone.so
build -pie -o root/bin/app -Wl,--dynamic-linker=/lib64/ld-linux-x86-64.so.2 app.c root/lib/libmid.so root/lib/libfine.so \
    -Wl,--allow-shlib-undefined
cp -L /bin/ls root/bin/ls
cp root/bin/broken root/bin/$'<img src=x onerror=alert(1)>"\'&'
cp root/bin/broken $'root/bin/line\nline2\x1b[31m\xff'

expect 1 'a page' "$willrun" check --root root --all --ignore 'shebang-missing:/bin/line*' --format html -o page.html
cp page.html first.html
"$willrun" check --root root --all --ignore 'shebang-missing:/bin/line*' --format html -o page.html
cmp -s page.html first.html || fail 'the same input makes another page'
expect 1 'a page of a tree' "$willrun" tree --root root --format html /bin/app
says out '<!DOCTYPE html>'
if grep -n 'https\?://' page.html | grep -v '"http://www.w3.org/2000/svg"'; then fail 'the page names another place'; fi

mkdir -p context link && cp link/libgone.so context/
printf 'FROM base\nENTRYPOINT ["/bin/app"]\n' >context/Dockerfile
expect 1 'a page of a Dockerfile' "$willrun" check --dockerfile context/Dockerfile --base base=root --format html -o docker.html

# 1,500 programs, each with what it needs
mkdir -p many/lib many/lib64 many/bin
cp root/lib64/* many/lib64/
needs=()
for i in $(seq 40); do
    build -shared -o many/lib/libn$i.so -Wl,-soname,libn$i.so lib.c "${needs[@]: -3}"
    needs+=("many/lib/libn$i.so")
done
build -pie -o many/app -Wl,--dynamic-linker=/lib64/ld-linux-x86-64.so.2 app.c "${needs[@]}" -Wl,--allow-shlib-undefined
rm many/lib/libn1.so
for i in $(seq 0 1499); do ln many/app many/bin/app-$i; done
expect 1 'many' "$willrun" check --root many --format html -o large.html /bin
[[ $(stat -c %s large.html) -lt 15000000 ]] || fail "a page of $(stat -c %s large.html) bytes"

: >out >err
/usr/bin/python3 "$here/html_page.py" "$work/page.html" "$work/docker.html" "$work/large.html" "$kept" >out 2>err || fail 'the page in a browser'
[[ -z ${HTML_TELL-} ]] || cat out
end
