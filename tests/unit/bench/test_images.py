from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageStat, JpegImagePlugin

from bench import images
from bench.images import SHOTS, Shot

SMALL = [shot for shot in SHOTS if shot.size[0] * shot.size[1] <= 1_100_000]
SUBSAMPLINGS = {"4:4:4": 0, "4:2:2": 1, "4:2:0": 2}


def opened(shot: Shot) -> Image.Image:
    return Image.open(BytesIO(images.encoded(shot)))


def test_a_shot_is_deterministic() -> None:
    assert images.encoded(SHOTS[0]) == images.encoded(SHOTS[0])


def test_shots_have_different_file_names() -> None:
    assert len({shot.name for shot in SHOTS}) == len(SHOTS)


@pytest.mark.parametrize("shot", SMALL, ids=lambda shot: shot.name)
def test_a_shot_has_its_stated_properties(shot: Shot) -> None:
    image = opened(shot)
    assert (image.format, image.size) == (shot.format, shot.size)
    assert image.has_transparency_data is shot.cut_out
    if shot.format == "JPEG":
        assert JpegImagePlugin.get_sampling(image) == SUBSAMPLINGS[shot.settings["subsampling"]]


@pytest.mark.parametrize(
    "shot", [shot for shot in SMALL if shot.format == "JPEG"], ids=lambda shot: shot.name
)
def test_a_shot_has_the_file_size_of_a_photograph(shot: Shot) -> None:
    """Product photographs of these qualities have 0.5 to 3 bits per pixel."""
    bits = 8 * len(images.encoded(shot)) / (shot.size[0] * shot.size[1])
    assert 0.5 < bits < 3


@pytest.mark.parametrize("seed", range(5))
def test_a_product_is_centred_on_white(seed: int) -> None:
    grey = images.draw(seed, (200, 150)).convert("L")
    edge, product = (ImageStat.Stat(grey.crop(box)) for box in ((0, 0, 200, 8), (60, 45, 140, 105)))
    assert edge.mean[0] > 235
    assert product.mean[0] < 200
    assert product.stddev[0] > 5  # its texture; the shadow alone has half of that


def test_shots_are_saved_in_a_folder(tmp_path: Path) -> None:
    paths = images.save(SMALL[:2], tmp_path)
    assert [path.read_bytes() for path in paths] == [images.encoded(shot) for shot in SMALL[:2]]
    assert sorted(tmp_path.iterdir()) == sorted(paths)
