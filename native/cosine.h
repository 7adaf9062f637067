// The DCT of blocks and its inverse, without the factors that both steps and scales can contain (Arai, Agui and Nakajima, 1988).

#pragma once

#include "lines.h"

// What a coefficient must be multiplied by before `restore`; after `transform` it must be divided by this and by BLOCK.
static inline double cosine_factor(size_t row, size_t column) { return basis(row, 0) * basis(column, 0); }

// From coefficients to transposed samples.
void restore(Line *lines);

// From transposed samples to coefficients.
void transform(Line *lines);
