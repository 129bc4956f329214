#include "stopping_support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef long double real;

static const char *const names[] = { "l1", "group_l2", "sparse_group", "linf", "nuclear" };

const char *plain_name(plain_kind kind)
{
    return names[kind];
}

/* --- small pieces -------------------------------------------------------------------------------- */

enum { M = PLAIN_SIZE };

static real norm(const real *x, size_t n)
{
    real sum = 0;
    for (size_t i = 0; i < n; i++) sum += x[i] * x[i];
    return sqrtl(sum);
}

static real soft_norm(const real *x, real t)
{
    real rest[M];
    for (int i = 0; i < M; i++) rest[i] = fmaxl(fabsl(x[i]) - t, 0);
    return norm(rest, M);
}

static real total_above(const real *u, const bool *in, real t)
{
    real sum = 0;
    for (int i = 0; i < M; i++) sum += in[i] ? fmaxl(u[i] - t, 0) : 0;
    return sum;
}

/* The t at which what is above it adds up to `total`, by bisection. */
static real level_of(const real *u, const bool *in, real total)
{
    real low = -1e6L, high = 1e6L;
    for (int k = 0; k < 200; k++) {
        real t = (low + high) / 2;
        if (total_above(u, in, t) > total)
            low = t;
        else
            high = t;
    }
    return high;
}

/* Row-major 2 x 3 X = sum_k sigma[k] u_k v_k', by the eigenvectors of the 2 x 2 matrix X X'. */
static void decompose(const real *X, real sigma[2], real u[2][2], real v[2][3])
{
    real a = 0, b = 0, c = 0;
    for (int j = 0; j < 3; j++) {
        a += X[j] * X[j];
        b += X[j] * X[3 + j];
        c += X[3 + j] * X[3 + j];
    }
    real angle = atan2l(2 * b, a - c) / 2;
    for (int k = 0; k < 2; k++) {
        u[k][0] = k ? -sinl(angle) : cosl(angle);
        u[k][1] = k ? cosl(angle) : sinl(angle);
        for (int j = 0; j < 3; j++) v[k][j] = u[k][0] * X[j] + u[k][1] * X[3 + j];
        sigma[k] = norm(v[k], 3);
        for (int j = 0; j < 3; j++) v[k][j] /= sigma[k] > 0 ? sigma[k] : 1;
    }
}

/* --- one group: psi, its dual norm, and the distance of -g from w times its subdifferential ------ */

static real group_psi(const plain_problem *p, const real *x)
{
    real one = 0, most = 0, sigma[2], u[2][2], v[2][3];
    for (int i = 0; i < M; i++) {
        one += fabsl(x[i]);
        most = fmaxl(most, fabsl(x[i]));
    }
    if (p->kind == PLAIN_LINF) return p->lambda2 * most;
    if (p->kind != PLAIN_NUCLEAR) return p->lambda1 * one + p->lambda2 * norm(x, M);
    decompose(x, sigma, u, v);
    return p->lambda2 * (sigma[0] + sigma[1]);
}

static real group_dual_norm(const plain_problem *p, const real *y)
{
    real one = 0, low = 0, high = 1e6L, sigma[2], u[2][2], v[2][3];
    for (int i = 0; i < M; i++) one += fabsl(y[i]);
    if (p->kind == PLAIN_LINF) return one / p->lambda2;
    if (p->kind == PLAIN_NUCLEAR) {
        decompose(y, sigma, u, v);
        return fmaxl(sigma[0], sigma[1]) / p->lambda2;
    }
    for (int k = 0; k < 200; k++) {
        real t = (low + high) / 2;
        if (soft_norm(y, p->lambda1 * t) > p->lambda2 * t)
            low = t;
        else
            high = t;
    }
    return high;
}

