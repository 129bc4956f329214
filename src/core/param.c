/* Parameter tables: defaults, setting from text, printing, and words about what a key accepts. */
#include "internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void *field(const crease_param *p, void *opts)
{
    return (char *)opts + p->offset;
}

bool crease_in_range(crease_range r, double x)
{
    if (isnan(x)) return false;
    return (r.lo_open ? x > r.lo : x >= r.lo) && (r.hi_open ? x < r.hi : x <= r.hi);
}

/* --- reading ------------------------------------------------------------------------------------ */

static const char *skip_space(const char *s)
{
    return s + strspn(s, " \t");
}

/* A finite or infinite number that ends where the text, or the list item, ends. */
static bool read_number(const char *text, double *x, const char **end)
{
    char *stop;
    errno = 0;
    *x = strtod(text, &stop);
    *end = skip_space(stop);
    return stop != text;
}

static bool read_whole_number(const char *text, double *x)
{
    const char *end;
    return read_number(text, x, &end) && *end == '\0';
}

/* "[a, b]", "a, b" or "a". */
static bool read_list(const char *text, crease_list *list)
{
    bool bracket = *(text = skip_space(text)) == '[';
    list->n = 0;
    for (text += bracket; *(text = skip_space(text)) != '\0' && *text != ']';) {
        if (list->n == CREASE_LIST_SIZE || !read_number(text, &list->v[list->n], &text)) return false;
        list->n++;
        if (*text == ',') text++;
        else if (*text != '\0' && *text != ']') return false;
    }
    return bracket ? *text == ']' && *skip_space(text + 1) == '\0' : *text == '\0';
}

static bool read_bool(const char *text, bool *value)
{
    static const char *const words[] = { "false", "true", "no", "yes", "off", "on", "0", "1" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(text, words[i]) == 0) {
            *value = i % 2;
            return true;
        }
    return false;
}

static size_t count_choices(const crease_param *p)
{
    size_t n = 0;
    while (p->choices[n]) n++;
    return n;
}

/* Each returns CREASE_OK, CREASE_EPARSE or CREASE_ERANGE and changes the field only when OK. */
static int set_number(const crease_param *p, void *opts, const char *text)
{
    double x;
    if (!read_whole_number(text, &x)) return CREASE_EPARSE;
    if (!crease_in_range(p->range, x)) return CREASE_ERANGE;
    if (p->kind == CREASE_PARAM_KIND_REAL) {
        *(double *)field(p, opts) = x;
        return CREASE_OK;
    }
    if (x != floor(x) || fabs(x) > 9007199254740992.0) return CREASE_EPARSE;
    *(long *)field(p, opts) = (long)x;
    return CREASE_OK;
}

static int set_choice(const crease_param *p, void *opts, const char *text)
{
    for (int i = 0; p->choices[i]; i++)
        if (strcmp(p->choices[i], text) == 0) {
            *(int *)field(p, opts) = i;
            return CREASE_OK;
        }
    return CREASE_EPARSE;
}

static int set_list(const crease_param *p, void *opts, const char *text)
{
    crease_list list = { 0 };
    if (!read_list(text, &list)) return CREASE_EPARSE;
    for (size_t i = 0; i < list.n; i++)
        if (!crease_in_range(p->range, list.v[i])) return CREASE_ERANGE;
    *(crease_list *)field(p, opts) = list;
    return CREASE_OK;
}

static int set_text(const crease_param *p, void *opts, const char *text)
{
    if (strlen(text) >= CREASE_STRING_SIZE) return CREASE_ERANGE;
    strcpy(field(p, opts), text);
    return CREASE_OK;
}

/* Only defaults come this way: one number. */
static int set_default_number(const crease_param *p, void *opts, const char *text)
{
    crease_numbers *numbers = field(p, opts);
    *numbers = (crease_numbers){ .n = 1 };
    strcpy(numbers->text, text);
    return read_whole_number(text, &numbers->one) ? CREASE_OK : CREASE_EPARSE;
}

