"""Convert any pixel format to 8 bits a channel, grey or RGB, in sRGB."""

from PIL import Image

from catalight.adapters.codec.images.colour import deep, profiles
from catalight.adapters.codec.images.formats import cmyk_alpha

_GREY_MODES = frozenset({"1", "L", "LA"})


def plain(source: Image.Image) -> Image.Image:
    """Convert loaded pixels to L, LA, RGB or RGBA in sRGB, without the source's metadata.

    A source that has one of these modes may be converted in place; do not use it afterwards.
    """
    profile = source.info.get("icc_profile")
    if source.mode == "La":  # premultiplied, which Pillow converts to nothing else
        source = source.convert("LA")
    if source.mode in deep.MODES:
        source = deep.eight_bits(source)
    if source.mode == "CMYK":
        image = profiles.to_srgb(source, profile)
        if alpha := source.info.get(cmyk_alpha.INFO):
            image.putalpha(alpha)
    else:
        colours = "L" if source.mode in _GREY_MODES else "RGB"
        mode = colours + "A" if source.has_transparency_data else colours
        # Animations are always copied: Pillow's writers would otherwise iterate over the other frames.
        animated = getattr(source, "is_animated", False)
        image = source.convert(mode) if mode != source.mode or animated else source
        image = profiles.to_srgb(image, profile)
    image.info = {}
    return image


def flattened(image: Image.Image, background: str) -> Image.Image:
    """Composite a transparent image onto a background; a grey image stays grey if the background is grey."""
    solid = "L" if image.mode == "LA" and len({background[at : at + 2] for at in (1, 3, 5)}) == 1 else "RGB"
    flat = Image.new(solid, image.size, background)
    flat.paste(image.convert(solid), mask=image.getchannel("A"))
    return flat
