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
runtime /usr/share/dotnet 8.0.10
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
echo 'int u_strlen(void) { return 0; }' | gcc -shared -fPIC -x c -o "$root$glibc/libicuuc.so.74" -
config '"includedFrameworks": []'
is 0 -
rm "$root$glibc/libicuuc.so.74"
config '"includedFrameworks": [], "configProperties": {"System.Globalization.AppLocalIcu": ":72.1"}'
is 0 -
end
