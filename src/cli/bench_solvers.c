/* crease bench solvers, spectral and atlas: inner solvers against each other. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../bench/atlas.h"
#include "../../bench/solvers.h"
#include "bench.h"

enum { MOST_FOLDERS = 64 };

/* As given; NULL: not. */
typedef struct {
    const char *backend, *levels, *repeats, *iterations, *entries, *budget, *seeds, *csv, *json, *plot;
    crease_texts solvers, stops, families;
    const char *folders[MOST_FOLDERS + 1];
    bool tests;
} request;

/* --- reading -------------------------------------------------------------------------------------- */

static int descending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* "1e-2,1e-4" */
static int read_levels(crease_ctx *ctx, const char *text, crease_inner_bench *b)
{
    for (const char *at = text;; at++) {
        char word[40];
        size_t length = strcspn(at, ",");
        if (b->n_levels == CREASE_MOST_LEVELS)
            return crease_fail(ctx, CREASE_ERANGE, "--levels takes at most %d numbers",
                               CREASE_MOST_LEVELS);
        snprintf(word, sizeof word, "%.*s", (int)(length < sizeof word ? length : sizeof word - 1), at);
        CREASE_TRY(crease_cli_number(ctx, "--levels", word, 1e-16, 1, &b->levels[b->n_levels++]));
        at += length;
        if (*at == '\0') break;
    }
    qsort(b->levels, b->n_levels, sizeof *b->levels, descending);
    return CREASE_OK;
}

/* Without --levels: down to where the precision ends. */
static const char *default_levels(const request *q, const crease_inner_bench *b)
{
    if (q->levels) return q->levels;
    if (b->spectral) return "1e-4,1e-8";
    return b->backend->real_bytes == sizeof(float) ? "1e-2,1e-3,1e-4,1e-5,1e-6"
                                                   : "1e-2,1e-4,1e-6,1e-8,1e-10,1e-12";
}

static int read_whole(crease_ctx *ctx, const char *what, const char *text, double lo, double hi,
                      long *value)
{
    double number;
    CREASE_TRY(crease_cli_number(ctx, what, text, lo, hi, &number));
    *value = (long)number;
    return CREASE_OK;
}

/* Tests have to be looked at in every iteration, which gaps make expensive. */
static const char *default_iterations(const request *q)
{
    if (q->iterations) return q->iterations;
    return q->tests || q->stops.n > 0 ? "1000" : "5000";
}

static int prepare(crease_ctx *ctx, const request *q, crease_inner_bench *b)
{
    long repeats, cap, entries;
    CREASE_TRY(read_whole(ctx, "--repeats", q->repeats, 1, CREASE_MOST_TIMES, &repeats));
    CREASE_TRY(read_whole(ctx, "--iterations", default_iterations(q), 1, 1e7, &cap));
    CREASE_TRY(read_whole(ctx, "--entries", q->entries, 64, 1e8, &entries));
    CREASE_TRY(crease_cli_number(ctx, "--budget", q->budget, 0.1, 1e6, &b->budget_s));
    b->repeats = (int)repeats;
    b->cap = (unsigned)cap;
    b->entries = (size_t)entries;
    b->tests = q->tests || q->stops.n > 0;
    b->solver_texts = q->solvers.v;
    b->n_solvers = q->solvers.n;
    b->stop_texts = q->stops.v;
    b->n_stops = q->stops.n;
    b->families = q->families.v;
    b->n_families = q->families.n;
    b->folders = q->folders;
    while (q->folders[b->n_folders]) b->n_folders++;
    if (!(b->backend = crease_backend_find(ctx, q->backend))) return crease_ctx_error(ctx)->code;
    return read_levels(ctx, default_levels(q, b), b);
}

/* --- solvers and spectral ------------------------------------------------------------------------- */

static int open_summary(crease_ctx *ctx, const char *path, FILE **json)
{
    *json = path ? fopen(path, "w") : NULL;
    if (!path || *json) return CREASE_OK;
    return crease_fail(ctx, CREASE_EIO, "cannot write '%s': %s", path, strerror(errno));
}

static int close_summary(crease_ctx *ctx, int code, const char *path, FILE *json)
{
    if (json && fclose(json) != 0 && code == CREASE_OK)
        return crease_fail(ctx, CREASE_EIO, "cannot write '%s': %s", path, strerror(errno));
    return code;
}

