// Decodes Huffman-coded data (T.81, annexes C and F). The input is untrusted: every read is bounds-checked.

#pragma once

#include "jpeg.h"

#include <string.h>

enum { LOOKUP_BITS = 10 };              // bits of a lookup table's index

typedef struct {
    uint8_t length;                     // bits of code and value; 0 if they do not fit into LOOKUP_BITS
    uint8_t run;                        // zeros before the value; BLOCK for end of block
    int16_t value;
} AcCode;

// One AC value, or two if both fit into LOOKUP_BITS; zeros are instead of missing ones.
typedef struct {
    uint8_t length;                     // of all
    uint8_t first, second;              // how far the first value is from the last one, and the second from the first
    uint16_t values[2];                 // 2 * magnitude, and 1 if it is negative
} AcPair;

enum { END = 2 * BLOCK, NO_PAIR = 255 };  // `second` at the end of a block; `first` if not even one fits

typedef struct {
    uint16_t codes[1 << LOOKUP_BITS];   // length << 8 | symbol; 0 if the code is longer
    AcCode ac_codes[1 << LOOKUP_BITS];
    AcPair ac_pairs[1 << LOOKUP_BITS];
    int32_t ends[LONGEST_CODE + 1];     // left-aligned to 16 bits: the first code that is longer
    int32_t offsets[LONGEST_CODE + 1];  // from a code to its symbol's index
    const uint8_t *symbols;
} Lookup;

typedef struct {
    const uint8_t *at, *end;
    uint64_t bits;                      // the next bits, left-aligned
    int32_t count;                      // of valid bits, at most 63
    int32_t padding;                    // of these, bits beyond the end of the data
} Reader;

static inline int16_t extended(uint32_t bits, int size) {  // T.81, figure F.12
    return (int16_t)(bits < 1u << (size - 1) ? (int32_t)bits - (1 << size) + 1 : (int32_t)bits);
}

static inline int index_codes(Lookup *lookup, const Table *table) {
    int32_t code = 0, index = 0;
    lookup->symbols = table->symbols;
    memset(lookup->codes, 0, sizeof lookup->codes);
    for (int length = 1; length <= LONGEST_CODE; length++, code <<= 1) {
        lookup->offsets[length] = index - code;
        for (int n = table->counts[length - 1]; n > 0; n--, code++, index++) {
            if (index >= SYMBOLS || code >= 1 << length) return 0;
            if (length > LOOKUP_BITS) continue;
            int free = LOOKUP_BITS - length;
            for (int i = 0; i < 1 << free; i++)
                lookup->codes[(code << free) + i] = (uint16_t)(length << 8 | table->symbols[index]);
        }
        if (table->counts[length - 1] && code >= 1 << length) return 0;  // the code of all ones is reserved
        lookup->ends[length] = code << (LONGEST_CODE - length);
    }
    return 1;
}

// For codes of AC values, or of DC differences, which have no runs.
static inline void index_values(Lookup *lookup, int ac) {
    for (uint32_t i = 0; i < 1 << LOOKUP_BITS; i++) {
        int length = lookup->codes[i] >> 8, symbol = lookup->codes[i] & 255, size = ac ? symbol & 15 : symbol;
        AcCode ac_code = {0, (uint8_t)(!ac ? 0 : symbol ? symbol >> 4 : BLOCK), 0};
        if (length && length + size <= LOOKUP_BITS && (size || symbol == 0 || symbol == ZEROS)) {
            ac_code.length = (uint8_t)(length + size);
            if (size) ac_code.value = extended(i >> (LOOKUP_BITS - length - size) & ((1u << size) - 1), size);
        }
        lookup->ac_codes[i] = ac_code;
    }
}

// For progressive scans: an end of block has the number of further blocks that it ends as its value.
static inline void index_runs(Lookup *lookup) {
    for (uint32_t i = 0; i < 1 << LOOKUP_BITS; i++) {
        int length = lookup->codes[i] >> 8, symbol = lookup->codes[i] & 255, size = symbol >> 4;
        if (length == 0 || symbol & 15 || symbol == ZEROS || length + size > LOOKUP_BITS) continue;
        uint32_t bits = i >> (LOOKUP_BITS - length - size) & ((1u << size) - 1);
        lookup->ac_codes[i] = (AcCode){(uint8_t)(length + size), BLOCK, (int16_t)((1u << size) - 1 + bits)};
    }
}

// For scans that refine, whose values are of one bit: others are invalid, and left to the way for long codes.
static inline void leave_out_sizes(Lookup *lookup) {
    for (uint32_t i = 0; i < 1 << LOOKUP_BITS; i++)
        if ((lookup->codes[i] & 15) > 1) lookup->ac_codes[i].length = 0;
}

