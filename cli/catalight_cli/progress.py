"""The progress of a job or a large file, with rate and time left: a bar, or lines without a terminal."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, TextColumn

from catalight_cli.answers import Status
from catalight_cli.output import Output, count, duration, percent, size

WINDOW = 60.0  # seconds: what was done longer ago says little about what is to come
LEAST_SECONDS = 3.0  # an estimate from less would be a guess
LINE_SECONDS = 10.0


class Rate:
    """Images per second, from what was seen; none until enough was seen to say it honestly."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with nothing seen."""
        self._clock = clock
        self._seen: deque[tuple[float, int]] = deque()

    def add(self, ended: int, *, waits: bool = False) -> None:
        """Note how many images have ended by now. While the job waits for its turn, time does not count."""
        now = self._clock()
        if waits:
            self._seen.clear()
        self._seen.append((now, ended))
        while len(self._seen) > 2 and self._seen[1][0] < now - WINDOW:
            self._seen.popleft()

    def value(self) -> float | None:
        """Return the rate; None if too little was seen, or nothing ended within the window."""
        if not self._seen:
            return None
        (begin, before), (_, now) = self._seen[0], self._seen[-1]
        seconds = self._clock() - begin  # also the time since the last answer, so that standing still shows
        return (now - before) / seconds if seconds >= LEAST_SECONDS and now > before else None


def sentence(status: Status, rate: float | None) -> str:
    """Return what a line says of a job that runs."""
    images = status["images"]
    ended, total = images["done"] + images["failed"], images["total"]
    said = [f"{ended:,} of {count(total, 'image')}"]
    if images["failed"]:
        said.append(f"{images['failed']:,} failed")
    before, after = status["bytes"]["in"], status["bytes"]["out"]
    if before:
        said.append(f"{percent(before - after, before)} saved")
    said.append(left(total - ended, rate))
    return ", ".join(part for part in said if part)


def left(images: int, rate: float | None) -> str:
    """Return the rate and the time left, in words; empty if nothing can be said."""
    if rate is None or not images:
        return ""
    shown = f"{rate:.0f}" if rate >= 10 else f"{rate:.1f}"
    return f"{shown} images/s, {duration(images / rate)} left"


@contextmanager
def shown(output: Output) -> Iterator[Callable[[Status], None]]:
    """Yield a function that shows a status, on stderr."""
    rate = Rate()
    if output.err.is_terminal:
        with _bar(output) as bar:
            task = bar.add_task("waiting", total=None, said="")

            def on_bar(status: Status) -> None:
                images = status["images"]
                ended = images["done"] + images["failed"]
                rate.add(ended, waits=status["status"] == "PENDING")
                total = images["total"] or None
                state = status["status"].lower()
                said = sentence(status, rate.value())
                bar.update(task, description=state, completed=ended, total=total, said=said)

            yield on_bar
        return
    last: list[tuple[float, str]] = []

    def on_line(status: Status) -> None:
        ended = status["images"]["done"] + status["images"]["failed"]
        rate.add(ended, waits=status["status"] == "PENDING")
        said = f"{status['status']}: {sentence(status, rate.value())}"
        now = time.monotonic()
        if not last or (said != last[-1][1] and now - last[-1][0] >= LINE_SECONDS):
            output.note(said)
            last[:] = [(now, said)]

    yield on_line


class Transfer:
    """Shows how far a large file is sent and read; is not seen until it is told of a stage."""

    def __init__(self, output: Output) -> None:
        """Prepare a bar for a terminal, or lines."""
        self.was_used = False
        self._output = output
        self._bar: Progress | None = None
        self._stage = ""
        self._rate = Rate()
        self._said_at = 0.0

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show that so many bytes of all have gone through a stage."""
        self.was_used = True
        if stage != self._stage:
            self.pause()
            self._stage, self._rate, self._said_at = stage, Rate(), 0.0
        self._rate.add(done)
        said = transferred(done, total, self._rate.value())
        if self._output.err.is_terminal:
            self._show(done, total, said)
        elif time.monotonic() - self._said_at >= LINE_SECONDS:
            self._output.note(f"{stage}: {said}")
            self._said_at = time.monotonic()

    def pause(self) -> None:
        """Take the bar away, until the next call."""
        if self._bar:
            self._bar.stop()
            self._bar = None

    def _show(self, done: int, total: int, said: str) -> None:
        if self._bar is None:
            self._bar = _bar(self._output)
            self._bar.add_task(self._stage, said="")
            self._bar.start()
        self._bar.update(self._bar.task_ids[0], completed=done, total=total, said=said)


def transferred(done: int, total: int, rate: float | None) -> str:
    """Return what a line says of bytes on their way."""
    said = f"{size(done)} of {size(total)}"
    if rate is None or done >= total:
        return said
    return f"{said}, {size(round(rate))}/s, {duration((total - done) / rate)} left"


@contextmanager
def transfer(output: Output) -> Iterator[Transfer]:
    """Yield what shows a transfer; take the bar away at the end."""
    shown = Transfer(output)
    try:
        yield shown
    finally:
        shown.pause()


def _bar(output: Output) -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        TextColumn("{task.fields[said]}"),
    )
    return Progress(*columns, console=output.err, transient=True)
