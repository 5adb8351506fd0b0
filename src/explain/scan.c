#include "explain/scan.h"

#include <string.h>

#include "explain/line.h"
#include "explain/signs.h"
#include "explain/symbols.h"
#include "verdict/advice.h"

enum {
    KEPT_MOST = 512,       /* readings; of a longer log the heaviest */
    REACH_BEFORE = 512,    /* bytes of a long line that are looked at, before what was found */
    REACH = 3584,          /* and behind it */
    NEAR = 3,              /* lines that belong together */
    TRIES = 24,            /* lines in which .NET tells what it tried */
    UNWRAPPED_MOST = 8192, /* bytes of a text whose lines may be broken ones */
    WRAPPED_MOST = 3,      /* lines of one */
    ARENA_MOST = 64 << 20, /* bytes of lines kept */
    SCRATCH_MOST = 1 << 20,
};

static const char php_tries[] = "(tried: ";

struct scan {
    struct matcher *matcher;
    struct arena *arena;
    struct readings *readings;
    struct readings line; /* of the line that is looked at */
    struct arena scratch; /* texts of the lines that were looked at of late */
    size_t lightest;      /* weight below which nothing is kept any more */
};

static unsigned weight_of(const struct reading *reading)
{
    return families[reading->form->family].weight;
}

static bool names_something(const struct reading *reading)
{
    return reading->at[families[reading->form->family].subject] != NULL;
}

static bool is_better(const struct reading *a, const struct reading *b)
{
    if (weight_of(a) != weight_of(b))
        return weight_of(a) > weight_of(b);
    if (a->form->family == b->form->family && names_something(a) != names_something(b))
        return names_something(a);
    return a->literal != b->literal ? a->literal > b->literal : a->form < b->form;
}

/* Make room: what weighs least goes, of equals the later half. */
static void drop_lightest(struct scan *scan)
{
    unsigned least = weight_of(&scan->readings->at[0]);
    size_t kept = 0;
    for (size_t i = 0; i < scan->readings->count; i++)
        if (weight_of(&scan->readings->at[i]) < least)
            least = weight_of(&scan->readings->at[i]);
    for (size_t i = 0; i < scan->readings->count; i++)
        if (weight_of(&scan->readings->at[i]) > least)
            scan->readings->at[kept++] = scan->readings->at[i];
    scan->lightest = least + 1;
    scan->readings->count = kept != 0 ? kept : scan->readings->count / 2;
}

/* "/app: error while loading shared libraries: …": whose start it is, which not every form has. */
static void take_program(struct reading *reading, struct arena *arena)
{
    static const char frame[] = ": error while loading shared libraries: ";
    const char *at = strstr(reading->line.folded, frame);
    if (at == NULL || reading->at[CAPTURE_NEEDED_BY] != NULL)
        return;
    size_t end = (size_t)(at - reading->line.folded), begin = end;
    while (begin > 0 && strchr(" '([|=", reading->line.text[begin - 1]) == NULL)
        begin--;
    if (begin != end)
        reading->at[CAPTURE_NEEDED_BY] = arena_copy(arena, reading->line.text + begin, end - begin);
}

/* "segfaults in getaddrinfo when static": the function that static programs of glibc cannot do
 * without files of its own. */
static void take_function(struct reading *reading, struct arena *arena)
{
    static const char *const names[] = {"getaddrinfo", "gethostbyname", "getpwnam", "getpwuid",
                                        "getgrnam",    "getgrgid",      "dlopen",   "iconv_open"};
    if (reading->form->family != FAMILY_STATIC_NEEDS || reading->at[CAPTURE_SYMBOL] != NULL ||
        reading->at[CAPTURE_OBJECT] != NULL)
        return;
    for (size_t i = 0; i < sizeof names / sizeof *names && reading->at[CAPTURE_SYMBOL] == NULL; i++)
        if (strstr(reading->line.folded, names[i]) != NULL)
            reading->at[CAPTURE_SYMBOL] = arena_string(arena, names[i]);
}

/* Is the library a name that .NET makes of the one that the program gave: foo, libfoo, foo.so,
 * libfoo.so? */
static bool is_made_of(const char *given, const char *object)
{
    given = sign_last_part(given);
    object = sign_last_part(object);
    if (strncmp(object, given, strlen(given)) != 0 && strncmp(object, "lib", 3) == 0)
        object += 3;
    if (strncmp(object, given, strlen(given)) != 0)
        return false;
    object += strlen(given);
    return *object == 0 || strcmp(object, ".so") == 0;
}

