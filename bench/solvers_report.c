/* Rows as CSV and as tables on the screen. */
#include <math.h>
#include <string.h>

#include "solvers.h"

static const char *const kinds[] = { "level", "identified", "test" };

/* --- CSV ------------------------------------------------------------------------------------------ */

void crease_inner_csv_header(const crease_inner_bench *b)
{
    fprintf(
        b->csv,
        "case,family,n,groups,group_size,rows,cols,condition,live,spread,backend,reference,"
        "start_certificate,solver,kind,level,test,outcome,iterations,%s,products,time_ms,q1_ms,q3_ms,"
        "repeats,certificate,signature,note\n",
        b->spectral ? "decompositions" : "proxes");
}

static void quote(FILE *csv, const char *text, char end)
{
    if (*text) fputc('"', csv);
    for (const char *at = text; *at; at++) {
        if (*at == '"') fputc('"', csv);
        fputc(*at, csv);
    }
    if (*text) fputc('"', csv);
    fputc(end, csv);
}

/* Unknown numbers are empty. */
static void number(FILE *csv, double x)
{
    if (!isnan(x)) fprintf(csv, "%.6g", x);
    fputc(',', csv);
}

static void count(FILE *csv, size_t n)
{
    if (n > 0) fprintf(csv, "%zu", n);
    fputc(',', csv);
}

static void csv_case(const crease_inner_bench *b, const crease_case_facts *f)
{
    quote(b->csv, f->name, ',');
    fprintf(b->csv, "%s,%zu,%zu,", f->family, f->n, f->groups);
    count(b->csv, f->group_size);
    count(b->csv, f->rows);
    count(b->csv, f->cols);
    number(b->csv, f->condition);
    number(b->csv, f->live);
    number(b->csv, f->spread);
    fprintf(b->csv, "%s,", b->backend->name);
    number(b->csv, f->reference);
    number(b->csv, f->start);
}

void crease_inner_csv_row(const crease_inner_bench *b, const crease_inner_row *row)
{
    bool timed = row->repeats > 0;
    csv_case(b, &b->facts[row->at]);
    quote(b->csv, b->contestants[row->solver].text, ',');
    fprintf(b->csv, "%s,", kinds[row->kind]);
    number(b->csv, row->level);
    quote(b->csv, row->test, ',');
    fprintf(b->csv, "%s,", row->outcome);
    count(b->csv, row->iterations);
    count(b->csv, row->proxes);
    count(b->csv, row->products);
    number(b->csv, row->ms);
    number(b->csv, row->low_ms);
    number(b->csv, row->high_ms);
    fprintf(b->csv, "%d,", row->repeats);
    number(b->csv, row->certificate);
    fprintf(b->csv, "%s,", !timed ? "" : row->right ? "right" : "wrong");
    quote(b->csv, row->note, '\n');
    fflush(b->csv); /* what is measured stays, whatever happens to the rest */
}

/* --- tables --------------------------------------------------------------------------------------- */

enum { MOST_COLUMNS = 4 };

/* At most four levels, the loosest and the tightest among them. */
static size_t thin_levels(const crease_inner_bench *b, double *levels)
{
    size_t n = b->n_levels < MOST_COLUMNS ? b->n_levels : MOST_COLUMNS;
    for (size_t i = 0; i < n; i++) levels[i] = b->levels[n > 1 ? i * (b->n_levels - 1) / (n - 1) : 0];
    return n;
}

static void print_cell(const crease_level_summary *s)
{
    char share[16];
    snprintf(share, sizeof share, "%zu/%zu", s->reached, s->cases);
    if (isinf(s->ms))
        printf("  %7s %6s %6s", "-", "", share);
    else if (isinf(s->ratio) || s->ratio >= 1e4)
        printf("  %7.3g %6s %6s", s->ms, "-", share);
    else
        printf("  %7.3g %5.3gx %6s", s->ms, s->ratio, share);
}

static void print_levels(const crease_inner_bench *b)
{
    double levels[MOST_COLUMNS];
    size_t n = thin_levels(b, levels);
    printf("\nmedian ms over the cases, median ratio to the fastest of each, cases that reach the "
           "certificate\n%-22s",
           "");
    for (size_t i = 0; i < n; i++) printf("  %15.0e      ", levels[i]);
    printf("\n");
    for (size_t k = 0; k < b->n_contestants; k++) {
        if (crease_inner_summary(b, k, CREASE_ROW_LEVEL, levels[0]).cases == 0) continue;
        printf("%-22.22s", b->contestants[k].text);
        for (size_t i = 0; i < n; i++) {
            crease_level_summary s = crease_inner_summary(b, k, CREASE_ROW_LEVEL, levels[i]);
            print_cell(&s);
        }
        printf("\n");
    }
}

