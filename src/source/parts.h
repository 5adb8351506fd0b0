/* The parts that an image is kept in, files of an archive or of a folder:
 * manifests, configurations, layers. */
#ifndef WILLRUN_SOURCE_PARTS_H
#define WILLRUN_SOURCE_PARTS_H

#include <jansson.h>

#include "source/archive_tree.h"
#include "source/store.h"

struct parts {
    const char *name;          /* of the source, for sentences; borrowed */
    struct store *store;       /* borrowed */
    struct archive_tree *tree; /* of the archive, borrowed; NULL: a folder … */
    int dir;                   /* … that is open here */
    bool unverified;           /* digests of layers are not compared with their bytes */
};

/* What a manifest says of a part: a descriptor of the OCI image specification. */
struct part {
    const char *path;   /* inside the archive or folder */
    const char *digest; /* "sha256:…"; NULL: it does not say */
    int64_t size;       /* bytes; -1: it does not say */
};

/* Is there such a file? */
bool parts_have(const struct parts *parts, const char *path);

/* Where its bytes are; false with a sentence. */
bool parts_find(const struct parts *parts, const struct part *part, struct range *range,
                struct err *err);

/* The JSON text in it, its digest held; json_decref ends it. NULL with a sentence. */
json_t *parts_json(const struct parts *parts, const struct part *part, struct err *err);

/* The path of the blob with a digest, in `arena`; NULL with a sentence where the
 * digest is none that can be held. */
const char *parts_blob_path(const struct parts *parts, const char *digest, struct arena *arena,
                            struct err *err);

/* ---- members of JSON objects, of which nothing is sure ---- */

/* The text at `key`, borrowed; NULL where there is none. False with a sentence
 * where it is something else. `what`: whose object it is. */
bool member_text(const json_t *object, const char *key, const char *what, const char **text,
                 struct err *err);

/* The list of texts at `key`, in `arena`, NULL at its end; NULL where there is none. */
bool member_texts(const json_t *object, const char *key, const char *what, struct arena *arena,
                  const char *const **texts, struct err *err);

/* The array or object at `key`; NULL where there is none. */
bool member_array(const json_t *object, const char *key, const char *what, const json_t **array,
                  struct err *err);
bool member_object(const json_t *object, const char *key, const char *what, const json_t **member,
                   struct err *err);

#endif
