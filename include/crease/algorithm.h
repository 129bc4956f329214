/* Outer methods. Nearly all of them, from ProxSGD to RAMDA, are one step of five moves that differ only in
 * numbers:
 *
 *   m <- keep1 m + add1 g            first moment           c = D x0 - v
 *   u <- keep2 u + add2 g*g          second moment          xhat = argmin 1/2 x'Dx - c'x + w psi(x)
 *   D  = scale root(u) + floor,  x0 = center,  v = linear m      x <- (1 - c) x + c xhat
 *
 * A method states these numbers for the step at hand (its form function, which reads like its paper); one
 * engine moves the memory, tile by tile, on every backend. A method that does not fit writes its own step.  */
#ifndef CREASE_ALGORITHM_H
#define CREASE_ALGORITHM_H

#include "crease/problem.h"
#include "crease/regularizer.h"
#include "crease/solver.h"

#define CREASE_MAX_SLOTS 6
#define CREASE_MAX_TERMS 16

/* What becomes of a state vector of the method. */
typedef enum {
    CREASE_SLOT_ZERO, /* starts at zero, and again at a restart */
    CREASE_SLOT_COPY, /* starts as a copy of the iterate, and again at a restart */
    CREASE_SLOT_KEEP, /* starts at zero, survives a new stage */
} crease_slot_rule;

typedef struct crease_slot {
    const char *name; /* NULL ends the list */
    crease_slot_rule rule;
    const char *doc;
    bool per_row; /* a table of row_width numbers a row of the problem instead; never CREASE_SLOT_COPY */
} crease_slot;

enum { CREASE_ITERATE = -1, CREASE_NO_SLOT = -2 };

/* v <- keep v + add g, or + add g*g */
typedef struct crease_recurrence {
    int slot;
    double keep, add;
} crease_recurrence;

/* The numbers of one step. */
typedef struct crease_form {
    crease_recurrence first, second; /* second.slot = CREASE_NO_SLOT: no second moment */
    int peak;                        /* slot of the running maximum of the second moment, or CREASE_NO_SLOT */
    double decay;                    /* g + decay x takes the place of g (coupled weight decay) */
    int center;                      /* slot of x0, or CREASE_ITERATE */
    double center_scale;
    double linear;                   /* v = linear m */
    crease_root root;                /* of the second moment (or its peak); NONE: D = floor I */
    double metric_scale, floor;
    double weight;                   /* w */
    double average;                  /* c, 0 < c <= 1 */
    double paper_scale;              /* see crease_subproblem */
} crease_form;

typedef struct crease_algorithm crease_algorithm;

/* What a tap is shown: a piece of a term right after it was solved. A step solves a term in tiles of consecutive
 * groups; all tiles of a term are shown in order before the next term. a->x still holds the start point of this tile
 * and of those after it, and the answer of those before (averaged, if the method averages).                       */
typedef struct crease_tap_event {
    const crease_algorithm *a;
    size_t term;                 /* in a->terms */
    const crease_groups *groups; /* of the whole term, in the flat vector: of its groups, or lists of the same */
    size_t first_group;          /* entry k of group g of p is the flat vector's, k of group first_group + g */
    bool last;                   /* no tile of the term follows; the first one has first_group == 0 */
    const crease_subproblem *p;  /* as posed, packed, with x0 and v */
    const void *x;               /* the answer, p->n reals */
    const crease_solve_info *info;
    double solve_ms;
} crease_tap_event;

/* Looks at the subproblems of a run as they are solved, without changing them: put one in front of a->taps at any
 * time between two steps, and take it out before it is gone. Everything shown is valid during the call only.      */
typedef struct crease_tap {
    struct crease_tap *next;
    void *user;
    /* Asked for every regularized term of every step (the step at hand is a->t, the first is 1): what is not wanted
     * costs nothing.                                                                                            */
    bool (*wants)(void *user, const crease_algorithm *a, size_t term);
    /* Before a tile is solved: may hang its observer on p (x and info of e are not there yet). NULL: nothing to do. */
    int (*posed)(void *user, const crease_tap_event *e, crease_subproblem *p);
    /* An error ends the step, and with it the run. */
    int (*solved)(void *user, const crease_tap_event *e);
    bool wanted; /* what wants said: the engine's */
} crease_tap;

/* Gives the gradient of f at any point: for this step's rows, or for others ({ 0, NULL }: all). */
typedef struct crease_oracle {
    int (*gradient)(struct crease_oracle *o, crease_rows rows, const void *x, double *value, void *g);
    crease_rows batch; /* this step's */
    crease_problem *problem; /* for what else a method wants of f; NULL: gradients are all there is */
    double passes;     /* over the rows, so far: whoever looks at rows adds them */
} crease_oracle;

/* That of a problem, counting its passes: a gradient reads the rows twice and is one, a loss alone a half. */
crease_oracle crease_oracle_of_problem(crease_problem *problem);

