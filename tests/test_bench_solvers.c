/* crease bench solvers, spectral and atlas: the planted subproblems, and that the tables hold what they
 * say. Answers are computed again from the family that a row names and certified here. Times are not
 * judged. */
#include "cli_support.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../bench/families.h"

/* --- families ------------------------------------------------------------------------------------- */

static crease_family draw_family(crease_random *r, uint64_t seed)
{
    static const char *const names[] = { "group_l2", "sparse_group", "nuclear" };
    static const size_t sizes[] = { 1, 2, 10, 64 };
    crease_family f = { .regularizer = names[seed % 3],
                        .entries = 1 + crease_random_below(r, 300),
                        .size = sizes[crease_random_below(r, 4)],
                        .seed = seed };
    f.condition = pow(10, 6 * crease_random_uniform(r));
    f.spread = pow(10, 3 * crease_random_uniform(r));
    f.live = crease_random_uniform(r);
    if (seed % 3 == 2) {
        f.rows = 1 + crease_random_below(r, 20);
        f.cols = 1 + crease_random_below(r, 20);
        f.condition = pow(10, 3 * crease_random_uniform(r));
    }
    return f;
}

static double extreme(size_t n, const double *v, bool most)
{
    double found = v[0];
    for (size_t i = 1; i < n; i++) found = most ? fmax(found, v[i]) : fmin(found, v[i]);
    return found;
}

/* The metric has the condition that was asked for, in each group or matrix of two entries and more. */
static void check_metric(const crease_family *f, const crease_family_case *k)
{
    size_t size = f->rows ? k->p.n : f->size;
    for (size_t at = 0; size > 1 && at < k->p.n; at += size) {
        double condition = extreme(size, k->d + at, true) / extreme(size, k->d + at, false);
        if (fabs(condition / f->condition - 1) > 1e-9)
            fail_msg("condition %g instead of %g", condition, f->condition);
    }
}

/* How many units live, and that the signature is that of the solution where it shows. */
static void check_signature(crease_ctx *ctx, const crease_family *f, const crease_family_case *k)
{
    size_t live = 0, count = f->rows ? k->units : k->groups.count, expected = f->rows ? 0 : 1;
    crease_term term = { k->psi, &k->groups, NULL };
    crease_unit *unit = crease_alloc(ctx, k->units, sizeof *unit);
    double *work = crease_alloc(ctx, crease_term_work(&term), sizeof *work);
    assert_non_null(unit);
    assert_non_null(work);
    crease_term_signature(&term, k->solution, unit, work);
    for (size_t g = 0; !f->rows && g < k->groups.count; g++) {
        bool any = false;
        for (size_t i = 0; i < f->size; i++) any |= k->solution[g * f->size + i] != 0;
        live += any;
    }
    for (size_t i = 0; f->rows && i < k->units; i++) live += k->unit[i];
    if (!f->rows) assert_memory_equal(unit, k->unit, k->units * sizeof *unit);
    if (live < expected || fabs((double)live - f->live * (double)count) > 1)
        fail_msg("%s: %zu of %zu live, asked for %g", f->regularizer, live, count, f->live);
    crease_release(ctx, work);
    crease_release(ctx, unit);
}

/* The start point differs from the solution by about a tenth of an entry's size, and shows another
 * structure. */
static void check_start(const crease_family_case *k)
{
    const double *start = k->start;
    double sum = 0, zeros = 0;
    for (size_t i = 0; i < k->p.n; i++) {
        double step = (start[i] - k->solution[i]) / k->typical[i];
        sum += step * step;
        zeros += start[i] == 0;
    }
    double size = sqrt(sum / (double)k->p.n);
    assert_true(zeros == 0);
    if (k->p.n > 200 && fabs(size - CREASE_FAMILY_PERTURBATION) > 0.03)
        fail_msg("perturbed by %g", size);
}

static void test_planted_solutions(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    const crease_backend *backend = crease_backend_find(ctx, "cpu-f64");
    crease_random r = crease_random_at(5, CREASE_STREAM_TEST, 0);
    for (uint64_t seed = 0; seed < 3 * crease_test_count(300); seed++) {
        crease_family f = draw_family(&r, seed);
        crease_family_case k;
        crease_certificate proof;
        assert_ok(ctx, crease_family_make(ctx, &f, backend, &k));
        assert_ok(ctx, crease_certify(&k.p, k.solution, &proof));
        if (!(proof.relative < 1e-12))
            fail_msg("%s, seed %d: certificate %g", f.regularizer, (int)seed, proof.relative);
        check_metric(&f, &k);
        check_signature(ctx, &f, &k);
        check_start(&k);
        crease_family_free(&k);
    }
    crease_ctx_free(ctx);
}

