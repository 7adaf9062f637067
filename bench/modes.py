"""The modes of the codec benchmark; every candidate gets the same settings."""

from dataclasses import dataclass
from pathlib import Path

from PIL import ExifTags, Image, UnidentifiedImageError

QUALITY = 50


@dataclass(frozen=True, slots=True)
class Mode:
    """One kind of work.

    `side` limits width and height (0: no limit), `share` is the part of the total time. The sources are JPEGs
    if `from_jpeg`, else other formats; stored upright if `upright`, else with an EXIF rotation; larger than
    `side`; and of at most `megapixels`, because AVIF can take seconds per image.
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
        """Return whether this file is a source for the mode."""
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
    Mode("turned", "JPEG with EXIF rotation to JPEG, quality 50", "jpeg", 0, 0.1, upright=False),
    Mode("other", "PNG and WebP, some transparent, to JPEG, quality 50", "jpeg", 0, 0.1, from_jpeg=False),
    Mode("webp", "JPEG to WebP, quality 50, same size", "webp", 0, 0.125, megapixels=2.5),
    Mode("avif", "JPEG to AVIF, quality 50, same size", "avif", 0, 0.125, megapixels=1.05),
)

HUGE = Mode("huge", "One JPEG of 50 megapixels to JPEG, quality 50, same size", "jpeg", 0, 0)
"""Measured once, for the peak memory."""
