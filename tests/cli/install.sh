#!/usr/bin/env bash
# What is installed serves a client, wherever it is installed.
build=$(cd "$(dirname "$1")" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
examples=$here/../examples
source "$here/expect.bash"

expect 0 'install' cmake --install "$build" --prefix "$work/prefix"
pc=$(find prefix -name willrun.pc)
export PKG_CONFIG_PATH=$work/${pc%/*}
sanitize=()
if grep -q '^WILLRUN_SANITIZE:BOOL=ON' "$build/CMakeCache.txt"; then
    sanitize=("-fsanitize=$(sed -n 's/^WILLRUN_SANITIZERS:STRING=//p' "$build/CMakeCache.txt")")
fi
if grep -q '^WILLRUN_STATIC:BOOL=ON' "$build/CMakeCache.txt"; then
    expect 0 'the program alone' prefix/bin/willrun check --root / /bin/sh
    end
    exit
fi
# What the library shows is what is written down: a change of it is meant to be seen in a review.
library=$(find prefix -name 'libwillrun.so.*.*')
nm -D --defined-only "$library" | sed -n 's/^[0-9a-f]* [A-Z] //p' | sort >symbols
sort "$here/library-symbols.txt" | diff - symbols >out 2>&1 || fail 'the symbols of the library are not those of library-symbols.txt'
[[ $(readelf -d "$library" | sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p') == libwillrun.so.0 ]] || fail 'its SONAME'
# all that the headers declare is there
cat prefix/include/willrun/*.h | tr '\n' ' ' | grep -oE 'WILLRUN_API [^;{]*' | grep -oE 'willrun_[a-z_]+\(' |
    tr -d '(' | sort -u >declared
sed -n 's/@.*//p' symbols | grep '^willrun_' | sort -u | diff declared - >out 2>&1 || fail 'headers and symbols are not the same'

for header in prefix/include/willrun/*.h; do
    expect 0 "$header alone" gcc -std=c11 -pedantic-errors -Wall -Wextra -Werror -fsyntax-only -Iprefix/include -x c "$header"
    expect 0 "$header in C++" clang -std=c++17 -Wall -Wextra -Werror -fsyntax-only -Iprefix/include -x c++ "$header"
done

# The examples, by pkg-config and by find_package.
export LD_LIBRARY_PATH=${PKG_CONFIG_PATH%/*}
for example in check inspect explain; do
    # shellcheck disable=SC2046
    expect 0 "$example is built" gcc -std=c17 -Wall -Wextra -Werror "${sanitize[@]}" "$examples/$example.c" \
        -o "$example" $(pkg-config --cflags --libs willrun)
done
expect 0 'found by CMake' cmake -S "$examples" -B found -DCMAKE_PREFIX_PATH="$work/prefix" \
    -DCMAKE_C_FLAGS="${sanitize[*]}"
expect 0 'built by CMake' cmake --build found

cp /bin/ls root/bin/ls
for folder in . found; do
    expect 1 'check' $folder/check root /bin/broken
    says out '/bin/broken fails'
    says out '  error[shebang-missing]: '
    expect 0 'check a copy' $folder/check / /tmp-of-a-test/ls stage=root 'stage:/bin/ls:/tmp-of-a-test/'
    says out '/tmp-of-a-test/ls runs'
    grep -qE '^  libc\.so\.6 => /.* \((ld\.so\.cache|default)\)$' out || fail 'what it loads'
    expect 2 'check nowhere' $folder/check nowhere /bin/broken
    says err 'check: nowhere: No such file or directory'
    expect 0 'inspect' $folder/inspect 60 root/bin/ls
    says out 'root/bin/ls: linux/'
    says out '  needs libc.so.6'
    expect 3 'inspect, cancelled' $folder/inspect 0 root/bin/ls
    says err 'inspect: the call was cancelled'
    expect 0 'explain' $folder/explain 'exec /bin/ls: no such file or directory' root
    says out 'said by the container runtime'
    says out 'interp-missing: '
    says out 'decided by the files: yes'
    expect 0 'explain by the words' $folder/explain 'exec /bin/ls: no such file or directory'
    says out 'decided by the files: no'
done
unset LD_LIBRARY_PATH
expect 0 'the program that was installed' prefix/bin/willrun check --root / /bin/sh
end
