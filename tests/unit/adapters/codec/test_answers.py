"""Answers of a process that an image has taken over: only what the codec could say is believed."""

import json
from typing import Any

import pytest

from catalight.adapters.codec import answers
from catalight.adapters.codec.answers import SandboxError
from catalight.domain.errors import ImageError, ImageErrorCode
from catalight.domain.image.compressed import Compressed
from catalight.domain.image.formats import ImageFormat
from catalight.domain.image.report import Chosen, Source, Times

GOOD: dict[str, Any] = {
    "format": "webp",
    "target": [30, 20],
    "source": {"format": "jpeg", "width": 60, "height": 40},
    "times": {"decode": 3, "encode": 4},
    "kept": False,
    "small": False,
    "chosen": {"quality": 62, "score": 70.4},
}
FORMULA = '=HYPERLINK("https://evil.example")'


def test_an_answer_of_the_codec_is_taken_as_it_is() -> None:
    expected = Compressed(
        b"data",
        ImageFormat.WEBP,
        30,
        20,
        Source("jpeg", 60, 40),
        Times(decode=3, encode=4),
        chosen=Chosen(62, 70.4),
    )
    made = answers.compressed(b"data", answers.parsed(json.dumps(GOOD).encode()))
    assert (made, made.times) == (expected, expected.times)
    refusal = {"code": "corrupt_image", "detail": "The image's 10 bytes are damaged or incomplete."}
    with pytest.raises(ImageError) as refused:
        answers.compressed(b"", refusal)
    assert refused.value.code is ImageErrorCode.CORRUPT_IMAGE


@pytest.mark.parametrize(
    "lie",
    [
        {"target": [FORMULA, 20]},
        {"target": [30]},
        {"target": 30},
        {"target": [-1, 20]},
        {"target": [1 << 40, 20]},
        {"target": [30.5, 20]},
        {"target": [True, 20]},
        {"format": "html"},
        {"format": ["webp"]},
        {"source": {"format": FORMULA, "width": 60, "height": 40}},
        {"source": {"format": "jpeg", "width": None, "height": 40}},
        {"source": []},
        {"chosen": []},
        {"chosen": {"quality": 62}},
        {"chosen": {"quality": FORMULA, "score": None}},
        {"chosen": {"quality": 101, "score": 70.4}},
        {"chosen": {"quality": 62, "score": FORMULA}},
        {"chosen": {"quality": 62, "score": -1.0}},
        {"chosen": {"quality": 62, "score": float("nan")}},
        {"times": {"decode": FORMULA}},
        {"times": {"other": 1}},
        {"times": []},
        {"code": "FORMULA", "detail": ""},
        {"code": ["corrupt_image"], "detail": "x"},
        {"code": "corrupt_image"},
        {"code": "corrupt_image", "detail": "x" * 501},
        {"code": "corrupt_image", "detail": "two\nlines"},
        {"code": "corrupt_image", "detail": 1},
    ],
)
def test_an_answer_that_the_codec_never_gives_is_not_believed(lie: dict[str, Any]) -> None:
    with pytest.raises(SandboxError, match="an answer that the codec never gives"):
        answers.compressed(b"data", GOOD | lie)


@pytest.mark.parametrize("line", [b"", b"{", b"[]", b"1", b"[" * 15_000, b"\xff", b"{} {}"])
def test_what_is_not_a_document_is_not_believed(line: bytes) -> None:
    with pytest.raises(SandboxError, match="an answer that the codec never gives"):
        answers.parsed(line)


def test_a_trace_is_shortened() -> None:
    with pytest.raises(SandboxError) as failed:
        answers.compressed(b"", {"fault": "x" * 10_000})
    assert len(failed.value.remote_trace) == 2_000


def test_a_traceback_holds_no_commands_for_the_terminal_of_whoever_reads_it() -> None:
    with pytest.raises(SandboxError) as failed:
        answers.compressed(b"", {"fault": "ValueError\n\x1b]0;evil\x07\r\u202egpj"})
    assert failed.value.remote_trace == "ValueError\n?]0;evil???gpj"
