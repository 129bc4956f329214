/* A subproblem as iterative methods see it: laying it out, packing, and back. The maps are in space_maps.c. */
#include "space.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "subproblem.h"

enum { BESIDE_MOST = 160 }; /* entries of groups that are laid side by side */

/* --- layout -------------------------------------------------------------------------------------- */

static size_t largest_scratch(const crease_term *term)
{
    return crease_term_work(term) * sizeof(double); /* no less than any part's own */
}

static void carve_kernel(crease_arena *arena, crease_space *s)
{
    size_t G = s->p->groups->count;
    s->live = crease_carve(arena, G, 1);
    s->start = crease_carve(arena, G + 1, sizeof *s->start);
    s->weights = crease_carve(arena, G, sizeof *s->weights);
    s->task.work = crease_carve(arena, s->b->shrink_work(s->p->groups), 1);
}

/* Entries in no group, as one more part. */
static void carve_free(crease_arena *arena, crease_space *s)
{
    s->n_free = s->p->n - s->p->groups->entries;
    s->none = (const crease_regularizer_type *)crease_lookup(s->p->ctx, CREASE_REGULARIZER, "none");
    s->free = crease_carve(arena, s->p->n, sizeof *s->free);
    s->parts++;
}

void crease_space_carve(crease_arena *arena, const crease_subproblem *p, bool wide, unsigned needs, crease_space *s)
{
    crease_shrink unused;
    bool kernel = !wide && !p->metric && crease_in_shrink_family(p->psi, &unused);
    *s = (crease_space){ .p = p, .psi = *p->psi, .kernel = kernel, .parts = p->groups->count };
    s->psi.ridge = 0;
    s->term = (crease_term){ &s->psi, p->groups, NULL };
    s->b = kernel ? p->backend : crease_backend_find(p->ctx, "cpu-f64");
    if (!kernel) s->parts = crease_term_parts(&s->term);
    if (p->metric && p->groups->disjoint && p->groups->entries < p->n) carve_free(arena, s);
    void **arrays[] = { &s->c, &s->d, &s->x0, &s->v };
    for (size_t i = 0; i < 4; i++) *arrays[i] = crease_carve(arena, p->n, s->b->real_bytes);
    s->curvature = crease_carve(arena, s->parts, sizeof *s->curvature);
    if (kernel) carve_kernel(arena, s);
    else s->start = crease_carve(arena, s->parts + 1, sizeof *s->start);
    if (kernel && !(needs & (CREASE_NEEDS_GAP | CREASE_NEEDS_FENCHEL))) return;
    size_t largest = crease_term_largest(&s->term) + s->n_free + 1;
    for (int i = 0; i < 4; i++) s->wide[i] = crease_carve(arena, p->n, sizeof(double));
    for (int i = 0; i < 3; i++) s->piece[i] = crease_carve(arena, largest, sizeof(double));
    s->level = crease_carve(arena, largest, sizeof(double));
    s->scratch = crease_carve(arena, largest_scratch(&s->term) + s->n_free * sizeof(double), 1);
}

static bool is_free(const crease_space *s, size_t k)
{
    return s->n_free > 0 && k + 1 == s->parts;
}

size_t crease_space_outside(const crease_space *s, size_t k, size_t i)
{
    return is_free(s, k) ? s->free[i] : crease_part_entry(&s->term, k, i);
}

crease_part crease_space_part(const crease_space *s, size_t k)
{
    crease_term packed = { &s->psi, &s->groups, NULL };
    crease_part part = { .type = s->none, .n = s->n_free, .whole = s->n_free, .weight = 1 };
    if (!is_free(s, k)) part = crease_term_part(s->kernel ? &packed : &s->term, k);
    part.work = s->scratch;
    part.roundoff = s->b->roundoff;
    return part;
}

/* --- loading, kernels ------------------------------------------------------------------------------ */

/* Groups of one small size are laid side by side, where the kernels' lanes go across them. */
static void lay_out_live(crease_space *s, size_t live)
{
    const crease_groups *given = s->p->groups;
    size_t n = 0, k = 0, size = given->start ? SIZE_MAX : given->outer * given->inner;
    for (size_t g = 0; g < given->count; g++) {
        if (!s->live[g]) continue;
        s->weights[k] = crease_group_weight(given, g);
        s->start[k++] = n;
        n += crease_group_size(given, g);
    }
    s->start[k] = n;
    s->parts = live;
    s->n = n;
    s->beside = size <= BESIDE_MOST ? live : 0;
    if (s->beside)
        s->groups = crease_groups_cols(0, size, live);
    else
        s->groups = (crease_groups){ .count = live, .entries = n, .start = s->start, .disjoint = true };
    s->groups.weights = given->weights ? s->weights : NULL;
    s->groups.uniform_weight = given->uniform_weight;
}

