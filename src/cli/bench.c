/* crease bench: kernels beside the memory passes and products that no code can avoid. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../../bench/bench.h"
#include "bench.h"

static const struct {
    const char *name;
    int (*function)(crease_bench *b);
} measurements[] = {
    { "oracles", crease_bench_oracles },
    { "layouts", crease_bench_layouts },
    { "outer", crease_bench_outer },
    { "epoch", crease_bench_epoch },
};

enum { N_MEASUREMENTS = sizeof measurements / sizeof *measurements };

/* As given; NULL: not. */
typedef struct {
    const char *word, *backend, *repeats, *entries, *data, *csv, *sizes, *plot;
    crease_texts members;
} request;

/* Those with options of their own, named first. */
static crease_command_function *find_command(const char *word)
{
    static const struct {
        const char *name;
        crease_command_function *function;
    } commands[] = {
        { "solvers", crease_cmd_bench_solvers },
        { "spectral", crease_cmd_bench_spectral },
        { "atlas", crease_cmd_bench_atlas },
        { "steps", crease_cmd_bench_steps },
    };
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(word, commands[i].name) == 0) return commands[i].function;
    return NULL;
}

static int check_word(crease_ctx *ctx, const char *word)
{
    const char *names[N_MEASUREMENTS + 4] = { "solvers", "spectral", "atlas", "steps" };
    for (size_t i = 0; i < N_MEASUREMENTS; i++) {
        names[4 + i] = measurements[i].name;
        if (strcmp(word, measurements[i].name) == 0) return CREASE_OK;
    }
    if (find_command(word)) return crease_fail(ctx, CREASE_EINVAL, "'%s' goes before all options", word);
    const char *nearest = crease_nearest(word, names, N_MEASUREMENTS + 4);
    return crease_fail(ctx, CREASE_ENOTFOUND, "unknown measurement '%s'; %s%s%s", word,
                       nearest ? "did you mean '"
                               : "there are oracles, layouts, outer and epoch, and solvers, spectral, atlas and "
                                 "steps",
                       nearest ? nearest : "", nearest ? "'?" : "");
}

/* "1000,1e4" */
static int read_sizes(crease_ctx *ctx, const char *text, crease_bench *b)
{
    for (const char *at = text;; at++) {
        char word[40];
        double size;
        size_t length = strcspn(at, ",");
        if (b->n_sizes == CREASE_BENCH_MOST_SIZES)
            return crease_fail(ctx, CREASE_ERANGE, "--sizes takes at most %d numbers",
                               CREASE_BENCH_MOST_SIZES);
        snprintf(word, sizeof word, "%.*s", (int)(length < sizeof word ? length : sizeof word - 1), at);
        CREASE_TRY(crease_cli_number(ctx, "--sizes", word, 8, 1e9, &size));
        b->sizes[b->n_sizes++] = (size_t)size;
        at += length;
        if (*at == '\0') return CREASE_OK;
    }
}

static int find_backends(crease_ctx *ctx, const char *name, crease_bench *b)
{
    bool both = !name || strcmp(name, "both") == 0;
    const char *names[] = { both ? "cpu-f32" : name, "cpu-f64" };
    b->n_backends = both ? 2 : 1;
    for (size_t i = 0; i < b->n_backends; i++)
        if (!(b->backends[i] = crease_backend_find(ctx, names[i]))) return crease_ctx_error(ctx)->code;
    return CREASE_OK;
}

/* Before time is spent on what cannot be drawn. */
static int check_picture(crease_ctx *ctx, const char *path)
{
    const char *dot = strrchr(path, '.');
    if (dot && (strcmp(dot, ".png") == 0 || strcmp(dot, ".svg") == 0 || strcmp(dot, ".pdf") == 0))
        return CREASE_OK;
    return crease_fail(ctx, CREASE_EINVAL, "--plot is '%s', which ends in none of .png, .svg and .pdf",
                       path);
}

static int prepare_oracles(crease_ctx *ctx, const request *q, crease_bench *b)
{
    if (q->entries)
        return crease_fail(ctx, CREASE_EINVAL, "--entries is for layouts and outer; oracles take --sizes");
    if (q->plot) CREASE_TRY(check_picture(ctx, q->plot));
    b->members = q->members.v;
    b->n_members = q->members.n;
    CREASE_TRY(find_backends(ctx, q->backend, b));
    return read_sizes(ctx, q->sizes ? q->sizes : "1e3,1e4,1e5,1e6,1e7", b);
}

static int prepare_others(crease_ctx *ctx, const request *q, crease_bench *b)
{
    double n;
    if (q->members.n || q->sizes || q->plot)
        return crease_fail(ctx, CREASE_EINVAL, "--member, --sizes and --plot are for oracles, not for %s",
                           q->word);
    CREASE_TRY(crease_cli_number(ctx, "--entries", q->entries ? q->entries : "2400000", 4608, 1e9, &n));
    b->entries = (size_t)n;
    b->backend = crease_backend_find(ctx, q->backend ? q->backend : "cpu-f32");
    if (!b->backend) return crease_ctx_error(ctx)->code;
    if (q->data) CREASE_TRY(crease_data_set_folder(ctx, q->data));
    return CREASE_OK;
}

static int measure(crease_bench *b, const char *word)
{
    size_t i = 0;
    while (strcmp(word, measurements[i].name) != 0) i++;
    if (b->backend) crease_bench_header(b);
    return measurements[i].function(b);
}

