/* What the theorems assume or promise, checked while a solver runs. Each rule is an inequality between quantities
 * recomputed here in double from the posed subproblem and the iterates, with an allowance for rounding; the first
 * violation of each is kept.                                                                                      */
#ifndef CREASE_THEORY_H
#define CREASE_THEORY_H

#include "crease/judge.h"

#define CREASE_RULES(ENTRY)                                                                                            \
    ENTRY(START, "start", "Q at the answer is not above Q at the start point (the second half of RAMDA's condition (7))") \
    ENTRY(DESCENT, "descent", "Q does not rise from one inner iteration to the next")                                 \
    ENTRY(DECREASE, "decrease", "each inner iteration lowers Q by sum_i (L_g - d_i/2) m_i^2, m its move")             \
    ENTRY(CONTRACTION, "contraction", "each move is at most 1 - d_min/d_max times the one before")                    \
    ENTRY(TOLERANCE, "tolerance", "the residual of the answer is what the test asked for (RAMDA, condition (7))")     \
    ENTRY(RADIUS, "radius", "within the identification radius the structure of the answer is the solution's")

#define CREASE_RULE_ENUM(UPPER, name, doc) CREASE_RULE_##UPPER,
typedef enum crease_rule { CREASE_RULES(CREASE_RULE_ENUM) CREASE_N_RULES } crease_rule;
#undef CREASE_RULE_ENUM

const char *crease_rule_name(crease_rule rule);
const char *crease_rule_doc(crease_rule rule);

typedef struct crease_violation {
    size_t count;
    unsigned long step;  /* of the first: outer step, inner iteration (0: of the answer) */
    unsigned iteration;
    double left, right;  /* of the inequality left <= right that failed */
} crease_violation;

typedef struct crease_theory {
    crease_ctx *ctx;
    crease_violation violations[CREASE_N_RULES];
    size_t checks[CREASE_N_RULES]; /* how often each was checked */
    double eps2_sum;               /* sum of eps_t^2 over the solves so far whose test bounds the residual */
    /* of the solve at hand */
    crease_observer observer;      /* to be attached to the subproblem */
    const crease_subproblem *p;
    unsigned promises;
    double *c, *d, *before, *move; /* room doubles each */
    double *work;                  /* the term's work space */
    size_t room, work_room;
    double value, value_start, moved;
} crease_theory;

/* p is about to be solved by s: attach theory->observer to it. Errors: ENOMEM. */
int crease_theory_begin(crease_theory *theory, const crease_solver *s, const crease_subproblem *p);
/* It has been solved: x is the answer. verdict may be NULL (the radius is then not checked). Errors: ENOMEM. */
int crease_theory_end(crease_theory *theory, const crease_solver *s, const void *x, const crease_solve_info *info,
                      const crease_verdict *verdict);
void crease_theory_free(crease_theory *theory); /* what begin allocated */

#endif
