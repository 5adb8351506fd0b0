/* What the names of images tell of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dockerfile/image_base.h"

static const struct {
    const char *image, *release; /* NULL: not known */
    bool exact, floats;
} cases[] = {
    {"debian:12-slim", "debian:12-slim", true, false},
    {"docker.io/library/debian:bookworm", "debian:12-slim", true, false},
    {"alpine:3.20", "alpine:3.20", true, false},
    {"alpine:3.20.3", "alpine:3.20", true, false},
    {"alpine", "alpine:3.24", true, true},
    {"alpine:3", "alpine:3.24", true, true},
    {"alpine:3.23.4", "alpine:3.23", true, false},
    {"alpine:3.14", "alpine:3.14", false, false},
    {"alpine:3.99", "alpine:3.99", false, false},
    {"alpine:3.999999999", "alpine:3.999999999", false, false}, /* at once */
    {"ubuntu:24.04", "ubuntu:24.04", true, false},
    {"golang:1.22", "debian:12", false, true},
    {"golang:1.24", "debian:13", false, true},
    {"golang:1.24.3", "debian:12", false, true},
    {"golang:1.24-bookworm", "debian:12", false, false},
    {"golang:1.22-alpine", "alpine:3.21", false, true},
    {"golang:1.22-alpine3.19", "alpine:3.19", false, false},
    {"golang:1.24@sha256:0123", "debian:13", false, false},
    {"python:3.12-slim", "debian:13", false, true},
    {"python:3.12-slim-bullseye", "debian:11", false, false},
    {"node:22-slim", "debian:12", false, true},
    {"public.ecr.aws/docker/library/node:20-alpine3.20", "alpine:3.20", false, false},
    {"eclipse-temurin:21-jre-jammy", "ubuntu:22.04", false, false},
    {"eclipse-temurin:21-jdk-alpine-3.20", "alpine:3.20", false, false},
    {"mcr.microsoft.com/dotnet/aspnet:8.0", "debian:12", false, true},
    {"mcr.microsoft.com/dotnet/aspnet:10.0", "ubuntu:24.04", false, true},
    {"mcr.microsoft.com/dotnet/sdk:8.0-jammy", "ubuntu:22.04", false, false},
    {"nvidia/cuda:12.4.1-runtime-ubuntu22.04", "ubuntu:22.04", false, false},
    {"gcr.io/distroless/base-debian12", "gcr.io/distroless/base-debian12", true, false},
    {"gcr.io/distroless/base", "gcr.io/distroless/base-debian13", true, true},
    {"gcr.io/distroless/java17:nonroot", "gcr.io/distroless/cc-debian13", false, true},
    {"gcr.io/distroless/nodejs20-debian12", "gcr.io/distroless/cc-debian12", false, false},
    {"registry.example/team/app:1.2-bookworm", "debian:12", false, false},
    {"registry.example:5000/team/app", NULL, false, true},
};

static bool same(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static void names_tell_the_release(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena arena = {0};
        struct image_base base;
        image_base_find(cases[i].image, &arena, &base);
        if (!same(base.release, cases[i].release) || base.exact != cases[i].exact ||
            base.floats != cases[i].floats)
            fail_msg("%s: %s, %s, %s", cases[i].image,
                     base.release != NULL ? base.release : "not known",
                     base.exact ? "exact" : "not exact", base.floats ? "floats" : "stays");
        arena_free(&arena);
    }
}

static void an_unknown_image_has_no_profile(void **state)
{
    struct arena arena = {0};
    struct image_base base;
    (void)state;
    image_base_find("registry.example/team/app:1.2-bookworm", &arena, &base);
    assert_null(base.profile);
    assert_int_equal(base.libc, WILLRUN_LIBC_GLIBC);
    image_base_find("golang:1.29-alpine3.26", &arena, &base); /* the newest profile before it */
    assert_string_equal(base.profile, "alpine:3.24");
    image_base_find("golang:1.22", &arena, &base);
    assert_string_equal(base.profile, "debian:12-slim");
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_tell_the_release),
        cmocka_unit_test(an_unknown_image_has_no_profile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
