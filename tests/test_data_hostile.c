/* Data readers on what they should refuse: hand-made malformed files, refused memory, random
 * mutations. Run it under the sanitizers. */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"

typedef int reader(crease_ctx *ctx, const char *path);

static char labels_path[400]; /* a copy: test_path uses its memory again after a while */

static int read_images(crease_ctx *ctx, const char *path)
{
    crease_dataset set;
    int code = crease_read_idx(ctx, path, labels_path, &set);
    crease_dataset_free(ctx, &set);
    return code;
}

static int read_libsvm(crease_ctx *ctx, const char *path)
{
    crease_dataset set;
    int code = crease_read_libsvm(ctx, path, 0, &set);
    crease_dataset_free(ctx, &set);
    return code;
}

static int read_csv(crease_ctx *ctx, const char *path)
{
    crease_dataset set;
    int code = crease_read_csv(ctx, path, -1, &set);
    crease_dataset_free(ctx, &set);
    return code;
}

static int read_npy(crease_ctx *ctx, const char *path)
{
    crease_array a;
    int code = crease_read_npy(ctx, path, &a);
    crease_release(ctx, a.data);
    return code;
}

/* One malformed content, the code and a part of the sentence that it must give. */
typedef struct hostile {
    const char *content;
    size_t n; /* 0: up to the NUL */
    int code;
    const char *words;
} hostile;

static void refuse_all(reader *read, const hostile *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        tally t = { 0 };
        crease_ctx *ctx = tally_ctx(&t);
        size_t bytes = cases[i].n ? cases[i].n : strlen(cases[i].content);
        const char *plain = write_file("hostile", cases[i].content, bytes);
        assert_fails(ctx, read(ctx, plain), cases[i].code, cases[i].words);
        assert_non_null(strstr(crease_ctx_error(ctx)->sentence, plain));
        const char *packed = write_gzip("hostile.gz", cases[i].content, bytes);
        int code = read(ctx, packed);
        assert_int_equal(code, cases[i].code);
        crease_ctx_free(ctx);
        assert_int_equal(t.in_use, 0);
    }
}

#define REFUSE_ALL(read, cases) refuse_all(read, cases, sizeof cases / sizeof *cases)
#define BYTES(text)             text, sizeof text - 1

/* --- IDX ------------------------------------------------------------------------------------ */

static const unsigned char good_images[] = { 0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2,
                                             0, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8 };
static const unsigned char good_labels[] = { 0, 0, 8, 1, 0, 0, 0, 2, 1, 0 };

static void make_labels(void)
{
    snprintf(labels_path, sizeof labels_path, "%s",
             write_file("labels", good_labels, sizeof good_labels));
}

