#include "newton_system.h"

#include <float.h>
#include <math.h>

#define FLAT 1e-10 /* |J r - r| <= FLAT |r| tells a projection */

/* --- memory -------------------------------------------------------------------------------------- */

static size_t slope_bytes(const crease_space *s, size_t g)
{
    crease_part part = crease_space_part(s, g);
    return (crease_part_jacobian_work(&s->psi, &part) + 15) / 16 * 16;
}

void crease_newton_carve(crease_arena *arena, const crease_space *s, crease_newton *newton)
{
    size_t bytes = 0;
    for (size_t g = 0; g < s->parts; g++) bytes += slope_bytes(s, g);
    newton->blocks = crease_carve(arena, s->parts, sizeof *newton->blocks);
    newton->L = crease_carve(arena, s->parts, sizeof *newton->L);
    newton->slope_at = crease_carve(arena, s->parts, sizeof *newton->slope_at);
    newton->slopes = crease_carve(arena, bytes, 1);
    double **vectors[] = { &newton->r, &newton->z,     &newton->p,        &newton->Sp,
                           &newton->t, &newton->image, &newton->diagonal, &newton->zero };
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        *vectors[i] = crease_carve(arena, s->p->n, sizeof(double));
}

static double least_eigenvalue(const crease_space *s, const crease_newton_block *b)
{
    const double *d = s->d;
    double least = INFINITY;
    if (s->p->metric) return s->low;
    if (!d) return s->scalar + s->ridge;
    for (size_t e = b->begin; e < b->end; e++) least = fmin(least, d[e]);
    return least + s->ridge;
}

void crease_newton_load(crease_newton *newton, crease_space *s)
{
    bool coupled = s->p->metric;
    size_t at = 0;
    newton->s = s;
    newton->count = coupled ? 1 : s->parts;
    for (size_t g = 0; g < s->parts; g++) {
        newton->slope_at[g] = at;
        at += slope_bytes(s, g);
        newton->L[g] = s->curvature[g];
        newton->blocks[g] =
            (crease_newton_block){ s->start[g], s->start[g + 1], g, g + 1, .high = s->curvature[g] };
    }
    if (coupled) newton->blocks[0].end = s->n, newton->blocks[0].last = s->parts;
    for (size_t i = 0; i < newton->count; i++) {
        crease_newton_block *b = &newton->blocks[i];
        b->low = least_eigenvalue(s, b);
        b->pull = sqrt(crease_newton_dot(b, s->c, s->c));
    }
    for (size_t e = 0; e < s->n; e++) newton->zero[e] = 0;
}

/* --- the maps ------------------------------------------------------------------------------------ */

static int evaluate_part(crease_newton *newton, size_t g, const double *u, double *x, crease_unit *unit)
{
    crease_space *s = newton->s;
    crease_part part = crease_space_part(s, g);
    crease_prox_info info = { .exact = true, .unit = unit };
    size_t at = s->start[g];
    int code = crease_part_linearize(&s->psi, &part, u + at, newton->L[g], s->p->w, x + at,
                                     newton->slopes + newton->slope_at[g], &info);
    if (code == CREASE_OK) return CREASE_OK;
    return crease_fail(s->p->ctx, code, "%s, part %zu: the proximal map of an iteration: %s",
                       s->p->psi->type->base.name, g, crease_error_sentence(code));
}

int crease_newton_evaluate(crease_newton *newton, const double *u, double *x)
{
    crease_space *s = newton->s;
    crease_unit *unit = s->p->unit;
    s->proxes++;
    for (size_t i = 0; i < newton->count; i++) {
        const crease_newton_block *b = &newton->blocks[i];
        for (size_t g = b->first; g < b->last; g++) {
            crease_part part = crease_space_part(s, g);
            if (b->waits) CREASE_TRY(evaluate_part(newton, g, u, x, unit));
            if (unit) unit += crease_part_units(&s->psi, &part);
        }
    }
    return CREASE_OK;
}

void crease_newton_metric(crease_newton *newton, const double *x, double *y)
{
    crease_space linear = *newton->s;
    linear.c = newton->zero;
    crease_space_gradient(&linear, x, y);
    newton->s->products++;
}

/* out = J^(1/2) v in this block */
static void apply_root(crease_newton *newton, const crease_newton_block *b, const double *v,
                       double *out)
{
    for (size_t g = b->first; g < b->last; g++) {
        crease_part part = crease_space_part(newton->s, g);
        size_t at = newton->s->start[g];
        crease_part_jacobian(&newton->s->psi, &part, newton->slopes + newton->slope_at[g], true, v + at,
                             out + at);
    }
}

/* --- conjugate gradients ------------------------------------------------------------------------ */

