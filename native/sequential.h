// Decodes the blocks of sequential scans, and DC values (T.81, annex F): the hot loops.

#pragma once

#include "read.h"

enum { LARGEST_LEVEL = 1 << 14 };       // of a DC value
enum { AT_ONCE = 4 };                   // codes of at most LOOKUP_BITS that one refill is enough for, after a DC value

// `codes` are those of DC values, or of the beginnings of blocks; `ended` becomes whether the block has ended too.
static inline __attribute__((always_inline)) int read_dc(Reader *reader, const Lookup *lookup, const AcCode *codes, int32_t *last_dc,
                                                         uint32_t shift, int16_t *value, int *ended) {
    refill(reader);
    AcCode code = codes[reader->bits >> (64 - LOOKUP_BITS)];
    *ended = code.run == BLOCK;
    if (__builtin_expect(code.length != 0, 1)) {
        reader->bits <<= code.length, reader->count -= code.length;
        *last_dc += code.value;
    } else {
        int size = next_symbol(reader, lookup);
        if (size < 0 || size > LARGEST_DC) return 0;
        if (size) *last_dc += extended(take(reader, size), size);
        refill(reader);                 // AT_ONCE codes follow
    }
    if (*last_dc > LARGEST_LEVEL >> shift || *last_dc < -(LARGEST_LEVEL >> shift)) return 0;
    *value = (int16_t)(*last_dc * (1 << shift));
    return 1;
}

typedef struct {
    Reader reader;
    AcCode code;                        // of length 0 if it is invalid
} SlowCode;

// Where values are large, so that they do not fit beside their codes, most codes are such ones.
static inline __attribute__((always_inline)) SlowCode slow_ac_code(Reader reader, const Lookup *lookup) {
    refill(&reader);
    int symbol = next_symbol(&reader, lookup), size = symbol & 15;
    AcCode code = {0, 0, 0};
    if (symbol >= 0 && size <= LARGEST_AC && (size || symbol == 0 || symbol == ZEROS)) {
        code.length = 1;
        code.run = (uint8_t)(symbol ? symbol >> 4 : BLOCK);
        if (size) code.value = extended(take(&reader, size), size);
    }
    return (SlowCode){reader, code};
}

static inline __attribute__((always_inline)) uint32_t *put_signed(const Quantiser *quantiser, uint32_t k, uint32_t value, uint32_t *at) {
    return put_size(quantiser, k, value >> 1, value & 1, at);
}

// The hot loop. Writes the words of a block's AC values, and sometimes one or two more. Returns their end, or NULL if broken.
// `possible` becomes 0 if a value is larger than samples can need.
static inline __attribute__((always_inline)) uint32_t *read_values(Reader *reader, const Lookup *lookup, const Quantiser *quantiser,
                                                                   uint32_t *at, int *possible) {
    for (uint32_t k = 0;;) {
        for (int i = 0; i < AT_ONCE; i++) {
            AcPair pair = lookup->ac_pairs[reader->bits >> (64 - LOOKUP_BITS)];
            uint32_t first = k + pair.first;
            if (__builtin_expect(first >= BLOCK - 1, 0)) {
                SlowCode slow = slow_ac_code(*reader, lookup);
                *reader = slow.reader, k += slow.code.run + 1u;
                if (slow.code.length == 0 || k >= BLOCK) return slow.code.length && slow.code.run == BLOCK ? at : NULL;
                uint32_t size = magnitude(slow.code.value);
                *possible &= size <= quantiser->limits[k];
                at = put_size(quantiser, k, size, slow.code.value < 0, at);
                if (k == BLOCK - 1) return at;
                break;
            }
            reader->bits <<= pair.length, reader->count -= pair.length;
            at = put_signed(quantiser, first, pair.values[0], at);
            k = first + pair.second;
            at = put_signed(quantiser, k, pair.values[1], at);
            if (k >= BLOCK - 1) return k & BLOCK ? NULL : at;
        }
        refill(reader);
    }
}

typedef struct {
    const Lookup *dc, *ac;
    const AcCode *openings;
    int32_t *last_dc;
} Coded;

static inline Coded coded(Reading *reading, const Scan *scan, uint32_t i) {
    return (Coded){&reading->dc[scan->dc[i]], &reading->ac[scan->ac[i]], reading->openings[i], &reading->last_dc[i]};
}

// Reads a block into words. Returns their end, or NULL if broken; `possible` becomes whether no value is larger than samples can need.
static inline __attribute__((always_inline)) uint32_t *read_words(Reader *reader, const Coded *coded, const Quantiser *quantiser,
                                                                  uint32_t *at, int *possible) {
    int16_t value;
    int ended;
    if (!read_dc(reader, coded->dc, coded->openings, coded->last_dc, 0, &value, &ended)) return NULL;
    *possible = magnitude(value) <= quantiser->limits[0];
    *at = block_word(dc_level(quantiser, value), 0);
    if (ended) return at + 1;
    uint32_t *end = read_values(reader, coded->ac, quantiser, at + 1, possible);
    if (end) *at |= (uint32_t)(end - at - 1);
    return end;
}
