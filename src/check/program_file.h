/* The file that an interpreter is told to run: server.js of `node server.js`. */
#ifndef WILLRUN_CHECK_PROGRAM_FILE_H
#define WILLRUN_CHECK_PROGRAM_FILE_H

#include <stdbool.h>

/* The file in the command's words (NULL at the end), as it is written; NULL: the program is no
 * interpreter, it is given no file, or an option stands before it of which it is not known whether
 * it takes a value. */
const char *program_file(const char *const *argv);

/* Names that the interpreter tries where it does not find `file`, NULL at the end: ".js" is put
 * behind it. */
const char *const *program_file_endings(const char *const *argv);

/* Is it the program dotnet, by its name? */
bool program_is_dotnet(const char *program);

#endif
