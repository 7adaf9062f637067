// Gives a JPEG's coefficients coarser steps: from its scans to tokens, which encode.c codes. No pixel is made, and the
// tokens are kept so that the coding can have the tables that suit them best. The output has colours at half of the
// brightness's resolution, as nearly all JPEGs do; where the source has more of them, halve.c makes them less.
//
// Markers are the caller's (catalight/adapters/jpeg/requantise.py).

#include "halve.h"
#include "larger.h"
#include "read.h"
#include "turn.h"

#include <stdlib.h>

enum { BLOCK_TOKENS = BLOCK + 1, FIRST_ROOM = 1 << 16 };
enum { WHITE = 8 * 127, BLACK = 8 * 128 };  // a block's DC, from the middle up and down
enum { SHADE = 4 };                     // DC that no pixel shows

typedef struct {
    uint32_t scales[BLOCK];             // old step / new step, in 65536ths
    Block vanish;                       // what becomes zero, up to this
    uint32_t most[BLOCK];               // what samples can need
    uint32_t white_from, white, black_from, black;  // from this DC on, up and down, it is at least that one
    uint32_t target;                    // the table of its DC values in the output; the next one is for AC
    int32_t level;                      // its last DC value
} Coarser;

typedef struct {
    const Picture *picture;
    int grey;
    uint32_t source_rows;               // of the source's MCUs, in one of the output's
    Axis across, down;                  // the output's MCUs, and whether colours are halved
    Coarser coarser[COMPONENTS];
    Block *colours[COMPONENTS];         // a row of halved ones
} Work;

// Pixels end at black and white, coefficients do not: white must not be rounded to what is not quite white.
static void find_end(uint32_t level, uint32_t before, uint32_t after, uint32_t *from, uint32_t *end) {
    *from = before == after ? UINT32_MAX : (level - SHADE + before - 1) / before;
    *end = (2 * level + after) / (2 * after);
}

static Coarser coarser_of(const Component *component, int colour, int halved) {
    Coarser coarser = {.target = colour ? 2 : 0, .white_from = UINT32_MAX, .black_from = UINT32_MAX};
    for (int k = 0; k < BLOCK; k++) {
        coarser.scales[k] = halved ? 0x10000 : 0x10000u * component->before[k] / component->after[k];
        coarser.vanish[k] = (int16_t)(0x7FFF / coarser.scales[k]);
        coarser.most[k] = FURTHEST / (halved ? component->after[k] : component->before[k]) + 1;
    }
    if (!colour) {
        find_end(WHITE, component->before[0], component->after[0], &coarser.white_from, &coarser.white);
        find_end(BLACK, component->before[0], component->after[0], &coarser.black_from, &coarser.black);
    }
    return coarser;
}

static int halves(const Work *work) { return work->across.halved || work->down.halved; }

static Axis axis(int grey, uint32_t blocks, uint32_t units) {
    int halved = !grey && blocks == 1;
    return (Axis){.halved = halved, .blocks = halved ? (units + 1) / 2 : units};
}

static Work work_on(const Picture *picture) {
    const Component *first = &picture->component[0];
    Work work = {.picture = picture, .grey = picture->components == 1};
    work.across = axis(work.grey, first->across, picture->units_across);
    work.down = axis(work.grey, first->down, picture->units_down);
    work.source_rows = work.down.halved ? 2 : 1;
    for (uint32_t c = 0; c < picture->components; c++)
        work.coarser[c] = coarser_of(&picture->component[c], c > 0, c > 0 && halves(&work));
    return work;
}

// The shape of one of the output's rows of MCUs; how many blocks it has.
static size_t shape(const Work *work, Rows *rows) {
    size_t blocks = 0;
    for (uint32_t c = 0; c < work->picture->components; c++) {
        const Component *component = &work->picture->component[c];
        rows->stride[c] = work->across.blocks * component->across * (work->across.halved ? 2 : 1);
        rows->rows[c] = component->down * work->source_rows;
        blocks += rows->stride[c] * rows->rows[c];
    }
    return blocks;
}

// The rows from `y` on of `many`, whose blocks stand component by component.
static Rows rows_of(const Work *work, Block *blocks, size_t many, size_t y) {
    Rows rows;
    shape(work, &rows);
    for (uint32_t c = 0; c < work->picture->components; c++) {
        size_t each = rows.stride[c] * rows.rows[c];
        rows.blocks[c] = blocks + y * each;
        blocks += many * each;
    }
    return rows;
}

static Block *make_blocks_for(const Work *work, size_t many) {
    Rows rows;
    return calloc(shape(work, &rows) * many, sizeof(Block));
}

