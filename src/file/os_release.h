/* What distribution a root is: os-release(5). */
#ifndef WILLRUN_FILE_OS_RELEASE_H
#define WILLRUN_FILE_OS_RELEASE_H

#include "file/file_facts.h"

/* Values as the file gives them, without quotes; NULL where it gives none. */
struct os_release {
    const char *id, *id_like, *version_id, *codename;
};

/* Read /etc/os-release, or /usr/lib/os-release where there is none. Texts are in
 * `arena`; all fields are NULL where the root has neither. */
void os_release_read(struct facts *facts, struct arena *arena, struct os_release *os);

#endif