static int set_field(const crease_param *p, void *opts, const char *text)
{
    switch (p->kind) {
    case CREASE_PARAM_KIND_REAL:
    case CREASE_PARAM_KIND_INT: return set_number(p, opts, text);
    case CREASE_PARAM_KIND_BOOL: return read_bool(text, field(p, opts)) ? CREASE_OK : CREASE_EPARSE;
    case CREASE_PARAM_KIND_CHOICE: return set_choice(p, opts, text);
    case CREASE_PARAM_KIND_STRING: return set_text(p, opts, text);
    case CREASE_PARAM_KIND_LIST: return set_list(p, opts, text);
    case CREASE_PARAM_KIND_NUMBERS: return set_default_number(p, opts, text);
    }
    return CREASE_EPARSE;
}

/* --- names -------------------------------------------------------------------------------------- */

static size_t edit_distance(const char *a, const char *b)
{
    enum { LONGEST = 63 };
    size_t row[LONGEST + 1], n = strnlen(b, LONGEST);
    for (size_t j = 0; j <= n; j++) row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 1; j <= n; j++) {
            size_t best = diagonal + (a[i] != b[j - 1]);
            if (row[j] + 1 < best) best = row[j] + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[n];
}

const char *crease_nearest(const char *word, const char *const *names, size_t count)
{
    const char *nearest = NULL;
    size_t least = strlen(word) / 2 + 2; /* farther than half the word is another word */
    for (size_t i = 0; i < count; i++) {
        size_t distance = edit_distance(word, names[i]);
        if (distance < least) {
            least = distance;
            nearest = names[i];
        }
    }
    return nearest;
}

static int fail_unknown_key(crease_ctx *ctx, const crease_param *params, const char *owner, const char *key)
{
    enum { MOST = 64 };
    const char *names[MOST];
    char all[700] = "";
    size_t n = 0, used = 0;
    for (const crease_param *p = params; p && p->name && n < MOST; p++) {
        names[n++] = p->name;
        if (used < sizeof all)
            used += (size_t)snprintf(all + used, sizeof all - used, "%s%s", n > 1 ? ", " : "", p->name);
    }
    if (n == 0) return crease_fail(ctx, CREASE_ENOTFOUND, "%s has no settings, so no '%s'", owner, key);
    const char *nearest = crease_nearest(key, names, n);
    if (!nearest)
        return crease_fail(ctx, CREASE_ENOTFOUND, "%s has no setting '%s'; it has %s", owner, key, all);
    return crease_fail(ctx, CREASE_ENOTFOUND, "%s has no setting '%s'; did you mean '%s'? It has %s", owner,
                       key, nearest, all);
}

/* --- the public functions ----------------------------------------------------------------------- */

void crease_params_default(const crease_param *params, void *opts)
{
    for (const crease_param *p = params; p && p->name; p++) {
        switch (p->kind) {
        case CREASE_PARAM_KIND_REAL: *(double *)field(p, opts) = p->number; break;
        case CREASE_PARAM_KIND_INT: *(long *)field(p, opts) = (long)p->number; break;
        case CREASE_PARAM_KIND_BOOL: *(bool *)field(p, opts) = p->number != 0; break;
        case CREASE_PARAM_KIND_CHOICE: *(int *)field(p, opts) = (int)p->number; break;
        case CREASE_PARAM_KIND_STRING:
        case CREASE_PARAM_KIND_NUMBERS:
        case CREASE_PARAM_KIND_LIST: set_field(p, opts, p->text); break;
        }
    }
}

static const crease_param *find_param(const crease_param *params, const char *key)
{
    for (const crease_param *p = params; p && p->name; p++)
        if (strcmp(p->name, key) == 0) return p;
    return NULL;
}

int crease_params_set_numbers(crease_ctx *ctx, const crease_param *params, void *opts, const char *owner,
                              const char *key, size_t n, const double *values)
{
    const crease_param *p = find_param(params, key);
    if (!p || p->kind != CREASE_PARAM_KIND_NUMBERS) return fail_unknown_key(ctx, params, owner, key);
    return crease_numbers_set(ctx, p, owner, n, values, "", field(p, opts));
}

int crease_params_set(crease_ctx *ctx, const crease_param *params, void *opts, const char *owner,
                      const char *key, const char *text)
{
    const crease_param *p = find_param(params, key);
    if (!p) return fail_unknown_key(ctx, params, owner, key);
    if (p->kind == CREASE_PARAM_KIND_NUMBERS) return crease_numbers_read(ctx, p, owner, text, field(p, opts));
    int code = set_field(p, opts, text);
    if (code == CREASE_OK) return CREASE_OK;
    char wanted[400];
    crease_param_describe(p, wanted, sizeof wanted);
    return crease_fail(ctx, code, "%s: %s is '%.200s', but must be %s", owner, key, text, wanted);
}

