#include "scans.h"

#include "words.h"

#include <string.h>

enum { LONGEST_EOB_RUN = 0x7FFF };
enum { MOST_ACROSS = 8192 };            // blocks in a row of the widest JPEG

// The end of a block's band, which may be the end of many blocks': T.81, G.1.2.2.
typedef struct {
    uint32_t *uses, run;
} Band;

static inline void end_run(Band *band) {
    if (band->run) band->uses[(size_of(band->run) - 1) << 4]++;
    band->run = 0;
}

static inline void count_value(uint32_t *uses, uint32_t run, uint32_t size) {
    for (; run >= ZERO_RUN; run -= ZERO_RUN) uses[ZEROS]++;
    uses[run << 4 | size]++;
}

// The symbols of a component's AC values. Nearly all of them are alike in both ways of coding: they are counted once.
typedef struct {
    uint32_t alike[SYMBOLS];
    uint32_t after_low[SYMBOLS];        // the first ones after the low band, if that is no band of its own
    uint32_t ends;                      // of blocks
    Band low, high, whole;
} Counts;

static inline void end_block(Band *band, int ended) {
    if (!ended && ++band->run == LONGEST_EOB_RUN) end_run(band);
}

static inline uint32_t size_at(const uint32_t *at) { return size_of(magnitude_of(*at)); }

// Counts the values of the low band. Returns the word after them.
static inline const uint32_t *count_low(const uint32_t *at, const uint32_t *end, Counts *counts, uint32_t *last) {
    if (at < end && index_of(*at) <= LAST_LOW) end_run(&counts->low);
    for (; at < end && index_of(*at) <= LAST_LOW; at++) {
        counts->low.uses[(index_of(*at) - *last - 1) << 4 | size_at(at)]++;
        *last = index_of(*at);
    }
    end_block(&counts->low, *last == LAST_LOW);
    return at;
}

// Returns the word of the next block.
static inline uint32_t *count_block(uint32_t *block, Counts *counts) {
    uint32_t k = 0;
    const uint32_t *at = block + 1, *end = at + values_of(*block);
    if (at < end) end_run(&counts->whole);
    at = count_low(at, end, counts, &k);
    *block = with_low_values(*block, (uint32_t)(at - block - 1));
    if (at < end) {                     // the first one comes after a different number of zeros
        end_run(&counts->high);
        count_value(counts->after_low, index_of(*at) - k - 1, size_at(at));
        k = index_of(*at);
        count_value(counts->high.uses, k - LAST_LOW - 1, size_at(at++));
    }
    for (; at < end; at++) {
        count_value(counts->alike, index_of(*at) - k - 1, size_at(at));
        k = index_of(*at);
    }
    counts->ends += k < BLOCK - 1;
    end_block(&counts->high, k == BLOCK - 1), end_block(&counts->whole, k == BLOCK - 1);
    return block + (end - block);
}

static void add_counts(Output *output, uint32_t c, Counts *counts) {
    uint32_t *sequential = output->histogram[SEQUENTIAL_AC + (c > 0)], *low = counts->low.uses;
    sequential[0] += counts->ends;
    for (uint32_t symbol = 0; symbol < SYMBOLS; symbol++) {
        int is_value = symbol & 15;     // not the end of a band
        uint32_t uses = counts->alike[symbol] + counts->after_low[symbol] + (is_value ? low[symbol] : 0);
        sequential[symbol] += uses, counts->whole.uses[symbol] += uses;
        counts->high.uses[symbol] += counts->alike[symbol];
    }
    end_run(&counts->low), end_run(&counts->high), end_run(&counts->whole);
}

// Counts a difference. Returns 0 if it is larger than a baseline JPEG may have.
static inline int count_dc(uint32_t *uses, int32_t dc, int32_t before) {
    uint32_t size = size_of(magnitude(dc - before));
    uses[size]++;
    return size <= LARGEST_DC;
}

// Of rows of MCUs, in their order: of one row of blocks, or of two.
static int count_dcs(const int16_t dcs[][MOST_ACROSS], size_t across, uint32_t side, int32_t *last, uint32_t *uses) {
    int ok = 1;
    for (size_t x = 0; x < across; x += side)
        for (uint32_t i = 0; i < side * side; i++) {
            int32_t dc = dcs[i / side][x + i % side];
            ok &= count_dc(uses, dc, *last), *last = dc;
        }
    return ok;
}

// Of a scan of its own, where each block comes after the one on its left. Returns 0 if a difference is too large.
static int count_alone(const int16_t *dcs, size_t count, int32_t *last, uint32_t *uses) {
    int ok = 1;
    for (size_t x = 0; x < count; x++) ok &= count_dc(uses, dcs[x], *last), *last = dcs[x];
    return ok;
}

static int count_plane(Output *output, uint32_t c) {
    const Plane *plane = &output->plane[c];
    uint32_t(*bands)[SYMBOLS] = &output->histogram[c * COMPONENT_BANDS], side = c > 0 ? 1 : output->side;
    Counts counts = {.low = {.uses = bands[LOW]}, .high = {.uses = bands[HIGH]}, .whole = {.uses = bands[WHOLE]}};
    int16_t dcs[2][MOST_ACROSS];
    int32_t last_dc = 0, last_alone = 0;
    if (c == 0) output->luma_alone = side > 1;
    if (plane->across > MOST_ACROSS) return 0;
    for (size_t row = 0; row < plane->rows; row++) {
        uint32_t *at = plane->words + plane->starts[row];
        size_t shown = row < plane->high ? plane->wide : 0;
        int16_t *row_dcs = dcs[row % side];
        for (size_t x = 0; x < shown; x++) row_dcs[x] = (int16_t)dc_of(*at), at = count_block(at, &counts);
        for (size_t x = shown; x < plane->across; x++) row_dcs[x] = (int16_t)dc_of(*at), at += 1 + values_of(*at);
        if (side > 1 && !count_alone(row_dcs, shown, &last_alone, output->histogram[LUMA_DC])) output->luma_alone = 0;
        counts.ends += (uint32_t)(plane->across - shown);  // padding, which progressive scans leave out
        if (row % side < side - 1) continue;
        if (!count_dcs(dcs, plane->across, side, &last_dc, output->histogram[DC + (c > 0)])) return 0;
    }
    add_counts(output, c, &counts);
    return 1;
}

int count_symbols(Output *output) {
    memset(output->histogram, 0, sizeof output->histogram);
    for (uint32_t c = 0; c < output->components; c++)
        if (!count_plane(output, c)) return 0;
    return 1;
}
