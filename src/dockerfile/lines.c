#include "dockerfile/lines.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "base/utf8.h"

/* bufio.MaxScanTokenSize of Go: what BuildKit takes for one line, its end included */
enum { LONGEST_LINE = 64 * 1024 };

/* A line of the file. */
struct physical {
    size_t begin, end; /* without CR and LF */
    size_t next;       /* of the line behind it */
};

static const char *bytes_at(const struct dockerfile *file, size_t offset)
{
    return (const char *)file->text.data + offset;
}

/* ---- white space ---- */

size_t space_length(const char *text)
{
    uint32_t character = 0;
    if (*text == '\0')
        return 0;
    size_t length = utf8_next(text, &character);
    bool space = (character >= '\t' && character <= '\r') || character == ' ' ||
                 character == 0x85 || character == 0xA0 || character == 0x1680 ||
                 (character >= 0x2000 && character <= 0x200A) || character == 0x2028 ||
                 character == 0x2029 || character == 0x202F || character == 0x205F ||
                 character == 0x3000;
    return space ? length : 0;
}

struct slice slice_trim(struct slice slice)
{
    const char *text = slice.line->text;
    size_t length;
    while (slice.begin < slice.end && (length = space_length(text + slice.begin)) != 0)
        slice.begin += length;
    /* the longest space has three bytes */
    for (bool again = true; again && slice.end > slice.begin;) {
        again = false;
        for (size_t size = 1; size <= 3 && size <= slice.end - slice.begin; size++) {
            if (space_length(text + slice.end - size) != size)
                continue;
            slice.end -= size;
            again = true;
            break;
        }
    }
    return slice;
}

const char *slice_text(struct dockerfile *file, struct slice slice)
{
    return arena_copy(&file->arena, slice.line->text + slice.begin, slice.end - slice.begin);
}

/* ---- places ---- */

static const struct piece *piece_at(const struct logical_line *line, size_t at)
{
    size_t low = 0, high = line->piece_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (line->pieces[middle].at <= at)
            low = middle;
        else
            high = middle;
    }
    return &line->pieces[low];
}

/* How many characters begin in a part of the file; each byte that is in none counts, too. */
static size_t characters(const struct dockerfile *file, size_t begin, size_t end)
{
    size_t count = 0;
    for (; begin < end; begin++)
        count += (file->text.data[begin] & 0xC0) != 0x80;
    return count;
}

/* The column of `offset` in a line that begins at `begin`, counted from the last
 * place that was asked for. */
static size_t column_of(const struct dockerfile *file, const struct logical_line *line,
                        size_t begin, size_t offset)
{
    size_t from = begin, column = 1;
    if (line->counted->from >= begin && line->counted->from <= offset) {
        from = line->counted->from;
        column = line->counted->column;
    }
    column += characters(file, from, offset);
    line->counted->from = offset;
    line->counted->column = column;
    return column;
}

size_t slice_offset(struct slice slice)
{
    const struct piece *piece = piece_at(slice.line, slice.begin);
    return piece->from + (slice.begin - piece->at);
}

struct text_place slice_place(const struct dockerfile *file, struct slice slice)
{
    const struct piece *piece = piece_at(slice.line, slice.begin);
    size_t offset = slice_offset(slice);
    return (struct text_place){piece->line, column_of(file, slice.line, piece->line_begin, offset)};
}

struct text_range slice_range(const struct dockerfile *file, struct slice slice)
{
    struct text_range range = {slice_place(file, slice), {0, 0}};
    range.end = range.begin;
    if (slice.end == slice.begin)
        return range;
    const struct piece *piece = piece_at(slice.line, slice.end - 1);
    size_t offset = piece->from + (slice.end - piece->at);
    range.end =
        (struct text_place){piece->line, column_of(file, slice.line, piece->line_begin, offset)};
    return range;
}

/* ---- lines of the file ---- */

