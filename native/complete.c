// Checks that the coded data of a Huffman-coded JPEG (T.81) are complete: libjpeg fills up what is missing with grey.
// It keeps no coefficients, only a bit for each that is not zero, because refinements depend on that (T.81, G.1.2.3).

#include "huffman.h"

#include <stdlib.h>

enum { COMPLETE, INCOMPLETE, UNKNOWN }; // UNKNOWN: not a JPEG that this file can read
enum { PARTS = 4, MAX_SCANS = 500, AT_ONCE = 5, NEVER = 255 };
enum { FEW_BYTES = 100000 };            // reading so many takes a third of a millisecond
enum { SOF0 = 0xC0, SOF1, SOF2, DHT = 0xC4, JPG = 0xC8, DAC = 0xCC, SOF15 = 0xCF, RST0 = 0xD0, EOI = 0xD9, SOS, DRI = 0xDD };

typedef struct {
    uint8_t id, across, down;           // blocks in an MCU
    uint32_t wide, high;                // blocks of a scan of this component alone
    uint64_t *nonzero;                  // for each block, a bit for each coefficient
    uint8_t missing[BLOCK];             // low bits that no scan has had yet; NEVER before the first scan
} Part;

typedef struct {
    const uint8_t *at, *end;
    uint32_t progressive, interval, parts, mcus_across, mcus_down, scans, reached;
    Part part[PARTS];
    Table dc[TABLES], ac[TABLES];
    uint8_t has_dc[TABLES], has_ac[TABLES];
} Jpeg;

typedef struct {
    Reader reader;
    Lookup dc[PARTS], ac[PARTS];
    Part *part[PARTS];
    uint32_t parts, first, last, refines, shift, eob_run;
} Pass;

static uint32_t two_bytes(const uint8_t *at) { return (uint32_t)at[0] << 8 | at[1]; }

static uint32_t divided(uint32_t value, uint32_t by) { return (value + by - 1) / by; }

// Returns the position after the next marker's code, or NULL.
static const uint8_t *after_marker(const uint8_t *at, const uint8_t *end) {
    while (at < end && (at = memchr(at, 0xFF, (size_t)(end - at))) != NULL) {
        while (at < end && *at == 0xFF) at++;
        if (at < end && *at != 0) return at + 1;
    }
    return NULL;
}

static void drop(Reader *reader, uint32_t count) {  // at most 63
    for (uint32_t part; count; count -= part) {
        part = count < 32 ? count : 32;
        refill(reader);
        reader->bits <<= part, reader->count -= (int32_t)part;
    }
}

static int skip_dc(Reader *reader, const Lookup *lookup) {
    refill(reader);
    int size = next_symbol(reader, lookup);
    if (size > 0 && size <= 15) take(reader, size);
    return size >= 0 && size <= 15;
}

// The hot loop.
static inline int skip_ac(Reader *from, const Lookup *lookup) {
    Reader reader = *from;
    uint32_t k = 0;
    while (k < BLOCK - 1) {
        refill(&reader);
        for (int i = 0; i < AT_ONCE && k < BLOCK - 1; i++) {
            AcCode code = lookup->ac_codes[reader.bits >> (64 - LOOKUP_BITS)];
            if (__builtin_expect(code.length != 0, 1)) {
                reader.bits <<= code.length, reader.count -= code.length, k += code.run + 1u;
                continue;
            }
            refill(&reader);
            int symbol = next_symbol(&reader, lookup), run = symbol >> 4, size = symbol & 15;
            if (symbol < 0) return 0;
            if (size) take(&reader, size);
            k += size || run == ZERO_RUN - 1 ? (uint32_t)run + 1 : BLOCK;
            break;
        }
    }
    *from = reader;
    return 1;
}

