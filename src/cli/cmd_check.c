#include "cli/commands.h"
#include "cli/complain.h"
#include "cli/request.h"

int cmd_check(const struct options *options)
{
    if (options->root == NULL)
        return complain_usage("check", "--root is missing: the root filesystem that it will run in "
                                       "(this machine's own: --root /)");
    if (options->paths.count == 0 && !options->all)
        return complain_usage("check", "name at least one PATH, or --all");
    return request_run(options, options->root, willrun_write_check);
}
