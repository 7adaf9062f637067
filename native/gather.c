#include "gather.h"

#include "words.h"

static inline const uint32_t *skip(const uint32_t *word, size_t blocks) {
    for (; blocks > 0; blocks--) word += 1 + values_of(*word);
    return word;
}

uint64_t gather(const Plane *plane, size_t row, size_t x, Levels *levels) {
    const uint32_t *word = skip(plane->words + plane->starts[row], x > 0 ? x - 1 : 0);
    float *of = (float *)levels->of, dc[LANES] = {0}, before[LANES] = {0}, last = 0;
    uint64_t bits = 0;
    if (x > 0) last = (float)dc_of(*word), word = skip(word, 1);
    for (size_t lane = 0; lane < LANES && x + lane < plane->across; lane++) {
        const uint32_t *end = word + 1 + values_of(*word);
        before[lane] = last, dc[lane] = last = (float)dc_of(*word);
        for (word++; word < end; word++) {
            uint32_t k = index_of(*word);
            of[k * LANES + lane] = (float)(int32_t)magnitude_of(*word), bits |= (uint64_t)1 << k;
        }
    }
    levels->dc = loaded(dc), levels->before = loaded(before);
    return bits;
}

void gather_dcs(const Plane *plane, ptrdiff_t row, size_t x, size_t count, float *out) {
    size_t at = row < 0 ? 0 : row >= (ptrdiff_t)plane->high ? plane->high - 1 : (size_t)row;
    const uint32_t *word = skip(plane->words + plane->starts[at], x > 0 ? x - 1 : 0);
    float last = (float)dc_of(*word);
    size_t next = x;                    // the block at `word`, once the first is read
    *out++ = last;
    if (x > 0) word = skip(word, 1);
    for (size_t i = 1; i < count; i++, next++) {
        if (next < plane->across) last = (float)dc_of(*word), word = skip(word, 1);
        *out++ = last;
    }
}
