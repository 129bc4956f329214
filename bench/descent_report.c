/* The table of `crease bench steps`, and its CSV: a row of kind level for each method and level, and
 * the points of the first runs. */
#include <math.h>
#include <string.h>

#include "descent.h"

#define BELOW 1e-12 /* relative: a value of F that far under the reference's is no rounding */

static const char *const ends[] = { [CREASE_DESCENT_REACHED] = "reached",
                                    [CREASE_DESCENT_CAP] = "cap",
                                    [CREASE_DESCENT_GAVE_UP] = "gave up",
                                    [CREASE_DESCENT_REFUSED] = "refused" };

void crease_descent_header(const crease_descent_bench *b)
{
    printf("seconds in the steps until (F - F*) / max(|F*|, tiny) is at a level; medians of up to %d "
           "runs in turns, one "
           "thread, at most %g s a run\n",
           b->repeats, b->cap_s);
    if (b->csv)
        fprintf(
            b->csv,
            "kind,problem,share,lambda,reference,certificate,method,level,outcome,seconds,steps,ratio,"
            "repeats,suboptimality,note\n");
}

static const crease_descent_track *find_fista(const crease_descent_track *tracks, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(tracks[i].method, "fista") == 0) return &tracks[i];
    return NULL;
}

/* "0.0123", "> 60", "gave up" */
static void print_time(const crease_descent_bench *b, const crease_descent_track *t, double seconds)
{
    char text[32];
    if (isfinite(seconds))
        snprintf(text, sizeof text, "%.4g", seconds);
    else if (t->end == CREASE_DESCENT_CAP)
        snprintf(text, sizeof text, "> %g", b->cap_s);
    else
        snprintf(text, sizeof text, "%s", ends[t->end]);
    printf("  %9s", text);
}

/* Where one of the two ended at the cap, the ratio is bounded on one side. */
static void print_ratio(const crease_descent_bench *b, const crease_descent_track *t, double seconds,
                        double fista)
{
    char text[32] = "";
    if (isfinite(seconds) && isfinite(fista))
        snprintf(text, sizeof text, "%.3g", seconds / fista);
    else if (isfinite(fista) && t->end == CREASE_DESCENT_CAP)
        snprintf(text, sizeof text, "> %.2g", b->cap_s / fista);
    printf("  %8s", text);
}

static void print_track(const crease_descent_bench *b, const crease_descent_track *t,
                        const crease_descent_track *fista)
{
    printf("  %-20s", t->method);
    for (int k = 0; k < CREASE_DESCENT_LEVELS; k++) {
        double seconds = crease_descent_median(t, k);
        print_time(b, t, seconds);
        if (t->steps[k])
            printf(" %7lu", t->steps[k]);
        else
            printf(" %7s", "");
        print_ratio(b, t, seconds, fista ? crease_descent_median(fista, k) : NAN);
    }
    printf("%s%s\n", *t->sentence ? "  " : "", t->sentence);
    fflush(stdout);
}

static void write_case(const crease_descent_bench *b, const crease_descent_case *c, const char *kind)
{
    fprintf(b->csv, "%s,%s,%g,%.10g,%.17g,%.3g,", kind, c->problem, c->share, c->set->psi[0]->scale,
            c->reference->objective, c->reference->certificate);
}

/* Inside quotes, quotes are doubled. */
static void write_note(FILE *csv, const char *note)
{
    if (*note) putc('"', csv);
    for (const char *s = note; *s; s++) {
        if (*s == '"') putc('"', csv);
        putc(*s, csv);
    }
    fputs(*note ? "\"\n" : "\n", csv);
}

static void write_levels(const crease_descent_bench *b, const crease_descent_case *c,
                         const crease_descent_track *t, const crease_descent_track *fista)
{
    for (int k = 0; k < CREASE_DESCENT_LEVELS; k++) {
        double seconds = crease_descent_median(t, k),
               base = fista ? crease_descent_median(fista, k) : NAN;
        bool reached = isfinite(seconds);
        write_case(b, c, "level");
        fprintf(b->csv, "%s,%g,%s,", t->method, crease_descent_levels[k],
                reached ? "reached" : ends[t->end]);
        if (reached)
            fprintf(b->csv, "%.6g,%lu,", seconds, t->steps[k]);
        else
            fputs(",,", b->csv);
        if (reached && isfinite(base)) fprintf(b->csv, "%.6g", seconds / base);
        fprintf(b->csv, ",%d,,", t->runs);
        write_note(b->csv, t->sentence);
    }
}

static void write_points(const crease_descent_bench *b, const crease_descent_case *c,
                         const crease_descent_track *t)
{
    for (size_t i = 0; i < t->n_points; i++) {
        write_case(b, c, "point");
        fprintf(b->csv, "%s,,,%.6g,%lu,,,%.6g,\n", t->method, t->points[i].seconds, t->points[i].step,
                t->points[i].suboptimality);
    }
}

static void print_case(const crease_descent_case *c)
{
    const crease_reference *r = c->reference;
    printf("\n%s, lambda %g of the largest (%.4g): %zu rows, %zu parameters\n", c->problem, c->share,
           c->set->psi[0]->scale, c->loaded->rows, c->loaded->n);
    printf("F* %.15g, certificate %.1e (%s, %.3g s)\n", r->objective, r->certificate, r->solver,
           r->seconds);
    printf("  %-20s", "");
    for (int k = 0; k < CREASE_DESCENT_LEVELS; k++)
        printf("  %7.0e s   steps  / fista", crease_descent_levels[k]);
    putchar('\n');
}

void crease_descent_report(const crease_descent_bench *b, const crease_descent_case *c,
                           const crease_descent_track *tracks, size_t n)
{
    const crease_descent_track *fista = find_fista(tracks, n);
    double least = 0;
    print_case(c);
    for (size_t i = 0; i < n; i++) {
        print_track(b, &tracks[i], fista);
        least = fmin(least, tracks[i].least);
        if (!b->csv) continue;
        write_levels(b, c, &tracks[i], fista);
        write_points(b, c, &tracks[i]);
    }
    if (least < -BELOW)
        printf("  beware: a method found F lower than the reference by %.1e |F*|\n", -least);
    fflush(stdout);
}
