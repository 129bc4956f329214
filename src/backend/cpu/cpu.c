/* The CPU backend for one width and one vector unit: compiled once for each (see ../local.mk). All that
 * a backend does is static functions in the headers below; the only symbol made here is the table. */
#include "vector.h"
#include "form.h"
#include "gradient.h"
#include "entries.h"
#include "screen.h"
#include "data.h"

#define CPU_JOIN_(a, b, c, d) a##b##c##d
#define CPU_JOIN(a, b, c, d)  CPU_JOIN_(a, b, c, d)
#define CPU_TEXT_(a)          #a
#define CPU_TEXT(a)           CPU_TEXT_(a)
#define CPU_TABLE             CPU_JOIN(crease_cpu_f, CREASE_CPU_BITS, _, CREASE_CPU_VARIANT)

extern const crease_backend CPU_TABLE __attribute__((visibility("hidden")));

const crease_backend CPU_TABLE = {
    .name = "cpu-f" CPU_TEXT(CREASE_CPU_BITS),
    .variant = CPU_TEXT(CREASE_CPU_VARIANT),
    .real_bytes = sizeof(crease_real),
    .roundoff = CREASE_CPU_BITS == 64 ? 0x1p-53 : 0x1p-24,
    .from_host = cpu_from_host,
    .to_host = cpu_to_host,
    .copy = cpu_copy,
    .axpby = cpu_axpby,
    .dot = cpu_dot,
    .is_finite = cpu_is_finite,
    .gradient = cpu_gradient,
    .form = cpu_form,
    .average = cpu_average,
    .shrink_work = cpu_shrink_work,
    .shrink_diag = cpu_shrink_diag,
    .pieces_diag = cpu_pieces_diag,
    .shrink_curvature = cpu_shrink_curvature,
    .shrink_step = cpu_shrink_step,
    .shrink_residual = cpu_shrink_residual,
    .shrink_screen = cpu_shrink_screen,
    .gather = cpu_gather,
    .scatter = cpu_scatter,
    .shrink_value = cpu_shrink_value,
    .quadratic = cpu_quadratic,
    .logits = cpu_logits,
    .logits_gradient = cpu_logits_gradient,
    .softmax_loss = cpu_softmax_loss,
    .logistic_loss = cpu_logistic_loss,
};
