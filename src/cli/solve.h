/* The parts of "crease solve": what was asked, the subproblem, what came out, and the table of
 * iterations. */
#ifndef CREASE_CLI_SOLVE_H
#define CREASE_CLI_SOLVE_H

#include "cli.h"

/* One look at an iterate. */
typedef struct crease_solve_row {
    unsigned j;
    double elapsed_ms, value, certificate, gap;
    size_t live_groups;
    uint64_t signature; /* a hash */
} crease_solve_row;

/* Iterates are looked at where j has grown by a third: so many looks are enough for 10^15 iterations.
 */
enum { CREASE_MOST_LOOKS = 128 };

typedef struct crease_replay {
    /* asked */
    const char *input, *solver_text, *stop_text, *backend_name, *table_text, *output;
    bool json;
    /* read and made */
    crease_ctx *ctx;
    crease_capture *capture;
    crease_subproblem p;
    crease_term term;
    crease_stopping *stopping;
    crease_solver *solver;
    char default_stop[100];
    double condition, c_norm; /* of D and of c, on the entries of the groups */
    size_t units;             /* of a signature that x shows; 0: none */
    /* came out */
    void *x;
    double *answer, *host, *work; /* on the host: x, an iterate, scratch */
    crease_unit *unit;
    crease_solve_info info;
    crease_certificate certificate, start;
    double start_distance, elapsed_ms, watching_ms;
    size_t start_live;
    double best; /* least Q that is known */
    crease_solve_row rows[CREASE_MOST_LOOKS], last;
    size_t n_rows, wanted_rows;
    unsigned next_look;
    int code; /* of a look that failed */
} crease_replay;

/* Look at every iterate of r's solver that the table may show. */
crease_observer crease_replay_observer(crease_replay *r);
/* A look at x (reals of the backend) without its j and time. */
int crease_replay_look(crease_replay *r, const void *x, crease_certificate *certificate,
                       crease_solve_row *row);
/* Whether row i of the table is printed: about as many as are wanted, the first and the last among
 * them. */
bool crease_replay_shows(const crease_replay *r, size_t i);
bool crease_replay_has_final_signature(const crease_replay *r, const crease_solve_row *row);

/* One screen of text, or one JSON object, on standard output. */
int crease_replay_report(const crease_replay *r);

#endif
