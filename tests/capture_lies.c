#include "capture_lies.h"

#include <math.h>
#include <string.h>

enum { N = CAPTURE_ENTRIES };

/* --- changing a file -------------------------------------------------------------------------- */

static void drop(hid_t file, const char *object, const char *attribute)
{
    if (attribute) assert_true(H5Adelete_by_name(file, object, attribute, H5P_DEFAULT) >= 0);
    else assert_true(H5Ldelete(file, object, H5P_DEFAULT) >= 0);
}

static void note(hid_t file, const char *object, const char *attribute, hid_t type, hsize_t n, const void *value)
{
    hid_t space = n == 1 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &n, NULL);
    if (H5Aexists_by_name(file, object, attribute, H5P_DEFAULT) > 0) drop(file, object, attribute);
    hid_t a = H5Acreate_by_name(file, object, attribute, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(a >= 0 && H5Awrite(a, type, value) >= 0);
    H5Aclose(a);
    H5Sclose(space);
}

static void note_number(hid_t file, const char *object, const char *attribute, double value)
{
    note(file, object, attribute, H5T_NATIVE_DOUBLE, 1, &value);
}

static void note_count(hid_t file, const char *object, const char *attribute, uint64_t value)
{
    note(file, object, attribute, H5T_NATIVE_UINT64, 1, &value);
}

static void note_text(hid_t file, const char *object, const char *attribute, const char *value)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, strlen(value) ? strlen(value) : 1); /* no room for a NUL */
    note(file, object, attribute, type, 1, value);
    H5Tclose(type);
}

static void array(hid_t file, const char *name, hid_t type, int rank, const hsize_t *dims, hid_t layout, const void *data)
{
    if (H5Lexists(file, name, H5P_DEFAULT) > 0) drop(file, name, NULL);
    hid_t space = H5Screate_simple(rank, dims, NULL);
    hid_t set = H5Dcreate2(file, name, type, space, H5P_DEFAULT, layout, H5P_DEFAULT);
    assert_true(set >= 0);
    if (data) assert_true(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0);
    H5Dclose(set);
    H5Sclose(space);
}

static void doubles(hid_t file, const char *name, hsize_t n, const double *data)
{
    array(file, name, H5T_NATIVE_DOUBLE, 1, &n, H5P_DEFAULT, data);
}

static const double zeros[N + 1];

/* One entry of an array of doubles. */
static void poke(hid_t file, const char *name, size_t i, double value)
{
    double data[N];
    hid_t set = H5Dopen2(file, name, H5P_DEFAULT);
    assert_true(H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0);
    data[i] = value;
    assert_true(H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0);
    H5Dclose(set);
}

/* --- the changes ------------------------------------------------------------------------------ */

