// Decodes sequential and progressive scans (T.81, annexes F and G) of untrusted files.

#include "read.h"

enum { LARGEST_LEVEL = 1 << 14 };       // of a DC value
enum { AT_ONCE = 5 };                   // codes of at most LOOKUP_BITS that one refill is enough for

int begin_reading(Reading *reading, const Scan *scan, const Block *dead_zones) {
    static const Block NONE = {0};
    for (uint32_t i = 0; i < scan->components; i++)
        reading->dead_zones[i] = dead_zones ? dead_zones[scan->component[i]] : NONE;
    int with_dc = scan->first == 0 && !scan->refines, with_ac = scan->last > 0;
    reading->left = scan->interval, reading->restarts = reading->eob_run = 0;
    memset(reading->last_dc, 0, sizeof reading->last_dc);
    reading->reader = (Reader){scan->data + scan->start, scan->data + scan->length, 0, 0, 0};
    for (uint32_t table = 0; table < TABLES; table++) {
        uint32_t dc = 0, ac = 0;
        for (uint32_t i = 0; i < scan->components; i++) dc |= scan->dc[i] == table, ac |= scan->ac[i] == table;
        if (with_dc && dc && !index_codes(&reading->dc[table], &scan->dc_tables[table])) return 0;
        if (with_ac && ac && !index_codes(&reading->ac[table], &scan->ac_tables[table])) return 0;
        if (with_dc && dc) index_values(&reading->dc[table], 0);
        if (with_ac && ac) index_values(&reading->ac[table], 1);
        if (with_ac && ac && !scan->progressive) index_pairs(&reading->ac[table]);
    }
    return 1;
}

size_t end_reading(Reading *reading, const Scan *scan) {
    reading->reader = refilled_bytewise(reading->reader);
    return at_marker(&reading->reader) ? (size_t)(reading->reader.at - scan->data) : 0;
}

static int restart(Reading *reading, const Scan *scan) {
    Reader *reader = &reading->reader;
    *reader = refilled_bytewise(*reader);
    if (!at_marker(reader) || reader->at[1] != 0xD0 + reading->restarts++ % 8) return 0;
    *reader = (Reader){reader->at + 2, reader->end, 0, 0, 0};
    memset(reading->last_dc, 0, sizeof reading->last_dc);
    reading->eob_run = 0;
    reading->left = scan->interval;
    return 1;
}

static inline __attribute__((always_inline)) int read_dc(Reader *reader, const Lookup *lookup, int32_t *last_dc, uint32_t shift, int16_t *value) {
    refill(reader);
    AcCode code = lookup->ac_codes[reader->bits >> (64 - LOOKUP_BITS)];
    if (__builtin_expect(code.length != 0, 1)) {
        reader->bits <<= code.length, reader->count -= code.length;
        *last_dc += code.value;
    } else {
        int size = next_symbol(reader, lookup);
        if (size < 0 || size > LARGEST_DC) return 0;
        if (size) *last_dc += extended(take(reader, size), size);
    }
    if (*last_dc > LARGEST_LEVEL >> shift || *last_dc < -(LARGEST_LEVEL >> shift)) return 0;
    *value = (int16_t)(*last_dc * (1 << shift));
    return 1;
}

typedef struct {
    Reader reader;
    AcCode code;                        // of length 0 if it is invalid
} SlowCode;

