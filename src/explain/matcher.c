/* A line is looked at only where the anchor of some form stands in it, which one pass over the text
 * tells by hashes of the bytes at each place: eight for nearly all anchors, four for the short
 * ones; of each anchor those bytes that it shares with the fewest others. */
#include "explain/matcher.h"

#include <stdint.h>
#include <string.h>

#include "explain/fit.h"
#include "explain/pattern.h"

enum {
    SHORT = 4, /* bytes that are hashed of a short anchor */
    LONG = 8,
    SHORT_BITS = 12,
    LONG_BITS = 17,
    ANCHORS_MOST = 8192,
    PATTERNS_MOST = 8192,
    TRIES_MOST = 16, /* places of a line at which a pattern is tried */
};

struct anchor {
    const char *text;
    size_t length, gram; /* offset of the bytes that are hashed */
    const char *english; /* what it is a translation of; NULL: it is none */
    size_t first;        /* pattern + 1; 0: none */
    size_t next;         /* anchor of the same bucket + 1; 0: none */
};

/* The anchors of one length of hashed bytes. */
struct net {
    unsigned width, bits;
    unsigned char *filter; /* a bit a hash: few enough bytes to stay near */
    uint16_t *buckets;     /* anchor + 1 */
};

struct matcher {
    struct arena arena; /* texts of patterns */
    struct patterns patterns;
    struct anchor anchors[ANCHORS_MOST];
    size_t anchor_count;
    struct net shorts, longs;
    unsigned char fold[256];
    uint32_t round;                /* TRIES_MOST more for each line that is read */
    uint32_t tried[PATTERNS_MOST]; /* round of the last line that has the anchor, and the tries */
};

/* ---- the bytes at a place ---- */

/* LONG bytes, folded, the first one highest; what is behind the end is 0. */
static uint64_t window_at(const struct matcher *matcher, const char *text, size_t size)
{
    uint64_t window = 0;
    for (size_t i = 0; i < LONG; i++)
        window = window << 8 | (i < size ? matcher->fold[(unsigned char)text[i]] : 0);
    return window;
}

/* That at the next place. */
static uint64_t roll(const struct matcher *matcher, uint64_t window, const char *text, size_t size,
                     size_t from)
{
    size_t last = from + LONG;
    return window << 8 | (last < size ? matcher->fold[(unsigned char)text[last]] : 0);
}

static uint32_t hash_of(const struct net *net, uint64_t window)
{
    uint64_t bytes = net->width == LONG ? window : window >> (8 * (LONG - SHORT));
    return (uint32_t)((bytes * 0x9e3779b97f4a7c15u) >> (64 - net->bits));
}

/* May bytes of this hash be an anchor's? */
static bool is_hashed(const struct net *net, uint32_t hash)
{
    return (net->filter[hash / 8] >> (hash % 8) & 1) != 0;
}

/* ---- anchors made ready ---- */

static void make_net(struct net *net, unsigned width, unsigned bits, struct arena *arena)
{
    size_t size = (size_t)1 << bits;
    *net = (struct net){width, bits, arena_alloc(arena, size / 8),
                        arena_array(arena, size, sizeof *net->buckets)};
    memset(net->filter, 0, size / 8);
    memset(net->buckets, 0, size * sizeof *net->buckets);
}

static struct net *net_of(struct matcher *matcher, size_t length)
{
    return length < LONG ? &matcher->shorts : &matcher->longs;
}

static size_t add_anchor(struct matcher *matcher, const struct piece *piece, size_t gram)
{
    struct net *net = net_of(matcher, piece->length);
    uint32_t hash = hash_of(net, window_at(matcher, piece->text + gram, piece->length - gram));
    matcher->anchors[matcher->anchor_count++] =
        (struct anchor){piece->text, piece->length, gram, .next = net->buckets[hash]};
    net->buckets[hash] = (uint16_t)matcher->anchor_count;
    net->filter[hash / 8] |= (unsigned char)(1u << (hash % 8));
    return matcher->anchor_count - 1;
}

/* The anchor of such a text; `anchor_count`: there is none yet, and `*gram` is the offset of the
 * bytes that the fewest anchors have. */
static size_t find_anchor(struct matcher *matcher, const struct piece *piece, size_t *gram)
{
    const struct net *net = net_of(matcher, piece->length);
    uint64_t window = window_at(matcher, piece->text, piece->length);
    size_t least = SIZE_MAX;
    for (size_t at = 0; at + net->width <= piece->length; at++) {
        size_t size = 0;
        for (size_t i = net->buckets[hash_of(net, window)]; i != 0; size++) {
            const struct anchor *anchor = &matcher->anchors[i - 1];
            if (anchor->length == piece->length &&
                memcmp(anchor->text, piece->text, piece->length) == 0)
                return i - 1;
            i = anchor->next;
        }
        if (size < least) {
            *gram = at;
            least = size;
        }
        window = roll(matcher, window, piece->text, piece->length, at);
    }
    return matcher->anchor_count;
}

