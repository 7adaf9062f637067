// Takes a sample of an output's fine planes, and finds how much of an error the eye will see in each block.

#include "estimate.h"

#include "errors.h"
#include "words.h"
#include "zigzag.h"

#include <stdlib.h>
#include <string.h>

enum { ENOUGH = 800 };                 // blocks of luma in a sample
enum { MOST_SIDE = 2, AROUND = 1 };     // rows of luma in a row of MCUs; rows and columns around a block that it is seen with
static const float UNSEEN = 64 * 0.0009f;  // energy of a block: SSIMULACRA2's C2
static const float NEVER = 1e30f;

// DCs of a component around a row of MCUs.
typedef struct {
    float *values;                      // [row][column], both from one before the first
    size_t across;
} Evens;

// `row` may be one before the first or after the last.
static void read_dcs(const Plane *plane, ptrdiff_t row, float step, float *out) {
    size_t at = row < 0 ? 0 : row >= (ptrdiff_t)plane->high ? plane->high - 1 : (size_t)row;
    const uint32_t *word = plane->words + plane->starts[at];
    for (size_t x = 1; x <= plane->across; x++) {
        out[x] = (float)dc_of(*word) * step;
        word += 1 + values_of(*word);
    }
    out[0] = out[1], out[plane->across + 1] = out[plane->across];
}

// The energy of the differences between a block and those around it.
static float variance(const Evens *evens, size_t row, size_t column) {
    float sum = 0, squares = 0;
    for (size_t y = row; y <= row + 2 * AROUND; y++)
        for (size_t x = column; x <= column + 2 * AROUND; x++) {
            float value = evens->values[y * (evens->across + 2) + x];
            sum += value, squares += value * value;
        }
    float mean = sum / 9, found = squares / 9 - mean * mean;
    return found > 0 ? found : 0;
}

typedef struct {
    float even[COMPONENTS];             // the variance of DC
    float content[COMPONENTS][ENERGIES];
} Content;

static Content content_at(const Sample *sample, const Evens *evens, size_t row, size_t x) {
    Content content = {0};
    for (size_t c = 0; c < sample->components; c++) {
        content.even[c] = c > 0 ? variance(&evens[c], 0, x / sample->side) : variance(&evens[c], row, x);
        for (size_t i = 1; i < ENERGIES; i++) content.content[c][i] = energies_of(sample, c > 0 ? 0 : row, c, i)[x / LANES][x % LANES];
    }
    return content;
}

static float seen(const Sight *sight, int channel, float luma, float blue, float red) {
    return sight->of[channel][0] * luma + sight->of[channel][1] * blue + sight->of[channel][2] * red;
}

// Sets the weights of a block; returns the energy of its lowest frequencies. That of DC is taken to be left.
static float weigh(Weights *weights, size_t lane, const Sight *sight, const Content *it) {
    const float(*of)[ENERGIES] = it->content, *even = it->even;
    float low[COMPONENTS];
    for (size_t c = 0; c < COMPONENTS; c++) {
        low[c] = of[c][LOW] + 2 * even[c];
        for (size_t channel = 0; channel < CHANNELS; channel++) weights->of[channel][c][lane] = sight->of[channel][c];
    }
    weights->all[lane] = seen(sight, BRIGHT, of[0][ALL], of[1][ALL], of[2][ALL]) + UNSEEN;
    return seen(sight, BRIGHT, low[0], low[1], low[2]);
}

static void weigh_row(Sample *sample, const Output *output, const Evens *evens, size_t row, size_t y) {
    size_t high = output->plane[0].high - y < sample->side ? output->plane[0].high - y : sample->side, wide = output->plane[0].wide;
    Weights *weights = sample->weights + row * sample->side * sample->lanes;
    float *around = sample->low, *low = around + 1;  // from one before the first
    memset(around, 0, (sample->lanes * LANES + 2) * sizeof *around);
    for (size_t r = 0; r < high; r++)
        for (size_t x = 0; x < wide; x++) {
            float dc[COMPONENTS] = {0};
            for (size_t c = 0; c < sample->components; c++) {
                size_t at = c > 0 ? evens[c].across + 2 + x / sample->side + 1 : (r + 1) * (evens[0].across + 2) + x + 1;
                dc[c] = evens[c].values[at] / SIDE;
            }
            Sight sight = sight_at(dc[0] + 128, dc[1], dc[2]);
            Content content = content_at(sample, evens, r, x);
            low[x] += weigh(&weights[r * sample->lanes + x / LANES], x % LANES, &sight, &content);
        }
    for (size_t r = 0; r < sample->side; r++)
        for (size_t x = 0; x < sample->lanes * LANES; x++) {
            Weights *to = &weights[r * sample->lanes + x / LANES];
            to->low[x % LANES] = x < wide ? (around[x] + around[x + 1] + around[x + 2]) / (float)(3 * sample->side) + UNSEEN : NEVER;
            if (x >= wide || r >= high) to->all[x % LANES] = NEVER;
        }
    sample->blocks += (double)(high * wide), sample->columns += (double)wide;
}