// The other hot loop. Codes with a run of blocks are not in the lookup table of values.
static int skip_first_ac(Pass *pass, uint64_t *nonzero) {
    Reader reader = pass->reader;
    uint64_t found = 0;
    uint32_t k = pass->first;
    while (k <= pass->last) {
        refill(&reader);
        for (int i = 0; i < AT_ONCE && k <= pass->last; i++) {
            AcCode code = pass->ac[0].ac_codes[reader.bits >> (64 - LOOKUP_BITS)];
            if (code.length == 0) {
                refill(&reader);
                int symbol = next_symbol(&reader, &pass->ac[0]), run = symbol >> 4, size = symbol & 15;
                if (symbol < 0) return 0;
                if (size == 0 && run < ZERO_RUN - 1) pass->eob_run = (1u << run) - 1 + (run ? take(&reader, run) : 0);
                if (size) take(&reader, size);
                code.run = (uint8_t)(size || run == ZERO_RUN - 1 ? run : BLOCK), code.value = size > 0;
                i = AT_ONCE;
            } else {
                reader.bits <<= code.length, reader.count -= code.length;
            }
            k += code.run;
            if (k < BLOCK && code.value) found |= (uint64_t)1 << k;
            k++;
        }
    }
    *nonzero |= found, pass->reader = reader;
    return 1;
}

static uint64_t up_to(uint32_t last) { return ~(uint64_t)0 >> (BLOCK - 1 - last); }

// Each value that is not zero has a correction bit.
static void skip_corrections(Reader *reader, uint64_t values) {
    if (values) drop(reader, (uint32_t)__builtin_popcountll(values));
}

static int skip_refined_ac(Pass *pass, uint64_t *nonzero) {
    Reader *reader = &pass->reader;
    uint64_t values = *nonzero, left = up_to(pass->last) & ~(uint64_t)0 << pass->first;
    while (left) {
        refill(reader);
        int symbol = next_symbol(reader, &pass->ac[0]), run = symbol >> 4, size = symbol & 15;
        if (symbol < 0) return 0;
        if (size == 0 && run < ZERO_RUN - 1) {
            pass->eob_run = (1u << run) - 1 + (run ? take(reader, run) : 0);
            break;
        }
        if (size) take(reader, 1);      // the sign
        uint64_t zeros = left & ~values;
        while (run-- > 0) zeros &= zeros - 1;
        uint64_t end = zeros & -zeros, skipped = end ? end - 1 : ~(uint64_t)0;  // the zero after the run
        skip_corrections(reader, values & left & skipped);
        if (size) *nonzero |= end;
        left &= ~(skipped | end);
    }
    skip_corrections(reader, values & left);
    return 1;
}

// Skips an AC scan's blocks `from` to `to`: runs of blocks without new values at once.
static int skip_ac_blocks(Pass *pass, size_t from, size_t to) {
    for (size_t i = from; i < to;) {
        uint64_t *nonzero = &pass->part[0]->nonzero[i];
        if (is_exhausted(&pass->reader)) return 0;
        if (pass->eob_run == 0) {
            if (!(pass->refines ? skip_refined_ac(pass, nonzero) : skip_first_ac(pass, nonzero))) return 0;
            i++;
        } else if (pass->refines) {
            skip_corrections(&pass->reader, *nonzero & up_to(pass->last) & ~(uint64_t)0 << pass->first);
            pass->eob_run--, i++;
        } else {
            uint32_t run = to - i < pass->eob_run ? (uint32_t)(to - i) : pass->eob_run;
            pass->eob_run -= run, i += run;
        }
    }
    return 1;
}

static int skip_mcus(Pass *pass, const Jpeg *jpeg, size_t count) {
    uint32_t blocks[PARTS];
    for (uint32_t i = 0; i < pass->parts; i++)
        blocks[i] = pass->parts == 1 ? 1u : (uint32_t)pass->part[i]->across * pass->part[i]->down;
    while (count-- > 0) {
        if (is_exhausted(&pass->reader)) return 0;
        for (uint32_t i = 0; i < pass->parts; i++) {
            if (pass->refines) drop(&pass->reader, blocks[i]);
            for (uint32_t n = pass->refines ? 0 : blocks[i]; n > 0; n--) {
                if (!skip_dc(&pass->reader, &pass->dc[i])) return 0;
                if (!jpeg->progressive && !skip_ac(&pass->reader, &pass->ac[i])) return 0;
            }
        }
    }
    return 1;
}

static int skip_restart(Pass *pass, uint32_t number) {
    const uint8_t *at = after_marker(pass->reader.at, pass->reader.end);
    if (at == NULL || at[-1] != RST0 + number % 8) return 0;
    pass->reader = (Reader){at, pass->reader.end, 0, 0, 0};
    pass->eob_run = 0;
    return 1;
}

