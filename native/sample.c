// Takes a sample of an output's fine planes, and finds how much of an error the eye will see in each block.

#include "errors.h"
#include "words.h"
#include "zigzag.h"

#include <stdlib.h>
#include <string.h>

enum { ENOUGH = 1200, SHARE = 16, MOST = 6000 };  // blocks of luma in a sample, and one in so many of all; at most 9 of 20
enum { AROUND = 1 };                    // rows and columns around a block that it is seen with
enum { DCS = MOST_SIDE * LANES + 2 * AROUND };
static const float UNSEEN = 64 * 0.0009f;  // energy of a block: SSIMULACRA2's C2
static const float NEVER = 1e30f;

// Dequantised DCs of a component in a tile and around it.
typedef struct {
    float of[MOST_SIDE + 2 * AROUND][DCS];
} Evens;

static void read_evens(const Sample *sample, const Tile *tile, const Plane *plane, uint32_t c, Evens *evens) {
    size_t side = c > 0 ? 1 : sample->side, y = tile->row * side, count = side * LANES + 2 * AROUND;
    for (size_t r = 0; r < side + 2 * AROUND; r++) {
        gather_dcs(plane, (ptrdiff_t)(y + r) - AROUND, tile->column * side, count, evens->of[r]);
        for (size_t i = 0; i < count; i++) evens->of[r][i] *= sample->steps[c][0];
    }
}

// The energies of the differences between eight blocks and those around them, which are the columns from `column` on.
static Lanes variances(const Evens *evens, size_t row, size_t column) {
    Lanes sum = {0}, squares = {0};
    for (size_t y = row; y <= row + 2 * AROUND; y++)
        for (size_t x = column; x <= column + 2 * AROUND; x++) {
            Lanes value = loaded(&evens->of[y][x]);
            sum += value, squares += value * value;
        }
    Lanes mean = sum / 9, found = squares / 9 - mean * mean;
    for (size_t lane = 0; lane < LANES; lane++) found[lane] = found[lane] > 0 ? found[lane] : 0;
    return found;
}

// What there is in a group of luma, and in the chroma on it.
typedef struct {
    Lanes colour[COMPONENTS];
    Energies energies[COMPONENTS];
} Content;

// The energy of DC is taken to be left.
static void add_content(const Sample *sample, uint32_t c, const Group *group, Lanes even, Content *content) {
    const Shares *shares = &sample->shares[c];
    Lanes *of = content->energies[c].of;
    for (size_t i = group->from; i < group->to; i++) {
        Lanes energy = sample->values[i] * sample->values[i];
        size_t k = sample->frequencies[i];
        of[ALL] += energy, of[LOW] += energy * shares->low[k];
        if (c > 0) of[HALF_SIZE] += energy * shares->half[k];
    }
    content->colour[c] = group->dc / SIDE, of[EVEN] = even, of[LOW] += 2 * even;
}

static void put_chroma(const Content *chroma, uint32_t side, size_t half, Content *content) {
    memset(content, 0, sizeof *content);
    for (uint32_t c = 1; c < COMPONENTS; c++) {
        content->colour[c] = on_luma(chroma->colour[c], side, half);
        for (size_t i = 0; i < LEFT_LOW; i++) content->energies[c].of[i] = on_luma(chroma->energies[c].of[i], side, half);
    }
}

// Sets the weights of a group of which `wide` blocks are visible; returns the energy of its lowest frequencies.
static Lanes weigh(Weights *weights, Content *content, size_t wide) {
    content->colour[0] += 128;
    const Energies *energies = content->energies;
    Sight sight = sight_at(content->colour);
    Lanes low = seen(&sight, BRIGHT, energies, LOW);
    weights->all = seen(&sight, BRIGHT, energies, ALL) + UNSEEN, weights->even = 2 * seen(&sight, BRIGHT, energies, EVEN) + UNSEEN;
    weights->red = 2 * seen(&sight, RED, energies, HALF_SIZE) + UNSEEN;
    weights->blue_even = 2 * seen(&sight, BLUE, energies, EVEN) + UNSEEN;
    weights->sight = sight;
    Lanes *of = (Lanes *)&weights->sight;
    for (size_t lane = wide; lane < LANES; lane++) {
        weights->all[lane] = NEVER, low[lane] = 0;
        for (size_t i = 0; i < sizeof sight / sizeof(Lanes); i++) of[i][lane] = 0;
    }
    return low;
}

