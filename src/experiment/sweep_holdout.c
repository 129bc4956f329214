/* A problem on a part of its rows; the others judge. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "crease/random.h"
#include "sweep.h"

typedef struct holdout {
    crease_problem_type type;
    crease_problem *of;
    size_t n_held;
    uint32_t *kept, *held; /* rows of `of`, rising */
    uint32_t *mapped;      /* a batch as rows of `of` */
} holdout;

/* --- rows ----------------------------------------------------------------------------------------- */

/* These rows of the part as rows of the whole. */
static int map(const crease_problem *p, crease_rows rows, crease_rows *whole)
{
    holdout *h = p->state;
    *whole = (crease_rows){ p->rows, h->kept };
    if (!rows.rows) return CREASE_OK;
    if (rows.count > p->rows)
        return crease_fail(p->ctx, CREASE_EINVAL, "a batch of %zu rows, of %zu", rows.count, p->rows);
    for (size_t i = 0; i < rows.count; i++) {
        if (rows.rows[i] >= p->rows)
            return crease_fail(p->ctx, CREASE_ERANGE, "row %u, of %zu", (unsigned)rows.rows[i],
                               p->rows);
        h->mapped[i] = h->kept[rows.rows[i]];
    }
    *whole = (crease_rows){ rows.count, h->mapped };
    return CREASE_OK;
}

static int split(crease_problem *p, uint64_t seed)
{
    holdout *h = p->state;
    size_t rows = h->of->rows;
    unsigned char *out = crease_alloc(p->ctx, rows, 1);
    uint32_t *order = crease_alloc(p->ctx, rows, sizeof *order);
    int code = out && order ? CREASE_OK : CREASE_ENOMEM;
    if (code == CREASE_OK) {
        crease_random r = crease_random_at(seed, CREASE_STREAM_SAMPLE,
                                           UINT64_MAX >> 1); /* far from what is planted */
        crease_random_permutation(&r, rows, order);
        for (size_t i = 0; i < h->n_held; i++) out[order[i]] = 1;
        for (size_t i = 0, kept = 0, held = 0; i < rows; i++) {
            if (out[i])
                h->held[held++] = (uint32_t)i;
            else
                h->kept[kept++] = (uint32_t)i;
        }
    }
    crease_release(p->ctx, out);
    crease_release(p->ctx, order);
    return code;
}

/* --- functions of the problem --------------------------------------------------------------------- */

static crease_problem *whole_of(const crease_problem *p)
{
    return ((holdout *)p->state)->of;
}

static int gradient(crease_problem *p, crease_rows rows, const void *x, double *value, void *g)
{
    crease_rows whole;
    CREASE_TRY(map(p, rows, &whole));
    return whole_of(p)->type->gradient(whole_of(p), whole, x, value, g);
}

static int start(crease_problem *p, uint64_t seed, void *x)
{
    return whole_of(p)->type->start(whole_of(p), seed, x);
}

static const unsigned char *known_columns(const crease_problem *p)
{
    return whole_of(p)->type->known_columns(whole_of(p));
}

/* A mean over k of n rows has at most n/k times the curvature of the mean over all of them. */
static int lipschitz(crease_problem *p, bool one_row, double *L)
{
    CREASE_TRY(whole_of(p)->type->lipschitz(whole_of(p), one_row, L));
    if (!one_row) *L *= (double)whole_of(p)->rows / (double)p->rows;
    return CREASE_OK;
}

static int slopes(crease_problem *p, crease_rows rows, const void *x, void *s)
{
    crease_rows whole;
    CREASE_TRY(map(p, rows, &whole));
    return whole_of(p)->type->slopes(whole_of(p), whole, x, s);
}

static int pull(crease_problem *p, crease_rows rows, const void *s, double scale, double beta, void *g)
{
    crease_rows whole;
    CREASE_TRY(map(p, rows, &whole));
    return whole_of(p)->type->pull(whole_of(p), whole, s, scale, beta, g);
}

static int evaluate(crease_problem *p, const void *x)
{
    const holdout *h = p->state;
    crease_problem *of = h->of;
    double value;
    if (of->type->evaluate) CREASE_TRY(of->type->evaluate(of, x));
    for (size_t i = 0; i < of->n_metrics; i++) p->metrics[i].value = of->metrics[i].value;
    CREASE_TRY(of->type->gradient(of, (crease_rows){ h->n_held, h->held }, x, &value, NULL));
    const char *block = (const char *)x + of->blocks[0].offset * of->backend->real_bytes;
    if (of->ridge > 0) value -= 0.5 * of->ridge * of->backend->dot(of->blocks[0].n, block, block);
    p->metrics[p->n_metrics - 1].value = value;
    return CREASE_OK;
}

static void teardown(crease_problem *p)
{
    holdout *h = p->state;
    if (!h) return;
    crease_release(p->ctx, h->kept);
    crease_release(p->ctx, h->held);
    crease_release(p->ctx, h->mapped);
    crease_release(p->ctx, h);
    p->state = NULL;
}

/* --- life ----------------------------------------------------------------------------------------- */

static crease_problem_type type_on(const crease_problem_type *of)
{
    return (crease_problem_type){ .base = of->base,
                                  .teardown = teardown,
                                  .gradient = gradient,
                                  .start = of->start ? start : NULL,
                                  .evaluate = evaluate,
                                  .known_columns = of->known_columns ? known_columns : NULL,
                                  .lipschitz = of->lipschitz ? lipschitz : NULL,
                                  .slopes = of->slopes ? slopes : NULL,
                                  .pull = of->pull ? pull : NULL };
}

static int fill(crease_problem *p, crease_problem *of, size_t held, uint64_t seed)
{
    holdout *h = p->state = crease_alloc(of->ctx, 1, sizeof *h);
    if (!h) return CREASE_ENOMEM;
    *h = (holdout){ .type = type_on(of->type), .of = of, .n_held = held };
    p->type = &h->type;
    p->rows = of->rows - held;
    p->metrics[p->n_metrics++] =
        (crease_metric){ .name = CREASE_HELD_OUT_LOSS,
                         .doc = "mean loss of the rows that are held out of training" };
    size_t used = strlen(p->source);
    snprintf(p->source + used, sizeof p->source - used, "; %zu of the rows held out, seed %llu", held,
             (unsigned long long)seed);
    h->kept = crease_alloc(p->ctx, p->rows, sizeof *h->kept);
    h->held = crease_alloc(p->ctx, held, sizeof *h->held);
    h->mapped = crease_alloc(p->ctx, p->rows, sizeof *h->mapped);
    return h->kept && h->held && h->mapped ? split(p, seed) : CREASE_ENOMEM;
}

int crease_holdout_create(crease_problem *of, double share, uint64_t seed, crease_problem **problem)
{
    size_t held = (size_t)round(share * (double)of->rows);
    *problem = NULL;
    if (held == 0 || held >= of->rows)
        return crease_fail(of->ctx, CREASE_ERANGE, "a share of %g of %zu rows cannot be held out",
                           share, of->rows);
    if (of->n_metrics == CREASE_MAX_METRICS)
        return crease_fail(of->ctx, CREASE_ENOTSUP, "problem %s has no room for one more metric",
                           of->type->base.name);
    crease_problem *p = crease_alloc(of->ctx, 1, sizeof *p);
    if (!p) return CREASE_ENOMEM;
    *p = *of;
    p->opts = p->state = NULL;
    int code = fill(p, of, held, seed);
    if (code == CREASE_OK)
        *problem = p;
    else
        crease_problem_free(p);
    return code;
}
