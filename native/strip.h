// The blocks of one row of the output's MCUs as words, see words.h: quantised already or, if they are still to be halved, as they
// are in the source.

#pragma once

#include "quantise.h"

enum { STRIP_ROWS = 2 };                // of blocks of a component, at most

typedef struct {
    uint32_t *words[COMPONENTS][STRIP_ROWS], *ends[COMPONENTS][STRIP_ROWS];
    size_t stride[COMPONENTS];          // blocks in a row
    int right_kept[COMPONENTS], lower_kept[COMPONENTS];  // whether the last block of each row, the lowest row is as in the source
    size_t kept_from[COMPONENTS][STRIP_ROWS];  // the number of the first such block of each row, and its words
    uint32_t *kept[COMPONENTS][STRIP_ROWS];
    uint32_t *memory;
} Strip;

// Allocates rows of `stride` blocks. Returns 0 if there is not enough memory.
int make_strip(const Rows *shape, Strip *strip);

// Adds blocks without visible samples: flat, with the DC of their neighbours. `first` is the number of the strip's first row.
void pad_strip(Strip *strip, const Component *component, uint32_t c, size_t rows, size_t first);
