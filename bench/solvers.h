/* The laboratory of inner solvers: subproblems whose solution is known, solved by everything that takes
 * them, watched for when they reach a certificate and find the structure, and then timed.
 *
 * Two passes. Watched: one run each, in which an observer certifies the iterates; it tells after how
 * many iterations j a level is reached. Timed: runs of exactly j iterations, without observer or test,
 * after one whose answer is certified again: what is not verified is not timed. All solvers of a case
 * take turns, so that a drift of the machine meets all of them. */
#ifndef CREASE_BENCH_SOLVERS_H
#define CREASE_BENCH_SOLVERS_H

#include <stdio.h>

#include "families.h"

enum {
    CREASE_MOST_LEVELS = 16,
    CREASE_MOST_CONTESTANTS = 64,
    CREASE_MOST_LOOKS_AT =
        512, /* looks at one run: every iteration up to 16, then where they grew by 4 % */
    CREASE_MOST_TIMES = 101,
    CREASE_CASE_NAME = 300,
};

/* References above this prove nothing. */
#define CREASE_CERTIFIED 1e-12

/* --- cases ---------------------------------------------------------------------------------------- */

/* What is kept of a case after it is measured. */
typedef struct crease_case_facts {
    char name[CREASE_CASE_NAME];
    const char *family; /* the regularizer of a family, or "capture" */
    size_t n, groups, group_size, rows, cols;
    double condition, live, spread; /* NAN: not known */
    double reference, start;        /* certificates of the solution and of the start point */
    char skipped[CREASE_CASE_NAME]; /* why it was not measured; empty: it was */
} crease_case_facts;

/* Where a case comes from. */
typedef struct crease_case_source {
    crease_family family;
    char path[CREASE_CASE_NAME]; /* a capture, if it is not empty */
    double weight;               /* its share of the budget */
} crease_case_source;

typedef struct crease_inner_case {
    crease_ctx *ctx;
    crease_case_facts facts;
    crease_subproblem p;
    const void *start; /* reals of p's backend */
    void *x;
    double *solution, *host, *work; /* on the host; work: of the term */
    crease_unit *truth, *unit;      /* signatures: of the solution, of an answer */
    size_t units;                   /* 0: psi has none */
    crease_family_case planted;
    crease_capture *capture;
} crease_inner_case;

/* Make the case and its reference. ESHORT: the reference is not certified. Free in any case. */
int crease_inner_case_make(crease_ctx *ctx, const crease_case_source *from,
                           const crease_backend *backend, crease_inner_case *k);
void crease_inner_case_free(crease_inner_case *k);
/* Certificate of x (reals of the backend), and whether it has the solution's signature. */
int crease_inner_case_judge(crease_inner_case *k, const void *x, double *certificate, bool *right);

/* --- what is measured ----------------------------------------------------------------------------- */

typedef enum { CREASE_ROW_LEVEL, CREASE_ROW_IDENTIFIED, CREASE_ROW_TEST } crease_row_kind;

typedef struct crease_inner_row {
    size_t at, solver; /* indices of case and contestant */
    crease_row_kind kind;
    double level; /* certificate to be reached; NAN for the other kinds */
    char test[160];
    const char *outcome; /* "reached"; or why not: "cap", "budget", "precision", "short", "error" */
    bool right;          /* the signature is the solution's */
    unsigned iterations;
    size_t proxes, products;
    double ms, low_ms, high_ms; /* median and quartiles; NAN: not timed */
    int repeats;
    double certificate; /* of the answer that was timed; NAN: there is none */
    char note[200];
} crease_inner_row;

typedef struct crease_contestant {
    const char *text;
    double ms_per_work; /* of a direct solver in its last case; 0: none yet */
} crease_contestant;

typedef struct crease_inner_bench {
    crease_ctx *ctx;
    const crease_backend *backend;
    /* asked; n = 0: the defaults */
    size_t n_folders, n_solvers, n_stops, n_families;
    const char *const *folders, *const *solver_texts, *const *stop_texts, *const *families;
    double levels[CREASE_MOST_LEVELS]; /* from loose to tight */
    size_t n_levels, entries;
    int repeats;
    unsigned cap; /* iterations */
    double budget_s;
    bool tests, spectral;
    FILE *csv, *json; /* may be NULL */
    /* found */
    crease_case_source *sources;
    crease_case_facts *facts;
    crease_inner_row *rows;
    size_t n_sources, n_rows, room;
    crease_contestant contestants[CREASE_MOST_CONTESTANTS];
    size_t n_contestants;
    double end_s; /* of the budget, on crease_bench_clock_s */
} crease_inner_bench;

