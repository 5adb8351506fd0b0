/* What names and package.json tell of builds of npm packages, and where their loaders look. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plugin/npm.h"
#include "plugin/npm_lookup.h"
#include "temp_tree.h"

static bool same(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* ---- names ---- */

static const struct {
    const char *name, *text, *rest; /* as npm_platform_text tells it; the words left */
    bool tells;
} names[] = {
    {"@img/sharp-linux-x64", "linux-x64", "img-sharp-", true},
    {"@img/sharp-linuxmusl-arm64", "linux-arm64 with musl", "img-sharp-", true},
    {"@rollup/rollup-linux-arm-gnueabihf", "linux-arm with glibc", "rollup-rollup-", true},
    {"own", "any system", "own-", false},
    {"", "any system", "", false},
    {"own.x86_64", "any system-x64", "own-", true},
    {"own.x86_64v2", "any system", "own-x86_64v2-", false},
    {"prebuilds/linux-x64/node.abi115", "linux-x64, NODE_MODULE_VERSION 115", "prebuilds-", true},
    {"binding/node-v115-linux-x64/own", "linux-x64, NODE_MODULE_VERSION 115", "binding-own-", true},
    {"lib/115", "any system", "lib-115-", false}, /* a number behind nothing */
    {"lib/node-115", "any system, NODE_MODULE_VERSION 115", "lib-", true},
    {"lib/node-45", "any system", "lib-45-", false},
    {"lib/node-401", "any system", "lib-401-", false},
    {"lib/node-115x", "any system", "lib-115x-", false},
    {"lib/abi", "any system", "lib-abi-", false},
    {"electron-napi", "any system", "", true},
    {"prebuilds/linux-arm/own.armv7", "linux-arm", "prebuilds-own-", true},
    {"a-name-of-many-more-letters-than-any-platform-has-abcdefghijklmnopqrstuvwxyz0123456789",
     "any system",
     "a-name-of-many-more-letters-than-any-platform-has-abcdefghijklmnopqrstuvwxyz01234-", false},
};

static void names_tell_platforms(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct arena arena = {0};
        struct npm_platform platform;
        char rest[256];
        npm_platform_of(names[i].name, &platform, rest);
        print_message("%s\n", names[i].name);
        assert_string_equal(npm_platform_text(&platform, &arena), names[i].text);
        assert_string_equal(rest, names[i].rest);
        assert_int_equal(npm_tells(&platform), names[i].tells);
        arena_free(&arena);
    }
}

static const struct {
    const char *build, *process;
    bool fits;
} fitting[] = {
    {"linux-x64", "linux-x64-glibc", true},
    {"linux-x64", "linux-arm64-glibc", false},
    {"win32-x64", "linux-x64-glibc", false},
    {"linux-x64-musl", "linux-x64-glibc", false},
    {"linux-x64-musl", "linux-x64", true},
    {"own", "linux-x64-glibc", true},
    {"linux-x64-electron", "linux-x64", false},
    {"linux-arm-armv6", "linux-arm-armv7", false},
    {"linux-arm-armv7", "linux-arm-armv7", true},
    {"linux-arm-armv7", "linux-arm", true},
    {"linux-x64-abi115", "linux-x64-abi108", false},
    {"linux-x64-abi115", "linux-x64-abi115", true},
    {"linux-x64-abi115", "linux-x64", true},
    {"linux-x64-abi115-napi", "linux-x64-abi108", true},
};

static void builds_fit_processes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof fitting / sizeof *fitting; i++) {
        struct npm_platform build, process;
        char rest[128];
        npm_platform_of(fitting[i].build, &build, rest);
        npm_platform_of(fitting[i].process, &process, rest);
        if (npm_fits(&build, &process) != fitting[i].fits)
            fail_msg("%s for %s", fitting[i].build, fitting[i].process);
    }
}

static const struct {
    const char *path, *name, *folder, *inside; /* name NULL: it is of no package */
} places[] = {
    {"/app/node_modules/own/own.node", "own", "/app/node_modules/own", "own.node"},
    {"/app/node_modules/@a/b/c/d.node", "@a/b", "/app/node_modules/@a/b", "c/d.node"},
    {"/app/node_modules/a/node_modules/b/c.node", "b", "/app/node_modules/a/node_modules/b",
     "c.node"},
    {"/app/own.node", NULL, NULL, NULL},
    {"/app/node_modules/own.node", NULL, NULL, NULL},
    {"/app/node_modules/@a/own.node", NULL, NULL, NULL},
    {"/app/node_modules/.bin/own", NULL, NULL, NULL},
};

static void paths_tell_packages(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        struct arena arena = {0};
        struct npm_place place = {0};
        bool found = npm_place_of(places[i].path, &arena, &place);
        print_message("%s\n", places[i].path);
        assert_int_equal(found, places[i].name != NULL);
        assert_true(same(place.name, places[i].name) && same(place.folder, places[i].folder) &&
                    same(place.inside, places[i].inside));
        arena_free(&arena);
    }
}

/* ---- package.json ---- */

static const struct {
    const char *json;
    bool package, limited, fits;
} packages[] = {
    {"{}", true, false, true},
    {"[]", false, false, false},
    {"no JSON", false, false, false},
    {"{\"os\": [\"linux\"], \"cpu\": [\"x64\"], \"libc\": [\"musl\"]}", true, true, true},
    {"{\"os\": [\"darwin\", \"linux\"]}", true, true, true},
    {"{\"os\": [\"darwin\"]}", true, true, false},
    {"{\"os\": [\"!darwin\"]}", true, true, true},
    {"{\"os\": [\"!linux\"]}", true, true, false},
    {"{\"os\": [\"!linux\", \"linux\"]}", true, true, false},
    {"{\"os\": [5, \"linux\"]}", true, true, true},
    {"{\"os\": []}", true, true, true},
    {"{\"os\": \"linux\"}", true, true, true},
    {"{\"os\": \"darwin\"}", true, true, false},
    {"{\"os\": \"!linux\"}", true, true, false},
    {"{\"os\": \"!darwin\"}", true, true, true},
    {"{\"os\": 5}", true, true, true},
    {"{\"cpu\": [\"arm64\"]}", true, true, false},
    {"{\"libc\": [\"glibc\"]}", true, true, false},
};

