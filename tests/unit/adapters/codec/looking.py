"""Decoding images and measuring how much they differ."""

from functools import cache
from io import BytesIO

from PIL import Image, ImageChops, ImageCms, ImageStat


def opened(data: bytes) -> Image.Image:
    """Return the decoded image."""
    image = Image.open(BytesIO(data))
    image.load()
    return image


def difference(one: Image.Image, other: Image.Image) -> float:
    """The largest mean difference of a channel, 0 to 255."""
    assert one.size == other.size
    return max(ImageStat.Stat(ImageChops.difference(one.convert("RGB"), other.convert("RGB"))).mean)


def frames(data: bytes) -> list[Image.Image]:
    """All frames of an animation."""
    image, found = Image.open(BytesIO(data)), []
    for number in range(getattr(image, "n_frames", 1)):
        image.seek(number)
        found.append(image.convert("RGBA"))
    return found


@cache  # the profile contains its creation time, to the second
def srgb() -> bytes:
    """The sRGB profile, which is assumed if an image has none."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def swapped() -> bytes:
    """The sRGB profile with red and green exchanged: ignoring it is obvious."""
    return srgb().replace(b"rXYZ", b"tmp ").replace(b"gXYZ", b"rXYZ").replace(b"tmp ", b"gXYZ")
