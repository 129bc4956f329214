/* One reader beneath every data format: bytes or lines of a file that is plain or gzip, recognized
 * by its content, with the place kept for messages. Not part of the public API. */
#ifndef CREASE_INPUT_H
#define CREASE_INPUT_H

#include <locale.h>
#include <stddef.h>
#include <stdint.h>

#include <zlib.h>

#include "crease/context.h"

typedef struct crease_input {
    crease_ctx *ctx;
    const char *path; /* the caller's; must outlive the input */
    gzFile file;
    locale_t numbers;      /* a decimal point, whatever the program's locale says */
    uint64_t most;         /* bytes that a file of this size can hold, unpacked */
    uint64_t offset;       /* unpacked bytes handed out so far */
    size_t line;           /* lines handed out so far */
    unsigned char *buffer; /* bytes at .. have - 1 are still to come */
    size_t at, have;
    char *text; /* the current line */
    size_t room;
} crease_input;

int crease_input_open(crease_ctx *ctx, const char *path,
                      crease_input *in); /* on failure nothing to close */
void crease_input_close(crease_input *in);

/* Exactly that many bytes; EPARSE when the file ends first. what names them: "the header". */
int crease_input_read(crease_input *in, void *to, size_t bytes, const char *what);

/* EPARSE unless this many more bytes can be in the file: asked before memory for them is taken. */
int crease_input_expect(crease_input *in, uint64_t bytes, const char *what);

/* EPARSE unless the file ends here. */
int crease_input_end(crease_input *in);

/* The next line, without LF or CRLF, ended by NUL; *text is NULL after the last. EPARSE on a zero
 * byte. */
int crease_input_line(crease_input *in, char **text);

/* The finite number that text spells from beginning to end; what names it in the sentence. */
int crease_input_number(crease_input *in, const char *what, const char *text, double *value);

/* The double nearest to the decimal that text begins with, and where it ends; NULL where text begins
 * with none, or with one that takes more than a single exact operation: then strtod decides. */
const char *crease_input_decimal(const char *text, double *value);

/* Where the number at the beginning of text ends (blanks before it are skipped); text if none. */
const char *crease_input_skip_number(crease_input *in, const char *text);

enum { CREASE_QUOTED = 44 };

/* The beginning of a piece of input, fit to be quoted in a sentence. Returns out. */
const char *crease_input_quote(const char *text, char out[CREASE_QUOTED]);

#endif
