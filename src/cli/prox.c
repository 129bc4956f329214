/* crease prox: one subproblem from files,
 *     min_x  1/2 |x - z|_D^2 + w psi(x),   or in c-form  1/2 x'Dx - c'x + w psi(x),
 * its answer, and the certificate of the answer. */
#include "prox.h"

#include <math.h>
#include <string.h>

/* --- posing -------------------------------------------------------------------------- */

static int make_regularizer(crease_prox *p)
{
    if (!p->regularizer)
        return crease_fail(p->ctx, CREASE_EINVAL,
                           "--regularizer is needed; 'crease list regularizer' shows the names");
    p->psi = crease_regularizer_create(p->ctx, p->regularizer);
    if (!p->psi) return crease_ctx_error(p->ctx)->code;
    for (size_t i = 0; i < p->params.n; i++) {
        char key[100];
        const char *value;
        CREASE_TRY(crease_cli_split_setting(p->ctx, p->params.v[i], key, sizeof key, &value));
        CREASE_TRY(crease_regularizer_set(p->psi, key, value));
    }
    return crease_regularizer_check(p->psi);
}

static int make_solver(crease_prox *p)
{
    if (p->stop_text && !(p->stopping = crease_stopping_parse(p->ctx, p->stop_text)))
        return crease_ctx_error(p->ctx)->code;
    p->solver = crease_solver_parse(p->ctx, p->solver_text, p->stopping);
    return p->solver ? CREASE_OK : crease_ctx_error(p->ctx)->code;
}

static int choose_backend(crease_prox *p)
{
    if (!p->backend_name) p->backend_name = p->z.real_bytes == sizeof(float) ? "cpu-f32" : "cpu-f64";
    p->problem.backend = crease_backend_find(p->ctx, p->backend_name);
    return p->problem.backend ? CREASE_OK : crease_ctx_error(p->ctx)->code;
}

/* c = Dz from the numbers that the backend stores, so that both forms name the same problem. */
static int fill_c(crease_prox *p)
{
    const crease_backend *b = p->problem.backend;
    size_t n = p->z.n;
    double *z = crease_alloc(p->ctx, n, sizeof *z), *d = crease_alloc(p->ctx, n, sizeof *d);
    if (z && d) {
        b->to_host(n, p->x0, z);
        if (p->d) b->to_host(n, p->d, d);
        for (size_t i = 0; i < n; i++) z[i] *= p->d ? d[i] : p->problem.scalar;
        b->from_host(n, z, p->c);
    }
    crease_release(p->ctx, z);
    crease_release(p->ctx, d);
    return z && d ? CREASE_OK : CREASE_ENOMEM;
}

static int pose(crease_prox *p)
{
    const crease_backend *b = p->problem.backend;
    size_t n = p->z.n;
    void **vectors[] = { &p->c, &p->d, &p->x0, &p->v, &p->x };
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        if (!(*vectors[i] = crease_alloc(p->ctx, n, b->real_bytes))) return CREASE_ENOMEM;
    if (p->metric.data) {
        b->from_host(n, p->metric.data, p->d);
    } else {
        crease_release(p->ctx, p->d);
        p->d = NULL;
    }
    if (p->c_form) {
        b->from_host(n, p->z.data, p->c);
    } else {
        b->from_host(n, p->z.data, p->x0);
        b->copy(n, p->x0, p->x);
        CREASE_TRY(fill_c(p));
    }
    p->problem = (crease_subproblem){ .ctx = p->ctx,
                                      .backend = b,
                                      .n = n,
                                      .c = p->c,
                                      .d = p->d,
                                      .scalar = p->problem.scalar,
                                      .x0 = p->c_form ? NULL : p->x0,
                                      .v = p->c_form ? NULL : p->v,
                                      .w = p->problem.w,
                                      .psi = p->psi,
                                      .groups = &p->groups,
                                      .paper_scale = 1,
                                      .step = 1 };
    return CREASE_OK;
}

