#include "check/subject.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check/companion.h"
#include "check/file_kind.h"
#include "check/judging.h"
#include "check/later.h"
#include "check/start.h"
#include "check/supply.h"
#include "check/versions.h"
#include "replay/musl.h"
#include "root/copy.h"
#include "verdict/findings.h"
#include "verdict/words.h"

static bool has_severity(const struct judging *judging, enum willrun_severity severity)
{
    for (size_t i = 0; i < judging->findings.list.count; i++)
        if (judging->findings.list.at[i].severity == severity)
            return true;
    return false;
}

/* Findings that leave open what becomes of the subject, though they may be notes. */
static bool is_undecided(const struct judging *judging)
{
    static const enum rule rules[] = {
        RULE_HOST_UNKNOWN,    RULE_MODULE_NOT_TAKEN, RULE_PLUGIN_ORDER,
        RULE_LOADER_UNKNOWN,  RULE_UNREADABLE,       RULE_VERSIONS_ONLY,
        RULE_PROFILE_PARTIAL, RULE_HOST_LIBRARY,     RULE_SCRIPT_UNREADABLE};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (findings_have(&judging->findings, rules[i]))
            return true;
    return false;
}

void judging_conclude(struct judging *judging, const struct words *words)
{
    struct willrun_subject *subject = judging->subject;
    subject->verdict = WILLRUN_RUNS;
    if (has_severity(judging, WILLRUN_ERROR)) {
        subject->verdict = WILLRUN_FAILS;
        subject->phase = words->phase != WILLRUN_PHASE_NONE ? words->phase : WILLRUN_PHASE_LOAD;
    } else if (is_undecided(judging)) {
        subject->verdict = WILLRUN_UNKNOWN;
    } else if (has_severity(judging, WILLRUN_WARNING)) {
        subject->verdict = WILLRUN_DEGRADED;
        subject->phase = WILLRUN_PHASE_RUN;
    }
}

static bool lacks_a_library(const struct replay *replay)
{
    for (size_t i = 0; i < replay->events.count; i++)
        if (replay->events.at[i].kind == EV_NOT_FOUND)
            return true;
    return false;
}

/* … that the process opens later? */
static bool lacks_opened(const struct replay *replay)
{
    for (size_t i = 0; i < replay->events.count; i++)
        if (replay->events.at[i].kind == EV_OPENS && replay->events.at[i].path == NULL)
            return true;
    return false;
}

static void number_order(struct replay *replay)
{
    if (replay->order != NULL)
        return;
    int *order = arena_array(replay->arena, replay->objects.count + 1, sizeof *order);
    for (size_t i = 0; i < replay->objects.count; i++)
        order[i] = (int)i;
    replay->order = order;
    replay->order_count = replay->objects.count;
}

/* What the process meets behind its start. */
static void judge_later(struct judging *judging, const struct exec_result *exec,
                        struct replay *replay, bool dlopen)
{
    const struct later later = {
        judging->target, &judging->process, exec,          replay,
        dlopen,          judging->own,      judging->runs, &judging->findings};
    if (has_severity(judging, WILLRUN_ERROR))
        return;
    if (replay != NULL) {
        later_try_opened(&later, replay);
        findings_of_opens(&judging->findings, replay);
        findings_of_mixes(&judging->findings, replay);
    }
    later_find(&later);
}

struct replaying {
    const struct exec_result *exec;
    bool dlopen;
    replay_call *call;
    struct replay replay;
    struct load_order order; /* of a shared object */
};

static void replay_anew(struct judging *judging, struct replaying *replaying)
{
    replay_free(&replaying->replay);
    replaying->replay = (struct replay){.arena = &judging->scratch};
    replaying->call(judging->target->facts, &judging->process, replaying->exec, replaying->dlopen,
                    &replaying->replay);
}

static void replay_whole(struct judging *judging, struct replaying *replaying)
{
    const struct replay *replay = &replaying->replay;
    judging->process.opens =
        later_opens(judging->target, replaying->exec, judging->own, &judging->scratch);
    replay_anew(judging, replaying);
    if (lacks_a_library(replay) && !judging->process.trail) {
        judging->process.trail = true; /* once more, with every path considered */
        replay_anew(judging, replaying);
    }
    if (replaying->dlopen &&
        load_order_apply(judging->target, &judging->host, replay, replaying->exec,
                         &judging->process, &judging->scratch, &replaying->order))
        replay_anew(judging, replaying); /* once more, with what is loaded before it */
    number_order(&replaying->replay);
    replaying->replay.host_known |= judging->host.row != NULL && judging->host.row->alone;
}

