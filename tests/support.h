/* What all tests share. */
#ifndef CREASE_TESTS_SUPPORT_H
#define CREASE_TESTS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crease/crease.h"

/* CREASE_TEST_SCALE (default 0.02) scales every random count; the counts that claims name are at 1. */
double crease_test_scale(void);
size_t crease_test_count(size_t full); /* max(1, full * scale) */

/* A context whose errors the test reads itself. */
crease_ctx *test_ctx(void);

/* Fail with the context's sentence unless code is CREASE_OK. */
#define assert_ok(ctx, code)                                                                        \
    do {                                                                                            \
        int assert_ok_code_ = (code);                                                               \
        if (assert_ok_code_ != CREASE_OK)                                                           \
            fail_msg("%s: %s", crease_error_name(assert_ok_code_), crease_ctx_error(ctx)->sentence); \
    } while (0)

/* Fail unless the call fails with this code and a sentence that contains the words. */
#define assert_fails(ctx, code, expected, words) \
    test_assert_fails(ctx, code, expected, words, __FILE__, __LINE__)
void test_assert_fails(crease_ctx *ctx, int code, int expected, const char *words, const char *file, int line);

/* Read a .npy of shared golden data: first CREASE_TEST_DATA, then ../shared/golden. False: not found. */
bool test_golden(crease_ctx *ctx, const char *name, crease_array *array);

/* max |a - b| / max |b| */
double test_max_error(size_t n, const double *a, const double *b);

/* A path inside a fresh temporary folder that is removed at exit. Not to be freed; valid until exit. */
const char *test_path(const char *name);

#endif
