// Compares values of fine steps with those of coarse steps, in eight blocks at once.

#pragma once

#include "estimate.h"
#include "gather.h"

// Of errors of DC; of the others at a quarter of the size, at half of it, and at full size. Of the values that are left.
enum { EVEN, LOW, HALF_SIZE, ALL, LEFT_LOW, LEFT_ALL, ENERGIES };

typedef struct {
    Lanes of[ENERGIES];
} Energies;

// What noise of energy 1 in each sample adds to each of the energies (LOW is with DC here): in luma or chroma of full resolution,
// in chroma of half the resolution, and in grey images, which have no chroma.
extern const float NOISE[LEFT_LOW], HALVED_NOISE[LEFT_LOW], NO_NOISE[LEFT_LOW];

// The energy in a channel. With luma alone, hardly any but brightness changes.
static inline Lanes seen(const Sight *sight, size_t channel, const Energies *energies, size_t kind) {
    const Lanes *of = sight->of[channel];
    Lanes chroma = of[1] * energies[1].of[kind] + of[2] * energies[2].of[kind];
    return channel == BRIGHT ? of[0] * energies[0].of[kind] + chroma : chroma;
}

// The coarse steps of a component.
typedef struct {
    float steps[BLOCK], inverses[BLOCK];
    float zone;                         // in steps: less becomes zero
    float white, black;                 // of luma: what white and black become at least
    const Shares *shares;
} Coarse;

Coarse coarse_of(const Sample *sample, uint32_t c, const uint8_t *steps, float zone);

// The energies of the errors of a group, after the search or predicted; of luma those that only chroma needs are zero. The
// magnitudes of the levels, which have these bits, become zero again.
Energies predicted_errors(const Sample *sample, uint32_t c, const Coarse *coarse, const Group *group);
Energies measured_errors(const Sample *sample, uint32_t c, const Coarse *coarse, const Group *group, Levels *levels, uint64_t bits);

// Those of the fifth to the eighth block of a group of chroma lie on the second group of luma, or each block on one.
static inline Lanes on_luma(Lanes chroma, uint32_t side, size_t half) {
    if (side == 1) return chroma;
    if (half == 0) return __builtin_shufflevector(chroma, chroma, 0, 0, 1, 1, 2, 2, 3, 3);
    return __builtin_shufflevector(chroma, chroma, 4, 4, 5, 5, 6, 6, 7, 7);
}

// Makes the shares of a component that has half of luma's resolution, or all of it.
Shares shares_of(int halved);