static void gather(const crease_space *s, const void *from, void *to)
{
    s->b->gather(s->p->groups, s->live, s->beside, from, to);
}

static void load_kernel(crease_space *s, const void *x, void *packed)
{
    const crease_subproblem *p = s->p;
    void *work = s->task.work;
    s->task = crease_subproblem_task(p);
    s->task.work = work;
    s->ridge = p->w * s->task.psi.ridge;
    lay_out_live(s, s->b->shrink_screen(&s->task, s->live));
    gather(s, x, packed);
    gather(s, p->c, s->c);
    if (p->d) gather(s, p->d, s->d);
    if (p->x0) {
        gather(s, p->x0, s->x0);
        gather(s, p->v, s->v);
    }
    s->task.n = s->n;
    s->task.groups = &s->groups;
    s->task.c = s->c;
    s->task.d = p->d ? s->d : NULL;
    s->b->shrink_curvature(&s->task, s->curvature);
}

/* --- loading, on the host -------------------------------------------------------------------------- */

static void pack(const crease_space *s, const void *from, double *to)
{
    const double *all = s->wide[0];
    s->p->backend->to_host(s->p->n, from, s->wide[0]);
    for (size_t k = 0; k < s->parts; k++)
        for (size_t i = s->start[k]; i < s->start[k + 1]; i++) to[i] = all[crease_space_outside(s, k, i - s->start[k])];
}

/* Least Lipschitz constants, ridge included; a part on which the metric vanishes takes any step. */
static void find_curvatures(crease_space *s)
{
    const double *d = s->d;
    const crease_operator *metric = s->p->metric;
    double all = metric ? metric->largest : s->p->scalar;
    for (size_t k = 0; k < s->parts; k++) {
        double most = d ? 0 : all;
        for (size_t i = s->start[k]; d && i < s->start[k + 1]; i++) most = fmax(most, d[i]);
        s->curvature[k] = most + s->ridge;
    }
}

static void find_free(crease_space *s)
{
    const crease_groups *groups = s->p->groups;
    size_t n = 0;
    for (size_t i = 0; i < s->p->n; i++) s->free[i] = 0;
    for (size_t g = 0; g < groups->count; g++)
        for (size_t i = 0; i < crease_group_size(groups, g); i++) s->free[crease_group_entry(groups, g, i)] = 1;
    for (size_t i = 0; i < s->p->n; i++)
        if (!s->free[i]) s->free[n++] = (uint32_t)i; /* n <= i: what is overwritten has been read */
}

static void load_host(crease_space *s, const void *x, void *packed)
{
    const crease_subproblem *p = s->p;
    if (s->n_free > 0) find_free(s);
    for (size_t k = 0, at = 0; k <= s->parts; k++) {
        s->start[k] = at;
        if (k < s->parts) at += crease_space_part(s, k).n;
    }
    s->n = s->start[s->parts];
    s->ridge = p->w * p->psi->ridge;
    s->groups = (crease_groups){ .count = s->parts, .entries = s->n, .start = s->start, .disjoint = true,
                                 .uniform_weight = 1 };
    pack(s, x, packed);
    pack(s, p->c, s->c);
    if (p->d && !p->metric) pack(s, p->d, s->d);
    else s->d = NULL;
    if (p->x0) {
        pack(s, p->x0, s->x0);
        pack(s, p->v, s->v);
    }
    find_curvatures(s);
}

/* --- loading, both --------------------------------------------------------------------------------- */

/* Without a known centre: the start point, and the v that goes with it. */
static void center_on_start(crease_space *s, const void *packed)
{
    double ridge = s->ridge;
    s->ridge = 0;
    s->b->copy(s->n, packed, s->x0);
    crease_space_gradient(s, packed, s->v);
    s->products--;
    s->ridge = ridge;
}

/* The smallest of n reals. */
static double least_of(const crease_backend *b, size_t n, const void *from)
{
    enum { CHUNK = 256 };
    double values[CHUNK], least = INFINITY;
    for (size_t at = 0; at < n; at += CHUNK) {
        size_t count = n - at < CHUNK ? n - at : CHUNK;
        b->to_host(count, (const char *)from + at * b->real_bytes, values);
        for (size_t i = 0; i < count; i++) least = fmin(least, values[i]);
    }
    return least;
}

