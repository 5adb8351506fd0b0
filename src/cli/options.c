#include "cli/options.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "cli/commands.h"
#include "cli/config_file.h"
#include "willrun/willrun.h"

static const struct choice cpus[] = {
    {"x86-64-v1", 1}, {"x86-64-v2", 2}, {"x86-64-v3", 3}, {"x86-64-v4", 4}, {NULL, 0}};
static const struct choice whens[] = {
    {"auto", WHEN_AUTO}, {"always", WHEN_ALWAYS}, {"never", WHEN_NEVER}, {NULL, 0}};
static const struct choice fail_ons[] = {
    {"fails", FAIL_ON_FAILS}, {"degraded", FAIL_ON_DEGRADED}, {"never", FAIL_ON_NEVER}, {NULL, 0}};
static const struct choice check_formats[] = {
    {"text", WILLRUN_FORMAT_TEXT},       {"json", WILLRUN_FORMAT_JSON},
    {"jsonl", WILLRUN_FORMAT_JSONL},     {"sarif", WILLRUN_FORMAT_SARIF},
    {"junit", WILLRUN_FORMAT_JUNIT},     {"github", WILLRUN_FORMAT_GITHUB},
    {"gitlab", WILLRUN_FORMAT_GITLAB},   {"markdown", WILLRUN_FORMAT_MARKDOWN},
    {"html", WILLRUN_FORMAT_HTML},       {"dot", WILLRUN_FORMAT_DOT},
    {"mermaid", WILLRUN_FORMAT_MERMAID}, {NULL, 0}};
static const struct choice diff_formats[] = {{"text", WILLRUN_FORMAT_TEXT},
                                             {"json", WILLRUN_FORMAT_JSON},
                                             {"markdown", WILLRUN_FORMAT_MARKDOWN},
                                             {NULL, 0}};
static const struct choice plain_formats[] = {
    {"text", WILLRUN_FORMAT_TEXT}, {"json", WILLRUN_FORMAT_JSON}, {NULL, 0}};
static const struct choice plan_formats[] = {{"text", WILLRUN_FORMAT_TEXT},
                                             {"json", WILLRUN_FORMAT_JSON},
                                             {"dockerfile", WILLRUN_FORMAT_DOCKERFILE},
                                             {NULL, 0}};
static const struct choice tree_formats[] = {
    {"text", WILLRUN_FORMAT_TEXT},       {"json", WILLRUN_FORMAT_JSON}, {"dot", WILLRUN_FORMAT_DOT},
    {"mermaid", WILLRUN_FORMAT_MERMAID}, {"html", WILLRUN_FORMAT_HTML}, {NULL, 0}};

#define BOTH (FOR_CHECK | FOR_TREE)
#define JUDGING (BOTH | FOR_DIFF | FOR_BUNDLE | FOR_PLAN | FOR_EXPLAIN)
#define ANY (JUDGING | FOR_INSPECT | FOR_SNAPSHOT | FOR_BASES)

