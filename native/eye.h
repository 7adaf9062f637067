// How much the eye sees of an error, by the colour that it is on.

#pragma once

#include "jpeg.h"

enum { BRIGHT, RED, BLUE, CHANNELS };   // XYB's Y; X, red against green; B, blue against both

// Squared: how far each channel moves with luma, blue and red chroma (YCbCr) around a colour.
typedef struct {
    float of[CHANNELS][COMPONENTS];
} Sight;

Sight sight_at(float luma, float blue, float red);
