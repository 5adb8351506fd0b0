/* willrun-docs FOLDER DATE: writes the manual pages and completions that are installed. */
#include <errno.h>
#include <string.h>

#include "cli/docs/docs.h"

static const char *folder, *date;

/* FOLDER/NAME, opened; NULL with a message. */
static FILE *begin(const char *name)
{
    char path[4096];
    FILE *out = NULL;
    if (snprintf(path, sizeof path, "%s/%s", folder, name) < (int)sizeof path)
        out = fopen(path, "we");
    if (out == NULL)
        fprintf(stderr, "willrun-docs: %s/%s: %s\n", folder, name, strerror(errno));
    return out;
}

static bool end(FILE *out)
{
    bool whole = fflush(out) == 0 && ferror(out) == 0;
    if (fclose(out) != 0 || !whole) {
        fprintf(stderr, "willrun-docs: a file in %s cannot be written\n", folder);
        return false;
    }
    return true;
}

static bool write_manuals(void)
{
    FILE *out = begin("willrun.1");
    if (out == NULL)
        return false;
    manual_program(date, out);
    bool written = end(out);
    for (size_t i = 0; written && i < command_count; i++) {
        char name[64];
        snprintf(name, sizeof name, "willrun-%s.1", commands[i].name);
        out = begin(name);
        if (out == NULL)
            return false;
        manual_command(&commands[i], date, out);
        written = end(out);
    }
    return written;
}

static bool write_rules(void)
{
    FILE *out = begin("willrun-rules.7");
    if (out == NULL)
        return false;
    manual_rules(date, out);
    return end(out);
}

static bool write_completions(void)
{
    static const struct {
        const char *name;
        void (*write)(FILE *out);
    } shells[] = {{"willrun.bash", complete_bash},
                  {"_willrun", complete_zsh},
                  {"willrun.fish", complete_fish}};
    bool written = true;
    for (size_t i = 0; written && i < sizeof shells / sizeof *shells; i++) {
        FILE *out = begin(shells[i].name);
        if (out == NULL)
            return false;
        shells[i].write(out);
        written = end(out);
    }
    return written;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fputs("usage: willrun-docs FOLDER DATE\n", stderr);
        return 2;
    }
    folder = argv[1];
    date = argv[2];
    return write_manuals() && write_rules() && write_completions() ? 0 : 1;
}