static void continue_block(int16_t *block, const int16_t *neighbour) {
    memset(block, 0, sizeof(Block));
    block[0] = neighbour[0];
}

// Blocks that show nothing of the picture, but are needed to fill an MCU, go on as their neighbours end.
static void fill_up(const Work *work, const Rows *rows, size_t y) {
    for (uint32_t c = 0; c < work->picture->components; c++) {
        const Component *component = &work->picture->component[c];
        for (size_t r = 0; r < rows->rows[c]; r++) {
            Block *row = rows->blocks[c] + r * rows->stride[c];
            int shown = y * rows->rows[c] + r < component->high;
            for (size_t x = shown ? component->wide : 0; x < rows->stride[c]; x++)
                continue_block(row[x], shown ? row[x - 1] : (row - rows->stride[c])[x]);
        }
    }
}

static inline uint32_t magnitude(int32_t value) { return (uint32_t)(value < 0 ? -value : value); }

static inline uint32_t size_of(uint32_t value) { return 32 - (uint32_t)__builtin_clz(value << 1 | 1) - 1; }

// `half` is a little less than one half, or one half: it decides where the exact middle goes.
static inline uint32_t scaled(uint32_t value, uint32_t scale, uint32_t half) { return (value * scale + half) >> 16; }

static inline uint32_t token(uint32_t target, uint32_t run, int negative, uint32_t value) {
    uint32_t size = size_of(value), ones = negative ? (1u << size) - 1 : 0;
    return target << 24 | run << 20 | size << 16 | (value ^ ones);
}

static inline int put_dc(int32_t source, Coarser *coarser, Tokens *out) {
    int negative = source < 0;
    uint32_t value = scaled(magnitude(source), coarser->scales[0], 0x8000);
    uint32_t from = negative ? coarser->black_from : coarser->white_from, least = negative ? coarser->black : coarser->white;
    if (magnitude(source) >= from && value < least) value = least;
    int32_t level = negative ? -(int32_t)value : (int32_t)value, difference = level - coarser->level;
    coarser->level = level;
    if (size_of(magnitude(difference)) > LARGEST_DC || magnitude(source) > coarser->most[0]) return 0;
    out->tokens[out->count++] = token(coarser->target, 0, difference < 0, magnitude(difference));
    return 1;
}

static inline int put_ac(const int16_t *block, const Coarser *coarser, uint32_t half, Tokens *out) {
    uint32_t *at = out->tokens + out->count, target = coarser->target + 1, last = 0;
    for (uint64_t bits = larger(block, coarser->vanish) & ~(uint64_t)1; bits; bits &= bits - 1) {
        uint32_t k = (uint32_t)__builtin_ctzll(bits);
        uint32_t value = scaled(magnitude(block[k]), coarser->scales[k], half);
        if (value == 0) continue;
        if (magnitude(block[k]) > coarser->most[k]) return 0;
        for (; k - last > ZERO_RUN; last += ZERO_RUN) *at++ = target << 24 | ZEROS << 16;
        *at++ = token(target, k - last - 1, block[k] < 0, value);
        last = k;
    }
    if (last < BLOCK - 1) *at++ = target << 24;  // the rest are zeros
    out->count = (size_t)(at - out->tokens);
    return 1;
}

static int make_room(Tokens *out) {
    if (out->room - out->count >= BLOCK_TOKENS) return 1;
    size_t room = out->room ? 2 * out->room : FIRST_ROOM;
    if (room > out->most) room = out->most;
    if (room - out->count < BLOCK_TOKENS) return 0;
    uint32_t *tokens = realloc(out->tokens, room * sizeof *tokens);
    if (tokens == NULL) return 0;
    out->tokens = tokens, out->room = room;
    return 1;
}

static int put_block(const int16_t *block, Coarser *coarser, size_t place, Tokens *out) {
    if (!make_room(out) || !put_dc(block[0], coarser, out)) return 0;
    return put_ac(block, coarser, 0x7FFF + (place & 1), out);  // up and down by turns
}

static int put_unit(Work *work, const Rows *rows, size_t y, size_t x, Tokens *out) {
    size_t side = work->grey ? 1 : 2;
    for (size_t n = 0; n < side * side; n++) {
        size_t row = n / side, column = side * x + n % side;
        if (!put_block(rows->blocks[0][row * rows->stride[0] + column], &work->coarser[0], y + x + n, out)) return 0;
    }
    for (uint32_t c = 1; c < work->picture->components; c++)
        if (!put_block(work->colours[c][x], &work->coarser[c], y + x, out)) return 0;
    return 1;
}

