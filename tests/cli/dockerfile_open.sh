#!/usr/bin/env bash
# check --dockerfile: instructions of which not all is followed, images of which not all is known, and what is
# told of builds before they are made.
source "$(dirname "$0")/expect.bash"
check() {
    local wanted=$1
    shift
    expect "$wanted" "check $*" "$willrun" check "$@"
}

mkdir -p context
cp /bin/true context/server

# Folders that a distribution's image has: a file goes into them.
printf '%s\n' 'FROM debian:12-slim' 'COPY context/server /usr/local/bin' 'CMD ["server"]' >Dockerfile
check 0 --dockerfile Dockerfile
has '✓ /usr/local/bin/server'

# --exclude leaves open what it does with a file that is named, and that one of its patterns matches.
printf '%s\n' 'FROM debian:12-slim' 'COPY --exclude=*.sh serve* /opt/' >Dockerfile
cp /bin/true server
cp /bin/true serve.sh
check 0 --dockerfile Dockerfile
has '✓ /opt/server' '? /opt/serve.sh'

# ADD: each archive that a pattern matches is unpacked; what comes from the network has mode 0600.
tar -cf one.tar -C context server
printf '%s\n' 'FROM debian:12-slim' 'ADD o*.tar /opt/' 'CMD ["/opt/server"]' >Dockerfile
check 0 --dockerfile Dockerfile
has '✓ /opt/server'
printf '%s\n' 'FROM debian:12-slim' 'ADD https://example.org/v1/tini?raw=1 /usr/bin/' 'ENTRYPOINT ["/usr/bin/tini"]' >Dockerfile
check 1 --dockerfile Dockerfile
has '/usr/bin/tini has no execute permission (mode 0600)' 'line 2 becomes:' 'ADD --chmod=755 https'
sed -i 's/ADD/ADD --chmod=755/' Dockerfile
check 0 --dockerfile Dockerfile
has '? /usr/bin/tini' 'ADD in line 2 fetches' 'https://example.org/v1/tini?raw=1' '1 unknown'
! grep -q 'is empty' out || fail 'the stand-in is told of'
printf '%s\n' 'FROM debian:12-slim' 'ADD https://example.org/a/b.git#v1 /opt' 'CMD ["/opt/run"]' >Dockerfile
check 0 --dockerfile Dockerfile
has '? /opt/run' 'ADD in line 2 fetches' 'https://example.org/a/b.git#v1'

# An image that is pinned: by its tag where it has one; a digest alone tells nothing.
pin=sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
pinned() {
    printf '%s\n' "FROM $1@$pin" 'COPY context/server /server' 'CMD ["/server"]' >Dockerfile
}
pinned debian:12-slim
check 0 --dockerfile Dockerfile
has '✓ /server' 'by base:debian:12-slim'
pinned gcr.io/distroless/base-debian12
check 0 --dockerfile Dockerfile
has '✓ /server'
for image in alpine debian node; do
    pinned "$image"
    check 0 --dockerfile Dockerfile
    has 'image-not-known' "$image@sha256" 'libc not known' '1 unknown'
done
check 0 --dockerfile Dockerfile --base "node@$pin=base:debian:12-slim"
has '✓ /server'
pinned alpine:3.20
check 1 --dockerfile Dockerfile
check 0 --dockerfile Dockerfile --base alpine:3.20=base:debian:12-slim
printf '%s\n' 'FROM golang:1.24 AS build' 'RUN go build -o /o .' 'FROM corp/base:1' 'COPY --from=build /o /o' \
    >Dockerfile
check 0 --dockerfile Dockerfile
! grep -q 'libc-families' out || fail 'the libc of an unknown image is not known'

