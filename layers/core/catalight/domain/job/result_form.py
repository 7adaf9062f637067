"""The form of a result: its file format, and where the new URLs are in it."""

from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, Self

from catalight.domain.catalogue.files import Format


class ResultFormat(StrEnum):
    """The file formats of results."""

    CSV = "csv"
    XLSX = "xlsx"
    JSONL = "jsonl"
    ZIP = "zip"

    @property
    def is_text(self) -> bool:
        """Whether the file consists of lines, so that it can be continued after any of them."""
        return self in (ResultFormat.CSV, ResultFormat.JSONL)

    @property
    def media_type(self) -> str:
        """The media type of a file of this format; of a CSV without its charset."""
        return _MEDIA_TYPES[self]


_MEDIA_TYPES = {
    ResultFormat.CSV: "text/csv",
    ResultFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ResultFormat.JSONL: "application/jsonl",
    ResultFormat.ZIP: "application/zip",
}


class Placement(StrEnum):
    """Where the new URLs are: in columns of their own, or in the place of the old ones."""

    APPEND = "append"
    REPLACE = "replace"


class FailedPlaces(StrEnum):
    """What REPLACE leaves in the place of an image that failed: its old URL, or nothing."""

    KEEP = "keep"
    EMPTY = "empty"


class ResultEncoding(StrEnum):
    """The encoding of a CSV: UTF-8, or that of the file that was sent."""

    UTF8 = "utf-8"
    INPUT = "input"


@dataclass(frozen=True, slots=True)
class ResultForm:
    """What a result looks like. `only_failed` leaves out the rows without a failed image."""

    format: ResultFormat = ResultFormat.CSV
    placement: Placement = Placement.APPEND
    failed: FailedPlaces = FailedPlaces.KEEP
    encoding: ResultEncoding = ResultEncoding.UTF8
    only_failed: bool = False

    @property
    def plain(self) -> "ResultForm":
        """The form that can hold any result: the same as CSV in UTF-8."""
        return replace(self, format=ResultFormat.CSV, encoding=ResultEncoding.UTF8)

    @property
    def normalised(self) -> "ResultForm":
        """The form without what makes no difference to it, so that no file is made twice."""
        if self.format is ResultFormat.ZIP:  # the result in it is the one that the job has written
            return ResultForm(ResultFormat.ZIP)
        failed = self.failed if self.placement is Placement.REPLACE else FailedPlaces.KEEP
        encoding = self.encoding if self.format is ResultFormat.CSV else ResultEncoding.UTF8
        return replace(self, failed=failed, encoding=encoding)

    @property
    def possible(self) -> tuple["ResultForm", ...]:
        """This form, and the plain one, in which a result is written that does not fit into it."""
        return tuple(dict.fromkeys((self, self.plain)))

    @property
    def flags(self) -> tuple[str, ...]:
        """What distinguishes the form from the CLASSIC one, besides the format, as words for a key."""
        chosen = (
            (self.placement is Placement.REPLACE, "replace"),
            (self.failed is FailedPlaces.EMPTY, "empty"),
            (self.encoding is ResultEncoding.INPUT, "input"),
            (self.only_failed, "failed"),
        )
        return tuple(word for is_chosen, word in chosen if is_chosen)

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        """Read what `to_document` wrote."""
        return cls(
            ResultFormat(document["format"]),
            Placement(document["placement"]),
            FailedPlaces(document["failed"]),
            ResultEncoding(document["encoding"]),
            document["only_failed"],
        )

    def to_document(self) -> dict[str, Any]:
        """Return plain values for storage."""
        return {
            **asdict(self),
            **{name: getattr(self, name).value for name in ("format", "placement", "failed", "encoding")},
        }


CLASSIC = ResultForm()
"""A CSV in UTF-8 with the new URLs in columns of their own: the form of the first release."""


@dataclass(frozen=True, slots=True)
class RequestedResult:
    """What a request says of the form of the result. Without a `format`, it has that of the file."""

    format: ResultFormat | None = None
    placement: Placement = Placement.APPEND
    failed: FailedPlaces = FailedPlaces.KEEP
    encoding: ResultEncoding = ResultEncoding.UTF8

    def of_file(self, sent: Format) -> ResultForm:
        """Return the form of the result of a file in the format `sent`. Any workbook comes back as XLSX."""
        of_file = ResultFormat.CSV if sent is Format.CSV else ResultFormat.XLSX
        return ResultForm(self.format or of_file, self.placement, self.failed, self.encoding).normalised

    @property
    def said(self) -> dict[str, Any]:
        """What the request says of it, by the names of the form fields."""
        said = {
            "result_format": self.format,
            "result": self.placement,
            "failed": self.failed,
            "result_encoding": self.encoding,
        }
        usual = (None, Placement.APPEND, FailedPlaces.KEEP, ResultEncoding.UTF8)
        return {name: value for name, value in said.items() if value not in usual}
