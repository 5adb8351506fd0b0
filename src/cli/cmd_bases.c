#include "cli/commands.h"
#include "cli/complain.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/terminal.h"
#include "willrun/willrun.h"

int cmd_bases(const struct options *options)
{
    struct output output;
    if (options->paths.count != 0)
        return complain_usage("bases", "it takes no operand");
    if (!output_open(&output, options->output))
        return EXIT_TROUBLE;
    struct willrun_style style = terminal_style(options, output.fd);
    willrun_write_bases((enum willrun_format)options->format->value, &style, output.stream);
    return output_keep(&output) ? EXIT_MET : EXIT_TROUBLE;
}
