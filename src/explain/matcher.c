/* A line is looked at only where the anchor of some form stands in it, which one pass over the text
 * tells by the hashes of four bytes: of each anchor those that it shares with the fewest others. */
#include "explain/matcher.h"

#include <stdint.h>
#include <string.h>

#include "explain/fit.h"
#include "explain/pattern.h"

enum {
    GRAM = 4,       /* bytes that are hashed */
    HASH_BITS = 15, /* of the filter */
    ANCHORS_MOST = 4096,
    PATTERNS_MOST = 4096,
    TRIES_MOST = 16, /* places of a line at which a pattern is tried */
};

struct anchor {
    const char *text;
    size_t length, gram; /* offset of the bytes that are hashed */
    const char *english; /* what it is a translation of; NULL: it is none */
    size_t first;        /* pattern + 1; 0: none */
    size_t next;         /* anchor of the same bucket + 1; 0: none */
};

struct matcher {
    struct arena arena; /* texts of patterns */
    struct patterns patterns;
    struct anchor anchors[ANCHORS_MOST];
    size_t anchor_count;
    unsigned char filter[(1 << HASH_BITS) / 8]; /* bits */
    uint16_t buckets[1 << HASH_BITS];           /* anchor + 1 */
    unsigned char fold[256];
};

/* ---- anchors made ready ---- */

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

/* May bytes of this hash be an anchor's? */
static bool is_hashed(const struct matcher *matcher, uint32_t hash)
{
    return (matcher->filter[hash / 8] >> (hash % 8) & 1) != 0;
}

static size_t bucket_size(const struct matcher *matcher, uint32_t hash)
{
    size_t size = 0;
    for (size_t i = matcher->buckets[hash]; i != 0; i = matcher->anchors[i - 1].next)
        size++;
    return size;
}

/* The offset of the bytes that the fewest anchors have. */
static size_t rarest_gram(const struct matcher *matcher, const struct piece *piece)
{
    size_t best = 0, least = SIZE_MAX;
    for (size_t i = 0; i + GRAM <= piece->length; i++) {
        size_t size = bucket_size(matcher, hash_of(gram_of(matcher, piece->text + i)));
        if (size < least) {
            best = i;
            least = size;
        }
    }
    return best;
}

static size_t add_anchor(struct matcher *matcher, const struct piece *piece, size_t gram)
{
    uint32_t hash = hash_of(gram_of(matcher, piece->text + gram));
    matcher->anchors[matcher->anchor_count++] =
        (struct anchor){piece->text, piece->length, gram, NULL, 0, matcher->buckets[hash]};
    matcher->buckets[hash] = (uint16_t)matcher->anchor_count;
    matcher->filter[hash / 8] |= (unsigned char)(1u << (hash % 8));
    return matcher->anchor_count - 1;
}

/* The anchor of such a text; `anchor_count`: there is none yet. */
static size_t find_anchor(const struct matcher *matcher, const struct piece *piece)
{
    for (size_t at = 0; at + GRAM <= piece->length; at++) {
        uint32_t hash = hash_of(gram_of(matcher, piece->text + at));
        for (size_t i = matcher->buckets[hash]; i != 0; i = matcher->anchors[i - 1].next) {
            const struct anchor *anchor = &matcher->anchors[i - 1];
            if (anchor->length == piece->length &&
                memcmp(anchor->text, piece->text, piece->length) == 0)
                return i - 1;
        }
    }
    return matcher->anchor_count;
}

static void add_pattern(struct matcher *matcher, size_t index)
{
    struct pattern *pattern = &matcher->patterns.at[index];
    if (pattern->anchor.length < GRAM || matcher->anchor_count == ANCHORS_MOST ||
        index >= PATTERNS_MOST)
        return; /* a form that no line can be found by: a test sees to it that there is none */
    size_t at = find_anchor(matcher, &pattern->anchor);
    if (at == matcher->anchor_count)
        at = add_anchor(matcher, &pattern->anchor, rarest_gram(matcher, &pattern->anchor));
    struct anchor *anchor = &matcher->anchors[at];
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
            matcher->anchors[add_anchor(matcher, &piece, 0)].english = translations[i].english;
    }
}

