/* The cases: which families and captures, and the solution each is judged by. */
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "solvers.h"

/* --- which ---------------------------------------------------------------------------------------- */

enum { MOST_SOURCES = 4096, BASE_SIZE = 64 };
static const double base_condition = 1e2, base_live = 0.5, spectral_condition = 1e3;

static crease_family *add(crease_inner_bench *b, const crease_family *f)
{
    crease_case_source *s = &b->sources[b->n_sources++];
    *s = (crease_case_source){ .family = *f, .weight = 1 };
    s->family.seed = b->n_sources;
    return &s->family;
}

/* One thing at a time is varied about the base. */
static void plan_groups(crease_inner_bench *b, const char *name)
{
    static const size_t sizes[] = { 1, 10, 512, 4608 };
    const crease_family base = { .regularizer = name,
                                 .entries = b->entries,
                                 .size = BASE_SIZE,
                                 .condition = base_condition,
                                 .spread = 1,
                                 .live = base_live };
    for (int decade = 0; decade <= 6; decade++) add(b, &base)->condition = pow(10, decade);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) add(b, &base)->size = sizes[i];
    add(b, &base)->live = 0.1;
    add(b, &base)->live = 0.9;
    add(b, &base)->spread = 1e3;
}

static void add_matrix(crease_inner_bench *b, size_t rows, size_t cols, double condition)
{
    add(b, &(crease_family){ .regularizer = "nuclear",
                             .rows = rows,
                             .cols = cols,
                             .condition = condition,
                             .spread = 1,
                             .live = 0.25 });
    size_t least = rows < cols ? rows : cols;
    b->sources[b->n_sources - 1].weight = sqrt((double)(rows * cols * least));
}

static void plan_matrices(crease_inner_bench *b)
{
    for (int decade = 0; decade <= 4; decade += 2) add_matrix(b, 32, 24, pow(10, decade));
    add_matrix(b, 64, 48, spectral_condition);
    for (size_t i = b->n_sources - 4; i < b->n_sources; i++)
        b->sources[i].weight = 2; /* a group case has 1 */
}

/* All sizes that are small enough in one spread, and one of them in all spreads. */
static void plan_spectral(crease_inner_bench *b)
{
    static const size_t sizes[][2] = { { 16, 10 },   { 64, 48 },   { 128, 96 },
                                       { 256, 128 }, { 512, 256 }, { 784, 512 } };
    enum { SIZES = sizeof sizes / sizeof *sizes, SWEPT = 2 };
    size_t swept = sizes[SWEPT][0] * sizes[SWEPT][1] <= b->entries ? SWEPT : 0;
    for (int decade = 0; decade <= 6; decade++)
        add_matrix(b, sizes[swept][0], sizes[swept][1], pow(10, decade));
    for (size_t i = 0; i < SIZES; i++)
        if (i != swept && sizes[i][0] * sizes[i][1] <= b->entries)
            add_matrix(b, sizes[i][0], sizes[i][1], spectral_condition);
}

static int ascending_path(const void *a, const void *b)
{
    return strcmp(((const crease_case_source *)a)->path, ((const crease_case_source *)b)->path);
}

/* Every *.h5 of a folder, by name. */
static int plan_folder(crease_inner_bench *b, const char *folder)
{
    size_t first = b->n_sources;
    DIR *dir = opendir(folder);
    if (!dir)
        return crease_fail(b->ctx, CREASE_EIO, "cannot read the folder '%s': %s", folder,
                           strerror(errno));
    for (struct dirent *entry; (entry = readdir(dir)) && b->n_sources < MOST_SOURCES;) {
        const char *dot = strrchr(entry->d_name, '.');
        if (!dot || strcmp(dot, ".h5") != 0) continue;
        crease_case_source *s = &b->sources[b->n_sources++];
        *s = (crease_case_source){ .weight = 1 };
        if (snprintf(s->path, sizeof s->path, "%s/%s", folder, entry->d_name) >= (int)sizeof s->path)
            b->n_sources--;
    }
    closedir(dir);
    qsort(b->sources + first, b->n_sources - first, sizeof *b->sources, ascending_path);
    if (b->n_sources > first) return CREASE_OK;
    return crease_fail(b->ctx, CREASE_ENOTFOUND, "'%s' holds no captures: files that end in .h5",
                       folder);
}

