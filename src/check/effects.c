#include "check/effects.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "check/effecting.h"
#include "check/user.h"
#include "dockerfile/run_commands.h"
#include "root/change.h"
#include "root/mode.h"

enum { USUALLY_CLOSED = 0022 };

/* ---- gaps and files ---- */

void effect_gap(struct effecting *effecting, enum gap_kind kind, const char *path)
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

const char *effect_path(struct effecting *effecting, const char *path)
{
    return path_clean(effecting->folder, path, effecting->arena);
}

void effect_unknown(struct effecting *effecting, const char *path)
{
    effect_gap(effecting, GAP_RUN, effect_path(effecting, path));
}

const struct node *effect_node(struct effecting *effecting, const char *path)
{
    int error;
    return root_lookup(effecting->built->root, NULL, effect_path(effecting, path), NULL,
                       LOOKUP_FOLLOW, &error);
}

void effect_put(struct effecting *effecting, const char *path, struct made_file file)
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
        effect_gap(effecting, GAP_RUN, path);
    while (built->copies.count < root_copy_count(built->root))
        *vec_push(&built->copies) = effecting->step->instruction;
}

/* ---- words ---- */

bool word_flag(command run, char letter, const char *name)
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

const char *word_value(command run, const char *letter, const char *name)
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
    const char *value = word_value(run, (const char[]){'-', letter, '\0'}, name);
    for (size_t i = 1; i < run->argc && value == NULL; i++) {
        const char *word = run->argv[i];
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): one of argc words */
        const char *at = word[0] == '-' && word[1] != '-' ? strchr(word, letter) : NULL;
        if (at != NULL)
            value = at[1] != '\0' ? at + 1 : run->argv[i + 1];
    }
    return value;
}

const char *word_operand(command run, const char *const *valued, size_t *at)
{
    while (++*at < run->argc) {
        const char *word = run->argv[*at];
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): one of argc words */
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
    for (size_t at = 0; (word = word_operand(run, NULL, &at)) != NULL;)
        last = word;
    return last;
}

/* The paths that a word stands for, NULL at the end: a pattern of names in a folder is expanded as
 * a shell does it. What may be among them, and is not known, is a gap then. */
static const char *const *paths_of(struct effecting *effecting, const char *word)
{
    struct arena *arena = effecting->arena;
    const char *path = effect_path(effecting, word), *slash = strrchr(path, '/');
    const char *folder = arena_copy(arena, path, slash != path ? (size_t)(slash - path) : 1);
    size_t before = strcspn(path, "*?[{"), count = 0, found = 0;
    const struct node *node = effect_node(effecting, folder), **nodes = NULL;
    if (path[before] == '\0') {
        const char **one = arena_array(arena, 2, sizeof *one);
        one[0] = path;
        return one;
    }
    while (before > 1 && path[before] != '/')
        before--;
    if (before < strlen(folder) || strchr(path, '{') != NULL ||
        built_gap_around(effecting->built, folder, node) != NULL)
        effect_unknown(effecting, arena_copy(arena, path, before));
    if (node != NULL && node->type == NODE_DIR &&
        root_list(effecting->built->root, node, arena, &nodes, &count) != 0)
        count = 0;
    const char **paths = arena_array(arena, count + 1, sizeof *paths);
    for (size_t i = 0; i < count; i++)
        if (fnmatch(slash + 1, nodes[i]->name, FNM_PERIOD) == 0)
            paths[found++] =
                arena_format(arena, "%s/%s", folder[1] != '\0' ? folder : "", nodes[i]->name);
    return paths;
}

/* ---- commands whose work is known ---- */

static void nothing(struct effecting *effecting, command run)
{
    (void)effecting, (void)run;
}

/* What `echo WORDS` prints, where all shells print the same; NULL: they differ. */
static const char *echoed(struct effecting *effecting, command run)
{
    const char *text = "";
    bool ends = run->argc < 2 || strcmp(run->argv[1], "-n") != 0;
    for (size_t i = ends ? 1 : 2; i < run->argc; i++) {
        const char *word = run->argv[i];
        if (word[strcspn(word, "\\*?[~")] != '\0' || (word[0] == '-' && text[0] == '\0'))
            return NULL;
        text = arena_format(effecting->arena, "%s%s%s", text, *text != '\0' ? " " : "", word);
    }
    return ends ? arena_format(effecting->arena, "%s\n", text) : text;
}

