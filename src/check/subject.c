#include "check/subject.h"
#include "check/start.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check/companion.h"
#include "check/host.h"
#include "check/later.h"
#include "check/python.h"
#include "check/supply.h"
#include "check/versions.h"
#include "replay/musl.h"
#include "root/copy.h"
#include "verdict/findings.h"
#include "verdict/words.h"

/* ---- the target's loader ---- */

static bool is_glibc_loader(const struct elf_facts *elf)
{
    return elf->glibc_release != NULL || elf->system_dir_count != 0 ||
           (elf->soname != NULL && strncmp(elf->soname, "ld-linux", 8) == 0);
}

enum willrun_libc target_loader_kind(const struct elf_facts *elf)
{
    if (musl_is_loader(elf))
        return WILLRUN_LIBC_MUSL;
    return is_glibc_loader(elf) ? WILLRUN_LIBC_GLIBC : WILLRUN_LIBC_UNKNOWN;
}

static bool try_loader(struct facts *facts, const struct platform *platform, const char *path,
                       struct target_libc *libc)
{
    int error;
    if (path == NULL)
        return false;
    const struct node *node =
        root_lookup(facts_root(facts), NULL, path, NULL, LOOKUP_FOLLOW, &error);
    if (node == NULL || node->type != NODE_FILE)
        return false;
    const struct file_facts *file = facts_of(facts, node);
    if (file->kind == FILE_UNREADABLE)
        *libc = (struct target_libc){.kind = WILLRUN_LIBC_NONE, .unread = path, .error = file->error};
    if (file->kind != FILE_ELF || platform_of_elf(file->elf) == NULL ||
        platform_of_elf(file->elf)->machine != platform->machine ||
        file->elf->wide != platform->wide || file->elf->big != platform->big)
        return false;
    *libc = (struct target_libc){.kind = target_loader_kind(file->elf),
                                 .path = path,
                                 .node = node,
                                 .elf = file->elf,
                                 .version = file->elf->musl_release != NULL
                                                ? file->elf->musl_release
                                                : glibc_release(facts, file->elf)};
    return true;
}

void target_find_libc(struct facts *facts, const struct platform *platform,
                      struct target_libc *libc)
{
    *libc = (struct target_libc){.kind = WILLRUN_LIBC_NONE};
    if (platform == NULL || try_loader(facts, platform, platform->glibc_interp, libc))
        return;
    try_loader(facts, platform, platform->musl_interp, libc);
}

void target_find_platform(struct target *target)
{
    target_find_libc(target->facts, target->platform, &target->libc);
    for (const struct platform *row = platforms;
         target->platform == NULL && target->libc.unread == NULL && row->name != NULL; row++) {
        target_find_libc(target->facts, row, &target->libc);
        if (target->libc.node != NULL)
            target->platform = row;
    }
}

/* ---- what a file is ---- */

/* A library may have an interpreter, too (libc.so.6, libcap): with execute
 * permission it is a program, without it what its soname says. */
static bool is_program(const struct elf_facts *elf, const struct node *node)
{
    if (elf->type == ET_EXEC || (elf->dt_flags_1 & DF_1_PIE))
        return true;
    if (elf->interp != NULL)
        return elf->soname == NULL || (node->mode & 0111) != 0;
    /* static-pie of linkers that do not set DF_1_PIE (old ones, Go's) */
    return elf->type == ET_DYN && elf->needed_count == 0 && elf->soname == NULL &&
           elf->entry != 0 && elf->ref_count == 0 && (node->mode & 0111) != 0;
}

/* Files of debug information keep the headers and none of the bytes; guile and
 * eBPF keep code for machines of their own in ELF files. */
static bool is_loadable(const struct elf_facts *elf)
{
    bool bytes = elf->phdrs == NULL;
    for (size_t i = 0; elf->phdrs != NULL && i < elf->phnum; i++)
        bytes |= elf->phdrs[i].p_type == PT_LOAD && elf->phdrs[i].p_filesz != 0;
    return bytes && !(elf->has_dynamic && elf->dynamic_size == 0) && elf->machine != EM_NONE &&
           elf->machine != EM_BPF;
}

