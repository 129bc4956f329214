/* LIBSVM's text format, one sample a line: "label index:value index:value ...", indices from 1,
 * ascending (C.-C. Chang, C.-J. Lin, LIBSVM, README). What follows a # is a comment; blank lines
 * are skipped.      */
#include <stdio.h>
#include <string.h>

#include "input.h"
#include "internal.h"

static const char BLANKS[] = " \t\v\f\r";
static const uint64_t LARGEST_INDEX = UINT64_C(1) << 32; /* columns are stored from 0 in 32 bits */

typedef struct rows {
    crease_input *in;
    crease_dataset *set;
    size_t entries;
    size_t row_room, target_room, col_room, value_room;
} rows;

/* Room for one more entry and one more row in every array. */
static int make_room(rows *r)
{
    crease_ctx *ctx = r->in->ctx;
    crease_dataset *set = r->set;
    void *p;
    if (!(p = crease_grow(ctx, set->row_start, &r->row_room, set->rows + 2,
                          sizeof *set->row_start)))
        return CREASE_ENOMEM;
    set->row_start = p;
    if (!(p = crease_grow(ctx, set->target, &r->target_room, set->rows + 1, sizeof *set->target)))
        return CREASE_ENOMEM;
    set->target = p;
    if (!(p = crease_grow(ctx, set->col, &r->col_room, r->entries + 1, sizeof *set->col)))
        return CREASE_ENOMEM;
    set->col = p;
    if (!(p = crease_grow(ctx, set->value, &r->value_room, r->entries + 1, sizeof *set->value)))
        return CREASE_ENOMEM;
    set->value = p;
    return CREASE_OK;
}

static int parse_index(crease_ctx *ctx, const char *text, uint64_t *index)
{
    char quoted[CREASE_QUOTED];
    size_t digits = strspn(text, "0123456789");
    *index = 0;
    for (size_t i = 0; i < digits && *index <= LARGEST_INDEX; i++)
        *index = 10 * *index + (uint64_t)(text[i] - '0');
    if (digits == 0 || text[digits])
        return crease_fail(ctx, CREASE_EPARSE, "index \"%s\" is not a whole number",
                           crease_input_quote(text, quoted));
    if (*index == 0) return crease_fail(ctx, CREASE_EPARSE, "index 0: indices count from 1");
    if (*index > LARGEST_INDEX)
        return crease_fail(ctx, CREASE_EPARSE, "index %s is larger than 2^32",
                           crease_input_quote(text, quoted));
    return CREASE_OK;
}

static int parse_entry(rows *r, char *token)
{
    crease_ctx *ctx = r->in->ctx;
    crease_dataset *set = r->set;
    char quoted[CREASE_QUOTED];
    uint64_t index;
    char *colon = strchr(token, ':');
    if (!colon)
        return crease_fail(ctx, CREASE_EPARSE, "\"%s\" is not of the form index:value",
                           crease_input_quote(token, quoted));
    *colon = 0;
    CREASE_TRY(parse_index(ctx, token, &index));
    CREASE_TRY(make_room(r));
    if (r->entries > set->row_start[set->rows] && index <= (uint64_t)set->col[r->entries - 1] + 1)
        return crease_fail(ctx, CREASE_EPARSE, "index %s follows index %zu: indices must ascend",
                           token, (size_t)set->col[r->entries - 1] + 1);
    CREASE_TRY(crease_input_number(r->in, "value", colon + 1, &set->value[r->entries]));
    set->col[r->entries++] = (uint32_t)(index - 1);
    if (index > set->cols) set->cols = (size_t)index;
    return CREASE_OK;
}

static int parse_row(rows *r, char *line)
{
    crease_dataset *set = r->set;
    char *rest = NULL;
    line[strcspn(line, "#")] = 0;
    char *token = strtok_r(line, BLANKS, &rest);
    if (!token) return CREASE_OK;
    if (strchr(token, ':'))
        return crease_fail(r->in->ctx, CREASE_EPARSE,
                           "the label is missing: the line begins with an index");
    CREASE_TRY(make_room(r));
    CREASE_TRY(crease_input_number(r->in, "label", token, &set->target[set->rows]));
    while ((token = strtok_r(NULL, BLANKS, &rest))) CREASE_TRY(parse_entry(r, token));
    set->row_start[++set->rows] = r->entries;
    return CREASE_OK;
}

static int read_rows(crease_input *in, crease_dataset *set)
{
    rows r = { .in = in, .set = set };
    for (;;) {
        char *line;
        CREASE_TRY(crease_input_line(in, &line));
        if (!line) break;
        if (parse_row(&r, line) != CREASE_OK)
            return crease_ctx_prefix(in->ctx, "%s:%zu: ", in->path, in->line);
    }
    if (set->rows > 0 && set->cols == 0)
        return crease_fail(in->ctx, CREASE_EPARSE, "%s: labels only: no sample has an entry",
                           in->path);
    if (set->rows == 0)
        return crease_fail(in->ctx, CREASE_EPARSE, "%s:%zu: the file ends without a single sample",
                           in->path, in->line);
    return crease_dataset_classify(in->ctx, set);
}

int crease_read_libsvm(crease_ctx *ctx, const char *path, size_t cols, crease_dataset *set)
{
    crease_input in;
    *set = (crease_dataset){ .cols = cols };
    int code = crease_input_open(ctx, path, &in);
    if (code == CREASE_OK) {
        code = read_rows(&in, set);
        crease_input_close(&in);
    }
    if (code != CREASE_OK) {
        crease_dataset_free(ctx, set);
        return code;
    }
    snprintf(set->source, sizeof set->source, "%s", path);
    return CREASE_OK;
}
