/* What --capture asks for: a folder, and which outer steps. */
#include <stdlib.h>
#include <string.h>

#include "capture.h"

static const crease_param params[] = {
    CREASE_PARAM_STRING(crease_capture_plan, steps, "", "outer steps, as 1-20/500/middle/last"),
    CREASE_PARAM_INT(crease_capture_plan, every, 0, CREASE_IN(0, 1e15),
                     "and every so many steps; 0: no more"),
    CREASE_PARAM_INT(crease_capture_plan, max, 50, CREASE_IN(1, 1e9),
                     "files of a term and run at most"),
    CREASE_PARAM_END,
};

static int set_one(crease_ctx *ctx, crease_capture_plan *plan, const char *text, size_t length)
{
    char piece[CREASE_STRING_SIZE + 100];
    if (length >= sizeof piece)
        return crease_fail(ctx, CREASE_ERANGE, "--capture: '%.40s...' is too long", text);
    memcpy(piece, text, length);
    piece[length] = '\0';
    char *equals = strchr(piece, '=');
    if (!equals)
        return crease_fail(ctx, CREASE_EPARSE, "--capture: '%s' is not of the form key=value", piece);
    *equals = '\0';
    return crease_params_set(ctx, params, plan, "--capture", piece, equals + 1);
}

int crease_capture_plan_parse(crease_ctx *ctx, const char *text, crease_capture_plan *plan)
{
    crease_step_range unused[CREASE_CAPTURE_RANGES];
    size_t n;
    const char *colon = strrchr(text, ':'); /* a folder may have colons, settings have "=" */
    bool settings = colon && strchr(colon, '=');
    size_t length = settings ? (size_t)(colon - text) : strlen(text);
    if (length == 0 || length >= sizeof plan->folder)
        return crease_fail(ctx, CREASE_EINVAL, "--capture: '%.40s' names no folder", text);
    crease_params_default(params, plan);
    memcpy(plan->folder, text, length);
    plan->folder[length] = '\0';
    for (const char *s = settings ? colon + 1 : NULL; s; s = strchr(s, ',') ? strchr(s, ',') + 1 : NULL)
        CREASE_TRY(set_one(ctx, plan, s, strcspn(s, ",")));
    if (!*plan->steps && plan->every == 0) strcpy(plan->steps, "1-20/middle/last");
    return crease_capture_plan_ranges(ctx, plan->steps, 1, unused, &n);
}

/* A number or a word up to one of `ends`; *s moves behind it. */
static bool read_step(const char **s, const char *ends, long steps, long *step)
{
    static const char middle[] = "middle", last[] = "last";
    size_t length = strcspn(*s, ends);
    char *end;
    const char *stop = *s + length;
    if (length == strlen(middle) && strncmp(*s, middle, length) == 0) {
        *step = (steps + 1) / 2;
    } else if (length == strlen(last) && strncmp(*s, last, length) == 0) {
        *step = steps;
    } else {
        *step = strtol(*s, &end, 10);
        if (end != stop || **s < '0' || **s > '9') return false;
    }
    *s = stop;
    return *step >= 1;
}

int crease_capture_plan_ranges(crease_ctx *ctx, const char *list, long steps, crease_step_range *ranges,
                               size_t *n)
{
    *n = 0;
    for (const char *s = list; *s; s += *s == '/') {
        crease_step_range *r = &ranges[*n];
        bool read = *n < CREASE_CAPTURE_RANGES && read_step(&s, "-/", steps, &r->first);
        if (read) r->last = r->first;
        if (read && *s == '-') {
            s++;
            read = read_step(&s, "/", steps, &r->last);
        }
        if (!read)
            return crease_fail(ctx, CREASE_EPARSE,
                               "--capture: steps is '%.100s', but must be a list of at most %d "
                               "steps and ranges, as 1-20/500/middle/last",
                               list, CREASE_CAPTURE_RANGES);
        ++*n;
    }
    return CREASE_OK;
}
