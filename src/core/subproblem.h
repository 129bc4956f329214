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

/* Whether some weight is infinite, which forces entries to zero. */
bool crease_has_forced_group(const crease_groups *groups);

/* The oracle of any regularizer that has one, part by part on the host: bytes of work space, and the solve itself with
 * the contract of crease_solver_type.                                                                    */
size_t crease_solve_parts_work(const crease_subproblem *p);
int crease_solve_parts(const crease_subproblem *p, void *x, void *work, crease_solve_info *info);
size_t crease_count_zero_groups(const crease_groups *groups, const double *x);

/* w psi(x) of a host copy of x, with the allowance for rounding of the width that x comes from; work: that of the term. */
double crease_subproblem_psi(const crease_subproblem *p, const double *x, double *work);

/* NULL, or why p lies outside the shrink family. */
const char *crease_subproblem_outside_family(const crease_subproblem *p);

#endif
