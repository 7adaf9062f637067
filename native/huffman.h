// Reads Huffman-coded data (T.81, annexes C and F). What comes in is a stranger's: every read is bounded.

#pragma once

#include "jpeg.h"

#include <string.h>

enum { LOOK = 10 };                     // bits that a table is asked for at once
enum { ZEROS = 0xF0, ZERO_RUN = 16 };   // the symbol of sixteen zeros

typedef struct {
    uint8_t length;                     // bits of code and value, or 0: they do not fit into LOOK
    uint8_t run;                        // zeros before the value; BLOCK: to the end of the block
    int16_t value;
} Step;

typedef struct {
    uint16_t codes[1 << LOOK];          // length << 8 | symbol, or 0: the code is longer
    Step steps[1 << LOOK];
    int32_t ends[LONGEST_CODE + 1];     // the first code, at 16 bits, that is longer
    int32_t offsets[LONGEST_CODE + 1];  // from a code to its symbol's place
    const uint8_t *symbols;
} Lookup;

typedef struct {
    const uint8_t *at, *end;
    uint64_t bits;                      // the next ones, from the left
    int32_t count;                      // 63 at most
    int32_t padding;                    // of them, those that the data did not have
} Reader;

static inline int16_t extended(uint32_t bits, int size) {  // T.81, figure F.12
    return (int16_t)(bits < 1u << (size - 1) ? (int32_t)bits - (1 << size) + 1 : (int32_t)bits);
}

static inline int index_codes(Lookup *lookup, const Table *table) {
    int32_t code = 0, place = 0;
    lookup->symbols = table->symbols;
    memset(lookup->codes, 0, sizeof lookup->codes);
    for (int length = 1; length <= LONGEST_CODE; length++, code <<= 1) {
        lookup->offsets[length] = place - code;
        for (int n = table->counts[length - 1]; n > 0; n--, code++, place++) {
            if (place >= SYMBOLS || code >= 1 << length) return 0;
            if (length > LOOK) continue;
            int free = LOOK - length;
            for (int i = 0; i < 1 << free; i++)
                lookup->codes[(code << free) + i] = (uint16_t)(length << 8 | table->symbols[place]);
        }
        if (table->counts[length - 1] && code >= 1 << length) return 0;  // a code of ones alone
        lookup->ends[length] = code << (LONGEST_CODE - length);
    }
    return 1;
}

static inline void index_steps(Lookup *lookup) {
    for (uint32_t i = 0; i < 1 << LOOK; i++) {
        int length = lookup->codes[i] >> 8, symbol = lookup->codes[i] & 255, size = symbol & 15;
        Step step = {0, (uint8_t)(symbol ? symbol >> 4 : BLOCK), 0};
        if (length && length + size <= LOOK && (size || symbol == 0 || symbol == ZEROS)) {
            step.length = (uint8_t)(length + size);
            if (size) step.value = extended(i >> (LOOK - length - size) & ((1u << size) - 1), size);
        }
        lookup->steps[i] = step;
    }
}

// By value, so that the reader of an inner loop may stay in registers.
static inline Reader refilled_bytewise(Reader reader) {
    while (reader.count < 56) {
        uint64_t byte = 0;
        if (reader.at < reader.end && *reader.at != 0xFF) {
            byte = *reader.at++;
        } else if (reader.end - reader.at > 1 && reader.at[1] == 0) {
            byte = 0xFF, reader.at += 2;
        } else {
            reader.padding += 8;        // a marker, or the end
        }
        reader.bits |= byte << (56 - reader.count);
        reader.count += 8;
    }
    return reader;
}

static inline void refill(Reader *reader) {  // to 56 bits at least
    uint64_t next;
    if (reader->end - reader->at >= 8) {
        memcpy(&next, reader->at, 8);
        if (((~next - 0x0101010101010101u) & next & 0x8080808080808080u) == 0) {  // no byte of FF
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

static inline int next_symbol(Reader *reader, const Lookup *lookup) {  // or -1
    uint32_t found = lookup->codes[reader->bits >> (64 - LOOK)];
    if (found) {
        take(reader, (int)(found >> 8));
        return found & 255;
    }
    int32_t next = (int32_t)(reader->bits >> 48);
    for (int length = LOOK + 1; length <= LONGEST_CODE; length++) {
        if (next >= lookup->ends[length]) continue;
        int32_t place = (next >> (LONGEST_CODE - length)) + lookup->offsets[length];
        take(reader, length);
        return place < 0 || place >= SYMBOLS ? -1 : lookup->symbols[place];
    }
    return -1;
}

// Whether the data ends where the coding does: with less than a byte of padding, before a marker.
static inline int at_marker(const Reader *reader) {
    int32_t left = reader->count - reader->padding;
    return left >= 0 && left < 8 && reader->end - reader->at > 1 && reader->at[0] == 0xFF && reader->at[1] != 0;
}
