# Sourced behind expect.bash by tests that need what others wrote: packages of npm, fetched once.
kept=$(dirname "$willrun")/npm

# fetched PACKAGE@VERSION: its folder, without what it depends on.
fetched() {
    local folder=$kept/${1//\//+}
    if [[ ! -d $folder ]]; then
        mkdir -p "$kept/new.$$" && (cd "$kept/new.$$" && npm pack --silent "$1" >/dev/null && tar -xzf ./*.tgz) ||
            fail "npm has no $1"
        mv -T "$kept/new.$$/package" "$folder"
        rm -rf "$kept/new.$$"
    fi
    echo "$folder"
}

# installed NAME PACKAGE@VERSION...: a folder with a node_modules of them and of what they depend on.
installed() {
    local folder=$kept/$1
    shift
    if [[ ! -d $folder ]]; then
        mkdir -p "$kept/new.$$"
        npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$kept/new.$$" "$@" >/dev/null ||
            fail "npm does not install $*"
        mv -T "$kept/new.$$" "$folder"
    fi
    echo "$folder"
}

# asked valid|refused document|lines SCHEMA FILE: for ajv to judge; what it finds is told by ajv_agrees.
asked() {
    mkdir -p "$work/ajv"
    cp "$4" "$work/ajv/$((asked_count += 1))"
    echo "$1 $2 $3 $work/ajv/$asked_count" >>"$work/ajv.list"
}
asked_count=0

ajv_agrees() {
    node "$(dirname "${BASH_SOURCE[0]}")/ajv.js" "$(installed ajv ajv@8.17.1 ajv-formats@3.0.1 ajv-draft-04@1.0.0)" "$work/ajv.list" >out 2>err ||
        fail 'ajv judges otherwise'
}
