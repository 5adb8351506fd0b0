/* Parts that the JSON documents of several commands share. */
#ifndef WILLRUN_REPORT_JSON_PARTS_H
#define WILLRUN_REPORT_JSON_PARTS_H

#include "report/json_writer.h"
#include "willrun/result.h"

void json_target_facts(struct json *json, const struct willrun_target *target);
void json_findings(struct json *json, const struct willrun_finding *findings, size_t count);
void json_summary(struct json *json, const struct willrun_result *result);

typedef void json_subject_writer(struct json *json, const char *key,
                                 const struct willrun_subject *subject);

/* A whole document: schema, targets with their subjects, summary. */
void json_document(FILE *out, const char *schema, const struct willrun_result *result,
                   json_subject_writer *write_subject);

#endif