static size_t least(size_t one, size_t other) { return one < other ? one : other; }

static void weigh_tile(Sample *sample, Tile *tile, const Plane *luma, const Evens *evens) {
    Content chroma, content;
    memset(&chroma, 0, sizeof chroma);
    size_t side = sample->side, from = tile->column * side, wide = least(luma->wide - from, side * LANES);
    float lows[DCS] = {0};
    for (uint32_t c = 1; c < sample->components; c++) add_content(sample, c, &tile->chroma[c], variances(&evens[c], 0, 0), &chroma);
    for (size_t half = 0; half < tile->wide; half++) {
        Lanes low = {0};
        for (size_t r = 0; r < tile->high; r++) {
            put_chroma(&chroma, sample->side, half, &content);
            add_content(sample, 0, &tile->luma[r][half], variances(&evens[0], r, half * LANES), &content);
            low += weigh(&tile->weights[r][half], &content, least(wide - half * LANES, LANES));
        }
        memcpy(lows + 1 + half * LANES, &low, sizeof low);
    }
    for (size_t half = 0; half < tile->wide; half++) {
        Lanes *low = &tile->weights[0][half].low;
        *low = around(lows + half * LANES) / (float)(3 * side) + UNSEEN;
        for (size_t lane = least(wide - half * LANES, LANES); lane < LANES; lane++) (*low)[lane] = NEVER;
    }
    sample->blocks += (double)(tile->high * wide), sample->columns += (double)wide;
}

// Chroma whose resolution was halved has lost details, the more the higher its frequencies are that are left.
static Lanes lost_of(const Sample *sample, const Group *group, int halved) {
    Lanes lost = {0};
    for (size_t i = group->from; i < group->to; i++) {
        size_t at = NATURAL_ORDER[sample->frequencies[i]];
        float down = halved & DOWN ? (float)(at / SIDE) : 0, across = halved & ACROSS ? (float)(at % SIDE) : 0;
        lost += sample->values[i] * sample->values[i] * ((down * down + across * across) * 2.5f / BLOCK);
    }
    return lost;
}

// Returns the end of the values.
static size_t put_group(const Sample *sample, uint32_t c, uint64_t bits, Levels *levels, size_t at, Group *group) {
    const uint8_t *steps = sample->steps[c];
    *group = (Group){.dc = levels->dc * steps[0], .before = levels->before * steps[0], .from = at};
    for (; bits; bits &= bits - 1, at++) {
        uint32_t k = (uint32_t)__builtin_ctzll(bits);
        Lanes values = levels->of[k] * (steps[k] / (float)ONE);
        sample->values[at] = values, sample->peaks[at] = __builtin_reduce_max(values), sample->frequencies[at] = (uint8_t)k;
        levels->of[k] = (Lanes){0};
    }
    return group->to = at;
}

