"""The progress of a job, with its rate and the time left: a bar on a terminal, else a line now and then."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, TextColumn

from catalight_cli.answers import Status
from catalight_cli.output import Output, count, duration, percent

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
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[said]}"),
        )
        with Progress(*columns, console=output.err, transient=True) as bar:
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