/* The next line; TAKEN_ERROR: it is longer than BuildKit takes. */
static enum taken take_physical(struct lines *lines, struct physical *line, struct err *err)
{
    const struct span text = lines->file->text;
    if (lines->at >= text.size)
        return TAKEN_END;
    line->begin = lines->at;
    size_t left = text.size - lines->at;
    const unsigned char *start = text.data + lines->at;
    const unsigned char *newline = memchr(start, '\n', left < LONGEST_LINE ? left : LONGEST_LINE);
    lines->number++;
    if (newline == NULL && left >= LONGEST_LINE) {
        dockerfile_fail(lines->file, (struct text_place){lines->number, 1}, err,
                        "dockerfile line greater than max allowed size of %d", LONGEST_LINE - 1);
        return TAKEN_ERROR;
    }
    line->next = newline != NULL ? (size_t)(newline - text.data) + 1 : text.size;
    line->end = line->next;
    while (line->end > line->begin &&
           (text.data[line->end - 1] == '\n' || text.data[line->end - 1] == '\r'))
        line->end--;
    lines->at = line->next;
    if (line->begin == 0 && line->end >= 3 && memcmp(text.data, "\xEF\xBB\xBF", 3) == 0)
        line->begin = 3;
    return TAKEN_LINE;
}

/* The offset of the first character that is no white space; the line's end where there is none. */
static size_t skip_space(const struct dockerfile *file, const struct physical *line)
{
    size_t at = line->begin, length;
    while (at < line->end && (length = space_length(bytes_at(file, at))) != 0)
        at += length;
    return at < line->end ? at : line->end;
}

static bool is_comment(const struct dockerfile *file, const struct physical *line)
{
    size_t at = skip_space(file, line);
    return at < line->end && file->text.data[at] == '#';
}

/* Where the escape that continues the line stands; the line's end where it does not go on. One
 * that another stands before is a character. */
static size_t continuation(const struct dockerfile *file, size_t begin, size_t end)
{
    const unsigned char *data = file->text.data;
    size_t at = end;
    while (at > begin && (data[at - 1] == ' ' || data[at - 1] == '\t'))
        at--;
    if (at == begin || data[at - 1] != (unsigned char)file->escape)
        return end;
    if (at - begin >= 2 && data[at - 2] == (unsigned char)file->escape)
        return end;
    return at - 1;
}

/* ---- parser directives ---- */

static bool is_letter(unsigned char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static bool is_blank(unsigned char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\f' || byte == '\r' || byte == '\n';
}

/* `# name = value` from `at` behind the `#`; false: it is none. */
static bool split_directive(const struct dockerfile *file, const struct physical *line, size_t at,
                            struct slice *name, struct slice *value)
{
    const unsigned char *data = file->text.data;
    struct physical rest = {at, line->end, 0};
    at = skip_space(file, &rest);
    name->begin = at;
    if (at == line->end || !is_letter(data[at]))
        return false;
    while (at < line->end && (is_letter(data[at]) || (data[at] >= '0' && data[at] <= '9')))
        at++;
    name->end = at;
    while (at < line->end && is_blank(data[at]))
        at++;
    if (at == line->end || data[at] != '=')
        return false;
    for (at++; at < line->end && is_blank(data[at]);)
        at++;
    value->begin = at;
    value->end = line->end;
    while (value->end > at && is_blank(data[value->end - 1]))
        value->end--;
    return value->end > at;
}

static struct text_place place_in(const struct dockerfile *file, const struct lines *lines,
                                  size_t begin, size_t offset)
{
    return (struct text_place){lines->number, 1 + characters(file, begin, offset)};
}

static bool set_escape(struct dockerfile *file, const char *value, struct text_place place,
                       struct err *err)
{
    if (strcmp(value, "\\") != 0 && strcmp(value, "`") != 0)
        return dockerfile_fail(file, place, err, "invalid escape token '%s' does not match ` or \\",
                               value);
    file->escape = *value;
    return true;
}

/* A line of comment at the top of the file may be a directive; anything else ends them. */
static bool take_directive(struct lines *lines, const struct physical *line, struct err *err)
{
    static const char *const names[] = {"syntax", "escape", "check"};
    struct dockerfile *file = lines->file;
    struct slice name, value;
    size_t hash = skip_space(file, line);
    lines->directives_over = lines->directives_over || hash == line->end ||
                             file->text.data[hash] != '#' ||
                             !split_directive(file, line, hash + 1, &name, &value);
    if (lines->directives_over)
        return true;
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        size_t length = name.end - name.begin;
        if (strlen(names[i]) != length ||
            strncasecmp(names[i], bytes_at(file, name.begin), length) != 0)
            continue;
        struct text_place place = place_in(file, lines, line->begin, name.begin);
        if ((lines->seen & 1u << i) != 0)
            return dockerfile_fail(file, place, err, "only one %s parser directive can be used",
                                   names[i]);
        lines->seen |= 1u << i;
        struct directive directive = {
            names[i],
            arena_copy(&file->arena, bytes_at(file, value.begin), value.end - value.begin),
            {place, place_in(file, lines, line->begin, value.end)},
        };
        *vec_push(&lines->directives) = directive;
        if (strcmp(names[i], "escape") != 0)
            return true;
        return set_escape(file, directive.value, place_in(file, lines, line->begin, value.begin),
                          err);
    }
    lines->directives_over = true;
    return true;
}

