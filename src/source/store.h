/* The files that an archive's bytes stay in while it is open: those that were
 * named, and for what came as a stream one in memory, as long as that is little,
 * and a temporary one without a name. */
#ifndef WILLRUN_SOURCE_STORE_H
#define WILLRUN_SOURCE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "source/source.h"

/* A part of one of the store's files. */
struct range {
    unsigned file; /* as store_keep gave it */
    uint64_t offset, size;
};

struct store;

/* A store has as many owners as store_new and store_share were called, in whichever threads. */
struct store *store_new(void);
struct store *store_share(struct store *store);
void store_release(struct store *store);

/* Keep the open file `fd`, which is the store's from then on. */
unsigned store_keep(struct store *store, int fd);
int store_fd(struct store *store, unsigned file);

/* Who writes parts for what came as a stream, one after the other; several may at once, each with
 * a writer of its own. It belongs to the store, which ends it, too. */
struct writer;
struct writer *store_writer(struct store *store);

/* Begin a part of `most` bytes at most; add bytes at offsets inside it, which only grow, with holes
 * between; end it. False with a sentence. */
bool writer_begin(struct writer *writer, uint64_t most, struct range *part, struct err *err);
bool writer_add(struct writer *writer, struct range *part, uint64_t at, const void *bytes,
                size_t size, struct err *err);
void writer_end(struct writer *writer, struct range *part, uint64_t size);

/* No more parts will come: all that was added can be read. The writer is the next one's. */
bool writer_done(struct writer *writer, struct err *err);

/* A part of these bytes. */
bool store_part(struct store *store, struct span bytes, struct range *part, struct err *err);

/* Map or read bytes [0, part.size) of `part`; 0 or an errno. */
int store_bytes(struct store *store, struct range part, struct file_bytes *bytes);

/* The first FILE_HEAD bytes of it at most, in bytes->head; 0 or an errno. */
int store_head(struct store *store, struct range part, struct file_bytes *bytes);

#endif
