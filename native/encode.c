// Codes the planes (T.81, annexes F and G), as one sequential scan or as several progressive ones, whichever are smaller.
//
// Progressive scans have runs of blocks without further values, so that the white around a product takes hardly any bits. They do
// not refine values bit by bit: that makes most images larger.

#include "scans.h"
#include "words.h"

#include <string.h>

enum { BLOCK_BYTES = 512 };             // more than a block can take: 64 codes of up to 27 bits, each byte stuffed
enum { HEADER_BYTES = 2048 };           // more than the tables and the header of a scan take
enum { LONGEST_EOB_RUN = 0x7FFF };

enum { MOST_SCANS = 2 + 2 * COMPONENTS };
enum { SCAN_BYTES = 16 };              // of one more scan, without its tables

typedef struct {
    const Output *output;
    uint8_t *at, *end;
    uint64_t bits;                      // the last `held` of them are still to be written
    uint32_t held;
} Writer;

static __attribute__((noinline)) uint8_t *put_stuffed(uint8_t *at, uint64_t word) {
    for (int shift = 56; shift >= 0; shift -= 8) {
        *at = (uint8_t)(word >> shift);
        if (*at++ == 0xFF) *at++ = 0;
    }
    return at;
}

// All that is called in the hot loops is inlined there, so that the writer is in registers: bytes could alias it in memory.
#define HOT static inline __attribute__((always_inline))

HOT void put(Writer *writer, uint64_t bits, uint32_t count) {  // at most 32
    uint32_t free = 64 - writer->held;
    if (__builtin_expect(count < free, 1)) {
        writer->bits = writer->bits << count | bits, writer->held += count;
        return;
    }
    uint32_t left = count - free;
    uint64_t word = writer->bits << free | bits >> left;
    writer->bits = bits, writer->held = left;  // bits that are written already do no harm
    if (__builtin_expect(((~word - 0x0101010101010101u) & word & 0x8080808080808080u) == 0, 1)) {  // no FF byte
        word = __builtin_bswap64(word);
        memcpy(writer->at, &word, sizeof word), writer->at += sizeof word;
    } else {
        writer->at = put_stuffed(writer->at, word);
    }
}

static uint8_t *finished(Writer *writer) {
    uint32_t ones = -writer->held & 7;  // padding to a whole byte
    uint64_t bits = writer->bits << ones | ((1u << ones) - 1);
    for (uint32_t held = writer->held + ones; held > 0;) {
        held -= 8;
        *writer->at = (uint8_t)(bits >> held);
        if (*writer->at++ == 0xFF) *writer->at++ = 0;
    }
    return writer->at;
}

HOT void put_symbol(Writer *writer, const Code *codes, uint32_t symbol, uint32_t size, uint32_t extra) {
    put(writer, (uint32_t)codes[symbol].bits << size | extra, codes[symbol].length + size);
}

HOT void put_value(Writer *writer, const Code *codes, uint32_t word, uint32_t run) {
    uint32_t value = magnitude_of(word), size = size_of(value);
    for (; run >= ZERO_RUN; run -= ZERO_RUN) put_symbol(writer, codes, ZEROS, 0, 0);
    put_symbol(writer, codes, run << 4 | size, size, bits_of(value, is_negative(word)));
}

HOT uint32_t put_eob_run(Writer *writer, const Code *codes, uint32_t run) {
    uint32_t size = size_of(run) - 1;
    if (run) put_symbol(writer, codes, size << 4, size, run & ((1u << size) - 1));
    return 0;
}

// Returns the word of the next block, and the run of blocks that have ended without a code.
HOT const uint32_t *put_band(Writer *writer, const uint32_t *at, const OutputScan *scan, uint32_t *eob_run) {
    const Code *codes = writer->output->codes[scan->ac];
    const uint32_t *next = at + 1 + values_of(*at);
    uint32_t k = scan->first - 1;
    for (at++; at < next && index_of(*at) < scan->first; at++) continue;
    if (at < next && index_of(*at) <= scan->last) *eob_run = put_eob_run(writer, codes, *eob_run);
    for (; at < next && index_of(*at) <= scan->last; at++) {
        put_value(writer, codes, *at, index_of(*at) - k - 1);
        k = index_of(*at);
    }
    if (k < scan->last && ++*eob_run == LONGEST_EOB_RUN) *eob_run = put_eob_run(writer, codes, *eob_run);
    return next;
}

