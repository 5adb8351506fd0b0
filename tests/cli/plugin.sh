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
# what node-pre-gyp and bindings look for, by the package's own words
modules=$work/app/node_modules
mkdir -p "$modules"/{gyp/lib/binding/napi-v3-linux-musl-x64,listed/build/Release,listed/out/Debug}
cp api.node "$modules/gyp/lib/binding/napi-v3-linux-musl-x64/gyp.node"
cat >"$modules/gyp/package.json" <<'END'
{"name": "gyp", "version": "1.0.0", "dependencies": {"@mapbox/node-pre-gyp": "1"},
 "binary": {"module_name": "gyp", "module_path": "./lib/binding/napi-v{napi_build_version}-{platform}-{libc}-{arch}",
            "napi_versions": [1, 30]}}
END
expect 1 'no place of its own' check "$work/bin" "$work/app"
says out 'gyp has no build for linux-x64 with glibc'
says out 'lib/binding/napi-v1-linux-glibc-x64/gyp.node'
says out 'fix: Run npm rebuild gyp in a stage of the runtime image'
mv "$modules"/gyp/lib/binding/napi-v{3-linux-musl,1-linux-glibc}-x64
expect 0 'its place' check "$work/bin" "$work/app"
echo '{"name": "listed", "dependencies": {"bindings": "1"}}' >"$modules/listed/package.json"
cp api.node "$modules/listed/build/Release/a.node"
cp need.node "$modules/listed/out/Debug/a.node"
expect 0 'the first place' check "$work/bin" "$work/app"
mv "$modules/listed/build/Release/a.node" "$modules/listed/build/"
rm -r "$modules/listed/out"
expect 0 'a place before' check "$work/bin" "$work/app"
mkdir -p "$modules/listed/build/Debug"
mv "$modules/listed/build/a.node" "$modules/listed/build/Debug/"
cp need.node "$modules/listed/build/Release/a.node"
expect 0 'Debug comes before Release' check "$work/bin" "$work/app"
rm -r "$modules/listed/build/Debug"
expect 1 'what is taken then' check "$work/bin" "$work/app"
end