/* D/L on the diagonal, as far as it is known. */
static double diagonal_entry(const crease_newton *newton, size_t g, size_t e)
{
    const crease_space *s = newton->s;
    const crease_operator *metric = s->p->metric;
    double entry = s->d ? ((const double *)s->d)[e] : s->scalar;
    if (metric) {
        size_t outside = crease_space_outside(s, g, e - s->start[g]);
        entry = metric->diagonal ? metric->diagonal[outside] : metric->largest;
    }
    return (entry + s->ridge) / newton->L[g];
}

static void prepare_diagonal(crease_newton *newton)
{
    const crease_space *s = newton->s;
    for (size_t g = 0; g < s->parts; g++) {
        crease_part part = crease_space_part(s, g);
        double *diagonal = newton->diagonal + s->start[g];
        for (size_t i = 0; i < part.n; i++) diagonal[i] = diagonal_entry(newton, g, s->start[g] + i);
        crease_part_jacobian_diagonal(&s->psi, &part, newton->slopes + newton->slope_at[g], diagonal);
        for (size_t i = 0; i < part.n; i++) diagonal[i] = fmax(diagonal[i], DBL_EPSILON);
    }
}

/* z = r / diagonal, and <r, z>. */
static double precondition(const crease_newton *newton, const crease_newton_block *b)
{
    double sum = 0;
    for (size_t e = b->begin; e < b->end; e++) {
        newton->z[e] = newton->r[e] / newton->diagonal[e];
        sum += newton->r[e] * newton->z[e];
    }
    return sum;
}

static bool is_flat(crease_newton *newton, const crease_newton_block *b)
{
    double sum = 0;
    apply_root(newton, b, newton->r, newton->t);
    for (size_t e = b->begin; e < b->end; e++) sum = hypot(sum, newton->t[e] - newton->r[e]);
    return sum <= FLAT * sqrt(crease_newton_dot(b, newton->r, newton->r));
}

/* h = 0, r = -J^(1/2) F, p = z. */
static void begin(crease_newton *newton, crease_newton_block *b, const double *F, double *h)
{
    apply_root(newton, b, F, newton->r);
    for (size_t e = b->begin; e < b->end; e++) newton->r[e] = -newton->r[e];
    b->flat = is_flat(newton, b);
    b->rz = precondition(newton, b);
    for (size_t e = b->begin; e < b->end; e++) {
        h[e] = newton->t[e] = 0;
        newton->p[e] = newton->z[e];
    }
    b->solved = sqrt(crease_newton_dot(b, newton->r, newton->r)) <= b->goal;
}

/* Sp = S p in the blocks that are not solved. */
static void apply_system(crease_newton *newton)
{
    const crease_space *s = newton->s;
    double *t = newton->t, *Sp = newton->Sp;
    for (size_t i = 0; i < newton->count; i++)
        if (!newton->blocks[i].solved) apply_root(newton, &newton->blocks[i], newton->p, t);
    crease_newton_metric(newton, t, newton->image);
    for (size_t g = 0; g < s->parts; g++)
        for (size_t e = s->start[g]; e < s->start[g + 1]; e++)
            t[e] = newton->image[e] / newton->L[g] - t[e];
    for (size_t i = 0; i < newton->count; i++) {
        const crease_newton_block *b = &newton->blocks[i];
        if (b->solved) continue;
        apply_root(newton, b, t, Sp);
        for (size_t e = b->begin; e < b->end; e++) Sp[e] += newton->p[e];
    }
}

/* Where S is singular and p shows it, what has been found so far must do. */
static void step(crease_newton *newton, crease_newton_block *b, double *h)
{
    double bend = crease_newton_dot(b, newton->p, newton->Sp), before = b->rz;
    b->solved = !(bend > DBL_EPSILON * crease_newton_dot(b, newton->p, newton->p));
    if (b->solved) return;
    for (size_t e = b->begin; e < b->end; e++) {
        h[e] += before / bend * newton->p[e];
        newton->r[e] -= before / bend * newton->Sp[e];
    }
    b->solved = sqrt(crease_newton_dot(b, newton->r, newton->r)) <= b->goal;
    b->rz = precondition(newton, b);
    for (size_t e = b->begin; e < b->end; e++)
        newton->p[e] = newton->z[e] + b->rz / before * newton->p[e];
}

void crease_newton_solve(crease_newton *newton, const double *F, long max_steps, double *q)
{
    bool any = false;
    prepare_diagonal(newton);
    for (size_t i = 0; i < newton->count; i++) {
        begin(newton, &newton->blocks[i], F, q);
        any = any || !newton->blocks[i].solved;
    }
    for (long j = 0; any && j < max_steps; j++) {
        any = false;
        apply_system(newton);
        for (size_t i = 0; i < newton->count; i++) {
            if (!newton->blocks[i].solved) step(newton, &newton->blocks[i], q);
            any = any || !newton->blocks[i].solved;
        }
    }
    for (size_t i = 0; i < newton->count; i++) {
        const crease_newton_block *b = &newton->blocks[i];
        apply_root(newton, b, q, newton->t);
        for (size_t e = b->begin; e < b->end; e++) q[e] = newton->t[e];
    }
}
