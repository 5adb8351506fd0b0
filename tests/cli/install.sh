#!/usr/bin/env bash
# What is installed serves a client, wherever it is installed.
build=$(cd "$(dirname "$1")" && pwd)
source "$(dirname "$0")/expect.bash"

expect 0 'install' cmake --install "$build" --prefix "$work/prefix"
pc=$(find prefix -name willrun.pc)
export PKG_CONFIG_PATH=$work/${pc%/*}
sanitize=()
if grep -q '^WILLRUN_SANITIZE:BOOL=ON' "$build/CMakeCache.txt"; then
    sanitize=(-fsanitize=address,undefined)
fi
if grep -q '^WILLRUN_STATIC:BOOL=ON' "$build/CMakeCache.txt"; then
    expect 0 'the program alone' prefix/bin/willrun check --root / /bin/sh
    end
    exit
fi
cat >client.c <<'END'
#include <stdio.h>
#include <willrun/willrun.h>
int main(void)
{
    struct willrun *willrun = willrun_new();
    struct willrun_result *result;
    willrun_set_root(willrun, "root");
    willrun_add_subject(willrun, "/bin/broken");
    if (willrun_check(willrun, &result) != WILLRUN_OK) {
        puts(willrun_error(willrun));
        return 2;
    }
    printf("%s %zu\n", result->targets[0].subjects[0].findings[0].rule, result->fails);
    willrun_result_free(result);
    willrun_free(willrun);
}
END
# shellcheck disable=SC2046
expect 0 'a client is built' gcc "${sanitize[@]}" client.c -o client $(pkg-config --cflags --libs willrun)
expect 0 'and runs' env LD_LIBRARY_PATH="${PKG_CONFIG_PATH%/*}" ./client
says out 'shebang-missing 1'
expect 0 'the program that was installed' prefix/bin/willrun check --root / /bin/sh
end
