/* The problem relu_net: value and gradient against long double and against differences, dense and
 * sparse, homogeneity, kinks, the start point, figures of merit, what is refused. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "relu_support.h"

static const crease_rows ALL = { 0, NULL };

enum { MOST = 300, ROWS = 300, COLS = 7, CLASSES = 4, N_NETS = 12 };

typedef struct {
    crease_ctx *ctx;
    relu_shape shape;
    sample data;
    crease_problem *p;
    double x[MOST];
} net;

/* Two chunks of rows; slopes 0, 0.1 and 1; dense or sparse; with hidden biases or without. */
static net net_make(int which, const char *backend)
{
    static const long double slopes[] = { 0, 0.1, 1 };
    net s = { .ctx = test_ctx(), .shape = { 9, which & 2, slopes[which / 4] } };
    s.data = sample_create(21, ROWS, COLS, CLASSES, 0.4);
    s.p = relu_problem(s.ctx, &s.shape, &s.data, which & 1, backend);
    assert_int_equal(s.p->n, relu_places(&s.shape, &s.data).n);
    fill_normal(22, s.p->n, 0.7, s.x);
    return s;
}

static void net_free(net *s)
{
    crease_problem_free(s->p);
    sample_free(&s->data);
    crease_ctx_free(s->ctx);
}

/* In double, whatever the backend. */
static double evaluate(const net *s, crease_rows rows, const double *x, double *gradient)
{
    const crease_backend *b = s->p->backend;
    double bx[MOST], bg[MOST], value;
    b->from_host(s->p->n, x, bx);
    assert_ok(s->ctx, s->p->type->gradient(s->p, rows, bx, &value, gradient ? bg : NULL));
    if (gradient) b->to_host(s->p->n, bg, gradient);
    return value;
}

static void widen(size_t n, const double *x, long double *out)
{
    for (size_t i = 0; i < n; i++) out[i] = x[i];
}

/* --- value and gradient -------------------------------------------------------------------------- */

static void matches(const net *s, crease_rows rows, double tolerance)
{
    long double x[MOST], right[MOST];
    double g[MOST], expected[MOST];
    widen(s->p->n, s->x, x);
    double value = (double)relu_value(&s->shape, &s->data, rows, x, right, NULL);
    for (size_t i = 0; i < s->p->n; i++) expected[i] = (double)right[i];
    assert_true(fabs(evaluate(s, rows, s->x, g) - value) <= tolerance * (1 + value));
    assert_true(test_max_error(s->p->n, g, expected) <= tolerance);
    assert_true(evaluate(s, rows, s->x, NULL) == evaluate(s, rows, s->x, g));
}

/* All rows, batches within a chunk and over two, with rows that come twice. */
static void values_are_right(void **state)
{
    static const char *const backends[] = { "cpu-f64", "cpu-f32" };
    (void)state;
    for (int which = 0; which < 2 * N_NETS; which++) {
        net s = net_make(which / 2, backends[which % 2]);
        double tolerance = which % 2 ? 3e-6 : 1e-13;
        uint32_t rows[400];
        crease_random r = crease_random_at(5, CREASE_STREAM_TEST, 0);
        for (size_t i = 0; i < 400; i++) rows[i] = (uint32_t)crease_random_below(&r, ROWS);
        matches(&s, ALL, tolerance);
        matches(&s, (crease_rows){ 1, rows }, tolerance);
        matches(&s, (crease_rows){ 256, rows }, tolerance);
        matches(&s, (crease_rows){ 400, rows }, tolerance);
        net_free(&s);
    }
}

