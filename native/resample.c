// Shrinks images of four 8-bit channels: bicubic, with the kernel scaled to the size of an output pixel. For each output
// row first vertically, then horizontally; values keep fractional bits in between, so that only the result is rounded.

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { CHANNELS = 4, BLOCK = 16 };  // bytes of a pixel; bytes that are processed at once
enum { WEIGHT_BITS = 14, KEPT_BITS = 6 };

typedef uint8_t Pixel __attribute__((vector_size(CHANNELS)));
typedef uint8_t Bytes8 __attribute__((vector_size(8)));
typedef uint8_t Bytes __attribute__((vector_size(BLOCK)));
typedef int16_t Values __attribute__((vector_size(8)));     // of one pixel
typedef int16_t Pairs __attribute__((vector_size(16)));     // of two pixels, channel by channel
typedef int32_t Sums __attribute__((vector_size(16)));      // of one pixel

typedef struct {
    size_t first;
    uint32_t count;
    const int16_t *weights;  // in pairs, so one more, which is zero, if `count` is odd
} Span;

static double bicubic(double x) {  // Keys, 1981, with a = -1/2
    if (x < 0) x = -x;
    if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
    if (x < 2) return ((2.5 - 0.5 * x) * x - 4) * x + 2;
    return 0;
}

// The rounding error of each weight is carried to the next, so that they add up to one and white stays white.
static void weigh(int16_t *weights, size_t first, uint32_t count, double center, double scale) {
    double sum = 0, carried = 0;
    for (uint32_t k = 0; k < count; k++) sum += bicubic(((double)(first + k) + 0.5 - center) / scale);
    for (uint32_t k = 0; k < count; k++) {
        double exact = bicubic(((double)(first + k) + 0.5 - center) / scale) / sum * (1 << WEIGHT_BITS) + carried;
        weights[k] = (int16_t)(exact < 0 ? exact - 0.5 : exact + 0.5);
        carried = exact - weights[k];
    }
    weights[count] = 0;
}

// The source pixels and weights of each output pixel, to free with one call. NULL if there is not enough memory.
// The output is the part of the `from` pixels that begins at `start` and has this length, which may both be fractions.
static Span *spans_of(uint32_t from, double start, double length, uint32_t to) {
    double scale = length / to, radius = 2 * scale;
    size_t capacity = (size_t)(2 * radius) + 2;
    Span *spans = malloc(to * (sizeof *spans + capacity * sizeof(int16_t)));
    if (spans == NULL) return NULL;
    int16_t *weights = (int16_t *)(spans + to);
    for (uint32_t i = 0; i < to; i++, weights += capacity) {
        double center = start + (i + 0.5) * scale, end = center + radius + 0.5;
        size_t first = center > radius ? (size_t)(center - radius + 0.5) : 0;
        uint32_t count = (uint32_t)((end < from ? (size_t)end : from) - first);
        weigh(weights, first, count, center, scale);
        spans[i] = (Span){first, count, weights};
    }
    return spans;
}

static inline Sums all(int32_t value) { return (Sums){value, value, value, value}; }

static inline Pairs pair_of(const int16_t *weights) {  // the same for each channel
    int32_t both;
    memcpy(&both, weights, sizeof both);
    return (Pairs)all(both);
}

static inline Sums products(Pairs values, Pairs weights) {  // the sum of the products of each pair
#ifdef __SSE2__
    return (Sums)__builtin_ia32_pmaddwd128(values, weights);
#else
    Values first = __builtin_shufflevector(values, values, 0, 2, 4, 6);
    Values first_weights = __builtin_shufflevector(weights, weights, 0, 2, 4, 6);
    Values second = __builtin_shufflevector(values, values, 1, 3, 5, 7);
    Values second_weights = __builtin_shufflevector(weights, weights, 1, 3, 5, 7);
    return __builtin_convertvector(first, Sums) * __builtin_convertvector(first_weights, Sums) +
           __builtin_convertvector(second, Sums) * __builtin_convertvector(second_weights, Sums);
#endif
}