static void find_at_start(struct judging *judging, const struct replaying *replaying)
{
    const struct replay *replay = &replaying->replay;
    const struct exec_result *exec = replaying->exec;
    if (lacks_a_library(replay) || lacks_opened(replay))
        supplies_find(judging->target, &judging->process, exec, replaying->dlopen, replay,
                      &judging->findings.supplies);
    findings_of_start(&judging->findings, replay, replaying->dlopen, judging->target->libc.kind);
    if (!replaying->dlopen)
        return;
    companions_find(judging->target, &judging->host, &judging->process, exec, &replaying->order,
                    &judging->findings);
    host_advise(judging->target, &judging->host, exec, &judging->findings);
}

void judging_replay(struct judging *judging, const struct exec_result *exec, bool dlopen,
                    replay_call *call)
{
    struct replaying replaying = {.exec = exec, .dlopen = dlopen, .call = call};
    struct words words;
    replay_whole(judging, &replaying);
    words_of_start(&replaying.replay, dlopen, &words);
    if (judging->host.known)
        host_judge(judging->target, &judging->process, &judging->host, &replaying.replay, &words,
                   &judging->findings);
    find_at_start(judging, &replaying);
    host_words(judging->target, &judging->process, &judging->host, exec->program, &words,
               &judging->scratch);
    judge_later(judging, exec, &replaying.replay, dlopen);
    judging_conclude(judging, &words);
    if (judging->subject->verdict == WILLRUN_UNKNOWN)
        words.exit_status = -1, words.lines.count = 0;
    result_words(judging, &words);
    result_objects(judging, &replaying.replay);
    words_free(&words);
    replay_free(&replaying.replay);
}

/* ---- kinds of subject ---- */

void judging_loader_unknown(struct judging *judging, const char *interp)
{
    struct willrun_finding *finding = finding_add(
        &judging->findings, RULE_LOADER_UNKNOWN,
        "%s is neither glibc's nor musl's loader: what it does is not modelled", interp);
    finding->object = interp;
    judging->subject->verdict = WILLRUN_UNKNOWN;
}

void judging_malformed(struct judging *judging, const char *path, const struct elf_facts *elf)
{
    struct willrun_finding *finding = finding_add(
        &judging->findings, RULE_ELF_MALFORMED, "%s is malformed at offset %llu: expected %s", path,
        (unsigned long long)elf->trouble_at, elf->trouble);
    finding->object = path;
    finding->fix = "Copy the file again; it may have been truncated or overwritten.";
}

static void judge_start(struct judging *judging, const struct exec_result *exec);

/* env of a shebang line starts first, and may fail by itself. */
static bool judge_wrapper(struct judging *judging, const struct exec_result *exec)
{
    if (exec->wrapper == NULL)
        return true;
    judge_start(judging, exec->wrapper);
    return judging->subject->verdict == WILLRUN_RUNS ||
           judging->subject->verdict == WILLRUN_DEGRADED;
}

static void judge_start(struct judging *judging, const struct exec_result *exec)
{
    if (!judge_wrapper(judging, exec))
        return;
    if (exec->env != NULL)
        judging->process.env = exec->env;
    if (exec->elf->state != ELF_WHOLE)
        judging_malformed(judging, exec->program, exec->elf);
    if (exec->interp == NULL) {
        judge_later(judging, exec, NULL, false);
        judging_conclude(judging, &(struct words){.phase = WILLRUN_PHASE_NONE});
        return;
    }
    enum willrun_libc kind = target_loader_kind(exec->interp_elf);
    if (kind == WILLRUN_LIBC_GLIBC)
        judging_replay(judging, exec, false, glibc_replay);
    else if (kind == WILLRUN_LIBC_MUSL || gcompat_is_loader(judging->target->facts, exec->interp))
        judging_replay(judging, exec, false, musl_replay);
    else
        judging_loader_unknown(judging, exec->elf->interp);
}

/* The runtime fails before it starts anything, or who it starts is not known. */
static void judge_refused(struct judging *judging)
{
    const struct refused_start *refused = judging->target->refused;
    struct willrun_finding *finding =
        finding_add(&judging->findings, refused->rule, "%s", refused->message);
    finding->fix = refused->fix;
    judging->subject->runtime = result_text(judging, refused->runtime);
    judging_conclude(judging,
                     &(struct words){.phase = refused->runtime != NULL ? WILLRUN_PHASE_EXEC
                                                                       : WILLRUN_PHASE_NONE});
}

