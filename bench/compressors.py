"""The ways that Python knows, each in a process of its own: `python -m bench.compressors WAY FORMAT SIDE`.

For each line on standard input, a source and an output file with a tab between, it answers with the seconds
that compressing took (reading and writing the files not counted) and the peak of its ended children in MB, or
with `failed` and why. A way whose library is missing says `absent`.
"""

import os
import resource
import sys
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from bench.modes import QUALITY

type Compress = Callable[[bytes], bytes]


def plain_pillow(image_format: str, side: int) -> Compress:
    """What everybody writes first."""
    from PIL import Image, ImageOps

    def compress(data: bytes) -> bytes:
        source = Image.open(BytesIO(data))
        ImageOps.exif_transpose(source, in_place=True)
        image = source.convert("RGB")
        if side and max(image.size) > side:
            scale = side / max(image.size)
            image = image.resize((round(image.width * scale), round(image.height * scale)))
        output = BytesIO()
        image.save(output, image_format, quality=QUALITY)
        return output.getvalue()

    return compress


def tuned_pillow(image_format: str, _side: int, **settings: bool) -> Compress:
    """The same without the copy that saving a freshly opened picture makes."""
    from PIL import Image

    def compress(data: bytes) -> bytes:
        image = Image.open(BytesIO(data))
        image.load()
        output = BytesIO()
        image.convert("RGB").save(output, image_format, quality=QUALITY, **settings)
        return output.getvalue()

    return compress


def optimised_pillow(image_format: str, side: int) -> Compress:
    """With Huffman tables of the picture's own."""
    return tuned_pillow(image_format, side, optimize=True)


def classic(image_format: str, _side: int) -> Compress:
    """The classic service's: flatten to white, save at quality 50."""
    from PIL import Image

    def compress(data: bytes) -> bytes:
        image: Image.Image = Image.open(BytesIO(data))
        if image.mode in {"RGBA", "LA", "P"}:
            image = image.convert("RGBA")
            white = Image.new("RGB", image.size, "white")
            white.paste(image, mask=image.getchannel("A"))
            image = white
        output = BytesIO()
        image.convert("RGB").save(output, image_format, quality=QUALITY)
        return output.getvalue()

    return compress


def engine(image_format: str, side: int) -> Compress:
    """Catalight's codec, as the sandbox's child calls it."""
    from catalight.adapters.codec.compress import compress
    from catalight.domain.image.options import Options, Target

    options = Options(QUALITY, Target(image_format), side or None, side or None)
    return lambda data: compress(data, options).data


def sandbox(image_format: str, side: int) -> Compress:
    """Catalight's codec through its sandbox, as the image function calls it."""
    from catalight.adapters.codec.sandbox import Sandbox
    from catalight.domain.image.limits import LIMITS
    from catalight.domain.image.options import Options, Target

    options = Options(QUALITY, Target(image_format), side or None, side or None)
    box = Sandbox(LIMITS)
    return lambda data: box.compress(data, options).data


def vips(image_format: str, side: int) -> Compress:
    """pyvips: its pipeline, or its thumbnailer where the size is bounded."""
    import pyvips

    def compress(data: bytes) -> bytes:
        if side:
            image = pyvips.Image.thumbnail_buffer(data, side, height=side, size="down")
        else:
            image = pyvips.Image.new_from_buffer(data, "", access="sequential")
            if image.get_typeof("orientation"):
                image = image.copy_memory().autorot()  # which does not read it row by row
        if image.hasalpha() and image_format == "jpeg":
            image = image.flatten(background=255)
        output: bytes = image.write_to_buffer("." + image_format, Q=QUALITY, keep="none")
        return output

    return compress


def turbojpeg(_format: str, _side: int) -> Compress:
    """PyTurboJPEG's shortest way: the planes of YUV from one JPEG into the other."""
    try:
        from turbojpeg import TurboJPEG

        library = TurboJPEG()
    except RuntimeError as error:  # the package is there, libturbojpeg is not
        raise ImportError(str(error)) from error

    def compress(data: bytes) -> bytes:
        width, height, subsampling, _ = library.decode_header(data)
        planes = library.decode_to_yuv(data)[0]
        output: bytes = library.encode_from_yuv(
            planes, height, width, quality=QUALITY, jpeg_subsample=subsampling
        )
        return output

    return compress


def simplejpeg(_format: str, _side: int) -> Compress:
    """simplejpeg: through RGB, with the subsampling that the others have too."""
    from simplejpeg import decode_jpeg, encode_jpeg

    def compress(data: bytes) -> bytes:
        output: bytes = encode_jpeg(decode_jpeg(data), quality=QUALITY, colorsubsampling="420")
        return output

    return compress


WAYS = (plain_pillow, tuned_pillow, optimised_pillow, classic, engine, sandbox, vips, turbojpeg, simplejpeg)


def main() -> None:
    way, image_format, side = sys.argv[1:]
    try:
        compress = {made.__name__: made for made in WAYS}[way](image_format, int(side))
    except ImportError:
        print("absent", flush=True)
        return
    print("ready", flush=True)
    for line in sys.stdin:
        print(_answer(compress, *map(Path, line.rstrip("\n").split("\t"))), flush=True)
    os._exit(0)  # at once: the sandbox's children end with it


def _answer(compress: Compress, source: Path, output: Path) -> str:
    data = source.read_bytes()
    began = time.perf_counter()
    try:
        compressed = compress(data)
    except Exception as error:  # noqa: BLE001 - whatever it is, the measurement tells it
        return f"failed {type(error).__name__}"
    seconds = time.perf_counter() - began
    output.write_bytes(compressed)
    return f"{seconds} {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024}"


if __name__ == "__main__":
    main()
