#!/usr/bin/env bash
# A plugin is judged in the process of the program that --host names, as dlopen does it.
source "$(dirname "$0")/expect.bash"

cat >host.c <<'END'
#include <dlfcn.h>
#include <stdio.h>
int host_api(void) { return 1; }
int main(int argc, char **argv)
{
    if (dlopen(argv[1], RTLD_NOW) != NULL)
        return 0;
    puts(dlerror());
    return 1;
}
END
mkdir own
echo 'int own(void) { return 1; }' | gcc -shared -fPIC -Wl,-soname,libown.so -x c -o own/libown.so -
echo 'int host_api(void); int f(void) { return host_api(); }' | gcc -shared -fPIC -x c -o api.so -
echo 'int nobody(void); int f(void) { return nobody(); }' | gcc -shared -fPIC -x c -o nobody.so -
echo 'int own(void); int f(void) { return own(); }' >need.c
gcc -shared -fPIC -o need.so need.c own/libown.so
gcc -rdynamic -o plain host.c
gcc -o closed host.c
gcc -rdynamic -o rpath host.c -Wl,--disable-new-dtags,-rpath,"$work/own"
gcc -rdynamic -o runpath host.c -Wl,--enable-new-dtags,-rpath,"$work/own"
gcc -rdynamic -o linked host.c -Wl,-rpath,"$work/own",--no-as-needed own/libown.so

for host in plain closed rpath runpath linked; do
    for plugin in api nobody need; do
        "./$host" "$work/$plugin.so" >real
        wanted=$?
        expect $wanted "$plugin in $host" "$willrun" check --root / --host "$work/$host" "$work/$plugin.so"
        [[ $wanted == 0 ]] || says out "│ $(cat real)"
    done
done

expect 0 'a plugin whose host is not known' "$willrun" check --root / "$work/api.so"
says out 'Name the program that loads it with --host PATH'
rm own/libown.so
expect 1 'a host that does not start' "$willrun" check --root / --host "$work/linked" "$work/api.so"
says out "error[host-fails]: the program $work/linked"
for host in linked no-such; do # the words of its own start, and none about the plugin
    for subject in "$work/api.so" $([[ ! -e $host ]] || echo "$work/$host"); do
        "$willrun" check --root / --host "$work/$host" --format json "$subject" 2>err |
            python3 -c 'import json, sys
subject = json.load(sys.stdin)["targets"][0]["subjects"][0]
print(subject["verdict"], subject["phase"], subject["predicted"])' >"said-$(basename "$subject")"
    done
    [[ $host == no-such ]] || cmp said-api.so "said-$host" >err 2>&1 || fail "the words of $host"
done
"$work/linked" "$work/api.so" 2>real
grep -qF "$(cat real)" said-linked || fail "not what it says: $(cat real)"
grep -q "'errno': 'ENOENT'.*exec: .*no-such.*no such file or directory" said-api.so || fail 'a host that is not there'
end
