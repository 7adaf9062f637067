"""What `python -m bench.calibrate` found: do not change it by hand."""

# Of chroma with half of its resolution, then of the pools in native/estimate.h.
WEIGHTS: tuple[float, ...] = (0.069603, 7.1882, 12.458, 3.351, 14.32, 260.69, 0, 0, 19.288, 0)
# By how much a value that stays is larger than half a step, for each step that a bit costs.
DEAD_ZONE = 2.0
# The qualities at which Pillow's encoders have a look in the mean: JPEG, WebP, AVIF.
JPEG = {"high": 73, "good": 57, "small": 39}
WEBP = {"high": 85, "good": 65, "small": 38}
AVIF = {"high": 64, "good": 49, "small": 40}
