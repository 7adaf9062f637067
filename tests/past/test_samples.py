"""What every release stored and sent is read, also with fields that only a later release knows."""

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields, is_dataclass
from pathlib import Path
from typing import Any, get_args

import pytest
from bson import json_util

from catalight.adapters.mongo import Connection, Document
from catalight.domain import messages
from catalight.domain.catalogue.files import Format, Sheet, Table
from catalight.domain.catalogue.findings import Findings
from catalight.domain.catalogue.header import read_header
from catalight.domain.catalogue.plain_rows import Trailer, read_trailer, to_line, trailer_lines
from catalight.domain.catalogue.short_rows import ShortRows
from catalight.domain.messages import Message
from catalight.usecases.jobs.make_rows import Made
from tests.past import samples, today
from tests.past.readers import includes, meaning, meanings

RELEASES = sorted(path.parent.name for path in samples.PAST.glob("*/documents.json"))
NEW = "later"
DATA = {
    "jobs": {
        "counts.errors",
        "reopened.counts.errors",
        "remembered",
        "upload.overview",
        "upload.checkpoint.made",
    },
    "exports": {"position.counts.errors"},
    "results": {"position.counts.errors"},
    "hosts": {"_id"},
}
"""Objects whose names are data, or that the adapter passes on as they are."""
LISTS = {
    "rows": {"images": ("source", "times", "chosen")},
    "sources": {"": ("source", "validators", "chosen")},
}
"""Objects that are stored as a list of their values, to save the names."""


@pytest.fixture(params=[*RELEASES, "today"])
def stored(request: pytest.FixtureRequest, mongodb: Connection) -> dict[str, list[Document]]:
    """The documents of a release, or of today's code, in the database."""
    if request.param == "today":
        today.store(mongodb)
        return samples.documents(mongodb)
    found: dict[str, list[Document]] = json_util.loads(
        (samples.PAST / request.param / "documents.json").read_text(encoding="utf-8")
    )
    for name, documents in found.items():
        if documents:
            mongodb[name].insert_many(copy.deepcopy(documents))
    return found


