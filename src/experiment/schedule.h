/* Stages, milestones and the momentum ramp: everything that depends on where in the run a step stands.
 * All of it is a pure function of (epoch, step), so that a resumed run needs no state for it. */
#ifndef CREASE_SCHEDULE_H
#define CREASE_SCHEDULE_H

#include "crease/param.h"

typedef enum { CREASE_RAMP_PAPER, CREASE_RAMP_EXPERIMENT, CREASE_RAMP_NONE } crease_ramp;

typedef struct crease_schedule {
    long epochs, batch;
    crease_list milestones; /* epochs done when a new stage begins */
    double gamma;
    int ramp;
    bool drop_last;
} crease_schedule;

extern const crease_param crease_schedule_params[];
const char *crease_schedule_check(
    const crease_schedule *s); /* rule across fields: NULL or a sentence */

/* Steps of one epoch over that many rows, and the rows of one of them (counted from 0). */
size_t crease_schedule_steps(const crease_schedule *s, size_t rows);
size_t crease_schedule_batch(const crease_schedule *s, size_t rows, size_t step, size_t *first);

/* Epochs and steps count from 0: epoch e is the one that starts when e epochs are done. */
size_t crease_schedule_stage(const crease_schedule *s, long epoch); /* 0: the first */
bool crease_schedule_begins_stage(const crease_schedule *s, long epoch);

/* The momentum c of a step: min(c0 sqrt(i), 1) in the last stage, i = 1, 2, ... counting its steps, and
 * c0 before it (RAMDA, App. A.1). With CREASE_RAMP_EXPERIMENT the count starts a whole epoch before the
 * last milestone, as in the authors' experiment code. */
double crease_schedule_momentum(const crease_schedule *s, double c0, long epoch, size_t step,
                                size_t steps);

#endif
