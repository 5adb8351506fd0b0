# A verification stage: the last of a Dockerfile, or one that CI builds by its name. The build stops
# with willrun's words where the program would not start in the image. The stage `runtime` needs
# neither a shell nor willrun in it; `willrun` is an image (Dockerfile) or a folder with the program:
#     docker build --build-context willrun=build/static -f verify.Dockerfile .
FROM debian:12-slim AS runtime
COPY server /app/server

FROM runtime
RUN --mount=type=bind,from=willrun,target=/mnt ["/mnt/willrun", "check", "--root", "/", "/app/server"]
