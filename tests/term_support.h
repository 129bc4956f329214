/* One or more terms with everything about them known, on entries that are dealt out at random. */
#ifndef CREASE_TESTS_TERM_SUPPORT_H
#define CREASE_TESTS_TERM_SUPPORT_H

#include "support.h"

typedef enum { SHRINK, BOX } family;

/* lambda1 |x|_1 + lambda2 weight |x_g| + ridge/2 |x|^2, or the box -1 .. 2. */
typedef struct member {
    const char *name, *settings[8];
    family family;
    double lambda1, lambda2, ridge;
} member;

extern const member members[];
enum { L1, GROUP, SPARSE, SCALED_GROUP, RIDGE, SCALED_L1, A_BOX, N_MEMBERS, N_SHRINK = A_BOX };

enum { N = 60, MOST_GROUPS = 12 };

/* One or more terms on N entries that are dealt out at random, so that no group is consecutive. */
typedef struct {
    crease_ctx *ctx;
    crease_random random;
    size_t n_terms;
    const member *member[4];
    crease_regularizer *psi[4];
    crease_groups groups[4];
    crease_term terms[4];
    double weight[4][MOST_GROUPS];
    int term_of[N]; /* -1: free */
    int64_t group_of[N];
    double x[N], g[N];
} stage;

/* which: members, n_terms of them. Every group has an entry; the rest is dealt out, also to nobody
 * where has_free. */
stage *open_stage(uint64_t seed, size_t n_terms, const int *which, bool has_free);
void close_stage(stage *s);

double uniform(stage *s);
bool is_in(const stage *s, int i, size_t t, int g); /* entry i in group g of term t */
long double norm_of(const stage *s, size_t t, int g, const double *x);

/* A point with zero entries, zero groups, entries at the bounds of boxes; and a gradient. */
void draw_point(stage *s);

#endif
