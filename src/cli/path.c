/* crease path FILE.yaml: the solutions of its problem for falling regularization, or the one with a
 * wanted structure. */
#include "experiment/path.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

typedef struct options {
    const char *file, *out, *data, *method, *target, *points, *least, *goal;
    crease_texts settings;
    bool no_plot, quiet;
    double n, share, certificate; /* the numbers of points, least, goal */
} options;

static int parse(crease_ctx *ctx, int argc, char **argv, options *o)
{
    const crease_option table[] = {
        { .name = "points", .value = "N", .text = &o->points, .doc = "points of the grid (20)" },
        { .name = "least",
          .value = "SHARE",
          .text = &o->least,
          .doc = "the last one's share of lambda_max (0.01); with --target: where the search gives up "
                 "(1e-6)" },
        { .name = "target",
          .value = "KEY=VALUE",
          .text = &o->target,
          .doc = "sparsity=S: find the lambda whose solution has this fraction of zero units; live=N: "
                 "so many live ones" },
        { .name = "method",
          .value = "NAME:SETTINGS",
          .text = &o->method,
          .doc = "deterministic algorithm that solves each point (default: that of crease reference; "
                 "pg where psi is "
                 "not convex)" },
        { .name = "certificate",
          .value = "E",
          .text = &o->goal,
          .doc = "solve to this relative least subgradient (1e-9); exit status 1 where a point misses "
                 "it" },
        { .name = "out",
          .letter = 'o',
          .value = "DIR",
          .text = &o->out,
          .doc = "write path.csv, path.h5 (with the solutions) and path.png there" },
        { .name = "set",
          .value = "KEY=VALUE",
          .texts = &o->settings,
          .doc = "change a setting of the file; may be given several times" },
        { .name = "data",
          .value = "DIR",
          .text = &o->data,
          .doc = "folder in which data are looked for first" },
        { .name = "no-plot", .flag = &o->no_plot, .doc = "draw no picture" },
        { .name = "quiet", .letter = 'q', .flag = &o->quiet, .doc = "print errors alone" },
        { .name = NULL },
    };
    const crease_usage usage = {
        .synopsis = "crease path FILE.yaml [--points N] [--least SHARE] [--target sparsity=S | live=N] "
                    "[--out DIR]",
        .about = "Solves f + lambda psi of an experiment, without its algorithms, for lambda falling "
                 "geometrically from\n"
                 "lambda_max, the least one whose solution is zero; each point starts from the one "
                 "before. In double\n"
                 "precision (change it by --set backend=cpu-f32). With --target it looks for the "
                 "lambda with a wanted\n"
                 "number of live units instead, and says where the path jumps over it: exit status 1 "
                 "where the\n"
                 "nearest solution is more than one unit away.",
        .options = table,
        .min_operands = 1,
        .max_operands = 1,
    };
    CREASE_TRY(crease_cli_parse(ctx, &usage, argc, argv, &o->file));
    o->n = 20;
    o->share = o->target ? 1e-6 : 0.01;
    o->certificate = 1e-9;
    if (o->points)
        CREASE_TRY(crease_cli_number(ctx, "--points", o->points, 1, CREASE_MOST_PATH_POINTS, &o->n));
    if (o->n != floor(o->n))
        return crease_fail(ctx, CREASE_EPARSE, "--points takes a whole number, not %s", o->points);
    if (o->least) CREASE_TRY(crease_cli_number(ctx, "--least", o->least, 1e-12, 1, &o->share));
    return o->goal ? crease_cli_number(ctx, "--certificate", o->goal, 0, 1, &o->certificate)
                   : CREASE_OK;
}

/* --- what is shown -------------------------------------------------------------------------------- */

