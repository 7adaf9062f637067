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

static inline void end_block(Band *band, int ended) {
    if (!ended && ++band->run == LONGEST_EOB_RUN) end_run(band);
}

// `low` is NULL if the component has one band.
static inline const uint32_t *count_block(const uint32_t *at, uint32_t *sequential, Band *low, Band *high) {
    uint32_t k = 0, last_high = low ? LAST_LOW : 0, last_low = 0;
    const uint32_t *end = at + 1 + values_of(*at);
    for (at++; at < end; at++) {
        uint32_t to = index_of(*at), size = size_of(magnitude_of(*at));
        count_value(sequential, to - k - 1, size);
        if (low && to <= LAST_LOW) {
            end_run(low), count_value(low->uses, to - last_low - 1, size), last_low = to;
        } else {
            end_run(high), count_value(high->uses, to - last_high - 1, size), last_high = to;
        }
        k = to;
    }
    sequential[0] += k < BLOCK - 1;
    if (low) end_block(low, last_low == LAST_LOW);
    end_block(high, k == BLOCK - 1);
    return at;
}

static void count_plane(Output *output, uint32_t c) {
    const Plane *plane = &output->plane[c];
    Band low = {.uses = output->histogram[LOW]}, high = {.uses = output->histogram[c > 0 ? CHROMA + c - 1 : HIGH]};
    uint32_t *sequential = output->histogram[SEQUENTIAL_AC + (c > 0)];
    for (size_t row = 0; row < plane->rows; row++) {
        const uint32_t *at = plane->words + plane->starts[row];
        size_t shown = row < plane->high ? plane->wide : 0;
        for (size_t x = 0; x < shown; x++) at = count_block(at, sequential, c > 0 ? NULL : &low, &high);
        sequential[0] += (uint32_t)(plane->across - shown);  // padding, which progressive scans leave out
    }
    end_run(&low), end_run(&high);
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