static int skip_scan(Pass *pass, const Jpeg *jpeg) {
    int alone = pass->parts == 1;
    size_t across = alone ? pass->part[0]->wide : jpeg->mcus_across, down = alone ? pass->part[0]->high : jpeg->mcus_down;
    size_t count = across * down, step = jpeg->interval ? jpeg->interval : count;
    for (size_t from = 0; from < count; from += step) {
        size_t to = count - from < step ? count : from + step;
        if (from && !skip_restart(pass, (uint32_t)(from / step - 1))) return 0;
        if (!(pass->first ? skip_ac_blocks(pass, from, to) : skip_mcus(pass, jpeg, to - from))) return 0;
        if (is_exhausted(&pass->reader)) return 0;
    }
    return 1;
}

static int read_tables(Jpeg *jpeg, const uint8_t *at, const uint8_t *end) {
    while (end - at > LONGEST_CODE) {
        uint32_t kind = at[0] >> 4, number = at[0] & 15, count = 0;
        for (int i = 0; i < LONGEST_CODE; i++) count += at[1 + i];
        at += 1 + LONGEST_CODE;
        if (kind > 1 || number >= TABLES || count > SYMBOLS || end - at < (ptrdiff_t)count) return 0;
        Table *table = kind ? &jpeg->ac[number] : &jpeg->dc[number];
        memcpy(table->counts, at - LONGEST_CODE, LONGEST_CODE), memcpy(table->symbols, at, count);
        (kind ? jpeg->has_ac : jpeg->has_dc)[number] = 1;
        at += count;
    }
    return 1;
}

static int read_frame(Jpeg *jpeg, const uint8_t *at, size_t length) {
    if (jpeg->parts || length < 6 || at[0] != 8 || at[5] < 1 || at[5] > PARTS || length < 6 + 3u * at[5]) return 0;
    uint32_t height = two_bytes(at + 1), width = two_bytes(at + 3), across = 1, down = 1;
    if (height == 0 || width == 0) return 0;
    jpeg->parts = at[5], at += 6;
    for (uint32_t i = 0; i < jpeg->parts; i++, at += 3) {
        Part *part = &jpeg->part[i];
        part->id = at[0], part->across = at[1] >> 4, part->down = at[1] & 15;
        if (part->across < 1 || part->across > 4 || part->down < 1 || part->down > 4) return 0;
        if (part->across > across) across = part->across;
        if (part->down > down) down = part->down;
        memset(part->missing, NEVER, BLOCK);
    }
    jpeg->mcus_across = divided(width, 8 * across), jpeg->mcus_down = divided(height, 8 * down);
    for (Part *part = jpeg->part; part < jpeg->part + jpeg->parts; part++) {
        part->wide = divided(divided(width * part->across, across), 8);
        part->high = divided(divided(height * part->down, down), 8);
    }
    return 1;
}

static int add_part(Pass *pass, Jpeg *jpeg, uint32_t i, const uint8_t *at) {
    uint32_t c = 0, dc = at[1] >> 4, ac = at[1] & 15;
    while (c < jpeg->parts && jpeg->part[c].id != at[0]) c++;
    if (c == jpeg->parts || dc >= TABLES || ac >= TABLES) return 0;
    Part *part = pass->part[i] = &jpeg->part[c];
    if (pass->first == 0 && !pass->refines && !(jpeg->has_dc[dc] && index_codes(&pass->dc[i], &jpeg->dc[dc]))) return 0;
    if (pass->last && !(jpeg->has_ac[ac] && index_codes(&pass->ac[i], &jpeg->ac[ac]))) return 0;
    if (pass->last) index_values(&pass->ac[i], 1);
    if (pass->first && part->nonzero == NULL) part->nonzero = calloc((size_t)part->wide * part->high, sizeof(uint64_t));
    for (uint32_t k = pass->first; k <= pass->last; k++) part->missing[k] = (uint8_t)pass->shift;
    return pass->first == 0 || part->nonzero != NULL;
}

