// Divides an output's fine levels by coarser steps, before the search.

#include "quantise.h"

static void rescale_plane(Plane *plane, const Quantiser *quantiser) {
    uint32_t *to = plane->words;
    const uint32_t *from = to;
    for (size_t row = 1; row <= plane->rows; row++) {
        const uint32_t *row_end = plane->words + plane->starts[row];
        while (from < row_end) {
            uint32_t word = *from++, *block = to++;
            for (const uint32_t *end = from + values_of(word); from < end; from++) {
                uint32_t k = index_of(*from), value = (uint32_t)((uint64_t)magnitude_of(*from) * quantiser->scales[k] >> 16);
                *to = value_word(k, is_negative(*from), value);
                to += value > HALF;
            }
            *block = block_word(dc_level(quantiser, dc_of(word)), (uint32_t)(to - block - 1));
        }
        plane->starts[row] = (size_t)(to - plane->words);
    }
    plane->count = (size_t)(to - plane->words);
}

// The output has the steps `before` of the image, and gets those `after`.
void rescale(const Image *image, Output *output) {
    for (uint32_t c = 0; c < output->components; c++) {
        Quantiser quantiser = quantiser_of(&image->component[c], c > 0, 0);
        rescale_plane(&output->plane[c], &quantiser);
    }
}
