"""Looking at pictures: decoding them, and telling how far apart they are."""

from functools import cache
from io import BytesIO

from PIL import Image, ImageChops, ImageCms, ImageStat


def opened(data: bytes) -> Image.Image:
    """The picture, decoded."""
    image = Image.open(BytesIO(data))
    image.load()
    return image


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean difference of the channels, 0 to 255."""
    assert one.size == other.size
    return max(ImageStat.Stat(ImageChops.difference(one.convert("RGB"), other.convert("RGB"))).mean)


def frames(data: bytes) -> list[Image.Image]:
    """All frames of an animation."""
    image, found = Image.open(BytesIO(data)), []
    for number in range(getattr(image, "n_frames", 1)):
        image.seek(number)
        found.append(image.convert("RGBA"))
    return found


@cache  # it holds the second in which it was made
def srgb() -> bytes:
    """The profile of the colours that are meant where there is none."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def swapped() -> bytes:
    """The same with red and green exchanged: a profile that nobody can overlook."""
    return srgb().replace(b"rXYZ", b"tmp ").replace(b"gXYZ", b"rXYZ").replace(b"tmp ", b"gXYZ")
