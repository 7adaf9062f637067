// Two blocks of eight samples become one by averaging pairs, as a downscaler of pixels does. Inverse DCT, averaging and DCT
// are all linear, so their effect on the coefficients of each of the two blocks is one matrix.

#include "halve.h"
#include "zigzag.h"

#include <string.h>

typedef int16_t Shorts __attribute__((vector_size(SIDE * sizeof(int16_t))));
typedef int32_t Ints __attribute__((vector_size(SIDE * sizeof(int32_t))));

static const double COSINES[] = {       // half of cos(i * pi / 16)
    0.5, 0.49039264020161522, 0.46193976625564337, 0.41573480615127262, 0.35355339059327379,
    0.27778511650980114, 0.19134171618254492, 0.09754516100806417, 0,
};

// Sample `i` of the basis function of coefficient `k`.
static double basis(size_t k, size_t i) {
    if (k == 0) return COSINES[4];
    size_t angle = (2 * i + 1) * k % 32;
    if (angle > 16) angle = 32 - angle;
    return angle > 8 ? -COSINES[16 - angle] : COSINES[angle];
}

// For two blocks of which the first `shown` samples are visible: the others, whose content is arbitrary, are replaced by the
// last visible one.
static Halves halves_of(size_t shown) {
    Halves halves;
    memset(&halves, 0, sizeof halves);
    for (size_t to = 0; to < SIDE; to++) {
        double sums[2][SIDE] = {0};
        for (size_t i = 0; i < 2 * SIDE; i++) {
            size_t from = i < shown ? i : shown - 1;
            for (size_t k = 0; k < SIDE; k++) sums[from / SIDE][k] += basis(to, i / 2) * basis(k, from % SIDE) / 2;
        }
        for (size_t k = 0; k < SIDE; k++) halves.of[0][k][to] = (float)sums[0][k], halves.of[1][k][to] = (float)sums[1][k];
    }
    return halves;
}

void find_halves(Axis *axis, size_t samples) {
    if (!axis->halved) return;
    axis->whole = halves_of(2 * SIDE);
    axis->last = halves_of(samples - (axis->blocks - 1) * 2 * SIDE);
}

static const Halves *halves_at(const Axis *axis, size_t index) {
    return index == axis->blocks - 1 ? &axis->last : &axis->whole;
}

typedef struct {
    Line lines[SIDE];
    uint32_t used;                      // a bit for each line that has values
} Square;

// `lines` is NULL if this axis is not halved.
static int add_across(Square *to, const int16_t *block, const uint8_t *steps, const Line *lines) {
    for (size_t at = 0; at < BLOCK; at += 4) {
        uint64_t four;
        memcpy(&four, block + at, sizeof four);
        for (size_t k = at; four != 0 && k < at + 4; k++) {
            if (block[k] == 0) continue;
            size_t row = NATURAL_ORDER[k] / SIDE, column = NATURAL_ORDER[k] % SIDE;
            int32_t value = block[k] * steps[k];
            if (value > LARGEST_COEFFICIENT || value < -LARGEST_COEFFICIENT) return 0;
            to->used |= 1u << row;
            if (lines) to->lines[row] += lines[column] * (float)value;
            else to->lines[row][column] = (float)value;
        }
    }
    return 1;
}

static void add_down(Square *to, const Square *from, const Line *lines) {
    for (size_t row = 0; row < SIDE; row++) {
        if ((from->used >> row & 1) == 0) continue;
        for (size_t i = 0; i < SIDE; i++) to->lines[i] += from->lines[row] * lines[row][i];
    }
    to->used = (1 << SIDE) - 1;
}

// Rounds to whole quantisation steps; nearly all values are less than half a step.
static void put_lines(const Square *from, const Line *steps, int16_t *out) {
    const Ints limit = (Ints){0} + ((1 << LARGEST_AC) - 1);
    int16_t values[BLOCK] = {0};
    memset(out, 0, sizeof(Block));
    uint32_t used = 0;
    for (size_t row = 0; row < SIDE; row++) {
        if ((from->used >> row & 1) == 0) continue;
        Line value = from->lines[row] / steps[row];
        Ints whole = __builtin_convertvector(value + __builtin_elementwise_copysign((Line){0} + 0.5f, value), Ints);
        whole = __builtin_elementwise_max(__builtin_elementwise_min(whole, limit), -limit);
        if (!__builtin_reduce_or(whole)) continue;
        Shorts shorts = __builtin_convertvector(whole, Shorts);
        memcpy(values + SIDE * row, &shorts, sizeof shorts);
        used = 1;
    }
    for (size_t k = 0; used && k < BLOCK; k++) out[k] = values[NATURAL_ORDER[k]];
}

int halve(const Rows *rows, size_t c, const Component *component, const Axis *across, const Axis *down, size_t y, Block *out) {
    Line steps[SIDE];
    for (size_t k = 0; k < BLOCK; k++) steps[NATURAL_ORDER[k] / SIDE][NATURAL_ORDER[k] % SIDE] = component->after[k];
    size_t wide = across->halved ? 2 : 1, high = down->halved ? 2 : 1;
    for (size_t x = 0; x < across->blocks; x++) {
        Square made = {0};
        for (size_t below = 0; below < high; below++) {
            Square square = {0};
            for (size_t beside = 0; beside < wide; beside++) {
                const int16_t *block = rows->blocks[c][below * rows->stride[c] + wide * x + beside];
                const Line *lines = across->halved ? halves_at(across, x)->of[beside] : NULL;
                if (!add_across(&square, block, component->before, lines)) return 0;
            }
            if (down->halved) add_down(&made, &square, halves_at(down, y)->of[below]);
            else made = square;
        }
        put_lines(&made, steps, out[x]);
    }
    return 1;
}
