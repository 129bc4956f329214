/* From the tree of an experiment file to its settings: types, ranges, defaults. */
#include "spec.h"

#include <stdio.h>
#include <string.h>

#include "choice.h"

const crease_param crease_experiment_params[] = {
    CREASE_PARAM_STRING(crease_experiment, name, "", "name of the experiment; by default the file's"),
    CREASE_PARAM_STRING(crease_experiment, backend, "cpu-f32",
                        "where numbers live, and how wide they are"),
    CREASE_PARAM_LIST(crease_experiment, seeds, "[1]", CREASE_IN(0, 9007199254740992.0),
                      "one run each"),
    CREASE_PARAM_END
};

const crease_param crease_observe_params[] = {
    CREASE_PARAM_INT(crease_observe, full_gradient_every, 10, CREASE_IN(0, 1e9),
                     "epochs between full gradients; 0: in the last epoch alone"),
    CREASE_PARAM_INT(crease_observe, certificate_every, 100, CREASE_IN(0, 1e9),
                     "steps between certificates beside those of the last step of each epoch; 0: none"),
    CREASE_PARAM_INT(crease_observe, objective_every, 1, CREASE_IN(1, 1e9),
                     "epochs between evaluations of the objective and the problem's metrics"),
    CREASE_PARAM_INT(crease_observe, checkpoint_every, 10, CREASE_IN(1, 1e9),
                     "epochs between checkpoints"),
    CREASE_PARAM_REAL(
        crease_observe, diverged_above, 1000, CREASE_GT(1),
        "a run has diverged when its loss is above this many times 1 + its loss at the start"),
    CREASE_PARAM_END
};

const crease_param crease_term_params[] = {
    CREASE_PARAM_STRING(crease_term_spec, block, "",
                        "block of the problem; by default its first; all: the whole vector"),
    CREASE_PARAM_STRING(
        crease_term_spec, groups, "",
        "elements, rows, cols, all, size:K, channels, filters, blocks:K (K runs of nearly equal size), fraction:F (as "
        "many as this share of the entries), a .npy or .txt file of labels, or lists:FILE with one group a line"),
    CREASE_PARAM_STRING(crease_term_spec, group_weights, "",
                        "sqrt_size (by default, where psi is a penalty on groups), one (elsewhere), "
                        "or a .npy or .txt file of numbers"),
    CREASE_PARAM_REAL(crease_term_spec, scale, 1, CREASE_GT(0), "factor on the regularizer"),
    CREASE_PARAM_REAL(crease_term_spec, ridge, 0, CREASE_GE(0), "curvature of a quadratic added to it"),
    CREASE_PARAM_REAL(crease_term_spec, relative, 0, CREASE_GE(0),
                      "> 0: scale becomes this share of the least one that makes the solution zero"),
    CREASE_PARAM_END
};

static int read_schedule(crease_ctx *ctx, const crease_node *node, crease_schedule *schedule)
{
    const char *keys[CREASE_MOST_KEYS];
    CREASE_TRY(crease_node_need_map(ctx, node, "schedule"));
    CREASE_TRY(crease_node_check_keys(ctx, node, "schedule", keys,
                                      crease_keys_add(keys, 0, crease_schedule_params)));
    CREASE_TRY(crease_node_read_table(ctx, node, crease_schedule_params, schedule, "schedule"));
    const char *complaint = crease_schedule_check(schedule);
    return complaint ? crease_node_fail(ctx, node, CREASE_ERANGE, "schedule: %s", complaint)
                     : CREASE_OK;
}

/* --- regularizers --------------------------------------------------------------------------------- */

static int read_term(crease_ctx *ctx, const crease_node *node, crease_term_spec *term)
{
    const char *keys[CREASE_MOST_KEYS];
    size_t n = crease_keys_add(keys, 0, crease_term_params);
    *term = (crease_term_spec){ .psi = { .kind = CREASE_REGULARIZER }, .node = node };
    if (!(term->scale_max = crease_alloc(ctx, 1, sizeof *term->scale_max))) return CREASE_ENOMEM;
    crease_params_default(crease_term_params, term);
    CREASE_TRY(crease_node_need_map(ctx, node, "a regularizer"));
    CREASE_TRY(crease_choice_read(ctx, node, keys, n, &term->psi));
    CREASE_TRY(crease_node_read_table(ctx, node, crease_term_params, term, "regularizer"));
    if (!*term->group_weights)
        strcpy(term->group_weights, crease_regularizer_weight_rule((const crease_regularizer_type *)term->psi.type));
    if (term->relative > 0 && term->scale != 1)
        return crease_node_fail(ctx, node, CREASE_EINVAL, "scale and relative exclude each other");
    if (*term->groups) return CREASE_OK;
    unsigned flags = ((const crease_regularizer_type *)term->psi.type)->flags;
    if (flags & (CREASE_GROUPED | CREASE_COUPLED))
        return crease_node_fail(ctx, node, CREASE_EINVAL,
                                "%s needs groups: elements, rows, cols, all, size:K, "
                                "blocks:K, channels, filters or a file of labels",
                                term->psi.type->name);
    strcpy(term->groups, flags & CREASE_SEPARABLE ? "elements" : "all");
    return CREASE_OK;
}