/* clang-format off: one change a line */
#define CHANGE(name) static void name(hid_t f)
CHANGE(no_format) { drop(f, "/", "format"); }
CHANGE(other_format) { note_text(f, "/", "format", "crease picture"); }
CHANGE(format_is_a_number) { note_number(f, "/", "format", 1); }
CHANGE(later_version) { note_count(f, "/", "version", 2); }
CHANGE(version_is_real) { note_number(f, "/", "version", 1); }
CHANGE(no_w) { drop(f, "/", "w"); }
CHANGE(w_is_nan) { note_number(f, "/", "w", NAN); }
CHANGE(w_is_negative) { note_number(f, "/", "w", -1); }
CHANGE(w_is_a_list) { note(f, "/", "w", H5T_NATIVE_DOUBLE, 3, zeros); }
CHANGE(scale_is_zero) { note_number(f, "/", "scale", 0); }
CHANGE(ridge_is_infinite) { note_number(f, "/", "ridge", INFINITY); }
CHANGE(paper_scale_is_zero) { note_number(f, "/", "paper_scale", 0); }
CHANGE(step_is_zero) { note_count(f, "/", "step", 0); }
CHANGE(half_precision) { note_text(f, "/", "precision", "float16"); }
CHANGE(wrong_precision) { note_text(f, "/", "precision", "float32"); }
CHANGE(odd_metric) { note_text(f, "/", "metric", "full"); }
CHANGE(scalar_is_negative) { note_text(f, "/", "metric", "scalar"); note_number(f, "/", "scalar", -1); }
CHANGE(n_is_zero) { note_count(f, "/", "n", 0); }
CHANGE(n_is_giant) { note_count(f, "/", "n", UINT64_MAX); }
CHANGE(n_is_large) { note_count(f, "/", "n", UINT32_MAX); }
CHANGE(n_is_another) { note_count(f, "/", "n", N - 1); }
CHANGE(unknown_psi) { note_text(f, "/", "regularizer", "group_l3"); }
CHANGE(no_settings) { drop(f, "settings", NULL); }
CHANGE(no_lambda) { drop(f, "settings", "lambda"); }
CHANGE(negative_lambda) { note_text(f, "settings", "lambda", "-1"); }
CHANGE(lambda_is_nan) { note_text(f, "settings", "lambda", "nan"); }
CHANGE(lambda_is_a_word) { note_text(f, "settings", "lambda", "/etc/passwd"); }
CHANGE(no_c) { drop(f, "c", NULL); }
CHANGE(no_d) { drop(f, "d", NULL); }
CHANGE(no_v) { drop(f, "v", NULL); }
CHANGE(no_start) { drop(f, "start", NULL); }
CHANGE(c_is_short) { doubles(f, "c", N - 1, zeros); }
CHANGE(d_is_long) { doubles(f, "d", N + 1, zeros); }
CHANGE(c_is_nan) { poke(f, "c", 7, NAN); }
CHANGE(d_is_negative) { poke(f, "d", 3, -1e-300); }
CHANGE(d_is_infinite) { poke(f, "d", 3, INFINITY); }
CHANGE(start_is_infinite) { poke(f, "start", 0, -INFINITY); }
CHANGE(c_does_not_fit) { poke(f, "c", 5, 3); }
CHANGE(odd_layout) { note_text(f, "groups", "layout", "spirals"); }
CHANGE(no_groups) { drop(f, "groups", NULL); }
CHANGE(no_count) { drop(f, "groups", "count"); }
CHANGE(many_groups) { note_count(f, "groups", "count", UINT64_MAX); }
CHANGE(giant_product) { note_count(f, "groups", "outer", (uint64_t)1 << 33); note_count(f, "groups", "inner", (uint64_t)1 << 33); }
CHANGE(giant_stride) { note_count(f, "groups", "outer_stride", UINT64_MAX / 2); }
CHANGE(giant_offset) { note_count(f, "groups", "offset", UINT64_MAX); }
CHANGE(offset_by_one) { note_count(f, "groups", "offset", 1); }
CHANGE(no_inner) { note_count(f, "groups", "inner", 0); }
CHANGE(strides_overlap) { note_count(f, "groups", "outer_stride", 1); }
CHANGE(strides_vanish) { note_count(f, "groups", "group_stride", 0); }
CHANGE(weight_is_nan) { note_number(f, "groups", "uniform_weight", NAN); }
CHANGE(weight_is_negative) { note_number(f, "groups", "uniform_weight", -2); }
CHANGE(no_weight) { drop(f, "groups", "uniform_weight"); }
CHANGE(groups_is_an_array) { drop(f, "groups", NULL); doubles(f, "groups", 3, zeros); }
CHANGE(elsewhere) { drop(f, "c", NULL); H5Lcreate_external("/tmp/other.h5", "c", f, "c", H5P_DEFAULT, H5P_DEFAULT); }
CHANGE(softly) { drop(f, "c", NULL); H5Lcreate_soft("d", f, "c", H5P_DEFAULT, H5P_DEFAULT); }

CHANGE(c_is_square)
{
    hsize_t dims[2] = { 3, 4 };
    array(f, "c", H5T_NATIVE_DOUBLE, 2, dims, H5P_DEFAULT, zeros);
}

CHANGE(c_is_integers)
{
    hsize_t n = N;
    array(f, "c", H5T_NATIVE_INT64, 1, &n, H5P_DEFAULT, zeros);
}

/* As h5py compresses; a bomb would be of this kind. */
CHANGE(c_is_packed)
{
    hsize_t n = N;
    hid_t layout = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(layout, 1, &n);
    H5Pset_deflate(layout, 9);
    array(f, "c", H5T_NATIVE_DOUBLE, 1, &n, layout, zeros);
    H5Pclose(layout);
}

