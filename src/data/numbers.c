/* Plain numbers from a file: .npy, or text with blanks or commas between them; and groups, one a line.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "internal.h"

static const char BETWEEN[] = " \t\r,";

static bool is_npy(const char *path)
{
    char head[6] = "";
    FILE *file = fopen(path, "rb");
    size_t n = file ? fread(head, 1, sizeof head, file) : 0;
    if (file) fclose(file);
    return n == sizeof head && memcmp(head, "\x93NUMPY", sizeof head) == 0;
}

static int append(crease_ctx *ctx, crease_array *a, size_t *room, double x)
{
    double *data = crease_grow(ctx, a->data, room, a->n + 1, sizeof *data);
    if (!data) return CREASE_ENOMEM;
    a->data = data;
    a->data[a->n++] = x;
    return CREASE_OK;
}

/* The number at the beginning of text, and where it ends; text if there is none. */
static const char *read_number(crease_input *in, const char *text, double *x)
{
    const char *decimal = crease_input_decimal(text, x);
    if (decimal && (!*decimal || strchr(BETWEEN, *decimal))) return decimal;
    char *end;
    *x = strtod_l(text, &end, in->numbers);
    return end;
}

/* # starts a comment; "inf" is a number here, for weights and bounds. */
static int read_line(crease_input *in, char *text, crease_array *a, size_t *room)
{
    text[strcspn(text, "#")] = '\0';
    for (text += strspn(text, BETWEEN); *text; text += strspn(text, BETWEEN)) {
        char quoted[CREASE_QUOTED];
        double x;
        const char *end = read_number(in, text, &x);
        if (end == text || isnan(x) || (*end && !strchr(BETWEEN, *end))) {
            text[strcspn(text, BETWEEN)] = '\0';
            return crease_fail(in->ctx, CREASE_EPARSE, "%s:%zu: \"%s\" is not a number", in->path,
                               in->line, crease_input_quote(text, quoted));
        }
        CREASE_TRY(append(in->ctx, a, room, x));
        text += end - text;
    }
    return CREASE_OK;
}

static int read_text(crease_ctx *ctx, const char *path, crease_array *a)
{
    crease_input in;
    char *text;
    size_t room = 0;
    CREASE_TRY(crease_input_open(ctx, path, &in));
    int code = crease_input_line(&in, &text);
    while (code == CREASE_OK && text) {
        code = read_line(&in, text, a, &room);
        if (code == CREASE_OK) code = crease_input_line(&in, &text);
    }
    crease_input_close(&in);
    a->shape[0] = a->n;
    return code;
}

int crease_read_numbers(crease_ctx *ctx, const char *path, crease_array *array)
{
    *array = (crease_array){ .rank = 1 };
    int code = is_npy(path) ? crease_read_npy(ctx, path, array) : read_text(ctx, path, array);
    if (code == CREASE_OK && !array->data && !(array->data = crease_alloc(ctx, 0, sizeof(double))))
        code = CREASE_ENOMEM;
    if (code != CREASE_OK) {
        crease_release(ctx, array->data);
        array->data = NULL;
    }
    return code;
}

/* --- groups ------------------------------------------------------------------------------------------
 */

/* The entries of all groups so far, and where each group starts. */
typedef struct {
    size_t offset, n;
    crease_array entries;
    size_t room, count, start_room;
    size_t *start;
} group_lists;

/* One line is one group; a line without a number is none. */
static int add_group(crease_input *in, char *text, group_lists *lists)
{
    size_t first = lists->entries.n;
    CREASE_TRY(read_line(in, text, &lists->entries, &lists->room));
    if (lists->entries.n == first) return CREASE_OK;
    for (size_t k = first; k < lists->entries.n; k++) {
        double at = lists->entries.data[k];
        if (!(at >= 0 && at < (double)lists->n) || at != floor(at))
            return crease_fail(in->ctx, CREASE_ERANGE,
                               "%s:%zu: %g is no entry; there are %zu, counted from 0", in->path,
                               in->line, at, lists->n);
    }
    size_t *start =
        crease_grow(in->ctx, lists->start, &lists->start_room, lists->count + 2, sizeof *start);
    if (!start) return CREASE_ENOMEM;
    lists->start = start;
    start[0] = 0;
    start[++lists->count] = lists->entries.n;
    return CREASE_OK;
}

static int make_groups(crease_ctx *ctx, const group_lists *lists, crease_groups *groups)
{
    uint32_t *index = crease_alloc(ctx, lists->entries.n, sizeof *index);
    if (!index) return CREASE_ENOMEM;
    for (size_t k = 0; k < lists->entries.n; k++)
        index[k] = (uint32_t)(lists->offset + (size_t)lists->entries.data[k]);
    int code = crease_groups_from_lists(ctx, lists->count, lists->start, index, groups);
    crease_release(ctx, index);
    return code;
}

int crease_read_group_lists(crease_ctx *ctx, const char *path, size_t offset, size_t n,
                            crease_groups *groups)
{
    group_lists lists = { .offset = offset, .n = n };
    crease_input in;
    char *text;
    CREASE_TRY(crease_input_open(ctx, path, &in));
    int code = crease_input_line(&in, &text);
    while (code == CREASE_OK && text) {
        code = add_group(&in, text, &lists);
        if (code == CREASE_OK) code = crease_input_line(&in, &text);
    }
    crease_input_close(&in);
    if (code == CREASE_OK && lists.count == 0)
        code = crease_fail(ctx, CREASE_EPARSE, "%s holds no group", path);
    if (code == CREASE_OK) code = make_groups(ctx, &lists, groups);
    crease_release(ctx, lists.entries.data);
    crease_release(ctx, lists.start);
    return code;
}
