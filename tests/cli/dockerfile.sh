#!/usr/bin/env bash
# check --dockerfile: stages and images by options, by name and by profile; what is open is unknown.
source "$(dirname "$0")/expect.bash"
check() {
    local wanted=$1
    shift
    expect "$wanted" "check $*" "$willrun" check "$@"
}

mkdir -p build/out context
cp /bin/true build/out/server
cp /bin/true context/server
cat >Dockerfile <<'END'
ARG BASE=debian:12-slim
FROM golang:1.24 AS build
RUN go build -o /out/server .
FROM $BASE AS run
COPY --from=build /out/server /app/server
ENTRYPOINT ["/app/server"]
END

check 0 --dockerfile Dockerfile
has '? /app/server' 'stage-not-given' 'where RUN' 'line 3 makes it' 'at Dockerfile:5: COPY --from=build' '--stage build=build.tar'
check 0 --dockerfile Dockerfile --stage build=build
has '✓ /app/server' 'from debian:12-slim by base:debian:12-slim'
check 0 --dockerfile Dockerfile --stage 0=build
check 1 --dockerfile Dockerfile --stage build=build --build-arg BASE=alpine:3.20
has 'interpreter-missing' 'exec /app/server: no such file or directory' 'at Dockerfile:5'
check 1 --dockerfile Dockerfile --stage build=build --build-arg BASE=alpine:3.20 --format json
has '"location": {"file": "Dockerfile", "line": 5, "column": 1, "end_line": 5}'
check 1 --dockerfile Dockerfile --stage build=build --build-arg BASE=alpine:3.20 --format github
has '::error file=Dockerfile,line=5,endLine=5,col=1,title=/app/server'
check 1 --dockerfile Dockerfile --stage build=build --build-arg BASE=corp/base:1 --base corp/base:1=base:alpine:3.20
has 'interpreter-missing'
check 0 --dockerfile Dockerfile --stage build=build --build-arg BASE=corp/base:1
has '? /app/server' 'image-not-known' 'corp/base:1=image.tar'
check 2 --dockerfile Dockerfile --stage other=build
says err 'Dockerfile has no stage other: its stages are build, run'
check 2 --dockerfile Dockerfile --target other
check 2 --dockerfile Dockerfile --root /
check 2 --dockerfile nowhere
says err 'nowhere'

# The edited line is the Dockerfile's, and mends it.
check 1 --dockerfile Dockerfile --stage build=build --build-arg BASE=alpine:3.20
has 'line 4 becomes:' 'FROM debian:13-slim AS run'
sed 's/^FROM .BASE AS run/FROM debian:13-slim AS run/' Dockerfile >mended
check 0 --dockerfile mended --stage build=build
check 0 --dockerfile Dockerfile --build-arg BASE=alpine:3.20
has 'warning[libc-families]' 'at Dockerfile:5'
check 0 --dockerfile Dockerfile --build-arg BASE=debian:11-slim
has 'warning[builder-newer]' '2.41 (debian:13)' 'glibc 2.31'
check 1 --dockerfile Dockerfile --stage build=build --build-arg BASE=alpine:3.20 --format sarif
has '"uri": "Dockerfile"' '"startLine": 5' '"insertedContent": {"text": "FROM debian:13-slim AS run\n"}'

cat >Dockerfile <<'END'
FROM debian:12-slim
COPY server /server
USER nobody2
CMD /server
END
check 1 --dockerfile Dockerfile
has 'not-in-context'
check 1 --dockerfile Dockerfile --context context
has 'user-missing' 'at Dockerfile:3: USER nobody2'
sed -i 's/^USER/RUN useradd -u 7 nobody2\nUSER/' Dockerfile
check 0 --dockerfile Dockerfile --context context
has '✓ /server' '✓ /bin/sh'
echo server >context/.dockerignore
check 0 --dockerfile Dockerfile --context context
has 'not-in-context'

