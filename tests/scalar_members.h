/* The penalties of single entries, written out once more in long double, and one-entry problems with them. */
#ifndef CREASE_TESTS_SCALAR_MEMBERS_H
#define CREASE_TESTS_SCALAR_MEMBERS_H

#include "support.h"

typedef enum { POSITIVE, ABOVE_ONE, BELOW_ONE, BOUNDS, NOTHING } second_setting;

typedef struct {
    const char *name, *first, *second; /* names of settings */
    second_setting kind;
    long double (*psi)(const double *p, long double x);
} scalar_member;

/* Member m, NULL after the last; the one of that name. */
const scalar_member *scalar_member_at(size_t m);
const scalar_member *scalar_member_find(const char *name);

/* min d/2 x^2 - c x + w psi(x), p the two settings */
typedef struct {
    const scalar_member *of;
    crease_regularizer *psi;
    double p[2], c, d, w;
} scalar_entry;

scalar_entry scalar_entry_make(crease_ctx *ctx, const scalar_member *of, double first, double second);
/* Settings at random; the first within so many decades of 1. */
scalar_entry scalar_entry_draw(crease_ctx *ctx, const scalar_member *of, double decades,
                               crease_random *random);
/* w, c and d at random, c near where something happens; d within so many decades of 1. */
void scalar_entry_place(scalar_entry *e, double decades, crease_random *random);
void scalar_entry_free(scalar_entry *e);

int scalar_entry_solve(const scalar_entry *e, double *x); /* the member's prox */
double scalar_entry_certificate(const scalar_entry *e, double x);
long double scalar_entry_objective(const scalar_entry *e, long double x);
/* The terms of the objective at x, without signs: what its rounding errors are relative to. */
long double scalar_entry_size(const scalar_entry *e, long double x);
/* The least objective by brute force, and about where. */
long double scalar_entry_least(const scalar_entry *e, long double *at);

crease_part scalar_part(const crease_regularizer_type *type, const void *opts, size_t n);
double random_magnitude(crease_random *random, double decades); /* 10^-decades to 10^decades */

#endif
