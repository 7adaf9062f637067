#include "work.h"

#include <stdlib.h>
#include <string.h>

static Axis axis(int kept, uint32_t blocks, uint32_t mcus) {
    int halved = !kept && blocks == 1;
    return (Axis){.halved = halved, .blocks = halved ? (mcus + 1) / 2 : mcus};
}

Work work_on(const Image *image) {
    const Component *first = &image->component[0];
    Work work = {.image = image, .grey = image->components == 1};
    work.across = axis(work.grey || image->full, first->across, image->mcus_across);
    work.down = axis(work.grey || image->full, first->down, image->mcus_down);
    work.source_rows = work.down.halved ? 2 : 1;
    for (uint32_t c = 0; c < image->components; c++)
        work.quantiser[c] = quantiser_of(&image->component[c], c > 0, c > 0 && is_halved(&work));
    return work;
}

Work work_on_samples(const Image *image) {
    Work work = work_on(image);
    for (uint32_t c = 0; c < image->components; c++) work.quantiser[c] = quantiser_of(&image->component[c], c > 0, 1);
    return work;
}

// Not where the steps stay the same: an output that is compressed once more must stay as it is. Halving extends edges itself.
static int is_extended(const Work *work, uint32_t c) {
    const Component *component = &work->image->component[c];
    return !(c > 0 && is_halved(work)) && memcmp(component->before, component->after, BLOCK) != 0;
}

// Sets the shape of one row of the output's MCUs. Returns its number of blocks.
static size_t shape(const Work *work, Rows *rows) {
    size_t blocks = 0;
    for (uint32_t c = 0; c < work->image->components; c++) {
        const Component *component = &work->image->component[c];
        rows->stride[c] = work->across.blocks * component->across * (work->across.halved ? 2 : 1);
        rows->rows[c] = component->down * work->source_rows;
        blocks += rows->stride[c] * rows->rows[c];
    }
    return blocks;
}

int prepare_work(Work *work) {
    Rows rows = {0};
    shape(work, &rows);
    for (uint32_t c = 0; c < work->image->components; c++)
        work->source[c] = c > 0 && is_halved(work) ? no_quantiser() : work->quantiser[c];
    if (!make_strip(&rows, &work->strip)) return 0;
    for (uint32_t c = 0; c < work->image->components; c++)
        if (is_extended(work, c)) work->edges[c] = edges_of(work->image, c);
    for (uint32_t c = 0; c < COMPONENTS; c++)
        work->strip.right_kept[c] = is_partial(&work->edges[c].right), work->strip.lower_kept[c] = is_partial(&work->edges[c].lower);
    work->ringing = ringing_of(&work->image->component[0]);
    if (!is_halved(work)) return 1;
    find_halves(&work->across, work->image->width), find_halves(&work->down, work->image->height);
    work->halved = malloc(work->across.blocks * BLOCK_MEMORY);
    work->halved_nonzero = (uint64_t *)(work->halved + work->across.blocks);
    work->halved_dc = (int16_t *)(work->halved_nonzero + work->across.blocks);
    return work->halved != NULL;
}

void release_work(const Work *work) { free(work->halved), free(work->strip.memory); }

Block *make_blocks_for(const Work *work, size_t count) {
    Rows rows;
    size_t blocks = shape(work, &rows) * count;
    Block *made = malloc(blocks * BLOCK_MEMORY);
    if (made) memset(made + blocks, 0, blocks * sizeof(uint64_t));
    return made;
}

Rows rows_of(const Work *work, Block *blocks, size_t count, size_t y) {
    Rows rows;
    size_t all = shape(work, &rows) * count;
    uint64_t *nonzero = (uint64_t *)(blocks + all);
    int16_t *dc = (int16_t *)(nonzero + all);
    for (uint32_t c = 0; c < work->image->components; c++) {
        size_t each = rows.stride[c] * rows.rows[c];
        rows.blocks[c] = blocks + y * each, rows.nonzero[c] = nonzero + y * each, rows.dc[c] = dc + y * each;
        blocks += count * each, nonzero += count * each, dc += count * each;
    }
    return rows;
}

static void pad_block(const Rows *rows, uint32_t c, size_t at, size_t neighbour) {
    rows->dc[c][at] = rows->dc[c][neighbour], rows->nonzero[c][at] = 0;
}

// Makes blocks without visible samples flat, with the DC of their neighbours.
static void pad_rows(const Work *work, const Rows *rows, size_t y) {
    for (uint32_t c = 0; c < work->image->components; c++) {
        const Component *component = &work->image->component[c];
        for (size_t r = 0; r < rows->rows[c]; r++) {
            size_t stride = rows->stride[c], row = r * stride;
            int shown = y * rows->rows[c] + r < component->high;
            for (size_t x = shown ? component->wide : 0; x < stride; x++)
                pad_block(rows, c, row + x, shown ? row + x - 1 : row + x - stride);
        }
    }
}

