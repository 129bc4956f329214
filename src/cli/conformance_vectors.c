/* w, metric and c of a conformance case. Kinds of metrics and values of w go round with the case number; c
 * is as large as the penalty, as large as data, or both, so that about half of the structure is there. */
#include "conformance.h"

#include <math.h>
#include <string.h>

typedef struct {
    const char *name;
    double spread;
} metric_kind;

static const metric_kind metrics[] = {
    { "spread 10", 10 },   { "scalar", 1 },   { "spread 1e3", 1e3 }, { "group", 1 },
    { "spread 1e6", 1e6 }, { "float32", 10 }, { "extreme", 100 },    { "spread 1e12", 1e12 },
};
enum { N_METRICS = sizeof metrics / sizeof *metrics };

/* Powers of two that c, d and w are multiplied by, up or down. The first takes squares out of the range of
 * float32, the second out of that of double: where a length decides, it has to be taken without them. */
enum { EXTREME = 90, EXTREME_LENGTHS = 600 };

/* --- numbers at which something is decided ------------------------------------------------------- */

/* A real setting of psi at random, or 1; per-entry ones give one of theirs. */
static double pick_setting(crease_case *k)
{
    const crease_param *row = k->type->base.params;
    size_t n = 0;
    while (row && row[n].name) n++;
    if (n == 0) return 1;
    row += crease_random_below(&k->random, n);
    const void *field = (const char *)k->psi->opts + row->offset;
    const crease_numbers *numbers = field;
    const crease_list *list = field;
    if (row->kind == CREASE_PARAM_KIND_REAL) return *(const double *)field;
    if (row->kind == CREASE_PARAM_KIND_NUMBERS)
        return numbers->n == 1 ? numbers->one
                               : numbers->many[crease_random_below(&k->random, numbers->n)];
    if (row->kind == CREASE_PARAM_KIND_LIST && list->n > 0)
        return list->v[crease_random_below(&k->random, list->n)];
    return 1;
}

/* Where the curvature of w psi meets d: w/gamma and w/(a - 1) of folded concave penalties, and the like. */
static double pick_curvature(crease_case *k)
{
    double t = pick_setting(k), u = crease_random_uniform(&k->random);
    double d = u < 0.4 ? k->w / t : u < 0.8 ? k->w / (t - 1) : k->w * t;
    return d > 1e-6 * k->w && d < 1e6 * k->w ? d : k->w;
}

/* Where c meets a threshold: a slope, a breakpoint, or both. */
static double pick_threshold(crease_case *k, double weight, double d)
{
    bool weighted = crease_random_uniform(&k->random) < 0.5 && isfinite(weight);
    double t = pick_setting(k) * (weighted ? weight : 1), other = pick_setting(k);
    double u = crease_random_uniform(&k->random), sign = crease_random_uniform(&k->random);
    double c = u < 0.4 ? k->w * t : u < 0.6 ? d * t : u < 0.8 ? d * t * other : k->w * t + d * other;
    return sign < 0.5 ? -c : c;
}

/* --- metric -------------------------------------------------------------------------------------- */

/* Members that want a constant d on a part get no other. */
static const metric_kind *choose_metric(const crease_case *k, size_t number)
{
    static const metric_kind scalar_only[] = {
        { "scalar", 1 }, { "group", 1 }, { "float32", 1 }, { "extreme", 1 }
    };
    return k->type->exactness == CREASE_SCALAR_ONLY ? &scalar_only[number % 4]
                                                    : &metrics[number % N_METRICS];
}

static double draw_top(crease_case *k)
{
    double u = crease_random_uniform(&k->random);
    if (u < 0.2) return pick_curvature(k);
    return u < 0.8 ? k->w * crease_case_log_uniform(k, 0.05, 20) : crease_case_log_uniform(k, 0.1, 10);
}

static void draw_metric(crease_case *k, const crease_term *term, const metric_kind *metric)
{
    double top = draw_top(k);
    for (size_t p = 0; p < crease_term_parts(term); p++) {
        size_t n = crease_term_part(term, p).n;
        if (strcmp(metric->name, "group") == 0) top = draw_top(k);
        for (size_t i = 0; i < n; i++) {
            double *d = &k->d[crease_part_entry(term, p, i)];
            *d = metric->spread == 1 ? top : top * crease_case_log_uniform(k, 1 / metric->spread, 1);
            if (metric->spread > 1 && crease_random_uniform(&k->random) < 0.1) *d = pick_curvature(k);
        }
    }
}

