#include "engine.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "clock.h"
#include "tile.h"

/* Entries in a tile: c, d and x stay in a second-level cache between the moments and the average. */
enum { TILE_ENTRIES = 32768, REST_ENTRIES = 4096 };

/* A term, cut into tiles. */
typedef struct {
    crease_groups lists; /* the groups as lists, where their strides do not tile; else empty */
    crease_tiling tiling;
    const crease_solver *solver;
    const crease_regularizer *psi;
} part;

struct crease_engine {
    crease_regularizer *none;
    crease_solver *exact;
    crease_groups rest; /* entries in no term, in chunks */
    size_t n_parts;
    part parts[CREASE_MAX_TERMS + 1];
    void *c, *d, *x0, *v, *x, *work; /* of the tile at hand */
    double *host, *host_work;        /* for values of psi; deterministic methods alone */
};

/* --- setting up --------------------------------------------------------------------------------- */

static int as_lists(crease_ctx *ctx, const crease_groups *s, crease_groups *lists)
{
    size_t *start = crease_alloc(ctx, s->count + 1, sizeof *start);
    uint32_t *index = crease_alloc(ctx, s->entries, sizeof *index);
    int code = start && index ? CREASE_OK : CREASE_ENOMEM;
    if (code == CREASE_OK) {
        for (size_t g = 0, k = 0; g < s->count; g++) {
            for (size_t i = 0; i < crease_group_size(s, g); i++) index[k++] = (uint32_t)crease_group_entry(s, g, i);
            start[g + 1] = k;
        }
        code = crease_groups_from_lists(ctx, s->count, start, index, lists);
    }
    crease_release(ctx, start);
    crease_release(ctx, index);
    if (code != CREASE_OK) return code;
    if (s->weights) return crease_groups_set_weights(ctx, lists, s->weights);
    crease_release(ctx, (void *)lists->weights);
    lists->weights = NULL;
    lists->uniform_weight = s->uniform_weight;
    return CREASE_OK;
}

/* Mark the entries of a term; each may belong to one term and one group only. */
static int claim_entries(crease_algorithm *a, const crease_term *term, unsigned char *taken)
{
    const crease_groups *s = term->groups;
    for (size_t g = 0; g < s->count; g++)
        for (size_t k = 0; k < crease_group_size(s, g); k++) {
            size_t i = crease_group_entry(s, g, k);
            if (i >= a->n)
                return crease_fail(a->ctx, CREASE_EDIM, "group %zu of %s reaches entry %zu, but there are only %zu "
                                   "parameters", g, term->psi->type->base.name, i, a->n);
            if (taken[i]++)
                return crease_fail(a->ctx, CREASE_ENOTSUP, "entry %zu lies in two groups: algorithm %s needs "
                                   "disjoint ones", i, a->type->base.name);
        }
    return CREASE_OK;
}

/* The untaken entries as groups of at most REST_ENTRIES consecutive ones. */
static int group_rest(crease_ctx *ctx, size_t n, const unsigned char *taken, crease_groups *rest)
{
    size_t entries = 0, count = 0;
    for (size_t i = 0; i < n; i++) entries += !taken[i];
    size_t *start = crease_alloc(ctx, entries + 1, sizeof *start);
    uint32_t *index = crease_alloc(ctx, entries, sizeof *index);
    int code = start && index ? CREASE_OK : CREASE_ENOMEM;
    if (code == CREASE_OK) {
        for (size_t i = 0, k = 0; i < n; i++) {
            if (taken[i]) continue;
            bool follows = k > 0 && index[k - 1] + 1 == i && k - start[count - 1] < REST_ENTRIES;
            if (!follows) start[count++] = k;
            index[k++] = (uint32_t)i;
            start[count] = k;
        }
        code = crease_groups_from_lists(ctx, count, start, index, rest);
    }
    crease_release(ctx, start);
    crease_release(ctx, index);
    return code;
}

static int add_part(crease_algorithm *a, crease_engine *e, const crease_regularizer *psi,
                    const crease_groups *groups, const crease_solver *solver)
{
    part *t = &e->parts[e->n_parts++];
    t->psi = psi;
    t->solver = solver;
    if (!crease_groups_tileable(groups)) {
        CREASE_TRY(as_lists(a->ctx, groups, &t->lists));
        groups = &t->lists;
    }
    size_t budget = solver->type->joint ? SIZE_MAX : TILE_ENTRIES;
    return crease_tiling_create(a->ctx, groups, budget, &t->tiling);
}

static crease_subproblem pose(const crease_algorithm *a, const part *t, const crease_tile *tile)
{
    const crease_engine *e = a->engine;
    return (crease_subproblem){ .ctx = a->ctx, .backend = a->backend, .n = tile->n, .c = e->c, .d = e->d,
                                .psi = t->psi, .groups = &tile->local, .paper_scale = 1, .step = a->t };
}