static void find_extremes(crease_space *s)
{
    s->high = 0;
    for (size_t k = 0; k < s->parts; k++) s->high = fmax(s->high, s->curvature[k]);
    s->low = s->p->metric ? s->p->metric->least : s->d ? least_of(s->b, s->n, s->d) : s->scalar;
    s->low += s->ridge;
}

double crease_space_condition(const crease_space *s)
{
    double worst = 1, entry;
    if (s->p->metric || !s->d) return s->high / s->low;
    for (size_t k = 0; k < s->parts; k++) {
        double least = INFINITY;
        for (size_t i = 0; i < crease_group_size(&s->groups, k); i++) {
            size_t at = crease_group_entry(&s->groups, k, i);
            s->b->to_host(1, (const char *)s->d + at * s->b->real_bytes, &entry);
            least = fmin(least, entry);
        }
        worst = fmax(worst, s->curvature[k] / (least + s->ridge));
    }
    return worst;
}

double crease_space_size(const crease_space *s)
{
    double most = 0;
    for (size_t k = 0; s->p->w > 0 && k < s->parts; k++) {
        crease_part part = crease_space_part(s, k);
        double scale = crease_part_scale(&s->psi, &part);
        if (isfinite(scale)) most = hypot(most, scale);
    }
    return sqrt(s->b->dot(s->n, s->c, s->c)) + s->p->w * most;
}

int crease_space_load(crease_space *s, const void *x, void *packed)
{
    const crease_subproblem *p = s->p;
    bool diagonal = p->d && !p->metric;
    if (!p->backend->is_finite(p->n, p->c) || (diagonal && !p->backend->is_finite(p->n, p->d))
        || !isfinite(p->scalar))
        return crease_fail(p->ctx, CREASE_ENAN, "the subproblem holds a NaN or an infinity");
    if (!p->backend->is_finite(p->n, x))
        return crease_fail(p->ctx, CREASE_ENAN, "the start point holds a NaN or an infinity");
    s->scalar = p->scalar;
    if (s->kernel) load_kernel(s, x, packed);
    else load_host(s, x, packed);
    if (!diagonal) s->d = NULL;
    find_extremes(s);
    for (size_t k = 0; k < s->parts; k++) {
        if (s->curvature[k] > 0) continue;
        if (s->kernel)
            return crease_fail(p->ctx, CREASE_EUNBOUNDED, "the subproblem is unbounded below: a group has d = 0 "
                               "everywhere, and c outweighs the regularizer");
        s->curvature[k] = s->high > 0 ? s->high : 1;
    }
    if (!p->x0) center_on_start(s, packed);
    return CREASE_OK;
}

static void store_host(crease_space *s, const double *packed, void *x)
{
    const crease_subproblem *p = s->p;
    double least = p->backend->real_bytes == sizeof(float) ? 0.5 * FLT_TRUE_MIN : 0, *all = s->wide[0];
    p->backend->to_host(p->n, x, all);
    for (size_t k = 0; k < s->parts; k++)
        for (size_t i = s->start[k]; i < s->start[k + 1]; i++)
            all[crease_space_outside(s, k, i - s->start[k])] = fabs(packed[i]) <= least ? 0 : packed[i]; /* no -0 */
    p->backend->from_host(p->n, all, x);
}

void crease_space_store(crease_space *s, const void *packed, void *x)
{
    if (s->kernel) s->b->scatter(s->p->groups, s->live, s->beside, packed, x);
    else store_host(s, packed, x);
}

const char *crease_space_refusal(const crease_subproblem *p)
{
    const crease_regularizer_type *type = p->psi->type;
    crease_term term = { p->psi, p->groups, NULL };
    if (!p->groups->disjoint && !(type->flags & CREASE_COUPLED)) return "the groups overlap";
    if (p->metric && p->groups->entries < p->n && (p->psi->ridge > 0 || !p->groups->disjoint))
        return "the metric couples entries that lie in no group";
    if (!type->math->prox) return "the regularizer has no proximal map";
    if (type->exactness == CREASE_ITERATIVE)
        return "the proximal map of the regularizer is itself found by iterations";
    for (size_t k = 0; k < crease_term_parts(&term); k++) {
        crease_part part = crease_term_part(&term, k);
        const char *refusal = crease_part_refusal(p->psi, &part);
        if (refusal) return refusal;
        if (!p->groups->start) break; /* strided: all alike */
    }
    return NULL;
}
