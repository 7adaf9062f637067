// The last blocks of an image, of whose samples not all are visible.

#pragma once

#include "lines.h"

typedef struct {
    size_t shown;                       // samples of the last block, on this axis
    Line of[SIDE];                      // what each coefficient adds to the others if the last visible sample goes on
} Edge;

// Of an axis of a component with `part` of `whole` of the image's samples.
Edge edge_of(size_t samples, size_t part, size_t whole);

// Makes the samples beyond the right and the lower edge of component `c` those beside them, in row `y` of the output's MCUs.
// Values up to `dead_zone` count as zero, as those do that are not even read.
void extend_edges(const Component *component, const Edge *right, const Edge *lower, const int16_t *dead_zone, const Rows *rows, uint32_t c,
                  size_t y);
