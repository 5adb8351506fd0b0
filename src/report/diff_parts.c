#include "report/diff_parts.h"

#include <string.h>

#include "verdict/findings.h"

const struct change_words change_words[WILLRUN_CHANGE_KINDS] = {
    [WILLRUN_BREAKS] = {"breaks", "starts to fail", true},
    [WILLRUN_WORSE] = {"worse", "gets worse", true},
    [WILLRUN_MENDS] = {"mends", "starts to work", true},
    [WILLRUN_BETTER] = {"better", "gets better", true},
    [WILLRUN_OTHERWISE] = {"otherwise", "fails for another reason", true},
    [WILLRUN_VANISHES] = {"vanishes", "is not in the new root", false},
    [WILLRUN_APPEARS] = {"appears", "is new", false},
};

const struct willrun_finding *deciding_finding(const struct willrun_subject *subject)
{
    bool runs = subject == NULL || subject->verdict == WILLRUN_RUNS;
    return runs ? NULL : finding_deciding(subject);
}

/* It was seen, and not read. */
static bool is_unread(const struct willrun_subject *subject)
{
    const struct willrun_finding *finding = deciding_finding(subject);
    return finding != NULL && strcmp(finding->rule, "unreadable") == 0;
}

bool change_is_listed(const struct willrun_change *change)
{
    return change_words[change->kind].listed || is_unread(change->before) ||
           is_unread(change->after);
}

void library_words(const struct willrun_library *library, const char *arrow, char *text,
                   size_t size)
{
    const char *before = library->before != NULL ? library->before : "?";
    const char *after = library->after != NULL ? library->after : "?";
    if (library->path == NULL)
        snprintf(text, size, "%s", library->needed ? "is missing" : "vanishes");
    else if (library->path_before == NULL)
        snprintf(text, size, "is new (%s)", after);
    else
        snprintf(text, size, "%s %s %s", before, arrow, after);
}

bool willrun_write_diff(const struct willrun_diff *diff, enum willrun_format format,
                        const struct willrun_style *style, FILE *out)
{
    static const struct willrun_style plain = {.width = 80};
    if (format == WILLRUN_FORMAT_TEXT)
        diff_text(diff, style != NULL ? style : &plain, out);
    else if (format == WILLRUN_FORMAT_JSON)
        diff_json(diff, out);
    else if (format == WILLRUN_FORMAT_MARKDOWN)
        diff_markdown(diff, out);
    else
        return false;
    return fflush(out) == 0 && ferror(out) == 0;
}