bool subject_is_worth(const struct node *node, const struct file_facts *file)
{
    if (file->kind == FILE_SCRIPT)
        return (node->mode & 0111) != 0;
    if (file->kind != FILE_ELF)
        return false;
    const struct elf_facts *elf = file->elf;
    return elf->state != ELF_WHOLE ||
           ((elf->type == ET_EXEC || elf->type == ET_DYN) && is_loadable(elf));
}

static enum willrun_linkage linkage_of(const struct elf_facts *elf)
{
    if (elf->interp != NULL || elf->needed_count != 0 || elf->soname != NULL)
        return WILLRUN_DYNAMIC;
    return elf->type == ET_DYN ? WILLRUN_STATIC_PIE : WILLRUN_STATIC;
}

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* The libc family that a file was built for, by its interpreter, then by what it needs. */
static enum willrun_libc libc_of(const struct elf_facts *elf)
{
    static const struct {
        const char *part;
        enum willrun_libc libc;
    } interpreters[] = {{"ld-musl", WILLRUN_LIBC_MUSL},
                        {"uClibc", WILLRUN_LIBC_UCLIBC},
                        {"/system/bin/linker", WILLRUN_LIBC_BIONIC},
                        {"ld-linux", WILLRUN_LIBC_GLIBC},
                        {"ld64.so", WILLRUN_LIBC_GLIBC},
                        {"ld.so.1", WILLRUN_LIBC_GLIBC}},
      needs[] = {{"libc.so.6", WILLRUN_LIBC_GLIBC}, {"ld-linux", WILLRUN_LIBC_GLIBC},
                 {"libm.so.6", WILLRUN_LIBC_GLIBC}, {"libpthread.so.0", WILLRUN_LIBC_GLIBC},
                 {"libc.musl-", WILLRUN_LIBC_MUSL}, {"libc.so.0", WILLRUN_LIBC_UCLIBC},
                 {"libc.so", WILLRUN_LIBC_MUSL}};
    for (size_t i = 0; elf->interp != NULL && i < sizeof interpreters / sizeof *interpreters; i++)
        if (strstr(elf->interp, interpreters[i].part) != NULL)
            return interpreters[i].libc;
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
        for (size_t j = 0; j < elf->needed_count; j++)
            if (starts_with(elf->needed[j], needs[i].part))
                return needs[i].libc;
    return elf->interp != NULL ? WILLRUN_LIBC_UNKNOWN : WILLRUN_LIBC_NONE;
}

/* ---- from the replay to the result ---- */

struct judging {
    const struct target *target;
    struct memo *memo;
    struct arena *arena;  /* of the result */
    struct arena scratch; /* of this subject's replay */
    struct process process;
    struct findings findings;
    struct willrun_subject *subject;
    struct host host; /* of a shared object */
    bool own; /* what the user brings or starts, and not just one of the root's many files */
};

static size_t *result_indices(struct judging *judging, const struct replay *replay,
                              const size_t *place, size_t object, size_t *count)
{
    const struct loaded *from = &replay->objects.at[object];
    size_t *needs = arena_array(judging->arena, from->need_count + 1, sizeof *needs);
    *count = 0;
    for (size_t i = 0; i < from->need_count; i++) {
        size_t at = place[from->needs[i]];
        if (at != SIZE_MAX)
            needs[(*count)++] = at;
    }
    return needs;
}

/* A path with a slash at its end is a folder, in which nothing can be looked for. */
static const char *outcome_of(const struct event *event)
{
    size_t length = strlen(event->path);
    bool folder = length != 0 && event->path[length - 1] == '/';
    if (folder && event->refusal == REFUSED_ERRNO && event->error == ENOENT)
        return "no such folder";
    return words_of_outcome(event->refusal, event->error);
}

/* Every path that was looked at for an object, from EV_CONSIDERED. */
static void keep_trail(struct judging *judging, const struct replay *replay,
                       const struct loaded *object, struct willrun_object *out)
{
    struct VEC(struct willrun_trail) trail = {0};
    for (size_t i = 0; i < replay->events.count; i++) {
        const struct event *event = &replay->events.at[i];
        if (event->kind == EV_CONSIDERED && strcmp(event->name, object->name) == 0 &&
            (event->by == object->by || event->by <= 0))
            *vec_push(&trail) =
                (struct willrun_trail){arena_string(judging->arena, event->path), event->via,
                                       arena_string(judging->arena, outcome_of(event))};
    }
    struct willrun_trail *kept = arena_array(judging->arena, trail.count + 1, sizeof *kept);
    if (trail.count != 0)
        memcpy(kept, trail.at, trail.count * sizeof *kept);
    out->trail = kept;
    out->trail_count = trail.count;
    vec_free(&trail);
}

