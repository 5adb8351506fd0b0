#include <errno.h>
#include <stdlib.h>

#include "cli/commands.h"
#include "cli/complain.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/request.h"
#include "cli/terminal.h"
#include "willrun/willrun.h"

/* The time that everything gets: https://reproducible-builds.org/specs/source-date-epoch/ */
static bool read_time(int64_t *time)
{
    const char *text = getenv("SOURCE_DATE_EPOCH");
    char *end;
    *time = 0;
    if (text == NULL || *text == 0)
        return true;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno != 0 || *end != 0 || number < 0) {
        complain("SOURCE_DATE_EPOCH is %s: expected seconds since 1970", text);
        return false;
    }
    *time = number;
    return true;
}

static int answer(struct willrun *willrun, const struct options *options)
{
    struct willrun_bundle_request request = {.to = options->to,
                                             .extras = options->extras.at,
                                             .extra_count = options->extras.count,
                                             .partial = options->partial};
    struct willrun_bundle *bundle = NULL;
    struct output output;
    if (!read_time(&request.time) || !output_open(&output, options->output))
        return EXIT_TROUBLE;
    enum willrun_err err =
        request_prepare(willrun, options, options->root != NULL ? options->root : "/", 0);
    if (err == WILLRUN_OK)
        err = willrun_bundle(willrun, &request, &bundle);
    if (err != WILLRUN_OK) {
        output_drop(&output);
        return complain("%s", willrun_error(willrun));
    }
    struct willrun_style style = terminal_style(options, output.fd);
    willrun_write_bundle(bundle, (enum willrun_format)options->format->value, &style,
                         output.stream);
    int status = bundle->written ? EXIT_MET : EXIT_NOT_MET;
    willrun_bundle_free(bundle);
    return output_keep(&output) ? status : EXIT_TROUBLE;
}

int cmd_bundle(const struct options *options)
{
    if (options->to == NULL)
        return complain_usage("bundle", "--to is missing: a new folder, or a file named *.tar");
    if (options->paths.count == 0 && options->copies.count == 0 && options->root == NULL)
        return complain_usage("bundle", "name at least one PATH");
    struct willrun *willrun = willrun_new();
    int status = answer(willrun, options);
    willrun_free(willrun);
    return status;
}
