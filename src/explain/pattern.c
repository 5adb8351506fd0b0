#include "explain/pattern.h"

#include <string.h>

enum { WORDS_MOST = 4 }; /* of one form */

/* ---- words ---- */

struct words {
    const char *name, *choices; /* parted by | */
};

static const struct words word_rows[] = {
#define WORDS(name, choices) {name, choices},
#include "form-words.def"
#undef WORDS
};

static const struct words *words_named(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof word_rows / sizeof *word_rows; i++)
        if (strlen(word_rows[i].name) == length && memcmp(word_rows[i].name, name, length) == 0)
            return &word_rows[i];
    return NULL;
}

/* ---- a form in pieces ---- */

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

static void cut(struct pattern *pattern)
{
    const char *text = pattern->text, *begin = text;
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

/* Where the words stand that were put in. */
struct choice {
    size_t begin, end;
};

/* The longest fixed text; of a form with words put in, that with some of them: what all choices
 * have in common would be tried for each of them. */
static void choose_anchor(struct pattern *pattern, const struct choice *choices, size_t count)
{
    bool chosen = false;
    for (size_t i = 0; i < pattern->count; i++) {
        const struct piece *piece = &pattern->pieces[i];
        if (piece->capture != CAPTURE_NONE)
            continue;
        size_t begin = (size_t)(piece->text - pattern->text), end = begin + piece->length;
        bool has_choice = false;
        for (size_t k = 0; k < count; k++)
            has_choice |= choices[k].begin < end && begin < choices[k].end;
        struct piece anchor = anchor_of(piece);
        if (has_choice > chosen ||
            (has_choice == chosen && anchor.length > pattern->anchor.length)) {
            pattern->anchor = anchor;
            pattern->anchored = i;
            chosen = has_choice;
        }
    }
}

static void make_pattern(const struct form *form, const char *text, const struct choice *choices,
                         size_t count, struct patterns *patterns)
{
    struct pattern *pattern = vec_push(patterns);
    *pattern = (struct pattern){.form = form, .text = text};
    cut(pattern);
    for (size_t i = 0; i < pattern->count; i++)
        if (pattern->pieces[i].capture == CAPTURE_NONE)
            pattern->literal += pattern->pieces[i].length;
    choose_anchor(pattern, choices, count);
}

/* The text with a word in the place of what stands between `begin` and `rest`. */
static const char *put_word(const char *text, size_t begin, const char *word, size_t length,
                            const char *rest, struct arena *arena)
{
    size_t last = strlen(rest) + 1;
    char *whole = arena_alloc(arena, begin + length + last);
    memcpy(whole, text, begin);
    memcpy(whole + begin, word, length);
    memcpy(whole + begin + length, rest, last);
    return whole;
}

/* One pattern for each choice of words, from the left to the right. */
static void add_patterns(const struct form *form, const char *text, struct choice *choices,
                         size_t count, struct arena *arena, struct patterns *patterns)
{
    for (const char *open = text; (open = strchr(open, '{')) != NULL; open++) {
        size_t name = strcspn(open + 1, "}");
        const struct words *words = words_named(open + 1, name);
        if (words == NULL || count == WORDS_MOST)
            continue;
        size_t begin = (size_t)(open - text), length;
        for (const char *word = words->choices; *word != 0; word += *word == '|') {
            length = strcspn(word, "|");
            choices[count] = (struct choice){begin, begin + length};
            const char *chosen = put_word(text, begin, word, length, open + name + 2, arena);
            add_patterns(form, chosen, choices, count + 1, arena, patterns);
            word += length;
        }
        return;
    }
    make_pattern(form, text, choices, count, patterns);
}

void patterns_make(struct arena *arena, struct patterns *patterns)
{
    struct choice choices[WORDS_MOST];
    for (size_t i = 0; i < form_count; i++)
        add_patterns(&forms[i], form_text(&forms[i]), choices, 0, arena, patterns);
}
