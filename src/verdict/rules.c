#include "verdict/rules.h"

const struct rule_row *rule_row(enum rule rule)
{
    static const struct rule_row rows[] = {
#define ROW(id, name, severity) {name, severity},
        RULES(ROW)
#undef ROW
    };
    return &rows[rule];
}
