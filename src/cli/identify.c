/* crease identify RUN_DIR: whether, when and for how long the runs of an experiment were on the active
 * manifold. */
#include "experiment/identify.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "identify_table.h"
#include "experiment/result.h"

typedef struct options {
    const char *folder, *reference, *json, *data;
    bool assert_identified, no_plot, quiet, details;
} options;

/* --- what is printed ------------------------------------------------------------------------------ */

static void print_reference(const crease_identify *id)
{
    const crease_reference *r = &id->reference;
    size_t live = 0, tight = 0;
    if (id->has_reference) {
        for (size_t u = 0; u < r->units; u++) live += r->unit[u] != 0, tight += r->tight[u];
        printf("reference    %s: %zu of %zu units live, %zu tight, %s%s; certificate %.1e\n",
               id->reference_path, live, r->units, tight,
               r->unique                    ? "unique"
               : isnan(r->least_eigenvalue) ? "uniqueness not known"
                                            : "not unique",
               r->degenerate ? ", degenerate" : "", r->certificate);
        printf("margins      delta %.3g, Delta %.3g", r->delta, r->Delta);
        if (isfinite(id->radius)) printf("; radius %.3g with L = %.3g", id->radius, id->L);
        printf("\nchecked      ");
    } else {
        printf("reference    ");
    }
    crease_cli_print_aligned(stdout, 13, id->note);
}

static void print_place(const crease_identify_run *run, double epoch, double step, const char *none)
{
    if (run->watched && step > 0)
        printf("step %.0f (epoch %.0f)", step, ceil(step / run->steps));
    else if (!run->watched && epoch > 0)
        printf("epoch %.0f", epoch);
    else
        printf("%s", none);
}

static void print_places(const crease_identify_run *run)
{
    printf("  first hit  ");
    print_place(run, run->first_hit_epoch, run->first_hit_step, "never");
    printf("; last exit ");
    print_place(run, run->last_exit_epoch, run->last_exit_step, "none");
    printf("\n");
}

static void print_prediction(const crease_identify *id, const crease_identify_run *run)
{
    if (!run->watched || isnan(id->radius)) return;
    if (isnan(run->predicted_epoch))
        printf("  predicted  W has not come within the radius of x*\n");
    else
        printf("  predicted  W within the radius of x* first at epoch %.0f: a gradient step of length "
               "1/L then lands on "
               "the manifold\n",
               run->predicted_epoch);
}

static void print_rate(const char *head, const char *what, const crease_rate *rate)
{
    if (rate->known)
        printf("  %-9s  %s shrinks by the factor %.5g an epoch [%.5g, %.5g], %zu points\n", head, what,
               exp(rate->slope), exp(rate->low), exp(rate->high), rate->points);
    else
        printf("  %-9s  %s: no rate: %s\n", head, what, rate->reason);
}

static void print_run(const crease_identify *id, const crease_identify_run *run)
{
    printf("\n%s-%llu\n  verdict    %s\n", run->method->label, (unsigned long long)run->seed,
           run->verdict);
    if (!id->has_reference || *run->problem) return;
    print_places(run);
    print_prediction(id, run);
    print_rate("rate", "F(W) - F(x*)", &run->objective_rate);
    print_rate("", "|W - x*|", &run->distance_rate);
    print_rate("before", "|W - x*|", &run->early_rate);
}

/* --- what is written ------------------------------------------------------------------------------ */

static int write_json(const crease_identify *id, const char *path)
{
    cJSON *json = crease_identify_json(id);
    int code = json ? crease_json_write(id->ctx, path, json)
                    : crease_fail(id->ctx, CREASE_ENOMEM, "out of memory while writing %s", path);
    cJSON_Delete(json);
    return code;
}

/* Without Python there is no picture, and a sentence that says so; verdicts do not depend on it. */
static int draw(crease_ctx *ctx, const char *folder, const char *json, const char *picture)
{
    const char *python;
    int status;
    if (crease_cli_find_python(ctx, &python) != CREASE_OK) {
        fprintf(stderr, "crease: no picture: %s\n", crease_ctx_error(ctx)->sentence);
        crease_ctx_clear_error(ctx);
        return CREASE_OK;
    }
    const char *argv[] = { python, "-B", "-m", "crease.identify", "--", folder, json, picture, NULL };
    CREASE_TRY(crease_cli_run_python(ctx, argv, -1, false, &status));
    return status == 0 ? CREASE_OK
                       : crease_fail(ctx, CREASE_EIO, "the picture %s could not be drawn", picture);
}