/* Central differences of the definition, in entries along which no unit changes side. */
static void gradients_are_slopes(void **state)
{
    (void)state;
    for (int which = 0; which < N_NETS; which++) {
        net s = net_make(which, "cpu-f64");
        const long double h = 1e-5L;
        long double x[MOST];
        double g[MOST];
        size_t seen = 0;
        widen(s.p->n, s.x, x);
        evaluate(&s, ALL, s.x, g);
        for (size_t i = 0; i < s.p->n; i++) {
            uint64_t below, above;
            x[i] = s.x[i] + h;
            long double rise = relu_value(&s.shape, &s.data, ALL, x, NULL, &above);
            x[i] = s.x[i] - h;
            rise -= relu_value(&s.shape, &s.data, ALL, x, NULL, &below);
            x[i] = s.x[i];
            if (above != below) continue;
            seen++;
            assert_true(fabsl(rise / (2 * h) - g[i]) < 1e-9L);
        }
        assert_true(seen > s.p->n * 9 / 10);
        net_free(&s);
    }
}

static void dense_is_sparse(void **state)
{
    (void)state;
    for (int which = 0; which < N_NETS; which += 2) {
        net dense = net_make(which, "cpu-f64"), sparse = net_make(which + 1, "cpu-f64");
        double g[MOST], h[MOST];
        assert_true(fabs(evaluate(&dense, ALL, dense.x, g) - evaluate(&sparse, ALL, dense.x, h))
                    < 1e-14);
        assert_true(test_max_error(dense.p->n, g, h) < 1e-13);
        net_free(&dense);
        net_free(&sparse);
    }
}

/* (t w_j, t b_j, v_j / t) is the same function; by powers of two to the last bit. */
static void units_are_homogeneous(void **state)
{
    (void)state;
    for (int which = 0; which < N_NETS; which++)
        for (int exact = 0; exact < 2; exact++) {
            net s = net_make(which, "cpu-f64");
            relu_layout at = relu_places(&s.shape, &s.data);
            double before = evaluate(&s, ALL, s.x, NULL);
            for (size_t j = 0; j < s.shape.hidden; j++) {
                double t = exact ? ldexp(1, 3 - (int)j) : 0.3 + 0.6 * (double)j;
                for (size_t i = 0; i < COLS; i++) s.x[j * COLS + i] *= t;
                if (s.shape.hidden_bias) s.x[at.input_bias + j] *= t;
                for (size_t k = 0; k < CLASSES; k++) s.x[at.output + k * s.shape.hidden + j] /= t;
            }
            double after = evaluate(&s, ALL, s.x, NULL);
            assert_true(exact ? after == before : fabs(after - before) < 1e-14 * (1 + before));
            net_free(&s);
        }
}

/* A unit that is off at every row is at its kink: s' = slope. */
static void kinks_have_the_slope(void **state)
{
    (void)state;
    for (int which = 0; which < N_NETS; which++) {
        net s = net_make(which, "cpu-f64");
        relu_layout at = relu_places(&s.shape, &s.data);
        for (size_t i = 0; i < at.output; i++) s.x[i] = 0;
        double g[MOST], linear = 0, size = 0;
        evaluate(&s, ALL, s.x, g);
        for (size_t i = 0; i < at.output; i++) size = fmax(size, fabs(g[i]));
        for (size_t i = at.output; i < at.output_bias; i++) linear = fmax(linear, fabs(g[i]));
        assert_true(linear == 0 && (s.shape.slope > 0) == (size > 0));
        matches(&s, ALL, 1e-13);
        net_free(&s);
    }
}

/* An infinite weight is told of even where it changes no loss. */
static void infinite_weights_are_seen(void **state)
{
    (void)state;
    net s = net_make(0, "cpu-f64");
    s.x[3] = -INFINITY;
    assert_true(isnan(evaluate(&s, ALL, s.x, NULL)));
    s.x[3] = 1;
    s.x[relu_places(&s.shape, &s.data).output_bias] = -INFINITY;
    assert_true(isnan(evaluate(&s, ALL, s.x, NULL)));
    net_free(&s);
}

/* --- what surrounds it --------------------------------------------------------------------------- */