/* Certificate over the iterations of one run. */
typedef struct crease_look {
    unsigned j;
    double certificate, ms;
    bool right;
} crease_look;

typedef struct crease_watch {
    crease_look looks[CREASE_MOST_LOOKS_AT];
    size_t n;
    size_t settled;      /* the first look from which on all are right; n: none */
    const char *outcome; /* why it ended */
} crease_watch;

/* One solver with a test, on a case. */
typedef struct crease_job {
    crease_stopping *stop; /* NULL: a direct solver */
    crease_solver *solver;
    crease_solve_info info;
    size_t contestant;
    unsigned iterations; /* to be made; 0: as many as the test wants */
    char test[160];
    int code; /* of the run that verifies */
    char note[200];
    double certificate;
    bool right;
    double ms[CREASE_MOST_TIMES], spent_ms;
    int n;
} crease_job;

/* --- the steps ------------------------------------------------------------------------------------ */

double crease_bench_clock_s(void); /* wall clock, for budgets */

/* The cases of the families or folders that are asked for, into b->sources. */
int crease_inner_plan(crease_inner_bench *b);
/* The run with an observer. within_s: seconds it may take, looks included. Errors: those of the solver.
 */
int crease_inner_watch(crease_inner_case *k, const char *solver, const crease_inner_bench *b,
                       double within_s, crease_watch *w);
/* A job for so many iterations, or for a test (text; NULL: a direct solver). Free in any case. */
int crease_job_make(crease_inner_bench *b, crease_inner_case *k, size_t contestant, unsigned iterations,
                    const char *test, crease_job *job);
void crease_job_free(crease_job *job);
/* Solve once and judge the answer; what goes wrong is kept in the job. */
void crease_job_verify(crease_inner_case *k, void *work, crease_job *job);
/* Time those jobs that are wanted, in turns. */
void crease_jobs_time(const crease_inner_bench *b, crease_inner_case *k, void *work, crease_job *jobs,
                      const bool *wanted, size_t n, double within_s);
/* Times of a job into a row. */
void crease_row_take(const crease_job *job, crease_inner_row *row);

/* All rows of one case: levels and identification, or tests. */
int crease_inner_race(crease_inner_bench *b, size_t at, crease_inner_case *k, double within_s);
int crease_inner_tests(crease_inner_bench *b, size_t at, crease_inner_case *k, double within_s);
bool crease_inner_takes_test(crease_ctx *ctx, const char *solver);
/* Room for one more row, which the caller fills; NULL: ENOMEM. */
crease_inner_row *crease_inner_add_row(crease_inner_bench *b, size_t at, size_t solver,
                                       crease_row_kind kind);

int crease_bench_solvers(crease_inner_bench *b);

/* --- reports -------------------------------------------------------------------------------------- */

void crease_inner_csv_header(const crease_inner_bench *b);
void crease_inner_csv_row(const crease_inner_bench *b, const crease_inner_row *row);
void crease_inner_print_tables(const crease_inner_bench *b);
void crease_inner_print_crossover(const crease_inner_bench *b);
int crease_inner_write_json(const crease_inner_bench *b);

/* Median of n numbers, which are sorted; infinite ones count. NAN for none. */
double crease_median(double *v, size_t n);
double crease_quantile(const double *sorted, size_t n, double at);

/* Over the cases of a contestant: how many there are, how many reach the level, the median time
 * (infinite where most do not) and that of the ratio to the fastest of each case. */
typedef struct crease_level_summary {
    size_t cases, reached;
    double ms, ratio, iterations, proxes;
} crease_level_summary;

crease_level_summary crease_inner_summary(const crease_inner_bench *b, size_t solver,
                                          crease_row_kind kind, double level);

/* pg against exact. */
typedef struct crease_crossover {
    size_t cases;
    double ratio; /* median of time(pg to the level)/time(exact); infinite: most do not reach it */
    double certificate; /* median of those at which pg is as fast; infinite: pg never is, 0: always */
} crease_crossover;

#define CREASE_CROSSOVER_LEVEL 1e-10

/* Over captures or families whose cond(D) lies in [low, high). */
crease_crossover crease_inner_crossover(const crease_inner_bench *b, bool captures, double low,
                                        double high);

#endif
