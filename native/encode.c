// Codes the planes (T.81, annexes F and G), as one sequential scan or as several progressive ones, whichever are smaller.
//
// Progressive scans have runs of blocks without further values, so that the white around a product takes hardly any bits. They do
// not refine values bit by bit: that makes most images larger.

#include "scans.h"
#include "words.h"

#include <string.h>

enum { BLOCK_BYTES = 512 };             // more than a block can take: 64 codes of up to 27 bits
enum { RAW_BYTES = 8192 };              // of coded data that are not in the output yet
enum { HEADER_BYTES = 2048 };           // more than the tables and the header of a scan take
enum { LONGEST_EOB_RUN = 0x7FFF };

enum { MOST_SCANS = 2 + 2 * COMPONENTS };
enum { SCAN_BYTES = 16 };              // of one more scan, without its tables

// Coded data are first written without stuffing, so that no branch, which nothing could predict, depends on where bytes end.
typedef struct {
    const Output *output;
    uint8_t *at, *end;                  // of the output
    uint8_t raw[RAW_BYTES];
} Writer;

typedef struct {
    uint8_t *at;                        // in `raw`
    uint64_t bits;                      // left-aligned: of the byte that is not complete yet
    uint32_t held;
} Bits;

// Moves whole bytes to the output, with a zero after each FF. Returns 0 if there is no room for them.
static __attribute__((noinline)) int stuff(Writer *writer, const uint8_t *raw_end) {
    uint8_t *at = writer->at;
    for (const uint8_t *from = writer->raw; from < raw_end;) {
        uint64_t word;
        ptrdiff_t left = raw_end - from, count = left < (ptrdiff_t)sizeof word ? left : (ptrdiff_t)sizeof word;
        if (writer->end - at < 2 * (ptrdiff_t)sizeof word) return 0;
        memcpy(&word, from, sizeof word);
        if (((~word - 0x0101010101010101u) & word & 0x8080808080808080u) == 0) {  // no FF byte
            memcpy(at, &word, sizeof word), at += count, from += count;
            continue;
        }
        for (const uint8_t *end = from + count; from < end; from++) {
            *at++ = *from;
            if (*from == 0xFF) *at++ = 0;
        }
    }
    writer->at = at;
    return 1;
}

// All that is called in the hot loops is inlined there, so that the bits are in registers: bytes could alias them in memory.
#define HOT static inline __attribute__((always_inline))

// Makes room for a block. Returns 0 if there is none.
HOT int has_room(Writer *writer, Bits *to) {
    if (__builtin_expect(writer->raw + sizeof writer->raw - to->at >= BLOCK_BYTES, 1)) return 1;
    int ok = stuff(writer, to->at);
    to->at = writer->raw;
    return ok;
}

HOT void put(Bits *to, uint64_t bits, uint32_t count) {  // 1 to 32
    to->held += count;
    to->bits |= bits << (64 - to->held);
    uint64_t word = __builtin_bswap64(to->bits);
    memcpy(to->at, &word, sizeof word), to->at += to->held >> 3;
    to->bits <<= to->held & ~7u, to->held &= 7;
}

static int finish(Writer *writer, Bits *to) {
    if (to->held) put(to, (1u << (8 - to->held)) - 1, 8 - to->held);  // ones, to a whole byte
    return stuff(writer, to->at);
}

HOT void put_symbol(Bits *to, const Code *codes, uint32_t symbol, uint32_t size, uint32_t extra) {
    put(to, (uint32_t)codes[symbol].bits << size | extra, codes[symbol].length + size);
}

HOT void put_value(Bits *to, const Code *codes, uint32_t word, uint32_t run) {
    uint32_t value = magnitude_of(word), size = size_of(value);
    for (; run >= ZERO_RUN; run -= ZERO_RUN) put_symbol(to, codes, ZEROS, 0, 0);
    put_symbol(to, codes, run << 4 | size, size, bits_of(value, is_negative(word)));
}

