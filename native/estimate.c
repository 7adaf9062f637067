// Estimates SSIMULACRA2 (J. Sneyers, Cloudinary) of an output against its source, without pixels.
//
// SSIMULACRA2 compares windows of some pixels at several scales: about the energy of the error divided by the energies of both
// images, in XYB, a colour space that is even for the eye. Here a block is the window, its frequencies are the scales, and the
// energies of luma and chroma are turned into XYB at the block's colour. A sample of the blocks is enough. The output's fine
// planes are compared with what coarser steps make of them, so that a quality can be searched for without making the output.

#include "estimate.h"

#include "errors.h"

#include <string.h>

// The energy of errors in a channel, with noise.
static inline Lanes noisy(const Sample *sample, const Sight *sight, size_t channel, const Energies *energies, size_t kind, Lanes noise) {
    Lanes chroma = sight->of[channel][1] + sight->of[channel][2];
    return seen(sight, channel, energies, kind) + noise * (NOISE[kind] * sight->noise[channel] + sample->noise[kind] * chroma);
}

static inline Lanes power_4(Lanes value) { return value * value * (value * value); }

// The lowest frequencies of brightness, of the columns of a tile.
typedef struct {
    Lanes error[MOST_SIDE], left[MOST_SIDE];
} Lows;

// Pixels are rounded, which adds noise to errors. But where there are none, both images are rounded alike.
static inline Lanes noise_of(const Energies *energies) {
    const Lanes most = (Lanes){0} + 1 / 6.0f;
    Lanes error = 0.8f * __builtin_elementwise_sqrt((energies[0].of[ALL] + energies[0].of[EVEN] + energies[1].of[ALL] + energies[2].of[ALL]) / BLOCK);
    return __builtin_elementwise_min(error, most);
}

// Adds all but the lowest frequencies of eight blocks to the pools.
static inline void pool_group(const Sample *sample, const Tile *tile, const Energies *energies, size_t row, size_t half, Lanes *sums, Lows *lows) {
    const Weights *weights = &tile->weights[row][half];
    const Sight *sight = &weights->sight;
    Lanes noise = noise_of(energies);
    Lanes all = noisy(sample, sight, BRIGHT, energies, ALL, noise), even = noisy(sample, sight, BRIGHT, energies, EVEN, noise);
    sums[LUMA_RATIO_4] += power_4(all / (seen(sight, BRIGHT, energies, LEFT_ALL) + weights->all)), sums[LUMA_ERROR_2] += all * all;
    sums[EVEN_RATIO] += even / weights->even;
    sums[RED_RATIO_4] += power_4(noisy(sample, sight, RED, energies, HALF_SIZE, noise) / weights->red);
    sums[BLUE_EVEN_RATIO] += noisy(sample, sight, BLUE, energies, EVEN, noise) / weights->blue_even;
    lows->error[half] += noisy(sample, sight, BRIGHT, energies, LOW, noise) + seen(sight, BRIGHT, energies, EVEN);
    lows->left[half] += seen(sight, BRIGHT, energies, LEFT_LOW);
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
static Energies compared(const Sample *sample, uint32_t c, const Coarse *coarse, const Group *group, const Output *made, size_t row, size_t x,
                         Levels *levels) {
    if (made == NULL) return predicted_errors(sample, c, coarse, group);
    uint64_t bits = gather(&made->plane[c], row, x, levels);
    return measured_errors(sample, c, coarse, group, levels, bits);
}

static void pool_tile(const Sample *sample, const Coarse *coarse, const Tile *tile, const Output *made, Levels *levels, Lanes *sums) {
    Energies chroma[COMPONENTS], energies[COMPONENTS];
    Lows lows;
    memset(energies, 0, sizeof energies), memset(&lows, 0, sizeof lows);
    for (uint32_t c = 1; c < sample->components; c++) {
        chroma[c] = compared(sample, c, &coarse[c], &tile->chroma[c], made, tile->row, tile->column, levels);
        chroma[c].of[LOW] += tile->lost[c], chroma[c].of[HALF_SIZE] += tile->lost[c], chroma[c].of[ALL] += tile->lost[c];
    }
    for (size_t half = 0; half < tile->wide; half++) {
        for (uint32_t c = 1; c < sample->components; c++)
            for (size_t i = 0; i < ENERGIES; i++) energies[c].of[i] = on_luma(chroma[c].of[i], sample->side, half);
        for (size_t row = 0; row < tile->high; row++) {
            size_t x = tile->column * sample->side + half * LANES;
            energies[0] = compared(sample, 0, coarse, &tile->luma[row][half], made, tile->row * sample->side + row, x, levels);
            pool_group(sample, tile, energies, row, half, sums, &lows);
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
