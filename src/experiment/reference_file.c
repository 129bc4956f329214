/* Reference solutions as files: every array is asked for its length before memory is taken for it, and
 * what comes out is checked to be a reference before anybody judges by it. */
#include "crease/reference.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "h5.h"

static const char format[] = "crease reference 1";

/* --- what both ways share ------------------------------------------------------------------------- */

/* The margins, one array a field. */
typedef struct columns {
    double *slack, *size, *threshold;
} columns;

static int make_columns(crease_h5 *h, size_t units, columns *c)
{
    double *memory = crease_alloc(h->ctx, 3 * units, sizeof *memory);
    *c = (columns){ memory, memory + units, memory + 2 * units };
    return memory ? CREASE_OK : (h->code = CREASE_ENOMEM);
}

static void exchange_flag(crease_h5 *h, const char *name, bool *flag)
{
    unsigned char byte = *flag;
    crease_h5_number(h, "/", name, H5T_NATIVE_UCHAR, &byte);
    if (h->code == CREASE_OK && byte > 1)
        crease_h5_fail(h, CREASE_EPARSE, "'%s' is neither 0 nor 1", name);
    *flag = byte == 1;
}

static void exchange_numbers(crease_h5 *h, crease_reference *r)
{
    crease_h5_number(h, "/", "objective", H5T_NATIVE_DOUBLE, &r->objective);
    crease_h5_number(h, "/", "certificate", H5T_NATIVE_DOUBLE, &r->certificate);
    crease_h5_number(h, "/", "delta", H5T_NATIVE_DOUBLE, &r->delta);
    crease_h5_number(h, "/", "Delta", H5T_NATIVE_DOUBLE, &r->Delta);
    crease_h5_number(h, "/", "least_eigenvalue", H5T_NATIVE_DOUBLE, &r->least_eigenvalue);
    crease_h5_number(h, "/", "largest_eigenvalue", H5T_NATIVE_DOUBLE, &r->largest_eigenvalue);
    exchange_flag(h, "unique", &r->unique);
    exchange_flag(h, "degenerate", &r->degenerate);
    crease_h5_number(h, "/", "iterations", H5T_NATIVE_ULONG, &r->iterations);
    crease_h5_number(h, "/", "seconds", H5T_NATIVE_DOUBLE, &r->seconds);
}

static void exchange_words(crease_h5 *h, crease_reference *r)
{
    crease_h5_text(h, "/", "solver", r->solver, sizeof r->solver);
    crease_h5_text(h, "/", "source", r->source, sizeof r->source);
    crease_h5_text(h, "/", "hash", r->hash, sizeof r->hash);
}

static void exchange_arrays(crease_h5 *h, crease_reference *r, const columns *c)
{
    crease_h5_item(h, "x", H5T_NATIVE_DOUBLE, r->n, r->x);
    crease_h5_item(h, "gradient", H5T_NATIVE_DOUBLE, r->n, r->gradient);
    crease_h5_item(h, "unit", H5T_NATIVE_UINT32, r->units, r->unit);
    crease_h5_item(h, "tight", H5T_NATIVE_UCHAR, r->units, r->tight);
    crease_h5_item(h, "slack", H5T_NATIVE_DOUBLE, r->units, c->slack);
    crease_h5_item(h, "size", H5T_NATIVE_DOUBLE, r->units, c->size);
    crease_h5_item(h, "threshold", H5T_NATIVE_DOUBLE, r->units, c->threshold);
}

/* --- writing -------------------------------------------------------------------------------------- */

/* Paths of data may hold any byte; the file holds plain text. */
static void make_plain(char *text)
{
    for (; *text; text++)
        if (*text < ' ' || *text > '~') *text = '?';
}

int crease_reference_write(crease_ctx *ctx, const char *path, const crease_reference *r)
{
    crease_h5 h;
    columns c = { 0 };
    crease_reference copy = *r;
    char word[sizeof format];
    CREASE_TRY(crease_h5_create(ctx, path, &h));
    memcpy(word, format, sizeof word);
    make_plain(copy.solver);
    make_plain(copy.source);
    crease_h5_text(&h, "/", "format", word, sizeof word);
    if (make_columns(&h, r->units, &c) == CREASE_OK)
        for (size_t u = 0; u < r->units; u++) {
            c.slack[u] = r->margin[u].slack;
            c.size[u] = r->margin[u].size;
            c.threshold[u] = r->margin[u].threshold;
        }
    exchange_arrays(&h, &copy, &c);
    exchange_numbers(&h, &copy);
    exchange_words(&h, &copy);
    crease_release(ctx, c.slack);
    return crease_h5_finish(&h);
}