static int read_terms(crease_ctx *ctx, const crease_node *node, crease_term_specs *terms)
{
    CREASE_TRY(crease_node_need_list(ctx, node, "regularizers"));
    for (const crease_node *item = node->first; item; item = item->next) {
        if (terms->n == sizeof terms->items / sizeof *terms->items)
            return crease_node_fail(ctx, item, CREASE_ERANGE, "more than %zu regularizers", terms->n);
        CREASE_TRY(read_term(ctx, item, &terms->items[terms->n++]));
    }
    return CREASE_OK;
}

/* --- algorithms --------------------------------------------------------------------------------- */

static int read_solver(crease_ctx *ctx, const crease_node *entry, crease_method *m)
{
    const crease_node *solver = crease_node_find(entry, "solver"),
                      *stop = crease_node_find(entry, "stop");
    const crease_algorithm_type *type = (const crease_algorithm_type *)m->algorithm.type;
    if (type->ignores_psi) {
        const crease_node *extra = solver ? solver : stop;
        return extra ? crease_node_fail(ctx, extra, CREASE_EINVAL,
                                        "%s ignores the regularizers and takes no %s", type->base.name,
                                        extra->key)
                     : CREASE_OK;
    }
    if (solver)
        CREASE_TRY(crease_choice_read(ctx, solver, NULL, 0, &m->solver));
    else
        CREASE_TRY(crease_choice_default(ctx, type->default_solver ? type->default_solver : "exact", &m->solver));
    if (!((const crease_solver_type *)m->solver.type)->takes_stopping)
        return stop ? crease_node_fail(ctx, stop, CREASE_EINVAL, "the solver %s takes no stop",
                                       m->solver.type->name)
                    : CREASE_OK;
    return stop ? crease_choice_read(ctx, stop, NULL, 0, &m->stopping)
                : crease_choice_default(ctx, "rel_decrease", &m->stopping);
}

static bool is_file_word(const char *s)
{
    return *s && *s != '.' && strlen(s) < 100
           && s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")] == '\0';
}

static int read_label(crease_ctx *ctx, const crease_node *entry, const crease_method *methods,
                      crease_method *m)
{
    const crease_node *label = crease_node_find(entry, "label");
    if (label && label->kind != CREASE_NODE_SCALAR)
        return crease_node_fail(ctx, label, CREASE_EPARSE, "label takes a word");
    const crease_node *at = label ? label : entry;
    const char *word = label ? label->text : m->algorithm.type->name;
    if (!is_file_word(word))
        return crease_node_fail(ctx, at, CREASE_EINVAL,
                                "the label '%.100s' must be a word of letters, digits, "
                                "'.', '_' and '-'",
                                word);
    for (const crease_method *other = methods; other < m; other++)
        if (strcmp(other->label, word) == 0)
            return crease_node_fail(ctx, at, CREASE_EEXIST,
                                    "two algorithms are called '%s'; give one a label", word);
    strcpy(m->label, word);
    return CREASE_OK;
}

static int copy_terms(crease_ctx *ctx, const crease_experiment *e, crease_term_specs *terms);

static int read_method(crease_experiment *e, const crease_node *entry, crease_method *m)
{
    static const char *const others[] = { "label", "solver", "stop", "regularizers", "schedule" };
    crease_ctx *ctx = e->ctx;
    *m = (crease_method){ .algorithm = { .kind = CREASE_ALGORITHM },
                          .solver = { .kind = CREASE_SOLVER },
                          .stopping = { .kind = CREASE_STOPPING },
                          .schedule = e->schedule,
                          .node = entry };
    CREASE_TRY(crease_choice_read(ctx, entry, others, sizeof others / sizeof *others, &m->algorithm));
    CREASE_TRY(read_label(ctx, entry, e->methods, m));
    CREASE_TRY(read_solver(ctx, entry, m));
    const crease_node *schedule = crease_node_find(entry, "schedule");
    const crease_node *regularizers = crease_node_find(entry, "regularizers");
    m->own_schedule = schedule != NULL;
    m->own_regularizers = regularizers != NULL;
    if (schedule) CREASE_TRY(read_schedule(ctx, schedule, &m->schedule));
    return regularizers ? read_terms(ctx, regularizers, &m->regularizers)
                        : copy_terms(ctx, e, &m->regularizers);
}

