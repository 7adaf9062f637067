// Requantises a JPEG's coefficients with coarser tables: from its scans to tokens, which encode.c codes. No pixels are
// decoded. The tokens are kept in memory, so that the Huffman tables can be optimal for them. The output is 4:2:0: its
// chroma has half the resolution of its luma each way, as in nearly all JPEGs; halve.c reduces it if the source has more.
//
// The caller handles the marker segments (catalight/adapters/codec/jpeg/requantise.py).

#include "halve.h"
#include "larger.h"
#include "read.h"
#include "turn.h"

#include <stdlib.h>

enum { BLOCK_TOKENS = BLOCK + 1, FIRST_CAPACITY = 1 << 16 };
enum { WHITE = 8 * 127, BLACK = 8 * 128 };  // a block's DC, above and below the middle
enum { SHADE = 4 };                     // a difference of DC that no pixel shows

typedef struct {
    uint32_t scales[BLOCK];             // old step / new step, in 65536ths
    Block dead_zone;                    // values up to this magnitude become zero
    uint32_t limits[BLOCK];             // the largest magnitudes that samples can need
    uint32_t white_from, white, black_from, black;  // the output's least DC for a source's DC from `_from` on
    uint32_t table;                     // the output's DC table; the next one is for AC
    int32_t last_dc;                    // the output's last DC value
} Quantiser;

typedef struct {
    const Image *image;
    int grey;
    uint32_t source_rows;               // of the source's MCUs in one of the output's
    Axis across, down;                  // the output's MCUs, and whether chroma is halved
    Quantiser quantiser[COMPONENTS];
    Block *chroma[COMPONENTS];          // a row of halved blocks
} Work;

// Pixels are clipped to black and white, coefficients are not: white must not be rounded to less than white.
static void find_end(uint32_t level, uint32_t before, uint32_t after, uint32_t *from, uint32_t *end) {
    *from = before == after ? UINT32_MAX : (level - SHADE + before - 1) / before;
    *end = (2 * level + after) / (2 * after);
}

static Quantiser quantiser_of(const Component *component, int chroma, int halved) {
    Quantiser quantiser = {.table = chroma ? 2 : 0, .white_from = UINT32_MAX, .black_from = UINT32_MAX};
    for (int k = 0; k < BLOCK; k++) {
        quantiser.scales[k] = halved ? 0x10000 : 0x10000u * component->before[k] / component->after[k];
        quantiser.dead_zone[k] = (int16_t)(0x7FFF / quantiser.scales[k]);
        quantiser.limits[k] = LARGEST_COEFFICIENT / (halved ? component->after[k] : component->before[k]) + 1;
    }
    if (!chroma) {
        find_end(WHITE, component->before[0], component->after[0], &quantiser.white_from, &quantiser.white);
        find_end(BLACK, component->before[0], component->after[0], &quantiser.black_from, &quantiser.black);
    }
    return quantiser;
}

static int is_halved(const Work *work) { return work->across.halved || work->down.halved; }

static Axis axis(int grey, uint32_t blocks, uint32_t mcus) {
    int halved = !grey && blocks == 1;
    return (Axis){.halved = halved, .blocks = halved ? (mcus + 1) / 2 : mcus};
}

static Work work_on(const Image *image) {
    const Component *first = &image->component[0];
    Work work = {.image = image, .grey = image->components == 1};
    work.across = axis(work.grey, first->across, image->mcus_across);
    work.down = axis(work.grey, first->down, image->mcus_down);
    work.source_rows = work.down.halved ? 2 : 1;
    for (uint32_t c = 0; c < image->components; c++)
        work.quantiser[c] = quantiser_of(&image->component[c], c > 0, c > 0 && is_halved(&work));
    return work;
}

// Sets the shape of one row of the output's MCUs. Returns its number of blocks.
static size_t shape(const Work *work, Rows *rows) {
    size_t blocks = 0;
    for (uint32_t c = 0; c < work->image->components; c++) {
        const Component *component = &work->image->component[c];
        rows->stride[c] = work->across.blocks * component->across * (work->across.halved ? 2 : 1);
        rows->rows[c] = component->down * work->source_rows;
        blocks += rows->stride[c] * rows->rows[c];
    }
    return blocks;
}

// The rows from `y` on, of `count`. The blocks are stored component by component.
static Rows rows_of(const Work *work, Block *blocks, size_t count, size_t y) {
    Rows rows;
    shape(work, &rows);
    for (uint32_t c = 0; c < work->image->components; c++) {
        size_t each = rows.stride[c] * rows.rows[c];
        rows.blocks[c] = blocks + y * each;
        blocks += count * each;
    }
    return rows;
}

static Block *make_blocks_for(const Work *work, size_t count) {
    Rows rows;
    return calloc(shape(work, &rows) * count, sizeof(Block));
}

