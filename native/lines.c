#include "lines.h"

#include "zigzag.h"

#include <string.h>

typedef int16_t Shorts __attribute__((vector_size(SIDE * sizeof(int16_t))));
typedef int32_t Ints __attribute__((vector_size(SIDE * sizeof(int32_t))));
typedef _Bool Flags __attribute__((ext_vector_type(SIDE)));

static const double COSINES[] = {       // half of cos(i * pi / 16)
    0.5, 0.49039264020161522, 0.46193976625564337, 0.41573480615127262, 0.35355339059327379,
    0.27778511650980114, 0.19134171618254492, 0.09754516100806417, 0,
};

double basis(size_t k, size_t i) {
    if (k == 0) return COSINES[4];
    size_t angle = (2 * i + 1) * k % 32;
    if (angle > 16) angle = 32 - angle;
    return angle > 8 ? -COSINES[16 - angle] : COSINES[angle];
}

void find_scales(const uint8_t *steps, Line *scales) {
    for (size_t k = 0; k < BLOCK; k++)
        scales[NATURAL_ORDER[k] / SIDE][NATURAL_ORDER[k] % SIDE] = (1 << LINE_FRACTION) / (float)steps[k];
}

// Nearly all values are less than half a step.
uint64_t put_lines(const Line *lines, uint32_t used, const Line *scales, int16_t *out) {
    const Ints limit = (Ints){0} + (((1 << LARGEST_AC) - 1) << LINE_FRACTION), half = (Ints){0} + (1 << LINE_FRACTION) / 2;
    uint64_t large = 0, bits = 0;
    int16_t values[BLOCK];
    for (size_t row = 0; row < SIDE; row++) {
        if ((used >> row & 1) == 0) continue;
        Line value = lines[row] * scales[row];
        Ints whole = __builtin_convertvector(value + __builtin_elementwise_copysign((Line){0} + 0.5f, value), Ints);
        whole = __builtin_elementwise_max(__builtin_elementwise_min(whole, limit), -limit);
        Flags flags = __builtin_convertvector(__builtin_elementwise_abs(whole) >= half, Flags);
        Shorts shorts = __builtin_convertvector(whole, Shorts);
        uint8_t byte;
        memcpy(&byte, &flags, sizeof byte), memcpy(values + SIDE * row, &shorts, sizeof shorts);
        large |= (uint64_t)byte << (SIDE * row);
    }
    if (used & 1) out[0] = values[0];
    for (large &= ~(uint64_t)1; large; large &= large - 1) {
        size_t place = (size_t)__builtin_ctzll(large), k = ZIGZAG[place];
        out[k] = values[place], bits |= (uint64_t)1 << k;
    }
    return bits;
}
