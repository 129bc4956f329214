/* A problem with its minimizer in closed form, and run directories whose history is planted. */
#ifndef CREASE_TESTS_IDENTIFY_SUPPORT_H
#define CREASE_TESTS_IDENTIFY_SUPPORT_H

#include <stdbool.h>

#include "cli_support.h"

/* f(w) = 1/2 |w - z|^2 as least squares on 16 rows 4 e_i with targets 4 z_i; psi = 1/4 |w|_1, so that
 * x* is z soft-thresholded: the first 6 entries are live, the others zero. */
enum { IDENTIFY_N = 16, IDENTIFY_LIVE = 6, IDENTIFY_STEPS = 4 };
#define IDENTIFY_LAMBDA 0.25
extern const double identify_z[IDENTIFY_N];

/* The rows as .csv; its path. */
const char *identify_write_data(void);
/* The lines of an experiment that name the problem with these data and psi. */
void identify_problem_text(char *text, size_t size, const char *data);
/* Its reference by the formula; the arrays are static and belong to this function. */
crease_reference identify_reference(void);

/* What a run left: a letter an epoch for the signature of W-hat. r: the reference's; z: a false zero;
 * l: two false live units; b: a false zero and a false live unit. */
typedef struct identify_plant {
    const char *history, *outcome;
    bool watched; /* the columns of the diagnostic reference are there */
    double first_hit_step, last_exit_step;
    const double *gap, *distance; /* an epoch, may be NULL: F - F* over 1 + |F*|, and |W - x*| */
    bool other_reference;         /* the columns tell of other false zeros */
} identify_plant;

/* A fresh folder with config.yaml, for algorithms as YAML text ("[{type: pg}]"); its path, valid until
 * exit. */
const char *identify_make_folder(const char *name, const char *data, const char *algorithms);
void identify_plant_run(crease_ctx *ctx, const char *folder, const char *label, int seed,
                        const identify_plant *p);

#endif
