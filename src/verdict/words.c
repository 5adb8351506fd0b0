#include "verdict/words.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

static const struct {
    enum refusal refusal;
    const char *text; /* of glibc's elf/dl-load.c */
    bool names_path;  /* the line names the path that was opened, not the name asked for */
    const char *ours;
} refusals[] = {
    {REFUSED_ERRNO, "cannot open shared object file", false, "cannot be opened"},
    {REFUSED_CLASS, "wrong ELF class: ELFCLASS32", false, "another ELF class"},
    {REFUSED_MACHINE, "cannot open shared object file", false, "another machine"},
    {REFUSED_SHORT, "file too short", true, "file too short"},
    {REFUSED_MAGIC, "invalid ELF header", true, "not an ELF file"},
    {REFUSED_DATA, "ELF file data encoding not little-endian", true, "another byte order"},
    {REFUSED_READ, "cannot read file data", true, "cannot be read"},
    {REFUSED_IDENT_VERSION, "ELF file version ident does not match current one", true,
     "unknown ELF version"},
    {REFUSED_OSABI, "ELF file OS ABI invalid", true, "another OS ABI"},
    {REFUSED_ABIVERSION, "ELF file ABI version invalid", true, "another ABI version"},
    {REFUSED_PADDING, "nonzero padding in e_ident", true, "a malformed ELF header"},
    {REFUSED_VERSION, "ELF file version does not match current one", true, "unknown ELF version"},
    {REFUSED_TYPE, "only ET_DYN and ET_EXEC can be loaded", true, "not a shared object"},
    {REFUSED_PHENTSIZE, "ELF file's phentsize not the expected size", true,
     "malformed program headers"},
    {REFUSED_PHDRS, "cannot read file data", true, "program headers outside of the file"},
    {REFUSED_NO_SEGMENTS, "object file has no loadable segments", false, "no loadable segments"},
    {REFUSED_NO_DYNAMIC, "object file has no dynamic section", false, "no dynamic section"},
    {REFUSED_ALIGN_PAGE, "ELF load command alignment not page-aligned", false,
     "segments not page-aligned"},
    {REFUSED_ALIGN_OFFSET, "ELF load command address/offset not page-aligned", false,
     "segments not page-aligned"},
    {REFUSED_EXEC, "cannot dynamically load executable", false, "a program, not a library"},
    {REFUSED_PIE, "cannot dynamically load position-independent executable", false,
     "a program, not a library"},
    {REFUSED_NOOPEN, "shared object cannot be dlopen()ed", false,
     "it forbids dlopen (DF_1_NOOPEN)"},
    {REFUSED_ISA, "CPU ISA level is lower than required", true, "needs a newer CPU"},
    {REFUSED_STATIC_TLS, "cannot allocate memory in static TLS block", true, "too much static TLS"},
    {REFUSED_EXEC_STACK, "cannot enable executable stack as shared object requires", false,
     "needs an executable stack"},
    {REFUSED_NOEXEC, "Exec format error", true, "not a shared object"},
    {REFUSED_ABI_NOTE, "cannot open shared object file", false, "for another operating system"},
    {REFUSED_MALFORMED, "malformed ELF file", true, "malformed ELF file"},
    {REFUSED_RELR, "", true, "packed relative relocations, which this loader leaves undone"},
    {REFUSED_RELR_DATA, "", true, "packed relative relocations, which this loader leaves undone"},
    {REFUSED_RELR_MARKER, "DT_RELR without GLIBC_ABI_DT_RELR dependency", true,
     "packed relative relocations without the version that asks for them"},
    {REFUSED_TLS_NOWHERE, "", true,
     "a weak thread-local symbol that nothing defines, on which the loader crashes"},
    {REFUSED_RELEASE, "", true, "of another release of glibc than the loader: they crash together"},
    {REFUSED_LIBC, "", true,
     "musl's libc, before that of glibc: the start of the program binds to it, and crashes"},
    {REFUSED_NO_HASH, "", true, "no table of its symbols, on which the loader crashes"},
    {REFUSED_FIFO, "a named pipe", true, "a named pipe: the loader would hang in open"},
};

static size_t row_of(enum refusal refusal)
{
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        if (refusals[i].refusal == refusal)
            return i;
    return 0;
}

/* ld.so knows the texts of a few errno values only (elf/dl-minimal.c). */
static const char *ldso_errno(int error, struct arena *arena)
{
    static const int known[] = {ENOMEM, EINVAL, ENOENT, EPERM, EIO, EACCES};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i] == error)
            return err_text(error);
    return arena_format(arena, "Error %d", error);
}

