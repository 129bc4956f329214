/* Where references are kept, and under which name. */
#include <math.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crease/random.h"
#include "folder.h"
#include "reference.h"
#include "text.h"

/* --- the name ------------------------------------------------------------------------------------- */

/* f and its gradient at a point drawn at random, the gradient seen from a random side: other data, or other settings that
 * change f, give others, columns in another order as well.                                                       */
static int add_data(crease_problem *p, crease_text *text)
{
    double value, along = 0, *host = crease_alloc(p->ctx, p->n, sizeof *host);
    void *x = crease_alloc(p->ctx, p->n, p->backend->real_bytes);
    void *g = crease_alloc(p->ctx, p->n, p->backend->real_bytes);
    crease_random r = crease_random_at(1, CREASE_STREAM_SAMPLE, 0);
    int code = x && g && host ? CREASE_OK : CREASE_ENOMEM;
    for (size_t i = 0; code == CREASE_OK && i < p->n; i++) host[i] = crease_random_normal(&r) / sqrt((double)p->n);
    if (code == CREASE_OK) {
        p->backend->from_host(p->n, host, x);
        code = p->type->gradient(p, (crease_rows){ 0, NULL }, x, &value, g);
    }
    if (code == CREASE_OK) p->backend->to_host(p->n, g, host);
    for (size_t i = 0; code == CREASE_OK && i < p->n; i++) along += crease_random_normal(&r) * host[i];
    if (code == CREASE_OK)
        crease_text_add(text, "data: %zu rows, %zu parameters, loss %.9g, gradient %.9g, %s\n", p->rows, p->n, value, along,
                        p->backend->name);
    crease_release(p->ctx, x);
    crease_release(p->ctx, g);
    crease_release(p->ctx, host);
    return code == CREASE_OK ? text->code : code;
}

static int digest(crease_ctx *ctx, const crease_text *text, char hash[65])
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    if (!EVP_Digest(text->s, text->length, bytes, &length, EVP_sha256(), NULL) || length != 32)
        return crease_fail(ctx, CREASE_EIO, "SHA-256 is not available");
    for (unsigned i = 0; i < length; i++) snprintf(hash + 2 * i, 3, "%02x", bytes[i]);
    return CREASE_OK;
}

int crease_reference_hash(const crease_experiment *e, const crease_term_specs *specs, crease_problem *problem,
                          char hash[65])
{
    crease_text text = { .ctx = e->ctx };
    char *words = crease_experiment_print_problem(e, specs);
    if (!words) return CREASE_ENOMEM;
    crease_text_add(&text, "crease reference 1\n%s", words);
    crease_release(e->ctx, words);
    int code = add_data(problem, &text);
    if (code == CREASE_OK) code = digest(e->ctx, &text, hash);
    crease_text_free(&text);
    return code;
}

/* --- the place ------------------------------------------------------------------------------------ */

int crease_reference_path(crease_ctx *ctx, const char *hash, crease_path path)
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    crease_path folder, file;
    if (!(cache && *cache) && !(home && *home))
        return crease_fail(ctx, CREASE_ENOTFOUND, "neither XDG_CACHE_HOME nor HOME says where references are kept");
    int length = cache && *cache ? snprintf(folder, sizeof folder, "%s/crease/references", cache)
                                 : snprintf(folder, sizeof folder, "%s/.cache/crease/references", home);
    if (length < 0 || (size_t)length >= sizeof folder)
        return crease_fail(ctx, CREASE_EIO, "the path of the cache is too long");
    CREASE_TRY(crease_folder_make(ctx, folder));
    snprintf(file, sizeof file, "%.64s.h5", hash);
    return crease_path_join(ctx, path, folder, file);
}

/* --- both ----------------------------------------------------------------------------------------- */

