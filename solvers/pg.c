/* Proximal gradient, warm-started:
 *
 *     x <- argmin  w psi(x) + <D z - c, x> + sum_g L_g/2 |x_g - z_g|^2,   z the iterate before,
 *
 * with one of four rules for the curvatures L:
 *   group          L_g = max d_g: the smallest that is safe on each group, which the problem separates into. The rule
 *                  of the published experiments.
 *   global         L_g = max d for all groups: Algorithm 2 of the paper.
 *   backtracking   L halved at every iteration, then doubled until L |x - z|^2 >= |x - z|_D^2.
 *   bb             L = |s|_D^2/|s|^2 of the move s before (Barzilai and Borwein's first step), doubled until Q falls
 *                  below the largest of the last ten values by 1e-4 L/2 |x - z|^2.
 * Where psi is not convex every L is doubled, as the paper asks. Steps of the rules group and global never increase Q.
 * Groups whose solution is zero are screened out first where psi is of the shrink family (see core/space.h), so that
 * an inexactness test sees the objective of the others alone, as in the published experiments.
 * Source: RAMDA, arXiv 2403.14398, Algorithm 2; Barzilai and Borwein, IMA J. Numer. Anal. 8 (1988); the safeguard:
 * Wright, Nowak, Figueiredo, IEEE Trans. Signal Process. 57 (2009), SpaRSA.                                       */
#include <math.h>

#include "core/iterate.h"

enum { GROUP, GLOBAL, BACKTRACKING, BB, MEMORY = 10, MOST_DOUBLINGS = 100 };
static const char *const rules[] = { "group", "global", "backtracking", "bb", NULL };

typedef struct {
    int step;
} pg_opts;

static const crease_param params[] = {
    CREASE_PARAM_CHOICE(pg_opts, step, GROUP, rules, "the rule for the curvature that replaces D"),
    CREASE_PARAM_END,
};

typedef struct {
    double *curvature; /* of each part */
    void *next;
    double L;          /* backtracking, bb: of all parts */
    double values[MEMORY];
} pg_state;

static int rule_of(const void *opts)
{
    return ((const pg_opts *)opts)->step;
}

static void carve(crease_arena *arena, const crease_space *s, const void *opts, void *state)
{
    pg_state *k = state;
    k->curvature = crease_carve(arena, s->p->groups->count + 1, sizeof *k->curvature);
    if (rule_of(opts) >= BACKTRACKING) k->next = crease_carve(arena, s->p->n, s->b->real_bytes);
}

static double factor(const crease_iteration *k)
{
    return k->p->psi->type->flags & CREASE_CONVEX ? 1 : 2;
}

static void set_all(const crease_iteration *k, double L)
{
    pg_state *o = k->state;
    for (size_t g = 0; g < k->s->parts; g++) o->curvature[g] = L;
}

static int start(crease_iteration *k)
{
    pg_state *o = k->state;
    int rule = rule_of(k->opts);
    for (size_t g = 0; g < k->s->parts; g++) o->curvature[g] = factor(k) * (rule == GROUP ? k->s->curvature[g] : k->s->high);
    o->L = factor(k) * k->s->high;
    double value = rule == BB ? crease_space_value(k->s, k->x) : 0;
    for (int i = 0; i < MEMORY; i++) o->values[i] = value;
    return CREASE_OK;
}

static void accept(crease_iteration *k)
{
    pg_state *o = k->state;
    void *before = k->x;
    k->x = o->next;
    o->next = before;
}

/* Is L large enough for the move from x to next? The largest curvature always is. */
static bool is_majorized(crease_iteration *k, double L)
{
    pg_state *o = k->state;
    double square, bend = crease_space_bend(k->s, o->next, k->x, &square);
    return factor(k) * bend <= L * square || L >= factor(k) * k->s->high;
}

static int backtrack(crease_iteration *k)
{
    pg_state *o = k->state;
    double most = factor(k) * k->s->high;
    o->L = fmax(o->L / 2, most * 1e-12);
    for (int i = 0; i < MOST_DOUBLINGS; i++, o->L = fmin(2 * o->L, most)) {
        set_all(k, o->L);
        CREASE_TRY(crease_space_step(k->s, k->x, o->curvature, o->next));
        if (is_majorized(k, o->L)) break;
    }
    accept(k);
    return CREASE_OK;
}

static double largest(const double values[MEMORY])
{
    double most = values[0];
    for (int i = 1; i < MEMORY; i++) most = fmax(most, values[i]);
    return most;
}

static int barzilai_borwein(crease_iteration *k)
{
    pg_state *o = k->state;
    double most = factor(k) * k->s->high, bar = largest(o->values), square = 0, bend = 0, value = 0;
    for (int i = 0; i < MOST_DOUBLINGS; i++, o->L = fmin(2 * o->L, most)) {
        set_all(k, o->L);
        CREASE_TRY(crease_space_step(k->s, k->x, o->curvature, o->next));
        bend = crease_space_bend(k->s, o->next, k->x, &square);
        value = crease_space_value(k->s, o->next);
        if (value <= bar - 0.5e-4 * o->L * square || o->L >= most) break;
    }
    o->values[k->j % MEMORY] = value;
    if (square > 0) o->L = fmin(most, fmax(factor(k) * bend / square, most * 1e-12));
    accept(k);
    return CREASE_OK;
}

static int step(crease_iteration *k)
{
    int rule = rule_of(k->opts);
    if (rule == BACKTRACKING) return backtrack(k);
    if (rule == BB) return barzilai_borwein(k);
    return crease_space_step(k->s, k->x, ((pg_state *)k->state)->curvature, k->x);
}

static const crease_iterative method = { .state_bytes = sizeof(pg_state), .carve = carve, .start = start, .step = step };

static const char *accepts(const crease_solver *s, const crease_subproblem *p)
{
    (void)s;
    return crease_space_refusal(p);
}

/* The majorant with L_g touches Q from above, with slack L_g - d_i; where psi is convex it is also strongly convex,
 * and the map x -> next is a contraction. Twice the curvature gives the same decrease where psi is not. */
static unsigned promises(const crease_solver *s, const crease_subproblem *p)
{
    if (rule_of(s->opts) > GLOBAL) return 0;
    unsigned always = CREASE_PROMISES_DESCENT | CREASE_PROMISES_DECREASE;
    return p->psi->type->flags & CREASE_CONVEX ? always | CREASE_PROMISES_CONTRACTION : always;
}

const crease_solver_type crease_solver_pg = {
    .base = { .name = "pg",
              .summary = "proximal gradient with steps per group, global, backtracked or Barzilai-Borwein",
              .formula = "x_g <- prox of (w / L_g) psi at z_g - (D z - c)_g / L_g,  L_g = max d_g",
              .source = "RAMDA, arXiv 2403.14398, Algorithm 2; Barzilai, Borwein, IMA J. Numer. Anal. 8 (1988)",
              .opts_size = sizeof(pg_opts),
              .params = params },
    .takes_stopping = true,
    .joint = true,
    .accepts = accepts,
    .work_size = crease_iterate_work,
    .solve = crease_iterate,
    .method = &method,
    .promises = promises,
};
