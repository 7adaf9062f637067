// Decodes sequential and progressive scans (T.81, annexes F and G) of untrusted files.

#include "read.h"
#include "refine.h"
#include "sequential.h"

int begin_reading(Reading *reading, const Scan *scan, uint32_t least_limit) {
    int with_dc = scan->first == 0 && !scan->refines, with_ac = scan->last > 0;
    reading->left = scan->interval, reading->restarts = reading->eob_run = 0;
    memset(reading->last_dc, 0, sizeof reading->last_dc);
    reading->all = no_quantiser();
    if (scan->refines) find_places(&reading->places);
    reading->reader = (Reader){scan->data + scan->start, scan->data + scan->length, 0, 0, 0};
    for (uint32_t table = 0; table < TABLES; table++) {
        uint32_t dc = 0, ac = 0;
        for (uint32_t i = 0; i < scan->components; i++) dc |= scan->dc[i] == table, ac |= scan->ac[i] == table;
        if (with_dc && dc && !index_codes(&reading->dc[table], &scan->dc_tables[table])) return 0;
        if (with_ac && ac && !index_codes(&reading->ac[table], &scan->ac_tables[table])) return 0;
        if (with_dc && dc) index_values(&reading->dc[table], 0);
        if (with_ac && ac) index_values(&reading->ac[table], 1);
        if (with_ac && ac && !scan->progressive) index_pairs(&reading->ac[table], (int32_t)least_limit);
        if (with_ac && ac && scan->progressive) index_runs(&reading->ac[table]);
        if (with_ac && ac && scan->refines) leave_out_sizes(&reading->ac[table]);
    }
    for (uint32_t i = 0; i < scan->components && !scan->progressive; i++)
        index_openings(&reading->dc[scan->dc[i]], &reading->ac[scan->ac[i]], reading->openings[i]);
    return 1;
}

size_t end_reading(Reading *reading, const Scan *scan) {
    reading->reader = refilled_bytewise(reading->reader);
    return at_marker(&reading->reader) ? (size_t)(reading->reader.at - scan->data) : 0;
}

int restart(Reading *reading, const Scan *scan) {
    Reader *reader = &reading->reader;
    *reader = refilled_bytewise(*reader);
    if (!at_marker(reader) || reader->at[1] != 0xD0 + reading->restarts++ % 8) return 0;
    *reader = (Reader){reader->at + 2, reader->end, 0, 0, 0};
    memset(reading->last_dc, 0, sizeof reading->last_dc);
    reading->eob_run = 0;
    reading->left = scan->interval;
    return 1;
}

// The blocks of a component in an MCU: returns how many there are down, and sets `across`.
static inline uint32_t blocks_of(const Scan *scan, const Component *component, uint32_t *across) {
    int alone = scan->components == 1;
    *across = alone ? 1 : component->across;
    return alone ? 1 : component->down;
}

static int read_sequential(Reading *reading, const Scan *scan, uint32_t i, int16_t *block, int16_t *dc, uint64_t *nonzero) {
    uint32_t words[BLOCK + 4];
    int possible;
    Reader reader = reading->reader;
    Coded of = coded(reading, scan, i);
    uint32_t *end = read_words(&reader, &of, &reading->all, words, &possible);
    if (end == NULL) return 0;
    *dc = (int16_t)dc_of(words[0]), *nonzero |= block_from(words + 1, end, block);
    reading->reader = reader;
    return 1;
}

// Reads the first values of a block, or the end of its band in a run of blocks.
static inline __attribute__((always_inline)) int read_first_ac(Reader *reader, uint32_t *eob_run, const Lookup *lookup, const Scan *scan,
                                                               int16_t *block, uint64_t *nonzero) {
    uint64_t found = 0;
    uint32_t last = scan->last, shift = scan->shift;
    int32_t largest = ((1 << LARGEST_AC) - 1) >> shift;
    for (uint32_t k = scan->first; k <= last; k++) {
        refill(reader);
        AcCode code = lookup->ac_codes[reader->bits >> (64 - LOOKUP_BITS)];
        if (__builtin_expect(code.length != 0, 1)) {
            reader->bits <<= code.length, reader->count -= code.length;
            if (code.run != BLOCK && is_larger(code.value, largest)) return 0;
        } else {
            int symbol = next_symbol(reader, lookup), size = symbol & 15;
            code = (AcCode){0, (uint8_t)(symbol >> 4), 0};
            if (symbol < 0 || size + (int)shift > LARGEST_AC) return 0;
            if (size == 0 && code.run < ZERO_RUN - 1) {
                *eob_run = (1u << code.run) - 1 + (code.run ? take(reader, code.run) : 0);
                break;
            }
            if (size) code.value = extended(take(reader, size), size);
        }
        if (code.run == BLOCK) {
            *eob_run = (uint32_t)code.value;
            break;
        }
        k += code.run;
        if (code.value == 0) continue;
        if (k > last) return 0;
        block[k] = (int16_t)(code.value * (1 << shift)), found |= (uint64_t)1 << k;
    }
    *nonzero |= found;
    return 1;
}