/* --- solving ------------------------------------------------------------------------- */

/* Entries in no group are unpenalized, and no solver touches them: x = c/d. */
static int solve_rest(crease_prox *p)
{
    size_t n = p->z.n;
    if (p->groups.disjoint && p->groups.entries == n) return CREASE_OK;
    unsigned char *inside = crease_alloc(p->ctx, n, 1);
    if (!inside) return CREASE_ENOMEM;
    for (size_t g = 0; g < p->groups.count; g++)
        for (size_t k = 0; k < crease_group_size(&p->groups, g); k++)
            inside[crease_group_entry(&p->groups, g, k)] = 1;
    int code = CREASE_OK;
    for (size_t i = 0; i < n && code == CREASE_OK; i++) {
        double z = p->z.data[i], d = p->metric.data ? p->metric.data[i] : p->problem.scalar;
        if (inside[i]) continue;
        p->answer[i] = p->c_form && d > 0 ? z / d : z;
        if (p->c_form) p->certificate.value -= 0.5 * z * p->answer[i];
        if (p->c_form && d == 0 && z != 0)
            code = crease_fail(p->ctx, CREASE_EUNBOUNDED,
                               "no minimizer: entry %zu is in no group and its metric is 0", i);
    }
    crease_release(p->ctx, inside);
    return code;
}

static int solve_diagonal(crease_prox *p)
{
    size_t n = p->z.n;
    CREASE_TRY(crease_solver_solve(p->solver, &p->problem, p->x, &p->info));
    CREASE_TRY(crease_certify(&p->problem, p->x, &p->certificate));
    if (!(p->answer = crease_alloc(p->ctx, n, sizeof *p->answer))) return CREASE_ENOMEM;
    p->problem.backend->to_host(n, p->x, p->answer);
    return solve_rest(p);
}

static int solve(crease_prox *p)
{
    crease_term term = { p->psi, &p->groups, "x" };
    p->units = crease_term_units(&term);
    if (!(p->signature = crease_alloc(p->ctx, p->units, sizeof *p->signature))) return CREASE_ENOMEM;
    p->problem.unit = p->signature;
    CREASE_TRY(p->low_rank_spec ? crease_prox_solve_low_rank(p) : solve_diagonal(p));
    double *work = crease_alloc(p->ctx, crease_term_work(&term), sizeof *work);
    if (!work) return CREASE_ENOMEM;
    if (!(p->psi->type->flags & CREASE_UNIT_HIDDEN))
        crease_term_signature(&term, p->answer, p->signature, work);
    p->dimension = crease_term_dimension(&term, p->answer, p->signature, work);
    crease_release(p->ctx, work);
    for (size_t g = 0; g < p->groups.count; g++) {
        bool live = false;
        for (size_t k = 0; k < crease_group_size(&p->groups, g); k++)
            live |= p->answer[crease_group_entry(&p->groups, g, k)] != 0;
        p->live_groups += live;
    }
    return CREASE_OK;
}

static int write_answer(const crease_prox *p)
{
    crease_array x = p->z;
    x.data = p->answer;
    if (x.real_bytes == 0) x.real_bytes = sizeof(double); /* the input held integers */
    return p->output ? crease_write_npy(p->ctx, p->output, &x) : CREASE_OK;
}

static int run(crease_prox *p)
{
    double first;
    CREASE_TRY(crease_cli_number(p->ctx, "--first", p->first_text, 1, 1e9, &first));
    p->explained = (size_t)first;
    CREASE_TRY(crease_cli_number(p->ctx, "--weight", p->w_text, 0, INFINITY, &p->problem.w));
    CREASE_TRY(make_regularizer(p));
    CREASE_TRY(make_solver(p));
    CREASE_TRY(crease_prox_read(p));
    CREASE_TRY(choose_backend(p));
    CREASE_TRY(pose(p));
    CREASE_TRY(solve(p));
    CREASE_TRY(write_answer(p));
    CREASE_TRY(crease_prox_report(p));
    if (p->info.stop == CREASE_STOP_CAP)
        return crease_fail(p->ctx, CREASE_ESHORT,
                           "%s stopped at its cap of %u iterations, before its test was met",
                           p->solver->type->base.name, p->info.iterations);
    return CREASE_OK;
}

