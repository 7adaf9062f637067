// Divides the coefficients of blocks by the output's quantisation steps.

#pragma once

#include "words.h"

typedef struct {
    uint32_t scales[BLOCK];             // old step / new step, in 65536ths
    Block dead_zone;                    // values up to this magnitude become zero
    uint32_t limits[BLOCK];             // the largest magnitudes that samples can need
    uint32_t white_from, white, black_from, black;  // the output's least DC for a source's DC from `_from` on
} Quantiser;

// `divided` is whether the values are in steps of the output already, with LINE_FRACTION bits of fraction.
Quantiser quantiser_of(const Component *component, int chroma, int divided);

static inline int32_t dc_level(const Quantiser *quantiser, int32_t source) {
    int negative = source < 0;
    uint32_t value = (magnitude(source) * quantiser->scales[0] + 0x8000) >> 16;
    uint32_t from = negative ? quantiser->black_from : quantiser->white_from;
    uint32_t least = negative ? quantiser->black : quantiser->white;
    if (magnitude(source) >= from && value < least) value = least;
    return negative ? -(int32_t)value : (int32_t)value;
}

// Adds a row of blocks to a plane: its values that are more than half a step. Returns 0 if a value is larger than samples can
// need, or there is not enough memory.
int quantise_row(const Quantiser *quantiser, const Block *blocks, const uint64_t *nonzero, Plane *plane);
