/* What the runtimeconfig.json of a program of .NET says, and where the host finds it in a single
 * file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "inspect/dotnet.h"

#define OPTIONS(inner) "{\"runtimeOptions\": {" inner "}}"
#define SETTING(name, value) OPTIONS("\"configProperties\": {\"" name "\": " value "}")
#define CORE "\"framework\": {\"name\": \"Core\", \"version\": \"8.0.1\""

/* `told`: what it has (r: the runtime, i: no ICU, o: its own ICU, t: trimmed), and each framework.
 */
static const struct {
    const char *text, *told; /* NULL: it is none */
} configs[] = {
    {"", NULL},
    {"{", NULL},
    {"{}", NULL},
    {OPTIONS(""), ""},
    {"\xef\xbb\xbf" OPTIONS("\"includedFrameworks\": []"), "r"},
    {SETTING("System.Globalization.Invariant", "true"), "i"},
    {SETTING("System.Globalization.Invariant", "\"True\""), "i"},
    {SETTING("System.Globalization.Invariant", "\"true\""), "i"},
    {SETTING("System.Globalization.Invariant", "\"no\""), ""},
    {SETTING("System.Globalization.Invariant", "false"), ""},
    {SETTING("System.Globalization.AppLocalIcu", "\"72\""), "o"},
    {SETTING("System.StartupHookProvider.IsSupported", "false"), "t"},
    {SETTING("System.StartupHookProvider.IsSupported", "true"), ""},
    {OPTIONS(CORE "}"), " Core 8.0.1 -"},
    {OPTIONS("\"framework\": {}"), " - - -"},
    {OPTIONS(CORE ", \"rollForward\": \"Disable\"}, \"rollForward\": \"Major\""),
     " Core 8.0.1 Disable"},
    {OPTIONS(CORE "}, \"rollForward\": \"Major\""), " Core 8.0.1 Major"},
    {OPTIONS(CORE "}, \"rollForwardOnNoCandidateFx\": 0"), " Core 8.0.1 LatestPatch"},
    {OPTIONS(CORE ", \"rollForwardOnNoCandidateFx\": 2}"), " Core 8.0.1 Major"},
    {OPTIONS(CORE "}, \"rollForwardOnNoCandidateFx\": 3"), " Core 8.0.1 -"},
    {OPTIONS(CORE "}, \"rollForwardOnNoCandidateFx\": -1"), " Core 8.0.1 -"},
    {OPTIONS(CORE "}, \"rollForwardOnNoCandidateFx\": \"1\""), " Core 8.0.1 -"},
    {OPTIONS("\"frameworks\": [{\"name\": \"A\"}, {\"name\": \"B\", \"version\": \"9\"}], "
             "\"rollForward\": \"Minor\""),
     " A - Minor B 9 Minor"},
    {OPTIONS("\"frameworks\": [{}, {}, {}, {}, {}, {}, {}, {}, {}]"),
     " - - - - - - - - - - - - - - - - - - - - - - - -"},
};

static const char *or_none(const char *text)
{
    return text != NULL ? text : "-";
}

static void configurations_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof configs / sizeof *configs; i++) {
        struct arena arena = {0};
        struct dotnet_config config;
        struct span text = {(const unsigned char *)configs[i].text, strlen(configs[i].text)};
        bool read = dotnet_config_read(text, &arena, &config);
        const char *told = arena_format(&arena, "%s%s%s%s", config.brings_runtime ? "r" : "",
                                        config.invariant ? "i" : "", config.own_icu ? "o" : "",
                                        config.trimmed ? "t" : "");
        for (size_t k = 0; k < config.framework_count; k++)
            told = arena_format(&arena, "%s %s %s %s", told, or_none(config.frameworks[k].name),
                                or_none(config.frameworks[k].version),
                                or_none(config.frameworks[k].roll_forward));
        if (read != (configs[i].told != NULL) || (read && strcmp(told, configs[i].told) != 0))
            fail_msg("%s: %s", configs[i].text, told);
        arena_free(&arena);
    }
}

/* ---- single files ---- */

enum { AT = 16, FILE_SIZE = 512, TEXT_AT = 400 };
static const char text_there[] = "{\"runtimeOptions\": {}}";

static void put(unsigned char *at, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        at[i] = (unsigned char)(value >> 8 * i);
}

static const struct {
    uint64_t bundle, version;
    size_t id;            /* bytes of the bundle's id */
    uint64_t place, size; /* of the text */
    bool found;
} bundles[] = {
    {AT, 2, 12, TEXT_AT, sizeof text_there - 1, true},
    {AT, 6, 12, TEXT_AT, sizeof text_there - 1, true},
    {AT, 2, 200, TEXT_AT, sizeof text_there - 1, true}, /* its length takes two bytes */
    {AT, 1, 12, TEXT_AT, sizeof text_there - 1, false}, /* has no places */
    {AT, 2, 12, TEXT_AT, 0, false},
    {AT, 2, 12, TEXT_AT, FILE_SIZE, false},
    {AT, 2, 12, UINT64_MAX, 2, false},
    {AT, 2, 500, TEXT_AT, sizeof text_there - 1, false},
    {FILE_SIZE - 4, 2, 0, 0, 0, false},
    {UINT64_MAX, 2, 0, 0, 0, false},
    {0, 2, 12, TEXT_AT, sizeof text_there - 1, false}, /* no single file */
};

static void single_files_have_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bundles / sizeof *bundles; i++) {
        unsigned char file[FILE_SIZE] = {0};
        struct span text = {0};
        const struct dotnet_host host = {.bundle = bundles[i].bundle};
        size_t id = bundles[i].id, length = id < 128 ? 1 : 2, places = AT + 12 + length + id;
        put(file + AT, bundles[i].version, 4);
        put(file + AT + 12, id < 128 ? id : (id & 127) | 128, 1);
        if (length == 2)
            put(file + AT + 13, id >> 7, 1);
        if (places + 32 <= FILE_SIZE) {
            put(file + places + 16, bundles[i].place, 8);
            put(file + places + 24, bundles[i].size, 8);
        }
        memcpy(file + TEXT_AT, text_there, sizeof text_there - 1);
        bool found = dotnet_bundled_config((struct span){file, sizeof file}, &host, &text);
        if (found != bundles[i].found)
            fail_msg("%zu: %d", i, found);
        if (found)
            assert_memory_equal(text.data, text_there, sizeof text_there - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(configurations_are_read),
        cmocka_unit_test(single_files_have_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
