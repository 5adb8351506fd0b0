#include "verdict/rules.h"

#include <string.h>

/* Pairs of a rule's name and its page, each ended by a NUL; an empty name ends them (CMakeLists.txt
 * makes it of data/rules/). */
extern const char rule_pages[];

static const struct rule_row rows[] = {
#define ROW(id, name, severity) [RULE_##id] = {name, severity},
    RULES(ROW)
#undef ROW
};

const struct rule_row *rule_row(enum rule rule)
{
    return &rows[rule];
}

size_t rule_count(void)
{
    return sizeof rows / sizeof *rows;
}

const char *rule_page(const char *name)
{
    for (const char *at = rule_pages; *at != 0;) {
        const char *page = at + strlen(at) + 1;
        if (strcmp(at, name) == 0)
            return page;
        at = page + strlen(page) + 1;
    }
    return NULL;
}
