"""What a range of another shape costs: memory for its downloads, and what each range costs once."""

import pytest

from bench.cost import Setting
from bench.longer_ranges import USUAL, dollars, memory
from bench.template import default
from catalight.domain.image.capacity import DOWNLOADS
from catalight.domain.job.ranges import IMAGES_PER_RANGE


def test_the_usual_shape_is_the_deployed_one() -> None:
    assert (IMAGES_PER_RANGE, DOWNLOADS, default("HostConnections")) == USUAL
    assert memory(USUAL) == Setting().memory


def test_a_further_download_needs_the_memory_of_a_source() -> None:
    assert memory(USUAL._replace(downloads=20)) == pytest.approx(Setting().memory + 10 * 25 / 1.048576, abs=1)


def test_longer_ranges_share_what_a_range_costs() -> None:
    short, long = (dollars(USUAL._replace(images=images), 0.02) for images in (10, 40))
    waiting = 1e6 * 0.02 * Setting().memory / 1024 * Setting().gb_second
    assert short - waiting == pytest.approx(4 * (long - waiting))
    assert 0.1 < long < short
