/* The rules are those of BuildKit's frontend/dockerfile/dockerfile2llb/convert.go; names of its
 * functions stand where the rule is theirs. */
#include "dockerfile/evaluate.h"

#include <string.h>

#include "base/text.h"
#include "root/copy.h"

struct evaluating {
    const struct build_scope *scope;
    struct arena *arena;
    struct evaluation *out;
    bool command_here; /* CMD stands in this stage */
    struct err *err;
};

/* ---- configurations ---- */

static const char *const default_shell[] = {"/bin/sh", "-c", NULL};

/* ENV of the image that the stage starts from. */
static void take_env(const struct image_facts *image, struct arena *arena,
                     struct variables *variables)
{
    for (size_t i = 0; image->env != NULL && image->env[i] != NULL; i++) {
        size_t length = strcspn(image->env[i], "=");
        const char *value = image->env[i] + length;
        variables_set(variables, arena_copy(arena, image->env[i], length),
                      *value == '=' ? value + 1 : "", true);
    }
}

void stage_config_begin(const struct image_facts *image, struct arena *arena,
                        struct stage_config *config)
{
    *config = (struct stage_config){.workdir = "/"};
    if (image == NULL)
        return;
    take_env(image, arena, &config->variables);
    config->user = image->user;
    if (image->workdir != NULL)
        config->workdir = image->workdir;
    config->entrypoint = image->entrypoint;
    config->command = image->command;
    config->shell = image->shell;
    config->healthcheck = image->healthcheck;
}

void stage_config_free(struct stage_config *config)
{
    vec_free(&config->variables);
}

void stage_config_image(const struct stage_config *config, struct arena *arena,
                        struct image_facts *image)
{
    const char **env = arena_array(arena, config->variables.count + 1, sizeof *env);
    size_t count = 0;
    for (size_t i = 0; i < config->variables.count; i++) {
        const struct variable *variable = &config->variables.at[i];
        if (variable->env != NULL)
            env[count++] = arena_format(arena, "%s=%s", variable->name, variable->env);
    }
    *image = (struct image_facts){.env = env,
                                  .entrypoint = config->entrypoint,
                                  .command = config->command,
                                  .shell = config->shell,
                                  .healthcheck = config->healthcheck,
                                  .user = config->user,
                                  .workdir = config->workdir};
}

/* ---- texts ---- */

static const char *expand(struct evaluating *evaluating, const char *text, struct text_place place)
{
    return build_scope_expand(evaluating->scope, text, place, &evaluating->out->config.variables,
                              NULL, evaluating->arena, evaluating->err);
}

/* A flag's value, expanded; NULL in *value where it is not given. False with an error. */
static bool flag_value(struct evaluating *evaluating, const struct instruction *instruction,
                       const char *name, const char **value)
{
    const struct flag *flag = instruction_flag(instruction, name);
    *value = NULL;
    if (flag == NULL || flag->value == NULL)
        return true;
    *value = expand(evaluating, flag->value, flag->range.begin);
    return *value != NULL;
}

/* ---- COPY and ADD ---- */

static bool take_source(struct evaluating *evaluating, const struct argument *argument,
                        struct copy_source *source)
{
    *source = (struct copy_source){.heredoc = argument->heredoc};
    if (argument->heredoc == NULL) {
        source->path = expand(evaluating, argument->text, argument->range.begin);
        return source->path != NULL;
    }
    source->path = argument->heredoc->name;
    return build_scope_heredoc(evaluating->scope, argument->heredoc,
                               &evaluating->out->config.variables, &source->content,
                               evaluating->arena, evaluating->err);
}

static bool take_from(struct evaluating *evaluating, const struct instruction *instruction,
                      struct step *step)
{
    const struct flag *flag = instruction_flag(instruction, "from");
    const char *from;
    step->from_context = flag == NULL || instruction->kind == INSTRUCTION_ADD;
    if (step->from_context)
        return true;
    if (!flag_value(evaluating, instruction, "from", &from) || from == NULL)
        return false;
    return build_scope_from(evaluating->scope, from, flag->range.begin, &step->from,
                            evaluating->arena, evaluating->err);
}

static bool take_excludes(struct evaluating *evaluating, const struct instruction *instruction,
                          struct step *step)
{
    const char **list = arena_array(evaluating->arena, instruction->flag_count + 1, sizeof *list);
    size_t count = 0;
    for (size_t i = 0; i < instruction->flag_count; i++) {
        const struct flag *flag = &instruction->flags[i];
        if (strcmp(flag->name, "exclude") != 0 || flag->value == NULL)
            continue;
        list[count] = expand(evaluating, flag->value, flag->range.begin);
        if (list[count++] == NULL)
            return false;
    }
    step->excludes = count != 0 ? list : NULL;
    return true;
}

