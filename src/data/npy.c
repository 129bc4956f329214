/* NumPy's .npy: a magic string, a version, the length of a header, the header (the text of a Python
 * dictionary, ended by a newline), the entries (numpy.lib.format, versions 1.0 to 3.0). */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "input.h"
#include "internal.h"
#include "output.h"

enum {
    MOST_RANK = 4,
    MOST_HEADER = 4096,   /* a header of what is read here has about 100 bytes */
    CHUNK_ENTRIES = 4096, /* converted at a time */
};

static const char MAGIC[] = "\x93NUMPY";

typedef struct entry_type {
    const char *descr;
    char kind; /* f, i, u */
    unsigned bytes;
} entry_type;

static const entry_type types[] = {
    { "<f4", 'f', 4 }, { "<f8", 'f', 8 }, { "|i1", 'i', 1 }, { "<i2", 'i', 2 }, { "<i4", 'i', 4 },
    { "<i8", 'i', 8 }, { "|u1", 'u', 1 }, { "<u2", 'u', 2 }, { "<u4", 'u', 4 }, { "<u8", 'u', 8 },
};

/* --- header: a dictionary with three known keys, in any order --------------------------------- */

typedef struct parser {
    crease_ctx *ctx;
    const char *at;
    const entry_type *type;
    bool has_order, has_shape;
    crease_array *array;
} parser;

static void skip_blanks(parser *p)
{
    while (*p->at == ' ') p->at++;
}

static bool take(parser *p, const char *word)
{
    skip_blanks(p);
    size_t n = strlen(word);
    if (strncmp(p->at, word, n) != 0) return false;
    p->at += n;
    return true;
}

static int fail_expected(parser *p, const char *what)
{
    char quoted[CREASE_QUOTED];
    return crease_fail(p->ctx, CREASE_EPARSE, "%s expected, found \"%s\"", what,
                       crease_input_quote(p->at, quoted));
}

static int parse_string(parser *p, char *out, size_t size)
{
    skip_blanks(p);
    char quote = *p->at;
    const char *end = quote == '\'' || quote == '"' ? strchr(p->at + 1, quote) : NULL;
    if (!end || (size_t)(end - p->at) > size) return fail_expected(p, "a short quoted word");
    size_t n = (size_t)(end - p->at - 1);
    memcpy(out, p->at + 1, n);
    out[n] = 0;
    p->at = end + 1;
    return CREASE_OK;
}

static int parse_type(parser *p)
{
    char descr[16], quoted[CREASE_QUOTED];
    const char *start = p->at;
    p->type = NULL;
    CREASE_TRY(parse_string(p, descr, sizeof descr));
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(descr, types[i].descr) == 0) p->type = &types[i];
    if (p->type) return CREASE_OK;
    p->at = start;
    return crease_fail(p->ctx, CREASE_ENOTSUP,
                       "entries of type \"%s\" are not supported: little-endian floats "
                       "(<f4, <f8) and integers are",
                       crease_input_quote(descr, quoted));
}

static int parse_order(parser *p)
{
    p->has_order = true;
    if (take(p, "False")) return CREASE_OK;
    if (strncmp(p->at, "True", 4) == 0)
        return crease_fail(p->ctx, CREASE_ENOTSUP,
                           "Fortran order is not supported: save numpy.ascontiguousarray(x)");
    return fail_expected(p, "True or False");
}

static int parse_size(parser *p, size_t *size)
{
    *size = 0;
    for (; isdigit((unsigned char)*p->at); p->at++)
        if (__builtin_mul_overflow(*size, 10, size)
            || __builtin_add_overflow(*size, *p->at - '0', size))
            return crease_fail(p->ctx, CREASE_EPARSE, "the shape is impossibly large");
    return CREASE_OK;
}

static int parse_shape(parser *p)
{
    crease_array *a = p->array;
    p->has_shape = true;
    a->rank = 0;
    a->n = 1;
    if (!take(p, "(")) return fail_expected(p, "a tuple of sizes");
    while (!take(p, ")")) {
        if (!isdigit((unsigned char)*p->at)) return fail_expected(p, "a size");
        if (a->rank == MOST_RANK)
            return crease_fail(p->ctx, CREASE_ENOTSUP, "more than %d dimensions are not supported",
                               MOST_RANK);
        size_t size;
        CREASE_TRY(parse_size(p, &size));
        a->shape[a->rank++] = size;
        if (__builtin_mul_overflow(a->n, size, &a->n))
            return crease_fail(p->ctx, CREASE_EPARSE, "the shape is impossibly large");
        if (!take(p, ",") && *p->at != ')')
            return fail_expected(p, "a comma or a closing parenthesis");
    }
    return CREASE_OK;
}

