/* Where references are kept: found again, solved again when damaged, another name for another problem;
 * and what `crease reference` says, with its exit status. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli_support.h"
#include "experiment/reference.h"
#include "problem_support.h"

static char cache[400];

/* A cache of our own, also for programs that are started. */
static int set_up(void **state)
{
    (void)state;
    snprintf(cache, sizeof cache, "%s", test_path("cache"));
    return setenv("XDG_CACHE_HOME", cache, 1);
}

static const char squares[] = "backend: cpu-f64\n"
                              "problem: {type: least_squares, data: certified, bias: false}\n"
                              "regularizers: [{block: weight, type: l1, lambda: 0.02}]\n"
                              "algorithms: [pg]\n";

/* --- the cache ------------------------------------------------------------------------------------ */

typedef struct {
    crease_ctx *ctx;
    crease_experiment e;
    crease_problem *problem;
} bench;

/* settings: NULL-terminated. */
static bench *open_bench(const char *text, const char *const *settings)
{
    bench *b = calloc(1, sizeof *b);
    size_t n = 0;
    assert_non_null(b);
    b->ctx = test_ctx();
    while (settings[n]) n++;
    assert_ok(b->ctx,
              crease_experiment_read(b->ctx, cli_write_text("bench.yaml", text), settings, n, &b->e));
    assert_ok(b->ctx, crease_experiment_load_problem(&b->e, &b->problem));
    return b;
}

static void close_bench(bench *b)
{
    crease_problem_free(b->problem);
    crease_experiment_free(&b->e);
    crease_ctx_free(b->ctx);
    free(b);
}

static const crease_term_specs *terms_of(const bench *b)
{
    return b->e.regularizers.n ? &b->e.regularizers : &b->e.methods[0].regularizers;
}

static crease_reference find(bench *b, bool fresh, crease_path path)
{
    crease_reference r;
    assert_ok(b->ctx, crease_reference_find(&b->e, terms_of(b), b->problem, NULL, fresh, &r, path));
    assert_true(r.certificate < 1e-11 && r.n == b->problem->n);
    return r;
}

static void assert_same(const crease_reference *a, const crease_reference *b)
{
    assert_int_equal(a->n, b->n);
    assert_int_equal(a->units, b->units);
    assert_memory_equal(a->x, b->x, a->n * sizeof *a->x);
    assert_memory_equal(a->gradient, b->gradient, a->n * sizeof *a->gradient);
    assert_memory_equal(a->tight, b->tight, a->units);
    assert_string_equal(a->hash, b->hash);
    assert_string_equal(a->solver, b->solver);
    assert_true(a->objective == b->objective && a->certificate == b->certificate);
}

static void found_again(void **state)
{
    (void)state;
    bench *b = open_bench(squares, SETTINGS(NULL));
    crease_path path, other;
    crease_reference first = find(b, false, path), second = find(b, false, other);
    assert_string_equal(path, other);
    assert_true(strncmp(path, cache, strlen(cache)) == 0 && strstr(path, first.hash));
    assert_same(&first, &second);
    assert_memory_equal(&first.seconds, &second.seconds, sizeof first.seconds); /* of the first solve */
    crease_reference fresh = find(b, true, other);
    assert_same(&first, &fresh); /* solved again, to the same bits */
    crease_reference_free(b->ctx, &first);
    crease_reference_free(b->ctx, &second);
    crease_reference_free(b->ctx, &fresh);
    close_bench(b);
}

static void write_byte(const char *path, long at, int byte)
{
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    assert_int_equal(putc(byte, file), byte);
    assert_int_equal(fclose(file), 0);
}

/* Damaged, cut short, empty, of another kind: solved again, and right afterwards. */
static void damaged_files(void **state)
{
    (void)state;
    bench *b = open_bench(squares, SETTINGS(NULL));
    crease_path path;
    crease_reference good = find(b, false, path), after;
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    for (int k = 0; k < 4; k++) {
        if (k == 0)
            write_byte(path, info.st_size / 2, 0x5a), write_byte(path, info.st_size / 2 + 1, 0xa5);
        if (k == 1) assert_int_equal(truncate(path, info.st_size / 3), 0);
        if (k == 2) assert_int_equal(truncate(path, 0), 0);
        if (k == 3) write_byte(path, 0, 'X');
        crease_reference r = find(b, false, path);
        assert_same(&good, &r);
        assert_ok(b->ctx, crease_reference_read(b->ctx, path, &after));
        assert_same(&good, &after);
        crease_reference_free(b->ctx, &r);
        crease_reference_free(b->ctx, &after);
    }
    crease_reference_free(b->ctx, &good);
    close_bench(b);
}

