/* The budget's oracle. With y_i = a_i |x_i|, key_i = c_i/a_i (|c_i|/a_i where signs are free) and rate_i =
 * a_i^2/d_i, stationarity reads y_i = rate_i (key_i - tau)_+ for one multiplier tau, and the y_i sum to rho.
 *
 * The sum is convex and falls in tau, linear between keys. The smallest key above tau is found by splitting
 * at random keys, expected O(n) (Kiwiel, Math. Program. 112 (2008)). That key is the base from which
 * all else is counted: with gap_i = base - key_i and level = base - tau,
 *     y_i = rate_i (level - gap_i)_+,   sum_i rate_i (level - gap_i)_+ = rho,
 * both level and -gap_i being >= 0 for active entries: nothing cancels, however far rho is below the keys or
 * the keys are apart. Newton's method in doubled precision, whose active sets shrink from its second step
 * on, ends at the level; it takes one step unless rounding misled the splits.
 *
 * Entries with d_i = 0 cost nothing at tau = key_i and are unlimited: tau is no lower than the best of their
 * keys, and that entry takes what the others leave.                                                     */
#include "budget.h"

#include <float.h>
#include <math.h>

#include "jacobian.h"

#define FLATTEST 1e290 /* a rate above this curves Q by less than rounding can tell: as d_i = 0 */

static double price(const crease_part *s, size_t i)
{
    return crease_number_at(&((const crease_budget *)s->opts)->a, s, i);
}

static double budget(const crease_part *s)
{
    return ((const crease_budget *)s->opts)->rho;
}

double crease_budget_spent(const crease_part *s, const double *x)
{
    crease_sum sum = { 0, 0 };
    for (size_t i = 0; i < s->n; i++) crease_sum_add(&sum, price(s, i) * fabs(x[i]));
    return crease_sum_value(&sum);
}

double crease_budget_near(const crease_part *s)
{
    return 16 * s->roundoff * budget(s); /* storing x is one rounding an entry; a few more come before */
}

size_t crease_budget_work(const crease_part *s)
{
    return 2 * s->n * sizeof(double);
}

/* --- the level ------------------------------------------------------------------------------------ */

/* c_i per price, and what a unit of it above tau takes. Both are computed anew wherever they are needed. */
static double key_of(const crease_part *s, bool signs, const double *c, size_t i)
{
    return (signs ? fabs(c[i]) : c[i]) / price(s, i);
}

static double rate_of(const crease_part *s, const double *d, size_t i)
{
    double a = price(s, i);
    return fmax(a / d[i] * a, 1 / FLATTEST);
}

/* The entries that can be active, in key and rate: those above what tau is known to reach. That is 0 where
 * signs are free, the key of a flat entry, and key - rho/rate, at which an entry alone would spend rho (and
 * surely a little less, for rounding). *floor: the first two if they may be tau itself, else -INFINITY;
 * *flat: the first entry with that key, else n.                                                         */
static size_t collect(const crease_part *s, bool signs, const double *c, const double *d, double *key,
                      double *rate, double *floor, size_t *flat)
{
    double known = signs ? 0 : -INFINITY;
    size_t n = 0, kept = 0;
    *floor = known;
    *flat = s->n;
    for (size_t i = 0; i < s->n; i++) {
        key[n] = key_of(s, signs, c, i);
        if (key[n] <= known) continue;
        rate[n] = rate_of(s, d, i);
        if (rate[n] > FLATTEST) {
            known = *floor = key[n];
            *flat = i;
            continue;
        }
        double alone = budget(s) / rate[n];
        known = fmax(known, key[n] - alone - 8 * DBL_EPSILON * (fabs(key[n]) + alone));
        n++;
    }
    for (size_t i = 0; i < n; i++) {
        if (key[i] <= known) continue;
        key[kept] = key[i];
        rate[kept++] = rate[i];
    }
    if (known > *floor) *floor = -INFINITY;
    return kept;
}

static double excess(crease_sum level, double gap)
{
    return (level.hi - gap) + level.lo;
}

/* What the entries take at this tau, below all keys. */
static double taken(size_t n, const double *key, const double *rate, double tau)
{
    crease_sum sum = { 0, 0 };
    for (size_t i = 0; i < n; i++) crease_sum_add(&sum, rate[i] * (key[i] - tau));
    return crease_sum_value(&sum);
}

static void swap(double *x, size_t i, size_t k)
{
    double kept = x[i];
    x[i] = x[k];
    x[k] = kept;
}

/* The middle one of three drawn at random. */
static double pivot(const double *key, size_t lo, size_t hi, uint64_t *state)
{
    double v[3];
    for (int k = 0; k < 3; k++) {
        *state = *state * 6364136223846793005u + 1442695040888963407u;
        v[k] = key[lo + (size_t)((*state >> 32) % (hi - lo))];
    }
    return fmax(fmin(v[0], v[1]), fmin(fmax(v[0], v[1]), v[2]));
}

/* Order [lo, hi) as key > at, == at, < at. */
static void partition(double *key, double *rate, size_t lo, size_t hi, double at, size_t *above,
                      size_t *below)
{
    size_t high = lo, low = hi;
    for (size_t i = lo; i < low;) {
        if (key[i] == at) {
            i++;
            continue;
        }
        size_t to = key[i] > at ? high++ : --low;
        bool passed = to <= i;
        swap(key, i, to);
        swap(rate, i, to);
        i += passed;
    }
    *above = high;
    *below = low;
}