/* clang-format off */
/* letter name       argument    kind    field     choices        commands   help */
#define OPTIONS(X)                                                                                 \
    X(0,   "root",     "SOURCE", TEXT,   root,     NULL,          FOR_CHECK,                       \
      "the root filesystem that it will run in: a folder, a tar archive (FILE, tar:FILE), an "     \
      "image (docker-archive:FILE[:NAME], oci:DIR[:TAG], oci-archive:FILE[:TAG]), base:NAME "      \
      "(willrun bases lists them), scratch, or - (one of the archives on standard input); behind " \
      "unverified: the digests of an image's layers are not held against their bytes")         \
    X(0,   "root",     "SOURCE", TEXT,   root,     NULL,          FOR_TREE,                        \
      "the root filesystem that it runs in, as for check (default: /)")                            \
    X(0,   "root",     "SOURCE", TEXT,   root,     NULL,          FOR_INSPECT,                     \
      "the root filesystem that absolute paths are in, as for check (default: /)")                 \
    X(0,   "root",     "SOURCE", TEXT,   root,     NULL,          FOR_BUNDLE,                      \
      "the root filesystem that it is taken from, as for check (default: /)")                      \
    X(0,   "root",     "SOURCE", TEXT,   root,     NULL,          FOR_EXPLAIN,                     \
      "the root filesystem that it happened in, as for check: its files decide which cause it is") \
    X(0,   "exit-code", "N",     NUMBER, exit_status, NULL,       FOR_EXPLAIN,                     \
      "the exit status that the container or the program ended with, 1 to 255")                    \
    X(0,   "to",       "DIR|FILE.tar", TEXT, to,   NULL,          FOR_BUNDLE,                      \
      "where to write it: a new or empty folder, or an archive; whole or not at all")              \
    X(0,   "with",     "NAME|PATH", LIST, extras,  NULL,          FOR_BUNDLE,                      \
      "take along what programs look for later: ca-certificates, time-zones, users, "              \
      "name-service, character-sets, terminals, or a path of the root; repeatable")                \
    X(0,   "partial",  NULL,     FLAG,   partial,  NULL,          FOR_BUNDLE,                      \
      "write what there is, though something is missing or does not run")                          \
    X(0,   "on",       "BASE",   TEXT,   on,       NULL,          FOR_PLAN,                        \
      "plan for this base alone: an image's name, one of --base, or a SOURCE")                     \
    X(0,   "dockerfile", "FILE", TEXT,  dockerfile, NULL,         BOTH | FOR_EXPLAIN,                       \
      "check the stage that a Dockerfile builds, in place of --root: with the stages of --stage, " \
      "the images of --base, and base images by their names")                                      \
    X(0,   "dockerfile", "FILE", TEXT,  dockerfile, NULL,         FOR_PLAN,                        \
      "plan anew the stage that this Dockerfile builds: what it copies from other stages, whose "  \
      "files --stage gives, and what it starts")                                                   \
    X(0,   "target",   "STAGE",  TEXT,   target,   NULL,          FOR_PLAN,                        \
      "which stage of the Dockerfile, by name or number (default: the last)")                      \
    X(0,   "target",   "STAGE",  TEXT,   target,   NULL,          BOTH | FOR_EXPLAIN,                       \
      "the stage of the Dockerfile to check, by name or number (default: the last)")               \
    X(0,   "context",  "DIR",    TEXT,   context,  NULL,          BOTH | FOR_EXPLAIN | FOR_PLAN,            \
      "the build context that COPY takes files from (default: the Dockerfile's folder)")           \
    X(0,   "build-arg", "K=V",   LIST,   build_args, NULL,        BOTH | FOR_EXPLAIN | FOR_PLAN,            \
      "a value for an ARG of the Dockerfile; repeatable")                                          \
    X(0,   "base",     "IMAGE=SOURCE", LIST, bases, NULL,         BOTH | FOR_EXPLAIN,                       \
      "the files of an image that the Dockerfile names; repeatable")                               \
    X(0,   "base",     "IMAGE=SOURCE", LIST, bases, NULL,         FOR_PLAN,                        \
      "another base image to try, and its files; repeatable")                                      \
    X(0,   "packages", NULL,     FLAG,   packages, NULL,          FOR_PLAN,                        \
      "install packages in place of copying libraries, where the base has an installer and the "   \
      "stage is of its release")                                                                   \
    X(0,   "format",   "FORMAT", CHOICE, format,   plan_formats,  FOR_PLAN,                        \
      "how to write it (default: text; dockerfile: the runtime stage alone)")                      \
    X('v', "verbose",  NULL,     FLAG,   verbose,  NULL,          FOR_PLAN,                        \
      "print every base that does not fit, too")                                                   \
    X(0,   "stage",    "NAME=SOURCE", LIST, stages, NULL,         JUDGING,                         \
      "a builder stage that --copy takes files from; repeatable")                                  \
    X(0,   "copy",     "NAME:SRC:DST", LIST, copies, NULL,        JUDGING,                         \
      "lay SRC of stage NAME over the root at DST, as COPY --from=NAME SRC DST of a Dockerfile; "  \
      ":SRC:DST takes SRC from the local disk; settings may follow, as in "                        \
      "NAME:SRC:DST:chmod=755,chown=1000:1000; repeatable, in order, also for several SRC")        \
    X(0,   "roots",    "FILE",   TEXT,   roots,    NULL,          FOR_CHECK,                       \
      "check every SOURCE of a list, one a line, in place of --root; with --format jsonl or text") \
    X(0,   "shard",    "K/N",    TEXT,   shard,    NULL,          FOR_CHECK,                       \
      "of --roots take every Nth, from the Kth on, counted from 0: for N jobs that share a list")  \
    X(0,   "all",      NULL,     FLAG,   all,      NULL,          FOR_CHECK,                       \
      "check every ELF file and script of the root")                                               \
    X(0,   "platform", "OS/ARCH[/VARIANT]", TEXT, platform, NULL, JUDGING,                         \
      "the machine it will run on, such as linux/arm64 (default: that of the root's libc, else "   \
      "of the file itself)")                                                                       \
    X(0,   "platform", "OS/ARCH[/VARIANT]", TEXT, platform, NULL, FOR_INSPECT,                     \
      "which one of an image for several (default: all)")                                          \
    X(0,   "all-platforms", NULL, FLAG,  all_platforms, NULL,     FOR_CHECK,                       \
      "check every platform of an image, as without --platform")                                   \
    X(0,   "list",     NULL,     FLAG,   list,     NULL,          FOR_EXPLAIN,                     \
      "list the rules that have a page")                                                           \
    X(0,   "platform", "OS/ARCH[/VARIANT]", TEXT, platform, NULL, FOR_SNAPSHOT,                    \
      "the machine that the root is for (default: that of its libc)")                              \
    X(0,   "cpu",      "LEVEL",  CHOICE, cpu,      cpus,          JUDGING,                         \
      "what the processor of an amd64 machine can do (default: x86-64-v1)")                        \
    X(0,   "env",      "K=V",    LIST,   env,      NULL,          JUDGING,                         \
      "a variable of the process environment, such as LD_LIBRARY_PATH or PATH; repeatable")        \
    X(0,   "user",     "USER",   TEXT,   user,     NULL,          JUDGING,                         \
      "who it runs as: UID, UID:GID, or a name of the root's /etc/passwd (default: 0:0)")          \
    X(0,   "workdir",  "DIR",    TEXT,   workdir,  NULL,          JUDGING,                         \
      "the working directory inside the root (default: /)")                                        \
    X(0,   "host",     "PATH",   TEXT,   host,     NULL,          JUDGING,                         \
      "for a plugin: the program inside the root that loads it (default: that of its kind, such as " \
      "node or python3, where the root has it; none: a process of which nothing is known)")                                   \
    X(0,   "why",      "LIB",    TEXT,   why,      NULL,          BOTH,                            \
      "tell for the library LIB every path that was considered, and why it was passed over")       \
    X(0,   "format",   "FORMAT", CHOICE, format,   check_formats, FOR_CHECK,                       \
      "how to write it (default: text; jsonl: one line a subject, as soon as it is judged; github: "  \
      "annotations, and the step's summary where GITHUB_STEP_SUMMARY names it)")       \
    X(0,   "format",   "FORMAT", CHOICE, format,   tree_formats,  FOR_TREE,                        \
      "how to write it (default: text)")                                                           \
    X(0,   "origin",   "TEXT",   TEXT,   origin,   NULL,          FOR_SNAPSHOT,                    \
      "what the root was made of, for readers of the profile (default: SOURCE)")                   \
    X(0,   "date",     "DATE",   TEXT,   date,     NULL,          FOR_SNAPSHOT,                    \
      "when that was, such as 2026-11-23, for readers of the profile")                             \
    X(0,   "absent",   "PATH",   LIST,   absent,   NULL,          FOR_SNAPSHOT,                    \
      "a file that the original has and the root has not: what needs it is unknown; repeatable")   \
    X(0,   "format",   "FORMAT", CHOICE, format,   diff_formats,  FOR_DIFF,                        \
      "how to write it (default: text)")                                                           \
    X(0,   "fail-on",  "VERDICT", CHOICE, fail_on, fail_ons,      FOR_DIFF,                        \
      "what makes the exit status 1: a subject that starts to fail (default: fails), or that "     \
      "gets worse in any way (degraded)")                                                          \
    X('v', "verbose",  NULL,     FLAG,   verbose,  NULL,          FOR_DIFF,                        \
      "print subjects that vanish and that are new, too")                                          \
    X(0,   "format",   "FORMAT", CHOICE, format,   plain_formats, FOR_BASES | FOR_BUNDLE | FOR_INSPECT | FOR_EXPLAIN, \
      "how to write it (default: text)")                                                           \
    X('o', "output",   "FILE",   TEXT,   output,   NULL,          ANY,                             \
      "write to FILE, whole or not at all")                                                        \
    X(0,   "fail-on",  "VERDICT", CHOICE, fail_on, fail_ons,      BOTH,                            \
      "what makes the exit status 1 (default: fails; degraded: whatever does not surely run)")     \
    X(0,   "color",    "WHEN",   CHOICE, color,    whens,         JUDGING | FOR_INSPECT,                         \
      "use colours (default: auto, on a terminal; NO_COLOR and CLICOLOR_FORCE are heeded)")        \
    X('v', "verbose",  NULL,     FLAG,   verbose,  NULL,          FOR_INSPECT,                     \
      "print long lists whole, and why a wheel tag does not fit")                                  \
    X('q', "quiet",    NULL,     FLAG,   quiet,    NULL,          FOR_INSPECT,                     \
      "print only the highest levels of all files")                                                \
    X('v', "verbose",  NULL,     FLAG,   verbose,  NULL,          FOR_BUNDLE,                      \
      "print all that was written, and facts of what runs")                                        \
    X('q', "quiet",    NULL,     FLAG,   quiet,    NULL,          FOR_BUNDLE,                      \
      "do not list what was written")                                                              \
    X('q', "quiet",    NULL,     FLAG,   quiet,    NULL,          BOTH,                            \
      "print only what does not run")                                                              \
    X('v', "verbose",  NULL,     FLAG,   verbose,  NULL,          FOR_BASES,                       \
      "print where each one came from, and its other names")                                       \
    X('v', "verbose",  NULL,     FLAG,   verbose,  NULL,          BOTH,                            \
      "print notes, facts of what runs, and long lists whole")                                     \
    X(0,   "progress", "WHEN",   CHOICE, progress, whens,         JUDGING,                         \
      "tell on standard error how far it is (default: auto, on a terminal)")                       \
    X('j', "jobs",     "N",      NUMBER, threads,  NULL,          JUDGING | FOR_INSPECT,                         \
      "threads (default: the processors it may use)")                                              \
    X(0,   "ignore",   "RULE[:GLOB]", LIST, ignored, NULL,        FOR_CHECK,                       \
      "take findings of RULE as they are, of subjects whose path matches GLOB; repeatable")        \
    X(0,   "baseline", "FILE",   LIST,   baselines, NULL,         FOR_CHECK,                       \
      "report only what is new since FILE, a report of an earlier check as json or jsonl; "        \
      "repeatable")                                                                                \
    X(0,   "config",   "FILE",   TEXT,   config,   NULL,          JUDGING | FOR_INSPECT,           \
      "read options and accepted findings from FILE (default: " CONFIG_FILE " where it is "        \
      "there; none: from no file)")                                                                \
    X(0,   "limit",    "NAME=N", LIST,   limits,   NULL,          ANY,                             \
      "read no more than N: memory (bytes; default 8G), entries (2M) and names (bytes; 256M) of "  \
      "an archive, expansion of packed bytes (8G), layers (500), manifests (1000), json (bytes; "  \
      "4M), json-values (200000), dockerfile (bytes; 256M), variables (bytes; 64M); repeatable")   \
    X(0,   "cache",    "DIR",    TEXT,   cache,    NULL,          BOTH,                            \
      "keep the answer in DIR, and give it again while nothing that it rests on has changed; "     \
      "several processes may share it")                                                            \
    X(0,   "cache-size", "MIB",  NUMBER, cache_size, NULL,        BOTH,                            \
      "how much --cache keeps, from 1 to 4096 MiB (default: 512); what was not asked for longest " \
      "goes first")                                                                                \
    X(0,   "no-sandbox", NULL,   FLAG,   no_sandbox, NULL,        ANY,                             \
      "keep all rights of the process (it gives away what it needs not, by Landlock and seccomp "  \
      "where the kernel has them)")                                                                \
    X('h', "help",     NULL,     FLAG,   help,     NULL,          ANY,                             \
      "print this help")