static const char *words_of_refusal(enum refusal refusal, int error, bool dlopen,
                                    const struct replay *replay)
{
    struct arena *arena = replay->arena;
    const char *text = refusals[row_of(refusal)].text;
    if (refusal == REFUSED_CLASS && !replay->wide)
        text = "wrong ELF class: ELFCLASS64";
    if (refusal == REFUSED_DATA && replay->big)
        text = "ELF file data encoding not big-endian";
    if (refusal == REFUSED_CLASS || error == 0)
        return text;
    /* dlerror of libc knows every errno's text */
    return arena_format(arena, "%s: %s", text, dlopen ? err_text(error) : ldso_errno(error, arena));
}

const char *words_of_outcome(enum refusal refusal, int error)
{
    if (refusal == REFUSED_ERRNO)
        return error == ENOENT ? "no such file" : err_text(error);
    return refusals[row_of(refusal)].ours;
}

const char *words_of_crash(enum crash crash)
{
    static const char *const words[] = {
        [CRASH_NONE] = "",
        [CRASH_BASE] = "its PT_PHDR does not tell where it is mapped",
        [CRASH_HEADERS] = "its PT_PHDR lies in no segment that is loaded",
        [CRASH_INTERP] = "its PT_INTERP lies in no segment that is loaded",
        [CRASH_READONLY] = "its dynamic section is mapped read-only, and the loader writes to it",
        [CRASH_END] = "the loader reads behind its end",
        [CRASH_STRINGS] = "it has no DT_STRTAB",
        [CRASH_ENTRY] = "its first instruction is in no code",
        [CRASH_VERSIONS] = "its symbols have versions, and no version has a name",
        [CRASH_GOT] = "it has no DT_PLTGOT in which the loader may keep what binds its calls",
        [CRASH_TLS] = "a relocation is an offset into thread-local data of an object that has none",
    };
    return words[crash];
}

/* ---- glibc ---- */

struct teller {
    const struct replay *replay;
    struct words *words;
    bool dlopen;
    bool version_failed;
};

static const char *object_name(const struct replay *replay, int index)
{
    if (index <= 0 || (size_t)index >= replay->objects.count)
        return replay->argv0;
    const struct loaded *object = &replay->objects.at[index];
    return object->path != NULL ? object->path : object->name;
}

static void say(struct teller *teller, const char *line)
{
    *vec_push(&teller->words->lines) = line;
}

static void end(struct teller *teller, enum willrun_phase phase, int exit_status)
{
    teller->words->phase = phase;
    teller->words->exit_status = teller->dlopen ? -1 : exit_status;
}

/* "NAME: text: strerror", the part that dlerror shares with a start. */
static const char *load_text(const struct teller *teller, const struct event *event)
{
    const struct replay *replay = teller->replay;
    bool names_path = event->kind == EV_REFUSED && refusals[row_of(event->refusal)].names_path;
    return arena_format(replay->arena, "%s: %s",
                        names_path && event->path != NULL ? event->path : event->name,
                        words_of_refusal(event->refusal, event->error, teller->dlopen, replay));
}

static const char *version_text(const struct replay *replay, const struct event *event)
{
    const char *provider = object_name(replay, event->object);
    const char *user = object_name(replay, event->by);
    if (event->kind == EV_VERSION_NO_INFO)
        return arena_format(replay->arena, "%s: no version information available (required by %s)",
                            provider, user);
    if (event->refusal == REFUSED_MALFORMED)
        return arena_format(replay->arena, "%s: unsupported version %u of Verdef record", provider,
                            event->number);
    return arena_format(replay->arena, "%s: %sversion `%s' not found (required by %s)", provider,
                        event->weak ? "weak " : "", event->version, user);
}

static const char *symbol_text(const struct replay *replay, const struct event *event)
{
    return arena_format(replay->arena, "%s: undefined symbol: %s%s%s",
                        object_name(replay, event->by), event->symbol,
                        event->version != NULL ? ", version " : "",
                        event->version != NULL ? event->version : "");
}

static const char *protected_text(const struct replay *replay, const struct event *event)
{
    const char *object = object_name(replay, event->object);
    if (event->number == 0)
        return arena_format(replay->arena,
                            "warning: copy relocation against non-copyable protected symbol `%s' "
                            "in `%s'",
                            event->symbol, object);
    return arena_format(replay->arena,
                        "warning: direct reference to protected function `%s' in `%s' may break "
                        "pointer equality",
                        event->symbol, object);
}

