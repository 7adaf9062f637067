"""What people read: numbers in words, ranges of lines, the rate and the time left."""

import pytest

from catalight.domain.job.advice import ADVICE
from catalight_cli import advice, output, progress
from catalight_cli.options import FIELDS, read
from catalight_cli.progress import Rate
from functions.api.app import app
from tests.unit.cli.service import Time, a_status


def test_numbers_in_words() -> None:
    assert [output.size(n) for n in (0, 999, 1000, 1_550_000, 2 * 10**12, 10**16)] == [
        *("0 bytes", "999 bytes", "1.0 kB", "1.6 MB", "2.0 TB", "10000.0 TB"),
    ]
    assert [output.duration(n) for n in (0, 59.6, 61, 3600 * 25)] == ["0:00", "1:00", "1:01", "25:00:00"]
    assert (output.percent(3, 4), output.percent(1, 0)) == ("75%", "")
    assert (output.count(1, "row"), output.count(1234, "row")) == ("1 row", "1,234 rows")


def test_lines_are_ranges() -> None:
    assert output.lines([5, 2, 3, 4, 9, 9]) == "2-5, 9"
    assert output.lines(range(1, 40, 2), most=3) == "1, 3, 5, …"


@pytest.mark.parametrize("text", ["\x1b[2J", "a\nb", "\u202eabc", "\x9b31m", "\u2028", "\ud800", "\u200b"])
def test_text_of_strangers_cannot_command_a_terminal(text: str) -> None:
    assert output.plain(text).isprintable()


def test_the_rate_is_said_once_it_is_known_and_falls_while_nothing_ends() -> None:
    time = Time()
    rate = Rate(time.clock)
    said = []
    for second, ended in ((0, 0), (1, 10), (2, 20), (4, 40), (10, 40), (200, 40), (202, 60)):
        time.now = second
        rate.add(ended)
        said.append(rate.value())
    assert said == [None, None, None, 10, 4, None, 20 / 192]


def test_the_time_before_the_first_image_is_fetched_does_not_count() -> None:
    time = Time()
    rate = Rate(time.clock)
    for second, ended, waits in ((0, 0, True), (60, 0, True), (64, 20, False)):
        time.now = second
        rate.add(ended, waits=waits)
    assert rate.value() == 5


def test_a_job_that_was_under_way_does_not_count_what_was_done_before() -> None:
    time = Time()
    rate = Rate(time.clock)
    rate.add(900)
    time.now = 10
    rate.add(950)
    assert rate.value() == 5
    assert progress.left(50, rate.value()) == "5.0 images/s, 0:10 left"


def test_the_line_of_progress() -> None:
    status = a_status("PROCESSING", done=1500, failed=2, total=4000)
    assert progress.sentence(status, 20) == (  # type: ignore[arg-type]
        "1,502 of 4,000 images, 2 failed, 75% saved, 20 images/s, 2:05 left"
    )


def test_every_field_of_an_upload_has_an_option() -> None:
    """A new field needs a line in `FIELDS`; until then --option sends it."""
    form = app.openapi()["components"]["schemas"]["Body_upload"]["properties"]
    assert set(FIELDS) == set(form) - {"file", "file_url"}


def test_lists_of_names_become_json() -> None:
    assert read("columns", "Front, Back") == '{"images": ["Front", "Back"]}'
    assert read("renditions", "amazon-main,thumbnail") == '["amazon-main", "thumbnail"]'
    for name, value in (("columns", ' {"images": []}'), ("renditions", "[]"), ("quality", "60")):
        assert read(name, value) == value


def test_the_advice_is_that_of_the_result() -> None:
    assert {code.value: text for code, text in ADVICE.items()} == advice.IMAGES