static int parse_item(parser *p)
{
    char key[16];
    CREASE_TRY(parse_string(p, key, sizeof key));
    if (!take(p, ":")) return fail_expected(p, "a colon");
    skip_blanks(p);
    if (strcmp(key, "descr") == 0) return parse_type(p);
    if (strcmp(key, "fortran_order") == 0) return parse_order(p);
    if (strcmp(key, "shape") == 0) return parse_shape(p);
    return crease_fail(p->ctx, CREASE_EPARSE, "the key \"%s\" is unknown", key);
}

static int parse_dictionary(parser *p)
{
    if (!take(p, "{")) return fail_expected(p, "a dictionary");
    while (!take(p, "}")) {
        CREASE_TRY(parse_item(p));
        if (!take(p, ",") && *p->at != '}') return fail_expected(p, "a comma or a closing brace");
    }
    if (!take(p, "\n") || *p->at) return fail_expected(p, "the newline that ends the header");
    if (p->type && p->has_order && p->has_shape) return CREASE_OK;
    return crease_fail(p->ctx, CREASE_EPARSE,
                       "the header lacks one of descr, fortran_order, shape");
}

/* --- reading ---------------------------------------------------------------------------------- */

static uint64_t little_endian(const unsigned char *b, unsigned bytes)
{
    uint64_t word = 0;
    for (unsigned i = 0; i < bytes; i++) word |= (uint64_t)b[i] << 8 * i;
    return word;
}

static int read_header_length(crease_input *in, size_t *length)
{
    unsigned char b[6];
    char quoted[CREASE_QUOTED];
    CREASE_TRY(crease_input_read(in, b, 6, "the magic string"));
    if (memcmp(b, MAGIC, 6) != 0) {
        char found[7] = { 0 };
        memcpy(found, b, 6);
        return crease_fail(in->ctx, CREASE_EPARSE,
                           "%s: byte 0: \"%s\" is not the magic string of .npy", in->path,
                           crease_input_quote(found, quoted));
    }
    CREASE_TRY(crease_input_read(in, b, 2, "the version"));
    if (b[0] < 1 || b[0] > 3 || b[1] != 0)
        return crease_fail(in->ctx, CREASE_ENOTSUP,
                           "%s: byte 6: version %u.%u of .npy is not supported", in->path, b[0],
                           b[1]);
    unsigned bytes = b[0] == 1 ? 2 : 4;
    CREASE_TRY(crease_input_read(in, b, bytes, "the length of the header"));
    *length = (size_t)little_endian(b, bytes);
    if (*length > MOST_HEADER)
        return crease_fail(in->ctx, CREASE_EPARSE,
                           "%s: byte 8: a header of %zu bytes is impossibly long", in->path,
                           *length);
    return CREASE_OK;
}

static int read_header(crease_input *in, crease_array *array, const entry_type **type)
{
    char text[MOST_HEADER + 1];
    size_t length = 0;
    CREASE_TRY(read_header_length(in, &length));
    size_t start = (size_t)in->offset;
    CREASE_TRY(crease_input_read(in, text, length, "the header"));
    text[length] = 0;
    parser p = { .ctx = in->ctx, .at = text, .array = array };
    if (parse_dictionary(&p) != CREASE_OK)
        return crease_ctx_prefix(in->ctx, "%s: byte %zu: ", in->path,
                                 start + (size_t)(p.at - text));
    *type = p.type;
    array->real_bytes = p.type->kind == 'f' ? p.type->bytes : 0;
    return CREASE_OK;
}