/* What is at `path` now, as a text; NULL: that is not known. */
static const char *text_now(struct effecting *effecting, const char *path)
{
    enum { LONGEST = 1 << 20 };
    struct built *built = effecting->built;
    const struct node *node = effect_node(effecting, path);
    if (built_gap(built, path, node != NULL ? node_copy(node) : 0, node == NULL) != NULL)
        return NULL;
    return node != NULL ? facts_text_at(built->facts, path, LONGEST, effecting->arena) : "";
}

/* `echo WORDS > FILE`, and `>> FILE`. */
static void write_words(struct effecting *effecting, command run)
{
    if (run->output == NULL)
        return;
    const char *path = effect_path(effecting, run->output), *text = NULL, *before = "";
    const struct node *node = effect_node(effecting, path);
    if (*run->output != '\0' && run->known && run->always &&
        (node == NULL || node->type == NODE_FILE))
        text = echoed(effecting, run);
    if (text != NULL && run->appends)
        before = text_now(effecting, path);
    if (text == NULL || before == NULL) {
        effect_unknown(effecting, *run->output != '\0' ? run->output : "/");
        return;
    }
    text = arena_format(effecting->arena, "%s%s", before, text);
    uint32_t mode = node != NULL ? node->mode : 0666 & ~(uint32_t)effecting->closed;
    effect_put(
        effecting, path,
        (struct made_file){.text = {(const unsigned char *)text, strlen(text)}, .mode = mode});
}

/* What may well answer no, and so keep from running what && joins to it. */
static void asks(struct effecting *effecting, command run)
{
    (void)effecting, (void)run;
}

static void change_folder(struct effecting *effecting, command run)
{
    if (run->argc > 1 && run->known)
        effecting->folder = effect_path(effecting, run->argv[1]);
    else
        effect_gap(effecting, GAP_RUN, "/");
}

static void set_umask(struct effecting *effecting, command run)
{
    if (run->argc != 2 || !mode_parse(run->argv[1], &effecting->closed) || effecting->closed < 0)
        effect_gap(effecting, GAP_RUN, "/");
}

static void make_folders(struct effecting *effecting, command run)
{
    static const char *const valued[] = {"-m", "--mode", NULL};
    const char *mode = word_value(run, "-m", "mode"), *path;
    int error, number;
    for (size_t at = 0; (path = word_operand(run, valued, &at)) != NULL;) {
        bool is_new = effect_node(effecting, path) == NULL;
        const struct node *node =
            root_make_folder(effecting->built->root, effect_path(effecting, path), &error);
        const char *given = mode;
        if (given == NULL && is_new && effecting->closed != USUALLY_CLOSED)
            given = arena_format(effecting->arena, "%o", 0777 & ~(unsigned)effecting->closed);
        if (node != NULL && given != NULL && mode_parse(given, &number))
            root_change(effecting->built->root, node, &(struct change){.mode = given});
    }
}

static void change_all(struct effecting *effecting, const char *word, const struct change *change)
{
    for (const char *const *path = paths_of(effecting, word); *path != NULL; path++) {
        const struct node *node = effect_node(effecting, *path);
        if (node != NULL)
            root_change(effecting->built->root, node, change);
        else
            effect_unknown(effecting, *path);
    }
}

static void change_mode(struct effecting *effecting, command run)
{
    size_t at = 0;
    int number;
    bool below = word_flag(run, 'R', "recursive");
    const char *mode = NULL, *path;
    for (size_t i = 1; i < run->argc && mode == NULL; i++)
        if (mode_parse(run->argv[i], &number))
            mode = run->argv[at = i];
    if (mode == NULL) {
        effect_gap(effecting, GAP_RUN, "/");
        return;
    }
    while ((path = word_operand(run, NULL, &at)) != NULL)
        change_all(effecting, path, &(struct change){.mode = mode, .below = below});
}

