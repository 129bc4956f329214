/* The exact oracle of every regularizer at growing sizes against one streaming pass that reads c and d and
 * writes x. */
#include "bench.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "member_case.h"

/* A row ends after half a second; a member stops growing where the next row would take ten at the same time
 * per entry. Batches of this length make what the clock adds to the smallest rows small. */
static const double row_ms = 500, longest_row_ms = 20000, batch_ms = 0.2;

enum { LEAST_ROUNDS = 3, VERIFIED_SIZES = 2 };

typedef struct {
    crease_times times;
    bool failed;
    char note[600];
} row;

static void add_note(row *r, const char *format, ...)
{
    size_t used = strlen(r->note);
    va_list args;
    va_start(args, format);
    if (used > 0) used += (size_t)snprintf(r->note + used, sizeof r->note - used, "; ");
    if (used < sizeof r->note) vsnprintf(r->note + used, sizeof r->note - used, format, args);
    va_end(args);
}

/* --- one row -------------------------------------------------------------------------------------- */

static void pass(void *user)
{
    crease_member_case *k = user;
    crease_bench_stream(k->p.backend->real_bytes, k->n, k->c, k->d, k->x);
}

static int work(void *user)
{
    return crease_member_case_solve(user);
}

/* The answer must be right before its time counts. */
static int verify(crease_member_case *k)
{
    crease_certificate proof;
    double enough = k->p.backend->real_bytes == sizeof(double) ? 1e-9 : 64 * k->p.backend->roundoff;
    CREASE_TRY(crease_member_case_solve(k));
    if (!k->info.exact) return CREASE_OK;
    CREASE_TRY(crease_certify(&k->p, k->x, &proof));
    if (proof.relative <= enough) return CREASE_OK;
    return crease_fail(k->ctx, CREASE_ESHORT, "the certificate is %.2g, above %.2g", proof.relative,
                       enough);
}

static int measure_row(const crease_bench *b, crease_member_case *k, const crease_backend *backend,
                       bool verified, row *r)
{
    crease_pace pace = { .most = b->repeats, .least = LEAST_ROUNDS, .enough_ms = row_ms,
                         .batch_ms = batch_ms };
    crease_sides sides = { pass, work, k };
    CREASE_TRY(crease_member_case_load(k, backend));
    if (verified) CREASE_TRY(verify(k));
    CREASE_TRY(crease_bench_time(k->ctx, &sides, &pace, &r->times));
    if (!k->info.exact && isfinite(k->info.gap)) add_note(r, "inexact, gap %.1e", k->info.gap);
    else if (!k->info.exact) add_note(r, "inexact, gap unknown");
    return CREASE_OK;
}

/* --- the table ------------------------------------------------------------------------------------ */

static void print_header(const crease_bench *b)
{
    printf("backends");
    for (size_t i = 0; i < b->n_backends; i++)
        printf(" %s (%s)", b->backends[i]->name, b->backends[i]->variant);
    printf(", at most %d repeats, one thread, medians\n", b->repeats);
    printf("%-18s %-8s %-8s %-9s %9s  %10s %8s %9s %7s %5s  %s\n", "member", "groups", "metric",
           "precision", "n", "ns/elem", "pass", "ratio", "repeats", "iter", "note");
    if (b->csv)
        fprintf(b->csv, "member,groups,metric,precision,n,ns_per_element,pass_ns_per_element,ratio,repeats,"
                        "iterations,note\n");
}

static void quote(FILE *csv, const char *text)
{
    if (*text) fputc('"', csv);
    for (const char *at = text; *at; at++) {
        if (*at == '"') fputc('"', csv);
        fputc(*at, csv);
    }
    if (*text) fputc('"', csv);
}

/* A row that failed has no numbers. */
static void print_row(const crease_bench *b, const char *member, const crease_member_case *k,
                      const crease_backend *backend, const row *r)
{
    const char *precision = backend->real_bytes == sizeof(double) ? "f64" : "f32";
    double ns = 1e6 * r->times.work_ms / (double)k->n, pass_ns = 1e6 * r->times.pass_ms / (double)k->n;
    double ratio = r->times.ratio;
    int rounds = r->times.rounds;
    printf("%-18s %-8s %-8s %-9s %9zu", member, k->layout, k->metric, precision, k->n);
    if (r->failed) printf("  %10s %8s %9s %7s %5s", "-", "-", "-", "-", "-");
    else printf("  %10.3f %8.3f %9.2f %7d %5u", ns, pass_ns, ratio, rounds, k->info.iterations);
    printf("%s%s\n", *r->note ? "  " : "", r->note);
    fflush(stdout);
    if (!b->csv) return;
    fprintf(b->csv, "%s,%s,%s,%s,%zu,", member, k->layout, k->metric, precision, k->n);
    if (r->failed) fprintf(b->csv, ",,,,,");
    else fprintf(b->csv, "%.6g,%.6g,%.6g,%d,%u,", ns, pass_ns, ratio, rounds, k->info.iterations);
    quote(b->csv, r->note);
    fputc('\n', b->csv);
    fflush(b->csv); /* what is measured stays, whatever happens to the rest */
}

