/* willrun: the command line of libwillrun. */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <jansson.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/nearest.h"
#include "base/unfinished.h"
#include "cli/cache.h"
#include "cli/commands.h"
#include "cli/complain.h"
#include "cli/help.h"
#include "cli/output.h"
#include "cli/sandbox.h"
#include "cli/sanitized.h"
#include "cli/settings.h"
#include "willrun/willrun.h"

/* A file opened later must not become standard output or error because that was
 * closed; read-only, so that writing to it still fails. */
static bool keep_standard_files(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) != fd)
            return false;
    return true;
}

static volatile sig_atomic_t over; /* the command has come to its end */

/* Memory is exhausted: that ends the process wherever it is noticed, in libarchive with the status
 * of a verdict. */
static void on_exit_before_the_end(void)
{
    if (over)
        return;
    unfinished_remove_all();
    _exit(EXIT_TROUBLE);
}

/* A mapped file became shorter: there is nothing to read any more where bytes were. */
static void on_bus_error(int number)
{
    static const char sentence[] =
        "willrun: a file was cut short by another process while it was read\n";
    (void)number;
    unfinished_remove_all();
    ssize_t written = write(STDERR_FILENO, sentence, sizeof sentence - 1);
    (void)written; /* there is nobody else to tell */
    _exit(EXIT_TROUBLE);
}

static void on_signal(int number)
{
    unfinished_remove_all();
    raise(number); /* SA_RESETHAND: the default action now */
}

static void leave_nothing_unfinished(void)
{
    static const struct {
        int number;
        void (*handler)(int number);
    } ends[] = {{SIGBUS, on_bus_error}, {SIGHUP, on_signal},  {SIGINT, on_signal},
                {SIGQUIT, on_signal},   {SIGTERM, on_signal}, {SIGXCPU, on_signal}};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct sigaction action;
        sigaction(ends[i].number, NULL, &action);
        if (action.sa_handler == SIG_IGN)
            continue; /* nohup */
        action = (struct sigaction){.sa_handler = ends[i].handler, .sa_flags = (int)SA_RESETHAND};
        sigaction(ends[i].number, &action, NULL);
    }
    atexit(on_exit_before_the_end);
}

static int print_help(const struct command *command)
{
    struct output output;
    if (!output_open(&output, NULL))
        return EXIT_TROUBLE;
    if (command != NULL)
        help_command(command, output.stream);
    else
        help_program(output.stream);
    return output_keep(&output) ? EXIT_MET : EXIT_TROUBLE;
}

static int print_version(void)
{
    struct output output;
    if (!output_open(&output, NULL))
        return EXIT_TROUBLE;
    fprintf(output.stream, "willrun %s\n", willrun_version());
    return output_keep(&output) ? EXIT_MET : EXIT_TROUBLE;
}

static int unknown_command(const char *name)
{
    char sentence[256];
    struct nearest nearest = nearest_begin(name, strlen(name));
    for (size_t i = 0; i < command_count; i++)
        nearest_offer(&nearest, commands[i].name);
    const char *meant = nearest_answer(&nearest);
    snprintf(sentence, sizeof sentence, "unknown %s \"%.120s\"%s%s%s",
             name[0] == '-' ? "option" : "command", name, meant != NULL ? "; did you mean " : "",
             meant != NULL ? meant : "", meant != NULL ? "?" : "");
    return complain_usage(NULL, sentence);
}

static bool take_limits(const struct options *options, struct err *err)
{
    for (size_t i = 0; i < options->limits.count; i++)
        if (!limit_set(options->limits.at[i], err))
            return false;
    struct rlimit memory;
    if (!SANITIZED && getrlimit(RLIMIT_DATA, &memory) == 0 &&
        memory.rlim_cur > limit_of(LIMIT_MEMORY)) {
        memory.rlim_cur = limit_of(LIMIT_MEMORY);
        setrlimit(RLIMIT_DATA, &memory);
    }
    return true;
}

enum { OWN_ROOT = FOR_TREE | FOR_INSPECT | FOR_BUNDLE };

/* Run it with no more rights than it needs. */
static int run_inside(const struct command *command, const struct options *options)
{
    struct err err = {0};
    if (!take_limits(options, &err))
        return complain_usage(command->name, err.text);
    if (!cache_prepare(options))
        return EXIT_TROUBLE;
    if (!options->no_sandbox) {
        struct sandbox sandbox = sandbox_enter(options, (command->bit & OWN_ROOT) != 0);
        if (options->verbose && sandbox.landlock != 0)
            complain("sandbox: %u places to read, %u to write (Landlock %d)%s", sandbox.reads,
                     sandbox.writes, sandbox.landlock,
                     sandbox.seccomp ? "; no programs, no network (seccomp)" : "");
        else if (options->verbose)
            complain("sandbox: %s", sandbox.seccomp
                                        ? "no programs, no network (seccomp); this kernel has no "
                                          "Landlock"
                                        : "this kernel has neither Landlock nor seccomp");
    }
    return command->run(options);
}

static int run(const struct command *command, int count, char *const *arguments)
{
    struct settings settings;
    char problem[512];
    int status;
    bool usage;
    if (!settings_gather(&settings, command, count, arguments, &usage, problem, sizeof problem))
        status = usage ? complain_usage(command->name, problem) : complain("%s", problem);
    else if (settings.options.help)
        status = print_help(command);
    else
        status = run_inside(command, &settings.options);
    settings_free(&settings);
    return status;
}

static int run_arguments(int argc, char **argv)
{
    if (argc < 2)
        return complain_usage(NULL, "name a command");
    const char *name = argv[1];
    for (size_t i = 0; i < command_count; i++)
        if (strcmp(name, commands[i].name) == 0)
            return run(&commands[i], argc - 2, argv + 2);
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        return print_help(NULL);
    if (strcmp(name, "--version") == 0)
        return print_version();
    return unknown_command(name);
}

int main(int argc, char **argv)
{
    if (!keep_standard_files())
        return complain("cannot open /dev/null");
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is told as any other write that fails … */
    signal(SIGXFSZ, SIG_IGN); /* … and so is the end of what ulimit lets a file grow to */
    leave_nothing_unfinished();
    json_set_alloc_funcs(must_alloc, free); /* or what memory is lacking for would be no JSON */
    int status = run_arguments(argc, argv);
    over = true;
    return status;
}
