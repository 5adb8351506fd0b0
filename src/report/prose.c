#include "report/prose.h"

#include <string.h>

static bool starts(const char *text, const char *mark)
{
    return strncmp(text, mark, strlen(mark)) == 0;
}

static const struct {
    const char *mark;
    enum prose_kind kind;
    bool one_line; /* it ends with its line, not with the next block */
} marks[] = {{"# ", PROSE_TITLE, true},
             {"## ", PROSE_HEADING, true},
             {"- ", PROSE_ITEM, false},
             {"    ", PROSE_LITERAL, false}};
enum { MARKS = sizeof marks / sizeof *marks };

static size_t mark_of(const char *line)
{
    size_t i = 0;
    while (i < MARKS && !starts(line, marks[i].mark))
        i++;
    return i;
}

/* Does the line go on with a block of that mark (MARKS: a paragraph)? */
static bool goes_on(const char *line, size_t mark)
{
    if (*line == 0 || *line == '\n')
        return false;
    if (mark < MARKS && marks[mark].kind == PROSE_LITERAL)
        return starts(line, marks[mark].mark);
    return !starts(line, "- ") && !starts(line, "#");
}

/* Blank lines inside a literal block belong to it. */
static const char *behind_blanks(const char *line, size_t mark)
{
    const char *next = line + strspn(line, "\n");
    bool literal = mark < MARKS && marks[mark].kind == PROSE_LITERAL;
    return literal && goes_on(next, mark) ? next : line;
}

bool prose_next(const char **at, struct prose_block *block)
{
    const char *text = *at + strspn(*at, "\n");
    if (*text == 0)
        return false;
    size_t mark = mark_of(text);
    bool literal = mark < MARKS && marks[mark].kind == PROSE_LITERAL;
    const char *line = text + strcspn(text, "\n"), *end = line;
    line += *line != 0;
    while (!(mark < MARKS && marks[mark].one_line) &&
           goes_on(line = behind_blanks(line, mark), mark)) {
        end = line + strcspn(line, "\n");
        line = end + (*end != 0);
    }
    *at = line;
    size_t skip = mark < MARKS && !literal ? strlen(marks[mark].mark) : 0;
    *block = (struct prose_block){.kind = mark < MARKS ? marks[mark].kind : PROSE_PARAGRAPH,
                                  .text = text + skip,
                                  .length = (size_t)(end - text) - skip};
    return true;
}

/* The mark at `text`, if it is closed before `end`: where its inside ends. */
static const char *closed(const char *text, const char *end, const char *mark)
{
    size_t length = strlen(mark);
    if ((size_t)(end - text) < 2 * length || !starts(text, mark))
        return NULL;
    return memmem(text + length, (size_t)(end - text) - length, mark, length);
}

bool prose_run(const char **at, const char *end, struct prose_run *run)
{
    static const struct {
        const char *mark;
        enum prose_mark means;
    } kinds[] = {{"`", PROSE_CODE}, {"**", PROSE_STRONG}};
    const char *text = *at;
    if (text >= end)
        return false;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const char *close = closed(text, end, kinds[i].mark);
        if (close == NULL)
            continue;
        size_t length = strlen(kinds[i].mark);
        *run = (struct prose_run){kinds[i].means, text + length, (size_t)(close - text) - length};
        *at = close + length;
        return true;
    }
    const char *next = text + 1;
    while (next < end && closed(next, end, "`") == NULL && closed(next, end, "**") == NULL)
        next++;
    *run = (struct prose_run){PROSE_PLAIN, text, (size_t)(next - text)};
    *at = next;
    return true;
}

bool prose_line(const char **at, const char *end, struct prose_run *line)
{
    if (*at >= end)
        return false;
    const char *stop = memchr(*at, '\n', (size_t)(end - *at));
    stop = stop != NULL ? stop : end;
    *line = (struct prose_run){PROSE_PLAIN, *at, (size_t)(stop - *at)};
    *at = stop + 1;
    return true;
}

struct prose_block prose_summary(const char *page)
{
    struct prose_block block = {.text = "", .length = 0};
    while (prose_next(&page, &block) && block.kind != PROSE_PARAGRAPH)
        ;
    return block;
}