static void print_identification(const crease_inner_bench *b)
{
    printf("\nthe solution's signature for good: median iterations, median ms, cases\n");
    for (size_t k = 0; k < b->n_contestants; k++) {
        crease_level_summary s = crease_inner_summary(b, k, CREASE_ROW_IDENTIFIED, NAN);
        if (s.cases == 0) continue;
        printf("%-22.22s", b->contestants[k].text);
        if (isinf(s.ms))
            printf("  %8s %9s", "-", "-");
        else
            printf("  %8.4g %9.3g", s.iterations, s.ms);
        printf("  %zu/%zu\n", s.reached, s.cases);
    }
}

/* One line a test and solver: the rows of all cases. */
static void print_test(const crease_inner_bench *b, size_t solver, const char *test)
{
    double ms[1024], iterations[1024], certificates[1024];
    size_t n = 0, stops[3] = { 0 }, right = 0;
    for (size_t i = 0; i < b->n_rows && n < 1024; i++) {
        const crease_inner_row *row = &b->rows[i];
        if (row->solver != solver || strcmp(row->test, test) != 0 || row->repeats == 0) continue;
        for (int s = 0; s < 3; s++)
            stops[s] += strcmp(row->outcome, crease_stop_name((crease_stop)s)) == 0;
        right += row->right;
        ms[n] = row->ms;
        iterations[n] = row->iterations;
        certificates[n++] = row->certificate;
    }
    if (n == 0) return;
    printf("%-8.8s %-50.50s %8.4g %9.3g %9.1e  %3zu %3zu %3zu  %3zu/%zu\n", b->contestants[solver].text,
           test, crease_median(iterations, n), crease_median(ms, n), crease_median(certificates, n),
           stops[0], stops[1], stops[2], right, n);
}

static void print_tests(const crease_inner_bench *b)
{
    printf("\nmedians over the cases; how often a test was met, the cap came first, the arithmetic "
           "ended; signature right\n"
           "%-8s %-50s %8s %9s %9s  %3s %3s %3s  %s\n",
           "solver", "test", "iter", "ms", "certif.", "met", "cap", "pre", "right");
    for (size_t i = 0; i < b->n_rows; i++) {
        const crease_inner_row *row = &b->rows[i];
        bool first = true;
        for (size_t j = 0; j < i && first; j++)
            first = b->rows[j].solver != row->solver || strcmp(b->rows[j].test, row->test) != 0;
        if (first) print_test(b, row->solver, row->test);
    }
}

/* Every case: decompositions and time to the tightest level. */
static void print_matrices(const crease_inner_bench *b)
{
    double level = b->levels[b->n_levels - 1];
    printf("\ndecompositions and seconds to a certificate of %.0e\n%-22s", level, "");
    for (size_t k = 0; k < b->n_contestants; k++) printf(" %15.15s", b->contestants[k].text);
    printf("\n");
    for (size_t at = 0; at < b->n_sources; at++) {
        const crease_case_facts *f = &b->facts[at];
        if (*f->skipped) continue;
        printf("%3zux%-3zu cond %.0e     ", f->rows, f->cols, f->condition);
        for (size_t k = 0; k < b->n_contestants; k++) {
            const crease_inner_row *found = NULL;
            for (size_t i = 0; i < b->n_rows; i++)
                if (b->rows[i].at == at && b->rows[i].solver == k && b->rows[i].level == level)
                    found = &b->rows[i];
            if (!found)
                printf(" %15s", "");
            else if (isnan(found->ms))
                printf(" %15s", found->outcome);
            else
                printf(" %6zu %8.3g", found->proxes, 1e-3 * found->ms);
        }
        printf("\n");
    }
}

void crease_inner_print_tables(const crease_inner_bench *b)
{
    if (b->tests) {
        print_tests(b);
    } else if (b->spectral) {
        print_matrices(b);
    } else {
        print_levels(b);
        print_identification(b);
    }
}

/* --- pg against exact ----------------------------------------------------------------------------- */

static void print_crossing(const char *name, const crease_crossover *c)
{
    if (c->cases == 0) return;
    printf("%-22s %5zu", name, c->cases);
    if (isinf(c->ratio))
        printf(" %11s", "not reached");
    else
        printf(" %10.3gx", c->ratio);
    if (isinf(c->certificate))
        printf("   never as fast\n");
    else if (c->certificate == 0)
        printf("   always as fast\n");
    else
        printf("   %.1e\n", c->certificate);
}

void crease_inner_print_crossover(const crease_inner_bench *b)
{
    bool shown = false;
    for (int captures = 1; captures >= 0; captures--) {
        crease_crossover all = crease_inner_crossover(b, captures, 0, INFINITY);
        if (all.cases == 0) continue;
        if (!shown)
            printf("\npg against exact: time to %.0e over that of the exact answer, and the "
                   "certificate at which pg is "
                   "as fast\n",
                   CREASE_CROSSOVER_LEVEL);
        shown = true;
        print_crossing(captures ? "captures" : "families", &all);
        for (int decade = 0; decade < 20; decade++) {
            char name[40];
            crease_crossover c =
                crease_inner_crossover(b, captures, pow(10, decade), pow(10, decade + 1));
            snprintf(name, sizeof name, "  cond(D) 1e%d to 1e%d", decade, decade + 1);
            print_crossing(name, &c);
        }
    }
}
