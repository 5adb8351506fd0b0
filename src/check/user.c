#include "check/user.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

enum { LARGEST = 4 << 20, FIELDS = 4 };

/* A line of /etc/passwd (name, password, uid, gid) or /etc/group (name,
 * password, gid, members), cut into its first fields; "" where it has fewer. */
struct record {
    const char *field[FIELDS];
};

struct records VEC(struct record);

/* Both files. What is not there, or is no file, has no records. */
struct tables {
    struct records users, groups;
    const char *unread; /* the one that willrun cannot read; NULL: none */
    int error;          /* why not */
};

static bool parse_id(const char *text, uint32_t *id)
{
    uint64_t value = 0;
    for (const char *at = text; *at != '\0'; at++) {
        if (*at < '0' || *at > '9' || value > INT32_MAX)
            return false;
        value = value * 10 + (uint64_t)(*at - '0');
    }
    *id = (uint32_t)value;
    return *text != '\0' && value <= INT32_MAX;
}

/* A number that cannot be read is 0 there. */
static uint32_t id_of(const char *text)
{
    uint32_t id;
    return parse_id(text, &id) ? id : 0;
}

static struct record cut_line(char *line)
{
    struct record record;
    for (size_t i = 0; i < FIELDS; i++) {
        record.field[i] = line;
        line += strcspn(line, ":");
        if (*line != '\0')
            *line++ = '\0';
    }
    return record;
}