/* Of such a name, which is no library that was linked to, the one that the program gave; NULL: it
 * is none. */
static const char *given_name(const struct reading *caller, const struct reading *reading)
{
    const char *object = reading->at[CAPTURE_OBJECT], *given = caller->at[CAPTURE_OBJECT];
    return caller->form->speaker == SPEAKER_DOTNET && given != NULL && object != NULL &&
                   families[caller->form->family].group == GROUP_NATIVE &&
                   families[reading->form->family].group == GROUP_MISSING &&
                   is_made_of(given, object)
               ? given
               : NULL;
}

static const char *given_on_line(const struct readings *line, const struct reading *reading)
{
    const char *given = NULL;
    for (size_t i = 0; i < line->count && given == NULL; i++)
        given = given_name(&line->at[i], reading);
    return given;
}

/* Is the library what the caller asked for: by its name, or as foo that is foo.so or libfoo.so? */
static bool is_asked_for(const char *given, const char *object)
{
    given = sign_last_part(given);
    object = sign_last_part(object);
    size_t length = strlen(given);
    if (strcmp(given, object) == 0)
        return true;
    if (strncmp(object, given, length) != 0 && strncmp(object, "lib", 3) == 0)
        object += 3;
    return strncmp(object, given, length) == 0 && strcmp(object + length, ".so") == 0;
}

/* Does a runtime tell of the library itself, not of one that needs it? Then it is named twice. */
static bool is_opened(const struct reading *caller, const struct reading *best)
{
    const char *given = caller->at[CAPTURE_OBJECT], *object = best->at[CAPTURE_OBJECT];
    if (families[caller->form->family].group != GROUP_NATIVE || given == NULL || object == NULL ||
        strcmp(sign_last_part(given), sign_last_part(object)) != 0)
        return false;
    const char *first = strstr(best->line.text, given);
    return first != NULL && strstr(first + strlen(given), given) != NULL;
}

/* Does one tell that it opens another library, by the name of its file? */
static bool opens_another(const struct reading *caller, const struct reading *best)
{
    const char *given = caller->at[CAPTURE_OBJECT], *object = best->at[CAPTURE_OBJECT];
    return families[caller->form->family].group == GROUP_NATIVE &&
           families[best->form->family].group == GROUP_MISSING && given != NULL && object != NULL &&
           strstr(given, ".so") != NULL && !is_asked_for(given, object);
}

/* PHP tries a module under its bare name and with one more .so, .NET a library under four names:
 * what they say of these tries tells nothing. What they say of the module itself tells less than
 * what is said of a library that it needs, or of a module that is there. */
enum told { TOLD_ALL, TOLD_MODULE, TOLD_NOTHING };

static enum told told_by(const struct readings *line, const struct reading *reading)
{
    const char *object = reading->at[CAPTURE_OBJECT];
    if (families[reading->form->family].group != GROUP_MISSING || object == NULL)
        return TOLD_ALL;
    const char *suffix = strstr(object, ".so");
    if (strstr(line->at[0].line.folded, php_tries) == NULL)
        return given_on_line(line, reading) != NULL ? TOLD_NOTHING : TOLD_ALL;
    if (suffix == NULL || strcmp(suffix, ".so.so") == 0)
        return TOLD_NOTHING;
    return object[0] == '/' ? TOLD_MODULE : TOLD_ALL;
}

/* The reading with texts of its own. */
static struct reading own_reading(const struct reading *reading, struct arena *arena)
{
    struct reading own = *reading;
    for (size_t i = 0; i < CAPTURES_KEPT; i++)
        own.at[i] = arena_string(arena, own.at[i]);
    own.line.text = arena_copy(arena, own.line.text, own.line.length);
    own.line.folded = arena_copy(arena, own.line.folded, own.line.length);
    own.line.shown = line_shown(&reading->line, arena);
    own.line.raw = NULL;
    return own;
}

