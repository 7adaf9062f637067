// What a picture is between its two codings. The structures stand in catalight/adapters/jpeg/tokens.py too.

#pragma once

#include <stddef.h>
#include <stdint.h>

enum { TABLES = 4, SYMBOLS = 256 };

typedef struct {
    uint32_t *tokens;                   // target << 24 | symbol << 16 | bits of the value
    size_t count, room;
    size_t end;                         // where the coded data of the source end
    uint32_t histogram[TABLES][SYMBOLS];
} Tokens;
