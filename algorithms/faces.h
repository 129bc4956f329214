/* Steps along the smooth piece of psi at hand, for terms of the shrink family: what is zero stays zero,
 * what would leave its orthant or its half-space becomes zero. */
#ifndef CREASE_ALGORITHMS_FACES_H
#define CREASE_ALGORITHMS_FACES_H

#include "core/manifold.h"
#include "crease/algorithm.h"

typedef struct crease_faces {
    crease_manifold m;
    double *y, *g;       /* n each, on the host */
    unsigned char *mask; /* n */
} crease_faces;

/* l1_only: psi may have no group norm. Errors: ENOTSUP with the reason, ENOMEM. */
int crease_faces_create(crease_algorithm *a, bool l1_only, crease_faces *f);
void crease_faces_free(crease_algorithm *a, crease_faces *f); /* zeroed is fine */

/* y = x - step (d + psi'(x)) on the entries that x leaves free, 0 elsewhere; then, where psi has an l1
 * part, y_i = 0 unless sign(x_i) y_i > entry; and, where it has a group norm, y_g = 0 if <y_g, x_g> <
 * group |x_g|^2. x becomes y. d, x: n reals of a's backend. */
void crease_faces_step(crease_algorithm *a, crease_faces *f, const void *d, double step, double entry,
                       double group, void *x);

/* Whether psi holds the same entries of u and v (n reals) at zero. */
bool crease_faces_same(crease_algorithm *a, crease_faces *f, const void *u, const void *v);

/* What a method whose step is no proximal map says of it: counted, a->g in the place of grad f, x is
 * its own W-hat. */
void crease_faces_report(crease_algorithm *a);

/* setup and teardown of methods whose a->own is a crease_faces. */
int crease_faces_setup(crease_algorithm *a, bool l1_only);
void crease_faces_teardown(crease_algorithm *a);

/* Whether a step that `seen` rows came before is one of the proximal ones, where epochs of these and
 * epochs of steps on faces take turns; face_epochs = 0: the latter go on for good. */
bool crease_faces_prox_turn(double seen, double whole, long prox_epochs, long face_epochs);

#endif
