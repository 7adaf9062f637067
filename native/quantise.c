#include "quantise.h"

#include "lines.h"
#include "larger.h"

#include <stdlib.h>
#include <string.h>

enum { FEW = 8 };                       // values of a block; of more, most are too small, and finding the others is faster
enum { WHITE = 8 * 127, BLACK = 8 * 128 };  // a block's DC, above and below the middle
enum { SHADE = 4 };                     // a difference of DC that no pixel shows; halves are rounded upwards

// Pixels are clipped to black and white, coefficients are not: white must not be rounded to less than white. Values of
// the source are in `units` of its step `before`.
static void find_end(uint32_t level, uint32_t before, uint32_t units, uint32_t after, uint32_t *from, uint32_t *end) {
    *from = ((level - SHADE) * units + before - 1) / before;
    *end = (level - SHADE + (level == BLACK) + after - 1) / after;
}

Quantiser quantiser_of(const Component *component, int chroma, int divided) {
    Quantiser quantiser = {.white_from = UINT32_MAX, .black_from = UINT32_MAX, .least_limit = INT16_MAX};
    for (int k = 0; k < BLOCK; k++) {
        uint32_t before = component->before[k], after = component->after[k];
        quantiser.scales[k] = divided ? 0x10000 >> LINE_FRACTION : 0x10000u * before / after;
        quantiser.dead_zone[k] = (int16_t)((((HALF + 1) << (16 - FRACTION)) - 1) / quantiser.scales[k]);
        quantiser.limits[k] = divided ? INT16_MAX : LARGEST_COEFFICIENT / before + 1;
    }
    for (int k = BLOCK; k < REACH; k++) quantiser.limits[k] = INT16_MAX;
    for (int k = 1; k < BLOCK; k++)
        if (quantiser.limits[k] < quantiser.least_limit) quantiser.least_limit = quantiser.limits[k];
    uint32_t after = component->after[0], before = divided ? after : component->before[0], units = divided ? 1 << LINE_FRACTION : 1;
    if (chroma || (!divided && memcmp(component->before, component->after, BLOCK) == 0)) return quantiser;
    find_end(WHITE, before, units, after, &quantiser.white_from, &quantiser.white);
    find_end(BLACK, before, units, after, &quantiser.black_from, &quantiser.black);
    return quantiser;
}

Quantiser no_quantiser(void) {
    Quantiser quantiser = {.white_from = UINT32_MAX, .black_from = UINT32_MAX, .least_limit = INT16_MAX};
    for (int k = 0; k < REACH; k++) quantiser.limits[k] = INT16_MAX;
    for (int k = 0; k < BLOCK; k++) quantiser.scales[k] = 0x10000;
    return quantiser;
}

int reserve(Plane *plane) {
    size_t needed = plane->count + plane->across * BLOCK, capacity = 2 * plane->capacity;
    if (plane->capacity >= needed) return 1;
    if (capacity < needed) capacity = needed;
    if (capacity > plane->largest) capacity = plane->largest;
    uint32_t *words = capacity < needed ? NULL : realloc(plane->words, capacity * sizeof *words);
    if (words == NULL) return 0;
    plane->words = words, plane->capacity = capacity;
    return 1;
}

uint32_t *put_levels(const Quantiser *quantiser, const Block *blocks, const int16_t *dc, const uint64_t *nonzero, size_t count, uint32_t *at) {
    int32_t largest = 0;
    for (size_t x = 0; x < count; x++) {
        uint32_t *block = at++;
        uint64_t bits = nonzero[x] & ~(uint64_t)1;
        largest |= (int32_t)(quantiser->limits[0] - magnitude(dc[x]));
        if (__builtin_popcountll(bits) > FEW) bits &= larger(blocks[x], quantiser->dead_zone);
        for (; bits; bits &= bits - 1) {
            uint32_t k = (uint32_t)__builtin_ctzll(bits);
            at = put_level(quantiser, k, blocks[x][k], at, &largest);
        }
        *block = block_word(dc_level(quantiser, dc[x]), (uint32_t)(at - block - 1));
    }
    return largest < 0 ? NULL : at;
}

int quantise_row(const Quantiser *quantiser, const Block *blocks, const int16_t *dc, const uint64_t *nonzero, Plane *plane) {
    if (!reserve(plane)) return 0;
    uint32_t *end = put_levels(quantiser, blocks, dc, nonzero, plane->across, plane->words + plane->count);
    if (end) end_row(plane, end);
    return end != NULL;
}
