#include "plan/wants.h"

#include <string.h>

/* By rule: what is wanted, and where stages have it, the likeliest first. Where `fixed`, it goes
 * where it was; else to the path that the finding names. */
static const struct want {
    const char *rule, *what;
    const char *places[6];
    bool fixed;
    const char *deb, *apk; /* packages */
} wants[] = {
    {"certificates-missing",
     "CA certificates",
     {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
      "/etc/ssl/ca-bundle.pem", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
      "/etc/ssl/cert.pem"},
     false,
     "ca-certificates",
     "ca-certificates"},
    {"time-zones-missing", "time zones", {"/usr/share/zoneinfo"}, true, "tzdata", "tzdata"},
    {"time-zone-unknown", "the time zone of TZ", {"/usr/share/zoneinfo"}, true, "tzdata", "tzdata"},
    {"users-missing", "/etc/passwd", {"/etc/passwd"}, true, NULL, NULL},
    {"terminals-missing",
     "descriptions of terminals",
     {"/usr/share/terminfo/x", "/lib/terminfo", "/etc/terminfo", "/usr/share/terminfo"},
     true,
     "ncurses-base",
     "ncurses-terminfo-base"},
    {"shell-missing", "a shell", {NULL}, true, NULL, NULL},
    {"temporary-folder-missing", "/tmp", {NULL}, true, NULL, NULL},
    {"character-sets-missing", "modules of character sets", {NULL}, true, NULL, NULL},
    {"locale-missing", "the locale of the environment", {NULL}, true, NULL, NULL},
    {"name-service-missing", "a service of names", {NULL}, true, NULL, NULL},
    {"dlopen-missing", "a library that it opens later", {NULL}, true, NULL, NULL},
    {"unwinder-missing", "libgcc_s.so.1", {NULL}, true, "libgcc-s1", NULL},
};

static const struct want *want_of(const struct willrun_finding *finding)
{
    for (size_t i = 0; i < sizeof wants / sizeof *wants; i++)
        if (strcmp(wants[i].rule, finding->rule) == 0)
            return &wants[i];
    return NULL;
}

const char *wants_what(const struct willrun_finding *finding)
{
    const struct want *want = want_of(finding);
    return want != NULL ? want->what : NULL;
}

const char *wants_package(const struct willrun_finding *finding, bool alpine)
{
    const struct want *want = want_of(finding);
    return want == NULL ? NULL : alpine ? want->apk : want->deb;
}

static const struct node *node_at(const struct stage *stage, const char *path)
{
    int error;
    const struct node *node = root_lookup(stage->root, NULL, path, NULL, LOOKUP_FOLLOW, &error);
    return node != NULL && (node->type == NODE_DIR || node->size != 0) ? node : NULL;
}

/* A folder's contents go to a folder of its name. */
static void set_line(struct artifacts *artifacts, const struct stage *stage,
                     const struct want *want, const char *from, const char *object,
                     struct willrun_copy_line *line)
{
    const char **sources = arena_array(&artifacts->arena, 1, sizeof *sources);
    sources[0] = from;
    *line = (struct willrun_copy_line){
        .stage = arena_string(&artifacts->arena, stage->name),
        .sources = sources,
        .source_count = 1,
        .to = want->fixed || object == NULL ? from : arena_string(&artifacts->arena, object)};
}

bool wants_find(struct artifacts *artifacts, const struct willrun_finding *finding,
                struct willrun_copy_line *line)
{
    const struct want *want = want_of(finding);
    for (size_t i = 0; want != NULL && i < artifacts->stages.list.count; i++)
        for (size_t k = 0; want->places[k] != NULL; k++)
            if (node_at(&artifacts->stages.list.at[i], want->places[k]) != NULL) {
                set_line(artifacts, &artifacts->stages.list.at[i], want, want->places[k],
                         finding->object, line);
                return true;
            }
    return false;
}
