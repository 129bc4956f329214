/* A problem with its minimizer in closed form, and run directories whose history is planted. */
#include "identify_support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "experiment/h5.h"

const double identify_z[IDENTIFY_N] = { 1, -2,   0.75,  0.5, -1.5, 3,    0.2,   -0.1,
                                        0, 0.05, -0.15, 0.1, 0,    -0.2, 0.125, 0 };

/* --- the problem ---------------------------------------------------------------------------------- */

const char *identify_write_data(void)
{
    char text[4096];
    size_t used = 0;
    for (int i = 0; i < IDENTIFY_N; i++) {
        for (int k = 0; k < IDENTIFY_N; k++)
            used += (size_t)sprintf(text + used, "%d,", i == k ? 4 : 0);
        used += (size_t)sprintf(text + used, "%.17g\n", 4 * identify_z[i]);
    }
    return cli_write_text("orthogonal.csv", text);
}

void identify_problem_text(char *text, size_t size, const char *data)
{
    int length = snprintf(text, size,
                          "problem: {type: least_squares, data: %s, bias: false, normalize: none}\n"
                          "regularizers: [{block: weight, type: l1, lambda: %g}]\n",
                          data, IDENTIFY_LAMBDA);
    assert_true(length > 0 && (size_t)length < size);
}

crease_reference identify_reference(void)
{
    static double x[IDENTIFY_N], g[IDENTIFY_N];
    static crease_unit unit[IDENTIFY_N];
    static crease_margin margin[IDENTIFY_N];
    static unsigned char tight[IDENTIFY_N];
    crease_reference r = { .n = IDENTIFY_N,
                           .units = IDENTIFY_N,
                           .x = x,
                           .gradient = g,
                           .unit = unit,
                           .margin = margin,
                           .tight = tight,
                           .delta = NAN,
                           .Delta = NAN,
                           .least_eigenvalue = 1,
                           .largest_eigenvalue = 1,
                           .unique = true,
                           .solver = "formula",
                           .source = "orthogonal" };
    for (int i = 0; i < IDENTIFY_N; i++) {
        double z = identify_z[i], size = fabs(z) - IDENTIFY_LAMBDA;
        x[i] = size > 0 ? copysign(size, z) : 0;
        g[i] = x[i] - z;
        tight[i] = unit[i] = x[i] != 0;
        margin[i] = unit[i] ? (crease_margin){ NAN, fabs(x[i]), 0 }
                            : (crease_margin){ -size, NAN, IDENTIFY_LAMBDA };
        r.delta = fmin(r.delta, margin[i].slack);
        r.Delta = fmin(r.Delta, margin[i].size);
        r.objective += 0.5 * g[i] * g[i] + IDENTIFY_LAMBDA * fabs(x[i]);
    }
    return r;
}

/* --- what a run leaves ---------------------------------------------------------------------------- */

const char *identify_make_folder(const char *name, const char *data, const char *algorithms)
{
    static char folders[64][500];
    static int next;
    char text[4096], path[1000];
    char *folder = folders[next++ % 64];
    snprintf(folder, sizeof folders[0], "%s", test_path(name));
    mkdir(folder, 0777);
    identify_problem_text(text, sizeof text, data);
    size_t used = strlen(text);
    snprintf(text + used, sizeof text - used,
             "schedule: {epochs: 40, batch: 4}\nbackend: cpu-f64\nalgorithms: %s\n", algorithms);
    snprintf(path, sizeof path, "%s/config.yaml", folder);
    FILE *file = fopen(path, "w");
    assert_true(file && fputs(text, file) >= 0 && fclose(file) == 0);
    return folder;
}

static void sign_epoch(char letter, crease_unit *unit)
{
    for (int i = 0; i < IDENTIFY_N; i++) unit[i] = i < IDENTIFY_LIVE;
    if (letter == 'z' || letter == 'b') unit[2] = 0;
    if (letter == 'l' || letter == 'b') unit[9] = 1;
    if (letter == 'l') unit[15] = 1;
}

static void write_masks(crease_ctx *ctx, const char *folder, const char *history)
{
    crease_h5 h;
    char path[1000];
    size_t shape[2] = { strlen(history), IDENTIFY_N };
    crease_unit unit[200][IDENTIFY_N];
    for (size_t e = 0; e < shape[0]; e++) sign_epoch(history[e], unit[e]);
    snprintf(path, sizeof path, "%s/masks.h5", folder);
    assert_ok(ctx, crease_h5_create(ctx, path, &h));
    crease_h5_array(&h, "signature_hat", H5T_NATIVE_UINT32, 2, shape, unit);
    assert_ok(ctx, crease_h5_finish(&h));
}

static double best_objective(void)
{
    double sum = 0;
    for (int i = 0; i < IDENTIFY_N; i++) {
        double z = fabs(identify_z[i]), l = IDENTIFY_LAMBDA;
        sum += z > l ? l * z - l * l / 2 : z * z / 2; /* Huber's function */
    }
    return sum;
}

static void write_row(FILE *file, const identify_plant *p, size_t e)
{
    double best = best_objective();
    char letter = p->history[e];
    int zero = letter == 'z' || letter == 'b', live = letter == 'l' ? 2 : letter == 'b';
    fprintf(file, "%zu,%zu,", e + 1, (e + 1) * IDENTIFY_STEPS);
    if (p->gap) fprintf(file, "%.17g", best + p->gap[e] * (1 + best));
    if (!p->watched) {
        fprintf(file, "\n");
        return;
    }
    fprintf(file, ",%d,%d,%d,", zero + p->other_reference, live, zero + live > 0);
    if (p->distance)
        fprintf(file, "%.17g,0,", p->distance[e]);
    else
        fprintf(file, ",,");
    if (p->first_hit_step > 0) fprintf(file, "%.0f", p->first_hit_step);
    fprintf(file, ",%.0f\n", p->last_exit_step);
}

static void write_trace(const char *folder, const char *label, int seed, const identify_plant *p)
{
    char path[1000];
    snprintf(path, sizeof path, "%s/trace.csv", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(
        file, "algorithm,seed,epoch,step,objective%s\n",
        p->watched
            ? ",false_zero_hat,false_live_hat,off_manifold_hat,distance_on,distance_off,first_hit_step,"
              "last_exit_step"
            : "");
    for (size_t e = 0; p->history[e]; e++) {
        fprintf(file, "%s,%d,", label, seed);
        write_row(file, p, e);
    }
    assert_int_equal(fclose(file), 0);
}

void identify_plant_run(crease_ctx *ctx, const char *folder, const char *label, int seed,
                        const identify_plant *p)
{
    char run[600], path[1000];
    snprintf(run, sizeof run, "%s/%s-%d", folder, label, seed);
    mkdir(run, 0777);
    write_masks(ctx, run, p->history);
    write_trace(run, label, seed, p);
    snprintf(path, sizeof path, "%s/result.json", run);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "{\"algorithm\": \"%s\", \"seed\": %d, \"outcome\": \"%s\"}\n", label, seed,
            p->outcome ? p->outcome : "finished");
    assert_int_equal(fclose(file), 0);
}
