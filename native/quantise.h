// Divides the coefficients of blocks by the output's quantisation steps.

#pragma once

#include "words.h"

enum { REACH = 4 * BLOCK };             // indexes that a reader reaches after the end of a block, with zeros

typedef struct {
    uint32_t scales[REACH];             // old step / new step, in 65536ths
    Block dead_zone;                    // values up to this magnitude become zero
    uint32_t limits[REACH];             // the largest magnitudes that samples can need
    uint32_t least_limit;               // of AC values
    uint32_t white_from, white, black_from, black;  // the output's least DC for a source's DC from `_from` on
} Quantiser;

// `divided` is whether the values are in steps of the output already, with LINE_FRACTION bits of fraction.
Quantiser quantiser_of(const Component *component, int chroma, int divided);

// Keeps all values, with FRACTION zero bits of fraction.
Quantiser no_quantiser(void);

// The level of a DC value.
static inline int32_t dc_level(const Quantiser *quantiser, int32_t source) {
    int negative = source < 0;
    uint32_t value = (magnitude(source) * quantiser->scales[0] + 0x8000) >> 16;
    uint32_t from = negative ? quantiser->black_from : quantiser->white_from;
    uint32_t least = negative ? quantiser->black : quantiser->white;
    if (magnitude(source) >= from && value < least) value = least;
    return negative ? -(int32_t)value : (int32_t)value;
}

// Returns the end of the words: after this one if it is more than half a step.
static inline uint32_t *put_size(const Quantiser *quantiser, uint32_t k, uint32_t size, uint32_t negative, uint32_t *at) {
    uint32_t scaled = (size * quantiser->scales[k]) >> (16 - FRACTION);
    *at = (2 * k + negative) << 25 | scaled;
    return at + ((scaled + INT32_MAX - HALF) >> 31);
}

// The same for a value. `largest` becomes negative if it is too large.
static inline uint32_t *put_level(const Quantiser *quantiser, uint32_t k, int32_t value, uint32_t *at, int32_t *largest) {
    uint32_t size = magnitude(value);
    *largest |= (int32_t)(quantiser->limits[k] - size);
    return put_size(quantiser, k, size, value < 0, at);
}


// Writes the words of a row of blocks. Returns their end, or NULL if a value is larger than samples can need.
uint32_t *put_levels(const Quantiser *quantiser, const Block *blocks, const int16_t *dc, const uint64_t *nonzero, size_t count, uint32_t *at);

// Makes room in a plane for one more row of blocks without zeros. Returns 0 if there is not enough memory.
int reserve(Plane *plane);

// Ends a row of a plane.
static inline void end_row(Plane *plane, const uint32_t *end) {
    plane->count = (size_t)(end - plane->words);
    plane->starts[++plane->rows] = plane->count;
}

// Adds a row of blocks to a plane: its values that are more than half a step. Returns 0 if a value is larger than samples can
// need, or there is not enough memory.
int quantise_row(const Quantiser *quantiser, const Block *blocks, const int16_t *dc, const uint64_t *nonzero, Plane *plane);