# A package that a RUN installs: the same release's is the builder's, another's is open.
mkdir -p pq/usr/lib/x86_64-linux-gnu pq/etc
printf 'ID=debian\nVERSION_ID="12"\n' >pq/etc/os-release
cp -L --parents /lib64/ld-linux-x86-64.so.2 /lib/x86_64-linux-gnu/libc.so.6 pq
echo 'int pq(void) { return 1; }' >pq.c
echo 'int pq(void); int main(void) { return !pq(); }' >main.c
gcc -shared -fPIC -Wl,-soname,libpq.so.5 -o pq/usr/lib/x86_64-linux-gnu/libpq.so.5 pq.c
gcc -o pq/app main.c pq/usr/lib/x86_64-linux-gnu/libpq.so.5
package() {
    printf '%s\n' 'FROM debian:12 AS build' "FROM $1" "RUN apt-get update && apt-get install -y $2" \
        'COPY --from=build /app /app' 'ENTRYPOINT ["/app"]' >Dockerfile
}
package debian:12-slim libpq5
check 0 --dockerfile Dockerfile --stage build=pq
has '✓ /app' 'note[package-cures]' 'libpq5' 'at Dockerfile:3: RUN apt-get'
package debian:12-slim ca-certificates
check 1 --dockerfile Dockerfile --stage build=pq
has 'libpq.so.5: cannot open shared object file' 'COPY --from=build /usr/lib/x86_64-linux-gnu/libpq.so.5'
package debian:12-slim postgresql-client
check 0 --dockerfile Dockerfile --stage build=pq
has '? /app' 'one may bring it' '-o type=tar,dest=image.tar'
package debian:13-slim libpq5
check 0 --dockerfile Dockerfile --stage build=pq
has '? /app' 'which should have it'

# What fails by itself fails whatever else an image has; a RUN may mend it, and so may an ENTRYPOINT.
printf '#!/bin/sh\ntrue\n' >context/start.sh
printf '#!/bin/sh\r\ntrue\r\n' >context/crlf.sh
chmod 644 context/start.sh
chmod 755 context/crlf.sh
by_itself() {
    printf '%s\n' "FROM $2" "COPY $5 /" "RUN $3" "$4" >Dockerfile
    check "$1" --dockerfile Dockerfile --context context
}
for image in node:20 corp/base:1; do
    by_itself 1 "$image" true 'ENTRYPOINT ["/start.sh"]' start.sh
    has 'exec: "/start.sh": permission denied' 'at Dockerfile:2: COPY'
    by_itself 1 "$image" true 'ENTRYPOINT ["/crlf.sh"]' crlf.sh
    has 'exec /crlf.sh: no such file or directory'
    by_itself 0 "$image" true 'CMD ["/start.sh"]' start.sh
    has '? /start.sh'
    by_itself 0 "$image" ./prepare 'ENTRYPOINT ["/start.sh"]' start.sh
    has '? /start.sh' 'RUN in line 3 may change this'
    by_itself 0 "$image" true 'ENTRYPOINT ["start.sh"]' start.sh
    has '? start.sh'
done
by_itself 0 node:20 'chmod +x /start.sh' 'ENTRYPOINT ["/start.sh"]' start.sh
has '✓ /start.sh'

# What makes a file that was not given is the RUN that names it, else one of those that may.
printf '%s\n' 'FROM python:3.12 AS build' 'RUN apt-get update' 'RUN pip install --prefix=/install x' 'RUN make' \
    'FROM python:3.12-slim' 'COPY --from=build /install /install' 'COPY --from=build /srv /srv' \
    'COPY --from=build /out/server /usr/local/bin/server' 'CMD ["server"]' >Dockerfile
check 0 --dockerfile Dockerfile --format json
has '/install comes from the stage build, where RUN in line 3 makes it' \
    '/srv comes from the stage build, where one of the RUNs in lines 3 to 4 makes it' \
    '"unknown": 3'

