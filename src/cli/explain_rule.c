#include "cli/explain_rule.h"

#include <string.h>

#include "base/nearest.h"
#include "cli/complain.h"
#include "cli/output.h"
#include "cli/terminal.h"
#include "willrun/willrun.h"

bool explain_is_rule(const char *word)
{
    struct willrun_rule rule;
    return willrun_rule_find(word, &rule);
}

const char *explain_meant(const char *word)
{
    struct nearest nearest = nearest_begin(word, strlen(word));
    struct willrun_rule rule;
    if (strchr(word, '-') == NULL || word[strspn(word, "abcdefghijklmnopqrstuvwxyz-")] != 0)
        return NULL;
    for (size_t i = 0; willrun_rule(i, &rule); i++)
        nearest_offer(&nearest, rule.name);
    return nearest_answer(&nearest);
}

/* The page of `word`; NULL: the list of all. */
static int print(const struct options *options, const char *word)
{
    struct willrun_rule rule;
    struct output output;
    if (word != NULL && !willrun_rule_find(word, &rule))
        return complain("there is no page of the rule %s", word);
    if (!output_open(&output, options->output))
        return EXIT_TROUBLE;
    struct willrun_style style = terminal_style(options, output.fd);
    enum willrun_format format = (enum willrun_format)options->format->value;
    if (word != NULL)
        willrun_write_rule(&rule, format, &style, output.stream);
    else
        willrun_write_rules(format, &style, output.stream);
    return output_keep(&output) ? EXIT_MET : EXIT_TROUBLE;
}

int explain_rule(const struct options *options, const char *word)
{
    return print(options, word);
}

int explain_list(const struct options *options)
{
    return print(options, NULL);
}
