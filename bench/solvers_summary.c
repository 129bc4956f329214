/* Medians over cases, and the certificate at which proximal gradient is as fast as the exact oracle. */
#include <math.h>
#include <string.h>

#include "solvers.h"

enum { MOST_CASES = 4096 };

static bool is_level(const crease_inner_row *row, crease_row_kind kind, double level)
{
    return row->kind == kind && (kind != CREASE_ROW_LEVEL || row->level == level);
}

/* Least time of all solvers in that case; infinite where none reaches the level. */
static double fastest(const crease_inner_bench *b, size_t near, crease_row_kind kind, double level)
{
    double least = INFINITY;
    size_t at = b->rows[near].at, first = near;
    while (first > 0 && b->rows[first - 1].at == at) first--;
    for (size_t i = first; i < b->n_rows && b->rows[i].at == at; i++)
        if (is_level(&b->rows[i], kind, level) && b->rows[i].ms > 0) least = fmin(least, b->rows[i].ms);
    return least;
}

crease_level_summary crease_inner_summary(const crease_inner_bench *b, size_t solver,
                                          crease_row_kind kind, double level)
{
    static double ms[MOST_CASES], ratio[MOST_CASES], iterations[MOST_CASES], proxes[MOST_CASES];
    crease_level_summary s = { 0 };
    for (size_t i = 0; i < b->n_rows && s.cases < MOST_CASES; i++) {
        const crease_inner_row *row = &b->rows[i];
        if (row->solver != solver || !is_level(row, kind, level)) continue;
        bool reached = row->ms > 0;
        s.reached += reached;
        ms[s.cases] = reached ? row->ms : INFINITY;
        ratio[s.cases] = reached ? row->ms / fastest(b, i, kind, level) : INFINITY;
        iterations[s.cases] = reached ? row->iterations : INFINITY;
        proxes[s.cases++] = reached ? (double)row->proxes : INFINITY;
    }
    s.ms = crease_median(ms, s.cases);
    s.ratio = crease_median(ratio, s.cases);
    s.iterations = crease_median(iterations, s.cases);
    s.proxes = crease_median(proxes, s.cases);
    return s;
}

/* --- crossover ------------------------------------------------------------------------------------ */

/* Rows of pg on one case in the order of levels, and the time of exact. */
typedef struct {
    double certificate[CREASE_MOST_LEVELS], ms[CREASE_MOST_LEVELS];
    size_t n;
    double at_level, exact_ms;
} comparison;

static comparison compare(const crease_inner_bench *b, size_t at)
{
    comparison c = { .at_level = INFINITY, .exact_ms = NAN };
    for (size_t i = 0; i < b->n_rows; i++) {
        const crease_inner_row *row = &b->rows[i];
        const char *name = b->contestants[row->solver].text;
        if (row->at != at || row->kind != CREASE_ROW_LEVEL || !(row->ms > 0)) continue;
        if (strcmp(name, "exact") == 0) c.exact_ms = row->ms;
        if (strcmp(name, "pg") != 0) continue;
        c.certificate[c.n] = row->certificate;
        c.ms[c.n++] = row->ms;
        if (row->level <= CREASE_CROSSOVER_LEVEL) c.at_level = fmin(c.at_level, row->ms);
    }
    return c;
}

/* Where the curve of pg crosses the time of exact, straight in log-log; infinite: slower from the first
 * level on, 0: faster to the last. */
static double crossing(const comparison *c)
{
    if (c->n == 0 || c->ms[0] > c->exact_ms) return INFINITY;
    for (size_t i = 1; i < c->n; i++) {
        if (c->ms[i] <= c->exact_ms || c->certificate[i] == c->certificate[i - 1]) continue;
        double share = log(c->exact_ms / c->ms[i - 1]) / log(c->ms[i] / c->ms[i - 1]);
        double low = fmax(c->certificate[i], 1e-17), high = fmax(c->certificate[i - 1], 1e-17);
        return exp(log(high) + share * log(low / high));
    }
    return 0;
}

crease_crossover crease_inner_crossover(const crease_inner_bench *b, bool captures, double low,
                                        double high)
{
    static double ratio[MOST_CASES], certificate[MOST_CASES];
    crease_crossover all = { 0 };
    for (size_t at = 0; at < b->n_sources && all.cases < MOST_CASES; at++) {
        const crease_case_facts *f = &b->facts[at];
        if (*f->skipped || (strcmp(f->family, "capture") == 0) != captures) continue;
        if (!(f->condition >= low && f->condition < high)) continue;
        comparison c = compare(b, at);
        if (!(c.exact_ms > 0) || c.n == 0) continue;
        ratio[all.cases] = c.at_level / c.exact_ms;
        certificate[all.cases++] = crossing(&c);
    }
    all.ratio = crease_median(ratio, all.cases);
    all.certificate = crease_median(certificate, all.cases);
    return all;
}
