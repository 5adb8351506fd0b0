/* The tables of messages, causes, clues and exit statuses (data/). */
#ifndef WILLRUN_EXPLAIN_MESSAGES_H
#define WILLRUN_EXPLAIN_MESSAGES_H

#include <stddef.h>
#include <stdint.h>

#include "willrun/explain.h"

enum cause_id {
    CAUSE_NONE,
#define CAUSE(id, ...) CAUSE_##id,
#include "causes.def"
#undef CAUSE
    CAUSE_COUNT
};

/* What kind of failure a message tells of: which clues apply. */
enum group {
    GROUP_GONE = 1 << 0,     /* execve: ENOENT */
    GROUP_COMMAND = 1 << 1,  /* a command that is nowhere */
    GROUP_ENV = 1 << 2,      /* a script's first line */
    GROUP_CR = 1 << 3,       /* a carriage return shows */
    GROUP_FORMAT = 1 << 4,   /* execve: ENOEXEC */
    GROUP_BOM = 1 << 5,      /* a script that is read as one without #! */
    GROUP_PLATFORM = 1 << 6, /* an image for another platform */
    GROUP_DENIED = 1 << 7,   /* permission */
    GROUP_EMULATED = 1 << 8, /* an emulator's word */
    GROUP_CPU = 1 << 9,
    GROUP_KERNEL = 1 << 10,
    GROUP_MISSING = 1 << 11, /* a library that is not found */
    GROUP_PRELOAD = 1 << 12,
    GROUP_REFUSED = 1 << 13, /* a library that is found, and refused */
    GROUP_PAGE = 1 << 14,
    GROUP_STACK = 1 << 15,
    GROUP_TLS = 1 << 16,
    GROUP_VERSION = 1 << 17,
    GROUP_SYMBOL = 1 << 18,
    GROUP_MUSL_SYMBOL = 1 << 19,
    GROUP_MIX = 1 << 20,
    GROUP_STATIC = 1 << 21,
    GROUP_CERTIFICATES = 1 << 22,
    GROUP_ZONES = 1 << 23,
    GROUP_USERS = 1 << 24,
    GROUP_NATIVE = 1 << 25, /* a language's runtime tells of a native library */
    GROUP_ICU = 1 << 26,
    GROUP_OPENSSL = 1 << 27,
    GROUP_MODULE = 1 << 28,
    GROUP_CRASH = 1 << 29,
    GROUP_STATUS = 1 << 30,
    GROUP_OTHER = 0,
};

enum speaker {
    SPEAKER_RUNTIME,
    SPEAKER_KERNEL,
    SPEAKER_INIT,
    SPEAKER_SYSTEMD,
    SPEAKER_KUBERNETES,
    SPEAKER_SHELL,
    SPEAKER_ENV,
    SPEAKER_CHROOT,
    SPEAKER_BUILD,
    SPEAKER_GLIBC,
    SPEAKER_MUSL,
    SPEAKER_LDD,
    SPEAKER_LINKER,
    SPEAKER_QEMU,
    SPEAKER_ROSETTA,
    SPEAKER_MACOS,
    SPEAKER_GO,
    SPEAKER_RUST,
    SPEAKER_PYTHON,
    SPEAKER_NODE,
    SPEAKER_JVM,
    SPEAKER_DOTNET,
    SPEAKER_RUBY,
    SPEAKER_PHP,
    SPEAKER_ERLANG,
    SPEAKER_PROGRAM,
    SPEAKER_PLUGIN, /* a program that loads a part of it by name */
};

/* The parts of a message. The first ones are told; the others only hold a form together. */
enum capture {
    CAPTURE_OBJECT,
    CAPTURE_NEEDED_BY,
    CAPTURE_SYMBOL,
    CAPTURE_VERSION,
    CAPTURE_INTERPRETER,
    CAPTURE_PATH,
    CAPTURE_PLATFORM,
    CAPTURE_ERROR,
    CAPTURE_STATUS,
    CAPTURES_KEPT,
    CAPTURE_NUMBER = CAPTURES_KEPT,
    CAPTURE_WORD, /* anything without a blank */
    CAPTURE_ANY,
    CAPTURE_NONE,
};

enum { CAUSES_MOST = 8 };

enum family_id {
#define MESSAGE_FAMILY(id, ...) FAMILY_##id,
#define MESSAGE(...)
#include "messages.def"
#undef MESSAGE
#undef MESSAGE_FAMILY
    FAMILY_COUNT
};

struct family {
    unsigned group; /* enum group */
    unsigned weight;
    enum capture subject;
    enum cause_id causes[CAUSES_MOST]; /* ended by CAUSE_NONE */
};

struct form {
    enum family_id family;
    enum speaker speaker;
    uint32_t at; /* where its text begins: form_text */
};

struct cause_row {
    const char *name, *rule, *meaning, *why, *fix, *commands;
};

struct exit_status {
    int number;
    const char *meaning;
    enum cause_id causes[CAUSES_MOST];
};

extern const struct family families[FAMILY_COUNT];
extern const struct form forms[];
extern const size_t form_count;
extern const struct exit_status exit_statuses[];
extern const size_t exit_status_count;

const struct cause_row *cause_row(enum cause_id id);
const char *form_text(const struct form *form);
const char *speaker_name(enum speaker speaker);

/* The capture called by the first `length` bytes of `name`; CAPTURE_NONE: there is none. */
enum capture capture_by_name(const char *name, size_t length);

/* NULL: nothing is known of it. */
const struct exit_status *exit_status_row(int number);

#endif
