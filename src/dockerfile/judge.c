/* Flags and arguments of an instruction against its rule. */
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/nearest.h"
#include "dockerfile/duration.h"
#include "dockerfile/instruction.h"
#include "dockerfile/mount.h"

enum count { COUNT_ANY, COUNT_SOME, COUNT_ONE, COUNT_TWO };
enum order { ARGUMENTS_FIRST, FLAGS_FIRST, FLAGS_UNREAD };

static const struct rule {
    const char *name;
    enum count count;
    enum order order;
} rules[] = {
#define INSTRUCTION(id, shape, count, order, expands) [INSTRUCTION_##id] = {#id, count, order},
#include "dockerfile/instructions.def"
#undef INSTRUCTION
};

enum flag_kind { FLAG_TEXT, FLAG_BOOL, FLAG_MANY };

static const struct flag_rule {
    enum instruction_kind instruction;
    const char *name;
    enum flag_kind kind;
} flag_rules[] = {
#define FLAG(instruction, name, kind) {INSTRUCTION_##instruction, name, kind},
#include "dockerfile/flags.def"
#undef FLAG
};

enum { FLAG_RULES = sizeof flag_rules / sizeof *flag_rules };

/* An instruction before its judge. */
struct trial {
    const struct dockerfile *file;
    struct instruction *instruction;
    struct err *err;
};

static bool refuse(const struct trial *trial, struct text_place place, const char *sentence)
{
    return dockerfile_fail(trial->file, place, trial->err, "%s", sentence);
}

static struct text_place keyword_place(const struct trial *trial)
{
    return trial->instruction->keyword_range.begin;
}

/* Where the argument stands, or the keyword where there are not so many. */
static struct text_place argument_place(const struct trial *trial, size_t number)
{
    const struct instruction *instruction = trial->instruction;
    return number < instruction->arg_count ? instruction->args[number].range.begin
                                           : keyword_place(trial);
}

/* ---- flags ---- */

static const struct flag_rule *flag_rule(const struct instruction *instruction, const char *name)
{
    for (size_t i = 0; i < FLAG_RULES; i++)
        if (flag_rules[i].instruction == instruction->kind && strcmp(flag_rules[i].name, name) == 0)
            return &flag_rules[i];
    return NULL;
}

static bool unknown_flag(const struct trial *trial, const struct flag *flag)
{
    struct nearest nearest = nearest_begin(flag->name, strlen(flag->name));
    for (size_t i = 0; i < FLAG_RULES; i++)
        if (flag_rules[i].instruction == trial->instruction->kind)
            nearest_offer(&nearest, flag_rules[i].name);
    const char *meant = nearest_answer(&nearest);
    return dockerfile_fail(trial->file, flag->range.begin, trial->err,
                           meant != NULL ? "unknown flag: --%s (did you mean %s?)"
                                         : "unknown flag: --%s",
                           flag->name, meant);
}

static bool judge_flag(const struct trial *trial, const struct flag *flag)
{
    const struct flag_rule *rule = flag_rule(trial->instruction, flag->name);
    if (rule == NULL)
        return unknown_flag(trial, flag);
    for (const struct flag *other = trial->instruction->flags;
         rule->kind != FLAG_MANY && other < flag; other++)
        if (strcmp(other->name, flag->name) == 0)
            return dockerfile_fail(trial->file, flag->range.begin, trial->err,
                                   "duplicate flag specified: --%s", flag->name);
    bool missing =
        rule->kind == FLAG_BOOL ? flag->value != NULL && *flag->value == '\0' : flag->value == NULL;
    if (missing)
        return dockerfile_fail(trial->file, flag->range.begin, trial->err,
                               "missing a value on flag: --%s", flag->name);
    if (rule->kind == FLAG_BOOL && flag->value != NULL && strcasecmp(flag->value, "true") != 0 &&
        strcasecmp(flag->value, "false") != 0)
        return dockerfile_fail(trial->file, flag->range.begin, trial->err,
                               "expecting boolean value for flag --%s, not: %s", flag->name,
                               flag->value);
    return true;
}

static bool judge_flags(const struct trial *trial)
{
    for (size_t i = 0; i < trial->instruction->flag_count; i++)
        if (!judge_flag(trial, &trial->instruction->flags[i]))
            return false;
    return true;
}

/* ---- arguments ---- */

static bool judge_count(const struct trial *trial)
{
    const struct instruction *instruction = trial->instruction;
    const char *name = instruction->name;
    size_t count =
        instruction->arg_count + instruction->pair_count + (instruction->trigger != NULL);
    switch (rules[instruction->kind].count) {
    case COUNT_SOME:
        return count != 0 || dockerfile_fail(trial->file, keyword_place(trial), trial->err,
                                             "%s requires at least one argument", name);
    case COUNT_ONE:
        return count == 1 || dockerfile_fail(trial->file, keyword_place(trial), trial->err,
                                             "%s requires exactly one argument", name);
    case COUNT_TWO:
        return count >= 2 ||
               dockerfile_fail(trial->file, argument_place(trial, 0), trial->err,
                               "%s requires at least two arguments, but only one was provided. "
                               "Destination could not be determined",
                               name);
    case COUNT_ANY:
        break;
    }
    return true;
}

