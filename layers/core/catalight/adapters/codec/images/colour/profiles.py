"""Convert colours to sRGB by ICC profile. A profile that cannot be used is ignored."""

from functools import lru_cache
from io import BytesIO
from itertools import product

from PIL import Image, ImageCms
from PIL.ImageCms import ImageCmsTransform

_SPACES = {"L": b"GRAY", "RGB": b"RGB ", "RGBA": b"RGB ", "CMYK": b"CMYK"}
_MAX_BYTES = 4_000_000  # printer profiles with lookup tables have one or two megabytes
_TOLERANCE = 3  # of 255 levels: the sRGB profiles of different vendors differ by that much
_LEVELS = (0, 32, 64, 96, 128, 160, 192, 224, 255)


def is_srgb(profile: object, mode: str) -> bool:
    """Whether the colours of an image with this mode and profile are sRGB already."""
    return not is_usable(profile, mode) or _transform(profile, mode) is None


def to_srgb(image: Image.Image, profile: object) -> Image.Image:
    """Convert L, LA, RGB, RGBA or CMYK to sRGB; CMYK becomes RGB. The image may be changed in place."""
    mode = image.mode.removesuffix("A") if image.mode == "LA" else image.mode
    transform = _transform(profile, mode) if is_usable(profile, mode) else None
    if transform is None:
        return image.convert("RGB") if mode == "CMYK" else image
    if mode == "L":
        return _through_table(image, transform)
    return transform.apply(image) if mode == "CMYK" else transform.apply_in_place(image)


def _through_table(image: Image.Image, transform: ImageCmsTransform) -> Image.Image:
    """Convert the 256 grey values once and apply them as a lookup table; alpha stays unchanged."""
    ramp = Image.frombytes("L", (256, 1), bytes(range(256)))
    table = list(transform.apply(ramp).getchannel("G").tobytes())
    return image.point(table if image.mode == "L" else [*table, *range(256)])


def is_usable(profile: object, mode: str) -> bool:
    """Whether it is a profile for images of this mode, and not too long."""
    return isinstance(profile, bytes) and len(profile) <= _MAX_BYTES and profile[16:20] == _SPACES.get(mode)


@lru_cache(maxsize=4)  # the images of a catalogue mostly share one profile
def _transform(profile: bytes, mode: str) -> ImageCmsTransform | None:
    """Return the transform from this profile to sRGB; None if it changes nothing or the profile is broken."""
    try:
        transform = ImageCms.buildTransform(
            ImageCms.ImageCmsProfile(BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            mode,
            "RGBA" if mode == "RGBA" else "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            # Only the 256 greys are converted, so exactness costs nothing there.
            ImageCms.Flags.BLACKPOINTCOMPENSATION | (ImageCms.Flags.NOOPTIMIZE if mode == "L" else 0),
        )
    except (OSError, ImageCms.PyCMSError):
        return None
    return transform if mode == "CMYK" or _changes(transform, mode) else None


def _changes(transform: ImageCmsTransform, mode: str) -> bool:
    """Whether the transform changes sample colours by more than the tolerance."""
    colours = [(level,) * 3 for level in _LEVELS] if mode == "L" else [*product(_LEVELS, repeat=3)]
    probe = Image.new("RGB", (len(colours), 1))
    probe.putdata(colours)
    after = transform.apply(probe.convert(mode)).convert("RGB")
    pairs = zip(probe.tobytes(), after.tobytes(), strict=True)
    return any(abs(before - now) > _TOLERANCE for before, now in pairs)
