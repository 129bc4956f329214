/* crease prox over the whole registry, its explanations, the table of members, and what it says of bad
 * settings. */
#include "cli_support.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static crease_ctx *ctx;
static const char *z, *d;

static int set_up(void **state)
{
    static const size_t shape[2] = { 4, 4 };
    static const double values[16] = { 3, -0.5, 1, -2, 0.1, 0.2, 4, 1, -1, 2, 0, 0.3, 5, -3, 2, 1 };
    static const double metric[16] = { 1, 2, 1, 2, 0.5, 1, 1, 3, 1, 1, 2, 2, 1, 1, 0.1, 4 };
    (void)state;
    ctx = test_ctx();
    z = cli_write_npy(ctx, "z.npy", 8, 2, shape, values);
    d = cli_write_npy(ctx, "d.npy", 8, 2, shape, metric);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    crease_ctx_free(ctx);
    return 0;
}

/* --- every member ------------------------------------------------------------------------------------
 */

/* Defaults reach every member: exact in the metric, or in a scalar one, or with a proven gap;
 * explained, as JSON. */
static void every_member_is_reached(void **state)
{
    (void)state;
    const crease_type *base;
    const char *lists =
        cli_write_text("lists.txt", "0 1 2 3\n4 5 6 7 # nested\n4 5\n8 9 10 11 12 13 14 15\n");
    char coupled[4200];
    snprintf(coupled, sizeof coupled, "lists:%s", lists);
    for (size_t i = 0; (base = crease_type_at(ctx, CREASE_REGULARIZER, i)); i++) {
        const crease_regularizer_type *type = (const crease_regularizer_type *)base;
        const char *groups = type->flags & CREASE_COUPLED     ? coupled
                             : type->flags & CREASE_SEPARABLE ? "elements"
                                                              : "rows";
        cli_result r;
        CLI_RUN(&r, "prox", "-r", base->name, "-g", groups, "-m",
                type->exactness == CREASE_SCALAR_ONLY ? "2" : d, "--json", "--explain", "--first", "3",
                z);
        cli_expect(&r, 0, "\"explain\"");
        cJSON *root = cJSON_Parse(r.out);
        assert_non_null(root);
        double relative =
            cJSON_GetObjectItem(cJSON_GetObjectItem(root, "certificate"), "relative")->valuedouble;
        if (cJSON_IsTrue(cJSON_GetObjectItem(root, "exact"))) {
            if (!(relative <= 1e-12)) fail_msg("%s: certificate %g", base->name, relative);
        } else if (!(cJSON_GetObjectItem(root, "proven_gap")->valuedouble <= 1e-7)) {
            fail_msg("%s: %s", base->name, r.out);
        }
        cJSON_Delete(root);
        CLI_RUN(&r, "describe", "regularizer", base->name);
        char head[20]; /* the rest may be on another line */
        snprintf(head, sizeof head, "%.*s", (int)strcspn(type->exact, " "), type->exact);
        cli_expect(&r, 0, head);
    }
}

/* docs/regularizers.md holds the table as the registry prints it. */
static void the_table_is_up_to_date(void **state)
{
    (void)state;
    const char *source = getenv("CREASE_SRCDIR");
    char path[4200];
    static char text[1 << 16];
    cli_result r;
    if (!source) skip();
    snprintf(path, sizeof path, "%s/docs/regularizers.md", source);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    CLI_RUN(&r, "list", "regularizer", "--markdown");
    cli_expect(&r, 0, "| `l1` |");
    if (!strstr(text, r.out))
        fail_msg("docs/regularizers.md differs from the registry; make update-docs renews it");
    CLI_RUN(&r, "list", "--markdown");
    cli_expect(&r, 2, "needs a kind");
    CLI_RUN(&r, "list", "solver", "--markdown");
    cli_expect(&r, 0, "| `exact` |");
}

/* --- explanations by hand ----------------------------------------------------------------------------
 */

