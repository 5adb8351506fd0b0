#include "inspect/dotnet.h"

#include <jansson.h>
#include <string.h>

/* ---- the host ---- */

/* It keeps where its files begin in its data, in front of this signature (bundle_marker.cpp). */
static const unsigned char signature[32] = {
    0x8b, 0x12, 0x02, 0xb9, 0x6a, 0x61, 0x20, 0x38, 0x72, 0x7b, 0x93, 0x02, 0x14, 0xd7, 0xa0, 0x32,
    0x13, 0xf5, 0xb9, 0xe6, 0xef, 0xae, 0x33, 0x18, 0xee, 0x3b, 0x2d, 0xce, 0x24, 0xb3, 0x6a, 0xae};

/* The machines of .NET have little ends. */
static uint64_t number_at(const unsigned char *at, size_t size)
{
    uint64_t number = 0;
    while (size-- > 0)
        number = number << 8 | at[size];
    return number;
}

bool dotnet_host_of(struct span file, const struct elf_facts *elf, struct dotnet_host *host)
{
    if (elf->needed_count == 0 && elf->interp == NULL)
        return false;
    for (size_t i = 0; elf->phdrs != NULL && i < elf->phnum; i++) {
        struct span data;
        if (elf->phdrs[i].p_type != PT_LOAD || (elf->phdrs[i].p_flags & PF_W) == 0 ||
            !span_at(file, elf->phdrs[i].p_offset, elf->phdrs[i].p_filesz, &data))
            continue;
        const unsigned char *at = memmem(data.data, data.size, signature, sizeof signature);
        if (at == NULL || at - data.data < 8)
            continue;
        *host = (struct dotnet_host){.bundle = number_at(at - 8, 8)};
        return true;
    }
    return false;
}

static bool has_text(struct span file, const char *text)
{
    return memmem(file.data, file.size, text, strlen(text)) != NULL;
}

bool dotnet_muxer(struct span file)
{
    return has_text(file, "hostfxr_main");
}

bool dotnet_native_with_icu(struct span file)
{
    return has_text(file, "__managedcode") && has_text(file, "libicuuc");
}

/* ---- what it brings ---- */

/* Behind 12 bytes of versions and a count stands the bundle's id, its length before it in seven
 * bits a byte, and from version 2 on places and sizes of two files (header.h). */
bool dotnet_bundled_config(struct span file, const struct dotnet_host *host, struct span *text)
{
    enum { FIXED = 12, LENGTH = 2, PLACES = 32, FIRST_WITH_PLACES = 2 };
    struct span part;
    if (host->bundle == 0 || !span_at(file, host->bundle, FIXED + LENGTH, &part) ||
        number_at(part.data, 4) < FIRST_WITH_PLACES)
        return false;
    const unsigned char *length = part.data + FIXED;
    bool two = (length[0] & 0x80) != 0;
    uint64_t id = (length[0] & 0x7fU) | (two ? (uint64_t)(length[1] & 0x7fU) << 7 : 0);
    if (!span_at(file, host->bundle + FIXED + (two ? 2 : 1) + id, PLACES, &part))
        return false;
    return span_at(file, number_at(part.data + 16, 8), number_at(part.data + 24, 8), text) &&
           text->size != 0;
}

static bool is_true(const json_t *value)
{
    const char *text = json_string_value(value);
    return json_is_true(value) || (text != NULL && (text[0] == 't' || text[0] == 'T'));
}

static const char *text_of(const json_t *object, const char *key, struct arena *arena)
{
    return arena_string(arena, json_string_value(json_object_get(object, key)));
}

/* What the whole file says for all frameworks, one may say for itself. The old names of the
 * setting: 0, 1 and 2. */
static void add_framework(struct dotnet_config *config, const json_t *options,
                          const json_t *framework, struct arena *arena)
{
    static const char *const numbers[] = {"LatestPatch", "Minor", "Major"};
    if (framework == NULL || config->framework_count == DOTNET_FRAMEWORKS)
        return;
    const json_t *const places[] = {framework, options};
    struct dotnet_framework *out = &config->frameworks[config->framework_count++];
    *out = (struct dotnet_framework){.name = text_of(framework, "name", arena),
                                     .version = text_of(framework, "version", arena)};
    for (size_t i = 0; i < sizeof places / sizeof *places && out->roll_forward == NULL; i++) {
        const json_t *number = json_object_get(places[i], "rollForwardOnNoCandidateFx");
        json_int_t value = json_integer_value(number);
        out->roll_forward = text_of(places[i], "rollForward", arena);
        if (out->roll_forward == NULL && json_is_integer(number) && value >= 0 && value < 3)
            out->roll_forward = numbers[value];
    }
}

bool dotnet_config_read(struct span text, struct arena *arena, struct dotnet_config *config)
{
    static const unsigned char mark[] = {0xef, 0xbb, 0xbf}; /* of UTF-8, which JSON has not */
    *config = (struct dotnet_config){0};
    if (text.size >= sizeof mark && memcmp(text.data, mark, sizeof mark) == 0)
        text = (struct span){text.data + sizeof mark, text.size - sizeof mark};
    json_t *json = json_loadb((const char *)text.data, text.size, 0, NULL);
    const json_t *options = json_object_get(json, "runtimeOptions");
    const json_t *settings = json_object_get(options, "configProperties");
    const json_t *frameworks = json_object_get(options, "frameworks");
    config->brings_runtime = json_object_get(options, "includedFrameworks") != NULL;
    config->invariant = is_true(json_object_get(settings, "System.Globalization.Invariant"));
    config->own_icu = json_object_get(settings, "System.Globalization.AppLocalIcu") != NULL;
    config->trimmed =
        json_is_false(json_object_get(settings, "System.StartupHookProvider.IsSupported"));
    add_framework(config, options, json_object_get(options, "framework"), arena);
    for (size_t i = 0; i < json_array_size(frameworks); i++)
        add_framework(config, options, json_array_get(frameworks, i), arena);
    bool read = options != NULL;
    json_decref(json);
    return read;
}
