#include "check/effects.h"

#include <stdlib.h>
#include <string.h>

#include "check/user.h"
#include "dockerfile/run_commands.h"
#include "root/change.h"
#include "root/mode.h"

struct effecting {
    struct assembly *assembly;
    struct built *built;
    const struct step *step;
    const char *folder; /* where the command runs */
    int closed;         /* the rights that umask takes from new folders */
    struct arena *arena;
};

enum { USUALLY_CLOSED = 0022 };

typedef const struct run_command *command;

/* ---- gaps and files ---- */

static void leave_gap(struct effecting *effecting, enum gap_kind kind, const char *path)
{
    struct built *built = effecting->built;
    for (size_t i = 0; i < built->gaps.count; i++) /* one is enough */
        if (built->gaps.at[i].at == effecting->step->instruction &&
            built->gaps.at[i].kind == kind && strcmp(built->gaps.at[i].path, path) == 0)
            return;
    *vec_push(&built->gaps) = (struct gap){.kind = kind,
                                           .path = path,
                                           .serial = root_copy_count(built->root),
                                           .at = effecting->step->instruction,
                                           .name = built->name,
                                           .folder = effecting->folder,
                                           .cause = effecting->step->instruction};
}

static const char *full(struct effecting *effecting, const char *path)
{
    return path_clean(effecting->folder, path, effecting->arena);
}

static void unknown_at(struct effecting *effecting, const char *path)
{
    leave_gap(effecting, GAP_RUN, full(effecting, path));
}

static const struct node *node_at(struct effecting *effecting, const char *path)
{
    int error;
    return root_lookup(effecting->built->root, NULL, full(effecting, path), NULL, LOOKUP_FOLLOW,
                       &error);
}

/* Put a file or link at `path`: as the contents of a folder, for a link that is named is followed.
 */
static void put_file(struct effecting *effecting, const char *path, struct made_file file)
{
    struct err err = {0};
    struct built *built = effecting->built;
    const char *slash = strrchr(path, '/');
    file.path = arena_format(effecting->arena, "files%s", slash);
    struct copy copy = {.from = assembly_files(effecting->assembly, &file, 1, &err),
                        .source = "/files",
                        .to = arena_copy(effecting->arena, path, (size_t)(slash - path) + 1),
                        .literal = true,
                        .mode = -1};
    if (copy.from == NULL || !root_copy(built->root, &copy, &err))
        leave_gap(effecting, GAP_RUN, path);
    while (built->copies.count < root_copy_count(built->root))
        *vec_push(&built->copies) = effecting->step->instruction;
}

/* ---- words ---- */

static bool has_flag(command run, char letter, const char *name)
{
    for (size_t i = 1; i < run->argc; i++) {
        const char *word = run->argv[i];
        if (name != NULL && word[0] == '-' && word[1] == '-' && strcmp(word + 2, name) == 0)
            return true;
        if (letter != '\0' && word[0] == '-' && word[1] != '-' && strchr(word, letter) != NULL)
            return true;
    }
    return false;
}

/* The value of an option that takes one: "-u 5", "--uid 5", "--uid=5"; NULL: not given. */
static const char *value_of(command run, const char *letter, const char *name)
{
    for (size_t i = 1; i < run->argc; i++) {
        const char *word = run->argv[i];
        size_t length = strlen(name);
        if (strncmp(word, "--", 2) == 0 && strncmp(word + 2, name, length) == 0) {
            if (word[2 + length] == '=')
                return word + 3 + length;
            if (word[2 + length] == '\0')
                return run->argv[i + 1];
        }
        if (strcmp(word, letter) == 0)
            return run->argv[i + 1];
    }
    return NULL;
}

/* The same where letters may share a word, the value its rest or the next word: "-qO FILE". */
static const char *value_shared(command run, char letter, const char *name)
{
    const char *value = value_of(run, (const char[]){'-', letter, '\0'}, name);
    for (size_t i = 1; i < run->argc && value == NULL; i++) {
        const char *word = run->argv[i];
        const char *at = word[0] == '-' && word[1] != '-' ? strchr(word, letter) : NULL;
        if (at != NULL)
            value = at[1] != '\0' ? at + 1 : run->argv[i + 1];
    }
    return value;
}

