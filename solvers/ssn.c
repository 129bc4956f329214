/* Semismooth Newton's method on the normal map. With a number L for each part, P the proximal map of
 * w psi in the metric L (see src/core/newton_system.h) and any z,
 *
 *     u = L z - (D z - c),   x = P(u)/L,   F = D x - c + u - L x = (D - L)(x - z)
 *
 * is the normal map: u - L x in w dpsi(x) makes F a subgradient of Q at x, and x solves the subproblem
 * where F = 0. Newton's method for F = 0 in u is, in z, the step to x + q/L, q = J du. Iterates are
 * outputs x of the map.
 *
 * Globally, two ways:
 *
 *   primal  L = max d. z <- x is proximal gradient, and contracts: |F| falls by the factor 1 - d_min/L.
 *           The trials x + t q/L lead from Newton's point to that one; the first at which |F| has
 *           fallen is taken, last of all t = 0. One proximal-gradient step from a trial point is a
 *           trial, too.
 *
 *   dual    L < d_min. F = (D - L)(x - z) is minus the gradient in z of the convex function
 *               Phi(z) = 1/2 <z, (D - L) z> + max_x <u, x> - L/2 |x|^2 - w psi(x),
 *           so Newton's direction descends, and z + t (x + q/L - z) is taken for the first t <= 1 at
 *           which Phi still falls, or |F| has halved: Newton's method for the dual problem.
 *
 * The first bends P less and is the way where psi is curved; the second does not overshoot where psi is
 * polyhedral and d spreads widely. So the first is tried, and left for the second where its trials fail
 * and J is a projection. The second is left once |F| has fallen a thousandfold, or when it does not
 * halve in a number of iterations: its L stays above 5e-4 max d, since it multiplies rounding by
 * max d/L, and Phi may then not be convex. It is entered only so often, hence the method converges
 * where proximal gradient does. The rate is superlinear where P is semismooth, and quadratic where it
 * is strongly so (piecewise affine maps, those of norms and of singular values). Where the metric is
 * diagonal every part has its own way, step length and conjugate gradients.
 *
 * Source: normal maps: Robinson, Math. Oper. Res. 17 (1992), and Ouyang and Milzarek, Math. Program.
 * 212 (2025); the dual way, and inexact Newton steps by conjugate gradients: Zhao, Sun and Toh, SIAM J.
 * Optim. 20 (2010); trials between Newton's point and a proximal-gradient step: PANOC, Stella,
 * Themelis, Sopasakis and Patrinos, IEEE CDC 2017 (whose merit function is another). The symmetric form
 * with the root of J, the decrease of |F| and changing from one way to the other are this project's. */
#include <float.h>
#include <math.h>

#include "core/iterate.h"
#include "core/newton_system.h"

/* What is tried in one iteration, in this order: t > 0, a part of Newton's step, or one of these. */
#define GRADIENT   0.0    /* z = x on the primal way, taken whatever it does */
#define CORRECTION (-1.0) /* z = x of the trial before */
#define DUAL       (-2.0) /* z = x on the dual way, taken whatever it does */
static const double curved[] = { 1, 0.25, 0.0625, CORRECTION, GRADIENT };
static const double polyhedral[] = { 1, CORRECTION, DUAL };
static const double without_dual[] = { 1, CORRECTION, 0.25, 0.0625, GRADIENT };

#define FALL        0.999 /* what |F| is to fall by on the primal way */
#define LEAST_RATIO 5e-4  /* L/max d on the dual way */
#define DUAL_GAIN   1e-3  /* what |F| falls by before it has done enough */
enum { MOST_TURNS = 20, MOST_IDLE = 30, MOST_DUAL_TRIALS = 12 };

typedef struct {
    double forcing;
    long max_cg;
} ssn_opts;

static const crease_param params[] = {
    CREASE_PARAM_REAL(ssn_opts, forcing, 0.1, CREASE_IN_OPEN(0, 1),
                      "Newton's equation is solved to min(forcing, sqrt(|F|/|c|)) |F|"),
    CREASE_PARAM_INT(ssn_opts, max_cg, 500, CREASE_GE(1),
                     "most conjugate gradient steps for one Newton step"),
    CREASE_PARAM_END,
};

/* A block of the Newton system on its way. */
typedef struct {
    double size, next;   /* |F| here and at the trial */
    double best;         /* on the dual way, the last half of |F| */
    double apart, floor; /* at the last trial: |x - z|; what of |F| is rounding */
    double move;         /* the trial at hand */
    const double *plan;  /* those still to come; not on the dual way */
    double slope;        /* on the dual way: -Phi' along the step, at its start */
    unsigned trials;
    double entry;         /* on the dual way: |F| where it began */
    unsigned turns, idle; /* how often it began; iterations since |F| last halved */
    bool dual;
} way;

