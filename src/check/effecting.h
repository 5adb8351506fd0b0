/* What the effects of commands share. Private to src/check/effects*.c. */
#ifndef WILLRUN_CHECK_EFFECTING_H
#define WILLRUN_CHECK_EFFECTING_H

#include "check/assembly.h"
#include "dockerfile/run_commands.h"

struct effecting {
    struct assembly *assembly;
    struct built *built;
    const struct step *step;
    const char *folder; /* where the command runs */
    int closed;         /* the rights that umask takes from new folders */
    struct arena *arena;
};

typedef const struct run_command *command;

/* What is at `path` is not known any more; a relative one is below the folder. */
void effect_gap(struct effecting *effecting, enum gap_kind kind, const char *path);
void effect_unknown(struct effecting *effecting, const char *path);

/* `path` from the folder on, clean; what is there, links followed: NULL: nothing. */
const char *effect_path(struct effecting *effecting, const char *path);
const struct node *effect_node(struct effecting *effecting, const char *path);

/* Put a file or link at `path`: as the contents of a folder, for a link that is named is followed.
 */
void effect_put(struct effecting *effecting, const char *path, struct made_file file);

/* ---- words ---- */

bool word_flag(command run, char letter, const char *name);

/* The value of an option that takes one: "-u 5", "--uid 5", "--uid=5"; NULL: not given. */
const char *word_value(command run, const char *letter, const char *name);

/* The words that are no option and no value of one in `valued`, from *at on; NULL: no more. */
const char *word_operand(command run, const char *const *valued, size_t *at);

/* ---- commands: effects_users.c, effects_cache.c ---- */

void effect_add_user(struct effecting *effecting, command run);
void effect_add_group(struct effecting *effecting, command run);
void effect_ldconfig(struct effecting *effecting, command run);

#endif