static void change_owner(struct effecting *effecting, command run)
{
    size_t at = 0;
    struct err err = {0};
    const char *owner = word_operand(run, NULL, &at), *path;
    bool group = strcmp(run->argv[0], "chgrp") == 0;
    struct change change = {.owned = !group, .below = word_flag(run, 'R', "recursive")};
    if (owner == NULL)
        return;
    change.grouped = group || strchr(owner, ':') != NULL;
    enum user_answer answer = user_owner(
        effecting->built->facts, group ? arena_format(effecting->arena, ":%s", owner) : owner,
        &change.uid, &change.gid, &err);
    if (answer == USER_UNREAD) {
        effect_gap(effecting, GAP_RUN, "/");
        return;
    }
    if (answer == USER_MISSING)
        change.uid = change.gid = INT32_MAX; /* nobody */
    while ((path = word_operand(run, NULL, &at)) != NULL)
        change_all(effecting, path, &change);
}

static void make_link(struct effecting *effecting, command run)
{
    size_t at = 0;
    const char *target = word_operand(run, NULL, &at), *path = word_operand(run, NULL, &at);
    if (path == NULL || word_operand(run, NULL, &at) != NULL || !word_flag(run, 's', "symbolic")) {
        effect_unknown(effecting, path != NULL ? last_operand(run) : ".");
        return;
    }
    const struct node *node = effect_node(effecting, path);
    if (node != NULL && node->type == NODE_DIR && !word_flag(run, 'n', "no-dereference")) {
        const char *slash = strrchr(target, '/');
        path = arena_format(effecting->arena, "%s/%s", path, slash != NULL ? slash + 1 : target);
    }
    effect_put(effecting, effect_path(effecting, path),
               (struct made_file){.target = target, .mode = 0777});
}

static void make_empty(struct effecting *effecting, command run)
{
    const char *path;
    for (size_t at = 0; (path = word_operand(run, NULL, &at)) != NULL;)
        if (effect_node(effecting, path) == NULL)
            effect_put(effecting, effect_path(effecting, path), (struct made_file){.mode = 0644});
}

static void remove_files(struct effecting *effecting, command run)
{
    const char *word;
    int error;
    for (size_t at = 0; (word = word_operand(run, NULL, &at)) != NULL;)
        for (const char *const *path = paths_of(effecting, word); *path != NULL; path++) {
            const struct node *node =
                root_lookup(effecting->built->root, NULL, *path, NULL, LOOKUP_NOFOLLOW, &error);
            if (node != NULL && node->parent != node)
                root_remove(effecting->built->root, node);
        }
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
    const char *verb = word_operand(run, valued, &at), *package;
    bool add = false, take = false;
    for (size_t i = 0; verb != NULL && adds[i] != NULL; i++)
        add |= strcmp(verb, adds[i]) == 0;
    for (size_t i = 0; verb != NULL && takes[i] != NULL; i++)
        take |= strcmp(verb, takes[i]) == 0;
    const char *group = word_value(run, "-t", "virtual");
    bool apk = strcmp(run->argv[0], "apk") == 0;
    while ((add || take) && (package = word_operand(run, valued, &at)) != NULL) {
        const char *name =
            arena_copy(effecting->arena, package,
                       strcspn(package, apk && strncmp(package, "so:", 3) != 0 ? "=<>~@" : "=<>"));
        if (take && !forget(effecting->built, name))
            effect_gap(effecting, GAP_RUN, "/"); /* of the image's own, with all that needs it */
        else if (!take)
            *vec_push(&effecting->built->installed) = (struct installed){
                name, apk ? group : NULL, effecting->step->instruction, run->known && run->always};
    }
}

/* What adds files for a language and leaves those of the system alone. */
static void adds_files(struct effecting *effecting, command run)
{
    (void)run;
    effect_gap(effecting, GAP_ADDS, "/");
}

/* ---- commands of which the place alone is known ---- */

static void unknown_all(struct effecting *effecting, command run)
{
    const char *folder = value_shared(run, 't', "target-directory"), *path;
    if (folder != NULL)
        effect_unknown(effecting, folder);
    for (size_t at = 0; (path = word_operand(run, NULL, &at)) != NULL;)
        effect_unknown(effecting, path);
}