/* ---- instructions ---- */

struct parts {
    struct text text;
    struct VEC(struct piece) pieces;
    struct VEC(const char *) comments;
};

static void add_piece(const struct lines *lines, struct parts *parts, const struct physical *line,
                      size_t begin, size_t end)
{
    *vec_push(&parts->pieces) =
        (struct piece){parts->text.count, begin, line->begin, lines->number};
    text_add(&parts->text, bytes_at(lines->file, begin), end - begin);
}

/* An empty comment parts those above it from the instruction. */
static void add_comment(const struct lines *lines, struct parts *parts, const struct physical *line)
{
    struct physical rest = *line;
    rest.begin = skip_space(lines->file, line) + 1;
    size_t begin = skip_space(lines->file, &rest), end = line->end;
    while (end > begin && is_blank((unsigned char)*bytes_at(lines->file, end - 1)))
        end--;
    if (end == begin)
        parts->comments.count = 0;
    else
        *vec_push(&parts->comments) =
            arena_copy(&lines->file->arena, bytes_at(lines->file, begin), end - begin);
}

/* The lines that a continued one goes on with. Comments and empty lines among them say nothing. */
static enum taken take_continued(struct lines *lines, struct parts *parts, size_t *end,
                                 struct err *err)
{
    struct dockerfile *file = lines->file;
    size_t empty = 0;
    for (bool goes_on = true; goes_on;) {
        struct physical line;
        enum taken taken = take_physical(lines, &line, err);
        if (taken == TAKEN_ERROR)
            return taken;
        if (taken == TAKEN_END)
            break;
        if (is_comment(file, &line))
            continue;
        if (skip_space(file, &line) == line.end) {
            empty = empty == 0 ? lines->number : empty;
            continue;
        }
        size_t stop = continuation(file, line.begin, line.end);
        goes_on = stop != line.end;
        add_piece(lines, parts, &line, line.begin, stop);
        *end = line.end;
    }
    if (empty != 0)
        *vec_push(&lines->warnings) = (struct dockerfile_warning){
            "an empty line inside of a continued instruction", {empty, 1}};
    return TAKEN_LINE;
}

/* Hand the parts over to the arena. */
static bool finish_line(struct lines *lines, const struct parts *parts, size_t end,
                        struct logical_line *line, struct err *err)
{
    struct arena *arena = &lines->file->arena;
    *line = (struct logical_line){
        .text = text_keep(&parts->text, arena),
        .size = parts->text.count,
        .pieces = arena_array(arena, parts->pieces.count, sizeof *line->pieces),
        .piece_count = parts->pieces.count,
        .last = lines->number,
        .end = end,
        .comments = arena_array(arena, parts->comments.count, sizeof *line->comments),
        .comment_count = parts->comments.count,
        .counted = arena_alloc(arena, sizeof *line->counted),
    };
    line->counted->from = SIZE_MAX; /* nothing yet */
    memcpy(line->pieces, parts->pieces.at, parts->pieces.count * sizeof *line->pieces);
    for (size_t i = 0; i < parts->comments.count; i++)
        line->comments[i] = parts->comments.at[i];
    size_t length = strlen(line->text);
    if (length == line->size)
        return true;
    struct slice nul = {line, length, length};
    return dockerfile_fail(lines->file, slice_place(lines->file, nul), err,
                           "a NUL byte in an instruction: a Dockerfile is text in UTF-8");
}

