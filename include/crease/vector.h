/* A view of n numbers of a backend's width. Views never own. */
#ifndef CREASE_VECTOR_H
#define CREASE_VECTOR_H

#include <stddef.h>

typedef struct crease_backend crease_backend;

typedef struct crease_vec {
    void *data; /* n reals of the backend */
    size_t n;
    const crease_backend *backend;
} crease_vec;

#endif
