#include "check/commands.h"

#include <errno.h>
#include <string.h>

#include "check/program_file.h"
#include "check/shell.h"
#include "root/copy.h"

enum { HANDOVERS = 8, LARGEST_SCRIPT = 64 << 10 };

struct gathering {
    const struct target *target;
    struct arena *arena;
    struct asked_list *list;
    unsigned handovers; /* programs that start others, one in the other */
    bool moved;         /* the folder may be another than WORKDIR */
    const struct image_facts *image;
    enum asked_from from; /* of the command that is being followed */
};

typedef const char *const *words;

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static bool is_one_of(const char *name, const char *const *names)
{
    while (*names != NULL && strcmp(*names, name) != 0)
        names++;
    return *names != NULL;
}

static bool holds(words list, const char *word)
{
    while (list != NULL && *list != NULL && *list != word)
        list++;
    return list != NULL && *list != NULL;
}

static void add(struct gathering *gathering, const char *command)
{
    if (gathering->from != ASKED_HEALTHCHECK && holds(gathering->image->entrypoint, command))
        gathering->from = ASKED_ENTRYPOINT;
    if (gathering->from != ASKED_HEALTHCHECK && holds(gathering->image->command, command))
        gathering->from = ASKED_COMMAND;
    for (size_t i = 0; i < gathering->list->count; i++)
        if (gathering->list->at[i].command && strcmp(gathering->list->at[i].path, command) == 0)
            return;
    *vec_push(gathering->list) = (struct asked){
        .path = arena_string(gathering->arena, command), .command = true, .from = gathering->from};
}

static void add_start(struct gathering *gathering, words argv);

/* ---- programs that start others ---- */

/* The command in what a program of the table was given; NULL: there is none. */
static words behind_init(words argv)
{
    for (words at = argv + 1; *at != NULL; at++)
        if (strcmp(*at, "--") == 0)
            return at + 1;
    for (argv++; *argv != NULL && **argv == '-'; argv++)
        ;
    return argv;
}

static words behind_user(words argv)
{
    return argv[1] != NULL ? argv + 2 : argv + 1;
}

static words behind_env(words argv)
{
    for (argv++; *argv != NULL && strchr(*argv, '=') != NULL && **argv != '-'; argv++)
        ;
    return *argv != NULL && **argv != '-' ? argv : NULL;
}

static const struct starter {
    const char *name;
    words (*behind)(words argv);
} starters[] = {
    {"tini", behind_init},      {"tini-static", behind_init}, {"docker-init", behind_init},
    {"dumb-init", behind_init}, {"catatonit", behind_init},   {"gosu", behind_user},
    {"su-exec", behind_user},   {"env", behind_env},
};

static words behind_starter(words argv)
{
    for (size_t i = 0; i < sizeof starters / sizeof *starters; i++)
        if (strcmp(base_name(argv[0]), starters[i].name) == 0)
            return starters[i].behind(argv);
    return NULL;
}

/* ---- shells and scripts ---- */

static const char *const shells[] = {"sh", "bash", "ash", "dash", "zsh", "ksh", "mksh", NULL};

/* The text behind `-c`, `-ec`, `-lc` …; NULL: the shell is given none. */
static const char *shell_text(words argv)
{
    if (!is_one_of(base_name(argv[0]), shells))
        return NULL;
    for (argv++; *argv != NULL && **argv == '-'; argv++)
        if ((*argv)[1] != '-' && strchr(*argv, 'c') != NULL)
            return argv[1];
    return NULL;
}

/* The text of the script that `command` is; NULL: it is none. */
static const char *script_text(struct gathering *gathering, const char *command)
{
    const struct target *target = gathering->target;
    struct process process = target_process(target, NULL);
    struct exec_result ignored;
    struct span text;
    int error;
    const char *path = exec_find(target->facts, &process, command, gathering->arena, &ignored);
    const struct node *node = path != NULL ? root_lookup(facts_root(target->facts), target->cwd,
                                                         path, NULL, LOOKUP_FOLLOW, &error)
                                           : NULL;
    if (node == NULL || node->type != NODE_FILE ||
        facts_of(target->facts, node)->kind != FILE_SCRIPT ||
        facts_text(target->facts, node, LARGEST_SCRIPT, gathering->arena, &text) != 0 ||
        memchr(text.data, 0, text.size) != NULL)
        return NULL;
    return (const char *)text.data;
}

/* What the interpreter in the first line of a script is a shell? */
static bool is_shell_script(const char *text)
{
    char line[256];
    size_t length = strcspn(text, "\n");
    size_t size = length < sizeof line ? length : sizeof line - 1;
    memcpy(line, text, size);
    line[size] = 0;
    for (char *rest = NULL, *word = strtok_r(line + 2, " \t\r", &rest); word != NULL;
         word = strtok_r(NULL, " \t\r", &rest))
        if (is_one_of(base_name(word), shells))
            return true;
    return false;
}

/* What the script that argv[0] is hands over to, with the arguments it was given. */
static void add_handover(struct gathering *gathering, words argv)
{
    const char *text = script_text(gathering, argv[0]);
    if (text == NULL || !is_shell_script(text))
        return;
    gathering->moved |= strstr(text, "cd ") != NULL;
    struct shell_command command;
    if (!shell_first_exec(text, gathering->arena, &command))
        return;
    if (command.arguments)
        argv++;
    else
        argv = command.argv;
    if (*argv != NULL && **argv != '-')
        add_start(gathering, argv);
}

