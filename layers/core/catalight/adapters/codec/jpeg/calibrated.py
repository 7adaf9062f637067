"""What `python -m bench.calibrate` found: do not change it by hand."""

# Of the pools in native/estimate.h.
WEIGHTS: tuple[float, ...] = (0, 8.8297, 2.777, 20.641, 283.51, 0.94154, 0, 12.246, 34.658)
# By how much a value that stays is larger than half a step, for each step that a bit costs.
DEAD_ZONE = 2.0
# The qualities at which Pillow's encoders have a look in the mean: JPEG, WebP, AVIF.
JPEG = {"high": 75, "good": 60, "small": 41}
WEBP = {"high": 85, "good": 69, "small": 42}
AVIF = {"high": 66, "good": 52, "small": 43}