static void pad_block(int16_t *block, const int16_t *neighbour) {
    memset(block, 0, sizeof(Block));
    block[0] = neighbour[0];
}

// Pads MCUs: blocks without visible samples become flat, with the DC of their neighbours.
static void pad_rows(const Work *work, const Rows *rows, size_t y) {
    for (uint32_t c = 0; c < work->image->components; c++) {
        const Component *component = &work->image->component[c];
        for (size_t r = 0; r < rows->rows[c]; r++) {
            Block *row = rows->blocks[c] + r * rows->stride[c];
            int shown = y * rows->rows[c] + r < component->high;
            for (size_t x = shown ? component->wide : 0; x < rows->stride[c]; x++)
                pad_block(row[x], shown ? row[x - 1] : (row - rows->stride[c])[x]);
        }
    }
}

static inline uint32_t magnitude(int32_t value) { return (uint32_t)(value < 0 ? -value : value); }

static inline uint32_t size_of(uint32_t value) { return 32 - (uint32_t)__builtin_clz(value << 1 | 1) - 1; }

// `half` is one half or a little less: it decides how a value exactly in the middle is rounded.
static inline uint32_t scaled(uint32_t value, uint32_t scale, uint32_t half) { return (value * scale + half) >> 16; }

static inline uint32_t token(uint32_t table, uint32_t run, int negative, uint32_t value) {
    uint32_t size = size_of(value), ones = negative ? (1u << size) - 1 : 0;
    return table << 24 | run << 20 | size << 16 | (value ^ ones);
}

static inline int put_dc(int32_t source, Quantiser *quantiser, Tokens *out) {
    int negative = source < 0;
    uint32_t value = scaled(magnitude(source), quantiser->scales[0], 0x8000);
    uint32_t from = negative ? quantiser->black_from : quantiser->white_from;
    uint32_t least = negative ? quantiser->black : quantiser->white;
    if (magnitude(source) >= from && value < least) value = least;
    int32_t level = negative ? -(int32_t)value : (int32_t)value, difference = level - quantiser->last_dc;
    quantiser->last_dc = level;
    if (size_of(magnitude(difference)) > LARGEST_DC || magnitude(source) > quantiser->limits[0]) return 0;
    out->tokens[out->count++] = token(quantiser->table, 0, difference < 0, magnitude(difference));
    return 1;
}

static inline int put_ac(const int16_t *block, const Quantiser *quantiser, uint32_t half, Tokens *out) {
    uint32_t *at = out->tokens + out->count, table = quantiser->table + 1, last = 0;
    for (uint64_t bits = larger(block, quantiser->dead_zone) & ~(uint64_t)1; bits; bits &= bits - 1) {
        uint32_t k = (uint32_t)__builtin_ctzll(bits);
        uint32_t value = scaled(magnitude(block[k]), quantiser->scales[k], half);
        if (value == 0) continue;
        if (magnitude(block[k]) > quantiser->limits[k]) return 0;
        for (; k - last > ZERO_RUN; last += ZERO_RUN) *at++ = table << 24 | ZEROS << 16;
        *at++ = token(table, k - last - 1, block[k] < 0, value);
        last = k;
    }
    if (last < BLOCK - 1) *at++ = table << 24;  // end of block: the rest are zeros
    out->count = (size_t)(at - out->tokens);
    return 1;
}

static int reserve(Tokens *out) {
    if (out->capacity - out->count >= BLOCK_TOKENS) return 1;
    size_t capacity = out->capacity ? 2 * out->capacity : FIRST_CAPACITY;
    if (capacity > out->max_count) capacity = out->max_count;
    if (capacity - out->count < BLOCK_TOKENS) return 0;
    uint32_t *tokens = realloc(out->tokens, capacity * sizeof *tokens);
    if (tokens == NULL) return 0;
    out->tokens = tokens, out->capacity = capacity;
    return 1;
}

static int put_block(const int16_t *block, Quantiser *quantiser, size_t index, Tokens *out) {
    if (!reserve(out) || !put_dc(block[0], quantiser, out)) return 0;
    return put_ac(block, quantiser, 0x7FFF + (index & 1), out);  // alternately up and down
}

static int put_mcu(Work *work, const Rows *rows, size_t y, size_t x, Tokens *out) {
    size_t side = work->grey ? 1 : 2;
    for (size_t n = 0; n < side * side; n++) {
        size_t row = n / side, column = side * x + n % side;
        if (!put_block(rows->blocks[0][row * rows->stride[0] + column], &work->quantiser[0], y + x + n, out)) return 0;
    }
    for (uint32_t c = 1; c < work->image->components; c++)
        if (!put_block(work->chroma[c][x], &work->quantiser[c], y + x, out)) return 0;
    return 1;
}

