/* What the simplex and the l1 ball share: a budget, sum_i a_i |x_i| = rho or <= rho. The settings of both.
 *
 * `signs`: entries of any sign (the ball), which leaves each its |c_i|; else entries x >= 0 (the simplex). */
#ifndef CREASE_CORE_BUDGET_H
#define CREASE_CORE_BUDGET_H

#include "crease/regularizer.h"
#include "sum.h"

typedef struct crease_budget {
    double rho;
    crease_numbers a;
} crease_budget;

/* sum_i a_i |x_i|, correctly rounded but for the products. */
double crease_budget_spent(const crease_part *s, const double *x);

/* The most that storing x moves a sum near rho. */
double crease_budget_near(const crease_part *s);

/* argmin 1/2 x'Dx - c'x with the budget spent exactly, d >= 0: expected O(n), no sort. Needs
 * crease_budget_work.                                                                                   */
void crease_budget_project(const crease_part *s, bool signs, const double *c, const double *d, double *x);
size_t crease_budget_work(const crease_part *s);

/* For x that spends the budget: the mu for which mu a is what the subdifferential takes off -g, unrestricted
 * in sign; the pull of entry i, to be compared with mu a_i; and the norm of what is left of -g.         */
double crease_budget_multiplier(const crease_part *s, bool signs, const double *x, const double *g);
double crease_budget_pull(bool signs, double x, double g);
double crease_budget_rest(const crease_part *s, bool signs, const double *x, const double *g, double mu);

/* The derivative of the projection where x spends the budget: L |x_i| = |u_i| - tau a_i on live entries, and their
 * changes cost nothing. `state` is that of src/core/jacobian.h, rank one.                                */
void crease_budget_linearize(const crease_part *s, const double *x, void *state);

/* max_i |y_i| / a_i, or max_i y_i / a_i without signs; 0 without entries. */
double crease_budget_best(const crease_part *s, bool signs, const double *y);

#endif