static void blocks_are_described(void **state)
{
    (void)state;
    for (int bias = 0; bias < 2; bias++) {
        net s = net_make(2 * bias, "cpu-f32");
        relu_layout at = relu_places(&s.shape, &s.data);
        const crease_block *b = s.p->blocks;
        assert_int_equal(s.p->n_blocks, 3 + bias);
        assert_string_equal(b[0].name, "input");
        assert_true(b[0].offset == 0 && b[0].rank == 2 && b[0].shape[0] == 9 && b[0].shape[1] == COLS);
        if (bias) assert_string_equal(b[1].name, "input_bias");
        if (bias) assert_true(b[1].offset == at.input_bias && b[1].n == 9 && b[1].rank == 1);
        assert_string_equal(b[1 + bias].name, "output");
        assert_true(b[1 + bias].offset == at.output && b[1 + bias].n == CLASSES * 9);
        assert_true(b[1 + bias].shape[0] == CLASSES && b[1 + bias].shape[1] == 9);
        assert_string_equal(b[2 + bias].name, "output_bias");
        assert_true(b[2 + bias].offset == at.output_bias && b[2 + bias].n == CLASSES);
        assert_true(s.p->row_width == 0 && s.p->rows == ROWS && !s.p->type->curvature);
        net_free(&s);
    }
}

static void starts_have_their_scale(void **state)
{
    (void)state;
    crease_ctx *ctx = test_ctx();
    crease_problem *p =
        problem_make(ctx, "relu_net", "cpu-f64",
                     SETTINGS("data", "planted", "planted_rows", "20", "planted_cols", "100", "hidden",
                              "400", "slope", "0.5", "start_scale", "3", "hidden_bias", "true"));
    double *x = calloc(p->n, sizeof *x), *y = calloc(p->n, sizeof *y);
    assert_true(x && y);
    assert_ok(ctx, p->type->start(p, 7, x));
    assert_ok(ctx, p->type->start(p, 7, y));
    assert_memory_equal(x, y, p->n * sizeof *x);
    assert_ok(ctx, p->type->start(p, 8, y));
    for (size_t b = 0; b < p->n_blocks; b++) {
        const crease_block *block = &p->blocks[b];
        double square = 0, cross = 0;
        for (size_t i = block->offset; i < block->offset + block->n; i++) {
            square += x[i] * x[i] / (double)block->n;
            cross += x[i] * y[i] / (double)block->n;
        }
        double right = block->rank == 2 ? 9 * 2 / 1.25 / (double)block->shape[1] : 0;
        assert_true(fabs(square - right) <= 6 * right * sqrt(2.0 / (double)block->n));
        assert_true(fabs(cross) <= 6 * right / sqrt((double)block->n));
    }
    free(x);
    free(y);
    crease_problem_free(p);
    crease_ctx_free(ctx);
}

static void merit_is_counted(void **state)
{
    (void)state;
    for (int which = 0; which < N_NETS; which++) {
        net s = net_make(which, "cpu-f64");
        relu_layout at = relu_places(&s.shape, &s.data);
        for (size_t k = 0; k < CLASSES; k++) /* two units off, one of them but for a class */
            s.x[at.output + k * 9 + 2] = s.x[at.output + k * 9 + 5] = s.x[at.output + k * 9 + 8] = 0;
        s.x[at.output + 3 * 9 + 8] = 1e-300;
        long double x[MOST];
        widen(s.p->n, s.x, x);
        assert_ok(s.ctx, s.p->type->evaluate(s.p, s.x));
        assert_true(s.p->n_metrics == 2);
        assert_string_equal(s.p->metrics[0].name, "test_accuracy");
        assert_string_equal(s.p->metrics[1].name, "active_units");
        assert_true(s.p->metrics[0].value == (double)relu_correct(&s.shape, &s.data, x) / ROWS);
        assert_true(s.p->metrics[1].value == 7);
        net_free(&s);
    }
}

