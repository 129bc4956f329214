/* The verdict on each run. It is about W-hat, the output of a proximal map, and about staying: a run
 * has identified the manifold at the first step from which on to its end the signature is right, and
 * how long that has been is said with it, since a run that returns to a wrong one right after its end
 * cannot be told from one that does not.         */
#include "identify.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/reference_judge.h"

#define FLOOR 1e-12 /* relative: below, differences of objectives and distances are rounding */

static const char *const kinds[] = {
    [CREASE_IDENTIFY_UNKNOWN] = "unknown",       [CREASE_IDENTIFY_YES] = "identified",
    [CREASE_IDENTIFY_RECENT] = "recent",         [CREASE_IDENTIFY_NO] = "not identified",
    [CREASE_IDENTIFY_DEGENERATE] = "degenerate", [CREASE_IDENTIFY_STABLE] = "stable",
    [CREASE_IDENTIFY_UNSTABLE] = "not stable",
};

const char *crease_identify_kind_name(crease_identify_kind kind)
{
    return kinds[kind];
}

/* --- its history ---------------------------------------------------------------------------------- */

static const crease_unit *signature(const crease_identify_run *run, size_t epoch)
{
    return run->signature + (epoch - 1) * run->units;
}

static void find_rest(crease_identify_run *run)
{
    size_t epoch = run->epochs;
    while (epoch > 1
           && memcmp(signature(run, epoch), signature(run, epoch - 1), run->units * sizeof(crease_unit))
                  == 0)
        epoch--;
    run->stable_since = (double)epoch;
}

static int compare_epochs(crease_identify *id, crease_identify_run *run)
{
    double **arrays[] = { &run->wrong, &run->false_zero, &run->false_live };
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        if (!(*arrays[i] = crease_alloc(id->ctx, run->epochs, sizeof **arrays[i])))
            return CREASE_ENOMEM;
    for (size_t e = 1; e <= run->epochs; e++) {
        crease_misfit m = crease_reference_compare(&id->reference, signature(run, e));
        run->wrong[e - 1] = (double)m.differ;
        run->false_zero[e - 1] = (double)m.false_zero;
        run->false_live[e - 1] = (double)m.false_live;
        if (m.differ > 0)
            run->last_exit_epoch = (double)e;
        else if (run->first_hit_epoch == 0)
            run->first_hit_epoch = (double)e;
    }
    return CREASE_OK;
}

/* What the diagnostic wrote into the trace counts if it was held against the same reference: the units
 * that it found wrong at the end of every epoch are those found here. */
static void take_steps(crease_identify_run *run)
{
    double last = crease_identify_value(run, "last_exit_step", run->epochs);
    run->steps = crease_identify_value(run, "step", run->epochs) / (double)run->epochs;
    run->watched = !isnan(last) && run->steps >= 1;
    for (size_t e = 1; e <= run->epochs && run->watched; e++)
        run->watched = crease_identify_value(run, "false_zero_hat", e) == run->false_zero[e - 1]
                       && crease_identify_value(run, "false_live_hat", e) == run->false_live[e - 1]
                       && crease_identify_value(run, "off_manifold_hat", e) == (run->wrong[e - 1] > 0);
    if (!run->watched) return;
    double first = crease_identify_value(run, "first_hit_step", run->epochs);
    run->last_exit_step = last;
    run->first_hit_step = isnan(first) ? 0 : first;
}

static void find_identification(crease_identify_run *run)
{
    double epochs = (double)run->epochs;
    bool right = run->epochs > 0 && run->wrong[run->epochs - 1] == 0;
    run->identified_epoch = run->identified_step = NAN;
    run->since = epochs - run->last_exit_epoch;
    if (run->watched) {
        run->since = floor((epochs * run->steps - run->last_exit_step) / run->steps);
        right = right && run->last_exit_step < epochs * run->steps;
    }
    if (!right) return;
    run->identified_epoch =
        run->watched ? floor(run->last_exit_step / run->steps) + 1 : run->last_exit_epoch + 1;
    if (run->watched) run->identified_step = run->last_exit_step + 1;
}

