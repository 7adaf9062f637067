// Codes samples: colours to YCbCr (JFIF), chroma to half of the resolution each way, DCT; then as in requantise.c.
//
// The numbers are floats, without fused operations and in a fixed order, so that all machines give the same bytes.

#include "dering.h"
#include "work.h"

#include <stdlib.h>
#include <string.h>

enum { MCU = 2 * SIDE, PIXEL = 4 };     // samples of an MCU each way, if in colour; bytes of a pixel, if in colour
enum { MIDDLE = 128 };

typedef struct {
    float *luma, *blue, *red;           // of a row of MCUs; chroma with half of the columns and all rows
    size_t wide;                        // samples of a row of luma
    Block *blocks;                      // of a row of blocks, their bits and their DC
    uint64_t *nonzero;
    int16_t *dc;
} Samples;

typedef struct {
    float of[SIDE / 2][SIDE / 2][2];    // of coefficients 2k and 2k + 1: what the sum and the difference of samples i and 7 - i add
} Transform;

static Transform transform_of(void) {
    Transform transform;
    for (size_t k = 0; k < SIDE; k++)
        for (size_t i = 0; i < SIDE / 2; i++) transform.of[k / 2][i][k % 2] = (float)basis(k, i);
    return transform;
}

static void transform_lines(const Transform *transform, Line *lines) {
    Line sums[SIDE / 2], differences[SIDE / 2];
    for (size_t i = 0; i < SIDE / 2; i++)
        sums[i] = lines[i] + lines[SIDE - 1 - i], differences[i] = lines[i] - lines[SIDE - 1 - i];
    for (size_t k = 0; k < SIDE / 2; k++) {
        const float(*of)[2] = transform->of[k];
        lines[2 * k] = (sums[0] * of[0][0] + sums[1] * of[1][0]) + (sums[2] * of[2][0] + sums[3] * of[3][0]);
        lines[2 * k + 1] = (differences[0] * of[0][1] + differences[1] * of[1][1]) + (differences[2] * of[2][1] + differences[3] * of[3][1]);
    }
}

// `ringing` is the step of DC of samples that are clipped to white and black, or 0. Edges on these are counted.
static void put_blocks(const Samples *samples, const float *from, size_t wide, size_t count, const Transform *transform, const Line *scales,
                       uint8_t ringing, Output *out) {
    for (size_t x = 0; x < count; x++) {
        Line lines[SIDE];
        for (size_t i = 0; i < SIDE; i++) memcpy(&lines[i], from + i * wide + x * SIDE, sizeof lines[i]);
        transpose(lines);
        int is_hard = ringing && dering(lines, ringing) == RAISED;
        transform_lines(transform, lines);
        transpose(lines);
        transform_lines(transform, lines);
        samples->nonzero[x] = put_lines(lines, (1 << SIDE) - 1, scales, samples->blocks[x], &samples->dc[x]);
        if (!ringing || __builtin_popcountll(samples->nonzero[x]) < FEWEST) continue;
        out->busy++, out->hard += (uint32_t)is_hard;
    }
}

// The last pixel fills the row, the last row the MCU.
static void read_colours(const Samples *samples, const uint8_t *pixels, size_t width, float *luma, float *blue, float *red) {
    for (size_t x = 0; x < width; x++) {
        float r = pixels[PIXEL * x], g = pixels[PIXEL * x + 1], b = pixels[PIXEL * x + 2];
        luma[x] = 0.299f * r + 0.587f * g + 0.114f * b - MIDDLE;
        blue[x] = -0.168735892f * r - 0.331264108f * g + 0.5f * b;
        red[x] = 0.5f * r - 0.418687589f * g - 0.081312411f * b;
    }
    for (size_t x = width; x < samples->wide; x++) luma[x] = luma[width - 1], blue[x] = blue[width - 1], red[x] = red[width - 1];
}

static void read_greys(const Samples *samples, const uint8_t *pixels, size_t width, float *luma) {
    for (size_t x = 0; x < samples->wide; x++) luma[x] = (float)(pixels[x < width ? x : width - 1] - MIDDLE);
}

// In place: the mean of two by two samples.
static void halve_samples(float *plane, size_t wide) {
    for (size_t y = 0; y < SIDE; y++)
        for (size_t x = 0; x < wide / 2; x++) {
            const float *at = plane + 2 * y * wide + 2 * x;
            plane[y * (wide / 2) + x] = ((at[0] + at[1]) + (at[wide] + at[wide + 1])) * 0.25f;
        }
}

// Blocks without visible samples have no values but DC.
static void pad_blocks(const Samples *samples, const Plane *plane) {
    for (size_t x = plane->rows < plane->high ? plane->wide : 0; x < plane->across; x++) {
        if (x >= plane->wide) samples->dc[x] = samples->dc[x - 1];
        samples->nonzero[x] = 0;
    }
}

static int put_plane(const Work *work, const Samples *samples, uint32_t c, const float *from, const Transform *transform, Output *out) {
    Plane *plane = &out->plane[c];
    Line scales[SIDE];
    const uint8_t *steps = work->image->component[c].after;
    size_t wide = c > 0 ? samples->wide / 2 : samples->wide, rows = c > 0 ? 1 : out->side;
    find_scales(steps, scales);
    for (size_t row = 0; row < rows; row++) {
        put_blocks(samples, from + row * SIDE * wide, wide, plane->across, transform, scales, c > 0 ? 0 : steps[0], out);
        pad_blocks(samples, plane);
        if (!quantise_row(&work->quantiser[c], samples->blocks, samples->dc, samples->nonzero, plane)) return 0;
    }
    return 1;
}

static int put_samples(const Work *work, const Samples *samples, const uint8_t *pixels, size_t y, const Transform *transform, Output *out) {
    size_t width = work->image->width, height = work->image->height, high = SIDE * out->side;
    for (size_t row = 0; row < high; row++) {
        size_t at = row * samples->wide, from = y * high + row < height ? y * high + row : height - 1;
        const uint8_t *line = pixels + from * width * (work->grey ? 1 : PIXEL);
        if (work->grey) read_greys(samples, line, width, samples->luma + at);
        else read_colours(samples, line, width, samples->luma + at, samples->blue + at, samples->red + at);
    }
    if (!put_plane(work, samples, 0, samples->luma, transform, out)) return 0;
    if (work->grey) return 1;
    halve_samples(samples->blue, samples->wide), halve_samples(samples->red, samples->wide);
    return put_plane(work, samples, 1, samples->blue, transform, out) && put_plane(work, samples, 2, samples->red, transform, out);
}

// Makes the planes of an image from its pixels: a byte of grey, or red, green, blue and one that is not used. Returns 0 if it
// has too many values, or there is not enough memory.
int code_samples(const Image *image, const uint8_t *pixels, Output *out) {
    Work work = work_on_samples(image);
    if (!begin_output(&work, out)) return 0;
    size_t across = out->plane[0].across, wide = across * SIDE, size = wide * MCU;
    Samples samples = {.wide = wide, .luma = malloc(3 * size * sizeof(float)), .blocks = malloc(across * BLOCK_MEMORY)};
    samples.blue = samples.luma + size, samples.red = samples.blue + size;
    samples.nonzero = (uint64_t *)(samples.blocks + across), samples.dc = (int16_t *)(samples.nonzero + across);
    Transform transform = transform_of();
    int ok = samples.luma && samples.blocks;
    for (size_t y = 0; ok && y < work.down.blocks; y++) ok = put_samples(&work, &samples, pixels, y, &transform, out);
    free(samples.luma), free(samples.blocks);
    return ok;
}
