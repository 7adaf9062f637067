"""The score that `quality=auto` says, and the SSIMULACRA2 that its outputs have.

`python -m bench.auto_scores` made photographs/: sources, and the measured scores of their outputs.
"""

import json
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from catalight.adapters.codec.compress import compress
from catalight.domain.image.formats import Target
from catalight.domain.image.look import Look
from catalight.domain.image.rendition import AUTO, Rendition

PHOTOGRAPHS = Path(__file__).with_name("photographs")
NEAR = 3  # points
SHARE = 0.9  # docs/performance.md

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the library is made for Linux alone")


def test_the_score_of_nine_in_ten_photographs_is_within_three_points() -> None:
    measured = json.loads((PHOTOGRAPHS / "scores.json").read_text())["scores"]
    off = []
    for one in measured:
        source = (PHOTOGRAPHS / one["source"]).read_bytes()
        made = compress(source, Rendition(AUTO, Target.JPEG, look=Look(one["look"])))
        assert sha256(made.data).hexdigest() == one["sha256"], "run `python -m bench.auto_scores` again"
        assert made.chosen is not None
        off.append(abs(made.chosen.score - one["score"]))
    assert len(off) >= 20
    assert sum(difference <= NEAR for difference in off) >= SHARE * len(off), sorted(off)
