// Requantises the coded data of a baseline JPEG: Huffman decoding, a coarser step for each coefficient, Huffman
// coding. No pixel is made, and no coefficient is kept: what is kept between the two codings are tokens, so that
// the second can have the tables that suit them best.
//
// Markers are the caller's (catalight/adapters/jpeg/requantise.py, where the structures stand too). What comes in
// is a stranger's: every read and write is bounded, and whatever is unusual ends in a refusal.

#include "tokens.h"

#include <stdlib.h>

enum { COMPONENTS = 3, BLOCK = 64, LONGEST_CODE = 16 };
enum { LARGEST_DC = 11, LARGEST_AC = 10, FURTHEST_DC = 1 << 14 };  // sizes and value that 8 bits a sample can need
enum { LOOK = 10 };                     // bits of the code that a table is asked for at once
enum { BLOCK_TOKENS = BLOCK + 1, FIRST_ROOM = 1 << 16 };
enum { ZEROS = 0xF0, ZERO_RUN = 16 };   // the symbol of sixteen zeros

typedef struct {
    uint8_t counts[LONGEST_CODE];       // codes of 1 to 16 bits, as a DHT segment has them
    uint8_t symbols[SYMBOLS];
} Table;

typedef struct {
    uint32_t blocks;                    // in each MCU
    uint32_t dc, ac;                    // its tables in the source
    uint32_t target;                    // its first table in the output, for DC; the next one is for AC
    uint32_t white_from, white, black_from, black;  // from this DC on, up and down, it is at least that one
    uint32_t scales[BLOCK];             // old step / new step, in 65536ths, in zigzag order
} Component;

typedef struct {
    const uint8_t *data;                // the whole file
    size_t start, length;               // of the scan's coded data, of the file
    size_t most;                        // tokens
    uint32_t units;                     // MCUs
    uint32_t interval;                  // MCUs from one restart to the next, or 0
    uint32_t components;
    Component component[COMPONENTS];
    Table dc[TABLES], ac[TABLES];
} Scan;

typedef struct {
    uint8_t length;                     // bits of code and value, or 0: they do not fit into LOOK
    uint8_t run;                        // zeros before the value; BLOCK: to the end of the block
    int16_t value;
} Step;

typedef struct {
    uint16_t codes[1 << LOOK];          // length << 8 | symbol, or 0: the code is longer
    Step steps[1 << LOOK];
    int32_t ends[LONGEST_CODE + 1];     // the first code, at 16 bits, that is longer
    int32_t offsets[LONGEST_CODE + 1];  // from a code to its symbol's place
    const uint8_t *symbols;
} Lookup;

typedef struct {
    const uint8_t *at, *end;
    uint64_t bits;                      // the next ones, from the left
    int32_t count;
    int32_t padding;                    // of them, those that the data did not have
} Reader;

static int index_codes(Lookup *lookup, const Table *table) {
    int32_t code = 0, place = 0;
    lookup->symbols = table->symbols;
    for (int i = 0; i < 1 << LOOK; i++) lookup->codes[i] = 0;
    for (int length = 1; length <= LONGEST_CODE; length++, code <<= 1) {
        lookup->offsets[length] = place - code;
        for (int n = table->counts[length - 1]; n > 0; n--, code++, place++) {
            if (place >= SYMBOLS || code >= 1 << length) return 0;
            if (length > LOOK) continue;
            int free = LOOK - length;
            for (int i = 0; i < 1 << free; i++)
                lookup->codes[(code << free) + i] = (uint16_t)(length << 8 | table->symbols[place]);
        }
        lookup->ends[length] = code << (LONGEST_CODE - length);
    }
    return 1;
}

static inline int16_t extended(uint32_t bits, int size) {  // T.81, figure F.12
    return (int16_t)(bits < 1u << (size - 1) ? (int32_t)bits - (1 << size) + 1 : (int32_t)bits);
}

static void index_steps(Lookup *lookup) {
    for (uint32_t i = 0; i < 1 << LOOK; i++) {
        int length = lookup->codes[i] >> 8, symbol = lookup->codes[i] & 255, size = symbol & 15;
        Step step = {0, (uint8_t)(symbol ? symbol >> 4 : BLOCK), 0};
        if (length && length + size <= LOOK && (size || symbol == 0 || symbol == ZEROS)) {
            step.length = (uint8_t)(length + size);
            if (size) step.value = extended(i >> (LOOK - length - size) & ((1u << size) - 1), size);
        }
        lookup->steps[i] = step;
    }
}

