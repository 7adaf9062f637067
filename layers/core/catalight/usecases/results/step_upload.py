"""A file on its way into a multipart upload, with a checkpoint where a part ends."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from io import BytesIO

from catalight.domain.job import export
from catalight.domain.job.export import Export, Position, Step
from catalight.usecases.ports import Clock, Steps, Uploads


class ClaimLostError(Exception):
    """Another function writes the file, or it was aborted."""


@dataclass(slots=True, kw_only=True)
class StepUpload:
    """What one function adds to a file, from the last checkpoint on. `written` is what is recorded.

    A part has `part_size(number)` bytes or a little more.
    """

    steps: Steps
    uploads: Uploads
    clock: Clock
    part_size: Callable[[int], int]
    media_type: str
    written: Export
    position: Position = field(init=False)
    done: int = field(init=False)
    _parts: list[str] = field(default_factory=list, init=False)  # those that are not recorded
    _buffer: BytesIO = field(default_factory=BytesIO, init=False)

    def __post_init__(self) -> None:
        self.position, self.done = self.written.position, self.written.done

    def write(self, data: bytes) -> None:
        """Add to the part that is not stored yet."""
        self._buffer.write(data)

    @property
    def is_full(self) -> bool:
        """Whether the part should end."""
        return self._buffer.tell() >= self.part_size(self._number)

    @property
    def data(self) -> bytes:
        """The part that is not stored yet."""
        return self._buffer.getvalue()

    def begin(self) -> None:
        """Begin the upload, unless it is. Raise ClaimLostError if another function has begun it."""
        if self.written.upload is None:
            upload = self.uploads.begin(self.written.key, self.media_type)
            if not self.steps.begin(self.written, upload):
                self.uploads.abort(self.written.key, upload)
                raise ClaimLostError
            self.written = replace(self.written, upload=upload)

    def end_part(self) -> None:
        """Store the part, whatever its size."""
        self.begin()
        self._buffer.seek(0)
        etag = self.uploads.put_part(self.written.key, self._upload, self._number, self._buffer)
        self._parts.append(etag)
        self._buffer = BytesIO()

    def record(self, directories: tuple[int, ...] = ()) -> None:
        """Make a checkpoint of the position. Raise ClaimLostError if another function is further."""
        step = Step(self.position, self._parts, directories, self.done)
        if not self.steps.advance(self.written, step, self.clock() + export.LEASE):
            raise ClaimLostError
        self.written = self.written.with_step(step)
        self._parts = []

    def finish(self) -> None:
        """Make the parts a file. Raise UploadGoneError if any of them is gone."""
        self.uploads.complete(self.written.key, self._upload, (*self.written.parts, *self._parts))

    @property
    def _upload(self) -> str:
        return self.written.upload or ""

    @property
    def _number(self) -> int:
        return len(self.written.parts) + len(self._parts) + 1
