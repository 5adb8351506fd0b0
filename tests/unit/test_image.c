/* Names of images, and for which platforms they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "source/formats.h"
#include "source/image.h"
#include "temp_tree.h"

static const struct {
    const char *name, *reference;
    bool matches;
} references[] = {
    {"own:1", "own:1", true},
    {"own:1", "1", true}, /* the tag alone will do */
    {"own:1", "own", false},
    {"own:latest", "own", true},
    {"own", "own:latest", true},
    {"own:1", "other:1", false},
    {"own:1", "own:2", false},
    {"docker.io/library/own:1", "own:1", true},
    {"own:1", "docker.io/library/own:1", true},
    {"index.docker.io/library/own:1", "own:1", true},
    {"localhost/own:1", "own:1", true},
    {"registry.example:5000/own", "registry.example:5000/own:latest", true},
    {"registry.example:5000/own", "5000/own", false},
    {"registry.example/own:1", "own:1", false},
    {"own@sha256:00", "own@sha256:00", true},
    {"own@sha256:00", "sha256:00", false},
};

static void names_match_references(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof references / sizeof *references; i++)
        if (reference_matches(references[i].name, references[i].reference) != references[i].matches)
            fail_msg("%s and %s", references[i].name, references[i].reference);
}

static const struct {
    const char *has, *wanted;
    unsigned fits; /* 100: the same; less: of a predecessor; 0: it does not */
} platforms[] = {
    {"linux/amd64", "linux/amd64", 100},
    {"linux/amd64", "linux/arm64", 0},
    {"linux/amd64", "windows/amd64", 0},
    {"linux/x86_64", "linux/amd64", 100},
    {"linux/arm64/v8", "linux/arm64", 100},
    {"linux/arm64", "linux/aarch64", 100},
    {"linux/arm64/v8", "linux/arm64/v9", 0}, /* not ordered */
    {"linux/arm/v7", "linux/arm", 100},
    {"linux/arm/v6", "linux/arm/v7", 99},
    {"linux/arm/v5", "linux/arm/v7", 98},
    {"linux/arm/v7", "linux/arm/v6", 0},
    {"linux/armhf", "linux/arm/7", 100},
    {"linux/armel", "linux/arm/6", 100},
    {"linux/arm/5", "linux/arm/v5", 100},
    {"linux/amd64", "linux/amd64/v3", 98},
    {"linux/amd64/v1", "linux/amd64/v3", 98},
    {"linux/amd64/v3", "linux/amd64/v2", 0},
    {"linux/amd64", "linux/amd64/v200", 0},
    {"linux/arm/vx", "linux/arm/v7", 0},
    {"linux/a-machine-with-a-name-of-many-more-letters", "linux/amd64", 0},
};

static void platforms_fit(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof platforms / sizeof *platforms; i++) {
        unsigned fits = platform_fits(platforms[i].has, platforms[i].wanted);
        if (fits != platforms[i].fits)
            fail_msg("%s for %s: %u, not %u", platforms[i].has, platforms[i].wanted, fits,
                     platforms[i].fits);
    }
}

/* ---- configurations ---- */

static const struct {
    const char *json,
        *told; /* platform, user, working directory, check of health, layers; or the error */
} configs[] = {
    {"{}", "- - - - 0"},
    {"{\"architecture\": \"\", \"os\": \"linux\"}", "- - - - 0"},
    {"{\"architecture\": \"arm\"}", "linux/arm - - - 0"},
    {"{\"architecture\": \"arm\", \"os\": \"\", \"variant\": \"\"}", "linux/arm - - - 0"},
    {"{\"architecture\": \"arm\", \"os\": \"linux\", \"variant\": \"v7\"}", "linux/arm/v7 - - - 0"},
    {"{\"config\": null, \"rootfs\": null}", "- - - - 0"},
    {"{\"config\": {\"User\": \"\", \"WorkingDir\": \"\", \"Healthcheck\": null, \"Env\": null}}",
     "- - - - 0"},
    {"{\"config\": {\"User\": \"7\", \"WorkingDir\": \"/w\", \"Healthcheck\": {\"Test\": "
     "[\"NONE\"]}}}",
     "- 7 /w NONE 0"},
    {"{\"config\": {\"Healthcheck\": {}}, \"rootfs\": {\"diff_ids\": [\"a\", \"b\"]}}",
     "- - - - 2"},
    {"{\"rootfs\": {\"diff_ids\": null}}", "- - - - 0"},
    {"[]", "own: config.json is no configuration of an image"},
    {"5", "own: config.json is no JSON text: line 1"},
    {"{\"config\": {\"Env\": {}}}", "own: config.json: \"Env\" is not a list"},
    {"{\"config\": {\"Cmd\": {}}}", "own: config.json: \"Cmd\" is not a list"},
    {"{\"config\": {\"Shell\": [5]}}", "own: config.json: \"Shell\" is not a list of texts"},
    {"{\"config\": {\"Healthcheck\": {\"Test\": \"x\"}}}",
     "own: config.json: \"Test\" is not a list"},
    {"{\"os\": 5}", "own: config.json: \"os\" is not a text"},
    {"{\"variant\": []}", "own: config.json: \"variant\" is not a text"},
    {"{\"rootfs\": []}", "own: config.json: \"rootfs\" is not an object"},
    {"{\"rootfs\": {\"diff_ids\": [1]}}", "own: config.json: \"diff_ids\" is not a list of texts"},
};

static const char *or_none(const char *text)
{
    return text != NULL ? text : "-";
}

static void configurations_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof configs / sizeof *configs; i++) {
        struct temp temp;
        struct arena arena = {0};
        struct err err = {0};
        struct image_config config;
        const struct part part = {.path = "config.json", .size = -1};
        temp_make(&temp);
        temp_file(temp.fd, part.path, configs[i].json, strlen(configs[i].json));
        struct store *store = store_new();
        const struct parts parts = {.name = "own", .store = store, .dir = temp.fd};
        const char *told = err.text;
        if (image_config_read(&parts, &part, &arena, &config, &err))
            told = arena_format(
                &arena, "%s %s %s %s %zu", or_none(config.image.platform),
                or_none(config.image.user), or_none(config.image.workdir),
                or_none(config.image.healthcheck != NULL ? config.image.healthcheck[0] : NULL),
                config.diff_id_count);
        if (strncmp(told, configs[i].told, strlen(configs[i].told)) != 0)
            fail_msg("%s: %s", configs[i].json, told);
        store_release(store);
        arena_free(&arena);
        temp_remove(&temp);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_match_references),
        cmocka_unit_test(platforms_fit),
        cmocka_unit_test(configurations_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