/* The planted solution is what the exact oracle finds, in both widths: nobody's but the oracle's own
 * opinion. */
static void test_oracle_agrees(void **state)
{
    (void)state;
    static const char *const backends[] = { "cpu-f64", "cpu-f32" };
    crease_ctx *ctx = test_ctx();
    crease_solver *exact = crease_solver_create(ctx, "exact", NULL);
    for (int k = 0; k < 4; k++) {
        const crease_backend *b = crease_backend_find(ctx, backends[k % 2]);
        crease_family f = { .regularizer = k < 2 ? "group_l2" : "sparse_group",
                            .entries = 500,
                            .size = 10,
                            .condition = 100,
                            .spread = 10,
                            .live = 0.4,
                            .seed = 3 };
        crease_family_case c;
        assert_ok(ctx, crease_family_make(ctx, &f, b, &c));
        assert_ok(ctx, crease_solver_solve(exact, &c.p, c.start, NULL));
        double *x = crease_alloc(ctx, c.p.n, sizeof *x);
        b->to_host(c.p.n, c.start, x);
        for (size_t i = 0; i < c.p.n; i++) {
            double error = fabs(x[i] - c.solution[i]) / c.typical[i];
            if (error > (k % 2 ? 1e-3 : 1e-10))
                fail_msg("%s: entry %zu is off by %g", backends[k % 2], i, error);
            if (k % 2 == 0) assert_int_equal(x[i] == 0, c.solution[i] == 0);
        }
        crease_release(ctx, x);
        crease_family_free(&c);
    }
    crease_solver_free(exact);
    crease_ctx_free(ctx);
}

static void test_seeds(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    const crease_backend *backend = crease_backend_find(ctx, "cpu-f64");
    crease_family f = { .regularizer = "sparse_group",
                        .entries = 60,
                        .size = 6,
                        .condition = 10,
                        .spread = 1,
                        .live = 0.5,
                        .seed = 1 };
    crease_family_case a, b, other;
    assert_ok(ctx, crease_family_make(ctx, &f, backend, &a));
    assert_ok(ctx, crease_family_make(ctx, &f, backend, &b));
    f.seed = 2;
    assert_ok(ctx, crease_family_make(ctx, &f, backend, &other));
    assert_memory_equal(a.c, b.c, a.p.n * sizeof *a.c);
    assert_memory_equal(a.start, b.start, a.p.n * sizeof *a.c);
    assert_memory_not_equal(a.c, other.c, a.p.n * sizeof *a.c);
    crease_family_free(&a);
    crease_family_free(&b);
    crease_family_free(&other);
    f.regularizer = "l1";
    assert_fails(ctx, crease_family_make(ctx, &f, backend, &a), CREASE_ENOTFOUND,
                 "there is no family 'l1'");
    crease_family_free(&a);
    crease_ctx_free(ctx);
}

/* --- tables --------------------------------------------------------------------------------------- */

enum { MOST_FIELDS = 32, MOST_ROWS = 2000 };

typedef struct {
    char text[1000000];
    char *field[MOST_ROWS][MOST_FIELDS];
    size_t rows, fields;
} table;

/* Fields are quoted where they may hold a comma; none here holds a quote. */
static void read_table(const char *path, table *t)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    t->text[fread(t->text, 1, sizeof t->text - 1, file)] = '\0';
    fclose(file);
    t->rows = t->fields = 0;
    for (char *at = t->text; *at; t->rows++) {
        assert_true(t->rows < MOST_ROWS);
        size_t k = 0;
        for (bool more = true; more; k++) {
            assert_true(k < MOST_FIELDS);
            bool quoted = *at == '"';
            t->field[t->rows][k] = at += quoted;
            at += strcspn(at, quoted ? "\"" : ",\n");
            if (quoted) *at++ = '\0';
            more = *at == ',';
            *at++ = '\0';
        }
        if (t->rows == 0) t->fields = k;
        assert_int_equal(k, t->fields);
    }
}

static const char *word(const table *t, size_t row, const char *name)
{
    for (size_t k = 0; k < t->fields; k++)
        if (strcmp(t->field[0][k], name) == 0) return t->field[row][k];
    fail_msg("no column %s", name);
    return "";
}

