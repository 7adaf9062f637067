// Two blocks of eight samples become one by averaging pairs, as a downscaler of pixels does. Inverse DCT, averaging and DCT
// are all linear, so their effect on the coefficients of each of the two blocks is one matrix.

#include "halve.h"
#include "zigzag.h"

#include <string.h>

// For two blocks of which the first `shown` samples are visible: the others, whose content is arbitrary, are replaced by the
// last visible one.
static Halves halves_of(size_t shown) {
    Halves halves;
    double bases[SIDE][SIDE];
    for (size_t k = 0; k < SIDE; k++)
        for (size_t i = 0; i < SIDE; i++) bases[k][i] = basis(k, i);
    for (size_t to = 0; to < SIDE; to++) {
        double sums[2][SIDE] = {0};
        for (size_t i = 0; i < 2 * SIDE; i++) {
            size_t from = i < shown ? i : shown - 1;
            for (size_t k = 0; k < SIDE; k++) sums[from / SIDE][k] += bases[to][i / 2] * bases[k][from % SIDE] / 2;
        }
        for (size_t k = 0; k < SIDE; k++) halves.of[0][k][to] = (float)sums[0][k], halves.of[1][k][to] = (float)sums[1][k];
    }
    return halves;
}

void find_halves(Axis *axis, size_t samples) {
    if (!axis->halved) return;
    size_t shown = samples - (axis->blocks - 1) * 2 * SIDE;
    axis->complete = axis->blocks - (shown < 2 * SIDE);
    axis->whole = halves_of(2 * SIDE);
    axis->last = shown == 2 * SIDE ? axis->whole : halves_of(shown);
}

static const Halves *halves_at(const Axis *axis, size_t index) {
    return index == axis->blocks - 1 ? &axis->last : &axis->whole;
}

typedef struct {
    Line lines[SIDE];
    uint32_t used;                      // a bit for each line that has values
} Square;

typedef struct {
    int32_t dc;
    const uint32_t *at, *end;           // words of its AC values
} Source;

static int add_value(Square *to, int32_t value, size_t place, const Line *lines) {
    if (value > LARGEST_COEFFICIENT || value < -LARGEST_COEFFICIENT) return 0;
    size_t row = place / SIDE, column = place % SIDE;
    to->used |= 1u << row;
    if (lines) to->lines[row] += lines[column] * (float)value;
    else to->lines[row][column] = (float)value;
    return 1;
}

// `lines` is NULL if this axis is not halved.
static int add_across(Square *to, Source source, const uint8_t *steps, const Line *lines) {
    int ok = add_value(to, source.dc * steps[0], 0, lines);
    for (; source.at < source.end && ok; source.at++) {
        uint32_t k = index_of(*source.at);
        int32_t size = (int32_t)(magnitude_of(*source.at) >> FRACTION);
        ok = add_value(to, (is_negative(*source.at) ? -size : size) * steps[k], NATURAL_ORDER[k], lines);
    }
    return ok;
}

enum { HALF_SIDE = SIDE / 2 };

// The lines of two blocks, one above the other, that have values, and what each of them adds to the output's lines.
typedef struct {
    const Line *line[2 * SIDE], *adds[2 * SIDE];
    size_t count;
} Column;

static inline void add_block(Column *column, const Square *from, const Line *lines) {
    for (size_t row = 0; row < SIDE; row++) {
        column->line[column->count] = &from->lines[row], column->adds[column->count] = &lines[row];
        column->count += from->used >> row & 1;
    }
}

static inline void halve_down(const Column *column, Line *out) {
    for (size_t first = 0; first < SIDE; first += HALF_SIDE) {  // as many as fit into registers
        Line sums[HALF_SIDE] = {0};
        for (size_t n = 0; n < column->count; n++) {
            Line line = *column->line[n];
            for (size_t i = 0; i < HALF_SIDE; i++) sums[i] += line * (*column->adds[n])[first + i];
        }
        memcpy(out + first, sums, sizeof sums);
    }
}

