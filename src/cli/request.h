/* From options to an exit status: ask the library, write its answer. */
#ifndef WILLRUN_CLI_REQUEST_H
#define WILLRUN_CLI_REQUEST_H

#include "cli/options.h"
#include "willrun/willrun.h"

/* willrun_write_check or willrun_write_tree */
typedef bool result_writer(const struct willrun_result *result, enum willrun_format format,
                           const struct willrun_style *style, FILE *out);

/* Tell the library everything that was asked for; the first `skip` operands are
 * no subjects. `root` NULL: said later. */
enum willrun_err request_prepare(struct willrun *willrun, const struct options *options,
                                 const char *root, size_t skip);

/* Judge what `options` name in the root `root`, and write it. */
int request_run(const struct options *options, const char *root, result_writer *write);

/* The same for each of options->root_list, one behind the other. */
int request_run_each(const struct options *options, result_writer *write);

#endif