static int judge_assertion(const crease_identify *id)
{
    size_t missed = 0;
    const crease_identify_run *first = NULL;
    for (size_t i = id->n_runs; i-- > 0;)
        if (id->runs[i].kind != CREASE_IDENTIFY_YES) {
            first = &id->runs[i];
            missed++;
        }
    if (missed == 0) return CREASE_OK;
    return crease_fail(id->ctx, CREASE_ESHORT,
                       "%zu of %zu runs have not identified the manifold, the first is %s-%llu: %s",
                       missed, id->n_runs, first->method->label, (unsigned long long)first->seed,
                       first->verdict);
}

/* --- the command ---------------------------------------------------------------------------------- */

enum { FEW_RUNS = 12 };

static int report(crease_identify *id, const options *o)
{
    crease_path json, picture;
    CREASE_TRY(crease_identify_judge(id));
    if (!o->quiet) {
        print_reference(id);
        if (id->has_reference) CREASE_TRY(crease_identify_print_table(id));
        bool all = o->details || id->n_runs <= FEW_RUNS;
        for (size_t i = 0; all && i < id->n_runs; i++) print_run(id, &id->runs[i]);
        if (!all) printf("\n  --details prints the verdict of each of the %zu runs\n", id->n_runs);
        fflush(stdout);
    }
    CREASE_TRY(crease_path_join(id->ctx, json, o->folder, "identify.json"));
    CREASE_TRY(crease_path_join(id->ctx, picture, o->folder, "identify.png"));
    const char *path = o->json ? o->json : json;
    CREASE_TRY(write_json(id, path));
    if (!o->no_plot) CREASE_TRY(draw(id->ctx, o->folder, path, picture));
    if (!o->assert_identified) return CREASE_OK;
    if (!id->has_reference)
        return crease_fail(id->ctx, CREASE_EINVAL,
                           "--assert needs a reference: stable structure may be wrong");
    return judge_assertion(id);
}

int crease_cmd_identify(crease_ctx *ctx, int argc, char **argv)
{
    options o = { 0 };
    crease_identify id;
    const crease_option table[] = {
        { .name = "reference",
          .letter = 'r',
          .value = "FILE",
          .text = &o.reference,
          .doc = "what crease reference wrote (default: the file that the run's diagnostic reference "
                 "names)" },
        { .name = "json",
          .value = "FILE",
          .text = &o.json,
          .doc = "where the verdicts go (RUN_DIR/identify.json)" },
        { .name = "assert",
          .flag = &o.assert_identified,
          .doc = "exit with status 1 unless every run has identified the manifold" },
        { .name = "data",
          .value = "DIR",
          .text = &o.data,
          .doc =
              "folder in which data are looked for first, to hold the reference against the problem" },
        { .name = "details", .flag = &o.details, .doc = "print the verdict of every run, however many there are" },
        { .name = "no-plot", .flag = &o.no_plot, .doc = "draw no picture" },
        { .name = "quiet", .letter = 'q', .flag = &o.quiet, .doc = "print errors alone" },
        { .name = NULL },
    };
    const crease_usage usage = {
        .synopsis = "crease identify RUN_DIR [--reference R.h5] [--json FILE] [--assert]",
        .about =
            "Says for every run whether W-hat found the active manifold of the reference, at which "
            "epoch and step,\n"
            "and for how long it has stayed there; the first hit, the last exit, the radius that "
            "predicts it, and\n"
            "the local rate behind it. Without a reference it says since when the structure has been "
            "at rest, which\n"
            "says nothing about its correctness. Writes identify.json and identify.png into RUN_DIR.",
        .options = table,
        .min_operands = 1,
        .max_operands = 1,
    };
    CREASE_TRY(crease_cli_parse(ctx, &usage, argc, argv, &o.folder));
    if (o.data) CREASE_TRY(crease_data_set_folder(ctx, o.data));
    crease_ctx_set_logger(ctx, NULL, NULL);
    int code = crease_identify_read(ctx, o.folder, o.reference, &id);
    if (code == CREASE_OK) code = report(&id, &o);
    crease_identify_free(&id);
    return code;
}
