"""Read what a codec process answers. One that an image has taken over may answer anything."""

import json
import re
from collections.abc import Collection
from typing import Any

from catalight.domain.errors import ImageError, ImageErrorCode
from catalight.domain.image.compressed import Compressed
from catalight.domain.image.formats import ImageFormat
from catalight.domain.image.report import Chosen, Source, Times

BYTES = 16_384  # of one answer
_DETAIL = re.compile(r"[ -~]{1,500}")  # in our own words: `foreign` quotes no file
_FORMAT = re.compile(r"[a-z]{2,10}")
_TRACE_CHARACTERS = 2_000
_NOT_OF_A_TRACE = re.compile(r"[^ -~\n]")  # among these, what a terminal takes for commands
NUMBERS = range(1 << 31)
BEST = 100  # quality and score


class SandboxError(Exception):
    """The codec itself failed, and not because of the image.

    `remote_trace` is the traceback of the child process, for the log.
    """

    def __init__(self, text: str, trace: str = "") -> None:
        super().__init__(text)
        self.remote_trace = trace


def parsed(line: bytes) -> dict[str, Any]:
    """Parse one line. Raises SandboxError if it is not what a codec process writes."""
    try:
        answer = json.loads(line)
    except (ValueError, RecursionError):
        raise malformed() from None
    if not isinstance(answer, dict):
        raise malformed()
    return answer


def number(answer: dict[str, Any], name: str, allowed: Collection[int]) -> int:
    """Return a number of an answer. Raises SandboxError if it is not allowed."""
    value = answer.get(name)
    if type(value) is not int or value not in allowed:
        raise malformed()
    return value


def check(answer: dict[str, Any]) -> None:
    """Raise the ImageError that an answer names, or SandboxError if it is the codec's own error."""
    try:
        if "code" in answer:
            raise ImageError(ImageErrorCode(answer["code"]), _matching(_DETAIL, answer["detail"]))
        if "fault" in answer:
            trace = str(answer["fault"])[-_TRACE_CHARACTERS:]
            raise SandboxError("the codec failed", _NOT_OF_A_TRACE.sub("?", trace))
    except (AttributeError, KeyError, TypeError, ValueError):
        raise malformed() from None


def compressed(data: bytes, answer: dict[str, Any]) -> Compressed:
    """Combine an output with the description of it.

    Raises the ImageError that the answer names, or SandboxError if the codec failed or the answer is not one.
    """
    check(answer)
    try:
        return _compressed(data, answer)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise malformed() from None


def _compressed(data: bytes, answer: dict[str, Any]) -> Compressed:
    width, height = map(_number, answer["target"])
    source = answer["source"]
    sides = _number(source["width"]), _number(source["height"])
    times = Times(**{stage: _number(value) for stage, value in answer["times"].items()})
    report = Source(_matching(_FORMAT, source["format"]), *sides)
    flags = answer["kept"] is True, answer["small"] is True
    return Compressed(
        data, ImageFormat(answer["format"]), width, height, report, times, *flags, _chosen(answer["chosen"])
    )


def _chosen(value: dict[str, Any] | None) -> Chosen | None:
    if value is None:
        return None
    quality, score = value["quality"], value["score"]
    if type(quality) is not int or not 1 <= quality <= BEST:
        raise ValueError
    if score is not None and (type(score) is not float or not 0 <= score <= BEST):  # NaN neither
        raise ValueError
    return Chosen(quality, score)


def _number(value: object) -> int:
    if type(value) is not int or value not in NUMBERS:
        raise ValueError
    return value


def _matching(pattern: re.Pattern[str], value: str) -> str:
    if not pattern.fullmatch(value):
        raise ValueError
    return value


def malformed() -> SandboxError:
    """Return the error of an answer that is none, or does not belong there."""
    return SandboxError("a codec process gave an answer that the codec never gives")
