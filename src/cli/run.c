/* crease run FILE.yaml: runs an experiment, shows how far it is, and leaves its results in a folder. */
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli.h"
#include "experiment/capture.h"
#include "experiment/folder.h"
#include "experiment/jobs.h"
#include "experiment/progress.h"
#include "experiment/reference.h"
#include "core/clock.h"
#include "experiment/text.h"

/* --- interruption ------------------------------------------------------------------------------- */

static volatile sig_atomic_t interrupted;

static void note_signal(int number)
{
    (void)number;
    interrupted = 1;
}

static bool is_interrupted(void *user)
{
    (void)user;
    return interrupted;
}

/* The first signal asks the runs to save and end; the second does what it always does. */
static void catch_signals(void)
{
    struct sigaction action = { .sa_handler = note_signal, .sa_flags = (int)SA_RESETHAND };
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* --- what is shown ------------------------------------------------------------------------------ */

typedef struct display {
    bool quiet, terminal;
    double start_s, shown_s;
} display;

static int terminal_width(void)
{
    struct winsize size;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

static void show_line(display *d, const crease_jobs *jobs, const crease_job *job)
{
    enum { OFTEN_MS = 100 };
    crease_text line = { .ctx = jobs->ctx };
    double now = crease_now_s();
    if (!d->terminal || now - d->shown_s < OFTEN_MS * 1e-3) return;
    d->shown_s = now;
    crease_progress_line(&line, jobs, job, now - d->start_s);
    if (line.s) printf("\r\033[K%.*s", terminal_width() - 1, line.s);
    fflush(stdout);
    crease_text_free(&line);
}

static void show_end(const display *d, const crease_jobs *jobs, const crease_job *job)
{
    crease_text line = { .ctx = jobs->ctx };
    crease_progress_end(&line, job);
    if (line.s) printf("%s%s\n", d->terminal ? "\r\033[K" : "", line.s);
    fflush(stdout);
    crease_text_free(&line);
}

static void show(void *user, const crease_jobs *jobs, const crease_job *job)
{
    display *d = user;
    if (d->quiet) return;
    if (job->report.outcome == CREASE_OUTCOME_RUNNING)
        show_line(d, jobs, job);
    else
        show_end(d, jobs, job);
}

static int show_table(const display *d, const crease_jobs *jobs)
{
    crease_text table = { .ctx = jobs->ctx };
    if (d->quiet) return CREASE_OK;
    int code = crease_progress_table(&table, jobs);
    if (code == CREASE_OK) printf("\n%s", table.s);
    crease_text_free(&table);
    return code;
}

/* --- the command -------------------------------------------------------------------------------- */

typedef struct run_options {
    const char *file, *out, *data, *seeds, *jobs, *capture;
    crease_texts settings;
    bool resume, force, quiet, truth, theory;
    int parallel;
    char command[4096];
} run_options;

static int parse(crease_ctx *ctx, int argc, char **argv, run_options *o)
{
    const crease_option options[] = {
        { .name = "out",
          .letter = 'o',
          .value = "DIR",
          .doc = "folder of the results (default: runs/NAME)",
          .text = &o->out },
        { .name = "set",
          .value = "KEY=VALUE",
          .texts = &o->settings,
          .doc = "change a setting, as schedule.epochs=3, algorithms.ramda.lr=0.1 or "
                 "regularizers.0.lambda=1e-4; may be "
                 "given several times" },
        { .name = "data",
          .value = "DIR",
          .doc = "folder in which data are looked for first",
          .text = &o->data },
        { .name = "seeds",
          .value = "LIST",
          .doc = "seeds, as 1,2,3: one run each for every algorithm",
          .text = &o->seeds },
        { .name = "jobs",
          .letter = 'j',
          .value = "N",
          .doc = "run N of the runs at a time, each in its own process; the "
                 "results are the same",
          .text = &o->jobs },
        { .name = "truth",
          .doc = "score every inner solve against the exact solution (adds the diagnostic truth)",
          .flag = &o->truth },
        { .name = "assert",
          .doc = "check at every inner iteration what the theorems promise (adds the diagnostics theory and "
                 "truth); exit status 1 names the first violation",
          .flag = &o->theory },
        { .name = "capture",
          .value = "DIR[:SETTINGS]",
          .doc = "write the subproblems of the inner solver into DIR, for crease solve: "
                 "steps=LIST (1-20/middle/last), every=K, max=M (50) files of a term and run; "
                 "as DIR:steps=1-5/1000,max=10",
          .text = &o->capture },
        { .name = "resume", .doc = "go on with an interrupted run", .flag = &o->resume },
        { .name = "force", .doc = "remove the results that the folder holds", .flag = &o->force },
        { .name = "quiet", .letter = 'q', .doc = "print errors alone", .flag = &o->quiet },
        { .name = NULL },
    };
    const crease_usage usage = {
        .synopsis = "crease run FILE.yaml [--out DIR] [--set KEY=VALUE]... [--seeds 1,2,3] [--jobs N] "
                    "[--capture DIR] [--resume]",
        .about = "Runs the experiment: every algorithm with every seed. The folder then holds "
                 "config.yaml (every default\n"
                 "filled in), trace.csv, summary.json and, for each run, its masks and its checkpoint. "
                 "Ctrl-C saves and\n"
                 "stops; --resume goes on. Exit status: 0 done, 1 a run diverged or was interrupted, 2 "
                 "wrong use or input.",
        .options = options,
        .min_operands = 1,
        .max_operands = 1,
    };
    double parallel = 1;
    CREASE_TRY(crease_cli_parse(ctx, &usage, argc, argv, &o->file));
    if (o->jobs) CREASE_TRY(crease_cli_number(ctx, "--jobs", o->jobs, 1, 256, &parallel));
    if (parallel != (int)parallel)
        return crease_fail(ctx, CREASE_EPARSE, "--jobs takes a whole number, not %s", o->jobs);
    o->parallel = (int)parallel;
    if (o->resume && o->force)
        return crease_fail(ctx, CREASE_EINVAL, "--resume and --force exclude each other");
    size_t used = (size_t)snprintf(o->command, sizeof o->command, "crease");
    for (int i = 0; i < argc && used < sizeof o->command; i++)
        used += (size_t)snprintf(o->command + used, sizeof o->command - used, " %s", argv[i]);
    return CREASE_OK;
}

static int read_experiment(crease_ctx *ctx, const run_options *o, crease_experiment *e)
{
    enum { MOST = sizeof o->settings.v / sizeof *o->settings.v };
    const char *settings[MOST + 1];
    char seeds[2048];
    size_t n = o->settings.n;
    memcpy(settings, o->settings.v, n * sizeof *settings);
    if (o->seeds) {
        if (snprintf(seeds, sizeof seeds, "seeds=[%s]", o->seeds) >= (int)sizeof seeds)
            return crease_fail(ctx, CREASE_EINVAL, "--seeds is too long");
        settings[n++] = seeds;
    }
    CREASE_TRY(crease_experiment_read(ctx, o->file, settings, n, e));
    int code = CREASE_OK;
    if (o->truth || o->theory) code = crease_experiment_add_diagnostic(e, "truth");
    if (code == CREASE_OK && o->theory) code = crease_experiment_add_diagnostic(e, "theory");
    if (code != CREASE_OK) crease_experiment_free(e);
    return code;
}

/* The joined trace, the summary and the table are made however the runs ended; the first error counts.
 */
static int run_jobs(crease_jobs *jobs, const run_options *o, const display *d)
{
    catch_signals();
    int code = crease_jobs_go(jobs);
    crease_error first = *crease_ctx_error(jobs->ctx);
    int after = crease_traces_join(jobs);
    if (after == CREASE_OK) after = crease_summary_write(jobs, o->command);
    if (after == CREASE_OK) after = show_table(d, jobs);
    return code == CREASE_OK ? after : crease_fail(jobs->ctx, code, "%s", first.sentence);
}

static int run_problem(const crease_experiment *e, crease_problem *problem, const run_options *o,
                       const crease_capture_plan *capture)
{
    char folder[CREASE_STRING_SIZE + sizeof "runs/"];
    int lock;
    snprintf(folder, sizeof folder, "runs/%s", e->name);
    display d = { .quiet = o->quiet, .terminal = isatty(STDOUT_FILENO), .start_s = crease_now_s() };
    crease_jobs jobs = { .ctx = e->ctx,
                         .experiment = e,
                         .problem = problem,
                         .folder = o->out ? o->out : folder,
                         .capture = capture,
                         .resume = o->resume,
                         .parallel = o->parallel,
                         .user = &d,
                         .interrupted = is_interrupted,
                         .changed = show };
    int code = crease_jobs_prepare(&jobs);
    if (code == CREASE_OK) code = crease_folder_open(e, jobs.folder, o->resume, o->force, &lock);
    if (code == CREASE_OK) {
        code = run_jobs(&jobs, o, &d);
        close(lock);
    }
    crease_jobs_free(&jobs);
    return code;
}

int crease_cmd_run(crease_ctx *ctx, int argc, char **argv)
{
    run_options o = { 0 };
    crease_experiment e;
    crease_problem *problem = NULL;
    crease_capture_plan plan;
    CREASE_TRY(parse(ctx, argc, argv, &o));
    if (o.capture) CREASE_TRY(crease_capture_plan_parse(ctx, o.capture, &plan));
    if (o.quiet) crease_ctx_set_logger(ctx, NULL, NULL);
    if (o.data) CREASE_TRY(crease_data_set_folder(ctx, o.data));
    CREASE_TRY(read_experiment(ctx, &o, &e));
    int code = crease_reference_supply(&e);
    if (code == CREASE_OK) code = crease_experiment_load_problem(&e, &problem);
    if (code == CREASE_OK) code = run_problem(&e, problem, &o, o.capture ? &plan : NULL);
    crease_problem_free(problem);
    crease_experiment_free(&e);
    return code;
}
