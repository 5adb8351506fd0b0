#!/usr/bin/env bash
# What the host of a .NET program looks for: its runtime by the environment and by files, and ICU.
source "$(dirname "$0")/expect.bash"

root=$work/root
glibc=/lib/x86_64-linux-gnu
mkdir -p "$root/lib64" "$root$glibc" "$root/app"
cp /lib64/ld-linux-x86-64.so.2 "$root/lib64/"
cp $glibc/libc.so.6 "$root$glibc/"
cat >host.c <<'END'
#include <dlfcn.h>
char host[] = "\0\0\0\0\0\0\0\0\x8b\x12\x02\xb9\x6a\x61\x20\x38\x72\x7b\x93\x02\x14\xd7\xa0\x32"
              "\x13\xf5\xb9\xe6\xef\xae\x33\x18\xee\x3b\x2d\xce\x24\xb3\x6a\xae";
int main(void) { return dlopen(host, RTLD_LAZY) != 0; }
END
gcc -o host host.c
cp host "$root/app/app"
config() { echo "{\"runtimeOptions\": {$1}}" >"$root/app/app.runtimeconfig.json"; }
is() { # STATUS WORDS…: with a rule, or NAME=VALUE of the environment
    local status=$1 rule=$2
    shift 2
    expect "$status" "$rule${*:+ with }$*" "$willrun" check --root "$root" --copy ":$root/app:/app" --fail-on degraded \
        ${1:+--env "$1"} /app/app
    [[ $rule == - ]] || says out "warning[$rule]"
}
eight='"framework": {"name": "Microsoft.NETCore.App", "version": "8.0.2"}'
runtime() { # ROOT VERSION
    mkdir -p "$root$1/host/fxr/$2" "$root$1/shared/Microsoft.NETCore.App/$2"
    touch "$root$1/host/fxr/$2/libhostfxr.so"
}

config "$eight"
is 1 dotnet-missing
says out '/usr/share/dotnet'
says out 'dotnet/runtime:8.0'
runtime /usr/share/dotnet 8.0.1
is 1 dotnet-missing
says out 'Microsoft.NETCore.App 8.0.2'
runtime /usr/share/dotnet 9.0.0
is 1 dotnet-missing
config "$eight, \"rollForward\": \"Major\""
is 1 icu-missing
config "$eight"
for roll in Disable LatestPatch Minor; do
    config "$eight, \"rollForward\": \"$roll\""
    is 1 dotnet-missing
done
is 1 icu-missing DOTNET_ROLL_FORWARD=Major
runtime /usr/share/dotnet 8.1.0
config "$eight"
is 1 icu-missing
is 1 dotnet-missing DOTNET_ROLL_FORWARD=latestpatch
runtime /usr/share/dotnet 8.0.10
is 1 icu-missing DOTNET_ROLL_FORWARD=LatestPatch
is 1 dotnet-missing DOTNET_ROLL_FORWARD=Disable
config "\"frameworks\": [{\"name\": \"Microsoft.NETCore.App\", \"version\": \"8.0.2\"}, {\"name\": \"Microsoft.AspNetCore.App\", \"version\": \"8.0.2\"}]"
is 1 dotnet-missing
says out 'Use an image of dotnet/aspnet:8.0'
config "$eight"
is 1 icu-missing
is 0 - DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
is 1 dotnet-missing DOTNET_ROOT=/opt/dotnet
mv "$root/usr/share/dotnet" "$root/opt-dotnet"
is 1 icu-missing DOTNET_ROOT_X64=/opt-dotnet
mkdir -p "$root/etc/dotnet"
echo /opt-dotnet >"$root/etc/dotnet/install_location"
is 1 icu-missing
echo /none >"$root/etc/dotnet/install_location_x64"
is 1 dotnet-missing
touch "$root/app/libhostfxr.so"
is 1 icu-missing
config '"includedFrameworks": [], "configProperties": {"System.Globalization.Invariant": true}'
is 0 -
is 1 icu-missing DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=false
config '"includedFrameworks": [], "configProperties": {"System.Globalization.Invariant": true, "System.StartupHookProvider.IsSupported": false}'
is 0 - DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=false
echo 'int u_strlen(void) { return 0; }' | gcc -shared -fPIC -x c -o "$root$glibc/libicuuc.so.74" -
config '"includedFrameworks": []'
is 0 -
rm "$root$glibc/libicuuc.so.74"
echo 'int u_strlen(void) { return 0; }' | gcc -shared -fPIC -x c -o "$root$glibc/libicuuc.so.72" -
config '"framework": {"name": "Microsoft.NETCore.App", "version": "3.1.0"}'
is 1 icu-missing
mv "$root$glibc"/libicuuc.so.{72,66}
is 0 -
rm "$root$glibc/libicuuc.so.66"
config '"includedFrameworks": [], "configProperties": {"System.Globalization.AppLocalIcu": ":72.1"}'
is 0 -

# a program that was compiled ahead of time
cat >native.c <<'END'
#include <dlfcn.h>
const char marks[] = "__managedcode libicuuc";
int main(void) { return dlopen(marks, RTLD_LAZY) != 0; }
END
gcc -o "$root/app/native" native.c
native() { "$willrun" check --root "$root" --copy ":$root/app:/app" --fail-on degraded "$@" /app/native; }
expect 1 'NativeAOT without ICU' native
says out 'warning[icu-missing]'
expect 0 'NativeAOT that needs none' native --env DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1

# dotnet itself, and what it is told to run
cat >muxer.c <<'END'
#include <dlfcn.h>
const char marks[] = "hostfxr_main";
int main(void) { return dlopen(marks, RTLD_LAZY) != 0; }
END
mkdir -p "$root/usr/bin" "$root/opt/net" context
gcc -o "$root/opt/net/dotnet" muxer.c
ln -s /opt/net/dotnet "$root/usr/bin/dotnet"
touch context/app.dll
dotnet() { # STATUS RULE ENTRYPOINT
    printf '%s\n' 'FROM base' 'WORKDIR /srv' 'ENV DOTNET_ROOT=/usr/share/dotnet' 'COPY . .' "ENTRYPOINT [$3]" >Dockerfile
    expect "$1" "$2 by $3" "$willrun" check --dockerfile Dockerfile --context context --base "base=$root" --fail-on degraded
    [[ $2 == - ]] || says out "[$2]"
}
dotnet 1 dotnet-missing '"dotnet", "app.dll"'
says out 'the target has no .NET at /opt/net'
runtime /opt/net 8.0.10
dotnet 1 dotnet-missing '"dotnet", "app.dll"'
says out '/usr/bin/dotnet is to run /srv/app.dll, and no'
echo "{\"runtimeOptions\": {$eight}}" >context/app.runtimeconfig.json
dotnet 1 icu-missing '"dotnet", "app.dll"'
dotnet 1 icu-missing '"dotnet", "exec", "/srv/app.dll", "-v"'
dotnet 1 script-missing '"dotnet", "other.dll"'
dotnet 0 - '"dotnet", "run"'
echo "{\"runtimeOptions\": {${eight/8.0.2/9.0.0}}}" >context/app.runtimeconfig.json
dotnet 1 dotnet-missing '"dotnet", "app.dll"'
says out '/srv/app.dll is for Microsoft.NETCore.App 9.0.0,'
end