enum { SAMPLED = 200 };                 // blocks at least, if there are so many, of which losses are measured

// The transform keeps the sum of squares, and a sample of the output stands for four.
static __attribute__((noinline)) int64_t lost_of(const Source *source, const uint8_t *steps, const Line *made) {
    int64_t before = 0;
    for (size_t i = 0; i < 2 * STRIP_ROWS; i++) {
        int32_t dc = source[i].dc * steps[0];
        before += dc * dc;
        for (const uint32_t *at = source[i].at; at < source[i].end; at++) {
            int32_t value = (int32_t)(magnitude_of(*at) >> FRACTION) * steps[index_of(*at)];
            before += value * value;
        }
    }
    Line squares = {0};
    for (size_t i = 0; i < SIDE; i++) squares += made[i] * made[i];
    float after = 0;
    for (size_t i = 0; i < SIDE; i++) after += squares[i];
    return before - (int64_t)(4 * after);
}

// Four blocks (two, if one axis is not halved) of one and the same colour give another one.
static int is_flat(const Source *source, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (source[i].at < source[i].end || source[i].dc != source[0].dc) return 0;
    return 1;
}

static int put_flat(int32_t flat, const Component *component, int16_t *dc) {
    int32_t value = flat * component->before[0], step = component->after[0], limit = ((1 << LARGEST_AC) - 1) << LINE_FRACTION;
    if (value > LARGEST_COEFFICIENT || value < -LARGEST_COEFFICIENT) return 0;
    value = (2 * value * (1 << LINE_FRACTION) + (value < 0 ? -step : step)) / (2 * step);
    *dc = (int16_t)(value > limit ? limit : value < -limit ? -limit : value);
    return 1;
}

int halve(const Strip *strip, size_t c, const Component *component, const Axis *across, const Axis *down, size_t y, Block *out,
          int16_t *dc, uint64_t *nonzero, int64_t *lost) {
    Line scales[SIDE];
    find_scales(component->after, scales);
    size_t wide = across->halved ? 2 : 1, high = down->halved ? 2 : 1;
    size_t every = across->blocks * down->blocks / SAMPLED;
    every += every == 0;
    size_t sampled = 5 * y % every;
    const uint32_t *next[STRIP_ROWS] = {strip->words[c][0], strip->words[c][1]};
    for (size_t x = 0; x < across->blocks; x++) {
        Source source[2 * STRIP_ROWS];
        for (size_t i = 0; i < wide * high; i++) {
            const uint32_t *at = next[i / wide];
            source[i] = (Source){dc_of(*at), at + 1, at + 1 + values_of(*at)}, next[i / wide] = source[i].end;
        }
        int is_sampled = x == sampled;
        sampled += is_sampled ? every : 0;
        nonzero[x] = 0;
        if (is_flat(source, wide * high)) {
            if (!put_flat(source[0].dc, component, &dc[x])) return 0;
            continue;
        }
        Square squares[STRIP_ROWS] = {0};
        Column column = {.count = 0};
        Line made[SIDE];
        for (size_t below = 0; below < high; below++) {
            for (size_t beside = 0; beside < wide; beside++) {
                const Line *lines = across->halved ? halves_at(across, x)->of[beside] : NULL;
                if (!add_across(&squares[below], source[below * wide + beside], component->before, lines)) return 0;
            }
            if (down->halved) add_block(&column, &squares[below], halves_at(down, y)->of[below]);
        }
        if (down->halved) halve_down(&column, made);
        if (is_sampled && x < across->complete && y < down->complete) *lost += (int64_t)every * lost_of(source, component->before, made);
        nonzero[x] = down->halved ? put_lines(made, (1 << SIDE) - 1, scales, out[x], &dc[x])
                                  : put_lines(squares[0].lines, squares[0].used, scales, out[x], &dc[x]);
    }
    return 1;
}