static void wrong_use_is_refused(void **state)
{
    (void)state;
    net s = net_make(0, "cpu-f64");
    const uint32_t rows[] = { 0, ROWS };
    double value;
    assert_fails(s.ctx, s.p->type->gradient(s.p, (crease_rows){ 2, rows }, s.x, &value, NULL),
                 CREASE_ERANGE, "entry 1 of the batch is row 300");
    assert_fails(s.ctx, s.p->type->gradient(s.p, (crease_rows){ 2, NULL }, s.x, &value, NULL),
                 CREASE_EINVAL, "rows and their count");
    crease_problem *p = crease_problem_create(s.ctx, "relu_net", s.p->backend);
    assert_fails(s.ctx, crease_problem_set(p, "slope", "-0.1"), CREASE_ERANGE, "slope");
    assert_fails(s.ctx, crease_problem_set(p, "hidden", "0"), CREASE_ERANGE, "hidden");
    assert_fails(s.ctx, crease_problem_set(p, "ridge", "1"), CREASE_ENOTFOUND, "ridge");
    assert_ok(s.ctx, crease_problem_set(p, "data", "certified"));
    assert_fails(s.ctx, crease_problem_setup(p), CREASE_ENOTSUP, "known solution");
    crease_problem_free(p);
    net_free(&s);
}

/* --- memory -------------------------------------------------------------------------------------- */

typedef struct {
    size_t calls, fails_at, live;
} supply;

static void *supply_resize(void *user, void *p, size_t bytes)
{
    supply *s = user;
    if (bytes == 0) {
        s->live--;
        free(p);
        return NULL;
    }
    if (s->calls++ == s->fails_at) return NULL;
    s->live += !p;
    return realloc(p, bytes);
}

static int use(crease_ctx *ctx)
{
    static const char *const settings[][2] = {
        { "data", "planted" },     { "planted_rows", "12" }, { "planted_test_rows", "5" },
        { "planted_cols", "6" },   { "planted_live", "3" },  { "planted_classes", "3" },
        { "hidden_bias", "true" }, { "hidden", "4" },
    };
    crease_problem *p = crease_problem_create(ctx, "relu_net", crease_backend_find(ctx, "cpu-f64"));
    int code = p ? CREASE_OK : CREASE_ENOMEM;
    for (size_t i = 0; code == CREASE_OK && i < sizeof settings / sizeof *settings; i++)
        code = crease_problem_set(p, settings[i][0], settings[i][1]);
    if (code == CREASE_OK) code = crease_problem_setup(p);
    double x[50], g[50], value;
    if (code == CREASE_OK) code = p->type->start(p, 1, x);
    if (code == CREASE_OK) code = p->type->gradient(p, ALL, x, &value, g);
    if (code == CREASE_OK) code = p->type->evaluate(p, x);
    crease_problem_free(p);
    return code;
}

static void memory_runs_out(void **state)
{
    (void)state;
    int code = CREASE_ENOMEM;
    for (size_t k = 0; code != CREASE_OK; k++) {
        supply s = { .fails_at = k };
        crease_ctx *ctx = crease_ctx_create(&(crease_allocator){ supply_resize, &s });
        if (ctx) {
            code = use(ctx);
            if (code != CREASE_OK) assert_fails(ctx, code, CREASE_ENOMEM, "out of memory");
            assert_true((code == CREASE_OK) == (s.calls <= k));
            crease_ctx_free(ctx);
        }
        assert_int_equal(s.live, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_right),     cmocka_unit_test(gradients_are_slopes),
        cmocka_unit_test(dense_is_sparse),      cmocka_unit_test(units_are_homogeneous),
        cmocka_unit_test(kinks_have_the_slope), cmocka_unit_test(infinite_weights_are_seen),
        cmocka_unit_test(blocks_are_described), cmocka_unit_test(starts_have_their_scale),
        cmocka_unit_test(merit_is_counted),     cmocka_unit_test(wrong_use_is_refused),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