// Chroma whose resolution was halved has lost details, the more the higher its frequencies are that are left.
static void find_lost(Sample *sample, Comparison *nothing) {
    const uint32_t *at[COMPONENTS] = {sample->words[0], sample->words[1], sample->words[2]};
    for (uint32_t c = 1; c < sample->components; c++)
        for (size_t k = 0; k < BLOCK; k++) {
            float down = NATURAL_ORDER[k] / SIDE, across = NATURAL_ORDER[k] % SIDE;
            nothing[c].low[k] = (down * down + across * across) * 2.5f / BLOCK;
        }
    for (size_t row = 0; row < sample->rows; row++) {
        read_errors(sample, nothing, at, NULL, row);
        for (size_t r = 0; r < sample->side; r++)
            for (uint32_t c = 1; c < sample->components; c++)
                for (size_t lane = 0; lane < sample->lanes; lane++)
                    sample->weights[(row * sample->side + r) * sample->lanes + lane].lost[c] = energies_of(sample, 0, c, LOW)[lane];
    }
}

static void find_weights(Sample *sample, const Output *output, const Evens *evens, int halved) {
    Comparison nothing[COMPONENTS];
    const uint32_t *at[COMPONENTS];
    for (uint32_t c = 0; c < sample->components; c++)
        nothing[c] = compare(sample->steps[c], sample->steps[c], c > 0, UINT32_MAX), at[c] = sample->words[c];
    for (size_t row = 0; row < sample->rows; row++) {
        read_errors(sample, nothing, at, NULL, row);
        for (uint32_t c = 0; c < sample->components; c++) {
            size_t side = c > 0 ? 1 : sample->side, y = row * sample->step * side;
            for (size_t r = 0; r < side + 2 * AROUND; r++)
                read_dcs(&output->plane[c], (ptrdiff_t)(y + r) - AROUND, sample->steps[c][0], evens[c].values + r * (evens[c].across + 2));
        }
        weigh_row(sample, output, evens, row, row * sample->step * sample->side);
    }
    if (halved) find_lost(sample, nothing);
}

static int begin_sample(Sample *sample, const Image *fine, const Output *output) {
    const Plane *luma = &output->plane[0];
    size_t rows = (luma->high + output->side - 1) / output->side;
    sample->components = output->components, sample->side = output->side;
    sample->step = luma->wide * luma->high / ENOUGH + 1 < rows ? luma->wide * luma->high / ENOUGH + 1 : rows;
    sample->rows = (rows + sample->step - 1) / sample->step, sample->across = luma->across;
    sample->lanes = (luma->across + LANES - 1) / LANES;
    size_t lanes = sample->lanes * sample->side;
    int ok = 1;
    for (uint32_t c = 0; c < output->components; c++) {
        memcpy(sample->steps[c], fine->component[c].after, BLOCK);
        size_t count = 0, side = c > 0 ? 1 : output->side;
        for (size_t row = 0; row < sample->rows; row++) {
            size_t y = row * sample->step * side;
            count += output->plane[c].starts[y + side] - output->plane[c].starts[y];
        }
        ok &= (sample->words[c] = malloc(count * sizeof(uint32_t))) != NULL;
    }
    ok &= posix_memalign((void **)&sample->weights, sizeof(Lanes), sample->rows * lanes * sizeof(Weights)) == 0;
    ok &= posix_memalign((void **)&sample->energies, sizeof(Lanes), MOST_SIDE * COMPONENTS * ENERGIES * sample->lanes * sizeof(Lanes)) == 0;
    sample->low = malloc((sample->lanes * LANES + 2) * sizeof(float)), sample->left = malloc((sample->lanes * LANES + 2) * sizeof(float));
    if (!ok || !sample->low || !sample->left) return 0;
    memset(sample->weights, 0, sample->rows * lanes * sizeof(Weights));
    memset(sample->energies, 0, MOST_SIDE * COMPONENTS * ENERGIES * sample->lanes * sizeof(Lanes));
    return 1;
}

static void copy_rows(Sample *sample, const Output *output) {
    for (uint32_t c = 0; c < output->components; c++) {
        const Plane *plane = &output->plane[c];
        uint32_t *to = sample->words[c];
        for (size_t row = 0; row < sample->rows; row++) {
            size_t side = c > 0 ? 1 : output->side, y = row * sample->step * side, count = plane->starts[y + side] - plane->starts[y];
            memcpy(to, plane->words + plane->starts[y], count * sizeof *to), to += count;
        }
    }
}

Sample *take_sample(const Image *fine, const Output *output, int halved) {
    Sample *sample = calloc(1, sizeof *sample);
    Evens evens[COMPONENTS] = {{0}};
    int ok = sample != NULL && begin_sample(sample, fine, output);
    for (uint32_t c = 0; ok && c < output->components; c++) {
        evens[c].across = output->plane[c].across;
        ok = (evens[c].values = malloc((evens[c].across + 2) * (MOST_SIDE + 2 * AROUND) * sizeof(float))) != NULL;
    }
    if (ok) {
        copy_rows(sample, output);
        find_weights(sample, output, evens, halved);
    }
    for (uint32_t c = 0; c < COMPONENTS; c++) free(evens[c].values);
    if (ok) return sample;
    release_sample(sample);
    return NULL;
}

void release_sample(Sample *sample) {
    if (sample == NULL) return;
    for (uint32_t c = 0; c < COMPONENTS; c++) free(sample->words[c]);
    free(sample->weights), free(sample->energies), free(sample->low), free(sample->left), free(sample);
}
