// Decodes the scans of an image, row by row; refuses broken or unusual data.

#pragma once

#include "places.h"
#include "strip.h"

enum { BLOCK_ROWS = 2 + COMPONENTS - 1 };  // in an MCU, at most

typedef struct {
    Reader reader;
    Places places;
    Lookup dc[TABLES], ac[TABLES];      // those that the scan uses
    AcCode openings[COMPONENTS][1 << LOOKUP_BITS];  // of a sequential scan
    Quantiser all;                      // keeps all values
    int32_t last_dc[COMPONENTS];        // their last DC values, the predictions of the next
    uint32_t eob_run;                   // of the next blocks, those without further values in this scan
    uint32_t left;                      // MCUs to the next restart
    uint32_t restarts;
} Reading;

// Returns 0 if the scan's tables are broken. All quantisers allow AC values up to `least_limit`.
int begin_reading(Reading *reading, const Scan *scan, uint32_t least_limit);

// Goes on after a restart marker. Returns 0 if there is none.
int restart(Reading *reading, const Scan *scan);

// Reads a row of MCUs (of blocks, if the scan has one component) into row `to` of `rows`. Returns 0 if broken or unusual.
int read_row(Reading *reading, const Scan *scan, const Image *image, const Rows *rows, size_t to);

// Reads row `row` of MCUs of a sequential scan of all components into a strip, whose MCUs have rows from `to` on for it. Returns 0
// if broken or unusual, or if a value is larger than samples can need.
int read_strip(Reading *reading, const Scan *scan, const Image *image, const Quantiser *quantisers, Strip *strip, size_t row, size_t to);

// Returns the offset where the scan ends; 0 if its coded data does not end where decoding did.
size_t end_reading(Reading *reading, const Scan *scan);
