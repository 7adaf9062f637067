// Divides an output's fine levels by coarser steps, before the search. In drawings and text white beside an edge goes on beyond
// white, as where the steps are known from the beginning: see ringing.c.

#include "ringing.h"

#include <string.h>

// The words of a block become fewer, or stay as many. Returns their end.
static uint32_t *rescale_block(const Quantiser *quantiser, const uint32_t *from, const uint32_t *end, uint32_t *to) {
    uint32_t word = *from++, *block = to++;
    for (; from < end; from++) {
        uint32_t k = index_of(*from), value = (uint32_t)((uint64_t)magnitude_of(*from) * quantiser->scales[k] >> 16);
        *to = value_word(k, is_negative(*from), value);
        to += value > HALF;
    }
    *block = block_word(dc_level(quantiser, dc_of(word)), (uint32_t)(to - block - 1));
    return to;
}

// The same for a block of a row that is likely to have edges; NULL if this one has none, or gets more words than it had.
static uint32_t *rescale_edge(const Ringing *ringing, const Quantiser *quantiser, const uint32_t *from, const uint32_t *end, uint32_t *to) {
    uint32_t words[BLOCK];
    uint32_t *made = put_edge(ringing, quantiser, from, end, words);
    if (made == NULL || made - words > end - to) return NULL;
    memcpy(to, words, (size_t)(made - words) * sizeof *words);
    return to + (made - words);
}

static void rescale_luma(const Component *component, Output *output) {
    Plane *plane = &output->plane[0];
    Quantiser quantiser = quantiser_of(component, 0, 0);
    Ringing ringing = ringing_of(component);
    uint32_t *to = plane->words;
    const uint32_t *from = to;
    output->busy = output->hard = 0;
    for (size_t row = 1; row <= plane->rows; row++) {
        for (const uint32_t *row_end = plane->words + plane->starts[row]; from < row_end;) {
            const uint32_t *end = from + 1 + values_of(*from);
            int is_busy = values_of(*from) >= FEWEST;
            uint32_t *made = is_busy && ringing.expected ? rescale_edge(&ringing, &quantiser, from, end, to) : NULL;
            output->busy += (uint32_t)is_busy, output->hard += made != NULL;
            to = made ? made : rescale_block(&quantiser, from, end, to), from = end;
        }
        plane->starts[row] = (size_t)(to - plane->words);
        if (row % output->side == 0) expect_edges(&ringing, plane, row);
    }
    plane->count = (size_t)(to - plane->words);
}

static void rescale_chroma(const Component *component, Plane *plane) {
    Quantiser quantiser = quantiser_of(component, 1, 0);
    uint32_t *to = plane->words;
    const uint32_t *from = to;
    for (size_t row = 1; row <= plane->rows; row++) {
        for (const uint32_t *row_end = plane->words + plane->starts[row]; from < row_end;) {
            const uint32_t *end = from + 1 + values_of(*from);
            to = rescale_block(&quantiser, from, end, to), from = end;
        }
        plane->starts[row] = (size_t)(to - plane->words);
    }
    plane->count = (size_t)(to - plane->words);
}

// The output has the steps of the image `fine`, and gets those of `steps`, BLOCK of each component. Counts luma's blocks with edges.
void rescale(const Image *fine, const uint8_t *steps, Output *output) {
    for (uint32_t c = 0; c < output->components; c++) {
        Component component = fine->component[c];
        memcpy(component.before, component.after, BLOCK), memcpy(component.after, steps + c * BLOCK, BLOCK);
        if (c == 0) rescale_luma(&component, output);
        else rescale_chroma(&component, &output->plane[c]);
    }
}
