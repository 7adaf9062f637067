// Halves the resolution of colours, from coefficients to coefficients.

#pragma once

#include "jpeg.h"

// One row of a component's blocks, of as many as `columns`, in the steps of the output: each of them from two blocks
// beside each other (`across`), below each other (`down`), or both.
void halve(const Rows *rows, size_t c, const Component *component, int across, int down, size_t columns, Block *out);
