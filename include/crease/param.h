/* Parameter tables: one row is the only place a setting is written beside its struct field. From it come
 * the default, the range check, --help, YAML keys, --set, the printed configuration and a test.        */
#ifndef CREASE_PARAM_H
#define CREASE_PARAM_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "crease/context.h"

#define CREASE_STRING_SIZE 512
#define CREASE_LIST_SIZE 64

typedef char crease_string[CREASE_STRING_SIZE];  /* the field type of a string parameter */
typedef struct crease_list {                     /* the field type of a list of numbers  */
    size_t n;
    double v[CREASE_LIST_SIZE];
} crease_list;

/* The field type of numbers that may vary by entry: one for all, or as many as the user of the setting says.
 * `many` belongs to the context.                                                                          */
typedef struct crease_numbers {
    size_t n;           /* 1: only `one` is used */
    double one;
    const double *many;
    crease_string text; /* as given: a number, a list or a file; empty when set from memory */
} crease_numbers;

typedef enum {
    CREASE_PARAM_KIND_REAL,   /* double        */
    CREASE_PARAM_KIND_INT,    /* long          */
    CREASE_PARAM_KIND_BOOL,   /* bool          */
    CREASE_PARAM_KIND_CHOICE, /* int, index into choices */
    CREASE_PARAM_KIND_STRING, /* crease_string */
    CREASE_PARAM_KIND_LIST,   /* crease_list   */
    CREASE_PARAM_KIND_NUMBERS, /* crease_numbers */
} crease_param_kind;

typedef struct crease_range {
    double lo, hi;
    bool lo_open, hi_open;
} crease_range;

#define CREASE_ANY          { -INFINITY, INFINITY, true, true }    /* any finite number */
#define CREASE_ANY_OR_INFINITE { -INFINITY, INFINITY, false, false }
#define CREASE_GE(a)        { (a), INFINITY, false, true }
#define CREASE_GT(a)        { (a), INFINITY, true, true }
#define CREASE_IN(a, b)     { (a), (b), false, false }             /* a <= x <= b */
#define CREASE_IN_OPEN(a, b){ (a), (b), true, true }               /* a <  x <  b */
#define CREASE_IN_LEFT(a, b){ (a), (b), true, false }              /* a <  x <= b */
#define CREASE_IN_RIGHT(a, b){ (a), (b), false, true }             /* a <= x <  b */

typedef struct crease_param {
    const char *name; /* NULL ends a table */
    crease_param_kind kind;
    size_t offset;
    double number;              /* default of REAL, INT, BOOL, CHOICE */
    const char *text;           /* default of STRING, NUMBERS; default of LIST as "[1, 2]" */
    crease_range range;         /* of REAL, INT and of every item of a LIST or of NUMBERS */
    const char *const *choices; /* CHOICE: names, NULL-terminated */
    const char *doc;            /* one line, no full stop; with the unit if there is one */
    bool of_oracle;             /* steers how a regularizer's oracle works, not what the regularizer is */
} crease_param;

#define CREASE_PARAM_REAL(type, field, default_, range_, doc_)                                      \
    { #field, CREASE_PARAM_KIND_REAL, offsetof(type, field), default_, NULL, range_, NULL, doc_, false }
#define CREASE_PARAM_INT(type, field, default_, range_, doc_)                                       \
    { #field, CREASE_PARAM_KIND_INT, offsetof(type, field), default_, NULL, range_, NULL, doc_, false }
#define CREASE_PARAM_BOOL(type, field, default_, doc_)                                              \
    { #field, CREASE_PARAM_KIND_BOOL, offsetof(type, field), default_, NULL, CREASE_IN(0, 1), NULL, doc_, false }
#define CREASE_PARAM_CHOICE(type, field, default_, choices_, doc_)                                  \
    { #field, CREASE_PARAM_KIND_CHOICE, offsetof(type, field), default_, NULL, CREASE_ANY, choices_, doc_, false }
#define CREASE_PARAM_STRING(type, field, default_, doc_)                                            \
    { #field, CREASE_PARAM_KIND_STRING, offsetof(type, field), 0, default_, CREASE_ANY, NULL, doc_, false }
#define CREASE_PARAM_LIST(type, field, default_, range_, doc_)                                      \
    { #field, CREASE_PARAM_KIND_LIST, offsetof(type, field), 0, default_, range_, NULL, doc_, false }
#define CREASE_PARAM_NUMBERS(type, field, default_, range_, doc_)                                   \
    { #field, CREASE_PARAM_KIND_NUMBERS, offsetof(type, field), 0, default_, range_, NULL, doc_, false }
/* For iterative oracles: long max_iters, double tol. */
#define CREASE_PARAM_MAX_ITERS(type, default_, doc_)                                                \
    { "max_iters", CREASE_PARAM_KIND_INT, offsetof(type, max_iters), default_, NULL, CREASE_IN(1, 1e9), NULL, doc_, \
      true }
#define CREASE_PARAM_TOL(type, default_, doc_)                                                      \
    { "tol", CREASE_PARAM_KIND_REAL, offsetof(type, tol), default_, NULL, CREASE_GE(0), NULL, doc_, true }
#define CREASE_PARAM_END { NULL, CREASE_PARAM_KIND_REAL, 0, 0, NULL, CREASE_ANY, NULL, NULL, false }

/* Fill every field of opts that the table names with its default. params may be NULL (no settings). */
void crease_params_default(const crease_param *params, void *opts);

/* Set one field from text ("2.5", "true", "paper", "[10, 20]"). NaN, infinities, numbers out of range
 * and unknown names are errors whose sentence names the valid range, or the nearest and all valid keys;
 * owner is what the sentence calls the thing being set ("regularizer mcp"). opts is unchanged on error.
 * Errors: ENOTFOUND (no such key), EPARSE (not a number ...), ERANGE.                                 */
int crease_params_set(crease_ctx *ctx, const crease_param *params, void *opts, const char *owner,
                      const char *key, const char *text);

/* Set a field of kind NUMBERS from memory (copied; the context keeps it). Errors as above, and ENOMEM. */
int crease_params_set_numbers(crease_ctx *ctx, const crease_param *params, void *opts, const char *owner,
                              const char *key, size_t n, const double *values);

/* The value of a field as text that crease_params_set reads back to the same bits. */
void crease_param_print(const crease_param *param, const void *opts, char *text, size_t size);

/* "real >= 0", "one of paper, experiment, none": what a parameter accepts, in words. */
void crease_param_describe(const crease_param *param, char *text, size_t size);

/* The name in names (count of them) nearest to word by edit distance, or NULL if none is near. */
const char *crease_nearest(const char *word, const char *const *names, size_t count);

#endif
