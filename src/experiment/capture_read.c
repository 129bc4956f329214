/* Reading a capture. Every array is asked for its length, which the file's own bounds, before memory is
 * taken for it; what the numbers mean is checked last (capture_check.c). */
#include <stdio.h>
#include <string.h>

#include "capture.h"

typedef struct {
    crease_h5 h;
    crease_capture_head head;
    const crease_backend *stored; /* of the file's precision */
    crease_capture *k;
} reading;

/* The code of the last failure that was noted in the context alone, taken over with the file's name. */
static int adopt(crease_h5 *h, int code)
{
    if (code == CREASE_OK || h->code != CREASE_OK) return h->code;
    crease_ctx_prefix(h->ctx, "%s: ", h->path);
    return h->code = code;
}

/* --- arrays ----------------------------------------------------------------------------------- */

static hid_t real_type(const crease_backend *b)
{
    return b->real_bytes == sizeof(float) ? H5T_NATIVE_FLOAT : H5T_NATIVE_DOUBLE;
}

/* From the file's precision to the replay's. */
static void convert(const reading *r, const void *from, void *to)
{
    const crease_backend *backend = r->k->p.backend;
    if (backend->real_bytes == sizeof(double))
        r->stored->to_host(r->head.n, from, to);
    else
        backend->from_host(r->head.n, from, to); /* the file's reals are doubles, as on the host */
}

/* n reals, NULL after a failure. */
static void *read_reals(reading *r, const char *name)
{
    crease_ctx *ctx = r->h.ctx;
    const crease_backend *backend = r->k->p.backend;
    bool same = backend->real_bytes == r->stored->real_bytes;
    size_t n = crease_h5_length(&r->h, name);
    if (r->h.code == CREASE_OK && n != r->head.n)
        crease_h5_fail(&r->h, CREASE_EDIM, "'%s' has %zu entries, but n is %llu", name, n,
                       (unsigned long long)r->head.n);
    if (r->h.code != CREASE_OK) return NULL;
    void *to = crease_alloc(ctx, n, backend->real_bytes);
    void *from = same ? to : crease_alloc(ctx, n, r->stored->real_bytes);
    if (!to || !from) adopt(&r->h, CREASE_ENOMEM);
    if (r->h.code == CREASE_OK) crease_h5_item(&r->h, name, real_type(r->stored), n, from);
    if (r->h.code == CREASE_OK && !same) convert(r, from, to);
    if (!same) crease_release(ctx, from);
    return to;
}

static void read_arrays(reading *r)
{
    crease_capture *k = r->k;
    bool diagonal = strcmp(r->head.metric, "diagonal") == 0;
    if (r->h.code == CREASE_OK && !diagonal && strcmp(r->head.metric, "scalar") != 0)
        crease_h5_fail(&r->h, CREASE_EPARSE, "the metric is neither diagonal nor scalar");
    k->p.c = read_reals(r, "c");
    if (diagonal) k->p.d = read_reals(r, "d");
    if (crease_h5_has(&r->h, "x0") || crease_h5_has(&r->h, "v")) {
        k->p.x0 = read_reals(r, "x0");
        k->p.v = read_reals(r, "v");
    }
    k->start = read_reals(r, "start");
}

/* c anew in the wider precision. */
static void widen_c(reading *r)
{
    const crease_subproblem *p = &r->k->p;
    double *c = (double *)p->c;
    const double *d = p->d, *x0 = p->x0, *v = p->v;
    if (!x0 || p->backend->real_bytes <= r->stored->real_bytes) return;
    for (size_t i = 0; i < p->n; i++) c[i] = (d ? d[i] : p->scalar) * x0[i] - v[i];
}

/* --- psi -------------------------------------------------------------------------------------- */

static void read_numbers(reading *r, const char *key)
{
    char name[200];
    snprintf(name, sizeof name, "settings/%.150s", key);
    size_t n = crease_h5_length(&r->h, name);
    double *v = r->h.code == CREASE_OK ? crease_alloc(r->h.ctx, n, sizeof *v) : NULL;
    if (r->h.code == CREASE_OK && !v) adopt(&r->h, CREASE_ENOMEM);
    crease_h5_item(&r->h, name, H5T_NATIVE_DOUBLE, n, v);
    if (r->h.code == CREASE_OK) adopt(&r->h, crease_regularizer_set_numbers(r->k->psi, key, n, v));
    crease_release(r->h.ctx, v);
}

static void read_setting(reading *r, const crease_param *p)
{
    char text[CREASE_SETTING_SIZE];
    const crease_type *type = &r->k->psi->type->base;
    if (p->kind == CREASE_PARAM_KIND_NUMBERS) {
        read_numbers(r, p->name);
        return;
    }
    crease_h5_text(&r->h, "settings", p->name, text, sizeof text);
    if (r->h.code == CREASE_OK)
        adopt(&r->h,
              crease_opts_set(r->h.ctx, CREASE_REGULARIZER, type, r->k->psi->opts, p->name, text));
}