static real shrink_distance(const plain_problem *p, const real *x, const real *g, real w)
{
    real size = norm(x, M), rest[M];
    if (size == 0) return fmaxl(soft_norm(g, w * p->lambda1) - w * p->lambda2, 0);
    for (int i = 0; i < M; i++) {
        real smooth = g[i] + w * p->lambda2 * x[i] / size;
        rest[i] = x[i] != 0 ? smooth + w * p->lambda1 * copysignl(1, x[i])
                            : fmaxl(fabsl(smooth) - w * p->lambda1, 0);
    }
    return norm(rest, M);
}

/* The subdifferential: at 0 the l1 ball, elsewhere a simplex over the entries at the maximum, with
 * their signs. */
static real linf_distance(const plain_problem *p, const real *x, const real *g, real w)
{
    real most = 0, radius = w * p->lambda2, pull[M], rest[M];
    bool in[M];
    for (int i = 0; i < M; i++) most = fmaxl(most, fabsl(x[i]));
    for (int i = 0; i < M; i++) {
        in[i] = fabsl(x[i]) >= most * (1 - 1e-14L);
        pull[i] = most > 0 ? -g[i] * copysignl(1, x[i]) : fabsl(g[i]);
    }
    if (most == 0 && total_above(pull, in, 0) <= radius) return 0;
    real level = level_of(pull, in, radius);
    for (int i = 0; i < M; i++) rest[i] = in[i] ? pull[i] - fmaxl(pull[i] - level, 0) : g[i];
    return norm(rest, M);
}

/* Tangent to the matrices of this rank g + w lambda U V' must vanish; across, singular values up to w
 * lambda are free. */
static real nuclear_distance(const plain_problem *p, const real *X, const real *G, real w)
{
    real sigma[2], u[2][2], v[2][3], tangent[M], normal[M], across[2], slope = w * p->lambda2, sum = 0;
    decompose(X, sigma, u, v);
    memcpy(normal, G, sizeof normal);
    for (int side = 0; side < 2; side++) /* (I - U U') G (I - V V') */
        for (int k = 0; k < 2; k++) {
            if (sigma[k] <= 1e-14L * (sigma[0] + sigma[1])) continue;
            real along[3] = { 0 };
            for (int i = 0; i < 2; i++)
                for (int j = 0; j < 3; j++)
                    along[side ? j : i] +=
                        side ? u[k][i] * normal[3 * i + j] : normal[3 * i + j] * v[k][j];
            for (int i = 0; i < 2; i++)
                for (int j = 0; j < 3; j++)
                    normal[3 * i + j] -= side ? u[k][i] * along[j] : along[i] * v[k][j];
        }
    for (int i = 0; i < M; i++) tangent[i] = G[i] - normal[i];
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < M && sigma[k] > 1e-14L * (sigma[0] + sigma[1]); i++)
            tangent[i] += slope * u[k][i / 3] * v[k][i % 3];
    decompose(normal, across, u, v);
    for (int k = 0; k < 2; k++) sum += powl(fmaxl(across[k] - slope, 0), 2);
    return hypotl(norm(tangent, M), sqrtl(sum));
}

static real group_distance(const plain_problem *p, const real *x, const real *g, real w)
{
    if (p->kind == PLAIN_LINF) return linf_distance(p, x, g, w);
    if (p->kind == PLAIN_NUCLEAR) return nuclear_distance(p, x, g, w);
    return shrink_distance(p, x, g, w);
}

/* --- the whole ----------------------------------------------------------------------------------- */

static void add_group(const plain_problem *p, const double *at, size_t first, plain_look *out)
{
    const test_subproblem *s = &p->s;
    real x[M], y[M], g[M], w = s->p.w, misfit = 0, pairing = 0;
    for (int i = 0; i < M; i++) {
        size_t k = first + (size_t)i;
        real d = s->d[k], move = (real)at[k] - s->x0[k], off = (real)at[k] - s->target[k];
        x[i] = at[k];
        y[i] = s->c[k] - (d + p->ridge) * x[i];
        g[i] = -y[i];
        out->value += s->v[k] * move + d * move * move / 2 + p->ridge * x[i] * x[i] / 2;
        out->span += d * move * move;
        out->distance += d * off * off;
        out->least = fminl(out->least, d + p->ridge);
    }
    real size = group_dual_norm(p, y) / w, shrink = size > 1 ? 1 / size : 1, psi = w * group_psi(p, x);
    for (int i = 0; i < M; i++) {
        misfit += powl((1 - shrink) * y[i], 2) / (2 * (s->d[first + (size_t)i] + p->ridge));
        pairing += y[i] * x[i];
    }
    out->value += psi;
    out->residual += powl(group_distance(p, x, g, w), 2);
    out->gap += misfit + psi - shrink * pairing;
    out->fenchel += size <= 1 + 1e-15L ? psi - pairing : INFINITY;
}

