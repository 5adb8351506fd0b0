#include "dockerfile/variables.h"

#include <string.h>

static struct variable *find(const struct variables *variables, const char *name)
{
    for (size_t i = 0; i < variables->count; i++)
        if (strcmp(variables->at[i].name, name) == 0)
            return &variables->at[i];
    return NULL;
}

const char *variables_get(const struct variables *variables, const char *name)
{
    const struct variable *variable = find(variables, name);
    return variable != NULL ? variable->value : NULL;
}

void variables_set(struct variables *variables, const char *name, const char *value, bool is_env)
{
    struct variable *variable = find(variables, name);
    variables->written += strlen(value);
    if (variable == NULL) {
        variable = vec_push(variables);
        *variable = (struct variable){.name = name};
    }
    variable->value = value;
    variable->export = NULL;
    variables->exports = NULL;
    if (is_env)
        variable->env = value;
}

const char *const *variables_exports(struct variables *variables, struct arena *arena)
{
    if (variables->exports != NULL)
        return variables->exports;
    const char **list = arena_array(arena, variables->count + 1, sizeof *list);
    for (size_t i = 0; i < variables->count; i++) {
        struct variable *variable = &variables->at[i];
        if (variable->export == NULL)
            variable->export = arena_format(arena, "%s=%s", variable->name,
                                            variable->value != NULL ? variable->value : "");
        list[i] = variable->export;
    }
    return variables->exports = list;
}

void variables_copy(struct variables *to, const struct variables *from)
{
    *to = (struct variables){.written = from->written};
    for (size_t i = 0; i < from->count; i++) {
        *vec_push(to) = from->at[i];
        to->at[i].export = NULL;
    }
}

void variables_inherit(struct variables *to, const struct variables *base)
{
    variables_copy(to, base);
    for (size_t i = 0; i < to->count; i++)
        if (to->at[i].env != NULL)
            to->at[i].value = to->at[i].env;
}

void variables_default_path(struct variables *variables)
{
    const struct variable *path = find(variables, "PATH");
    if (path == NULL || path->env == NULL)
        variables_set(variables, "PATH",
                      "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", true);
}
