/* crease prox --low-rank: the metric D + u u' or D - u u'. */
#include <math.h>

#include "prox.h"

static int read_u(crease_prox *p, crease_array *u)
{
    CREASE_TRY(crease_read_numbers(p->ctx, p->low_rank_spec, u));
    if (u->n != p->z.n)
        return crease_fail(p->ctx, CREASE_EDIM, "%s holds %zu numbers, but %s has %zu entries",
                           p->low_rank_spec, u->n, p->input, p->z.n);
    return CREASE_OK;
}

static double dot(size_t n, const double *a, const double *b)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

/* c = Vz where z was given, in the backend's numbers as everywhere. */
static void fill_c(crease_prox *p, const double *u, int sign, double *c)
{
    const crease_backend *b = p->problem.backend;
    size_t n = p->z.n;
    b->to_host(n, p->c, c);
    if (p->c_form) return;
    double along = sign * dot(n, u, p->z.data);
    for (size_t i = 0; i < n; i++) c[i] += along * u[i];
    b->from_host(n, c, p->c);
    b->to_host(n, p->c, c);
}

/* 1/2 x'Vx - c'x + w psi(x) */
static int evaluate(crease_prox *p, const double *u, int sign, const double *c)
{
    size_t n = p->z.n;
    const double *x = p->answer;
    crease_term term = { p->psi, &p->groups, "x" };
    double *work = crease_alloc(p->ctx, crease_term_work(&term), sizeof *work), along = dot(n, u, x);
    if (!work) return CREASE_ENOMEM;
    double sum = 0.5 * sign * along * along - dot(n, c, x);
    for (size_t i = 0; i < n; i++)
        sum += 0.5 * (p->metric.data ? p->metric.data[i] : p->problem.scalar) * x[i] * x[i];
    if (p->problem.w > 0) sum += p->problem.w * crease_term_value(&term, x, work);
    crease_release(p->ctx, work);
    p->certificate.value = sum;
    return CREASE_OK;
}

static int solve(crease_prox *p, const crease_array *u, int sign)
{
    crease_low_rank_info low = { 0 };
    double *c = crease_alloc(p->ctx, p->z.n, sizeof *c);
    if (!c) return CREASE_ENOMEM;
    fill_c(p, u->data, sign, c);
    int code = crease_prox_low_rank(&p->problem, sign, u->data, p->answer, &low);
    p->info = (crease_solve_info){
        .stop = CREASE_STOP_MET, .iterations = low.evaluations, .exact = true, .bound = NAN
    };
    p->certificate = (crease_certificate){
        .relative = low.relative, .absolute = low.absolute, .gap = NAN, .distance = INFINITY
    };
    if (code == CREASE_OK) code = evaluate(p, u->data, sign, c);
    crease_release(p->ctx, c);
    return code;
}

int crease_prox_solve_low_rank(crease_prox *p)
{
    crease_array u = { 0 };
    double sign;
    if (p->explain)
        return crease_fail(p->ctx, CREASE_ENOTSUP,
                           "--explain asks the oracle in a diagonal metric; it does not go with "
                           "--low-rank");
    CREASE_TRY(crease_cli_number(p->ctx, "--low-rank-sign", p->low_rank_sign, -1, 1, &sign));
    if (!(p->answer = crease_alloc(p->ctx, p->z.n, sizeof *p->answer))) return CREASE_ENOMEM;
    int code = read_u(p, &u);
    if (code == CREASE_OK) code = solve(p, &u, (int)sign);
    crease_release(p->ctx, u.data);
    return code;
}