static void package_json_tells_where_it_is_installed(void **state)
{
    (void)state;
    static const struct npm_platform process = {.os = "linux", .cpu = "x64", .libc = "musl"};
    static const struct npm_platform unknown = {0};
    for (size_t i = 0; i < sizeof packages / sizeof *packages; i++) {
        struct temp temp;
        struct err err = {0};
        struct arena arena = {0};
        struct npm_package package;
        temp_make(&temp);
        temp_add(temp.fd, &(struct made){.type = 'd', .path = "p"});
        temp_add(temp.fd,
                 &(struct made){.type = 'f', .path = "p/package.json", .text = packages[i].json});
        struct root *root = root_new(source_open_dir(temp.path, &err));
        struct facts *facts = facts_new(root, false);
        print_message("%s\n", packages[i].json);
        assert_int_equal(npm_package_read(facts, "/p", &process, &arena, &package),
                         packages[i].package);
        assert_int_equal(package.limited, packages[i].limited);
        assert_int_equal(package.fits, packages[i].fits);
        /* a process that nothing is known of takes any */
        npm_package_read(facts, "/p", &unknown, &arena, &package);
        assert_int_equal(package.fits, packages[i].package);
        assert_false(npm_package_read(facts, "/nowhere", &process, &arena, &package));
        assert_false(npm_package_read(facts, "/p/package.json", &process, &arena, &package));
        facts_free(facts);
        root_free(root);
        arena_free(&arena);
        temp_remove(&temp);
    }
}

/* ---- loaders ---- */

static const unsigned apis[] = {3, 6};
static const struct {
    const char *path;   /* of node-pre-gyp's "binary"; NULL: it uses bindings */
    bool built_for_api; /* versions 3 and 6 */
    bool known;         /* the process: its libc and its NODE_MODULE_VERSION */
    unsigned api;
    const char *inside, *taken; /* the last place; NULL: not told */
    bool open;
} lookups[] = {
    {"./lib/binding/", false, true, 9, "lib/binding/own.node", "lib/binding/own.node", false},
    {"./", false, true, 9, "own.node", "own.node", false},
    {"./lib/{node_abi}-{platform}-{arch}-{libc}", false, true, 9, "lib/x/own.node",
     "lib/node-v115-linux-x64-glibc/own.node", false},
    {"lib/napi-v{napi_build_version}", true, true, 9, "lib/napi-v3/own.node",
     "lib/napi-v6/own.node", false},
    {"lib/napi-v{napi_build_version}", true, true, 4, "lib/napi-v3/own.node",
     "lib/napi-v3/own.node", false},
    {"lib/napi-v{napi_build_version}", true, true, 2, "lib/napi-v3/own.node", NULL, false},
    {"lib/{node_napi_label}", true, true, 9, "lib/napi-v3/own.node", "lib/napi-v6/own.node", false},
    {"lib/{node_napi_label}", false, true, 9, "lib/x/own.node", "lib/node-v115/own.node", false},
    {"lib/{node_napi_label}", true, true, 0, "lib/x/own.node", NULL, false},
    {"lib/{node_abi}", false, false, 0, "lib/x/own.node", NULL, false},
    {"lib/{node_abi_napi}", false, true, 0, "lib/x/own.node", NULL, false},
    {"lib/{unheard_of}", false, true, 9, "lib/x/own.node", NULL, false},
    {"lib/{platform", false, true, 9, "lib/x/own.node", NULL, false},
    {"lib", false, true, 9, "lib/other.node", NULL, false},
    {NULL, false, true, 9, "build/Release/own.node", "lib/binding/node-v115-linux-x64/own.node",
     false},
    {NULL, false, false, 9, "build/Release/own.node", "addon-build/default/install-root/own.node",
     true},
    {NULL, false, true, 9, "elsewhere/own.node", NULL, false},
};

static void loaders_look_at_known_places(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof lookups / sizeof *lookups; i++) {
        struct arena arena = {0};
        struct npm_lookup lookup;
        struct npm_platform process = {.os = "linux", .cpu = "x64"};
        struct npm_package package = {.name = "own",
                                      .module_name = "own",
                                      .module_path = lookups[i].path,
                                      .uses_pre_gyp = lookups[i].path != NULL,
                                      .uses_bindings = lookups[i].path == NULL,
                                      .apis = apis,
                                      .api_count = lookups[i].built_for_api ? 2 : 0};
        if (lookups[i].known) {
            process.libc = "glibc";
            process.abi = 115;
        }
        bool told =
            npm_lookup_of(&package, &process, lookups[i].api, lookups[i].inside, &arena, &lookup);
        print_message("%zu: %s\n", i, lookups[i].inside);
        assert_int_equal(told, lookups[i].taken != NULL);
        if (told) {
            size_t last = 0;
            while (lookup.paths[last + 1] != NULL)
                last++;
            assert_string_equal(lookup.paths[last], lookups[i].taken);
            assert_int_equal(lookup.open, lookups[i].open);
        }
        arena_free(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_tell_platforms),
        cmocka_unit_test(builds_fit_processes),
        cmocka_unit_test(paths_tell_packages),
        cmocka_unit_test(package_json_tells_where_it_is_installed),
        cmocka_unit_test(loaders_look_at_known_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
