/* `crease bench steps`: problem after problem, lambda after lambda, all methods in turns. */
#include "descent.h"

#include <string.h>

/* --- who takes part ------------------------------------------------------------------------------- */

static int check_method(crease_ctx *ctx, const char *text)
{
    char name[64];
    const char *settings;
    CREASE_TRY(crease_split_name(ctx, text, name, sizeof name, &settings));
    const crease_type *type = crease_lookup(ctx, CREASE_ALGORITHM, name);
    if (!type) return crease_ctx_error(ctx)->code;
    if (((const crease_algorithm_type *)type)->deterministic) return CREASE_OK;
    return crease_fail(ctx, CREASE_EINVAL, "%s is not deterministic: it does not look at all rows",
                       name);
}

/* fista first: the others are held against it. */
static int find_methods(const crease_descent_bench *b, const char **methods, size_t *n)
{
    const crease_type *type;
    for (*n = 0; *n < b->n_methods; ++*n) {
        CREASE_TRY(check_method(b->ctx, b->methods[*n]));
        methods[*n] = b->methods[*n];
    }
    if (*n) return CREASE_OK;
    methods[(*n)++] = "fista";
    for (size_t i = 0;
         (type = crease_type_at(b->ctx, CREASE_ALGORITHM, i)) && *n < CREASE_DESCENT_MOST_NAMES; i++)
        if (((const crease_algorithm_type *)type)->deterministic && strcmp(type->name, "fista") != 0)
            methods[(*n)++] = type->name;
    return CREASE_OK;
}

/* --- a problem ------------------------------------------------------------------------------------ */

static int race(const crease_descent_bench *b, const crease_experiment *e, crease_descent_case *c,
                crease_descent_track *tracks, size_t n)
{
    crease_term_set set;
    crease_reference r;
    crease_path path;
    CREASE_TRY(crease_terms_build(b->ctx, &e->regularizers, c->loaded, &set));
    int code = crease_reference_find(e, &e->regularizers, c->loaded, NULL, false, &r, path);
    if (code == CREASE_OK) {
        c->set = &set;
        c->reference = &r;
        code = crease_descent_race(b, c, tracks, n);
        if (code == CREASE_OK) crease_descent_report(b, c, tracks, n);
        crease_reference_free(b->ctx, &r);
    }
    crease_terms_free(b->ctx, &set);
    return code;
}

static int race_problem(const crease_descent_bench *b, crease_experiment *e, const char *name,
                        crease_descent_track *tracks, size_t n)
{
    crease_descent_case c = { .problem = name };
    int code = crease_experiment_load_problem(e, &c.loaded);
    if (code == CREASE_ENOTFOUND) {
        printf("\n%s: left out; %s\n", name, crease_ctx_error(b->ctx)->sentence);
        crease_ctx_clear_error(b->ctx);
        code = CREASE_OK;
    } else {
        for (size_t i = 0; i < b->n_shares && code == CREASE_OK; i++) {
            e->regularizers.items[0].relative = c.share = b->shares[i];
            code = race(b, e, &c, tracks, n);
        }
    }
    crease_problem_free(c.loaded);
    return code;
}

static int measure(const crease_descent_bench *b, const char *name, crease_descent_track *tracks,
                   size_t n)
{
    crease_experiment e;
    CREASE_TRY(crease_descent_experiment(b->ctx, name, &e));
    int code = race_problem(b, &e, name, tracks, n);
    crease_experiment_free(&e);
    return code;
}

/* --- all ------------------------------------------------------------------------------------------ */

/* Misspelt names are found before anything is measured. */
static int check_problems(const crease_descent_bench *b)
{
    for (size_t i = 0; i < b->n_problems; i++) {
        crease_experiment e;
        CREASE_TRY(crease_descent_experiment(b->ctx, b->problems[i], &e));
        crease_experiment_free(&e);
    }
    return CREASE_OK;
}

int crease_bench_descent(const crease_descent_bench *b)
{
    const char *methods[CREASE_DESCENT_MOST_NAMES], *name;
    size_t n;
    CREASE_TRY(find_methods(b, methods, &n));
    CREASE_TRY(check_problems(b));
    crease_descent_track *tracks = crease_alloc(b->ctx, n, sizeof *tracks);
    if (!tracks) return CREASE_ENOMEM;
    for (size_t i = 0; i < n; i++) tracks[i].method = methods[i];
    crease_descent_header(b);
    int code = CREASE_OK;
    for (size_t i = 0; i < b->n_problems && code == CREASE_OK; i++)
        code = measure(b, b->problems[i], tracks, n);
    if (b->n_problems == 0)
        for (size_t i = 0; (name = crease_descent_problem_name(i)) && code == CREASE_OK; i++)
            if (crease_descent_is_default(i)) code = measure(b, name, tracks, n);
    crease_release(b->ctx, tracks);
    return code;
}
