/* crease conformance export DIR: problems with certified answers for every regularizer, in a form that
 * any other implementation can read; conformance/check.py judges answers to them without this program.
 */
#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conformance.h"
#include "data/output.h"

typedef struct {
    crease_ctx *ctx;
    const char *operands[2];
    const char *seed_text, *cases_text;
    crease_texts members;
    uint64_t seed;
    size_t cases;
    crease_output manifest;
    size_t written; /* members */
} export_job;

/* The stacked arrays of a member: the entries of its cases one after the other. */
typedef struct {
    double *c, *d, *x;
    size_t n, cases, exact;
    double worst; /* certificate of an exact case */
} member_arrays;

static bool is_wanted(const export_job *job, const char *name)
{
    for (size_t i = 0; i < job->members.n; i++)
        if (strcmp(job->members.v[i], name) == 0) return true;
    return job->members.n == 0;
}

static int make_folder(crease_ctx *ctx, const char *path)
{
    if (mkdir(path, 0777) == 0 || errno == EEXIST) return CREASE_OK;
    return crease_fail(ctx, CREASE_EIO, "cannot make the folder '%s': %s", path, strerror(errno));
}

static int write_array(const export_job *job, const char *member, const char *name, double *data,
                       size_t n)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s/%s.npy", job->operands[1], member, name);
    crease_array a = { .rank = 1, .shape = { n }, .n = n, .real_bytes = sizeof(double), .data = data };
    return crease_write_npy(job->ctx, path, &a);
}

static int write_arrays(const export_job *job, const char *member, const member_arrays *a)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", job->operands[1], member);
    CREASE_TRY(make_folder(job->ctx, path));
    CREASE_TRY(write_array(job, member, "c", a->c, a->n));
    CREASE_TRY(write_array(job, member, "d", a->d, a->n));
    return write_array(job, member, "x", a->x, a->n);
}

static int keep_case(export_job *job, const crease_case *k, size_t number, member_arrays *a)
{
    char *text = crease_case_json(k, number, a->n);
    if (!text) return crease_fail(job->ctx, CREASE_ENOMEM, "out of memory while writing JSON");
    fprintf(job->manifest.file, "%s\n  %s", a->cases ? "," : "", text);
    cJSON_free(text);
    memcpy(a->c + a->n, k->c, k->n * sizeof *k->c);
    memcpy(a->d + a->n, k->d, k->n * sizeof *k->d);
    memcpy(a->x + a->n, k->x, k->n * sizeof *k->x);
    a->n += k->n;
    a->cases++;
    a->exact += k->info.exact;
    if (k->info.exact) a->worst = fmax(a->worst, k->certificate.relative);
    return CREASE_OK;
}

/* A case that the member refuses, or that is said to have no minimizer, is left out; its number stays free. */
static int export_case(export_job *job, const crease_regularizer_type *type, size_t number,
                       member_arrays *a)
{
    crease_case k;
    int code = crease_case_draw(job->ctx, type, job->seed, number, &k);
    if (code == CREASE_OK) code = crease_case_solve(&k);
    if (code == CREASE_OK) {
        code = keep_case(job, &k, number, a);
    } else if (code == CREASE_EUNBOUNDED || code == CREASE_ENOTSUP) {
        crease_log(job->ctx, CREASE_LOG_WARNING, "%s/%zu is left out: %s", type->base.name, number,
                   crease_ctx_error(job->ctx)->sentence);
        code = CREASE_OK;
    }
    crease_case_clear(&k);
    return code;
}

static int export_cases(export_job *job, const crease_regularizer_type *type, member_arrays *a)
{
    char *text = crease_member_json(type);
    if (!text) return crease_fail(job->ctx, CREASE_ENOMEM, "out of memory while writing JSON");
    fprintf(job->manifest.file, "%s\n%s,\"cases\":[", job->written ? "," : "", text);
    cJSON_free(text);
    for (size_t i = 0; i < job->cases; i++) CREASE_TRY(export_case(job, type, i, a));
    fprintf(job->manifest.file, "\n]}");
    return write_arrays(job, type->base.name, a);
}

