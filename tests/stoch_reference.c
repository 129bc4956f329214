#include "stoch_reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

stoch_reference *stoch_reference_make(const stoch_data *d, const stoch_settings *o, const double *start)
{
    stoch_reference *r = calloc(1, sizeof *r);
    r->data = d;
    r->o = *o;
    long double **vectors[] = { &r->x, &r->hat, &r->stand, &r->d, &r->old, &r->anchor, &r->G,
                                &r->V, &r->x1,  &r->z,     &r->A, &r->g,   &r->h };
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        *vectors[i] = calloc(d->n, sizeof(long double));
    r->T = calloc(d->rows * STOCH_WIDTH, sizeof *r->T);
    r->s = calloc(d->rows * STOCH_WIDTH, sizeof *r->s);
    for (size_t i = 0; i < d->n; i++) r->x[i] = r->z[i] = r->x1[i] = start[i];
    return r;
}

void stoch_reference_free(stoch_reference *r)
{
    long double *vectors[] = { r->x,  r->hat, r->stand, r->d, r->old, r->anchor, r->G, r->V,
                               r->x1, r->z,   r->A,     r->g, r->h,   r->T,      r->s };
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) free(vectors[i]);
    free(r);
}

static const crease_rows all = { 0, NULL };

static void look(stoch_reference *r, crease_rows rows, const long double *x, long double *g)
{
    stoch_gradient(r->data, rows.count, rows.rows, x, g);
    r->passes += rows.rows ? (double)rows.count / (double)r->data->rows : 1;
}

static double batch_rows(const stoch_reference *r, crease_rows batch)
{
    return (double)(batch.rows ? batch.count : r->data->rows);
}

static void copy(const stoch_reference *r, const long double *from, long double *to)
{
    memcpy(to, from, r->data->n * sizeof *to);
}

/* xhat = prox_{step psi}(x - step d),  x <- (1 - c) x + c xhat */
static void prox_step(stoch_reference *r, const long double *d, long double step, long double c)
{
    for (size_t i = 0; i < r->data->n; i++) r->hat[i] = r->x[i] - step * d[i];
    stoch_prox(r->data, step, r->hat);
    for (size_t i = 0; i < r->data->n; i++) r->x[i] = (1 - c) * r->x[i] + c * r->hat[i];
    copy(r, d, r->stand);
}

/* x = prox_{(sqrt t / gamma) psi}(x1 - sqrt t / gamma mean) */
static void dual_averaging(stoch_reference *r)
{
    long double t = r->k, long_step = sqrtl(t) / r->o.gamma;
    for (size_t i = 0; i < r->data->n; i++) {
        r->stand[i] = r->V[i] / t;
        r->hat[i] = (r->o.origin ? 0 : r->x1[i]) - long_step * r->stand[i];
    }
    stoch_prox(r->data, long_step, r->hat);
    copy(r, r->hat, r->x);
}

void ref_rda(stoch_reference *r, crease_rows batch)
{
    look(r, batch, r->x, r->g);
    r->k++;
    for (size_t i = 0; i < r->data->n; i++) r->V[i] += r->g[i];
    dual_averaging(r);
}

void ref_prox_svrg(stoch_reference *r, crease_rows batch)
{
    bool over = r->o.inner ? r->steps == r->o.inner : r->since >= (double)r->data->rows;
    if (r->steps == 0 || over) {
        copy(r, r->x, r->anchor);
        look(r, all, r->x, r->G);
        copy(r, r->G, r->d);
        r->steps = 0;
        r->since = 0;
    } else {
        look(r, batch, r->x, r->g);
        look(r, batch, r->anchor, r->h);
        for (size_t i = 0; i < r->data->n; i++) r->d[i] = r->g[i] - r->h[i] + r->G[i];
    }
    r->steps++;
    r->since += batch_rows(r, batch);
    prox_step(r, r->d, r->o.lr, 1);
}

