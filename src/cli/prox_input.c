/* What "crease prox" reads: .npy arrays, or plain text for labels and weights. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "prox.h"

/* --- the parts of the subproblem ----------------------------------------------------- */

static void print_shape(const crease_array *a, char *text, size_t size)
{
    size_t used = (size_t)snprintf(text, size, "(");
    for (unsigned k = 0; k < a->rank && used < size; k++)
        used += (size_t)snprintf(text + used, size - used, "%s%zu", k ? ", " : "", a->shape[k]);
    if (used < size) snprintf(text + used, size - used, ")");
}

static int check_finite(crease_ctx *ctx, const char *path, const crease_array *a)
{
    for (size_t i = 0; i < a->n; i++)
        if (!isfinite(a->data[i]))
            return crease_fail(ctx, CREASE_ENAN, "%s: entry %zu is %g, not a finite number", path, i,
                               a->data[i]);
    return CREASE_OK;
}

static int read_metric_file(crease_prox *p)
{
    crease_ctx *ctx = p->ctx;
    const char *path = p->metric_spec;
    char here[100], there[100];
    CREASE_TRY(crease_read_npy(ctx, path, &p->metric));
    print_shape(&p->metric, here, sizeof here);
    print_shape(&p->z, there, sizeof there);
    if (strcmp(here, there) != 0)
        return crease_fail(ctx, CREASE_EDIM, "the metric %s has shape %s, but %s has shape %s", path,
                           here, p->input, there);
    CREASE_TRY(check_finite(ctx, path, &p->metric));
    for (size_t i = 0; i < p->metric.n; i++)
        if (p->metric.data[i] < 0)
            return crease_fail(ctx, CREASE_ERANGE, "%s: entry %zu is %g, but a metric must be >= 0",
                               path, i, p->metric.data[i]);
    return CREASE_OK;
}

static int read_metric(crease_prox *p)
{
    char *end;
    strtod(p->metric_spec, &end);
    if (end != p->metric_spec && *end == '\0')
        return crease_cli_number(p->ctx, "--metric", p->metric_spec, 0, INFINITY, &p->problem.scalar);
    return read_metric_file(p);
}

static int groups_from_file(crease_prox *p, const crease_array *file)
{
    crease_ctx *ctx = p->ctx;
    const char *path = p->groups_spec;
    if (file->n != p->z.n)
        return crease_fail(ctx, CREASE_EDIM, "%s holds %zu labels, but %s has %zu entries", path,
                           file->n, p->input, p->z.n);
    int64_t *labels = crease_alloc(ctx, file->n, sizeof *labels);
    if (!labels) return CREASE_ENOMEM;
    int code = CREASE_OK;
    for (size_t i = 0; i < file->n && code == CREASE_OK; i++) {
        double label = file->data[i];
        if (label == floor(label) && fabs(label) < 0x1p53)
            labels[i] = (int64_t)label;
        else
            code = crease_fail(ctx, CREASE_EPARSE, "%s: label %zu is %g, not a whole number", path, i,
                               label);
    }
    if (code == CREASE_OK) code = crease_groups_from_labels(ctx, 0, file->n, labels, &p->groups);
    crease_release(ctx, labels);
    return code;
}

/* A name of groups, a file of lists, else a file of labels. */
static int read_groups(crease_prox *p)
{
    crease_ctx *ctx = p->ctx;
    if (!p->groups_spec) {
        unsigned flags = p->psi->type->flags;
        if (flags & (CREASE_GROUPED | CREASE_COUPLED))
            return crease_fail(ctx, CREASE_EINVAL,
                               "%s acts on groups; say which with --groups: rows, cols, all, size:K, "
                               "channels, filters, elements, a file of labels, or lists:FILE",
                               p->regularizer);
        p->groups_spec = flags & CREASE_SEPARABLE ? "elements" : "all";
    }
    if (strncmp(p->groups_spec, "lists:", 6) == 0)
        return crease_read_group_lists(ctx, p->groups_spec + 6, 0, p->z.n, &p->groups);
    int code = crease_groups_parse(ctx, p->groups_spec, 0, p->z.shape, p->z.rank, &p->groups);
    if (code != CREASE_ENOTFOUND || access(p->groups_spec, F_OK) != 0) return code;
    crease_array file = { 0 };
    code = crease_read_numbers(ctx, p->groups_spec, &file);
    if (code == CREASE_OK) code = groups_from_file(p, &file);
    crease_release(ctx, file.data);
    return code;
}

/* A rule, else a file with one weight a group. */
static int read_weights(crease_prox *p)
{
    crease_ctx *ctx = p->ctx;
    if (!p->weights_spec) p->weights_spec = crease_regularizer_weight_rule(p->psi->type);
    int code = crease_groups_set_weight_rule(ctx, &p->groups, p->weights_spec);
    if (code == CREASE_OK) return CREASE_OK;
    if (access(p->weights_spec, F_OK) != 0)
        return crease_fail(ctx, code, "--weights '%s' is neither a rule (sqrt_size, one) nor a file",
                           p->weights_spec);
    crease_array file = { 0 };
    code = crease_read_numbers(ctx, p->weights_spec, &file);
    if (code == CREASE_OK && file.n != p->groups.count)
        code = crease_fail(ctx, CREASE_EDIM, "%s holds %zu weights, but there are %zu groups",
                           p->weights_spec, file.n, p->groups.count);
    if (code == CREASE_OK) {
        code = crease_groups_set_weights(ctx, &p->groups, file.data);
        if (code != CREASE_OK) crease_ctx_prefix(ctx, "%s: ", p->weights_spec);
    }
    crease_release(ctx, file.data);
    return code;
}

int crease_prox_read(crease_prox *p)
{
    CREASE_TRY(crease_read_npy(p->ctx, p->input, &p->z));
    CREASE_TRY(check_finite(p->ctx, p->input, &p->z));
    CREASE_TRY(read_metric(p));
    CREASE_TRY(read_groups(p));
    return read_weights(p);
}
