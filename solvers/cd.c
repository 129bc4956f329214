/* Block coordinate descent over the parts of psi (its groups), warm-started.
 *
 * Operator metrics, Gauss-Seidel: for one part after the other, H_kk being its diagonal block,
 *
 *     x_k <- argmin w psi(x_k) + <g_k, x_k> + L_k/2 |x_k - z_k|^2,   L_k >= largest eigenvalue of H_kk,
 *
 * z_k the value before and g = H x - c kept up to date by the columns of the entries that changed. L_k
 * is H_ii for a part of one entry, which makes its step an exact minimization; else the smaller of the
 * block's Frobenius norm and largest sum of a row's magnitudes, doubled where psi is not convex. g is
 * recomputed every so many sweeps.
 *
 * Diagonal metrics: parts do not interact. Where the oracle of psi is exact in them one sweep solves
 * the subproblem; elsewhere every part takes the step above with L_k = max d_k.
 *
 * Q never rises. Sweeps converge linearly where psi is convex and the metric positive definite. As each
 * part is an output of the proximal map, the manifold of a nondegenerate limit is found after finitely
 * many. A sweep counts as one proximal map, as many columns as there are entries as one product.
 *
 * Source: Tseng, Yun, Math. Program. 117 (2009); updates by columns: Friedman, Hastie, Tibshirani,
 * J. Stat. Softw. 33 (2010); identification: Wright, SIAM J. Optim. 22 (2012), and for subproblems Lee,
 * Wright, Comput. Optim. Appl. 72 (2019), Lee, Math. Program. 201 (2023), arXiv 2012.02522.
 */
#include <math.h>
#include <string.h>

#include "core/iterate.h"
#include "core/part.h"
#include "crease/random.h"

enum { REFRESH = 20 }; /* sweeps after which g is recomputed */
enum { CYCLIC, PERMUTED };
static const char *const orders[] = { "cyclic", "permuted", NULL };

typedef struct {
    int order;
} cd_opts;

static const crease_param params[] = {
    CREASE_PARAM_CHOICE(cd_opts, order, CYCLIC, orders,
                        "parts in their order, or in a new random one in every sweep"),
    CREASE_PARAM_END,
};

typedef struct {
    double *slope; /* operator metrics: H x - c, ridge included; in the order of the subproblem */
    double *curvature;
    size_t *unit; /* where the signature of each part begins */
    uint32_t *order;
    bool direct;    /* the oracle is exact in the metric at hand */
    size_t columns; /* not yet counted as products */
} cd_state;

static void carve(crease_arena *arena, const crease_space *s, const void *opts, void *state)
{
    cd_state *k = state;
    if (s->p->metric) k->slope = crease_carve(arena, s->p->n, sizeof *k->slope);
    k->curvature = crease_carve(arena, s->parts, sizeof *k->curvature);
    k->unit = crease_carve(arena, s->parts, sizeof *k->unit);
    if (((const cd_opts *)opts)->order == PERMUTED)
        k->order = crease_carve(arena, s->parts, sizeof *k->order);
}

/* --- curvatures and the gradient ---------------------------------------------------------------------
 */

static void add_column(crease_iteration *k, size_t j, double a, double *y)
{
    cd_state *o = k->state;
    k->p->metric->add_column(k->p->metric->user, k->p->n, j, a, y);
    if (++o->columns < k->s->n) return;
    o->columns = 0;
    k->s->products++;
}

/* A bound of the largest eigenvalue of the block of H that part k sees. */
static double block_bound(crease_iteration *k, size_t part)
{
    const crease_space *s = k->s;
    const double *diagonal = k->p->metric->diagonal;
    size_t n = crease_part_entries(s, part);
    double *column = s->wide[3], square = 0, widest = 0;
    if (n == 1 && diagonal) return diagonal[crease_space_outside(s, part, 0)];
    for (size_t j = 0; j < n; j++) {
        double sum = 0;
        memset(column, 0, k->p->n * sizeof *column);
        add_column(k, crease_space_outside(s, part, j), 1, column);
        for (size_t i = 0; i < n; i++) {
            double entry = fabs(column[crease_space_outside(s, part, i)]);
            square += entry * entry;
            sum += entry;
        }
        widest = fmax(widest, sum);
    }
    return fmin(sqrt(square), widest);
}

/* Whether the curvature of the part is the metric itself. */
static bool is_scalar(const crease_iteration *k, size_t part)
{
    const crease_space *s = k->s;
    const double *d = s->d;
    size_t first = s->start[part];
    if (k->p->metric) return crease_part_entries(s, part) == 1;
    for (size_t i = first; d && i < s->start[part + 1]; i++)
        if (d[i] != d[first]) return false;
    return true;
}

static void find_curvatures(crease_iteration *k)
{
    cd_state *o = k->state;
    crease_space *s = k->s;
    bool convex = k->p->psi->type->flags & CREASE_CONVEX;
    for (size_t part = 0; part < s->parts; part++) {
        double factor = convex || is_scalar(k, part) ? 1 : 2, bound = s->curvature[part];
        if (k->p->metric) bound = fmin(block_bound(k, part), k->p->metric->largest) + s->ridge;
        o->curvature[part] =
            factor * (bound > 0 ? bound : s->high); /* no curvature: any step is a descent */
    }
}

