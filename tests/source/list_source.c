/* Lists a source as source_cases.py compares it:
 *
 *     list_source SOURCE [PLATFORM]
 *
 * Lines end with a NUL. For each target a line "target", then a line for each node: type, mode,
 * uid, gid, size or -, sha256 of the content or link target or -, number of the content, path; then
 * a line "note KIND" for each oddity. The sentence of an error goes to standard error. */
#include <stdio.h>
#include <string.h>

#include "base/sha256.h"
#include "root/root.h"
#include "source/source_open.h"

static void print_content(struct root *root, const struct node *node)
{
    struct file_bytes bytes;
    struct sha256 hash;
    char hex[SHA256_HEX + 1];
    int error = root_bytes(root, node, &bytes);
    if (error != 0) {
        printf("%s", err_text(error));
        return;
    }
    sha256_begin(&hash);
    sha256_add(&hash, bytes.span.data, bytes.span.size);
    sha256_end(&hash, hex);
    file_bytes_release(&bytes);
    printf("%s", hex);
}

static void print_node(struct root *root, const struct node *node)
{
    static const char types[] = {
        [NODE_FILE] = 'f',   [NODE_DIR] = 'd',  [NODE_LINK] = 'l', [NODE_FIFO] = 'p',
        [NODE_SOCKET] = 's', [NODE_CHAR] = 'c', [NODE_BLOCK] = 'b'};
    struct arena scratch = {0};
    printf("%c\t%04o\t%u\t%u\t", types[node->type], node->mode, node->uid, node->gid);
    if (node->type == NODE_FILE)
        printf("%llu\t", (unsigned long long)node->size);
    else
        printf("-\t");
    if (node->type == NODE_FILE)
        print_content(root, node);
    else
        printf("%s", node->target != NULL ? node->target : "-");
    printf("\t%u\t%s%c", node->content, node_path(node, &scratch), 0);
    arena_free(&scratch);
}

static void print_below(struct root *root, const struct node *dir)
{
    struct arena scratch = {0};
    const struct node **nodes;
    size_t count;
    root_list(root, dir, &scratch, &nodes, &count);
    for (size_t i = 0; i < count; i++) {
        print_node(root, nodes[i]);
        if (nodes[i]->type == NODE_DIR)
            print_below(root, nodes[i]);
    }
    arena_free(&scratch);
}

static void print_target(struct source *source, struct err *err)
{
    static const char *const oddities[] = {
        [ODDITY_OUTSIDE] = "outside", [ODDITY_LINK] = "link", [ODDITY_UNPACKING] = "unpacking"};
    struct root *root = root_new(source);
    printf("target %s%c",
           source->image != NULL && source->image->platform != NULL ? source->image->platform : "-",
           0);
    print_below(root, root_top(root));
    for (size_t i = 0; i < source->note_count; i++)
        printf("note %s %s%c", oddities[source->notes[i].kind], source->notes[i].sentence, 0);
    root_hold(root, err);
    root_free(root);
}

int main(int count, char **arguments)
{
    struct err err = {0};
    struct source_list list = {0};
    if (count < 2)
        return 2;
    sources_open(arguments[1], count > 2 ? arguments[2] : NULL, &list, &err);
    for (size_t i = 0; i < list.count; i++)
        print_target(list.at[i], &err);
    vec_free(&list);
    if (err.code != WILLRUN_OK)
        fprintf(stderr, "%s\n", err.text);
    return err.code == WILLRUN_OK ? 0 : 2;
}
