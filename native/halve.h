// Halves the resolution of chroma in the DCT domain.

#pragma once

#include "lines.h"
#include "strip.h"

typedef struct {
    Line of[2][SIDE];                   // for the first and the second block: what each coefficient adds to the output's
} Halves;

typedef struct {
    int halved;
    size_t blocks, complete;            // in the output; of these, those of which all samples are visible
    Halves whole, last;                 // `last` is for the last block, of whose samples not all are visible
} Axis;

// `samples` is the number before halving.
void find_halves(Axis *axis, size_t samples);

// Makes row `y` of a component's blocks and of their bits from a padded strip, in steps of the output with LINE_FRACTION bits of
// fraction. Adds what the resolution of both axes loses to `lost`: squared differences of samples, estimated. Returns 0 if a value exceeds what samples
// can need.
int halve(const Strip *strip, size_t c, const Component *component, const Axis *across, const Axis *down, size_t y, Block *out,
          int16_t *dc, uint64_t *nonzero, int64_t *lost);
