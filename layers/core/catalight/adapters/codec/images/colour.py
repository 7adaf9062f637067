"""Colours: whatever a picture is stored in becomes 8 bits a channel of grey or RGB, in sRGB."""

from PIL import Image

from catalight.adapters.codec.images import profiles

_GREY_MODES = frozenset({"1", "L", "LA", "F"})


def plain(source: Image.Image) -> Image.Image:
    """The loaded pixels as L, LA, RGB or RGBA in sRGB, free of the source's metadata.

    A source that is in such a mode already loses its pixels to the result.
    """
    profile = source.info.get("icc_profile")
    if source.mode.startswith("I"):
        source = _eight_bits(source)
    if source.mode == "CMYK":
        image = profiles.to_srgb(source, profile)
    else:
        colours = "L" if source.mode in _GREY_MODES else "RGB"
        mode = colours + "A" if source.has_transparency_data else colours
        # An animation is copied: Pillow's writers would walk through its other frames.
        animated = getattr(source, "is_animated", False)
        image = source.convert(mode) if mode != source.mode or animated else source
        image = profiles.to_srgb(image, profile)
    image.info = {}
    return image


def _eight_bits(source: Image.Image) -> Image.Image:
    """A 16-bit grey picture, also one that Pillow holds in 32, as L; convert() alone would clip it."""
    image = source.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    key = source.info.get("transparency")
    image.info = {} if key is None else {"transparency": key // 257}
    return image


def flattened(image: Image.Image, background: str) -> Image.Image:
    """A transparent picture on a background: grey stays grey on one that is grey."""
    solid = "L" if image.mode == "LA" and len({background[at : at + 2] for at in (1, 3, 5)}) == 1 else "RGB"
    flat = Image.new(solid, image.size, background)
    flat.paste(image.convert(solid), mask=image.getchannel("A"))
    return flat