/* --- prediction and rates ------------------------------------------------------------------------- */

static double distance(const crease_identify_run *run, size_t epoch)
{
    return hypot(crease_identify_value(run, "distance_on", epoch),
                 crease_identify_value(run, "distance_off", epoch));
}

/* The first time W is so near that a proximal gradient step of length 1/L has no choice: its argument
 * differs from that at x* by no more than 2 L |W - x*| (Nutini, Schmidt, Hare, Optim. Lett. 13 (2019)).
 */
static void predict(const crease_identify *id, crease_identify_run *run)
{
    run->predicted_epoch = NAN;
    for (size_t e = 1; e <= run->epochs && run->watched && isnan(run->predicted_epoch); e++)
        if (distance(run, e) <= id->radius) run->predicted_epoch = (double)e;
}

static double norm(size_t n, const double *x)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += x[i] * x[i];
    return sqrt(sum);
}

static crease_rate no_rate(const char *reason)
{
    crease_rate rate = { .slope = NAN, .low = NAN, .high = NAN };
    snprintf(rate.reason, sizeof rate.reason, "%s", reason);
    return rate;
}

/* Differences of numbers of the run's own precision. */
static double noise_floor(const crease_identify *id)
{
    const crease_backend *b = crease_backend_find(id->ctx, id->experiment.backend);
    return b && b->real_bytes == sizeof(float) ? 16 * b->roundoff : FLOOR;
}

static int fit(crease_identify *id, crease_identify_run *run)
{
    size_t n = run->epochs,
           first = isnan(run->identified_epoch) ? n : (size_t)run->identified_epoch - 1;
    double *memory = crease_alloc(id->ctx, 3 * n, sizeof *memory), floor = noise_floor(id);
    if (!memory) return CREASE_ENOMEM;
    double *epoch = memory, *gap = memory + n, *apart = memory + 2 * n, best = id->reference.objective;
    double size = norm(id->reference.n, id->reference.x), scale = size > 0 ? size : 1;
    for (size_t i = 0; i < n; i++) {
        epoch[i] = (double)(i + 1);
        gap[i] = (crease_identify_value(run, "objective", i + 1) - best) / (1 + fabs(best));
        apart[i] = run->watched ? distance(run, i + 1) / scale : (double)NAN;
    }
    run->objective_rate = crease_rate_fit(n - first, epoch + first, gap + first, floor);
    run->distance_rate = run->watched ? crease_rate_fit(n - first, epoch + first, apart + first, floor)
                                      : no_rate("the trace has no distances to this reference");
    run->early_rate = run->watched ? crease_rate_fit(first, epoch, apart, floor) : run->distance_rate;
    if (first == n) run->objective_rate = run->distance_rate = run->early_rate = no_rate("not identified");
    crease_release(id->ctx, memory);
    return CREASE_OK;
}

/* --- in words ------------------------------------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static void say(crease_identify_run *run, const char *format, ...)
{
    size_t used = strlen(run->verdict);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(run->verdict + used, sizeof run->verdict - used, format, arguments);
    va_end(arguments);
}

/* A method that comes and goes may be right at its last step by chance. */
static crease_identify_kind how_long(const crease_identify_run *run)
{
    if (isnan(run->identified_epoch)) return CREASE_IDENTIFY_NO;
    return run->since >= CREASE_SETTLED_EPOCHS ? CREASE_IDENTIFY_YES : CREASE_IDENTIFY_RECENT;
}

static void say_since(crease_identify_run *run)
{
    bool settled = how_long(run) == CREASE_IDENTIFY_YES;
    say(run, "%s epoch %.0f", settled ? "identified at" : "right since", run->identified_epoch);
    if (run->watched)
        say(run, " (step %.0f)", run->identified_step);
    else
        say(run, " (seen at the ends of epochs alone)");
    if (settled)
        say(run, ", stays to the end (%.0f epochs)", run->since);
    else
        say(run, ", but only %.0f epoch%s since: too few to call it identified", run->since,
            run->since == 1 ? "" : "s");
}