static void idx_images(void **state)
{
    (void)state;
    static const hostile cases[] = {
        { BYTES(""), CREASE_EPARSE, "ends at byte 0" },
        { BYTES("\0\0\x08"), CREASE_EPARSE,
          "ends at byte 3, 1 bytes short of the end of the header" },
        { BYTES("\0\0\x08\x03\0\0\0\x02\0\0"), CREASE_EPARSE, "ends at byte" },
        { BYTES("\0\0\x08\x01\0\0\0\x02\x01\0"), CREASE_EPARSE, "magic number is 0x00000801" },
        { BYTES("\0\0\x0d\x03\0\0\0\x01"), CREASE_EPARSE, "magic number is 0x00000d03" },
        { BYTES("\0\0\x08\xff\0\0\0\x01"), CREASE_EPARSE, "magic number is 0x000008ff" },
        { BYTES("GIF89a, not an IDX file"), CREASE_EPARSE, "byte 0: the magic number" },
        { BYTES("\0\0\x08\x03\0\0\0\0\0\0\0\x02\0\0\0\x02"), CREASE_EPARSE, "byte 4: size 0" },
        { BYTES("\0\0\x08\x03\0\0\0\x02\0\0\0\x02\0\0\0\0"), CREASE_EPARSE, "byte 12: size 0" },
        { BYTES("\0\0\x08\x03\0\0\0\x02\0\0\0\x02\0\0\0\x02"
                "1234567"),
          CREASE_EPARSE, "8 bytes of the images" },
        { BYTES("\0\0\x08\x03\0\0\0\x02\0\0\0\x02\0\0\0\x02"
                "123456789"),
          CREASE_EPARSE, "should end at byte 24" },
        { BYTES("\0\0\x08\x03\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), CREASE_EPARSE,
          "impossibly large" },
        { BYTES("\0\0\x08\x04\xff\xff\xff\xff\0\0\0\x01\0\0\0\x01\0\0\0\x01"), CREASE_EPARSE,
          "promises 4294967295 bytes" },
        { BYTES("\0\0\x08\x03\0\0\0\x03\0\0\0\x02\0\0\0\x02"
                "123456789abc"),
          CREASE_EPARSE, "promises 2 labels" },
    };
    make_labels();
    for (size_t i = 0; i + 1 < sizeof cases / sizeof *cases; i++)
        refuse_all(read_images, cases + i, 1);

    tally t = { 0 }; /* the last names the file of the labels, not its own */
    crease_ctx *ctx = tally_ctx(&t);
    const hostile *last = &cases[sizeof cases / sizeof *cases - 1];
    const char *path = write_file("three", last->content, last->n);
    assert_fails(ctx, read_images(ctx, path), last->code, last->words);
    assert_non_null(strstr(crease_ctx_error(ctx)->sentence, labels_path));
    crease_ctx_free(ctx);
    assert_int_equal(t.in_use, 0);
}

static void idx_labels(void **state)
{
    (void)state;
    static const hostile cases[] = {
        { BYTES("\0\0\x08\x01\0\0\0\x02\x01"), CREASE_EPARSE, "2 bytes of the labels" },
        { BYTES("\0\0\x08\x01\0\0\0\x02\x01\x01\x01"), CREASE_EPARSE, "should end at byte 10" },
        { BYTES("\0\0\x08\x03\0\0\0\x02\0\0\0\x01\0\0\0\x01\x01\x01"), CREASE_EPARSE,
          "IDX labels have 0x00000801" },
        { BYTES("\0\0\x08\x01\0\0\0\x01\x01"), CREASE_EPARSE, "1 labels" },
    };
    crease_ctx *ctx = test_ctx();
    const char *images = write_file("images", good_images, sizeof good_images);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        crease_dataset set;
        const char *path = write_file("bad-labels", cases[i].content, cases[i].n);
        assert_fails(ctx, crease_read_idx(ctx, images, path, &set), cases[i].code, cases[i].words);
        assert_non_null(strstr(crease_ctx_error(ctx)->sentence, path));
        assert_null(set.bytes);
    }
    crease_ctx_free(ctx);
}

/* A gzip stream cut at every byte, and with every byte changed. Only bytes of the gzip header that
 * mean nothing (time, system) may be changed unnoticed. */
static void idx_damaged_gzip(void **state)
{
    (void)state;
    tally t = { 0 };
    crease_ctx *ctx = tally_ctx(&t);
    make_labels();
    size_t n;
    unsigned char *bytes = slurp(write_gzip("images.gz", good_images, sizeof good_images), &n);
    for (size_t cut = 0; cut < n; cut++) {
        const char *path = write_file("cut.gz", bytes, cut);
        assert_fails(ctx, read_images(ctx, path), CREASE_EPARSE, path);
    }
    for (size_t i = 0; i < n; i++) {
        bytes[i] ^= 0x55;
        int code = read_images(ctx, write_file("changed.gz", bytes, n));
        bytes[i] ^= 0x55;
        if (code != CREASE_OK) assert_fails(ctx, code, CREASE_EPARSE, "changed.gz: ");
        assert_true(code != CREASE_OK || (i >= 3 && i < 10));
    }
    free(bytes);
    crease_ctx_free(ctx);
    assert_int_equal(t.in_use, 0);
}

/* --- text ----------------------------------------------------------------------------------- */

