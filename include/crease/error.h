/* Error codes: one list gives the enum, the names and the sentences.
 *
 * Every function that can fail returns an int: CREASE_OK (0) or one of these codes. The sentence that
 * says what went wrong, and the place that noticed, are kept by the context: crease_ctx_error().
 * The library itself never prints, aborts or exits.                                                  */
#ifndef CREASE_ERROR_H
#define CREASE_ERROR_H

#define CREASE_ERRORS(ENTRY)                                                                        \
    ENTRY(CREASE_OK, "no error")                                                                    \
    ENTRY(CREASE_ENOMEM, "out of memory")                                                           \
    ENTRY(CREASE_EINVAL, "invalid argument")                                                        \
    ENTRY(CREASE_EDIM, "sizes do not match")                                                        \
    ENTRY(CREASE_ERANGE, "value out of range")                                                      \
    ENTRY(CREASE_ENAN, "not a finite number")                                                       \
    ENTRY(CREASE_ENOTSUP, "not supported")                                                          \
    ENTRY(CREASE_ENOTFOUND, "not found")                                                            \
    ENTRY(CREASE_EEXIST, "already exists")                                                          \
    ENTRY(CREASE_EPARSE, "malformed input")                                                         \
    ENTRY(CREASE_EIO, "input or output failed")                                                     \
    ENTRY(CREASE_EUNBOUNDED, "the problem is unbounded below")                                      \
    ENTRY(CREASE_EDIVERGED, "the iteration diverged")                                               \
    ENTRY(CREASE_ESHORT, "a result falls short of what was asked")                                  \
    ENTRY(CREASE_EINTERRUPTED, "interrupted")

#define CREASE_ERROR_ENUM(code, sentence) code,
typedef enum crease_error_code { CREASE_ERRORS(CREASE_ERROR_ENUM) CREASE_N_ERRORS } crease_error_code;
#undef CREASE_ERROR_ENUM

/* "CREASE_EDIM" and "sizes do not match"; for a number that is no code, "CREASE_E?" and "unknown error". */
const char *crease_error_name(int code);
const char *crease_error_sentence(int code);

/* Exit status that a program should end with: 0 done, 1 a result falls short or a run diverged,
 * 2 wrong use or bad input.                                                                          */
int crease_error_exit_status(int code);

#endif
