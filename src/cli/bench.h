/* The commands of "crease bench": those with options of their own, and what all do with tables. */
#ifndef CREASE_CLI_BENCH_H
#define CREASE_CLI_BENCH_H

#include "cli.h"

crease_command_function crease_cmd_bench_solvers, crease_cmd_bench_spectral, crease_cmd_bench_atlas, crease_cmd_bench_steps;

/* The file that a table is written to and, for a picture, read from again: of that name, a temporary
 * one, or none (NULL) where neither is asked for. Errors: EIO. */
int crease_cli_open_table(crease_ctx *ctx, const char *path, bool is_drawn, FILE **table);
/* Draw what stands in the table by that Python. Errors: EIO. */
int crease_cli_draw_table(crease_ctx *ctx, FILE *table, const char *python, const char *picture);
/* After measuring, with its code: draw (picture NULL: nothing), which a measurement that fell short
 * does not prevent, and close. */
int crease_cli_finish_table(crease_ctx *ctx, int code, FILE *table, const char *path,
                            const char *python, const char *picture);

#endif
