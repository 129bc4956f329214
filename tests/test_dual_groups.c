/* The blocks of dual_bcd from inside: what they keep is feasible and never gets worse. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dual_support.h"

#define crease_block crease_list_block /* what a block ends as; beside the block of parameters */
#include "core/dual_groups.h"
#undef crease_block

static const double spreads[] = { 0, 1, 10, 1e3 }, factors[] = { 1, 1e-3, 1e4 };

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

typedef struct {
    crease_dual_groups o;
    void *memory;
    const overlap *s;
} inside;

static inside open_dual(problem *q, bool latent)
{
    inside in = { .s = &q->s };
    crease_part part = q->s.part;
    crease_arena count = { 0 };
    part.groups = &q->s.groups;
    crease_dual_groups_carve(&in.o, &count, &part, latent);
    in.memory = aligned_alloc(64, count.used + 64);
    assert_non_null(in.memory);
    crease_arena arena = { in.memory, 0 };
    crease_dual_groups_carve(&in.o, &arena, &part, latent);
    memcpy(in.o.d, q->s.d, part.n * sizeof(double));
    in.o.c = q->s.c;
    assert_true(crease_dual_groups_build(&in.o, &part, q->s.w));
    return in;
}

/* 1/2 |c - sum of what is kept|^2 in D^-1, plus sum_k r_k |v_k| (latent). */
static long double blocks_objective(const inside *in)
{
    const crease_dual_groups *o = &in->o;
    long double rest[MOST], sum = 0;
    for (size_t i = 0; i < o->lists.n; i++) rest[i] = in->s->c[i];
    for (size_t k = 0; k < o->lists.count; k++) {
        long double square = 0;
        for (size_t e = o->lists.begin[k]; e < o->lists.begin[k + 1]; e++) {
            size_t i = o->lists.entry[e];
            long double kept = o->kept[e];
            rest[i] -= o->latent ? in->s->d[i] * kept : kept;
            square += kept * kept;
        }
        if (o->latent)
            sum += o->lists.radius[k] * sqrtl(square);
        else if (!(sqrtl(square) <= o->lists.radius[k] * (1 + 1e-14L)))
            fail_msg("list %zu: |y| = %Lg, above %g", k, sqrtl(square), o->lists.radius[k]);
    }
    for (size_t i = 0; i < o->lists.n; i++) sum += 0.5L * rest[i] * rest[i] / in->s->d[i];
    return sum;
}

static long double value_of(problem *q, const double *x, bool latent)
{
    long double sum =
        latent ? q->s.w * crease_part_value(q->s.psi, &q->s.part, x) : overlap_objective(&q->s, x);
    for (size_t i = 0; i < q->s.part.n && latent; i++)
        sum += (0.5L * q->s.d[i] * x[i] - q->s.c[i]) * x[i];
    return sum;
}

/* Sweeps, hurried ones, reweighted steps and adopted multipliers: y stays feasible, the objective
 * of the blocks never rises, and the gap bounds what the point loses to the solution. */
static void dual_descends(void **state)
{
    for (size_t k = 0; k < crease_test_count(1000); k++) {
        int kind = (int)(k % N_KINDS);
        problem q = dual_plant(*state, kind, spreads[k / 4 % 4], factors[k / 16 % 3]);
        inside in = open_dual(&q, kind == LATENT);
        double x[MOST] = { 0 };
        size_t sweeps = 0;
        dual_certificate(&q); /* gives the part its scratch */
        q.s.part.groups = &q.s.groups;
        long double least = value_of(&q, q.target, kind == LATENT), before = blocks_objective(&in),
                    first = before;
        for (unsigned t = 0; t < 30; t++) {
            assert_true(k % 3 ? crease_dual_groups_hurry(&in.o, &sweeps)
                              : crease_dual_groups_sweep(&in.o));
            if (k % 3 == 2 && kind == LATENT) crease_dual_groups_reweight(&in.o, NULL);
            crease_dual_groups_point(&in.o, true, x);
            if (k % 3 == 2 && kind != LATENT) {
                crease_dual_groups_reweight(&in.o, x);
                crease_dual_groups_adopt(&in.o, x);
            }
            long double now = blocks_objective(&in), loss = value_of(&q, x, kind == LATENT) - least;
            if (!(now <= before + 1e-15L * first))
                fail_msg("%zu, sweep %u: %Lg more", k, t, (now - before) / first);
            double gap = crease_dual_groups_gap(&in.o, x);
            if (!(loss <= gap + 1e-12L * first))
                fail_msg("%zu, sweep %u: loses %Lg, gap %g", k, t, loss, gap);
            before = now;
        }
        assert_true(k % 3 == 0 || sweeps >= 30);
        free(in.memory);
        overlap_free(&q.s);
    }
}

/* D^-1 (c - sum_g y_g) keeps crumbs in groups that the blocks know to be zero; recovery takes no
 * more than those. */
static void recovery_takes_crumbs(void **state)
{
    size_t crumbs = 0;
    overlap_random = (crease_random){ .seed = 2012, .stream = CREASE_STREAM_TEST };
    for (size_t k = 0; k < 100; k++) {
        problem q = dual_plant(*state, k % 2 ? CHAIN : RANDOM, 10, 1);
        inside in = open_dual(&q, false);
        double dense[MOST], recovered[MOST];
        for (size_t i = 0; i < q.s.part.n; i++) dense[i] = overlap_normal();
        crease_dual_groups_adopt(&in.o, dense);
        for (unsigned t = 0; t < 200; t++) crease_dual_groups_sweep(&in.o);
        crease_dual_groups_point(&in.o, false, dense);
        crease_dual_groups_point(&in.o, true, recovered);
        for (size_t i = 0; i < q.s.part.n; i++) {
            assert_true(recovered[i] == dense[i] || (recovered[i] == 0 && q.target[i] == 0));
            crumbs += recovered[i] != dense[i];
        }
        free(in.memory);
        overlap_free(&q.s);
    }
    assert_true(crumbs > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dual_descends),
        cmocka_unit_test(recovery_takes_crumbs),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