static void read_regularizer(reading *r)
{
    if (r->h.code != CREASE_OK) return;
    if (!(r->k->psi = crease_regularizer_create(r->h.ctx, r->head.regularizer))) {
        adopt(&r->h, crease_ctx_error(r->h.ctx)->code);
        return;
    }
    r->k->psi->scale = r->head.scale;
    r->k->psi->ridge = r->head.ridge;
    r->k->p.psi = r->k->psi;
    if (!crease_h5_has(&r->h, "settings"))
        crease_h5_fail(&r->h, CREASE_EPARSE, "'settings' is missing");
    for (const crease_param *p = r->k->psi->type->base.params; p && p->name && r->h.code == CREASE_OK;
         p++)
        read_setting(r, p);
}

/* --- groups ----------------------------------------------------------------------------------- */

static void read_strides(reading *r, uint64_t count, crease_groups *s)
{
    uint64_t v[6] = { 0 };
    for (size_t i = 0; i < 6; i++)
        crease_h5_number(&r->h, "groups", crease_stride_names[i], H5T_NATIVE_UINT64, &v[i]);
    if (r->h.code != CREASE_OK) return;
    *s = (crease_groups){ .count = count,
                          .offset = v[0],
                          .group_stride = v[1],
                          .outer = v[2],
                          .outer_stride = v[3],
                          .inner = v[4],
                          .inner_stride = v[5],
                          .disjoint = true };
    if (adopt(&r->h, crease_capture_check_strides(r->h.ctx, s, r->k->p.n)) == CREASE_OK)
        s->entries = s->count * s->outer * s->inner;
}

/* An array of the groups, length long unless that is 0; NULL after a failure. */
static void *read_places(reading *r, const char *name, hid_t type, size_t bytes, size_t length,
                         size_t *n)
{
    *n = crease_h5_length(&r->h, name);
    if (r->h.code == CREASE_OK && *n != length && length > 0)
        crease_h5_fail(&r->h, CREASE_EDIM, "'%s' has %zu numbers, but %zu belong there", name, *n,
                       length);
    if (r->h.code != CREASE_OK) return NULL;
    void *places = crease_alloc(r->h.ctx, *n, bytes);
    if (!places) adopt(&r->h, CREASE_ENOMEM);
    crease_h5_item(&r->h, name, type, *n, places);
    return places;
}

static void use_segments(reading *r, size_t count, const size_t *start, crease_groups *s)
{
    for (size_t g = 0; g < count; g++)
        if (start[g + 1] < start[g])
            crease_h5_fail(&r->h, CREASE_EPARSE, "group %zu ends at entry %zu, before it starts at %zu",
                           g, start[g + 1], start[g]);
    if (r->h.code != CREASE_OK) return;
    *s = (crease_groups){
        .count = count, .entries = start[count] - start[0], .start = start, .disjoint = true
    };
}

static void use_lists(reading *r, size_t count, const size_t *start, crease_groups *s)
{
    size_t n;
    uint32_t *index = read_places(r, "groups/index", H5T_NATIVE_UINT32, sizeof *index, 0, &n);
    if (r->h.code == CREASE_OK && n != start[count])
        crease_h5_fail(&r->h, CREASE_EDIM,
                       "'groups/index' has %zu numbers, but the groups have %zu entries", n,
                       start[count]);
    for (size_t i = 0; r->h.code == CREASE_OK && i < n; i++)
        if (index[i] >= r->k->p.n)
            crease_h5_fail(&r->h, CREASE_EPARSE, "the groups reach entry %lu, but there are only %zu",
                           (unsigned long)index[i], r->k->p.n);
    if (r->h.code == CREASE_OK)
        adopt(&r->h, crease_groups_from_lists(r->h.ctx, count, start, index, s));
    crease_release(r->h.ctx, index);
}

static void read_starts(reading *r, uint64_t count, bool lists, crease_groups *s)
{
    size_t n;
    if (count >= SIZE_MAX) crease_h5_fail(&r->h, CREASE_EPARSE, "the number of groups is impossible");
    size_t *start = read_places(r, "groups/start", H5T_NATIVE_UINT64, sizeof *start, count + 1, &n);
    if (r->h.code == CREASE_OK && lists) use_lists(r, count, start, s);
    if (r->h.code == CREASE_OK && !lists) use_segments(r, count, start, s);
    if (s->start != start) crease_release(r->h.ctx, start);
}

