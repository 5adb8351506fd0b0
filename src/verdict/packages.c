#include "verdict/packages.h"

#include <ctype.h>
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

/* The bytes of a name that a library keeps from version to version: "libhunspell" of
 * libhunspell-1.7.so.0, "libsquash" of libsquash0.8.so.0.8.0. */
static size_t stem_length(const char *soname)
{
    const char *suffix = strstr(soname, ".so");
    size_t length = suffix != NULL ? (size_t)(suffix - soname) : strlen(soname);
    while (length > 0 && (isdigit((unsigned char)soname[length - 1]) || soname[length - 1] == '.'))
        length--;
    return length > 0 && soname[length - 1] == '-' ? length - 1 : length;
}

/* Does a version and no more stand behind the stem of a row's soname? */
static bool is_version_of(const struct row *row, size_t stem)
{
    const char *rest = row->at[0] + stem; /* a tab ends it */
    rest += *rest == '-';
    while (isdigit((unsigned char)*rest) || (*rest == '.' && isdigit((unsigned char)rest[1])))
        rest++;
    return strncmp(rest, ".so.", 4) == 0;
}

/* Is it the soname itself, or one that goes on (libaio.so.1t64, libbz2.so.1.0)? */
static bool is_same_soname(const struct row *row, const char *soname, size_t length)
{
    return row->length[0] >= length && memcmp(row->at[0], soname, length) == 0 &&
           (row->length[0] == length || strchr("t.", row->at[0][length]) != NULL);
}

bool package_has_other_version(const char *soname, const char *codename)
{
    struct row row;
    const size_t column = column_of(codename), stem = stem_length(soname), own = strlen(soname);
    bool other = false, earlier = false;
    if (column == 0)
        return false;
    for (const char *line = first_from(soname, stem);
         line < library_packages_end && strncmp(line, soname, stem) == 0;
         line = line_end(line) + 1) {
        cut(line, &row);
        const bool version = is_version_of(&row, stem);
        for (size_t i = 1; i < column && i < row.count; i++)
            earlier |= version && !is_empty(&row, i);
        if (column >= row.count || is_empty(&row, column))
            continue;
        if (is_same_soname(&row, soname, own))
            return false;
        other |= version;
    }
    return other && earlier;
}

bool package_is_known(const char *soname)
{
    const size_t stem = stem_length(soname);
    for (const char *line = first_from(soname, stem);
         line < library_packages_end && strncmp(line, soname, stem) == 0; line = line_end(line) + 1)
        if (!isalpha((unsigned char)line[stem]))
            return true;
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
