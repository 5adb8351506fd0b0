/* SOURCE arguments: which kind each is, by prefix or by content. */
#ifndef WILLRUN_SOURCE_SOURCE_OPEN_H
#define WILLRUN_SOURCE_SOURCE_OPEN_H

#include "base/vec.h"
#include "source/source.h"

struct source_list VEC(struct source *);

/**
 * Open `spec`: DIR, dir:DIR, FILE or tar:FILE of a flat tar, docker-archive:FILE[:IMAGE],
 * oci:DIR[:TAG], oci-dir:DIR[:TAG], oci-archive:FILE[:TAG], base:NAME, scratch, or - (standard
 * input). An image for several platforms is several sources: those that serve
 * `platform` ("linux/arm64") best, or all where it is NULL. Behind "unverified:" stands any of
 * them, of which the layers' digests are not compared with their bytes.
 *
 * @return false with a sentence in `err`, and nothing in `list`. The sources are
 *         the caller's; each names what it is called in source->name.
 */
bool sources_open(const char *spec, const char *platform, struct source_list *list,
                  struct err *err);

/* The same where one source is wanted: several are refused. NULL with a sentence. */
struct source *source_open(const char *spec, const char *platform, struct err *err);

/* The flat tar in the open file `fd` of `path`, which it closes, called `name`; NULL with a
 * sentence. */
struct source *source_open_tar(int fd, const char *path, const char *name, struct err *err);

#endif
