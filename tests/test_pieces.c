/* The kernel of piecewise quadratic penalties: global minimizers in both widths, the same bits on every vector unit. */
#include <math.h>
#include <string.h>

#include "support.h"

enum { N = 67 }; /* whole vectors and a rest */

typedef struct {
    crease_pieces psi;
    double c[N], d[N], w, x[N];
} entry_case;

static crease_side draw_side(crease_random *r)
{
    crease_side side = { .n = 1 + (unsigned)crease_random_below(r, CREASE_MOST_PIECES) };
    double end = 0;
    if (crease_random_uniform(r) < 0.3) side.jump = crease_random_uniform(r);
    for (unsigned k = 0; k < side.n; k++) {
        end += 0.1 + crease_random_uniform(r);
        side.piece[k] = (crease_piece){ end, 2 * crease_random_normal(r), crease_random_normal(r) };
        if (crease_random_uniform(r) < 0.4) side.piece[k].curvature = 0;
    }
    if (crease_random_uniform(r) < 0.7) { /* the whole line, and no fall for ever */
        side.piece[side.n - 1].end = INFINITY;
        side.piece[side.n - 1].curvature = fabs(side.piece[side.n - 1].curvature);
    }
    return side;
}

/* Numbers that a float holds, so that both widths solve the same problem but for the pieces. */
static void draw_case(crease_random *r, bool even, entry_case *k)
{
    static const double weights[] = { 1e-3, 1, 30 };
    k->psi = (crease_pieces){ .anchor = even ? 0 : (float)crease_random_normal(r), .right = draw_side(r) };
    k->psi.left = even ? k->psi.right : draw_side(r);
    k->w = weights[crease_random_below(r, 3)];
    for (int i = 0; i < N; i++) {
        k->d[i] = (float)pow(10, 2 * crease_random_uniform(r) - 1);
        k->c[i] = (float)(k->w * 3 * crease_random_normal(r));
    }
}

/* Through the backend's own width; x comes back in double, and as bytes where bits is not NULL. */
static void solve(crease_ctx *ctx, const crease_backend *b, entry_case *k, unsigned char *bits)
{
    void *c = crease_alloc(ctx, N, b->real_bytes), *d = crease_alloc(ctx, N, b->real_bytes);
    void *x = crease_alloc(ctx, N, b->real_bytes);
    size_t zeros, failed, counted = 0;
    b->from_host(N, k->c, c);
    b->from_host(N, k->d, d);
    crease_pieces_task task = { .n = N, .c = c, .d = d, .w = k->w, .psi = &k->psi };
    assert_int_equal(b->pieces_diag(&task, x, &zeros, &failed), CREASE_OK);
    b->to_host(N, x, k->x);
    if (bits) memcpy(bits, x, N * b->real_bytes);
    for (int i = 0; i < N; i++) {
        assert_false(k->x[i] == 0 && signbit(k->x[i]));
        counted += k->x[i] == 0;
    }
    assert_int_equal(zeros, counted);
    crease_release(ctx, c);
    crease_release(ctx, d);
    crease_release(ctx, x);
}

/* --- by brute force ---------------------------------------------------------------------------------- */

static long double side_value(const crease_side *side, long double t)
{
    long double sum = t > 0 ? side->jump : 0, lo = 0;
    for (unsigned k = 0; k < side->n && lo < t; k++) {
        long double hi = fminl(t, side->piece[k].end);
        sum += (hi - lo) * (side->piece[k].slope + 0.5L * side->piece[k].curvature * (lo + hi));
        lo = hi;
    }
    return lo < t ? INFINITY : sum;
}

static long double objective(const crease_pieces *psi, double c, double d, double w, long double x)
{
    long double t = x - psi->anchor;
    return 0.5L * d * x * x - c * x + w * (t > 0 ? side_value(&psi->right, t) : side_value(&psi->left, -t));
}

