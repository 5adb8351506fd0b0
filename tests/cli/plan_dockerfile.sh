#!/usr/bin/env bash
# plan --dockerfile: the stage that is planned anew, by its target, build arguments and copies.
source "$(dirname "$0")/expect.bash"

planned() {
    expect 0 "plan $*" "$willrun" plan --dockerfile Dockerfile --stage build=build --on debian:12-slim \
        --format dockerfile "$@"
}
refused() {
    local sentence=$1
    printf '%s\n' 'FROM debian:12 AS build' 'FROM debian:12-slim' "$2" 'COPY --from=build /out/app /app' >Dockerfile
    expect 2 "plan: $2" "$willrun" plan --dockerfile Dockerfile --stage build=build
    says err "Dockerfile:3:1: $sentence"
}

mkdir -p build/out/lib/deep conf
cp /bin/true build/out/app
cp /bin/true build/out/other
cp /bin/true build/out/lib/deep/tool
touch conf/a.conf
cat >Dockerfile <<'END'
ARG NAME=app
FROM debian:12 AS build
RUN make
FROM debian:12-slim AS tools
COPY --from=build --parents /out/./lib /usr/local/
CMD ["/usr/local/lib/deep/tool"]
FROM debian:12-slim AS run
ARG NAME
RUN apt-get update && apt-get install -y --no-install-recommends libpq5 ca-certificates
COPY --from=build /out/$NAME /usr/bin/
COPY conf/*.conf /etc/app/
COPY later/index.html /srv/
EXPOSE 8080
LABEL name="app"
HEALTHCHECK CMD ["/usr/bin/app", "--health"]
ENTRYPOINT ["/usr/bin/app"]
END
planned
has 'FROM debian:12-slim' 'COPY --from=build /out/app /usr/bin/app' 'COPY conf/*.conf /etc/app/' \
    'COPY later/index.html /srv/' 'EXPOSE 8080' 'LABEL name="app"' 'HEALTHCHECK CMD ["/usr/bin/app", "--health"]' \
    '# not taken over: RUN apt-get update' 'ENTRYPOINT ["/usr/bin/app"]'
planned --build-arg NAME=other --copy build:/out/app:/usr/bin/app
has 'COPY --from=build /out/other /usr/bin/other'
expect 2 'plan of a file that is not there' "$willrun" plan --dockerfile Dockerfile --stage build=build --build-arg NAME=none
says err 'Dockerfile:10:1: /out/none in the stage build: No such file or directory'
planned --target tools
has 'COPY --from=build /out/lib /usr/local/lib' 'ENTRYPOINT ["/usr/local/lib/deep/tool"]'

# What lies in a folder of the base is not judged because something is copied into it.
printf '%s\n' 'FROM debian:12 AS build' 'FROM debian:12-slim' 'COPY --from=build /out/ /usr/' 'CMD ["/usr/app"]' >Dockerfile
planned
has 'COPY --from=build /out /usr'

# Patterns are written out, with the folders that --parents keeps.
printf '%s\n' 'FROM debian:12 AS build' 'FROM debian:12-slim' 'COPY --from=build /out/[ao]* /opt/' \
    'COPY --from=build --parents /out/./*/deep/t* /srv/' 'CMD ["/opt/app"]' >Dockerfile
planned
has 'COPY --from=build /out/app /opt/app' 'COPY --from=build /out/other /opt/other' \
    'COPY --from=build /out/lib/deep/tool /srv/lib/deep/tool'

# Owners, modes, and what the process gets, through the stages that the target starts from.
mkdir -p other/sub
cat >other/Dockerfile <<'END'
FROM debian:12
FROM debian:12-slim AS base
ENV MODE=fast PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
USER 7:8
WORKDIR /srv
VOLUME /data
STOPSIGNAL SIGINT
EXPOSE $PORT
HEALTHCHECK CMD true
RUN echo that this line, which is not taken over, is longer than the sixty bytes
FROM base
COPY --chown=7:8 a.conf .
COPY --chmod=640 --chown=7 a.conf sub /etc/app
COPY --parents sub/a.conf ./sub/.././
ADD a.conf /etc/b.conf
COPY . data
COPY a.conf ""
COPY --from=0 --chown=7 /out/app ""
COPY --from=0 --chmod=755 --chown=7:8 /out/app /out/other tools
COPY --from=0 /out/other .
CMD ["/srv/app", "-v"]
END
touch other/a.conf
expect 0 'a stage on a stage' "$willrun" plan --dockerfile other/Dockerfile --stage 0=build --on debian:12-slim --format dockerfile
has 'ENV MODE="fast"' 'USER 7:8' 'WORKDIR /srv' 'VOLUME /data' 'STOPSIGNAL SIGINT' '# not taken over: EXPOSE $PORT' \
    '# not taken over: HEALTHCHECK CMD true' '# not taken over: RUN echo that this line, which is not taken over, is longer …' \
    'COPY --chown=7:8 a.conf /srv/' 'COPY --chmod=640 --chown=7 a.conf /etc/app/' 'COPY --chmod=640 --chown=7 sub /etc/app/' \
    'COPY sub/a.conf /srv/sub/a.conf' 'COPY a.conf /etc/b.conf' 'COPY . /srv/data' 'COPY a.conf /srv/' \
    'COPY --from=0 --chown=7 /out/app /srv/app' 'COPY --from=0 --chmod=755 --chown=7:8 /out/other /srv/tools/other' \
    'COPY --from=0 /out/other /srv/other' 'ENTRYPOINT ["/srv/app", "-v"]'
! grep -q 'ENV.*PATH' out || fail 'the usual PATH is written'
cp other/Dockerfile Dockerfile
expect 0 'the same by a context' "$willrun" plan --dockerfile Dockerfile --context other --stage 0=build --on debian:12-slim --format dockerfile
has 'COPY --chown=7:8 a.conf /srv/'
printf '%s\n' 'FROM debian:12' 'COPY a.conf /' >Dockerfile
expect 2 'nothing from a stage' "$willrun" plan --dockerfile Dockerfile
says err 'its target copies nothing from another stage: name a PATH'
printf '%s\n' 'FROM debian:12 AS build' 'FROM debian:12-slim' 'COPY --from=build /out/app /app' >Dockerfile
expect 2 'a stage that is not given' "$willrun" plan --dockerfile Dockerfile --stage other=build
says err 'whose files are not given: --stage build=SOURCE'

refused '** is not planned for' 'COPY --from=build --parents /out/**/tool /'
refused '--exclude is not planned for' 'COPY --from=build --exclude=a /out/lib /'
refused 'a here-document is not planned for' $'COPY <<A /x\nA'
refused 'ADD of an archive is not planned for' 'ADD app.tar.gz /'
refused 'ADD of an archive is not planned for' 'ADD x app.txz /'
refused 'ADD from the network is not planned for' 'ADD https://example.org/x /'
refused 'ADD from the network is not planned for' 'ADD git@example.org:x /'
refused '/out/[: syntax error in the pattern' 'COPY --from=build /out/[ /x/'
refused '/out/none*: nothing matches the pattern' 'COPY --from=build /out/none* /x/'
refused 'it copies from an image' 'COPY --from=nginx:1 /x /'
