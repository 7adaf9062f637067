"""What `python -m bench.calibrate` found: do not change it by hand."""

# Of the pools in native/estimate.h.
WEIGHTS: tuple[float, ...] = (10.82, 9.3865, 254.37, 10.389, 2.1447, 5.9423, 19.717)
# By how much a value that stays is larger than half a step, for each step that a bit costs.
DEAD_ZONE = 2.25
# The qualities at which Pillow's encoders have a look in the mean: JPEG, WebP, AVIF.
JPEG = {"high": 75, "good": 60, "small": 42}
WEBP = {"high": 85, "good": 66, "small": 40}
AVIF = {"high": 66, "good": 52, "small": 42}
