/* LIBSVM's text format, one sample a line: "label index:value index:value ...", indices from 1,
 * ascending (C.-C. Chang, C.-J. Lin, LIBSVM, README). What follows a # is a comment; blank lines
 * are skipped.      */
#include <stdio.h>
#include <string.h>

#include "input.h"
#include "internal.h"

static const char BLANKS[] = " \t\v\f\r";
static const uint64_t LARGEST_INDEX = UINT64_C(1) << 32; /* columns are stored from 0 in 32 bits */

/* How many entries there are is known when the file ends. Until then they lie in pieces, which are then
 * joined, so that no more than one array and its pieces are held twice. */
enum { FIRST_PIECE = 64, LARGEST_PIECE = 1 << 20 };

typedef struct piece {
    size_t n, room;
    uint32_t *col;
    double *value;
} piece;

typedef struct rows {
    crease_input *in;
    crease_dataset *set;
    size_t entries, pieces;
    piece *piece;
    uint64_t last; /* the index before, in this row; 0 at its beginning */
    size_t piece_room, row_room, target_room;
} rows;

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r' && c != '\n');
}

/* --- memory ------------------------------------------------------------------------------------ */

/* Room for one more row. */
static int make_row_room(rows *r)
{
    crease_ctx *ctx = r->in->ctx;
    crease_dataset *set = r->set;
    void *p;
    if (!(p = crease_grow(ctx, set->row_start, &r->row_room, set->rows + 2, sizeof *set->row_start)))
        return CREASE_ENOMEM;
    set->row_start = p;
    if (!(p = crease_grow(ctx, set->target, &r->target_room, set->rows + 1, sizeof *set->target)))
        return CREASE_ENOMEM;
    set->target = p;
    return CREASE_OK;
}

static int add_piece(rows *r)
{
    crease_ctx *ctx = r->in->ctx;
    size_t room = r->pieces ? 2 * r->piece[r->pieces - 1].room : FIRST_PIECE;
    if (room > LARGEST_PIECE) room = LARGEST_PIECE;
    piece *list = crease_grow(ctx, r->piece, &r->piece_room, r->pieces + 1, sizeof *list);
    if (!list) return CREASE_ENOMEM;
    r->piece = list;
    piece *p = &list[r->pieces++];
    *p = (piece){ .room = room };
    p->col = crease_alloc(ctx, room, sizeof *p->col);
    p->value = crease_alloc(ctx, room, sizeof *p->value);
    return p->col && p->value ? CREASE_OK : CREASE_ENOMEM;
}

static int add_entry(rows *r, uint64_t index, double value)
{
    if (r->pieces == 0 || r->piece[r->pieces - 1].n == r->piece[r->pieces - 1].room)
        CREASE_TRY(add_piece(r));
    piece *p = &r->piece[r->pieces - 1];
    p->col[p->n] = (uint32_t)(index - 1);
    p->value[p->n++] = value;
    r->entries++;
    r->last = index;
    if (index > r->set->cols) r->set->cols = (size_t)index;
    return CREASE_OK;
}

static void free_pieces(rows *r)
{
    for (size_t k = 0; k < r->pieces; k++) {
        crease_release(r->in->ctx, r->piece[k].col);
        crease_release(r->in->ctx, r->piece[k].value);
    }
    crease_release(r->in->ctx, r->piece);
}

static int join_columns(rows *r)
{
    uint32_t *to = r->set->col = crease_alloc(r->in->ctx, r->entries, sizeof *to);
    if (!to) return CREASE_ENOMEM;
    for (size_t k = 0; k < r->pieces; to += r->piece[k++].n) {
        piece *p = &r->piece[k];
        memcpy(to, p->col, p->n * sizeof *to);
        crease_release(r->in->ctx, p->col);
        p->col = NULL;
    }
    return CREASE_OK;
}

