/* libFuzzer target: any bytes as an archive, an image of Docker or of OCI, flat or compressed; each
 * target of it is walked and each file read. */
#include "fuzz/memory_file.h"
#include "fuzz/tar_members.h"
#include "root/root.h"
#include "source/source_open.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    return tar_mutate(data, size, max_size, seed);
}

static size_t read_file(struct root *root, const struct node *node)
{
    struct file_bytes bytes;
    size_t sum = 0;
    if (root_bytes(root, node, &bytes) != 0)
        return 0;
    for (size_t i = 0; i < bytes.span.size; i += 511)
        sum += bytes.span.data[i];
    file_bytes_release(&bytes);
    return sum;
}

static size_t walk(struct root *root, const struct node *dir, unsigned depth)
{
    struct arena scratch = {0};
    const struct node **nodes;
    size_t count, sum = 0;
    if (root_list(root, dir, &scratch, &nodes, &count) != 0)
        count = 0;
    for (size_t i = 0; i < count; i++) {
        int error;
        sum += strlen(node_path(nodes[i], &scratch));
        if (nodes[i]->type == NODE_FILE)
            sum += read_file(root, nodes[i]);
        else if (nodes[i]->type == NODE_DIR && depth < 500)
            sum += walk(root, nodes[i], depth + 1);
        else if (nodes[i]->type == NODE_LINK)
            root_lookup(root, dir, nodes[i]->name, NULL, LOOKUP_FOLLOW, &error);
    }
    arena_free(&scratch);
    return sum;
}

static void open_as(const char *prefix, const char *path)
{
    char spec[64];
    struct err err = {0};
    struct source_list list = {0};
    snprintf(spec, sizeof spec, "%s%s", prefix, path);
    if (sources_open(spec, NULL, &list, &err) == (err.code != WILLRUN_OK))
        abort();
    if (err.code != WILLRUN_OK && list.count != 0)
        abort();
    for (size_t i = 0; i < list.count; i++) {
        struct root *root = root_new(list.at[i]);
        volatile size_t sum = walk(root, root_top(root), 0);
        (void)sum;
        root_hold(root, &err);
        root_free(root);
    }
    vec_free(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct memory_file file;
    memory_file_open(&file, data, size);
    open_as("", file.path);
    open_as("unverified:docker-archive:", file.path);
    open_as("unverified:oci-archive:", file.path);
    memory_file_close(&file);
    return 0;
}
