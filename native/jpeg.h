// An image between decoding and encoding. catalight/adapters/codec/jpeg/coefficients.py declares the same structures.

#pragma once

#include <stddef.h>
#include <stdint.h>

enum { COMPONENTS = 3, SIDE = 8, BLOCK = SIDE * SIDE, TABLES = 4, OUTPUT_TABLES = 14, SYMBOLS = 256, LONGEST_CODE = 16 };
enum { LARGEST_DC = 11, LARGEST_AC = 10 };  // bits of the values that samples of 8 bits can need
enum { LARGEST_COEFFICIENT = 2048 };    // dequantised; decoders differ for values beyond what samples can need
enum { ZEROS = 0xF0, ZERO_RUN = 16 };   // ZRL, the symbol of sixteen zeros

typedef int16_t Block[BLOCK];           // coefficients, in zigzag order

typedef struct {
    uint32_t across, down;              // blocks in an MCU
    uint32_t wide, high;                // blocks that contain visible samples
    uint8_t before[BLOCK], after[BLOCK];  // quantisation tables of the source and of the output
} Component;

typedef struct {
    uint32_t components;                // 1: grey; 3: luma in one or two blocks each way, two chroma in one
    uint32_t width, height;             // pixels
    uint32_t mcus_across, mcus_down;
    uint32_t full;                      // of 4:4:4: whether the output is so too
    Component component[COMPONENTS];
} Image;

typedef struct {
    uint8_t counts[LONGEST_CODE];       // number of codes of 1 to 16 bits, as in a DHT segment
    uint8_t symbols[SYMBOLS];
} Table;

typedef struct {
    const uint8_t *data;                // the whole file
    size_t start, length;               // the offset of the scan's coded data; the length of the file
    uint32_t interval;                  // restart interval in MCUs, or 0
    uint32_t progressive;
    uint32_t first, last;               // spectral selection
    uint32_t refines, shift;            // successive approximation: whether it refines values, bit position
    uint32_t components;
    uint32_t component[COMPONENTS], dc[COMPONENTS], ac[COMPONENTS];  // their indices and tables
    Table dc_tables[TABLES], ac_tables[TABLES];
} Scan;

// Some or all rows of blocks of each component: as many as the output's MCUs need, since missing blocks are padded.
typedef struct {
    Block *blocks[COMPONENTS];          // without DC, so that many need not be touched
    int16_t *dc[COMPONENTS];
    uint64_t *nonzero[COMPONENTS];      // for each block, a bit for each AC coefficient that counts; others are not set
    size_t stride[COMPONENTS];          // blocks in a row
    size_t rows[COMPONENTS];            // of blocks in one row of the output's MCUs
} Rows;

// The output's blocks of a component, row by row. Each is a word for its DC and the number of its AC values, and a word for
// each AC value that is not zero: see words.h.
typedef struct {
    uint32_t *words;
    size_t count, capacity, largest;    // of words; `largest` is the capacity for blocks without zeros
    size_t *starts;                     // of the rows, and the end of the last one
    size_t across, rows;                // blocks in a row, rows
    size_t wide, high;                  // of these, those with visible samples
} Plane;

typedef struct {
    uint16_t bits, length;
} Code;

typedef struct {
    Plane plane[COMPONENTS];
    uint32_t components, side;          // side: luma blocks in an MCU, each way
    size_t max_count;                   // of words of all planes that are allowed
    int64_t lost;                       // by halving chroma, if 4:4:4: squared differences of all samples
    uint32_t progressive, split[COMPONENTS];  // whether each component has two bands
    uint32_t luma_alone;                // whether luma's DC has a progressive scan of its own
    uint32_t busy, hard;                // luma's blocks with many values; of these, those that have edges on white or black
    uint32_t histogram[OUTPUT_TABLES][SYMBOLS];  // see scans.h
    Table tables[OUTPUT_TABLES];
    Code codes[OUTPUT_TABLES][SYMBOLS];
} Output;

// Makes the tables and codes for some histograms. Returns the number of bytes that they and the symbols take, without stuffing.
uint64_t make_tables(Output *output, uint32_t first, uint32_t count);