static void refresh(crease_iteration *k)
{
    cd_state *o = k->state;
    crease_space *s = k->s;
    double *packed = s->wide[1];
    crease_space_gradient(s, k->x, packed);
    for (size_t part = 0; part < s->parts; part++)
        for (size_t i = 0; i < crease_part_entries(s, part); i++)
            o->slope[crease_space_outside(s, part, i)] = packed[s->start[part] + i];
}

static void lay_out_units(crease_iteration *k)
{
    cd_state *o = k->state;
    size_t at = 0;
    for (size_t part = 0; part < k->s->parts; part++) {
        crease_part s = crease_space_part(k->s, part);
        o->unit[part] = at;
        at += crease_part_units(&k->s->psi, &s);
    }
}

static int start(crease_iteration *k)
{
    cd_state *o = k->state;
    o->direct = !k->p->metric && k->p->psi->type->exactness == CREASE_EXACT_DIAGONAL;
    lay_out_units(k);
    find_curvatures(k);
    if (k->p->metric) refresh(k);
    return CREASE_OK;
}

/* --- one part
 * ----------------------------------------------------------------------------------------- */

/* The problem of a part, argmin w psi(x) - <m, x> + 1/2 <x, D x>: m into the space's piece[0], D into
 * its level. */
static void pose(const crease_iteration *k, size_t part)
{
    const cd_state *o = k->state;
    crease_space *s = k->s;
    const double *x = (const double *)k->x + s->start[part], *c = (const double *)s->c + s->start[part],
                 *d = s->d ? (const double *)s->d + s->start[part] : NULL;
    for (size_t i = 0; i < crease_part_entries(s, part); i++) {
        double metric = (d ? d[i] : s->scalar) + s->ridge, L = o->curvature[part];
        if (k->p->metric)
            s->piece[0][i] = L * x[i] - o->slope[crease_space_outside(s, part, i)];
        else
            s->piece[0][i] = o->direct ? c[i] : (L - metric) * x[i] + c[i];
        s->level[i] = o->direct ? metric : L;
    }
}

static int minimize(crease_iteration *k, size_t part, double *x)
{
    const cd_state *o = k->state;
    crease_space *s = k->s;
    crease_part at = crease_space_part(s, part);
    crease_prox_info info = { .exact = true, .unit = k->p->unit ? k->p->unit + o->unit[part] : NULL };
    pose(k, part);
    int code = k->p->w > 0 ? crease_part_prox(&s->psi, &at, s->piece[0], s->level, k->p->w, x, &info)
                           : crease_unpenalized(at.n, s->piece[0], s->level, x);
    if (code == CREASE_OK) return code;
    return crease_fail(k->p->ctx, code, "%s, part %zu: the proximal map of a sweep: %s",
                       k->p->psi->type->base.name, part, crease_error_sentence(code));
}

/* Move an entry and, in an operator metric, the gradient with it. */
static void move(crease_iteration *k, size_t part, size_t i, double to)
{
    cd_state *o = k->state;
    crease_space *s = k->s;
    double *x = (double *)k->x + s->start[part] + i, by = to - *x;
    *x = to;
    if (!k->p->metric || by == 0) return;
    size_t at = crease_space_outside(s, part, i);
    add_column(k, at, by, o->slope);
    o->slope[at] += s->ridge * by;
}

static int step(crease_iteration *k)
{
    cd_state *o = k->state;
    crease_space *s = k->s;
    if (k->p->metric && k->j % REFRESH == 0) refresh(k);
    if (o->order) {
        crease_random random = crease_random_at(k->p->step, CREASE_STREAM_ORDER, (uint64_t)k->j << 32);
        crease_random_permutation(&random, s->parts, o->order);
    }
    for (size_t turn = 0; turn < s->parts; turn++) {
        size_t part = o->order ? o->order[turn] : turn;
        double *to = s->piece[1];
        CREASE_TRY(minimize(k, part, to));
        for (size_t i = 0; i < crease_part_entries(s, part); i++) move(k, part, i, to[i]);
    }
    s->proxes++;
    if (!k->p->metric) s->products++;
    return CREASE_OK;
}

static const crease_iterative method = {
    .wide = true, .state_bytes = sizeof(cd_state), .carve = carve, .start = start, .step = step
};

static const char *accepts(const crease_solver *s, const crease_subproblem *p)
{
    (void)s;
    if (p->psi->type->flags & CREASE_COUPLED)
        return "the regularizer couples the groups, which makes them no blocks";
    if (p->metric && !p->metric->add_column)
        return "the metric gives no columns, and coordinate descent goes by them";
    return crease_space_refusal(p);
}

/* Each part minimizes a majorant that touches Q, or Q itself. */
static unsigned promises(const crease_solver *s, const crease_subproblem *p)
{
    (void)s, (void)p;
    return CREASE_PROMISES_DESCENT;
}

const crease_solver_type crease_solver_cd = {
    .base = { .name = "cd",
              .summary =
                  "block coordinate descent over the groups, also in metrics that are no diagonal",
              .formula = "x_k <- prox of (w / L_k) psi at x_k - (H x - c)_k / L_k, for one group k "
                         "after the other",
              .source = "Tseng, Yun, Math. Program. 117 (2009); Friedman, Hastie, Tibshirani, J. Stat. "
                        "Softw. 33 (2010)",
              .opts_size = sizeof(cd_opts),
              .params = params },
    .takes_stopping = true,
    .joint = true,
    .accepts = accepts,
    .work_size = crease_iterate_work,
    .solve = crease_iterate,
    .method = &method,
    .promises = promises,
};