/* The words that are no option and no value of one in `valued`, from *at on; NULL: no more. */
static const char *next_operand(command run, const char *const *valued, size_t *at)
{
    while (++*at < run->argc) {
        const char *word = run->argv[*at];
        if (word[0] != '-' || word[1] == '\0')
            return word;
        for (size_t i = 0; valued != NULL && valued[i] != NULL; i++)
            if (strcmp(word, valued[i]) == 0)
                ++*at;
    }
    return NULL;
}

static const char *last_operand(command run)
{
    const char *last = NULL, *word;
    for (size_t at = 0; (word = next_operand(run, NULL, &at)) != NULL;)
        last = word;
    return last;
}

/* ---- commands whose work is known ---- */

static void nothing(struct effecting *effecting, command run)
{
    (void)effecting, (void)run;
}

static void change_folder(struct effecting *effecting, command run)
{
    if (run->argc > 1 && run->known)
        effecting->folder = full(effecting, run->argv[1]);
    else
        leave_gap(effecting, GAP_RUN, "/");
}

static void set_umask(struct effecting *effecting, command run)
{
    if (run->argc != 2 || !mode_parse(run->argv[1], &effecting->closed) || effecting->closed < 0)
        leave_gap(effecting, GAP_RUN, "/");
}

static void make_folders(struct effecting *effecting, command run)
{
    static const char *const valued[] = {"-m", "--mode", NULL};
    const char *mode = value_of(run, "-m", "mode"), *path;
    int error, number;
    for (size_t at = 0; (path = next_operand(run, valued, &at)) != NULL;) {
        bool is_new = node_at(effecting, path) == NULL;
        const struct node *node =
            root_make_folder(effecting->built->root, full(effecting, path), &error);
        const char *given = mode;
        if (given == NULL && is_new && effecting->closed != USUALLY_CLOSED)
            given = arena_format(effecting->arena, "%o", 0777 & ~(unsigned)effecting->closed);
        if (node != NULL && given != NULL && mode_parse(given, &number))
            root_change(effecting->built->root, node, &(struct change){.mode = given});
    }
}

static void change_mode(struct effecting *effecting, command run)
{
    size_t at = 0;
    int number;
    bool below = has_flag(run, 'R', "recursive");
    const char *mode = NULL, *path;
    for (size_t i = 1; i < run->argc && mode == NULL; i++)
        if (mode_parse(run->argv[i], &number))
            mode = run->argv[at = i];
    if (mode == NULL) {
        leave_gap(effecting, GAP_RUN, "/");
        return;
    }
    while ((path = next_operand(run, NULL, &at)) != NULL) {
        const struct node *node = node_at(effecting, path);
        if (node != NULL)
            root_change(effecting->built->root, node,
                        &(struct change){.mode = mode, .below = below});
        if (node == NULL)
            unknown_at(effecting, strcspn(path, "*?[") == strlen(path) ? path : ".");
    }
}

static void change_owner(struct effecting *effecting, command run)
{
    size_t at = 0;
    struct err err = {0};
    const char *owner = next_operand(run, NULL, &at), *path;
    bool group = strcmp(run->argv[0], "chgrp") == 0;
    struct change change = {.owned = !group, .below = has_flag(run, 'R', "recursive")};
    if (owner == NULL)
        return;
    change.grouped = group || strchr(owner, ':') != NULL;
    if (!user_owner(effecting->built->facts,
                    group ? arena_format(effecting->arena, ":%s", owner) : owner, &change.uid,
                    &change.gid, &err))
        change.uid = change.gid = INT32_MAX; /* nobody */
    while ((path = next_operand(run, NULL, &at)) != NULL) {
        const struct node *node = node_at(effecting, path);
        if (node != NULL)
            root_change(effecting->built->root, node, &change);
        else
            unknown_at(effecting, strcspn(path, "*?[") == strlen(path) ? path : ".");
    }
}