static int plan_family(crease_inner_bench *b, const char *name)
{
    bool matrix = strcmp(name, "nuclear") == 0;
    if (matrix)
        plan_matrices(b);
    else if (strcmp(name, "group_l2") == 0 || strcmp(name, "sparse_group") == 0)
        plan_groups(b, name);
    else
        return crease_fail(b->ctx, CREASE_ENOTFOUND,
                           "there is no family '%s'; there are group_l2, sparse_group and nuclear",
                           name);
    return CREASE_OK;
}

int crease_inner_plan(crease_inner_bench *b)
{
    static const char *const all[] = { "group_l2", "sparse_group", "nuclear" };
    const char *const *families = b->n_families ? b->families : all;
    size_t n = b->n_families ? b->n_families : b->n_folders ? 0 : sizeof all / sizeof *all;
    b->sources = crease_alloc(b->ctx, MOST_SOURCES, sizeof *b->sources);
    if (!b->sources) return CREASE_ENOMEM;
    if (b->spectral)
        plan_spectral(b);
    else
        for (size_t i = 0; i < n; i++) CREASE_TRY(plan_family(b, families[i]));
    for (size_t i = 0; i < b->n_folders; i++) CREASE_TRY(plan_folder(b, b->folders[i]));
    b->facts = crease_alloc(b->ctx, b->n_sources, sizeof *b->facts);
    return b->facts ? CREASE_OK : CREASE_ENOMEM;
}

/* --- making one ----------------------------------------------------------------------------------- */

static int plant(crease_inner_case *k, const crease_family *f, const crease_backend *backend)
{
    crease_case_facts *facts = &k->facts;
    CREASE_TRY(crease_family_make(k->ctx, f, backend, &k->planted));
    k->p = k->planted.p;
    k->start = k->planted.start;
    facts->family = f->regularizer;
    facts->condition = f->condition;
    facts->live = f->live;
    facts->spread = f->spread;
    facts->rows = f->rows;
    facts->cols = f->cols;
    if (f->rows)
        snprintf(facts->name, sizeof facts->name, "nuclear %zux%zu, cond(D) %.0e", f->rows, f->cols,
                 f->condition);
    else
        snprintf(facts->name, sizeof facts->name, "%s %zu x %zu, cond(D) %.0e, live %g, spread %.0e",
                 f->regularizer, k->p.groups->count, f->size, f->condition, f->live, f->spread);
    return CREASE_OK;
}

/* d_max/d_min over the entries that lie in groups. */
static double condition_of(const crease_subproblem *p)
{
    double most = 0, least = INFINITY, d = p->scalar;
    for (size_t g = 0; g < p->groups->count; g++)
        for (size_t i = 0; i < crease_group_size(p->groups, g); i++) {
            size_t at = crease_group_entry(p->groups, g, i) * p->backend->real_bytes;
            if (p->d) p->backend->to_host(1, (const char *)p->d + at, &d);
            most = fmax(most, d);
            least = fmin(least, d);
        }
    return most > 0 ? most / least : (double)INFINITY;
}

static int capture(crease_inner_case *k, const char *path, const crease_backend *backend)
{
    crease_case_facts *facts = &k->facts;
    CREASE_TRY(crease_capture_read(k->ctx, path, backend->name, &k->capture));
    k->p = k->capture->p;
    k->start = k->capture->start;
    facts->family = "capture";
    facts->condition = condition_of(&k->p);
    facts->live = facts->spread = NAN;
    return CREASE_OK;
}

static int allocate(crease_inner_case *k)
{
    crease_term term = { k->p.psi, k->p.groups, NULL };
    k->units = crease_term_units(&term);
    k->x = crease_alloc(k->ctx, k->p.n, k->p.backend->real_bytes);
    k->solution = crease_alloc(k->ctx, k->p.n, sizeof *k->solution);
    k->host = crease_alloc(k->ctx, k->p.n, sizeof *k->host);
    k->work = crease_alloc(k->ctx, crease_term_work(&term), sizeof *k->work);
    k->truth = crease_alloc(k->ctx, k->units, sizeof *k->truth);
    k->unit = crease_alloc(k->ctx, k->units, sizeof *k->unit);
    return k->x && k->solution && k->host && k->work && k->truth && k->unit ? CREASE_OK : CREASE_ENOMEM;
}

