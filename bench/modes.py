"""What the codec is measured at: the same settings for everyone."""

from dataclasses import dataclass
from pathlib import Path

from PIL import ExifTags, Image, UnidentifiedImageError

QUALITY = 50


@dataclass(frozen=True, slots=True)
class Mode:
    """One kind of work: `side` bounds width and height (0: they stay), `share` is its part of the time.

    It takes JPEGs, or else what is none, of more than `side` and of at most so many `megapixels`, since AVIF
    can take seconds for each; and those that are upright as they lie, or else the others.
    """

    name: str
    title: str
    format: str
    side: int
    share: float
    from_jpeg: bool = True
    upright: bool = True
    megapixels: float = 100

    def takes(self, path: Path) -> bool:
        """Whether this file is a picture for it."""
        try:
            with Image.open(path) as image:
                megapixels = image.width * image.height / 1e6
                fits = max(image.size) > self.side and megapixels <= self.megapixels
                upright = image.getexif().get(ExifTags.Base.Orientation, 1) == 1
                return fits and (image.format == "JPEG", upright) == (self.from_jpeg, self.upright)
        except UnidentifiedImageError:
            return False


MODES = (
    Mode("jpeg", "JPEG to JPEG, quality 50, same size", "jpeg", 0, 0.35),
    Mode("resize", "JPEG to JPEG, quality 50, within 1024 x 1024", "jpeg", 1024, 0.2),
    Mode("turned", "JPEG that is to be turned to JPEG, quality 50", "jpeg", 0, 0.1, upright=False),
    Mode("other", "PNG and WebP, some transparent, to JPEG, quality 50", "jpeg", 0, 0.1, from_jpeg=False),
    Mode("webp", "JPEG to WebP, quality 50, same size", "webp", 0, 0.125, megapixels=2.5),
    Mode("avif", "JPEG to AVIF, quality 50, same size", "avif", 0, 0.125, megapixels=1.05),
)

HUGE = Mode("huge", "One JPEG of 50 megapixels to JPEG, quality 50, same size", "jpeg", 0, 0)
"""For its peak memory: done once."""
