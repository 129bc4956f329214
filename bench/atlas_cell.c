/* One point of the atlas: a few seeded subproblems, each solved once and certified. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "atlas.h"

enum { GROUPS = 4 };

typedef struct {
    crease_ctx *ctx;
    crease_regularizer *psi;
    crease_groups groups;
    crease_subproblem p;
    double *c, *d, *start;
    void *x;
    crease_stopping *stop;
    crease_solver *solver;
} atlas_case;

/* --- the subproblem ------------------------------------------------------------------------------- */

/* d log-uniform round 1, both ends attained; c of random direction, its length set by the distance. */
static void draw(const crease_atlas_point *at, uint64_t seed, atlas_case *k)
{
    crease_random r = crease_random_at(seed, CREASE_STREAM_TEST, 0);
    for (size_t g = 0; g < GROUPS; g++) {
        double *c = k->c + g * at->size, *d = k->d + g * at->size, sum = 0;
        for (size_t i = 0; i < at->size; i++) {
            double u = crease_random_uniform(&r), place = at->size == 1 ? (double)g / (GROUPS - 1) : u;
            if (at->size > 1 && i < 2) place = (double)i;
            d[i] = pow(at->spread, place - 0.5);
            c[i] = crease_random_normal(&r);
            sum = hypot(sum, c[i]);
        }
        double length = at->magnitude * (1 + at->distance) * crease_group_weight(&k->groups, g);
        for (size_t i = 0; i < at->size; i++) {
            c[i] *= length / sum;
            k->start[g * at->size + i] = 0.5 * c[i] * crease_random_uniform(&r);
        }
    }
}

static void push(atlas_case *k)
{
    const crease_backend *b = k->p.backend;
    b->from_host(k->p.n, k->c, (void *)k->p.c);
    b->from_host(k->p.n, k->d, (void *)k->p.d);
    b->from_host(k->p.n, k->start, k->x);
}

static int make(crease_ctx *ctx, const crease_backend *backend, const crease_atlas_point *at,
                atlas_case *k)
{
    size_t n = GROUPS * at->size;
    *k = (atlas_case){
        .ctx = ctx,
        .groups = crease_groups_runs(0, n, at->size),
        .p = { .ctx = ctx, .backend = backend, .n = n, .w = at->magnitude, .paper_scale = 1, .step = 1 }
    };
    if (!(k->psi = crease_regularizer_create(ctx, "group_l2"))) return crease_ctx_error(ctx)->code;
    k->p.psi = k->psi;
    k->p.groups = &k->groups;
    k->c = crease_alloc(ctx, n, sizeof *k->c);
    k->d = crease_alloc(ctx, n, sizeof *k->d);
    k->start = crease_alloc(ctx, n, sizeof *k->start);
    k->p.c = crease_alloc(ctx, n, backend->real_bytes);
    k->p.d = crease_alloc(ctx, n, backend->real_bytes);
    k->x = crease_alloc(ctx, n, backend->real_bytes);
    return k->c && k->d && k->start && k->p.c && k->p.d && k->x ? CREASE_OK : CREASE_ENOMEM;
}

static void release(atlas_case *k)
{
    void *owned[] = { k->c, k->d, k->start, (void *)k->p.c, (void *)k->p.d, k->x };
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) crease_release(k->ctx, owned[i]);
    crease_solver_free(k->solver);
    crease_stopping_free(k->stop);
    crease_regularizer_free(k->psi);
}

/* --- the solver ----------------------------------------------------------------------------------- */

static const crease_solver_type *type_of(crease_ctx *ctx, const char *text)
{
    const crease_type *type;
    size_t length = strcspn(text, ":");
    for (size_t i = 0; (type = crease_type_at(ctx, CREASE_SOLVER, i)); i++)
        if (strlen(type->name) == length && strncmp(type->name, text, length) == 0)
            return (const crease_solver_type *)type;
    return NULL;
}

/* A residual well above the rounding of c. */
static int make_solver(const crease_atlas *a, const char *text, const crease_atlas_point *at,
                       atlas_case *k)
{
    const crease_solver_type *type = type_of(a->ctx, text);
    double sum = 0, tolerance = k->p.backend->real_bytes == sizeof(float) ? 1e-5 : 1e-10;
    for (size_t g = 0; g < GROUPS; g++)
        sum = hypot(sum, at->magnitude * (1 + at->distance) * crease_group_weight(&k->groups, g));
    if (type && type->takes_stopping) {
        char test[120];
        snprintf(test, sizeof test, "residual:eps0=%.3g,schedule=constant,max_iters=%u",
                 fmax(DBL_MIN, tolerance * sum), a->cap);
        if (!(k->stop = crease_stopping_parse(a->ctx, test))) return crease_ctx_error(a->ctx)->code;
    }
    k->solver = crease_solver_parse(a->ctx, text, k->stop);
    return k->solver ? CREASE_OK : crease_ctx_error(a->ctx)->code;
}

/* --- the cell ------------------------------------------------------------------------------------- */

static void worsen(const char *outcome, double certificate, unsigned iterations,
                   crease_atlas_cell *cell)
{
    static const char *const order[] = { "met", "precision", "cap", "error" };
    int now = 0, before = 0;
    for (int i = 0; i < 4; i++) {
        if (strcmp(order[i], outcome) == 0) now = i;
        if (cell->outcome && strcmp(order[i], cell->outcome) == 0) before = i;
    }
    cell->outcome = order[now > before ? now : before];
    if (!(certificate <= cell->certificate)) cell->certificate = certificate;
    if (iterations > cell->iterations) cell->iterations = iterations;
}

static void solve_one(atlas_case *k, crease_atlas_cell *cell)
{
    crease_solve_info info = { 0 };
    crease_certificate proof;
    int code = crease_solver_solve(k->solver, &k->p, k->x, &info);
    if (code == CREASE_OK) code = crease_certify(&k->p, k->x, &proof);
    if (code == CREASE_OK) {
        worsen(crease_stop_name(info.stop), proof.relative, info.iterations, cell);
        return;
    }
    worsen("error", INFINITY, info.iterations, cell);
    snprintf(cell->note, sizeof cell->note, "%.280s", crease_ctx_error(k->ctx)->sentence);
}

int crease_atlas_solve(const crease_atlas *a, const char *solver, const crease_backend *backend,
                       const crease_atlas_point *at, crease_atlas_cell *cell)
{
    atlas_case k;
    *cell = (crease_atlas_cell){ 0 };
    int code = make(a->ctx, backend, at, &k);
    if (code == CREASE_OK) code = make_solver(a, solver, at, &k);
    const char *refusal = code == CREASE_OK ? k.solver->type->accepts(k.solver, &k.p) : NULL;
    for (unsigned seed = 1; code == CREASE_OK && !refusal && seed <= a->seeds; seed++) {
        draw(at, seed, &k);
        push(&k);
        solve_one(&k, cell);
    }
    if (refusal) *cell = (crease_atlas_cell){ .outcome = "refused", .certificate = NAN };
    if (refusal) snprintf(cell->note, sizeof cell->note, "%s", refusal);
    release(&k);
    return code;
}
