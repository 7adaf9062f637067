// Finds markers in coded data.

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { MARKER = 0xFF, RESTARTS = 0xD0 };  // RESTARTS: the first of eight
enum { TEMPORARY = 0x01, START_OF_IMAGE = 0xD8, END_OF_IMAGE, START_OF_SCAN };
enum { AT_ONCE = 16 };

typedef uint8_t Bytes __attribute__((vector_size(AT_ONCE)));

static int has_marker(const uint8_t *data) {
    Bytes first, second;
    memcpy(&first, data, sizeof first), memcpy(&second, data + 1, sizeof second);
    Bytes found = (Bytes)((first == MARKER) & (second != 0) & (second != MARKER) & ((second & (uint8_t)~7) != RESTARTS));
    uint64_t halves[2];
    memcpy(halves, &found, sizeof halves);
    return (halves[0] | halves[1]) != 0;
}

// Returns the offset of the first marker from `at` on that is neither a stuffed byte, a fill byte nor a restart; `length` if none is.
size_t find_marker(const uint8_t *data, size_t at, size_t length) {
    while (at + AT_ONCE < length && !has_marker(data + at)) at += AT_ONCE;
    for (; at + 1 < length; at++) {
        const uint8_t *found = memchr(data + at, MARKER, length - 1 - at);
        if (found == NULL) break;
        at = (size_t)(found - data);
        if (found[1] != 0 && found[1] != MARKER && (found[1] & ~7) != RESTARTS) return at;
    }
    return length;
}

// Counts the scans up to the end of the image or of the data.
size_t count_scans(const uint8_t *data, size_t length) {
    size_t count = 0;
    for (size_t at = 0; (at = find_marker(data, at, length)) < length;) {
        uint8_t kind = data[at + 1];
        at += 2;
        if (kind == END_OF_IMAGE) break;
        if (kind == START_OF_SCAN) count++;
        if (kind == TEMPORARY || kind == START_OF_IMAGE) continue;  // these have no length
        if (length - at < 2) break;
        at += (size_t)data[at] << 8 | data[at + 1];
    }
    return count;
}
