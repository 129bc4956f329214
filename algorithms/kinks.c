#include "kinks.h"

#include <math.h>

#include "core/subproblem.h"

typedef enum { HELD_NOT, HELD_ENTRIES, HELD_GROUP } holding;

static holding how_held(const crease_term *term, size_t g)
{
    crease_shrink psi;
    double weight = crease_group_weight(term->groups, g);
    crease_in_shrink_family(term->psi, &psi);
    if (psi.lambda1 > 0) return HELD_ENTRIES;
    return isinf(weight) || psi.lambda2 * weight > 0 ? HELD_GROUP : HELD_NOT;
}

static void add_group(const crease_groups *s, size_t g, holding how, unsigned char *taken,
                      crease_kinks *k)
{
    size_t at = k->start[k->count], n = crease_group_size(s, g);
    for (size_t i = 0; i < n; i++) {
        k->entry[at] = (uint32_t)crease_group_entry(s, g, i);
        taken[k->entry[at++]] = 1;
        if (how == HELD_ENTRIES || i + 1 == n) k->start[++k->count] = at;
    }
}

static void fill(size_t n, const crease_term *terms, size_t n_terms, unsigned char *taken,
                 crease_kinks *k)
{
    for (size_t t = 0; t < n_terms; t++)
        for (size_t g = 0; g < terms[t].groups->count; g++) {
            holding how = how_held(&terms[t], g);
            if (how != HELD_NOT) add_group(terms[t].groups, g, how, taken, k);
        }
    size_t at = k->start[k->count];
    for (size_t i = 0; i < n; i++)
        if (!taken[i]) k->entry[at++] = (uint32_t)i;
    k->start[k->count + 1] = at;
}

const char *crease_kinks_refusal(const crease_regularizer *psi)
{
    crease_shrink place;
    if (!crease_in_shrink_family(psi, &place)) return "is neither an l1 norm nor an l2 norm of groups";
    return place.lambda1 > 0 && place.lambda2 > 0 ? "has an l1 norm and an l2 norm of groups at once"
                                                  : NULL;
}

int crease_kinks_create(crease_ctx *ctx, size_t n, const crease_term *terms, size_t n_terms,
                        crease_kinks *k)
{
    *k = (crease_kinks){ .start = crease_alloc(ctx, n + 2, sizeof *k->start),
                         .entry = crease_alloc(ctx, n, sizeof *k->entry) };
    unsigned char *taken = crease_alloc(ctx, n, 1);
    bool fine = k->start && k->entry && taken;
    if (fine) fill(n, terms, n_terms, taken, k);
    crease_release(ctx, taken);
    return fine ? CREASE_OK : CREASE_ENOMEM;
}

void crease_kinks_free(crease_ctx *ctx, crease_kinks *k)
{
    crease_release(ctx, k->start);
    crease_release(ctx, k->entry);
    *k = (crease_kinks){ 0 };
}

double crease_kink_dot(const crease_kinks *k, size_t u, const double *x, const double *y)
{
    double sum = 0;
    for (size_t i = k->start[u]; i < k->start[u + 1]; i++) sum += x[k->entry[i]] * y[k->entry[i]];
    return sum;
}

double crease_kink_norm(const crease_kinks *k, size_t u, const double *x)
{
    return sqrt(crease_kink_dot(k, u, x, x));
}