int crease_cli_open_table(crease_ctx *ctx, const char *path, bool is_drawn, FILE **table)
{
    *table = path ? fopen(path, "w+") : is_drawn ? tmpfile() : NULL;
    if (path && !*table) return crease_fail(ctx, CREASE_EIO, "cannot write '%s': %s", path, strerror(errno));
    if (is_drawn && !*table)
        return crease_fail(ctx, CREASE_EIO, "cannot make a temporary file: %s", strerror(errno));
    return CREASE_OK;
}

/* The drawing code reads the table from its standard input. */
int crease_cli_draw_table(crease_ctx *ctx, FILE *table, const char *python, const char *picture)
{
    int status;
    const char *argv[] = { python, "-B", "-m", "crease.bench", "--out", picture, "-", NULL };
    if (fflush(table) != 0 || lseek(fileno(table), 0, SEEK_SET) < 0)
        return crease_fail(ctx, CREASE_EIO, "cannot read the table again: %s", strerror(errno));
    CREASE_TRY(crease_cli_run_python(ctx, argv, fileno(table), false, &status));
    if (status == 0) return CREASE_OK;
    return crease_fail(ctx, CREASE_EIO, "'%s' was not drawn", picture);
}

int crease_cli_finish_table(crease_ctx *ctx, int code, FILE *table, const char *path, const char *python,
                            const char *picture)
{
    if (picture && (code == CREASE_OK || code == CREASE_ESHORT)) {
        crease_error short_of = *crease_ctx_error(ctx);
        int drawn = crease_cli_draw_table(ctx, table, python, picture);
        if (drawn != CREASE_OK) code = drawn;
        else if (code == CREASE_ESHORT) crease_fail(ctx, code, "%s", short_of.sentence);
    }
    if (table && fclose(table) != 0 && code == CREASE_OK)
        return crease_fail(ctx, CREASE_EIO, "cannot write '%s': %s", path, strerror(errno));
    return code;
}

/* A picture is drawn also of a table in which rows failed. */
static int measure_and_draw(crease_bench *b, const request *q)
{
    const char *python = NULL;
    if (q->plot) CREASE_TRY(crease_cli_find_python(b->ctx, &python));
    CREASE_TRY(crease_cli_open_table(b->ctx, q->csv, q->plot != NULL, &b->csv));
    return crease_cli_finish_table(b->ctx, measure(b, q->word), b->csv, q->csv, python, q->plot);
}

static int run(crease_ctx *ctx, const request *q)
{
    double rounds;
    crease_bench b = { .ctx = ctx };
    CREASE_TRY(check_word(ctx, q->word));
    CREASE_TRY(crease_cli_number(ctx, "--repeats", q->repeats, 1, 1e6, &rounds));
    b.repeats = (int)rounds;
    CREASE_TRY(strcmp(q->word, "oracles") == 0 ? prepare_oracles(ctx, q, &b) : prepare_others(ctx, q, &b));
    crease_ctx_set_threads(ctx, 1);
    return measure_and_draw(&b, q);
}

int crease_cmd_bench(crease_ctx *ctx, int argc, char **argv)
{
    crease_command_function *other = argc > 1 ? find_command(argv[1]) : NULL;
    if (other) return other(ctx, argc - 1, argv + 1);
    request q = { .repeats = "31" };
    const crease_option options[] = {
        { .name = "member", .value = "NAME", .texts = &q.members,
          .doc = "a regularizer to measure (oracles); may be given several times; default all" },
        { .name = "sizes", .value = "LIST", .text = &q.sizes,
          .doc = "comma-separated numbers of entries (oracles); default 1e3,1e4,1e5,1e6,1e7" },
        { .name = "backend", .value = "NAME", .text = &q.backend,
          .doc = "cpu-f32, cpu-f64 or, for oracles, both; default both for oracles, else cpu-f32" },
        { .name = "repeats", .value = "N", .text = &q.repeats,
          .doc = "rounds of each row; default 31. Rows of oracles end after half a second, but not before "
                 "the third" },
        { .name = "entries", .value = "N", .text = &q.entries,
          .doc = "parameters of the synthetic problems (layouts, outer); default 2400000" },
        { .name = "data", .value = "DIR", .text = &q.data, .doc = "where data is looked for first (epoch)" },
        { .name = "csv", .value = "FILE", .text = &q.csv, .doc = "also write the table there" },
        { .name = "plot", .value = "FILE", .text = &q.plot,
          .doc = "draw the table of oracles: a .png, .svg or .pdf. Python is that of crease plot" },
        { .name = NULL },
    };
    const crease_usage usage = {
        .synopsis = "crease bench {oracles|layouts|outer|epoch} [OPTION]...\n"
                    "       crease bench {solvers|spectral|atlas|steps} [OPTION]...",
        .about = "Measures, on one thread and side by side in one run:\n"
                 "oracles: the exact oracle of every regularizer at growing sizes, per entry, against a\n"
                 "         pass that reads c and d and writes x;\n"
                 "layouts: that of group_l2 for groups of every layout and size against the same pass;\n"
                 "outer: a RAMDA step against a pass over its arrays;\n"
                 "epoch: a RAMDA epoch of softmax regression against its bare products.\n"
                 "Answers are verified before they are timed, those of oracles at the first two sizes.\n"
                 "solvers, spectral, atlas and steps, named first, have options of their own: with\n"
                 "--help they print them.",
        .options = options,
        .min_operands = 1,
        .max_operands = 1,
    };
    CREASE_TRY(crease_cli_parse(ctx, &usage, argc, argv, &q.word));
    return run(ctx, &q);
}
