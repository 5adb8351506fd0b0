#!/usr/bin/env bash
# Each limit: reached with one sentence that names it, and out of the way where it is raised.
source "$(dirname "$0")/expect.bash"
python3 - "$(dirname "$(realpath "$0")")/../source" <<'MAKE' || exit 2
import sys
sys.path.insert(0, sys.argv[1])
from images import Image, docker_files, f, layout_files, tar_of, write_archive
layers = [tar_of([f("bin/app", "#!/bin/app\n", 0o755)]), tar_of([f("etc/name-of-a-file", "text")])]
image = Image(layers, {"Entrypoint": ["/bin/app"]}, packing="gzip")
write_archive("image.tar", docker_files([image]))
with open("root.tar", "wb") as out:
    out.write(tar_of([f(f"bin/{'name' * 40}{i}", "#!/bin/sh\n", 0o755) for i in range(40)]))
big = Image([tar_of([f("bin/app", bytes(4 << 20), 0o755)])], {"Entrypoint": ["/bin/app"]}, packing="gzip")
write_archive("big.tar", layout_files([big]))
MAKE
printf 'FROM scratch\nARG A=%s\nARG B=${A}${A}\nCMD ["/app"]\n' "$(printf 'x%.0s' {1..600})" >Dockerfile

# limit SOURCE SMALL LARGE SENTENCE: SMALL is too little for the source, LARGE is not.
limit() {
    expect 2 "--limit $2" "$willrun" check --limit "$2" --root "$1" --all
    silent out
    says err "$4"
    says err "(--limit ${2%%=*}=N)"
    "$willrun" check --limit "$3" --root "$1" --all >out 2>err </dev/null
    [[ $? != 2 && -s out ]] || fail "--limit $3 still stops it"
}
limit image.tar layers=1 layers=2 'the image has 2 layers, and no runtime stacks more than 1'
limit image.tar entries=2 entries=100 'the archive has more than 2 entries'
limit root.tar names=1K names=1M 'the names in the archive take more than 1 KiB'
limit image.tar json=64 json=4K 'willrun reads up to 64 bytes of JSON'
limit image.tar json-values=2 json-values=1000 'has more than 2 values'
limit big.tar expansion=1M expansion=5M 'expands to more than 1 MiB, over 100 times its size'

expect 2 'a limit of Dockerfiles' "$willrun" check --limit dockerfile=100 --dockerfile Dockerfile
says err 'File too large'
expect 2 'a limit of variables' "$willrun" check --limit variables=1K --dockerfile Dockerfile
says err 'the variables take more than 1 KiB'

expect 2 'no limit' "$willrun" check --limit entires=2 --root root --all
says err 'entires is no limit (did you mean entries?)'
for wrong in entries entries= entries=x entries=-1 entries=2KB entries=99999999999999999999 entries=0 memory=1; do
    expect 2 "--limit $wrong" "$willrun" check --limit $wrong --root root --all
    silent out
    says err "expected "
done

# A sanitizer needs more than any limit; without one, memory ends with a sentence.
if ! grep -qaE '__[at]san_init' "$willrun"; then
    expect 2 'memory' "$willrun" check --limit memory=64M -j 60 --root / --all
    says err 'memory'
fi
end
