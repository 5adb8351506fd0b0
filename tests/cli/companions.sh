#!/usr/bin/env bash
# Plugins that need others loaded before them, in a host that gives each the symbols of those.
source "$(dirname "$0")/expect.bash"

root=$work/host
modules=/usr/lib/apache2/modules
mkdir -p "$root/lib64" "$root/lib/x86_64-linux-gnu" "$root/usr/sbin" "$root$modules"
cp /lib64/ld-linux-x86-64.so.2 "$root/lib64/"
cp /lib/x86_64-linux-gnu/libc.so.6 "$root/lib/x86_64-linux-gnu/"
echo 'int main(void) { return 0; }' | gcc -x c -o "$root/usr/sbin/apache2" -
plugin() { # FILE C [LIBRARY...]
    mkdir -p "$(dirname "$root$1")"
    echo "$2" | gcc -w -shared -fPIC -Wl,-z,now -x c -o "$root$1" - -x none "${@:3}"
}
needs() { # SYMBOL...: in their order
    echo 'int f(void) { return 0'
    printf ' + %s()' "$@"
    echo '; }'
    printf 'int %s(void);\n' "$@"
}
judged() { # STATUS NAME: of mod_own.so; the words of out on one line
    expect "$1" "$2" "$willrun" check --root "$root" --env PATH=/usr/sbin --fail-on fails $modules/mod_own.so
    tr -s ' \n' ' ' <out >flat && mv flat out
}
fresh() { rm -rf "${root:?}/usr/lib" && plugin $modules/mod_own.so "$(needs "$@")"; }

fresh one two
plugin $modules/mod_a.so 'int one(void) { return 1; }'
judged 1 'of two symbols only one is there'
says out 'undefined symbol: two'
plugin $modules/mod_b.so 'int two(void) { return 1; }'
judged 0 'each of two others has one of them'
has 'needs mod_a.so and mod_b.so loaded before it, for one: whether /usr/sbin/apache2 does that was not given' \
    'Load mod_a.so and mod_b.so first in the configuration of apache'

# What is no library that can be loaded does not serve.
mkdir "$root$modules/folder.so"
echo text >"$root$modules/text.so"
head -c 100 "$root$modules/mod_a.so" >"$root$modules/cut.so"
ln -s mod_a.so "$root$modules/link.so"
echo 'int one(void) { return 1; } int main(void) { return 0; }' | gcc -no-pie -rdynamic -x c -o "$root$modules/program.so" -
echo 'int one(void);' >"$root$modules/source.c"
judged 0 'others that are no libraries'
has 'needs mod_a.so and mod_b.so loaded before it'
mv "$root$modules/mod_a.so" "$root$modules/mod_a"
judged 1 'a name without .so'
says out 'undefined symbol: two'

# What serves must load itself.
fresh one
plugin $modules/mod_a.so 'int one(void) { return gone(); }'
judged 1 'another that lacks a symbol itself'
says out 'undefined symbol: one'
plugin $modules/mod_a.so 'int one(void) { return own_gone(); }'
plugin $modules/mod_b.so 'int own_gone(void) { return 1; }'
judged 1 'another that lacks what no need of the plugin leads to'
echo 'int gone(void) { return 1; }' | gcc -shared -fPIC -Wl,-soname,libgone.so -x c -o libgone.so -
plugin $modules/mod_a.so 'int one(void) { return gone(); }' libgone.so
judged 1 'another that needs a library that is not there'
says out 'undefined symbol: one'
cp libgone.so "$root/lib/x86_64-linux-gnu/"
judged 0 'another that needs a library that is there'
has 'needs mod_a.so loaded before it, for one'
echo 'V { global: gone; };' >map
echo 'int gone(void) { return 1; }' | gcc -shared -fPIC -Wl,-soname,libgone.so,--version-script=map -x c -o libgone.so -
plugin $modules/mod_a.so 'int one(void) { return gone(); }' libgone.so
judged 0 'another that needs a version of a library without any'
sed 's/V/W/' map >other.map
echo 'int gone(void) { return 1; }' | gcc -shared -fPIC -Wl,-soname,libgone.so,--version-script=other.map -x c -o "$root/lib/x86_64-linux-gnu/libgone.so" -
judged 1 'another that needs a version that is not there'
says out 'undefined symbol: one'

# Few of the folder above may bring it by what they link.
fresh one
echo 'int one(void) { return 1; }' | gcc -shared -fPIC -Wl,-soname,libone.so -x c -o libone.so -
cp libone.so "$root/lib/x86_64-linux-gnu/"
plugin /usr/lib/apache2/libcore.so 'int core(void) { return 1; }' -Wl,--no-as-needed libone.so
judged 0 'one of the folder above links it'
has 'needs libcore.so loaded before it: whether'
for i in 1 2 3; do plugin /usr/lib/apache2/libmore$i.so 'int more;'; done
judged 0 'one of four'
has 'needs libcore.so and libmore1.so and libmore2.so and libmore3.so loaded before it'
plugin /usr/lib/apache2/libmore4.so 'int more;'
judged 1 'one of five'
says out 'undefined symbol: one'
plugin /usr/lib/apache2/libmore4.so 'int one(void) { return 1; }'
judged 0 'one of five that has it itself'
has 'needs libmore4.so loaded before it, for one'

# A host that binds functions when they are called.
cp "$root/usr/sbin/apache2" "$root/usr/sbin/php"
extensions=/usr/lib/php/20240924
modules=$extensions
mkdir -p "$root$extensions"
needs one | gcc -w -shared -fPIC -Wl,-z,lazy -x c -o "$root$extensions/mod_own.so" -
plugin $extensions/a.so 'int one(void) { return 1; }'
judged 0 'a function that is called later'
has 'needs a.so loaded before it, for one'
end
