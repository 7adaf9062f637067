// Turns a picture, block by block: no value changes but in its place and its sign.

#pragma once

#include "jpeg.h"

typedef struct {
    uint32_t swap;                      // whether its axes change places
    uint32_t across, down;              // whether after that it is mirrored, each way
} Turn;

// The blocks that show something in row `y` of the output's MCUs, which is `upright`, from all those of the source.
void turn_row(const Picture *upright, const Turn *turn, const Rows *from, const Rows *to, size_t y);
