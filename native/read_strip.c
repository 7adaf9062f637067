// Reads a row of MCUs of a sequential scan of all components straight into quantised words, without blocks in between.

#include "sequential.h"

static void begin_strip(Strip *strip, const Image *image, size_t row, size_t to) {
    for (uint32_t c = 0; c < image->components; c++) {
        const Component *component = &image->component[c];
        size_t rows = component->down, wide = component->wide;
        for (size_t i = 0; i < rows; i++) {
            size_t r = to * rows + i;
            int is_lowest = row * rows + i == component->high - 1;
            strip->ends[c][r] = strip->words[c][r];
            strip->kept_from[c][r] = strip->lower_kept[c] && is_lowest ? 0 : strip->right_kept[c] ? wide - 1 : wide;
        }
    }
}

// The blocks of a component in one row of an MCU.
typedef struct {
    Coded coded;
    const Quantiser *quantiser;
    uint32_t **at, **kept;
    size_t across, whole, kept_from, shown;  // `whole`: the first blocks of a row, which are all visible and not kept
} BlockRow;

static uint32_t begin_block_rows(Reading *reading, const Scan *scan, const Image *image, const Quantiser *quantisers, Strip *strip,
                                 size_t row, size_t to, BlockRow *rows) {
    uint32_t count = 0;
    for (uint32_t c = 0; c < image->components; c++) {
        const Component *component = &image->component[c];
        for (uint32_t r = 0; r < component->down; r++) {
            size_t at = to * component->down + r, kept_from = strip->kept_from[c][at];
            size_t shown = row * component->down + r < component->high ? component->wide : 0;
            rows[count++] = (BlockRow){coded(reading, scan, c), &quantisers[c], &strip->ends[c][at], &strip->kept[c][at],
                                        component->across, kept_from < shown ? kept_from : shown, kept_from, shown};
        }
    }
    return count;
}

// Reads block `x` of a row, which is kept or not visible.
static __attribute__((noinline)) int read_last(Reading *reading, const BlockRow *blocks, size_t x) {
    int possible;
    const Quantiser *quantiser = x < blocks->kept_from ? blocks->quantiser : &reading->all;
    if (x == blocks->kept_from) *blocks->kept = *blocks->at;
    uint32_t *end = read_words(&reading->reader, &blocks->coded, quantiser, *blocks->at, &possible);
    if (end == NULL) return 0;
    if (x < blocks->shown) *blocks->at = end;
    return x >= blocks->shown || possible;
}

int read_strip(Reading *reading, const Scan *scan, const Image *image, const Quantiser *quantisers, Strip *strip, size_t row, size_t to) {
    Reader reader = reading->reader;
    BlockRow rows[BLOCK_ROWS];
    if (is_exhausted(&reader)) return 0;
    begin_strip(strip, image, row, to);
    uint32_t count = begin_block_rows(reading, scan, image, quantisers, strip, row, to, rows);
    for (uint32_t mcu = 0; mcu < image->mcus_across; mcu++) {
        if (scan->interval && reading->left-- == 0) {
            reading->reader = reader;
            if (!restart(reading, scan)) return 0;
            reading->left--, reader = reading->reader;
        }
        for (const BlockRow *blocks = rows; blocks < rows + count; blocks++) {
            for (size_t x = mcu * blocks->across; x < (mcu + 1) * blocks->across; x++) {
                if (__builtin_expect(x >= blocks->whole, 0)) {
                    reading->reader = reader;
                    if (!read_last(reading, blocks, x)) return 0;
                    reader = reading->reader;
                    continue;
                }
                int possible;
                uint32_t *end = read_words(&reader, &blocks->coded, blocks->quantiser, *blocks->at, &possible);
                if (end == NULL || !possible) return 0;
                *blocks->at = end;
            }
        }
    }
    reading->reader = reader;
    return 1;
}
