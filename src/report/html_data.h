/* The facts of a result for the script of the HTML report. */
#ifndef WILLRUN_REPORT_HTML_DATA_H
#define WILLRUN_REPORT_HTML_DATA_H

#include <stdio.h>

#include "willrun/result.h"

/* Write them as JSON that may stand in a script element: it has no "<". Every text of the target is
 * once in `strings`, in the form in which people may see it (see utf8_glyph); elsewhere are indices
 * into it, -1 for none. */
void html_data(const struct willrun_result *result, FILE *out);

#endif