/* The least of all ends and of all stationary points inside pieces. */
static long double least(const crease_pieces *psi, double c, double d, double w)
{
    long double best = objective(psi, c, d, w, psi->anchor);
    for (int sign = -1; sign <= 1; sign += 2) {
        const crease_side *side = sign > 0 ? &psi->right : &psi->left;
        long double lo = 0, pull = sign * ((long double)c - (long double)d * psi->anchor);
        for (unsigned k = 0; k < side->n; k++) {
            const crease_piece *p = &side->piece[k];
            long double t = (pull - (long double)w * p->slope) / (d + (long double)w * p->curvature);
            if (isfinite(p->end)) best = fminl(best, objective(psi, c, d, w, psi->anchor + sign * (long double)p->end));
            if (t > lo && t < p->end) best = fminl(best, objective(psi, c, d, w, psi->anchor + sign * t));
            lo = p->end;
        }
    }
    return best;
}

static void global_minimizers(void **state)
{
    const crease_backend *b;
    for (size_t v = 0; (b = crease_backend_at(v)); v++)
        for (size_t seed = 0; seed < crease_test_count(2000); seed++) {
            crease_random r = crease_random_at(seed, CREASE_STREAM_TEST, 0);
            entry_case k;
            draw_case(&r, seed % 2, &k);
            solve(*state, b, &k, NULL);
            for (int i = 0; i < N; i++) {
                /* an end rounded to the width may lie just outside: step back inside */
                double x = k.x[i], reach = 4 * b->roundoff * (fabs(x) + fabs(k.psi.anchor));
                double inside = x + copysign(reach, k.psi.anchor - x);
                long double value = fminl(objective(&k.psi, k.c[i], k.d[i], k.w, x),
                                          objective(&k.psi, k.c[i], k.d[i], k.w, inside));
                long double excess = value - least(&k.psi, k.c[i], k.d[i], k.w);
                double size = k.d[i] * x * x + fabs(k.c[i] * x) + 10 * k.w + fabs(k.c[i] * k.psi.anchor)
                              + k.d[i] * k.psi.anchor * k.psi.anchor;
                if (!(excess <= 64 * b->roundoff * size))
                    fail_msg("%s, seed %zu, entry %d: x = %.17g is %Lg above the least", b->name, seed, i, x, excess);
            }
        }
}

/* Vector units of one width agree to the bit. */
static void same_bits(void **state)
{
    const crease_backend *b;
    for (size_t seed = 0; seed < crease_test_count(500); seed++)
        for (size_t bytes = 4; bytes <= 8; bytes += 4) {
            unsigned char first[8 * N], bits[8 * N];
            bool have = false;
            for (size_t v = 0; (b = crease_backend_at(v)); v++) {
                crease_random r = crease_random_at(seed, CREASE_STREAM_TEST, 1);
                entry_case k;
                if (b->real_bytes != bytes) continue;
                draw_case(&r, seed % 2, &k);
                solve(*state, b, &k, have ? bits : first);
                if (have) assert_memory_equal(first, bits, N * bytes);
                have = true;
            }
        }
}

static void errors(void **state)
{
    static const double bad[] = { NAN, INFINITY, -INFINITY };
    const crease_backend *b;
    for (size_t v = 0; (b = crease_backend_at(v)); v++)
        for (int k = 0; k < 7; k++) {
            crease_pieces psi = { .right = { .n = 1, .piece = { { INFINITY, 1, 0 } } },
                                  .left = { .n = 1, .piece = { { INFINITY, 1, 0 } } } };
            double c[N] = { 0 }, d[N];
            size_t zeros, failed = 0;
            for (int i = 0; i < N; i++) d[i] = 1;
            if (k < 6) (k < 3 ? c : d)[40] = bad[k % 3];
            else c[40] = 2, d[40] = 0; /* the slope 1 does not hold it */
            void *bc = crease_alloc(*state, N, 8), *bd = crease_alloc(*state, N, 8), *bx = crease_alloc(*state, N, 8);
            b->from_host(N, c, bc);
            b->from_host(N, d, bd);
            crease_pieces_task task = { .n = N, .c = bc, .d = bd, .w = 1, .psi = &psi };
            assert_int_equal(b->pieces_diag(&task, bx, &zeros, &failed), k < 6 ? CREASE_ENAN : CREASE_EUNBOUNDED);
            assert_int_equal(failed, 40);
            crease_release(*state, bc);
            crease_release(*state, bd);
            crease_release(*state, bx);
        }
}

static int set_up(void **state)
{
    *state = test_ctx();
    return 0;
}

static int tear_down(void **state)
{
    crease_ctx_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(global_minimizers),
        cmocka_unit_test(same_bits),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
