/* env as an interpreter: GNU coreutils' src/env.c and busybox' coreutils/env.c,
 * and the execvp of the C library that they call. */
#include "replay/env.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "replay/env_split.h"
#include "replay/marks.h"

enum {
    DEEPEST = 16,        /* envs one after another: two scripts that name each other never end */
    STATUS_CANNOT = 126, /* env found the program and cannot execute it */
    STATUS_MISSING = 127,
    STATUS_REFUSED = 125, /* GNU env fails itself */
    STATUS_BUSYBOX = 1,   /* busybox env refuses its options */
};

struct env_run {
    struct facts *facts;
    const struct process *caller; /* of env itself */
    struct process process;       /* in which the program will run: its `env` is `variables` */
    struct arena *arena;
    unsigned depth;
    const char *argv0;      /* of env */
    bool busybox, musl;     /* which env, and by which C library */
    bool splits;            /* it has -S */
    bool renames;           /* it has -a */
    bool hints_any;         /* its hint at -S comes for any white space, not for a space alone */
    struct words arguments; /* behind argv[0] */
    size_t next;            /* index of the first argument not yet taken */
    struct words variables; /* environment of the program, NULL at the end */
    bool null;              /* -0 was given */
    bool untold;            /* what it prints is more than is told here: -v, quoting for a shell */
    bool ends;              /* it prints its help or version, and that is all */
    const char *folder;     /* of -C; NULL: none */
    const char *refusal;    /* lines that env prints of its own arguments; NULL: none */
};

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* The single binary of coreutils-single is started by scripts in place of its
 * programs: `#!/usr/bin/coreutils --coreutils-prog-shebang=env`. */
static bool is_single(const char *const *arguments)
{
    return arguments != NULL && arguments[0] != NULL && arguments[1] != NULL &&
           strcmp(arguments[0], "--coreutils-prog-shebang=env") == 0;
}

bool env_is(const struct exec_result *exec)
{
    return exec->arguments != NULL && exec->arguments[0] != NULL &&
           (strcmp(base_name(exec->argv0), "env") == 0 || is_single(exec->arguments));
}

static bool holds(struct span bytes, const char *text)
{
    return memmem(bytes.data, bytes.size, text, strlen(text)) != NULL;
}

/* Which env it is, by what is in the file: busybox may be a link of any kind or
 * a copy; GNU's has -S since 8.30, and since 9.1 its hint looks for any white
 * space, which stands in it as a list of characters. */
static void look_at(struct env_run *run, const struct exec_result *exec)
{
    struct file_bytes bytes = {0};
    run->musl = exec->elf->interp != NULL && strstr(exec->elf->interp, "/ld-musl-") != NULL;
    run->splits = true;
    if (root_bytes(facts_root(run->facts), exec->node, &bytes) != 0)
        return;
    run->busybox = strcmp(exec->node->name, "busybox") == 0 || holds(bytes.span, MARK_BUSYBOX);
    run->splits = !run->busybox && holds(bytes.span, MARK_ENV_SPLITS);
    run->renames = run->splits && holds(bytes.span, MARK_ENV_RENAMES);
    run->hints_any = holds(bytes.span, MARK_ENV_HINTS);
    file_bytes_release(&bytes);
}

/* `${NAME}` means env's own environment: -i and -u come later. */
static const char *variable(const void *context, const char *name)
{
    return process_env(context, name);
}

/* `variables` always ends in NULL, and the process always sees it. */
static void set_variables(struct env_run *run)
{
    *vec_push(&run->variables) = NULL;
    run->variables.count--;
    run->process.env = run->variables.at;
}

static void unset(struct env_run *run, const char *name, size_t length)
{
    size_t kept = 0;
    for (size_t i = 0; i < run->variables.count; i++) {
        const char *text = run->variables.at[i];
        if (strncmp(text, name, length) != 0 || text[length] != '=')
            run->variables.at[kept++] = text;
    }
    run->variables.count = kept;
    set_variables(run);
}

static void assign(struct env_run *run, const char *assignment)
{
    unset(run, assignment, (size_t)(strchr(assignment, '=') - assignment));
    *vec_push(&run->variables) = assignment;
    set_variables(run);
}

