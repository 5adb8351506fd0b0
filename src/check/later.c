#include "check/later.h"

#include <string.h>

#include "file/os_release.h"
#include "inspect/describe.h"
#include "replay/memo.h"
#include "root/copy.h"

/* What is looked for: by what inspect calls it in a static program, and by functions that a
 * dynamic one imports. */
static const struct kind {
    const char *path; /* struct willrun_scratch_file's; NULL: any other, a file of certificates */
    enum rule rule;
    const char *const *places; /* one is enough; the path itself is, too */
    const char *variables;     /* apart by blanks: that name another place */
    const char *what, *consequence;
    const char *functions; /* parted by blanks; NULL: none tells */
    const char *fix;       /* of a dynamic program */
} kinds[] = {
    {"/usr/share/zoneinfo", RULE_TIME_ZONES_MISSING,
     (const char *const[]){"/usr/share/lib/zoneinfo", "/usr/lib/locale/TZ", "/etc/zoneinfo", NULL},
     "ZONEINFO", "time zones",
     "time.LoadLocation knows UTC and Local alone, and fails for any other", NULL, NULL},
    {"/etc/passwd", RULE_USERS_MISSING, (const char *const[]){NULL}, "", "users",
     "a lookup of a user finds none",
     "getpwnam getpwnam_r getpwuid getpwuid_r getgrnam getgrnam_r getgrgid getgrgid_r getlogin "
     "initgroups getgrouplist",
     "COPY an /etc/passwd and an /etc/group that list the user."},
    {"/bin/sh", RULE_SHELL_MISSING, (const char *const[]){NULL}, "", "a shell",
     "system() and popen() fail with status 127", "system popen wordexp",
     "Use a base with a shell, or COPY a static one, such as that of busybox:musl, to /bin/sh."},
    {"/tmp", RULE_TEMPORARY_MISSING, (const char *const[]){NULL}, "TMPDIR",
     "a folder for temporary files", "none can be made there",
     "tmpfile tmpfile64 tmpnam tempnam mkstemp mkstemp64 mkostemp mkostemp64 mkstemps mkdtemp",
     "Mount one where it runs (docker run --tmpfs /tmp), or COPY an empty folder with --chmod=1777 "
     "to /tmp."},
    {"gconv", RULE_CHARACTER_SETS_MISSING,
     (const char *const[]){"/usr/lib/gconv", "/usr/lib64/gconv", "/lib/gconv", NULL}, "GCONV_PATH",
     "glibc's modules of character sets", "iconv knows ASCII, UTF-8 and UCS alone", "iconv_open",
     "COPY the folder gconv of the very same glibc, /usr/lib/x86_64-linux-gnu/gconv on Debian."},
    {"/usr/share/terminfo", RULE_TERMINALS_MISSING,
     (const char *const[]){"/etc/terminfo", "/lib/terminfo", "/usr/lib/terminfo", NULL},
     "TERMINFO TERMINFO_DIRS", "descriptions of terminals", "nothing can be drawn on a terminal",
     "setupterm tgetent initscr newterm",
     "COPY /usr/share/terminfo, or install ncurses-base (apt) or ncurses-terminfo-base (apk)."},
    /* the lists of Go's crypto/x509 (root_linux.go, root_unix.go) */
    {NULL, RULE_CERTIFICATES_MISSING,
     (const char *const[]){"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                           "/etc/ssl/ca-bundle.pem", "/etc/pki/tls/cacert.pem",
                           "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/cert.pem",
                           "/etc/ssl/certs", "/etc/pki/tls/certs", NULL},
     "SSL_CERT_FILE SSL_CERT_DIR", "CA certificates",
     "no certificate of a TLS connection that it makes can be verified",
     "SSL_CTX_set_default_verify_paths X509_STORE_set_default_paths curl_easy_perform "
     "curl_multi_perform gnutls_certificate_set_x509_system_trust",
     "Install ca-certificates in the image, or COPY /etc/ssl/certs/ca-certificates.crt."},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

bool later_exists(const struct target *target, const char *path)
{
    int error;
    struct root *root = facts_root(target->facts);
    const struct node *node = root_lookup(root, NULL, path, NULL, LOOKUP_FOLLOW, &error);
    if (node == NULL || node->type != NODE_DIR || strcmp(path, "/tmp") == 0)
        return node != NULL;
    struct arena arena = {0};
    const struct node **nodes;
    size_t count = 0;
    root_list(root, node, &arena, &nodes, &count);
    arena_free(&arena);
    return count != 0;
}

/* Does the environment say where it is? */
static bool says_place(const struct later *later, const struct kind *kind)
{
    bool says = false;
    struct arena arena = {0};
    for (const char *at = kind->variables; *at != 0 && !says;) {
        size_t length = strcspn(at, " ");
        says = process_env(later->process, arena_copy(&arena, at, length)) != NULL;
        at += length + (at[length] == ' ');
    }
    arena_free(&arena);
    return says;
}

/* Has the target it, or does the environment say another place? */
static bool is_there(const struct later *later, const struct kind *kind)
{
    if (says_place(later, kind))
        return true;
    for (size_t i = 0; kind->places[i] != NULL; i++)
        if (later_exists(later->target, kind->places[i]))
            return true;
    return kind->path != NULL && later_exists(later->target, kind->path);
}

static const struct kind *kind_of(const struct willrun_scratch_file *file)
{
    size_t at = 0;
    while (kinds[at].path != NULL && strcmp(kinds[at].path, file->path) != 0)
        at++;
    return &kinds[at];
}

static void note(const struct later *later, const struct kind *kind, const char *object,
                 const char *by, const char *fix)
{
    if (findings_have(later->findings, kind->rule))
        return;
    struct willrun_finding *finding = finding_add(
        later->findings, kind->rule, "%s has code that looks for %s, and the target has none: %s",
        by, kind->what, kind->consequence);
    finding->object = arena_string(later->findings->arena, object);
    finding->needed_by = by;
    finding->fix = fix;
}

/* ---- what shows in the file itself ---- */

static void note_blockers(const struct later *later, const struct willrun_inspected *program)
{
    if (program->static_libc != WILLRUN_LIBC_GLIBC)
        return;
    for (size_t i = 0; i < program->scratch.blocker_count; i++) {
        struct willrun_finding *finding =
            finding_add(later->findings, RULE_STATIC_GLIBC, "%s is linked statically, and %s",
                        later->exec->program, program->scratch.blockers[i]);
        finding->object = later->exec->program;
        finding->fix = "Link it against musl, or dynamically on the release of the runtime.";
    }
}

static void note_described(const struct later *later, struct span bytes)
{
    struct willrun_inspected program;
    struct arena scratch = {0};
    struct arena *arena = later->findings->arena;
    describe(&(struct place){.path = later->exec->program, .mode = 0755}, bytes, &scratch,
             &program);
    for (size_t i = 0; i < program.scratch.file_count; i++) {
        const struct willrun_scratch_file *file = &program.scratch.files[i];
        const struct kind *kind = kind_of(file);
        if (!is_there(later, kind))
            note(later, kind, file->path, later->exec->program,
                 arena_format(arena, "%s (from a stage that has it).", file->copy));
    }
    if (program.linkage != WILLRUN_DYNAMIC)
        note_blockers(later, &program);
    arena_free(&scratch);
}

/* ---- what shows by its imports ---- */

/* Which first letters the words have, the bit of each by its low five bits. */
static uint32_t letters_of(const char *words)
{
    uint32_t letters = 0;
    for (const char *at = words; *at != 0; at++)
        if (at == words || at[-1] == ' ')
            letters |= UINT32_C(1) << (*at & 31);
    return letters;
}

const char *later_import(const struct elf_facts *elf, const char *functions, struct arena *arena)
{
    uint32_t letters = letters_of(functions);
    for (size_t i = 0; i < elf->ref_count; i++) {
        const struct elf_ref *ref = &elf->refs[i];
        if ((letters & UINT32_C(1) << (*ref->name & 31)) == 0)
            continue; /* most are none of them */
        size_t length = strlen(ref->name);
        const char *at = ref->defined || ref->bind == STB_WEAK || length == 0
                             ? NULL
                             : strstr(functions, ref->name);
        for (; at != NULL; at = strstr(at + 1, ref->name))
            if ((at == functions || at[-1] == ' ') && (at[length] == ' ' || at[length] == 0))
                return arena_string(arena, ref->name);
    }
    return NULL;
}

/* OpenSSL's folder as it was configured, which libcrypto says; a build_finder. */
struct openssl {
    const char *folder; /* NULL: it does not say */
};

static void find_openssl(struct span file, struct arena *arena, void *to)
{
    enum { COLON = 10 };
    static const char mark[] = "OPENSSLDIR: \"";
    struct openssl *openssl = to;
    const unsigned char *at = span_find(file, mark, sizeof mark - 1, COLON);
    if (at == NULL)
        return;
    const unsigned char *start = at + sizeof mark - 1;
    const unsigned char *end = memchr(start, '"', (size_t)(file.data + file.size - start));
    if (end != NULL)
        openssl->folder = arena_copy(arena, (const char *)start, (size_t)(end - start));
}

/* Of a profile's libcrypto, which has no texts, that of the distribution. NULL: not known. */
static const char *openssl_folder(const struct later *later, const struct loaded *crypto)
{
    static const char *const usual[][2] = {{"debian", "/usr/lib/ssl"}, {"ubuntu", "/usr/lib/ssl"},
                                           {"alpine", "/etc/ssl"},     {"fedora", "/etc/pki/tls"},
                                           {"rhel", "/etc/pki/tls"},   {"amzn", "/etc/pki/tls"}};
    struct openssl openssl = {0};
    struct os_release os;
    if (memo_build(later->process->memo, later->target->facts, crypto->node, find_openssl, &openssl,
                   sizeof openssl))
        return openssl.folder;
    os_release_read(later->target->facts, later->findings->arena, &os);
    for (size_t i = 0; os.id != NULL && i < sizeof usual / sizeof *usual; i++)
        if (strcmp(os.id, usual[i][0]) == 0)
            return usual[i][1];
    return NULL;
}

static const struct loaded *find_object(const struct replay *replay, const char *prefix)
{
    for (size_t i = 1; i < replay->objects.count; i++)
        if (replay->objects.at[i].elf != NULL && replay->objects.at[i].node != NULL &&
            strncmp(replay->objects.at[i].name, prefix, strlen(prefix)) == 0)
            return &replay->objects.at[i];
    return NULL;
}

/* OpenSSL looks in its own folder alone; a bundle elsewhere is none for it. */
static void note_openssl(const struct later *later, const struct kind *kind, const char *by)
{
    struct arena *arena = later->findings->arena;
    const struct loaded *crypto = find_object(later->replay, "libcrypto.so");
    const char *folder = crypto != NULL ? openssl_folder(later, crypto) : NULL;
    if (says_place(later, kind))
        return;
    if (folder == NULL) {
        if (!is_there(later, kind))
            note(later, kind, kind->places[0], by, kind->fix);
        return;
    }
    const char *file = arena_format(arena, "%s/cert.pem", folder);
    if (later_exists(later->target, file) ||
        later_exists(later->target, arena_format(arena, "%s/certs", folder)))
        return;
    const char *fix =
        is_there(later, kind)
            ? arena_format(arena,
                           "Set ENV SSL_CERT_FILE to the bundle that is there, or link %s/certs to "
                           "/etc/ssl/certs, as the package openssl does.",
                           folder)
            : arena_format(arena,
                           "Install ca-certificates and openssl in the image, or COPY a "
                           "bundle of certificates to %s.",
                           file);
    note(later, kind, file, by, fix);
}

/* glibc looks in the folder that it was configured with, /usr/lib/x86_64-linux-gnu/gconv, wherever
 * it was found. */
static bool has_gconv(const struct later *later)
{
    const struct loaded *libc = find_object(later->replay, "libc.so.6");
    const char *slash = libc != NULL ? strrchr(libc->path, '/') : NULL;
    if (slash == NULL)
        return true;
    const char *usr = strncmp(libc->path, "/usr/", 5) == 0 ? "" : "/usr";
    return later_exists(later->target, arena_format(later->findings->arena, "%s%.*s/gconv", usr,
                                                    (int)(slash - libc->path), libc->path));
}

static void note_imports(const struct later *later, const struct loaded *object, const char *by)
{
    for (size_t i = 0; i < KINDS; i++) {
        const struct kind *kind = &kinds[i];
        const char *function = kind->functions != NULL ? later_import(object->elf, kind->functions,
                                                                      later->findings->arena)
                                                       : NULL;
        if (function == NULL || findings_have(later->findings, kind->rule))
            continue;
        bool openssl = strncmp(function, "SSL_", 4) == 0 || strncmp(function, "X509_", 5) == 0;
        if (openssl)
            note_openssl(later, kind, by);
        else if (strcmp(function, "iconv_open") == 0 &&
                 (later->replay->loader == LIBC_MUSL || has_gconv(later)))
            continue;
        else if (!is_there(later, kind))
            note(later, kind, kind->path != NULL ? kind->path : kind->places[0], by, kind->fix);
    }
}

/* ---- all of it ---- */

/* The subject, and libraries that were copied in with it; those of the root are its makers' to
 * care for. */
static void find_by_imports(const struct later *later)
{
    for (size_t i = 0; i < later->replay->objects.count; i++) {
        const struct loaded *object = &later->replay->objects.at[i];
        bool brought = object->node != NULL && node_copy(object->node) != 0;
        if (object->elf != NULL && !object->builtin && (i == 0 || brought))
            note_imports(later, object, i == 0 ? later->exec->program : object->path);
    }
}

void later_find(const struct later *later)
{
    struct file_bytes bytes;
    if (later->target->versions != NULL)
        return; /* files of an image that is not here */
    if (later->replay != NULL || later->own)
        later_process(later);
    if (!later->own)
        return;
    if (node_profile(later->exec->node) == NULL && !later->dlopen &&
        root_bytes(facts_root(later->target->facts), later->exec->node, &bytes) == 0) {
        note_described(later, bytes.span);
        later_dotnet(later, bytes.span);
        file_bytes_release(&bytes);
    }
    if (later->replay != NULL)
        find_by_imports(later);
}
