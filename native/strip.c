#include "strip.h"

#include <stdlib.h>

enum { SPARE = 4 };                     // words that a reader writes after the last block

int make_strip(const Rows *shape, Strip *strip) {
    size_t all = 0;
    for (uint32_t c = 0; c < COMPONENTS; c++) all += STRIP_ROWS * (shape->stride[c] * BLOCK + SPARE);
    uint32_t *at = strip->memory = malloc(all * sizeof *at);
    if (at == NULL) return 0;
    for (uint32_t c = 0; c < COMPONENTS; c++) {
        strip->stride[c] = shape->stride[c];
        for (size_t r = 0; r < STRIP_ROWS; r++, at += shape->stride[c] * BLOCK + SPARE) strip->words[c][r] = strip->ends[c][r] = at;
    }
    return 1;
}

static uint32_t *pad_right(const uint32_t *words, uint32_t *end, size_t shown, size_t stride) {
    if (shown == stride) return end;
    const uint32_t *last = words;
    for (size_t x = 1; x < shown; x++) last += 1 + values_of(*last);
    for (size_t x = shown; x < stride; x++) *end++ = block_word(dc_of(*last), 0);
    return end;
}

static uint32_t *pad_row(const uint32_t *above, uint32_t *end, size_t stride) {
    for (size_t x = 0; x < stride; x++, above += 1 + values_of(*above)) *end++ = block_word(dc_of(*above), 0);
    return end;
}

void pad_strip(Strip *strip, const Component *component, uint32_t c, size_t rows, size_t first) {
    for (size_t r = 0; r < rows; r++) {
        uint32_t *words = strip->words[c][r], **end = &strip->ends[c][r];
        *end = first + r < component->high ? pad_right(words, *end, component->wide, strip->stride[c])
                                           : pad_row(strip->words[c][r - 1], words, strip->stride[c]);
    }
}