/* _dl_reloc_bad_type: two digits, or eight on 64-bit machines where they do not do. */
static const char *reloc_text(const struct teller *teller, const struct event *event)
{
    const struct replay *replay = teller->replay;
    bool wide = replay->objects.at[event->by].elf->wide && event->number > 0xff;
    bool program = event->by == 0 && !teller->dlopen; /* which has no l_name */
    return arena_format(replay->arena, "%s%sunexpected %sreloc type 0x%0*x",
                        program ? "" : object_name(replay, event->by), program ? "" : ": ",
                        event->lazy ? "PLT " : "", wide ? 8 : 2,
                        wide ? event->number : event->number & 0xff);
}

/* Relocations that are left undone: nothing is said, and the first code that runs
 * on them crashes, when all else is done. */
static bool tell_relr(struct teller *teller, const struct event *event)
{
    if (event->refusal == REFUSED_RELR && teller->words->phase == WILLRUN_PHASE_NONE)
        end(teller, WILLRUN_PHASE_LOAD, -1);
    return true;
}

/* An object that is not found, or refused. */
static bool tell_load(struct teller *teller, const struct event *event)
{
    const struct replay *replay = teller->replay;
    if (event->refusal == REFUSED_RELR || event->refusal == REFUSED_RELR_DATA)
        return tell_relr(teller, event);
    if (event->refusal == REFUSED_FIFO || event->refusal == REFUSED_MALFORMED ||
        event->refusal == REFUSED_RELEASE || event->refusal == REFUSED_LIBC) {
        end(teller, WILLRUN_PHASE_LOAD, -1); /* it hangs or crashes: no word */
        return false;
    }
    if (event->refusal == REFUSED_ISA)
        say(teller, arena_format(replay->arena, "%s: CPU ISA level is lower than required",
                                 object_name(replay, event->object)));
    else
        say(teller, teller->dlopen ? load_text(teller, event)
                                   : arena_format(replay->arena,
                                                  "%s: error while loading shared libraries: %s",
                                                  replay->argv0, load_text(teller, event)));
    end(teller, WILLRUN_PHASE_LOAD, 127);
    return false;
}

/* What _dl_check_map_versions tells, and the assertions about versions. */
static bool tell_version(struct teller *teller, const struct event *event)
{
    const struct replay *replay = teller->replay;
    const char *app = replay->argv0;
    switch (event->kind) {
    case EV_VERSION_MISSING:
    case EV_VERSION_NO_INFO:
        if (teller->dlopen && (event->weak || event->kind == EV_VERSION_NO_INFO))
            return true;
        say(teller, teller->dlopen
                        ? version_text(replay, event)
                        : arena_format(replay->arena, "%s: %s", app, version_text(replay, event)));
        if (event->kind == EV_VERSION_MISSING && !event->weak) {
            teller->version_failed = true;
            end(teller, WILLRUN_PHASE_VERSION, 1);
            return !teller->dlopen;
        }
        return true;
    case EV_VERSION_ASSERT:
        if (event->lazy)
            return true;
        say(teller,
            arena_format(replay->arena, "Inconsistency detected by ld.so: %s", event->path));
        end(teller, event->symbol == NULL ? WILLRUN_PHASE_VERSION : WILLRUN_PHASE_RELOCATE, 127);
        return false;
    default:
        return true;
    }
}

/* What relocation tells. */
static bool tell_relocation(struct teller *teller, const struct event *event)
{
    const struct replay *replay = teller->replay;
    const char *app = replay->argv0;
    switch (event->kind) {
    case EV_RELOC_UNKNOWN:
        say(teller, teller->dlopen ? reloc_text(teller, event)
                                   : arena_format(replay->arena,
                                                  "%s: error while loading shared libraries: %s",
                                                  app, reloc_text(teller, event)));
        end(teller, WILLRUN_PHASE_RELOCATE, 127);
        return false;
    case EV_SYMBOL_UNBOUND:
        if (event->lazy)
            return true;
        say(teller, teller->dlopen ? symbol_text(replay, event)
                                   : arena_format(replay->arena, "%s: symbol lookup error: %s", app,
                                                  symbol_text(replay, event)));
        end(teller, WILLRUN_PHASE_RELOCATE, 127);
        return false;
    case EV_PROTECTED:
        if (event->lazy)
            return true;
        say(teller, protected_text(replay, event));
        if (event->weak)
            return true;
        say(teller, arena_format(replay->arena,
                                 "%s: %s: %s: error due to "
                                 "GNU_PROPERTY_1_NEEDED_INDIRECT_EXTERN_ACCESS",
                                 app, event->symbol, object_name(replay, event->object)));
        end(teller, WILLRUN_PHASE_RELOCATE, 127);
        return false;
    case EV_COPY_SIZE:
        say(teller, arena_format(replay->arena,
                                 "%s: Symbol `%s' has different size in shared object, consider "
                                 "re-linking",
                                 app, event->symbol));
        return true;
    default:
        return true;
    }
}

