// Reads the scans of a picture, row by row; whatever is broken or unusual ends in a refusal.

#pragma once

#include "huffman.h"

typedef struct {
    Reader reader;
    Lookup dc[COMPONENTS], ac[COMPONENTS];  // of the scan's components
    int32_t levels[COMPONENTS];         // their last DC values
    uint32_t blank;                     // blocks to come that the scan adds nothing to
    uint32_t left;                      // MCUs to the next restart
    uint32_t restarts;
} Reading;

// 0: its tables are broken.
int begin_reading(Reading *reading, const Scan *scan);

// The MCUs of a row, into row `to` of `rows`; of a component that is alone in its scan, the blocks. 0: broken, unusual.
int read_row(Reading *reading, const Scan *scan, const Picture *picture, const Rows *rows, size_t to);

// Where the coded data end; 0: elsewhere than the coding does.
size_t end_reading(Reading *reading, const Scan *scan);
