// Samples are clipped to white, and coefficients are not. So white beside an edge may go on upwards, in an arc between its
// neighbours: a smooth arc takes fewer bits than a sharp bend, and its rings are above white, where nobody sees them. This is
// the overshoot deringing of mozjpeg (K. Lesiński); here it is used below black too.

#include "dering.h"

#include "zigzag.h"

#include <string.h>

static const float WHITE = 127, BLACK = -128, HIGHEST = 31;  // of a sample; above it

enum { FOUR = 4 };                      // samples at once

typedef float Four __attribute__((vector_size(FOUR * sizeof(float))));

typedef struct {
    const float *samples;
    float end, sign, highest;           // `sign` is that of the way beyond `end`
} Arcs;

// How far the sample at `i` in zigzag order is from the end.
static float inside(const Arcs *arcs, int i) {
    i = i < 0 ? 0 : i >= BLOCK ? BLOCK - 1 : i;
    return (arcs->end - arcs->samples[NATURAL_ORDER[i]]) * arcs->sign;
}

// The slope with which samples come to the end: `near` is the last one, `far` the one before.
static float slope_of(float near, float far) { return far - near > near ? far - near : near; }

// Finds how far the samples from `from` on, before `to`, go beyond the end: in an arc.
static inline void find_arc(const Arcs *arcs, int from, int to, float *over) {
    float up = slope_of(inside(arcs, from - 1), inside(arcs, from - 2)), down = slope_of(inside(arcs, to), inside(arcs, to + 1));
    if (from == 0) up = down;
    if (to == BLOCK) down = up;
    float length = (float)(to - from);
    Four place = {1, 2, 3, 4};
    for (int i = from; i < to; i += FOUR, place += FOUR) {
        Four at = place / (length + 1), rest = 1 - at, arc = length * at * rest * (up * rest + down * at);
        arc = __builtin_elementwise_min(arc, (Four){0} + arcs->highest);
        memcpy(over + i, &arc, sizeof arc);  // the next arc overwrites what is too much
    }
}

// `bits` has a bit for each sample at the end, in zigzag order.
static void draw_arcs(const Arcs *arcs, uint64_t bits, float *samples) {
    float over[BLOCK + FOUR];
    for (uint64_t left = bits; left;) {
        int from = __builtin_ctzll(left);
        uint64_t after = ~(left | (((uint64_t)1 << from) - 1));
        int to = after ? __builtin_ctzll(after) : BLOCK;
        find_arc(arcs, from, to, over);
        left = after ? left >> to << to : 0;
    }
    for (; bits; bits &= bits - 1) {
        int i = __builtin_ctzll(bits);
        samples[NATURAL_ORDER[i]] = arcs->end + arcs->sign * over[i];
    }
}

// The mean of a block must stay a shade.
static void dering_end(Line *lines, uint64_t at_end, float end, float sign, float step) {
    Line sums = ((lines[0] + lines[1]) + (lines[2] + lines[3])) + ((lines[4] + lines[5]) + (lines[6] + lines[7]));
    float sum = ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
    float room = (BLOCK * end - sum) * sign;
    Arcs arcs = {.samples = (float *)lines, .end = end, .sign = sign, .highest = room / (float)__builtin_popcountll(at_end)};
    if (arcs.highest > 2 * step) arcs.highest = 2 * step;
    if (arcs.highest > HIGHEST) arcs.highest = HIGHEST;
    uint64_t bits = 0;
    for (; at_end; at_end &= at_end - 1) bits |= (uint64_t)1 << ZIGZAG[__builtin_ctzll(at_end)];
    draw_arcs(&arcs, bits, (float *)lines);
}

int dering(Line *lines, uint8_t step) {
    uint64_t white = 0, black = 0;
    for (size_t i = 0; i < SIDE; i++) white |= flags_of(lines[i] >= WHITE, i), black |= flags_of(lines[i] <= BLACK, i);
    if (white && ~white) dering_end(lines, white, WHITE, 1, step);
    if (black && ~black) dering_end(lines, black, BLACK, -1, step);
    return white || black;
}
