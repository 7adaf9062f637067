from catalight.domain.errors import ImageError, ImageErrorCode
from catalight.domain.image.report import Source, Times
from catalight.domain.job.job import Counts, JobState
from catalight.domain.job.row import Image

DONE = Image("http://a").done("t/a.jpg", 100, 40, 1, 1, Source("png", 1, 1), Times(1, 2, 3, 4, 5))
OLD = Image("http://a").done("t/a.jpg", 100, 40, 1, 1)  # stored before times were recorded
FAILED = Image("http://b").failed(ImageError(ImageErrorCode.NOT_FOUND, "The host answered 404."))


def test_counts_include_only_images_that_have_ended() -> None:
    counts = Counts.of([DONE, DONE, OLD, FAILED, Image("http://c")])
    times = Times(fetch=2, decode=4, resize=6, encode=8, store=10)
    assert counts == Counts(3, 1, bytes_in=300, bytes_out=120, errors={"not_found": 1}, times=times)


def test_counts_add_up() -> None:
    assert Counts.of([DONE]) + Counts.of([FAILED, DONE, FAILED]) == Counts.of([FAILED, DONE, DONE, FAILED])


def test_clients_see_five_states() -> None:
    assert {state.shown.value for state in JobState if state is not JobState.GONE} == {
        "PENDING",
        "PROCESSING",
        "COMPLETED",
        "CANCELLED",
        "FAILED",
    }