HOT uint32_t put_eob_run(Bits *to, const Code *codes, uint32_t run) {
    uint32_t size = size_of(run) - 1;
    if (run) put_symbol(to, codes, size << 4, size, run & ((1u << size) - 1));
    return 0;
}

// Returns the word of the next block. `eob_run` is the number of blocks that have ended without a code.
HOT const uint32_t *put_band(Bits *to, const uint32_t *at, uint32_t first, uint32_t last, const Code *codes, uint32_t *eob_run) {
    uint32_t low = low_values_of(*at), k = first - 1;
    const uint32_t *next = at + 1 + values_of(*at), *end = last == LAST_LOW ? at + 1 + low : next;
    at += first > LAST_LOW ? 1 + low : 1;
    if (at < end) *eob_run = put_eob_run(to, codes, *eob_run);
    for (; at < end; at++) {
        put_value(to, codes, *at, index_of(*at) - k - 1);
        k = index_of(*at);
    }
    if (k < last && ++*eob_run == LONGEST_EOB_RUN) *eob_run = put_eob_run(to, codes, *eob_run);
    return next;
}

HOT int put_blocks(Writer *writer, const Plane *plane, uint32_t first, uint32_t last, const Code *codes) {
    Bits to = {.at = writer->raw};
    uint32_t eob_run = 0;
    for (size_t row = 0; row < plane->high; row++) {
        const uint32_t *at = plane->words + plane->starts[row];
        for (size_t x = 0; x < plane->wide; x++) {
            if (!has_room(writer, &to)) return 0;
            at = put_band(&to, at, first, last, codes, &eob_run);
        }
    }
    put_eob_run(&to, codes, eob_run);
    return finish(writer, &to);
}

// A loop for each kind of band.
static int put_bands(Writer *writer, const OutputScan *scan) {
    const Plane *plane = &writer->output->plane[scan->from];
    const Code *codes = writer->output->codes[scan->ac];
    if (scan->first > LAST_LOW) return put_blocks(writer, plane, LAST_LOW + 1, BLOCK - 1, codes);
    return scan->last == LAST_LOW ? put_blocks(writer, plane, 1, LAST_LOW, codes) : put_blocks(writer, plane, 1, BLOCK - 1, codes);
}

// Returns the word after that of the block.
HOT const uint32_t *put_dc(Bits *to, const uint32_t *at, int32_t *last_dc, const Code *codes) {
    int32_t difference = dc_of(*at) - *last_dc;
    uint32_t value = magnitude(difference), size = size_of(value);
    put_symbol(to, codes, size, size, bits_of(value, difference < 0));
    *last_dc = dc_of(*at);
    return at + 1;
}

// A block of a scan of all components. Returns the word of the next block.
HOT const uint32_t *put_block(Bits *to, const uint32_t *at, int32_t *last_dc, const Code *dc, const Code *ac) {
    uint32_t k = 0;
    const uint32_t *next = at + 1 + values_of(*at);
    for (at = put_dc(to, at, last_dc, dc); at < next; at++) {
        put_value(to, ac, *at, index_of(*at) - k - 1);
        k = index_of(*at);
    }
    if (k < BLOCK - 1) put_symbol(to, ac, 0, 0, 0);
    return next;
}

static int put_mcus(Writer *writer, const OutputScan *scan) {
    Bits to = {.at = writer->raw};
    Mcus mcus;
    const Output *output = writer->output;
    int32_t last_dc[COMPONENTS] = {0};
    for (size_t y = 0; begin_row(&mcus, output, y); y++) {
        for (size_t x = 0; x < mcus.across; x++) {
            for (uint32_t i = 0; i < mcus.blocks; i++) {
                if (!has_room(writer, &to)) return 0;
                const uint32_t **at = &mcus.next[mcus.row[i]], c = mcus.component[i], chroma = c > 0;
                *at = put_block(&to, *at, &last_dc[c], output->codes[DC + chroma], output->codes[scan->ac + chroma]);
            }
        }
    }
    return finish(writer, &to);
}