static void libsvm_lines(void **state)
{
    (void)state;
    static const hostile cases[] = {
        { BYTES(""), CREASE_EPARSE, ":0: the file ends without" },
        { BYTES("\n# nothing\n\r\n"), CREASE_EPARSE, ":3: the file ends without" },
        { BYTES("1 1:1\n1 0:2\n"), CREASE_EPARSE, ":2: index 0" },
        { BYTES("1 1:1\n\n1 3:2 2:1\n"), CREASE_EPARSE, ":3: index 2 follows index 3" },
        { BYTES("1 2:2 2:1\n"), CREASE_EPARSE, ":1: index 2 follows index 2" },
        { BYTES("1 1:nan\n"), CREASE_EPARSE, ":1: value \"nan\" is not a finite" },
        { BYTES("1 1:-Inf\n"), CREASE_EPARSE, ":1: value \"-Inf\" is not a finite" },
        { BYTES("1 1:1e999\n"), CREASE_EPARSE, "not a finite" },
        { BYTES("nan 1:1\n"), CREASE_EPARSE, ":1: label \"nan\" is not a finite" },
        { BYTES("1:1 2:2\n"), CREASE_EPARSE, ":1: the label is missing" },
        { BYTES("one 1:1\n"), CREASE_EPARSE, "label \"one\" is not a number" },
        { BYTES("1,2 1:1\n"), CREASE_EPARSE, "label \"1,2\" is not a number" },
        { BYTES("1 1:2 garbage\n"), CREASE_EPARSE, "\"garbage\" is not of the form" },
        { BYTES("1 1 : 2\n"), CREASE_EPARSE, "\"1\" is not of the form" },
        { BYTES("1 1:\n"), CREASE_EPARSE, "value \"\" is not a number" },
        { BYTES("1 :5\n"), CREASE_EPARSE, "index \"\" is not a whole number" },
        { BYTES("1 -1:5\n"), CREASE_EPARSE, "index \"-1\" is not a whole number" },
        { BYTES("1 1.5:5\n"), CREASE_EPARSE, "index \"1.5\" is not a whole number" },
        { BYTES("1 qid:5 1:1\n"), CREASE_EPARSE, "index \"qid\"" },
        { BYTES("1 1:0x10\n"), CREASE_EPARSE, "value \"0x10\" is not a number" },
        { BYTES("1 1:5:6\n"), CREASE_EPARSE, "value \"5:6\" is not a number" },
        { BYTES("1 4294967297:1\n"), CREASE_EPARSE, "larger than 2^32" },
        { BYTES("1 99999999999999999999999999:1\n"), CREASE_EPARSE, "larger than 2^32" },
        { BYTES("1 1:1\r1 1:1\n"), CREASE_EPARSE, "\"1\" is not of the form" },
        { BYTES("1 1:1\n1 1:\0001\n"), CREASE_EPARSE, ":2: the line has a zero byte" },
        { BYTES("1\n-1\n"), CREASE_EPARSE, "no sample has an entry" },
        { BYTES("1 \xff\xfe\x01:3\n"), CREASE_EPARSE, "index \"\?\?\?\"" },
    };
    REFUSE_ALL(read_libsvm, cases);
}

static void csv_lines(void **state)
{
    (void)state;
    static const hostile cases[] = {
        { BYTES(""), CREASE_EPARSE, ":0: the file ends without" },
        { BYTES("a,b\n"), CREASE_EPARSE, ":1: the file ends without" },
        { BYTES("1,2\n3\n"), CREASE_EPARSE, ":2: 1 columns where the lines above have 2" },
        { BYTES("1,2\n3,4,\n"), CREASE_EPARSE, ":2: 3 columns" },
        { BYTES("a,b,c\n1,2\n"), CREASE_EPARSE, ":2: 2 columns" },
        { BYTES("1,2,3\n4,,6\n"), CREASE_EPARSE, ":2: column 2: the cell is empty" },
        { BYTES("1,2,3\n4,5, \n"), CREASE_EPARSE, ":2: column 3: the cell is empty" },
        { BYTES("1,2\n3,NaN\n"), CREASE_EPARSE, ":2: column 2: \"NaN\" is not a finite" },
        { BYTES("nan,inf\n3,4\n"), CREASE_EPARSE, ":1: column 1: \"nan\" is not a finite" },
        { BYTES("1,2\n3,NA\n"), CREASE_EPARSE, "\"NA\" is not a number" },
        { BYTES("a,2\n3,4\n"), CREASE_EPARSE, ":1: column 1: \"a\" is not a number" },
        { BYTES("a,b\nc,d\n"), CREASE_EPARSE, ":2: column 1: \"c\"" },
        { BYTES("1;2\n3;4\n"), CREASE_EPARSE, ":1: one column only" },
        { BYTES("1,2 3\n"), CREASE_EPARSE, "\"2 3\" is not a number" },
        { BYTES(",\n"), CREASE_EPARSE, ":1: column 1: the cell is empty" },
        { BYTES("1,\0002\n"), CREASE_EPARSE, "zero byte" },
        { BYTES("1,this-is-a-cell-of-more-than-forty-characters-all-in-one\n"), CREASE_EPARSE,
          "charac..." },
    };
    REFUSE_ALL(read_csv, cases);
    crease_ctx *ctx = test_ctx();
    crease_dataset set;
    const char *path = write_text("two.csv", "1,2\n");
    assert_fails(ctx, crease_read_csv(ctx, path, 2, &set), CREASE_ERANGE,
                 ":1: there is no label column 2");
    assert_fails(ctx, crease_read_csv(ctx, path, -3, &set), CREASE_ERANGE, "label column -3");
    crease_ctx_free(ctx);
}