static void explanations_by_hand(void **state)
{
    (void)state;
    size_t n = 4;
    cli_result r;
    const char *small = cli_write_npy(ctx, "small.npy", 8, 1, &n, (double[]){ 3, 4, 0.3, 0.4 });
    CLI_RUN(&r, "prox", "-r", "group_l2", "-g", "size:2", "--weights", "one", small, "--explain");
    cli_expect(&r, 0,
               "live, of size 4\n  changes its structure when lambda is multiplied by more than 5\n"
               "  keeps it while c changes by less than 4\n");
    cli_expect(&r, 0,
               "zero, 0.5 against the threshold 1 (multiplier 0.5): 0.5 to spare\n"
               "  changes its structure when lambda is multiplied by less than 0.5\n");
    CLI_RUN(&r, "prox", "-r", "l1", "-g", "all", small, "--explain");
    cli_expect(&r, 0, "unit 2: zero, 0.3 against the threshold 1 (multiplier 0.3): 0.7 to spare");
    cli_expect(&r, 0, "unit 1: live, of size 3");
    cli_expect(&r, 0, "less than 0.4 or more than 3\n");
    CLI_RUN(&r, "prox", "-r", "l1", "-g", "elements", "--first", "1", small, "--explain");
    cli_expect(&r, 0, "... and 3 groups more");
    CLI_RUN(&r, "prox", "-r", "nonneg", small, "--explain");
    cli_expect(&r, 0, "a constraint: no lambda plays a part");
}

/* --- settings
 * ------------------------------------------------------------------------------------------ */

static void settings_come_from_lists_and_files(void **state)
{
    (void)state;
    size_t n = 4;
    cli_result list, file, both;
    const char *small = cli_write_npy(ctx, "small.npy", 8, 1, &n, (double[]){ 3, 4, 0.3, 0.4 });
    const char *weights = cli_write_npy(ctx, "w.npy", 8, 1, &n, (double[]){ 2, 1.5, 1, 0.25 });
    char setting[4200];
    snprintf(setting, sizeof setting, "weights=%s", weights);
    CLI_RUN(&list, "prox", "-r", "slope", "-p", "weights=[2, 1.5,1 , 0.25]", small);
    CLI_RUN(&file, "prox", "-r", "slope", "-p", setting, small);
    cli_expect(&file, 0, "x            1.5 2 0 0"); /* the largest gets the largest weight */
    assert_string_equal(list.out, file.out);
    snprintf(setting, sizeof setting, "weights=%s",
             cli_write_text("w.txt", "2, 1.5\n# more\n1 0.25\n"));
    CLI_RUN(&file, "prox", "-r", "slope", "-p", setting, small);
    assert_string_equal(list.out, file.out);
    CLI_RUN(&both, "prox", "-r", "slope", "-p", "weights=[1,0.75,0.5,0.125]", "-p", "scale=2", small);
    cli_expect(&both, 0, "x            1.5 2 0 0");
    CLI_RUN(&both, "prox", "-r", "l1", "-p", "ridge=1", small); /* soft(z, 1)/2 */
    cli_expect(&both, 0, "x            1 1.5 0 0");
    CLI_RUN(&both, "prox", "-r", "l1", "-p", "weights=[1,4,0,0]", small);
    cli_expect(&both, 0, "x            2 0 0.2999999999999999"); /* 0.3: nothing is taken off */
}

