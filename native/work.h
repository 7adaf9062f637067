// How the blocks of a source map to those of the output, which is 4:2:0 or grey.

#pragma once

#include "edges.h"
#include "halve.h"
#include "ringing.h"
#include "strip.h"

enum { BLOCK_MEMORY = sizeof(Block) + sizeof(uint64_t) + sizeof(int16_t) };  // with its bits and its DC

typedef struct {
    const Image *image;
    int grey;
    uint32_t source_rows;               // of the source's MCUs in one of the output's
    Axis across, down;                  // the output's MCUs, and whether chroma is halved
    Quantiser quantiser[COMPONENTS];
    Quantiser source[COMPONENTS];       // of the strip: these, or none for chroma that is to be halved
    Strip strip;
    Edges edges[COMPONENTS];
    Block *halved;                      // a row of halved blocks, their bits and their DC
    uint64_t *halved_nonzero;
    int16_t *halved_dc;
    Ringing ringing;
} Work;

Work work_on(const Image *image);

// The same for samples: as if the source had the output's steps.
Work work_on_samples(const Image *image);

static inline int is_halved(const Work *work) { return work->across.halved || work->down.halved; }

// Allocates what work_on did not; release_work frees it. Returns 0 if there is not enough memory.
int prepare_work(Work *work);
void release_work(const Work *work);

// Allocates `count` rows of the output's MCUs, with their bits and DC. Returns NULL if there is not enough memory.
Block *make_blocks_for(const Work *work, size_t count);

// The rows from `y` on, of `count`. The blocks are stored component by component, then their bits, then their DC.
Rows rows_of(const Work *work, Block *blocks, size_t count, size_t y);

// Sets the output's shape. Returns 0 if there is not enough memory.
int begin_output(const Work *work, Output *out);

// Makes the output of row `y` of MCUs from the strip, which is not padded yet, or from blocks. Returns 0 if a value is out of
// range, there are too many, or there is not enough memory.
int put_strip(Work *work, size_t y, Output *out);
int put_row(Work *work, const Rows *rows, size_t y, Output *out);