/* NAN where there is none. */
static double number(const table *t, size_t row, const char *name)
{
    const char *text = word(t, row, name);
    char *end;
    double value = strtod(text, &end);
    if (*end) fail_msg("row %zu: %s is '%s'", row, name, text);
    return end == text ? (double)NAN : value;
}

static bool is(const table *t, size_t row, const char *name, const char *value)
{
    return strcmp(word(t, row, name), value) == 0;
}

/* The family of a row, its seed being the number of its case. */
static crease_family family_of(const table *t, size_t row)
{
    crease_family f = { .regularizer = word(t, row, "family"),
                        .entries = (size_t)number(t, row, "n"),
                        .size = (size_t)number(t, row, "group_size"),
                        .condition = number(t, row, "condition"),
                        .live = number(t, row, "live"),
                        .spread = number(t, row, "spread"),
                        .seed = 1 };
    if (*word(t, row, "rows"))
        f.rows = (size_t)number(t, row, "rows"), f.cols = (size_t)number(t, row, "cols");
    for (size_t i = 2; i <= row; i++) f.seed += strcmp(word(t, i, "case"), word(t, i - 1, "case")) != 0;
    return f;
}

/* Solve again what a row says, with so many iterations or its test; the certificate of that. */
static double certificate_again(crease_ctx *ctx, const table *t, size_t row, crease_solve_info *info)
{
    const crease_backend *backend = crease_backend_find(ctx, word(t, row, "backend"));
    crease_family f = family_of(t, row);
    crease_family_case k;
    crease_certificate proof;
    char test[200];
    bool direct = is(t, row, "solver", "exact");
    if (*word(t, row, "test"))
        snprintf(test, sizeof test, "%s", word(t, row, "test"));
    else
        snprintf(test, sizeof test, "fixed:iterations=%s", word(t, row, "iterations"));
    crease_stopping *stop = direct ? NULL : crease_stopping_parse(ctx, test);
    crease_solver *solver = crease_solver_parse(ctx, word(t, row, "solver"), stop);
    assert_ok(ctx, solver ? CREASE_OK : crease_ctx_error(ctx)->code);
    assert_ok(ctx, crease_family_make(ctx, &f, backend, &k));
    assert_ok(ctx, crease_solver_solve(solver, &k.p, k.start, info));
    assert_ok(ctx, crease_certify(&k.p, k.start, &proof));
    crease_family_free(&k);
    crease_solver_free(solver);
    crease_stopping_free(stop);
    return proof.relative;
}

static bool is_one_of(const char *text, const char *const *words)
{
    while (*words && strcmp(*words, text) != 0) words++;
    return *words != NULL;
}

/* Below that, certificates are rounding. */
static const double rounding = 1e-13;

static bool is_same(double certificate, double again)
{
    if (certificate < rounding && again < rounding) return true;
    return fabs(again / certificate - 1) < 1e-4;
}

/* What was not verified has no time; what has a time reaches its level, certified here. */
static void check_row(crease_ctx *ctx, const table *t, size_t row)
{
    static const char *const outcomes[] = { "reached", "cap",   "budget", "precision",
                                            "short",   "error", NULL };
    crease_solve_info info;
    double time = number(t, row, "time_ms"), level = number(t, row, "level");
    assert_true(is_one_of(word(t, row, "outcome"), outcomes));
    assert_int_equal(time > 0, is(t, row, "outcome", "reached"));
    assert_true(number(t, row, "reference") < 1e-12);
    assert_true(number(t, row, "start_certificate") > 1e-3);
    if (!(time > 0)) return;
    assert_true(number(t, row, "q1_ms") <= time && time <= number(t, row, "q3_ms"));
    assert_true(number(t, row, "repeats") >= 1);
    double again = certificate_again(ctx, t, row, &info);
    if (is(t, row, "kind", "level") && !(again <= level))
        fail_msg("row %zu: certificate %g", row, again);
    if (!is_same(number(t, row, "certificate"), again)) fail_msg("row %zu: again %g", row, again);
    assert_int_equal(info.proxes ? info.proxes : info.iterations,
                     (size_t)fmax(0, number(t, row, "proxes")));
}

