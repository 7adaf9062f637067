#include "turn.h"

#include "zigzag.h"

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
        uint8_t row = PLACES[k] / SIDE, column = PLACES[k] % SIDE;
        if (turn->swap) row = PLACES[k] % SIDE, column = PLACES[k] / SIDE;  // in the source
        places.from[k] = zigzag[SIDE * row + column];
        places.signs[k] = (turn->across && column % 2) != (turn->down && row % 2) ? -1 : 1;
    }
    return places;
}

static void turn_block(const Places *places, const int16_t *from, int16_t *to) {
    for (size_t k = 0; k < BLOCK; k++) to[k] = (int16_t)(from[places->from[k]] * places->signs[k]);
}

void turn_row(const Picture *upright, const Turn *turn, const Rows *from, const Rows *to, size_t y) {
    Places places = places_of(turn);
    for (size_t c = 0; c < upright->components; c++) {
        const Component *component = &upright->component[c];
        size_t wide = component->wide, high = component->high, first = y * to->rows[c];
        for (size_t down = first; down < first + to->rows[c] && down < high; down++) {
            for (size_t x = 0; x < wide; x++) {
                size_t row = turn->swap ? x : down, column = turn->swap ? down : x;
                if (turn->down) row = (turn->swap ? wide : high) - 1 - row;
                if (turn->across) column = (turn->swap ? high : wide) - 1 - column;
                const int16_t *block = from->blocks[c][row * from->stride[c] + column];
                turn_block(&places, block, to->blocks[c][(down - first) * to->stride[c] + x]);
            }
        }
    }
}