/* One line that is no comment and not empty, with those that continue it. */
static enum taken take_instruction(struct lines *lines, struct parts *parts,
                                   const struct physical *first, struct logical_line *line,
                                   struct err *err)
{
    size_t begin = skip_space(lines->file, first), end = first->end;
    size_t stop = continuation(lines->file, begin, first->end);
    add_piece(lines, parts, first, begin, stop);
    if (stop != first->end && take_continued(lines, parts, &end, err) == TAKEN_ERROR)
        return TAKEN_ERROR;
    return finish_line(lines, parts, end, line, err) ? TAKEN_LINE : TAKEN_ERROR;
}

enum taken lines_take(struct lines *lines, struct logical_line *line, struct err *err)
{
    struct parts parts = {0};
    enum taken taken;
    for (;;) {
        struct physical physical;
        taken = take_physical(lines, &physical, err);
        if (taken != TAKEN_LINE)
            break;
        size_t directives = lines->directives.count;
        if (!take_directive(lines, &physical, err)) {
            taken = TAKEN_ERROR;
            break;
        }
        if (is_comment(lines->file, &physical)) {
            if (lines->directives.count == directives)
                add_comment(lines, &parts, &physical);
            continue;
        }
        if (skip_space(lines->file, &physical) == physical.end)
            continue;
        taken = take_instruction(lines, &parts, &physical, line, err);
        break;
    }
    vec_free(&parts.text);
    vec_free(&parts.pieces);
    vec_free(&parts.comments);
    return taken;
}

struct text_place lines_begin(const struct lines *lines, const struct logical_line *line)
{
    const struct piece *piece = &line->pieces[0];
    return (struct text_place){piece->line,
                               1 + characters(lines->file, piece->line_begin, piece->from)};
}

struct text_place lines_end(const struct lines *lines, const struct logical_line *line)
{
    const struct piece *piece = &line->pieces[line->piece_count - 1];
    size_t end = line->end;
    return (struct text_place){piece->line, 1 + characters(lines->file, piece->line_begin, end)};
}

struct span lines_source(const struct lines *lines, const struct logical_line *line, bool heredocs)
{
    const unsigned char *data = lines->file->text.data;
    size_t begin = line->pieces[0].from, end = heredocs ? lines->at : line->end;
    while (end > begin && (data[end - 1] == '\n' || data[end - 1] == '\r'))
        end--;
    return (struct span){data + begin, end - begin};
}

/* ---- heredocs ---- */

bool lines_take_heredoc(struct lines *lines, struct slice word, struct heredoc *heredoc,
                        struct err *err)
{
    struct dockerfile *file = lines->file;
    size_t length = strlen(heredoc->name);
    size_t first = lines->number + 1, begin = lines->at;
    for (;;) {
        struct physical line;
        enum taken taken = take_physical(lines, &line, err);
        if (taken == TAKEN_ERROR)
            return false;
        if (taken == TAKEN_END)
            return dockerfile_fail(file, slice_place(file, word), err,
                                   "unterminated heredoc: no line is \"%s\"", heredoc->name);
        size_t at = line.begin;
        while (heredoc->chomp && at < line.end && file->text.data[at] == '\t')
            at++;
        if (line.end - at != length || memcmp(bytes_at(file, at), heredoc->name, length) != 0)
            continue;
        heredoc->content = (struct span){file->text.data + begin, line.begin - begin};
        heredoc->range =
            (struct text_range){{first, 1}, place_in(file, lines, line.begin, line.end)};
        return true;
    }
}

void lines_free(struct lines *lines)
{
    vec_free(&lines->directives);
    vec_free(&lines->warnings);
}
