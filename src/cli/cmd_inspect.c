#include "cli/commands.h"
#include "cli/complain.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/request.h"
#include "cli/terminal.h"
#include "willrun/willrun.h"

static int answer(struct willrun *willrun, const struct options *options)
{
    struct willrun_inspection *inspection = NULL;
    struct output output;
    if (!output_open(&output, options->output))
        return EXIT_TROUBLE;
    enum willrun_err err = request_prepare(willrun, options, options->root, 0);
    if (err == WILLRUN_OK)
        err = willrun_inspect(willrun, &inspection);
    if (err != WILLRUN_OK) {
        output_drop(&output);
        return complain("%s", willrun_error(willrun));
    }
    struct willrun_style style = terminal_style(options, output.fd);
    willrun_write_inspection(inspection, (enum willrun_format)options->format->value, &style,
                             output.stream);
    if (inspection->file_count == 0)
        complain("nothing was inspected: there is no ELF file");
    /* what could not be read is told, and is no success */
    int status = inspection->trouble_count == 0 ? EXIT_MET : EXIT_NOT_MET;
    willrun_inspection_free(inspection);
    return output_keep(&output) ? status : EXIT_TROUBLE;
}

int cmd_inspect(const struct options *options)
{
    if (options->paths.count == 0)
        return complain_usage("inspect", "name at least one PATH");
    struct willrun *willrun = willrun_new();
    int status = answer(willrun, options);
    willrun_free(willrun);
    return status;
}
