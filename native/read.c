// Decodes sequential and progressive scans (T.81, annexes F and G) of untrusted files.

#include "read.h"

#include "larger.h"

enum { LARGEST_LEVEL = 1 << 14 };       // of a DC value
enum { AT_ONCE = 5 };                   // codes of at most LOOKUP_BITS that one refill is enough for

int begin_reading(Reading *reading, const Scan *scan) {
    *reading = (Reading){.left = scan->interval};
    reading->reader = (Reader){scan->data + scan->start, scan->data + scan->length, 0, 0, 0};
    for (uint32_t i = 0; i < scan->components; i++) {
        if (!index_codes(&reading->dc[i], &scan->dc_tables[scan->dc[i]])) return 0;
        if (!index_codes(&reading->ac[i], &scan->ac_tables[scan->ac[i]])) return 0;
        index_ac_codes(&reading->ac[i]);
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

static int read_dc(Reader *reader, const Lookup *lookup, int32_t *last_dc, uint32_t shift, int16_t *value) {
    refill(reader);
    int size = next_symbol(reader, lookup);
    if (size < 0 || size > LARGEST_DC) return 0;
    if (size) *last_dc += extended(take(reader, size), size);
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

// The hot loop.
static inline int read_ac(Reader *from, const Lookup *lookup, int16_t *block) {
    Reader reader = *from;
    uint32_t k = 0;
    while (k < BLOCK - 1) {
        refill(&reader);
        for (int i = 0; i < AT_ONCE && k < BLOCK - 1; i++) {
            AcCode code = lookup->ac_codes[reader.bits >> (64 - LOOKUP_BITS)];
            if (__builtin_expect(code.length != 0, 1)) {
                reader.bits <<= code.length, reader.count -= code.length;
            } else {
                SlowCode slow = slow_ac_code(reader, lookup);
                reader = slow.reader, code = slow.code, i = AT_ONCE;
                if (code.length == 0) return 0;
            }
            k += code.run + 1u;
            if (k >= BLOCK) {
                *from = reader;
                return code.run == BLOCK;
            }
            block[k] = code.value;
        }
    }
    *from = reader;
    return 1;
}

static int read_first_ac(Reading *reading, const Lookup *lookup, const Scan *scan, int16_t *block) {
    Reader *reader = &reading->reader;
    if (reading->eob_run) return reading->eob_run--, 1;
    for (uint32_t k = scan->first; k <= scan->last; k++) {
        refill(reader);
        int symbol = next_symbol(reader, lookup), run = symbol >> 4, size = symbol & 15;
        if (symbol < 0 || size + (int)scan->shift > LARGEST_AC) return 0;
        if (size == 0 && run < ZERO_RUN - 1) {
            reading->eob_run = (1u << run) - 1 + (run ? take(reader, run) : 0);
            return 1;
        }
        k += (uint32_t)run;
        if (size == 0) continue;
        if (k > scan->last) return 0;
        block[k] = (int16_t)(extended(take(reader, size), size) * (1 << scan->shift));
    }
    return 1;
}

static inline uint32_t take_bit(Reader *reader) {
    if (reader->count == 0) refill(reader);
    return take(reader, 1);
}

static void add_bit(Reader *reader, int16_t bit, int16_t *value) {
    if (take_bit(reader) && (*value & bit) == 0) *value = (int16_t)(*value + (*value > 0 ? bit : -bit));
}

// Refines the values from `k` on, up to the zero after `zeros` other zeros, or to the scan's last. Returns that index.
static uint32_t refine(Reader *reader, const Scan *scan, int16_t *block, uint64_t values, uint32_t k, int zeros) {
    uint64_t from_here = ~(uint64_t)0 << k, to_last = ~(uint64_t)0 >> (BLOCK - 1 - scan->last);
    uint64_t free = ~values & from_here & to_last;
    while (zeros-- > 0) free &= free - 1;
    uint32_t end = free ? (uint32_t)__builtin_ctzll(free) : scan->last + 1;
    uint64_t before_end = end < BLOCK ? ((uint64_t)1 << end) - 1 : ~(uint64_t)0;
    for (values &= from_here & before_end; values; values &= values - 1)
        add_bit(reader, (int16_t)(1 << scan->shift), &block[__builtin_ctzll(values)]);
    return end;
}

static int refine_ac(Reading *reading, const Lookup *lookup, const Scan *scan, int16_t *block) {
    static const Block NONE = {0};
    Reader *reader = &reading->reader;
    uint64_t values = larger(block, NONE);
    uint32_t k = scan->first;
    while (reading->eob_run == 0 && k <= scan->last) {
        refill(reader);
        int symbol = next_symbol(reader, lookup), run = symbol >> 4, size = symbol & 15;
        if (symbol < 0 || size > 1) return 0;
        if (size == 0 && run < ZERO_RUN - 1) {
            reading->eob_run = (1u << run) + (run ? take(reader, run) : 0);
            break;
        }
        int negative = size && !take_bit(reader);
        k = refine(reader, scan, block, values, k, run);
        if (size && k > scan->last) return 0;
        if (size) block[k] = (int16_t)(negative ? -(1 << scan->shift) : 1 << scan->shift);
        k++;
    }
    if (reading->eob_run) {
        if (k <= scan->last) refine(reader, scan, block, values, k, BLOCK);
        reading->eob_run--;
    }
    return 1;
}

static int read_block(Reading *reading, const Scan *scan, uint32_t i, int16_t *block) {
    Reader *reader = &reading->reader;
    if (!scan->progressive)
        return read_dc(reader, &reading->dc[i], &reading->last_dc[i], 0, block) && read_ac(reader, &reading->ac[i], block);
    if (scan->first && scan->refines) return refine_ac(reading, &reading->ac[i], scan, block);
    if (scan->first) return read_first_ac(reading, &reading->ac[i], scan, block);
    if (!scan->refines) return read_dc(reader, &reading->dc[i], &reading->last_dc[i], scan->shift, block);
    if (take_bit(reader)) *block = (int16_t)(*block | 1 << scan->shift);
    return 1;
}

int read_row(Reading *reading, const Scan *scan, const Image *image, const Rows *rows, size_t to) {
    int alone = scan->components == 1;
    uint32_t count = alone ? image->component[scan->component[0]].wide : image->mcus_across;
    for (uint32_t mcu = 0; mcu < count; mcu++) {
        if (reading->reader.padding > reading->reader.count) return 0;  // it has read beyond the end
        if (scan->interval && reading->left-- == 0) {
            if (!restart(reading, scan)) return 0;
            reading->left--;
        }
        for (uint32_t i = 0; i < scan->components; i++) {
            uint32_t c = scan->component[i];
            const Component *component = &image->component[c];
            uint32_t across = alone ? 1 : component->across, down = alone ? 1 : component->down;
            for (uint32_t n = 0; n < across * down; n++) {
                size_t row = to * down + n / across, column = mcu * across + n % across;
                if (!read_block(reading, scan, i, rows->blocks[c][row * rows->stride[c] + column])) return 0;
            }
        }
    }
    return 1;
}
