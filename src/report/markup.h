/* Texts of the input inside markup: nothing of them is markup. Bytes that are no
 * characters, controls, and what turns the direction of writing are escaped. */
#ifndef WILLRUN_REPORT_MARKUP_H
#define WILLRUN_REPORT_MARKUP_H

#include <stdio.h>

#include "willrun/willrun.h"

/* GitHub's and GitLab's Markdown; it ends no cell of a table. */
void markdown_put(FILE *out, const char *text);

/* Text or an attribute's value in double quotes, of XML 1.0. */
void xml_put(FILE *out, const char *text);

/* Does a report in this style tell the finding? Notes are told where they decide; these and
 * what is accepted, where all is asked for. `subject` NULL: the finding is about a target. */
bool report_tells(const struct willrun_style *style, const struct willrun_subject *subject,
                  const struct willrun_finding *finding);

/* 64 hexadecimal digits that stay the same for a finding as long as it is the same one: SHA-256 of
 * rule, subject, object, needing object, symbol and version, each with a NUL behind. */
enum { FINGERPRINT_SIZE = 65 };
void finding_fingerprint(const struct willrun_subject *subject,
                         const struct willrun_finding *finding, char text[FINGERPRINT_SIZE]);

/* What calls `tell` for each finding that is told: those of a target with a NULL subject. */
typedef void finding_writer(void *context, const struct willrun_target *target,
                            const struct willrun_subject *subject,
                            const struct willrun_finding *finding);
void each_finding(const struct willrun_result *result, const struct willrun_style *style,
                  finding_writer *tell, void *context);

#endif
