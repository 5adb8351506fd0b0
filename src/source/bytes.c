#include <stdlib.h>
#include <sys/mman.h>

#include "source/source.h"

void file_bytes_init(struct file_bytes *bytes)
{
    bytes->span = (struct span){0};
    bytes->map = bytes->heap = NULL; /* the head needs no zeroing */
}

void file_bytes_release(struct file_bytes *bytes)
{
    if (bytes->map != NULL)
        munmap(bytes->map, bytes->map_size);
    free(bytes->heap);
    file_bytes_init(bytes);
}