static int join_values(rows *r)
{
    double *to = r->set->value = crease_alloc(r->in->ctx, r->entries, sizeof *to);
    if (!to) return CREASE_ENOMEM;
    for (size_t k = 0; k < r->pieces; to += r->piece[k++].n) {
        piece *p = &r->piece[k];
        memcpy(to, p->value, p->n * sizeof *to);
        crease_release(r->in->ctx, p->value);
        p->value = NULL;
    }
    return CREASE_OK;
}

/* --- text -------------------------------------------------------------------------------------- */

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

/* The token at *at, ended by NUL; *at goes behind it. */
static char *cut_token(char **at)
{
    char *token = *at, *end = token + strcspn(token, BLANKS);
    *at = *end ? end + 1 : end;
    *end = 0;
    return token;
}

static int parse_token(rows *r, char *token)
{
    crease_ctx *ctx = r->in->ctx;
    char quoted[CREASE_QUOTED];
    uint64_t index;
    double value;
    char *colon = strchr(token, ':');
    if (!colon)
        return crease_fail(ctx, CREASE_EPARSE, "\"%s\" is not of the form index:value",
                           crease_input_quote(token, quoted));
    *colon = 0;
    CREASE_TRY(parse_index(ctx, token, &index));
    if (index <= r->last)
        return crease_fail(ctx, CREASE_EPARSE, "index %s follows index %zu: indices must ascend", token,
                           (size_t)r->last);
    CREASE_TRY(crease_input_number(r->in, "value", colon + 1, &value));
    return add_entry(r, index, value);
}

/* Nearly every entry is a few digits, a colon and a short decimal: read at a glance. Whatever else
 * stands at *at is left to parse_token, which also knows what to say. */
static int parse_entry(rows *r, char **at)
{
    uint64_t index = 0;
    double value;
    const char *c = *at;
    while (*c >= '0' && *c <= '9' && c < *at + 10) index = 10 * index + (uint64_t)(*c++ - '0');
    const char *end = *c == ':' ? crease_input_decimal(c + 1, &value) : NULL;
    if (!end || (*end && !is_blank(*end)) || index <= r->last || index > LARGEST_INDEX)
        return parse_token(r, cut_token(at));
    *at += end - *at;
    return add_entry(r, index, value);
}

static int parse_row(rows *r, char *line)
{
    crease_dataset *set = r->set;
    line[strcspn(line, "#")] = 0;
    char *at = line + strspn(line, BLANKS);
    if (!*at) return CREASE_OK;
    const char *label = cut_token(&at);
    if (strchr(label, ':'))
        return crease_fail(r->in->ctx, CREASE_EPARSE,
                           "the label is missing: the line begins with an index");
    CREASE_TRY(make_row_room(r));
    CREASE_TRY(crease_input_number(r->in, "label", label, &set->target[set->rows]));
    r->last = 0;
    for (;;) {
        while (is_blank(*at)) at++;
        if (!*at) break;
        CREASE_TRY(parse_entry(r, &at));
    }
    set->row_start[++set->rows] = r->entries;
    return CREASE_OK;
}

static int read_lines(rows *r)
{
    crease_input *in = r->in;
    crease_dataset *set = r->set;
    for (;;) {
        char *line;
        CREASE_TRY(crease_input_line(in, &line));
        if (!line) break;
        if (parse_row(r, line) != CREASE_OK)
            return crease_ctx_prefix(in->ctx, "%s:%zu: ", in->path, in->line);
    }
    if (set->rows > 0 && set->cols == 0)
        return crease_fail(in->ctx, CREASE_EPARSE, "%s: labels only: no sample has an entry", in->path);
    if (set->rows == 0)
        return crease_fail(in->ctx, CREASE_EPARSE, "%s:%zu: the file ends without a single sample",
                           in->path, in->line);
    CREASE_TRY(join_columns(r));
    CREASE_TRY(join_values(r));
    return crease_dataset_classify(in->ctx, set);
}

static int read_rows(crease_input *in, crease_dataset *set)
{
    rows r = { .in = in, .set = set };
    int code = read_lines(&r);
    free_pieces(&r);
    return code;
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