/* --- c ------------------------------------------------------------------------------------------- */

/* The size of c at which the penalty of a part is felt; w where there is none, as with constraints. */
static int find_scale(const crease_case *k, crease_part *part, double *scale)
{
    part->work = crease_alloc(k->ctx, 1, crease_part_work(k->psi, part));
    if (!part->work) return CREASE_ENOMEM;
    *scale = k->w * crease_part_scale(k->psi, part);
    crease_release(k->ctx, part->work);
    if (!(*scale > 0) || isinf(*scale)) *scale = k->w;
    return CREASE_OK;
}

static int draw_part(crease_case *k, const crease_term *term, size_t p, double mode)
{
    crease_part part = crease_term_part(term, p);
    double scale;
    CREASE_TRY(find_scale(k, &part, &scale));
    double penalty =
        mode < 0.75 ? scale * crease_case_log_uniform(k, 0.3, 5) / sqrt((double)part.n) : 0;
    double data = mode > 0.4 ? crease_case_log_uniform(k, 0.1, 10) : 0;
    for (size_t i = 0; i < part.n; i++) {
        size_t at = crease_part_entry(term, p, i);
        k->c[at] = penalty * crease_random_normal(&k->random);
        k->c[at] += k->d[at] * data * crease_random_normal(&k->random);
    }
    return CREASE_OK;
}

/* Some entries at thresholds, some equal to others in size (or nearly so, by d), some 0; and groups
 * with a single entry that is not 0, whose norms, of every kind, are that entry. */
static void make_special(crease_case *k, const crease_term *term, size_t p)
{
    crease_part part = crease_term_part(term, p);
    size_t only = crease_random_below(&k->random, part.n + 1);
    bool lonely = crease_random_uniform(&k->random) < 0.3 && only < part.n;
    for (size_t i = 0; i < part.n; i++) {
        size_t at = crease_part_entry(term, p, i);
        size_t other = crease_part_entry(term, p, crease_random_below(&k->random, part.n));
        double u = crease_random_uniform(&k->random);
        if (lonely)
            k->c[at] = i == only ? pick_threshold(k, part.weight, k->d[at]) : 0;
        else if (u < 0.3)
            k->c[at] = pick_threshold(k, part.weight, k->d[at]);
        else if (u < 0.5)
            k->c[at] = u < 0.4 ? k->c[other] : -k->c[other] / k->d[other] * k->d[at];
        else if (u < 0.6)
            k->c[at] = 0;
    }
}

static void finish(crease_case *k)
{
    int exponent = k->type->flags & CREASE_UNIT_GROUP ? EXTREME_LENGTHS : EXTREME;
    double factor = ldexp(1, crease_random_below(&k->random, 2) ? exponent : -exponent);
    for (size_t i = 0; i < k->n; i++) {
        if (strcmp(k->metric, "float32") == 0) {
            k->c[i] = (float)k->c[i];
            k->d[i] = (float)k->d[i];
        }
        if (strcmp(k->metric, "extreme") != 0) continue;
        k->c[i] *= factor;
        k->d[i] *= factor;
    }
    if (strcmp(k->metric, "extreme") == 0) k->w *= factor;
}

int crease_case_draw_vectors(crease_case *k, size_t number)
{
    static const double sizes[] = { 1, 1e-3, 1e4 };
    crease_term term = { k->psi, &k->groups, "x" };
    const metric_kind *metric = choose_metric(k, number);
    k->metric = metric->name;
    k->w = (float)sizes[number / N_METRICS % 3];
    draw_metric(k, &term, metric);
    double mode = crease_random_uniform(&k->random), special = crease_random_uniform(&k->random);
    for (size_t p = 0; p < crease_term_parts(&term); p++) {
        CREASE_TRY(draw_part(k, &term, p, mode));
        if (special < 0.4) make_special(k, &term, p);
    }
    finish(k);
    return CREASE_OK;
}
