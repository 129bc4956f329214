/* The parts of captures (crease/capture.h): the head that writer and reader share, what a file is
 * checked for, which steps of a run are captured, and the recorder that writes them tile by tile. */
#ifndef CREASE_EXPERIMENT_CAPTURE_H
#define CREASE_EXPERIMENT_CAPTURE_H

#include "crease/algorithm.h"
#include "crease/capture.h"
#include "h5.h"
#include "run.h"

/* What stands in the attributes of the file itself. */
typedef struct crease_capture_head {
    crease_capture_name problem, label, algorithm, block, regularizer;
    char precision[16], metric[16]; /* "float32" or "float64", "diagonal" or "scalar" */
    uint64_t n, seed, term, step;
    uint64_t at; /* where entry 0 lies in the parameter vector of the run */
    double w, scalar, paper_scale, scale, ridge;
} crease_capture_head;

enum { CREASE_SETTING_SIZE = 2048, CREASE_LAYOUT_SIZE = 16 }; /* of the texts in a file */

extern const char
    *const crease_stride_names[6]; /* the attributes of strided groups, in the order of crease_groups */

void crease_capture_exchange_head(crease_h5 *h, crease_capture_head *head);

/* The head of p, psi and its words; EINVAL for more entries than there may be. */
int crease_capture_describe(const crease_capture *capture, crease_capture_head *head);

/* The groups "settings" and "groups" of the file. */
void crease_capture_write_settings(crease_h5 *h, const crease_regularizer *psi);
void crease_capture_write_groups(crease_h5 *h, const crease_groups *s);

/* Whether the numbers of a capture make a subproblem: finite, D >= 0, c = D x0 - v, groups in range,
 * disjoint unless psi couples them, of sizes on which psi acts. Sentences do not name the file. */
int crease_capture_check(const crease_capture *capture);
/* Strided groups of a vector of n entries, before anything is computed from them: in range, and
 * disjoint. */
int crease_capture_check_strides(crease_ctx *ctx, const crease_groups *s, size_t n);

/* --- capturing a run -------------------------------------------------------------------------- */

#define CREASE_CAPTURE_RANGES 32

/* Outer steps from first to last; steps count from 1, in all epochs. */
typedef struct crease_step_range {
    long first, last;
} crease_step_range;

/* What --capture asks for. */
typedef struct crease_capture_plan {
    crease_path folder;
    crease_string steps; /* ranges, numbers and words, separated by "/" */
    long every, max;
} crease_capture_plan;

/* "DIR" or "DIR:steps=LIST,every=K,max=M". Errors: EPARSE, ENOTFOUND, ERANGE. */
int crease_capture_plan_parse(crease_ctx *ctx, const char *text, crease_capture_plan *plan);
/* The ranges of a list such as "1-20/500/middle/last" in a run of so many steps; EPARSE. */
int crease_capture_plan_ranges(crease_ctx *ctx, const char *list, long steps, crease_step_range *ranges,
                               size_t *n);

/* Lets a run be captured from now on, until the recorder is freed: before its training is. plan NULL:
 * no recorder. */
typedef struct crease_recorder crease_recorder;
int crease_recorder_create(const crease_capture_plan *plan, crease_training *t,
                           crease_recorder **recorder);
void crease_recorder_free(crease_recorder *r); /* NULL is fine */

#endif
