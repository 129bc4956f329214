/* A deterministic method at work on F = f + psi outside of a run: stepped by hand, judged in double. */
#ifndef CREASE_DESCENT_H
#define CREASE_DESCENT_H

#include "crease/algorithm.h"
#include "crease/kkt.h"

typedef struct crease_descent {
    crease_ctx *ctx;
    crease_problem *problem; /* not owned, set up */
    crease_stopping *stopping;
    crease_solver *solver;
    crease_algorithm *algorithm;
    crease_oracle oracle;
    crease_kkt kkt;
    void *gradient;             /* n reals */
    double *x, *g;              /* n: the point last measured, and the gradient there */
    double loss, objective;     /* there */
    crease_kkt_residual residual;
    unsigned long iterations;
    double seconds;             /* in the steps */
} crease_descent;

/* method: "NAME:key=value,...", of a deterministic algorithm. x: n doubles, the start point; NULL: the problem's. The
 * terms must outlive it. Errors: those of the parts; EINVAL where the method is not deterministic. Free in any case. */
int crease_descent_create(crease_ctx *ctx, crease_problem *problem, const crease_term *terms, size_t n_terms,
                          const char *method, const double *x, crease_descent *d);
void crease_descent_free(crease_descent *d);

int crease_descent_step(crease_descent *d);
/* Fill in x, g, loss, objective and residual; not counted in seconds. */
int crease_descent_measure(crease_descent *d);
/* Step until the relative residual is at most `goal`, or neither it nor F has fallen in `patience` steps, or `most` steps are made;
 * what is left in x, g ... is the best point met. A method that is at its wits' end (EDIVERGED) ends it, too.    */
int crease_descent_run(crease_descent *d, double goal, unsigned long patience, unsigned long most);

#endif