typedef struct {
    crease_newton newton;
    way *ways;
    double *z, *F, *q, *next_z, *next_x, *next_F, *u;
} ssn_state;

static void carve(crease_arena *arena, const crease_space *s, const void *opts, void *state)
{
    ssn_state *o = state;
    (void)opts;
    crease_newton_carve(arena, s, &o->newton);
    o->ways = crease_carve(arena, s->parts, sizeof *o->ways);
    double **vectors[] = { &o->z, &o->F, &o->q, &o->next_z, &o->next_x, &o->next_F, &o->u };
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        *vectors[i] = crease_carve(arena, s->p->n, sizeof(double));
}

/* --- one trial ----------------------------------------------------------------------------------- */

static void set_level(ssn_state *o, size_t i, double L)
{
    const crease_newton_block *b = &o->newton.blocks[i];
    for (size_t g = b->first; g < b->last; g++) o->newton.L[g] = L;
}

static double dual_level(const crease_newton_block *b)
{
    return fmax(b->low / 2, LEAST_RATIO * b->high);
}

/* The trial point of block i, and the way it is on. */
static void place(crease_iteration *k, size_t i)
{
    ssn_state *o = k->state;
    const crease_newton_block *b = &o->newton.blocks[i];
    way *to = &o->ways[i];
    const double *x = k->x;
    double L = o->newton.L[b->first], t = to->move;
    for (size_t e = b->begin; e < b->end; e++) {
        double newton = x[e] + o->q[e] / L, from = to->dual ? o->z[e] : x[e];
        o->next_z[e] = t > 0 ? from + t * (newton - from) : t == CORRECTION ? o->next_x[e] : x[e];
    }
    if (t == DUAL) {
        to->dual = true;
        to->entry = to->size;
        to->turns++;
    }
    if (t == GRADIENT) to->dual = false;
    if (t == DUAL || t == GRADIENT) set_level(o, i, to->dual ? dual_level(b) : b->high);
}

/* out = L v - w on every part. */
static void level_minus(const ssn_state *o, const crease_space *s, const double *v, const double *w,
                        double *out)
{
    for (size_t g = 0; g < s->parts; g++)
        for (size_t e = s->start[g]; e < s->start[g + 1]; e++) out[e] = o->newton.L[g] * v[e] - w[e];
}

/* x, J and F at the trial points, in the blocks that wait. */
static int look(crease_iteration *k)
{
    ssn_state *o = k->state;
    double *apart = o->u;
    crease_space_gradient(k->s, o->next_z, o->next_F);
    level_minus(o, k->s, o->next_z, o->next_F, o->u);
    CREASE_TRY(crease_newton_evaluate(&o->newton, o->u, o->next_x));
    for (size_t e = 0; e < k->s->n; e++) apart[e] = o->next_z[e] - o->next_x[e];
    crease_newton_metric(&o->newton, apart, o->next_F);
    level_minus(o, k->s, apart, o->next_F, o->next_F);
    for (size_t i = 0; i < o->newton.count; i++) {
        const crease_newton_block *b = &o->newton.blocks[i];
        way *at = &o->ways[i];
        double image = b->high * sqrt(crease_newton_dot(b, o->next_x, o->next_x)) + b->pull;
        at->next = sqrt(crease_newton_dot(b, o->next_F, o->next_F));
        at->apart = sqrt(crease_newton_dot(b, apart, apart));
        at->floor = DBL_EPSILON * (b->high / o->newton.L[b->first]) * image;
    }
    return CREASE_OK;
}

static void take(crease_iteration *k, size_t i)
{
    ssn_state *o = k->state;
    crease_newton_block *b = &o->newton.blocks[i];
    double *x = k->x;
    for (size_t e = b->begin; e < b->end; e++) {
        x[e] = o->next_x[e];
        o->z[e] = o->next_z[e];
        o->F[e] = o->next_F[e];
    }
    way *at = &o->ways[i];
    at->size = at->next;
    at->idle++;
    if (at->move == DUAL || at->size <= at->best / 2) {
        at->best = at->size;
        at->idle = 0;
    }
    b->waits = false;
}

/* -Phi' along the step from z, for F somewhere on it: <F, x + q/L - z>. */
static double descent(crease_iteration *k, size_t i, const double *F)
{
    ssn_state *o = k->state;
    const crease_newton_block *b = &o->newton.blocks[i];
    const double *x = k->x;
    double sum = 0;
    for (size_t e = b->begin; e < b->end; e++)
        sum += F[e] * (x[e] + o->q[e] / o->newton.L[b->first] - o->z[e]);
    return sum;
}

