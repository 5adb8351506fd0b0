/* Answers kept between runs, in the folder of --cache. One file an answer: what it rests on (see
 * source/witness.h), the bytes that were written, the exit status, and a digest of all that. It is
 * named by what was asked: the program with its libraries, who runs it and where, options,
 * operands, acceptances, the day.
 *
 * Several processes may share a folder: a file is written beside and renamed, so that it is whole
 * or not there; one that is cut or changed does not fit its digest, is passed over and written
 * anew. Files of other users are not believed. */
#ifndef WILLRUN_CLI_CACHE_H
#define WILLRUN_CLI_CACHE_H

#include <stdbool.h>

#include "base/sha256.h"
#include "base/span.h"
#include "cli/options.h"
#include "willrun/willrun.h"

enum { CACHE_SIZE = 512 /* MiB, where --cache-size says nothing */ };

struct cache {
    const struct options *options;
    char name[SHA256_HEX + 1]; /* "": nothing is kept of this question */
    unsigned char *file;       /* what was found */
};

/* Make the folder where it is not there. Complains and returns false where that cannot be. */
bool cache_prepare(const struct options *options);

/* The question that `command` is asked of `root` (NULL: none was named). */
void cache_ask(struct cache *cache, const struct options *options, const char *command,
               const char *root, const struct willrun_style *style);

/* Is there an answer that still holds? Borrowed, until cache_done(). */
bool cache_find(struct cache *cache, struct span *written, int *status);

/* Otherwise: from here on, what is asked is noted, until the answer is kept or given up. */
void cache_begin(const struct cache *cache);
void cache_keep(const struct cache *cache, struct span written, int status);
void cache_give_up(const struct cache *cache);

void cache_done(struct cache *cache);

#endif
