/* What a stage that was not given builds: how it links, and for which libc and machine. */
#ifndef WILLRUN_CHECK_PRODUCTS_H
#define WILLRUN_CHECK_PRODUCTS_H

#include "check/assembly.h"

enum linking { LINKS_STATIC, LINKS_EITHER, LINKS_DYNAMIC, LINKS_NOTHING };

struct product {
    enum linking linking;         /* only what surely links dynamically is called so */
    enum willrun_libc libc;       /* that it is linked for */
    const char *platform;         /* "linux/arm64", where a RUN names it; NULL: it does not */
    const char *told;             /* what names the libc; NULL: the stage's image does */
    const char *machine_told;     /* what names the platform */
    const struct instruction *at; /* where that stands */
};

/* What comes over `gap`, whose stage is gap->from, by the text of its RUNs and of the COPY. */
struct product product_of(const struct gap *gap, struct arena *arena);

/* Does any RUN of the stage, or a variable that it sees, have one of the words? NULL at the end. */
bool runs_any(const struct built *built, const char *const *words);

#endif
