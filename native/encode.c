// Huffman-codes the tokens that requantise.c makes.

#include "jpeg.h"

#include <stdlib.h>

typedef struct {
    uint16_t bits, length;
} Code;

static inline uint8_t *flushed(uint8_t *at, uint64_t bits, uint32_t *held) {
    while (*held >= 8) {
        *held -= 8;
        *at = (uint8_t)(bits >> *held);
        if (*at++ == 0xFF) *at++ = 0;
    }
    return at;
}

// Encodes the tokens. Returns the number of bytes, or 0 if they exceed `capacity`.
size_t encode(const Tokens *tokens, const Code codes[TABLES][SYMBOLS], uint8_t *out, size_t capacity) {
    uint8_t *at = out, *end = out + capacity;
    uint64_t bits = 0;
    uint32_t held = 0;
    for (size_t i = 0; i < tokens->count; i++) {
        if (end - at < 16) return 0;
        uint32_t token = tokens->tokens[i], size = token >> 16 & 15;
        Code code = codes[token >> 24][token >> 16 & 255];
        bits = bits << (code.length + size) | (uint64_t)code.bits << size | (token & 0xFFFF);
        held += code.length + size;
        if (held >= 32) at = flushed(at, bits, &held);
    }
    uint32_t ones = -held & 7;  // padding to a whole byte
    held += ones;
    at = flushed(at, bits << ones | ((1u << ones) - 1), &held);
    return (size_t)(at - out);
}

void release(Tokens *tokens) { free(tokens->tokens); }
