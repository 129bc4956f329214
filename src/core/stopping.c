/* Inexactness test objects, and what all tests share: limits, tolerances, and tests made of two others. */
#include "crease/stopping.h"

#include <math.h>
#include <string.h>

const char *const crease_tolerance_schedules[] = { "constant", "power", "geometric", "summable", NULL };

double crease_tolerance_at(const crease_tolerance *o, unsigned long t)
{
    double step = t > 0 ? (double)t : 1, slow = log(step + 1);
    switch (o->schedule) {
    case CREASE_POWER: return o->eps0 / pow(step, o->power);
    case CREASE_GEOMETRIC: return o->eps0 * pow(o->ratio, step - 1);
    case CREASE_SUMMABLE: return o->eps0 / (step * slow * slow);
    default: return o->eps0;
    }
}

/* --- objects ------------------------------------------------------------------------------------- */

crease_stopping *crease_stopping_create(crease_ctx *ctx, const char *name)
{
    const crease_type *type = crease_lookup(ctx, CREASE_STOPPING, name);
    crease_stopping *s = type ? crease_alloc(ctx, 1, sizeof *s) : NULL;
    if (!s) return NULL;
    *s = (crease_stopping){ .type = (const crease_stopping_type *)type, .opts = crease_opts_create(ctx, type), .ctx = ctx };
    if (s->opts) return s;
    crease_stopping_free(s);
    return NULL;
}

static void free_parts(crease_stopping *s)
{
    for (int i = 0; i < 2; i++) {
        crease_stopping_free(s->part[i]);
        s->part[i] = NULL;
    }
}

int crease_stopping_set(crease_stopping *s, const char *key, const char *text)
{
    free_parts(s);
    return crease_opts_set(s->ctx, CREASE_STOPPING, &s->type->base, s->opts, key, text);
}

void crease_stopping_free(crease_stopping *s)
{
    if (!s) return;
    free_parts(s);
    crease_release(s->ctx, s->opts);
    crease_release(s->ctx, s);
}

/* One pair of brackets round the whole is left out: it protects commas. False: too long. */
static bool strip_brackets(const char *text, crease_string copy)
{
    size_t length = strlen(text);
    if (length >= sizeof(crease_string)) return false;
    bool bracketed = length >= 2 && text[0] == '[' && text[length - 1] == ']';
    memcpy(copy, text + bracketed, length - 2 * bracketed);
    copy[length - 2 * bracketed] = '\0';
    return true;
}

crease_stopping *crease_stopping_parse(crease_ctx *ctx, const char *text)
{
    char name[100];
    const char *settings;
    crease_string copy;
    if (!strip_brackets(text, copy)) {
        crease_fail(ctx, CREASE_ERANGE, "the inexactness test '%.40s...' is longer than %zu characters", text,
                    sizeof copy - 1);
        return NULL;
    }
    if (crease_split_name(ctx, copy, name, sizeof name, &settings) != CREASE_OK) return NULL;
    crease_stopping *s = crease_stopping_create(ctx, name);
    if (!s) return NULL;
    if (crease_opts_set_all(ctx, CREASE_STOPPING, &s->type->base, s->opts, settings) == CREASE_OK
        && crease_stopping_prepare(s) == CREASE_OK)
        return s;
    crease_stopping_free(s);
    return NULL;
}

/* --- tests made of two others ---------------------------------------------------------------------- */

int crease_stopping_prepare(crease_stopping *s)
{
    if (s->type->combines == CREASE_ALONE) return CREASE_OK;
    const crease_pair *pair = s->opts;
    for (int i = 0; i < 2; i++) {
        if (s->part[i]) continue;
        s->part[i] = crease_stopping_parse(s->ctx, i ? pair->second : pair->first);
        if (!s->part[i]) {
            crease_ctx_prefix(s->ctx, "stopping %s, its %s test: ", s->type->base.name, i ? "second" : "first");
            return crease_ctx_error(s->ctx)->code;
        }
    }
    return CREASE_OK;
}

unsigned crease_stopping_needs(const crease_stopping *s)
{
    unsigned needs = s->type->needs | (s->type->descent ? CREASE_NEEDS_VALUE : 0u);
    for (int i = 0; i < 2; i++)
        if (s->part[i]) needs |= crease_stopping_needs(s->part[i]);
    return needs;
}

const crease_limits *crease_stopping_limits(const crease_stopping *s)
{
    return s->opts;
}

/* --- met? ------------------------------------------------------------------------------------------ */

/* Rounding may let Q rise by this much where it has long been flat. */
static bool has_risen(const crease_progress *p)
{
    return !(p->value <= p->value_start + 1e-12 * fabs(p->value_start));
}

/* tested/threshold, above 1 where the test is not met for whatever reason. */
static double excess(const crease_stopping *s, const crease_progress *p)
{
    double tested, threshold;
    crease_stopping_compare(s, p, &tested, &threshold);
    bool met = crease_stopping_met(s, p);
    return met ? fmin(1, tested / threshold) : fmax(tested / threshold, nextafter(1, 2));
}

void crease_stopping_compare(const crease_stopping *s, const crease_progress *p, double *tested, double *threshold)
{
    if (s->type->combines == CREASE_ALONE) {
        *tested = s->type->tested(s->opts, p);
        *threshold = s->type->threshold(s->opts, p);
        return;
    }
    double first = excess(s->part[0], p), second = excess(s->part[1], p);
    *tested = s->type->combines == CREASE_BOTH ? fmax(first, second) : fmin(first, second);
    *threshold = 1;
}

bool crease_stopping_met(const crease_stopping *s, const crease_progress *p)
{
    double tested, threshold;
    if (p->j < (unsigned)crease_stopping_limits(s)->min_iters) return false;
    crease_stopping_compare(s, p, &tested, &threshold);
    return tested <= threshold && tested < INFINITY && !(s->type->descent && has_risen(p));
}
