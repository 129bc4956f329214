/* crease sweep FILE.yaml: every method for every lambda and learning rate, and the best setting of
 * each. */
#include "experiment/sweep.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "experiment/folder.h"
#include "experiment/progress.h"

typedef struct options {
    const char *file, *out, *data, *lambdas, *lrs, *validation, *seed, *jobs;
    crease_texts settings;
    bool relative, resume, force, no_plot, quiet;
    double share, split, parallel; /* the numbers of validation, seed, jobs */
    crease_sweep_grid grid;
    char command[4096];
} options;

/* --- options -------------------------------------------------------------------------------------- */

static const crease_param grid_params[] = {
    CREASE_PARAM_LIST(crease_sweep_grid, lambda, "[]", CREASE_GE(0), "factors on the regularizer"),
    CREASE_PARAM_LIST(crease_sweep_grid, lr, "[]", CREASE_GT(0), "learning rates"),
    CREASE_PARAM_END,
};

static int read_list(crease_ctx *ctx, crease_sweep_grid *grid, const char *key, const char *text)
{
    char list[2048];
    if (!text) return crease_fail(ctx, CREASE_EINVAL, "--%s is missing: --%s 0.1,0.01", key, key);
    if (snprintf(list, sizeof list, "[%s]", text) >= (int)sizeof list)
        return crease_fail(ctx, CREASE_EINVAL, "--%s is too long", key);
    CREASE_TRY(crease_params_set(ctx, grid_params, grid, "the command sweep", key, list));
    bool empty = (strcmp(key, "lr") == 0 ? grid->lr.n : grid->lambda.n) == 0;
    return empty ? crease_fail(ctx, CREASE_EINVAL, "--%s is empty", key) : CREASE_OK;
}

static int read_numbers(crease_ctx *ctx, options *o)
{
    o->share = 0.2;
    o->split = o->parallel = 1;
    CREASE_TRY(read_list(ctx, &o->grid, "lambda", o->lambdas));
    CREASE_TRY(read_list(ctx, &o->grid, "lr", o->lrs));
    o->grid.relative = o->relative;
    if (o->validation)
        CREASE_TRY(crease_cli_number(ctx, "--validation", o->validation, 0, 0.99, &o->share));
    if (o->seed) CREASE_TRY(crease_cli_number(ctx, "--split-seed", o->seed, 0, 1e15, &o->split));
    if (o->jobs) CREASE_TRY(crease_cli_number(ctx, "--jobs", o->jobs, 1, 256, &o->parallel));
    if (o->parallel != floor(o->parallel) || o->split != floor(o->split))
        return crease_fail(ctx, CREASE_EPARSE, "--jobs and --split-seed take whole numbers");
    if (o->resume && o->force)
        return crease_fail(ctx, CREASE_EINVAL, "--resume and --force exclude each other");
    return CREASE_OK;
}

