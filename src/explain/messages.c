#include "explain/messages.h"

#include <stddef.h>
#include <string.h>

#include "willrun/willrun.h"

#define CAUSES(...)                                                                                \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

const struct family families[FAMILY_COUNT] = {
#define MESSAGE_FAMILY(id, group, weight, subject, causes)                                         \
    [FAMILY_##id] = {GROUP_##group, weight, CAPTURE_##subject, causes},
#define MESSAGE(...)
#include "messages.def"
#undef MESSAGE
#undef MESSAGE_FAMILY
};

/* One text behind the other, each found by where it stands: pointers to them would all be relocated
 * at each start, whether anybody looks at them or not. */
#define TEXT_AT(line) TEXT_OF(line)
#define TEXT_OF(line) text_##line
#define MESSAGE_FAMILY(...)
static const struct texts {
#define MESSAGE(family, speaker, text) char TEXT_AT(__LINE__)[sizeof text];
#include "messages.def"
#undef MESSAGE
} texts = {
#define MESSAGE(family, speaker, text) text,
#include "messages.def"
#undef MESSAGE
};

const struct form forms[] = {
#define MESSAGE(family, speaker, text)                                                             \
    {FAMILY_##family, SPEAKER_##speaker, offsetof(struct texts, TEXT_AT(__LINE__))},
#include "messages.def"
#undef MESSAGE
};
#undef MESSAGE_FAMILY
const size_t form_count = sizeof forms / sizeof *forms;

const struct exit_status exit_statuses[] = {
#define EXIT_STATUS(number, meaning, causes) {number, meaning, causes},
#include "exit-statuses.def"
#undef EXIT_STATUS
};
const size_t exit_status_count = sizeof exit_statuses / sizeof *exit_statuses;

const char *form_text(const struct form *form)
{
    return (const char *)&texts + form->at;
}

const struct exit_status *exit_status_row(int number)
{
    for (size_t i = 0; i < exit_status_count; i++)
        if (exit_statuses[i].number == number)
            return &exit_statuses[i];
    return NULL;
}

const struct cause_row *cause_row(enum cause_id id)
{
    static const struct cause_row rows[CAUSE_COUNT] = {
#define CAUSE(id, name, rule, meaning, why, fix, commands)                                         \
    [CAUSE_##id] = {name, rule, meaning, why, fix, commands},
#include "causes.def"
#undef CAUSE
    };
    return &rows[id];
}

const char *speaker_name(enum speaker speaker)
{
    static const char *const names[] = {
        [SPEAKER_RUNTIME] = "the container runtime",
        [SPEAKER_KERNEL] = "the kernel",
        [SPEAKER_INIT] = "the container's init",
        [SPEAKER_SYSTEMD] = "systemd",
        [SPEAKER_KUBERNETES] = "Kubernetes",
        [SPEAKER_SHELL] = "a shell",
        [SPEAKER_ENV] = "env",
        [SPEAKER_CHROOT] = "the program that starts it",
        [SPEAKER_BUILD] = "a build tool",
        [SPEAKER_GLIBC] = "glibc's loader",
        [SPEAKER_MUSL] = "musl's loader",
        [SPEAKER_LDD] = "ldd",
        [SPEAKER_LINKER] = "the linker",
        [SPEAKER_QEMU] = "qemu-user",
        [SPEAKER_ROSETTA] = "Rosetta",
        [SPEAKER_MACOS] = "the loader of macOS",
        [SPEAKER_GO] = "a Go program",
        [SPEAKER_RUST] = "a Rust program",
        [SPEAKER_PYTHON] = "Python",
        [SPEAKER_NODE] = "Node.js",
        [SPEAKER_JVM] = "the JVM",
        [SPEAKER_DOTNET] = ".NET",
        [SPEAKER_RUBY] = "Ruby",
        [SPEAKER_PHP] = "PHP",
        [SPEAKER_ERLANG] = "Erlang",
        [SPEAKER_PROGRAM] = "the program",
        [SPEAKER_PLUGIN] = "the program",
    };
    return names[speaker];
}

enum capture capture_by_name(const char *name, size_t length)
{
    static const char *const names[] = {
        [CAPTURE_OBJECT] = "object",
        [CAPTURE_NEEDED_BY] = "needed_by",
        [CAPTURE_SYMBOL] = "symbol",
        [CAPTURE_VERSION] = "version",
        [CAPTURE_INTERPRETER] = "interpreter",
        [CAPTURE_PATH] = "path",
        [CAPTURE_PLATFORM] = "platform",
        [CAPTURE_ERROR] = "error",
        [CAPTURE_STATUS] = "status",
        [CAPTURE_NUMBER] = "number",
        [CAPTURE_WORD] = "word",
        [CAPTURE_ANY] = "any",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == length && memcmp(names[i], name, length) == 0)
            return (enum capture)i;
    return CAPTURE_NONE;
}

const char *willrun_cause_class(size_t index, const char **meaning)
{
    if (index + 1 >= CAUSE_COUNT)
        return NULL;
    const struct cause_row *row = cause_row((enum cause_id)(index + 1));
    *meaning = row->meaning;
    return row->name;
}
