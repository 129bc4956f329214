/* Settings, groups and data of a member's rows. */
#include "member_case.h"

#include <math.h>
#include <string.h>

/* --- what each member is measured with ------------------------------------------------------------ */

/* How entries are grouped. Entries of a block share one draw of their size, such that the penalty of a
 * block and its c are alike. */
typedef struct {
    const char *name;
    size_t block;
} layout;

enum { MATRIX_ROWS = 64, MATRIX = MATRIX_ROWS * MATRIX_ROWS, RUN = 64, NODE = 8 };

static const layout elements = { "elements", 1 }, all = { "all", 1 }, runs = { "size:64", RUN };
static const layout matrices = { "64x64", MATRIX_ROWS };
static const layout windows = { "windows", NODE }, tree = { "tree", NODE };

/* Settings where the defaults leave nothing to do; all other members are measured as they come. The
 * setting is factor * n^power, rounded up where it grows. */
static const struct choice {
    const char *member, *key;
    double factor, power;
} choices[] = {
    /* budgets that all entries share, and the weight of a maximum: fixed ones leave little of large n */
    { "topk", "k", 0.1, 1 },
    { "ksupport", "k", 0.1, 1 },
    { "simplex", "rho", 0.6, 1 },
    { "l1_ball", "rho", 0.7, 1 },
    { "l2_ball", "rho", 0.5, 0.5 },
    { "linf", "lambda", 0.3, 1 },
    { "nuclear_ball", "rho", 200, 0 },
    /* penalties that would leave all or none of the data below at zero */
    { "l0", "lambda", 0.05, 0 },
    { "rank", "lambda", 0.05, 0 },
    { "fused", "mu", 0.3, 0 },
    { "exclusive", "lambda", 5e-4, 0 },
    /* equal weights are the l1 norm: let them fall from 2 to 1 */
    { "slope", "tilt", 1, -1 },
    /* concave parts as wide as the data: beyond them nothing is shrunk, and a jump decides alone */
    { "group_mcp", "gamma", 160, 0 },
    { "group_scad", "a", 160, 0 },
    { "spectral_mcp", "gamma", 1000, 0 },
};

enum { N_CHOICES = sizeof choices / sizeof *choices };

static bool has_setting(const crease_regularizer *psi, const char *key)
{
    for (const crease_param *row = psi->type->base.params; row && row->name; row++)
        if (strcmp(row->name, key) == 0) return true;
    return false;
}

static int set_number(crease_regularizer *psi, const char *key, double value)
{
    char text[40];
    snprintf(text, sizeof text, "%.17g", value);
    return crease_regularizer_set(psi, key, text);
}

static int choose_settings(crease_member_case *k)
{
    if (has_setting(k->psi, "rows")) CREASE_TRY(set_number(k->psi, "rows", MATRIX_ROWS));
    for (const struct choice *at = choices; at < choices + N_CHOICES; at++) {
        if (strcmp(at->member, k->psi->type->base.name) != 0) continue;
        double value = at->factor * pow((double)k->n, at->power);
        CREASE_TRY(set_number(k->psi, at->key, at->power > 0 ? ceil(value) : value));
    }
    return crease_regularizer_check(k->psi);
}

static const layout *choose_layout(const crease_regularizer *psi)
{
    unsigned flags = psi->type->flags;
    if (has_setting(psi, "rows")) return &matrices;
    if (flags & CREASE_COUPLED) return &windows;
    if (flags & CREASE_SEPARABLE) return &elements;
    return flags & CREASE_GROUPED ? &runs : &all;
}

/* --- groups --------------------------------------------------------------------------------------- */

/* Windows of 8 that overlap by 4, or blocks of 8 that hold two of 4, which hold two of 2 each. */
static int make_lists(crease_member_case *k, bool nested)
{
    size_t stride = NODE / 2, windows_of = k->n / stride - 1, blocks = k->n / NODE, count = 0, at = 0;
    size_t groups = nested ? 7 * blocks : windows_of, entries = nested ? 3 * k->n : NODE * windows_of;
    size_t *start = crease_alloc(k->ctx, groups + 1, sizeof *start);
    uint32_t *index = crease_alloc(k->ctx, entries, sizeof *index);
    int code = start && index ? CREASE_OK : CREASE_ENOMEM;
    for (size_t size = nested ? 2 : NODE; size <= NODE && code == CREASE_OK; size *= 2)
        for (size_t first = 0; first + size <= k->n; first += nested ? size : stride) {
            for (size_t i = 0; i < size; i++) index[at++] = (uint32_t)(first + i);
            start[++count] = at;
        }
    if (code == CREASE_OK) code = crease_groups_from_lists(k->ctx, count, start, index, &k->groups);
    crease_release(k->ctx, index);
    crease_release(k->ctx, start);
    return code;
}

static size_t whole_groups(size_t entries, size_t size)
{
    return entries < size ? size : entries / size * size;
}

static int make_groups(crease_member_case *k, const layout *l, size_t entries)
{
    k->layout = l->name;
    k->n = whole_groups(entries, l == &matrices ? MATRIX : l->block);
    if (l == &windows || l == &tree) return make_lists(k, l == &tree);
    if (l == &elements) k->groups = crease_groups_elements(0, k->n);
    else if (l != &all) k->groups = crease_groups_runs(0, k->n, l == &matrices ? MATRIX : RUN);
    else {
        k->groups = crease_groups_all(0, k->n);
        return crease_groups_set_weight_rule(k->ctx, &k->groups, "one");
    }
    return CREASE_OK;
}

