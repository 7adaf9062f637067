// The words of a plane.
//
// The word of a block: its DC level, 16 bits; once symbols are counted, how many of its AC values are in the low band of
// progressive scans, 8 bits; the number of words that follow for it, 8 bits.
// The word of an AC value: index, 6 bits; whether it is negative, 1 bit; magnitude, 25 bits, at first with FRACTION bits of
// fraction, after rounding a whole number.

#pragma once

#include "jpeg.h"

enum { FRACTION = 8, ONE = 1 << FRACTION, HALF = ONE / 2 };

static inline uint32_t block_word(int32_t dc, uint32_t values) { return (uint32_t)dc << 16 | values; }

static inline int32_t dc_of(uint32_t word) { return (int16_t)(word >> 16); }

static inline uint32_t values_of(uint32_t word) { return word & 0xFF; }

static inline uint32_t low_values_of(uint32_t word) { return word >> 8 & 0xFF; }

static inline uint32_t with_low_values(uint32_t word, uint32_t count) { return (word & ~0xFF00u) | count << 8; }

static inline uint32_t value_word(uint32_t k, int negative, uint32_t magnitude) {
    return k << 26 | (uint32_t)negative << 25 | magnitude;
}

static inline uint32_t index_of(uint32_t word) { return word >> 26; }

static inline int is_negative(uint32_t word) { return word >> 25 & 1; }

static inline uint32_t magnitude_of(uint32_t word) { return word & 0x1FFFFFF; }

static inline uint32_t magnitude(int32_t value) { return (uint32_t)(value < 0 ? -value : value); }

#if defined __x86_64__
// Its instruction for that takes long on some machines.
static const uint8_t BIT_LENGTHS[] = {
    0, 1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5,
    6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6,
    7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8,
    8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8,
    8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8,
    8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8,
};

static inline uint32_t size_of(uint32_t value) {
    if (__builtin_expect(value < sizeof BIT_LENGTHS, 1)) return BIT_LENGTHS[value];
    return 32 - (uint32_t)__builtin_clz(value);
}
#else
static inline uint32_t size_of(uint32_t value) { return 31 - (uint32_t)__builtin_clz(value << 1 | 1); }
#endif

// The symbol's extra bits (T.81, F.1.2): a negative value's are inverted.
static inline uint32_t bits_of(uint32_t value, int negative) { return value ^ (((1u << size_of(value)) - 1) & -(uint32_t)negative); }

// Takes the AC values of a block that is not quantised from their words. Returns a bit for each that is not zero.
static inline uint64_t block_from(const uint32_t *words, const uint32_t *end, int16_t *block) {
    uint64_t nonzero = 0;
    for (; words < end; words++) {
        uint32_t k = index_of(*words);
        int16_t value = (int16_t)(magnitude_of(*words) >> FRACTION);
        block[k] = is_negative(*words) ? (int16_t)-value : value, nonzero |= (uint64_t)1 << k;
    }
    return nonzero;
}

// The blocks of a row of MCUs, in their order.
typedef struct {
    const uint32_t *next[2 + COMPONENTS];  // the next word: of luma's rows, then of chroma's
    uint8_t row[2 * 2 + COMPONENTS], component[2 * 2 + COMPONENTS];  // of each block of an MCU: where its word is
    uint32_t blocks;                    // in an MCU
    size_t across;                      // MCUs
} Mcus;

// Returns 0 after the last row.
static inline int begin_row(Mcus *mcus, const Output *output, size_t y) {
    uint32_t side = output->side, row = 0;
    mcus->across = output->plane[0].across / side, mcus->blocks = 0;
    if (y == output->plane[0].rows / side) return 0;
    for (uint32_t c = 0; c < output->components; c++) {
        const Plane *plane = &output->plane[c];
        uint32_t rows = c > 0 ? 1 : side;
        for (uint32_t r = 0; r < rows; r++, row++) {
            mcus->next[row] = plane->words + plane->starts[y * rows + r];
            for (uint32_t n = 0; n < rows; n++, mcus->blocks++)
                mcus->row[mcus->blocks] = (uint8_t)row, mcus->component[mcus->blocks] = (uint8_t)c;
        }
    }
    return 1;
}