/* The first object that names `index` among its needs. */
static int first_user(const struct replay *replay, int index)
{
    for (size_t i = 0; i < replay->order_count; i++) {
        const struct loaded *object = &replay->objects.at[replay->order[i]];
        for (size_t j = 0; j < object->need_count; j++)
            if (object->needs[j] == index)
                return replay->order[i];
    }
    return -1;
}

static void keep_object(struct judging *judging, const struct replay *replay, int index,
                        struct willrun_object *out)
{
    const struct loaded *object = &replay->objects.at[index];
    int by = object->by < 0 && object->via != WILLRUN_VIA_PRELOAD ? first_user(replay, index)
                                                                  : object->by;
    const char *name = object->name;
    if (object->builtin && replay->loader == LIBC_GLIBC && object->elf->soname != NULL)
        name = object->elf->soname;
    out->name = arena_string(judging->arena, name);
    out->path = arena_string(judging->arena, object->path);
    out->needed_by = by >= 0 ? arena_string(judging->arena,
                                            by == 0 ? replay->argv0 : replay->objects.at[by].path)
                             : NULL;
    out->via = object->via;
    if (judging->process.trail)
        keep_trail(judging, replay, object, out);
}

static void keep_objects(struct judging *judging, const struct replay *replay)
{
    struct willrun_subject *subject = judging->subject;
    size_t *place = must_alloc((replay->objects.count + 1) * sizeof *place);
    for (size_t i = 0; i < replay->objects.count; i++)
        place[i] = SIZE_MAX;
    size_t count = 0;
    for (size_t i = 0; i < replay->order_count; i++)
        if (replay->order[i] != 0)
            place[replay->order[i]] = count++;
    struct willrun_object *objects = arena_array(judging->arena, count + 1, sizeof *objects);
    for (size_t i = 0; i < replay->objects.count; i++) {
        if (place[i] == SIZE_MAX)
            continue;
        struct willrun_object *out = &objects[place[i]];
        keep_object(judging, replay, (int)i, out);
        out->needs = result_indices(judging, replay, place, i, &out->need_count);
    }
    subject->objects = objects;
    subject->object_count = count;
    subject->needs = result_indices(judging, replay, place, 0, &subject->need_count);
    free(place);
}

static const char *keep(struct judging *judging, const char *text)
{
    return arena_string(judging->arena, text);
}

/* What brings the library of the finding, where a stage has it. */
static void keep_supply(struct judging *judging, struct willrun_finding *finding)
{
    const struct supplies *supplies = &judging->findings.supplies;
    size_t at = 0;
    while (at < supplies->count &&
           (finding->object == NULL || strcmp(supplies->at[at].name, finding->object) != 0))
        at++;
    if (at == supplies->count)
        return;
    const struct supply *supply = &supplies->at[at];
    struct willrun_copy_line *lines =
        arena_array(judging->arena, supply->copy_count + 1, sizeof *lines);
    for (size_t i = 0; i < supply->copy_count; i++) {
        const struct willrun_copy_line *from = &supply->copies[i];
        const char **sources = arena_array(judging->arena, from->source_count + 1, sizeof *sources);
        for (size_t k = 0; k < from->source_count; k++)
            sources[k] = keep(judging, from->sources[k]);
        lines[i] = (struct willrun_copy_line){keep(judging, from->stage), sources,
                                              from->source_count, keep(judging, from->to)};
    }
    finding->copies = lines;
    finding->copy_count = supply->copy_count;
    finding->package = keep(judging, supply->package);
}

