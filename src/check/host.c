#include "check/host.h"

#include <string.h>

#include "check/host_apache.h"
#include "check/host_java.h"
#include "check/host_nginx.h"
#include "check/host_node.h"
#include "check/host_perl.h"
#include "check/host_php.h"
#include "check/host_postgres.h"
#include "check/python.h"

struct finding_host {
    const struct target *target;
    struct process *process;
    const char *path; /* of the object */
    struct findings *findings;
    struct host *host;
};

static enum willrun_libc loader_of(const struct exec_result *exec)
{
    return exec->interp != NULL ? target_loader_kind(exec->interp_elf) : WILLRUN_LIBC_NONE;
}

/* What the loader of `exec` prints for its start, in the arena of the findings. */
static void words_of_host(const struct finding_host *finding_host, const struct exec_result *exec,
                          struct words *words)
{
    struct replay replay = {.arena = finding_host->findings->arena};
    replay_call *call = target_loader_call(loader_of(exec));
    call(finding_host->target->facts, finding_host->process, exec, false, &replay);
    words_of_start(&replay, false, words);
    replay_free(&replay);
}

/* What came of starting `program`; `found`: it is there. */
static void host_fails(const struct finding_host *finding_host, const char *program, bool found,
                       const struct exec_result *exec)
{
    struct findings *findings = finding_host->findings;
    struct host_failure *failure = &finding_host->host->failure;
    struct willrun_finding *finding = finding_add(
        findings, RULE_HOST_FAILS, "the program %s, which is to load %s, does not start itself",
        program, finding_host->path);
    finding->object = program;
    finding->fix = arena_format(findings->arena, "Check it alone: willrun check %s.", program);
    finding_host->host->failed = true;
    if (found && exec->reason == EXEC_OK) {
        words_of_host(finding_host, exec, &failure->words);
        return;
    }
    words_of_exec(&failure->words, exec, findings->arena);
    failure->error = exec->error;
    failure->runtime = words_of_runtime(exec, found ? exec->argv0 : program, found ? program : NULL,
                                        findings->arena);
}

static void host_useless(const struct finding_host *finding_host, const char *program,
                         const char *why)
{
    struct willrun_finding *finding =
        finding_add(finding_host->findings, RULE_HOST_UNKNOWN,
                    "%s, which is to load it, %s: what it would offer is not known", program, why);
    finding->object = program;
    finding->fix = "Check the host first, and name a dynamic program of the target with --host.";
}

static void host_absent(const struct finding_host *finding_host)
{
    const struct plugin *plugin = finding_host->host->plugin;
    struct findings *findings = finding_host->findings;
    struct willrun_finding *finding = finding_add(
        findings, RULE_HOST_UNKNOWN, "%s is %s, and the target has no program that loads one",
        finding_host->path, plugin->what);
    finding->object = finding_host->path;
    finding->fix =
        arena_format(findings->arena,
                     "Give %s, or name the program that loads it with --host PATH.", plugin->give);
}

/* Would its loader bring the host to its entry point? */
static bool host_starts(const struct finding_host *finding_host, const struct exec_result *exec)
{
    struct memo *memo = finding_host->process->memo;
    if (memo_host(memo, exec->node)->asked)
        return memo_host(memo, exec->node)->starts;
    struct words words;
    words_of_host(finding_host, exec, &words);
    bool starts = words.phase == WILLRUN_PHASE_NONE;
    words_free(&words);
    memo_host(memo, exec->node)->asked = true;
    memo_host(memo, exec->node)->starts = starts;
    return starts;
}

static bool is_modelled(enum willrun_libc kind)
{
    return kind == WILLRUN_LIBC_GLIBC || kind == WILLRUN_LIBC_MUSL;
}

