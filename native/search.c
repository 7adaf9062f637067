// Chooses the levels of the AC values: not the nearest ones, but those with the least error and fewest bits together (a search
// over runs like the trellis quantisation of video encoders and mozjpeg, here in the DCT domain).
//
// A value may become its nearest level, one less if that takes fewer bits, or zero. A path through a block visits the values that
// do not become zero. Costs are integers, so that all machines find the same: squared errors in 65536ths of a squared step.

#include "words.h"

#include <string.h>

enum { BACK = 4 };                      // of how many values before a value one is the path's last; more save nothing
enum { MOST_ERROR = 16 * ONE };         // an error that no saved bits are worth
enum { COUNTED = ONE * 5 / 8 };         // of a step: smaller values are not counted, since most of them become zero
enum { SIZES = LARGEST_AC + 1, MANY_ROWS = 32 };
enum { UNIT = 16 };                     // costs of symbols are in 16ths of a bit

typedef struct {
    uint32_t after[SIZES][BLOCK];       // the cost of a value of this size after so many zeros
    uint32_t end;                       // of the end of the block
} Costs;

// The best path to each of a block's values, if that one is taken. Step BACK is the block's beginning; those before it are never
// the best.
typedef struct {
    int32_t cost[BACK + BLOCK];         // less the errors of all values up to this one, if they became zero
    uint32_t level[BACK + BLOCK];
    uint8_t k[BACK + BLOCK], from[BACK + BLOCK];
} Steps;

// log2 in 16ths: fifteen fractional bits of it are more than a histogram knows.
static uint32_t log2_of(uint32_t value) {
    uint32_t whole = 31 - (uint32_t)__builtin_clz(value), bits = whole * UNIT;
    uint64_t rest = whole > 15 ? value >> (whole - 15) : (uint64_t)value << (15 - whole);
    for (uint32_t bit = UNIT / 2; bit > 0; bit /= 2) {
        rest = rest * rest >> 15;
        if (rest >> 16) rest >>= 1, bits += bit;
    }
    return bits;
}

// The costs by how often the symbols occur: about the lengths of their codes.
static void find_costs(const uint32_t *uses, uint32_t price, Costs *costs) {
    uint32_t all = 0, bits[SYMBOLS];
    for (uint32_t symbol = 0; symbol < SYMBOLS; symbol++) all += uses[symbol];
    for (uint32_t symbol = 0; symbol < SYMBOLS; symbol++) {
        uint32_t cost = log2_of(2 * all + 2) - log2_of(2 * uses[symbol] + 1);
        bits[symbol] = cost > LONGEST_CODE * UNIT ? LONGEST_CODE * UNIT : cost;
    }
    for (uint32_t size = 0; size < SIZES; size++)
        for (uint32_t run = 0; run < BLOCK; run++)
            costs->after[size][run] = price * (bits[run % ZERO_RUN << 4 | size] + run / ZERO_RUN * bits[ZEROS] + size * UNIT) / UNIT;
    costs->end = price * bits[0] / UNIT;
}

static inline uint32_t squared(uint32_t error) { return error * error; }

// Finds the best step before step `i` for a level.
static inline void try(Steps *steps, uint32_t i, uint32_t value, uint32_t level, const Costs *costs) {
    const uint32_t *after = costs->after[size_of(level)] + steps->k[i] - 1;
    int32_t best = INT32_MAX;
    uint32_t from = 0;
    for (uint32_t j = i - BACK; j < i; j++) {
        int32_t cost = steps->cost[j] + (int32_t)*(after - steps->k[j]);
        from = cost < best ? j : from, best = cost < best ? cost : best;
    }
    best += (int32_t)squared(magnitude((int32_t)value - (int32_t)(level << FRACTION)));
    if (best < steps->cost[i]) steps->cost[i] = best, steps->level[i] = level, steps->from[i] = (uint8_t)from;
}