/* The smallest key above tau, n > 0; *level: how far above. [0, lo) is active, [hi, n) is not, [lo, hi) is
 * open.                                                                                                 */
static double find_base(size_t n, double *key, double *rate, double rho, double *level)
{
    double base = INFINITY, spent = 0, sum = 0; /* by the active entries at tau = base, and their rates */
    uint64_t state = n;
    for (size_t lo = 0, hi = n; lo < hi;) {
        double at = pivot(key, lo, hi, &state), more = 0, rates = 0;
        size_t above, below;
        partition(key, rate, lo, hi, at, &above, &below);
        for (size_t i = lo; i < above; i++) {
            more += rate[i] * (key[i] - at);
            rates += rate[i];
        }
        double would = spent + (sum > 0 ? sum * (base - at) : 0) + more;
        if (!(would < rho)) {
            hi = above;
            continue;
        }
        for (size_t i = above; i < below; i++) rates += rate[i];
        sum += rates;
        spent = would;
        base = at;
        lo = below;
    }
    *level = (rho - spent) / sum;
    return base;
}

/* Newton's method from a level near the root, to the exact one. */
static crease_sum refine(size_t n, const double *gap, const double *rate, double rho, double near)
{
    crease_sum level = { near, 0 };
    for (size_t before = n + 1, count, steps = 0;; before = count, steps++) {
        crease_sum cost = { rho, 0 }, rates = { 0, 0 };
        count = 0;
        for (size_t i = 0; i < n; i++) {
            if (excess(level, gap[i]) <= 0) continue;
            crease_sum_add_product(&cost, rate[i], gap[i]);
            crease_sum_add(&rates, rate[i]);
            count++;
        }
        if (count == 0 || count == before || (steps > 1 && count > before)) return level;
        level = crease_sum_quotient(&cost, &rates);
    }
}

void crease_budget_project(const crease_part *s, bool signs, const double *c, const double *d, double *x)
{
    double *key = s->work, *rate = key + s->n, rho = budget(s), base, near;
    size_t flat, n = collect(s, signs, c, d, key, rate, &base, &flat);
    crease_sum level = { 0, 0 };
    double left = isinf(base) ? -1 : rho - taken(n, key, rate, base);
    if (left < 0) { /* tau is above the floor */
        base = find_base(n, key, rate, rho, &near);
        for (size_t i = 0; i < n; i++) key[i] = base - key[i];
        level = refine(n, key, rate, rho, near);
    }
    for (size_t i = 0; i < s->n; i++) {
        double over = excess(level, base - key_of(s, signs, c, i)), share = 0;
        if (i == flat) share = left;
        else if (over > 0 && rate_of(s, d, i) <= FLATTEST) share = rate_of(s, d, i) * over;
        double size = share > 0 ? share / price(s, i) : 0;
        x[i] = size > 0 ? (signs ? copysign(size, c[i]) : size) : 0;
    }
}

/* --- the subdifferential: mu a_i on live entries, at most that on zeros ------------------------------ */

double crease_budget_pull(bool signs, double x, double g)
{
    if (!signs) return -g;
    return x > 0 ? -g : x < 0 ? g : fabs(g);
}

/* The mu that fits pull = mu a best over the live entries and the zeros that pull more than `above` a. */
static double fit(const crease_part *s, bool signs, const double *x, const double *g, double above)
{
    crease_sum pulls = { 0, 0 }, squares = { 0, 0 };
    for (size_t i = 0; i < s->n; i++) {
        double a = price(s, i), pull = crease_budget_pull(signs, x[i], g[i]);
        if (x[i] == 0 && !(pull > above * a)) continue;
        crease_sum_add_product(&pulls, a, pull);
        crease_sum_add_product(&squares, a, a);
    }
    return crease_sum_value(&pulls) / crease_sum_value(&squares);
}

/* The root of  sum over live of a (pull - mu a) + sum over zeros of a (pull - mu a)_+: Newton's method on a
 * convex decreasing function, which increases from the fit to the live entries alone and drops zeros as it
 * goes.                                                                                                 */
double crease_budget_multiplier(const crease_part *s, bool signs, const double *x, const double *g)
{
    double mu = fit(s, signs, x, g, INFINITY);
    for (double next; (next = fit(s, signs, x, g, mu)) > mu; mu = next) {
    }
    return mu;
}

double crease_budget_rest(const crease_part *s, bool signs, const double *x, const double *g, double mu)
{
    double sum = 0;
    for (size_t i = 0; i < s->n; i++) {
        double rest = crease_budget_pull(signs, x[i], g[i]) - mu * price(s, i);
        if (x[i] != 0 || rest > 0) sum = hypot(sum, rest);
    }
    return sum;
}

double crease_budget_best(const crease_part *s, bool signs, const double *y)
{
    double best = s->n > 0 && !signs ? -INFINITY : 0;
    for (size_t i = 0; i < s->n; i++) best = fmax(best, (signs ? fabs(y[i]) : y[i]) / price(s, i));
    return best;
}

/* --- the derivative ---------------------------------------------------------------------------------- */

void crease_budget_linearize(const crease_part *s, const double *x, void *state)
{
    crease_rank_one J = crease_rank_one_at(s, state);
    double square = 0;
    crease_rank_one_clear(s, state);
    for (size_t i = 0; i < s->n; i++) {
        if (x[i] == 0) continue;
        J.a[i] = 1;
        J.v[i] = copysign(price(s, i), x[i]);
        square += price(s, i) * price(s, i);
    }
    J.b[0] = square > 0 ? -1 / square : 0;
    crease_rank_one_finish(s, state);
}