static bool take_copy(struct evaluating *evaluating, const struct instruction *instruction,
                      struct step *step)
{
    step->kind = STEP_COPY;
    step->parents = instruction_flag_on(instruction, "parents");
    const struct flag *unpack = instruction_flag(instruction, "unpack");
    step->unpack = instruction->kind == INSTRUCTION_ADD &&
                   (unpack == NULL || instruction_flag_on(instruction, "unpack"));
    if (!take_from(evaluating, instruction, step) ||
        !take_excludes(evaluating, instruction, step) ||
        !flag_value(evaluating, instruction, "chown", &step->owner) ||
        !flag_value(evaluating, instruction, "chmod", &step->mode))
        return false;
    step->source_count = instruction->arg_count - 1;
    step->sources = arena_array(evaluating->arena, step->source_count + 1, sizeof *step->sources);
    for (size_t i = 0; i < step->source_count; i++)
        if (!take_source(evaluating, &instruction->args[i], &step->sources[i]))
            return false;
    const struct argument *to = &instruction->args[step->source_count];
    step->to = expand(evaluating, to->text, to->range.begin);
    return step->to != NULL;
}

/* ---- commands ---- */

/* The strings of the JSON form, NULL at the end. */
static const char *const *words_of(struct evaluating *evaluating,
                                   const struct instruction *instruction, size_t first)
{
    const char **words = arena_array(evaluating->arena, instruction->arg_count + 1, sizeof *words);
    for (size_t i = first; i < instruction->arg_count; i++)
        words[i - first] = instruction->args[i].text;
    return words;
}

static const char *const *shell_of(const struct stage_config *config)
{
    return config->shell != NULL && config->shell[0] != NULL ? config->shell : default_shell;
}

/* The command from argument `first` on: exec form as it is, shell form behind the shell. */
static const char *const *command_of(struct evaluating *evaluating,
                                     const struct instruction *instruction, size_t first)
{
    if (instruction->json || instruction->arg_count <= first)
        return words_of(evaluating, instruction, first);
    const char *const *shell = shell_of(&evaluating->out->config);
    size_t count = 0;
    while (shell[count] != NULL)
        count++;
    const char **argv = arena_array(evaluating->arena, count + 2, sizeof *argv);
    for (size_t i = 0; i < count; i++)
        argv[i] = shell[i];
    argv[count] = instruction->args[first].text;
    return argv;
}

/* ["NONE"], or "CMD" or "CMD-SHELL" and the command: dispatchHealthcheck. */
static const char *const *test_of(struct evaluating *evaluating,
                                  const struct instruction *instruction)
{
    const char **test = arena_array(evaluating->arena, instruction->arg_count + 2, sizeof *test);
    if (instruction->arg_count < 2) {
        test[0] = "NONE";
        return test;
    }
    test[0] = instruction->json ? "CMD" : "CMD-SHELL";
    for (size_t i = 1; i < instruction->arg_count; i++)
        test[i] = instruction->args[i].text;
    return test;
}

static const char *text_of_run(struct evaluating *evaluating, const struct instruction *instruction)
{
    struct text joined = {0};
    for (size_t i = 0; i < instruction->arg_count; i++) {
        text_add(&joined, " ", i == 0 ? 0 : 1);
        text_add(&joined, instruction->args[i].text, strlen(instruction->args[i].text));
    }
    const char *text = arena_copy(evaluating->arena, joined.at, joined.count);
    vec_free(&joined);
    if (instruction->heredoc_count == 0 || strncmp(text, "<<", 2) != 0)
        return text;
    struct span content = heredoc_text(&instruction->heredocs[0], evaluating->arena);
    return arena_copy(evaluating->arena, (const char *)content.data, content.size);
}

/* ---- instructions ---- */

static bool take_workdir(struct evaluating *evaluating, const struct instruction *instruction,
                         struct step *step)
{
    struct stage_config *config = &evaluating->out->config;
    const struct argument *argument = &instruction->args[0];
    const char *path = expand(evaluating, argument->text, argument->range.begin);
    if (path == NULL)
        return false;
    config->workdir = path_clean(config->workdir, path, evaluating->arena);
    config->floats = config->floats && *path != '/';
    config->workdir_at = instruction;
    step->kind = STEP_WORKDIR;
    step->workdir = config->workdir;
    return true;
}

