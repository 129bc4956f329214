#include "scalar_members.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the members, once more ------------------------------------------------------------------------- */

static long double l0_of(const double *p, long double x)
{
    return x != 0 ? p[0] : 0;
}
static long double l1_of(const double *p, long double x)
{
    return p[0] * fabsl(x);
}
static long double elastic_net_of(const double *p, long double x)
{
    return p[0] * fabsl(x) + 0.5L * p[1] * x * x;
}
static long double capped_l1_of(const double *p, long double x)
{
    return p[0] * fminl(fabsl(x), p[1]);
}
static long double box_of(const double *p, long double x)
{
    return x >= p[0] && x <= p[1] ? 0 : INFINITY;
}
static long double nonneg_of(const double *p, long double x)
{
    (void)p;
    return x >= 0 ? 0 : INFINITY;
}
static long double quantize_of(const double *p, long double x)
{
    return p[0] * fabsl(fabsl(x) - 1);
}
static long double one_sided_of(const double *p, long double x)
{
    return p[0] * fmaxl(x, 0);
}
static long double asymmetric_of(const double *p, long double x)
{
    return x > 0 ? p[0] * x : -p[1] * x;
}
static long double lq_of(const double *p, long double x)
{
    return p[0] * powl(fabsl(x), p[1]);
}
static long double log_sum_of(const double *p, long double x)
{
    return p[0] * log1pl(fabsl(x) / p[1]);
}

static long double mcp_of(const double *p, long double x)
{
    long double t = fminl(fabsl(x), (long double)p[0] * p[1]);
    return p[0] * t - t * t / (2 * p[1]);
}

static long double scad_of(const double *p, long double x)
{
    long double lambda = p[0], a = p[1], t = fminl(fabsl(x), a * lambda);
    return t <= lambda ? lambda * t : (2 * a * lambda * t - t * t - lambda * lambda) / (2 * (a - 1));
}

static long double huber_of(const double *p, long double x)
{
    return p[0] * (fabsl(x) <= p[1] ? x * x / (2 * p[1]) : fabsl(x) - 0.5L * p[1]);
}

static const scalar_member members[] = {
    { "l0", "lambda", NULL, NOTHING, l0_of },
    { "l1", "lambda", NULL, NOTHING, l1_of },
    { "elastic_net", "lambda", "tau", POSITIVE, elastic_net_of },
    { "mcp", "lambda", "gamma", POSITIVE, mcp_of },
    { "scad", "lambda", "a", ABOVE_ONE, scad_of },
    { "capped_l1", "lambda", "theta", POSITIVE, capped_l1_of },
    { "box", "lower", "upper", BOUNDS, box_of },
    { "nonneg", NULL, NULL, NOTHING, nonneg_of },
    { "huber", "lambda", "delta", POSITIVE, huber_of },
    { "quantize", "lambda", NULL, NOTHING, quantize_of },
    { "one_sided_l1", "lambda", NULL, NOTHING, one_sided_of },
    { "asymmetric_l1", "lambda_plus", "lambda_minus", POSITIVE, asymmetric_of },
    { "lq", "lambda", "q", BELOW_ONE, lq_of },
    { "log_sum", "lambda", "epsilon", POSITIVE, log_sum_of },
};

const scalar_member *scalar_member_at(size_t m)
{
    return m < sizeof members / sizeof *members ? &members[m] : NULL;
}

const scalar_member *scalar_member_find(const char *name)
{
    const scalar_member *m;
    for (size_t k = 0; (m = scalar_member_at(k)); k++)
        if (strcmp(m->name, name) == 0) return m;
    return NULL;
}

/* --- one entry: min d/2 x^2 - c x + w psi(x) ----------------------------------------------------------- */

double random_magnitude(crease_random *random, double decades)
{
    return pow(10, decades * (2 * crease_random_uniform(random) - 1));
}

static void set(crease_regularizer *psi, const char *key, double value)
{
    char text[40];
    snprintf(text, sizeof text, "%.17g", value);
    if (key) assert_ok(psi->ctx, crease_regularizer_set(psi, key, text));
}

static double draw_second(second_setting kind, double first, crease_random *random)
{
    static const double powers[] = { 0.5, 2.0 / 3, 0.02, 0.98 };
    double u = crease_random_uniform(random);
    switch (kind) {
    case POSITIVE:
        return random_magnitude(random, 2);
    case ABOVE_ONE:
        return 1 + random_magnitude(random, 1);
    case BELOW_ONE:
        return u < 0.5 ? powers[crease_random_below(random, 4)] : 0.04 + 0.96 * (u - 0.5) * 1.9;
    case BOUNDS:
        return u < 0.1 ? first : first + random_magnitude(random, 2);
    case NOTHING:
        return 1;
    }
    return 1;
}

scalar_entry scalar_entry_make(crease_ctx *ctx, const scalar_member *of, double first, double second)
{
    scalar_entry e = { .of = of, .psi = crease_regularizer_create(ctx, of->name), .p = { first, second } };
    assert_non_null(e.psi);
    set(e.psi, of->first, first);
    set(e.psi, of->second, second);
    return e;
}

