/* crease bench: kernels beside the memory passes and products that no code can avoid. */
#include <errno.h>
#include <string.h>

#include "../../bench/bench.h"
#include "cli.h"

static const struct {
    const char *name;
    int (*function)(crease_bench *b);
} measurements[] = {
    { "oracles", crease_bench_oracles },
    { "steps", crease_bench_steps },
    { "epoch", crease_bench_epoch },
};

enum { N_MEASUREMENTS = sizeof measurements / sizeof *measurements };

static int run(crease_bench *b, const char *word)
{
    const char *names[N_MEASUREMENTS];
    for (size_t i = 0; i < N_MEASUREMENTS; i++) names[i] = measurements[i].name;
    for (size_t i = 0; i < N_MEASUREMENTS; i++) {
        if (strcmp(word, names[i]) != 0) continue;
        crease_bench_header(b);
        return measurements[i].function(b);
    }
    const char *nearest = crease_nearest(word, names, N_MEASUREMENTS);
    return crease_fail(b->ctx, CREASE_ENOTFOUND, "unknown measurement '%s'; %s%s%s", word,
                       nearest ? "did you mean '" : "there are oracles, steps and epoch",
                       nearest ? nearest : "", nearest ? "'?" : "");
}

static int run_to_csv(crease_bench *b, const char *word, const char *path)
{
    if (path && !(b->csv = fopen(path, "w")))
        return crease_fail(b->ctx, CREASE_EIO, "cannot write '%s': %s", path, strerror(errno));
    int code = run(b, word);
    if (b->csv && fclose(b->csv) != 0 && code == CREASE_OK)
        return crease_fail(b->ctx, CREASE_EIO, "cannot write '%s': %s", path, strerror(errno));
    return code;
}

int crease_cmd_bench(crease_ctx *ctx, int argc, char **argv)
{
    const char *backend = "cpu-f32", *repeats = "31", *entries = "2400000", *csv = NULL, *data = NULL;
    const crease_option options[] = {
        { .name = "backend", .value = "NAME", .text = &backend, .doc = "cpu-f32 (default) or cpu-f64" },
        { .name = "repeats", .value = "N", .text = &repeats, .doc = "rounds of each row; default 31" },
        { .name = "entries",
          .value = "N",
          .text = &entries,
          .doc = "parameters of the synthetic problems; default 2400000" },
        { .name = "data",
          .value = "DIR",
          .text = &data,
          .doc = "where data is looked for first (epoch)" },
        { .name = "csv", .value = "FILE", .text = &csv, .doc = "also write the table there" },
        { .name = NULL },
    };
    const crease_usage usage = {
        .synopsis = "crease bench {oracles|steps|epoch} [OPTION]...",
        .about =
            "Measures, on one thread and side by side in one run:\n"
            "oracles: the exact oracle of group_l2 against a pass that reads c and d and writes x;\n"
            "steps: a RAMDA step against a pass over its arrays;\n"
            "epoch: a RAMDA epoch of softmax regression against its bare products.\n"
            "Answers are verified before they are timed.",
        .options = options,
        .min_operands = 1,
        .max_operands = 1,
    };
    const char *word;
    double n, rounds;
    CREASE_TRY(crease_cli_parse(ctx, &usage, argc, argv, &word));
    CREASE_TRY(crease_cli_number(ctx, "--repeats", repeats, 1, 1e6, &rounds));
    CREASE_TRY(crease_cli_number(ctx, "--entries", entries, 4608, 1e9, &n));
    crease_bench b = { .ctx = ctx,
                       .backend = crease_backend_find(ctx, backend),
                       .entries = (size_t)n,
                       .repeats = (int)rounds };
    if (!b.backend) return crease_ctx_error(ctx)->code;
    if (data) CREASE_TRY(crease_data_set_folder(ctx, data));
    crease_ctx_set_threads(ctx, 1);
    return run_to_csv(&b, word, csv);
}
