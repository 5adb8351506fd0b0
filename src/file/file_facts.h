/* What one file is: an ELF file, a script, or something else that has a name. */
#ifndef WILLRUN_FILE_FILE_FACTS_H
#define WILLRUN_FILE_FILE_FACTS_H

#include <stdbool.h>

#include "elf/elf_facts.h"
#include "root/root.h"

enum file_kind {
    FILE_EMPTY,
    FILE_ELF,
    FILE_SCRIPT, /* starts with #! */
    FILE_OTHER,
    FILE_UNREADABLE, /* willrun could not read it: `error` */
};

/* A shebang line by the rules of Linux fs/binfmt_script.c (256-byte buffer). */
struct script_facts {
    int error;           /* 0, or ENOEXEC: no interpreter in the line, or a line cut in the name */
    const char *trouble; /* which of them, a phrase without a subject; NULL: no error */
    const char *interpreter; /* as the kernel takes it, a CR included; NULL where error */
    const char *argument;    /* all the rest as one argument; NULL: none */
    bool crlf;               /* the line ends in CR LF */
};

struct file_facts {
    enum file_kind kind;
    int error;                   /* errno for FILE_UNREADABLE */
    uint64_t size;               /* bytes */
    const struct elf_facts *elf; /* FILE_ELF */
    struct script_facts script;  /* FILE_SCRIPT */
    unsigned char head[16];      /* the first bytes, for FILE_OTHER */
    unsigned head_size;
};

/* Facts of every file of a root, made once per content. */
struct facts;
struct facts *facts_new(struct root *root, bool symbols);
void facts_free(struct facts *facts);

/* For a few files and one thread: keep their bytes, and read of them only what is
 * asked for. To be said before the first of them. */
void facts_keep_bytes(struct facts *facts);

/* The facts of the regular file `node`; never NULL, owned by `facts`. */
const struct file_facts *facts_of(struct facts *facts, const struct node *node);

/* The whole text of a small file (at most `limit` bytes) in `arena`; 0 or an errno. */
int facts_text(struct facts *facts, const struct node *node, size_t limit, struct arena *arena,
               struct span *text);

/* The same of the file at the absolute `path`, with a NUL behind it; NULL: there is none. */
const char *facts_text_at(struct facts *facts, const char *path, size_t limit, struct arena *arena);

struct root *facts_root(const struct facts *facts);

#endif
