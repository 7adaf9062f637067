// Samples are clipped to white, and coefficients are not. So white beside an edge may go on upwards, in an arc between its
// neighbours: a smooth arc takes fewer bits than a sharp bend, and its rings are above white, where nobody sees them. This is
// the overshoot deringing of mozjpeg (K. Lesiński); here it is used below black too.

#include "dering.h"

#include "zigzag.h"

static const float WHITE = 127, BLACK = -128, HIGHEST = 31;  // of a sample; above it

typedef struct {
    float *samples, end, sign, highest; // `sign` is that of the way beyond `end`
} Arcs;

// How far the sample at `i` in zigzag order is from the end.
static float inside(const Arcs *arcs, int i) {
    i = i < 0 ? 0 : i >= BLOCK ? BLOCK - 1 : i;
    return (arcs->end - arcs->samples[NATURAL_ORDER[i]]) * arcs->sign;
}

// The slope with which samples come to the end: `near` is the last one, `far` the one before.
static float slope_of(float near, float far) { return far - near > near ? far - near : near; }

// Draws an arc over the samples from `from` on, before `to`.
static void draw_arc(const Arcs *arcs, int from, int to) {
    float up = slope_of(inside(arcs, from - 1), inside(arcs, from - 2)), down = slope_of(inside(arcs, to), inside(arcs, to + 1));
    if (from == 0) up = down;
    if (to == BLOCK) down = up;
    float length = (float)(to - from);
    for (int i = from; i < to; i++) {
        float at = (float)(i - from + 1) / (length + 1), rest = 1 - at;
        float over = length * at * rest * (up * rest + down * at);
        if (over > arcs->highest) over = arcs->highest;
        arcs->samples[NATURAL_ORDER[i]] = arcs->end + arcs->sign * over;
    }
}

static void draw_arcs(const Arcs *arcs) {
    for (int i = 0; i < BLOCK; i++) {
        int from = i;
        while (i < BLOCK && inside(arcs, i) <= 0) i++;
        if (i > from) draw_arc(arcs, from, i);
    }
}

// The mean of a block must stay a shade.
static void dering_end(Line *lines, float end, float sign, float step) {
    Line sums = {0};
    int count = 0;
    Arcs arcs = {.samples = (float *)lines, .end = end, .sign = sign};
    for (int i = 0; i < BLOCK; i++) count += (arcs.samples[i] - end) * sign >= 0;
    if (count == 0 || count == BLOCK) return;
    for (size_t i = 0; i < SIDE; i++) sums += (end - lines[i]) * sign;
    float room = 0;
    for (size_t i = 0; i < SIDE; i++) room += sums[i];
    arcs.highest = room / (float)count;
    if (arcs.highest > 2 * step) arcs.highest = 2 * step;
    if (arcs.highest > HIGHEST) arcs.highest = HIGHEST;
    draw_arcs(&arcs);
}

void dering(Line *lines, uint8_t step) {
    Line least = lines[0], most = lines[0];
    for (size_t i = 1; i < SIDE; i++) least = __builtin_elementwise_min(least, lines[i]), most = __builtin_elementwise_max(most, lines[i]);
    if (__builtin_reduce_max(most) >= WHITE) dering_end(lines, WHITE, 1, step);
    if (__builtin_reduce_min(least) <= BLACK) dering_end(lines, BLACK, -1, step);
}
