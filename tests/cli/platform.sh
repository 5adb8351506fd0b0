#!/usr/bin/env bash
# The CPU level that a platform's name says.
# shellcheck source=tests/cli/expect.bash
. "$(dirname "$0")/expect.bash"

[[ $(uname -m) == x86_64 ]] || exit 0
echo 'int main(void) { return 0; }' >app.c
"${CC:-gcc}" -Wl,-z,x86-64-v3 -o app app.c

expect 1 'a program for x86-64-v3 on any amd64' "$willrun" check --root / ./app
says out 'isa-level'
expect 1 'on linux/amd64/v2' "$willrun" check --root / --platform linux/amd64/v2 ./app
expect 0 'on linux/amd64/v3' "$willrun" check --root / --platform linux/amd64/v3 ./app
expect 0 'on AMD64/V4' "$willrun" check --root / --platform AMD64/V4 ./app
expect 1 'on the CPU that --cpu names' "$willrun" check --root / --platform linux/amd64/v3 --cpu x86-64-v2 ./app
expect 0 'on the better CPU that --cpu names' "$willrun" check --root / --platform linux/amd64/v2 --cpu x86-64-v4 ./app
expect 2 'a level that there is not' "$willrun" check --root / --platform linux/amd64/v5 ./app
says err 'linux/amd64/v5'
end