static void empty_environment(struct env_run *run)
{
    run->variables.count = 0;
    set_variables(run);
}

static void refuse(struct env_run *run, const char *text)
{
    run->refusal = arena_format(run->arena, "%s: %s", run->argv0, text);
}

/* The same with the hint of usage(), behind `more` lines of its own. busybox
 * prints its whole usage there, which is not told. */
static void refuse_usage(struct env_run *run, const char *text, const char *more)
{
    refuse(run, arena_format(run->arena, "%s\n%sTry '%s --help' for more information.", text, more,
                             run->argv0));
}

/* An option that env does not have: the C library's getopt speaks. GNU's env
 * speaks itself of a blank, the sign of `#!/usr/bin/env -i PROGRAM`, which the
 * kernel hands over as one argument. */
static void refuse_option(struct env_run *run, char option)
{
    const char *hint = "";
    if (run->splits && (option == ' ' || option == '\t'))
        hint = arena_format(run->arena, "%s: use -[v]S to pass options in shebang lines\n",
                            run->argv0);
    refuse_usage(run, arena_format(run->arena, "invalid option -- '%c'", option), hint);
}

/* -S: its words take the place of all arguments up to here. */
static void split_string(struct env_run *run, const char *text)
{
    struct words words = {0};
    const char *refusal = env_split(text, variable, run->caller, run->arena, &words);
    if (refusal != NULL)
        refuse(run, refusal);
    for (size_t i = run->next; i < run->arguments.count; i++)
        *vec_push(&words) = run->arguments.at[i];
    vec_free(&run->arguments);
    run->arguments = words;
    run->next = 0;
}

static void change_directory(struct env_run *run)
{
    int error = 0;
    const struct process *process = &run->process;
    const struct node *node = root_lookup(facts_root(run->facts), process->cwd, run->folder,
                                          &process->cred, LOOKUP_FOLLOW, &error);
    if (node != NULL && node->type != NODE_DIR)
        error = ENOTDIR;
    else if (node != NULL && !node_allows(node, &process->cred, ACCESS_EXEC))
        error = EACCES;
    if (error == 0) {
        run->process.cwd = node;
        return;
    }
    for (const char *at = run->folder; *at != '\0'; at++) /* gnulib's quoteaf */
        run->untold |= *at < ' ' || *at == 0x7f || *at == '\'';
    refuse(run, arena_format(run->arena, "cannot change directory to '%s': %s", run->folder,
                             err_text(error)));
}

/* An option with its value. */
static void take_option(struct env_run *run, char option, const char *value)
{
    switch (option) {
    case 'i':
        empty_environment(run);
        return;
    case 'u':
        /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): -u has a value */
        unset(run, value, strlen(value));
        return;
    case 'S':
        split_string(run, value);
        return;
    case 'C':
        run->folder = value;
        return;
    case '0':
        run->null = !run->busybox; /* whose -0 means nothing to a program */
        return;
    case 'v':
        run->untold = true;
        return;
    case 'h':
        run->ends = true;
        return;
    default: /* signal dispositions, -a: nothing that decides */
        return;
    }
}

/* The value of an option: the rest of its argument, else the next one. */
static const char *option_value(struct env_run *run, const char *rest, const char *complaint)
{
    if (rest != NULL && *rest != '\0')
        return rest;
    if (run->next < run->arguments.count)
        return run->arguments.at[run->next++];
    refuse_usage(run, complaint, "");
    return NULL;
}

/* One argument of short options, behind its dash. */
static void short_options(struct env_run *run, const char *cluster)
{
    const char *plain = run->splits ? "iv0" : "i0";
    const char *valued = run->renames ? "uSCa" : run->splits ? "uSC" : run->busybox ? "u" : "uC";
    for (; *cluster != '\0' && run->refusal == NULL; cluster++) {
        if (strchr(plain, *cluster) != NULL) {
            take_option(run, *cluster, NULL);
        } else if (strchr(valued, *cluster) != NULL) {
            const char *value = option_value(
                run, cluster + 1,
                arena_format(run->arena, "option requires an argument -- '%c'", *cluster));
            if (value != NULL)
                take_option(run, *cluster, value);
            return;
        } else {
            refuse_option(run, *cluster);
        }
    }
}