/* Declared, and never stored. */
CHANGE(c_is_giant)
{
    hsize_t n = UINT32_MAX;
    note_count(f, "/", "n", n);
    array(f, "c", H5T_NATIVE_DOUBLE, 1, &n, H5P_DEFAULT, NULL);
}

CHANGE(c_is_outside)
{
    hsize_t n = N;
    hid_t layout = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_external(layout, "/etc/passwd", 0, N * sizeof(double));
    array(f, "c", H5T_NATIVE_DOUBLE, 1, &n, layout, NULL);
    H5Pclose(layout);
}

CHANGE(odd_words) { note_text(f, "/", "label", "\x1b[31mred"); }

CHANGE(long_words)
{
    static char words[60000];
    memset(words, 'x', sizeof words - 1);
    note_text(f, "/", "label", words);
}

CHANGE(words_without_end)
{
    char *words = "a bomb";
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    note(f, "/", "label", type, 1, &words);
    H5Tclose(type);
}

static void replace_places(hid_t f, const char *name, hid_t type, hsize_t n, const void *places)
{
    array(f, name, type, 1, &n, H5P_DEFAULT, places);
}

#define INDEX(...) replace_places(f, "groups/index", H5T_NATIVE_UINT32, 12, (const uint32_t[]){ __VA_ARGS__ })
#define STARTS(n, ...) replace_places(f, "groups/start", H5T_NATIVE_UINT64, n, (const uint64_t[]){ __VA_ARGS__ })
CHANGE(index_beyond) { INDEX(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12); }
CHANGE(index_twice) { INDEX(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10); }
CHANGE(starts_fall) { STARTS(5, 0, 6, 3, 9, 12); }
CHANGE(starts_late) { STARTS(5, 1, 3, 6, 9, 12); }
CHANGE(starts_beyond) { STARTS(5, 0, 3, 6, 9, UINT64_MAX); }
CHANGE(starts_short) { STARTS(4, 0, 3, 6, 12); }
CHANGE(segments_beyond) { note_text(f, "groups", "layout", "segments"); STARTS(5, 0, 3, 6, 9, 13); }
CHANGE(segments_fall) { note_text(f, "groups", "layout", "segments"); STARTS(5, 9, 3, 6, 9, 12); }
CHANGE(few_weights) { doubles(f, "groups/weights", 3, zeros); }
CHANGE(weights_negative) { doubles(f, "groups/weights", 4, (const double[]){ 1, 1, -1, 1 }); }
CHANGE(weights_nan) { doubles(f, "groups/weights", 4, (const double[]){ 1, 1, NAN, 1 }); }
CHANGE(no_index) { drop(f, "groups/index", NULL); }
CHANGE(strides_missing) { note_text(f, "groups", "layout", "strided"); }
CHANGE(numbers_as_text) { drop(f, "settings/weights", NULL); note_text(f, "settings", "weights", "/etc/passwd"); }
CHANGE(no_numbers) { doubles(f, "settings/weights", 0, zeros); }
CHANGE(numbers_negative) { doubles(f, "settings/weights", 1, (const double[]){ -1 }); }
CHANGE(numbers_misfit) { doubles(f, "settings/weights", 5, zeros); }

#define LIE(name, words) { #name, name, words }

