// Blocks as eight lines of eight numbers, and what they have in common with blocks of whole numbers.

#pragma once

#include "jpeg.h"

#include <string.h>

enum { FOUR = 4 };                      // numbers of a vector that all processors have
enum { LINE_FRACTION = 4 };             // bits of fraction of the values that put_lines makes

typedef float Line __attribute__((vector_size(SIDE * sizeof(float))));

typedef float Four __attribute__((vector_size(FOUR * sizeof(float))));
typedef int32_t Truths __attribute__((vector_size(SIDE * sizeof(int32_t))));  // what comparing lines gives
typedef _Bool Flags __attribute__((ext_vector_type(SIDE)));

// A bit for each number of line `row` of a block.
static inline uint64_t flags_of(Truths truths, size_t row) {
    Flags flags = __builtin_convertvector(truths, Flags);
    uint8_t byte;
    memcpy(&byte, &flags, sizeof byte);
    return (uint64_t)byte << (SIDE * row);
}

static inline void transpose(Line *lines) {
    Line turned[SIDE];
    for (size_t i = 0; i < SIDE; i++)
        for (size_t k = 0; k < SIDE; k++) turned[k][i] = lines[i][k];
    for (size_t i = 0; i < SIDE; i++) lines[i] = turned[i];
}

// Sample `i` of the basis function of coefficient `k` (T.81, A.3.3), of eight samples.
double basis(size_t k, size_t i);

// For put_lines: what makes values of steps with LINE_FRACTION bits of fraction.
void find_scales(const uint8_t *steps, Line *scales);

// Stores the values of half a step and more, and DC; `used` has a bit for each line that is not zero. Returns the bits of AC values.
uint64_t put_lines(const Line *lines, uint32_t used, const Line *scales, int16_t *out, int16_t *dc);