/* Whether the member acts on a few such groups: of many, members cannot tell before they solve. */
static int try_groups(crease_member_case *k, const layout *l, bool *takes)
{
    CREASE_TRY(make_groups(k, l, 8 * NODE));
    crease_term term = { k->psi, &k->groups, NULL };
    crease_part part = crease_term_part(&term, 0);
    *takes = !crease_part_refusal(k->psi, &part);
    crease_groups_free(k->ctx, &k->groups);
    return CREASE_OK;
}

/* A coupled member that does not take windows wants a tree. */
static int choose_groups(crease_member_case *k, size_t entries, const layout **l)
{
    bool takes = true;
    *l = choose_layout(k->psi);
    if (*l == &windows) CREASE_TRY(try_groups(k, *l, &takes));
    if (!takes) *l = &tree;
    return make_groups(k, *l, entries);
}

/* --- data ----------------------------------------------------------------------------------------- */

static const double typical_d = 0.1;

/* Of an entry of c that is about as large as its share of the penalty, more where it lies in several
 * groups; of one that constraints of size 1 act on. */
static double typical_c(const crease_member_case *k, const layout *l, size_t part_number)
{
    crease_term term = { k->psi, &k->groups, NULL };
    crease_part part = crease_term_part(&term, part_number);
    double scale = crease_part_scale(k->psi, &part);
    if (!(scale > 0) || isinf(scale)) return typical_d;
    double groups_of_entry = (double)k->groups.entries / (double)k->n;
    return l == &all ? 1 : scale * sqrt(groups_of_entry / (double)l->block);
}

/* Between half a threshold and one, or above it. */
static double block_size(size_t block, crease_random *r)
{
    double u = crease_random_uniform(r);
    return block % 2 ? 0.5 + 0.4 * u : 1.1 + 1.9 * u;
}

/* d is lognormal, as metrics are: a factor of about 20 between its extremes. */
static void draw(crease_member_case *k, const layout *l, bool scalar)
{
    crease_term term = { k->psi, &k->groups, NULL };
    crease_random r = crease_random_at(1, CREASE_STREAM_TEST, 0);
    double size = 0;
    for (size_t g = 0, drawn = 0; g < crease_term_parts(&term); g++) {
        double typical = typical_c(k, l, g);
        size_t n = crease_term_part(&term, g).n;
        for (size_t i = 0; i < n; i++, drawn++) {
            if (drawn % l->block == 0) size = block_size(drawn / l->block, &r);
            k->host_c[crease_part_entry(&term, g, i)] = typical * size * crease_random_normal(&r);
        }
    }
    for (size_t i = 0; i < k->n; i++)
        k->host_d[i] = scalar ? typical_d : typical_d * exp(0.5 * crease_random_normal(&r));
}

/* --- the case ------------------------------------------------------------------------------------- */

int crease_member_case_make(crease_ctx *ctx, const crease_regularizer_type *type, bool scalar,
                            size_t entries, crease_member_case *k)
{
    const layout *l;
    *k = (crease_member_case){ .ctx = ctx, .n = entries, .layout = "-" };
    k->metric = scalar ? "scalar" : "diagonal";
    k->psi = crease_regularizer_create(ctx, type->base.name);
    k->exact = crease_solver_create(ctx, "exact", NULL);
    if (!k->psi || !k->exact) return crease_ctx_error(ctx)->code;
    CREASE_TRY(choose_groups(k, entries, &l));
    CREASE_TRY(choose_settings(k));
    k->host_c = crease_alloc(ctx, k->n, sizeof *k->host_c);
    k->host_d = crease_alloc(ctx, k->n, sizeof *k->host_d);
    if (!k->host_c || !k->host_d) return CREASE_ENOMEM;
    draw(k, l, scalar);
    return CREASE_OK;
}

static void unload(crease_member_case *k)
{
    void **owned[] = { &k->c, &k->d, &k->x, &k->work };
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) {
        crease_release(k->ctx, *owned[i]);
        *owned[i] = NULL;
    }
}

int crease_member_case_load(crease_member_case *k, const crease_backend *backend)
{
    unload(k);
    k->c = crease_alloc(k->ctx, k->n, backend->real_bytes);
    k->d = crease_alloc(k->ctx, k->n, backend->real_bytes);
    k->x = crease_alloc(k->ctx, k->n, backend->real_bytes);
    if (!k->c || !k->d || !k->x) return CREASE_ENOMEM;
    backend->from_host(k->n, k->host_c, k->c);
    backend->from_host(k->n, k->host_d, k->d);
    bool scalar = strcmp(k->metric, "scalar") == 0;
    k->p = (crease_subproblem){ .ctx = k->ctx, .backend = backend, .n = k->n, .c = k->c,
                                .d = scalar ? NULL : k->d, .scalar = typical_d, .w = 1, .psi = k->psi,
                                .groups = &k->groups, .paper_scale = 1 };
    const crease_solver_type *type = k->exact->type;
    const char *refusal = type->accepts(k->exact, &k->p);
    if (refusal) return crease_fail(k->ctx, CREASE_ENOTSUP, "%s", refusal);
    k->work = crease_alloc(k->ctx, type->work_size(k->exact, &k->p), 1);
    return k->work ? CREASE_OK : CREASE_ENOMEM;
}

int crease_member_case_solve(crease_member_case *k)
{
    return k->exact->type->solve(k->exact, &k->p, k->x, k->work, &k->info);
}

void crease_member_case_free(crease_member_case *k)
{
    unload(k);
    crease_release(k->ctx, k->host_c);
    crease_release(k->ctx, k->host_d);
    crease_groups_free(k->ctx, &k->groups);
    crease_solver_free(k->exact);
    crease_regularizer_free(k->psi);
}
