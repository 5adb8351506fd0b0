/* Quotes, escapes and `${V:-x}`, as the words of a Dockerfile have them. */
#ifndef WILLRUN_DOCKERFILE_WORDS_H
#define WILLRUN_DOCKERFILE_WORDS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/vec.h"
#include "dockerfile/variables.h"

/* Names of variables. */
struct names VEC(const char *);

struct expansion {
    const struct variables *variables;
    struct names unset; /* out: names that the word uses and that are not set; the caller frees */
    char escape;
    bool raw_quotes;   /* quotes stay, but still protect */
    bool raw_escapes;  /* escapes stay */
    bool plain_quotes; /* quotes mean nothing, as in the content of a heredoc */
    bool keep_unset;   /* `$V` stays where V is not set */
};

/**
 * `text` with its variables replaced and its quotes and escapes resolved (BuildKit's
 * frontend/dockerfile/shell/lex.go): `$V ${V} ${V-x} ${V:-x} ${V+x} ${V:+x} ${V?x} ${V:?x} ${V#p}
 * ${V##p} ${V%p} ${V%%p} ${V/p/x} ${V//p/x}`, x being a word of its own.
 *
 * NULL with WILLRUN_EINPUT and a sentence without a place: a quote or brace that is not closed, a
 * substitution that does not exist, a variable that must be set, more than 1 MiB.
 */
const char *words_expand(struct expansion *expansion, const char *text, struct arena *arena,
                         struct err *err);

/* A part of a text. */
struct word {
    const char *text;
    size_t begin, end; /* bytes of the source that it came from */
};
struct words VEC(struct word);

/* The same, split at spaces that are not quoted. The caller frees *words. */
bool words_split(struct expansion *expansion, const char *text, struct words *words,
                 struct arena *arena, struct err *err);

#endif
