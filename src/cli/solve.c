/* crease solve: a captured subproblem solved again, by any solver and test, and how it went. */
#include "core/clock.h"
#include "solve.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- what is solved --------------------------------------------------------------------------- */

/* The largest and least curvature, and |c|, over the entries that belong to a group. */
static void measure(crease_replay *r)
{
    const crease_groups *s = &r->capture->groups;
    double most = 0, least = INFINITY, sum = 0, d = r->p.scalar, c;
    for (size_t g = 0; g < s->count; g++)
        for (size_t k = 0; k < crease_group_size(s, g); k++) {
            size_t at = crease_group_entry(s, g, k) * r->p.backend->real_bytes;
            if (r->p.d) r->p.backend->to_host(1, (const char *)r->p.d + at, &d);
            r->p.backend->to_host(1, (const char *)r->p.c + at, &c);
            most = fmax(most, d);
            least = fmin(least, d);
            sum = hypot(sum, c);
        }
    r->condition = most == 0 ? (double)INFINITY : most / least;
    r->c_norm = sum;
}

static int allocate(crease_replay *r)
{
    size_t n = r->p.n;
    if (!(r->x = crease_alloc(r->ctx, n, r->p.backend->real_bytes))) return CREASE_ENOMEM;
    if (!(r->answer = crease_alloc(r->ctx, n, sizeof *r->answer))) return CREASE_ENOMEM;
    if (!(r->host = crease_alloc(r->ctx, n, sizeof *r->host))) return CREASE_ENOMEM;
    if (!(r->work = crease_alloc(r->ctx, crease_term_work(&r->term), sizeof *r->work)))
        return CREASE_ENOMEM;
    bool hidden = r->term.psi->type->flags & CREASE_UNIT_HIDDEN;
    r->units = hidden ? 0 : crease_term_units(&r->term);
    r->unit = crease_alloc(r->ctx, r->units, sizeof *r->unit);
    return r->unit ? CREASE_OK : CREASE_ENOMEM;
}

static int read_problem(crease_replay *r)
{
    CREASE_TRY(crease_capture_read(r->ctx, r->input, r->backend_name, &r->capture));
    r->p = r->capture->p;
    r->term = (crease_term){ r->capture->psi, &r->capture->groups, r->capture->block };
    measure(r);
    return allocate(r);
}

/* --- the solver
 * --------------------------------------------------------------------------------------- */

static bool takes_test(const crease_ctx *ctx, const char *text)
{
    const crease_type *type;
    size_t length = strcspn(text, ":");
    for (size_t i = 0; (type = crease_type_at(ctx, CREASE_SOLVER, i)); i++)
        if (strlen(type->name) == length && strncmp(type->name, text, length) == 0)
            return ((const crease_solver_type *)type)->takes_stopping;
    return false;
}

/* Without --stop, a residual that is small beside c and well above its rounding. */
static void choose_stop(crease_replay *r)
{
    double tolerance = r->p.backend->real_bytes == sizeof(float) ? 1e-5 : 1e-10;
    double size = r->c_norm > 0 ? r->c_norm : 1;
    if (r->stop_text || !takes_test(r->ctx, r->solver_text)) return;
    snprintf(r->default_stop, sizeof r->default_stop, "residual:eps0=%.3g,schedule=constant",
             fmax(tolerance * size / r->p.paper_scale, 1e-300));
    r->stop_text = r->default_stop;
}

static int make_solver(crease_replay *r)
{
    choose_stop(r);
    if (r->stop_text && !(r->stopping = crease_stopping_parse(r->ctx, r->stop_text)))
        return crease_ctx_error(r->ctx)->code;
    r->solver = crease_solver_parse(r->ctx, r->solver_text, r->stopping);
    return r->solver ? CREASE_OK : crease_ctx_error(r->ctx)->code;
}

/* --- solving
 * ------------------------------------------------------------------------------------------ */