static int parse(crease_ctx *ctx, int argc, char **argv, options *o)
{
    const crease_option table[] = {
        { .name = "lambda",
          .value = "LIST",
          .text = &o->lambdas,
          .doc = "values of the regularizer's setting lambda (its scale, where it has none), as "
                 "1e-3,1e-2" },
        { .name = "relative",
          .flag = &o->relative,
          .doc = "--lambda are shares of the least that makes the solution zero" },
        { .name = "lr",
          .value = "LIST",
          .text = &o->lrs,
          .doc = "learning rates, for methods that have one" },
        { .name = "validation",
          .value = "SHARE",
          .text = &o->validation,
          .doc = "share of the training rows that are held out, to select by their loss (0.2); 0: "
                 "select on the test set" },
        { .name = "split-seed", .value = "N", .text = &o->seed, .doc = "which rows are held out (1)" },
        { .name = "jobs",
          .letter = 'j',
          .value = "N",
          .text = &o->jobs,
          .doc = "runs at a time, each a process" },
        { .name = "out",
          .letter = 'o',
          .value = "DIR",
          .text = &o->out,
          .doc = "folder of the results: sweep.csv, sweep.png and the runs (runs/NAME-sweep)" },
        { .name = "set",
          .value = "KEY=VALUE",
          .texts = &o->settings,
          .doc = "change a setting of the file, as schedule.epochs=3; may be given several times" },
        { .name = "data",
          .value = "DIR",
          .text = &o->data,
          .doc = "folder in which data are looked for first" },
        { .name = "resume", .flag = &o->resume, .doc = "go on with an interrupted sweep" },
        { .name = "force", .flag = &o->force, .doc = "remove the results that the folder holds" },
        { .name = "no-plot", .flag = &o->no_plot, .doc = "draw no picture" },
        { .name = "quiet", .letter = 'q', .flag = &o->quiet, .doc = "print errors alone" },
        { .name = NULL },
    };
    const crease_usage usage = {
        .synopsis = "crease sweep FILE.yaml --lambda LIST --lr LIST [--relative] [--validation SHARE] "
                    "[--jobs N] [--out DIR]",
        .about = "Trains every method of the file with every lambda and learning rate, for the file's "
                 "epochs and seeds, on\n"
                 "a part of the training rows; selects for each method the setting with the least loss "
                 "on the others;\n"
                 "and draws accuracy against sparsity, the learning rate selected at each lambda. Runs "
                 "that diverge\n"
                 "are part of the picture, no error.",
        .options = table,
        .min_operands = 1,
        .max_operands = 1,
    };
    CREASE_TRY(crease_cli_parse(ctx, &usage, argc, argv, &o->file));
    size_t used = (size_t)snprintf(o->command, sizeof o->command, "crease");
    for (int i = 0; i < argc && used < sizeof o->command; i++)
        used += (size_t)snprintf(o->command + used, sizeof o->command - used, " %s", argv[i]);
    return read_numbers(ctx, o);
}

/* --- what is shown -------------------------------------------------------------------------------- */

static void show(void *user, const crease_jobs *jobs, const crease_job *job)
{
    const options *o = user;
    crease_text line = { .ctx = jobs->ctx };
    if (o->quiet || job->report.outcome == CREASE_OUTCOME_RUNNING) return;
    crease_progress_end(&line, job);
    if (line.s) printf("%s\n", line.s);
    fflush(stdout);
    crease_text_free(&line);
}

static void print_setting(double x)
{
    if (isnan(x))
        printf("%10s  ", "-");
    else
        printf("%10.4g  ", x);
}

static void print_cell(const crease_sweep *s, const crease_sweep_cell *c, int width)
{
    printf("%-*s  ", width, s->labels[c->method]);
    print_setting(c->relative);
    print_setting(c->lambda);
    print_setting(c->lr);
    printf("%14.6g", c->criterion);
    if (s->merit && s->merit != s->criterion) printf("  %14.6g", c->merit);
    printf("  %10.2f  %8.1f", 100 * c->sparsity, c->passes);
    if (c->runs > 1) printf("  %4zu seeds", c->runs);
    printf("\n");
}

static void print_table(const crease_sweep *s, const crease_jobs *jobs)
{
    int width = (int)strlen("algorithm");
    size_t failed = 0;
    for (size_t m = 0; m < s->n_methods; m++)
        if ((int)strlen(s->labels[m]) > width) width = (int)strlen(s->labels[m]);
    printf("\n%-*s  %10s  %10s  %10s  %14s", width, "selected", "relative", "lambda", "lr",
           s->criterion);
    if (s->merit && s->merit != s->criterion) printf("  %14s", s->merit);
    printf("  %10s  %8s\n", "zero %", "passes");
    for (size_t k = 0; k < s->n; k++) {
        if (s->cells[k].selected) print_cell(s, &s->cells[k], width);
        failed += s->cells[k].finished < s->cells[k].runs;
    }
    if (failed) printf("%zu of %zu settings did not finish\n", failed, s->n);
    printf("data: %s\nresults: %s\n", jobs->problem->source, jobs->folder);
    if (s->criterion == s->merit)
        printf("SELECTED ON THE TEST SET (%s): the figures of the selected settings are too good\n",
               s->criterion);
}

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
    const char *argv[] = { python, "-B", "-m", "crease.sweep", "--", folder, NULL };
    CREASE_TRY(crease_cli_run_python(ctx, argv, -1, false, &status));
    return status == 0 ? CREASE_OK
                       : crease_fail(ctx, CREASE_EIO, "the picture of %s could not be drawn", folder);
}

