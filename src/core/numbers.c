/* Settings of kind NUMBERS: one number, a list, or a file of them. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crease/data.h"
#include "internal.h"
#include "part.h"

static int check_range(crease_ctx *ctx, const crease_param *p, const char *owner, size_t n,
                       const double *v)
{
    char wanted[400];
    for (size_t i = 0; i < n; i++) {
        if (crease_in_range(p->range, v[i])) continue;
        crease_param_describe(p, wanted, sizeof wanted);
        return crease_fail(ctx, CREASE_ERANGE, "%s: %s has %g as number %zu, but must be %s", owner,
                           p->name, v[i], i, wanted);
    }
    return CREASE_OK;
}

int crease_numbers_set(crease_ctx *ctx, const crease_param *p, const char *owner, size_t n,
                       const double *v, const char *text, crease_numbers *numbers)
{
    if (n == 0) return crease_fail(ctx, CREASE_EDIM, "%s: %s holds no number", owner, p->name);
    CREASE_TRY(check_range(ctx, p, owner, n, v));
    crease_numbers set = { .n = n, .one = v[0] };
    if (n > 1) {
        double *many = crease_alloc(ctx, n, sizeof *many);
        if (!many) return CREASE_ENOMEM;
        memcpy(many, v, n * sizeof *many);
        set.many = many;
        CREASE_TRY(crease_ctx_keep(ctx, many));
    }
    if (strlen(text) < sizeof set.text) strcpy(set.text, text);
    *numbers = set;
    return CREASE_OK;
}

/* "[1, 2, 3]": as many numbers as commas, and one. */
static int read_list(crease_ctx *ctx, const crease_param *p, const char *owner, const char *text,
                     crease_numbers *numbers)
{
    size_t room = 1, n = 0;
    for (const char *s = text; *s; s++) room += *s == ',';
    double *v = crease_alloc(ctx, room, sizeof *v);
    if (!v) return CREASE_ENOMEM;
    const char *at = text; /* the bracket or comma before a number */
    do {
        char *end;
        v[n] = strtod(at + 1, &end);
        if (end == at + 1) break;
        n++;
        at = end + strspn(end, " \t");
    } while (*at == ',');
    int code = n == room && *at == ']' && at[1 + strspn(at + 1, " \t")] == '\0'
                   ? crease_numbers_set(ctx, p, owner, n, v, text, numbers)
                   : crease_fail(ctx, CREASE_EPARSE, "%s: %s is '%.100s', which is no list of numbers",
                                 owner, p->name, text);
    crease_release(ctx, v);
    return code;
}

/* A path as it stands, else a name that is looked for where data is. */
static int read_file(crease_ctx *ctx, const crease_param *p, const char *owner, const char *text,
                     crease_numbers *numbers)
{
    char path[4096], wanted[400];
    crease_array array = { 0 };
    if (access(text, F_OK) == 0 && strlen(text) < sizeof path)
        strcpy(path, text);
    else if (crease_data_find(ctx, text, path, sizeof path) != CREASE_OK) {
        crease_param_describe(p, wanted, sizeof wanted);
        return crease_fail(ctx, CREASE_EPARSE,
                           "%s: %s is '%.200s', but must be %s, and there is no such file", owner,
                           p->name, text, wanted);
    }
    CREASE_TRY(crease_read_numbers(ctx, path, &array));
    int code = crease_numbers_set(ctx, p, owner, array.n, array.data, text, numbers);
    if (code != CREASE_OK) crease_ctx_prefix(ctx, "%s: ", path);
    crease_release(ctx, array.data);
    return code;
}

int crease_numbers_read(crease_ctx *ctx, const crease_param *p, const char *owner, const char *text,
                        crease_numbers *numbers)
{
    char *end;
    text += strspn(text, " \t");
    if (*text == '[') return read_list(ctx, p, owner, text, numbers);
    double one = strtod(text, &end);
    bool number = end != text && end[strspn(end, " \t")] == '\0';
    return number ? crease_numbers_set(ctx, p, owner, 1, &one, text, numbers)
                  : read_file(ctx, p, owner, text, numbers);
}

const char *crease_numbers_refusal(const crease_part *s)
{
    for (const crease_param *p = s->type->base.params; p && p->name; p++)
        if (p->kind == CREASE_PARAM_KIND_NUMBERS
            && !crease_numbers_fit((const crease_numbers *)((const char *)s->opts + p->offset), s))
            return "a setting holds neither one number, nor one an entry of a group, nor one an entry "
                   "of all";
    return NULL;
}