// Returns the end of its values.
static size_t read_tile(Sample *sample, Tile *tile, const Output *output, int halved, Levels *levels, size_t at) {
    Evens evens[COMPONENTS];
    const Plane *luma = &output->plane[0];
    size_t side = sample->side, y = tile->row * side, x = tile->column * side;
    tile->high = (uint32_t)least(luma->high - y, side), tile->wide = (uint32_t)least((luma->wide - x + LANES - 1) / LANES, side);
    for (size_t i = 0; i < tile->high * tile->wide; i++) {
        size_t r = i / tile->wide, half = i % tile->wide;
        uint64_t bits = gather(luma, y + r, x + half * LANES, levels);
        at = put_group(sample, 0, bits, levels, at, &tile->luma[r][half]);
    }
    for (uint32_t c = 1; c < sample->components; c++) {
        uint64_t bits = gather(&output->plane[c], tile->row, tile->column, levels);
        at = put_group(sample, c, bits, levels, at, &tile->chroma[c]);
        if (halved) tile->lost[c] = lost_of(sample, &tile->chroma[c], halved);
    }
    for (uint32_t c = 0; c < sample->components; c++) read_evens(sample, tile, &output->plane[c], c, &evens[c]);
    weigh_tile(sample, tile, luma, evens);
    return at;
}

// Where the tiles are: rows of MCUs at even distances, and in each as many tiles at even distances.
typedef struct {
    size_t across, down, in_row, rows;
} Grid;

static Grid grid_of(const Output *output) {
    const Plane *luma = &output->plane[0];
    size_t mcu = output->side, blocks = luma->wide * luma->high, of_tile = LANES * mcu * mcu;
    Grid grid = {.across = (luma->wide + LANES * mcu - 1) / (LANES * mcu), .down = (luma->high + mcu - 1) / mcu};
    size_t count = (least(least(ENOUGH + blocks / SHARE, MOST), (9 * blocks + 19) / 20) + of_tile - 1) / of_tile;
    grid.in_row = least((count + grid.down - 1) / grid.down, grid.across);
    grid.rows = least((count + grid.in_row - 1) / grid.in_row, grid.down);
    return grid;
}

// The first tile of a row is at the golden ratio after that of the row before: so no column has many.
static void place(Tile *tile, const Grid *grid, size_t row, size_t n) {
    size_t first = (row * 40503 & 0xFFFF) * grid->across >> 16;
    tile->row = (2 * row + 1) * grid->down / (2 * grid->rows);
    tile->column = (first + n * grid->across / grid->in_row) % grid->across * LANES;
}

static int begin_sample(Sample *sample, const Image *fine, const Output *output, const Grid *grid) {
    sample->components = output->components, sample->side = output->side, sample->count = grid->rows * grid->in_row;
    for (uint32_t c = 0; c < output->components; c++) {
        memcpy(sample->steps[c], fine->component[c].after, BLOCK);
        sample->shares[c] = shares_of(c > 0 && output->side > 1);
    }
    sample->noise = output->components == 1 ? NO_NOISE : output->side > 1 ? HALVED_NOISE : NOISE;
    size_t values = sample->count * (sample->side * sample->side + COMPONENTS - 1) * BLOCK;
    int ok = posix_memalign((void **)&sample->tiles, sizeof(Lanes), sample->count * sizeof(Tile)) == 0;
    ok &= posix_memalign((void **)&sample->values, sizeof(Lanes), values * sizeof(Lanes)) == 0;
    sample->frequencies = malloc(values), sample->peaks = malloc(values * sizeof(float));
    if (!ok || !sample->frequencies || !sample->peaks) return 0;
    memset(sample->tiles, 0, sample->count * sizeof(Tile));
    return 1;
}

Sample *take_sample(const Image *fine, const Output *output, int halved) {
    Sample *sample = calloc(1, sizeof *sample);
    Grid grid = grid_of(output);
    if (sample == NULL || !begin_sample(sample, fine, output, &grid)) {
        release_sample(sample);
        return NULL;
    }
    Levels levels;
    memset(&levels, 0, sizeof levels);
    for (size_t i = 0, at = 0; i < sample->count; i++) {
        Tile *tile = &sample->tiles[i];
        place(tile, &grid, i / grid.in_row, i % grid.in_row);
        at = read_tile(sample, tile, output, halved, &levels, at);
    }
    return sample;
}

void release_sample(Sample *sample) {
    if (sample == NULL) return;
    free(sample->tiles), free(sample->values), free(sample->frequencies), free(sample->peaks), free(sample);
}