/* Plan after plan until the certificate is what references are for; the best of them stays. */
static int try_plans(crease_problem *problem, const crease_term_set *set, const crease_reference_plan *plans, size_t n,
                     crease_reference *r)
{
    int code = CREASE_EINVAL;
    for (size_t i = 0; i < n; i++) {
        crease_reference next = { 0 };
        code = crease_reference_solve(problem, set, &plans[i], r->x, &next);
        if (code == CREASE_ENOTSUP && i + 1 < n) continue; /* the solver does not take these terms */
        if (code != CREASE_OK) break;
        if (r->x && !(next.certificate < r->certificate)) {
            crease_reference_free(problem->ctx, &next);
        } else {
            crease_reference_free(problem->ctx, r);
            *r = next;
        }
        if (r->certificate <= CREASE_REFERENCE_ENOUGH) break;
    }
    return r->x ? CREASE_OK : code;
}

static int solve(crease_problem *problem, const crease_term_specs *specs, const crease_reference_plan *plan,
                 crease_reference *r)
{
    crease_term_set set;
    crease_reference_plan plans[CREASE_REFERENCE_PLANS];
    CREASE_TRY(crease_terms_build(problem->ctx, specs, problem, &set));
    size_t n = plan ? 1 : crease_reference_plans(problem, &set, plans);
    int code = try_plans(problem, &set, plan ? plan : plans, n, r);
    crease_terms_free(problem->ctx, &set);
    return code;
}

int crease_reference_find(const crease_experiment *e, const crease_term_specs *specs, crease_problem *problem,
                          const crease_reference_plan *plan, bool fresh, crease_reference *r, crease_path path)
{
    char hash[65];
    *r = (crease_reference){ 0 };
    CREASE_TRY(crease_reference_hash(e, specs, problem, hash));
    CREASE_TRY(crease_reference_path(e->ctx, hash, path));
    if (!fresh && crease_path_exists(path)) {
        if (crease_reference_read(e->ctx, path, r) == CREASE_OK && strcmp(r->hash, hash) == 0) return CREASE_OK;
        crease_ctx_clear_error(e->ctx); /* damaged, of an older kind, or of another name: solved again */
        crease_reference_free(e->ctx, r);
    }
    CREASE_TRY(solve(problem, specs, plan, r));
    memcpy(r->hash, hash, sizeof hash);
    return crease_reference_write(e->ctx, path, r);
}

/* --- for a run ------------------------------------------------------------------------------------ */

static const crease_param *file_setting(const crease_choice *diagnostic)
{
    if (strcmp(diagnostic->type->name, "reference") != 0) return NULL;
    for (const crease_param *p = diagnostic->type->params; p && p->name; p++)
        if (strcmp(p->name, "file") == 0) return p;
    return NULL;
}

/* In double, whatever the run is in. */
static int find_in_double(crease_experiment *e, crease_path path)
{
    crease_problem *problem = NULL;
    crease_reference r = { 0 };
    crease_string backend;
    memcpy(backend, e->backend, sizeof backend);
    snprintf(e->backend, sizeof e->backend, "cpu-f64");
    int code = crease_experiment_load_problem(e, &problem);
    if (code == CREASE_OK) code = crease_reference_find(e, &e->regularizers, problem, NULL, false, &r, path);
    if (code == CREASE_OK && !(r.certificate <= CREASE_REFERENCE_ENOUGH))
        crease_log(e->ctx, CREASE_LOG_WARNING, "the reference has a certificate of %.1e only", r.certificate);
    memcpy(e->backend, backend, sizeof backend);
    crease_reference_free(e->ctx, &r);
    crease_problem_free(problem);
    return code;
}

int crease_reference_supply(crease_experiment *e)
{
    crease_path path = "";
    for (size_t i = 0; i < e->n_diagnostics; i++) {
        crease_choice *d = &e->diagnostics[i];
        const crease_param *file = file_setting(d);
        if (!file || *((const char *)d->opts + file->offset)) continue;
        for (size_t m = 0; m < e->n_methods; m++)
            if (e->methods[m].own_regularizers)
                return crease_fail(e->ctx, CREASE_EINVAL, "algorithm %s has regularizers of its own: the reference of "
                                   "the others is not its; name a file", e->methods[m].label);
        if (!*path) CREASE_TRY(find_in_double(e, path));
        CREASE_TRY(crease_opts_set(e->ctx, CREASE_DIAGNOSTIC, d->type, d->opts, "file", path));
    }
    return CREASE_OK;
}
