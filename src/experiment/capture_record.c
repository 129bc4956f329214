/* The recorder: writes the subproblems of a run as they are solved. A term's tiles go straight to their
 * places in the file, so that no second copy of the parameters is made; the start point is the iterate,
 * which still stands when the first tile of a term is shown.
 *
 * Strided groups and segments keep their layout: entry i of the file is entry at + i of the parameter
 * vector. Lists are stored one after the other, which makes segments of them; `position` says where
 * their entries come from. */
#include <stdio.h>
#include <string.h>

#include "capture.h"

enum { C, D, X0, V, N_ARRAYS, CHUNK = 4096 };

static const char *const array_names[N_ARRAYS] = { "c", "d", "x0", "v" };

struct crease_recorder {
    crease_training *t;
    const crease_capture_plan *plan;
    crease_tap tap;
    crease_step_range ranges[CREASE_CAPTURE_RANGES];
    size_t n_ranges;
    long written[CREASE_MAX_TERMS];
    /* the file at hand */
    bool open;
    crease_h5 h;
    hid_t real, arrays[N_ARRAYS];
};

/* --- which steps ------------------------------------------------------------------------------ */

static bool wants(void *user, const crease_algorithm *a, size_t term)
{
    const crease_recorder *r = user;
    long step = (long)a->t;
    if (r->written[term] >= r->plan->max) return false;
    if (r->plan->every > 0 && step % r->plan->every == 0) return true;
    for (size_t i = 0; i < r->n_ranges; i++)
        if (step >= r->ranges[i].first && step <= r->ranges[i].last) return true;
    return false;
}

/* --- what the file says of the whole term ----------------------------------------------------- */

/* The groups as they stand in the file. */
static crease_groups rebased(const crease_tap_event *e)
{
    crease_groups s = *e->groups;
    s.offset = 0;
    s.index = NULL;
    return s;
}

static size_t file_entries(const crease_tap_event *e)
{
    crease_groups s = rebased(e);
    return crease_groups_extent(&s);
}

static size_t first_position(const crease_tap_event *e)
{
    const crease_groups *s = e->groups;
    return !s->start ? s->offset : s->index ? s->index[0] : 0;
}

static void keep_word(crease_capture_name word, const char *text)
{
    snprintf(word, CREASE_CAPTURE_NAME_SIZE, "%.*s", CREASE_CAPTURE_NAME_SIZE - 1, text);
}

static int write_head(crease_recorder *r, const crease_tap_event *e)
{
    const crease_training *t = r->t;
    crease_capture_head head;
    crease_groups groups = rebased(e);
    crease_capture k = { .ctx = t->ctx, .p = *e->p, .seed = (unsigned long)t->seed, .term = e->term };
    k.p.n = file_entries(e);
    keep_word(k.problem, t->problem->type->base.name);
    keep_word(k.label, t->method->label);
    keep_word(k.algorithm, e->a->type->base.name);
    keep_word(k.block, e->a->terms[e->term].block);
    CREASE_TRY(crease_capture_describe(&k, &head));
    head.at = first_position(e);
    crease_capture_exchange_head(&r->h, &head);
    crease_capture_write_settings(&r->h, e->p->psi);
    crease_capture_write_groups(&r->h, &groups);
    return r->h.code;
}

/* --- the start point
 * ---------------------------------------------------------------------------------- */

static const void *entry_of(const crease_recorder *r, const void *vector, size_t i)
{
    return (const char *)vector + i * r->t->algorithm->backend->real_bytes;
}

/* Entries of lists, gathered a few at a time: of the iterate, and where they are. */
static void write_scattered(crease_recorder *r, const crease_tap_event *e, hid_t start)
{
    double reals[CHUNK];
    size_t n = e->groups->entries, bytes = e->a->backend->real_bytes;
    const uint32_t *index = e->groups->index;
    hid_t position = crease_h5_reserve(&r->h, "position", H5T_NATIVE_UINT32, n, NULL);
    for (size_t at = 0; at < n; at += CHUNK) {
        size_t count = n - at < CHUNK ? n - at : CHUNK;
        crease_h5_piece piece = { at, count, 1, count };
        for (size_t i = 0; i < count; i++)
            memcpy((char *)reals + i * bytes, entry_of(r, e->a->x, index[at + i]), bytes);
        crease_h5_put(&r->h, start, r->real, &piece, reals);
        crease_h5_put(&r->h, position, H5T_NATIVE_UINT32, &piece, index + at);
    }
    if (position >= 0) H5Dclose(position);
}

static void write_start(crease_recorder *r, const crease_tap_event *e)
{
    size_t n = file_entries(e);
    hid_t start = crease_h5_reserve(&r->h, "start", r->real, n, NULL);
    crease_h5_piece all = { 0, n, 1, n };
    if (e->groups->index)
        write_scattered(r, e, start);
    else
        crease_h5_put(&r->h, start, r->real, &all, entry_of(r, e->a->x, first_position(e)));
    if (start >= 0) H5Dclose(start);
}