static void make_link(struct effecting *effecting, command run)
{
    size_t at = 0;
    const char *target = next_operand(run, NULL, &at), *path = next_operand(run, NULL, &at);
    if (path == NULL || next_operand(run, NULL, &at) != NULL || !has_flag(run, 's', "symbolic")) {
        unknown_at(effecting, path != NULL ? last_operand(run) : ".");
        return;
    }
    const struct node *node = node_at(effecting, path);
    if (node != NULL && node->type == NODE_DIR && !has_flag(run, 'n', "no-dereference")) {
        const char *slash = strrchr(target, '/');
        path = arena_format(effecting->arena, "%s/%s", path, slash != NULL ? slash + 1 : target);
    }
    put_file(effecting, full(effecting, path), (struct made_file){.target = target, .mode = 0777});
}

static void make_empty(struct effecting *effecting, command run)
{
    const char *path;
    for (size_t at = 0; (path = next_operand(run, NULL, &at)) != NULL;)
        if (node_at(effecting, path) == NULL)
            put_file(effecting, full(effecting, path), (struct made_file){.mode = 0644});
}

static void remove_files(struct effecting *effecting, command run)
{
    const char *path;
    int error;
    for (size_t at = 0; (path = next_operand(run, NULL, &at)) != NULL;) {
        const char *whole = full(effecting, path);
        if (strcspn(path, "*?[{") != strlen(path)) {
            char *slash = strrchr(whole, '/');
            unknown_at(effecting, arena_copy(effecting->arena, whole,
                                             slash != whole ? (size_t)(slash - whole) : 1));
            continue;
        }
        const struct node *node =
            root_lookup(effecting->built->root, NULL, whole, NULL, LOOKUP_NOFOLLOW, &error);
        if (node != NULL && node->parent != node)
            root_remove(effecting->built->root, node);
    }
}

static void refresh_cache(struct effecting *effecting, command run)
{
    (void)run;
    effecting->built->refreshed_at = effecting->step->instruction;
}

/* ---- users ---- */

static const char *const user_options[] = {
    "-u", "--uid",  "-g",         "--gid", "-G",      "--groups",   "--ingroup", "-h",
    "-d", "--home", "--home-dir", "-s",    "--shell", "-c",         "--comment", "--gecos",
    "-p", "-k",     "-e",         "-f",    "-K",      "--base-dir", "-b",        NULL};

static void append_line(struct effecting *effecting, const char *path, const char *line)
{
    struct span old = {0};
    const struct node *node = node_at(effecting, path);
    if (node != NULL && facts_text(effecting->built->facts, node, 1 << 20, effecting->arena, &old))
        old.size = 0;
    const char *text = arena_format(effecting->arena, "%.*s%s\n", (int)old.size,
                                    old.size != 0 ? (const char *)old.data : "", line);
    put_file(effecting, path,
             (struct made_file){.text = {(const unsigned char *)text, strlen(text)}, .mode = 0644});
}

