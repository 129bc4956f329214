/* Regularization paths: the solutions of min f + s psi + ridge/2 |x|^2 for many s, each solved from
 * the nearest one that is known. The largest s is the least that makes the solution zero
 * (crease_scale_max). */
#ifndef CREASE_EXPERIMENT_PATH_H
#define CREASE_EXPERIMENT_PATH_H

#include "reference.h"

/* One solution. */
typedef struct crease_path_point {
    double relative;                   /* s over the largest */
    double scale;                      /* s */
    double lambda;                     /* s times psi's own setting lambda, where it has one; else s */
    double objective, loss;            /* f + s psi + ridge/2 |x|^2, and f */
    double certificate;                /* relative least subgradient (crease_kkt_measure) */
    size_t live;                       /* units of the signature that are not 0 */
    double metric[CREASE_MAX_METRICS]; /* the problem's, NAN: it has none */
    const char *method;                /* that has found it */
    unsigned long iterations;
    double passes, seconds; /* over the rows; in the steps */
    double *x;              /* n: the solution */
} crease_path_point;

enum { CREASE_MOST_PATH_POINTS = 1024 };

typedef struct crease_path_walk {
    crease_ctx *ctx;
    crease_problem *problem; /* not owned, set up */
    crease_term_set set;     /* one term; its scale is that of the point solved last */
    size_t n_plans;          /* the next is tried where one falls short of the goal */
    crease_reference_plan plans[CREASE_REFERENCE_PLANS];
    double goal; /* relative least subgradient wanted */
    double scale_max;
    double *first; /* n: the solution there */
    size_t units;  /* of the signature; 0: psi has no manifold */
    double *work;
    crease_unit *unit;
    size_t n;
    crease_path_point points[CREASE_MOST_PATH_POINTS]; /* in the order in which they were solved */
} crease_path_walk;

/* Prepare a walk; specs: one regularizer, whose scale and relative are left out. method: of each
 * point; NULL: those of references, but pg where psi is not convex. Free in any case, zeroed is fine.
 * Errors: ENOTSUP (more than one regularizer), those of crease_scale_max. */
int crease_path_open(const crease_term_specs *specs, crease_problem *problem, const char *method,
                     double goal, crease_path_walk *w);
void crease_path_close(crease_path_walk *w);

/* Solve at one more s = relative * scale_max from the solution `from` (NULL: that at scale_max); it
 * becomes the last point. One that misses the goal is no error: see its certificate. */
int crease_path_solve(crease_path_walk *w, double relative, const crease_path_point *from);

/* n points, the shares of scale_max falling geometrically from 1 to least. */
int crease_path_grid(crease_path_walk *w, size_t n, double least);

/* Where a wanted number of live units lies: */
typedef struct crease_path_answer {
    size_t wanted;
    size_t sparser, denser; /* points: the nearest with at most, at least so many live units */
    size_t nearest;         /* the one of them that is nearer to it */
    bool reached;           /* denser has at least so many: else the walk ended before */
} crease_path_answer;

/* Go down from scale_max until there are enough live units, then bisect log s until some point has
 * just as many, or the two that enclose it are within a relative 1e-7: the path then jumps over it.
 * least: the share where it gives up. */
int crease_path_search(crease_path_walk *w, size_t wanted, double least, crease_path_answer *answer);

/* path.csv: a row a point, s falling. path.h5: relative, scale, lambda, live and solutions (points x
 * n) in that order, and sizes (points x groups): |x_g|, or x_g itself in groups of one entry. */
int crease_path_write_csv(const crease_path_walk *w, const char *path);
int crease_path_write_h5(const crease_path_walk *w, const char *path);

#endif
