/* Which of the known words was meant? */
#ifndef WILLRUN_BASE_NEAREST_H
#define WILLRUN_BASE_NEAREST_H

#include <stddef.h>

struct nearest {
    const char *text;
    size_t length;
    const char *best;
    unsigned distance; /* of `best` */
};

struct nearest nearest_begin(const char *text, size_t length);
void nearest_offer(struct nearest *nearest, const char *word);
/* NULL where no word is near enough to be worth a question. */
const char *nearest_answer(const struct nearest *nearest);

#endif