const capture_lie capture_lies_of_strides[] = {
    LIE(no_format, "holds no captured subproblem"),
    LIE(other_format, "holds no captured subproblem"),
    LIE(format_is_a_number, "holds no captured subproblem"),
    LIE(later_version, "version 2"),
    LIE(version_is_real, "'version'"),
    LIE(no_w, "'w' of '/' is missing"),
    LIE(w_is_nan, "w is"),
    LIE(w_is_negative, "w is -1"),
    LIE(w_is_a_list, "'w'"),
    LIE(scale_is_zero, "scale is 0"),
    LIE(ridge_is_infinite, "ridge is inf"),
    LIE(paper_scale_is_zero, "paper_scale is 0"),
    LIE(step_is_zero, "step is 0"),
    LIE(half_precision, "precision"),
    LIE(wrong_precision, "'c' is missing or not"),
    LIE(odd_metric, "neither diagonal nor scalar"),
    LIE(scalar_is_negative, "the scalar metric is -1"),
    LIE(n_is_zero, "n is 0"),
    LIE(n_is_giant, "n is 18446744073709551615"),
    LIE(n_is_large, "'c' has 12 entries, but n is 4294967295"),
    LIE(n_is_another, "'c' has 12 entries, but n is 11"),
    LIE(unknown_psi, "there is no regularizer 'group_l3'; did you mean 'group_l2'"),
    LIE(no_settings, "'settings' is missing"),
    LIE(no_lambda, "'lambda' of 'settings' is missing"),
    LIE(negative_lambda, "lambda is '-1'"),
    LIE(lambda_is_nan, "lambda is 'nan'"),
    LIE(lambda_is_a_word, "lambda is '/etc/passwd'"),
    LIE(no_c, "'c' is missing"),
    LIE(no_d, "'d' is missing"),
    LIE(no_v, "'v' is missing"),
    LIE(no_start, "'start' is missing"),
    LIE(c_is_short, "'c' has 11 entries"),
    LIE(d_is_long, "'d' has 13 entries"),
    LIE(c_is_nan, "entry 7 of c"),
    LIE(d_is_negative, "entry 3 of d is -1e-300"),
    LIE(d_is_infinite, "entry 3 of d is inf"),
    LIE(start_is_infinite, "entry 0 of start"),
    LIE(c_does_not_fit, "entry 5 of c is 3, but D x0 - v is"),
    LIE(odd_layout, "none of strided, segments and lists"),
    LIE(no_groups, "'groups' is missing"),
    LIE(no_count, "'count' of 'groups' is missing"),
    LIE(many_groups, "reach beyond the 12 entries"),
    LIE(giant_product, "reach beyond the 12 entries"),
    LIE(giant_stride, "reach beyond the 12 entries"),
    LIE(giant_offset, "reach beyond the 12 entries"),
    LIE(offset_by_one, "reach beyond the 12 entries"),
    LIE(no_inner, "reach beyond the 12 entries"),
    LIE(strides_overlap, "entry 1 into two"),
    LIE(strides_vanish, "entry 0 into two"),
    LIE(weight_is_nan, "weight of the groups is"),
    LIE(weight_is_negative, "weight of the groups is -2"),
    LIE(no_weight, "'uniform_weight' of 'groups' is missing"),
    LIE(groups_is_an_array, "'layout' of 'groups' is missing"),
    LIE(elsewhere, "'c' is missing"),
    LIE(softly, "'c' is missing"),
    LIE(c_is_square, "'c' is missing, or is no array"),
    LIE(c_is_integers, "'c' is missing or not the 12 numbers"),
    LIE(c_is_packed, "no array stored as it stands"),
    LIE(c_is_giant, "no array stored as it stands"),
    LIE(c_is_outside, "no array stored as it stands"),
    LIE(odd_words, "no plain text"),
    LIE(long_words, "no plain text of at most 127 characters"),
    LIE(words_without_end, "no plain text of at most 127 characters"),
    { NULL, NULL, NULL },
};

const capture_lie capture_lies_of_lists[] = {
    LIE(index_beyond, "reach entry 12, but there are only 12"),
    LIE(index_twice, "the groups overlap, which regularizer l1 does not allow"),
    LIE(starts_fall, "group 1 ends at entry 3"),
    LIE(starts_late, "group 0 starts at entry 1"),
    LIE(starts_beyond, "'groups/index' has 12 numbers, but"),
    LIE(starts_short, "'groups/start' has 4 numbers, but 5"),
    LIE(segments_beyond, "reach entry 12"),
    LIE(segments_fall, "group 0 ends at entry 3"),
    LIE(few_weights, "3 weights, but 4 groups"),
    LIE(weights_negative, "weight of group 2 is -1"),
    LIE(weights_nan, "weight of group 2 is"),
    LIE(no_index, "'groups/index' is missing"),
    LIE(strides_missing, "'offset' of 'groups' is missing"),
    LIE(numbers_as_text, "'settings/weights' is missing"),
    LIE(no_numbers, "weights holds no number"),
    LIE(numbers_negative, "weights has -1"),
    LIE(numbers_misfit, "l1 does not act on group 0"),
    { NULL, NULL, NULL },
};