/* The solver must take every tile; the work space is the largest that any of them asks for. */
static int inspect_tiles(crease_algorithm *a, const part *t, size_t *work_bytes)
{
    crease_tile tile;
    const crease_observer anybody = { 0 }; /* a tap may bring one */
    for (size_t g = 0; crease_tile_at(&t->tiling, g, &tile); g += tile.local.count) {
        crease_subproblem p = pose(a, t, &tile);
        p.observer = &anybody;
        const char *reason = t->solver->type->accepts(t->solver, &p);
        if (reason)
            return crease_fail(a->ctx, CREASE_ENOTSUP, "solver %s does not take regularizer %s: %s",
                               t->solver->type->base.name, t->psi->type->base.name, reason);
        size_t bytes = t->solver->type->work_size(t->solver, &p);
        if (bytes > *work_bytes) *work_bytes = bytes;
    }
    return CREASE_OK;
}

static int allocate_scratch(crease_algorithm *a, crease_engine *e)
{
    size_t entries = 0, work_bytes = 0, real = a->backend->real_bytes;
    for (size_t i = 0; i < e->n_parts; i++)
        if (e->parts[i].tiling.largest_entries > entries) entries = e->parts[i].tiling.largest_entries;
    void **arrays[] = { &e->c, &e->d, &e->x0, &e->v, &e->x };
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        if (!(*arrays[i] = crease_alloc(a->ctx, entries, real))) return CREASE_ENOMEM;
    for (size_t i = 0; i < e->n_parts; i++) CREASE_TRY(inspect_tiles(a, &e->parts[i], &work_bytes));
    e->work = crease_alloc(a->ctx, work_bytes, 1);
    return e->work ? CREASE_OK : CREASE_ENOMEM;
}

static int allocate_host(crease_algorithm *a, crease_engine *e)
{
    size_t largest = 0;
    for (size_t i = 0; i < a->n_terms; i++)
        if (crease_term_work(&a->terms[i]) > largest) largest = crease_term_work(&a->terms[i]);
    e->host = crease_alloc(a->ctx, a->n, sizeof *e->host);
    e->host_work = crease_alloc(a->ctx, largest, sizeof *e->host_work);
    return e->host && e->host_work ? CREASE_OK : CREASE_ENOMEM;
}

static int build(crease_algorithm *a, crease_engine *e, unsigned char *taken)
{
    size_t n_terms = a->type->ignores_psi ? 0 : a->n_terms;
    if (!(e->none = crease_regularizer_create(a->ctx, "none"))) return crease_ctx_error(a->ctx)->code;
    if (!(e->exact = crease_solver_create(a->ctx, "exact", NULL))) return crease_ctx_error(a->ctx)->code;
    for (size_t i = 0; i < n_terms; i++) {
        const crease_regularizer *psi = a->terms[i].psi;
        CREASE_TRY(crease_regularizer_check(psi));
        CREASE_TRY(claim_entries(a, &a->terms[i], taken));
        const crease_solver *solver = a->type->own_solver ? e->exact : a->solver;
        CREASE_TRY(add_part(a, e, a->terms[i].psi, a->terms[i].groups, solver));
    }
    CREASE_TRY(group_rest(a->ctx, a->n, taken, &e->rest));
    CREASE_TRY(add_part(a, e, e->none, &e->rest, e->exact));
    if (a->type->deterministic) CREASE_TRY(allocate_host(a, e));
    return allocate_scratch(a, e);
}

int crease_engine_create(crease_algorithm *a, crease_engine **engine)
{
    *engine = crease_alloc(a->ctx, 1, sizeof **engine);
    unsigned char *taken = *engine ? crease_alloc(a->ctx, a->n, 1) : NULL;
    int code = taken ? build(a, *engine, taken) : CREASE_ENOMEM;
    crease_release(a->ctx, taken);
    return code;
}

void crease_engine_free(crease_ctx *ctx, crease_engine *e)
{
    if (!e) return;
    for (size_t i = 0; i < e->n_parts; i++) {
        crease_tiling_free(ctx, &e->parts[i].tiling);
        crease_groups_free(ctx, &e->parts[i].lists);
    }
    void *owned[] = { e->c, e->d, e->x0, e->v, e->x, e->work, e->host, e->host_work };
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) crease_release(ctx, owned[i]);
    crease_groups_free(ctx, &e->rest);
    crease_regularizer_free(e->none);
    crease_solver_free(e->exact);
    crease_release(ctx, e);
}

/* --- stepping ----------------------------------------------------------------------------------- */

static void *at(const crease_algorithm *a, void *vector, size_t entry)
{
    return vector ? (char *)vector + entry * a->backend->real_bytes : NULL;
}

