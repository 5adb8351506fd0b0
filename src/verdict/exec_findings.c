/* What a failed execve means, and what to do about it. */
#include <errno.h>
#include <string.h>

#include "file/magic.h"
#include "verdict/findings.h"

struct exec_judge {
    struct findings *findings;
    const struct exec_result *exec;
    const char *subject;             /* the file that was to be started */
    const char *program;             /* the ELF file at the end of its scripts, else `subject` */
    const char *culprit;             /* never NULL */
    const char *detail;              /* never NULL */
    const struct platform *platform; /* of the target; NULL: not known */
    enum willrun_libc root_libc;
};

static bool has_prefix(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* What is wrong with a path that cannot be walked, a phrase without a subject. */
static const char *path_trouble(const struct exec_judge *judge, const char *path, int error)
{
    struct findings *findings = judge->findings;
    struct root *root = facts_root(findings->advice->facts);
    int ignored;
    switch (error) {
    case EACCES:
        return "lies in a folder that the user it runs as may not search";
    case ELOOP:
        return "leads into a loop of symbolic links, or through more than 40";
    case ENOTDIR:
        return "leads through something that is no folder";
    case ENAMETOOLONG:
        return "is longer than a path may be";
    default:
        break;
    }
    const struct node *link = root_lookup(root, NULL, path, NULL, LOOKUP_NOFOLLOW, &ignored);
    if (link != NULL && link->type == NODE_LINK)
        return arena_format(findings->arena, "is a link to %s, which does not exist in the target",
                            link->target);
    return "does not exist in the target";
}

/* ---- what a file is ---- */

/* What libmagic calls the culprit; NULL where it is an ELF file, a script, empty
 * or not to be read. */
static const char *content_name(const struct exec_judge *judge)
{
    struct facts *facts = judge->findings->advice->facts;
    const struct node *node = judge->exec->culprit_node;
    struct file_bytes bytes = {0};
    if (node == NULL || node->type != NODE_FILE || facts_of(facts, node)->kind != FILE_OTHER ||
        root_bytes_start(facts_root(facts), node, &bytes) != 0)
        return NULL;
    const char *name = magic_name(bytes.span, judge->findings->arena);
    file_bytes_release(&bytes);
    return name;
}

static bool starts_with_mark(const struct exec_judge *judge)
{
    static const char mark[] = "\xef\xbb\xbf#!";
    const struct node *node = judge->exec->culprit_node;
    if (node == NULL || node->type != NODE_FILE)
        return false;
    const struct file_facts *file = facts_of(judge->findings->advice->facts, node);
    return file->head_size >= 5 && memcmp(file->head, mark, 5) == 0;
}

/* What to do about a file of a known kind that is started in place of a program. */
static const char *fix_of_content(const char *name)
{
    static const struct {
        const char *part, *fix;
    } fixes[] = {
        {"MS Windows", "Take the Linux build of it; this one is for Windows."},
        {"MS-DOS", "Take the Linux build of it; this one is for Windows."},
        {"Mach-O", "Take the Linux build of it (GOOS=linux, or a build inside the image); this "
                   "one is for macOS."},
        {"WebAssembly", "Start it with a WebAssembly runtime, such as wasmtime."},
        {"Java archive", "Start it with java -jar."},
        {"Zip archive", "Unpack it, or start it with the program that reads it (java -jar, "
                        "python3)."},
        {"compressed data", "Unpack it in the build, and copy what is in it."},
        {"archive", "Unpack it in the build, and copy what is in it."},
        {"text", "Start it with #! and its interpreter, as in #!/bin/sh."},
    };
    for (size_t i = 0; name != NULL && i < sizeof fixes / sizeof *fixes; i++)
        if (strstr(name, fixes[i].part) != NULL)
            return fixes[i].fix;
    return "If it is a script, start it with #! and its interpreter; else copy the program "
           "itself.";
}

static struct willrun_finding *no_format(const struct exec_judge *judge)
{
    struct willrun_finding *finding;
    if (starts_with_mark(judge)) {
        finding = finding_add(judge->findings, RULE_NOT_A_PROGRAM,
                              "%s starts with a UTF-8 byte order mark, behind which the kernel "
                              "does not see the #! line",
                              judge->culprit);
        finding->fix = "Save the script as UTF-8 without a byte order mark.";
        return finding;
    }
    const char *name = content_name(judge);
    finding = finding_add(judge->findings, RULE_NOT_A_PROGRAM,
                          "%s is neither an ELF program nor a script with a #! line%s%s",
                          judge->culprit, name != NULL ? ", but " : "", name != NULL ? name : "");
    finding->fix = fix_of_content(name);
    return finding;
}

/* ---- the program and its interpreter ---- */

static bool is_glibc_path(const char *interp)
{
    return strstr(interp, "/ld-linux") != NULL || strstr(interp, "/ld64.so.") != NULL ||
           strstr(interp, "/ld.so.1") != NULL || strstr(interp, "/ld-2.") != NULL;
}

static struct willrun_finding *other_libc(const struct exec_judge *judge, const char *kind,
                                          const char *root, const char *fix)
{
    struct willrun_finding *finding =
        finding_add(judge->findings, RULE_INTERPRETER_MISSING,
                    "%s is a %s program: its interpreter %s does not exist in this %s root",
                    judge->program, kind, judge->culprit, root);
    finding->fix = fix;
    return finding;
}

static struct willrun_finding *interpreter_absent(const struct exec_judge *judge)
{
    const char *interp = judge->culprit;
    bool glibc = is_glibc_path(interp), musl = strstr(interp, "/ld-musl-") != NULL;
    struct willrun_finding *finding;
    if (judge->root_libc == WILLRUN_LIBC_MUSL && glibc)
        return other_libc(judge, "glibc", "musl",
                          "Use a glibc runtime (debian:12-slim, gcr.io/distroless/base), or build "
                          "in a musl stage (FROM alpine), or link it statically.");
    if (judge->root_libc == WILLRUN_LIBC_GLIBC && musl)
        return other_libc(judge, "musl", "glibc",
                          "Use a musl runtime (FROM alpine), or build in a glibc stage (FROM "
                          "debian), or link it statically.");
    if (has_prefix(interp, "/nix/") || has_prefix(interp, "/gnu/store/")) {
        finding = finding_add(judge->findings, RULE_INTERPRETER_MISSING,
                              "%s was built for a Nix or Guix store: its interpreter %s does not "
                              "exist in the target",
                              judge->program, interp);
        finding->fix = "Copy the whole store closure, or set the usual interpreter with "
                       "patchelf --set-interpreter.";
        return finding;
    }
    finding =
        finding_add(judge->findings, RULE_INTERPRETER_MISSING, "the interpreter %s of %s %s%s",
                    interp, judge->program, path_trouble(judge, interp, ENOENT),
                    *interp != '/' ? " (it is looked for in the working directory)" : "");
    if (glibc || musl)
        finding->fix = arena_format(judge->findings->arena,
                                    "Use a runtime image with %s, or link the program statically.",
                                    glibc ? "glibc" : "musl");
    else if (strstr(interp, "/system/bin/linker") != NULL)
        finding->fix = "It is an Android program: build it for Linux.";
    else
        finding->fix = "Copy the interpreter into the target, set another one with patchelf "
                       "--set-interpreter, or link the program statically.";
    return finding;
}

static struct willrun_finding *interpreter_missing(const struct exec_judge *judge)
{
    if (judge->exec->error == ENOENT)
        return interpreter_absent(judge);
    struct willrun_finding *finding = finding_add(
        judge->findings, RULE_INTERPRETER_MISSING, "the interpreter %s of %s %s", judge->culprit,
        judge->program, path_trouble(judge, judge->culprit, judge->exec->error));
    finding->fix = "Put the loader of the target's libc package back at that path.";
    return finding;
}

static struct willrun_finding *interpreter_refused(const struct exec_judge *judge)
{
    const struct node *node = judge->exec->culprit_node;
    const char *name = content_name(judge);
    struct willrun_finding *finding =
        finding_add(judge->findings, RULE_INTERPRETER_REFUSED, "the interpreter %s of %s %s%s%s",
                    judge->culprit, judge->program, judge->detail, name != NULL ? ", but " : "",
                    name != NULL ? name : "");
    if (judge->exec->error == EACCES && node != NULL && node->type == NODE_FILE)
        finding->fix = "Give the loader its execute permission back (chmod 755).";
    else if (has_prefix(judge->detail, "is for "))
        finding->fix = "Take the program and the libc package of one and the same platform.";
    else
        finding->fix = "Restore the loader of the target's own libc package.";
    return finding;
}

static struct willrun_finding *machine_mismatch(const struct exec_judge *judge)
{
    struct willrun_finding *finding;
    if (judge->platform == NULL) {
        finding = finding_add(judge->findings, RULE_PLATFORM_MISMATCH,
                              "%s %s, and no platform that willrun knows runs it", judge->culprit,
                              judge->detail);
        finding->fix = "Build it for the platform of the target.";
        return finding;
    }
    finding = finding_add(judge->findings, RULE_PLATFORM_MISMATCH, "%s %s, and the target is %s",
                          judge->culprit, judge->detail, judge->platform->name);
    finding->fix = arena_format(judge->findings->arena,
                                "Build it for %s: docker build --platform %s, or set GOARCH, "
                                "--target or the cross compiler to match.",
                                judge->platform->name, judge->platform->name);
    return finding;
}

static struct willrun_finding *malformed(const struct exec_judge *judge)
{
    bool interp = judge->exec->interp != NULL && judge->exec->culprit_node == judge->exec->interp;
    struct willrun_finding *finding;
    if (judge->exec->reason != EXEC_KILLED)
        finding = finding_add(judge->findings, RULE_ELF_MALFORMED, "%s %s: the kernel refuses it",
                              judge->culprit, judge->detail);
    else if (interp)
        finding = finding_add(judge->findings, RULE_ELF_MALFORMED,
                              "the kernel kills %s at its start: its interpreter %s %s",
                              judge->program, judge->culprit, judge->detail);
    else
        finding =
            finding_add(judge->findings, RULE_ELF_MALFORMED,
                        "the kernel kills %s at its start: it %s", judge->culprit, judge->detail);
    finding->fix = interp ? "Restore the loader of the target's own libc package."
                          : "Copy the file again; it may have been truncated or overwritten.";
    return finding;
}

/* ---- the command itself ---- */

/* A file of the name that nobody may execute: runtimes look further, and find none. */
static struct willrun_finding *passed_over(const struct exec_judge *judge)
{
    const struct node *node = judge->exec->culprit_node;
    const char *path = node_path(node, judge->findings->arena);
    struct willrun_finding *finding =
        finding_add(judge->findings, RULE_NOT_EXECUTABLE,
                    "%s is in a folder of PATH and has no execute permission (mode %04o), so that "
                    "no program is found",
                    path, (unsigned)node->mode);
    finding->object = path;
    finding->fix = "COPY --chmod=755, or chmod +x in the builder.";
    return finding;
}

static struct willrun_finding *command_missing(const struct exec_judge *judge)
{
    struct willrun_finding *finding;
    switch (judge->exec->reason) {
    case EXEC_NOT_IN_PATH:
        if (judge->exec->culprit_node != NULL)
            return passed_over(judge);
        finding = finding_add(judge->findings, RULE_COMMAND_NOT_FOUND,
                              "no folder of PATH has a program named \"%s\"", judge->culprit);
        finding->fix = "Copy it into a folder of PATH, or name it by its absolute path.";
        return finding;
    case EXEC_PATH_RELATIVE:
        finding = finding_add(judge->findings, RULE_COMMAND_NOT_FOUND,
                              "PATH leads to \"%s\" through a relative or an empty element, which "
                              "container runtimes refuse",
                              judge->culprit);
        finding->fix = "Name the program by its absolute path, or take that element out of PATH.";
        return finding;
    default:
        finding = finding_add(judge->findings, RULE_COMMAND_NOT_FOUND, "%s %s", judge->culprit,
                              path_trouble(judge, judge->culprit, judge->exec->error));
        finding->fix = judge->exec->error == EACCES
                           ? "Open the folders above it to the user (chmod a+x), or start it as "
                             "another one (--user, USER)."
                           : "Copy it into the image, or correct the command's path.";
        return finding;
    }
}

static struct willrun_finding *not_executable(const struct exec_judge *judge)
{
    const struct node *node = judge->exec->culprit_node;
    struct willrun_finding *finding =
        finding_add(judge->findings, RULE_NOT_EXECUTABLE, "%s %s", judge->culprit, judge->detail);
    if (judge->exec->reason == EXEC_NOT_REGULAR)
        finding->fix = "Name the program itself.";
    else if (node != NULL && (node->mode & 0111) != 0)
        finding->fix = "COPY --chmod=755, or COPY --chown to the user that starts it.";
    else
        finding->fix = "COPY --chmod=755, or chmod +x in the builder.";
    return finding;
}

/* ---- scripts ---- */

static struct willrun_finding *crlf(const struct exec_judge *judge, const char *who)
{
    struct willrun_finding *finding =
        finding_add(judge->findings, RULE_SHEBANG_CRLF,
                    "the #! line of %s ends in CR LF, so %s looks for a program named \"%.*s\\r\"",
                    judge->exec->chain_count != 0 ? judge->exec->chain[judge->exec->chain_count - 1]
                                                  : judge->subject,
                    who, (int)strcspn(judge->culprit, "\r"), judge->culprit);
    finding->fix = "Save the script with LF line ends (dos2unix, or \"*.sh text eol=lf\" in "
                   ".gitattributes).";
    return finding;
}

static struct willrun_finding *env_missing(const struct exec_judge *judge)
{
    const char *name = judge->culprit;
    size_t length = strlen(name);
    struct arena *arena = judge->findings->arena;
    if (length != 0 && name[length - 1] == '\r')
        return crlf(judge, "env");
    struct willrun_finding *finding;
    if (strpbrk(name, " \t") != NULL) {
        finding = finding_add(judge->findings, RULE_ENV_MISSING,
                              "%s is started through env, which looks for a program named \"%s\": "
                              "the kernel hands over all that stands behind env as one argument",
                              judge->subject, name);
        finding->fix = arena_format(arena,
                                    "Write env -S %s in the #! line (GNU coreutils 8.30 or newer), "
                                    "or name the interpreter's own path there.",
                                    name);
    } else {
        finding = finding_add(judge->findings, RULE_ENV_MISSING,
                              strchr(name, '/') != NULL
                                  ? "%s is started through env, and %s does not exist"
                                  : "%s is started through env, and %s is not in PATH",
                              judge->subject, name);
        finding->fix = arena_format(
            arena, "Install %s in the runtime image, or add its folder to PATH.", name);
    }
    return finding;
}

static struct willrun_finding *script_loop(const struct exec_judge *judge)
{
    struct willrun_finding *finding;
    if (judge->exec->error == 0)
        finding = finding_add(judge->findings, RULE_SHEBANG_LOOP,
                              "%s is started through env, which starts %s through env again, "
                              "without an end",
                              judge->subject, judge->culprit);
    else
        finding = finding_add(judge->findings, RULE_SHEBANG_LOOP,
                              "%s: scripts name scripts as their interpreters, more than five one "
                              "after another",
                              judge->subject);
    finding->fix = "Let the #! line name a program, not another script.";
    return finding;
}

static struct willrun_finding *script_refused(const struct exec_judge *judge)
{
    const char *name = content_name(judge);
    struct willrun_finding *finding = finding_add(
        judge->findings, RULE_SHEBANG_REFUSED,
        "%s, which the script %s names as its interpreter, %s%s%s", judge->culprit, judge->subject,
        judge->detail, name != NULL ? ", but " : "", name != NULL ? name : "");
    finding->fix = "Name a program with execute permission in the #! line.";
    return finding;
}

static struct willrun_finding *script_missing(const struct exec_judge *judge)
{
    const char *name = judge->culprit;
    struct willrun_finding *finding = finding_add(
        judge->findings, RULE_SHEBANG_MISSING, "the interpreter %s of the script %s %s%s",
        *name != '\0' ? name : "(an empty name)", judge->subject,
        path_trouble(judge, name, judge->exec->error),
        *name != '/' ? " (it is looked for in the working directory)" : "");
    finding->fix = arena_format(judge->findings->arena,
                                "Install %s in the runtime image, or let the script use a shell "
                                "that is there (#!/bin/sh).",
                                name);
    return finding;
}

static struct willrun_finding *script_unreadable(const struct exec_judge *judge)
{
    const struct exec_result *exec = judge->exec;
    struct willrun_finding *finding =
        finding_add(judge->findings, RULE_SCRIPT_UNREADABLE,
                    exec->uncertain ? "%s %s; whether %s reads it is not known to willrun"
                                    : "%s %s, so its interpreter %s cannot open it",
                    judge->culprit, judge->detail, exec->program);
    if (exec->uncertain)
        finding->severity = WILLRUN_NOTE;
    finding->fix = "COPY --chmod=755 (or chmod a+r in the builder): a script must be readable, not "
                   "only executable.";
    return finding;
}

static struct willrun_finding *shebang(const struct exec_judge *judge)
{
    struct willrun_finding *finding;
    switch (judge->exec->reason) {
    case EXEC_SHEBANG_CRLF:
        return crlf(judge, "the kernel");
    case EXEC_SHEBANG_LOOP:
        return script_loop(judge);
    case EXEC_SHEBANG_BAD:
        finding =
            finding_add(judge->findings, RULE_SHEBANG_BAD, "%s %s", judge->culprit, judge->detail);
        finding->fix = "Write the interpreter's absolute path behind #!.";
        return finding;
    case EXEC_ENV_REFUSED:
        finding = finding_add(judge->findings, RULE_SHEBANG_REFUSED,
                              "env refuses \"%s\", with which the #! line of %s starts it",
                              judge->culprit, judge->subject);
        finding->fix = "Name the interpreter's absolute path in the #! line, without env's "
                       "options.";
        return finding;
    case EXEC_ENV_MISSING:
        return env_missing(judge);
    case EXEC_SHEBANG_REFUSED:
        return script_refused(judge);
    case EXEC_SCRIPT_UNREADABLE:
        return script_unreadable(judge);
    default:
        return script_missing(judge);
    }
}

static struct willrun_finding *finding_of(const struct exec_judge *judge)
{
    struct willrun_finding *finding;
    switch (judge->exec->reason) {
    case EXEC_NOT_IN_PATH:
    case EXEC_PATH_RELATIVE:
    case EXEC_NOT_FOUND:
        return command_missing(judge);
    case EXEC_NOT_REGULAR:
    case EXEC_NO_PERMISSION:
        return not_executable(judge);
    case EXEC_EMPTY:
        finding = finding_add(judge->findings, RULE_EMPTY_FILE, "%s is empty", judge->culprit);
        finding->fix = "Look at the build step that should have written it.";
        return finding;
    case EXEC_NO_FORMAT:
        return no_format(judge);
    case EXEC_TYPE:
        finding = finding_add(judge->findings, RULE_NOT_A_PROGRAM, "%s %s", judge->culprit,
                              judge->detail);
        finding->fix = "Copy the linked program instead.";
        return finding;
    case EXEC_MACHINE:
        return machine_mismatch(judge);
    case EXEC_INTERP_MISSING:
        return interpreter_missing(judge);
    case EXEC_INTERP_REFUSED:
        return interpreter_refused(judge);
    case EXEC_MALFORMED:
    case EXEC_KILLED:
        return malformed(judge);
    case EXEC_UNREADABLE:
        finding = finding_add(judge->findings, RULE_UNREADABLE, "willrun cannot read %s: %s",
                              judge->culprit, err_text(judge->exec->error));
        finding->fix = "Run willrun as a user who may read the root.";
        return finding;
    default:
        return shebang(judge);
    }
}

void findings_of_exec(struct findings *findings, const struct exec_result *exec,
                      const char *subject, const struct platform *platform,
                      enum willrun_libc root_libc)
{
    if (exec->reason == EXEC_OK)
        return;
    const struct exec_judge judge = {
        .findings = findings,
        .exec = exec,
        .subject = subject,
        .program = exec->program != NULL ? exec->program : subject,
        .culprit = exec->culprit != NULL ? exec->culprit : subject,
        .detail = exec->detail != NULL ? exec->detail : "cannot be executed",
        .platform = platform,
        .root_libc = root_libc,
    };
    struct willrun_finding *finding = finding_of(&judge);
    if (finding->object == NULL)
        finding->object = exec->culprit;
    finding->needed_by = subject;
}