static double convert(const unsigned char *b, const entry_type *type)
{
    uint64_t word = little_endian(b, type->bytes);
    if (type->kind == 'u') return (double)word;
    if (type->kind == 'i') {
        unsigned unused = 64 - 8 * type->bytes; /* carries the sign up, then down again */
        return (double)((int64_t)(word << unused) >> unused);
    }
    if (type->bytes == 4) {
        float value;
        memcpy(&value, &(uint32_t){ (uint32_t)word }, sizeof value);
        return value;
    }
    double value;
    memcpy(&value, &word, sizeof value);
    return value;
}

static int read_entries(crease_input *in, crease_array *array, const entry_type *type)
{
    unsigned char chunk[CHUNK_ENTRIES * 8];
    size_t bytes;
    if (__builtin_mul_overflow(array->n, (size_t)type->bytes, &bytes)) bytes = SIZE_MAX;
    CREASE_TRY(crease_input_expect(in, bytes, "entries"));
    array->data = crease_alloc(in->ctx, array->n, sizeof *array->data);
    if (!array->data) return CREASE_ENOMEM;
    for (size_t i = 0; i < array->n;) {
        size_t part = array->n - i < CHUNK_ENTRIES ? array->n - i : CHUNK_ENTRIES;
        CREASE_TRY(crease_input_read(in, chunk, part * type->bytes, "the entries"));
        for (size_t j = 0; j < part; j++) array->data[i++] = convert(chunk + j * type->bytes, type);
    }
    return crease_input_end(in);
}

int crease_read_npy(crease_ctx *ctx, const char *path, crease_array *array)
{
    crease_input in;
    const entry_type *type = NULL;
    *array = (crease_array){ 0 };
    CREASE_TRY(crease_input_open(ctx, path, &in));
    int code = read_header(&in, array, &type);
    if (code == CREASE_OK) code = read_entries(&in, array, type);
    crease_input_close(&in);
    if (code == CREASE_OK) return CREASE_OK;
    crease_release(ctx, array->data);
    *array = (crease_array){ 0 };
    return code;
}

/* --- writing ---------------------------------------------------------------------------------- */

/* As NumPy writes it: padded with blanks so that the entries start at a multiple of 64. */
static void write_header(FILE *file, const crease_array *array)
{
    char text[256];
    int n = snprintf(text, sizeof text, "{'descr': '<f%zu', 'fortran_order': False, 'shape': (",
                     array->real_bytes);
    for (unsigned i = 0; i < array->rank; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, "%s%zu%s", i ? " " : "", array->shape[i],
                      i + 1 < array->rank || array->rank == 1 ? "," : "");
    n += snprintf(text + n, sizeof text - (size_t)n, "), }");
    int length = (10 + n + 1 + 63) / 64 * 64 - 10;
    unsigned char start[10] = {
        0, 0, 0, 0, 0, 0, 1, 0, (unsigned char)length, (unsigned char)(length >> 8)
    };
    memcpy(start, MAGIC, 6);
    fwrite(start, 1, sizeof start, file);
    fprintf(file, "%-*s\n", length - 1, text);
}

static void write_entry(FILE *file, double value, size_t bytes)
{
    uint64_t word;
    uint32_t narrow;
    float single = (float)value;
    unsigned char b[8];
    memcpy(&word, &value, sizeof word);
    memcpy(&narrow, &single, sizeof narrow);
    if (bytes == 4) word = narrow;
    for (size_t i = 0; i < bytes; i++) b[i] = (unsigned char)(word >> 8 * i);
    fwrite(b, 1, bytes, file);
}

int crease_write_npy(crease_ctx *ctx, const char *path, const crease_array *array)
{
    size_t n = 1;
    if (array->real_bytes != 4 && array->real_bytes != 8)
        return crease_fail(ctx, CREASE_EINVAL,
                           "%s: entries of %zu bytes cannot be written: 4 or 8 can", path,
                           array->real_bytes);
    for (unsigned i = 0; i < array->rank && i < MOST_RANK; i++) n *= array->shape[i];
    if (array->rank > MOST_RANK || n != array->n)
        return crease_fail(ctx, CREASE_EDIM, "%s: the shape has %zu entries, the array %zu", path,
                           n, array->n);
    crease_output out;
    CREASE_TRY(crease_output_open(ctx, path, &out));
    write_header(out.file, array);
    for (size_t i = 0; i < n; i++) write_entry(out.file, array->data[i], array->real_bytes);
    return crease_output_commit(&out);
}