/* Take the trial, or say what comes next: on the dual way, the secant's root and a little less. */
static void judge(crease_iteration *k, size_t i)
{
    ssn_state *o = k->state;
    way *at = &o->ways[i];
    if (at->move == GRADIENT || at->move == DUAL) {
        take(k, i);
    } else if (!at->dual) {
        if (at->next <= FALL * at->size)
            take(k, i);
        else
            at->move = *++at->plan;
    } else {
        double slope = descent(k, i, o->next_F);
        if (slope >= 0 || at->next <= at->best / 2)
            take(k, i);
        else if (++at->trials < MOST_DUAL_TRIALS)
            at->move *= fmin(fmax(0.9 * at->slope / (at->slope - slope), 0.1), 0.9);
        else
            at->move = GRADIENT;
    }
}

static int try_all(crease_iteration *k)
{
    ssn_state *o = k->state;
    for (bool any = true; any;) {
        any = false;
        for (size_t i = 0; i < o->newton.count; i++)
            if (o->newton.blocks[i].waits) place(k, i);
        CREASE_TRY(look(k));
        for (size_t i = 0; i < o->newton.count; i++) {
            if (o->newton.blocks[i].waits) judge(k, i);
            any = any || o->newton.blocks[i].waits;
        }
    }
    return CREASE_OK;
}

/* --- the iteration ------------------------------------------------------------------------------- */

/* A proximal-gradient step from the start point. */
static int start(crease_iteration *k)
{
    ssn_state *o = k->state;
    crease_newton_load(&o->newton, k->s);
    for (size_t i = 0; i < o->newton.count; i++) {
        o->ways[i] = (way){ .move = GRADIENT };
        o->newton.blocks[i].waits = true;
    }
    for (size_t e = 0; e < k->s->n; e++) o->q[e] = 0;
    return try_all(k);
}

/* |r| <= eta |F| bounds Newton's residual alike; |r| <= eta L |x - z| does on the dual way, for grad
 * Phi after the inverse of D - L. */
static double goal_of(const ssn_opts *opts, const crease_newton_block *b, const way *at, double L)
{
    double eta = fmin(opts->forcing, b->pull > 0 ? sqrt(at->size / b->pull) : 1);
    if (at->size <= at->floor) return INFINITY;
    return fmax(eta * (at->dual ? L * at->apart : at->size), at->floor / 8);
}

/* What to try in this iteration; q is there. */
static void set_out(crease_iteration *k, size_t i)
{
    ssn_state *o = k->state;
    const crease_newton_block *b = &o->newton.blocks[i];
    way *at = &o->ways[i];
    bool can_turn = at->turns < MOST_TURNS && b->low < b->high;
    at->trials = 0;
    at->plan = !b->flat ? curved : can_turn ? polyhedral : without_dual;
    at->move = *at->plan;
    at->slope = at->dual ? descent(k, i, o->F) : NAN;
    bool enough = at->size <= DUAL_GAIN * at->entry || at->idle > MOST_IDLE || !(at->slope > 0);
    if (at->size <= at->floor || (at->dual && enough)) at->move = GRADIENT;
}

static int step(crease_iteration *k)
{
    ssn_state *o = k->state;
    crease_newton *newton = &o->newton;
    for (size_t i = 0; i < newton->count; i++)
        newton->blocks[i].goal =
            goal_of(k->opts, &newton->blocks[i], &o->ways[i], newton->L[newton->blocks[i].first]);
    crease_newton_solve(newton, o->F, ((const ssn_opts *)k->opts)->max_cg, o->q);
    for (size_t i = 0; i < newton->count; i++) {
        newton->blocks[i].waits = true;
        set_out(k, i);
    }
    return try_all(k);
}

/* --- the member ---------------------------------------------------------------------------------- */

static const crease_iterative method = {
    .wide = true, .state_bytes = sizeof(ssn_state), .carve = carve, .start = start, .step = step
};

static const char *accepts(const crease_solver *s, const crease_subproblem *p)
{
    (void)s;
    const char *refusal = crease_space_refusal(p);
    return refusal ? refusal : crease_jacobian_refusal(p->psi);
}

const crease_solver_type crease_solver_ssn = {
    .base = { .name = "ssn",
              .summary = "semismooth Newton on the normal map: quadratic once the manifold is found",
              .formula = "0 = F = D x - c + u - L x,  x = prox of (w / L) psi at u / L;  (D J/L + I - "
                         "J) du = -F",
              .source = "Robinson, Math. Oper. Res. 17 (1992); Ouyang, Milzarek, Math. Program. 212 "
                        "(2025); Zhao, Sun, "
                        "Toh, SIAM J. Optim. 20 (2010)",
              .opts_size = sizeof(ssn_opts),
              .params = params },
    .takes_stopping = true,
    .joint = true,
    .accepts = accepts,
    .work_size = crease_iterate_work,
    .solve = crease_iterate,
    .method = &method,
};
