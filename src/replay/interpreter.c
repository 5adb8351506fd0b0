#include "replay/interpreter.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"

/* Interpreters that read the file that they are given, by the beginning of the
 * program's name behind all links, and what they say of one that they cannot
 * open: $0 is argv[0], $1 the script, $n argv[0] of the applet of busybox.
 * NULL: their words are not known. */
static const struct {
    const char *name, *words;
    int status; /* 0: not known */
} interpreters[] = {
    {"dash", "$0: 0: cannot open $1: ", 2},
    {"bash", "$0: $1: ", 126},
    {"busybox", "$n: can't open '$1': ", 2},
    {"python", "$0: can't open file '$1': [Errno 13] ", 2},
    {"perl", "Can't open perl script \"$1\": ", EACCES},
    {"ash", NULL, 0},
    {"ksh", NULL, 0},
    {"lua", NULL, 0},
    {"mksh", NULL, 0},
    {"node", NULL, 0},
    {"php", NULL, 0},
    {"ruby", NULL, 0},
    {"sh", NULL, 0},
    {"tclsh", NULL, 0},
    {"yash", NULL, 0},
    {"zsh", NULL, 0},
};

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* The index of the script among the arguments, where it is the first that is no
 * option; -1 where something else comes first, or nothing. `#!/bin/busybox sh`
 * names the applet before. */
static int script_index(const struct exec_result *exec, bool *options)
{
    int at = strcmp(base_name(exec->argv0), "busybox") == 0 ? 1 : 0;
    *options = false;
    for (; exec->arguments[at] != NULL; at++) {
        if (strcmp(exec->arguments[at], exec->chain[exec->chain_count - 1]) == 0)
            return at;
        if (exec->arguments[at][0] != '-')
            return -1;
        *options = true;
    }
    return -1;
}

static const char *line_of(const char *words, const struct exec_result *exec, const char *script,
                           struct arena *arena)
{
    const char *name = exec->argv0, *line = "";
    if (strcmp(base_name(name), "busybox") == 0)
        name = exec->arguments[0]; /* the applet */
    for (const char *end; *words != '\0'; words = end) {
        end = words[0] == '$' ? words + 2 : words + strcspn(words, "$");
        const char *part = arena_copy(arena, words, (size_t)(end - words));
        if (words[0] == '$')
            part = words[1] == '0' ? exec->argv0 : words[1] == '1' ? script : name;
        line = arena_format(arena, "%s%s", line, part);
    }
    return arena_format(arena, "%s%s", line, err_text(EACCES));
}

void interpreter_replay(struct facts *facts, const struct process *process, struct arena *arena,
                        struct exec_result *exec)
{
    if (exec->reason != EXEC_OK || exec->chain_count == 0 || exec->arguments == NULL)
        return;
    bool options;
    int error, index = script_index(exec, &options);
    const char *script = exec->chain[exec->chain_count - 1];
    const struct node *node =
        root_lookup(facts_root(facts), process->cwd, script, &process->cred, LOOKUP_FOLLOW, &error);
    if (node == NULL || node_allows(node, &process->cred, ACCESS_READ))
        return;
    struct exec_result *starts = arena_alloc(arena, sizeof *starts);
    *starts = *exec;
    exec->wrapper = starts;
    exec->reason = EXEC_SCRIPT_UNREADABLE;
    exec->culprit = script;
    exec->culprit_node = node;
    exec->detail =
        arena_format(arena,
                     "may be executed and not be read by the user %u:%u it runs as (mode %04o, of "
                     "%u:%u)",
                     process->cred.uid, process->cred.gid, node->mode, node->uid, node->gid);
    exec->uncertain = true;
    for (size_t i = 0; index >= 0 && i < sizeof interpreters / sizeof *interpreters; i++) {
        size_t length = strlen(interpreters[i].name);
        if (strncmp(exec->node->name, interpreters[i].name, length) != 0)
            continue;
        exec->uncertain = false;
        if (options || interpreters[i].words == NULL)
            return;
        exec->stderr_line = line_of(interpreters[i].words, exec, script, arena);
        exec->exit_status = interpreters[i].status;
        return;
    }
}