# --parents and --exclude with patterns: what arrives is what BuildKit's own tests of them expect.
for path in a/b/c/d/foo a/b/c/d/e/bay a/b2/c/d/e/bar a/b/c2/d/e/baz a/b/c2/d/e2/baz; do
    mkdir -p "parents/test/${path%/*}"
    printf '#!/bin/sh\n' >"parents/test/$path"
    chmod 755 "parents/test/$path"
done
arrives() {
    printf '%s\n' 'FROM debian:12 AS build' 'FROM debian:12-slim' "COPY --from=build $1 /out/" >Dockerfile
    check 0 --dockerfile Dockerfile --stage build=parents --format json
    shift
    grep -o '"path": "/out/[^"]*"' out | cut -d'"' -f4 | sort -u >arrived
    printf '%s\n' "$@" | sort -u >wanted
    diff wanted arrived || fail "what arrives is not what was wanted"
}
arrives '--parents /test/a/./*/c' /out/b/c/d/foo /out/b/c/d/e/bay /out/b2/c/d/e/bar
arrives '--parents /test/a/b*/./c/**/e' /out/c/d/e/bay /out/c/d/e/bar
arrives '--parents /test/a/b/c*/./d/**/baz /test/a/b*/./c/**/bar' /out/d/e/baz /out/d/e2/baz /out/c/d/e/bar
arrives '--parents /test/a/b2/c/d/*' /out/test/a/b2/c/d/e/bar
arrives '--parents /test/a/b/./c' /out/c/d/foo /out/c/d/e/bay
arrives '--exclude=**/baz --exclude=b2 /test/a' /out/b/c/d/foo /out/b/c/d/e/bay
arrives '--exclude=*/c/d/foo --exclude=**/e2 /test/a' /out/b/c/d/e/bay /out/b2/c/d/e/bar /out/b/c2/d/e/baz

arrives '--parents --exclude=**/baz --exclude=test/a/b2 /test/a' /out/test/a/b/c/d/foo /out/test/a/b/c/d/e/bay
arrives '--parents --exclude=d/foo /test/a/b/c/./*' /out/d/e/bay

# The libraries of what a stage starts, as a tree.
printf '%s\n' 'FROM debian:12 AS build' 'FROM debian:13-slim' 'COPY --from=build /out/server /server' 'CMD ["/server"]' \
    >Dockerfile
expect 0 'tree --dockerfile' "$willrun" tree --dockerfile Dockerfile --stage build=build
has '/server' 'libc.so.6'
expect 2 'tree --dockerfile --root' "$willrun" tree --dockerfile Dockerfile --root /
says err 'the Dockerfile tells the root'

