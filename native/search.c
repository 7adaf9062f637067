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
enum { SHIFT = 2 };                     // of costs, for a number below BACK

typedef struct {
    int64_t after[SIZES][BLOCK];        // the cost of a value of this size after so many zeros; shifted by SHIFT
    uint32_t end;                       // of the end of the block
    // For each level, the value from which on one less cannot be better: only levels of one bit less save anything.
    uint32_t nearest_from[1 << LARGEST_AC];
} Costs;

// The best paths to the last four of a block's values, if each of them is taken. At first the last one is the block's beginning,
// and the others are never the best. They are copied from one to the next, and so stay in registers: memory would take as long as
// all else.
typedef struct {
    int64_t cost[BACK];                 // less the errors of all values up to this one, if they became zero; shifted
    int64_t back[BACK];                 // -k
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

static inline uint32_t squared(uint32_t error) { return error * error; }

static inline int32_t error_of(uint32_t value, uint32_t level) {
    return (int32_t)squared(magnitude((int32_t)value - (int32_t)(level << FRACTION)));
}

// The first value whose error, with one less than its level, is `most_saved` more or larger.
static uint32_t nearest_from(uint32_t level, int64_t most_saved) {
    uint32_t value = (level << FRACTION) - HALF;
    while (value <= (level << FRACTION) + HALF && error_of(value, level - 1) - error_of(value, level) < most_saved) value++;
    return value;
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
            costs->after[size][run] =
                (int64_t)(price * (bits[run % ZERO_RUN << 4 | size] + run / ZERO_RUN * bits[ZEROS] + size * UNIT) / UNIT) << SHIFT;
    costs->end = price * bits[0] / UNIT;
    memset(costs->nearest_from, 0, sizeof costs->nearest_from);
    for (uint32_t size = 2; size < SIZES; size++) {
        int64_t most = 0;
        for (uint32_t run = 0; run < BLOCK; run++) {
            int64_t saved = costs->after[size][run] - costs->after[size - 1][run];
            most = saved > most ? saved : most;
        }
        costs->nearest_from[1 << (size - 1)] = nearest_from(1u << (size - 1), most >> SHIFT);
    }
}

// The cost of a value after one of the steps from `i` on, and in its lowest bits the number of that step. So the least is the best,
// and of equal ones the first.
static inline int64_t cost_after(const Steps *steps, uint32_t number, const int64_t *after) {
    return steps->cost[number] + after[steps->back[number]] + number;
}

static inline int64_t least_of(int64_t one, int64_t other) { return other < one ? other : one; }

// Finds the best of the steps from `i` on before a value of this size. Without branches, which nothing could predict; the
// last step is compared last since its cost is known last.
static inline int64_t best_of(const Steps *steps, uint32_t k, uint32_t level, const Costs *costs) {
    const int64_t *after = costs->after[size_of(level)] + k - 1;
    int64_t best = least_of(cost_after(steps, 0, after), cost_after(steps, 1, after));
    return least_of(least_of(best, cost_after(steps, 2, after)), cost_after(steps, 3, after));
}

// Finds the best path through the `count` values of a block and writes its words to `out`, which may be before them. Returns
// their number.
static inline uint32_t search_block(uint32_t *words, uint32_t count, const Costs *costs, uint32_t *out) {
    const int64_t never = (int64_t)(INT32_MAX / 2) << SHIFT;
    Steps steps = {{never, never, never, 0}, {0}};
    uint64_t paths[BACK + BLOCK];       // for each value, a bit for each value on the best path to it
    memset(paths, 0, BACK * sizeof *paths);
    int64_t least = 0, last = 0;        // without the end of the block, which comes after all but the last value
    uint64_t path = 0, to = 0;
    for (uint32_t n = 0; n < count; n++) {
        uint32_t word = words[n], k = index_of(word), value = magnitude_of(word), level = (value + HALF - 1) >> FRACTION;
        int32_t error = error_of(value, level);
        int64_t best = best_of(&steps, k, level, costs) + ((int64_t)error << SHIFT);
        if (__builtin_expect(value < costs->nearest_from[level], 0)) {
            int32_t more = error_of(value, level - 1);
            int64_t less = best_of(&steps, k, level - 1, costs) + ((int64_t)more << SHIFT);
            if (less >> SHIFT < best >> SHIFT) best = less, level--;
        }
        words[n] = value_word(k, is_negative(word), level);
        uint32_t zero = value < MOST_ERROR ? value : MOST_ERROR;
        to = paths[n + (best & (BACK - 1))] | (uint64_t)1 << n;
        paths[n + BACK] = to;
        last = (best & -BACK) - ((int64_t)squared(zero) << SHIFT);
        for (int i = 1; i < BACK; i++) steps.cost[i - 1] = steps.cost[i], steps.back[i - 1] = steps.back[i];
        steps.cost[BACK - 1] = last, steps.back[BACK - 1] = -(int64_t)k;
        path = last < least ? to : path, least = last < least ? last : least;
    }
    if (index_of(words[count - 1]) == BLOCK - 1 && last - ((int64_t)costs->end << SHIFT) < least) path = to;
    uint32_t taken = 0;
    for (uint32_t n = 0; n < count; n++) out[taken] = words[n], taken += path >> n & 1;
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

// Without a price: to the nearest levels. Without branches: the number of a block's values cannot be predicted.
static void round_plane(Plane *plane) {
    for (size_t i = 0, left = 0; i < plane->count; i++) {
        uint32_t word = plane->words[i], level = (magnitude_of(word) + HALF - 1) >> FRACTION;
        uint32_t rounded = value_word(index_of(word), is_negative(word), level);
        plane->words[i] = left ? rounded : word;
        left = left ? left - 1 : values_of(word);
    }
}

// The prices of a bit of luma and of chroma are in 65536ths of a squared step.
void search(Output *output, uint32_t luma_price, uint32_t chroma_price) {
    uint32_t uses[2][SYMBOLS] = {{0}}, prices[COMPONENTS] = {luma_price, chroma_price, chroma_price};
    Costs costs;
    for (uint32_t c = 0; c < output->components; c++)
        if (prices[c]) count_levels(&output->plane[c], uses[c > 0]);
    for (uint32_t c = 0; c < output->components; c++) {
        if (prices[c] && c < 2) find_costs(uses[c > 0], prices[c], &costs);
        if (prices[c]) search_plane(&output->plane[c], &costs);
        else round_plane(&output->plane[c]);
    }
}
