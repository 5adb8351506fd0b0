#include "base/limits.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"

#define KIB ((uint64_t)1 << 10)
#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)

static struct {
    const char *name, *hint;
    uint64_t value, least, most;
} limits[LIMIT_COUNT] = {
#define LIMIT(id, name, value, least, most)                                                        \
    [LIMIT_##id] = {name, " (--limit " name "=N)", value, least, most}
    LIMIT(MEMORY, "memory", 8 * GIB, 64 * MIB, UINT64_MAX), /* bytes, mapped files apart */
    LIMIT(ENTRIES, "entries", 2 * MIB, 1, GIB),             /* of an archive's or image's tree */
    LIMIT(NAMES, "names", 256 * MIB, KIB, UINT32_MAX),      /* bytes of all their names */
    LIMIT(EXPANSION, "expansion", 8 * GIB, 0, UINT64_MAX),  /* bytes of one packed stream */
    LIMIT(LAYERS, "layers", 500, 1, 100 * KIB),             /* of an image */
    LIMIT(MANIFESTS, "manifests", 1000, 1, MIB),            /* in all indexes of a layout */
    LIMIT(JSON, "json", 4 * MIB, 1, GIB), /* bytes of a JSON text: what registries take */
    LIMIT(JSON_VALUES, "json-values", 200000, 1,
          GIB), /* in a JSON text: each takes far more than its bytes */
    LIMIT(DOCKERFILE, "dockerfile", 256 * MIB, 1, GIB), /* bytes */
    LIMIT(VARIABLES, "variables", 64 * MIB, 1, GIB),    /* bytes of those of a stage */
#undef LIMIT
};

uint64_t limit_of(enum limit limit)
{
    return limits[limit].value;
}

struct limit_text limit_bytes(enum limit limit)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    struct limit_text text;
    uint64_t value = limits[limit].value;
    size_t unit = 0;
    while (unit + 1 < sizeof units / sizeof *units && value != 0 && value % KIB == 0) {
        value /= KIB;
        unit++;
    }
    snprintf(text.text, sizeof text.text, "%llu %s", (unsigned long long)value, units[unit]);
    return text;
}

const char *limit_hint(enum limit limit)
{
    return limits[limit].hint;
}

/* A whole number with one of the units behind it; false: something else, or too large. */
static bool parse_size(const char *text, uint64_t *size)
{
    static const char units[] = "KMGT";
    char *end;
    if (*text < '0' || *text > '9')
        return false;
    *size = strtoull(text, &end, 10);
    const char *unit = *end != 0 ? strchr(units, *end) : NULL;
    unsigned shift = unit != NULL ? 10 * (unsigned)(unit - units + 1) : 0;
    end += unit != NULL;
    if (*end != 0 || *size > UINT64_MAX >> shift)
        return false;
    *size <<= shift;
    return true;
}

static bool unknown(const char *text, size_t length, struct err *err)
{
    struct nearest nearest = nearest_begin(text, length);
    for (size_t i = 0; i < LIMIT_COUNT; i++)
        nearest_offer(&nearest, limits[i].name);
    const char *meant = nearest_answer(&nearest);
    return err_set(err, WILLRUN_EUSAGE, "%.*s is no limit%s%s%s: expected NAME=N", (int)length,
                   text, meant != NULL ? " (did you mean " : "", meant != NULL ? meant : "",
                   meant != NULL ? "?)" : "");
}

bool limit_set(const char *text, struct err *err)
{
    size_t length = strcspn(text, "="), i = 0;
    uint64_t size;
    while (i < LIMIT_COUNT &&
           (strlen(limits[i].name) != length || strncmp(limits[i].name, text, length) != 0))
        i++;
    if (i == LIMIT_COUNT || text[length] == 0)
        return unknown(text, length, err);
    if (!parse_size(text + length + 1, &size) || size < limits[i].least || size > limits[i].most)
        return err_set(err, WILLRUN_EUSAGE,
                       "%s is no limit of %s: expected a whole number from %llu to %llu, with K, "
                       "M, G or T behind it or nothing",
                       text + length + 1, limits[i].name, (unsigned long long)limits[i].least,
                       (unsigned long long)limits[i].most);
    limits[i].value = size;
    return true;
}
