"""The resources that compressing one image may use."""

from dataclasses import dataclass

from catalight.domain.errors import ImageError, ImageErrorCode
from catalight.domain.image.formats import ImageFormat

MB = 1_000_000

# Peak address space of each stage in bytes per pixel, measured at 50 megapixels with the worst image of each
# format: transparent, rotated, in colours that have to be converted.
_DECODING = {"JPEG": 9, "PNG": 11, "WEBP": 19, "GIF": 12, "AVIF": 13, "BMP": 12, "TIFF": 13}
# For each output format: without and with transparency.
_ENCODING = {
    ImageFormat.JPEG: (8, 12),
    ImageFormat.PNG: (5, 5),
    ImageFormat.WEBP: (13, 40),
    ImageFormat.AVIF: (33, 36),
    ImageFormat.GIF: (13, 17),
}
_ANIMATION = 11  # bytes per pixel of each frame; all frames are held in memory


@dataclass(frozen=True, slots=True)
class Limits:
    """What one image may cost. Each check raises `too_many_pixels` before the work that it checks begins.

    `pixels` limits the source: phones with "50 megapixels" make 8192 x 6144. `scanned` limits the pixels that
    all scans of a progressive JPEG visit (encoders make about ten scans, twenty at most). If an animation has
    more than `frames` frames, or more than `animation_pixels` in all frames, only its first frame is used.
    `memory` and `cpu_seconds` limit the process that decodes and encodes, and `output_bytes` all that it
    writes for one image.
    """

    pixels: int = 52 * MB
    scanned: int = 1_000 * MB
    frames: int = 300
    animation_pixels: int = 60 * MB
    memory: int = 1_150 * MB
    cpu_seconds: int = 20
    output_bytes: int = 64 * MB

    def check_source(self, source_format: str, width: int, height: int) -> None:
        """Raise ImageError if an image of this format and size may not be decoded."""
        pixels = width * height
        if pixels > self.pixels:
            raise _too_many(f"The image has {pixels:,} pixels; at most {self.pixels:,} are allowed.")
        allowed = self._pixel_bytes // _DECODING[source_format]
        if pixels > allowed:
            detail = f"The {source_format} image has {pixels:,} pixels; at most {allowed:,} are allowed."
            raise _too_many(detail)

    def check_scans(self, scans: int, width: int, height: int) -> None:
        """Raise ImageError if this many scans of an image of this size may not be decoded."""
        visited = scans * width * height
        if visited > self.scanned:
            raise _too_many(
                f"The image's {scans:,} scans visit {visited:,} pixels; at most {self.scanned:,} are allowed."
            )

    def check_output(self, output_format: ImageFormat, width: int, height: int, *, transparent: bool) -> None:
        """Raise ImageError if an image of this size may not be encoded in this format."""
        pixels, allowed = width * height, self._encodable(output_format, transparent)
        if pixels > allowed:
            raise _too_many(
                f"The image has {pixels:,} pixels; at most {allowed:,} can be encoded as {output_format}."
            )

    def holds(
        self, output_format: ImageFormat, width: int, height: int, *, transparent: bool, beside: int = 0
    ) -> bool:
        """Return whether `check_output` accepts this output while `beside` bytes hold other pixels."""
        return width * height <= self._encodable(output_format, transparent, beside)

    def allows_animation(self, frames: int, width: int, height: int, *, beside: int = 0) -> bool:
        """Return whether an animation with this many frames of this size is within the limits.

        `beside` are the bytes of other pixels that are held meanwhile.
        """
        return frames <= self.frames and frames * width * height <= min(
            self.animation_pixels, max(0, self._pixel_bytes - beside) // _ANIMATION
        )

    def too_many_bytes(self) -> ImageError:
        """Return the error of an output that exceeds its limit."""
        detail = f"The compressed image has more than {self.output_bytes:,} bytes."
        return ImageError(ImageErrorCode.TOO_MANY_BYTES, detail)

    def _encodable(self, output_format: ImageFormat, transparent: bool, beside: int = 0) -> int:
        return max(0, self._pixel_bytes - beside) // _ENCODING[output_format][transparent]

    @property
    def _pixel_bytes(self) -> int:
        """Bytes for pixels: the memory without what the process itself uses or keeps from earlier images."""
        return max(0, self.memory - PROCESS_BYTES - KEPT_BYTES)


LIMITS = Limits()

PROCESS_BYTES = 100 * MB
"""Interpreter, libraries and the encoded bytes of source and output."""

KEPT_BYTES = 100 * MB
"""The freed memory that a process may keep between images. If it cannot return the rest, it is replaced."""


def _too_many(detail: str) -> ImageError:
    return ImageError(ImageErrorCode.TOO_MANY_PIXELS, detail)
