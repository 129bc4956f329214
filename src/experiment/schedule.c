/* Stages, milestones and the momentum ramp. */
#include "schedule.h"

static const char *const ramps[] = { [CREASE_RAMP_PAPER] = "paper",
                                     [CREASE_RAMP_EXPERIMENT] = "experiment",
                                     [CREASE_RAMP_NONE] = "none",
                                     NULL };

const crease_param crease_schedule_params[] = {
    CREASE_PARAM_INT(crease_schedule, epochs, 100, CREASE_IN(1, 1e9), "passes over the data"),
    CREASE_PARAM_INT(crease_schedule, batch, 128, CREASE_IN(1, 1e9), "rows of a step"),
    CREASE_PARAM_LIST(
        crease_schedule, milestones, "[]", CREASE_IN(1, 1e9),
        "a new stage begins when this many epochs are done; those past the last epoch never do"),
    CREASE_PARAM_REAL(
        crease_schedule, gamma, 0.1, CREASE_IN_LEFT(0, 1),
        "factor on the learning rate (and, where a method restarts, on eps) at a milestone"),
    CREASE_PARAM_CHOICE(
        crease_schedule, ramp, CREASE_RAMP_PAPER, ramps,
        "momentum grows to 1 in the last stage, from one epoch before it (experiment), or never"),
    CREASE_PARAM_BOOL(crease_schedule, drop_last, false, "leave out a last batch that is not full"),
    CREASE_PARAM_END
};

const char *crease_schedule_check(const crease_schedule *s)
{
    for (size_t i = 0; i < s->milestones.n; i++) {
        if (s->milestones.v[i] != floor(s->milestones.v[i]))
            return "milestones must be whole numbers of epochs";
        if (i && s->milestones.v[i] <= s->milestones.v[i - 1]) return "milestones must increase";
    }
    return NULL;
}

size_t crease_schedule_steps(const crease_schedule *s, size_t rows)
{
    size_t batch = (size_t)s->batch;
    return s->drop_last ? rows / batch : (rows + batch - 1) / batch;
}

size_t crease_schedule_batch(const crease_schedule *s, size_t rows, size_t step, size_t *first)
{
    size_t batch = (size_t)s->batch;
    *first = step * batch;
    return rows - *first < batch ? rows - *first : batch;
}

size_t crease_schedule_stage(const crease_schedule *s, long epoch)
{
    size_t stage = 0;
    while (stage < s->milestones.n && s->milestones.v[stage] <= epoch) stage++;
    return stage;
}

bool crease_schedule_begins_stage(const crease_schedule *s, long epoch)
{
    size_t stage = crease_schedule_stage(s, epoch);
    return stage > 0 && s->milestones.v[stage - 1] == epoch;
}

static long ramp_start(const crease_schedule *s)
{
    if (s->milestones.n == 0) return 0;
    long last = (long)s->milestones.v[s->milestones.n - 1];
    return s->ramp == CREASE_RAMP_EXPERIMENT ? last - 1 : last;
}

double crease_schedule_momentum(const crease_schedule *s, double c0, long epoch, size_t step,
                                size_t steps)
{
    long start = ramp_start(s);
    if (s->ramp == CREASE_RAMP_NONE || epoch < start) return c0;
    double i = (double)(epoch - start) * (double)steps + (double)step + 1;
    return fmin(c0 * sqrt(i), 1);
}
