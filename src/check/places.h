/* Where in a Dockerfile a finding comes from. */
#ifndef WILLRUN_CHECK_PLACES_H
#define WILLRUN_CHECK_PLACES_H

#include "check/assembly.h"
#include "check/subject.h"
#include "verdict/findings.h"

/* The finding comes from `at`. */
void place_at(const struct assembly *assembly, const struct instruction *at,
              struct willrun_finding *finding);

/* The instruction that causes a finding of a subject: what copied the file, what starts it, or the
 * FROM that the root is of. */
void place_finding(const struct assembly *assembly, const struct target *target,
                   const struct asked *asked, const struct willrun_subject *subject,
                   struct willrun_finding *finding);

/* The instruction that laid `path` over the root, NULL: it is of the base. */
const struct instruction *copied_by(const struct assembly *assembly, const struct node *cwd,
                                    const char *path);

/* The note that tells of a gap, with what closes it. */
struct willrun_finding *gap_finding(const struct assembly *assembly, const struct gap *gap,
                                    struct findings *notes);

/* How to give a stage: the command that makes its files, and the option. */
const char *give_stage(const struct assembly *assembly, const char *name, struct arena *arena);

#endif