/* The reference of another problem under this one's name is none of ours. */
static void exchanged_files(void **state)
{
    (void)state;
    bench *b = open_bench(squares, SETTINGS(NULL)),
          *c = open_bench(squares, SETTINGS("problem.certified_seed=9"));
    crease_path path, other;
    crease_reference mine = find(b, false, path), foreign = find(c, false, other);
    assert_string_not_equal(path, other);
    assert_ok(b->ctx, crease_reference_write(b->ctx, path, &foreign));
    crease_reference r = find(b, false, path);
    assert_same(&mine, &r);
    crease_reference_free(b->ctx, &mine);
    crease_reference_free(c->ctx, &foreign);
    crease_reference_free(b->ctx, &r);
    close_bench(b);
    close_bench(c);
}

static void hash_of(const char *text, const char *const *settings, char hash[65])
{
    bench *b = open_bench(text, settings);
    assert_ok(b->ctx, crease_reference_hash(&b->e, terms_of(b), b->problem, hash));
    assert_int_equal(strlen(hash), 64);
    close_bench(b);
}

/* What changes f + psi changes the name; what does not, does not. */
static void names(void **state)
{
    (void)state;
    char hash[65], other[65];
    static const char *const different[] = { "problem.certified_seed=2",
                                             "problem.certified_cols=59",
                                             "problem.certified_noise=0.2",
                                             "regularizers.0.lambda=0.03",
                                             "regularizers.0.type=elastic_net",
                                             "regularizers.0.ridge=0.1",
                                             "backend=cpu-f32" };
    static const char *const same[] = { "schedule.epochs=7", "seeds=[5, 6]", "algorithms=[fista]",
                                        "name=another", "observe.checkpoint_every=3" };
    hash_of(squares, SETTINGS(NULL), hash);
    for (size_t i = 0; i < sizeof different / sizeof *different; i++) {
        hash_of(squares, SETTINGS(different[i]), other);
        if (strcmp(hash, other) == 0) fail_msg("%s does not change the name", different[i]);
    }
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        hash_of(squares, SETTINGS(same[i]), other);
        if (strcmp(hash, other) != 0) fail_msg("%s changes the name", same[i]);
    }
}

/* Other data in a file of the same name: a value, the labels, the order of the columns, the sign of
 * one; or the spread of the rows, which no gradient at the origin shows. */
static void data_behind_one_path(void **state)
{
    (void)state;
    char hash[65], other[65], text[1000], file[500];
    sample s = sample_create(8, 40, 6, 2, 0);
    s.y[1] = s.y[0];
    snprintf(file, sizeof file, "%s", sample_write_csv(&s, "data"));
    snprintf(text, sizeof text,
             "backend: cpu-f64\nproblem: {type: logistic, data: %s}\n"
             "regularizers: [{block: weight, type: l1, lambda: 0.02}]\nalgorithms: [pg]\n",
             file);
    hash_of(text, SETTINGS(NULL), hash);
    hash_of(text, SETTINGS(NULL), other);
    assert_string_equal(hash, other);
    for (int change = 0; change < 5; change++) {
        sample t = sample_create(8, 40, 6, 2, 0);
        t.y[1] = t.y[0];
        if (change == 0) t.x[17] += 1e-3;
        if (change == 1) t.y[7] = 1 - t.y[7];
        for (size_t i = 0; i < t.rows; i++) {
            double *row = t.x + i * t.cols, kept = row[0];
            if (change == 2) row[0] = row[1], row[1] = kept;
            if (change == 3) row[2] = -row[2];
        }
        if (change == 4) t.x[0] += 1, t.x[t.cols] -= 1; /* two rows of one class */
        assert_string_equal(sample_write_csv(&t, "data"), file);
        hash_of(text, SETTINGS(NULL), other);
        if (strcmp(hash, other) == 0)
            fail_msg("change %d of the data does not change the name", change);
        sample_free(&t);
    }
    sample_free(&s);
}

static void places(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    crease_path path;
    char *home = strdup(getenv("HOME") ? getenv("HOME") : "");
    assert_ok(ctx, crease_reference_path(ctx, "abc", path));
    assert_string_equal(path + strlen(cache), "/crease/references/abc.h5");
    setenv("XDG_CACHE_HOME", "", 1);
    setenv("HOME", test_path("home"), 1);
    assert_ok(ctx, crease_reference_path(ctx, "abc", path));
    assert_non_null(strstr(path, "/home/.cache/crease/references/abc.h5"));
    unsetenv("HOME");
    assert_fails(ctx, crease_reference_path(ctx, "abc", path), CREASE_ENOTFOUND,
                 "neither XDG_CACHE_HOME nor HOME");
    setenv("HOME", home, 1);
    setenv("XDG_CACHE_HOME", cache, 1);
    free(home);
    crease_ctx_free(ctx);
}

