/* What the reports of `inspect` share. */
#ifndef WILLRUN_REPORT_INSPECT_PARTS_H
#define WILLRUN_REPORT_INSPECT_PARTS_H

#include "report/screen.h"
#include "willrun/inspect.h"

extern const char *const floor_names[WILLRUN_FLOORS];
extern const char *const scratch_answers[]; /* by willrun_scratch_answer */

void inspect_json(const struct willrun_inspection *inspection, FILE *out);

#endif