/* All lines of the file at `path`; an errno where it is there and cannot be read. */
static int read_records(struct facts *facts, const char *path, struct arena *arena,
                        struct records *records)
{
    int error;
    struct span text;
    const struct node *node =
        root_lookup(facts_root(facts), NULL, path, NULL, LOOKUP_FOLLOW, &error);
    if (node == NULL)
        return root_is_refusal(error) ? error : 0;
    if (node->type != NODE_FILE)
        return 0;
    error = facts_text(facts, node, LARGEST, arena, &text);
    if (error != 0)
        return error;
    char *all = arena_copy(arena, (const char *)text.data, text.size), *rest = NULL;
    for (char *line = strtok_r(all, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
        *vec_push(records) = cut_line(line);
    return 0;
}

static void read_tables(struct facts *facts, struct arena *arena, struct tables *tables)
{
    static const char *const paths[] = {"/etc/passwd", "/etc/group"};
    *tables = (struct tables){0};
    struct records *records[] = {&tables->users, &tables->groups};
    for (size_t i = 0; i < sizeof paths / sizeof *paths && tables->error == 0; i++) {
        tables->error = read_records(facts, paths[i], arena, records[i]);
        if (tables->error != 0)
            tables->unread = paths[i];
    }
}

static enum user_answer tell_unread(const struct tables *tables, struct err *err)
{
    err->code = WILLRUN_OK; /* that somebody is not there is not known */
    err_set(err, WILLRUN_EINPUT, "willrun cannot read the target's %s: %s", tables->unread,
            err_text(tables->error));
    return USER_UNREAD;
}

static void free_tables(struct tables *tables)
{
    vec_free(&tables->users);
    vec_free(&tables->groups);
}

bool user_files_read(struct facts *facts)
{
    struct arena scratch = {0};
    struct tables tables;
    read_tables(facts, &scratch, &tables);
    free_tables(&tables);
    arena_free(&scratch);
    return tables.error == 0;
}

/* The first record with this name, or with this number in `field`; NULL: none. */
static const struct record *find(const struct records *records, size_t field, const char *wanted)
{
    uint32_t id;
    bool number = parse_id(wanted, &id);
    for (size_t i = 0; i < records->count; i++) {
        const struct record *record = &records->at[i];
        if (number ? id_of(record->field[field]) == id : strcmp(record->field[0], wanted) == 0)
            return record;
    }
    return NULL;
}

static bool lists(const char *members, const char *name)
{
    for (size_t length; *members != '\0'; members += length + (members[length] == ',')) {
        length = strcspn(members, ",");
        if (length == strlen(name) && strncmp(members, name, length) == 0)
            return true;
    }
    return false;
}

static void join_groups(const struct records *groups, const char *name, struct arena *arena,
                        struct cred *cred)
{
    uint32_t *ids = arena_array(arena, groups->count + 1, sizeof *ids);
    for (size_t i = 0; i < groups->count; i++)
        if (lists(groups->at[i].field[3], name))
            ids[cred->group_count++] = id_of(groups->at[i].field[2]);
    cred->groups = ids;
}

static bool find_group(const struct records *groups, const char *wanted, struct cred *cred,
                       struct err *err)
{
    const struct record *group = find(groups, 2, wanted);
    if (group != NULL)
        cred->gid = id_of(group->field[2]);
    else if (!parse_id(wanted, &cred->gid))
        return err_set(err, WILLRUN_EINPUT, "the group %s is not in the target's /etc/group",
                       wanted);
    return true;
}

static bool resolve(const struct records *users, const struct records *groups, char *name,
                    struct arena *arena, struct cred *cred, struct err *err)
{
    char *group = strchr(name, ':');
    if (group != NULL)
        *group++ = '\0';
    const struct record *user = find(users, 2, *name != '\0' ? name : "0");
    if (user != NULL) {
        cred->uid = id_of(user->field[2]);
        cred->gid = id_of(user->field[3]);
    } else if (*name != '\0' && !parse_id(name, &cred->uid)) {
        return err_set(err, WILLRUN_EINPUT, "the user %s is not in the target's /etc/passwd", name);
    }
    if (group != NULL && *group != '\0')
        return find_group(groups, group, cred, err);
    if (user != NULL)
        join_groups(groups, user->field[0], arena, cred);
    return true;
}

/* "UID:GID", which no file changes. */
static bool is_numbers(const char *spec, struct arena *arena)
{
    uint32_t id;
    const char *colon = strchr(spec, ':');
    return colon != NULL && parse_id(colon + 1, &id) &&
           parse_id(arena_copy(arena, spec, (size_t)(colon - spec)), &id);
}

enum user_answer user_find(struct facts *facts, const char *spec, struct arena *arena,
                           struct cred *cred, struct err *err)
{
    struct tables tables;
    *cred = (struct cred){0};
    read_tables(facts, arena, &tables);
    bool found =
        resolve(&tables.users, &tables.groups, arena_string(arena, spec), arena, cred, err);
    enum user_answer answer = found ? USER_FOUND : USER_MISSING;
    if (tables.error != 0 && !is_numbers(spec, arena))
        answer = tell_unread(&tables, err);
    free_tables(&tables);
    return answer;
}

/* ---- owners ---- */

static const struct record *find_name(const struct records *records, const char *name)
{
    for (size_t i = 0; i < records->count; i++)
        if (strcmp(records->at[i].field[0], name) == 0)
            return &records->at[i];
    return NULL;
}

static bool owner_user(const struct records *users, const char *name, uint32_t *uid, uint32_t *gid,
                       struct err *err)
{
    const struct record *user = find_name(users, name);
    if (parse_id(name, uid)) {
        *gid = *uid;
    } else if (user != NULL) {
        *uid = id_of(user->field[2]);
        *gid = id_of(user->field[3]);
    } else if (*name != '\0') {
        return err_set(err, WILLRUN_EINPUT, "the user %s is not in the target's /etc/passwd", name);
    }
    return true;
}

static bool owner_group(const struct records *groups, const char *name, uint32_t *gid,
                        struct err *err)
{
    const struct record *group = find_name(groups, name);
    if (parse_id(name, gid))
        return true;
    if (group == NULL)
        return err_set(err, WILLRUN_EINPUT, "the group %s is not in the target's /etc/group", name);
    *gid = id_of(group->field[2]);
    return true;
}

enum user_answer user_owner(struct facts *facts, const char *spec, uint32_t *uid, uint32_t *gid,
                            struct err *err)
{
    struct arena scratch = {0};
    struct tables tables;
    char *name = arena_string(&scratch, spec), *group = strchr(name, ':');
    *uid = *gid = 0;
    if (group != NULL)
        *group++ = '\0';
    read_tables(facts, &scratch, &tables);
    bool found = owner_user(&tables.users, name, uid, gid, err) &&
                 (group == NULL || *group == '\0' || owner_group(&tables.groups, group, gid, err));
    enum user_answer answer = found               ? USER_FOUND
                              : tables.error != 0 ? tell_unread(&tables, err)
                                                  : USER_MISSING;
    free_tables(&tables);
    arena_free(&scratch);
    return answer;
}