static int run(crease_ctx *ctx, const request *q, crease_inner_bench *b)
{
    const char *python = NULL;
    if (q->plot && b->tests)
        return crease_fail(ctx, CREASE_EINVAL, "--plot draws solvers, not --tests");
    if (q->plot) CREASE_TRY(crease_cli_find_python(ctx, &python));
    CREASE_TRY(open_summary(ctx, q->json, &b->json));
    int code = crease_cli_open_table(ctx, q->csv, q->plot != NULL, &b->csv);
    if (code == CREASE_OK) {
        crease_ctx_set_threads(ctx, 1);
        code = crease_cli_finish_table(ctx, crease_bench_solvers(b), b->csv, q->csv, python, q->plot);
    }
    return close_summary(ctx, code, q->json, b->json);
}

#define SHARED_OPTIONS                                                                                 \
    { .name = "solver",                                                                                \
      .letter = 's',                                                                                   \
      .value = "NAME",                                                                                 \
      .texts = &q.solvers,                                                                             \
      .doc = "NAME or NAME:key=value,...; may be given several times; default all, with variants, or " \
             "those that matter" },                                                                    \
        { .name = "repeats",                                                                           \
          .value = "N",                                                                                \
          .text = &q.repeats,                                                                          \
          .doc =                                                                                       \
              "timed runs of each row at most; default 15. Three at least, unless they take long" },   \
        { .name = "iterations",                                                                        \
          .value = "N",                                                                                \
          .text = &q.iterations,                                                                       \
          .doc = "most iterations of a run; default 5000, of tests 1000" },                            \
        { .name = "csv", .value = "FILE", .text = &q.csv, .doc = "also write all rows there" },        \
    {                                                                                                  \
        .name = "json", .value = "FILE", .text = &q.json, .doc = "write the summary there"             \
    }

int crease_cmd_bench_solvers(crease_ctx *ctx, int argc, char **argv)
{
    request q = { .backend = "cpu-f64", .repeats = "15", .entries = "4608", .budget = "120" };
    const crease_option options[] = {
        SHARED_OPTIONS,
        { .name = "family",
          .value = "NAME",
          .texts = &q.families,
          .doc = "group_l2, sparse_group or nuclear: built backwards from their solutions; may be "
                 "given several "
                 "times; default all, or none where folders are named" },
        { .name = "levels",
          .value = "LIST",
          .text = &q.levels,
          .doc = "comma-separated certificates to be reached; default 1e-2,1e-4,...,1e-12, in cpu-f32 "
                 "to 1e-6" },
        { .name = "tests",
          .flag = &q.tests,
          .doc = "measure inexactness tests, at their defaults and tighter, on pg and ssn or the "
                 "solvers named" },
        { .name = "stop",
          .value = "NAME",
          .texts = &q.stops,
          .doc = "such a test, NAME or NAME:key=value,...; may be given several times; default all" },
        { .name = "backend",
          .letter = 'b',
          .value = "NAME",
          .text = &q.backend,
          .doc = "cpu-f64 or cpu-f32; default cpu-f64, to which captures are converted" },
        { .name = "entries",
          .value = "N",
          .text = &q.entries,
          .doc = "of a family's cases; default 4608" },
        { .name = "budget",
          .value = "SECONDS",
          .text = &q.budget,
          .doc = "for everything; default 120" },
        { .name = "plot",
          .value = "FILE",
          .text = &q.plot,
          .doc = "draw three pictures, FILE-profiles, FILE-curves and FILE-identification, in the "
                 "format of FILE's "
                 "suffix .png, .svg or .pdf; default .png" },
        { .name = NULL },
    };
    const crease_usage usage = {
        .synopsis = "crease bench solvers [OPTION]... [FOLDER]...",
        .about = "Measures inner solvers on subproblems whose solution is known, those of generated "
                 "families\n"
                 "and of the captures (*.h5) in folders: time to a certificate, and to the structure "
                 "of the\n"
                 "solution for good. A first run of each solver is watched; what it reaches is "
                 "verified and\n"
                 "timed by runs of so many iterations without test or observer, all solvers in turns, "
                 "on one\n"
                 "thread. A time counts work space as given and the start point as copied already. "
                 "Captures\n"
                 "without a certified reference are skipped.",
        .options = options,
        .max_operands = MOST_FOLDERS,
    };
    crease_inner_bench b = { .ctx = ctx };
    CREASE_TRY(crease_cli_parse(ctx, &usage, argc, argv, q.folders));
    CREASE_TRY(prepare(ctx, &q, &b));
    return run(ctx, &q, &b);
}