static void keep_findings(struct judging *judging)
{
    struct findings *findings = &judging->findings;
    struct willrun_finding *kept =
        arena_array(judging->arena, findings->list.count + 1, sizeof *kept);
    for (size_t i = 0; i < findings->list.count; i++) {
        const struct willrun_finding *from = &findings->list.at[i];
        kept[i] = (struct willrun_finding){.rule = from->rule,
                                           .severity = from->severity,
                                           .message = keep(judging, from->message),
                                           .object = keep(judging, from->object),
                                           .needed_by = keep(judging, from->needed_by),
                                           .symbol = keep(judging, from->symbol),
                                           .version = keep(judging, from->version),
                                           .fix = keep(judging, from->fix)};
        keep_supply(judging, &kept[i]);
    }
    judging->subject->findings = kept;
    judging->subject->finding_count = findings->list.count;
    vec_free(&findings->list);
    vec_free(&findings->supplies);
}

static void keep_words(struct judging *judging, const struct words *words)
{
    const char **lines = arena_array(judging->arena, words->lines.count + 1, sizeof *lines);
    for (size_t i = 0; i < words->lines.count; i++)
        lines[i] = keep(judging, words->lines.at[i]);
    judging->subject->stderr_lines = lines;
    judging->subject->stderr_count = words->lines.count;
    judging->subject->exit_status = words->exit_status;
}

/* Nothing is loaded where the host itself does not start: its words are what is seen. */
static void host_ends(struct judging *judging)
{
    struct host_failure *failure = &judging->host.failure;
    if (!judging->host.failed)
        return;
    keep_words(judging, &failure->words);
    judging->subject->runtime = keep(judging, failure->runtime);
    judging->subject->error = failure->error != 0 ? err_symbol(failure->error) : NULL;
    judging->subject->phase = failure->words.phase;
    words_free(&failure->words);
}

static bool has_severity(const struct judging *judging, enum willrun_severity severity)
{
    for (size_t i = 0; i < judging->findings.list.count; i++)
        if (judging->findings.list.at[i].severity == severity)
            return true;
    return false;
}

