#include "support.h"

#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

double crease_test_scale(void)
{
    const char *text = getenv("CREASE_TEST_SCALE");
    double scale = text ? strtod(text, NULL) : 0;
    return scale > 0 ? scale : 0.02;
}

size_t crease_test_count(size_t full)
{
    double count = (double)full * crease_test_scale();
    return count < 1 ? 1 : (size_t)count;
}

crease_ctx *test_ctx(void)
{
    crease_ctx *ctx = crease_ctx_create(NULL);
    assert_non_null(ctx);
    return ctx;
}

void test_assert_fails(crease_ctx *ctx, int code, int expected, const char *words, const char *file, int line)
{
    const char *sentence = crease_ctx_error(ctx)->sentence;
    if (code != expected || !strstr(sentence, words)) {
        print_error("expected %s with \"%s\", got %s: %s\n", crease_error_name(expected), words,
                    crease_error_name(code), sentence);
        _fail(file, line);
    }
}

bool test_golden(crease_ctx *ctx, const char *name, crease_array *array)
{
    static const char *const folders[] = { CREASE_TEST_DATA, "../shared/golden", "../../shared/golden" };
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        char path[1000];
        snprintf(path, sizeof path, "%s/%s", folders[i], name);
        if (access(path, R_OK) == 0) return crease_read_npy(ctx, path, array) == CREASE_OK;
    }
    return false;
}

double test_max_error(size_t n, const double *a, const double *b)
{
    double error = 0, scale = 0;
    for (size_t i = 0; i < n; i++) {
        if (isnan(a[i] - b[i])) return NAN; /* which fails every comparison */
        error = fmax(error, fabs(a[i] - b[i]));
        scale = fmax(scale, fabs(b[i]));
    }
    return scale > 0 ? error / scale : error;
}

static char folder[200];

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info, (void)type, (void)walk;
    return remove(path);
}

static void remove_folder(void)
{
    nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

const char *test_path(const char *name)
{
    static char paths[64][400];
    static unsigned next;
    if (!folder[0]) {
        snprintf(folder, sizeof folder, "/tmp/crease-test-XXXXXX");
        assert_non_null(mkdtemp(folder));
        atexit(remove_folder);
    }
    char *path = paths[next++ % 64];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}
