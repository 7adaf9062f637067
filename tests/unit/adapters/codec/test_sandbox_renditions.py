"""Several renditions in the sandbox: one that kills its process costs only itself, and time stays bounded."""

import json
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from typing import Any

import pytest

from catalight.adapters.codec import child as child_module
from catalight.adapters.codec import forking
from catalight.adapters.codec.answers import SandboxError
from catalight.adapters.codec.child import Child
from catalight.adapters.codec.compress import compress_all
from catalight.adapters.codec.sandbox import Sandbox
from catalight.adapters.codec.work import Work
from catalight.adapters.isolation.memory_file import memory_file
from catalight.domain.errors import ImageError
from catalight.domain.errors import ImageErrorCode as Code
from catalight.domain.image.compressed import Compressed
from catalight.domain.image.formats import Target
from catalight.domain.image.limits import LIMITS, Limits
from catalight.domain.image.rendition import MAX_RENDITIONS, Fit, Rendition
from local.hosts.images import draw
from tests.faults import bomb

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the limits need Linux")

IMAGE = draw(1, 320, 240)
SHAPES = [
    Rendition(max_width=100),
    Rendition(format=Target.WEBP),
    Rendition(width=200, height=200, fit=Fit.PAD),
    Rendition(format=Target.PNG, width=50, height=90, fit=Fit.COVER),
]
EIGHT = [Rendition(name=f"r{number}") for number in range(MAX_RENDITIONS)]
FINE = "found = AT"
SPIN = "while True: pass"
DIE = "import ctypes; ctypes.string_at(0)"
FILL = "found = bytes(1 << 40)"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with closing(Sandbox(LIMITS)) as sandbox:
        yield sandbox


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many renditions each try at an image was given."""
    work, given = Child.compress, list[int]()

    def counted(child: Child, source: int, output: int, renditions: Any, left: Any) -> Iterator[Any]:
        given.append(len(renditions))
        yield from work(child, source, output, renditions, left)

    monkeypatch.setattr(Child, "compress", counted)
    return given


def run(code: str, monkeypatch: pytest.MonkeyPatch, limits: Limits = LIMITS) -> list[Any]:
    """Run code for each of eight renditions; return what each found, or its error."""
    monkeypatch.setattr(forking, "MODULE", "tests.unit.adapters.codec.hostile")
    with closing(Sandbox(limits)) as sandbox:
        outcomes = sandbox.compress(code.encode(), EIGHT, "job")
    return [
        outcome if isinstance(outcome, ImageError) else json.loads(outcome.data)["found"]
        for outcome in outcomes
    ]


def at(number: int, code: str) -> str:
    """Code that does this at one rendition, and nothing at the others."""
    return f"if AT == 'r{number}':\n    {code}\n{FINE}"


def test_results_are_the_codecs(sandbox: Sandbox) -> None:
    for data in (IMAGE, draw(2, 300, 200, format="PNG")):
        assert sandbox.compress(data, SHAPES, "job") == compress_all(data, SHAPES)
    assert sandbox.compress(IMAGE, SHAPES[:1], "job") == compress_all(IMAGE, SHAPES[:1])


def test_the_sandbox_chooses_the_same_quality(sandbox: Sandbox) -> None:
    renditions = [Rendition("auto"), Rendition("auto", Target.WEBP)]
    expected = compress_all(IMAGE, renditions)
    assert sandbox.compress(IMAGE, renditions, "job") == expected
    assert all(isinstance(one, Compressed) and one.chosen for one in expected)


def test_a_source_that_cannot_be_used_is_one_error(sandbox: Sandbox, tried: list[int]) -> None:
    with pytest.raises(ImageError) as refused:
        sandbox.compress(b"text", SHAPES, "job")
    assert refused.value.code is Code.NOT_AN_IMAGE
    assert tried == [4]


def test_a_refused_rendition_costs_only_itself(sandbox: Sandbox, tried: list[int]) -> None:
    wide = draw(1, 20_000, 30)
    outcomes = sandbox.compress(wide, [Rendition(max_width=90), Rendition(format=Target.WEBP)], "job")
    assert isinstance(outcomes[0], Compressed)
    assert isinstance(outcomes[1], ImageError)
    assert outcomes[1].code is Code.TOO_MANY_PIXELS
    assert tried == [2]


@pytest.mark.parametrize("number", [0, 1, 7])
def test_a_rendition_that_kills_its_process_twice_costs_only_itself(
    monkeypatch: pytest.MonkeyPatch, tried: list[int], number: int
) -> None:
    outcomes = run(at(number, DIE), monkeypatch)
    failed = outcomes.pop(number)
    assert isinstance(failed, ImageError)
    assert (failed.code, failed.detail) == (Code.GAVE_UP, "Compressing the image crashed the decoder twice.")
    assert outcomes == [each.name for each in EIGHT if each is not EIGHT[number]]
    assert tried == [8, 8 - number, 7 - number][: 3 if number < 7 else 2]


def test_a_process_that_is_killed_once_costs_nothing(
    monkeypatch: pytest.MonkeyPatch, tried: list[int]
) -> None:
    """Here the third rendition dies only if the same process has made the second."""
    code = f"KEPT.append(AT)\nif KEPT[-2:] == ['r1', 'r2']:\n    {DIE}\n{FINE}"
    assert run(code, monkeypatch) == [each.name for each in EIGHT]
    assert tried == [8, 6]


def test_renditions_that_all_kill_their_processes_are_tried_twice_each(
    monkeypatch: pytest.MonkeyPatch, tried: list[int]
) -> None:
    outcomes = run(DIE, monkeypatch)
    assert [outcome.code for outcome in outcomes] == [Code.GAVE_UP] * 8
    assert len(tried) == 16


def test_memory_that_one_rendition_lacks_is_not_lacking_for_others(
    monkeypatch: pytest.MonkeyPatch, tried: list[int]
) -> None:
    outcomes = run(at(2, FILL), monkeypatch)
    failed = outcomes.pop(2)
    assert isinstance(failed, ImageError)
    assert failed.detail == "Compressing the image took more than 1,150,000,000 bytes of memory."
    assert outcomes == [each.name for each in EIGHT if each is not EIGHT[2]]
    assert tried == [8, 6, 5]  # the second try begins with it, so nothing else can have taken the memory


def test_a_bug_at_one_rendition_costs_only_that_and_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    outcomes = run(at(3, "raise KeyError"), monkeypatch)
    failed = outcomes.pop(3)
    assert isinstance(failed, ImageError)
    assert failed.code is Code.INTERNAL_ERROR
    assert outcomes == [each.name for each in EIGHT if each is not EIGHT[3]]
    [record] = caplog.records
    assert record.exc_info
    assert isinstance(record.exc_info[1], SandboxError)


@pytest.mark.parametrize("limit", ["cpu", "wall"])
def test_the_time_is_that_of_the_image(monkeypatch: pytest.MonkeyPatch, tried: list[int], limit: str) -> None:
    """Once it is over, what was made before is kept, and nothing else begins."""
    monkeypatch.setattr(child_module, "WALL", 100 if limit == "cpu" else 0.5)
    outcomes = run(at(2, SPIN), monkeypatch, replace(LIMITS, cpu_seconds=1))
    assert outcomes[:2] == ["r0", "r1"]
    took = "1 s of CPU time" if limit == "cpu" else "0.5 s"
    assert {str(outcome) for outcome in outcomes[2:]} == {
        f"gave_up: Compressing the image took more than {took}."
    }
    assert tried == [8]


def test_the_time_of_all_tries_at_an_image_is_bounded(
    monkeypatch: pytest.MonkeyPatch, tried: list[int]
) -> None:
    """Each rendition takes a while and then kills its process: all first tries share one limit."""
    monkeypatch.setattr(child_module, "WALL", 1)
    wait = f"import time; end = time.monotonic() + .2\nwhile time.monotonic() < end: pass\n{DIE}"
    outcomes = run(wait, monkeypatch, replace(LIMITS, cpu_seconds=1))
    assert [outcome.code for outcome in outcomes] == [Code.GAVE_UP] * 8
    assert len(tried) < 16


LIES: dict[str, dict[str, Any]] = {
    "an index that is none": {"at": 9},
    "an index that is a text": {"rendition": "1"},
    "an outcome twice": {"rendition": 0, "code": "corrupt_image", "detail": "Broken."},
    "more bytes than there are": {
        "rendition": 1,
        "bytes": 1_000_000,
        "format": "jpeg",
        "target": [1, 1],
        "source": {"format": "jpeg", "width": 1, "height": 1},
        "times": {},
        "kept": False,
        "small": False,
    },
    "nothing": {},
}


@pytest.mark.parametrize("lie", LIES)
def test_an_answer_that_does_not_belong_there_is_not_believed(lie: str) -> None:
    work = Work(EIGHT)
    work.begin()
    work.take({"rendition": 0, "code": "corrupt_image", "detail": "Broken."}, -1)
    with memory_file() as output, pytest.raises(SandboxError, match="an answer that the codec never gives"):
        work.take(LIES[lie], output.fileno())


@pytest.mark.parametrize("line", [{"at": 0, "bloated": False}, {"bloated": False}])
def test_a_process_that_ends_without_outcomes_is_not_asked_forever(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, line: dict[str, Any]
) -> None:
    def says(*_: Any) -> Iterator[dict[str, Any]]:
        yield line

    monkeypatch.setattr(Child, "compress", says)
    with pytest.raises(SandboxError):
        sandbox.compress(IMAGE, EIGHT[:1], "job")
    outcomes: list[Any] = []
    with suppress(SandboxError):  # if all failed together
        outcomes += sandbox.compress(IMAGE, EIGHT, "job")
    assert all(outcome.code is Code.INTERNAL_ERROR for outcome in outcomes)


def test_a_bomb_in_eight_renditions_is_refused_or_stopped_once(tried: list[int]) -> None:
    slow = bomb.draw(1200, scans=20_000)
    with closing(Sandbox(LIMITS)) as sandbox, pytest.raises(ImageError) as refused:
        sandbox.compress(slow, EIGHT, "job")
    assert refused.value.code is Code.TOO_MANY_PIXELS
    uncounted = replace(LIMITS, scanned=10**15, cpu_seconds=1)
    with closing(Sandbox(uncounted)) as sandbox, pytest.raises(ImageError) as stopped:
        sandbox.compress(slow, [Rendition(max_width=9 + n) for n in range(8)], "job")
    assert stopped.value.code is Code.GAVE_UP
    assert tried == [8, 8]


def test_all_outputs_together_are_limited_by_the_kernel() -> None:
    with closing(Sandbox(replace(LIMITS, output_bytes=20_000))) as sandbox:
        outcomes = sandbox.compress(IMAGE, [Rendition(q) for q in (90, 91, 92, 93)], "job")
    sizes = [len(outcome.data) for outcome in outcomes if isinstance(outcome, Compressed)]
    assert 0 < sum(sizes) <= 20_000
    failed = [outcome for outcome in outcomes if isinstance(outcome, ImageError)]
    assert {error.code for error in failed} == {Code.TOO_MANY_BYTES}
