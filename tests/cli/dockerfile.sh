#!/usr/bin/env bash
# check --dockerfile: stages and images by options, by name and by profile; what is open is unknown.
source "$(dirname "$0")/expect.bash"
check() {
    local wanted=$1
    shift
    expect "$wanted" "check $*" "$willrun" check "$@"
}

has() {
    local text
    for text; do says out "$text"; done
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

end
