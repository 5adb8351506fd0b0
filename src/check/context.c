#include "check/context.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "check/stages.h"
#include "dockerfile/variables.h"
#include "platform/platform.h"
#include "source/witness.h"

const char *willrun_version(void)
{
    return WILLRUN_VERSION;
}

struct willrun *willrun_new(void)
{
    struct willrun *willrun = must_alloc(sizeof *willrun);
    memset(willrun, 0, sizeof *willrun);
    willrun->meter = &willrun->own_meter;
    return willrun;
}

static char *copy(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(must_alloc(size), text, size);
}

static enum willrun_err replace(struct willrun *willrun, char **field, const char *text)
{
    willrun->err = (struct err){0};
    free(*field);
    *field = text != NULL ? copy(text) : NULL;
    return WILLRUN_OK;
}

static void free_strings(struct strings *strings)
{
    for (size_t i = 0; i < strings->count; i++)
        free(strings->at[i]);
    vec_free(strings);
}

void willrun_free(struct willrun *willrun)
{
    if (willrun == NULL)
        return;
    free(willrun->root);
    free(willrun->platform_name);
    free(willrun->user);
    free(willrun->workdir);
    free(willrun->host);
    free(willrun->dockerfile);
    free(willrun->target_stage);
    free(willrun->context_folder);
    free_strings(&willrun->env);
    free_strings(&willrun->stages);
    free_strings(&willrun->copies);
    free_strings(&willrun->subjects);
    free_strings(&willrun->commands);
    free_strings(&willrun->bases);
    free_strings(&willrun->build_args);
    acceptances_free(willrun->acceptances);
    free(willrun);
}

const char *willrun_error(const struct willrun *willrun)
{
    return willrun->err.text;
}

struct willrun *context_like(const struct willrun *willrun)
{
    struct willrun *like = willrun_new();
    like->meter = willrun->meter;
    like->platform = willrun->platform;
    like->cpu_level = willrun->cpu_level;
    like->platform_level = willrun->platform_level;
    like->threads = willrun->threads;
    replace(like, &like->platform_name, willrun->platform_name);
    replace(like, &like->user, willrun->user);
    replace(like, &like->workdir, willrun->workdir);
    replace(like, &like->host, willrun->host);
    for (size_t i = 0; i < willrun->env.count; i++)
        *vec_push(&like->env) = copy(willrun->env.at[i]);
    return like;
}

bool context_has_env(const struct willrun *willrun, const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < willrun->env.count; i++)
        if (strncmp(willrun->env.at[i], name, length) == 0 && willrun->env.at[i][length] == '=')
            return true;
    return false;
}

struct err *context_err(struct willrun *willrun)
{
    willrun->err = (struct err){0};
    return &willrun->err;
}

struct meter *context_enter(struct willrun *willrun)
{
    struct meter *before = meter_here;
    meter_here = willrun->meter;
    willrun->err = (struct err){0};
    return before;
}

void context_leave(struct meter *before)
{
    meter_here = before;
}

void willrun_cancel(struct willrun *willrun)
{
    atomic_store(&willrun->meter->stopped, true);
}

bool context_cancelled(struct willrun *willrun)
{
    if (!meter_stopped(willrun->meter))
        return false;
    willrun->err = (struct err){0};
    err_set(&willrun->err, WILLRUN_ECANCELED, "the call was cancelled");
    return true;
}

const char *context_platform(const struct willrun *willrun)
{
    return willrun->platform_name;
}

void context_set_lenient(struct willrun *willrun, bool lenient)
{
    willrun->lenient = lenient;
}

bool context_has_subjects(const struct willrun *willrun)
{
    return willrun->all || willrun->subjects.count != 0 || willrun->commands.count != 0 ||
           willrun->copies.count != 0;
}

enum willrun_err willrun_set_root(struct willrun *willrun, const char *source)
{
    return replace(willrun, &willrun->root, source);
}

enum willrun_err willrun_set_user(struct willrun *willrun, const char *user)
{
    return replace(willrun, &willrun->user, user);
}

enum willrun_err willrun_set_workdir(struct willrun *willrun, const char *path)
{
    if (path != NULL && *path != '/') {
        willrun->err = (struct err){0};
        err_set(&willrun->err, WILLRUN_EUSAGE, "the working directory %s is not an absolute path",
                path);
        return WILLRUN_EUSAGE;
    }
    return replace(willrun, &willrun->workdir, path);
}

enum willrun_err willrun_set_host(struct willrun *willrun, const char *path)
{
    return replace(willrun, &willrun->host, path);
}

enum willrun_err willrun_set_dockerfile(struct willrun *willrun, const char *path)
{
    return replace(willrun, &willrun->dockerfile, path);
}

enum willrun_err willrun_set_target_stage(struct willrun *willrun, const char *stage)
{
    return replace(willrun, &willrun->target_stage, stage);
}

enum willrun_err willrun_set_build_context(struct willrun *willrun, const char *path)
{
    return replace(willrun, &willrun->context_folder, path);
}

enum willrun_err willrun_add_base(struct willrun *willrun, const char *base)
{
    willrun->err = (struct err){0};
    const char *equals = strchr(base, '=');
    if (equals == NULL || equals == base || equals[1] == '\0')
        err_set(&willrun->err, WILLRUN_EUSAGE,
                "%s is no base image: expected IMAGE=SOURCE, as in debian:12=./rootfs", base);
    else
        *vec_push(&willrun->bases) = copy(base);
    return willrun->err.code;
}

enum willrun_err willrun_add_build_arg(struct willrun *willrun, const char *argument)
{
    willrun->err = (struct err){0};
    if (*argument == '\0' || *argument == '=')
        err_set(&willrun->err, WILLRUN_EUSAGE, "%s is no build argument: expected NAME=VALUE",
                argument);
    else
        *vec_push(&willrun->build_args) = copy(argument);
    return willrun->err.code;
}

