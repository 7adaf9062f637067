#include "turn.h"

#include "zigzag.h"

enum { AHEAD = 8, CACHE_LINE = 64 };    // blocks to prefetch ahead; bytes of a cache line

typedef struct {
    uint8_t to[BLOCK];                  // for each zigzag index of the source, the index in the output
    int16_t signs[BLOCK];
} Permutation;

// Mirroring negates the coefficients of odd frequency along that axis.
static Permutation permutation_of(const Turn *turn) {
    Permutation permutation;
    for (size_t k = 0; k < BLOCK; k++) {
        size_t row = NATURAL_ORDER[k] / SIDE, column = NATURAL_ORDER[k] % SIDE, to = turn->swap ? SIDE * column + row : SIDE * row + column;
        size_t odd_across = (turn->swap ? row : column) % 2, odd_down = (turn->swap ? column : row) % 2;
        permutation.to[k] = ZIGZAG[to];
        permutation.signs[k] = (turn->across && odd_across) != (turn->down && odd_down) ? -1 : 1;
    }
    return permutation;
}

static void turn_block(const Permutation *permutation, const int16_t *from, uint64_t nonzero, int16_t *to, uint64_t *to_nonzero) {
    *to_nonzero = 0;
    for (uint64_t bits = nonzero & ~(uint64_t)1; bits; bits &= bits - 1) {
        uint32_t k = (uint32_t)__builtin_ctzll(bits), place = permutation->to[k];
        to[place] = (int16_t)(from[k] * permutation->signs[k]), *to_nonzero |= (uint64_t)1 << place;
    }
}

// Copies blocks that lie `step` apart so that they lie side by side. When they are rows apart, each is prefetched while
// others are processed: waiting for memory at each of them would take most of the time.
static void turn_line(const Permutation *permutation, const Rows *from, size_t c, ptrdiff_t first, ptrdiff_t step, size_t count,
                      const Rows *to, size_t to_first) {
    const Block *blocks = from->blocks[c] + first;
    ptrdiff_t ahead = AHEAD * step * (ptrdiff_t)sizeof(Block);
    for (size_t x = 0; x < count; x++) {
        ptrdiff_t at = (ptrdiff_t)x * step;
        uintptr_t later = (uintptr_t)blocks[at] + (uintptr_t)ahead;
        for (size_t line = 0; line < sizeof(Block); line += CACHE_LINE) __builtin_prefetch((void *)(later + line));
        to->dc[c][to_first + x] = from->dc[c][first + at];
        turn_block(permutation, blocks[at], from->nonzero[c][first + at], to->blocks[c][to_first + x], &to->nonzero[c][to_first + x]);
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
            ptrdiff_t first = down * (turn->down ? high - 1 - row : row) + (turn->across ? across * (wide - 1) : 0);
            turn_line(&permutation, from, c, first, turn->across ? -across : across, (size_t)wide, to, r * to->stride[c]);
        }
    }
}
