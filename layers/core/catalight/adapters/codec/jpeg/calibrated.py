"""What `python -m bench.calibrate` found: do not change it by hand."""

# Of chroma with half of its resolution, then of the pools in native/estimate.h.
WEIGHTS = (0.01, 1.0, 7.0, 0.5, 12.0, 210.0, 2.0, 10.0, 5.0, 20.0)
# By how much a value that stays is larger than half a step, for each step that a bit costs.
DEAD_ZONE = 3.0