/* One event of a glibc start; false: the process has ended. */
static bool tell_glibc(struct teller *teller, const struct event *event)
{
    const struct replay *replay = teller->replay;
    bool loading = event->kind == EV_NOT_FOUND || event->kind == EV_REFUSED ||
                   event->kind == EV_SYMBOL_UNBOUND || event->kind == EV_COPY_SIZE ||
                   event->kind == EV_PROTECTED || event->kind == EV_RELOC_UNKNOWN;
    if (loading && event->refusal != REFUSED_RELR_MARKER && teller->version_failed)
        return false;
    switch (event->kind) {
    case EV_PRELOAD_IGNORED:
        say(teller, arena_format(replay->arena,
                                 "ERROR: ld.so: object '%s' from %s cannot be preloaded (%s): "
                                 "ignored.",
                                 event->name, event->origin,
                                 words_of_refusal(event->refusal, 0, false, replay)));
        return true;
    case EV_NOT_FOUND:
    case EV_REFUSED:
        return tell_load(teller, event);
    case EV_VERSION_MISSING:
    case EV_VERSION_NO_INFO:
    case EV_VERSION_ASSERT:
        return tell_version(teller, event);
    case EV_RELOC_UNKNOWN:
    case EV_SYMBOL_UNBOUND:
    case EV_PROTECTED:
    case EV_COPY_SIZE:
        return tell_relocation(teller, event);
    case EV_FATAL:
        if (event->name != NULL)
            say(teller, event->name);
        end(teller, WILLRUN_PHASE_LOAD, (int)event->number);
        return false;
    default:
        return true;
    }
}

/* ---- musl ---- */

/* strerror of musl (src/errno/__strerror.h), where it differs from glibc's. */
static const char *musl_errno(int error)
{
    static const struct {
        int error;
        const char *text;
    } rows[] = {{0, "No error information"},
                {EIO, "I/O error"},
                {ENOMEM, "Out of memory"},
                {EBUSY, "Resource busy"},
                {ELOOP, "Symbolic link loop"},
                {ENAMETOOLONG, "Filename too long"},
                {EOVERFLOW, "Value too large for data type"},
                {EMFILE, "No file descriptors available"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].error == error)
            return rows[i].text;
    return err_text(error);
}

/* On these it crashes, or hangs, without a word; the lines before stand. (`lazy`:
 * only where nothing else has ended the start by then.) */
static bool is_silent(enum refusal refusal)
{
    static const enum refusal silent[] = {REFUSED_RELR,      REFUSED_FIFO,
                                          REFUSED_NO_HASH,   REFUSED_NO_DYNAMIC,
                                          REFUSED_MALFORMED, REFUSED_TLS_NOWHERE};
    for (size_t i = 0; i < sizeof silent / sizeof *silent; i++)
        if (silent[i] == refusal)
            return true;
    return false;
}

/* A library that cannot be had; returns whether the loader goes on. */
static bool tell_musl_load(struct teller *teller, const struct event *event)
{
    struct arena *arena = teller->replay->arena;
    if (event->refusal == REFUSED_RELR_DATA)
        return true;
    if (is_silent(event->refusal)) {
        if (!event->lazy || teller->words->phase == WILLRUN_PHASE_NONE)
            end(teller, WILLRUN_PHASE_LOAD, -1);
        return event->lazy;
    }
    const char *line = arena_format(arena, "Error loading shared library %s: %s", event->name,
                                    musl_errno(event->error));
    if (event->by >= 0) /* dlopen's own object is needed by none */
        line =
            arena_format(arena, "%s (needed by %s)", line, object_name(teller->replay, event->by));
    say(teller, line);
    end(teller, WILLRUN_PHASE_LOAD, 127);
    return !teller->dlopen;
}

