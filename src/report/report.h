/* The writers of a finished result, one file each. None knows how it came about. */
#ifndef WILLRUN_REPORT_REPORT_H
#define WILLRUN_REPORT_REPORT_H

#include <stdio.h>

#include "willrun/willrun.h"

typedef void report_writer(const struct willrun_result *result, const struct willrun_style *style,
                           FILE *out);

report_writer text_check, json_check, jsonl_check;
report_writer sarif_check, junit_check, github_check, gitlab_check, markdown_check, html_check;
report_writer tree_text, tree_json, tree_dot, tree_mermaid;

#endif
