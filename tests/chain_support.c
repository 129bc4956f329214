#include "chain_support.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const chain_names[] = { "tv1d", "fused", "isotonic" };
const double chain_spreads[] = { 0, 10, 1e6, 1e12 };
const double chain_weights[] = { 1, 1e-3, 1e4 };
static crease_random the_random;

int chain_set_up(void **state)
{
    the_random = crease_random_at(2013, CREASE_STREAM_TEST, 0);
    *state = test_ctx();
    return 0;
}

int chain_tear_down(void **state)
{
    crease_ctx_free(*state);
    return 0;
}

double chain_uniform(void)
{
    return crease_random_uniform(&the_random);
}

double chain_normal(void)
{
    return crease_random_normal(&the_random);
}

size_t chain_below(size_t n)
{
    return (size_t)crease_random_below(&the_random, n);
}

static double *numbers(size_t n)
{
    double *v = calloc(n + 1, sizeof *v);
    assert_non_null(v);
    return v;
}

void chain_free(chain *s)
{
    double *arrays[] = { s->x, s->c, s->d, s->g, s->edge, s->size };
    for (size_t i = 0; i < 6; i++) free(arrays[i]);
    free(s->unit);
    free(s->margin);
    free(s->part.work);
    crease_regularizer_free(s->psi);
}

/* Hands the settings over; the arrays may be changed before. */
void chain_push(chain *s)
{
    if (strcmp(s->psi->type->base.name, "isotonic") != 0)
        assert_ok(s->psi->ctx, crease_regularizer_set_numbers(s->psi, "weights", s->n, s->edge));
    if (strcmp(s->psi->type->base.name, "fused") == 0)
        assert_ok(s->psi->ctx, crease_regularizer_set_numbers(s->psi, "mu", s->n, s->size));
    free(s->part.work);
    s->part.work = malloc(crease_part_work(s->psi, &s->part) + 1);
    assert_null(crease_part_refusal(s->psi, &s->part));
}

chain chain_make(crease_ctx *ctx, member which, size_t n)
{
    chain s = { .psi = crease_regularizer_create(ctx, chain_names[which]), .n = n, .w = 1 };
    assert_non_null(s.psi);
    s.part = (crease_part){ .type = s.psi->type, .opts = s.psi->opts, .n = n, .whole = n, .weight = 1,
                            .roundoff = DBL_EPSILON };
    s.x = numbers(n), s.c = numbers(n), s.d = numbers(n);
    s.g = numbers(n), s.edge = numbers(n), s.size = numbers(n);
    s.unit = calloc(2 * n + 1, sizeof *s.unit);
    s.margin = calloc(2 * n + 1, sizeof *s.margin);
    for (size_t i = 0; i < n; i++) {
        s.d[i] = s.edge[i] = 1;
        s.size[i] = which == FUSED;
    }
    if (n > 0) chain_push(&s);
    else s.part.work = malloc(1);
    return s;
}

int chain_solve(chain *s)
{
    crease_prox_info info = { .exact = true };
    int code = crease_part_prox(s->psi, &s->part, s->c, s->d, s->w, s->x, &info);
    if (code != CREASE_OK) return code;
    assert_true(info.exact && info.gap == 0);
    for (size_t i = 0; i < s->n; i++) {
        assert_false(s->x[i] == 0 && signbit(s->x[i]));
        s->g[i] = s->d[i] * s->x[i] - s->c[i];
    }
    return code;
}

static double c_norm(const chain *s)
{
    double sum = 0;
    for (size_t i = 0; i < s->n; i++) sum = hypot(sum, s->c[i]);
    return sum;
}

double chain_scale(const chain *s)
{
    return fmax(c_norm(s), s->w * crease_part_scale(s->psi, &s->part));
}

double chain_certificate(chain *s)
{
    double residual = crease_part_residual(s->psi, &s->part, s->x, s->g, s->w), size = chain_scale(s);
    return residual > 0 ? residual / size : 0;
}

int chain_solved(chain *s, const double *c, const double *d)
{
    memcpy(s->c, c, s->n * sizeof *c);
    memcpy(s->d, d, s->n * sizeof *d);
    return chain_solve(s);
}

void chain_assert_minimal(chain *s, double tolerance, size_t k)
{
    double certificate = chain_certificate(s);
    if (!(certificate <= tolerance))
        fail_msg("%s %zu: certificate %g", s->psi->type->base.name, k, certificate);
}

/* --- references ----------------------------------------------------------------------------------- */

/* Are there multipliers? Their interval, from entry to entry, each bound loosened by tol; room is kept
 * from the bounds of edges without a jump and of zeros. Structure is read from x. */
bool chain_multipliers(const chain *s, const double *x, const double *g, long double tol, long double room)
{
    long double low = 0, high = 0;
    for (size_t i = 0; i < s->n; i++) {
        long double size = (long double)s->w * s->size[i], edge = (long double)s->w * s->edge[i];
        long double fixed = x[i] > 0 ? size : x[i] < 0 ? -size : 0;
        long double play = x[i] == 0 ? fmaxl(size - room, 0) : 0;
        if (x[i] == 0 && room > size + tol) return false;
        low += g[i] + fixed - play;
        high += g[i] + fixed + play;
        long double from = room - edge, to = edge - room;
        if (i + 1 == s->n) from = to = 0;
        else if (x[i + 1] != x[i]) from = to = x[i + 1] > x[i] ? edge : -edge;
        low = fmaxl(low, from - tol);
        high = fminl(high, to + tol);
        if (low > high) return false;
        if (i + 1 < s->n && x[i + 1] != x[i]) low = high = from;
    }
    return true;
}

