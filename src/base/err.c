#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

bool err_set(struct err *err, enum willrun_err code, const char *format, ...)
{
    if (err == NULL || err->code != WILLRUN_OK)
        return false;
    err->code = code;
    va_list args;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    return false;
}

/* The kernel's errno values that a lookup, an open or an execve can give.
 * The texts are the C library's: predicted words must not follow the locale. */
#define ERRNO_TABLE(X)                                                                             \
    X(EPERM, "Operation not permitted")                                                            \
    X(ENOENT, "No such file or directory")                                                         \
    X(EIO, "Input/output error")                                                                   \
    X(ENXIO, "No such device or address")                                                          \
    X(E2BIG, "Argument list too long")                                                             \
    X(ENOEXEC, "Exec format error")                                                                \
    X(EBADF, "Bad file descriptor")                                                                \
    X(ENOMEM, "Cannot allocate memory")                                                            \
    X(EACCES, "Permission denied")                                                                 \
    X(EEXIST, "File exists")                                                                       \
    X(ENODEV, "No such device")                                                                    \
    X(ENOTDIR, "Not a directory")                                                                  \
    X(EISDIR, "Is a directory")                                                                    \
    X(EINVAL, "Invalid argument")                                                                  \
    X(ENFILE, "Too many open files in system")                                                     \
    X(EMFILE, "Too many open files")                                                               \
    X(ETXTBSY, "Text file busy")                                                                   \
    X(EFBIG, "File too large")                                                                     \
    X(ENOSPC, "No space left on device")                                                           \
    X(EROFS, "Read-only file system")                                                              \
    X(EPIPE, "Broken pipe")                                                                        \
    X(ENAMETOOLONG, "File name too long")                                                          \
    X(ELOOP, "Too many levels of symbolic links")                                                  \
    X(EOVERFLOW, "Value too large for defined data type")                                          \
    X(ELIBBAD, "Accessing a corrupted shared library")                                             \
    X(ESTALE, "Stale file handle")

static const struct {
    int sys;
    const char *symbol, *text;
} errno_table[] = {
#define ROW(e, t) {e, #e, t},
    ERRNO_TABLE(ROW)
#undef ROW
};

const char *err_text(int sys)
{
    for (size_t i = 0; i < sizeof errno_table / sizeof *errno_table; i++)
        if (errno_table[i].sys == sys)
            return errno_table[i].text;
    return sys == 0 ? "No error information" : "Unknown error";
}

const char *err_symbol(int sys)
{
    for (size_t i = 0; i < sizeof errno_table / sizeof *errno_table; i++)
        if (errno_table[i].sys == sys)
            return errno_table[i].symbol;
    return NULL;
}