static void *slot(const crease_algorithm *a, int index)
{
    if (index == CREASE_ITERATE) return a->x;
    return index == CREASE_NO_SLOT ? NULL : a->slots[index];
}

/* Moments, metric and centre of one run, packed into the tile's c, d (and x0, v). */
static void form_run(const crease_algorithm *a, const crease_form *f, const crease_run *r, bool parts)
{
    const crease_engine *e = a->engine;
    crease_form_run run = {
        .n = r->n, .g = at(a, a->g, r->at), .x = at(a, a->x, r->at), .center = at(a, slot(a, f->center), r->at),
        .m = at(a, slot(a, f->first.slot), r->at), .u = at(a, slot(a, f->second.slot), r->at),
        .peak = at(a, slot(a, f->peak), r->at), .c = at(a, e->c, r->packed),
        .d = f->root == CREASE_ROOT_NONE ? NULL : at(a, e->d, r->packed),
        .x0 = parts ? at(a, e->x0, r->packed) : NULL, .v = parts ? at(a, e->v, r->packed) : NULL,
        .keep1 = f->first.keep, .add1 = f->first.add, .keep2 = f->second.keep, .add2 = f->second.add,
        .decay = f->decay, .center_scale = f->center_scale, .linear = f->linear,
        .metric_scale = f->metric_scale, .floor = f->floor, .root = f->root, .ahead = r->ahead,
    };
    a->backend->form(&run);
}

static void record(crease_inner *inner, const crease_solve_info *info, double ms, double *live_groups)
{
    double live = (double)(info->groups - info->zero_groups);
    inner->solves++;
    inner->capped += info->stop == CREASE_STOP_CAP;
    inner->precision += info->stop == CREASE_STOP_PRECISION;
    if (info->iterations > inner->iterations) inner->iterations = info->iterations;
    inner->bound = fmax(inner->bound, info->bound);
    inner->solve_ms += ms;
    *live_groups += live;
    if (*live_groups > 0) inner->mean_iterations += (info->mean_iterations - inner->mean_iterations) * live / *live_groups;
}

static int certify(crease_algorithm *a, const crease_subproblem *p)
{
    crease_certificate certificate;
    CREASE_TRY(crease_certify(p, a->engine->x, &certificate));
    a->inner.certificate = fmax(a->inner.certificate, certificate.relative);
    return CREASE_OK;
}

/* Whether anybody looks at this term in this step. */
static bool ask_taps(const crease_algorithm *a, size_t term)
{
    bool any = false;
    if (term == a->engine->n_parts - 1) return false; /* entries in no term */
    for (crease_tap *tap = a->taps; tap; tap = tap->next) any |= tap->wanted = tap->wants(tap->user, a, term);
    return any;
}

static crease_tap_event event_of(const crease_algorithm *a, const part *t, const crease_tile *tile)
{
    const crease_groups *groups = t->tiling.groups;
    return (crease_tap_event){ .a = a, .term = (size_t)(t - a->engine->parts), .groups = groups,
                               .first_group = tile->first, .last = tile->first + tile->local.count == groups->count };
}

static int show_posed(const crease_algorithm *a, crease_tap_event *event, crease_subproblem *p)
{
    event->p = p;
    for (const crease_tap *tap = a->taps; tap; tap = tap->next)
        if (tap->wanted && tap->posed) CREASE_TRY(tap->posed(tap->user, event, p));
    return CREASE_OK;
}

static int show_solved(const crease_algorithm *a, crease_tap_event *event, crease_subproblem p,
                       const crease_solve_info *info, double solve_ms)
{
    event->p = &p;
    event->x = a->engine->x;
    event->info = info;
    event->solve_ms = solve_ms;
    p.x0 = a->engine->x0;
    p.v = a->engine->v;
    for (const crease_tap *tap = a->taps; tap; tap = tap->next)
        if (tap->wanted) CREASE_TRY(tap->solved(tap->user, event));
    return CREASE_OK;
}

