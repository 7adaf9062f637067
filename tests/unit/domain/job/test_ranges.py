from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from catalight.domain.errors import ImageError, ImageErrorCode
from catalight.domain.job import ranges
from catalight.domain.job.row import Image

IMAGES = st.lists(st.integers(0, 30), max_size=200)


@given(IMAGES)
def test_rows_have_a_range_exactly_if_they_have_images(images: list[int]) -> None:
    assigned = list(ranges.assign(images))
    assert [number is not None for number in assigned] == [count > 0 for count in images]


@given(IMAGES)
def test_ranges_are_dense_and_in_csv_order(images: list[int]) -> None:
    numbers = [number for number in ranges.assign(images) if number is not None]
    assert numbers == sorted(numbers)
    assert sorted(set(numbers)) == list(range(len(set(numbers))))


@given(IMAGES)
def test_a_range_ends_with_the_row_that_fills_it(images: list[int]) -> None:
    assigned = list(ranges.assign(images))
    held: dict[int, list[int]] = {}
    for number, count in zip(assigned, images, strict=True):
        if number is not None:
            held.setdefault(number, []).append(count)
    for counts in held.values():
        assert sum(counts[:-1]) < ranges.IMAGES_PER_RANGE
    for counts in list(held.values())[:-1]:
        assert sum(counts) >= ranges.IMAGES_PER_RANGE


@given(st.integers(0, 10_000), st.integers(1, 3_000))
def test_a_job_is_written_a_few_times_a_second_within_ranges(images: int, window: int) -> None:
    pause = ranges.record_pause(images, window)
    assert pause >= 1
    assert min(images, window) / pause <= ranges.LANES_A_SECOND + 1e-9


def test_a_range_holds_more_images_if_they_are_duplicates() -> None:
    first, again = Image("http://h/a"), Image("http://h/a", same_as=(0, 0))
    ended = again.like(first.failed(ImageError(ImageErrorCode.NOT_FOUND, "")))
    assert ranges.weight([first, again, again, ended]) == 1.25
    assigned = list(ranges.assign(map(ranges.weight, [[first]] + [[again]] * 150)))
    assert [assigned.count(number) for number in (0, 1)] == [1 + 72, 78]


def test_further_renditions_of_an_image_count_a_part_of_the_first_that_is_pending() -> None:
    first, second, third = (Image("http://h/a", rendition=number) for number in range(3))
    error = ImageError(ImageErrorCode.NOT_FOUND, "")
    again = [replace(image, same_as=(0, number)) for number, image in enumerate((first, second, third))]
    assert ranges.weight([first, second, third]) == 1.5
    assert ranges.weight([first, second, third] * 2) == 3
    assert ranges.weight([first.failed(error), second, third]) == 1.25
    assert ranges.weight([first.failed(error), second.failed(error), third]) == 1
    assert ranges.weight(again) == 1.5 * ranges.DUPLICATE


@given(st.integers(0, 500), st.integers(1, 50))
def test_the_lanes_visit_every_range_once(count: int, window: int) -> None:
    reached: list[int] = []
    for head in ranges.first_window(count, window):
        number: int | None = head
        while number is not None:
            reached.append(number)
            number = ranges.successor(number, count, window)
    assert sorted(reached) == list(range(count))
