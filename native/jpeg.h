// What a picture is between its two codings. The structures stand in catalight/adapters/jpeg/coefficients.py too.

#pragma once

#include <stddef.h>
#include <stdint.h>

enum { COMPONENTS = 3, SIDE = 8, BLOCK = SIDE * SIDE, TABLES = 4, SYMBOLS = 256, LONGEST_CODE = 16 };
enum { LARGEST_DC = 11, LARGEST_AC = 10 };  // bits of the values that 8 bits a sample can need
enum { FURTHEST = 2048 };               // in steps of one; beyond what samples can need, decoders differ

typedef int16_t Block[BLOCK];           // coefficients, in zigzag order

typedef struct {
    uint32_t across, down;              // blocks in an MCU
    uint32_t wide, high;                // blocks that show something of the picture
    uint8_t before[BLOCK], after[BLOCK];  // steps of quantisation in the source, in the output
} Component;

typedef struct {
    uint32_t components;                // 1: grey; 3: brightness, in one or two blocks each way, and two colours in one
    uint32_t width, height;             // pixels
    uint32_t units_across, units_down;  // MCUs
    Component component[COMPONENTS];
} Picture;

typedef struct {
    uint8_t counts[LONGEST_CODE];       // codes of 1 to 16 bits, as a DHT segment has them
    uint8_t symbols[SYMBOLS];
} Table;

typedef struct {
    const uint8_t *data;                // the whole file
    size_t start, length;               // of the scan's coded data, of the file
    uint32_t interval;                  // MCUs from one restart to the next, or 0
    uint32_t progressive;
    uint32_t first, last;               // of the coefficients in the scan
    uint32_t refines, shift;            // whether it adds a bit to what there is, and that bit's place
    uint32_t components;
    uint32_t component[COMPONENTS], dc[COMPONENTS], ac[COMPONENTS];  // which, and their tables
    Table dc_tables[TABLES], ac_tables[TABLES];
} Scan;

// Some rows of blocks of each component, or all: as many as the output's MCUs take, for what is missing is made up.
typedef struct {
    Block *blocks[COMPONENTS];
    size_t stride[COMPONENTS];          // blocks in a row
    size_t rows[COMPONENTS];            // of blocks, in one row of the output's MCUs
} Rows;

typedef struct {
    uint32_t *tokens;                   // target << 24 | symbol << 16 | bits of the value
    size_t count, room;
    size_t most;                        // tokens that there may be
    uint32_t histogram[TABLES][SYMBOLS];
} Tokens;