static void check_json(const char *path, int solvers)
{
    static char text[200000];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    cJSON *root = cJSON_Parse(text);
    assert_non_null(root);
    const cJSON *list = cJSON_GetObjectItem(root, "solvers");
    assert_int_equal(cJSON_GetArraySize(list), solvers);
    for (int k = 0; k < solvers; k++) {
        const cJSON *one = cJSON_GetArrayItem(list, k), *levels = cJSON_GetObjectItem(one, "levels");
        assert_int_equal(cJSON_GetArraySize(levels), 2);
        double reached[2];
        for (int i = 0; i < 2; i++) {
            const cJSON *level = cJSON_GetArrayItem(levels, i);
            reached[i] = cJSON_GetObjectItem(level, "reached")->valuedouble;
            assert_true(reached[i] <= cJSON_GetObjectItem(level, "cases")->valuedouble);
        }
        assert_true(reached[1] <= reached[0]);
    }
    assert_non_null(cJSON_GetObjectItem(root, "pg_against_exact_captures"));
    const cJSON *against = cJSON_GetObjectItem(root, "pg_against_exact_families");
    assert_int_equal(cJSON_GetObjectItem(against, "cases")->valueint, 14);
    assert_true(cJSON_GetArraySize(cJSON_GetObjectItem(against, "by_condition")) == 7);
    cJSON_Delete(root);
}

static void test_levels(void **state)
{
    (void)state;
    static table t;
    crease_ctx *ctx = test_ctx();
    cli_result r;
    char csv[300], json[300];
    snprintf(csv, sizeof csv, "%s", test_path("levels.csv"));
    snprintf(json, sizeof json, "%s", test_path("levels.json"));
    CLI_RUN(&r, "bench", "solvers", "--family", "group_l2", "--entries", "128", "--levels", "1e-6,1e-2",
            "--solver", "pg", "--solver", "exact", "--solver", "apg:momentum=fista", "--repeats", "1",
            "--iterations", "400", "--csv", csv, "--json", json);
    cli_expect(&r, 0, "pg against exact");
    cli_expect(&r, 0, "the solution's signature for good");
    read_table(csv, &t);
    size_t levels = 0, reached = 0, identified = 0;
    for (size_t row = 1; row < t.rows; row++) {
        bool level = is(&t, row, "kind", "level");
        check_row(ctx, &t, row);
        levels += level;
        reached += level && is(&t, row, "outcome", "reached");
        identified += !level && is(&t, row, "signature", "right");
    }
    assert_int_equal(levels, 14 * 3 * 2); /* cases, solvers, levels */
    assert_true(reached >= 60 && reached < levels);
    assert_true(identified >= 14);
    check_json(json, 3);
    crease_ctx_free(ctx);
}

/* Tests: the outcome and the iterations are those of the same solve again. */
static void test_inexactness_tests(void **state)
{
    (void)state;
    static table t;
    crease_ctx *ctx = test_ctx();
    cli_result r;
    const char *csv = test_path("tests.csv");
    CLI_RUN(&r, "bench", "solvers", "--tests", "--stop", "residual:eps0=1e-3", "--stop",
            "fixed:iterations=7", "--stop", "rel_decrease", "--family", "sparse_group", "--entries",
            "128", "--repeats", "1", "--iterations", "50", "--csv", csv, "--solver", "pg");
    cli_expect(&r, 0, "fixed:iterations=7");
    read_table(csv, &t);
    assert_int_equal(t.rows, 1 + 14 * 3);
    size_t met = 0;
    for (size_t row = 1; row < t.rows; row++) {
        crease_solve_info info;
        double again = certificate_again(ctx, &t, row, &info);
        assert_string_equal(word(&t, row, "outcome"), crease_stop_name(info.stop));
        assert_int_equal((unsigned)number(&t, row, "iterations"), info.iterations);
        assert_true(is_same(number(&t, row, "certificate"), again));
        assert_true(number(&t, row, "time_ms") > 0);
        if (strncmp(word(&t, row, "test"), "fixed", 5) == 0) assert_int_equal(info.iterations, 7);
        met += info.stop == CREASE_STOP_MET;
    }
    assert_true(met > 14 && met < t.rows - 1);
    crease_ctx_free(ctx);
}

/* Every test of the registry, at its default. */
static void test_all_tests(void **state)
{
    (void)state;
    static table t;
    crease_ctx *ctx = test_ctx();
    const crease_type *type;
    cli_result r;
    const char *csv = test_path("all-tests.csv");
    CLI_RUN(&r, "bench", "solvers", "--tests", "--family", "nuclear", "--repeats", "1", "--iterations",
            "3", "--csv", csv, "--solver", "pg", "--budget", "5");
    cli_expect(&r, 0, "residual");
    read_table(csv, &t);
    for (size_t i = 0; (type = crease_type_at(ctx, CREASE_STOPPING, i)); i++) {
        size_t found = 0, length = strlen(type->name);
        for (size_t row = 1; row < t.rows; row++) {
            const char *test = word(&t, row, "test");
            found +=
                strncmp(test, type->name, length) == 0 && (test[length] == '\0' || test[length] == ':');
        }
        if (found == 0) fail_msg("%s was not measured", type->name);
    }
    crease_ctx_free(ctx);
}

