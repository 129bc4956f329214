/* Local rates: a line through logarithms, with an interval. */
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>

#include "identify.h"

enum { FEWEST_POINTS = 8 };

typedef struct {
    size_t n;
    double x, y, xx, xy, yy; /* sums; the last three about the means */
} sums;

/* Whether the value counts; *end: it and all behind it are noise. */
static bool counts(double value, double floor, bool *end)
{
    if (isnan(value)) return false;
    *end |= !(value > floor);
    return !*end;
}

static sums add_up(size_t n, const double *epoch, const double *value, double floor, bool *end)
{
    sums s = { 0 };
    size_t last = 0;
    *end = false;
    for (; last < n && !*end; last++)
        if (counts(value[last], floor, end)) {
            s.n++;
            s.x += epoch[last];
            s.y += log(value[last]);
        }
    for (size_t i = 0; s.n > 0 && i < last; i++) {
        if (!(value[i] > floor)) continue;
        double x = epoch[i] - s.x / (double)s.n, y = log(value[i]) - s.y / (double)s.n;
        s.xx += x * x;
        s.xy += x * y;
        s.yy += y * y;
    }
    return s;
}

crease_rate crease_rate_fit(size_t n, const double *epoch, const double *value, double floor)
{
    bool end;
    sums s = add_up(n, epoch, value, floor, &end);
    crease_rate rate = { .points = s.n, .slope = NAN, .low = NAN, .high = NAN };
    if (s.n < FEWEST_POINTS) {
        snprintf(rate.reason, sizeof rate.reason, "%zu points %s, %d are needed", s.n,
                 end ? "before the noise floor" : "there", FEWEST_POINTS);
        return rate;
    }
    double freedom = (double)s.n - 2, slope = s.xy / s.xx;
    double error = sqrt(fmax(0, s.yy - slope * s.xy) / freedom / s.xx);
    double width = gsl_cdf_tdist_Pinv(0.975, freedom) * error;
    rate.known = true;
    rate.slope = slope;
    rate.low = slope - width;
    rate.high = slope + width;
    return rate;
}
