// Estimates SSIMULACRA2 (J. Sneyers, Cloudinary) of an output against its source, without pixels.
//
// SSIMULACRA2 compares windows of some pixels at several scales: about the energy of the error divided by the energies of both
// images, in XYB, a colour space that is even for the eye. Here a block is the window, its frequencies are the scales, and the
// energies of luma and chroma are turned into XYB at the block's colour. A sample of the rows is enough. The output's fine planes
// are compared with what coarser steps make of them, so that a quality can be searched for without making the output.

#include "estimate.h"

#include "errors.h"

#include <string.h>

// The errors of eight blocks, in a channel.
static inline Lanes seen(const Weights *weights, size_t channel, const Lanes *errors) {
    const Lanes *of = weights->of[channel];
    return of[0] * errors[0] + of[1] * errors[1] + of[2] * errors[2];
}

static inline Lanes power_4(Lanes value) { return value * value * (value * value); }

// The lowest frequencies of brightness, of eight blocks or more.
typedef struct {
    Lanes error, left;
} Lows;

// Adds all but the lowest frequencies to the pools.
static inline void pool_lanes(const Sample *sample, const Weights *weights, size_t row, size_t lane, Lanes *sums, Lows *lows) {
    Lanes even[COMPONENTS], low[COMPONENTS], half[COMPONENTS], all[COMPONENTS], left_low[COMPONENTS], left[COMPONENTS];
    for (size_t c = 0; c < COMPONENTS; c++) {
        size_t from = c > 0 ? 0 : row;
        even[c] = energies_of(sample, from, c, EVEN)[lane], low[c] = energies_of(sample, from, c, LOW)[lane] + even[c] + weights->lost[c] / 4;
        half[c] = energies_of(sample, from, c, HALF_SIZE)[lane] + weights->lost[c];
        all[c] = energies_of(sample, from, c, ALL)[lane] + weights->lost[c];
        left_low[c] = energies_of(sample, from, c, LEFT_LOW)[lane], left[c] = energies_of(sample, from, c, LEFT_ALL)[lane];
    }
    Lanes error = seen(weights, BRIGHT, all), red = seen(weights, RED, half), blue = seen(weights, BLUE, even);
    sums[LUMA_RATIO_4] += power_4(error / (seen(weights, BRIGHT, left) + weights->all)), sums[LUMA_ERROR_2] += error * error;
    sums[RED_ERROR_2] += red * red, sums[BLUE_DC_2] += blue * blue;
    lows->error += seen(weights, BRIGHT, low), lows->left += seen(weights, BRIGHT, left_low);
}

static inline Lanes loaded(const float *from) {
    Lanes lanes;
    memcpy(&lanes, from, sizeof lanes);
    return lanes;
}

// The sums of each block and of those beside it.
static inline Lanes around(const float *at) { return loaded(at - 1) + loaded(at) + loaded(at + 1); }

static void pool_row(Sample *sample, const Weights *weights, Lanes *sums) {
    float *low = sample->low + 1, *left = sample->left + 1;
    for (size_t lane = 0; lane < sample->lanes; lane++) {
        Lows lows = {{0}, {0}};
        for (size_t row = 0; row < sample->side; row++) pool_lanes(sample, &weights[row * sample->lanes + lane], row, lane, sums, &lows);
        memcpy(low + lane * LANES, &lows.error, sizeof lows.error), memcpy(left + lane * LANES, &lows.left, sizeof lows.left);
    }
    low[-1] = low[sample->lanes * LANES] = left[-1] = left[sample->lanes * LANES] = 0;
    float blocks = (float)(3 * sample->side);
    for (size_t lane = 0; lane < sample->lanes; lane++) {
        Lanes error = around(low + lane * LANES) / blocks;
        sums[LOW_RATIO] += error / (around(left + lane * LANES) / blocks + weights[lane].low);
    }
}

static void pool(Sample *sample, const Comparison *comparisons, const Output *made, double *pools) {
    const uint32_t *at[COMPONENTS];
    for (uint32_t c = 0; c < sample->components; c++) at[c] = sample->words[c];
    for (size_t i = 0; i < POOLS; i++) pools[i] = 0;
    for (size_t row = 0; row < sample->rows; row++) {
        Lanes sums[POOLS];
        memset(sums, 0, sizeof sums);
        read_errors(sample, comparisons, at, made, row);
        pool_row(sample, sample->weights + row * sample->side * sample->lanes, sums);
        for (size_t i = 0; i < POOLS; i++)
            for (size_t lane = 0; lane < LANES; lane++) pools[i] += (double)sums[i][lane];
    }
    for (size_t i = 0; i < POOLS; i++) pools[i] /= i == LOW_RATIO ? sample->columns : sample->blocks;
}

void predict(Sample *sample, const Image *coarse, const uint32_t *dead_zones, double *pools) {
    Comparison comparisons[COMPONENTS];
    for (uint32_t c = 0; c < sample->components; c++)
        comparisons[c] = compare(sample->steps[c], coarse->component[c].after, c > 0, dead_zones[c > 0]);
    pool(sample, comparisons, NULL, pools);
}

void measure(Sample *sample, const Image *coarse, const Output *output, double *pools) {
    Comparison comparisons[COMPONENTS];
    for (uint32_t c = 0; c < sample->components; c++)
        comparisons[c] = compare(sample->steps[c], coarse->component[c].after, c > 0, 0);
    pool(sample, comparisons, output, pools);
}
