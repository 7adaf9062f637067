#include "work.h"

#include <stdlib.h>
#include <string.h>

static Axis axis(int grey, uint32_t blocks, uint32_t mcus) {
    int halved = !grey && blocks == 1;
    return (Axis){.halved = halved, .blocks = halved ? (mcus + 1) / 2 : mcus};
}

Work work_on(const Image *image) {
    const Component *first = &image->component[0];
    Work work = {.image = image, .grey = image->components == 1};
    work.across = axis(work.grey, first->across, image->mcus_across);
    work.down = axis(work.grey, first->down, image->mcus_down);
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
static void find_edges(Work *work, uint32_t c) {
    const Component *component = &work->image->component[c], *luma = &work->image->component[0];
    work->right[c] = edge_of(work->image->width, component->across, luma->across);
    work->lower[c] = edge_of(work->image->height, component->down, luma->down);
    int partial = work->right[c].shown < SIDE || work->lower[c].shown < SIDE, halved = c > 0 && is_halved(work);
    work->extended[c] = partial && !halved && memcmp(component->before, component->after, BLOCK) != 0;
}

int prepare_work(Work *work) {
    for (uint32_t c = 0; c < work->image->components; c++) find_edges(work, c);
    if (!is_halved(work)) return 1;
    find_halves(&work->across, work->image->width), find_halves(&work->down, work->image->height);
    work->halved = malloc(work->across.blocks * (sizeof(Block) + sizeof(uint64_t)));
    work->halved_nonzero = (uint64_t *)(work->halved + work->across.blocks);
    return work->halved != NULL;
}

void release_work(const Work *work) { free(work->halved); }

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

Block *make_blocks_for(const Work *work, size_t count) {
    Rows rows;
    size_t blocks = shape(work, &rows) * count;
    Block *made = malloc(blocks * (sizeof(Block) + sizeof(uint64_t)));
    if (made) memset(made + blocks, 0, blocks * sizeof(uint64_t));
    return made;
}

Rows rows_of(const Work *work, Block *blocks, size_t count, size_t y) {
    Rows rows;
    uint64_t *nonzero = (uint64_t *)(blocks + shape(work, &rows) * count);
    for (uint32_t c = 0; c < work->image->components; c++) {
        size_t each = rows.stride[c] * rows.rows[c];
        rows.blocks[c] = blocks + y * each, rows.nonzero[c] = nonzero + y * each;
        blocks += count * each, nonzero += count * each;
    }
    return rows;
}

static void pad_block(const Rows *rows, uint32_t c, size_t at, size_t neighbour) {
    rows->blocks[c][at][0] = rows->blocks[c][neighbour][0], rows->nonzero[c][at] = 0;
}

void pad_rows(const Work *work, const Rows *rows, size_t y) {
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

static int put_component(Work *work, const Rows *rows, uint32_t c, size_t y, Output *out) {
    Plane *plane = &out->plane[c];
    int halved = c > 0 && is_halved(work);
    if (halved && !halve(rows, c, &work->image->component[c], &work->across, &work->down, y, work->halved, work->halved_nonzero))
        return 0;
    for (size_t r = 0; r < (c > 0 ? 1 : out->side); r++) {
        const Block *blocks = halved ? work->halved : rows->blocks[c] + r * rows->stride[c];
        const uint64_t *nonzero = halved ? work->halved_nonzero : rows->nonzero[c] + r * rows->stride[c];
        if (!quantise_row(&work->quantiser[c], blocks, nonzero, plane)) return 0;
    }
    return 1;
}

int put_row(Work *work, const Rows *rows, size_t y, Output *out) {
    for (uint32_t c = 0; c < work->image->components; c++)
        if (work->extended[c]) extend_edges(&work->image->component[c], &work->right[c], &work->lower[c], work->quantiser[c].dead_zone, rows, c, y);
    pad_rows(work, rows, y);
    for (uint32_t c = 0; c < work->image->components; c++)
        if (!put_component(work, rows, c, y, out)) return 0;
    return out->plane[0].count + out->plane[1].count + out->plane[2].count <= out->max_count;
}

int begin_output(const Work *work, Output *out) {
    out->components = work->image->components, out->side = work->grey ? 1 : 2;
    for (uint32_t c = 0; c < out->components; c++) {
        Plane *plane = &out->plane[c];
        size_t side = c > 0 ? 1 : out->side, rows = work->down.blocks * side;
        plane->across = work->across.blocks * side, plane->largest = plane->across * rows * BLOCK;
        const Component *luma = &work->image->component[0];
        plane->wide = c > 0 ? (work->image->width + 15) / 16 : luma->wide;
        plane->high = c > 0 ? (work->image->height + 15) / 16 : luma->high;
        plane->starts = calloc(rows + 1, sizeof *plane->starts);
        if (plane->starts == NULL) return 0;
    }
    return 1;
}

void release(Output *output) {
    for (uint32_t c = 0; c < COMPONENTS; c++) free(output->plane[c].words), free(output->plane[c].starts);
}