/* clang-format on */

const struct option option_table[] = {
#define ROW(letter, name, argument, kind, field, choices, who, help)                               \
    {letter, name, argument, OPTION_##kind, offsetof(struct options, field), choices, who, help},
    OPTIONS(ROW)
#undef ROW
};

const size_t option_count = sizeof option_table / sizeof *option_table;

/* ---- parsing ---- */

struct parser {
    struct options *options;
    unsigned command;
    const char *origin; /* of what is set */
    int count, next;    /* arguments, and the one to read next */
    char *const *arguments;
    char *problem;
    size_t problem_size;
};

__attribute__((format(printf, 2, 3))) static bool wrong(struct parser *parser, const char *format,
                                                        ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(parser->problem, parser->problem_size, format, args);
    va_end(args);
    return false;
}

static bool name_is(const char *name, const char *text, size_t length)
{
    return strncmp(name, text, length) == 0 && name[length] == 0;
}

static const struct option *find_name(unsigned command, const char *text, size_t length)
{
    for (size_t i = 0; i < option_count; i++)
        if ((option_table[i].commands & command) != 0 &&
            name_is(option_table[i].name, text, length))
            return &option_table[i];
    return NULL;
}

static const struct option *find_letter(unsigned command, char letter)
{
    for (size_t i = 0; i < option_count; i++)
        if ((option_table[i].commands & command) != 0 && option_table[i].letter == letter)
            return &option_table[i];
    return NULL;
}

static void *field_of(struct options *options, const struct option *option)
{
    return (char *)options + option->field;
}

static void add_text(struct text_list *list, const char *text)
{
    *vec_push(list) = text;
}

static bool set_choice(struct parser *parser, const struct option *option, const char *value)
{
    /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): a choice has a value */
    struct nearest nearest = nearest_begin(value, strlen(value));
    char all[160] = "";
    size_t length = 0;
    for (const struct choice *choice = option->choices; choice->name != NULL; choice++) {
        if (strcmp(choice->name, value) == 0) {
            memcpy(field_of(parser->options, option), &choice, sizeof choice);
            return true;
        }
        nearest_offer(&nearest, choice->name);
        const char *comma = length == 0 ? "" : choice[1].name != NULL ? ", " : " or ";
        if (length < sizeof all)
            length +=
                (size_t)snprintf(all + length, sizeof all - length, "%s%s", comma, choice->name);
    }
    const char *meant = nearest_answer(&nearest);
    return wrong(parser, "--%s takes %s, not \"%s\"%s%s%s", option->name, all, value,
                 meant != NULL ? "; did you mean " : "", meant != NULL ? meant : "",
                 meant != NULL ? "?" : "");
}

