/* `#!…/env` lines, held to GNU's env and to busybox where this machine has them:
 * each line below is executed for real in a root with copies of them, and must
 * end with the status and the words that the replay tells. */
#include <link.h>

#include "real_exec.h"
#include "replay/marks.h"

static const struct row rows[] = {
    {.path = "/t", .mode = 0755, .base = DIRECTORY},
    {.path = "/u", .mode = 0755, .base = DIRECTORY},
    {.path = "/v", .mode = 0755, .base = DIRECTORY},
    {.path = "/w", .mode = 0755, .base = DIRECTORY},
    {.path = "/x", .mode = 0755, .base = DIRECTORY},
    {.path = "/gnu", .mode = 0755, .base = DIRECTORY},
    {.path = "/busy", .mode = 0755, .base = DIRECTORY},
    {.path = "/hard", .mode = 0755, .base = DIRECTORY},
    {.path = "/t/python", .mode = 0755, .base = EXE},
    {.path = "/t/pi thon", .mode = 0755, .base = EXE},
    {.path = "/u/python", .mode = 0644, .base = EXE},
    {.path = "/v/python", .mode = 0755, .base = DYNAMIC, .text = "/nowhere"},
    {.path = "/w/python", .mode = 0755, .base = EXE, .poke = {{18, 2, EM_AARCH64}}},
    {.path = "/x/python", .mode = 0755, .base = TEXT, .text = "#!/t/python\n"},
    {.path = "/x/again", .mode = 0755, .base = TEXT, .text = "#!/gnu/env python\n"},
    {.path = "/x/single",
     .mode = 0755,
     .base = TEXT,
     .text = "#!/t/python --coreutils-prog-shebang=env\n"},
    {.path = "/x/by-single", .mode = 0755, .base = TEXT, .text = "#!/x/single nope\n"},
    {.path = "/x/lost", .mode = 0755, .base = TEXT, .text = "#!/nowhere\n"},
};

/* Run by each env. */
struct line {
    const char *rest;     /* behind `#!/FOLDER/env` */
    const char *variable; /* PATH=…; NULL: /t */
    const char *locale;   /* LANG=…; NULL: none */
    bool first;           /* only the first line of the words is told: usage follows */
};

