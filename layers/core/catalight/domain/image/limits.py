"""The resources that compressing one image may use."""

from dataclasses import dataclass

from catalight.domain.errors import ImageError, ImageErrorCode
from catalight.domain.image.options import ImageFormat

MB = 1_000_000

# Bytes a pixel at the peak of each stage, as address space, measured at 50 megapixels with the worst of each
# format: transparent, turned, in colours that have to be converted.
_DECODING = {"JPEG": 9, "PNG": 11, "WEBP": 19, "GIF": 12, "AVIF": 13, "BMP": 12, "TIFF": 13}
# Of the outputs, those without transparency and those with it.
_ENCODING = {
    ImageFormat.JPEG: (8, 12),
    ImageFormat.PNG: (5, 5),
    ImageFormat.WEBP: (13, 40),
    ImageFormat.AVIF: (33, 36),
    ImageFormat.GIF: (13, 17),
}
_MOVING = 11  # bytes a pixel of each frame of an animation, all of which are held


@dataclass(frozen=True, slots=True)
class Limits:
    """What one picture may cost; each check raises `too_many_pixels`, before what it checks is begun.

    `pixels` bounds the source: phones of "50 megapixels" make 8192 x 6144. `scanned` bounds the pixels that
    all scans of a progressive JPEG visit (encoders make about ten scans, twenty at most). Of an animation
    with more than `frames`, or more than `moving` pixels in all of them, only the first is taken. `memory`
    and `cpu_seconds` bound the process that decodes and encodes, `output_bytes` what comes out of it.
    """

    pixels: int = 52 * MB
    scanned: int = 1_000 * MB
    frames: int = 300
    moving: int = 60 * MB
    memory: int = 1_150 * MB
    cpu_seconds: int = 20
    output_bytes: int = 64 * MB

    def check_source(self, source_format: str, width: int, height: int) -> None:
        """Whether a picture of this format and size may be decoded."""
        pixels = width * height
        if pixels > self.pixels:
            raise _too_many(f"The picture has {pixels:,} pixels; at most {self.pixels:,} are taken.")
        allowed = self._room // _DECODING[source_format]
        if pixels > allowed:
            detail = f"The {source_format} has {pixels:,} pixels; at most {allowed:,} of one are taken."
            raise _too_many(detail)

    def check_scans(self, scans: int, width: int, height: int) -> None:
        """Whether so many scans of a picture of this size may be decoded."""
        visited = scans * width * height
        if visited > self.scanned:
            raise _too_many(
                f"The picture's {scans:,} scans visit {visited:,} pixels; at most {self.scanned:,} are taken."
            )

    def check_output(self, output_format: ImageFormat, width: int, height: int, *, transparent: bool) -> None:
        """Whether a picture of this size may be encoded in this format."""
        pixels, allowed = width * height, self._encodable(output_format, transparent)
        if pixels > allowed:
            raise _too_many(
                f"The picture has {pixels:,} pixels; at most {allowed:,} are made into {output_format}."
            )

    def holds(self, output_format: ImageFormat, width: int, height: int, *, transparent: bool) -> bool:
        """Whether `check_output` has nothing against it."""
        return width * height <= self._encodable(output_format, transparent)

    def moves(self, frames: int, width: int, height: int) -> bool:
        """Whether so many frames of this size may be taken."""
        return frames <= self.frames and frames * width * height <= min(self.moving, self._room // _MOVING)

    def too_many_bytes(self) -> ImageError:
        """The error of an output that has outgrown its limit."""
        detail = f"The compressed picture has more than {self.output_bytes:,} bytes."
        return ImageError(ImageErrorCode.TOO_MANY_BYTES, detail)

    def _encodable(self, output_format: ImageFormat, transparent: bool) -> int:
        return self._room // _ENCODING[output_format][transparent]

    @property
    def _room(self) -> int:
        """Bytes for pixels: without what the process itself takes, and keeps of earlier pictures."""
        return max(0, self.memory - PROCESS_BYTES - KEPT_BYTES)


LIMITS = Limits()

PROCESS_BYTES = 100 * MB
"""Interpreter, libraries and the coded bytes of source and output."""

KEPT_BYTES = 100 * MB
"""What a process may keep between two pictures, freed; one that cannot give back the rest is replaced."""


def _too_many(detail: str) -> ImageError:
    return ImageError(ImageErrorCode.TOO_MANY_PIXELS, detail)