static inline uint16_t signed_size(int32_t value) { return (uint16_t)(value < 0 ? 1 - 2 * value : 2 * value); }

static inline int is_larger(int32_t value, int32_t largest) { return value > largest || value < -largest; }

// Values larger than `largest` are left out.
static inline void index_pairs(Lookup *lookup, int32_t largest) {
    for (uint32_t i = 0; i < 1 << LOOKUP_BITS; i++) {
        AcCode first = lookup->ac_codes[i], second = lookup->ac_codes[i << first.length & ((1 << LOOKUP_BITS) - 1)];
        AcPair pair = {first.length, (uint8_t)(first.run + 1), 0, {signed_size(first.value), 0}};
        if (first.length == 0 || (first.run != BLOCK && is_larger(first.value, largest))) {
            pair.first = NO_PAIR;
        } else if (first.run == BLOCK) {
            pair.first = 0, pair.second = END;
        } else if (second.length && first.length + second.length <= LOOKUP_BITS && !is_larger(second.value, largest)) {
            pair.length = (uint8_t)(first.length + second.length), pair.values[1] = signed_size(second.value);
            pair.second = (uint8_t)(second.run == BLOCK ? END : second.run + 1);
        }
        lookup->ac_pairs[i] = pair;
    }
}

// For the beginnings of blocks, which are a DC difference: with `run` BLOCK if the end of the block comes after it and both fit.
static inline void index_openings(const Lookup *dc, const Lookup *ac, AcCode *openings) {
    for (uint32_t i = 0; i < 1 << LOOKUP_BITS; i++) {
        AcCode code = dc->ac_codes[i], next = ac->ac_codes[i << code.length & ((1 << LOOKUP_BITS) - 1)];
        int ends = code.length && next.length && next.run == BLOCK && code.length + next.length <= LOOKUP_BITS;
        openings[i] = ends ? (AcCode){(uint8_t)(code.length + next.length), BLOCK, code.value} : code;
    }
}

// By value, so that a reader in an inner loop can stay in registers.
static inline Reader refilled_bytewise(Reader reader) {
    while (reader.count < 56) {
        uint64_t byte = 0;
        if (reader.at < reader.end && *reader.at != 0xFF) {
            byte = *reader.at++;
        } else if (reader.end - reader.at > 1 && reader.at[1] == 0) {
            byte = 0xFF, reader.at += 2;
        } else {
            reader.padding += 8;        // a marker or the end of the data
        }
        reader.bits |= byte << (56 - reader.count);
        reader.count += 8;
    }
    return reader;
}

static inline void refill(Reader *reader) {  // to at least 56 bits
    uint64_t next;
    if (reader->end - reader->at >= 8) {
        memcpy(&next, reader->at, 8);
        if (((~next - 0x0101010101010101u) & next & 0x8080808080808080u) == 0) {  // no FF byte
            reader->bits |= __builtin_bswap64(next) >> reader->count;
            reader->at += (63 - reader->count) >> 3;
            reader->count |= 56;
            return;
        }
    }
    *reader = refilled_bytewise(*reader);
}

static inline uint32_t take(Reader *reader, int count) {  // 1 to 16
    uint32_t bits = (uint32_t)(reader->bits >> (64 - count));
    reader->bits <<= count, reader->count -= count;
    return bits;
}

static inline int next_symbol(Reader *reader, const Lookup *lookup) {  // -1 if there is none
    uint32_t found = lookup->codes[reader->bits >> (64 - LOOKUP_BITS)];
    if (found) {
        take(reader, (int)(found >> 8));
        return found & 255;
    }
    int32_t next = (int32_t)(reader->bits >> 48);
    for (int length = LOOKUP_BITS + 1; length <= LONGEST_CODE; length++) {
        if (next >= lookup->ends[length]) continue;
        int32_t index = (next >> (LONGEST_CODE - length)) + lookup->offsets[length];
        take(reader, length);
        return index < 0 || index >= SYMBOLS ? -1 : lookup->symbols[index];
    }
    return -1;
}

// Whether bits beyond the end of the data were used.
static inline int is_exhausted(const Reader *reader) { return reader->padding > reader->count; }

// Whether the coded data ends here: less than a byte of padding is left before a marker.
static inline int at_marker(const Reader *reader) {
    int32_t left = reader->count - reader->padding;
    return left >= 0 && left < 8 && reader->end - reader->at > 1 && reader->at[0] == 0xFF && reader->at[1] != 0;
}
