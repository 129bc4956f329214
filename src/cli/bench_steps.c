/* crease bench steps: deterministic algorithms against each other. */
#include <string.h>

#include "../../bench/descent.h"
#include "bench.h"

/* As given. */
typedef struct {
    const char *data, *problems, *methods, *shares, *seconds, *repeats, *csv, *plot;
    char words[2][1024]; /* the lists, cut into words */
} request;

/* "a,b,c": cut in place. */
static int cut(crease_ctx *ctx, const char *option, const char *text, char words[1024],
               const char **list, size_t *n)
{
    if (!text) return CREASE_OK;
    if (strlen(text) >= 1024) return crease_fail(ctx, CREASE_ERANGE, "%s is too long", option);
    strcpy(words, text);
    for (char *at = words;;) {
        if (*n == CREASE_DESCENT_MOST_NAMES)
            return crease_fail(ctx, CREASE_ERANGE, "%s takes at most %d names", option,
                               CREASE_DESCENT_MOST_NAMES);
        list[(*n)++] = at;
        if (!(at = strchr(at, ','))) return CREASE_OK;
        *at++ = '\0';
    }
}

static int read_shares(crease_ctx *ctx, const char *text, crease_descent_bench *b)
{
    char words[1024];
    const char *list[CREASE_DESCENT_MOST_NAMES];
    size_t n = 0;
    CREASE_TRY(cut(ctx, "--lambda", text, words, list, &n));
    if (n > CREASE_DESCENT_MOST_SHARES)
        return crease_fail(ctx, CREASE_ERANGE, "--lambda takes at most %d numbers",
                           CREASE_DESCENT_MOST_SHARES);
    for (size_t i = 0; i < n; i++)
        CREASE_TRY(crease_cli_number(ctx, "--lambda", list[i], 1e-9, 1, &b->shares[i]));
    b->n_shares = n;
    return CREASE_OK;
}

static int prepare(crease_ctx *ctx, request *q, crease_descent_bench *b)
{
    double repeats;
    CREASE_TRY(cut(ctx, "--problems", q->problems, q->words[0], b->problems, &b->n_problems));
    CREASE_TRY(cut(ctx, "--methods", q->methods, q->words[1], b->methods, &b->n_methods));
    CREASE_TRY(read_shares(ctx, q->shares, b));
    CREASE_TRY(crease_cli_number(ctx, "--seconds", q->seconds, 1e-3, 1e6, &b->cap_s));
    CREASE_TRY(
        crease_cli_number(ctx, "--repeats", q->repeats, 1, CREASE_DESCENT_MOST_REPEATS, &repeats));
    b->repeats = (int)repeats;
    return q->data ? crease_data_set_folder(ctx, q->data) : CREASE_OK;
}

static int run(crease_ctx *ctx, request *q)
{
    const char *python = NULL;
    crease_descent_bench b = { .ctx = ctx };
    CREASE_TRY(prepare(ctx, q, &b));
    if (q->plot) CREASE_TRY(crease_cli_find_python(ctx, &python));
    CREASE_TRY(crease_cli_open_table(ctx, q->csv, q->plot != NULL, &b.csv));
    crease_ctx_set_threads(ctx, 1);
    crease_ctx_set_logger(ctx, NULL, NULL);
    return crease_cli_finish_table(ctx, crease_bench_descent(&b), b.csv, q->csv, python, q->plot);
}

int crease_cmd_bench_steps(crease_ctx *ctx, int argc, char **argv)
{
    request q = { .shares = "0.1,0.01", .seconds = "60", .repeats = "3" };
    const crease_option options[] = {
        { .name = "data", .value = "DIR", .text = &q.data, .doc = "where data is looked for first" },
        { .name = "problems",
          .value = "LIST",
          .text = &q.problems,
          .doc = "of a9a-l1, a9a-groups, w8a-l1, w8a-groups, leu-l1, mnist-columns, which are the "
                 "default, and the "
                 "generated planted-l1, planted-groups" },
        { .name = "methods",
          .value = "LIST",
          .text = &q.methods,
          .doc = "NAME or NAME:key=value, with commas between them; default all deterministic "
                 "algorithms" },
        { .name = "lambda",
          .value = "LIST",
          .text = &q.shares,
          .doc = "shares of the lambda that makes the solution zero; default 0.1,0.01" },
        { .name = "seconds",
          .value = "S",
          .text = &q.seconds,
          .doc = "most time in the steps of a run; default 60" },
        { .name = "repeats",
          .value = "N",
          .text = &q.repeats,
          .doc = "runs of each method, of which the median counts; default 3. What ends at the cap is "
                 "not run again" },
        { .name = "csv", .value = "FILE", .text = &q.csv, .doc = "also write times and curves there" },
        { .name = "plot",
          .value = "FILE",
          .text = &q.plot,
          .doc =
              "draw suboptimality over seconds: a .png, .svg or .pdf. Python is that of crease plot" },
        { .name = NULL },
    };
    const crease_usage usage = {
        .synopsis = "crease bench steps [OPTION]...",
        .about = "Measures deterministic algorithms, with their default settings, on one thread: "
                 "seconds in the\n"
                 "steps until (F - F*)/|F*| is 1e-6 and 1e-10. F is evaluated after each step while "
                 "the clock\n"
                 "stands still; F* is that of crease reference, whose certificate is printed. Loading "
                 "data and\n"
                 "setting up count for nobody.",
        .options = options,
    };
    const char *none[1];
    CREASE_TRY(crease_cli_parse(ctx, &usage, argc, argv, none));
    return run(ctx, &q);
}
