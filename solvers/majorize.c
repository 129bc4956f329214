/* The largest d of each part in the place of all of them, and that problem solved exactly:
 *
 *     x = argmin  w psi(x) + <v, x - x0> + sum_g L_g/2 |x_g - x0_g|^2,   L_g = max d_g,
 *
 * one proximal-gradient step from the centre x0 (from the start point, where only the c-form is known).
 * An operator metric is replaced by the bound of its eigenvalues.
 *
 * As L_g >= d_i, Q(x) <= Q(x0); x minimizes Q itself where d is constant on each part. Elsewhere `gap`
 * bounds what is missing, where that can be proven. No inexactness test rules it: what an outer method
 * does with this is its proximal-gradient step in a metric that is constant on each group.
 *
 * Source: one step of Algorithm 2 of RAMDA, arXiv 2403.14398; Lange, MM Optimization Algorithms (2016).
 */
#include "core/iterate.h"
#include "core/part.h"

/* L x0 - (D x0 - c) for part k, and L as its metric. In a diagonal metric (L - D) x0 + c, where nothing
 * cancels if D = L. Returns whether that is so. */
static bool pose(const crease_space *s, size_t k, const double *slope, double *m, double *level)
{
    const double *x0 = s->x0, *c = s->c, *d = s->d, L = s->curvature[k];
    bool constant = !s->p->metric;
    for (size_t i = s->start[k]; i < s->start[k + 1]; i++, m++, level++) {
        double slack = L - ((d ? d[i] : s->scalar) + s->ridge);
        constant &= slack == 0;
        *m = s->p->metric ? L * x0[i] - slope[i] : slack * x0[i] + c[i];
        *level = L;
    }
    return constant;
}

static int minimize(crease_iteration *k, size_t g, const double *m, const double *level,
                    crease_prox_info *info)
{
    crease_space *s = k->s;
    crease_part part = crease_space_part(s, g);
    double *x = (double *)k->x + s->start[g];
    int code = k->p->w > 0 ? crease_part_prox(&s->psi, &part, m, level, k->p->w, x, info)
                           : crease_unpenalized(part.n, m, level, x);
    if (info->unit) info->unit += crease_part_units(&s->psi, &part);
    if (code == CREASE_OK) return code;
    return crease_fail(k->p->ctx, code, "%s, part %zu of the majorized problem: %s",
                       k->p->psi->type->base.name, g, crease_error_sentence(code));
}

static int step(crease_iteration *k)
{
    crease_space *s = k->s;
    crease_prox_info info = { .exact = true, .unit = k->p->unit };
    double *slope = s->wide[1], unused;
    if (k->p->metric)
        crease_space_gradient(s, s->x0, slope);
    else
        s->products++;
    for (size_t g = 0; g < s->parts; g++) {
        k->info->exact &= pose(s, g, slope, s->piece[0], s->level);
        CREASE_TRY(minimize(k, g, s->piece[0], s->level, &info));
        k->info->exact &= info.exact;
    }
    s->proxes++;
    if (!k->info->exact) crease_space_gaps(s, k->x, &k->info->gap, &unused);
    return CREASE_OK;
}

static const crease_iterative method = { .wide = true, .once = true, .step = step };

static const char *accepts(const crease_solver *s, const crease_subproblem *p)
{
    (void)s;
    return crease_space_refusal(p);
}

const crease_solver_type crease_solver_majorize = {
    .base = { .name = "majorize",
              .summary =
                  "one exact step with the largest d of each group: not the minimizer where d varies",
              .formula = "x_g = prox of (w / L_g) psi at x0_g - v_g / L_g,  L_g = max d_g",
              .source = "RAMDA, arXiv 2403.14398, one step of Algorithm 2" },
    .accepts = accepts,
    .work_size = crease_iterate_work,
    .solve = crease_iterate,
    .method = &method,
};
