/* Writing a capture: the head, the settings of psi, the groups, the arrays. */
#include "capture.h"

#include <stdio.h>
#include <string.h>

#include "config.h"

static const char format[] = "crease capture";

const char *const crease_stride_names[6] = { "offset",       "group_stride", "outer",
                                             "outer_stride", "inner",        "inner_stride" };

/* --- the head --------------------------------------------------------------------------------- */

static void exchange_word(crease_h5 *h, const char *name, crease_capture_name word)
{
    crease_h5_text(h, "/", name, word, CREASE_CAPTURE_NAME_SIZE);
}

/* Which file this is comes first, so that a foreign one is called that. */
static void exchange_format(crease_h5 *h)
{
    crease_capture_name kind, version = PACKAGE_VERSION;
    uint64_t number = CREASE_CAPTURE_FORMAT;
    strcpy(kind, format);
    exchange_word(h, "format", kind);
    if (h->code == CREASE_EPARSE || (h->code == CREASE_OK && strcmp(kind, format) != 0)) {
        h->code = CREASE_OK;
        crease_h5_fail(h, CREASE_EPARSE, "this file holds no captured subproblem");
    }
    crease_h5_number(h, "/", "version", H5T_NATIVE_UINT64, &number);
    if (h->code == CREASE_OK && number != CREASE_CAPTURE_FORMAT)
        crease_h5_fail(h, CREASE_EPARSE,
                       "this capture is of version %llu, but this crease reads version %d",
                       (unsigned long long)number, CREASE_CAPTURE_FORMAT);
    exchange_word(h, "crease", version);
}

void crease_capture_exchange_head(crease_h5 *h, crease_capture_head *head)
{
    const struct {
        const char *name;
        uint64_t *value;
    } counts[] = { { "n", &head->n },
                   { "seed", &head->seed },
                   { "term", &head->term },
                   { "step", &head->step },
                   { "at", &head->at } };
    const struct {
        const char *name;
        double *value;
    } numbers[] = { { "w", &head->w },
                    { "scalar", &head->scalar },
                    { "paper_scale", &head->paper_scale },
                    { "scale", &head->scale },
                    { "ridge", &head->ridge } };
    exchange_format(h);
    exchange_word(h, "problem", head->problem);
    exchange_word(h, "label", head->label);
    exchange_word(h, "algorithm", head->algorithm);
    exchange_word(h, "block", head->block);
    exchange_word(h, "regularizer", head->regularizer);
    crease_h5_text(h, "/", "precision", head->precision, sizeof head->precision);
    crease_h5_text(h, "/", "metric", head->metric, sizeof head->metric);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        crease_h5_number(h, "/", counts[i].name, H5T_NATIVE_UINT64, counts[i].value);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        crease_h5_number(h, "/", numbers[i].name, H5T_NATIVE_DOUBLE, numbers[i].value);
}

int crease_capture_describe(const crease_capture *capture, crease_capture_head *head)
{
    const crease_subproblem *p = &capture->p;
    const crease_type *psi = &p->psi->type->base;
    *head = (crease_capture_head){ .n = p->n,
                                   .seed = capture->seed,
                                   .term = capture->term,
                                   .step = p->step,
                                   .w = p->w,
                                   .scalar = p->scalar,
                                   .paper_scale = p->paper_scale,
                                   .scale = p->psi->scale,
                                   .ridge = p->psi->ridge };
    if (p->n == 0 || p->n > UINT32_MAX)
        return crease_fail(p->ctx, CREASE_EINVAL,
                           "a subproblem of %zu entries cannot be captured; it takes 1 to "
                           "2^32 - 1",
                           p->n);
    if (strlen(psi->name) >= sizeof head->regularizer)
        return crease_fail(p->ctx, CREASE_EINVAL, "the name of regularizer %.40s... is too long",
                           psi->name);
    strcpy(head->problem, capture->problem);
    strcpy(head->label, capture->label);
    strcpy(head->algorithm, capture->algorithm);
    strcpy(head->block, capture->block);
    strcpy(head->regularizer, psi->name);
    strcpy(head->precision, p->backend->real_bytes == sizeof(float) ? "float32" : "float64");
    strcpy(head->metric, p->d ? "diagonal" : "scalar");
    return CREASE_OK;
}

/* --- psi and its groups ----------------------------------------------------------------------- */

