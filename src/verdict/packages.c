#include "verdict/packages.h"

#include <string.h>

extern const char library_packages[], library_packages_end[];

enum { COLUMNS = 8 }; /* at most, the soname's included */

/* One line of the table, cut at its tabs. */
struct row {
    const char *at[COLUMNS];
    size_t length[COLUMNS];
    size_t count;
};

static const char *line_end(const char *line)
{
    const char *end = memchr(line, '\n', (size_t)(library_packages_end - line));
    return end != NULL ? end : library_packages_end;
}

static void cut(const char *line, struct row *row)
{
    const char *end = line_end(line);
    row->count = 0;
    while (row->count < COLUMNS && line <= end) {
        const char *tab = memchr(line, '\t', (size_t)(end - line));
        const char *stop = tab != NULL ? tab : end;
        row->at[row->count] = line;
        row->length[row->count++] = (size_t)(stop - line);
        line = stop + 1;
    }
}

/* The line that names the columns: behind the comment. */
static const char *heading(void)
{
    return line_end(library_packages) + 1;
}

/* How `name` sorts against the line's first column. */
static int compare(const char *name, size_t length, const char *line)
{
    const char *tab = memchr(line, '\t', (size_t)(line_end(line) - line));
    size_t own = tab != NULL ? (size_t)(tab - line) : 0;
    int order = memcmp(name, line, length < own ? length : own);
    return order != 0 ? order : (length > own) - (length < own);
}

/* Binary search over lines sorted by bytes. */
static bool find(const char *name, size_t length, struct row *row)
{
    const char *low = line_end(heading()) + 1, *high = library_packages_end;
    while (low < high) {
        const char *line = low + (high - low) / 2;
        while (line > low && line[-1] != '\n')
            line--;
        int order = compare(name, length, line);
        if (order == 0) {
            cut(line, row);
            return true;
        }
        if (order < 0)
            high = line;
        else
            low = line_end(line) + 1;
    }
    return false;
}

/* A soname may be longer than the table's name of it: libpython3.11.so.1.0 is
 * listed by its link libpython3.11.so.1. */
static bool find_soname(const char *soname, struct row *row)
{
    size_t length = strlen(soname);
    const char *suffix = strstr(soname, ".so.");
    size_t least = suffix != NULL ? (size_t)(suffix - soname) + 4 : length;
    while (!find(soname, length, row)) {
        while (length > least && soname[length - 1] != '.')
            length--;
        if (length <= least)
            return false;
        length--;
    }
    return true;
}

static bool is_empty(const struct row *row, size_t column)
{
    return row->length[column] == 1 && row->at[column][0] == '-';
}

/* The column of a release; 0: it has none. */
static size_t column_of(const char *codename)
{
    struct row names;
    cut(heading(), &names);
    for (size_t i = 1; i < names.count; i++)
        if (names.length[i] == strlen(codename) &&
            memcmp(names.at[i], codename, names.length[i]) == 0)
            return i;
    return 0;
}

const char *package_of_library(const char *soname, const char *codename, struct arena *arena)
{
    struct row row;
    size_t column = column_of(codename);
    if (column == 0 || !find_soname(soname, &row) || column >= row.count || is_empty(&row, column))
        return NULL;
    return arena_copy(arena, row.at[column], row.length[column]);
}

/* The first line whose soname does not sort before `name`. */
static const char *first_from(const char *name, size_t length)
{
    const char *low = line_end(heading()) + 1, *high = library_packages_end;
    while (low < high) {
        const char *line = low + (high - low) / 2;
        while (line > low && line[-1] != '\n')
            line--;
        if (compare(name, length, line) <= 0)
            high = line;
        else
            low = line_end(line) + 1;
    }
    return low;
}

bool package_has_other_version(const char *soname, const char *codename)
{
    struct row row;
    const char *suffix = strstr(soname, ".so.");
    size_t column = column_of(codename),
           length = suffix != NULL ? (size_t)(suffix - soname) + 4 : 0;
    if (column == 0 || length == 0)
        return false;
    const size_t own = strlen(soname);
    const char *line = first_from(soname, length);
    for (; line < library_packages_end && strncmp(line, soname, length) == 0;
         line = line_end(line) + 1) {
        cut(line, &row);
        bool same = row.length[0] >= own && memcmp(row.at[0], soname, own) == 0 &&
                    (row.length[0] == own || row.at[0][own] == 't'); /* libaio.so.1t64 */
        if (!same && column < row.count && !is_empty(&row, column))
            return true;
    }
    return false;
}

const char *release_with_library(const char *soname, struct arena *arena)
{
    struct row names, row;
    cut(heading(), &names);
    if (!find_soname(soname, &row))
        return NULL;
    for (size_t i = row.count < names.count ? row.count : names.count; i-- > 1;)
        if (!is_empty(&row, i))
            return arena_copy(arena, names.at[i], names.length[i]);
    return NULL;
}
