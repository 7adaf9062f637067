// Estimates how an output looks from the errors of its coefficients: see estimate.c.

#pragma once

#include "eye.h"
#include "jpeg.h"

// What the errors are pooled to: means over blocks of luma. catalight/adapters/codec/jpeg/estimate.py makes a score of them.
enum {
    LUMA_RATIO_4, LUMA_ERROR_2,         // of all frequencies; the mean of the second or fourth powers
    LOW_RATIO,                          // at a quarter of the size, with DC, over several blocks
    EVEN_RATIO,                         // of DC
    RED_RATIO_4, BLUE_EVEN_RATIO,
    POOLS,
};

// Eight blocks of a component, side by side. Signs of AC values make no difference.
typedef struct {
    Lanes dc, before;                   // DC, and that of the block before each
    size_t from, to;                    // of its values
} Group;

// Of eight blocks of luma, and of the chroma that lies on them.
typedef struct {
    Sight sight;                        // zero for blocks without visible samples
    Lanes all, low, even, red, blue_even;  // the energy of what was there, and what is as good as nothing
} Weights;

enum { MOST_SIDE = 2 };                 // blocks of luma in an MCU, each way

// Eight MCUs, side by side.
typedef struct {
    size_t row, column;                 // of MCUs
    uint32_t high, wide;                // groups of luma with visible samples
    Group luma[MOST_SIDE][MOST_SIDE], chroma[COMPONENTS];
    Weights weights[MOST_SIDE][MOST_SIDE];
    Lanes lost[COMPONENTS];             // errors of chroma that no quality avoids
} Tile;

// The shares of a frequency's energy that are left at half the size, and at a quarter.
typedef struct {
    float half[BLOCK], low[BLOCK];
} Shares;

// Some tiles of an output's fine planes.
typedef struct {
    uint32_t components, side;
    size_t count;
    double blocks, columns;             // visible blocks of luma; columns of them, in all tiles
    uint8_t steps[COMPONENTS][BLOCK];
    Shares shares[COMPONENTS];
    const float *noise;                 // of chroma: see errors.h
    Tile *tiles;
    Lanes *values;                      // of all groups: those of a frequency in eight blocks
    float *peaks;                       // the largest in each of these eight
    uint8_t *frequencies;               // of these
} Sample;

enum { ACROSS = 1, DOWN = 2 };

// Takes a sample of an output that has the steps of the image `fine`; `halved` tells where its chroma lost resolution. Returns NULL
// if there is not enough memory.
Sample *take_sample(const Image *fine, const Output *output, int halved);
void release_sample(Sample *sample);

// Predicts the errors of an output with these steps, BLOCK of each component. Values below the zones (of luma and of chroma, in
// steps) are taken for zero.
void predict(const Sample *sample, const uint8_t *steps, float luma_zone, float chroma_zone, double *pools);

// Measures the errors of the same output with these steps, after the search.
void measure(const Sample *sample, const uint8_t *steps, const Output *output, double *pools);