static bool ordered(size_t n, const long double *x)
{
    for (size_t i = 0; i + 1 < n; i++)
        if (x[i] > x[i + 1]) return false;
    return true;
}

static long double objective(const chain *s, member which, const long double *x)
{
    long double sum = 0;
    if (which == ISOTONIC && !ordered(s->n, x)) return INFINITY;
    for (size_t i = 0; i < s->n; i++) {
        sum += 0.5L * s->d[i] * x[i] * x[i] - s->c[i] * x[i];
        if (which != ISOTONIC) sum += (long double)s->w * s->size[i] * fabsl(x[i]);
        if (which != ISOTONIC && i > 0) sum += (long double)s->w * s->edge[i - 1] * fabsl(x[i] - x[i - 1]);
    }
    return sum;
}

long double chain_objective(const chain *s, member which, const double *x)
{
    long double wide[64];
    for (size_t i = 0; i < s->n; i++) wide[i] = x[i];
    return objective(s, which, wide);
}

/* The point with this pattern: per entry, the sign of x_i and the sign of the step to the next. */
static void candidate(const chain *s, member which, const int *sign, const int *step, long double *x)
{
    for (size_t a = 0, end; a < s->n; a = end) {
        long double c = 0, d = 0;
        for (end = a; end < s->n; end++) {
            c += s->c[end] - (which == ISOTONIC ? 0 : (long double)s->w * s->size[end] * sign[a]);
            d += s->d[end];
            if (end + 1 == s->n || step[end] != 0) break;
        }
        end++;
        if (which != ISOTONIC && a > 0) c -= (long double)s->w * s->edge[a - 1] * step[a - 1];
        if (which != ISOTONIC && end < s->n) c += (long double)s->w * s->edge[end - 1] * step[end - 1];
        for (size_t i = a; i < end; i++) x[i] = which == FUSED && sign[a] == 0 ? 0 : c / d;
    }
}

/* Every pattern of a short chain; some of them is that of the minimizer, and all are points. */
long double chain_brute_force(const chain *s, member which, long double *best)
{
    long double least = INFINITY, x[SHORT];
    size_t patterns = 1;
    for (size_t i = 0; i < 2 * s->n; i++) patterns *= 3;
    for (size_t p = 0; p < patterns; p++) {
        int sign[SHORT], step[SHORT];
        for (size_t i = 0, code = p; i < s->n; i++, code /= 9) {
            sign[i] = (int)(code % 3) - 1;
            step[i] = (int)(code / 3 % 3) - 1;
        }
        candidate(s, which, sign, step, x);
        long double value = objective(s, which, x);
        if (!(value < least)) continue;
        least = value;
        memcpy(best, x, s->n * sizeof *x);
    }
    return least;
}

/* --- drawing -------------------------------------------------------------------------------------- */

void chain_draw_penalty(chain *s, bool uniform_edges)
{
    bool fused = strcmp(s->psi->type->base.name, "fused") == 0;
    double edge = exp(2 * chain_normal()), size = exp(chain_normal() - 1);
    for (size_t i = 0; i < s->n; i++) {
        s->edge[i] = uniform_edges ? edge : chain_below(8) == 0 ? 0 : edge * exp(chain_normal());
        s->size[i] = !fused ? 0 : uniform_edges ? size : chain_below(8) == 0 ? 0 : size * exp(chain_normal());
    }
    chain_push(s);
}

void chain_draw(chain *s, double spread)
{
    for (size_t i = 0; i < s->n; i++) {
        s->d[i] = spread > 0 ? pow(spread, chain_uniform()) : 1;
        s->c[i] = s->w * chain_normal() * (chain_below(3) ? 1 : s->d[i]);
    }
}

/* x with constant pieces, some zero; multipliers inside their bounds by `room` of them; c from both. */
void chain_plant(chain *s, member which, double room, double *x)
{
    long double before = 0;
    double level = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (i == 0 || chain_below(3) == 0) {
            if (which == ISOTONIC) level = i == 0 ? -chain_uniform() : level + chain_uniform();
            else level = which == FUSED && chain_below(2) ? 0 : chain_normal();
        }
        x[i] = level;
    }
    for (size_t i = 0; i < s->n; i++) {
        double u = (2 * chain_uniform() - 1) * (1 - room), m = (2 * chain_uniform() - 1) * (1 - room);
        bool jump = i + 1 < s->n && x[i + 1] != x[i];
        if (jump) u = x[i + 1] > x[i] ? 1 : -1;
        long double after = u * s->w * s->edge[i];
        if (which == ISOTONIC) after = jump ? 0 : -(room + chain_uniform()) * s->w;
        if (i + 1 == s->n) after = 0;
        if (x[i] != 0) m = x[i] > 0 ? 1 : -1;
        s->c[i] = (double)((long double)s->d[i] * x[i] + before - after + m * s->w * s->size[i]);
        before = after;
    }
}
