/* What goes wrong is said on standard error, once. */
#ifndef WILLRUN_CLI_COMPLAIN_H
#define WILLRUN_CLI_COMPLAIN_H

enum { EXIT_MET = 0, EXIT_NOT_MET = 1, EXIT_TROUBLE = 2 };

/* "willrun: sentence", with whatever could harm a terminal escaped. Returns EXIT_TROUBLE. */
int complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* How often something was said so far. */
unsigned long complain_count(void);

/* The same, and where to read on; `command` may be NULL. */
int complain_usage(const char *command, const char *sentence);

#endif