static void test_matrices(void **state)
{
    (void)state;
    static table t;
    crease_ctx *ctx = test_ctx();
    cli_result r;
    const char *csv = test_path("spectral.csv");
    CLI_RUN(&r, "bench", "spectral", "--entries", "200", "--levels", "1e-3", "--repeats", "1",
            "--iterations", "200", "--solver", "apg", "--solver", "pg", "--csv", csv);
    cli_expect(&r, 0, "decompositions and seconds to a certificate of 1e-03");
    read_table(csv, &t);
    size_t reached = 0;
    for (size_t row = 1; row < t.rows; row++) {
        crease_solve_info info;
        assert_int_equal((int)number(&t, row, "rows"), 16);
        if (!is(&t, row, "outcome", "reached")) continue;
        assert_true(certificate_again(ctx, &t, row, &info) <= 1e-3
                    || is(&t, row, "kind", "identified"));
        assert_int_equal((size_t)number(&t, row, "decompositions"), info.proxes);
        reached++;
    }
    assert_true(reached >= 6);
    crease_ctx_free(ctx);
}

/* --- captures ------------------------------------------------------------------------------------- */

static void write_capture(crease_ctx *ctx, const char *path)
{
    crease_family f = { .regularizer = "group_l2",
                        .entries = 200,
                        .size = 20,
                        .condition = 50,
                        .spread = 3,
                        .live = 0.5,
                        .seed = 9 };
    crease_family_case k;
    assert_ok(ctx, crease_family_make(ctx, &f, crease_backend_find(ctx, "cpu-f64"), &k));
    crease_capture capture = {
        .ctx = ctx, .p = k.p, .start = k.start, .psi = k.psi, .problem = "planted"
    };
    assert_ok(ctx, crease_capture_write(ctx, path, &capture));
    crease_family_free(&k);
}

/* A good file and a damaged one: the damaged one is skipped, counted, and does not stop the other. */
static void test_captures(void **state)
{
    (void)state;
    static table t;
    crease_ctx *ctx = test_ctx();
    cli_result r;
    char folder[300], csv[300], path[400];
    snprintf(csv, sizeof csv, "%s", test_path("captures.csv"));
    snprintf(folder, sizeof folder, "%s", test_path("good.h5"));
    *strrchr(folder, '/') = '\0';
    snprintf(path, sizeof path, "%s/good.h5", folder);
    write_capture(ctx, path);
    FILE *file = fopen(test_path("bad.h5"), "w");
    assert_non_null(file);
    fprintf(file, "this is no HDF5\n");
    fclose(file);
    CLI_RUN(&r, "bench", "solvers", folder, "--solver", "exact", "--solver", "pg", "--levels",
            "1e-2,1e-10", "--csv", csv);
    cli_expect(&r, 0, "1 of 2 cases were skipped");
    cli_expect(&r, 0, "bad.h5  SKIPPED");
    cli_expect(&r, 0, "captures");
    read_table(csv, &t);
    assert_int_equal(t.rows, 1 + 5); /* two levels each, and the identification of pg */
    for (size_t row = 1; row < t.rows; row++) {
        assert_string_equal(word(&t, row, "family"), "capture");
        assert_true(fabs(number(&t, row, "condition") - 150) < 149);
        assert_string_equal(word(&t, row, "outcome"), "reached");
    }
    remove(path);
    CLI_RUN(&r, "bench", "solvers", folder, "--solver", "exact");
    cli_expect(&r, 1, "no case was measured");
    crease_ctx_free(ctx);
}

/* --- atlas ---------------------------------------------------------------------------------------- */