static int read_scan_header(Pass *pass, Jpeg *jpeg, const uint8_t *at, size_t length) {
    *pass = (Pass){.parts = at[0], .last = BLOCK - 1};
    if (jpeg->parts == 0 || jpeg->scans++ == MAX_SCANS) return 0;
    if (at[0] < 1 || at[0] > PARTS || length < 4 + 2u * at[0]) return 0;
    if (jpeg->progressive) {
        const uint8_t *kind = at + 1 + 2 * at[0];
        pass->first = kind[0], pass->last = kind[1], pass->refines = kind[2] >> 4, pass->shift = kind[2] & 15;
        if (pass->first > pass->last || pass->last >= BLOCK || (pass->first ? pass->parts > 1 : pass->last > 0)) return 0;
    }
    for (uint32_t i = 0; i < pass->parts; i++)
        if (!add_part(pass, jpeg, i, at + 1 + 2 * i)) return 0;
    return 1;
}

static int check_scan(Jpeg *jpeg, Pass *pass, size_t length) {
    if (length < 1 || !read_scan_header(pass, jpeg, jpeg->at, length)) return UNKNOWN;
    pass->reader = (Reader){jpeg->at + length, jpeg->end, 0, 0, 0};
    jpeg->reached &= !jpeg->progressive && jpeg->interval == 0 && pass->parts == jpeg->parts;
    if (jpeg->reached && jpeg->end - jpeg->at > FEW_BYTES) return COMPLETE;
    jpeg->reached = 0;
    int ok = skip_scan(pass, jpeg);
    jpeg->at = pass->reader.at;
    return ok ? COMPLETE : INCOMPLETE;
}

// A progressive image need not have all bits of its coefficients, but the DC of each component (as in libjpeg).
static int has_all(const Jpeg *jpeg, int every_bit) {
    for (const Part *part = jpeg->part; part < jpeg->part + jpeg->parts; part++) {
        if (part->missing[0] == NEVER) return 0;
        for (int k = 0; k < BLOCK; k++)
            if (every_bit && part->missing[k]) return 0;
    }
    return jpeg->parts > 0;
}

static int check_segments(Jpeg *jpeg, Pass *pass, int ended) {
    while ((jpeg->at = after_marker(jpeg->at, jpeg->end)) != NULL) {
        uint8_t code = jpeg->at[-1];
        if (code == EOI) return has_all(jpeg, !ended) ? COMPLETE : INCOMPLETE;
        if (code == 0x01 || (code >= RST0 && code < EOI)) continue;
        size_t left = (size_t)(jpeg->end - jpeg->at), length = left < 2 ? 0 : two_bytes(jpeg->at);
        if (length < 2) return UNKNOWN;
        if (length > left) return INCOMPLETE;
        jpeg->at += 2, length -= 2;
        if (code == SOS) {
            int found = check_scan(jpeg, pass, length);
            if (found != COMPLETE || jpeg->reached) return found;
            continue;
        }
        if (code == DHT && !read_tables(jpeg, jpeg->at, jpeg->at + length)) return UNKNOWN;
        if (code == DRI && length >= 2) jpeg->interval = two_bytes(jpeg->at);
        if (code >= SOF0 && code <= SOF15 && code != DHT && code != JPG && code != DAC) {
            if (code > SOF2 || !read_frame(jpeg, jpeg->at, length)) return UNKNOWN;
            jpeg->progressive = code == SOF2;
        }
        jpeg->at += length;
    }
    return INCOMPLETE;
}

// Returns COMPLETE, INCOMPLETE or UNKNOWN. `ended` is 0 if the end marker was added, so that later scans may be missing too.
// `reached` is not 0 if decoding is known to have reached the last MCU: then a long single scan need not be read.
int check_complete(const uint8_t *data, size_t length, int ended, int reached) {
    Jpeg *jpeg = calloc(1, sizeof *jpeg);
    Pass *pass = malloc(sizeof *pass);
    int found = UNKNOWN;
    if (jpeg && pass) {
        jpeg->at = data, jpeg->end = data + length, jpeg->reached = reached != 0;
        found = check_segments(jpeg, pass, ended);
        for (int i = 0; i < PARTS; i++) free(jpeg->part[i].nonzero);
    }
    free(jpeg), free(pass);
    return found;
}
