#include "cli/commands.h"
#include "cli/complain.h"
#include "cli/request.h"

int cmd_check(const struct options *options)
{
    if (options->roots != NULL && (options->root != NULL || options->dockerfile != NULL))
        return complain_usage("check", "--roots names the roots: neither --root nor --dockerfile");
    if (options->shard != NULL && options->roots == NULL)
        return complain_usage("check", "--shard takes a part of --roots FILE, which is missing");
    if (options->roots != NULL && options->format->value != WILLRUN_FORMAT_JSONL &&
        options->format->value != WILLRUN_FORMAT_TEXT)
        return complain_usage("check", "--roots is written as text or jsonl");
    if (options->dockerfile != NULL && options->root != NULL)
        return complain_usage("check", "--root and --dockerfile: the Dockerfile tells the root");
    if (options->dockerfile == NULL && options->root == NULL && options->roots == NULL)
        return complain_usage("check",
                              "--root is missing: the root filesystem or image that it will run in "
                              "(this machine's own: --root /)");
    if (options->platform != NULL && options->all_platforms)
        return complain_usage("check", "--platform names one of those that --all-platforms means");
    if (options->roots != NULL)
        return request_run_each(options, willrun_write_check);
    return request_run(options, options->root, willrun_write_check);
}
