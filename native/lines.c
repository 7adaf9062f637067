#include "lines.h"

#include "zigzag.h"

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

static int16_t whole(float value) {
    int32_t limit = ((1 << LARGEST_AC) - 1) << LINE_FRACTION, near = (int32_t)(value + (value < 0 ? -0.5f : 0.5f));
    return (int16_t)(near > limit ? limit : near < -limit ? -limit : near);
}

// Nearly all values are less than half a step: only the others are converted.
uint64_t put_lines(const Line *lines, uint32_t used, const Line *scales, int16_t *out, int16_t *dc) {
    const Line least = (Line){0} + ((1 << LINE_FRACTION) / 2 - 0.5f);  // what becomes half a step
    uint64_t large = 0, bits = 0;
    float values[BLOCK];
    for (size_t row = 0; row < SIDE; row++) {
        if ((used >> row & 1) == 0) continue;
        Line value = lines[row] * scales[row];
        memcpy(values + SIDE * row, &value, sizeof value);
        large |= flags_of(__builtin_elementwise_abs(value) >= least, row);
    }
    if (used & 1) *dc = whole(values[0]);
    for (large &= ~(uint64_t)1; large; large &= large - 1) {
        size_t place = (size_t)__builtin_ctzll(large), k = ZIGZAG[place];
        out[k] = whole(values[place]), bits |= (uint64_t)1 << k;
    }
    return bits;
}
