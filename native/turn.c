#include "turn.h"

#include "zigzag.h"

enum { AHEAD = 8, CACHE_LINE = 64 };    // blocks to prefetch ahead; bytes of a cache line

typedef struct {
    uint8_t from[BLOCK];                // for each zigzag index, the index of the source coefficient
    int16_t signs[BLOCK];
} Permutation;

// Mirroring negates the coefficients of odd frequency along that axis.
static Permutation permutation_of(const Turn *turn) {
    uint8_t zigzag[BLOCK];
    for (uint8_t k = 0; k < BLOCK; k++) zigzag[NATURAL_ORDER[k]] = k;
    Permutation permutation;
    for (size_t k = 0; k < BLOCK; k++) {
        size_t row = NATURAL_ORDER[k] / SIDE, column = NATURAL_ORDER[k] % SIDE;
        permutation.from[k] = turn->swap ? zigzag[SIDE * column + row] : (uint8_t)k;
        permutation.signs[k] = (turn->across && column % 2) != (turn->down && row % 2) ? -1 : 1;
    }
    return permutation;
}

// Copies blocks that lie `step` apart so that they lie side by side. When they are rows apart, each is prefetched while
// others are processed: waiting for memory at each of them would take most of the time.
static void turn_line(const Permutation *permutation, const Block *from, ptrdiff_t step, size_t count, Block *to) {
    ptrdiff_t ahead = AHEAD * step * (ptrdiff_t)sizeof(Block);
    for (size_t x = 0; x < count; x++) {
        const int16_t *block = from[(ptrdiff_t)x * step];
        uintptr_t later = (uintptr_t)block + (uintptr_t)ahead;
        for (size_t line = 0; line < sizeof(Block); line += CACHE_LINE) __builtin_prefetch((void *)(later + line));
        for (size_t k = 0; k < BLOCK; k++) to[x][k] = (int16_t)(block[permutation->from[k]] * permutation->signs[k]);
    }
}

void turn_row(const Image *upright, const Turn *turn, const Rows *from, const Rows *to, size_t y) {
    Permutation permutation = permutation_of(turn);
    for (size_t c = 0; c < upright->components; c++) {
        ptrdiff_t wide = upright->component[c].wide, high = upright->component[c].high, stride = (ptrdiff_t)from->stride[c];
        ptrdiff_t across = turn->swap ? stride : 1, down = turn->swap ? 1 : stride;
        for (size_t r = 0; r < to->rows[c]; r++) {
            ptrdiff_t row = (ptrdiff_t)(y * to->rows[c] + r);
            if (row >= high) break;
            const Block *line = from->blocks[c] + down * (turn->down ? high - 1 - row : row);
            if (turn->across) line += across * (wide - 1);
            turn_line(&permutation, line, turn->across ? -across : across, (size_t)wide, to->blocks[c] + r * to->stride[c]);
        }
    }
}
