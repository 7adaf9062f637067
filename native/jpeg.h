// An image between decoding and encoding. catalight/adapters/codec/jpeg/coefficients.py declares the same structures.

#pragma once

#include <stddef.h>
#include <stdint.h>

enum { COMPONENTS = 3, SIDE = 8, BLOCK = SIDE * SIDE, TABLES = 4, SYMBOLS = 256, LONGEST_CODE = 16 };
enum { LARGEST_DC = 11, LARGEST_AC = 10 };  // bits of the values that samples of 8 bits can need
enum { LARGEST_COEFFICIENT = 2048 };    // dequantised; decoders differ for values beyond what samples can need

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
    Block *blocks[COMPONENTS];
    size_t stride[COMPONENTS];          // blocks in a row
    size_t rows[COMPONENTS];            // of blocks in one row of the output's MCUs
} Rows;

typedef struct {
    uint32_t *tokens;                   // table << 24 | symbol << 16 | bits of the value
    size_t count, capacity;
    size_t max_count;                   // of tokens that are allowed
    uint32_t histogram[TABLES][SYMBOLS];
} Tokens;
