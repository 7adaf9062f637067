"""Compress an image into one or several renditions. Only the package `images` imports Pillow."""

import os
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import IO

from catalight.adapters.codec.encoded import Encoded, Event
from catalight.adapters.codec.images import decode, pillow_errors, preload
from catalight.adapters.codec.images.renditions import Renditions
from catalight.adapters.codec.stopwatch import Stopwatch
from catalight.domain.errors import ImageError
from catalight.domain.image.compressed import Compressed
from catalight.domain.image.limits import LIMITS, Limits
from catalight.domain.image.rendition import Rendition


def prepare() -> None:
    """Load now what would otherwise be loaded with the first image, and compress one of our own.

    A child that is forked after that has its first image done in two thirds of the time.
    """
    sample = preload.sample()
    compress(sample, Rendition())
    decode.opened(sample, LIMITS).image(LIMITS)  # Pillow's part, which the former does without


def compress(data: bytes, options: Rendition, limits: Limits = LIMITS) -> Compressed:
    """Compress an image into one rendition. Raises the ImageError of either."""
    [outcome] = compress_all(data, [options], limits)
    if isinstance(outcome, ImageError):
        raise outcome
    return outcome


def compress_all(
    data: bytes, renditions: Sequence[Rendition], limits: Limits = LIMITS
) -> list[Compressed | ImageError]:
    """Decode, resize and encode one image; keep the source if encoding would make it larger.

    Returns an output for each rendition, or its error: `too_many_pixels` if encoding would exceed `limits` or
    a side is longer than the output format allows, `too_many_bytes` if the outputs exceed `limits`. The same
    arguments give the same bytes. Raises ImageError if the source cannot be used: `not_an_image` if the
    format is not supported, `corrupt_image` if the image cannot be decoded in full, `too_many_pixels` if
    decoding would exceed `limits`.
    """
    outcomes: dict[int, Compressed | ImageError] = {}
    with BytesIO() as file, BytesIO() as scratch:
        for index, outcome in compress_into(file, scratch, data, renditions, limits):
            if isinstance(outcome, Encoded):
                file.seek(-outcome.bytes, os.SEEK_END)
                outcomes[index] = _compressed(file.read(), outcome)
            elif outcome:
                outcomes[index] = outcome
    return [outcomes[index] for index in range(len(renditions))]


def compress_into(
    file: IO[bytes], scratch: IO[bytes], data: bytes, renditions: Sequence[Rendition], limits: Limits
) -> Iterator[Event]:
    """Compress like `compress_all`, but append each output to an empty file; check that it is complete.

    `scratch` is a second file, whose content does not matter before or after.
    """
    watch = Stopwatch()
    pillow_errors.prepare_pillow()
    with pillow_errors.mapped(data, limits):
        source = decode.opened(data, limits)
    yield from Renditions(file, scratch, source, limits, watch).made(renditions)


def _compressed(data: bytes, made: Encoded) -> Compressed:
    return Compressed(
        data, made.format, *made.target, made.source, made.times, made.kept, made.small, made.chosen
    )
