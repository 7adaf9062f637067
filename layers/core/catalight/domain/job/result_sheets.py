"""The sheets beside the rows in a result that is a workbook: what failed, and the sums."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from catalight.domain.catalogue.url_repair import Repair
from catalight.domain.job.advice import ADVICE
from catalight.domain.job.job import Counts, Job
from catalight.domain.job.result_cells import image_columns, of_images
from catalight.domain.job.row import Image, Row

FAILURES, SUMMARY = "Failures", "Summary"
FAILURES_HEADER = (
    *("Row", "Serial", "Name", "Column", "Image", "Rendition", "URL", "Error", "Detail", "What To Do"),
)


def failures_of(job: Job, row: Row, number: int) -> Iterator[Sequence[str]]:
    """Yield the images of a row that failed, one for each code; `number` is the row's in the first sheet."""
    if not any(image.error for image in row.images):
        return
    columns = image_columns(job)
    serial, name = (job.origin.serial, job.origin.name) if job.origin else (None, None)
    cells = row.padded(len(job.header))
    for place, image in enumerate(of_images(job, row), 1):
        index = columns[image[0].column]
        for code in dict.fromkeys(one.error for one in image if one.error):
            failed = [one for one in image if one.error is code]
            yield (
                str(number),
                "" if serial is None else cells[serial],
                "" if name is None else cells[name],
                "" if index < 0 else job.header[index],
                str(place),
                ", ".join(filter(None, (job.renditions[one.rendition].name for one in failed))),
                _written(image[0]),
                code,
                failed[0].detail or "",
                ADVICE[code],
            )


def _written(image: Image) -> str:
    """Return the URL as the cell has it; of a link, the URL to which it leads."""
    return image.url if image.written is None or Repair.LINK in image.notes else image.written


def summary_of(job: Job, counts: Counts) -> Iterator[Sequence[str]]:
    """Yield names and values of the job's sums."""
    saved = 1 - counts.bytes_out / counts.bytes_in if counts.bytes_in else 0
    yield "File", job.file_name
    yield "Submitted", f"{job.created_at:%Y-%m-%d %H:%M:%S} UTC"
    if job.started_at:
        yield "Started", f"{job.started_at:%Y-%m-%d %H:%M:%S} UTC"
    yield "Rows", str(job.rows)
    yield "Images", str(job.images)
    if len(job.renditions) > 1:
        yield "Renditions", str(len(job.renditions))
        yield "Outputs", str(job.outputs_total)
    yield "Done", str(counts.done)
    yield "Failed", str(counts.failed)
    for code, number in sorted(counts.errors.items()):
        yield f"Failed: {code}", str(number)
    yield "Bytes Before", str(counts.bytes_in)
    yield "Bytes After", str(counts.bytes_out)
    yield "Saved", f"{saved:.1%}"
    for stage, milliseconds in asdict(counts.times).items():
        yield f"Seconds: {stage}", f"{milliseconds / 1000:.1f}"
