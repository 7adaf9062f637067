"""The work of one call of CompressImages: images, each with its renditions that are due."""

from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime

from catalight.domain.job.reuse import KnownOutput, Seen
from catalight.domain.job.row import Image
from catalight.domain.web import hosts
from catalight.domain.web.fetched import Validators

type Place = tuple[int, int]
"""The number of a row, and the index of an image in it."""


@dataclass(frozen=True, slots=True)
class Task:
    """One image that is due, in one rendition. `row` is the number of its row, `place` its index there.

    `stem` is the output's name without the extension; None: that of its source.
    """

    row: int
    place: int
    image: Image
    stem: str | None = None

    @property
    def at(self) -> Place:
        """The place of the image."""
        return self.row, self.place


@dataclass(frozen=True, slots=True)
class Work:
    """The renditions of one image that are due: the image is downloaded and decoded once for all of them."""

    tasks: tuple[Task, ...]

    @classmethod
    def of(cls, tasks: Iterable[Task]) -> "list[Work]":
        """Group tasks by their image."""
        images: dict[tuple[int, int], list[Task]] = {}
        for task in tasks:
            images.setdefault((task.row, task.place - task.image.rendition), []).append(task)
        return [cls(tuple(of_image)) for of_image in images.values()]

    @property
    def url(self) -> str:
        """The URL that the image is downloaded from."""
        return self.tasks[0].image.url

    @property
    def host(self) -> str:
        """The host of the URL."""
        return hosts.name(self.url)

    @property
    def waited(self) -> bool:
        """Whether the image has waited for its host before."""
        return any(task.image.waiting_since for task in self.tasks)

    def unchanged(self) -> list[Image]:
        """Return the images as they are."""
        return [task.image for task in self.tasks]

    def placed(self, images: Iterable[Image]) -> dict[Place, Image]:
        """Return an image for each task, by its place."""
        return {task.at: image for task, image in zip(self.tasks, images, strict=True)}


@dataclass(frozen=True, slots=True)
class Download:
    """A download that succeeded, with its time in milliseconds, and the SHA-256 of its bytes."""

    data: bytes
    time: int
    digest: bytes


@dataclass(slots=True)
class Recall:
    """What is known of images before they are processed, and what is learnt of them, by their places.

    `ids` are the keys under which their outputs are remembered, and `stems` the names that the job's template
    gives to their links. `known` are outputs that may be used again,
    if the source has not changed, and `trusted` the places of those whose hosts need not be asked. `seen` are
    the sources that were asked for. `origins` are the makers of outputs that are used again, and the times
    since which these are stored; other outputs are stored since `began` or later. `held` are the links of the
    outputs that have the `claim` of this message's handler and are not recorded yet, and `claimed` those of
    images that are recorded. `made` are the links of outputs that were stored for images which now have the
    output of another one. `sample` says whether one of the known outputs is stored.
    """

    claim: str = ""
    began: datetime | None = None
    ids: dict[Place, bytes] = field(default_factory=dict)
    stems: dict[Place, str | None] = field(default_factory=dict)
    known: dict[Place, KnownOutput] = field(default_factory=dict)
    trusted: set[Place] = field(default_factory=set)
    seen: dict[Place, Seen] = field(default_factory=dict)
    origins: dict[Place, tuple[str, datetime]] = field(default_factory=dict)
    held: dict[Place, str] = field(default_factory=dict)
    claimed: set[str] = field(default_factory=set)
    made: dict[Place, str] = field(default_factory=dict)
    sample: Future[bool] | None = None

    def of(self, work: Work) -> list[KnownOutput]:
        """Return what is known of an image: an output for each rendition, all of one source, or nothing."""
        found = [known for task in work.tasks if (known := self.known.get(task.at))]
        whole = len(found) == len(work.tasks) and len({known.seen.digest for known in found}) == 1
        return found if whole else []

    def trusts(self, work: Work) -> bool:
        """Return whether an image counts as unchanged without a request."""
        return all(task.at in self.trusted for task in work.tasks) and bool(self.of(work))

    def validators(self, work: Work) -> Validators | None:
        """Return what to ask the host with, if nothing is to be made of an unchanged image."""
        found = self.of(work)
        return found[0].seen.validators if found else None

    def is_of(self, task: Task, digest: bytes) -> bool:
        """Return whether the output that is known for a task was made from a source with this digest."""
        known = self.known.get(task.at)
        return known is not None and known.seen.digest == digest

    def see(self, work: Work, seen: Seen) -> None:
        """Note what was seen of an image."""
        self.seen.update((task.at, seen) for task in work.tasks)

    def forget(self, places: Iterable[Place]) -> None:
        """Forget the outputs of these places."""
        for at in places:
            self.known.pop(at, None)
            self.trusted.discard(at)
            self.origins.pop(at, None)