static inline Pairs widened(Bytes bytes, int high) {
    const Bytes zero = {0};
    if (high) return (Pairs)__builtin_shufflevector(bytes, zero, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    return (Pairs)__builtin_shufflevector(bytes, zero, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

static inline void put_rounded(int16_t *out, Sums one, Sums two) {
    Pairs values = __builtin_shufflevector(
        (Pairs)(one >> (WEIGHT_BITS - KEPT_BITS)), (Pairs)(two >> (WEIGHT_BITS - KEPT_BITS)), 0, 2, 4, 6, 8, 10, 12, 14);
    memcpy(out, &values, sizeof values);
}

static inline void shrink_column(const uint8_t *at, size_t stride, const Span *span, int16_t *out) {
    Sums one = all(1 << (WEIGHT_BITS - KEPT_BITS - 1)), two = one, three = one, four = one;
    for (uint32_t k = 0; k < span->count; k += 2, at += 2 * stride) {
        Bytes here, below;
        Pairs weights = pair_of(span->weights + k);
        memcpy(&here, at, BLOCK);
        memcpy(&below, k + 1 < span->count ? at + stride : at, BLOCK);
        Bytes low = __builtin_shufflevector(here, below, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
        Bytes high = __builtin_shufflevector(here, below, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
        one += products(widened(low, 0), weights);
        two += products(widened(low, 1), weights);
        three += products(widened(high, 0), weights);
        four += products(widened(high, 1), weights);
    }
    put_rounded(out, one, two);
    put_rounded(out + BLOCK / 2, three, four);
}

static void shrink_down(const uint8_t *rows, size_t stride, const Span *span, int16_t *out) {
    for (size_t x = 0; x + BLOCK <= stride; x += BLOCK) shrink_column(rows + x, stride, span, out + x);
    shrink_column(rows + stride - BLOCK, stride, span, out + stride - BLOCK);  // the rest, overlapping the last block
}

static void pair_up(const int16_t *row, uint32_t width, Pairs *pairs) {  // interleaves each pixel with the next
    Values here, next;
    memcpy(&here, row, sizeof here);
    for (uint32_t x = 0; x < width; x++, here = next) {
        memcpy(&next, row + CHANNELS * (x + 1 < width ? x + 1 : x), sizeof next);
        pairs[x] = __builtin_shufflevector(here, next, 0, 4, 1, 5, 2, 6, 3, 7);
    }
}

static inline Pixel pixel_of(Sums sums) {
    Pairs values = (Pairs)(sums >> (WEIGHT_BITS + KEPT_BITS)), least = {0}, most = (Pairs)all(255);
    values = __builtin_elementwise_min(__builtin_elementwise_max(values, least), most);
    return __builtin_shufflevector((Bytes)values, (Bytes)values, 0, 4, 8, 12);
}

static void shrink_across(const Pairs *pairs, const Span *spans, uint32_t width, uint8_t *out) {
    for (uint32_t x = 0; x < width; x++, out += CHANNELS) {
        Sums sums = all(1 << (WEIGHT_BITS + KEPT_BITS - 1));
        for (uint32_t k = 0; k < spans[x].count; k += 2)
            sums += products(pairs[spans[x].first + k], pair_of(spans[x].weights + k));
        Pixel pixel = pixel_of(sums);
        memcpy(out, &pixel, sizeof pixel);
    }
}

// Shrinks a box of one image into the other, both without gaps between rows; `width` is at least 4, and the box is not
// smaller than the output. Its pixels are sampled beyond the box, but not beyond the image. Returns 0 if out of memory.
int shrink(const uint8_t *in, uint32_t width, uint32_t height, const double box[4], uint8_t *out, uint32_t to_width,
           uint32_t to_height) {
    size_t stride = (size_t)width * CHANNELS;
    Span *down = spans_of(height, box[1], box[3] - box[1], to_height);
    Span *across = spans_of(width, box[0], box[2] - box[0], to_width);
    Pairs *pairs = malloc(width * sizeof *pairs);
    int16_t *row = malloc(stride * sizeof *row);
    int ok = down && across && pairs && row;
    for (uint32_t y = 0; ok && y < to_height; y++, out += (size_t)to_width * CHANNELS) {
        shrink_down(in + down[y].first * stride, stride, &down[y], row);
        pair_up(row, width, pairs);
        shrink_across(pairs, across, to_width, out);
    }
    free(down), free(across), free(pairs), free(row);
    return ok;
}
