"""The compressors that run in Python: `python -m bench.compressors NAME FORMAT SIDE`.

Prints `ready`, or `absent` if the library is missing. Each line on standard input holds a source and an
output file, separated by a tab. For each, prints the seconds that compressing took (without reading and
writing the files) and the peak memory of its ended children in MB, or `failed` and the reason.
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
    """The obvious Pillow code: open, transpose, convert, save."""
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
    """The same, but loaded first: saving a freshly opened image makes a copy."""
    from PIL import Image

    def compress(data: bytes) -> bytes:
        image = Image.open(BytesIO(data))
        image.load()
        output = BytesIO()
        image.convert("RGB").save(output, image_format, quality=QUALITY, **settings)
        return output.getvalue()

    return compress


def optimised_pillow(image_format: str, side: int) -> Compress:
    """`tuned_pillow` with Huffman tables that are optimised for the image."""
    return tuned_pillow(image_format, side, optimize=True)


def classic(image_format: str, _side: int) -> Compress:
    """What the classic service does: flatten onto white, save at quality 50."""
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
    """Catalight's codec, as the child process of the sandbox calls it."""
    from catalight.adapters.codec.compress import compress
    from catalight.domain.image.formats import Target
    from catalight.domain.image.rendition import Rendition

    options = Rendition(QUALITY, Target(image_format), side or None, side or None)
    return lambda data: compress(data, options).data


def sandbox(image_format: str, side: int) -> Compress:
    """Catalight's codec through its sandbox, as the image function calls it."""
    from catalight.adapters.codec.sandbox import Sandbox
    from catalight.domain.image.formats import Target
    from catalight.domain.image.limits import LIMITS
    from catalight.domain.image.rendition import Rendition

    options = Rendition(QUALITY, Target(image_format), side or None, side or None)
    box = Sandbox(LIMITS)

    def compress(data: bytes) -> bytes:
        [made] = box.compress(data, [options], "bench")
        if isinstance(made, Exception):
            raise made
        return made.data

    return compress


def vips(image_format: str, side: int) -> Compress:
    """pyvips: its pipeline, or its thumbnailer if the size is limited."""
    import pyvips

    def compress(data: bytes) -> bytes:
        if side:
            image = pyvips.Image.thumbnail_buffer(data, side, height=side, size="down")
        else:
            image = pyvips.Image.new_from_buffer(data, "", access="sequential")
            if image.get_typeof("orientation"):
                image = image.copy_memory().autorot()  # rotation cannot read row by row
        if image.hasalpha() and image_format == "jpeg":
            image = image.flatten(background=255)
        output: bytes = image.write_to_buffer("." + image_format, Q=QUALITY, keep="none")
        return output

    return compress


def turbojpeg(_format: str, _side: int) -> Compress:
    """The shortest path of PyTurboJPEG: pass the YUV planes from one JPEG to the other."""
    try:
        from turbojpeg import TurboJPEG

        library = TurboJPEG()
    except RuntimeError as error:  # the package is installed, libturbojpeg is not
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
    """simplejpeg: through RGB, with the same subsampling as the others."""
    from simplejpeg import decode_jpeg, encode_jpeg

    def compress(data: bytes) -> bytes:
        output: bytes = encode_jpeg(decode_jpeg(data), quality=QUALITY, colorsubsampling="420")
        return output

    return compress


COMPRESSORS = (
    plain_pillow,
    tuned_pillow,
    optimised_pillow,
    classic,
    engine,
    sandbox,
    vips,
    turbojpeg,
    simplejpeg,
)


def main() -> None:
    name, image_format, side = sys.argv[1:]
    try:
        compress = {factory.__name__: factory for factory in COMPRESSORS}[name](image_format, int(side))
    except ImportError:
        print("absent", flush=True)
        return
    print("ready", flush=True)
    for line in sys.stdin:
        print(_run(compress, *map(Path, line.rstrip("\n").split("\t"))), flush=True)
    os._exit(0)  # immediately; the children of the sandbox end with this process


def _run(compress: Compress, source: Path, output: Path) -> str:
    data = source.read_bytes()
    began = time.perf_counter()
    try:
        compressed = compress(data)
    except Exception as error:  # noqa: BLE001 - the measurement reports any error
        return f"failed {type(error).__name__}"
    seconds = time.perf_counter() - began
    output.write_bytes(compressed)
    return f"{seconds} {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024}"


if __name__ == "__main__":
    main()
