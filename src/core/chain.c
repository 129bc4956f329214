/* Values, certificates and margins of chain penalties. */
#include "chain.h"

#include <math.h>

#include "jacobian.h"
#include "sum.h"
#include "taut_string.h"

bool crease_chain_edges_fit(const crease_numbers *edges, const crease_part *s)
{
    return crease_numbers_fit(edges, s) || (s->whole == s->n && edges->n + 1 == s->n);
}

size_t crease_chain_work(const crease_part *s)
{
    size_t prox = crease_chain_prox_work(s->n), string = crease_taut_work(s->n);
    return prox > string ? prox : string;
}

size_t crease_chain_piece(const crease_part *s, const double *x, size_t a)
{
    size_t end = a + 1;
    while (end < s->n && x[end] == x[a]) end++;
    return end;
}

bool crease_chain_forced(const crease_chain *chain, size_t a, size_t *end)
{
    bool sized = crease_chain_size(chain, a) > 0;
    size_t i = a + 1;
    for (; i < chain->s->n && crease_chain_edge(chain, i - 1) > 0; i++)
        sized = sized || crease_chain_size(chain, i) > 0;
    *end = i;
    return sized;
}

double crease_chain_value(const crease_chain *chain, const double *x)
{
    crease_sum sum = { 0 };
    double most = 0;
    for (size_t i = 0; i < chain->s->n; i++) {
        double size = x[i] != 0 ? crease_chain_size(chain, i) * fabs(x[i]) : 0;
        double jump = i > 0 && x[i] != x[i - 1] ? crease_chain_edge(chain, i - 1) * fabs(x[i] - x[i - 1]) : 0;
        most = fmax(most, fmax(size, jump));
        if (isinf(most)) return most;
        crease_sum_add(&sum, size);
        crease_sum_add(&sum, jump);
    }
    return crease_sum_value(&sum);
}

double crease_chain_scale(const crease_chain *chain)
{
    double scale = 0;
    for (size_t i = 0; i < chain->s->n; i++) {
        double edge = i > 0 ? crease_chain_edge(chain, i - 1) : 0, size = crease_chain_size(chain, i);
        if (!isinf(edge)) scale = fmax(scale, edge);
        if (!isinf(size)) scale = fmax(scale, size);
    }
    return scale;
}

double crease_chain_multiplier(const crease_chain *chain, const double *x, size_t k)
{
    if (k + 1 == 0 || k + 1 >= chain->s->n) return 0; /* k = -1 is the edge before the first entry */
    return copysign(crease_chain_edge(chain, k), x[k + 1] - x[k]);
}

/* --- the distance to the subdifferential -------------------------------------------------------- */

/* On a piece a .. end - 1 the edges inside may take any multiplier u_k in [-edge_k, edge_k]. What then
 * remains of the gradient, r_i = g_i + u_{i-1} - u_i, is the rise of a string whose height at k is the sum
 * of g up to there minus u_k: a gate of half-width edge_k. The least sum of r^2 belongs to the taut
 * string. */
static double piece_rest(const crease_chain *chain, const double *x, const double *g, size_t a, size_t end,
                         double sign, double least, double most)
{
    crease_taut string;
    crease_sum height = { 0 };
    crease_taut_begin(&string, chain->s->work, end - a, least, most);
    crease_sum_add(&height, crease_chain_multiplier(chain, x, a - 1));
    for (size_t i = a; i < end; i++) {
        crease_sum_add(&height, g[i]);
        if (sign != 0) crease_sum_add(&height, sign * crease_chain_size(chain, i));
        if (i + 1 == end) break;
        double edge = crease_chain_edge(chain, i), middle = crease_sum_value(&height);
        crease_taut_gate(&string, (double)(i - a + 1), middle - edge, middle + edge);
    }
    crease_sum_add(&height, -crease_chain_multiplier(chain, x, end - 1));
    return crease_taut_end(&string, (double)(end - a), crease_sum_value(&height));
}

/* Where x is zero, r_i may besides be moved by size_i. The rests above any level t >= 0 are those of a
 * penalty that is linear in x, with slope size_i, since the sets { r > t } only see the slopes at t; and
 * the same below zero. */
static double zero_rest(const crease_chain *chain, const double *x, const double *g, size_t a, size_t end)
{
    double above = piece_rest(chain, x, g, a, end, -1, 0, INFINITY);
    double below = piece_rest(chain, x, g, a, end, 1, -INFINITY, 0);
    return hypot(above, below);
}

