// Rotates or mirrors an image block by block: values only change their position and sign.

#pragma once

#include "jpeg.h"

typedef struct {
    uint32_t swap;                      // whether to swap the axes
    uint32_t across, down;              // whether to mirror after that, horizontally and vertically
} Turn;

// Fills the visible blocks in row `y` of MCUs of the output, `upright`, from the blocks of the source.
void turn_row(const Image *upright, const Turn *turn, const Rows *from, const Rows *to, size_t y);
