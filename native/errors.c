#include "errors.h"

#include "words.h"
#include "zigzag.h"

enum { WHITE = SIDE * 127, BLACK = -SIDE * 128 };  // DCs: decoders clip what is beyond

// The share of a frequency's energy that is left after the mean of two samples, and of four: cos^2(k pi / 16), and so on.
static const float PAIRS[SIDE] = {1, 0.962f, 0.854f, 0.691f, 0.5f, 0.309f, 0.146f, 0.038f};
// What is left of half the resolution when decoders interpolate it: (3/4 + cos(k pi / 8) / 4)^2.
static const float WHOLES[SIDE] = {1, 0.962f, 0.859f, 0.715f, 0.563f, 0.429f, 0.328f, 0.27f};
static const float FOURS[SIDE] = {1, 0.821f, 0, 0.101f, 0, 0.045f, 0, 0.033f};

Comparison compare(const uint8_t *fine, const uint8_t *coarse, int chroma, uint32_t dead_zone) {
    Component component;
    for (int k = 0; k < BLOCK; k++) component.before[k] = fine[k], component.after[k] = coarse[k];
    Comparison comparison = {.dead_zone = dead_zone, .dc = quantiser_of(&component, chroma, 0)};
    for (int k = 0; k < BLOCK; k++) {
        comparison.fine[k] = (float)fine[k] / ONE, comparison.coarse[k] = coarse[k];
        comparison.scales[k] = 0x10000u * fine[k] / coarse[k];
        size_t down = NATURAL_ORDER[k] / SIDE, across = NATURAL_ORDER[k] % SIDE;
        float pairs = PAIRS[down] * PAIRS[across], wholes = WHOLES[down] * WHOLES[across];
        comparison.half[k] = chroma ? wholes : pairs, comparison.low[k] = chroma ? wholes * pairs : FOURS[down] * FOURS[across];
    }
    return comparison;
}

// Sums the squared errors of a block. `made` is its words after the search, or NULL; `last` is the error of the last block's DC: an
// even error of many blocks is not seen. Returns the next block's words.
static inline const uint32_t *add_errors(const Comparison *comparison, const uint32_t *words, const uint32_t *made, float *last,
                                         float *sums) {
    uint32_t word = *words++;
    const uint32_t *end = words + values_of(word), *made_end = made ? made + 1 + values_of(*made) : NULL;
    int32_t dc = made ? dc_of(*made++) : dc_level(&comparison->dc, dc_of(word));
    float shown = (float)dc * comparison->coarse[0];
    shown = shown > WHITE ? WHITE : shown < BLACK ? BLACK : shown;
    float error = (float)(dc_of(word) * ONE) * comparison->fine[0] - shown;
    sums[EVEN] = ((error - *last) * (error - *last) + error * error) / 3, *last = error, sums[LOW] = sums[HALF_SIZE] = sums[ALL] = 0;
    sums[LEFT_LOW] = sums[LEFT_ALL] = 0;
    for (; words < end; words++) {
        uint32_t k = index_of(*words), value = magnitude_of(*words), level = 0;
        if (made_end) {
            if (made < made_end && index_of(*made) == k) level = magnitude_of(*made++);
        } else {
            uint32_t scaled = (uint32_t)((uint64_t)value * comparison->scales[k] >> 16);
            level = scaled < comparison->dead_zone ? 0 : (scaled + HALF - 1) >> FRACTION;
        }
        float left = (float)level * comparison->coarse[k];
        error = (float)value * comparison->fine[k] - left;
        error *= error, left *= left;
        sums[ALL] += error, sums[HALF_SIZE] += error * comparison->half[k], sums[LOW] += error * comparison->low[k];
        sums[LEFT_ALL] += left, sums[LEFT_LOW] += left * comparison->low[k];
    }
    return end;
}

void read_errors(Sample *sample, const Comparison *comparisons, const uint32_t **at, const Output *made, size_t row) {
    for (uint32_t c = 0; c < sample->components; c++) {
        size_t side = c > 0 ? 1 : sample->side, each = c > 0 ? sample->side : 1, y = row * sample->step * side;
        size_t apart = sample->lanes * LANES, across = sample->across / each;
        const uint32_t *words = at[c], *to = made ? made->plane[c].words + made->plane[c].starts[y] : NULL;
        for (size_t r = 0; r < side; r++) {
            float *energies = (float *)energies_of(sample, r, c, 0), last = 0;
            for (size_t x = 0; x < across; x++) {
                float sums[ENERGIES];
                words = add_errors(&comparisons[c], words, to, &last, sums);
                if (to) to += 1 + values_of(*to);
                for (size_t i = 0; i < ENERGIES; i++)
                    for (size_t n = 0; n < each; n++) energies[i * apart + x * each + n] = sums[i];
            }
        }
        at[c] = words;
    }
}
