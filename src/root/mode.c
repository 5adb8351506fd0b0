#include "root/mode.h"

#include <stdlib.h>
#include <string.h>

enum { SET_USER = 04000, SET_GROUP = 02000, STICKY = 01000, ALL = 06777 };

/* ---- one change: who, +, - or =, and what ---- */

struct change {
    unsigned old;  /* the mode before all changes, for X */
    unsigned mode; /* so far */
    bool folder;
    unsigned who; /* bits that may change; 0: nobody was named */
    char op;
};

static void put(struct change *change, unsigned bits)
{
    bits &= change->who != 0 ? change->who : ALL | STICKY;
    if (change->op == '-')
        change->mode &= ~bits;
    else
        change->mode |= bits;
}

/* The bits of the class `u`, `g` or `o`, for all three. */
static unsigned class_bits(unsigned mode, char class)
{
    unsigned three = mode >> (class == 'u' ? 6 : class == 'g' ? 3 : 0) & 07;
    return three << 6 | three << 3 | three;
}

/* The bits of a letter; 0 for one that has none here. */
static unsigned bits_of(struct change *change, char letter)
{
    bool others_alone = change->who != 0 && (change->who & ~07u) == 0;
    switch (letter) {
    case 'r':
        return 0444;
    case 'w':
        return 0222;
    case 'x':
        return 0111;
    case 'X':
        return change->op == '-' || change->folder || (change->old & 0111) != 0 ? 0111 : 0;
    case 's':
        return others_alone ? 0 : SET_USER | SET_GROUP;
    default: /* t */
        if (!others_alone && change->who != 0)
            change->who |= STICKY;
        return others_alone ? 0 : STICKY;
    }
}

static const char *take_who(const char *at, unsigned *who)
{
    for (*who = 0;; at++) {
        if (*at == 'a')
            *who |= ALL;
        else if (*at == 'u')
            *who |= SET_USER | 0700;
        else if (*at == 'g')
            *who |= SET_GROUP | 0070;
        else if (*at == 'o')
            *who |= 0007;
        else
            return at;
    }
}

/* What stands behind an operator. `=` takes everything away first, and a class that it copies is
 * that of before. */
static const char *take_what(const char *at, struct change *change)
{
    unsigned before = change->mode;
    if (change->op == '=')
        change->mode &= ~(change->who != 0 ? change->who : (unsigned)ALL);
    for (; *at != '\0' && strchr("rwxXstugo", *at) != NULL; at++) {
        if (strchr("ugo", *at) == NULL)
            put(change, bits_of(change, *at));
        else
            put(change, class_bits(change->op == '=' ? before : change->mode, *at));
    }
    return at;
}

/* All changes; false where `text` is not well-formed. */
static bool make_changes(const char *text, struct change *change)
{
    for (const char *at = text;; at++) {
        at = take_who(at, &change->who);
        if (*at == '\0' || strchr("+-=", *at) == NULL)
            return false;
        while (*at == '+' || *at == '-' || *at == '=') {
            change->op = *at;
            at = take_what(at + 1, change);
        }
        if (*at != ',')
            return *at == '\0';
    }
}

/* ---- the calls ---- */

bool mode_parse(const char *text, int *number)
{
    struct change change = {0};
    *number = -1;
    if (*text < '0' || *text > '9')
        return make_changes(text, &change);
    char *end;
    unsigned long value = strtoul(text, &end, 8);
    *number = value <= 07777 ? (int)value : -1;
    return *end == '\0' && value <= 07777;
}

unsigned mode_change(const char *text, unsigned mode, bool folder)
{
    struct change change = {.old = mode, .mode = mode, .folder = folder};
    make_changes(text, &change);
    return change.mode;
}
