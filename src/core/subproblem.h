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

/* NULL, or why p lies outside the shrink family. */
const char *crease_subproblem_outside_family(const crease_subproblem *p);

#endif
