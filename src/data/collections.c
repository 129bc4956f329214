/* Data collections known by name. The checksums were computed from files whose MD5 sums are the
 * published ones (MNIST: train-images f68b3c2d..., Fashion-MNIST: the table of its README). */
#include <stdio.h>
#include <string.h>

#include "internal.h"

/* Files stand in the order training images, training labels, test images, test labels. */
enum { TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS };

static const char *const mnist_mirrors[] = {
    "https://ossci-datasets.s3.amazonaws.com/mnist",
    "https://storage.googleapis.com/cvdf-datasets/mnist",
    NULL,
};

static const crease_collection_file mnist_files[] = {
    { "train-images-idx3-ubyte.gz",
      "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609" },
    { "train-labels-idx1-ubyte.gz",
      "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c" },
    { "t10k-images-idx3-ubyte.gz",
      "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6" },
    { "t10k-labels-idx1-ubyte.gz",
      "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6" },
    { NULL, NULL },
};

static const char *const fashion_mirrors[] = {
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
    NULL,
};

static const crease_collection_file fashion_files[] = {
    { "train-images-idx3-ubyte.gz",
      "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84" },
    { "train-labels-idx1-ubyte.gz",
      "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845" },
    { "t10k-images-idx3-ubyte.gz",
      "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073" },
    { "t10k-labels-idx1-ubyte.gz",
      "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5" },
    { NULL, NULL },
};

static const crease_collection collections[] = {
    { "mnist", "handwritten digits, 60000 + 10000 images of 28 x 28, 10 classes", "CC BY-SA 3.0",
      mnist_mirrors, mnist_files },
    { "fashion-mnist", "articles of clothing, 60000 + 10000 images of 28 x 28, 10 classes", "MIT",
      fashion_mirrors, fashion_files },
};

enum { N_COLLECTIONS = sizeof collections / sizeof *collections };

const crease_collection *crease_collection_at(size_t i)
{
    return i < N_COLLECTIONS ? &collections[i] : NULL;
}

const crease_collection *crease_collection_find(crease_ctx *ctx, const char *name)
{
    char names[200] = "";
    for (size_t i = 0; i < N_COLLECTIONS; i++) {
        if (strcmp(name, collections[i].name) == 0) return &collections[i];
        size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "", collections[i].name);
    }
    crease_fail(ctx, CREASE_ENOTFOUND, "there is no data collection \"%s\"; there are: %s", name,
                names);
    return NULL;
}

/* The file as published, or unpacked. */
static int find_file(crease_ctx *ctx, const crease_collection *c, size_t which, char *path,
                     size_t size)
{
    char name[200];
    const char *file = c->files[which].name, *dot = strrchr(file, '.');
    int stem = dot && strcmp(dot, ".gz") == 0 ? (int)(dot - file) : (int)strlen(file);
    snprintf(name, sizeof name, "%s/%.*s", c->name, stem, file);
    if (crease_data_find(ctx, name, path, size) == CREASE_OK) return CREASE_OK;
    snprintf(name, sizeof name, "%s/%s", c->name, file);
    if (crease_data_find(ctx, name, path, size) == CREASE_OK) return CREASE_OK;
    return crease_fail(ctx, CREASE_ENOTFOUND, "%s; \"crease data fetch %s\" downloads it",
                       crease_ctx_error(ctx)->sentence, c->name);
}

static int load_part(crease_ctx *ctx, const crease_collection *c, size_t images, size_t labels,
                     crease_dataset *set)
{
    char image_path[1100], label_path[1100];
    CREASE_TRY(find_file(ctx, c, images, image_path, sizeof image_path));
    CREASE_TRY(find_file(ctx, c, labels, label_path, sizeof label_path));
    return crease_read_idx(ctx, image_path, label_path, set);
}

static int check_match(crease_ctx *ctx, const crease_dataset *train, const crease_dataset *test)
{
    if (test->cols == train->cols && test->classes <= train->classes) return CREASE_OK;
    return crease_fail(ctx, CREASE_EDIM, "%s has %zu columns and %zu classes, %s has %zu and %zu",
                       train->source, train->cols, train->classes, test->source, test->cols,
                       test->classes);
}

int crease_collection_load(crease_ctx *ctx, const crease_collection *c, crease_dataset *train,
                           crease_dataset *test)
{
    *train = *test = (crease_dataset){ 0 };
    int code = load_part(ctx, c, TRAIN_IMAGES, TRAIN_LABELS, train);
    if (code == CREASE_OK) code = load_part(ctx, c, TEST_IMAGES, TEST_LABELS, test);
    if (code == CREASE_OK) code = check_match(ctx, train, test);
    if (code == CREASE_OK) return CREASE_OK;
    crease_dataset_free(ctx, train);
    crease_dataset_free(ctx, test);
    return code;
}
