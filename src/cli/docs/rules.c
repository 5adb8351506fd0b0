#include <string.h>

#include "cli/docs/docs.h"
#include "report/prose.h"
#include "willrun/willrun.h"

/* Words of a paragraph; its lines are the page's own, so that sentences begin lines. */
static void put_words(const struct prose_block *block, FILE *out)
{
    static const char *const fonts[] = {
        [PROSE_PLAIN] = "", [PROSE_CODE] = "\\fB", [PROSE_STRONG] = "\\fI"};
    struct prose_run run;
    bool first = true;
    for (const char *at = block->text; prose_run(&at, block->text + block->length, &run);) {
        if (first && run.mark == PROSE_PLAIN)
            fputs("\\&", out);
        first = false;
        fputs(fonts[run.mark], out);
        for (const char *word = run.text, *end = run.text + run.length; word < end; word++) {
            bool newline = *word == '\n' || (*word == ' ' && word != run.text && word[-1] == '.');
            if (newline)
                fputs("\n\\&", out);
            else if (*word == '\\')
                fputs("\\e", out);
            else if (*word == '-')
                fputs("\\-", out);
            else if (!(*word == ' ' && word != run.text && word[-1] == '\n'))
                putc(*word, out);
        }
        if (run.mark != PROSE_PLAIN)
            fputs("\\fR", out);
    }
    putc('\n', out);
}

static void put_literal(const struct prose_block *block, FILE *out)
{
    struct prose_run line;
    fputs(".Bd -literal -offset indent\n", out);
    for (const char *at = block->text; prose_line(&at, block->text + block->length, &line);) {
        size_t skip = line.length < PROSE_INDENT ? line.length : PROSE_INDENT;
        if (line.length > skip)
            fputs("\\&", out);
        for (size_t i = skip; i < line.length; i++)
            if (line.text[i] == '\\')
                fputs("\\e", out);
            else if (line.text[i] == '-')
                fputs("\\-", out);
            else
                putc(line.text[i], out);
        putc('\n', out);
    }
    fputs(".Ed\n", out);
}

static void put_block(const struct willrun_rule *rule, const struct prose_block *block,
                      enum prose_kind before, FILE *out)
{
    static const char *const severities[] = {
        [WILLRUN_ERROR] = "error", [WILLRUN_WARNING] = "warning", [WILLRUN_NOTE] = "note"};
    switch (block->kind) {
    case PROSE_TITLE:
        fprintf(out, ".Ss %s (%s)\n", rule->name, severities[rule->severity]);
        break;
    case PROSE_HEADING:
        fprintf(out, ".Pp\n.Em %.*s :\n", (int)block->length, block->text);
        break;
    case PROSE_LITERAL:
        put_literal(block, out);
        break;
    case PROSE_ITEM:
        fputs(before != PROSE_ITEM ? ".Bl -bullet -compact\n.It\n" : ".It\n", out);
        put_words(block, out);
        break;
    case PROSE_PARAGRAPH:
        fputs(before == PROSE_TITLE ? "" : ".Pp\n", out);
        put_words(block, out);
        break;
    }
}

static void put_rule(const struct willrun_rule *rule, FILE *out)
{
    struct prose_block block;
    enum prose_kind before = PROSE_PARAGRAPH;
    for (const char *at = rule->page; prose_next(&at, &block); before = block.kind) {
        if (before == PROSE_ITEM && block.kind != PROSE_ITEM)
            fputs(".El\n", out);
        put_block(rule, &block, before, out);
    }
    if (before == PROSE_ITEM)
        fputs(".El\n", out);
}

void manual_rules(const char *date, FILE *out)
{
    struct willrun_rule rule;
    fprintf(out,
            ".Dd %s\n.Dt WILLRUN\\-RULES 7\n.Os\n.Sh NAME\n.Nm willrun-rules\n"
            ".Nd what each finding of willrun means, and the cure\n.Sh DESCRIPTION\n"
            "A finding has the name of the rule that it is made by.\n"
            "An error makes a start fail, a warning tells of what fails later, and a note of what "
            "else\nis to be known.\n.Pp\n"
            "Each rule has an example: the files of a root, the command, and the message that the\n"
            "real kernel, loader or container runtime prints there.\n"
            "The same pages are shown by\n.Nm willrun explain Ar RULE .\n.Sh RULES\n",
            date);
    for (size_t i = 0; willrun_rule(i, &rule); i++)
        put_rule(&rule, out);
    fputs(".Sh SEE ALSO\n.Xr willrun 1 ,\n.Xr willrun-check 1 ,\n.Xr willrun-explain 1\n", out);
}
