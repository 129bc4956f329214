/* The checkpoint of a run: everything that the next step depends on, and what belongs to the trace so
 * far. One function names each part once; it writes or reads according to how the file was opened. */
#include <stdio.h>
#include <string.h>

#include "h5.h"
#include "run.h"
#include "text.h"

/* What must agree between the run that wrote a checkpoint and the one that takes it up. */
static int identity(const crease_training *t, crease_text *text)
{
    char *configuration = crease_experiment_print(t->experiment);
    if (!configuration) return CREASE_ENOMEM;
    crease_text_add(
        text,
        "crease checkpoint 2\nlabel %s\nseed %llu\ndata %.6g\nrows %zu\nparameters %zu\nunits %zu\n%s",
        t->method->label, (unsigned long long)t->seed, t->fingerprint, t->problem->rows, t->problem->n,
        t->n_units, configuration);
    crease_release(t->ctx, configuration);
    return text->code;
}

static void exchange_identity(crease_h5 *h, const crease_training *t)
{
    crease_text own = { .ctx = t->ctx };
    uint64_t length = 0;
    if (h->code != CREASE_OK || (h->code = identity(t, &own)) != CREASE_OK)
        return crease_text_free(&own);
    length = own.length;
    crease_h5_item(h, "identity_length", H5T_NATIVE_UINT64, 1, &length);
    char *stored = length == own.length ? crease_alloc(t->ctx, own.length, 1) : NULL;
    if (stored && h->writing) memcpy(stored, own.s, own.length);
    if (stored) crease_h5_item(h, "identity", H5T_NATIVE_CHAR, own.length, stored);
    if (h->code == CREASE_OK && (!stored || memcmp(stored, own.s, own.length) != 0))
        h->code =
            crease_fail(t->ctx, CREASE_EPARSE,
                        "%s belongs to another run: its configuration or its data differ", h->path);
    crease_release(t->ctx, stored);
    crease_text_free(&own);
}

/* A backend vector, stored as doubles: the same file serves every width, and no bits are lost. */
static void exchange_vector(crease_h5 *h, const crease_training *t, const char *name, size_t n, void *reals)
{
    const crease_backend *b = t->algorithm->backend;
    double *host = crease_alloc(t->ctx, n, sizeof *host);
    if (!host && h->code == CREASE_OK) h->code = CREASE_ENOMEM;
    if (host && h->writing) b->to_host(n, reals, host);
    if (host) crease_h5_item(h, name, H5T_NATIVE_DOUBLE, n, host);
    if (host && !h->writing && h->code == CREASE_OK) b->from_host(n, host, reals);
    crease_release(t->ctx, host);
}

static void exchange_algorithm(crease_h5 *h, const crease_training *t)
{
    crease_algorithm *a = t->algorithm;
    char name[100];
    exchange_vector(h, t, "x", a->n, a->x);
    exchange_vector(h, t, "hat", a->n, a->hat);
    for (size_t i = 0; a->type->slots && a->type->slots[i].name; i++) {
        snprintf(name, sizeof name, "slot_%s", a->type->slots[i].name);
        exchange_vector(h, t, name, crease_slot_length(a, i), a->slots[i]);
    }
    crease_h5_item(h, "state", H5T_NATIVE_DOUBLE, a->type->state_doubles, a->state);
    crease_h5_item(h, "lr", H5T_NATIVE_DOUBLE, 1, &a->lr);
    crease_h5_item(h, "momentum", H5T_NATIVE_DOUBLE, 1, &a->momentum);
    crease_h5_item(h, "floor_scale", H5T_NATIVE_DOUBLE, 1, &a->floor_scale);
    crease_h5_item(h, "t", H5T_NATIVE_ULONG, 1, &a->t);
}

static void exchange_place(crease_h5 *h, crease_training *t, long *trace_bytes)
{
    uint64_t step = t->step;
    crease_h5_item(h, "epoch", H5T_NATIVE_LONG, 1, &t->epoch);
    crease_h5_item(h, "step", H5T_NATIVE_UINT64, 1, &step);
    crease_h5_item(h, "epoch_s", H5T_NATIVE_DOUBLE, 1, &t->epoch_s);
    crease_h5_item(h, "train_s", H5T_NATIVE_DOUBLE, 1, &t->train_s);
    crease_h5_item(h, "passes", H5T_NATIVE_DOUBLE, 1, &t->oracle.passes);
    crease_h5_item(h, "loss", H5T_NATIVE_DOUBLE, 1, &t->loss);
    crease_h5_item(h, "trace_bytes", H5T_NATIVE_LONG, 1, trace_bytes);
    t->step = (size_t)step;
    bool possible =
        t->epoch >= 0 && t->epoch <= t->method->schedule.epochs && t->step<t->steps && * trace_bytes> 0;
    if (h->code == CREASE_OK && !possible)
        h->code = crease_fail(t->ctx, CREASE_EPARSE, "%s: its place in the run is impossible", h->path);
}

static void exchange_diagnostics(crease_h5 *h, const crease_training *t)
{
    char name[100];
    for (size_t i = 0; i < t->experiment->n_diagnostics; i++) {
        const crease_diagnostic *d = t->diagnostics[i];
        snprintf(name, sizeof name, "diagnostic_%s", d->type->base.name);
        crease_h5_item(h, name, H5T_NATIVE_DOUBLE, d->n_state, d->state);
    }
}

static void exchange_history(crease_h5 *h, crease_training *t)
{
    if (h->code == CREASE_OK) h->code = crease_history_reserve(t, (size_t)t->epoch);
    crease_h5_item(h, "signatures", H5T_NATIVE_UINT32, (size_t)t->epoch * t->n_units, t->history);
    crease_h5_item(h, "signatures_hat", H5T_NATIVE_UINT32, (size_t)t->epoch * t->n_units,
                   t->history_hat);
}

static int exchange(crease_h5 *h, crease_training *t, long *trace_bytes)
{
    exchange_identity(h, t);
    exchange_place(h, t, trace_bytes);
    exchange_algorithm(h, t);
    exchange_diagnostics(h, t);
    exchange_history(h, t);
    return crease_h5_finish(h);
}

int crease_checkpoint_write(crease_training *t)
{
    crease_path path;
    crease_h5 h;
    long bytes = t->trace.bytes;
    CREASE_TRY(crease_path_join(t->ctx, path, t->folder, "checkpoint.h5"));
    CREASE_TRY(crease_h5_create(t->ctx, path, &h));
    return exchange(&h, t, &bytes);
}

int crease_checkpoint_read(crease_training *t, bool *found, long *trace_bytes)
{
    crease_path path;
    crease_h5 h;
    CREASE_TRY(crease_path_join(t->ctx, path, t->folder, "checkpoint.h5"));
    *found = crease_path_exists(path);
    if (!*found) return CREASE_OK;
    CREASE_TRY(crease_h5_open(t->ctx, path, &h));
    CREASE_TRY(exchange(&h, t, trace_bytes));
    t->report.epochs = t->epoch;
    t->report.train_s = t->train_s;
    return CREASE_OK;
}
