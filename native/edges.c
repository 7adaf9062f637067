// Beyond the edge of an image its last blocks may hold anything: some encoders write black there, beside white. That takes many
// bits, and nobody sees it. Here the last visible sample goes on, as encoders should do. This is linear, so it is one matrix.

#include "edges.h"

#include "larger.h"
#include "words.h"
#include "zigzag.h"

#include <string.h>

// Of an axis of a component with `part` of `whole` of the image's samples.
static Edge edge_of(size_t samples, size_t part, size_t whole) {
    Edge edge = {.shown = ((samples * part + whole - 1) / whole - 1) % SIDE + 1};
    for (size_t from = 0; from < SIDE && edge.shown < SIDE; from++)
        for (size_t to = 0; to < SIDE; to++) {
            double sum = 0;
            for (size_t i = 0; i < SIDE; i++) sum += basis(to, i) * basis(from, i < edge.shown ? i : edge.shown - 1);
            edge.of[from][to] = (float)sum;
        }
    return edge;
}

Edges edges_of(const Image *image, uint32_t c) {
    const Component *component = &image->component[c], *luma = &image->component[0];
    return (Edges){edge_of(image->width, component->across, luma->across), edge_of(image->height, component->down, luma->down)};
}

// Only if half of the values at most are left: else the edge was not foreign, and rounding once more would lose something.
static void extend(int16_t *block, uint64_t *nonzero, const uint8_t *steps, const Edge *edge, int down) {
    Line lines[SIDE] = {{0}}, made[SIDE] = {{0}};
    for (uint64_t bits = *nonzero | 1; bits; bits &= bits - 1) {
        size_t k = (size_t)__builtin_ctzll(bits), place = NATURAL_ORDER[k];
        lines[place / SIDE][place % SIDE] = (float)(block[k] * steps[k]);
    }
    if (down) transpose(lines);
    for (size_t row = 0; row < SIDE; row++)
        for (size_t k = 0; k < SIDE; k++) made[row] += edge->of[k] * lines[row][k];
    if (down) transpose(made);
    Block after;
    uint64_t bits = 0;
    for (size_t k = 0; k < BLOCK; k++) {
        float value = made[NATURAL_ORDER[k] / SIDE][NATURAL_ORDER[k] % SIDE] / (float)steps[k];
        int32_t limit = LARGEST_COEFFICIENT / steps[k], whole = (int32_t)(value + (value < 0 ? -0.5f : 0.5f));
        if (k > 0 && limit >= 1 << LARGEST_AC) limit = (1 << LARGEST_AC) - 1;
        after[k] = (int16_t)(whole > limit ? limit : whole < -limit ? -limit : whole);
        bits |= (uint64_t)(k > 0 && after[k] != 0) << k;
    }
    if (2 * __builtin_popcountll(bits) <= __builtin_popcountll(*nonzero)) memcpy(block, after, sizeof after), *nonzero = bits;
}

// Whether no value is larger than samples can need.
static int is_possible(const int16_t *block, uint64_t nonzero, const uint8_t *steps) {
    for (uint64_t bits = nonzero | 1; bits; bits &= bits - 1) {
        size_t k = (size_t)__builtin_ctzll(bits);
        if (magnitude(block[k]) > LARGEST_COEFFICIENT / steps[k] + 1u) return 0;
    }
    return 1;
}

// Values that will be zero do not count. `lower` is whether the block is in the lowest row, `right` whether it is the last of its row.
static void extend_block(int16_t *block, int16_t *dc, uint64_t *nonzero, const Component *component, const Edges *edges,
                         const Quantiser *quantiser, int right, int lower) {
    block[0] = *dc, *nonzero &= larger(block, quantiser->dead_zone);
    if (*nonzero == 0 || !is_possible(block, *nonzero, component->before)) return;
    if (right && is_partial(&edges->right)) extend(block, nonzero, component->before, &edges->right, 0);
    if (lower && is_partial(&edges->lower)) extend(block, nonzero, component->before, &edges->lower, 1);
    *dc = block[0];
}

void extend_edges(const Component *component, const Edges *edges, const Quantiser *quantiser, const Rows *rows, uint32_t c, size_t y) {
    if (!is_partial(&edges->right) && !is_partial(&edges->lower)) return;
    size_t last = component->wide - 1;
    for (size_t r = 0; r < rows->rows[c]; r++) {
        size_t row = y * rows->rows[c] + r, at = r * rows->stride[c];
        if (row >= component->high) return;
        int lower = row == component->high - 1;
        for (size_t x = lower ? 0 : last; x <= last; x++) {
            int16_t *block = rows->blocks[c][at + x], *dc = &rows->dc[c][at + x];
            extend_block(block, dc, &rows->nonzero[c][at + x], component, edges, quantiser, x == last, lower);
        }
    }
}

int extend_strip(Strip *strip, const Component *component, uint32_t c, const Edges *edges, const Quantiser *quantiser, size_t rows,
                 size_t first) {
    for (size_t r = 0; r < rows && first + r < component->high; r++) {
        if (strip->kept_from[c][r] == component->wide) continue;
        uint32_t *to = strip->kept[c][r];
        const uint32_t *at = to;
        for (size_t x = strip->kept_from[c][r]; x < component->wide; x++) {
            const uint32_t *end = at + 1 + values_of(*at);
            Block block = {0};
            int16_t dc = (int16_t)dc_of(*at);
            uint64_t nonzero = block_from(at + 1, end, block);
            extend_block(block, &dc, &nonzero, component, edges, quantiser, x == component->wide - 1, first + r == component->high - 1);
            to = put_levels(quantiser, (const Block *)&block, &dc, &nonzero, 1, to), at = end;
            if (to == NULL) return 0;
        }
        strip->ends[c][r] = to;
    }
    return 1;
}