static void say_misfit(crease_identify_run *run)
{
    size_t last = run->epochs - 1,
           most = run->epochs < CREASE_SETTLED_EPOCHS ? run->epochs : CREASE_SETTLED_EPOCHS;
    size_t wrong = 0;
    for (size_t i = 0; i < most; i++) wrong += run->wrong[last - i] > 0;
    double others = run->wrong[last] - run->false_zero[last] - run->false_live[last];
    say(run, "wrong in %zu of the last %zu epochs, %.0f false zero%s, %.0f false live", wrong, most,
        run->false_zero[last], run->false_zero[last] == 1 ? "" : "s", run->false_live[last]);
    if (others > 0) say(run, ", %.0f live in another way", others);
}

static void judge_flat(const crease_identify *id, crease_identify_run *run)
{
    say(run, isnan(id->reference.least_eigenvalue) ? "uniqueness not known" : "not unique");
    if (id->decided == 0) {
        run->kind = CREASE_IDENTIFY_UNKNOWN;
        say(run, ": every unit is in the equicorrelation set, nothing is left to judge");
        return;
    }
    run->kind = how_long(run);
    say(run, ": judged on the equicorrelation set: ");
    if (run->kind == CREASE_IDENTIFY_NO) {
        say_misfit(run);
        return;
    }
    say(run, "no unit outside of it is live, ");
    say_since(run);
}

static void judge_reference(const crease_identify *id, crease_identify_run *run)
{
    const crease_reference *r = &id->reference;
    if (!r->unique) {
        judge_flat(id, run);
        return;
    }
    if (r->degenerate) {
        run->kind = CREASE_IDENTIFY_DEGENERATE;
        say(run, "degenerate: margin %.1e, no claim; ", r->delta);
        if (isnan(run->identified_epoch))
            say_misfit(run);
        else
            say(run, "the reference's structure since epoch %.0f", run->identified_epoch);
        return;
    }
    run->kind = how_long(run);
    if (run->kind == CREASE_IDENTIFY_NO) {
        say(run, "not identified: ");
        say_misfit(run);
    } else {
        say_since(run);
    }
}

static void judge_alone(crease_identify_run *run)
{
    double before = run->stable_since - 1; /* the last epoch with another signature */
    run->since = (double)run->epochs - before;
    run->kind = run->since >= CREASE_SETTLED_EPOCHS ? CREASE_IDENTIFY_STABLE : CREASE_IDENTIFY_UNSTABLE;
    if (run->kind == CREASE_IDENTIFY_STABLE)
        say(run, "stable since epoch %.0f (no reference: says nothing about correctness)",
            run->stable_since);
    else if (before == 0)
        say(run, "not stable: unchanged, but in %zu epochs only", run->epochs);
    else
        say(run, "not stable: the last change was at epoch %.0f of %zu", run->stable_since,
            run->epochs);
}

static int judge(crease_identify *id, crease_identify_run *run)
{
    bool diverged = strcmp(run->outcome, "diverged") == 0;
    find_rest(run);
    if (!id->has_reference) {
        judge_alone(run);
        run->objective_rate = run->distance_rate = run->early_rate = no_rate("no reference");
        run->predicted_epoch = run->identified_epoch = run->identified_step = NAN;
        return CREASE_OK;
    }
    CREASE_TRY(compare_epochs(id, run));
    take_steps(run);
    find_identification(run);
    if (diverged) run->identified_epoch = run->identified_step = NAN;
    predict(id, run);
    CREASE_TRY(fit(id, run));
    if (diverged) say(run, "diverged; ");
    judge_reference(id, run);
    return CREASE_OK;
}

int crease_identify_judge(crease_identify *id)
{
    for (size_t i = 0; i < id->n_runs; i++) {
        crease_identify_run *run = &id->runs[i];
        run->identified_epoch = run->identified_step = run->predicted_epoch = NAN;
        if (!*run->problem && run->epochs == 0)
            snprintf(run->problem, sizeof run->problem, "it has no whole epoch");
        if (!*run->problem)
            CREASE_TRY(judge(id, run));
        else
            say(run, "no verdict: %s", run->problem);
    }
    return CREASE_OK;
}
