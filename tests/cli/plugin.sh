#!/usr/bin/env bash
# A plugin's host is found in the target by what kind of plugin it is.
source "$(dirname "$0")/expect.bash"

# Loads as Node.js does.
cat >node.c <<'END'
#include <dlfcn.h>
#include <stdio.h>
int napi_create_function(void) { return 1; }
int main(int argc, char **argv)
{
    if (dlopen(argv[1], RTLD_LAZY) != NULL)
        return 0;
    printf("Error: %s\n  code: 'ERR_DLOPEN_FAILED'\n", dlerror());
    return 1;
}
END
mkdir bin
gcc -rdynamic -o bin/node node.c
echo 'int own(void) { return 1; }' | gcc -shared -fPIC -Wl,-soname,libown.so -x c -o libown.so -
echo 'int napi_create_function(void); int napi_register_module_v1(void) { return napi_create_function(); }' |
    gcc -shared -fPIC -x c -o api.node -
echo 'int napi_newer(void); int napi_register_module_v1(void) { return napi_newer(); }' >newer.c
gcc -shared -fPIC -Wl,-z,lazy -o lazy.node newer.c
gcc -shared -fPIC -Wl,-z,now -o now.node newer.c
echo 'int own(void); int napi_register_module_v1(void) { return own(); }' >need.c
gcc -shared -fPIC -o need.node need.c libown.so
rm libown.so

check() { "$willrun" check --root / --env "PATH=$1" "$2"; }
for plugin in api lazy now need; do
    bin/node "$work/$plugin.node" >real
    wanted=$?
    expect $wanted "$plugin.node" check "$work/bin" "$work/$plugin.node"
    [[ $wanted == 0 ]] || says out "$(sed 's/^/      │ /' real)"
done
expect 0 'what is called later' check "$work/bin" "$work/lazy.node"
says out 'starts, but fails later: napi_newer'

expect 0 'no host' "$willrun" check --root base:debian:12-slim "./api.node"
says out '/api.node is an addon of Node.js'
"$willrun" check --root / --env "PATH=$work/bin" --format json "$work/api.node" >json
says json '"plugin": "node-addon"'
says json "\"host\": \"$work/bin/node\""
end
