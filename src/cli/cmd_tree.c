#include "cli/commands.h"
#include "cli/complain.h"
#include "cli/request.h"

int cmd_tree(const struct options *options)
{
    if (options->dockerfile != NULL && options->root != NULL)
        return complain_usage("tree", "--root and --dockerfile: the Dockerfile tells the root");
    if (options->dockerfile != NULL)
        return request_run(options, NULL, willrun_write_tree);
    if (options->paths.count == 0)
        return complain_usage("tree", "name at least one PATH");
    return request_run(options, options->root != NULL ? options->root : "/", willrun_write_tree);
}