void ref_prox_saga(stoch_reference *r, crease_rows batch)
{
    const stoch_data *d = r->data;
    size_t count = (size_t)batch_rows(r, batch);
    if (r->k++ == 0) {
        stoch_slopes(d, 0, NULL, r->x, r->T);
        r->passes += 1;
    }
    stoch_pull(d, 0, NULL, r->T, r->A); /* afresh in every step */
    look(r, batch, r->x, r->g);         /* the ridge included */
    for (size_t i = 0; i < count; i++)
        memcpy(r->s + i * STOCH_WIDTH, r->T + (batch.rows ? batch.rows[i] : i) * STOCH_WIDTH,
               STOCH_WIDTH * sizeof *r->s);
    stoch_pull(d, count, batch.rows, r->s, r->h);
    for (size_t i = 0; i < d->n; i++) r->d[i] = r->g[i] - r->h[i] + r->A[i];
    stoch_slopes(d, count, batch.rows, r->x, r->s);
    for (size_t i = 0; i < count; i++)
        memcpy(r->T + (batch.rows ? batch.rows[i] : i) * STOCH_WIDTH, r->s + i * STOCH_WIDTH,
               STOCH_WIDTH * sizeof *r->s);
    prox_step(r, r->d, r->o.lr, 1);
}

static void storm(stoch_reference *r, crease_rows batch, long double beta)
{
    look(r, batch, r->x, r->g);
    if (r->k > 0) look(r, batch, r->old, r->h);
    for (size_t i = 0; i < r->data->n; i++)
        r->d[i] = r->k > 0 ? r->g[i] + (1 - beta) * (r->d[i] - r->h[i]) : r->g[i];
    copy(r, r->x, r->old);
}

static long double pstorm_alpha(const stoch_reference *r, long k)
{
    long double c = powl(4, 1.0L / 3) * r->o.lr;
    return r->o.constant ? r->o.lr : c / powl(k + 4, 1.0L / 3);
}

void ref_pstorm(stoch_reference *r, crease_rows batch)
{
    long double now = pstorm_alpha(r, r->k - 1), next = pstorm_alpha(r, r->k), L = r->o.L;
    long double beta = (1 + 24 * now * now * L * L - next / now) / (1 + 4 * now * now * L * L);
    storm(r, batch, beta);
    r->k++;
    prox_step(r, r->d, next, 1);
}

void ref_s_pstorm(stoch_reference *r, crease_rows batch)
{
    long double beta = 1.0L / (r->k + 1), zeta = r->o.zeta > 0 ? r->o.zeta : r->k ? r->k : 1;
    storm(r, batch, beta);
    r->k++;
    prox_step(r, r->d, r->o.lr, fminl(1, zeta * beta));
}

void ref_norm_sgd(stoch_reference *r, crease_rows batch)
{
    long double lambda = r->o.prox_step, alpha = r->o.lr / powl(r->o.shift + r->k++, r->o.power);
    look(r, batch, r->x, r->g);
    for (size_t i = 0; i < r->data->n; i++) {
        r->z[i] -= alpha * (r->g[i] + (r->z[i] - r->x[i]) / lambda);
        r->hat[i] = r->z[i];
    }
    stoch_prox(r->data, lambda, r->hat);
    copy(r, r->hat, r->x);
    for (size_t i = 0; i < r->data->n; i++) r->stand[i] = (r->x[i] - r->z[i]) / lambda;
}

void ref_proxsgd(stoch_reference *r, crease_rows batch)
{
    const stoch_settings *o = &r->o;
    long double t = r->k++ + 4, a = o->decreasing ? o->rho / powl(t, o->rho_power) : o->a;
    look(r, batch, r->x, r->g);
    for (size_t i = 0; i < r->data->n; i++) r->d[i] = (1 - a) * r->d[i] + a * r->g[i];
    prox_step(r, r->d, o->lr, o->decreasing ? o->eps / powl(t, o->eps_power) : 1);
}

/* --- steps along faces
 * -------------------------------------------------------------------------------- */

static long double sign(long double x)
{
    return x > 0 ? 1 : x < 0 ? -1 : 0;
}

