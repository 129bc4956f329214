/* All linear models by their definitions, in long double and without any care: what problems/ must
 * agree with. */
#ifndef CREASE_TESTS_LINEAR_MODELS_H
#define CREASE_TESTS_LINEAR_MODELS_H

#include "problem_support.h"

typedef enum { TARGET_CLASSES, TARGET_SIGNS, TARGET_NUMBERS, TARGET_COUNTS } target_kind;

typedef struct loss_case {
    const char *name;
    target_kind targets;
    bool convex;
    double bound; /* of the second derivative in z; INFINITY: there is none */
} loss_case;

enum { N_LOSSES = 7, MOST_PARAMETERS = 200, MOST_CLASSES = 8 };
extern const loss_case loss_cases[N_LOSSES];

/* A loss on random data from a file: 16 forms, sparse or not (1), with a bias or not (2), a ridge or
 * not (4), and 90 or 600 rows (8). */
typedef struct loss_model {
    const loss_case *loss;
    bool sparse, bias;
    double ridge;
    size_t outputs, n;
    sample data;
    crease_ctx *ctx;
    crease_problem *p;
    double x[MOST_PARAMETERS]; /* a point: normal numbers */
} loss_model;

enum { N_FORMS = 16 };
loss_model loss_model_make(const loss_case *loss, int form, const char *backend, double scale);
void loss_model_free(loss_model *m);

/* Random data with targets that this loss takes. */
sample loss_sample(uint64_t seed, target_kind targets, size_t rows, size_t cols, double zeros);

/* z of one row at x, bias included. */
void naive_logits(const loss_model *m, size_t row, const double *x, long double *z);
/* Value, gradient and H v over the given rows; g, v and hv may be NULL. */
long double naive_model(const loss_model *m, crease_rows rows, const double *x, double *g,
                        const double *v, double *hv);

/* The functions of a problem on doubles, whatever its backend. */
double problem_gradient(crease_problem *p, crease_rows rows, const double *x, double *g);
void problem_curvature(crease_problem *p, const double *x);
void problem_product(crease_problem *p, const double *v, double *y);
double problem_metric(crease_problem *p, const char *name, const double *x); /* of the test rows */

/* count rows of the problem, drawn with repetition. */
crease_rows draw_rows(uint64_t seed, size_t rows, size_t count, uint32_t *out);
double dot(size_t n, const double *a, const double *b);

#endif