# What is built and where it is to run are brought together by the line that changes least.
together() {
    printf '%s\n' "FROM $1 AS build" "RUN $2" "FROM $3" 'COPY --from=build /out/server /server' 'CMD ["/server"]' >Dockerfile
    check 0 --dockerfile Dockerfile
}
becomes() {
    together "$1" "$2" "$3"
    has "line $4 becomes:" "$5"
}
becomes node:20 'npm ci' node:20-alpine 3 'FROM node:20-slim'
becomes node:20-alpine 'npm ci' node:20 1 'FROM node:20 AS build'
becomes python:3.12 'pip install -r r.txt' python:3.12-alpine 3 'FROM python:3.12-slim'
becomes python:3.12 'pip install -r r.txt' python:3.12-slim-bookworm 1 'FROM python:3.12-bookworm AS build'
becomes php:8.3-fpm 'make' php:8.3-fpm-alpine 3 'FROM php:8.3-fpm'
becomes debian:13 'make' node:20-slim 3 'FROM node:20-trixie-slim'
becomes debian:13 'make' gcr.io/distroless/base-debian12 3 'FROM gcr.io/distroless/base-debian13'
becomes golang:1.22 'go build -o /out/server .' alpine:3.20 1 'FROM golang:1.22-alpine AS build'
becomes golang:1.24 'go build -o /out/server .' debian:12-slim 1 'FROM golang:1.24-bookworm AS build'
becomes golang:1.22 'go build -o /out/server .' scratch 2 'RUN CGO_ENABLED=0 go build -o /out/server .'
becomes golang:1.22 'CGO_ENABLED=1 go build .' scratch 2 'RUN CGO_ENABLED=0 go build .'
becomes golang:1.22-alpine 'apk add gcc && go build .' scratch 2 'RUN apk add gcc && CGO_ENABLED=0 go build .'
becomes rust:1.80 'cargo build --release' scratch 1 'FROM rust:1.80-alpine AS build'
becomes gcc:14 'gcc -o /out/server main.c' scratch 2 'RUN gcc -static -o /out/server main.c'
becomes gcc:14 'gcc -o /out/server main.c' alpine:3.20 3 'FROM debian:13-slim'
agree() {
    together "$@"
    if grep -q 'libc-families\|builder-newer' out; then fail "$*: nothing is to be said of the libc"; fi
}
agree golang:1.22 'CGO_ENABLED=0 go build -o /out/server .' scratch
agree golang:1.22-alpine 'go build -o /out/server .' debian:12-slim
agree rust:1.80 'cargo build --release --target x86_64-unknown-linux-musl' scratch
check 0 --dockerfile Dockerfile --format json
has 'certificates-missing' 'time-zones-missing'
sed -i '4i COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/' Dockerfile
check 0 --dockerfile Dockerfile --format json
if grep -q certificates-missing out; then fail "certificates are copied"; fi

# What a RUN does is open where it may be the cure, and certain where it is the cause; so are the USER
# and WORKDIR of an image that is not known.
printf '#!/bin/sh\r\n' >context/crlf.sh
printf '#!/bin/sh\n' >context/plain.sh
echo 'int main(void) { return 0; }' | gcc -static -x c -o context/static -
chmod 755 context/crlf.sh context/static
chmod 644 context/plain.sh
told() {
    printf '%b' "$2" >Dockerfile
    expect "$([[ $1 == '✗'* ]] && echo 1 || echo 0)" "$2" "$willrun" check --dockerfile Dockerfile --context context
    has "$1"
}
known='FROM debian:12-slim\n' unknown='FROM corp/base:1\n'
told '✗ /run.sh' "$unknown"'COPY crlf.sh /run.sh\nENTRYPOINT ["/run.sh"]\n'
told '✗ /run.sh' "$unknown"'COPY plain.sh /run.sh\nENTRYPOINT ["/run.sh"]\n'
told '✗ /run.sh' "$known"'RUN anything\nCOPY plain.sh /run.sh\nENTRYPOINT ["/run.sh"]\n'
told '? /a/run.sh' "$known"'COPY plain.sh /a/run.sh\nRUN anything\nENTRYPOINT ["/a/run.sh"]\n'
told '? /a/run.sh' "$known"'COPY crlf.sh /a/run.sh\nRUN anything\nENTRYPOINT ["/a/run.sh"]\n'
told '? /a/run.sh' "$known"'COPY crlf.sh /a/run.sh\nRUN find /a | xargs dos2unix\nENTRYPOINT ["/a/run.sh"]\n'
told '? ./run.sh' "$known"'WORKDIR /a\nCOPY crlf.sh run.sh\nRUN find . -exec anything {} +\nENTRYPOINT ["./run.sh"]\n'
told '? /s' "$unknown"'COPY --chmod=700 static /s\nENTRYPOINT ["/s"]\n'
told '✓ /s' "$unknown"'COPY --chmod=700 static /s\nUSER 0\nENTRYPOINT ["/s"]\n'
told '✓ /s' "$unknown"'COPY --chmod=755 static /s\nENTRYPOINT ["/s"]\n'
told '? /s' 'FROM bitnami/redis:7\nCOPY --chmod=700 static /s\nENTRYPOINT ["/s"]\n'
told '? /s' "$unknown"'RUN useradd u\nCOPY --chown=1000 --chmod=700 static /s\nUSER u\nENTRYPOINT ["/s"]\n'
told '? /s' "$unknown"'COPY static s\nENTRYPOINT ["/s"]\n'
told '✓ ./s' "$unknown"'COPY static s\nENTRYPOINT ["./s"]\n'
told '? ./s' "$unknown"'COPY static /a/s\nWORKDIR a\nENTRYPOINT ["./s"]\n'
told '✓ ./s' "$unknown"'COPY static /a/s\nWORKDIR /a\nENTRYPOINT ["./s"]\n'
told '✗ /s' 'FROM gcr.io/distroless/static-debian12:nonroot\nCOPY --chmod=700 static /s\nENTRYPOINT ["/s"]\n'
told '✗ /s' "$known"'RUN useradd a && useradd b\nCOPY --chown=a --chmod=700 static /s\nUSER b\nENTRYPOINT ["/s"]\n'
told '✓ /s' "$known"'RUN useradd a && useradd b\nCOPY --chown=b --chmod=700 static /s\nUSER b\nENTRYPOINT ["/s"]\n'
told '✗ /a/s' "$known"'RUN umask 077 && mkdir /a\nCOPY static /a/s\nUSER 9\nENTRYPOINT ["/a/s"]\n'
told '✗ /s' "$known"'COPY static /s\nRUN env A=B rm /s\nENTRYPOINT ["/s"]\n'
told '✗ /s' "$known"'COPY static /s\nRUN command rm /s\nENTRYPOINT ["/s"]\n'
told '✓ /s' "$known"'COPY static /s\nRUN command -v rm\nENTRYPOINT ["/s"]\n'
for run in 'curl -L http://x/t | tar -xzC /usr/local' 'tar xzC /usr/local' 'tar -xf t -C/usr/local' \
    'unzip -od /usr/local t' 'unzip t -d/usr/local' 'wget -qP /usr/local/bin http://x/s' \
    'wget -qO /usr/local/bin/s http://x' 'curl -sSLo /usr/local/bin/s http://x' 'cp -t /usr/local/bin s' \
    'curl --output-dir /usr/local/bin -O http://x/s' 'curl -o a http://x -o /usr/local/bin/s http://y' \
    'install -Dm755 -t /usr/local/bin s' 'mv --target-directory=/usr/local/bin s'; do
    told '? /usr/local/bin/s' "$known"'WORKDIR /w\nRUN '"$run"'\nENTRYPOINT ["/usr/local/bin/s"]\n'
