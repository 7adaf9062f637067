// Halves the resolution of colours, from coefficients to coefficients.

#pragma once

#include "jpeg.h"

typedef float Line __attribute__((vector_size(SIDE * sizeof(float))));

typedef struct {
    Line of[2][SIDE];                   // what each coefficient of the first block, and of the second, adds to the output's
} Halves;

typedef struct {
    int halved;
    size_t blocks;                      // of the output
    Halves whole, last;                 // `last` is for the last of them, of whose samples not all are shown
} Axis;

// For so many samples before they are halved.
void find_halves(Axis *axis, size_t samples);

// Row `y` of a component's blocks, in the steps of the output. 0: values are beyond all that samples can need.
int halve(const Rows *rows, size_t c, const Component *component, const Axis *across, const Axis *down, size_t y, Block *out);
