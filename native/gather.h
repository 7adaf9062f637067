// Reads eight blocks of a plane at once.

#pragma once

#include "eye.h"

// The values of eight blocks: each frequency of them in a lane of its own.
typedef struct {
    Lanes dc, before;                   // DC, and that of the block before each
    Lanes of[BLOCK];                    // magnitudes; those that are not set are zero
} Levels;

// Reads blocks `x` to x + 7 of a row; there are none after the end of the row. `of` has to be zero before. Returns a bit for each
// frequency that is set.
uint64_t gather(const Plane *plane, size_t row, size_t x, Levels *levels);

// Reads the DCs of `count` blocks from one before `x` on. Before and after a row its first and last block go on.
void gather_dcs(const Plane *plane, ptrdiff_t row, size_t x, size_t count, float *out);

static inline Lanes loaded(const float *from) {
    Lanes lanes;
    __builtin_memcpy(&lanes, from, sizeof lanes);
    return lanes;
}

// The sums of each block, from the second on, and of those beside it.
static inline Lanes around(const float *from) { return loaded(from) + loaded(from + 1) + loaded(from + 2); }