// Finds the best path through the `count` values of a block and writes its words to `out`. Returns their number.
static uint32_t search_block(const uint32_t *words, uint32_t count, const Costs *costs, uint32_t *out) {
    Steps steps;
    uint32_t last = BACK;
    int32_t least = (int32_t)costs->end;
    for (uint32_t i = 0; i <= BACK; i++) steps.cost[i] = i < BACK ? INT32_MAX / 2 : 0, steps.k[i] = 0;
    for (uint32_t i = BACK + 1; i <= BACK + count; i++) {
        uint32_t word = *words++, value = magnitude_of(word), level = (value + HALF - 1) >> FRACTION;
        steps.k[i] = (uint8_t)index_of(word), steps.cost[i] = INT32_MAX;
        try(&steps, i, value, level, costs);
        if (level > 1 && (level & (level - 1)) == 0) try(&steps, i, value, level - 1, costs);
        steps.cost[i] -= (int32_t)squared(value < MOST_ERROR ? value : MOST_ERROR);
        int32_t all = steps.cost[i] + (int32_t)(steps.k[i] < BLOCK - 1 ? costs->end : 0);
        if (all < least) least = all, last = i;
    }
    words -= count;
    uint32_t taken = 0, path[BLOCK];
    for (uint32_t i = last; i > BACK; i = steps.from[i])
        path[taken++] = value_word(steps.k[i], is_negative(words[i - BACK - 1]), steps.level[i]);
    for (uint32_t i = 0; i < taken; i++) out[i] = path[taken - 1 - i];
    return taken;
}

// Counts the symbols of about the levels that the search finds: of one row in four, if there are many.
static void count_levels(const Plane *plane, uint32_t *uses) {
    for (size_t row = 0; row < plane->rows; row += plane->rows > MANY_ROWS ? 4 : 1) {
        for (size_t i = plane->starts[row]; i < plane->starts[row + 1];) {
            uint32_t k = 0, count = values_of(plane->words[i++]);
            for (size_t end = i + count; i < end; i++) {
                uint32_t at = index_of(plane->words[i]), run = at - k - 1, level = (magnitude_of(plane->words[i]) + ONE - COUNTED) >> FRACTION;
                if (level == 0) continue;
                for (k = at; run >= ZERO_RUN; run -= ZERO_RUN) uses[ZEROS]++;
                uses[run << 4 | size_of(level)]++;
            }
            uses[0] += k < BLOCK - 1;
        }
    }
}

static void search_plane(Plane *plane, const Costs *costs) {
    uint32_t *to = plane->words;
    size_t from = 0;
    for (size_t row = 1; row <= plane->rows; row++) {
        for (size_t x = 0; x < plane->across; x++) {
            uint32_t word = plane->words[from++], count = values_of(word), taken = 0;
            uint32_t *block = to++;
            if (count) taken = search_block(plane->words + from, count, costs, to);
            *block = block_word(dc_of(word), taken);
            from += count, to += taken;
        }
        plane->starts[row] = (size_t)(to - plane->words);
    }
    plane->count = (size_t)(to - plane->words);
}

// Without a price: to the nearest levels.
static void round_plane(Plane *plane) {
    for (size_t i = 0, row = 1; row <= plane->rows; row++) {
        while (i < plane->starts[row]) {
            size_t end = i + 1 + values_of(plane->words[i]);
            for (i++; i < end; i++) {
                uint32_t word = plane->words[i];
                plane->words[i] = value_word(index_of(word), is_negative(word), (magnitude_of(word) + HALF - 1) >> FRACTION);
            }
        }
    }
}

// The prices of a bit of luma and of chroma are in 65536ths of a squared step.
void search(Output *output, uint32_t luma_price, uint32_t chroma_price) {
    uint32_t uses[2][SYMBOLS] = {{0}};
    Costs costs;
    for (uint32_t c = 0; c < output->components; c++) count_levels(&output->plane[c], uses[c > 0]);
    for (uint32_t c = 0; c < output->components; c++) {
        uint32_t price = c > 0 ? chroma_price : luma_price;
        if (c < 2) find_costs(uses[c > 0], price, &costs);
        if (price) search_plane(&output->plane[c], &costs);
        else round_plane(&output->plane[c]);
    }
}
