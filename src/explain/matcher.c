/* A form is cut into fixed parts and captures. Its longest fixed part without a quote is its
 * anchor: a line is looked at only where some anchor stands in it, which one pass over the text
 * tells by the hashes of four bytes. From the anchor the other parts are looked for outwards, each
 * at the nearest place: no part is tried twice. */
#include "explain/matcher.h"

#include <stdint.h>
#include <string.h>

enum {
    PIECES_MOST = 9,
    CAPTURE_LONGEST = 512,
    GRAM = 4,       /* bytes that are hashed */
    HASH_BITS = 13, /* of the filter */
    ANCHORS_MOST = 2048,
};

struct piece {
    enum capture capture; /* CAPTURE_NONE: fixed text */
    const char *text;     /* fixed, or what the capture begins with; not ended by NUL */
    size_t length;
};

struct pattern {
    struct piece pieces[PIECES_MOST];
    size_t count, anchor; /* anchor: index of a piece */
    size_t literal;
    size_t next; /* pattern with the same anchor + 1; 0: none */
};

struct anchor {
    const char *text;
    size_t length;
    const char *english; /* what it is a translation of; NULL: it is none */
    size_t first;        /* pattern + 1; 0: none */
    size_t next;         /* anchor of the same bucket + 1; 0: none */
};

struct matcher {
    struct pattern *patterns; /* form_count */
    struct anchor anchors[ANCHORS_MOST];
    size_t anchor_count;
    unsigned char filter[(1 << HASH_BITS) / 8]; /* bits */
    uint16_t buckets[1 << HASH_BITS];           /* anchor + 1 */
    unsigned char fold[256];
};

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* ---- forms made ready ---- */

static void add_piece(struct pattern *pattern, enum capture capture, const char *text,
                      size_t length)
{
    if (pattern->count < PIECES_MOST && (capture != CAPTURE_NONE || length != 0))
        pattern->pieces[pattern->count++] = (struct piece){capture, text, length};
}

/* A capture, and what must be at an end of it. Its length in the form; 0: braces that are meant as
 * they stand. */
static size_t read_capture(const char *text, struct piece *piece)
{
    size_t length = *text == '{' ? strcspn(text, "}") : 0;
    if (length == 0 || text[length] != '}')
        return 0;
    size_t name = strcspn(text + 1, ":}");
    piece->capture = capture_by_name(text + 1, name);
    if (piece->capture == CAPTURE_NONE)
        return 0;
    piece->text = text + 1 + name + (text[1 + name] == ':');
    piece->length = (size_t)(text + length - piece->text);
    return length + 1;
}

static void cut_form(const char *text, struct pattern *pattern)
{
    const char *begin = text;
    while (*text != 0) {
        struct piece piece;
        size_t length = read_capture(text, &piece);
        if (length == 0) {
            text++;
            continue;
        }
        add_piece(pattern, CAPTURE_NONE, begin, (size_t)(text - begin));
        add_piece(pattern, piece.capture, piece.text, piece.length);
        text += length;
        begin = text;
    }
    add_piece(pattern, CAPTURE_NONE, begin, (size_t)(text - begin));
}

/* The longest run without quotes and braces of a fixed part: these may be written otherwise in
 * the raw text. */
static struct piece anchor_of(const struct piece *piece)
{
    struct piece best = {CAPTURE_NONE, piece->text, 0};
    size_t begin = 0;
    for (size_t i = 0; i <= piece->length; i++) {
        if (i < piece->length && strchr("'\\^\n", piece->text[i]) == NULL)
            continue;
        if (i - begin > best.length)
            best = (struct piece){CAPTURE_NONE, piece->text + begin, i - begin};
        begin = i + 1;
    }
    return best;
}

static uint32_t hash_of(uint32_t gram)
{
    return (gram * 2654435761u) >> (32 - HASH_BITS);
}

static uint32_t gram_of(const struct matcher *matcher, const char *text)
{
    uint32_t gram = 0;
    for (int i = 0; i < GRAM; i++)
        gram = gram << 8 | matcher->fold[(unsigned char)text[i]];
    return gram;
}

static size_t add_anchor(struct matcher *matcher, const struct piece *piece)
{
    for (size_t i = 0; i < matcher->anchor_count; i++)
        if (matcher->anchors[i].length == piece->length &&
            memcmp(matcher->anchors[i].text, piece->text, piece->length) == 0)
            return i;
    uint32_t hash = hash_of(gram_of(matcher, piece->text));
    matcher->anchors[matcher->anchor_count++] =
        (struct anchor){piece->text, piece->length, NULL, 0, matcher->buckets[hash]};
    matcher->buckets[hash] = (uint16_t)matcher->anchor_count;
    matcher->filter[hash / 8] |= (unsigned char)(1u << (hash % 8));
    return matcher->anchor_count - 1;
}