plain_look plain_look_at(const plain_problem *p, const double *x, bool live_only)
{
    plain_look out = { .least = INFINITY };
    for (size_t g = 0; g < PLAIN_ROWS; g++)
        if (p->live[g] || !live_only) add_group(p, x, g * PLAIN_SIZE, &out);
    out.residual = sqrtl(out.residual);
    out.span = sqrtl(out.span);
    out.distance = sqrtl(out.distance);
    return out;
}

/* --- making them --------------------------------------------------------------------------------- */

/* A live group x with a subgradient y of psi, or zeros with one inside the dual ball. */
static void plant_matrix(plain_problem *p, bool live, double *x, double *y)
{
    crease_random *r = &p->s.random;
    double a = 6 * crease_random_uniform(r), b = 6 * crease_random_uniform(r),
           size = 1 + crease_random_uniform(r);
    double u[2][2] = { { cos(a), sin(a) }, { -sin(a), cos(a) } },
           v[2][3] = { { cos(b), sin(b), 0 }, { 0, 0, 1 } };
    for (int i = 0; i < M; i++) {
        double first = u[0][i / 3] * v[0][i % 3], second = u[1][i / 3] * v[1][i % 3];
        x[i] = live ? size * first : 0;
        y[i] = (double)p->lambda2 * ((live ? 1 : 0.8) * first + 0.5 * second);
    }
}

static void plant_maximum(plain_problem *p, bool live, double *x, double *y)
{
    crease_random *r = &p->s.random;
    double most = 1 + crease_random_uniform(r), total = 0;
    for (int i = 0; i < M; i++) {
        double share = i < 3 || !live ? 0.2 + crease_random_uniform(r) : 0,
               sign = crease_random_uniform(r) < 0.5 ? -1 : 1;
        x[i] = !live ? 0 : i < 3 ? sign * most : sign * 0.8 * most * crease_random_uniform(r);
        y[i] = sign * share;
        total += share;
    }
    for (int i = 0; i < M; i++) y[i] *= (double)p->lambda2 * (live ? 1 : 0.8) / total;
}

static void plant_shrunk(plain_problem *p, bool live, double *x, double *y)
{
    crease_random *r = &p->s.random;
    double size = 0;
    for (int i = 0; i < M; i++) {
        bool entry = live && (p->lambda1 == 0 || i == 0 || crease_random_uniform(r) < 0.5);
        x[i] = entry ? copysign(0.5 + crease_random_uniform(r), crease_random_uniform(r) - 0.5) : 0;
        size = hypot(size, x[i]);
    }
    for (int i = 0; i < M; i++) {
        double box = x[i] != 0 ? copysign(1, x[i]) : 0.9 * (2 * crease_random_uniform(r) - 1);
        double ball = size > 0 ? x[i] / size : 0.3 * (2 * crease_random_uniform(r) - 1);
        y[i] = (double)(p->lambda1 * box + p->lambda2 * ball);
    }
}

static void plant(plain_problem *p)
{
    test_subproblem *s = &p->s;
    double y[M];
    for (size_t g = 0; g < PLAIN_ROWS; g++) {
        double *x = s->target + g * PLAIN_SIZE;
        bool live = g < 2 || crease_random_uniform(&s->random) < 0.5;
        if (p->kind == PLAIN_NUCLEAR)
            plant_matrix(p, live, x, y);
        else if (p->kind == PLAIN_LINF)
            plant_maximum(p, live, x, y);
        else
            plant_shrunk(p, live, x, y);
        real c[M];
        for (size_t i = 0; i < M; i++) {
            size_t k = g * PLAIN_SIZE + i;
            s->c[k] = (s->d[k] + (double)p->ridge) * x[i] + s->p.w * y[i];
            c[i] = s->c[k];
        }
        p->live[g] = p->kind >= PLAIN_LINF || group_dual_norm(p, c) > s->p.w;
    }
}