/* Scripts, the program that ran first (env of a shebang line), the program. */
static void tell_starts(struct judging *judging, const struct exec_result *exec)
{
    const struct exec_result *wrapper = exec->wrapper;
    const char **starts = arena_array(judging->arena, exec->chain_count + 2, sizeof *starts);
    size_t count = 0;
    for (size_t i = 0; i < exec->chain_count; i++)
        starts[count++] = result_text(judging, exec->chain[i]);
    if (wrapper != NULL && wrapper->program != NULL)
        starts[count++] = result_text(judging, wrapper->program);
    if (exec->program != NULL)
        starts[count++] = result_text(judging, exec->program);
    judging->subject->starts = starts;
    judging->subject->start_count = count;
}

/* What becomes of `command`, which `file` was found for (NULL: nothing was). */
static void judge_exec(struct judging *judging, const char *command, const char *file,
                       struct exec_result *exec)
{
    struct willrun_subject *subject = judging->subject;
    if (file != NULL) {
        exec_replay(judging->target->facts, &judging->process, file, &judging->scratch, exec);
        if (exec->chain_count == 0)
            exec->argv0 = command;
        tell_starts(judging, exec);
    }
    if (file != NULL && exec->reason == EXEC_OK) {
        judge_start(judging, exec);
        return;
    }
    if (!judge_wrapper(judging, exec))
        return;
    findings_of_exec(&judging->findings, exec, file != NULL ? file : command,
                     judging->target->platform, judging->target->libc.kind);
    struct words words;
    words_of_exec(&words, exec, &judging->scratch);
    result_words(judging, &words);
    subject->error = exec->error != 0 ? err_symbol(exec->error) : NULL;
    subject->runtime =
        result_text(judging, words_of_runtime(exec, command, file, &judging->scratch));
    judging_conclude(judging, &words);
    vec_free(&words.lines);
}

static void describe_elf(struct judging *judging, const struct node *node,
                         const struct elf_facts *elf)
{
    struct willrun_subject *subject = judging->subject;
    const struct platform *own = platform_of_elf(elf);
    bool headless = elf->state == ELF_SHORT_HEADER || elf->state == ELF_BAD_HEADER;
    subject->kind = file_is_program(elf, node) || headless ? WILLRUN_KIND_EXECUTABLE
                                                           : WILLRUN_KIND_SHARED_OBJECT;
    if (elf->type != ET_EXEC && elf->type != ET_DYN)
        subject->kind = WILLRUN_KIND_OTHER;
    subject->platform = own != NULL ? own->name : NULL;
    subject->libc = file_libc(elf);
    subject->interpreter = result_text(judging, elf->interp);
    subject->linkage = file_linkage(elf);
}

static void compat_note(struct judging *judging, const struct elf_facts *elf)
{
    const struct platform *own = platform_of_elf(elf), *asked = judging->target->platform;
    if (own == NULL || asked == NULL || own->machine == asked->machine ||
        judging->subject->verdict == WILLRUN_FAILS)
        return;
    finding_add(&judging->findings, RULE_PLATFORM_COMPAT,
                "%s is for %s; a %s kernel runs it where its compat layer is on",
                judging->subject->path, own->name, asked->name);
}

static void tell_origin(struct judging *judging, const struct node *node)
{
    struct willrun_subject *subject = judging->subject;
    if (node != NULL &&
        node_origin(node, judging->arena, &subject->origin_stage, &subject->origin_path))
        subject->origin_stage = result_text(judging, subject->origin_stage);
}

/* willrun itself could not look: what the target would say is not known. */
static void tell_unread(struct judging *judging, const char *path, int error)
{
    struct willrun_finding *finding = finding_add(
        &judging->findings, RULE_UNREADABLE,
        "willrun cannot read %s (%s), so what is there was not judged", path, err_text(error));
    finding->object = path;
    finding->fix = "Run willrun as a user who may read the root.";
    judging_conclude(judging, &(struct words){.phase = WILLRUN_PHASE_NONE});
}

static void unreadable(struct judging *judging, const struct asked *asked)
{
    int error;
    tell_origin(judging, root_lookup(facts_root(judging->target->facts), NULL, asked->path, NULL,
                                     LOOKUP_FOLLOW, &error));
    tell_unread(judging, asked->path, asked->error);
}

