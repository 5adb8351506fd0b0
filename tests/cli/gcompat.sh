#!/usr/bin/env bash
# gcompat's stand-in for glibc's loader, in a root that has no musl.
# shellcheck source=tests/cli/expect.bash
source "$(dirname "$0")/expect.bash"

mkdir -p root/bin root/lib64
cat >stub.c <<'C'
#include <unistd.h>
int main(int argc, char **argv)
{
    (void)argc;
    char *const start[] = {"ld-musl-x86_64.so.1", "--preload", "/lib/libgcompat.so.0", argv[0], 0};
    execv("/lib/ld-musl-x86_64.so.1", start);
    return 127;
}
C
gcc -static -o root/lib64/ld-linux-x86-64.so.2 stub.c
echo 'int main(void) { return 0; }' | gcc -o root/bin/app -x c -
expect 1 'gcompat without musl' "$willrun" check --root root --platform linux/amd64 /bin/app
says out "gcompat starts musl's loader, which is not in the target"
says out '1 subject: 1 fails'
end