static double distance(const crease_replay *r, const double *a, const double *b)
{
    double sum = 0;
    for (size_t i = 0; i < r->p.n; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sqrt(sum);
}

static int look_at_start(crease_replay *r)
{
    crease_solve_row row;
    CREASE_TRY(crease_replay_look(r, r->capture->start, &r->start, &row));
    r->start_live = row.live_groups;
    r->start_distance = distance(r, r->host, r->answer);
    return CREASE_OK;
}

/* The last row is the answer, whether or not it was looked at on the way. */
static void close_table(crease_replay *r)
{
    if (r->n_rows == 0) return;
    crease_solve_row *end = &r->rows[r->n_rows - 1];
    if (end->j != r->last.j && r->n_rows < CREASE_MOST_LOOKS) end = &r->rows[r->n_rows++];
    if (end->j != r->last.j) *end = r->last;
}

/* The least of all values seen, and of what the exact solver reaches where it takes the subproblem. */
static void find_best(crease_replay *r)
{
    crease_certificate certificate;
    crease_solve_row row;
    r->best = r->certificate.value;
    for (size_t i = 0; i < r->n_rows; i++) r->best = fmin(r->best, r->rows[i].value);
    crease_solver *exact = r->n_rows ? crease_solver_create(r->ctx, "exact", NULL) : NULL;
    if (exact && !exact->type->accepts(exact, &r->p)) {
        void *x = crease_alloc(r->ctx, r->p.n, r->p.backend->real_bytes);
        int code = x ? crease_solver_solve(exact, &r->p, x, NULL) : CREASE_ENOMEM;
        if (code == CREASE_OK) code = crease_replay_look(r, x, &certificate, &row);
        if (code == CREASE_OK) r->best = fmin(r->best, row.value);
        crease_release(r->ctx, x);
    }
    crease_solver_free(exact);
}

static int solve(crease_replay *r)
{
    crease_observer observer = crease_replay_observer(r);
    r->p.backend->copy(r->p.n, r->capture->start, r->x);
    crease_subproblem p = r->p;
    if (r->solver->type->takes_stopping && r->wanted_rows > 0) p.observer = &observer;
    double start = crease_now_ms();
    CREASE_TRY(crease_solver_solve(r->solver, &p, r->x, &r->info));
    r->elapsed_ms = crease_now_ms() - start - r->watching_ms;
    CREASE_TRY(r->code);
    CREASE_TRY(crease_replay_look(r, r->x, &r->certificate, &r->last));
    r->p.backend->to_host(r->p.n, r->x, r->answer);
    r->last.j = r->info.iterations;
    r->last.elapsed_ms = r->elapsed_ms;
    CREASE_TRY(look_at_start(r));
    close_table(r);
    find_best(r);
    return CREASE_OK;
}

/* --- judging
 * ------------------------------------------------------------------------------------------- */

/* What the test asked for, beside the certificate: tests of the residual alone can be held against it.
 */
static int judge_test(const crease_replay *r)
{
    enum { ROUNDINGS = 64 };
    double tested, threshold, rounding = ROUNDINGS * r->p.backend->roundoff * r->c_norm;
    crease_progress seen = { .j = r->info.iterations,
                             .t = r->p.step,
                             .paper_scale = r->p.paper_scale,
                             .residual = r->certificate.absolute };
    if (crease_stopping_needs(r->stopping) != CREASE_NEEDS_RESIDUAL) return CREASE_OK;
    crease_stopping_compare(r->stopping, &seen, &tested, &threshold);
    if (tested <= threshold + rounding) return CREASE_OK;
    return crease_fail(r->ctx, CREASE_ESHORT,
                       "the certificate of the answer is %.3g, but its test asked for %.3g", tested,
                       threshold);
}

static int judge(const crease_replay *r)
{
    enum { ROUNDINGS = 10000 };
    const char *name = r->solver->type->base.name;
    if (r->info.stop == CREASE_STOP_CAP)
        return crease_fail(r->ctx, CREASE_ESHORT,
                           "%s stopped at its cap of %u iterations, before its test was met", name,
                           r->info.iterations);
    if (r->info.stop == CREASE_STOP_PRECISION)
        return crease_fail(r->ctx, CREASE_ESHORT,
                           "the precision of %s allowed %s no further progress, before its "
                           "test was met",
                           r->p.backend->name, name);
    if (r->stopping) return judge_test(r);
    double most = ROUNDINGS * r->p.backend->roundoff;
    if (!r->info.exact || r->certificate.relative <= most) return CREASE_OK;
    return crease_fail(r->ctx, CREASE_ESHORT,
                       "the certificate of the answer is %.3g, but that of an exact one is at "
                       "most %.3g",
                       r->certificate.relative, most);
}

/* --- the command
 * ---------------------------------------------------------------------------------------- */

static int write_answer(const crease_replay *r)
{
    crease_array x = { .rank = 1,
                       .shape = { r->p.n },
                       .n = r->p.n,
                       .real_bytes = r->p.backend->real_bytes,
                       .data = r->answer };
    return r->output ? crease_write_npy(r->ctx, r->output, &x) : CREASE_OK;
}

static int run(crease_replay *r)
{
    double rows;
    CREASE_TRY(crease_cli_number(r->ctx, "--table", r->table_text, 0, CREASE_MOST_LOOKS, &rows));
    r->wanted_rows = (size_t)rows;
    CREASE_TRY(read_problem(r));
    CREASE_TRY(make_solver(r));
    CREASE_TRY(solve(r));
    CREASE_TRY(write_answer(r));
    CREASE_TRY(crease_replay_report(r));
    return judge(r);
}

static void release(crease_replay *r)
{
    void *memory[] = { r->x, r->answer, r->host, r->work, r->unit };
    for (size_t i = 0; i < sizeof memory / sizeof *memory; i++) crease_release(r->ctx, memory[i]);
    crease_solver_free(r->solver);
    crease_stopping_free(r->stopping);
    crease_capture_free(r->capture);
}

int crease_cmd_solve(crease_ctx *ctx, int argc, char **argv)
{
    crease_replay r = { .ctx = ctx, .solver_text = "exact", .table_text = "20" };
    const crease_option options[] = {
        { "solver", 's', "NAME", "NAME or NAME:key=value,... (exact)", .text = &r.solver_text },
        { "stop", 0, "NAME",
          "inexactness test, NAME or NAME:key=value,... (residual, constant: 1e-10 |c| in cpu-f64, "
          "1e-5 |c| in "
          "cpu-f32)",
          .text = &r.stop_text },
        { "backend", 'b', "NAME", "cpu-f64 or cpu-f32 (that of the capture)", .text = &r.backend_name },
        { "table", 't', "ROWS", "rows of the table of an iterative solver's iterations, 0: none (20)",
          .text = &r.table_text },
        { "output", 'o', "FILE", "write x as .npy", .text = &r.output },
        { "json", 0, NULL, "print JSON", .flag = &r.json },
        { .name = NULL },
    };
    const crease_usage usage = {
        .synopsis =
            "crease solve SUBPROBLEM.h5 [--solver NAME] [--stop NAME] [--backend NAME] [-o x.npy]",
        .about = "Solves a subproblem that crease run --capture has written, from the start point that "
                 "training had, "
                 "and\n"
                 "prints what it is, how the solver got on, and the certificate of the answer. Exit "
                 "status: 0 done, 1 "
                 "the\n"
                 "solver stopped before its test was met or the certificate is worse than what was "
                 "asked for, 2 wrong "
                 "use or\n"
                 "input.",
        .options = options,
        .min_operands = 1,
        .max_operands = 1,
    };
    CREASE_TRY(crease_cli_parse(ctx, &usage, argc, argv, &r.input));
    int code = run(&r);
    release(&r);
    return code;
}
