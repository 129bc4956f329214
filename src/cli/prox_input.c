/* What "crease prox" reads: .npy arrays, or plain text for labels and weights. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "prox.h"

/* --- numbers from a file ------------------------------------------------------------- */

static bool is_npy(const char *path)
{
    char head[6] = "";
    FILE *file = fopen(path, "rb");
    size_t n = file ? fread(head, 1, sizeof head, file) : 0;
    if (file) fclose(file);
    return n == sizeof head && memcmp(head, "\x93NUMPY", sizeof head) == 0;
}

static int append(crease_ctx *ctx, crease_array *a, size_t *room, double x)
{
    if (a->n == *room) {
        size_t more = *room ? 2 * *room : 256;
        double *grown = crease_alloc(ctx, more, sizeof *grown);
        if (!grown) return CREASE_ENOMEM;
        if (a->n) memcpy(grown, a->data, a->n * sizeof *grown);
        crease_release(ctx, a->data);
        a->data = grown;
        *room = more;
    }
    a->data[a->n++] = x;
    return CREASE_OK;
}

/* Numbers between blanks and commas; # starts a comment; "inf" is a number here, for weights. */
static int read_line(crease_ctx *ctx, const char *path, size_t line, char *text, crease_array *a,
                     size_t *room)
{
    text[strcspn(text, "#")] = '\0';
    char *rest = text, *end;
    for (char *word; (word = strtok_r(rest, " \t\r\n,", &rest));) {
        double x = strtod(word, &end);
        if (*end != '\0' || isnan(x))
            return crease_fail(ctx, CREASE_EPARSE, "%s:%zu: '%.40s' is not a number", path, line,
                               word);
        CREASE_TRY(append(ctx, a, room, x));
    }
    return CREASE_OK;
}

static int read_text(crease_ctx *ctx, const char *path, crease_array *a)
{
    FILE *file = fopen(path, "r");
    if (!file) return crease_fail(ctx, CREASE_EIO, "cannot read '%s': %s", path, strerror(errno));
    char *text = NULL;
    size_t size = 0, room = 0, line = 0;
    int code = CREASE_OK;
    *a = (crease_array){ .rank = 1 };
    while (code == CREASE_OK && getline(&text, &size, file) >= 0)
        code = read_line(ctx, path, ++line, text, a, &room);
    if (code == CREASE_OK && ferror(file))
        code = crease_fail(ctx, CREASE_EIO, "cannot read '%s': %s", path, strerror(errno));
    free(text);
    fclose(file);
    a->shape[0] = a->n;
    return code;
}

/* The caller releases a->data, also after a failure. */
static int read_numbers(crease_ctx *ctx, const char *path, crease_array *a)
{
    return is_npy(path) ? crease_read_npy(ctx, path, a) : read_text(ctx, path, a);
}

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
            return crease_fail(ctx, CREASE_ENAN, "%s: entry %zu is %g, not a finite number", path,
                               i, a->data[i]);
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
        return crease_fail(ctx, CREASE_EDIM, "the metric %s has shape %s, but %s has shape %s",
                           path, here, p->input, there);
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
        return crease_cli_number(p->ctx, "--metric", p->metric_spec, 0, INFINITY,
                                 &p->problem.scalar);
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
            code = crease_fail(ctx, CREASE_EPARSE, "%s: label %zu is %g, not a whole number", path,
                               i, label);
    }
    if (code == CREASE_OK) code = crease_groups_from_labels(ctx, 0, file->n, labels, &p->groups);
    crease_release(ctx, labels);
    return code;
}

/* A name of groups, else a file of labels. */
static int read_groups(crease_prox *p)
{
    crease_ctx *ctx = p->ctx;
    if (!p->groups_spec) {
        if (!(p->psi->type->flags & CREASE_SEPARABLE))
            return crease_fail(
                ctx, CREASE_EINVAL,
                "%s acts on groups; say which with --groups: rows, cols, all, size:K, "
                "channels, filters, elements, or a file of labels",
                p->regularizer);
        p->groups_spec = "elements";
    }
    int code = crease_groups_parse(ctx, p->groups_spec, 0, p->z.shape, p->z.rank, &p->groups);
    if (code != CREASE_ENOTFOUND || access(p->groups_spec, F_OK) != 0) return code;
    crease_array file = { 0 };
    code = read_numbers(ctx, p->groups_spec, &file);
    if (code == CREASE_OK) code = groups_from_file(p, &file);
    crease_release(ctx, file.data);
    return code;
}

/* A rule, else a file with one weight a group. */
static int read_weights(crease_prox *p)
{
    crease_ctx *ctx = p->ctx;
    if (!p->weights_spec) return CREASE_OK;
    int code = crease_groups_set_weight_rule(ctx, &p->groups, p->weights_spec);
    if (code == CREASE_OK) return CREASE_OK;
    if (access(p->weights_spec, F_OK) != 0)
        return crease_fail(ctx, code,
                           "--weights '%s' is neither a rule (sqrt_size, one) nor a file",
                           p->weights_spec);
    crease_array file = { 0 };
    code = read_numbers(ctx, p->weights_spec, &file);
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
