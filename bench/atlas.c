/* The planes of the atlas, its table and its summary. */
#include "atlas.h"

#include <math.h>
#include <string.h>

enum { MOST_STEPS = 16, SPREADS = 9 };

/* A plane: metric spread against one of the three others, which stay at their base elsewhere. */
static const struct plane {
    const char *name;
    size_t n;
    double value[MOST_STEPS];
} planes[] = {
    { "size", 6, { 1, 4, 16, 64, 256, 1024 } },
    { "distance", 9, { 1e-12, 1e-10, 1e-8, 1e-6, 1e-4, 1e-2, 1, 1e2, 1e4 } },
    { "magnitude", 7, { 1e-30, 1e-20, 1e-10, 1, 1e10, 1e20, 1e30 } },
};

enum { PLANES = sizeof planes / sizeof *planes };

static const crease_atlas_point base = { .spread = 1, .size = 16, .distance = 1, .magnitude = 1 };

static crease_atlas_point point(const struct plane *plane, size_t spread, size_t step)
{
    crease_atlas_point at = base;
    double value = plane->value[step];
    at.spread = pow(100, (double)spread);
    if (plane == &planes[0])
        at.size = (size_t)value;
    else if (plane == &planes[1])
        at.distance = value;
    else
        at.magnitude = value;
    return at;
}

/* What a solver comes to on one plane. */
typedef struct {
    size_t cells, good, cap, precision, error;
    double worst; /* certificate of an answer; errors are counted apart */
} tally;

/* Answers whose certificate is that of the test asked for, or near rounding. */
static bool is_good(const crease_backend *backend, const crease_atlas_cell *cell)
{
    return cell->certificate <= (backend->real_bytes == sizeof(float) ? 1e-4 : 1e-9);
}

static void note(const crease_backend *backend, const crease_atlas_cell *cell, tally *t)
{
    t->cells++;
    t->good += is_good(backend, cell);
    t->cap += strcmp(cell->outcome, "cap") == 0;
    t->precision += strcmp(cell->outcome, "precision") == 0;
    t->error += strcmp(cell->outcome, "error") == 0;
    if (isfinite(cell->certificate)) t->worst = fmax(t->worst, cell->certificate);
}

static void print_note(FILE *csv, const char *text)
{
    fputc('"', csv);
    for (; *text; text++) fputc(*text == '"' ? '\'' : *text, csv);
    fputs("\"\n", csv);
}

static void write_cell(const crease_atlas *a, const char *solver, const crease_backend *backend,
                       const struct plane *plane, const crease_atlas_point *at, double value,
                       const crease_atlas_cell *cell)
{
    fprintf(a->csv, "\"%s\",%s,%s,%.6g,%.6g,%s,", solver, backend->name, plane->name, at->spread, value,
            cell->outcome);
    if (isfinite(cell->certificate)) fprintf(a->csv, "%.6g", cell->certificate);
    fprintf(a->csv, ",%u,%u,", cell->iterations, a->seeds);
    if (*cell->note)
        print_note(a->csv, cell->note);
    else
        fputc('\n', a->csv);
}

static int measure_plane(const crease_atlas *a, const char *solver, const crease_backend *backend,
                         const struct plane *plane)
{
    tally t = { 0 };
    for (size_t i = 0; i < SPREADS; i++)
        for (size_t k = 0; k < plane->n; k++) {
            crease_atlas_point at = point(plane, i, k);
            crease_atlas_cell cell;
            CREASE_TRY(crease_atlas_solve(a, solver, backend, &at, &cell));
            if (a->csv) write_cell(a, solver, backend, plane, &at, plane->value[k], &cell);
            note(backend, &cell, &t);
        }
    printf("%-22.22s %-8s %-10s %5zu %5zu %5zu %5zu %5zu   %.1e\n", solver, backend->name, plane->name,
           t.cells, t.good, t.cap, t.precision, t.error, t.worst);
    fflush(stdout);
    return CREASE_OK;
}

static int measure_solver(const crease_atlas *a, const char *solver)
{
    for (size_t i = 0; i < a->n_backends; i++)
        for (size_t k = 0; k < PLANES; k++)
            CREASE_TRY(measure_plane(a, solver, a->backends[i], &planes[k]));
    return a->csv && fflush(a->csv) != 0 ? crease_fail(a->ctx, CREASE_EIO, "cannot write the table")
                                         : CREASE_OK;
}

static bool refuses(const crease_atlas *a, const char *solver)
{
    crease_atlas one = *a;
    crease_atlas_cell cell;
    one.seeds = 1;
    one.cap = 1;
    return crease_atlas_solve(&one, solver, a->backends[0], &base, &cell) == CREASE_OK
           && strcmp(cell.outcome, "refused") == 0;
}

int crease_bench_atlas(crease_atlas *a)
{
    const crease_type *type;
    printf("%u cases a cell, at most %u iterations; good: certificate below 1e-9 (cpu-f64), 1e-4 "
           "(cpu-f32)\n",
           a->seeds, a->cap);
    printf("%-22s %-8s %-10s %5s %5s %5s %5s %5s   %s\n", "solver", "backend", "spread x", "cells",
           "good", "cap", "prec", "error", "worst certificate");
    if (a->csv)
        fprintf(a->csv,
                "solver,backend,plane,spread,value,outcome,certificate,iterations,cases,note\n");
    for (size_t i = 0; i < a->n_solvers; i++) CREASE_TRY(measure_solver(a, a->solvers[i]));
    for (size_t i = 0; a->n_solvers == 0 && (type = crease_type_at(a->ctx, CREASE_SOLVER, i)); i++)
        if (!refuses(a, type->name)) CREASE_TRY(measure_solver(a, type->name));
    return CREASE_OK;
}
