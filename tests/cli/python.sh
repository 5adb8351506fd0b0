#!/usr/bin/env bash
# Extension modules of Python: the host by the module's place, how import finds the module, which
# Python its symbols are of, the wheel it came in, and the words of the ImportError.
source "$(dirname "$0")/expect.bash"

glibc=/lib/x86_64-linux-gnu
triplet=x86_64-linux-gnu
dynload() { # PREFIX MINOR TAG'S END
    mkdir -p "$root$1/bin" "$root$1/lib/python3.$2/lib-dynload"
    cp "$work/python" "$root$1/bin/python3.$2"
    touch "$root$1/lib/python3.$2/os.py" "$root$1/lib/python3.$2/lib-dynload/_json.cpython-3$2-$3.so"
}
module() { # COMPILER FILE C
    mkdir -p "$(dirname "$2")"
    local name
    name=$(basename "$2")
    echo "$3 void *PyInit_${name%%.*}(void) { return 0; }" | $1 -shared -fPIC -x c -o "$2" -
}
check() { "$willrun" check --root "$root" --env PATH=/usr/local/bin:/usr/bin "$@"; }
errors() { says out "│ $1"; }

# two Pythons, one of which has a newer function
root=$work/root
mkdir -p "$root/lib64" "$root$glibc"
cp /lib64/ld-linux-x86-64.so.2 "$root/lib64/"
cp $glibc/libc.so.6 "$root$glibc/"
echo 'void PyLong_FromLong(void) {} int main(void) { return 0; }' | gcc -rdynamic -x c -o python -
dynload /usr 11 $triplet
dynload /usr/local 12 $triplet
ln -s python3.11 "$root/usr/bin/python3"

site=/usr/local/lib/python3.12/site-packages
module gcc "$root$site/pkg/_fits.cpython-312-$triplet.so" 'void PyLong_FromLong(void); void f(void) { PyLong_FromLong(); }'
expect 0 'the Python of its folder' check --format json "$site/pkg/_fits.cpython-312-$triplet.so"
says out '"host": "/usr/local/bin/python3.12"'
says out '"plugin": "python-extension"'

module gcc "$root/app/_fast.cpython-310-$triplet.so" ''
expect 1 'another release' check "/app/_fast.cpython-310-$triplet.so"
errors "ModuleNotFoundError: No module named '_fast'"
says out 'error[module-not-importable]'
says out 'one is for Python 3.10'
module gcc "$root$site/pkg/sub/_musl.cpython-312-x86_64-linux-musl.so" ''
expect 1 'another libc' check "$site/pkg/sub/_musl.cpython-312-x86_64-linux-musl.so"
errors "ModuleNotFoundError: No module named 'pkg.sub._musl'"
module gcc "$root/app/_two.cpython-311-$triplet.so" ''
cp "$root/app/_two.cpython-311-$triplet.so" "$root/app/_two.cpython-313-$triplet.so"
expect 0 'another file of that name is taken' check "/app/_two.cpython-313-$triplet.so"
says out '[module-not-taken]'
says out '1 unknown'
module gcc "$root/app/_any.so" ''
expect 0 'no tag' check /app/_any.so

module gcc "$root$site/_newer.abi3.so" 'void PyLong_AsInt(void); void f(void) { PyLong_AsInt(); }'
expect 1 'a newer function of the API' check "$site/_newer.abi3.so"
errors "ImportError: $site/_newer.abi3.so: undefined symbol: PyLong_AsInt"
says out 'PyLong_AsInt is there since Python 3.13'
module gcc "$root$site/_older.abi3.so" 'void PyUnicode_AsUnicode(void); void f(void) { PyUnicode_AsUnicode(); }'
expect 1 'a function that went' check "$site/_older.abi3.so"
says out 'Python 3.11 still has PyUnicode_AsUnicode, 3.13 has not'
mkdir -p "$root/opt/venv/bin" "$root/opt/venv/lib/python3.12/site-packages"
ln -s /usr/local/bin/python3.12 "$root/opt/venv/bin/python3"
module gcc "$root/opt/venv/lib/python3.12/site-packages/_v.cpython-312-$triplet.so" ''
expect 0 'a virtual environment' check --format json "/opt/venv/lib/python3.12/site-packages/_v.cpython-312-$triplet.so"
says out '"host": "/opt/venv/bin/python3"'

old=/usr/local/lib/python3.9/site-packages
module gcc "$root$old/_left.abi3.so" ''
expect 1 "another Python's folder" check "$old/_left.abi3.so"
errors "ModuleNotFoundError: No module named '_left'"
expect 0 'a folder of PYTHONPATH' check --env PYTHONPATH="/x:$old/" "$old/_left.abi3.so"

# beside a musl Python: words and wheel
root=$work/musl
mkdir -p "$root/lib"
cp /lib/x86_64-linux-musl/libc.so "$root/lib/ld-musl-x86_64.so.1"
echo 'void PyLong_FromLong(void) {} int main(void) { return 0; }' | musl-gcc -rdynamic -x c -o python -
dynload /usr/local 12 x86_64-linux-musl
module gcc "$root$site/fast/_core.abi3.so" \
    '#include <error.h>
void f(void) { error(0, 0, "x"); }'
mkdir -p "$root$site/fast_lib-1.2.dist-info"
echo 'fast/_core.abi3.so,sha256=x,1' >"$root$site/fast_lib-1.2.dist-info/RECORD"
printf 'Tag: cp38-abi3-manylinux_2_17_x86_64\nTag: cp38-abi3-manylinux2014_x86_64\n' >"$root$site/fast_lib-1.2.dist-info/WHEEL"
expect 1 'a manylinux wheel under musl' check "$site/fast/_core.abi3.so"
errors "ImportError: Error relocating $site/fast/_core.abi3.so: error: symbol not found"
says out 'warning[wheel-mismatch]'
says out 'musllinux_1_2_x86_64 --python-version 3.12 --only-binary=:all:'
rm -r "$root$site/fast"
module musl-gcc "$root$site/fast/_core.cpython-312-x86_64-linux-musl.so" ''
expect 0 'a module of musl' check "$site/fast/_core.cpython-312-x86_64-linux-musl.so"
end
