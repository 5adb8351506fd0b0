#include "cli/commands.h"
#include "cli/complain.h"
#include "cli/options.h"
#include "cli/output.h"
#include "willrun/willrun.h"

static int write_profile(struct willrun *willrun, const struct options *options)
{
    const char *source = options->paths.at[0];
    struct willrun_origin origin = {options->origin != NULL ? options->origin : source,
                                    options->date, options->absent.at, options->absent.count};
    struct output output;
    if (options->platform != NULL && willrun_set_platform(willrun, options->platform) != WILLRUN_OK)
        return complain("%s", willrun_error(willrun));
    if (!output_open(&output, options->output))
        return EXIT_TROUBLE;
    if (willrun_snapshot(willrun, source, &origin, output.stream) != WILLRUN_OK) {
        output_drop(&output);
        return complain("%s", willrun_error(willrun));
    }
    return output_keep(&output) ? EXIT_MET : EXIT_TROUBLE;
}

int cmd_snapshot(const struct options *options)
{
    if (options->paths.count != 1)
        return complain_usage("snapshot", "name one SOURCE: the root filesystem to keep");
    if (options->output == NULL)
        return complain_usage("snapshot", "-o FILE is missing: where to write the profile");
    struct willrun *willrun = willrun_new();
    int status = write_profile(willrun, options);
    willrun_free(willrun);
    return status;
}