static bool set_number(struct parser *parser, const struct option *option, const char *value)
{
    unsigned number = 0;
    const char *at = value;
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): a number has a value */
    while (*at >= '0' && *at <= '9' && number <= NUMBER_MOST)
        number = number * 10 + (unsigned)(*at++ - '0');
    if (*at != 0 || number < 1 || number > NUMBER_MOST)
        return wrong(parser, "--%s takes a number from 1 to %d, not \"%s\"", option->name,
                     NUMBER_MOST, value);
    memcpy(field_of(parser->options, option), &number, sizeof number);
    return true;
}

static bool set_value(struct parser *parser, const struct option *option, const char *value)
{
    void *field = field_of(parser->options, option);
    *vec_push(&parser->options->settings) =
        (struct setting){option, value != NULL ? value : "true", parser->origin};
    switch (option->kind) {
    case OPTION_FLAG:
        *(bool *)field = true;
        return true;
    case OPTION_TEXT:
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): a text has a value */
        if (*value == 0)
            return wrong(parser, "--%s takes %s, not an empty text", option->name,
                         option->argument);
        *(const char **)field = value;
        return true;
    case OPTION_LIST:
        add_text(field, value);
        return true;
    case OPTION_CHOICE:
        return set_choice(parser, option, value);
    case OPTION_NUMBER:
        return set_number(parser, option, value);
    }
    return false;
}

