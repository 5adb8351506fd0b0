#include "cli/request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cache.h"
#include "cli/complain.h"
#include "cli/config_file.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/terminal.h"

struct request {
    const struct options *options;
    struct willrun *willrun;
    struct willrun_result *result;
    struct output output;
    struct progress progress;
};

static enum willrun_err add_each(struct willrun *willrun, const struct text_list *list, size_t skip,
                                 enum willrun_err (*add)(struct willrun *, const char *))
{
    enum willrun_err err = WILLRUN_OK;
    for (size_t i = skip; err == WILLRUN_OK && i < list->count; i++)
        err = add(willrun, list->at[i]);
    return err;
}

enum willrun_err request_prepare(struct willrun *willrun, const struct options *options,
                                 const char *root, size_t skip)
{
    const struct {
        const char *value;
        enum willrun_err (*set)(struct willrun *, const char *);
    } settings[] = {
        {root, willrun_set_root},
        {options->platform, willrun_set_platform},
        {options->cpu != NULL ? options->cpu->name : NULL, willrun_set_cpu},
        {options->user, willrun_set_user},
        {options->workdir, willrun_set_workdir},
        {options->host, willrun_set_host},
        {options->dockerfile, willrun_set_dockerfile},
        {options->target, willrun_set_target_stage},
        {options->context, willrun_set_build_context},
    };
    enum willrun_err err = WILLRUN_OK;
    for (size_t i = 0; err == WILLRUN_OK && i < sizeof settings / sizeof *settings; i++)
        if (settings[i].value != NULL)
            err = settings[i].set(willrun, settings[i].value);
    if (err == WILLRUN_OK)
        err = add_each(willrun, &options->env, 0, willrun_add_env);
    if (err == WILLRUN_OK)
        err = add_each(willrun, &options->stages, 0, willrun_add_stage);
    if (err == WILLRUN_OK)
        err = add_each(willrun, &options->bases, 0, willrun_add_base);
    if (err == WILLRUN_OK)
        err = add_each(willrun, &options->build_args, 0, willrun_add_build_arg);
    if (err == WILLRUN_OK)
        err = add_each(willrun, &options->copies, 0, willrun_add_copy);
    if (err == WILLRUN_OK)
        err = add_each(willrun, &options->paths, skip, willrun_add_subject);
    if (options->all)
        willrun_add_all(willrun);
    bool page = options->format->value == WILLRUN_FORMAT_HTML; /* tells of every step */
    willrun_set_trail(willrun, options->why != NULL || page);
    willrun_set_threads(willrun, options->threads);
    return err;
}

static bool is_stream(const struct request *request)
{
    return request->options->format->value == WILLRUN_FORMAT_JSONL;
}

static void on_subject(void *context, const struct willrun_target *target,
                       const struct willrun_subject *subject)
{
    struct request *request = context;
    progress_clear(&request->progress);
    if (!request->options->quiet || (subject->verdict != WILLRUN_RUNS && !subject->accepted))
        willrun_write_jsonl_subject(target, subject, request->output.stream);
}

/* "RULE" or "RULE:GLOB" */
static enum willrun_err ignore(struct willrun *willrun, const char *text)
{
    struct arena scratch = {0};
    size_t length = strcspn(text, ":");
    struct willrun_acceptance acceptance = {.rule = arena_copy(&scratch, text, length),
                                            .path = text[length] == ':' ? text + length + 1 : NULL,
                                            .origin = arena_format(&scratch, "--ignore %s", text)};
    enum willrun_err err = willrun_add_acceptance(willrun, &acceptance);
    arena_free(&scratch);
    return err;
}

static enum willrun_err accept_findings(struct request *request)
{
    const struct options *options = request->options;
    enum willrun_err err = WILLRUN_OK;
    size_t count = options->file != NULL ? options->file->acceptances.count : 0;
    for (size_t i = 0; err == WILLRUN_OK && i < count; i++)
        err = willrun_add_acceptance(request->willrun, &options->file->acceptances.at[i]);
    if (err == WILLRUN_OK)
        err = add_each(request->willrun, &options->ignored, 0, ignore);
    if (err == WILLRUN_OK)
        err = add_each(request->willrun, &options->baselines, 0, willrun_add_baseline);
    return err;
}

static enum willrun_err judge(struct request *request, const char *root)
{
    if (request->progress.on)
        willrun_set_on_progress(request->willrun, progress_tell, &request->progress);
    if (is_stream(request))
        willrun_set_on_subject(request->willrun, on_subject, request);
    enum willrun_err err = accept_findings(request);
    if (err == WILLRUN_OK)
        err = request_prepare(request->willrun, request->options, root, 0);
    if (err == WILLRUN_OK)
        err = willrun_check(request->willrun, &request->result);
    progress_clear(&request->progress);
    return err;
}

/* The page of a step in GitHub Actions, which its tools add to. */
static void write_step_summary(const struct request *request, const struct willrun_style *style)
{
    const char *path = getenv("GITHUB_STEP_SUMMARY");
    if (path == NULL || *path == 0)
        return;
    FILE *out = fopen(path, "ae");
    bool written =
        out != NULL && willrun_write_check(request->result, WILLRUN_FORMAT_MARKDOWN, style, out);
    if (out != NULL && fclose(out) != 0)
        written = false;
    if (!written)
        complain("the step's summary cannot be written to %s: %s", path, strerror(errno));
}