static void release(crease_prox *p)
{
    void *memory[] = {
        p->z.data, p->metric.data, p->c, p->d, p->x0, p->v, p->x, p->answer, p->signature
    };
    for (size_t i = 0; i < sizeof memory / sizeof *memory; i++) crease_release(p->ctx, memory[i]);
    crease_groups_free(p->ctx, &p->groups);
    crease_regularizer_free(p->psi);
    crease_solver_free(p->solver);
    crease_stopping_free(p->stopping);
}

int crease_cmd_prox(crease_ctx *ctx, int argc, char **argv)
{
    crease_prox p = { .ctx = ctx,
                      .metric_spec = "1",
                      .w_text = "1",
                      .solver_text = "exact",
                      .first_text = "10",
                      .low_rank_sign = "1" };
    const crease_option options[] = {
        { "regularizer", 'r', "NAME", "psi; see crease list regularizer", .text = &p.regularizer },
        { "param", 'p', "KEY=VALUE", "a setting of psi; may be given several times",
          .texts = &p.params },
        { "groups", 'g', "SPEC",
          "elements, rows, cols, all, size:K, channels, filters of the input's shape,\n"
          "a file with one label an entry (negative: in no group, unpenalized), or lists:FILE with\n"
          "one group a line, its entries counted from 0 (they may overlap where psi allows it)",
          .text = &p.groups_spec },
        { "weights", 0, "RULE",
          "of the groups: sqrt_size (where psi is a penalty on groups), one (elsewhere), or a file "
          "with one number a group",
          .text = &p.weights_spec },
        { "metric", 'm', "D", "a number, or a .npy file of the diagonal in the input's shape (1)",
          .text = &p.metric_spec },
        { "low-rank", 0, "FILE", "u: the metric is D + u u' (psi convex and separable)",
          .text = &p.low_rank_spec },
        { "low-rank-sign", 0, "S", "1, or -1 for D - u u' (1)", .text = &p.low_rank_sign },
        { "weight", 'w', "W", "the factor w on psi (1)", .text = &p.w_text },
        { "solver", 's', "NAME", "NAME or NAME:key=value,... (exact)", .text = &p.solver_text },
        { "stop", 0, "NAME", "inexactness test, NAME or NAME:key=value,...", .text = &p.stop_text },
        { "c-form", 0, NULL, "the input is c, not z", .flag = &p.c_form },
        { "backend", 'b', "NAME", "cpu-f64 or cpu-f32 (that of the input's numbers)",
          .text = &p.backend_name },
        { "output", 'o', "FILE", "write x as .npy, with the input's shape and width",
          .text = &p.output },
        { "explain", 0, NULL, "say why the groups are zero or live, and what would change that",
          .flag = &p.explain },
        { "first", 0, "K", "explain the first K groups (10)", .text = &p.first_text },
        { "json", 0, NULL, "print JSON", .flag = &p.json },
        { .name = NULL },
    };
    const crease_usage usage = {
        .synopsis = "crease prox --regularizer NAME [OPTIONS] z.npy [-o x.npy]",
        .about =
            "Solves  min 1/2 |x - z|_D^2 + w psi(x)  for the array in z.npy (float32 or float64, "
            "up to 4\n"
            "dimensions), or with --c-form  min 1/2 x'Dx - c'x + w psi(x),  and prints the value, "
            "the\n"
            "certificate of the answer and its structure. Status 1: the solver stopped at its cap.",
        .options = options,
        .min_operands = 1,
        .max_operands = 1,
    };
    CREASE_TRY(crease_cli_parse(ctx, &usage, argc, argv, &p.input));
    int code = run(&p);
    release(&p);
    return code;
}
