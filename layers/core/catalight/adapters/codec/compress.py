"""Compress an image. Only the package `images` imports Pillow."""

from dataclasses import dataclass
from typing import IO

from catalight.adapters.codec.images import choose, decode, encode, keep, pillow_errors, preload, requantise
from catalight.adapters.codec.images.decode import DecodedImage, Source
from catalight.adapters.codec.images.geometry import Size
from catalight.adapters.codec.stopwatch import Stopwatch
from catalight.adapters.isolation.memory_file import memory_file
from catalight.domain.image import report
from catalight.domain.image.compressed import Compressed
from catalight.domain.image.formats import ImageFormat
from catalight.domain.image.limits import LIMITS, Limits
from catalight.domain.image.rendition import Rendition


@dataclass(frozen=True, slots=True)
class Encoded:
    """The output's format and size, its source, whether the source was kept, and the time of each stage."""

    format: ImageFormat
    target: Size
    source: report.Source
    kept: bool
    times: report.Times


def prepare() -> None:
    """Load now what would otherwise be loaded with the first image, and compress one of our own.

    A child that is forked after that has its first image done in two thirds of the time.
    """
    compress(preload.sample(), Rendition())


def compress(data: bytes, options: Rendition, limits: Limits = LIMITS) -> Compressed:
    """Decode, resize and encode one image; keep the source if encoding would make it larger.

    The same arguments give the same bytes. Raises ImageError: `not_an_image` if the format is not supported,
    `corrupt_image` if the image cannot be decoded in full, `too_many_pixels` if decoding or encoding would
    exceed `limits` or a side is longer than the output format allows, `too_many_bytes` if the output exceeds
    `limits`.
    """
    with memory_file() as file, memory_file() as scratch:
        encoded = compress_into(file, scratch, data, options, limits)
        file.seek(0)
        return Compressed(
            file.read(), encoded.format, *encoded.target, encoded.source, encoded.times, encoded.kept
        )


def compress_into(
    file: IO[bytes], scratch: IO[bytes], data: bytes, options: Rendition, limits: Limits
) -> Encoded:
    """Compress like `compress`, but into an empty file; check that the written image is complete.

    `scratch` is a second file, whose content does not matter before or after.
    """
    watch = Stopwatch()
    pillow_errors.prepare_pillow()
    with pillow_errors.mapped(data, limits):
        source = decode.opened(data, options, limits)
        asked = choose.asked(options.format, source)
        if asked:
            encode.check_sides(source.layout.target, asked)
        if fast := requantise.requantised(source, asked, options.quality):
            encode.overwrite(file, fast.data, limits)
            output, kept, times = ImageFormat.JPEG, fast.kept, report.Times()
        else:
            decoded = decode.pixels(source, asked, limits, watch)
            times = decoded.times
    if not fast:
        output, kept = _write(file, scratch, source, decoded, asked, options, limits)
    encode.check_whole(file, source.layout.target, output)
    times += report.Times(encode=watch.lap())
    return Encoded(output, source.layout.target, source.report, kept, times)


def _write(
    file: IO[bytes],
    scratch: IO[bytes],
    source: Source,
    decoded: DecodedImage,
    asked: ImageFormat | None,
    options: Rendition,
    limits: Limits,
) -> tuple[ImageFormat, bool]:
    """Write the smallest output that the options allow; return its format and whether it is the source."""
    allowed = (asked,) if asked else options.format.formats
    # GIF has no quality setting: encoding one again could only lose information.
    if asked is ImageFormat.GIF and (kept := keep.unchanged(source, decoded, allowed)):
        encode.overwrite(file, kept.data, limits)
        return kept.format, True
    formats = [asked] if asked else choose.candidates(decoded, limits)
    output = _smallest(file, scratch, decoded, formats, options, source.exif, limits)
    # At less than half the size, comparing with the stripped source is not worth it.
    if encode.length(file) * 2 < len(source.data):
        return output, False
    kept = keep.unchanged(source, decoded, allowed)
    if kept is None or kept.is_beaten_by(encode.length(file)):
        return output, False
    encode.overwrite(file, kept.data, limits)
    return kept.format, True


def _smallest(
    file: IO[bytes],
    scratch: IO[bytes],
    decoded: DecodedImage,
    formats: list[ImageFormat],
    options: Rendition,
    exif: bytes,
    limits: Limits,
) -> ImageFormat:
    """Encode in each of the formats, leave the smallest in the file, and return its format."""
    best, *others = formats
    encode.write(file, decoded, best, options, exif, limits)
    for output in others:
        encode.overwrite(scratch, b"", limits)
        encode.write(scratch, decoded, output, options, exif, limits)
        if encode.length(scratch) < encode.length(file):
            scratch.seek(0)
            encode.overwrite(file, scratch.read(), limits)
            best = output
    return best