static int export_member(export_job *job, const crease_regularizer_type *type)
{
    size_t most = job->cases * CASE_MOST_ENTRIES;
    member_arrays a = { .c = crease_alloc(job->ctx, most, sizeof(double)),
                        .d = crease_alloc(job->ctx, most, sizeof(double)),
                        .x = crease_alloc(job->ctx, most, sizeof(double)) };
    int code = a.c && a.d && a.x ? export_cases(job, type, &a) : CREASE_ENOMEM;
    if (code == CREASE_OK) {
        printf("%-18s %5zu cases, %5zu exact, worst certificate %.1e\n", type->base.name, a.cases,
               a.exact, a.worst);
        job->written++;
    }
    crease_release(job->ctx, a.c);
    crease_release(job->ctx, a.d);
    crease_release(job->ctx, a.x);
    return code;
}

/* How far an answer may be off, relative to the sizes that README.md of the kit names. */
static const char tolerances[] =
    "\"tolerance\":{\"float64\":{\"objective\":1e-12,\"x\":1e-8,\"feasible\":1e-11,\"noise\":1e-13},"
    "\"float32\":{\"objective\":1e-5,\"x\":5e-3,\"feasible\":1e-5,\"noise\":1e-5}}";

static int export_members(export_job *job)
{
    const crease_type *type;
    fprintf(job->manifest.file,
            "{\"format\":\"proximal conformance 1\",\"seed\":%llu,%s,\n\"members\":[",
            (unsigned long long)job->seed, tolerances);
    for (size_t i = 0; (type = crease_type_at(job->ctx, CREASE_REGULARIZER, i)); i++)
        if (is_wanted(job, type->name))
            CREASE_TRY(export_member(job, (const crease_regularizer_type *)type));
    fprintf(job->manifest.file, "\n]}\n");
    return CREASE_OK;
}

static int run(export_job *job)
{
    char path[4096];
    double seed, cases;
    if (strcmp(job->operands[0], "export") != 0)
        return crease_fail(job->ctx, CREASE_ENOTFOUND, "unknown action '%s'; there is: export",
                           job->operands[0]);
    CREASE_TRY(crease_cli_number(job->ctx, "--seed", job->seed_text, 0, 0x1p53, &seed));
    CREASE_TRY(crease_cli_number(job->ctx, "--cases", job->cases_text, 1, 100000, &cases));
    for (size_t i = 0; i < job->members.n; i++)
        if (!crease_lookup(job->ctx, CREASE_REGULARIZER, job->members.v[i])) return CREASE_ENOTFOUND;
    job->seed = (uint64_t)seed;
    job->cases = (size_t)cases;
    CREASE_TRY(make_folder(job->ctx, job->operands[1]));
    if (snprintf(path, sizeof path, "%s/manifest.json", job->operands[1]) >= (int)sizeof path - 300)
        return crease_fail(job->ctx, CREASE_EINVAL, "the name of the folder is too long");
    if (access(path, F_OK) == 0)
        return crease_fail(job->ctx, CREASE_EEXIST, "%s holds test problems already; name a new folder",
                           job->operands[1]);
    CREASE_TRY(crease_output_open(job->ctx, path, &job->manifest));
    int code = export_members(job);
    if (code == CREASE_OK) code = crease_output_commit(&job->manifest);
    crease_output_discard(&job->manifest);
    return code;
}

int crease_cmd_conformance(crease_ctx *ctx, int argc, char **argv)
{
    export_job job = { .ctx = ctx, .seed_text = "1", .cases_text = "120" };
    const crease_option options[] = {
        { "seed", 0, "S", "whole number from which all cases follow (1)", .text = &job.seed_text },
        { "cases", 'n', "N", "cases of every member (120)", .text = &job.cases_text },
        { "member", 'm', "NAME", "only this regularizer; may be given several times (all)",
          .texts = &job.members },
        { .name = NULL },
    };
    const crease_usage usage = {
        .synopsis = "crease conformance export [OPTIONS] DIR",
        .about = "Writes subproblems  min 1/2 x'Dx - c'x + w psi(x)  for every regularizer, their "
                 "minimizers\n"
                 "and certificates: manifest.json and one folder of .npy files a regularizer. check.py "
                 "of the\n"
                 "installed folder crease/conformance judges the answers of any implementation to "
                 "them, and\n"
                 "README.md there describes the format.",
        .options = options,
        .min_operands = 2,
        .max_operands = 2,
    };
    CREASE_TRY(crease_cli_parse(ctx, &usage, argc, argv, job.operands));
    return run(&job);
}
