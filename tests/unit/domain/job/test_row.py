from datetime import UTC, datetime, timedelta

from catalight.domain.errors import ImageError, ImageErrorCode
from catalight.domain.job.row import Image, ImageState

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BUSY = ImageError(ImageErrorCode.HTTP_ERROR, "The host answered 503.", transient=True)
DEADLINE = 60.0


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_an_image_is_retried_until_its_deadline_and_not_after() -> None:
    in_time = Image("u").retry_later(BUSY, at(60), NOW, DEADLINE)
    assert (in_time.state, in_time.attempts, in_time.not_before) == (ImageState.PENDING, 1, at(60))
    too_late = Image("u").retry_later(BUSY, at(61), NOW, DEADLINE)
    assert (too_late.state, too_late.error, too_late.detail) == ("FAILED", BUSY.code, BUSY.detail)


def test_the_deadline_counts_from_the_first_wait() -> None:
    waited = Image("u").waiting(at(10), NOW, DEADLINE).waiting(at(40), at(10), DEADLINE)
    assert waited.waiting_since == NOW
    assert waited.retry_later(BUSY, at(61), at(40), DEADLINE).state is ImageState.FAILED


def test_waiting_for_a_host_costs_no_attempt() -> None:
    waited = Image("u").waiting(at(10), NOW, DEADLINE)
    assert (waited.state, waited.attempts, waited.not_before) == (ImageState.PENDING, 0, at(10))


def test_an_image_without_an_attempt_reports_how_long_it_would_have_waited() -> None:
    ended = Image("u").waiting(at(30), NOW, DEADLINE).waiting(at(4000), at(30), DEADLINE)
    assert (ended.state, ended.error) == (ImageState.FAILED, ImageErrorCode.DEADLINE_EXCEEDED)
    assert ended.detail == (
        "The host is throttled: this would be 4,000 s of waiting in total; at most 60 s are allowed."
    )
    assert (ended.not_before, ended.waiting_since) == (None, None)


def test_an_image_with_an_attempt_ends_with_the_error_of_that_attempt() -> None:
    ended = Image("u").retry_later(BUSY, at(2), NOW, DEADLINE).waiting(at(61), at(2), DEADLINE)
    assert (ended.state, ended.error, ended.detail) == ("FAILED", BUSY.code, BUSY.detail)
    assert (ended.not_before, ended.waiting_since) == (None, None)


def test_an_outage_of_our_services_costs_neither_an_attempt_nor_time() -> None:
    held = Image("u").retry_later(BUSY, at(50), NOW, DEADLINE).deferred(at(55))
    assert (held.attempts, held.not_before, held.waiting_since) == (1, at(55), None)
    assert held.waiting(at(100), at(55), DEADLINE).state is ImageState.PENDING


def test_an_ended_image_has_no_retry_state() -> None:
    retry_later = Image("u").retry_later(BUSY, at(2), NOW, DEADLINE)
    done = retry_later.done("t/u.jpg", 2, 1, 1, 1)
    assert (done.error, done.detail, done.not_before, done.waiting_since) == (None, None, None, None)
    failed = retry_later.failed(ImageError(ImageErrorCode.NOT_FOUND, "The host answered 404."))
    assert (failed.error, failed.not_before, failed.waiting_since) == ("not_found", None, None)
