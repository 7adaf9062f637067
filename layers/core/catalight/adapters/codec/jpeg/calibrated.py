"""What `python -m bench.calibrate` found: do not change it by hand."""

# Of the pools in native/estimate.h.
WEIGHTS: tuple[float, ...] = (0, 6.9559, 3.5041, 23.164, 292.55, 1.2214, 0, 7.8009, 27.13)
# By how much a value that stays is larger than half a step, for each step that a bit costs.
DEAD_ZONE = 2.25
# The qualities at which Pillow's encoders have a look in the mean: JPEG, WebP, AVIF.
JPEG = {"high": 75, "good": 60, "small": 41}
WEBP = {"high": 85, "good": 69, "small": 42}
AVIF = {"high": 66, "good": 52, "small": 43}