/* The best of a line's readings, with what all of them tell. */
static void keep_best(struct scan *scan)
{
    const struct reading *best = NULL;
    unsigned groups = 0, callers = 0;
    enum told told = TOLD_ALL; /* by the best */
    for (size_t i = 0; i < scan->line.count; i++) {
        const struct reading *reading = &scan->line.at[i];
        unsigned group = families[reading->form->family].group;
        groups |= group;
        if (group == GROUP_NATIVE || reading->form->family == FAMILY_LISTING)
            callers |= 1u << reading->form->speaker;
        enum told tells = told_by(&scan->line, reading);
        if (best == NULL || tells < told || (tells == told && is_better(reading, best))) {
            best = reading;
            told = tells;
        }
    }
    if (best != NULL && scan->readings->count == KEPT_MOST)
        drop_lightest(scan);
    if (best == NULL || weight_of(best) < scan->lightest)
        return;
    struct reading *kept = vec_push(scan->readings);
    *kept = own_reading(best, scan->arena);
    take_program(kept, scan->arena);
    take_function(kept, scan->arena);
    for (size_t i = 0; i < scan->line.count; i++) {
        const struct reading *caller = &scan->line.at[i];
        kept->opened |= is_opened(caller, kept);
        kept->needed |= opens_another(caller, kept);
        if (kept->form->family == FAMILY_STATIC_NEEDS && !names_something(kept) &&
            families[caller->form->family].group == GROUP_NATIVE)
            kept->at[CAPTURE_OBJECT] = arena_string(scan->arena, caller->at[CAPTURE_OBJECT]);
    }
    kept->groups = groups;
    kept->callers = callers;
}

/* What PHP says of its second try: a form is found once a line. */
static void read_tries(struct scan *scan, const struct line *line, size_t number)
{
    static const char next[] = "), ";
    size_t first = scan->line.count;
    if (first == 0)
        return;
    const char *end = line->raw + line->raw_size;
    const char *at = memmem(line->raw, line->raw_size, php_tries, strlen(php_tries));
    if (at == NULL || (at = memmem(at, (size_t)(end - at), next, strlen(next))) == NULL)
        return;
    struct line rest;
    line_read(at, (size_t)(end - at), number, &scan->scratch, &rest);
    matcher_read(scan->matcher, &rest, &scan->scratch, &scan->line);
    for (size_t i = first; i < scan->line.count; i++)
        scan->line.at[i].line = *line;
}

static struct line look_at_one(struct scan *scan, const char *raw, size_t size, size_t number)
{
    struct line line;
    scan->line.count = 0;
    line_read(raw, size, number, &scan->scratch, &line);
    if (matcher_read(scan->matcher, &line, &scan->scratch, &scan->line)) {
        scan->line.count = 0;
        matcher_translate(scan->matcher, &line, &scan->scratch);
        matcher_read(scan->matcher, &line, &scan->scratch, &scan->line);
    }
    read_tries(scan, &line, number);
    keep_best(scan);
    return line;
}

/* Bytes up to the next newline, which in a text within a text is written as \n. */
static size_t part_length(const char *text, size_t size)
{
    const char *newline = memchr(text, '\n', size);
    size_t length = newline != NULL ? (size_t)(newline - text) : size;
    const char *escape = memmem(text, length, "\\n", 2);
    return escape != NULL ? (size_t)(escape - text) : length;
}

/* A line, and where it is the text of several, each of these. */
static void look_at(struct scan *scan, const char *raw, size_t size, size_t number)
{
    const struct line line = look_at_one(scan, raw, size, number);
    size_t at = part_length(line.raw, line.raw_size);
    if (at + 2 < line.raw_size && scan->line.count != 0)
        for (size_t begin = 0; begin < line.raw_size; begin = at + 1) {
            at = begin + part_length(line.raw + begin, line.raw_size - begin);
            if (at != begin)
                look_at_one(scan, line.raw + begin, at - begin, number);
            at += at < line.raw_size && line.raw[at] == '\\';
        }
    if (scan->scratch.total > SCRATCH_MOST)
        arena_free(&scan->scratch);
}

static size_t count_lines(const char *text, size_t size)
{
    size_t count = 0;
    const char *end = text + size;
    while ((text = memchr(text, '\n', (size_t)(end - text))) != NULL) {
        text++;
        count++;
    }
    return count;
}

/* Every line in which some form may stand. */
static void scan_lines(struct scan *scan, const char *text, size_t size)
{
    size_t at = 0, begin = 0, number = 1;
    while ((at = matcher_next(scan->matcher, text, size, at)) < size &&
           scan->arena->total < ARENA_MOST) {
        number += count_lines(text + begin, at - begin);
        const char *before = memrchr(text + begin, '\n', at - begin);
        size_t from = before != NULL ? (size_t)(before + 1 - text) : begin;
        size_t reach = size - at <= REACH ? size - at : REACH;
        const char *newline = memchr(text + at, '\n', reach);
        bool cut = newline == NULL && at + reach != size;
        size_t end = newline != NULL ? (size_t)(newline - text) : at + reach;
        if (at - from > REACH_BEFORE)
            from = at - REACH_BEFORE;
        look_at(scan, text + from, end - from, number);
        begin = at = cut ? end - REACH_BEFORE : end;
    }
}

