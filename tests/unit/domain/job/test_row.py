from datetime import UTC, datetime, timedelta

from catalight.domain.errors import ImageError, ImageErrorCode
from catalight.domain.job.row import Image, ImageState

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BUSY = ImageError(ImageErrorCode.HTTP_ERROR, "The host answered 503.", transient=True)
DEADLINE = 60.0


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_an_image_is_tried_again_up_to_its_deadline_and_not_after() -> None:
    in_time = Image("u").postponed(BUSY, at(60), NOW, DEADLINE)
    assert (in_time.state, in_time.attempts, in_time.not_before) == (ImageState.PENDING, 1, at(60))
    too_late = Image("u").postponed(BUSY, at(61), NOW, DEADLINE)
    assert (too_late.state, too_late.error, too_late.detail) == ("FAILED", BUSY.code, BUSY.detail)


def test_the_deadline_counts_from_the_first_wait() -> None:
    waited = Image("u").waiting(at(10), NOW, DEADLINE).waiting(at(40), at(10), DEADLINE)
    assert waited.waiting_since == NOW
    assert waited.postponed(BUSY, at(61), at(40), DEADLINE).state is ImageState.FAILED


def test_waiting_for_a_host_costs_no_attempt() -> None:
    waited = Image("u").waiting(at(10), NOW, DEADLINE)
    assert (waited.state, waited.attempts, waited.not_before) == (ImageState.PENDING, 0, at(10))


def test_an_image_that_never_got_its_attempt_says_how_long_it_would_have_waited() -> None:
    ended = Image("u").waiting(at(30), NOW, DEADLINE).waiting(at(4000), at(30), DEADLINE)
    assert (ended.state, ended.error) == (ImageState.FAILED, ImageErrorCode.DEADLINE_EXCEEDED)
    assert ended.detail == (
        "Its host wants to be left alone: 4,000 s of waiting in all; at most 60 are allowed."
    )
    assert (ended.not_before, ended.waiting_since) == (None, None)


def test_an_image_that_got_an_attempt_ends_with_what_came_of_it() -> None:
    ended = Image("u").postponed(BUSY, at(2), NOW, DEADLINE).waiting(at(61), at(2), DEADLINE)
    assert (ended.state, ended.error, ended.detail) == ("FAILED", BUSY.code, BUSY.detail)
    assert (ended.not_before, ended.waiting_since) == (None, None)


def test_a_service_of_ours_costs_neither_an_attempt_nor_time() -> None:
    held = Image("u").postponed(BUSY, at(50), NOW, DEADLINE).held(at(55))
    assert (held.attempts, held.not_before, held.waiting_since) == (1, at(55), None)
    assert held.waiting(at(100), at(55), DEADLINE).state is ImageState.PENDING


def test_an_end_forgets_the_way_there() -> None:
    postponed = Image("u").postponed(BUSY, at(2), NOW, DEADLINE)
    done = postponed.done("t/u.jpg", 2, 1, 1, 1)
    assert (done.error, done.detail, done.not_before, done.waiting_since) == (None, None, None, None)
    failed = postponed.failed(ImageError(ImageErrorCode.NOT_FOUND, "The host answered 404."))
    assert (failed.error, failed.not_before, failed.waiting_since) == ("not_found", None, None)