/* The program of --host. */
static bool find_named(const struct finding_host *finding_host)
{
    const struct target *target = finding_host->target;
    struct exec_result *exec = &finding_host->host->exec;
    struct arena *arena = finding_host->findings->arena;
    const char *file = exec_find(target->facts, finding_host->process, target->host, arena, exec);
    if (file != NULL)
        exec_replay(target->facts, finding_host->process, file, arena, exec);
    if (exec->chain_count == 0)
        exec->argv0 = target->host;
    if (file == NULL || exec->reason != EXEC_OK) {
        host_fails(finding_host, target->host, file != NULL, exec);
        return false;
    }
    if (exec->env != NULL)
        finding_host->process->env = exec->env;
    enum willrun_libc kind = loader_of(exec);
    if (kind == WILLRUN_LIBC_NONE)
        host_useless(finding_host, target->host, "is a static program");
    else if (!is_modelled(kind))
        host_useless(finding_host, target->host, "has a loader that is not modelled");
    else if (!host_starts(finding_host, exec))
        host_fails(finding_host, target->host, file != NULL, exec);
    else {
        finding_host->host->row = plugin_host_called(finding_host->host->plugin, exec->program);
        return true;
    }
    return false;
}

/* Only the first one accounts for the failure. */
static void keep_broken(const struct host_search *search, const struct exec_result *exec,
                        struct exec_result *broken)
{
    if (broken->program != NULL)
        return;
    *broken = *exec;
    broken->argv0 = search->commands[search->step - 1];
}

/* The first program that loads such plugins and starts; where none does, the first that is there
 * accounts for it. */
static bool find_by_kind(const struct finding_host *finding_host)
{
    struct host *host = finding_host->host;
    struct host_search search = {.plugin = host->plugin,
                                 .path = finding_host->path,
                                 .facts = finding_host->target->facts,
                                 .process = finding_host->process,
                                 .started = finding_host->target->started,
                                 .arena = finding_host->findings->arena};
    const char *useless = NULL;
    struct exec_result broken = {0};
    while (plugin_next_host(&search, &host->exec)) {
        enum willrun_libc kind = loader_of(&host->exec);
        bool starts = host->exec.reason == EXEC_OK && is_modelled(kind) &&
                      host_starts(finding_host, &host->exec);
        host->row = search.host;
        if (starts)
            return true;
        if (host->exec.reason == EXEC_OK && !is_modelled(kind))
            useless = useless != NULL ? useless : host->exec.program;
        else
            keep_broken(&search, &host->exec, &broken);
    }
    if (useless != NULL)
        host_useless(finding_host, useless, "is no dynamic program of a modelled loader");
    else if (broken.program != NULL)
        host_fails(finding_host, broken.program, true, &broken);
    else
        host_absent(finding_host);
    return false;
}

void host_find(const struct target *target, struct process *process, const char *path,
               const struct elf_facts *elf, struct findings *findings, struct host *host)
{
    *host = (struct host){0};
    if (target->host != NULL && strcmp(target->host, NO_HOST) == 0)
        return;
    host->plugin = plugin_of(path, elf);
    struct finding_host finding_host = {target, process, path, findings, host};
    if (target->host != NULL)
        host->known = find_named(&finding_host);
    else if (host->plugin != NULL && (host->row = plugin_any_host(host->plugin)) == NULL)
        host->known = find_by_kind(&finding_host);
    process->opens_lazily = host->row != NULL && host->row->lazily;
    if (!host->known)
        return;
    process->host = &host->exec;
    if (host->plugin != NULL)
        host_has_opened(
            process, plugin_brought(host->plugin, elf, target->facts, &host->exec, findings->arena),
            findings->arena);
}

void host_has_opened(struct process *process, const char *paths, struct arena *arena)
{
    static const char name[] = "LD_PRELOAD";
    size_t count = 0, kept = 0;
    if (paths == NULL)
        return;
    while (process->env != NULL && process->env[count] != NULL)
        count++;
    const char **env = arena_array(arena, count + 2, sizeof *env);
    const char *before = process_env(process, name);
    for (size_t i = 0; i < count; i++)
        if (strncmp(process->env[i], name, strlen(name)) != 0 ||
            process->env[i][strlen(name)] != '=')
            env[kept++] = process->env[i];
    env[kept] = arena_format(arena, "%s=%s%s%s", name, before != NULL ? before : "",
                             before != NULL ? ":" : "", paths);
    process->env = env;
}

/* ---- after dlopen ---- */

