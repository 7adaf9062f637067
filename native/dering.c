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
    float over[BLOCK + FOUR];           // how far each sample goes beyond it, in zigzag order
} Arcs;

// How far the sample at `i` in zigzag order is from the end.
static float inside(const Arcs *arcs, int i) {
    i = i < 0 ? 0 : i >= BLOCK ? BLOCK - 1 : i;
    return (arcs->end - arcs->samples[NATURAL_ORDER[i]]) * arcs->sign;
}

// The slope with which samples come to the end: `near` is the last one, `far` the one before.
static float slope_of(float near, float far) { return far - near > near ? far - near : near; }

// Finds an arc over the samples from `from` on, before `to`.
static void find_arc(Arcs *arcs, int from, int to) {
    float up = slope_of(inside(arcs, from - 1), inside(arcs, from - 2)), down = slope_of(inside(arcs, to), inside(arcs, to + 1));
    if (from == 0) up = down;
    if (to == BLOCK) down = up;
    float length = (float)(to - from);
    Four place = {1, 2, 3, 4};
    for (int i = from; i < to; i += FOUR, place += FOUR) {
        Four at = place / (length + 1), rest = 1 - at;
        Four over = __builtin_elementwise_min(length * at * rest * (up * rest + down * at), (Four){0} + arcs->highest);
        memcpy(arcs->over + i, &over, sizeof over);  // the next arc overwrites what is too much
    }
}

// Raises those samples of which `bits` has a bit, in zigzag order.
static void draw_arcs(Arcs *arcs, uint64_t bits, float *samples) {
    for (uint64_t rest = bits; rest;) {
        int from = __builtin_ctzll(rest);
        uint64_t after = ~rest & ~(uint64_t)0 << from;
        int to = after ? __builtin_ctzll(after) : BLOCK;
        find_arc(arcs, from, to);
        rest = to < BLOCK ? rest & ~(uint64_t)0 << to : 0;
    }
    for (; bits; bits &= bits - 1) {
        int i = __builtin_ctzll(bits);
        samples[NATURAL_ORDER[i]] = arcs->end + arcs->sign * arcs->over[i];
    }
}

// The mean of a block must stay a shade.
static void dering_end(Line *lines, uint64_t at_end, float end, float sign, float step) {
    Line sums = {0};
    for (size_t i = 0; i < SIDE; i++) sums += (end - lines[i]) * sign;
    float room = 0;
    for (size_t i = 0; i < SIDE; i++) room += sums[i];
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