/* --- members, metrics, sizes ---------------------------------------------------------------------- */

typedef struct {
    size_t rows, failed;
} tally;

/* What the next size will take at least, the call that warms up among the rounds; 0 after the last size. */
static double next_row_ms(const crease_bench *b, const row *r, size_t at)
{
    if (at + 1 >= b->n_sizes) return 0;
    return (LEAST_ROUNDS + 1) * r->times.work_ms * (double)b->sizes[at + 1] / (double)b->sizes[at];
}

/* One size in both precisions; whether a larger one is worth its time. */
static bool measure_size(const crease_bench *b, const crease_regularizer_type *type, bool scalar, size_t at,
                         tally *t)
{
    crease_member_case k;
    bool grow = true;
    int made = crease_member_case_make(b->ctx, type, scalar, b->sizes[at], &k);
    for (size_t i = 0; i < b->n_backends; i++) {
        row r = { 0 };
        int code = made == CREASE_OK ? measure_row(b, &k, b->backends[i], at < VERIFIED_SIZES, &r) : made;
        r.failed = code != CREASE_OK;
        if (r.failed) add_note(&r, "FAILED: %s", crease_ctx_error(b->ctx)->sentence);
        double next_ms = next_row_ms(b, &r, at);
        if (next_ms > longest_row_ms)
            add_note(&r, "no larger sizes: the next would take %.0f s", 1e-3 * next_ms);
        grow &= next_ms <= longest_row_ms;
        print_row(b, type->base.name, &k, b->backends[i], &r);
        t->rows++;
        t->failed += r.failed;
    }
    crease_member_case_free(&k);
    return grow;
}

static void measure_metric(const crease_bench *b, const crease_regularizer_type *type, bool scalar, tally *t)
{
    bool grow = true;
    for (size_t at = 0; at < b->n_sizes && grow; at++) grow = measure_size(b, type, scalar, at, t);
}

static void measure_member(const crease_bench *b, const crease_regularizer_type *type, tally *t)
{
    bool scalar_only = type->exactness == CREASE_SCALAR_ONLY;
    if (scalar_only || type->exactness == CREASE_EXACT_SCALAR) measure_metric(b, type, true, t);
    if (!scalar_only) measure_metric(b, type, false, t);
}

static void measure_all(const crease_bench *b, tally *t)
{
    const crease_type *type;
    for (size_t i = 0; i < b->n_members; i++) {
        type = crease_lookup(b->ctx, CREASE_REGULARIZER, b->members[i]);
        measure_member(b, (const crease_regularizer_type *)type, t);
    }
    for (size_t i = 0; b->n_members == 0 && (type = crease_type_at(b->ctx, CREASE_REGULARIZER, i)); i++) {
        const crease_regularizer_type *member = (const crease_regularizer_type *)type;
        if (member->math->prox) measure_member(b, member, t);
    }
}

static int check_names(const crease_bench *b)
{
    for (size_t i = 0; i < b->n_members; i++) {
        const crease_type *type = crease_lookup(b->ctx, CREASE_REGULARIZER, b->members[i]);
        if (!type) return crease_ctx_error(b->ctx)->code;
        if (!((const crease_regularizer_type *)type)->math->prox)
            return crease_fail(b->ctx, CREASE_ENOTSUP, "%s has no exact oracle", type->name);
    }
    return CREASE_OK;
}

int crease_bench_oracles(crease_bench *b)
{
    tally t = { 0 };
    CREASE_TRY(check_names(b));
    print_header(b);
    measure_all(b, &t);
    if (t.failed == 0) return CREASE_OK;
    return crease_fail(b->ctx, CREASE_ESHORT, "%zu of %zu rows failed; their notes say why", t.failed,
                       t.rows);
}
