// The scans of an output, and the histograms and tables of their symbols.

#pragma once

#include "jpeg.h"

enum { DC = 0, SEQUENTIAL_AC = 2, BANDS = 4 };  // the first table: for luma, and the next one for chroma
enum { LOW = BANDS, HIGH, WHOLE, COMPONENT_BANDS = 3 };  // of luma, then of each chroma component: its two bands, and both as one
enum { LUMA_DC = BANDS + COMPONENTS * COMPONENT_BANDS };  // in a scan of its own
enum { LAST_LOW = 2 };                  // the last coefficient of the low band

typedef struct {
    uint32_t from, to;                  // components: the one at `from`, up to the one before `to`
    uint32_t first, last;               // spectral selection
    uint32_t dc, ac;                    // the first component's tables; if that is luma, chroma's come after them
} OutputScan;

// Counts the symbols of the planes, coded in either way. Returns 0 if a DC difference is larger than a baseline JPEG may have.
int count_symbols(Output *output);