static bool tell_musl(struct teller *teller, const struct event *event)
{
    const struct replay *replay = teller->replay;
    const char *by = object_name(replay, event->by);
    switch (event->kind) {
    case EV_NOT_FOUND:
    case EV_REFUSED:
        return tell_musl_load(teller, event);
    case EV_SYMBOL_UNBOUND:
        if (event->lazy)
            return true;
        say(teller, arena_format(replay->arena, "Error relocating %s: %s: symbol not found", by,
                                 event->symbol));
        break;
    case EV_RELOC_UNKNOWN:
        say(teller,
            arena_format(replay->arena, "Error relocating %s: unsupported relocation type %u", by,
                         event->number));
        break;
    case EV_TLS_DYNAMIC:
        say(teller, arena_format(replay->arena,
                                 "Error relocating %s: %s: initial-exec TLS resolves to dynamic "
                                 "definition in %s",
                                 by, event->symbol, object_name(replay, event->object)));
        break;
    case EV_FATAL:
        if (event->name != NULL)
            say(teller, event->name);
        end(teller, WILLRUN_PHASE_LOAD, (int)event->number);
        return false;
    default:
        return true;
    }
    if (teller->words->phase == WILLRUN_PHASE_NONE)
        end(teller, WILLRUN_PHASE_RELOCATE, 127);
    return !teller->dlopen;
}

void words_of_start(const struct replay *replay, bool dlopen, struct words *words)
{
    struct teller teller = {.replay = replay, .words = words, .dlopen = dlopen};
    *words = (struct words){.exit_status = -1};
    for (size_t i = 0; i < replay->events.count; i++) {
        const struct event *event = &replay->events.at[i];
        bool goes_on =
            replay->loader == LIBC_MUSL ? tell_musl(&teller, event) : tell_glibc(&teller, event);
        if (!goes_on)
            break;
    }
}

void words_free(struct words *words)
{
    vec_free(&words->lines);
}

void words_add(struct words *words, const char *text, struct arena *arena)
{
    while (text != NULL) {
        size_t length = strcspn(text, "\n");
        *vec_push(&words->lines) = arena_copy(arena, text, length);
        text = text[length] != 0 ? text + length + 1 : NULL;
    }
}

/* ---- the runtime ---- */

void words_of_exec(struct words *words, const struct exec_result *exec, struct arena *arena)
{
    *words = (struct words){.exit_status = exec->exit_status != 0 ? exec->exit_status : -1,
                            .phase = exec->reason == EXEC_SCRIPT_UNREADABLE ? WILLRUN_PHASE_RUN
                                                                            : WILLRUN_PHASE_EXEC};
    words_add(words, exec->stderr_line, arena);
}

char *words_lower(const char *text, struct arena *arena)
{
    char *copy = arena_string(arena, text);
    for (char *at = copy; *at != 0; at++)
        *at = (char)tolower((unsigned char)*at);
    return copy;
}

/* `text` as Go's strconv.Quote writes it; what is no ASCII stays as it is. */
static const char *quoted(const char *text, struct arena *arena)
{
    static const char from[] = "\a\b\f\n\r\t\v\\\"", to[] = "abfnrtv\\\"";
    const char *line = "\"";
    for (; *text != 0; text++) {
        const char *known = strchr(from, *text);
        if (known != NULL)
            line = arena_format(arena, "%s\\%c", line, to[known - from]);
        else if ((unsigned char)*text < ' ' || *text == 0x7f)
            line = arena_format(arena, "%s\\x%02x", line, (unsigned char)*text);
        else
            line = arena_format(arena, "%s%c", line, *text);
    }
    return arena_format(arena, "%s\"", line);
}

/* Before any execve: exec.LookPath of Go's os/exec refuses. */
static const char *words_of_find(const struct exec_result *exec, const char *command,
                                 struct arena *arena)
{
    const char *name = quoted(command, arena);
    switch (exec->reason) {
    case EXEC_NOT_IN_PATH:
        return arena_format(arena, "exec: %s: executable file not found in $PATH", name);
    case EXEC_PATH_RELATIVE:
        return arena_format(
            arena, "exec: %s: cannot run executable found relative to current directory", name);
    case EXEC_NOT_FOUND:
        return arena_format(arena, "exec: %s: stat %s: %s", name, command,
                            words_lower(err_text(exec->error), arena));
    default:
        return arena_format(arena, "exec: %s: permission denied", name);
    }
}

const char *words_of_runtime(const struct exec_result *exec, const char *command, const char *file,
                             struct arena *arena)
{
    if (file == NULL)
        return words_of_find(exec, command, arena);
    if (exec->error == 0 || exec->reason == EXEC_UNREADABLE)
        return NULL; /* execve went well, or nobody knows */
    return arena_format(arena, "exec %s: %s", file, words_lower(err_text(exec->error), arena));
}
