"""Results of an earlier run that are sent again: their columns are replaced."""

from collections.abc import Iterator
from typing import Any

from catalight.adapters.tables.reader import TableReader
from catalight.domain.catalogue.catalogue import understand
from catalight.domain.catalogue.files import Options
from catalight.domain.job import links
from catalight.domain.job.result_form import RequestedResult, ResultFormat
from tests.corpora.catalogues.case import CLASSIC, A, B, C, Case, classic, table
from tests.corpora.catalogues.sheets import xlsx
from tests.pipeline import Pipeline, a_submission

_FIRST = ("Output Image Urls", "Status", "Errors", "Bytes In", "Bytes Out")
_SHOPIFY = ("Handle", "Title", "Variant SKU", "Image Src", "Variant Image")


def result_of(data: bytes, result_format: ResultFormat | None = None) -> bytes:
    """Return the result of a job with this file."""
    pipeline = Pipeline()
    parsed = understand(TableReader()(data, Options())).catalogue()
    job = pipeline.submit(a_submission(A, catalogue=parsed, result=RequestedResult(result_format)))
    pipeline.run()
    return pipeline.store.objects[links.result_key(job.id, job.run, job.result)]


def cases() -> Iterator[Case]:
    """Yield all of them."""
    yield Case("results/classic.csv", result_of(classic(A, f"{B}, {C}").encode()), [A, f"{B}, {C}"])
    semicolons = classic(A, delimiter=";", newline="\n").encode("utf-16")
    yield Case("results/semicolons-utf-16.csv", result_of(semicolons), [A], delimiter=";")
    shopify = [_SHOPIFY, ("tea", "Tea", "T1", A, B), ("pot", "Pot", "P1", C, "")]
    layout: dict[str, Any] = {
        "images": _SHOPIFY[3:],
        "serial": "Variant SKU",
        "name": "Title",
        "reason": "layout",
        "program": "Shopify",
    }
    rows = [f"{A} | {B}", f"{C} | "]
    yield Case("results/shopify.csv", result_of(table(shopify).encode()), rows, **layout)
    workbook = xlsx({"Products": shopify})
    as_csv = result_of(workbook, ResultFormat.CSV)
    yield Case("results/shopify-from-xlsx.csv", as_csv, rows, **layout)
    of_book: dict[str, Any] = {"format": "xlsx", "encoding": None, "delimiter": None, "sheet": "Products"}
    yield Case("results/shopify.xlsx", result_of(workbook), rows, **layout, **of_book)
    renditions = table(
        [
            (*CLASSIC, "Output Image Urls", "Output Image Urls (thumb)", *_FIRST[1:], "Notes"),
            ("1", "Tea", A, "http://x/y.jpg", "http://x/z.jpg", "DONE", "", "1", "1", ""),
        ]
    )
    yield Case("results/renditions.csv", renditions.encode(), [A])
    own = [(*CLASSIC, "Status"), ("1", "Tea", A, "active")]
    yield Case("results/own-status.csv", result_of(table(own).encode()), [A])
    twice = result_of(result_of(classic(A).encode()))
    yield Case("results/result-of-a-result.csv", twice, [A])
    first = [(*CLASSIC, *_FIRST), ("1", "Tea", A, "http://x/y.jpg", "DONE", "", "1", "1")]
    yield Case("results/of-the-first-releases.csv", table(first).encode(), [A])
    plus_one = [
        (*CLASSIC, *_FIRST, "Notes", "Checked"),
        ("1", "Tea", A, "http://x/y.jpg", "DONE", "", "1", "1", "", "yes"),
    ]
    yield Case("results/plus-one-column.csv", table(plus_one).encode(), [A])
    photos = [
        ("SKU", "Photo", "Photo 2", "Output Photo", "Output Photo 2", *_FIRST[1:], "Notes"),
        ("1", A, B, "http://x/1.jpg", "http://x/2.jpg", "DONE", "", "1", "1", ""),
    ]
    names: dict[str, Any] = {"images": ("Photo", "Photo 2"), "serial": "SKU", "name": None, "reason": "names"}
    yield Case("results/photos.csv", table(photos).encode(), [f"{A} | {B}"], **names)
    content = [
        ("Code", "Front", "Output Front", *_FIRST[1:], "Notes"),
        ("1", A, "http://x/1.jpg", "DONE", "", "1", "1", ""),
    ]
    guessed: dict[str, Any] = {"images": ("Front",), "serial": "Code", "name": None, "reason": "content"}
    yield Case(
        "results/columns-by-content.csv",
        table(content).encode(),
        [A],
        warnings=["guessed_columns@1"],
        **guessed,
    )