/* --- reading -------------------------------------------------------------------------------------- */

static void check_format(crease_h5 *h)
{
    char word[100] = "";
    crease_h5_text(h, "/", "format", word, sizeof word);
    if (h->code == CREASE_OK && strcmp(word, format) != 0)
        crease_h5_fail(h, CREASE_EPARSE, "its format is '%s', not '%s'", word, format);
}

/* The lengths of all arrays, which bound what is allocated by what the file holds. */
static void read_sizes(crease_h5 *h, crease_reference *r)
{
    static const char *const by_unit[] = { "tight", "slack", "size", "threshold" };
    r->n = crease_h5_length(h, "x");
    r->units = crease_h5_length(h, "unit");
    if (crease_h5_length(h, "gradient") != r->n && h->code == CREASE_OK)
        crease_h5_fail(h, CREASE_EPARSE, "'x' and 'gradient' differ in length");
    for (size_t i = 0; i < sizeof by_unit / sizeof *by_unit; i++)
        if (crease_h5_length(h, by_unit[i]) != r->units && h->code == CREASE_OK)
            crease_h5_fail(h, CREASE_EPARSE, "'unit' and '%s' differ in length", by_unit[i]);
}

static void allocate(crease_h5 *h, crease_reference *r)
{
    if (h->code != CREASE_OK) return;
    r->x = crease_alloc(h->ctx, r->n, sizeof *r->x);
    r->gradient = crease_alloc(h->ctx, r->n, sizeof *r->gradient);
    r->unit = crease_alloc(h->ctx, r->units, sizeof *r->unit);
    r->tight = crease_alloc(h->ctx, r->units, 1);
    r->margin = crease_alloc(h->ctx, r->units, sizeof *r->margin);
    if (!r->x || !r->gradient || !r->unit || !r->tight || !r->margin) h->code = CREASE_ENOMEM;
}

/* Whether the numbers can be those of a minimizer at all. */
static void check_numbers(crease_h5 *h, const crease_reference *r)
{
    if (h->code != CREASE_OK) return;
    for (size_t i = 0; i < r->n; i++)
        if (!isfinite(r->x[i]) || !isfinite(r->gradient[i])) {
            crease_h5_fail(h, CREASE_EPARSE, "entry %zu of 'x' or 'gradient' is not a finite number",
                           i);
            return;
        }
    for (size_t u = 0; u < r->units; u++)
        if (r->tight[u] > 1) {
            crease_h5_fail(h, CREASE_EPARSE, "entry %zu of 'tight' is neither 0 nor 1", u);
            return;
        }
    if (!isfinite(r->objective) || !(r->certificate >= 0))
        crease_h5_fail(h, CREASE_EPARSE,
                       "the objective or the certificate is no number that can be one");
}

int crease_reference_read(crease_ctx *ctx, const char *path, crease_reference *r)
{
    crease_h5 h;
    columns c = { 0 };
    *r = (crease_reference){ 0 };
    CREASE_TRY(crease_h5_open(ctx, path, &h));
    check_format(&h);
    read_sizes(&h, r);
    allocate(&h, r);
    if (h.code == CREASE_OK) make_columns(&h, r->units, &c);
    exchange_arrays(&h, r, &c);
    exchange_numbers(&h, r);
    exchange_words(&h, r);
    for (size_t u = 0; h.code == CREASE_OK && u < r->units; u++)
        r->margin[u] = (crease_margin){ c.slack[u], c.size[u], c.threshold[u] };
    check_numbers(&h, r);
    crease_release(ctx, c.slack);
    int code = crease_h5_finish(&h);
    if (code != CREASE_OK) crease_reference_free(ctx, r);
    return code;
}

void crease_reference_free(crease_ctx *ctx, crease_reference *r)
{
    void *owned[] = { r->x, r->gradient, r->unit, r->margin, r->tight };
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) crease_release(ctx, owned[i]);
    *r = (crease_reference){ 0 };
}