static void conclude(struct judging *judging, const struct words *words)
{
    struct willrun_subject *subject = judging->subject;
    subject->verdict = WILLRUN_RUNS;
    if (has_severity(judging, WILLRUN_ERROR)) {
        subject->verdict = WILLRUN_FAILS;
        subject->phase = words->phase != WILLRUN_PHASE_NONE ? words->phase : WILLRUN_PHASE_LOAD;
    } else if (findings_have(&judging->findings, RULE_HOST_UNKNOWN) ||
               findings_have(&judging->findings, RULE_MODULE_NOT_TAKEN) ||
               findings_have(&judging->findings, RULE_PLUGIN_ORDER) ||
               findings_have(&judging->findings, RULE_LOADER_UNKNOWN) ||
               findings_have(&judging->findings, RULE_UNREADABLE) ||
               findings_have(&judging->findings, RULE_VERSIONS_ONLY) ||
               findings_have(&judging->findings, RULE_PROFILE_PARTIAL) ||
               findings_have(&judging->findings, RULE_HOST_LIBRARY) ||
               findings_have(&judging->findings,
                             RULE_SCRIPT_UNREADABLE)) { /* where it is only a note */
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
    const struct later later = {judging->target, &judging->process, exec, replay, dlopen,
                                judging->own,    &judging->findings};
    if (has_severity(judging, WILLRUN_ERROR))
        return;
    if (replay != NULL) {
        later_try_opened(&later, replay);
        findings_of_opens(&judging->findings, replay);
        findings_of_mixes(&judging->findings, replay);
    }
    later_find(&later);
}

static void judge_replay(struct judging *judging, const struct exec_result *exec, bool dlopen,
                         replay_call *call)
{
    struct replay replay = {.arena = &judging->scratch};
    judging->process.opens = later_opens(judging->target, exec, judging->own, &judging->scratch);
    call(judging->target->facts, &judging->process, exec, dlopen, &replay);
    if (lacks_a_library(&replay) && !judging->process.trail) {
        replay_free(&replay); /* once more, with every path considered */
        replay = (struct replay){.arena = &judging->scratch};
        judging->process.trail = true;
        call(judging->target->facts, &judging->process, exec, dlopen, &replay);
    }
    struct load_order order;
    if (dlopen && load_order_apply(judging->target, &judging->host, &replay, exec,
                                   &judging->process, &judging->scratch, &order)) {
        replay_free(&replay); /* once more, with what is loaded before it */
        replay = (struct replay){.arena = &judging->scratch};
        call(judging->target->facts, &judging->process, exec, dlopen, &replay);
    }
    number_order(&replay);
    replay.host_known |= judging->host.row != NULL && judging->host.row->alone;
    struct words words;
    words_of_start(&replay, dlopen, &words);
    if (judging->host.known)
        host_judge(judging->target, &judging->process, &judging->host, &replay, &words,
                   &judging->findings);
    if (lacks_a_library(&replay) || lacks_opened(&replay))
        supplies_find(judging->target, &judging->process, exec, dlopen, &replay,
                      &judging->findings.supplies);
    findings_of_start(&judging->findings, &replay, dlopen, judging->target->libc.kind);
    if (dlopen) {
        companions_find(judging->target, &judging->host, &judging->process, exec, &order,
                        &judging->findings);
        host_advise(judging->target, &judging->host, exec->program, &judging->findings);
    }
    host_words(judging->target, &judging->process, &judging->host, exec->program, &words,
               &judging->scratch);
    judge_later(judging, exec, &replay, dlopen);
    conclude(judging, &words);
    if (judging->subject->verdict == WILLRUN_UNKNOWN)
        words.exit_status = -1, words.lines.count = 0;
    keep_words(judging, &words);
    keep_objects(judging, &replay);
    words_free(&words);
    replay_free(&replay);
}

/* ---- kinds of subject ---- */

static void loader_unknown(struct judging *judging, const char *interp)
{
    struct willrun_finding *finding = finding_add(
        &judging->findings, RULE_LOADER_UNKNOWN,
        "%s is neither glibc's nor musl's loader: what it does is not modelled", interp);
    finding->object = interp;
    judging->subject->verdict = WILLRUN_UNKNOWN;
}

static void malformed(struct judging *judging, const char *path, const struct elf_facts *elf)
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
        malformed(judging, exec->program, exec->elf);
    if (exec->interp == NULL) {
        judge_later(judging, exec, NULL, false);
        conclude(judging, &(struct words){.phase = WILLRUN_PHASE_NONE});
        return;
    }
    enum willrun_libc kind = target_loader_kind(exec->interp_elf);
    if (kind == WILLRUN_LIBC_GLIBC)
        judge_replay(judging, exec, false, glibc_replay);
    else if (kind == WILLRUN_LIBC_MUSL || gcompat_is_loader(judging->target->facts, exec->interp))
        judge_replay(judging, exec, false, musl_replay);
    else
        loader_unknown(judging, exec->elf->interp);
}

/* The runtime fails before it starts anything. */
static void judge_refused(struct judging *judging)
{
    const struct refused_start *refused = judging->target->refused;
    struct willrun_finding *finding =
        finding_add(&judging->findings, refused->rule, "%s", refused->message);
    finding->fix = refused->fix;
    judging->subject->runtime = keep(judging, refused->runtime);
    conclude(judging, &(struct words){.phase = WILLRUN_PHASE_EXEC});
}

/* Scripts, the program that ran first (env of a shebang line), the program. */
static void tell_starts(struct judging *judging, const struct exec_result *exec)
{
    const struct exec_result *wrapper = exec->wrapper;
    const char **starts = arena_array(judging->arena, exec->chain_count + 2, sizeof *starts);
    size_t count = 0;
    for (size_t i = 0; i < exec->chain_count; i++)
        starts[count++] = keep(judging, exec->chain[i]);
    if (wrapper != NULL && wrapper->program != NULL)
        starts[count++] = keep(judging, wrapper->program);
    if (exec->program != NULL)
        starts[count++] = keep(judging, exec->program);
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
    keep_words(judging, &words);
    subject->error = exec->error != 0 ? err_symbol(exec->error) : NULL;
    subject->runtime = keep(judging, words_of_runtime(exec, command, file, &judging->scratch));
    conclude(judging, &words);
    vec_free(&words.lines);
}