enum takes { TAKES_NOTHING, TAKES_VALUE, MAY_TAKE_VALUE };
enum since { SINCE_EVER, SINCE_SPLIT, SINCE_RENAME }; /* of GNU's env; busybox has the first */

static const struct long_option {
    const char *name;
    char option;
    enum takes takes;
    enum since since;
} long_options[] = {
    {"ignore-environment", 'i', TAKES_NOTHING, SINCE_EVER},
    {"null", '0', TAKES_NOTHING, SINCE_EVER},
    {"unset", 'u', TAKES_VALUE, SINCE_EVER},
    {"chdir", 'C', TAKES_VALUE, SINCE_SPLIT},
    {"default-signal", '1', MAY_TAKE_VALUE, SINCE_SPLIT},
    {"ignore-signal", '2', MAY_TAKE_VALUE, SINCE_SPLIT},
    {"block-signal", '3', MAY_TAKE_VALUE, SINCE_SPLIT},
    {"list-signal-handling", '4', TAKES_NOTHING, SINCE_SPLIT},
    {"debug", 'v', TAKES_NOTHING, SINCE_SPLIT},
    {"split-string", 'S', TAKES_VALUE, SINCE_SPLIT},
    {"argv0", 'a', TAKES_VALUE, SINCE_RENAME},
    {"help", 'h', TAKES_NOTHING, SINCE_EVER},
    {"version", 'h', TAKES_NOTHING, SINCE_EVER},
};

/* The option that the first `length` bytes of `text` name or begin; NULL: none,
 * or several, whose names are in `several`. */
static const struct long_option *find_option(const struct env_run *run, const char *text,
                                             size_t length, const char **several)
{
    enum since since = run->renames ? SINCE_RENAME : run->splits ? SINCE_SPLIT : SINCE_EVER;
    const struct long_option *found = NULL;
    size_t count = 0;
    *several = "";
    for (size_t i = 0; i < sizeof long_options / sizeof *long_options; i++) {
        const struct long_option *option = &long_options[i];
        if (option->since > since || strncmp(option->name, text, length) != 0)
            continue;
        if (option->name[length] == '\0')
            return option;
        found = option;
        count++;
        *several = arena_format(run->arena, "%s '--%s'", *several, option->name);
    }
    return count == 1 ? found : NULL;
}

/* One long option, behind its dashes. */
static void long_option(struct env_run *run, const char *text)
{
    struct arena *arena = run->arena;
    size_t length = strcspn(text, "=");
    const char *several, *value = text[length] == '=' ? text + length + 1 : NULL;
    const struct long_option *option = find_option(run, text, length, &several);
    if (option == NULL && *several != '\0')
        refuse_usage(
            run, arena_format(arena, "option '--%s' is ambiguous; possibilities:%s", text, several),
            "");
    else if (option == NULL)
        refuse_usage(run, arena_format(arena, "unrecognized option '--%s'", text), "");
    else if (option->takes == TAKES_NOTHING && value != NULL)
        refuse_usage(
            run, arena_format(arena, "option '--%s' doesn't allow an argument", option->name), "");
    else if (option->takes == TAKES_VALUE && value == NULL)
        value = option_value(
            run, NULL, arena_format(arena, "option '--%s' requires an argument", option->name));
    if (run->refusal == NULL)
        take_option(run, option->option, value);
}

static void take_options(struct env_run *run)
{
    while (run->refusal == NULL && !run->ends && run->next < run->arguments.count) {
        const char *argument = run->arguments.at[run->next];
        if (argument[0] != '-' || argument[1] == '\0')
            break;
        run->next++;
        if (strcmp(argument, "--") == 0)
            break;
        if (argument[1] == '-')
            long_option(run, argument + 2);
        else
            short_options(run, argument + 1);
    }
    if (run->refusal == NULL && run->next < run->arguments.count &&
        strcmp(run->arguments.at[run->next], "-") == 0) {
        run->next++;
        empty_environment(run);
    }
}

