"""Schemathesis hooks: generate real catalogues, and keep requests within the test's own hosts and jobs."""

import os
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import schemathesis
from hypothesis import strategies as st

from catalight.domain.catalogue import urls
from catalight.domain.catalogue.encodings import ENCODINGS
from catalight.domain.errors import OptionError
from catalight.domain.job.request_headers import MAX_CHARACTERS
from functions.api import cursors
from functions.api.renditions import OF_ONE
from functions.api.sent_file import MAX_HEADER_ROW, MAX_SHEET
from functions.api.terms import MAX_REFERENCE

ANSWERS = Path(os.environ["CONTRACT_ANSWERS"])
IMAGES = os.environ["CONTRACT_IMAGES"]
WEBHOOK = os.environ["CONTRACT_WEBHOOK"]
BOOLEANS = {"0", "1", "f", "t", "n", "y", "no", "yes", "off", "on"}
GONE, *KEPT = os.environ["CONTRACT_JOBS"].split()
REDELIVERED = iter([os.environ["CONTRACT_DELIVERED"]])
COLUMNS = '{"images": ["Input Image Urls"]}'
RENDITIONS = '[{"name": "large", "max_width": 900}, {"preset": "thumbnail", "format": "webp"}]'
PATHS = ("1.jpg", "2.jpg", "missing/3.jpg", "text/4.jpg", "slow/5.jpg")

schemathesis.openapi.format("uri", st.sampled_from([WEBHOOK, f"{WEBHOOK}?shop=1", f"{WEBHOOK}/orders"]))


def is_url(value: Any) -> bool:
    """Whether a field has a URL that can be fetched."""
    return isinstance(value, str) and not urls.fault(value)


def is_short(value: Any) -> bool:
    """Whether a field has a text that may be a header."""
    return isinstance(value, str) and len(value) <= MAX_CHARACTERS


def is_positive(value: Any) -> bool:
    """Whether a field has a whole number from 1."""
    return isinstance(value, int) and value > 0


# What a valid value is, and one that fits every file and every deployment.
FITTING: dict[str, tuple[Callable[[Any], bool], Any]] = {
    "webhook_url": (is_url, WEBHOOK),
    "url": (is_url, f"{IMAGES}/1.jpg"),
    "file_url": (is_url, f"{IMAGES}/catalogue.csv"),
    "user_agent": (is_short, "Mozilla/5.0"),
    "referer": (is_short, "origin"),
    "columns": (lambda value: isinstance(value, str) and value != "", COLUMNS),
    "header_row": (lambda value: isinstance(value, int) and 1 <= value <= MAX_HEADER_ROW, 1),
    "encoding": (lambda value: isinstance(value, str) and value in ENCODINGS, "utf-8"),
    "file_name": (lambda value: isinstance(value, str) and value != "", "{column:Product Name}/{serial}-{n}"),
    "keep_days": (is_positive, 9),
    "reference": (lambda value: isinstance(value, str) and len(value) <= MAX_REFERENCE, "order 4711"),
    "sheet": (lambda value: isinstance(value, str) and len(value) <= MAX_SHEET, ""),
}


@schemathesis.hook
def before_call(_: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """Replace files by catalogues and webhook URLs by ours; never delete a job that other requests need."""
    kwargs["allow_redirects"] = False  # they lead to S3, which the API does not document
    if case.method == "DELETE" and case.path_parameters.get("request_id") in KEPT:
        case.path_parameters["request_id"] = GONE
    if case.path.endswith("/webhook/redeliver") and case.path_parameters.get("request_id") in (GONE, *KEPT):
        # The first of these calls succeeds. The other jobs may be in a new run at any time.
        case.path_parameters["request_id"] = next(REDELIVERED, case.path_parameters["request_id"])
    if "days" in (query := case.query or {}) and is_positive(query["days"]):
        query["days"] = 9  # more may be too many for the deployment
    if isinstance(case.body, dict):
        fit_together(case.body)


def fit_together(body: dict[str, Any]) -> None:
    """Replace fields of a form whose values no schema can express."""
    if isinstance(file := body.get("file"), str):
        body["file"] = catalogue(file)
    if body.get("file_names") == "unicode" and not body.get("file_name"):
        body["file_names"] = "ascii"  # the other needs a template
    for name, (valid, own) in FITTING.items():
        if name in body and valid(body[name]):
            body[name] = own
    if isinstance(body.get("look"), str):  # which only goes with this quality
        body["quality"] = "auto"
    if body.get("fresh") in (True, "true"):  # which has no use for it
        body.pop("max_age", None)
    if isinstance(asked := body.get("renditions"), str) and asked:
        body["renditions"] = "" if body.keys() & set(OF_ONE) else RENDITIONS


@schemathesis.hook
def after_call(_: Any, case: Any, response: Any) -> None:
    """Log the response, so that the test can check that not all of them are refusals."""
    with ANSWERS.open("a") as answers:
        print(case.method, case.path, response.status_code, file=answers)


def catalogue(generated: str) -> str:
    """Return a catalogue whose shape, names, URLs and delimiter depend on the generated text."""
    random = Random(generated)
    delimiter, line = random.choice(",;\t"), random.choice(("\n", "\r\n"))
    rows = [["Serial Number", "Product Name", "Input Image Urls"]]
    for number in range(1, random.randint(2, 5)):
        name = "".join(chr(random.randint(0x20, 0x2FFF)) for _ in range(random.randint(0, 20)))
        cell = " ".join(f"{IMAGES}/{random.choice(PATHS)}" for _ in range(random.randint(1, 3)))
        rows.append([str(number), name.replace('"', '""'), cell])
    lines = [delimiter.join(f'"{cell}"' for cell in row) for row in rows]
    return random.choice(("", "\ufeff")) + line.join(lines)


@schemathesis.hook
def filter_failure(_: Any, failure: Any, case: Any, response: Any) -> bool:
    """Return False for failures that no schema can express."""
    match type(failure).__name__:
        case "RejectedPositiveData":
            return not (reused_key(response) or unknown_cursor(case) or other_form(case, response))
        case "AcceptedNegativeData":
            return not (other_boolean(case) or empty_field(case))
    return True


def reused_key(response: Any) -> bool:
    """Return whether the Idempotency-Key was used before for another submission."""
    return b"urn:catalight:problem:idempotency-key" in response.content


def other_form(case: Any, response: Any) -> bool:
    """Return whether a result cannot have the form that was asked for, or it does not go together."""
    kinds = (b"urn:catalight:problem:result-form", b"nothing: a ZIP has the result as it was written")
    without_body = case.method == "HEAD" and case.path.startswith("/download/") and bool(case.query)
    return without_body or any(kind in response.content for kind in kinds)


def unknown_cursor(case: Any) -> bool:
    """Return whether the cursor is not one of the API's own."""
    read = cursors.read_row if case.path.endswith("/rows") else cursors.read_job
    try:
        read(case.query.get("cursor"))
    except OptionError:
        return True
    return False


def other_boolean(case: Any) -> bool:
    """Return whether a form or query has a boolean other than true and false, which is accepted too."""
    form = case.body if isinstance(case.body, dict) else {}
    given = [form.get(name, "") for name in ("strict", "fresh", "confirm")]
    given += [(case.query or {}).get(name, "") for name in ("dry_run", "shorten")]
    return any(str(value).lower() in BOOLEANS for value in given)


def empty_field(case: Any) -> bool:
    """Return whether a form field is empty, which counts as missing."""
    return isinstance(case.body, dict) and "" in case.body.values()
