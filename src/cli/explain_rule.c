#include "cli/explain_rule.h"

#include "cli/complain.h"

bool explain_is_rule(const char *word)
{
    (void)word;
    return false; /* no rule has a page yet */
}

int explain_rule(const struct options *options, const char *word)
{
    (void)options;
    return complain("there is no page of the rule %s", word);
}