void host_build(const struct host_judging *judging, const struct node *node, build_finder *finder,
                void *build, size_t size)
{
    struct facts *facts = judging->target->facts;
    memset(build, 0, size);
    if (node == judging->replay->objects.at[0].node) /* a plugin is asked but once */
        build_read(facts, node, finder, judging->findings->arena, build);
    else
        memo_build(judging->process->memo, facts, node, finder, build, size);
}

struct willrun_finding *host_refuses(const struct host_judging *judging, const char *message)
{
    struct willrun_finding *finding =
        finding_add(judging->findings, RULE_HOST_REFUSES, "%s", message);
    finding->object = judging->replay->argv0;
    finding->needed_by = judging->host->exec.program;
    judging->words->phase = WILLRUN_PHASE_LOAD;
    return finding;
}

struct willrun_finding *host_not_known(const struct host_judging *judging, const char *what)
{
    struct willrun_finding *finding =
        finding_add(judging->findings, RULE_HOST_UNKNOWN,
                    "whether the host takes %s is not known: %s", judging->replay->argv0, what);
    finding->object = judging->replay->argv0;
    return finding;
}

/* By what its bytes say of its build the host takes a plugin or refuses it. A profile has not those
 * bytes; what came with the host out of one image was made for it. */
static bool is_hidden(const struct host_judging *judging, enum plugin_refusal refuses)
{
    const struct node *host = judging->host->exec.node;
    const struct node *plugin = judging->replay->objects.at[0].node;
    bool by_build =
        refuses == REFUSES_AS_PHP || refuses == REFUSES_AS_NGINX || refuses == REFUSES_AS_POSTGRES;
    return by_build && host != NULL && node_profile(host) != NULL && plugin != NULL &&
           node_profile(plugin) == NULL;
}

void host_judge(const struct target *target, const struct process *process, const struct host *host,
                const struct replay *replay, struct words *words, struct findings *findings)
{
    static void (*const calls[])(const struct host_judging *) = {
        [REFUSES_NOTHING] = NULL,
        [REFUSES_AS_NODE] = host_node_judge,
        [REFUSES_AS_JAVA] = NULL, /* it asks where dlopen failed */
        [REFUSES_AS_PHP] = host_php_judge,
        [REFUSES_AS_NGINX] = host_nginx_judge,
        [REFUSES_AS_POSTGRES] = host_postgres_judge,
        [REFUSES_AS_APACHE] = host_apache_judge,
        [REFUSES_AS_PERL] = host_perl_judge,
    };
    enum plugin_refusal refuses = host->row != NULL ? host->row->refuses : REFUSES_NOTHING;
    struct host_judging judging = {target, process, host, replay, words, findings};
    if (calls[refuses] == NULL || words->phase != WILLRUN_PHASE_NONE)
        return;
    if (is_hidden(&judging, refuses))
        host_not_known(&judging, "a profile does not tell for which plugins the host was built")
            ->fix = "Give the root itself in place of a profile of it.";
    else
        calls[refuses](&judging);
}

void host_words(const struct target *target, const struct process *process, const struct host *host,
                const char *path, struct words *words, struct arena *arena)
{
    if (host->instead != NULL) {
        words->lines.count = 0;
        words_add(words, host->instead, arena);
        words->exit_status = host->row != NULL ? host->row->status : -1;
        return;
    }
    bool any = host->row != NULL && host->row->commands[0] == 0;
    if (host->row == NULL || !(host->known || any) || words->lines.count == 0)
        return;
    const char *text = words->lines.at[0];
    for (size_t i = 1; i < words->lines.count; i++)
        text = arena_format(arena, "%s\n%s", text, words->lines.at[i]);
    if (host->row->refuses == REFUSES_AS_JAVA && host->known)
        text = arena_format(arena, "%s%s", text, host_java_cause(target, host, path, arena));
    words->lines.count = 0;
    words_add(words, plugin_host_says(host->row, path, text, arena), arena);
    words->exit_status = host->row->status;
    if (host->row->refuses == REFUSES_AS_NODE)
        host_node_words(target, process, host, words);
}

void host_advise(const struct target *target, const struct host *host,
                 const struct exec_result *exec, struct findings *findings)
{
    python_advise(target, host, exec->program, findings);
    if (host->plugin != NULL && host->plugin->id == PLUGIN_NODE_ADDON)
        host_node_advise(host, exec, findings);
}