/* Lines [begin, end) as one, with a blank or with none where they were broken. Where one begins
 * with a colon, a carriage return broke it: "python\r: No such file or directory". */
static void look_at_joined(struct scan *scan, const char *text, size_t size, bool blank,
                           size_t number)
{
    char *joined = must_alloc(size + WRAPPED_MOST);
    size_t length = 0;
    for (size_t i = 0; i < size; i++) {
        if (text[i] != '\n') {
            joined[length++] = text[i];
            continue;
        }
        i += line_lead(text + i + 1, size - i - 1);
        if (i + 1 < size && text[i + 1] == ':')
            joined[length++] = '\r';
        else if (blank)
            joined[length++] = ' ';
    }
    look_at(scan, joined, length, number);
    free(joined);
}

/* Bytes of the first `count` lines; 0: there are not so many. */
static size_t lines_size(const char *text, size_t size, size_t count)
{
    size_t end = 0;
    for (size_t i = 0; i < count; i++) {
        if (end >= size)
            return 0;
        const char *newline = memchr(text + end, '\n', size - end);
        end = newline != NULL ? (size_t)(newline - text) + 1 : size;
    }
    return end - (end > 0 && text[end - 1] == '\n');
}

/* What a terminal, a mail or a hand broke into several lines tells more as one. */
static void scan_unwrapped(struct scan *scan, const char *text, size_t size)
{
    if (size > UNWRAPPED_MOST)
        return;
    for (int blank = 1; blank >= 0; blank--)
        for (size_t count = 2; count <= WRAPPED_MOST; count++) {
            size_t at = 0, number = 1, length;
            while ((length = lines_size(text + at, size - at, count)) != 0) {
                look_at_joined(scan, text + at, length, blank, number++);
                at += lines_size(text + at, size - at, 1) + 1;
            }
        }
}

/* ---- which one ---- */

/* Of the versions that one library lacks the highest decides. */
static size_t highest_version(const struct readings *readings, size_t first)
{
    size_t best = first;
    for (size_t i = first; i < readings->count; i++) {
        const char *version = readings->at[i].at[CAPTURE_VERSION];
        const char *highest = readings->at[best].at[CAPTURE_VERSION];
        if (readings->at[i].form->family != FAMILY_VERSION_GONE || version == NULL)
            continue;
        size_t family = version_family(highest);
        if (family != 0 && version_family(version) == family &&
            strncmp(version, highest, family) == 0 &&
            version_compare(version + family, highest + family) > 0)
            best = i;
    }
    return best;
}

/* .NET tries a library under several names and in several places: the line about a library that
 * one of them needs tells more than those about the tries. */
static bool tells_more(const struct reading *a, const struct reading *b)
{
    if (weight_of(a) != weight_of(b))
        return weight_of(a) > weight_of(b);
    if (a->tried != b->tried)
        return b->tried;
    return a->at[CAPTURE_NEEDED_BY] != NULL && b->at[CAPTURE_NEEDED_BY] == NULL &&
           families[a->form->family].group == GROUP_MISSING &&
           families[b->form->family].group == GROUP_MISSING;
}

static bool is_told_by_dotnet(const struct readings *readings)
{
    for (size_t i = 0; i < readings->count; i++)
        if ((readings->at[i].callers & 1u << SPEAKER_DOTNET) != 0)
            return true;
    return false;
}

/* What it tells of its tries stands on the lines behind. */
static void find_tries(struct readings *readings)
{
    for (size_t i = 0; i < readings->count; i++)
        for (size_t k = i; k-- > 0 && !readings->at[i].tried;) {
            const struct reading *caller = &readings->at[k];
            const char *given = given_name(caller, &readings->at[i]);
            if (given == NULL || readings->at[i].line.number > caller->line.number + TRIES)
                continue;
            readings->at[i].at[CAPTURE_OBJECT] = given;
            readings->at[i].tried = true;
        }
}

static size_t choose(struct readings *readings)
{
    bool dotnet = is_told_by_dotnet(readings);
    if (dotnet)
        find_tries(readings);
    size_t best = readings->count;
    for (size_t i = 0; i < readings->count; i++)
        if (weight_of(&readings->at[i]) != 0 &&
            (best == readings->count ||
             weight_of(&readings->at[i]) > weight_of(&readings->at[best]) ||
             (dotnet && tells_more(&readings->at[i], &readings->at[best]))))
            best = i;
    if (best != readings->count && readings->at[best].form->family == FAMILY_VERSION_GONE &&
        readings->at[best].at[CAPTURE_VERSION] != NULL)
        return highest_version(readings, best);
    return best;
}

