// Decodes sequential and progressive scans (T.81, annexes F and G) of untrusted files.

#include "read.h"
#include "refine.h"

enum { LARGEST_LEVEL = 1 << 14 };       // of a DC value
enum { AT_ONCE = 4 };                   // codes of at most LOOKUP_BITS that one refill is enough for, after a DC value
enum { LINES = 2 + COMPONENTS - 1 };    // of blocks in an MCU, at most

int begin_reading(Reading *reading, const Scan *scan) {
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
        if (with_ac && ac && !scan->progressive) index_pairs(&reading->ac[table]);
        if (with_ac && ac && scan->progressive && !scan->refines) index_runs(&reading->ac[table]);
    }
    for (uint32_t i = 0; i < scan->components && !scan->progressive; i++)
        index_openings(&reading->dc[scan->dc[i]], &reading->ac[scan->ac[i]], reading->openings[i]);
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
    return put_size(quantiser, k, value >> 1, (value & 1) << 25, at);
}

// The hot loop. Writes the words of a block's AC values, and sometimes one or two more. Returns their end, or NULL if broken.
// `sizes` gets the bits of all magnitudes, doubled.
static inline __attribute__((always_inline)) uint32_t *read_values(Reader *reader, const Lookup *lookup, const Quantiser *quantiser,
                                                                   uint32_t *at, uint32_t *sizes) {
    for (uint32_t k = 0;;) {
        for (int i = 0; i < AT_ONCE; i++) {
            AcPair pair = lookup->ac_pairs[reader->bits >> (64 - LOOKUP_BITS)];
            uint32_t first = k + pair.first;
            if (__builtin_expect(first >= BLOCK - 1, 0)) {
                SlowCode slow = slow_ac_code(*reader, lookup);
                *reader = slow.reader, k += slow.code.run + 1u;
                if (slow.code.length == 0 || k >= BLOCK) return slow.code.length && slow.code.run == BLOCK ? at : NULL;
                uint32_t size = magnitude(slow.code.value);
                *sizes |= 2 * size;
                at = put_size(quantiser, k, size, slow.code.value < 0 ? NEGATIVE : 0, at);
                if (k == BLOCK - 1) return at;
                break;
            }
            reader->bits <<= pair.length, reader->count -= pair.length;
            at = put_signed(quantiser, first, pair.values[0], at);
            k = first + pair.second;
            at = put_signed(quantiser, k, pair.values[1], at);
            *sizes |= pair.values[0] | pair.values[1];
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
    uint32_t sizes = 0, *end = read_values(reader, coded->ac, quantiser, at + 1, &sizes);
    if (end == NULL) return NULL;
    *at |= (uint32_t)(end - at - 1);
    if (__builtin_expect(sizes / 2 >= quantiser->least_limit, 0)) *possible &= !is_any_too_large(quantiser, at + 1, end);
    return end;
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
    for (uint32_t k = scan->first; k <= last; k++) {
        refill(reader);
        AcCode code = lookup->ac_codes[reader->bits >> (64 - LOOKUP_BITS)];
        if (__builtin_expect(code.length != 0, 1)) {
            reader->bits <<= code.length, reader->count -= code.length;
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

static inline uint32_t take_bit(Reader *reader) {
    if (reader->count == 0) refill(reader);
    return take(reader, 1);
}

static inline __attribute__((always_inline)) int read_block(Reading *reading, Reader *reader, const Scan *scan, uint32_t i, const Rows *rows,
                                                            uint32_t c, size_t at) {
    int16_t *dc = &rows->dc[c][at];
    int ended;
    if (!scan->progressive) {
        reading->reader = *reader;
        int ok = read_sequential(reading, scan, i, rows->blocks[c][at], dc, &rows->nonzero[c][at]);
        *reader = reading->reader;
        return ok;
    }
    const Lookup *lookup = &reading->dc[scan->dc[i]];
    if (!scan->refines) return read_dc(reader, lookup, lookup->ac_codes, &reading->last_dc[i], scan->shift, dc, &ended);
    *dc = (int16_t)(*dc | take_bit(reader) << scan->shift);  // without a branch: nothing could predict it
    return 1;
}

// Reads a row of blocks of a scan of AC values.
static int read_ac_row(Reading *reading, const Scan *scan, Block *blocks, uint64_t *nonzero, uint32_t count) {
    Reader reader = reading->reader;
    const Lookup *lookup = &reading->ac[scan->ac[0]];
    uint32_t eob_run = reading->eob_run;
    for (uint32_t x = 0; x < count; x++) {
        if (is_exhausted(&reader)) return 0;
        if (scan->interval && reading->left-- == 0) {
            reading->reader = reader;
            if (!restart(reading, scan)) return 0;
            reading->left--, reader = reading->reader, eob_run = 0;
        }
        if (scan->refines) {
            if (!refine_ac(&reader, &eob_run, lookup, scan, &reading->places, blocks[x], &nonzero[x])) return 0;
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

int read_row(Reading *reading, const Scan *scan, const Image *image, const Rows *rows, size_t to) {
    int alone = scan->components == 1;
    uint32_t count = alone ? image->component[scan->component[0]].wide : image->mcus_across;
    if (scan->first) {
        size_t c = scan->component[0], at = to * rows->stride[c];
        return read_ac_row(reading, scan, rows->blocks[c] + at, rows->nonzero[c] + at, count);
    }
    Reader reader = reading->reader;
    for (uint32_t mcu = 0; mcu < count; mcu++) {
        if (is_exhausted(&reader)) return 0;
        if (scan->interval && reading->left-- == 0) {
            reading->reader = reader;
            if (!restart(reading, scan)) return 0;
            reading->left--, reader = reading->reader;
        }
        for (uint32_t i = 0; i < scan->components; i++) {
            uint32_t c = scan->component[i];
            const Component *component = &image->component[c];
            uint32_t across = alone ? 1 : component->across, down = alone ? 1 : component->down;
            for (uint32_t r = 0; r < down; r++) {
                size_t at = (to * down + r) * rows->stride[c] + mcu * across;
                for (size_t end = at + across; at < end; at++)
                    if (!read_block(reading, &reader, scan, i, rows, c, at)) return 0;
            }
        }
    }
    reading->reader = reader;
    return 1;
}

static void begin_strip(Strip *strip, const Image *image, size_t row, size_t to) {
    for (uint32_t c = 0; c < image->components; c++) {
        const Component *component = &image->component[c];
        size_t rows = component->down, wide = component->wide;
        for (size_t i = 0; i < rows; i++) {
            size_t r = to * rows + i;
            int is_lowest = row * rows + i == component->high - 1;
            strip->ends[c][r] = strip->words[c][r];
            strip->kept_from[c][r] = strip->lower_kept[c] && is_lowest ? 0 : strip->right_kept[c] ? wide - 1 : wide;
        }
    }
}

// The blocks of a component in one row of an MCU.
typedef struct {
    Coded coded;
    const Quantiser *quantiser;
    uint32_t **at, **kept;
    size_t across, whole, kept_from, shown;  // `whole`: the first blocks of a row, which are all visible and not kept
} Line;

static uint32_t begin_lines(Reading *reading, const Scan *scan, const Image *image, const Quantiser *quantisers, Strip *strip, size_t row,
                            size_t to, Line *lines) {
    uint32_t count = 0;
    for (uint32_t c = 0; c < image->components; c++) {
        const Component *component = &image->component[c];
        for (uint32_t r = 0; r < component->down; r++) {
            size_t at = to * component->down + r, kept_from = strip->kept_from[c][at];
            size_t shown = row * component->down + r < component->high ? component->wide : 0;
            lines[count++] = (Line){coded(reading, scan, c), &quantisers[c], &strip->ends[c][at], &strip->kept[c][at],
                                    component->across, kept_from < shown ? kept_from : shown, kept_from, shown};
        }
    }
    return count;
}

// Reads block `x` of a line, which is kept or not visible.
static __attribute__((noinline)) int read_last(Reading *reading, const Line *line, size_t x) {
    int possible;
    const Quantiser *quantiser = x < line->kept_from ? line->quantiser : &reading->all;
    if (x == line->kept_from) *line->kept = *line->at;
    uint32_t *end = read_words(&reading->reader, &line->coded, quantiser, *line->at, &possible);
    if (end == NULL) return 0;
    if (x < line->shown) *line->at = end;
    return x >= line->shown || possible;
}

int read_strip(Reading *reading, const Scan *scan, const Image *image, const Quantiser *quantisers, Strip *strip, size_t row, size_t to) {
    Reader reader = reading->reader;
    Line lines[LINES];
    if (is_exhausted(&reader)) return 0;
    begin_strip(strip, image, row, to);
    uint32_t count = begin_lines(reading, scan, image, quantisers, strip, row, to, lines);
    for (uint32_t mcu = 0; mcu < image->mcus_across; mcu++) {
        if (scan->interval && reading->left-- == 0) {
            reading->reader = reader;
            if (!restart(reading, scan)) return 0;
            reading->left--, reader = reading->reader;
        }
        for (const Line *line = lines; line < lines + count; line++) {
            for (size_t x = mcu * line->across; x < (mcu + 1) * line->across; x++) {
                if (__builtin_expect(x >= line->whole, 0)) {
                    reading->reader = reader;
                    if (!read_last(reading, line, x)) return 0;
                    reader = reading->reader;
                    continue;
                }
                int possible;
                uint32_t *end = read_words(&reader, &line->coded, line->quantiser, *line->at, &possible);
                if (end == NULL || !possible) return 0;
                *line->at = end;
            }
        }
    }
    reading->reader = reader;
    return 1;
}
