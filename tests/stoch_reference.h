/* The stochastic methods once more, as their papers state them: plain loops in long double, no slots,
 * no forms. */
#ifndef CREASE_TESTS_STOCH_REFERENCE_H
#define CREASE_TESTS_STOCH_REFERENCE_H

#include "stoch_support.h"

/* The settings that the reference needs, by their names in the members. */
typedef struct {
    double lr, gamma, shift, power, prox_step, zeta, L, eps, a, rho, rho_power, eps_power;
    bool origin, constant, decreasing;
    long inner, patience, prox_epochs, face_epochs;
} stoch_settings;

typedef struct {
    const stoch_data *data;
    stoch_settings o;
    long double *x, *hat, *stand; /* n each; stand: what stood in for grad f */
    long double *d, *old, *anchor, *G, *V, *x1, *z, *A, *g, *h; /* n each */
    long double *T, *s;                                         /* rows * STOCH_WIDTH */
    double seen, since;                                         /* rows in all, and since the anchor */
    long k, same, steps, returns;
    bool local;
    double passes;
} stoch_reference;

stoch_reference *stoch_reference_make(const stoch_data *d, const stoch_settings *o,
                                      const double *start);
void stoch_reference_free(stoch_reference *r);

typedef void stoch_reference_step(stoch_reference *r, crease_rows batch);
stoch_reference_step ref_rda, ref_rda_plus, ref_prox_svrg, ref_prox_saga, ref_pstorm, ref_s_pstorm,
    ref_norm_sgd, ref_obprox_sg, ref_hspg, ref_proxsgd;

#endif
