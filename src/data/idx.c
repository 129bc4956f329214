/* IDX, the format of MNIST: two zero bytes, a type byte, a byte with the number of dimensions, the
 * dimensions as big-endian 32-bit numbers, then the entries (Y. LeCun, The MNIST database). */
#include <stdio.h>

#include "input.h"
#include "internal.h"

enum { UNSIGNED_BYTES = 0x08, MOST_DIMENSIONS = 4 };

typedef struct header {
    unsigned rank;
    size_t size[MOST_DIMENSIONS];
    size_t entries;
} header;

static uint32_t big_endian(const unsigned char *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static int read_header(crease_input *in, unsigned least, unsigned most, header *h)
{
    unsigned char word[4];
    CREASE_TRY(crease_input_read(in, word, sizeof word, "the header"));
    h->rank = word[3];
    if (word[0] || word[1] || word[2] != UNSIGNED_BYTES || h->rank < least || h->rank > most)
        return crease_fail(in->ctx, CREASE_EPARSE,
                           "%s: byte 0: the magic number is 0x%08x where IDX %s have "
                           "0x%08x",
                           in->path, big_endian(word), most == 1 ? "labels" : "images",
                           UNSIGNED_BYTES << 8 | (most == 1 ? 1u : 3u));
    h->entries = 1;
    for (unsigned i = 0; i < h->rank; i++) {
        CREASE_TRY(crease_input_read(in, word, sizeof word, "the header"));
        h->size[i] = big_endian(word);
        if (h->size[i] == 0 || __builtin_mul_overflow(h->entries, h->size[i], &h->entries))
            return crease_fail(in->ctx, CREASE_EPARSE,
                               "%s: byte %u: size %zu of dimension %u is %s", in->path, 4 + 4 * i,
                               h->size[i], i + 1, h->size[i] ? "impossibly large" : "no size");
    }
    return CREASE_OK;
}

/* The bytes after the header, which must be all of them. */
static int read_entries(crease_input *in, const header *h, const char *what, uint8_t **bytes)
{
    CREASE_TRY(crease_input_expect(in, h->entries, what));
    *bytes = crease_alloc(in->ctx, h->entries, 1);
    if (!*bytes) return CREASE_ENOMEM;
    CREASE_TRY(crease_input_read(in, *bytes, h->entries, what));
    return crease_input_end(in);
}

/* On failure *bytes may be set: the caller releases it in any case. */
static int read_file(crease_ctx *ctx, const char *path, unsigned least, unsigned most, header *h,
                     uint8_t **bytes)
{
    crease_input in;
    CREASE_TRY(crease_input_open(ctx, path, &in));
    int code = read_header(&in, least, most, h);
    if (code == CREASE_OK)
        code = read_entries(&in, h, most == 1 ? "the labels" : "the images", bytes);
    crease_input_close(&in);
    return code;
}

static int read_images(crease_ctx *ctx, const char *path, crease_dataset *set)
{
    header h;
    CREASE_TRY(read_file(ctx, path, 2, MOST_DIMENSIONS, &h, &set->bytes));
    set->rows = h.size[0];
    set->cols = h.entries / h.size[0];
    if (h.rank == 3) {
        set->image_height = h.size[1];
        set->image_width = h.size[2];
    }
    return CREASE_OK;
}

/* Bytes are classes already: keeping their numbers makes a test set agree with its training set. */
static int set_labels(crease_ctx *ctx, const uint8_t *labels, crease_dataset *set)
{
    size_t classes = 0;
    set->label = crease_alloc(ctx, set->rows, sizeof *set->label);
    if (!set->label) return CREASE_ENOMEM;
    for (size_t i = 0; i < set->rows; i++) {
        set->label[i] = labels[i];
        if (labels[i] >= classes) classes = labels[i] + 1u;
    }
    return crease_dataset_number_classes(ctx, set, classes);
}

static int read_labels(crease_ctx *ctx, const char *images, const char *path, crease_dataset *set)
{
    header h;
    uint8_t *bytes = NULL;
    int code = read_file(ctx, path, 1, 1, &h, &bytes);
    if (code == CREASE_OK && h.entries != set->rows)
        code = crease_fail(ctx, CREASE_EPARSE,
                           "%s: byte 4: the header promises %zu labels, but %s has %zu images",
                           path, h.entries, images, set->rows);
    if (code == CREASE_OK) code = set_labels(ctx, bytes, set);
    crease_release(ctx, bytes);
    return code;
}

int crease_read_idx(crease_ctx *ctx, const char *images, const char *labels, crease_dataset *set)
{
    *set = (crease_dataset){ 0 };
    int code = read_images(ctx, images, set);
    if (code == CREASE_OK) code = read_labels(ctx, images, labels, set);
    if (code != CREASE_OK) {
        crease_dataset_free(ctx, set);
        return code;
    }
    snprintf(set->source, sizeof set->source, "%s", images);
    return CREASE_OK;
}
