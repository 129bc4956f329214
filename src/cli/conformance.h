/* What the files of "crease conformance" share: one case, a random subproblem and its solution. */
#ifndef CREASE_CLI_CONFORMANCE_H
#define CREASE_CLI_CONFORMANCE_H

#include <stdalign.h>

#include "cli.h"
#include "crease/random.h"

enum {
    CASE_MOST_ENTRIES = 24,
    CASE_MOST_GROUPS = 24,
    CASE_MOST_LISTED = 256, /* entries of all groups together, overlaps counted */
};

typedef struct crease_case {
    crease_ctx *ctx;
    const crease_regularizer_type *type;
    crease_random random;
    crease_regularizer *psi;
    crease_groups groups;
    char layout[32]; /* "elements", "all", "size:4"; empty where the groups are lists */
    const char *metric;
    bool ends; /* settings may lie at the end of their range, such as 0; else weights may be 0 or
                  infinite */
    size_t n;
    double w;
    alignas(64) double c[CASE_MOST_ENTRIES];
    alignas(64) double d[CASE_MOST_ENTRIES];
    alignas(64) double x[CASE_MOST_ENTRIES];
    crease_solve_info info;
    crease_certificate certificate;
} crease_case;

/* Draw case `number` of a member: settings, groups, metric and c. A case depends on the seed, the
 * member's name and the number alone. ENOTSUP: the member refuses whatever is drawn. Release with
 * crease_case_clear. */
int crease_case_draw(crease_ctx *ctx, const crease_regularizer_type *type, uint64_t seed, size_t number,
                     crease_case *k);
void crease_case_clear(crease_case *k);

/* The steps of a draw that have files of their own: groups with weights; the metric, w and c. */
int crease_case_draw_groups(crease_case *k);
int crease_case_draw_vectors(crease_case *k, size_t number);

/* x and its certificate, by the solver "exact". EUNBOUNDED, ENOTSUP: there is no such case. */
int crease_case_solve(crease_case *k);

/* Log-uniform on [low, high], rounded to float32: implementations of any width read the same number. */
double crease_case_log_uniform(crease_case *k, double low, double high);

/* One line of JSON: the case; its entries begin at `start` of the member's arrays. Free with cJSON_free. */
char *crease_case_json(const crease_case *k, size_t number, size_t start);
/* Likewise what all cases of a member share, without the closing brace. */
char *crease_member_json(const crease_regularizer_type *type);

#endif
