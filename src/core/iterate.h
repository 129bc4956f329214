/* The loop that all iterative solvers share: a solver states how it sets up and how it makes one iteration; looking
 * at the inexactness test, at the precision of the arithmetic, at the clock and at the observer is done here.      */
#ifndef CREASE_CORE_ITERATE_H
#define CREASE_CORE_ITERATE_H

#include "space.h"

typedef struct crease_iteration {
    crease_space *s;
    const crease_subproblem *p;
    const void *opts; /* of the solver */
    void *state;      /* of the method: what its carve laid out */
    void *x;          /* n reals of s->b: the iterate, which `step` replaces; an output of the proximal map */
    unsigned j;       /* the iteration at hand, from 1 */
    crease_solve_info *info;
} crease_iteration;

typedef struct crease_iterative {
    bool wide; /* it wants doubles, the parts one after the other: see crease_space_carve */
    bool once; /* it makes one step and takes no test */
    size_t state_bytes;
    /* Lay out the method's arrays, room for p->n reals of s->b each (s->n is not known yet); sizes must not depend on what is live.
     * state is zeroed memory of state_bytes, NULL-arrayed while only counting. May be NULL.                    */
    void (*carve)(crease_arena *arena, const crease_space *s, const void *opts, void *state);
    int (*start)(crease_iteration *k); /* x holds the start point; may change it. NULL: nothing to do */
    int (*step)(crease_iteration *k);
    /* A bound from above of Q(x) - min Q that the method has at little cost, in place of the gap that the space would
     * find. NULL: it has none. */
    double (*prove)(crease_iteration *k);
} crease_iterative;

/* The work_size and solve of every iterative solver; its type names the method. */
size_t crease_iterate_work(const crease_solver *s, const crease_subproblem *p);
int crease_iterate(const crease_solver *s, const crease_subproblem *p, void *x, void *work, crease_solve_info *info);

#endif