/* The last is what is written, unless -t names it, or `install -d` makes them all. */
static void unknown_last(struct effecting *effecting, command run)
{
    const char *last = last_operand(run);
    if (word_flag(run, 't', NULL) || word_value(run, "-t", "target-directory") != NULL ||
        (strcmp(run->argv[0], "install") == 0 && word_flag(run, 'd', "directory")))
        unknown_all(effecting, run);
    else
        effect_unknown(effecting, last != NULL ? last : ".");
}

/* Where curl and wget write: the file, below a folder where one is named. */
static void unknown_output(struct effecting *effecting, command run)
{
    bool wget = strcmp(run->argv[0], "wget") == 0;
    const char *folder = wget ? value_shared(run, 'P', "directory-prefix")
                              : word_value(run, "--output-dir", "output-dir");
    const char *path =
        wget ? value_shared(run, 'O', "output-document") : value_shared(run, 'o', "output");
    if (path != NULL)
        effect_unknown(effecting, path);
    if (folder != NULL || path == NULL)
        effect_unknown(effecting, folder != NULL ? folder : ".");
    for (size_t i = 1, found = 0; i < run->argc; i++) { /* a file for each of several addresses */
        found += run->argv[i][0] == '-' && run->argv[i][1] != '-' &&
                 strchr(run->argv[i], wget ? 'O' : 'o') != NULL;
        if (found > 1)
            effect_gap(effecting, GAP_RUN, "/");
    }
}

/* tar's letters may stand without a dash, "tar xzC FOLDER": then the folder is any word. */
static void unknown_unpacked(struct effecting *effecting, command run)
{
    bool tar = strcmp(run->argv[0], "tar") == 0;
    const char *folder = value_shared(run, tar ? 'C' : 'd', tar ? "directory" : "d");
    bool bare = tar && run->argc > 1 && run->argv[1][0] != '-';
    if (tar && word_flag(run, 'P', "absolute-names"))
        folder = "/";
    if (folder == NULL && bare && strchr(run->argv[1], 'C') != NULL)
        folder = "/";
    effect_unknown(effecting, folder != NULL ? folder : ".");
}

/* sed -i: all words but the script are files. */
static void unknown_edited(struct effecting *effecting, command run)
{
    const char *path;
    bool script = word_value(run, "-e", "expression") == NULL;
    for (size_t at = 0; (path = word_operand(run, NULL, &at)) != NULL; script = false)
        if (!script)
            effect_unknown(effecting, path);
}

/* ---- the table ---- */

static void other_command(struct effecting *effecting, command run);

typedef void effect_of_command(struct effecting *effecting, command run);

static const struct program {
    const char *name;
    effect_of_command *does;
} programs[] = {
#define PROGRAM(name, does) {name, does},
#include "run-effects.def"
#undef PROGRAM
};

/* NULL: it may do anything. */
static effect_of_command *effect_of(command run)
{
    const char *slash = strrchr(run->argv[0], '/');
    const char *name = slash != NULL ? slash + 1 : run->argv[0];
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        if (strcmp(name, programs[i].name) == 0)
            return programs[i].does;
    return NULL;
}

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
        effect_gap(effecting, GAP_RUN, "/");
    else
        apply(effecting, &other);
}

static void apply(struct effecting *effecting, command run)
{
    effect_of_command *does = effect_of(run);
    if (run->output != NULL && does != write_words)
        effect_unknown(effecting, *run->output != '\0' ? run->output : "/");
    /* a folder and a umask end with its shell, and most programs are asked for words */
    if (run->aside && (does == NULL || does == change_folder || does == set_umask))
        return;
    bool sure = run->known && run->always;
    if (does == NULL || (!sure && does != nothing && does != asks && does != packages &&
                         does != adds_files && does != other_command && does != write_words))
        effect_gap(effecting, GAP_RUN, "/");
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
    bool asked = false; /* by one of the list that may have ended it */
    for (size_t i = 0; i < commands.count; i++) {
        struct run_command *run = &commands.at[i];
        asked = asked && (run->joined || run->aside);
        run->always &= !asked || !run->forgiven;
        apply(&effecting, run);
        effect_of_command *does = effect_of(run);
        asked |= does == asks || does == other_command || does == NULL || run->aside;
    }
    if (!whole)
        effect_gap(&effecting, GAP_RUN, "/");
    vec_free(&commands);
}
