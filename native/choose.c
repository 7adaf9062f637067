// Chooses the lowest quality with a certain look, from a sample of an output's fine planes.
//
// All of it is here, with its tables, since a small image takes less than a millisecond, and each quality that Python tried would
// take a fiftieth of that.

#include "estimate.h"

#include <string.h>

enum { LUMA, CHROMA, TABLE_KINDS };
enum { WHOLE_PRICE = 65536 };           // in look.Look

// What a quality means: its steps, those that Pillow has for it, and the prices of a bit.
typedef struct {
    uint32_t quality, prices[TABLE_KINDS];
    uint8_t steps[TABLE_KINDS][BLOCK], pillows[TABLE_KINDS][BLOCK];
} Asked;

// catalight/adapters/codec/jpeg/estimate.py makes it. Distances are square roots of weighted sums of errors.
typedef struct {
    double weights[POOLS];
    double dead_zone;                   // by how much a value that stays is larger than half a step, for each step that a bit costs
    double near;                        // between distances that are even enough
    uint32_t count;
    Asked asked[];                      // from the lowest quality to the highest
} Curve;

typedef struct {
    Sample *sample;
    double features[POOLS];             // of the last estimate
    double errors;                      // their weighted sum
    double far, close;                  // the distances at `below` and at the quality
    uint32_t quality, estimates;        // the chosen one; how many were made for it
    uint32_t below;                     // the lower quality, if the two are not near and one between them may be enough; else 0
} Choice;

static double root(double value) { return __builtin_elementwise_sqrt(value); }

static void weigh_errors(Choice *choice, const double *pools, const Curve *curve) {
    static const uint8_t ROOTS[POOLS] = {[LUMA_RATIO_4] = 2, [LUMA_ERROR_2] = 1, [EVEN_RATIO] = 1, [RED_RATIO_4] = 2, [BLUE_EVEN_RATIO] = 1};
    choice->errors = 0;
    for (size_t i = 0; i < POOLS; i++) {
        choice->features[i] = pools[i];
        for (size_t n = 0; n < ROOTS[i]; n++) choice->features[i] = root(choice->features[i]);
        choice->errors += curve->weights[i] * choice->features[i];
    }
}

static float zone_of(const Curve *curve, uint32_t price) { return (float)(0.5 + curve->dead_zone * price / WHOLE_PRICE); }

// Predicts an output with these steps, BLOCK of each component, and prices of a bit.
void foresee(Choice *choice, const Curve *curve, const uint8_t *steps, uint32_t luma_price, uint32_t chroma_price) {
    double pools[POOLS];
    predict(choice->sample, steps, zone_of(curve, luma_price), zone_of(curve, chroma_price), pools);
    weigh_errors(choice, pools, curve);
}

// Whether a source is at this quality already, as Pillow measures it: then its steps stay.
static int stays(const Image *image, const Asked *asked) {
    for (uint32_t c = 0; c < image->components; c++)
        for (size_t k = 0; k < BLOCK; k++)
            if (image->component[c].before[k] < asked->pillows[c > 0][k]) return 0;
    return 1;
}

// Sets the steps of a component. Returns whether they are not the source's own.
static int find_steps(const Component *component, const uint8_t *asked, int stays, uint8_t *steps) {
    for (size_t k = 0; k < BLOCK; k++) steps[k] = stays || component->before[k] > asked[k] ? component->before[k] : asked[k];
    return memcmp(steps, component->before, BLOCK) != 0;
}

static double distance_at(Choice *choice, const Image *fine, const Curve *curve, const Asked *asked) {
    uint8_t steps[COMPONENTS * BLOCK];
    int own = stays(fine, asked), changed[TABLE_KINDS] = {0};
    uint32_t prices[TABLE_KINDS];
    for (uint32_t c = 0; c < fine->components; c++) changed[c > 0] |= find_steps(&fine->component[c], asked->steps[c > 0], own, steps + c * BLOCK);
    for (size_t i = 0; i < TABLE_KINDS; i++) prices[i] = changed[i] ? asked->prices[i] : 0;
    foresee(choice, curve, steps, prices[LUMA], prices[CHROMA]), choice->estimates++;
    return root(choice->errors);
}

// Bisects the curve's qualities, and interpolates between two that are near each other. Others must be bisected further: the distance
// falls to none where the source's own steps stay, and at low qualities it jumps. Which ones are tried depends on their
// distances alone, so a stricter look never gets a lower quality.
static uint32_t lowest(Choice *choice, const Image *fine, const Curve *curve, double wanted) {
    int32_t count = (int32_t)curve->count, below = -1, above = count;  // `count`: not even the highest is enough
    double far = 0, close = 0;
    choice->below = 0;
    while (above - below > 1 && !(below >= 0 && above < count && far - close <= curve->near)) {
        int32_t middle = (below + (below < 0) + above) / 2;
        double distance = distance_at(choice, fine, curve, &curve->asked[middle]);
        if (distance <= wanted) above = middle, close = distance;
        else below = middle, far = distance;
    }
    if (above == count || below < 0) return curve->asked[below < 0 ? 0 : count - 1].quality;
    uint32_t low = curve->asked[below].quality, high = curve->asked[above].quality;
    if (far - close > curve->near) {
        choice->below = low, choice->far = far, choice->close = close;
        return high;
    }
    double part = (far - wanted) / (far - close) * (high - low);
    return low + (uint32_t)part + ((uint32_t)part < part);
}

// Chooses the lowest quality whose distance is at most `wanted`, or the highest of all, for an output that has the steps of the
// image `fine`; `halved` as for take_sample. Returns 0 if there is not enough memory.
int choose(const Image *fine, const Output *output, int halved, const Curve *curve, double wanted, Choice *choice) {
    choice->sample = take_sample(fine, output, halved);
    if (choice->sample) choice->quality = lowest(choice, fine, curve, wanted);
    return choice->sample != NULL;
}

// Measures the same output with these steps, BLOCK of each component, after the search.
void judge(Choice *choice, const Curve *curve, const uint8_t *steps, const Output *output) {
    double pools[POOLS];
    measure(choice->sample, steps, output, pools);
    weigh_errors(choice, pools, curve);
}

void forget(Choice *choice) { release_sample(choice->sample); }