static size_t source_rows(const Work *work, uint32_t c) { return work->image->component[c].down * work->source_rows; }

static int put_halved(Work *work, uint32_t c, size_t y, Output *out) {
    const Component *component = &work->image->component[c];
    if (!halve(&work->strip, c, component, &work->across, &work->down, y, work->halved, work->halved_dc, work->halved_nonzero,
               &out->lost)) return 0;
    return quantise_row(&work->quantiser[c], work->halved, work->halved_dc, work->halved_nonzero, &out->plane[c]);
}

static int is_allowed(const Output *out) { return out->plane[0].count + out->plane[1].count + out->plane[2].count <= out->max_count; }

static void expect_row(Work *work, int had_edges, const Plane *luma) {
    expect_edges(&work->ringing, luma, luma->rows);
    int has_edges = work->ringing.expected;
    if (has_edges != had_edges) work->source[0] = has_edges ? no_quantiser() : work->quantiser[0];
}

int put_strip(Work *work, size_t y, Output *out) {
    Strip *strip = &work->strip;
    int has_edges = work->ringing.expected;
    for (uint32_t c = 0; c < work->image->components; c++) {
        Plane *plane = &out->plane[c];
        size_t rows = source_rows(work, c);
        if (!extend_strip(strip, &work->image->component[c], c, &work->edges[c], &work->source[c], rows, y * rows)) return 0;
        pad_strip(strip, &work->image->component[c], c, rows, y * rows);
        if (c > 0 && is_halved(work)) {
            if (!put_halved(work, c, y, out)) return 0;
            continue;
        }
        for (size_t r = 0; r < rows; r++) {
            if (c == 0 && has_edges) {
                if (!quantise_edges(&work->ringing, &work->quantiser[c], strip->words[c][r], plane)) return 0;
                continue;
            }
            size_t count = (size_t)(strip->ends[c][r] - strip->words[c][r]);
            if (!reserve(plane)) return 0;
            memcpy(plane->words + plane->count, strip->words[c][r], count * sizeof(uint32_t));
            end_row(plane, plane->words + plane->count + count);
        }
    }
    expect_row(work, has_edges, &out->plane[0]);
    return is_allowed(out);
}

static int put_component(Work *work, const Rows *rows, uint32_t c, size_t y, Output *out) {
    int halved = c > 0 && is_halved(work);
    for (size_t r = 0; r < source_rows(work, c); r++) {
        size_t at = r * rows->stride[c], stride = rows->stride[c];
        const Block *blocks = rows->blocks[c] + at;
        const int16_t *dc = rows->dc[c] + at;
        const uint64_t *nonzero = rows->nonzero[c] + at;
        int has_edges = c == 0 && work->ringing.expected;
        uint32_t *words = work->strip.words[c][r];
        if (halved || has_edges) work->strip.ends[c][r] = put_levels(&work->source[c], blocks, dc, nonzero, stride, words);
        if (has_edges) {
            if (!quantise_edges(&work->ringing, &work->quantiser[c], words, &out->plane[c])) return 0;
        } else if (!halved && !quantise_row(&work->quantiser[c], blocks, dc, nonzero, &out->plane[c])) return 0;
    }
    return !halved || put_halved(work, c, y, out);
}

int put_row(Work *work, const Rows *rows, size_t y, Output *out) {
    int has_edges = work->ringing.expected;
    for (uint32_t c = 0; c < work->image->components; c++)
        extend_edges(&work->image->component[c], &work->edges[c], &work->source[c], rows, c, y);
    pad_rows(work, rows, y);
    for (uint32_t c = 0; c < work->image->components; c++)
        if (!put_component(work, rows, c, y, out)) return 0;
    expect_row(work, has_edges, &out->plane[0]);
    return is_allowed(out);
}

int begin_output(const Work *work, Output *out) {
    out->components = work->image->components, out->side = work->grey || work->image->full ? 1 : 2;
    for (uint32_t c = 0; c < out->components; c++) {
        Plane *plane = &out->plane[c];
        size_t side = c > 0 ? 1 : out->side, rows = work->down.blocks * side;
        plane->across = work->across.blocks * side, plane->largest = plane->across * rows * BLOCK;
        const Component *luma = &work->image->component[0];
        plane->wide = c > 0 ? (luma->wide + out->side - 1) / out->side : luma->wide;
        plane->high = c > 0 ? (luma->high + out->side - 1) / out->side : luma->high;
        plane->starts = calloc(rows + 1, sizeof *plane->starts);
        if (plane->starts == NULL) return 0;
    }
    return 1;
}

void release(Output *output) {
    for (uint32_t c = 0; c < COMPONENTS; c++) free(output->plane[c].words), free(output->plane[c].starts);
}
