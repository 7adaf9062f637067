"""The formats of output images."""

from enum import StrEnum


class ImageFormat(StrEnum):
    """Formats of output images."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    AVIF = "avif"
    GIF = "gif"

    @property
    def extension(self) -> str:
        """The file name extension without its dot. For JPEG it is `jpg`, which more importers know."""
        return "jpg" if self is ImageFormat.JPEG else self.value

    @property
    def media_type(self) -> str:
        """The format's IANA media type."""
        return f"image/{self.value}"

    @classmethod
    def of_name(cls, name: str) -> "ImageFormat":
        """Return the format of an output by the extension of its link or name."""
        return next(known for known in cls if name.endswith(f".{known.extension}"))


class Target(StrEnum):
    """The requested output: one format, the source's own format, or whichever format is smallest."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    AVIF = "avif"
    KEEP = "keep"
    AUTO = "auto"

    @property
    def formats(self) -> tuple[ImageFormat, ...]:
        """The formats that the outputs may have, without knowledge of the sources."""
        if self in (Target.KEEP, Target.AUTO):
            return tuple(ImageFormat)
        return (ImageFormat(self.value),)
