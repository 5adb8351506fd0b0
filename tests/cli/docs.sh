#!/usr/bin/env bash
# The manual pages are pages that a strict reader takes, and name every option; the completions
# complete in their shells.
pages=$(cd "$(dirname "$0")/../../data/rules" && pwd)
source "$(dirname "$0")/expect.bash"
docs=$(dirname "$willrun")/docs

for page in "$docs"/willrun*.[17]; do
    mandoc -T lint -W warning "$page" >out 2>err || fail "mandoc has something to say of $page"
    silent out
done
for command in $("$willrun" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
    page=$docs/willrun-$command.1
    [[ -s $page ]] || fail "no page for $command"
    mandoc -T ascii "$page" | col -b >out
    for option in $("$willrun" "$command" --help | grep -o '^  .\{4\}--[a-z-]*' | grep -o -- '--.*'); do
        says out "$option"
    done
    mandoc -T ascii "$docs/willrun.1" | col -b >out
    says out "willrun-$command(1)"
done

# the program that wrote them
date=$(sed -n 's/^\.Dd //p' "$docs/willrun.1")
mkdir again
expect 0 'the same pages' "$(dirname "$willrun")/willrun-docs" again "$date"
diff -r "$docs" again >out || fail 'another run writes other pages'
expect 2 'too few words' "$(dirname "$willrun")/willrun-docs" again
says err 'usage: willrun-docs FOLDER DATE'
for name in willrun.1 willrun-check.1 willrun-rules.7 willrun.bash; do
    rm -rf shut && mkdir -p "shut/$name"
    expect 1 'a name that is taken' "$(dirname "$willrun")/willrun-docs" shut "$date"
    says err "shut/$name: Is a directory"
    rm -rf shut && mkdir shut && ln -s /dev/full "shut/$name"
    expect 1 'a full disk' "$(dirname "$willrun")/willrun-docs" shut "$date"
    says err 'a file in shut cannot be written'
done

mandoc -T ascii "$docs/willrun-rules.7" | col -b >out
for rule in "$pages"/*.md; do
    says out "$(basename "$rule" .md) ("
done

# offers SHELL-COMMAND WANTED...: what bash offers for a line
offers() {
    local line=$1
    shift
    bash --norc -c 'source "$0"; COMP_WORDS=($1); [[ $1 == *" " ]] && COMP_WORDS+=(""); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _willrun; printf "%s\n" "${COMPREPLY[@]}"' "$docs/willrun.bash" "$line" >out 2>err
    silent err
    for wanted; do
        grep -qxF -- "$wanted" out || fail "bash does not offer $wanted for '$line'"
    done
}
offers 'willrun ' check tree plan --version
offers 'willrun ch' check
offers 'willrun check --for' --format
offers 'willrun check --format s' sarif
offers 'willrun tree --format ' dot mermaid
offers 'willrun check --root ro' root
offers 'willrun explain shebang-c' shebang-crlf
offers 'willrun explain ro' root
offers 'willrun check --root ro' root
if grep -qx check out; then fail 'bash offers a command for a file'; fi

zsh -n "$docs/_willrun" 2>err || fail 'zsh cannot read its completion'
fish --no-execute "$docs/willrun.fish" 2>err || fail 'fish cannot read its completion'
HOME=$work fish -c "source $docs/willrun.fish; complete -C 'willrun check --format s'" >out 2>err
says out sarif
HOME=$work fish -c "source $docs/willrun.fish; complete -C 'willrun sn'" >out 2>err
says out snapshot
HOME=$work fish -c "source $docs/willrun.fish; complete -C 'willrun explain shebang-c'" >out 2>err
says out shebang-crlf
end