static bool is_hidden(const crease_inner_case *k)
{
    return k->p.psi->type->flags & CREASE_UNIT_HIDDEN;
}

/* --- the reference -------------------------------------------------------------------------------- */

/* A planted solution is one in double already; a rounded c has another. */
static int find_solution(crease_inner_case *k, crease_subproblem *q)
{
    crease_certificate proof = { .relative = INFINITY };
    crease_solve_info info;
    q->unit = is_hidden(k) ? k->truth : NULL;
    if (!k->capture) {
        memcpy(k->solution, k->planted.solution, k->p.n * sizeof *k->solution);
        memcpy(k->truth, k->planted.unit, k->units * sizeof *k->truth);
        CREASE_TRY(crease_certify(q, k->solution, &proof));
    } else {
        k->p.backend->to_host(k->p.n, k->start, k->solution);
    }
    if (!(proof.relative < CREASE_CERTIFIED)) {
        CREASE_TRY(crease_solve_reference(q, k->solution, &info));
        CREASE_TRY(crease_certify(q, k->solution, &proof));
    }
    k->facts.reference = proof.relative;
    if (proof.relative < CREASE_CERTIFIED) return CREASE_OK;
    return crease_fail(k->ctx, CREASE_ESHORT, "no solution is certified: the best has %.1e",
                       proof.relative);
}

static int find_reference(crease_inner_case *k)
{
    crease_subproblem q;
    crease_term term = { k->p.psi, k->p.groups, NULL };
    void *memory = crease_subproblem_in_double(&k->p, &q);
    if (!memory) return CREASE_ENOMEM;
    int code = find_solution(k, &q);
    crease_release(k->ctx, memory);
    if (code == CREASE_OK && !is_hidden(k))
        crease_term_signature(&term, k->solution, k->truth, k->work);
    return code;
}

static void note_facts(crease_inner_case *k)
{
    crease_case_facts *facts = &k->facts;
    const crease_groups *groups = k->p.groups;
    facts->n = k->p.n;
    facts->groups = groups->count;
    facts->group_size = groups->start ? 0 : groups->outer * groups->inner; /* 0: they differ */
}

int crease_inner_case_make(crease_ctx *ctx, const crease_case_source *from,
                           const crease_backend *backend, crease_inner_case *k)
{
    bool ignored;
    *k = (crease_inner_case){ .ctx = ctx, .facts = { .reference = NAN, .start = NAN, .family = "" } };
    snprintf(k->facts.name, sizeof k->facts.name, "%s", from->path);
    if (*from->path)
        CREASE_TRY(capture(k, from->path, backend));
    else
        CREASE_TRY(plant(k, &from->family, backend));
    note_facts(k);
    CREASE_TRY(allocate(k));
    CREASE_TRY(find_reference(k));
    if (is_hidden(k)) k->p.unit = k->unit;
    return crease_inner_case_judge(k, k->start, &k->facts.start, &ignored);
}

int crease_inner_case_judge(crease_inner_case *k, const void *x, double *certificate, bool *right)
{
    crease_certificate proof;
    crease_term term = { k->p.psi, k->p.groups, NULL };
    CREASE_TRY(crease_certify(&k->p, x, &proof));
    *certificate = proof.relative;
    k->p.backend->to_host(k->p.n, x, k->host);
    if (!is_hidden(k)) crease_term_signature(&term, k->host, k->unit, k->work);
    *right = memcmp(k->unit, k->truth, k->units * sizeof *k->unit) == 0;
    return CREASE_OK;
}

void crease_inner_case_free(crease_inner_case *k)
{
    void *owned[] = { k->x, k->solution, k->host, k->work, k->truth, k->unit };
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) crease_release(k->ctx, owned[i]);
    if (k->planted.ctx) crease_family_free(&k->planted);
    crease_capture_free(k->capture);
}