/* --- npy ------------------------------------------------------------------------------------ */

static void npy_beginnings(void **state)
{
    (void)state;
    static const hostile cases[] = {
        { BYTES(""), CREASE_EPARSE, "ends at byte 0" },
        { BYTES("\x93NUMPX\x01\0"), CREASE_EPARSE, "byte 0: \"?NUMPX\" is not the magic" },
        { BYTES("\x93NUMPY\x01"), CREASE_EPARSE, "short of the end of the version" },
        { BYTES("\x93NUMPY\x04\0\x10\0\0\0"), CREASE_ENOTSUP, "byte 6: version 4.0" },
        { BYTES("\x93NUMPY\x01\x01\x10\0"), CREASE_ENOTSUP, "byte 6: version 1.1" },
        { BYTES("\x93NUMPY\x01\0\x10"), CREASE_EPARSE, "the length of the header" },
        { BYTES("\x93NUMPY\x01\0\x40\0{'descr'"), CREASE_EPARSE, "the end of the header" },
        { BYTES("\x93NUMPY\x01\0\xff\xff{}"), CREASE_EPARSE, "65535 bytes is impossibly long" },
        { BYTES("\x93NUMPY\x02\0\xff\xff\xff\xff"), CREASE_EPARSE,
          "4294967295 bytes is impossibly" },
    };
    REFUSE_ALL(read_npy, cases);
}

#define HEADER(type, order, shape)                                                                 \
    "{'descr': '" type "', 'fortran_order': " order ", 'shape': " shape ", }\n"

static void npy_headers(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        size_t n; /* bytes that follow */
        int code;
        const char *words;
    } cases[] = {
        { HEADER("<f4", "False", "(2,)"), 7, CREASE_EPARSE, "8 bytes of entries" },
        { HEADER("<f4", "False", "(2,)"), 9, CREASE_EPARSE, "should end at byte 76, as" },
        { HEADER("<f4", "False", "(2,)") "\n", 8, CREASE_EPARSE, "byte 68: the newline that ends" },
        { HEADER("<f4", "True", "(2,)"), 8, CREASE_ENOTSUP, "byte 44: Fortran order" },
        { HEADER("<f4", "0.0", "(2,)"), 8, CREASE_EPARSE,
          "byte 44: True or False expected, found \"0.0" },
        { HEADER(">f4", "False", "(2,)"), 8, CREASE_ENOTSUP, "byte 20: entries of type \">f4\"" },
        { HEADER("<c8", "False", "(2,)"), 8, CREASE_ENOTSUP, "type \"<c8\"" },
        { HEADER("a-long-type-name", "False", "(2,)"), 8, CREASE_EPARSE, "a short quoted word" },
        { HEADER("<f4', 'descr': '?", "False", "(2,)"), 8, CREASE_ENOTSUP, "type \"?\"" },
        { HEADER("<f4", "False", "2"), 8, CREASE_EPARSE, "a tuple of sizes expected" },
        { HEADER("<f4", "False", "(-1,)"), 8, CREASE_EPARSE, "a size expected, found \"-1" },
        { HEADER("<f4", "False", "(1 1)"), 8, CREASE_EPARSE, "a comma or a closing parenthesis" },
        { HEADER("<f4", "False", "(1,1,1,1,1)"), 4, CREASE_ENOTSUP, "more than 4 dimensions" },
        { HEADER("<f4", "False", "(99999999999999999999999,)"), 4, CREASE_EPARSE,
          "impossibly large" },
        { HEADER("<f4", "False", "(4294967296, 4294967296)"), 4, CREASE_EPARSE,
          "impossibly large" },
        { HEADER("<f8", "False", "(4611686018427387904,)"), 4, CREASE_EPARSE, "promises" },
        { HEADER("<f8", "False", "(100000000000000,)"), 4, CREASE_EPARSE,
          "promises 800000000000000 bytes" },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", 8, CREASE_EPARSE,
          "byte 67: the newline that ends the header expected" },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)", 8, CREASE_EPARSE,
          "a closing brace" },
        { "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}\n", 8, CREASE_EPARSE,
          "a short quoted word expected" },
        { "{'descr': '<f4', 'x': 1}\n", 0, CREASE_EPARSE, "key \"x\" is unknown" },
        { "{'descr'  ", 0, CREASE_EPARSE, "a colon expected" },
        { "{'descr", 0, CREASE_EPARSE, "a short quoted word expected" },
        { "{}\n", 0, CREASE_EPARSE, "lacks one of" },
        { "\n", 0, CREASE_EPARSE, "byte 10: a dictionary expected" },
        { "", 0, CREASE_EPARSE, "byte 10: a dictionary expected" },
    };
    tally t = { 0 };
    crease_ctx *ctx = tally_ctx(&t);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *path = make_npy(1, cases[i].header, "123456789", cases[i].n);
        assert_fails(ctx, read_npy(ctx, path), cases[i].code, cases[i].words);
        assert_non_null(strstr(crease_ctx_error(ctx)->sentence, path));
    }
    crease_ctx_free(ctx);
    assert_int_equal(t.in_use, 0);
}

