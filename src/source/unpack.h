/* Entries of an archive laid into a tree, as a runtime unpacks them. Layers as in the OCI image
 * specification, layer.md. */
#ifndef WILLRUN_SOURCE_UNPACK_H
#define WILLRUN_SOURCE_UNPACK_H

#include "source/notes.h"
#include "source/tar.h"

/* A hard link to what was not there yet; places in tree->names. */
struct late_link {
    uint32_t name, target;
};

/* An archive that is being unpacked, zeroed but for these: */
struct unpacking {
    const char *label; /* of the archive, for sentences */
    struct archive_tree *tree;
    struct notes *notes;
    bool layer;    /* whiteouts hide what is below */
    bool *profile; /* set where a profile's own member was seen; NULL: nobody asks */
    struct VEC(struct late_link) late;
};

/* A tar_found; the context is an unpacking. */
bool unpack_entry(void *context, const struct tar_entry *entry, struct err *err);

/* That were all entries. Ends it, as unpack_stop does, which leaves the tree half done. */
bool unpack_end(struct unpacking *unpacking, struct err *err);
void unpack_stop(struct unpacking *unpacking);

/* Read an archive into it, and end it. */
bool unpack_tar(struct unpacking *unpacking, const struct tar_input *input, struct err *err);

#endif
