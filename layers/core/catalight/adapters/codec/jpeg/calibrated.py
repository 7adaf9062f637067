"""What `python -m bench.calibrate` found: do not change it by hand."""

# Of the pools in native/estimate.h.
WEIGHTS: tuple[float, ...] = (11.215, 12.743, 320.92, 8.1915, 1.8517, 17.249)
# By how much a value that stays is larger than half a step, for each step that a bit costs.
DEAD_ZONE = 2.5
# The qualities at which Pillow's encoders have a look in the mean: JPEG, WebP, AVIF.
JPEG = {"high": 73, "good": 58, "small": 41}
WEBP = {"high": 85, "good": 68, "small": 42}
AVIF = {"high": 66, "good": 52, "small": 42}
