// Finds the coefficients of a block that exceed a limit.

#pragma once

#include "jpeg.h"

#include <string.h>

enum { VALUES = 8 };                    // that are compared at once

// Sets a bit for each coefficient whose magnitude exceeds its limit.
static inline uint64_t larger(const int16_t *block, const int16_t *limits) {
    typedef int16_t Values __attribute__((vector_size(VALUES * sizeof(int16_t))));
    typedef _Bool Flags __attribute__((ext_vector_type(VALUES)));
    uint64_t bits = 0;
    for (int i = 0; i < BLOCK; i += VALUES) {
        Values values, limit;
        memcpy(&values, block + i, sizeof values);
        memcpy(&limit, limits + i, sizeof limit);
        Flags flags = __builtin_convertvector(__builtin_elementwise_max(values, -values) > limit, Flags);
        uint8_t byte;
        memcpy(&byte, &flags, sizeof byte);
        bits |= (uint64_t)byte << i;
    }
    return bits;
}
