#include "errors.h"

#include "words.h"
#include "zigzag.h"

#include <string.h>

enum { WHITE = SIDE * 127, BLACK = SIDE * 128 };  // DCs, above and below the middle: decoders clip what is beyond
enum { SHADE = 4 };                     // see quantise.c
static const float NEARLY_HALF = (HALF - 1) / (float)ONE;  // halves are rounded towards zero

// The share of a frequency's energy that is left after the mean of two samples, and of four: cos^2(k pi / 16), and so on.
static const float PAIRS[SIDE] = {1, 0.962f, 0.854f, 0.691f, 0.5f, 0.309f, 0.146f, 0.038f};
// What is left of half the resolution when decoders interpolate it: (3/4 + cos(k pi / 8) / 4)^2.
static const float WHOLES[SIDE] = {1, 0.962f, 0.859f, 0.715f, 0.563f, 0.429f, 0.328f, 0.27f};
static const float FOURS[SIDE] = {1, 0.821f, 0, 0.101f, 0, 0.045f, 0, 0.033f};

const float NOISE[] = {1, 4, 15, 63}, HALVED_NOISE[] = {4, 16, 40, 40}, NO_NOISE[] = {0, 0, 0, 0};

Shares shares_of(int halved) {
    Shares shares;
    for (int k = 0; k < BLOCK; k++) {
        size_t down = NATURAL_ORDER[k] / SIDE, across = NATURAL_ORDER[k] % SIDE;
        float pairs = PAIRS[down] * PAIRS[across], wholes = WHOLES[down] * WHOLES[across];
        shares.half[k] = halved ? wholes : pairs, shares.low[k] = halved ? wholes * pairs : FOURS[down] * FOURS[across];
    }
    return shares;
}

static float least_multiple(int of, int least) { return (float)((least + of - 1) / of * of); }

Coarse coarse_of(const Sample *sample, uint32_t c, const uint8_t *steps, float zone) {
    Coarse coarse = {.zone = zone, .shares = &sample->shares[c]};
    for (int k = 0; k < BLOCK; k++) coarse.steps[k] = steps[k], coarse.inverses[k] = 1 / coarse.steps[k];
    if (c == 0) coarse.white = least_multiple(steps[0], WHITE - SHADE), coarse.black = least_multiple(steps[0], BLACK - SHADE + 1);
    return coarse;
}

static inline Lanes where(Wholes condition, Lanes value) {
    Wholes bits;
    memcpy(&bits, &value, sizeof bits), bits &= condition, memcpy(&value, &bits, sizeof value);
    return value;
}

static inline Lanes chosen(Wholes condition, Lanes value, Lanes other) { return where(condition, value) + where(~condition, other); }

static inline Lanes whole(Lanes value) { return __builtin_convertvector(__builtin_convertvector(value, Wholes), Lanes); }

// The errors of DCs, with their levels or, without them, predicted.
static inline Lanes dc_errors(const Coarse *coarse, Lanes dc, const Lanes *levels) {
    Wholes negative = dc < 0;
    Lanes size = chosen(negative, -dc, dc), end = chosen(negative, (Lanes){0} + BLACK, (Lanes){0} + WHITE);
    Lanes shown = levels ? chosen(negative, -*levels, *levels) : whole(size * coarse->inverses[0] + 0.5f);
    shown *= coarse->steps[0];
    Lanes least = where(size >= end - SHADE, chosen(negative, (Lanes){0} + coarse->black, (Lanes){0} + coarse->white));
    if (levels == NULL) shown = chosen(shown < least, least, shown);
    Lanes error = chosen(size > end, end, size) - chosen(shown > end, end, shown);
    error = where(~((size >= end - SHADE) & (shown >= end - SHADE)), error);  // both are white, or black
    return chosen(negative, -error, error);
}

// Of the values of a group.
typedef struct {
    Lanes all, half, low, left_all, left_low;
} Sums;

// `left` is what the output has of a value.
static inline void add(Sums *sums, const Shares *shares, size_t k, int chroma, Lanes value, Lanes left) {
    Lanes lost = value - left;
    lost *= lost, left *= left;
    sums->all += lost, sums->low += lost * shares->low[k], sums->left_all += left, sums->left_low += left * shares->low[k];
    if (chroma) sums->half += lost * shares->half[k];
}

// Nothing is left of the last ones.
static inline void add_lost(Sums *sums, const Shares *shares, size_t k, int chroma, Lanes value) {
    Lanes lost = value * value;
    sums->all += lost, sums->low += lost * shares->low[k];
    if (chroma) sums->half += lost * shares->half[k];
}

static inline Energies energies_of(const Coarse *coarse, const Group *group, const Levels *levels, const Sums *sums) {
    Lanes error = dc_errors(coarse, group->dc, levels ? &levels->dc : NULL);
    Lanes change = error - dc_errors(coarse, group->before, levels ? &levels->before : NULL);  // an even error of many blocks is not seen
    Lanes even = (change * change + error * error) / 3;
    return (Energies){{even, sums->low, sums->half, sums->all, sums->left_low, sums->left_all}};
}

static inline __attribute__((always_inline)) Energies predicted(const Sample *sample, const Coarse *coarse, const Group *group, int chroma) {
    const Shares *shares = coarse->shares;
    const uint8_t *frequencies = sample->frequencies;
    size_t end = group->to, i = group->from;
    Sums sums;
    memset(&sums, 0, sizeof sums);
    for (; end > i && sample->peaks[end - 1] * coarse->inverses[frequencies[end - 1]] < coarse->zone; end--) continue;
    for (; i < end; i++) {
        size_t k = frequencies[i];
        Lanes scaled = sample->values[i] * coarse->inverses[k];
        add(&sums, shares, k, chroma, sample->values[i], where(scaled >= coarse->zone, whole(scaled + NEARLY_HALF)) * coarse->steps[k]);
    }
    for (; i < group->to; i++) add_lost(&sums, shares, frequencies[i], chroma, sample->values[i]);
    return energies_of(coarse, group, NULL, &sums);
}

Energies predicted_errors(const Sample *sample, uint32_t c, const Coarse *coarse, const Group *group) {
    return c > 0 ? predicted(sample, coarse, group, 1) : predicted(sample, coarse, group, 0);
}

Energies measured_errors(const Sample *sample, uint32_t c, const Coarse *coarse, const Group *group, Levels *levels, uint64_t bits) {
    size_t i = group->from;
    Sums sums;
    memset(&sums, 0, sizeof sums);
    for (; i < group->to && bits >> sample->frequencies[i]; i++) {
        size_t k = sample->frequencies[i];
        add(&sums, coarse->shares, k, c > 0, sample->values[i], levels->of[k] * coarse->steps[k]);
        levels->of[k] = (Lanes){0};
    }
    for (; i < group->to; i++) add_lost(&sums, coarse->shares, sample->frequencies[i], c > 0, sample->values[i]);
    return energies_of(coarse, group, levels, &sums);
}
