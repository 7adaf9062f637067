"""Give CMYK TIFFs their alpha channel, which Pillow cannot read.

Pillow knows a fifth channel only as one to skip. So the colours are read like that, and the alpha from the
same data as a grey image of five times the width.
"""

from io import BytesIO

from PIL import Image, ImageChops, ImageOps, TiffImagePlugin
from PIL.TiffImagePlugin import TiffImageFile

from catalight.adapters.codec.images.formats import tiff_tags
from catalight.adapters.codec.images.formats.tiff_tags import Tag, values

INFO = "cmyk_alpha"  # where the alpha is kept with an image
_CMYK, _GREY, _CHANNELS = 5, 1, 5
_ON_PAPER, _TRANSPARENT = 1, 2  # kinds of extra samples: premultiplied, so that white shows through; or not
_JPEG, _INTERLEAVED, _DIFFERENCES = 7, 1, 2  # compression, planar configuration, predictor
_UNUSED = 337  # a tag that nothing reads
_ROWS = 64

for _prefix in (b"II", b"MM"):
    for _extra in (_ON_PAPER, _TRANSPARENT):
        _key = (_prefix, _CMYK, (1,), 1, (8,) * _CHANNELS, (_extra,))
        TiffImagePlugin.OPEN_INFO[_key] = ("CMYK", "CMYKX")


def has_alpha(tags: dict[int, Tag]) -> bool:
    """Whether the TIFF is CMYK with alpha that is not premultiplied."""
    extra = values(tags, tiff_tags.EXTRA)
    return values(tags, tiff_tags.PHOTOMETRIC) == (_CMYK,) and extra == (_TRANSPARENT,)


def is_supported(tags: dict[int, Tag]) -> bool:
    """Whether the alpha can be read: not from JPEG, nor if each channel is stored alone."""
    interleaved = values(tags, tiff_tags.PLANAR, _INTERLEAVED) == (_INTERLEAVED,)
    return interleaved and values(tags, tiff_tags.COMPRESSION, 0) != (_JPEG,)


def attach(image: Image.Image, data: bytes) -> None:
    """Keep the alpha of a loaded TIFF in its info. Raises OSError if it cannot be read."""
    tags = tiff_tags.read(data) if image.format == "TIFF" and image.mode == "CMYK" else {}
    if not has_alpha(tags):
        return
    if not is_supported(tags):
        raise OSError("the alpha channel cannot be read")
    (width,) = values(tags, tiff_tags.WIDTH)
    (tile,) = values(tags, tiff_tags.TILE_WIDTH, width)
    if width not in image.size:
        raise OSError("the width of the TIFF is ambiguous")
    grey = TiffImageFile(BytesIO(_as_grey(data, tags, width, tile)))
    grey.load()
    alpha = _every_fifth(grey)
    if image.info.get("compression") != "raw" and values(tags, tiff_tags.PREDICTOR) == (_DIFFERENCES,):
        for x in range(0, width, tile):
            box = (x, 0, min(x + tile, width), alpha.height)
            alpha.paste(_summed(alpha.crop(box)), box)
    alpha.getexif()[tiff_tags.ORIENTATION] = values(tags, tiff_tags.ORIENTATION, 1)[0]
    image.info[INFO] = ImageOps.exif_transpose(alpha)  # as Pillow does with the colours


def _as_grey(data: bytes, tags: dict[int, Tag], width: int, tile: int) -> bytes:
    """Return the TIFF as grey samples; differences stay, because they are those of five channels."""
    new = {
        tiff_tags.WIDTH: _CHANNELS * width,
        tiff_tags.TILE_WIDTH: _CHANNELS * tile,
        tiff_tags.SAMPLES: 1,
        tiff_tags.BITS: 8,
        tiff_tags.PHOTOMETRIC: _GREY,
        tiff_tags.PREDICTOR: 1,
        tiff_tags.FORMAT: 1,
        tiff_tags.ORIENTATION: 1,
    }
    return tiff_tags.changed(
        data, tags, {tag: (tag, value) for tag, value in new.items()} | {tiff_tags.EXTRA: (_UNUSED, 0)}
    )


def _every_fifth(grey: Image.Image) -> Image.Image:
    alpha = Image.new("L", (grey.width // _CHANNELS, grey.height))
    for y in range(0, grey.height, _ROWS):
        rows = grey.crop((0, y, grey.width, min(y + _ROWS, grey.height)))
        alpha.paste(
            Image.frombytes("L", (alpha.width, rows.height), rows.tobytes()[_CHANNELS - 1 :: _CHANNELS]),
            (0, y),
        )
    return alpha


def _summed(differences: Image.Image) -> Image.Image:
    """Return the running sums of each row, modulo 256: each step doubles how many samples are summed."""
    step = 1
    while step < differences.width:
        moved = Image.new("L", differences.size)
        moved.paste(differences, (step, 0))
        differences, step = ImageChops.add_modulo(differences, moved), 2 * step
    return differences
