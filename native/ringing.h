// Rings beside hard edges on white and black, as in drawings and text: see ringing.c.

#pragma once

#include "lines.h"
#include "quantise.h"

enum { FEWEST = 6 };                    // AC values of a block with a hard edge

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

// Quantises the words of one block, which has FEWEST values or more. Returns the end of the words; NULL if the block has no such edge,
// or values that are larger than samples can need.
uint32_t *put_edge(const Ringing *ringing, const Quantiser *quantiser, const uint32_t *words, const uint32_t *end, uint32_t *at);

// Finds from a plane's row, the last of its first `rows`, whether the next ones are likely to have such edges.
void expect_edges(Ringing *ringing, const Plane *plane, size_t rows);
