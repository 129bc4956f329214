/* The problems that deterministic algorithms are raced on, as experiments. */
#include <string.h>

#include "descent.h"

#define WITH(psi)                                                                                      \
    "regularizers: [{block: weight, relative: 1, " psi                                                 \
    "}]\nalgorithms: [{type: fista}]\nbackend: cpu-f64\n"
#define L1             WITH("type: l1, lambda: 1")
#define GROUPS(groups) WITH("type: group_l2, lambda: 1, groups: '" groups "'")

static const struct {
    const char *name;
    bool by_default;
    const char *text;
} problems[] = {
    { "a9a-l1", true, "problem: {type: logistic, data: libsvm/a9a.gz}\n" L1 },
    { "a9a-groups", true, "problem: {type: logistic, data: libsvm/a9a.gz}\n" GROUPS("blocks:25") },
    { "w8a-l1", true, "problem: {type: logistic, data: libsvm/w8a.gz}\n" L1 },
    { "w8a-groups", true, "problem: {type: logistic, data: libsvm/w8a.gz}\n" GROUPS("blocks:60") },
    { "leu-l1", true, "problem: {type: logistic, data: libsvm/leu.gz}\n" L1 },
    { "mnist-columns", true, "problem: {type: softmax, data: mnist}\n" GROUPS("cols") },
    { "planted-l1", false,
      "problem: {type: logistic, data: planted, planted_rows: 400, planted_cols: 30, planted_live: 6, "
      "ridge: 1e-3}\n" L1 },
    { "planted-groups", false,
      "problem: {type: logistic, data: planted, planted_rows: 400, planted_cols: 30, planted_live: 6, "
      "ridge: 1e-3}\n" GROUPS("size:5") },
};

enum { N_PROBLEMS = sizeof problems / sizeof *problems };

const char *crease_descent_problem_name(size_t i)
{
    return i < N_PROBLEMS ? problems[i].name : NULL;
}

bool crease_descent_is_default(size_t i)
{
    return problems[i].by_default;
}

int crease_descent_experiment(crease_ctx *ctx, const char *name, crease_experiment *e)
{
    const char *names[N_PROBLEMS], *nearest;
    crease_tree tree;
    for (size_t i = 0; i < N_PROBLEMS; i++) {
        names[i] = problems[i].name;
        if (strcmp(name, names[i]) != 0) continue;
        CREASE_TRY(crease_tree_parse(ctx, name, problems[i].text, strlen(problems[i].text), &tree));
        return crease_experiment_from_tree(&tree, e);
    }
    nearest = crease_nearest(name, names, N_PROBLEMS);
    return crease_fail(
        ctx, CREASE_ENOTFOUND, "no problem '%s'; %s%s%s", name,
        nearest ? "did you mean '" : "there are ",
        nearest ? nearest
                : "a9a-l1, a9a-groups, w8a-l1, w8a-groups, leu-l1, mnist-columns, planted-l1 and "
                  "planted-groups",
        nearest ? "'?" : "");
}
