// Refines the AC values of a block by a bit (T.81, G.1.2.3).

#pragma once

#include "places.h"

// Takes up to 63 bits and adds them to those that are taken already.
static inline __attribute__((always_inline)) uint64_t take_corrections(Reader *reader, uint32_t count, uint64_t taken) {
    for (; __builtin_expect((int32_t)count > reader->count, 0); count--) {
        if (reader->count == 0) refill(reader);
        taken = taken << 1 | take(reader, 1);
    }
    taken = taken << count | reader->bits >> 1 >> (63 - count);
    reader->bits <<= count, reader->count -= (int32_t)count;
    return taken;
}

// Each of the values has a bit, which says whether its magnitude grows.
static inline void correct(uint32_t shift, int16_t *block, uint64_t values, uint64_t bits) {
    bits <<= -__builtin_popcountll(values) & 63;
    for (; values; values &= values - 1, bits <<= 1) {
        int16_t *value = &block[__builtin_ctzll(values)];
        *value = (int16_t)(*value + (((*value >> 15 | 1) * (1 << shift)) & -(int)(bits >> 63)));
    }
}

// Adds the values of a block whose magnitude is one, and a bit to each of the values that it has. Their bits are between the codes:
// they are collected, and added at the end.
static inline __attribute__((always_inline)) int refine_ac(Reader *reader, uint32_t *eob_run, const Lookup *lookup, const Scan *scan,
                                                           const Places *places, uint64_t band, int16_t *block, uint64_t *nonzero) {
    uint64_t values = *nonzero & band, bits = 0;
    uint32_t k = scan->first, last = scan->last;
    while (*eob_run == 0 && k <= last) {
        refill(reader);
        AcCode code = lookup->ac_codes[reader->bits >> (64 - LOOKUP_BITS)];
        if (__builtin_expect(code.length != 0, 1)) {
            reader->bits <<= code.length, reader->count -= code.length;
        } else {
            int symbol = next_symbol(reader, lookup), size = symbol & 15;
            code = (AcCode){0, (uint8_t)(symbol >> 4), 0};
            if (symbol < 0 || size > 1) return 0;
            if (size) code.value = extended(take(reader, size), size);
            else if (code.run < ZERO_RUN - 1) code = (AcCode){0, BLOCK, (int16_t)((1u << code.run) - 1 + (code.run ? take(reader, code.run) : 0))};
        }
        if (code.run == BLOCK) {
            *eob_run = (uint32_t)code.value + 1;
            break;
        }
        uint32_t place = place_after(places, (band & ~values) >> k, code.run), count = place - code.run;
        if (__builtin_expect(place == BLOCK, 0)) {  // no more zeros
            if (code.value) return 0;
            count = (uint32_t)__builtin_popcountll(values >> k);
        }
        bits = take_corrections(reader, count, bits), k += place;
        if (code.value) block[k] = (int16_t)(code.value * (1 << scan->shift)), *nonzero |= (uint64_t)1 << k;
        k++;
    }
    if (*eob_run) {
        if (values && k <= last) bits = take_corrections(reader, (uint32_t)__builtin_popcountll(values >> k), bits);
        --*eob_run;
    }
    if (values) correct(scan->shift, block, values, bits);
    return 1;
}
