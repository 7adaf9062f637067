// Estimates how an output looks from the errors of its coefficients: see estimate.c.

#pragma once

#include "eye.h"
#include "jpeg.h"

// What the errors are pooled to: means over blocks of luma. catalight/adapters/codec/jpeg/estimate.py makes a score of them.
enum {
    LUMA_RATIO_4, LUMA_ERROR_2,         // of all frequencies; the mean of the second or fourth powers
    LOW_RATIO,                          // at a quarter of the size, with DC, over several blocks
    RED_ERROR_2, BLUE_DC_2,
    POOLS,
};

enum { LANES = 8 };                     // blocks that are pooled at once

typedef float Lanes __attribute__((vector_size(LANES * sizeof(float))));

// Of errors of DC; of the others at a quarter of the size, at half of it, and at full size. Of the values that are left.
enum { EVEN, LOW, HALF_SIZE, ALL, LEFT_LOW, LEFT_ALL, ENERGIES };

// Of eight blocks of luma, and of the chroma that lies on them.
typedef struct {
    Lanes of[CHANNELS][COMPONENTS];     // see Sight; zero for blocks without visible samples
    Lanes lost[COMPONENTS];             // errors of chroma that no quality avoids
    Lanes all, low;                     // the energy of what was there, and what is as good as nothing
} Weights;

// Some rows of an output's fine planes: of each component those of the same MCUs.
typedef struct {
    uint32_t components, side;
    size_t rows, step;                  // rows of MCUs: one of `step`
    size_t across, lanes;               // blocks in a row of luma; eights of them
    double blocks, columns;             // visible blocks of luma; columns of them, in all rows of MCUs
    uint32_t *words[COMPONENTS];
    uint8_t steps[COMPONENTS][BLOCK];
    Weights *weights;                   // of each row of MCUs: [row of luma][eight]
    Lanes *energies;                    // of one row of MCUs: [row][component][energy][eight]
    float *low, *left;                  // of one row of MCUs: errors, and what is left
} Sample;

// Takes a sample of an output that has the steps of the image `fine`; `halved` is whether its chroma lost resolution. Returns NULL if there is not enough memory.
Sample *take_sample(const Image *fine, const Output *output, int halved);
void release_sample(Sample *sample);

// Predicts the errors of an output with the steps of the image `coarse`. Values below `dead_zones` (of luma and of chroma, in
// 256ths of a step) are taken for zero.
void predict(Sample *sample, const Image *coarse, const uint32_t *dead_zones, double *pools);

// Measures the errors of the same output with the steps of `coarse`, after the search.
void measure(Sample *sample, const Image *coarse, const Output *output, double *pools);