/* ---- files that interpreters are told to run ---- */

static bool is_there(struct gathering *gathering, const char *path)
{
    int error = 0;
    return root_lookup(facts_root(gathering->target->facts), gathering->target->cwd, path, NULL,
                       LOOKUP_FOLLOW, &error) != NULL ||
           (error != ENOENT && error != ENOTDIR);
}

/* As an absolute path, from WORKDIR on. */
static const char *whole_path(const struct gathering *gathering, const char *file)
{
    const struct node *cwd = gathering->target->cwd;
    return path_clean(cwd != NULL ? node_path(cwd, gathering->arena) : "/", file, gathering->arena);
}

/* dotnet starts by what lies beside the program that it is told to run. */
static void note_program(struct gathering *gathering, words argv, const char *file)
{
    struct asked *last = &gathering->list->at[gathering->list->count - 1];
    if (program_is_dotnet(argv[0]) && last->command && strcmp(last->path, argv[0]) == 0)
        last->runs = whole_path(gathering, file);
}

/* A file that is not there, which the interpreter argv[0] is told to run. */
static void add_program_file(struct gathering *gathering, words argv)
{
    struct arena *arena = gathering->arena;
    const char *file = program_file(argv);
    if (file == NULL || (*file != '/' && gathering->moved))
        return;
    if (is_there(gathering, file)) {
        note_program(gathering, argv, file);
        return;
    }
    for (words ending = program_file_endings(argv); *ending != NULL; ending++)
        if (is_there(gathering, arena_format(arena, "%s%s", file, *ending)))
            return;
    add(gathering, file);
    struct asked *asked = &gathering->list->at[gathering->list->count - 1];
    if (strcmp(asked->path, file) != 0 || asked->no_choice != NULL)
        return;
    asked->path = whole_path(gathering, file);
    struct no_choice *missing = arena_alloc(arena, sizeof *missing);
    *missing = (struct no_choice){
        .rule = RULE_SCRIPT_MISSING,
        .phase = WILLRUN_PHASE_EXEC,
        .message = arena_format(arena, "%s, which %s is told to run, does not exist in the target",
                                asked->path, base_name(argv[0])),
        .object = asked->path,
        .fix = *file == '/' ? "Copy it into the image, or correct its path in the command."
                            : "Copy it into the image, or correct its path in the command: "
                              "relative ones start at WORKDIR."};
    asked->no_choice = missing;
}

/* ---- starts ---- */

static void add_start(struct gathering *gathering, words argv)
{
    if (argv == NULL || argv[0] == NULL || argv[0][0] == 0 || gathering->handovers == HANDOVERS)
        return;
    gathering->handovers++;
    add(gathering, argv[0]);
    const char *text = shell_text(argv);
    words next = behind_starter(argv);
    struct shell_command command;
    add_program_file(gathering, argv);
    gathering->moved |= text != NULL && strstr(text, "cd ") != NULL;
    if (text != NULL && shell_first_program(text, gathering->arena, &command))
        add_start(gathering, command.argv);
    else if (text == NULL && next != NULL)
        add_start(gathering, next);
    else if (text == NULL)
        add_handover(gathering, argv);
    gathering->handovers--;
}

static size_t count_of(words list)
{
    size_t count = 0;
    while (list != NULL && list[count] != NULL)
        count++;
    return count;
}

/* Both lists, one behind the other. */
static words join(words first, words second, struct arena *arena)
{
    size_t a = count_of(first), b = count_of(second);
    const char **all = arena_array(arena, a + b + 1, sizeof *all);
    for (size_t i = 0; i < a; i++)
        /* NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Assign): count_of counted it */
        all[i] = first[i];
    for (size_t i = 0; i < b; i++)
        all[a + i] = second[i];
    return all;
}

static void add_healthcheck(struct gathering *gathering, const struct image_facts *image)
{
    static const char *const default_shell[] = {"/bin/sh", "-c", NULL};
    words test = image->healthcheck;
    if (count_of(test) < 2)
        return;
    if (strcmp(test[0], "CMD") == 0)
        add_start(gathering, test + 1);
    if (strcmp(test[0], "CMD-SHELL") == 0)
        add_start(gathering, join(count_of(image->shell) != 0 ? image->shell : default_shell,
                                  test + 1, gathering->arena));
}

void commands_of_image(const struct target *target, const struct image_facts *image,
                       struct arena *arena, struct asked_list *list)
{
    struct gathering gathering = {.target = target, .arena = arena, .list = list, .image = image};
    add_start(&gathering, join(image->entrypoint, image->command, arena));
    gathering.from = ASKED_HEALTHCHECK;
    gathering.moved = false;
    add_healthcheck(&gathering, image);
}

const char *const *commands_started(const struct target *target, const struct image_facts *image,
                                    struct arena *arena)
{
    struct asked_list list = {0};
    commands_of_image(target, image, arena, &list);
    const char **started = arena_array(arena, list.count + 1, sizeof *started);
    for (size_t i = 0; i < list.count; i++)
        started[i] = list.at[i].path;
    vec_free(&list);
    return started;
}
