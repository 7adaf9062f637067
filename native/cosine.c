#include "cosine.h"

#include <string.h>

static const float ROOT = 1.41421356237309505f;  // of 2

static inline void restore_four(Four *v) {
    Four sum = v[0] + v[4], difference = v[0] - v[4], outer = v[2] + v[6], inner = (v[2] - v[6]) * ROOT - outer;
    Four even[FOUR] = {sum + outer, difference + inner, difference - inner, sum - outer};
    Four a = v[5] + v[3], b = v[5] - v[3], c = v[1] + v[7], d = v[1] - v[7], turned = (b + d) * 1.84775906502257351f;
    Four first = c + a, second = turned - b * 2.61312592975275306f - first, third = (c - a) * ROOT - second;
    Four fourth = turned - d * 1.08239220029239397f - third;
    Four odd[FOUR] = {first, second, third, fourth};
    for (size_t i = 0; i < FOUR; i++) v[i] = even[i] + odd[i], v[SIDE - 1 - i] = even[i] - odd[i];
}

static inline void transform_four(Four *v) {
    Four sums[FOUR], rests[FOUR];
    for (size_t i = 0; i < FOUR; i++) sums[i] = v[i] + v[SIDE - 1 - i], rests[i] = v[i] - v[SIDE - 1 - i];
    Four outer = sums[0] + sums[3], inner = sums[1] + sums[2], slope = sums[0] - sums[3];
    Four bend = (sums[1] - sums[2] + slope) * (ROOT / 2);
    v[0] = outer + inner, v[4] = outer - inner, v[2] = slope + bend, v[6] = slope - bend;
    Four a = rests[3] + rests[2], b = (rests[2] + rests[1]) * (ROOT / 2), c = rests[1] + rests[0];
    Four turned = (a - c) * 0.38268343236508977f, low = turned + a * 0.54119610014619698f, high = turned + c * 1.30656296487637652f;
    Four more = rests[0] + b, less = rests[0] - b;
    v[5] = less + low, v[3] = less - low, v[1] = more + high, v[7] = more - high;
}

// Four columns at once: eight vectors of four fit into the registers.
static inline void apply(void (*to_four)(Four *), Line *lines) {
    for (size_t first = 0; first < SIDE; first += FOUR) {
        Four fours[SIDE];
        for (size_t i = 0; i < SIDE; i++) memcpy(&fours[i], (float *)&lines[i] + first, sizeof fours[i]);
        to_four(fours);
        for (size_t i = 0; i < SIDE; i++) memcpy((float *)&lines[i] + first, &fours[i], sizeof fours[i]);
    }
}

void restore(Line *lines) { apply(restore_four, lines), transpose(lines), apply(restore_four, lines); }

void transform(Line *lines) { apply(transform_four, lines), transpose(lines), apply(transform_four, lines); }
