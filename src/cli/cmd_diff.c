#include "cli/commands.h"
#include "cli/complain.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/request.h"
#include "cli/terminal.h"
#include "willrun/willrun.h"

static int status_of(const struct options *options, const struct willrun_diff *diff)
{
    size_t bad = 0;
    if (options->fail_on->value != FAIL_ON_NEVER)
        bad = diff->counts[WILLRUN_BREAKS];
    if (options->fail_on->value == FAIL_ON_DEGRADED)
        bad += diff->counts[WILLRUN_WORSE];
    return bad == 0 ? EXIT_MET : EXIT_NOT_MET;
}

/* The paths behind the two roots are the subjects. */
static enum willrun_err compare(struct willrun *willrun, const struct options *options,
                                struct willrun_diff **diff)
{
    enum willrun_err err = request_prepare(willrun, options, NULL, 2);
    if (err == WILLRUN_OK)
        err = willrun_diff(willrun, options->paths.at[0], options->paths.at[1], diff);
    return err;
}

static int answer(struct willrun *willrun, const struct options *options)
{
    struct progress progress;
    struct willrun_diff *diff = NULL;
    struct output output;
    if (!output_open(&output, options->output))
        return EXIT_TROUBLE;
    progress_begin(&progress, (enum when)options->progress->value);
    if (progress.on)
        willrun_set_on_progress(willrun, progress_tell, &progress);
    enum willrun_err err = compare(willrun, options, &diff);
    progress_clear(&progress);
    if (err != WILLRUN_OK) {
        output_drop(&output);
        return complain("%s", willrun_error(willrun));
    }
    struct willrun_style style = terminal_style(options, output.fd);
    willrun_write_diff(diff, (enum willrun_format)options->format->value, &style, output.stream);
    int status = status_of(options, diff);
    willrun_diff_free(diff);
    return output_keep(&output) ? status : EXIT_TROUBLE;
}

int cmd_diff(const struct options *options)
{
    if (options->paths.count < 2)
        return complain_usage("diff", "name two roots: OLD and NEW");
    struct willrun *willrun = willrun_new();
    int status = answer(willrun, options);
    willrun_free(willrun);
    return status;
}