/* --- files
 * --------------------------------------------------------------------------------------------- */

static void close_arrays(crease_recorder *r)
{
    for (int i = 0; i < N_ARRAYS; i++) {
        if (r->arrays[i] >= 0) H5Dclose(r->arrays[i]);
        r->arrays[i] = -1;
    }
}

static int finish(crease_recorder *r)
{
    close_arrays(r);
    r->open = false;
    return crease_h5_finish(&r->h);
}

/* What was begun and not ended: a step failed on the way. */
static void abandon(crease_recorder *r)
{
    if (!r->open) return;
    if (r->h.code == CREASE_OK) r->h.code = CREASE_EINTERRUPTED;
    finish(r);
}

/* Strides may leave entries out, which belong to other terms or to none: with c = 0 and D = 1 they stay
 * what they are to every reader. */
static void reserve_arrays(crease_recorder *r, const crease_tap_event *e)
{
    static const double neutral[N_ARRAYS] = { [D] = 1 };
    size_t n = file_entries(e);
    bool gaps = e->groups->entries < n;
    for (int i = 0; i < N_ARRAYS; i++)
        if (i != D || e->p->d)
            r->arrays[i] =
                crease_h5_reserve(&r->h, array_names[i], r->real, n, gaps ? &neutral[i] : NULL);
}

static int open_file(crease_recorder *r, const crease_tap_event *e)
{
    crease_path path;
    char name[200];
    abandon(r);
    snprintf(name, sizeof name, "%.100s-%llu-term%zu-step%06lu.h5", r->t->method->label,
             (unsigned long long)r->t->seed, e->term, e->a->t);
    CREASE_TRY(crease_path_join(r->t->ctx, path, r->plan->folder, name));
    CREASE_TRY(crease_h5_create(r->t->ctx, path, &r->h));
    r->open = true;
    r->real = e->a->backend->real_bytes == sizeof(float) ? H5T_NATIVE_FLOAT : H5T_NATIVE_DOUBLE;
    CREASE_TRY(write_head(r, e));
    write_start(r, e);
    reserve_arrays(r, e);
    return r->h.code;
}

/* --- tiles
 * --------------------------------------------------------------------------------------------- */

/* Where a tile lies in the file. Strided groups side by side are rows of as many entries as the tile is
 * wide. */
static crease_h5_piece place_of(const crease_tap_event *e)
{
    crease_groups s = rebased(e);
    size_t n = e->p->n;
    if (s.start) return (crease_h5_piece){ s.start[e->first_group], n, 1, n };
    if (crease_groups_are_in_order(&s, s.entries))
        return (crease_h5_piece){ e->first_group * s.outer * s.inner, n, 1, n };
    return (crease_h5_piece){ e->first_group * s.group_stride, s.outer_stride, s.outer, n / s.outer };
}

static int solved(void *user, const crease_tap_event *e)
{
    crease_recorder *r = user;
    const void *data[N_ARRAYS] = { [C] = e->p->c, [D] = e->p->d, [X0] = e->p->x0, [V] = e->p->v };
    if (e->first_group == 0) CREASE_TRY(open_file(r, e));
    crease_h5_piece place = place_of(e);
    for (int i = 0; i < N_ARRAYS; i++)
        if (r->arrays[i] >= 0) crease_h5_put(&r->h, r->arrays[i], r->real, &place, data[i]);
    if (!e->last) return r->h.code;
    r->written[e->term]++;
    return finish(r);
}

/* --- the recorder
 * ---------------------------------------------------------------------------------------- */

int crease_recorder_create(const crease_capture_plan *plan, crease_training *t,
                           crease_recorder **recorder)
{
    *recorder = NULL;
    if (!plan) return CREASE_OK;
    crease_recorder *r = crease_alloc(t->ctx, 1, sizeof *r);
    if (!r) return CREASE_ENOMEM;
    long steps = (long)t->steps * t->method->schedule.epochs;
    *r = (crease_recorder){ .t = t, .plan = plan, .arrays = { -1, -1, -1, -1 } };
    r->tap = (crease_tap){ .next = t->algorithm->taps, .user = r, .wants = wants, .solved = solved };
    int code = crease_capture_plan_ranges(t->ctx, plan->steps, steps, r->ranges, &r->n_ranges);
    if (code == CREASE_OK) code = crease_folder_make(t->ctx, plan->folder);
    if (code == CREASE_OK) {
        t->algorithm->taps = &r->tap;
        *recorder = r;
    } else {
        crease_release(t->ctx, r);
    }
    return code;
}

void crease_recorder_free(crease_recorder *r)
{
    if (!r) return;
    abandon(r);
    for (crease_tap **tap = &r->t->algorithm->taps; *tap; tap = &(*tap)->next)
        if (*tap == &r->tap) {
            *tap = r->tap.next;
            break;
        }
    crease_release(r->t->ctx, r);
}
