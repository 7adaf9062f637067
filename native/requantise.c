// Requantises a JPEG's coefficients with coarser tables: from its scans to the output's planes, which encode.c codes. No pixels
// are decoded. The planes are kept in memory, so that the Huffman tables can be optimal for them. The output is 4:2:0: its
// chroma has half the resolution of its luma each way, as in nearly all JPEGs; halve.c reduces it if the source has more.
//
// The caller handles the marker segments (catalight/adapters/codec/jpeg/requantise.py).

#include "read.h"
#include "turn.h"
#include "work.h"

#include <stdlib.h>

static int requantise_rows(Work *work, Reading *reading, const Scan *scan, Output *out) {
    const Image *image = work->image;
    uint32_t least_limit = INT16_MAX;
    for (uint32_t c = 0; c < image->components; c++)
        if (work->source[c].least_limit < least_limit) least_limit = work->source[c].least_limit;
    if (!begin_reading(reading, scan, least_limit)) return 0;
    for (uint32_t row = 0; row < image->mcus_down; row++) {
        uint32_t to = row % work->source_rows;
        if (!read_strip(reading, scan, image, work->source, &work->strip, row, to)) return 0;
        int whole = to == work->source_rows - 1 || row == image->mcus_down - 1;
        if (whole && !put_strip(work, row / work->source_rows, out)) return 0;
    }
    return 1;
}

// Requantises an image with one sequential scan of all components, with only a few rows in memory. Returns where the scan
// ends; 0 if it is broken or unusual, has too many values, or there is not enough memory.
size_t requantise_scan(const Image *image, const Scan *scan, Output *out) {
    Work work = work_on(image);
    Reading *reading = malloc(sizeof *reading);
    int ok = prepare_work(&work) && begin_output(&work, out) && reading;
    size_t end = ok && requantise_rows(&work, reading, scan, out) ? end_reading(reading, scan) : 0;
    free(reading), release_work(&work);
    return end;
}

// Allocates blocks for all coefficients of an image. Returns NULL if there is not enough memory.
Block *make_blocks(const Image *image) {
    Work work = work_on(image);
    return make_blocks_for(&work, work.down.blocks);
}

void release_blocks(Block *blocks) { free(blocks); }

// Decodes a scan into the blocks. Returns where it ends; 0 if it is broken or unusual, or there is not enough memory.
size_t read_scan(const Image *image, const Scan *scan, Block *blocks) {
    Work work = work_on(image);
    Rows rows = rows_of(&work, blocks, work.down.blocks, 0);
    Reading *reading = malloc(sizeof *reading);
    size_t count = scan->components == 1 ? image->component[scan->component[0]].high : image->mcus_down;
    int ok = reading && begin_reading(reading, scan, INT16_MAX);
    for (size_t row = 0; ok && row < count; row++) ok = read_row(reading, scan, image, &rows, row);
    size_t end = ok ? end_reading(reading, scan) : 0;
    free(reading);
    return end;
}

static int put_all(Work *work, const Rows *source, const Turn *turn, Block *blocks, Output *out) {
    int turned = turn->across || turn->down || turn->swap;
    Block *row = turned ? make_blocks_for(work, 1) : NULL;
    int ok = row != NULL || !turned;
    for (size_t y = 0; ok && y < work->down.blocks; y++) {
        Rows rows = turned ? rows_of(work, row, 1, 0) : rows_of(work, blocks, work->down.blocks, y);
        if (turned) turn_row(work->image, turn, source, &rows, y);
        ok = put_row(work, &rows, y, out);
    }
    free(row);
    return ok;
}

// Requantises an image that is `upright` after the turn. Returns 0 for too many values or too little memory.
int requantise_blocks(const Image *image, const Image *upright, const Turn *turn, Block *blocks, Output *out) {
    Work source = work_on(image), work = work_on(upright);
    Rows rows = rows_of(&source, blocks, source.down.blocks, 0);
    int ok = prepare_work(&work) && begin_output(&work, out) && put_all(&work, &rows, turn, blocks, out);
    release_work(&work);
    return ok;
}
