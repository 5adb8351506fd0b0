# Sourced by the tests of the command line, which get the program as $1.
set -uo pipefail
willrun=$(realpath "${1:?usage: $0 WILLRUN}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2
unset NO_COLOR CLICOLOR CLICOLOR_FORCE LD_LIBRARY_PATH LD_PRELOAD
export LC_ALL=C.UTF-8 TERM=xterm
failures=0

fail() {
    echo "FAILED: $1"
    sed 's/^/    /' out err 2>/dev/null
    failures=$((failures + 1))
}

# expect STATUS NAME COMMAND...: runs it; its output is in the files out and err.
expect() {
    local wanted=$1 name=$2 status=0
    shift 2
    "$@" >out 2>err </dev/null || status=$?
    [[ $status == "$wanted" ]] || fail "$name: exit status $status, not $wanted"
    if grep -q 'Sanitizer\|runtime error' err; then fail "$name: a sanitizer spoke"; fi
}

# says FILE TEXT: the last command said TEXT there.
says() {
    grep -qF -- "$2" "$1" || fail "expected in $1: $2"
}

# has TEXT...: it said each on standard output.
has() {
    local text
    for text; do says out "$text"; done
}

silent() {
    [[ ! -s $1 ]] || fail "expected nothing in $1"
}

end() {
    [[ $failures == 0 ]] || exit 1
}

# A root with a script that does not start, and one that is a program of nobody.
mkdir -p root/bin root/etc
printf '#!/no/such/interpreter\n' >root/bin/broken
chmod 755 root/bin/broken
