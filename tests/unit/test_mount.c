/* RUN --mount: what is read of it, and the words with which BuildKit refuses it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dockerfile/mount.h"

enum { TOLD = 1024 };

static const struct {
    const char *text, *told; /* as `shown` has it, or the end of the error */
} rows[] = {
    {"target=/x", "bind ro to /x"},
    {"type=BIND,source=a,target=/x,rw", "bind rw of a to /x"},
    {"type=bind,src=a,dst=/x,readwrite", "bind rw of a to /x"},
    {"type=bind,src=a,destination=/x,rw=false", "bind ro of a to /x"},
    {"type=bind,from=base,target=/x,readwrite=0", "bind ro from base to /x"},
    {"TYPE=bind,Target=/x,RO=F", "bind rw to /x"},
    {"target=/$V", "bind ro to /v"},
    {"\"target=/a,b\"", "bind ro to /a,b"},
    {"\"target=/a\"\"b\",rw",
     "\"/a\\\"b\": unexpected end of statement while looking for matching double-quote"},
    {"target=/x,size=1", "unexpected key 'size' for mount type 'bind'"},
    {"type=cache,target=/x", "cache rw to /x"},
    {"type=cache,target=/x,ro,id=i,sharing=Locked,mode=0700,uid=7,gid=8", "cache ro id i to /x"},
    {"type=cache,target=/x,readonly=true,sharing=private", "cache ro to /x"},
    {"type=cache,target=/x,sharing=shared", "cache rw to /x"},
    {"type=cache,target=/x,sharing=all", "unsupported sharing value \"all\""},
    {"type=cache,target=/x,required", "unexpected key 'required' for mount type 'cache'"},
    {"type=tmpfs,target=/x", "tmpfs rw to /x"},
    {"type=secret,id=i", "secret ro id i"},
    {"type=secret,id=i,env=E,required,mode=0400", "secret ro required id i env E"},
    {"type=secret,source=i,required=false", "secret ro of i"},
    {"type=secret,target=/x", "secret ro to /x"},
    {"type=secret", "invalid secret mount. one of source, target required"},
    {"type=secret,id=,source=", "invalid secret mount. one of source, target required"},
    {"type=secret,id=i,source=s", "both source and id can't be set"},
    {"type=secret,id=i,from=base", "secret mount should not have a from"},
    {"type=secret,id=i,sharing=locked", "secret mount should not define sharing"},
    {"type=ssh", "ssh ro"},
    {"type=ssh,required=1,uid=7", "ssh ro required"},
    {"type=ssh,sharing=shared", "invalid cache sharing set for ssh mount"},
    {"target=/x,sharing=shared", "invalid cache sharing set for bind mount"},
    {"target=/x,mode=0700", "mode not allowed for \"bind\" type mounts"},
    {"type=tmpfs,target=/x,uid=7", "uid not allowed for \"tmpfs\" type mounts"},
    {"target=/x,gid=8", "gid not allowed for \"bind\" type mounts"},
    {"type=cache,target=/x,mode=0800", "invalid value 0800 for mode"},
    {"type=cache,target=/x,mode=rwx", "invalid value rwx for mode"},
    {"type=cache,target=/x,uid=+7", "invalid value +7 for uid"},
    {"type=cache,target=/x,gid=4294967296", "invalid value 4294967296 for gid"},
    {"type=cache,target=/x,gid=", "invalid value  for gid"},
    {"target=/x,rw=maybe", "invalid value for rw: maybe"},
    {"type=disk,target=/x", "unsupported mount type \"disk\""},
    {"target=/x,bogus", "invalid field 'bogus' must be a key=value pair"},
    {"target=/x,bogus=1", "unexpected key 'bogus' in 'bogus=1'"},
    {"target=/${V", "failed to process \"/${V\": syntax error: missing '}'"},
    {"from=$V,target=/x", "'from' doesn't support variable expansion, define alias stage instead"},
    {"from=$,target=/x", "bind ro from $ to /x"},
    {"", "failed to parse csv mounts: EOF"},
    {"target=/x\"", "failed to parse csv mounts: bare \" in non-quoted-field"},
    {"\"target=/x", "failed to parse csv mounts: extraneous or missing \" in quoted-field"},
    {"\"target=/x\"y", "failed to parse csv mounts: extraneous or missing \" in quoted-field"},
};

/* Of tmpfs: what Docker's reader of sizes takes. */
static const struct {
    const char *size;
    bool taken;
} sizes[] = {{"1", true},   {"1.5g", true}, {"64 MiB", true}, {"1Kb", true},
             {"2TI", true}, {"1 p", true},  {"7B", true},     {"", false},
             {"m", false},  {"1x", false},  {"1kx", false},   {"-1", false}};

static void add(char *shown, const char *before, const char *text)
{
    if (text != NULL)
        sprintf(shown + strlen(shown), "%s%s", before, text);
}

static void show(const struct mount *mount, char *shown)
{
    static const char *const kinds[] = {"bind", "cache", "tmpfs", "secret", "ssh"};
    *shown = '\0';
    add(shown, kinds[mount->kind], mount->read_only ? " ro" : " rw");
    add(shown, "", mount->required ? " required" : NULL);
    add(shown, " from ", mount->from);
    add(shown, " id ", mount->id);
    add(shown, " env ", mount->env);
    add(shown, " of ", mount->source);
    add(shown, " to ", mount->target);
}

static void read_mount(const char *text, char *told)
{
    char source[400];
    struct build_request request = {.build_platform = "linux/amd64",
                                    .target_platform = "linux/amd64"};
    struct variables variables = {0};
    struct arena arena = {0};
    struct err err = {0};
    struct mount mount;
    snprintf(source, sizeof source, "FROM scratch AS base\nFROM scratch\nRUN --mount=%s true\n",
             text);
    struct span whole = {(const unsigned char *)source, strlen(source)};
    variables_set(&variables, "V", "v", false);
    struct dockerfile *file = dockerfile_read("Dockerfile", whole, &err);
    struct build_scope *scope = file != NULL ? build_scope_open(file, &request, &err) : NULL;
    if (scope != NULL && mount_read(scope, &file->stages[1].instructions[0].flags[0], &variables,
                                    &mount, &arena, &err))
        show(&mount, told);
    else
        snprintf(told, TOLD, "%s", err.text);
    build_scope_free(scope);
    dockerfile_free(file);
    vec_free(&variables);
    arena_free(&arena);
}

static void mounts_are_read(void **state)
{
    (void)state;
    size_t wrong = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char told[TOLD], quoted[300];
        /* a flag's own quotes go before it is a list */
        snprintf(quoted, sizeof quoted, strpbrk(rows[i].text, "\"") != NULL ? "'%s'" : "%s",
                 rows[i].text);
        read_mount(quoted, told);
        size_t length = strlen(rows[i].told), all = strlen(told);
        bool refused = strncmp(told, "Dockerfile:3:5: ", 16) == 0;
        if (all < length || strcmp(told + (refused ? all - length : 0), rows[i].told) != 0) {
            print_error("%s: %s\n", rows[i].text, told);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

static void sizes_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char text[100], told[TOLD];
        snprintf(text, sizeof text, "'type=tmpfs,target=/x,size=%s'", sizes[i].size);
        read_mount(text, told);
        if (sizes[i].taken != (strcmp(told, "tmpfs rw to /x") == 0))
            fail_msg("%s: %s", sizes[i].size, told);
        if (!sizes[i].taken)
            assert_non_null(strstr(told, "invalid value for size: "));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mounts_are_read),
        cmocka_unit_test(sizes_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
