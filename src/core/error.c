/* Names, sentences and exit statuses of the error codes. */
#include "crease/error.h"

static const struct {
    const char *name, *sentence;
} errors[] = {
#define ENTRY(code, sentence) [code] = { #code, sentence },
    CREASE_ERRORS(ENTRY)
#undef ENTRY
};

static int is_code(int code)
{
    return code >= 0 && code < CREASE_N_ERRORS;
}

const char *crease_error_name(int code)
{
    return is_code(code) ? errors[code].name : "CREASE_E?";
}

const char *crease_error_sentence(int code)
{
    return is_code(code) ? errors[code].sentence : "unknown error";
}

int crease_error_exit_status(int code)
{
    switch (code) {
    case CREASE_OK: return 0;
    case CREASE_EDIVERGED:
    case CREASE_ESHORT:
    case CREASE_EINTERRUPTED:
    case CREASE_ENOMEM: return 1;
    default: return 2;
    }
}
