/* Digests that are computed beside other work. */
#ifndef WILLRUN_SOURCE_DIGESTS_H
#define WILLRUN_SOURCE_DIGESTS_H

#include "source/store.h"

struct digests;

/* `store` is borrowed. */
struct digests *digests_new(struct store *store);
void digests_free(struct digests *digests); /* stops the work; NULL too */

/* That part shall have that digest ("sha256:…"). */
void digests_add(struct digests *digests, struct range range, const char *label,
                 const char *expected);

/* All are added: the work begins, in threads of its own. So many of them are busy. */
void digests_start(struct digests *digests);
size_t digests_threads(const struct digests *digests);

/* Wait until all are computed: do they hold? False with a sentence. */
bool digests_hold(struct digests *digests, struct err *err);

/* Does the part have that digest? Waits for it. False with a sentence. */
bool digest_of_range(struct store *store, struct range range, const char *expected,
                     const char *label, struct err *err);

/* Is `hex` the digest that was expected? False with the sentence for it. */
bool digest_is(const char *hex, const char *expected, const char *label, struct err *err);

#endif