typedef struct crease_algorithm_type {
    crease_type base;
    bool ignores_psi;   /* a baseline without a regularizer */
    bool restarts;      /* dual averaging: a new stage starts over (see crease_algorithm_new_stage) */
    bool deterministic; /* a step looks at all rows: an epoch is one step */
    const char *default_solver; /* NULL: exact */
    bool own_solver;    /* the step calls a->solver itself, on subproblems of its own; proximal maps are exact */
    const crease_slot *slots;
    size_t state_doubles;       /* the scalar state is this many doubles, all of it saved and resumed */
    const char *const *scalars; /* their names, in order, NULL-terminated */
    /* Advance the scalar state by one step and state the step's numbers. */
    void (*form)(crease_algorithm *a, crease_form *f);
    /* The whole step; NULL: crease_step_prox. */
    int (*step)(crease_algorithm *a, crease_oracle *oracle);
    /* Memory of its own, in a->own, which a step may overwrite but must not need from one step to the next: that is
     * what slots and the state are for. Called at the end of _setup; NULL: none.                               */
    int (*setup)(crease_algorithm *a);
    void (*teardown)(crease_algorithm *a); /* also after a failed setup */
} crease_algorithm_type;

/* What the inner solves of one step did, over all terms. */
typedef struct crease_inner {
    size_t solves, capped, precision; /* terms solved, and those that ended at the cap or the precision */
    unsigned iterations;      /* largest */
    double mean_iterations;   /* over live groups */
    double bound;             /* largest of the solvers' own bounds; NAN: none */
    double certificate;       /* largest independent certificate, when asked for; else NAN */
    double solve_ms;
} crease_inner;

/* Every field is readable; lr, momentum, floor_scale and the wants are set by the run loop. */
struct crease_algorithm {
    const crease_algorithm_type *type;
    void *opts;
    crease_ctx *ctx;
    const crease_backend *backend;
    const crease_solver *solver; /* not owned */
    size_t n;
    void *x;                     /* W: n reals */
    void *hat;                   /* W-hat of the last step with want_hat: n reals */
    void *g;                     /* gradient of the last step */
    size_t rows, row_width;      /* of the problem: what per_row slots are sized by; 0 unless set before setup */
    void *slots[CREASE_MAX_SLOTS];
    double *state;               /* state_doubles */
    size_t n_terms;
    crease_term terms[CREASE_MAX_TERMS]; /* as given; entries in none of them are unpenalized */
    double lr;                   /* eta, after the schedule */
    double momentum;             /* c of methods that restart, after the ramp; else 1 */
    double floor_scale;          /* factor on eps, after the restarts */
    unsigned long t;             /* steps done in all */
    bool want_hat, want_certificate;
    double value;                /* f on the last batch */
    /* What stood in for grad f in the last step: surrogate_scale times this slot; CREASE_NO_SLOT: the gradient itself */
    int surrogate;
    double surrogate_scale;
    crease_inner inner;          /* of the last step */
    crease_tap *taps;            /* a list, not owned; NULL: nobody looks */
    struct crease_engine *engine;
    void *own;                   /* of the type's setup */
};

/* terms: psi and groups of the flat vector, disjoint; entries in no term are left unpenalized. solver may
 * be NULL for methods that ignore psi. Settings come next (crease_algorithm_set), then _setup with the
 * start point x (n reals, copied), which sizes all memory; a step allocates nothing.                    */
crease_algorithm *crease_algorithm_create(crease_ctx *ctx, const char *name, const crease_backend *backend);
int crease_algorithm_set(crease_algorithm *a, const char *key, const char *text);
/* Set a->rows and a->row_width before _setup where a slot is per_row. */
size_t crease_slot_length(const crease_algorithm *a, size_t slot); /* in reals */
int crease_algorithm_setup(crease_algorithm *a, size_t n, const void *x, const crease_term *terms,
                           size_t n_terms, const crease_solver *solver);
void crease_algorithm_free(crease_algorithm *a);

/* One step. CREASE_EDIVERGED when the gradient or the loss is not finite: the state is then unchanged. */
int crease_algorithm_step(crease_algorithm *a, crease_oracle *oracle);

/* A new stage: lr <- gamma lr; methods that restart also scale eps by gamma, clear their ZERO slots and
 * scalar state, and set their COPY slots to the iterate.                                                */
void crease_algorithm_new_stage(crease_algorithm *a, double gamma);

/* The default step, for methods that are a form. */
int crease_step_prox(crease_algorithm *a, crease_oracle *oracle);

/* For methods with a step of their own. The gradient on some rows at a point; CREASE_EDIVERGED where it or the
 * loss is not finite.                                                                                       */
int crease_step_gradient(crease_algorithm *a, crease_oracle *oracle, crease_rows rows, const void *x, double *value,
                         void *g);
/* The numbers that most forms leave alone: x0 the iterate, v = m, D = I, w = 1, no second moment, no average. first
 * has to be set: { slot, keep, add }, with a->g as g; { slot, 1, 0 } leaves the slot as it is.               */
crease_form crease_form_plain(void);
/* For deterministic methods: psi(x), all terms; and the proximal-gradient map
 *     out = argmin_u <g, u> + L/2 |u - z|^2 + psi(u),   L > 0,
 * by a->solver, or exactly where that is the method's own. out may be z or g.                                   */
double crease_step_penalty(crease_algorithm *a, const void *x);
int crease_step_map(crease_algorithm *a, const void *z, const void *g, double L, void *out);
/* Count the step and apply its numbers: a->x <- (1 - c) a->x + c xhat, a->hat <- xhat where it is wanted. */
int crease_step_form(crease_algorithm *a, const crease_form *form);

#endif