def objects(value: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the objects in a document, with the names that lead to each."""
    if isinstance(value, dict):
        yield path, value
        for name, child in value.items():
            yield from objects(child, f"{path}.{name}".removeprefix("."))
    elif isinstance(value, list):
        for child in value:
            yield from objects(child, path)


def is_data(collection: str, path: str) -> bool:
    return any(path == data or path.startswith(f"{data}.") for data in DATA.get(collection, ())) and (
        not path.startswith("remembered.")
    )


def with_more(collection: str, document: Document) -> Document:
    """Return a document with an unknown field in each of its objects, and in what is stored as a list."""
    later = copy.deepcopy(document)
    for path, found in list(objects(later)):
        if not is_data(collection, path):
            found[NEW] = {"of": ["a later release"]}
        for name in LISTS.get(collection, {}).get(path, ()):
            if found.get(name):
                found[name] = [*found[name], NEW]
    return later


def test_what_was_stored_is_read_with_unknown_fields_too(
    stored: Mapping[str, list[Document]], mongodb: Connection
) -> None:
    meant = meanings(mongodb, stored)
    for name, documents in stored.items():
        for document in documents:
            later = with_more(name, document)
            assert later != document
            mongodb[name].replace_one({"_id": document["_id"]}, later)
    read = meanings(mongodb, stored)
    for job in read["jobs"]:  # the reader of the file reads its own state, see below
        for checkpoint in filter(None, [job["upload"] and job["upload"]["checkpoint"]]):
            checkpoint["reader"] = without_new(checkpoint["reader"])
    assert read == meant


def without_new(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_new(child) for name, child in value.items() if name != NEW}
    return [without_new(child) for child in value] if isinstance(value, list) else value


def test_what_a_release_stored_means_the_same_today(mongodb: Connection) -> None:
    """Release 0.1.0 has test_past.py instead."""
    for path in samples.PAST.glob("*/meanings.json"):
        found = json_util.loads(path.with_name("documents.json").read_text(encoding="utf-8"))
        for name, documents in found.items():
            mongodb[name].insert_many(copy.deepcopy(documents))
        assert includes(meanings(mongodb, found), json.loads(path.read_text(encoding="utf-8"))), path
        for name in found:
            mongodb[name].delete_many({})


@pytest.mark.parametrize("release", [*RELEASES, "today"])
def test_messages_are_read_with_unknown_fields_too(release: str) -> None:
    sent = list(map(messages.encode, today.MESSAGES))
    if release != "today":
        sent = json.loads((samples.PAST / release / "messages.json").read_text(encoding="utf-8"))
    for text in sent:
        later = json.dumps(json.loads(text) | {NEW: {"a": 1}})
        assert messages.decode(later) == messages.decode(text)


def test_how_far_a_file_is_read_may_say_more() -> None:
    made = Made(40, 80, 1, 2, 8)
    later = made.to_document() | {NEW: 1}
    later["assignment"] = later["assignment"] | {NEW: 1}
    assert Made.from_document(later) == made
    findings = {"kept": [asdict(today.PROBLEM) | {NEW: 1}], "total": 1, NEW: 1}
    assert Findings.from_document(findings) == Findings([today.PROBLEM], 1)
    reader = ShortRows(read_header("SKU,Image\n"))
    part = {"line": 2, "size": 1, "is_numbered": True, "text": "a", "loses_url": False, NEW: 1}
    reader.go_on({"first": part, "joined": 1, "loses_url": False, "unreported": [part], NEW: 1})
    assert reader.is_open
    table = Table(Format.XLSX, "Products", (Sheet("Products"),), [], 0, warnings=(today.PROBLEM,))
    rest, position = trailer_lines(Trailer(table, 2, 3), 7).splitlines(keepends=True)
    more = json.loads(rest) | {NEW: 1}
    more["warnings"] = [warning | {NEW: 1} for warning in more["warnings"]]
    assert read_trailer(to_line(more) + position) == Trailer(table, 2, 3)


def test_the_coming_release_has_samples() -> None:
    """If this fails, run `make samples` and commit what it writes."""
    folder = samples.PAST / samples.version()
    assert {"documents.json", "messages.json", "openapi.json"} <= {path.name for path in folder.glob("*")}


def test_samples_are_written_and_read(mongodb: Connection, tmp_path: Path) -> None:
    folder = tmp_path / "1.2.3"
    samples.write(folder, mongodb)
    found = json_util.loads((folder / "documents.json").read_text(encoding="utf-8"))
    assert all(found.values()), "a collection without a sample"
    meant = json.loads((folder / "meanings.json").read_text(encoding="utf-8"))
    assert includes(meanings(mongodb, found), meant)
    meant["jobs"][0]["file_name"] = "another"
    assert not includes(meanings(mongodb, found), meant)


def test_todays_samples_have_a_value_in_every_field() -> None:
    """A field that a release adds needs a value here, or its samples would lack it."""
    samples = (*today.JOBS, *today.ROWS, today.EXPORT, today.KEY, today.OUTPUT, *today.MESSAGES)
    unset = {f"{kind.__name__}.{field}" for kind, field in every(samples)} - {
        f"{kind.__name__}.{field}" for kind, field in with_value(samples)
    }
    assert unset == set()
    assert {type(message) for message in today.MESSAGES} == set(get_args(Message.__value__))


def instances(value: Any) -> Iterator[Any]:
    """Yield all instances of dataclasses in a value."""
    if is_dataclass(value):
        yield value
        for field in fields(value):
            yield from instances(getattr(value, field.name))
    elif isinstance(value, tuple):
        for one in value:
            yield from instances(one)


def every(samples: Any) -> Iterator[tuple[type, str]]:
    for one in instances(samples):
        yield from ((type(one), field.name) for field in fields(one))


def with_value(samples: Any) -> Iterator[tuple[type, str]]:
    """Yield the fields that do not have their default."""
    for one in instances(samples):
        for field in fields(one):
            default = field.default_factory() if callable(field.default_factory) else field.default
            if getattr(one, field.name) != default:
                yield type(one), field.name


def test_meanings_are_plain() -> None:
    assert json.loads(json.dumps(meaning(today.JOB)))["state"] == "COMPLETED"
