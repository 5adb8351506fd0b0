#include "dockerfile/duration.h"

#include <string.h>

static const struct unit {
    const char *name;
    double nanoseconds;
} units[] = {
    {"ns", 1},   {"us", 1e3}, {"\xC2\xB5s", 1e3}, {"\xCE\xBCs", 1e3},
    {"ms", 1e6}, {"s", 1e9},  {"m", 60e9},        {"h", 3600e9},
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits with a point among them at most; false where there is no digit. */
static bool take_number(const char **text, double *number)
{
    bool any = false;
    double weight = 1;
    *number = 0;
    for (; is_digit(**text); ++*text, any = true)
        *number = *number * 10 + (**text - '0');
    if (**text != '.')
        return any;
    for (++*text; is_digit(**text); ++*text, any = true) {
        weight /= 10;
        *number += weight * (**text - '0');
    }
    return any;
}

static const struct unit *unit_named(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strlen(units[i].name) == length && strncmp(units[i].name, name, length) == 0)
            return &units[i];
    return NULL;
}

bool duration_parse(const char *text, int64_t *nanoseconds, struct err *err)
{
    const char *at = text;
    double sum = 0;
    bool negative = *at == '-';
    at += *at == '-' || *at == '+';
    *nanoseconds = 0;
    if (strcmp(at, "0") == 0)
        return true;
    if (*at == '\0')
        return err_set(err, WILLRUN_EINPUT, "time: invalid duration \"%s\"", text);
    while (*at != '\0') {
        double number;
        if (!take_number(&at, &number))
            return err_set(err, WILLRUN_EINPUT, "time: invalid duration \"%s\"", text);
        size_t length = 0;
        while (at[length] != '\0' && at[length] != '.' && !is_digit(at[length]))
            length++;
        const struct unit *unit = unit_named(at, length);
        if (length == 0)
            return err_set(err, WILLRUN_EINPUT, "time: missing unit in duration \"%s\"", text);
        if (unit == NULL)
            return err_set(err, WILLRUN_EINPUT, "time: unknown unit \"%.*s\" in duration \"%s\"",
                           (int)length, at, text);
        sum += number * unit->nanoseconds;
        at += length;
    }
    if (sum >= 9.2e18)
        return err_set(err, WILLRUN_EINPUT, "time: invalid duration \"%s\"", text);
    *nanoseconds = (int64_t)(negative ? -sum : sum);
    return true;
}