# What well-known images say of the process.
settings() {
    printf '%s\n' "FROM $2" "${@:3}" >Dockerfile
    check "$1" --dockerfile Dockerfile
}
touch app.py app.jar app.js
settings 0 gcr.io/distroless/java17-debian12 'COPY app.jar /' 'CMD ["/app.jar"]'
has '✓ /usr/bin/java'
settings 0 gcr.io/distroless/python3-debian12:nonroot 'COPY app.py /' 'CMD ["/app.py"]'
has '✓ /usr/bin/python3.11'
settings 0 gcr.io/distroless/nodejs20-debian12 'COPY app.js /' 'CMD ["/app.js"]'
has '? /nodejs/bin/node'
settings 0 golang:1.24 'COPY context/server .' 'CMD ["/go/server"]'
has '✓ /go/server'
settings 0 node:20-slim 'COPY --chown=node context/server /server' 'USER node' 'CMD ["/server"]'
has '✓ /server'
settings 0 node:20-slim 'COPY app.js /' 'CMD ["/app.js"]'
has '? /app.js'
settings 1 python:3.12-slim 'COPY app.py /' 'CMD ["/app.py"]'
has '/app.py has no execute permission'
settings 0 mcr.microsoft.com/dotnet/aspnet:8.0 'COPY --chown=1654 --chmod=700 context/server /server' 'USER $APP_UID' 'ENTRYPOINT ["/server"]'
has '✓ /server'
settings 1 mcr.microsoft.com/dotnet/aspnet:8.0 'COPY --chmod=644 context/server /server' 'ENTRYPOINT ["/server"]'

# For which libc and machine a stage builds, where a RUN or the COPY says so.
built() {
    printf '%s\n' "FROM $1 AS build" "RUN $2" "FROM $3" "COPY --from=build ${4:-/out/app} /app" 'CMD ["/app"]' >Dockerfile
    check 0 --dockerfile Dockerfile
}
built rust:1.90-alpine 'cargo build --release' alpine:3.20
! grep -Eq 'libc-families|cross-build|builder-newer' out || fail 'musl for musl'
built rust:1.90-alpine 'cargo build --release' debian:12-slim
! grep -Eq 'libc-families|cross-build|builder-newer' out || fail 'Rust links musl statically'
built rust:1.90-alpine 'cargo build --release --target x86_64-unknown-linux-gnu' alpine:3.20
has 'warning[libc-families]' 'builds for glibc' '(x86_64-unknown-linux-gnu)' 'has musl'
built rust:1.90 'cargo build --release' alpine:3.20 /target/x86_64-unknown-linux-musl/release/app
! grep -Eq 'libc-families|cross-build|builder-newer' out || fail 'what is copied is for musl'
built rust:1.90 'cargo build --release --target aarch64-unknown-linux-musl' alpine:3.20
has 'warning[cross-build]' 'builds for linux/arm64' '(aarch64-unknown-linux-musl)' 'linux/amd64' 'at Dockerfile:2: RUN cargo'
built golang:1.24 'CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go build -o /out/app' scratch
has 'warning[cross-build]' '(GOARCH=arm64)' 'its programs do not'
built golang:1.24 'CGO_ENABLED=0 GOARCH=$(go env GOARCH) go build -o /out/app' scratch
! grep -q 'cross-build' out || fail 'the machine is not known'
built golang:1.24 'CGO_ENABLED=0 GOARCH=amd64 go build -o /out/app' alpine:3.20
! grep -Eq 'libc-families|cross-build|builder-newer' out || fail 'static for the same machine'
built golang:1.24 'CGO_ENABLED=1 go build -o /out/app' alpine:3.20
has 'warning[libc-families]'
printf '%s\n' 'FROM golang:1.24 AS build' 'ENV CGO_ENABLED=0' 'RUN CGO_ENABLED=1 go build -o /out/app' 'FROM alpine:3.20' \
    'COPY --from=build /out/app /app' >Dockerfile
check 0 --dockerfile Dockerfile
has 'warning[libc-families]'
sed -i 's/=1 go/=0 go/; s/ENV CGO_ENABLED=0/ENV CGO_ENABLED=1/' Dockerfile
check 0 --dockerfile Dockerfile
! grep -q 'libc-families' out || fail 'the RUN has the last word'

