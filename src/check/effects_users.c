#include <stdlib.h>
#include <string.h>

#include "check/effecting.h"
#include "check/user.h"

static const char *const user_options[] = {
    "-u", "--uid",  "-g",         "--gid", "-G",      "--groups",   "--ingroup", "-h",
    "-d", "--home", "--home-dir", "-s",    "--shell", "-c",         "--comment", "--gecos",
    "-p", "-k",     "-e",         "-f",    "-K",      "--base-dir", "-b",        NULL};

static void append_line(struct effecting *effecting, const char *path, const char *line)
{
    assembly_append(effecting->assembly, effecting->built, path, line,
                    effecting->step->instruction);
}

/* Has a line of `path` the number in its third field? */
static bool is_taken(struct effecting *effecting, const char *path, unsigned long number)
{
    struct span text = {0};
    const struct node *node = effect_node(effecting, path);
    if (node == NULL || facts_text(effecting->built->facts, node, 1 << 20, effecting->arena, &text))
        return false;
    char *all = arena_copy(effecting->arena, (const char *)text.data, text.size), *rest = NULL;
    for (char *line = strtok_r(all, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        const char *field = strchr(line, ':');
        field = field != NULL ? strchr(field + 1, ':') : NULL;
        if (field != NULL && strtoul(field + 1, NULL, 10) == number)
            return true;
    }
    return false;
}

/* The number that is asked for, else the next free one: of people's upwards; of the system's
 * downwards, and by busybox upwards. */
static unsigned long number_for(struct effecting *effecting, command run, const char *letter,
                                const char *name)
{
    const char *value = word_value(run, letter, name);
    bool other = strncmp(run->argv[0], "add", 3) == 0;
    bool system = word_flag(run, other ? 'S' : 'r', "system");
    if (value != NULL)
        return strtoul(value, NULL, 10);
    unsigned long number = !system ? 1000 : other ? 100 : 999, last = number + 1000;
    int step = system && !other ? -1 : 1;
    while (
        number != 0 && number != last &&
        (is_taken(effecting, "/etc/passwd", number) || is_taken(effecting, "/etc/group", number)))
        number += (unsigned long)step;
    return number;
}

static void add_group_named(struct effecting *effecting, const char *name, unsigned long gid)
{
    append_line(effecting, "/etc/group", arena_format(effecting->arena, "%s:x:%lu:", name, gid));
}

/* The name that is added; NULL: it does not show, or not what is there: a line is written behind
 * those, and its number is none of theirs. */
static const char *added_name(struct effecting *effecting, command run)
{
    size_t at = 0;
    const char *name = word_operand(run, user_options, &at);
    bool alone = name != NULL && word_operand(run, user_options, &at) == NULL;
    return alone && user_files_read(effecting->built->facts) ? name : NULL;
}

void effect_add_group(struct effecting *effecting, command run)
{
    const char *name = added_name(effecting, run);
    if (name == NULL)
        effect_gap(effecting, GAP_RUN, "/etc");
    else
        add_group_named(effecting, name, number_for(effecting, run, "-g", "gid"));
}

void effect_add_user(struct effecting *effecting, command run)
{
    struct err err = {0};
    const char *name = added_name(effecting, run);
    if (name == NULL) {
        effect_gap(effecting, GAP_RUN, "/etc"); /* a user joins a group */
        return;
    }
    unsigned long uid = number_for(effecting, run, "-u", "uid"), gid = uid;
    const char *group = word_value(run, "-g", "gid");
    bool busybox = strcmp(run->argv[0], "adduser") == 0;
    if (busybox && word_value(run, "-G", "ingroup") != NULL)
        group = word_value(run, "-G", "ingroup");
    uint32_t own, found;
    if (group != NULL &&
        user_owner(effecting->built->facts, arena_format(effecting->arena, ":%s", group), &own,
                   &found, &err) == USER_FOUND)
        gid = found;
    else if (group == NULL)
        add_group_named(effecting, name, gid);
    append_line(
        effecting, "/etc/passwd",
        arena_format(effecting->arena, "%s:x:%lu:%lu::/home/%s:/bin/sh", name, uid, gid, name));
}
