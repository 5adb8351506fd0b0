#include "cli/commands.h"
#include "cli/complain.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/request.h"
#include "cli/terminal.h"
#include "willrun/willrun.h"

/* Where nothing fits, a Dockerfile is empty: why is told all the same. */
static void complain_of_none(const struct options *options, const struct willrun_plan *plan)
{
    const struct willrun_candidate *best = &plan->candidates[0];
    if (options->format->value == WILLRUN_FORMAT_DOCKERFILE)
        complain("no base fits: on %s, %s. %s", best->image, best->why != NULL ? best->why : "",
                 plan->change != NULL ? plan->change : "");
}

static int answer(struct willrun *willrun, const struct options *options)
{
    const struct willrun_plan_request request = {.on = options->on,
                                                 .bases = options->bases.at,
                                                 .base_count = options->bases.count,
                                                 .packages = options->packages};
    struct willrun_plan *plan = NULL;
    struct output output;
    if (!output_open(&output, options->output))
        return EXIT_TROUBLE;
    enum willrun_err err = request_prepare(willrun, options, NULL, 0);
    if (err == WILLRUN_OK)
        err = willrun_plan(willrun, &request, &plan);
    if (err != WILLRUN_OK) {
        output_drop(&output);
        return complain("%s", willrun_error(willrun));
    }
    struct willrun_style style = terminal_style(options, output.fd);
    willrun_write_plan(plan, (enum willrun_format)options->format->value, &style, output.stream);
    int status = plan->chosen != NULL ? EXIT_MET : EXIT_NOT_MET;
    if (plan->chosen == NULL)
        complain_of_none(options, plan);
    willrun_plan_free(plan);
    return output_keep(&output) ? status : EXIT_TROUBLE;
}

int cmd_plan(const struct options *options)
{
    if (options->dockerfile == NULL && options->paths.count == 0 && options->stages.count == 0 &&
        options->copies.count == 0)
        return complain_usage("plan", "name at least one PATH, or a --stage that has the programs");
    struct willrun *willrun = willrun_new();
    int status = answer(willrun, options);
    willrun_free(willrun);
    return status;
}