struct matcher *matcher_new(void)
{
    struct matcher *matcher = must_alloc(sizeof *matcher);
    memset(matcher, 0, sizeof *matcher);
    patterns_make(&matcher->arena, &matcher->patterns);
    for (int c = 0; c < 256; c++)
        matcher->fold[c] = (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    for (size_t i = 0; i < matcher->patterns.count; i++)
        add_pattern(matcher, i);
    add_translations(matcher);
    return matcher;
}

void matcher_free(struct matcher *matcher)
{
    vec_free(&matcher->patterns);
    arena_free(&matcher->arena);
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

/* The text around a place: as it was written, or folded. */
struct around {
    const char *text;
    size_t size, at;
    bool folded;
};

/* Anchor + 1 whose hashed bytes stand there, behind anchor + 1 `after` of the same hash; 0: none.
 */
static size_t anchor_at(const struct matcher *matcher, const struct around *around, uint32_t hash,
                        size_t after)
{
    size_t i = after != 0 ? matcher->anchors[after - 1].next : matcher->buckets[hash];
    for (; i != 0; i = matcher->anchors[i - 1].next) {
        const struct anchor *anchor = &matcher->anchors[i - 1];
        if (anchor->gram > around->at ||
            anchor->length > around->size - (around->at - anchor->gram))
            continue;
        const char *begin = around->text + around->at - anchor->gram;
        if (around->folded ? memcmp(begin, anchor->text, anchor->length) == 0
                           : same_folded(matcher, begin, anchor->text, anchor->length))
            return i;
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
        const struct around around = {text, size, from, false};
        if (is_hashed(matcher, hash) && anchor_at(matcher, &around, hash, 0) != 0)
            return from;
        if (from + GRAM >= size)
            return size;
        gram = gram << 8 | matcher->fold[(unsigned char)text[from + GRAM]];
    }
}

/* The longest translation that stands at `at`; NULL: none. */
static const struct anchor *translation_at(const struct matcher *matcher, const struct line *line,
                                           size_t at)
{
    const struct anchor *longest = NULL;
    if (line->length - at < GRAM)
        return NULL;
    uint32_t hash = hash_of(gram_of(matcher, line->folded + at));
    if (!is_hashed(matcher, hash))
        return NULL;
    const struct around around = {line->folded, line->length, at, true};
    for (size_t i = 0; (i = anchor_at(matcher, &around, hash, i)) != 0;) {
        const struct anchor *anchor = &matcher->anchors[i - 1];
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
        const struct anchor *found = translation_at(matcher, line, at);
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

/* ---- forms in a line ---- */

/* The patterns of an anchor that stands at `at`, but for those that were found, or tried too often:
 * the time that a line takes is bounded. */
static void read_anchor(const struct matcher *matcher, const struct anchor *anchor,
                        const struct line *line, size_t at, unsigned char *tries,
                        struct arena *arena, struct readings *readings)
{
    for (size_t i = anchor->first; i != 0; i = matcher->patterns.at[i - 1].next) {
        struct reading reading;
        if (tries[i - 1] == TRIES_MOST)
            continue;
        tries[i - 1]++;
        if (!fit_line(&matcher->patterns.at[i - 1], line, at, arena, &reading))
            continue;
        tries[i - 1] = TRIES_MOST;
        *vec_push(readings) = reading;
    }
}

void matcher_read(const struct matcher *matcher, const struct line *line, struct arena *arena,
                  struct readings *readings)
{
    unsigned char tries[PATTERNS_MOST] = {0};
    if (line->length < GRAM)
        return;
    uint32_t gram = gram_of(matcher, line->folded);
    for (size_t from = 0;; from++) {
        uint32_t hash = hash_of(gram);
        const struct around around = {line->folded, line->length, from, true};
        for (size_t at = 0;
             is_hashed(matcher, hash) && (at = anchor_at(matcher, &around, hash, at)) != 0;) {
            const struct anchor *anchor = &matcher->anchors[at - 1];
            read_anchor(matcher, anchor, line, from - anchor->gram, tries, arena, readings);
        }
        if (from + GRAM >= line->length)
            return;
        gram = gram << 8 | (unsigned char)line->folded[from + GRAM];
    }
}
