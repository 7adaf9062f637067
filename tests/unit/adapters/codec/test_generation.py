"""Outputs of earlier jobs are used again only if the codec would still make the same bytes."""

import hashlib
import platform

import pytest

from catalight.adapters.codec.compress import compress_all
from catalight.domain.image.compressed import Compressed
from catalight.domain.image.formats import Target
from catalight.domain.image.generation import GENERATION
from catalight.domain.image.rendition import AUTO, Fit, Rendition
from local.hosts.images import draw

RENDITIONS = (
    Rendition(),
    Rendition(quality=90),
    Rendition(quality=AUTO),
    Rendition(max_width=100),
    Rendition(width=120, height=120, fit=Fit.PAD),
    Rendition(format=Target.PNG, max_width=50),
)
DIGESTS = {
    1: "6aa5f979f28f79fe99b2cd23cc76eb8264aa642df3335762f325a7b63018ccee",
    2: "f42cae021ead6607492dbcf55fdc4d37955954cb5e5ab6777864c9eb1c0bfd9c",
}
"""SHA-256 of what each generation makes of the drawings below; only the newest can be made again."""


@pytest.mark.skipif(
    platform.machine() != "x86_64", reason="Pillow draws the sources a little differently elsewhere"
)
def test_whoever_changes_what_the_codec_makes_begins_a_new_generation() -> None:
    digest = hashlib.sha256()
    for number in range(3):
        for output in compress_all(draw(number, 320, 240), RENDITIONS):
            assert isinstance(output, Compressed)
            digest.update(output.data)
    assert DIGESTS[GENERATION] == digest.hexdigest(), "raise GENERATION, and add its digest here"
