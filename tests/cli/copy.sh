#!/usr/bin/env bash
# --stage and --copy: what is checked, where it came from, and what is refused.
source "$(dirname "$0")/expect.bash"

mkdir -p stage/src/bin stage/src/etc local
printf '#!/bin/broken\n' >stage/src/bin/start
printf '#!/no/such\n' >stage/src/bin/other
printf 'data\n' >stage/src/etc/data
printf '#!/no/such\n' >'local/a:b'
chmod 755 stage/src/bin/* local/*
run=("$willrun" check --root root --stage b=stage)

# what was copied in is checked, in order, and only that
expect 1 'no PATH' "${run[@]}" --copy b:/src:/app --copy ':local/a\:b:/app/local' --format json
says out '"path": "/app/bin/other"'
says out '"origin": {"stage": "b", "path": "/src/bin/other"}'
says out '"path": "/app/bin/start"'
says out '"path": "/app/local"'
says out "\"origin\": {\"stage\": null, \"path\": \"$work/local/a:b\"}"
says out '"summary": {"runs": 0, "degraded": 0, "fails": 3, "unknown": 0}'
expect 1 'a PATH among them' "${run[@]}" --copy b:/src:/app --format json /app/bin/start
says out '"summary": {"runs": 0, "degraded": 0, "fails": 1, "unknown": 0}'
expect 1 'a PATH of the root has no origin' "${run[@]}" --copy b:/src:/app --format json /bin/broken
says out '"origin": null'
expect 1 'a later copy takes the place' "${run[@]}" --copy b:/src/bin:/app --copy b:/src/bin/start:/app/other --format json
says out '"origin": {"stage": "b", "path": "/src/bin/start"}'
says out '"fails": 2'
expect 0 'nothing that runs was copied' "${run[@]}" --copy b:/src/etc:/etc
says err 'nothing was checked'
expect 1 'relative to the working directory' "${run[@]}" --workdir /srv --copy b:/src/bin/start:x --format json
says out '"path": "/srv/x"'

# a relative PATH is laid over the root, and its folder joins one that is there
mkdir bin
cp stage/src/bin/start bin/mine
expect 1 'a folder joins' "$willrun" check --root root --format json bin /bin/broken
says out '"path": "/bin/mine"'
says out "\"origin\": {\"stage\": null, \"path\": \"$work/bin/mine\"}"
says out '"fails": 2'
cp bin/mine etc
expect 1 'a file takes the place of a folder' "$willrun" check --root root --format json ./etc
says out '"path": "/etc"'

# modes and owners
chmod 644 stage/src/bin/start
expect 1 'no x' "${run[@]}" --copy b:/src/bin/start:/s --format json /s
says out '"errno": "EACCES"'
expect 1 'chmod' "${run[@]}" --copy b:/src/bin/start:/s:chmod=755 --format json /s
says out '"errno": "ENOENT"'
expect 1 'chmod by changes' "${run[@]}" --copy b:/src/bin/start:/s:chmod=u+x,go=rX,chown=0:0 --format json /s
says out '"errno": "ENOENT"'
expect 1 'not the owner' "${run[@]}" --user 7:8 --copy b:/src/bin/other:/s:chmod=700,chown=5:6 --format json /s
says out '"errno": "EACCES"'
expect 1 'the owner' "${run[@]}" --user 5:6 --copy b:/src/bin/other:/s:chmod=700,chown=5:6 --format json /s
says out '"errno": "ENOENT"'

refused() {
    expect 2 "$1" "${run[@]}" "${@:3}"
    silent out
    says err "$2"
}
refused 'no DST' 'b:/src is no copy: expected NAME:SRC:DST' --copy b:/src
refused 'an empty SRC' 'b::/app is no copy' --copy b::/app
refused 'no such setting' 'mode=755 is no setting of a copy' --copy b:/src:/app:mode=755
refused 'no such change' 'chmod=u+x,q: expected an octal number' --copy b:/src:/app:chmod=u+x,q
refused 'no such mode' 'chmod=9: expected an octal number' --copy b:/src:/app:chmod=9
refused 'no such stage' 'there is no stage c to copy from: give it with --stage c=SOURCE' --copy c:/src:/app
refused 'no such source' 'the copy of /none from stage b to /app: /none in the stage: No such file or directory' --copy b:/none:/app
refused 'no match' 'the copy of /src/z* from stage b to /app/: nothing matches the pattern' --copy 'b:/src/z*:/app/'
refused 'no such local file' 'in the local disk: No such file or directory' --copy :none:/app
refused 'no such user' "the user nobody is not in the target's /etc/passwd" --copy b:/src:/app:chown=nobody
refused 'no SOURCE' 'c= is no stage: expected NAME=SOURCE' --stage c= /bin/broken
refused 'a stage twice' 'the stage b is given twice' --stage b=root /bin/broken
refused 'a stage that is not there' 'none: No such file or directory: expected a folder, a tar archive or an image' --stage c=none /bin/broken
refused 'a folder over a file' 'cannot copy to non-directory: /bin/broken' --copy b:/src:/bin/broken
end