static int copy_terms(crease_ctx *ctx, const crease_experiment *e, crease_term_specs *terms)
{
    for (size_t i = 0; i < e->regularizers.n; i++) {
        crease_term_spec *copy = &terms->items[i];
        *copy = e->regularizers.items[i];
        if (!(copy->psi.opts = crease_opts_create(ctx, copy->psi.type))) return CREASE_ENOMEM;
        terms->n = i + 1;
        if (copy->psi.type->opts_size)
            memcpy(copy->psi.opts, e->regularizers.items[i].psi.opts, copy->psi.type->opts_size);
    }
    return CREASE_OK;
}

/* --- sections ----------------------------------------------------------------------------------- */

static int read_methods(crease_experiment *e)
{
    const crease_node *node = crease_node_find(e->tree.root, "algorithms");
    if (!node)
        return crease_node_fail(e->ctx, e->tree.root, CREASE_EINVAL,
                                "the experiment has no algorithms");
    CREASE_TRY(crease_node_need_list(e->ctx, node, "algorithms"));
    if (!node->first)
        return crease_node_fail(e->ctx, node, CREASE_EINVAL, "the list of algorithms is empty");
    e->methods = crease_alloc(e->ctx, crease_node_count(node), sizeof *e->methods);
    if (!e->methods) return CREASE_ENOMEM;
    for (const crease_node *item = node->first; item; item = item->next) {
        e->n_methods++;
        CREASE_TRY(read_method(e, item, &e->methods[e->n_methods - 1]));
    }
    return CREASE_OK;
}

static int read_diagnostics(crease_experiment *e, const crease_node *list)
{
    static const char *const usual[] = { "sparsity", "identification", "stationarity", "inner" };
    enum { N_USUAL = sizeof usual / sizeof *usual };
    if (list) CREASE_TRY(crease_node_need_list(e->ctx, list, "diagnostics"));
    size_t count = list ? crease_node_count(list) : N_USUAL;
    e->diagnostics = crease_alloc(e->ctx, count + CREASE_MOST_ADDED_DIAGNOSTICS, sizeof *e->diagnostics);
    if (!e->diagnostics) return CREASE_ENOMEM;
    const crease_node *item = list ? list->first : NULL;
    for (size_t i = 0; i < count; i++) {
        crease_choice *d = &e->diagnostics[e->n_diagnostics++];
        *d = (crease_choice){ .kind = CREASE_DIAGNOSTIC };
        CREASE_TRY(list ? crease_choice_read(e->ctx, item, NULL, 0, d)
                        : crease_choice_default(e->ctx, usual[i], d));
        for (size_t j = 0; j < i; j++)
            if (e->diagnostics[j].type == d->type && item)
                return crease_node_fail(e->ctx, item, CREASE_EEXIST,
                                        "the diagnostic %s stands there twice", d->type->name);
        if (item) item = item->next;
    }
    return CREASE_OK;
}

int crease_experiment_add_diagnostic(crease_experiment *e, const char *name)
{
    crease_choice *d = &e->diagnostics[e->n_diagnostics];
    for (size_t i = 0; i < e->n_diagnostics; i++)
        if (strcmp(e->diagnostics[i].type->name, name) == 0) return CREASE_OK;
    *d = (crease_choice){ .kind = CREASE_DIAGNOSTIC };
    CREASE_TRY(crease_choice_default(e->ctx, name, d));
    e->n_diagnostics++;
    return CREASE_OK;
}

static int read_observe(crease_experiment *e)
{
    const crease_node *node = crease_node_find(e->tree.root, "observe");
    crease_params_default(crease_observe_params, &e->observe);
    if (!node) return read_diagnostics(e, NULL);
    const char *keys[CREASE_MOST_KEYS] = { "diagnostics" };
    CREASE_TRY(crease_node_need_map(e->ctx, node, "observe"));
    CREASE_TRY(crease_node_check_keys(e->ctx, node, "observe", keys,
                                      crease_keys_add(keys, 1, crease_observe_params)));
    CREASE_TRY(crease_node_read_table(e->ctx, node, crease_observe_params, &e->observe, "observe"));
    return read_diagnostics(e, crease_node_find(node, "diagnostics"));
}

static void name_from_path(crease_experiment *e)
{
    const char *slash = strrchr(e->tree.path, '/'), *base = slash ? slash + 1 : e->tree.path;
    snprintf(e->name, sizeof e->name, "%s", base);
    char *dot = strrchr(e->name, '.');
    if (dot && dot != e->name && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0)) *dot = '\0';
    for (char *c = e->name; *c; c++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", *c)) *c = '_';
}

