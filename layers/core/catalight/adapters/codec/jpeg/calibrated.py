"""What `python -m bench.calibrate` found: do not change it by hand."""

# Of the pools in native/estimate.h.
WEIGHTS: tuple[float, ...] = (11.233, 12.665, 316.92, 8.9764, 1.8681, 17.169)
# By how much a value that stays is larger than half a step, for each step that a bit costs.
DEAD_ZONE = 2.5
# The qualities at which Pillow's encoders have a look in the mean: JPEG, WebP, AVIF.
JPEG = {"high": 73, "good": 58, "small": 41}
WEBP = {"high": 85, "good": 68, "small": 42}
AVIF = {"high": 66, "good": 52, "small": 42}
