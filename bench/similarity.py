"""Structural similarity (SSIM) of an output and its source, with the parameters of the paper.

Wang, Bovik, Sheikh, Simoncelli: Image quality assessment: from error visibility to structural similarity
(IEEE Transactions on Image Processing 13, 2004).
"""

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps
from skimage.metrics import structural_similarity

MIDDLE = 1024
"""The side in pixels of the central square that is compared: the product is there."""


def ssim(source: Path, output: Path) -> float:
    """Return the SSIM of the luma, upright and on white; the source is scaled to the size of the output."""
    actual = _upright_luma(output)
    expected = _upright_luma(source)
    if expected.size != actual.size:
        expected = expected.resize(actual.size, Image.Resampling.LANCZOS)
    first, second = (np.asarray(_middle(image), dtype=np.float32) for image in (expected, actual))
    return float(
        structural_similarity(
            first, second, data_range=255, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
        )
    )


def _upright_luma(path: Path) -> Image.Image:
    with Image.open(path) as image:
        upright = ImageOps.exif_transpose(image)
    if upright.has_transparency_data:
        white = Image.new("RGBA", upright.size, "white")
        upright = Image.alpha_composite(white, upright.convert("RGBA"))
    return upright.convert("L")


def _middle(image: Image.Image) -> Image.Image:
    left, top = max(0, image.width - MIDDLE) // 2, max(0, image.height - MIDDLE) // 2
    return image.crop((left, top, min(image.width, left + MIDDLE), min(image.height, top + MIDDLE)))
