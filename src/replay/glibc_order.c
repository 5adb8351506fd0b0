/* The order in which ld.so relocates: glibc elf/dl-sort-maps.c. Libraries come
 * before what needs them, so the order decides which error is printed first. */
#include <stdlib.h>
#include <string.h>

#include "replay/glibc.h"

enum { FIRST_DFS_RELEASE = 35 }; /* 2.35 made the depth-first sort the default */

struct sort {
    const struct glibc *glibc;
    int *out; /* filled from the end */
    size_t head;
    bool *visited;
};

/* Depth first; a dependency comes out behind (nearer to the end than) its users. */
static void visit(struct sort *sort, int index)
{
    const struct link_map *map = &sort->glibc->maps.at[index];
    if (sort->visited[index] || map->faked)
        return;
    sort->visited[index] = true;
    for (size_t i = 0; index != 0 && i < map->needs.count; i++)
        if (map->needs.at[i] != 0)
            visit(sort, map->needs.at[i]);
    sort->out[--sort->head] = index;
}

static size_t sort_dfs(const struct glibc *glibc, int *maps, size_t count)
{
    struct sort sort = {.glibc = glibc, .out = must_alloc(count * sizeof(int)), .head = count};
    sort.visited = must_alloc(glibc->maps.count * sizeof(bool));
    memset(sort.visited, true, glibc->maps.count * sizeof(bool)); /* what is not sorted */
    for (size_t i = 0; i < count; i++)
        sort.visited[maps[i]] = false;
    int first = maps[0];
    for (size_t i = count; i-- > 0;)
        visit(&sort, maps[i]);
    memcpy(maps, sort.out + sort.head, (count - sort.head) * sizeof(int));
    for (size_t i = 0; i < count; i++)
        if (maps[i] == first) { /* the program stays in front */
            memmove(maps + 1, maps, i * sizeof(int));
            maps[0] = first;
            break;
        }
    free(sort.out);
    free(sort.visited);
    return count;
}

static bool depends_on(const struct glibc *glibc, int index, int other)
{
    const struct link_map *map = &glibc->maps.at[index];
    for (size_t i = 0; i < map->needs.count; i++)
        if (map->needs.at[i] == other)
            return true;
    return false;
}

/* The older sort: an object moves behind the last one that needs it, a bounded
 * number of times where they need each other. */
static void sort_original(const struct glibc *glibc, int *maps, size_t count)
{
    size_t *seen = must_alloc((count + 1) * sizeof *seen);
    memset(seen, 0, (count + 1) * sizeof *seen);
    for (size_t i = 0; i < count;) {
        int this = maps[i];
        seen[i]++;
        size_t last = count - 1;
        while (last > i && !depends_on(glibc, maps[last], this))
            last--;
        if (last == i) {
            if (++i == count)
                break;
            memset(seen + i, 0, (count - i) * sizeof *seen);
            continue;
        }
        memmove(maps + i, maps + i + 1, (last - i) * sizeof *maps);
        maps[last] = this;
        if (seen[i + 1] > count - i) {
            i++;
            memset(seen + i, 0, (count - i) * sizeof *seen);
            continue;
        }
        size_t kept = seen[i];
        memmove(seen + i, seen + i + 1, (last - i) * sizeof *seen);
        seen[last] = kept;
    }
    free(seen);
}

void glibc_relocation_order(const struct glibc *glibc, int *order, size_t *count)
{
    size_t all = 0;
    for (size_t i = 0; i < glibc->scope.count; i++)
        if (!glibc->maps.at[glibc->scope.at[i]].faked)
            order[all++] = glibc->scope.at[i];
    for (size_t i = 0; i < all; i++)
        if (order[i] == 0) { /* filtees stand before the object that they are for */
            memmove(order + 1, order, i * sizeof *order);
            order[0] = 0;
        }
    *count = all;
    if (all < 2)
        return;
    if (glibc->loader->minor >= FIRST_DFS_RELEASE)
        sort_dfs(glibc, order, all);
    else
        sort_original(glibc, order + 1, all - 1);
    for (size_t i = 0; i < all / 2; i++) { /* relocation goes from the back */
        int swap = order[i];
        order[i] = order[all - 1 - i];
        order[all - 1 - i] = swap;
    }
}
