/* `willrun explain RULE`: the manual page of a rule. */
#ifndef WILLRUN_CLI_EXPLAIN_RULE_H
#define WILLRUN_CLI_EXPLAIN_RULE_H

#include <stdbool.h>

#include "cli/options.h"

/* Is `word` the name of a rule that has a page? */
bool explain_is_rule(const char *word);

/* The rule whose name `word`, which looks like one, nearly is; NULL: there is none. */
const char *explain_meant(const char *word);

/* Print the page of the rule `word`. Returns the exit status. */
int explain_rule(const struct options *options, const char *word);

/* Print the list of rules. Returns the exit status. */
int explain_list(const struct options *options);

#endif
