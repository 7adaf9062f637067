// Rings beside hard edges on white and black, as in drawings and text: see ringing.c.

#pragma once

#include "lines.h"
#include "quantise.h"

typedef struct {
    int possible;                       // whether steps are coarse enough
    int expected;                       // whether the next rows are likely to have such edges
    uint32_t busy, hard;                // of the last rows' blocks with many values: those looked at; those with such edges
    const uint8_t *before, *after;
    float factors[2 * BLOCK];           // from the source's values to what `restore` takes, in zigzag order: of positive, negative
    Line scales[SIDE];                  // from what `transform` gives to steps, with FRACTION
} Ringing;

// For luma. Nothing is possible if the steps are fine, or hardly coarser than before.
Ringing ringing_of(const Component *component);

// Like quantise_row, of words that are not quantised. White beside an edge goes on beyond white.
int quantise_edges(const Ringing *ringing, const Quantiser *quantiser, const uint32_t *words, Plane *plane);

// Finds from the last row of a plane whether the next ones are likely to have such edges.
void expect_edges(Ringing *ringing, const Plane *plane);
