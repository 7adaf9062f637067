"""Hostile images: each becomes an image that can be decoded, or an error with a code; none crashes."""

from itertools import islice

import pytest

from catalight.adapters.codec.sandbox import Sandbox
from catalight.domain.image.compressed import Compressed
from catalight.domain.image.formats import ImageFormat, Target
from catalight.domain.image.rendition import Rendition
from catalight.domain.image.report import Source, Times
from tests.corpora import harness, pillow
from tests.corpora.bombs import bombs
from tests.corpora.harness import Case, Report
from tests.corpora.mutations import mutation, mutations

MUTATIONS = 800  # per format; `make corpora` runs many more
ALL_TARGETS = [Rendition(format=target) for target in Target]
OTHERS = [target for target in Target if target is not Target.JPEG]


def holds(report: Report, good: int) -> None:
    """Assert that nothing is broken, and that not all cases are refused."""
    assert not report.broken, str(report)
    assert not [line for line in report.stopped if "crashed" in line], str(report)
    assert report.good >= good, str(report)


def test_the_images_of_pillows_own_tests() -> None:
    """All to JPEG, and a fifth to each other target (`make corpora` runs all)."""
    holds(harness.run("pillow", pillow.images(), [Rendition()]), good=500)
    for number, target in enumerate(OTHERS):
        fifth = islice(pillow.images(), number, None, len(OTHERS))
        holds(harness.run(f"pillow to {target}", fifth, [Rendition(format=target)]), good=100)


def test_bombs() -> None:
    """Only to JPEG, because bombs do their harm while they are decoded."""
    holds(harness.run("bombs", bombs(), [Rendition()]), good=90)


def test_damaged_images() -> None:
    holds(harness.run("mutations", mutations(1, MUTATIONS), ALL_TARGETS), good=500)


def test_a_mutation_is_reproduced_by_its_name() -> None:
    assert dict(mutations(7, 50))["7/31"] == mutation("7/31")


@pytest.mark.parametrize("broken", [b"", b"\xff\xd8\xff\xd9", b"x" * 1000])
def test_the_harness_finds_an_output_that_is_no_image(broken: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def compress(self: object, data: bytes, renditions: list[Rendition], job: str) -> list[Compressed]:
        return [Compressed(broken, ImageFormat.JPEG, 1, 1, Source("png", 1, 1), Times())]

    monkeypatch.setattr(Sandbox, "compress", compress)
    cases: list[Case] = [("one", b"")]
    [found] = harness.run("fake", cases, [Rendition()]).broken
    assert found.startswith("one → jpeg: the output cannot be decoded")
