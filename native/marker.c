// Finds markers in coded data.

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { MARKER = 0xFF, RESTARTS = 0xD0 };  // RESTARTS: the first of eight

// Returns the offset of the first marker from `at` on that is neither a stuffed byte, a fill byte nor a restart; `length` if none is.
size_t find_marker(const uint8_t *data, size_t at, size_t length) {
    for (; at + 1 < length; at++) {
        const uint8_t *found = memchr(data + at, MARKER, length - 1 - at);
        if (found == NULL) break;
        at = (size_t)(found - data);
        if (found[1] != 0 && found[1] != MARKER && (found[1] & ~7) != RESTARTS) return at;
    }
    return length;
}