static void test_atlas(void **state)
{
    (void)state;
    static table t;
    static const char *const outcomes[] = { "met", "precision", "cap", "error", NULL };
    cli_result r;
    const char *csv = test_path("atlas.csv");
    CLI_RUN(&r, "bench", "atlas", "--solver", "exact", "--solver", "pg", "--cases", "1", "--iterations",
            "10", "--csv", csv);
    cli_expect(&r, 0, "worst certificate");
    read_table(csv, &t);
    assert_int_equal(
        t.rows, 1 + 2 * 2 * 9 * (6 + 9 + 7)); /* solvers, precisions, spreads, steps of the planes */
    size_t caps = 0;
    for (size_t row = 1; row < t.rows; row++) {
        bool narrow = is(&t, row, "backend", "cpu-f32");
        assert_true(is_one_of(word(&t, row, "outcome"), outcomes));
        caps += is(&t, row, "outcome", "cap");
        if (is(&t, row, "solver", "exact"))
            assert_true(number(&t, row, "certificate") < (narrow ? 1e-5 : 1e-12));
        else
            assert_true(number(&t, row, "iterations") <= 10);
    }
    assert_true(caps > 100);
    CLI_RUN(&r, "bench", "atlas", "--solver", "dual_bcd", "--cases", "1", "--iterations", "10",
            "--backend", "cpu-f64");
    assert_int_equal(r.status, 0);
}

/* --- use ------------------------------------------------------------------------------------------ */

static void test_pictures(void **state)
{
    (void)state;
    cli_result r;
    static const char *const names[] = { "lab-profiles.png", "lab-curves.png",
                                         "lab-identification.png" };
    CLI_RUN(&r, "bench", "solvers", "--family", "group_l2", "--entries", "64", "--solver", "pg",
            "--solver", "exact", "--repeats", "1", "--iterations", "50", "--plot", test_path("lab"));
    if (r.status == 2 && strstr(r.err, "CREASE_PYTHON")) skip();
    cli_expect(&r, 0, "pg");
    for (size_t i = 0; i < 3; i++) {
        char magic[4] = "";
        FILE *file = fopen(test_path(names[i]), "rb");
        assert_non_null(file);
        assert_int_equal(fread(magic, 1, 4, file), 4);
        assert_memory_equal(magic, "\x89PNG", 4);
        fclose(file);
    }
    CLI_RUN(&r, "bench", "solvers", "--family", "group_l2", "--entries", "64", "--solver", "exact",
            "--plot", "/nowhere/x");
    assert_int_equal(r.status, 2);
    assert_non_null(strstr(r.err, "crease: '/nowhere/x' was not drawn"));
}

static void test_wrong_use(void **state)
{
    (void)state;
    static const struct {
        const char *args[9], *words;
    } cases[] = {
        { { "bench", "solverz" }, "did you mean 'solvers'?" },
        { { "bench", "--csv", "x", "solvers" }, "'solvers' goes before all options" },
        { { "bench", "solvers", "--family", "l1" }, "there is no family 'l1'" },
        { { "bench", "solvers", "--levels", "1e-2,tight" }, "--levels is 'tight'" },
        { { "bench", "solvers", "--levels", "2" }, "--levels is 2, but must lie in" },
        { { "bench", "solvers", "--solver", "newton" }, "newton" },
        { { "bench", "solvers", "--solver", "pg:step=quick" }, "quick" },
        { { "bench", "solvers", "--stop", "whenever" }, "whenever" },
        { { "bench", "solvers", "--repeats", "0" }, "--repeats is 0" },
        { { "bench", "solvers", "--backend", "cuda" }, "no backend \"cuda\"" },
        { { "bench", "solvers", "/nowhere" }, "cannot read the folder '/nowhere'" },
        { { "bench", "solvers", "--csv", "/nowhere/x.csv" }, "cannot write '/nowhere/x.csv'" },
        { { "bench", "solvers", "--json", "/nowhere/x.json" }, "cannot write '/nowhere/x.json'" },
        { { "bench", "solvers", "--tests", "--plot", "x.png" }, "--plot draws solvers, not --tests" },
        { { "bench", "spectral", "here" }, "one argument too many" },
        { { "bench", "atlas", "--cases", "0" }, "--cases is 0" },
        { { "bench", "atlas", "--solver", "newton" }, "newton" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cli_result r;
        cli_run(&r, cases[i].args);
        cli_expect(&r, 2, cases[i].words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_planted_solutions),
        cmocka_unit_test(test_oracle_agrees),
        cmocka_unit_test(test_seeds),
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_inexactness_tests),
        cmocka_unit_test(test_all_tests),
        cmocka_unit_test(test_matrices),
        cmocka_unit_test(test_captures),
        cmocka_unit_test(test_atlas),
        cmocka_unit_test(test_pictures),
        cmocka_unit_test(test_wrong_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