static void bad_settings_are_one_sentence(void **state)
{
    (void)state;
    static const struct {
        const char *member, *setting, *words;
    } bad[] = {
        { "mcp", "gama=3", "did you mean 'gamma'? It has lambda, gamma, weights" },
        { "mcp", "gamma=0", "must be a number > 0" },
        { "l1", "lambda=-1", "must be a number >= 0" },
        { "l1", "lambda=nan", "lambda is 'nan'" },
        { "l1", "scale=0", "scale is '0'" },
        { "l1", "lambda", "is not of the form key=value" },
        { "lq", "q=1", "q is '1'" },
        { "scad", "a=0.5", "a is '0.5'" },
        { "slope", "weights=[1, 2", "no list of numbers" },
        { "slope", "weights=[]", "no list of numbers" },
        { "slope", "weights=[1,,2]", "no list of numbers" },
        { "slope", "weights=/no/such/file", "no such file" },
        { "slope", "weights=[1, -2]", "-2 as number 1" },
        { "slope", "weights=[1, nan]", "nan as number 1" },
        { "slope", "weights=[1, 2, 3]", "neither" },
        { "simplex", "rho=0", "rho is '0'" },
        { "n_m_sparsity", "m=3", "m" },
        { "box", "lower=2", "lower" },
        { "topk", "k=-1", "k is '-1'" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cli_result r;
        CLI_RUN(&r, "prox", "-r", bad[i].member, "-p", bad[i].setting, z);
        if (r.status != 2)
            fail_msg("%s %s: status %d\n%s", bad[i].member, bad[i].setting, r.status, r.out);
        cli_expect(&r, 2, bad[i].words);
        if (strchr(r.err, '\n') != r.err + strlen(r.err) - 1) fail_msg("more than one line: %s", r.err);
    }
}

static void bad_groups_are_one_sentence(void **state)
{
    (void)state;
    static const struct {
        const char *member, *text, *words;
    } bad[] = {
        { "overlap_l2", "", "holds no group" },
        { "overlap_l2", "0 1\n2 16\n", ":2: 16 is no entry" },
        { "overlap_l2", "0 -1\n", ":1: -1 is no entry" },
        { "overlap_l2", "0 1.5\n", "1.5 is no entry" },
        { "overlap_l2", "0 x\n", "\"x\" is not a number" },
        { "group_l2", "0 1\n1 2\n", "the groups overlap" },
        { "tree_l2", "0 1 2\n2 3 4\n", "" },
    };
    cli_result r;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char groups[4200];
        snprintf(groups, sizeof groups, "lists:%s", cli_write_text("bad.txt", bad[i].text));
        CLI_RUN(&r, "prox", "-r", bad[i].member, "-g", groups, z);
        cli_expect(&r, 2, bad[i].words);
    }
    CLI_RUN(&r, "prox", "-r", "group_l2", z);
    cli_expect(&r, 2, "say which with --groups");
    CLI_RUN(&r, "prox", "-r", "overlap_l2", z);
    cli_expect(&r, 2, "say which with --groups");
    CLI_RUN(&r, "prox", "-r", "overlap_l2", "-g", "lists:/no/such/file", z);
    cli_expect(&r, 2, "/no/such/file");
}

/* --- the metric D +- u u'
 * ------------------------------------------------------------------------------ */

static void low_rank_by_hand(void **state)
{
    (void)state;
    size_t n = 2;
    cli_result r;
    const char *c = cli_write_npy(ctx, "c.npy", 8, 1, &n, (double[]){ 4, 0.5 });
    const char *u = cli_write_npy(ctx, "u.npy", 8, 1, &n, (double[]){ 1, 0 });
    /* D = I, V = diag(2, 1): x = (3/2, 0), value -9/4 */
    CLI_RUN(&r, "prox", "-r", "l1", "--c-form", "--low-rank", u, c);
    cli_expect(&r, 0, "x            1.5 0\n");
    cli_expect(&r, 0, "value        -2.25\n");
    CLI_RUN(&r, "prox", "-r", "l1", "--low-rank", u, c); /* z = (4, 1/2): V z = (8, 1/2) */
    cli_expect(&r, 0, "x            3.5 0\n");
    CLI_RUN(&r, "prox", "-r", "l1", "--low-rank", u, "--low-rank-sign", "-1", c);
    cli_expect(&r, 2, "not positive definite");
    CLI_RUN(&r, "prox", "-r", "mcp", "--low-rank", u, c);
    cli_expect(&r, 2, "not convex");
    CLI_RUN(&r, "prox", "-r", "l1", "--low-rank", u, z);
    cli_expect(&r, 2, "holds 2 numbers");
    CLI_RUN(&r, "prox", "-r", "l1", "--low-rank", u, "--explain", c);
    cli_expect(&r, 2, "--explain");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_member_is_reached),
        cmocka_unit_test(the_table_is_up_to_date),
        cmocka_unit_test(explanations_by_hand),
        cmocka_unit_test(settings_come_from_lists_and_files),
        cmocka_unit_test(bad_settings_are_one_sentence),
        cmocka_unit_test(bad_groups_are_one_sentence),
        cmocka_unit_test(low_rank_by_hand),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