static int put_row(Work *work, const Rows *rows, size_t y, Tokens *out) {
    pad_rows(work, rows, y);
    for (uint32_t c = 1; c < work->image->components; c++) {
        if (!is_halved(work))
            work->chroma[c] = rows->blocks[c];
        else if (!halve(rows, c, &work->image->component[c], &work->across, &work->down, y, work->chroma[c]))
            return 0;
    }
    for (size_t x = 0; x < work->across.blocks; x++)
        if (!put_mcu(work, rows, y, x, out)) return 0;
    return 1;
}

static int make_chroma_rows(Work *work) {
    if (!is_halved(work)) return 1;
    find_halves(&work->across, work->image->width), find_halves(&work->down, work->image->height);
    work->chroma[1] = malloc(2 * work->across.blocks * sizeof(Block));
    work->chroma[2] = work->chroma[1] + work->across.blocks;
    return work->chroma[1] != NULL;
}

static void release_chroma_rows(const Work *work) {
    if (is_halved(work)) free(work->chroma[1]);
}

static void count_symbols(Tokens *out) {
    for (size_t i = 0; i < out->count; i++) out->histogram[out->tokens[i] >> 24][out->tokens[i] >> 16 & 255]++;
}

static int requantise_rows(Work *work, Reading *reading, const Scan *scan, Block *blocks, Tokens *out) {
    const Image *image = work->image;
    Rows rows = rows_of(work, blocks, 1, 0);
    size_t all = shape(work, &rows) * sizeof(Block);
    if (!begin_reading(reading, scan)) return 0;
    for (uint32_t row = 0; row < image->mcus_down; row++) {
        uint32_t to = row % work->source_rows;
        if (to == 0) memset(blocks, 0, all);
        if (!read_row(reading, scan, image, &rows, to)) return 0;
        int whole = to == work->source_rows - 1 || row == image->mcus_down - 1;
        if (whole && !put_row(work, &rows, row / work->source_rows, out)) return 0;
    }
    count_symbols(out);
    return 1;
}

// Requantises an image with one sequential scan of all components, with only a few rows in memory. Returns where the scan
// ends; 0 if it is broken or unusual, makes too many tokens, or there is not enough memory.
size_t requantise_scan(const Image *image, const Scan *scan, Tokens *out) {
    Work work = work_on(image);
    Reading *reading = malloc(sizeof *reading);
    Block *blocks = make_blocks_for(&work, 1);
    int ok = make_chroma_rows(&work) && reading && blocks;
    size_t end = ok && requantise_rows(&work, reading, scan, blocks, out) ? end_reading(reading, scan) : 0;
    free(reading), free(blocks), release_chroma_rows(&work);
    return end;
}

// Allocates blocks for all coefficients of an image. Returns NULL if there is not enough memory.
Block *make_blocks(const Image *image) {
    Work work = work_on(image);
    return make_blocks_for(&work, work.down.blocks);
}

void release_blocks(Block *blocks) { free(blocks); }

// Decodes a scan into the blocks. Returns where it ends; 0 if it is broken or unusual, or there is not enough memory.
size_t read_scan(const Image *image, const Scan *scan, Block *blocks) {
    Work work = work_on(image);
    Rows rows = rows_of(&work, blocks, work.down.blocks, 0);
    Reading *reading = malloc(sizeof *reading);
    size_t count = scan->components == 1 ? image->component[scan->component[0]].high : image->mcus_down;
    int ok = reading && begin_reading(reading, scan);
    for (size_t row = 0; ok && row < count; row++) ok = read_row(reading, scan, image, &rows, row);
    size_t end = ok ? end_reading(reading, scan) : 0;
    free(reading);
    return end;
}

static int put_all(Work *work, const Rows *source, const Turn *turn, Block *blocks, Tokens *out) {
    int turned = turn->across || turn->down || turn->swap;
    Block *row = turned ? make_blocks_for(work, 1) : NULL;
    int ok = row != NULL || !turned;
    for (size_t y = 0; ok && y < work->down.blocks; y++) {
        Rows rows = turned ? rows_of(work, row, 1, 0) : rows_of(work, blocks, work->down.blocks, y);
        if (turned) turn_row(work->image, turn, source, &rows, y);
        ok = put_row(work, &rows, y, out);
    }
    free(row);
    return ok;
}

// Requantises an image that is `upright` after the turn. Returns 0 for too many tokens or too little memory.
int requantise_blocks(const Image *image, const Image *upright, const Turn *turn, Block *blocks, Tokens *out) {
    Work source = work_on(image), work = work_on(upright);
    Rows rows = rows_of(&source, blocks, source.down.blocks, 0);
    int ok = make_chroma_rows(&work) && put_all(&work, &rows, turn, blocks, out);
    if (ok) count_symbols(out);
    release_chroma_rows(&work);
    return ok;
}