/* Has a line of `path` the number in its third field? */
static bool is_taken(struct effecting *effecting, const char *path, unsigned long number)
{
    struct span text = {0};
    const struct node *node = node_at(effecting, path);
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
    const char *value = value_of(run, letter, name);
    bool other = strncmp(run->argv[0], "add", 3) == 0;
    bool system = has_flag(run, other ? 'S' : 'r', "system");
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

static void add_group(struct effecting *effecting, command run)
{
    size_t at = 0;
    const char *name = next_operand(run, user_options, &at);
    if (name == NULL || next_operand(run, user_options, &at) != NULL)
        leave_gap(effecting, GAP_RUN, "/etc");
    else
        add_group_named(effecting, name, number_for(effecting, run, "-g", "gid"));
}

static void add_user(struct effecting *effecting, command run)
{
    size_t at = 0;
    struct err err = {0};
    const char *name = next_operand(run, user_options, &at);
    if (name == NULL || next_operand(run, user_options, &at) != NULL) {
        leave_gap(effecting, GAP_RUN, "/etc"); /* a user joins a group */
        return;
    }
    unsigned long uid = number_for(effecting, run, "-u", "uid"), gid = uid;
    const char *group = value_of(run, "-g", "gid");
    bool busybox = strcmp(run->argv[0], "adduser") == 0;
    if (busybox && value_of(run, "-G", "ingroup") != NULL)
        group = value_of(run, "-G", "ingroup");
    uint32_t own, found;
    if (group != NULL &&
        user_owner(effecting->built->facts, arena_format(effecting->arena, ":%s", group), &own,
                   &found, &err))
        gid = found;
    else if (group == NULL)
        add_group_named(effecting, name, gid);
    append_line(
        effecting, "/etc/passwd",
        arena_format(effecting->arena, "%s:x:%lu:%lu::/home/%s:/bin/sh", name, uid, gid, name));
}

/* ---- packages ---- */

/* False: no RUN had installed it. */
static bool forget(struct built *built, const char *package)
{
    size_t left = 0, count = built->installed.count;
    for (size_t i = 0; i < built->installed.count; i++)
        if (strcmp(built->installed.at[i].package, package) != 0 &&
            (built->installed.at[i].of == NULL || strcmp(built->installed.at[i].of, package) != 0))
            built->installed.at[left++] = built->installed.at[i];
    built->installed.count = left;
    return left < count;
}

static void packages(struct effecting *effecting, command run)
{
    static const char *const valued[] = {
        "-t", "--virtual", "-X", "--repository", "-o", "--setopt", "-c", "--enablerepo", NULL};
    static const char *const adds[] = {"install", "add", "localinstall", "reinstall", NULL};
    static const char *const takes[] = {"del", "remove", "purge", "erase", NULL};
    size_t at = 0;
    const char *verb = next_operand(run, valued, &at), *package;
    bool add = false, take = false;
    for (size_t i = 0; verb != NULL && adds[i] != NULL; i++)
        add |= strcmp(verb, adds[i]) == 0;
    for (size_t i = 0; verb != NULL && takes[i] != NULL; i++)
        take |= strcmp(verb, takes[i]) == 0;
    const char *group = value_of(run, "-t", "virtual");
    bool apk = strcmp(run->argv[0], "apk") == 0;
    while ((add || take) && (package = next_operand(run, valued, &at)) != NULL) {
        const char *name =
            arena_copy(effecting->arena, package,
                       strcspn(package, apk && strncmp(package, "so:", 3) != 0 ? "=<>~@" : "=<>"));
        if (take && !forget(effecting->built, name))
            leave_gap(effecting, GAP_RUN, "/"); /* of the image's own, with all that needs it */
        else if (!take)
            *vec_push(&effecting->built->installed) = (struct installed){
                name, apk ? group : NULL, effecting->step->instruction, run->known && run->always};
    }
}

/* What adds files for a language and leaves those of the system alone. */
static void adds_files(struct effecting *effecting, command run)
{
    (void)run;
    leave_gap(effecting, GAP_ADDS, "/");
}

/* ---- commands of which the place alone is known ---- */

static void unknown_all(struct effecting *effecting, command run)
{
    const char *folder = value_shared(run, 't', "target-directory"), *path;
    if (folder != NULL)
        unknown_at(effecting, folder);
    for (size_t at = 0; (path = next_operand(run, NULL, &at)) != NULL;)
        unknown_at(effecting, path);
}

/* The last is what is written, unless -t names it, or `install -d` makes them all. */
static void unknown_last(struct effecting *effecting, command run)
{
    const char *last = last_operand(run);
    if (has_flag(run, 't', NULL) || value_of(run, "-t", "target-directory") != NULL ||
        (strcmp(run->argv[0], "install") == 0 && has_flag(run, 'd', "directory")))
        unknown_all(effecting, run);
    else
        unknown_at(effecting, last != NULL ? last : ".");
}

/* Where curl and wget write: the file, below a folder where one is named. */
static void unknown_output(struct effecting *effecting, command run)
{
    bool wget = strcmp(run->argv[0], "wget") == 0;
    const char *folder = wget ? value_shared(run, 'P', "directory-prefix")
                              : value_of(run, "--output-dir", "output-dir");
    const char *path =
        wget ? value_shared(run, 'O', "output-document") : value_shared(run, 'o', "output");
    if (path != NULL)
        unknown_at(effecting, path);
    if (folder != NULL || path == NULL)
        unknown_at(effecting, folder != NULL ? folder : ".");
    for (size_t i = 1, found = 0; i < run->argc; i++) { /* a file for each of several addresses */
        found += run->argv[i][0] == '-' && run->argv[i][1] != '-' &&
                 strchr(run->argv[i], wget ? 'O' : 'o') != NULL;
        if (found > 1)
            leave_gap(effecting, GAP_RUN, "/");
    }
}

/* tar's letters may stand without a dash, "tar xzC FOLDER": then the folder is any word. */
static void unknown_unpacked(struct effecting *effecting, command run)
{
    bool tar = strcmp(run->argv[0], "tar") == 0;
    const char *folder = value_shared(run, tar ? 'C' : 'd', tar ? "directory" : "d");
    bool bare = tar && run->argc > 1 && run->argv[1][0] != '-';
    if (tar && has_flag(run, 'P', "absolute-names"))
        folder = "/";
    if (folder == NULL && bare && strchr(run->argv[1], 'C') != NULL)
        folder = "/";
    unknown_at(effecting, folder != NULL ? folder : ".");
}

/* sed -i: all words but the script are files. */
static void unknown_edited(struct effecting *effecting, command run)
{
    const char *path;
    bool script = value_of(run, "-e", "expression") == NULL;
    for (size_t at = 0; (path = next_operand(run, NULL, &at)) != NULL; script = false)
        if (!script)
            unknown_at(effecting, path);
}

/* ---- the table ---- */

static void other_command(struct effecting *effecting, command run);

static const struct program {
    const char *name;
    void (*does)(struct effecting *effecting, command run);
} programs[] = {
#define PROGRAM(name, does) {name, does},
#include "run-effects.def"
#undef PROGRAM
};

static void apply(struct effecting *effecting, command run);

/* `env A=B COMMAND`, `command COMMAND`: what that one does. */
static void other_command(struct effecting *effecting, command run)
{
    struct run_command other = *run;
    bool asks = false; /* command -v */
    do {
        other.argv++;
        other.argc--;
        asks |= other.argc != 0 &&
                (strcmp(other.argv[0], "-v") == 0 || strcmp(other.argv[0], "-V") == 0);
    } while (other.argc != 0 && strchr(other.argv[0], '=') != NULL);
    other.output = NULL;
    if (other.argc == 0 || asks)
        return;
    if (other.argv[0][0] == '-')
        leave_gap(effecting, GAP_RUN, "/");
    else
        apply(effecting, &other);
}

static void apply(struct effecting *effecting, command run)
{
    const char *slash = strrchr(run->argv[0], '/');
    const char *name = slash != NULL ? slash + 1 : run->argv[0];
    void (*does)(struct effecting *, command) = NULL;
    for (size_t i = 0; i < sizeof programs / sizeof *programs && does == NULL; i++)
        if (strcmp(name, programs[i].name) == 0)
            does = programs[i].does;
    if (run->output != NULL)
        unknown_at(effecting, *run->output != '\0' ? run->output : "/");
    bool sure = run->known && run->always;
    if (does == NULL || (!sure && does != nothing && does != packages && does != adds_files &&
                         does != other_command))
        leave_gap(effecting, GAP_RUN, "/");
    else
        does(effecting, run);
}

void effects_apply(struct assembly *assembly, struct built *built, const struct step *step)
{
    struct effecting effecting = {assembly,      built,          step,
                                  step->workdir, USUALLY_CLOSED, &assembly->arena};
    struct run_commands commands = {0};
    *vec_push(&built->runs) = (struct run){step->text, step->exports, step->instruction};
    bool whole = run_commands_read(step->text, step->exports, effecting.arena, &commands);
    for (size_t i = 0; i < commands.count; i++)
        apply(&effecting, &commands.at[i]);
    if (!whole)
        leave_gap(&effecting, GAP_RUN, "/");
    vec_free(&commands);
}