static bool take_user(struct evaluating *evaluating, const struct instruction *instruction)
{
    struct stage_config *config = &evaluating->out->config;
    const struct argument *argument = &instruction->args[0];
    config->user = expand(evaluating, argument->text, argument->range.begin);
    config->user_at = instruction;
    return config->user != NULL;
}

static void take_process(struct evaluating *evaluating, const struct instruction *instruction)
{
    struct stage_config *config = &evaluating->out->config;
    switch (instruction->kind) {
    case INSTRUCTION_ENTRYPOINT:
        config->entrypoint = command_of(evaluating, instruction, 0);
        config->entrypoint_at = instruction;
        if (!evaluating->command_here) { /* dispatchEntrypoint: an inherited CMD goes */
            config->command = NULL;
            config->command_at = NULL;
        }
        break;
    case INSTRUCTION_CMD:
        config->command = command_of(evaluating, instruction, 0);
        config->command_at = instruction;
        evaluating->command_here = true;
        break;
    case INSTRUCTION_HEALTHCHECK:
        config->healthcheck = test_of(evaluating, instruction);
        config->healthcheck_at = instruction;
        break;
    case INSTRUCTION_SHELL:
        config->shell = words_of(evaluating, instruction, 0);
        break;
    default:
        break;
    }
}

static bool take_step(struct evaluating *evaluating, const struct instruction *instruction)
{
    struct step step = {.instruction = instruction,
                        .workdir = evaluating->out->config.workdir,
                        .floats = evaluating->out->config.floats};
    bool ok = true;
    if (instruction->kind == INSTRUCTION_RUN) {
        step.kind = STEP_RUN;
        step.text = text_of_run(evaluating, instruction);
        step.shell = instruction->json ? NULL : shell_of(&evaluating->out->config);
        step.exports = variables_exports(&evaluating->out->config.variables, evaluating->arena);
    } else if (instruction->kind == INSTRUCTION_WORKDIR) {
        ok = take_workdir(evaluating, instruction, &step);
    } else {
        ok = take_copy(evaluating, instruction, &step);
    }
    if (ok)
        *vec_push(&evaluating->out->steps) = step;
    return ok;
}

static bool take(struct evaluating *evaluating, const struct instruction *instruction)
{
    switch (instruction->kind) {
    case INSTRUCTION_ADD:
    case INSTRUCTION_COPY:
    case INSTRUCTION_RUN:
    case INSTRUCTION_WORKDIR:
        return take_step(evaluating, instruction);
    case INSTRUCTION_USER:
        return take_user(evaluating, instruction);
    case INSTRUCTION_ARG:
    case INSTRUCTION_ENV:
        return build_scope_apply(evaluating->scope, instruction, &evaluating->out->config.variables,
                                 evaluating->arena, evaluating->err);
    default:
        take_process(evaluating, instruction);
        return true;
    }
}

/* What the stage that this one starts from leaves to it. */
static bool take_triggers(struct evaluating *evaluating, size_t stage)
{
    const struct build_origin *origin = &evaluating->scope->starts[stage].origin;
    if (origin->kind != ORIGIN_STAGE)
        return true;
    const struct build_stage *base = &evaluating->scope->file->stages[origin->stage];
    for (size_t i = 0; i < base->instruction_count; i++) {
        struct instruction *trigger = base->instructions[i].trigger;
        if (trigger != NULL &&
            (!instruction_judge(evaluating->scope->file, trigger, evaluating->err) ||
             !take(evaluating, trigger)))
            return false;
    }
    return true;
}

bool stage_evaluate(const struct build_scope *scope, size_t stage, const struct stage_config *base,
                    struct arena *arena, struct evaluation *evaluation, struct err *err)
{
    struct evaluating evaluating = {.scope = scope, .arena = arena, .out = evaluation, .err = err};
    const struct build_stage *build = &scope->file->stages[stage];
    *evaluation = (struct evaluation){.config = *base};
    variables_inherit(&evaluation->config.variables, &base->variables);
    variables_default_path(&evaluation->config.variables);
    bool ok = take_triggers(&evaluating, stage);
    for (size_t i = 0; ok && i < build->instruction_count; i++)
        ok = take(&evaluating, &build->instructions[i]);
    return ok;
}

void evaluation_free(struct evaluation *evaluation)
{
    vec_free(&evaluation->steps);
    stage_config_free(&evaluation->config);
}