// The next `count` blocks of a row.
HOT const uint32_t *put_dcs(Bits *to, const uint32_t *at, uint32_t count, int32_t *last_dc, const Code *codes) {
    for (; count > 0; count--) {
        const uint32_t *next = at + 1 + values_of(*at);
        put_dc(to, at, last_dc, codes), at = next;
    }
    return at;
}

// A scan of DC of an image whose MCUs have this shape, so that all is in registers.
HOT int put_dc_scan(Writer *writer, uint32_t side, uint32_t components) {
    Bits to = {.at = writer->raw};
    Mcus mcus = {.blocks = 0};
    const Code *luma = writer->output->codes[DC], *chroma = writer->output->codes[DC + 1];
    int32_t last_luma = 0, last_blue = 0, last_red = 0;
    for (size_t y = 0; begin_row(&mcus, writer->output, y); y++) {
        const uint32_t *upper = mcus.next[0], *lower = mcus.next[1], *blue = mcus.next[side], *red = mcus.next[side + 1];
        for (size_t x = 0; x < mcus.across; x++) {
            if (!has_room(writer, &to)) return 0;
            upper = put_dcs(&to, upper, side, &last_luma, luma);
            if (side > 1) lower = put_dcs(&to, lower, side, &last_luma, luma);
            if (components == 1) continue;
            blue = put_dcs(&to, blue, 1, &last_blue, chroma);
            red = put_dcs(&to, red, 1, &last_red, chroma);
        }
    }
    return finish(writer, &to);
}

// Luma alone, or chroma alone. Rows are those of blocks that are visible.
static int put_rows_of_dcs(Writer *writer, const OutputScan *scan) {
    Bits to = {.at = writer->raw};
    const Plane *planes = writer->output->plane;
    const Code *codes = writer->output->codes[scan->dc];
    int32_t last_dc[COMPONENTS] = {0};
    for (size_t row = 0; row < planes[scan->from].high; row++) {
        const uint32_t *at[COMPONENTS];
        for (uint32_t c = scan->from; c < scan->to; c++) at[c] = planes[c].words + planes[c].starts[row];
        for (size_t x = 0; x < planes[scan->from].wide; x++) {
            if (!has_room(writer, &to)) return 0;
            for (uint32_t c = scan->from; c < scan->to; c++) at[c] = put_dcs(&to, at[c], 1, &last_dc[c], codes);
        }
    }
    return finish(writer, &to);
}

static int put_all_dcs(Writer *writer, const OutputScan *scan) {
    if (writer->output->luma_alone) return put_rows_of_dcs(writer, scan);
    if (writer->output->components == 1) return put_dc_scan(writer, 1, 1);
    return writer->output->side == 1 ? put_dc_scan(writer, 1, COMPONENTS) : put_dc_scan(writer, 2, COMPONENTS);
}

static uint8_t *put_table(uint8_t *at, uint32_t kind, uint32_t number, const Table *table) {
    uint32_t count = 0;
    for (int i = 0; i < LONGEST_CODE; i++) count += table->counts[i];
    *at++ = (uint8_t)(kind << 4 | number);
    memcpy(at, table->counts, LONGEST_CODE), at += LONGEST_CODE;
    memcpy(at, table->symbols, count);
    return at + count;
}

