/* A shared object, which a program opens with dlopen. */
#include "check/host_node.h"
#include "check/judging.h"
#include "check/python.h"
#include "verdict/words.h"

/* Nothing is loaded where the host itself does not start: its words are what is seen. */
static void host_ends(struct judging *judging)
{
    struct host_failure *failure = &judging->host.failure;
    if (!judging->host.failed)
        return;
    result_words(judging, &failure->words);
    judging->subject->runtime = result_text(judging, failure->runtime);
    judging->subject->error = failure->error != 0 ? err_symbol(failure->error) : NULL;
    judging->subject->phase = failure->words.phase;
    words_free(&failure->words);
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
    finding->fix = host_node_rebuild(path, &judging->scratch);
    if (finding->fix == NULL)
        finding->fix = arena_format(&judging->scratch, "Take the build of it for %s.",
                                    judging->target->platform->name);
}

/* What the host says of an object for another machine, all of which the finding tells. */
static void words_of_foreign(struct judging *judging, const struct exec_result *exec)
{
    struct replay replay = {.arena = &judging->scratch};
    struct words words;
    target_loader_call(target_loader_kind(exec->interp_elf))(
        judging->target->facts, &judging->process, exec, true, &replay);
    words_of_start(&replay, true, &words);
    host_words(judging->target, &judging->process, &judging->host, exec->program, &words,
               &judging->scratch);
    words.phase = WILLRUN_PHASE_LOAD;
    judging_conclude(judging, &words);
    result_words(judging, &words);
    words_free(&words);
    replay_free(&replay);
}

static void loader_unreadable(struct judging *judging, const char *path,
                              const struct target_libc *libc)
{
    struct willrun_finding *finding =
        finding_add(&judging->findings, RULE_UNREADABLE,
                    "willrun cannot read %s, the dynamic loader that loads %s: %s", libc->unread,
                    path, err_text(libc->error));
    finding->object = libc->unread;
    finding->fix = "Run willrun as a user who may read the root.";
    judging_conclude(judging, &(struct words){.phase = WILLRUN_PHASE_NONE});
}

static void no_loader(struct judging *judging, const char *path)
{
    struct willrun_finding *finding = finding_add(
        &judging->findings, RULE_INTERPRETER_MISSING,
        "the target has no dynamic loader for %s, so nothing in it can load %s",
        judging->subject->platform != NULL ? judging->subject->platform : "its machine", path);
    finding->object = path;
    finding->fix = "Use a runtime image with a libc, or link the program statically.";
    judging_conclude(judging, &(struct words){.phase = WILLRUN_PHASE_LOAD});
}

/* Who opens it, and by which loader; false: that is decided already. */
static bool find_opener(struct judging *judging, const char *path, const struct elf_facts *elf,
                        bool foreign, struct target_libc *libc)
{
    struct host *host = &judging->host;
    size_t before = judging->findings.list.count;
    host_find(judging->target, &judging->process, path, elf, &judging->findings, host);
    judging->subject->plugin = host->plugin != NULL ? host->plugin->name : NULL;
    judging->subject->host = host->known ? result_text(judging, host->exec.program) : NULL;
    if (host->known)
        *libc = (struct target_libc){.kind = target_loader_kind(host->exec.interp_elf),
                                     .node = host->exec.interp,
                                     .elf = host->exec.interp_elf};
    if (foreign) {
        judging->findings.list.count = before; /* with or without a host */
        platform_refused(judging, path, elf);
        if (!host->known)
            judging_conclude(judging, &(struct words){.phase = WILLRUN_PHASE_LOAD});
        return host->known;
    }
    if (host->known || target_loader_for(judging->target->facts, elf, libc))
        return true;
    if (libc->unread != NULL)
        loader_unreadable(judging, path, libc);
    else
        no_loader(judging, path);
    return false;
}

static void open_object(struct judging *judging, const char *path, const struct node *node,
                        const struct elf_facts *elf)
{
    const struct target *target = judging->target;
    const struct host *host = &judging->host;
    struct target_libc libc = {0};
    if (elf->state != ELF_WHOLE)
        judging_malformed(judging, path, elf);
    bool foreign = target->platform != NULL && !platform_runs(target->platform, elf);
    if (!find_opener(judging, path, elf, foreign, &libc))
        return;
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
        judging_loader_unknown(judging, libc.path);
    else if (!python_takes(target, &judging->process, &judging->host, path, &judging->findings))
        judging_conclude(judging, &(struct words){.phase = WILLRUN_PHASE_NONE});
    else
        judging_replay(judging, &exec, true, target_loader_call(libc.kind));
}

void judging_dlopen(struct judging *judging, const char *path, const struct node *node,
                    const struct elf_facts *elf)
{
    open_object(judging, path, node, elf);
    host_ends(judging);
}