static void add_pattern(struct matcher *matcher, size_t index)
{
    struct pattern *pattern = &matcher->patterns.at[index];
    const struct piece *piece = &pattern->anchor;
    if (piece->length < SHORT || matcher->anchor_count == ANCHORS_MOST || index >= PATTERNS_MOST)
        return; /* a form that no line can be found by: a test sees to it that there is none */
    size_t gram = 0, at = find_anchor(matcher, piece, &gram);
    if (at == matcher->anchor_count)
        at = add_anchor(matcher, piece, gram);
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
    make_net(&matcher->shorts, SHORT, SHORT_BITS, &matcher->arena);
    make_net(&matcher->longs, LONG, LONG_BITS, &matcher->arena);
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

/* Anchor + 1 that stands there, among anchor + 1 `i` and those behind it in its bucket; 0: none. */
static size_t standing(const struct matcher *matcher, const struct around *around, size_t i)
{
    for (; i != 0; i = matcher->anchors[i - 1].next) {
        const struct anchor *anchor = &matcher->anchors[i - 1];
        if (anchor->gram > around->at ||
            anchor->length > around->size - (around->at - anchor->gram))
            continue;
        const char *begin = around->text + around->at - anchor->gram;
        if (around->folded ? memcmp(begin, anchor->text, anchor->length) == 0
                           : same_folded(matcher, begin, anchor->text, anchor->length))
            break;
    }
    return i;
}

/* Anchor + 1 whose hashed bytes are those of the window, behind anchor + 1 `after`; 0: none. */
static size_t anchor_at(const struct matcher *matcher, const struct around *around, uint64_t window,
                        size_t after)
{
    size_t i = 0;
    if (after == 0) {
        uint32_t hash = hash_of(&matcher->longs, window);
        if (is_hashed(&matcher->longs, hash))
            i = standing(matcher, around, matcher->longs.buckets[hash]);
    } else {
        i = standing(matcher, around, matcher->anchors[after - 1].next);
        if (matcher->anchors[after - 1].length < LONG)
            return i;
    }
    uint32_t hash = hash_of(&matcher->shorts, window);
    return i != 0 || !is_hashed(&matcher->shorts, hash)
               ? i
               : standing(matcher, around, matcher->shorts.buckets[hash]);
}

size_t matcher_next(const struct matcher *matcher, const char *text, size_t size, size_t from)
{
    if (from >= size)
        return size;
    uint64_t window = window_at(matcher, text + from, size - from);
    for (; from < size; from++) {
        const struct around around = {text, size, from, false};
        if (anchor_at(matcher, &around, window, 0) != 0)
            return from;
        window = roll(matcher, window, text, size, from);
    }
    return size;
}

/* The longest translation that stands there; NULL: none. */
static const struct anchor *translation_at(const struct matcher *matcher,
                                           const struct around *around, uint64_t window)
{
    const struct anchor *longest = NULL;
    for (size_t i = 0; (i = anchor_at(matcher, around, window, i)) != 0;) {
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
    uint64_t window = window_at(matcher, line->folded, line->length);
    for (size_t at = 0; at < line->length;) {
        const struct around around = {line->folded, line->length, at, true};
        const struct anchor *found = translation_at(matcher, &around, window);
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
        window = found != NULL ? window_at(matcher, line->folded + at + found->length,
                                           line->length - at - found->length)
                               : roll(matcher, window, line->folded, line->length, at);
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
static void read_anchor(struct matcher *matcher, const struct anchor *anchor,
                        const struct line *line, size_t at, struct arena *arena,
                        struct readings *readings)
{
    for (size_t i = anchor->first; i != 0; i = matcher->patterns.at[i - 1].next) {
        struct reading reading;
        uint32_t *tried = &matcher->tried[i - 1];
        if (*tried < matcher->round)
            *tried = matcher->round;
        if (*tried == matcher->round + TRIES_MOST)
            continue;
        (*tried)++;
        if (!fit_line(&matcher->patterns.at[i - 1], line, at, arena, &reading))
            continue;
        *tried = matcher->round + TRIES_MOST;
        *vec_push(readings) = reading;
    }
}

bool matcher_read(struct matcher *matcher, const struct line *line, struct arena *arena,
                  struct readings *readings)
{
    bool foreign = false;
    uint64_t window = window_at(matcher, line->folded, line->length);
    matcher->round += TRIES_MOST + 1;
    for (size_t from = 0; from < line->length; from++) {
        const struct around around = {line->folded, line->length, from, true};
        for (size_t at = 0; (at = anchor_at(matcher, &around, window, at)) != 0;) {
            const struct anchor *anchor = &matcher->anchors[at - 1];
            foreign |= anchor->english != NULL;
            read_anchor(matcher, anchor, line, from - anchor->gram, arena, readings);
        }
        window = roll(matcher, window, line->folded, line->length, from);
    }
    return foreign;
}