// By value, so that the reader of the inner loop may stay in registers.
static Reader refilled_bytewise(Reader reader) {
    while (reader.count <= 56) {
        uint64_t byte = 0;
        if (reader.at < reader.end && *reader.at != 0xFF) {
            byte = *reader.at++;
        } else if (reader.end - reader.at > 1 && reader.at[1] == 0) {
            byte = 0xFF, reader.at += 2;
        } else {
            reader.padding += 8;  // a marker, or the end
        }
        reader.bits |= byte << (56 - reader.count);
        reader.count += 8;
    }
    return reader;
}

static inline void refill(Reader *reader) {
    uint64_t next;
    if (reader->end - reader->at >= 8) {
        __builtin_memcpy(&next, reader->at, 8);
        if (((~next - 0x0101010101010101u) & next & 0x8080808080808080u) == 0) {  // no byte of FF
            reader->bits |= __builtin_bswap64(next) >> reader->count;
            reader->at += (63 - reader->count) >> 3;
            reader->count |= 56;
            return;
        }
    }
    *reader = refilled_bytewise(*reader);
}

static inline uint32_t take(Reader *reader, int count) {  // 1 to 16
    uint32_t bits = (uint32_t)(reader->bits >> (64 - count));
    reader->bits <<= count, reader->count -= count;
    return bits;
}

static inline int next_symbol(Reader *reader, const Lookup *lookup) {  // or -1
    uint32_t found = lookup->codes[reader->bits >> (64 - LOOK)];
    if (found) {
        take(reader, (int)(found >> 8));
        return found & 255;
    }
    int32_t next = (int32_t)(reader->bits >> 48);
    for (int length = LOOK + 1; length <= LONGEST_CODE; length++) {
        if (next >= lookup->ends[length]) continue;
        int32_t place = (next >> (LONGEST_CODE - length)) + lookup->offsets[length];
        take(reader, length);
        return place < 0 || place >= SYMBOLS ? -1 : lookup->symbols[place];
    }
    return -1;
}

typedef struct {
    Reader reader;
    Step step;                          // length 0: a code that means nothing
} Slow;

static Slow slow_step(Reader reader, const Lookup *lookup) {
    int symbol = next_symbol(&reader, lookup), size = symbol & 15;
    Step step = {0, 0, 0};
    if (symbol >= 0 && size <= LARGEST_AC && (size || symbol == 0 || symbol == ZEROS)) {
        step.length = 1;
        step.run = (uint8_t)(symbol ? symbol >> 4 : BLOCK);
        if (size) step.value = extended(take(&reader, size), size);
    }
    return (Slow){reader, step};
}

static inline uint32_t magnitude(int32_t value) { return (uint32_t)(value < 0 ? -value : value); }

static inline uint32_t size_of(uint32_t value) { return 32 - (uint32_t)__builtin_clz(value << 1 | 1) - 1; }

// `half` is a little less than one half, or one half: it decides where the exact middle goes.
static inline uint32_t scaled(uint32_t value, uint32_t scale, uint32_t half) {
    return (value * scale + half) >> 16;
}

static inline uint32_t token(uint32_t target, uint32_t run, int negative, uint32_t value) {
    uint32_t size = size_of(value), ones = negative ? (1u << size) - 1 : 0;
    return target << 24 | run << 20 | size << 16 | (value ^ ones);
}

typedef struct {
    int32_t source, target;             // a component's last DC value, before and after
} Level;

// Pixels end at black and white, coefficients do not: white must not be rounded to what is not quite white.
static inline int32_t level_of(const Component *to, int negative, uint32_t source) {
    uint32_t value = scaled(source, to->scales[0], 0x8000);
    uint32_t from = negative ? to->black_from : to->white_from, least = negative ? to->black : to->white;
    if (source >= from && value < least) value = least;
    return negative ? -(int32_t)value : (int32_t)value;
}

static int put_dc(Reader *reader, const Lookup *lookup, const Component *to, Level *level, Tokens *out) {
    refill(reader);
    int size = next_symbol(reader, lookup);
    if (size < 0 || size > LARGEST_DC) return 0;
    if (size) level->source += extended(take(reader, size), size);
    if (level->source > FURTHEST_DC || level->source < -FURTHEST_DC) return 0;
    int32_t value = level_of(to, level->source < 0, magnitude(level->source));
    int32_t difference = value - level->target;
    level->target = value;
    if (size_of(magnitude(difference)) > LARGEST_DC) return 0;
    out->tokens[out->count++] = token(to->target, 0, difference < 0, magnitude(difference));
    return 1;
}