static int step_tile(crease_algorithm *a, const crease_form *f, const part *t, const crease_tile *tile, bool tapped,
                     double *live_groups)
{
    const crease_engine *e = a->engine;
    bool parts = t->solver->type->joint || a->want_certificate;
    for (crease_run r = { 0 }; crease_tile_next_run(&t->tiling, tile, &r);) {
        form_run(a, f, &r, parts || tapped);
        if (t->solver->type->takes_stopping) a->backend->copy(r.n, at(a, a->x, r.at), at(a, e->x, r.packed));
    }
    crease_subproblem p = pose(a, t, tile);
    p.d = f->root == CREASE_ROOT_NONE ? NULL : e->d;
    p.scalar = f->floor;
    p.w = f->weight;
    p.x0 = parts ? e->x0 : NULL;
    p.v = parts ? e->v : NULL;
    p.paper_scale = f->paper_scale;
    crease_solve_info info;
    crease_tap_event event = event_of(a, t, tile);
    if (tapped) CREASE_TRY(show_posed(a, &event, &p));
    double start = crease_now_ms();
    int code = t->solver->type->solve(t->solver, &p, e->x, e->work, &info);
    if (code == CREASE_ENAN) /* the gradient was finite: the moments have overflowed */
        return crease_fail(a->ctx, CREASE_EDIVERGED, "the subproblem is no longer finite at step %lu", a->t);
    CREASE_TRY(code);
    double ms = crease_now_ms() - start;
    if (t->psi != e->none) record(&a->inner, &info, ms, live_groups);
    if (a->want_certificate && t->psi != e->none) CREASE_TRY(certify(a, &p));
    if (tapped) CREASE_TRY(show_solved(a, &event, p, &info, ms));
    for (crease_run r = { 0 }; crease_tile_next_run(&t->tiling, tile, &r);)
        a->backend->average(r.n, f->average, at(a, e->x, r.packed), at(a, a->x, r.at),
                            a->want_hat ? at(a, a->hat, r.at) : NULL);
    return CREASE_OK;
}

/* The solves of a term's tiles count as one, so that no count depends on the size of a tile. */
static void count_as_one(crease_inner *inner, const crease_inner *before)
{
    inner->solves = before->solves + (inner->solves > before->solves);
    inner->capped = before->capped + (inner->capped > before->capped);
    inner->precision = before->precision + (inner->precision > before->precision);
}

int crease_engine_step(crease_algorithm *a, const crease_form *f)
{
    double live_groups = 0;
    a->inner = (crease_inner){ .bound = NAN, .certificate = NAN };
    for (size_t i = 0; i < a->engine->n_parts; i++) {
        const part *t = &a->engine->parts[i];
        const crease_inner before = a->inner;
        bool tapped = ask_taps(a, i);
        crease_tile tile;
        for (size_t g = 0; crease_tile_at(&t->tiling, g, &tile); g += tile.local.count)
            CREASE_TRY(step_tile(a, f, t, &tile, tapped, &live_groups));
        count_as_one(&a->inner, &before);
    }
    return CREASE_OK;
}

/* --- what deterministic methods ask for ----------------------------------------------------------- */

double crease_engine_penalty(crease_algorithm *a, const void *x)
{
    crease_engine *e = a->engine;
    double sum = 0;
    a->backend->to_host(a->n, x, e->host);
    for (size_t i = 0; i < a->n_terms; i++) sum += crease_term_value(&a->terms[i], e->host, e->host_work);
    return sum;
}

static int map_tile(crease_algorithm *a, const void *z, const void *g, double L, const part *t,
                    const crease_tile *tile, void *out)
{
    const crease_engine *e = a->engine;
    for (crease_run r = { 0 }; crease_tile_next_run(&t->tiling, tile, &r);) {
        void *m = at(a, e->v, r.packed);
        crease_form_run run = { .n = r.n, .g = at(a, (void *)g, r.at), .x = at(a, (void *)z, r.at),
                                .center = at(a, (void *)z, r.at), .m = m, .c = at(a, e->c, r.packed), .add1 = 1,
                                .center_scale = 1, .linear = 1, .floor = L, .ahead = r.ahead };
        a->backend->form(&run);
        a->backend->copy(r.n, run.center, at(a, e->x, r.packed));
        a->backend->copy(r.n, run.center, at(a, e->x0, r.packed));
    }
    crease_subproblem p = pose(a, t, tile);
    p.d = NULL;
    p.scalar = L;
    p.w = 1;
    p.x0 = e->x0;
    p.v = e->v;
    crease_solve_info info;
    int code = t->solver->type->solve(t->solver, &p, e->x, e->work, &info);
    if (code == CREASE_ENAN)
        return crease_fail(a->ctx, CREASE_EDIVERGED, "the iterate is no longer finite at step %lu", a->t + 1);
    CREASE_TRY(code);
    for (crease_run r = { 0 }; crease_tile_next_run(&t->tiling, tile, &r);)
        a->backend->copy(r.n, at(a, e->x, r.packed), at(a, out, r.at));
    return CREASE_OK;
}

int crease_engine_map(crease_algorithm *a, const void *z, const void *g, double L, void *out)
{
    for (size_t i = 0; i < a->engine->n_parts; i++) {
        const part *t = &a->engine->parts[i];
        crease_tile tile;
        for (size_t k = 0; crease_tile_at(&t->tiling, k, &tile); k += tile.local.count)
            CREASE_TRY(map_tile(a, z, g, L, t, &tile, out));
    }
    return CREASE_OK;
}
