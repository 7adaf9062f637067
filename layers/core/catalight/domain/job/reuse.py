"""What a job may use again: outputs of earlier jobs, and the keys under which they are remembered."""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Self

from catalight.domain.errors import OptionError
from catalight.domain.image.generation import GENERATION
from catalight.domain.image.rendition import Rendition
from catalight.domain.image.report import Chosen, Source
from catalight.domain.job.request_headers import RequestHeaders
from catalight.domain.stored import restored
from catalight.domain.web.fetched import Validators

MAX_HOURS = 8_760  # a year
CLAIM, CLAIM_BYTES = ":", 6
IMAGES_OF_ROW = 1_000  # more than a row may have


@dataclass(frozen=True, slots=True)
class Reuse:
    """Whether a job uses outputs of earlier jobs of its owner again.

    If `fresh`, it does not. Within `max_age` hours after a host was asked, it is not asked again; without it,
    it is asked whether the image has changed.
    """

    fresh: bool = False
    max_age: int | None = None

    def __post_init__(self) -> None:
        """Raise OptionError if a value is out of its range, or if the two contradict each other."""
        if self.max_age is None:
            return
        if not 1 <= self.max_age <= MAX_HOURS:
            raise OptionError("max_age", str(self.max_age), f"a whole number from 1 to {MAX_HOURS}")
        if self.fresh:
            raise OptionError("max_age", str(self.max_age), "nothing with fresh=true")

    def trusts(self, asked_at: datetime, now: datetime) -> bool:
        """Return whether a host that was asked at `asked_at` need not be asked again."""
        return self.max_age is not None and now < asked_at + timedelta(hours=self.max_age)

    @property
    def said(self) -> dict[str, Any]:
        """What differs from the default."""
        return {name: value for name, value in self.to_document().items() if value}

    def to_document(self) -> dict[str, Any]:
        """Return plain values for storage."""
        return {"fresh": self.fresh, "max_age": self.max_age}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read what `to_document` wrote."""
        return restored(cls, document)


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of a source: the SHA-256 of its bytes, its validators, and when its host was asked."""

    digest: bytes
    validators: Validators | None
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class KnownOutput:
    """An output that a job has recorded, and the source that it was made from.

    `maker` is the job that stored it, and `holder` the last one that has recorded a link to it. Its object
    was stored at `stored_at` or later. The rest is as in Image.
    """

    seen: Seen
    link: str
    maker: str
    holder: str
    stored_at: datetime
    bytes_out: int
    width: int
    height: int
    source: Source | None
    kept: bool = False
    small: bool = False
    chosen: Chosen | None = None

    @property
    def holders(self) -> set[str]:
        """The jobs that have recorded a link to the output: as long as one is not GONE, it is stored."""
        return {self.maker, self.holder}


@dataclass(frozen=True, slots=True)
class FirstOfBytes:
    """The first image of a job with certain bytes, in one rendition: its position.

    The link is that of the image that was recorded first; `maker` and `stored_at` are as in KnownOutput.
    """

    position: int
    link: str
    maker: str
    stored_at: datetime


@dataclass(frozen=True, slots=True)
class Reference:
    """Who uses an output besides the job that has made it; see `KnownOutput`.

    Each handler that uses it has a claim of its own (`new_claim`), so that one that does not need it any more
    cannot take away what a duplicate holds.
    """

    link: str
    maker: str
    claims: frozenset[str]
    stored_at: datetime

    def jobs(self, without: str = "") -> set[str]:
        """Return the ids of the jobs that may use the output, leaving one claim out."""
        return {self.maker, *(claim.partition(CLAIM)[0] for claim in self.claims if claim != without)}


def new_claim(job_id: str) -> str:
    """Return a claim of a job, for one handler: its id and a random text after it."""
    return f"{job_id}{CLAIM}{secrets.token_hex(CLAIM_BYTES)}"


def output_id(owner: str, url: str, headers: RequestHeaders, rendition: Rendition, stem: str | None) -> bytes:
    """Return the key of an output: all that decides what is fetched, and what is made of it.

    The owner is a part of it, so nobody finds what others have fetched. `stem` is the name in its link, if
    a template has made it.
    """
    return _digest("output", owner, url, headers.user_agent, headers.referer, *_making(rendition), stem)


def bytes_id(job_id: str, rendition: int, digest: bytes, stem: str | None = None) -> bytes:
    """Return the key of the first image of a job with these bytes, in one of its renditions.

    With `stem`, it is the first of those with this name in their link.
    """
    named = () if stem is None else (stem,)
    return _digest("bytes", job_id, rendition, digest.hex(), *named)


def position(row: int, image: int) -> int:
    """Return a number for an image, by its row and its index among the row's images: in the file's order."""
    return row * IMAGES_OF_ROW + image


def place_name(at: int) -> str:
    """Return `row/image` for a position, both from 1."""
    row, image = divmod(at, IMAGES_OF_ROW)
    return f"{row + 1}/{image + 1}"


@lru_cache(64)
def _making(rendition: Rendition) -> tuple[str, int]:
    """Return what decides how an output is made. The rendition's name does not, nor whose it is."""
    made = {name: value for name, value in rendition.to_document().items() if name != "name"}
    return json.dumps(made), GENERATION


def _digest(*parts: object) -> bytes:
    return hashlib.sha256(json.dumps(parts).encode()).digest()