static void make_pattern(struct matcher *matcher, size_t index)
{
    struct pattern *pattern = &matcher->patterns[index];
    struct piece best = {CAPTURE_NONE, NULL, 0};
    cut_form(forms[index].text, pattern);
    for (size_t i = 0; i < pattern->count; i++) {
        if (pattern->pieces[i].capture != CAPTURE_NONE)
            continue;
        struct piece anchor = anchor_of(&pattern->pieces[i]);
        pattern->literal += pattern->pieces[i].length;
        if (anchor.length > best.length) {
            best = anchor;
            pattern->anchor = i;
        }
    }
    if (best.length < GRAM || matcher->anchor_count == ANCHORS_MOST)
        return; /* a form that no line can be found by: a test sees to it that there is none */
    struct anchor *anchor = &matcher->anchors[add_anchor(matcher, &best)];
    pattern->next = anchor->first;
    anchor->first = index + 1;
}

/* The texts stand in the rows: pointers to them would all be relocated at each start. */
enum { THERE_SIZE = 160, ENGLISH_SIZE = 48 };
#define TRANSLATION(there, english)                                                                \
    _Static_assert(sizeof there <= THERE_SIZE && sizeof english <= ENGLISH_SIZE, "a longer row");
#include "translations.def"
#undef TRANSLATION

static const struct {
    char there[THERE_SIZE], english[ENGLISH_SIZE];
} translations[] = {
#define TRANSLATION(there, english) {there, english},
#include "translations.def"
#undef TRANSLATION
};

static void add_translations(struct matcher *matcher)
{
    for (size_t i = 0; i < sizeof translations / sizeof *translations; i++) {
        const char *there = translations[i].there;
        const struct piece piece = {CAPTURE_NONE, there, strlen(there)};
        if (matcher->anchor_count < ANCHORS_MOST)
            matcher->anchors[add_anchor(matcher, &piece)].english = translations[i].english;
    }
}

