/* What a plugin of uWSGI says in its section "uwsgi" that is to be loaded before it:
 * "requires=NAME", a line each (core/plugins.c). */
#include <string.h>

#include "plugin/order_reading.h"

static void add_required(struct reading *reading, const char *path, const unsigned char *at,
                         const unsigned char *end)
{
    size_t length = 0;
    while (at + length < end && at[length] > ' ' && at[length] < 0x7f)
        length++;
    const char *name = arena_copy(reading->arena, (const char *)at, length);
    const char *file = arena_format(reading->arena, "%s/%s_plugin.so", reading->folder, name);
    reading_add(reading, reading_node(reading, file), path, 1);
}

void reading_uwsgi(struct reading *reading, const char *path)
{
    static const char key[] = "requires=";
    enum { MOST = 32 };
    struct file_bytes bytes;
    const struct node *node = reading_node(reading, path);
    if (node == NULL || node_profile(node) != NULL ||
        root_bytes(facts_root(reading->facts), node, &bytes) != 0)
        return;
    const unsigned char *at = bytes.span.data, *end = at + bytes.span.size;
    while (reading->loads.count < MOST &&
           (at = memmem(at, (size_t)(end - at), key, sizeof key - 1)) != NULL) {
        at += sizeof key - 1;
        add_required(reading, path, at, end);
    }
    file_bytes_release(&bytes);
}
