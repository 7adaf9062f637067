"""Reading a catalogue takes time and memory in proportion to its size, whatever is in it."""

import pytest

from tests.corpora import shapes
from tests.corpora.shapes import KNOWN, MOST_TIME, Shape

EXAMPLES = 8  # `make corpora` draws many more, and others each time


@pytest.mark.parametrize("name", KNOWN)
def test_a_catalogue_that_was_expensive_is_read_cheaply(name: str) -> None:
    assert shapes.fault(KNOWN[name]) is None


def test_catalogues_of_any_shape_are_read_cheaply() -> None:
    shapes.search(EXAMPLES, always_the_same=True)


def test_the_search_finds_what_is_too_slow_and_forgives_one_slow_try() -> None:
    shape = Shape("a")
    slow, ordinary = MOST_TIME + 1.0, 1.0
    assert shapes.fault(shape, lambda data: slow if data[:1] == b"a" else ordinary)
    times = iter([slow, ordinary, ordinary, ordinary])
    assert shapes.fault(shape, lambda _: next(times)) is None