/* Ruby's ffi tries a library under the bare name first, and then under its whole one: what it says
 * of the second try tells what is missing. */
static bool has_whole_name(const struct reading *bare, const struct reading *other)
{
    const char *name = bare->at[CAPTURE_OBJECT];
    if (name == NULL)
        return false;
    for (const char *at = other->line.text; (at = strstr(at, "'lib")) != NULL; at += 4)
        if (strncmp(at + 4, name, strlen(name)) == 0)
            return true;
    return false;
}

/* The same said again, with the name of what it is about. */
static size_t more_telling(const struct readings *readings, size_t best)
{
    const struct reading *main = &readings->at[best];
    for (size_t i = best + 1; i < readings->count; i++) {
        const struct reading *other = &readings->at[i];
        if (other->line.number > main->line.number + NEAR)
            break;
        if (other->form->family == main->form->family &&
            (has_whole_name(main, other) || (!names_something(main) && names_something(other))))
            return i;
    }
    return best;
}

/* musl's loader lists all that a file lacks: some of it can be glibc's own. */
static bool is_of_glibc(const struct reading *reading)
{
    const char *object = reading->at[CAPTURE_OBJECT], *symbol = reading->at[CAPTURE_SYMBOL];
    if (reading->form->speaker != SPEAKER_MUSL)
        return false;
    return reading->form->family == FAMILY_MUSL_SYMBOL
               ? symbol != NULL && symbol_is_glibc_only(symbol)
               : object != NULL && soname_is_glibc_only(object);
}

static bool need_the_same(const struct reading *a, const struct reading *b)
{
    const char *one = a->at[CAPTURE_NEEDED_BY], *other = b->at[CAPTURE_NEEDED_BY];
    return one != NULL && other != NULL && strcmp(one, other) == 0;
}

/* Does a runtime tell on another line that it opens the very library? */
static bool is_opened_by(const struct reading *main, const struct reading *other)
{
    const char *object = main->at[CAPTURE_OBJECT], *given = other->at[CAPTURE_OBJECT];
    return families[other->form->family].group == GROUP_NATIVE && object != NULL && given != NULL &&
           is_asked_for(given, object);
}

/* A runtime that names no program, and a shell that was asked to start the same by its name. */
static void take_path(const struct reading *other, struct reading *main)
{
    if (families[main->form->family].group == GROUP_GONE && main->at[CAPTURE_PATH] == NULL &&
        families[other->form->family].group == GROUP_GONE)
        main->at[CAPTURE_PATH] = other->at[CAPTURE_PATH];
}

/* What lines around it tell of it: who called, and for which platform the image is. */
static void take_surroundings(const struct readings *readings, struct reading *main)
{
    for (size_t i = 0; i < readings->count; i++) {
        const struct reading *other = &readings->at[i];
        bool near = other->line.number + NEAR >= main->line.number &&
                    other->line.number <= main->line.number + NEAR;
        main->opened |= near && is_opened_by(main, other);
        if (near)
            take_path(other, main);
        main->beside_glibc |= is_of_glibc(other) && need_the_same(main, other);
        main->groups |= other->groups & (near ? ~0u : GROUP_PLATFORM);
        main->callers |= other->callers & (near ? ~0u : 1u << SPEAKER_LDD);
    }
}

/* Weight of the heaviest; 0: there is none. */
static unsigned heaviest(const struct readings *readings)
{
    unsigned most = 0;
    for (size_t i = 0; i < readings->count; i++)
        if (weight_of(&readings->at[i]) > most)
            most = weight_of(&readings->at[i]);
    return most;
}

size_t scan_text(struct matcher *matcher, const char *text, size_t size, struct arena *arena,
                 struct readings *readings)
{
    struct readings joined = {0};
    struct scan scan = {.matcher = matcher, .arena = arena, .readings = readings};
    if (size != 0)
        scan_lines(&scan, text, size);
    scan.readings = &joined;
    scan.lightest = heaviest(readings);
    if (size != 0)
        scan_unwrapped(&scan, text, size);
    for (size_t i = 0; i < joined.count; i++)
        *vec_push(readings) = joined.at[i];
    vec_free(&joined);
    vec_free(&scan.line);
    arena_free(&scan.scratch);
    size_t best = choose(readings);
    if (best != readings->count)
        best = more_telling(readings, best);
    if (best != readings->count)
        take_surroundings(readings, &readings->at[best]);
    return best;
}