done

# What is not known may bring a library that comes before the one that is found: by the RUNPATH.
echo 'int main(void) { return 0; }' | gcc -Wl,--no-as-needed,-rpath,/opt/lib -x c -o context/app - -lm
found="$known"'COPY app /bin/app\n' start='\nENTRYPOINT ["/bin/app"]\n'
told '✓ /bin/app' "$found$start"
told '? /bin/app' "$found"'RUN tar xf t -C /opt/lib'"$start"
told '? /bin/app' "$found"'RUN cp /t/* /opt/lib/'"$start"
told '? /bin/app' "$found"'ADD http://x/t /opt/lib/libm.so.6'"$start"
told '? /bin/app' "FROM golang AS b\nRUN make\n$found"'COPY --from=b /out/ /opt/lib/'"$start"
told '✓ /bin/app' "FROM golang AS b\nRUN make\n$found"'COPY --from=b /out/ /opt/data/'"$start"
told '✓ /bin/app' "$found"'RUN mkdir /opt/lib && ln -s /no /opt/lib/libm.so.6'"$start"

# However many stages there are, it ends with a sentence.
{
    echo 'FROM scratch AS s0'
    for i in $(seq 2500); do printf 'FROM scratch AS s%d\nCOPY --from=s%d /a /b\n' "$i" $((i - 1)); done
    echo 'CMD ["/x"]'
} >Dockerfile
check 2 --dockerfile Dockerfile
says err 'Dockerfile:4598:1: the stages copy from one another more than 200 deep'

end
