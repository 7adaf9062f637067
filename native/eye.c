// The derivative of XYB, the colour space of SSIMULACRA2 and JPEG XL (J. Alakuijala et al., ISO/IEC 18181-1), by YCbCr.
//
// Numbers are floats in a fixed order, and roots are found by division alone, so that all machines find the same.

#include "eye.h"

#include "srgb.h"

#include <string.h>

static const float CONES[3][3] = {      // of red, green and blue light
    {0.3f, 0.622f, 0.078f}, {0.23f, 0.692f, 0.078f}, {0.243422689f, 0.204767445f, 0.551809866f},
};
static const float COLOURS[3][3] = {{1, 0, 1.402f}, {1, -0.344136f, -0.714136f}, {1, 1.772f, 0}};  // of YCbCr (JFIF)
static const float DARK = 0.00379307f;  // light that the eye sees in the dark
enum { X_SCALE = 14 };                  // SSIMULACRA2's

static Lanes cube_root(Lanes value) {   // of DARK to about 1
    Wholes bits;
    memcpy(&bits, &value, sizeof bits);
    bits = __builtin_convertvector(__builtin_convertvector(bits, Lanes) * (1 / 3.0f), Wholes) + 0x2A514067;
    Lanes root;
    memcpy(&root, &bits, sizeof root);
    for (int i = 0; i < 2; i++) root = (2 * root + value / (root * root)) * (1 / 3.0f);
    return root;
}

// The light of red, green or blue, and its slope.
static void find_light(Lanes value, Lanes *light, Lanes *slope) {
    Wholes place = __builtin_convertvector(value, Wholes), lights, slopes;
    int32_t at[LANES], found[LANES], rises[LANES];  // in memory: vectors are slow to put together
    memcpy(at, &place, sizeof at);
    for (size_t lane = 0; lane < LANES; lane++) {
        int here = at[lane] < 0 ? 0 : at[lane] > 255 ? 255 : at[lane];
        int low = here > 0 ? here - 1 : 0, high = here < 255 ? here + 1 : 255;
        found[lane] = LIGHT[here], rises[lane] = (LIGHT[high] - LIGHT[low]) << (high - low == 1);
    }
    memcpy(&lights, found, sizeof lights), memcpy(&slopes, rises, sizeof slopes);
    *light = __builtin_convertvector(lights, Lanes) * (1 / 65535.0f), *slope = __builtin_convertvector(slopes, Lanes) * (0.5f / 65535);
}

// How far the channels move with what moves the cones so far.
static void see(const Lanes *cones, Lanes *channels) {
    Lanes bright = (cones[0] + cones[1]) / 2, reds = X_SCALE * (cones[0] - cones[1]) / 2, blues = cones[2] - bright;
    channels[BRIGHT] = bright * bright, channels[RED] = reds * reds, channels[BLUE] = blues * blues;
}

Sight sight_at(const Lanes *colour) {
    Lanes light[3], slope[3], moves[3][3], channels[CHANNELS];  // of each cone, with red, green and blue
    for (int i = 0; i < 3; i++)
        find_light(colour[0] + COLOURS[i][1] * colour[1] + COLOURS[i][2] * colour[2] + 128.5f, &light[i], &slope[i]);
    for (int i = 0; i < 3; i++) {
        Lanes root = cube_root(CONES[i][0] * light[0] + CONES[i][1] * light[1] + CONES[i][2] * light[2] + DARK);
        Lanes scale = 1 / (3 * root * root);
        for (int j = 0; j < 3; j++) moves[i][j] = CONES[i][j] * slope[j] * scale;
    }
    Sight sight;
    memset(&sight, 0, sizeof sight);
    for (int c = 0; c < 3; c++) {
        Lanes cones[3] = {{0}};
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++) cones[i] += moves[i][j] * COLOURS[j][c];
        see(cones, channels);
        for (int channel = 0; channel < CHANNELS; channel++) sight.of[channel][c] = channels[channel];
    }
    for (int j = 0; j < 3; j++) {
        Lanes cones[3] = {moves[0][j], moves[1][j], moves[2][j]};
        see(cones, channels);
        for (int channel = 0; channel < CHANNELS; channel++) sight.noise[channel] += channels[channel];
    }
    for (int channel = 0; channel < CHANNELS; channel++) sight.noise[channel] += sight.of[channel][0];
    return sight;
}