/* Numbers are always an array: as text they might name a file. */
static void write_numbers(crease_h5 *h, const char *key, const crease_numbers *v)
{
    char name[200];
    snprintf(name, sizeof name, "settings/%s", key);
    crease_h5_array(h, name, H5T_NATIVE_DOUBLE, 1, &v->n, v->n == 1 ? &v->one : v->many);
}

void crease_capture_write_settings(crease_h5 *h, const crease_regularizer *psi)
{
    char text[CREASE_SETTING_SIZE];
    crease_h5_group(h, "settings");
    for (const crease_param *p = psi->type->base.params; p && p->name; p++) {
        if (p->kind == CREASE_PARAM_KIND_NUMBERS) {
            write_numbers(h, p->name, (const crease_numbers *)((const char *)psi->opts + p->offset));
            continue;
        }
        crease_param_print(p, psi->opts, text, sizeof text);
        crease_h5_text(h, "settings", p->name, text, sizeof text);
    }
}

static void write_strides(crease_h5 *h, const crease_groups *s)
{
    uint64_t strides[] = { s->offset,       s->group_stride, s->outer,
                           s->outer_stride, s->inner,        s->inner_stride };
    for (size_t i = 0; i < sizeof strides / sizeof *strides; i++)
        crease_h5_number(h, "groups", crease_stride_names[i], H5T_NATIVE_UINT64, &strides[i]);
}

static void write_starts(crease_h5 *h, const crease_groups *s)
{
    size_t length = s->count + 1;
    crease_h5_array(h, "groups/start", H5T_NATIVE_UINT64, 1, &length, s->start);
    if (s->index)
        crease_h5_array(h, "groups/index", H5T_NATIVE_UINT32, 1, &s->start[s->count], s->index);
}

void crease_capture_write_groups(crease_h5 *h, const crease_groups *s)
{
    char layout[CREASE_LAYOUT_SIZE];
    uint64_t count = s->count;
    double uniform = s->uniform_weight;
    strcpy(layout, !s->start ? "strided" : s->index ? "lists" : "segments");
    crease_h5_group(h, "groups");
    crease_h5_text(h, "groups", "layout", layout, sizeof layout);
    crease_h5_number(h, "groups", "count", H5T_NATIVE_UINT64, &count);
    crease_h5_number(h, "groups", "uniform_weight", H5T_NATIVE_DOUBLE, &uniform);
    if (s->start)
        write_starts(h, s);
    else
        write_strides(h, s);
    if (s->weights) crease_h5_array(h, "groups/weights", H5T_NATIVE_DOUBLE, 1, &s->count, s->weights);
}

/* --- the whole -------------------------------------------------------------------------------- */

static void write_array(crease_h5 *h, const char *name, const crease_subproblem *p, const void *data)
{
    hid_t type = p->backend->real_bytes == sizeof(float) ? H5T_NATIVE_FLOAT : H5T_NATIVE_DOUBLE;
    if (data) crease_h5_array(h, name, type, 1, &p->n, data);
}

static int write_start(crease_h5 *h, const crease_capture *capture)
{
    const crease_subproblem *p = &capture->p;
    if (capture->start) {
        write_array(h, "start", p, capture->start);
        return CREASE_OK;
    }
    void *zeros = crease_alloc(p->ctx, p->n, p->backend->real_bytes);
    if (!zeros) return CREASE_ENOMEM;
    write_array(h, "start", p, zeros);
    crease_release(p->ctx, zeros);
    return CREASE_OK;
}

int crease_capture_write(crease_ctx *ctx, const char *path, const crease_capture *capture)
{
    crease_capture_head head;
    crease_h5 h;
    const crease_subproblem *p = &capture->p;
    if (p->metric)
        return crease_fail(ctx, CREASE_ENOTSUP,
                           "a subproblem whose metric is an operator cannot be captured");
    CREASE_TRY(crease_capture_describe(capture, &head));
    CREASE_TRY(crease_h5_create(ctx, path, &h));
    crease_capture_exchange_head(&h, &head);
    crease_capture_write_settings(&h, p->psi);
    crease_capture_write_groups(&h, p->groups);
    write_array(&h, "c", p, p->c);
    write_array(&h, "d", p, p->d);
    write_array(&h, "x0", p, p->x0);
    write_array(&h, "v", p, p->v);
    int code = write_start(&h, capture);
    if (h.code == CREASE_OK) h.code = code;
    return crease_h5_finish(&h);
}
