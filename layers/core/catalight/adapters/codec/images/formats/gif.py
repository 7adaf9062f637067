"""Compose the frames of a GIF as browsers show them (GIF89a specification, sections 20 to 23).

Pillow decodes the pixels of each frame. It does not compose them, because it fills what no frame covers with
a colour, and enlarges the canvas for a frame that goes beyond it.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from PIL import Image

from catalight.domain.image.limits import Limits

type Size = tuple[int, int]
type Shown = tuple[Image.Image, int]
"""What is on the canvas, and for how many milliseconds."""

_EXTENSION, _FRAME, _TRAILER, _CONTROL = 0x21, 0x2C, 0x3B, 0xF9
_HEADER, _SIZE = 13, slice(6, 10)
_DESCRIPTOR = struct.Struct("<x4HB")
_UNCONTROLLED = b"\x04\0\0\0\0"
_TO_BACKGROUND, _TO_PREVIOUS = 2, 3  # what happens to the frame's area before the next frame is drawn
_CLEAR = (0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame before it is decoded: its place on the canvas, and a GIF that holds nothing else."""

    left: int
    top: int
    right: int
    bottom: int
    transparent: int | None
    disposal: int
    milliseconds: int
    alone: bytes

    def covers(self, canvas: Size) -> bool:
        """Whether the frame is exactly as large as the canvas."""
        return (self.left, self.top, self.right, self.bottom) == (0, 0, *canvas)

    def decoded(self) -> Image.Image:
        """Return RGB, or RGBA if a colour is transparent; raise one of PILLOW_ERRORS if it is broken."""
        with Image.open(BytesIO(self.alone), formats=["GIF"]) as image:
            colours = image.convert("RGB")
            if self.transparent is None:
                return colours
            indices = Image.frombytes("L", image.size, image.tobytes())
        colours.putalpha(indices.point([255 * (index != self.transparent) for index in range(256)]))
        return colours


def frames(data: bytes) -> Iterator[Frame]:
    """Find the frames, the last of which may be cut off; raise EOFError if there is none."""
    at, control, found = _HEADER + colour_table_bytes(data[10]), _UNCONTROLLED, 0
    head = data[:at]
    while at < len(data) and data[at] != _TRAILER:
        start, kind = at, data[at]
        if kind == _EXTENSION:
            at = after_sub_blocks(data, start + 2)
            if data[start + 1 : start + 3] == bytes([_CONTROL, 4]):
                control = data[start + 2 : start + 7].ljust(5, b"\0")
        elif kind == _FRAME:
            at = after_sub_blocks(data, start + 11 + colour_table_bytes(*data[start + 9 : start + 10]))
            yield _frame(head, control, data[start:at])
            control, found = _UNCONTROLLED, found + 1
        else:
            at += 1
    if not found:
        raise EOFError("a GIF without frames")


def shown(data: bytes, canvas: Size, limits: Limits) -> Iterator[Shown | None]:
    """Draw one frame after the other; None instead of a frame means that the limits allow no more.

    Raises one of PILLOW_ERRORS if a frame is broken. Areas that no frame has drawn are transparent.
    """
    image = Image.new("RGBA", canvas)
    for number, frame in enumerate(frames(data), start=1):
        width, height = max(canvas[0], frame.right), max(canvas[1], frame.bottom)
        if not limits.allows_animation(number, width, height):
            yield None
            return
        before = image.copy() if frame.disposal == _TO_PREVIOUS else image
        drawn = frame.decoded()
        opaque = frame.transparent is None
        image.paste(drawn, (frame.left, frame.top), None if opaque else drawn)
        yield drawn if opaque and frame.covers(canvas) else _plain(image), frame.milliseconds
        image = before
        if frame.disposal == _TO_BACKGROUND:
            image.paste(_CLEAR, (frame.left, frame.top, frame.right, frame.bottom))


def first(data: bytes, canvas: Size) -> Image.Image | None:
    """Draw the first frame; None if it covers the canvas, so that it can be decoded like any other image."""
    frame = next(frames(data))
    if frame.covers(canvas):
        return None
    image = Image.new("RGBA", canvas)
    image.paste(frame.decoded(), (frame.left, frame.top))
    return image


def unambiguous(data: bytes, canvas: Size) -> bool:
    """Whether all decoders show the same.

    They differ if a frame goes beyond the canvas, or if the first leaves a part of it free and has no
    transparent colour: browsers leave that part transparent, others fill it with a colour.
    """
    first, *others = frames(data)
    if any(frame.right > canvas[0] or frame.bottom > canvas[1] for frame in (first, *others)):
        return False
    return first.transparent is not None or first.covers(canvas)


def _frame(head: bytes, control: bytes, block: bytes) -> Frame:
    """Return a frame from its graphic control extension and its block."""
    left, top, width, height, _ = _DESCRIPTOR.unpack_from(block)
    flags, hundredths, transparent = struct.unpack_from("<xBHB", control)
    size = struct.pack("<2H", width, height)
    screen = b"GIF89a" + size + head[_SIZE.stop :]
    moved = block[:1] + bytes(4) + block[5:]
    alone = screen + moved + bytes([_TRAILER])
    return Frame(
        left,
        top,
        left + width,
        top + height,
        transparent if flags & 1 else None,
        flags >> 2 & 7,
        hundredths * 10,
        alone,
    )


def _plain(image: Image.Image) -> Image.Image:
    """Copy what is on the canvas, without transparency if nothing is transparent."""
    return image.convert("RGB") if image.getchannel("A").getextrema() == (255, 255) else image.copy()


def colour_table_bytes(flags: int = 0) -> int:
    """Return the bytes of the colour table that follows a header with these flags."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def after_sub_blocks(data: bytes, at: int) -> int:
    """Return the position after a sequence of sub-blocks."""
    while at < len(data) and data[at]:
        at += data[at] + 1
    return at + 1
