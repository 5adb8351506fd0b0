/* Whose a symbol is, and what is known of a library's name. */
#ifndef WILLRUN_EXPLAIN_SYMBOLS_H
#define WILLRUN_EXPLAIN_SYMBOLS_H

#include <stdbool.h>

bool symbol_is_glibc_only(const char *name);         /* no musl has it */
const char *symbol_late_libstdcxx(const char *name); /* its version; NULL: none of those */
const char *symbol_late_musl(const char *name);      /* its release; NULL: none of those */
bool symbol_is_libstdcxx(const char *name);          /* of libstdc++ or libgcc_s, of any age */

/* Has the distribution's current release the library in another major version only? */
bool soname_is_old(const char *soname);

/* Is it one that many programs need, so that it is met in the version of another release? */
bool soname_is_common(const char *soname);

/* Has no package of Debian the library in any version? Then it was built with the program. */
bool soname_is_of_no_package(const char *soname);

/* Does the soname tell a release that none of Debian's and Ubuntu's has had, though they have had
 * older and newer ones (libboost_system.so.1.66.0)? */
bool soname_is_of_no_release(const char *soname);

/* A library of glibc that musl does not stand in for: ld-linux-x86-64.so.2, libresolv.so.2. */
bool soname_is_glibc_only(const char *soname);

/* One that language runtimes keep in folders of their own: libjvm.so. */
bool soname_is_private(const char *soname);

#endif
