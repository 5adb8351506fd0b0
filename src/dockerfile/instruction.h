/* One instruction: read from its line, then judged. */
#ifndef WILLRUN_DOCKERFILE_INSTRUCTION_H
#define WILLRUN_DOCKERFILE_INSTRUCTION_H

#include "dockerfile/dockerfile.h"
#include "dockerfile/lines.h"

/* Split the line, and take the heredocs that it asks for from `lines`. An unknown instruction is
 * read, too: instruction_judge refuses it. */
bool instruction_read(struct lines *lines, struct logical_line *line,
                      struct instruction *instruction, struct err *err);

#endif
