/* What a stage says of its files and its process: the steps, and the configuration in the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dockerfile/evaluate.h"

enum { TOLD = 2048 };

/* The image that the last stage starts from. */
static const struct image_facts image = {
    .env = (const char *const[]){"A=image", "EMPTY=", "BARE", NULL},
    .entrypoint = (const char *const[]){"/entry", NULL},
    .command = (const char *const[]){"command", NULL},
    .shell = (const char *const[]){"/bin/bash", "-c", NULL},
    .healthcheck = (const char *const[]){"CMD", "/health", NULL},
    .user = "owner",
    .workdir = "/work",
};

#define CONFIG "user owner; workdir /work; entry /entry; command command; health CMD /health"

/* The Dockerfile's last stage; its steps, each in a line, and its configuration, or the end of the
 * error. */
static const struct {
    const char *text, *told;
} rows[] = {
    {"FROM own", CONFIG},
    {"FROM own\nUSER $A\nWORKDIR x$EMPTY$BARE\nWORKDIR ../y",
     "workdir /work/x\nworkdir /work/y\nuser image; workdir /work/y; entry /entry; command "
     "command; health CMD /health"},
    {"FROM own\nENTRYPOINT [\"/a\"]", "user owner; workdir /work; entry /a; health CMD /health"},
    {"FROM own\nENTRYPOINT a b",
     "user owner; workdir /work; entry /bin/bash -c a b; health CMD /health"},
    {"FROM own\nCMD c\nENTRYPOINT []",
     "user owner; workdir /work; entry; command /bin/bash -c c; health CMD /health"},
    {"FROM own\nSHELL [\"/bin/ash\", \"-e\"]\nCMD c\nHEALTHCHECK NONE",
     "user owner; workdir /work; entry /entry; command /bin/ash -e c; health NONE"},
    {"FROM own\nHEALTHCHECK --interval=3s CMD a  b",
     "user owner; workdir /work; entry /entry; command command; health CMD-SHELL a  b"},
    {"FROM own\nHEALTHCHECK CMD [\"a\", \"b\"]",
     "user owner; workdir /work; entry /entry; command command; health CMD a b"},
    {"FROM own\nRUN a $A\nRUN [\"b\", \"$A\"]\nRUN <<END\nc\nd\nEND\nRUN cat <<END\ne\nEND",
     "run /bin/bash -c: a $A\nrun: b $A\nrun /bin/bash -c: c\nd\n\nrun /bin/bash -c: cat "
     "<<END\n" CONFIG},
    {"FROM scratch", "workdir /"},
    {"FROM scratch\nRUN a\nCMD a", "run /bin/sh -c: a\nworkdir /; command /bin/sh -c a"},
    /* COPY and ADD */
    {"FROM own\nCOPY a $A /x/", "copy a image to /x/\n" CONFIG},
    {"FROM own\nADD --chown=$A --chmod=7$BARE a /x",
     "copy unpacked a to /x, of image, mode 7\n" CONFIG},
    {"FROM own\nADD --unpack a /x\nADD --unpack=false a /x",
     "copy unpacked a to /x\ncopy a to /x\n" CONFIG},
    {"FROM own\nCOPY --parents --exclude=$A --exclude=b a /x/",
     "copy with parents a to /x/, without image b\n" CONFIG},
    {"FROM own\nCOPY --from=0 a /x/\nCOPY --from=FIRST a /x/\nCOPY --from=busy a /x/",
     "copy from stage 0 a to /x/\ncopy from stage 0 a to /x/\ncopy from busy a to /x/\n" CONFIG},
    {"FROM own\nCOPY <<END <<\"RAW\" /x/\n$A\nEND\n$A\nRAW",
     "copy END(image\n) RAW($A\n) to /x/\n" CONFIG},
    /* what a stage leaves to those that start from it */
    {"FROM base AS parent\nONBUILD COPY a /x\nONBUILD USER u\nFROM parent",
     "copy a to /x\nuser u; workdir /"},
    {"FROM base AS parent\nONBUILD COPY --bogus a /x\nFROM parent", "unknown flag: --bogus"},
    {"FROM base AS parent\nONBUILD USER ${A\nFROM parent",
     "failed to process \"${A\": syntax error: missing '}'"},
    /* what is refused, wherever it stands */
    {"FROM own\nCOPY --from a /x", "missing a value on flag: --from"},
    {"FROM own\nCOPY --from=7 a /x", "invalid stage index 7"},
    {"FROM own\nCOPY --chown=${A a /x", "failed to process \"${A\": syntax error: missing '}'"},
    {"FROM own\nCOPY --chmod=${A a /x", "failed to process \"${A\": syntax error: missing '}'"},
    {"FROM own\nCOPY --exclude=${A a /x", "failed to process \"${A\": syntax error: missing '}'"},
    {"FROM own\nCOPY ${A /x", "failed to process \"${A\": syntax error: missing '}'"},
    {"FROM own\nCOPY a ${A", "failed to process \"${A\": syntax error: missing '}'"},
    {"FROM own\nCOPY <<END /x\n${A\nEND",
     "failed to process \"${A\\n\": unsupported modifier (\\n) in substitution"},
    {"FROM own\nWORKDIR ${A", "failed to process \"${A\": syntax error: missing '}'"},
    {"FROM own\nUSER ${A", "failed to process \"${A\": syntax error: missing '}'"},
    {"FROM own\nENV B=${A", "failed to process \"${A\": syntax error: missing '}'"},
};

