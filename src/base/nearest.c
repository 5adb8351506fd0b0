#include "base/nearest.h"

#include <limits.h>
#include <string.h>

enum { LONGEST = 32 }; /* characters of a word; longer ones are never near */

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* How many characters to insert, remove, replace, or swap with their neighbour
 * (the optimal string alignment distance). */
static unsigned distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    unsigned table[LONGEST + 1][LONGEST + 1];
    for (unsigned i = 0; i <= a_length; i++)
        table[i][0] = i;
    for (unsigned j = 0; j <= b_length; j++)
        table[0][j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        for (size_t j = 1; j <= b_length; j++) {
            unsigned cost = a[i - 1] != b[j - 1];
            table[i][j] =
                least(least(table[i - 1][j] + 1, table[i][j - 1] + 1), table[i - 1][j - 1] + cost);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                table[i][j] = least(table[i][j], table[i - 2][j - 2] + 1);
        }
    }
    return table[a_length][b_length];
}

struct nearest nearest_begin(const char *text, size_t length)
{
    return (struct nearest){.text = text, .length = length, .distance = UINT_MAX};
}

void nearest_offer(struct nearest *nearest, const char *word)
{
    size_t length = strlen(word);
    if (length > LONGEST || nearest->length > LONGEST)
        return;
    unsigned far = distance(nearest->text, nearest->length, word, length);
    /* the beginning of a word, too: "plat" for "platform" */
    if (nearest->length >= 2 && nearest->length < length &&
        strncmp(nearest->text, word, nearest->length) == 0)
        far = 1;
    if (far >= nearest->distance || far > 1 + length / 4)
        return;
    nearest->best = word;
    nearest->distance = far;
}

const char *nearest_answer(const struct nearest *nearest)
{
    return nearest->best;
}
