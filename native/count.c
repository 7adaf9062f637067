#include "scans.h"

#include "words.h"

#include <string.h>

enum { LONGEST_EOB_RUN = 0x7FFF };

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

static inline const uint32_t *count_block(const uint32_t *at, Counts *counts) {
    uint32_t k = 0;
    const uint32_t *end = at + 1 + values_of(*at);
    if (++at < end) end_run(&counts->whole);
    at = count_low(at, end, counts, &k);
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
    return at;
}

static void count_plane(Output *output, uint32_t c) {
    const Plane *plane = &output->plane[c];
    uint32_t(*bands)[SYMBOLS] = &output->histogram[c * COMPONENT_BANDS];
    uint32_t *low = bands[LOW], *high = bands[HIGH], *whole = bands[WHOLE], *sequential = output->histogram[SEQUENTIAL_AC + (c > 0)];
    uint32_t *luma_dc = c == 0 && output->side > 1 ? output->histogram[LUMA_DC] : NULL;
    int32_t last_dc = 0;
    Counts counts = {.low = {.uses = low}, .high = {.uses = high}, .whole = {.uses = whole}};
    for (size_t row = 0; row < plane->rows; row++) {
        const uint32_t *at = plane->words + plane->starts[row];
        size_t shown = row < plane->high ? plane->wide : 0;
        for (size_t x = 0; x < shown; x++) {
            if (luma_dc) luma_dc[size_of(magnitude(dc_of(*at) - last_dc))]++, last_dc = dc_of(*at);
            at = count_block(at, &counts);
        }
        counts.ends += (uint32_t)(plane->across - shown);  // padding, which progressive scans leave out
    }
    sequential[0] += counts.ends;
    for (uint32_t symbol = 0; symbol < SYMBOLS; symbol++) {
        int is_value = symbol & 15;     // not the end of a band
        uint32_t uses = counts.alike[symbol] + counts.after_low[symbol] + (is_value ? low[symbol] : 0);
        sequential[symbol] += uses, whole[symbol] += uses;
        high[symbol] += counts.alike[symbol];
    }
    end_run(&counts.low), end_run(&counts.high), end_run(&counts.whole);
}

static int count_dc(Output *output) {
    Mcus mcus;
    int32_t last_dc[COMPONENTS] = {0};
    for (size_t y = 0; begin_row(&mcus, output, y); y++) {
        for (size_t x = 0; x < mcus.across; x++) {
            for (uint32_t i = 0; i < mcus.blocks; i++) {
                const uint32_t **at = &mcus.next[mcus.row[i]];
                uint32_t c = mcus.component[i], size = size_of(magnitude(dc_of(**at) - last_dc[c]));
                if (size > LARGEST_DC) return 0;
                output->histogram[DC + (c > 0)][size]++;
                last_dc[c] = dc_of(**at), *at += 1 + values_of(**at);
            }
        }
    }
    return 1;
}

int count_symbols(Output *output) {
    memset(output->histogram, 0, sizeof output->histogram);
    for (uint32_t c = 0; c < output->components; c++) count_plane(output, c);
    return count_dc(output);
}