static int put_row(Work *work, const Rows *rows, size_t y, Tokens *out) {
    fill_up(work, rows, y);
    for (uint32_t c = 1; c < work->picture->components; c++) {
        if (!halves(work))
            work->colours[c] = rows->blocks[c];
        else if (!halve(rows, c, &work->picture->component[c], &work->across, &work->down, y, work->colours[c]))
            return 0;
    }
    for (size_t x = 0; x < work->across.blocks; x++)
        if (!put_unit(work, rows, y, x, out)) return 0;
    return 1;
}

static int make_colours(Work *work) {
    if (!halves(work)) return 1;
    find_halves(&work->across, work->picture->width), find_halves(&work->down, work->picture->height);
    work->colours[1] = malloc(2 * work->across.blocks * sizeof(Block));
    work->colours[2] = work->colours[1] + work->across.blocks;
    return work->colours[1] != NULL;
}

static void release_colours(const Work *work) {
    if (halves(work)) free(work->colours[1]);
}

static void count_symbols(Tokens *out) {
    for (size_t i = 0; i < out->count; i++) out->histogram[out->tokens[i] >> 24][out->tokens[i] >> 16 & 255]++;
}

static int work_through(Work *work, Reading *reading, const Scan *scan, Block *blocks, Tokens *out) {
    const Picture *picture = work->picture;
    Rows rows = rows_of(work, blocks, 1, 0);
    size_t all = shape(work, &rows) * sizeof(Block);
    if (!begin_reading(reading, scan)) return 0;
    for (uint32_t row = 0; row < picture->units_down; row++) {
        uint32_t to = row % work->source_rows;
        if (to == 0) memset(blocks, 0, all);
        if (!read_row(reading, scan, picture, &rows, to)) return 0;
        int whole = to == work->source_rows - 1 || row == picture->units_down - 1;
        if (whole && !put_row(work, &rows, row / work->source_rows, out)) return 0;
    }
    count_symbols(out);
    return 1;
}

// A picture with one sequential scan of all components, of which a few rows are held at a time. Where the scan ends;
// 0: it is broken or unusual, makes too many tokens, or there is no memory.
size_t requantise_scan(const Picture *picture, const Scan *scan, Tokens *out) {
    Work work = work_on(picture);
    Reading *reading = malloc(sizeof *reading);
    Block *blocks = make_blocks_for(&work, 1);
    int able = make_colours(&work) && reading && blocks;
    size_t end = able && work_through(&work, reading, scan, blocks, out) ? end_reading(reading, scan) : 0;
    free(reading), free(blocks), release_colours(&work);
    return end;
}

// Room for all coefficients of a picture. NULL: no memory.
Block *make_blocks(const Picture *picture) {
    Work work = work_on(picture);
    return make_blocks_for(&work, work.down.blocks);
}

void release_blocks(Block *blocks) { free(blocks); }

// Adds what a scan tells to the blocks. Where the scan ends; 0: it is broken or unusual, or there is no memory.
size_t read_scan(const Picture *picture, const Scan *scan, Block *blocks) {
    Work work = work_on(picture);
    Rows rows = rows_of(&work, blocks, work.down.blocks, 0);
    Reading *reading = malloc(sizeof *reading);
    size_t many = scan->components == 1 ? picture->component[scan->component[0]].high : picture->units_down;
    int able = reading && begin_reading(reading, scan);
    for (size_t row = 0; able && row < many; row++) able = read_row(reading, scan, picture, &rows, row);
    size_t end = able ? end_reading(reading, scan) : 0;
    free(reading);
    return end;
}

static int put_all(Work *work, const Rows *source, const Turn *turn, Block *blocks, Tokens *out) {
    int turned = turn->across || turn->down || turn->swap;
    Block *row = turned ? make_blocks_for(work, 1) : NULL;
    int able = row != NULL || !turned;
    for (size_t y = 0; able && y < work->down.blocks; y++) {
        Rows rows = turned ? rows_of(work, row, 1, 0) : rows_of(work, blocks, work->down.blocks, y);
        if (turned) turn_row(work->picture, turn, source, &rows, y);
        able = put_row(work, &rows, y, out);
    }
    free(row);
    return able;
}

// A picture that is `upright` after a turn. 0: it makes too many tokens, or there is no memory.
int requantise_blocks(const Picture *picture, const Picture *upright, const Turn *turn, Block *blocks, Tokens *out) {
    Work source = work_on(picture), work = work_on(upright);
    Rows rows = rows_of(&source, blocks, source.down.blocks, 0);
    int able = make_colours(&work) && put_all(&work, &rows, turn, blocks, out);
    if (able) count_symbols(out);
    release_colours(&work);
    return able;
}
