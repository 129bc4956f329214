/* The race of deterministic algorithms: time in the steps until F = f + psi is within a relative level
 * of its least value, which a certified reference knows. */
#ifndef CREASE_BENCH_DESCENT_H
#define CREASE_BENCH_DESCENT_H

#include <stdio.h>

#include "experiment/reference.h"

enum {
    CREASE_DESCENT_LEVELS = 2,
    CREASE_DESCENT_MOST_POINTS = 1024,
    CREASE_DESCENT_MOST_REPEATS = 101,
    CREASE_DESCENT_MOST_NAMES = 32,
    CREASE_DESCENT_MOST_SHARES = 16
};

extern const double crease_descent_levels[CREASE_DESCENT_LEVELS]; /* falling */

typedef struct crease_descent_bench {
    crease_ctx *ctx;
    size_t n_problems, n_methods, n_shares; /* problems, methods: 0 is all that are meant to be run */
    const char *problems[CREASE_DESCENT_MOST_NAMES], *methods[CREASE_DESCENT_MOST_NAMES];
    double shares[CREASE_DESCENT_MOST_SHARES]; /* of the lambda that makes the solution zero */
    double cap_s;                              /* of the steps of one run */
    int repeats;
    FILE *csv; /* may be NULL */
} crease_descent_bench;

/* One problem with one lambda. */
typedef struct crease_descent_case {
    const char *problem;
    double share;
    crease_problem *loaded;
    const crease_term_set *set;
    const crease_reference *reference;
} crease_descent_case;

/* After a step: seconds in all steps so far, and (F - F*) / max(|F*|, tiny). */
typedef struct crease_descent_point {
    unsigned long step;
    double seconds, suboptimality;
} crease_descent_point;

typedef enum {
    CREASE_DESCENT_REACHED,
    CREASE_DESCENT_CAP,
    CREASE_DESCENT_GAVE_UP,
    CREASE_DESCENT_REFUSED
} crease_descent_end;

/* What one method did on a case. */
typedef struct crease_descent_track {
    const char *method;
    int runs;
    double seconds[CREASE_DESCENT_LEVELS][CREASE_DESCENT_MOST_REPEATS]; /* INFINITY: not reached */
    unsigned long steps[CREASE_DESCENT_LEVELS]; /* of the first run; 0: not reached */
    crease_descent_end end;                     /* of the run that did worst */
    char sentence[200];                         /* why it gave up or was refused */
    double least;                               /* smallest suboptimality met */
    size_t n_points;                            /* of the first run, thinned */
    crease_descent_point points[CREASE_DESCENT_MOST_POINTS];
} crease_descent_track;

/* Median over the runs; INFINITY where it is not reached. */
double crease_descent_median(const crease_descent_track *t, int level);

/* --- the parts ----------------------------------------------------------------------------------- */

/* What `crease bench steps` knows by name; NULL past the end. Those by default are real data. */
const char *crease_descent_problem_name(size_t i);
bool crease_descent_is_default(size_t i);
/* The experiment that states it. Errors: ENOTFOUND with the nearest name. */
int crease_descent_experiment(crease_ctx *ctx, const char *name, crease_experiment *e);

/* All methods in turns, repeats times. */
int crease_descent_race(const crease_descent_bench *b, const crease_descent_case *c,
                        crease_descent_track *tracks, size_t n);

void crease_descent_header(const crease_descent_bench *b);
void crease_descent_report(const crease_descent_bench *b, const crease_descent_case *c,
                           const crease_descent_track *tracks, size_t n);

/* All of it. Errors: ENOTFOUND (no such problem or method), and those of the parts. Problems whose data
 * are not found are left out with a line that says so. */
int crease_bench_descent(const crease_descent_bench *b);

#endif