scalar_entry scalar_entry_draw(crease_ctx *ctx, const scalar_member *of, double decades,
                               crease_random *random)
{
    double first = random_magnitude(random, decades);
    if (of->kind == BOUNDS && crease_random_below(random, 2)) first = -first;
    return scalar_entry_make(ctx, of, first, draw_second(of->kind, first, random));
}

void scalar_entry_free(scalar_entry *e)
{
    crease_regularizer_free(e->psi);
}

crease_part scalar_part(const crease_regularizer_type *type, const void *opts, size_t n)
{
    return (crease_part){
        .type = type, .opts = opts, .n = n, .whole = n, .weight = 1, .roundoff = DBL_EPSILON / 2
    };
}

int scalar_entry_solve(const scalar_entry *e, double *x)
{
    crease_part s = scalar_part(e->psi->type, e->psi->opts, 1);
    crease_prox_info info = { .exact = true };
    int code = crease_part_prox(e->psi, &s, &e->c, &e->d, e->w, x, &info);
    assert_true(info.exact);
    if (code == CREASE_OK) assert_false(*x == 0 && signbit(*x));
    return code;
}

double scalar_entry_certificate(const scalar_entry *e, double x)
{
    crease_part s = scalar_part(e->psi->type, e->psi->opts, 1);
    double g = e->d * x - e->c, residual = crease_part_residual(e->psi, &s, &x, &g, e->w);
    double scale = fmax(fabs(e->c), e->w * crease_part_scale(e->psi, &s));
    return residual == 0 ? 0 : residual / scale;
}

long double scalar_entry_objective(const scalar_entry *e, long double x)
{
    return 0.5L * e->d * x * x - e->c * x + e->w * e->of->psi(e->p, x);
}

long double scalar_entry_size(const scalar_entry *e, long double x)
{
    return 0.5L * e->d * x * x + fabsl(e->c * x) + e->w * e->of->psi(e->p, x);
}

void scalar_entry_place(scalar_entry *e, double decades, crease_random *random)
{
    static const double weights[] = { 1e-3, 1, 1e4 };
    e->w = weights[crease_random_below(random, 3)];
    e->d = random_magnitude(random, decades);
    double slope = e->w * fabs(e->p[0]), reach = fabs(e->p[crease_random_below(random, 2)]);
    double near[] = {
        slope, sqrt(2 * slope * e->d), e->d * reach, e->d * e->p[0] * e->p[1], e->d * e->p[1] + slope, e->d
    };
    e->c = near[crease_random_below(random, 6)];
    double kind = crease_random_uniform(random);
    if (kind < 0.6)
        e->c *= random_magnitude(random, 1);
    else if (kind < 0.9)
        e->c *= 1 + 1e-3 * random_magnitude(random, 3);
    if (crease_random_uniform(random) < 0.5) e->c = -e->c;
}

/* --- brute force --------------------------------------------------------------------------------------- */

static long double golden(const scalar_entry *e, long double low, long double high, long double *at)
{
    const long double ratio = 0.618033988749894848205L;
    long double a = high - ratio * (high - low), b = low + ratio * (high - low);
    long double fa = scalar_entry_objective(e, a), fb = scalar_entry_objective(e, b);
    for (int k = 0; k < 70; k++) {
        if (fa <= fb) {
            high = b, b = a, fb = fa;
            a = high - ratio * (high - low), fa = scalar_entry_objective(e, a);
        } else {
            low = a, a = b, fa = fb;
            b = low + ratio * (high - low), fb = scalar_entry_objective(e, b);
        }
    }
    *at = low;
    return fminl(fa, fb);
}

static int ascending(const void *a, const void *b)
{
    long double x = *(const long double *)a, y = *(const long double *)b;
    return (x > y) - (x < y);
}

/* The least objective on a grid of both signs, log-spaced, and of the settings; refined in every valley.
 * *at is about where. */
long double scalar_entry_least(const scalar_entry *e, long double *at)
{
    enum { POINTS = 200, ALL = 2 * (POINTS + 5) + 1 };
    long double x[ALL], f[ALL];
    long double marks[] = { e->p[0], e->p[1], (long double)e->p[0] * e->p[1], 1, e->c / e->d };
    double far = 1e-300;
    for (int k = 0; k < 5; k++)
        if (fabsl(marks[k]) < 1e6 * (1 + fabs(e->c / e->d))) far = fmax(far, 2 * fabsl(marks[k]));
    size_t n = 0;
    x[n++] = 0;
    for (int k = 0; k < 5; k++) x[n++] = marks[k], x[n++] = -marks[k];
    for (int k = 0; k < POINTS; k++) {
        x[n] = far * powl(10, -14.0L * k / POINTS);
        x[n + 1] = -x[n];
        n += 2;
    }
    qsort(x, n, sizeof *x, ascending);
    long double least = INFINITY, where;
    for (size_t k = 0; k < n; k++) {
        f[k] = scalar_entry_objective(e, x[k]);
        if (f[k] < least) least = f[k], *at = x[k];
    }
    for (size_t k = 1; k + 1 < n; k++) {
        if (f[k] > f[k - 1] || f[k] > f[k + 1]) continue;
        long double valley = golden(e, x[k - 1], x[k + 1], &where);
        if (valley < least) least = valley, *at = where;
    }
    return least;
}
