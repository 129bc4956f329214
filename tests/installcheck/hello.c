/* The tutorial of crease/crease.h as a program, built against an installed Crease. */
#include <math.h>
#include <stdio.h>

#include <crease/crease.h>

int main(void)
{
    crease_ctx *ctx = crease_ctx_create(NULL);
    double z[4] = { 3, 4, 0.1, 0.2 }, d[4] = { 1, 2, 1, 2 }, c[4], x[4];
    for (int i = 0; i < 4; i++) c[i] = d[i] * z[i];

    crease_regularizer *psi = crease_regularizer_create(ctx, "group_l2");
    crease_regularizer_set(psi, "lambda", "0.5");
    crease_groups groups = crease_groups_runs(0, 4, 2);
    crease_subproblem p = { .ctx = ctx,
                            .backend = crease_backend_find(ctx, "cpu-f64"),
                            .n = 4,
                            .c = c,
                            .d = d,
                            .w = 1,
                            .psi = psi,
                            .groups = &groups,
                            .paper_scale = 1 };

    crease_solver *exact = crease_solver_create(ctx, "exact", NULL);
    crease_certificate proof;
    if (crease_solver_solve(exact, &p, x, NULL) || crease_certify(&p, x, &proof)) {
        puts(crease_ctx_error(ctx)->sentence);
        return 1;
    }
    printf("x = { %.6g, %.6g, %g, %g }, certificate %.1e\n", x[0], x[1], x[2], x[3],
           proof.relative);
    crease_solver_free(exact);
    crease_regularizer_free(psi);
    crease_ctx_free(ctx);
    return !(proof.relative < 1e-14 && x[2] == 0 && x[3] == 0 && x[0] > 2 && x[1] > 3);
}
