/* What the tests of iterative inner solvers share: every setting of each, and running one to a
 * certificate. */
#ifndef CREASE_TESTS_INNER_SUPPORT_H
#define CREASE_TESTS_INNER_SUPPORT_H

#include "subproblems.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Solvers with their settings; places in the list. Those before FIRST_DIAGONAL take operator metrics.
 */
enum { BACKTRACKING = 2, BB, FIRST_CD = 10, FIRST_DIAGONAL = 12, FIXED_RHO = 15, VARIANTS };
extern const char *const variants[VARIANTS];

extern const char *const layouts[5]; /* of groups */
extern const double spreads[4];      /* of metrics */

int set_up(void **state); /* a context */
int tear_down(void **state);

/* A solver with its settings, to be stopped by a residual of eps where it takes a test.
 */
typedef struct {
    crease_stopping *stop;
    crease_solver *solver;
} method;

method method_make(crease_ctx *ctx, const char *text, double eps, double cap);
void method_free(method m);

/* From s->x, which becomes the answer. */
crease_solve_info run(test_subproblem *s, const char *text, double eps, double cap,
                      crease_certificate *proof);
bool is_taken(test_subproblem *s, const char *text);

/* A planted subproblem where psi lets it (planted, may be NULL, tells: s->target is the solution), else
 * a random one; with a random start point, pushed. False: psi does not take the groups. */
bool make_case(crease_ctx *ctx, const char *regularizer, double spread, size_t k, bool *planted,
               test_subproblem *s);

/* The size of the data: of the whole, and of the part where it is least. */
double size_of(const test_subproblem *s, double *least);
/* A residual that keeps every part's certificate below 1e-10, but is not lost in rounding. */
double tight(const test_subproblem *s);

void start_anywhere(test_subproblem *s); /* s->x of the size of c/d */
double distance(size_t n, const double *a, const double *b);
void check_support(const test_subproblem *s, const char *text); /* that of s->target, and no -0 */

#endif
