"""ICC profiles: what they describe becomes sRGB. One that cannot be used is as good as none."""

from functools import lru_cache
from io import BytesIO
from itertools import product
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from PIL.ImageCms import ImageCmsTransform

_SPACES = {"L": b"GRAY", "RGB": b"RGB ", "RGBA": b"RGB ", "CMYK": b"CMYK"}
_MAX_BYTES = 4_000_000  # printers' profiles with tables have a megabyte or two
_SAME = 3  # levels of 255: so far apart are the sRGB profiles of different makers
_STEPS = (0, 32, 64, 96, 128, 160, 192, 224, 255)


def is_srgb(profile: object, mode: str) -> bool:
    """Whether the colours of a picture of this mode with this profile are sRGB already."""
    return not _usable(profile, mode) or _transform(profile, mode) is None


def to_srgb(image: Image.Image, profile: object) -> Image.Image:
    """An L, LA, RGB, RGBA or CMYK picture in sRGB; CMYK becomes RGB. Its memory may be used again."""
    mode = image.mode.removesuffix("A") if image.mode == "LA" else image.mode
    transform = _transform(profile, mode) if _usable(profile, mode) else None
    if transform is None:
        return image.convert("RGB") if mode == "CMYK" else image
    if mode == "L":
        return _through_table(image, transform)
    return transform.apply(image) if mode == "CMYK" else transform.apply_in_place(image)


def _through_table(image: Image.Image, transform: "ImageCmsTransform") -> Image.Image:
    """Grey has 256 values: each is looked up once. Alpha stays."""
    ramp = Image.frombytes("L", (256, 1), bytes(range(256)))
    table = list(transform.apply(ramp).getchannel("G").tobytes())
    return image.point(table if image.mode == "L" else [*table, *range(256)])


def _usable(profile: object, mode: str) -> bool:
    return isinstance(profile, bytes) and len(profile) <= _MAX_BYTES and profile[16:20] == _SPACES.get(mode)


@lru_cache(maxsize=4)  # the pictures of a catalogue mostly share one
def _transform(profile: bytes, mode: str) -> "ImageCmsTransform | None":
    """From this profile to sRGB; None where that changes nothing, or the profile is broken."""
    from PIL import ImageCms  # most pictures have no profile: those need not wait for it

    try:
        transform = ImageCms.buildTransform(
            ImageCms.ImageCmsProfile(BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            mode,
            "RGBA" if mode == "RGBA" else "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (OSError, ImageCms.PyCMSError):
        return None
    return transform if mode == "CMYK" or _changes(transform, mode) else None


def _changes(transform: "ImageCmsTransform", mode: str) -> bool:
    """Whether colours come out of it as others."""
    colours = [(step,) * 3 for step in _STEPS] if mode == "L" else [*product(_STEPS, repeat=3)]
    probe = Image.new("RGB", (len(colours), 1))
    probe.putdata(colours)
    after = transform.apply(probe.convert(mode)).convert("RGB")
    pairs = zip(probe.tobytes(), after.tobytes(), strict=True)
    return any(abs(before - now) > _SAME for before, now in pairs)