static const struct line lines[] = {
    {.rest = " python\n"},
    {.rest = " python"},
    {.rest = " /t/python\n"},
    {.rest = " t/python\n"},
    {.rest = " nope\n"},
    {.rest = " nope\n", .locale = "LANG=C.UTF-8"},
    {.rest = " nope\n", .locale = "LANG=C.utf8"},
    {.rest = " nope\n", .locale = "LANG=C"},
    {.rest = " nope\n", .locale = "LANG=de_DE.UTF-8"},
    {.rest = " nope\tx\n"},
    {.rest = " /nowhere/python\n"},
    {.rest = " /t/python/x\n"},
    {.rest = " python -u\n"},
    {.rest = " pi thon\n"},
    {.rest = " python\r\n"},
    {.rest = " python\r\n", .locale = "LC_ALL=C.UTF-8"},
    {.rest = " it's\n"},
    {.rest = " it's\n", .locale = "LC_CTYPE=C.UTF-8"},
    {.rest = " back\\slash\001\n"},
    {.rest = " python\n", .variable = "PATH=/u"},
    {.rest = " python\n", .variable = "PATH=/u:/nowhere"},
    {.rest = " python\n", .variable = "PATH=/u:/t"},
    {.rest = " python\n", .variable = "PATH=/v"},
    {.rest = " python\n", .variable = "PATH=/v:/t"},
    {.rest = " python\n", .variable = "PATH=/w"},
    {.rest = " python\n", .variable = "PATH=/w:/t"},
    {.rest = " python\n", .variable = "PATH=/t/python:/u"},
    {.rest = " python\n", .variable = "PATH=/t/python"},
    {.rest = " python\n", .variable = "PATH="},
    {.rest = " python\n", .variable = "PATH=:"},
    {.rest = " python\n", .variable = "PATH=t"},
    {.rest = " python\n", .variable = "X=Y"},
    {.rest = " python\n", .variable = "PATH=/x"},
    {.rest = " again\n", .variable = "PATH=/x:/t"},
    {.rest = " again\n", .variable = "PATH=/x:/u"},
    {.rest = " lost\n", .variable = "PATH=/x"},
    {.rest = " t\n", .variable = "PATH=/"},
    {.rest = " -S python -u\n", .first = true},
    {.rest = " -S nope -u\n", .first = true},
    {.rest = " -Spython\r\n", .first = true},
    {.rest = " -S PATH=/u python\n", .first = true},
    {.rest = " -S PATH=/t A=b python\n", .variable = "PATH=/u", .first = true},
    {.rest = " -S -i PATH=/t python\n", .first = true},
    {.rest = " -S -i python\n", .first = true},
    {.rest = " -S - python\n", .first = true},
    {.rest = " -S -u PATH python\n", .first = true},
    {.rest = " -S --unset=PATH python\n", .first = true},
    {.rest = " -S --ignore-environment PATH=/t python\n", .first = true},
    {.rest = " -S -C /t ./python\n", .first = true},
    {.rest = " -S -C /nowhere ./python\n", .first = true},
    {.rest = " -S --chdir=/t/python ./python\n", .first = true},
    {.rest = " -S -- python\n", .first = true},
    {.rest = " -S 'python' \"-u\"\n", .first = true},
    {.rest = " -S 'python\n", .first = true},
    {.rest = " -S \"pi thon\"\n", .first = true},
    {.rest = " -S pi\\_thon\n", .first = true},
    {.rest = " -S \"pi\\_thon\"\n", .first = true},
    {.rest = " -S 'pi\\_thon'\n", .first = true},
    {.rest = " -S python\\c junk\n", .first = true},
    {.rest = " -S \"python\\c\"\n", .first = true},
    {.rest = " -S python # ${\n", .first = true},
    {.rest = " -S python\\x\n", .first = true},
    {.rest = " -S ${NAME}\n", .variable = "NAME=/t/python", .first = true},
    {.rest = " -S ${NAME}thon\n", .variable = "NAME=/t/py", .first = true},
    {.rest = " -S $NAME\n", .variable = "NAME=/t/python", .first = true},
    {.rest = " -S ${}\n", .first = true},
    {.rest = " -S -x python\n", .first = true},
    {.rest = " -S --nothing python\n", .first = true},
    {.rest = " -S -0 python\n", .first = true},
    {.rest = " -i python\n", .first = true},
    {.rest = " --nothing\n", .first = true},
    {.rest = " -x\n", .first = true},
    {.rest = " --debug=x\n"},
    {.rest = " --split=python\n", .first = true},
    {.rest = " -S --nul python\n"},
    {.rest = " -S -x -0 python\n", .first = true},
    {.rest = " -S -v nope\n", .first = true},
    {.rest = " -C\n", .first = true},
};