// The hot loop: without a branch on what the value becomes, which nobody can predict.
static inline int put_ac(Reader *from, const Lookup *lookup, const Component *to, uint32_t half, Tokens *out) {
    Reader reader = *from;
    uint32_t *at = out->tokens + out->count, target = to->target + 1, run = 0;
    for (int k = 1; k < BLOCK; k++) {
        if (reader.count < 32) refill(&reader);
        Step step = lookup->steps[reader.bits >> (64 - LOOK)];
        if (step.length) {
            reader.bits <<= step.length, reader.count -= step.length;
        } else {
            Slow slow = slow_step(reader, lookup);
            reader = slow.reader, step = slow.step;
            if (step.length == 0) return 0;
        }
        k += step.run, run += step.run;
        if (k >= BLOCK) {
            if (step.run < BLOCK) return 0;
            break;
        }
        uint32_t left = scaled(magnitude(step.value), to->scales[k], half);
        for (; run >= ZERO_RUN && left; run -= ZERO_RUN) *at++ = target << 24 | ZEROS << 16;
        *at = token(target, run & 15, step.value < 0, left);
        at += left != 0;
        run = left ? 0 : run + 1;
    }
    if (run) *at++ = target << 24;  // the rest are zeros
    out->count = (size_t)(at - out->tokens);
    *from = reader;
    return 1;
}

// Whether the data ends where the coding does: with less than a byte of padding, before a marker.
static int at_marker(const Reader *reader) {
    int32_t left = reader->count - reader->padding;
    return left >= 0 && left < 8 && reader->end - reader->at > 1 && reader->at[0] == 0xFF && reader->at[1] != 0;
}

static int restart(Reader *reader, uint32_t number, Level *levels) {
    *reader = refilled_bytewise(*reader);
    if (!at_marker(reader) || reader->at[1] != 0xD0 + number % 8) return 0;
    *reader = (Reader){reader->at + 2, reader->end, 0, 0, 0};
    for (int i = 0; i < COMPONENTS; i++) levels[i].source = 0;  // not the target: the output has no restarts
    return 1;
}

static int make_room(Tokens *out, size_t most) {
    if (out->room - out->count >= BLOCK_TOKENS) return 1;
    size_t room = out->room ? 2 * out->room : FIRST_ROOM;
    if (room > most) room = most;
    if (room - out->count < BLOCK_TOKENS) return 0;
    uint32_t *tokens = realloc(out->tokens, room * sizeof *tokens);
    if (tokens == NULL) return 0;
    out->tokens = tokens, out->room = room;
    return 1;
}

static int put_unit(Reader *reader, const Scan *scan, const Lookup *lookups, uint32_t unit, Level *levels, Tokens *out) {
    for (uint32_t c = 0; c < scan->components; c++) {
        const Component *to = &scan->component[c];
        for (uint32_t block = 0; block < to->blocks; block++) {
            uint32_t half = 0x7FFF + ((unit ^ block) & 1);  // up and down by turns
            if (!make_room(out, scan->most)) return 0;
            if (!put_dc(reader, &lookups[to->dc], to, &levels[c], out)) return 0;
            if (!put_ac(reader, &lookups[TABLES + to->ac], to, half, out)) return 0;
        }
    }
    return 1;
}

// Reads the whole scan; 0 for one that is broken or unusual, or that makes too many tokens.
int requantise(const Scan *scan, Tokens *out) {
    Lookup lookups[2 * TABLES];
    Reader reader = {scan->data + scan->start, scan->data + scan->length, 0, 0, 0};
    Level levels[COMPONENTS] = {{0, 0}};
    uint32_t restarts = 0;
    for (int i = 0; i < TABLES; i++) {
        if (!index_codes(&lookups[i], &scan->dc[i]) || !index_codes(&lookups[TABLES + i], &scan->ac[i])) return 0;
        index_steps(&lookups[TABLES + i]);
    }
    for (uint32_t unit = 0; unit < scan->units; unit++) {
        if (scan->interval && unit && unit % scan->interval == 0)
            if (!restart(&reader, restarts++, levels)) return 0;
        if (!put_unit(&reader, scan, lookups, unit, levels, out)) return 0;
    }
    reader = refilled_bytewise(reader);
    out->end = (size_t)(reader.at - scan->data);
    for (size_t i = 0; i < out->count; i++) out->histogram[out->tokens[i] >> 24][out->tokens[i] >> 16 & 255]++;
    return at_marker(&reader);
}
