// Keeps rings of coarse steps out of white and black areas.

#pragma once

#include "lines.h"

enum { RAISED = 2 };

// Raises white samples beside others of a block above white, and lowers black ones. `step` is the quantisation step of DC.
// Returns whether there are any; RAISED if there are others, too.
int dering(Line *lines, uint8_t step);
