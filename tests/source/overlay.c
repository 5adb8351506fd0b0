/* Lists a folder with copies laid over it, a node a line, as copy_cases.py compares them:
 *
 *     overlay ROOT [--stage NAME=DIR | --workdir DIR | --copy NAME:SRC:DST[:SETTINGS]]...
 *
 * type, mode, uid, gid, size or -, content hash or link target or -, hard-link group, path; the
 * path ends the line. Options are taken in order. A refused one ends it with its sentence. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "check/stages.h"

struct listing {
    struct facts *facts;
    struct stages stages;
    struct err err;
};

static uint64_t hash_of(struct root *root, const struct node *node)
{
    struct file_bytes bytes;
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    if (root_bytes(root, node, &bytes) != 0)
        return 0;
    for (size_t i = 0; i < bytes.span.size; i++)
        hash = (hash ^ bytes.span.data[i]) * 1099511628211u;
    file_bytes_release(&bytes);
    return hash;
}

static void print_node(struct root *root, const struct node *node)
{
    static const char types[] = {
        [NODE_FILE] = 'f',   [NODE_DIR] = 'd',  [NODE_LINK] = 'l', [NODE_FIFO] = 'p',
        [NODE_SOCKET] = 's', [NODE_CHAR] = 'c', [NODE_BLOCK] = 'b'};
    struct arena scratch = {0};
    printf("%c\t%04o\t%u\t%u\t", types[node->type], node->type == NODE_LINK ? 0777u : node->mode,
           node->uid, node->gid);
    if (node->type == NODE_FILE)
        printf("%" PRIu64 "\t%016" PRIx64 "\t", node->size, hash_of(root, node));
    else
        printf("-\t%s\t", node->target != NULL ? node->target : "-");
    printf("%u\t%s\n", node->content, node_path(node, &scratch));
    arena_free(&scratch);
}

static void print_all(struct root *root, const struct node *dir)
{
    struct arena scratch = {0};
    const struct node **nodes;
    size_t count;
    int error = root_list(root, dir, &scratch, &nodes, &count);
    if (error != 0)
        fprintf(stderr, "%s: %s\n", node_path(dir, &scratch), err_text(error));
    for (size_t i = 0; i < count; i++) {
        print_node(root, nodes[i]);
        if (nodes[i]->type == NODE_DIR)
            print_all(root, nodes[i]);
    }
    arena_free(&scratch);
}

static bool apply(struct listing *listing, char **arguments)
{
    const char *workdir = NULL;
    for (; arguments[0] != NULL && arguments[1] != NULL; arguments += 2) {
        bool ok = true;
        if (strcmp(arguments[0], "--stage") == 0)
            ok = stages_add(&listing->stages, arguments[1], NULL, &listing->err);
        else if (strcmp(arguments[0], "--copy") == 0)
            ok =
                stages_copy(&listing->stages, listing->facts, arguments[1], workdir, &listing->err);
        else
            workdir = arguments[1];
        if (!ok)
            return false;
    }
    return true;
}

int main(int count, char **arguments)
{
    struct listing listing = {0};
    struct source *source = count > 1 ? source_open_dir(arguments[1], &listing.err) : NULL;
    if (source == NULL) {
        fprintf(stderr, "%s\n", listing.err.text);
        return 2;
    }
    struct root *root = root_new(source);
    stages_init(&listing.stages);
    listing.facts = facts_new(root, false);
    bool ok = apply(&listing, arguments + 2);
    if (ok)
        print_all(root, root_top(root));
    else
        fprintf(stderr, "%s\n", listing.err.text);
    facts_free(listing.facts);
    root_free(root);
    stages_free(&listing.stages);
    return ok ? 0 : 1;
}