static void platform_refused(struct judging *judging, const char *path, const struct elf_facts *elf)
{
    const struct platform *own = platform_of_elf(elf);
    struct willrun_finding *finding = finding_add(
        &judging->findings, RULE_PLATFORM_MISMATCH,
        "%s is for %s, and the target is %s: no process there can load it", path,
        own != NULL ? own->name : platform_machine_name(elf->machine, elf->wide, elf->big),
        judging->target->platform->name);
    finding->object = path;
    finding->fix = arena_format(&judging->scratch, "Take the build of it for %s.",
                                judging->target->platform->name);
}

static replay_call *loader_call(enum willrun_libc kind)
{
    return kind == WILLRUN_LIBC_MUSL ? musl_replay : glibc_replay;
}

/* What the host says of an object for another machine, all of which the finding tells. */
static void words_of_foreign(struct judging *judging, const struct exec_result *exec)
{
    struct replay replay = {.arena = &judging->scratch};
    struct words words;
    loader_call(target_loader_kind(exec->interp_elf))(judging->target->facts, &judging->process,
                                                      exec, true, &replay);
    words_of_start(&replay, true, &words);
    host_words(judging->target, &judging->process, &judging->host, exec->program, &words,
               &judging->scratch);
    words.phase = WILLRUN_PHASE_LOAD;
    conclude(judging, &words);
    keep_words(judging, &words);
    words_free(&words);
    replay_free(&replay);
}

bool target_loader_for(struct facts *facts, const struct elf_facts *elf, struct target_libc *libc)
{
    const struct platform *own = platform_of_elf(elf);
    if (own == NULL)
        return false;
    if (libc_of(elf) == WILLRUN_LIBC_MUSL && try_loader(facts, own, own->musl_interp, libc))
        return true;
    target_find_libc(facts, own, libc);
    return libc->node != NULL;
}

/* ---- shared objects ---- */

static void judge_dlopen(struct judging *judging, const char *path, const struct node *node,
                         const struct elf_facts *elf)
{
    const struct target *target = judging->target;
    struct target_libc libc = {0};
    if (elf->state != ELF_WHOLE)
        malformed(judging, path, elf);
    bool foreign = target->platform != NULL && !platform_runs(target->platform, elf);
    struct host *host = &judging->host;
    size_t before = judging->findings.list.count;
    host_find(target, &judging->process, path, elf, &judging->findings, host);
    judging->subject->plugin = host->plugin != NULL ? host->plugin->name : NULL;
    judging->subject->host = host->known ? keep(judging, host->exec.program) : NULL;
    if (host->known)
        libc = (struct target_libc){.kind = target_loader_kind(host->exec.interp_elf),
                                    .node = host->exec.interp,
                                    .elf = host->exec.interp_elf};
    if (foreign) {
        judging->findings.list.count = before; /* with or without a host */
        platform_refused(judging, path, elf);
        if (!host->known)
            conclude(judging, &(struct words){.phase = WILLRUN_PHASE_LOAD});
    }
    if (foreign && !host->known)
        return;
    if (!host->known && !target_loader_for(target->facts, elf, &libc)) {
        struct willrun_finding *finding = finding_add(
            &judging->findings, RULE_INTERPRETER_MISSING,
            "the target has no dynamic loader for %s, so nothing in it can load %s",
            judging->subject->platform != NULL ? judging->subject->platform : "its machine", path);
        finding->object = path;
        finding->fix = "Use a runtime image with a libc, or link the program statically.";
        conclude(judging, &(struct words){.phase = WILLRUN_PHASE_LOAD});
        return;
    }
    if (host->row != NULL && host->known && host->row->real_path)
        path = node_path(node, &judging->scratch);
    struct exec_result exec = {.program = path,
                               .node = node,
                               .elf = elf,
                               .interp = libc.node,
                               .interp_elf = libc.elf,
                               .argv0 = path};
    if (foreign)
        words_of_foreign(judging, &exec);
    else if (libc.kind == WILLRUN_LIBC_UNKNOWN)
        loader_unknown(judging, libc.path);
    else if (!python_takes(target, &judging->process, host, path, &judging->findings))
        conclude(judging, &(struct words){.phase = WILLRUN_PHASE_NONE});
    else
        judge_replay(judging, &exec, true, loader_call(libc.kind));
}