/* What the stream could not take is told by output_keep. */
static void write_result(struct request *request, result_writer *write)
{
    FILE *out = request->output.stream;
    struct willrun_style style = terminal_style(request->options, request->output.fd);
    if (is_stream(request))
        willrun_write_jsonl_summary(request->result, out);
    else
        write(request->result, (enum willrun_format)request->options->format->value, &style, out);
    if (request->options->format->value == WILLRUN_FORMAT_GITHUB)
        write_step_summary(request, &style);
}

/* An acceptance that has expired is told of, whatever came of it. */
static void tell_acceptances(const struct options *options, const struct willrun_result *result)
{
    for (size_t i = 0; i < result->acceptance_count; i++) {
        const struct willrun_acceptance_use *use = &result->acceptances[i];
        const struct willrun_acceptance *of = &use->acceptance;
        const char *path = of->path != NULL ? of->path : "*";
        if (use->expired && use->count != 0)
            complain("%s: the acceptance of %s for %s expired on %s: %zu finding%s again",
                     of->origin, of->rule, path, of->expires, use->count,
                     use->count == 1 ? " counts" : "s count");
        else if (use->expired)
            complain("%s: the acceptance of %s for %s expired on %s, and nothing needs it any more",
                     of->origin, of->rule, path, of->expires);
        else if (use->count == 0 && options->verbose)
            complain("%s: the acceptance of %s for %s is for no finding", of->origin, of->rule,
                     path);
    }
}

static int status_of(const struct options *options, const struct willrun_result *result)
{
    size_t bad = 0;
    if (options->fail_on->value == FAIL_ON_FAILS)
        bad = result->fails - result->accepted_fails;
    else if (options->fail_on->value == FAIL_ON_DEGRADED)
        bad = result->fails + result->unknown + result->degraded - result->accepted;
    return bad == 0 ? EXIT_MET : EXIT_NOT_MET;
}

/* Is there a finding of `rule` that files were no subjects? */
static bool passed_over(const struct willrun_result *result, const char *rule)
{
    for (size_t t = 0; t < result->target_count; t++)
        for (size_t i = 0; i < result->targets[t].finding_count; i++)
            if (strcmp(result->targets[t].findings[i].rule, rule) == 0)
                return true;
    return false;
}

/* Judge `root` and write it to the output; what is wrong with it is told. */
static int make_answer(struct request *request, const char *root, result_writer *write)
{
    int status = EXIT_TROUBLE;
    request->willrun = willrun_new();
    request->result = NULL;
    if (request->willrun == NULL) {
        complain("out of memory");
    } else if (judge(request, root) != WILLRUN_OK) {
        complain("%s", willrun_error(request->willrun));
    } else {
        const struct willrun_result *result = request->result;
        write_result(request, write);
        if (result->runs + result->degraded + result->unknown + result->fails == 0)
            complain("nothing was checked%s%s: %s", root != NULL ? " in " : "",
                     root != NULL ? root : "",
                     passed_over(result, "not-chosen")
                         ? "what is there is for other platforms, and nothing loads it here"
                     : passed_over(result, "not-started")
                         ? "there are only scripts of packages, and nothing is known to start them"
                         : "there is no ELF file and no executable script");
        tell_acceptances(request->options, result);
        status = status_of(request->options, result);
    }
    willrun_result_free(request->result);
    willrun_free(request->willrun);
    return status;
}

static const char *command_of(result_writer *write)
{
    return write == willrun_write_tree ? "tree" : "check";
}

/* The same, or what was answered to it before. An answer is kept where nothing was to complain of.
 */
static int answer(struct request *request, const char *root, result_writer *write)
{
    struct cache cache;
    struct span written;
    struct willrun_style style = terminal_style(request->options, request->output.fd);
    int status;
    cache_ask(&cache, request->options, command_of(write), root, &style);
    if (*cache.name == 0)
        return make_answer(request, root, write);
    if (cache_find(&cache, &written, &status)) {
        fwrite(written.data, 1, written.size, request->output.stream);
        cache_done(&cache);
        return status;
    }
    unsigned long complaints = complain_count();
    cache_begin(&cache);
    output_copy(&request->output);
    status = make_answer(request, root, write);
    written = output_copied(&request->output);
    if (status != EXIT_TROUBLE && request->output.error == 0 && complain_count() == complaints)
        cache_keep(&cache, written, status);
    else
        cache_give_up(&cache);
    cache_done(&cache);
    return status;
}

int request_run(const struct options *options, const char *root, result_writer *write)
{
    struct request request = {.options = options};
    if (!output_open(&request.output, options->output))
        return EXIT_TROUBLE;
    progress_begin(&request.progress, (enum when)options->progress->value);
    int status = answer(&request, root, write);
    if (status == EXIT_TROUBLE)
        output_drop(&request.output);
    else if (!output_keep(&request.output))
        status = EXIT_TROUBLE;
    return status;
}

/* A root that cannot be read hides none of the others. */
int request_run_each(const struct options *options, result_writer *write)
{
    struct request request = {.options = options};
    int worst = EXIT_MET;
    if (!output_open(&request.output, options->output))
        return EXIT_TROUBLE;
    progress_begin(&request.progress, (enum when)options->progress->value);
    for (size_t i = 0; i < options->root_list.count; i++) {
        int status = answer(&request, options->root_list.at[i], write);
        worst = status > worst ? status : worst;
    }
    return output_keep(&request.output) ? worst : EXIT_TROUBLE;
}
