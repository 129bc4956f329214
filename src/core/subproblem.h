/* What inner solvers share: a subproblem as a task of the shrink kernels, and the sentences of its errors. */
#ifndef CREASE_CORE_SUBPROBLEM_H
#define CREASE_CORE_SUBPROBLEM_H

#include "crease/solver.h"

/* The task of all of p (its work space left NULL). Only for regularizers of the shrink family. */
crease_shrink_task crease_subproblem_task(const crease_subproblem *p);

/* Run the kernel that solves every group by Newton's method under a rule; fills info but for stop = MET or
 * CAP by the groups that reached max_iters.                                                            */
int crease_solve_secular(const crease_subproblem *p, crease_secular_rule rule, unsigned max_iters, void *x,
                         void *work, crease_solve_info *info);

/* Whether psi, as it is set, lies in the shrink family: it runs on the kernels then, and place receives its numbers,
 * scale and ridge included.                                                                              */
bool crease_in_shrink_family(const crease_regularizer *psi, crease_shrink *place);

/* Whether psi is one penalty made of quadratic pieces for every one of p's n entries, which runs on the kernels. */
bool crease_is_uniform_pieces(const crease_subproblem *p, crease_pieces *penalty);

/* NULL, or why p lies outside the shrink family. */
const char *crease_subproblem_outside_family(const crease_subproblem *p);

#endif
