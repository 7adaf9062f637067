// Compares values of fine steps with those of coarse steps.

#pragma once

#include "estimate.h"
#include "quantise.h"

typedef struct {
    float fine[BLOCK], coarse[BLOCK];   // the size of a fine value's 256th, and of a coarse level
    uint32_t scales[BLOCK];             // fine / coarse, in 65536ths
    float half[BLOCK], low[BLOCK];      // shares of the energy that are left at half the size, and at a quarter
    uint32_t dead_zone;                 // in 256ths of a coarse step
    Quantiser dc;
} Comparison;

Comparison compare(const uint8_t *fine, const uint8_t *coarse, int chroma, uint32_t dead_zone);

// Finds the energies of the errors in a row of MCUs; `at` moves over its words, component by component. Without `made`, which is
// the output after the search, the errors are predicted.
void read_errors(Sample *sample, const Comparison *comparisons, const uint32_t **at, const Output *made, size_t row);

// Where the energies of a kind begin, in row `row` of luma. Chroma has them in the first row only, as often as luma.
static inline Lanes *energies_of(const Sample *sample, size_t row, size_t c, size_t kind) {
    return sample->energies + ((row * COMPONENTS + c) * ENERGIES + kind) * sample->lanes;
}