/* What cannot be written leaves nothing behind, and a device is never replaced by a file. */
static void npy_write_refused(void **state)
{
    (void)state;
    tally t = { 0 };
    crease_ctx *ctx = tally_ctx(&t);
    double one = 1;
    crease_array a = { .rank = 1, .shape = { 1 }, .n = 1, .real_bytes = 8, .data = &one };
    struct stat info;
    assert_fails(ctx, crease_write_npy(ctx, "/dev/null", &a), CREASE_EIO, "no ordinary file");
    assert_int_equal(stat("/dev/null", &info), 0);
    assert_true(S_ISCHR(info.st_mode));
    assert_fails(ctx, crease_write_npy(ctx, test_path("no/such/folder.npy"), &a), CREASE_EIO,
                 "cannot create");
    a.real_bytes = 2;
    assert_fails(ctx, crease_write_npy(ctx, test_path("x.npy"), &a), CREASE_EINVAL, "2 bytes");
    a.real_bytes = 4;
    a.n = 2;
    assert_fails(ctx, crease_write_npy(ctx, test_path("x.npy"), &a), CREASE_EDIM,
                 "1 entries, the array 2");
    assert_int_equal(access(test_path("x.npy"), F_OK), -1);
    crease_ctx_free(ctx);
    assert_int_equal(t.in_use, 0);
}

/* --- all readers ----------------------------------------------------------------------------- */

static const char good_svm[] = "1 1:0.5 2:1\n-1 3:2.5e-1 # x\r\n\n2 2:-7 19:4\n";
static const char good_csv[] = "a,b,c\n1,2.5,-1\n0.25,1e3,1\n4,5,1\n";
static const char good_npy[] =
    "\x93NUMPY\x01\0\x3a\0{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n12345678";

static const struct {
    const char *name;
    reader *read;
    const void *content;
    size_t n;
} formats[] = {
    { "idx", read_images, good_images, sizeof good_images },
    { "libsvm", read_libsvm, good_svm, sizeof good_svm - 1 },
    { "csv", read_csv, good_csv, sizeof good_csv - 1 },
    { "npy", read_npy, good_npy, sizeof good_npy - 1 },
};

enum { N_FORMATS = sizeof formats / sizeof *formats };

static void missing_files(void **state)
{
    (void)state;
    tally t = { 0 };
    crease_ctx *ctx = tally_ctx(&t);
    const char *missing = test_path("missing"), *folder = test_path("a-folder");
    assert_int_equal(mkdir(folder, 0777), 0);
    for (size_t i = 0; i < N_FORMATS; i++) {
        assert_fails(ctx, formats[i].read(ctx, missing), CREASE_EIO, "missing: No such file");
        assert_fails(ctx, formats[i].read(ctx, folder), CREASE_EIO, "a-folder: Is a directory");
    }
    crease_ctx_free(ctx);
    assert_int_equal(t.in_use, 0);
}

/* Request number k of memory is refused, for all k until the file is read. */
static void refused_memory(void **state)
{
    (void)state;
    make_labels();
    for (size_t i = 0; i < N_FORMATS; i++) {
        const char *path = write_file("good", formats[i].content, formats[i].n);
        int code = CREASE_ENOMEM;
        size_t k = 0;
        while (code == CREASE_ENOMEM) {
            tally t = { 0 };
            crease_ctx *ctx = tally_ctx(&t);
            t.fail_at = t.requests + ++k;
            code = formats[i].read(ctx, path);
            if (code != CREASE_OK) assert_fails(ctx, code, CREASE_ENOMEM, "out of memory");
            crease_ctx_free(ctx);
            assert_int_equal(t.in_use, 0);
        }
        assert_int_equal(code, CREASE_OK);
        assert_true(k > 2);
    }
}

