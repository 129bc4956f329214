/* Looking at the iterates of a replay. A look costs a certificate, so they thin out geometrically; the
 * clock of the solver stands still meanwhile. */
#include <math.h>

#include "core/clock.h"
#include "solve.h"

static size_t count_live(const crease_groups *s, const double *x)
{
    size_t live_groups = 0;
    for (size_t g = 0; g < s->count; g++) {
        bool live = false;
        for (size_t k = 0; k < crease_group_size(s, g) && !live; k++)
            live = x[crease_group_entry(s, g, k)] != 0;
        live_groups += live;
    }
    return live_groups;
}

static uint64_t hash(size_t n, const crease_unit *unit)
{
    uint64_t sum = 14695981039346656037u; /* FNV-1a over the units */
    for (size_t i = 0; i < n; i++) sum = (sum ^ unit[i]) * 1099511628211u;
    return sum;
}

int crease_replay_look(crease_replay *r, const void *x, crease_certificate *certificate,
                       crease_solve_row *row)
{
    CREASE_TRY(crease_certify(&r->p, x, certificate));
    r->p.backend->to_host(r->p.n, x, r->host);
    *row = (crease_solve_row){ .value = certificate->value,
                               .certificate = certificate->relative,
                               .gap = certificate->gap,
                               .live_groups = count_live(&r->capture->groups, r->host) };
    if (r->units == 0) return CREASE_OK;
    crease_term_signature(&r->term, r->host, r->unit, r->work);
    row->signature = hash(r->units, r->unit);
    return CREASE_OK;
}

static void look(void *user, const crease_progress *progress, const void *x)
{
    crease_replay *r = user;
    crease_certificate certificate;
    double start = crease_now_ms();
    if (r->code != CREASE_OK || progress->j < r->next_look || r->n_rows == CREASE_MOST_LOOKS) return;
    r->next_look = progress->j + 1 + progress->j / 3;
    crease_solve_row *row = &r->rows[r->n_rows++];
    r->code = crease_replay_look(r, x, &certificate, row);
    row->j = progress->j;
    row->elapsed_ms = progress->elapsed_s * 1e3;
    r->watching_ms += crease_now_ms() - start;
}

crease_observer crease_replay_observer(crease_replay *r)
{
    return (crease_observer){ r, look };
}

bool crease_replay_shows(const crease_replay *r, size_t i)
{
    size_t n = r->n_rows, most = r->wanted_rows;
    if (n <= most || i == 0) return n <= most || most > 0;
    return i * (most - 1) / (n - 1) > (i - 1) * (most - 1) / (n - 1);
}

bool crease_replay_has_final_signature(const crease_replay *r, const crease_solve_row *row)
{
    return row->signature == r->last.signature;
}