int crease_cmd_bench_spectral(crease_ctx *ctx, int argc, char **argv)
{
    request q = { .backend = "cpu-f64", .repeats = "15", .entries = "1e8", .budget = "600" };
    const crease_option options[] = {
        SHARED_OPTIONS,
        { .name = "levels",
          .value = "LIST",
          .text = &q.levels,
          .doc = "comma-separated certificates to be reached; default 1e-4,1e-8" },
        { .name = "entries",
          .value = "N",
          .text = &q.entries,
          .doc = "of the largest matrix; default all" },
        { .name = "budget",
          .value = "SECONDS",
          .text = &q.budget,
          .doc = "for everything; default 600" },
        { .name = "plot", .value = "FILE", .text = &q.plot, .doc = "draw a .png, .svg or .pdf" },
        { .name = NULL },
    };
    const crease_usage usage = {
        .synopsis = "crease bench spectral [OPTION]...",
        .about = "Measures inner solvers on the nuclear norm in a diagonal metric: singular value "
                 "decompositions\n"
                 "and time to a certificate, for matrices from 16 x 10 to 784 x 512 in a metric of "
                 "spread 1e3,\n"
                 "and for 128 x 96 in spreads from 1 to 1e6. As crease bench solvers does; what the "
                 "budget does not\n"
                 "reach is left out.",
        .options = options,
    };
    crease_inner_bench b = { .ctx = ctx, .spectral = true };
    CREASE_TRY(crease_cli_parse(ctx, &usage, argc, argv, q.folders));
    CREASE_TRY(prepare(ctx, &q, &b));
    return run(ctx, &q, &b);
}

/* --- atlas ---------------------------------------------------------------------------------------- */

static int find_backends(crease_ctx *ctx, const char *name, crease_atlas *a)
{
    bool both = strcmp(name, "both") == 0;
    const char *names[] = { both ? "cpu-f64" : name, "cpu-f32" };
    a->n_backends = both ? 2 : 1;
    for (size_t i = 0; i < a->n_backends; i++)
        if (!(a->backends[i] = crease_backend_find(ctx, names[i]))) return crease_ctx_error(ctx)->code;
    return CREASE_OK;
}

static int run_atlas(crease_ctx *ctx, const request *q)
{
    const char *python = NULL;
    crease_atlas a = { .ctx = ctx, .solvers = q->solvers.v, .n_solvers = q->solvers.n };
    long seeds, cap;
    CREASE_TRY(read_whole(ctx, "--cases", q->seeds, 1, 1e6, &seeds));
    CREASE_TRY(read_whole(ctx, "--iterations", q->iterations, 1, 1e7, &cap));
    CREASE_TRY(find_backends(ctx, q->backend, &a));
    a.seeds = (unsigned)seeds;
    a.cap = (unsigned)cap;
    if (q->plot) CREASE_TRY(crease_cli_find_python(ctx, &python));
    CREASE_TRY(crease_cli_open_table(ctx, q->csv, q->plot != NULL, &a.csv));
    crease_ctx_set_threads(ctx, 1);
    return crease_cli_finish_table(ctx, crease_bench_atlas(&a), a.csv, q->csv, python, q->plot);
}

int crease_cmd_bench_atlas(crease_ctx *ctx, int argc, char **argv)
{
    request q = { .backend = "both", .iterations = "1000", .seeds = "3" };
    const crease_option options[] = {
        { .name = "solver",
          .letter = 's',
          .value = "NAME",
          .texts = &q.solvers,
          .doc = "NAME or NAME:key=value,...; may be given several times; default all that take the "
                 "cases" },
        { .name = "backend",
          .letter = 'b',
          .value = "NAME",
          .text = &q.backend,
          .doc = "cpu-f64, cpu-f32 or both; default both" },
        { .name = "cases", .value = "N", .text = &q.seeds, .doc = "of each cell; default 3" },
        { .name = "iterations",
          .value = "N",
          .text = &q.iterations,
          .doc = "most iterations of a run; default 1000" },
        { .name = "csv", .value = "FILE", .text = &q.csv, .doc = "also write all cells there" },
        { .name = "plot",
          .value = "FILE",
          .text = &q.plot,
          .doc = "draw a map of each solver, FILE-SOLVER, in the format of FILE's suffix .png, .svg or "
                 ".pdf; "
                 "default .png" },
        { .name = NULL },
    };
    const crease_usage usage = {
        .synopsis = "crease bench atlas [OPTION]...",
        .about = "Maps where inner solvers fail: group lasso subproblems in metrics of spread 1 to "
                 "1e16, against\n"
                 "the size of groups, the distance |c|/(w lambda) - 1 to the threshold and the "
                 "magnitude of c and\n"
                 "w. A cell holds the worst certificate of its cases, and whether a residual of 1e-10 "
                 "|c| (1e-5 |c|\n"
                 "in cpu-f32) was met, the cap came first, the arithmetic ended, or the solver failed.",
        .options = options,
    };
    const char *none[1];
    CREASE_TRY(crease_cli_parse(ctx, &usage, argc, argv, none));
    return run_atlas(ctx, &q);
}