/* One column (u, v) of W: what psi holds at zero stays, the rest moves and is projected. */
static void face_column(const stoch_reference *r, size_t j, const long double *d, long double entry,
                        long double group, long double *out)
{
    const stoch_data *q = r->data;
    long double lambda2 = q->lambda2 * sqrtl(STOCH_WIDTH), size = hypotl(r->x[j], r->x[q->cols + j]),
                along = 0;
    for (size_t k = 0; k < STOCH_WIDTH; k++) {
        size_t i = k * q->cols + j;
        long double x = r->x[i],
                    slope = q->lambda1 * sign(x) + (lambda2 > 0 && size > 0 ? lambda2 * x / size : 0);
        bool held = (lambda2 > 0 && size == 0) || (q->lambda1 > 0 && x == 0);
        long double y = held ? 0 : x - r->o.lr * (d[i] + slope);
        if (q->lambda1 > 0 && sign(x) * y <= entry) y = 0;
        out[i] = y;
        along += y * x;
    }
    if (lambda2 > 0 && along < group * size * size)
        for (size_t k = 0; k < STOCH_WIDTH; k++) out[k * q->cols + j] = 0;
}

static void face_step(const stoch_reference *r, const long double *d, long double entry,
                      long double group, long double *out)
{
    const stoch_data *q = r->data;
    for (size_t j = 0; j < q->cols; j++) face_column(r, j, d, entry, group, out);
    for (size_t i = STOCH_WIDTH * q->cols; i < q->n; i++) out[i] = r->x[i] - r->o.lr * d[i];
}

static void in_turns(stoch_reference *r, crease_rows batch, long double entry, long double group)
{
    double rows = (double)r->data->rows, epochs = floor(r->seen / rows);
    double period = (double)(r->o.prox_epochs + r->o.face_epochs);
    if (r->o.face_epochs > 0) epochs -= period * floor(epochs / period);
    r->seen += batch_rows(r, batch);
    look(r, batch, r->x, r->g);
    if (epochs < (double)r->o.prox_epochs) {
        prox_step(r, r->g, r->o.lr, 1);
        return;
    }
    face_step(r, r->g, entry, group, r->hat);
    copy(r, r->hat, r->x);
    copy(r, r->g, r->stand);
}

void ref_obprox_sg(stoch_reference *r, crease_rows batch)
{
    in_turns(r, batch, r->o.eps, 0);
}

void ref_hspg(stoch_reference *r, crease_rows batch)
{
    in_turns(r, batch, 0, r->o.eps);
}

/* The zeros of whole groups, or with an l1 part of entries. */
static bool same_zeros(const stoch_reference *r, const long double *u, const long double *v)
{
    size_t cols = r->data->cols;
    for (size_t j = 0; j < cols; j++) {
        if ((u[j] == 0 && u[cols + j] == 0) != (v[j] == 0 && v[cols + j] == 0)) return false;
        if (r->data->lambda1 > 0
            && ((u[j] == 0) != (v[j] == 0) || (u[cols + j] == 0) != (v[cols + j] == 0)))
            return false;
    }
    return true;
}

static void dual_phase(stoch_reference *r, crease_rows batch)
{
    copy(r, r->x, r->old);
    ref_rda(r, batch);
    r->same = same_zeros(r, r->old, r->x) ? r->same + 1 : 0;
    r->local = r->same >= r->o.patience;
    r->since = 0;
}

void ref_rda_plus(stoch_reference *r, crease_rows batch)
{
    if (!r->local) {
        dual_phase(r, batch);
        return;
    }
    bool renew = r->since == 0 || r->since >= (double)r->data->rows;
    look(r, batch, r->x, r->g);
    if (renew) copy(r, r->x, r->anchor);
    look(r, renew ? all : batch, r->anchor, renew ? r->G : r->h);
    for (size_t i = 0; i < r->data->n; i++) {
        r->d[i] = renew ? r->G[i] : r->g[i] - r->h[i] + r->G[i];
        r->V[i] += r->g[i];
    }
    r->since = (renew ? 0 : r->since) + batch_rows(r, batch);
    r->k++;
    copy(r, r->x, r->old);
    face_step(r, r->d, 0, 0, r->h);
    prox_step(r, r->d, r->o.lr, 1);
    if (same_zeros(r, r->old, r->x) && same_zeros(r, r->old, r->h)) {
        copy(r, r->h, r->x);
        return;
    }
    r->local = false;
    r->same = 0;
    r->returns++;
}