static int read_head(crease_experiment *e)
{
    const crease_node *root = e->tree.root, *name = crease_node_find(root, "name");
    const char *keys[CREASE_MOST_KEYS] = { "problem", "regularizers", "schedule", "observe",
                                           "algorithms" };
    crease_params_default(crease_experiment_params, e);
    CREASE_TRY(crease_node_check_keys(e->ctx, root, "an experiment", keys,
                                      crease_keys_add(keys, 5, crease_experiment_params)));
    CREASE_TRY(crease_node_read_table(e->ctx, root, crease_experiment_params, e, "the experiment"));
    if (!name)
        name_from_path(e);
    else if (!is_file_word(e->name))
        return crease_node_fail(e->ctx, name, CREASE_EINVAL,
                                "the name must be a word of letters, digits, '.', '_' "
                                "and '-', to serve as a folder");
    const crease_node *backend = crease_node_find(root, "backend");
    if (!crease_backend_find(e->ctx, e->backend)) {
        crease_node_prefix(e->ctx, backend ? backend : root);
        return crease_ctx_error(e->ctx)->code;
    }
    return CREASE_OK;
}

static int check_seeds(crease_experiment *e)
{
    const crease_node *node = crease_node_find(e->tree.root, "seeds");
    if (!node) return CREASE_OK;
    if (e->seeds.n == 0)
        return crease_node_fail(e->ctx, node, CREASE_EINVAL, "the list of seeds is empty");
    for (size_t i = 0; i < e->seeds.n; i++) {
        if (e->seeds.v[i] != floor(e->seeds.v[i]))
            return crease_node_fail(e->ctx, node, CREASE_EPARSE, "seeds must be whole numbers");
        for (size_t j = 0; j < i; j++)
            if (e->seeds.v[i] == e->seeds.v[j])
                return crease_node_fail(e->ctx, node, CREASE_EEXIST, "the seed %.0f stands there twice",
                                        e->seeds.v[i]);
    }
    return CREASE_OK;
}

static int read_all(crease_experiment *e)
{
    const crease_node *root = e->tree.root, *node;
    CREASE_TRY(read_head(e));
    CREASE_TRY(check_seeds(e));
    if (!(node = crease_node_find(root, "problem")))
        return crease_node_fail(e->ctx, root, CREASE_EINVAL, "the experiment has no problem");
    CREASE_TRY(crease_choice_read(e->ctx, node, NULL, 0, &e->problem));
    if ((node = crease_node_find(root, "regularizers")))
        CREASE_TRY(read_terms(e->ctx, node, &e->regularizers));
    crease_params_default(crease_schedule_params, &e->schedule);
    if ((node = crease_node_find(root, "schedule")))
        CREASE_TRY(read_schedule(e->ctx, node, &e->schedule));
    CREASE_TRY(read_observe(e));
    return read_methods(e);
}

int crease_experiment_from_tree(crease_tree *tree, crease_experiment *e)
{
    *e = (crease_experiment){ .ctx = tree->ctx, .tree = *tree, .problem = { .kind = CREASE_PROBLEM } };
    *tree = (crease_tree){ 0 };
    int code = read_all(e);
    if (code != CREASE_OK) crease_experiment_free(e);
    return code;
}

int crease_experiment_read(crease_ctx *ctx, const char *path, const char *const *settings, size_t n,
                           crease_experiment *e)
{
    crease_tree tree;
    *e = (crease_experiment){ 0 };
    CREASE_TRY(crease_tree_read(ctx, path, &tree));
    for (size_t i = 0; i < n; i++) {
        int code = crease_tree_set(&tree, settings[i]);
        if (code == CREASE_OK) continue;
        crease_tree_free(&tree);
        return code;
    }
    return crease_experiment_from_tree(&tree, e);
}

static void free_terms(crease_ctx *ctx, crease_term_specs *terms, bool copies)
{
    for (size_t i = 0; i < terms->n; i++) {
        crease_release(ctx, terms->items[i].psi.opts);
        if (!copies) crease_release(ctx, terms->items[i].scale_max);
    }
}

void crease_experiment_free(crease_experiment *e)
{
    crease_ctx *ctx = e->ctx;
    if (!ctx) return;
    for (size_t i = 0; i < e->n_methods; i++) {
        crease_method *m = &e->methods[i];
        crease_release(ctx, m->algorithm.opts);
        crease_release(ctx, m->solver.opts);
        crease_release(ctx, m->stopping.opts);
        free_terms(ctx, &m->regularizers, !m->own_regularizers);
    }
    for (size_t i = 0; i < e->n_diagnostics; i++) crease_release(ctx, e->diagnostics[i].opts);
    free_terms(ctx, &e->regularizers, false);
    crease_release(ctx, e->problem.opts);
    crease_release(ctx, e->methods);
    crease_release(ctx, e->diagnostics);
    crease_tree_free(&e->tree);
    *e = (crease_experiment){ 0 };
}
