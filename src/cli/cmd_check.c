#include "cli/commands.h"
#include "cli/complain.h"
#include "cli/request.h"

int cmd_check(const struct options *options)
{
    if (options->dockerfile != NULL && options->root != NULL)
        return complain_usage("check", "--root and --dockerfile: the Dockerfile tells the root");
    if (options->dockerfile == NULL && options->root == NULL)
        return complain_usage("check",
                              "--root is missing: the root filesystem or image that it will run in "
                              "(this machine's own: --root /)");
    if (options->platform != NULL && options->all_platforms)
        return complain_usage("check", "--platform names one of those that --all-platforms means");
    return request_run(options, options->root, willrun_write_check);
}