static void copy_file(const char *from, int root, const char *to)
{
    char bytes[1 << 16];
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = openat(root, to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
    assert_true(in >= 0 && out >= 0);
    for (ssize_t size; (size = read(in, bytes, sizeof bytes)) > 0;)
        assert_int_equal(write(out, bytes, (size_t)size), size);
    close(in);
    assert_int_equal(fchmod(out, 0755), 0);
    close(out);
}

/* Put the C library and loader of this process, which env surely has too, at
 * their places in the root. */
static int copy_libc(struct dl_phdr_info *info, size_t size, void *context)
{
    const struct real *real = context;
    const char *name = info->dlpi_name;
    const char *slash = strrchr(name, '/');
    (void)size;
    if (*name != '/' || (strcmp(slash, "/libc.so.6") != 0 && strncmp(slash, "/ld-", 4) != 0))
        return 0;
    char folder[PATH_MAX];
    for (const char *at = strchr(name + 1, '/'); at != NULL; at = strchr(at + 1, '/')) {
        snprintf(folder, sizeof folder, "%.*s", (int)(at - name - 1), name + 1);
        mkdirat(real->fd, folder, 0755);
        (void)!fchmodat(real->fd, folder, 0755, 0);
    }
    copy_file(name, real->fd, name + 1);
    return 0;
}

/* What glibc wants of a locale, where this machine has it. */
static void copy_locale(const struct real *real)
{
    static const char *const categories[] = {
        "LC_ADDRESS",     "LC_COLLATE",   "LC_CTYPE", "LC_IDENTIFICATION",
        "LC_MEASUREMENT", "LC_MONETARY",  "LC_NAME",  "LC_NUMERIC",
        "LC_PAPER",       "LC_TELEPHONE", "LC_TIME",  "LC_MESSAGES/SYS_LC_MESSAGES",
    };
    static const char *const folders[] = {"usr", "usr/lib", "usr/lib/locale",
                                          "usr/lib/locale/C.utf8",
                                          "usr/lib/locale/C.utf8/LC_MESSAGES"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        mkdirat(real->fd, folders[i], 0755);
    for (size_t i = 0; i < sizeof categories / sizeof *categories; i++) {
        char path[128];
        snprintf(path, sizeof path, "/usr/lib/locale/C.utf8/%s", categories[i]);
        if (access(path, R_OK) == 0)
            copy_file(path, real->fd, path + 1);
    }
}

static int make_env_root(void **state)
{
    if (make_root(state) != 0)
        return -1;
    const struct real *real = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        make_row(real->fd, &rows[i]);
    if (access("/usr/bin/env", X_OK) == 0)
        copy_file("/usr/bin/env", real->fd, "gnu/env");
    if (access("/usr/bin/busybox", X_OK) == 0) {
        copy_file("/usr/bin/busybox", real->fd, "busy/busybox");
        assert_int_equal(symlinkat("busybox", real->fd, "busy/env"), 0);
        assert_int_equal(linkat(real->fd, "busy/busybox", real->fd, "hard/env", 0), 0);
    }
    dl_iterate_phdr(copy_libc, *state);
    copy_locale(real);
    return 0;
}

static void cut_line(char *text)
{
    text[strcspn(text, "\n")] = '\0';
}

static void compare(const struct real *real, const char *folder, const struct line *line,
                    int *differences)
{
    char script[512], told[512];
    const char *env[] = {line->variable != NULL ? line->variable : "PATH=/t", line->locale, NULL};
    snprintf(script, sizeof script, "#!/%s/env%s", folder, line->rest);
    unlinkat(real->fd, "script", 0);
    write_file(real->fd, "/script", script, strlen(script));
    assert_int_equal(fchmodat(real->fd, "script", 0755, 0), 0);
    struct outcome outcome = run_real(real, "/script", 0, env);
    struct replayed replayed;
    replay_begin(&replayed, real);
    const struct exec_result *result = replay_command(&replayed, "/script", 0, env);
    int status = result->reason == EXEC_OK ? STATUS : result->exit_status;
    snprintf(told, sizeof told, "%s", result->stderr_line != NULL ? result->stderr_line : "");
    bool untold = result->reason == EXEC_ENV_REFUSED || strstr(line->rest, "-v") != NULL;
    if (untold && result->stderr_line == NULL)
        outcome.line[0] = '\0'; /* busybox prints its usage, and -v much: not told */
    if (line->first) {
        cut_line(told);
        cut_line(outcome.line);
    }
    if (result->error != outcome.error || status != outcome.status ||
        strcmp(told, outcome.line) != 0) {
        print_error("%swith %s:\n  real   %d %d \"%s\"\n  replay %d %d \"%s\" (reason %d)\n",
                    script, env[0], outcome.error, outcome.status, outcome.line, result->error,
                    status, told, (int)result->reason);
        ++*differences;
    }
    replay_end(&replayed);
}

static void compare_all(const struct real *real, const char *folder)
{
    char env[32];
    int differences = 0;
    snprintf(env, sizeof env, "%s/env", folder);
    if (!can_run_real() || faccessat(real->fd, env, X_OK, 0) != 0)
        skip();
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        compare(real, folder, &lines[i], &differences);
    assert_int_equal(differences, 0);
}

static void gnu_env_ends_as_told(void **state)
{
    compare_all(*state, "gnu");
}

static void busybox_env_ends_as_told(void **state)
{
    compare_all(*state, "busy");
}

static void busybox_is_known_by_its_content(void **state)
{
    compare_all(*state, "hard");
}

static void env_tells_what_it_wraps(void **state)
{
    const struct real *real = *state;
    if (faccessat(real->fd, "gnu/env", X_OK, 0) != 0)
        skip();
    static const char script[] = "#!/gnu/env -S A=1 python -u\n";
    static const char *const env[] = {"PATH=/t", NULL};
    unlinkat(real->fd, "script", 0);
    write_file(real->fd, "/script", script, sizeof script - 1);
    assert_int_equal(fchmodat(real->fd, "script", 0755, 0), 0);
    struct replayed replayed;
    replay_begin(&replayed, real);
    const struct exec_result *result = replay_command(&replayed, "/script", 0, env);
    assert_int_equal(result->reason, EXEC_OK);
    assert_string_equal(result->program, "/t/python");
    assert_string_equal(result->argv0, "python");
    assert_int_equal(result->chain_count, 1);
    assert_string_equal(result->chain[0], "/script");
    assert_non_null(result->wrapper);
    assert_string_equal(result->wrapper->program, "/gnu/env");
    assert_string_equal(result->env[0], "PATH=/t");
    assert_string_equal(result->env[1], "A=1");
    assert_null(result->env[2]);
    replay_end(&replayed);
}

/* coreutils' single binary, started by a script in place of env. */
static void a_single_binary_is_env_too(void **state)
{
    const struct real *real = *state;
    struct replayed replayed;
    replay_begin(&replayed, real);
    const struct exec_result *result = replay_command(&replayed, "/x/by-single", 0, no_env);
    assert_int_equal(result->reason, EXEC_ENV_MISSING);
    assert_string_equal(result->stderr_line, "/x/single: 'nope': No such file or directory");
    assert_int_equal(result->chain_count, 2);
    assert_int_equal(replay_command(&replayed, "/x/single", 0, no_env)->reason, EXEC_OK);
    replay_end(&replayed);
}

/* `#!/usr/bin/env` alone executes the script again, and again. */
static void an_env_without_a_program_never_ends(void **state)
{
    const struct real *real = *state;
    if (faccessat(real->fd, "gnu/env", X_OK, 0) != 0)
        skip();
    unlinkat(real->fd, "script", 0);
    write_file(real->fd, "/script", "#!/gnu/env\n", 11);
    assert_int_equal(fchmodat(real->fd, "script", 0755, 0), 0);
    struct replayed replayed;
    replay_begin(&replayed, real);
    const struct exec_result *result = replay_command(&replayed, "/script", 0, no_env);
    assert_int_equal(result->reason, EXEC_SHEBANG_LOOP);
    assert_int_equal(result->error, 0);
    replay_end(&replayed);
}

/* ---- envs that this machine has not ---- */

/* A program of that kind, by the words that are in it. */
static const struct other {
    const char *folder, *interpreter, *words[3];
} others[] = {
    {"old", "/t/ld", {NULL}},
    {"split", "/t/ld", {MARK_ENV_SPLITS}},
    {"new", "/t/ld", {MARK_ENV_SPLITS, MARK_ENV_RENAMES, MARK_ENV_HINTS}},
    {"musl", "/t/ld-musl-own.so.1", {MARK_ENV_SPLITS, MARK_ENV_RENAMES, MARK_ENV_HINTS}},
    {"box", "/t/ld", {MARK_BUSYBOX}},
};

static const struct row other_rows[] = {
    {.path = "/t/ld", .mode = 0755, .base = EXE},
    {.path = "/t/ld-musl-own.so.1", .mode = 0755, .base = EXE},
    {.path = "/t/text", .mode = 0755, .base = TEXT, .text = "true\n"},
    {.path = "/t/short", .mode = 0755, .base = EXE, .cut = 40},
    {.path = "/t/hidden", .mode = 0700, .base = DIRECTORY},
};

#define HELP(env) "\nTry '/" env "/env --help' for more information."
static const struct {
    const char *folder, *rest, *variable, *locale;
    int status;       /* 0: it runs */
    const char *line; /* all that is told; NULL: nothing */
} told[] = {
    {"old", " -S nope\n", NULL, NULL, 125, "/old/env: invalid option -- 'S'" HELP("old")},
    {"old", " -i python\n", NULL, NULL, 125, "/old/env: invalid option -- ' '" HELP("old")},
    {"old", " --split-string=x\n", NULL, NULL, 125,
     "/old/env: unrecognized option '--split-string=x'" HELP("old")},
    {"old", " --argv0=x\n", NULL, NULL, 125,
     "/old/env: unrecognized option '--argv0=x'" HELP("old")},
    {"old", " -C\n", NULL, NULL, 125,
     "/old/env: must specify command with --chdir (-C)" HELP("old")},
    {"old", " --ign\n", NULL, NULL, 0, NULL},
    {"old", " nope x\n", NULL, NULL, 127, "/old/env: 'nope x': No such file or directory"},
    {"split", " --argv0=x\n", NULL, NULL, 125,
     "/split/env: unrecognized option '--argv0=x'" HELP("split")},
    {"split", " -a\n", NULL, NULL, 125, "/split/env: invalid option -- 'a'" HELP("split")},
    {"split", " -i\tpython\n", NULL, NULL, 125,
     "/split/env: invalid option -- '\t'\n/split/env: use -[v]S to pass options in shebang "
     "lines" HELP("split")},
    {"split", " nope\tx\n", NULL, NULL, 127, "/split/env: 'nope\\tx': No such file or directory"},
    {"split", " nope x\n", NULL, NULL, 127,
     "/split/env: 'nope x': No such file or directory\n/split/env: use -[v]S to pass options in "
     "shebang lines"},
    {"new", " nope\tx\n", NULL, NULL, 127,
     "/new/env: 'nope\\tx': No such file or directory\n/new/env: use -[v]S to pass options in "
     "shebang lines"},
    {"new", " --ign\n", NULL, NULL, 125,
     "/new/env: option '--ign' is ambiguous; possibilities: '--ignore-environment' "
     "'--ignore-signal'" HELP("new")},
    {"new", " --null=x\n", NULL, NULL, 125,
     "/new/env: option '--null' doesn't allow an argument" HELP("new")},
    {"new", " --unset\n", NULL, NULL, 0, NULL}, /* the script itself */
    {"new", " --help\n", NULL, NULL, 0, NULL},
    {"new", " -S --argv0=x python\n", NULL, NULL, 0, NULL},
    {"new", " -S -a x nope\n", NULL, NULL, 127, "/new/env: 'nope': No such file or directory"},
    {"new", " -S --block-signal python\n", NULL, NULL, 0, NULL},
    {"new", " -S -C /t/hidden python\n", NULL, NULL, 125,
     "/new/env: cannot change directory to '/t/hidden': Permission denied"},
    {"new", " -Cit's\n", NULL, NULL, 125, NULL}, /* as gnulib quotes it: not told */
    {"new", " -S -v -C /nowhere python\n", NULL, NULL, 125, NULL},
    {"new", " nope\n", NULL, "LANG=xx_XX.UTF-8", 127,
     "/new/env: \u2018nope\u2019: No such file or directory"},
    {"new", " nope\n", NULL, "LANG=yy_YY.UTF-8", 127,
     "/new/env: 'nope': No such file or directory"},
    {"new", " nope\n", NULL, "LANG=xx_XX.ISO-8859-1", 127,
     "/new/env: 'nope': No such file or directory"},
    {"new", " nope\n", NULL, "LC_ALL=/xx.UTF-8", 127,
     "/new/env: 'nope': No such file or directory"},
    {"new", " nope\n", NULL, "LC_ALL=POSIX", 127, "/new/env: 'nope': No such file or directory"},
    {"new", " n\x7f\xc3\xa4\n", NULL, NULL, 127,
     "/new/env: 'n\\177\\303\\244': No such file or directory"},
    {"new", " text\n", NULL, NULL, 127, "/new/env: 'text': No such file or directory"}, /* no sh */
    {"new", " nope\n", "A=B", NULL, 127, "/new/env: 'nope': No such file or directory"},
    {"musl", " nope\n", NULL, NULL, 127, "/musl/env: \u2018nope\u2019: No such file or directory"},
    {"musl", " nope\n", NULL, "LANG=C", 127, "/musl/env: 'nope': No such file or directory"},
    {"musl", " nope\n", NULL, "LC_ALL=POSIX", 127, "/musl/env: 'nope': No such file or directory"},
    {"musl", " nope\n", "A=B", "LANG=C", 127, "/musl/env: 'nope': No such file or directory"},
    {"musl", " text\n", NULL, "LANG=C", 126, "/musl/env: 'text': Exec format error"},
    {"box", " nope\n", NULL, NULL, 127, "env: can't execute 'nope': No such file or directory"},
    {"box", " -x\n", NULL, NULL, 1, NULL},
    {"box", " -u\n", NULL, NULL, 0, NULL},
    {"box", " --argv0=x\n", NULL, NULL, 1, NULL},
    {"box", " --null\n", NULL, NULL, 0, NULL},
};
static const struct {
    const char *folder, *rest;
    int status;
    const char *line;
} with_shell[] = {
    {"new", " text\n", 0, NULL},
    {"new", " short\n", 126, NULL}, /* the shell's own words */
    {"musl", " text\n", 126, "/musl/env: \u2018text\u2019: Exec format error"},
};

static void make_other(const struct real *real, const struct other *other)
{
    char path[64];
    snprintf(path, sizeof path, "/%s", other->folder);
    make_row(real->fd, &(struct row){.path = path, .mode = 0755, .base = DIRECTORY});
    snprintf(path, sizeof path, "/%s/env", other->folder);
    make_row(
        real->fd,
        &(struct row){.path = path, .mode = 0755, .base = DYNAMIC, .text = other->interpreter});
    int file = openat(real->fd, path + 1, O_WRONLY | O_APPEND | O_CLOEXEC);
    assert_true(file >= 0);
    for (size_t i = 0; i < 3 && other->words[i] != NULL; i++)
        assert_true(write(file, other->words[i], strlen(other->words[i]) + 1) > 0);
    close(file);
}

/* Is this what is told of it? */
static void check_told(const struct real *real, const char *folder, const char *rest,
                       const char *const *env, int status, const char *line, int *differences)
{
    char script[256];
    snprintf(script, sizeof script, "#!/%s/env%s", folder, rest);
    unlinkat(real->fd, "script", 0);
    write_file(real->fd, "/script", script, strlen(script));
    assert_int_equal(fchmodat(real->fd, "script", 0755, 0), 0);
    struct replayed replayed;
    replay_begin(&replayed, real);
    const struct exec_result *result = replay_command(&replayed, "/script", NOBODY, env);
    int got = result->reason == EXEC_OK ? 0 : result->exit_status;
    bool same = line == NULL || result->stderr_line == NULL
                    ? line == result->stderr_line
                    : strcmp(line, result->stderr_line) == 0;
    if (result->error != 0 || got != status || !same) {
        print_error("%sends with %d (errno %d): %s\n", script, got, result->error,
                    result->stderr_line != NULL ? result->stderr_line : "nothing is told");
        ++*differences;
    }
    replay_end(&replayed);
}

static void other_envs_end_as_they_would(void **state)
{
    const struct real *real = *state;
    int differences = 0;
    static const char *const env[] = {"PATH=/t", NULL};
    static const char archive[] = "a locale-archive\0xx_XX.utf8";
    for (size_t i = 0; i < sizeof other_rows / sizeof *other_rows; i++)
        make_row(real->fd, &other_rows[i]);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        make_other(real, &others[i]);
    write_file(real->fd, "/usr/lib/locale/locale-archive", archive, sizeof archive);
    assert_int_equal(fchmodat(real->fd, "usr/lib/locale/locale-archive", 0644, 0), 0);
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        const char *own[] = {told[i].variable != NULL ? told[i].variable : "PATH=/t",
                             told[i].locale, NULL};
        check_told(real, told[i].folder, told[i].rest, own, told[i].status, told[i].line,
                   &differences);
    }
    make_row(real->fd, &(struct row){.path = "/bin", .mode = 0755, .base = DIRECTORY});
    make_row(real->fd, &(struct row){.path = "/bin/sh", .mode = 0755, .base = EXE});
    for (size_t i = 0; i < sizeof with_shell / sizeof *with_shell; i++)
        check_told(real, with_shell[i].folder, with_shell[i].rest, env, with_shell[i].status,
                   with_shell[i].line, &differences);
    assert_int_equal(differences, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gnu_env_ends_as_told),
        cmocka_unit_test(busybox_env_ends_as_told),
        cmocka_unit_test(busybox_is_known_by_its_content),
        cmocka_unit_test(env_tells_what_it_wraps),
        cmocka_unit_test(a_single_binary_is_env_too),
        cmocka_unit_test(an_env_without_a_program_never_ends),
        cmocka_unit_test(other_envs_end_as_they_would),
    };
    return cmocka_run_group_tests(tests, make_env_root, remove_root);
}
