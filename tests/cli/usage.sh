#!/usr/bin/env bash
# Wrong usage is exit status 2, nothing on standard output, and one sentence that
# says what is wrong.
source "$(dirname "$0")/expect.bash"

wrong() {
    local sentence=$1
    shift
    expect 2 "willrun $*" "$willrun" "$@"
    silent out
    says err "$sentence"
}

wrong 'name a command'
wrong 'unknown command "chekc"; did you mean check?' chekc
wrong 'unknown command "build"' build
wrong 'unknown option "--verison"' --verison
wrong '--root is missing' check /bin/sh
wrong 'name at least one PATH, or --all' check --root root
wrong 'name at least one PATH' tree
wrong 'unknown option --formt; did you mean --format?' check --formt json
wrong '--format takes text, json, jsonl, sarif, junit, github, gitlab, markdown, html, dot or mermaid, not "jsno"; did you mean json?' check --format jsno
wrong 'no rule is called "interpreter-mising"; did you mean interpreter-missing?' explain interpreter-mising
wrong '--format takes text, json, dot, mermaid or html, not "sarif"' tree --format=sarif
wrong 'unknown option --all' tree --all
wrong '--root and --dockerfile' check --root root --dockerfile Dockerfile
wrong '--root needs a value: SOURCE' check --root
wrong '--quiet takes no value' check --quiet=yes
wrong '--jobs takes a number' check -j many
wrong '--cpu takes x86-64-v1' check --cpu x86-64
wrong 'unknown option -\x1b[31m' check $'-\e[31m'
wrong "Try 'willrun check --help'" check -z

# Bad input: the sentence names it.
wrong 'no/such/root' check --root no/such/root /bin/sh
wrong '/bin/nothing' check --root root /bin/nothing
wrong './nothing' check --root root ./nothing
wrong 'mars/amd64' check --root root --platform mars/amd64 /bin/broken
wrong 'NOTHING' check --root root --env NOTHING /bin/broken
wrong 'nobody-here' check --root root --user nobody-here /bin/broken
wrong '/bin/broken/x' check --root root --workdir /bin/broken/x /bin/broken
wrong 'staff-of-none' check --root root --user 0:staff-of-none /bin/broken

# Help and version.
for command in '' check inspect diff plan bundle explain snapshot bases config tree; do
    # shellcheck disable=SC2086
    expect 0 "help of '$command'" "$willrun" $command --help
    silent err
    says out 'Usage: willrun'
    says out 'Examples:'
    awk 'length($0) > 80' out >wide
    [[ ! -s wide ]] || fail "help of '$command' is wider than 80 columns"
done
says out '--format FORMAT'
if grep -q 'sarif\|--all' out; then fail 'help of tree tells what tree has not'; fi
expect 0 'version' "$willrun" --version
says out 'willrun '
expect 0 'help before the operands are complete' "$willrun" check --root root --help
end
