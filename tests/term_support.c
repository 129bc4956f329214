#include "term_support.h"

#include <math.h>
#include <stdlib.h>

const member members[] = {
    { "l1", { "lambda", "0.3" }, SHRINK, 0.3, 0, 0 },
    { "group_l2", { "lambda", "0.5" }, SHRINK, 0, 0.5, 0 },
    { "sparse_group", { "lambda1", "0.2", "lambda2", "0.4" }, SHRINK, 0.2, 0.4, 0 },
    { "group_l2", { "lambda", "0.5", "scale", "3", "ridge", "0.7" }, SHRINK, 0, 1.5, 0.7 },
    { "none", { "ridge", "0.7" }, SHRINK, 0, 0, 0.7 },
    { "l1", { "lambda", "2", "scale", "0.25" }, SHRINK, 0.5, 0, 0 },
    { "box", { "lower", "-1", "upper", "2" }, BOX, 0, 0, 0 },
};

double uniform(stage *s)
{
    return crease_random_uniform(&s->random);
}

static void add_term(stage *s, int which)
{
    size_t t = s->n_terms++;
    int64_t labels[N];
    s->member[t] = &members[which];
    s->psi[t] = crease_regularizer_create(s->ctx, members[which].name);
    for (const char *const *k = members[which].settings; *k; k += 2)
        assert_ok(s->ctx, crease_regularizer_set(s->psi[t], k[0], k[1]));
    for (int i = 0; i < N; i++) labels[i] = s->term_of[i] == (int)t ? s->group_of[i] : -1;
    assert_ok(s->ctx, crease_groups_from_labels(s->ctx, 0, N, labels, &s->groups[t]));
    for (int g = 0; g < MOST_GROUPS; g++) s->weight[t][g] = uniform(s) < 0.2 ? 0 : 2 * uniform(s);
    assert_ok(s->ctx, crease_groups_set_weights(s->ctx, &s->groups[t], s->weight[t]));
    s->terms[t] = (crease_term){ s->psi[t], &s->groups[t], members[which].name };
}

stage *open_stage(uint64_t seed, size_t n_terms, const int *which, bool has_free)
{
    stage *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->ctx = test_ctx();
    s->random = crease_random_at(seed, CREASE_STREAM_TEST, 0);
    for (int i = 0; i < N; i++) {
        bool dealt = i < MOST_GROUPS * (int)n_terms;
        int draw = (int)crease_random_below(&s->random, n_terms + has_free);
        s->term_of[i] = dealt ? i / MOST_GROUPS : draw - has_free;
        s->group_of[i] =
            dealt ? i % MOST_GROUPS : (int64_t)crease_random_below(&s->random, MOST_GROUPS);
    }
    for (size_t t = 0; t < n_terms; t++) add_term(s, which[t]);
    return s;
}

void close_stage(stage *s)
{
    for (size_t t = 0; t < s->n_terms; t++) {
        crease_regularizer_free(s->psi[t]);
        crease_groups_free(s->ctx, &s->groups[t]);
    }
    crease_ctx_free(s->ctx);
    free(s);
}

bool is_in(const stage *s, int i, size_t t, int g)
{
    return s->term_of[i] == (int)t && s->group_of[i] == g;
}

long double norm_of(const stage *s, size_t t, int g, const double *x)
{
    long double sum = 0;
    for (int i = 0; i < N; i++)
        if (is_in(s, i, t, g)) sum += (long double)x[i] * x[i];
    return sqrtl(sum);
}

void draw_point(stage *s)
{
    bool zero[4][MOST_GROUPS];
    for (size_t t = 0; t < 4; t++)
        for (int g = 0; g < MOST_GROUPS; g++) zero[t][g] = uniform(s) < 0.4;
    for (int i = 0; i < N; i++) {
        int t = s->term_of[i];
        bool box = t >= 0 && s->member[t]->family == BOX;
        s->x[i] = crease_random_normal(&s->random);
        if (t >= 0 && (zero[t][s->group_of[i]] || uniform(s) < 0.3)) s->x[i] = 0;
        if (box) s->x[i] = uniform(s) < 0.3 ? -1 : uniform(s) < 0.5 ? 2 : 3 * uniform(s) - 1;
        s->g[i] = pow(10, 2 * uniform(s) - 1) * crease_random_normal(&s->random);
    }
}
