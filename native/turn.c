#include "turn.h"

#include "zigzag.h"

enum { AHEAD = 8, LINE = 64 };          // blocks, and the bytes that memory gives at once

typedef struct {
    uint8_t from[BLOCK];                // the place of what comes to each place, in zigzag order
    int16_t signs[BLOCK];
} Places;

// In a mirrored block the waves that are odd, that way, change their signs.
static Places places_of(const Turn *turn) {
    uint8_t zigzag[BLOCK];
    for (uint8_t k = 0; k < BLOCK; k++) zigzag[PLACES[k]] = k;
    Places places;
    for (size_t k = 0; k < BLOCK; k++) {
        size_t row = PLACES[k] / SIDE, column = PLACES[k] % SIDE;
        places.from[k] = turn->swap ? zigzag[SIDE * column + row] : (uint8_t)k;
        places.signs[k] = (turn->across && column % 2) != (turn->down && row % 2) ? -1 : 1;
    }
    return places;
}

// Blocks that lie `step` apart come to lie side by side. Where that is rows apart, each is fetched while others are
// turned: a wait for memory at each of them would take most of the time.
static void turn_line(const Places *places, const Block *from, ptrdiff_t step, size_t count, Block *to) {
    ptrdiff_t ahead = AHEAD * step * (ptrdiff_t)sizeof(Block);
    for (size_t x = 0; x < count; x++) {
        const int16_t *block = from[(ptrdiff_t)x * step];
        uintptr_t later = (uintptr_t)block + (uintptr_t)ahead;
        for (size_t line = 0; line < sizeof(Block); line += LINE) __builtin_prefetch((void *)(later + line));
        for (size_t k = 0; k < BLOCK; k++) to[x][k] = (int16_t)(block[places->from[k]] * places->signs[k]);
    }
}

void turn_row(const Picture *upright, const Turn *turn, const Rows *from, const Rows *to, size_t y) {
    Places places = places_of(turn);
    for (size_t c = 0; c < upright->components; c++) {
        ptrdiff_t wide = upright->component[c].wide, high = upright->component[c].high, stride = (ptrdiff_t)from->stride[c];
        ptrdiff_t across = turn->swap ? stride : 1, down = turn->swap ? 1 : stride;
        for (size_t r = 0; r < to->rows[c]; r++) {
            ptrdiff_t row = (ptrdiff_t)(y * to->rows[c] + r);
            if (row >= high) break;
            const Block *line = from->blocks[c] + down * (turn->down ? high - 1 - row : row);
            if (turn->across) line += across * (wide - 1);
            turn_line(&places, line, turn->across ? -across : across, (size_t)wide, to->blocks[c] + r * to->stride[c]);
        }
    }
}