static void print_point(const crease_path_walk *w, const crease_path_point *p)
{
    const crease_problem *problem = w->problem;
    printf("%-10.4g  %-12.6g  %14.10g  %6zu", p->relative, p->lambda, p->objective, p->live);
    if (w->units)
        printf("  %8.2f", 100 * (1 - (double)p->live / (double)w->units));
    else
        printf("  %8s", "-");
    for (size_t i = 0; i < problem->n_metrics; i++) printf("  %13.6g", p->metric[i]);
    printf("  %11.1e  %6lu  %7.1f  %8.3f\n", p->certificate, p->iterations, p->passes, p->seconds);
}

static void print_walk(const crease_path_walk *w)
{
    printf("data        %s\n", w->problem->source);
    printf("solved by   %s\n", w->points[w->n - 1].method);
    printf("lambda_max  %.17g on the file's %s, of %zu units\n\n", w->scale_max,
           w->set.psi[0]->type->base.name, w->units);
    printf("%-10s  %-12s  %14s  %6s  %8s", "relative", "lambda", "objective", "live", "zero %");
    for (size_t i = 0; i < w->problem->n_metrics; i++) printf("  %13.13s", w->problem->metrics[i].name);
    printf("  %11s  %6s  %7s  %8s\n", "certificate", "steps", "passes", "seconds");
    for (size_t i = 0; i < w->n; i++) print_point(w, &w->points[i]);
}

static void print_answer(const crease_path_walk *w, const crease_path_answer *a)
{
    const crease_path_point *p = &w->points[a->nearest], *few = &w->points[a->sparser],
                            *many = &w->points[a->denser];
    printf("\nwanted      %zu of %zu units live, %.4g %% zero\n", a->wanted, w->units,
           100 * (1 - (double)a->wanted / (double)w->units));
    printf("found       %zu live, %.4g %% zero, at relative %.17g: scale %.17g, lambda %.17g\n",
           p->live, 100 * (1 - (double)p->live / (double)w->units), p->relative, p->scale, p->lambda);
    if (!a->reached)
        printf("not reached the search ended at relative %.3g\n", few->relative);
    else if (p->live != a->wanted)
        printf("jumped over %zu live at relative %.10g, %zu at %.10g, and nothing between\n", few->live,
               few->relative, many->live, many->relative);
}

/* --- what is written ------------------------------------------------------------------------------ */

/* Without Python there is no picture, and a sentence that says so. */
static int draw(crease_ctx *ctx, const char *folder)
{
    const char *python;
    int status;
    if (crease_cli_find_python(ctx, &python) != CREASE_OK) {
        fprintf(stderr, "crease: no picture: %s\n", crease_ctx_error(ctx)->sentence);
        crease_ctx_clear_error(ctx);
        return CREASE_OK;
    }
    fflush(stdout);
    const char *argv[] = { python, "-B", "-m", "crease.path", "--", folder, NULL };
    CREASE_TRY(crease_cli_run_python(ctx, argv, -1, false, &status));
    return status == 0 ? CREASE_OK
                       : crease_fail(ctx, CREASE_EIO, "the picture of %s could not be drawn", folder);
}

static int write(const crease_path_walk *w, const options *o)
{
    crease_path path;
    CREASE_TRY(crease_folder_make(w->ctx, o->out));
    CREASE_TRY(crease_path_join(w->ctx, path, o->out, "path.csv"));
    CREASE_TRY(crease_path_write_csv(w, path));
    CREASE_TRY(crease_path_join(w->ctx, path, o->out, "path.h5"));
    CREASE_TRY(crease_path_write_h5(w, path));
    return o->no_plot ? CREASE_OK : draw(w->ctx, o->out);
}

/* --- the walk ------------------------------------------------------------------------------------- */