/* --- the command ---------------------------------------------------------------------------------- */

static cli_result result;

static void command_words(void **state)
{
    (void)state;
    const char *file = cli_write_text("words.yaml", squares);
    CLI_RUN(&result, "reference", file);
    cli_expect(&result, 0, "unique; nondegenerate");
    cli_expect(&result, 0, "5 of 60 units live, 5 tight");
    cli_expect(&result, 0, "delta 5.000e-03 (zeros), Delta 5.000e-01 (live)");
    cli_expect(&result, 0, cache);
    CLI_RUN(&result, "reference", file, "--quiet");
    cli_expect(&result, 0, "");
    assert_true(result.out[0] == 0 && result.err[0] == 0);
    CLI_RUN(&result, "reference", file, "--method", "farsa_group:kappa1=0.2");
    cli_expect(&result, 0, "solved by    farsa_group:kappa1=0.2");
    CLI_RUN(&result, "reference", file, "--set", "problem.certified_margin=0");
    cli_expect(&result, 0, "degenerate: ");
    cli_expect(&result, 0, "no claim on the manifold");
}

static void command_check(void **state)
{
    (void)state;
    const char *file = cli_write_text("check.yaml", squares);
    static const char *const methods[] = { "fista", "farsa_group", "prox_newton:settled=0", "pg" };
    for (int i = 0; i < 4; i++) {
        CLI_RUN(&result, "reference", file, "--check", methods[i]);
        cli_expect(&result, 0, "the tight set in 0 units");
        cli_expect(&result, 0, methods[i]);
    }
    CLI_RUN(&result, "reference", file, "--check", "pg:L=1e15,relax=1", "--set", "regularizers.0.lambda=0.011");
    cli_expect(&result, 1, "do not agree");
}

static void command_certificate(void **state)
{
    (void)state;
    const char *file = cli_write_text("certificate.yaml", squares);
    CLI_RUN(&result, "reference", file, "--certificate", "1e-18");
    cli_expect(&result, 1, "above 1.00e-18");
    CLI_RUN(&result, "reference", file, "--certificate", "1e-10");
    cli_expect(&result, 0, "certificate");
    CLI_RUN(&result, "reference", file, "--certificate", "-1");
    cli_expect(&result, 2, "--certificate");
    CLI_RUN(&result, "reference", file, "--certificate", "some");
    cli_expect(&result, 2, "--certificate");
}

static void command_errors(void **state)
{
    (void)state;
    const char *file = cli_write_text("errors.yaml", squares);
    CLI_RUN(&result, "reference", file, "--method", "ramda");
    cli_expect(&result, 2, "ramda is not deterministic");
    CLI_RUN(&result, "reference", file, "--method", "newton");
    cli_expect(&result, 2, "newton");
    CLI_RUN(&result, "reference", file, "--method", "pg:nothing=1");
    cli_expect(&result, 2, "nothing");
    CLI_RUN(&result, "reference", file, "--check", "nothing");
    cli_expect(&result, 2, "nothing");
    CLI_RUN(&result, "reference", test_path("absent.yaml"));
    cli_expect(&result, 2, "absent.yaml");
    CLI_RUN(&result, "reference");
    cli_expect(&result, 2, "FILE");
    CLI_RUN(&result, "reference", file, "--set", "problem.bias=true");
    cli_expect(&result, 2, "bias");
}

/* --out is the file of the cache once more. */
static void command_out(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    crease_reference r;
    const char *file = cli_write_text("out.yaml", squares), *out = test_path("out.h5");
    CLI_RUN(&result, "reference", file, "--out", out, "--fresh");
    cli_expect(&result, 0, "unique");
    assert_ok(ctx, crease_reference_read(ctx, out, &r));
    assert_true(r.unique && !r.degenerate && r.n == 60 && strlen(r.hash) == 64);
    crease_reference_free(ctx, &r);
    CLI_RUN(&result, "reference", file, "--out", test_path("no/such/folder.h5"));
    cli_expect(&result, 2, "folder.h5");
    crease_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(found_again),          cmocka_unit_test(damaged_files),
        cmocka_unit_test(exchanged_files),      cmocka_unit_test(names),
        cmocka_unit_test(data_behind_one_path), cmocka_unit_test(places),
        cmocka_unit_test(command_words),        cmocka_unit_test(command_check),
        cmocka_unit_test(command_certificate),  cmocka_unit_test(command_errors),
        cmocka_unit_test(command_out),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