static int put_bands(Writer *to, const OutputScan *scan) {
    Writer copy = *to, *writer = &copy;
    const Plane *plane = &writer->output->plane[scan->from];
    uint32_t eob_run = 0;
    for (size_t row = 0; row < plane->high; row++) {
        const uint32_t *at = plane->words + plane->starts[row];
        for (size_t x = 0; x < plane->wide; x++) {
            if (writer->end - writer->at < BLOCK_BYTES) return 0;
            at = put_band(writer, at, scan, &eob_run);
        }
    }
    put_eob_run(writer, writer->output->codes[scan->ac], eob_run);
    *to = copy;
    return 1;
}

// A block of a scan of all components. Returns the word of the next block.
HOT const uint32_t *put_block(Writer *writer, const uint32_t *at, int32_t *last_dc, const Code *dc, const Code *ac) {
    uint32_t word = *at++, k = 0;
    int32_t difference = dc_of(word) - *last_dc;
    uint32_t value = magnitude(difference), size = size_of(value);
    put_symbol(writer, dc, size, size, bits_of(value, difference < 0));
    *last_dc = dc_of(word);
    const uint32_t *next = at + values_of(word);
    if (ac == NULL) return next;
    for (; at < next; at++) {
        put_value(writer, ac, *at, index_of(*at) - k - 1);
        k = index_of(*at);
    }
    if (k < BLOCK - 1) put_symbol(writer, ac, 0, 0, 0);
    return at;
}

static int put_mcus(Writer *to, const OutputScan *scan) {
    Writer copy = *to, *writer = &copy;
    Mcus mcus;
    const Output *output = writer->output;
    int32_t last_dc[COMPONENTS] = {0};
    for (size_t y = 0; begin_row(&mcus, output, y); y++) {
        for (size_t x = 0; x < mcus.across; x++) {
            for (uint32_t i = 0; i < mcus.blocks; i++) {
                if (writer->end - writer->at < BLOCK_BYTES) return 0;
                const uint32_t **at = &mcus.next[mcus.row[i]], c = mcus.component[i], chroma = c > 0;
                *at = put_block(writer, *at, &last_dc[c], output->codes[DC + chroma], scan->last ? output->codes[scan->ac + chroma] : NULL);
            }
        }
    }
    *to = copy;
    return 1;
}

// DC of one or two components alone. Rows are those of blocks that are visible: so is the order of luma, and of chroma, which has
// a block of each component in an MCU.
HOT int put_dc_of(Writer *to, const OutputScan *scan, uint32_t count) {
    Writer copy = *to, *writer = &copy;
    const Plane *planes = &writer->output->plane[scan->from];
    const Code *codes = writer->output->codes[scan->dc];
    int32_t last_dc[COMPONENTS] = {0};
    for (size_t row = 0; row < planes->high; row++) {
        const uint32_t *at[COMPONENTS];
        for (uint32_t c = 0; c < count; c++) at[c] = planes[c].words + planes[c].starts[row];
        for (size_t x = 0; x < planes->wide; x++) {
            if (writer->end - writer->at < BLOCK_BYTES) return 0;
            for (uint32_t c = 0; c < count; c++) at[c] = put_block(writer, at[c], &last_dc[c], codes, NULL);
        }
    }
    *to = copy;
    return 1;
}

static int put_dc(Writer *to, const OutputScan *scan) { return scan->from == 0 ? put_dc_of(to, scan, 1) : put_dc_of(to, scan, 2); }

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

// Whether a baseline JPEG may have the differences of DC.
static int is_codable(const uint32_t *uses) {
    for (uint32_t size = LARGEST_DC + 1; size < SYMBOLS; size++)
        if (uses[size]) return 0;
    return 1;
}

// Chooses the scans and makes their tables. Returns how many bytes they take without stuffing; 0 if a JPEG cannot hold the values.
uint64_t choose_scans(Output *output) {
    if (!count_symbols(output)) return 0;
    uint64_t luma = make_tables(output, DC, 1), chroma = make_tables(output, DC + 1, 1), alone = make_tables(output, LUMA_DC, 1);
    output->luma_alone = output->side > 1 && is_codable(output->histogram[LUMA_DC]) && alone + SCAN_BYTES < luma;
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
    uint8_t *at = out, *end = out + capacity;
    for (const OutputScan *scan = scans; scan < scans + count; scan++) {
        if (end - at < HEADER_BYTES) return 0;
        Writer writer = {.output = output, .at = put_header(at, output, scan), .end = end};
        if (!(scan->first ? put_bands : output->luma_alone && scan->last == 0 ? put_dc : put_mcus)(&writer, scan)) return 0;
        at = finished(&writer);
    }
    return (size_t)(at - out);
}