struct matcher *matcher_new(void)
{
    struct matcher *matcher = must_alloc(sizeof *matcher);
    memset(matcher, 0, sizeof *matcher);
    matcher->patterns = must_alloc(form_count * sizeof *matcher->patterns);
    memset(matcher->patterns, 0, form_count * sizeof *matcher->patterns);
    for (int c = 0; c < 256; c++)
        matcher->fold[c] = (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    for (size_t i = 0; i < form_count; i++)
        make_pattern(matcher, i);
    add_translations(matcher);
    return matcher;
}

void matcher_free(struct matcher *matcher)
{
    free(matcher->patterns);
    free(matcher);
}

/* ---- anchors in a text ---- */

static bool same_folded(const struct matcher *matcher, const char *text, const char *folded,
                        size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (matcher->fold[(unsigned char)text[i]] != (unsigned char)folded[i])
            return false;
    return true;
}

/* Anchor + 1 that stands at `text`, behind anchor + 1 `after` of the same hash; 0: none. */
static size_t anchor_at(const struct matcher *matcher, const char *text, size_t size, uint32_t hash,
                        size_t after)
{
    size_t at = after != 0 ? matcher->anchors[after - 1].next : matcher->buckets[hash];
    for (; at != 0; at = matcher->anchors[at - 1].next) {
        const struct anchor *anchor = &matcher->anchors[at - 1];
        if (anchor->length <= size && same_folded(matcher, text, anchor->text, anchor->length))
            return at;
    }
    return 0;
}

size_t matcher_next(const struct matcher *matcher, const char *text, size_t size, size_t from)
{
    if (size < GRAM || from > size - GRAM)
        return size;
    uint32_t gram = gram_of(matcher, text + from);
    for (;; from++) {
        uint32_t hash = hash_of(gram);
        if ((matcher->filter[hash / 8] >> (hash % 8) & 1) != 0 &&
            anchor_at(matcher, text + from, size - from, hash, 0) != 0)
            return from;
        if (from + GRAM >= size)
            return size;
        gram = gram << 8 | matcher->fold[(unsigned char)text[from + GRAM]];
    }
}

/* The longest translation that stands at `text`; NULL: none. */
static const struct anchor *translation_at(const struct matcher *matcher, const char *text,
                                           size_t size)
{
    const struct anchor *longest = NULL;
    if (size < GRAM)
        return NULL;
    uint32_t hash = hash_of(gram_of(matcher, text));
    if ((matcher->filter[hash / 8] >> (hash % 8) & 1) == 0)
        return NULL;
    for (size_t at = 0; (at = anchor_at(matcher, text, size, hash, at)) != 0;) {
        const struct anchor *anchor = &matcher->anchors[at - 1];
        if (anchor->english != NULL && (longest == NULL || anchor->length > longest->length))
            longest = anchor;
    }
    return longest;
}

void matcher_translate(const struct matcher *matcher, struct line *line, struct arena *arena)
{
    char *text = NULL, *folded = NULL;
    size_t length = 0, room = 0;
    for (size_t at = 0; at < line->length;) {
        const struct anchor *found = translation_at(matcher, line->folded + at, line->length - at);
        if (found != NULL && text == NULL) { /* English is at most so much longer */
            room = 4 * line->length + 64;
            text = arena_alloc(arena, room);
            folded = arena_alloc(arena, room);
            memcpy(text, line->text, length = at);
            memcpy(folded, line->folded, at);
        }
        size_t size = found != NULL ? strlen(found->english) : 1;
        if (text != NULL && length + size + 1 < room) {
            memcpy(text + length, found != NULL ? found->english : line->text + at, size);
            memcpy(folded + length, found != NULL ? found->english : line->folded + at, size);
            length += size;
        }
        at += found != NULL ? found->length : 1;
    }
    if (text == NULL)
        return;
    line->text = text;
    line->folded = folded;
    line->length = length;
}

/* ---- one form in one line ---- */

/* A piece of the line, [begin, end). */
struct stretch {
    size_t begin, end;
};

struct fitting {
    const struct line *line;
    const struct pattern *pattern;
    struct stretch at[PIECES_MOST];
};

static const char *find(const char *text, size_t size, const struct piece *piece)
{
    return memmem(text, size, piece->text, piece->length);
}

static bool is_quote_beside(const struct fitting *fitting, size_t piece)
{
    const char *text = fitting->line->text;
    const struct stretch *at = &fitting->at[piece];
    return at->begin > 0 && text[at->begin - 1] == '\'' && at->end < fitting->line->length &&
           text[at->end] == '\'';
}

/* "{object:#!}" begins with #!, "{object:*.node}" ends in .node. */
static bool is_as_told(const struct piece *piece, const char *text, size_t length)
{
    if (piece->length == 0)
        return true;
    bool end = piece->text[0] == '*';
    const char *part = piece->text + end;
    size_t own = piece->length - end;
    return length >= own && memcmp(end ? text + length - own : text, part, own) == 0;
}

/* May the capture be what stands there? */
static bool is_fit(const struct fitting *fitting, size_t piece)
{
    const struct piece *own = &fitting->pattern->pieces[piece];
    const struct stretch *at = &fitting->at[piece];
    const char *text = fitting->line->text + at->begin;
    size_t length = at->end - at->begin;
    if (own->capture == CAPTURE_ANY)
        return length <= CAPTURE_LONGEST;
    if (length == 0 || length > CAPTURE_LONGEST || !is_as_told(own, text, length))
        return false;
    if (text[0] == '{') /* the source of a message, as a traceback shows it */
        return false;
    bool quoted = is_quote_beside(fitting, piece);
    for (size_t i = 0; i < length; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        if ((own->capture == CAPTURE_NUMBER || own->capture == CAPTURE_STATUS) && !digit)
            return false;
        if (text[i] == '\'' || (text[i] == ' ' && !quoted && own->capture != CAPTURE_ERROR))
            return false;
    }
    return true;
}

/* A capture at the end of a form ends where the word does. */
static size_t word_end(const struct line *line, size_t begin, enum capture capture)
{
    static const char breaks[] = " '\",;)]}>\n";
    size_t end = begin;
    if (capture == CAPTURE_ANY || capture == CAPTURE_ERROR)
        return line->length - 1; /* its newline */
    bool number = capture == CAPTURE_NUMBER || capture == CAPTURE_STATUS;
    while (end < line->length && strchr(breaks, line->text[end]) == NULL &&
           (!number || (line->text[end] >= '0' && line->text[end] <= '9')))
        end++;
    while (end > begin && (line->text[end - 1] == '.' || line->text[end - 1] == ':'))
        end--;
    return end;
}

/* One at the beginning begins where the word does. */
static size_t word_begin(const struct line *line, size_t end, enum capture capture)
{
    static const char breaks[] = " '\",;([{<=|";
    size_t begin = end;
    if (capture == CAPTURE_ANY)
        return 0;
    while (begin > 0 && strchr(breaks, line->text[begin - 1]) == NULL)
        begin--;
    return begin;
}

static bool fit_right(struct fitting *fitting)
{
    const struct pattern *pattern = fitting->pattern;
    const struct line *line = fitting->line;
    for (size_t i = pattern->anchor + 1; i < pattern->count; i += 2) {
        size_t begin = fitting->at[i - 1].end;
        fitting->at[i].begin = begin;
        if (i + 1 == pattern->count) {
            fitting->at[i].end = word_end(line, begin, pattern->pieces[i].capture);
            return is_fit(fitting, i);
        }
        const char *next =
            find(line->folded + begin, line->length - begin, &pattern->pieces[i + 1]);
        if (next == NULL)
            return false;
        fitting->at[i].end = fitting->at[i + 1].begin = (size_t)(next - line->folded);
        fitting->at[i + 1].end = fitting->at[i + 1].begin + pattern->pieces[i + 1].length;
        if (!is_fit(fitting, i))
            return false;
    }
    return true;
}

/* The last place before `end` where `piece` stands whole; false: none. */
static bool find_last(const struct line *line, size_t end, const struct piece *piece, size_t *at)
{
    if (end < piece->length)
        return false;
    for (size_t i = end - piece->length + 1; i-- > 0;)
        if (memcmp(line->folded + i, piece->text, piece->length) == 0) {
            *at = i;
            return true;
        }
    return false;
}

static bool fit_left(struct fitting *fitting)
{
    const struct pattern *pattern = fitting->pattern;
    const struct line *line = fitting->line;
    for (size_t i = pattern->anchor; i > 0; i -= 2) {
        size_t begin;
        fitting->at[i - 1].end = fitting->at[i].begin;
        if (i == 1) {
            fitting->at[0].begin = word_begin(line, fitting->at[0].end, pattern->pieces[0].capture);
            return is_fit(fitting, 0);
        }
        if (!find_last(line, fitting->at[i].begin, &pattern->pieces[i - 2], &begin))
            return false;
        fitting->at[i - 2] = (struct stretch){begin, begin + pattern->pieces[i - 2].length};
        fitting->at[i - 1].begin = fitting->at[i - 2].end;
        if (!is_fit(fitting, i - 1))
            return false;
    }
    return true;
}

/* A form that begins or ends in a letter does not stand inside of a word. */
static bool stands_alone(const struct fitting *fitting)
{
    const struct line *line = fitting->line;
    size_t begin = fitting->at[0].begin, end = fitting->at[fitting->pattern->count - 1].end;
    return !(begin > 0 && is_alnum(line->text[begin]) && is_alnum(line->text[begin - 1])) &&
           !(end < line->length && is_alnum(line->text[end - 1]) && is_alnum(line->text[end]) &&
             (line->text[end] < 'A' || line->text[end] > 'Z')); /* "errorFATA[0000]" */
}

static bool fit(struct fitting *fitting)
{
    const struct pattern *pattern = fitting->pattern;
    const struct line *line = fitting->line;
    const struct piece *anchor = &pattern->pieces[pattern->anchor];
    for (size_t from = 0; from < line->length;) {
        const char *place = find(line->folded + from, line->length - from, anchor);
        if (place == NULL)
            return false;
        size_t begin = (size_t)(place - line->folded);
        fitting->at[pattern->anchor] = (struct stretch){begin, begin + anchor->length};
        if (fit_left(fitting) && fit_right(fitting) && stands_alone(fitting))
            return true;
        from = begin + anchor->length;
    }
    return false;
}

static void add_reading(const struct fitting *fitting, const struct form *form, struct arena *arena,
                        struct readings *readings)
{
    struct reading *reading = vec_push(readings);
    *reading = (struct reading){
        .form = form, .line = *fitting->line, .literal = fitting->pattern->literal};
    for (size_t i = 0; i < fitting->pattern->count; i++) {
        enum capture capture = fitting->pattern->pieces[i].capture;
        const struct stretch *at = &fitting->at[i];
        size_t end = at->end;
        while (end > at->begin && fitting->line->text[end - 1] == ':')
            end--;
        if (capture < CAPTURES_KEPT)
            reading->at[capture] =
                arena_copy(arena, fitting->line->text + at->begin, end - at->begin);
    }
}

void matcher_read(const struct matcher *matcher, const struct line *line, struct arena *arena,
                  struct readings *readings)
{
    unsigned char seen[ANCHORS_MOST] = {0};
    if (line->length < GRAM)
        return;
    for (size_t from = 0; from + GRAM <= line->length; from++) {
        uint32_t hash = hash_of(gram_of(matcher, line->folded + from));
        if ((matcher->filter[hash / 8] >> (hash % 8) & 1) == 0)
            continue;
        size_t at = 0;
        while ((at = anchor_at(matcher, line->folded + from, line->length - from, hash, at)) != 0) {
            if (seen[at - 1])
                continue;
            seen[at - 1] = 1;
            for (size_t i = matcher->anchors[at - 1].first; i != 0;
                 i = matcher->patterns[i - 1].next) {
                struct fitting fitting = {.line = line, .pattern = &matcher->patterns[i - 1]};
                if (fit(&fitting))
                    add_reading(&fitting, &forms[i - 1], arena, readings);
            }
        }
    }
}