static void read_weights(reading *r, crease_groups *s)
{
    size_t n;
    double uniform = 0;
    crease_h5_number(&r->h, "groups", "uniform_weight", H5T_NATIVE_DOUBLE, &uniform);
    if (r->h.code != CREASE_OK) return;
    if (!crease_h5_has(&r->h, "groups/weights")) {
        crease_release(r->h.ctx, (void *)s->weights);
        s->weights = NULL;
        s->uniform_weight = uniform;
        return;
    }
    n = crease_h5_length(&r->h, "groups/weights");
    if (r->h.code == CREASE_OK && n != s->count)
        crease_h5_fail(&r->h, CREASE_EDIM, "there are %zu weights, but %zu groups", n, s->count);
    double *weights = r->h.code == CREASE_OK ? crease_alloc(r->h.ctx, n, sizeof *weights) : NULL;
    if (r->h.code == CREASE_OK && !weights) adopt(&r->h, CREASE_ENOMEM);
    crease_h5_item(&r->h, "groups/weights", H5T_NATIVE_DOUBLE, n, weights);
    if (r->h.code == CREASE_OK) adopt(&r->h, crease_groups_set_weights(r->h.ctx, s, weights));
    crease_release(r->h.ctx, weights);
}

static void read_groups(reading *r)
{
    char layout[CREASE_LAYOUT_SIZE] = "";
    uint64_t count = 0;
    crease_groups *s = &r->k->groups;
    if (r->h.code == CREASE_OK && !crease_h5_has(&r->h, "groups"))
        crease_h5_fail(&r->h, CREASE_EPARSE, "'groups' is missing");
    crease_h5_text(&r->h, "groups", "layout", layout, sizeof layout);
    crease_h5_number(&r->h, "groups", "count", H5T_NATIVE_UINT64, &count);
    if (r->h.code != CREASE_OK) return;
    bool lists = strcmp(layout, "lists") == 0, segments = strcmp(layout, "segments") == 0;
    if (lists || segments)
        read_starts(r, count, lists, s);
    else if (strcmp(layout, "strided") == 0)
        read_strides(r, count, s);
    else
        crease_h5_fail(&r->h, CREASE_EPARSE,
                       "the layout of the groups is none of strided, segments and lists");
    read_weights(r, s);
    r->k->p.groups = s;
}

/* --- the whole -------------------------------------------------------------------------------- */

static void read_head(reading *r, const char *backend)
{
    crease_ctx *ctx = r->h.ctx;
    crease_capture *k = r->k;
    crease_capture_head *head = &r->head;
    crease_capture_exchange_head(&r->h, head);
    if (r->h.code != CREASE_OK) return;
    bool narrow = strcmp(head->precision, "float32") == 0;
    if (!narrow && strcmp(head->precision, "float64") != 0) {
        crease_h5_fail(&r->h, CREASE_EPARSE, "its precision is neither float32 nor float64");
        return;
    }
    if (head->n == 0 || head->n > UINT32_MAX) {
        crease_h5_fail(&r->h, CREASE_ERANGE, "n is %llu, but must lie in [1, 2^32 - 1]",
                       (unsigned long long)head->n);
        return;
    }
    r->stored = crease_backend_find(ctx, narrow ? "cpu-f32" : "cpu-f64");
    k->p = (crease_subproblem){ .ctx = ctx,
                                .n = head->n,
                                .scalar = head->scalar,
                                .w = head->w,
                                .paper_scale = head->paper_scale,
                                .step = head->step };
    k->p.backend = backend ? crease_backend_find(ctx, backend) : r->stored;
    k->stored_bytes = r->stored->real_bytes;
    k->seed = head->seed;
    k->term = head->term;
    if (!k->p.backend) adopt(&r->h, crease_ctx_error(ctx)->code);
}

static void copy_words(reading *r)
{
    memcpy(r->k->problem, r->head.problem, sizeof r->k->problem);
    memcpy(r->k->label, r->head.label, sizeof r->k->label);
    memcpy(r->k->algorithm, r->head.algorithm, sizeof r->k->algorithm);
    memcpy(r->k->block, r->head.block, sizeof r->k->block);
}

int crease_capture_read(crease_ctx *ctx, const char *path, const char *backend,
                        crease_capture **capture)
{
    reading r = { .k = NULL };
    *capture = NULL;
    CREASE_TRY(crease_h5_open(ctx, path, &r.h));
    if (!(r.k = crease_alloc(ctx, 1, sizeof *r.k))) adopt(&r.h, CREASE_ENOMEM);
    if (r.k) {
        r.k->ctx = ctx;
        read_head(&r, backend);
        if (r.h.code == CREASE_OK) read_arrays(&r);
        read_regularizer(&r);
        read_groups(&r);
        if (r.h.code == CREASE_OK) adopt(&r.h, crease_capture_check(r.k));
        if (r.h.code == CREASE_OK) widen_c(&r);
        copy_words(&r);
    }
    int code = crease_h5_finish(&r.h);
    if (code == CREASE_OK)
        *capture = r.k;
    else
        crease_capture_free(r.k);
    return code;
}

void crease_capture_free(crease_capture *k)
{
    if (!k) return;
    const void *arrays[] = { k->p.c, k->p.d, k->p.x0, k->p.v, k->start };
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        crease_release(k->ctx, (void *)arrays[i]);
    crease_groups_free(k->ctx, &k->groups);
    crease_regularizer_free(k->psi);
    crease_release(k->ctx, k);
}
