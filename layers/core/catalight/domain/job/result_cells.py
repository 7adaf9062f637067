"""The cells of a result, whatever the format of its file."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import batched

from catalight.domain.catalogue.preamble import Preamble
from catalight.domain.catalogue.result_columns import names_beside, outputs_of
from catalight.domain.catalogue.url_places import Place, exchanged
from catalight.domain.catalogue.url_repair import Repair
from catalight.domain.job import links
from catalight.domain.job.job import Job
from catalight.domain.job.origin import Origin
from catalight.domain.job.result_form import FailedPlaces, Placement, ResultForm
from catalight.domain.job.row import Image, ImageState, Row, RowState

KEPT, SMALL, UNCHANGED = "KEPT", "SMALL", "UNCHANGED"
AND = "+"  # between the codes of one image; commas stand between images
HAS_FAILED = frozenset({RowState.FAILED, RowState.PARTIAL})


@dataclass(frozen=True, slots=True)
class ResultCells:
    """The rows above the header, the header, and what makes the cells of a row."""

    above: Preamble
    header: tuple[str, ...]
    of_row: Callable[[Row], Sequence[str]]


def cells_of(job: Job, form: ResultForm) -> ResultCells:
    """Return the cells of a result of this form.

    With the rows that have failed, the file is like the one that was sent, so that it can be sent again.
    """
    if form.only_failed:
        return ResultCells(_above(job), job.header, partial(_own_cells, job))
    if form.placement is Placement.REPLACE:
        return ResultCells(_above(job), job.header, partial(_replaced, job, form.failed))
    outputs = outputs_of(job.outputs, [rendition.name for rendition in job.renditions])
    header = (*job.header, *names_beside(job.header, outputs))
    return ResultCells((), header, partial(_appended, job))


def image_columns(job: Job) -> tuple[int, ...]:
    """Return the indexes of the image columns in the job's header; -1 for one that is not there."""
    return (job.origin or Origin.of_header(job.header, job.outputs)).images


def of_images(job: Job, row: Row) -> list[tuple[Image, ...]]:
    """Return the renditions of each image of a row."""
    return list(batched(row.images, len(job.renditions), strict=False))


def _above(job: Job) -> Preamble:
    return job.origin.preamble if job.origin else ()


def _appended(job: Job, row: Row) -> Sequence[str]:
    images = of_images(job, row)
    urls = [
        ",".join(_url(job, image[rendition]) for image in images if image[0].column == column)
        for column in range(len(job.outputs))
        for rendition in range(len(job.renditions))
    ]
    bytes_in = sum(image.bytes_in for image in row.images)
    bytes_out = sum(image.bytes_out for image in row.images)
    results = (row.state, _fields(map(_errors, images)), str(bytes_in), str(bytes_out))
    return (*row.padded(len(job.header)), *urls, *results, _fields(map(_notes, images)))


def _fields(texts: Iterable[str]) -> str:
    """Return one field for each image, or nothing if all are empty."""
    fields = list(texts)
    return ",".join(fields) if any(fields) else ""


def _errors(image: Sequence[Image]) -> str:
    return AND.join(dict.fromkeys(one.error for one in image if one.error))


def _notes(image: Sequence[Image]) -> str:
    kept = [KEPT] if any(one.kept for one in image) else []
    small = [SMALL] if any(one.small for one in image) else []
    unchanged = [UNCHANGED] if any(one.unchanged for one in image) else []
    return AND.join((*kept, *small, *unchanged, *image[0].notes))


def _url(job: Job, image: Image) -> str:
    return links.image_url(job.link_base, image.link) if image.link else ""


def _replaced(job: Job, failed: FailedPlaces, row: Row) -> Sequence[str]:
    """Return a row with the links of the first rendition in the places of the URLs."""

    def new(image: Image) -> str | None:
        if image.state is ImageState.DONE:
            return _url(job, image)
        return "" if failed is FailedPlaces.EMPTY else _url_behind(image)

    return _with(job, row, new)


def _own_cells(job: Job, row: Row) -> Sequence[str]:
    """Return a row as it came, but with the URLs that links of a workbook's cells lead to as texts."""
    return _with(job, row, _url_behind)


def _url_behind(image: Image) -> str | None:
    return image.url if Repair.LINK in image.notes else None


def _with(job: Job, row: Row, new: Callable[[Image], str | None]) -> Sequence[str]:
    cells = list(row.padded(len(job.header)))
    for column, index in enumerate(image_columns(job)):
        first = [image for image in row.images if image.column == column and image.rendition == 0]
        if first and index >= 0:
            places = [
                Place(one.url, one.url if one.written is None else one.written, new(one)) for one in first
            ]
            cells[index] = exchanged(cells[index], places)
    return cells