# A folder of a stage in which a RUN may have put more: what is there is known, what is not there is open.
mkdir -p web
cp context/server web/server
printf '%s\n' 'FROM node:20-slim AS build' 'WORKDIR /app' 'COPY web ./dist' 'RUN npm run build' 'FROM node:20-slim' 'WORKDIR /app' \
    'COPY --from=build /app/dist ./dist' 'CMD ["node", "dist/server.js"]' >Dockerfile
check 0 --dockerfile Dockerfile
has '✓ /app/dist/server' '? /app/dist/server.js' 'comes from the stage build, where RUN'
printf '%s\n' 'FROM debian:12-slim' 'COPY --from=python:3.12-slim-bookworm /usr/local /usr/local' 'CMD ["python3"]' >Dockerfile
check 0 --dockerfile Dockerfile
has '? python3'

# A command in PATH that nobody may execute.
printf '#!/bin/sh\n' >start
printf '%s\n' 'FROM debian:12-slim' 'COPY start /usr/local/bin/' 'ENTRYPOINT ["start"]' >Dockerfile
check 1 --dockerfile Dockerfile
has 'executable file not found in $PATH' 'not-executable' 'at Dockerfile:2: COPY start' 'COPY --chmod=755 start /usr/local/bin/'

# A stage that runs nothing, and has not what is copied.
printf '%s\n' 'FROM alpine:3.20' 'FROM alpine:3.20' 'COPY --from=0 /nowhere /app' >Dockerfile
check 0 --dockerfile Dockerfile
has '? /app' 'comes from the stage 0'

# A file that an interpreter is told to run, and that nothing brings.
mkdir -p dist lib
touch dist/server.js dist/index.js
settings 1 gcr.io/distroless/python3-debian12 'COPY app.py /srv/' 'CMD ["app.py"]'
has '✗ /app.py' 'python3.11 is told to run' 'at Dockerfile:3: CMD ["app.py"]'
settings 1 gcr.io/distroless/java17-debian12 'WORKDIR /app' 'COPY app.jar /' 'CMD ["app.jar"]'
has '✗ /app/app.jar' 'script-missing'
settings 0 gcr.io/distroless/java17-debian12 'WORKDIR /app' 'COPY app.jar .' 'CMD ["app.jar"]'
settings 1 node:20-slim 'WORKDIR /app' 'COPY dist .' 'CMD ["node", "--enable-source-maps", "dist/server.js"]'
has '✗ /app/dist/server.js' 'script-missing'
for command in '"dist/server.js"' '"dist/server"' '"dist"' '"-e", "1"' '"--unknown", "value"' '"-r", "x", "dist/index"'; do
    settings 0 node:20-slim 'WORKDIR /app' 'COPY dist ./dist' "CMD [\"node\", $command]"
    ! grep -q 'script-missing' out || fail "node $command"
done
settings 0 node:20-slim 'WORKDIR /app' 'COPY package.json .' 'RUN npm run build' 'CMD ["node", "dist/server.js"]'
has '? /app/dist/server.js'
settings 0 node:20-slim 'CMD ["node", "/usr/local/lib/tool.js"]'
has '? /usr/local/lib/tool.js'
settings 0 nginx:1.27 'CMD ["sh", "/docker-entrypoint.sh"]'
has '? /docker-entrypoint.sh'
settings 1 debian:12-slim 'CMD ["sh", "-e", "/start.sh"]'
has '✗ /start.sh' 'script-missing'
settings 1 debian:12-slim 'CMD sh /start.sh'
has '✗ /start.sh'
settings 0 debian:12-slim 'COPY dist /app/dist' 'CMD cd /app && sh dist/server.js'

# Packages put nothing into a folder of the user's own.
printf '%s\n' 'FROM debian:12-slim' 'RUN apt-get install -y redis' 'COPY context/server /app/server' 'CMD ["/app/serve"]' >Dockerfile
check 1 --dockerfile Dockerfile
has '/app/serve does not exist'
sed -i 's#/app/serve"#/usr/bin/redis-server"#' Dockerfile
check 0 --dockerfile Dockerfile
has '? /usr/bin/redis-server'