static int read_target(crease_ctx *ctx, const char *text, size_t units, size_t *wanted)
{
    char key[16];
    const char *value;
    double number;
    CREASE_TRY(crease_cli_split_setting(ctx, text, key, sizeof key, &value));
    bool sparsity = strcmp(key, "sparsity") == 0;
    if (!sparsity && strcmp(key, "live") != 0)
        return crease_fail(ctx, CREASE_ENOTFOUND, "--target takes sparsity=S or live=N, not %s", text);
    if (units == 0)
        return crease_fail(ctx, CREASE_ENOTSUP, "the regularizer has no units that could be counted");
    CREASE_TRY(crease_cli_number(ctx, text, value, 0, sparsity ? 1 : (double)units, &number));
    if (!sparsity && number != floor(number))
        return crease_fail(ctx, CREASE_EPARSE, "live takes a whole number, not %s", value);
    *wanted = (size_t)(sparsity ? round((1 - number) * (double)units) : number);
    return CREASE_OK;
}

static int judge_points(const crease_path_walk *w)
{
    size_t missed = 0;
    const crease_path_point *worst = w->points;
    for (size_t i = 0; i < w->n; i++) {
        missed += !(w->points[i].certificate <= w->goal);
        if (!(w->points[i].certificate <= worst->certificate)) worst = &w->points[i];
    }
    if (missed == 0) return CREASE_OK;
    return crease_fail(w->ctx, CREASE_ESHORT,
                       "%zu of %zu points miss the certificate of %.1e; the worst has %.1e, at "
                       "relative %.4g",
                       missed, w->n, w->goal, worst->certificate, worst->relative);
}

static int judge_answer(const crease_path_walk *w, const crease_path_answer *a)
{
    const crease_path_point *p = &w->points[a->nearest];
    double off = fabs((double)p->live - (double)a->wanted);
    if (off <= 1) return CREASE_OK;
    return crease_fail(
        w->ctx, CREASE_ESHORT, "no lambda gives %zu live units: %s %zu, at relative %.4g", a->wanted,
        a->reached ? "the nearest that there are is" : "the search ended with", p->live, p->relative);
}

static int walk(crease_path_walk *w, const options *o)
{
    crease_path_answer answer;
    size_t wanted = 0;
    if (o->target) CREASE_TRY(read_target(w->ctx, o->target, w->units, &wanted));
    CREASE_TRY(o->target ? crease_path_search(w, wanted, o->share, &answer)
                         : crease_path_grid(w, (size_t)o->n, o->share));
    if (!o->quiet) print_walk(w);
    if (!o->quiet && o->target) print_answer(w, &answer);
    if (o->out) CREASE_TRY(write(w, o));
    CREASE_TRY(judge_points(w));
    return o->target ? judge_answer(w, &answer) : CREASE_OK;
}

static int run(const crease_experiment *e, const options *o)
{
    const crease_term_specs *specs = e->regularizers.n ? &e->regularizers : &e->methods[0].regularizers;
    crease_problem *problem = NULL;
    crease_path_walk *w = crease_alloc(e->ctx, 1, sizeof *w);
    int code = w ? crease_experiment_load_problem(e, &problem) : CREASE_ENOMEM;
    if (code == CREASE_OK) code = crease_path_open(specs, problem, o->method, o->certificate, w);
    if (code == CREASE_OK) code = walk(w, o);
    if (w) crease_path_close(w);
    crease_release(e->ctx, w);
    crease_problem_free(problem);
    return code;
}

int crease_cmd_path(crease_ctx *ctx, int argc, char **argv)
{
    options o = { 0 };
    crease_experiment e;
    CREASE_TRY(parse(ctx, argc, argv, &o));
    const char *settings[1 + sizeof o.settings.v / sizeof *o.settings.v] = { "backend=cpu-f64" };
    memcpy(settings + 1, o.settings.v, o.settings.n * sizeof *settings);
    if (o.data) CREASE_TRY(crease_data_set_folder(ctx, o.data));
    crease_ctx_set_logger(ctx, NULL, NULL);
    CREASE_TRY(crease_experiment_read(ctx, o.file, settings, 1 + o.settings.n, &e));
    int code = run(&e, &o);
    crease_experiment_free(&e);
    return code;
}