/* A walk of the process met a place that the kernel would have seen: whatever was found without it
 * does not count. */
static void forget(struct judging *judging, const struct root_refusal *refusal)
{
    struct willrun_subject *subject = judging->subject;
    judging->findings.list.count = 0;
    judging->findings.supplies.count = 0;
    subject->phase = WILLRUN_PHASE_NONE;
    subject->exit_status = -1;
    subject->error = subject->runtime = NULL;
    subject->stderr_count = subject->object_count = subject->need_count = 0;
    tell_unread(judging, refusal->path, refusal->error);
}

/* Tell what the file of the subject is; NULL: there is no regular one. */
static const struct file_facts *describe(struct judging *judging, const struct node *node)
{
    struct willrun_subject *subject = judging->subject;
    const struct file_facts *file =
        node != NULL && node->type == NODE_FILE ? facts_of(judging->target->facts, node) : NULL;
    subject->kind = WILLRUN_KIND_OTHER;
    if (file != NULL && file->kind == FILE_ELF)
        describe_elf(judging, node, file->elf);
    if (file != NULL && file->kind == FILE_SCRIPT) {
        subject->kind = WILLRUN_KIND_SCRIPT;
        subject->interpreter = result_text(judging, file->script.interpreter);
    }
    return file;
}

/* An image whose files are not known, and a file that they would decide on. */
static bool judge_versions(struct judging *judging, const struct file_facts *file)
{
    const struct target *target = judging->target;
    if (target->versions == NULL || file == NULL || !versions_decide(file) ||
        (file->kind == FILE_ELF && target->platform != NULL &&
         !platform_runs(target->platform, file->elf)))
        return false;
    versions_judge(target->versions, file, judging->subject->path, target->cpu_level,
                   &judging->findings);
    judging_conclude(judging, &(struct words){.phase = WILLRUN_PHASE_VERSION});
    return true;
}

static void judge_no_choice(struct judging *judging, const struct no_choice *no_choice)
{
    struct willrun_finding *finding =
        finding_add(&judging->findings, no_choice->rule, "%s", no_choice->message);
    finding->object = no_choice->object;
    finding->fix = no_choice->fix;
    judging_conclude(judging, &(struct words){.phase = no_choice->phase});
}

static void judge(struct judging *judging, const struct asked *asked)
{
    const struct target *target = judging->target;
    struct willrun_subject *subject = judging->subject;
    struct exec_result exec = {0};
    const char *file =
        exec_find(target->facts, &judging->process, asked->path, &judging->scratch, &exec);
    if (file != NULL)
        subject->path = result_text(judging, file);
    int error;
    const struct node *node = root_lookup(facts_root(target->facts), target->cwd, subject->path,
                                          NULL, LOOKUP_FOLLOW, &error);
    judging->own = asked->command || (node != NULL && node_copy(node) != 0);
    tell_origin(judging, node);
    const struct file_facts *facts = describe(judging, node);
    if (asked->no_choice != NULL) {
        judge_no_choice(judging, asked->no_choice);
        return;
    }
    if (judge_versions(judging, facts))
        return;
    bool opened = subject->kind == WILLRUN_KIND_SHARED_OBJECT && !asked->command;
    if (opened && (target->refused == NULL || target->refused->runtime != NULL))
        judging_dlopen(judging, subject->path, node, facts->elf);
    else if (target->refused != NULL)
        judge_refused(judging);
    else
        judge_exec(judging, asked->path, file, &exec);
    if (facts != NULL && facts->kind == FILE_ELF)
        compat_note(judging, facts->elf);
}

void subject_judge(const struct target *target, struct memo *memo, const struct asked *asked,
                   struct arena *arena, struct willrun_subject *subject)
{
    struct judging judging = {.target = target, .memo = memo, .arena = arena, .subject = subject};
    judging.process = target_process(target, memo);
    judging.runs = asked->runs;
    judging.findings.arena = &judging.scratch;
    judging.findings.advice = &target->advice;
    subject->path = arena_string(arena, asked->path);
    subject->exit_status = -1;
    subject->kind = WILLRUN_KIND_OTHER;
    size_t refused = root_refused().count;
    if (asked->error != 0)
        unreadable(&judging, asked);
    else
        judge(&judging, asked);
    struct root_refusal refusal = root_refused();
    if (refusal.count != refused && subject->verdict != WILLRUN_UNKNOWN)
        forget(&judging, &refusal);
    result_findings(&judging);
    arena_free(&judging.scratch);
}
