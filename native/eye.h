// How much the eye sees of an error, by the colour that it is on.

#pragma once

#include "jpeg.h"

enum { LANES = 8 };                     // blocks that are worked on at once

typedef float Lanes __attribute__((vector_size(LANES * sizeof(float))));
typedef int32_t Wholes __attribute__((vector_size(LANES * sizeof(int32_t))));

enum { BRIGHT, RED, BLUE, CHANNELS };   // XYB's Y; X, red against green; B, blue against both

// Squared: how far each channel moves around a colour.
typedef struct {
    Lanes of[CHANNELS][COMPONENTS];     // with luma, blue and red chroma (YCbCr)
    Lanes noise[CHANNELS];              // with luma, red, green and blue, where each is rounded on its own
} Sight;

Sight sight_at(const Lanes *colour);
