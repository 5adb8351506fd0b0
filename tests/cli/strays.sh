#!/usr/bin/env bash
# Scripts of packages that nothing starts are no subjects of a walk; what is installed to be started is.
source "$(dirname "$0")/expect.bash"

root=$work/root
mkdir -p "$root/bin" "$root/lib64" "$root/lib/x86_64-linux-gnu"
cp /lib64/ld-linux-x86-64.so.2 "$root/lib64/"
cp /lib/x86_64-linux-gnu/libc.so.6 "$root/lib/x86_64-linux-gnu/"
script() { # FILE, of the application
    mkdir -p "app/$(dirname "$1")"
    printf '#!/bin/nowhere\n' >"app/$1"
    chmod 755 "app/$1"
}
check() { "$willrun" check -v --root "$root" --platform linux/amd64 "$@"; }

strays=(node_modules/a/build-all.sh node_modules/@s/b/bin/tool.js node_modules/a/node_modules/c/run
    lib/python3.12/site-packages/numpy/test.sh lib/python3/dist-packages/x/y.py
    ruby/gems/json-2.7/ext/build.sh ruby/bundler/gems/own-0a1b2c/ci.sh php/vendor/acme/x/release.sh)
for each in "${strays[@]}"; do script "$each"; done
mkdir -p app/ruby/specifications app/php/vendor/composer
expect 0 'nothing but strays' check ./app
says out 'note[not-started]: 8 scripts of packages were not checked'
says err 'there are only scripts of packages, and nothing is known to start them'

expect 0 'stays quiet of them in JSON' check --format json ./app
says out '"rule": "not-started"'
for each in "${strays[@]}"; do
    expect 1 "named: $each" check "./app/$each"
done
expect 1 "all" "$willrun" check --root "$root" --copy :app:/app --all
says out "9 fails"

# Each of these is judged in a tree of its own.
rm -r app
started=(node_modules/.bin/file node_modules/a/node_modules/.bin/file lib/site-packages/bin/f2py
    php/vendor/bin/phpunit build.sh vendor/run.sh gems/mine/run.sh node_modules.sh)
for each in "${started[@]}"; do
    mkdir app
    script "$each"
    [[ $each != php/* ]] || mkdir app/php/vendor/composer
    expect 1 "judged: $each" check ./app
    says out '1 fails'
    rm -r app
done
script node_modules/tool/cli.js
script node_modules/tool/other.js
mkdir app/node_modules/.bin
ln -s ../tool/cli.js app/node_modules/.bin/tool
expect 1 'a link of .bin leads to it' check ./app
says out '/app/node_modules/tool/cli.js'
says out 'note[not-started]: 1 script of packages was not checked'

# The application of a Dockerfile, and what its image starts.
printf 'FROM debian:12\nCOPY app /app\n' >Dockerfile
rm -r app/node_modules/.bin
expect 0 'a copy' "$willrun" check -v --dockerfile Dockerfile --base debian:12="$root" --platform linux/amd64
says out 'note[not-started]: 2 scripts'
echo 'ENTRYPOINT ["/app/node_modules/tool/cli.js"]' >>Dockerfile
expect 1 'the image starts it' "$willrun" check -v --dockerfile Dockerfile --base debian:12="$root" --platform linux/amd64
says out '/app/node_modules/tool/cli.js'
says out 'note[not-started]: 2 scripts'
end
