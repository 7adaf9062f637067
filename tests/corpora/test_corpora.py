"""Hostile pictures: each becomes a picture that can be decoded, or an error with a code; none crashes."""

from itertools import islice

import pytest

from catalight.adapters.codec.sandbox import Sandbox
from catalight.domain.image.compressed import Compressed
from catalight.domain.image.options import ImageFormat, Options, Target
from catalight.domain.image.report import Source, Times
from tests.corpora import judge, pillow
from tests.corpora.bombs import bombs
from tests.corpora.judge import Case, Report
from tests.corpora.mutations import mutation, mutations

MUTATIONS = 800  # to each format; `make corpora` takes many more
BY_TURNS = [Options(format=target) for target in Target]
OTHERS = [target for target in Target if target is not Target.JPEG]


def holds(report: Report, good: int) -> None:
    """Nothing is broken, and the corpus is not one of refusals alone."""
    assert not report.broken, str(report)
    assert not [line for line in report.stopped if "crashes" in line], str(report)
    assert report.good >= good, str(report)


def test_the_images_of_pillows_own_tests() -> None:
    """All to JPEG; to each other target a fifth of them (all of them: `make corpora`)."""
    holds(judge.judge("pillow", pillow.images(), [Options()]), good=500)
    for turn, target in enumerate(OTHERS):
        fifth = islice(pillow.images(), turn, None, len(OTHERS))
        holds(judge.judge(f"pillow to {target}", fifth, [Options(format=target)]), good=100)


def test_bombs() -> None:
    """To JPEG alone: what they do, they do when they are decoded."""
    holds(judge.judge("bombs", bombs(), [Options()]), good=90)


def test_damaged_images() -> None:
    holds(judge.judge("mutations", mutations(1, MUTATIONS), BY_TURNS), good=500)


def test_a_mutation_can_be_made_again_by_its_name() -> None:
    assert dict(mutations(7, 50))["7/31"] == mutation("7/31")


@pytest.mark.parametrize("broken", [b"", b"\xff\xd8\xff\xd9", b"x" * 1000])
def test_the_judge_finds_an_output_that_is_no_image(broken: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """It could not find anything else otherwise."""

    def compress(self: object, data: bytes, options: Options) -> Compressed:
        return Compressed(broken, ImageFormat.JPEG, 1, 1, Source("png", 1, 1), Times())

    monkeypatch.setattr(Sandbox, "compress", compress)
    cases: list[Case] = [("one", b"")]
    [found] = judge.judge("fake", cases, [Options()]).broken
    assert found.startswith("one → jpeg: the output cannot be decoded")
