/* Words by which the replay knows a program when it looks into its bytes. A
 * profile keeps them: src/snapshot/cut.c goes through the same list. */
#ifndef WILLRUN_REPLAY_MARKS_H
#define WILLRUN_REPLAY_MARKS_H

#define MARK_BUSYBOX "BusyBox v"
#define MARK_ENV_SPLITS "-[v]S"        /* GNU's env has -S: its usage line */
#define MARK_ENV_RENAMES "--argv0"     /* … and --argv0 */
#define MARK_ENV_HINTS " \t\n\v\f\r"   /* … and hints at it for any white space */
#define MARK_GCOMPAT "libgcompat.so.0" /* what gcompat's stub preloads */

#define MARKS(X)                                                                                   \
    X(MARK_BUSYBOX) X(MARK_ENV_SPLITS) X(MARK_ENV_RENAMES) X(MARK_ENV_HINTS) X(MARK_GCOMPAT)

#endif