// Writes the segments of the scan's tables and of its header.
static uint8_t *put_header(uint8_t *at, const Output *output, const OutputScan *scan) {
    uint32_t count = scan->to - scan->from;
    uint8_t *start = at;
    *at++ = 0xFF, *at++ = 0xC4, at += 2;
    for (uint32_t i = 0; i < (scan->from == 0 && count > 1 ? 2 : 1); i++) {
        if (scan->first == 0) at = put_table(at, 0, i, &output->tables[scan->dc + i]);
        if (scan->last > 0) at = put_table(at, 1, i, &output->tables[scan->ac + i]);
    }
    start[2] = (uint8_t)((at - start - 2) >> 8), start[3] = (uint8_t)(at - start - 2);
    *at++ = 0xFF, *at++ = 0xDA, *at++ = 0, *at++ = (uint8_t)(6 + 2 * count), *at++ = (uint8_t)count;
    for (uint32_t c = scan->from; c < scan->to; c++) {
        uint32_t table = scan->from == 0 && c > 0;
        *at++ = (uint8_t)(c + 1), *at++ = (uint8_t)((scan->first == 0 ? table << 4 : 0) | (scan->last > 0 ? table : 0));
    }
    *at++ = (uint8_t)scan->first, *at++ = (uint8_t)scan->last, *at++ = 0;
    return at;
}

// Chooses the scans and makes their tables. Returns how many bytes they take without stuffing; 0 if a JPEG cannot hold the values.
uint64_t choose_scans(Output *output) {
    if (!count_symbols(output)) return 0;
    uint64_t luma = make_tables(output, DC, 1), chroma = make_tables(output, DC + 1, 1), alone = make_tables(output, LUMA_DC, 1);
    output->luma_alone &= alone + SCAN_BYTES < luma;
    uint64_t sequential = luma + chroma + make_tables(output, SEQUENTIAL_AC, 2);
    uint64_t progressive = chroma + (output->luma_alone ? alone + SCAN_BYTES : luma);
    for (uint32_t c = 0; c < output->components; c++) {
        uint32_t bands = c * COMPONENT_BANDS;
        uint64_t two = make_tables(output, bands + LOW, 2), one = make_tables(output, bands + WHOLE, 1);
        output->split[c] = two <= one;
        progressive += two <= one ? two : one;
    }
    output->progressive = progressive <= sequential;
    return output->progressive ? progressive : sequential;
}

// Returns the number of scans.
static uint32_t list_scans(const Output *output, OutputScan *scans) {
    uint32_t count = 0;
    if (!output->progressive) scans[count++] = (OutputScan){0, output->components, 0, BLOCK - 1, DC, SEQUENTIAL_AC};
    else if (!output->luma_alone) scans[count++] = (OutputScan){0, output->components, 0, 0, DC, 0};
    else scans[count++] = (OutputScan){0, 1, 0, 0, LUMA_DC, 0}, scans[count++] = (OutputScan){1, output->components, 0, 0, DC + 1, 0};
    for (uint32_t c = 0; output->progressive && c < output->components; c++) {
        uint32_t bands = c * COMPONENT_BANDS;
        if (output->split[c]) scans[count++] = (OutputScan){c, c + 1, 1, LAST_LOW, 0, bands + LOW};
        scans[count++] = output->split[c] ? (OutputScan){c, c + 1, LAST_LOW + 1, BLOCK - 1, 0, bands + HIGH}
                                          : (OutputScan){c, c + 1, 1, BLOCK - 1, 0, bands + WHOLE};
    }
    return count;
}

// Writes the scans, with their tables. Returns the number of bytes, or 0 if they exceed `capacity`.
size_t encode(const Output *output, uint8_t *out, size_t capacity) {
    OutputScan scans[MOST_SCANS];
    uint32_t count = list_scans(output, scans);
    Writer writer;
    writer.output = output, writer.at = out, writer.end = out + capacity;
    for (const OutputScan *scan = scans; scan < scans + count; scan++) {
        if (writer.end - writer.at < HEADER_BYTES) return 0;
        writer.at = put_header(writer.at, output, scan);
        int ok = scan->first ? put_bands(&writer, scan) : scan->last ? put_mcus(&writer, scan) : put_all_dcs(&writer, scan);
        if (!ok) return 0;
    }
    return (size_t)(writer.at - out);
}
