from catalight.domain.errors import ImageError, ImageErrorCode
from catalight.domain.job import Counts, JobState
from catalight.domain.row import Image

DONE = Image("http://a").done("t/a.jpg", bytes_in=100, bytes_out=40, width=1, height=1)
GONE = Image("http://b").failed(ImageError(ImageErrorCode.NOT_FOUND, "The host answered 404."))


def test_counts_are_of_the_images_that_have_ended() -> None:
    counts = Counts.of([DONE, DONE, GONE, Image("http://c")])
    assert counts == Counts(done=2, failed=1, bytes_in=200, bytes_out=80, errors={"not_found": 1})


def test_counts_add_up() -> None:
    assert Counts.of([DONE]) + Counts.of([GONE, GONE]) == Counts.of([GONE, DONE, GONE])


def test_clients_see_five_states() -> None:
    assert {state.shown.value for state in JobState if state is not JobState.GONE} == {
        "PENDING",
        "PROCESSING",
        "COMPLETED",
        "CANCELLED",
        "FAILED",
    }