/* With an infinite weight: x is admissible where it is constant on runs that edges hold together, and zero
 * where one of these entries has a size; on other runs only the mean of g remains. */
static double forced_rest(const crease_chain *chain, const double *x, const double *g)
{
    double rest = 0;
    for (size_t a = 0, end; a < chain->s->n; a = end) {
        bool zero = crease_chain_forced(chain, a, &end);
        crease_sum sum = { 0 };
        for (size_t i = a; i < end; i++) {
            if (x[i] != (zero ? 0 : x[a])) return INFINITY;
            crease_sum_add(&sum, g[i]);
        }
        if (!zero) rest = hypot(rest, crease_sum_value(&sum) / sqrt((double)(end - a)));
    }
    return rest;
}

double crease_chain_residual(const crease_chain *chain, const double *x, const double *g)
{
    double rest = 0;
    if (isinf(chain->s->weight)) return forced_rest(chain, x, g);
    for (size_t a = 0, end; a < chain->s->n; a = end) {
        end = crease_chain_piece(chain->s, x, a);
        double sign = x[a] > 0 ? 1 : -1;
        double part = x[a] == 0 && chain->sizes
                          ? zero_rest(chain, x, g, a, end)
                          : piece_rest(chain, x, g, a, end, chain->sizes ? sign : 0, -INFINITY, INFINITY);
        rest = hypot(rest, part);
    }
    return rest;
}

/* --- the derivative of the oracle ---------------------------------------------------------------- */

/* Where the run of equal entries from a that edges hold together ends, and whether sizes hold it at zero. */
static size_t held_piece(const crease_chain *chain, const double *x, size_t a, bool *zero)
{
    size_t i = a;
    bool sized = false;
    do {
        sized = sized || crease_chain_size(chain, i) > 0;
        i++;
    } while (i < chain->s->n && x[i] == x[a] && crease_chain_edge(chain, i - 1) > 0);
    *zero = sized && x[a] == 0;
    return i;
}

void crease_chain_linearize(const crease_chain *chain, const double *x, void *state)
{
    crease_classes classes = crease_classes_at(chain->s, state);
    for (size_t a = 0, end; a < chain->s->n; a = end) {
        bool zero;
        end = held_piece(chain, x, a, &zero);
        crease_classes_add(&classes, a, end, zero ? 0 : 1);
    }
}

/* --- structure ---------------------------------------------------------------------------------- */

size_t crease_chain_units(const crease_part *s)
{
    return s->n > 0 ? s->n - 1 : 0;
}

size_t crease_chain_pieces(const crease_part *s, const double *x, const crease_unit *unit)
{
    size_t pieces = s->n > 0;
    (void)x;
    for (size_t k = 0; k + 1 < s->n; k++) pieces += unit[k] != 0;
    return pieces;
}

void crease_chain_jumps(const crease_part *s, const double *x, crease_unit *unit)
{
    for (size_t k = 0; k + 1 < s->n; k++) unit[k] = x[k + 1] != x[k];
}

static void piece_margins(const crease_chain *chain, const double *x, const double *g, size_t a, size_t end,
                          crease_margin *unit)
{
    crease_sum sum = { 0 };
    bool unique = !chain->sizes || x[a] != 0;
    crease_sum_add(&sum, crease_chain_multiplier(chain, x, a - 1));
    for (size_t k = a; k + 1 < end; k++) {
        crease_sum_add(&sum, g[k]);
        if (chain->sizes) crease_sum_add(&sum, copysign(crease_chain_size(chain, k), x[a]));
        double edge = crease_chain_edge(chain, k), slack = edge - fabs(crease_sum_value(&sum));
        unit[k] = (crease_margin){ .slack = NAN, .size = NAN };
        if (unique) unit[k].slack = slack, unit[k].threshold = edge;
    }
}

void crease_chain_jump_margins(const crease_chain *chain, const double *x, const double *g,
                               crease_margin *unit)
{
    const crease_part *s = chain->s;
    for (size_t a = 0, end; a < s->n; a = end) {
        end = crease_chain_piece(s, x, a);
        piece_margins(chain, x, g, a, end, unit);
        if (end < s->n) unit[end - 1] = (crease_margin){ .slack = NAN, .size = fabs(x[end] - x[end - 1]) };
    }
}