// Skips blocks that neither have values nor get any. Returns the number of the next block.
static inline uint32_t skip_empty(const uint64_t *nonzero, uint64_t band, uint32_t x, uint32_t count, uint32_t *eob_run) {
    uint32_t end = *eob_run < count - x ? x + *eob_run : count, from = x;
    while (x < end && (nonzero[x] & band) == 0) x++;
    *eob_run -= x - from;
    return x;
}

// Reads a row of blocks of a scan of AC values.
static int read_ac_row(Reading *reading, const Scan *scan, Block *blocks, uint64_t *nonzero, uint32_t count) {
    Reader reader = reading->reader;
    const Lookup *lookup = &reading->ac[scan->ac[0]];
    uint32_t eob_run = reading->eob_run;
    uint64_t band = ~(uint64_t)0 << scan->first & ~(uint64_t)0 >> (BLOCK - 1 - scan->last);
    for (uint32_t x = 0; x < count; x++) {
        if (scan->refines && !scan->interval && (x = skip_empty(nonzero, band, x, count, &eob_run)) == count) break;
        if (is_exhausted(&reader)) return 0;
        if (scan->interval && reading->left-- == 0) {
            reading->reader = reader;
            if (!restart(reading, scan)) return 0;
            reading->left--, reader = reading->reader, eob_run = 0;
        }
        if (scan->refines) {
            if (!refine_ac(&reader, &eob_run, lookup, scan, &reading->places, band, blocks[x], &nonzero[x])) return 0;
        } else if (eob_run == 0) {
            if (!read_first_ac(&reader, &eob_run, lookup, scan, blocks[x], &nonzero[x])) return 0;
        } else if (scan->interval) {
            eob_run--;
        } else {                        // blocks without values in this scan
            uint32_t run = eob_run < count - x ? eob_run : count - x;
            eob_run -= run, x += run - 1;
        }
    }
    reading->reader = reader, reading->eob_run = eob_run;
    return 1;
}

// The DC values of a component in one row of an MCU.
typedef struct {
    int16_t *at;                        // in the first MCU
    size_t across;
    const Lookup *lookup;
    int32_t *last_dc;
} DcRow;

static uint32_t list_dc_rows(Reading *reading, const Scan *scan, const Image *image, const Rows *rows, size_t to, DcRow *found) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < scan->components; i++) {
        uint32_t c = scan->component[i], across, down = blocks_of(scan, &image->component[c], &across);
        for (uint32_t r = 0; r < down; r++)
            found[count++] = (DcRow){rows->dc[c] + (to * down + r) * rows->stride[c], across, &reading->dc[scan->dc[i]], &reading->last_dc[i]};
    }
    return count;
}

static inline __attribute__((always_inline)) int read_dcs(Reader *reader, const Scan *scan, const DcRow *rows, uint32_t count, size_t mcu) {
    int ended;
    if (scan->refines && reader->count < 2 * BLOCK_ROWS) refill(reader);
    for (const DcRow *row = rows; row < rows + count; row++) {
        int16_t *at = row->at + mcu * row->across;
        for (int16_t *end = at + row->across; at < end; at++) {
            if (scan->refines) *at = (int16_t)(*at | take(reader, 1) << scan->shift);
            else if (!read_dc(reader, row->lookup, row->lookup->ac_codes, row->last_dc, scan->shift, at, &ended)) return 0;
        }
    }
    return 1;
}

static int read_dc_row(Reading *reading, const Scan *scan, const Image *image, const Rows *rows, size_t to, uint32_t mcus) {
    DcRow found[BLOCK_ROWS];
    uint32_t count = list_dc_rows(reading, scan, image, rows, to, found);
    Reader reader = reading->reader;
    for (uint32_t mcu = 0; mcu < mcus; mcu++) {
        if (is_exhausted(&reader)) return 0;
        if (scan->interval && reading->left-- == 0) {
            reading->reader = reader;
            if (!restart(reading, scan)) return 0;
            reading->left--, reader = reading->reader;
        }
        if (!read_dcs(&reader, scan, found, count, mcu)) return 0;
    }
    reading->reader = reader;
    return 1;
}

int read_row(Reading *reading, const Scan *scan, const Image *image, const Rows *rows, size_t to) {
    uint32_t count = scan->components == 1 ? image->component[scan->component[0]].wide : image->mcus_across;
    if (scan->first) {
        size_t c = scan->component[0], at = to * rows->stride[c];
        return read_ac_row(reading, scan, rows->blocks[c] + at, rows->nonzero[c] + at, count);
    }
    if (scan->progressive) return read_dc_row(reading, scan, image, rows, to, count);
    for (uint32_t mcu = 0; mcu < count; mcu++) {
        if (is_exhausted(&reading->reader)) return 0;
        if (scan->interval && reading->left-- == 0) {
            if (!restart(reading, scan)) return 0;
            reading->left--;
        }
        for (uint32_t i = 0; i < scan->components; i++) {
            uint32_t c = scan->component[i], across, down = blocks_of(scan, &image->component[c], &across);
            for (uint32_t r = 0; r < down; r++) {
                size_t at = (to * down + r) * rows->stride[c] + mcu * across;
                for (size_t end = at + across; at < end; at++)
                    if (!read_sequential(reading, scan, i, rows->blocks[c][at], &rows->dc[c][at], &rows->nonzero[c][at])) return 0;
            }
        }
    }
    return 1;
}
