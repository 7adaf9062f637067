// In drawings and text most blocks with many values are edges on white (or black). Coarse steps make rings beside them, also
// in the white. So these blocks become samples; those beyond white, which decoders clip, become white; white that is beside others
// goes on upwards (dering.c); and the samples become coefficients again. This takes the values that are less than half a step, too.
//
// In photographs at most seven in ten blocks with many values are such edges. So rows are treated like this only if nine in ten
// are in the rows above, which a sample of their quantised blocks tells.

#include "ringing.h"

#include "cosine.h"
#include "dering.h"
#include "zigzag.h"

#include <string.h>

typedef uint32_t Bits __attribute__((vector_size(SIDE * sizeof(uint32_t))));

enum { COARSE = 6 };                    // a step of DC; finer ones leave no rings that count
enum { HARD = 600 };                    // the sum of the magnitudes of such a block's AC values
enum { SAMPLED = 4, ENOUGH = 8 };       // one block of so many is looked at; at least so many must have been
enum { UNIT = 16, FORGOTTEN = 16 };     // what a block counts for; the part of it that each row forgets
enum { WHITE = 127, BLACK = -128 };     // of a sample

Ringing ringing_of(const Component *component) {
    Ringing ringing = {.before = component->before, .after = component->after};
    ringing.possible = ringing.after[0] >= COARSE && 8 * ringing.before[0] <= 5 * ringing.after[0];
    for (size_t k = 0; ringing.possible && k < BLOCK; k++) {
        size_t row = NATURAL_ORDER[k] / SIDE, column = NATURAL_ORDER[k] % SIDE;
        double factor = cosine_factor(row, column);
        ringing.factors[2 * k] = (float)(ringing.before[k] * factor / ONE), ringing.factors[2 * k + 1] = -ringing.factors[2 * k];
        ringing.scales[row][column] = (float)(ONE / (BLOCK * factor * ringing.after[k]));
    }
    return ringing;
}

// `reach` is the sum of the magnitudes of AC values. A basis function is an eighth for DC, and at most a quarter for AC.
static int may_clip(int32_t dc, uint32_t reach) {
    int32_t most = 2 * (int32_t)reach;
    return dc >= 0 ? dc + most >= WHITE * SIDE : dc - most <= BLACK * SIDE;
}

static void clip(Line *lines) {
    const Line white = (Line){0} + WHITE, black = (Line){0} + BLACK;
    for (size_t i = 0; i < SIDE; i++) lines[i] = __builtin_elementwise_max(__builtin_elementwise_min(lines[i], white), black);
}

// Without branches: nearly all values stay.
static uint32_t *put_words(const Ringing *ringing, const Line *lines, uint32_t *at) {
    uint32_t signed_values[BLOCK];      // as in words, without an index
    for (size_t i = 0; i < SIDE; i++) {
        Line scaled = lines[i] * ringing->scales[i];
        Truths sign = (Truths)((Bits)scaled >> 31 << 25), value = __builtin_convertvector(__builtin_elementwise_abs(scaled) + 0.5f, Truths);
        value |= sign;
        memcpy(signed_values + SIDE * i, &value, sizeof value);
    }
    float dc = lines[0][0] * ringing->scales[0][0] / ONE;
    uint32_t *block = at++;
    for (uint32_t k = 1; k < BLOCK; k++) {
        uint32_t word = signed_values[NATURAL_ORDER[k]];
        *at = k << 26 | word, at += magnitude_of(word) > HALF;
    }
    *block = block_word((int32_t)(dc + (dc < 0 ? -0.5f : 0.5f)), (uint32_t)(at - block - 1));
    return at;
}

uint32_t *put_edge(const Ringing *ringing, const Quantiser *quantiser, const uint32_t *words, const uint32_t *end, uint32_t *at) {
    int32_t largest = (int32_t)(quantiser->limits[0] - magnitude(dc_of(*words)));
    Line lines[SIDE] = {{0}};
    float *values = (float *)lines;
    values[0] = (float)(dc_of(*words) * ONE) * ringing->factors[0];
    for (words++; words < end; words++) {
        uint32_t k = index_of(*words);
        int32_t size = (int32_t)magnitude_of(*words);
        largest |= (int32_t)quantiser->limits[k] - (size >> FRACTION);
        values[NATURAL_ORDER[k]] = (float)size * ringing->factors[2 * k + (uint32_t)is_negative(*words)];
    }
    if (largest < 0) return NULL;
    restore(lines), clip(lines);
    if (!dering(lines, ringing->after[0])) return NULL;
    transform(lines);
    return put_words(ringing, lines, at);
}

// The same for all blocks.
static uint32_t *put_block(const Quantiser *quantiser, const uint32_t *words, const uint32_t *end, uint32_t *at) {
    int32_t dc = dc_of(*words), largest = (int32_t)(quantiser->limits[0] - magnitude(dc));
    uint32_t *block = at++;
    for (words++; words < end; words++) {
        uint32_t k = index_of(*words), size = magnitude_of(*words) >> FRACTION;
        largest |= (int32_t)(quantiser->limits[k] - size);
        at = put_size(quantiser, k, size, (uint32_t)is_negative(*words), at);
    }
    *block = block_word(dc_level(quantiser, dc), (uint32_t)(at - block - 1));
    return largest < 0 ? NULL : at;
}

int quantise_edges(const Ringing *ringing, const Quantiser *quantiser, const uint32_t *words, Plane *plane) {
    if (!reserve(plane)) return 0;
    uint32_t *at = plane->words + plane->count;
    for (size_t x = 0; x < plane->across; x++) {
        const uint32_t *end = words + 1 + values_of(*words);
        uint32_t *made = values_of(*words) >= FEWEST ? put_edge(ringing, quantiser, words, end, at) : NULL;
        at = made ? made : put_block(quantiser, words, end, at), words = end;
        if (at == NULL) return 0;
    }
    end_row(plane, at);
    return 1;
}

static int is_edge(const Ringing *ringing, const uint32_t *words) {
    uint32_t reach = 0;
    for (uint32_t i = 1; i <= values_of(*words); i++) reach += magnitude_of(words[i]) * ringing->after[index_of(words[i])] >> FRACTION;
    return reach >= HARD && may_clip(dc_of(*words) * ringing->after[0], reach);
}

void expect_edges(Ringing *ringing, const Plane *plane, size_t rows) {
    if (!ringing->possible) return;
    ringing->busy -= ringing->busy / FORGOTTEN, ringing->hard -= ringing->hard / FORGOTTEN;
    const uint32_t *at = plane->words + plane->starts[rows - 1];
    for (size_t x = 0; x < plane->across; x++, at += 1 + values_of(*at)) {
        if (x % SAMPLED != rows % SAMPLED || values_of(*at) < FEWEST) continue;
        ringing->busy += UNIT, ringing->hard += is_edge(ringing, at) ? UNIT : 0;
    }
    ringing->expected = ringing->busy >= ENOUGH * UNIT && 10 * ringing->hard >= 9 * ringing->busy;
}
