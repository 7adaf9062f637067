// Estimates SSIMULACRA2 (J. Sneyers, Cloudinary) of an output against its source, without pixels.
//
// SSIMULACRA2 compares windows of some pixels at several scales: about the energy of the error divided by the energies of both
// images, in XYB, a colour space that is even for the eye. Here a block is the window, its frequencies are the scales, and the
// energies of luma and chroma are turned into XYB at the block's colour. A sample of the blocks is enough. The output's fine
// planes are compared with what coarser steps make of them, so that a quality can be searched for without making the output.

#include "estimate.h"

#include "errors.h"

#include <string.h>

// The errors of eight blocks, in a channel.
static inline Lanes seen(const Weights *weights, size_t channel, const Lanes *errors) {
    const Lanes *of = weights->of[channel];
    return of[0] * errors[0] + of[1] * errors[1] + of[2] * errors[2];
}

static inline Lanes power_4(Lanes value) { return value * value * (value * value); }

// The lowest frequencies of brightness, of the columns of a tile.
typedef struct {
    Lanes error[MOST_SIDE], left[MOST_SIDE];
} Lows;

// Adds all but the lowest frequencies of eight blocks to the pools.
static inline void pool_group(const Tile *tile, const Energies *energies, size_t row, size_t half, Lanes *sums, Lows *lows) {
    const Weights *weights = &tile->weights[row][half];
    Lanes even[COMPONENTS], low[COMPONENTS], halves[COMPONENTS], all[COMPONENTS];
    Lanes left_low[COMPONENTS], left[COMPONENTS];
    for (size_t c = 0; c < COMPONENTS; c++) {
        const Lanes *of = energies[c].of;
        even[c] = of[EVEN], low[c] = of[LOW] + of[EVEN], halves[c] = of[HALF_SIZE], all[c] = of[ALL];
        left_low[c] = of[LEFT_LOW], left[c] = of[LEFT_ALL];
    }
    Lanes error = seen(weights, BRIGHT, all), red = seen(weights, RED, halves), blue = seen(weights, BLUE, even);
    sums[LUMA_RATIO_4] += power_4(error / (seen(weights, BRIGHT, left) + weights->all)), sums[LUMA_ERROR_2] += error * error;
    sums[RED_ERROR_2] += red * red, sums[BLUE_DC_2] += blue * blue;
    lows->error[half] += seen(weights, BRIGHT, low), lows->left[half] += seen(weights, BRIGHT, left_low);
}

// The lowest frequencies of each column and of those beside it.
static inline void pool_lows(const Sample *sample, const Tile *tile, const Lows *lows, Lanes *sums) {
    float error[MOST_SIDE * LANES + 2] = {0}, left[MOST_SIDE * LANES + 2] = {0};
    memcpy(error + 1, lows->error, sizeof lows->error), memcpy(left + 1, lows->left, sizeof lows->left);
    float blocks = (float)(3 * sample->side);
    for (size_t half = 0; half < tile->wide; half++)
        sums[LOW_RATIO] += around(error + half * LANES) / blocks / (around(left + half * LANES) / blocks + tile->weights[0][half].low);
}

// Without an output, or with it after the search.
static Energies compared(const Sample *sample, const Coarse *coarse, const Group *group, const Plane *made, size_t row, size_t x, Levels *levels) {
    if (made == NULL) return predicted_errors(sample, coarse, group);
    gather(made, row, x, levels);
    return measured_errors(sample, coarse, group, levels);
}

static void pool_tile(const Sample *sample, const Coarse *coarse, const Tile *tile, const Output *made, Levels *levels, Lanes *sums) {
    Energies chroma[COMPONENTS], energies[COMPONENTS];
    Lows lows;
    memset(energies, 0, sizeof energies), memset(&lows, 0, sizeof lows);
    for (uint32_t c = 1; c < sample->components; c++) {
        chroma[c] = compared(sample, &coarse[c], &tile->chroma[c], made ? &made->plane[c] : NULL, tile->row, tile->column, levels);
        chroma[c].of[LOW] += tile->lost[c] / 4, chroma[c].of[HALF_SIZE] += tile->lost[c], chroma[c].of[ALL] += tile->lost[c];
    }
    for (size_t half = 0; half < tile->wide; half++) {
        for (uint32_t c = 1; c < sample->components; c++)
            for (size_t i = 0; i < ENERGIES; i++) energies[c].of[i] = on_luma(chroma[c].of[i], sample->side, half);
        for (size_t row = 0; row < tile->high; row++) {
            size_t x = tile->column * sample->side + half * LANES;
            energies[0] = compared(sample, coarse, &tile->luma[row][half], made ? &made->plane[0] : NULL, tile->row * sample->side + row, x, levels);
            pool_group(tile, energies, row, half, sums, &lows);
        }
    }
    pool_lows(sample, tile, &lows, sums);
}

static void pool(const Sample *sample, const Coarse *coarse, const Output *made, double *pools) {
    Levels levels;
    memset(&levels, 0, sizeof levels);
    for (size_t i = 0; i < POOLS; i++) pools[i] = 0;
    for (size_t n = 0; n < sample->count; n++) {
        Lanes sums[POOLS];
        memset(sums, 0, sizeof sums);
        pool_tile(sample, coarse, &sample->tiles[n], made, &levels, sums);
        for (size_t i = 0; i < POOLS; i++)
            for (size_t lane = 0; lane < LANES; lane++) pools[i] += (double)sums[i][lane];
    }
    for (size_t i = 0; i < POOLS; i++) pools[i] /= i == LOW_RATIO ? sample->columns : sample->blocks;
}

void predict(const Sample *sample, const uint8_t *steps, float luma_zone, float chroma_zone, double *pools) {
    Coarse coarse[COMPONENTS];
    for (uint32_t c = 0; c < sample->components; c++) coarse[c] = coarse_of(sample, c, steps + c * BLOCK, c > 0 ? chroma_zone : luma_zone);
    pool(sample, coarse, NULL, pools);
}

void measure(const Sample *sample, const uint8_t *steps, const Output *output, double *pools) {
    Coarse coarse[COMPONENTS];
    for (uint32_t c = 0; c < sample->components; c++) coarse[c] = coarse_of(sample, c, steps + c * BLOCK, 0);
    pool(sample, coarse, output, pools);
}