/* The program that env executes; NULL: none is given, or env refuses. */
static const char *take_arguments(struct env_run *run)
{
    take_options(run);
    if (run->refusal != NULL || run->ends)
        return NULL;
    const char *program = NULL;
    for (; program == NULL && run->next < run->arguments.count; run->next += program == NULL) {
        if (strchr(run->arguments.at[run->next], '=') == NULL)
            program = run->arguments.at[run->next];
        else
            assign(run, run->arguments.at[run->next]);
    }
    if (run->null && program != NULL)
        refuse_usage(run, "cannot specify --null (-0) with command", "");
    else if (run->folder != NULL && program == NULL)
        refuse_usage(run, "must specify command with --chdir (-C)", "");
    else if (run->folder != NULL)
        change_directory(run);
    return run->refusal == NULL ? program : NULL;
}

/* The text of a file without a shebang that a shell would run. */
static bool looks_like_text(struct env_run *run, const char *path)
{
    const struct process *process = &run->process;
    int error = 0;
    const struct node *node = root_lookup(facts_root(run->facts), process->cwd, path,
                                          &process->cred, LOOKUP_FOLLOW, &error);
    if (node == NULL)
        return false;
    const struct file_facts *file = facts_of(run->facts, node);
    return memchr(file->head, 0, file->head_size) == NULL;
}

/* argv[0], a first argument where `first` is not NULL, and those behind the
 * program in env's own. */
static const char *const *argv_of(const struct env_run *run, const char *argv0, const char *first)
{
    const char **argv = arena_array(run->arena, run->arguments.count + 3, sizeof *argv);
    size_t at = 0;
    argv[at++] = argv0;
    if (first != NULL)
        argv[at++] = first;
    for (size_t i = run->next + 1; i < run->arguments.count; i++)
        argv[at++] = run->arguments.at[i];
    return argv;
}

/* glibc's execvp hands what the kernel does not take to /bin/sh
 * (posix/execvpe.c); musl's does not. A shell runs text alone. */
static void try_shell(struct env_run *run, const char *path, struct exec_result *tried)
{
    struct exec_result shell;
    if (run->musl)
        return;
    exec_replay_nested(run->facts, &run->process, "/bin/sh", argv_of(run, "/bin/sh", path),
                       run->depth + 1, run->arena, &shell);
    if (shell.error != 0) {
        tried->error = shell.error;
        return;
    }
    bool text = tried->reason == EXEC_NO_FORMAT || tried->reason == EXEC_EMPTY ||
                tried->reason == EXEC_SHEBANG_BAD;
    if (!text || !looks_like_text(run, path))
        return;
    const char **chain = arena_array(run->arena, shell.chain_count + 1, sizeof *chain);
    chain[0] = path;
    for (size_t i = 0; i < shell.chain_count; i++)
        chain[i + 1] = shell.chain[i];
    shell.chain = chain;
    shell.chain_count++;
    *tried = shell;
}

/* One execve of execvp; its errno, 0 where it does not come back. */
static int try_program(struct env_run *run, const char *path, struct exec_result *tried)
{
    exec_replay_nested(run->facts, &run->process, path,
                       argv_of(run, run->arguments.at[run->next], NULL), run->depth + 1, run->arena,
                       tried);
    if (tried->error == ENOEXEC)
        try_shell(run, path, tried);
    return tried->error;
}

static bool search_goes_on(int error)
{
    return error == ENOENT || error == ENOTDIR || error == EACCES || error == ENODEV ||
           error == ESTALE;
}

/* execvp of `program`: 0, or its errno. `best` is the program, or the failure
 * that tells most: of a file that is there. */
static int execute(struct env_run *run, const char *program, struct exec_result *best)
{
    if (strchr(program, '/') != NULL || *program == '\0')
        return try_program(run, program, best);
    const char *path = process_env(&run->process, "PATH");
    if (path == NULL)
        path = run->musl ? "/usr/local/bin:/bin:/usr/bin" : "/bin:/usr/bin";
    *best = (struct exec_result){.reason = EXEC_NOT_FOUND};
    int error = ENOENT;
    bool denied = false;
    for (const char *end;; path = end + 1) {
        end = strchrnul(path, ':');
        const char *file =
            end == path ? program
                        : arena_format(run->arena, "%.*s/%s", (int)(end - path), path, program);
        struct exec_result tried;
        error = try_program(run, file, &tried);
        denied |= error == EACCES;
        if (error == 0 || best->reason == EXEC_NOT_FOUND)
            *best = tried;
        if (!search_goes_on(error))
            return error;
        if (*end == '\0')
            return denied ? EACCES : error;
    }
}

