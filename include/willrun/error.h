/**
 * @file
 * Error codes of libwillrun. The sentence that belongs to a code is kept in the
 * context: see willrun_error().
 */
#ifndef WILLRUN_ERROR_H
#define WILLRUN_ERROR_H

enum willrun_err {
    WILLRUN_OK = 0,
    WILLRUN_EUSAGE, /**< a parameter that makes no sense */
    WILLRUN_EINPUT, /**< an input that does not exist, cannot be read or is not what it should be */
    WILLRUN_EOUTPUT,   /**< an output that cannot be written */
    WILLRUN_ENOMEM,    /**< memory is exhausted */
    WILLRUN_ECANCELED, /**< willrun_cancel() ended it */
};

#endif
