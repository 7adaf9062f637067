"""Make the renditions of one image: it is decoded once, the largest is made first, smaller ones from it."""

import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import IO, NamedTuple

from catalight.adapters.codec.encoded import Encoded, Event
from catalight.adapters.codec.images import (
    choose,
    decode,
    encode,
    geometry,
    keep,
    pillow_errors,
    requantise,
    reuse,
)
from catalight.adapters.codec.images import wish as wishing
from catalight.adapters.codec.images.decode import DecodedImage, Pixels, Source
from catalight.adapters.codec.images.output import Output
from catalight.adapters.codec.images.wish import Wish
from catalight.adapters.codec.stopwatch import Stopwatch
from catalight.domain.errors import ImageError
from catalight.domain.image import report
from catalight.domain.image.formats import ImageFormat
from catalight.domain.image.limits import Limits
from catalight.domain.image.rendition import Rendition


class Written(NamedTuple):
    """What is in the file: its format, whether it is the source, and what `quality=auto` chose."""

    format: ImageFormat
    kept: bool
    chosen: report.Chosen | None = None


class Renditions:
    """Makes the renditions of one source, and writes them into a file one after the other.

    `scratch` is a second file, whose content does not matter before or after.
    """

    def __init__(
        self, file: IO[bytes], scratch: IO[bytes], source: Source, limits: Limits, watch: Stopwatch
    ) -> None:
        self._file, self._scratch, self._source, self._limits = file, scratch, source, limits
        self._watch = watch
        self._pixels: Pixels | None = None
        self._decode = 0  # milliseconds that no output has reported yet

    def made(self, renditions: Sequence[Rendition]) -> Iterator[Event]:
        """Make one after the other, the largest first.

        An ImageError that is raised, and not yielded, is one of the source.
        """
        wishes = self._wishes(renditions)
        if len(wishes) == 1:
            yield from self._different(wishes)
            return
        alike: dict[object, list[Wish]] = {}
        for wish in wishes:
            alike.setdefault(wish.output, []).append(wish)
        for index, outcome in self._different([first for first, *_ in alike.values()]):
            yield index, outcome
            if outcome:
                for other in alike[wishes[index].output][1:]:
                    yield other.index, None
                    yield other.index, self._copied(outcome, other)

    def _different(self, wishes: Sequence[Wish]) -> Iterator[Event]:
        left = []
        for wish in sorted(wishes, key=_pixels, reverse=True):
            if refusal := wish.refusal:
                yield wish.index, refusal
                continue
            if requantise.possible(self._source, wish.layout, wish.asked):
                yield wish.index, None
                if outcome := self._requantised(wish):
                    yield wish.index, outcome
                    continue
            left.append(wish)
        while left:
            base = self._decoded(left)
            self._pixels = None
            now = [wish for wish in left if len(left) == 1 or self._fits_beside(wish, base)] or left[:1]
            left = [wish for wish in left if wish not in now]
            yield from self._from_pixels(base, now)

    def _copied(self, outcome: Encoded | ImageError, wish: Wish) -> Encoded | ImageError:
        """Return the outcome of the last output for another that is like it."""
        if isinstance(outcome, ImageError):
            return outcome
        self._file.seek(-outcome.bytes, os.SEEK_END)
        data = self._file.read()
        try:
            Output(self._file, self._limits).overwrite(data)
        except ImageError as error:
            return error
        return replace(outcome, small=wish.layout.small, times=report.Times())

    def _wishes(self, renditions: Sequence[Rendition]) -> list[Wish]:
        wishes = [wishing.wish(index, each, self._source) for index, each in enumerate(renditions)]
        if any(rendition.trim for rendition in renditions):
            pixels = self._decoded(wishing.need_pixels(wishes, self._source))
            wishes = wishing.trimmed(wishes, pixels)
            finer = self._decoded(wishing.need_pixels(wishes, self._source))
            if finer is not pixels:  # what is cut off makes room for more of the rest
                wishes = wishing.trimmed(wishes, finer)
        return wishes

    def _decoded(self, wishes: Sequence[Wish]) -> Pixels:
        """Return pixels that suffice for all; they are decoded again if those at hand do not."""
        needed = wishing.needed(wishes, self._source)
        if self._pixels is None or not self._pixels.suffices(needed):
            self._pixels = None
            moving = any(wish.moving for wish in wishes)
            with self._mapped():
                self._pixels = decode.pixels(self._source, needed, self._limits, moving=moving)
            self._decode += self._watch.lap()
        return self._pixels

    def _fits_beside(self, wish: Wish, base: Pixels) -> bool:
        """Whether an output can be made while the source's pixels stay; if not, it is made alone later."""
        beside, size = base.bytes + min(base.bytes, 4 * reuse.HELD_PIXELS), wish.layout.size
        frames = len(base.image.frames) if wish.moving else 1
        allows, holds = self._limits.allows_animation, self._limits.holds
        if frames > 1 and allows(frames, *size):
            return allows(frames, *size, beside=beside)
        transparent = base.image.transparent
        return all(
            holds(output, *size, transparent=transparent, beside=beside)
            for output in wish.formats
            if holds(output, *size, transparent=transparent)
        )

    def _requantised(self, wish: Wish) -> Encoded | ImageError | None:
        """Take the fast path; None if it does not support the source."""
        fast = self._fast(wish)
        if fast is None:
            return None
        file = Output(self._file, self._limits)
        try:
            written = _put(file, fast)
        except ImageError as error:
            return error
        return self._finished(fast.data, wish, written)

    def _fast(self, wish: Wish) -> requantise.Recompressed | None:
        """Return the JPEG of the fast path; None if it does not support the source."""
        if not requantise.possible(self._source, wish.layout, ImageFormat.JPEG):
            return None
        with self._mapped():
            return requantise.requantised(self._source, wish.layout, wish.rendition)

    def _from_pixels(self, base: Pixels, wishes: Sequence[Wish]) -> Iterator[Event]:
        sources = reuse.sources(wishes, len(base.image.frames))
        last = max(number for number, source in enumerate(sources) if source is None)
        held = base
        for number, wish in enumerate(wishes):
            yield wish.index, None
            from_source = sources[number] is None
            drawn = self._drawn(base if from_source else held, wish, consumed=number == last)
            if number in sources:
                held = drawn
            outcome = self._encoded(drawn.image, wish)
            del drawn
            if not any(source is not None for source in sources[number + 1 :]):
                held = base
            yield wish.index, outcome

    def _drawn(self, pixels: Pixels, wish: Wish, *, consumed: bool) -> Pixels:
        """Return an output before it is padded; `consumed` pixels are freed as they are used."""
        image = pixels.image
        frames = image.frames if consumed else image.frames.copy()
        shown = len(frames) if wish.moving else 1
        with self._mapped():
            drawn = [geometry.drawn(frames.pop(0), pixels.view, wish.layout) for _ in range(shown)]
        frames.clear()
        if not wish.moving:
            return Pixels(DecodedImage(drawn), reuse.view(wish.layout))
        mode = "RGBA" if any(frame.mode.endswith("A") for frame in drawn) else "RGB"
        drawn = [frame if frame.mode == mode else frame.convert(mode) for frame in drawn]
        return Pixels(DecodedImage(drawn, image.milliseconds, image.loop), reuse.view(wish.layout))

    def _encoded(self, image: DecodedImage, wish: Wish) -> Encoded | ImageError:
        file = Output(self._file, self._limits)
        try:
            decoded = self._padded(image, wish)
            resize = self._watch.lap()
            written = self._write(file, decoded, wish)
        except ImageError as error:
            file.discard()
            return error
        return self._finished(file.read(), wish, written, resize=resize)

    def _padded(self, image: DecodedImage, wish: Wish) -> DecodedImage:
        """Pad all frames alike; if they exceed the limits of an animation then, only the first is left."""
        size, frames = wish.layout.size, image.frames
        if size == wish.layout.content:
            return image
        # PNG takes the least memory of all.
        output = wish.asked or ImageFormat.PNG
        self._limits.check_output(output, *size, transparent=image.transparent)
        if len(frames) > 1 and not self._limits.allows_animation(len(frames), *size):
            image = DecodedImage(frames[:1])
        background = wish.rendition.background
        return replace(image, frames=[geometry.padded(frame, size, background) for frame in image.frames])

    def _write(self, file: Output, decoded: DecodedImage, wish: Wish) -> Written:
        """Write the smallest output that the rendition allows."""
        source, layout = self._source, wish.layout
        fast = self._fast(wish) if wish.asked is None else None
        again = wish.asked is None and requantise.is_output(source, wish.rendition)
        if fast and again:
            return _put(file, fast)
        # GIF has no quality setting: encoding one again could only lose information.
        final = wish.asked is ImageFormat.GIF or again
        if final and (kept := keep.unchanged(source, layout, decoded, wish.formats)):
            file.overwrite(kept.data)
            return Written(kept.format, kept=True)
        written = self._smallest(file, decoded, wish)
        if fast and len(fast.data) < file.length:
            written = _put(file, fast)
        # At less than half the size, comparing with the stripped source is not worth it.
        if file.length * 2 < len(source.data):
            return written
        kept = keep.unchanged(source, layout, decoded, wish.formats)
        if kept is None or kept.is_beaten_by(file.length):
            return written
        file.overwrite(kept.data)
        return Written(kept.format, kept=True)

    def _smallest(self, file: Output, decoded: DecodedImage, wish: Wish) -> Written:
        """Encode in each of the formats, and leave the smallest in the file."""
        best, *others = [wish.asked] if wish.asked else choose.candidates(decoded, self._limits)
        settings = wish.rendition, self._source.exif, self._limits
        written = Written(best, kept=False, chosen=encode.write(file, decoded, best, *settings))
        for output in others:
            self._scratch.seek(0)
            self._scratch.truncate()
            tried = Output(self._scratch, self._limits)
            chosen = encode.write(tried, decoded, output, *settings)
            if tried.length < file.length:
                file.overwrite(tried.read())
                written = Written(output, kept=False, chosen=chosen)
        return written

    def _finished(self, data: bytes, wish: Wish, written: Written, *, resize: int = 0) -> Encoded:
        size, small = wish.layout.size, wish.layout.small
        encode.check_whole(data, size, written.format)
        times = report.Times(decode=self._decode, resize=resize, encode=self._watch.lap())
        self._decode = 0
        of_source = self._source.report, written.kept, small
        return Encoded(written.format, size, len(data), *of_source, times, written.chosen)

    def _mapped(self) -> AbstractContextManager[None]:
        return pillow_errors.mapped(self._source.data, self._limits)


def _put(file: Output, fast: requantise.Recompressed) -> Written:
    file.overwrite(fast.data)
    return Written(ImageFormat.JPEG, fast.kept, fast.chosen)


def _pixels(wish: Wish) -> int:
    width, height = wish.layout.content
    return width * height