static void judge_shared(struct judging *judging, const char *path, const struct node *node,
                         const struct elf_facts *elf)
{
    judge_dlopen(judging, path, node, elf);
    host_ends(judging);
}

static void describe_elf(struct judging *judging, const struct node *node,
                         const struct elf_facts *elf)
{
    struct willrun_subject *subject = judging->subject;
    const struct platform *own = platform_of_elf(elf);
    bool headless = elf->state == ELF_SHORT_HEADER || elf->state == ELF_BAD_HEADER;
    subject->kind =
        is_program(elf, node) || headless ? WILLRUN_KIND_EXECUTABLE : WILLRUN_KIND_SHARED_OBJECT;
    if (elf->type != ET_EXEC && elf->type != ET_DYN)
        subject->kind = WILLRUN_KIND_OTHER;
    subject->platform = own != NULL ? own->name : NULL;
    subject->libc = libc_of(elf);
    subject->interpreter = keep(judging, elf->interp);
    subject->linkage = linkage_of(elf);
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

/* willrun itself could not look: what the target would say is not known. */
static void unreadable(struct judging *judging, const struct asked *asked)
{
    struct willrun_finding *finding =
        finding_add(&judging->findings, RULE_UNREADABLE,
                    "willrun cannot read %s (%s), so what is there was not judged", asked->path,
                    err_text(asked->error));
    finding->object = asked->path;
    finding->fix = "Run willrun as a user who may read the root.";
    conclude(judging, &(struct words){.phase = WILLRUN_PHASE_NONE});
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
        subject->interpreter = keep(judging, file->script.interpreter);
    }
    return file;
}

static void tell_origin(struct judging *judging, const struct node *node)
{
    struct willrun_subject *subject = judging->subject;
    if (node != NULL &&
        node_origin(node, judging->arena, &subject->origin_stage, &subject->origin_path))
        subject->origin_stage = keep(judging, subject->origin_stage);
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
    conclude(judging, &(struct words){.phase = WILLRUN_PHASE_VERSION});
    return true;
}

/* It is of another platform, and what its package looks for in its place is not there. */
static void judge_no_choice(struct judging *judging, const struct no_choice *no_choice)
{
    struct willrun_finding *finding =
        finding_add(&judging->findings, no_choice->rule, "%s", no_choice->message);
    finding->object = no_choice->object;
    finding->fix = no_choice->fix;
    conclude(judging, &(struct words){.phase = WILLRUN_PHASE_LOAD});
}

static void judge(struct judging *judging, const struct asked *asked)
{
    const struct target *target = judging->target;
    struct willrun_subject *subject = judging->subject;
    struct exec_result exec = {0};
    const char *file =
        exec_find(target->facts, &judging->process, asked->path, &judging->scratch, &exec);
    if (file != NULL)
        subject->path = keep(judging, file);
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
    if (subject->kind == WILLRUN_KIND_SHARED_OBJECT && !asked->command)
        judge_shared(judging, subject->path, node, facts->elf);
    else if (target->refused != NULL)
        judge_refused(judging);
    else
        judge_exec(judging, asked->path, file, &exec);
    if (facts != NULL && facts->kind == FILE_ELF)
        compat_note(judging, facts->elf);
}

struct process target_process(const struct target *target, struct memo *memo)
{
    return (struct process){.env = target->env,
                            .cred = target->cred,
                            .cwd = target->cwd,
                            .platform = target->platform,
                            .cpu_level = target->cpu_level,
                            .trail = target->trail,
                            .memo = memo};
}

void subject_judge(const struct target *target, struct memo *memo, const struct asked *asked,
                   struct arena *arena, struct willrun_subject *subject)
{
    struct judging judging = {.target = target, .memo = memo, .arena = arena, .subject = subject};
    judging.process = target_process(target, memo);
    judging.findings.arena = &judging.scratch;
    judging.findings.advice = &target->advice;
    subject->path = arena_string(arena, asked->path);
    subject->exit_status = -1;
    subject->kind = WILLRUN_KIND_OTHER;
    if (asked->error != 0)
        unreadable(&judging, asked);
    else
        judge(&judging, asked);
    keep_findings(&judging);
    arena_free(&judging.scratch);
}