/* "C.UTF-8" as glibc names its folder: "C.utf8" (intl/l10nflist.c). */
static const char *normalized(struct arena *arena, const char *locale)
{
    size_t length = strcspn(locale, ".") + 1, charset = strlen(locale);
    char *name = arena_copy(arena, locale, charset);
    for (size_t i = length; i < charset; i++)
        if (isalnum((unsigned char)locale[i]))
            name[length++] = (char)tolower((unsigned char)locale[i]);
    name[length] = '\0';
    return name;
}

static bool exists(const struct env_run *run, const char *path, const struct node **node)
{
    int error = 0;
    *node = root_lookup(facts_root(run->facts), NULL, path, NULL, LOOKUP_FOLLOW, &error);
    return *node != NULL && (*node)->type == NODE_FILE;
}

/* Does glibc have the files of this locale: a folder, or a name in the archive? */
static bool has_locale(const struct env_run *run, const char *locale)
{
    static const char folder[] = "/usr/lib/locale";
    const struct node *node;
    const char *name = normalized(run->arena, locale);
    if (exists(run, arena_format(run->arena, "%s/%s/LC_CTYPE", folder, locale), &node) ||
        exists(run, arena_format(run->arena, "%s/%s/LC_CTYPE", folder, name), &node))
        return true;
    struct file_bytes bytes = {0};
    if (!exists(run, arena_format(run->arena, "%s/locale-archive", folder), &node) ||
        root_bytes(facts_root(run->facts), node, &bytes) != 0)
        return false;
    bool found = memmem(bytes.span.data, bytes.span.size, name, strlen(name) + 1) != NULL;
    file_bytes_release(&bytes);
    return found;
}

/* Is the character set of env's locale UTF-8? GNU's quotation marks follow it.
 * musl has nothing else but in the C locale. */
static bool speaks_utf8(const struct env_run *run)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    const char *locale = NULL;
    for (size_t i = 0; i < 3 && (locale == NULL || *locale == '\0'); i++)
        locale = process_env(&run->process, names[i]);
    bool none = locale == NULL || *locale == '\0';
    bool plain = !none && (strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0);
    if (run->musl)
        return !plain;
    if (none || plain || strchr(locale, '/') != NULL)
        return false;
    return strcasestr(normalized(run->arena, locale), ".utf8") != NULL && has_locale(run, locale);
}

/* gnulib's quote(): the locale's marks, and escapes as in C. */
static const char *quote(const struct env_run *run, const char *text)
{
    static const char from[] = "\a\b\f\n\r\t\v", to[] = "abfnrtv";
    bool utf8 = speaks_utf8(run);
    struct VEC(char) quoted = {0};
    for (; *text != '\0'; text++) {
        const char *known = strchr(from, *text);
        unsigned char c = (unsigned char)*text;
        if (known != NULL || c == '\\' || (c == '\'' && !utf8)) {
            *vec_push(&quoted) = '\\';
            *vec_push(&quoted) = known != NULL ? to[known - from] : *text;
        } else if (c < ' ' || c == 0x7f || (c >= 0x80 && !utf8)) {
            *vec_push(&quoted) = '\\';
            for (int shift = 6; shift >= 0; shift -= 3)
                *vec_push(&quoted) = (char)('0' + (c >> shift & 7));
        } else {
            *vec_push(&quoted) = *text;
        }
    }
    *vec_push(&quoted) = '\0';
    const char *result = arena_format(run->arena, utf8 ? "\u2018%s\u2019" : "'%s'", quoted.at);
    vec_free(&quoted);
    return result;
}

/* What env prints of a program that it cannot execute. */
static const char *failure_line(const struct env_run *run, const char *program, int error)
{
    static const char blanks[] = " \t\n\v\f\r";
    if (run->busybox)
        return arena_format(run->arena, "env: can't execute '%s': %s", program, err_text(error));
    const char *line =
        arena_format(run->arena, "%s: %s: %s", run->argv0, quote(run, program), err_text(error));
    if (run->untold)
        return NULL; /* what it prints before is not told */
    if (error == ENOENT && run->splits && strpbrk(program, run->hints_any ? blanks : " ") != NULL)
        line = arena_format(run->arena, "%s\n%s: use -[v]S to pass options in shebang lines", line,
                            run->argv0);
    return line;
}

