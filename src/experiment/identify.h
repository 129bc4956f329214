/* Did the runs of an experiment find the active manifold, when, and for good? Judged from what they
 * left behind. */
#ifndef CREASE_IDENTIFY_H
#define CREASE_IDENTIFY_H

#include <cjson/cJSON.h>

#include "crease/reference.h"
#include "run.h"

/* Fewer epochs than these behind the last change are too few to speak of rest. */
enum { CREASE_SETTLED_EPOCHS = 10 };

typedef enum {
    CREASE_IDENTIFY_UNKNOWN, /* nothing to judge */
    CREASE_IDENTIFY_YES,    /* right from some step on to the end, for CREASE_SETTLED_EPOCHS at least */
    CREASE_IDENTIFY_RECENT, /* right at the end, but not for so long */
    CREASE_IDENTIFY_NO,     /* wrong at the end */
    CREASE_IDENTIFY_DEGENERATE, /* the reference's manifold is not stable: no claim */
    CREASE_IDENTIFY_STABLE,     /* no reference: unchanged for long */
    CREASE_IDENTIFY_UNSTABLE,   /* no reference: not so */
} crease_identify_kind;

const char *crease_identify_kind_name(crease_identify_kind kind);

/* A geometric rate: the slope of a logarithm over epochs, with its 95 % interval. */
typedef struct crease_rate {
    bool known;
    size_t points;
    double slope, low, high; /* per epoch, natural logarithm; meaningful if known */
    char reason[160];        /* why not, else empty */
} crease_rate;

/* The least-squares line through (epoch, log value) over the values up to the first that is at most
 * `floor`; NAN values are left out. The interval is Student's for independent errors about the line,
 * which those of an iteration are not quite. At least 8 points are needed. */
crease_rate crease_rate_fit(size_t n, const double *epoch, const double *value, double floor);

typedef struct crease_identify_run {
    const crease_method *method;
    uint64_t seed;
    char outcome[20], problem[600]; /* problem: why it cannot be judged, else empty */
    size_t epochs, units;
    crease_unit *signature; /* epochs * units, of W-hat */
    crease_table trace;
    double *wrong, *false_zero,
        *false_live; /* an epoch: units that differ from the reference's, and two kinds of them */

    bool watched;                             /* the trace tells of every step, and of this reference */
    double steps;                             /* of an epoch; NAN: not known */
    double first_hit_epoch, last_exit_epoch;  /* at the ends of epochs; 0: none */
    double first_hit_step, last_exit_step;    /* watched; 0: none */
    double identified_epoch, identified_step; /* NAN: no, or not known */
    double since;           /* epochs behind the last exit, or without a reference the last change */
    double stable_since;    /* epoch from which on the signature is that of the end */
    double predicted_epoch; /* first one with |W - x*| <= the radius; NAN: none, or no distances */
    crease_rate objective_rate, distance_rate; /* from identification on */
    crease_rate early_rate;                    /* of the distance, before it */
    crease_identify_kind kind;
    char verdict[600];
} crease_identify_run;

typedef struct crease_identify {
    crease_ctx *ctx;
    const char *folder;
    crease_experiment experiment;
    bool has_reference;
    crease_reference reference;
    crease_path reference_path;
    size_t decided; /* units that it decides */
    double L;       /* Lipschitz constant of the gradient of f; NAN: not known */
    double radius;  /* min(delta / 2L, Delta / 2): from there a proximal gradient step lands on the
                       manifold; NAN */
    char note[700]; /* whether the reference was held against the problem; or why there is none */
    size_t n_runs;
    crease_identify_run *runs;
} crease_identify;

/* reference: a file; NULL: that which the experiment's diagnostic names, if it can be read. Free in any
 * case. Errors: no run directory; a reference that is damaged, or of another problem for all
 * algorithms. What is wrong with single runs stands in their `problem`. */
int crease_identify_read(crease_ctx *ctx, const char *folder, const char *reference,
                         crease_identify *id);
int crease_identify_judge(crease_identify *id);
cJSON *crease_identify_json(const crease_identify *id); /* NULL: out of memory */
void crease_identify_free(crease_identify *id);

/* A number of the trace of an epoch, from 1; NAN where there is none. */
double crease_identify_value(const crease_identify_run *run, const char *column, size_t epoch);

#endif