static SlowCode slow_ac_code(Reader reader, const Lookup *lookup) {
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

// The bit of a value, if it is not in the dead zone.
static inline uint64_t bit_of(int32_t value, const int16_t *dead_zone, uint32_t k) {
    return (uint64_t)(value > dead_zone[k] || value < -dead_zone[k]) << k;
}

// Reads one value, or the end of the block.
static int read_ac_value(Reader *reader, const Lookup *lookup, const int16_t *dead_zone, int16_t *block, uint32_t *k, uint64_t *found) {
    SlowCode slow = slow_ac_code(*reader, lookup);
    *reader = slow.reader, *k += slow.code.run + 1u;
    if (slow.code.length == 0 || *k >= BLOCK) return slow.code.length && slow.code.run == BLOCK;
    block[*k] = slow.code.value, *found |= bit_of(slow.code.value, dead_zone, *k);
    return 1;
}

// The hot loop.
static inline int read_ac(Reader *from, const Lookup *lookup, const int16_t *dead_zone, int16_t *block, uint64_t *nonzero) {
    Reader reader = *from;
    uint64_t found = 0;
    uint32_t k = 0;
    int ok = 1;
    while (k < BLOCK - 1 && ok) {
        refill(&reader);
        for (int i = 0; i < AT_ONCE && k < BLOCK - 1; i++) {
            AcPair pair = lookup->ac_pairs[reader.bits >> (64 - LOOKUP_BITS)];
            uint32_t first = k + pair.first, second = first + pair.second;
            if (__builtin_expect(pair.length != 0 && second < BLOCK - 1, 1)) {
                reader.bits <<= pair.length, reader.count -= pair.length;
                block[first] = pair.values[0], block[second] = pair.values[1];
                found |= bit_of(pair.values[0], dead_zone, first) | bit_of(pair.values[1], dead_zone, second), k = second;
                continue;
            }
            if (pair.length && first < BLOCK - 1 && pair.second == BLOCK + 1) {  // a value and the end
                reader.bits <<= pair.length, reader.count -= pair.length;
                block[first] = pair.values[0], found |= bit_of(pair.values[0], dead_zone, first), k = BLOCK;
                break;
            }
            if (pair.length && pair.first == BLOCK + 1) {
                reader.bits <<= pair.length, reader.count -= pair.length, k = BLOCK;
                break;
            }
            ok = read_ac_value(&reader, lookup, dead_zone, block, &k, &found);
            break;
        }
    }
    *from = reader, *nonzero = found;
    return ok;
}

static int read_first_ac(Reading *reading, const Lookup *lookup, const Scan *scan, int16_t *block, uint64_t *nonzero) {
    if (reading->eob_run) return reading->eob_run--, 1;
    Reader reader = reading->reader;
    uint64_t found = 0;
    for (uint32_t k = scan->first; k <= scan->last; k++) {
        refill(&reader);
        AcCode code = lookup->ac_codes[reader.bits >> (64 - LOOKUP_BITS)];
        if (code.length) {
            reader.bits <<= code.length, reader.count -= code.length;
            if (code.run == BLOCK) break;
        } else {
            int symbol = next_symbol(&reader, lookup), size = symbol & 15;
            code = (AcCode){0, (uint8_t)(symbol >> 4), 0};
            if (symbol < 0 || size + (int)scan->shift > LARGEST_AC) return 0;
            if (size == 0 && code.run < ZERO_RUN - 1) {
                reading->eob_run = (1u << code.run) - 1 + (code.run ? take(&reader, code.run) : 0);
                break;
            }
            if (size) code.value = extended(take(&reader, size), size);
        }
        k += code.run;
        if (code.value == 0) continue;
        if (k > scan->last) return 0;
        block[k] = (int16_t)(code.value * (1 << scan->shift)), found |= (uint64_t)1 << k;
    }
    reading->reader = reader, *nonzero |= found;
    return 1;
}

static inline uint32_t take_bit(Reader *reader) {
    if (reader->count == 0) refill(reader);
    return take(reader, 1);
}

// Each of these values has a correction bit, which says whether its magnitude grows.
static inline void correct(Reader *reader, uint32_t shift, int16_t *block, uint64_t values) {
    while (values) {
        refill(reader);
        uint32_t count = (uint32_t)__builtin_popcountll(values), bits;
        if (count > 16) count = 16;
        bits = take(reader, (int)count) << (32 - count);
        for (; count-- > 0; values &= values - 1, bits <<= 1) {
            int16_t *value = &block[__builtin_ctzll(values)], step = (int16_t)(bits >> 31 << shift);
            if ((*value & step) == 0) *value = (int16_t)(*value + (*value > 0 ? step : -step));
        }
    }
}

// Refines the `values` among `left`, up to the zero after `zeros` other zeros. Returns the bits of what comes after that.
static inline uint64_t refine(Reader *reader, uint32_t shift, int16_t *block, uint64_t values, uint64_t left, int zeros, uint64_t *end) {
    uint64_t free = left & ~values;
    while (zeros-- > 0) free &= free - 1;
    *end = free & -free;
    uint64_t before = *end ? *end - 1 : ~(uint64_t)0;
    correct(reader, shift, block, values & left & before);
    return left & ~(before | *end);
}

static int refine_ac(Reading *reading, const Lookup *lookup, const Scan *scan, int16_t *block, uint64_t *nonzero) {
    Reader *reader = &reading->reader;
    uint64_t values = *nonzero, left = ~(uint64_t)0 << scan->first & ~(uint64_t)0 >> (BLOCK - 1 - scan->last);
    while (reading->eob_run == 0 && left) {
        refill(reader);
        int symbol = next_symbol(reader, lookup), run = symbol >> 4, size = symbol & 15;
        if (symbol < 0 || size > 1) return 0;
        if (size == 0 && run < ZERO_RUN - 1) {
            reading->eob_run = (1u << run) + (run ? take(reader, run) : 0);
            break;
        }
        int negative = size && !take_bit(reader);
        uint64_t end;
        left = refine(reader, scan->shift, block, values, left, run, &end);
        if (size == 0) continue;
        if (end == 0) return 0;
        block[__builtin_ctzll(end)] = (int16_t)(negative ? -(1 << scan->shift) : 1 << scan->shift), *nonzero |= end;
    }
    if (reading->eob_run) {
        correct(reader, scan->shift, block, values & left);
        reading->eob_run--;
    }
    return 1;
}

static inline int read_block(Reading *reading, const Scan *scan, uint32_t i, int16_t *block, uint64_t *nonzero) {
    Reader *reader = &reading->reader;
    const Lookup *dc = &reading->dc[scan->dc[i]], *ac = &reading->ac[scan->ac[i]];
    if (!scan->progressive) {
        return read_dc(reader, dc, &reading->last_dc[i], 0, block) && read_ac(reader, ac, reading->dead_zones[i], block, nonzero);
    }
    if (scan->first && scan->refines) return refine_ac(reading, ac, scan, block, nonzero);
    if (scan->first) return read_first_ac(reading, ac, scan, block, nonzero);
    if (!scan->refines) return read_dc(reader, dc, &reading->last_dc[i], scan->shift, block);
    if (take_bit(reader)) *block = (int16_t)(*block | 1 << scan->shift);
    return 1;
}

int read_row(Reading *reading, const Scan *scan, const Image *image, const Rows *rows, size_t to) {
    int alone = scan->components == 1;
    uint32_t count = alone ? image->component[scan->component[0]].wide : image->mcus_across;
    for (uint32_t mcu = 0; mcu < count; mcu++) {
        if (is_exhausted(&reading->reader)) return 0;
        if (reading->eob_run && !scan->refines && scan->interval == 0) {  // blocks without values in this scan
            uint32_t run = reading->eob_run < count - mcu ? reading->eob_run : count - mcu;
            reading->eob_run -= run, mcu += run - 1;
            continue;
        }
        if (scan->interval && reading->left-- == 0) {
            if (!restart(reading, scan)) return 0;
            reading->left--;
        }
        for (uint32_t i = 0; i < scan->components; i++) {
            uint32_t c = scan->component[i];
            const Component *component = &image->component[c];
            uint32_t across = alone ? 1 : component->across, down = alone ? 1 : component->down;
            for (uint32_t n = 0; n < across * down; n++) {
                size_t at = (to * down + n / across) * rows->stride[c] + mcu * across + n % across;
                if (!read_block(reading, scan, i, rows->blocks[c][at], &rows->nonzero[c][at])) return 0;
            }
        }
    }
    return 1;
}
