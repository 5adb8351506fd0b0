#include "check/later.h"

#include <string.h>

#include "inspect/describe.h"

/* What is looked for, by what inspect calls it. */
static const struct kind {
    const char *path; /* struct willrun_scratch_file's; NULL: any other, a file of certificates */
    enum rule rule;
    const char *const *places;    /* one is enough; the path itself is, too */
    const char *const *variables; /* that name another place */
    const char *what, *consequence;
} kinds[] = {
    {"/usr/share/zoneinfo", RULE_TIME_ZONES_MISSING,
     (const char *const[]){"/usr/share/lib/zoneinfo", "/usr/lib/locale/TZ", "/etc/zoneinfo", NULL},
     (const char *const[]){"ZONEINFO", NULL}, "time zones",
     "time.LoadLocation knows UTC and Local alone, and fails for any other"},
    {"/etc/passwd", RULE_USERS_MISSING, (const char *const[]){NULL}, (const char *const[]){NULL},
     "users", "a lookup of a user finds none"},
    {"/bin/sh", RULE_SHELL_MISSING, (const char *const[]){NULL}, (const char *const[]){NULL},
     "a shell", "system() and popen() fail with status 127"},
    /* the lists of Go's crypto/x509 (root_linux.go, root_unix.go) */
    {NULL, RULE_CERTIFICATES_MISSING,
     (const char *const[]){"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                           "/etc/ssl/ca-bundle.pem", "/etc/pki/tls/cacert.pem",
                           "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/cert.pem",
                           "/etc/ssl/certs", "/etc/pki/tls/certs", NULL},
     (const char *const[]){"SSL_CERT_FILE", "SSL_CERT_DIR", NULL}, "CA certificates",
     "no certificate of a TLS connection that it makes can be verified"},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static bool exists(const struct target *target, const char *path)
{
    int error;
    return root_lookup(facts_root(target->facts), NULL, path, NULL, LOOKUP_FOLLOW, &error) != NULL;
}

/* Has the target it, or does the environment say another place? */
static bool is_there(const struct target *target, const struct process *process,
                     const struct kind *kind)
{
    for (size_t i = 0; kind->variables[i] != NULL; i++)
        if (process_env(process, kind->variables[i]) != NULL)
            return true;
    for (size_t i = 0; kind->places[i] != NULL; i++)
        if (exists(target, kind->places[i]))
            return true;
    return kind->path != NULL && exists(target, kind->path);
}

static const struct kind *kind_of(const struct willrun_scratch_file *file)
{
    size_t at = 0;
    while (kinds[at].path != NULL && strcmp(kinds[at].path, file->path) != 0)
        at++;
    return &kinds[at];
}

static void note(const struct kind *kind, const char *program,
                 const struct willrun_scratch_file *file, struct findings *findings)
{
    struct willrun_finding *finding = finding_add(
        findings, kind->rule, "%s has code that looks for %s, and the target has none: %s", program,
        kind->what, kind->consequence);
    finding->object = arena_string(findings->arena, file->path);
    finding->needed_by = program;
    finding->fix = arena_format(findings->arena, "%s (from a stage that has it).", file->copy);
}

static void note_files(const bool *there, const struct exec_result *exec, struct span bytes,
                       struct findings *findings)
{
    struct willrun_inspected program;
    struct arena scratch = {0};
    describe(&(struct place){.path = exec->program, .mode = 0755}, bytes, &scratch, &program);
    for (size_t i = 0; i < program.scratch.file_count; i++) {
        const struct kind *kind = kind_of(&program.scratch.files[i]);
        if (!there[kind - kinds])
            note(kind, exec->program, &program.scratch.files[i], findings);
    }
    arena_free(&scratch);
}

void later_notes(const struct target *target, const struct process *process,
                 const struct exec_result *exec, struct findings *findings)
{
    bool there[KINDS], all = true;
    struct file_bytes bytes;
    if (target->versions != NULL || node_profile(exec->node) != NULL)
        return; /* files of an image that is not here, or a program that is not whole */
    for (size_t i = 0; i < KINDS; i++) {
        there[i] = is_there(target, process, &kinds[i]);
        all &= there[i];
    }
    if (all || root_bytes(facts_root(target->facts), exec->node, &bytes) != 0)
        return;
    note_files(there, exec, bytes.span, findings);
    file_bytes_release(&bytes);
}
