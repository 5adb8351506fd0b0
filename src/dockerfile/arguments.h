/* How the text behind an instruction's name is split into flags and arguments. */
#ifndef WILLRUN_DOCKERFILE_ARGUMENTS_H
#define WILLRUN_DOCKERFILE_ARGUMENTS_H

#include "dockerfile/dockerfile.h"
#include "dockerfile/lines.h"

enum shape {
    SHAPE_COMMAND, /* JSON form, or one text */
    SHAPE_FIELDS,  /* at white space */
    SHAPE_LIST,    /* JSON form, or at white space */
    SHAPE_PAIRS,   /* name=value, or name value */
    SHAPE_TEXT,    /* one text */
    SHAPE_TRIGGER, /* another instruction */
    SHAPE_TYPE,    /* a word, then as SHAPE_COMMAND */
    SHAPE_WORDS,   /* name or name=value */
};

/* Take the flags from the beginning of *rest. */
void arguments_take_flags(struct dockerfile *file, struct instruction *instruction,
                          struct slice *rest);

/* Fill the arguments or pairs from the rest, which begins and ends with no white space.
 * SHAPE_TRIGGER is not known here. */
bool arguments_split(struct dockerfile *file, struct instruction *instruction, enum shape shape,
                     struct slice rest, struct err *err);

/* Up to the first white space; *slice is what stands behind it. */
struct slice arguments_take_field(struct slice *slice);

#endif