void context_build_args(const struct willrun *willrun, struct arena *arena, struct variables *given)
{
    for (size_t i = 0; i < willrun->build_args.count; i++) {
        const char *text = willrun->build_args.at[i];
        size_t length = strcspn(text, "=");
        /* without a value it is that of the environment, as docker build has it */
        const char *name = arena_copy(arena, text, length);
        const char *value = text[length] == '=' ? text + length + 1 : getenv(name);
        witness_variable(name);
        if (value != NULL)
            variables_set(given, name, value, false);
    }
}

enum willrun_err willrun_set_platform(struct willrun *willrun, const char *name)
{
    willrun->err = (struct err){0};
    willrun->platform = name != NULL ? platform_by_name(name) : NULL;
    willrun->platform_level = name != NULL ? platform_cpu_level(name) : 0;
    if (name == NULL || willrun->platform != NULL)
        return replace(willrun, &willrun->platform_name, name);
    err_set(&willrun->err, WILLRUN_EUSAGE,
            "%s is no platform that willrun knows: expected os/arch[/variant], as in linux/amd64 "
            "or linux/arm/v7",
            name);
    return WILLRUN_EUSAGE;
}

enum willrun_err willrun_set_cpu(struct willrun *willrun, const char *level)
{
    static const char prefix[] = "x86-64-v";
    willrun->err = (struct err){0};
    size_t length = strlen(prefix);
    if (strncmp(level, prefix, length) == 0 && level[length] >= '1' && level[length] <= '4' &&
        level[length + 1] == 0) {
        willrun->cpu_level = level[length] - '0';
        return WILLRUN_OK;
    }
    err_set(&willrun->err, WILLRUN_EUSAGE,
            "%s is no CPU level: expected x86-64-v1, x86-64-v2, x86-64-v3 or x86-64-v4", level);
    return WILLRUN_EUSAGE;
}

enum willrun_err willrun_add_env(struct willrun *willrun, const char *assignment)
{
    willrun->err = (struct err){0};
    if (strchr(assignment, '=') == NULL || *assignment == '=') {
        err_set(&willrun->err, WILLRUN_EUSAGE, "%s is no environment variable: expected NAME=VALUE",
                assignment);
        return WILLRUN_EUSAGE;
    }
    size_t length = strcspn(assignment, "=") + 1;
    for (size_t i = 0; i < willrun->env.count; i++)
        if (strncmp(willrun->env.at[i], assignment, length) == 0) {
            replace(willrun, &willrun->env.at[i], assignment);
            return WILLRUN_OK;
        }
    *vec_push(&willrun->env) = copy(assignment);
    return WILLRUN_OK;
}

void willrun_set_trail(struct willrun *willrun, bool on)
{
    willrun->trail = on;
}

void willrun_set_threads(struct willrun *willrun, unsigned threads)
{
    willrun->threads = threads;
}

enum willrun_err willrun_set_limit(struct willrun *willrun, const char *limit)
{
    willrun->err = (struct err){0};
    limit_set(limit, &willrun->err);
    return willrun->err.code;
}

enum willrun_err willrun_add_stage(struct willrun *willrun, const char *stage)
{
    struct arena scratch = {0};
    const char *name, *source;
    willrun->err = (struct err){0};
    if (stage_parse(stage, &scratch, &name, &source, &willrun->err))
        *vec_push(&willrun->stages) = copy(stage);
    arena_free(&scratch);
    return willrun->err.code;
}

enum willrun_err willrun_add_copy(struct willrun *willrun, const char *text)
{
    struct arena scratch = {0};
    struct copy_request request;
    willrun->err = (struct err){0};
    if (copy_parse(text, &scratch, &request, &willrun->err))
        *vec_push(&willrun->copies) = copy(text);
    arena_free(&scratch);
    return willrun->err.code;
}

enum willrun_err willrun_add_subject(struct willrun *willrun, const char *path)
{
    willrun->err = (struct err){0};
    if (*path == 0) {
        err_set(&willrun->err, WILLRUN_EUSAGE, "a subject is an empty path");
        return WILLRUN_EUSAGE;
    }
    *vec_push(&willrun->subjects) = copy(path);
    return WILLRUN_OK;
}

enum willrun_err willrun_add_command(struct willrun *willrun, const char *command)
{
    willrun->err = (struct err){0};
    *vec_push(&willrun->commands) = copy(command);
    return WILLRUN_OK;
}

static struct acceptances *acceptances_of(struct willrun *willrun)
{
    willrun->err = (struct err){0};
    if (willrun->acceptances == NULL)
        willrun->acceptances = acceptances_new();
    return willrun->acceptances;
}

enum willrun_err willrun_add_acceptance(struct willrun *willrun,
                                        const struct willrun_acceptance *acceptance)
{
    acceptances_add(acceptances_of(willrun), acceptance, &willrun->err);
    return willrun->err.code;
}

enum willrun_err willrun_add_baseline(struct willrun *willrun, const char *path)
{
    acceptances_add_baseline(acceptances_of(willrun), path, &willrun->err);
    return willrun->err.code;
}

void willrun_add_all(struct willrun *willrun)
{
    willrun->all = true;
}

void willrun_set_on_subject(struct willrun *willrun, willrun_on_subject *call, void *context)
{
    willrun->on_subject = call;
    willrun->subject_context = context;
}

void willrun_set_on_progress(struct willrun *willrun, willrun_on_progress *call, void *context)
{
    willrun->on_progress = call;
    willrun->progress_context = context;
}
