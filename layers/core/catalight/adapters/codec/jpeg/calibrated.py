"""What `python -m bench.calibrate` found: do not change it by hand."""

# Of the pools in native/estimate.h.
WEIGHTS: tuple[float, ...] = (10.533, 12.419, 242.98, 15.253, 4.2842, 17.263)
# By how much a value that stays is larger than half a step, for each step that a bit costs.
DEAD_ZONE = 2.5
# The qualities at which Pillow's encoders have a look in the mean: JPEG, WebP, AVIF.
JPEG = {"high": 73, "good": 58, "small": 41}
WEBP = {"high": 86, "good": 69, "small": 42}
AVIF = {"high": 65, "good": 52, "small": 42}