static void set(plain_problem *p, const char *key, double value)
{
    char text[40];
    snprintf(text, sizeof text, "%.17g", value);
    assert_ok(p->s.ctx, crease_regularizer_set(p->s.psi, key, text));
}

void plain_make(crease_ctx *ctx, plain_kind kind, double spread, double ridge, uint64_t seed,
                plain_problem *p)
{
    *p = (plain_problem){ .kind = kind };
    test_shape shape = { names[kind], "cpu-f64", "rows", PLAIN_ROWS, PLAIN_SIZE, spread, 0.75, 0.05 };
    assert_true(test_subproblem_make(ctx, &shape, seed, &p->s));
    double lambda = 0.5 + crease_random_uniform(&p->s.random);
    p->s.p.unit = NULL; /* there is room for other settings' units */
    p->ridge = p->s.p.w * ridge;
    set(p, "ridge", ridge);
    set(p, kind == PLAIN_SPARSE ? "lambda1" : "lambda", lambda);
    if (kind == PLAIN_SPARSE) set(p, "lambda2", 0.3);
    if (kind == PLAIN_L1) set(p, "weights", 1);
    if (kind == PLAIN_LINF) set(p, "a", 1);
    if (kind == PLAIN_NUCLEAR) set(p, "rows", 2);
    double weight = crease_group_weight(&p->s.groups, 0);
    if (kind == PLAIN_L1 || kind == PLAIN_SPARSE) p->lambda1 = lambda;
    if (kind != PLAIN_L1) p->lambda2 = weight * (kind == PLAIN_SPARSE ? 0.3 : lambda);
    plant(p);
    test_subproblem_push(&p->s, true);
}

void plain_free(plain_problem *p)
{
    test_subproblem_free(&p->s);
}

/* --- solving them -------------------------------------------------------------------------------- */

crease_stopping *plain_parse(crease_ctx *ctx, const char *spec)
{
    crease_stopping *stop = crease_stopping_parse(ctx, spec);
    if (!stop) fail_msg("%s: %s", spec, crease_ctx_error(ctx)->sentence);
    return stop;
}

static real distance(const double *a, const double *b)
{
    real sum = 0;
    for (int i = 0; i < PLAIN_N; i++) sum += ((real)a[i] - b[i]) * ((real)a[i] - b[i]);
    return sqrtl(sum);
}

static void watch(void *user, const crease_progress *progress, const void *x)
{
    plain_trace *t = user;
    memcpy(t->before, t->x, sizeof t->x);
    memcpy(t->x, x, sizeof t->x);
    t->j = progress->j;
    if (t->j == 0) memcpy(t->start, x, sizeof t->start);
    t->move_before = t->move;
    t->move = t->j > 0 ? distance(t->x, t->before) : NAN;
    if (t->j == 1) t->move_first = t->move;
}

void plain_solve(plain_problem *p, const char *solver, const char *spec, plain_trace *t)
{
    crease_ctx *ctx = p->s.ctx;
    crease_stopping *stop = plain_parse(ctx, spec);
    crease_solver *s = crease_solver_create(ctx, solver, stop);
    assert_non_null(s);
    memset(t, 0, sizeof *t);
    crease_observer observer = { t, watch };
    p->s.p.observer = &observer;
    p->s.p.backend->from_host(p->s.n, p->s.x, p->s.bx);
    assert_ok(ctx, crease_solver_solve(s, &p->s.p, p->s.bx, &t->info));
    p->s.p.observer = NULL;
    assert_int_equal(t->info.iterations, t->j);
    crease_solver_free(s);
    crease_stopping_free(stop);
}