static void fail(struct exec_result *exec, enum exec_reason reason, const char *culprit,
                 const char *line, int status)
{
    exec->reason = reason;
    exec->error = 0; /* execve of env itself succeeded */
    exec->culprit = culprit;
    exec->stderr_line = line;
    exec->exit_status = status;
}

static void run_program(struct env_run *run, const char *program, struct exec_result *result)
{
    int error = execute(run, program, result);
    if (result->chain_count == 0)
        result->argv0 = program;
    if (error == 0 || result->reason == EXEC_UNREADABLE)
        return;
    bool missing = result->reason == EXEC_NOT_FOUND;
    const char *line = failure_line(run, program, error);
    if (error == ENOEXEC && !run->musl)
        line = NULL; /* a shell had a try: its words are its own */
    fail(result, missing ? EXEC_ENV_MISSING : result->reason, missing ? program : result->culprit,
         line, error == ENOENT ? STATUS_MISSING : STATUS_CANNOT);
}

static const struct exec_result *wrap(struct arena *arena, const struct exec_result *inner,
                                      const struct exec_result *outer)
{
    if (inner == NULL)
        return outer;
    struct exec_result *copy = arena_alloc(arena, sizeof *copy);
    *copy = *inner;
    copy->wrapper = wrap(arena, inner->wrapper, outer);
    return copy;
}

/* Put env and the scripts before it in front of what came out. */
static void join(struct env_run *run, const struct exec_result *outer, struct exec_result *result)
{
    size_t count = outer->chain_count + result->chain_count;
    const char **chain = arena_array(run->arena, count, sizeof *chain);
    for (size_t i = 0; i < count; i++)
        chain[i] = i < outer->chain_count ? outer->chain[i] : result->chain[i - outer->chain_count];
    result->chain = chain;
    result->chain_count = count;
    result->wrapper = wrap(run->arena, result->wrapper, outer);
    if (result->env != NULL)
        return;
    const char **env = arena_array(run->arena, run->variables.count + 1, sizeof *env);
    for (size_t i = 0; i < run->variables.count; i++)
        env[i] = run->variables.at[i];
    result->env = env;
}

/* A copy of the process in which `run` may change the environment; the words
 * behind env's argv[0]. */
static void prepare(struct env_run *run, const struct exec_result *exec)
{
    const char *const *arguments = exec->arguments;
    for (const char *const *at = run->process.env; at != NULL && *at != NULL; at++)
        *vec_push(&run->variables) = *at;
    set_variables(run);
    if (run->process.platform == NULL)
        run->process.platform = platform_of_elf(exec->elf);
    if (is_single(arguments)) {
        run->argv0 = arguments[1];
        arguments += 2;
    }
    for (; arguments != NULL && *arguments != NULL; arguments++)
        *vec_push(&run->arguments) = *arguments;
}

void env_replay(struct facts *facts, const struct process *process, unsigned depth,
                struct arena *arena, struct exec_result *exec)
{
    if (depth >= DEEPEST) {
        exec->reason = EXEC_SHEBANG_LOOP;
        exec->culprit = exec->chain_count != 0 ? exec->chain[0] : exec->argv0;
        return;
    }
    struct env_run run = {.facts = facts,
                          .caller = process,
                          .process = *process,
                          .arena = arena,
                          .depth = depth,
                          .argv0 = exec->argv0};
    look_at(&run, exec);
    prepare(&run, exec);
    const char *first = run.arguments.count != 0 ? run.arguments.at[0] : NULL;
    struct exec_result *outer = arena_alloc(arena, sizeof *outer);
    *outer = *exec;
    const char *program = take_arguments(&run);
    if (program != NULL) {
        run_program(&run, program, exec);
        join(&run, outer, exec);
    } else if (run.refusal != NULL) {
        fail(exec, EXEC_ENV_REFUSED, first, run.busybox || run.untold ? NULL : run.refusal,
             run.busybox ? STATUS_BUSYBOX : STATUS_REFUSED);
    } /* else env prints its environment and ends */
    vec_free(&run.arguments);
    vec_free(&run.variables);
}