static bool judge_names(const struct trial *trial)
{
    const struct instruction *instruction = trial->instruction;
    for (size_t i = 0; i < instruction->pair_count; i++)
        if (*instruction->pairs[i].name == '\0')
            return dockerfile_fail(trial->file, instruction->pairs[i].range.begin, trial->err,
                                   "%s names can not be blank", instruction->name);
    return true;
}

static bool judge_destination(const struct trial *trial)
{
    const struct instruction *instruction = trial->instruction;
    const struct argument *to = &instruction->args[instruction->arg_count - 1];
    return to->heredoc == NULL ||
           dockerfile_fail(trial->file, to->range.begin, trial->err,
                           "%s cannot accept a heredoc as a destination", instruction->name);
}

static bool is_stage_name(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    size_t first = strspn(name, letters);
    return first != 0 && name[first + strspn(name + first, "abcdefghijklmnopqrstuvwxyz"
                                                           "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                           "0123456789-_.")] == '\0';
}

static bool judge_from(const struct trial *trial)
{
    const struct instruction *instruction = trial->instruction;
    bool named = instruction->arg_count == 3 && strcasecmp(instruction->args[1].text, "as") == 0;
    if (!named && instruction->arg_count != 1)
        return refuse(trial, argument_place(trial, 1),
                      "FROM requires either one or three arguments");
    if (named && !is_stage_name(instruction->args[2].text))
        return dockerfile_fail(trial->file, argument_place(trial, 2), trial->err,
                               "invalid name for build stage: \"%s\", name can't start with a "
                               "number or contain symbols",
                               instruction->args[2].text);
    return true;
}

static bool judge_trigger(const struct trial *trial)
{
    const struct instruction *trigger = trial->instruction->trigger;
    if (trigger->kind == INSTRUCTION_ONBUILD)
        return refuse(trial, trigger->keyword_range.begin,
                      "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
    if (trigger->kind == INSTRUCTION_FROM || trigger->kind == INSTRUCTION_MAINTAINER)
        return dockerfile_fail(trial->file, trigger->keyword_range.begin, trial->err,
                               "%s isn't allowed as an ONBUILD trigger", trigger->name);
    return true;
}

static bool judge_volumes(const struct trial *trial)
{
    for (size_t i = 0; i < trial->instruction->arg_count; i++)
        if (trial->instruction->args[i]
                .text[strspn(trial->instruction->args[i].text, " \t\r\n\v\f")] == '\0')
            return refuse(trial, argument_place(trial, i),
                          "VOLUME specified can not be an empty string");
    return true;
}

static bool judge_shell(const struct trial *trial)
{
    return trial->instruction->json || refuse(trial, argument_place(trial, 0),
                                              "SHELL requires the arguments to be in JSON form");
}

static bool judge_mode(const struct trial *trial, const char *name, const char *const *allowed,
                       const char *message)
{
    const struct flag *flag = instruction_flag(trial->instruction, name);
    if (flag == NULL)
        return true;
    for (; *allowed != NULL; allowed++)
        if (strcmp(*allowed, flag->value) == 0)
            return true;
    return dockerfile_fail(trial->file, flag->range.begin, trial->err, message, flag->value);
}

static bool judge_run(const struct trial *trial)
{
    static const char *const networks[] = {"default", "none", "host", NULL};
    static const char *const securities[] = {"insecure", "sandbox", NULL};
    for (size_t i = 0; i < trial->instruction->flag_count; i++) {
        const struct flag *flag = &trial->instruction->flags[i];
        if (strcmp(flag->name, "mount") == 0 && !mount_judge(trial->file, flag, trial->err))
            return false;
    }
    return judge_mode(trial, "network", networks, "invalid network mode \"%s\"") &&
           judge_mode(trial, "security", securities, "security \"%s\" is not valid");
}

/* ---- HEALTHCHECK ---- */

static bool judge_interval(const struct trial *trial, const char *name)
{
    enum { MILLISECOND = 1000 * 1000 };
    const struct flag *flag = instruction_flag(trial->instruction, name);
    struct err inner = {0};
    int64_t nanoseconds;
    if (flag == NULL || *flag->value == '\0')
        return true;
    if (!duration_parse(flag->value, &nanoseconds, &inner))
        return refuse(trial, flag->range.begin, inner.text);
    return nanoseconds == 0 || nanoseconds >= MILLISECOND ||
           dockerfile_fail(trial->file, flag->range.begin, trial->err,
                           "Interval \"%s\" cannot be less than 1ms", name);
}

static bool judge_retries(const struct trial *trial)
{
    const struct flag *flag = instruction_flag(trial->instruction, "retries");
    if (flag == NULL || *flag->value == '\0')
        return true;
    const char *digits = flag->value + (*flag->value == '-' || *flag->value == '+');
    if (*digits == '\0' || digits[strspn(digits, "0123456789")] != '\0')
        return dockerfile_fail(trial->file, flag->range.begin, trial->err,
                               "strconv.ParseInt: parsing \"%s\": invalid syntax", flag->value);
    errno = 0;
    long long number = strtoll(flag->value, NULL, 10);
    if (errno != 0 || number > INT32_MAX || number < INT32_MIN)
        return dockerfile_fail(trial->file, flag->range.begin, trial->err,
                               "strconv.ParseInt: parsing \"%s\": value out of range", flag->value);
    return number >= 0 || dockerfile_fail(trial->file, flag->range.begin, trial->err,
                                          "--retries cannot be negative (%lld)", number);
}

static bool unknown_type(const struct trial *trial, const char *type)
{
    char upper[100];
    size_t length = 0;
    for (; length + 1 < sizeof upper && type[length] != '\0'; length++)
        upper[length] = (char)toupper((unsigned char)type[length]);
    upper[length] = '\0';
    return dockerfile_fail(trial->file, argument_place(trial, 0), trial->err,
                           "Unknown type \"%s\" in HEALTHCHECK (try CMD)", upper);
}

static bool judge_healthcheck(const struct trial *trial)
{
    const struct instruction *instruction = trial->instruction;
    const char *type = instruction->args[0].text;
    if (strcasecmp(type, "NONE") == 0)
        return instruction->arg_count == 1 ||
               refuse(trial, argument_place(trial, 1), "HEALTHCHECK NONE takes no arguments");
    if (!judge_flags(trial))
        return false;
    if (strcasecmp(type, "CMD") != 0)
        return unknown_type(trial, type);
    if (instruction->arg_count == 1)
        return refuse(trial, argument_place(trial, 0), "Missing command after HEALTHCHECK CMD");
    return judge_interval(trial, "interval") && judge_interval(trial, "timeout") &&
           judge_interval(trial, "start-period") && judge_interval(trial, "start-interval") &&
           judge_retries(trial);
}

/* What an instruction asks for beside flags and a number of arguments. FROM and HEALTHCHECK look
 * at their arguments before their flags. */
static bool judge_rest(const struct trial *trial)
{
    switch (trial->instruction->kind) {
    case INSTRUCTION_ADD:
    case INSTRUCTION_COPY:
        return judge_destination(trial);
    case INSTRUCTION_ARG:
    case INSTRUCTION_ENV:
    case INSTRUCTION_LABEL:
        return judge_names(trial);
    case INSTRUCTION_ONBUILD:
        return judge_trigger(trial);
    case INSTRUCTION_RUN:
        return judge_run(trial);
    case INSTRUCTION_SHELL:
        return judge_shell(trial);
    case INSTRUCTION_VOLUME:
        return judge_volumes(trial);
    default:
        return true;
    }
}

static bool unknown_instruction(const struct trial *trial)
{
    const char *keyword = trial->instruction->keyword;
    const char *upper = trial->instruction->name;
    struct nearest nearest = nearest_begin(upper, strlen(upper));
    for (size_t i = 0; i < INSTRUCTION_COUNT; i++)
        nearest_offer(&nearest, rules[i].name);
    const char *meant = nearest_answer(&nearest);
    struct text_place place =
        *keyword != '\0' ? keyword_place(trial) : trial->instruction->range.begin;
    return dockerfile_fail(trial->file, place, trial->err,
                           meant != NULL ? "unknown instruction: %s (did you mean %s?)"
                                         : "unknown instruction: %s",
                           keyword, meant);
}

bool instruction_judge(const struct dockerfile *file, struct instruction *instruction,
                       struct err *err)
{
    const struct trial trial = {file, instruction, err};
    if (instruction->kind == INSTRUCTION_COUNT)
        return unknown_instruction(&trial);
    enum order order = rules[instruction->kind].order;
    if (order == FLAGS_FIRST)
        return judge_flags(&trial) && judge_count(&trial) && judge_rest(&trial);
    if (!judge_count(&trial))
        return false;
    if (instruction->kind == INSTRUCTION_HEALTHCHECK)
        return judge_healthcheck(&trial);
    if (instruction->kind == INSTRUCTION_FROM && !judge_from(&trial))
        return false;
    return (order == FLAGS_UNREAD || judge_flags(&trial)) && judge_rest(&trial);
}
