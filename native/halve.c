// Two blocks of eight values become one by the means of pairs, as where pixels are made: what that does to coefficients
// is one matrix for each block, since the transform, the means and the transform back are all linear.

#include "halve.h"
#include "zigzag.h"

#include <string.h>

typedef float Line __attribute__((vector_size(SIDE * sizeof(float))));
typedef int16_t Shorts __attribute__((vector_size(SIDE * sizeof(int16_t))));
typedef int32_t Whole __attribute__((vector_size(SIDE * sizeof(int32_t))));

// What each coefficient of a block adds to those of the output: of the first block, and of the second.
static const Line HALVES[2][SIDE] = {{
    {0.50000000f, 0.45306372f, 0, -0.15909482f, 0, 0.10630376f, 0, -0.09011998f},
    {0, 0.20387329f, 0.49039264f, 0.38793249f, 0, -0.17283543f, 0, 0.13622378f},
    {0, -0.03448742f, 0, 0.23710443f, 0.46193977f, 0.35485185f, 0, -0.17337998f},
    {0, 0.00951506f, 0, -0.04055292f, 0, 0.20387329f, 0.41573481f, 0.35991115f},
    {0, 0, 0, 0, 0, 0, 0, 0},
    {0, -0.00635776f, 0, 0.02709659f, 0, -0.13622378f, -0.27778512f, -0.24048494f},
    {0, 0.01428516f, 0, -0.09821187f, -0.19134172f, -0.14698445f, 0, 0.07181634f},
    {0, -0.04055292f, -0.09754516f, -0.07716457f, 0, 0.03437910f, 0, -0.02709659f},
}, {
    {0.50000000f, -0.45306372f, 0, 0.15909482f, 0, -0.10630376f, 0, 0.09011998f},
    {0, 0.20387329f, -0.49039264f, 0.38793249f, 0, -0.17283543f, 0, 0.13622378f},
    {0, 0.03448742f, 0, -0.23710443f, 0.46193977f, -0.35485185f, 0, 0.17337998f},
    {0, 0.00951506f, 0, -0.04055292f, 0, 0.20387329f, -0.41573481f, 0.35991115f},
    {0, 0, 0, 0, 0, 0, 0, 0},
    {0, -0.00635776f, 0, 0.02709659f, 0, -0.13622378f, 0.27778512f, -0.24048494f},
    {0, -0.01428516f, 0, 0.09821187f, -0.19134172f, 0.14698445f, 0, -0.07181634f},
    {0, -0.04055292f, 0.09754516f, -0.07716457f, 0, 0.03437910f, 0, -0.02709659f},
}};

typedef struct {
    Line lines[SIDE];
    uint32_t used;                      // a bit for each line that is not zero
} Square;

static void add_across(Square *to, const int16_t *block, const uint8_t *steps, int halved, int second) {
    for (size_t at = 0; at < BLOCK; at += 4) {
        uint64_t four;
        memcpy(&four, block + at, sizeof four);
        for (size_t k = at; four != 0 && k < at + 4; k++) {
            if (block[k] == 0) continue;
            size_t row = PLACES[k] / SIDE, column = PLACES[k] % SIDE;
            float value = (float)(block[k] * steps[k]);
            to->used |= 1u << row;
            if (halved) to->lines[row] += HALVES[second][column] * value;
            else to->lines[row][column] = value;
        }
    }
}

static void add_down(Square *to, const Square *from, int second) {
    for (size_t row = 0; row < SIDE; row++) {
        if ((from->used >> row & 1) == 0) continue;
        for (size_t i = 0; i < SIDE; i++) to->lines[i] += from->lines[row] * HALVES[second][row][i];
    }
    to->used = (1 << SIDE) - 1;
}

// Rounded to whole steps; nearly all of it is less than half a step.
static void put_lines(const Square *from, const Line *steps, int16_t *out) {
    const Whole most = (Whole){0} + ((1 << LARGEST_AC) - 1);
    int16_t values[BLOCK] = {0};
    memset(out, 0, sizeof(Block));
    uint32_t used = 0;
    for (size_t row = 0; row < SIDE; row++) {
        if ((from->used >> row & 1) == 0) continue;
        Line value = from->lines[row] / steps[row];
        Whole whole = __builtin_convertvector(value + __builtin_elementwise_copysign((Line){0} + 0.5f, value), Whole);
        whole = __builtin_elementwise_max(__builtin_elementwise_min(whole, most), -most);
        if (!__builtin_reduce_or(whole)) continue;
        Shorts shorts = __builtin_convertvector(whole, Shorts);
        memcpy(values + SIDE * row, &shorts, sizeof shorts);
        used = 1;
    }
    for (size_t k = 0; used && k < BLOCK; k++) out[k] = values[PLACES[k]];
}

void halve(const Rows *rows, size_t c, const Component *component, int across, int down, size_t columns, Block *out) {
    Line steps[SIDE];
    for (size_t k = 0; k < BLOCK; k++) steps[PLACES[k] / SIDE][PLACES[k] % SIDE] = component->after[k];
    for (size_t x = 0; x < columns; x++) {
        Square made = {0};
        for (int below = 0; below <= down; below++) {
            Square square = {0};
            for (int beside = 0; beside <= across; beside++) {
                size_t column = (size_t)(across + 1) * x + (size_t)beside;
                add_across(&square, rows->blocks[c][(size_t)below * rows->stride[c] + column], component->before, across, beside);
            }
            if (down) add_down(&made, &square, below);
            else made = square;
        }
        put_lines(&made, steps, out[x]);
    }
}