static void add(char *told, const char *before, const char *text)
{
    if (text != NULL)
        snprintf(told + strlen(told), TOLD - strlen(told), "%s%s", before, text);
}

static void add_list(char *told, const char *before, const char *const *list)
{
    add(told, before, list != NULL ? "" : NULL);
    for (; list != NULL && *list != NULL; list++)
        add(told, " ", *list);
}

static void show_copy(const struct step *step, char *told)
{
    char from[32];
    add(told, "copy", step->unpack ? " unpacked" : "");
    add(told, "", step->parents ? " with parents" : "");
    snprintf(from, sizeof from, " from stage %zu", step->from.stage);
    if (!step->from_context)
        add(told, step->from.kind == ORIGIN_IMAGE ? " from " : from,
            step->from.kind == ORIGIN_IMAGE ? step->from.image : "");
    for (size_t i = 0; i < step->source_count; i++) {
        const struct copy_source *source = &step->sources[i];
        add(told, " ", source->path);
        if (source->heredoc != NULL)
            snprintf(told + strlen(told), TOLD - strlen(told), "(%.*s)", (int)source->content.size,
                     (const char *)source->content.data);
    }
    add(told, " to ", step->to);
    add(told, ", of ", step->owner);
    add(told, ", mode ", step->mode);
    add_list(told, ", without", step->excludes);
}

static void show(const struct evaluation *evaluation, char *told)
{
    const struct stage_config *config = &evaluation->config;
    for (size_t i = 0; i < evaluation->steps.count; i++) {
        const struct step *step = &evaluation->steps.at[i];
        if (step->kind == STEP_COPY)
            show_copy(step, told);
        if (step->kind == STEP_RUN) {
            add(told, "run", "");
            add_list(told, "", step->shell);
            add(told, ": ", step->text);
        }
        if (step->kind == STEP_WORKDIR)
            add(told, "workdir ", step->workdir);
        add(told, "", "\n");
    }
    add(told, "user ", config->user);
    add(told, config->user != NULL ? "; workdir " : "workdir ", config->workdir);
    add_list(told, "; entry", config->entrypoint);
    add_list(told, "; command", config->command);
    add_list(told, "; health", config->healthcheck);
}

/* All stages from the first on, as their bases are needed. */
static void evaluate(const struct build_scope *scope, char *told, struct err *err)
{
    struct arena arena = {0};
    struct stage_config bases[4] = {0};
    struct evaluation evaluations[4] = {0};
    size_t count = scope->file->stage_count;
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) {
        const struct build_origin *origin = &scope->starts[i].origin;
        stage_config_begin(
            origin->kind == ORIGIN_IMAGE && strcmp(origin->image, "own") == 0 ? &image : NULL,
            &arena, &bases[i]);
        if (origin->kind == ORIGIN_STAGE)
            bases[i].variables = evaluations[origin->stage].config.variables;
        ok = stage_evaluate(scope, i, &bases[i], &arena, &evaluations[i], err);
        if (origin->kind != ORIGIN_STAGE)
            stage_config_free(&bases[i]);
    }
    if (ok)
        show(&evaluations[count - 1], told);
    for (size_t i = 0; i < count; i++)
        evaluation_free(&evaluations[i]);
    arena_free(&arena);
}

static void read_file(const char *text, char *told)
{
    char source[1024];
    struct build_request request = {.build_platform = "linux/amd64",
                                    .target_platform = "linux/amd64"};
    struct err err = {0};
    snprintf(source, sizeof source, "FROM scratch AS first\n%s\n", text);
    struct span whole = {(const unsigned char *)source, strlen(source)};
    struct dockerfile *file = dockerfile_read("Dockerfile", whole, &err);
    struct build_scope *scope = file != NULL ? build_scope_open(file, &request, &err) : NULL;
    *told = '\0';
    if (scope != NULL)
        evaluate(scope, told, &err);
    if (*told == '\0')
        snprintf(told, TOLD, "%s", err.text);
    build_scope_free(scope);
    dockerfile_free(file);
}

static void stages_are_evaluated(void **state)
{
    (void)state;
    size_t wrong = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char told[TOLD];
        read_file(rows[i].text, told);
        size_t length = strlen(rows[i].told), all = strlen(told);
        bool refused = strncmp(told, "Dockerfile:", 11) == 0;
        if (all < length || strcmp(told + (refused ? all - length : 0), rows[i].told) != 0) {
            print_error("%s\n    %s\n", rows[i].text, told);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

static void a_configuration_is_that_of_an_image(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct stage_config config;
    struct image_facts again;
    stage_config_begin(&image, &arena, &config);
    variables_set(&config.variables, "ARGUMENT", "x", false);
    stage_config_image(&config, &arena, &again);
    assert_string_equal(again.env[0], "A=image");
    assert_string_equal(again.env[1], "EMPTY=");
    assert_string_equal(again.env[2], "BARE=");
    assert_null(again.env[3]);
    assert_string_equal(again.user, image.user);
    assert_string_equal(again.workdir, image.workdir);
    assert_ptr_equal(again.entrypoint, image.entrypoint);
    assert_ptr_equal(again.command, image.command);
    assert_ptr_equal(again.shell, image.shell);
    assert_ptr_equal(again.healthcheck, image.healthcheck);
    stage_config_free(&config);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stages_are_evaluated),
        cmocka_unit_test(a_configuration_is_that_of_an_image),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