static void planted_refused_memory(void **state)
{
    (void)state;
    crease_planted spec = { .rows = 3, .cols = 5, .classes = 2, .live = 2, .seed = 1 };
    int code = CREASE_ENOMEM;
    for (size_t k = 1; code == CREASE_ENOMEM; k++) {
        tally t = { 0 };
        crease_ctx *ctx = tally_ctx(&t);
        crease_dataset set;
        t.fail_at = t.requests + k;
        code = crease_make_planted(ctx, &spec, 0, &set, NULL);
        crease_dataset_free(ctx, &set);
        crease_ctx_free(ctx);
        assert_int_equal(t.in_use, 0);
    }
    assert_int_equal(code, CREASE_OK);
}

/* Change, insert, remove or double up to four stretches of a valid file. bytes has room for twice
 * n. */
static size_t mutate(crease_random *r, unsigned char *bytes, size_t n)
{
    static const unsigned char spice[] = "\0\xff\n\r ,:#-+.eE019{}()'nN\x1f\x8b";
    size_t changes = 1 + (size_t)crease_random_below(r, 4);
    for (size_t i = 0; i < changes && n > 0; i++) {
        size_t at = (size_t)crease_random_below(r, n), span = 1 + (size_t)crease_random_below(r, 4);
        if (span > n - at) span = n - at;
        switch (crease_random_below(r, 5)) {
        case 0:
            bytes[at] ^= (unsigned char)(1u << crease_random_below(r, 8));
            break;
        case 1:
            bytes[at] = spice[crease_random_below(r, sizeof spice - 1)];
            break;
        case 2:
            n = at;
            break;
        case 3:
            memmove(bytes + at, bytes + at + span, n - at - span);
            n -= span;
            break;
        default:
            memmove(bytes + at + span, bytes + at, n - at);
            n += span;
        }
    }
    return n;
}

static void fuzz(crease_ctx *ctx, size_t format, size_t trial, const unsigned char *good, size_t n)
{
    unsigned char bytes[1000];
    crease_random r = crease_random_at(2024, CREASE_STREAM_TEST, (uint64_t)trial << 32 | format);
    memcpy(bytes, good, n);
    n = mutate(&r, bytes, n);
    crease_ctx_clear_error(ctx);
    int code = formats[format].read(ctx, write_file("mutant", bytes, n));
    const char *sentence = crease_ctx_error(ctx)->sentence;
    bool fine = code == CREASE_OK
                || ((code == CREASE_EPARSE || code == CREASE_ENOTSUP) && strstr(sentence, "mutant"))
                || (code == CREASE_EPARSE && strstr(sentence, labels_path));
    if (!fine)
        fail_msg("%s, trial %zu: %s: %s", formats[format].name, trial, crease_error_name(code),
                 sentence);
}

static void random_mutations(void **state)
{
    (void)state;
    size_t trials = crease_test_count(50000);
    make_labels();
    for (size_t i = 0; i < N_FORMATS; i++) {
        tally t = { 0 };
        crease_ctx *ctx = tally_ctx(&t);
        size_t idle = t.in_use, n;
        unsigned char *packed = slurp(write_gzip("packed", formats[i].content, formats[i].n), &n);
        for (size_t trial = 0; trial < trials; trial++) {
            if (trial % 4 == 3)
                fuzz(ctx, i, trial, packed, n);
            else
                fuzz(ctx, i, trial, formats[i].content, formats[i].n);
            assert_int_equal(t.in_use, idle);
        }
        free(packed);
        crease_ctx_free(ctx);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idx_images),
        cmocka_unit_test(idx_labels),
        cmocka_unit_test(idx_damaged_gzip),
        cmocka_unit_test(libsvm_lines),
        cmocka_unit_test(csv_lines),
        cmocka_unit_test(npy_beginnings),
        cmocka_unit_test(npy_headers),
        cmocka_unit_test(npy_write_refused),
        cmocka_unit_test(missing_files),
        cmocka_unit_test(refused_memory),
        cmocka_unit_test(planted_refused_memory),
        cmocka_unit_test(random_mutations),
    };
    return cmocka_run_group_tests_name("data, hostile", tests, NULL, NULL);
}