/* The value that stands in the next argument. */
static bool take_value(struct parser *parser, const struct option *option)
{
    if (parser->next >= parser->count)
        return wrong(parser, "--%s needs a value: %s", option->name, option->argument);
    return set_value(parser, option, parser->arguments[parser->next++]);
}

static bool unknown_name(struct parser *parser, const char *name, size_t length)
{
    struct nearest nearest = nearest_begin(name, length);
    for (size_t i = 0; i < option_count; i++)
        if ((option_table[i].commands & parser->command) != 0)
            nearest_offer(&nearest, option_table[i].name);
    const char *meant = nearest_answer(&nearest);
    return wrong(parser, "unknown option --%.*s%s%s%s", (int)length, name,
                 meant != NULL ? "; did you mean --" : "", meant != NULL ? meant : "",
                 meant != NULL ? "?" : "");
}

/* "--name", "--name=value", "--name" "value" */
static bool read_long(struct parser *parser, const char *text)
{
    size_t length = strcspn(text, "=");
    const struct option *option = find_name(parser->command, text, length);
    if (option == NULL)
        return unknown_name(parser, text, length);
    bool has_value = text[length] == '=';
    if (option->argument == NULL)
        return has_value ? wrong(parser, "--%s takes no value", option->name)
                         : set_value(parser, option, NULL);
    return has_value ? set_value(parser, option, text + length + 1) : take_value(parser, option);
}

