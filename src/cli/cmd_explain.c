/* A rule's name asks for its manual page; all else is a message, or a file with one. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/complain.h"
#include "cli/explain_rule.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/request.h"
#include "cli/terminal.h"
#include "willrun/willrun.h"

enum { STATUS_MOST = 255, CHUNK = 1 << 16 };

/* A message as it was given, owned. */
struct message {
    char *text;
    size_t size, room;
};

static bool message_add(struct message *message, const char *text, size_t size)
{
    if (message->room - message->size < size) {
        size_t room = message->room * 2 + size;
        char *larger = realloc(message->text, room);
        if (larger == NULL)
            return false;
        message->text = larger;
        message->room = room;
    }
    if (size != 0)
        memcpy(message->text + message->size, text, size);
    message->size += size;
    return true;
}

/* All of the file, whatever it is. errno tells what went wrong. */
static bool message_read(struct message *message, int fd)
{
    static char chunk[CHUNK];
    for (;;) {
        ssize_t got = read(fd, chunk, sizeof chunk);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got == 0;
        if (!message_add(message, chunk, (size_t)got))
            return false;
    }
}

static bool read_input(struct message *message, const char *path)
{
    bool input = strcmp(path, "-") == 0;
    int fd = input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    bool read_all = fd >= 0 && message_read(message, fd);
    if (!read_all)
        complain("cannot read the message from %s: %s", input ? "standard input" : path,
                 strerror(errno));
    if (!input && fd >= 0)
        close(fd);
    return read_all;
}

/* A file of the local disk with a message in it: a program or a script is a path that is asked
 * about. */
static bool is_log(const char *word)
{
    static const char elf[] = {0x7f, 'E', 'L', 'F'};
    struct stat facts;
    char head[sizeof elf] = {0};
    if (stat(word, &facts) != 0)
        return errno == EIO || errno == ENOMEM; /* told when it is read, too */
    if (!S_ISREG(facts.st_mode))
        return S_ISFIFO(facts.st_mode);
    int fd = open(word, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, head, sizeof head) < 0)
        head[0] = 0; /* told when it is read */
    if (fd >= 0)
        close(fd);
    return memcmp(head, elf, sizeof elf) != 0 && memcmp(head, "#!", 2) != 0;
}

/* One word that is called as a log is, and names nothing: the name is wrong, for no message looks
 * so. Where no program can be meant any path is one of the local disk. */
static bool is_missing_log(const char *word, bool program)
{
    struct stat facts;
    const char *suffix = strrchr(word, '.');
    bool named = suffix != NULL && (strcmp(suffix, ".log") == 0 || strcmp(suffix, ".txt") == 0);
    return strpbrk(word, " \t\n\"'") == NULL &&
           (named || (!program && strchr(word, '/') != NULL)) && stat(word, &facts) != 0;
}

/* The words of a message may come unquoted. */
static bool join(struct message *message, const struct text_list *words)
{
    for (size_t i = 0; i < words->count; i++)
        if (!message_add(message, " ", i != 0) ||
            !message_add(message, words->at[i], strlen(words->at[i])))
            return complain("out of memory") == EXIT_MET;
    return true;
}

static bool gather(struct message *message, const struct options *options)
{
    const struct text_list *words = &options->paths;
    if (words->count == 0)
        return options->exit_status != 0 || read_input(message, "-");
    bool program =
        options->root != NULL || options->dockerfile != NULL || options->exit_status != 0;
    if (words->count == 1 && (strcmp(words->at[0], "-") == 0 || is_log(words->at[0]) ||
                              is_missing_log(words->at[0], program)))
        return read_input(message, words->at[0]);
    return join(message, words);
}

static int answer(struct willrun *willrun, const struct options *options,
                  const struct message *message)
{
    const struct willrun_explain_request request = {
        .text = message->text,
        .size = message->size,
        .exit_status = options->exit_status != 0 ? (int)options->exit_status : -1};
    struct willrun_explanation *explanation = NULL;
    struct output output;
    if (!output_open(&output, options->output))
        return EXIT_TROUBLE;
    enum willrun_err err = request_prepare(willrun, options, options->root, options->paths.count);
    if (err == WILLRUN_OK)
        err = willrun_explain(willrun, &request, &explanation);
    if (err != WILLRUN_OK) {
        output_drop(&output);
        return complain("%s", willrun_error(willrun));
    }
    struct willrun_style style = terminal_style(options, output.fd);
    willrun_write_explanation(explanation, (enum willrun_format)options->format->value, &style,
                              output.stream);
    int status = explanation->cause_count != 0 ? EXIT_MET : EXIT_NOT_MET;
    willrun_explanation_free(explanation);
    return output_keep(&output) ? status : EXIT_TROUBLE;
}

static int explain_message(const struct options *options)
{
    struct message message = {0};
    struct willrun *willrun = willrun_new();
    int status = gather(&message, options) ? answer(willrun, options, &message) : EXIT_TROUBLE;
    willrun_free(willrun);
    free(message.text);
    return status;
}

static int no_rule(const char *word, const char *meant)
{
    char sentence[300];
    snprintf(sentence, sizeof sentence, "no rule is called \"%.120s\"; did you mean %s?", word,
             meant);
    return complain_usage("explain", sentence);
}

int cmd_explain(const struct options *options)
{
    const struct text_list *words = &options->paths;
    const char *meant =
        words->count == 1 && !is_log(words->at[0]) ? explain_meant(words->at[0]) : NULL;
    if (options->list)
        return explain_list(options);
    if (words->count == 1 && explain_is_rule(words->at[0]))
        return explain_rule(options, words->at[0]);
    if (meant != NULL)
        return no_rule(words->at[0], meant);
    if (options->exit_status > STATUS_MOST)
        return complain_usage("explain", "--exit-code takes a number from 1 to 255");
    if (words->count == 0 && options->exit_status == 0 && isatty(STDIN_FILENO))
        return complain_usage("explain", "name a MESSAGE, a RULE or a FILE, or pipe a log in");
    return explain_message(options);
}