/* --- the command ---------------------------------------------------------------------------------- */

static int report(crease_sweep *s, const crease_jobs *jobs, const options *o)
{
    crease_path path;
    CREASE_TRY(crease_traces_join(jobs));
    CREASE_TRY(crease_summary_write(jobs, o->command));
    CREASE_TRY(crease_sweep_judge(s, jobs));
    CREASE_TRY(crease_path_join(jobs->ctx, path, jobs->folder, "sweep.csv"));
    CREASE_TRY(crease_sweep_write_csv(s, path));
    if (!o->quiet) print_table(s, jobs);
    return o->no_plot ? CREASE_OK : draw(jobs->ctx, jobs->folder);
}

/* What is done is reported however the runs ended; one that diverged has its place in the table. */
static int go(crease_sweep *s, crease_jobs *jobs, const options *o)
{
    int code = crease_jobs_go(jobs);
    crease_error first = *crease_ctx_error(jobs->ctx);
    int after = report(s, jobs, o);
    if (code == CREASE_OK || code == CREASE_EDIVERGED) return after;
    return crease_fail(jobs->ctx, code, "%s", first.sentence);
}

static int sweep(crease_sweep *s, crease_problem *problem, options *o)
{
    char folder[CREASE_STRING_SIZE + 16];
    int lock;
    crease_experiment *e = s->experiment;
    snprintf(folder, sizeof folder, "runs/%s-sweep", e->name);
    crease_jobs jobs = { .ctx = e->ctx,
                         .experiment = e,
                         .problem = problem,
                         .folder = o->out ? o->out : folder,
                         .resume = o->resume,
                         .parallel = (int)o->parallel,
                         .user = o,
                         .changed = show };
    CREASE_TRY(crease_sweep_choose_criterion(s, problem));
    int code = crease_jobs_prepare(&jobs);
    if (code == CREASE_OK) code = crease_folder_open(e, jobs.folder, o->resume, o->force, &lock);
    if (code == CREASE_OK) {
        code = go(s, &jobs, o);
        close(lock);
    }
    crease_jobs_free(&jobs);
    return code;
}

static int run(crease_experiment *e, options *o)
{
    crease_sweep s = { 0 };
    crease_problem *whole = NULL, *part = NULL;
    int code = crease_experiment_add_diagnostic(e, "sparsity");
    if (code == CREASE_OK) code = crease_experiment_load_problem(e, &whole);
    if (code == CREASE_OK && o->share > 0)
        code = crease_holdout_create(whole, o->share, (uint64_t)o->split, &part);
    crease_problem *problem = part ? part : whole;
    if (code == CREASE_OK) code = crease_sweep_expand(e, problem, &o->grid, &s);
    if (code == CREASE_OK) code = sweep(&s, problem, o);
    crease_problem_free(part);
    crease_problem_free(whole);
    crease_sweep_free(&s);
    return code;
}

int crease_cmd_sweep(crease_ctx *ctx, int argc, char **argv)
{
    options o = { 0 };
    crease_experiment e;
    CREASE_TRY(parse(ctx, argc, argv, &o));
    crease_ctx_set_logger(ctx, NULL, NULL);
    if (o.data) CREASE_TRY(crease_data_set_folder(ctx, o.data));
    CREASE_TRY(crease_experiment_read(ctx, o.file, o.settings.v, o.settings.n, &e));
    int code = run(&e, &o);
    crease_experiment_free(&e);
    return code;
}
