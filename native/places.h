// The places of bits in a word, by table.

#pragma once

#include "huffman.h"

typedef struct {
    uint8_t count[256], of[256][8];
} Places;

// For each byte, the number of its bits and the place of each.
static inline void find_places(Places *places) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        places->count[byte] = 0;
        for (uint8_t bit = 0; bit < 8; bit++)
            if (byte >> bit & 1) places->of[byte][places->count[byte]++] = bit;
    }
}

// The place of the bit after `count` others, BLOCK if there is none. Most often it is in the first byte, which can be predicted; a loop
// over bits cannot.
static inline uint32_t place_after(const Places *places, uint64_t bits, uint32_t count) {
    for (uint32_t place = 0; bits; place += 8, bits >>= 8) {
        uint32_t byte = bits & 255, found = places->count[byte];
        if (__builtin_expect(count < found, 1)) return place + places->of[byte][count];
        count -= found;
    }
    return BLOCK;
}