/* The shortest decimal that reads back to the same double; 100 rather than 1e+02. */
static void print_real(double x, char *text, size_t size)
{
    if (x == floor(x) && fabs(x) < 1e6) {
        snprintf(text, size, "%.0f", x);
        return;
    }
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, size, "%.*g", digits, x);
        if (strtod(text, NULL) == x) return;
    }
}

static void print_items(size_t n, const double *v, char *text, size_t size)
{
    size_t used = (size_t)snprintf(text, size, "[");
    for (size_t i = 0; i < n && used < size; i++) {
        char number[32];
        print_real(v[i], number, sizeof number);
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "", number);
    }
    if (used < size) snprintf(text + used, size - used, "]");
}

/* As given; from memory, the numbers. */
static void print_numbers(const crease_numbers *numbers, char *text, size_t size)
{
    if (*numbers->text) snprintf(text, size, "%s", numbers->text);
    else if (numbers->n == 1) print_real(numbers->one, text, size);
    else print_items(numbers->n, numbers->many, text, size);
}

void crease_param_print(const crease_param *p, const void *opts, char *text, size_t size)
{
    const void *f = (const char *)opts + p->offset;
    switch (p->kind) {
    case CREASE_PARAM_KIND_REAL: print_real(*(const double *)f, text, size); break;
    case CREASE_PARAM_KIND_INT: snprintf(text, size, "%ld", *(const long *)f); break;
    case CREASE_PARAM_KIND_BOOL: snprintf(text, size, "%s", *(const bool *)f ? "true" : "false"); break;
    case CREASE_PARAM_KIND_CHOICE: snprintf(text, size, "%s", p->choices[*(const int *)f]); break;
    case CREASE_PARAM_KIND_STRING: snprintf(text, size, "%s", (const char *)f); break;
    case CREASE_PARAM_KIND_LIST: print_items(((const crease_list *)f)->n, ((const crease_list *)f)->v, text, size); break;
    case CREASE_PARAM_KIND_NUMBERS: print_numbers(f, text, size); break;
    }
}

static void describe_range(const crease_param *p, const char *noun, char *text, size_t size)
{
    crease_range r = p->range;
    bool low = isfinite(r.lo), high = isfinite(r.hi);
    if (low && high)
        snprintf(text, size, "%s in %c%g, %g%c", noun, r.lo_open ? '(' : '[', r.lo, r.hi,
                 r.hi_open ? ')' : ']');
    else if (low) snprintf(text, size, "%s %s %g", noun, r.lo_open ? ">" : ">=", r.lo);
    else if (high) snprintf(text, size, "%s %s %g", noun, r.hi_open ? "<" : "<=", r.hi);
    else snprintf(text, size, "%s", noun);
}

static void describe_choices(const crease_param *p, char *text, size_t size)
{
    size_t used = (size_t)snprintf(text, size, "one of ");
    for (size_t i = 0, n = count_choices(p); i < n && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "", p->choices[i]);
}

void crease_param_describe(const crease_param *p, char *text, size_t size)
{
    switch (p->kind) {
    case CREASE_PARAM_KIND_REAL: describe_range(p, "a number", text, size); break;
    case CREASE_PARAM_KIND_INT: describe_range(p, "a whole number", text, size); break;
    case CREASE_PARAM_KIND_BOOL: snprintf(text, size, "true or false"); break;
    case CREASE_PARAM_KIND_CHOICE: describe_choices(p, text, size); break;
    case CREASE_PARAM_KIND_STRING:
        snprintf(text, size, "text of at most %d characters", CREASE_STRING_SIZE - 1);
        break;
    case CREASE_PARAM_KIND_NUMBERS: {
        char item[200];
        describe_range(p, "numbers", item, sizeof item);
        snprintf(text, size, "%s: one, a list, or a file (.npy or text)", item);
        break;
    }
    case CREASE_PARAM_KIND_LIST: {
        char item[200];
        describe_range(p, "numbers", item, sizeof item);
        snprintf(text, size, "a list of at most %d %s", CREASE_LIST_SIZE, item);
        break;
    }
    }
}
