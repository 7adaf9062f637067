// Samples are clipped to white, and coefficients are not. So white beside an edge may go on upwards, in an arc between its
// neighbours: a smooth arc takes fewer bits than a sharp bend, and its rings are above white, where nobody sees them. This is
// the overshoot deringing of mozjpeg (K. Lesiński); here it is used below black too.

#include "dering.h"

#include "zigzag.h"

#include <string.h>

static const float WHITE = 127, BLACK = -128, HIGHEST = 31;  // of a sample; above it

// The slope with which samples come to the end: `near` is the last one, `far` the one before.
static float slope_of(float near, float far) { return far - near > near ? far - near : near; }

// Finds how far the samples from `from` on, before `to`, go beyond the end: in an arc. `inside` is how far samples are from it.
static inline void find_arc(const float *inside, int from, int to, float *over) {
    float up = slope_of(inside[from - 1], inside[from - 2]), down = slope_of(inside[to], inside[to + 1]);
    if (from == 0) up = down;
    if (to == BLOCK) down = up;
    float length = (float)(to - from);
    Four place = {1, 2, 3, 4};
    for (int i = from; i < to; i += FOUR, place += FOUR) {
        Four at = place / (length + 1), rest = 1 - at, arc = length * at * rest * (up * rest + down * at);
        memcpy(over + i, &arc, sizeof arc);  // the next arc overwrites what is too much
    }
}

static float sum_of(const Line *lines) {
    Line sums = ((lines[0] + lines[1]) + (lines[2] + lines[3])) + ((lines[4] + lines[5]) + (lines[6] + lines[7]));
    return ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
}

// `sign` is that of the way beyond `end`. The mean of a block must stay a shade.
static void dering_end(Line *lines, float end, float sign, float step) {
    Line inside[1 + SIDE + 1], over[SIDE + 1];  // with samples before the first and after the last one
    uint64_t at_end = 0;
    for (size_t i = 0; i < SIDE; i++) inside[1 + i] = (end - lines[i]) * sign, at_end |= flags_of(inside[1 + i] <= 0, i);
    inside[0] = (Line){0} + inside[1][0], inside[1 + SIDE] = (Line){0} + inside[SIDE][SIDE - 1];
    for (uint64_t left = at_end; left;) {
        int from = __builtin_ctzll(left);
        uint64_t after = ~(left | (left - 1));
        int to = after ? __builtin_ctzll(after) : BLOCK;
        find_arc((const float *)&inside[1], from, to, (float *)over);
        left = after ? left >> to << to : 0;
    }
    float highest = sum_of(inside + 1) / (float)__builtin_popcountll(at_end);
    if (highest > 2 * step) highest = 2 * step;
    if (highest > HIGHEST) highest = HIGHEST;
    for (size_t i = 0; i < SIDE; i++) {
        Line raised = __builtin_elementwise_min((Line){0} + highest, over[i]) * sign;
        lines[i] += (Line)((Truths)raised & (inside[1 + i] <= 0));
    }
}

#define UNROLLED _Pragma("clang loop unroll(full)")  // so that the order is in the instructions

int dering(Line *lines, uint8_t step) {
    uint64_t white = 0, black = 0;
    for (size_t i = 0; i < SIDE; i++) white |= flags_of(lines[i] >= WHITE, i), black |= flags_of(lines[i] <= BLACK, i);
    if ((white | black) == 0 || ~white == 0 || ~black == 0) return white || black;
    Line ordered[SIDE];                 // in zigzag order
    float *from = (float *)lines, *to = (float *)ordered;
    UNROLLED for (size_t k = 0; k < BLOCK; k++) to[k] = from[NATURAL_ORDER[k]];
    if (white) dering_end(ordered, WHITE, 1, step);
    if (black) dering_end(ordered, BLACK, -1, step);
    UNROLLED for (size_t k = 0; k < BLOCK; k++) from[NATURAL_ORDER[k]] = to[k];
    return RAISED;
}
