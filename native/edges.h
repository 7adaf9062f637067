// The last blocks of an image, of whose samples not all are visible.

#pragma once

#include "lines.h"
#include "strip.h"

typedef struct {
    size_t shown;                       // samples of the last block, on this axis
    Line of[SIDE];                      // what each coefficient adds to the others if the last visible sample goes on
} Edge;

typedef struct {
    Edge right, lower;
} Edges;

Edges edges_of(const Image *image, uint32_t c);

// Whether there is an edge, and samples beyond it.
static inline int is_partial(const Edge *edge) { return edge->shown > 0 && edge->shown < SIDE; }

// Makes the samples beyond the right and the lower edge of component `c` those beside them, in row `y` of the output's MCUs.
void extend_edges(const Component *component, const Edges *edges, const Quantiser *quantiser, const Rows *rows, uint32_t c, size_t y);

// The same for a strip that is not padded yet, whose first row has the number `first`: quantises the blocks that are kept as they
// are in the source. Returns 0 if a value is larger than samples can need.
int extend_strip(Strip *strip, const Component *component, uint32_t c, const Edges *edges, const Quantiser *quantiser, size_t rows,
                 size_t first);
