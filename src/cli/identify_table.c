/* One line a method over all its seeds: how many runs identified, and when. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "identify_table.h"

enum { WIDTH = 22 };

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Median and largest of the values of one method; NAN counts as never and is larger than all. */
static void print_median(double *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (isnan(values[i])) values[i] = INFINITY;
    qsort(values, n, sizeof *values, ascending);
    double median = (values[(n - 1) / 2] + values[n / 2]) / 2, largest = values[n - 1];
    char text[2][32];
    const double both[] = { median, largest };
    for (int i = 0; i < 2; i++)
        if (isfinite(both[i])) snprintf(text[i], sizeof text[i], "%.6g", both[i]);
        else snprintf(text[i], sizeof text[i], "never");
    printf("  %9s %9s", text[0], text[1]);
}

static double first_hit(const crease_identify_run *run)
{
    double at = run->watched ? run->first_hit_step : run->first_hit_epoch;
    return at > 0 ? at : NAN;
}

/* When it was wrong last: never again is what is wanted. */
static double last_exit(const crease_identify_run *run)
{
    if (run->kind != CREASE_IDENTIFY_YES) return NAN;
    return run->watched ? run->last_exit_step : run->last_exit_epoch;
}

static void print_method(const crease_identify *id, const char *label, double *values)
{
    size_t runs = 0, identified = 0, n = 0;
    for (size_t i = 0; i < id->n_runs; i++) {
        if (strcmp(id->runs[i].method->label, label) != 0) continue;
        identified += id->runs[i].kind == CREASE_IDENTIFY_YES;
        values[runs++] = first_hit(&id->runs[i]);
    }
    if (id->reference.degenerate) printf("  %-*s  %-10s", WIDTH, label, "no claim");
    else printf("  %-*s  %3zu of %-3zu", WIDTH, label, identified, runs);
    print_median(values, runs);
    for (size_t i = 0; i < id->n_runs; i++)
        if (strcmp(id->runs[i].method->label, label) == 0) values[n++] = last_exit(&id->runs[i]);
    print_median(values, n);
    printf("\n");
}

int crease_identify_print_table(const crease_identify *id)
{
    double *values = crease_alloc(id->ctx, id->n_runs + 1, sizeof *values);
    if (!values) return CREASE_ENOMEM;
    const char *unit = id->n_runs && id->runs[0].watched ? "step" : "epoch";
    printf("\n  %-*s  %-10s  %9s %9s  %9s %9s\n", WIDTH, "method", "identified", "first hit", "largest", "last exit",
           "largest");
    printf("  %-*s  %-10s  %9s %9s  %9s %9s\n", WIDTH, "", "", unit, unit, unit, unit);
    for (size_t i = 0; i < id->n_runs; i++) {
        bool seen = false;
        for (size_t k = 0; k < i; k++) seen |= strcmp(id->runs[k].method->label, id->runs[i].method->label) == 0;
        if (!seen) print_method(id, id->runs[i].method->label, values);
    }
    crease_release(id->ctx, values);
    return CREASE_OK;
}
