#include "taut_string.h"

#include <math.h>

enum { HIGH, LOW };

size_t crease_taut_work(size_t gates)
{
    return 2 * (gates + 1) * sizeof(crease_post);
}

void crease_taut_begin(crease_taut *s, void *work, size_t gates, double least, double most)
{
    crease_post *post = work;
    *s = (crease_taut){ .side = { { .post = post, .sign = 1 }, { .post = post + gates + 1, .sign = -1 } },
                          .least = least,
                          .most = most };
}

static double slope(const crease_post *a, const crease_post *b)
{
    return (b->height - a->height) / (b->at - a->at);
}

static void bend_at(crease_taut *s, crease_post post)
{
    double rise = fmin(fmax(slope(&s->bend, &post), s->least), s->most);
    if (rise != 0) s->norm = hypot(s->norm, rise * sqrt(post.at - s->bend.at));
    s->bend = post;
}

static void see(crease_taut *s, int which, crease_post post)
{
    crease_hull *own = &s->side[which], *other = &s->side[!which];
    for (; own->end > own->first; own->end--) {
        const crease_post *last = own->post + own->end - 1;
        const crease_post *before = own->end - own->first > 1 ? last - 1 : &s->bend;
        if (own->sign * slope(before, last) < own->sign * slope(last, &post)) break;
    }
    while (own->end == own->first && other->end > other->first) { /* hidden by the other side */
        const crease_post *corner = other->post + other->first;
        if (own->sign * slope(&s->bend, corner) <= own->sign * slope(&s->bend, &post)) break;
        bend_at(s, *corner);
        other->first++;
    }
    own->post[own->end++] = post;
}

void crease_taut_gate(crease_taut *s, double at, double low, double high)
{
    if (!isinf(high)) see(s, HIGH, (crease_post){ at, high });
    if (!isinf(low)) see(s, LOW, (crease_post){ at, low });
}

double crease_taut_end(crease_taut *s, double at, double height)
{
    crease_post end = { at, height };
    see(s, HIGH, end);
    see(s, LOW, end); /* which leaves nothing between the last bend and the end */
    bend_at(s, end);
    return s->norm;
}
