/* Comma-separated numbers, one sample a line, the label in one of the columns. A first line without
 * any number is a header; blank lines are skipped. A cell that is empty or no finite number is an
 * error: a guess would go unnoticed. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "input.h"
#include "internal.h"

typedef struct table {
    crease_input *in;
    crease_dataset *set;
    size_t cells; /* of a line; 0: none seen yet */
    size_t label; /* its column */
    size_t dense_room, target_room;
} table;

/* Cut the next cell from the line, without the blanks around it; NULL after the last. */
static char *next_cell(char **line)
{
    char *cell = *line;
    if (!cell) return NULL;
    char *comma = strchr(cell, ',');
    *line = comma ? comma + 1 : NULL;
    char *end = comma ? comma : cell + strlen(cell);
    while (end > cell && isblank((unsigned char)end[-1])) end--;
    *end = 0;
    while (isblank((unsigned char)*cell)) cell++;
    return cell;
}

static size_t count_cells(const char *line)
{
    size_t cells = 1;
    for (; *line; line++) cells += *line == ',';
    return cells;
}

static bool is_blank(const char *line)
{
    return line[strspn(line, " \t")] == 0;
}

/* A header has a name somewhere and a number nowhere; NaN and Inf are numbers here. */
static bool is_header(crease_input *in, const char *line)
{
    bool named = false;
    for (const char *cell = line; cell; cell = strchr(cell, ',') ? strchr(cell, ',') + 1 : NULL) {
        const char *end = crease_input_skip_number(in, cell);
        end += strspn(end, " \t");
        if (*end && *end != ',')
            named = true;
        else if (crease_input_skip_number(in, cell) > cell)
            return false;
    }
    return named;
}

static int set_width(table *t, const char *line, long label_column)
{
    crease_ctx *ctx = t->in->ctx;
    t->cells = count_cells(line);
    if (t->cells < 2)
        return crease_fail(ctx, CREASE_EPARSE,
                           "one column only: a label and at least one number are needed");
    long label = label_column < 0 ? label_column + (long)t->cells : label_column;
    if (label < 0 || label >= (long)t->cells)
        return crease_fail(ctx, CREASE_ERANGE, "there is no label column %ld in %zu columns",
                           label_column, t->cells);
    t->label = (size_t)label;
    t->set->cols = t->cells - 1;
    return CREASE_OK;
}

static int make_room(table *t)
{
    crease_dataset *set = t->set;
    size_t need;
    if (__builtin_mul_overflow(set->rows + 1, set->cols, &need)) need = SIZE_MAX;
    double *dense = crease_grow(t->in->ctx, set->dense, &t->dense_room, need, sizeof *dense);
    if (!dense) return CREASE_ENOMEM;
    set->dense = dense;
    double *target =
        crease_grow(t->in->ctx, set->target, &t->target_room, set->rows + 1, sizeof *target);
    if (!target) return CREASE_ENOMEM;
    set->target = target;
    return CREASE_OK;
}

static int parse_row(table *t, char *line)
{
    crease_dataset *set = t->set;
    size_t cells = count_cells(line);
    if (cells != t->cells)
        return crease_fail(t->in->ctx, CREASE_EPARSE, "%zu columns where the lines above have %zu",
                           cells, t->cells);
    CREASE_TRY(make_room(t));
    double *x = set->dense + set->rows * set->cols;
    char *cell;
    for (size_t j = 0; (cell = next_cell(&line)); j++) {
        char what[40];
        snprintf(what, sizeof what, "column %zu:", j + 1);
        if (!*cell) return crease_fail(t->in->ctx, CREASE_EPARSE, "%s the cell is empty", what);
        CREASE_TRY(
            crease_input_number(t->in, what, cell, j == t->label ? &set->target[set->rows] : x++));
    }
    set->rows++;
    return CREASE_OK;
}

static int parse_line(table *t, char *line, long label_column)
{
    static const char byte_order_mark[] = "\xEF\xBB\xBF";
    if (t->in->line == 1 && strncmp(line, byte_order_mark, 3) == 0) line += 3;
    if (is_blank(line)) return CREASE_OK;
    if (t->cells > 0) return parse_row(t, line);
    CREASE_TRY(set_width(t, line, label_column));
    return is_header(t->in, line) ? CREASE_OK : parse_row(t, line);
}

static int read_table(crease_input *in, long label_column, crease_dataset *set)
{
    table t = { .in = in, .set = set };
    for (;;) {
        char *line;
        CREASE_TRY(crease_input_line(in, &line));
        if (!line) break;
        if (parse_line(&t, line, label_column) != CREASE_OK)
            return crease_ctx_prefix(in->ctx, "%s:%zu: ", in->path, in->line);
    }
    if (set->rows == 0)
        return crease_fail(in->ctx, CREASE_EPARSE, "%s:%zu: the file ends without a single sample",
                           in->path, in->line);
    return crease_dataset_classify(in->ctx, set);
}

int crease_read_csv(crease_ctx *ctx, const char *path, long label_column, crease_dataset *set)
{
    crease_input in;
    *set = (crease_dataset){ 0 };
    int code = crease_input_open(ctx, path, &in);
    if (code == CREASE_OK) {
        code = read_table(&in, label_column, set);
        crease_input_close(&in);
    }
    if (code != CREASE_OK) {
        crease_dataset_free(ctx, set);
        return code;
    }
    snprintf(set->source, sizeof set->source, "%s", path);
    return CREASE_OK;
}
