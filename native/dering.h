// Keeps rings of coarse steps out of white and black areas.

#pragma once

#include "lines.h"

// Raises white samples beside others of a block above white, and lowers black ones. `step` is the quantisation step of DC.
// Returns whether there are any.
int dering(Line *lines, uint8_t step);