/* "-q", "-qv", "-oFILE", "-o" "FILE" */
static bool read_letters(struct parser *parser, const char *text)
{
    for (; *text != 0; text++) {
        const struct option *option = find_letter(parser->command, *text);
        if (option == NULL)
            return wrong(parser, "unknown option -%s", text);
        if (option->argument != NULL)
            return text[1] != 0 ? set_value(parser, option, text + 1) : take_value(parser, option);
        set_value(parser, option, NULL);
    }
    return true;
}

static bool read_arguments(struct parser *parser)
{
    bool ended = false; /* by "--" */
    while (parser->next < parser->count) {
        const char *text = parser->arguments[parser->next++];
        if (ended || text[0] != '-' || text[1] == 0)
            add_text(&parser->options->paths, text);
        else if (strcmp(text, "--") == 0)
            ended = true;
        else if (text[1] == '-' ? !read_long(parser, text + 2) : !read_letters(parser, text + 1))
            return false;
    }
    return true;
}

void options_begin(struct options *options)
{
    *options = (struct options){.fail_on = &fail_ons[0],
                                .format = &check_formats[0],
                                .color = &whens[0],
                                .progress = &whens[0]};
}

/* Is the word of a flag a yes? */
static bool is_yes(const char *value, bool *yes)
{
    static const struct choice words[] = {{"true", 1},  {"yes", 1}, {"1", 1}, {"on", 1},
                                          {"false", 0}, {"no", 0},  {"0", 0}, {"off", 0}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(words[i].name, value) != 0)
            continue;
        *yes = words[i].value != 0;
        return true;
    }
    return false;
}

bool options_set(struct options *options, unsigned command, const char *name, const char *value,
                 const char *origin, char *problem, size_t problem_size)
{
    struct parser parser = {.options = options,
                            .command = command,
                            .origin = origin,
                            .problem = problem,
                            .problem_size = problem_size};
    const struct option *option = find_name(command, name, strlen(name));
    bool yes = true;
    if (option == NULL)
        return unknown_name(&parser, name, strlen(name));
    if (option->kind == OPTION_FLAG && !is_yes(value, &yes))
        return wrong(&parser, "--%s takes true or false, not \"%s\"", name, value);
    return !yes || set_value(&parser, option, value);
}

bool options_parse(struct options *options, unsigned command, int count, char *const *arguments,
                   char *problem, size_t problem_size)
{
    struct parser parser = {.options = options,
                            .command = command,
                            .origin = "the command line",
                            .count = count,
                            .arguments = arguments,
                            .problem = problem,
                            .problem_size = problem_size};
    return read_arguments(&parser);
}

void options_apply(struct options *options, const struct options *given)
{
    struct parser parser = {.options = options};
    for (size_t i = 0; i < given->settings.count; i++) {
        parser.origin = given->settings.at[i].origin;
        set_value(&parser, given->settings.at[i].option, given->settings.at[i].value);
    }
    for (size_t i = 0; i < given->paths.count; i++)
        add_text(&options->paths, given->paths.at[i]);
}

void options_free(struct options *options)
{
    for (size_t i = 0; i < option_count; i++)
        if (option_table[i].kind == OPTION_LIST)
            vec_free((struct text_list *)field_of(options, &option_table[i]));
    vec_free(&options->root_list);
    vec_free(&options->paths);
    vec_free(&options->settings);
    *options = (struct options){0};
}
